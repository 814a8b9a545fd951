//! A block that knows where and when it was written (storage reference, §6).
//!
//! 4 KiB: a header with the address and the generation, a checksum over all of it, and a
//! fill that follows from seed, address and generation, so that no content need be kept.
//! Each part of 512 bytes ends with a stamp of (address, generation), so that a block made
//! of two writes can be told from a damaged one.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `assayblk` |
//! | 8 | 8 | CRC-64/NVMe of the block without these eight bytes |
//! | 16 | 4 | version of this format |
//! | 20 | 4 | bytes of a block |
//! | 24 | 16 | volume id |
//! | 40 | 8 | address, in blocks from the start of the volume |
//! | 48 | 8 | generation, from 1 |
//! | 56 | 8 | run id |
//! | 64 | 8 | seed |
//! | 72 | … | fill |
//! | 504, 1016, … | 8 | stamp: generation (28 bits) over address (36 bits), XOR a key of the run |
//!
//! Numbers are little-endian. The key keeps a part of an older run from passing for one of
//! this run that was damaged.

use super::crc64::Crc64;
use super::vector::{self, LANES, mix};

/// Bytes of a block.
pub const BLOCK_BYTES: usize = 4096;
/// Bytes of a part: what every device writes whole or not at all.
pub const PART_BYTES: usize = 512;
/// Parts of a block.
pub const PARTS: usize = BLOCK_BYTES / PART_BYTES;
/// Addresses are below this: a stamp has 36 bits for them (256 TiB).
pub const ADDRESSES: u64 = 1 << 36;
/// The highest generation: a stamp has 28 bits for it.
pub const MAX_GENERATION: u64 = (1 << 28) - 1;

const MAGIC: [u8; 8] = *b"assayblk";
const VERSION: u32 = 1;
/// [`BLOCK_BYTES`], as the header has it.
const SIZE: u32 = 4096;
const STAMP_AT: usize = PART_BYTES - 8;

/// A block's bytes.
pub type Block = [u8; BLOCK_BYTES];

/// What all blocks of one run on one volume have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The volume, by identity (a hash of its WWID or serial), the same in every run.
    pub volume: u128,
    /// The run, drawn by chance.
    pub run: u64,
    /// What the fill follows from, drawn by chance.
    pub seed: u64,
}

/// What a header says, whether or not it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Whether magic, version and size are those of this format.
    pub known: bool,
    /// The checksum as it is stored.
    pub crc: u64,
    /// Whose block it is.
    pub origin: Origin,
    /// Where it belongs, in blocks.
    pub address: u64,
    /// Which write of this block it is, from 1.
    pub generation: u64,
}

/// What the stamp of one part says, whether or not it is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp {
    /// Where the part belongs, in blocks.
    pub address: u64,
    /// Which write it is of.
    pub generation: u64,
}

impl Stamp {
    fn pack(self) -> u64 {
        (self.generation << 36) | (self.address & (ADDRESSES - 1))
    }

    fn unpack(word: u64) -> Self {
        Self { address: word & (ADDRESSES - 1), generation: word >> 36 }
    }
}

impl Origin {
    /// Makes `block` the write of `generation` to `address`.
    ///
    /// `address` is below [`ADDRESSES`] and `generation` at most [`MAX_GENERATION`]; what is
    /// above does not fit a stamp.
    pub fn encode(&self, address: u64, generation: u64, block: &mut Block) {
        debug_assert!(address < ADDRESSES, "{address} does not fit a stamp");
        debug_assert!(generation <= MAX_GENERATION, "{generation} does not fit a stamp");
        vector::fill(&self.keys(address, generation), block);
        put(block, 0, MAGIC);
        put(block, 16, VERSION.to_le_bytes());
        put(block, 20, SIZE.to_le_bytes());
        put(block, 24, self.volume.to_le_bytes());
        put(block, 40, address.to_le_bytes());
        put(block, 48, generation.to_le_bytes());
        put(block, 56, self.run.to_le_bytes());
        put(block, 64, self.seed.to_le_bytes());
        let stamp = (Stamp { address, generation }.pack() ^ self.stamp_key()).to_le_bytes();
        let (parts, _none) = block.as_chunks_mut::<PART_BYTES>();
        for part in parts {
            put(part, STAMP_AT, stamp);
        }
        put(block, 8, checksum(block).to_le_bytes());
    }

    /// Returns the stamp of each part of `block`, read as this run would have written it.
    pub fn stamps(&self, block: &Block) -> [Stamp; PARTS] {
        let key = self.stamp_key();
        let (parts, _none) = block.as_chunks::<PART_BYTES>();
        let mut stamps = [Stamp { address: 0, generation: 0 }; PARTS];
        for (stamp, part) in stamps.iter_mut().zip(parts) {
            *stamp = Stamp::unpack(u64::from_le_bytes(take(part, STAMP_AT)) ^ key);
        }
        stamps
    }

    fn stamp_key(&self) -> u64 {
        mix(self.run.wrapping_add(mix(self.seed)))
    }

    fn keys(&self, address: u64, generation: u64) -> [u64; LANES] {
        // A round each, so that neighbours in seed, address or generation share nothing.
        let base = mix(mix(mix(self.seed).wrapping_add(address)).wrapping_add(generation));
        std::array::from_fn(|lane| mix(base.wrapping_add(lane as u64)))
    }
}

/// Returns what the header of `block` says.
pub fn header(block: &Block) -> Header {
    let known = take(block, 0) == MAGIC
        && u32::from_le_bytes(take(block, 16)) == VERSION
        && u32::from_le_bytes(take(block, 20)) == SIZE;
    Header {
        known,
        crc: u64::from_le_bytes(take(block, 8)),
        origin: Origin {
            volume: u128::from_le_bytes(take(block, 24)),
            run: u64::from_le_bytes(take(block, 56)),
            seed: u64::from_le_bytes(take(block, 64)),
        },
        address: u64::from_le_bytes(take(block, 40)),
        generation: u64::from_le_bytes(take(block, 48)),
    }
}

/// Returns the checksum that `block` should have in its header.
pub fn checksum(block: &Block) -> u64 {
    let mut crc = Crc64::default();
    let (magic, rest) = block.split_at(8);
    let (_stored, covered) = rest.split_at(8);
    crc.update(magic);
    crc.update(covered);
    crc.value()
}

fn put<const N: usize, const OF: usize>(into: &mut [u8; OF], at: usize, bytes: [u8; N]) {
    let field = into.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<N>());
    *field.expect("every field of the format is inside of the block") = bytes;
}

fn take<const N: usize, const OF: usize>(from: &[u8; OF], at: usize) -> [u8; N] {
    let field = from.get(at..).and_then(|rest| rest.first_chunk::<N>());
    *field.expect("every field of the format is inside of the block")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const ORIGIN: Origin = Origin { volume: 0x1234_5678_9abc, run: 77, seed: 99 };

    #[test]
    fn a_block_says_what_it_was_made_of() {
        for (address, generation) in [(0, 1), (1, 1), (ADDRESSES - 1, MAX_GENERATION)] {
            let mut block = [0xaa; BLOCK_BYTES];
            ORIGIN.encode(address, generation, &mut block);
            let found = header(&block);
            assert!(found.known && found.crc == checksum(&block));
            assert_eq!((found.origin, found.address), (ORIGIN, address));
            assert_eq!(found.generation, generation);
            assert_eq!(ORIGIN.stamps(&block), [Stamp { address, generation }; PARTS]);
        }
    }

    #[test]
    fn every_bit_of_a_block_is_covered_by_its_checksum() {
        let mut block = [0; BLOCK_BYTES];
        ORIGIN.encode(5, 6, &mut block);
        for bit in (0..BLOCK_BYTES * 8).step_by(13).chain(0..80 * 8) {
            block[bit / 8] ^= 1 << (bit % 8);
            assert_ne!(header(&block).crc, checksum(&block), "bit {bit}");
            block[bit / 8] ^= 1 << (bit % 8);
        }
    }

    #[test]
    fn no_two_parts_of_any_two_blocks_are_alike() {
        let mut seen = BTreeSet::new();
        let mut block = [0; BLOCK_BYTES];
        for address in 0..64 {
            for generation in 1..16 {
                for seed in [0, 1, 99] {
                    Origin { seed, ..ORIGIN }.encode(address, generation, &mut block);
                    for part in block.chunks(PART_BYTES) {
                        assert!(seen.insert(part[80..128].to_vec()), "{address} {generation}");
                    }
                }
            }
        }
    }

    #[test]
    fn the_format_stays_what_older_programs_wrote() {
        let mut block = [0; BLOCK_BYTES];
        ORIGIN.encode(3, 2, &mut block);
        assert_eq!(header(&block).crc, GOLDEN, "a new layout or fill needs a new VERSION");
    }

    /// The checksum of the block of [`ORIGIN`] at address 3, generation 2, version 1.
    const GOLDEN: u64 = 2_287_765_844_921_985_944;
}
