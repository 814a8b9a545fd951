//! What a load asks of its target: which operation, where, how much, in what order.
//!
//! Pure: the engine knows no workload and the workload no engine. Random choices
//! depend on the seed only, so that a run can be repeated to the byte.

mod area;
mod error;
mod generator;
mod resolve;
mod skewed;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use error::WorkloadError;
pub use generator::Generator;

/// An operation on a target.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is the operation of its name")]
pub enum Op {
    Read,
    Write,
    Trim,
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Trim => "trim",
        })
    }
}

/// The part of a target an operation goes to, where a workload tells parts apart.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Region {
    /// The hot set, or all of the target where there is only one part.
    Hot,
    /// The cold set: never read twice in a pass.
    Cold,
}

/// One operation to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Io {
    /// What to do.
    pub op: Op,
    /// The part of the target it goes to.
    pub region: Region,
    /// Where it starts, in bytes from the start of the target.
    pub offset: u64,
    /// How many bytes.
    pub length: u32,
}

/// A block size and how often it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BlockShare {
    /// The size.
    pub bytes: u32,
    /// Its share of the operations; all shares of one list add up to 100.
    pub percent: u8,
}

/// Where random offsets fall.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Distribution {
    /// Everywhere alike.
    Uniform,
    /// Zipf's law over the blocks, scattered over the span as fio does.
    Zipf {
        /// The exponent θ; greater than 0, not 1.
        theta: f64,
    },
    /// Pareto's law over the blocks.
    Pareto {
        /// The skew, between 0 and 1.
        skew: f64,
    },
    /// Zones of a share of the accesses and a share of the span (fio `zoned`).
    Zoned {
        /// The zones, in order of the span.
        zones: Vec<Zone>,
    },
    /// Zones of a share of the accesses and a size (fio `zoned_abs`).
    ZonedAbs {
        /// The zones, in order of the span.
        zones: Vec<ZoneAbs>,
    },
    /// A hot set drawn evenly, and a cold set drawn without repetition: what “70 % cache
    /// hit” is made of.
    HotCold {
        /// Size of the hot set, from the start of the span.
        hot_bytes: u64,
        /// Share of the operations that go there.
        hot_percent: u8,
    },
}

/// A share of the accesses on a share of the span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Zone {
    /// Share of the accesses.
    pub access_percent: u8,
    /// Share of the span.
    pub size_percent: u8,
}

/// A share of the accesses on so many bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ZoneAbs {
    /// Share of the accesses.
    pub access_percent: u8,
    /// Size of the zone.
    pub size_bytes: u64,
}

/// In what order a span is visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "order")]
pub enum Order {
    /// One block after the other, from the start again at the end.
    Sequential,
    /// By chance.
    Random {
        /// Where offsets fall.
        distribution: Distribution,
        /// Whether a block may come again before all have come (fio `norandommap`). Only
        /// [`Distribution::Uniform`] looks at it: skewed ones and zones repeat, as in fio,
        /// and of a hot and a cold set the hot one does.
        repeat: bool,
    },
}

/// A load, as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Spec {
    /// First byte of the span that is used.
    pub start_bytes: u64,
    /// Length of that span.
    pub span_bytes: u64,
    /// Share of reads among reads and writes; 100 reads only, 0 writes only.
    pub read_percent: u8,
    /// Whether the writes are trims instead.
    pub trim: bool,
    /// Block sizes of reads.
    pub read_blocks: Vec<BlockShare>,
    /// Block sizes of writes and trims.
    pub write_blocks: Vec<BlockShare>,
    /// What offsets are multiples of, counted from the start of the span (fio
    /// `blockalign`); 0 for the smallest block size.
    pub align_bytes: u32,
    /// In what order the span is visited.
    pub order: Order,
    /// Seed of everything random.
    pub seed: u64,
}

/// Something that says which operation comes next: a generator, a replayed log.
///
/// The engine's hot loop is compiled for each source, so that asking costs no more than
/// the choice itself.
pub trait Source {
    /// Returns the next operation; `None` where the load is at its end.
    fn next_io(&mut self) -> Option<Io>;
}

/// Something that says what a write writes.
pub trait Payload {
    /// Fills `buffer` with what belongs at `offset` of the target.
    fn fill(&mut self, offset: u64, buffer: &mut [u8]);
}
