//! `assay accept --via bmc` on a simulated rack: every machine judged from outside, what was
//! collected on the machines merged in, and nothing that is unknown taken for good.

#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
};

use rack::{Rack, all_files, program};
use serde_json::{Value, json};

/// A contract that the simulated machines meet.
const CONTRACT: &str = r#"norm = "gd-gov-cloud"
edition = "征求意见稿"
profile = "contract"
version = "1.0.0"
title = { zh = "合同", en = "contract" }
subject = "machine"
units = []

[[check]]
id = "contract.memory"
row = "5.3.3.1.2.1#3"
kind = "min"
title = { zh = "内存条", en = "memory modules" }
method = { zh = "清点内存条", en = "modules that are there" }
path = "inventory.dimm[present].count"
value = 15
"#;

/// Judges the machines of a list; returns the exit code and the document.
fn accept(rack: &Rack, list: &Path, out: &str, more: &[&str]) -> (Option<i32>, Value) {
    let output = run(rack, list, out, &[more, &["--output", "json"]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    assert_eq!(document["schema"], "assay/accept-via/v1", "{said}");
    (output.status.code(), document)
}

fn run(rack: &Rack, list: &Path, out: &str, more: &[&str]) -> Output {
    let mut command = program(rack.folder());
    command.args(["accept", "--via", "bmc", "--hosts"]).arg(list);
    command.arg("--credentials").arg(rack.file("credentials.toml"));
    command.arg("--known").arg(rack.folder().join("state/known"));
    command.arg("--out").arg(rack.folder().join(out)).args(more);
    command.stdout(Stdio::piped()).output().expect("the program starts")
}

/// Writes a list of the rack's hosts with one more column, a value a host, and more lines.
fn list(rack: &Rack, column: &str, values: &[&str], more: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let mut lines = text.lines();
    let mut list = format!("{},{column}\n", lines.next().expect("names"));
    for (line, value) in lines.zip(values) {
        list = format!("{list}{line},{value}\n");
    }
    list.push_str(more);
    let path = rack.folder().join("list.csv");
    fs::write(&path, list).expect("written");
    path
}

fn report(machine: &Value) -> Value {
    let folder = machine["report"].as_str().expect("a report");
    let text = fs::read(Path::new(folder).join("result.json")).expect("a result");
    serde_json::from_slice(&text).expect("JSON")
}

fn contract(rack: &Rack) -> String {
    let path = rack.folder().join("contract.toml");
    fs::write(&path, CONTRACT).expect("written");
    path.display().to_string()
}

#[test]
fn each_machine_is_judged_by_the_profile_of_its_line() {
    let rack = Rack::start(3, &["--dialect", "huawei", "--dialect", "h3c", "--dialect", "openbmc"]);
    let profiles = ["gd-gov-cloud/bms-1", "gd-gov-cloud/ecs-server", "gd-gov-cloud/bms-2"];
    let list = list(&rack, "配置档", &profiles, "");
    let (code, document) = accept(&rack, &list, "out", &[]);
    // Two sockets are not the four of class I.
    assert_eq!(code, Some(1), "{document:#}");
    let machines = document["machines"].as_array().expect("machines");
    assert_eq!(machines.len(), 3);
    for (at, (machine, profile)) in machines.iter().zip(profiles).enumerate() {
        let serial = format!("SIM2600000{}", at + 1);
        assert_eq!((&machine["profile"], &machine["serial"]), (&json!(profile), &json!(serial)));
        let report = report(machine);
        assert_eq!(report["basis"]["profile"], profile);
        assert_eq!(report["subject"], format!("system_serial:{serial}"));
        let inventory = &report["facts"]["inventory"];
        let sources = inventory["sources"].as_array().expect("sources");
        assert!(sources.iter().all(|source| source["kind"] != "smbios"), "{serial}");
        for part in ["dimm", "psu", "fan", "slot", "sensor"] {
            let count = inventory[part].as_array().map_or(0, Vec::len);
            assert!(count > 0 || part == "slot", "{part} of {serial}");
        }
        let intake = inventory["sensor"].as_array().expect("sensors").iter();
        let intake = intake.filter(|sensor| sensor["place"] == "intake");
        assert!(intake.filter(|sensor| sensor["critical_mc"].is_number()).count() > 0, "{serial}");
        assert!(report["evidence"].as_array().is_some_and(|files| !files.is_empty()));
    }
    // The rack's power is that of its machines, each known.
    let rack_draw = &document["racks"][0];
    let watts = machines.iter().map(|machine| machine["watts"].as_u64().expect("a draw"));
    assert_eq!(rack_draw["watts"], json!(watts.sum::<u64>()));
    assert_eq!(rack_draw["complete"], true);
    let batch = fs::read(rack.folder().join("out/batch/result.json"));
    let batch: Value = serde_json::from_slice(&batch.expect("a batch")).expect("JSON");
    assert_eq!(batch["machines"].as_array().map(Vec::len), Some(3));
    assert_eq!(rack.sessions(), [1; 3], "the one that asks");
    let password = rack.password();
    let files = all_files(&rack.folder().join("out"));
    assert!(files.len() > 9, "reports, evidence, batch: {}", files.len());
    for (path, bytes) in files {
        let is_there = bytes.windows(password.len()).any(|part| part == password.as_bytes());
        assert!(!is_there, "{}", path.display());
    }
}

#[test]
fn a_machine_that_cannot_be_reached_is_named_and_nothing_is_said_of_it() {
    let rack = Rack::start(2, &[]);
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its name");
    let more =
        format!("{closed},DEAD1,R02,1,,no,simulated,{},{},\n", "ab".repeat(32), closed.port());
    let list = list(&rack, "profile", &["", ""], &more);
    let contract = contract(&rack);
    let (code, document) = accept(&rack, &list, "out", &["--profile", &contract]);
    assert_eq!(code, Some(3), "{document:#}");
    let results: Vec<&Value> = ["/machines/0", "/machines/1", "/machines/2"]
        .iter()
        .map(|at| document.pointer(at).expect("a machine"))
        .collect();
    assert_eq!(results[0]["result"], "accepted", "{document:#}");
    assert_eq!(results[1]["result"], "accepted", "{document:#}");
    assert_eq!((&results[2]["result"], &results[2]["report"]), (&json!("unknown"), &Value::Null));
    assert!(results[2]["unknown"][0]["why"]["en"].as_str().is_some_and(|why| !why.is_empty()));
    let racks = document["racks"].as_array().expect("racks");
    assert_eq!(
        racks[1],
        json!({ "rack": "R02", "watts": 0, "told": 0, "machines": 1, "complete": false })
    );
    assert!(!rack.folder().join("out/DEAD1").exists());
    // All of them reached: 0.
    let (code, _) = accept(&rack, &rack.file("rack.csv"), "out2", &["--profile", &contract]);
    assert_eq!(code, Some(0));
}

/// What was collected on a machine: so many memory modules, under the BMC's own names.
fn in_band(rack: &Rack, serial: &str, modules: usize) -> String {
    let dimm = |at: usize| {
        json!({ "locator": format!("DIMM{at}"), "present": true, "kind": "ram",
                "size_bytes": 34_359_738_368_u64, "origin": { "source": 0 } })
    };
    let document = json!({
        "schema": "inventory/v1",
        "system": { "serial": serial, "origin": { "source": 0 } },
        "dimm": (0..modules).map(dimm).collect::<Vec<_>>(),
        "sections": { "dimm": { "status": "complete" }, "system": { "status": "complete" } },
        "sources": [{ "kind": "smbios", "locator": "smbios:17" }],
    });
    let folder = rack.folder().join("in-band").join(serial);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("inventory.json"), document.to_string()).expect("written");
    rack.folder().join("in-band").display().to_string()
}

#[test]
fn a_count_that_differs_in_band_is_a_finding_with_both_and_not_passed() {
    let rack = Rack::start(2, &[]);
    let contract = contract(&rack);
    let list = rack.file("rack.csv");
    // The BMC has 16; the first machine says 15, which would do, the second 16. The third is of
    // no machine of the list.
    in_band(&rack, "SIM26000001", 15);
    in_band(&rack, "ELSEWHERE", 16);
    let folder = in_band(&rack, "SIM26000002", 16);
    let more = ["--profile", &contract, "--from", &folder];
    let (code, document) = accept(&rack, &list, "out", &more);
    assert_eq!(code, Some(3), "{document:#}");
    let [first, second] = &document["machines"].as_array().expect("machines")[..] else {
        panic!("{document:#}")
    };
    assert_eq!(first["result"], "incomplete", "{document:#}");
    assert_eq!((&first["in_band"], &second["in_band"]), (&json!(true), &json!(true)));
    let told = report(first);
    let row = &told["rows"][0]["judgement"];
    assert_eq!(row["verdict"], "needs-attestation", "{row:#}");
    let findings = told["findings"].as_array().expect("findings");
    let finding = findings.iter().find(|one| one["path"] == "dimm").expect("a finding");
    let said = |at: usize, key: &str| finding["claims"][at][key].as_str().unwrap_or_default();
    assert_eq!((said(0, "value"), said(1, "value")), ("15", "16"), "{finding:#}");
    assert_eq!(said(0, "source"), "smbios:17");
    assert!(said(1, "source").starts_with("redfish:/redfish/v1/"), "{finding:#}");
    // Where both count alike nothing is in doubt.
    assert_eq!(second["result"], "accepted", "{:#}", report(second)["findings"]);
    assert!(
        document["not_used"][0].as_str().is_some_and(|name| name.contains("ELSEWHERE")),
        "{document:#}"
    );
    // What an earlier run in band reported counts as well.
    let earlier = rack.folder().join("earlier").display().to_string();
    let file = format!("{folder}/SIM26000001/inventory.json");
    let mut command = program(rack.folder());
    command.args(["accept", "--profile", &contract, "--from", &file, "--out", &earlier]);
    assert_eq!(command.output().expect("the program starts").status.code(), Some(0));
    let more = ["--profile", &contract, "--from", &earlier];
    let (code, document) = accept(&rack, &list, "out3", &more);
    assert_eq!((code, &document["machines"][0]["result"]), (Some(3), &json!("incomplete")));
}

#[test]
fn another_machine_than_the_list_expects_is_not_judged() {
    let rack = Rack::start(1, &[]);
    let text = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let list = rack.folder().join("other.csv");
    fs::write(&list, text.replace("SIM26000001", "OTHER0001")).expect("written");
    let contract = contract(&rack);
    let (code, document) = accept(&rack, &list, "out", &["--profile", &contract]);
    assert_eq!(code, Some(3), "{document:#}");
    let why = document["machines"][0]["unknown"][0]["why"]["en"].as_str().unwrap_or_default();
    assert!(why.contains("OTHER0001") && why.contains("SIM26000001"), "{document:#}");
    let (code, _) = accept(&rack, &list, "out", &["--profile", &contract, "--force-same"]);
    assert_eq!(code, Some(0));
}

#[test]
fn a_machine_that_speaks_ipmi_alone_is_told_by_it() {
    let rack = Rack::start(1, &[]);
    let contract = contract(&rack);
    let more = ["--profile", &contract, "--protocol", "ipmi"];
    let (code, document) = accept(&rack, &rack.file("rack.csv"), "out", &more);
    // IPMI names no memory modules: nothing is known of them, and that is no pass.
    assert_eq!(code, Some(3), "{document:#}");
    let machine = &document["machines"][0];
    assert_eq!(
        (&machine["result"], &machine["serial"]),
        (&json!("incomplete"), &json!("SIM26000001"))
    );
    assert!(machine["watts"].as_u64().is_some_and(|watts| watts > 0), "{document:#}");
    let inventory = &report(machine)["facts"]["inventory"];
    assert_eq!(inventory["bmc"]["present"], true);
    assert_eq!(inventory["bmc"]["ipmi_version"], "2.0");
    assert!(inventory["sensor"].as_array().is_some_and(|sensors| !sensors.is_empty()));
    let sources = inventory["sources"].as_array().expect("sources");
    assert!(sources.iter().all(|source| source["kind"] == "ipmi"), "{sources:#?}");
}

#[test]
fn what_cannot_be_meant_is_refused_before_anybody_is_asked() {
    let rack = Rack::start(1, &[]);
    let list = rack.file("rack.csv");
    let contract = contract(&rack);
    for (more, said) in [
        (vec![], "nothing says what"),
        (vec!["--profile", "no/such"], "cannot use this profile"),
        (vec!["--profile", &contract, "--live"], "cannot be used with"),
    ] {
        let output = run(&rack, &list, "out", &more);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(said), "{said}: {told}");
    }
    // How a BMC is come by, and no BMC is asked.
    let mut command = program(rack.folder());
    let output = command.args(["accept", "--profile", &contract, "--user", "admin"]).output();
    let output = output.expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains("--via bmc"), "{told}");
    assert!(!rack.folder().join("out").exists());
}

#[test]
fn a_wrong_password_is_tried_at_three_machines_and_no_more() {
    let rack = Rack::start(8, &[]);
    let contract = contract(&rack);
    let credentials = rack.file("credentials.toml");
    let text = fs::read_to_string(&credentials).expect("credentials");
    let wrong = text.replace(&rack.password(), "wrong-password-1");
    fs::write(&credentials, wrong).expect("written");
    let (code, document) = accept(&rack, &rack.file("rack.csv"), "out", &["--profile", &contract]);
    assert_eq!(code, Some(3), "{document:#}");
    let machines = document["machines"].as_array().expect("machines");
    let refused = machines.iter().filter(|machine| {
        let why = machine["unknown"][0]["why"]["en"].as_str().unwrap_or_default();
        !why.contains("other hosts refused")
    });
    assert_eq!(refused.count(), 3, "{document:#}");
}

#[test]
fn a_project_numbers_each_machine_and_leaves_its_rows_out_of_all() {
    let rack = Rack::start(2, &["--dialect", "huawei"]);
    let list = list(&rack, "配置档", &["gd-gov-cloud/bms-1"; 2], "");
    let project = rack.folder().join("project.toml");
    let text = "number-prefix = \"N-\"\n[[scope-out]]\nrows = [\"bms1.cpu\"]\nreason = \"r\"\n\
                agreed = [{ unit = \"u\", person = \"p\", date = 2026-11-20 }]\n";
    fs::write(&project, text).expect("written");
    let project = project.display().to_string();
    let (_, document) = accept(&rack, &list, "out", &["--project", &project, "--stage", "初验"]);
    for machine in document["machines"].as_array().expect("machines") {
        let report = report(machine);
        let number = report["cover"]["number"].as_str().expect("a number");
        let serial = machine["serial"].as_str().expect("a serial number");
        assert!(number.starts_with(&format!("N-{serial}-")), "{number}");
        assert_eq!(report["cover"]["stage"], "preliminary");
        assert_eq!(report["summary"]["out_of_scope"], 1);
    }
    let batch = fs::read(rack.folder().join("out/batch/result.json")).expect("a batch");
    let batch: Value = serde_json::from_slice(&batch).expect("JSON");
    assert_eq!(batch["machines"][1]["out_of_scope"], 1);
    assert!(batch["cover"]["number"].as_str().is_some_and(|n| n.starts_with("N-batch-")));
}
