//! Table rows of smartctl's text.

use super::json_logs::{gigabytes, kind_of};
use super::text_fields::grouped;
use crate::model::{AtaAttribute, ScsiErrorCounter, SelfTest};
use crate::smart::ata::statistic_key;
use crate::smart::summary::leading_number;

/// Returns why there are no data, where the line says so.
pub(super) fn refusal(line: &str) -> Option<&str> {
    let line = line.trim();
    let stop = line.starts_with("Smartctl open device:")
        || line.starts_with("Device is in STANDBY")
        || line.starts_with("Device is in SLEEP")
        || line.starts_with("Read Device Identity failed")
        || line.starts_with("Read NVMe Identify Controller failed")
        || line.starts_with("Unknown USB bridge")
        || line.starts_with("A mandatory SMART command failed");
    stop.then_some(line)
}

/// Takes the next word of `rest`.
fn word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_start();
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, after) = text.split_at_checked(end)?;
    *rest = after;
    (!word.is_empty()).then_some(word)
}

/// Reads a row of the attribute table, brief (`-f brief`) or old.
pub(super) fn attribute(line: &str) -> Option<AtaAttribute> {
    let mut rest = line;
    let id = word(&mut rest)?;
    let id = match id.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok()?,
        None => id.parse().ok()?,
    };
    let name = word(&mut rest)?;
    let flags = flags(word(&mut rest)?)?;
    let [value, worst, threshold] =
        [word(&mut rest)?, word(&mut rest)?, word(&mut rest)?].map(normalised);
    let mut failed = word(&mut rest)?;
    if matches!(failed, "Pre-fail" | "Old_age") {
        // The old format: type, when updated, when failed.
        let _updated = word(&mut rest)?;
        failed = word(&mut rest)?;
    }
    let raw_text = rest.trim();
    Some(AtaAttribute {
        id,
        name: Some(name.to_owned()),
        flags: Some(flags),
        value,
        worst,
        threshold,
        raw: leading_number(raw_text),
        raw_text: (!raw_text.is_empty()).then(|| raw_text.to_owned()),
        when_failed: match failed {
            "NOW" | "FAILING_NOW" | "FAILING_NOW!" => "now",
            "Past" | "In_the_past" => "past",
            _ => "",
        }
        .to_owned(),
    })
}

/// `---` stands for a value that the drive does not keep.
fn normalised(text: &str) -> Option<u8> {
    match text.strip_prefix("0x") {
        Some(digits) => u8::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Reads `PO-R--` or `0x000b`.
fn flags(text: &str) -> Option<u16> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u16::from_str_radix(digits, 16).ok();
    }
    let letters = text.strip_suffix('+').unwrap_or(text);
    if letters.len() != 6 {
        return None;
    }
    (0..).zip("POSRCK".chars()).zip(letters.chars()).try_fold(0, |flags, ((bit, name), letter)| {
        match letter {
            '-' => Some(flags),
            letter if letter == name => Some(flags | (1 << bit)),
            _ => None,
        }
    })
}

/// Reads the number of errors ever logged.
pub(super) fn error_count(line: &str) -> Option<u64> {
    if line.starts_with("No Errors Logged") {
        return Some(0);
    }
    let count = line
        .strip_prefix("Device Error Count:")
        .or_else(|| line.strip_prefix("ATA Error Count:"))?;
    leading_number(count)
}

/// Takes the last word of `rest`.
fn last_word<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let text = rest.trim_end();
    let start = text.rfind(char::is_whitespace).map_or(0, |at| at.saturating_add(1));
    let (before, word) = text.split_at_checked(start)?;
    *rest = before;
    (!word.is_empty()).then_some(word)
}

/// Reads `# 1  Short offline       Completed without error       00%      4314         -`.
pub(super) fn ata_self_test(line: &str) -> Option<SelfTest> {
    let mut rest = line;
    let lba = last_word(&mut rest)?;
    let hours = last_word(&mut rest)?;
    last_word(&mut rest)?.strip_suffix('%')?;
    // `#10  ` and nineteen columns of description.
    let kind = rest.get(5..24)?.trim();
    let status = rest.get(24..)?.trim();
    Some(SelfTest {
        kind: kind_of(kind),
        status: status.to_owned(),
        passed: passed(status),
        at_hours: hours.parse().ok(),
        failing_lba: leading_number(lba),
    })
}

/// Reads `# 1  Background short  Completed                   -   30462                 - [-   -    -]`.
pub(super) fn scsi_self_test(line: &str) -> Option<SelfTest> {
    let (mut rest, _sense) = line.split_once('[')?;
    let lba = last_word(&mut rest)?;
    let hours = last_word(&mut rest)?;
    let _segment = last_word(&mut rest)?;
    let kind = rest.get(5..21)?.trim();
    let status = rest.get(21..)?.trim();
    Some(SelfTest {
        kind: kind_of(kind),
        status: status.to_owned(),
        passed: passed(status),
        at_hours: hours.parse().ok(),
        failing_lba: leading_number(lba),
    })
}

/// Reads ` 0   Short   Completed without error   2000   -   -   -   -   -`.
pub(super) fn nvme_self_test(line: &str) -> Option<SelfTest> {
    let mut columns = line.split("  ").map(str::trim).filter(|column| !column.is_empty());
    columns.next()?.parse::<u8>().ok()?;
    let kind = columns.next()?;
    let status = columns.next()?;
    let hours = columns.next()?;
    let lba = columns.next();
    Some(SelfTest {
        kind: kind_of(kind),
        status: status.to_owned(),
        passed: passed(status),
        at_hours: grouped(hours),
        failing_lba: lba.and_then(leading_number),
    })
}

/// Returns whether a test with that status ended well; `None` where it did not end.
fn passed(status: &str) -> Option<bool> {
    if status == "Completed" || status.starts_with("Completed without error") {
        Some(true)
    } else {
        let failed = ["Completed", "Failed in", "Fatal or unknown", "Unknown error"];
        failed.iter().any(|words| status.starts_with(words)).then_some(false)
    }
}

/// Reads `0x01  0x008  4             586  ---  Lifetime Power-On Resets`.
pub(super) fn statistic(line: &str) -> Option<(String, i64)> {
    let mut rest = line;
    let page = word(&mut rest)?.strip_prefix("0x")?;
    let offset = word(&mut rest)?.strip_prefix("0x")?;
    let _size = word(&mut rest)?;
    let value = word(&mut rest)?.parse().ok()?;
    let page = u8::from_str_radix(page, 16).ok()?;
    let offset = u16::from_str_radix(offset, 16).ok()?;
    Some((statistic_key(page, offset), value))
}

/// Reads `0x0001  4            0  Command failed due to ICRC error`.
pub(super) fn phy_event(line: &str) -> Option<(String, u64)> {
    let mut rest = line;
    let id = u16::from_str_radix(word(&mut rest)?.strip_prefix("0x")?, 16).ok()?;
    let _size = word(&mut rest)?;
    // A counter at its largest value has a `+` behind it.
    Some((format!("0x{id:04x}"), leading_number(word(&mut rest)?)?))
}

/// Reads a row of SCSI error counters.
pub(super) fn scsi_errors(line: &str) -> Option<(String, ScsiErrorCounter)> {
    let (side, rest) = line.split_once(':')?;
    if !matches!(side, "read" | "write" | "verify") {
        return None;
    }
    let mut rest = rest;
    let mut next = || word(&mut rest);
    let errors = ScsiErrorCounter {
        corrected_fast: next()?.parse().ok(),
        corrected_delayed: next()?.parse().ok(),
        corrected_by_rereads_rewrites: next()?.parse().ok(),
        corrected_total: next()?.parse().ok(),
        algorithm_invocations: next()?.parse().ok(),
        bytes_processed: gigabytes(next()?),
        uncorrected: next()?.parse().ok(),
    };
    Some((side.to_owned(), errors))
}
