//! The window's arithmetic against an independent computation from the definition:
//! fractions, the full least-squares formula, the line evaluated at both ends.

use proptest::prelude::*;

use super::*;

/// A fraction, never reduced: 128 bits are plenty for five values of 40 bits.
#[derive(Clone, Copy, Debug)]
struct Fraction {
    over: i128,
    under: i128,
}

impl Fraction {
    fn new(over: i128, under: i128) -> Self {
        assert!(under != 0);
        if under < 0 { Self { over: -over, under: -under } } else { Self { over, under } }
    }

    fn at_most(self, other: Self) -> bool {
        self.over * other.under <= other.over * self.under
    }

    fn minus(self, other: Self) -> Self {
        let over = self.over * other.under - other.over * self.under;
        Self::new(over, self.under * other.under)
    }

    fn abs(self) -> Self {
        Self { over: self.over.abs(), under: self.under }
    }
}

/// PTS 2.0.2 §2.1.24 read literally: y = a + b·x by least squares over n points, the
/// excursion is the line's maximum less its minimum within the window.
fn independent(y: [u64; 5]) -> bool {
    let n = 5_i128;
    let y = y.map(i128::from);
    let x = [1_i128, 2, 3, 4, 5];
    let sum_x: i128 = x.iter().sum();
    let sum_y: i128 = y.iter().sum();
    let sum_xx: i128 = x.iter().map(|x| x * x).sum();
    let sum_xy: i128 = x.iter().zip(y).map(|(x, y)| x * y).sum();
    let divisor = n * sum_xx - sum_x * sum_x;
    // b = (n·Σxy − Σx·Σy) / divisor; a = (Σy·Σx² − Σx·Σxy) / divisor.
    let line = |x: i128| {
        let a = sum_y * sum_xx - sum_x * sum_xy;
        Fraction::new(a + (n * sum_xy - sum_x * sum_y) * x, divisor)
    };
    let mean = Fraction::new(sum_y, n);
    let tenth = Fraction::new(mean.over, mean.under * 10);
    let fifth = Fraction::new(mean.over, mean.under * 5);
    let mut sorted = y;
    sorted.sort_unstable();
    let range = Fraction::new(sorted[4] - sorted[0], 1);
    sum_y > 0 && range.at_most(fifth) && line(5).minus(line(1)).abs().at_most(tenth)
}

/// Five rounds and whether they are steady, worked out by hand.
const SERIES: [([u64; 5], bool); 40] = [
    // Flat, at any scale.
    ([1, 1, 1, 1, 1], true),
    ([100, 100, 100, 100, 100], true),
    ([10_000_000, 10_000_000, 10_000_000, 10_000_000, 10_000_000], true),
    ([u64::MAX >> 24, u64::MAX >> 24, u64::MAX >> 24, u64::MAX >> 24, u64::MAX >> 24], true),
    // Nothing happened, or all of it in one round.
    ([0, 0, 0, 0, 0], false),
    ([0, 0, 0, 0, 1], false),
    ([0, 0, 1, 0, 0], false),
    ([0, 100, 100, 100, 100], false),
    // Range exactly 20.0 % of the mean, no slope: 90 + 100 + 110 about a mean of 100.
    ([90, 110, 100, 110, 90], true),
    ([110, 90, 100, 90, 110], true),
    ([100, 90, 100, 110, 100], true),
    ([100, 110, 100, 90, 100], true),
    ([90_000, 110_000, 100_000, 110_000, 90_000], true),
    // One more than 20.0 %.
    ([89_999, 110_000, 100_000, 110_000, 89_999], false),
    ([90_000, 110_001, 100_000, 110_001, 90_000], false),
    ([100_000, 110_001, 100_000, 89_999, 100_000], false),
    // One less than 20.0 %.
    ([90_001, 110_000, 100_000, 110_000, 90_001], true),
    ([90_000, 109_999, 100_000, 109_999, 90_000], true),
    // Slope exactly 10.0 %: steps of 2.5 about 100, scaled by ten.
    ([950, 975, 1000, 1025, 1050], true),
    ([1050, 1025, 1000, 975, 950], true),
    ([95_000, 97_500, 100_000, 102_500, 105_000], true),
    // Slope exactly 10.0 % by the two ends alone: 20·2·1250 = 50,000.
    ([9_375, 10_000, 10_000, 10_000, 10_625], true),
    ([10_625, 10_000, 10_000, 10_000, 9_375], true),
    // One more on one end, and the sum as it was.
    ([93_749, 100_000, 100_000, 100_000, 106_251], false),
    ([106_251, 100_000, 100_000, 100_000, 93_749], false),
    ([93_751, 100_000, 100_000, 100_000, 106_249], true),
    // One step more than 10.0 %, rising and falling.
    ([94_999, 97_500, 100_000, 102_500, 105_001], false),
    ([105_001, 102_500, 100_000, 97_500, 94_999], false),
    ([95_001, 97_500, 100_000, 102_500, 104_999], true),
    // Slope above its limit, range within: a slow decay that a range alone would pass.
    ([108, 104, 100, 96, 92], false),
    ([92, 96, 100, 104, 108], false),
    // Range above its limit, no slope: a saw.
    ([80, 120, 100, 120, 80], false),
    ([100, 85, 130, 85, 100], false),
    // A single outlier in the middle pulls no slope: 21 % of it is too much, 20 % not.
    ([100, 100, 126, 100, 100], false),
    ([100, 100, 125, 100, 100], false),
    ([96, 96, 116, 96, 96], true),
    ([97, 97, 117, 97, 97], true),
    // A fresh SSD that falls off its cache, and the tail of it.
    ([90_000, 70_000, 40_000, 30_000, 30_000], false),
    ([31_000, 30_000, 30_500, 29_800, 30_100], true),
    // A throttle of 800 seen by rounds of a slice more or less.
    ([800_000, 805_000, 800_000, 795_000, 800_000], true),
];

#[test]
fn the_window_agrees_with_the_definition_and_with_the_hand() {
    for (values, expected) in SERIES {
        assert_eq!(independent(values), expected, "independent: {values:?}");
        assert_eq!(Window::of(values).is_steady(), expected, "{values:?}");
    }
}

#[test]
fn the_shown_shares_are_above_their_limits_exactly_when_the_window_is_not_steady() {
    for (values, expected) in SERIES {
        let window = Window::of(values);
        let shown = window.range_ppm() <= 200_000 && window.slope_ppm() <= 100_000;
        assert_eq!(shown && window.sum > 0, expected, "{values:?} {window:?}");
    }
    assert_eq!(Window::of([90, 110, 100, 110, 90]).range_ppm(), 200_000);
    assert_eq!(Window::of([950, 975, 1000, 1025, 1050]).slope_ppm(), 100_000);
}

#[test]
fn values_at_the_end_of_the_range_do_not_overflow() {
    assert!(Window::of([u64::MAX; 5]).is_steady());
    let window = Window::of([0, 0, 0, u64::MAX, u64::MAX]);
    assert!(!window.is_steady());
    assert_eq!(window.range_ppm(), 2_500_000);
    assert_eq!(window.slope_ppm(), 3_000_000);
}

#[test]
fn rounds_are_steady_from_the_fifth_at_the_earliest() {
    let mut rounds = Rounds::default();
    for _ in 0..4 {
        assert_eq!(rounds.push(100), Progress::GoOn);
    }
    assert_eq!(rounds.push(100), Progress::Steady { round: 5 });
    assert_eq!(rounds.report().round, Some(5));
}

#[test]
fn a_device_that_never_settles_is_given_up_after_25_rounds() {
    let mut rounds = Rounds::default();
    for round in 1..=MOST_ROUNDS {
        let expected = if round < MOST_ROUNDS { Progress::GoOn } else { Progress::Never };
        assert_eq!(rounds.push(if round % 2 == 0 { 100 } else { 200 }), expected, "{round}");
    }
    let report = rounds.report();
    assert!(!report.steady && report.round.is_none() && report.rounds_milli.len() == 25);
    assert!(report.range_ppm > 200_000, "{report:?}");
}

#[test]
fn steady_at_the_25th_round_is_steady() {
    let falling = (0..20).map(|round| 10_000 >> (round / 2));
    let values: Vec<u64> = falling.chain([9, 9, 9, 9, 9]).collect();
    assert_eq!(Rounds::of(&values).progress(), Progress::Steady { round: 25 });
}

#[test]
fn leaving_steady_state_is_told_and_takes_the_result_with_it() {
    let mut rounds = Rounds::of(&[100, 100, 100, 100, 100, 101, 99]);
    assert_eq!(rounds.progress(), Progress::Steady { round: 5 });
    assert_eq!(rounds.push(60), Progress::Left { round: 5, at: 8 });
    for _ in 0..5 {
        rounds.push(60);
    }
    assert!(rounds.is_steady_now(), "steady again, lower");
    assert_eq!(rounds.progress(), Progress::Left { round: 5, at: 8 });
    let report = rounds.report();
    assert!(!report.steady);
    assert_eq!((report.round, report.left_at_round), (Some(5), Some(8)));
    assert_eq!(rounds.measured().unwrap().mean(), 100, "the window that was steady");
}

proptest! {
    #[test]
    fn any_window_agrees_with_the_definition(
        base in 1_u64..1_u64 << 40,
        off in prop::array::uniform5(0_u64..=260),
    ) {
        // Values near each other, so that both answers come up.
        let values = off.map(|off| base.saturating_mul(1000 - off) / 1000);
        prop_assert_eq!(Window::of(values).is_steady(), independent(values));
    }

    #[test]
    fn any_small_window_agrees_with_the_definition(values in prop::array::uniform5(0_u64..40)) {
        prop_assert_eq!(Window::of(values).is_steady(), independent(values));
    }
}
