//! Shapes of throttles as they were measured, and of devices that have none.

use std::collections::BTreeMap;

use super::*;
use crate::observed::SecondOf;
use crate::workload::Op;

fn windows(ios: &[u32]) -> Vec<Window> {
    ios.iter().map(|ios| Window { ios: *ios, bytes: u64::from(*ios) * 4096 }).collect()
}

fn seconds(count: usize, ios: u64, mean_ns: u64, p50_ns: u64) -> Vec<Second> {
    let max_ns = 100_000_000;
    let of = SecondOf { ios, sum_ns: ios * mean_ns, p50_ns, max_ns, ..SecondOf::default() };
    vec![Second { operations: BTreeMap::from([(Op::Read, of)]) }; count]
}

fn kind(windows: &[Window], seconds: &[Second]) -> String {
    of(windows, seconds, windows.len() as u64 * WINDOW_NS).unwrap().kind
}

#[test]
fn a_cgroup_cap_of_800_is_sliced_though_no_window_is_idle() {
    // Measured on zram, QD1: p50 6 µs, mean 1250 µs, 80 operations a slice of 100 ms.
    let shape = of(&windows(&[80; 50]), &seconds(5, 800, 1_250_000, 6_000), 5_000_000_000);
    let shape = shape.unwrap();
    assert_eq!((shape.kind.as_str(), shape.idle_ppm, shape.peak_iops), (SLICED, 0, 800));
}

#[test]
fn a_bucket_that_is_filled_once_a_second_is_sliced_by_its_idle_windows() {
    let mut ios = Vec::new();
    for _ in 0..10 {
        ios.extend([800, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    let shape = of(&windows(&ios), &[], 10_000_000_000).unwrap();
    assert_eq!((shape.kind.as_str(), shape.idle_ppm, shape.peak_iops), (SLICED, 900_000, 8_000));
}

#[test]
fn a_paced_cap_and_a_plain_device_are_smooth() {
    let paced = seconds(5, 800, 1_250_000, 1_250_000);
    assert_eq!(kind(&windows(&[80; 50]), &paced), SMOOTH);
    let nvme = seconds(5, 400_000, 79_000, 76_000);
    assert_eq!(kind(&windows(&[40_000; 50]), &nvme), SMOOTH);
}

#[test]
fn one_stall_makes_no_shape() {
    let mut all = seconds(30, 5_000, 200_000, 190_000);
    all[10] = seconds(1, 5_000, 200_000_000, 190_000).remove(0);
    let mut ios = vec![500; 300];
    ios[100..110].fill(0);
    assert_eq!(kind(&windows(&ios), &all), SMOOTH);
}

#[test]
fn a_slow_disk_with_idle_windows_by_chance_is_smooth() {
    let ios: Vec<u32> = (0..100).map(|at| u32::from(at % 3 != 0)).collect();
    assert_eq!(kind(&windows(&ios), &seconds(10, 6, 120_000_000, 118_000_000)), SMOOTH);
}

#[test]
fn a_mix_is_quick_only_where_its_slower_half_is() {
    let quick = SecondOf { ios: 500, sum_ns: 500 * 6_000, p50_ns: 6_000, ..SecondOf::default() };
    let slow = SecondOf { ios: 500, sum_ns: 500 * 500_000, p50_ns: 480_000, ..quick };
    let operations = BTreeMap::from([(Op::Read, quick), (Op::Write, slow)]);
    assert!(!is_quick(&Second { operations }));
}

#[test]
fn the_rules_hold_at_their_edges() {
    // A tenth of the windows idle, ten operations in the mean window.
    let edge = [100, 0, 0, 0, 0, 0, 0, 0, 0, 0].map(|n| if n == 100 { 0 } else { 12 });
    assert_eq!(kind(&windows(&edge), &[]), SLICED);
    assert_eq!(kind(&windows(&[0, 11, 11, 11, 11, 11, 11, 11, 11, 11]), &[]), SMOOTH, "9.9");
    assert_eq!(kind(&windows(&[&[0][..], &[12; 10]].concat()), &[]), SMOOTH, "1 of 11");
    // The median half of the mean, and a tenth of the longest; half of the seconds.
    let busy = windows(&[80; 20]);
    assert_eq!(kind(&busy, &seconds(2, 800, 1_000_000, 500_000)), SLICED);
    assert_eq!(kind(&busy, &seconds(2, 800, 1_000_000, 500_001)), SMOOTH);
    assert_eq!(kind(&busy, &seconds(2, 8, 20_000_000, 10_000_000)), SLICED);
    assert_eq!(kind(&busy, &seconds(2, 8, 20_000_002, 10_000_001)), SMOOTH);
    let mut half = seconds(2, 800, 1_000_000, 100_000);
    half[1] = seconds(1, 800, 1_000_000, 900_000).remove(0);
    assert_eq!(kind(&busy, &half), SLICED);
    half.extend(seconds(1, 800, 1_000_000, 900_000));
    assert_eq!(kind(&busy, &half), SMOOTH);
}

#[test]
fn a_cap_over_a_device_of_half_a_millisecond_is_sliced() {
    // 80 operations take 40 ms of a slice of 100 ms; the first of the next waits for it.
    assert_eq!(kind(&windows(&[80; 50]), &seconds(5, 800, 1_250_000, 500_000)), SLICED);
}

#[test]
fn a_window_that_the_end_cut_short_is_left_out() {
    let shape = of(&windows(&[80, 80, 3]), &[], 250_000_000).unwrap();
    assert_eq!(shape.ios, [80, 80]);
    assert_eq!(of(&windows(&[3]), &[], 50_000_000), None);
    assert_eq!(of(&[], &[], 1_000_000_000), None);
}
