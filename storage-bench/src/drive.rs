//! One load on one target that was permitted: generators, data and times put together and run.
//!
//! An edge like [`crate::run`], which it calls with concrete types so that the hot loops are
//! compiled here, for speed, and not in the program, which is built for size.

use std::num::NonZeroU64;
use std::os::fd::AsFd;
use std::time::Duration;

use crate::data::{Content, DataError, Filler};
use crate::engine::Wanted;
use crate::measurement::Mode;
use crate::run::{self, Control, Limit, Load, NoArrivals, OnError, Outcome, Plan, RunError, Think};
use crate::schedule::{Arrivals, Schedule, ScheduleError};
use crate::target::Opened;
use crate::workload::{Generator, Spec, WorkloadError};

/// A load on one target.
#[derive(Clone, Debug)]
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
            cpus: Vec::new(),
            polled: false,
            sq_thread: false,
        }
    }

    fn plan(&self) -> Plan {
        let blocks = self.threads.iter().flat_map(|spec| {
            // What a trim covers needs no buffer.
            let writes = if spec.trim { &[][..] } else { &spec.write_blocks };
            spec.read_blocks.iter().chain(writes)
        });
        Plan {
            mode: self.mode,
            engine: self.engine,
            iodepth: self.iodepth,
            batch_submit: self.batch_submit.clamp(1, self.iodepth.max(1)),
            batch_complete: self.batch_complete.clamp(1, self.iodepth.max(1)),
            max_block_bytes: blocks.map(|share| share.bytes).max().unwrap_or(4096),
            runtime: self.runtime,
            ramp: self.ramp,
            think: self.think,
            fsync_every: self.fsync_every,
            on_error: OnError::Stop,
            polled: self.polled,
            sq_thread: self.sq_thread,
            keep_latencies: false,
        }
    }

    fn limit(&self) -> Limit {
        let whole = Limit::default();
        Limit { ios: self.ios.unwrap_or(whole.ios), bytes: self.bytes.unwrap_or(whole.bytes) }
    }

    /// Puts the threads together; `arrivals` gives the times of each.
    fn loads<'fd, A>(
        &self,
        target: &'fd Opened,
        arrivals: impl Fn(u32, u32) -> Result<A, DriveError>,
    ) -> Result<Vec<Load<'fd, Generator, Filler, A>>, DriveError> {
        let threads = u32::try_from(self.threads.len()).unwrap_or(u32::MAX);
        let load = |(thread, spec): (u32, &Spec)| {
            let (part, parts) = if self.shared { (thread, threads) } else { (0, 1) };
            let source = Generator::new(spec, part, parts)
                .map_err(|source| DriveError::Workload { source })?;
            let payload = Filler::new(&self.content, spec.seed, thread)
                .map_err(|source| DriveError::Data { source })?;
            let at = usize::try_from(thread).unwrap_or(usize::MAX);
            Ok(Load {
                cpu: at.checked_rem(self.cpus.len()).and_then(|at| self.cpus.get(at).copied()),
                targets: vec![run::Target {
                    fd: target.as_fd(),
                    name: target.subject().path.clone(),
                    device: 0,
                    size_bytes: target.size_bytes(),
                    source,
                    payload,
                    arrivals: arrivals(thread, threads)?,
                    limit: self.limit(),
                }],
            })
        };
        (0..threads).zip(&self.threads).map(load).collect()
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
    drive_keeping(drive, target, control, false)
}

/// Runs a load as [`drive()`] does, and keeps the latencies of each second where asked to.
///
/// # Errors
///
/// As [`drive()`].
pub fn drive_keeping(
    drive: &Drive,
    target: &Opened,
    control: &mut Control<'_>,
    keep_latencies: bool,
) -> Result<Outcome, DriveError> {
    let plan = Plan { keep_latencies, ..drive.plan() };
    let outcome = if drive.mode == Mode::Rate {
        let (arrivals, rate) = drive.offered.ok_or(DriveError::NoRate)?;
        let seed = drive.threads.first().map_or(0, |spec| spec.seed);
        let times = |thread, threads| {
            Schedule::endless(arrivals, rate, seed, thread, threads)
                .map_err(|source| DriveError::Schedule { source })
        };
        run::run(&plan, drive.loads(target, times)?, control)
    } else {
        run::run(&plan, drive.loads(target, |_, _| Ok(NoArrivals::default()))?, control)
    };
    outcome.map_err(|source| DriveError::Run { source })
}
