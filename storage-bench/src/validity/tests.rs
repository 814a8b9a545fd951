//! Each rule on both sides of its edge.

use std::collections::BTreeMap;

use super::*;
use crate::observed::{OpenLoop, Stream};
use crate::workload::{Op, Region};

/// A run that has nothing against it.
fn sound() -> Evidence {
    let claims =
        Claims { speed: true, percentiles_ppm: vec![990_000], target_latency_ns: Some(500_000) };
    let observed = Observed { elapsed_ns: LEAST_NS, ..Observed::default() };
    Evidence { ios: 1_000, ..Evidence::of(Mode::Latency, claims, &observed) }
}

fn codes(evidence: &Evidence) -> Vec<String> {
    evidence.doubts().into_iter().map(|doubt| doubt.code).collect()
}

/// Asserts that one change just passes and the next just does not.
fn edge(code: &str, passes: impl Fn(&mut Evidence), fails: impl Fn(&mut Evidence)) {
    let mut within = sound();
    passes(&mut within);
    assert_eq!(codes(&within), Vec::<String>::new(), "{code}");
    let mut beyond = sound();
    fails(&mut beyond);
    assert_eq!(codes(&beyond), [code]);
}

fn schedule(change: impl Fn(&mut Schedule)) -> impl Fn(&mut Evidence) {
    move |evidence| {
        let mut schedule = Schedule {
            offered: 1_000,
            backlog_max: 0,
            lateness_p99_9_ns: Some(1_000),
            response_p99_9_ns: Some(1_000_000),
        };
        change(&mut schedule);
        evidence.schedule = Some(schedule);
    }
}

fn steady(change: impl Fn(&mut Steady)) -> impl Fn(&mut Evidence) {
    move |evidence| {
        let mut steady = Steady { steady: true, round: Some(5), ..Steady::default() };
        change(&mut steady);
        evidence.steady = Some(steady);
    }
}

fn hit(evidenced_ppm: Option<u32>) -> impl Fn(&mut Evidence) {
    move |evidence| {
        let hit = Hit { requested_ppm: 700_000, evidenced_ppm, ..Hit::default() };
        evidence.hit_rate = HitRate::Known(hit);
    }
}

fn agent(change: impl Fn(&mut Agent)) -> impl Fn(&mut Evidence) {
    move |evidence| {
        let mut agent = Agent { name: "c1".to_owned(), ..Agent::default() };
        change(&mut agent);
        evidence.agents = vec![Agent::default(), agent];
    }
}

fn link(used_bytes_per_s: u64) -> impl Fn(&mut Evidence) {
    move |evidence| {
        let (name, bits_per_s) = ("ens1".to_owned(), 10_000_000_000);
        evidence.links = vec![Link { name, bits_per_s, used_bytes_per_s }];
    }
}

#[test]
fn a_sound_run_has_no_doubts() {
    assert_eq!(sound().doubts(), []);
}

#[test]
fn the_generator_is_judged_at_its_edges() {
    edge(
        "generator-late",
        schedule(|s| s.lateness_p99_9_ns = Some(50_000)),
        schedule(|s| s.lateness_p99_9_ns = Some(50_001)),
    );
    // 99.5 % of 1,000 are 995.
    let done = |ios| {
        move |evidence: &mut Evidence| {
            evidence.claims.percentiles_ppm.clear();
            evidence.ios = ios;
        }
    };
    let with = |ios, backlog| {
        move |evidence: &mut Evidence| {
            schedule(|s| s.backlog_max = backlog)(evidence);
            done(ios)(evidence);
        }
    };
    edge("generator-short", with(995, 0), with(994, 0));
    edge("generator-short", with(500, 1), with(500, 0));
}

#[test]
fn falling_behind_with_a_backlog_is_the_devices_failure_and_valid() {
    let mut evidence = sound();
    schedule(|s| (s.offered, s.backlog_max) = (100_000, 99_000))(&mut evidence);
    assert_eq!(codes(&evidence), Vec::<String>::new());
}

#[test]
fn without_a_target_the_generator_is_compared_with_what_it_measured() {
    let untargeted = |late| {
        move |evidence: &mut Evidence| {
            evidence.claims.target_latency_ns = None;
            schedule(|s| s.lateness_p99_9_ns = late)(evidence);
        }
    };
    edge("generator-late", untargeted(Some(100_000)), untargeted(Some(100_001)));
    edge("generator-late", untargeted(None), untargeted(Some(u64::MAX)));
}

#[test]
fn the_client_is_judged_at_its_edges() {
    edge("cpu-bound", |e| e.busiest_thread_ppm = 850_000, |e| e.busiest_thread_ppm = 850_001);
    edge("steal", |e| e.steal_ppm = 10_000, |e| e.steal_ppm = 10_001);
    let far = |ppm| {
        move |evidence: &mut Evidence| {
            evidence.claims.percentiles_ppm = vec![500_000, 999_000];
            (evidence.ios, evidence.steal_ppm) = (10_000, ppm);
        }
    };
    edge("steal", far(1_000), far(1_001));
    edge("clock-drift", |e| e.clock_drift_ppm = Some(100), |e| e.clock_drift_ppm = Some(101));
    edge("link-saturated", link(1_125_000_000), link(1_125_000_001));
}

#[test]
fn the_length_is_judged_at_its_edges() {
    edge("too-short", |e| e.elapsed_ns = LEAST_NS, |e| e.elapsed_ns = LEAST_NS - 1);
    for (ppm, least) in [(500_000, 1_000), (990_000, 1_000), (999_000, 10_000), (999_900, 100_000)]
    {
        let with = |ios| {
            move |evidence: &mut Evidence| {
                (evidence.claims.percentiles_ppm, evidence.ios) = (vec![ppm], ios);
            }
        };
        edge("too-few-operations", with(least), with(least - 1));
    }
    let nothing = |ios| {
        move |evidence: &mut Evidence| {
            (evidence.claims, evidence.ios, evidence.elapsed_ns) = (Claims::default(), ios, 1);
        }
    };
    edge("no-operations", nothing(1), nothing(0));
}

#[test]
fn a_latency_is_not_claimed_of_batches() {
    let mode = |mode| move |evidence: &mut Evidence| evidence.mode = mode;
    edge("batch-reaped", mode(Mode::Rate), mode(Mode::Throughput));
    let without_a_claim = |evidence: &mut Evidence| {
        evidence.mode = Mode::Throughput;
        evidence.claims = Claims { speed: true, ..Claims::default() };
    };
    edge("batch-reaped", without_a_claim, mode(Mode::Throughput));
}

#[test]
fn the_ending_is_judged() {
    edge("io-errors", |e| e.errors = 0, |e| e.errors = 1);
    let ended = |why: Option<&'static str>| {
        move |evidence: &mut Evidence| {
            evidence.ended_early = why.map(str::to_owned);
        }
    };
    edge("ended-early", ended(None), ended(Some("device removed")));
    edge("reduced", |e| e.reduced = false, |e| e.reduced = true);
}

#[test]
fn the_volume_is_judged_at_its_edges() {
    edge("not-steady", steady(|_| {}), steady(|s| (s.steady, s.round) = (false, None)));
    edge(
        "left-steady-state",
        steady(|_| {}),
        steady(|s| {
            (s.steady, s.left_at_round) = (false, Some(9));
        }),
    );
    edge("not-filled", |e| e.fill = Fill::NotAsked, |e| e.fill = Fill::NoMarker);
    edge(
        "not-filled",
        |e| e.fill = Fill::Sampled { blocks: 1_000, wrong: 0 },
        |e| e.fill = Fill::Sampled { blocks: 1_000, wrong: 1 },
    );
    edge("reduced-data", |e| e.reduction_milli = Some(1_050), |e| e.reduction_milli = Some(1_051));
}

#[test]
fn the_hit_rate_is_judged_at_its_edges() {
    edge("hit-rate-not-evidenced", hit(Some(700_000)), hit(None));
    edge("hit-rate-not-evidenced", |e| e.hit_rate = HitRate::Waived, hit(None));
    edge("hit-rate-off", hit(Some(750_000)), hit(Some(750_001)));
    edge("hit-rate-off", hit(Some(650_000)), hit(Some(649_999)));
}

#[test]
fn each_agent_is_judged_at_its_edges() {
    edge("agent-lost", agent(|_| {}), agent(|a| a.lost = Some("timeout".to_owned())));
    edge(
        "clock-skew",
        agent(|a| a.clock_error_ns = 999_999),
        agent(|a| a.clock_error_ns = 1_000_000),
    );
    edge(
        "cpu-bound",
        agent(|a| a.busiest_thread_ppm = 850_000),
        agent(|a| a.busiest_thread_ppm = 850_001),
    );
    edge("steal", agent(|a| a.steal_ppm = 10_000), agent(|a| a.steal_ppm = 10_001));
}

#[test]
fn all_reasons_are_given_and_not_the_first() {
    let mut evidence = sound();
    (evidence.errors, evidence.elapsed_ns, evidence.ios) = (3, 5, 0);
    (evidence.busiest_thread_ppm, evidence.steal_ppm) = (900_000, 900_000);
    (evidence.fill, evidence.reduction_milli) = (Fill::NoMarker, Some(3_000));
    (evidence.clock_drift_ppm, evidence.reduced) = (Some(5_000), true);
    evidence.ended_early = Some("enough".to_owned());
    hit(None)(&mut evidence);
    link(u64::MAX)(&mut evidence);
    agent(|a| (a.lost, a.clock_error_ns) = (Some("gone".to_owned()), 5_000_000))(&mut evidence);
    schedule(|s| (s.lateness_p99_9_ns, s.offered) = (Some(1_000_000), 10))(&mut evidence);
    steady(|s| s.steady = false)(&mut evidence);
    let found = codes(&evidence);
    let expected = [
        "ended-early",
        "io-errors",
        "reduced",
        "no-operations",
        "too-short",
        "too-few-operations",
        "generator-late",
        "generator-short",
        "cpu-bound",
        "steal",
        "not-steady",
        "not-filled",
        "reduced-data",
        "hit-rate-not-evidenced",
        "clock-drift",
        "agent-lost",
        "clock-skew",
        "link-saturated",
    ];
    assert_eq!(found, expected);
    for doubt in evidence.doubts() {
        assert!(!doubt.en.ends_with('.') && !doubt.zh.ends_with('。'), "{doubt:?}");
    }
}

#[test]
fn what_was_observed_is_taken_over() {
    let mut stream = Stream::default();
    stream.service.record_n(7, 40);
    let mut open = OpenLoop { offered: 50, backlog_max: 2, ..OpenLoop::default() };
    open.lateness.record(11);
    open.response.insert(Op::Read, stream.service.clone());
    let observed = Observed {
        elapsed_ns: 9,
        streams: BTreeMap::from([((Op::Read, Region::Hot), stream)]),
        errors: BTreeMap::from([((Op::Read, 5), 3), ((Op::Write, 5), 1)]),
        ended_early: Some("x".to_owned()),
        open_loop: Some(open),
        ..Observed::default()
    };
    let found = Evidence::of(Mode::Rate, Claims::default(), &observed);
    assert_eq!((found.ios, found.errors, found.elapsed_ns), (40, 4, 9));
    let schedule = found.schedule.unwrap();
    assert_eq!((schedule.offered, schedule.backlog_max), (50, 2));
    assert_eq!((schedule.lateness_p99_9_ns, schedule.response_p99_9_ns), (Some(11), Some(7)));
}

#[test]
fn percentiles_are_named_as_people_name_them() {
    for (ppm, name) in [(500_000, "p50"), (999_000, "p99.9"), (999_990, "p99.999"), (1, "p0.0001")]
    {
        assert_eq!(percentile(ppm), name);
    }
}
