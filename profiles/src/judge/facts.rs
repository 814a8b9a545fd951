//! The document of facts: its sections' completeness and its sources.

use serde_json::{Map, Value};

/// Facts and the parts of them that every check needs.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    root: &'a Value,
    /// Locators by source index.
    sources: Vec<&'a str>,
}

/// How much of a section is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Completeness {
    /// All of it: what is not there does not exist.
    Complete,
    /// What is there is true, but there may be more.
    Partial,
    /// Nothing.
    Nothing,
}

/// An object to read from: where it is, and who vouches for it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    pub(crate) value: &'a Value,
    /// The provenance that holds for it.
    pub(crate) origin: Option<&'a Map<String, Value>>,
    /// Whether it is itself the object whose provenance that is.
    pub(crate) own_origin: bool,
    /// The section it is in.
    pub(crate) area: &'a str,
    pub(crate) completeness: Completeness,
    /// Whether its facts need a source to count.
    pub(crate) vouched: bool,
    /// The object in the nearest array, to name it by.
    pub(crate) object: Option<(usize, &'a Value)>,
}

/// What is known of a section, and why not more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Status<'a> {
    pub(crate) completeness: Completeness,
    /// The word of the document; `None` where it has none.
    pub(crate) word: Option<&'a str>,
    pub(crate) reason: Option<&'a str>,
}

impl<'a> Facts<'a> {
    /// Reads what every check needs out of `root`.
    pub(crate) fn of(root: &'a Value) -> Self {
        let sources = root.get("inventory").and_then(|inventory| inventory.get("sources"));
        let sources = sources.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let locator = |source: &'a Value| source.get("locator").and_then(Value::as_str);
        Self { root, sources: sources.iter().map(|source| locator(source).unwrap_or("")).collect() }
    }

    /// Returns the document itself as the place absolute paths start from.
    pub(crate) fn document(&self) -> Base<'a> {
        Base {
            value: self.root,
            origin: None,
            own_origin: false,
            area: "",
            completeness: Completeness::Complete,
            vouched: false,
            object: None,
        }
    }

    /// Returns the tree `root` as a base, and what is known of its section `name`.
    pub(crate) fn section(&self, root: &str, name: &'a str) -> Option<(Base<'a>, Status<'a>)> {
        let tree = self.root.get(root)?;
        let status = tree.get("sections").and_then(|sections| sections.get(name));
        let word = status.and_then(|status| status.get("status")).and_then(Value::as_str);
        let reason = status.and_then(|status| status.get("reason")).and_then(Value::as_str);
        let inventory = root == "inventory";
        let completeness = match word {
            Some("complete") => Completeness::Complete,
            Some("partial") => Completeness::Partial,
            // Reports of runs list what was run; only the inventory says what there is.
            None if !inventory => Completeness::Partial,
            _ => Completeness::Nothing,
        };
        let base = Base {
            value: tree,
            origin: None,
            own_origin: false,
            area: name,
            completeness,
            vouched: inventory,
            object: None,
        };
        Some((base, Status { completeness, word, reason }))
    }

    /// Returns the locator of source `id`, where the document has it.
    pub(crate) fn locator(&self, id: u64) -> Option<&'a str> {
        let at = usize::try_from(id).ok()?;
        self.sources.get(at).copied().filter(|locator| !locator.is_empty())
    }
}
