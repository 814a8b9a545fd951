//! `assay bmc accept`: recorded trees and simulated BMCs judged by interoperability profiles.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "others of the rack's tests use the rest")]
mod rack;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use rack::{Rack, program};
use serde_json::{Value, json};

const PROFILE: &str = include_str!("../../bmc/src/interop/tests/every.profile.json");
const TREE: &str = include_str!("../../bmc/src/interop/tests/every.tree.json");

/// Lays bodies by their paths out as a folder.
fn lay_out(folder: &Path, text: &str) -> PathBuf {
    let all: Value = serde_json::from_str(text).expect("JSON");
    for (path, body) in all.as_object().expect("bodies by path") {
        let place = folder.join(path.trim_start_matches('/'));
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join("index.json"), body.to_string()).expect("written");
        if let Some(allow) = body.get("Allow") {
            let headers = json!({ "GET": { "Allow": allow } }).to_string();
            fs::write(place.join("headers.json"), headers).expect("written");
        }
    }
    folder.to_owned()
}

fn write(folder: &Path, name: &str, profile: &Value) -> String {
    let file = folder.join(name);
    fs::write(&file, profile.to_string()).expect("written");
    file.display().to_string()
}

fn run(folder: &Path, words: &[&str]) -> Output {
    let mut command = program(folder);
    command.args(["bmc", "accept"]).args(words).stdout(Stdio::piped());
    command.output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_recorded_tree_is_judged_without_a_target() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = lay_out(&folder.path().join("tree"), TREE).display().to_string();
    let profile = folder.path().join("every.json");
    fs::write(&profile, PROFILE).expect("written");
    let profile = profile.display().to_string();

    let output = run(folder.path(), &["--interop", &profile, "--from", &tree]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}{}", text(&output.stderr));
    assert!(said.contains("  /redfish/v1/Systems/1\n"), "{said}");
    assert!(said.contains("    FAIL  /BiosVersion  read: it is not there\n"), "{said}");
    assert!(said.contains("NOT CONFORMING: pass "), "{said}");

    let words = ["--interop", &profile, "--from", &tree, "--lang", "zh"];
    let said = text(&run(folder.path(), &words).stdout);
    assert!(said.contains("    不通过  /BiosVersion  可读：不存在\n"), "{said}");

    let words = ["--interop", &profile, "--from", &tree, "--output", "json"];
    let document: Value = serde_json::from_slice(&run(folder.path(), &words).stdout).expect("JSON");
    let host = &document["hosts"][0];
    assert_eq!((&host["result"], &host["address"]), (&json!("not-conforming"), &json!(tree)));
    let accept = &host["accept"];
    assert_eq!(accept["profiles"][0]["name"], "Every");
    let findings = accept["findings"].as_array().expect("findings");
    let counts = ["pass", "warn", "fail", "not-tested"].map(|word| {
        let count = findings.iter().filter(|one| one["outcome"] == word).count();
        assert_eq!(accept["counts"][word], count, "{word}");
        count
    });
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");

    let words = ["--interop", &profile, "--from", &tree, "--output", "csv"];
    let said = text(&run(folder.path(), &words).stdout);
    // A line for each requirement, and the head.
    assert_eq!(said.lines().count(), findings.len() + 1, "{said}");
    assert!(
        said.contains(",/redfish/v1/Systems/1,ComputerSystem,/BiosVersion,read,IfPopulated,FAIL,")
    );
}

#[test]
fn a_profile_ends_as_what_is_known_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = lay_out(&folder.path().join("tree"), TREE).display().to_string();
    let asks = |property: Value| {
        json!({ "ProfileName": "P", "ProfileVersion": "1.0.0", "Resources": {
            "ServiceRoot": { "PropertyRequirements": property } } })
    };
    let cases = [
        ("met", asks(json!({ "Systems": {}, "UUID": { "ReadRequirement": "Recommended" } })), 0),
        ("failed", asks(json!({ "Systems": {}, "UUID": {} })), 1),
        ("write", asks(json!({ "Vendor": { "WriteRequirement": "Mandatory" } })), 3),
        ("unread", asks(json!({ "Systems": { "ReadRequirements": "Mandatory" } })), 3),
        ("bases", json!({ "ProfileName": "P", "RequiredProfiles": { "Base": {} } }), 3),
    ];
    for (name, profile, code) in cases {
        let file = write(folder.path(), &format!("{name}.json"), &profile);
        let output = run(folder.path(), &["--interop", &file, "--from", &tree]);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{name}: {said}");
        match name {
            "write" => assert!(said.contains("UNDECIDED: pass 2, warn 0, fail 0"), "{said}"),
            "unread" => assert!(said.contains("(is `ReadRequirement` meant?)"), "{said}"),
            "bases" => assert!(said.contains("--profiles"), "{said}"),
            _ => {}
        }
    }
    // It is found where it is said to be.
    let beside = folder.path().join("base");
    fs::create_dir(&beside).expect("a folder");
    write(
        &beside,
        "Base.v1_2_0.json",
        &json!({ "ProfileName": "Base", "ProfileVersion": "1.2.0",
        "Resources": { "Fabric": {} } }),
    );
    write(
        &beside,
        "Base.v2_0_0.json",
        &json!({ "ProfileName": "Base", "ProfileVersion": "2.0.0",
        "Resources": {} }),
    );
    let file = folder.path().join("bases.json").display().to_string();
    let beside = beside.display().to_string();
    let output = run(folder.path(), &["--interop", &file, "--profiles", &beside, "--from", &tree]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}{}", text(&output.stderr));
    assert!(said.contains("Base 1.2.0") && said.contains("Fabric"), "{said}");
}

#[test]
fn what_is_no_profile_or_no_tree_is_one_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let tree = lay_out(&folder.path().join("tree"), TREE).display().to_string();
    let good = write(folder.path(), "good.json", &json!({ "Resources": { "ServiceRoot": {} } }));
    let bad = write(folder.path(), "bad.json", &json!({ "Systems": 1 }));
    let none = folder.path().join("none.json").display().to_string();
    let here = folder.path().join("empty");
    fs::create_dir(&here).expect("a folder");
    let here = here.display().to_string();
    let cases: [(&[&str], i32, &str); 5] = [
        (&["--interop", &bad, "--from", &tree], 3, "is no interoperability profile"),
        (&["--interop", &none, "--from", &tree], 3, "cannot read the profile"),
        (&["--interop", &good, "--from", &here], 3, "cannot load the tree"),
        (&["--from", &tree], 2, "--interop"),
        (&["--interop", &good], 2, ""),
    ];
    for (words, code, part) in cases {
        let output = run(folder.path(), words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(part) && output.stdout.is_empty(), "{words:?}: {said}");
    }
    let mut command = program(folder.path());
    command.args(["bmc", "127.0.0.1", "accept", "--interop", &good, "--from", &tree]);
    let output = command.output().expect("the program starts");
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
}

#[test]
fn a_rack_is_judged_as_its_recordings_are() {
    let rack = Rack::start(3, &["--dialect", "dmtf", "--dialect", "h3c", "--dialect", "ami"]);
    let profile = json!({ "ProfileName": "Rack", "ProfileVersion": "1.0.0", "Resources": {
        "ComputerSystem": { "PropertyRequirements": { "SerialNumber": {}, "PowerState": {} },
            "ActionRequirements": { "Reset": { "Parameters": { "ResetType": {
                "ParameterValues": ["On", "ForceOff", "Nmi"] } } } } },
        "CertificateService": {}, "MessageRegistryFileCollection": { "ReadRequirement": "Recommended" } } });
    let file = write(rack.folder(), "rack.json", &profile);
    let (code, hosts) = rack.told(&["accept", "--interop", &file]);
    assert_eq!((code, hosts.len()), (Some(1), 3));
    let result = |at: usize| hosts[at]["result"].as_str().unwrap_or_default();
    // The one has no service of certificates, the other no reset that raises an NMI.
    let results = [result(0), result(1), result(2)];
    assert_eq!(results, ["done", "not-conforming", "not-conforming"], "{hosts:#?}");
    let out = rack.folder().join("recorded");
    rack.wanted(&["record", "--out", &out.display().to_string()]);
    let mut recorded: Vec<String> = fs::read_dir(&out)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path().display().to_string())
        .collect();
    recorded.sort();
    for host in &hosts {
        let address = host["address"].as_str().expect("an address");
        let name = recorded.iter().find(|name| name.contains(address)).expect("its recording");
        let words = ["--interop", file.as_str(), "--from", name, "--output", "json"];
        let output = run(rack.folder(), &words);
        let document: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let offline = &document["hosts"][0];
        assert_eq!(offline["result"], host["result"], "{name}");
        let rows = |host: &Value| -> Vec<Value> {
            let all = host["accept"]["findings"].as_array().expect("findings");
            // A recording leaves registries out.
            let kept = all.iter().filter(|one| one["type"] != "MessageRegistryFileCollection");
            kept.cloned().collect()
        };
        assert_eq!(rows(offline), rows(host), "{name}");
    }
    // Many hosts are a row each.
    let said = text(&rack.ask(&["accept", "--interop", &file]).stdout);
    assert!(said.contains("Rack 1.0.0"), "{said}");
    assert!(said.contains("hosts: 3; done 1, not conforming 2"), "{said}");
}
