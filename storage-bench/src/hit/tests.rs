//! Hit rates that are known, from counters and from latencies.

use std::collections::BTreeMap;

use super::*;
use crate::observed::Stream;
use crate::workload::BlockShare;

const CACHE: u64 = 200_000;
const DISK: u64 = 2_000_000;

fn load(distribution: Distribution) -> Spec {
    let blocks = vec![BlockShare { bytes: 8192, percent: 100 }];
    Spec {
        start_bytes: 0,
        span_bytes: 1 << 40,
        read_percent: 70,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Random { distribution, repeat: false },
        seed: 1,
    }
}

fn hot_cold() -> Spec {
    load(Distribution::HotCold { hot_bytes: 1 << 30, hot_percent: 70 })
}

fn stream(values: &[(u64, u64)]) -> Stream {
    let mut stream = Stream::default();
    for (value, times) in values {
        stream.service.record_n(*value, *times);
    }
    stream
}

fn reads(hot: &[(u64, u64)], cold: &[(u64, u64)]) -> Observed {
    let streams = BTreeMap::from([
        ((Op::Read, Region::Hot), stream(hot)),
        ((Op::Read, Region::Cold), stream(cold)),
    ]);
    Observed { streams, ..Observed::default() }
}

#[test]
fn counters_are_believed_before_latencies() {
    let counters = HitCounters {
        hits_before: 100,
        accesses_before: 200,
        hits_after: 807,
        accesses_after: 1200,
    };
    let seen = reads(&[(CACHE, 700)], &[(DISK, 300)]);
    let found = of(&hot_cold(), &seen, Some(counters)).unwrap();
    assert_eq!((found.evidenced_ppm, found.source.as_str()), (Some(707_000), COUNTERS));
    assert_eq!((found.requested_ppm, found.issued_ppm), (700_000, 700_000));
}

#[test]
fn counters_that_cannot_be_are_not_believed() {
    let good = HitCounters { hits_after: 7, accesses_after: 10, ..HitCounters::default() };
    for counters in [
        HitCounters { hits_before: 8, ..good },
        HitCounters { accesses_before: 11, ..good },
        HitCounters { hits_after: 11, ..good },
        HitCounters::default(),
    ] {
        assert_eq!(counted_ppm(counters), None, "{counters:?}");
    }
    assert_eq!(counted_ppm(good), Some(700_000));
}

#[test]
fn latencies_estimate_misses_of_the_hot_and_hits_of_the_cold_set() {
    // 2 % of the hot reads missed, 5 % of the cold ones hit: (686 + 15) of 1000.
    let seen = reads(&[(CACHE, 68_600), (DISK, 1_400)], &[(CACHE, 1_500), (DISK, 28_500)]);
    let found = of(&hot_cold(), &seen, None).unwrap();
    assert_eq!((found.evidenced_ppm, found.source.as_str()), (Some(701_000), ESTIMATED));
    // sqrt(70000·0.98·0.02 + 30000·0.05·0.95) = 52.9; 1.96 of it of 100,000 are 0.10 %.
    assert_eq!((found.low_ppm, found.high_ppm), (Some(699_963), Some(702_037)));
}

#[test]
fn regions_that_look_alike_evidence_nothing() {
    let seen = reads(&[(CACHE, 700)], &[(CACHE + CACHE / 2, 300)]);
    let found = of(&hot_cold(), &seen, None).unwrap();
    assert_eq!((found.evidenced_ppm, found.source.as_str()), (None, NONE));
    assert!(found.hot_p50_ns < found.cold_p50_ns);
    let nothing = of(&hot_cold(), &Observed::default(), None).unwrap();
    assert_eq!((nothing.source.as_str(), nothing.issued_ppm), (NONE, 0));
}

#[test]
fn a_load_without_a_hot_set_has_no_hit_rate() {
    assert_eq!(of(&load(Distribution::Uniform), &Observed::default(), None), None);
}
