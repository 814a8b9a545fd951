//! What writes write: unique and incompressible unless asked otherwise, in ratios that hold.
//!
//! Storage that reduces data is measured with data whose ratio is known, or it measures
//! itself. Data is made in blocks of 4 KiB, each from a key of its own, so that a block is
//! the same whether it is written alone, in part or within a larger one.
//!
//! [`check`] compresses and compares a part of the stream as an array would, so that a
//! report tells what was written and not what was meant.

mod check;
mod noise;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use check::{GLANCE_BYTES, Ratios, SAMPLE_BYTES, check, duplicates};

use crate::measurement::DataCheck;
use crate::random::{Permutation, derive};
use crate::workload::Payload;

/// The block that data is made in.
const BLOCK: usize = 4096;
/// Storage compresses by pages that may be as small as a sector: a ratio holds inside each.
const PART: usize = 512;
/// Ratios of duplicates hold in each aligned window of this size, for a run that writes a
/// part of the target, and a check that reads one, must see them too.
const WINDOW_BYTES: u64 = 64 << 20;
/// What the keys of a payload are derived for.
const PURPOSE: u64 = 0xda7a;

/// What writes write, as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Content {
    /// Random bytes, different at each offset.
    Unique {
        /// Whether an offset gets new bytes each time it is written (fio `refill_buffers`);
        /// otherwise the same again, which storage may notice.
        refill: bool,
    },
    /// Random bytes that can be reduced. An offset gets the same bytes each time.
    Reducible {
        /// Blocks for each distinct one, in thousandths: 2000 for 2:1.
        dedup_thousandths: u32,
        /// Bytes for each that is random, in thousandths: 2000 for 2:1.
        compress_thousandths: u32,
        /// The block of which there are duplicates: a power of two from 4 KiB to 1 MiB.
        unit_bytes: u32,
    },
    /// Zeroes.
    Zero,
    /// The same bytes again and again, from the start of each buffer (fio
    /// `buffer_pattern`).
    Pattern {
        /// The bytes.
        bytes: Vec<u8>,
    },
}

impl Default for Content {
    fn default() -> Self {
        Self::Unique { refill: true }
    }
}

/// Why data cannot be made as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// More duplicates than a window of 64 MiB has blocks, or fewer than none.
    #[error("a dedup ratio of {0}/1000 is not between 1 and the blocks of 64 MiB")]
    Dedup(u32),
    /// A part of 512 bytes would have no random byte, or more than it has.
    #[error("a compression ratio of {0}/1000 is not between 1 and 64")]
    Compress(u32),
    /// A block that no storage compares.
    #[error("a unit of {0} bytes is not a power of two from 4 KiB to 1 MiB")]
    Unit(u32),
    /// A pattern of nothing.
    #[error("the pattern is empty")]
    NoPattern,
}

/// Makes the data of one thread.
#[derive(Clone, Debug)]
pub struct Filler {
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Unique { key: u64, refill: bool, fills: u64 },
    Reducible(Reducible),
    Zero,
    Pattern(Vec<u8>),
}

#[derive(Clone, Debug)]
struct Reducible {
    key: u64,
    /// Random bytes of each part.
    random: usize,
    unit_bytes: u64,
    /// Where the units of a window stand in the row that duplicates are counted off from.
    order: Permutation,
    /// Distinct units of a window.
    distinct: u64,
}

impl Content {
    /// Returns what it is asked to be reducible by: blocks for each distinct one and bytes for
    /// each random one, in thousandths; `None` where that is no question, as of zeroes.
    pub fn asked(&self) -> Option<(u32, u32)> {
        match self {
            Self::Unique { .. } => Some((1000, 1000)),
            Self::Reducible { dedup_thousandths, compress_thousandths, .. } => {
                Some((*dedup_thousandths, *compress_thousandths))
            }
            Self::Zero | Self::Pattern { .. } => None,
        }
    }

    /// Measures what the data can be reduced by, in less than 100 ms of a processor.
    ///
    /// # Errors
    /// As [`Filler::new`].
    pub fn glance(&self, seed: u64) -> Result<DataCheck, DataError> {
        let mut filler = Filler::new(self, seed, 0)?;
        let mut measured = check(&mut filler, 0, GLANCE_BYTES);
        let asked = self.asked();
        if asked.is_some_and(|(dedup, _)| dedup > 1000) {
            // A part of a window has fewer duplicates than all of it.
            measured.dedup_thousandths = duplicates(&mut filler, 0);
        }
        Ok(DataCheck {
            asked_dedup_thousandths: asked.map(|(dedup, _)| dedup),
            asked_compress_thousandths: asked.map(|(_, compress)| compress),
            measured,
        })
    }
}

impl Filler {
    /// Returns the data of one thread.
    ///
    /// Threads differ where data is made anew each time; otherwise an offset has the same
    /// data from whichever thread.
    ///
    /// # Errors
    /// Where a ratio, a unit or a pattern cannot be.
    pub fn new(content: &Content, seed: u64, thread: u32) -> Result<Self, DataError> {
        let key = derive(seed, PURPOSE);
        let kind = match content {
            Content::Unique { refill: true } => {
                let key = derive(key, 1 + u64::from(thread));
                Kind::Unique { key, refill: true, fills: 0 }
            }
            Content::Unique { refill: false } => Kind::Unique { key, refill: false, fills: 0 },
            Content::Reducible { dedup_thousandths, compress_thousandths, unit_bytes } => {
                let reducible =
                    Reducible::new(key, *dedup_thousandths, *compress_thousandths, *unit_bytes)?;
                Kind::Reducible(reducible)
            }
            Content::Zero => Kind::Zero,
            Content::Pattern { bytes } if bytes.is_empty() => return Err(DataError::NoPattern),
            Content::Pattern { bytes } => Kind::Pattern(bytes.clone()),
        };
        Ok(Self { kind })
    }
}

impl Payload for Filler {
    fn fill(&mut self, offset: u64, buffer: &mut [u8]) {
        match &mut self.kind {
            Kind::Unique { key, refill, fills } => {
                *fills += u64::from(*refill);
                let key = derive(*key, *fills);
                fill_blocks(offset, buffer, PART, |block| derive(key, block));
            }
            Kind::Reducible(reducible) => {
                fill_blocks(offset, buffer, reducible.random, |block| reducible.key(block));
            }
            Kind::Zero => buffer.fill(0),
            Kind::Pattern(pattern) => {
                repeat(pattern, buffer);
            }
        }
    }
}

impl Reducible {
    fn new(key: u64, dedup: u32, compress: u32, unit_bytes: u32) -> Result<Self, DataError> {
        if !unit_bytes.is_power_of_two() || !(1 << 12..=1 << 20).contains(&unit_bytes) {
            return Err(DataError::Unit(unit_bytes));
        }
        if !(1000..=64_000).contains(&compress) {
            return Err(DataError::Compress(compress));
        }
        let unit_bytes = u64::from(unit_bytes);
        let units = WINDOW_BYTES / unit_bytes;
        let distinct = (units * 1000).checked_div(u64::from(dedup)).unwrap_or(0);
        if dedup < 1000 || distinct == 0 {
            return Err(DataError::Dedup(dedup));
        }
        let random = usize::try_from(512_000_u32.div_ceil(compress)).unwrap_or(PART);
        let order = Permutation::new(units, key);
        Ok(Self { key, random, unit_bytes, order, distinct })
    }

    /// Returns the key of a block of 4 KiB: that of every block it is a duplicate of.
    fn key(&self, block: u64) -> u64 {
        let blocks = self.unit_bytes / BLOCK as u64;
        let (unit, within) = (block / blocks, block % blocks);
        let (window, at) = (unit / self.order.len(), unit % self.order.len());
        // Counted off round and round, each distinct unit has as many duplicates as any.
        let content = window * self.order.len() + self.order.at(at) % self.distinct;
        derive(derive(self.key, content), within)
    }
}

/// Fills `buffer` with the blocks that lie at `offset`, of which each is made of a key and
/// has `random` random bytes in each part, then zeroes.
fn fill_blocks(mut offset: u64, buffer: &mut [u8], random: usize, key: impl Fn(u64) -> u64) {
    let mut rest = buffer;
    while !rest.is_empty() {
        let block = offset / BLOCK as u64;
        let within = usize::try_from(offset % BLOCK as u64).unwrap_or(0);
        let take = (BLOCK - within).min(rest.len());
        let (part, behind) = rest.split_at_mut(take);
        if within == 0 {
            fill_block(key(block), random, part);
        } else {
            let mut whole = [0; BLOCK];
            let (upto, _) = whole.split_at_mut(within + take);
            fill_block(key(block), random, upto);
            part.copy_from_slice(upto.split_at(within).1);
        }
        offset += take as u64;
        rest = behind;
    }
}

/// Fills `out` with `pattern` again and again: what is there already is copied behind it.
fn repeat(pattern: &[u8], out: &mut [u8]) {
    let mut done = pattern.len().min(out.len());
    let (first, _) = out.split_at_mut(done);
    first.copy_from_slice(pattern.split_at(done).0);
    while done < out.len() {
        let (have, rest) = out.split_at_mut(done);
        let take = done.min(rest.len());
        let (next, _) = rest.split_at_mut(take);
        next.copy_from_slice(have.split_at(take).0);
        done += take;
    }
}

/// Fills `out` with the start of a block.
fn fill_block(key: u64, random: usize, out: &mut [u8]) {
    noise::fill(key, out);
    if random < PART {
        for part in out.chunks_mut(PART) {
            part.iter_mut().skip(random).for_each(|byte| *byte = 0);
        }
    }
}

#[cfg(test)]
mod tests;
