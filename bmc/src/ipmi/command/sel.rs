//! The system event log (§31, §32).

use super::{event, sdr, text};
use crate::{
    ipmi::wire::{double, take, word},
    operation::log::{Entry, Severity},
};

/// Bytes of a record.
pub const RECORD: usize = 16;
/// The number of the first record, and of none after the last.
pub const FIRST: u16 = 0x0000;
/// What is after the last record.
pub const LAST: u16 = 0xffff;

/// The answer to Get SEL Info.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many entries there are.
    pub entries: u16,
    /// Bytes that are free.
    pub free: u16,
    /// When it was last added to and erased, by the BMC's clock.
    pub changed: (u32, u32),
    /// Whether entries were lost for want of room.
    pub overflow: bool,
    /// Whether a reservation can be had.
    pub reserves: bool,
}

impl Extent {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let _version = take::<1>(&mut data)?;
        let (entries, free) = (word(&mut data)?, word(&mut data)?);
        let (added, erased) = (double(&mut data)?, double(&mut data)?);
        let [can] = *take(&mut data)?;
        Some(Self {
            entries,
            free,
            changed: (added, erased),
            overflow: can & 0x80 != 0,
            reserves: can & 0x02 != 0,
        })
    }
}

/// Returns the data of Clear SEL: to begin it, or to ask whether it is done.
pub fn clear(reservation: u16, begin: bool) -> Vec<u8> {
    let [low, high] = reservation.to_le_bytes();
    vec![low, high, b'C', b'L', b'R', if begin { 0xaa } else { 0x00 }]
}

/// Reads the answer's data to Get SEL Entry: the number of the next record, and the record.
pub fn entry(mut data: &[u8]) -> Option<(u16, [u8; RECORD])> {
    Some((word(&mut data)?, *take(&mut data)?))
}

/// Makes the entry of a record; `names` says what sensors are called, by owner and number.
pub fn shown(record: &[u8; RECORD], names: &dyn Fn(u8, u8) -> Option<String>) -> Entry {
    let [id_low, id_high, kind, rest @ ..] = *record;
    let [t0, t1, t2, t3, owner, lun, version, sensor_type, number, event, d1, d2, d3] = rest;
    let stamped = u32::from_le_bytes([t0, t1, t2, t3]);
    let mut entry = Entry {
        id: u16::from_le_bytes([id_low, id_high]).to_string(),
        log: "SEL".to_owned(),
        time: text::time(stamped),
        severity: Severity::Unknown,
        origin: None,
        message: String::new(),
        raw: Some(text::hexadecimal(record)),
    };
    match kind {
        0xc0..=0xdf => {
            let maker = u32::from_le_bytes([owner, lun, version, 0]);
            let data = [sensor_type, number, event, d1, d2, d3];
            entry.message =
                format!("OEM record {kind:02x} of maker {maker}: {}", text::hexadecimal(&data));
        }
        0xe0..=0xff => {
            entry.time = None;
            entry.message = format!("OEM record {kind:02x}: {}", text::hexadecimal(&rest));
        }
        // 0x02; what is no type of the specification reads as one, for BMCs are careless.
        _ => {
            let named = names(owner, number).filter(|name| !name.is_empty());
            entry.origin = Some(
                named.unwrap_or_else(|| format!("{} #{number:#04x}", event::kind(sensor_type))),
            );
            let kind = event & 0x7f;
            let (state, severity) = event::state(sensor_type, kind, d1 & 0x0f);
            entry.message = state;
            // Bits 7:6 and 5:4 say what the two other bytes are; for a threshold the reading and
            // the threshold.
            if kind == 0x01 && d1 & 0xc0 == 0x40 && d1 & 0x30 == 0x10 {
                let values = format!(" (raw reading {d2}, threshold {d3})");
                entry.message.push_str(&values);
            }
            if event & 0x80 != 0 {
                entry.message.push_str(", deasserted");
                entry.severity = Severity::Ok;
            } else {
                entry.severity = severity;
            }
        }
    }
    entry
}

/// Puts the reading and the threshold of an event into a sensor's unit.
pub fn with_values(entry: &mut Entry, record: &[u8; RECORD], sensor: &sdr::Sensor) {
    let [.., event, d1, d2, d3] = *record;
    let both = event & 0x7f == 0x01 && d1 & 0xc0 == 0x40 && d1 & 0x30 == 0x10;
    let Some(factors) = sensor.factors.filter(|_| both) else {
        return;
    };
    let (Some(reading), Some(threshold)) = (factors.value(d2), factors.value(d3)) else {
        return;
    };
    let unit = sdr::unit(sensor.unit).unwrap_or_default();
    let space = if unit.is_empty() { "" } else { " " };
    let end = entry.message.find(" (raw").unwrap_or(entry.message.len());
    let tail = if event & 0x80 != 0 { ", deasserted" } else { "" };
    entry.message.truncate(end);
    let values = format!(
        " (reading {}, threshold {}{space}{unit}){tail}",
        rounded(reading),
        rounded(threshold)
    );
    entry.message.push_str(&values);
}

/// Writes a number with three digits behind the point at most.
fn rounded(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nobody(_owner: u8, _number: u8) -> Option<String> {
        None
    }

    #[test]
    fn an_event_is_told() {
        let record = [1, 0, 2, 0, 0, 0, 0, 0x20, 0, 4, 0x0c, 0x53, 0x6f, 0x00, 0xff, 0xff];
        let entry = shown(&record, &nobody);
        assert_eq!((entry.id.as_str(), entry.time.as_deref()), ("1", Some("+0")));
        assert_eq!(entry.origin.as_deref(), Some("Memory #0x53"));
        assert_eq!(
            (entry.message.as_str(), entry.severity),
            ("Correctable ECC", Severity::Warning)
        );
        assert_eq!(
            entry.raw.as_deref(),
            Some("0100020000000020000 40c536f00ffff".replace(' ', "").as_str())
        );
        let named = |owner, number| (owner == 0x20 && number == 0x53).then(|| "DIMM A1".to_owned());
        assert_eq!(shown(&record, &named).origin.as_deref(), Some("DIMM A1"));
    }

    #[test]
    fn a_threshold_is_told_in_its_unit() {
        let record = [2, 0, 2, 0, 0, 0, 0x60, 0x20, 0, 4, 1, 0x30, 0x81, 0x59, 91, 90];
        let mut entry = shown(&record, &nobody);
        assert_eq!(
            entry.message,
            "Upper Critical going high (raw reading 91, threshold 90), deasserted"
        );
        assert_eq!(
            (entry.severity, entry.time.as_deref()),
            (Severity::Ok, Some("2021-01-14T08:25:36Z"))
        );
        let sensor = sdr::Sensor {
            owner: 0x20,
            lun: 0,
            channel: 0,
            number: 0x30,
            entity: (7, 1),
            kind: 1,
            event: 1,
            capabilities: 0,
            readable: 0,
            factors: sdr::Factors::read(0, 0, &[1, 0, 0, 0, 0, 0xf0]),
            unit: [0, 1, 0],
            hysteresis: (0, 0),
            name: "Inlet".to_owned(),
            silent: false,
        };
        with_values(&mut entry, &record, &sensor);
        assert_eq!(
            entry.message,
            "Upper Critical going high (reading 9.1, threshold 9 °C), deasserted"
        );
    }

    #[test]
    fn records_of_vendors_keep_their_bytes() {
        let mut record = [3, 0, 0xc0, 0, 0, 0, 0x60, 0xdb, 7, 0, 1, 2, 3, 4, 5, 6];
        let entry = shown(&record, &nobody);
        assert_eq!(entry.message, "OEM record c0 of maker 2011: 010203040506");
        record[2] = 0xe0;
        let entry = shown(&record, &nobody);
        assert_eq!(
            (entry.time, entry.message.as_str()),
            (None, "OEM record e0: 00000060db0700010203040506")
        );
    }

    #[test]
    fn an_extent_reads() {
        let data = [0x51, 2, 0, 0, 0x3e, 1, 0, 0, 0, 2, 0, 0, 0, 0x8a];
        let extent = Extent::read(&data).expect("an extent");
        assert_eq!((extent.entries, extent.free, extent.changed), (2, 0x3e00, (1, 2)));
        assert!(extent.overflow && extent.reserves);
        assert_eq!(Extent::read(&data[..13]), None);
        assert_eq!(clear(0x1234, true), [0x34, 0x12, 0x43, 0x4c, 0x52, 0xaa]);
    }

    proptest! {
        #[test]
        fn any_record_is_an_entry(record: [u8; 16]) {
            let entry = shown(&record, &nobody);
            prop_assert!(!entry.message.is_empty());
            prop_assert_eq!(entry.raw.map(|raw| raw.len()), Some(32));
        }
    }
}
