//! The run: threads that keep targets under load, and what they saw.
//!
//! An edge: it starts threads, pins them and reads clocks. What is done comes from a
//! [`Source`], what is written from a [`Payload`], when (in the open loop) from an iterator of
//! times; the engine knows no load and the load no engine. One thread for each processor, one
//! engine for each thread, shared with nobody (storage design §2).
//!
//! The loops are compiled for each kind of source, payload and arrivals. Call [`run`] from
//! this crate with concrete types: the program around it is compiled for size.

mod closed;
mod collect;
mod cost;
mod open;
mod outcome;
mod tally;
mod thread;
mod worker;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::engine::{EngineError, Wanted};
use crate::measurement::Mode;
use crate::observed::{Observed, Second, Stream};
use crate::workload::{Op, Payload, Region, Source};

/// Operations in flight in the open loop where nothing else is asked.
pub const OPEN_LOOP_DEPTH: u32 = 4096;

/// How to run: the same for every thread.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Plan {
    /// How load is made.
    pub mode: Mode,
    /// The engine.
    pub engine: Wanted,
    /// Operations in flight on each target of each thread; in the open loop the bound.
    pub iodepth: u32,
    /// Whether the targets of a thread share its operations in flight: an operation that is
    /// done makes room for one of the next target, as fio serves the files of a job in turn.
    /// Closed loops only.
    pub in_turn: bool,
    /// Most operations that are handed to the kernel at once.
    pub batch_submit: u32,
    /// Completions that are waited for at once in [`Mode::Throughput`]; in other modes 1.
    pub batch_complete: u32,
    /// The largest operation that carries data, in bytes.
    pub max_block_bytes: u32,
    /// How long to measure; `None` until the load ends.
    pub runtime: Option<Duration>,
    /// How long to run before.
    pub ramp: Duration,
    /// A pause after so many operations of a target; closed loops only.
    pub think: Option<Think>,
    /// Flush after so many writes of a target; 0 never.
    pub fsync_every: u32,
    /// Flush every target at the end, within the measured time.
    pub fsync_at_end: bool,
    /// When a write counts as done.
    pub stable: Stable,
    /// How long to wait before anything, ramp included.
    pub delay: Duration,
    /// What an operation that fails does to the run.
    pub on_error: OnError,
    /// Whether to poll for completions, where driver and file can.
    pub polled: bool,
    /// Whether a kernel thread takes the submissions of a ring.
    pub sq_thread: bool,
    /// Whether to keep the latencies of each second: up to 3 KiB for each kind of operation.
    pub keep_latencies: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            mode: Mode::Throughput,
            engine: Wanted::Auto,
            iodepth: 1,
            in_turn: false,
            batch_submit: 32,
            batch_complete: 32,
            max_block_bytes: 4096,
            runtime: None,
            ramp: Duration::ZERO,
            think: None,
            fsync_every: 0,
            fsync_at_end: false,
            stable: Stable::default(),
            delay: Duration::ZERO,
            on_error: OnError::Stop,
            polled: false,
            sq_thread: false,
            keep_latencies: false,
        }
    }
}

/// When a write counts as done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stable {
    /// When the device or the page cache has it.
    #[default]
    No,
    /// When its data is on stable storage (`RWF_DSYNC`).
    Data,
    /// When that which is known of the file is, too (`RWF_SYNC`).
    All,
}

/// A pause in a closed loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Think {
    /// After so many operations; at least 1.
    pub after: u32,
    /// How long.
    pub pause: Duration,
}

/// What an operation that fails does to the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnError {
    /// It ends the run; what was measured stays.
    #[default]
    Stop,
    /// It is counted.
    Continue,
}

/// What one thread does.
#[derive(Debug)]
pub struct Load<'fd, S, P, A = NoArrivals> {
    /// The processor to run on; `None` for any.
    pub cpu: Option<usize>,
    /// What it works on; each has its own operations in flight.
    pub targets: Vec<Target<'fd, S, P, A>>,
}

/// One target of one thread.
#[derive(Debug)]
pub struct Target<'fd, S, P, A = NoArrivals> {
    /// Where it is open, direct or not as it was opened.
    pub fd: BorrowedFd<'fd>,
    /// What to call it in messages: its path.
    pub name: String,
    /// Which device it is, from 0: targets of several threads may be one device, and are
    /// counted as one.
    pub device: usize,
    /// Its size; no operation goes beyond.
    pub size_bytes: u64,
    /// What to do.
    pub source: S,
    /// What to write.
    pub payload: P,
    /// When operations are due in the open loop, in nanoseconds from the start of the run,
    /// ramp included; never falling.
    pub arrivals: A,
    /// How much to do.
    pub limit: Limit,
}

/// The arrivals of closed loops, which need none.
pub type NoArrivals = std::iter::Empty<u64>;

/// How much to do at most, ramp included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// Operations.
    pub ios: u64,
    /// Bytes.
    pub bytes: u64,
}

impl Default for Limit {
    fn default() -> Self {
        Self { ios: u64::MAX, bytes: u64::MAX }
    }
}

/// What a run gave.
#[derive(Debug)]
pub struct Outcome {
    /// All targets together.
    pub observed: Observed,
    /// Each device, by its number; empty where there is one only. Of a run of several plans
    /// ([`together`]) each plan's part, in order.
    pub devices: Vec<Observed>,
    /// By how much the clock differed from itself over the run, in parts per million; above
    /// [`crate::clock::DRIFT_LIMIT_PPM`] the latencies prove nothing.
    pub clock_drift_ppm: u32,
}

/// What goes on outside of the run that it takes notice of.
#[expect(missing_debug_implementations, reason = "holds a function")]
pub struct Control<'a> {
    /// Set to end the run; what was measured stays.
    pub stop: &'a AtomicBool,
    /// Told of each second that was measured, soon after its end.
    pub progress: &'a mut dyn FnMut(&Second),
}

/// Who takes part in a run beyond its progress: an agent, whose load begins when that of all
/// agents does, and who hands on whole histograms.
pub trait Watch {
    /// Every thread has its engine; returns when they are to begin.
    fn ready(&mut self) {}
    /// They begin now.
    fn began(&mut self) {}
    /// A measured second is over, `index` from 0 at the end of the ramp; what each kind of
    /// operation did in it, those that did nothing left out.
    fn second(&mut self, index: u64, streams: &[((Op, Region), &Stream)]);
}

/// Nobody.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Unwatched;

impl Watch for Unwatched {
    fn second(&mut self, _index: u64, _streams: &[((Op, Region), &Stream)]) {}
}

/// Why a run did not come about. What goes wrong in a run is told by its outcome.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum RunError {
    /// Nothing to do.
    #[error("the run has no target")]
    NoTarget,
    /// A plan that nothing can come of.
    #[error("the plan asks for {what}")]
    Plan { what: &'static str },
    /// There is no engine.
    #[error("cannot start engine `{engine}`")]
    Engine { engine: &'static str, source: EngineError },
    /// There is no thread.
    #[error("cannot start a load thread")]
    Thread { source: io::Error },
}

impl RunError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Engine { source, .. } => source.hint(),
            Self::NoTarget | Self::Plan { .. } | Self::Thread { .. } => None,
        }
    }
}

/// Runs `loads`, each on a thread of its own, until the time or the loads are over.
///
/// # Errors
///
/// [`RunError`] where the run could not begin. Errors of operations are in the outcome, with
/// what was measured before.
///
/// # Panics
///
/// When a source, a payload or the progress function panics.
pub fn run<S, P, A>(
    plan: &Plan,
    loads: Vec<Load<'_, S, P, A>>,
    control: &mut Control<'_>,
) -> Result<Outcome, RunError>
where
    S: Source + Send,
    P: Payload + Send,
    A: Iterator<Item = u64> + Clone + Send,
{
    run_watched(plan, loads, control, &mut Unwatched)
}

/// Runs `loads` as [`run`] does; `watch` says when they begin, and is told of each second.
///
/// # Errors
///
/// As [`run`].
///
/// # Panics
///
/// As [`run`], or when `watch` does.
pub fn run_watched<S, P, A>(
    plan: &Plan,
    loads: Vec<Load<'_, S, P, A>>,
    control: &mut Control<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome, RunError>
where
    S: Source + Send,
    P: Payload + Send,
    A: Iterator<Item = u64> + Clone + Send,
{
    check(plan)?;
    if loads.is_empty() || loads.iter().any(|load| load.targets.is_empty()) {
        return Err(RunError::NoTarget);
    }
    thread::run(vec![Crew { plan: plan.clone(), loads }], control, watch)
}

/// Threads that follow one plan.
#[derive(Debug)]
pub struct Crew<'fd, S, P, A = NoArrivals> {
    /// How they run.
    pub plan: Plan,
    /// What each does.
    pub loads: Vec<Load<'fd, S, P, A>>,
}

/// Runs several crews at once, each by its own plan; all begin at the same time but for their
/// delays. Each crew counts as a device of its own, whatever its targets say, and an operation
/// that fails ends its own crew only.
///
/// Where there are several, the processor time of a crew is that of its threads: kernel workers
/// that they share are in none but the whole.
///
/// # Errors
///
/// As [`run`].
///
/// # Panics
///
/// As [`run`].
pub fn together<S, P, A>(
    mut crews: Vec<Crew<'_, S, P, A>>,
    control: &mut Control<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome, RunError>
where
    S: Source + Send,
    P: Payload + Send,
    A: Iterator<Item = u64> + Clone + Send,
{
    if crews.is_empty() {
        return Err(RunError::NoTarget);
    }
    for (number, crew) in crews.iter_mut().enumerate() {
        check(&crew.plan)?;
        if crew.loads.is_empty() || crew.loads.iter().any(|load| load.targets.is_empty()) {
            return Err(RunError::NoTarget);
        }
        for target in crew.loads.iter_mut().flat_map(|load| &mut load.targets) {
            target.device = number;
        }
    }
    thread::run(crews, control, watch)
}

/// Refuses what would divide by zero or never begin.
fn check(plan: &Plan) -> Result<(), RunError> {
    let refuse = |what| Err(RunError::Plan { what });
    if plan.iodepth == 0 {
        return refuse("iodepth 0");
    }
    if plan.batch_submit == 0 || plan.batch_complete == 0 {
        return refuse("batches of 0");
    }
    if plan.max_block_bytes == 0 {
        return refuse("blocks of 0 bytes");
    }
    if plan.think.is_some_and(|think| think.after == 0) {
        return refuse("a pause after 0 operations");
    }
    if plan.runtime == Some(Duration::ZERO) {
        return refuse("a runtime of 0");
    }
    Ok(())
}
