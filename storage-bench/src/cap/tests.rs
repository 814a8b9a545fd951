//! Both readings at their edges, and the slice too many of a short run.

use proptest::prelude::*;

use super::*;
use crate::shape::SMOOTH;

fn windows(ios: &[u32]) -> Vec<Window> {
    ios.iter().map(|ios| Window { ios: *ios, bytes: 0 }).collect()
}

fn cap(target: u64, ios: &[u32], shape: &str) -> Cap {
    of(target, &windows(ios), ios.len() as u64 * WINDOW_NS, shape).unwrap()
}

#[test]
fn a_cap_is_reached_at_99_percent_over_60_seconds() {
    // 60 s at 800 are 48,000; 99 % of it are 47,520: 79.2 a window.
    let mut ios = vec![79; 600];
    ios[..120].fill(80);
    let exact = cap(800, &ios, SMOOTH);
    assert!(exact.reached && exact.reached_over_ns == REACHED_OVER_NS, "{exact:?}");
    ios[0] = 79;
    assert!(!cap(800, &ios, SMOOTH).reached, "one operation short");
}

#[test]
fn a_cap_is_kept_at_102_percent_over_any_10_seconds() {
    // 10 s at 800 are 8,000; 102 % of it are 8,160: 60 windows of 82, 40 of 81.
    let mut ios = vec![78; 900];
    ios[400..460].fill(82);
    ios[460..500].fill(81);
    let exact = cap(800, &ios, SMOOTH);
    assert_eq!((exact.kept, exact.busiest_iops), (true, 816));
    ios[450] += 1;
    let over = cap(800, &ios, SMOOTH);
    assert_eq!((over.kept, over.busiest_over_ns), (false, KEPT_OVER_NS));
}

#[test]
fn a_burst_is_seen_wherever_it_begins() {
    for start in 0..800 {
        let mut ios = vec![80; 900];
        ios[start..start + 100].fill(90);
        assert!(!cap(800, &ios, SMOOTH).kept, "{start}");
    }
}

#[test]
fn the_best_60_seconds_of_a_longer_run_count() {
    let mut ios = vec![40; 900];
    ios[200..800].fill(80);
    let found = cap(800, &ios, SMOOTH);
    assert_eq!((found.reached, found.reached_iops), (true, 800));
}

#[test]
fn a_shorter_run_counts_whole_and_says_so() {
    let found = cap(800, &[80; 300], SMOOTH);
    assert!(found.reached && found.kept);
    assert_eq!(found.reached_over_ns, 30_000_000_000);
    let five = cap(800, &[80; 50], SMOOTH);
    assert_eq!((five.reached_over_ns, five.busiest_over_ns), (5_000_000_000, 5_000_000_000));
}

#[test]
fn a_short_run_is_cut_to_whole_slices_where_the_pauses_show() {
    // Slices of 500 ms with 400 operations: eleven of them began within 5 s and a bit.
    let ios: Vec<u32> = (0..51).map(|at| if at % 5 == 0 { 400 } else { 0 }).collect();
    let cut = cap(800, &ios, SLICED);
    assert_eq!((cut.whole_slices, cut.reached_iops, cut.slice_error_ppm), (true, 800, 0));
    assert!(cut.reached && cut.kept);
    let uncut = cap(800, &ios, SMOOTH);
    assert!(!uncut.kept, "one slice too many is 8 %: {uncut:?}");
}

#[test]
fn slices_as_long_as_a_window_are_told_by_their_share() {
    // Measured: 800 IOPS by cgroup, QD1, 5 s: 51 slices of 80, 815.6 IOPS.
    let mut ios = vec![80; 50];
    ios[49] = 158;
    let five = cap(800, &ios, SLICED);
    assert_eq!((five.whole_slices, five.reached_iops), (false, 815));
    assert_eq!(five.slice_error_ppm, 80 * 1_000_000 / 4_078);
    let sixty = cap(800, &[80; 600], SLICED);
    assert_eq!((sixty.slice_error_ppm, sixty.whole_slices), (1_666, false));
}

#[test]
fn a_run_without_a_window_has_no_cap() {
    assert_eq!(of(800, &[], 60_000_000_000, SMOOTH), None);
    assert_eq!(of(800, &windows(&[9]), 99_999_999, SMOOTH), None);
    let nothing = cap(800, &[0; 600], SMOOTH);
    assert!(!nothing.reached && nothing.kept);
}

proptest! {
    #[test]
    fn the_busiest_stretch_is_that_of_looking_at_each(
        ios in prop::collection::vec(0_u32..1000, 1..60),
        length in 1_usize..20,
    ) {
        let length = length.min(ios.len());
        let sums = ios.windows(length).map(|stretch| stretch.iter().sum::<u32>());
        let found = busiest(&windows(&ios), length as u64 * WINDOW_NS).unwrap();
        prop_assert_eq!(found.ios, u64::from(sums.max().unwrap()));
    }
}
