//! The storage rows: what a run has to be to answer one, and the edges of what it has to show.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use profiles::check::Rule;
use profiles::lint::lint_id;
use profiles::workload::named;
use profiles::{Catalogue, Judgement, Level, Profile, Verdict, judge};
use serde_json::{Value, json};

use Verdict::{Fail, NeedsAttestation, NotMeasured, Pass};

const PROFILES: [&str; 6] = [
    "gd-gov-cloud/evs@normal",
    "gd-gov-cloud/evs@high",
    "gd-gov-cloud/evs@ultra",
    "gd-gov-cloud/evs-service",
    "gd-gov-cloud/ssd-array",
    "gd-gov-cloud/distributed-storage",
];
const SECOND_NS: u64 = 1_000_000_000;
const TIERS: [(&str, u64); 3] = [("evs-normal", 800), ("evs-high", 2500), ("evs-ultra", 10_000)];

/// Read once: the tables below judge by them hundreds of times.
static READ: LazyLock<BTreeMap<&str, Profile>> = LazyLock::new(|| {
    let catalogue = Catalogue::bundled();
    PROFILES.map(|id| (id, catalogue.profile(id).expect("it is bundled"))).into()
});

fn judged(profile: &str, storage: &Value) -> Vec<Judgement> {
    judge(&READ[profile], &json!({ "storage": storage }))
}

/// Returns whether a check waits for a workload, and not for a run of `storage accept`.
fn waits(profile: &str, check: &str) -> bool {
    READ[profile].checks.iter().any(|it| {
        it.check == check && matches!(&it.rule, Rule::Measure { run, .. } if named(run).is_some())
    })
}

fn verdict(profile: &str, check: &str, storage: &Value) -> Verdict {
    let all = judged(profile, storage);
    all.iter().find(|judged| judged.check == check).expect("the check is there").verdict
}

/// A run as `assay storage accept` makes it, of blocks of `kib`.
fn run(case: &str, mode: &str, kib: u64, read_percent: u64) -> Value {
    let totals = json!({ "ios": 9000, "errors": 0, "iops": 1_200_000,
        "bytes_per_s": 15_000_000_000_u64,
        "service": { "batch_reaped": mode == "throughput",
                     "mean_ns": 500_000, "p99_ns": 900_000 } });
    let blocks = json!([{ "bytes": kib << 10, "percent": 100 }]);
    json!({
        "id": case, "case": case, "mode": mode, "validity": "valid", "reasons": [],
        "subject": { "size_bytes": 100_000_000_000_u64 },
        "workload": { "read_percent": read_percent, "read_blocks": blocks, "write_blocks": blocks },
        "all": totals, "read": totals, "write": totals,
        "steady": { "steady": true, "range_ppm": 30_000 },
        "per_petabyte": { "usable_bytes": 1_000_000_000_000_000_u64, "iops": 1_200_000,
                          "bytes_per_s": 15_000_000_000_u64, "arithmetic": "a ÷ b = c" },
        "hit": { "requested_ppm": 700_000, "evidenced_ppm": 690_000, "source": "counters" },
    })
}

fn cap(case: &str, iops: u64, read_percent: u64) -> Value {
    let mut run = run(case, "latency", 4, read_percent);
    run["cap"] = json!({
        "target_iops": iops, "reached": true, "kept": true,
        "reached_iops": iops * 99 / 100, "reached_over_ns": 60 * SECOND_NS,
        "busiest_iops": iops * 102 / 100, "busiest_over_ns": 10 * SECOND_NS,
    });
    run
}

fn ends(case: &str, bytes: u64) -> Value {
    let mut run = run(case, "latency", 4, 100);
    run["subject"]["size_bytes"] = json!(bytes);
    run["all"]["ios"] = json!(2);
    run
}

fn reduced(setting: &str, ratio: u64, milli: u64) -> Value {
    let mut run = run(&format!("ssd-array.reduction.{setting}.{ratio}"), "latency", 8, 0);
    run["reduction"] = json!({ "reported_milli": milli, "written_bytes": 1, "used_bytes": 1 });
    run
}

/// Everything that there is to run, each at the edge of what passes.
fn everything() -> Value {
    let mut runs = Vec::new();
    for (tier, iops) in TIERS {
        runs.push(ends(&format!("{tier}.ends"), 1 << 30));
        runs.push(ends(&format!("{tier}.ends"), 32 << 40));
        runs.push(cap(&format!("{tier}.cap.qd1"), iops, 100));
        runs.push(cap(&format!("{tier}.cap.qd32"), iops, 100));
        runs.push(cap(&format!("{tier}.cap.write.qd32"), iops, 0));
    }
    runs.push(run("ssd-array.latency", "latency", 8, 70));
    for kib in [4, 8, 16, 32] {
        runs.push(run(&format!("ssd-array.blocks.{kib}k"), "latency", kib, 70));
    }
    for setting in ["none", "dedup", "compress", "both"] {
        for ratio in [1, 2, 3] {
            let milli = if setting == "none" || ratio == 1 { 1050 } else { 1200 };
            runs.push(reduced(setting, ratio, milli));
        }
    }
    let mut iops = run("distributed-volume.random-8k", "throughput", 8, 70);
    iops["per_petabyte"]["iops"] = json!(100_000);
    let mut bandwidth = run("distributed-volume.sequential-1m", "throughput", 1024, 70);
    bandwidth["per_petabyte"]["bytes_per_s"] = json!(1_500_000_000_u64);
    runs.extend([iops, bandwidth]);
    runs.push(run("distributed-system.random-8k", "throughput", 8, 70));
    runs.push(run("distributed-system.sequential-write-1m", "throughput", 1024, 0));
    runs.push(run("distributed-volume.snapshot.first-write", "latency", 64, 0));
    let compared = json!({
        "id": "abba", "case": "distributed-volume.snapshot.abba", "blocks": 5, "kept": true,
        "validity": "valid", "reasons": [],
        "iops": { "low_ppm": 950_000, "ratio_ppm": 990_000, "high_ppm": 1_010_000 },
        "p50": { "ratio_ppm": 1_000_000 }, "p99": { "ratio_ppm": 1_000_000 },
    });
    let disk = json!({ "path": "/dev/sda", "serial": "S1", "state": "healthy" });
    json!({ "schema": "storage/v1", "run": runs, "snapshot": [compared], "disk": [disk] })
}

/// Returns the last run of `case`, or the comparison that it is.
fn of<'s>(storage: &'s mut Value, case: &str) -> &'s mut Value {
    let list = if case.contains(".abba") { "snapshot" } else { "run" };
    let runs = storage[list].as_array_mut().expect("a list");
    runs.iter_mut().rev().find(|run| run["case"] == case).expect("the case was run")
}

fn changed(case: &str, pointer: &str, value: Value) -> Value {
    let mut storage = everything();
    *of(&mut storage, case).pointer_mut(pointer).expect("the field is there") = value;
    storage
}

/// A check, a case it is judged by, and one step beyond each edge: none of them passes.
struct Row {
    profile: &'static str,
    check: &'static str,
    case: &'static str,
    beyond: Vec<(&'static str, Value)>,
}

fn rows() -> Vec<Row> {
    let row = |profile, check, case, beyond| Row { profile, check, case, beyond };
    let mut rows = Vec::new();
    // Below 99 % over 60 s, above 102 % over 10 s, and what the run itself says of both.
    let reached = |iops: u64| {
        vec![("/cap/reached_iops", json!(iops * 99 / 100 - 1)), ("/cap/reached", json!(false))]
    };
    let kept = |iops: u64| {
        vec![("/cap/busiest_iops", json!(iops * 102 / 100 + 1)), ("/cap/kept", json!(false))]
    };
    for (profile, qd1, qd32, write, iops) in [
        (
            PROFILES[0],
            "evs-normal.cap.qd1",
            "evs-normal.cap.qd32",
            "evs-normal.cap.write.qd32",
            800,
        ),
        (PROFILES[1], "evs-high.cap.qd1", "evs-high.cap.qd32", "evs-high.cap.write.qd32", 2500),
        (
            PROFILES[2],
            "evs-ultra.cap.qd1",
            "evs-ultra.cap.qd32",
            "evs-ultra.cap.write.qd32",
            10_000,
        ),
    ] {
        rows.push(row(profile, "evs.cap-reached", qd32, reached(iops)));
        rows.push(row(profile, "evs.cap-reached-write", write, reached(iops)));
        for case in [qd1, qd32, write] {
            rows.push(row(profile, "evs.cap-kept", case, kept(iops)));
        }
        let both = reached(iops).into_iter().chain(kept(iops)).collect();
        rows.push(row(PROFILES[3], "evs-service.tiers", qd32, both));
    }
    let beyond =
        vec![("/all/errors", json!(1)), ("/subject/size_bytes", json!((32_u64 << 40) + 1))];
    rows.push(row(PROFILES[0], "evs.size", "evs-normal.ends", beyond));
    let errors = || vec![("/all/errors", json!(1))];
    rows.push(row(PROFILES[3], "evs-service.most", "evs-ultra.ends", errors()));
    let mean = vec![("/all/service/mean_ns", json!(500_001))];
    rows.push(row(PROFILES[4], "ssd.latency", "ssd-array.latency", mean));
    for case in ["4k", "8k", "16k", "32k"] {
        let case = ["ssd-array.blocks.", case].concat().leak();
        rows.push(row(PROFILES[4], "ssd.blocks", case, errors()));
    }
    for (check, setting) in [
        ("ssd.reduction-off", "none"),
        ("ssd.reduction-dedup", "dedup"),
        ("ssd.reduction-compress", "compress"),
        ("ssd.reduction-both", "both"),
    ] {
        for ratio in 1..=3 {
            let none = setting == "none" || ratio == 1;
            let milli = json!(if none { 1051 } else { 1199 });
            let case = format!("ssd-array.reduction.{setting}.{ratio}").leak();
            rows.push(row(PROFILES[4], check, case, vec![("/reduction/reported_milli", milli)]));
        }
    }
    for (check, case, pointer, value) in [
        ("dist.volume-iops", "distributed-volume.random-8k", "/per_petabyte/iops", 99_999_u64),
        ("dist.system-iops", "distributed-system.random-8k", "/per_petabyte/iops", 1_199_999),
        (
            "dist.volume-bandwidth",
            "distributed-volume.sequential-1m",
            "/per_petabyte/bytes_per_s",
            1_499_999_999,
        ),
        (
            "dist.system-bandwidth",
            "distributed-system.sequential-write-1m",
            "/per_petabyte/bytes_per_s",
            14_999_999_999,
        ),
        ("dist.snapshot-rate", "distributed-volume.snapshot.abba", "/iops/low_ppm", 949_999),
    ] {
        rows.push(row(PROFILES[5], check, case, vec![(pointer, json!(value))]));
    }
    let case = "distributed-volume.snapshot.first-write";
    rows.push(row(PROFILES[5], "dist.snapshot-first-write", case, errors()));
    rows
}

#[test]
fn everything_at_its_edge_passes_and_papers_are_left_to_a_person() {
    let storage = everything();
    for profile in PROFILES {
        for judged in judged(profile, &storage) {
            let kind = match judged.sources.is_empty() {
                true if waits(profile, &judged.check) => NotMeasured,
                true => NeedsAttestation,
                // 1500 × 10⁶ is less than 1500 × 2²⁰: the other reading is told beside it.
                false if judged.check.ends_with("-binary") => Fail,
                false => Pass,
            };
            assert_eq!(judged.verdict, kind, "{profile} {judged:#?}");
        }
    }
}

#[test]
fn one_step_beyond_an_edge_fails() {
    for row in rows() {
        for (pointer, value) in row.beyond {
            let storage = changed(row.case, pointer, value.clone());
            let verdict = verdict(row.profile, row.check, &storage);
            assert_eq!(verdict, Fail, "{} {} {pointer} {value}", row.check, row.case);
        }
    }
}

#[test]
fn an_invalid_run_or_none_decides_nothing_and_the_last_one_counts() {
    for row in rows() {
        let list = if row.case.contains(".abba") { "snapshot" } else { "run" };
        let verdict = |storage: &Value| verdict(row.profile, row.check, storage);
        let invalid = changed(row.case, "/validity", json!("invalid"));
        assert_eq!(verdict(&invalid), NotMeasured, "{} {}", row.check, row.case);
        let mut missing = everything();
        missing[list].as_array_mut().unwrap().retain(|run| run["case"] != row.case);
        // Of any tier: the disk of another one is as good.
        if row.check != "evs-service.most" {
            assert_eq!(verdict(&missing), NotMeasured, "{} {}", row.check, row.case);
        }
        assert_eq!(verdict(&json!({})), NotMeasured, "{}", row.check);
        // A later run supersedes: better, worse, or one that proves nothing.
        let (pointer, value) = row.beyond[0].clone();
        let mut bad = of(&mut everything(), row.case).clone();
        *bad.pointer_mut(pointer).unwrap() = value.clone();
        let then = |storage: &Value, run: &Value| {
            let mut storage = storage.clone();
            storage[list].as_array_mut().unwrap().push(run.clone());
            storage
        };
        assert_eq!(verdict(&then(&everything(), &bad)), Fail, "{} {}", row.check, row.case);
        let good = of(&mut everything(), row.case).clone();
        let spoiled = changed(row.case, pointer, value);
        assert_eq!(verdict(&then(&spoiled, &good)), Pass, "{} {}", row.check, row.case);
        bad["validity"] = json!("invalid");
        assert_eq!(verdict(&then(&everything(), &bad)), NotMeasured, "{} {}", row.check, row.case);
    }
}

#[test]
fn a_run_of_another_mode_load_or_length_never_passes() {
    for row in rows() {
        let run = of(&mut everything(), row.case).clone();
        let mut wrong = Vec::new();
        if let Some(mode) = run["mode"].as_str()
            && !row.case.contains(".ends")
            && !row.case.contains(".reduction.")
        {
            let other = if mode == "latency" { "throughput" } else { "latency" };
            wrong.extend([
                ("/mode", json!(other)),
                ("/mode", json!("rate")),
                ("/mode", json!(null)),
            ]);
        }
        if !run["cap"].is_null() {
            wrong.extend([("/cap", json!(null)), ("/cap/target_iops", json!(700))]);
            let times = ["/cap/reached_over_ns", "/cap/busiest_over_ns"];
            let asks = |word: &str| row.check == "evs-service.tiers" || row.check.contains(word);
            if asks("cap-reached") {
                wrong.push((times[0], json!(60 * SECOND_NS - 1)));
            }
            if asks("cap-kept") {
                wrong.push((times[1], json!(10 * SECOND_NS - 1)));
            }
        }
        if row.check == "ssd.latency" || row.check == "dist.snapshot-first-write" {
            wrong.push(("/all/service/batch_reaped", json!(true)));
        }
        if row.check == "ssd.latency" {
            wrong.extend([("/steady/steady", json!(false)), ("/steady", json!(null))]);
        }
        if row.check == "ssd.blocks" {
            wrong.push(("/workload/read_blocks/0/bytes", json!(512)));
            wrong.push(("/workload/write_blocks/0/percent", json!(50)));
        }
        if row.check.ends_with("-iops") || row.check.ends_with("-bandwidth") {
            wrong.extend([("/steady/steady", json!(false)), ("/steady", json!(null))]);
            wrong.push(("/workload/read_percent", json!(50)));
            wrong.push(("/workload/write_blocks/0/bytes", json!(65_536)));
        }
        if row.check.ends_with("-iops") {
            wrong.extend([("/hit", json!(null)), ("/hit/evidenced_ppm", json!(null))]);
            wrong.push(("/hit/evidenced_ppm", json!(649_999)));
            wrong.push(("/hit/evidenced_ppm", json!(750_001)));
            wrong.push(("/hit/requested_ppm", json!(900_000)));
        }
        if row.check.starts_with("ssd.reduction") {
            wrong.push(("/reduction", json!(null)));
        }
        for (pointer, value) in wrong {
            let storage = changed(row.case, pointer, value.clone());
            let verdict = verdict(row.profile, row.check, &storage);
            assert_ne!(verdict, Pass, "{} {} {pointer} {value}", row.check, row.case);
        }
    }
}

#[test]
fn the_ceiling_is_told_and_decides_nothing() {
    let all = judged(PROFILES[1], &changed("evs-high.cap.qd32", "/cap/kept", json!(false)));
    let of = |check: &str| all.iter().find(|judged| judged.check == check).unwrap();
    assert_eq!((of("evs.cap-kept").verdict, of("evs.cap-kept").level), (Fail, Level::Info));
    assert_eq!((of("evs.cap-reached").verdict, of("evs.cap-reached").level), (Pass, Level::Must));
    for check in ["evs.cap-kept", "evs.cap-reached"] {
        let reading = of(check).reading.as_ref().expect("both readings are told");
        assert!(reading.zh.contains("2500") && reading.en.contains("2500"), "{reading:?}");
    }
    assert!(profiles::overall(&all).must.fail == 0);
}

#[test]
fn a_volume_is_of_1_gb_to_32_tb_and_each_end_takes_a_volume_of_its_own() {
    let sized = |bytes: u64| json!({ "run": [ends("evs-high.ends", bytes)] });
    for (bytes, size, least, most) in [
        (999_999_999_u64, Fail, NotMeasured, NotMeasured),
        (1_000_000_000, Pass, Pass, NotMeasured),
        (1 << 30, Pass, Pass, NotMeasured),
        (100_000_000_000, Pass, NotMeasured, NotMeasured),
        (32_000_000_000_000, Pass, NotMeasured, Pass),
        (32 << 40, Pass, NotMeasured, Pass),
        ((32 << 40) + 1, Fail, NotMeasured, NotMeasured),
    ] {
        let verdict = |profile, check| verdict(profile, check, &sized(bytes));
        assert_eq!(verdict("gd-gov-cloud/evs@high", "evs.size"), size, "{bytes}");
        assert_eq!(verdict("gd-gov-cloud/evs-service", "evs-service.least"), least, "{bytes}");
        assert_eq!(verdict("gd-gov-cloud/evs-service", "evs-service.most"), most, "{bytes}");
    }
}

#[test]
fn a_comparison_of_snapshots_that_does_not_say_that_it_is_valid_decides_nothing() {
    let silent = changed("distributed-volume.snapshot.abba", "/validity", json!(null));
    assert_eq!(verdict(PROFILES[5], "dist.snapshot-rate", &silent), NotMeasured);
}

#[test]
fn a_document_without_a_list_of_runs_says_that_nobody_ran_it() {
    for list in ["run", "snapshot"] {
        for absent in [json!({}), json!({ list: null }), json!({ list: [] })] {
            for judged in judged(PROFILES[5], &absent) {
                if judged.verdict == NotMeasured && !waits(PROFILES[5], &judged.check) {
                    assert!(judged.reasons[0].text.en.contains("nobody ran it"), "{judged:#?}");
                    assert!(judged.measured.en.is_empty(), "{judged:#?}");
                }
            }
        }
    }
}

#[test]
fn numbers_for_each_petabyte_rest_on_a_person_who_has_seen_the_capacity() {
    let all = judged(PROFILES[5], &everything());
    let capacity = all.iter().find(|judged| judged.check == "dist.capacity").unwrap();
    assert_eq!((capacity.verdict, capacity.level), (NeedsAttestation, Level::Must));
    assert!(capacity.measured.en.contains("usable capacity"), "{capacity:#?}");
    for judged in &all {
        if judged.check.ends_with("-iops") || judged.check.ends_with("-bandwidth") {
            assert!(judged.reading.as_ref().unwrap().en.contains("usable PB"), "{judged:#?}");
            assert!(judged.measured.en.contains("a ÷ b = c"), "{judged:#?}");
        }
    }
    assert_eq!(profiles::overall(&all).outcome, profiles::Outcome::Incomplete);
}

#[test]
fn a_run_without_the_usable_capacity_decides_nothing_for_each_petabyte() {
    for (check, case) in [
        ("dist.volume-iops", "distributed-volume.random-8k"),
        ("dist.volume-bandwidth", "distributed-volume.sequential-1m"),
        ("dist.system-iops", "distributed-system.random-8k"),
        ("dist.system-bandwidth", "distributed-system.sequential-write-1m"),
    ] {
        let mut storage = changed(case, "/per_petabyte", json!(null));
        assert_eq!(verdict(PROFILES[5], check, &storage), NotMeasured);
        of(&mut storage, case)["all"]["iops"] = json!(u32::MAX);
        assert_eq!(verdict(PROFILES[5], check, &storage), NotMeasured);
    }
}

#[test]
fn the_other_reading_of_megabytes_is_told_and_decides_nothing() {
    for (check, case, least) in [
        ("dist.volume-bandwidth", "distributed-volume.sequential-1m", 1500_u64 << 20),
        ("dist.system-bandwidth", "distributed-system.sequential-write-1m", 15 << 30),
    ] {
        let binary = format!("{check}-binary");
        for (bytes, wanted) in [(least, Pass), (least - 1, Fail)] {
            let storage = changed(case, "/per_petabyte/bytes_per_s", json!(bytes));
            assert_eq!(verdict(PROFILES[5], check, &storage), Pass);
            let judged = judged(PROFILES[5], &storage);
            let told = judged.iter().find(|judged| judged.check == binary).unwrap();
            assert_eq!((told.verdict, told.level), (wanted, Level::Info));
        }
    }
}

#[test]
fn every_open_row_names_the_command_that_closes_it() {
    for profile in PROFILES {
        for judged in judged(profile, &json!({ "run": [] })) {
            let close = judged.reasons[0].close.as_ref().expect("something closes it");
            if judged.verdict == NotMeasured && waits(profile, &judged.check) {
                assert!(close.zh.contains("尚未提供") && close.en.contains("not to be had yet"));
            } else if judged.verdict == NotMeasured {
                for text in [&close.zh, &close.en] {
                    assert!(text.contains("assay storage accept --tier "), "{judged:#?}");
                    assert!(text.contains("--target "), "{judged:#?}");
                }
            }
        }
    }
}

#[test]
fn every_path_is_in_the_schema_of_storage() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../storage-bench/schema/storage-v1.json");
    let storage: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let workload = profiles::workload::json_schema();
    let properties = json!({ "storage": storage, "workload": workload });
    let schema = json!({ "type": "object", "properties": properties });
    let catalogue = Catalogue::bundled();
    for profile in PROFILES {
        let found = lint_id(&catalogue, profile, &schema).unwrap();
        assert!(found.is_empty(), "{profile}: {found:#?}");
    }
}
