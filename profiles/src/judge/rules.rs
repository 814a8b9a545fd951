//! The kinds of rule, and what a report shows of each.

use serde_json::Value;

use super::evaluate::Counted;
pub(crate) use super::evaluate::Judge;
use super::explain::{What, Why};
use super::facts::Base;
use super::show;
use super::span::Span;
use crate::Text;
use crate::check::expect::join;
use crate::check::{Bound, Branch, Condition, Counting, Refutation, Rule};
use crate::kleene::Truth;
use crate::path::Path;
use crate::unit::Unit;
use crate::words;

/// What a rule came to.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) truth: Truth,
    /// What a report shows as measured.
    pub(crate) measured: Text,
}

impl<'a> Judge<'a> {
    /// Returns what `rule` comes to.
    pub(crate) fn rule(&mut self, rule: &'a Rule) -> Found {
        let mark = self.mark();
        let document = self.facts.document();
        let found = match rule {
            Rule::Value { path, test, .. } => {
                let unit = show::unit_of(test);
                let (truth, measured) = if path.aggregate.is_some() {
                    let span = self.aggregate(document, path);
                    (span.passes(test), show::span(span, path, unit))
                } else {
                    let truth = self.value(document, path, test);
                    (truth, self.shown(document, path, unit))
                };
                Found { truth, measured }
            }
            Rule::Count(counting) | Rule::Absent(counting) => {
                let (span, counted) = self.count(document, counting);
                let truth = span.within(counting.bound);
                Found { truth, measured: self.counted(span, counting, &counted) }
            }
            Rule::All(branches) => self.branches(branches, Truth::True, Truth::and),
            Rule::Any(branches) => self.branches(branches, Truth::False, Truth::or),
            Rule::Ratio { part, whole, bound, .. } => self.ratio(part, whole, *bound),
            Rule::Measure { run, condition, show, .. } => self.measure(run, condition, show),
            Rule::Attest { evidence, refuted_by, .. } => self.attest(evidence, refuted_by),
        };
        if found.truth != Truth::Unknown {
            self.forget(mark);
        }
        found
    }

    fn branches(
        &mut self,
        branches: &'a [Branch],
        start: Truth,
        connective: fn(Truth, Truth) -> Truth,
    ) -> Found {
        let mut truth = start;
        let mut texts = Vec::new();
        for branch in branches {
            let found = self.rule(&branch.rule);
            truth = connective(truth, found.truth);
            let Text { zh, en } = found.measured;
            if zh.is_empty() {
                continue;
            }
            texts.push(match &branch.title {
                Some(title) => {
                    Text::new(format!("{}：{zh}", title.zh), format!("{}: {en}", title.en))
                }
                None => Text { zh, en },
            });
        }
        Found { truth, measured: join(texts, "；", "; ") }
    }

    fn ratio(&mut self, part: &'a Path, whole: &'a Path, bound: Bound) -> Found {
        let document = self.facts.document();
        let (p, w) = (self.aggregate(document, part), self.aggregate(document, whole));
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
        // Nothing is a share of nothing.
        let truth = if some == Truth::True { min.and(max) } else { Truth::Unknown };
        let measured = match (p.exact(), w.exact()) {
            (Some(part_exact), Some(whole_exact)) if whole_exact > 0 => {
                let ppm = part_exact.checked_mul(1_000_000).map(|ppm| ppm / whole_exact);
                let share = ppm.zip(Unit::named("ppm")).zip(Unit::named("%"));
                let share =
                    share.map(|((ppm, field), shown)| crate::unit::exact(ppm, field, shown));
                let parts = (show::span(p, part, None), show::span(w, whole, None));
                let share = share.unwrap_or_default();
                Text::new(
                    format!("{share}（{} / {}）", parts.0.zh, parts.1.zh),
                    format!("{share} ({} / {})", parts.0.en, parts.1.en),
                )
            }
            _ => Text::default(),
        };
        Found { truth, measured }
    }

    fn measure(&mut self, run: &'a Path, condition: &'a Condition, shown: &'a [Path]) -> Found {
        let unknown = |measured| Found { truth: Truth::Unknown, measured };
        let reached = self.follow(self.facts.document(), run);
        // A later run supersedes an earlier one, also where the later one is invalid.
        let Some(leaf) = reached.leaves.iter().rev().find(|leaf| leaf.member != Truth::False)
        else {
            self.why(Why { area: "run", what: What::NoRun });
            return unknown(Text::default());
        };
        let base = leaf.base;
        let text = |name: &str| base.value.get(name).and_then(Value::as_str);
        if let Some(id) = text("id") {
            self.runs.push(format!("run:{id}"));
        }
        let measured = self.fields(base, shown);
        let valid = text("validity").is_some_and(|word| word.eq_ignore_ascii_case("valid"));
        if !valid || leaf.member != Truth::True {
            let said = base.value.get("reasons").and_then(Value::as_array);
            let said = said.map_or(&[][..], Vec::as_slice);
            self.why(Why { area: "run", what: What::Invalid(text("validity"), said) });
            return unknown(measured);
        }
        let truth = self.condition(base, condition);
        Found { truth, measured }
    }

    fn attest(&mut self, evidence: &'a [Path], refuted_by: &'a [Refutation]) -> Found {
        let document = self.facts.document();
        let mut refuted = Truth::False;
        for refutation in refuted_by {
            let mark = self.mark();
            refuted = refuted.or(self.condition(document, &refutation.condition));
            self.forget(mark);
        }
        let mut texts = Vec::new();
        for path in evidence {
            let value = self.shown(document, path, None);
            if value.zh.is_empty() {
                // A person who must decide is told where the evidence could still come from.
                self.follow(document, path);
            }
            let name = &path.name;
            let area = words::area(super::evaluate::area(path));
            let value = if value.zh.is_empty() { Text::new("未知", "unknown") } else { value };
            texts.push(Text::new(
                format!("{}{}：{}", area.name.zh, name.zh, value.zh),
                format!("{} {}: {}", area.name.en, name.en, value.en),
            ));
        }
        let truth = if refuted == Truth::True { Truth::False } else { Truth::Unknown };
        Found { truth, measured: join(texts, "；", "; ") }
    }

    fn counted(&mut self, span: Span, counting: &'a Counting, counted: &[Counted<'a>]) -> Text {
        let area = words::area(super::evaluate::area(&counting.over));
        let seen = show::number(span);
        if seen.is_empty() {
            return Text::default();
        }
        let (mut zh, mut en) =
            (format!("{seen} {}", area.noun.zh), format!("{seen} {}", area.noun.en));
        if counting.show.is_empty() {
            return Text { zh, en };
        }
        if counted.len() > 1 || span.exact() != Some(1) {
            zh = format!("{zh}（共 {}）", counted.len());
            en = format!("{en} (of {})", counted.len());
        }
        // Those that count come first; a reader who sees a fail wants to see the others too.
        let mut objects: Vec<&Counted<'a>> = counted.iter().collect();
        objects.sort_by_key(|object| std::cmp::Reverse(object.truth));
        let more = objects.len().saturating_sub(show::SHOWN);
        objects.truncate(show::SHOWN);
        // What reads alike is told once: four equal processors are one line.
        let mut alike: Vec<(Truth, Text, Vec<String>)> = Vec::new();
        for object in objects {
            let label = show::label(object.base.area, object.base.object);
            let fields = self.fields(object.base, &counting.show);
            match alike.iter_mut().find(|seen| seen.0 == object.truth && seen.1 == fields) {
                Some((.., labels)) => labels.push(label),
                None => alike.push((object.truth, fields, vec![label])),
            }
        }
        let mut texts: Vec<Text> = Vec::new();
        for (truth, fields, labels) in alike {
            let mark = match truth {
                Truth::True => "",
                Truth::False => "✗ ",
                Truth::Unknown => "? ",
            };
            let (zh, en) = (labels.join("、"), labels.join(", "));
            texts.push(Text::new(
                format!("{mark}{zh}：{}", fields.zh),
                format!("{mark}{en}: {}", fields.en),
            ));
        }
        if more > 0 {
            texts.push(Text::new(format!("另有 {more} 项"), format!("{more} more")));
        }
        if texts.is_empty() {
            return Text { zh, en };
        }
        let list = join(texts, "；", "; ");
        Text::new(format!("{zh}：{}", list.zh), format!("{en}: {}", list.en))
    }

    /// Returns the values of `paths` in `base`, named.
    fn fields(&mut self, base: Base<'a>, paths: &'a [Path]) -> Text {
        let mut texts = Vec::new();
        for path in paths {
            let value = if path.aggregate.is_some() {
                let mark = self.mark();
                let span = self.aggregate(base, path);
                self.forget(mark);
                show::span(span, path, None)
            } else {
                self.shown(base, path, None)
            };
            let name = &path.name;
            let value = if value.zh.is_empty() { Text::new("未知", "unknown") } else { value };
            texts.push(Text::new(
                format!("{} {}", name.zh, value.zh),
                format!("{} {}", name.en, value.en),
            ));
        }
        join(texts, "，", ", ")
    }

    /// Returns the values `path` leads to, as a reader sees them; empty where none is known.
    fn shown(&mut self, base: Base<'a>, path: &'a Path, unit: Option<Unit>) -> Text {
        let mark = self.mark();
        let reached = self.follow(base, path);
        self.forget(mark);
        let mut texts: Vec<Text> = Vec::new();
        for leaf in &reached.leaves {
            if leaf.member == Truth::False || (leaf.base.vouched && leaf.source.is_none()) {
                continue;
            }
            let Some(value) = leaf.value else { continue };
            self.use_source(leaf.source);
            let text = show::value(value, path, unit, leaf.base.area);
            if !text.zh.is_empty() && !texts.contains(&text) && texts.len() < show::SHOWN {
                texts.push(text);
            }
        }
        join(texts, "、", ", ")
    }
}
