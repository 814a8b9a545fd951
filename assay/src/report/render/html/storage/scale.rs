//! Axes of a picture: from values to places, in whole numbers.
//!
//! A page is made again to verify it, on another machine: its bytes may not depend on
//! how that machine's library rounds a logarithm. Places are tenths of a unit.

use crate::output::unit::grouped;

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spread {
    /// Evenly.
    Linear,
    /// By their logarithm; 0 stands where 1 does.
    Logarithmic,
}

/// An axis: the values at its ends, and where those ends are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    /// How values are spread.
    pub(super) spread: Spread,
    /// Value at the start.
    pub(super) low: u64,
    /// Value at the end; above `low`.
    pub(super) high: u64,
    /// Place of the start, in tenths.
    pub(super) from: u32,
    /// Place of the end, in tenths; before `from` on an axis that points up.
    pub(super) to: u32,
}

impl Axis {
    /// Returns the place of a value, in tenths; what lies beyond an end is at that end.
    pub(super) fn place(&self, value: u64) -> u32 {
        let value = value.clamp(self.low, self.high);
        let (part, whole) = match self.spread {
            Spread::Linear => (value.saturating_sub(self.low), self.high.saturating_sub(self.low)),
            Spread::Logarithmic => {
                let start = decades(self.low);
                (decades(value).saturating_sub(start), decades(self.high).saturating_sub(start))
            }
        };
        let length = u128::from(self.from.abs_diff(self.to));
        let along = (u128::from(part) * length).checked_div(u128::from(whole)).unwrap_or(0);
        let along = u32::try_from(along).unwrap_or(0);
        if self.to < self.from {
            self.from.saturating_sub(along)
        } else {
            self.from.saturating_add(along)
        }
    }
}

/// Returns the decimal logarithm of a number in millionths; 0 of 0 and of 1.
pub(super) fn decades(number: u64) -> u64 {
    let Some(whole) = number.checked_ilog2() else { return 0 };
    // The mantissa, from 1 to 2, in 2^-32; squaring it doubles its logarithm, whose next
    // binary digit is whether the square passes 2.
    let mut mantissa = (u128::from(number) << 32) >> whole;
    let mut binary = u128::from(whole) << 24;
    for digit in (0..24).rev() {
        mantissa = (mantissa * mantissa) >> 32;
        if mantissa >> 33 > 0 {
            mantissa >>= 1;
            binary |= 1 << digit;
        }
    }
    // log10(2) = 0.30102999566…
    let millionths = (binary * 30_102_999_566) >> 24;
    u64::try_from(millionths / 100_000).unwrap_or(u64::MAX)
}

/// Returns 1, 2 or 5 times a power of ten: the least that is not below `number`.
pub(super) fn round_up(number: u64) -> u64 {
    let power = 10_u64.saturating_pow(number.max(1).ilog10());
    [1, 2, 5, 10]
        .into_iter()
        .map(|times| power.saturating_mul(times))
        .find(|round| *round >= number)
        .unwrap_or(u64::MAX)
}

/// Returns round values from 0 on, about `count` of them, the last not below `high`.
pub(super) fn even(high: u64, count: u64) -> Vec<u64> {
    let step = round_up(high.max(1).div_ceil(count.max(1)));
    let steps = high.max(1).div_ceil(step);
    (0..=steps).map(|at| at.saturating_mul(step)).collect()
}

/// Returns the values that a logarithmic axis marks from `low` to `high`: the powers of
/// ten, and 2 and 5 times them where there are few.
pub(super) fn logarithmic(low: u64, high: u64) -> Vec<u64> {
    let (first, last) = (low.max(1).ilog10(), high.max(1).ilog10());
    let between: &[u64] = if last.saturating_sub(first) <= 2 { &[1, 2, 5] } else { &[1] };
    let powers = (first..=last).map(|power| 10_u64.saturating_pow(power));
    powers
        .flat_map(|power| between.iter().map(move |times| power.saturating_mul(*times)))
        .filter(|value| (low..=high).contains(value))
        .collect()
}

/// Returns the ends of a logarithmic axis that holds these values: 1, 2 or 5 times a
/// power of ten; `None` where there are none.
pub(super) fn around(values: impl Iterator<Item = u64>) -> Option<(u64, u64)> {
    let (mut least, mut most) = (u64::MAX, 0);
    for value in values.filter(|value| *value > 0) {
        least = least.min(value);
        most = most.max(value);
    }
    if most == 0 {
        return None;
    }
    let power = 10_u64.saturating_pow(least.ilog10());
    let times = [5, 2, 1].into_iter().find(|times| power.saturating_mul(*times) <= least);
    let low = power.saturating_mul(times.unwrap_or(1));
    Some((low, round_up(most.saturating_add(1)).max(low.saturating_mul(10))))
}

/// Returns seconds that a time axis marks, and whether it reads in minutes.
pub(super) fn times(seconds: u64) -> (Vec<u64>, bool) {
    let minutes = seconds > 600;
    let steps = if minutes {
        [60, 120, 300, 600, 1_200, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400].as_slice()
    } else {
        [1, 2, 5, 10, 20, 30, 60, 120].as_slice()
    };
    let step = steps.iter().copied().find(|step| seconds.div_ceil(*step) <= 12);
    let step = step.unwrap_or_else(|| round_up(seconds.div_ceil(12)));
    ((0..=seconds / step).map(|at| at.saturating_mul(step)).collect(), minutes)
}

/// Returns a latency as an axis marks it: `200 µs`.
pub(super) fn tick(ns: u64) -> String {
    let (divisor, unit) = match ns {
        0..1_000 => (1, "ns"),
        1_000..1_000_000 => (1_000, "µs"),
        1_000_000..1_000_000_000 => (1_000_000, "ms"),
        _ => (1_000_000_000, "s"),
    };
    format!("{} {unit}", grouped(ns / divisor))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_logarithm_is_that_of_arithmetic() {
        assert_eq!((decades(0), decades(1)), (0, 0));
        for (number, millionths) in
            [(2, 301_029), (10, 1_000_000), (500, 2_698_970), (u64::MAX, 19_265_919)]
        {
            assert!(decades(number).abs_diff(millionths) <= 2, "{number}: {}", decades(number));
        }
    }

    #[test]
    fn an_axis_marks_round_values() {
        assert_eq!(even(800, 5), [0, 200, 400, 600, 800]);
        assert_eq!(even(0, 5), [0, 1]);
        assert_eq!(logarithmic(5_000, 200_000), [5_000, 10_000, 20_000, 50_000, 100_000, 200_000]);
        assert_eq!(around([6_230, 0, 99_500_000].into_iter()), Some((5_000, 100_000_000)));
        assert_eq!(around([0].into_iter()), None);
        assert_eq!(times(60), ((0..=12).map(|at| at * 5).collect(), false));
        assert_eq!(times(3_600).0.last(), Some(&3_600));
        assert_eq!(tick(20_000), "20 µs");
    }

    proptest! {
        #[test]
        fn larger_values_lie_further_along(low in 0_u64..1 << 40, a: u64, b: u64, up: bool) {
            let (from, to) = if up { (1_200, 100) } else { (100, 1_200) };
            for spread in [Spread::Linear, Spread::Logarithmic] {
                let axis = Axis { spread, low, high: low.saturating_mul(100).max(9), from, to };
                let (near, far) = (axis.place(a.min(b)), axis.place(a.max(b)));
                let ordered = if up { near >= far } else { near <= far };
                prop_assert!(ordered);
                prop_assert!((100..=1_200).contains(&near) && (100..=1_200).contains(&far));
            }
        }

        #[test]
        fn marks_hold_the_values_they_are_for(high in 1_u64..1 << 50, count in 1_u64..12) {
            let marks = even(high, count);
            prop_assert!(*marks.last().unwrap() >= high && marks.len() as u64 <= count + 1);
            let (low, top) = around([high].into_iter()).unwrap();
            prop_assert!(low <= high && high < top && !logarithmic(low, top).is_empty());
            prop_assert!(times(high).0.len() <= 13);
        }
    }
}
