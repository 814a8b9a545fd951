//! `assay storage` as a user types it: on files of a scratch folder, and on what it must refuse.

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

/// A scratch folder, and the `--filename` option of a file in it.
fn scratch() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a scratch folder");
    let option = format!("--filename={}", folder.path().join("f").display());
    (folder, option)
}

#[test]
fn a_run_prints_only_its_document_counts_everything_and_leaves_nothing() {
    let (folder, filename) = scratch();
    let output = assay(&[
        "storage",
        "run",
        &filename,
        "--size=2m",
        "--rw=randrw",
        "--rwmixread=70",
        "--bs=4k",
        "--iodepth=4",
        "--ioengine=io_uring",
        "--output",
        "json",
    ]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    assert_eq!(document["schema"], "storage/v1");
    let run = &document["run"][0];
    assert_eq!(run["all"]["ios"], 512, "2 MiB in blocks of 4 KiB: {run:#}");
    let of = |kind: &str| run[kind]["ios"].as_u64().expect("both kinds were done");
    assert_eq!(of("read") + of("write"), 512);
    // Half a second proves nothing, and the exit code says so.
    assert_eq!(run["validity"], "invalid");
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[test]
fn a_run_speaks_fio() {
    let (_folder, filename) = scratch();
    let output = assay(&[
        "storage",
        "run",
        "--name=j",
        &filename,
        "--size",
        "1m",
        "--rw",
        "randread",
        "--bs=4k",
        "--number_ios=100",
        "--output-format=json",
    ]);
    let document: Value = serde_json::from_slice(&output.stdout).expect("only JSON on stdout");
    assert_eq!(document["jobs"][0]["jobname"], "j");
    assert_eq!(document["jobs"][0]["read"]["total_ios"], 100);
}

#[test]
fn what_is_not_supported_is_refused_by_name_before_anything_is_touched() {
    let (folder, filename) = scratch();
    for (words, names) in [
        (vec!["--size=1m", "--rw=randread", "--iodpth=4"], "iodepth"),
        (vec!["--size=1m", "--rw=nonsense"], "rw"),
        (vec!["--size=1m", "--rw=read", "--ioengine=rbd"], "ioengine"),
        (vec!["--size=1m", "--rw=read", "--verify=crc32c"], "verify"),
        (vec!["--size=1m", "--rw=read", "--rate_iops=10", "--mode", "latency"], "rate"),
    ] {
        let mut arguments = vec!["storage", "run", &filename];
        arguments.extend(&words);
        let output = assay(&arguments);
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(names), "{words:?}: {}", said(&output));
        assert!(output.stdout.is_empty());
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[test]
fn a_file_that_was_there_is_read_and_never_written() {
    let (folder, filename) = scratch();
    let file = folder.path().join("f");
    let before = vec![7_u8; 1 << 20];
    std::fs::write(&file, &before).expect("the file can be made");
    let refused = assay(&["storage", "run", &filename, "--size=1m", "--rw=randwrite"]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("(file-exists)"), "{}", said(&refused));
    let read = assay(&["storage", "run", &filename, "--rw=randread", "--output", "json"]);
    let document: Value = serde_json::from_slice(&read.stdout).expect("JSON");
    assert_eq!(document["run"][0]["all"]["ios"], 256);
    assert_eq!(std::fs::read(&file).expect("it is there"), before);
}

#[test]
fn a_plan_is_told_before_anything_starts() {
    let (folder, _) = scratch();
    let target = folder.path().join("volume").display().to_string();
    let accept = ["storage", "accept", "--tier", "evs-high", "--target", &target, "--size", "1g"];
    let output = assay(&[&accept[..], &["--plan", "--output", "json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let plan: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cases: Vec<&str> =
        plan["case"].as_array().expect("a list").iter().filter_map(|c| c["id"].as_str()).collect();
    assert!(cases.contains(&"evs-high.cap.qd32"), "{cases:?}");
    assert!(plan["open"].as_array().is_some_and(|open| !open.is_empty()));
    let wrong = assay(&[&accept[..], &["--case", "evs-high.nonsense"]].concat());
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(said(&wrong).contains("evs-high.cap.qd32"), "the hint lists the cases");
    let tier = assay(&["storage", "accept", "--tier", "gold", "--target", &target]);
    assert_eq!(tier.status.code(), Some(2), "{}", said(&tier));
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[test]
fn every_case_is_exported_as_a_job_that_is_read_back() {
    let output = assay(&["storage", "export-fio"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).expect("text");
    for case in ["evs-normal.cap.qd1", "ssd-array.latency", "distributed-volume"] {
        assert!(text.contains(case), "{case}");
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_touched() {
    let (folder, _) = scratch();
    let target = folder.path().join("volume").display().to_string();
    let out = folder.path().join("out").display().to_string();
    let profile = ["accept", "--profile", "gd-gov-cloud/ecs-server", "--out", &out];
    for (words, names) in [
        (vec!["--storage-target", &target], "--tier"),
        (vec!["--tier", "evs-high"], "--storage-target"),
        (vec!["--destroy", "S1"], "--storage-target"),
        (vec!["--storage-target", &target, "--tier", "evs-high", "--output", "json"], "stdout"),
    ] {
        let output = assay(&[&profile[..], &words].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(names), "{words:?}: {}", said(&output));
    }
    let accept = ["storage", "accept", "--tier", "distributed-volume", "--target", &target];
    for (words, names) in [
        (vec!["--snap-create", "true"], "--snap-delete"),
        (vec!["--used-command", "echo 1", "--ask-used"], "--ask-used"),
        (vec!["--array-setting", "some"], "array-setting"),
    ] {
        let output = assay(&[&accept[..], &words].concat());
        assert_eq!(output.status.code(), Some(2), "{words:?}: {}", said(&output));
        assert!(said(&output).contains(names), "{words:?}: {}", said(&output));
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}

#[test]
fn runs_of_several_files_are_judged_together_and_the_same_run_once() {
    let (folder, filename) = scratch();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (one, two, out) = (file("one.json"), file("two.json"), file("report"));
    for name in [&one, &two] {
        let words = ["--size=1m", "--rw=randread", "--number_ios=9", "--out", name];
        assay(&[&["storage", "run", &filename][..], &words].concat());
    }
    let accept = |files: &[&str]| {
        let mut words = vec!["accept", "--profile", "gd-gov-cloud/evs-service", "--out", &out];
        words.extend(["--output", "json"]);
        words.extend(files.iter().flat_map(|file| ["--storage", file]));
        assay(&words)
    };
    let judged = accept(&[&one, &two, &one]);
    assert_eq!(judged.status.code(), Some(3), "{}", said(&judged));
    assert!(said(&judged).contains("count once"), "{}", said(&judged));
    let report: Value = serde_json::from_slice(&judged.stdout).expect("JSON");
    let runs = report["facts"]["storage"]["run"].as_array().expect("a list");
    assert_eq!(runs.len(), 2);
    // The same id of another run is no run to believe.
    let mut forged: Value =
        serde_json::from_slice(&std::fs::read(&one).expect("it is there")).expect("JSON");
    forged["run"][0]["all"]["iops"] = serde_json::json!(1_000_000);
    std::fs::write(&two, forged.to_string()).expect("it can be written");
    let refused = accept(&[&one, &two]);
    assert_eq!(refused.status.code(), Some(2), "{}", said(&refused));
    assert!(said(&refused).contains("differs"), "{}", said(&refused));
}

#[test]
fn a_shut_window_is_waited_for_and_ctrl_c_ends_the_waiting() {
    use std::io::{BufRead, BufReader};
    let (folder, _) = scratch();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (target, out) = (path("volume"), path("out"));
    let accept = ["storage", "accept", "--tier", "evs-high", "--target", &target, "--size", "64m"];
    let wrong = assay(&[&accept[..], &["--window", "22-06"]].concat());
    assert_eq!(wrong.status.code(), Some(2), "{}", said(&wrong));
    assert!(said(&wrong).contains("22:00-06:00"), "{}", said(&wrong));
    // A window that opens in about twelve hours, by the clock that the program reads.
    let date = Command::new("date").arg("+%H").output().expect("date runs");
    let hour: u32 = String::from_utf8_lossy(&date.stdout).trim().parse().expect("an hour");
    let window = format!("{:02}:00-{:02}:00", (hour + 12) % 24, (hour + 15) % 24);
    let mut child = Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(accept)
        .args(["--window", &window, "--out", &out])
        .env("LANG", "C.UTF-8")
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut plan = String::new();
    let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    for line in lines.map_while(Result::ok) {
        plan.push_str(&line);
        plan.push('\n');
        if line.contains("waits until") {
            let opens = format!("{:02}:00", (hour + 12) % 24);
            assert!(line.contains(&opens), "{line}");
            let id = child.id().to_string();
            Command::new("kill").args(["-INT", &id]).status().expect("kill runs");
        }
    }
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(3), "{plan}");
    let slot = format!(" {:02}:00–", (hour + 12) % 24);
    assert!(plan.contains(&slot), "slots are told: {plan}");
    assert!(!folder.path().join("volume").exists(), "the file that was made is gone");
}
