//! ATA: IDENTIFY DEVICE, SMART data and logs (ACS-4).

mod identify;
mod logs;
mod names;
mod statistics;

pub use identify::{Identify, identify};
pub(crate) use logs::self_test_kind;
pub use logs::{PhyCounter, error_count, extended_self_tests, phy_counters, self_tests};
pub use names::attribute_name;
pub(crate) use statistics::key as statistic_key;
pub use statistics::{Statistics, statistics};

use super::PageError;
use super::bytes::Bytes;
use crate::model::{AtaAttribute, AtaSmart};

/// Bytes of a sector, in which ATA moves pages.
pub const SECTOR: usize = 512;

/// How many attributes a table has.
const ATTRIBUTES: usize = 30;

/// Decodes SMART READ DATA (B0h/D0h) with its thresholds (D1h), where known.
///
/// Names depend on whether the drive is solid state (`ssd`): vendors reuse ids.
pub fn smart_data(
    data: &[u8],
    thresholds: Option<&[u8]>,
    ssd: bool,
) -> Result<AtaSmart, PageError> {
    let data = Bytes::of("ATA SMART data", data, SECTOR)?;
    let thresholds =
        thresholds.map(|page| Bytes::of("ATA SMART thresholds", page, SECTOR)).transpose()?;
    let mut attributes = Vec::new();
    for entry in 0..ATTRIBUTES {
        let at = 2 + 12 * entry;
        let Some(id) = data.u8(at).filter(|id| *id != 0) else { continue };
        let (value, worst) = (data.u8(at + 3), data.u8(at + 4));
        let threshold = thresholds.and_then(|page| threshold_of(page, id));
        attributes.push(AtaAttribute {
            id,
            name: Some(attribute_name(id, ssd).to_owned()),
            flags: data.le16(at + 1),
            value,
            worst,
            threshold,
            raw: data.le48(at + 5),
            raw_text: None,
            when_failed: when_failed(value, worst, threshold).to_owned(),
        });
    }
    Ok(AtaSmart { revision: data.le16(0).map(u32::from), attributes, ..AtaSmart::default() })
}

fn threshold_of(page: Bytes<'_>, id: u8) -> Option<u8> {
    (0..ATTRIBUTES)
        .map(|entry| 2 + 12 * entry)
        .find(|at| page.u8(*at) == Some(id))
        .and_then(|at| page.u8(at + 1))
}

/// Returns `now`, `past` or nothing: whether a normalised value met its threshold.
///
/// Threshold 0 means none (ATA-3 §7.28.2: “always passing”). The raw value has
/// no say in this.
pub fn when_failed(value: Option<u8>, worst: Option<u8>, threshold: Option<u8>) -> &'static str {
    let Some(threshold) = threshold.filter(|threshold| *threshold != 0) else { return "" };
    if value.is_some_and(|value| value <= threshold) {
        "now"
    } else if worst.is_some_and(|worst| worst <= threshold) {
        "past"
    } else {
        ""
    }
}

/// Decodes the registers after SMART RETURN STATUS (DAh): LBA mid and LBA high.
///
/// 4Fh C2h is good, F4h 2Ch failing; anything else is no answer: some USB and
/// RAID bridges return the registers as they were sent, or zeros.
pub fn status(registers: &[u8]) -> Result<Option<bool>, PageError> {
    let registers = Bytes::of("ATA SMART status", registers, 2)?;
    Ok(match (registers.u8(0), registers.u8(1)) {
        (Some(0x4f), Some(0xc2)) => Some(true),
        (Some(0xf4), Some(0x2c)) => Some(false),
        _ => None,
    })
}

/// Returns the count in a raw value whose upper four bytes are other data.
///
/// Attributes 5 and 196 hold 16 bits; some drives keep peaks or rates above them.
pub fn low_word(raw: u64) -> u64 {
    raw & 0xffff
}
