//! One sensor, as each schema has it.

use crate::{
    operation::sensor::{Sensor, State, Thresholds},
    redfish::reader::Node,
};

/// Reads a `Sensor`.
pub(super) fn sensor(node: &Node<'_>) -> Option<Sensor> {
    let unit = node.text("ReadingUnits").map(|unit| unit_of(&unit));
    let kind = node.text("ReadingType").map_or_else(
        || kind_of(unit.as_deref()).to_owned(),
        |kind| match kind.as_str() {
            "Temperature" | "Voltage" | "Power" | "Current" => kind.to_ascii_lowercase(),
            "Rotational" => "fan".to_owned(),
            "Percent" if node.text("PhysicalContext").as_deref() == Some("Fan") => "fan".to_owned(),
            _ => kind,
        },
    );
    let limits = node.node("Thresholds");
    let limit = |key| limits.as_ref()?.node(key)?.number("Reading");
    let thresholds = Thresholds {
        lower_non_recoverable: limit("LowerFatal"),
        lower_critical: limit("LowerCritical"),
        lower_non_critical: limit("LowerCaution"),
        upper_non_critical: limit("UpperCaution"),
        upper_critical: limit("UpperCritical"),
        upper_non_recoverable: limit("UpperFatal"),
    };
    let mut sensor = with(node, node.number("Reading"), unit, &kind, thresholds)?;
    // Supermicro has discrete sensors there, in words.
    let words = node.oem().iter().find_map(|(_, oem)| oem.text("SensorValue"));
    sensor.asserted.extend(words);
    Some(sensor)
}

/// Reads one of `Thermal.Temperatures`.
pub(super) fn temperature(node: &Node<'_>) -> Option<Sensor> {
    let reading = node.number("ReadingCelsius").or_else(|| node.number("CurrentReading"));
    with(node, reading, Some("°C".to_owned()), "temperature", limits(node))
}

/// Reads one of `Thermal.Fans`.
pub(super) fn fan(node: &Node<'_>) -> Option<Sensor> {
    let unit = node.first_text(&["ReadingUnits", "Units"]);
    let rotations = node.number("ReadingRPM");
    let unit = match unit {
        Some(unit) => unit_of(&unit),
        None => "RPM".to_owned(),
    };
    let reading =
        rotations.or_else(|| node.number("Reading")).or_else(|| node.number("CurrentReading"));
    with(node, reading, Some(unit), "fan", limits(node))
}

/// Reads one of `Power.Voltages`.
pub(super) fn voltage(node: &Node<'_>) -> Option<Sensor> {
    with(node, node.number("ReadingVolts"), Some("V".to_owned()), "voltage", limits(node))
}

/// Reads one of `Power.PowerControl`: what the chassis, or a part of it, takes.
pub(super) fn consumption(node: &Node<'_>) -> Option<Sensor> {
    let reading = node.number("PowerConsumedWatts")?;
    with(node, Some(reading), Some("W".to_owned()), "power", Thresholds::default())
}

/// Reads what one of `Power.PowerSupplies` measures.
pub(super) fn of_supply(node: &Node<'_>) -> Vec<Sensor> {
    let output = node.number("PowerOutputWatts").or_else(|| node.number("LastPowerOutputWatts"));
    let readings = [
        (node.number("LineInputVoltage"), "input voltage", "voltage", "V"),
        (node.number("PowerInputWatts"), "input power", "power", "W"),
        (output, "output power", "power", "W"),
    ];
    let read = |(reading, words, kind, unit): (Option<f64>, &str, &str, &str)| {
        let unit = Some(unit.to_owned());
        let mut sensor = with(node, Some(reading?), unit, kind, Thresholds::default())?;
        sensor.name = format!("{} {words}", sensor.name);
        Some(sensor)
    };
    readings.into_iter().filter_map(read).collect()
}

/// Reads one of a vendor's own list. Guessed: fields as client code and manuals have them, no
/// recorded tree has such a list.
pub(super) fn of_vendor(node: &Node<'_>) -> Option<Sensor> {
    let value = ["ReadingValue", "Reading", "SensorReading", "CurrentReading"];
    let value = value.into_iter().find(|key| node.has(key));
    let unit = node.first_text(&["Unit", "Units", "ReadingUnits"]).map(|unit| unit_of(&unit));
    let is_discrete = unit.as_deref().is_none_or(|unit| unit == "discrete");
    let reading = if is_discrete { None } else { value.and_then(|key| node.number(key)) };
    let unit = unit.filter(|_| !is_discrete);
    let kind = kind_of(unit.as_deref());
    let mut sensor = with(node, reading, unit, kind, limits(node))?;
    // IPMI's short words for it.
    let word = node.value("Status").and_then(serde_json::Value::as_str).unwrap_or_default();
    sensor.state = match word.trim().to_ascii_lowercase().as_str() {
        "ok" => State::Ok,
        "nc" | "unc" | "lnc" | "minor" | "warning" => State::Warning,
        "cr" | "nr" | "ucr" | "lcr" | "unr" | "lnr" | "major" | "critical" => State::Critical,
        "na" | "ns" | "disabled" | "n/a" => State::Unavailable,
        _ => sensor.state,
    };
    Some(sensor)
}

/// Reads an excerpt of a sensor.
pub(super) fn excerpt(
    node: &Node<'_>,
    name: Option<&str>,
    kind: &str,
    unit: &str,
) -> Option<Sensor> {
    let rotations = if kind == "fan" { node.number("SpeedRPM") } else { None };
    let (reading, unit) = match rotations {
        Some(rotations) => (rotations, "RPM"),
        None => (node.number("Reading")?, unit),
    };
    let name = node.text("DeviceName").or_else(|| name.map(str::to_owned))?;
    Some(Sensor {
        name,
        kind: kind.to_owned(),
        reading: Some(reading),
        unit: Some(unit.to_owned()),
        state: State::Unknown,
        asserted: Vec::new(),
        thresholds: Thresholds::default(),
        source: format!("redfish:{}", node.place()),
    })
}

fn with(
    node: &Node<'_>,
    reading: Option<f64>,
    unit: Option<String>,
    kind: &str,
    thresholds: Thresholds,
) -> Option<Sensor> {
    let name = node.first_text(&["Name", "FanName", "SensorName", "MemberId", "Id"])?;
    // Vendors' lists have a word there, and no object.
    let status = match node.value("Status") {
        Some(value) if value.is_object() => node.status(),
        _ => crate::redfish::reader::Status::default(),
    };
    let is_read = status.state.as_deref().is_none_or(|state| state == "Enabled");
    let state = match status.health.as_deref() {
        _ if !is_read => State::Unavailable,
        Some("OK") => State::Ok,
        Some("Warning") => State::Warning,
        Some("Critical") => State::Critical,
        _ => reading.map_or(State::Unknown, |reading| judged(reading, &thresholds)),
    };
    Some(Sensor {
        name,
        kind: kind.to_owned(),
        reading,
        unit,
        state,
        asserted: Vec::new(),
        thresholds,
        source: format!("redfish:{}", node.place()),
    })
}

/// Returns the state that thresholds give, where the BMC says none.
fn judged(reading: f64, thresholds: &Thresholds) -> State {
    if *thresholds == Thresholds::default() {
        return State::Unknown;
    }
    let above = |limit: Option<f64>| limit.is_some_and(|limit| reading >= limit);
    let below = |limit: Option<f64>| limit.is_some_and(|limit| reading <= limit);
    if above(thresholds.upper_critical)
        || above(thresholds.upper_non_recoverable)
        || below(thresholds.lower_critical)
        || below(thresholds.lower_non_recoverable)
    {
        State::Critical
    } else if above(thresholds.upper_non_critical) || below(thresholds.lower_non_critical) {
        State::Warning
    } else {
        State::Ok
    }
}

/// Reads thresholds as the schemas before `Sensor` have them.
fn limits(node: &Node<'_>) -> Thresholds {
    let limit = |key| node.number(key);
    let upper = |new, old| limit(new).or_else(|| limit(old));
    Thresholds {
        lower_non_recoverable: limit("LowerThresholdFatal"),
        lower_critical: limit("LowerThresholdCritical"),
        lower_non_critical: limit("LowerThresholdNonCritical"),
        // Of 2014, and of iLO 4.
        upper_non_critical: upper("UpperThresholdNonCritical", "UpperThresholdUser"),
        upper_critical: limit("UpperThresholdCritical"),
        upper_non_recoverable: limit("UpperThresholdFatal"),
    }
}

/// Returns a unit as we write it.
fn unit_of(unit: &str) -> String {
    match unit.trim().to_ascii_lowercase().as_str() {
        "cel" | "c" | "celsius" | "degrees c" | "degree c" | "°c" | "℃" => "°C".to_owned(),
        "rpm" | "{rev}/min" => "RPM".to_owned(),
        "%" | "percent" | "percentage" => "%".to_owned(),
        "v" | "volts" | "volt" => "V".to_owned(),
        "a" | "amps" | "amp" => "A".to_owned(),
        "w" | "watts" | "watt" => "W".to_owned(),
        "discrete" => "discrete".to_owned(),
        _ => unit.to_owned(),
    }
}

/// Returns what a sensor of a unit measures, where nothing says it.
fn kind_of(unit: Option<&str>) -> &'static str {
    match unit {
        Some("°C") => "temperature",
        Some("V") => "voltage",
        Some("A") => "current",
        Some("W") => "power",
        Some("RPM") => "fan",
        None | Some("discrete") => "discrete",
        Some(_) => "other",
    }
}
