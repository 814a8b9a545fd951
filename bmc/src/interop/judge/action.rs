//! What is asked of actions, and of the members of collections.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Bench, Case, is_absent, property};
use crate::{
    interop::{
        finding::{Outcome, Requirement, Why},
        profile::{Action, Capability, Level, Parameter, UseCase},
    },
    redfish::tree::{self, Answer},
};

/// What is known of a parameter of an action.
enum Known<'v> {
    /// The values that it takes.
    Values(&'v [Value]),
    /// That it is there.
    Named,
    /// That it is not: all are listed.
    Missing,
    /// Nothing: the service lists none.
    Nothing,
}

impl Bench<'_> {
    /// Judges the actions of a resource.
    pub(super) fn actions(&mut self, at: &Case<'_>, actions: &BTreeMap<String, Action>) {
        for (name, asked) in actions {
            let key = format!("#{}.{name}", at.kind);
            let here = format!("/Actions/{key}");
            let found = at.body.get("Actions").and_then(|actions| actions.get(&key));
            let level = match asked.read {
                Level::IfPopulated if is_absent(at.body) => Level::None,
                Level::IfPopulated => Level::Mandatory,
                other => other,
            };
            let (outcome, why) = match (level, found.is_some()) {
                (Level::None | Level::Conditional, _) => continue,
                (Level::Unread, _) => (Outcome::NotTested, Why::Word),
                (Level::Excluded, true) => (Outcome::Fail, Why::Excluded),
                (Level::Excluded, false) => (Outcome::Pass, Why::Absent),
                (Level::Mandatory, false) => (Outcome::Fail, Why::Absent),
                (_, true) => (Outcome::Pass, Why::Present),
                (_, false) => (Outcome::NotTested, Why::Absent),
            };
            self.put(at.finding(&here, Requirement::Action, asked.read, outcome, why));
            if let Some(Value::Object(action)) = found {
                self.action(at, asked, action, &here);
            }
        }
    }

    fn action(&mut self, at: &Case<'_>, asked: &Action, action: &Map<String, Value>, here: &str) {
        let info = action.get("@Redfish.ActionInfo").and_then(Value::as_str);
        if asked.info != Level::None {
            let (outcome, why) = match (asked.info, info.is_some()) {
                (Level::Unread, _) => (Outcome::NotTested, Why::Word),
                (_, true) => (Outcome::Pass, Why::Present),
                (Level::Mandatory, false) => (Outcome::Fail, Why::Absent),
                (_, false) => (Outcome::NotTested, Why::Absent),
            };
            self.put(at.finding(here, Requirement::ActionInfo, asked.info, outcome, why));
        }
        let listed = info.and_then(tree::path).and_then(|path| self.tree.body(&path));
        let listed = listed.and_then(|info| info.get("Parameters")).and_then(Value::as_array);
        for (name, parameter) in &asked.parameters {
            let known = known(name, action, listed.map(Vec::as_slice));
            self.parameter(at, parameter, &known, &format!("{here}/{name}"));
        }
    }

    fn parameter(&mut self, at: &Case<'_>, asked: &Parameter, known: &Known<'_>, here: &str) {
        let (outcome, why) = match (asked.read, known) {
            (Level::None | Level::Conditional, _) => return,
            (Level::Unread, _) => (Outcome::NotTested, Why::Word),
            (Level::Excluded, Known::Values(_) | Known::Named) => (Outcome::Fail, Why::Excluded),
            (Level::Excluded, Known::Missing) => (Outcome::Pass, Why::Absent),
            (_, Known::Values(_) | Known::Named) => (Outcome::Pass, Why::Present),
            (Level::Mandatory, Known::Missing) => (Outcome::Fail, Why::Absent),
            (_, Known::Missing) => (Outcome::NotTested, Why::Absent),
            (_, Known::Nothing) => (Outcome::NotTested, Why::AllowsUnknown),
        };
        self.put(at.finding(here, Requirement::Parameter, asked.read, outcome, why));
        if matches!(known, Known::Missing) || asked.read == Level::Excluded {
            return;
        }
        for (values, level) in
            [(&asked.values, asked.read), (&asked.recommended, Level::Recommended)]
        {
            if values.is_empty() {
                continue;
            }
            let (outcome, why) = match known {
                Known::Values(listed) => property::lacking(values, listed),
                _ => (Outcome::NotTested, Why::AllowsUnknown),
            };
            // What is recommended and not there is not tested, as with properties.
            let is_loose = level == Level::Recommended && outcome == Outcome::Fail;
            let outcome = if is_loose { Outcome::NotTested } else { outcome };
            self.put(at.finding(here, Requirement::ParameterValues, level, outcome, why));
        }
    }

    /// Judges what can be done with the members of a collection, by `Allow` headers.
    pub(super) fn capabilities(&mut self, at: &Case<'_>, case: &UseCase) {
        for capability in &case.capabilities {
            let (method, methods): (_, &[&str]) = match capability {
                Capability::Create => ("POST", &["POST"]),
                Capability::Delete => ("DELETE", &["DELETE"]),
                Capability::Update => ("PATCH", &["PATCH", "PUT"]),
            };
            let allow = match capability {
                _ if !at.kind.ends_with("Collection") => Err(Why::NotSeen),
                Capability::Create => Ok(at.allow),
                Capability::Delete | Capability::Update => self.allow_of_member(at.body),
            };
            let (outcome, why) = match allow {
                Ok(Some(allow)) if property::allows(allow, methods) => {
                    (Outcome::Pass, Why::Allowed { method })
                }
                Ok(Some(_)) => (Outcome::Fail, Why::NotAllowed { method }),
                Ok(None) => (Outcome::Warn, Why::AllowUnknown { method }),
                Err(why) => (Outcome::NotTested, why),
            };
            self.put(at.finding("", Requirement::Capability, Level::Mandatory, outcome, why));
        }
    }

    /// Returns the `Allow` header of the first member of a collection.
    fn allow_of_member(&self, body: &Value) -> Result<Option<&str>, Why> {
        let link = body.pointer("/Members/0/@odata.id").and_then(Value::as_str);
        let path = link.and_then(tree::path).ok_or(Why::NoMember)?;
        match self.tree.answer(&path) {
            Some(Answer::Resource(resource)) => {
                Ok(resource.headers.get("allow").map(String::as_str))
            }
            _ => Ok(None),
        }
    }
}

/// Returns what the service tells of a parameter: in the action itself, or in its action info
/// (DSP0266 "Allowable values", "Action info annotation").
fn known<'v>(name: &str, action: &'v Map<String, Value>, listed: Option<&'v [Value]>) -> Known<'v> {
    if let Some(Value::Array(values)) = action.get(&format!("{name}@Redfish.AllowableValues")) {
        return Known::Values(values);
    }
    let Some(listed) = listed else { return Known::Nothing };
    let is_named = |one: &&Value| one.get("Name").is_some_and(|own| own == name);
    match listed.iter().find(is_named) {
        Some(one) => match one.get("AllowableValues") {
            Some(Value::Array(values)) => Known::Values(values),
            _ => Known::Named,
        },
        None => Known::Missing,
    }
}
