//! What a job wants of the engine: which one, how deep, in what batches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An engine that makes load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// `io_uring`.
    IoUring,
    /// Linux AIO.
    Libaio,
    /// `preadv2` and `pwritev2`, one operation in flight a thread.
    #[default]
    Sync,
    /// No operation at all: the cost of the tool.
    Null,
}

impl Engine {
    /// Returns fio's name of the engine that does the same.
    pub fn as_fio(self) -> &'static str {
        match self {
            Self::IoUring => "io_uring",
            Self::Libaio => "libaio",
            Self::Sync => "pvsync2",
            Self::Null => "null",
        }
    }

    /// Returns the name in a report's `engine.name`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IoUring => "io_uring",
            Self::Libaio => "libaio",
            Self::Sync => "sync",
            Self::Null => "null",
        }
    }
}

/// What a job wants of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the job language")]
pub struct EngineWish {
    /// Which engine. Where the job names none: `io_uring` if more than one operation is to be
    /// in flight, `sync` (fio's own default) if not.
    pub name: Engine,
    /// Operations in flight, per thread.
    pub iodepth: u32,
    /// Operations submitted at once; `None` for as many as there is room for.
    pub batch_submit: Option<u32>,
    /// Completions waited for at once; 0 takes what there is without waiting.
    pub batch_complete_min: u32,
    /// Completions taken at once; `None` for as many as are waited for.
    pub batch_complete_max: Option<u32>,
    /// Operations in flight below which new ones are submitted; `None` for `iodepth`.
    pub iodepth_low: Option<u32>,
    /// Past the page cache.
    pub direct: bool,
    /// Whether writes carry `O_SYNC` or `O_DSYNC`.
    pub sync: SyncWrites,
    /// Registered buffers.
    pub fixed_buffers: bool,
    /// Registered files.
    pub registered_files: bool,
    /// Polled completions (`hipri`).
    pub poll: bool,
    /// A kernel thread submits (`sqthread_poll`).
    pub submission_poll: bool,
    /// The processor of that thread.
    pub submission_poll_cpu: Option<u32>,
}

impl Default for EngineWish {
    fn default() -> Self {
        Self {
            name: Engine::default(),
            iodepth: 1,
            batch_submit: None,
            batch_complete_min: 1,
            batch_complete_max: None,
            iodepth_low: None,
            direct: false,
            sync: SyncWrites::default(),
            fixed_buffers: false,
            registered_files: false,
            poll: false,
            submission_poll: false,
            submission_poll_cpu: None,
        }
    }
}

/// Whether each write is on stable storage before it completes (`sync=`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SyncWrites {
    /// It is where the device or cache says it is.
    #[default]
    None,
    /// `O_SYNC`.
    Sync,
    /// `O_DSYNC`.
    Dsync,
}
