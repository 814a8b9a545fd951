//! Which vector instructions this processor has, chosen at run time.
//!
//! Filling a block and taking its checksum stand beside every write, so both are done
//! with the widest registers at hand. Every way gives the same bytes; where there is
//! none (aarch64: untested, no machine at hand) the plain code does.

use super::block::BLOCK_BYTES;

#[cfg(target_arch = "x86_64")]
mod x86_64;

/// Words of a line: as many as the widest register holds.
pub(super) const LANES: usize = 8;
/// What the counter of a line advances by: 2^64 over the golden ratio, odd.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
/// What spreads the bits of a word: the first factor of `MurmurHash3`'s finalizer.
const FACTOR: u64 = 0xff51_afd7_ed55_8ccd;

/// A way of doing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// AVX-512 with carry-less multiplication of whole registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// AVX2, and carry-less multiplication of 64 bits.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// No instruction that not every processor has.
    Plain,
}

/// Returns the ways this processor has, best first.
pub(super) fn tiers() -> impl Iterator<Item = Tier> {
    #[cfg(target_arch = "x86_64")]
    let special =
        [x86_64::has_avx512().then_some(Tier::Avx512), x86_64::has_avx2().then_some(Tier::Avx2)];
    #[cfg(not(target_arch = "x86_64"))]
    let special: [Option<Tier>; 0] = [];
    special.into_iter().flatten().chain([Tier::Plain])
}

/// Returns the best way this processor has.
///
/// Detection is a load and a test: the standard library keeps what it found.
#[inline]
fn best() -> Tier {
    tiers().next().unwrap_or(Tier::Plain)
}

/// Fills `block` from one key for each lane.
#[inline]
pub(super) fn fill(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    fill_by(best(), keys, block);
}

/// Fills `block` in the way of `tier`, which this processor has.
#[inline]
pub(super) fn fill_by(tier: Tier, keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx512 => x86_64::fill_avx512(keys, block),
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => x86_64::fill_avx2(keys, block),
        Tier::Plain => fill_plain(keys, block),
    }
}

/// Folds as much of `bytes` into `state` as whole steps cover, and returns the state and
/// the bytes that are left.
#[inline]
pub(super) fn fold(state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    fold_by(best(), state, bytes)
}

/// Folds in the way of `tier`, which this processor has.
#[inline]
pub(super) fn fold_by(tier: Tier, state: u64, bytes: &[u8]) -> (u64, &[u8]) {
    match tier {
        #[cfg(target_arch = "x86_64")]
        Tier::Avx512 => x86_64::fold_avx512(state, bytes),
        #[cfg(target_arch = "x86_64")]
        Tier::Avx2 => x86_64::fold_sse(state, bytes),
        Tier::Plain => (state, bytes),
    }
}

/// The fill as it is defined.
fn fill_plain(keys: &[u64; LANES], block: &mut [u8; BLOCK_BYTES]) {
    let mut counters = *keys;
    let (lines, _none) = block.as_chunks_mut::<{ LANES * 8 }>();
    for line in lines {
        let mut words = [0_u64; LANES];
        for (word, counter) in words.iter_mut().zip(&mut counters) {
            *word = spread(*counter);
            *counter = counter.wrapping_add(STEP);
        }
        let (out, _none) = line.as_chunks_mut::<8>();
        for (bytes, word) in out.iter_mut().zip(words) {
            *bytes = word.to_le_bytes();
        }
    }
}

/// Makes a word of the fill. Half of [`mix`], which made the key, is enough here: what is
/// asked for is bytes that nobody can reduce, and it costs half.
fn spread(counter: u64) -> u64 {
    let mixed = (counter ^ (counter >> 33)).wrapping_mul(FACTOR);
    mixed ^ (mixed >> 29)
}

/// Spreads every bit of `word` over all of the result.
pub(super) fn mix(word: u64) -> u64 {
    // MurmurHash3's finalizer (public domain): two multiplications, which AVX-512 has.
    let mut mixed = word ^ (word >> 33);
    mixed = mixed.wrapping_mul(FACTOR);
    mixed ^= mixed >> 33;
    mixed = mixed.wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_filling_gives_the_same_bytes() {
        let keys = std::array::from_fn(|lane| mix(lane as u64 + 7));
        let mut plain = [0; BLOCK_BYTES];
        fill_plain(&keys, &mut plain);
        for tier in tiers() {
            let mut block = [0; BLOCK_BYTES];
            fill_by(tier, &keys, &mut block);
            assert!(block == plain, "{tier:?}");
        }
    }

    #[test]
    fn a_fill_has_no_pattern_that_a_reducing_array_could_use() {
        let keys = std::array::from_fn(|lane| mix(lane as u64));
        let mut block = [0; BLOCK_BYTES];
        fill_plain(&keys, &mut block);
        let ones: u32 = block.iter().map(|byte| byte.count_ones()).sum();
        // 32,768 fair bits: σ is 91, five of them either way.
        assert!((16_384 - 455..=16_384 + 455).contains(&ones), "{ones} ones");
        let mut counts = [0_u32; 256];
        for byte in block {
            counts[usize::from(byte)] += 1;
        }
        let chi: f64 = counts.iter().map(|count| (f64::from(*count) - 16.0).powi(2) / 16.0).sum();
        // 255 degrees of freedom: mean 255, σ 22.6.
        assert!((140.0..370.0).contains(&chi), "χ² {chi}");
    }
}
