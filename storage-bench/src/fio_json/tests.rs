//! The document that fio would print, of made-up runs.

use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::job::file;
use crate::measurement::{Cost, Subject, Totals};
use crate::observed::{OpenLoop, Second, SecondOf};

/// Two seconds with 1,000 reads of 100, 200 … 100,000 ns, and three slow writes.
fn observed() -> Observed {
    let mut read = Histogram::new();
    (1..=1000_u64).for_each(|step| read.record(step * 100));
    let mut write = Histogram::new();
    for value in [5_000_000, 1_500_000_000, 3_000_000_000] {
        write.record(value);
    }
    let stream = |bytes, service| Stream { bytes, service };
    let second = |ios: u64| {
        let of = SecondOf { ios, bytes: ios * 4096, ..SecondOf::default() };
        Second { operations: BTreeMap::from([(Op::Read, of)]) }
    };
    Observed {
        elapsed_ns: 2_000_000_000,
        streams: BTreeMap::from([
            ((Op::Read, Region::Hot), stream(4_096_000, read)),
            ((Op::Write, Region::Cold), stream(3 * 8192, write)),
        ]),
        seconds: vec![second(400), second(600), second(3)],
        cost: crate::observed::Cost {
            user_ns: 500_000_000,
            system_ns: 1_000_000_000,
            ..crate::observed::Cost::default()
        },
        errors: BTreeMap::from([((Op::Write, 5), 2)]),
        ..Observed::default()
    }
}

fn run(job: &Job) -> Run {
    let target = crate::job::Target { bytes: 1 << 30, thread: 0, file: 0 };
    Run {
        id: "run-1".to_owned(),
        case: "ad-hoc".to_owned(),
        subject: Subject::default(),
        mode: Mode::Latency,
        engine: EngineUsed::default(),
        workload: job.spec(&target, 0).unwrap(),
        iodepth: 4,
        threads: 2,
        offered_iops: None,
        started_at: String::new(),
        ramp_ns: 500_000_000,
        elapsed_ns: 2_000_000_000,
        validity: Validity::Invalid,
        reasons: vec![Doubt { code: "x".to_owned(), zh: "疑".to_owned(), en: "doubt".to_owned() }],
        all: Totals::default(),
        read: None,
        write: None,
        trim: None,
        hot: None,
        cold: None,
        open_loop: None,
        cost: Cost::default(),
        shape: None,
        cap: None,
        steady: None,
        hit: None,
        reduction: None,
        clients: None,
        data: None,
        verified: None,
        per_petabyte: None,
        second: Vec::new(),
    }
}

fn value(observed: &Observed, options: &str, bins: Bins) -> Value {
    let text = format!("[mix]\nrw=randrw\niodepth=4\n{options}\n");
    let jobs = file::parse("t.fio", &text, &file::Alone).unwrap();
    let run = run(&jobs[0]);
    let entry = Entry { group: 0, job: &jobs[0], run: &run, observed };
    let text = document(&[entry], 1_795_623_500_435, bins).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_document_has_the_numbers_in_fio_s_names_and_units() {
    let document = value(&observed(), "percentile_list=50:99.9\ndescription=words", Bins::None);
    assert_eq!(document["timestamp"], 1_795_623_500);
    assert_eq!(document["time"], "Wed Nov 25 16:18:20 2026");
    let job = &document["jobs"][0];
    assert_eq!(
        (&job["jobname"], &job["error"], &job["elapsed"]),
        (&"mix".into(), &5.into(), &3.into())
    );
    let read = &job["read"];
    for (name, expected) in [
        ("io_bytes", 4_096_000),
        ("io_kbytes", 4000),
        ("bw_bytes", 2_048_000),
        ("bw", 2000),
        ("runtime", 2000),
        ("total_ios", 1000),
        ("bw_min", 1600),
        ("bw_max", 2400),
        ("bw_samples", 2),
        ("iops_min", 400),
        ("iops_max", 600),
        ("iops_samples", 2),
    ] {
        assert_eq!(read[name], expected, "{name}");
    }
    for (name, expected) in
        [("iops", 500.0), ("iops_mean", 500.0), ("bw_mean", 2000.0), ("bw_agg", 100.0)]
    {
        assert_eq!(read[name], expected, "{name}");
    }
    let clat = &read["clat_ns"];
    assert_eq!((&clat["min"], &clat["max"]), (&100.into(), &100_000.into()));
    assert_eq!((&clat["mean"], &clat["N"]), (&50_050.0.into(), &1000.into()));
    // 28,889 exactly, from the values and not their buckets.
    assert!((clat["stddev"].as_f64().unwrap() - 28_889.0).abs() < 30.0, "{clat}");
    let p50 = clat["percentile"]["50.000000"].as_u64().unwrap();
    assert!(p50.abs_diff(50_000) <= 250, "{p50}");
    assert_eq!(read["lat_ns"].get("percentile"), None);
    assert_eq!(job["trim"]["clat_ns"].get("percentile"), None);
    assert_eq!((&job["usr_cpu"], &job["sys_cpu"]), (&12.5.into(), &25.0.into()));
    assert_eq!((&job["job_runtime"], &job["desc"]), (&4000.into(), &"words".into()));
    for (name, expected) in [("rw", "randrw"), ("iodepth", "4"), ("numjobs", "2"), ("bs", "4096")] {
        assert_eq!(job["job options"][name], expected);
    }
    assert_eq!(job["assay"]["validity"], "invalid");
    assert_eq!((&job["assay"]["errors"], &job["assay"]["mode"]), (&2.into(), &"latency".into()));
}

#[test]
fn shares_are_counted_below_fio_s_bounds() {
    let document = value(&observed(), "", Bins::None);
    let job = &document["jobs"][0];
    let share = |unit: &str, bound: &str| job[unit][bound].as_f64().unwrap();
    let one = 100.0 / 1003.0;
    for (unit, bound, count) in [
        ("latency_ns", "100", 0.0),
        ("latency_ns", "250", 2.0),  // 100 and 200
        ("latency_ns", "500", 2.0),  // 300 and 400
        ("latency_ns", "1000", 2.0), // 800 and 900
        ("latency_us", "2", 10.0),   // 1.0 to 1.9
        // 50.0 to 99.9, but the middle of the last one's bucket is over the bound.
        ("latency_us", "100", 499.0),
        ("latency_us", "250", 2.0),
        ("latency_ms", "10", 1.0),
        ("latency_ms", "2000", 1.0),
        ("latency_ms", ">=2000", 1.0),
    ] {
        let off = (share(unit, bound) - count * one).abs();
        assert!(off < 1e-9, "{unit} {bound}: {}", share(unit, bound) / one);
    }
    let all: f64 = ["latency_ns", "latency_us", "latency_ms"]
        .iter()
        .flat_map(|unit| job[*unit].as_object().unwrap().values().filter_map(Value::as_f64))
        .sum();
    assert!((all - 100.0).abs() < 1e-6, "{all}");
}

#[test]
fn bins_hold_every_operation() {
    let document = value(&observed(), "lat_percentiles=1", Bins::All);
    for latency in ["clat_ns", "lat_ns"] {
        let bins = document["jobs"][0]["read"][latency]["bins"].as_object().unwrap();
        assert_eq!(bins.values().filter_map(Value::as_u64).sum::<u64>(), 1000);
        assert!(bins.keys().all(|bin| bin.parse::<u64>().is_ok_and(|bin| bin <= 100_000)));
    }
}

#[test]
fn in_the_open_loop_latency_is_from_the_intended_start() {
    let mut response = Histogram::new();
    response.record_n(1_000_000, 7);
    let open_loop =
        OpenLoop { response: BTreeMap::from([(Op::Read, response)]), ..OpenLoop::default() };
    let observed = Observed { open_loop: Some(open_loop), ..observed() };
    let document = value(&observed, "", Bins::None);
    let read = &document["jobs"][0]["read"];
    assert_eq!((&read["lat_ns"]["mean"], &read["clat_ns"]["max"]), (&1e6.into(), &100_000.into()));
}

#[test]
fn a_run_that_saw_nothing_is_all_zeroes() {
    let document = value(&Observed::default(), "", Bins::All);
    let job = &document["jobs"][0];
    assert_eq!((&job["read"]["iops"], &job["usr_cpu"]), (&0.0.into(), &0.0.into()));
    assert_eq!(job["latency_ns"]["2"], 0.0);
}

#[test]
fn dates_are_those_of_the_calendar() {
    for (unix, text) in [
        (0, "Thu Jan  1 00:00:00 1970"),
        (951_782_399, "Mon Feb 28 23:59:59 2000"),
        (951_782_400, "Tue Feb 29 00:00:00 2000"),
        (1_709_251_200, "Fri Mar  1 00:00:00 2024"),
        (4_102_444_799, "Thu Dec 31 23:59:59 2099"),
    ] {
        assert_eq!(calendar(unix), text);
    }
}
