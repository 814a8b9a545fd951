//! The project file as a user meets it: written, checked, and what it puts into a report.

#[path = "push/scratch.rs"]
mod scratch;

use std::{
    fs,
    process::{Command, Output, Stdio},
};

use scratch::Scratch;
use serde_json::Value;

fn run(scratch: &Scratch, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    command.current_dir(scratch.path()).output().expect("the program starts")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

/// What `dmidecode` would print of a machine with `count` modules of 32 GiB.
fn machine(scratch: &Scratch, count: usize) -> String {
    let mut text = "# dmidecode 3.3\nGetting SMBIOS data from sysfs.\nSMBIOS 3.2.0 present.\n\n\
         Handle 0x0001, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: Made Up\n\
         \tProduct Name: M-1\n\tVersion: 1\n\tSerial Number: SN0001\n\
         \tUUID: 4c4c4544-0037-5710-8052-b7c04f343332\n\n"
        .to_owned();
    for at in 0..count {
        let slot = format!(
            "Handle 0x11{at:02X}, DMI type 17, 40 bytes\nMemory Device\n\tTotal Width: 72 bits\n\
             \tData Width: 64 bits\n\tSize: 32 GB\n\tForm Factor: DIMM\n\tLocator: DIMM {at}\n\
             \tType: DDR4\n\tType Detail: Synchronous\n\n"
        );
        text.push_str(&slot);
    }
    scratch.file("dmidecode.txt", &text, 0o644)
}

const CONTRACT: &str = r#"profile = "acme/contract"
version = "1"
title = { zh = "合同", en = "contract" }
inherits = "gd-gov-cloud/bms-1"

[[row]]
id = "annex-3#1"
clause = "annex-3"
title = "合同附件三"
item = "内存条"
text = "内存条不少于 16 根"

[[check]]
id = "acme.dimm"
row = "annex-3#1"
kind = "min"
title = { zh = "内存条", en = "memory modules" }
method = { zh = "读取 SMBIOS 类型 17", en = "SMBIOS type 17" }
path = "inventory.dimm[present].count"
value = 16

[[check]]
id = "bms1.memory"
mark = "★"
tender = { zh = "★ 不低于 512GB", en = "★ at least 512 GB" }
bid = { zh = "768GB", en = "768 GB" }
bid_value = "768 GiB"
"#;

const PROJECT: &str = r#"project = "甲项目"
section = "一标段"
number-prefix = "CSJL-"
stage = "初验"
profiles = ["contract.toml"]
[parties.owner]
name = "某局"
[[scope-out]]
rows = ["bms1.cpu", "annex-3#1"]
reason = { zh = "另行采购", en = "bought elsewhere" }
agreed = [{ unit = "owner", person = "张三", date = 2026-11-20 }]
"#;

fn result(scratch: &Scratch, out: &str) -> Value {
    let text = fs::read(scratch.path().join(out).join("result.json")).expect("a result");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn a_project_file_is_written_once_and_checks_clean() {
    let scratch = Scratch::new("project-init");
    let output = run(&scratch, &["project", "init"]);
    assert_eq!((code(&output), stderr(&output).as_str()), (0, ""));
    let output = run(&scratch, &["project", "init"]);
    assert_eq!(code(&output), 2);
    assert!(stderr(&output).contains("`project.toml` is there and is not replaced"));
    let output = run(&scratch, &["project", "check"]);
    assert_eq!(code(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).contains("project: (blank)"), "{}", stdout(&output));
    let printed = run(&scratch, &["project", "init", "-"]);
    assert_eq!(stdout(&printed), fs::read_to_string(scratch.join("project.toml")).expect("there"));
    let missing = run(&scratch, &["project", "check", "missing.toml"]);
    assert_eq!(code(&missing), 2);
    assert!(stderr(&missing).contains("cannot read project file `missing.toml`"));
}

#[test]
fn what_is_wrong_with_a_project_file_is_told_in_the_users_language() {
    let scratch = Scratch::new("project-check");
    scratch.file("p.toml", "projekt = \"a\"\n[[scope-out]]\nrows = [\"bms1.hba\"]\n", 0o644);
    let output = run(&scratch, &["project", "check", "p.toml"]);
    assert_eq!(code(&output), 1);
    assert_eq!(
        stdout(&output),
        "error: `p.toml`, line 1: there is no field `projekt`; did you mean `project`?\n\
         error: `p.toml`, line 2: [[scope-out]] has no `reason`: say why the contract leaves these \
         rows out\n\
         error: `p.toml`, line 2: [[scope-out]] has no `agreed`: say which unit's person agreed on \
         which day\n3 faults\n"
    );
    let output = run(&scratch, &["--lang", "zh", "project", "check", "p.toml"]);
    let said = stdout(&output);
    assert!(
        said.contains("`p.toml` 第 1 行：没有 `projekt` 这个字段；是否为 `project`？"),
        "{said}"
    );
    let output = run(&scratch, &["project", "check", "p.toml", "--output", "json"]);
    let faults: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    assert_eq!(faults["faults"][1]["line"], 2);
    // What `check` refuses, every other command refuses before its work.
    let from = machine(&scratch, 1);
    let words = ["accept", "--profile", "gd-gov-cloud/bms-1", "--from", &from, "--out", "r"];
    let output = run(&scratch, &[&words[..], &["--project", "p.toml"]].concat());
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.starts_with("assay: `p.toml`, line 1: there is no field `projekt`"), "{said}");
    assert!(!fs::exists(scratch.join("r")).expect("looked"), "nothing is written");
}

#[test]
fn a_project_fills_a_report_and_leaves_rows_out() {
    let scratch = Scratch::new("project-accept");
    scratch.file("contract.toml", CONTRACT, 0o644);
    scratch.file("p.toml", PROJECT, 0o644);
    let from = machine(&scratch, 20);
    let words = ["accept", "--profile", "contract.toml", "--from", &from, "--project", "p.toml"];
    let output = run(&scratch, &[&words[..], &["--out", "r", "--stage", "终验"]].concat());
    let said = stdout(&output);
    assert!([1, 3].contains(&code(&output)), "{said}{}", stderr(&output));
    assert!(said.contains("2 rows not in the scope of this contract"), "{said}");
    assert!(said.contains("- bought elsewhere (agreed by 某局 张三 2026-11-20)"), "{said}");
    assert!(said.contains("deviations: positive 0, none 0, negative 1"));
    assert!(said.contains("  ★bms1.memory negative"), "{said}");
    let result = result(&scratch, "r");
    assert_eq!(result["cover"]["stage"], "final");
    assert_eq!(result["cover"]["section"], "一标段");
    let number = result["cover"]["number"].as_str().expect("a number");
    assert!(number.starts_with("CSJL-SN0001-20"), "{number}");
    assert_eq!(result["summary"]["out_of_scope"], 2);
    let rows = result["rows"].as_array().expect("rows");
    let row = |check: &str| {
        rows.iter().find(|row| row["judgement"]["check"] == check).expect("the row is there")
    };
    let dimm = &row("acme.dimm")["judgement"];
    assert_eq!(
        (&dimm["verdict"], &dimm["out_of_scope"]["judged"]),
        (&"not-applicable".into(), &"pass".into())
    );
    assert_eq!(dimm["measured"]["en"], "20 memory slots");
    let memory = &row("bms1.memory")["judgement"];
    assert_eq!((&memory["verdict"], &memory["standing"]), (&"pass".into(), &"worse".into()));
    let table = fs::read_to_string(scratch.join("r/deviations.csv")).expect("the table");
    assert!(table.contains("negative"), "{table}");
    let verified = run(&scratch, &["report", "verify", "r"]);
    assert_eq!(code(&verified), 0, "{}", stdout(&verified));
}

#[test]
fn a_row_of_no_profile_is_refused_and_a_cover_is_a_project_file() {
    let scratch = Scratch::new("project-cover");
    scratch.file("contract.toml", CONTRACT, 0o644);
    let own = PROJECT.replace("profiles = [\"contract.toml\"]\n", "");
    scratch.file("p.toml", &own, 0o644);
    let output = run(&scratch, &["project", "check", "p.toml"]);
    assert_eq!(code(&output), 1);
    assert!(stdout(&output).contains("line 8: there is no row and no check `annex-3#1`"));
    // The profile that a run is judged by knows its own rows.
    let from = machine(&scratch, 1);
    let words = ["accept", "--profile", "contract.toml", "--from", &from, "--out"];
    let output = run(&scratch, &[&words[..], &["r", "--project", "p.toml"]].concat());
    assert_ne!(code(&output), 2, "{}", stderr(&output));
    scratch.file("cover.toml", "project = \"乙\"\n[parties]\nowner = \"甲方\"\n", 0o644);
    let output = run(&scratch, &[&words[..], &["c", "--cover", "cover.toml"]].concat());
    assert_ne!(code(&output), 2, "{}", stderr(&output));
    let cover = &result(&scratch, "c")["cover"];
    assert_eq!((&cover["project"], &cover["parties"]["owner"]), (&"乙".into(), &"甲方".into()));
    // Together they have a number of their own.
    let merge = ["report", "merge", "r", "--out", "m", "--project", "p.toml"];
    let output = run(&scratch, &merge);
    assert_ne!(code(&output), 2, "{}", stderr(&output));
    let number = result(&scratch, "m")["cover"]["number"].as_str().unwrap_or_default().to_owned();
    assert!(number.starts_with("CSJL-batch-20"), "{number}");
}
