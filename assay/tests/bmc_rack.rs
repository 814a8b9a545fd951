//! `assay bmc` on a simulated rack: what each verb does, and what none may do.

#[path = "bmc_rack/notes.rs"]
mod notes;
#[path = "bmc_rack/rack.rs"]
mod rack;

use std::{
    fs,
    net::TcpListener,
    process::{Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rack::{Rack, all_files, program};
use serde_json::Value;

const DIALECTS: [&str; 22] = [
    "--dialect",
    "huawei",
    "--dialect",
    "xfusion",
    "--dialect",
    "openubmc",
    "--dialect",
    "h3c",
    "--dialect",
    "inspur",
    "--dialect",
    "lenovo",
    "--dialect",
    "ami",
    "--dialect",
    "zte",
    "--dialect",
    "enginetech",
    "--dialect",
    "openbmc",
    "--dialect",
    "dmtf",
];

fn each(hosts: &[Value], pointer: &str) -> Vec<Value> {
    hosts.iter().map(|host| host.pointer(pointer).cloned().unwrap_or_default()).collect()
}

/// Waits for something that has to come.
#[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
fn within(time: Duration, what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < time, "waited {time:?} for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn every_make_is_read_and_changed_and_read_back() {
    let rack = Rack::start(11, &DIALECTS);
    let yes = ["--yes-hosts", "11"];
    let all = |value: &str| vec![Value::from(value); 11];
    let change = |words: &[&str]| rack.wanted(&[words, &yes].concat());

    let info = rack.wanted(&["info"]);
    let serials: Vec<String> = (1..=11).map(|at| format!("SIM26{at:06}")).collect();
    assert_eq!(each(&info, "/info/serial"), serials);
    // What the list expects is beside it.
    assert_eq!(each(&info, "/serial"), serials);
    assert!(
        each(&info, "/info/dialect").iter().filter(|dialect| dialect.is_string()).count() >= 10
    );

    assert_eq!(each(&rack.wanted(&["power", "status"]), "/power"), all("on"));
    change(&["power", "off"]);
    assert_eq!(each(&rack.wanted(&["power", "status"]), "/power"), all("off"));
    change(&["boot", "cd", "--once", "--uefi"]);
    let boot = rack.wanted(&["boot", "status"]);
    assert_eq!(each(&boot, "/boot/device"), all("cd"));
    assert_eq!(each(&boot, "/boot/lasting"), all("once"));
    change(&["power", "on"]);
    assert_eq!(each(&rack.wanted(&["power", "status"]), "/power"), all("on"));
    // An override that was for once is gone with the boot that it was for.
    assert_eq!(each(&rack.wanted(&["boot", "status"]), "/boot/device"), all("none"));
    change(&["identify", "on"]);
    change(&["identify", "off"]);

    let parts = rack.wanted(&["inventory"]);
    for (kind, count) in
        [("processors", 2), ("memory", 16), ("drives", 4), ("power_supplies", 2), ("fans", 8)]
    {
        for host in &parts {
            let found = host["inventory"][kind].as_array().expect("parts").iter();
            let there = found.filter(|part| part["present"] == true).count();
            assert_eq!(there, count, "{kind} of {}", host["address"]);
        }
    }
    for host in rack.wanted(&["sensors"]) {
        let sensors = host["sensors"].as_array().expect("sensors");
        let inlet = sensors.iter().find(|sensor| sensor["name"] == "Inlet Temp").expect("an inlet");
        assert!(inlet["reading"].as_f64().is_some_and(|reading| reading > 0.0), "{inlet}");
        assert!(inlet["thresholds"]["upper_critical"].is_number(), "{inlet}");
    }
    let entries = |hosts: &[Value]| -> Vec<usize> {
        hosts.iter().map(|host| host["entries"].as_array().map_or(0, Vec::len)).collect()
    };
    assert!(entries(&rack.wanted(&["sel", "list"])).iter().all(|count| *count >= 3));
    let saved = rack.folder().join("logs");
    change(&["sel", "clear", "--save", &saved.display().to_string()]);
    assert!(entries(&rack.wanted(&["sel", "list"])).iter().all(|count| *count <= 1), "cleared");
    assert_eq!(fs::read_dir(&saved).expect("saved").count(), 11);
    assert_eq!(rack.sessions(), [1; 11], "the one that asks");
}

/// Every verb that changes something, with what it takes.
const CHANGES: &[&[&str]] = &[
    &["power", "on"],
    &["power", "off"],
    &["power", "soft"],
    &["power", "reset"],
    &["power", "cycle"],
    &["boot", "pxe"],
    &["boot", "none"],
    &["media", "insert", "http://192.0.2.1/x.iso"],
    &["media", "eject"],
    &["identify", "on"],
    &["identify", "off"],
    &["events", "subscribe", "http://192.0.2.1/x"],
    &["events", "listen", "--for", "2"],
    &["events", "unsubscribe", "1"],
    &["sel", "clear", "--save", "logs"],
    &["logs", "collect", "--out", "/nonexistent/x.tar.gz"],
    &["reset-bmc"],
    &["firmware", "update", "http://192.0.2.1/x.bin"],
    &["raid", "create", "--level", "1", "--drives", "Disk1,Disk2"],
    &["raid", "delete", "Volume1"],
    &["raw", "patch", "/redfish/v1/Systems/1", "{}"],
    &["raw", "post", "/redfish/v1/Systems/1", "{}"],
    &["raw", "ipmi", "6", "1"],
    &["users", "add", "x", "--role", "operator", "--new-password-env", "WORD"],
    &["users", "enable", "x"],
    &["users", "password", "x", "--new-password-env", "WORD"],
    &["users", "role", "x", "readonly"],
    &["users", "disable", "x"],
    &["users", "remove", "x"],
    &["bios", "set", "A=1"],
    &["bios", "reset"],
    &["bios", "revoke"],
    &["certs", "csr", "-o", "/nonexistent/x.csr"],
    &["certs", "replace", "--cert", "/nonexistent/x.pem"],
    &["nic", "set", "--dhcp"],
    &["time", "set"],
    &["time", "ntp", "192.0.2.1"],
    &["audit", "--try-defaults"],
    &["adopt", "--journal", "x", "--new-user", "x", "--new-password-env", "WORD"],
    &["lockdown", "on", "--save", "x"],
    &["lockdown", "off", "--save", "x"],
];
/// Those of them that destroy, or may.
const DESTROY: &[&[&str]] = &[
    &["sel"],
    &["events", "unsubscribe"],
    &["reset-bmc"],
    &["firmware"],
    &["raid"],
    &["raw"],
    &["users", "password"],
    &["users", "role"],
    &["users", "disable"],
    &["users", "remove"],
    &["bios"],
    &["certs", "replace"],
    &["nic"],
    &["lockdown"],
    &["audit"],
    &["adopt"],
];

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn nothing_acts_without_its_confirmation_on_any_form_of_target() {
    let folder = tempfile::tempdir().expect("a folder");
    // Whoever connects here was let through.
    let door = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = door.local_addr().expect("an address").port();
    let came = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&came);
    thread::spawn(move || {
        for socket in door.incoming() {
            counted.fetch_add(1, Ordering::SeqCst);
            // Closed at once: nobody waits for a handshake.
            drop(socket);
        }
    });
    let pin = "ab".repeat(32);
    let list = |name: &str, service: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("address,in-service\n127.0.0.1:{port},{service}\n"))
            .expect("written");
        path.display().to_string()
    };
    let (out, into) = (list("out.csv", "no"), list("in.csv", "yes"));
    let two = folder.path().join("two.csv");
    fs::write(&two, format!("address\n127.0.0.1:{port}\n127.0.0.2:{port}\n")).expect("written");
    let two = two.display().to_string();
    let one = format!("127.0.0.1:{port}");
    let (range, network) = (format!("127.0.0.1-2:{port}"), format!("127.0.0.0/30:{port}"));
    // Words that name hosts, how many they are, and whether any number lets a change through.
    let forms: [(&[&str], &str, bool); 6] = [
        (&[&one], "1", true),
        (&[&range], "2", true),
        (&[&network], "2", false),
        (&["--hosts", &out], "1", true),
        (&["--hosts", &into], "1", false),
        (&["--hosts", &two], "2", true),
    ];
    for verb in CHANGES.iter().copied() {
        let destroys = DESTROY.iter().any(|destroys| verb.starts_with(destroys));
        // Its plan is what the hosts say.
        let plans = verb.starts_with(&["lockdown", "on"]);
        for (words, count, ever) in forms {
            let asks = destroys || count != "1";
            // It is for the hosts of a list alone.
            let ever = ever && (verb[0] != "adopt" || words[0] == "--hosts");
            for (more, acts) in [
                (&[][..], ever && !asks),
                (&["--yes-hosts", "7"], false),
                (&["--dry-run"], ever && plans),
                (&["--yes-hosts", count], ever),
            ] {
                // A journal is of one list.
                drop(fs::remove_file(folder.path().join("x")));
                let output = program(folder.path())
                    .current_dir(folder.path())
                    .arg("bmc")
                    .args(words)
                    .args([
                        "--user",
                        "a",
                        "--password-env",
                        "WORD",
                        "--pin",
                        &pin,
                        "--timeout",
                        "1",
                    ])
                    .args(["--ipmi-port", "9", "--protocol"])
                    .arg(if verb[1..].first() == Some(&"ipmi") { "ipmi" } else { "redfish" })
                    .args(["--known"])
                    .arg(folder.path().join("state/known"))
                    .args(verb)
                    .args(more)
                    .env("WORD", "x")
                    .stdout(Stdio::null())
                    .output()
                    .expect("the program starts");
                let said = String::from_utf8_lossy(&output.stderr);
                let asked = came.swap(0, Ordering::SeqCst) > 0;
                let case = format!("{verb:?} {words:?} {more:?}: {said}");
                // IPMI goes by UDP: what it does is told by the exit code.
                let tried = asked || verb.contains(&"ipmi") && output.status.code() == Some(3);
                assert_eq!(tried, acts, "{case}");
                if !acts && more != ["--dry-run"] {
                    assert_eq!(output.status.code(), Some(2), "{case}");
                    assert!(said.contains("nothing was done to any host"), "{case}");
                }
            }
        }
    }
}

#[test]
fn a_wrong_password_reaches_three_of_256_hosts_once() {
    // A host locks its administrator at the first wrong password: whoever is locked was tried.
    let rack = Rack::start(256, &["--one-certificate", "--fault", "lockout=1"]);
    let words = ["--user", "admin", "--password-env", "WORD", "info", "--output", "json"];
    let output = rack
        .command(&words)
        .env("WORD", "mistyped")
        .stdout(Stdio::piped())
        .output()
        .expect("it starts");
    assert_eq!(output.status.code(), Some(3));
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    let hosts = document["hosts"].as_array().expect("hosts");
    let count = |word: &str| hosts.iter().filter(|host| host["result"] == word).count();
    assert_eq!((count("refused"), count("not-tried")), (3, 253));
    // With the right one those that were not tried let us in, and the three are locked.
    let listed = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let (head, rows) = listed.split_once('\n').expect("a line of names");
    let keep = |is: &dyn Fn(&Value) -> bool| {
        let kept = rows.lines().zip(hosts).filter(|(_, host)| is(&host["result"]));
        let kept: Vec<&str> = kept.map(|(row, _)| row).collect();
        fs::write(rack.file("rack.csv"), format!("{head}\n{}\n", kept.join("\n")))
            .expect("written");
        let (code, hosts) = rack.told(&["power", "status"]);
        let count = |word: &str| hosts.iter().filter(|host| host["result"] == word).count();
        (code, count("refused"), count("done"))
    };
    assert_eq!(keep(&|result| result == "not-tried"), (Some(0), 0, 253));
    assert_eq!(keep(&|result| result == "refused"), (Some(3), 3, 0));
}

#[test]
fn sessions_are_closed_whatever_ends_a_run() {
    let rack = Rack::start(4, &["--fault", "latency=150"]);
    assert_eq!(rack.sessions(), [1; 4]);
    // A failure of the verb itself.
    let (code, _) = rack.told(&["raw", "get", "/redfish/v1/Nothing"]);
    assert_eq!(code, Some(1));
    // Time runs out in the middle.
    let (code, hosts) = rack.told(&["inventory", "--timeout", "1"]);
    assert_eq!(code, Some(1), "{hosts:#?}");
    assert_eq!(rack.sessions(), [1; 4], "after time ran out");
    for signal in ["INT", "TERM"] {
        let mut child = rack.command(&["inventory"]).spawn().expect("it starts");
        within(Duration::from_secs(20), "sessions", || notes::open(&rack) == [4]);
        let kill = Command::new("kill").args(["-s", signal, &child.id().to_string()]).status();
        assert!(kill.is_ok_and(|status| status.success()));
        let status = child.wait().expect("it ends");
        assert_eq!(status.code(), Some(3), "{signal}");
        assert_eq!(rack.sessions(), [1; 4], "after SIG{signal}");
        assert!(notes::open(&rack).is_empty());
    }
}

#[test]
fn a_killed_run_leaves_one_session_a_host_and_the_next_closes_it() {
    let rack = Rack::start(2, &["--fault", "latency=150"]);
    let mut child = rack.command(&["inventory"]).spawn().expect("it starts");
    within(Duration::from_secs(20), "sessions", || notes::open(&rack) == [2]);
    child.kill().expect("it is ours");
    child.wait().expect("it ends");
    assert_eq!(notes::open(&rack), [2], "what was left is noted");
    // The run that asks closes what was left before it asks.
    assert_eq!(rack.sessions(), [1; 2]);
    assert!(notes::open(&rack).is_empty());
}

#[test]
fn a_password_is_nowhere_but_where_it_was_put() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--dialect", "ami"]);
    let password = rack.password();
    let verbs: [&[&str]; 7] = [
        &["info"],
        &["inventory"],
        &["sensors"],
        &["sel", "list"],
        &["media", "insert", "https://files.example/x.iso", "--yes-hosts", "2"],
        &["raw", "get", "/redfish/v1/AccountService/Accounts"],
        &["raw", "patch", "/redfish/v1/nothing", "{}", "--yes-hosts", "2"],
    ];
    let mut said = Vec::new();
    for verb in verbs {
        for output in ["text", "json", "csv"] {
            let mut child = rack
                .command(&[verb, &["--output", output, "--log", "trace"]].concat())
                .stdout(Stdio::piped())
                .spawn()
                .expect("it starts");
            let line = fs::read(format!("/proc/{}/cmdline", child.id())).unwrap_or_default();
            said.extend(line);
            let ended = child.wait_with_output().expect("it ends");
            said.extend(ended.stdout);
            said.extend(ended.stderr);
            child = Command::new("true").spawn().expect("it starts");
            drop(child.wait());
        }
    }
    let holds =
        |bytes: &[u8]| bytes.windows(password.len()).any(|part| part == password.as_bytes());
    assert!(said.len() > 1000 && !holds(&said), "it was said");
    for (path, bytes) in all_files(rack.folder()) {
        let own = path.ends_with("rack/credentials.toml");
        assert_eq!(holds(&bytes), own, "{}", path.display());
    }
    // The search itself finds what is there.
    assert!(holds(format!("x{password}y").as_bytes()));
}
