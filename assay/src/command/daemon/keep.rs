//! The thread that owns the kernel: rounds when something changed, and calls in between.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::Receiver,
    },
    time::{Duration, Instant},
};

use dataplane::{
    keeper::{Change, Disk, Ended, Happened, Keeper},
    kernel::{
        Connection, Interest, Kernel, KernelError, StepError,
        real::Real,
        watch::{Watch, Woken},
    },
    plan::Step,
    seen::Seen,
};
use tokio::sync::{Notify as Bell, oneshot};
use tracing::{info, warn};

use super::{
    notify::Notify,
    reply::{self, Reply},
};
use crate::clock;

/// How often it is looked at what tells of no change: sysctls, addresses, routes.
const LOOK: Duration = Duration::from_secs(30);
/// Events that are kept for readers.
const SAID: usize = 1024;

/// A call for the keeper.
pub(super) enum Wish {
    State,
    Status,
    Ready,
    Metrics,
    Replace { text: String, expected: Option<u64>, confirmed: bool },
    Change { kind: String, id: String, change: Change, expected: Option<u64> },
}

/// A call and where its answer goes.
pub(super) struct Ask {
    pub(super) wish: Wish,
    pub(super) answer: oneshot::Sender<Reply>,
}

/// What both threads see.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Events as JSON, with their numbers.
    pub(super) said: Mutex<VecDeque<(u64, Arc<str>)>>,
    /// Rung when there are more.
    pub(super) bell: Bell,
    /// When the keeper was last heard of: [`clock::since_start_ns`].
    pub(super) beat: AtomicU64,
    /// Whether it is to end.
    pub(super) stop: AtomicBool,
}

/// The kernel, and what tells of its changes: a look forgets what was told before it.
pub(super) struct Eyes {
    pub(super) real: Real,
    pub(super) watch: Watch,
}

impl Kernel for Eyes {
    fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError> {
        let what = "hear what changed";
        self.watch.forget().map_err(|source| KernelError::Io { what, source })?;
        self.real.look(interest)
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        self.real.perform(steps)
    }

    fn connections(
        &mut self,
        zones: &std::collections::BTreeSet<u16>,
    ) -> Result<Vec<Connection>, KernelError> {
        self.real.connections(zones)
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        self.real.cut(connections)
    }
}

/// Keeps the kernel as desired until it is told to end.
pub(super) struct Keeping {
    pub(super) keeper: Keeper,
    pub(super) eyes: Eyes,
    pub(super) disk: Disk,
    pub(super) asks: Receiver<Ask>,
    pub(super) shared: Arc<Shared>,
    pub(super) notify: Notify,
    /// Events before this number are told already.
    pub(super) told: u64,
    /// When the next round is due, whatever happens.
    pub(super) again: Option<Instant>,
}

impl Keeping {
    /// Keeps it.
    ///
    /// # Errors
    /// Where what changed cannot be heard any more.
    pub(super) fn run(mut self) -> io::Result<()> {
        self.round();
        self.notify.tell("READY=1");
        let mut look = clock::instant() + LOOK;
        loop {
            self.shared.beat.store(clock::since_start_ns(), Ordering::Relaxed);
            self.notify.tell("WATCHDOG=1");
            let mut deadline = self.again.map_or(look, |again| again.min(look));
            if let Some(every) = self.notify.watchdog {
                deadline = deadline.min(clock::instant() + every / 3);
            }
            let mut due = match self.eyes.watch.wait(Some(deadline))? {
                Woken::Changed(_) => true,
                Woken::Called => {
                    if self.shared.stop.load(Ordering::SeqCst) {
                        self.notify.tell("STOPPING=1");
                        return Ok(());
                    }
                    while let Ok(ask) = self.asks.try_recv() {
                        self.answer(ask);
                    }
                    false
                }
                Woken::Deadline => self.again.is_some_and(|again| clock::instant() >= again),
            };
            if clock::instant() >= look {
                (due, look) = (true, clock::instant() + LOOK);
            }
            if due {
                self.round();
            }
        }
    }

    /// Does a round and tells of it.
    fn round(&mut self) -> Ended {
        let round = self.keeper.round(&mut self.eyes, &mut self.disk, clock::unix_ms());
        if let Some(concern) = round.concern {
            self.eyes.watch.mind(concern);
        }
        self.tell();
        self.again = round.again.map(|pause| clock::instant() + pause);
        round.ended
    }

    /// Answers a call.
    fn answer(&mut self, ask: Ask) {
        let keeper = &self.keeper;
        let reply = match ask.wish {
            Wish::State => reply::state(keeper),
            Wish::Status => reply::status(keeper),
            Wish::Metrics => reply::metrics(keeper),
            Wish::Ready if keeper.is_ready() => Reply::text(200, "ready\n".to_owned()),
            Wish::Ready => Reply::text(503, "the kernel is not as wanted yet\n".to_owned()),
            Wish::Replace { text, expected, confirmed } => {
                let (eyes, disk, now) = (&mut self.eyes, &mut self.disk, clock::unix_ms());
                let of = (expected, confirmed);
                let accepted = self.keeper.replace(eyes, disk, &text, of, now);
                return self.accepted(ask.answer, accepted, true);
            }
            Wish::Change { kind, id, change, expected } => {
                let (eyes, disk, now) = (&mut self.eyes, &mut self.disk, clock::unix_ms());
                let at = (kind.as_str(), id.as_str());
                let accepted = self.keeper.change(eyes, disk, at, change, expected, now);
                return self.accepted(ask.answer, accepted, false);
            }
        };
        // Who asked may have gone.
        drop(ask.answer.send(reply));
    }

    /// Does at once what was accepted, and answers.
    fn accepted(
        &mut self,
        answer: oneshot::Sender<Reply>,
        accepted: Result<u64, dataplane::keeper::Refused>,
        lines: bool,
    ) {
        let generation = match accepted {
            Ok(generation) => generation,
            Err(error) => {
                drop(answer.send(reply::refused(&error, lines)));
                return;
            }
        };
        let ended = self.round();
        drop(answer.send(reply::accepted(&self.keeper, generation, ended)));
    }

    /// Tells of events to the log and to those who listen.
    fn tell(&mut self) {
        let mut said = self.shared.said.lock().unwrap_or_else(PoisonError::into_inner);
        for event in self.keeper.events().after(self.told) {
            let (kind, text) = (event.kind.name(), event.text.en.as_str());
            let objects = event.objects.join(", ");
            let good = [
                Happened::Accepted,
                Happened::Applied,
                Happened::DriftRepaired,
                Happened::PortTakenUp,
                Happened::PortWaits,
                Happened::Revoked,
            ];
            if good.contains(&event.kind) {
                info!(kind, generation = event.generation, objects, "{text}");
            } else {
                warn!(kind, generation = event.generation, objects, "{text}");
            }
            if said.len() >= SAID {
                said.pop_front();
            }
            said.push_back((event.sequence, event.value().to_string().into()));
            self.told = event.sequence;
        }
        drop(said);
        self.shared.bell.notify_waiters();
    }
}
