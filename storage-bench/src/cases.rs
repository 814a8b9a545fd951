//! The acceptance cases of the cloud norm's storage rows, and the plan of running them.
//!
//! A case is a load, how long it runs, what is judged of it, and every parameter that the
//! norm leaves open with the value chosen here and why. Cases have stable ids, so that
//! profile rows and job files can name them. A plan is made before anything starts: hours,
//! bytes written, open parameters, and what will stay not measured with what is at hand.
//! Rows: 5.2.2.1 (cloud disks), 5.3.3.2.1.2 (all-flash), 5.3.3.2.2 (distributed).

mod array;
mod build;
mod distributed;
mod evs;
mod fast;
mod scale;
mod window;

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::{Doubt, Mode};
use crate::text::Text;
use crate::workload::Spec;

pub use fast::shorten;
pub use scale::{PETABYTE, Scaled, per_petabyte, per_usable};
pub use window::{Job, Slot, Window, WindowError, place};

/// What kind of storage is under acceptance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// 普通 I/O 云硬盘: 800 IOPS.
    EvsNormal,
    /// 高 I/O 云硬盘: 2,500 IOPS.
    EvsHigh,
    /// 超高 I/O 云硬盘: 10,000 IOPS.
    EvsUltra,
    /// 高 IO 存储设备（SSD）.
    SsdArray,
    /// One volume of 分布式存储设备.
    DistributedVolume,
    /// All of 分布式存储设备, from many clients.
    DistributedSystem,
}

impl Tier {
    /// All tiers.
    pub const ALL: [Self; 6] = [
        Self::EvsNormal,
        Self::EvsHigh,
        Self::EvsUltra,
        Self::SsdArray,
        Self::DistributedVolume,
        Self::DistributedSystem,
    ];

    /// Returns its name, which begins the ids of its cases.
    pub fn name(self) -> &'static str {
        match self {
            Self::EvsNormal => "evs-normal",
            Self::EvsHigh => "evs-high",
            Self::EvsUltra => "evs-ultra",
            Self::SsdArray => "ssd-array",
            Self::DistributedVolume => "distributed-volume",
            Self::DistributedSystem => "distributed-system",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = PlanError;

    fn from_str(text: &str) -> Result<Self, PlanError> {
        let named = Self::ALL.into_iter().find(|tier| tier.name() == text);
        named.ok_or_else(|| PlanError::Tier { text: text.to_owned() })
    }
}

/// Why there is no plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// There is no such tier.
    #[error("there is no tier `{text}`")]
    Tier {
        /// What was given.
        text: String,
    },
    /// The target is too small for any case.
    #[error("a target of {size_bytes} bytes is too small, the cases need {least_bytes}")]
    TooSmall {
        /// Its size.
        size_bytes: u64,
        /// The least it may be.
        least_bytes: u64,
    },
    /// The target's blocks do not divide those of the cases.
    #[error("a target of {block_bytes}-byte blocks cannot take the cases' 4 KiB")]
    Block {
        /// Its logical block size.
        block_bytes: u32,
    },
}

impl PlanError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Tier { .. } => Some(Tier::ALL.map(Tier::name).join(", ")),
            Self::TooSmall { .. } => Some("give a volume of 1 GiB or more".to_owned()),
            Self::Block { .. } => None,
        }
    }
}

/// What is known of the target, and what is at hand to measure it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub struct TargetFacts {
    /// Its size.
    pub size_bytes: u64,
    /// Its logical block size; 0 of a file.
    pub block_bytes: u32,
    /// Whether it may be written to: it was named by its identity.
    pub may_write: bool,
    /// Whether a marker says that it was filled already.
    pub filled: bool,
    /// Usable capacity of the whole system.
    pub usable_bytes: Option<u64>,
    /// Cache of the whole system.
    pub cache_bytes: Option<u64>,
    /// This volume's share of the cache.
    pub cache_share_bytes: Option<u64>,
    /// Clients that can make load together, this host included.
    pub clients: u32,
    /// Whether commands that make and delete snapshots were given.
    pub snapshot_hooks: bool,
    /// Whether what the array says it uses can be had: asked of a command or a person.
    pub reported_use: bool,
    /// What deduplication and compression of the array are set to: `none`, `dedup`,
    /// `compress` or `both`.
    pub array_setting: Option<String>,
}

/// How cases are to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Cases that are done already, by their ids: they are skipped.
    pub finished: BTreeSet<String>,
    /// How fast the target is filled; the plan's hours rest on it.
    pub fill_bytes_per_s: u64,
    /// How long a round of an array's steady state is.
    pub round_ns: u64,
    /// When cases may run, and the second of the local day it is now.
    pub window: Option<(Window, u32)>,
    /// Seed of everything random.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            finished: BTreeSet::new(),
            fill_bytes_per_s: 200_000_000,
            round_ns: 300_000_000_000,
            window: None,
            seed: 1,
        }
    }
}

/// One acceptance case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Case {
    /// Its id: `evs-high.cap.qd32`.
    pub id: String,
    /// Rows of the norm that it answers.
    pub rows: Vec<String>,
    /// What it is.
    pub title: Text,
    /// The load; `None` where there is none to speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<Load>,
    /// How it is run.
    pub method: Method,
    /// Whether the volume has to be filled first.
    pub needs_fill: bool,
    /// The cap it looks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_iops: Option<u64>,
    /// What is judged.
    pub judged: Vec<Judged>,
    /// Parameters that the norm leaves open.
    pub open: Vec<Open>,
    /// Why it will stay not measured with what is at hand; empty where it will not.
    pub missing: Vec<Doubt>,
    /// How long it takes at least.
    pub least_ns: u64,
    /// How long it takes at most.
    pub most_ns: u64,
    /// About how much it writes at most.
    pub most_written_bytes: u64,
}

/// A load and how it is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Load {
    /// The load.
    pub workload: Spec,
    /// How it is made.
    pub mode: Mode,
    /// Operations in flight at once, per thread.
    pub iodepth: u32,
    /// Threads that make it, on each client.
    pub threads: u32,
    /// Duplicates of the data that is written, in thousandths: 2000 for 2:1.
    pub dedup_thousandths: u32,
    /// How far the data can be compressed, in thousandths: 2000 for 2:1.
    pub compress_thousandths: u32,
    /// How often the hot set is read before.
    pub warm_reads: u8,
    /// Time before the measured part.
    pub ramp_ns: u64,
    /// How long is measured; of rounds, how long each is.
    pub runtime_ns: u64,
}

/// How a case is run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum Method {
    /// The whole span is written once and the marker set.
    Fill,
    /// The load runs for its time.
    Timed,
    /// The load runs round after round until its value is steady.
    UntilSteady {
        /// What is tracked, by its path in a run.
        tracked: String,
        /// How much has to be written before a round counts.
        least_written_bytes: u64,
    },
    /// First and last block are written, read back and compared.
    Ends {
        /// Size of both.
        block_bytes: u32,
    },
    /// Windows without and with snapshots, A B B A, at a fixed rate.
    Snapshots {
        /// The case whose result the rate is a share of.
        of_case: String,
        /// The share.
        rate_percent: u8,
        /// Blocks of four windows.
        blocks: u32,
    },
    /// A snapshot is made, then the load runs once over its span.
    FirstWrite,
    /// The span is given back to the array (trim), then the load runs, and the array is
    /// asked before and after how much it uses.
    Reduction,
}

/// What is judged of a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    /// Path of the value in a run (`all.iops`), or in a comparison of snapshots.
    pub path: String,
    /// How it is compared.
    pub bound: Bound,
    /// With what; of `is`, 1 for yes.
    pub value: u64,
    /// Unit of it.
    pub unit: String,
    /// What this judges.
    pub text: Text,
    /// How the value came about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arithmetic: Option<String>,
    /// The value where the norm's unit is read the other way (binary for decimal).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_reading: Option<u64>,
}

/// How a value is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Bound {
    /// The value or more.
    AtLeast,
    /// The value or less.
    AtMost,
    /// Exactly it.
    Is,
}

/// A parameter that the norm leaves open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Open {
    /// The parameter.
    pub name: Text,
    /// The value that is taken.
    pub value: Text,
    /// Why this one.
    pub why: Text,
}

/// What will be run, told before anything is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Plan {
    /// The tier.
    pub tier: Tier,
    /// The cases to run, in order; those that cannot be have their reasons.
    pub case: Vec<Case>,
    /// Cases that are done already.
    pub finished: Vec<String>,
    /// Time of all that can be run, at least.
    pub least_ns: u64,
    /// Time of all that can be run, at most.
    pub most_ns: u64,
    /// About how much all that can be run writes at most.
    pub most_written_bytes: u64,
    /// Every parameter that the norm leaves open, once.
    pub open: Vec<Open>,
    /// Where cases go within the window; empty without one.
    pub slot: Vec<Slot>,
    /// Cases that no window is long enough for.
    pub too_long: Vec<String>,
}

/// Least size of a target: every case has room for its blocks and its regions.
const LEAST_BYTES: u64 = 64 << 20;

/// Plans the cases of a tier for a target.
pub fn plan(tier: Tier, target: &TargetFacts, options: &Options) -> Result<Plan, PlanError> {
    if target.size_bytes < LEAST_BYTES {
        let (size_bytes, least_bytes) = (target.size_bytes, LEAST_BYTES);
        return Err(PlanError::TooSmall { size_bytes, least_bytes });
    }
    if target.block_bytes > 0 && !4096_u32.is_multiple_of(target.block_bytes) {
        return Err(PlanError::Block { block_bytes: target.block_bytes });
    }
    let all = match tier {
        Tier::EvsNormal | Tier::EvsHigh | Tier::EvsUltra => evs::cases(tier, target, options),
        Tier::SsdArray => array::cases(target, options),
        Tier::DistributedVolume => distributed::volume(target, options),
        Tier::DistributedSystem => distributed::system(target, options),
    };
    let (finished, case): (Vec<Case>, Vec<Case>) =
        all.into_iter().partition(|case| options.finished.contains(&case.id));
    let runs = || case.iter().filter(|case| case.missing.is_empty());
    let mut open: Vec<Open> = Vec::new();
    for parameter in case.iter().flat_map(|case| &case.open) {
        if !open.contains(parameter) {
            open.push(parameter.clone());
        }
    }
    let (slot, too_long) = match options.window {
        None => (Vec::new(), Vec::new()),
        Some((window, now_s)) => place(window, now_s, &runs().map(job).collect::<Vec<_>>()),
    };
    Ok(Plan {
        tier,
        least_ns: sum(runs().map(|case| case.least_ns)),
        most_ns: sum(runs().map(|case| case.most_ns)),
        most_written_bytes: sum(runs().map(|case| case.most_written_bytes)),
        finished: finished.into_iter().map(|case| case.id).collect(),
        open,
        slot,
        too_long,
        case,
    })
}

/// Puts the cases of a plan into windows of the day, from `now_s` of it on.
pub fn schedule(plan: &mut Plan, window: Window, now_s: u32) {
    let runs = plan.case.iter().filter(|case| case.missing.is_empty());
    let jobs: Vec<Job> = runs.map(job).collect();
    (plan.slot, plan.too_long) = place(window, now_s, &jobs);
}

fn sum(values: impl Iterator<Item = u64>) -> u64 {
    values.fold(0, u64::saturating_add)
}

/// Returns what of a case has to fit into a window: filling goes on where it stopped, and
/// so do blocks of A B B A; rounds until steady and timed runs do not.
fn job(case: &Case) -> Job {
    let piece_ns = match &case.method {
        Method::Fill => Some(60_000_000_000),
        Method::Snapshots { blocks, .. } => Some(case.most_ns / u64::from(*blocks).max(1)),
        Method::Timed
        | Method::UntilSteady { .. }
        | Method::Ends { .. }
        | Method::FirstWrite
        | Method::Reduction => None,
    };
    Job { case: case.id.clone(), ns: case.most_ns.max(1), piece_ns }
}

#[cfg(test)]
mod tests;
