//! Every kind of rule against facts that make it true, false and unknown.

use profiles::{Catalogue, Judgement, Verdict, judge};
use serde_json::{Value, json};

use Verdict::{Fail, NeedsAttestation, NotMeasured, Pass};

/// Judges `facts` by one check with the body `rule`.
fn judged(rule: &str, facts: &Value) -> Judgement {
    let text = format!(
        "norm = \"gd-gov-cloud\"\nedition = \"征求意见稿\"\nprofile = \"t\"\nversion = \"1\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nsubject = \"machine\"\n\
         [[check]]\nid = \"t\"\nrow = \"5.3.3.1.1#3\"\n\
         title = {{ zh = \"一\", en = \"one\" }}\nmethod = {{ zh = \"一\", en = \"one\" }}\n{rule}\n"
    );
    let catalogue = Catalogue::bundled().with_file("t.toml", &text).expect(rule);
    let profile = catalogue.profile("t").map_err(|error| error.to_string()).expect(rule);
    judge(&profile, facts).remove(0)
}

/// Returns facts whose section `disk` holds `disks` and is `status`.
fn disks(status: &str, disks: Value) -> Value {
    let mut disks = disks;
    for disk in disks.as_array_mut().expect("a list") {
        disk["origin"] = json!({ "source": 0 });
    }
    json!({ "inventory": {
        "sections": { "disk": { "status": status } },
        "sources": [{ "kind": "nvme", "locator": "nvme:0" }],
        "disk": disks,
    } })
}

fn table(rule: &str, rows: &[(&str, Value, Verdict)]) {
    for (status, objects, verdict) in rows {
        let judged = judged(rule, &disks(status, objects.clone()));
        assert_eq!(judged.verdict, *verdict, "{rule}\n{status} {objects}\n{judged:#?}");
        let open = judged.verdict.is_open();
        assert_eq!(open, !judged.reasons.is_empty(), "{rule} {status} {objects}");
    }
}

const GB: u64 = 1_000_000_000;

#[test]
fn min_of_a_sum() {
    table(
        "kind = \"min\"\npath = \"inventory.disk.size_bytes.sum\"\nvalue = \"3 GB\"",
        &[
            ("complete", json!([{ "size_bytes": GB }, { "size_bytes": 2 * GB }]), Pass),
            ("complete", json!([{ "size_bytes": GB }, { "size_bytes": 2 * GB - 1 }]), Fail),
            ("complete", json!([{ "size_bytes": GB }, { "size_bytes": null }]), NotMeasured),
            ("complete", json!([{ "size_bytes": 3 * GB }, { "size_bytes": null }]), Pass),
            ("complete", json!([]), Fail),
            ("partial", json!([{ "size_bytes": 3 * GB }]), Pass),
            ("partial", json!([{ "size_bytes": GB }]), NotMeasured),
            ("failed", json!([{ "size_bytes": 3 * GB }]), NotMeasured),
            ("unsupported", json!([]), NotMeasured),
            // What cannot be a size is not one.
            ("complete", json!([{ "size_bytes": "much" }, { "size_bytes": 2 * GB }]), NotMeasured),
            ("complete", json!([{ "size_bytes": 3.5e9 }]), NotMeasured),
            ("complete", json!([{ "size_bytes": -1 }, { "size_bytes": 2 * GB }]), NotMeasured),
            ("complete", json!([{ "size_bytes": "18446744073709551616" }]), Pass),
        ],
    );
}

#[test]
fn max_passes_only_when_nothing_more_can_come() {
    table(
        "kind = \"max\"\npath = \"inventory.disk.count\"\nvalue = 1",
        &[
            ("complete", json!([{}]), Pass),
            ("complete", json!([{}, {}]), Fail),
            ("partial", json!([{}]), NotMeasured),
            ("partial", json!([{}, {}]), Fail),
            ("failed", json!([{}, {}]), NotMeasured),
        ],
    );
    table(
        "kind = \"max\"\npath = \"inventory.disk.temperature_mc.max\"\nvalue = \"45 °C\"",
        &[
            ("complete", json!([{ "temperature_mc": 45_000 }, { "temperature_mc": -3 }]), Pass),
            ("complete", json!([{ "temperature_mc": 45_001 }]), Fail),
            ("complete", json!([{ "temperature_mc": 45_000 }, {}]), NotMeasured),
            ("complete", json!([{ "temperature_mc": 45_001 }, {}]), Fail),
            ("complete", json!([]), NotMeasured),
            ("partial", json!([{ "temperature_mc": 1 }]), NotMeasured),
        ],
    );
}

#[test]
fn eq_in_and_regex_ask_every_value() {
    table(
        "kind = \"eq\"\npath = \"inventory.disk.protocol\"\nvalue = \"sas\"",
        &[
            ("complete", json!([{ "protocol": "sas" }, { "protocol": "sas" }]), Pass),
            ("complete", json!([{ "protocol": "sas" }, { "protocol": "SAS" }]), Fail),
            ("complete", json!([{ "protocol": "sas" }, { "protocol": null }]), NotMeasured),
            ("complete", json!([{ "protocol": "nvme" }, { "protocol": null }]), Fail),
            ("complete", json!([]), NotMeasured),
            ("partial", json!([{ "protocol": "sas" }]), NotMeasured),
            ("partial", json!([{ "protocol": "nvme" }]), Fail),
        ],
    );
    table(
        "kind = \"in\"\npath = \"inventory.disk.rpm\"\nvalues = [\"10000 rpm\", \"15000 rpm\"]",
        &[
            ("complete", json!([{ "rpm": 15_000 }]), Pass),
            ("complete", json!([{ "rpm": 7_200 }]), Fail),
            ("complete", json!([{ "rpm": null }]), NotMeasured),
        ],
    );
    table(
        "kind = \"regex\"\npath = \"inventory.disk.model\"\npattern = \"ST[0-9]+|华为.*\"",
        &[
            ("complete", json!([{ "model": "ST900" }, { "model": "华为盘" }]), Pass),
            ("complete", json!([{ "model": "XST900" }]), Fail),
            ("complete", json!([{ "model": "ST900 " }]), Fail),
            ("complete", json!([{ "model": 7 }]), NotMeasured),
        ],
    );
}

#[test]
fn count_where_counts_between_bounds() {
    let rule = |bound: &str| {
        format!(
            "kind = \"count_where\"\nover = \"inventory.disk[kind!=usb]\"\n\
             where = {{ \"protocol.eq\" = \"sas\", \"size_bytes.min\" = \"1 GB\" }}\n{bound}"
        )
    };
    let good = json!({ "kind": "hdd", "protocol": "sas", "size_bytes": GB });
    let small = json!({ "kind": "hdd", "protocol": "sas", "size_bytes": GB - 1 });
    let unsized_disk = json!({ "kind": "hdd", "protocol": "sas", "size_bytes": null });
    let unknown_kind = json!({ "kind": null, "protocol": "sas", "size_bytes": GB });
    let other = json!({ "kind": "hdd", "protocol": "nvme", "size_bytes": null });
    table(
        &rule("min = 2"),
        &[
            ("complete", json!([good, good]), Pass),
            ("complete", json!([good, small]), Fail),
            ("complete", json!([good, unsized_disk]), NotMeasured),
            ("complete", json!([good, unknown_kind]), NotMeasured),
            // Known to be of another protocol: its size does not matter.
            ("complete", json!([good, other]), Fail),
            ("partial", json!([good, good]), Pass),
            ("partial", json!([good]), NotMeasured),
        ],
    );
    table(
        &rule("max = 1"),
        &[
            ("complete", json!([good, other]), Pass),
            ("complete", json!([good, good]), Fail),
            ("complete", json!([good, unsized_disk]), NotMeasured),
            ("partial", json!([good]), NotMeasured),
            ("partial", json!([good, good]), Fail),
        ],
    );
    table(
        &rule("eq = 1"),
        &[
            ("complete", json!([good, small]), Pass),
            ("complete", json!([small]), Fail),
            ("complete", json!([good, good]), Fail),
            ("partial", json!([good]), NotMeasured),
        ],
    );
}

#[test]
fn absent_is_true_only_of_all_there_is() {
    table(
        "kind = \"absent\"\nover = \"inventory.disk\"\nwhere = { \"protocol.eq\" = \"usb\" }",
        &[
            ("complete", json!([]), Pass),
            ("complete", json!([{ "protocol": "sas" }]), Pass),
            ("complete", json!([{ "protocol": "usb" }]), Fail),
            ("complete", json!([{ "protocol": null }]), NotMeasured),
            ("partial", json!([]), NotMeasured),
            ("partial", json!([{ "protocol": "usb" }]), Fail),
        ],
    );
}

#[test]
fn all_and_any_follow_kleene() {
    // One branch asks for a fast disk, the other for a large one: each true, false or unknown.
    let rule = |kind: &str| {
        format!(
            "kind = \"{kind}\"\n\
             [[check.of]]\nkind = \"min\"\npath = \"inventory.disk.rpm.max\"\nvalue = \"10000 rpm\"\n\
             [[check.of]]\nkind = \"min\"\npath = \"inventory.disk.size_bytes.max\"\nvalue = \"1 GB\"\n"
        )
    };
    let value = |truth: usize| [json!(1), Value::Null, json!(2 * GB)][truth].clone();
    let verdict = |truth: usize| [Fail, NotMeasured, Pass][truth];
    for left in 0..3 {
        for right in 0..3 {
            let disk = json!([{ "rpm": value(left), "size_bytes": value(right) }]);
            table(&rule("all"), &[("complete", disk.clone(), verdict(left.min(right)))]);
            table(&rule("any"), &[("complete", disk, verdict(left.max(right)))]);
        }
    }
}

#[test]
fn ratio_compares_without_dividing() {
    table(
        "kind = \"ratio\"\npart = \"inventory.disk[protocol=sas].size_bytes.sum\"\n\
         whole = \"inventory.disk.size_bytes.sum\"\nmin = \"66.6 %\"",
        &[
            (
                "complete",
                json!([{ "protocol": "sas", "size_bytes": 2 }, { "protocol": "x", "size_bytes": 1 }]),
                Pass,
            ),
            (
                "complete",
                json!([{ "protocol": "sas", "size_bytes": 1 }, { "protocol": "x", "size_bytes": 1 }]),
                Fail,
            ),
            (
                "complete",
                json!([{ "protocol": "sas", "size_bytes": 2 }, { "protocol": "x", "size_bytes": null }]),
                NotMeasured,
            ),
            ("complete", json!([]), NotMeasured),
            ("partial", json!([{ "protocol": "sas", "size_bytes": 2 }]), NotMeasured),
        ],
    );
}

#[test]
fn a_measured_row_needs_a_valid_run_and_the_last_one_counts() {
    let rule = "kind = \"measure\"\nrun = \"storage.run[workload=tier]\"\n\
                where = { \"iops.min\" = \"800 IOPS\", \"latency.p99_ns.max\" = \"0.5 ms\" }\n\
                show = [\"iops\", \"latency.p99_ns\"]";
    let run = |validity: Value, iops: Value| {
        json!({ "id": "r1", "workload": "tier", "validity": validity, "iops": iops,
                "latency": { "p99_ns": 400_000 }, "reasons": ["client saturated"] })
    };
    let storage = |runs: Value| json!({ "storage": { "run": runs } });
    let rows = [
        (json!([run(json!("valid"), json!(900))]), Pass),
        (json!([run(json!("VALID"), json!(799))]), Fail),
        (json!([run(json!("INVALID"), json!(900))]), NotMeasured),
        (json!([run(Value::Null, json!(900))]), NotMeasured),
        (json!([run(json!("valid"), Value::Null)]), NotMeasured),
        (json!([]), NotMeasured),
        (json!([run(json!("valid"), json!(900)), run(json!("invalid"), json!(900))]), NotMeasured),
        (json!([run(json!("invalid"), json!(1)), run(json!("valid"), json!(900))]), Pass),
        (json!([{ "workload": "other", "validity": "valid", "iops": 900 }]), NotMeasured),
    ];
    for (runs, verdict) in rows {
        let judged = judged(rule, &storage(runs.clone()));
        assert_eq!(judged.verdict, verdict, "{runs} {judged:#?}");
        assert_eq!(judged.verdict.is_open(), !judged.reasons.is_empty(), "{runs}");
    }
    let invalid = judged(rule, &storage(json!([run(json!("INVALID"), json!(900))])));
    assert!(invalid.reasons[0].text.en.contains("client saturated"), "{invalid:#?}");
    assert_eq!(invalid.sources, ["run:r1"]);
    assert_eq!(invalid.measured.en, "IOPS 900 IOPS, latency.p99_ns 400 µs");
    assert_eq!(judged(rule, &json!({})).verdict, NotMeasured);
    let mut late = run(json!("invalid"), json!(900));
    late["reasons"] =
        json!([{ "code": "generator-late", "zh": "发生器迟到", "en": "generator late" }]);
    let text = judged(rule, &storage(json!([late]))).reasons[0].text.clone();
    assert!(text.zh.contains("（invalid：发生器迟到）"), "{}", text.zh);
    assert!(text.en.contains("(invalid: generator late)"), "{}", text.en);
}

#[test]
fn an_attestation_is_open_until_signed_unless_the_evidence_refutes_it() {
    let rule = "kind = \"attest\"\nevidence = [\"inventory.disk.model\"]\n\
                [[check.refuted_by]]\n\"inventory.disk.count_where\" = \
                { where = { \"vendor.ne\" = \"ACME\" }, min = 1 }";
    table(
        rule,
        &[
            ("complete", json!([{ "vendor": "ACME", "model": "A1" }]), NeedsAttestation),
            ("complete", json!([{ "vendor": "ACME" }, { "vendor": "Other" }]), Fail),
            ("complete", json!([{ "vendor": null }]), NeedsAttestation),
            ("failed", json!([{ "vendor": "Other" }]), NeedsAttestation),
        ],
    );
    let judged =
        judged(rule, &disks("complete", json!([{ "vendor": "ACME", "model": "A\u{7}1" }])));
    assert_eq!(judged.measured.zh, "硬盘型号：A1");
}

#[test]
fn a_check_that_does_not_apply_says_so() {
    let rule = "applies = { where = { \"inventory.disk.protocol.eq\" = \"sas\" }, \
                otherwise = { zh = \"无 SAS\", en = \"no SAS\" } }\n\
                kind = \"min\"\npath = \"inventory.disk.count\"\nvalue = 1";
    let nvme = judged(rule, &disks("complete", json!([{ "protocol": "nvme" }])));
    assert_eq!(nvme.verdict, Verdict::NotApplicable);
    assert_eq!(nvme.reasons[0].text.en, "no SAS");
    let sas = judged(rule, &disks("complete", json!([{ "protocol": "sas" }])));
    assert_eq!(sas.verdict, Pass);
    // Where it is not known whether it applies, it is judged.
    let unknown = judged(rule, &disks("complete", json!([{ "protocol": null }])));
    assert_eq!(unknown.verdict, Pass);
}

#[test]
fn facts_of_any_shape_are_survived_and_pass_nothing() {
    let rule = "kind = \"count_where\"\nover = \"inventory.disk\"\n\
                where = { \"counters.power_cycles.max\" = 3 }\nmin = 1";
    for facts in [
        json!(null),
        json!([]),
        json!("inventory"),
        json!({ "inventory": 7 }),
        json!({ "inventory": { "sections": [], "disk": 3, "sources": {} } }),
        json!({ "inventory": { "sections": { "disk": { "status": "complete" } }, "disk": "x" } }),
        json!({ "inventory": { "sections": { "disk": { "status": "complete" } },
            "sources": [{ "locator": "x" }],
            "disk": [1, null, [], { "origin": 3 }, { "origin": { "source": 0 }, "counters": 4 }] } }),
    ] {
        assert_eq!(judged(rule, &facts).verdict, NotMeasured, "{facts}");
    }
}
