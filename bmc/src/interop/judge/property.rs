//! What is asked of properties.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Bench, Case, compare, reach, tally};
use crate::interop::{
    finding::{Outcome, Requirement, Why},
    profile::{Check, Comparison, Condition, Level, Property},
};

/// Characters of a value that are told.
const SHOWN: usize = 60;

/// Which condition is met.
pub(super) enum Met<'c> {
    /// This one: the first that is.
    By(&'c Condition),
    /// None.
    None,
    /// None is known to be, and of one it is not known.
    Unknown,
}

/// What is asked of a property once its conditions are settled.
#[derive(Clone, Copy)]
struct Asked<'p> {
    read: Level,
    write: Level,
    check: Option<&'p Check>,
}

impl Bench<'_> {
    /// Returns the first condition that is met. `around` are the objects that its property is
    /// looked for in, the resource first.
    pub(super) fn condition<'c>(
        &self,
        at: &Case<'_>,
        conditions: &'c [Condition],
        around: &[&Value],
    ) -> Met<'c> {
        let mut met = Met::None;
        for condition in conditions {
            let is_placed =
                condition.uris.is_empty() || condition.uris.iter().any(|uri| uri.is_of(at.path));
            let is_below = self.is_below(at.path, &condition.below);
            if condition.is_unread {
                met = Met::Unknown;
            } else if is_placed && is_below {
                let Some(compare) = &condition.compare else { return Met::By(condition) };
                let found = compare::find(&compare.property, around);
                match compare::holds(&compare.check, found, self.tree) {
                    Some(true) => return Met::By(condition),
                    Some(false) => {}
                    None => met = Met::Unknown,
                }
            }
        }
        met
    }

    /// Says whether a resource is below resources of these types, the topmost first.
    fn is_below(&self, path: &str, kinds: &[String]) -> bool {
        let mut above = reach::above(path);
        kinds.iter().rev().all(|kind| {
            above.next().is_some_and(|path| reach::kind(self.tree, path) == Some(kind.as_str()))
        })
    }

    /// Judges the properties of the last object of `around`, which is at `path`.
    pub(super) fn properties(
        &mut self,
        at: &Case<'_>,
        properties: &BTreeMap<String, Property>,
        around: &[&Value],
        path: &str,
    ) {
        for (name, property) in properties {
            self.property(at, name, property, around, &format!("{path}/{name}"));
        }
    }

    fn property(
        &mut self,
        at: &Case<'_>,
        name: &str,
        property: &Property,
        around: &[&Value],
        here: &str,
    ) {
        let Some(object) = around.last() else { return };
        let mut asked =
            Asked { read: property.read, write: property.write, check: property.check.as_ref() };
        match self.condition(at, &property.conditions, around) {
            Met::By(condition) => {
                asked = Asked {
                    read: condition.read,
                    write: condition.write,
                    check: condition.check.as_ref(),
                };
            }
            Met::None => {}
            Met::Unknown => {
                let (outcome, why) = (Outcome::NotTested, Why::Condition);
                self.put(at.finding(here, Requirement::Read, Level::Unread, outcome, why));
            }
        }
        // At the same level, and not around it (DSP0272 `ReplacedByProperty`).
        let beside = |other: &String| {
            if other.starts_with('/') {
                compare::find(other, around).is_some()
            } else {
                object.get(other).is_some()
            }
        };
        if property.replaced_by.as_ref().is_some_and(beside) {
            return;
        }
        let found = object.get(name);
        if let Some(older) = property.replaces.as_ref().filter(|older| beside(older))
            && found.is_none()
        {
            let why = Why::Older { property: older.clone() };
            self.put(at.finding(here, Requirement::Read, asked.read, Outcome::Warn, why));
            return;
        }
        if self.read(at, asked, found, around, here)
            && let Some(value) = found
        {
            self.write(at, name, asked.write, object, here);
            self.count(at, name, property, object, here);
            self.supported(at, name, property, object, here);
            if let Some(check) = asked.check {
                self.compared(at, check, asked.read, value, here);
            }
            self.within(at, property, value, around, here);
        }
    }

    /// Judges whether a property is there; says whether there is more to judge.
    fn read(
        &mut self,
        at: &Case<'_>,
        asked: Asked<'_>,
        found: Option<&Value>,
        around: &[&Value],
        here: &str,
    ) -> bool {
        let is_absent = |object: &&Value| super::is_absent(object);
        let level = match asked.read {
            // Of the object or of the resource (DSP0272 `IfPopulated`).
            Level::IfPopulated if around.iter().any(is_absent) => Level::None,
            Level::IfPopulated => Level::Mandatory,
            other => other,
        };
        let is_there = found.is_some();
        let (outcome, why) = match (level, is_there) {
            (Level::None | Level::Conditional, _) => return false,
            (Level::Unread, _) => (Outcome::NotTested, Why::Word),
            (Level::Excluded, true) => (Outcome::Fail, Why::Excluded),
            (Level::Excluded, false) => (Outcome::Pass, Why::Absent),
            // What has to be absent is not asked for by its name.
            (Level::Mandatory, false)
                if asked.check.is_some_and(|check| check.by == Comparison::Absent) =>
            {
                (Outcome::Pass, Why::Absent)
            }
            (Level::Mandatory, false) => (Outcome::Fail, Why::Absent),
            (Level::Supported, is_there) => {
                let (outcome, why) = if is_there {
                    (Outcome::Pass, Why::Present)
                } else {
                    (Outcome::NotTested, Why::Elsewhere)
                };
                let finding = at.finding(here, Requirement::Read, asked.read, outcome, why);
                let seen = if is_there { tally::Seen::Yes } else { tally::Seen::No };
                self.tally.add(at.number, finding, tally::Asks::Read, &seen);
                return is_there;
            }
            (_, true) => (Outcome::Pass, Why::Present),
            (_, false) => (Outcome::NotTested, Why::Absent),
        };
        self.put(at.finding(here, Requirement::Read, asked.read, outcome, why));
        is_there && !matches!(level, Level::Excluded | Level::Unread)
    }

    /// Judges whether a property can be written, by what the service says of it.
    fn write(&mut self, at: &Case<'_>, name: &str, level: Level, object: &Value, here: &str) {
        if level == Level::None {
            return;
        }
        let listed = object.get("@Redfish.WriteableProperties").and_then(Value::as_array);
        let is_listed = |listed: &Vec<Value>| listed.iter().any(|one| one == name);
        let refused = |by| match level {
            Level::Mandatory => (Outcome::Fail, Why::NotWritable { by }),
            _ => (Outcome::NotTested, Why::NotWritable { by }),
        };
        let may_change = at.allow.is_none_or(|allow| allows(allow, &["PATCH", "PUT"]));
        let ((outcome, why), seen) = match listed.map(is_listed) {
            _ if level == Level::Unread => ((Outcome::NotTested, Why::Word), tally::Seen::Unknown),
            _ if !may_change => (refused("Allow"), tally::Seen::No),
            Some(true) => ((Outcome::Pass, Why::Writable), tally::Seen::Yes),
            Some(false) => (refused("@Redfish.WriteableProperties"), tally::Seen::No),
            None => ((Outcome::NotTested, Why::WriteUnknown), tally::Seen::Unknown),
        };
        let finding = at.finding(here, Requirement::Write, level, outcome, why);
        if level == Level::Supported {
            self.tally.add(at.number, finding, tally::Asks::Write, &seen);
        } else {
            self.put(finding);
        }
    }

    /// Judges how many items an array has.
    fn count(
        &mut self,
        at: &Case<'_>,
        name: &str,
        property: &Property,
        object: &Value,
        here: &str,
    ) {
        let Some(wanted) = property.least else { return };
        let (outcome, why) = match object.get(name).and_then(Value::as_array) {
            Some(items) => {
                let listed = items.iter().filter(|item| !item.is_null()).count();
                let listed = u64::try_from(listed).unwrap_or(u64::MAX);
                // Of a collection in pages this is the first one.
                let is_paged = object.get(format!("{name}@odata.nextLink")).is_some();
                let said = object.get(format!("{name}@odata.count")).and_then(Value::as_u64);
                let has = said.filter(|_| is_paged).unwrap_or(listed).max(listed);
                let outcome = if has < wanted { Outcome::Fail } else { Outcome::Pass };
                (outcome, Why::Count { has, wanted })
            }
            None => (Outcome::Warn, Why::NotArray),
        };
        self.put(at.finding(here, Requirement::Count, property.read, outcome, why));
    }

    /// Judges which values can be written, by those that the service lists.
    fn supported(
        &mut self,
        at: &Case<'_>,
        name: &str,
        property: &Property,
        object: &Value,
        here: &str,
    ) {
        if property.supported.is_empty() {
            return;
        }
        let (outcome, why) = match object.get(format!("{name}@Redfish.AllowableValues")) {
            Some(Value::Array(listed)) => lacking(&property.supported, listed),
            Some(_) => (Outcome::Warn, Why::NotArray),
            None => (Outcome::NotTested, Why::AllowsUnknown),
        };
        self.put(at.finding(here, Requirement::Supported, property.read, outcome, why));
    }

    /// Compares a value.
    fn compared(&mut self, at: &Case<'_>, check: &Check, level: Level, value: &Value, here: &str) {
        let differs = |by| Why::Differs { by, wanted: check.values.clone(), has: shown(value) };
        if let Comparison::AnyOf | Comparison::AllOf = check.by {
            let why = differs(check.by);
            let finding = at.finding(here, Requirement::Comparison, level, Outcome::NotTested, why);
            self.tally.add(
                at.number,
                finding,
                tally::Asks::Values(check.clone()),
                &tally::Seen::Value(value),
            );
            return;
        }
        let (outcome, why) = match compare::holds(check, Some(value), self.tree) {
            Some(true) => (Outcome::Pass, Why::Compares),
            Some(false) => (Outcome::Fail, differs(check.by)),
            None => match compare::unread_link(check, value, self.tree) {
                Some(link) => (Outcome::NotTested, Why::LinkUnread { link }),
                None => (Outcome::NotTested, Why::CannotCompare),
            },
        };
        self.put(at.finding(here, Requirement::Comparison, level, outcome, why));
    }

    /// Judges what is in an object, or in each object of an array.
    fn within(
        &mut self,
        at: &Case<'_>,
        property: &Property,
        value: &Value,
        around: &[&Value],
        here: &str,
    ) {
        if property.properties.is_empty() {
            return;
        }
        let below = |object| around.iter().copied().chain([object]).collect::<Vec<&Value>>();
        let mut is_odd = false;
        match value {
            Value::Object(_) => self.properties(at, &property.properties, &below(value), here),
            Value::Array(items) => {
                for (number, item) in items.iter().enumerate() {
                    match item {
                        Value::Object(_) => {
                            let here = format!("{here}/{number}");
                            self.properties(at, &property.properties, &below(item), &here);
                        }
                        Value::Null => {}
                        _ => is_odd = true,
                    }
                }
            }
            _ => is_odd = true,
        }
        if is_odd {
            let (outcome, why) = (Outcome::Warn, Why::NotObject);
            self.put(at.finding(here, Requirement::Read, property.read, outcome, why));
        }
    }
}

/// Says whether an `Allow` header has one of the methods.
pub(super) fn allows(header: &str, methods: &[&str]) -> bool {
    header.split(',').any(|word| methods.iter().any(|one| word.trim().eq_ignore_ascii_case(one)))
}

/// Judges whether all wanted values are listed.
pub(super) fn lacking(wanted: &[String], listed: &[Value]) -> (Outcome, Why) {
    let is_listed = |value: &&String| listed.iter().any(|one| one == value.as_str());
    let values: Vec<String> = wanted.iter().filter(|value| !is_listed(value)).cloned().collect();
    if values.is_empty() {
        (Outcome::Pass, Why::Allows)
    } else {
        (Outcome::Fail, Why::Lacks { values })
    }
}

/// Returns a value as it is told: cut short.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Object(fields) => match fields.get("@odata.id") {
            Some(link) if fields.len() == 1 => link.to_string(),
            _ => "{…}".to_owned(),
        },
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            "[…]".to_owned()
        }
        other => other.to_string(),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
