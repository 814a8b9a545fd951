//! Compares values with those of a profile.

use regex_lite::Regex;
use serde_json::Value;

use super::reach;
use crate::{
    interop::profile::{Check, Comparison},
    redfish::tree::{self, Answer, Tree},
};

/// Finds a property: a JSON pointer from the root of the resource, or a name in the object that it
/// is asked of and, where it is not there, in those around it (DSP0272 `CompareProperty`).
///
/// `around` are the objects, the resource first.
pub(super) fn find<'v>(property: &str, around: &[&'v Value]) -> Option<&'v Value> {
    if let Some(pointer) = property.strip_prefix('/') {
        // A key such as `#Chassis.Reset` may have no `/`, so that nothing is escaped.
        return pointer.split('/').try_fold(*around.first()?, |value, part| match value {
            Value::Object(fields) => fields.get(part),
            Value::Array(items) => items.get(part.parse::<usize>().ok()?),
            _ => None,
        });
    }
    around.iter().rev().find_map(|object| object.get(property))
}

/// Says whether a value compares as a profile has it; none where that cannot be known.
///
/// An array compares so where each of its items does, with `AnyOf` where one does.
pub(super) fn holds(check: &Check, found: Option<&Value>, tree: &Tree) -> Option<bool> {
    let by = check.by;
    let Some(value) = found else { return Some(by == Comparison::Absent) };
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let is_listed = |item: &Value| check.values.iter().any(|value| is_same(value, item));
    match by {
        Comparison::Absent => Some(false),
        Comparison::Present => Some(true),
        Comparison::AnyOf => Some(items.iter().any(is_listed)),
        Comparison::AllOf => {
            let has = |value: &Value| items.iter().any(|item| is_same(value, item));
            Some(check.values.iter().all(has))
        }
        Comparison::NotEqual => Some(!items.iter().any(is_listed)),
        Comparison::Equal => Some(!items.is_empty() && items.iter().all(is_listed)),
        _ if items.is_empty() => Some(false),
        _ => all(items.iter().map(|item| of_one(check, item, tree))),
    }
}

/// Joins answers: one that is no makes all no, else one that is not known leaves all unknown.
fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut joined = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => joined = None,
            Some(true) => {}
        }
    }
    joined
}

fn of_one(check: &Check, item: &Value, tree: &Tree) -> Option<bool> {
    if item.is_null() {
        return None;
    }
    let number = item.as_f64();
    let against = |compare: fn(f64, f64) -> bool| {
        let Some(number) = number else { return Some(false) };
        let limit = |value: &Value| value.as_f64().map(|limit| compare(number, limit));
        all(check.values.iter().map(limit))
    };
    match check.by {
        Comparison::GreaterThan => against(|has, limit| has > limit),
        Comparison::GreaterThanOrEqual => against(|has, limit| has >= limit),
        Comparison::LessThan => against(|has, limit| has < limit),
        Comparison::LessThanOrEqual => against(|has, limit| has <= limit),
        Comparison::Range => {
            let Some(number) = number else { return Some(false) };
            let limit = |at: usize| check.values.get(at).and_then(Value::as_f64);
            let low = limit(0).is_none_or(|low| number >= low);
            let high = limit(1).is_none_or(|high| number <= high);
            Some(low && high)
        }
        Comparison::Pattern => {
            let Some(text) = item.as_str() else { return Some(false) };
            let mut joined = Some(false);
            for pattern in &check.values {
                // It matches from the start on, as Python's `re.match` has it.
                let regex = pattern.as_str().map(|pattern| Regex::new(&format!("^(?:{pattern})")));
                match regex.and_then(Result::ok) {
                    Some(regex) if regex.is_match(text) => return Some(true),
                    Some(_) => {}
                    None => joined = None,
                }
            }
            joined
        }
        Comparison::LinkToResource => {
            let Some(link) = item.get("@odata.id").and_then(Value::as_str) else {
                return Some(false);
            };
            let Some(path) = tree::path(link) else { return Some(false) };
            match tree.answer(&path) {
                Some(Answer::Resource(_)) => {
                    let kind = reach::kind(tree, &path);
                    Some(kind.is_some_and(|kind| check.values.iter().any(|value| value == kind)))
                }
                Some(Answer::Status(404)) => Some(false),
                _ => None,
            }
        }
        _ => None,
    }
}

/// Says whether two values are the same; numbers by what they are worth.
pub(super) fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        _ => one == other,
    }
}

/// Returns the link of a value that could not be followed.
pub(super) fn unread_link(check: &Check, value: &Value, tree: &Tree) -> Option<String> {
    if check.by != Comparison::LinkToResource {
        return None;
    }
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    let links = items.iter().filter_map(|item| item.get("@odata.id")?.as_str());
    let unread = |link: &&str| {
        let answer = tree::path(link).map(|path| tree.answer(&path));
        !matches!(answer, Some(Some(Answer::Resource(_) | Answer::Status(404))))
    };
    links.into_iter().find(unread).map(str::to_owned)
}
