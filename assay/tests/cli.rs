//! The program as a new user meets it: what it says, where, and how it exits.
#![expect(clippy::disallowed_methods, reason = "waiting for a condition needs a deadline")]

#[path = "push/scratch.rs"]
mod scratch;

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use scratch::Scratch;

/// Returns `assay` with these arguments, in English whatever the caller speaks.
fn assay(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    assay(arguments).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the program writes UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the program writes UTF-8")
}

#[test]
fn help_and_version_are_on_stdout_and_exit_0() {
    for arguments in [&["--help"][..], &["accept", "--help"], &["report", "attest", "-h"], &["-V"]]
    {
        let output = run(arguments);
        assert_eq!(code(&output), 0, "{arguments:?}");
        assert!(!output.stdout.is_empty() && output.stderr.is_empty(), "{arguments:?}");
    }
    assert!(stdout(&run(&["--help"])).contains("Exit codes: 0 as wanted"));
}

#[test]
fn wrong_use_is_on_stderr_and_exit_2() {
    let cases: [(&[&str], &str); 9] = [
        (&[], "Usage: assay"),
        (&["acept"], "'accept'"),
        (&["accept"], "--profile"),
        (&["accept", "--profle", "x"], "similar argument exists: '--profile'"),
        (&["accept", "--profile", "gd-gov-cloud/ecs-server", "--plane", "storage"], "NAME=NETWORK"),
        (
            &["accept", "--profile", "gd-gov-cloud/esc-server"],
            "did you mean `gd-gov-cloud/ecs-server`?",
        ),
        (&["accept", "--profile", "nothing.toml"], "cannot read profile `nothing.toml`"),
        (&["inventory", "import"], "no file to import is named"),
        (&["profile", "show", "x"], "no profile `x`"),
    ];
    for (arguments, said) in cases {
        let output = run(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", stdout(&output));
        assert!(stderr(&output).contains(said), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn the_language_is_the_users_where_the_console_can_show_it() {
    let help = |arguments: &[&str], lang: &str| {
        let output = assay(arguments).env_remove("LC_ALL").env("LANG", lang).output();
        stdout(&output.expect("the program starts"))
    };
    assert!(help(&["--help"], "zh_CN.UTF-8").contains("用法: assay"));
    assert!(help(&["--help"], "C").contains("Usage: assay"));
    assert!(help(&["--help"], "zh_CN.GB18030").contains("Usage: assay"));
    assert!(help(&["--lang", "zh", "--help"], "C").contains("用法: assay"));
    assert!(help(&["--lang=en", "--help"], "zh_CN.UTF-8").contains("Usage: assay"));
    let missing = assay(&["accept", "--profile", "x", "--lang", "zh"]).output();
    let missing = stderr(&missing.expect("the program starts"));
    assert!(missing.starts_with("assay: 无法使用配置档\n  原因: "), "{missing}");
}

#[test]
fn input_that_cannot_be_used_is_one_clear_complaint_with_its_name() {
    let scratch = Scratch::new("input");
    let garbage = scratch.file("garbage.bin", "\u{1}\u{2}\u{3}garbage", 0o644);
    let empty = scratch.file("empty.json", "", 0o644);
    let folder = scratch.join("folder");
    fs::create_dir(&folder).expect("made");
    let missing = scratch.join("missing");
    let profile = ["accept", "--profile", "gd-gov-cloud/ecs-server", "--out"];
    let out = scratch.join("report");
    let cases = [
        (&garbage, "is nothing that can be imported"),
        (&empty, "is empty"),
        (&folder, "none of the files given can be used"),
        (&missing, "cannot read `"),
    ];
    for (path, said) in cases {
        let mut words = profile.to_vec();
        words.extend([out.as_str(), "--from", path]);
        let output = run(&words);
        assert_eq!(code(&output), 3, "{path}: {}", stderr(&output));
        assert!(stderr(&output).contains(said), "{path}: {}", stderr(&output));
        assert!(!fs::exists(&out).expect("looked"), "{path}: no report of nothing");
    }
    for kind in ["--smbios", "--dmidecode", "--lshw", "--smartctl", "--storcli", "--lldp"] {
        for path in [&garbage, &empty, &folder, &missing] {
            let output = run(&["inventory", "import", kind, path]);
            assert_eq!(code(&output), 3, "{kind} {path}: {}", stdout(&output));
            let said = stderr(&output);
            assert!(said.starts_with("assay: ") && said.contains(path.as_str()), "{kind}: {said}");
        }
    }
}

#[test]
fn an_accept_of_this_machine_leaves_a_report_that_verifies() {
    let scratch = Scratch::new("accept");
    let out = scratch.path().join("report").display().to_string();
    let output = run(&["accept", "--profile", "gd-gov-cloud/ecs-server", "--out", &out]);
    assert!([0, 1, 3].contains(&code(&output)), "{}", stderr(&output));
    for name in
        ["index.html", "result.json", "junit.xml", "ocp-tv.jsonl", "result.csv", "manifest.json"]
    {
        assert!(fs::exists(format!("{out}/{name}")).expect("looked"), "{name}");
    }
    assert!(stdout(&output).contains("Test conclusion: "), "{}", stdout(&output));
    if code(&output) == 3 {
        assert!(stdout(&output).contains("To do (what closes each open row)"));
    }
    let verify = run(&["report", "verify", &out]);
    assert_eq!((code(&verify), stdout(&verify).contains("intact, unsigned")), (0, true));
    fs::write(format!("{out}/index.html"), "forged").expect("ours");
    let verify = run(&["report", "verify", &out]);
    assert_eq!((code(&verify), stdout(&verify).contains("index.html")), (1, true));
    let todo = run(&["report", "todo", &out]);
    assert_eq!(code(&todo), 1, "an altered report is refused: {}", stderr(&todo));
}

#[test]
fn json_is_alone_on_stdout_and_has_a_schema() {
    let scratch = Scratch::new("json");
    let out = scratch.join("report");
    let accept =
        ["accept", "--profile", "gd-gov-cloud/ecs-server", "--output", "json", "--out", &out];
    let commands: [&[&str]; 6] = [
        &accept,
        &["inventory", "--output", "json"],
        &["profile", "list", "--output", "json"],
        &["profile", "show", "gd-gov-cloud/bms-1", "--output", "json"],
        &["profile", "lint", "--output", "json"],
        &["profile", "coverage", "--output", "json"],
    ];
    for arguments in commands {
        let output = run(arguments);
        let document: serde_json::Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
                panic!("{arguments:?}: {error}: {}", stderr(&output));
            });
        assert!(document["schema"].is_string(), "{arguments:?}");
    }
    let result: serde_json::Value =
        serde_json::from_slice(&fs::read(format!("{out}/result.json")).expect("written"))
            .expect("JSON");
    assert_eq!(result["schema"], "assay-report/v1");
}

#[test]
fn what_is_in_the_way_of_a_report_is_kept() {
    let scratch = Scratch::new("in-the-way");
    let theirs = scratch.join("theirs");
    fs::create_dir(&theirs).expect("made");
    fs::write(format!("{theirs}/thesis.txt"), "years of work").expect("written");
    let accept = |out: &str| run(&["accept", "--profile", "gd-gov-cloud/ecs-server", "--out", out]);
    let output = accept(&theirs);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("is not a report"), "{}", stderr(&output));
    assert_eq!(fs::read_dir(&theirs).expect("there").count(), 1);
    let out = scratch.join("report");
    accept(&out);
    let second = accept(&out);
    assert!(stderr(&second).contains("report.1`"), "{}", stderr(&second));
    assert_eq!(code(&run(&["report", "verify", &out, &format!("{out}.1")])), 0);
}

#[test]
fn a_folder_that_takes_no_report_is_refused_before_the_work() {
    let scratch = Scratch::new("read-only");
    let file = scratch.file("file", "", 0o644);
    let under_file = format!("{file}/report");
    let out = |out: &str| run(&["accept", "--profile", "gd-gov-cloud/ecs-server", "--out", out]);
    let output = out(&under_file);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    assert!(stderr(&output).contains("cannot write to folder"), "{}", stderr(&output));
    // Root may write anywhere but where nothing can be written: the kernel's own tree.
    let output = out("/proc/assay-report");
    assert_ne!(code(&output), 0);
    assert!(stderr(&output).contains("--out"), "{}", stderr(&output));
    let closed = scratch.join("closed");
    fs::create_dir(&closed).expect("made");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).expect("ours");
    if File::create(format!("{closed}/probe")).is_err() {
        assert_eq!(code(&out(&format!("{closed}/report"))), 2);
    }
}

#[test]
fn a_reader_that_goes_away_ends_nothing_loudly_and_a_full_disk_does() {
    let mut child = assay(&["profile", "coverage"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // The reader goes before the first byte comes.
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((code(&output), stderr(&output)), (0, String::new()));
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    let output = assay(&["profile", "coverage"]).stdout(full).output().expect("it starts");
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).starts_with("assay: cannot write to standard output\n"));
}

#[test]
fn nothing_but_a_terminal_gets_colour_or_progress() {
    for arguments in [&["profile", "list"][..], &["inventory"]] {
        let output = assay(arguments).env("TERM", "xterm-256color").output().expect("it starts");
        assert!(!output.stdout.contains(&0x1b) && !output.stderr.contains(&0x1b), "{arguments:?}");
    }
}

#[test]
fn completions_and_manual_pages_exist_for_every_command() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&run(&["completions", shell]));
        assert!(script.contains("section-timeout"), "{shell}");
    }
    let scratch = Scratch::new("man");
    let out = scratch.join("man");
    assert_eq!(code(&run(&["man", "--out", &out])), 0);
    for name in ["assay", "assay-accept", "assay-inventory-push", "assay-report-attest"] {
        let page = fs::read_to_string(format!("{out}/{name}.1")).expect("the page is there");
        assert!(page.contains(".SH NAME"), "{name}");
    }
}

#[test]
fn the_log_is_off_unless_asked_for() {
    assert_eq!(stderr(&run(&["profile", "list"])), "");
    let output = run(&["profile", "list", "--log", "loud"]);
    assert_eq!(code(&output), 2);
}

#[test]
fn an_interrupt_keeps_what_was_collected_and_the_report_says_so() {
    let scratch = Scratch::new("interrupt");
    let out = scratch.join("report");
    // Listening for neighbours takes as long as it is told to: time to interrupt.
    let accept = ["accept", "--profile", "gd-gov-cloud/ecs-server", "--lldp=60"];
    let mut words = accept.to_vec();
    words.extend(["--section-timeout", "90", "--out", &out]);
    let mut child = assay(&words)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let end = Instant::now() + Duration::from_secs(30);
    // Bit 1 of the caught signals: SIGINT has its handler.
    let caught = || {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let mask = text.lines().find_map(|line| line.strip_prefix("SigCgt:").map(str::trim));
        mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0) & 2 != 0
    };
    while !caught() && child.try_wait().expect("ours").is_none() && Instant::now() < end {
        std::thread::yield_now();
    }
    let pid = rustix::process::Pid::from_child(&child);
    let sent = rustix::process::kill_process(pid, rustix::process::Signal::INT);
    let output = child.wait_with_output().expect("it ends");
    assert!(Instant::now() < end, "it went on after the interrupt");
    if sent.is_err() {
        // Without the right to listen there is nothing long to interrupt.
        return;
    }
    assert_eq!(code(&output), 3, "{}", stderr(&output));
    assert!(stderr(&output).contains("interrupted: the report holds"), "{}", stderr(&output));
    let result = fs::read(format!("{out}/result.json")).expect("a report was written");
    let result: serde_json::Value = serde_json::from_slice(&result).expect("JSON");
    assert_eq!(result["interrupted"]["en"], "the operator interrupted the collection");
    assert_eq!(code(&run(&["report", "verify", &out])), 0);
}

#[test]
fn a_recorded_root_replays_and_its_file_is_the_owners_alone() {
    let scratch = Scratch::new("record");
    let file = scratch.join("host.tar.zst");
    let output = run(&["inventory", "record", "--out", &file]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(fs::metadata(&file).expect("written").permissions().mode() & 0o777, 0o600);
    let inventory = |arguments: &[&str]| -> serde_json::Value {
        let output = run(arguments);
        assert_eq!(code(&output), 0, "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let live = inventory(&["inventory", "--output", "json"]);
    let replayed = inventory(&["inventory", "--output", "json", "--root", &file]);
    for section in ["topology", "cpu", "platform"] {
        let facts = |document: &serde_json::Value| {
            let mut facts = document[section].clone();
            strip_origin(&mut facts);
            facts
        };
        assert_eq!(facts(&replayed), facts(&live), "{section}");
    }
    let cut = fs::read(&file).expect("written");
    fs::write(&file, &cut[..cut.len() / 2]).expect("ours");
    let output = run(&["inventory", "--root", &file]);
    assert_eq!(code(&output), 3);
    assert!(stderr(&output).starts_with("assay: cannot open recorded root `"));
}

/// Sources are numbered in the order they were met: a replay may number otherwise.
fn strip_origin(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::Object(fields) => {
            fields.remove("origin");
            fields.values_mut().for_each(strip_origin);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(strip_origin),
        _ => {}
    }
}
