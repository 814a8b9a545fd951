//! `assay net accept` without root: one sentence; and what it prints, from cases made here,
//! against the schema of it; and what a report makes of it. On the real kernel: `hw-tests`, `--test net_accept`.

use std::process::{Command, Stdio};

use assay::exit::Exit;
use assay::output::net::accept::Found;
use assay::output::{Layout, Paint};
use dataplane::accept::{Case, Verdict, unmeasured};
use dataplane::text::Text;
use profiles::Lang;
use serde_json::Value;

fn valid(document: &Value) {
    let schema: Value =
        serde_json::from_str(include_str!("net/accept.schema.json")).expect("it is JSON");
    let validator = jsonschema::validator_for(&schema).expect("it is a schema");
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn found(cases: &[Case]) -> Found<'_> {
    Found { host: "node-7", kernel: "6.18.0", scale: false, cases, agents: None }
}

/// All cases as they are where the kernel cannot do it.
fn open() -> Vec<Case> {
    unmeasured(&Text::of("内核缺少 {0}", "this kernel lacks {0}", &[&"br_netfilter"]))
}

/// All of them passed.
fn passed() -> Vec<Case> {
    let mut cases = open();
    for case in &mut cases {
        case.verdict = Verdict::Pass;
        case.reason = None;
        case.probe_sent.push(dataplane::accept::Probe {
            step: 1,
            at: "a1".to_owned(),
            frame: "02:00:00:00:00:0b > 02:00:00:00:00:0c, 10.0.0.11 > 10.0.0.12".to_owned(),
            wanted: "dropped",
        });
    }
    cases
}

fn page(cases: &[Case], lang: Lang) -> String {
    found(cases).page(Layout { lang, paint: Paint::Plain, columns: None })
}

#[test]
fn what_could_not_be_found_out_is_no_pass() {
    let cases = open();
    assert_eq!(found(&cases).exit(), Exit::Unknown);
    assert_eq!(found(&[]).exit(), Exit::Unknown);
    valid(&found(&cases).document());
    let zh = page(&cases, Lang::Zh);
    assert!(zh.contains("未测：内核缺少 br_netfilter"), "{zh}");
    assert_eq!(zh.matches("br_netfilter").count(), 1, "one reason is told once");
}

#[test]
fn all_passed_is_a_table_and_one_failure_is_told_in_full() {
    let mut cases = passed();
    assert_eq!(found(&cases).exit(), Exit::Wanted);
    valid(&found(&cases).document());
    let all = page(&cases, Lang::En);
    assert!(all.starts_with("assay-dataplane@node-7  Linux 6.18.0\n"), "{all}");
    assert!(all.contains("fail 0, not measured 0"), "{all}");
    assert!(!all.contains('✗'));
    let case = cases.first_mut().expect("there are cases");
    case.verdict = Verdict::Fail;
    case.reason = Some(Text::of("第 1 步", "step 1 must not be seen at a2, and was", &[]));
    let frame = "seen as it came".to_owned();
    case.probe_seen.push(dataplane::accept::Sighting { step: 1, at: "a2".to_owned(), frame });
    assert_eq!(found(&cases).exit(), Exit::Failed);
    valid(&found(&cases).document());
    let told = page(&cases, Lang::En);
    for said in
        ["fail: step 1 must not be seen", "1 a1: 02:00:00", "(to be dropped)", "→ a2: seen as"]
    {
        assert!(told.contains(said), "{said}: {told}");
    }
    assert!(page(&cases, Lang::Zh).contains("不通过 1，未测 0"));
}

#[test]
fn it_prints_its_document_or_one_sentence_says_what_it_takes() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(["net", "accept", "--disruptive", "--output", "json"]);
    let output = command.env_clear().env("LC_ALL", "C").stdin(Stdio::null()).output();
    let output = output.expect("the program runs");
    let said = String::from_utf8_lossy(&output.stderr);
    if output.stdout.is_empty() {
        assert_eq!(output.status.code(), Some(3), "{said}");
        assert!(
            said.contains("takes root (or CAP_NET_ADMIN, CAP_NET_RAW, CAP_SYS_ADMIN)"),
            "{said}"
        );
        return;
    }
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON is on stdout");
    valid(&document);
    assert_ne!(output.status.code(), Some(1), "{document:#}");
}

/// Judges `document` by a variant of the profile; returns the program's end and the verdicts.
fn judged(document: &Value, variant: &str) -> (Option<i32>, Vec<(String, String)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("net.json");
    std::fs::write(&file, document.to_string()).expect("it can be written");
    let output = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["accept", "--profile", &format!("gd-gov-cloud/network@{variant}"), "--network"])
        .arg(&file)
        .arg("--out")
        .arg(folder.path().join("out"))
        .args(["--output", "json"])
        .env("LC_ALL", "C")
        .output()
        .expect("the program runs");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let rows = report["rows"].as_array().cloned().unwrap_or_default();
    let word = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let verdicts = rows.iter().map(|one| (word(&one["judgement"], "check"), word(one, "verdict")));
    (output.status.code(), verdicts.collect())
}

/// What a run with `--scale` prints where every case passes.
fn scaled() -> Value {
    let mut cases = passed();
    let loops = ["5.3.3.3.1#3"; 3];
    for row in ["5.3.2.1#10", "5.2.3.1#5", "5.2.3.2#4", "5.3.3.3.1#7"].iter().chain(&loops) {
        cases.extend(cases.first().cloned().map(|case| Case { row, ..case }));
    }
    let mut document = found(&cases).document();
    document["scale"] = Value::Bool(true);
    document
}

#[test]
fn scratch_fills_no_row_of_a_delivered_cloud() {
    let document = scaled();
    let (exit, own) = judged(&document, "dataplane");
    // What of a row no packet shows is for a person.
    assert_eq!(exit, Some(3), "{own:?}");
    let open: Vec<&str> =
        own.iter().filter(|row| row.1 != "pass").map(|row| row.0.as_str()).collect();
    let person = [
        "network.services.more",
        "network.eip.delete.bound",
        "network.eip.translation.balancer",
        "network.loops.discovery",
        "network.vxlan.switches",
    ];
    assert_eq!(open, person, "{own:?}");
    let (exit, cloud) = judged(&document, "delivered");
    assert_eq!(exit, Some(3), "{cloud:?}");
    let open = ["not-measured", "needs-attestation"];
    assert!(cloud.iter().all(|row| open.contains(&row.1.as_str())), "{cloud:?}");
    // Nor does a cloud's fill those of this dataplane.
    let mut other = document;
    other["subject"] = Value::from("delivered-cloud");
    let (_, own) = judged(&other, "dataplane");
    assert!(own.iter().all(|row| open.contains(&row.1.as_str())), "{own:?}");
}

#[test]
fn a_row_passes_with_all_of_its_cases_or_not_at_all() {
    let with = |verdict: &str| {
        let mut document = scaled();
        let cases = document["cases"].as_array_mut().expect("a list");
        let case = cases.iter_mut().find(|case| case["row"] == "8.3.8#2").expect("it is there");
        case["verdict"] = Value::from(verdict);
        let (exit, rows) = judged(&document, "dataplane");
        let row = rows.into_iter().find(|row| row.0 == "network.arp").expect("it is there");
        (exit, row.1)
    };
    assert_eq!(with("not-measured"), (Some(3), "not-measured".to_owned()));
    assert_eq!(with("of a later version"), (Some(3), "not-measured".to_owned()));
    assert_eq!(with("fail"), (Some(1), "fail".to_owned()));
    // With fewer cases than the profile asks for nothing is known, unless one of them failed.
    let fewer = |verdict: &str| {
        let mut document = scaled();
        let cases = document["cases"].as_array_mut().expect("a list");
        let mut kept = 0;
        cases.retain(|case| {
            kept += usize::from(case["row"] == "8.3.8#2");
            case["row"] != "8.3.8#2" || kept == 1
        });
        let case = cases.iter_mut().find(|case| case["row"] == "8.3.8#2").expect("it is there");
        case["verdict"] = Value::from(verdict);
        let (_, rows) = judged(&document, "dataplane");
        rows.into_iter().find(|row| row.0 == "network.arp").expect("it is there").1
    };
    assert_eq!((fewer("pass").as_str(), fewer("fail").as_str()), ("not-measured", "fail"));
    // Without the sizes, their rows are open.
    let mut small = scaled();
    small["scale"] = Value::Bool(false);
    let (_, rows) = judged(&small, "dataplane");
    let vnics = rows.iter().find(|row| row.0 == "network.vnics").expect("it is there");
    assert_eq!(vnics.1, "not-measured");
    // What is no such document is refused in a sentence.
    let (exit, rows) = judged(&serde_json::json!({ "schema": "else" }), "dataplane");
    assert_eq!((exit, rows.len()), (Some(2), 0));
}
