//! What a drive's own data says about its health.
//!
//! Policy, pure: the drive's verdict stands as it is; reasons are what a
//! standard defines as failing *now*. Counts over a whole life are notes: what
//! matters of them is growth, and one look has none. Alarms by raw values are
//! the commonest false ones in the field.

use crate::model::{
    AtaAttribute, AtaSmart, Disk, DiskHealth, NvmeSmart, ScsiSmart, SelfTest, Smart,
};
use crate::smart::nvme::critical_warnings;

/// Returns the health of `disk`: its own verdict, reasons and notes.
///
/// What an importer or decoder put into `disk.health` is kept; asking twice
/// gives the same.
pub fn assess(disk: &Disk) -> Option<DiskHealth> {
    let mut health = disk.health.clone().unwrap_or_default();
    if let Some(Smart { ata, nvme, scsi }) = &disk.smart {
        if let Some(nvme) = nvme {
            of_nvme(nvme, &mut health);
        }
        if let Some(ata) = ata {
            of_ata(ata, &mut health);
        }
        if let Some(scsi) = scsi {
            of_scsi(scsi, &mut health);
        }
    }
    if disk.wear_ratio_ppm.is_some_and(|wear| wear >= 1_000_000) {
        let wear = disk.wear_ratio_ppm.unwrap_or_default() / 10_000;
        add(&mut health.notes, format!("{wear} % of the rated endurance is used"));
    }
    if health.passed == Some(false) && health.reasons.is_empty() {
        health.reasons.push("the drive reports that it is failing".to_owned());
    }
    (health != DiskHealth::default()).then_some(health)
}

fn add(list: &mut Vec<String>, line: String) {
    if !list.contains(&line) {
        list.push(line);
    }
}

fn of_nvme(smart: &NvmeSmart, health: &mut DiskHealth) {
    let bits = smart.critical_warning.unwrap_or_default();
    for words in critical_warnings(bits) {
        add(&mut health.reasons, format!("critical warning {bits:#04x}: {words}"));
    }
    // Without the warning bit this is a note: the threshold of some drives
    // exceeds the spare when new.
    if let (Some(spare), Some(threshold)) =
        (smart.available_spare_percent, smart.available_spare_threshold_percent)
        && spare < threshold
        && bits & 1 == 0
    {
        add(
            &mut health.notes,
            format!("spare {spare} % is below its threshold {threshold} %, without a warning"),
        );
    }
    if let Some(errors) = smart.media_errors.filter(|errors| *errors > 0) {
        add(&mut health.notes, format!("{errors} media errors over the drive's life"));
    }
    of_self_tests(&smart.self_tests, health);
}

fn of_ata(smart: &AtaSmart, health: &mut DiskHealth) {
    for attribute in &smart.attributes {
        let words = describe(attribute);
        match attribute.when_failed.as_str() {
            "now" => add(&mut health.reasons, words),
            "past" => add(&mut health.notes, format!("{words} in the past")),
            _ => {}
        }
    }
    of_self_tests(&smart.self_tests, health);
    if let Some(errors) = smart.error_count.filter(|errors| *errors > 0) {
        add(&mut health.notes, format!("{errors} errors logged over the drive's life"));
    }
}

fn describe(attribute: &AtaAttribute) -> String {
    let name = attribute.name.as_deref().unwrap_or("Unknown_Attribute");
    let past = attribute.when_failed == "past";
    let value = if past { attribute.worst } else { attribute.value };
    format!(
        "attribute {} {name}: {} {} met its threshold {}",
        attribute.id,
        if past { "worst value" } else { "value" },
        value.map_or_else(|| "?".to_owned(), |value| value.to_string()),
        attribute.threshold.map_or_else(|| "?".to_owned(), |threshold| threshold.to_string()),
    )
}

/// The latest finished self-test counts; older failures that a later test did
/// not repeat are history.
fn of_self_tests(tests: &[SelfTest], health: &mut DiskHealth) {
    let mut finished = tests.iter().filter(|test| test.passed.is_some());
    let Some(latest) = finished.next() else { return };
    if latest.passed == Some(false) {
        let at = latest.at_hours.map(|hours| format!(" at {hours} h")).unwrap_or_default();
        let block = latest.failing_lba.map(|block| format!(", block {block}")).unwrap_or_default();
        add(
            &mut health.reasons,
            format!("latest self-test ({}) failed{at}: {}{block}", latest.kind, latest.status),
        );
        return;
    }
    let failed = finished.filter(|test| test.passed == Some(false)).count();
    if failed > 0 {
        add(&mut health.notes, format!("{failed} earlier self-tests failed"));
    }
}

fn of_scsi(smart: &ScsiSmart, health: &mut DiskHealth) {
    if let Some(asc) = smart.exception_asc.filter(|asc| matches!(asc, 0x0b | 0x5d)) {
        let ascq = smart.exception_ascq.unwrap_or_default();
        add(
            &mut health.reasons,
            format!("{} (asc {asc:02x}h, ascq {ascq:02x}h)", exception_words(asc, ascq)),
        );
    }
    of_self_tests(&smart.self_tests, health);
    if let Some(defects) = smart.grown_defects.filter(|defects| *defects > 0) {
        add(&mut health.notes, format!("{defects} grown defects over the drive's life"));
    }
    let uncorrected: u64 =
        smart.errors.values().filter_map(|errors| errors.uncorrected).fold(0, u64::saturating_add);
    if uncorrected > 0 {
        add(&mut health.notes, format!("{uncorrected} uncorrected errors over the drive's life"));
    }
}

/// Returns what an informational exception means (SPC-5 annex D).
fn exception_words(asc: u8, ascq: u8) -> &'static str {
    match (asc, ascq) {
        (0x0b, 0x01) => "warning: specified temperature exceeded",
        (0x0b, 0x02) => "warning: enclosure degraded",
        (0x0b, 0x03) => "warning: background self-test failed",
        (0x0b, 0x04) => "warning: background pre-scan detected a medium error",
        (0x0b, 0x05) => "warning: background medium scan detected a medium error",
        (0x0b, _) => "warning",
        (0x5d, 0x00) => "failure prediction threshold exceeded",
        (0x5d, 0x01) => "media failure prediction threshold exceeded",
        (0x5d, 0x02) => "logical unit failure prediction threshold exceeded",
        (0x5d, 0x03) => "spare area exhaustion prediction threshold exceeded",
        (0x5d, 0x10..=0x1f) => "hardware impending failure",
        (0x5d, 0x20..=0x2f) => "controller impending failure",
        (0x5d, 0x30..=0x3f) => "data channel impending failure",
        (0x5d, 0x40..=0x4f) => "servo impending failure",
        (0x5d, 0x50..=0x5f) => "spindle impending failure",
        (0x5d, 0x60..=0x6f) => "firmware impending failure",
        (0x5d, 0x73) => "media impending failure: endurance limit met",
        (0x5d, 0xff) => "failure prediction threshold exceeded (drill)",
        _ => "failure predicted",
    }
}

#[cfg(test)]
mod tests;
