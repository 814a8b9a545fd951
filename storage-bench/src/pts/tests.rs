//! Whole tests run against devices that are functions of the round.

use super::*;
use crate::measurement::Latency;
use crate::workload::Order;

const GIB: u64 = 1 << 30;

fn totals(value: u64) -> Totals {
    Totals {
        milli_iops: value,
        bytes_per_s: value,
        service: Latency { mean_ns: value, max_ns: value * 3, ..Latency::default() },
        ..Totals::default()
    }
}

/// Runs a test to its end on a device that gives `value` for the round and the cell, and
/// returns it with the cells in the order they ran.
fn run(options: Options, value: impl Fn(usize, Cell) -> u64) -> (Pts, Vec<Cell>) {
    let mut test = Pts::new(options).unwrap();
    let mut ran = Vec::new();
    for _ in 0..100_000 {
        match test.next() {
            Step::Purge => test.purged(Some("format".to_owned())).unwrap(),
            Step::Precondition { write_bytes, .. } => {
                let wrote = Totals { moved_bytes: write_bytes, ..Totals::default() };
                test.preconditioned(&wrote).unwrap();
            }
            Step::Cell { round, cell, .. } => {
                ran.push(cell);
                test.record(cell, &totals(value(round, cell)), &[]).unwrap();
            }
            Step::Done => return (test, ran),
        }
    }
    panic!("the test never ends");
}

#[test]
fn the_iops_test_runs_56_cells_a_round_in_the_order_of_the_specification() {
    let (test, ran) = run(Options::standard(Test::Iops, 64 * GIB, 512), |_, _| 1_000);
    assert_eq!(ran.len(), 56 * 5);
    let head: Vec<String> = ran.iter().take(9).map(ToString::to_string).collect();
    assert_eq!(head[0], "100/0 1 MiB");
    assert_eq!((head[7].as_str(), head[8].as_str()), ("100/0 512 B", "95/5 1 MiB"));
    let report = test.report();
    assert!(report.steady && report.reasons.is_empty(), "{:?}", report.reasons);
    assert_eq!((report.part.len(), report.part[0].rounds), (1, 5));
    assert_eq!((report.part[0].table.len(), report.part[0].window.len()), (56, 3));
    assert_eq!(report.part[0].convergence.len(), 8, "0/100 in all sizes");
}

#[test]
fn a_round_is_judged_whole_and_every_tracked_value_has_to_be_steady() {
    // The read settles at round 8 only; the writes are flat from the start.
    let value = |round: usize, cell: Cell| match (cell.read_percent, round) {
        (100, 1..=3) => 4_000_000 >> round,
        _ => 100_000,
    };
    let (test, ran) = run(Options::standard(Test::Iops, 64 * GIB, 512), value);
    assert_eq!(ran.len(), 56 * 8);
    assert_eq!(test.report().part[0].rounds, 8);
}

#[test]
fn a_device_that_never_settles_ends_after_25_rounds_and_says_so() {
    let value = |round: usize, _| if round.is_multiple_of(2) { 100 } else { 900 };
    let (test, ran) = run(Options::standard(Test::Latency, 64 * GIB, 512), value);
    assert_eq!(ran.len(), 9 * 25);
    let report = test.report();
    assert!(!report.steady && !report.part[0].window[0].steady.steady);
    assert_eq!(report.reasons.len(), 1);
    assert_eq!(report.reasons[0].code, "not-steady");
}

#[test]
fn the_throughput_test_purges_and_preconditions_for_each_size() {
    let mut test = Pts::new(Options::standard(Test::Throughput, 64 * GIB, 4096)).unwrap();
    let mut blocks = Vec::new();
    loop {
        match test.next() {
            Step::Purge => test.purged(None).unwrap(),
            Step::Precondition { workload, write_bytes, .. } => {
                assert_eq!((write_bytes, workload.read_percent), (128 * GIB, 0));
                blocks.push(workload.write_blocks[0].bytes);
                let wrote = Totals { moved_bytes: write_bytes, ..Totals::default() };
                test.preconditioned(&wrote).unwrap();
            }
            Step::Cell { cell, workload, .. } => {
                assert_eq!(workload.order, Order::Sequential);
                test.record(cell, &totals(7), &[]).unwrap();
            }
            Step::Done => break,
        }
    }
    assert_eq!(blocks, [128 << 10, 1 << 20]);
    let report = test.report();
    assert_eq!(report.part.len(), 2);
    let codes: Vec<&str> = report.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!(codes, ["not-purged", "not-purged"]);
}

#[test]
fn the_latency_test_has_one_operation_in_flight_and_one_thread() {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    test.purged(None).unwrap();
    test.preconditioned(&Totals::default()).unwrap();
    let Step::Cell { iodepth, threads, mode, runtime_ns, .. } = test.next() else { panic!() };
    assert_eq!((iodepth, threads, mode), (1, 1, Mode::Latency));
    assert_eq!(runtime_ns, 60_000_000_000);
}

#[test]
fn cells_smaller_than_a_block_are_left_out_and_named() {
    let (test, ran) = run(Options::standard(Test::Iops, 64 * GIB, 4096), |_, _| 5);
    assert_eq!(ran.len(), 49 * 5);
    let left_out = &test.report().part[0].left_out;
    assert!(left_out.len() == 7 && left_out.iter().all(|cell| cell.block_bytes == 512));
    let large = Pts::new(Options::standard(Test::Latency, 64 * GIB, 8192));
    assert_eq!(large.unwrap_err(), PtsError::NoTracked { block_bytes: 8192 });
}

#[test]
fn fast_is_smaller_and_says_so() {
    let options = Options::fast(Test::Iops, 64 * GIB, 512);
    assert_eq!((options.span_bytes, options.precondition_bytes()), (GIB, GIB));
    let (test, ran) = run(options, |_, _| 5);
    assert_eq!(ran.len(), 9 * 5);
    let report = test.report();
    assert!(report.fast && report.part[0].window.len() == 3);
    assert_eq!(report.reasons[0].code, "reduced");
    assert_eq!(test.outlook().least_ns, 9 * 5 * 5_000_000_000);
}

#[test]
fn the_outlook_is_that_of_the_whole_test_wherever_it_stands() {
    let mut test = Pts::new(Options::standard(Test::Iops, 64 * GIB, 512)).unwrap();
    let outlook = test.outlook();
    assert_eq!((outlook.cells, outlook.precondition_bytes), (56, 128 * GIB));
    let hours = |ns: u64| ns / 60_000_000_000;
    assert_eq!((hours(outlook.least_ns), hours(outlook.most_ns)), (56 * 5, 56 * 25), "minutes");
    assert_eq!(test.most_left_ns(), outlook.most_ns);
    test.purged(None).unwrap();
    assert_eq!(test.outlook(), outlook);
    let started = after_cells(9 + 4);
    assert_eq!(hours(started.most_left_ns()), 9 * 25 - 13, "minutes");
    assert_eq!(run(Options::fast(Test::Latency, GIB, 512), |_, _| 1).0.most_left_ns(), 0);
}

#[test]
fn what_was_not_asked_is_refused_and_changes_nothing() {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    let (first, other) = (test.now.part().cells[0], test.now.part().cells[1]);
    assert!(test.preconditioned(&Totals::default()).is_err());
    let early = test.record(first, &totals(1), &[]).unwrap_err();
    let expected = "the test waits for a purge, not for cell 100/0 8 KiB";
    assert_eq!(early.to_string(), expected);
    test.purged(None).unwrap();
    assert!(test.purged(None).is_err());
    test.preconditioned(&Totals::default()).unwrap();
    assert!(test.record(other, &totals(1), &[]).is_err());
    assert!(matches!(test.next(), Step::Cell { round: 1, cell, .. } if cell == first));
    let (mut done, _) = run(Options::fast(Test::Throughput, GIB, 512), |_, _| 1);
    assert!(done.record(first, &totals(1), &[]).is_err() && done.purged(None).is_err());
}

#[test]
fn the_window_is_drawn_with_its_limits_and_its_line() {
    let value = |round: usize, _| [950, 975, 1_000, 1_025, 1_050][round - 1] * 1_000;
    let (test, _) = run(Options::standard(Test::Latency, 64 * GIB, 512), value);
    let report = test.report();
    let window = &report.part[0].window[0];
    assert_eq!((window.first_round, window.mean_milli), (1, 1_000_000));
    assert_eq!((window.lower_milli, window.upper_milli), (900_000, 1_100_000));
    assert_eq!((window.line_from_milli, window.line_to_milli), (950_000, 1_050_000));
    assert_eq!(window.steady.slope_ppm, 100_000);
    let row = &report.part[0].table[0];
    assert_eq!((row.mean_milli, row.max_ns), (1_000_000, 3_150_000));
}

#[test]
fn a_target_too_small_is_refused() {
    let small = Pts::new(Options::standard(Test::Iops, 16 << 20, 512));
    assert!(small.is_ok());
    let error = Pts::new(Options::standard(Test::Iops, (16 << 20) - 1, 512)).unwrap_err();
    assert!(matches!(error, PtsError::TooSmall { .. }) && error.hint().is_some());
}

#[test]
fn a_report_before_the_end_is_marked() {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    assert_eq!(test.report().reasons[0].code, "ended-early");
    test.purged(Some("sanitize".to_owned())).unwrap();
    assert!(test.report().part[0].table.is_empty());
}

/// Takes the next step of a test, as [`run`] does.
fn step(test: &mut Pts, value: u64) {
    match test.next() {
        Step::Purge => test.purged(Some("format".to_owned())).unwrap(),
        Step::Precondition { write_bytes, .. } => {
            let wrote = Totals { moved_bytes: write_bytes, ..Totals::default() };
            test.preconditioned(&wrote).unwrap();
        }
        Step::Cell { cell, .. } => test.record(cell, &totals(value), &[]).unwrap(),
        Step::Done => panic!("the test is done"),
    }
}

/// Returns the latency test after its preconditioning and so many cells.
fn after_cells(cells: usize) -> Pts {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    for _ in 0..2 + cells {
        step(&mut test, 100);
    }
    test
}

#[test]
fn no_window_spans_an_interruption_and_the_test_goes_on_at_its_cell() {
    // Two whole rounds of nine cells, and four cells of the third.
    let mut test = after_cells(2 * 9 + 4);
    let Step::Cell { round, cell, .. } = test.next() else { panic!() };
    test.resume("2026-11-25T09:00:00Z", true);
    assert!(matches!(test.next(), Step::Cell { round: r, cell: c, .. } if (r, c) == (round, cell)));
    while test.next() != Step::Done {
        step(&mut test, 100);
    }
    // Rounds 1 to 3 count for no window.
    let report = test.report();
    assert_eq!((report.part[0].rounds, report.part[0].steady_round), (8, Some(8)));
    assert!(report.steady && report.reasons.is_empty(), "{:?}", report.reasons);
    let was = &report.interruption[0];
    assert_eq!((was.part, was.round, was.continued), (1, 3, true));
}

#[test]
fn a_round_that_is_not_complete_is_in_no_picture() {
    let mut test = after_cells(0);
    for at in 0..5 * 9 + 4 {
        step(&mut test, if (at / 9) % 2 == 0 { 1 } else { 1_000 });
    }
    let report = test.report();
    let part = &report.part[0];
    assert_eq!((part.rounds, part.window[0].first_round), (5, 1));
    let counts = part.convergence.iter().map(|line| line.rounds_milli.len());
    assert!(counts.chain([part.window[0].steady.rounds_milli.len()]).all(|count| count == 5));
}

#[test]
fn a_device_that_was_used_begins_anew_purge_included() {
    let mut test = after_cells(2 * 9 + 4);
    test.resume("2026-11-25T09:00:00Z", false);
    assert_eq!(test.next(), Step::Purge);
    let report = test.report();
    assert!(!report.interruption[0].continued && report.part[0].rounds == 0);
    // So does one that has too few rounds left for a window of its own.
    let mut late = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    for at in 0..2 + 21 * 9 {
        step(&mut late, if (at / 9) % 2 == 0 { 1 } else { 1_000 });
    }
    assert!(matches!(late.next(), Step::Cell { round: 22, .. }));
    late.resume("2026-11-25T09:00:00Z", true);
    assert_eq!(late.next(), Step::Purge);
}

#[test]
fn a_test_that_is_done_or_not_begun_has_no_interruption() {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    test.resume("2026-11-25T09:00:00Z", false);
    assert!(test.is_fresh() && test.report().interruption.is_empty());
    let (mut done, _) = run(Options::fast(Test::Latency, GIB, 512), |_, _| 1);
    let report = done.report();
    done.resume("2026-11-25T09:00:00Z", false);
    assert_eq!(done.report(), report);
}

#[test]
fn a_device_that_leaves_steady_state_while_it_is_watched_is_no_result() {
    let options = Options { watch_rounds: 3, ..Options::standard(Test::Latency, 64 * GIB, 512) };
    let (calm, ran) = run(options.clone(), |_, _| 100);
    assert_eq!(ran.len(), 9 * 8);
    assert!(calm.report().steady && calm.report().part[0].left_at_round.is_none());
    // Its fast cells run out after the window.
    let (left, _) = run(options, |round, _| if round <= 6 { 100 } else { 400 });
    let report = left.report();
    assert_eq!((report.part[0].steady_round, report.part[0].left_at_round), (Some(5), Some(7)));
    assert!(!report.steady && report.reasons[0].code == "left-steady-state");
    assert_eq!(report.part[0].table[0].mean_milli, 100, "the window's");
}

#[test]
fn doubts_of_rounds_outside_the_window_touch_nothing_but_errors_do() {
    let mut test = Pts::new(Options::standard(Test::Latency, 64 * GIB, 512)).unwrap();
    let doubt = |code: &str| Doubt::new(code, "中", "en");
    while test.next() != Step::Done {
        let Step::Cell { round, cell, .. } = test.next() else {
            step(&mut test, 1);
            continue;
        };
        let doubts = match round {
            1 => vec![doubt("steal"), doubt("io-errors")],
            4 => vec![doubt("cpu-bound")],
            _ => Vec::new(),
        };
        // Steady from round 6 on: its window is 2 to 6.
        let value = if round == 1 { 1_000 } else { 100 };
        test.record(cell, &totals(value), &doubts).unwrap();
    }
    let report = test.report();
    let codes: Vec<&str> = report.reasons.iter().map(|reason| reason.code.as_str()).collect();
    assert_eq!((report.part[0].steady_round, codes), (Some(6), vec!["io-errors", "cpu-bound"]));
}
