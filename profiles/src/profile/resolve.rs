//! From files to one table: inheritance merged, parameters of a variant put in.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::check::fields::Problems;
use crate::error::ProfileError;
use crate::finding::did_you_mean;
use crate::node::{Node, Place, Table, Value};

/// One file of the catalogue.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) root: Node,
}

/// A profile's table with all it inherits, and what it was made of.
#[derive(Debug)]
pub(crate) struct Resolved {
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) place: Place,
    pub(crate) table: Table,
    /// Ids of the profiles it inherits from, nearest first.
    pub(crate) inherits: Vec<String>,
    /// The profile it inherits from, on its own.
    pub(crate) parent: Option<Box<Resolved>>,
    pub(crate) digest: Sha256,
}

/// Profiles inherit through at most this many others.
const LONGEST: usize = 8;

/// Keys that a profile does not inherit.
const OWN: [&str; 7] = ["profile", "version", "title", "inherits", "variants", "drop", "check"];

/// Returns the table of profile `id`, a variant named behind `@`.
pub(crate) fn resolve(
    files: &BTreeMap<String, Arc<File>>,
    id: &str,
    problems: &mut Problems,
) -> Result<Resolved, ProfileError> {
    follow(files, id, 0, None, problems)
}

fn follow(
    files: &BTreeMap<String, Arc<File>>,
    id: &str,
    depth: usize,
    from: Option<&Place>,
    problems: &mut Problems,
) -> Result<Resolved, ProfileError> {
    let (base, variant) = id.split_once('@').map_or((id, None), |(base, name)| (base, Some(name)));
    let file = files.get(base).ok_or_else(|| ProfileError::Unknown {
        id: base.to_owned(),
        known: files.keys().cloned().collect(),
    })?;
    let place = file.root.place.clone();
    if depth > LONGEST {
        let place = from.cloned().unwrap_or(place);
        return Err(ProfileError::Inheritance { place, id: base.to_owned(), limit: LONGEST });
    }
    let Value::Table(root) = &file.root.value else {
        return Err(ProfileError::NoId { place });
    };
    let mut table = root.clone();
    choose(&mut table, base, variant, problems)?;
    let parent = match table.get("inherits") {
        None => None,
        Some(Node { value: Value::Text(parent), place }) => {
            Some(Box::new(follow(files, parent, depth + 1, Some(place), problems)?))
        }
        Some(other) => {
            problems.error(&other.place, "`inherits` names one profile");
            None
        }
    };
    let mut digest = Sha256::new();
    let mut inherits = Vec::new();
    if let Some(parent) = &parent {
        digest = parent.digest.clone();
        inherits.push(parent.id.clone());
        inherits.extend(parent.inherits.iter().cloned());
        merge(&mut table, &parent.table, problems);
    }
    for part in [id, &file.text] {
        digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        digest.update(part.as_bytes());
    }
    Ok(Resolved {
        id: id.to_owned(),
        file: file.name.clone(),
        place,
        table,
        inherits,
        parent,
        digest,
    })
}

/// Returns the names of the variants that `table` offers.
pub(crate) fn variants(table: &Table) -> Vec<String> {
    match table.get("variants").map(|node| &node.value) {
        Some(Value::Table(variants)) => variants.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Puts the parameters of `variant` in.
fn choose(
    table: &mut Table,
    id: &str,
    variant: Option<&str>,
    problems: &mut Problems,
) -> Result<(), ProfileError> {
    let names = variants(table);
    if names.is_empty() && variant.is_none() {
        return Ok(());
    }
    let wrong = || ProfileError::Variant { id: id.to_owned(), variants: names.clone() };
    let name = variant.ok_or_else(wrong)?;
    if names.is_empty() {
        let id = format!("{id}@{name}");
        return Err(ProfileError::Unknown { id, known: Vec::new() });
    }
    let Some(Node { value: Value::Table(all), .. }) = table.get("variants") else {
        return Err(wrong());
    };
    let Some(Node { value: Value::Table(parameters), place }) = all.get(name) else {
        return Err(wrong());
    };
    let parameters = parameters.clone();
    let place = place.clone();
    for (name, node) in &parameters {
        let plain = matches!(node.value, Value::Text(_) | Value::Integer(_) | Value::Flag(_));
        if !plain && name != "title" {
            problems.error(&node.place, format!("parameter `{name}` is {}", node.value.kind()));
        }
    }
    let title = parameters.get("title").cloned();
    keep_only(table, name, &names, problems);
    for (key, node) in table.iter_mut() {
        if key != "variants" {
            substitute(node, &parameters, problems);
        }
    }
    if let Some(title) = title {
        extend_title(table, &title, &place, problems);
    }
    Ok(())
}

/// Drops the checks that are for other variants.
fn keep_only(table: &mut Table, variant: &str, names: &[String], problems: &mut Problems) {
    let Some(Node { value: Value::List(checks), .. }) = table.get_mut("check") else { return };
    checks.retain_mut(|check| {
        let Value::Table(check) = &mut check.value else { return true };
        let Some(Node { value: Value::List(only), .. }) = check.remove("only") else {
            return true;
        };
        let mut kept = false;
        for name in &only {
            match &name.value {
                Value::Text(text) if names.contains(text) => kept |= text == variant,
                _ => problems
                    .error(&name.place, format!("`only` names variants: {}", names.join(", "))),
            }
        }
        kept
    });
}

/// Appends the variant's title to the profile's.
fn extend_title(table: &mut Table, title: &Node, place: &Place, problems: &mut Problems) {
    let (Some(Node { value: Value::Table(own), .. }), Value::Table(more)) =
        (table.get_mut("title"), &title.value)
    else {
        problems.error(place, "`title` of a variant needs `zh` and `en`");
        return;
    };
    for (lang, (open, close)) in [("zh", ("（", "）")), ("en", (" (", ")"))] {
        if let (Some(Node { value: Value::Text(own), .. }), Some(Value::Text(more))) =
            (own.get_mut(lang), more.get(lang).map(|node| &node.value))
        {
            *own = format!("{own}{open}{more}{close}");
        }
    }
}

/// Puts parameters in for `$name` in every text below `node`.
///
/// A text that is one parameter and nothing else takes its type.
fn substitute(node: &mut Node, parameters: &Table, problems: &mut Problems) {
    match &mut node.value {
        Value::List(items) => {
            for item in items {
                substitute(item, parameters, problems);
            }
        }
        Value::Table(table) => {
            for inner in table.values_mut() {
                substitute(inner, parameters, problems);
            }
        }
        Value::Text(text) if text.contains('$') => {
            if let Some(value) = put(text, parameters, &node.place, problems) {
                node.value = value;
            }
        }
        Value::Text(_) | Value::Integer(_) | Value::Flag(_) | Value::Other(_) => {}
    }
}

fn put(text: &str, parameters: &Table, place: &Place, problems: &mut Problems) -> Option<Value> {
    let whole = text.strip_prefix('$').and_then(|name| parameters.get(name));
    if let Some(node) = whole {
        return Some(node.value.clone());
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let end = after
            .find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'))
            .unwrap_or(after.len());
        let (name, tail) = after.split_at(end);
        match parameters.get(name).map(|node| &node.value) {
            _ if name.is_empty() => out.push('$'),
            Some(Value::Text(value)) => out.push_str(value),
            Some(Value::Integer(value)) => out.push_str(&value.to_string()),
            Some(Value::Flag(value)) => out.push_str(&value.to_string()),
            _ => {
                let hint = did_you_mean(name, parameters.keys().map(String::as_str));
                problems.error(place, format!("no parameter `{name}`{hint}"));
                return None;
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    Some(Value::Text(out))
}

/// Puts under `table` what it inherits: keys it lacks, and checks by id.
fn merge(table: &mut Table, parent: &Table, problems: &mut Problems) {
    for (key, node) in parent {
        if !OWN.contains(&key.as_str()) && !table.contains_key(key) {
            table.insert(key.clone(), node.clone());
        }
    }
    let own = match table.remove("check") {
        Some(Node { value: Value::List(own), .. }) => own,
        None => Vec::new(),
        Some(other) => {
            problems.error(&other.place, "`check` is written `[[check]]`");
            Vec::new()
        }
    };
    let inherited = parent.get("check").cloned();
    let Some(Node { value: Value::List(mut checks), place }) = inherited else {
        let place = Place { file: "".into(), line: 0 };
        table.insert("check".to_owned(), Node { place, value: Value::List(own) });
        return;
    };
    let dropped = dropped(table);
    checks.retain(|check| !id_of(check).is_some_and(|id| dropped.contains(&id)));
    let inherited = checks.len();
    for check in own {
        let id = id_of(&check);
        // A second check of one id in the same file is a mistake, told when it is read.
        let same = checks.iter_mut().take(inherited).find(|old| id.is_some() && id_of(old) == id);
        match (same, check) {
            (
                Some(Node { value: Value::Table(old), place: old_place }),
                Node { value: Value::Table(new), place },
            ) => {
                *old_place = place;
                old.extend(new);
            }
            (_, check) => checks.push(check),
        }
    }
    table.insert("check".to_owned(), Node { place, value: Value::List(checks) });
}

fn id_of(check: &Node) -> Option<&str> {
    match &check.value {
        Value::Table(table) => match table.get("id").map(|node| &node.value) {
            Some(Value::Text(id)) => Some(id),
            _ => None,
        },
        _ => None,
    }
}

fn dropped(table: &Table) -> Vec<&str> {
    match table.get("drop").map(|node| &node.value) {
        Some(Value::List(items)) => items.iter().filter_map(id_of).collect(),
        _ => Vec::new(),
    }
}
