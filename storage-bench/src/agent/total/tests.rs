//! A small run of two agents, added up by hand.

use std::collections::BTreeMap;

use super::*;
use crate::agent::controller::Loss;
use crate::agent::message::{Delta, Report};
use crate::measurement::Subject;
use crate::workload::Region;

fn histogram(values: &[u64]) -> Histogram {
    let mut histogram = Histogram::new();
    for value in values {
        histogram.record(*value);
    }
    histogram
}

fn part(started_ns: u64, seconds: &[&[u64]], user_ns: u64) -> Part {
    let delta = |values: &&[u64]| {
        let bytes = 4096 * values.len() as u64;
        let service = histogram(values).encode();
        vec![Delta { op: Op::Read, region: Region::Hot, bytes, service }]
    };
    let engine = EngineUsed { name: "libaio".to_owned(), ..EngineUsed::default() };
    let subject = Subject { path: "/dev/sdb".to_owned(), ..Subject::default() };
    let report = Report { subject, engine, user_ns, busiest_thread_ppm: 7, ..Report::default() };
    Part {
        started_ns,
        stopped_ns: started_ns + seconds.len() as u64 * SECOND_NS,
        ramp_ns: 0,
        seconds: (0..).zip(seconds.iter().map(delta)).collect(),
        report: Box::new(report),
    }
}

#[test]
fn the_system_is_the_common_window_and_each_client_stands_beside_it() {
    let one = part(0, &[&[10, 20], &[30], &[40, 50, 60]], 600);
    let two = part(1000, &[&[1], &[2], &[3], &[4]], 400);
    let clock = Clock { offset_ns: 5_000_000, error_ns: 100 };
    let later = Clock { offset_ns: 5_000_900, error_ns: 300 };
    let outcome = Outcome {
        window: crate::agent::window::common(&[one.clone(), two.clone()]),
        parts: vec![Some(one), None, Some(two)],
        losses: BTreeMap::from([(1, Loss::Silent)]),
        clocks: vec![Some((clock, later)), None, None],
        devices: vec![Vec::new(); 3],
        doubts: Vec::new(),
    };
    let names = ["a", "b", "c"].map(str::to_owned);
    let Total { observed, clients } = total(&names, &outcome).unwrap();
    // [1000 ns, 3 s): the second 0 of the first began before it, so 1 and 2 count, but the
    // second's 2 is whole only after the first has stopped.
    assert_eq!(outcome.window, Some(1..2));
    assert_eq!((clients.first_s, clients.window_s), (1, 1));
    let stream = &observed.streams[&(Op::Read, Region::Hot)];
    assert_eq!(stream.service, histogram(&[30, 2]));
    assert_eq!(clients.stream[0].histogram, stream.service.encode());
    assert_eq!(observed.elapsed_ns, SECOND_NS);
    assert_eq!(observed.seconds.len(), 1);
    assert_eq!(observed.seconds[0].operations[&Op::Read].ios, 2);
    // 2 of the 10 operations: a fifth of the 1000 ns.
    assert_eq!(observed.cost.user_ns, 200);
    assert_eq!(observed.engine.name, "libaio");
    let [a, b, c] = &clients.client[..] else { panic!("{clients:?}") };
    assert_eq!((a.ios, a.share_ppm, a.own_iops, a.own_s), (1, 500_000, 2, 3));
    assert_eq!((c.ios, c.began_after_ns, c.own_s), (1, 1000, 4));
    assert_eq!(
        (a.clock_offset_us, a.clock_error_ns, a.clock_moved_ns),
        (Some(5000), Some(300), Some(900))
    );
    assert!(b.lost && b.ios == 0 && b.clock_offset_us.is_none() && !c.lost);
    assert_eq!(clients.own_iops, 2 + 1);
}

#[test]
fn where_nothing_ran_together_there_is_no_number() {
    let outcome = Outcome {
        parts: vec![None],
        losses: BTreeMap::new(),
        clocks: vec![None],
        devices: vec![Vec::new()],
        window: None,
        doubts: Vec::new(),
    };
    let Total { observed, clients } = total(&["a".to_owned()], &outcome).unwrap();
    assert_eq!((observed.elapsed_ns, clients.window_s, clients.client[0].ios), (0, 0, 0));
    assert!(observed.streams.is_empty() && clients.stream.is_empty());
}
