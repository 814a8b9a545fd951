//! The thread that owns the kernel and the disk: it does what it is asked for, hears what the
//! kernel tells, and looks now and then.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    time::Instant,
};

use dataplane::{
    daemon::{
        Answer, Change, Daemon, Moment, Refusal,
        document::with_rule,
        work::{self, Task},
    },
    kernel::{
        accepted::Kept,
        journal::Journal,
        memory,
        real::Real,
        watch::{Concern, Watch, Woken},
    },
    node::{Node, NodeError},
};
use tokio::sync::oneshot;

use super::Desk;
use crate::{clock, command::net::place::Place};

/// Ports from which on memory is given back behind each task: fewer do not take much.
const MANY: usize = 500;

/// A change that somebody asks for, and where the answer goes.
pub(super) struct Order {
    pub(super) wish: Wish,
    pub(super) reply: oneshot::Sender<Result<Answer, Refusal>>,
}

/// A change that somebody asks for.
#[derive(Debug)]
pub(super) enum Wish {
    /// All of it.
    Whole { text: String, generation: Option<u64>, confirmed: bool },
    /// One object, or a rule of a group; without a text it is to go.
    One {
        section: &'static str,
        id: String,
        rule: Option<String>,
        text: Option<String>,
        expected: Option<u64>,
    },
}

/// The thread.
pub(super) struct Keeper {
    pub(super) desk: Arc<Desk>,
    pub(super) place: Place,
    pub(super) kernel: Real,
    pub(super) watch: Watch,
    pub(super) journal: Journal,
    pub(super) kept: Kept,
    pub(super) orders: Receiver<Order>,
    pub(super) stop: Arc<AtomicBool>,
    /// The generation that `assay net` finds a copy of.
    pub(super) copied: u64,
}

impl Keeper {
    /// Keeps until it is told to stop; the kernel stays as it is then.
    pub(super) fn run(mut self) -> io::Result<()> {
        self.keep()?;
        loop {
            while let Ok(order) = self.orders.try_recv() {
                self.beat();
                let answer = self.change(&order.wish)?;
                self.desk.publish();
                // A caller who is gone does not want to know.
                drop(order.reply.send(answer));
            }
            if self.stop.load(Ordering::SeqCst) {
                return Ok(());
            }
            self.beat();
            let calm = self.desk.daemon().calm();
            match self.watch.wait(clock::instant().checked_add(calm))? {
                Woken::Called => {}
                Woken::Changed(_) | Woken::Deadline => self.keep()?,
            }
        }
    }

    fn beat(&self) {
        self.desk.beat.store(clock::unix_ms(), Ordering::Relaxed);
    }

    /// Makes the kernel as it is wanted, where anything is.
    fn keep(&mut self) -> io::Result<()> {
        self.beat();
        let noticed = clock::instant();
        let Some(task) = self.desk.daemon().task() else { return self.watch.forget() };
        self.watch.forget()?;
        let looked = work::look(&mut self.kernel, &task);
        self.settle(&task, looked, noticed)
    }

    /// Does what somebody asks for.
    fn change(&mut self, wish: &Wish) -> io::Result<Result<Answer, Refusal>> {
        let noticed = clock::instant();
        let proposal = match propose(&self.desk.daemon(), wish) {
            Ok(proposal) => proposal,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let task = proposal.task.clone();
        self.watch.forget()?;
        let looked = work::look(&mut self.kernel, &task);
        if let Err(refusal) = Daemon::fits(looked.as_ref().err()) {
            return Ok(Err(refusal));
        }
        let accepted = self.desk.daemon().accept(proposal, &mut self.kept, clock::unix_ms());
        if accepted.is_ok() {
            self.desk.publish();
            self.settle(&task, looked, noticed)?;
        }
        Ok(accepted)
    }

    /// Does what was planned, and takes in what came of it.
    fn settle(
        &mut self,
        task: &Task,
        looked: Result<Node, NodeError>,
        noticed: Instant,
    ) -> io::Result<()> {
        let (report, node) = match looked {
            Ok(node) => {
                let watch = &mut self.watch;
                let mut forgotten = Ok(());
                let (report, node) =
                    work::finish(&mut self.kernel, task, node, &mut self.journal, &mut || {
                        forgotten = watch.forget();
                    });
                forgotten?;
                (report, Some(node))
            }
            Err(error) => (work::unable(task, &error), None),
        };
        let took = clock::instant().saturating_duration_since(noticed);
        self.desk.daemon().learn(&report, Moment { at_ms: clock::unix_ms(), took });
        self.desk.publish();
        if let Some(node) = node {
            let underlay = Some(&task.desired.node.device);
            self.watch.mind(Concern::new(&node.wanted, &node.seen, underlay));
        }
        self.copy();
        let objects = task.desired.ports.len() + task.desired.remotes.len();
        drop(report);
        if objects > MANY {
            memory::give_back();
        }
        Ok(())
    }

    /// Keeps a copy of what is applied where `assay net` finds it.
    fn copy(&mut self) {
        let text = {
            let daemon = self.desk.daemon();
            let (applied, _verified) = daemon.reached();
            if applied == self.copied || applied != daemon.accepted().generation {
                return;
            }
            self.copied = applied;
            daemon.document().render(None).text
        };
        if let Err(error) = self.place.keep(&text) {
            tracing::warn!(%error, "the copy of what was applied is not up to date");
        }
    }
}

fn propose(daemon: &Daemon, wish: &Wish) -> Result<dataplane::daemon::Proposal, Refusal> {
    match wish {
        Wish::Whole { text, generation, confirmed } => {
            daemon.propose(&Change::Whole { text, generation: *generation, confirmed: *confirmed })
        }
        Wish::One { section, id, rule: None, text, expected } => {
            daemon.propose(&Change::One { section, id, text: text.as_deref(), expected: *expected })
        }
        Wish::One { section, id, rule: Some(rule), text, expected } => {
            let key = ((*section).to_owned(), id.clone());
            let there = daemon.document().object(&key).map(|object| Arc::clone(&object.text));
            let none = |kind, id: &str| Refusal::NoSuch { kind, id: id.to_owned() };
            let group = there.ok_or_else(|| none("groups", id))?;
            let changed = with_rule(&group, rule, text.as_deref());
            let changed = match (&changed, text) {
                (Some(changed), _) => changed,
                (None, Some(_)) => return Err(Refusal::NoObject),
                (None, None) => return Err(none("rules", rule)),
            };
            daemon.propose(&Change::One { section, id, text: Some(changed), expected: *expected })
        }
    }
}
