//! `assay net accept` without root: one sentence; and what it prints, from cases made here,
//! against the schema of it. On the real kernel: `hw-tests`, `--test net_accept`.

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
    Found { host: "node-7", kernel: "6.18.0", cases }
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
            at: "a1",
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
    case.probe_seen.push(dataplane::accept::Sighting { step: 1, at: "a2", frame });
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
