//! Redaction: first what is to be replaced is gathered by the names of properties, then every text
//! is gone through, for a serial number stands in paths and messages, too.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{Ipv4Addr, Ipv6Addr},
};

use serde_json::{Map, Value};

use super::{
    sensitive::{self, Kind},
    standin::{Maker, is_common4, is_common6},
};
use crate::redfish::tree::{Answer, Resource, Tree};

/// A tree without what tells whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Redacted {
    /// The tree.
    pub tree: Tree,
    /// Where stand-ins are: paths with pointers (`/redfish/v1/Systems/1#/SerialNumber`), sorted.
    pub replaced: Vec<String>,
    /// Where something was cut.
    pub cut: Vec<String>,
    /// Paths that have another name now.
    paths: BTreeMap<String, String>,
}

impl Redacted {
    /// Returns what the path of the tree that was redacted is called now.
    pub fn path<'p>(&'p self, path: &'p str) -> &'p str {
        self.paths.get(path).map_or(path, String::as_str)
    }
}

/// Redacts a tree; `key` is random, and is not kept: with it what stand-ins stand for is guessed.
///
/// The same text becomes the same stand-in everywhere, of the same length and shape. Numbers of
/// parts and versions stay: they say what a machine is, not whose.
pub fn redact(tree: &Tree, key: &[u8; 32]) -> Redacted {
    let maker = Maker::new(key);
    let mut known = BTreeMap::new();
    for (_, answer) in tree.answers() {
        if let Answer::Resource(resource) = answer {
            gather(&resource.body, Kind::Open, &maker, &mut known);
        }
    }
    // The longest first: one may be a part of another.
    let mut words: Vec<(String, String)> =
        known.into_iter().filter(|(word, _)| !sensitive::is_common_word(word)).collect();
    tiny_sort::stable::sort_by(&mut words, |(one, _), (other, _)| {
        other.len().cmp(&one.len()).then_with(|| one.cmp(other))
    });
    let mut pass =
        Pass { maker, words, replaced: BTreeSet::new(), cut: BTreeSet::new(), at: String::new() };
    let (mut new, mut paths) = (Tree::default(), BTreeMap::new());
    for (path, answer) in tree.answers() {
        let named = pass.words_of(path);
        pass.at = format!("{named}#");
        let answer = match answer {
            Answer::Resource(resource) => {
                let body = pass.value(&resource.body, Kind::Open, false);
                let headers = resource.headers.iter();
                let replaced = headers.map(|(name, value)| (name.clone(), pass.words_of(value)));
                let mut headers = BTreeMap::new();
                headers.extend(replaced);
                Answer::Resource(Resource { body, headers })
            }
            // What broke is told by its kind; the text may quote anything.
            Answer::NotJson(_) => Answer::NotJson("it is not JSON".to_owned()),
            Answer::Silent(_) => Answer::Silent("there was no answer".to_owned()),
            other => other.clone(),
        };
        if named != path {
            paths.insert(path.to_owned(), named.clone());
        }
        new.put(named, answer);
    }
    let Pass { replaced, cut, .. } = pass;
    let (replaced, cut) = (replaced.into_iter().collect(), cut.into_iter().collect());
    Redacted { tree: new, replaced, cut, paths }
}

/// Gathers the texts that become stand-ins wherever they are.
fn gather(value: &Value, kind: Kind, maker: &Maker, known: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                gather(value, sensitive::kind(name), maker, known);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| gather(value, kind, maker, known)),
        Value::String(text) if !sensitive::is_placeholder(text) => match kind {
            Kind::Name if is_address(text).is_none() => {
                known.insert(text.clone(), maker.text(text));
            }
            Kind::Hex => {
                known.insert(text.clone(), maker.hex(text, 0));
            }
            Kind::Mac => {
                known.insert(text.clone(), maker.mac(text));
            }
            _ => {}
        },
        _ => {}
    }
}

/// What a text is, where it is an address and nothing else.
enum Address {
    Four(Ipv4Addr),
    Six(Ipv6Addr),
}

fn is_address(text: &str) -> Option<Address> {
    if let Ok(ip) = text.parse() {
        return Some(Address::Four(ip));
    }
    text.parse().ok().map(Address::Six)
}

struct Pass {
    maker: Maker,
    words: Vec<(String, String)>,
    replaced: BTreeSet<String>,
    cut: BTreeSet<String>,
    /// Where it is: the path, and the pointer so far.
    at: String,
}

impl Pass {
    fn value(&mut self, value: &Value, kind: Kind, subject: bool) -> Value {
        match value {
            Value::Object(fields) => {
                let mut new = Map::new();
                for (name, value) in fields {
                    let inner = match sensitive::kind(name) {
                        // A property of a secret is one.
                        Kind::Open if kind == Kind::Secret && !name.contains('@') => Kind::Secret,
                        inner => inner,
                    };
                    // Where a link to a certificate stands nothing is told of it.
                    let is_link = name.contains('@');
                    let subject = !is_link && (subject || sensitive::is_subject(name));
                    let named = self.words_of(name);
                    let value = self.below(&named, |pass| pass.value(value, inner, subject));
                    new.insert(named, value);
                }
                new.into()
            }
            Value::Array(all) => {
                let mut new = Vec::new();
                for (at, value) in all.iter().enumerate() {
                    new.push(self.below(&at.to_string(), |pass| pass.value(value, kind, subject)));
                }
                new.into()
            }
            Value::String(text) if text.is_empty() => value.clone(),
            // A number is a policy's: of how many days a password is good.
            Value::String(_) if kind == Kind::Secret || subject => {
                self.cut.insert(self.at.clone());
                "".into()
            }
            Value::String(text) => {
                let new = self.text(text, kind);
                if new != *text {
                    self.replaced.insert(self.at.clone());
                }
                new.into()
            }
            Value::Number(number) if kind == Kind::Name => {
                let text = self.maker.text(&number.to_string());
                self.replaced.insert(self.at.clone());
                // Without a 0 in front, which no number has.
                let digits = text.replacen('0', "1", usize::from(text.starts_with('0')));
                serde_json::from_str(&digits).unwrap_or_else(|_| 0.into())
            }
            other => other.clone(),
        }
    }

    /// Goes one step down, and comes back.
    fn below(&mut self, name: &str, go: impl FnOnce(&mut Self) -> Value) -> Value {
        let length = self.at.len();
        // RFC 6901 §3.
        self.at.push('/');
        self.at.push_str(&name.replace('~', "~0").replace('/', "~1"));
        let value = go(self);
        self.at.truncate(length);
        value
    }

    fn text(&self, text: &str, kind: Kind) -> String {
        if sensitive::is_placeholder(text) {
            return text.to_owned();
        }
        match kind {
            Kind::Version => self.words_of(text),
            Kind::Name if is_address(text).is_none() => self.maker.text(text),
            Kind::Hex => self.maker.hex(text, 0),
            Kind::Mac => self.maker.mac(text),
            _ => self.addresses(&self.words_of(text)),
        }
    }

    /// Replaces what was gathered wherever it stands as a word.
    fn words_of(&self, text: &str) -> String {
        let mut new = text.to_owned();
        for (word, stand_in) in &self.words {
            if new.contains(word.as_str()) {
                new = replace_word(&new, word, stand_in);
            }
        }
        new
    }

    /// Replaces addresses wherever they stand in a text.
    fn addresses(&self, text: &str) -> String {
        let is_part = |at: char| at.is_ascii_alphanumeric() || matches!(at, '.' | ':' | '-');
        let mut new = String::new();
        let mut rest = text;
        while let Some(begin) = rest.find(is_part) {
            let (before, from) = rest.split_at_checked(begin).unwrap_or((rest, ""));
            new.push_str(before);
            let end = from.find(|at| !is_part(at)).unwrap_or(from.len());
            let (token, behind) = from.split_at_checked(end).unwrap_or((from, ""));
            new.push_str(&self.token(token));
            rest = behind;
        }
        new.push_str(rest);
        new
    }

    /// Replaces a token, if it is an address, or one with a port or a full stop behind.
    fn token(&self, token: &str) -> String {
        let plain = token.trim_end_matches(['.', ':', '-']);
        let tail = token.get(plain.len()..).unwrap_or_default();
        let made = if is_mac(plain) {
            self.maker.mac(plain)
        } else {
            match is_address(plain) {
                Some(Address::Four(ip)) if !is_common4(ip) => self.maker.ipv4(plain),
                Some(Address::Six(ip)) if !is_common6(ip) => self.maker.ipv6(plain),
                Some(_) => plain.to_owned(),
                None => match plain.rsplit_once(':') {
                    Some((host, port)) if port.parse::<u16>().is_ok() && host.contains('.') => {
                        format!("{}:{port}", self.token(host))
                    }
                    _ => plain.to_owned(),
                },
            }
        };
        made + tail
    }
}

/// Says whether a token is an address of hardware: six pairs with colons or hyphens between.
fn is_mac(token: &str) -> bool {
    [':', '-'].iter().any(|between| {
        let parts: Vec<&str> = token.split(*between).collect();
        parts.len() == 6
            && parts
                .iter()
                .all(|part| part.len() == 2 && part.bytes().all(|at| at.is_ascii_hexdigit()))
    })
}

/// Replaces a word where no letter or digit goes on before or behind it; a long one with digits
/// within others too, for licences are of type and serial number in one.
fn replace_word(text: &str, word: &str, with: &str) -> String {
    let bounded = word.len() < 8 || !word.bytes().any(|at| at.is_ascii_digit());
    let mut new = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        let behind = from.get(word.len()..).unwrap_or_default();
        let goes_on = |at: Option<char>| at.is_some_and(|at| at.is_ascii_alphanumeric());
        let last = before
            .chars()
            .next_back()
            .or_else(|| new.chars().next_back().filter(|_| before.is_empty()));
        new.push_str(before);
        new.push_str(if bounded && (goes_on(last) || goes_on(behind.chars().next())) {
            word
        } else {
            with
        });
        rest = behind;
    }
    new.push_str(rest);
    new
}
