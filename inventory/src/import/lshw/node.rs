//! A node of lshw's tree, and how its fields are read.

use serde_json::{Map, Value};

use crate::placeholder;

/// A node.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a>(&'a Map<String, Value>);

impl<'a> Node<'a> {
    pub(super) fn of(value: &'a Value) -> Option<Self> {
        value.as_object().map(Self)
    }

    pub(super) fn children(self) -> impl Iterator<Item = Self> {
        self.0.get("children").and_then(Value::as_array).into_iter().flatten().filter_map(Self::of)
    }

    /// Returns a text as it stands, blanks folded; the first of several.
    pub(super) fn text(self, key: &str) -> Option<String> {
        text(self.0.get(key)?)
    }

    /// Returns a text that is neither empty nor a placeholder.
    pub(super) fn fact(self, key: &str) -> Option<String> {
        usable(&self.text(key)?)
    }

    /// Returns every text under `key`.
    pub(super) fn texts(self, key: &str) -> Vec<String> {
        match self.0.get(key) {
            Some(Value::Array(items)) => items.iter().filter_map(text).collect(),
            Some(single) => text(single).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// Returns a text of `configuration` that is no placeholder.
    pub(super) fn setting(self, key: &str) -> Option<String> {
        usable(&text(self.0.get("configuration")?.get(key)?)?)
    }

    /// Returns a text of `configuration` as it stands.
    pub(super) fn setting_as_read(self, key: &str) -> Option<String> {
        text(self.0.get("configuration")?.get(key)?)
    }

    /// Returns a text unless it is a placeholder.
    pub(super) fn usable(text: &str) -> Option<String> {
        usable(text)
    }

    /// Returns the names of the capabilities.
    pub(super) fn capabilities(self) -> impl Iterator<Item = &'a str> {
        self.0
            .get("capabilities")
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(|capabilities| capabilities.keys().map(String::as_str))
    }

    pub(super) fn has(self, capability: &str) -> bool {
        self.capabilities().any(|name| name == capability)
    }

    /// Returns a number; older releases write some as text.
    pub(super) fn number(self, key: &str) -> Option<u64> {
        match self.0.get(key)? {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn flag(self, key: &str) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    pub(super) fn class(self) -> &'a str {
        self.0.get("class").and_then(Value::as_str).unwrap_or_default()
    }

    /// Returns the id without the number that tells siblings apart.
    pub(super) fn id(self) -> &'a str {
        let id = self.0.get("id").and_then(Value::as_str).unwrap_or_default();
        id.split(':').next().unwrap_or(id)
    }

    pub(super) fn description(self) -> String {
        self.text("description").unwrap_or_default()
    }

    /// Returns the SMBIOS handle as `0x0031`.
    pub(super) fn handle(self) -> Option<String> {
        let digits = self.0.get("handle")?.as_str()?.strip_prefix("DMI:")?;
        u16::from_str_radix(digits, 16).ok().map(|handle| format!("0x{handle:04X}"))
    }

    /// Returns the address on PCI, `0000:3b:00.0`.
    pub(super) fn pci_address(self) -> Option<String> {
        let address = self.0.get("businfo")?.as_str()?.strip_prefix("pci@")?;
        Some(address.to_ascii_lowercase())
    }
}

/// Returns the text of a value, blanks folded; the first of an array; numbers
/// and flags as they are written.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => {
            let folded = text.split_whitespace().collect::<Vec<_>>().join(" ");
            (!folded.is_empty()).then_some(folded)
        }
        Value::Array(items) => items.iter().find_map(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Returns a text unless it stands for none.
fn usable(text: &str) -> Option<String> {
    // lshw puts brackets around what it has no value for.
    if text.eq_ignore_ascii_case("[empty]") {
        return None;
    }
    placeholder::clean(text).value
}
