//! Following a path through facts: every value it leads to, who says it, what
//! others say, and whether the filters on the way are known to keep it.

use serde_json::Value;

use super::evaluate::Judge;
use super::explain::{What, Why};
use super::facts::{Base, Completeness, Owner, field, part};
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

/// The one value of a plain way from an object in hand, of which nobody else says anything.
///
/// A leaf is ten times as large, and most questions need none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plain<'a> {
    /// The value; `None` where it is not known.
    pub(crate) value: Option<&'a Value>,
    /// Who says it.
    pub(crate) source: Option<u64>,
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
    pub(crate) fn follow(&mut self, base: &Base<'a>, path: &'a Path) -> Reached<'a> {
        let mut reached = Reached { leaves: self.leaves(), closed: true, open: true };
        let steps = path.steps.as_slice();
        if !path.absolute {
            self.walk(base, steps, Cursor::at(base), &mut reached);
            return reached;
        }
        let (root, rest) = match steps.split_first() {
            Some((root, rest)) => (root.name.as_str(), rest),
            None => ("", steps),
        };
        let section = rest.first().map_or("", |step| step.name.as_str());
        let Some((base, status)) = self.facts.section(root, section, path.words) else {
            self.why(Why { area: section, what: What::Section(None, None) });
            return Reached { closed: false, open: false, ..reached };
        };
        if root == "inventory"
            && let Some(apart) = self.facts.apart.iter().find(|apart| apart.section == section)
            && !self.apart.iter().any(|known| known.section == section)
        {
            self.apart.push(*apart);
        }
        let stated = status.word.is_some() || status.completeness == Completeness::Nothing;
        if status.completeness != Completeness::Complete && stated {
            self.why(Why { area: section, what: What::Section(status.word, status.reason) });
        }
        if status.completeness == Completeness::Nothing {
            return Reached { closed: false, open: false, ..reached };
        }
        self.walk(&base, rest, Cursor::at(&base), &mut reached);
        reached
    }

    fn walk(
        &mut self,
        base: &Base<'a>,
        steps: &'a [Step],
        cursor: Cursor<'a>,
        reached: &mut Reached<'a>,
    ) {
        let Some((step, rest)) = steps.split_first() else {
            let source = self.facts.source_of(base.owner, cursor.named());
            let (claims, member) = (cursor.claims, cursor.member);
            reached.leaves.push(Leaf {
                value: Some(base.value),
                claims,
                source,
                member,
                base: *base,
            });
            return;
        };
        let mut cursor = cursor;
        cursor.enter(&step.name, base.owner);
        let unknown =
            |member| Leaf { value: None, claims: Vec::new(), source: None, member, base: *base };
        match field(base.value, &step.name) {
            None | Some(Value::Null) => reached.leaves.push(unknown(cursor.member)),
            Some(Value::Array(items)) => {
                if base.completeness != Completeness::Complete {
                    reached.closed = false;
                }
                if rest.is_empty() && !items.iter().any(Value::is_object) {
                    self.scalars(*base, items, &cursor, reached);
                    return;
                }
                reached.leaves.reserve(items.len());
                let owners = self.facts.owners(*base, items);
                for (at, item) in items.iter().enumerate() {
                    let owner = owners.as_ref().and_then(|owners| owners.get(at).copied());
                    let owner = owner.unwrap_or_else(|| self.facts.owner(*base, item));
                    let inner = Base { value: item, owner, object: Some((at, item)), ..*base };
                    let member = cursor.member.and(self.kept(&inner, &step.filter));
                    if member != Truth::False {
                        self.walk(&inner, rest, Cursor::beside(member, inner.owner.own), reached);
                    }
                }
            }
            Some(value @ Value::Object(_)) => {
                let inner = self.facts.inside(*base, value);
                let member = cursor.member.and(self.kept(&inner, &step.filter));
                if member == Truth::False {
                    return;
                }
                cursor.member = member;
                if inner.owner.own {
                    cursor = Cursor::beside(member, true);
                }
                self.walk(&inner, rest, cursor, reached);
            }
            Some(value) if rest.is_empty() => {
                let source = self.facts.source_of(base.owner, cursor.named());
                let (claims, member) = (cursor.claims, cursor.member);
                reached.leaves.push(Leaf {
                    value: Some(value),
                    claims,
                    source,
                    member,
                    base: *base,
                });
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
        let source = self.facts.source_of(base.owner, cursor.named());
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

    /// Returns the one value that `steps` lead to from `base`, where the way is plain: no
    /// arrays or filters on it, and one source for all of the object.
    pub(super) fn direct(&self, base: &Base<'a>, steps: &'a [Step]) -> Option<Plain<'a>> {
        if !base.owner.plain {
            return None;
        }
        let mut value = base.value;
        let source = self.facts.source_of(base.owner, "");
        for step in steps {
            match field(value, &step.name) {
                None | Some(Value::Null) => return Some(Plain { value: None, source }),
                Some(Value::Array(_)) => return None,
                Some(inner) => value = inner,
            }
            if !step.filter.is_empty() || field(value, "origin").is_some() {
                return None;
            }
        }
        Some(Plain { value: Some(value), source })
    }

    /// Returns whether the filter keeps `base`.
    fn kept(&mut self, base: &Base<'a>, filter: &'a [Predicate]) -> Truth {
        let mut truth = Truth::True;
        for predicate in filter {
            let mark = self.mark();
            let among = |value: &Value| {
                word(value).map_or(Truth::Unknown, |word| {
                    predicate.among.iter().any(|among| *among == *word).into()
                })
            };
            let answer = if let Some(plain) = self.direct(base, &predicate.field) {
                self.plain(plain, base, &predicate.field, &among)
            } else {
                let mut reached = Reached { leaves: self.leaves(), closed: true, open: true };
                self.walk(base, &predicate.field, Cursor::at(base), &mut reached);
                let answers = reached.leaves.iter();
                let answers = answers.map(|leaf| self.each(leaf, &predicate.field, &among));
                let answer = answers.reduce(Truth::and).unwrap_or(Truth::Unknown);
                self.done(reached);
                answer
            };
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
        let name = base.owner.own.then(String::new);
        Self { member: Truth::True, name, claims: Vec::new() }
    }

    /// Goes into field `name` of an object with the provenance `owner`.
    fn enter(&mut self, name: &str, owner: Owner<'a>) {
        // Most objects are of one source whole; only of others do names matter.
        if owner.plain {
            return;
        }
        let also = owner.origin.and_then(|origin| part(origin, "also"));
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
