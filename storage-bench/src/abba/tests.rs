//! Ratios that are known, drifts that have to cancel, and how often the interval is right.

use super::*;

/// What windows say where nothing else speaks against them.
fn compare(case: &str, windows: &[Window]) -> Result<Comparison, AbbaError> {
    numbers(windows)?;
    let about = About { case: case.to_owned(), ..About::default() };
    Ok(super::compare(about, windows, Vec::new(), Vec::new()))
}

fn window(iops: u64) -> Window {
    let second = Second { ios: iops, max_ns: 1_000 };
    let seconds = vec![second; 3];
    Window { milli_iops: iops * 1_000, p50_ns: 100_000, p99_ns: 900_000, seconds }
}

/// Blocks of the rates that `rate` gives for the number of the window and its side.
fn blocks(count: usize, mut rate: impl FnMut(usize, bool) -> u64) -> Vec<Window> {
    (0..count * 4).map(|at| window(rate(at, ORDER[at % 4]))).collect()
}

#[test]
fn no_effect_is_a_ratio_of_one() {
    let found = compare("c", &blocks(5, |_, _| 10_000)).unwrap();
    let one = Interval { low_ppm: 1_000_000, ratio_ppm: 1_000_000, high_ppm: 1_000_000 };
    assert_eq!((found.iops, found.p50, found.p99, found.kept), (one, one, one, true));
}

#[test]
fn a_steady_drift_cancels_within_each_block() {
    // The device loses a third of its rate over the test; snapshots cost nothing.
    let found = compare("c", &blocks(5, |at, _| 30_000 - 500 * at as u64)).unwrap();
    let one = Interval { low_ppm: 1_000_000, ratio_ppm: 1_000_000, high_ppm: 1_000_000 };
    assert_eq!(found.iops, one);
}

#[test]
fn the_limit_is_95_percent_at_the_lower_end() {
    let with = |rate: u64| blocks(6, move |_, with| if with { rate } else { 100_000 });
    assert!(compare("c", &with(95_000)).unwrap().kept);
    let below = compare("c", &with(94_999)).unwrap();
    assert_eq!((below.kept, below.iops.ratio_ppm), (false, 949_990));
    // The ratio of all is above, but the blocks do not agree.
    let torn = |at: usize, with: bool| match (with, (at / 4) % 2) {
        (false, _) => 100_000,
        (true, 0) => 80_000,
        (true, _) => 113_000,
    };
    let torn = compare("c", &blocks(6, torn)).unwrap();
    assert!(torn.iops.ratio_ppm > LEAST_IOPS_PPM && !torn.kept, "{torn:?}");
}

#[test]
fn latencies_are_compared_like_rates() {
    let mut windows = blocks(5, |_, _| 1_000);
    for (at, window) in windows.iter_mut().enumerate() {
        if ORDER[at % 4] {
            (window.p50_ns, window.p99_ns) = (110_000, 2_700_000);
        }
    }
    let found = compare("c", &windows).unwrap();
    assert_eq!((found.p50.ratio_ppm, found.p99.low_ppm), (1_100_000, 3_000_000));
}

#[test]
fn the_worst_second_is_found_on_its_side() {
    let mut windows = blocks(5, |_, _| 1_000);
    windows[9].seconds[2] = Second { ios: 7, max_ns: 800_000_000 };
    windows[12].seconds[0] = Second { ios: 3, max_ns: 5 };
    let found = compare("c", &windows).unwrap();
    let with = WorstSecond { block: 3, window: 2, second: 3, iops: 7, max_ns: 800_000_000 };
    let without = WorstSecond { block: 4, window: 1, second: 1, iops: 3, max_ns: 5 };
    assert_eq!((found.worst_second_with, found.worst_second_without), (with, without));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let four = compare("c", &blocks(5, |_, _| 9)[..19]);
    assert_eq!(four, Err(AbbaError::TooFew { blocks: 4 }));
    let idle = compare("c", &blocks(5, |at, with| u64::from(with || at / 4 != 2)));
    assert_eq!(idle, Err(AbbaError::Idle { block: 3 }));
}

#[test]
fn the_same_windows_give_the_same_interval() {
    let noisy = |at: usize, _| 10_000 + (at as u64 * 7_919) % 500;
    let (a, b) = (compare("c", &blocks(8, noisy)), compare("c", &blocks(8, noisy)));
    assert_eq!(a, b);
    let found = a.unwrap().iops;
    assert!(found.low_ppm < found.ratio_ppm && found.ratio_ppm < found.high_ppm, "{found:?}");
}

/// Counts in how many of 200 noisy tests the interval holds the true ratio of 97 %.
fn covered(count: usize) -> usize {
    let mut random = Random::new(count as u64);
    let mut normal = move || (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    let covers = |_: &usize| {
        let windows = blocks(count, |_, with| {
            let rate = if with { 97_000.0 } else { 100_000.0 };
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate")]
            return (rate * (1.0 + 0.02 * normal())) as u64;
        });
        let sums: Vec<Sides> =
            windows.as_chunks().0.iter().map(|block| Sides::of(block, |w| w.milli_iops)).collect();
        let found = interval(&sums);
        found.low_ppm <= 970_000 && 970_000 <= found.high_ppm
    };
    (0..200).filter(covers).count()
}

#[test]
fn the_interval_covers_the_truth_about_as_often_as_it_says() {
    let (five, ten) = (covered(5), covered(10));
    println!("covered of 200: {five} with 5 blocks, {ten} with 10");
    // Of 3,000 it is 91.9 and 94.1 %: 184 and 188 of 200, two standard deviations are 8.
    assert!(five >= 176, "{five}");
    assert!(ten >= 180, "{ten}");
}

#[test]
fn what_proves_nothing_is_never_kept_and_says_why() {
    let invalid = |windows: &[Window], hook: Vec<Hook>, doubts: Vec<Doubt>| {
        let found = super::compare(About::default(), windows, hook, doubts);
        assert_eq!((found.validity, found.kept), (Validity::Invalid, false), "{found:?}");
        let codes: Vec<String> = found.reasons.into_iter().map(|doubt| doubt.code).collect();
        codes.join(" ")
    };
    let five = blocks(5, |_, _| 10_000);
    assert_eq!(invalid(&five[..19], Vec::new(), Vec::new()), "too-few-blocks");
    assert_eq!(invalid(&blocks(5, |_, _| 0), Vec::new(), Vec::new()), "idle-block");
    let doubt = Doubt::new("steal", "", "");
    assert_eq!(invalid(&five, Vec::new(), vec![doubt]), "steal");
    let failed = Hook { failed: Some("exit 1: no space".to_owned()), ..Hook::default() };
    assert_eq!(invalid(&five, vec![Hook::default(), failed], Vec::new()), "hook-failed");
    let found = super::compare(About::default(), &five, vec![Hook::default()], Vec::new());
    assert_eq!((found.validity, found.kept, found.reasons.len()), (Validity::Valid, true, 0));
}
