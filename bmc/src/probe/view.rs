//! The tree as the deciders look at it: a resource that a link leads to, and why there is none.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Cell, Facts, Verdict, cell, plan};
use crate::redfish::{
    reader::ROOT,
    tree::{self, Answer, Tree},
};

/// Where a link leads.
#[derive(Clone, Debug)]
pub(super) enum At<'t> {
    /// There is no link.
    Absent,
    /// To a resource.
    Body(String, &'t Value),
    /// To what is none: how that is judged, and what it answered.
    Broken(String, Verdict, String),
}

/// The resources that matter.
pub(super) struct View<'t> {
    pub(super) facts: &'t Facts<'t>,
    pub(super) root: &'t Value,
    pub(super) system: At<'t>,
    pub(super) manager: At<'t>,
    pub(super) chassis: At<'t>,
}

impl<'t> View<'t> {
    pub(super) fn new(facts: &'t Facts<'t>) -> Self {
        let tree = facts.tree;
        let at = |path: Option<String>| path.map_or(At::Absent, |path| seen(tree, path));
        let system = at(plan::system(tree, facts.system));
        let chassis = at(plan::chassis(tree, system.body()));
        Self {
            facts,
            root: tree.body(ROOT).unwrap_or(&Value::Null),
            manager: at(plan::manager(tree, facts.manager)),
            system,
            chassis,
        }
    }

    /// Follows a link.
    pub(super) fn follow(&self, from: &Value, name: &str) -> At<'t> {
        link(from, name).map_or(At::Absent, |path| seen(self.facts.tree, path))
    }

    /// Follows a path.
    pub(super) fn at(&self, path: String) -> At<'t> {
        seen(self.facts.tree, path)
    }

    /// Returns the verdict of a form that a quirk knows: without the quirk nobody could use it.
    pub(super) fn quirk(&self, id: &'static str) -> Verdict {
        if self.facts.rules.has(id) { Verdict::Quirk(id) } else { Verdict::Wrong }
    }
}

impl<'t> At<'t> {
    /// Returns the body; `Null` where there is none.
    pub(super) fn body(&self) -> &'t Value {
        match self {
            Self::Body(_, body) => body,
            Self::Absent | Self::Broken(..) => &Value::Null,
        }
    }

    /// Returns the path; empty where there is no link.
    pub(super) fn path(&self) -> &str {
        match self {
            Self::Absent => "",
            Self::Body(path, _) | Self::Broken(path, ..) => path,
        }
    }

    /// Decides a feature: by the resource where there is one.
    pub(super) fn decide(
        &self,
        feature: &'static str,
        from: &str,
        good: &dyn Fn(&Value) -> (Verdict, String),
    ) -> Cell {
        match self {
            // What lacks the link shows that it is missing.
            Self::Absent if from.is_empty() => cell(feature, Verdict::Unknown, "not read", ""),
            Self::Absent => cell(feature, Verdict::Missing, "none", from),
            Self::Broken(path, verdict, what) => cell(feature, *verdict, what, path),
            Self::Body(path, body) => {
                let (verdict, what) = good(body);
                cell(feature, verdict, what, path)
            }
        }
    }
}

fn seen(tree: &Tree, path: String) -> At<'_> {
    let (verdict, what) = match tree.answer(&path) {
        Some(Answer::Resource(resource)) => return At::Body(path, &resource.body),
        Some(Answer::Status(status @ (401 | 403))) => (Verdict::Unknown, format!("HTTP {status}")),
        Some(Answer::Status(status)) => (Verdict::Wrong, format!("HTTP {status}")),
        Some(Answer::NotJson(_)) => (Verdict::Wrong, "no JSON object".to_owned()),
        Some(Answer::TooLarge) => (Verdict::Wrong, "more than 16 MB".to_owned()),
        Some(Answer::Silent(_)) => (Verdict::Unknown, "no answer".to_owned()),
        None => (Verdict::Unknown, "not read".to_owned()),
    };
    At::Broken(path, verdict, what)
}

/// Returns the path of a link.
pub(super) fn link(from: &Value, name: &str) -> Option<String> {
    from.get(name)?.get("@odata.id")?.as_str().and_then(tree::path)
}

/// Returns the paths of a collection's members.
pub(super) fn members(collection: &Value) -> Vec<String> {
    let members = collection.get("Members").and_then(Value::as_array);
    let link = |one: &Value| one.get("@odata.id").unwrap_or(one).as_str().and_then(tree::path);
    members.into_iter().flatten().filter_map(link).collect()
}

/// Returns the last part of a path.
pub(super) fn id(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

/// Returns a text that is there and says something.
pub(super) fn text<'v>(body: &'v Value, name: &str) -> Option<&'v str> {
    body.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
}

/// Lists words in an order that no firmware changes.
pub(super) fn list<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let mut all = BTreeSet::new();
    all.extend(words);
    all.into_iter().collect::<Vec<_>>().join(", ")
}
