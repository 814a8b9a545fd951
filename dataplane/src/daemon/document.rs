//! A desired state as its objects, each the text that its owner wrote: what is kept, given out,
//! and changed one object at a time.
//!
//! The text was read by [`spec`](crate::spec) before it comes here, so it is JSON and of the
//! format's shape. Objects are kept as text, spaces apart: a node with 10,000 remote ports
//! keeps two megabytes, and not the thirty of a tree.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// What an object is called in requests, and its section in the file.
pub const KINDS: &[(&str, &str)] = &[
    ("acls", "acl"),
    ("address-groups", "addresses"),
    ("eips", "eip"),
    ("externals", "external"),
    ("groups", "group"),
    ("networks", "network"),
    ("peerings", "peering"),
    ("ports", "port"),
    ("remotes", "remote"),
    ("routers", "router"),
    ("snats", "snat"),
    ("subnets", "subnet"),
    ("vpcs", "vpc"),
];

/// Returns the section of objects that requests call `kind`.
pub fn section(kind: &str) -> Option<&'static str> {
    KINDS.iter().find(|(name, _section)| *name == kind).map(|(_name, section)| *section)
}

/// Returns what requests call the objects of a section.
pub fn kind(section: &str) -> Option<&'static str> {
    KINDS.iter().find(|(_name, own)| *own == section).map(|(name, _section)| *name)
}

/// An object by its section and id.
pub type Key = (String, String);

/// A desired state as its objects.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// What is of no section: schema, semantics, node.
    head: BTreeMap<String, Arc<str>>,
    /// Objects by section and id.
    sections: BTreeMap<String, BTreeMap<String, Object>>,
}

/// An object of a desired state.
#[derive(Clone, Debug)]
pub struct Object {
    /// As it was written, without spaces.
    pub text: Arc<str>,
    /// The generation that changed it last.
    pub since: u64,
}

/// A change of one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// Which.
    pub key: Key,
    /// What it is to be, with its id; nothing where it is to go.
    pub text: Option<String>,
}

/// A desired state as one text, and where an edited object stands in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    /// The text.
    pub text: String,
    /// JSON pointer of the edited object.
    pub pointer: Option<String>,
    /// Line on which it begins, from 1.
    pub line: usize,
}

impl Document {
    /// Takes apart a text that [`spec::read`](crate::spec::read) has accepted; `None` where it
    /// is no JSON object. All of it is of `generation`.
    pub fn of(text: &str, generation: u64) -> Option<Self> {
        let mut document = Self::default();
        for (name, value) in members(text.trim_start_matches('\u{feff}'))? {
            if !value.starts_with('[') {
                document.head.insert(name, Arc::from(dense(value)));
                continue;
            }
            let section = document.sections.entry(name).or_default();
            for item in items(value)? {
                let text = Arc::from(dense(item));
                section.insert(id_of(item)?, Object { text, since: generation });
            }
        }
        document.sections.retain(|_name, section| !section.is_empty());
        Some(document)
    }

    /// Whether both say the same.
    pub fn equals(&self, other: &Self) -> bool {
        let text = |(section, id, object): (_, _, &Object)| (section, id, Arc::clone(&object.text));
        self.head == other.head && self.objects().map(text).eq(other.objects().map(text))
    }

    /// Whether a text says just this: it is JSON, has no name or id twice, no section that the
    /// format does not have, and each object as it was written, spaces apart. Where not, it may
    /// nevertheless mean the same.
    pub(super) fn is_written(&self, text: &str) -> bool {
        let text = text.trim_start_matches('\u{feff}');
        if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
            return false;
        }
        let Some(members) = members(text) else { return false };
        let (mut heads, mut sections) = (Vec::new(), Vec::new());
        for (name, value) in &members {
            let same = if value.starts_with('[') {
                sections.push(name.as_str());
                let own = self.sections.get(name);
                kind(name).is_some() && has_all(own, value)
            } else {
                heads.push(name.as_str());
                self.head.get(name).is_some_and(|own| is_dense(value, own))
            };
            if !same {
                return false;
            }
        }
        let own = self.sections.keys().all(|name| sections.contains(&name.as_str()));
        own && are_distinct(&mut sections)
            && heads.len() == self.head.len()
            && are_distinct(&mut heads)
    }

    /// Takes over from `before` since when objects are as they are; returns those that are no
    /// longer there.
    pub fn inherit(&mut self, before: &Self) -> Vec<Key> {
        let mut gone = Vec::new();
        for (section, id, old) in before.objects() {
            let own = self.sections.get_mut(section).and_then(|objects| objects.get_mut(id));
            match own {
                Some(own) if own.text == old.text => own.since = old.since,
                Some(_) => {}
                None => gone.push((section.to_owned(), id.to_owned())),
            }
        }
        gone
    }

    /// Returns an object.
    pub fn object(&self, key: &Key) -> Option<&Object> {
        self.sections.get(&key.0)?.get(&key.1)
    }

    /// Returns all objects.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &str, &Object)> {
        self.sections.iter().flat_map(|(section, objects)| {
            objects.iter().map(move |(id, object)| (section.as_str(), id.as_str(), object))
        })
    }

    /// Returns the ids of a section's objects.
    pub(super) fn ids(&self, section: &str) -> impl Iterator<Item = &str> {
        self.sections.get(section).into_iter().flat_map(|all| all.keys().map(String::as_str))
    }

    /// Returns some objects with what is of none.
    pub(super) fn part(&self, keys: &[Key]) -> Self {
        let mut part = Self { head: self.head.clone(), sections: BTreeMap::new() };
        for key in keys {
            if let Some(object) = self.object(key) {
                let section = part.sections.entry(key.0.clone()).or_default();
                section.insert(key.1.clone(), object.clone());
            }
        }
        part
    }

    /// Puts an object that is nobody's into it.
    pub(super) fn put(&mut self, section: &str, id: &str, text: &str) {
        let section = self.sections.entry(section.to_owned()).or_default();
        section.insert(id.to_owned(), Object { text: Arc::from(text), since: 0 });
    }

    /// Returns what is of no object.
    pub fn head(&self) -> &BTreeMap<String, Arc<str>> {
        &self.head
    }

    /// Does an edit, as of `generation`.
    pub fn take(&mut self, edit: &Edit, generation: u64) {
        let (section, id) = &edit.key;
        let objects = self.sections.entry(section.clone()).or_default();
        if let Some(text) = &edit.text {
            let text = Arc::from(dense(text));
            objects.insert(id.clone(), Object { text, since: generation });
        } else {
            objects.remove(id);
        }
        self.sections.retain(|_name, section| !section.is_empty());
    }

    /// Makes room for it in a text: what is large from the start is given back as a whole.
    fn reserve(&self, text: &mut String) {
        let length = |(_section, id, object): (_, &str, &Object)| id.len() + object.text.len() + 2;
        text.reserve(4096 + self.objects().map(length).sum::<usize>());
    }

    /// Adds it to a text, on one line.
    pub(super) fn write(&self, text: &mut String) {
        self.reserve(text);
        text.push('{');
        let mut between = "";
        for (name, value) in &self.head {
            for part in [between, &quoted(name), ":", value] {
                text.push_str(part);
            }
            between = ",";
        }
        for (name, objects) in &self.sections {
            for part in [between, &quoted(name), ":"] {
                text.push_str(part);
            }
            between = "[";
            for object in objects.values() {
                text.push_str(between);
                text.push_str(&object.text);
                between = ",";
            }
            text.push(']');
        }
        text.push('}');
    }

    /// Returns it as a file, an object a line; as it would be after `edit`, whose text stays as
    /// it was written.
    pub fn render(&self, edit: Option<&Edit>) -> Rendered {
        let mut rendered = Rendered { text: String::from("{"), ..Rendered::default() };
        let mut line = 1;
        let mut between = "\n";
        let text = &mut rendered.text;
        self.reserve(text);
        for (name, value) in &self.head {
            for part in [between, &quoted(name), ":", value] {
                text.push_str(part);
            }
            line += 1;
            between = ",\n";
        }
        let new = edit.filter(|edit| edit.text.is_some());
        let names = self.sections.keys().map(String::as_str);
        let mut names: Vec<&str> = names.chain(new.map(|edit| edit.key.0.as_str())).collect();
        tiny_sort::stable::sort(&mut names);
        names.dedup();
        for name in names {
            let objects = self.sections.get(name);
            let edit = edit.filter(|edit| edit.key.0 == name);
            let mut all: BTreeMap<&str, &str> = BTreeMap::new();
            let own = objects.into_iter().flatten();
            all.extend(own.map(|(id, object)| (id.as_str(), object.text.as_ref())));
            if let Some(Edit { key, text }) = edit {
                match text {
                    Some(text) => all.insert(&key.1, text),
                    None => all.remove(key.1.as_str()),
                };
            }
            for part in [between, &quoted(name), ":["] {
                text.push_str(part);
            }
            line += 1;
            between = ",\n";
            for (index, (id, object)) in all.iter().enumerate() {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                line += 1;
                if edit.is_some_and(|edit| edit.key.1 == *id) {
                    rendered.pointer = Some(format!("/{name}/{index}"));
                    rendered.line = line;
                }
                text.push_str(object);
                line += object.matches('\n').count();
            }
            text.push(']');
        }
        text.push_str("\n}\n");
        rendered
    }
}

/// Returns an object's text with its id in it; what is wrong where it has another, or is none.
pub fn with_id(text: &str, id: &str) -> Result<String, WithId> {
    let Some(members) = members(text) else { return Err(WithId::NoObject) };
    if let Some((_name, value)) = members.iter().find(|(name, _value)| name == "id") {
        return match serde_json::from_str::<Value>(value) {
            Ok(Value::String(own)) if own == id => Ok(text.to_owned()),
            _ => Err(WithId::Other((*value).to_owned())),
        };
    }
    let (before, after) = text.split_once('{').ok_or(WithId::NoObject)?;
    let comma = if members.is_empty() { "" } else { "," };
    Ok(format!("{before}{{\"id\":{}{comma}{after}", quoted(id)))
}

/// Returns a group's text with one of its rules changed, or taken away; `None` where there is
/// no such rule to take away, or the rule is no object of that id.
pub fn with_rule(group: &str, id: &str, rule: Option<&str>) -> Option<String> {
    let mut group: Value = serde_json::from_str(group).ok()?;
    let rule: Option<Value> = match rule {
        Some(text) => Some(serde_json::from_str(&with_id(text, id).ok()?).ok()?),
        None => None,
    };
    let fields = group.as_object_mut()?;
    let rules = fields.entry("rule").or_insert_with(|| Value::Array(Vec::new()));
    let rules = rules.as_array_mut()?;
    let place = rules.iter().position(|own| own.get("id").and_then(Value::as_str) == Some(id));
    match (place, rule) {
        // Rules only permit, so that their order is nobody's concern.
        (None, Some(rule)) => rules.push(rule),
        (Some(place), Some(rule)) => *rules.get_mut(place)? = rule,
        (Some(place), None) => drop(rules.remove(place)),
        (None, None) => return None,
    }
    Some(group.to_string())
}

/// Why a text is not that of an object with this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WithId {
    /// It is no JSON object.
    NoObject,
    /// It has another id.
    Other(String),
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Returns the members of a JSON object by their names, each value as its text.
pub(super) fn members(text: &str) -> Option<Vec<(String, &str)>> {
    let mut scan = Scan { text, at: 0 };
    let mut found = Vec::new();
    scan.past('{')?;
    while scan.past('}').is_none() {
        let _comma = scan.past(',');
        let name = serde_json::from_str::<Value>(scan.value()?).ok()?;
        scan.past(':')?;
        found.push((name.as_str()?.to_owned(), scan.value()?));
    }
    scan.rest().trim().is_empty().then_some(found)
}

/// Returns the items of a JSON list, each as its text.
fn items(text: &str) -> Option<Vec<&str>> {
    let mut scan = Scan { text, at: 0 };
    let mut found = Vec::new();
    scan.past('[')?;
    while scan.past(']').is_none() {
        let _comma = scan.past(',');
        found.push(scan.value()?);
    }
    Some(found)
}

fn id_of(object: &str) -> Option<String> {
    let members = members(object)?;
    let (_name, id) = members.iter().find(|(name, _value)| name == "id")?;
    Some(serde_json::from_str::<Value>(id).ok()?.as_str()?.to_owned())
}

/// A way through a text that is known to be JSON; through any other it comes to an end too.
struct Scan<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Scan<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes past a character, where it is next behind spaces.
    fn past(&mut self, character: char) -> Option<()> {
        let rest = self.rest();
        let inside = rest.trim_start().strip_prefix(character)?;
        self.at += rest.len() - inside.len();
        Some(())
    }

    /// Goes past the value that is next, and returns it.
    fn value(&mut self) -> Option<&'t str> {
        let rest = self.rest();
        let value = rest.trim_start();
        self.at += rest.len() - value.len();
        let (mut depth, mut within, mut escaped) = (0_usize, false, false);
        let mut length = value.len();
        for (at, byte) in value.bytes().enumerate() {
            if within {
                (within, escaped) = match byte {
                    _ if escaped => (true, false),
                    b'"' => (false, false),
                    byte => (true, byte == b'\\'),
                };
                if within || depth > 0 {
                    continue;
                }
                length = at + 1;
                break;
            }
            match byte {
                b'"' => within = true,
                b'{' | b'[' => depth += 1,
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    if depth == 0 {
                        length = at + 1;
                        break;
                    }
                }
                b'}' | b']' | b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' if depth == 0 => {
                    length = at;
                    break;
                }
                _ => {}
            }
        }
        let value = value.get(..length).filter(|value| !value.is_empty())?;
        self.at += length;
        Some(value)
    }
}

/// Whether a JSON list has all of a section's objects, each once and as it was written, and no
/// others.
fn has_all(section: Option<&BTreeMap<String, Object>>, list: &str) -> bool {
    let Some(items) = items(list) else { return false };
    let Some(section) = section else { return items.is_empty() };
    let mut ids = Vec::with_capacity(items.len());
    for item in items {
        let there = id_of(item).and_then(|id| section.get_key_value(&id));
        match there {
            Some((id, object)) if is_dense(item, &object.text) => ids.push(id.as_str()),
            _ => return false,
        }
    }
    ids.len() == section.len() && are_distinct(&mut ids)
}

fn are_distinct(words: &mut [&str]) -> bool {
    tiny_sort::stable::sort(words);
    words.windows(2).all(|pair| pair.first() != pair.last())
}

/// Whether a JSON text is `dense`, spaces between its words apart.
fn is_dense(text: &str, dense: &str) -> bool {
    let mut expected = dense.bytes();
    let (mut within, mut escaped) = (false, false);
    for byte in text.bytes() {
        if within {
            (within, escaped) = match byte {
                _ if escaped => (true, false),
                b'"' => (false, false),
                byte => (true, byte == b'\\'),
            };
        } else if byte == b'"' {
            within = true;
        } else if byte.is_ascii_whitespace() {
            continue;
        }
        if expected.next() != Some(byte) {
            return false;
        }
    }
    expected.next().is_none()
}

/// Returns a JSON text without the spaces between its words.
fn dense(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut within, mut escaped) = (false, false);
    for character in text.chars() {
        if within {
            (within, escaped) = match character {
                _ if escaped => (true, false),
                '"' => (false, false),
                character => (true, character == '\\'),
            };
        } else if character == '"' {
            within = true;
        } else if character.is_ascii_whitespace() {
            continue;
        }
        out.push(character);
    }
    out.shrink_to_fit();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\u{feff}{ \"schema\": \"s\", \"node\": { \"name\": \"a b\" },\n \
                        \"port\": [ {\"id\": \"p\\u0032\", \"x\": [1, 2]},\n{\"id\":\"p1\"}], \
                        \"vpc\": [] }";

    fn key(section: &str, id: &str) -> Key {
        (section.to_owned(), id.to_owned())
    }

    fn put(section: &str, id: &str, text: &str) -> Edit {
        Edit { key: key(section, id), text: Some(text.to_owned()) }
    }

    #[test]
    fn objects_are_kept_as_they_were_written() {
        let document = Document::of(TEXT, 1).unwrap();
        let p2 = document.object(&key("port", "p2")).unwrap();
        assert_eq!(p2.text.as_ref(), "{\"id\":\"p\\u0032\",\"x\":[1,2]}");
        assert_eq!(document.head()["node"].as_ref(), "{\"name\":\"a b\"}");
        assert_eq!(document.objects().count(), 2);
        let rendered = document.render(None).text;
        assert!(Document::of(&rendered, 2).unwrap().equals(&document), "{rendered}");
        assert!(serde_json::from_str::<Value>(&rendered).is_ok(), "{rendered}");
    }

    #[test]
    fn only_what_was_written_is_known_again() {
        let object = |id, more| format!("{{\"id\": \"{id}\"{more}}}");
        let [p, q, other] = [object("p", ""), object("q", ", \"x\": [1, 2]"), object("q", "")];
        let all = format!("{{\"a\": {{\"b\": \"c d\"}}, \"port\": [{p}, {q}]}}");
        let document = Document::of(&all, 1).unwrap();
        let known = |text: &str| document.is_written(text);
        let turned =
            format!("\u{feff}{{ \"port\":[{q},\n{p}], \"vpc\": [], \"a\":{{\"b\":\"c d\"}} }}");
        assert!(known(&all) && known(&turned) && known(&document.render(None).text));
        let head = "\"a\": {\"b\": \"c d\"}";
        for others in [
            format!("{{{head}, \"port\": [{p} {q}]}}"),
            format!("{{{head}, \"port\": [{p}, {q}]}} x"),
            format!("{{{head}, \"port\": [{p}, {p}]}}"),
            format!("{{{head}, \"port\": [{p}, {q}, {p}]}}"),
            format!("{{{head}, \"port\": [{p}, {q}], \"port\": [{p}, {q}]}}"),
            format!("{{{head}, {head}, \"port\": [{p}, {q}]}}"),
            format!("{{{head}, \"port\": [{p}, {q}], \"nonsense\": []}}"),
            format!("{{{head}, \"port\": [{p}, {q}], \"x\": 1}}"),
            format!("{{{head}, \"port\": [{p}, {other}]}}"),
            format!("{{{head}, \"port\": [{p}]}}"),
            format!("{{{head}}}"),
            format!("{{\"a\": {{\"b\": \"cd\"}}, \"port\": [{p}, {q}]}}"),
            format!("{{\"port\": [{p}, {q}]}}"),
            String::new(),
        ] {
            assert!(!known(&others), "{others}");
        }
    }

    #[test]
    fn an_edit_is_found_where_it_stands() {
        let mut document = Document::of(TEXT, 1).unwrap();
        for (id, text) in [("p0", "{\"id\":\"p0\",\n\"y\": 1}"), ("p3", "{\"id\":\n\"p3\"}")] {
            let edit = put("port", id, text);
            let rendered = document.render(Some(&edit));
            let line = rendered.text.lines().nth(rendered.line - 1).unwrap();
            assert!(line.starts_with(text.lines().next().unwrap()), "{line}");
            let value: Value = serde_json::from_str(&rendered.text).unwrap();
            assert_eq!(value.pointer(rendered.pointer.as_deref().unwrap()).unwrap()["id"], id);
            document.take(&edit, 2);
            assert!(Document::of(&rendered.text, 2).unwrap().equals(&document));
        }
        let gone = Edit { key: key("port", "p2"), text: None };
        let rendered = document.render(Some(&gone));
        document.take(&gone, 3);
        assert!(Document::of(&rendered.text, 3).unwrap().equals(&document));
        assert_eq!(rendered.pointer, None);
        let rendered = Document::of(TEXT, 1).unwrap().render(Some(&put("net", "n", "{}")));
        assert_eq!(rendered.pointer.as_deref(), Some("/net/0"));
    }

    #[test]
    fn what_stays_as_it_was_keeps_its_generation() {
        let mut old = Document::of(TEXT, 1).unwrap();
        old.take(&put("port", "p9", "{\"id\":\"p9\"}"), 2);
        let mut new = Document::of(TEXT, 3).unwrap();
        new.take(&put("port", "p1", "{\"id\":\"p1\",\"z\":1}"), 3);
        assert_eq!(new.inherit(&old), [key("port", "p9")]);
        let since = |id| new.object(&key("port", id)).map(|object| object.since);
        assert_eq!((since("p1"), since("p2"), since("p9")), (Some(3), Some(1), None));
    }

    #[test]
    fn an_object_gets_the_id_of_its_address_or_is_refused() {
        let ok = |text| with_id(text, "a").unwrap();
        assert_eq!(ok("{\n\"x\": 1}"), "{\"id\":\"a\",\n\"x\": 1}");
        assert_eq!(ok(" { } "), " {\"id\":\"a\" } ");
        assert_eq!(ok("{\"id\": \"a\"}"), "{\"id\": \"a\"}");
        assert_eq!(with_id("{\"id\": \"b\"}", "a"), Err(WithId::Other("\"b\"".to_owned())));
        for none in ["", "[]", "{", "{\"x\"", "{\"x\":", "{}{}", "\"{}\"", "{,}", "{]"] {
            assert!(with_id(none, "a").is_err(), "{none}");
        }
    }

    #[test]
    fn a_rule_comes_changes_and_goes() {
        let rule = |port| format!("{{\"direction\":\"in\",\"ports\":{port}}}");
        let one = with_rule("{\"id\":\"g\"}", "r", Some(&rule(80))).unwrap();
        let other = with_rule(&one, "r", Some(&rule(81))).unwrap();
        let value: Value = serde_json::from_str(&other).unwrap();
        assert_eq!(value["rule"].as_array().map(Vec::len), Some(1));
        assert_eq!(
            (&value["rule"][0]["ports"], &value["rule"][0]["id"]),
            (&81.into(), &"r".into())
        );
        assert_eq!(with_rule(&other, "r", None).unwrap(), "{\"id\":\"g\",\"rule\":[]}");
        assert_eq!((with_rule(&other, "s", None), with_rule(&other, "s", Some("7"))), (None, None));
    }

    #[test]
    fn every_kind_has_a_section() {
        assert!(KINDS.is_sorted());
        for (name, own) in KINDS {
            assert_eq!((section(name), kind(own)), (Some(*own), Some(*name)));
        }
    }
}
