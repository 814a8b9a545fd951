//! `storage/v1`: what was run, on what, what came out, and whether it proves anything.
//!
//! Numbers are whole, in the unit that ends their name, so that the canonical bytes of a
//! report are the same everywhere and profiles can name a field with its unit.

mod checks;

mod array;

use std::io::Read;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::abba::Comparison;
use crate::agent::clients::Clients;
use crate::histogram::Bins;
use crate::pts;
use crate::scan::Found;
use crate::workload::{Op, Spec};

pub use checks::{DataCheck, FaultyBlock, Verified};

pub use array::{Hit, HitCounters, PerPetabyte, Reduction};

/// The schema's id.
pub const SCHEMA: &str = "storage/v1";

/// All runs of one report; a later run of a case supersedes an earlier one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Storage {
    /// [`SCHEMA`].
    pub schema: String,
    /// The runs, in the order they were made.
    pub run: Vec<Run>,
    /// SNIA performance tests, each of many runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pts: Vec<pts::Report>,
    /// What snapshots cost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshot: Vec<Comparison>,
    /// What a search for slow and sick disks found, disk by disk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub disk: Vec<Found>,
}

impl Storage {
    /// Returns a report of these runs and nothing else.
    pub fn new(run: Vec<Run>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            run,
            pts: Vec::new(),
            snapshot: Vec::new(),
            disk: Vec::new(),
        }
    }

    /// Returns the JSON Schema of `storage/v1`.
    ///
    /// Read from the committed one, which `tests/schema.rs` makes from the types: what makes it
    /// would be half a megabyte of the program.
    ///
    /// # Panics
    ///
    /// Never: the committed one is JSON, or that test fails.
    pub fn json_schema() -> serde_json::Value {
        let mut schema = Vec::new();
        ruzstd::decoding::StreamingDecoder::new(
            &include_bytes!(concat!(env!("OUT_DIR"), "/schema.zst"))[..],
        )
        .ok()
        .and_then(|mut packed| packed.read_to_end(&mut schema).ok())
        .and_then(|_| serde_json::from_slice(&schema).ok())
        .expect("`tests/schema.rs` read it")
    }
}

/// One run of one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    /// Unique id of the run.
    pub id: String,
    /// The acceptance case it answers, or `ad-hoc`.
    pub case: String,
    /// What was under load.
    pub subject: Subject,
    /// How load was made and time was measured.
    pub mode: Mode,
    /// The engine and what of it was in force.
    pub engine: EngineUsed,
    /// The load, with every parameter that was left open filled in.
    pub workload: Spec,
    /// Operations in flight at once, per thread.
    pub iodepth: u32,
    /// Threads that made the load.
    pub threads: u32,
    /// Operations a second that were asked for, in the open loop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_iops: Option<u64>,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Time before the measured part, which does not count.
    pub ramp_ns: u64,
    /// How long was measured.
    pub elapsed_ns: u64,
    /// Whether the numbers prove anything.
    pub validity: Validity,
    /// Why not; empty where they do.
    pub reasons: Vec<Doubt>,
    /// Reads and writes together.
    pub all: Totals,
    /// Reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Totals>,
    /// Writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Totals>,
    /// Trims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trim: Option<Totals>,
    /// Operations on the hot set, where the load has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hot: Option<Totals>,
    /// Operations on the cold set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cold: Option<Totals>,
    /// What the open loop adds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_loop: Option<OpenLoop>,
    /// What the run cost this host.
    pub cost: Cost,
    /// How completions were spread over time, in windows of 100 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<Shape>,
    /// The cap that was looked for, in both readings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// Whether the device was in steady state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steady: Option<Steady>,
    /// The cache hit rate, as far as it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hit: Option<Hit>,
    /// What the array made of the data, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduction: Option<Reduction>,
    /// The clients, of a run that many hosts made together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clients: Option<Clients>,
    /// What the data of the writes can be reduced to, by doing it before the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<DataCheck>,
    /// What reading back found, where every block says what it is (`verify=crc64`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// The numbers for each usable petabyte, where the usable capacity was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_petabyte: Option<PerPetabyte>,
    /// Second by second.
    pub second: Vec<Second>,
}

/// What was under load, by identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// `block` or `file`; `system` of a run that many hosts made together.
    pub kind: String,
    /// Path it was opened by.
    pub path: String,
    /// Size.
    pub size_bytes: u64,
    /// Logical block size; 0 for a file.
    pub block_bytes: u32,
    /// Maker's model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Serial number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// World-wide identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wwid: Option<String>,
    /// Filesystem a file is on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filesystem: Option<String>,
}

/// How load is made. Numbers of different modes are never compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Closed loop, queue full, completions reaped in batches: for IOPS and bandwidth only.
    #[default]
    Throughput,
    /// Closed loop, every completion taken as it comes: for latency.
    Latency,
    /// Open loop: operations start when they are due, whatever the device does.
    Rate,
}

/// The engine that made the load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EngineUsed {
    /// `io_uring`, `libaio`, `sync` or `null`.
    pub name: String,
    /// What it can use, and whether it was in force.
    pub feature: Vec<Feature>,
    /// What clock latency was read from.
    pub clock: String,
}

/// One feature of an engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Feature {
    /// Its name, `DEFER_TASKRUN`.
    pub name: String,
    /// Whether it was in force.
    pub on: bool,
    /// Why not; of the engine itself, why it was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same in Chinese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_zh: Option<String>,
}

impl Feature {
    /// Returns a feature that is in force, or is not, for a reason in both languages.
    pub fn because(
        name: impl Into<String>,
        on: bool,
        zh: impl Into<String>,
        en: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), on, reason: Some(en.into()), reason_zh: Some(zh.into()) }
    }
}

/// Whether a run proves anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Validity {
    /// It does.
    Valid,
    /// It does not, whatever the numbers are.
    Invalid,
}

/// A reason why a run proves nothing, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Doubt {
    /// Stable word for programs: `generator-late`.
    pub code: String,
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Doubt {
    /// Returns a reason in both languages.
    pub fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code: code.to_owned(), zh: zh.into(), en: en.into() }
    }
}

/// What operations of one kind did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Operations completed.
    pub ios: u64,
    /// Bytes moved.
    pub moved_bytes: u64,
    /// Operations a second.
    pub iops: u64,
    /// The same in thousandths, for arithmetic on small rates.
    pub milli_iops: u64,
    /// Bytes a second.
    pub bytes_per_s: u64,
    /// Operations that failed; of the hot and the cold set always 0, for errors are
    /// counted by operation.
    pub errors: u64,
    /// From submission to completion.
    pub service: Latency,
}

/// Latencies of many operations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Latency {
    /// Whether completions were reaped in batches: then an operation waits for its batch,
    /// and the numbers are never compared with a target.
    pub batch_reaped: bool,
    /// How many.
    pub count: u64,
    /// Shortest.
    pub min_ns: u64,
    /// Mean.
    pub mean_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// Standard deviation, of the histogram.
    pub stddev_ns: u64,
    /// Median.
    pub p50_ns: u64,
    /// 90th percentile.
    pub p90_ns: u64,
    /// 95th percentile.
    pub p95_ns: u64,
    /// 99th percentile; `None` with fewer than 1,000 operations.
    pub p99_ns: Option<u64>,
    /// 99.9th percentile; `None` with fewer than 10,000 operations.
    pub p99_9_ns: Option<u64>,
    /// 99.99th percentile; `None` with fewer than 100,000 operations.
    pub p99_99_ns: Option<u64>,
}

/// What an open loop saw.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OpenLoop {
    /// Operations a second that were due.
    pub offered_iops: u64,
    /// Operations a second that completed.
    pub achieved_iops: u64,
    /// From the intended start to completion.
    pub response: Latency,
    /// From the intended start to submission where a slot was free.
    pub lateness: Latency,
    /// Most operations that were due and waited.
    pub backlog_max: u64,
    /// Operations still waiting at the end.
    pub backlog_end: u64,
}

/// What a run cost the host that made the load.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cost {
    /// Processor time for each operation, kernel included.
    pub cpu_per_io_ns: u64,
    /// User time for each operation.
    pub user_per_io_ns: u64,
    /// Share of its time the busiest load thread was on a processor.
    pub busiest_thread_ppm: u32,
    /// Share of all processors' time that the hypervisor took.
    pub steal_ppm: u32,
}

/// How completions were spread over time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Shape {
    /// Length of a window.
    pub window_ns: u64,
    /// `smooth` or `sliced`.
    pub kind: String,
    /// Rate of the busiest window.
    pub peak_iops: u64,
    /// Share of the windows without a completion.
    pub idle_ppm: u32,
    /// Completions of each window.
    pub ios: Vec<u32>,
}

/// A cap that was looked for: “单盘最大 IOPS” as ceiling and as capability.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cap {
    /// The cap.
    pub target_iops: u64,
    /// Mean over the best 60 s, or all of a shorter run.
    pub reached_iops: u64,
    /// Over how long that was: less than 60 s says that the run was shorter.
    pub reached_over_ns: u64,
    /// Whether that is ≥ 99 % of the cap (capability).
    pub reached: bool,
    /// Mean over the busiest 10 s.
    pub busiest_iops: u64,
    /// Over how long that was: less than 10 s says that the run was shorter.
    pub busiest_over_ns: u64,
    /// Whether that is ≤ 102 % of the cap (ceiling).
    pub kept: bool,
    /// Whether a run of less than 60 s was cut to whole slices of its throttle.
    pub whole_slices: bool,
    /// How far one slice more or less moves `reached_iops`; 0 of a smooth throttle.
    pub slice_error_ppm: u32,
}

/// SNIA SSS PTS steady state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Steady {
    /// Whether range and slope came within their limits and stayed there.
    pub steady: bool,
    /// The round at which they first were, from 1; its window gives the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// The first round after it at which they no longer were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_at_round: Option<u32>,
    /// Range of that window, or else of the last one, over its mean, rounded up; 0 where
    /// every value was 0.
    pub range_ppm: u64,
    /// Rise of the same window's least-squares line over its mean, rounded up.
    pub slope_ppm: u64,
    /// The tracked unit: `IOPS`, `B/s` or `ns`; empty in reports that did not say.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// The value of each round, in thousandths of the tracked unit.
    pub rounds_milli: Vec<u64>,
}

/// One second of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Second {
    /// Operations by kind.
    pub of: Vec<SecondOf>,
}

/// One kind of operation in one second.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SecondOf {
    /// The kind.
    pub op: Op,
    /// Operations completed.
    pub ios: u64,
    /// Bytes moved.
    pub moved_bytes: u64,
    /// Mean latency.
    pub mean_ns: u64,
    /// Median latency.
    pub p50_ns: u64,
    /// 99th percentile.
    pub p99_ns: u64,
    /// 99.9th percentile.
    pub p99_9_ns: u64,
    /// Longest.
    pub max_ns: u64,
    /// How they are spread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spread: Option<Bins>,
}
