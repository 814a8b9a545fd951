//! What a run observed, as the engine hands it over: counts and histograms, no opinion.

use std::collections::BTreeMap;

use crate::histogram::{Histogram, Spread};
use crate::measurement::EngineUsed;
use crate::workload::{Op, Region};

/// Everything one run saw in its measured time, ramp left out.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The engine and what of it was in force.
    pub engine: EngineUsed,
    /// How long was measured.
    pub elapsed_ns: u64,
    /// What each operation on each region did.
    pub streams: BTreeMap<(Op, Region), Stream>,
    /// The same, second by second.
    pub seconds: Vec<Second>,
    /// Latencies of each second by operation, as [`Histogram::encode`] has them; empty unless
    /// they were asked for ([`crate::run::Plan::keep_latencies`]).
    pub latencies: Vec<BTreeMap<Op, Vec<u8>>>,
    /// Completions in each window of 100 ms, all operations together.
    pub windows: Vec<Window>,
    /// What the open loop adds; `None` for a closed one.
    pub open_loop: Option<OpenLoop>,
    /// What the run cost this host.
    pub cost: Cost,
    /// Errors by operation and error number, with how often.
    pub errors: BTreeMap<(Op, i32), u64>,
    /// Why it ended before its time, if it did.
    pub ended_early: Option<String>,
}

/// One kind of operation on one region.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stream {
    /// Bytes moved.
    pub bytes: u64,
    /// From submission to completion.
    pub service: Histogram,
}

/// One second of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Operations by kind, both regions together.
    pub operations: BTreeMap<Op, SecondOf>,
}

/// One kind of operation in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SecondOf {
    /// Operations completed.
    pub ios: u64,
    /// Bytes moved.
    pub bytes: u64,
    /// Sum of their latencies.
    pub sum_ns: u64,
    /// Median latency.
    pub p50_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p99_9_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// How they are spread.
    pub spread: Spread,
}

/// A tenth of a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Operations completed.
    pub ios: u32,
    /// Bytes moved.
    pub bytes: u64,
}

/// What an open loop sees that a closed one cannot.
#[derive(Clone, Debug, Default)]
pub struct OpenLoop {
    /// Operations that were due in the measured time.
    pub offered: u64,
    /// From the intended start to completion, by operation.
    pub response: BTreeMap<Op, Histogram>,
    /// From the intended start to submission, where a slot was free: the generator's own delay.
    pub lateness: Histogram,
    /// Most operations that were due and waited for a slot.
    pub backlog_max: u64,
    /// Operations still waiting when the time was up.
    pub backlog_end: u64,
}

/// What the run cost the host that made the load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// User time of the process, its kernel workers included.
    pub user_ns: u64,
    /// System time of the process, its kernel workers included.
    pub system_ns: u64,
    /// Share of its time the busiest load thread was on a processor.
    pub busiest_thread_ppm: u32,
    /// Share of all processors' time that the hypervisor took.
    pub steal_ppm: u32,
}
