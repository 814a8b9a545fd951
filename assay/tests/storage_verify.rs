//! `assay storage verify` as a user types it, on files of a scratch folder.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn verify(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(["storage", "verify"])
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .output()
        .expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn shown(folder: &tempfile::TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

#[test]
fn a_sound_file_is_found_sound_and_removed() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let target = shown(&folder, "f");
    let output =
        verify(&["--target", &target, "--size", "2m", "--passes", "3", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("a crash could not be judged"), "{}", said(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    assert_eq!(report["schema"], "storage-integrity/v1");
    assert_eq!(report["written"]["blocks"], 3 * 512);
    assert_eq!(report["found"]["current"], 512);
    assert_eq!(report["subject"]["path"], target.as_str());
    assert!(!Path::new(&target).exists());
}

#[test]
fn a_journal_on_the_targets_disk_is_refused_and_allowed_by_name() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let (target, journal) = (shown(&folder, "f"), shown(&folder, "journal"));
    let given = ["--target", &target, "--size", "2m", "--journal", &journal, "--keep"];
    let output = verify(&given);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("is on the disk that is verified"), "{}", said(&output));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);

    let output = verify(&[&given[..], &["--journal-same-device"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // What was written is still there, and judged by the journal alone.
    let check = ["--after-crash", "--target", &target, "--journal", &journal];
    let output = verify(&check);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(0), "{}{text}", said(&output));
    assert!(text.contains("ended in order"), "{text}");

    let other = shown(&folder, "other");
    std::fs::copy(&target, &other).expect("a copy");
    let output = verify(&["--after-crash", "--target", &other, "--journal", &journal]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("is not this target's"), "{}", said(&output));
}

#[test]
fn what_cannot_be_is_refused_in_a_sentence() {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let target = shown(&folder, "f");
    for (arguments, sentence) in [
        (&["--size", "2m", "--bs", "3k"][..], "`bs` cannot be 3072"),
        (&["--size", "3k"], "`size` cannot be 3072"),
        (&["--size", "2m", "--threads", "0"], "`threads` cannot be 0"),
        (&["--size", "2m", "--atomic", "3k"], "--atomic is 512, 1k, 2k or 4k"),
        (&["--size", "2m", "--runtime", "5x"], "cannot understand --runtime `5x`"),
        (&["--size", "2m", "--journal", "/nowhere/j"], "the journal's folder `/nowhere`"),
        (&["--after-crash"], "--journal"),
        (&["--after-crash", "--journal", "j", "--passes", "2"], "cannot be used with"),
        (&[], "size"),
    ] {
        let output = verify(&[&["--target", &target], arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains(sentence), "{arguments:?}: {}", said(&output));
        assert!(!Path::new(&target).exists(), "{arguments:?}");
    }
}
