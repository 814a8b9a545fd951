//! Reads a tree leniently: one bad field costs that field, one bad member that member, and both
//! are told of.
//!
//! A reader also notes which resources it looked for and did not find in the tree. What a walk has
//! to fetch next is what the readers of its purpose miss, so the two can never differ.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
};

use serde_json::Value;

use super::{
    finding::{Finding, Read, Trouble},
    tree::{Answer, Tree, path},
};

mod follow;
mod node;

pub(super) use node::cut;
pub use node::{Node, Status};

/// The root of a service; the resource that every service has (DSP0266 §6.3).
pub const ROOT: &str = "/redfish/v1";

/// Pages of one collection that are read: 16 entries a page, 8192 entries, is the least we met.
pub(super) const MOST_PAGES: usize = 512;

/// Members of one collection, or items of one array, that are read.
pub(super) const MOST_MEMBERS: usize = 20_000;

/// Items of all arrays and collections together: a small tree can lead to many, where each of a
/// thousand adapters has the same thousand ports. The largest machines have some thousands.
pub(super) const MOST_ITEMS: usize = 60_000;

/// A tree that is being read.
#[derive(Debug)]
pub struct Reader<'t> {
    tree: &'t Tree,
    findings: RefCell<BTreeSet<Finding>>,
    missing: RefCell<BTreeSet<String>>,
    /// Whether what is missing may still come.
    is_walking: bool,
    /// Items that may still be read.
    left: Cell<usize>,
}

impl<'t> Reader<'t> {
    /// Starts to read `tree`.
    pub fn new(tree: &'t Tree) -> Self {
        let (findings, missing) = (RefCell::default(), RefCell::default());
        Self { tree, findings, missing, is_walking: false, left: Cell::new(MOST_ITEMS) }
    }

    /// Starts to read a tree that is not whole yet.
    pub(super) fn walking(tree: &'t Tree) -> Self {
        Self { is_walking: true, ..Self::new(tree) }
    }

    /// Says whether something that was looked for may still come: then it is too early to look
    /// for what takes its place.
    pub(super) fn is_waiting(&self) -> bool {
        self.is_walking && !self.missing.borrow().is_empty()
    }

    /// Returns what was found wrong so far, with `value`.
    pub fn done<T>(self, value: T) -> Read<T> {
        Read { value, findings: self.findings.into_inner().into_iter().collect() }
    }

    /// Returns the paths that were looked for and are not in the tree.
    pub fn missing(self) -> BTreeSet<String> {
        self.missing.into_inner()
    }

    /// Returns the root, if the tree has one.
    pub fn root(&self) -> Option<Node<'_>> {
        self.resource(ROOT)
    }

    /// Says whether something answered at `path` and could not be read: the rest may be there.
    pub(super) fn is_damaged(&self, path: &str) -> bool {
        matches!(self.tree.answer(path), Some(Answer::NotJson(_) | Answer::TooLarge))
    }

    /// Returns the resource at `path`, and tells where there is none.
    pub fn resource(&self, path: &str) -> Option<Node<'_>> {
        let trouble = match self.tree.answer(path) {
            Some(Answer::Resource(resource)) => match &resource.body {
                Value::Object(fields) => {
                    return Some(Node::whole(self, path.to_owned(), fields));
                }
                other => Trouble::NotJson(format!("{} and no object", node::short(other))),
            },
            Some(Answer::Status(status)) => Trouble::Status(*status),
            Some(Answer::NotJson(why)) => Trouble::NotJson(why.clone()),
            Some(Answer::TooLarge) => Trouble::TooLarge,
            Some(Answer::Silent(why)) => Trouble::Silent(why.clone()),
            None => {
                self.missing.borrow_mut().insert(path.to_owned());
                Trouble::NotRead
            }
        };
        self.tell(path, String::new(), trouble);
        None
    }

    /// Returns the resource at a path that nothing links to, and tells that it was tried; that there
    /// is none is no loss.
    pub(super) fn guess(&self, path: &str) -> Option<Node<'_>> {
        match self.tree.answer(path) {
            None => drop(self.missing.borrow_mut().insert(path.to_owned())),
            Some(Answer::Status(404 | 405 | 501)) => {}
            Some(_) => {
                self.tell(path, String::new(), Trouble::Guessed);
                return self.resource(path);
            }
        }
        None
    }

    /// Says whether one more item may be read.
    pub(super) fn spend(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    /// Notes that something is wrong.
    pub(super) fn tell(&self, path: &str, pointer: String, trouble: Trouble) {
        let finding = Finding { path: path.to_owned(), pointer, trouble };
        self.findings.borrow_mut().insert(finding);
    }

    /// Returns the path that `link` leads to.
    pub(super) fn path_of(&self, from: &Node<'_>, pointer: String, link: &str) -> Option<String> {
        let place = path(link);
        if place.is_none() {
            self.tell(from.path(), pointer, Trouble::OffHost(cut(link)));
        }
        place
    }
}
