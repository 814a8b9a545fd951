//! How far data can be reduced, by doing it.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};

use ruzstd::encoding::{CompressionLevel, compress_to_vec};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BLOCK;
use crate::workload::Payload;

/// How much of a stream is checked before a run that is to be judged: what the ratio of
/// duplicates holds in. It takes a processor about 1.5 s, nearly all of it in zstd.
pub const SAMPLE_BYTES: u64 = 64 << 20;

/// How much tells whether data can be compressed, in less than 100 ms.
pub const GLANCE_BYTES: u64 = 2 << 20;

/// What zstd is given at once.
const CHUNK: usize = 1 << 20;

/// Bytes written for each that storage has to keep, in thousandths: 1000 is none saved.
///
/// Never less than 1000: what grows when compressed is kept as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ratios {
    /// Bytes that were looked at.
    pub bytes: u64,
    /// Blocks for each distinct one.
    pub dedup_thousandths: u32,
    /// By LZ4, each 4 KiB alone: what inline compression of pages can save.
    pub lz4_thousandths: u32,
    /// By zstd at its fastest, a MiB at a time: what the stream has in all.
    pub zstd_thousandths: u32,
}

/// Returns the ratios of `bytes` of a stream from `offset`, in whole blocks of 4 KiB.
///
/// Duplicates are told by 64-bit hashes of blocks of 4 KiB: among the 16,384 of 64 MiB, two
/// distinct ones look alike once in 10^11 checks.
pub fn check(payload: &mut dyn Payload, offset: u64, bytes: u64) -> Ratios {
    let mut chunk = vec![0; CHUNK];
    let mut packed = vec![0; lz4_flex::block::get_maximum_output_size(BLOCK)];
    let (mut blocks, mut seen) = (0_u64, HashSet::new());
    let (mut lz4, mut zstd, mut at) = (0_u64, 0_u64, 0_u64);
    while let left @ BLOCK_BYTES.. = bytes - at {
        let take = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let (part, _) = chunk.split_at_mut(take - take % BLOCK);
        payload.fill(offset + at, part);
        for block in part.chunks_exact(BLOCK) {
            let mut hasher = DefaultHasher::new();
            hasher.write(block);
            seen.insert(hasher.finish());
            // No room means that it grew.
            let size = lz4_flex::block::compress_into(block, &mut packed).unwrap_or(BLOCK);
            lz4 += size.min(BLOCK) as u64;
        }
        let size = compress_to_vec(&*part, CompressionLevel::Fastest).len();
        zstd += size.min(part.len()) as u64;
        blocks += (part.len() / BLOCK) as u64;
        at += part.len() as u64;
    }
    Ratios {
        bytes: at,
        dedup_thousandths: thousandths(blocks, seen.len() as u64),
        lz4_thousandths: thousandths(at, lz4),
        zstd_thousandths: thousandths(at, zstd),
    }
}

/// Returns blocks for each distinct one, in thousandths, of a whole window of a stream from
/// `offset`, which is what that ratio holds in.
///
/// Cheap enough before every run: blocks are told apart by their first part, which has random
/// bytes of its own.
pub fn duplicates(payload: &mut dyn Payload, offset: u64) -> u32 {
    let mut block = vec![0; BLOCK];
    let mut seen = HashSet::new();
    let blocks = super::WINDOW_BYTES / BLOCK_BYTES;
    for at in 0..blocks {
        payload.fill(offset + at * BLOCK_BYTES, &mut block);
        let mut hasher = DefaultHasher::new();
        hasher.write(block.get(..super::PART).unwrap_or(&block));
        seen.insert(hasher.finish());
    }
    thousandths(blocks, seen.len() as u64)
}

/// [`BLOCK`] as the sizes of streams are counted.
const BLOCK_BYTES: u64 = BLOCK as u64;

/// Returns `of` by `kept`, rounded; 1000 of nothing.
fn thousandths(of: u64, kept: u64) -> u32 {
    let ratio = (u128::from(of) * 1000 + u128::from(kept) / 2).checked_div(u128::from(kept));
    u32::try_from(ratio.unwrap_or(1000)).unwrap_or(u32::MAX)
}
