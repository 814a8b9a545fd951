//! Random numbers of the hot loop: xoshiro256\*\*, seeded by splitmix64.
//!
//! Both follow the reference code of Blackman and Vigna (<https://prng.di.unimi.it>).
//! Good for choosing addresses and making data, worthless for secrets. The same seed
//! gives the same numbers on every machine, so that a run can be repeated to the byte.

mod permutation;

pub use permutation::Permutation;

/// The step of splitmix64: 2^64 by the golden ratio, odd.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A source of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// Returns the numbers of `seed`.
    pub fn new(seed: u64) -> Self {
        let mut state = [0; 4];
        let mut at = seed;
        for word in &mut state {
            at = at.wrapping_add(GOLDEN);
            *word = mix(at);
        }
        Self { state }
    }

    /// Returns the numbers of one of the many streams of `seed`: a thread, a purpose.
    ///
    /// Streams are told apart by a hash; of 2^32 streams with 2^64 numbers each, two
    /// overlap with a probability of 2^-127.
    pub fn stream(seed: u64, stream: u64) -> Self {
        Self::new(derive(seed, stream))
    }

    /// Returns 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let out = b.wrapping_mul(5).rotate_left(7).wrapping_mul(9);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        out
    }

    /// Returns a number below `bound`; 0 where `bound` is 0.
    ///
    /// The upper half of a 64×64→128-bit product. No value is more likely than another
    /// by more than `bound` / 2^64: 2^-31 of itself over the 4 KiB blocks of 32 TiB.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        scale(self.bits(), bound)
    }

    /// Returns a number of [0, 1), a multiple of 2^-53.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "53 bits are exact")]
        let bits = (self.bits() >> 11) as f64;
        bits * (1.0 / 9_007_199_254_740_992.0)
    }
}

/// Returns a seed for one purpose of a seed: far from every other purpose's.
#[inline]
pub fn derive(seed: u64, purpose: u64) -> u64 {
    mix(mix(seed.wrapping_add(GOLDEN)) ^ purpose.wrapping_mul(GOLDEN).wrapping_add(1))
}

/// Spreads 64 bits over 64 bits, reversibly: what splitmix64 makes of its counter.
#[inline]
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// Maps 64 random bits to a number below `bound`, evenly; 0 where `bound` is 0.
#[inline]
pub(crate) fn scale(bits: u64, bound: u64) -> u64 {
    ((u128::from(bits) * u128::from(bound)) >> 64) as u64
}

#[cfg(test)]
mod tests;
