//! Reads the types of our documents from JSON.
//!
//! A type with named fields is read from an object and from nothing else. A derived `Deserialize`
//! takes an array of its fields in their order as well; that is no document of ours, and the code
//! for it would be as large again as the one for objects. For the same reason everything is read
//! by way of a [`Value`], by this one reader: each reader of serde is code of its own for each
//! type. TOML becomes a value too: its own reader builds each struct three times over, from a
//! table, a date and a span. Pure; knows no other crate.

mod reader;
mod table;

use serde::{Deserialize, Serialize};
use serde_json::{Error, Value};

use reader::Reader;
pub use table::value;

/// Reads a `T` from a JSON value.
///
/// # Errors
/// Where the value is not of the shape of a `T`: what was found and what was wanted.
pub fn read<'v, T: Deserialize<'v>>(value: &'v Value) -> Result<T, Error> {
    T::deserialize(Reader(value))
}

/// Reads a `T` from the text of a JSON document.
///
/// # Errors
/// Where the text is not JSON, with line and column; otherwise as [`read`].
pub fn parse<T: for<'v> Deserialize<'v>>(text: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(text).and_then(|value: Value| read(&value))
}

/// Reads a `T` from the text of a TOML document.
///
/// # Errors
/// Where the text is not TOML, or not of the shape of a `T`: one line of what is wrong.
pub fn parse_toml<T: for<'v> Deserialize<'v>>(text: &str) -> Result<T, String> {
    let table = toml::de::DeTable::parse(text).map_err(|error| error.to_string())?;
    read(&value(table.get_ref())).map_err(|error| error.to_string())
}

/// Returns a `T` as a JSON value.
///
/// By way of its text, and in the one form that documents are written in: the writer of values that
/// `serde_json` has is code of its own for each type, 80 kB for those of ours.
///
/// # Errors
/// Where a `T` is no JSON: a key that is no text.
pub fn of<T: Serialize>(document: &T) -> Result<Value, Error> {
    serde_json::from_slice(&serde_json::to_vec_pretty(document)?)
}

#[cfg(test)]
mod tests;
