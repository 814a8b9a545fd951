//! Fields of one structure on their way into the model, with their provenance.

use std::borrow::Cow;

use crate::model::{Origin, SourceId};
use crate::placeholder;
use crate::smbios::record::Record;
use crate::smbios::value::Value;

/// Reads the fields of one structure and notes what the model leaves out.
pub(super) struct Reader<'r> {
    record: &'r dyn Record,
    origin: Origin,
    bad: Vec<String>,
}

impl<'r> Reader<'r> {
    pub(super) fn new(record: &'r dyn Record, source: SourceId) -> Self {
        Self { record, origin: Origin::of(source), bad: Vec::new() }
    }

    /// Returns the provenance, and the fields with a bad string index.
    pub(super) fn finish(self) -> (Origin, Vec<String>) {
        (self.origin, self.bad)
    }

    /// Returns the text of `name`; a placeholder is `None`, and its text is kept
    /// under the model's name `field`.
    pub(super) fn text(&mut self, field: &str, name: &str) -> Option<String> {
        let raw = self.string(name)?;
        let cleaned = placeholder::clean(&raw);
        if let Some(raw) = cleaned.raw {
            self.keep_raw(field, raw);
        }
        cleaned.value
    }

    /// Returns the text of a locator: only the blanks at its ends are cut, and
    /// nothing is a placeholder.
    pub(super) fn locator(&mut self, field: &str, name: &str) -> Option<String> {
        let raw = self.string(name)?;
        let trimmed = raw.trim();
        if trimmed.len() != raw.len() {
            self.keep_raw(field, raw.clone().into_owned());
        }
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// Returns a string field as read; notes an index past the end.
    pub(super) fn string(&mut self, name: &str) -> Option<Cow<'r, str>> {
        match self.record.value(name)? {
            Value::Text(text) => Some(text),
            Value::BadIndex => {
                self.bad.push(format!("{} {name}", self.record.place()));
                None
            }
            _ => None,
        }
    }

    /// Returns the word of a coded field; `Unknown` and undefined codes are `None`.
    pub(super) fn word(&self, name: &str) -> Option<Cow<'r, str>> {
        match self.record.value(name)? {
            Value::Word(word) => known(Cow::Borrowed(word)),
            Value::Text(text) => known(trimmed(text)),
            _ => None,
        }
    }

    /// The same, as the model holds it.
    pub(super) fn owned_word(&self, name: &str) -> Option<String> {
        self.word(name).map(Cow::into_owned)
    }

    /// Returns a number, whatever its unit.
    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.record.value(name)?.number()
    }

    /// The same, where 32 bits hold it.
    pub(super) fn small(&self, name: &str) -> Option<u32> {
        self.number(name).and_then(|number| u32::try_from(number).ok())
    }

    /// Returns a size in bytes.
    pub(super) fn size(&self, name: &str) -> Option<u64> {
        self.record.value(name)?.size()
    }

    /// Returns a voltage in millivolt.
    pub(super) fn millivolt(&self, name: &str) -> Option<u64> {
        self.record.value(name)?.millivolt()
    }

    /// Returns a clock in hertz.
    pub(super) fn hertz(&self, name: &str) -> Option<u64> {
        self.number(name)?.checked_mul(1_000_000).filter(|&hertz| hertz > 0)
    }

    /// Returns the answer of a field that says yes or no.
    pub(super) fn answer(&self, name: &str) -> Option<bool> {
        match self.word(name)?.as_ref() {
            "Yes" => Some(true),
            "No" => Some(false),
            _ => None,
        }
    }

    /// Returns a handle as `0x1000`.
    pub(super) fn handle(&self, name: &str) -> Option<String> {
        match self.record.value(name)? {
            Value::Handle(handle) => Some(format!("0x{handle:04X}")),
            Value::Text(text) => {
                let digits = text.trim().strip_prefix("0x")?;
                u16::from_str_radix(digits, 16).ok().map(|handle| format!("0x{handle:04X}"))
            }
            _ => None,
        }
    }

    /// Returns the lines of a list.
    pub(super) fn items(&self, name: &str) -> Option<Vec<Cow<'r, str>>> {
        match self.record.value(name)? {
            Value::List(_, items) => Some(items),
            _ => None,
        }
    }

    /// Returns whether the structure has the field at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.record.value(name).is_some()
    }

    /// Keeps `raw` as what the source says of `field`.
    pub(super) fn keep_raw(&mut self, field: &str, raw: String) {
        self.origin.raw.insert(field.to_owned(), raw);
    }
}

fn known(word: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let known = !word.is_empty() && word != "Unknown" && !word.contains("<OUT OF SPEC>");
    known.then_some(word)
}

fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}
