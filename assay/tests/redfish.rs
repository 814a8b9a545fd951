//! Trees of Redfish as a source of `accept --from` and of `inventory import`.

#[path = "push/scratch.rs"]
mod scratch;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
};

use scratch::Scratch;
use serde_json::{Value, json};

fn assay(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_assay"))
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .expect("the program starts")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("the program writes UTF-8")
}

/// Imports sources and returns what they make together.
fn import(paths: &[&str]) -> Value {
    let arguments = [&["inventory", "import", "--output", "json"], paths].concat();
    let output = assay(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    serde_json::from_slice(&output.stdout).expect("it is JSON")
}

fn link(path: &str) -> Value {
    json!({ "@odata.id": path })
}

/// Writes a resource where the layout of mockups has it.
fn put(root: &Path, path: &str, body: &Value) {
    let folder = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(&folder).expect("it is ours");
    fs::write(folder.join("index.json"), body.to_string()).expect("it is ours");
}

fn collection(root: &Path, path: &str, items: &[Value]) {
    let places: Vec<String> = (1..=items.len()).map(|at| format!("{path}/{at}")).collect();
    let links: Vec<Value> = places.iter().map(|place| link(place)).collect();
    put(root, path, &json!({ "Members@odata.count": links.len(), "Members": links }));
    for (place, item) in places.iter().zip(items) {
        put(root, place, item);
    }
}

/// Writes a four-socket server of a domestic brand that meets class I as far as a BMC can tell.
#[expect(clippy::too_many_lines, reason = "a whole machine, resource by resource")]
fn server(root: &Path) {
    put(
        root,
        "/redfish/v1",
        &json!({
            "@odata.type": "#ServiceRoot.v1_9_0.ServiceRoot", "RedfishVersion": "1.11.0",
            "Systems": link("/redfish/v1/Systems"), "Chassis": link("/redfish/v1/Chassis"),
            "Managers": link("/redfish/v1/Managers"),
        }),
    );
    collection(
        root,
        "/redfish/v1/Systems",
        &[json!({
            "Manufacturer": "Huawei", "Model": "2488H V6", "SerialNumber": "2102350001",
            "UUID": "877AA970-58F9-8432-E811-80345C184638", "BiosVersion": "0.95",
            "Processors": link("/redfish/v1/Systems/1/Processors"),
            "Memory": link("/redfish/v1/Systems/1/Memory"),
            "Storage": link("/redfish/v1/Systems/1/Storages"),
            "Links": { "Chassis": [link("/redfish/v1/Chassis/1")] },
        })],
    );
    let cpu = |n: usize| {
        json!({
            "ProcessorType": "CPU", "Socket": format!("CPU{n}"), "TotalCores": 24, "InstructionSet": "x86-64",
            "Model": "Example CPU @ 2.40GHz", "MaxSpeedMHz": 4000, "Status": { "State": "Enabled" },
        })
    };
    collection(root, "/redfish/v1/Systems/1/Processors", &[cpu(1), cpu(2), cpu(3), cpu(4)]);
    let dimm = |n: usize| {
        if n > 16 {
            return json!({ "DeviceLocator": format!("DIMM{n}"), "Status": { "State": "Absent" } });
        }
        json!({ "DeviceLocator": format!("DIMM{n}"), "CapacityMiB": 65536, "MemoryType": "DRAM",
                "SerialNumber": format!("D{n:05}"), "Status": { "State": "Enabled" } })
    };
    collection(root, "/redfish/v1/Systems/1/Memory", &(1..=48).map(dimm).collect::<Vec<_>>());
    collection(
        root,
        "/redfish/v1/Systems/1/Storages",
        &[json!({
            "Drives": [link("/redfish/v1/Chassis/1/Drives/1"), link("/redfish/v1/Chassis/1/Drives/2")],
        })],
    );
    let drive = |n: usize| {
        json!({
            "SerialNumber": format!("DRIVE{n}"), "Protocol": "SAS", "MediaType": "HDD",
            "CapacityBytes": 1_200_000_000_000_u64, "Status": { "State": "Enabled", "Health": "OK" },
        })
    };
    collection(root, "/redfish/v1/Chassis/1/Drives", &[drive(1), drive(2)]);
    collection(
        root,
        "/redfish/v1/Chassis",
        &[json!({
            "ChassisType": "RackMount", "HeightMm": 88.9, "SerialNumber": "2102350001",
            "Power": link("/redfish/v1/Chassis/1/Power"), "Thermal": link("/redfish/v1/Chassis/1/Thermal"),
            "PCIeDevices": link("/redfish/v1/Chassis/1/PCIeDevices"),
        })],
    );
    collection(
        root,
        "/redfish/v1/Chassis/1/PCIeDevices",
        &[json!({ "PCIeFunctions": { "Members": [{
        "@odata.type": "#PCIeFunction.v1_2_3.PCIeFunction", "Id": "1", "Name": "VGA",
        "VendorId": "0x19e5", "DeviceId": "0x1711", "ClassCode": "0x030000",
    }] } })],
    );
    put(
        root,
        "/redfish/v1/Chassis/1/Power",
        &json!({ "PowerSupplies": [
        { "MemberId": "0", "Name": "PSU1", "SerialNumber": "PSU10001", "PowerCapacityWatts": 2000 },
        { "MemberId": "1", "Name": "PSU2", "Status": { "State": "Absent" } },
    ] }),
    );
    put(
        root,
        "/redfish/v1/Chassis/1/Thermal",
        &json!({
            "Temperatures": [{ "Name": "Inlet Temp", "ReadingCelsius": 24.5, "UpperThresholdCritical": 46 }],
            "Fans": [{ "MemberId": "0", "Name": "Fan1", "Reading": 5400, "ReadingUnits": "RPM" }],
        }),
    );
    collection(
        root,
        "/redfish/v1/Managers",
        &[json!({
            "ManagerType": "BMC", "FirmwareVersion": "6.41",
            "EthernetInterfaces": link("/redfish/v1/Managers/1/EthernetInterfaces"),
        })],
    );
    collection(
        root,
        "/redfish/v1/Managers/1/EthernetInterfaces",
        &[json!({
            "MACAddress": "44:A1:91:00:00:01", "IPv4Addresses": [{ "Address": "192.0.2.7" }],
        })],
    );
}

#[test]
fn a_tree_is_imported_with_where_each_fact_was_read() {
    let scratch = Scratch::new("redfish-import");
    server(scratch.path());
    let found = import(&[&scratch.join("redfish")]);
    let count = |section: &str| found[section].as_array().map_or(0, Vec::len);
    let counts = ["cpu", "dimm", "disk", "psu", "fan", "sensor"].map(count);
    assert_eq!(counts, [4, 48, 2, 2, 1, 1]);
    assert_eq!(found["system"]["brand"]["id"], "huawei");
    assert_eq!(found["identity"]["system_serial"], "2102350001");
    assert_eq!(found["cpu"][0]["frequency_hz"]["nominal"], 2_400_000_000_u64);
    assert_eq!(found["cpu"][0]["frequency_hz"]["max_claimed"], 4_000_000_000_u64);
    assert_eq!(found["dimm"][47]["present"], false);
    assert_eq!(found["disk"][0]["protocol"], "sas");
    assert_eq!(
        (&found["psu"][0]["power_mw"], &found["psu"][1]["present"]),
        (&json!(2_000_000), &json!(false))
    );
    assert_eq!(found["sensor"][0]["temperature_mc"], 24_500);
    assert_eq!(found["sensor"][0]["critical"], 46_000);
    assert_eq!(found["bmc"]["chip"]["pci_id"], "19e5:1711");
    assert_eq!(
        (&found["bmc"]["mac"], &found["bmc"]["address"]),
        (&json!("44:a1:91:00:00:01"), &json!("192.0.2.7"))
    );
    assert_eq!(found["chassis"][0]["height_u"], 2);
    let source = found["cpu"][3]["origin"]["source"].as_u64().expect("it has a source");
    let source = &found["sources"][usize::try_from(source).expect("it is small")];
    assert_eq!(source["kind"], "redfish");
    assert_eq!(source["locator"], "redfish:/redfish/v1/Systems/1/Processors/4");
    assert!(source["digest"].as_str().is_some_and(|digest| digest.starts_with("sha256:")));
    // A BMC cannot know that there are no more disks, and lists no network card here.
    let status = |section: &str| found["sections"][section]["status"].clone();
    assert_eq!((status("cpu"), status("dimm")), (json!("complete"), json!("complete")));
    assert_eq!((status("disk"), status("nic")), (json!("partial"), json!("unsupported")));
}

#[test]
fn a_tree_is_judged_and_what_it_does_not_know_stays_open() {
    let scratch = Scratch::new("redfish-accept");
    server(scratch.path());
    let report = scratch.join("report");
    let tree = scratch.join("redfish");
    let arguments =
        ["accept", "--profile", "gd-gov-cloud/bms-1", "--from", &tree, "--out", &report];
    let output = assay(&[&arguments[..], &["--output", "json"]].concat());
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let text = report.to_string();
    let mut verdicts = std::collections::BTreeMap::new();
    for row in report["rows"].as_array().expect("it has rows") {
        let judgement = &row["judgement"];
        let check = judgement["check"].as_str().unwrap_or_default().to_owned();
        verdicts.insert(check, judgement["verdict"].clone());
    }
    for (check, verdict) in [
        ("bms1.cpu", "pass"),
        ("bms1.memory", "pass"),
        ("bms1.storage", "pass"),
        ("bms1.dimm-slots", "pass"),
        ("bms1.nic", "not-measured"),
        ("bms1.hba", "not-measured"),
        ("bms1.pcie-slots", "not-measured"),
        ("bms1.chip", "needs-attestation"),
    ] {
        assert_eq!(verdicts.get(check), Some(&json!(verdict)), "{check}: {verdicts:?}");
    }
    assert!(text.contains("redfish:/redfish/v1/Systems/1/Memory/1"));
    assert!(fs::read_dir(scratch.path().join("report")).expect("it was written").count() > 1);
}

/// Writes what the machine says of itself: two processors under other names, one disk.
fn in_band(scratch: &Scratch, serial: &str) -> String {
    let cpu = |n: u32| {
        json!({ "locator": format!("P{n}"), "present": true, "cores": 24,
                               "origin": { "source": 0 } })
    };
    let document = json!({
        "schema": "inventory/v1",
        "system": { "serial": serial, "product": "2488H V6", "origin": { "source": 0 } },
        "cpu": [cpu(0), cpu(1)],
        "disk": [{ "serial": "DRIVE1", "protocol": "sas", "size_bytes": 1_200_000_000_000_u64,
                   "origin": { "source": 0 } }],
        "sections": { "cpu": { "status": "complete" }, "disk": { "status": "partial" } },
        "sources": [{ "kind": "smbios", "locator": "smbios:1" }],
    });
    scratch.file("in-band.json", &document.to_string(), 0o644)
}

#[test]
fn what_the_machine_lists_itself_is_not_counted_again() {
    let scratch = Scratch::new("redfish-merge");
    server(scratch.path());
    let found = import(&[&scratch.join("redfish"), &in_band(&scratch, "2102350001")]);
    // Four processors of the BMC under names of its own: the machine has told of two.
    assert_eq!(found["cpu"].as_array().map_or(0, Vec::len), 2);
    let findings = found["findings"].as_array().expect("it has findings");
    let told = |finding: &&Value| finding["class"] == "missing" && finding["path"] == "cpu";
    assert_eq!(findings.iter().filter(told).count(), 1, "{findings:#?}");
    // One disk is known by both, the other has a serial number of its own.
    assert_eq!(found["disk"].as_array().map_or(0, Vec::len), 2);
    assert_eq!(found["dimm"].as_array().map_or(0, Vec::len), 48);
}

#[test]
fn a_tree_of_another_machine_is_refused() {
    let scratch = Scratch::new("redfish-other");
    server(scratch.path());
    let other = in_band(&scratch, "2102359999");
    let output = assay(&["inventory", "import", &scratch.join("redfish"), &other]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stderr(&output).contains("two machines"), "{}", stderr(&output));
}

/// A tar of one file.
fn tar(name: &str, content: &[u8]) -> Vec<u8> {
    let mut block = vec![0; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[148..156].copy_from_slice(b"        ");
    block[156] = b'0';
    block[257..263].copy_from_slice(b"ustar\0");
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block.extend(content);
    block.resize(block.len().next_multiple_of(512), 0);
    block
}

#[test]
fn each_bad_tree_gives_one_sentence_and_what_to_do() {
    let scratch = Scratch::new("redfish-bad");
    let file = |name: &str, bytes: &[u8]| {
        let path = scratch.path().join(name);
        fs::write(&path, bytes).expect("it is ours");
        path.display().to_string()
    };
    let several = scratch.path().join("blades");
    server(&several);
    put(
        &several,
        "/redfish/v1/Systems",
        &json!({ "Members": [
        link("/redfish/v1/Systems/1"), link("/redfish/v1/Systems/2"),
    ] }),
    );
    put(&several, "/redfish/v1/Systems/2", &json!({ "SerialNumber": "2102350002" }));
    let none = scratch.path().join("none");
    put(&none, "/redfish/v1", &json!({ "RedfishVersion": "1.0.2" }));
    let html = scratch.path().join("html/redfish/v1");
    fs::create_dir_all(&html).expect("it is ours");
    fs::write(html.join("index.json"), "<html>").expect("it is ours");
    let cases = [
        (file("evil.tar", &tar("../x/index.json", b"{}")), "leads out of it"),
        (file("cut.tar.xz", b"\xfd7zXZ\0\0\x04"), "damaged"),
        (file("tree.tar.gz", &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0]), "compressed by gzip"),
        (file("tree.zip", b"PK\x03\x04\x14\0"), "compressed by zip"),
        (file("html.tar", &tar("redfish/v1/index.json", b"<html>")), "its root is not JSON"),
        (several.display().to_string(), "has 2 systems"),
        (none.display().to_string(), "has no system that can be read"),
        (scratch.join("html"), "its root is not JSON"),
    ];
    for (path, said) in &cases {
        for (language, mark) in [("en", "assay: not used: "), ("zh", "assay: 未使用 ")] {
            let arguments = ["inventory", "import", path, "--lang", language];
            let output = assay(&arguments);
            assert_eq!(output.status.code(), Some(3), "{path}");
            let told = stderr(&output);
            let told: Vec<&str> = told.lines().filter(|line| line.starts_with(mark)).collect();
            let [line] = told.as_slice() else { panic!("{path}: {told:?}") };
            assert!(language == "zh" || line.contains(said), "{said}: {line}");
        }
    }
}
