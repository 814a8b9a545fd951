//! What was ordered and packed against what was found.
//!
//! A machine is the line of its serial number; where there is none, of the place or address where it
//! was found. Each defect is told once: of two machines in each other's place, of a serial number
//! that is there twice, of another machine in a place, all that it explains goes with it.

mod belong;
mod check;

use std::collections::BTreeMap;

use profiles::Text;

use super::{
    finding::{Class, Finding, Kind},
    list::List,
    naming,
    place::folded,
    seen::{Seen, Untold},
};
use crate::lang::text;

/// What the comparison came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// What became of each line of the list, in its order.
    pub lines: Vec<Standing>,
    /// Machines that are on no line, by their place among those found.
    pub extras: Vec<usize>,
    /// The numbers of each contract line.
    pub contracts: Vec<Contract>,
    /// What is wrong, what could not be told, what is worth a look: in this order, each by line.
    pub findings: Vec<Finding>,
    /// The findings of each line, by their place among all.
    pub of_line: Vec<Vec<usize>>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How it stands.
    pub state: State,
    /// The machine, by its place among those found.
    pub seen: Option<usize>,
}

/// How a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The machine is there, as ordered.
    Delivered,
    /// It could not be told.
    Open,
    /// The machine is there, and not as ordered.
    Defect,
    /// It is not there.
    Missing,
    /// The line names no machine: it only says how many are ordered.
    Ordered,
}

/// The numbers of a contract line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contract {
    /// The contract line.
    pub name: String,
    /// The model that it orders.
    pub model: Option<String>,
    /// Machines that are ordered, where the list says so.
    pub ordered: Option<u32>,
    /// Machines that the list names.
    pub packed: u32,
    /// Machines of them that were found.
    pub found: u32,
    /// Machines of them that are as ordered.
    pub delivered: u32,
}

/// Which machine each line is, while it is found out.
struct Match<'a, 'i> {
    list: &'a List,
    seen: &'a [Seen<'i>],
    untold: &'a [Untold],
    /// The machine of each line.
    of_line: Vec<Option<usize>>,
    /// The line of each machine.
    of_seen: Vec<Option<usize>>,
    /// The line in whose place each machine was found.
    stands: Vec<Option<usize>>,
    findings: Vec<Finding>,
}

/// Compares a list with the machines that were found.
///
/// `untold` is what was looked at and told nothing: a line that may be of it is open, not missing.
pub fn compare(list: &List, seen: &[Seen<'_>], untold: &[Untold]) -> Comparison {
    let mut matched = Match {
        list,
        seen,
        untold,
        of_line: vec![None; list.lines.len()],
        of_seen: vec![None; seen.len()],
        stands: Vec::new(),
        findings: Vec::new(),
    };
    let places = belong::Places::of(list);
    matched.stands = seen.iter().map(|one| places.line(one)).collect();
    let twice = matched.by_serial();
    matched.by_place(&twice);
    matched.positions();
    matched.left(&places, &twice);
    matched.checks();
    matched.odd_firmware();
    matched.quantities();
    matched.done()
}

impl Match<'_, '_> {
    fn find(&mut self, kind: Kind, lines: &[usize], seen: &[usize], what: Text) {
        self.findings.push(Finding { kind, lines: lines.to_vec(), seen: seen.to_vec(), what });
    }

    /// Returns what a line's machine is called, and where the line stands in the list.
    fn line_name(&self, line: usize) -> Text {
        let Some(one) = self.list.lines.get(line) else { return Text::default() };
        let (name, row) = (one.name(), one.row.to_string());
        match &one.place {
            Some(place) if one.serial.is_some() => text(
                "`{}`（第 {} 行，{}）",
                "`{}` (row {}, {})",
                &[&name, &row, &place.to_string()],
            ),
            _ => text("`{}`（第 {} 行）", "`{}` (row {})", &[&name, &row]),
        }
    }

    /// Returns what a machine is called, and where it was found.
    fn seen_name(&self, seen: usize) -> Text {
        let Some(one) = self.seen.get(seen) else { return Text::default() };
        let place = one.place.as_ref().map(ToString::to_string);
        let place = place.or_else(|| one.address.as_ref().map(ToString::to_string));
        let place = place.unwrap_or_else(|| one.name.clone());
        let called = one.called();
        if called == place {
            return Text::same(format!("`{called}`"));
        }
        text("`{}`（在 {}）", "`{}` (at {})", &[called, &place])
    }

    /// Names machines that are not at their place, and addresses that are not the planned ones.
    fn positions(&mut self) {
        for line in 0..self.of_line.len() {
            let Some(at) = self.of_line.get(line).copied().flatten() else { continue };
            let (Some(wanted), Some(seen)) = (self.list.lines.get(line), self.seen.get(at)) else {
                continue;
            };
            let stands = self.stands.get(at).copied().flatten();
            if stands == Some(line) {
                self.address_of(line, at);
                continue;
            }
            // A place that is told counts, and an address where none is.
            let is_elsewhere = match (&seen.place, &wanted.place) {
                (Some(place), Some(planned)) => !belong::is_same_place(place, planned),
                (None, _) => stands.is_some(),
                (Some(_), None) => false,
            };
            if !is_elsewhere {
                self.address_of(line, at);
                continue;
            }
            let there =
                stands.and_then(|other| Some((other, self.of_line.get(other).copied().flatten()?)));
            match there {
                Some((other, its)) if self.stands.get(its).copied().flatten() == Some(line) => {
                    // Told once, by the first of the two.
                    if line < other {
                        let names = [line, other].map(|line| self.line_name(line));
                        let what = two(
                            "{} 与 {} 互换了位置",
                            "{} and {} stand in each other's place",
                            &names,
                        );
                        self.find(Kind::Swapped, &[line, other], &[at, its], what);
                    }
                }
                _ => {
                    let name = self.line_name(line);
                    let at_place = seen.place.as_ref().map(ToString::to_string);
                    let there = at_place.or_else(|| seen.address.as_ref().map(ToString::to_string));
                    let there = there.unwrap_or_else(|| seen.name.clone());
                    let what = Text::new(
                        format!("{} 实际在 {there}", name.zh),
                        format!("{} was found at {there}", name.en),
                    );
                    self.find(Kind::Misplaced, &[line], &[at], what);
                }
            }
        }
    }

    /// Names an address that is not the planned one, of a machine that is at its place.
    fn address_of(&mut self, line: usize, at: usize) {
        let (Some(wanted), Some(seen)) = (self.list.lines.get(line), self.seen.get(at)) else {
            return;
        };
        let (Some(planned), Some(address)) = (&wanted.address, &seen.address) else { return };
        if belong::is_same_address(planned, address) {
            return;
        }
        let (planned, address) = (planned.to_string(), address.to_string());
        let name = self.line_name(line);
        let what = Text::new(
            format!("{} 的管理口：清单 {planned}，实际 {address}", name.zh),
            format!("the BMC of {}: {planned} on the list, {address} found", name.en),
        );
        self.find(Kind::OtherAddress, &[line], &[at], what);
    }

    /// Tells of lines without a machine, and of machines without a line.
    fn left(&mut self, places: &belong::Places, twice: &belong::Twice) {
        let nameless: Vec<usize> = (0..self.seen.len())
            .filter(|at| self.of_seen.get(*at).copied().flatten().is_none())
            .filter(|at| self.seen.get(*at).is_some_and(|seen| seen.serial().is_none()))
            .collect();
        let untold = self.untold_lines(places);
        for line in 0..self.of_line.len() {
            let Some(wanted) = self.list.lines.get(line) else { continue };
            let is_there = self.of_line.get(line).copied().flatten().is_some();
            if is_there || !wanted.is_machine() || twice.lines.contains(&line) {
                continue;
            }
            let name = self.line_name(line);
            if let Some(why) = untold.get(&line) {
                let what = Text::new(
                    format!("{} 未能查明：{}", name.zh, why.zh),
                    format!("{} could not be told: {}", name.en, why.en),
                );
                self.find(Kind::Untold, &[line], &[], what);
                continue;
            }
            let may_be = |at: &&usize| {
                let names = self.seen.get(**at).and_then(Seen::names);
                match (&wanted.model, names) {
                    (Some(model), Some(names)) => naming::is_named(model, &names),
                    _ => true,
                }
            };
            if let Some(at) = nameless.iter().find(may_be).copied() {
                let other = self.seen_name(at);
                let what = two(
                    "{} 可能是没有报告序列号的 {}",
                    "{} may be {}, which tells no serial number",
                    &[name, other],
                );
                self.find(Kind::Untold, &[line], &[], what);
            } else {
                let what = Text::new(
                    format!("没有找到 {}", name.zh),
                    format!("{} was not found", name.en),
                );
                self.find(Kind::Missing, &[line], &[], what);
            }
        }
        for at in 0..self.seen.len() {
            if self.of_seen.get(at).copied().flatten().is_some() || twice.seen.contains(&at) {
                continue;
            }
            let name = self.seen_name(at);
            let model = self.seen.get(at).and_then(Seen::model).unwrap_or_else(|| "?".to_owned());
            if nameless.contains(&at) {
                let what = Text::new(
                    format!("{} 没有报告序列号（{model}）", name.zh),
                    format!("{} tells no serial number ({model})", name.en),
                );
                self.find(Kind::Unidentified, &[], &[at], what);
            } else {
                let what = Text::new(
                    format!("{} 不在清单中（{model}）", name.zh),
                    format!("{} is not on the list ({model})", name.en),
                );
                self.find(Kind::Extra, &[], &[at], what);
            }
        }
    }

    /// Returns the lines that may be what was looked at and told nothing, and why that was; a
    /// machine that is on no line is told of at once.
    fn untold_lines(&mut self, places: &belong::Places) -> BTreeMap<usize, Text> {
        let mut lines = BTreeMap::new();
        for one in self.untold {
            let by_name = places.serials.get(&folded(&one.name)).and_then(|lines| lines.first());
            let line = by_name.copied().or_else(|| {
                let place = one.place.as_ref().and_then(|place| places.at_place(place));
                place
                    .or_else(|| one.address.as_ref().and_then(|address| places.at_address(address)))
            });
            match line {
                Some(line) => {
                    lines.entry(line).or_insert_with(|| one.why.clone());
                }
                None if one.is_machine => {
                    let (name, Text { zh, en }) = (&one.name, &one.why);
                    let what = Text::new(
                        format!("清单外的 `{name}` 未能查明：{zh}"),
                        format!("`{name}`, which is not on the list, could not be told: {en}"),
                    );
                    self.find(Kind::Untold, &[], &[], what);
                }
                None => {}
            }
        }
        lines
    }

    /// Compares ordered with packed.
    fn quantities(&mut self) {
        let mut packed: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (at, line) in self.list.lines.iter().enumerate().filter(|(_, line)| line.is_machine()) {
            packed.entry(&line.contract).or_default().push(at);
        }
        let mut findings = Vec::new();
        for (contract, ordered) in &self.list.contracts {
            let lines = packed.get(contract.as_str()).map(Vec::as_slice).unwrap_or_default();
            let Some(ordered) = ordered else { continue };
            let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
            if count != *ordered {
                let numbers = [ordered.to_string(), count.to_string()];
                let [ordered, count] = numbers.each_ref().map(String::as_str);
                let what = text(
                    "合同行 `{}`：订货 {} 台，清单列出 {} 台",
                    "contract line `{}`: {} ordered, {} on the list",
                    &[contract, ordered, count],
                );
                findings.push(Finding {
                    kind: Kind::Quantity,
                    lines: Vec::new(),
                    seen: Vec::new(),
                    what,
                });
            }
        }
        self.findings.extend(findings);
    }

    fn done(mut self) -> Comparison {
        tiny_sort::stable::sort_by(&mut self.findings, |one, other| {
            let key = |finding: &Finding| {
                (
                    finding.kind.class(),
                    finding.lines.first().copied().unwrap_or(usize::MAX),
                    finding.kind,
                )
            };
            key(one).cmp(&key(other))
        });
        let mut worst: Vec<Option<Class>> = vec![None; self.list.lines.len()];
        let mut missing = vec![false; self.list.lines.len()];
        let mut of_line: Vec<Vec<usize>> = vec![Vec::new(); self.list.lines.len()];
        for (number, finding) in self.findings.iter().enumerate() {
            for line in &finding.lines {
                if let Some(of_line) = of_line.get_mut(*line) {
                    of_line.push(number);
                }
                if let Some(missing) = missing.get_mut(*line) {
                    *missing |= finding.kind == Kind::Missing;
                }
                if let Some(worst) = worst.get_mut(*line) {
                    let class = finding.kind.class();
                    *worst = Some(worst.map_or(class, |before| before.min(class)));
                }
            }
        }
        let standing = |at: usize| {
            let seen = self.of_line.get(at).copied().flatten();
            let is_machine = self.list.lines.get(at).is_some_and(super::list::Line::is_machine);
            let state = match (worst.get(at).copied().flatten(), seen) {
                _ if !is_machine => State::Ordered,
                _ if missing.get(at) == Some(&true) => State::Missing,
                (Some(Class::Defect), _) => State::Defect,
                // No machine and no finding cannot be: open, all the same.
                (Some(Class::Open), _) | (_, None) => State::Open,
                (None | Some(Class::Note), Some(_)) => State::Delivered,
            };
            Standing { state, seen }
        };
        let lines: Vec<Standing> = (0..self.list.lines.len()).map(standing).collect();
        let extras = (0..self.seen.len())
            .filter(|at| self.of_seen.get(*at).copied().flatten().is_none())
            .collect();
        let mut contracts: Vec<Contract> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, ordered) in &self.list.contracts {
            places.insert(name.as_str(), contracts.len());
            contracts.push(Contract {
                name: name.clone(),
                ordered: *ordered,
                ..Contract::default()
            });
        }
        for (line, standing) in self.list.lines.iter().zip(&lines) {
            let at = places.get(line.contract.as_str());
            let Some(contract) = at.and_then(|at| contracts.get_mut(*at)) else { continue };
            match (&mut contract.model, &line.model) {
                (model @ None, of_line) => model.clone_from(of_line),
                // Of several the first, and that there are others.
                (Some(model), Some(of_line)) if !model.ends_with(" …") && model != of_line => {
                    model.push_str(" …");
                }
                _ => {}
            }
            contract.packed += u32::from(line.is_machine());
            contract.found += u32::from(standing.seen.is_some());
            contract.delivered += u32::from(standing.state == State::Delivered);
        }
        Comparison { lines, extras, contracts, findings: self.findings, of_line }
    }
}

/// Puts two names in both languages of a text.
fn two(zh: &str, en: &str, names: &[Text; 2]) -> Text {
    let [one, other] = names;
    Text::new(text(zh, "", &[&one.zh, &other.zh]).zh, text("", en, &[&one.en, &other.en]).en)
}
