//! A kernel that is a value: it keeps state, refuses what Linux refuses, can fail or die at a
//! step. For tests, of other crates too.
//!
//! What a step does is what [`crate::plan`] takes it to do; whether it may be done is judged
//! here, on its own account. Batches of rules are done wholly or not at all.

mod links;
mod rooms;
mod rules;

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::{Connection, Interest, Kernel, KernelError, StepError, Translation};
use crate::plan::{State, Step};
use crate::seen::Seen;

/// What a killed [`Fake`] unwinds with.
#[derive(Clone, Copy, Debug)]
pub struct Killed;

/// A kernel in memory.
#[derive(Clone, Debug, Default)]
pub struct Fake {
    /// What it has.
    pub seen: Seen,
    /// What conntrack has.
    pub connections: Vec<Connection>,
    /// What it has in namespaces of routers.
    pub translations: Vec<Translation>,
    /// Number of the step, counted from 0 over its life, that is refused, with its error.
    pub fail: Option<(usize, i32)>,
    /// Number of the step before which the program that uses it is killed: it unwinds with
    /// [`Killed`].
    pub die: Option<usize>,
    /// Steps that were asked of it so far, refused ones included.
    pub asked: usize,
    /// What it had after each step that it did, where that is recorded.
    pub history: Option<Vec<Seen>>,
    /// Whether a chain at the ingress of a device goes with the device (before Linux 6.16).
    pub chains_go_with_devices: bool,
}

impl Fake {
    /// Returns a kernel that has something.
    pub fn new(seen: Seen) -> Self {
        Self { seen, ..Self::default() }
    }

    fn one(&mut self, step: &Step) -> Result<(), StepError> {
        let number = self.asked;
        self.asked += 1;
        if self.die == Some(number) {
            self.die = None;
            std::panic::resume_unwind(Box::new(Killed));
        }
        if let Some((_at, errno)) = self.fail.filter(|(at, _errno)| *at == number) {
            return Err(StepError { errno, said: Some("told to fail".to_owned()) });
        }
        let refused = match step {
            Step::Rules(batch) => rules::check(&self.seen.ruleset, &self.seen.links, batch),
            Step::AddRoom { .. } | Step::DeleteRoom { .. } | Step::Room { .. } => {
                rooms::check(&self.seen, step)
            }
            _ => links::check(&self.seen, step),
        };
        refused.map_err(|errno| StepError { errno, said: None })?;
        let mut state = State::new(Cow::Owned(std::mem::take(&mut self.seen)));
        state.take(step);
        self.seen = state.into_seen();
        if let Step::DeleteLink { name } = step
            && self.chains_go_with_devices
            && let Some(table) = &mut self.seen.ruleset.netdev
        {
            table.chains.retain(|_chain, chain| {
                let device = chain.hook.as_ref().and_then(|hook| hook.device.as_deref());
                device != Some(name.as_str())
            });
        }
        if let Some(history) = &mut self.history {
            history.push(self.seen.clone());
        }
        Ok(())
    }
}

impl Kernel for Fake {
    fn look(&mut self, _interest: &Interest) -> Result<Seen, KernelError> {
        Ok(self.seen.clone())
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        let mut results = Vec::new();
        for step in steps {
            results.push(self.one(step));
            if results.last().is_some_and(Result::is_err) {
                break;
            }
        }
        results
    }

    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
        let of = self.connections.iter().filter(|connection| zones.contains(&connection.zone));
        Ok(of.cloned().collect())
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        let before = self.connections.len();
        self.connections.retain(|connection| !connections.contains(connection));
        Ok(before.saturating_sub(self.connections.len()))
    }

    fn translations(&mut self) -> Result<Vec<Translation>, KernelError> {
        Ok(self.translations.clone())
    }

    fn cut_translations(&mut self, which: &[Translation]) -> Result<usize, KernelError> {
        let before = self.translations.len();
        self.translations.retain(|translation| !which.contains(translation));
        Ok(before.saturating_sub(self.translations.len()))
    }
}
