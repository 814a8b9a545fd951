//! Writes a span, flushes, reads it back and judges it (edge: files and threads).
//!
//! Threads share the span: each has a part of its own, so that no block ever has two
//! writes in flight and what it may hold is known. Before a thread submits a batch of
//! writes, their intents are in the journal and on its disk. Whether the target may be
//! written at all was settled by who opened it; so were `O_DIRECT` and exclusive use.

pub mod journal_file;
mod read;
mod write;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use journal_file::{JournalFile, JournalFileError};

use super::block::{ADDRESSES, BLOCK_BYTES, MAX_GENERATION, Origin};
use super::generation::{TooLarge, Width};
use super::journal::{Header, MAX_COUNT};
use super::judge::{Expectation, Judge};
use super::order::Order;
use super::report::{self, Ending, Findings, Integrity, Kind};

/// Something with blocks that can be written, flushed and read, by many threads at once.
pub trait Volume: Sync {
    /// Writes all of `bytes` at `offset`.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;
    /// Reads as many bytes as `bytes` has from `offset`.
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()>;
    /// Returns when all that was written is where a power loss cannot reach it.
    fn flush(&self) -> io::Result<()>;
}

impl Volume for File {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.write_all_at(bytes, offset)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.read_exact_at(bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        self.sync_data()
    }
}

/// What to verify, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose blocks are written.
    pub origin: Origin,
    /// First byte of the span, a multiple of 4,096.
    pub start_bytes: u64,
    /// Bytes of the span, a multiple of 4,096.
    pub span_bytes: u64,
    /// Bytes of a write, a multiple of 4,096 up to 16 MiB; the last one may be shorter.
    pub io_bytes: u32,
    /// Writes in flight at once: as many threads, 1 to [`MAX_THREADS`].
    pub threads: u32,
    /// How often the span is written over, 1 to [`MAX_GENERATION`]; the highest stands for
    /// until stopped.
    pub passes: u64,
    /// In what order each pass writes.
    pub order: Order,
    /// Writes after which a flush is asked for, 1 to [`MAX_UNFLUSHED`]: what is not flushed
    /// is kept in memory.
    pub flush_every: u64,
    /// What the device is held to write whole or not at all when power fails.
    pub atomic_bytes: u32,
    /// Memory of the table of generations.
    pub width: Width,
}

/// Most threads of a run.
pub const MAX_THREADS: u32 = 256;
/// Most writes between flushes.
pub const MAX_UNFLUSHED: u64 = 1 << 20;

/// How far a verification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whether it reads back already.
    pub reading: bool,
    /// Blocks done in this stage.
    pub done: u64,
    /// Blocks of this stage.
    pub of: u64,
    /// Faults so far.
    pub faults: u64,
}

/// What a caller lends to a run: when to stop, and whom to tell.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Set to stop; what was found until then is kept.
    pub stop: &'a AtomicBool,
    /// Set to end the writing before its last pass; what was written is then read back.
    pub enough: &'a AtomicBool,
    /// Told about once a batch, by any thread.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

impl std::fmt::Debug for Watch<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Watch").field("stop", self.stop).finish_non_exhaustive()
    }
}

impl Watch<'_> {
    fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Why nothing could be verified.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum VerifyError {
    /// A field of the plan has no such value.
    #[error("`{field}` cannot be {value}: {reason}")]
    Plan { field: &'static str, value: u64, reason: &'static str },
    /// The table of generations does not fit memory.
    #[error(transparent)]
    TooLarge(#[from] TooLarge),
    /// The journal could not be written or read.
    #[error(transparent)]
    Journal(#[from] JournalFileError),
}

impl VerifyError {
    /// Returns what the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Plan { .. } => None,
            Self::TooLarge(error) => error.hint(),
            Self::Journal(error) => error.hint(),
        }
    }
}

impl Plan {
    /// Returns what a journal of this plan is about.
    pub fn header(&self) -> Header {
        Header { origin: self.origin, start: self.first(), blocks: self.blocks() }
    }

    /// Returns the first block of the span.
    fn first(&self) -> u64 {
        self.start_bytes / BLOCK_BYTES as u64
    }

    /// Returns the blocks of the span.
    fn blocks(&self) -> u64 {
        self.span_bytes / BLOCK_BYTES as u64
    }

    /// Returns about how many bytes a journal of all its passes takes.
    pub fn journal_bytes(&self) -> u64 {
        let writes = self.span_bytes.div_ceil(u64::from(self.io_bytes.max(1)));
        let writes = writes.saturating_mul(self.passes);
        // An intent each, an acknowledgement a batch, two records a flush.
        let flushes = writes / self.flush_every.max(1) + 1;
        let records = writes.saturating_add(writes / 128).saturating_add(2 * flushes);
        records.saturating_mul(super::journal::RECORD_BYTES as u64).saturating_add(4096)
    }

    fn judge(&self) -> Judge {
        Judge { origin: self.origin, atomic_bytes: self.atomic_bytes }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`VerifyError::Plan`] with the first that has no such value.
    pub fn check(&self) -> Result<(), VerifyError> {
        let unit = BLOCK_BYTES as u64;
        let io = u64::from(self.io_bytes);
        let end = self.start_bytes.checked_add(self.span_bytes);
        let rules = [
            (
                "start",
                self.start_bytes,
                self.start_bytes.is_multiple_of(unit),
                "not a multiple of 4096",
            ),
            (
                "size",
                self.span_bytes,
                self.span_bytes.is_multiple_of(unit),
                "not a multiple of 4096",
            ),
            ("size", self.span_bytes, self.span_bytes > 0, "there is nothing to verify"),
            (
                "size",
                self.span_bytes,
                end.is_some_and(|end| end / unit <= ADDRESSES),
                "more than 256 TiB",
            ),
            ("bs", io, io > 0 && io.is_multiple_of(unit), "not a multiple of 4096"),
            ("bs", io, io <= u64::from(MAX_COUNT) * unit, "more than 16 MiB"),
            (
                "threads",
                self.threads.into(),
                (1..=MAX_THREADS).contains(&self.threads),
                "not 1 to 256",
            ),
            (
                "passes",
                self.passes,
                (1..=MAX_GENERATION).contains(&self.passes),
                "not 1 to 2^28 - 1",
            ),
            (
                "flush-every",
                self.flush_every,
                (1..=MAX_UNFLUSHED).contains(&self.flush_every),
                "not 1 to 2^20",
            ),
        ];
        match rules.into_iter().find(|(_, _, holds, _)| !holds) {
            Some((field, value, _, reason)) => Err(VerifyError::Plan { field, value, reason }),
            None => Ok(()),
        }
    }
}

/// Writes the span of `plan`, flushes, reads all of it back and judges it.
///
/// An error of the device, or a stop, ends it early: what was found until then is kept and
/// marked. With a `journal`, a crash at any moment can be judged by [`after_crash`].
///
/// # Errors
/// Where nothing could be begun.
pub fn verify(
    volume: &dyn Volume,
    plan: &Plan,
    journal: Option<&JournalFile>,
    watch: Watch<'_>,
) -> Result<Integrity, VerifyError> {
    plan.check()?;
    let outcome = write::write(volume, plan, journal, watch)?;
    let mut report = empty(plan, Kind::Verify);
    report.written = Some(outcome.written);
    report.ended_early.clone_from(&outcome.ending);
    if !watch.stopped() {
        let expect = |address| outcome.expect(address);
        report.judge(volume, plan, &expect, watch);
    }
    if watch.stopped() {
        report.ended_early.get_or_insert_with(stopped);
    }
    Ok(report)
}

/// What to hold a device to after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterCrash {
    /// Size of the target.
    pub size_bytes: u64,
    /// The volume by its identity, where it is known: a journal of another one is refused.
    pub volume: Option<u128>,
    /// Threads that read.
    pub threads: u32,
    /// What the device is held to write whole or not at all when power fails.
    pub atomic_bytes: u32,
    /// Memory of the table of generations.
    pub width: Width,
}

/// Replays the journal at `journal`, reads all that it tells of from `volume` and judges it.
///
/// # Errors
/// Where the journal cannot be used, or is another volume's.
pub fn after_crash(
    volume: &dyn Volume,
    options: &AfterCrash,
    journal: &std::path::Path,
    watch: Watch<'_>,
) -> Result<Integrity, VerifyError> {
    let blocks = options.size_bytes / BLOCK_BYTES as u64;
    let told = journal_file::replay(journal, blocks, options.width)?;
    let origin = told.header.origin;
    if options.volume.is_some_and(|volume| volume != origin.volume) {
        let path = journal.display().to_string();
        return Err(JournalFileError::OtherVolume { path }.into());
    }
    let plan = Plan {
        origin,
        start_bytes: told.header.start * BLOCK_BYTES as u64,
        span_bytes: told.header.blocks * BLOCK_BYTES as u64,
        io_bytes: read::READ_BYTES,
        threads: options.threads,
        passes: 1,
        order: Order::Sequential,
        flush_every: 1,
        atomic_bytes: options.atomic_bytes,
        width: options.width,
    };
    plan.check()?;
    let mut report = empty(&plan, Kind::AfterCrash);
    report.journal = Some(report::Journal {
        records: told.records,
        intents: told.intents,
        cut_bytes: told.cut_bytes,
        closed: told.closed,
    });
    report.judge(volume, &plan, &|address| told.expect(address), watch);
    if watch.stopped() {
        report.ended_early = Some(stopped());
    }
    Ok(report)
}

impl Integrity {
    fn judge(
        &mut self,
        volume: &dyn Volume,
        plan: &Plan,
        expect: &(dyn Fn(u64) -> Expectation + Sync),
        watch: Watch<'_>,
    ) {
        self.found = read::read(volume, plan, expect, watch);
        self.complete = self.found.checked + self.found.unreadable == plan.blocks();
    }
}

fn empty(plan: &Plan, kind: Kind) -> Integrity {
    Integrity {
        schema: report::SCHEMA.to_owned(),
        kind,
        subject: None,
        volume_id: format!("{:032x}", plan.origin.volume),
        run_id: format!("{:016x}", plan.origin.run),
        block_bytes: BLOCK_BYTES as u64,
        start_bytes: plan.start_bytes,
        span_bytes: plan.span_bytes,
        atomic_bytes: plan.atomic_bytes,
        written: None,
        journal: None,
        write_ns: None,
        read_ns: None,
        found: Findings::default(),
        complete: false,
        ended_early: None,
    }
}

fn stopped() -> Ending {
    Ending { zh: "被操作员中止".to_owned(), en: "stopped by the operator".to_owned() }
}

/// Splits `count` things among `threads`: returns the first and the number of each part.
fn shares(count: u64, threads: u32) -> impl Iterator<Item = (u64, u64)> {
    let (threads, mut first) = (u64::from(threads), 0);
    (0..threads).filter_map(move |at| {
        let share = count / threads + u64::from(at < count % threads);
        let start = first;
        first += share;
        (share > 0).then_some((start, share))
    })
}

/// Memory that direct I/O accepts: aligned to a page.
struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    length: usize,
}

impl Buffer {
    fn new(length: usize) -> Self {
        let bytes = vec![0; length + BLOCK_BYTES];
        let start = bytes.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES);
        Self { bytes, start, length }
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.start..self.start + self.length).unwrap_or_default()
    }
}

/// Blocks done by all threads together.
struct Meter<'a> {
    watch: Watch<'a>,
    reading: bool,
    of: u64,
    done: AtomicU64,
    faults: AtomicU64,
}

impl<'a> Meter<'a> {
    fn new(watch: Watch<'a>, reading: bool, of: u64) -> Self {
        Self { watch, reading, of, done: AtomicU64::new(0), faults: AtomicU64::new(0) }
    }

    fn add(&self, blocks: u64, faults: u64) {
        let done = self.done.fetch_add(blocks, Ordering::Relaxed) + blocks;
        let faults = self.faults.fetch_add(faults, Ordering::Relaxed) + faults;
        (self.watch.progress)(Progress { reading: self.reading, done, of: self.of, faults });
    }
}

#[cfg(test)]
mod tests;
