//! `assay storage scan` as a user types it, on files that stand for disks.

use std::process::{Command, Output};

use serde_json::Value;

fn scan(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["storage", "scan"])
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Files of 4 MiB, filled, and their paths.
fn files(count: usize) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let paths = (0..count).map(|at| folder.path().join(format!("f{at}")));
    let paths: Vec<_> = paths.collect();
    for path in &paths {
        std::fs::write(path, vec![0x5a; 4 << 20]).expect("a file of ours");
    }
    let shown = paths.iter().map(|path| path.display().to_string()).collect();
    (folder, shown)
}

#[test]
fn a_few_disks_are_judged_by_absolute_rules_and_the_document_is_storage() {
    let (folder, paths) = files(2);
    let out = folder.path().join("out.json").display().to_string();
    let html = folder.path().join("scan.html").display().to_string();
    let (one, other) = (paths[0].as_str(), paths[1].as_str());
    let output = scan(&[
        "--runtime",
        "400ms",
        "--out",
        &out,
        "--html",
        &html,
        "--output",
        "json",
        one,
        other,
    ]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    // A second's pause of a busy host is a fault of the disk, as far as anybody can see.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}{document:#}", said(&output));
    assert_eq!(document["schema"], "storage/v1");
    let disks = document["disk"].as_array().expect("disks");
    assert_eq!(disks.len(), 2);
    for disk in disks {
        assert_eq!(disk["compared"], false);
        assert!(disk["speeds"]["mean_ns"].as_u64() > Some(0), "{disk:#}");
        let notes = disk["notes"].as_array().expect("notes");
        let has = |code: &str| notes.iter().any(|note| note["code"] == code);
        assert!(has("few-peers") && has("short-run") && has("no-smart"), "{disk:#}");
    }
    let written = std::fs::read(&out).expect("it was written");
    assert_eq!(serde_json::from_slice::<Value>(&written).expect("JSON"), document);
    let page = std::fs::read_to_string(&html).expect("it was written");
    assert!(page.contains("absolute rules only"), "{page}");
}

#[test]
fn a_disk_that_was_not_measured_is_not_healthy() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let path = folder.path().join("small").display().to_string();
    // Too small to have a first and a last tenth.
    std::fs::write(&path, vec![0x5a; 64 << 10]).expect("a file of ours");
    let output = scan(&["--runtime", "400ms", &path]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("? not measured") && !text.contains("✓ healthy 1"), "{text}");
    assert!(said(&output).contains("it is too small"), "{}", said(&output));
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    for (arguments, sentence) in [
        (&[][..], "<DEV>"),
        (&["/dev/nowhere"], "does not exist"),
        (&["--runtime", "1ms", "/dev/null"], "too short"),
        (&["--runtime", "5x", "/dev/null"], "cannot understand --runtime `5x`"),
        (&["--zones", "2", "/dev/null"], "8..=4096"),
        (&["--all", "/dev/sda"], "cannot be used with"),
        (&["/dev/null"], "character device"),
    ] {
        let output = scan(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(sentence), "{arguments:?}: {}", said(&output));
    }
}
