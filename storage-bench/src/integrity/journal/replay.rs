//! From a journal back to what was promised for each block.
//!
//! Told bytes in pieces of any length, so that a journal need not fit memory: what is kept
//! is a table of flushed generations, and an entry for each block that was not flushed.

use std::collections::{BTreeMap, VecDeque};

use super::{BATCH_RECORDS, HEADER_BYTES, Header, Intent, JournalError, RECORD_BYTES, Record};
use crate::integrity::generation::{Generations, Width};
use crate::integrity::judge::Expectation;

/// A journal being read.
#[derive(Clone, Debug)]
pub struct Replay {
    header: Header,
    /// Bytes of a record that is not whole yet.
    partial: Vec<u8>,
    /// Records read, good or bad.
    records: u64,
    /// The first record whose checksum was wrong.
    cut: Option<u64>,
    closed: bool,
    intents: u64,
    /// Intents that were not acknowledged, by number.
    open: BTreeMap<u64, Intent>,
    /// Intents that were acknowledged and not flushed, oldest first.
    acknowledged: VecDeque<Intent>,
    /// How many were acknowledged and flushed, and are gone from the above.
    flushed: u64,
    /// How many were acknowledged when a flush began, by its number.
    flushes: BTreeMap<u64, u64>,
    table: Generations,
    /// Blocks of which the last generation is not flushed.
    unflushed: BTreeMap<u64, Unflushed>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Unflushed {
    acknowledged: u64,
    submitted: u64,
}

/// What a journal says.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What it is about.
    pub header: Header,
    /// Good records.
    pub records: u64,
    /// Writes intended.
    pub intents: u64,
    /// Bytes at its end that are no records: a batch that the power loss cut short.
    pub cut_bytes: u64,
    /// Whether the run ended in order.
    pub closed: bool,
    table: Generations,
    unflushed: BTreeMap<u64, Unflushed>,
}

impl Replay {
    /// Starts with a journal's header, for a target of `blocks` blocks.
    ///
    /// # Errors
    /// What [`Header::decode`] says; [`JournalError::Size`] where the target is smaller;
    /// [`JournalError::TooLarge`] where the table does not fit memory.
    pub fn new(
        header: &[u8; HEADER_BYTES],
        blocks: u64,
        width: Width,
    ) -> Result<Self, JournalError> {
        let header = Header::decode(header)?;
        if header.start.checked_add(header.blocks).is_none_or(|end| end > blocks) {
            let Header { start, blocks: told, .. } = header;
            return Err(JournalError::Size { start, blocks: told, size: blocks });
        }
        Ok(Self {
            header,
            partial: Vec::with_capacity(RECORD_BYTES),
            records: 0,
            cut: None,
            closed: false,
            intents: 0,
            open: BTreeMap::new(),
            acknowledged: VecDeque::new(),
            flushed: 0,
            flushes: BTreeMap::new(),
            table: Generations::new(header.blocks, width)?,
            unflushed: BTreeMap::new(),
        })
    }

    /// Takes the bytes that follow.
    ///
    /// # Errors
    /// A record that is whole and cannot be.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), JournalError> {
        if !self.partial.is_empty() {
            let missing = RECORD_BYTES.saturating_sub(self.partial.len()).min(bytes.len());
            let (head, rest) = bytes.split_at(missing);
            self.partial.extend_from_slice(head);
            bytes = rest;
            let Some(whole) = self.partial.first_chunk::<RECORD_BYTES>().copied() else {
                return Ok(());
            };
            self.partial.clear();
            self.record(&whole)?;
        }
        let (records, rest) = bytes.as_chunks::<RECORD_BYTES>();
        for record in records {
            self.record(record)?;
        }
        self.partial.extend_from_slice(rest);
        Ok(())
    }

    /// Returns what the journal says, all bytes told.
    pub fn finish(self) -> Replayed {
        let good = self.cut.unwrap_or(self.records);
        let cut_records = self.records.saturating_sub(good);
        let cut_bytes = cut_records * RECORD_BYTES as u64 + self.partial.len() as u64;
        Replayed {
            header: self.header,
            records: good,
            intents: self.intents,
            cut_bytes,
            closed: self.closed,
            table: self.table,
            unflushed: self.unflushed,
        }
    }

    fn record(&mut self, bytes: &[u8; RECORD_BYTES]) -> Result<(), JournalError> {
        let at = self.records;
        self.records = at.saturating_add(1);
        let read = self.header.record(at, bytes);
        match (self.cut, read) {
            (None, None) => self.cut = Some(at),
            (None, Some(record)) => self.take(at, record?)?,
            // A batch is written when the one before it is on disk, so that only the last
            // can be cut short; within it, later sectors may have landed and earlier not.
            (Some(bad), Some(_)) if at.saturating_sub(bad) >= BATCH_RECORDS => {
                return Err(JournalError::Damaged { bad, good: at });
            }
            (Some(_), _) => {}
        }
        Ok(())
    }

    fn take(&mut self, at: u64, record: Record) -> Result<(), JournalError> {
        match record {
            Record::Intent(intent) => self.intend(intent),
            Record::Acknowledged { first, count } => {
                for offset in 0..u64::from(count) {
                    let number = first.checked_add(offset);
                    let intent = number.and_then(|number| self.open.remove(&number));
                    self.acknowledge(intent.ok_or(JournalError::Unbegun { record: at })?);
                }
            }
            Record::FlushBegin { flush } => {
                let covered = self.flushed.saturating_add(self.acknowledged.len() as u64);
                self.flushes.insert(flush, covered);
            }
            Record::FlushEnd { flush } => {
                let covered = self.flushes.remove(&flush);
                self.flush(covered.ok_or(JournalError::Unbegun { record: at })?);
            }
            Record::Closed => self.closed = true,
        }
        Ok(())
    }

    fn intend(&mut self, intent: Intent) {
        self.open.insert(self.intents, intent);
        self.intents = self.intents.saturating_add(1);
        for block in self.places(intent) {
            let entry = self.unflushed.entry(block).or_default();
            entry.submitted = entry.submitted.max(intent.generation);
        }
    }

    fn acknowledge(&mut self, intent: Intent) {
        for block in self.places(intent) {
            let entry = self.unflushed.entry(block).or_default();
            entry.acknowledged = entry.acknowledged.max(intent.generation);
            entry.submitted = entry.submitted.max(intent.generation);
        }
        self.acknowledged.push_back(intent);
    }

    /// Makes everything acknowledged before `covered` promised.
    fn flush(&mut self, covered: u64) {
        while self.flushed < covered {
            let Some(intent) = self.acknowledged.pop_front() else { return };
            self.flushed = self.flushed.saturating_add(1);
            for block in self.places(intent) {
                self.table.raise(block, intent.generation);
                let settled = |entry: &Unflushed| entry.submitted <= self.table.get(block);
                if self.unflushed.get(&block).is_some_and(settled) {
                    self.unflushed.remove(&block);
                }
            }
        }
    }

    /// Returns the places in the table of the blocks that `intent` writes.
    fn places(&self, intent: Intent) -> impl Iterator<Item = u64> + use<> {
        let first = intent.block.saturating_sub(self.header.start);
        first..first.saturating_add(u64::from(intent.count))
    }
}

impl Replayed {
    /// Returns what was promised for the block at `address`, from the start of the volume.
    #[inline]
    pub fn expect(&self, address: u64) -> Expectation {
        let Some(place) = address.checked_sub(self.header.start) else {
            return Expectation::default();
        };
        let flushed = self.table.get(place);
        let Some(entry) = self.unflushed.get(&place) else {
            return Expectation::settled(flushed);
        };
        Expectation {
            flushed,
            acknowledged: entry.acknowledged.max(flushed),
            submitted: entry.submitted.max(flushed),
        }
    }
}
