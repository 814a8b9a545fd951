//! A desired state as JSON, of which one object at a time is put or taken away.
//!
//! What an object is to look like is the reader's to judge ([`crate::spec`]), over the whole that
//! comes of a change.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// An object of the user's: its kind as the file's sections are called, and its id.
pub type Object = (String, String);

/// Returns the objects of a state.
pub(super) fn objects(document: &Value) -> BTreeMap<Object, &Value> {
    let sections = document.as_object().into_iter().flatten();
    let mut all = BTreeMap::new();
    for (kind, section) in sections {
        for object in section.as_array().into_iter().flatten() {
            if let Some(id) = object.get("id").and_then(Value::as_str) {
                all.insert((kind.clone(), id.to_owned()), object);
            }
        }
    }
    all
}

/// Whether a state has objects of a kind, or could.
pub(super) fn is_section(document: &Value, kind: &str) -> bool {
    document.get(kind).is_none_or(Value::is_array) && !matches!(kind, "node" | "schema")
}

/// Returns a state in which an object is as given, at its old place or the end of its section.
pub(super) fn with(
    document: &Value,
    kind: &str,
    id: &str,
    mut object: Map<String, Value>,
) -> Value {
    object.entry("id").or_insert_with(|| id.into());
    let mut changed = document.clone();
    let Some(root) = changed.as_object_mut() else { return changed };
    let section = root.entry(kind).or_insert_with(|| Value::Array(Vec::new()));
    let Some(list) = section.as_array_mut() else { return changed };
    match list.iter_mut().find(|each| is(each, id)) {
        Some(place) => *place = Value::Object(object),
        None => list.push(Value::Object(object)),
    }
    changed
}

/// Returns a state without an object; nothing where it has none.
pub(super) fn without(document: &Value, kind: &str, id: &str) -> Option<Value> {
    let mut changed = document.clone();
    let root = changed.as_object_mut()?;
    let list = root.get_mut(kind)?.as_array_mut()?;
    let at = list.iter().position(|each| is(each, id))?;
    list.remove(at);
    if list.is_empty() {
        root.remove(kind);
    }
    Some(changed)
}

fn is(object: &Value, id: &str) -> bool {
    object.get("id").and_then(Value::as_str) == Some(id)
}
