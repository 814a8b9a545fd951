//! The raw view: every field of every structure, named and worded as dmidecode
//! does it, and the bytes of what nobody documents.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::structure::decode;
use super::{Structure, Table, Value, layout};

/// A structure with its fields in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RawStructure {
    /// Its handle, `0x0021`; the second of the same handle reads `0x0021.2`.
    pub handle: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: u8,
    /// Its type in words.
    pub title: String,
    /// Bytes of its formatted area.
    pub length: usize,
    /// Its fields in order; of records that repeat, names do too.
    pub fields: Vec<RawField>,
    /// The formatted area in hex, where the type is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// Its strings, where the type is unknown.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub strings: Vec<String>,
}

/// A field in words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct RawField {
    /// Its name.
    pub name: String,
    /// Its value; empty where only a list follows.
    pub value: String,
    /// The lines of a list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<String>,
}

/// Returns every structure of `table` in words.
pub fn raw(table: &Table) -> Vec<RawStructure> {
    table.structures().map(|structure| in_words(&structure)).collect()
}

fn in_words(structure: &Structure<'_>) -> RawStructure {
    let mut raw = RawStructure {
        handle: handle_text(structure.handle, structure.repeat),
        kind: structure.kind,
        title: layout::title(structure.kind).to_owned(),
        length: structure.formatted().len(),
        ..RawStructure::default()
    };
    if let Some(layout) = layout::of(structure.kind) {
        let fields = layout.read(structure).into_iter();
        raw.fields = fields.map(|(name, value)| field(name.into_owned(), &value)).collect();
    } else {
        let hex = structure.formatted().iter().map(|byte| format!("{byte:02X}"));
        raw.bytes = Some(hex.collect::<Vec<_>>().join(" "));
        raw.strings = structure.strings().map(|bytes| decode(bytes).into_owned()).collect();
    }
    raw
}

fn field(name: String, value: &Value<'_>) -> RawField {
    let items = match value {
        Value::List(_, items) => items.iter().map(|item| item.clone().into_owned()).collect(),
        _ => Vec::new(),
    };
    RawField { name, value: value.to_string(), items }
}

/// Returns a handle as `0x0021`, with its ordinal from the second on.
pub(super) fn handle_text(handle: u16, repeat: u16) -> String {
    match repeat {
        0 => format!("0x{handle:04X}"),
        repeat => format!("0x{handle:04X}.{}", u32::from(repeat) + 1),
    }
}
