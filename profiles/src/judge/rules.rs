//! The kinds of rule, and what a report shows of each.
//!
//! What is shown is written into one text as it is found; what turns out to be nothing,
//! or to be there already, is taken back.

use serde_json::Value;

use super::evaluate::Counted;
pub(crate) use super::evaluate::Judge;
use super::explain::{What, Why};
use super::facts::Base;
use super::show;
use super::span::Span;
use super::walk::Plain;
use crate::check::{Bound, Branch, Condition, Counting, Refutation, Rule};
use crate::kleene::Truth;
use crate::path::Path;
use crate::text::Mark;
use crate::unit::{PERCENT, PPM, Unit};
use crate::{Text, workload};

impl<'a> Judge<'a> {
    /// Returns what `rule` comes to, and writes what a report shows as measured.
    pub(crate) fn rule(&mut self, rule: &'a Rule, out: &mut Text) -> Truth {
        let mark = self.mark();
        let document = self.facts.document();
        let truth = match rule {
            Rule::Value { path, test, .. } => {
                let unit = show::unit_of(test);
                if path.aggregate.is_some() {
                    let span = self.aggregate(&document, path);
                    show::span(out, span, path, unit);
                    span.passes(test)
                } else {
                    let truth = self.value(&document, path, test);
                    self.shown(&document, path, unit, out);
                    truth
                }
            }
            Rule::Count(counting) | Rule::Absent(counting) => self.counting(counting, out),
            Rule::All(branches) => self.branches(branches, Truth::True, Truth::and, out),
            Rule::Any(branches) => self.branches(branches, Truth::False, Truth::or, out),
            Rule::Ratio { part, whole, bound, .. } => self.ratio(part, whole, *bound, out),
            Rule::Measure { run, condition, show, .. } => self.measure(run, condition, show, out),
            Rule::Attest { evidence, refuted_by, .. } => self.attest(evidence, refuted_by, out),
        };
        if truth != Truth::Unknown {
            self.forget(mark);
        }
        truth
    }

    fn branches(
        &mut self,
        branches: &'a [Branch],
        start: Truth,
        connective: fn(Truth, Truth) -> Truth,
        out: &mut Text,
    ) -> Truth {
        let mut truth = start;
        let first = out.mark();
        for branch in branches {
            let before = out.mark();
            if !out.stands_at(first) {
                out.push("；", "; ");
            }
            if let Some(title) = &branch.title {
                out.push(&title.zh, &title.en);
                out.push("：", ": ");
            }
            let named = out.mark();
            truth = connective(truth, self.rule(&branch.rule, out));
            if out.stands_at(named) {
                out.take_back(before);
            }
        }
        truth
    }

    fn ratio(&mut self, part: &'a Path, whole: &'a Path, bound: Bound, out: &mut Text) -> Truth {
        let document = self.facts.document();
        let (p, w) = (self.aggregate(&document, part), self.aggregate(&document, whole));
        // part/whole ≥ b  ⇔  part·10⁶ − b·whole ≥ 0, which needs no division.
        let difference = |share: i128| {
            let end = |p: Option<i128>, w: Option<i128>| {
                p?.checked_mul(1_000_000)?.checked_sub(w?.checked_mul(share)?)
            };
            Span { least: end(p.least, w.most), most: end(p.most, w.least) }
        };
        let some = w.at_least(1);
        let min = bound.min.map_or(Truth::True, |share| difference(share).at_least(0));
        let max = bound.max.map_or(Truth::True, |share| difference(share).at_most(0));
        if let (Some(part_exact), Some(whole_exact)) = (p.exact(), w.exact())
            && whole_exact > 0
        {
            let ppm = part_exact.checked_mul(1_000_000).map(|ppm| ppm / whole_exact);
            let share = ppm.map(|ppm| crate::unit::exact(ppm, PPM, PERCENT)).unwrap_or_default();
            out.push(&share, &share);
            out.push("（", " (");
            show::span(out, p, part, None);
            out.push(" / ", " / ");
            show::span(out, w, whole, None);
            out.push("）", ")");
        }
        // Nothing is a share of nothing.
        if some == Truth::True { min.and(max) } else { Truth::Unknown }
    }

    fn measure(
        &mut self,
        run: &'a Path,
        condition: &'a Condition,
        shown: &'a [Path],
        out: &mut Text,
    ) -> Truth {
        let mark = self.mark();
        let reached = self.follow(&self.facts.document(), run);
        // A later run supersedes an earlier one, also where the later one is invalid.
        // A document without the list leaves one leaf of no value: nobody ran anything.
        let runs = reached.leaves.iter().filter(|leaf| leaf.value.is_some());
        let last = runs.rev().find(|leaf| leaf.member != Truth::False);
        let last = last.map(|leaf| (leaf.base, leaf.member));
        self.done(reached);
        let Some((base, member)) = last else {
            // Of a workload that never ran, that its section is missing too says nothing more.
            if workload::named(run).is_some() {
                self.forget(mark);
            }
            self.why(Why { area: "run", what: What::NoRun });
            return Truth::Unknown;
        };
        let text = |name: &str| base.value.get(name).and_then(Value::as_str);
        if let Some(id) = text("id") {
            self.runs.push(format!("run:{id}"));
        }
        self.fields(&base, shown, out);
        let valid = text("validity").is_some_and(|word| word.eq_ignore_ascii_case("valid"));
        if !valid || member != Truth::True {
            let said = base.value.get("reasons").and_then(Value::as_array);
            let said = said.map_or(&[][..], Vec::as_slice);
            self.why(Why { area: "run", what: What::Invalid(text("validity"), said) });
            return Truth::Unknown;
        }
        self.condition(&base, condition)
    }

    fn attest(
        &mut self,
        evidence: &'a [Path],
        refuted_by: &'a [Refutation],
        out: &mut Text,
    ) -> Truth {
        let document = self.facts.document();
        let mut refuted = Truth::False;
        for refutation in refuted_by {
            let mark = self.mark();
            refuted = refuted.or(self.condition(&document, &refutation.condition));
            self.forget(mark);
        }
        for (at, path) in evidence.iter().enumerate() {
            if at > 0 {
                out.push("；", "; ");
            }
            let (area, name) = (path.words, &path.name);
            out.push(&area.name.zh, &area.name.en);
            out.push("", " ");
            out.push(&name.zh, &name.en);
            out.push("：", ": ");
            let mark = out.mark();
            self.shown(&document, path, None, out);
            if out.stands_at(mark) {
                out.push("未知", "unknown");
                // A person who must decide is told where the evidence could still come from.
                let reached = self.follow(&document, path);
                self.done(reached);
            }
        }
        if refuted == Truth::True { Truth::False } else { Truth::Unknown }
    }

    fn counting(&mut self, counting: &'a Counting, out: &mut Text) -> Truth {
        let mut counted = Vec::new();
        let listed = !counting.show.is_empty();
        let span = self.count(&self.facts.document(), counting, &mut |object| {
            if listed {
                counted.push(object);
            }
        });
        let mark = out.mark();
        show::number(out, span);
        if !out.stands_at(mark) {
            let noun = &counting.over.words.noun;
            out.push(" ", " ");
            out.push(&noun.zh, &noun.en);
            if listed {
                if counted.len() > 1 || span.exact() != Some(1) {
                    let many = counted.len().to_string();
                    out.push("（共 ", " (of ");
                    out.push(&many, &many);
                    out.push("）", ")");
                }
                self.listed(&counted, &counting.show, out);
            }
        }
        span.within(counting.bound)
    }

    /// Writes the objects that were counted, with their fields.
    fn listed(&mut self, counted: &[Counted<'a>], show: &'a [Path], out: &mut Text) {
        // Those that count come first; a reader who sees a fail wants to see the others too.
        let order = [Truth::True, Truth::Unknown, Truth::False].into_iter();
        let objects = order.flat_map(|truth| counted.iter().filter(move |one| one.truth == truth));
        // What reads alike is told once: four equal processors are one line.
        let mut alike: Vec<Alike> = Vec::new();
        let mut fields = Text::with_room(show::CELL);
        for object in objects.take(show::SHOWN) {
            let label = show::label(object.base.words, object.base.object);
            fields.take_back(Mark::default());
            self.fields(&object.base, show, &mut fields);
            match alike.iter_mut().find(|one| one.truth == object.truth && one.fields == fields) {
                Some(Alike { labels, .. }) => {
                    labels.push("、", ", ");
                    labels.push(&label, &label);
                }
                None => alike.push(Alike {
                    truth: object.truth,
                    fields: fields.clone(),
                    labels: Text::same(label),
                }),
            }
        }
        for (at, Alike { truth, fields, labels }) in alike.iter().enumerate() {
            let mark = match truth {
                Truth::True => "",
                Truth::False => "✗ ",
                Truth::Unknown => "? ",
            };
            let (zh, en) = if at > 0 { ("；", "; ") } else { ("：", ": ") };
            out.push(zh, en);
            out.push(mark, mark);
            out.push(&labels.zh, &labels.en);
            out.push("：", ": ");
            out.push(&fields.zh, &fields.en);
        }
        let more = counted.len().saturating_sub(show::SHOWN);
        if more > 0 {
            out.push(&format!("；另有 {more} 项"), &format!("; {more} more"));
        }
    }

    /// Writes the values of `paths` in `base`, named.
    fn fields(&mut self, base: &Base<'a>, paths: &'a [Path], out: &mut Text) {
        for (at, path) in paths.iter().enumerate() {
            if at > 0 {
                out.push("，", ", ");
            }
            out.push(&path.name.zh, &path.name.en);
            out.push(" ", " ");
            let before = out.mark();
            if path.aggregate.is_some() {
                let mark = self.mark();
                let span = self.aggregate(base, path);
                self.forget(mark);
                show::span(out, span, path, None);
            } else {
                self.shown(base, path, None, out);
            }
            if out.stands_at(before) {
                out.push("未知", "unknown");
            }
        }
    }

    /// Writes the values `path` leads to, as a reader sees them; nothing where none is known.
    fn shown(&mut self, base: &Base<'a>, path: &'a Path, unit: Option<Unit>, out: &mut Text) {
        let mut list = List { start: out.mark(), ends: [(); show::SHOWN].map(|()| None) };
        if let Some(plain) = self.plainly(base, path) {
            self.show_value(plain, base, path, unit, &mut list, out);
            return;
        }
        let mark = self.mark();
        let reached = self.follow(base, path);
        self.forget(mark);
        for leaf in reached.leaves.iter().filter(|leaf| leaf.member != Truth::False) {
            let plain = Plain { value: leaf.value, source: leaf.source };
            self.show_value(plain, &leaf.base, path, unit, &mut list, out);
        }
        self.done(reached);
    }

    fn show_value(
        &mut self,
        plain: Plain<'a>,
        base: &Base<'a>,
        path: &Path,
        unit: Option<Unit>,
        list: &mut List,
        out: &mut Text,
    ) {
        if base.vouched && plain.source.is_none() {
            return;
        }
        let Some(value) = plain.value else { return };
        self.use_source(plain.source);
        list.add(out, |out| show::value(out, value, path, unit, base.words));
    }
}

/// Objects that read alike.
#[derive(Debug)]
struct Alike {
    truth: Truth,
    fields: Text,
    labels: Text,
}

/// Texts that were written one after the other: where each starts and ends.
#[derive(Debug)]
struct List {
    start: Mark,
    ends: [Option<(Mark, Mark)>; show::SHOWN],
}

impl List {
    /// Adds what `write` writes, if it is something, not in the list, and there is room.
    fn add(&mut self, out: &mut Text, write: impl FnOnce(&mut Text)) {
        let Some(room) = self.ends.iter().position(Option::is_none) else { return };
        let before = out.mark();
        if !out.stands_at(self.start) {
            out.push("、", ", ");
        }
        let start = out.mark();
        write(out);
        let end = out.mark();
        let mut known = self.ends.iter().flatten();
        let twin = |span: &(Mark, Mark)| out.between(span.0, span.1) == out.between(start, end);
        if out.stands_at(start) || known.any(twin) {
            out.take_back(before);
        } else if let Some(free) = self.ends.get_mut(room) {
            *free = Some((start, end));
        }
    }
}
