//! The schema that is committed is the one the types give, and documents of
//! every released version can still be read.

use inventory::import::{Kind, import};
use inventory::model::{Inventory, SCHEMA, Section};
use serde_json::Value;

/// Documents as each version wrote them; they are never changed.
const GOLDEN: [(&str, &str); 1] = [("1.0", include_str!("golden/inventory-v1.0.json"))];

/// Writes the schema where it is committed, when asked to.
#[test]
fn the_committed_schema_is_the_one_the_types_give() {
    let schema = schemars::schema_for!(Inventory).to_value();
    if std::env::var_os("ASSAY_UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/schema/inventory-v1.json");
        let text = serde_json::to_string_pretty(&schema).unwrap();
        std::fs::write(path, text + "\n").unwrap();
        return;
    }
    assert!(
        Inventory::json_schema() == schema,
        "the types changed: ASSAY_UPDATE_GOLDEN=1 cargo test -p inventory --test schema"
    );
}

#[test]
fn every_section_is_a_key_of_the_schema() {
    let schema = Inventory::json_schema();
    let sections = serde_json::to_value(schemars::schema_for!(Section)).unwrap();
    let names: Vec<&str> = sections["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(sections["oneOf"].as_array().into_iter().flatten().map(|one| &one["const"]))
        .filter_map(Value::as_str)
        .collect();
    assert!(names.len() > 20, "{sections}");
    for name in names {
        assert!(schema["properties"].get(name).is_some(), "{name}");
    }
}

#[test]
fn documents_of_every_version_are_read_with_nothing_lost() {
    for (version, text) in GOLDEN {
        let before: Value = serde_json::from_str(text).unwrap();
        let read = import(Kind::Inventory, "golden.json", text.as_bytes())
            .unwrap_or_else(|error| panic!("{version}: {error}"));
        assert_eq!(read.schema, SCHEMA);
        let after = serde_json::to_value(&read).unwrap();
        lost(version, "$", &before, &after);
    }
}

/// Fails where `after` lacks or changes what `before` has.
fn lost(version: &str, path: &str, before: &Value, after: &Value) {
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => {
            for (key, value) in before {
                let kept = after.get(key).unwrap_or(&Value::Null);
                lost(version, &format!("{path}.{key}"), value, kept);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            assert_eq!(before.len(), after.len(), "{version} {path}");
            for (index, (before, after)) in before.iter().zip(after).enumerate() {
                lost(version, &format!("{path}[{index}]"), before, after);
            }
        }
        _ => assert_eq!(before, after, "{version} {path}"),
    }
}
