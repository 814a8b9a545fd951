//! Power supplies, fans and sensors as far as the host sees them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// A power supply (SMBIOS type 39).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Psu {
    /// Location.
    pub locator: Option<String>,
    /// Device name.
    pub name: Option<String>,
    /// Whether it is there (present bit).
    pub present: Option<bool>,
    /// As read; a placeholder is `null`.
    pub manufacturer: Option<String>,
    /// Model part number.
    pub part_number: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Revision.
    pub revision: Option<String>,
    /// Largest output in milliwatt.
    pub power_mw: Option<u64>,
    /// Whether it can be replaced in operation.
    pub hot_replaceable: Option<bool>,
    /// Whether it is plugged into the wall.
    pub plugged: Option<bool>,
    /// Type, in dmidecode's words.
    pub kind: Option<String>,
    /// Status, in dmidecode's words.
    pub status: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A fan with a speed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Fan {
    /// Its label or input name.
    pub name: String,
    /// Rotations per minute.
    pub rpm: Option<u32>,
    /// Where it was read.
    pub origin: Origin,
}

/// A sensor; the field that fits its kind holds the reading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Sensor {
    /// Chip, `coretemp`.
    pub chip: Option<String>,
    /// Its label or input name.
    pub name: String,
    /// Where it is, as far as that is known: `intake`, the air that comes into the machine.
    pub place: Option<String>,
    /// Temperature in milli-Celsius.
    pub temperature_mc: Option<i64>,
    /// Voltage in millivolt.
    pub voltage_mv: Option<i64>,
    /// Power in milliwatt.
    pub power_mw: Option<u64>,
    /// Current in milliampere.
    pub current_ma: Option<i64>,
    /// Critical upper limit in the unit of the reading.
    pub critical: Option<i64>,
    /// The same of a temperature, in milli-Celsius.
    pub critical_mc: Option<i64>,
    /// Where it was read.
    pub origin: Origin,
}
