//! Values, aggregates, conditions and counts, each true, false or unknown.

use serde_json::Value;

use super::explain::{Dispute, What, Why};
use super::facts::{Base, Facts};
use super::span::Span;
use super::walk::{Claim, Leaf, Plain, Reached};
use crate::check::{Condition, Counting, Literal, Test};
use crate::kleene::Truth;
use crate::path::{Aggregate, Path, Step};
use crate::unit::LARGEST;

/// What the judge has looked at for one check.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) facts: &'a Facts<'a>,
    /// Whether every source's word is weighed, and not only the chosen one's.
    pub(crate) every: bool,
    /// Whether sources disagree on anything looked at.
    pub(crate) disputed: bool,
    pub(super) disputes: Vec<Dispute<'a>>,
    /// Sections looked at that sources count differently.
    pub(crate) apart: Vec<super::apart::Apart<'a>>,
    pub(super) whys: Vec<Why<'a>>,
    pub(super) used: Vec<u64>,
    seen: Vec<bool>,
    /// Lists of leaves that are done with, for the next paths to be followed.
    spare: Vec<Vec<Leaf<'a>>>,
    /// Sources of evidence that is not part of the inventory: runs.
    pub(super) runs: Vec<String>,
}

/// Reasons kept while judging one check; what is beyond is counted with them.
const REASONS: usize = 256;
/// Disagreements a report shows of one check.
const DISPUTES: usize = 8;

/// An object that was counted, and whether it meets the condition.
#[derive(Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) base: Base<'a>,
    pub(crate) truth: Truth,
}

impl<'a> Judge<'a> {
    /// Starts on a document; with `every`, all sources' words are weighed.
    pub(crate) fn new(facts: &'a Facts<'a>, every: bool) -> Self {
        Self {
            facts,
            every,
            disputed: false,
            disputes: Vec::new(),
            apart: Vec::new(),
            whys: Vec::new(),
            used: Vec::new(),
            seen: vec![false; facts.source_count()],
            runs: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Starts on the next check. What the last one allocated serves it too: a judge made for
    /// each check allocated more than the values it looked at.
    pub(crate) fn start(&mut self) {
        self.disputed = false;
        self.disputes.clear();
        self.apart.clear();
        self.whys.clear();
        self.runs.clear();
        for source in self.used.drain(..) {
            let seen = usize::try_from(source).ok().and_then(|at| self.seen.get_mut(at));
            if let Some(seen) = seen {
                *seen = false;
            }
        }
    }

    /// Returns an empty list of leaves, with room from an earlier one where there was one.
    pub(super) fn leaves(&mut self) -> Vec<Leaf<'a>> {
        self.spare.pop().unwrap_or_default()
    }

    /// Takes back the list of what was reached; who keeps it costs only an allocation.
    pub(super) fn done(&mut self, reached: Reached<'a>) {
        let mut leaves = reached.leaves;
        leaves.clear();
        self.spare.push(leaves);
    }

    pub(super) fn why(&mut self, why: Why<'a>) {
        if self.whys.len() < REASONS {
            self.whys.push(why);
        }
    }

    /// Returns where the reasons end now, for [`Judge::forget`].
    pub(super) fn mark(&self) -> usize {
        self.whys.len()
    }

    /// Forgets the reasons since `mark`: what they were about is decided.
    pub(super) fn forget(&mut self, mark: usize) {
        self.whys.truncate(mark);
    }

    /// Keeps the reasons since `mark` only where `truth` is open.
    fn settle(&mut self, mark: usize, truth: Truth) -> Truth {
        if truth != Truth::Unknown {
            self.forget(mark);
        }
        truth
    }

    /// Notes that sources disagree on field `name` of `base`.
    pub(super) fn dispute(&mut self, base: &Base<'a>, name: &str, claims: &[Claim<'a>]) {
        self.disputed = true;
        if self.every && self.disputes.len() < DISPUTES {
            let twin = self.disputes.iter().any(|known| known.is_of(base, name));
            if !twin {
                self.disputes.push(Dispute {
                    base: *base,
                    name: name.to_owned(),
                    claims: claims.to_vec(),
                });
            }
        }
    }

    pub(super) fn use_source(&mut self, source: Option<u64>) {
        if let Some(source) = source
            && self.used.last() != Some(&source)
            && let Some(seen) = usize::try_from(source).ok().and_then(|at| self.seen.get_mut(at))
            && !std::mem::replace(seen, true)
        {
            self.used.push(source);
        }
    }

    /// Returns the chosen value of a leaf, where it is known.
    fn chosen(&mut self, leaf: &Leaf<'a>, field: &'a [Step]) -> Option<&'a Value> {
        let plain = Plain { value: leaf.value, source: leaf.source };
        let value = self.vouched(plain, &leaf.base, field)?;
        if leaf.claims.iter().any(|claim| claim.value != value) {
            self.dispute(&leaf.base, &Path::names(field), &leaf.claims);
        }
        Some(value)
    }

    /// Returns the value, where it is known and somebody vouches for it where that has to be.
    fn vouched(
        &mut self,
        plain: Plain<'a>,
        base: &Base<'a>,
        field: &'a [Step],
    ) -> Option<&'a Value> {
        let Some(value) = plain.value else {
            self.why(Why { area: base.area, what: What::Field(field, base.object) });
            return None;
        };
        if base.vouched && plain.source.is_none() {
            self.why(Why { area: base.area, what: What::NoSource(base.object) });
            return None;
        }
        self.use_source(plain.source);
        Some(value)
    }

    /// Returns what `test` says of a value that nobody else says anything of.
    pub(super) fn plain(
        &mut self,
        plain: Plain<'a>,
        base: &Base<'a>,
        field: &'a [Step],
        test: &dyn Fn(&Value) -> Truth,
    ) -> Truth {
        let Some(value) = self.vouched(plain, base, field) else { return Truth::Unknown };
        let truth = test(value);
        if truth == Truth::Unknown {
            self.why(Why { area: base.area, what: What::Unfit(field, base.object) });
        }
        truth
    }

    /// Returns what else a leaf whose value is `chosen` may be, where every source is weighed.
    fn others(&self, leaf: &Leaf<'a>, chosen: &'a Value) -> impl Iterator<Item = &'a Value> {
        let claims = if self.every { leaf.claims.as_slice() } else { &[] };
        claims.iter().map(|claim| claim.value).filter(move |other| *other != chosen)
    }

    /// Returns what `test` says of a leaf: the same for every value it may have, or unknown.
    pub(super) fn each(
        &mut self,
        leaf: &Leaf<'a>,
        field: &'a [Step],
        test: &dyn Fn(&Value) -> Truth,
    ) -> Truth {
        let Some(value) = self.chosen(leaf, field) else { return Truth::Unknown };
        let chosen = test(value);
        if chosen == Truth::Unknown {
            self.why(Why { area: leaf.base.area, what: What::Unfit(field, leaf.base.object) });
        }
        self.others(leaf, value).fold(chosen, |truth, value| truth.agree(test(value)))
    }

    /// Returns whether what `path` leads to passes `test`: each value of many must.
    pub(super) fn value(&mut self, base: &Base<'a>, path: &'a Path, test: &Test) -> Truth {
        let mark = self.mark();
        let truth = if path.aggregate.is_some() {
            self.aggregate(base, path).passes(test)
        } else if let Some(plain) = self.plainly(base, path) {
            self.plain(plain, base, &path.steps, &|value| passes(value, test))
        } else {
            let reached = self.follow(base, path);
            let truth = self.every_one(&reached, path, test);
            self.done(reached);
            truth
        };
        self.settle(mark, truth)
    }

    /// Returns the one value of a plain path from an object in hand.
    pub(super) fn plainly(&self, base: &Base<'a>, path: &'a Path) -> Option<Plain<'a>> {
        if path.absolute { None } else { self.direct(base, &path.steps) }
    }

    fn every_one(&mut self, reached: &Reached<'a>, path: &'a Path, test: &Test) -> Truth {
        let (mut truth, mut some) = (Truth::True, Truth::False);
        for leaf in &reached.leaves {
            let passes = self.each(leaf, &path.steps, &|value| passes(value, test));
            truth = truth.and(passes.or(!leaf.member));
            some = some.or(leaf.member);
        }
        if reached.open && reached.leaves.is_empty() {
            self.why(Why { area: path.area(), what: What::Empty });
        }
        let closed = if reached.closed { Truth::True } else { Truth::Unknown };
        // Of nothing, nothing is true: a rule about CPUs needs a CPU.
        if some == Truth::True { truth.and(closed) } else { truth.and(Truth::Unknown) }
    }

    /// Returns the one number that `path` makes of many.
    pub(super) fn aggregate(&mut self, base: &Base<'a>, path: &'a Path) -> Span {
        if path.aggregate.is_none()
            && let Some(plain) = self.plainly(base, path)
        {
            return self.plain_number(plain, base, path);
        }
        let reached = self.follow(base, path);
        let span = match path.aggregate {
            Some(Aggregate::Count) => self.count_leaves(&reached, path),
            Some(Aggregate::Sum) => self.sum(&reached, path),
            Some(Aggregate::Max) => self.extreme(&reached, path, false),
            Some(Aggregate::Min) => self.extreme(&reached, path, true),
            None => self.single(&reached, path),
        };
        self.done(reached);
        span
    }

    fn single(&mut self, reached: &Reached<'a>, path: &'a Path) -> Span {
        match reached.leaves.as_slice() {
            [leaf] if leaf.member == Truth::True && reached.closed => self.number(leaf, path),
            _ => Span::ANY,
        }
    }

    fn count_leaves(&mut self, reached: &Reached<'a>, path: &'a Path) -> Span {
        let mut span = Span::ZERO;
        for leaf in &reached.leaves {
            let known = self.chosen(leaf, &path.steps).is_some();
            match (leaf.value, known, leaf.member) {
                (None, ..) => span.add(0, None),
                (Some(_), true, Truth::True) => span.add(1, Some(1)),
                _ => span.add(0, Some(1)),
            }
        }
        open_end(span, reached)
    }

    fn sum(&mut self, reached: &Reached<'a>, path: &'a Path) -> Span {
        let mut span = Span::ZERO;
        for leaf in &reached.leaves {
            let Span { least, most } = self.number(leaf, path);
            // What is summed is never negative; a number that is cannot be trusted.
            match (least.filter(|least| *least >= 0), leaf.member) {
                (Some(least), Truth::True) => span.add(least, most),
                (Some(_), _) => span.add(0, most),
                (None, _) => span.add(0, None),
            }
        }
        open_end(span, reached)
    }

    pub(super) fn extreme(
        &mut self,
        reached: &Reached<'a>,
        path: &'a Path,
        smallest: bool,
    ) -> Span {
        if reached.leaves.is_empty() {
            if reached.open {
                self.why(Why { area: path.area(), what: What::Empty });
            }
            return Span::ANY;
        }
        // Of `max`: at least the largest that surely counts, at most the largest that may.
        let (mut sure, mut may) = (None::<i128>, None::<i128>);
        let mut unbounded = !reached.closed;
        let pick = |a: Option<i128>, b: i128| {
            Some(a.map_or(b, |a| if smallest { a.min(b) } else { a.max(b) }))
        };
        for leaf in &reached.leaves {
            let Span { least, most } = self.number(leaf, path);
            let (Some(least), Some(most)) = (least, most) else {
                unbounded = true;
                continue;
            };
            if leaf.member == Truth::True {
                sure = pick(sure, if smallest { most } else { least });
            }
            may = pick(may, if smallest { least } else { most });
        }
        let may = may.filter(|_| !unbounded);
        if smallest { Span { least: may, most: sure } } else { Span { least: sure, most: may } }
    }

    /// Returns the number that a value is of which nobody else says anything.
    fn plain_number(&mut self, plain: Plain<'a>, base: &Base<'a>, path: &'a Path) -> Span {
        let Some(value) = self.vouched(plain, base, &path.steps) else { return Span::ANY };
        if let Some(number) = number(value) {
            return Span::exactly(number);
        }
        self.why(Why { area: base.area, what: What::Unfit(&path.steps, base.object) });
        Span::ANY
    }

    /// Returns the number a leaf is.
    fn number(&mut self, leaf: &Leaf<'a>, path: &'a Path) -> Span {
        let Some(value) = self.chosen(leaf, &path.steps) else { return Span::ANY };
        let mut span = number(value).map(Span::exactly);
        for other in self.others(leaf, value) {
            span = span.zip(number(other)).map(|(Span { least, most }, other)| Span {
                least: least.map(|least| least.min(other)),
                most: most.map(|most| most.max(other)),
            });
        }
        span.unwrap_or_else(|| {
            let what = What::Unfit(&path.steps, leaf.base.object);
            self.why(Why { area: leaf.base.area, what });
            Span::ANY
        })
    }

    /// Returns whether `base` meets `condition`.
    pub(crate) fn condition(&mut self, base: &Base<'a>, condition: &'a Condition) -> Truth {
        let mark = self.mark();
        let truth = match condition {
            Condition::All(parts) => {
                let mut truth = Truth::True;
                for part in parts {
                    truth = truth.and(self.condition(base, part));
                    if truth == Truth::False {
                        break;
                    }
                }
                truth
            }
            Condition::Any(parts) => {
                let mut truth = Truth::False;
                for part in parts {
                    truth = truth.or(self.condition(base, part));
                    if truth == Truth::True {
                        break;
                    }
                }
                truth
            }
            Condition::Value { path, test, .. } => self.value(base, path, test),
            Condition::Count(counting) => {
                self.count(base, counting, &mut |_| {}).within(counting.bound)
            }
        };
        self.settle(mark, truth)
    }

    /// Returns how many objects meet the condition, and tells what became of each.
    pub(super) fn count(
        &mut self,
        base: &Base<'a>,
        counting: &'a Counting,
        tell: &mut dyn FnMut(Counted<'a>),
    ) -> Span {
        let reached = self.follow(base, &counting.over);
        let mut span = Span::ZERO;
        for leaf in &reached.leaves {
            if self.chosen(leaf, &counting.over.steps).is_none() {
                span.add(0, if leaf.value.is_none() { None } else { Some(1) });
                continue;
            }
            let truth = leaf.member.and(self.condition(&leaf.base, &counting.condition));
            match truth {
                Truth::True => span.add(1, Some(1)),
                Truth::Unknown => span.add(0, Some(1)),
                Truth::False => {}
            }
            tell(Counted { base: leaf.base, truth });
        }
        let span = open_end(span, &reached);
        self.done(reached);
        span
    }
}

/// Takes the upper end away where there may be more than was seen.
fn open_end(span: Span, reached: &Reached<'_>) -> Span {
    if reached.closed { span } else { Span { most: None, ..span } }
}

/// Returns the number that `value` is; the schema writes large ones as text.
pub(super) fn number(value: &Value) -> Option<i128> {
    let number = match value {
        Value::Number(number) => {
            number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
        }
        Value::String(text) if text.len() <= 40 => text.parse().ok(),
        _ => None,
    };
    number.filter(|number: &i128| number.abs() <= LARGEST)
}

fn passes(value: &Value, test: &Test) -> Truth {
    match test {
        Test::Regex(pattern) => {
            value.as_str().map_or(Truth::Unknown, |text| pattern.regex.is_match(text).into())
        }
        Test::Eq(literal) => equals(value, literal),
        Test::Ne(literal) => !equals(value, literal),
        Test::In(literals) => {
            literals.iter().fold(Truth::False, |truth, literal| truth.or(equals(value, literal)))
        }
        Test::Min(_) | Test::Max(_) => {
            number(value).map_or(Truth::Unknown, |number| Span::exactly(number).passes(test))
        }
    }
}

fn equals(value: &Value, literal: &Literal) -> Truth {
    match literal {
        Literal::Text(wanted) => {
            value.as_str().map_or(Truth::Unknown, |text| (text == wanted).into())
        }
        Literal::Flag(wanted) => {
            value.as_bool().map_or(Truth::Unknown, |flag| (flag == *wanted).into())
        }
        Literal::Amount(_) => number(value).map_or(Truth::Unknown, |number| {
            Span::exactly(number).passes(&Test::Eq(literal.clone()))
        }),
    }
}
