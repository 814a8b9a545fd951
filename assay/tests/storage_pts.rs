//! `assay storage pts` as a user types it: what it refuses, and what a plan says. Its real
//! runs are in `hw-tests`: they take a device, or minutes.

use std::process::{Command, Output};

use serde_json::Value;

fn assay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .env("XDG_STATE_HOME", std::env::temp_dir().join("assay-test-state"))
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn what_cannot_be_tested_is_refused_by_name_and_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (file, there, out) = (path("f"), path("there"), path("out"));
    std::fs::write(&there, vec![7; 1 << 20]).expect("the file can be made");
    for (words, says) in [
        (vec![&*file, "--size", "64m"], "a file takes only the smaller test of --fast"),
        (vec![&*file, "--fast"], "(no-size)"),
        (vec![&*file, "--fast", "--size", "1m"], "is too small for this test"),
        (vec![&*file, "--fast", "--size", "64m", "--purge", "discard"], "needs no purge"),
        (vec![&*file, "--fast", "--size", "64m", "--cell-time", "2h"], "from 1 s to 1 h"),
        (vec![&*file, "--fast", "--size", "64m", "--cell-time", "x"], "--cell-time"),
        (vec![&*file, "--fast", "--size", "x"], "--size"),
        (vec![&*file, "--fast", "--size", "64m", "--threads", "0"], "--threads"),
        (vec![&*file, "--fast", "--size", "64m", "--test", "wsat"], "wsat"),
        (vec![&*there, "--fast", "--size", "64m"], "(file-exists)"),
        (vec!["/dev/null", "--fast"], "(wrong-kind)"),
        (vec![&*file, "--destroy", "device:1:2", "--fast", "--size", "64m"], "--destroy"),
        (vec![&*file, "--purge", "x", "--purged-by", "y"], "--purged-by"),
    ] {
        let mut arguments = vec!["storage", "pts", "--out", &out];
        arguments.extend(&words);
        let output = assay(&arguments);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(says), "{words:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{words:?}");
    }
    let left = std::fs::read_dir(folder.path()).expect("it is there").count();
    assert_eq!(left, 1, "only the file that was there");
    assert_eq!(std::fs::read(&there).expect("it is there"), vec![7; 1 << 20]);
}

#[test]
fn a_plan_is_printed_and_nothing_begins() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let file = folder.path().join("f").display().to_string();
    let out = folder.path().join("out").display().to_string();
    let plan = |more: &[&str]| {
        let mut words =
            vec!["storage", "pts", &file, "--fast", "--size", "64m", "--test", "all", "--plan"];
        words.extend(["--out", &out]);
        words.extend(more);
        assay(&words)
    };
    let output = plan(&["--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    assert_eq!(document["schema"], "storage-pts-plan/v1");
    assert_eq!(document["fast"], true);
    // 9, 2 and 6 cells of 5 s.
    assert_eq!(document["least_ns"], (9 + 2 + 6) * 5 * 5_000_000_000_u64);
    assert_eq!(document["precondition_bytes"], 3 * (64 << 20));
    assert!(document["open"].as_array().is_some_and(|open| open.len() >= 7));
    let text = plan(&["--lang", "zh"]);
    let page = String::from_utf8_lossy(&text.stdout).into_owned();
    assert!(page.contains("不可用于验收") && page.contains("各轮总时长"), "{page}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}
