//! A run whose numbers can be worked out by hand.

use super::*;
use crate::workload::BlockShare;

fn histogram(values: &[(u64, u64)]) -> Histogram {
    let mut histogram = Histogram::new();
    for (value, times) in values {
        histogram.record_n(*value, *times);
    }
    histogram
}

fn spec(distribution: Distribution) -> Spec {
    let blocks = vec![BlockShare { bytes: 4096, percent: 100 }];
    Spec {
        start_bytes: 0,
        span_bytes: 1 << 30,
        read_percent: 70,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Random { distribution, repeat: false },
        seed: 1,
    }
}

fn context(mode: Mode, workload: Spec) -> Context {
    Context {
        id: "1".to_owned(),
        case: "ad-hoc".to_owned(),
        subject: Subject::default(),
        mode,
        workload,
        iodepth: 1,
        threads: 1,
        offered_iops: None,
        started_at: "2026-11-25T08:00:00Z".to_owned(),
        ramp_ns: 0,
        cap_iops: Some(800),
        steady: None,
        hit: None,
        reduction: None,
    }
}

/// 21,000 reads and 9,000 writes in 37.5 s: 800 a second, whole.
fn observed() -> Observed {
    let stream = |values: &[(u64, u64)]| {
        let service = histogram(values);
        Stream { bytes: service.count() * 4096, service }
    };
    Observed {
        elapsed_ns: 37_500_000_000,
        streams: BTreeMap::from([
            ((Op::Read, Region::Hot), stream(&[(100, 20_000)])),
            ((Op::Read, Region::Cold), stream(&[(100, 1_000)])),
            ((Op::Write, Region::Cold), stream(&[(50, 9_000)])),
        ]),
        windows: vec![observed::Window { ios: 80, bytes: 0 }; 375],
        errors: BTreeMap::from([((Op::Write, 5), 2), ((Op::Write, 28), 1)]),
        cost: observed::Cost {
            user_ns: 30_000_000,
            system_ns: 60_000_000,
            busiest_thread_ppm: 3,
            steal_ppm: 4,
        },
        ..Observed::default()
    }
}

#[test]
fn totals_add_up_and_rates_are_rounded_down() {
    let found = run(context(Mode::Latency, spec(Distribution::Uniform)), &observed(), Vec::new());
    assert_eq!((found.all.ios, found.all.iops, found.all.milli_iops), (30_000, 800, 800_000));
    assert_eq!(found.all.bytes_per_s, 800 * 4096);
    let (read, write) = (found.read.unwrap(), found.write.unwrap());
    assert_eq!((read.ios, read.iops, read.errors), (21_000, 560, 0));
    assert_eq!((write.ios, write.iops, write.errors, found.all.errors), (9_000, 240, 3, 3));
    assert_eq!((write.milli_iops, found.trim), (240_000, None));
    assert_eq!((found.hot, found.cold), (None, None), "the load has no regions");
    assert_eq!((found.cost.cpu_per_io_ns, found.cost.user_per_io_ns), (3_000, 1_000));
    let cap = found.cap.unwrap();
    assert_eq!((cap.reached, cap.kept, cap.reached_iops), (true, true, 800));
}

#[test]
fn regions_are_told_apart_where_the_load_has_them() {
    let hot_cold = Distribution::HotCold { hot_bytes: 1 << 20, hot_percent: 70 };
    let found = run(context(Mode::Throughput, spec(hot_cold)), &observed(), Vec::new());
    let (hot, cold) = (found.hot.unwrap(), found.cold.unwrap());
    assert_eq!((hot.ios, cold.ios, cold.errors), (20_000, 10_000, 0));
    assert!(hot.service.batch_reaped, "throughput mode");
}

#[test]
fn a_percentile_is_given_where_enough_operations_stand_behind_it() {
    for (count, given) in [
        (999, [false, false, false]),
        (1_000, [true, false, false]),
        (9_999, [true, false, false]),
        (10_000, [true, true, false]),
        (99_999, [true, true, false]),
        (100_000, [true, true, true]),
    ] {
        let found = latency(&histogram(&[(7, count)]), false);
        let is = [found.p99_ns, found.p99_9_ns, found.p99_99_ns].map(|p| p == Some(7));
        assert_eq!(is, given, "{count}");
    }
}

#[test]
fn the_deviation_is_that_of_all_values() {
    // Two values about a mean of 60, each 40 off.
    assert_eq!(latency(&histogram(&[(20, 5), (100, 5)]), false).stddev_ns, 40);
    assert_eq!(latency(&histogram(&[(77, 9)]), false).stddev_ns, 0);
    assert_eq!(latency(&histogram(&[]), false), Latency::default());
    let hours = 3_600_000_000_000;
    let found = latency(&histogram(&[(0, 1 << 40), (hours, 1 << 40)]), false);
    assert!(found.stddev_ns.abs_diff(hours / 2) < hours / 500, "{found:?}");
    assert!(latency(&histogram(&[(0, u64::MAX / 2), (u64::MAX, 3)]), false).stddev_ns > 0);
}

#[test]
fn an_open_loop_shows_what_was_due_and_what_came() {
    let open = observed::OpenLoop {
        offered: 37_500,
        response: BTreeMap::from([
            (Op::Read, histogram(&[(100, 7)])),
            (Op::Write, histogram(&[(50, 3)])),
        ]),
        lateness: histogram(&[(9, 2)]),
        backlog_max: 12,
        backlog_end: 4,
    };
    let observed = Observed { open_loop: Some(open), ..observed() };
    let found = run(context(Mode::Rate, spec(Distribution::Uniform)), &observed, Vec::new());
    let open = found.open_loop.unwrap();
    assert_eq!((open.offered_iops, open.achieved_iops), (1_000, 800));
    assert_eq!((open.response.count, open.response.mean_ns, open.lateness.count), (10, 85, 2));
    assert_eq!((open.backlog_max, open.backlog_end), (12, 4));
}

#[test]
fn any_doubt_makes_a_run_invalid() {
    let doubts = vec![Doubt::new("io-errors", "出错", "errors")];
    let found = run(context(Mode::Latency, spec(Distribution::Uniform)), &observed(), doubts);
    assert_eq!((found.validity, found.reasons.len()), (Validity::Invalid, 1));
}

#[test]
fn a_run_that_never_began_divides_by_nothing() {
    let found =
        run(context(Mode::Latency, spec(Distribution::Uniform)), &Observed::default(), Vec::new());
    assert_eq!(found.all, Totals::default());
    assert_eq!((found.shape, found.cap, found.read), (None, None, None));
}

#[test]
fn a_second_keeps_what_it_saw() {
    let seen =
        observed::SecondOf { ios: 4, bytes: 16, sum_ns: 10, p50_ns: 2, ..Default::default() };
    let found = second(&observed::Second { operations: BTreeMap::from([(Op::Trim, seen)]) });
    assert_eq!((found.of[0].op, found.of[0].mean_ns, found.of[0].moved_bytes), (Op::Trim, 2, 16));
}

#[test]
fn a_reduction_is_what_was_written_over_what_it_took() {
    let milli = |written, used| Reduction::of(written, used).map(|found| found.reported_milli);
    assert_eq!(milli(4_000, 2_000), Some(2_000));
    assert_eq!(milli(1_050, 1_000), Some(1_050));
    assert_eq!(milli(5, 0), None, "the array has not counted yet");
    assert_eq!(milli(u64::MAX, 1), Some(u32::MAX));
}
