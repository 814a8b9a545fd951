//! Log pages (SPC-5 §7.3, SBC-4 §6.4, SPL-4 §9.2.8).

use crate::model::{ScsiErrorCounter, ScsiPhy, SelfTest};
use crate::smart::PageError;
use crate::smart::bytes::{Bytes, be_any, hex};

/// One parameter of a log page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// Parameter code.
    pub code: u16,
    /// Its value.
    pub value: &'a [u8],
}

/// What the Start-Stop Cycle Counter page says (0Eh).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartStop {
    /// Year of manufacture, four digits.
    pub year: Option<String>,
    /// Week of manufacture, two digits.
    pub week: Option<String>,
    /// Start-stop cycles so far.
    pub start_stop: Option<u64>,
    /// Load-unload cycles so far.
    pub load_unload: Option<u64>,
}

/// What the Informational Exceptions page says (2Fh).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Additional sense code; 0 = nothing to report.
    pub asc: u8,
    /// Its qualifier.
    pub ascq: u8,
    /// Most recent temperature in milli-Celsius.
    pub temperature_mc: Option<i64>,
}

/// Splits a log page into its parameters. A parameter that runs past the end
/// ends the list; what came before stands.
pub fn parameters(page: &[u8], code: u8) -> Result<Vec<Parameter<'_>>, PageError> {
    const PAGE: &str = "SCSI log page";
    let bytes = Bytes::of(PAGE, page, 4)?;
    let got = bytes.u8(0).unwrap_or_default() & 0x3f;
    if got != code {
        return Err(PageError::Invalid {
            page: PAGE,
            at: 0,
            message: format!("page code {got:#04x} where {code:#04x} was asked for"),
        });
    }
    let length = usize::from(bytes.be16(2).unwrap_or_default());
    let body = page.get(4..).unwrap_or_default();
    let mut rest = body.get(..length).unwrap_or(body);
    let mut found = Vec::new();
    while let Some((header, after)) = rest.split_first_chunk::<4>() {
        let [high, low, _, length] = *header;
        let Some(value) = after.get(..usize::from(length)) else { break };
        found.push(Parameter { code: u16::from_be_bytes([high, low]), value });
        rest = after.get(usize::from(length)..).unwrap_or_default();
    }
    Ok(found)
}

fn counter(parameters: &[Parameter<'_>], code: u16) -> Option<u64> {
    let value = parameters.iter().find(|parameter| parameter.code == code)?.value;
    (!value.is_empty()).then(|| be_any(value))
}

/// Decodes an error counter page: 02h write, 03h read, 05h verify.
pub fn errors(page: &[u8], code: u8) -> Result<ScsiErrorCounter, PageError> {
    let found = parameters(page, code)?;
    Ok(ScsiErrorCounter {
        corrected_fast: counter(&found, 0),
        corrected_delayed: counter(&found, 1),
        corrected_by_rereads_rewrites: counter(&found, 2),
        corrected_total: counter(&found, 3),
        algorithm_invocations: counter(&found, 4),
        bytes_processed: counter(&found, 5),
        uncorrected: counter(&found, 6),
    })
}

/// Decodes the number of non-medium errors (06h).
pub fn non_medium_errors(page: &[u8]) -> Result<Option<u64>, PageError> {
    Ok(counter(&parameters(page, 0x06)?, 0))
}

/// Decodes the temperature (0Dh) in milli-Celsius; `FFh` means not available.
pub fn temperature_mc(page: &[u8]) -> Result<Option<i64>, PageError> {
    let found = parameters(page, 0x0d)?;
    let value = found.iter().find(|parameter| parameter.code == 0).map(|found| found.value);
    Ok(value
        .and_then(|value| value.get(1))
        .filter(|byte| **byte != 0xff)
        .map(|byte| i64::from(*byte) * 1000))
}

/// Decodes the Start-Stop Cycle Counter page (0Eh).
pub fn start_stop(page: &[u8]) -> Result<StartStop, PageError> {
    let found = parameters(page, 0x0e)?;
    let made = found.iter().find(|parameter| parameter.code == 1).map(|found| found.value);
    let made = Bytes::new(made.unwrap_or_default());
    // All ones: the drive does not count.
    let count = |code| counter(&found, code).filter(|count| *count != u64::from(u32::MAX));
    Ok(StartStop {
        year: made.text(0, 4),
        week: made.text(4, 2),
        start_stop: count(4),
        load_unload: count(6),
    })
}

/// Decodes the Self-Test Results page (10h), latest first.
pub fn self_tests(page: &[u8]) -> Result<Vec<SelfTest>, PageError> {
    let mut tests = Vec::new();
    for parameter in parameters(page, 0x10)? {
        let value = Bytes::new(parameter.value);
        let (Some(head), Some(hours)) = (value.u8(0), value.be16(2)) else { continue };
        let result = head & 0x0f;
        // An entry that was never written is all zeros.
        if head == 0 && hours == 0 {
            continue;
        }
        let passed = match result {
            0 => Some(true),
            3..=7 => Some(false),
            _ => None,
        };
        let lba = value.be64(4).filter(|lba| *lba != u64::MAX);
        tests.push(SelfTest {
            kind: self_test_kind(head >> 5).to_owned(),
            status: self_test_status(result).to_owned(),
            passed,
            at_hours: Some(u64::from(hours)),
            failing_lba: lba.filter(|_| passed == Some(false)),
        });
    }
    Ok(tests)
}

/// Returns the name of the self-test that SEND DIAGNOSTIC's code started.
pub(crate) fn self_test_kind(code: u8) -> &'static str {
    match code {
        0 => "default",
        1 => "short",
        2 => "extended",
        5 => "short foreground",
        6 => "extended foreground",
        4 => "aborted background",
        _ => "reserved",
    }
}

/// Returns what a result of the Self-Test Results page means, in smartctl's words.
fn self_test_status(result: u8) -> &'static str {
    match result {
        0 => "Completed",
        1 => "Aborted (by user command)",
        2 => "Aborted (device reset ?)",
        3 => "Unknown error, incomplete",
        4 => "Completed, segment failed",
        5 => "Failed in first segment",
        6 => "Failed in second segment",
        7 => "Failed in segment",
        15 => "Self test in progress ...",
        _ => "Reserved",
    }
}

/// Decodes the percentage of endurance used (11h); it may exceed 100.
pub fn percentage_used(page: &[u8]) -> Result<Option<u64>, PageError> {
    let found = parameters(page, 0x11)?;
    let value = found.iter().find(|parameter| parameter.code == 1).map(|found| found.value);
    Ok(value.and_then(|value| value.get(3)).map(|byte| u64::from(*byte)))
}

/// Decodes the minutes powered on from the Background Scan page (15h).
pub fn power_on_minutes(page: &[u8]) -> Result<Option<u64>, PageError> {
    let found = parameters(page, 0x15)?;
    let value = found.iter().find(|parameter| parameter.code == 0).map(|found| found.value);
    Ok(value.and_then(|value| Bytes::new(value).be32(0)).map(u64::from))
}

/// Decodes the phys of a SAS drive (18h).
pub fn phys(page: &[u8]) -> Result<Vec<ScsiPhy>, PageError> {
    const SAS: u8 = 6;
    let mut phys = Vec::new();
    for parameter in parameters(page, 0x18)? {
        let port = Bytes::new(parameter.value);
        if port.u8(0).map(|byte| byte & 0x0f) != Some(SAS) {
            continue;
        }
        let mut at = 4_usize;
        for _ in 0..port.u8(3).unwrap_or_default() {
            let Some(phy) = port.slice(at, 48).map(Bytes::new) else { break };
            phys.push(ScsiPhy {
                phy: phy.u8(1),
                sas_address: phy.slice(8, 8).map(hex),
                attached_sas_address: phy.slice(16, 8).map(hex),
                link_bps: phy.u8(5).and_then(|rate| link_bps(rate & 0x0f)),
                invalid_dwords: phy.be32(32).map(u64::from),
                disparity_errors: phy.be32(36).map(u64::from),
                lost_dword_syncs: phy.be32(40).map(u64::from),
                reset_problems: phy.be32(44).map(u64::from),
            });
            // The descriptor's own length covers its event counters.
            let length = usize::from(phy.u8(3).unwrap_or_default()).max(44);
            at += 4 + length;
        }
    }
    Ok(phys)
}

/// Returns the rate that a NEGOTIATED LOGICAL LINK RATE code stands for.
fn link_bps(code: u8) -> Option<u64> {
    match code {
        8 => Some(1_500_000_000),
        9 => Some(3_000_000_000),
        0xa => Some(6_000_000_000),
        0xb => Some(12_000_000_000),
        0xc => Some(22_500_000_000),
        _ => None,
    }
}

/// Decodes the Informational Exceptions page (2Fh).
pub fn exceptions(page: &[u8]) -> Result<Exceptions, PageError> {
    let found = parameters(page, 0x2f)?;
    let value = found.iter().find(|parameter| parameter.code == 0).map(|found| found.value);
    let value = Bytes::new(value.unwrap_or_default());
    let (Some(asc), Some(ascq)) = (value.u8(0), value.u8(1)) else {
        return Err(PageError::Short { page: "SCSI log page 2Fh", need: 10, have: page.len() });
    };
    Ok(Exceptions {
        asc,
        ascq,
        temperature_mc: value
            .u8(2)
            .filter(|byte| !matches!(byte, 0 | 0xff))
            .map(|byte| i64::from(byte) * 1000),
    })
}
