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
    /// Who vouches for it.
    pub(crate) owner: Owner<'a>,
    /// The section it is in.
    pub(crate) area: &'a str,
    pub(crate) completeness: Completeness,
    /// Whether its facts need a source to count.
    pub(crate) vouched: bool,
    /// The object in the nearest array, to name it by.
    pub(crate) object: Option<(usize, &'a Value)>,
}

/// The provenance that holds for an object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Owner<'a> {
    pub(crate) origin: Option<&'a Map<String, Value>>,
    /// Whether it is that of the object itself, and not of one around it.
    pub(crate) own: bool,
    /// The source of every field that has none of its own.
    source: Option<u64>,
    /// Whether no field has a source of its own or claims by others: most objects are so.
    pub(crate) plain: bool,
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
            owner: Owner::default(),
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
            owner: Owner::default(),
            area: name,
            completeness,
            vouched: inventory,
            object: None,
        };
        Some((base, Status { completeness, word, reason }))
    }

    /// Returns how many sources the document has.
    pub(crate) fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Returns the locator of source `id`, where the document has it.
    pub(crate) fn locator(&self, id: u64) -> Option<&'a str> {
        let at = usize::try_from(id).ok()?;
        self.sources.get(at).copied().filter(|locator| !locator.is_empty())
    }

    /// Returns the base that `value` inside of `base` is; `at` is its place in an array.
    pub(crate) fn inside(&self, base: Base<'a>, value: &'a Value, at: Option<usize>) -> Base<'a> {
        let origin = value.get("origin").and_then(Value::as_object);
        let owner = match origin {
            Some(origin) => Owner {
                origin: Some(origin),
                own: true,
                source: self.vouching(origin.get("source")),
                plain: origin.len() == 1
                    || (part(origin, "sources").is_none() && part(origin, "also").is_none()),
            },
            None => Owner { own: false, ..base.owner },
        };
        Base { value, owner, object: at.map_or(base.object, |at| Some((at, value))), ..base }
    }

    /// Returns who says field `name` of the object that `owner` is the provenance of.
    pub(crate) fn source_of(&self, owner: Owner<'a>, name: &str) -> Option<u64> {
        if owner.plain {
            return owner.source;
        }
        let sources = owner.origin.and_then(|origin| part(origin, "sources"));
        let by_name = sources.and_then(|sources| {
            let mut name = name;
            loop {
                if let Some(id) = sources.get(name) {
                    return Some(id);
                }
                name = name.rsplit_once('.')?.0;
            }
        });
        if by_name.is_some() { self.vouching(by_name) } else { owner.source }
    }

    fn vouching(&self, id: Option<&Value>) -> Option<u64> {
        id?.as_u64().filter(|id| self.locator(*id).is_some())
    }
}

/// Returns the part `name` of a provenance, where it says something.
pub(crate) fn part<'a>(
    origin: &'a Map<String, Value>,
    name: &str,
) -> Option<&'a Map<String, Value>> {
    origin.get(name)?.as_object().filter(|part| !part.is_empty())
}
