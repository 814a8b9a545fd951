//! What a run has to be able to do for a job, so that it refuses what it cannot.

use serde::{Deserialize, Serialize};

use super::{Amount, Engine, Fill, Job, JobError, SyncWrites, Verify};
use crate::workload::Distribution;

/// Something a job asks for beyond a load on one target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// Several files or devices at once.
    ManyFiles,
    /// Several threads.
    ManyThreads,
    /// Trims.
    Trim,
    /// A distribution that is not uniform.
    Distribution,
    /// Waiting before the start.
    StartDelay,
    /// Waiting for the jobs before.
    Stonewall,
    /// Doing it all several times.
    Loops,
    /// Ending after so many bytes.
    IoSize,
    /// Ending after so many operations.
    NumberIos,
    /// A rate, so that operations are due at times.
    Rate,
    /// Pauses.
    Thinktime,
    /// Syncs in between.
    Fsync,
    /// A sync at the end.
    EndFsync,
    /// Writes with `O_SYNC` or `O_DSYNC`.
    SyncWrites,
    /// Submission, completion and refilling in batches of a given size.
    Batches,
    /// Polled completions.
    Poll,
    /// A kernel thread that submits.
    SubmissionPoll,
    /// The page cache dropped before the start.
    DropCache,
    /// The page cache used as it is.
    KeepCache,
    /// Files made by the load itself.
    CreateOnOpen,
    /// Writes of zeroes.
    ZeroBuffers,
    /// Writes of given bytes.
    BufferPattern,
    /// Writes that compress.
    Compress,
    /// Writes that repeat.
    Dedupe,
    /// Blocks that say what they are, read back.
    Verify,
    /// Threads on given processors.
    CpusAllowed,
    /// Series in files.
    Logs,
}

impl Need {
    /// Returns the option that asks for it.
    pub fn option(self) -> &'static str {
        match self {
            Self::ManyFiles => "filename",
            Self::ManyThreads => "numjobs",
            Self::Trim => "rw",
            Self::Distribution => "random_distribution",
            Self::StartDelay => "startdelay",
            Self::Stonewall => "stonewall",
            Self::Loops => "loops",
            Self::IoSize => "io_size",
            Self::NumberIos => "number_ios",
            Self::Rate => "rate_iops",
            Self::Thinktime => "thinktime",
            Self::Fsync => "fsync",
            Self::EndFsync => "end_fsync",
            Self::SyncWrites => "sync",
            Self::Batches => "iodepth_batch",
            Self::Poll => "hipri",
            Self::SubmissionPoll => "sqthread_poll",
            Self::DropCache | Self::KeepCache => "invalidate",
            Self::CreateOnOpen => "create_on_open",
            Self::ZeroBuffers => "zero_buffers",
            Self::BufferPattern => "buffer_pattern",
            Self::Compress => "buffer_compress_percentage",
            Self::Dedupe => "dedupe_percentage",
            Self::Verify => "verify",
            Self::CpusAllowed => "cpus_allowed",
            Self::Logs => "write_lat_log",
        }
    }

    /// Returns the other options that ask for it.
    fn others(self) -> &'static [&'static str] {
        match self {
            Self::ManyFiles => &["nrfiles"],
            Self::Rate => &["rate"],
            Self::Fsync => &["fdatasync"],
            Self::EndFsync => &["fsync_on_close"],
            Self::Batches => {
                &["iodepth_batch_complete_min", "iodepth_batch_complete_max", "iodepth_low"]
            }
            Self::Logs => &["write_bw_log", "write_iops_log", "write_hist_log"],
            _ => &[],
        }
    }
}

impl Job {
    /// Returns what a run has to be able to do for this job, in a fixed order.
    pub fn needs(&self) -> Vec<Need> {
        let (engine, content, logs) = (&self.engine, &self.content, &self.logs);
        let writes = self.pattern.writes();
        let through_cache = !engine.direct && engine.name != Engine::Null;
        let rate = |rate: &super::PerOp<Option<u64>>| {
            rate.read.is_some() || rate.write.is_some() || rate.trim.is_some()
        };
        let batches = engine.batch_submit.is_some()
            || engine.batch_complete_min != 1
            || engine.batch_complete_max.is_some()
            || engine.iodepth_low.is_some();
        let files = self.filenames.len() > 1 || (self.filenames.is_empty() && self.nrfiles > 1);
        let all = self.io_size.is_none() || self.io_size == Some(Amount::Percent(100));
        let spread = self.distribution != Distribution::Uniform && self.pattern.is_random();
        let series = [&logs.bandwidth, &logs.latency, &logs.iops, &logs.histogram];
        [
            (files, Need::ManyFiles),
            (self.numjobs > 1, Need::ManyThreads),
            (self.pattern.trims(), Need::Trim),
            (spread, Need::Distribution),
            (self.start_delay_ns > 0, Need::StartDelay),
            (self.stonewall, Need::Stonewall),
            (self.loops > 1, Need::Loops),
            (!all, Need::IoSize),
            (self.number_ios.is_some(), Need::NumberIos),
            (rate(&self.rate_bytes) || rate(&self.rate_iops), Need::Rate),
            (self.thinktime.time_ns > 0, Need::Thinktime),
            (writes && (self.fsync > 0 || self.fdatasync > 0), Need::Fsync),
            (writes && self.end_fsync, Need::EndFsync),
            (writes && engine.sync != SyncWrites::None, Need::SyncWrites),
            (batches, Need::Batches),
            (engine.poll, Need::Poll),
            (engine.submission_poll, Need::SubmissionPoll),
            (through_cache && self.invalidate, Need::DropCache),
            (through_cache && !self.invalidate, Need::KeepCache),
            (writes && self.create_on_open, Need::CreateOnOpen),
            (writes && content.fill == Fill::Zero, Need::ZeroBuffers),
            (writes && matches!(content.fill, Fill::Pattern { .. }), Need::BufferPattern),
            (writes && content.compress_percent > 0, Need::Compress),
            (writes && content.dedupe_percent > 0, Need::Dedupe),
            (self.verify != Verify::None, Need::Verify),
            (!self.cpus_allowed.is_empty(), Need::CpusAllowed),
            (series.iter().any(|log| log.is_some()), Need::Logs),
        ]
        .into_iter()
        .filter_map(|(asked, need)| asked.then_some(need))
        .collect()
    }

    /// Refuses the job where it needs what is not in `able`, with the place of the option.
    pub fn require(&self, able: &[Need]) -> Result<(), JobError> {
        let Some(need) = self.needs().into_iter().find(|need| !able.contains(need)) else {
            return Ok(());
        };
        let mut options = std::iter::once(need.option()).chain(need.others().iter().copied());
        let option = options.find(|option| self.places.get(option).is_some());
        let option = option.unwrap_or(need.option());
        Err(JobError::Unable {
            place: self.places.get(option).cloned(),
            job: super::draft::shortened(&self.name),
            option: self.places.spelled(option),
            why: "this kind of run cannot do it".to_owned(),
        })
    }
}
