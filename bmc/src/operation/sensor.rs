//! Sensors: readings with their unit and thresholds.

/// What a sensor's state is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Within its thresholds, or a discrete sensor that asserts nothing.
    Ok,
    /// Past a non-critical threshold.
    Warning,
    /// Past a critical or non-recoverable one.
    Critical,
    /// It is not read now: the part is absent, the host off, scanning disabled.
    Unavailable,
    /// The BMC does not say.
    Unknown,
}

/// Thresholds, in the unit of the reading; IPMI 2.0 §35.5, Redfish `Sensor.Thresholds`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(missing_docs, reason = "the names of the field say it")]
pub struct Thresholds {
    pub lower_non_recoverable: Option<f64>,
    pub lower_critical: Option<f64>,
    pub lower_non_critical: Option<f64>,
    pub upper_non_critical: Option<f64>,
    pub upper_critical: Option<f64>,
    pub upper_non_recoverable: Option<f64>,
}

/// A sensor and its reading.
#[derive(Clone, Debug, PartialEq)]
pub struct Sensor {
    /// Its name, as the BMC has it.
    pub name: String,
    /// What it measures: `temperature`, `voltage`, `fan`, `power`, `current`, or the BMC's word.
    pub kind: String,
    /// The reading, where there is one.
    pub reading: Option<f64>,
    /// Its unit: `°C`, `RPM`, `%`, `V`, `A`, `W`, or the BMC's word; none of a discrete sensor.
    pub unit: Option<String>,
    /// What its state is.
    pub state: State,
    /// What a discrete sensor asserts, in words.
    pub asserted: Vec<String>,
    /// Its thresholds.
    pub thresholds: Thresholds,
    /// Where it was read: `ipmi:sensor/0x30`, `redfish:/redfish/v1/…`.
    pub source: String,
}
