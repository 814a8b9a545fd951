//! The storage rows: what a run has to be to answer one, and the edges of what it has to show.

use profiles::{Catalogue, Verdict, judge};
use serde_json::{Value, json};

fn verdict(profile: &str, check: &str, runs: &Value) -> Verdict {
    let profile = Catalogue::bundled().profile(profile).expect("it is bundled");
    let facts = json!({ "storage": { "schema": "storage/v1", "run": runs } });
    let all = judge(&profile, &facts);
    all.iter().find(|judged| judged.check == check).expect("the check is there").verdict
}

/// A run as `assay storage accept` makes it, with `changes` by JSON pointer.
fn run(case: &str, changes: &[(&str, Value)]) -> Value {
    let totals = json!({ "ios": 9000, "errors": 0, "iops": 2500,
        "service": { "batch_reaped": false, "mean_ns": 400_000, "p99_ns": 900_000 } });
    let mut run = json!({
        "id": "r", "case": case, "mode": "latency", "validity": "valid", "reasons": [],
        "subject": { "size_bytes": 100_000_000_000_u64 },
        "all": totals, "read": totals, "write": totals,
        "cap": { "target_iops": 2500, "reached_iops": 2500, "reached_over_ns": 60_000_000_000_u64,
                 "reached": true, "busiest_iops": 2510, "kept": true },
        "steady": { "steady": true },
    });
    for (pointer, value) in changes {
        *run.pointer_mut(pointer).expect("the field is there") = value.clone();
    }
    run
}

#[test]
fn a_cap_is_judged_as_capability_and_told_as_ceiling() {
    let judged = |check, changes: &[(&str, Value)]| {
        verdict("gd-gov-cloud/evs@high", check, &json!([run("evs-high.cap.qd32", changes)]))
    };
    let reached = |changes: &[(&str, Value)]| judged("evs.cap-reached", changes);
    assert_eq!(reached(&[]), Verdict::Pass);
    assert_eq!(reached(&[("/cap/reached", json!(false))]), Verdict::Fail);
    assert_eq!(reached(&[("/cap/kept", json!(false))]), Verdict::Pass);
    assert_eq!(judged("evs.cap-kept", &[("/cap/kept", json!(false))]), Verdict::Fail);
    // A run of another tier's cap, too short, in another mode, or invalid, answers nothing.
    for wrong in [
        ("/cap/target_iops", json!(800)),
        ("/cap/reached_over_ns", json!(30_000_000_000_u64)),
        ("/mode", json!("throughput")),
        ("/validity", json!("invalid")),
        ("/cap", json!(null)),
    ] {
        assert_ne!(reached(std::slice::from_ref(&wrong)), Verdict::Pass, "{wrong:?}");
    }
    assert_eq!(reached(&[("/validity", json!("invalid"))]), Verdict::NotMeasured);
    assert_eq!(
        verdict("gd-gov-cloud/evs@high", "evs.cap-reached", &json!([])),
        Verdict::NotMeasured
    );
    let other = json!([run("evs-normal.cap.qd32", &[])]);
    assert_eq!(verdict("gd-gov-cloud/evs@high", "evs.cap-reached", &other), Verdict::NotMeasured);
}

#[test]
fn a_volume_is_of_1_gb_to_32_tb_and_its_ends_hold() {
    let judged = |changes: &[(&str, Value)]| {
        verdict("gd-gov-cloud/evs@normal", "evs.size", &json!([run("evs-normal.ends", changes)]))
    };
    for (bytes, passes) in
        [(1_000_000_000_u64, true), (999_999_999, false), (32 << 40, true), ((32 << 40) + 1, false)]
    {
        let wanted = if passes { Verdict::Pass } else { Verdict::Fail };
        assert_eq!(judged(&[("/subject/size_bytes", json!(bytes))]), wanted, "{bytes}");
    }
    assert_eq!(judged(&[("/all/errors", json!(1))]), Verdict::Fail);
}

#[test]
fn steady_latency_is_half_a_millisecond_at_most_and_never_of_batches() {
    let judged = |changes: &[(&str, Value)]| {
        verdict(
            "gd-gov-cloud/ssd-array",
            "ssd.latency",
            &json!([run("ssd-array.latency", changes)]),
        )
    };
    assert_eq!(judged(&[("/all/service/mean_ns", json!(500_000))]), Verdict::Pass);
    assert_eq!(judged(&[("/all/service/mean_ns", json!(500_001))]), Verdict::Fail);
    for wrong in [
        ("/all/service/batch_reaped", json!(true)),
        ("/steady/steady", json!(false)),
        ("/steady", json!(null)),
        ("/mode", json!("throughput")),
        ("/validity", json!("invalid")),
    ] {
        assert_ne!(judged(std::slice::from_ref(&wrong)), Verdict::Pass, "{wrong:?}");
    }
}

#[test]
fn every_block_size_has_to_be_there_and_without_errors() {
    let runs = |kib: &[u32]| -> Vec<Value> {
        kib.iter().map(|kib| run(&format!("ssd-array.blocks.{kib}k"), &[])).collect()
    };
    let judged = |runs: Vec<Value>| verdict("gd-gov-cloud/ssd-array", "ssd.blocks", &json!(runs));
    assert_eq!(judged(runs(&[4, 8, 16, 32])), Verdict::Pass);
    assert_eq!(judged(runs(&[4, 8, 16])), Verdict::NotMeasured);
    let mut wrong = runs(&[4, 8, 16]);
    wrong.push(run("ssd-array.blocks.32k", &[("/all/errors", json!(1))]));
    assert_eq!(judged(wrong), Verdict::Fail);
}
