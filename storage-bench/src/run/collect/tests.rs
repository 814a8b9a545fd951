//! The collector, with threads that exist on paper only.

use super::*;
use crate::run::Unwatched;

/// A tally of `ios` reads of 1 byte and `ns` nanoseconds in window `window`.
fn tally(ios: u64, ns: u64, window: usize) -> Vec<Tally> {
    let mut tally = Tally::default();
    tally.streams[0].service.record_n(ns, ios);
    tally.streams[0].bytes = ios;
    tally.windows[window] = Window { ios: u32::try_from(ios).unwrap(), bytes: ios };
    vec![tally]
}

fn closed(collector: &mut Collector) -> Vec<u64> {
    let mut all = Vec::new();
    while let Some(second) = collector.close_next(&mut Unwatched) {
        all.push(second.operations.get(&Op::Read).map_or(0, |of| of.ios));
    }
    all
}

const END: u64 = u64::MAX;

#[test]
fn a_second_is_closed_when_the_last_thread_is_through_it() {
    let mut collector = Collector::new(vec![vec![0], vec![0]], vec![0, 0]);
    collector.add(0, 0, 1, &mut tally(10, 100, 0));
    collector.add(0, 1, 2, &mut tally(20, 100, 0));
    assert_eq!(closed(&mut collector), Vec::<u64>::new());
    collector.add(1, 0, 1, &mut tally(1, 300, 9));
    assert_eq!(closed(&mut collector), [11]);
    collector.add(1, 1, END, &mut tally(2, 300, 9));
    assert_eq!(closed(&mut collector), [22]);
    collector.add(0, 2, END, &mut tally(3, 100, 1));
    assert_eq!(closed(&mut collector), [3]);
    let seen = collector.observed(&[(2_150_000_000, None)]).remove(0);
    assert_eq!(seen.seconds.len(), 3);
    let windows: Vec<u32> = seen.windows.iter().map(|window| window.ios).collect();
    let mut wanted = [0; 22];
    (wanted[0], wanted[9], wanted[10], wanted[19], wanted[21]) = (10, 1, 20, 2, 3);
    assert_eq!(windows, wanted);
    assert_eq!(seen.streams[&(Op::Read, crate::workload::Region::Hot)].service.count(), 36);
}

#[test]
fn seconds_in_which_nothing_happened_are_there() {
    let mut collector = Collector::new(vec![vec![0]], vec![0]);
    collector.add(0, 0, 4, &mut tally(5, 100, 0));
    assert_eq!(closed(&mut collector), [5, 0, 0, 0]);
    collector.add(0, 4, END, &mut tally(6, 100, 0));
    assert_eq!(closed(&mut collector), [6]);
    let seen = collector.observed(&[(4_010_000_000, None)]).remove(0);
    assert_eq!((seen.seconds.len(), seen.windows.len()), (5, 41));
}

#[test]
fn the_percentiles_of_a_second_are_those_of_all_threads_together() {
    let mut collector = Collector::new(vec![vec![0], vec![0]], vec![0, 0]);
    collector.add(0, 0, END, &mut tally(990, 100, 0));
    collector.add(1, 0, END, &mut tally(10, 90_000, 0));
    let second = collector.close_next(&mut Unwatched).unwrap().operations[&Op::Read];
    assert_eq!((second.ios, second.p50_ns, second.p99_ns), (1000, 100, 100));
    assert!(second.p99_9_ns > 89_000 && second.max_ns == 90_000);
    assert_eq!(second.sum_ns, 990 * 100 + 10 * 90_000);
}

#[test]
fn what_came_right_after_the_end_has_no_window_of_its_own() {
    let mut collector = Collector::new(vec![vec![0]], vec![0]);
    collector.add(0, 0, END, &mut tally(5, 100, 9));
    assert_eq!(closed(&mut collector), [5]);
    let runtime = 1_000_000_000;
    let seen = collector.observed(&[(runtime + 3_000_000, Some(runtime))]).remove(0);
    assert_eq!((seen.windows.len(), seen.seconds.len()), (10, 1));
    assert_eq!(seen.elapsed_ns, 1_003_000_000);
}

#[test]
fn tallies_come_back_empty_and_memory_is_used_again() {
    let mut collector = Collector::new(vec![vec![0]], vec![0]);
    let mut tallies = tally(5, 100, 0);
    for second in 0..100 {
        tallies[0].streams[0].service.record(1);
        collector.add(0, second, second + 1, &mut tallies);
        assert_eq!(tallies[0].streams[0].service.count(), 0);
        assert_eq!(tallies[0].windows, [Window::default(); 10]);
        assert_eq!(closed(&mut collector).len(), 1);
    }
    assert_eq!(collector.idle.len() + collector.open.len(), 1);
}

#[test]
fn latencies_of_each_second_are_kept_where_asked_and_add_up() {
    let mut collector = Collector::new(vec![vec![0]], vec![0]).keeping(true);
    collector.add(0, 0, 2, &mut tally(10, 100, 0));
    collector.add(0, 2, END, &mut tally(5, 900, 0));
    assert_eq!(closed(&mut collector), [10, 0, 5]);
    let seen = collector.observed(&[(2_500_000_000, None)]).remove(0);
    let mut sum = Histogram::new();
    for of in seen.latencies.iter().filter_map(|second| second.get(&Op::Read)) {
        sum.merge(&Histogram::decode(of).unwrap());
    }
    assert_eq!(sum, seen.streams.values().next().unwrap().service);
    let counts: Vec<usize> = seen.latencies.iter().map(BTreeMap::len).collect();
    assert_eq!(counts, [1, 0, 1]);
}
