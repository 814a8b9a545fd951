//! What the page takes from the document, and what it leaves out.

use serde_json::json;

use super::*;
use crate::report::Language;

fn latency_of(batch_reaped: bool) -> Value {
    json!({
        "batch_reaped": batch_reaped, "count": 5_000, "min_ns": 1_000, "mean_ns": 1_250_000,
        "max_ns": 160_000_000, "stddev_ns": 0, "p50_ns": 6_230, "p90_ns": 7_000, "p95_ns": 8_000,
        "p99_ns": 99_500_000, "p99_9_ns": null, "p99_99_ns": null,
    })
}

pub(super) fn run(change: impl FnOnce(&mut Value)) -> Value {
    let totals = json!({
        "ios": 5_000, "moved_bytes": 20_480_000, "iops": 2_500, "milli_iops": 2_500_000,
        "bytes_per_s": 10_240_000, "errors": 0, "service": latency_of(false),
    });
    let mut run = json!({
        "id": "r", "case": "c", "mode": "latency",
        "subject": {"kind": "block", "path": "/dev/sdb", "size_bytes": 1, "block_bytes": 512},
        "engine": {"name": "io_uring", "clock": "tsc", "feature": []},
        "workload": {
            "start_bytes": 0, "span_bytes": 1, "read_percent": 100, "trim": false,
            "read_blocks": [{"bytes": 4096, "percent": 100}], "write_blocks": [],
            "align_bytes": 0, "order": {"order": "sequential"}, "seed": 1,
        },
        "iodepth": 1, "threads": 1, "started_at": "2026-11-25T10:00:00Z", "ramp_ns": 0,
        "elapsed_ns": 2_400_000_000_u64, "validity": "valid", "reasons": [],
        "all": totals, "read": totals,
        "cost": {"cpu_per_io_ns": 4_120, "user_per_io_ns": 0, "busiest_thread_ppm": 0, "steal_ppm": 0},
        "second": [{"of": [second(2_500)]}, {"of": []}, {"of": [second(1)]}],
    });
    change(&mut run);
    run
}

fn second(ios: u64) -> Value {
    json!({
        "op": "read", "ios": ios, "moved_bytes": 0, "mean_ns": 1_000, "p50_ns": 1_000,
        "p99_ns": 2_000, "p99_9_ns": 3_000, "max_ns": 4_000,
    })
}

fn page(language: Language, documents: &[Value]) -> Option<Runs> {
    runs(Voice { language }, &json!({"storage": {"schema": "storage/v1", "run": documents}}))
}

#[test]
fn facts_without_runs_give_no_section() {
    assert!(page(Language::Zh, &[]).is_none());
    assert!(runs(Voice { language: Language::Zh }, &json!({"inventory": {}})).is_none());
}

#[test]
fn numbers_that_the_document_holds_as_text_read_back_and_a_damaged_run_is_counted() {
    let odd = run(|run| {
        run["workload"]["seed"] = json!("18446744073709551615");
        run["workload"]["order"] = json!({"order": "random", "repeat": true, "distribution": {"kind": "zipf", "theta": "1.2"}});
    });
    let damaged = run(|run| run["elapsed_ns"] = json!("long"));
    let runs = page(Language::En, &[odd, damaged]).unwrap();
    assert_eq!((runs.shown.len(), runs.unread), (1, 1));
    let (_, load) = &runs.shown[0].particulars[2];
    assert_eq!(
        load.0,
        "100 % read (4 KiB), random, Zipf θ = 1.2, span 1 B, seed 18446744073709551615"
    );
}

#[test]
fn a_percentile_that_is_missing_is_missing_on_the_page() {
    let runs = page(Language::En, &[run(|_| ())]).unwrap();
    let numbers: Vec<&str> = runs.shown[0].numbers[0].cells.iter().map(|c| c.0.as_str()).collect();
    assert_eq!(
        numbers,
        ["2,500", "10.24 MB/s", "1.25 ms", "6.23 µs", "99.5 ms", "—", "160 ms", "4.12 µs", "0"]
    );
    let curve =
        runs.shown[0].figures.iter().find(|f| f.title.0 == "Latency by percentile").unwrap();
    assert!(curve.drawing.0.contains(">99.5 ms</text>"));
    assert_eq!(curve.note.0, "percentiles of too few operations are not given");
}

#[test]
fn a_second_that_was_cut_short_is_not_drawn_and_a_silent_one_is_told() {
    let runs = page(Language::En, &[run(|_| ())]).unwrap();
    let iops = &runs.shown[0].figures[0];
    assert_eq!(iops.note.0, "1 s a point; whole seconds without a completion: 1");
    // Two points: 2,500 in the first second, none in the second; the third is no whole one.
    let line = iops.drawing.0.split("<path class=\"line l-1\" d=\"").nth(1).unwrap();
    assert_eq!(line.split('"').next().unwrap().matches('L').count(), 1);
}

#[test]
fn batch_reaped_latencies_are_called_so_in_table_and_pictures_and_stand_in_no_list() {
    let batched = run(|run| {
        run["mode"] = json!("throughput");
        run["all"]["service"] = latency_of(true);
        run["read"]["service"] = latency_of(true);
    });
    let runs = page(Language::Zh, &[batched]).unwrap();
    let shown = &runs.shown[0];
    assert!(shown.batch_reaped);
    assert_eq!(shown.summary[2].0, "批量收割");
    for figure in shown.figures.iter().filter(|figure| figure.title.0.contains("时延")) {
        assert!(figure.title.0.ends_with("（批量收割）"), "{}", figure.title.0);
    }
}

#[test]
fn an_invalid_run_says_why_in_the_language_of_the_page() {
    let invalid = run(|run| {
        run["validity"] = json!("invalid");
        run["reasons"] = json!([{"code": "host-steal", "zh": "窃取", "en": "stolen"}]);
    });
    for (language, reason, word) in
        [(Language::Zh, "窃取", "无效"), (Language::En, "stolen", "invalid")]
    {
        let runs = page(language, std::slice::from_ref(&invalid)).unwrap();
        let shown = &runs.shown[0];
        assert_eq!(shown.reasons[0].0.0, reason);
        assert_eq!(shown.reasons[0].1.0, "host-steal");
        assert!(shown.chip.0.contains(word) && !shown.chip.0.contains("v-fail"));
    }
}

#[test]
fn the_windows_of_a_throttle_are_at_most_six_hundred_points() {
    let long = run(|run| {
        let ios: Vec<u32> = (0..12_001).map(|at| if at % 10 == 0 { 0 } else { 89 }).collect();
        run["shape"] = json!({"window_ns": 100_000_000, "kind": "sliced", "peak_iops": 890,
            "idle_ppm": 100_000, "ios": ios});
        run["cap"] = json!({"target_iops": 800, "reached_iops": 799,
            "reached_over_ns": 60_000_000_000_u64, "reached": true, "busiest_iops": 801,
            "busiest_over_ns": 10_000_000_000_u64, "kept": true, "whole_slices": false,
            "slice_error_ppm": 0});
    });
    let runs = page(Language::En, &[long]).unwrap();
    let shape =
        runs.shown[0].figures.iter().find(|f| f.title.0 == "Completions over time").unwrap();
    let line = shape.drawing.0.split("line l-1\" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let points = line.matches(['M', 'L']).count();
    assert!((600..=1_200).contains(&points), "two ends of each point: {points}");
    assert!(shape.drawing.0.contains(">cap</text>") && shape.note.0.ends_with("; cap 800 IOPS"));
    assert!(
        runs.shown[0]
            .figures
            .iter()
            .any(|f| f.note.0 == "the first 10.0 s, window by window; cap 800 IOPS")
    );
}

#[test]
fn steady_state_is_drawn_with_its_limits_once_there_is_a_window() {
    let rounds = |values: &[u64]| {
        let steady = storage_bench::steady::Rounds::of(values).report();
        let steady = serde_json::to_value(steady).unwrap();
        let runs = page(Language::En, &[run(|run| run["steady"] = steady)]).unwrap();
        let figures = runs.shown.into_iter().flat_map(|shown| shown.figures);
        figures.filter(|figure| !figure.wide).collect::<Vec<_>>()
    };
    assert!(rounds(&[1_000; 4]).is_empty());
    assert!(rounds(&[0; 25]).is_empty());
    let figures = rounds(&[3_000, 2_000, 1_020, 1_000, 980, 1_000, 1_000]);
    assert_eq!(figures.len(), 2);
    assert_eq!(
        figures[1].note.0,
        "steady from round 7; range 4 % (limit 20 %), slope 1.6 % (limit 10 %)"
    );
    assert_eq!(figures[1].drawing.0.matches("l-limit").count(), 2);
    assert_eq!(figures[1].drawing.0.matches("<circle").count(), 5);
}
