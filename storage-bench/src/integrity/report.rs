//! What a verification found, as it is counted and as it is reported.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::block::{BLOCK_BYTES, Block, header};
use super::judge::{Expectation, Fault, Verdict};
use crate::measurement::Subject;

/// The schema's id.
pub const SCHEMA: &str = "storage-integrity/v1";
/// Faults that are listed; the rest are counted.
pub const LISTED: usize = 100;

/// One verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Integrity {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was done.
    pub kind: Kind,
    /// What it was done to; `None` where whoever did it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Subject>,
    /// The volume, by the hash that its blocks carry, in hexadecimal.
    pub volume_id: String,
    /// The run that wrote the blocks, in hexadecimal.
    pub run_id: String,
    /// Bytes of a block.
    pub block_bytes: u64,
    /// First byte of the span.
    pub start_bytes: u64,
    /// Bytes of the span.
    pub span_bytes: u64,
    /// What the device is held to write whole or not at all when power fails.
    pub atomic_bytes: u32,
    /// What was written; `None` after a crash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written: Option<Written>,
    /// What the journal said; `None` where there was none to read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub journal: Option<Journal>,
    /// How long it wrote, flushes included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_ns: Option<u64>,
    /// How long it read and judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_ns: Option<u64>,
    /// What was found.
    pub found: Findings,
    /// Whether all of the span was read and judged.
    pub complete: bool,
    /// Why it ended before its end, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<Ending>,
}

impl Integrity {
    /// Returns whether it ran to its end, judged all of the span and found nothing at fault.
    pub fn is_sound(&self) -> bool {
        self.complete
            && self.ended_early.is_none()
            && self.found.faults() == 0
            && self.found.unreadable == 0
    }
}

/// What kind of verification it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Written, flushed, read back and judged in one go.
    Verify,
    /// Read and judged against a journal that a crash may have cut short.
    AfterCrash,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Written {
    /// Blocks written, each counted as often as it was.
    pub blocks: u64,
    /// Flushes that succeeded.
    pub flushes: u64,
    /// Passes over the span that were begun.
    pub passes: u64,
}

/// What a journal said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Journal {
    /// Good records.
    pub records: u64,
    /// Writes intended.
    pub intents: u64,
    /// Bytes of a batch at its end that the crash cut short.
    pub cut_bytes: u64,
    /// Whether the run that wrote it ended in order.
    pub closed: bool,
}

/// Why something ended early, in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ending {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

/// What blocks proved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Findings {
    /// Blocks read and judged.
    pub checked: u64,
    /// Blocks that hold the last acknowledged write or a later one.
    pub current: u64,
    /// Blocks older than an acknowledged write that was not flushed: no fault.
    pub older_unflushed: u64,
    /// Blocks that hold what was there before the run, which promised nothing: no fault.
    pub before: u64,
    /// Blocks torn in a write that was not flushed, where the device promises no more: no fault.
    pub torn_unflushed: u64,
    /// Blocks that could not be read.
    pub unreadable: u64,
    /// Addresses of the first of those, in bytes.
    pub first_unreadable: Vec<u64>,
    /// Faults of each class, all seven.
    pub fault: Vec<Tally>,
    /// The first faults, by address.
    pub first_fault: Vec<Found>,
}

/// How often one class of fault was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// The class.
    pub class: Fault,
    /// Its name in Chinese.
    pub zh: String,
    /// Its name in English.
    pub en: String,
    /// The rule it breaks, in Chinese.
    pub meaning_zh: String,
    /// The rule it breaks, in English.
    pub meaning_en: String,
    /// Blocks.
    pub count: u64,
}

/// One block at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Found {
    /// Where it was read, in bytes from the start of the volume.
    pub address_bytes: u64,
    /// The class.
    pub class: Fault,
    /// The generation that was promised.
    pub flushed: u64,
    /// The last generation that was submitted.
    pub submitted: u64,
    /// The generation in its header; `None` where there is no header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_generation: Option<u64>,
    /// The address in its header, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_address_bytes: Option<u64>,
}

impl Default for Findings {
    fn default() -> Self {
        let tally = |class: Fault| Tally {
            class,
            zh: class.name().zh.to_owned(),
            en: class.name().en.to_owned(),
            meaning_zh: class.meaning().zh.to_owned(),
            meaning_en: class.meaning().en.to_owned(),
            count: 0,
        };
        Self {
            checked: 0,
            current: 0,
            older_unflushed: 0,
            before: 0,
            torn_unflushed: 0,
            unreadable: 0,
            first_unreadable: Vec::new(),
            fault: Fault::ALL.into_iter().map(tally).collect(),
            first_fault: Vec::new(),
        }
    }
}

impl Findings {
    /// Counts what `block`, read at `address` (in blocks), proved.
    pub fn add(&mut self, address: u64, block: &Block, expected: Expectation, verdict: Verdict) {
        self.checked += 1;
        match verdict {
            Verdict::Current => self.current += 1,
            Verdict::Older => self.older_unflushed += 1,
            Verdict::Before => self.before += 1,
            Verdict::TornUnflushed => self.torn_unflushed += 1,
            Verdict::Fault(class) => {
                if let Some(tally) = self.fault.iter_mut().find(|tally| tally.class == class) {
                    tally.count += 1;
                }
                if self.first_fault.len() < LISTED {
                    self.first_fault.push(Found::of(address, class, block, expected));
                }
            }
        }
    }

    /// Counts a block at `address` (in blocks) that could not be read.
    pub fn add_unreadable(&mut self, address: u64) {
        self.unreadable += 1;
        if self.first_unreadable.len() < LISTED {
            self.first_unreadable.push(address.saturating_mul(BLOCK_BYTES as u64));
        }
    }

    /// Adds what another part of the span proved.
    pub fn merge(&mut self, other: Self) {
        self.checked += other.checked;
        self.current += other.current;
        self.older_unflushed += other.older_unflushed;
        self.before += other.before;
        self.torn_unflushed += other.torn_unflushed;
        self.unreadable += other.unreadable;
        for (mine, theirs) in self.fault.iter_mut().zip(other.fault) {
            mine.count += theirs.count;
        }
        self.first_unreadable.extend(other.first_unreadable);
        tiny_sort::stable::sort(&mut self.first_unreadable);
        self.first_unreadable.truncate(LISTED);
        self.first_fault.extend(other.first_fault);
        tiny_sort::stable::sort_by_key(&mut self.first_fault, |found| found.address_bytes);
        self.first_fault.truncate(LISTED);
    }

    /// Returns how many blocks are at fault.
    pub fn faults(&self) -> u64 {
        self.fault.iter().map(|tally| tally.count).sum()
    }

    /// Returns how many blocks have a fault of `class`.
    pub fn count(&self, class: Fault) -> u64 {
        self.fault.iter().filter(|tally| tally.class == class).map(|tally| tally.count).sum()
    }
}

impl Found {
    fn of(address: u64, class: Fault, block: &Block, expected: Expectation) -> Self {
        let head = header(block);
        Self {
            address_bytes: address.saturating_mul(BLOCK_BYTES as u64),
            class,
            flushed: expected.flushed,
            submitted: expected.submitted,
            found_generation: head.known.then_some(head.generation),
            found_address_bytes: head
                .known
                .then_some(head.address.saturating_mul(BLOCK_BYTES as u64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_counted_and_the_first_hundred_listed() {
        let block = [0; BLOCK_BYTES];
        let mut parts = [Findings::default(), Findings::default()];
        for address in 0..150 {
            let part = &mut parts[usize::from(address % 2 == 1)];
            let verdict = Verdict::Fault(Fault::ALL[usize::try_from(address % 7).unwrap()]);
            part.add(address, &block, Expectation::settled(1), verdict);
            part.add_unreadable(1000 + address);
        }
        let [mut all, odd] = parts;
        all.merge(odd);
        assert_eq!((all.faults(), all.checked, all.unreadable), (150, 150, 150));
        assert_eq!(all.count(Fault::Future), 22);
        let listed: Vec<u64> = all.first_fault.iter().map(|found| found.address_bytes).collect();
        assert_eq!(listed, (0..100).map(|at| at * 4096).collect::<Vec<_>>());
        assert_eq!(all.first_unreadable.len(), LISTED);
    }
}
