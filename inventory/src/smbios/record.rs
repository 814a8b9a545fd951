//! A structure as the model asks for it: fields by name, from a table or from
//! dmidecode's text of one.

use std::borrow::Cow;

use super::layout::{self, Layout};
use super::raw::handle_text;
use super::{Structure, Value};

/// Something that has fields by dmidecode's names.
pub(crate) trait Record {
    /// Returns the type of the structure.
    fn kind(&self) -> u8;

    /// Returns what tells it from others: `17/0x0021`.
    fn place(&self) -> String;

    /// Returns its handle, where the source shows handles.
    fn handle(&self) -> Option<u16>;

    /// Returns a field, if the structure has it.
    fn value(&self, name: &str) -> Option<Value<'_>>;

    /// Returns all fields whose name begins with `prefix`, in order.
    fn values(&self, prefix: &str) -> Vec<Value<'_>>;
}

/// A structure of a table, with its layout at hand.
pub(crate) struct Binary<'a> {
    structure: Structure<'a>,
    layout: Option<&'static Layout>,
}

impl<'a> Binary<'a> {
    pub(crate) fn new(structure: Structure<'a>) -> Self {
        Self { structure, layout: layout::of(structure.kind) }
    }
}

impl Record for Binary<'_> {
    fn kind(&self) -> u8 {
        self.structure.kind
    }

    fn place(&self) -> String {
        let handle = handle_text(self.structure.handle, self.structure.repeat);
        format!("{}/{handle}", self.structure.kind)
    }

    fn handle(&self) -> Option<u16> {
        Some(self.structure.handle)
    }

    fn value(&self, name: &str) -> Option<Value<'_>> {
        let layout = self.layout?;
        match layout.fields.iter().find(|field| field.name == name) {
            Some(field) => field.read(&self.structure),
            // Behind records of variable length, as the SKU number of a chassis.
            None => layout
                .read(&self.structure)
                .into_iter()
                .find_map(|(field, value)| (field == name).then_some(value)),
        }
    }

    fn values(&self, prefix: &str) -> Vec<Value<'_>> {
        let fields = self.layout.map(|layout| layout.read(&self.structure)).unwrap_or_default();
        fields
            .into_iter()
            .filter(|(name, _): &(Cow<'_, str>, _)| name.starts_with(prefix))
            .map(|(_, value)| value)
            .collect()
    }
}
