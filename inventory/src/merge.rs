//! Several descriptions of one machine made into one.
//!
//! Objects are matched, fields chosen by a fixed order of trust, and nothing is
//! thrown away: what others say stays in `also`, what contradicts becomes a
//! finding. The order in which descriptions are given never shows.

mod compare;
mod document;
mod findings;
mod identity;
mod locator;
mod matching;
mod object;
mod section;
mod trust;

use serde_json::Value;

use crate::identity::identity_of;
use crate::model::{Identity, Inventory, SCHEMA};

pub use identity::same_machine;

use document::{Pool, SECTIONS, Shape};
use findings::Findings;

/// How to merge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Take the operator's word that the descriptions are of one machine, where
    /// their serial numbers or UUIDs say otherwise.
    pub force_same: bool,
}

/// Why descriptions could not be merged.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum MergeError {
    /// There is nothing to merge.
    #[error("no description of a machine was given")]
    Nothing,
    /// Two descriptions are of different machines.
    #[error("the {what} is `{one}` by {one_source} and `{other}` by {other_source}: two machines")]
    DifferentMachines {
        what: &'static str,
        one: String,
        one_source: String,
        other: String,
        other_source: String,
    },
    /// A description does not fit the model; a fault of ours.
    #[error("the merged description does not fit `inventory/v1`")]
    Shape { source: serde_json::Error },
}

impl MergeError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Nothing => {
                Some("name a file, a directory, or nothing for this machine".to_owned())
            }
            Self::DifferentMachines { .. } => Some(
                "leave out what is of another machine; --force-same if a board was swapped"
                    .to_owned(),
            ),
            Self::Shape { .. } => None,
        }
    }
}

/// Merges `parts`, descriptions of one machine.
pub fn merge(parts: Vec<Inventory>, options: &Options) -> Result<Inventory, MergeError> {
    if !options.force_same {
        identity::check(&parts)?;
    }
    let mut parts = parts;
    match parts.len() {
        0 => return Err(MergeError::Nothing),
        1 => {
            let single = parts.remove(0);
            return Ok(close(single));
        }
        _ => {}
    }
    let mut pool = Pool::default();
    let mut documents = Vec::new();
    // Canonical order first, so that nothing below sees the order of the inputs.
    let mut keyed = Vec::new();
    for part in parts {
        let value = typed_json::of(&part).map_err(|source| MergeError::Shape { source })?;
        keyed.push((document::precedence(&part), value.to_string(), value));
    }
    tiny_sort::stable::sort_by(&mut keyed, |one, other| {
        (&one.0, &one.1).cmp(&(&other.0, &other.1))
    });
    keyed.dedup_by(|one, other| one.1 == other.1);
    for (_, _, value) in keyed {
        documents.push(pool.take(value));
    }
    let mut findings = Findings::of(&documents);
    let mut merged = serde_json::Map::new();
    for (section, key, shape) in SECTIONS {
        let value = match shape {
            Shape::Many => section::many(section, key, &documents, &pool, &mut findings),
            Shape::One => section::one(section, key, &documents, &pool, &mut findings),
            Shape::Texts => section::texts(section, key, &documents, &pool),
        };
        merged.insert(key.to_owned(), value);
    }
    merged.insert("schema".to_owned(), SCHEMA.into());
    merged.insert("collected_at".to_owned(), document::latest(&documents));
    merged.insert("sections".to_owned(), document::statuses(&documents));
    merged.insert("sources".to_owned(), pool.into_value());
    merged.insert("findings".to_owned(), findings.into_value());
    let merged =
        typed_json::read(&Value::Object(merged)).map_err(|source| MergeError::Shape { source })?;
    Ok(close(merged))
}

/// Draws what only all parts together tell: whether disks are complete, and
/// what the machine is recognised by.
fn close(inventory: Inventory) -> Inventory {
    let mut closed = section::close_disks(inventory);
    let identity = identity_of(&closed);
    closed.identity = (identity != Identity::default()).then_some(identity).or(closed.identity);
    closed
}

#[cfg(test)]
mod tests;
