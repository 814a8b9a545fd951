//! Which resources a service has: those that links lead to, from the root.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::redfish::{
    reader::ROOT,
    tree::{self, Answer, Tree},
    walk::MOST_ENTRIES,
};

/// What was reached.
#[derive(Debug, Default)]
pub(super) struct Reached {
    /// Paths of what was read, in the order that the links lead to them, depth first.
    pub(super) paths: Vec<String>,
    /// Links to what is not known, for nobody asked, it was not recorded, or the BMC was silent:
    /// where they lead, and of what type that is, where a collection tells.
    pub(super) missing: Vec<(String, Option<String>)>,
}

impl Reached {
    /// Returns how many of what is missing may be of a type.
    pub(super) fn maybe(&self, kind: &str) -> usize {
        // A collection that is missing may have members.
        let is_it = |own: &str| own == kind || own.strip_suffix("Collection") == Some(kind);
        let may_be = |own: &Option<String>| own.as_deref().is_none_or(is_it);
        self.missing.iter().filter(|(_, own)| may_be(own)).count()
    }
}

/// A link as it was met.
struct Link {
    path: String,
    inside: Inside,
    /// The type that it leads to, where a collection tells.
    kind: Option<String>,
    /// Whether it is one to a resource, and not one to a file.
    is_resource: bool,
}

/// Follows the links of `tree`.
pub(super) fn reach(tree: &Tree) -> Reached {
    let mut reached = Reached::default();
    let mut visited = BTreeSet::new();
    let mut settings = BTreeSet::new();
    let mut stack = vec![Link {
        path: ROOT.to_owned(),
        inside: Inside::Resource,
        kind: Some("ServiceRoot".to_owned()),
        is_resource: true,
    }];
    while let Some(link) = stack.pop() {
        if settings.contains(&link.path) || !visited.insert(link.path.clone()) {
            continue;
        }
        match tree.answer(&link.path) {
            Some(Answer::Resource(resource)) => {
                let mut links = Vec::new();
                gather(&resource.body, Inside::Resource, None, &mut |link| links.push(link));
                let is_setting = |link: &&Link| link.inside == Inside::Settings;
                settings.extend(links.iter().filter(is_setting).map(|link| link.path.clone()));
                reached.paths.push(link.path);
                stack.extend(links.into_iter().rev());
            }
            // It may be there: who asks again, or as another user, may get it.
            Some(Answer::Silent(_) | Answer::TooLarge | Answer::Status(401 | 403 | 500..)) => {
                reached.missing.push((link.path, link.kind));
            }
            // The service does not have it, or has something else there.
            Some(Answer::Status(_) | Answer::NotJson(_)) => {}
            None if !link.is_resource || is_dictionary(&link.path) => {}
            None => {
                let listed = listed(&link.path).map(str::to_owned);
                reached.missing.push((link.path, link.kind.or(listed)));
            }
        }
    }
    reached
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Resource,
    /// A setting or a capability: a form to fill in, not a resource of the machine.
    Settings,
}

/// Tells every link of a value; `member` is the type of the members that it is one of.
fn gather(value: &Value, inside: Inside, member: Option<&str>, tell: &mut dyn FnMut(Link)) {
    match value {
        Value::Array(items) => {
            for item in items {
                gather(item, inside, member, tell);
            }
        }
        Value::Object(fields) => {
            let typed = fields.get("@odata.type").and_then(Value::as_str).unwrap_or_default();
            if typed.starts_with("#JsonSchemaFile.") {
                return;
            }
            let members = typed.rsplit('.').next().and_then(|kind| kind.strip_suffix("Collection"));
            let is_log = members == Some("LogEntry");
            for (key, field) in fields {
                match field {
                    // What an entry of a log is about is linked elsewhere too.
                    _ if key == "OriginOfCondition" => {}
                    _ if is_log && key == "Members@odata.nextLink" => {}
                    Value::String(text) => {
                        let kind = member.filter(|_| key == "@odata.id").map(str::to_owned);
                        if let Some(link) = link(key, text, inside, kind) {
                            tell(link);
                        }
                    }
                    Value::Array(items) if members.is_some() && key == "Members" => {
                        let most = if is_log { MOST_ENTRIES } else { usize::MAX };
                        for item in items.iter().take(most) {
                            gather(item, inside, members, tell);
                        }
                    }
                    Value::Object(_) | Value::Array(_) => {
                        let below = match key.as_str() {
                            "SettingsObject" | "CapabilitiesObject" => Inside::Settings,
                            _ => inside,
                        };
                        gather(field, below, None, tell);
                    }
                    Value::Null | Value::Bool(_) | Value::Number(_) => {}
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the link that a property is, if it is one.
fn link(key: &str, text: &str, inside: Inside, kind: Option<String>) -> Option<Link> {
    let is_resource = matches!(key, "@odata.id" | "Members@odata.nextLink" | "@Redfish.ActionInfo");
    let is_link = is_resource || matches!(key, "Uri" | "DataSourceUri" | "TargetComponentURI");
    let path = tree::path(text).filter(|_| is_link && !text.contains('#'))?;
    Some(Link { path, inside, kind, is_resource })
}

/// Returns the type of a list that recordings leave out.
fn listed(path: &str) -> Option<&'static str> {
    match path.rsplit('/').next() {
        Some("Registries") => Some("MessageRegistryFileCollection"),
        Some("JsonSchemas") => Some("JsonSchemaFileCollection"),
        _ => None,
    }
}

fn is_dictionary(path: &str) -> bool {
    ["/JsonSchemas/", "/Registries/", "/SchemaStore/"].iter().any(|part| path.contains(part))
}

/// Returns the paths above a path, the nearest first, down to the root.
pub(super) fn above(path: &str) -> impl Iterator<Item = &str> {
    let up = std::iter::successors(Some(path), |path| Some(path.rsplit_once('/')?.0));
    up.skip(1).take_while(|path| path.len() >= ROOT.len())
}

/// Returns the type of a resource, without a version.
pub(super) fn kind<'t>(tree: &'t Tree, path: &str) -> Option<&'t str> {
    tree.body(path)?.get("@odata.type")?.as_str()?.rsplit('.').next()
}
