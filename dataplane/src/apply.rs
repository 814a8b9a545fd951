//! Doing a plan: steps in their order, and all of them undone where one fails.
//!
//! Nothing is decided here but when to stop. Rules are a group of their own, and so are
//! deletions of devices: no step is on its way before all that it relies on has succeeded, so a
//! port never goes up after rules that the kernel refused.

use std::collections::BTreeSet;
use std::io;
use std::ops::Range;

use crate::address::Device;
use crate::journal::{self, End, Log, Past, Record};
use crate::kernel::{Connection, Kernel, KernelError, StepError};
use crate::plan::{Held, LinkChange, Plan, Planned, RoomChange, Step, text};
use crate::text::Text;

/// How many times connections are looked at again for those that began meanwhile.
pub(crate) const PASSES: usize = 3;

/// How many steps are written down at once: a full node has tens of thousands, in words.
const TOGETHER: usize = 500;

/// What became of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Applied {
    /// All steps are done.
    Done {
        /// How many there were.
        steps: usize,
    },
    /// A step failed, and all that was done is undone.
    RolledBack {
        /// The step that failed.
        failed: Text,
        /// Why.
        because: StepError,
    },
    /// A step failed, and not all that was done could be undone.
    Stuck {
        /// The step that failed.
        failed: Text,
        /// Why.
        because: StepError,
        /// Everything that is not as it was.
        left: Vec<Left>,
    },
}

/// Something that could not be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// What was done.
    pub done: Text,
    /// What is not as it was: the undo that was refused, or what no undo brings back.
    pub undo: Text,
    /// Why the undo was refused; `None` where there is none.
    pub because: Option<StepError>,
}

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum ApplyError {
    /// Something of others' is in the way.
    #[error("{count} conflicts with what others made; nothing was changed")]
    Conflicts { count: usize },
    /// Many ports would go.
    #[error("{} of {} ports would be taken away at once; nothing was changed", held.ports, held.of)]
    Held { held: Held },
    /// The journal cannot be written.
    #[error("cannot write the journal; nothing was changed")]
    Journal { source: io::Error },
}

impl ApplyError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Conflicts { .. } => Some("the plan names them".to_owned()),
            Self::Held { .. } => Some("if that is meant, confirm it".to_owned()),
            Self::Journal { .. } => {
                Some("is its folder writable, and its disk not full?".to_owned())
            }
        }
    }
}

/// What a run applies.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// Counted by the node.
    pub generation: u64,
    /// Digest of the desired state.
    pub digest: &'a str,
    /// What the journal says of the run before.
    pub past: &'a Past,
}

/// Does a plan. An empty one writes nothing, to the kernel or the journal, unless a run before
/// was cut off: then the journal learns that all is done.
///
/// # Errors
/// [`ApplyError`]: nothing was changed.
pub fn apply(
    kernel: &mut dyn Kernel,
    plan: &Plan,
    run: Run<'_>,
    log: &mut dyn Log,
) -> Result<Applied, ApplyError> {
    if !plan.conflicts.is_empty() {
        return Err(ApplyError::Conflicts { count: plan.conflicts.len() });
    }
    if let Some(held) = plan.held {
        return Err(ApplyError::Held { held });
    }
    if plan.steps.is_empty() && !run.past.is_unfinished() {
        return Ok(Applied::Done { steps: 0 });
    }
    let begin = journal::begin(run.generation, run.digest, plan, run.past);
    log.append(&begin, true).map_err(|source| ApplyError::Journal { source })?;
    let mut done: Vec<usize> = Vec::new();
    for group in groups(plan) {
        // Past the beginning the journal is of use only to people; the run goes on without it.
        let mut written = Ok(());
        for first in group.clone().step_by(TOGETHER) {
            let count = TOGETHER.min(group.end - first);
            let told =
                written.and_then(|()| log.append(&journal::steps(plan, first, count), false));
            written = told;
        }
        let many: Vec<Step>;
        let steps = match plan.steps.get(group.clone()) {
            // A batch of a full node is megabytes, and always a group of its own.
            Some([planned]) => std::slice::from_ref(&planned.step),
            planned => {
                let planned = planned.unwrap_or_default().iter();
                many = planned.map(|planned| planned.step.clone()).collect();
                many.as_slice()
            }
        };
        let results = kernel.perform(steps);
        let (mut failed, mut unsure) = (None, Vec::new());
        for (at, result) in group.clone().zip(&results) {
            match result {
                Ok(()) => done.push(at),
                Err(error) => {
                    if error.errno == ENOBUFS {
                        unsure.push((at, error.clone()));
                    }
                    failed.get_or_insert((at, error.clone()));
                }
            }
        }
        if failed.is_none() && results.len() < steps.len() {
            let at = group.start.saturating_add(results.len());
            failed = Some((at, StepError { errno: EIO, said: None }));
        }
        if let Some((at, because)) = failed {
            let left = unsure.into_iter().filter_map(|(at, because)| unknown(plan, at, because));
            let left = left.collect();
            let failed = Failed { at, because, left };
            return Ok(roll_back(kernel, plan, &done, failed, log));
        }
        if written.is_ok() {
            drop(log.append(&Record::Performed { steps: group.end }, false));
        }
    }
    drop(log.append(&Record::End(End::Done), true));
    Ok(Applied::Done { steps: plan.steps.len() })
}

/// `EIO`: the kernel stopped without saying why.
const EIO: i32 = 5;
/// The kernel's answer was lost: a step may be done or not.
const ENOBUFS: i32 = 105;

/// A step that failed.
struct Failed {
    at: usize,
    because: StepError,
    /// Steps of which nobody knows whether they are done.
    left: Vec<Left>,
}

fn unknown(plan: &Plan, at: usize, because: StepError) -> Option<Left> {
    let done = text::step(&plan.steps.get(at)?.step);
    let undo = Text {
        zh: format!("不知是否已执行：{}", done.zh),
        en: format!("it is not known whether this is done: {}", done.en),
    };
    Some(Left { done, undo, because: Some(because) })
}

/// Groups of steps that may be on their way together.
fn groups(plan: &Plan) -> Vec<Range<usize>> {
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut last = None;
    for (at, planned) in plan.steps.iter().enumerate() {
        let kind = kind(&planned.step);
        match groups.last_mut() {
            Some(group) if last == Some(kind) && kind != Kind::Rules => group.end = at + 1,
            _ => groups.push(at..at + 1),
        }
        last = Some(kind);
    }
    groups
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rules,
    /// Namespaces that are made.
    Room,
    /// What is in them.
    Furniture,
    /// Devices that are made.
    Making,
    /// Devices on their way out of use.
    Closing,
    /// Devices on their way into use.
    Opening,
    Deletion,
    Entry,
}

fn kind(step: &Step) -> Kind {
    match step {
        step if step.rules().is_some() => Kind::Rules,
        Step::Rules(_) => Kind::Rules,
        Step::AddRoom { .. } => Kind::Room,
        Step::Room { .. } => Kind::Furniture,
        Step::AddLink { .. } => Kind::Making,
        Step::DeleteLink { .. } | Step::DeleteRoom { .. } => Kind::Deletion,
        Step::ChangeLink { change: LinkChange::Up(true), .. } => Kind::Opening,
        Step::ChangeLink { .. } => Kind::Closing,
        Step::SetForwarding { .. }
        | Step::DeleteForwarding { .. }
        | Step::SetNeighbour { .. }
        | Step::DeleteNeighbour { .. } => Kind::Entry,
    }
}

/// Undoes steps, newest first; goes on past those that are refused.
fn roll_back(
    kernel: &mut dyn Kernel,
    plan: &Plan,
    done: &[usize],
    failed: Failed,
    log: &mut dyn Log,
) -> Applied {
    let Failed { at, because, mut left } = failed;
    let name = plan.steps.get(at).map(|planned| text::step(&planned.step)).unwrap_or_default();
    let undoing = Record::Undoing { failed: name.en.clone(), because: because.to_string() };
    drop(log.append(&undoing, false));
    let done: Vec<&Planned> = done.iter().filter_map(|at| plan.steps.get(*at)).collect();
    let mut own = BTreeSet::new();
    own.extend(done.iter().filter_map(|planned| made(&planned.step)));
    let mut undos: Vec<(&Planned, Step)> = Vec::new();
    for planned in done.into_iter().rev() {
        left.extend(planned.lost.iter().map(|lost| Left {
            done: text::step(&planned.step),
            undo: (**lost).clone(),
            because: None,
        }));
        undos.extend(planned.undo().iter().map(|undo| (planned, undo.clone())));
    }
    let mut undos = undos.as_slice();
    while let Some(((planned, undo), rest)) = undos.split_first() {
        // A port that could not be closed keeps the rules that guard it; one that is not there
        // any more needs none.
        let open = |because: &StepError| because.errno != ENODEV;
        let refused = left.iter().any(|left| left.because.as_ref().is_some_and(open));
        if refused && undo.rules().is_some() {
            let (done, undo) = (text::step(&planned.step), text::step(undo));
            left.push(Left { done, undo, because: None });
            undos = rest;
            continue;
        }
        // Devices that were made go together; all else one by one, for a refusal stops nothing.
        let is_deletion = |undo: &Step| kind(undo) == Kind::Deletion;
        let count = undos.iter().take_while(|(_planned, undo)| is_deletion(undo)).count().max(1);
        let steps: Vec<Step> =
            undos.iter().take(count).map(|(_planned, undo)| undo.clone()).collect();
        let mut results = kernel.perform(&steps);
        if results.is_empty() {
            results.push(Err(StepError { errno: EIO, said: None }));
        }
        let (tried, rest) = undos.split_at(results.len().min(undos.len()));
        for ((planned, undo), result) in tried.iter().zip(results) {
            let refused = result.err().filter(|because| !is_gone(undo, because, &own));
            left.extend(refused.map(|because| Left {
                done: text::step(&planned.step),
                undo: text::step(undo),
                because: Some(because),
            }));
        }
        undos = rest;
    }
    if left.is_empty() {
        drop(log.append(&Record::End(End::RolledBack), true));
        return Applied::RolledBack { failed: name, because };
    }
    let names = left.iter().map(|left| left.undo.en.clone()).collect();
    drop(log.append(&Record::End(End::Stuck(names)), true));
    Applied::Stuck { failed: name, because, left }
}

/// Whether an undo was refused because there is nothing to undo: what is to be deleted is not
/// there, or the device that this run `made` itself has vanished, with all that was done to it.
fn is_gone(undo: &Step, because: &StepError, made: &BTreeSet<&Device>) -> bool {
    let deletes = match undo {
        Step::DeleteLink { .. }
        | Step::DeleteForwarding { .. }
        | Step::DeleteNeighbour { .. }
        | Step::DeleteRoom { .. } => true,
        Step::Room { change, .. } => matches!(
            **change,
            RoomChange::DeleteDevice { .. }
                | RoomChange::DeleteAddress { .. }
                | RoomChange::DeleteRoute { .. }
        ),
        _ => false,
    };
    let own = || device(undo).is_some_and(|device| made.contains(device));
    match because.errno {
        ENODEV => deletes || own(),
        ENOENT | ESRCH | EADDRNOTAVAIL => deletes,
        _ => false,
    }
}

/// The device that a step makes.
fn made(step: &Step) -> Option<&Device> {
    match step {
        Step::AddLink { name, .. } => Some(name),
        _ => None,
    }
}

/// The device that a step changes.
fn device(step: &Step) -> Option<&Device> {
    match step {
        Step::ChangeLink { name, .. } => Some(name),
        Step::SetForwarding { key, .. } => Some(&key.device),
        Step::SetNeighbour { key, .. } => Some(&key.device),
        _ => None,
    }
}

const ENOENT: i32 = 2;
const ENODEV: i32 = 19;
/// Of routes.
const ESRCH: i32 = 3;
/// Of addresses.
const EADDRNOTAVAIL: i32 = 99;

/// Connections that were looked at and cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Revoked {
    /// Connections that conntrack had in the zones.
    pub seen: usize,
    /// Those of them that were no longer permitted, and are gone.
    pub cut: usize,
}

/// Cuts the connections of `zones` that the rules, new by now, do not permit.
///
/// # Errors
/// Where conntrack cannot be read or written: then connections may go on that should not.
pub fn revoke(
    kernel: &mut dyn Kernel,
    zones: &BTreeSet<u16>,
    still_permitted: &mut dyn FnMut(&Connection) -> bool,
) -> Result<Revoked, KernelError> {
    let mut revoked = Revoked::default();
    if zones.is_empty() {
        return Ok(revoked);
    }
    // A packet that passed the old rules may enter its connection after the first look.
    for _pass in 0..PASSES {
        let mut connections = kernel.connections(zones)?;
        revoked.seen = revoked.seen.max(connections.len());
        connections.retain(|connection| !still_permitted(connection));
        if connections.is_empty() {
            break;
        }
        revoked.cut = revoked.cut.saturating_add(kernel.cut(&connections)?);
    }
    Ok(revoked)
}
