//! Sensors (§35) and power (DCMI 1.5 §6.6): what `Thermal` and `Power` of the chassis show.

use serde_json::Value;

use super::{Answer, NO_COMMAND, NOT_PRESENT, OK, TOO_SHORT};
use crate::simulate::{clock::Moment, host::Host};

/// A sensor as its record and its reading have it.
pub(super) struct Probe {
    /// Its name.
    pub(super) name: String,
    /// Its type (table 42-3).
    pub(super) kind: u8,
    /// The base unit (table 43-15).
    pub(super) unit: u8,
    /// What one of the raw reading means: `scale · 10^exponent`.
    pub(super) scale: u8,
    /// The exponent.
    pub(super) exponent: i8,
    /// The reading, where there is one.
    reading: Option<f64>,
    /// Thresholds: lower non-critical, critical and non-recoverable, and the upper ones.
    thresholds: [Option<f64>; 6],
}

/// A kind of sensor: where its list is, and how its reading is called; type, unit, scale, exponent.
type Kind = (&'static str, &'static str, &'static str, [u8; 3], i8);

const KINDS: [Kind; 4] = [
    ("Thermal", "Temperatures", "ReadingCelsius", [0x01, 1, 1], 0),
    ("Thermal", "Fans", "Reading", [0x04, 18, 60], 0),
    ("Power", "Voltages", "ReadingVolts", [0x02, 4, 6], -2),
    ("Power", "PowerSupplies", "PowerInputWatts", [0x0b, 6, 8], 0),
];
const THRESHOLDS: [&str; 6] = [
    "LowerThresholdNonCritical",
    "LowerThresholdCritical",
    "LowerThresholdFatal",
    "UpperThresholdNonCritical",
    "UpperThresholdCritical",
    "UpperThresholdFatal",
];
/// Sensors that there are at most; their numbers go up to 254.
const MOST: usize = 200;

/// Returns the sensors; their numbers are their places, from 1.
pub(super) fn probes(host: &Host, now: Moment) -> Vec<Probe> {
    let mut all = Vec::new();
    for (resource, list, field, [kind, unit, scale], exponent) in KINDS {
        let body = host.seen(&format!("{}/{resource}", host.base.chassis), now);
        let listed = body.as_ref().and_then(|body| body[list].as_array());
        for one in listed.into_iter().flatten() {
            // Percent of a fan is no speed.
            let percent = one["ReadingUnits"] == "Percent";
            let (unit, scale) = if percent { (0, 1) } else { (unit, scale) };
            let name = one["Name"].as_str().or_else(|| one["FanName"].as_str());
            let mut name = name.unwrap_or_default().to_owned();
            if list == "PowerSupplies" {
                name.push_str(" Power");
            }
            let thresholds = THRESHOLDS.map(|name| one[name].as_f64());
            let reading = one[field].as_f64();
            all.push(Probe { name, kind, unit, scale, exponent, reading, thresholds });
        }
    }
    all.truncate(MOST);
    all
}

impl Probe {
    /// Returns the raw form of a value.
    fn raw(&self, value: f64) -> u8 {
        let steps = value / (f64::from(self.scale) * 10_f64.powi(self.exponent.into()));
        // The nearest step; there is no conversion that cannot lose, and none is needed.
        (0..=u8::MAX).find(|raw| f64::from(*raw) + 0.5 > steps).unwrap_or(u8::MAX)
    }

    /// Returns the thresholds: a mask of those that there are, and all six.
    pub(super) fn limits(&self) -> (u8, [u8; 6]) {
        let mut mask = 0;
        let mut raws = [0; 6];
        for (at, (into, threshold)) in raws.iter_mut().zip(self.thresholds).enumerate() {
            if let Some(threshold) = threshold {
                mask |= 1 << at;
                *into = self.raw(threshold);
            }
        }
        (mask, raws)
    }

    /// Returns which thresholds the reading is past.
    fn past(&self, reading: f64) -> u8 {
        let mut past = 0;
        for (at, threshold) in self.thresholds.into_iter().enumerate() {
            let beyond = threshold
                .is_some_and(|limit| if at < 3 { reading <= limit } else { reading >= limit });
            past |= u8::from(beyond) << at;
        }
        past
    }
}

pub(super) fn answer(host: &Host, command: u8, data: &[u8], now: Moment) -> Answer {
    let Some(number) = data.first() else { return (TOO_SHORT, Vec::new()) };
    let probes = probes(host, now);
    let probe = usize::from(*number).checked_sub(1).and_then(|at| probes.get(at));
    let Some(probe) = probe else { return (NOT_PRESENT, Vec::new()) };
    match command {
        // Get Sensor Thresholds.
        0x27 => {
            let (mask, raws) = probe.limits();
            (OK, [vec![mask], raws.to_vec()].concat())
        }
        // Get Sensor Event Enable: scanning and events are on.
        0x29 => (OK, vec![0xc0, 0, 0, 0, 0]),
        0x2d => (
            OK,
            match probe.reading {
                Some(reading) => vec![probe.raw(reading), 0xc0, 0xc0 | probe.past(reading)],
                // The reading is not to be had.
                None => vec![0, 0xe0, 0xc0],
            },
        ),
        // Get Sensor Type: threshold based.
        0x2f => (OK, vec![probe.kind, 0x01]),
        _ => (NO_COMMAND, Vec::new()),
    }
}

/// Answers a command of DCMI; its first byte was taken.
pub(super) fn dcmi(host: &Host, command: u8, data: &[u8], now: Moment) -> Answer {
    if command != 0x02 {
        return (NO_COMMAND, Vec::new());
    }
    if data.first() != Some(&1) {
        return (super::BAD_FIELD, Vec::new());
    }
    let body = host.seen(&format!("{}/Power", host.base.chassis), now).unwrap_or_default();
    let control = &body["PowerControl"][0];
    let watts = |value: &Value| {
        let watts = value.as_f64().unwrap_or_default();
        (0..=u16::MAX).find(|whole| f64::from(*whole) + 0.5 > watts).unwrap_or(u16::MAX)
    };
    let current = watts(&control["PowerConsumedWatts"]);
    let metrics = &control["PowerMetrics"];
    let of = |name: &str| metrics[name].is_number().then(|| watts(&metrics[name]));
    let mut out = vec![0xdc];
    for value in
        [Some(current), of("MinConsumedWatts"), of("MaxConsumedWatts"), of("AverageConsumedWatts")]
    {
        out.extend(value.unwrap_or(current).to_le_bytes());
    }
    out.extend(u32::try_from(host.unix(now)).unwrap_or(u32::MAX).to_le_bytes());
    // Five minutes are looked back at; measurement is active.
    out.extend(300_000_u32.to_le_bytes());
    out.push(0x40);
    (OK, out)
}
