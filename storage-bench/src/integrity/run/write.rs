//! Writes a span over and over, each write noted before and after.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::{Buffer, JournalFile, Meter, Plan, VerifyError, Volume, Watch, shares};
use crate::integrity::block::{BLOCK_BYTES, MAX_GENERATION};
use crate::integrity::generation::Generations;
use crate::integrity::journal::{Intent, Record};
use crate::integrity::judge::Expectation;
use crate::integrity::report::{Ending, Written};

/// Writes whose intents go to the journal at once.
const BATCH: u64 = 256;
/// What the key of the order advances by from pass to pass: odd, with bits everywhere.
const KEY_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// What was written, and what may have been.
pub(super) struct Outcome {
    pub(super) written: Written,
    pub(super) ending: Option<Ending>,
    first: u64,
    parts: Vec<Part>,
    /// Whether the last flush, which covers everything acknowledged, succeeded.
    flushed: bool,
}

/// What one thread wrote.
struct Part {
    /// First block, from the start of the span.
    first: u64,
    blocks: u64,
    acknowledged: Generations,
    /// The write that failed: it may have reached the device.
    uncertain: Option<Intent>,
    written: u64,
    passes: u64,
}

impl Outcome {
    /// Returns what the block at `address` is held to.
    pub(super) fn expect(&self, address: u64) -> Expectation {
        let Some(place) = address.checked_sub(self.first) else { return Expectation::default() };
        let at = self.parts.partition_point(|part| part.first + part.blocks <= place);
        let Some(part) = self.parts.get(at) else { return Expectation::default() };
        let acknowledged = part.acknowledged.get(place - part.first);
        let uncertain = part.uncertain.filter(|intent| {
            (intent.block..intent.block + u64::from(intent.count)).contains(&address)
        });
        Expectation {
            flushed: if self.flushed { acknowledged } else { 0 },
            acknowledged,
            submitted: uncertain.map_or(acknowledged, |intent| intent.generation),
        }
    }
}

/// What all threads of a run share.
struct Shared<'a> {
    volume: &'a dyn Volume,
    plan: &'a Plan,
    journal: Option<&'a JournalFile>,
    meter: Meter<'a>,
    /// Writes acknowledged since the last flush began.
    unflushed: AtomicU64,
    /// Flushes that succeeded; one at a time.
    flushes: Mutex<u64>,
    /// Set with the first failure, for the other threads to stop.
    failed: AtomicBool,
    failure: Mutex<Option<Ending>>,
}

/// Writes the passes of `plan`.
pub(super) fn write(
    volume: &dyn Volume,
    plan: &Plan,
    journal: Option<&JournalFile>,
    watch: Watch<'_>,
) -> Result<Outcome, VerifyError> {
    let io_blocks = u64::from(plan.io_bytes) / BLOCK_BYTES as u64;
    let mut parts = Vec::new();
    for (first, ios) in shares(plan.blocks().div_ceil(io_blocks), plan.threads) {
        let first = first * io_blocks;
        let blocks = (ios * io_blocks).min(plan.blocks() - first);
        let acknowledged = Generations::new(blocks, plan.width)?;
        parts.push(Part { first, blocks, acknowledged, uncertain: None, written: 0, passes: 0 });
    }
    let shared = Shared {
        volume,
        plan,
        journal,
        meter: Meter::new(watch, false, plan.blocks().saturating_mul(plan.passes)),
        unflushed: AtomicU64::new(0),
        flushes: Mutex::new(0),
        failed: AtomicBool::new(false),
        failure: Mutex::new(None),
    };
    thread::scope(|scope| {
        let shared = &shared;
        for part in &mut parts {
            scope.spawn(move || shared.write_part(part));
        }
    });
    let flushed = shared.flush(0);
    if flushed
        && let Some(journal) = journal
        && let Err(error) = journal.close()
    {
        shared.fail("日志写入失败", "the journal could not be written", &error);
    }
    let written = Written {
        blocks: parts.iter().map(|part| part.written).sum(),
        flushes: *shared.flushes.lock().unwrap_or_else(PoisonError::into_inner),
        passes: parts.iter().map(|part| part.passes).max().unwrap_or(0),
    };
    let ending = shared.failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(Outcome { written, ending, first: plan.first(), parts, flushed })
}

impl Shared<'_> {
    fn write_part(&self, part: &mut Part) {
        let io_blocks = u64::from(self.plan.io_bytes) / BLOCK_BYTES as u64;
        let mut buffer = Buffer::new(usize::try_from(self.plan.io_bytes).unwrap_or(BLOCK_BYTES));
        let ios = part.blocks.div_ceil(io_blocks);
        for generation in 1..=self.plan.passes.min(MAX_GENERATION) {
            part.passes = generation;
            let key = self.plan.origin.seed.wrapping_add(generation.wrapping_mul(KEY_STEP));
            let places = self.plan.order.places(ios, key);
            let (start, blocks) = (self.plan.first() + part.first, part.blocks);
            let intent = |rank| {
                let place = places.at(rank) * io_blocks;
                let count = io_blocks.min(blocks - place);
                Intent {
                    block: start + place,
                    count: u32::try_from(count).unwrap_or(1),
                    generation,
                }
            };
            for first in (0..ios).step_by(usize::try_from(BATCH).unwrap_or(1)) {
                let batch: Vec<Intent> = (first..ios.min(first + BATCH)).map(intent).collect();
                if self.halted() || !self.write_batch(&batch, part, &mut buffer) {
                    return;
                }
            }
        }
    }

    /// Writes a batch; tells whether to go on.
    fn write_batch(&self, batch: &[Intent], part: &mut Part, buffer: &mut Buffer) -> bool {
        let number = match self.journal.map(|journal| journal.intend(batch)).transpose() {
            Ok(number) => number,
            Err(error) => {
                self.fail("日志写入失败", "the journal could not be written", &error);
                return false;
            }
        };
        let (mut blocks, mut done) = (0, 0);
        for intent in batch {
            if self.halted() {
                break;
            }
            if let Err(error) = self.write_one(intent, buffer) {
                let offset = intent.block * BLOCK_BYTES as u64;
                part.uncertain = Some(*intent);
                let zh = format!("在偏移 {offset} 处写入失败");
                self.fail(&zh, &format!("a write at offset {offset} failed"), &error);
                break;
            }
            let first = intent.block - self.plan.first() - part.first;
            for place in first..first + u64::from(intent.count) {
                part.acknowledged.raise(place, intent.generation);
            }
            blocks += u64::from(intent.count);
            done += 1;
        }
        part.written += blocks;
        if let (Some(journal), Some(number), 1..) = (self.journal, number, done) {
            journal.note(&Record::Acknowledged { first: number, count: done });
        }
        self.meter.add(blocks, 0);
        let unflushed = self.unflushed.fetch_add(done.into(), Ordering::Relaxed) + u64::from(done);
        !self.halted() && (unflushed < self.plan.flush_every || self.flush(self.plan.flush_every))
    }

    fn write_one(&self, intent: &Intent, buffer: &mut Buffer) -> io::Result<()> {
        let (blocks, _none) = buffer.bytes().as_chunks_mut::<BLOCK_BYTES>();
        let count = usize::try_from(intent.count).unwrap_or(0);
        let blocks = blocks.get_mut(..count).unwrap_or_default();
        for (address, block) in (intent.block..).zip(blocks.iter_mut()) {
            self.plan.origin.encode(address, intent.generation, block);
        }
        self.volume.write_at(blocks.as_flattened(), intent.block * BLOCK_BYTES as u64)
    }

    /// Flushes where `least` writes are due, and notes that what was acknowledged before is
    /// safe; tells whether to go on.
    fn flush(&self, least: u64) -> bool {
        let mut flushes = self.flushes.lock().unwrap_or_else(PoisonError::into_inner);
        if self.unflushed.load(Ordering::Relaxed) < least {
            // Another thread has flushed while this one waited for its turn.
            return true;
        }
        self.unflushed.store(0, Ordering::Relaxed);
        let flush = *flushes;
        if let Some(journal) = self.journal {
            journal.note(&Record::FlushBegin { flush });
        }
        if let Err(error) = self.volume.flush() {
            self.fail("刷盘失败", "a flush failed", &error);
            return false;
        }
        *flushes += 1;
        let noted = self.journal.map(|journal| journal.commit(&Record::FlushEnd { flush }));
        match noted.transpose() {
            Ok(_) => true,
            Err(error) => {
                self.fail("日志写入失败", "the journal could not be written", &error);
                false
            }
        }
    }

    fn halted(&self) -> bool {
        let watch = &self.meter.watch;
        let over = watch.stopped() || watch.enough.load(Ordering::Relaxed);
        over || self.failed.load(Ordering::Relaxed)
    }

    fn fail(&self, zh: &str, en: &str, error: &dyn std::error::Error) {
        self.failed.store(true, Ordering::Relaxed);
        let ending = Ending { zh: format!("{zh}：{error}"), en: format!("{en}: {error}") };
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(ending);
    }
}
