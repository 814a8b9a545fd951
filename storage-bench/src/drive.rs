//! Loads on targets that were permitted: generators, data and times put together and run.
//!
//! An edge like [`crate::run`], which it calls with concrete types so that the hot loops are
//! compiled here, for speed, and not in the program, which is built for size.

pub mod stamped;

use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::data::{Content, DataError, Filler};
use crate::engine::Wanted;
use crate::measurement::Mode;
use crate::run::{
    self, Control, Crew, Limit, Load, OnError, Outcome, Plan, RunError, Stable, Think, Unwatched,
    Watch,
};
use crate::schedule::{Arrivals, Schedule, ScheduleError};
use crate::target::Opened;
use crate::workload::{Generator, Payload, Spec, WorkloadError};

use stamped::Ledger;

/// A load on one target, or on those that the lanes of a [`Part`] name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub struct Drive {
    /// How load is made.
    pub mode: Mode,
    /// The engine.
    pub engine: Wanted,
    /// The load of each thread; its length is the number of threads.
    pub threads: Vec<Spec>,
    /// Whether the threads share one load, so that each does a part of it; otherwise each has
    /// all of its own.
    pub shared: bool,
    /// What is written.
    pub content: Content,
    /// Operations in flight, on each thread.
    pub iodepth: u32,
    /// Most operations that are handed to the kernel at once.
    pub batch_submit: u32,
    /// Completions that are waited for at once, in [`Mode::Throughput`].
    pub batch_complete: u32,
    /// Operations a second of all threads together, in [`Mode::Rate`].
    pub offered: Option<(Arrivals, NonZeroU64)>,
    /// How long to measure; `None` until the bytes are moved.
    pub runtime: Option<Duration>,
    /// How long to run before.
    pub ramp: Duration,
    /// Bytes that each thread moves at most, ramp included.
    pub bytes: Option<u64>,
    /// Operations that each thread does at most.
    pub ios: Option<u64>,
    /// Pauses.
    pub think: Option<Think>,
    /// Flush after so many writes; 0 never.
    pub fsync_every: u32,
    /// Flush at the end, within the measured time.
    pub fsync_at_end: bool,
    /// When a write counts as done.
    pub stable: Stable,
    /// How long to wait before anything.
    pub delay: Duration,
    /// Whether to keep the latencies of each second: up to 3 KiB for each kind of operation.
    pub keep_latencies: bool,
    /// Processors of the threads, in turn; empty for any.
    pub cpus: Vec<usize>,
    /// Whether to poll for completions.
    pub polled: bool,
    /// Whether a kernel thread takes the submissions.
    pub sq_thread: bool,
}

/// Why a load did not come about.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum DriveError {
    /// The load cannot be.
    #[error("cannot make the load")]
    Workload { source: WorkloadError },
    /// The data cannot be.
    #[error("cannot make the data")]
    Data { source: DataError },
    /// The times cannot be.
    #[error("cannot make the schedule")]
    Schedule { source: ScheduleError },
    /// An open loop without a rate.
    #[error("an open loop needs a rate")]
    NoRate,
    /// The run could not begin.
    #[error("cannot run the load")]
    Run { source: RunError },
}

impl DriveError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoRate => Some("give `--rate_iops`".to_owned()),
            Self::Run { source } => source.hint(),
            Self::Workload { .. } | Self::Data { .. } | Self::Schedule { .. } => None,
        }
    }
}

impl Drive {
    /// Returns one thread of `workload`, as an acceptance case runs it.
    pub fn single(mode: Mode, workload: Spec) -> Self {
        Self {
            mode,
            engine: Wanted::Auto,
            threads: vec![workload],
            shared: true,
            content: Content::default(),
            iodepth: 1,
            batch_submit: 32,
            batch_complete: 32,
            offered: None,
            runtime: None,
            ramp: Duration::ZERO,
            bytes: None,
            ios: None,
            think: None,
            fsync_every: 0,
            fsync_at_end: false,
            stable: Stable::default(),
            delay: Duration::ZERO,
            keep_latencies: false,
            cpus: Vec::new(),
            polled: false,
            sq_thread: false,
        }
    }

    /// Returns the plan of threads that each have `lanes` targets.
    fn plan(&self, lanes: usize) -> Plan {
        let blocks = self.threads.iter().flat_map(|spec| {
            // What a trim covers needs no buffer.
            let writes = if spec.trim { &[][..] } else { &spec.write_blocks };
            spec.read_blocks.iter().chain(writes)
        });
        // In the open loop the depth is a bound, which the targets divide.
        let open = self.mode == Mode::Rate;
        let share = u32::try_from(lanes).unwrap_or(u32::MAX).max(1);
        let iodepth = if open { (self.iodepth / share).max(1) } else { self.iodepth };
        Plan {
            mode: self.mode,
            engine: self.engine,
            iodepth,
            in_turn: !open && lanes > 1,
            batch_submit: self.batch_submit.clamp(1, iodepth.max(1)),
            batch_complete: self.batch_complete.clamp(1, iodepth.max(1)),
            max_block_bytes: blocks.map(|share| share.bytes).max().unwrap_or(4096),
            runtime: self.runtime,
            ramp: self.ramp,
            think: self.think,
            fsync_every: self.fsync_every,
            fsync_at_end: self.fsync_at_end,
            stable: self.stable,
            delay: self.delay,
            on_error: OnError::Stop,
            polled: self.polled,
            sq_thread: self.sq_thread,
            keep_latencies: self.keep_latencies,
        }
    }

    fn limit(&self) -> Limit {
        let whole = Limit::default();
        Limit { ios: self.ios.unwrap_or(whole.ios), bytes: self.bytes.unwrap_or(whole.bytes) }
    }

    /// Returns the processor of a thread.
    fn cpu(&self, thread: u32) -> Option<usize> {
        let at = usize::try_from(thread).unwrap_or(usize::MAX);
        at.checked_rem(self.cpus.len()).and_then(|at| self.cpus.get(at).copied())
    }

    /// Returns the times of one target of one thread, of `lanes` that each thread has.
    fn times(&self, thread: u32, lane: u32, lanes: u32) -> Result<Times, DriveError> {
        if self.mode != Mode::Rate {
            return Ok(Times(None));
        }
        let (arrivals, rate) = self.offered.ok_or(DriveError::NoRate)?;
        let seed = self.threads.first().map_or(0, |spec| spec.seed);
        // Threads take turns, and so do the targets of each: a thread that does every second
        // operation does them on its targets one after the other.
        let threads = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        let (part, parts) = (lane.saturating_mul(threads), lanes.saturating_mul(threads));
        Schedule::endless(arrivals, rate, seed, part.saturating_add(thread), parts)
            .map(|schedule| Times(Some(schedule)))
            .map_err(|source| DriveError::Schedule { source })
    }
}

/// The times of an open loop; none of a closed one. One type, so that the loops are compiled once.
#[derive(Clone, Debug)]
struct Times(Option<Schedule>);

impl Iterator for Times {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        self.0.as_mut()?.next()
    }
}

/// What writes write. One type, as of [`Times`].
#[derive(Clone, Debug)]
enum Data {
    Filled(Filler),
    Stamped(Ledger),
}

impl Payload for Data {
    #[inline]
    fn fill(&mut self, offset: u64, buffer: &mut [u8]) {
        match self {
            Self::Filled(filler) => filler.fill(offset, buffer),
            Self::Stamped(ledger) => ledger.fill(offset, buffer),
        }
    }
}

/// One target of one thread of a part.
#[derive(Clone, Debug)]
pub struct Lane<'t> {
    /// The target.
    pub target: &'t Opened,
    /// What is done there.
    pub spec: Spec,
    /// How much of it at most, ramp included.
    pub limit: Limit,
    /// Where it is noted what was written, if blocks are to say what they are.
    pub ledger: Option<Ledger>,
}

/// One of several loads that run at the same time.
#[derive(Clone, Debug)]
pub struct Part<'t> {
    /// How it runs. Of each thread's targets [`Drive::threads`] has the load of the first, and
    /// the limits of the lanes are in place of its own.
    pub drive: Drive,
    /// The targets of each thread, as many each.
    pub threads: Vec<Vec<Lane<'t>>>,
}

impl<'t> Part<'t> {
    /// Returns the part that runs `drive` on one target.
    pub fn single(drive: &Drive, target: &'t Opened) -> Self {
        let limit = drive.limit();
        let lane = |spec: &Spec| vec![Lane { target, spec: spec.clone(), limit, ledger: None }];
        Self { drive: drive.clone(), threads: drive.threads.iter().map(lane).collect() }
    }

    /// Puts the threads together.
    fn crew(&self) -> Result<Crew<'t, Generator, Data, Times>, DriveError> {
        let drive = &self.drive;
        let threads = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        let most = self.threads.iter().map(Vec::len).max().unwrap_or(0);
        let load = |(thread, lanes): (u32, &Vec<Lane<'t>>)| {
            let (part, parts) = if drive.shared { (thread, threads) } else { (0, 1) };
            let count = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
            let target = |(at, lane): (u32, &Lane<'t>)| {
                let source = Generator::new(&lane.spec, part, parts)
                    .map_err(|source| DriveError::Workload { source })?;
                let payload = match &lane.ledger {
                    Some(ledger) => Data::Stamped(ledger.clone()),
                    None => Filler::new(&drive.content, lane.spec.seed, thread)
                        .map(Data::Filled)
                        .map_err(|source| DriveError::Data { source })?,
                };
                Ok(run::Target {
                    fd: lane.target.as_fd(),
                    name: lane.target.subject().path.clone(),
                    device: 0,
                    size_bytes: lane.target.size_bytes(),
                    source,
                    payload,
                    arrivals: drive.times(thread, at, count)?,
                    limit: lane.limit,
                })
            };
            let targets = (0..count).zip(lanes).map(target).collect::<Result<_, _>>()?;
            Ok(Load { cpu: drive.cpu(thread), targets })
        };
        let loads = (0..threads).zip(&self.threads).map(load).collect::<Result<_, _>>()?;
        Ok(Crew { plan: drive.plan(most), loads })
    }
}

/// Runs a load on `target` until its time or its bytes are over, or `control` stops it.
///
/// # Errors
///
/// [`DriveError`] where it could not begin; what goes wrong while it runs is in the outcome.
pub fn drive(
    drive: &Drive,
    target: &Opened,
    control: &mut Control<'_>,
) -> Result<Outcome, DriveError> {
    drive_together(&[Part::single(drive, target)], control)
}

/// Runs several loads at the same time; [`Outcome::devices`] has each, where there are several.
///
/// # Errors
///
/// As [`drive`].
pub fn drive_together(
    parts: &[Part<'_>],
    control: &mut Control<'_>,
) -> Result<Outcome, DriveError> {
    together(parts, control, &mut Unwatched)
}

/// Runs a load as [`drive`](fn@drive) does; `watch` says when it begins, and is told of each
/// second.
///
/// # Errors
///
/// As [`drive`](fn@drive).
pub fn drive_watched(
    drive: &Drive,
    target: &Opened,
    control: &mut Control<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome, DriveError> {
    together(&[Part::single(drive, target)], control, watch)
}

fn together(
    parts: &[Part<'_>],
    control: &mut Control<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome, DriveError> {
    let crews = parts.iter().map(Part::crew).collect::<Result<Vec<_>, _>>()?;
    run::together(crews, control, watch).map_err(|source| DriveError::Run { source })
}
