//! Why a check is open, in words a person can act on, and what it rests on.

use std::borrow::Cow;

use serde_json::Value;

use super::evaluate::Judge;
use super::facts::Base;
use super::show;
use super::span::Span;
use super::walk::Claim;
use crate::check::{Asked, Check, Comparison, Hint, Rule};
use crate::kleene::Truth;
use crate::path::{Path, Step};
use crate::words;
use crate::{Reason, Role, Text, workload};

/// Why something is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Why<'a> {
    /// The section it is in.
    pub(crate) area: &'a str,
    pub(crate) what: What<'a>,
}

/// What is not known.
#[derive(Clone, Copy, Debug)]
pub(crate) enum What<'a> {
    /// The section, by its status and reason.
    Section(Option<&'a str>, Option<&'a str>),
    /// A field of an object.
    Field(&'a [Step], Option<(usize, &'a Value)>),
    /// A field of an object that holds something else than expected.
    Unfit(&'a [Step], Option<(usize, &'a Value)>),
    /// An object that no source vouches for.
    NoSource(Option<(usize, &'a Value)>),
    /// There is no such object.
    Empty,
    /// Nobody ran it.
    NoRun,
    /// The last run proves nothing: its state and reasons.
    Invalid(Option<&'a str>, &'a [Value]),
}

impl<'a> Why<'a> {
    /// Returns the object it is about.
    fn object(&self) -> Option<(usize, &'a Value)> {
        match self.what {
            What::Field(_, object) | What::Unfit(_, object) | What::NoSource(object) => object,
            What::Section(..) | What::Empty | What::NoRun | What::Invalid(..) => None,
        }
    }

    /// Returns whether it says the same as `other` of what may be another object.
    ///
    /// It may be the same and not be known for it here, where that takes words to compare.
    fn is_like(&self, other: &Self) -> bool {
        let same = match (self.what, other.what) {
            (What::Field(one, _), What::Field(two, _))
            | (What::Unfit(one, _), What::Unfit(two, _)) => std::ptr::eq(one, two),
            (What::NoSource(_), What::NoSource(_)) => true,
            _ => false,
        };
        same && self.area == other.area
    }
}

/// Reasons that read alike but for the object.
struct Group<'a> {
    area: &'a str,
    text: Text,
    /// The objects it is said of.
    labels: Vec<Cow<'a, str>>,
}

impl Group<'_> {
    fn reason(self) -> Reason {
        let area = words::area(self.area);
        let mut text = Text::with_room(show::CELL);
        text.push(&area.name.zh, &area.name.en);
        for (at, label) in self.labels.iter().take(NAMED).enumerate() {
            let (zh, en) = if at > 0 { ("、", ", ") } else { (" ", " ") };
            text.push(zh, en);
            text.push(label, label);
        }
        let count = self.labels.len();
        let more = count.saturating_sub(NAMED);
        if more > 0 {
            text.push(&format!(" 等 {count} 处"), &format!(" and {more} more"));
        }
        text.push("：", ": ");
        text.push(&self.text.zh, &self.text.en);
        Reason { text, close: Some(area.close.clone()) }
    }
}

/// A field on which sources disagree.
#[derive(Debug)]
pub(crate) struct Dispute<'a> {
    pub(crate) base: Base<'a>,
    pub(crate) name: String,
    pub(crate) claims: Vec<Claim<'a>>,
}

impl Dispute<'_> {
    pub(super) fn is_of(&self, base: &Base<'_>, name: &str) -> bool {
        self.name == name && std::ptr::eq(self.base.value, base.value)
    }
}

/// Labels a reason names before it counts the rest.
const NAMED: usize = 3;
/// Reasons a report gives for one check.
const REASONS: usize = 8;

impl<'a> Judge<'a> {
    /// Returns the locators that the judgement rests on.
    pub(crate) fn sources(&self) -> Vec<String> {
        let total = self.used.len().saturating_add(self.runs.len());
        let locators = self.used.iter().take(show::SHOWN).filter_map(|id| self.facts.locator(*id));
        let mut locators: Vec<String> = locators.map(str::to_owned).collect();
        locators.extend(self.runs.iter().cloned());
        let more = total.saturating_sub(show::SHOWN);
        if more > 0 {
            locators.truncate(show::SHOWN);
            locators.push(format!("… +{more}"));
        }
        locators
    }

    /// Returns why the check is open, and who or what closes it.
    pub(crate) fn reasons(&self, check: &Check) -> Vec<Reason> {
        let mut reasons = self.grouped();
        if let Rule::Attest { no_evidence, asked, .. } = &check.rule {
            reasons.insert(0, attestation(&check.check, no_evidence.as_ref(), asked.as_ref()));
        }
        if reasons.is_empty() {
            let text = Text::new("依据不足，无法判定", "the facts do not decide it");
            reasons.push(Reason { text, close: None });
        }
        if !check.require_role.is_empty() {
            let roles = Role::list(&check.require_role);
            let text = Text::new(
                format!("人工确认须由{}各自用密钥签名后方为有效", roles.zh),
                format!(
                    "a person's decision on it counts once each of these has signed with its key: {}",
                    roles.en
                ),
            );
            reasons.insert(1, Reason { text, close: None });
        }
        let waits = workload::close(&check.rule);
        if waits.is_some() {
            // That nothing was collected says no more than that nobody ran it.
            if let Some(Why { what: What::NoRun, .. }) = self.whys.last() {
                reasons.drain(..reasons.len().saturating_sub(1));
            }
            // No command runs a workload yet: how a run is given would lead nowhere.
            for reason in &mut reasons {
                reason.close = None;
            }
        }
        if let Some(close) = check.close.clone().or(waits)
            && let Some(first) = reasons.first_mut()
        {
            first.close = Some(close);
        }
        reasons.truncate(REASONS);
        reasons
    }

    /// Returns one reason for each thing that is missing, however often it is.
    fn grouped(&self) -> Vec<Reason> {
        let mut groups: Vec<Group<'a>> = Vec::new();
        let mut last: Option<(&Why<'a>, usize)> = None;
        for why in &self.whys {
            // The same is mostly missing of one object after the other: it is described once.
            let twin = last.filter(|(twin, _)| twin.is_like(why)).map(|(_, at)| at);
            let at = twin.unwrap_or_else(|| {
                let text = describe(why);
                let known = |group: &Group<'a>| group.area == why.area && group.text.en == text.en;
                groups.iter().position(known).unwrap_or_else(|| {
                    groups.push(Group { area: why.area, text, labels: Vec::new() });
                    groups.len().saturating_sub(1)
                })
            });
            last = Some((why, at));
            if let (Some(object), Some(Group { labels, .. })) = (why.object(), groups.get_mut(at)) {
                let label = show::label(words::area(why.area), Some(object));
                if !labels.contains(&label) {
                    labels.push(label);
                }
            }
        }
        groups.into_iter().map(Group::reason).collect()
    }

    /// Returns what sources disagree on, with every value and who says it.
    pub(crate) fn disputes(&self) -> Vec<Reason> {
        let reason = |dispute: &Dispute<'a>| {
            let label = show::label(dispute.base.words, dispute.base.object);
            let area = words::area(dispute.base.area);
            let field = words::field(&dispute.name);
            let values = self.said(dispute);
            let text = Text::new(
                format!("{} {label} {}：来源不一致：{values}", area.name.zh, field.zh),
                format!("{} {label} {}: sources disagree: {values}", area.name.en, field.en),
            );
            let close = Text::new(
                "由专人现场核实以何者为准后签署，或去除错误的来源重新运行",
                "have a person settle on the machine which is right and sign, or run again \
                 without the wrong source",
            );
            Reason { text, close: Some(close) }
        };
        self.disputes.iter().map(reason).collect()
    }

    fn said(&self, dispute: &Dispute<'a>) -> String {
        let path = Path::parse(&dispute.name, false).ok();
        let write = |value: &Value, source: Option<u64>| {
            let shown = match (value, &path) {
                (Value::Array(_), _) | (_, None) => value.to_string(),
                (_, Some(path)) => {
                    let mut shown = Text::default();
                    show::value(&mut shown, value, path, None, dispute.base.words);
                    shown.en
                }
            };
            let locator = source.and_then(|id| self.facts.locator(id)).unwrap_or("?");
            format!("{shown} [{locator}]")
        };
        let value = dispute
            .name
            .split('.')
            .try_fold(dispute.base.value, |value, name| value.get(name))
            .or_else(|| {
                let last = dispute.name.rsplit('.').next()?;
                dispute.base.value.get(last)
            });
        let source = self.facts.source_of(dispute.base.owner, &dispute.name);
        let chosen = value.map(|value| write(value, source));
        let claims = dispute.claims.iter().take(NAMED);
        chosen
            .into_iter()
            .chain(claims.map(|claim| write(claim.value, claim.source)))
            .collect::<Vec<_>>()
            .join(" / ")
    }

    /// Returns what a reader should be told because two values differ.
    pub(crate) fn hints(&mut self, hints: &'a [Hint]) -> Vec<Reason> {
        let mut told = Vec::new();
        for hint in hints {
            let left = self.known(&hint.left);
            let right = self.known(&hint.right);
            let differ = !left.is_empty() && right.iter().any(|value| !left.contains(value));
            if differ {
                told.push(Reason { text: hint.say.clone(), close: None });
            }
        }
        told
    }

    fn known(&mut self, path: &'a Path) -> Vec<&'a Value> {
        let mark = self.mark();
        let reached = self.follow(&self.facts.document(), path);
        self.forget(mark);
        let sure = reached.leaves.iter().filter(|leaf| leaf.member == Truth::True);
        let known = sure.filter_map(|leaf| leaf.value).collect();
        self.done(reached);
        known
    }

    /// Returns the lines that a person judges equivalence by.
    pub(crate) fn comparison(&mut self, check: &'a Check) -> Option<Text> {
        if check.compare.is_empty() {
            return None;
        }
        let mut out = Text::with_room(show::CELL);
        for (at, line) in check.compare.iter().enumerate() {
            if at > 0 {
                out.push("；", "; ");
            }
            out.push(&line.name.zh, &line.name.en);
            out.push("：实际 ", ": found ");
            let mark = out.mark();
            let found = self.total(line);
            match line.sum.iter().find(|path| path.unit().is_some()) {
                Some(path) => show::span(&mut out, found, path, line.demand.shown),
                None => show::number(&mut out, found),
            }
            if out.stands_at(mark) {
                out.push("未知", "unknown");
            }
            let demand = crate::check::expect::amount(&line.demand);
            out.push("，要求 ", ", demanded ");
            out.push(&demand, &demand);
        }
        Some(out)
    }

    /// Returns the sum over the objects of the product of their fields.
    fn total(&mut self, line: &'a Comparison) -> Span {
        let mark = self.mark();
        let reached = self.follow(&self.facts.document(), &line.over);
        let mut span = Span::ZERO;
        for leaf in &reached.leaves {
            let mut product = Some(Span::exactly(1));
            for path in &line.sum {
                let factor = self.aggregate(&leaf.base, path);
                let times = |a: Option<i128>, b: Option<i128>| a?.checked_mul(b?);
                product = product
                    .and_then(|so_far| Some(Span::exactly(times(so_far.exact(), factor.exact())?)));
            }
            match (product.and_then(Span::exact), leaf.member) {
                (Some(value), Truth::True) => span.add(value, Some(value)),
                (Some(value), _) => span.add(0, Some(value)),
                (None, _) => span.add(0, None),
            }
        }
        self.forget(mark);
        let span = if reached.closed { span } else { Span { most: None, ..span } };
        self.done(reached);
        span
    }
}

/// Returns why a person is needed, what has to be shown to that person and by whom.
fn attestation(id: &str, no_evidence: Option<&Text>, asked: Option<&Asked>) -> Reason {
    let mut text = no_evidence.cloned().unwrap_or_else(|| {
        Text::new("须由专人核对所列证据后确认", "a person must confirm it on the evidence shown")
    });
    let mut close = Text::default();
    match asked {
        Some(asked) => {
            let (how, shown) = (asked.how.word(), asked.text());
            text.push("；", "; ");
            text.push(&format!("{}：{}", how.zh, shown.zh), &format!("{}: {}", how.en, shown.en));
            close.push(
                &format!("由指定人员{}后签署", how.zh),
                &format!("have a named person check it {} and sign", how.en),
            );
        }
        None => close.push(
            "由指定人员书面核查或现场查验后签署",
            "have a named person check the papers or the machine and sign",
        ),
    }
    close.push(
        &format!("（`assay report attest`，用例 {id}）"),
        &format!(" (`assay report attest`, check {id})"),
    );
    Reason { text, close: Some(close) }
}

/// Returns what is missing.
fn describe(why: &Why<'_>) -> Text {
    let field = |steps: &[Step]| {
        let names = Path::names(steps);
        let names = names.split_once('.').filter(|(root, _)| crate::path::ROOTS.contains(root));
        words::field(&names.map_or_else(
            || Path::names(steps),
            |(_, rest)| rest.split_once('.').map_or(rest, |(_, field)| field).to_owned(),
        ))
    };
    match why.what {
        What::Section(status, reason) => section(status, reason),
        What::Field(steps, _) => {
            let mut text = field(steps);
            text.push("未知", " unknown");
            text
        }
        What::Unfit(steps, _) => {
            let mut text = field(steps);
            text.push("的数据无法使用", " is not of the kind the check needs");
            text
        }
        What::NoSource(_) => {
            Text::new("数据没有来源，不予采信", "no source is named for it, so it does not count")
        }
        What::Empty => Text::new("没有可判定的对象", "nothing there to judge"),
        What::NoRun => Text::new("未进行测试", "nobody ran it"),
        What::Invalid(state, reasons) => invalid(state, reasons),
    }
}

fn section(status: Option<&str>, reason: Option<&str>) -> Text {
    let (zh, en) = match status {
        None => ("未采集", "not collected"),
        Some("partial") => ("采集不完整", "collected in part only"),
        Some("failed") => ("采集失败", "could not be collected"),
        Some("unsupported") => ("本机或来源不提供", "this machine or source does not tell"),
        Some(_) => ("状态不明", "of unknown status"),
    };
    match reason {
        Some(reason) => Text::new(format!("{zh}（{reason}）"), format!("{en} ({reason})")),
        None => Text::new(zh, en),
    }
}

/// Returns what makes a run prove nothing: its state, and its reasons, which are texts or
/// objects with one in each language.
fn invalid(state: Option<&str>, reasons: &[Value]) -> Text {
    let said = |language: &str| {
        let text = |reason: &'_ Value| {
            let text = reason.as_str().or_else(|| reason.get(language)?.as_str());
            text.map(str::to_owned)
        };
        let said: Vec<String> = reasons.iter().filter_map(text).take(show::SHOWN).collect();
        said
    };
    let state = state.unwrap_or("?");
    let (zh, en) = (said("zh").join("；"), said("en").join("; "));
    let after = |mark: &str, said: String| {
        if said.is_empty() { String::new() } else { format!("{mark}{said}") }
    };
    Text::new(
        format!("最近一次测试无效（{state}{}）", after("：", zh)),
        format!("the last run proves nothing ({state}{})", after(": ", en)),
    )
}
