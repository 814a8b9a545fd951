//! What snapshots cost: windows at a fixed rate without and with them (A B B A), and the
//! first overwrite after one. The operator's commands make and delete them.
//!
//! A snapshot is noted on disk before it is made, and taken out once it is deleted, so that
//! none is forgotten: not on Ctrl-C, not after a crash.

use std::{num::NonZeroU64, time::Duration};

use serde::{Deserialize, Serialize};
use storage_bench::{
    abba::{About, Comparison, Hook, ORDER, Second, Window, compare},
    cases::{Case, Load},
    drive::Drive,
    measurement::{Doubt, Run, Validity},
    schedule::Arrivals,
    validity::Claims,
};

use super::{
    hook::shell,
    kept::{Kept, Terms, Unfinished},
    night::{self, Start},
};
use crate::{
    clock,
    command::storage::{
        case::Bench,
        load::{self, Driven, Measured, Purpose},
    },
    console::Console,
    failure::Failure,
    lang::text,
};

/// The operator's commands.
#[derive(Clone, Debug)]
pub(super) struct Hooks {
    pub(super) create: String,
    pub(super) delete: String,
}

/// What a comparison runs with.
pub(super) struct Snapshots<'a> {
    pub(super) bench: &'a Bench<'a>,
    pub(super) hooks: &'a Hooks,
    pub(super) kept: &'a mut Kept,
    pub(super) console: &'a mut Console,
}

/// How a comparison ended.
pub(super) enum Compared {
    /// It is over, whatever came of it.
    Finished(Comparison),
    /// It was broken off and goes on from its last whole block.
    Partial(Comparison),
}

impl Snapshots<'_> {
    /// Deletes what an earlier process left standing.
    pub(super) fn clear(&mut self) -> Result<(), Failure> {
        let mut log = Vec::new();
        self.delete_all(&mut log)?;
        self.kept.command.append(&mut log);
        self.kept.write()
    }

    /// Runs the windows of a comparison that are not there yet, and compares.
    pub(super) fn abba(
        &mut self,
        case: &Case,
        (of_case, rate_percent, blocks): (&str, u8, u32),
    ) -> Result<Option<Compared>, Failure> {
        let Some(load) = &case.load else { return Ok(None) };
        let (of_run, rate) = match self.rate(of_case, rate_percent) {
            Ok(found) => found,
            Err(doubt) => {
                let about = self.about(&Terms::of(case, load), clock::now());
                let none = compare(about, &[], Vec::new(), vec![doubt]);
                return Ok(Some(Compared::Finished(none)));
            }
        };
        let terms = Terms {
            of_run,
            offered_iops: rate.get(),
            create: self.hooks.create.clone(),
            delete: self.hooks.delete.clone(),
            ..Terms::of(case, load)
        };
        let known = self.kept.unfinished.take().filter(|known| known.terms == terms);
        let mut state = known.unwrap_or_else(|| Unfinished {
            terms,
            started_at: clock::now(),
            ..Unfinished::default()
        });
        let drive = Drive { offered: Some((Arrivals::Fixed, rate)), ..Bench::drive(load) };
        let mut broken = Vec::new();
        while broken.is_empty()
            && state.window.len() < usize::try_from(blocks).unwrap_or(usize::MAX) * ORDER.len()
        {
            let needs_ns = case.most_ns / u64::from(blocks).max(1);
            let (window, interrupt) = (self.bench.window, self.bench.interrupt);
            broken = match night::wait(window, &case.id, needs_ns, interrupt, self.console)? {
                Start::Now { .. } => Vec::new(),
                Start::Never => {
                    let zh = "没有够长的 --window 容得下一组 A B B A";
                    let en = "no --window is long enough for a block of A B B A";
                    vec![Doubt::new("window-too-short", zh, en)]
                }
                Start::Interrupted => {
                    vec![Doubt::new(
                        "ended-early",
                        "提前结束：操作员中断",
                        "ended early: by the operator",
                    )]
                }
            };
            if !broken.is_empty() {
                self.kept.unfinished = Some(state.clone());
                break;
            }
            broken = self.block(case, load, &drive, &mut state)?;
            self.kept.unfinished = Some(state.clone());
            self.kept.write()?;
        }
        let mut doubts = told_once(&state.doubt);
        let go_on = self.bench.interrupt.asked() && !broken.is_empty();
        doubts.extend(broken);
        let about = self.about(&state.terms, state.started_at.clone());
        let compared = compare(about, &state.window, state.hook, doubts);
        Ok(Some(if go_on { Compared::Partial(compared) } else { Compared::Finished(compared) }))
    }

    /// Returns the rate that every window is offered, and the run that it comes from.
    fn rate(&self, of_case: &str, percent: u8) -> Result<(String, NonZeroU64), Doubt> {
        let last = self.kept.last(of_case);
        let counts = |run: &&Run| {
            let short = |doubt: &Doubt| doubt.code == "reduced" || doubt.code == "too-short";
            run.validity == Validity::Valid || (self.bench.fast && run.reasons.iter().all(short))
        };
        let no_rate = |zh: String, en: String| Doubt::new("no-rate", zh, en);
        let Some(run) = last.filter(counts) else {
            return Err(no_rate(
                format!("`{of_case}` 没有有效结果，无从确定所加的速率"),
                format!("`{of_case}` has no valid result that the rate could be a share of"),
            ));
        };
        let rate = run.all.milli_iops.saturating_mul(u64::from(percent)) / 100_000;
        let rate = NonZeroU64::new(rate).ok_or_else(|| {
            let (zh, en) = ("最高 IOPS 太低，无法按比例加压", "the highest rate is too low");
            no_rate(zh.to_owned(), en.to_owned())
        })?;
        Ok((run.id.clone(), rate))
    }

    fn about(&self, terms: &Terms, started_at: String) -> About {
        About {
            id: load::id(),
            case: terms.case.clone(),
            subject: self.bench.target.subject().clone(),
            started_at,
            of_run: terms.of_run.clone(),
            offered_iops: terms.offered_iops,
            window_ns: terms.window_ns,
        }
    }

    /// Runs one block. Returns why it is not whole; nothing where it is.
    fn block(
        &mut self,
        case: &Case,
        load: &Load,
        drive: &Drive,
        state: &mut Unfinished,
    ) -> Result<Vec<Doubt>, Failure> {
        let mut log = Vec::new();
        let windows = self.windows(case, load, drive, state.window.len() / ORDER.len(), &mut log);
        // Whatever happened, nothing is left standing.
        let deleted = self.delete_all(&mut log);
        state.hook.append(&mut log);
        let left = !deleted?;
        let Windows { window, doubt, broken } = windows?;
        if broken.is_empty() && !left {
            state.window.extend(window);
            state.doubt.extend(doubt);
            return Ok(broken);
        }
        if broken.is_empty() {
            let en = "a snapshot could not be deleted: the windows without are none";
            return Ok(vec![Doubt::new("snapshot-left", "快照未能删除：“无快照”窗口不成立", en)]);
        }
        Ok(broken)
    }

    fn windows(
        &mut self,
        case: &Case,
        load: &Load,
        drive: &Drive,
        block: usize,
        log: &mut Vec<Hook>,
    ) -> Result<Windows, Failure> {
        let mut of = Windows::default();
        let block = block + 1;
        for (at, with) in (1..).zip(ORDER) {
            let stands = if with { self.create(log)? } else { self.delete_all(log)? };
            if !stands {
                let (zh, en) = ("快照命令失败", "a snapshot command failed");
                of.broken.push(Doubt::new("broken-off", zh, en));
                return Ok(of);
            }
            let side = if with { "B" } else { "A" };
            let title = format!("{} {block}.{at} {side}", case.id);
            let purpose = Purpose { case: title, ..self.bench.purpose(case, load) };
            let Measured { run, .. } = self.bench.measure(drive, &purpose, self.console)?;
            for doubt in run.reasons.iter().cloned() {
                if doubt.code == "ended-early" {
                    of.broken.push(doubt);
                } else {
                    of.doubt.push(OfWindow { block, window: at, doubt });
                }
            }
            if !of.broken.is_empty() {
                return Ok(of);
            }
            of.window.push(window(&run));
        }
        Ok(of)
    }

    /// Makes a snapshot; returns whether that worked.
    fn create(&mut self, log: &mut Vec<Hook>) -> Result<bool, Failure> {
        self.kept.snapshots += 1;
        let name = format!("assay-{}", self.kept.snapshots);
        self.kept.standing.push(name.clone());
        self.kept.write()?;
        let ran = self.ask(&self.hooks.create, &name);
        log.push(ran.hook("create", &name, &self.hooks.create));
        if ran.failed.is_some() && ran.ended {
            // It says that there is none. One that was cut off may have made it all the same.
            self.kept.standing.retain(|standing| *standing != name);
        }
        Ok(ran.failed.is_none())
    }

    /// Deletes every snapshot that stands, going on past a failure; returns whether none is
    /// left.
    fn delete_all(&mut self, log: &mut Vec<Hook>) -> Result<bool, Failure> {
        for name in self.kept.standing.clone() {
            let ran = self.ask(&self.hooks.delete, &name);
            log.push(ran.hook("delete", &name, &self.hooks.delete));
            match &ran.failed {
                None => self.kept.standing.retain(|standing| *standing != name),
                Some(why) => self.console.note(&text(
                    "快照 `{}` 未能删除（{}），请手工处理",
                    "snapshot `{}` could not be deleted ({}): delete it by hand",
                    &[&name, why],
                )),
            }
            self.kept.write()?;
        }
        Ok(self.kept.standing.is_empty())
    }

    fn ask(&self, command: &str, name: &str) -> super::hook::Ran {
        let path = &self.bench.target.subject().path;
        shell(command, &[("ASSAY_TARGET", path), ("ASSAY_SNAPSHOT", name)], self.console)
    }

    /// Makes a snapshot and overwrites a part of the volume once.
    pub(super) fn first_write(&mut self, case: &Case) -> Result<Option<Run>, Failure> {
        let Some(load) = &case.load else { return Ok(None) };
        let drive = Drive {
            runtime: None,
            ramp: Duration::ZERO,
            bytes: Some(load.workload.span_bytes),
            ..Bench::drive(load)
        };
        let mut purpose = self.bench.purpose(case, load);
        // It is over when the part is written, however soon that is; its latency is told and
        // not judged.
        purpose.claims = Claims::default();
        let mut log = Vec::new();
        let measured = match self.create(&mut log) {
            Ok(true) => self.bench.measure(&drive, &purpose, self.console),
            Ok(false) => load::sum_up(Driven::nothing(), &drive, self.bench.target, &purpose),
            Err(failure) => Err(failure),
        };
        let deleted = self.delete_all(&mut log);
        self.kept.command.extend(log.iter().cloned());
        deleted?;
        let mut run = measured?.run;
        run.reasons.extend(log.iter().filter_map(Hook::doubt));
        if !run.reasons.is_empty() {
            run.validity = Validity::Invalid;
        }
        Ok(Some(run))
    }
}

/// The windows of one block.
#[derive(Debug, Default)]
struct Windows {
    window: Vec<Window>,
    /// What speaks against one of them.
    doubt: Vec<OfWindow>,
    /// Why they are not four; empty where they are.
    broken: Vec<Doubt>,
}

impl Terms {
    fn of(case: &Case, load: &Load) -> Self {
        Self {
            case: case.id.clone(),
            window_ns: load.runtime_ns,
            ramp_ns: load.ramp_ns,
            ..Self::default()
        }
    }
}

/// What speaks against a window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfWindow {
    block: usize,
    window: usize,
    doubt: Doubt,
}

/// Returns one doubt for each kind: where it was first, and of how many windows it is.
fn told_once(of: &[OfWindow]) -> Vec<Doubt> {
    let mut doubts: Vec<Doubt> = Vec::new();
    for OfWindow { block, window, doubt } in of {
        if doubts.iter().any(|known| known.code == doubt.code) {
            continue;
        }
        let count = of.iter().filter(|other| other.doubt.code == doubt.code).count();
        let Doubt { code, zh, en } = doubt;
        doubts.push(if matches!(code.as_str(), "reduced" | "not-filled") {
            doubt.clone()
        } else {
            Doubt::new(
                code,
                format!("第 {block} 组第 {window} 窗：{zh}（共 {count} 窗如此）"),
                format!("block {block}, window {window}: {en} (so in {count} windows)"),
            )
        });
    }
    doubts
}

/// Returns what a window's run measured: in the open loop, the response.
fn window(run: &Run) -> Window {
    let response = run.open_loop.as_ref().map_or(&run.all.service, |open| &open.response);
    let seconds = run.second.iter().map(|second| Second {
        ios: second.of.iter().map(|of| of.ios).sum(),
        max_ns: second.of.iter().map(|of| of.max_ns).max().unwrap_or(0),
    });
    Window {
        milli_iops: run.all.milli_iops,
        p50_ns: response.p50_ns,
        // Without a p99 the run is invalid, and so is what is compared.
        p99_ns: response.p99_ns.unwrap_or(response.max_ns),
        seconds: seconds.collect(),
    }
}
