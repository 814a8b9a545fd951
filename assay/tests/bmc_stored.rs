//! `assay bmc TARGET firmware` and `raid` on simulated racks.

#[expect(dead_code, reason = "the tests of all verbs use the rest of it")]
#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Stdio};

use rack::Rack;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Writes an image for simulated hosts; returns its path.
fn image(rack: &Rack, name: &str, first: &str) -> PathBuf {
    let path = rack.folder().join(name);
    let mut content = format!("simulated-firmware {first}\n").into_bytes();
    content.resize(100_000, b'.');
    fs::write(&path, content).expect("written");
    path
}

/// What is told of a step that no recording of the make shows.
const GUESSED: &str = "(guessed: no recording of this make shows it)";

fn each(hosts: &[Value], pointer: &str) -> Vec<Value> {
    hosts.iter().map(|host| host.pointer(pointer).cloned().unwrap_or_default()).collect()
}

/// Returns the version of a component at each host.
fn versions(rack: &Rack, id: &str) -> Vec<String> {
    let of = |host: &Value| {
        let all = host["firmware"].as_array().expect("components").iter();
        let one = { all }.find(|one| one["id"] == id).expect("it is listed");
        one["version"].as_str().expect("a version").to_owned()
    };
    rack.wanted(&["firmware", "list"]).iter().map(of).collect()
}

#[test]
fn what_is_installed_is_a_line_each_for_spreadsheets() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--dialect", "openbmc"]);
    let hosts = rack.wanted(&["firmware", "list"]);
    for host in &hosts {
        let all = host["firmware"].as_array().expect("components");
        assert_eq!(all.len(), 4, "{host:#}");
        assert!(all.iter().all(|one| one["updateable"] == true && one["kind"] == "firmware"));
        assert_eq!(host["complete"], true);
    }
    let output = rack.ask(&["firmware", "list", "--output", "csv"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "BMC,result,component,version,updateable,name,kind,runs on,released");
    assert_eq!(lines.len(), 9, "{text}");
    assert_eq!(lines[1], format!("{},done,BMC,6.41,yes,BMC,firmware,,", rack.hosts[0]));
}

#[test]
fn a_file_is_installed_at_one_host_and_then_at_the_others() {
    let rack = Rack::start(3, &["--fault", "2:update-restart=800", "--fault", "task-time=700"]);
    let path = image(&rack, "any.bin", "BMC 9.2");
    let digest = Sha256::digest(fs::read(&path).expect("read"));
    let sha256 = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let path = path.display().to_string();
    let words =
        ["firmware", "update", &path, "--target", "BMC", "--sha256", &sha256, "--yes-hosts", "3"];
    let output = rack.ask(&[&words[..], &["--output", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("image any.bin: 100000 B, SHA-256 {sha256}")), "{said}");
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    let hosts = document["hosts"].as_array().expect("hosts");
    let change = json!([{ "id": "BMC", "before": "1.00", "after": "9.2", "downgrade": false }]);
    assert_eq!(each(hosts, "/updated"), vec![change; 3]);
    assert_eq!(versions(&rack, "BMC"), ["9.2"; 3]);
    // Once more: they have what is expected, and a step back is told.
    let words =
        ["firmware", "update", &path, "--target", "BMC", "--expect", "9.2", "--yes-hosts", "3"];
    let hosts = rack.wanted(&words);
    for host in &hosts {
        assert_eq!(host["remarks"][0]["en"], "the version is 9.2 already; nothing was sent");
    }
    let older = image(&rack, "old.bin", "BMC 8.10").display().to_string();
    let (code, hosts) = rack.told(&["firmware", "update", &older, "--yes-hosts", "3"]);
    assert_eq!(code, Some(0), "{hosts:#?}");
    let told = hosts[0]["remarks"].to_string();
    assert!(told.contains("`BMC` was downgraded: 9.2 → 8.10"), "{told}");
    assert_eq!(rack.sessions(), [1; 3]);
}

#[test]
fn what_only_fetches_is_served_the_file_and_nobody_else_is() {
    let dialects = ["--dialect", "h3c", "--dialect", "inspur", "--fetch-media"];
    let rack = Rack::start(2, &dialects);
    let path = image(&rack, "bmc.bin", "BMC 9.2").display().to_string();
    let hosts = rack.wanted(&["firmware", "update", &path, "--target", "BMC", "--yes-hosts", "2"]);
    for host in &hosts {
        assert_eq!(host["updated"][0]["after"], "9.2", "{host:#}");
        let remarks = host["remarks"].to_string();
        assert!(remarks.contains("the BMC read 65536 B of 100000 B"), "{remarks}");
        // Nobody has a recording of either make.
        assert!(remarks.contains(GUESSED), "{remarks}");
        assert!(remarks.contains("（推测：没有该厂商的录制样本佐证）"), "{remarks}");
    }
    let path = image(&rack, "next.bin", "BMC 9.3").display().to_string();
    let output = rack.ask(&["firmware", "update", &path, "--target", "BMC", "--yes-hosts", "2"]);
    let text = String::from_utf8(output.stdout).expect("text");
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.contains(GUESSED), "{text}");
}

#[test]
fn no_host_is_begun_after_the_first_that_is_not_as_wanted() {
    let rack = Rack::start(4, &["--fault", "2:task-fails"]);
    let path = image(&rack, "cpld.bin", "CPLD 5").display().to_string();
    let words =
        ["firmware", "update", &path, "--target", "CPLD", "--at-a-time", "1", "--yes-hosts", "4"];
    let (code, hosts) = rack.told(&words);
    assert_eq!(code, Some(1));
    assert_eq!(each(&hosts, "/result"), ["done", "failed", "not-tried", "not-tried"]);
    assert_eq!(versions(&rack, "CPLD"), ["5", "0.9", "0.9", "0.9"]);
    // An image of another vendor stops at the one that goes first.
    let path = image(&rack, "other.bin", "CPLD 6 Huawei").display().to_string();
    let (code, hosts) = rack.told(&["firmware", "update", &path, "--yes-hosts", "4"]);
    assert_eq!(code, Some(1));
    let said = hosts[0]["reason"]["en"].as_str().expect("a reason");
    assert!(
        said.contains("worked on it and gave it up") && said.contains("Huawei servers"),
        "{said}"
    );
    assert_eq!(each(&hosts[1..], "/result"), ["not-tried"; 3]);
}

#[test]
fn a_file_that_is_no_image_is_told_and_no_host_is_asked() {
    let rack = Rack::start(1, &[]);
    let good = image(&rack, "good.bin", "BMC 9.2");
    let empty = rack.folder().join("empty.bin");
    fs::write(&empty, "").expect("written");
    let missing = rack.folder().join("missing.bin");
    let wrong = "00".repeat(32);
    let cases: [(&std::path::Path, &[&str], &str); 5] = [
        (&empty, &[], "it is empty"),
        (&missing, &[], "it cannot be read"),
        (rack.folder(), &[], "it is no regular file"),
        (&good, &["--sha256", &wrong], "and 0000"),
        (
            std::path::Path::new("http://192.0.2.1/x"),
            &["--sha256", &wrong],
            "--sha256 is for a file",
        ),
    ];
    for (path, more, why) in cases {
        let path = path.display().to_string();
        let words = [&["firmware", "update", &path, "--yes-hosts", "1"], more].concat();
        let output = rack.ask(&words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{path}: {said}");
    }
    assert_eq!(versions(&rack, "BMC"), ["1.00"]);
}

#[test]
fn an_update_that_was_left_alone_is_taken_up() {
    let rack = Rack::start(1, &["--fault", "task-time=4000"]);
    let path = image(&rack, "cpld.bin", "CPLD 5").display().to_string();
    let (code, hosts) = rack.told(&["firmware", "follow"]);
    assert_eq!(code, Some(1));
    assert_eq!(hosts[0]["reason"]["en"], "it has no update that runs");
    let mut child = rack
        .command(&["firmware", "update", &path, "--yes-hosts", "1"])
        .stdout(Stdio::null())
        .spawn()
        .expect("it starts");
    // Until the BMC works on it.
    loop {
        let hosts = rack.wanted(&["tasks"]);
        let runs = |task: &Value| task["state"] == "Running";
        if hosts[0]["tasks"].as_array().is_some_and(|tasks| tasks.iter().any(runs)) {
            break;
        }
        assert!(child.try_wait().expect("ours").is_none(), "it ended before it was seen");
    }
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    let hosts = rack.wanted(&["firmware", "follow"]);
    assert!(hosts[0]["task"].as_str().is_some_and(|task| task.contains("/Tasks/")), "{hosts:#?}");
    assert_eq!(versions(&rack, "CPLD"), ["5"]);
}

#[test]
fn volumes_are_made_listed_and_removed() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--dialect", "dmtf"]);
    let yes = ["--yes-hosts", "2"];
    let create = ["raid", "create", "--level", "10", "--drives", "Disk1,Disk2,Disk3,Disk4"];
    for host in rack.wanted(&[&create[..], &yes].concat()) {
        let remarks = host["remarks"].to_string();
        assert!(!remarks.contains(GUESSED), "huawei was recorded: {remarks}");
    }
    let hosts = rack.wanted(&["raid", "list"]);
    for host in &hosts {
        let raid = &host["raid"];
        let (volumes, drives) = (&raid["volumes"], raid["drives"].as_array().expect("drives"));
        assert_eq!((&volumes[0]["level"], drives.len()), (&"RAID10".into(), 4), "{host:#}");
        assert_eq!(volumes[0]["drives"].as_array().map(Vec::len), Some(4));
        assert_eq!(volumes[0]["size_bytes"], 2_400_000_000_000_u64);
    }
    let output = rack.ask(&["raid", "list", "--output", "csv"]);
    let text = String::from_utf8(output.stdout).expect("text");
    // A controller, a volume and four drives at each.
    assert_eq!(text.lines().count(), 1 + 2 * 6, "{text}");
    let id = hosts[0]["raid"]["volumes"][0]["id"].as_str().expect("an id").to_owned();
    let (code, told) = rack.told(&[&create[..], &yes].concat());
    assert_eq!(code, Some(1));
    let why = told[0]["reason"]["en"].as_str().expect("a reason");
    assert!(why.contains(&format!("drive `Disk1` is in the volume `{id}`")), "{why}");
    for word in ["all", "ALL", "*", ""] {
        let output = rack.ask(&[&["raid", "delete", word][..], &yes].concat());
        assert_eq!(output.status.code(), Some(2), "{word}");
    }
    let hosts = rack.wanted(&[&["raid", "delete", &id][..], &yes].concat());
    let told = hosts[0]["remarks"].to_string();
    assert!(told.contains("RAID10 2400000000000 B [Disk1, Disk2, Disk3, Disk4]"), "{told}");
    for host in rack.wanted(&["raid", "list"]) {
        assert_eq!(host["raid"]["volumes"], json!([]));
    }
}

#[test]
fn logs_are_collected_into_files_that_are_whole_and_ones_own() {
    let makes = ["--dialect", "huawei", "--dialect", "zte", "--dialect", "lenovo"];
    let rack = Rack::start(4, &[&makes[..], &["--fault", "4:dump-cut,task-time=50"]].concat());
    let out = rack.folder().join("bundles");
    let words = ["logs", "collect", "--out", &out.display().to_string(), "--yes-hosts", "4"];
    let (code, hosts) = rack.told(&words);
    assert_eq!(code, Some(1));
    // Of a download that broke off, and of what nobody made, there is no file.
    assert_eq!(each(&hosts, "/result"), ["done", "done", "unsupported", "failed"]);
    assert_eq!(fs::read_dir(&out).expect("a folder").count(), 2);
    for (host, serial) in hosts.iter().zip(["SIM26000001", "SIM26000002"]) {
        let path = host["file"].as_str().expect("a file");
        let content = fs::read(path).expect("it is there");
        assert_eq!(host["bytes"], content.len());
        assert!(content.ends_with(format!("{serial} 9999\r\n").as_bytes()), "{host:#}");
        let digest = Sha256::digest(&content);
        let digest = digest.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(host["sha256"], digest);
        let mode = fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{path}");
    }
    // What is there is kept.
    let path = hosts[0]["file"].as_str().expect("a file");
    fs::write(path, "mine").expect("written");
    let (code, hosts) = rack.told(&words);
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"failed".into()));
    assert!(hosts[0]["reason"]["en"].as_str().is_some_and(|why| why.contains("cannot be written")));
    assert_eq!(fs::read_to_string(path).expect("it is there"), "mine");
    assert_eq!(rack.sessions(), [1; 4], "the one that asks");
}
