//! A job as fio's language asks for it, resolved: every parameter has its value.
//!
//! [`file::parse`] reads job files and [`words::parse`] the command line; both apply
//! [`option`]'s table, so that an option means the same in both. An option is set,
//! accepted because it changes nothing that is measured here (the table says why),
//! or refused with the place it stands at: none is ignored. What a runner has to be able
//! to do for a job is [`Job::needs`]; what it cannot do it refuses with
//! [`Job::require`]. Follows fio's HOWTO, version 3.33, and was compared with what
//! that program parses. Pure but for [`host`].

pub mod engine;
pub mod error;
pub mod export;
pub mod file;
pub mod host;
pub mod needs;
pub mod option;
pub mod place;
pub mod spec;
pub mod units;
pub mod words;

mod draft;

#[cfg(test)]
mod tests;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::workload::{BlockShare, Distribution};

pub use engine::{Engine, EngineWish, SyncWrites};
pub use error::JobError;
pub use needs::Need;
pub use place::{Place, Places};
pub use spec::{Offered, Target, Until};

/// One value for each kind of operation, as fio's comma lists give them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each is the operation of its name")]
pub struct PerOp<T> {
    pub read: T,
    pub write: T,
    pub trim: T,
}

impl<T: Clone> PerOp<T> {
    /// Returns the same value for every operation.
    pub fn all(value: T) -> Self {
        Self { read: value.clone(), write: value.clone(), trim: value }
    }
}

/// A part of a target: so many bytes, or a share of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Amount {
    /// Bytes.
    Bytes(u64),
    /// Percent of the target's size, 1 to 100.
    Percent(u8),
}

/// What is done to the target, and in what order (`rw=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "each is fio's word of its name")]
pub enum Pattern {
    #[default]
    Read,
    Write,
    Trim,
    RandRead,
    RandWrite,
    RandTrim,
    /// Reads and writes, one block after the other.
    Rw,
    /// Reads and writes, by chance.
    RandRw,
}

impl Pattern {
    /// Returns whether it reads.
    pub fn reads(self) -> bool {
        matches!(self, Self::Read | Self::RandRead | Self::Rw | Self::RandRw)
    }

    /// Returns whether it writes.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::RandWrite | Self::Rw | Self::RandRw)
    }

    /// Returns whether it trims.
    pub fn trims(self) -> bool {
        matches!(self, Self::Trim | Self::RandTrim)
    }

    /// Returns whether offsets are drawn by chance.
    pub fn is_random(self) -> bool {
        matches!(self, Self::RandRead | Self::RandWrite | Self::RandTrim | Self::RandRw)
    }

    /// Returns fio's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Trim => "trim",
            Self::RandRead => "randread",
            Self::RandWrite => "randwrite",
            Self::RandTrim => "randtrim",
            Self::Rw => "rw",
            Self::RandRw => "randrw",
        }
    }
}

/// Between operations that are due (`rate_process=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RateProcess {
    /// The same time always.
    #[default]
    Linear,
    /// Exponentially distributed times.
    Poisson,
}

/// What writes write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Fill {
    /// Data that neither compresses nor repeats, but for the shares asked for.
    #[default]
    Unique,
    /// Zeroes (`zero_buffers`).
    Zero,
    /// These bytes over and over (`buffer_pattern`).
    Pattern {
        /// The bytes, at most 512.
        bytes: Vec<u8>,
    },
}

/// What is in the buffers of writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Content {
    /// What they are filled with.
    pub fill: Fill,
    /// Share of each part of a buffer that compresses away, 0 to 100.
    pub compress_percent: u8,
    /// The part over which that share holds; `None` for each 512 bytes.
    pub compress_chunk_bytes: Option<u32>,
    /// Share of the blocks that repeat one written before, 0 to 100.
    pub dedupe_percent: u8,
}

/// What `thinktime_blocks` counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ThinkBlocks {
    /// Operations completed.
    #[default]
    Complete,
    /// Operations issued.
    Issue,
}

/// Pauses between operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thinktime {
    /// Length of a pause; 0 for none.
    pub time_ns: u64,
    /// How much of it is spent spinning, as a program that computes.
    pub spin_ns: u64,
    /// Operations from one pause to the next.
    pub blocks: u32,
    /// What those are counted by.
    pub blocks_type: ThinkBlocks,
    /// Time of operations from one pause to the next, in their place.
    pub iotime_ns: u64,
}

impl Default for Thinktime {
    fn default() -> Self {
        let blocks_type = ThinkBlocks::default();
        Self { time_ns: 0, spin_ns: 0, blocks: 1, blocks_type, iotime_ns: 0 }
    }
}

/// Whether what was written is read back and compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verify {
    /// It is not.
    #[default]
    None,
    /// Each block carries its address, generation and checksum, and is read back.
    Checksum,
}

/// The series that are written to files while the job runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Logs {
    /// First part of the bandwidth logs' names.
    pub bandwidth: Option<String>,
    /// First part of the latency logs' names.
    pub latency: Option<String>,
    /// First part of the IOPS logs' names.
    pub iops: Option<String>,
    /// First part of the histogram logs' names.
    pub histogram: Option<String>,
    /// Time over which a line is the mean; 0 for a line an operation.
    pub average_ms: u32,
    /// Time that a histogram covers; 0 for none.
    pub histogram_ms: u32,
}

/// A range of processors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cpus {
    /// The first.
    pub first: u32,
    /// The last.
    pub last: u32,
}

/// A job, with everything a run needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the job language")]
pub struct Job {
    /// Its name.
    pub name: String,
    /// What the author says about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Devices or files, without the directory; empty where names are made by the format.
    pub filenames: Vec<String>,
    /// Directories; the threads of the job take turns.
    pub directories: Vec<String>,
    /// How the names of files are made, `$jobname.$jobnum.$filenum`.
    pub filename_format: String,
    /// Files of each thread, where their names are made.
    pub nrfiles: u32,
    /// Size of each file, if it is not part of `size`.
    pub filesize_bytes: Option<u64>,
    /// What is done.
    pub pattern: Pattern,
    /// Block sizes and how often each is used.
    pub blocks: PerOp<Vec<BlockShare>>,
    /// What offsets are multiples of; 0 for the smallest block size.
    pub align_bytes: PerOp<u32>,
    /// Share of reads where reads and writes are mixed.
    pub rwmixread: u8,
    /// Where random offsets fall.
    pub distribution: Distribution,
    /// Whether a block may come again before all have come.
    pub norandommap: bool,
    /// Seed of everything random, if the job gives one.
    pub randseed: Option<u64>,
    /// Whether two runs draw the same, where the job gives no seed.
    pub randrepeat: bool,
    /// Engine, depth, batches.
    pub engine: EngineWish,
    /// Threads that do the same.
    pub numjobs: u32,
    /// How much of the target is used, all files together; `None` for all of it.
    pub size: Option<Amount>,
    /// How much is moved before the job ends; `None` for `size`.
    pub io_size: Option<Amount>,
    /// Where the used part starts.
    pub offset: Amount,
    /// How much later each further thread starts.
    pub offset_increment: Amount,
    /// What an offset that is a share is rounded up to; `None` for the smallest block size.
    pub offset_align_bytes: Option<u64>,
    /// Operations after which the job ends.
    pub number_ios: Option<u64>,
    /// How often the whole is done.
    pub loops: u32,
    /// How long the job runs at most; `None` until its bytes are moved.
    pub runtime_ns: Option<u64>,
    /// Whether it starts again at the end of its bytes until the time is over.
    pub time_based: bool,
    /// Time before the measured part.
    pub ramp_ns: u64,
    /// Time before anything.
    pub start_delay_ns: u64,
    /// Whether it starts when all jobs before it have ended.
    pub stonewall: bool,
    /// Whether the jobs of its group are reported as one.
    #[serde(default)]
    pub group_reporting: bool,
    /// Whether a group begins with it.
    #[serde(default)]
    pub new_group: bool,
    /// Bytes a second.
    pub rate_bytes: PerOp<Option<u64>>,
    /// Operations a second.
    pub rate_iops: PerOp<Option<u64>>,
    /// Times between them.
    pub rate_process: RateProcess,
    /// Pauses.
    pub thinktime: Thinktime,
    /// Writes from one `fsync` to the next; 0 for none.
    pub fsync: u32,
    /// Writes from one `fdatasync` to the next; 0 for none.
    pub fdatasync: u32,
    /// Whether files are synced at the end, within the measured time.
    pub end_fsync: bool,
    /// Whether the page cache of the target is dropped before the start.
    pub invalidate: bool,
    /// Whether files are made when they are opened for the load, not before.
    pub create_on_open: bool,
    /// Whether files that are not there may be made.
    pub allow_file_create: bool,
    /// What is written.
    pub content: Content,
    /// Whether it is read back.
    pub verify: Verify,
    /// Whether it is read back by this job.
    pub do_verify: bool,
    /// Whether the first fault ends the job.
    pub verify_fatal: bool,
    /// Processors the threads may use; empty for all.
    pub cpus_allowed: Vec<Cpus>,
    /// Whether each thread has one of them for itself.
    pub cpus_split: bool,
    /// Percentiles that are reported.
    pub percentiles: Vec<f64>,
    /// Whether percentiles from submission to completion are reported.
    pub clat_percentiles: bool,
    /// Whether percentiles of the whole latency are reported.
    pub lat_percentiles: bool,
    /// Series in files.
    pub logs: Logs,
    /// Where each option stands, for messages.
    #[serde(skip)]
    #[schemars(skip)]
    pub places: Places,
}

/// Names of files where a job gives neither names nor a format.
pub const FILENAME_FORMAT: &str = "$jobname.$jobnum.$filenum";

/// Percentiles where a job gives none, as fio's.
pub const PERCENTILES: [f64; 17] = [
    1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.5, 99.9, 99.95,
    99.99,
];

impl Default for Job {
    fn default() -> Self {
        Self {
            name: "job".to_owned(),
            description: None,
            filenames: Vec::new(),
            directories: Vec::new(),
            filename_format: FILENAME_FORMAT.to_owned(),
            nrfiles: 1,
            filesize_bytes: None,
            pattern: Pattern::default(),
            blocks: PerOp::all(vec![BlockShare { bytes: 4096, percent: 100 }]),
            align_bytes: PerOp::all(0),
            rwmixread: 50,
            distribution: Distribution::Uniform,
            norandommap: false,
            randseed: None,
            randrepeat: true,
            engine: EngineWish::default(),
            numjobs: 1,
            size: None,
            io_size: None,
            offset: Amount::Bytes(0),
            offset_increment: Amount::Bytes(0),
            offset_align_bytes: None,
            number_ios: None,
            loops: 1,
            runtime_ns: None,
            time_based: false,
            ramp_ns: 0,
            start_delay_ns: 0,
            stonewall: false,
            group_reporting: false,
            new_group: false,
            rate_bytes: PerOp::all(None),
            rate_iops: PerOp::all(None),
            rate_process: RateProcess::default(),
            thinktime: Thinktime::default(),
            fsync: 0,
            fdatasync: 0,
            end_fsync: false,
            invalidate: true,
            create_on_open: false,
            allow_file_create: true,
            content: Content::default(),
            verify: Verify::default(),
            do_verify: true,
            verify_fatal: false,
            cpus_allowed: Vec::new(),
            cpus_split: false,
            percentiles: PERCENTILES.to_vec(),
            clat_percentiles: true,
            lat_percentiles: false,
            logs: Logs::default(),
            places: Places::default(),
        }
    }
}

impl Job {
    /// Returns the jobs that the words of a command line ask for.
    pub fn from_words(words: &[String]) -> Result<Vec<Self>, JobError> {
        words::parse(words)
    }
}
