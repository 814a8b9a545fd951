//! What comes of storage runs: comparisons and files, as a user asks for them.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

fn assay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A run of reads, 12 s long, of about so many a second.
fn sample(case: &str, iops: u64) -> Value {
    let p50 = 1_000_000_000 / iops;
    let latency = json!({
        "batch_reaped": false, "count": iops * 12, "min_ns": p50, "mean_ns": p50, "max_ns": p50 * 9,
        "stddev_ns": 0, "p50_ns": p50, "p90_ns": p50, "p95_ns": p50, "p99_ns": p50 * 2,
        "p99_9_ns": p50 * 3, "p99_99_ns": null,
    });
    let totals = json!({
        "ios": iops * 12, "moved_bytes": iops * 12 * 4096, "iops": iops, "milli_iops": iops * 1000,
        "bytes_per_s": iops * 4096, "errors": 0, "service": latency,
    });
    let second = |at: u64| {
        let ios = iops + iops / 500 * (at % 3);
        json!({"of": [{
            "op": "read", "ios": ios, "moved_bytes": ios * 4096, "mean_ns": p50, "p50_ns": p50,
            "p99_ns": p50 * 2, "p99_9_ns": p50 * 3, "max_ns": p50 * 9,
        }]})
    };
    let distribution = json!({"kind": "zipf", "theta": 1.2});
    json!({
        "id": "r", "case": case, "mode": "latency",
        "subject": {"kind": "block", "path": "/dev/sdb", "size_bytes": 1 << 30, "block_bytes": 512},
        "engine": {"name": "io_uring", "clock": "tsc", "feature": []},
        "workload": {
            "start_bytes": 0, "span_bytes": 1 << 30, "read_percent": 100, "trim": false,
            "read_blocks": [{"bytes": 4096, "percent": 100}], "write_blocks": [],
            "align_bytes": 0, "seed": u64::MAX,
            "order": {"order": "random", "repeat": true, "distribution": distribution},
        },
        "iodepth": 1, "threads": 1, "started_at": "2026-11-25T10:00:00Z", "ramp_ns": 0,
        "elapsed_ns": 12_000_000_000_u64, "validity": "valid", "reasons": [],
        "all": totals, "read": totals,
        "cost": {"cpu_per_io_ns": 1, "user_per_io_ns": 0, "busiest_thread_ppm": 0, "steal_ppm": 0},
        "second": (0..12).map(second).collect::<Vec<_>>(),
    })
}

fn put(folder: &Path, name: &str, document: &Value) -> String {
    let path = folder.join(name);
    std::fs::write(&path, document.to_string()).expect("a scratch folder can be written");
    path.display().to_string()
}

fn runs(run: &[Value]) -> Value {
    json!({"schema": "storage/v1", "run": run})
}

#[test]
fn runs_are_compared_case_by_case_and_what_cannot_be_is_named() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000), sample("only-a", 5)]));
    let b = put(
        folder.path(),
        "b",
        &json!({"schema": "storage-runs/v1", "target": {}, "run": [sample("x", 1500)]}),
    );
    let output = assay(&["storage", "compare", &a, &b]);
    // `only-a` has no partner.
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let text = printed(&output);
    let row = text.lines().find(|line| line.contains("read IOPS")).expect("a row");
    assert!(row.contains("1.500") && row.contains("▲ better"), "{text}");
    assert!(text.contains("only in A: only-a") && text.contains("Zipf θ = 1.2"), "{text}");
    let output = assay(&["storage", "compare", &a, &b, "--case", "x", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(document["schema"], "storage-compare/v1");
    let rows = document["other"][0]["pair"][0]["row"].as_array().expect("rows");
    let p99 = rows.iter().find(|row| row["metric"] == "p99_ns").expect("a row");
    assert_eq!((&p99["base"], &p99["word"]), (&json!(2_000_000), &json!("better")));
    let output = assay(&["storage", "compare", &a, &b, "--case", "y"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("there is no case `y`"), "{}", said(&output));
}

#[test]
fn other_loads_are_refused_and_invalid_runs_not_ranked() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000)]));
    let mut deep = sample("y", 1500);
    deep["iodepth"] = json!(32);
    let deep = put(folder.path(), "deep", &runs(&[deep]));
    let output = assay(&["storage", "compare", &a, &deep]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(printed(&output).contains("✗ queue depth: A 1, B 32"), "{}", printed(&output));
    assert!(!printed(&output).contains("1.500"), "no ratio: {}", printed(&output));
    let mut late = sample("x", 1500);
    late["validity"] = json!("invalid");
    late["reasons"] = json!([{"code": "generator-late", "zh": "迟", "en": "late"}]);
    let late = put(folder.path(), "late", &runs(&[late]));
    let output = assay(&["storage", "compare", &a, &late, &a]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let text = printed(&output);
    assert!(text.contains("✗ invalid, not ranked") && text.contains("! late (generator-late)"));
    assert!(text.contains("1,500") && !text.contains("1.500"), "shown, not ranked: {text}");
    assert!(text.contains("≈ within scatter"), "the third file is compared: {text}");
}

#[test]
fn what_holds_no_runs_is_refused_in_one_sentence() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let a = put(folder.path(), "a", &runs(&[sample("x", 1000)]));
    let empty = put(folder.path(), "empty", &runs(&[]));
    let fio = put(folder.path(), "fio", &json!({"fio version": "fio-3.33", "jobs": []}));
    let text = put(folder.path(), "text", &json!("hello"));
    let none = folder.path().join("none").display().to_string();
    for (file, word) in [
        (&empty, "has no storage runs"),
        (&fio, "cannot read runs"),
        (&text, "cannot read runs"),
        (&none, "cannot read runs"),
        (&folder.path().display().to_string(), "not a report"),
    ] {
        let output = assay(&["storage", "compare", &a, file]);
        assert_eq!(output.status.code(), Some(2), "{file}: {}", said(&output));
        assert!(said(&output).contains(word), "{file}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
}
