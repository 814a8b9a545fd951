//! Differences that are there are called so, chance is not, and unlike loads are refused.

use super::*;
use crate::measurement::{Doubt, Subject};
use crate::observed::{self, Observed, Stream};
use crate::random::Random;
use crate::summary::{Context, run};
use crate::workload::{Order, Region, Spec};

/// A run of reads with so many operations and such a 99th percentile in each second.
fn sample(case: &str, seconds: &[(u64, u64)]) -> Run {
    let ios: u64 = seconds.iter().map(|(ios, _)| ios).sum();
    let mut stream = Stream { bytes: ios * 4096, ..Stream::default() };
    for (ios, p99) in seconds {
        stream.service.record_n(p99 / 2, ios - ios / 50);
        stream.service.record_n(*p99, ios / 50);
    }
    let second = |(ios, p99): &(u64, u64)| {
        let of = observed::SecondOf {
            ios: *ios,
            bytes: ios * 4096,
            sum_ns: ios * p99 / 2,
            p50_ns: p99 / 2,
            p99_ns: *p99,
            p99_9_ns: *p99,
            max_ns: *p99,
            ..observed::SecondOf::default()
        };
        observed::Second { operations: [(Op::Read, of)].into() }
    };
    let observed = Observed {
        elapsed_ns: seconds.len() as u64 * 1_000_000_000,
        streams: [((Op::Read, Region::Hot), stream)].into(),
        seconds: seconds.iter().map(second).collect(),
        ..Observed::default()
    };
    let blocks = vec![BlockShare { bytes: 4096, percent: 100 }];
    let context = Context {
        id: "1".to_owned(),
        case: case.to_owned(),
        subject: Subject::default(),
        mode: Mode::Latency,
        workload: Spec {
            start_bytes: 0,
            span_bytes: 1 << 30,
            read_percent: 100,
            trim: false,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            align_bytes: 0,
            order: Order::Sequential,
            seed: 1,
        },
        iodepth: 1,
        threads: 1,
        offered_iops: None,
        started_at: String::new(),
        ramp_ns: 0,
        cap_iops: None,
        steady: None,
        hit: None,
        reduction: None,
    };
    run(context, &observed, Vec::new())
}

/// Seconds about a mean with a relative scatter, each holding on to `keep` of the one before.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
fn series(
    random: &mut Random,
    count: usize,
    mean: f64,
    scatter: f64,
    keep: f64,
) -> Vec<(u64, u64)> {
    let mut off = 0.0;
    let normal = |random: &mut Random| (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
    for _ in 0..50 {
        off = keep * off + (1.0 - keep * keep).sqrt() * normal(random);
    }
    let second = |_| {
        off = keep * off + (1.0 - keep * keep).sqrt() * normal(random);
        let ios = mean * (1.0 + scatter * off);
        (ios as u64, (100_000_000.0 / ios * 1e3) as u64)
    };
    (0..count).map(second).collect()
}

fn row<'a>(pair: &'a Pair, metric: &str) -> &'a Row {
    pair.row.iter().find(|row| row.metric == metric).unwrap()
}

#[test]
fn a_difference_beyond_the_scatter_has_its_word_and_its_direction() {
    let mut random = Random::new(1);
    let a = sample("c", &series(&mut random, 60, 10_000.0, 0.02, 0.3));
    let b = sample("c", &series(&mut random, 60, 11_000.0, 0.02, 0.3));
    let found = pair("c", &a, &b);
    assert_eq!(found.state, State::Compared);
    let iops = row(&found, "iops");
    assert_eq!(iops.word, Word::Better, "{iops:?}");
    let (low, ratio, high) =
        (iops.low_ppm.unwrap(), iops.ratio_ppm.unwrap(), iops.high_ppm.unwrap());
    assert!(low <= 1_100_000 && 1_100_000 <= high, "{iops:?}");
    assert!(low < ratio && ratio < high, "{iops:?}");
    assert_eq!(row(&found, "p99_ns").word, Word::Better, "latency fell: {found:?}");
    let back = pair("c", &b, &a);
    assert_eq!(row(&back, "iops").word, Word::Worse);
    assert_eq!(row(&back, "mean_ns").word, Word::Worse);
    // What no second tells has a ratio and no word; too few operations have not even that.
    assert_eq!(row(&found, "p95_ns").word, Word::NoSeconds);
    assert!(row(&found, "p95_ns").ratio_ppm.is_some());
}

#[test]
fn chance_is_seldom_called_a_difference() {
    // Of 1,000 pairs of the same thing each. What holds on (0.9 of the last second) is told
    // apart from a difference only by longer runs: that is why blocks grow with the run.
    for (seconds, keep, most) in [
        (10, 0.0, 60),
        (30, 0.0, 60),
        (60, 0.0, 60),
        (60, 0.5, 90),
        (600, 0.5, 60),
        (600, 0.9, 110),
    ] {
        let mut random = Random::new(7);
        let mut called = 0;
        for _ in 0..1_000 {
            let mut draw = || {
                let (_, values): (Vec<u64>, Vec<f64>) =
                    series(&mut random, seconds, 10_000.0, 0.05, keep)
                        .into_iter()
                        .map(|(ios, _)| (ios, f64::from(u32::try_from(ios).unwrap())))
                        .unzip();
                let cut: Vec<f64> = blocks::cut(&values)
                    .map(|block| {
                        block.iter().sum::<f64>() / f64::from(u32::try_from(block.len()).unwrap())
                    })
                    .collect();
                cut
            };
            let (a, b) = (draw(), draw());
            let found = blocks::scatter(&a, &b).unwrap();
            let mean =
                |of: &[f64]| of.iter().sum::<f64>() / f64::from(u32::try_from(of.len()).unwrap());
            let ratio = mean(&b) / mean(&a);
            called += u32::from(ratio.ln().abs() > found.width);
        }
        println!("{seconds} s, keep {keep}: {called} of 1000");
        assert!(called <= most, "{seconds} s, keep {keep}: {called} of 1,000");
    }
}

#[test]
fn runs_without_scatter_differ_by_more_than_a_bucket_or_not_at_all() {
    let a = sample("c", &[(1_000, 100_000); 20]);
    let same = pair("c", &a, &a);
    assert!(same.row.iter().all(|row| matches!(
        row.word,
        Word::Same | Word::NoSeconds | Word::NoNumber | Word::OneOperation
    )));
    assert_eq!(row(&same, "iops").ratio_ppm, Some(1_000_000));
    // 0.5 %: within a bucket of the histogram.
    let near = pair("c", &a, &sample("c", &[(1_000, 100_500); 20]));
    assert_eq!(row(&near, "p99_ns").word, Word::Same, "{near:?}");
    let far = pair("c", &a, &sample("c", &[(1_000, 102_000); 20]));
    assert_eq!(row(&far, "p99_ns").word, Word::Worse, "{far:?}");
}

#[test]
fn a_short_run_has_ratios_and_no_word() {
    let a = sample("c", &[(1_000, 100_000); 9]);
    let found = pair("c", &a, &sample("c", &[(2_000, 50_000); 9]));
    let iops = row(&found, "iops");
    assert_eq!((iops.ratio_ppm, iops.low_ppm, iops.word), (Some(2_000_000), None, Word::TooShort));
}

#[test]
fn one_stalled_second_is_no_difference_of_the_device() {
    let even = [(1_000, 100_000); 30];
    let mut stalled = even;
    stalled[12] = (50, 900_000_000);
    let found = pair("c", &sample("c", &even), &sample("c", &stalled));
    assert_eq!(row(&found, "mean_ns").word, Word::OneStretch, "{:?}", row(&found, "mean_ns"));
    assert_eq!(row(&found, "p99_9_ns").word, Word::OneStretch, "{found:?}");
    assert_eq!(row(&found, "max_ns").word, Word::OneOperation);
    // A second without an operation leaves no gap in the blocks.
    stalled[12] = (0, 0);
    let found = pair("c", &sample("c", &even), &sample("c", &stalled));
    assert!(row(&found, "p99_ns").low_ppm.is_some());
}

type Change = fn(&mut Run);

#[test]
fn unlike_loads_and_runs_that_prove_nothing_are_shown_and_not_ranked() {
    let a = sample("c", &[(1_000, 100_000); 20]);
    let changes: [(&str, Change); 9] = [
        ("mode", |run| run.mode = Mode::Throughput),
        ("read-blocks", |run| run.workload.read_blocks[0].bytes = 8192),
        ("iodepth", |run| run.iodepth = 32),
        ("threads", |run| run.threads = 2),
        ("offered-iops", |run| run.offered_iops = Some(5)),
        ("read-percent", |run| run.workload.read_percent = 70),
        ("writes", |run| run.workload.trim = true),
        ("order", |run| {
            let distribution = crate::workload::Distribution::Uniform;
            run.workload.order = Order::Random { distribution, repeat: true };
        }),
        ("write-blocks", |run| {
            run.workload.read_percent = 50;
            run.workload.write_blocks[0].bytes = 512;
        }),
    ];
    for (what, change) in changes {
        let mut b = a.clone();
        change(&mut b);
        let found = pair("c", &a, &b);
        assert_eq!(found.state, State::Refused, "{what}");
        assert!(found.refused.iter().any(|difference| difference.what == what), "{found:?}");
        assert!(found.row.iter().all(|row| row.ratio_ppm.is_none() && row.word == Word::NotRanked));
    }
    let mut b = a.clone();
    b.workload.write_blocks[0].bytes = 512;
    b.workload.seed = 9;
    b.subject.path = "/dev/sdb".to_owned();
    let found = pair("c", &a, &b);
    assert_eq!(found.state, State::Compared, "no write was done: {found:?}");
    assert_eq!(found.remark.iter().map(|it| it.what).collect::<Vec<_>>(), ["subject"]);
    b.validity = Validity::Invalid;
    b.reasons = vec![Doubt::new("generator-late", "", "")];
    let found = pair("c", &a, &b);
    assert_eq!(found.state, State::Invalid);
    assert!(found.row.iter().all(|row| row.word == Word::NotRanked && row.ratio_ppm.is_none()));
    assert!(found.row.iter().any(|row| row.base.is_some()), "they are shown");
}

#[test]
fn runs_are_paired_by_case_and_the_last_of_a_case_counts() {
    let of =
        |cases: &[&str]| -> Vec<Run> { cases.iter().map(|case| sample(case, &[(1, 1)])).collect() };
    let found = pairing(&of(&["a", "b", "a", "x"]), &of(&["b", "a", "y"]));
    assert_eq!(found.pairs, [("b".to_owned(), 1, 0), ("a".to_owned(), 2, 1)]);
    assert_eq!((found.only_base, found.only_other), (vec!["x".to_owned()], vec!["y".to_owned()]));
    let found = pairing(&of(&["before"]), &of(&["after"]));
    assert_eq!(found.pairs, [("before / after".to_owned(), 0, 0)]);
    let found = pairing(&of(&["ad-hoc", "ad-hoc"]), &of(&["ad-hoc"]));
    assert_eq!((found.pairs.len(), found.unclear), (0, vec!["ad-hoc".to_owned()]));
}
