//! What is drawn of a histogram, and how far its values spread.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Histogram, middle};

/// A point of a distribution: so many values were at most this.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// The value.
    pub value: u64,
    /// How many values were at most that.
    pub count: u64,
}

/// Bins of a [`Spread`].
const BINS: usize = 64;

/// How values are spread, coarsely: two bins to each power of two, from 128 on. What a
/// picture of latency over time is made of; small enough for each second of hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread([u32; BINS]);

impl Default for Spread {
    fn default() -> Self {
        Self([0; BINS])
    }
}

/// The bins of a [`Spread`] from the first to the last that is not empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Bins {
    /// Number of the first: bin 2n begins at 2^(7 + n) ns, bin 2n + 1 at 1.5 times that; what
    /// is below 128 ns is in bin 0, what is above 2^39 ns in bin 63.
    pub first: u32,
    /// Values of each bin from there on.
    pub ios: Vec<u32>,
}

impl Bins {
    /// Returns where bin `number` begins.
    pub fn low(number: u32) -> u64 {
        let power = 1_u64 << (7 + number / 2).min(62);
        if number.is_multiple_of(2) { power } else { power + power / 2 }
    }
}

impl Spread {
    /// Returns the bins that are in use; `None` of nothing.
    pub fn bins(&self) -> Option<Bins> {
        let first = self.0.iter().position(|count| *count > 0)?;
        let last = self.0.iter().rposition(|count| *count > 0)?;
        let ios = self.0.get(first..=last)?.to_vec();
        Some(Bins { first: u32::try_from(first).ok()?, ios })
    }
}

impl Histogram {
    /// Returns how the values are spread, coarsely. No bucket lies in two bins.
    pub fn spread(&self) -> Spread {
        let mut spread = Spread::default();
        for (low, _, count) in self.buckets() {
            let half = low.checked_ilog2().map_or(0, |power| {
                let upper = power > 0 && low >> (power - 1) & 1 == 1;
                (power.saturating_sub(7) * 2) + u32::from(power >= 7 && upper)
            });
            let at = usize::try_from(half).unwrap_or(BINS).min(BINS - 1);
            if let Some(bin) = spread.0.get_mut(at) {
                *bin = bin.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
            }
        }
        spread
    }

    /// Returns the standard deviation of the values, as of a sample (divided by n − 1, as fio
    /// does); 0 of one value, `None` of nothing.
    ///
    /// Values are taken for the middle of their buckets: within 0.4 % of the mean.
    #[expect(clippy::cast_precision_loss, reason = "buckets are coarser than 53 bits")]
    pub fn standard_deviation(&self) -> Option<f64> {
        if self.count == 0 {
            return None;
        }
        let mean = self.sum as f64 / self.count as f64;
        let full = self.counts.iter().enumerate().filter(|(_, count)| **count > 0);
        let squares = full.map(|(at, count)| {
            let value = middle(at).clamp(self.min, self.max);
            (value as f64 - mean).powi(2) * *count as f64
        });
        Some((squares.sum::<f64>() / self.count.saturating_sub(1).max(1) as f64).sqrt())
    }

    /// Returns the cumulative distribution: each bucket's upper bound with the number of
    /// values up to it, in order. The last point is the largest value and all of them.
    pub fn cumulative(&self) -> impl Iterator<Item = Point> + '_ {
        let mut count = 0;
        self.buckets().map(move |(_, high, values)| {
            count += values;
            Point { value: high.min(self.max), count }
        })
    }

    /// Returns the points of a percentile curve whose axis is 1 / (1 − p): `ticks` to each
    /// halving of what is above, until less than one value is, and the largest value last.
    ///
    /// A curve of 10^9 values with 5 ticks has about 150 points.
    pub fn percentile_curve(&self, ticks: u32) -> Vec<Point> {
        let mut points = self.cumulative().peekable();
        let mut curve = Vec::new();
        let Some(first) = points.peek().copied() else { return curve };
        // In u128: what is above, in parts of a value as small as the ticks of a halving.
        let (all, ticks) = (u128::from(self.count), u128::from(ticks.max(1)));
        let mut last = first;
        'halvings: for halving in 0..u64::BITS {
            for tick in 0..ticks {
                // 1 − p falls from 2^-h to 2^-(h+1) in even steps.
                let above = all * (2 * ticks - tick) / ((2 * ticks) << halving);
                let rank = all - above;
                while last.count < u64::try_from(rank).unwrap_or(u64::MAX) {
                    let Some(point) = points.next() else { break 'halvings };
                    last = point;
                }
                if curve.last() != Some(&last) {
                    curve.push(last);
                }
                if above == 0 {
                    break 'halvings;
                }
            }
        }
        curve
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_neither_spread_nor_points() {
        let nothing = Histogram::new();
        assert_eq!(nothing.standard_deviation(), None);
        assert_eq!(nothing.cumulative().next(), None);
        assert_eq!(nothing.percentile_curve(5), []);
        let mut one = Histogram::new();
        one.record(1_000_000_007);
        assert_eq!(one.standard_deviation(), Some(0.0));
        let point = Point { value: 1_000_000_007, count: 1 };
        assert_eq!(one.cumulative().collect::<Vec<_>>(), [point]);
        assert_eq!(one.percentile_curve(5), [point]);
    }

    #[test]
    fn a_curve_has_few_points_that_rise_to_the_largest_value() {
        let mut histogram = Histogram::new();
        let mut random = crate::random::Random::new(3);
        for _ in 0..1_000_000 {
            let power = 10 + random.below(20);
            histogram.record(random.below(1 << power));
        }
        let curve = histogram.percentile_curve(5);
        assert!((40..120).contains(&curve.len()), "{}", curve.len());
        assert!(curve.windows(2).all(|two| two[0].value < two[1].value));
        assert!(curve.windows(2).all(|two| two[0].count < two[1].count));
        let last = Point { value: histogram.max().unwrap(), count: 1_000_000 };
        assert_eq!(curve.last(), Some(&last));
        // The median is a tick: 500,000 values are at most that, or a bucket more.
        let median = curve.iter().find(|point| point.count >= 500_000).unwrap();
        let expected = histogram.percentile(500_000).unwrap();
        assert!(median.value.abs_diff(expected) * 100 <= expected, "{median:?} {expected}");
    }

    #[test]
    fn a_spread_counts_every_value_in_the_bin_that_it_lies_in() {
        let mut histogram = Histogram::new();
        let values = [1, 127, 128, 191, 192, 255, 256, 1_000_000, 1 << 39, u64::MAX];
        for value in values {
            histogram.record(value);
        }
        let bins = histogram.spread().bins().unwrap();
        assert_eq!((bins.first, bins.ios.len()), (0, 64));
        assert_eq!(bins.ios[..3], [4, 2, 1]);
        assert_eq!(bins.ios.iter().sum::<u32>(), 10);
        assert_eq!(bins.ios[63], 2, "what is above is in the last");
        let at = bins.ios.iter().rposition(|ios| *ios == 1).unwrap();
        let number = u32::try_from(at).unwrap();
        assert!(Bins::low(number) <= 1_000_000 && 1_000_000 < Bins::low(number + 1), "{number}");
        assert_eq!((Bins::low(0), Bins::low(1), Bins::low(2)), (128, 192, 256));
        assert_eq!(Histogram::new().spread().bins(), None);
    }

    proptest! {
        #[test]
        #[expect(clippy::cast_precision_loss, reason = "values of a test")]
        fn the_spread_is_that_of_the_log(
            log in prop::collection::vec(1..10_000_000_u64, 2..400),
        ) {
            let mut histogram = Histogram::new();
            for value in &log {
                histogram.record(*value);
            }
            let n = log.len() as f64;
            let mean = log.iter().sum::<u64>() as f64 / n;
            let squares = log.iter().map(|value| (*value as f64 - mean).powi(2)).sum::<f64>();
            let exact = (squares / (n - 1.0)).sqrt();
            let found = histogram.standard_deviation().unwrap();
            prop_assert!((found - exact).abs() <= 0.004 * (mean + exact), "{found} {exact}");
        }

        #[test]
        fn points_count_the_values_up_to_them(
            log in prop::collection::vec(0..100_000_u64, 1..400),
        ) {
            let mut histogram = Histogram::new();
            for value in &log {
                histogram.record(*value);
            }
            for point in histogram.cumulative() {
                let exact = log.iter().filter(|value| **value <= point.value).count();
                prop_assert_eq!(point.count, exact as u64);
            }
        }
    }
}
