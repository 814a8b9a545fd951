//! From the short form of the template to documents.
//!
//! A key is a path below the root. `$S` is a variable, `*cpu` in a key makes a document for each,
//! `#cpu` is a number. In bodies `"T"` is a type, `"OK"` a status, a name that ends with `>` is a
//! link or a list of links (`*>`: one for each), one that ends with `*` a list of one for each.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Numbers, ROOT};

/// Things that there are several of, longest names first.
const LOOPS: [&str; 9] = ["drive", "dimm", "cpu", "gpu", "nic", "psu", "fan", "sel", "ext"];

/// Changes a document of the template: merges (RFC 7386), adds, or takes away.
pub(super) fn change(raw: &mut Map<String, Value>, path: &str, change: &Value) {
    if let Some(below) = path.strip_suffix("/*") {
        if change.is_null() {
            let below = format!("{below}/");
            raw.retain(|path, _| !path.starts_with(&below));
        }
        return;
    }
    match raw.get_mut(path) {
        _ if change.is_null() => {
            raw.remove(path);
        }
        Some(there) => merge(there, change),
        None => {
            raw.insert(path.to_owned(), change.clone());
        }
    }
}

/// Merges as RFC 7386 has it.
pub(in crate::simulate) fn merge(into: &mut Value, change: &Value) {
    let Some(change) = change.as_object() else {
        *into = change.clone();
        return;
    };
    if !into.is_object() {
        *into = json!({});
    }
    let Some(into) = into.as_object_mut() else { return };
    for (name, value) in change {
        if value.is_null() {
            into.remove(name);
        } else {
            merge(into.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

/// What a template is filled with.
struct Fill<'f> {
    variables: &'f BTreeMap<String, String>,
    numbers: Numbers,
    /// The loop that is gone through, and where it is, from 1.
    at: Option<(&'static str, u16)>,
}

/// Returns the documents of a template, by path.
pub(super) fn documents(
    raw: &Map<String, Value>,
    variables: &BTreeMap<String, String>,
    numbers: Numbers,
) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (key, body) in raw {
        let looped = LOOPS.into_iter().find(|name| key.contains(&format!("*{name}")));
        let mut fill = Fill { variables, numbers, at: None };
        let count = looped.map_or(1, |name| fill.count(name));
        for at in 1..=count {
            fill.at = looped.map(|name| (name, at));
            let below = fill.text(key);
            let path = if below.is_empty() { ROOT.to_owned() } else { format!("{ROOT}/{below}") };
            let document = fill.document(&path, body);
            all.insert(path, document);
        }
    }
    all
}

impl Fill<'_> {
    fn count(&self, name: &str) -> u16 {
        let numbers = &self.numbers;
        match name {
            "cpu" => numbers.cpus,
            "dimm" => numbers.dimms,
            "drive" => numbers.drives,
            "nic" => numbers.nics,
            "gpu" => numbers.gpus,
            "psu" => numbers.power_supplies,
            "fan" => numbers.fans,
            "sel" => numbers.log,
            "ext" => 4,
            _ => 0,
        }
    }

    /// Returns the number that a word stands for.
    fn number(&self, word: &str) -> Option<u32> {
        if let Some((name, at)) = self.at
            && name == word
        {
            return Some(at.into());
        }
        let (cores, threads) = (32_u32, 2_u32);
        let cpus = u32::from(self.numbers.cpus);
        match word {
            "percpu" => Some(cores),
            "perthread" => Some(cores * threads),
            "cores" => Some(cores * cpus),
            "threads" => Some(cores * threads * cpus),
            "memory" => Some(32 * u32::from(self.numbers.dimms)),
            _ if LOOPS.contains(&word) => Some(self.count(word).into()),
            _ => None,
        }
    }

    /// Fills in a text.
    fn text(&self, text: &str) -> String {
        let mut filled = String::new();
        let mut rest = text.strip_prefix("~/").map_or(text, |rest| {
            filled.push_str(ROOT);
            filled.push('/');
            rest
        });
        while let Some(at) = rest.find(['$', '*']) {
            let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
            filled.push_str(before);
            let (mark, word) = from.split_at_checked(1).unwrap_or((from, ""));
            let end = word.find(|at: char| !at.is_ascii_alphabetic()).unwrap_or(word.len());
            let (name, behind) = word.split_at_checked(end).unwrap_or((word, ""));
            rest = word;
            if mark == "$" {
                if let Some(value) = self.variables.get(name) {
                    filled.push_str(value);
                    rest = behind;
                    continue;
                }
            } else if let Some((looped, at)) = self.at
                && let Some(behind) = word.strip_prefix(looped)
            {
                let (at, behind) = match behind.strip_prefix('0') {
                    Some(behind) => (at.saturating_sub(1), behind),
                    None => (at, behind),
                };
                filled.push_str(&at.to_string());
                rest = behind;
                continue;
            }
            filled.push_str(mark);
        }
        filled.push_str(rest);
        filled
    }

    fn document(&self, path: &str, body: &Value) -> Value {
        let mut document = self.value(body);
        let Some(object) = document.as_object_mut() else { return document };
        object.insert("@odata.id".to_owned(), path.into());
        let id = path.rsplit('/').next().unwrap_or_default();
        if !object.contains_key("Members") {
            object.entry("Id").or_insert_with(|| id.into());
        }
        object.entry("Name").or_insert_with(|| id.into());
        document
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => {
                match text.strip_prefix('#').and_then(|word| self.number(word)) {
                    Some(number) => number.into(),
                    None => self.text(text).into(),
                }
            }
            Value::Array(values) => values.iter().map(|value| self.value(value)).collect(),
            Value::Object(fields) => {
                let mut filled = Map::new();
                for (name, value) in fields {
                    self.field(&self.text(name), value, &mut filled);
                }
                filled.into()
            }
            other => other.clone(),
        }
    }

    fn field(&self, name: &str, value: &Value, into: &mut Map<String, Value>) {
        let link = |path: &str| json!({ "@odata.id": format!("{ROOT}/{}", self.text(path)) });
        if name == "T" {
            let text = value.as_str().unwrap_or_default();
            let kind = if let Some((kind, version)) = text.split_once('.') {
                format!("#{kind}.v{version}.{kind}")
            } else {
                into.insert("Members".to_owned(), json!([]));
                into.insert("Members@odata.count".to_owned(), 0.into());
                format!("#{text}.{text}")
            };
            into.insert("@odata.type".to_owned(), kind.into());
        } else if name == "OK" {
            into.insert("Status".to_owned(), json!({ "State": "Enabled", "Health": "OK" }));
        } else if let Some(name) = name.strip_suffix("*>") {
            let path = value.get(1).and_then(Value::as_str).unwrap_or_default();
            let links = self
                .each(value, &|fill| json!({ "@odata.id": format!("{ROOT}/{}", fill.text(path)) }));
            into.insert(name.to_owned(), links);
        } else if let Some(name) = name.strip_suffix('>') {
            let links = match value {
                Value::Array(all) => all.iter().filter_map(Value::as_str).map(link).collect(),
                one => link(one.as_str().unwrap_or_default()),
            };
            into.insert(name.to_owned(), links);
        } else if let Some(name) = name.strip_suffix('*') {
            let body = value.get(1).cloned().unwrap_or_default();
            into.insert(name.to_owned(), self.each(value, &|fill| fill.value(&body)));
        } else {
            into.insert(name.to_owned(), self.value(value));
        }
    }

    /// Makes one for each of what the first element names.
    fn each(&self, value: &Value, make: &dyn Fn(&Fill<'_>) -> Value) -> Value {
        let named = value.get(0).and_then(Value::as_str);
        let Some(name) = named.and_then(|named| LOOPS.into_iter().find(|name| *name == named))
        else {
            return json!([]);
        };
        let each = (1..=self.count(name)).map(|at| {
            make(&Fill { variables: self.variables, numbers: self.numbers, at: Some((name, at)) })
        });
        each.collect()
    }
}
