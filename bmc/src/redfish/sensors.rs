//! Sensors of chassis: `Sensor` resources, the arrays of `Thermal` and `Power` before those, what
//! the subsystems measure, and vendors' own lists.
//!
//! What several of these tell is one sensor: those of one chassis that have one kind and name, and
//! excerpts that say which sensor they are of (DSP2046, `DataSourceUri`).

mod reading;

use super::{
    finding::Read,
    reader::{Node, Reader},
    root,
    tree::Tree,
};
use crate::operation::sensor::{Sensor, Thresholds};

/// Returns what is measured, each sensor once, in the order of chassis.
pub fn sensors(tree: &Tree) -> Read<Vec<Sensor>> {
    let reader = Reader::new(tree);
    let found = of(&reader);
    reader.done(found)
}

pub(super) fn of<'r>(reader: &'r Reader<'r>) -> Vec<Sensor> {
    let mut found = Found::default();
    for chassis in root::chassis(reader, &root::systems(reader)) {
        found.chassis(&chassis);
    }
    found.sensors
}

/// What was found so far.
#[derive(Default)]
struct Found {
    sensors: Vec<Sensor>,
    /// Which list each came from: names are told apart within one.
    lists: Vec<&'static str>,
    /// Where the sensors of the chassis at hand begin.
    start: usize,
}

impl Found {
    fn chassis(&mut self, chassis: &Node<'_>) {
        self.start = self.sensors.len();
        for sensor in chassis.members("Sensors") {
            self.take("Sensors", reading::sensor(&sensor));
        }
        if let Some(thermal) = chassis.follow("Thermal") {
            self.array(&thermal, "Temperatures", reading::temperature);
            self.array(&thermal, "Fans", reading::fan);
        }
        if let Some(power) = chassis.follow("Power") {
            self.array(&power, "Voltages", reading::voltage);
            self.array(&power, "PowerControl", reading::consumption);
            for supply in power.items("PowerSupplies") {
                for sensor in reading::of_supply(&supply) {
                    self.take("PowerSupplies", Some(sensor));
                }
            }
        }
        self.subsystems(chassis);
        for (_, oem) in chassis.oem() {
            for list in ["ThresholdSensors", "DiscreteSensors"] {
                let Some(sensors) = oem.follow(list) else { continue };
                for item in sensors.items("Sensors") {
                    self.take(list, reading::of_vendor(&item));
                }
            }
        }
    }

    fn array(
        &mut self,
        resource: &Node<'_>,
        list: &'static str,
        read: fn(&Node<'_>) -> Option<Sensor>,
    ) {
        for item in resource.items(list) {
            self.take(list, read(&item));
        }
    }

    /// Takes what the schemas of 2020 measure; most of it are excerpts of sensors.
    fn subsystems(&mut self, chassis: &Node<'_>) {
        if let Some(thermal) = chassis.follow("ThermalSubsystem") {
            if let Some(metrics) = thermal.follow("ThermalMetrics") {
                for excerpt in metrics.items("TemperatureReadingsCelsius") {
                    self.excerpt(&excerpt, None, "temperature", "°C");
                }
            }
            for fan in thermal.members("Fans") {
                let name = fan.text("Name");
                if let Some(speed) = fan.node("SpeedPercent") {
                    self.excerpt(&speed, name.as_deref(), "fan", "%");
                }
            }
        }
        if let Some(power) = chassis.follow("PowerSubsystem") {
            for supply in power.members("PowerSupplies") {
                let name = supply.text("Name").unwrap_or_default();
                let Some(metrics) = supply.follow("Metrics") else { continue };
                for (key, words, kind, unit) in METRICS {
                    if let Some(excerpt) = metrics.node(key) {
                        self.excerpt(&excerpt, Some(&format!("{name} {words}")), kind, unit);
                    }
                }
            }
        }
        if let Some(metrics) = chassis.follow("EnvironmentMetrics") {
            let name = chassis.text("Name").unwrap_or_default();
            for (key, words, kind, unit) in ENVIRONMENT {
                if let Some(excerpt) = metrics.node(key) {
                    self.excerpt(&excerpt, Some(&format!("{name} {words}")), kind, unit);
                }
            }
        }
    }

    /// Takes an excerpt, if its sensor was not read.
    fn excerpt(&mut self, excerpt: &Node<'_>, name: Option<&str>, kind: &str, unit: &str) {
        let of = excerpt.text("DataSourceUri").and_then(|link| super::tree::path(&link));
        let of = of.map(|path| format!("redfish:{path}"));
        if of.is_some() && self.sensors.iter().any(|known| Some(&known.source) == of.as_ref()) {
            return;
        }
        let list = if kind == "fan" { "excerpts of fans" } else { "excerpts" };
        self.take(list, reading::excerpt(excerpt, name, kind, unit));
    }

    /// Takes a sensor, or what it adds to one that is known from another list.
    fn take(&mut self, list: &'static str, sensor: Option<Sensor>) {
        let Some(sensor) = sensor else { return };
        let known = self.sensors.iter_mut().zip(&self.lists).skip(self.start);
        let mut same = known.filter(|(known, other)| {
            **other != list
                && known.kind == sensor.kind
                && known.name.eq_ignore_ascii_case(&sensor.name)
        });
        if let Some((known, _)) = same.next() {
            fill(known, sensor);
            return;
        }
        self.sensors.push(sensor);
        self.lists.push(list);
    }
}

/// What a power supply's metrics have: field, words for it, kind, unit.
const METRICS: [(&str, &str, &str, &str); 5] = [
    ("InputVoltage", "input voltage", "voltage", "V"),
    ("InputCurrentAmps", "input current", "current", "A"),
    ("InputPowerWatts", "input power", "power", "W"),
    ("OutputPowerWatts", "output power", "power", "W"),
    ("TemperatureCelsius", "temperature", "temperature", "°C"),
];

/// What metrics of an environment have, in the same form.
const ENVIRONMENT: [(&str, &str, &str, &str); 3] = [
    ("TemperatureCelsius", "temperature", "temperature", "°C"),
    ("PowerWatts", "power", "power", "W"),
    ("HumidityPercent", "humidity", "Humidity", "%"),
];

/// Adds what only another list says of a sensor.
fn fill(known: &mut Sensor, other: Sensor) {
    if known.reading.is_none() && (known.unit.is_none() || known.unit == other.unit) {
        known.reading = other.reading;
        known.unit = known.unit.take().or(other.unit.clone());
    }
    if known.asserted.is_empty() {
        known.asserted = other.asserted;
    }
    // Thresholds go together: of two lists, one that has any has them all.
    if known.thresholds == Thresholds::default() && known.unit == other.unit {
        known.thresholds = other.thresholds;
    }
}
