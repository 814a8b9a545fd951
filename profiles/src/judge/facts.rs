//! The document of facts: its sections' completeness and its sources.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use serde_json::{Map, Value};

use super::apart::{self, Apart};
use crate::path::ROOTS;
use crate::words::{self, Area};

/// Facts and the parts of them that every check needs.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    root: &'a Value,
    /// The trees of [`ROOTS`], in that order.
    trees: [Option<Tree<'a>>; ROOTS.len()],
    sources: &'a [Value],
    /// Their locators, read when first asked for: a profile asks for half of them, and each
    /// lies in memory of its own.
    locators: Vec<OnceCell<&'a str>>,
    /// Who vouches for the elements of arrays that were looked through already.
    arrays: RefCell<Vec<Array<'a>>>,
    /// The words for what is in no section.
    words: &'static Area,
    /// Sections of the inventory that sources count differently.
    pub(crate) apart: Vec<Apart<'a>>,
}

/// An array and who vouches for each of its elements.
type Array<'a> = (&'a [Value], Rc<[Owner<'a>]>);

/// A tree of facts, and what it says of its sections.
#[derive(Clone, Copy, Debug)]
struct Tree<'a> {
    value: &'a Value,
    sections: Option<&'a Value>,
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
    /// The words for that section.
    pub(crate) words: &'static Area,
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
        let tree = |name: &str| {
            root.get(name).map(|value| Tree { value, sections: value.get("sections") })
        };
        Self {
            root,
            trees: ROOTS.map(tree),
            sources,
            locators: vec![OnceCell::new(); sources.len()],
            arrays: RefCell::default(),
            words: words::area(""),
            apart: apart::of(root),
        }
    }

    /// Returns the document itself as the place absolute paths start from.
    pub(crate) fn document(&self) -> Base<'a> {
        Base {
            value: self.root,
            owner: Owner::default(),
            area: "",
            words: self.words,
            completeness: Completeness::Complete,
            vouched: false,
            object: None,
        }
    }

    /// Returns the tree `root` as a base, and what is known of its section `name`.
    pub(crate) fn section(
        &self,
        root: &str,
        name: &'a str,
        words: &'static Area,
    ) -> Option<(Base<'a>, Status<'a>)> {
        let at = ROOTS.iter().position(|known| *known == root)?;
        let Tree { value, sections } = self.trees.get(at).copied().flatten()?;
        let status = sections.and_then(|sections| field(sections, name));
        let word = status.and_then(|status| field(status, "status")).and_then(Value::as_str);
        let inventory = root == "inventory";
        let completeness = match word {
            Some("complete") => Completeness::Complete,
            Some("partial") => Completeness::Partial,
            // Reports of runs list what was run; only the inventory says what there is.
            None if !inventory => Completeness::Partial,
            _ => Completeness::Nothing,
        };
        let base = Base {
            value,
            owner: Owner::default(),
            area: name,
            words,
            completeness,
            vouched: inventory,
            object: None,
        };
        // Of what is complete nobody asks why.
        let reason = status.filter(|_| completeness != Completeness::Complete);
        let reason = reason.and_then(|status| field(status, "reason")).and_then(Value::as_str);
        Some((base, Status { completeness, word, reason }))
    }

    /// Returns how many sources the document has.
    pub(crate) fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Returns the locator of source `id`, where the document has it.
    pub(crate) fn locator(&self, id: u64) -> Option<&'a str> {
        let at = usize::try_from(id).ok()?;
        let read = || field(self.sources.get(at)?, "locator").and_then(Value::as_str);
        let locator = *self.locators.get(at)?.get_or_init(|| read().unwrap_or(""));
        (!locator.is_empty()).then_some(locator)
    }

    /// Returns the base that the object `value` inside of `base` is.
    pub(crate) fn inside(&self, base: Base<'a>, value: &'a Value) -> Base<'a> {
        Base { value, owner: self.owner(base, value), ..base }
    }

    /// Returns who vouches for each of `items`, an array in `base`; `None` for one inside of
    /// another, of which there are many and small ones.
    ///
    /// They are kept: a profile asks for memory, disks and processors several times over, and
    /// provenance is all over the memory of the document. One close loop over it, once, lets
    /// the processor fetch the next while it waits for the last.
    pub(crate) fn owners(&self, base: Base<'a>, items: &'a [Value]) -> Option<Rc<[Owner<'a>]>> {
        if base.object.is_some() {
            return None;
        }
        let mut arrays = self.arrays.borrow_mut();
        if let Some((_, owners)) = arrays.iter().find(|array| std::ptr::eq(array.0, items)) {
            return Some(Rc::clone(owners));
        }
        let owners: Rc<[Owner<'a>]> = items.iter().map(|item| self.owner(base, item)).collect();
        arrays.push((items, Rc::clone(&owners)));
        Some(owners)
    }

    /// Returns who vouches for `value` inside of `base`.
    pub(crate) fn owner(&self, base: Base<'a>, value: &'a Value) -> Owner<'a> {
        let origin = field(value, "origin").and_then(Value::as_object);
        match origin {
            Some(origin) => Owner {
                origin: Some(origin),
                own: true,
                source: self.vouching(entry(origin, "source")),
                plain: origin.len() == 1
                    || (part(origin, "sources").is_none() && part(origin, "also").is_none()),
            },
            None => Owner { own: false, ..base.owner },
        }
    }

    /// Returns who says field `name` of the object that `owner` is the provenance of.
    pub(crate) fn source_of(&self, owner: Owner<'a>, name: &str) -> Option<u64> {
        if owner.plain { owner.source } else { self.source_of_field(owner, name) }
    }

    fn source_of_field(&self, owner: Owner<'a>, name: &str) -> Option<u64> {
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

/// Returns field `name` of `value`, where that is an object that has it.
pub(crate) fn field<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    match value {
        Value::Object(object) => entry(object, name),
        _ => None,
    }
}

/// Fields of an object that are gone through one by one.
const FEW: usize = 12;

/// Returns field `name` of `object`.
///
/// Lookups are what the judge mostly does. The map compares `name` with key after key for
/// their order, a call of `memcmp` each; most keys differ in length already.
fn entry<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    if object.len() > FEW {
        return object.get(name);
    }
    object.iter().find_map(|(key, value)| same(key, name).then_some(value))
}

/// Returns whether two names are the same.
///
/// Names are short: two loads of each, which may overlap, are all of one that has 4 to 16
/// bytes, and cost a third of a call of `memcmp`.
fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    if a.len() > 16 {
        return a == b;
    }
    if let (Some(first), Some(last)) = (a.first_chunk::<8>(), a.last_chunk::<8>()) {
        return b.first_chunk() == Some(first) && b.last_chunk() == Some(last);
    }
    if let (Some(first), Some(last)) = (a.first_chunk::<4>(), a.last_chunk::<4>()) {
        return b.first_chunk() == Some(first) && b.last_chunk() == Some(last);
    }
    a.iter().eq(b)
}

/// Returns the part `name` of a provenance, where it says something.
pub(crate) fn part<'a>(
    origin: &'a Map<String, Value>,
    name: &str,
) -> Option<&'a Map<String, Value>> {
    entry(origin, name)?.as_object().filter(|part| !part.is_empty())
}
