//! `assay net` as a user types it, without root: files, plans for an empty node, explanations,
//! wrong use; and every document it prints against their schema.

#[path = "net/documents.rs"]
mod documents;

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

const STATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/net/state.toml");
const BAD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/tests/spec/bad");

fn net(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    command.arg("net").args(arguments).env_clear().env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    net(arguments).output().expect("the program runs")
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("it writes UTF-8")
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("it writes UTF-8")
}

/// Runs with JSON; the document is alone on stdout and as its schema says.
fn document(arguments: &[&str]) -> (i32, Value) {
    let output = run(&[arguments, &["--output", "json"]].concat());
    let document = serde_json::from_slice(&output.stdout);
    let document: Value = document.expect("only JSON is on stdout");
    documents::valid(&document);
    (code(&output), document)
}

#[test]
fn every_fault_of_a_file_is_told_with_its_line_and_what_to_do() {
    let file = format!("{BAD}/unknown-names.toml");
    let output = run(&["lint", &file]);
    assert_eq!(code(&output), 2, "{}", said(&output));
    let told = out(&output);
    assert!(
        told.contains(
            "line 14, network `red-a`: there is no VPC `rde`\n  hint: did you mean `red`?\n"
        ),
        "{told}"
    );
    assert!(told.ends_with("faults 6\n"), "{told}");
    let output = run(&["lint", &file, "--lang", "zh"]);
    assert!(
        out(&output).contains("第 14 行，网络 `red-a`：VPC `rde` 不存在\n  提示：是否为 `red`？\n")
    );
    let (code, document) = document(&["lint", &file, STATE]);
    assert_eq!(code, 2);
    let [bad, good] = [&document["files"][0], &document["files"][1]];
    assert_eq!((&bad["sound"], &good["sound"]), (&Value::Bool(false), &Value::Bool(true)));
    assert_eq!(bad["faults"].as_array().map(Vec::len), Some(6));
    assert_eq!(
        (bad["faults"][0]["line"].as_u64(), good["holds"]["rules"].as_u64()),
        (Some(14), Some(1))
    );
}

#[test]
fn a_sound_file_is_counted_and_a_missing_one_hides_no_other() {
    let output = run(&["lint", STATE]);
    assert_eq!((code(&output), said(&output)), (0, String::new()));
    assert!(
        out(&output)
            .contains("node n1, VPCs 1, networks 1, ports here 2, elsewhere 1, groups 2, rules 1")
    );
    let output = run(&["lint", "nowhere.toml", STATE]);
    assert_eq!(code(&output), 3);
    assert!(said(&output).starts_with("assay: cannot read `nowhere.toml`\n"), "{}", said(&output));
    assert!(out(&output).contains("is sound"), "{}", out(&output));
}

/// Two guests of a cloud; the second case has no control.
const PLAN: &str = "schema = \"assay/cloud/v1\"\ncloud = \"east\"\n\
    [[agent]]\nid = \"a\"\nagent = \"192.0.2.1:7444\"\nvpc = \"red\"\naddresses = [\"10.0.0.1\"]\n\
    [[agent]]\nid = \"b\"\nagent = \"192.0.2.2:7444\"\nvpc = \"red\"\naddresses = [\"10.0.0.2\"]\n\
    [[case]]\nid = \"open\"\nrow = \"5.2.3.2#2\"\nkind = \"allow\"\nfrom = \"a\"\nto = \"b\"\n\
    probe = \"udp/53\"\n\
    [[case]]\nid = \"shut\"\nrow = \"5.2.3.2#2\"\nkind = \"deny\"\nfrom = \"a\"\nto = \"b\"\n\
    probe = \"tcp/22\"\n";

#[test]
fn a_plan_of_a_delivered_cloud_is_checked_as_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("it is ours");
        path.display().to_string()
    };
    let sound = file("cloud.toml", PLAN);
    let output = run(&["lint", &sound, STATE]);
    assert_eq!((code(&output), said(&output)), (0, String::new()));
    let told = out(&output);
    assert!(
        told.contains("cloud east, agents 2, cases 2, of which cannot be measured 1"),
        "{told}"
    );
    assert!(told.contains("node n1, VPCs 1"), "{told}");
    let (end, told) = document(&["lint", &sound]);
    assert_eq!((end, told["files"][0]["holds"]["open"].as_u64()), (0, Some(1)), "{told:#}");
    // Each fault: file, line, what it is about, what to do.
    let faults = [
        (
            "kind = \"deny\"",
            "kind = \"denied\"",
            "line 23, case `shut`: unknown `kind`: `denied`\n  hint: known:",
        ),
        (
            "probe = \"tcp/22\"",
            "probe = \"tcp\"",
            "line 26, case `shut`: cannot understand `tcp`\n  hint: such as:",
        ),
        (
            "192.0.2.2:7444",
            "192.0.2.2",
            "line 10, agent `b`: `192.0.2.2` is no HOST:PORT\n  hint: such as:",
        ),
        ("5.2.3.2#2", "5.2.3.2#9", "line 15, case `open`: there is no row `5.2.3.2#9`\n  hint: "),
        (
            "probe = \"tcp/22\"",
            "probe = \"tcp/22\"\nvia = \"eip\"",
            "`b` has no `eip`\n  hint: say `eip`",
        ),
    ];
    for (right, wrong, wanted) in faults {
        let path = file("bad.toml", &PLAN.replacen(right, wrong, 1));
        let output = run(&["lint", &path, &sound]);
        assert_eq!(code(&output), 2, "{wanted}");
        let told = out(&output);
        assert!(told.starts_with(&format!("`{path}`, line ")) && told.contains(wanted), "{told}");
        assert!(told.contains("`: faults 1\n") && told.contains("cloud east"), "{told}");
        let (_, told) = document(&["lint", &path]);
        let fault = &told["files"][0]["faults"][0];
        assert!(fault["line"].is_u64() && fault["hint"]["zh"].is_string(), "{told:#}");
    }
    // What a node is to have is still only that of a node.
    let output = run(&["plan", "--offline", &sound]);
    assert_eq!(code(&output), 2);
    assert!(said(&output).contains("unknown schema `assay/cloud/v1`"), "{}", said(&output));
}

#[test]
fn a_file_with_faults_is_refused_by_every_verb_before_anything_else() {
    let file = format!("{BAD}/unknown-field.toml");
    let verbs: [&[&str]; 7] = [
        &["plan"],
        &["plan", "--offline"],
        &["diff"],
        &["apply"],
        &["verify"],
        &["show"],
        &["explain", "--from", "a", "--to", "b", "--proto", "tcp"],
    ];
    for verb in verbs {
        let words = [verb, &[file.as_str(), "--state", "/nonexistent/assay"]].concat();
        let words: Vec<&str> =
            if verb.contains(&"--offline") { [verb, &[file.as_str()]].concat() } else { words };
        let output = run(&words);
        assert_eq!(code(&output), 2, "{verb:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{verb:?}");
        assert!(said(&output).contains("unknown field"), "{verb:?}: {}", said(&output));
        assert!(said(&output).ends_with("nothing was touched\n"), "{verb:?}: {}", said(&output));
        let (code, document) = document(&words);
        assert_eq!((code, document["schema"].as_str()), (2, Some("assay/net-lint/v1")), "{verb:?}");
    }
}

#[test]
fn a_plan_for_an_empty_node_needs_nobodys_leave_and_reads_in_both_languages() {
    for (lang, golden) in
        [("en", include_str!("net/plan.en.txt")), ("zh", include_str!("net/plan.zh.txt"))]
    {
        let output = run(&["plan", STATE, "--offline", "--undo", "--lang", lang]);
        assert_eq!(code(&output), 0, "{}", said(&output));
        assert_eq!(shape(&out(&output)), shape(golden));
        let assumed = if lang == "en" { "taken to carry 1500 bytes" } else { "MTU 为 1500" };
        assert!(said(&output).contains(assumed), "{}", said(&output));
    }
    let (code, document) = document(&["plan", STATE, "--offline"]);
    assert_eq!((code, &document["assumed_underlay_mtu"]), (0, &Value::from(1500)));
    let marks = document["steps"].as_array().into_iter().flatten();
    let added = marks.filter(|step| step["mark"] == "+").count();
    assert_eq!(document["totals"]["add"], added);
}

/// A plan without the size of its batches of rules, which is the compiler's affair.
fn shape(plan: &str) -> String {
    let line = |line: &str| {
        let of_rules = line.contains("nftables");
        line.replace(|c: char| of_rules && c.is_ascii_digit(), "")
    };
    plan.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_plan_comes_from_standard_input_too() {
    let mut child = net(&["plan", "-", "--offline"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut pipe = child.stdin.take().expect("it was asked for");
    pipe.write_all(&std::fs::read(STATE).expect("it is committed")).expect("it reads");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(code(&output), 0, "{}", said(&output));
    assert!(out(&output).starts_with("node n1: steps: "), "{}", out(&output));
}

#[test]
fn an_explanation_names_the_rule_and_its_exit_code_is_the_answer() {
    let ask = |more: &[&str]| {
        run(&[&["explain", STATE, "--from", "app-1", "--to", "web-1"], more].concat())
    };
    let passes = ask(&["--proto", "tcp", "--dport", "443"]);
    assert_eq!(code(&passes), 0, "{}", said(&passes));
    assert!(out(&passes).contains("rule `https` of group `web` permits it"), "{}", out(&passes));
    assert!(out(&passes).contains("]: passes\n"), "{}", out(&passes));
    let dropped = ask(&["--proto", "tcp", "--dport", "22", "--lang", "zh"]);
    assert_eq!(code(&dropped), 1);
    assert!(out(&dropped).contains("进入（端口 web-1）：丢弃，"), "{}", out(&dropped));
    let forged = ask(&["--proto", "tcp", "--dport", "443", "--src", "10.0.0.99"]);
    assert_eq!(code(&forged), 1);
    assert!(out(&forged).contains("anti-spoofing"), "{}", out(&forged));
    // The far end's node has its own say.
    let away = run(&[
        "explain", STATE, "--from", "app-2", "--to", "web-1", "--proto", "6", "--dport", "443",
    ]);
    assert_eq!(code(&away), 0);
    assert!(out(&away).contains("]: passes this node\n"), "{}", out(&away));
    let words = ["explain", STATE, "--from", "app-1", "--to", "web-1", "--proto", "tcp"];
    let (code, document) = document(&[&words[..], &["--dport", "443"]].concat());
    assert_eq!((code, document["packets"][0]["in"]["rule"].as_str()), (0, Some("https")));
}

#[test]
fn wrong_use_is_one_sentence_and_exit_2() {
    let explain = ["explain", STATE, "--from", "app-1", "--to"];
    let with = |more: &[&'static str]| [&explain[..], more].concat();
    let cases: [(Vec<&str>, &str); 9] = [
        (vec![], "Usage: assay net"),
        (vec!["aply", STATE], "'aply'"),
        (vec!["apply"], "<FILE>"),
        (vec!["destroy", "--yes", "--dry-run"], "cannot be used with"),
        (vec!["plan", STATE, "--offline", "--state", "/tmp/x"], "cannot be used with"),
        (
            with(&["nobody", "--proto", "tcp"]),
            "`nobody` is neither the id of a port nor an IP address",
        ),
        (with(&["web-1", "--proto", "tpc"]), "tcp, udp, sctp, icmp, icmpv6 or a number up to 255"),
        (with(&["web-1", "--proto", "icmp", "--dport", "1"]), "protocol icmp has no ports"),
        (with(&["web-1", "--proto", "udp", "--icmp-type", "8"]), "protocol udp has no ICMP type"),
    ];
    for (arguments, expected) in cases {
        let output = run(&arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", said(&output));
        assert!(output.stdout.is_empty(), "{arguments:?}: {}", out(&output));
        assert!(said(&output).contains(expected), "{arguments:?}: {}", said(&output));
    }
    let missing = run(&["verify", "--state", "/nonexistent/assay"]);
    assert_eq!(code(&missing), 2);
    assert!(said(&missing).contains("none was applied here yet (`/nonexistent/assay/applied`)"));
    let nowhere = run(&["plan", STATE, "--fabric-netns", "assay-no-such"]);
    assert_eq!(code(&nowhere), 3);
    assert!(said(&nowhere).contains("cannot enter network namespace `/run/netns/assay-no-such`"));
}

#[test]
fn the_schema_that_is_printed_is_the_one_that_is_committed() {
    let output = run(&["schema"]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../dataplane/schema/network-v1.json");
    assert_eq!(out(&output), std::fs::read_to_string(path).expect("it is committed"));
    let schema: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let state = std::fs::read_to_string(STATE).expect("it is committed");
    let state: Value = toml::from_str(&state).expect("TOML");
    assert!(jsonschema::is_valid(&schema, &state));
}

#[test]
fn the_readmes_example_is_sound() {
    for name in ["README.md", "README.zh.md"] {
        let path = format!("{}/../{name}", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(path).expect("it is committed");
        let block = text.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
        let scratch = tempfile::NamedTempFile::new().expect("a scratch file");
        std::fs::write(scratch.path(), block.expect("it has an example")).expect("it is ours");
        let output = run(&["lint", &scratch.path().display().to_string()]);
        assert_eq!(code(&output), 0, "{name}: {}", out(&output));
    }
}
