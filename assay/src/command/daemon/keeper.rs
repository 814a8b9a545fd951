//! The thread that owns the kernel and the disk: it does what it is asked for, hears what the
//! kernel tells, and looks now and then.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};

use dataplane::{
    daemon::{
        Answer, CALM, Change, Daemon, Moment, Refusal,
        document::with_rule,
        narrow::Known,
        work::{self, Report, Task},
    },
    kernel::{
        Kernel as _,
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

/// How many times as long as a look takes it is waited for the next, where nothing happens.
const RARELY: u32 = 100;
/// How long it is at most that nobody looks at the whole, however much is asked for meanwhile.
const LONGEST: Duration = Duration::from_secs(30);

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
    /// What changes of one VPC are planned by.
    pub(super) known: Option<Known>,
    /// Whether something was heard that is yet to be looked at.
    pub(super) due: bool,
    /// When the whole was last looked at, and how long that took with what had to be done.
    pub(super) looked: Instant,
    pub(super) took: Duration,
}

impl Keeper {
    /// Keeps until it is told to stop; the kernel stays as it is then.
    pub(super) fn run(mut self) -> io::Result<()> {
        // Rules that are changed here are read back here.
        self.watch.except(self.kernel.filter_port()?);
        self.keep()?;
        loop {
            while let Ok(order) = self.orders.try_recv() {
                self.beat();
                let Order { wish, reply } = order;
                let answer = self.change(wish)?;
                self.desk.publish();
                // A caller who is gone does not want to know.
                drop(reply.send(answer));
            }
            if self.stop.load(Ordering::SeqCst) {
                return Ok(());
            }
            self.beat();
            let now = clock::instant();
            let calm = self.desk.daemon().calm();
            // A look at a full node takes long, and those who ask for a change meanwhile wait.
            let calm = if calm == CALM { calm.max(self.took * RARELY) } else { calm };
            if self.due || now.saturating_duration_since(self.looked) > calm.max(LONGEST) {
                self.keep()?;
                continue;
            }
            match self.watch.wait(now.checked_add(calm))? {
                Woken::Called => {}
                // Containers are mounted and unmounted all the time.
                Woken::Changed(changed) if changed.is_of_mounts() && self.kernel.are_named() => {}
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
        (self.due, self.looked) = (false, noticed);
        let Some(task) = self.desk.daemon().task() else { return self.watch.forget() };
        self.watch.forget()?;
        let looked = work::look(&mut self.kernel, &task);
        self.settle(&task, looked, noticed)
    }

    /// Does what somebody asks for.
    fn change(&mut self, wish: Wish) -> io::Result<Result<Answer, Refusal>> {
        let noticed = clock::instant();
        if let Some(done) = self.change_part(&wish, noticed)? {
            return Ok(done);
        }
        let proposal = propose(&self.desk.daemon(), &wish, Daemon::propose).flatten();
        // Of a whole state it is megabytes.
        drop(wish);
        let proposal = match proposal {
            Ok(proposal) => proposal,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let task = proposal.task.clone();
        (self.due, self.looked) = (false, noticed);
        self.watch.forget()?;
        let looked = work::look(&mut self.kernel, &task);
        if let Err(refusal) = Daemon::fits(looked.as_ref().err()) {
            // What was heard before it is not mended by this.
            self.due = true;
            return Ok(Err(refusal));
        }
        let accepted = self.desk.daemon().accept(proposal, &mut self.kept, clock::unix_ms());
        if let Ok(answer) = &accepted {
            self.known = self.known.take().filter(|_known| !answer.changed);
            self.desk.publish();
            self.settle(&task, looked, noticed)?;
        } else {
            self.due = true;
        }
        Ok(accepted)
    }

    /// Does what somebody asks for in one VPC by itself; nothing where it has to be done with the
    /// whole.
    fn change_part(
        &mut self,
        wish: &Wish,
        noticed: Instant,
    ) -> io::Result<Option<Result<Answer, Refusal>>> {
        let Some(known) = self.known.as_mut() else { return Ok(None) };
        let proposal = propose(&self.desk.daemon(), wish, Daemon::propose_part).ok().flatten();
        let Some((part, proposal)) = proposal.and_then(|it| Some((it.part.clone()?, it))) else {
            return Ok(None);
        };
        // Of what changed since the last look the part does not know.
        self.due |= !self.watch.heard()?.is_empty();
        let devices = Known::devices(&part);
        let links = if self.due { None } else { self.kernel.look_at(&devices).ok() };
        let Some((node, difference)) = links.and_then(|links| known.decide(&part, links)) else {
            return Ok(None);
        };
        let task = proposal.task.clone();
        let accepted = self.desk.daemon().accept(proposal, &mut self.kept, clock::unix_ms());
        if accepted.is_err() {
            return Ok(Some(accepted));
        }
        let touched = work::touched(&node.plan);
        let whole = || self.desk.daemon().vpc_of(&part);
        let (kernel, log) = (&mut self.kernel, &mut self.journal);
        let (report, kept) = work::finish_part(kernel, &task, &part, node, &touched, log, &whole);
        self.watch.mind_too(Concern::new(&kept.wanted, &kept.seen, None));
        let heard = self.watch.heard()?;
        self.due |=
            heard.lost || heard.rules || heard.devices.iter().any(|it| !touched.contains(it));
        known.learn(difference);
        self.learn(&report, noticed);
        Ok(Some(accepted))
    }

    /// Does what was planned, and takes in what came of it.
    fn settle(
        &mut self,
        task: &Task,
        looked: Result<Node, NodeError>,
        noticed: Instant,
    ) -> io::Result<()> {
        let (report, kept) = match looked {
            Ok(node) => {
                let watch = &mut self.watch;
                let mut forgotten = Ok(());
                let (report, kept) =
                    work::finish(&mut self.kernel, task, node, &mut self.journal, &mut || {
                        forgotten = watch.forget();
                    });
                forgotten?;
                (report, Some(kept))
            }
            Err(error) => (work::unable(task, &error), None),
        };
        self.learn(&report, noticed);
        let same = report.count == 0;
        drop(report);
        let large = self.desk.daemon().is_large();
        if let Some(kept) = kept {
            let work::Kept { zones, wanted, seen } = kept;
            let desired = &task.desired;
            self.watch.mind(Concern::new(&wanted, &seen, Some(&desired.node.device)));
            if !seen.rooms.is_empty() {
                match self.watch.attend(&mut self.kernel) {
                    Ok(new) => self.due |= new,
                    Err(error) => tracing::warn!(
                        %error,
                        "damage in routers' namespaces is found by a look now and then alone, for \
                         they cannot be listened to: that takes CAP_NET_BROADCAST"
                    ),
                }
            }
            let mtu = seen.links.get(&desired.node.device).map(|link| link.mtu);
            // What is known is made anew by what takes as much.
            drop(seen);
            let known = self.known.take().filter(|known| same && known.holds(mtu));
            let anew = || Known::of(desired, zones, wanted, mtu);
            self.known = if large { known.or_else(anew) } else { None };
        }
        // First: a copy is megabytes more.
        if large {
            memory::give_back();
        }
        self.copy();
        self.took = clock::instant().saturating_duration_since(noticed);
        Ok(())
    }

    /// Takes in what came of a task, and tells it.
    fn learn(&self, report: &Report, noticed: Instant) {
        let took = clock::instant().saturating_duration_since(noticed);
        self.desk.daemon().learn(report, Moment { at_ms: clock::unix_ms(), took });
        self.desk.publish();
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

/// Has a change proposed in one way or another.
fn propose<T>(
    daemon: &Daemon,
    wish: &Wish,
    way: fn(&Daemon, &Change<'_>) -> T,
) -> Result<T, Refusal> {
    match wish {
        Wish::Whole { text, generation, confirmed } => {
            let (generation, confirmed) = (*generation, *confirmed);
            Ok(way(daemon, &Change::Whole { text, generation, confirmed }))
        }
        Wish::One { section, id, rule: None, text, expected } => {
            let (text, expected) = (text.as_deref(), *expected);
            Ok(way(daemon, &Change::One { section, id, text, expected }))
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
            let (text, expected) = (Some(changed.as_str()), *expected);
            Ok(way(daemon, &Change::One { section, id, text, expected }))
        }
    }
}
