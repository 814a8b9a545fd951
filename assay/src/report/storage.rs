//! Storage runs inside a report, read back from its canonical bytes.
//!
//! Canonical JSON has no fractions and no integer past 2^53 − 1: a load's θ and a large seed
//! stand there as text ([`super::canonical`]). Every reader of runs in a report comes
//! through here.

use serde_json::{Number, Value};
use storage_bench::measurement::Run;

/// How names of numbers of `storage/v1` end: with their unit.
const UNITS: &[&str] = &["_ns", "_bytes", "_iops", "_ppm", "_milli", "_per_s", "_percent"];

/// Numbers whose names have no unit.
const BARE: &[&str] = &[
    "seed",
    "theta",
    "skew",
    "ios",
    "iops",
    "count",
    "errors",
    "median",
    "value",
    "hits_before",
    "hits_after",
    "accesses_before",
    "accesses_after",
    "backlog_max",
    "backlog_end",
    "before",
    "after",
    "bytes",
    "checked",
    "clock_offset_us",
    "bytes_per_s_binary",
    "iops_binary",
];

/// Returns the runs of a report's facts that read, and how many do not; `None` where the
/// facts have no runs.
pub fn runs(facts: &Value) -> Option<(Vec<Run>, usize)> {
    let values = facts.pointer("/storage/run")?.as_array()?;
    if values.is_empty() {
        return None;
    }
    let runs: Vec<Run> = values.iter().filter_map(run).collect();
    let unread = values.len().saturating_sub(runs.len());
    Some((runs, unread))
}

/// Reads a run in which numbers may be text.
pub fn run(value: &Value) -> Option<Run> {
    let mut value = value.clone();
    restore(&mut value);
    typed_json::read(&value).ok()
}

/// Makes numbers of `storage/v1` that stand as text numbers again.
pub fn restore(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if is_number(name) {
                    number(member);
                }
                restore(member);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(restore),
        _ => {}
    }
}

fn is_number(name: &str) -> bool {
    BARE.contains(&name) || UNITS.iter().any(|unit| name.ends_with(unit))
}

/// Reads a text, or each text of a list, as a number; what is none stays.
fn number(slot: &mut Value) {
    match slot {
        Value::String(text) => {
            if let Ok(number) = text.parse::<Number>() {
                *slot = Value::Number(number);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(number),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use storage_bench::measurement::Storage;

    use super::*;

    /// Collects of each property of a schema whether it is a number that a double may not
    /// hold, a text, or neither.
    fn kinds(schema: &Value, found: &mut BTreeMap<String, [bool; 2]>) {
        if let Value::Array(all) = schema {
            for one in all {
                kinds(one, found);
            }
        }
        let Value::Object(fields) = schema else { return };
        if let Some(Value::Object(properties)) = fields.get("properties") {
            for (name, property) in properties {
                let of = property.get("items").unwrap_or(property);
                let is = |kind: &str| {
                    of["type"] == kind
                        || of["type"]
                            .as_array()
                            .is_some_and(|any| any.iter().any(|one| one == kind))
                };
                let wide =
                    ["uint64", "int64", "double"].iter().any(|format| of["format"] == *format);
                let entry = found.entry(name.clone()).or_default();
                entry[0] |= wide && (is("integer") || is("number"));
                entry[1] |= is("string");
            }
        }
        for field in fields.values() {
            kinds(field, found);
        }
    }

    #[test]
    fn every_number_of_the_schema_is_known_by_its_name_and_no_text_is_taken_for_one() {
        let mut found = BTreeMap::new();
        kinds(&Storage::json_schema(), &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for (name, [wide, text]) in found {
            assert!(!wide || is_number(&name), "`{name}` may be text in a report: add it to BARE");
            assert!(!text || !is_number(&name), "`{name}` is a text");
        }
    }

    #[test]
    fn fractions_and_large_numbers_come_back_and_serials_stay_text() {
        let given = json!({"seed": 18_446_744_073_709_551_615_u64, "theta": 1.2, "serial": "0042",
            "steady": {"rounds_milli": [1, 9_007_199_254_740_993_u64]}, "case": "7"});
        let bytes = super::super::canonical::to_bytes(&given).unwrap();
        let mut read: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(read["seed"], "18446744073709551615");
        restore(&mut read);
        assert_eq!(read, given);
    }
}
