//! A sensor of a BMC, as `inventory/v1`: the same whichever protocol told it.

use bmc::operation::sensor::Sensor;
use inventory::{Inventory, model};

/// Maps a sensor; `critical` is its upper limit, in the unit of the reading. One of a kind that the
/// model has no field for, or without a reading and a limit, is none.
pub(crate) fn measured(sensor: &Sensor, critical: Option<f64>) -> Option<model::Sensor> {
    let reading = thousandths(sensor.reading);
    let critical = thousandths(critical);
    if reading.is_none() && critical.is_none() {
        return None;
    }
    let mut mapped = model::Sensor {
        // The chip that the BMC reads it from is not told.
        chip: Some("BMC".to_owned()),
        name: sensor.name.clone(),
        critical,
        ..model::Sensor::default()
    };
    match sensor.kind.as_str() {
        "temperature" => {
            mapped.temperature_mc = reading;
            mapped.critical_mc = critical;
            mapped.place = place(&sensor.name);
        }
        "voltage" => mapped.voltage_mv = reading,
        "power" => mapped.power_mw = reading.and_then(|power| u64::try_from(power).ok()),
        "current" => mapped.current_ma = reading,
        _ => return None,
    }
    Some(mapped)
}

/// Returns a reading in thousandths.
pub(crate) fn thousandths(reading: Option<f64>) -> Option<i64> {
    let scaled = (reading? * 1000.0).round();
    // Beyond, a float has no ones any more.
    if scaled.abs() < 9.0e15 { format!("{scaled:.0}").parse().ok() } else { None }
}

/// Where a sensor is that measures the air that comes in.
pub(crate) const INTAKE: &str = "intake";

/// Returns where a temperature is measured, by the sensor's name, as far as that is the intake:
/// the names of BMCs agree on nothing else (`Inlet Temp`, `Ambient Temp`, `01-Inlet Ambient`,
/// `System Air Inlet`, `进风口温度`).
pub(crate) fn place(name: &str) -> Option<String> {
    let name = name.to_ascii_lowercase();
    let is = ["inlet", "intake", "ambient", "进风"].iter().any(|word| name.contains(word));
    // What is inside of the machine or behind it has an intake of its own.
    let not =
        ["psu", "ps1", "ps2", "power supply", "gpu", "outlet", "exhaust", "cpu", "ocp", "raid"];
    (is && !not.iter().any(|word| name.contains(word))).then(|| INTAKE.to_owned())
}

/// Returns what the whole machine draws, in milliwatt, and where that was read: by DCMI, or as the
/// first consumption that its chassis tell of over Redfish.
pub(crate) fn draw(inventory: &Inventory) -> Option<(u64, &str)> {
    let rank = |locator: &str| {
        let marks = ["ipmi:dcmi/power", "/PowerControl", "/EnvironmentMetrics"];
        marks.iter().position(|mark| locator.contains(mark))
    };
    let told = inventory.sensor.iter().filter_map(|sensor| {
        let at = usize::try_from(sensor.origin.source.0).ok()?;
        let locator = inventory.sources.get(at)?.locator.as_str();
        Some((rank(locator)?, sensor.power_mw.filter(|power| *power > 0)?, locator))
    });
    let (_, power, locator) = told.min_by_key(|(rank, ..)| *rank)?;
    Some((power, locator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_intake_is_known_by_its_name() {
        for name in ["Inlet Temp", "01-Inlet Ambient", "System Air Inlet", "AMBIENT", "进风口温度"]
        {
            assert_eq!(place(name).as_deref(), Some(INTAKE), "{name}");
        }
        for name in ["PSU1 Inlet Temp", "Outlet Temp", "CPU1 Core Rem", "RAID ambient", "DIMM A1"] {
            assert_eq!(place(name), None, "{name}");
        }
    }
}
