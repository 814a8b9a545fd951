//! Delivery lists as a user meets them: made of what is found, compared with dumps, with reports of
//! earlier runs and with what BMCs tell, and refused with the cell.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "other tests ask the rack more")]
mod rack;

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
};

use rack::{Rack, program};
use serde_json::{Value, json};

/// A contract that every machine meets.
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
value = 4
"#;

/// Writes what was collected on a machine: so many modules of memory.
fn dump(folder: &Path, name: &str, serial: &str, modules: usize) {
    let dimm = |at: usize| {
        json!({ "locator": format!("DIMM{at}"), "present": true, "kind": "ram",
                "size_bytes": 34_359_738_368_u64, "memory_type": "DDR4", "origin": { "source": 0 } })
    };
    let document = json!({
        "schema": "inventory/v1",
        "system": { "serial": serial, "product": "TaiShan 200", "origin": { "source": 0 } },
        "dimm": (0..modules).map(dimm).collect::<Vec<_>>(),
        "sections": { "dimm": { "status": "complete" }, "system": { "status": "complete" } },
        "sources": [{ "kind": "smbios", "locator": "smbios:17" }],
    });
    fs::create_dir_all(folder).expect("a folder");
    fs::write(folder.join(format!("{name}.json")), document.to_string()).expect("written");
}

fn run(home: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output: Output = program(home)
        .current_dir(home)
        .args(words)
        .stdout(Stdio::piped())
        .output()
        .expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn document(home: &Path, out: &str) -> Value {
    let bytes = fs::read(home.join(out).join("site.json")).expect("a document");
    serde_json::from_slice(&bytes).expect("JSON")
}

/// The findings: kind, and the serial numbers of the lines.
fn findings(document: &Value) -> Vec<String> {
    let all = document["findings"].as_array().expect("findings").iter();
    let name = |finding: &Value| {
        let lines = finding["lines"].as_array().expect("lines").iter();
        let serials: Vec<&str> = lines.filter_map(|line| line["sn"].as_str()).collect();
        format!("{} {}", finding["kind"].as_str().unwrap_or_default(), serials.join(","))
    };
    all.map(name).collect()
}

#[test]
fn a_list_is_made_filled_in_and_compared_and_earlier_reports_count_as_dumps() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    fs::write(home.join("contract.toml"), CONTRACT).expect("written");
    let dumps = home.join("dumps");
    for (at, serial) in ["SN-A", "SN-B", "SN-C"].iter().enumerate() {
        dump(&dumps, &format!("B1-A01-U{}", 2 * at + 1), serial, 4);
    }
    let init = ["site", "init", "--from", "dumps", "--profile", "contract.toml"];
    let (code, said, told) = run(home, &init);
    assert_eq!(code, Some(0), "{told}");
    assert!(said.contains("`site.csv` is written: 3 machines"), "{said}");
    // What a person filled in is never overwritten.
    let (code, _, told) = run(home, &init);
    assert_eq!((code, told.contains("is there already")), (Some(2), true), "{told}");
    let (code, said, _) = run(home, &["site", "check", "site.csv"]);
    assert!(code == Some(0) && said.contains("4×DIMM 32GiB DDR4"), "{said}");

    let accept = ["accept", "--site", "site.csv", "--from", "dumps", "--out", "out"];
    let (code, said, told) = run(home, &accept);
    assert_eq!(code, Some(0), "{said}{told}");
    let page = fs::read_to_string(home.join("out/site.html")).expect("a page");
    assert_eq!(page.matches("class=\"s s-pass").count(), 3);
    let table = fs::read_to_string(home.join("out/site.csv")).expect("a table");
    assert_eq!(table.lines().count(), 4, "{table}");
    for report in ["SN-A", "SN-B", "SN-C", "batch"] {
        let (code, said, told) = run(home, &["report", "verify", &format!("out/{report}")]);
        assert_eq!(code, Some(0), "{said}{told}");
    }
    let result = fs::read(home.join("out/SN-A/result.json")).expect("a result");
    let result: Value = serde_json::from_slice(&result).expect("JSON");
    assert_eq!(result["devices"][0]["location"], "B1 / A01 / U1");

    // The reports say where their machines stood; two have changed places on the list since.
    let list = fs::read_to_string(home.join("site.csv")).expect("a list");
    let changed = list.replace("SN-A", "SN-?").replace("SN-B", "SN-A").replace("SN-?", "SN-B");
    fs::write(home.join("swapped.csv"), changed).expect("written");
    let (code, said, told) = run(
        home,
        &["accept", "--site", "swapped.csv", "--from", "out", "--out", "again", "--lang", "zh"],
    );
    assert_eq!(code, Some(1), "{said}{told}");
    assert!(said.contains("互换位置") && said.contains("现场换位"), "{said}");
    assert_eq!(findings(&document(home, "again")), ["swapped SN-B,SN-A"]);
    // What was there before is kept.
    let (code, ..) = run(home, &accept);
    assert_eq!(code, Some(0));
    assert!(home.join("out/site.1.json").is_file() && home.join("out/SN-A.1").is_dir());
}

#[test]
fn what_cannot_be_read_is_told_and_never_delivered() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    fs::write(home.join("contract.toml"), CONTRACT).expect("written");
    let dumps = home.join("dumps");
    dump(&dumps, "A01-U1", "SN-A", 4);
    fs::write(dumps.join("A01-U3.bin"), b"\0\x01garbage").expect("written");
    let list = "sn,rack,u,profile\nSN-A,A01,1,contract.toml\nSN-B,A01,3,contract.toml\n";
    fs::write(home.join("list.csv"), list).expect("written");
    let accept = ["accept", "--site", "list.csv", "--from", "dumps", "--out", "out"];
    let (code, said, told) = run(home, &accept);
    assert_eq!(code, Some(3), "{said}{told}");
    assert_eq!(findings(&document(home, "out")), ["untold SN-B"]);
    assert_eq!(document(home, "out")["unread"][0]["file"], "dumps/A01-U3.bin");
    // One that is not there at all is missing, and that outweighs.
    fs::remove_file(dumps.join("A01-U3.bin")).expect("removed");
    let (code, ..) = run(home, &accept);
    assert_eq!(
        (code, findings(&document(home, "out"))),
        (Some(1), vec!["missing SN-B".to_owned()])
    );
    for (list, words, said) in [
        (
            "sn,rack,u\n2.10E+11,A01,1\n",
            &["--from", "dumps"][..],
            "cell A2: serial number `2.10E+11`",
        ),
        ("sn,rack,u\nSN-A,A01,1\n", &["--from", "dumps"], "nothing says what `SN-A` is judged by"),
        ("sn,profile\nSN-A,no/such\n", &["--from", "dumps"], "cannot use this profile"),
        ("sn,profile\nSN-A,contract.toml\n", &[], "compared with what was found"),
        ("sn,profile\nSN-A,contract.toml\n", &["--via", "bmc"], "the list has no BMC address"),
        ("sn,profile\nSN-A,contract.toml\n", &["--from", "nowhere"], "cannot read `nowhere`"),
        ("sn,profile\nSN-A,contract.toml\n", &["--from", "dumps", "--live"], "cannot be used with"),
    ] {
        fs::write(home.join("wrong.csv"), list).expect("written");
        let words = [&["accept", "--site", "wrong.csv", "--out", "none"], words].concat();
        let (code, _, told) = run(home, &words);
        assert!(matches!(code, Some(2 | 3)) && told.contains(said), "{said}: {told}");
    }
    assert!(!home.join("none").exists());
    let (code, _, told) = run(home, &["accept", "--profile", "contract.toml", "--via", "bmc"]);
    assert_eq!((code, told.contains("`--hosts` or `--site`")), (Some(2), true), "{told}");
}

#[test]
fn several_machines_in_one_folder_are_several_and_several_files_of_one_are_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = folder.path();
    fs::write(home.join("contract.toml"), CONTRACT).expect("written");
    // Two racks, each a folder of machines; one machine has a folder with two files.
    let dumps = home.join("dumps");
    dump(&dumps.join("rack1"), "A01-U1", "SN-A", 4);
    dump(&dumps.join("rack1"), "A01-U3", "SN-B", 4);
    dump(&dumps.join("rack2/A02-U1"), "one", "SN-C", 4);
    dump(&dumps.join("rack2/A02-U1"), "other", "SN-C", 4);
    dump(&dumps.join("rack2"), "A02-U3", "SN-D", 4);
    let lines = [("SN-A", "A01", 1), ("SN-B", "A01", 3), ("SN-C", "A02", 1), ("SN-D", "A02", 3)];
    let mut list = "序列号,机柜,U位,规格模板,配置\n".to_owned();
    for (serial, rack, unit) in lines {
        list = format!("{list}{serial},{rack},{unit},contract.toml,4×DIMM 32GB\n");
    }
    fs::write(home.join("list.csv"), list).expect("written");
    let (code, said, told) =
        run(home, &["accept", "--site", "list.csv", "--from", "dumps", "--out", "out"]);
    assert_eq!((code, findings(&document(home, "out"))), (Some(0), Vec::new()), "{said}{told}");
}

#[test]
fn machines_are_compared_by_what_their_bmcs_tell_and_one_that_is_silent_is_open() {
    let rack = Rack::start(3, &[]);
    let home = rack.folder();
    fs::write(home.join("contract.toml"), CONTRACT).expect("written");
    let hosts = rack.file("rack.csv").display().to_string();
    let credentials = rack.file("credentials.toml").display().to_string();
    let known = home.join("state/known").display().to_string();
    let ways =
        ["--via", "bmc", "--hosts", &hosts, "--credentials", &credentials, "--known", &known];
    let init = ["site", "init", "--out", "made.csv", "--profile", "contract.toml"];
    let (code, said, told) = run(home, &[&init[..], &ways].concat());
    assert_eq!(code, Some(0), "{said}{told}");
    let made = fs::read_to_string(home.join("made.csv")).expect("a list");
    assert!(made.contains("SIM26000001") && made.contains("BMC"), "{made}");
    let accept = |list: &str, out: &str, ways: &[&str]| {
        let words = ["accept", "--site", list, "--out", out];
        let (code, said, told) = run(home, &[&words[..], ways].concat());
        (code, findings(&document(home, out)), format!("{said}{told}"))
    };
    let (code, found, said) = accept("made.csv", "out", &ways);
    assert_eq!((code, found), (Some(0), Vec::new()), "{said}");

    // The list has two of them in each other's place, and the third was to have more memory.
    let changed = made.replace("SIM26000001", "SIM2600000?").replace("SIM26000002", "SIM26000001");
    let changed = changed.replace("SIM2600000?", "SIM26000002");
    let of_third = |line: &str| {
        let is_third = line.contains("SIM26000003");
        if is_third { line.replace("BIOS ", "32×DIMM 32GiB; BIOS ") } else { line.to_owned() }
    };
    let changed: Vec<String> = changed.lines().map(of_third).collect();
    fs::write(home.join("changed.csv"), changed.join("\n")).expect("written");
    let (code, found, said) = accept("changed.csv", "out2", &ways);
    assert_eq!(code, Some(1), "{said}");
    // A BMC lists no empty slot and may not list all: fewer than ordered could not be told.
    assert_eq!(found, ["swapped SIM26000002,SIM26000001", "untold SIM26000003"]);

    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its name");
    let text = fs::read_to_string(&hosts).expect("a list");
    let (pin, port) = ("ab".repeat(32), closed.port());
    let line = format!("{closed},DEAD1,R02,1,,no,simulated,{pin},{port}\n");
    let more = home.join("more.csv");
    fs::write(&more, format!("{text}{line}")).expect("written");
    let list = format!("{made}\n1,,,DEAD1,{closed},,,,,,contract.toml,\n");
    fs::write(home.join("four.csv"), list).expect("written");
    let more = more.display().to_string();
    let ways = ["--via", "bmc", "--hosts", &more, "--credentials", &credentials, "--known", &known];
    let (code, found, said) = accept("four.csv", "out3", &ways);
    assert_eq!((code, found), (Some(3), vec!["untold DEAD1".to_owned()]), "{said}");
}
