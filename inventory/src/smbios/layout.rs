//! Which field of which type lies where, and how it reads: one table a type.
//!
//! Everything that reads a structure goes through these tables: the raw view
//! shows all of it, the model asks for fields by name, and the import of
//! dmidecode's text knows by them which title is which type.

mod board;
mod cache;
mod host;
mod io;
mod legacy;
mod log;
mod memory;
mod processor;
mod sensor;
mod slot;

use std::borrow::Cow;

use super::words::Words;
use super::{Structure, Value};

/// How a field reads. Each returns `None` where the structure is too short for
/// the field, or where the field does not apply.
#[derive(Clone, Copy, Debug)]
pub(super) enum Read {
    /// The index of a string.
    Text,
    /// A byte that codes a name.
    Word(Words),
    /// A byte that is a number.
    U8,
    /// Two bytes that are the handle of another structure.
    Handle,
    /// Anything else, at its offset.
    With(for<'a> fn(&Structure<'a>, usize) -> Option<Value<'a>>),
}

/// A field: its name as dmidecode prints it, its offset, how it reads.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    at: usize,
    read: Read,
}

/// Fields that a fixed table cannot name: lists of strings, records.
type Rest = for<'a> fn(&Structure<'a>, &mut Named<'a>);

/// Fields by name, in order.
pub(super) type Named<'a> = Vec<(Cow<'static, str>, Value<'a>)>;

/// A type of structure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Its number.
    pub(super) kind: u8,
    /// Its title as dmidecode prints it.
    pub(super) title: &'static str,
    pub(super) fields: &'static [Field],
    rest: Option<Rest>,
}

impl Layout {
    const fn new(kind: u8, title: &'static str, fields: &'static [Field]) -> Self {
        Self { kind, title, fields, rest: None }
    }

    const fn and(mut self, rest: Rest) -> Self {
        self.rest = Some(rest);
        self
    }

    /// Returns every field that `structure` has.
    pub(super) fn read<'a>(&self, structure: &Structure<'a>) -> Named<'a> {
        let mut named = Vec::with_capacity(self.fields.len());
        for field in self.fields {
            if let Some(value) = field.read(structure) {
                named.push((Cow::Borrowed(field.name), value));
            }
        }
        if let Some(rest) = self.rest {
            rest(structure, &mut named);
        }
        named
    }
}

impl Field {
    /// Returns the field's value in `structure`.
    pub(super) fn read<'a>(&self, structure: &Structure<'a>) -> Option<Value<'a>> {
        match self.read {
            Read::Text => structure.text(self.at).map(Value::from),
            Read::Word(words) => structure.u8(self.at).map(|code| words.value(code.into())),
            Read::U8 => structure.u8(self.at).map(|number| Value::Number(number.into())),
            Read::Handle => structure.u16(self.at).map(Value::Handle),
            Read::With(read) => read(structure, self.at),
        }
    }
}

const fn text(name: &'static str, at: usize) -> Field {
    Field { name, at, read: Read::Text }
}

const fn word(name: &'static str, at: usize, words: Words) -> Field {
    Field { name, at, read: Read::Word(words) }
}

const fn number(name: &'static str, at: usize) -> Field {
    Field { name, at, read: Read::U8 }
}

const fn handle(name: &'static str, at: usize) -> Field {
    Field { name, at, read: Read::Handle }
}

const fn with(
    name: &'static str,
    at: usize,
    read: for<'a> fn(&Structure<'a>, usize) -> Option<Value<'a>>,
) -> Field {
    Field { name, at, read: Read::With(read) }
}

/// Every type whose layout is known.
const LAYOUTS: &[&[Layout]] = &[
    board::LAYOUTS,
    processor::LAYOUTS,
    legacy::LAYOUTS,
    cache::LAYOUTS,
    io::LAYOUTS,
    slot::LAYOUTS,
    log::LAYOUTS,
    memory::LAYOUTS,
    sensor::LAYOUTS,
    host::LAYOUTS,
];

fn layouts() -> impl Iterator<Item = &'static Layout> {
    LAYOUTS.iter().copied().flatten()
}

/// Returns the layout of type `kind`, if it is known.
pub(super) fn of(kind: u8) -> Option<&'static Layout> {
    layouts().find(|layout| layout.kind == kind)
}

/// Returns the title of type `kind`.
pub(super) fn title(kind: u8) -> &'static str {
    match of(kind) {
        Some(layout) => layout.title,
        None if kind >= 128 => "OEM-specific Type",
        None => "Unknown Type",
    }
}

/// Returns the type that dmidecode titles `title`, for reports without handles.
pub(crate) fn kind_of_title(title: &str) -> Option<u8> {
    let title = title.trim();
    if title.starts_with("On Board Device ") {
        return Some(10);
    }
    if title.starts_with("Additional Information ") {
        return Some(40);
    }
    layouts().find(|layout| layout.title == title).map(|layout| layout.kind)
}

/// Returns today's name of a field that older releases of dmidecode named
/// otherwise.
pub(crate) fn canonical_name(kind: u8, name: &str) -> &str {
    match (kind, name) {
        (17, "Configured Clock Speed" | "Configured Memory Clock Speed") => {
            "Configured Memory Speed"
        }
        (9, "Slot Length") => "Length",
        (42, "Interface Type") => "Host Interface Type",
        _ => name,
    }
}

/// A value made here and nowhere typed.
fn owned(text: String) -> Value<'static> {
    Value::Text(Cow::Owned(text))
}

/// Two bytes or four as a hexadecimal number.
fn hex16(structure: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    structure.u16(at).map(|number| owned(format!("0x{number:04X}")))
}

fn hex32(structure: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    structure.u32(at).map(|number| owned(format!("0x{number:08X}")))
}

/// A handle that is left out where the firmware gives none.
fn handle_if_any(structure: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    structure.u16(at).filter(|&handle| handle != 0xFFFF).map(Value::Handle)
}

/// A list shown line by line below the field's name.
fn list<'a>(items: impl Iterator<Item = &'static str>) -> Value<'a> {
    Value::List(Cow::Borrowed(""), items.map(Cow::Borrowed).collect())
}

/// The same, `None` where there is nothing to list.
fn list_or_none<'a>(items: impl Iterator<Item = &'static str>) -> Value<'a> {
    match list(items) {
        Value::List(_, items) if items.is_empty() => Value::Word("None"),
        list => list,
    }
}

/// Names of bits on one line, `None` where no bit is set.
fn joined(items: impl Iterator<Item = &'static str>) -> Value<'static> {
    let mut line = String::new();
    for item in items {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(item);
    }
    if line.is_empty() { Value::Word("None") } else { owned(line) }
}

/// `Yes` or `No`.
fn yes_no(yes: bool) -> Value<'static> {
    Value::Word(if yes { "Yes" } else { "No" })
}

/// A UUID in the order of its bytes.
fn uuid_text(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (n, byte) in bytes.into_iter().enumerate() {
        if matches!(n, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for nibble in [byte >> 4, byte & 0x0F] {
            text.extend(char::from_digit(nibble.into(), 16));
        }
    }
    text
}

/// Returns the name that type `kind` has where a structure refers to it.
fn title_of_type(kind: u8) -> &'static str {
    let title = title(kind);
    title.strip_suffix(" Information").unwrap_or(title)
}

/// A PCI address; all ones mean that there is none.
fn bus_address(segment: u16, bus: u8, function: u8) -> Option<Value<'static>> {
    if (segment, bus, function) == (0xFFFF, 0xFF, 0xFF) {
        return None;
    }
    Some(owned(address_text(segment, bus, function)))
}

fn address_text(segment: u16, bus: u8, function: u8) -> String {
    format!("{segment:04x}:{bus:02x}:{:02x}.{:x}", function >> 3, function & 7)
}
