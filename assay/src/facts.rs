//! The document that profiles judge: the leaves' reports side by side.

use inventory::Inventory;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use storage_bench::measurement::Storage;

/// What is known of a machine.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Facts {
    /// What it is made of.
    pub inventory: Inventory,
    /// What was run on its storage, or on a volume that it reaches.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub storage: Option<Storage>,
}

/// Returns the JSON Schema of the facts, which `profile lint` holds paths against.
pub fn json_schema() -> Value {
    schemars::schema_for!(Facts).to_value()
}
