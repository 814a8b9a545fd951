//! Following a path through facts: every value it leads to, who says it, what
//! others say, and whether the filters on the way are known to keep it.

use serde_json::{Map, Value};

use super::evaluate::Judge;
use super::explain::{What, Why};
use super::facts::{Base, Completeness, Facts};
use crate::kleene::Truth;
use crate::path::{Path, Predicate, Step};

/// One value that a path leads to.
#[derive(Debug)]
pub(crate) struct Leaf<'a> {
    /// The value; `None` where it is not known.
    pub(crate) value: Option<&'a Value>,
    /// What other sources say of it, agreeing or not.
    pub(crate) claims: Vec<Claim<'a>>,
    /// Who says it.
    pub(crate) source: Option<u64>,
    /// Whether the filters keep it.
    pub(crate) member: Truth,
    /// The object it is, or is in.
    pub(crate) base: Base<'a>,
}

/// What another source says of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim<'a> {
    pub(crate) value: &'a Value,
    pub(crate) source: Option<u64>,
}

/// Everything a path leads to.
#[derive(Debug)]
pub(crate) struct Reached<'a> {
    pub(crate) leaves: Vec<Leaf<'a>>,
    /// Whether there can be no more of them than these.
    pub(crate) closed: bool,
    /// Whether the section could be read at all.
    pub(crate) open: bool,
}

impl<'a> Judge<'a> {
    /// Follows `path` from `base`, or from the document where it is absolute.
    pub(crate) fn follow(&mut self, base: Base<'a>, path: &'a Path) -> Reached<'a> {
        let mut reached = Reached { leaves: Vec::new(), closed: true, open: true };
        let steps = path.steps.as_slice();
        if !path.absolute {
            self.walk(base, steps, Cursor::at(&base), &mut reached);
            return reached;
        }
        let (root, rest) = match steps.split_first() {
            Some((root, rest)) => (root.name.as_str(), rest),
            None => ("", steps),
        };
        let section = rest.first().map_or("", |step| step.name.as_str());
        let Some((base, status)) = self.facts.section(root, section) else {
            self.why(Why { area: section, what: What::Section(None, None) });
            return Reached { leaves: Vec::new(), closed: false, open: false };
        };
        let stated = status.word.is_some() || status.completeness == Completeness::Nothing;
        if status.completeness != Completeness::Complete && stated {
            self.why(Why { area: section, what: What::Section(status.word, status.reason) });
        }
        if status.completeness == Completeness::Nothing {
            return Reached { leaves: Vec::new(), closed: false, open: false };
        }
        self.walk(base, rest, Cursor::at(&base), &mut reached);
        reached
    }

    fn walk(
        &mut self,
        base: Base<'a>,
        steps: &'a [Step],
        cursor: Cursor<'a>,
        reached: &mut Reached<'a>,
    ) {
        let Some((step, rest)) = steps.split_first() else {
            let source = self.facts.source_of(base.origin, cursor.named());
            let (claims, member) = (cursor.claims, cursor.member);
            reached.leaves.push(Leaf { value: Some(base.value), claims, source, member, base });
            return;
        };
        let mut cursor = cursor;
        cursor.enter(&step.name, base.origin);
        let unknown = |member| Leaf { value: None, claims: Vec::new(), source: None, member, base };
        match base.value.get(&step.name) {
            None | Some(Value::Null) => reached.leaves.push(unknown(cursor.member)),
            Some(Value::Array(items)) => {
                if base.completeness != Completeness::Complete {
                    reached.closed = false;
                }
                if rest.is_empty() && !items.iter().any(Value::is_object) {
                    self.scalars(base, items, &cursor, reached);
                    return;
                }
                for (at, item) in items.iter().enumerate() {
                    let inner = base.into(item, Some(at));
                    let member = cursor.member.and(self.kept(inner, &step.filter));
                    if member != Truth::False {
                        self.walk(inner, rest, Cursor::beside(member, inner.own_origin), reached);
                    }
                }
            }
            Some(value @ Value::Object(_)) => {
                let inner = base.into(value, None);
                let member = cursor.member.and(self.kept(inner, &step.filter));
                if member == Truth::False {
                    return;
                }
                cursor.member = member;
                if inner.own_origin {
                    cursor = Cursor::beside(member, true);
                }
                self.walk(inner, rest, cursor, reached);
            }
            Some(value) if rest.is_empty() => {
                let source = self.facts.source_of(base.origin, cursor.named());
                let (claims, member) = (cursor.claims, cursor.member);
                reached.leaves.push(Leaf { value: Some(value), claims, source, member, base });
            }
            Some(_) => reached.leaves.push(unknown(cursor.member)),
        }
    }

    /// The elements of a list of plain values; one that not every source has is in doubt.
    fn scalars(
        &mut self,
        base: Base<'a>,
        items: &'a [Value],
        cursor: &Cursor<'a>,
        reached: &mut Reached<'a>,
    ) {
        let others: Vec<&'a Vec<Value>> =
            cursor.claims.iter().filter_map(|claim| claim.value.as_array()).collect();
        let differ = others.iter().any(|other| other.as_slice() != items);
        if differ {
            self.dispute(&base, cursor.named(), &cursor.claims);
        }
        let weigh = self.every && differ;
        let source = self.facts.source_of(base.origin, cursor.named());
        let mut push = |item: &'a Value, member| {
            let claims = Vec::new();
            reached.leaves.push(Leaf { value: Some(item), claims, source, member, base });
        };
        for item in items {
            let sure = !weigh || others.iter().all(|other| other.contains(item));
            push(item, cursor.member.and(if sure { Truth::True } else { Truth::Unknown }));
        }
        if weigh {
            let more = others.iter().flat_map(|other| other.iter());
            for item in more.filter(|item| !items.contains(item)) {
                push(item, cursor.member.and(Truth::Unknown));
            }
        }
    }

    /// Returns whether the filter keeps `base`.
    fn kept(&mut self, base: Base<'a>, filter: &'a [Predicate]) -> Truth {
        let mut truth = Truth::True;
        for predicate in filter {
            let mark = self.mark();
            let mut reached = Reached { leaves: Vec::new(), closed: true, open: true };
            self.walk(base, &predicate.field, Cursor::at(&base), &mut reached);
            let mut answer = if reached.leaves.is_empty() { Truth::Unknown } else { Truth::True };
            for leaf in &reached.leaves {
                answer = answer.and(self.each(leaf, &predicate.field, &|value| {
                    word(value).map_or(Truth::Unknown, |word| {
                        predicate.among.iter().any(|among| *among == *word).into()
                    })
                }));
            }
            truth = truth.and(if predicate.negated { !answer } else { answer });
            if answer != Truth::Unknown {
                self.forget(mark);
            }
            if truth == Truth::False {
                break;
            }
        }
        truth
    }
}

/// Returns how a filter writes `value`.
fn word(value: &Value) -> Option<std::borrow::Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.as_str().into()),
        Value::Bool(true) => Some("true".into()),
        Value::Bool(false) => Some("false".into()),
        Value::Number(number) => Some(number.to_string().into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// What is carried along a path.
#[derive(Clone, Debug)]
struct Cursor<'a> {
    member: Truth,
    /// The field's name from the object whose provenance holds; `None` where that is
    /// further up than where the path began.
    name: Option<String>,
    /// What other sources say of the field, or of one it is in.
    claims: Vec<Claim<'a>>,
}

impl<'a> Cursor<'a> {
    fn at(base: &Base<'a>) -> Self {
        let name = base.own_origin.then(String::new);
        Self { member: Truth::True, name, claims: Vec::new() }
    }

    /// Goes into field `name` of an object with the provenance `origin`.
    fn enter(&mut self, name: &str, origin: Option<&'a Map<String, Value>>) {
        let also = part(origin, "also");
        // Most objects are of one source whole; only of others do names matter.
        if also.is_none() && part(origin, "sources").is_none() {
            return;
        }
        self.claims = self
            .claims
            .iter()
            .filter_map(|claim| Some(Claim { value: claim.value.get(name)?, ..*claim }))
            .collect();
        let Some(full) = &mut self.name else { return };
        if !full.is_empty() {
            full.push('.');
        }
        full.push_str(name);
        let claims = also.and_then(|also| also.get(full.as_str()));
        for claim in claims.and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
            let source = claim.get("source").and_then(Value::as_u64);
            if let Some(value) = claim.get("value").filter(|value| !value.is_null()) {
                self.claims.push(Claim { value, source });
            }
        }
    }

    /// Goes on in an element, or in an object with provenance of its own.
    fn beside(member: Truth, own: bool) -> Self {
        Self { member, name: own.then(String::new), claims: Vec::new() }
    }

    fn named(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }
}

fn part<'a>(origin: Option<&'a Map<String, Value>>, name: &str) -> Option<&'a Map<String, Value>> {
    origin?.get(name)?.as_object().filter(|part| !part.is_empty())
}

impl<'a> Base<'a> {
    /// Returns the base that `value` inside of it is.
    fn into(self, value: &'a Value, at: Option<usize>) -> Self {
        let own = value.get("origin").and_then(Value::as_object);
        Self {
            value,
            origin: own.or(self.origin),
            own_origin: own.is_some(),
            object: at.map_or(self.object, |at| Some((at, value))),
            ..self
        }
    }
}

impl<'a> Facts<'a> {
    /// Returns who says field `name` of the object whose provenance is `origin`.
    pub(crate) fn source_of(
        &self,
        origin: Option<&'a Map<String, Value>>,
        name: &str,
    ) -> Option<u64> {
        let origin = origin?;
        let by_name = origin.get("sources").and_then(|sources| {
            let mut name = name;
            loop {
                if let Some(id) = sources.get(name) {
                    return Some(id);
                }
                name = name.rsplit_once('.')?.0;
            }
        });
        let id = by_name.or_else(|| origin.get("source"))?.as_u64()?;
        self.locator(id).map(|_| id)
    }
}
