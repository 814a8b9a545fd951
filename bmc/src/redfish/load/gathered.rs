//! The files of a tree as they come, and the tree that they make.

use std::{collections::BTreeMap, io::Read as Bytes};

use serde_json::Value;

use super::LoadError;
use crate::redfish::{
    finding::{Finding, Read, Trouble},
    reader::ROOT,
    tree::{self, Answer, MOST_BYTES, Tree},
};

/// Bytes of all bodies; the largest recorded tree has 3 MB.
const MOST_TEXT: u64 = 64 << 20;

/// Memory that all bodies together take, about: an array of zeros is 16 times its text.
const MOST_WEIGHT: usize = 256 << 20;

/// Bytes that room is made for before they are read.
const ROOM: usize = 64 << 10;

/// Headers that are kept, by lower-case name.
const HEADERS: [&str; 5] = ["allow", "etag", "last-modified", "link", "server"];

/// What was met so far, by the folder it lies in; separators are `/`, and none stands at the ends.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    answers: BTreeMap<String, Answer>,
    headers: BTreeMap<String, BTreeMap<String, String>>,
    text: u64,
    weight: usize,
}

/// Says whether a file of this name is part of a tree.
pub(super) fn is_wanted(name: &str) -> bool {
    matches!(split(name).1, "index.json" | "headers.json")
}

impl Gathered {
    /// Takes a file of `size` bytes, if it is part of a tree.
    pub(super) fn file(
        &mut self,
        name: &str,
        size: u64,
        content: &mut dyn Bytes,
    ) -> Result<(), LoadError> {
        let (folder, own) = split(name);
        let is_body = match own {
            "index.json" => true,
            "headers.json" => false,
            _ => return Ok(()),
        };
        let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
        if size > most {
            if is_body {
                self.answers.insert(folder.to_owned(), Answer::TooLarge);
            }
            return Ok(());
        }
        self.text = self.text.saturating_add(size);
        if self.text > MOST_TEXT {
            return Err(LoadError::TooMuch { what: "its resources are more than 64 MiB" });
        }
        // Room for all of it, and one read; what an archive claims is believed up to here.
        let room = usize::try_from(size).unwrap_or_default().min(ROOM);
        let mut bytes = Vec::with_capacity(room);
        let read = content.take(size).read_to_end(&mut bytes);
        read.map_err(|error| LoadError::Damaged { what: error.to_string() })?;
        if is_body {
            let answer = tree::answer(&bytes, BTreeMap::new());
            if let Answer::Resource(resource) = &answer {
                self.weight = self.weight.saturating_add(tree::weight(&resource.body));
            }
            if self.weight > MOST_WEIGHT {
                return Err(LoadError::TooMuch { what: "its resources take more than 256 MiB" });
            }
            self.answers.insert(folder.to_owned(), answer);
        } else if let Ok(value) = serde_json::from_slice(&bytes) {
            self.headers.insert(folder.to_owned(), headers(&value));
        }
        Ok(())
    }

    /// Returns the tree.
    pub(super) fn tree(mut self) -> Result<Read<Tree>, LoadError> {
        let (base, start) = self.base()?;
        if let Some(why) = self.unreadable(&base, start) {
            return Err(LoadError::Unreadable { why });
        }
        let mut found = Read::<Tree>::default();
        for (folder, mut answer) in self.answers {
            let Some(below) = below(&folder, &base) else { continue };
            let path = if below.is_empty() { start.to_owned() } else { format!("{start}/{below}") };
            if let Answer::Resource(resource) = &mut answer {
                resource.headers = self.headers.remove(&folder).unwrap_or_default();
            }
            match tree::path(&path) {
                Some(path) => found.value.put(path, answer),
                // No link can lead there.
                None => found.findings.push(Finding {
                    path: folder.clone(),
                    pointer: String::new(),
                    trouble: Trouble::OffHost(path),
                }),
            }
        }
        Ok(found)
    }

    /// Says what is wrong with the root, where there is no resource at all.
    fn unreadable(&self, base: &str, start: &str) -> Option<String> {
        let is_resource = |answer: &Answer| matches!(answer, Answer::Resource(_));
        let root = if start == ROOT { base.to_owned() } else { format!("{base}/v1") };
        match self.answers.get(&root)? {
            Answer::NotJson(_) if self.answers.values().any(is_resource) => None,
            Answer::NotJson(why) => Some(format!("is not JSON: {why}")),
            _ => None,
        }
    }

    /// Returns the folder that the tree begins in, and which path that is.
    fn base(&self) -> Result<(String, &'static str), LoadError> {
        let named = |ending: &str| -> Vec<&str> {
            let folders = self.answers.keys().map(String::as_str);
            folders.filter(|folder| has_ending(folder, ending)).collect()
        };
        let bodies = self.answers.iter().filter(|(_, answer)| is_root(answer));
        let roots: Vec<&str> = bodies.map(|(folder, _)| folder.as_str()).collect();
        // Named as a tree and broken at its root.
        let is_broken =
            self.answers.get("").is_some_and(|answer| !matches!(answer, Answer::Resource(_)));
        let whole = if is_broken { vec![""] } else { Vec::new() };
        for candidates in [named("redfish/v1"), roots, named("v1"), whole] {
            let depth =
                |folder: &str| if folder.is_empty() { 0 } else { folder.split('/').count() };
            let Some(least) = candidates.iter().map(|folder| depth(folder)).min() else { continue };
            let mut first = candidates.into_iter().filter(|folder| depth(folder) == least);
            let Some(root) = first.next() else { continue };
            let others: Vec<&str> = first.collect();
            if !others.is_empty() {
                let places =
                    [root].into_iter().chain(others).take(8).map(|place| format!("`{place}`"));
                return Err(LoadError::Several { places: places.collect() });
            }
            // What stands beside `v1` is `/redfish` itself, where the folder says so.
            return Ok(match root.strip_suffix("/v1") {
                Some(above) if has_ending(above, "redfish") => (above.to_owned(), "/redfish"),
                _ => (root.to_owned(), ROOT),
            });
        }
        Err(LoadError::NoRoot)
    }
}

/// Says whether a body is the root of a service, by what only roots have.
fn is_root(answer: &Answer) -> bool {
    let Answer::Resource(resource) = answer else { return false };
    let kind = resource.body.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
    kind.contains("ServiceRoot") || resource.body.get("RedfishVersion").is_some()
}

/// Returns the headers of an answer to GET, as mockups keep them: by method, or flat.
fn headers(value: &Value) -> BTreeMap<String, String> {
    let fields = value.get("GET").unwrap_or(value).as_object();
    let kept = fields.into_iter().flatten().filter_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            _ => return None,
        };
        HEADERS.contains(&name.as_str()).then_some((name, text))
    });
    let mut headers = BTreeMap::new();
    headers.extend(kept);
    headers
}

/// Returns the folder and the file of a path.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('/').unwrap_or(("", name))
}

fn has_ending(folder: &str, ending: &str) -> bool {
    folder.strip_suffix(ending).is_some_and(|above| above.is_empty() || above.ends_with('/'))
}

/// Returns what of `folder` lies below `base`.
fn below<'a>(folder: &'a str, base: &str) -> Option<&'a str> {
    if base.is_empty() {
        return Some(folder);
    }
    let rest = folder.strip_prefix(base)?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
}
