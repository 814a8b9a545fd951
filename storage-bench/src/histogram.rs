//! A log-linear histogram of nanoseconds: exact counts, bounded error, mergeable.
//!
//! Values below 128 have a bucket each; above, each power of two is cut into 128
//! buckets, so that the middle of a bucket is within 0.4 % of every value in it.
//! All of `u64` fits: 58 × 128 counters, 58 KiB. Recording is an index and an
//! addition. Merging adds counters, so that the histogram of many threads or hosts
//! is bit for bit that of one that saw everything.

mod curve;
mod encoding;
mod hlog;

pub use curve::{Bins, Point, Spread};
pub use encoding::DecodeError;
pub use hlog::{Interval, Log};

/// Bits of a value that its bucket keeps.
const SUB_BITS: u32 = 7;
/// Buckets of one power of two.
const SUB: usize = 1 << SUB_BITS;
/// Buckets in all.
const BUCKETS: usize = (64 - SUB_BITS as usize + 1) * SUB;

/// Counts of values, with the exact extremes and sum.
#[derive(Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64]>,
    count: u64,
    min: u64,
    max: u64,
    sum: u128,
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Histogram")
            .field("count", &self.count)
            .field("min", &self.min())
            .field("max", &self.max())
            .field("sum", &self.sum)
            .finish_non_exhaustive()
    }
}

impl Histogram {
    /// Returns a histogram of nothing.
    pub fn new() -> Self {
        Self {
            counts: vec![0_u64; BUCKETS].into_boxed_slice(),
            count: 0,
            min: u64::MAX,
            max: 0,
            sum: 0,
        }
    }

    /// Adds one value.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.record_n(value, 1);
    }

    /// Adds a value `times` times.
    #[inline]
    pub fn record_n(&mut self, value: u64, times: u64) {
        if times == 0 {
            return;
        }
        if let Some(counter) = self.counts.get_mut(bucket(value)) {
            *counter += times;
        }
        self.count += times;
        self.sum += u128::from(value) * u128::from(times);
        self.min = self.min.min(value);
        self.max = self.max.max(value);
    }

    /// Adds what `other` has seen.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(other.counts.iter()) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }

    /// Forgets everything; the memory stays.
    pub fn clear(&mut self) {
        self.counts.fill(0);
        (self.count, self.min, self.max, self.sum) = (0, u64::MAX, 0, 0);
    }

    /// Returns how many values were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Returns the smallest value, exactly; `None` of nothing.
    pub fn min(&self) -> Option<u64> {
        (self.count > 0).then_some(self.min)
    }

    /// Returns the largest value, exactly; `None` of nothing.
    pub fn max(&self) -> Option<u64> {
        (self.count > 0).then_some(self.max)
    }

    /// Returns the exact sum of all values.
    pub fn sum(&self) -> u128 {
        self.sum
    }

    /// Returns the mean, rounded down; `None` of nothing.
    pub fn mean(&self) -> Option<u64> {
        let mean = self.sum.checked_div(u128::from(self.count))?;
        u64::try_from(mean).ok()
    }

    /// Returns the value below or at which `per_million` of a million values lie.
    ///
    /// The rank is `⌈p · n⌉`, at least 1; the middle of its bucket is returned, never
    /// outside of what was seen (fio prints percentiles above its maximum, axboe/fio#1984).
    pub fn percentile(&self, per_million: u32) -> Option<u64> {
        let rank = (u128::from(self.count) * u128::from(per_million)).div_ceil(1_000_000).max(1);
        let mut below = 0_u128;
        let at = self.counts.iter().position(|count| {
            below += u128::from(*count);
            below >= rank
        })?;
        Some(middle(at).clamp(self.min, self.max))
    }

    /// Returns the buckets that are not empty, as (lower bound, upper bound, count).
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64, u64)> + '_ {
        let full = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        full.map(|(at, count)| {
            let (low, high) = bounds(at);
            (low, high, *count)
        })
    }
}

/// Returns the bucket that `value` is counted in.
#[inline]
fn bucket(value: u64) -> usize {
    if value < SUB as u64 {
        #[expect(clippy::cast_possible_truncation, reason = "below 128")]
        return value as usize;
    }
    let shift = value.ilog2() - SUB_BITS;
    #[expect(clippy::cast_possible_truncation, reason = "masked to 7 bits")]
    let sub = ((value >> shift) & (SUB as u64 - 1)) as usize;
    (shift as usize + 1) * SUB + sub
}

/// Returns the least and the largest value counted in bucket `at`.
fn bounds(at: usize) -> (u64, u64) {
    let (power, sub) = (at / SUB, (at % SUB) as u64);
    if power == 0 {
        return (sub, sub);
    }
    let shift = power - 1;
    let low = (SUB as u64 + sub) << shift;
    (low, low + ((1_u64 << shift) - 1))
}

/// Returns the value that stands for bucket `at`.
fn middle(at: usize) -> u64 {
    let (low, high) = bounds(at);
    low + (high - low) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_power_of_two_and_its_neighbours_fall_into_their_own_bounds() {
        for power in 0..64 {
            for value in [(1_u64 << power) - 1, 1 << power, (1 << power) + 1] {
                let (low, high) = bounds(bucket(value));
                assert!(low <= value && value <= high, "{value} in {low}..={high}");
            }
        }
        let (low, high) = bounds(bucket(u64::MAX));
        assert!(low < u64::MAX && high == u64::MAX);
    }

    proptest! {
        #[test]
        fn a_percentile_is_within_half_a_percent_of_the_sorted_log(
            mut log in prop::collection::vec(0..u64::MAX / 2, 1..800),
            ppm in 1_u32..=1_000_000,
        ) {
            let mut histogram = Histogram::new();
            for value in &log {
                histogram.record(*value);
            }
            log.sort_unstable();
            let rank = (log.len() as u64 * u64::from(ppm)).div_ceil(1_000_000).max(1);
            let exact = log[usize::try_from(rank).unwrap() - 1];
            let found = histogram.percentile(ppm).unwrap();
            let (off, exact) = (u128::from(found.abs_diff(exact)), u128::from(exact));
            prop_assert!(off * 200 <= exact, "{found} {exact}");
            prop_assert!(found <= histogram.max().unwrap());
        }

        #[test]
        fn merging_is_seeing_everything(
            a in prop::collection::vec(any::<u64>(), 0..200),
            b in prop::collection::vec(any::<u64>(), 0..200),
        ) {
            let of = |log: &[u64]| {
                let mut histogram = Histogram::new();
                for value in log {
                    histogram.record(*value);
                }
                histogram
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            prop_assert_eq!(merged, of(&[a, b].concat()));
        }
    }
}
