//! Who has reserved a shared device: SCSI persistent reservations and NVMe reservations.
//!
//! Pure: commands as bytes out, answers as bytes in. SPC-5 §6.16 (PERSISTENT RESERVE IN,
//! service actions READ KEYS and READ RESERVATION) and NVM Express 2.0 §7.8 (Reservation
//! Report, which is a command of the I/O queue, not of the admin queue). This program
//! registers no key, so that every key there is somebody else's.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes that are asked for: the keys of 500 hosts, far over what arrays allow.
pub const ANSWER_BYTES: u16 = 8 + 8 * 500;

/// What a device says about reservations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reservations {
    /// Keys that hosts have registered.
    pub keys: Vec<u64>,
    /// The key that holds the reservation and how, in the standard's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
}

/// A reservation in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Held {
    /// Whose it is, where the answer says it; NVMe names the holder's controller only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<u64>,
    /// What it allows.
    pub kind: String,
}

/// Why an answer cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// The answer ends within its header.
    #[error("the answer of {0} bytes ends within its header")]
    Short(usize),
    /// The answer announces more keys than it holds.
    #[error("the answer announces {announced} bytes of registrations and holds {held}")]
    Cut {
        /// Bytes that the header announces.
        announced: u64,
        /// Bytes that came.
        held: u64,
    },
}

/// Returns the command PERSISTENT RESERVE IN, READ KEYS.
pub fn read_keys() -> [u8; 10] {
    persistent_reserve_in(0)
}

/// Returns the command PERSISTENT RESERVE IN, READ RESERVATION.
pub fn read_reservation() -> [u8; 10] {
    persistent_reserve_in(1)
}

fn persistent_reserve_in(action: u8) -> [u8; 10] {
    let [high, low] = ANSWER_BYTES.to_be_bytes();
    [0x5e, action, 0, 0, 0, 0, 0, high, low, 0]
}

/// Decodes the answer to READ KEYS: generation, length, keys.
pub fn decode_keys(answer: &[u8]) -> Result<Vec<u64>, AnswerError> {
    let rest = body(answer)?;
    let keys = rest.chunks_exact(8).filter_map(|key| key.first_chunk());
    Ok(keys.map(|key| u64::from_be_bytes(*key)).collect())
}

/// Decodes the answer to READ RESERVATION; `None` where there is no reservation.
pub fn decode_reservation(answer: &[u8]) -> Result<Option<Held>, AnswerError> {
    let rest = body(answer)?;
    if rest.is_empty() {
        return Ok(None);
    }
    let short = || AnswerError::Short(answer.len());
    let key = rest.first_chunk().map(|key| u64::from_be_bytes(*key)).ok_or_else(short)?;
    // The last byte but two: scope in the high nibble, type in the low one.
    let kind = rest.get(13).ok_or_else(short)? & 0x0f;
    Ok(Some(Held { key: Some(key), kind: scsi_kind(kind) }))
}

/// Returns what follows the 8 bytes of a SCSI answer's header, as long as it says.
fn body(answer: &[u8]) -> Result<&[u8], AnswerError> {
    let short = || AnswerError::Short(answer.len());
    let (header, rest) = answer.split_first_chunk::<8>().ok_or_else(short)?;
    let announced = header.last_chunk().map(|length| u32::from_be_bytes(*length));
    let announced = announced.ok_or_else(short)?;
    rest.get(..usize::try_from(announced).unwrap_or(usize::MAX)).ok_or(AnswerError::Cut {
        announced: u64::from(announced),
        held: u64::try_from(rest.len()).unwrap_or(u64::MAX),
    })
}

/// SPC-5 table 80.
fn scsi_kind(kind: u8) -> String {
    match kind {
        1 => "write exclusive".to_owned(),
        3 => "exclusive access".to_owned(),
        5 => "write exclusive, registrants only".to_owned(),
        6 => "exclusive access, registrants only".to_owned(),
        7 => "write exclusive, all registrants".to_owned(),
        8 => "exclusive access, all registrants".to_owned(),
        other => format!("type {other}"),
    }
}

/// NVM Express 2.0 figure 433.
fn nvme_kind(kind: u8) -> String {
    match kind {
        1 => "write exclusive".to_owned(),
        2 => "exclusive access".to_owned(),
        3 => "write exclusive, registrants only".to_owned(),
        4 => "exclusive access, registrants only".to_owned(),
        5 => "write exclusive, all registrants".to_owned(),
        6 => "exclusive access, all registrants".to_owned(),
        other => format!("type {other}"),
    }
}

/// What a SCSI device's refusal of the command means.
///
/// `ILLEGAL REQUEST` says that the device knows no persistent reservations, and so has
/// none; RESERVATION CONFLICT says that somebody has. Fixed and descriptor sense data
/// both (SPC-5 §4.5).
pub fn is_unsupported(sense: &[u8]) -> bool {
    let key = match sense.first().map(|code| code & 0x7f) {
        Some(0x70 | 0x71) => sense.get(2),
        Some(0x72 | 0x73) => sense.get(1),
        _ => None,
    };
    key.map(|key| key & 0x0f) == Some(5)
}

/// The forms a Reservation Report comes in: with 64-bit host identifiers, or with 128.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Report {
    /// Header of 24 bytes, registrants of 24.
    Short,
    /// Header of 64 bytes, registrants of 64.
    Extended,
}

/// Decodes an NVMe Reservation Report.
pub fn decode_report(answer: &[u8], form: Report) -> Result<Reservations, AnswerError> {
    let (header, width, at) = match form {
        Report::Short => (24, 24, 16),
        Report::Extended => (64, 64, 8),
    };
    let short = || AnswerError::Short(answer.len());
    let kind = *answer.get(4).ok_or_else(short)?;
    let count = answer.get(5..7).and_then(|count| count.first_chunk()).ok_or_else(short)?;
    let count = usize::from(u16::from_le_bytes(*count));
    let rest = answer.get(header..).ok_or_else(short)?;
    let announced = count.saturating_mul(width);
    let registrants = rest.get(..announced).ok_or(AnswerError::Cut {
        announced: u64::try_from(announced).unwrap_or(u64::MAX),
        held: u64::try_from(rest.len()).unwrap_or(u64::MAX),
    })?;
    let mut found = Reservations::default();
    let mut holder = None;
    for registrant in registrants.chunks_exact(width) {
        let key = registrant.get(at..).and_then(|rest| rest.first_chunk());
        let key = u64::from_le_bytes(*key.ok_or_else(short)?);
        found.keys.push(key);
        // RCSTS: bit 0 says that this one holds the reservation.
        if registrant.get(2).is_some_and(|status| status & 1 != 0) {
            holder = Some(key);
        }
    }
    if kind != 0 {
        found.held = Some(Held { key: holder, kind: nvme_kind(kind) });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scsi(rest: &[u8]) -> Vec<u8> {
        let length = u32::try_from(rest.len()).unwrap();
        [&[0, 0, 0, 9][..], &length.to_be_bytes(), rest].concat()
    }

    #[test]
    fn keys_come_in_the_order_of_the_answer_and_padding_is_no_key() {
        let (a, b) = (0xabc0_0000_0000_0001_u64, 0x1234_5678_u64);
        let mut answer = scsi(&[a.to_be_bytes(), b.to_be_bytes()].concat());
        answer.resize(512, 0);
        assert_eq!(decode_keys(&answer), Ok(vec![a, b]));
        assert_eq!(decode_keys(&scsi(&[])), Ok(vec![]));
    }

    #[test]
    fn a_reservation_names_its_key_and_kind() {
        let mut descriptor = [0; 16];
        descriptor[..8].copy_from_slice(&0x77_u64.to_be_bytes());
        for (kind, word) in [(1, "write exclusive"), (8, "exclusive access, all registrants")] {
            descriptor[13] = kind;
            let held = decode_reservation(&scsi(&descriptor)).unwrap().unwrap();
            assert_eq!(held, Held { key: Some(0x77), kind: word.to_owned() });
        }
        assert_eq!(decode_reservation(&scsi(&[])), Ok(None));
    }

    #[test]
    fn a_cut_answer_is_an_error_and_not_fewer_keys() {
        let mut answer = scsi(&[0; 16]);
        answer.pop();
        assert_eq!(decode_keys(&answer), Err(AnswerError::Cut { announced: 16, held: 15 }));
        assert_eq!(decode_keys(&[0; 7]), Err(AnswerError::Short(7)));
        let mut report = vec![0; 24];
        report[5] = 1;
        let cut = Err(AnswerError::Cut { announced: 24, held: 0 });
        assert_eq!(decode_report(&report, Report::Short), cut);
    }

    #[test]
    fn both_forms_of_nvme_reports_tell_keys_and_the_holder() {
        for (form, header, width, at) in
            [(Report::Short, 24, 24, 16), (Report::Extended, 64, 64, 8)]
        {
            let mut report = vec![0_u8; header + 2 * width];
            report[4] = 1;
            report[5] = 2;
            report[header + at..header + at + 8].copy_from_slice(&5_u64.to_le_bytes());
            let second = header + width;
            report[second + 2] = 1;
            report[second + at..second + at + 8].copy_from_slice(&6_u64.to_le_bytes());
            let found = decode_report(&report, form).unwrap();
            let held = Held { key: Some(6), kind: "write exclusive".to_owned() };
            assert_eq!(found, Reservations { keys: vec![5, 6], held: Some(held) });
        }
    }

    #[test]
    fn only_an_illegal_request_means_that_there_can_be_none() {
        let fixed = |key| [0x70, 0, key, 0, 0, 0, 0, 10];
        let descriptor = |key| [0x72, key, 0x20, 0];
        assert!(is_unsupported(&fixed(5)) && is_unsupported(&descriptor(5)));
        for key in [0, 2, 3, 6, 11] {
            assert!(!is_unsupported(&fixed(key)) && !is_unsupported(&descriptor(key)));
        }
        assert!(!is_unsupported(&[]) && !is_unsupported(&[0x70]));
    }

    #[test]
    fn the_commands_are_those_of_the_standard() {
        assert_eq!(read_keys(), [0x5e, 0, 0, 0, 0, 0, 0, 0x0f, 0xa8, 0]);
        assert_eq!(read_reservation()[..2], [0x5e, 1]);
    }

    proptest! {
        #[test]
        fn no_answer_upsets_it(answer in prop::collection::vec(any::<u8>(), 0..600)) {
            // What matters is that each returns.
            drop((decode_keys(&answer), decode_reservation(&answer), is_unsupported(&answer)));
            for form in [Report::Short, Report::Extended] {
                if let Ok(found) = decode_report(&answer, form) {
                    prop_assert!(found.keys.len() * 24 <= answer.len());
                }
            }
        }
    }
}
