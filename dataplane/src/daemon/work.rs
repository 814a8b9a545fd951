//! What is done with the kernel: look, plan, apply, cut, read back; and what came of it, as a
//! value for [`Daemon::learn`](super::Daemon::learn).

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Part, narrow};
use crate::address::Device;
use crate::apply::{self, Applied, ApplyError, Left, Revoked, Run};
use crate::desired::{Desired, Zones};
use crate::journal::{End, Log, Past};
use crate::kernel::{Kernel, KernelError};
use crate::nft::Change;
use crate::node::{self, Node, NodeError};
use crate::plan::{self, Conflict, Held, LinkChange, Plan, Scope, Step};
use crate::seen::Seen;
use crate::text::Text;
use crate::wanted::{LinkKind, Wanted};

/// How many steps are told in words.
const TOLD: usize = 20;

/// What is to be had, as [`Daemon::task`](super::Daemon::task) says.
#[derive(Clone, Debug)]
pub struct Task {
    /// Number of the desired state.
    pub generation: u64,
    /// What it says.
    pub desired: Arc<Desired>,
    /// Whether someone has agreed that many ports go.
    pub confirmed: bool,
    /// What is known of the run before.
    pub past: Past,
    /// Whether connections are looked at even where nothing is done.
    pub sweep: bool,
}

impl Task {
    /// Returns what a plan may do: the desired state is all there is to be.
    pub fn scope(&self) -> Scope {
        Scope { complete: true, confirmed: self.confirmed, began: self.past.began.clone() }
    }
}

/// What came of a plan, before it is read back.
#[derive(Debug)]
pub struct Done {
    applied: Result<Applied, ApplyError>,
    revoked: Option<Result<Revoked, KernelError>>,
}

impl Done {
    /// Whether the kernel may be other than it was looked at.
    pub fn changed(&self, node: &Node) -> bool {
        !node.plan.steps.is_empty() && self.applied.is_ok()
    }
}

/// What came of a task.
#[derive(Debug)]
pub struct Report {
    /// Number of the desired state.
    pub generation: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Ports that wait for their devices, with those.
    pub waits: BTreeMap<String, String>,
    /// For whom steps were done.
    pub causes: BTreeSet<String>,
    /// What was done, the first of it.
    pub steps: Vec<Text>,
    /// How many steps that was.
    pub count: usize,
    /// Connections that were looked at, and cut.
    pub revoked: Revoked,
    /// What the next run has to know.
    pub past: Past,
    /// Ports of the part that it was about; nothing where it was about the whole.
    pub part: Option<BTreeSet<String>>,
}

/// How a task ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reads back as wanted.
    AsWanted,
    /// It was done, and reads back otherwise: for whom, and the first thing that differs.
    Differs(BTreeMap<String, Text>),
    /// Something of others' is in the way; nothing was done.
    Conflicts(BTreeMap<String, Text>),
    /// Many ports would go, and nobody has agreed; nothing was done.
    Held(Held),
    /// A step failed, and all is undone.
    RolledBack {
        /// For whom it was.
        cause: String,
        /// What failed, and why.
        why: Text,
    },
    /// A step failed, and not all could be undone.
    LeftOver {
        /// For whom it was.
        cause: String,
        /// What failed, and why.
        why: Text,
        /// What is left over.
        left: Vec<Text>,
    },
    /// Nothing could be found out, or done.
    Unable(Text),
}

/// Looks at the kernel and plans.
pub fn look(kernel: &mut dyn Kernel, task: &Task) -> Result<Node, NodeError> {
    node::look(kernel, &task.desired, &task.scope())
}

/// Does what is planned, and cuts connections that are no longer permitted.
pub fn carry_out(kernel: &mut dyn Kernel, task: &Task, node: &Node, log: &mut dyn Log) -> Done {
    carry_out_by(kernel, task, node, log, &|| Some(&task.desired))
}

/// The same; connections are judged by what `judge` says is desired.
fn carry_out_by<'a>(
    kernel: &mut dyn Kernel,
    task: &Task,
    node: &'a Node,
    log: &mut dyn Log,
    judge: &'a dyn Fn() -> Option<&'a Desired>,
) -> Done {
    let digest = format!("generation {}", task.generation);
    let run = Run { generation: task.generation, digest: &digest, past: &task.past };
    let applied = apply::apply(kernel, &node.plan, run, log);
    let done = matches!(applied, Ok(Applied::Done { .. }));
    let steps = &node.plan.steps;
    let sweep = task.sweep
        || task.past.is_unfinished()
        || steps.iter().any(|planned| !only_permits(&planned.step));
    let revoked = (done && sweep).then(|| node::revoke_by(kernel, node, judge));
    Done { applied, revoked }
}

/// Whether a step permits something, and takes back nothing that was permitted. Chains and what
/// says that somebody is limited may do both.
fn only_permits(step: &Step) -> bool {
    let grants = |change: &Change| match change {
        Change::AddElements { set, .. } => {
            ["as_may_", "as_who", "as_vtep", "as_g_", "as_h_"].iter().any(|it| set.starts_with(it))
        }
        _ => false,
    };
    match step {
        Step::Rules(batch) => batch.changes.iter().all(grants),
        Step::SetForwarding { .. } | Step::SetNeighbour { .. } => true,
        _ => false,
    }
}

/// Looks again; returns what was seen, and what would still have to change.
pub fn read_back(
    kernel: &mut dyn Kernel,
    task: &Task,
    wanted: &Wanted,
) -> Result<(Seen, Plan), KernelError> {
    let seen = kernel.look(&plan::interest(wanted))?;
    let plan = plan::plan(wanted, &seen, &task.scope());
    Ok((seen, plan))
}

/// A node as it was seen last, with what is wanted of it.
#[derive(Debug)]
pub struct Kept {
    /// Conntrack zones.
    pub zones: Zones,
    /// What is wanted.
    pub wanted: Wanted,
    /// What the kernel has; nothing where that could not be read back.
    pub seen: Seen,
}

/// Does what is planned and reads it back; returns what came of it, and what was seen last.
///
/// `forget` is called before the kernel is read back: what happened until then was ours.
pub fn finish(
    kernel: &mut dyn Kernel,
    task: &Task,
    node: Node,
    log: &mut dyn Log,
    forget: &mut dyn FnMut(),
) -> (Report, Kept) {
    let done = carry_out(kernel, task, &node, log);
    let mut report = report(task, &node, &done);
    let changed = done.changed(&node);
    let Node { wanted, seen, plan, zones, .. } = node;
    if !changed {
        return (report, Kept { zones, wanted, seen });
    }
    // On a full node each of these is megabytes, and so is what is read back.
    drop((done, plan, seen));
    forget();
    match read_back(kernel, task, &wanted) {
        Ok((now, residue)) => {
            report.learn(Ok(&residue));
            (report, Kept { zones, wanted, seen: now })
        }
        Err(error) => {
            report.learn(Err(&error));
            (report, Kept { zones, wanted, seen: Seen::default() })
        }
    }
}

/// Does what is planned for a part, and looks at the devices again that were [`touched`]; returns
/// what came of it. Rules and entries are as the kernel has acknowledged them. Connections are
/// judged by the `whole` VPC.
pub fn finish_part(
    kernel: &mut dyn Kernel,
    task: &Task,
    part: &Part,
    node: Node,
    touched: &BTreeSet<Device>,
    log: &mut dyn Log,
    whole: &dyn Fn() -> Option<Desired>,
) -> (Report, Kept) {
    let kept = OnceCell::new();
    let judge = || kept.get_or_init(whole).as_ref();
    let done = carry_out_by(kernel, task, &node, log, &judge);
    let mut report = report(task, &node, &done);
    let ports = part.before.ports.keys().chain(part.after.ports.keys());
    let mut part = BTreeSet::new();
    part.extend(ports.cloned());
    report.part = Some(part);
    let Node { wanted, mut seen, plan, zones, .. } = node;
    drop(plan);
    if report.outcome == Outcome::AsWanted && !touched.is_empty() {
        let devices = with_relatives(touched, &wanted);
        match kernel.look_at(&devices) {
            Ok(links) => {
                seen.links.retain(|name, _link| !devices.contains(name));
                seen.links.extend(links);
                report.learn(Ok(&narrow::residue(&wanted, &seen, &task.scope())));
            }
            Err(error) => report.learn(Err(&error)),
        }
    }
    (report, Kept { zones, wanted, seen })
}

/// Returns devices with those that a look names them by: their bridges and other ends.
fn with_relatives(names: &BTreeSet<Device>, wanted: &Wanted) -> Vec<Device> {
    let mut devices = names.clone();
    for link in names.iter().filter_map(|name| wanted.links.get(name)) {
        devices.extend(link.master.clone());
        if let LinkKind::Veth { peer, .. } = &link.kind {
            devices.insert(peer.clone());
        }
    }
    devices.into_iter().collect()
}

/// Returns the devices that a plan changes, or has entries of changed; of a pair both ends.
pub fn touched(plan: &Plan) -> BTreeSet<Device> {
    let mut touched = BTreeSet::new();
    for planned in &plan.steps {
        for step in std::iter::once(&planned.step).chain(&*planned.undo()) {
            match step {
                Step::AddLink { name, link } => {
                    touched.insert(name.clone());
                    if let LinkKind::Veth { peer, .. } = &link.kind {
                        touched.insert(peer.clone());
                    }
                }
                Step::ChangeLink { name, change } => {
                    touched.insert(name.clone());
                    // A bridge takes on what its ports have in common.
                    if let LinkChange::Master(Some(bridge)) = change {
                        touched.insert(bridge.clone());
                    }
                }
                Step::DeleteLink { name } => {
                    touched.insert(name.clone());
                }
                Step::SetForwarding { key, .. } | Step::DeleteForwarding { key, .. } => {
                    touched.insert(key.device.clone());
                }
                Step::SetNeighbour { key, .. } | Step::DeleteNeighbour { key } => {
                    touched.insert(key.device.clone());
                }
                _ => {}
            }
        }
    }
    touched
}

/// Returns what came of a task, as far as it is known without a look.
pub fn report(task: &Task, node: &Node, done: &Done) -> Report {
    let plan = &node.plan;
    let outcome = outcome(plan, done);
    let nothing = matches!(outcome, Outcome::Conflicts(_) | Outcome::Held(_) | Outcome::Unable(_));
    let steps: &[plan::Planned] = if nothing { &[] } else { &plan.steps };
    let (mut waits, mut causes) = (BTreeMap::new(), BTreeSet::new());
    waits.extend(plan.waits.iter().map(|wait| (wait.port.clone(), wait.device.to_string())));
    causes.extend(steps.iter().map(|planned| planned.cause.to_string()));
    Report {
        generation: task.generation,
        waits,
        causes,
        steps: steps.iter().take(TOLD).map(|planned| plan::text::step(&planned.step)).collect(),
        count: steps.len(),
        revoked: match &done.revoked {
            Some(Ok(revoked)) => *revoked,
            _ => Revoked { seen: 0, cut: 0 },
        },
        past: past(task, plan, done),
        part: None,
        outcome,
    }
}

impl Report {
    /// Takes in what was read back: what would still have to change.
    fn learn(&mut self, residue: Result<&Plan, &KernelError>) {
        if self.outcome != Outcome::AsWanted {
            return;
        }
        match residue {
            Err(error) => self.outcome = Outcome::Unable(because(error, error.hint())),
            Ok(residue) if !residue.is_empty() => {
                let mut differs = conflicts(residue);
                for planned in residue.steps.iter().rev() {
                    differs.insert(planned.cause.to_string(), plan::text::step(&planned.step));
                }
                self.outcome = Outcome::Differs(differs);
            }
            Ok(_) => {}
        }
    }
}

/// Returns what came of a task that could not even be planned.
pub fn unable(task: &Task, error: &NodeError) -> Report {
    let why = because(error, error.hint());
    Report {
        generation: task.generation,
        outcome: Outcome::Unable(why),
        waits: BTreeMap::new(),
        causes: BTreeSet::new(),
        steps: Vec::new(),
        count: 0,
        revoked: Revoked { seen: 0, cut: 0 },
        past: task.past.clone(),
        part: None,
    }
}

fn outcome(plan: &Plan, done: &Done) -> Outcome {
    match &done.applied {
        Err(ApplyError::Conflicts { .. }) => Outcome::Conflicts(conflicts(plan)),
        Err(ApplyError::Held { held }) => Outcome::Held(*held),
        Err(error) => Outcome::Unable(because(error, error.hint())),
        Ok(Applied::RolledBack { failed, because }) => Outcome::RolledBack {
            cause: cause_of(plan, failed),
            why: failure(failed, &because.to_string()),
        },
        Ok(Applied::Stuck { failed, because, left }) => Outcome::LeftOver {
            cause: cause_of(plan, failed),
            why: failure(failed, &because.to_string()),
            left: left.iter().map(left_over).collect(),
        },
        Ok(Applied::Done { .. }) => match &done.revoked {
            Some(Err(error)) => Outcome::Unable(Text::of(
                "无法切断不再允许的连接：{0}",
                "connections that are no longer permitted cannot be cut: {0}",
                &[&chain(error)],
            )),
            _ => Outcome::AsWanted,
        },
    }
}

fn conflicts(plan: &Plan) -> BTreeMap<String, Text> {
    let told = |conflict: &Conflict| {
        let Conflict { cause, reason_zh, reason } = conflict;
        (cause.clone(), Text { zh: reason_zh.clone(), en: reason.clone() })
    };
    let mut conflicts = BTreeMap::new();
    conflicts.extend(plan.conflicts.iter().map(told));
    conflicts
}

/// Returns what the next run has to know of this one.
fn past(task: &Task, plan: &Plan, done: &Done) -> Past {
    let ended = |end| Past { generation: task.generation, end: Some(end), ..Past::default() };
    match &done.applied {
        Err(_) => task.past.clone(),
        Ok(Applied::Done { .. }) => ended(End::Done),
        Ok(Applied::RolledBack { .. }) => ended(End::RolledBack),
        Ok(Applied::Stuck { .. }) => {
            let made = plan.steps.iter().filter_map(|planned| match &planned.step {
                Step::AddLink { name, .. } => Some(name.clone()),
                _ => None,
            });
            // What could not be undone may still lack its mark.
            let mut began = task.past.began.clone();
            began.extend(made);
            Past { began, ..ended(End::Stuck(Vec::new())) }
        }
    }
}

/// For whom the step was whose words these are.
fn cause_of(plan: &Plan, failed: &Text) -> String {
    let mut steps = plan.steps.iter();
    let step = steps.find(|planned| plan::text::step(&planned.step) == *failed);
    step.map(|planned| planned.cause.to_string()).unwrap_or_default()
}

fn failure(failed: &Text, because: &str) -> Text {
    let (zh, en) = (&failed.zh, &failed.en);
    Text { zh: format!("{zh}：{because}"), en: format!("{en}: {because}") }
}

fn left_over(left: &Left) -> Text {
    match &left.because {
        Some(because) => failure(&left.undo, &because.to_string()),
        None => left.undo.clone(),
    }
}

/// An error with those under it and what to do, in both languages as it is.
pub(super) fn because(error: &(dyn std::error::Error + 'static), hint: Option<String>) -> Text {
    let mut told = chain(error);
    if let Some(hint) = hint {
        told = format!("{told} ({hint})");
    }
    Text { zh: told.clone(), en: told }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        // A transparent error is told by the one above it.
        if !told.ends_with(&more) {
            told = format!("{told}: {more}");
        }
        cause = error.source();
    }
    told
}
