//! What a sensor reads (§35.14, §35.9).

use super::{event, sdr};
use crate::operation::{
    log::Severity,
    sensor::{Sensor, State, Thresholds},
};

/// The answer to Get Sensor Reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The byte that is a number by the sensor's factors.
    pub raw: u8,
    /// Whether it is one: the sensor is scanned, and its part is there.
    pub available: bool,
    /// Thresholds that it is past, or states that are asserted, bit by bit.
    pub states: u16,
}

impl Reading {
    /// Reads the answer's data.
    pub fn read(data: &[u8]) -> Option<Self> {
        let [raw, flags, rest @ ..] = data else {
            return None;
        };
        let low = rest.first().copied().unwrap_or(0);
        // Bit 7 of the last is reserved, and reads as 1.
        let high = rest.get(1).copied().unwrap_or(0) & 0x7f;
        Some(Self {
            raw: *raw,
            available: flags & 0x40 != 0 && flags & 0x20 == 0,
            states: u16::from_le_bytes([low, high]),
        })
    }
}

/// Reads the answer's data to Get Sensor Thresholds: which of them are told, and they.
pub fn thresholds(data: &[u8], sensor: &sdr::Sensor) -> Thresholds {
    let told = data.first().copied().unwrap_or(0);
    let value = |bit: u8, at: usize| {
        let byte = *data.get(at).filter(|_| told >> bit & 1 != 0)?;
        sensor.factors?.value(byte)
    };
    Thresholds {
        lower_non_critical: value(0, 1),
        lower_critical: value(1, 2),
        lower_non_recoverable: value(2, 3),
        upper_non_critical: value(3, 4),
        upper_critical: value(4, 5),
        upper_non_recoverable: value(5, 6),
    }
}

/// Makes the sensor that is shown: of its record, its reading where there is one, and its
/// thresholds. A reading that the BMC refused or did not give leaves the state unknown.
pub fn shown(sensor: &sdr::Sensor, reading: Option<Reading>, thresholds: Thresholds) -> Sensor {
    let available = reading.filter(|reading| reading.available);
    let discrete = sensor.event != 0x01;
    let asserted: Vec<(String, Severity)> = match available {
        Some(reading) if discrete => (0..15)
            .filter(|offset| reading.states >> offset & 1 != 0)
            .map(|offset| event::state(sensor.kind, sensor.event, offset))
            .collect(),
        _ => Vec::new(),
    };
    let state = match (reading, available) {
        (None, _) => State::Unknown,
        (Some(_), None) => State::Unavailable,
        (_, Some(_)) if discrete => worst(asserted.iter().map(|(_, severity)| *severity)),
        (_, Some(reading)) => past(reading.states),
    };
    let value = available.and_then(|reading| sensor.factors?.value(reading.raw));
    let unit = sensor.factors.and_then(|_| sdr::unit(sensor.unit));
    Sensor {
        name: sensor.name.clone(),
        kind: kind(sensor),
        // A discrete sensor may carry a number as well, where its record has factors and a unit.
        reading: value.filter(|_| !discrete || unit.is_some()),
        unit,
        state,
        asserted: asserted.into_iter().map(|(name, _)| name).collect(),
        thresholds,
        source: format!("ipmi:sensor/{:#04x}", sensor.number),
    }
}

/// Returns the state of thresholds that a reading is past: the byte's six low bits.
fn past(states: u16) -> State {
    const NON_CRITICAL: u16 = 0b00_1001;
    if states & 0x3f & !NON_CRITICAL != 0 {
        State::Critical
    } else if states & NON_CRITICAL != 0 {
        State::Warning
    } else {
        State::Ok
    }
}

fn worst(severities: impl Iterator<Item = Severity>) -> State {
    match severities.max() {
        Some(Severity::Critical) => State::Critical,
        Some(Severity::Warning) => State::Warning,
        // A state without a name is not known to be bad.
        Some(Severity::Ok | Severity::Unknown) | None => State::Ok,
    }
}

/// Says what it measures: by its type, and where that says nothing, by its unit.
fn kind(sensor: &sdr::Sensor) -> String {
    const WATT: u8 = 6;
    let [_, base, _] = sensor.unit;
    match sensor.kind {
        0x01 => "temperature".to_owned(),
        0x02 => "voltage".to_owned(),
        0x04 => "fan".to_owned(),
        _ if base == WATT && sensor.factors.is_some() => "power".to_owned(),
        0x03 => "current".to_owned(),
        other => event::kind(other).to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ipmi::command::sdr::{Factors, Format};

    fn sensor(kind: u8, event: u8) -> sdr::Sensor {
        let factors = Factors {
            format: Format::Unsigned,
            linearization: 0,
            m: 1,
            b: 0,
            b_exponent: 0,
            exponent: 0,
        };
        sdr::Sensor {
            owner: 0x20,
            lun: 0,
            channel: 0,
            number: 0x30,
            entity: (7, 1),
            kind,
            event,
            capabilities: 0x68,
            readable: 0x3f,
            factors: (event == 1).then_some(factors),
            unit: [0, 1, 0],
            hysteresis: (0, 0),
            name: "one".to_owned(),
            silent: false,
        }
    }

    #[test]
    fn a_temperature_is_shown_with_its_state() {
        let one = sensor(1, 1);
        for (data, state, value) in [
            (&[45, 0xc0, 0xc0][..], State::Ok, Some(45.0)),
            (&[45, 0xc0, 0xc8], State::Warning, Some(45.0)),
            (&[45, 0xc0, 0xd8], State::Critical, Some(45.0)),
            (&[45, 0xe0, 0xc0], State::Unavailable, None),
            (&[45, 0x80, 0xc0], State::Unavailable, None),
            (&[45, 0x40], State::Ok, Some(45.0)),
        ] {
            let shown = shown(&one, Reading::read(data), Thresholds::default());
            assert_eq!((shown.state, shown.reading), (state, value), "{data:02x?}");
            assert_eq!((shown.kind.as_str(), shown.unit.as_deref()), ("temperature", Some("°C")));
        }
        let unread = shown(&one, None, Thresholds::default());
        assert_eq!((unread.state, unread.source.as_str()), (State::Unknown, "ipmi:sensor/0x30"));
    }

    #[test]
    fn discrete_states_are_words() {
        let supply = sensor(0x08, 0x6f);
        let read = |data: &[u8]| shown(&supply, Reading::read(data), Thresholds::default());
        let fine = read(&[0, 0xc0, 0x01, 0x80]);
        assert_eq!(
            (fine.state, fine.asserted.as_slice()),
            (State::Ok, &["Presence detected".to_owned()][..])
        );
        let lost = read(&[0, 0xc0, 0x09, 0x80]);
        assert_eq!((lost.state, lost.asserted.len()), (State::Critical, 2));
        assert_eq!((lost.reading, lost.unit), (None, None));
        assert_eq!(read(&[0, 0xe0, 0x09, 0x80]).asserted, Vec::<String>::new());
    }

    #[test]
    fn only_thresholds_that_are_told_are_shown() {
        let read = thresholds(&[0x38, 1, 2, 3, 112, 144, 160], &sensor(1, 1));
        assert_eq!(read.upper_non_critical, Some(112.0));
        assert_eq!((read.upper_critical, read.upper_non_recoverable), (Some(144.0), Some(160.0)));
        assert_eq!(read.lower_critical, None);
        assert_eq!(thresholds(&[0x38], &sensor(1, 1)), Thresholds::default());
        assert_eq!(thresholds(&[], &sensor(1, 1)), Thresholds::default());
    }
}
