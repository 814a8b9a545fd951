//! A structure as dmidecode printed it.

use std::borrow::Cow;

use crate::smbios::Value;
use crate::smbios::canonical_name;
use crate::smbios::record::Record;

/// A structure of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextStructure {
    /// Its type.
    pub kind: u8,
    /// Its handle; reports of `dmidecode -q` show none.
    pub handle: Option<u16>,
    /// How many structures before it have the same handle, or without handles
    /// the same type.
    pub repeat: usize,
    /// The line it begins at, from 1.
    pub line: usize,
    /// Its fields, under today's names.
    pub fields: Vec<TextField>,
}

/// A field of a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextField {
    /// Its name as newer releases print it.
    pub name: String,
    /// Its value as printed.
    pub value: String,
    /// The lines below it.
    pub items: Vec<String>,
}

impl TextStructure {
    /// Adds a field by the name it was printed under.
    pub(super) fn push(&mut self, name: &str, value: &str) {
        self.fields.push(TextField {
            name: canonical_name(self.kind, name.trim_end()).to_owned(),
            value: value.to_owned(),
            items: Vec::new(),
        });
    }

    /// Returns whether both say the same, wherever they were printed.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.fields == other.fields
    }
}

impl TextField {
    fn as_value(&self) -> Value<'_> {
        if !self.items.is_empty() {
            let items = self.items.iter().map(|item| Cow::Borrowed(item.as_str())).collect();
            return Value::List(Cow::Owned(self.value.clone()), items);
        }
        match self.value.trim() {
            "Not Specified" => Value::Unset,
            "<BAD INDEX>" => Value::BadIndex,
            "<OUT OF SPEC>" => Value::OutOfSpec,
            _ => Value::Text(Cow::Borrowed(&self.value)),
        }
    }
}

impl Record for TextStructure {
    fn kind(&self) -> u8 {
        self.kind
    }

    fn place(&self) -> String {
        match (self.handle, self.repeat) {
            (Some(handle), 0) => format!("{}/0x{handle:04X}", self.kind),
            (Some(handle), n) => format!("{}/0x{handle:04X}.{}", self.kind, n + 1),
            (None, n) => format!("{}/#{}", self.kind, n + 1),
        }
    }

    fn handle(&self) -> Option<u16> {
        self.handle
    }

    fn value(&self, name: &str) -> Option<Value<'_>> {
        self.fields.iter().find(|field| field.name == name).map(TextField::as_value)
    }

    fn values(&self, prefix: &str) -> Vec<Value<'_>> {
        let fields = self.fields.iter().filter(|field| field.name.starts_with(prefix));
        fields.map(TextField::as_value).collect()
    }
}
