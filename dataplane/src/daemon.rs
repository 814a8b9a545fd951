//! The daemon's mind: which desired state was accepted, what became of it, what is next.
//!
//! It is told things and asked things; whoever owns the kernel, the disk and the socket does
//! them. A change goes [`propose`](Daemon::propose) → [`work::look`] → [`accept`](Daemon::accept)
//! (on disk when it returns) → [`work::carry_out`] → [`work::read_back`] →
//! [`learn`](Daemon::learn); whatever else happens, [`task`](Daemon::task) → `look` → … → `learn`.
//!
//! Nothing is done, and so nothing deleted, before a whole desired state was accepted. One that
//! was accepted by a daemon that is dead counts: it is on disk.

mod accept;
pub mod call;
pub mod document;
pub mod event;
mod index;
pub mod loops;
pub mod narrow;
mod near;
mod part;
pub mod status;
pub mod store;
mod tell;
pub mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

pub use accept::{Answer, Change, Proposal, Refusal};
pub use part::Part;

use crate::desired::Desired;
use crate::journal::Past;
use crate::plan::Held;
use crate::spec::{self, SpecErrors};
use crate::text::Text;
use call::Calls;
use document::{Document, Key};
use event::{Event, Events, Kind};
use index::Index;
use store::Accepted;
use work::Task;

/// How long nothing is looked at where nothing happens: what the kernel does not tell of
/// (addresses and routes of the node, most sysctls) is seen by then.
pub const CALM: Duration = Duration::from_secs(15);
/// How long nothing is asked for before what was applied by itself is read back with the whole.
pub const QUIET: Duration = Duration::from_secs(2);
/// Ports, here and elsewhere, beyond which a change of one object is applied by itself.
const LARGE: usize = 500;
/// How long is waited after a failure, at first and at most; it doubles each time.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// What the daemon knows.
#[derive(Clone, Debug, Default)]
pub struct Daemon {
    accepted: Accepted,
    desired: Option<Arc<Desired>>,
    /// What of it is of which VPC.
    index: Index,
    /// Objects that are no longer desired and may still be there, and since when.
    gone: BTreeMap<Key, u64>,
    /// The last generation that was applied, and that read back as wanted.
    applied: u64,
    verified: u64,
    standing: Standing,
    waits: BTreeMap<String, String>,
    past: Past,
    /// Failures in a row.
    failures: u32,
    /// Whether this daemon has yet to look at the connections that there are.
    sweep: bool,
    /// Whether something was applied that is yet to be read back with the whole.
    unread: bool,
    /// Loops outside.
    pub loops: loops::Loops,
    /// What happened.
    pub events: Events,
    /// Who called.
    pub calls: Calls,
    /// Counted since the start.
    pub counts: Counts,
}

/// What stands in the way of the desired state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was accepted yet.
    #[default]
    Empty,
    /// Something was accepted, and nothing came of it yet.
    Pending,
    /// Nothing: it reads back as wanted.
    AsWanted,
    /// See [`work::Outcome::Differs`].
    Differs(BTreeMap<String, Text>),
    /// See [`work::Outcome::Conflicts`].
    Conflicts(BTreeMap<String, Text>),
    /// See [`work::Outcome::Held`].
    Held(Held),
    /// A step failed: for whom, and why.
    Failed(String, Text),
    /// Nothing could be found out or done.
    Unable(Text),
}

impl Standing {
    /// Returns its name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Pending => "pending",
            Self::AsWanted => "as-wanted",
            Self::Differs(_) => "differs",
            Self::Conflicts(_) => "conflict",
            Self::Held(_) => "held",
            Self::Failed(..) => "failed",
            Self::Unable(_) => "unable",
        }
    }
}

/// Counted since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tasks that were done.
    pub tasks: u64,
    /// Steps that were done.
    pub steps: u64,
    /// Times that something was mended.
    pub drifts: u64,
    /// Tasks that failed.
    pub failures: u64,
    /// Connections that were cut.
    pub cut: u64,
}

/// When something happens.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moment {
    /// Milliseconds since 1970.
    pub at_ms: u64,
    /// How long ago the reason for it was noticed.
    pub took: Duration,
}

impl Daemon {
    /// Begins, with what a daemon before has left: its accepted desired state, and its journal.
    ///
    /// # Errors
    /// Where this version cannot read the accepted state; the daemon then begins without one,
    /// and so deletes nothing.
    pub fn start(accepted: Option<Accepted>, past: Past, at_ms: u64) -> (Self, Option<SpecErrors>) {
        let mut daemon = Self { past, sweep: true, ..Self::default() };
        let mut refused = None;
        if let Some(accepted) = accepted {
            let text = accepted.document.render(None).text;
            match spec::read("accepted state", &text) {
                Ok(desired) => {
                    daemon.index = Index::of(&desired);
                    daemon.desired = Some(Arc::new(desired));
                    daemon.accepted = accepted;
                    daemon.standing = Standing::Pending;
                }
                Err(errors) => refused = Some(errors),
            }
        }
        let text = match &refused {
            Some(errors) => Text::of(
                "已启动；本版本无法读取此前接受的状态，不作任何删除：{0}",
                "started; this version cannot read what was accepted before, and deletes nothing: {0}",
                &[errors],
            ),
            None if daemon.desired.is_some() => Text::of(
                "已启动，沿用第 {0} 代状态",
                "started with generation {0}",
                &[&daemon.accepted.generation],
            ),
            None => Text::of(
                "已启动；在收到完整状态之前不作任何改动",
                "started; nothing is touched before a whole desired state comes",
                &[],
            ),
        };
        daemon.tell(Kind::Started, at_ms, text);
        (daemon, refused)
    }

    /// Returns the accepted desired state.
    pub fn accepted(&self) -> &Accepted {
        &self.accepted
    }

    /// Returns what stands in the way of it.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Whether all that was accepted is there and reads back as wanted.
    pub fn is_ready(&self) -> bool {
        self.desired.is_some() && self.standing == Standing::AsWanted
    }

    /// Returns the last generation that was applied, and that read back as wanted.
    pub fn reached(&self) -> (u64, u64) {
        (self.applied, self.verified)
    }

    /// Returns the ports that wait for their devices, with those.
    pub fn waits(&self) -> &BTreeMap<String, String> {
        &self.waits
    }

    /// Returns what is to be had; nothing where nothing was accepted.
    pub fn task(&self) -> Option<Task> {
        Some(Task {
            generation: self.accepted.generation,
            desired: Arc::clone(self.desired.as_ref()?),
            confirmed: self.accepted.confirmed,
            past: self.past.clone(),
            sweep: self.sweep,
        })
    }

    /// Whether the node is so large that a look at all of it takes long.
    pub fn is_large(&self) -> bool {
        let count = |desired: &Arc<Desired>| desired.ports.len() + desired.remotes.len();
        self.desired.as_ref().map_or(0, count) > LARGE
    }

    /// Returns how long nothing has to be done where nothing happens.
    pub fn calm(&self) -> Duration {
        let (first, most) = RETRY;
        match self.failures {
            0 if self.unread => QUIET,
            0 => CALM,
            failures => first.saturating_mul(1 << failures.min(6).saturating_sub(1)).min(most),
        }
    }

    fn tell(&mut self, kind: Kind, at_ms: u64, text: Text) {
        self.tell_about(kind, at_ms, BTreeSet::new(), text);
    }

    fn tell_about(&mut self, kind: Kind, at_ms: u64, objects: BTreeSet<String>, text: Text) {
        let generation = self.accepted.generation;
        let (steps, took_ms) = (Vec::new(), None);
        self.events.push(Event { id: 0, at_ms, kind, generation, objects, text, steps, took_ms });
    }

    /// Returns all of the VPC of a part, as it is desired now.
    pub fn vpc_of(&self, part: &Part) -> Option<Desired> {
        let desired = self.desired.as_ref()?;
        Some(part::cut(desired, self.index.of_vpc(&part.vpc)?))
    }

    /// Returns the document that was accepted.
    pub fn document(&self) -> &Document {
        &self.accepted.document
    }
}

#[cfg(test)]
mod tests;
