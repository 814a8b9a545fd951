//! What was intended, acknowledged and flushed, as it is kept on another disk.
//!
//! An intent is on disk before its write is submitted, in batches of up to 64 KiB written
//! with `O_DSYNC`; an acknowledgement is noted after completion and a flush before it
//! begins and after it ends. Acknowledgements that never reach the disk weaken what is
//! promised and never make it wrong. Every record carries a checksum over itself, the run
//! and its place in the journal: what a power loss left at the end is cut, not an error.
//!
//! A journal is a header of 128 bytes and records of 32; numbers are little-endian.
//!
//! | offset | bytes | header | | offset | bytes | record |
//! |---|---|---|---|---|---|---|
//! | 0 | 8 | magic `assayjnl` | | 0 | 1 | kind |
//! | 8 | 4 | version | | 4 | 4 | count |
//! | 12 | 4 | bytes of a record | | 8 | 8 | block, first intent, or flush |
//! | 16 | 16 | volume id | | 16 | 8 | generation |
//! | 32 | 8 | run id | | 24 | 8 | CRC-64/NVMe of run, place and the above |
//! | 40 | 8 | seed | | | | |
//! | 48 | 8 | first block of the span | | | | |
//! | 56 | 8 | blocks of the span | | | | |
//! | 120 | 8 | CRC-64/NVMe of the above | | | | |

pub mod replay;

use super::block::{ADDRESSES, MAX_GENERATION, Origin};
use super::crc64::{Crc64, checksum};

/// Bytes of a journal's header.
pub const HEADER_BYTES: usize = 128;
/// Bytes of a record.
pub const RECORD_BYTES: usize = 32;
/// Most bytes that are written at once.
pub const BATCH_BYTES: usize = 64 << 10;
/// Most records that are written at once.
pub const BATCH_RECORDS: u64 = (BATCH_BYTES / RECORD_BYTES) as u64;
/// Most blocks of one intent (16 MiB).
pub const MAX_COUNT: u32 = 4096;

const MAGIC: [u8; 8] = *b"assayjnl";
const VERSION: u32 = 1;
const SIZE: u32 = 32;

/// What a journal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whose blocks it tells of.
    pub origin: Origin,
    /// First block of the span that is written.
    pub start: u64,
    /// Blocks of the span.
    pub blocks: u64,
}

/// Blocks that one write writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intent {
    /// The first block, from the start of the volume.
    pub block: u64,
    /// How many, 1 to [`MAX_COUNT`].
    pub count: u32,
    /// The generation that all of them get.
    pub generation: u64,
}

/// One entry of a journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record {
    /// A write is about to be submitted. Intents are numbered from 0 in the order they stand.
    Intent(Intent),
    /// Writes have completed.
    Acknowledged {
        /// Number of the first one's intent.
        first: u64,
        /// How many in a row.
        count: u32,
    },
    /// A flush is about to be asked for; it covers what was acknowledged above.
    FlushBegin {
        /// Its number.
        flush: u64,
    },
    /// The flush has succeeded.
    FlushEnd {
        /// Its number.
        flush: u64,
    },
    /// The run ended in order.
    Closed,
}

/// Why a journal cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum JournalError {
    /// It is shorter than a header, or the header is another's or damaged.
    #[error("this is no journal, or its first {HEADER_BYTES} bytes are damaged")]
    NoJournal,
    /// A newer program wrote it.
    #[error("the journal has version {found}, this program reads version {VERSION}")]
    Version { found: u32 },
    /// A newer program wrote a record.
    #[error("record {record} is of kind {kind}, which this program does not know")]
    Kind { record: u64, kind: u8 },
    /// Good records stand behind a bad one, where a power loss cannot have put them.
    #[error("record {bad} is damaged, though record {good} behind it is not")]
    Damaged { bad: u64, good: u64 },
    /// A record names blocks that are not in the span, or none, or a generation of 0.
    #[error("record {record} writes what is outside of the journal's span")]
    OutOfSpan { record: u64 },
    /// A record contradicts the ones above.
    #[error("record {record} acknowledges or ends what was never begun")]
    Unbegun { record: u64 },
    /// The span does not fit the volume, or the table of its blocks does not fit memory.
    #[error("the journal tells of {blocks} blocks from {start}, the target has {size}")]
    Size { start: u64, blocks: u64, size: u64 },
    /// There is not enough memory.
    #[error(transparent)]
    TooLarge(#[from] super::generation::TooLarge),
}

impl JournalError {
    /// Returns what the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoJournal => {
                Some("name the file that `assay storage verify --journal` wrote".to_owned())
            }
            Self::Version { .. } | Self::Kind { .. } => {
                Some("use the program that wrote the journal, or a newer one".to_owned())
            }
            Self::Damaged { .. } => Some(
                "the disk under the journal is not sound; nothing can be judged by it".to_owned(),
            ),
            Self::Size { .. } => {
                Some("is this the target that the journal was written for?".to_owned())
            }
            Self::TooLarge(error) => error.hint(),
            Self::OutOfSpan { .. } | Self::Unbegun { .. } => None,
        }
    }
}

/// Turns records into bytes, each with its place in its checksum.
#[derive(Clone, Debug)]
pub struct Encoder {
    run: u64,
    records: u64,
}

impl Encoder {
    /// Starts a journal; the bytes are its header.
    pub fn new(header: &Header) -> (Self, [u8; HEADER_BYTES]) {
        (Self { run: header.origin.run, records: 0 }, header.encode())
    }

    /// Returns the bytes of the next record.
    pub fn encode(&mut self, record: &Record) -> [u8; RECORD_BYTES] {
        let (kind, count, first, second) = match *record {
            Record::Intent(Intent { block, count, generation }) => (1, count, block, generation),
            Record::Acknowledged { first, count } => (2, count, first, 0),
            Record::FlushBegin { flush } => (3, 0, flush, 0),
            Record::FlushEnd { flush } => (4, 0, flush, 0),
            Record::Closed => (5, 0, 0, 0),
        };
        let mut bytes = Writer::<RECORD_BYTES>::default();
        bytes.put(&[kind, 0, 0, 0]);
        bytes.put(&count.to_le_bytes());
        bytes.put(&first.to_le_bytes());
        bytes.put(&second.to_le_bytes());
        bytes.put(&check(self.run, self.records, bytes.written()).to_le_bytes());
        self.records += 1;
        bytes.bytes
    }
}

impl Header {
    fn encode(&self) -> [u8; HEADER_BYTES] {
        let mut bytes = Writer::<HEADER_BYTES>::default();
        bytes.put(&MAGIC);
        bytes.put(&VERSION.to_le_bytes());
        bytes.put(&SIZE.to_le_bytes());
        bytes.put(&self.origin.volume.to_le_bytes());
        bytes.put(&self.origin.run.to_le_bytes());
        bytes.put(&self.origin.seed.to_le_bytes());
        bytes.put(&self.start.to_le_bytes());
        bytes.put(&self.blocks.to_le_bytes());
        bytes.put(&[0; 56]);
        bytes.put(&checksum(bytes.written()).to_le_bytes());
        bytes.bytes
    }

    /// Reads the header at the start of `journal`.
    ///
    /// # Errors
    /// [`JournalError::NoJournal`] and [`JournalError::Version`].
    pub fn decode(journal: &[u8]) -> Result<Self, JournalError> {
        let header = journal.first_chunk::<HEADER_BYTES>().ok_or(JournalError::NoJournal)?;
        let mut fields = Reader { rest: header };
        let no = JournalError::NoJournal;
        let read = |bytes: Option<[u8; 8]>| bytes.map(u64::from_le_bytes).ok_or(no.clone());
        if fields.take() != Some(MAGIC) {
            return Err(no);
        }
        let version = u32::from_le_bytes(fields.take().ok_or(no.clone())?);
        let size = u32::from_le_bytes(fields.take().ok_or(no.clone())?);
        let volume = u128::from_le_bytes(fields.take().ok_or(no.clone())?);
        let [run, seed] = [read(fields.take())?, read(fields.take())?];
        let [start, blocks] = [read(fields.take())?, read(fields.take())?];
        let (covered, stored) = header.split_at(HEADER_BYTES - 8);
        if checksum(covered).to_le_bytes() != stored {
            return Err(no);
        }
        if version != VERSION || size != SIZE {
            return Err(JournalError::Version { found: version });
        }
        let origin = Origin { volume, run, seed };
        if start.checked_add(blocks).is_none_or(|end| end > ADDRESSES) {
            return Err(JournalError::Size { start, blocks, size: ADDRESSES });
        }
        Ok(Self { origin, start, blocks })
    }

    /// Reads the record at place `at`; `None` where its checksum is wrong.
    fn record(&self, at: u64, bytes: &[u8; RECORD_BYTES]) -> Option<Result<Record, JournalError>> {
        let (covered, stored) = bytes.split_at(RECORD_BYTES - 8);
        if check(self.origin.run, at, covered).to_le_bytes() != stored {
            return None;
        }
        let mut fields = Reader { rest: covered };
        let [kind, ..] = fields.take::<4>()?;
        let count = u32::from_le_bytes(fields.take()?);
        let first = u64::from_le_bytes(fields.take()?);
        let generation = u64::from_le_bytes(fields.take()?);
        Some(match kind {
            1 => self.intent(at, Intent { block: first, count, generation }),
            2 => Ok(Record::Acknowledged { first, count }),
            3 => Ok(Record::FlushBegin { flush: first }),
            4 => Ok(Record::FlushEnd { flush: first }),
            5 => Ok(Record::Closed),
            kind => Err(JournalError::Kind { record: at, kind }),
        })
    }

    fn intent(&self, record: u64, intent: Intent) -> Result<Record, JournalError> {
        let from = intent.block.checked_sub(self.start);
        let end = from.and_then(|from| from.checked_add(u64::from(intent.count)));
        let inside = end.is_some_and(|end| end <= self.blocks);
        let sound = (1..=MAX_COUNT).contains(&intent.count)
            && (1..=MAX_GENERATION).contains(&intent.generation);
        if inside && sound {
            Ok(Record::Intent(intent))
        } else {
            Err(JournalError::OutOfSpan { record })
        }
    }
}

/// Returns the checksum of a record: over the run and its place too, so that neither an
/// older journal's record nor one that moved passes.
fn check(run: u64, at: u64, fields: &[u8]) -> u64 {
    let mut crc = Crc64::default();
    crc.update(&run.to_le_bytes());
    crc.update(&at.to_le_bytes());
    crc.update(fields);
    crc.value()
}

struct Writer<const N: usize> {
    bytes: [u8; N],
    at: usize,
}

impl<const N: usize> Default for Writer<N> {
    fn default() -> Self {
        Self { bytes: [0; N], at: 0 }
    }
}

impl<const N: usize> Writer<N> {
    fn put(&mut self, field: &[u8]) {
        let free = self.bytes.get_mut(self.at..).unwrap_or_default();
        debug_assert!(field.len() <= free.len(), "the fields are as long as the format says");
        for (to, from) in free.iter_mut().zip(field) {
            *to = *from;
        }
        self.at += field.len();
    }

    fn written(&self) -> &[u8] {
        self.bytes.get(..self.at).unwrap_or_default()
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.rest.split_first_chunk::<N>()?;
        self.rest = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests;
