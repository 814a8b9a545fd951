//! The document that profiles judge: the leaves' reports side by side.

use inventory::Inventory;
use serde::Serialize;
use serde_json::{Value, json};
use storage_bench::measurement::Storage;

/// What is known of a machine.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// What it is made of.
    pub inventory: Inventory,
    /// What was run on its storage, or on a volume that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// Returns the JSON Schema of the facts, which `profile lint` holds paths against: the schema of
/// each report where the report is, its references relative to it.
pub fn json_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "inventory": Inventory::json_schema(),
            "storage": Storage::json_schema(),
            "network": network_schema(),
            "workload": profiles::workload::json_schema(),
        },
    })
}

/// No profile asks for more cases of a row of the network.
pub(crate) const MOST_ASKED: u64 = 16;

/// Of what `assay net accept` found, summed up for each row of the norm.
fn network_schema() -> Value {
    let [text, count] = ["string", "integer"].map(|kind| json!({ "type": kind }));
    let mut schema = json!({
        "type": "object",
        "properties": { "run": { "type": "array", "items": {
            "type": "object",
            "properties": {
                "id": text,
                "row": text,
                "subject": { "enum": ["assay-dataplane", "delivered-cloud"] },
                "of": text,
                "kernel": text,
                "scale": { "type": "boolean" },
                "validity": { "enum": ["valid", "invalid"] },
                "reasons": { "type": "array", "items": text },
                "passed": count,
                "failed": count,
                "open": count,
            },
        } } },
    });
    let fields = &mut schema["properties"]["run"]["items"]["properties"];
    for least in 1..=MOST_ASKED {
        fields[format!("at_least_{least}")] = json!({ "type": "boolean" });
    }
    schema
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_profile_asks_for_facts_that_there_are() {
        let (catalogue, schema) = (profiles::Catalogue::bundled(), json_schema());
        for id in catalogue.ids() {
            let found = profiles::lint::lint_id(&catalogue, &id, &schema).unwrap();
            assert!(found.is_empty(), "{id}: {found:#?}");
        }
    }

    #[test]
    fn the_schema_names_every_report_that_facts_hold() {
        let facts =
            Facts { inventory: Inventory::default(), storage: Some(Storage::new(Vec::new())) };
        let facts = serde_json::to_value(facts).unwrap();
        let schema = json_schema();
        for (name, report) in facts.as_object().unwrap() {
            let properties = &schema["properties"][name]["properties"];
            for field in report.as_object().unwrap().keys() {
                assert!(properties.get(field).is_some(), "{name}.{field}");
            }
        }
    }
}
