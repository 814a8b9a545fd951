//! Reports against tables of the same machine, and reports cut short.

use std::path::Path;

use inventory::Inventory;
use inventory::import::dmidecode;
use inventory::model::{Section, SectionState};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::{FIELDS, Tally, corpus, model, tables};

/// The sections that both hold.
const SECTIONS: [&str; 12] = [
    "system",
    "board",
    "chassis",
    "firmware",
    "bmc",
    "cpu",
    "cache",
    "dimm",
    "memory_array",
    "slot",
    "psu",
    "identity",
];

pub(crate) fn equal_tables(servers: &Path) -> Result<Tally, Failed> {
    let mut tally = Tally::at(FIELDS);
    for (machine, table) in tables(servers) {
        let binary = serde_json::to_value(model(&table))?;
        let report = corpus::report(servers, &machine);
        let text = serde_json::to_value(dmidecode::import("m.txt", &report)?)?;
        if !within(&binary["oem_strings"], &text["oem_strings"]) {
            tally.wrong("oem_strings", || format!("{machine}: {}", binary["oem_strings"]));
        }
        for section in SECTIONS {
            // Reports also have type 45, firmware of components.
            let mut text = text[section].clone();
            if let ("firmware", Value::Array(list)) = (section, &mut text) {
                list.retain(|firmware| firmware["kind"] == "bios");
            }
            compare(&mut tally, &machine, section, &binary[section], &text);
        }
    }
    Ok(tally)
}

/// Compares leaf by leaf, but for provenance.
fn compare(tally: &mut Tally, machine: &str, path: &str, a: &Value, b: &Value) {
    match (a, b) {
        (Value::Object(a), Value::Object(b)) => {
            for (key, a) in a.iter().filter(|(key, _)| *key != "origin" && !redacted(path, key)) {
                compare(tally, machine, &format!("{path}.{key}"), a, &b[key]);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (a, b) in a.iter().zip(b) {
                compare(tally, machine, path, a, b);
            }
        }
        (a, b) if a == b => tally.right(),
        (Value::Null, _) if left_out(path) => {}
        (a, b) => tally.wrong(path, || format!("{machine} {path}: table {a}, report {b}")),
    }
}

/// Returns whether every text of `part` is in `whole`, in order. Types 12 are in
/// the reports only.
fn within(part: &Value, whole: &Value) -> bool {
    let mut whole = whole.as_array().into_iter().flatten();
    part.as_array()
        .into_iter()
        .flatten()
        .all(|text| whole.any(|other| folded(other) == folded(text)))
}

fn folded(text: &Value) -> &str {
    text.as_str().unwrap_or_default().trim()
}

/// What the encoder or dmidecode 3.4 could not put into the tables: codes newer
/// than it, structures it has no room for.
fn left_out(path: &str) -> bool {
    matches!(path, "bmc" | "chassis.sku" | "cpu.socket" | "dimm.voltage_mv")
        || path.starts_with("slot.")
}

/// What the source left out of the texts, or the encoder out of the tables.
fn redacted(path: &str, key: &str) -> bool {
    matches!(
        (path, key),
        (_, "uuid" | "hosting") | ("firmware", "rom_size_bytes") | ("dimm", "kind")
    )
}

pub(crate) fn cut(servers: &Path) -> Result<Tally, Failed> {
    let mut tally = Tally::at(1.0);
    let machines: Vec<String> = corpus::expected(servers).keys().cloned().collect();
    for machine in machines.iter().step_by(97) {
        let report = corpus::report(servers, machine);
        let whole = dmidecode::import("m.txt", &report)?;
        let ends: Vec<usize> =
            report.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at).collect();
        let last = ends.len().saturating_sub(4);
        for end in ends[..last].iter().step_by(13) {
            let Ok(part) = dmidecode::import("m.txt", &report[..*end]) else { continue };
            check(&mut tally, machine, *end, &whole, &part);
        }
    }
    Ok(tally)
}

fn check(tally: &mut Tally, machine: &str, end: usize, whole: &Inventory, part: &Inventory) {
    let complete = part.sections.get(&Section::Dimm).is_some_and(|dimm| {
        dimm.status == SectionState::Complete || dimm.status == SectionState::Unsupported
    });
    let lacks = part.dimm.len() < whole.dimm.len();
    if complete && lacks {
        tally.wrong("cut", || format!("{machine} cut at byte {end} claims all DIMMs"));
    } else {
        tally.right();
    }
}
