//! Error, self-test and SATA phy logs (ACS-4 §9.5 to §9.10, §9.16).

use crate::model::SelfTest;
use crate::smart::PageError;
use crate::smart::bytes::Bytes;

/// One SATA phy event counter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PhyCounter {
    /// Counter id without the size bits; bit 15 marks a vendor's own.
    pub id: u16,
    /// Its value.
    pub value: u64,
    /// Whether it stands at its largest value and may have missed events.
    pub overflow: bool,
}

/// Decodes the count of errors ever logged, from the first page of the Extended
/// Comprehensive SMART Error log (GP log 03h).
pub fn error_count(page: &[u8]) -> Result<u64, PageError> {
    let page = Bytes::of("ATA log 03h", page, 512)?;
    Ok(u64::from(page.le16(500).unwrap_or_default()))
}

/// Decodes the SMART Self-test log (06h): 21 entries of 24 bytes, latest first.
pub fn self_tests(page: &[u8]) -> Result<Vec<SelfTest>, PageError> {
    let page = Bytes::of("ATA log 06h", page, 512)?;
    // The index is 1-based; 0 means that nothing was ever logged.
    let latest = usize::from(page.u8(508).unwrap_or_default());
    let mut tests = Vec::new();
    for age in 0..21_usize {
        let Some(entry) = ring(latest, age, 21) else { break };
        let at = 2 + 24 * entry;
        if page.slice(at, 24).is_none_or(|bytes| bytes.iter().all(|byte| *byte == 0)) {
            continue;
        }
        let lba = page.le32(at + 5).filter(|lba| *lba != u32::MAX).map(u64::from);
        tests.extend(self_test(page, at, lba));
    }
    Ok(tests)
}

/// Decodes the Extended SMART Self-test log (GP log 07h), latest first.
///
/// `pages` are its sectors one after the other; each holds 19 entries of 26 bytes.
pub fn extended_self_tests(pages: &[u8]) -> Result<Vec<SelfTest>, PageError> {
    let page = Bytes::of("ATA log 07h", pages, 512)?;
    let entries = (pages.len() / 512).saturating_mul(19);
    let latest = usize::from(page.le16(2).unwrap_or_default());
    let mut tests = Vec::new();
    for age in 0..entries {
        let Some(entry) = ring(latest, age, entries) else { break };
        let at = 512 * (entry / 19) + 4 + 26 * (entry % 19);
        if page.slice(at, 26).is_none_or(|bytes| bytes.iter().all(|byte| *byte == 0)) {
            continue;
        }
        let lba = page.le48(at + 5).filter(|lba| *lba != 0xffff_ffff_ffff);
        tests.extend(self_test(page, at, lba));
    }
    Ok(tests)
}

/// Returns the 0-based entry that is `age` older than the 1-based `latest` in a
/// ring of `entries`.
fn ring(latest: usize, age: usize, entries: usize) -> Option<usize> {
    if latest == 0 || latest > entries || age >= entries {
        return None;
    }
    Some((latest + entries - 1 - age) % entries)
}

/// Both logs begin an entry alike: type, status, hours, checkpoint, block.
fn self_test(page: Bytes<'_>, at: usize, lba: Option<u64>) -> Option<SelfTest> {
    let (kind, status) = (page.u8(at)?, page.u8(at + 1)?);
    let passed = self_test_passed(status >> 4);
    Some(SelfTest {
        kind: self_test_kind(kind),
        status: self_test_status(status >> 4).to_owned(),
        passed,
        at_hours: page.le16(at + 2).map(u64::from),
        failing_lba: lba.filter(|_| passed == Some(false)),
    })
}

/// Returns the name of the self-test that a subcommand of SMART EXECUTE
/// OFF-LINE IMMEDIATE started.
pub(crate) fn self_test_kind(code: u8) -> String {
    let name = match code & 0x7f {
        0 => "offline",
        1 => "short",
        2 => "extended",
        3 => "conveyance",
        4 => "selective",
        _ => return format!("vendor 0x{code:02x}"),
    };
    if code & 0x80 == 0 { name.to_owned() } else { format!("{name} captive") }
}

/// Returns what the upper four bits of a self-test's status mean, in smartctl's words.
fn self_test_status(code: u8) -> &'static str {
    match code {
        0 => "Completed without error",
        1 => "Aborted by host",
        2 => "Interrupted (host reset)",
        3 => "Fatal or unknown error",
        4 => "Completed: unknown failure",
        5 => "Completed: electrical failure",
        6 => "Completed: servo/seek failure",
        7 => "Completed: read failure",
        8 => "Completed: handling damage??",
        0xf => "Self-test routine in progress",
        _ => "Unknown status",
    }
}

/// Returns whether a test of that status ended well; `None` where it did not end.
fn self_test_passed(code: u8) -> Option<bool> {
    match code {
        0 => Some(true),
        3..=8 => Some(false),
        _ => None,
    }
}

/// Decodes the SATA Phy Event Counters log (GP log 11h).
pub fn phy_counters(page: &[u8]) -> Result<Vec<PhyCounter>, PageError> {
    let page = Bytes::of("ATA log 11h", page, 512)?;
    let mut counters = Vec::new();
    let mut at = 4_usize;
    while let Some(id) = page.le16(at).filter(|id| *id != 0) {
        let size = usize::from((id >> 12) & 7) * 2;
        let Some(bytes) = page.slice(at + 2, size).filter(|bytes| !bytes.is_empty()) else {
            break;
        };
        let wide = bytes.iter().rev().fold(0_u128, |value, byte| (value << 8) | u128::from(*byte));
        counters.push(PhyCounter {
            id: id & 0x8fff,
            value: u64::try_from(wide).unwrap_or(u64::MAX),
            overflow: bytes.iter().all(|byte| *byte == 0xff),
        });
        at += 2 + size;
    }
    Ok(counters)
}
