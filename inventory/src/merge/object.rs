//! Objects of the document as field maps, and what each source claims of them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::trust;
use crate::model::{Section, Source};

/// An object of the document: a DIMM, a disk, a port.
pub(super) type Object = Map<String, Value>;

/// Structures whose fields come from different sources one by one. Others, such
/// as a brand or a drive's log, are taken whole.
const STRUCTURES: [&str; 3] = ["frequency_hz", "counters", "link"];

/// What one source says of one field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claim {
    /// Index into the merged document's sources.
    pub(super) source: u32,
    pub(super) value: Value,
}

/// Says whether a value tells nothing.
pub(super) fn is_unknown(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_unknown),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Returns the fields of an object by path, without its origin and its ports.
pub(super) fn fields(object: &Object) -> Vec<(String, &Value)> {
    let mut fields = Vec::new();
    for (key, value) in object {
        match value {
            _ if key == "origin" || key == "port" && value.is_array() => {}
            Value::Object(members) if STRUCTURES.contains(&key.as_str()) => {
                fields.extend(members.iter().map(|(name, value)| (format!("{key}.{name}"), value)));
            }
            _ => fields.push((key.clone(), value)),
        }
    }
    fields
}

/// Returns the value at `path`.
pub(super) fn get<'a>(object: &'a Object, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        Some((key, name)) => object.get(key)?.get(name),
        None => object.get(path),
    }
}

/// Sets the value at `path`; a structure that is unknown becomes one.
pub(super) fn set(object: &mut Object, path: &str, value: Value) {
    match path.split_once('.') {
        Some((key, name)) => {
            let structure = object.entry(key).or_insert(Value::Null);
            if !structure.is_object() {
                *structure = Value::Object(Map::new());
            }
            if let Value::Object(members) = structure {
                members.insert(name.to_owned(), value);
            }
        }
        None => {
            object.insert(path.to_owned(), value);
        }
    }
}

fn origin(object: &Object) -> Option<&Object> {
    object.get("origin")?.as_object()
}

fn index(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|index| u32::try_from(index).ok())
}

/// Returns the source of an object as a whole.
pub(super) fn main_source(object: &Object) -> u32 {
    origin(object).and_then(|origin| index(origin.get("source")?)).unwrap_or(0)
}

/// Returns the source of the field at `path`, or of the structure it is in.
pub(super) fn source_of(object: &Object, path: &str) -> u32 {
    let sources = origin(object).and_then(|origin| origin.get("sources")?.as_object());
    let named = |path: &str| index(sources?.get(path)?);
    named(path).or_else(|| named(path.split_once('.')?.0)).unwrap_or_else(|| main_source(object))
}

/// Returns what an object's `also` says of the field at `path`.
pub(super) fn also<'a>(object: &'a Object, path: &str) -> impl Iterator<Item = Claim> + use<'a> {
    origin(object)
        .and_then(|origin| origin.get("also")?.get(path)?.as_array())
        .into_iter()
        .flatten()
        .filter_map(|claim| {
            Some(Claim { source: index(claim.get("source")?)?, value: claim.get("value")?.clone() })
        })
}

/// Returns every value an object and its `also` have for the field at `path`.
pub(super) fn values(object: &Object, path: &str) -> Vec<Value> {
    get(object, path)
        .cloned()
        .into_iter()
        .chain(also(object, path).map(|claim| claim.value))
        .filter(|value| !is_unknown(value))
        .collect()
}

/// Returns every source an object refers to.
pub(super) fn sources_of(object: &Object) -> Vec<u32> {
    let mut indices = vec![main_source(object)];
    let Some(origin) = origin(object) else { return indices };
    let sources = origin.get("sources").and_then(Value::as_object);
    indices.extend(sources.into_iter().flatten().filter_map(|(_, source)| index(source)));
    let also = origin.get("also").and_then(Value::as_object);
    let claims = also.into_iter().flatten().filter_map(|(_, claims)| claims.as_array()).flatten();
    indices.extend(claims.filter_map(|claim| index(claim.get("source")?)));
    tiny_sort::stable::sort(&mut indices);
    indices.dedup();
    indices
}

/// Returns, for each source, all that it says of an object: its number, then
/// field by field.
pub(super) fn said(members: &[Object]) -> Vec<String> {
    let mut by_source = BTreeMap::<u32, Vec<String>>::new();
    let mut add = |path: &str, claim: &Claim| {
        let said = format!("{path}\u{1f}{}", claim.value);
        by_source.entry(claim.source).or_default().push(said);
    };
    for member in members {
        for (path, value) in fields(member).into_iter().filter(|(_, value)| !is_unknown(value)) {
            let source = source_of(member, &path);
            add(&path, &Claim { source, value: value.clone() });
        }
        let also = origin(member).and_then(|origin| origin.get("also")?.as_object());
        for path in also.into_iter().flatten().map(|(path, _)| path) {
            self::also(member, path).for_each(|claim| add(path, &claim));
        }
    }
    by_source
        .into_iter()
        .map(|(source, mut said)| {
            tiny_sort::stable::sort(&mut said);
            said.dedup();
            format!("{source}\u{1e}{}", said.join("\u{1e}"))
        })
        .collect()
}

/// Returns all that is claimed of the field at `path`, the most trusted first.
pub(super) fn claims(
    section: Section,
    path: &str,
    members: &[Object],
    sources: &[Source],
) -> Vec<Claim> {
    let mut claims: Vec<Claim> = Vec::new();
    for member in members {
        let held = get(member, path)
            .filter(|value| !is_unknown(value))
            .map(|value| Claim { source: source_of(member, path), value: value.clone() });
        claims.extend(held.into_iter().chain(also(member, path)));
    }
    let mut claims =
        ordered(claims, |claim| order(section, path, claim.source, &claim.value, sources));
    claims.dedup_by(|one, other| one.source == other.source && one.value == other.value);
    claims
}

/// What claims are ordered by: trust, then the later one, then text, so that
/// the order of the inputs never shows.
type Order = (usize, Reverse<Option<String>>, String, Option<String>, String);

/// Sorts by what is made once for each, as it takes long to make.
pub(super) fn ordered<T>(all: Vec<T>, order: impl Fn(&T) -> Order) -> Vec<T> {
    let mut keyed: Vec<(Order, T)> = all.into_iter().map(|one| (order(&one), one)).collect();
    tiny_sort::stable::sort_by(&mut keyed, |(one, _), (other, _)| one.cmp(other));
    keyed.into_iter().map(|(_, one)| one).collect()
}

pub(super) fn order(
    section: Section,
    path: &str,
    source: u32,
    value: &Value,
    sources: &[Source],
) -> Order {
    let Some(source) = sources.get(source as usize) else {
        return (usize::MAX, Reverse(None), String::new(), None, value.to_string());
    };
    (
        trust::rank(section, path, source),
        Reverse(source.at.clone()),
        source.locator.clone(),
        source.digest.clone(),
        value.to_string(),
    )
}

/// Writes where the fields of `object` came from.
pub(super) fn set_origin(
    object: &mut Object,
    source: u32,
    sources: BTreeMap<String, u32>,
    also: BTreeMap<String, Vec<Claim>>,
    raw: BTreeMap<String, Value>,
) {
    let mut origin = Map::new();
    origin.insert("source".to_owned(), source.into());
    if !sources.is_empty() {
        let mut members = Map::new();
        members.extend(sources.into_iter().map(|(path, source)| (path, source.into())));
        origin.insert("sources".to_owned(), Value::Object(members));
    }
    if !also.is_empty() {
        let mut members = Map::new();
        members.extend(also.into_iter().map(|(path, claims)| {
            let claims = claims
                .into_iter()
                .map(|claim| serde_json::json!({ "source": claim.source, "value": claim.value }));
            (path, claims.collect())
        }));
        origin.insert("also".to_owned(), Value::Object(members));
    }
    if !raw.is_empty() {
        let mut members = Map::new();
        members.extend(raw);
        origin.insert("raw".to_owned(), Value::Object(members));
    }
    object.insert("origin".to_owned(), Value::Object(origin));
}

/// Returns an object's texts as read, by field.
pub(super) fn raw(object: &Object) -> impl Iterator<Item = (&String, &Value)> {
    origin(object).and_then(|origin| origin.get("raw")?.as_object()).into_iter().flatten()
}
