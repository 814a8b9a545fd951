//! A test plan before anything is tested, and acceptance by stages.

use std::fs;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// Returns a place in a folder that goes with the test.
fn place(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

fn run(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    command.output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn json(output: &Output) -> Value {
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"))
}

const BMS: &str = "gd-gov-cloud/bms-1";

#[test]
fn a_plan_has_every_case_with_method_tool_expected_value_time_and_risk() {
    let scratch = tempfile::tempdir().unwrap();
    let (page, records) = (place(&scratch, "plan.html"), place(&scratch, "records.csv"));
    let words = ["report", "plan", "--profile", BMS, "--profile", "gd-gov-cloud/evs@high"];
    let more = ["--out", &page, "--records", &records, "--lang", "zh", "--output", "json"];
    let output = run(&[&words[..], &more].concat());
    assert_eq!(code(&output), 0);
    let plan = json(&output);
    assert_eq!(plan["schema"], "assay-plan/v1");
    let cases: Vec<&Value> = plan["parts"]
        .as_array()
        .expect("parts")
        .iter()
        .flat_map(|part| part["cases"].as_array().expect("cases"))
        .collect();
    let show = json(&run(&["profile", "show", BMS, "--output", "json"]));
    let checks = show["checks"].as_array().expect("checks");
    assert!(cases.len() > checks.len(), "the volume's cases are there, too");
    let page = fs::read_to_string(&page).expect("the page");
    for case in &cases {
        for field in ["method", "tool", "expected"] {
            assert!(case[field]["zh"].as_str().is_some_and(|text| !text.is_empty()), "{case}");
        }
        assert!(case["takes_s"].as_u64().is_some_and(|seconds| seconds > 0), "{case}");
        // Once among the cases, once in the form to fill in.
        let id = format!("<code>{}</code>", case["check"].as_str().expect("id"));
        assert!(page.matches(&id).count() >= 2, "{id}");
    }
    let of = |check: &str| cases.iter().find(|case| case["check"] == check).expect("the case");
    assert_eq!(of("bms1.memory")["risk"], "none");
    assert_eq!(of("evs.cap-reached-write")["risk"], "destroys");
    assert!(page.contains("验收测试方案") && page.contains("覆写被测盘上的全部数据"));
    let records = fs::read_to_string(&records).expect("the form");
    assert_eq!(records.lines().count(), cases.len() + 1);
    assert!(records.starts_with('\u{feff}'));
}

#[test]
fn a_stage_selects_cases_and_is_told_on_the_first_page() {
    let scratch = tempfile::tempdir().unwrap();
    let out = place(&scratch, "report");
    let words = ["accept", "--profile", BMS, "--stage", "到货", "--out", &out, "--output", "json"];
    let output = run(&words);
    assert_eq!(code(&output), 3, "nobody has signed yet");
    let report = json(&output);
    let rows = report["rows"].as_array().expect("rows").len();
    let selected = &report["basis"]["selected"];
    assert_eq!(selected["stage"], "arrival");
    assert_eq!(selected["cases"], rows);
    assert!(selected["of"].as_u64().expect("of") > rows as u64, "{selected}");
    assert_eq!(report["cover"]["stage"], "arrival");
    let page = fs::read_to_string(format!("{out}/index.html")).expect("the page");
    assert!(page.contains(&format!("本阶段 {rows} 项，配置档全部 {} 项", selected["of"])));

    let plan = place(&scratch, "plan.html");
    let words = ["report", "plan", "--profile", BMS, "--stage", "arrival", "--out", &plan];
    let planned = json(&run(&[&words[..], &["--output", "json"]].concat()));
    assert_eq!(planned["parts"][0]["cases"].as_array().expect("cases").len(), rows);
}

#[test]
fn what_is_no_stage_and_a_stage_without_cases_are_refused() {
    let scratch = tempfile::tempdir().unwrap();
    let page = place(&scratch, "plan.html");
    let plan = ["report", "plan", "--profile", BMS, "--out", &page, "--stage"];
    for (stage, said) in
        [("arival", "a similar value exists: 'arrival'"), ("trial-run", "no case at this stage")]
    {
        let output = run(&[&plan[..], &[stage]].concat());
        assert_eq!(code(&output), 2, "{stage}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains(said), "{error}");
    }
    assert!(!fs::exists(&page).expect("looked at"), "nothing is written");
    let out = place(&scratch, "report");
    let output = run(&["accept", "--profile", BMS, "--stage", "试运行", "--out", &out]);
    assert_eq!(code(&output), 2);
}
