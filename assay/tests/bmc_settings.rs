//! `assay bmc` on settings of a simulated rack: each verb changes what it says, every change is read
//! back by another run, and what would do harm is not done.

#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{fs, process::Stdio};

use rack::{Rack, all_files};
use serde_json::Value;

const NEW: &str = "fresh-Word-77";

/// Asks with a new password in the environment.
fn with_secret(rack: &Rack, words: &[&str]) -> (Option<i32>, Vec<Value>, Vec<u8>) {
    let output = rack
        .command(&[words, &["--output", "json"]].concat())
        .env("NEW", NEW)
        .stdout(Stdio::piped())
        .output()
        .expect("it starts");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let hosts = document["hosts"].as_array().cloned().unwrap_or_default();
    (output.status.code(), hosts, [output.stdout, output.stderr].concat())
}

fn each<'h>(hosts: &'h [Value], pointer: &str) -> Vec<&'h Value> {
    hosts.iter().map(|host| host.pointer(pointer).unwrap_or(&Value::Null)).collect()
}

#[test]
fn users_live_and_die_and_their_passwords_are_nowhere() {
    let makes = ["--dialect", "huawei", "--dialect", "inspur", "--dialect", "ami"];
    let rack = Rack::start(3, &makes);
    let yes = ["--yes-hosts", "3"];
    let add = ["users", "add", "ops", "--role", "operator", "--new-password-env", "NEW"];
    let mut said = Vec::new();
    for protocol in ["redfish", "ipmi"] {
        let by = ["--protocol", protocol];
        let ask = |words: &[&str]| with_secret(&rack, &[words, &yes, &by].concat());
        let (code, hosts, bytes) = ask(&add);
        said.extend(bytes);
        assert_eq!(code, Some(0), "{protocol}: {hosts:#?}");
        let users = rack.wanted(&["users"]);
        for host in &users {
            let all = host["users"].as_array().expect("users").iter();
            let ops = all.filter(|user| user["name"] == "ops").collect::<Vec<_>>();
            assert_eq!(ops.len(), 1, "{host:#}");
            assert_eq!((&ops[0]["role"], &ops[0]["enabled"]), (&"operator".into(), &true.into()));
        }
        // Twice is told, and nothing is done.
        let (code, hosts, _) = ask(&add);
        assert_eq!((code, each(&hosts, "/result")), (Some(1), vec![&Value::from("unfit"); 3]));
        for words in [&["role", "ops", "readonly"][..], &["disable", "ops"], &["enable", "ops"]] {
            let (code, hosts, _) = ask(&[&["users"], words].concat());
            assert_eq!(code, Some(0), "{words:?}: {hosts:#?}");
        }
        let (code, hosts, bytes) = ask(&["users", "password", "ops", "--new-password-env", "NEW"]);
        said.extend(bytes);
        assert_eq!(code, Some(0), "{hosts:#?}");
        assert_eq!(ask(&["users", "remove", "ops"]).0, Some(0));
        // Nobody shuts himself out.
        for words in
            [&["remove", "admin"][..], &["disable", "admin"], &["role", "admin", "operator"]]
        {
            let (code, hosts, _) = ask(&[&["users"], words].concat());
            assert_eq!((code, &hosts[0]["result"]), (Some(1), &"unfit".into()), "{words:?}");
            assert!(
                hosts[0]["reason"]["en"].as_str().is_some_and(|why| why.contains("logged in")),
                "{hosts:#?}"
            );
        }
    }
    let old = rack.password();
    let has =
        |bytes: &[u8], word: &str| bytes.windows(word.len()).any(|one| one == word.as_bytes());
    let holds = |bytes: &[u8]| has(bytes, NEW);
    assert!(!has(&said, &old), "the administrator's password was said");
    assert!(!said.is_empty() && !holds(&said), "the password was said");
    for (path, bytes) in all_files(rack.folder()) {
        assert!(!holds(&bytes), "{}", path.display());
    }
    assert_eq!(rack.sessions(), [1; 3], "the one that asks");
}

#[test]
fn bios_settings_wait_and_count_after_a_power_cycle() {
    let makes = ["--dialect", "huawei", "--dialect", "lenovo", "--fault", "power-time=50"];
    let rack = Rack::start(2, &makes);
    let yes = ["--yes-hosts", "2"];
    let get = || rack.wanted(&["bios", "get", "BootMode"]);
    let (code, hosts) = rack.told(&[&["bios", "set", "BotMode=Legacy"][..], &yes].concat());
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"unfit".into()));
    assert!(
        hosts[0]["reason"]["en"].as_str().is_some_and(|why| why.contains("near it are BootMode"))
    );
    rack.wanted(&[&["bios", "set", "BootMode=Legacy", "PxeRetry=9"][..], &yes].concat());
    for host in get() {
        let setting = &host["bios"][0];
        assert_eq!((&setting["value"], &setting["pending"]), (&"UEFI".into(), &"Legacy".into()));
        assert_eq!(setting["rule"]["values"], serde_json::json!(["UEFI", "Legacy"]));
    }
    for host in rack.wanted(&["bios", "pending"]) {
        assert_eq!(host["bios"].as_array().map(Vec::len), Some(2), "{host:#}");
    }
    for word in ["off", "on"] {
        rack.wanted(&[&["power", word][..], &yes].concat());
    }
    for host in get() {
        let setting = &host["bios"][0];
        assert_eq!((&setting["value"], &setting["pending"]), (&"Legacy".into(), &Value::Null));
    }
}

#[test]
fn bios_settings_that_wait_are_withdrawn_or_it_is_said_why_not() {
    let makes = ["--dialect", "huawei", "--dialect", "inspur", "--dialect", "lenovo"];
    let rack = Rack::start(3, &makes);
    let yes = ["--yes-hosts", "3"];
    rack.wanted(&[&["bios", "set", "BootMode=Legacy"][..], &yes].concat());
    let (code, hosts) = rack.told(&[&["bios", "revoke"][..], &yes].concat());
    assert_eq!(code, Some(1), "{hosts:#?}");
    assert_eq!(each(&hosts, "/result"), ["done", "done", "unsupported"]);
    let why = hosts[2]["reason"]["en"].as_str().unwrap_or_default();
    assert!(why.contains("`bios set` sets it to what is now"), "{hosts:#?}");
    let left: Vec<usize> = rack
        .wanted(&["bios", "pending"])
        .iter()
        .map(|host| host["bios"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(left, [0, 0, 1]);
    assert_eq!(rack.sessions(), [1; 3], "the one that asks");
}

#[test]
fn a_certificate_goes_round_and_is_known_only_if_that_is_asked_for() {
    let rack = Rack::start(1, &[]);
    let folder = rack.folder().to_owned();
    let at = |name: &str| folder.join(name).display().to_string();
    let listed = rack.wanted(&["certs", "list"]);
    assert_eq!(listed[0]["certificates"][0]["shown"], true, "{listed:#?}");
    let csr = at("bmc.csr");
    rack.wanted(&["certs", "csr", "--common-name", "bmc-1.example", "-o", &csr]);
    let text = fs::read_to_string(&csr).expect("a request");
    // A request that is there is not written over: its key would be gone.
    let (code, _) = rack.told(&["certs", "csr", "-o", &csr]);
    assert_eq!(code, Some(1));
    let request = bmc::simulate::x509::of_pem("CERTIFICATE REQUEST", &text).expect("PEM");
    let own = bmc::simulate::x509::issued(&request).expect("issued");
    let pem = at("bmc.pem");
    fs::write(&pem, bmc::simulate::x509::pem("CERTIFICATE", &own.certificate)).expect("written");
    let replace = ["certs", "replace", "--cert", &pem, "--trust", "--yes-hosts", "1"];
    // What is no certificate is not sent.
    let (code, hosts) = rack.told(&["certs", "replace", "--cert", &csr, "--yes-hosts", "1"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"failed".into()), "{hosts:#?}");
    rack.wanted(&replace);
    let pin = bmc::trust::Pin::of(&own.certificate).to_string();
    let known = fs::read_to_string(folder.join("state/known")).expect("known");
    assert!(known.contains(&pin), "{known}");
    // The list still names the old one, and what is listed counts first: the run stops.
    let (code, hosts) = rack.told(&["info"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"certificate-changed".into()));
    let list = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let (head, row) = list.split_once('\n').expect("rows");
    let columns: Vec<&str> = head.split(',').collect();
    let place = columns.iter().position(|name| *name == "pin").expect("a column of pins");
    let mut cells: Vec<&str> = row.trim_end().split(',').collect();
    cells[place] = "";
    fs::write(rack.file("rack.csv"), format!("{head}\n{}\n", cells.join(","))).expect("written");
    assert_eq!(rack.sessions(), [1], "by the certificate that is known now");
}

#[test]
fn clocks_are_told_and_set() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--dialect", "dmtf"]);
    let yes = ["--yes-hosts", "2"];
    let ahead = || -> Vec<i64> {
        let hosts = rack.wanted(&["time"]);
        each(&hosts, "/clock/ahead_s").iter().map(|one| one.as_i64().expect("seconds")).collect()
    };
    assert!(ahead().iter().all(|ahead| ahead.abs() <= 2));
    rack.wanted(&[&["time", "set", "2030-01-01T00:00:00+08:00"][..], &yes].concat());
    assert!(ahead().iter().all(|ahead| *ahead > 10_000_000));
    rack.wanted(&[&["time", "set"][..], &yes].concat());
    assert!(ahead().iter().all(|ahead| ahead.abs() <= 2));
    rack.wanted(&[&["time", "ntp", "ntp1.example"][..], &yes].concat());
    for host in rack.wanted(&["time", "status"]) {
        assert_eq!(host["clock"]["servers"], serde_json::json!(["ntp1.example"]), "{host:#}");
    }
    let output = rack.ask(&["time", "set", "yesterday", "--yes-hosts", "2"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn a_bmc_is_given_another_address_and_several_never_the_same() {
    let rack = Rack::start(1, &[]);
    let before = rack.wanted(&["nic"]);
    assert_eq!(before[0]["nic"][0]["addresses"], serde_json::json!(["127.0.0.1/8"]));
    let set = ["nic", "set", "--address", "127.88.4.9/8", "--yes-hosts", "1"];
    let hosts = rack.wanted(&set);
    assert!(hosts[0].to_string().contains("127.88.4.9"), "{hosts:#?}");
    let list = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    fs::write(rack.file("rack.csv"), list.replace("127.0.0.1", "127.88.4.9")).expect("written");
    assert_eq!(rack.sessions(), [1], "no session is left from before it moved");
    let two = Rack::start(2, &[]);
    let output = two.ask(&["nic", "set", "--address", "127.88.4.10/8", "--yes-hosts", "2"]);
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("one static address"), "{said}");
}

#[test]
fn what_is_open_is_closed_and_opened_again_by_its_state_alone() {
    let makes = ["--dialect", "xfusion", "--dialect", "openbmc", "--fault", "open-services"];
    let rack = Rack::start(2, &makes);
    let (yes, folder) = (["--yes-hosts", "2"], rack.folder().join("closed"));
    let save = folder.display().to_string();
    let due = |hosts: &[Value]| -> Vec<usize> {
        let count = |host: &Value| {
            let all = host["services"].as_array().expect("services").iter();
            all.filter(|item| item["due"] == true).count()
        };
        hosts.iter().map(count).collect()
    };
    assert_eq!(due(&rack.wanted(&["lockdown"])), [6, 6]);
    // A plan is told by the hosts, and nothing is saved or done.
    let plan = rack.wanted(&["lockdown", "on", "--save", &save, "--dry-run"]);
    assert_eq!(due(&plan), [6, 6]);
    assert!(!folder.exists());
    let ssh = |hosts: &[Value]| -> Vec<Value> {
        let of = |host: &Value| {
            let all = host["services"].as_array().expect("services").iter();
            all.filter(|item| item["name"] == "ssh").map(|item| item["open"].clone()).next()
        };
        hosts.iter().filter_map(of).collect()
    };
    assert_eq!(ssh(&rack.wanted(&["lockdown"])), [Value::from(true), Value::from(true)]);
    rack.wanted(&[&["lockdown", "on", "--save", &save][..], &yes].concat());
    let closed = rack.wanted(&["lockdown", "status"]);
    assert_eq!((due(&closed), ssh(&closed)), (vec![0, 0], vec![false.into(), false.into()]));
    assert_eq!(fs::read_dir(&folder).expect("states").count(), 2);
    // The state of before is not written over by one in which nothing is open.
    rack.wanted(&[&["lockdown", "on", "--save", &save][..], &yes].concat());
    rack.wanted(&[&["lockdown", "off", "--save", &save][..], &yes].concat());
    assert_eq!(due(&rack.wanted(&["lockdown"])), [6, 6]);
    let (code, _) = rack.told(&[&["lockdown", "off", "--save", "/nonexistent"][..], &yes].concat());
    assert_eq!(code, Some(1));
}
