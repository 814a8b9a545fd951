//! ATA and SCSI health data and self-test logs of `smartctl -j`.

use std::collections::BTreeMap;

use crate::import::document::Node;
use crate::model::{AtaAttribute, AtaSmart, ScsiErrorCounter, ScsiSmart, SelfTest};
use crate::smart::ata::{self_test_kind, statistic_key};

/// Returns the ATA health data, where the document has any.
pub(super) fn ata(root: &Node<'_>) -> Option<AtaSmart> {
    let table = root.get("ata_smart_attributes");
    let errors = root.get("ata_smart_error_log");
    let tests = root.get("ata_smart_self_test_log");
    let mut phy_events = BTreeMap::new();
    let events = root.get("sata_phy_event_counters").get("table");
    phy_events.extend(events.items().iter().filter_map(|event| {
        Some((format!("0x{:04x}", event.small::<u16>("id")?), event.number("value")?))
    }));
    let smart = AtaSmart {
        revision: table.small("revision"),
        attributes: table.get("table").items().iter().filter_map(attribute).collect(),
        error_count: errors
            .get("extended")
            .number("count")
            .or_else(|| errors.get("summary").number("count")),
        self_tests: {
            let extended = tests.get("extended").get("table").items();
            let standard = tests.get("standard").get("table").items();
            let chosen = if extended.is_empty() { standard } else { extended };
            chosen.iter().map(ata_self_test).collect()
        },
        statistics: statistics(root),
        phy_events,
    };
    (smart != AtaSmart::default()).then_some(smart)
}

fn attribute(row: &Node<'_>) -> Option<AtaAttribute> {
    let raw = row.get("raw");
    Some(AtaAttribute {
        id: row.small("id")?,
        name: row.get("name").text().map(str::to_owned),
        flags: row.get("flags").small("value"),
        value: row.small("value"),
        worst: row.small("worst"),
        threshold: row.small("thresh"),
        raw: raw.number("value"),
        raw_text: raw.get("string").text().map(str::to_owned),
        when_failed: row.get("when_failed").text().unwrap_or_default().to_owned(),
    })
}

fn ata_self_test(row: &Node<'_>) -> SelfTest {
    let status = row.get("status");
    let words = row.get("type").get("string").text().unwrap_or_default();
    SelfTest {
        kind: row.get("type").small("value").map_or_else(|| words.to_owned(), self_test_kind),
        status: status.get("string").text().unwrap_or_default().to_owned(),
        passed: status.get("passed").flag(),
        at_hours: row.number("lifetime_hours"),
        failing_lba: row.number("lba"),
    }
}

fn statistics(root: &Node<'_>) -> BTreeMap<String, i64> {
    let mut found = BTreeMap::new();
    for page in root.get("ata_device_statistics").get("pages").items() {
        let Some(number) = page.small::<u8>("number") else { continue };
        for row in page.get("table").items() {
            let valid = row.get("flags").get("valid").flag() != Some(false);
            if let (true, Some(offset), Some(value)) =
                (valid, row.small::<u16>("offset"), row.get("value").signed())
            {
                found.insert(statistic_key(number, offset), value);
            }
        }
    }
    found
}

/// Returns the self-tests of an NVMe drive, latest first (release 7.4 on).
pub(super) fn nvme_self_tests(log: &Node<'_>) -> Vec<SelfTest> {
    log.get("table")
        .items()
        .iter()
        .map(|row| {
            let result = row.get("self_test_result");
            SelfTest {
                kind: kind_of(row.get("self_test_code").get("string").text().unwrap_or_default()),
                status: result.get("string").text().unwrap_or_default().to_owned(),
                passed: match result.number("value") {
                    Some(0) => Some(true),
                    Some(5..=7) => Some(false),
                    _ => None,
                },
                at_hours: row.number("power_on_hours"),
                failing_lba: row.number("lba"),
            }
        })
        .collect()
}

/// Returns our name of a self-test from smartctl's words for it.
pub(super) fn kind_of(words: &str) -> String {
    let folded = words.trim().to_ascii_lowercase();
    let captive = if folded.contains("captive") { " captive" } else { "" };
    let foreground = if folded.contains("foreground") { " foreground" } else { "" };
    for (word, name) in [
        ("short", "short"),
        ("extended", "extended"),
        ("long", "extended"),
        ("conveyance", "conveyance"),
        ("selective", "selective"),
        ("offline", "offline"),
        ("default", "default"),
    ] {
        if folded.contains(word) {
            return format!("{name}{captive}{foreground}");
        }
    }
    folded.replace("vendor (", "vendor ").trim_end_matches(')').to_owned()
}

/// Returns the SCSI health data, where the document has any.
pub(super) fn scsi(root: &Node<'_>) -> Option<ScsiSmart> {
    let log = root.get("scsi_error_counter_log");
    let cycles = root.get("scsi_start_stop_cycle_counter");
    let verdict = root.get("smart_status").get("scsi");
    let mut counters = BTreeMap::new();
    let sides = ["read", "write", "verify"].into_iter().filter(|side| log.get(side).exists());
    counters.extend(sides.map(|side| (side.to_owned(), errors(&log.get(side)))));
    let smart = ScsiSmart {
        grown_defects: root.number("scsi_grown_defect_list"),
        percentage_used: root.number("scsi_percentage_used_endurance_indicator"),
        errors: counters,
        non_medium_errors: root
            .get("scsi_non_medium_error_log")
            .number("count")
            .or_else(|| root.number("scsi_non_medium_error_count")),
        start_stop_cycles: cycles.number("accumulated_start_stop_cycles"),
        load_unload_cycles: cycles.number("accumulated_load_unload_cycles"),
        self_tests: self_tests(root),
        exception_asc: verdict.small("asc"),
        exception_ascq: verdict.small("ascq"),
        phy: Vec::new(),
    };
    (smart != ScsiSmart::default()).then_some(smart)
}

fn errors(side: &Node<'_>) -> ScsiErrorCounter {
    ScsiErrorCounter {
        corrected_fast: side.number("errors_corrected_by_eccfast"),
        corrected_delayed: side.number("errors_corrected_by_eccdelayed"),
        corrected_by_rereads_rewrites: side.number("errors_corrected_by_rereads_rewrites"),
        corrected_total: side.number("total_errors_corrected"),
        algorithm_invocations: side.number("correction_algorithm_invocations"),
        bytes_processed: {
            let text = side.get("gigabytes_processed");
            let bytes = text.text().and_then(gigabytes);
            if text.exists() && bytes.is_none() {
                text.note("this is no number of gigabytes".to_owned());
            }
            bytes
        },
        uncorrected: side.number("total_uncorrected_errors"),
    }
}

/// Returns bytes from gigabytes of 10^9 bytes with up to nine decimals, exactly.
pub(super) fn gigabytes(text: &str) -> Option<u64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    if rest.len() > 9 || !rest.chars().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let part = format!("{rest:0<9}").parse::<u64>().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1_000_000_000)?.checked_add(part)
}

/// `scsi_self_test_0` is the latest; there are at most twenty.
fn self_tests(root: &Node<'_>) -> Vec<SelfTest> {
    (0..20)
        .map(|index| root.get(&format!("scsi_self_test_{index}")))
        .take_while(Node::exists)
        .map(|test| {
            let result = test.get("result");
            SelfTest {
                kind: kind_of(test.get("code").get("string").text().unwrap_or_default()),
                status: result.get("string").text().unwrap_or_default().to_owned(),
                passed: match result.number("value") {
                    Some(0) => Some(true),
                    Some(3..=7) => Some(false),
                    _ => None,
                },
                at_hours: test.get("power_on_time").number("hours"),
                failing_lba: test.get("lba_first_failure").number("value"),
            }
        })
        .collect()
}
