//! Runs collectors side by side, each under its own deadline.
//!
//! This module reads the clock and starts threads; a collector that hangs in a
//! system call cannot be ended, so it is left behind and what it had found by
//! its deadline is taken.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::model::{Section, SectionState, SectionStatus};

use super::{Builder, Collected};

/// How often a waiting run looks whether it was interrupted.
const LOOK: Duration = Duration::from_millis(50);

/// A collector with the sections it answers for.
pub(crate) struct Job {
    /// Its name, for messages.
    pub(crate) name: &'static str,
    /// Every section it sets.
    pub(crate) sections: &'static [Section],
    /// How long it may take.
    pub(crate) deadline: Duration,
    /// What it does.
    pub(crate) work: Box<dyn FnOnce(&Builder) + Send>,
}

/// How a collector ended.
enum End {
    Finished,
    Panicked(String),
    Late(Duration),
    Interrupted,
    NotStarted(std::io::Error),
}

/// Runs `jobs`, and returns what each left in the order they were given.
pub(crate) fn run(
    jobs: Vec<Job>,
    interrupt: Option<&AtomicBool>,
    progress: &(dyn Fn(Section) + Sync),
) -> Vec<Collected> {
    let start = now();
    let (sender, receiver) = channel();
    let mut slots = Vec::with_capacity(jobs.len());
    for (index, job) in jobs.into_iter().enumerate() {
        let builder = Builder::default();
        let end = spawn(index, job.name, job.work, &builder, sender.clone()).err();
        let (name, sections, deadline) = (job.name, job.sections, job.deadline);
        slots.push(Slot { name, sections, deadline, builder, end: end.map(End::NotStarted) });
    }
    drop(sender);
    wait(&mut slots, &receiver, start, interrupt, progress);
    slots.into_iter().map(Slot::close).collect()
}

/// A collector that was started.
struct Slot {
    name: &'static str,
    sections: &'static [Section],
    deadline: Duration,
    builder: Builder,
    end: Option<End>,
}

fn spawn(
    index: usize,
    name: &str,
    work: Box<dyn FnOnce(&Builder) + Send>,
    builder: &Builder,
    sender: Sender<(usize, End)>,
) -> std::io::Result<()> {
    let builder = builder.clone();
    thread::Builder::new().name(name.to_owned()).spawn(move || {
        // A part half written is a part all the same: the builder's lock is
        // only held for whole edits, and its poison is ignored.
        let end = match catch_unwind(AssertUnwindSafe(|| work(&builder))) {
            Ok(()) => End::Finished,
            Err(panic) => End::Panicked(words(panic.as_ref())),
        };
        // Nobody listens after the deadline; then there is nobody to tell.
        drop(sender.send((index, end)));
    })?;
    Ok(())
}

/// Waits until every slot has an end.
fn wait(
    slots: &mut [Slot],
    receiver: &Receiver<(usize, End)>,
    start: Instant,
    interrupt: Option<&AtomicBool>,
    progress: &(dyn Fn(Section) + Sync),
) {
    while slots.iter().any(|slot| slot.end.is_none()) {
        let spent = now().duration_since(start);
        for slot in slots.iter_mut().filter(|slot| slot.end.is_none()) {
            if interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                slot.end = Some(End::Interrupted);
            } else if spent >= slot.deadline {
                slot.end = Some(End::Late(slot.deadline));
            }
        }
        let open = slots.iter().filter(|slot| slot.end.is_none());
        let Some(next) = open.map(|slot| slot.deadline.saturating_sub(spent)).min() else { return };
        let (index, end) = match receiver.recv_timeout(next.min(LOOK)) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => {
                // Every thread is gone; whoever has not told its end lost it.
                let lost = || End::Panicked("its thread ended without a word".to_owned());
                for slot in slots.iter_mut() {
                    slot.end.get_or_insert_with(lost);
                }
                return;
            }
        };
        if let Some(slot) = slots.get_mut(index).filter(|slot| slot.end.is_none()) {
            slot.end = Some(end);
            slot.sections.iter().copied().for_each(progress);
        }
    }
}

impl Slot {
    /// Takes the part, and gives every section a status.
    fn close(self) -> Collected {
        let mut part = self.builder.take();
        let reason = match self.end {
            Some(End::Finished) => None,
            Some(End::Panicked(why)) => Some(format!("collector `{}` stopped: {why}", self.name)),
            Some(End::Late(after)) => {
                Some(format!("collector `{}` did not end within {after:?}", self.name))
            }
            Some(End::NotStarted(error)) => {
                Some(format!("collector `{}` could not be started: {error}", self.name))
            }
            Some(End::Interrupted) | None => Some("the collection was interrupted".to_owned()),
        };
        let filled = filled(&part, self.sections);
        for section in self.sections {
            let known = part.inventory.sections.get(section);
            let Some(status) = settle(known, reason.as_ref(), filled[section]) else { continue };
            part.inventory.sections.insert(*section, status);
        }
        part
    }
}

/// Returns the status a section gets, or `None` to keep what it has.
fn settle(
    known: Option<&SectionStatus>,
    reason: Option<&String>,
    filled: bool,
) -> Option<SectionStatus> {
    match (known, reason) {
        // A section that was finished before its collector stopped stays.
        (Some(_), _) | (None, None) => None,
        (None, Some(reason)) => Some(SectionStatus {
            status: if filled { SectionState::Partial } else { SectionState::Failed },
            reason: Some(reason.clone()),
        }),
    }
}

/// Returns which of `sections` hold anything.
fn filled(part: &Collected, sections: &[Section]) -> BTreeMap<Section, bool> {
    let whole = typed_json::of(&part.inventory).unwrap_or_default();
    let holds = |section: &Section| {
        let name = serde_json::to_value(section).unwrap_or_default();
        let value = name.as_str().and_then(|name| whole.get(name));
        value.is_some_and(|value| match value {
            serde_json::Value::Array(items) => !items.is_empty(),
            other => !other.is_null(),
        })
    };
    let mut filled = BTreeMap::new();
    filled.extend(sections.iter().map(|section| (*section, holds(section))));
    filled
}

/// Returns what a panic said.
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "this module keeps the collectors' deadlines")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests;
