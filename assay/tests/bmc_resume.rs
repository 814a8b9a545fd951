//! `assay bmc --resume`: a run that was cut short goes on, and nothing is done twice that must not be.

#[path = "bmc_rack/notes.rs"]
mod notes;
#[expect(dead_code, reason = "the tests of all verbs use the rest of it")]
#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{
    fs::{self, File},
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use rack::Rack;
use serde_json::Value;

fn results(hosts: &[Value]) -> Vec<&str> {
    hosts.iter().map(|host| host["result"].as_str().unwrap_or_default()).collect()
}

/// Runs with the journal; returns the exit code, what is said of each host, and what was said.
fn resumed(rack: &Rack, journal: &Path, words: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let path = journal.display().to_string();
    let output = rack.ask(&[words, &["--resume", &path, "--output", "json"]].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let hosts = document["hosts"].as_array().cloned().unwrap_or_default();
    (output.status.code(), hosts, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Leaves so many hosts in the list.
fn keep(rack: &Rack, whole: &str, hosts: usize) {
    let lines: Vec<&str> = whole.lines().take(hosts + 1).collect();
    fs::write(rack.file("rack.csv"), lines.join("\n") + "\n").expect("written");
}

fn journal_of(rack: &Rack) -> PathBuf {
    rack.folder().join("journal")
}

/// Waits till the journal has so many lines with that word in them.
#[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
fn until_written(journal: &Path, word: &str, lines: usize) {
    let begun = Instant::now();
    loop {
        let text = fs::read_to_string(journal).unwrap_or_default();
        if text.lines().filter(|line| line.contains(word)).count() >= lines {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "no {lines} lines of {word}: {text}");
        std::thread::yield_now();
    }
}

#[test]
fn what_is_done_is_not_done_again_and_is_shown_as_earlier() {
    let rack = Rack::start(3, &[]);
    let journal = journal_of(&rack);
    let whole = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    keep(&rack, &whole, 1);
    let off = ["power", "off"];
    let (code, hosts, said) = resumed(&rack, &journal, &off);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"]), "{said}");
    let mode = fs::metadata(&journal).expect("a journal").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    // Somebody turns it on meanwhile: done again, it would be off.
    rack.wanted_of(&["power", "on"], 1);
    fs::write(rack.file("rack.csv"), &whole).expect("written");
    let (code, hosts, said) = resumed(&rack, &journal, &["power", "off", "--yes-hosts", "3"]);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"; 3]), "{said}");
    assert!(hosts[0]["earlier"].is_string() && hosts[1]["earlier"].is_null(), "{hosts:#?}");
    assert!(hosts[0]["address"].is_string() && hosts[0]["serial"].is_string());
    assert!(hosts[1]["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    let power: Vec<Value> =
        rack.wanted(&["power", "status"]).iter().map(|host| host["power"].clone()).collect();
    assert_eq!(power, ["on", "off", "off"]);
    let path = journal.display().to_string();
    let output = rack.ask(&["power", "off", "--yes-hosts", "3", "--resume", &path]);
    let page = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(page.contains("done (earlier)") && page.contains("3 of them earlier"), "{page}");
}

#[test]
fn what_an_earlier_run_read_is_shown_from_its_journal() {
    let rack = Rack::start(2, &[]);
    let journal = journal_of(&rack);
    let (_, before, said) = resumed(&rack, &journal, &["info"]);
    assert_eq!(results(&before), ["done"; 2], "{said}");
    let (code, after, _) = resumed(&rack, &journal, &["info"]);
    assert_eq!(code, Some(0));
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before["info"], after["info"]);
        assert!(after["earlier"].is_string());
    }
    let path = journal.display().to_string();
    let output = rack.ask(&["info", "--resume", &path, "--output", "csv"]);
    let table = String::from_utf8_lossy(&output.stdout).into_owned();
    let serial = before[1]["info"]["serial"].as_str().expect("a serial number");
    assert!(table.contains(serial) && table.contains("done (earlier)"), "{table}");
}

#[test]
fn who_was_acted_on_when_the_run_was_killed_is_named_and_left_alone() {
    let rack = Rack::start(2, &["--fault", "latency=700"]);
    let journal = journal_of(&rack);
    let path = journal.display().to_string();
    let reset = ["power", "reset", "--yes-hosts", "2"];
    let mut child =
        rack.command(&[&reset[..], &["--resume", &path]].concat()).spawn().expect("it starts");
    until_written(&journal, "\"begun\"", 1);
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    let killed = fs::read_to_string(&journal).expect("a journal");
    assert!(!killed.contains("\"ended\""), "{killed}");
    let begun = killed.matches("\"begun\"").count();
    let (code, hosts, said) = resumed(&rack, &journal, &reset);
    assert_eq!(code, Some(3), "{said}");
    // Hosts take turns a second apart: the second one was not tried yet, or begun too.
    assert_eq!(hosts.iter().filter(|host| host["result"] == "unknown").count(), begun);
    assert_eq!(hosts[0]["result"], "unknown");
    let why = hosts[0]["reason"]["en"].as_str().expect("a reason");
    assert!(why.contains("whether it was done is not known"), "{why}");
    assert!(hosts[0]["hint"]["zh"].as_str().is_some_and(|hint| hint.contains("--yes-unknown")));
    // Nothing was begun anew at it.
    let later = fs::read_to_string(&journal).expect("a journal");
    let address = hosts[0]["address"].as_str().expect("an address");
    let of_first = later.lines().filter(|line| line.contains(&format!("\"begun\":\"{address}\"")));
    assert_eq!(of_first.count(), 1, "{later}");
    // A wrong number does nothing; the right one does it again.
    let (code, _, said) = resumed(&rack, &journal, &[&reset[..], &["--yes-unknown", "7"]].concat());
    assert_eq!(code, Some(2));
    assert!(said.contains("nothing was done to any host"), "{said}");
    let count = begun.to_string();
    let again = [&reset[..], &["--yes-unknown", &count]].concat();
    let (code, hosts, said) = resumed(&rack, &journal, &again);
    // Of a reset nothing can be read back.
    assert_eq!((code, results(&hosts)), (Some(0), vec!["accepted"; 2]), "{said}");
    assert!(hosts[0]["earlier"].is_null());
}

#[test]
fn what_may_be_done_twice_is_done_again_after_a_kill() {
    let rack = Rack::start(2, &["--fault", "latency=300"]);
    let journal = journal_of(&rack);
    let path = journal.display().to_string();
    let words = ["boot", "pxe", "--yes-hosts", "2"];
    let mut child =
        rack.command(&[&words[..], &["--resume", &path]].concat()).spawn().expect("it starts");
    #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
    let begun = Instant::now();
    while notes::open(&rack) != [2] {
        assert!(begun.elapsed() < Duration::from_secs(30), "no sessions");
        std::thread::yield_now();
    }
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    let (code, hosts, said) = resumed(&rack, &journal, &words);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"; 2]), "{said}");
}

#[test]
fn a_torn_last_line_does_not_count_and_is_told() {
    let rack = Rack::start(2, &[]);
    let journal = journal_of(&rack);
    let (_, hosts, said) = resumed(&rack, &journal, &["identify", "on", "--yes-hosts", "2"]);
    assert_eq!(results(&hosts), ["done"; 2], "{said}");
    let whole = fs::read(&journal).expect("a journal");
    fs::write(&journal, whole.get(..whole.len() - 9).expect("longer")).expect("written");
    let (code, hosts, said) = resumed(&rack, &journal, &["identify", "on", "--yes-hosts", "2"]);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"; 2]));
    assert!(said.contains("is torn and does not count"), "{said}");
    let earlier = hosts.iter().filter(|host| host["earlier"].is_string()).count();
    assert_eq!(earlier, 1, "the host of the torn line is done again");
    let text = fs::read_to_string(&journal).expect("text");
    assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{text}");
}

#[test]
fn a_journal_of_something_else_is_refused_in_a_sentence() {
    let rack = Rack::start(1, &[]);
    let journal = journal_of(&rack);
    let (code, ..) = resumed(&rack, &journal, &["boot", "pxe"]);
    assert_eq!(code, Some(0));
    let before = fs::read(&journal).expect("a journal");
    for (words, expected) in [
        (&["boot", "cd"][..], "is of `boot` with other arguments"),
        (&["boot", "pxe", "--system", "2"], "is of `boot` with other arguments"),
        (&["power", "off"], "is of `boot`, and not of `power off`"),
        (&["power", "off", "--lang", "zh"], "记录的是“boot”，不是“power off”"),
    ] {
        let (code, hosts, said) = resumed(&rack, &journal, words);
        assert_eq!((code, hosts.len()), (Some(2), 0), "{words:?}: {said}");
        assert!(said.contains(expected), "{words:?}: {said}");
    }
    assert_eq!(fs::read(&journal).expect("a journal"), before, "it is as it was");
    // What is no journal is not written over, and what others may read is none.
    let list = rack.file("rack.csv");
    let listed = fs::read(&list).expect("a list");
    fs::set_permissions(&list, fs::Permissions::from_mode(0o600)).expect("ours");
    let (code, _, said) = resumed(&rack, &list, &["boot", "pxe"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("line 1 is none of a journal"), "{said}");
    assert_eq!(fs::read(&list).expect("a list"), listed);
    fs::set_permissions(&journal, fs::Permissions::from_mode(0o644)).expect("ours");
    let (code, _, said) = resumed(&rack, &journal, &["boot", "pxe"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("others may read or change it") && said.contains("chmod 600"), "{said}");
}

#[test]
fn two_runs_do_not_write_one_journal() {
    let rack = Rack::start(1, &[]);
    let journal = journal_of(&rack);
    let (code, ..) = resumed(&rack, &journal, &["power", "status"]);
    assert_eq!(code, Some(0));
    let held = File::options().append(true).open(&journal).expect("a journal");
    held.lock().expect("nobody has it");
    let (code, _, said) = resumed(&rack, &journal, &["power", "status"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("another run is writing it"), "{said}");
}

#[test]
fn a_journal_has_no_secret_in_it() {
    let rack = Rack::start(1, &[]);
    let journal = journal_of(&rack);
    let body = "{\"Password\": \"Tell-Nobody-1\", \"AssetTag\": \"R7\"}";
    let url = "http://carol:Tell-Nobody-2@192.0.2.1/x.iso";
    let patch = ["raw", "patch", "/redfish/v1/Systems/1", body, "--yes-hosts", "1"];
    resumed(&rack, &journal, &patch);
    let inserted = rack.folder().join("inserted");
    resumed(&rack, &inserted, &["media", "insert", url]);
    let seen = rack.folder().join("seen");
    let (code, hosts, said) = resumed(&rack, &seen, &["media", "status"]);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"]), "{said}");
    for path in [&journal, &inserted, &seen] {
        let text = fs::read_to_string(path).expect("a journal");
        assert!(text.contains("\"ended\""), "{text}");
        assert!(!text.contains("Tell-Nobody"), "{text}");
        assert!(!text.contains(&rack.password()), "{text}");
    }
    // The same command with another password is another one.
    let other = body.replace("Nobody-1", "Nobody-3");
    let patch = ["raw", "patch", "/redfish/v1/Systems/1", &other, "--yes-hosts", "1"];
    let (code, _, said) = resumed(&rack, &journal, &patch);
    assert_eq!(code, Some(2), "{said}");
}

#[test]
fn a_journal_that_cannot_be_written_keeps_a_host_from_being_acted_on() {
    let rack = Rack::start(1, &[]);
    // A device that takes nothing is no file; a folder is none either.
    for path in ["/dev/full", "/tmp"] {
        let (code, hosts, said) = resumed(&rack, Path::new(path), &["power", "off"]);
        assert!(matches!(code, Some(2 | 3)) && hosts.is_empty(), "{path}: {said}");
        assert!(said.contains("cannot use the journal"), "{path}: {said}");
    }
    assert_eq!(rack.wanted(&["power", "status"])[0]["power"], "on");
    let mut file = File::create(rack.folder().join("half")).expect("made");
    file.write_all(b"{\"schema\":\"assay/bmc-jour").expect("written");
    file.set_permissions(fs::Permissions::from_mode(0o600)).expect("ours");
    // Killed while the very first line was written: nothing was begun.
    let (code, hosts, said) = resumed(&rack, &rack.folder().join("half"), &["power", "off"]);
    assert_eq!((code, results(&hosts)), (Some(0), vec!["done"]), "{said}");
}
