//! One round: look, plan, do, read back; and what of it is worth telling.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{Happened, Keeper, Kept, Store};
use crate::apply::{self, Applied, ApplyError, Run};
use crate::kernel::Kernel;
use crate::kernel::watch::Concern;
use crate::node::{self, Node};
use crate::plan::{Plan, Scope, text};
use crate::text::Text;

/// The first pause behind a round that did not end as wanted; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(250);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);
/// More steps than these are not told one by one.
const TOLD: usize = 5;

/// What a round came to.
#[derive(Debug)]
pub struct Round {
    /// How it ended.
    pub ended: Ended,
    /// What is of concern from now on; `None`: as before.
    pub concern: Option<Concern>,
    /// When to try again, whatever happens.
    pub again: Option<Duration>,
}

/// How a round ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// Nothing has been accepted yet; nothing was looked at.
    NoState,
    /// All is as wanted, behind so many steps.
    Wanted {
        /// Steps that were done.
        steps: usize,
    },
    /// It is not: events and status say why.
    Not,
}

/// Why a round did not end as wanted.
struct Trouble {
    kind: Happened,
    /// Objects that it is about; none: all.
    objects: Vec<String>,
    texts: Vec<Text>,
}

impl Keeper {
    /// Brings the kernel to what is desired. Where it is there already, nothing is written.
    pub fn round(&mut self, kernel: &mut dyn Kernel, store: &mut dyn Store, now_ms: u64) -> Round {
        let Some(mut kept) = self.kept.take() else {
            return Round { ended: Ended::NoState, concern: None, again: None };
        };
        self.counts.rounds = self.counts.rounds.saturating_add(1);
        // The event's generation is that of what is kept.
        let mut said = Vec::new();
        let mut concern = None;
        let done = self.bring(&mut kept, kernel, store, &mut said, &mut concern);
        let ended = match done {
            Ok(steps) => {
                kept.failures = 0;
                kept.trouble.clear();
                Ended::Wanted { steps }
            }
            Err(trouble) => {
                kept.failures = kept.failures.saturating_add(1);
                kept.verified = kept.verified.min(kept.generation.saturating_sub(1));
                fault(&mut kept, &trouble);
                // What stays in the way is told once.
                if kept.trouble != trouble.texts {
                    let all = trouble.texts.first().cloned().unwrap_or_default();
                    said.push((trouble.kind, trouble.objects, all));
                    kept.trouble = trouble.texts;
                }
                Ended::Not
            }
        };
        let again = (kept.failures > 0).then(|| {
            let doubled = 1_u32.checked_shl(kept.failures.min(10) - 1).unwrap_or(u32::MAX);
            PAUSE.saturating_mul(doubled).min(LONGEST)
        });
        self.kept = Some(kept);
        for (kind, objects, text) in said {
            self.note(kind, objects, text, now_ms);
        }
        Round { ended, concern, again }
    }

    fn bring(
        &mut self,
        kept: &mut Kept,
        kernel: &mut dyn Kernel,
        store: &mut dyn Store,
        said: &mut Vec<(Happened, Vec<String>, Text)>,
        concern: &mut Option<Concern>,
    ) -> Result<usize, Trouble> {
        let was = kept.verified == kept.generation;
        let mut node = look(kernel, kept, &self.past.began)?;
        *concern = Some(minded(&node, kept));
        let (moved, returned) = waits(kept, &node.plan, said);
        let steps = node.plan.steps.len();
        refuse(&node.plan)?;
        if steps > 0 || self.past.is_unfinished() {
            let causes: BTreeSet<String> =
                node.plan.steps.iter().map(|planned| planned.cause.clone()).collect();
            // Steps for a port whose device came or went are no drift, nor the rules they take.
            let of_moved = |cause: &String| match cause.strip_prefix("port ") {
                Some(port) => moved.contains(port),
                None => cause == "rules" && !moved.is_empty(),
            };
            let drifted = was && !causes.iter().all(of_moved);
            let causes: Vec<String> = causes.into_iter().collect();
            if drifted {
                self.counts.drifts = self.counts.drifts.saturating_add(1);
                said.push((Happened::DriftSeen, causes.clone(), told(&node.plan)));
            }
            kept.stray = true;
            self.act(kept, &node, kernel, store)?;
            self.counts.steps = self.counts.steps.saturating_add(steps as u64);
            if drifted {
                let text = Text::of(
                    "已修复偏差，共 {0} 步",
                    "what differed is repaired, in {0} steps",
                    &[&steps],
                );
                said.push((Happened::DriftRepaired, causes, text));
            }
        }
        applied(kept, store)?;
        if kept.stray {
            let revoked = node::revoke(kernel, &node, Some(&kept.desired)).map_err(|error| {
                unknown(Text::of(
                    "无法切断不再允许的连接：{0}",
                    "connections that are no longer permitted could not be cut: {0}",
                    &[&chain(&error)],
                ))
            })?;
            kept.stray = false;
            if revoked.cut > 0 {
                self.counts.cut = self.counts.cut.saturating_add(revoked.cut as u64);
                let (zh, en) = ("切断了 {0} 个不再允许的连接", "{0} connections were cut");
                said.push((Happened::Revoked, Vec::new(), Text::of(zh, en, &[&revoked.cut])));
            }
        }
        if steps > 0 {
            node = look(kernel, kept, &self.past.began)?;
            *concern = Some(minded(&node, kept));
            waits(kept, &node.plan, said);
            refuse(&node.plan)?;
            residue(&node.plan)?;
        }
        for port in &returned {
            let (zh, en) = ("端口 {0} 的设备已出现并接入", "the device of port {0} is taken up");
            let text = Text::of(zh, en, &[port]);
            said.push((Happened::PortTakenUp, vec![format!("port {port}")], text));
        }
        if !was {
            let (zh, en) =
                ("第 {0} 代已生效，共 {1} 步", "generation {0} is applied, in {1} steps");
            let text = Text::of(zh, en, &[&kept.generation, &steps]);
            said.push((Happened::Applied, Vec::new(), text));
        }
        verified(kept);
        Ok(steps)
    }

    /// Does a plan.
    fn act(
        &mut self,
        kept: &Kept,
        node: &Node,
        kernel: &mut dyn Kernel,
        store: &mut dyn Store,
    ) -> Result<(), Trouble> {
        let digest = (self.digest)(&kept.document.to_string());
        let run = Run { generation: kept.generation, digest: &digest, past: &self.past };
        let done = apply::apply(kernel, &node.plan, run, store);
        self.past = store.past();
        if !matches!(done, Ok(Applied::Done { .. })) {
            self.counts.failures = self.counts.failures.saturating_add(1);
        }
        match done {
            Ok(Applied::Done { .. }) => Ok(()),
            Ok(Applied::RolledBack { failed, because }) => Err(Trouble {
                kind: Happened::RolledBack,
                objects: Vec::new(),
                texts: vec![Text {
                    zh: format!("失败并已全部撤销：{}（{because}）", failed.zh),
                    en: format!("failed, and all is undone: {} ({because})", failed.en),
                }],
            }),
            Ok(Applied::Stuck { failed, because, left }) => {
                let mut texts = vec![Text {
                    zh: format!("失败，且未能全部撤销：{}（{because}）", failed.zh),
                    en: format!("failed, and not all is undone: {} ({because})", failed.en),
                }];
                texts.extend(left.into_iter().map(|left| left.undo));
                Err(Trouble { kind: Happened::LeftOver, objects: Vec::new(), texts })
            }
            // Conflicts and ports held back were refused before.
            Err(error @ (ApplyError::Conflicts { .. } | ApplyError::Held { .. })) => {
                Err(unknown(same(&error.to_string())))
            }
            Err(ApplyError::Journal { source }) => {
                let (zh, en) = ("无法写日志：{0}", "the journal cannot be written: {0}");
                Err(unknown(Text::of(zh, en, &[&source])))
            }
        }
    }
}

fn look(
    kernel: &mut dyn Kernel,
    kept: &Kept,
    began: &BTreeSet<crate::address::Device>,
) -> Result<Node, Trouble> {
    let scope = Scope { complete: true, confirmed: kept.confirmed, began: began.clone() };
    node::look(kernel, &kept.desired, &scope).map_err(|error| unknown(same(&chain(&error))))
}

fn minded(node: &Node, kept: &Kept) -> Concern {
    Concern::new(&node.wanted, &node.seen, Some(&kept.desired.node.device))
}

/// Notes the ports that wait; returns those that do now or did, but not both, and of them those
/// that do no more.
fn waits(
    kept: &mut Kept,
    plan: &Plan,
    said: &mut Vec<(Happened, Vec<String>, Text)>,
) -> (BTreeSet<String>, BTreeSet<String>) {
    let waiting: BTreeSet<String> = plan.waits.iter().map(|wait| wait.port.clone()).collect();
    for wait in &plan.waits {
        let text = Text::of(
            "设备 {0} 不存在；出现后即接入",
            "device `{0}` is not there; it is taken up when it is",
            &[&wait.device],
        );
        if !kept.waiting.contains(&wait.port) {
            said.push((Happened::PortWaits, vec![format!("port {}", wait.port)], text.clone()));
        }
        if let Some(standing) = kept.objects.get_mut(&("port".to_owned(), wait.port.clone())) {
            standing.reason = Some(text);
        }
    }
    let before = std::mem::replace(&mut kept.waiting, waiting);
    let ports = &kept.desired.ports;
    let returned = before.difference(&kept.waiting).filter(|port| ports.contains_key(*port));
    let returned = returned.cloned().collect();
    (before.symmetric_difference(&kept.waiting).cloned().collect(), returned)
}

/// Refuses a plan that may not be done.
fn refuse(plan: &Plan) -> Result<(), Trouble> {
    if !plan.conflicts.is_empty() {
        let objects = plan.conflicts.iter().map(|conflict| conflict.cause.clone()).collect();
        let texts = plan.conflicts.iter().map(text::conflict).collect();
        return Err(Trouble { kind: Happened::Conflict, objects, texts });
    }
    if let Some(held) = plan.held {
        let (zh, en) = (
            "一次将删除 {1} 个端口中的 {0} 个，未经同意",
            "{0} of {1} ports would be taken away at once, and nobody agreed to it",
        );
        let texts = vec![Text::of(zh, en, &[&held.ports, &held.of])];
        return Err(Trouble { kind: Happened::Held, objects: Vec::new(), texts });
    }
    Ok(())
}

fn residue(plan: &Plan) -> Result<(), Trouble> {
    if plan.steps.is_empty() {
        return Ok(());
    }
    let causes: BTreeSet<String> = plan.steps.iter().map(|it| it.cause.clone()).collect();
    let objects = causes.into_iter().collect();
    Err(Trouble { kind: Happened::Differs, objects, texts: vec![told(plan)] })
}

/// Returns the first steps of a plan, in a sentence.
fn told(plan: &Plan) -> Text {
    let steps: Vec<Text> = plan.steps.iter().take(TOLD).map(|it| text::step(&it.step)).collect();
    let more = plan.steps.len().saturating_sub(steps.len());
    let zh: Vec<String> = steps.iter().map(|step| step.zh.clone()).collect();
    let en: Vec<String> = steps.into_iter().map(|step| step.en).collect();
    let (zh, en) = (zh.join("；"), en.join("; "));
    let (more_zh, more_en) = match more {
        0 => ("", ""),
        _ => ("；另有 {1} 步", "; and {1} more"),
    };
    let zh_pattern = format!("与所需状态不同，需要：{{0}}{more_zh}");
    let en_pattern = format!("differs; it takes: {{0}}{more_en}");
    Text {
        zh: Text::of(&zh_pattern, "", &[&zh, &more]).zh,
        en: Text::of("", &en_pattern, &[&en, &more]).en,
    }
}

/// Notes that the kernel was brought to the state.
fn applied(kept: &mut Kept, store: &mut dyn Store) -> Result<(), Trouble> {
    if kept.applied != kept.generation {
        store.apply(&kept.document.to_string()).map_err(|error| {
            let (zh, en) = ("无法写已生效的副本：{0}", "cannot keep what is applied: {0}");
            unknown(Text::of(zh, en, &[&error]))
        })?;
        kept.applied = kept.generation;
    }
    each(kept, |standing, generation| standing.applied = generation);
    Ok(())
}

/// Notes that the state was read back.
fn verified(kept: &mut Kept) {
    kept.verified = kept.generation;
    each(kept, |standing, generation| {
        (standing.verified, standing.reason) = (generation, None);
    });
}

/// Does something to all objects but ports that wait.
fn each(kept: &mut Kept, mut to: impl FnMut(&mut super::Standing, u64)) {
    for ((kind, id), standing) in &mut kept.objects {
        if kind != "port" || !kept.waiting.contains(id) {
            to(standing, kept.generation);
        }
    }
}

/// Notes why objects are not as wanted.
fn fault(kept: &mut Kept, trouble: &Trouble) {
    let generation = kept.generation;
    let first = trouble.texts.first().cloned().unwrap_or_default();
    let rules = trouble.objects.iter().any(|object| object == "rules");
    for ((kind, id), standing) in &mut kept.objects {
        let named = format!("{kind} {id}");
        let at = trouble.objects.iter().position(|object| *object == named);
        let text = at.and_then(|at| trouble.texts.get(at)).unwrap_or(&first);
        let about = trouble.objects.is_empty()
            || at.is_some()
            || (rules && matches!(kind.as_str(), "group" | "addresses"));
        // What else is behind waits for the same.
        if about || standing.verified < standing.desired {
            standing.reason = Some(text.clone());
        }
        if about {
            standing.verified = standing.verified.min(generation.saturating_sub(1));
        }
    }
}

fn unknown(text: Text) -> Trouble {
    Trouble { kind: Happened::Unknown, objects: Vec::new(), texts: vec![text] }
}

fn same(text: &str) -> Text {
    Text { zh: text.to_owned(), en: text.to_owned() }
}

/// An error with those under it.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told.push_str(": ");
        told.push_str(&error.to_string());
        cause = error.source();
    }
    told
}
