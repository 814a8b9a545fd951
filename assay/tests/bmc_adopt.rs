//! `assay bmc adopt` on simulated racks in their factory state: each step, what refuses a host or a
//! list, and a run that is killed and gone on with.

#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use rack::{Rack, all_files, program};
use serde_json::Value;

const NEW: &str = "Fresh-word-77";

/// Writes a list of hosts with what each is to be; returns its path.
fn list(rack: &Rack, more: &dyn Fn(usize) -> String) -> String {
    let own = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let mut lines = own.lines();
    let head = lines.next().expect("names");
    let mut text = format!("{head},new-address,prefix,gateway,bmc-name\n");
    for (at, line) in lines.enumerate() {
        writeln!(text, "{line},{}", more(at)).expect("a string takes all");
    }
    let path = rack.folder().join("new.csv");
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

/// Returns the command with its list, credentials and journal.
fn command(rack: &Rack, list: &str, words: &[&str]) -> Command {
    let mut command = program(rack.folder());
    command.args(["bmc", "--hosts", list, "--credentials"]).arg(rack.file("credentials.toml"));
    command.arg("--known").arg(rack.folder().join("state/known"));
    command.args(["adopt", "--journal"]).arg(rack.folder().join("journal"));
    command.args(["--new-user", "ops", "--new-password-env", "NEW", "--output", "json"]);
    command.args(words).env("NEW", NEW).stdout(Stdio::piped());
    command
}

/// Adopts; returns the exit code, what is said of each host, and all that was said.
fn adopt(rack: &Rack, list: &str, words: &[&str]) -> (Option<i32>, Vec<Value>, Vec<u8>) {
    let output = command(rack, list, words).output().expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let hosts = document["hosts"].as_array().cloned().unwrap_or_default();
    (output.status.code(), hosts, [output.stdout, output.stderr].concat())
}

/// Returns the steps of a host and what became of each.
fn steps(host: &Value) -> Vec<(&str, &str)> {
    let all = host["adoption"]["steps"].as_array().expect("steps").iter();
    all.map(|step| {
        (step["step"].as_str().expect("a step"), step["result"].as_str().expect("a result"))
    })
    .collect()
}

/// Asks one host as the new administrator.
fn as_new(rack: &Rack, address: &str, words: &[&str]) -> (Option<i32>, Value) {
    let pin = pin_of(rack, address);
    let output = program(rack.folder())
        .args(["bmc", address, "--user", "ops", "--password-env", "NEW", "--pin", &pin])
        .args(words)
        .args(["--output", "json"])
        .env("NEW", NEW)
        .stdout(Stdio::piped())
        .output()
        .expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (output.status.code(), document["hosts"][0].clone())
}

/// Returns the pin of what an address shows now.
fn pin_of(rack: &Rack, address: &str) -> String {
    let output = program(rack.folder())
        .args(["bmc", address, "trust", "--output", "json"])
        .stdout(Stdio::piped())
        .output()
        .expect("it runs");
    let document: Value = serde_json::from_slice(&output.stdout).expect("a document");
    document["hosts"][0]["sha256"].as_str().expect("a pin").to_owned()
}

/// Waits for something that has to come.
#[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
fn within(time: Duration, what: &str, mut is: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < time, "waited {time:?} for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn factory_hosts_come_into_service_and_nobody_is_left_of_the_factory() {
    // Those take a key that was made elsewhere.
    let makes = ["--dialect", "openbmc", "--dialect", "openbmc", "--fault", "factory"];
    let rack = Rack::start(2, &makes);
    let new = |at: usize| format!("127.88.{}.9,8,,bmc-a{at}", 20 + at);
    let list = list(&rack, &new);
    let certs = rack.folder().join("certs");
    fs::create_dir(&certs).expect("a folder");
    for host in &rack.hosts {
        let ip = [127, 0, 0, 1].into();
        let own = bmc::simulate::serve::certificate(host, ip, false).expect("a certificate");
        let pem = bmc::simulate::x509::pem("CERTIFICATE", &own.certificate);
        fs::write(certs.join(format!("{host}.pem")), pem).expect("written");
        let key = certs.join(format!("{host}.key"));
        fs::write(&key, bmc::simulate::x509::pem("PRIVATE KEY", &own.key)).expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(&key, mode).expect("for its owner alone");
    }
    let folder = certs.display().to_string();
    let words = ["--ntp", "192.0.2.1", "--cert-dir", &folder];
    // A look is refused, and leaves no session behind (they are counted at the end).
    assert_eq!(rack.ask(&["info"]).status.code(), Some(3));
    // Without the number of hosts nothing is done.
    let (code, ..) = adopt(&rack, &list, &words);
    assert_eq!(code, Some(2));
    let words = [&words[..], &["--yes-hosts", "2"]].concat();
    let (code, hosts, mut said) = adopt(&rack, &list, &words);
    let all =
        ["password", "serial", "user", "login", "disable", "ntp", "name", "certificate", "address"];
    for host in &hosts {
        assert_eq!(steps(host), all.map(|step| (step, "done")), "{host:#}");
    }
    assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&said));
    for (at, host) in hosts.iter().enumerate() {
        let address = host["adoption"]["at"].as_str().expect("an address");
        assert!(address.starts_with(&format!("127.88.{}.9:", 20 + at)), "{address}");
        let (code, users) = as_new(&rack, address, &["users"]);
        assert_eq!(code, Some(0), "{users:#}");
        for user in users["users"].as_array().expect("users") {
            assert_eq!(user["enabled"], user["name"] == "ops", "{users:#}");
        }
        let (_, clock) = as_new(&rack, address, &["time"]);
        assert_eq!(clock["clock"]["servers"], serde_json::json!(["192.0.2.1"]));
        let path = "/redfish/v1/SessionService/Sessions";
        let (_, sessions) = as_new(&rack, address, &["raw", "get", path]);
        assert_eq!(sessions["answer"]["Members@odata.count"], 1, "the one that asks: {sessions:#}");
    }
    // Once more: nothing is done twice, and nobody is asked.
    let (code, hosts, more) = adopt(&rack, &list, &words);
    said.extend(more);
    assert_eq!(code, Some(0));
    for host in &hosts {
        assert!(steps(host).iter().all(|(_, result)| *result == "done-before"), "{host:#}");
    }
    let holds = |bytes: &[u8]| bytes.windows(NEW.len()).any(|part| part == NEW.as_bytes());
    assert!(!holds(&said), "the password was said");
    for (path, bytes) in all_files(rack.folder()) {
        assert!(!holds(&bytes), "{}", path.display());
    }
}

#[test]
fn a_host_of_inspur_whose_users_have_slots_comes_into_service() {
    let rack = Rack::start(1, &["--dialect", "inspur", "--fault", "factory"]);
    let credentials = fs::read_to_string(rack.file("credentials.toml")).expect("credentials");
    assert!(credentials.contains("password = \"admin\""), "as its manual has it: {credentials}");
    // It is to be changed before anything is even looked at.
    assert_eq!(rack.ask(&["info"]).status.code(), Some(3));
    let list = list(&rack, &|_| ",,,bmc-i1".to_owned());
    let (code, hosts, said) = adopt(&rack, &list, &["--ntp", "192.0.2.1", "--yes-hosts", "1"]);
    assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&said));
    let all = ["password", "serial", "user", "login", "disable", "ntp", "name"];
    assert_eq!(steps(&hosts[0]), all.map(|step| (step, "done")), "{:#}", hosts[0]);
    let address = hosts[0]["address"].as_str().expect("an address");
    let (code, users) = as_new(&rack, address, &["users"]);
    assert_eq!(code, Some(0), "{users:#}");
    let of = users["users"].as_array().expect("users").iter();
    let of: Vec<_> = of.map(|user| (user["name"].clone(), user["enabled"].clone())).collect();
    assert_eq!(of, [("admin".into(), false.into()), ("ops".into(), true.into())]);
}

#[test]
fn a_run_that_is_killed_anywhere_is_gone_on_with() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--fault", "factory,latency=40"]);
    let list = list(&rack, &|at| format!(",,,bmc-b{at}"));
    let words = ["--ntp", "192.0.2.1", "--yes-hosts", "2"];
    let journal = rack.folder().join("journal");
    let lines =
        || fs::read(&journal).map_or(0, |all| String::from_utf8_lossy(&all).lines().count());
    // Killed within the password, after the user was made, and within the second host.
    for after in [2, 7, 16] {
        let mut child =
            command(&rack, &list, &words).stderr(Stdio::null()).spawn().expect("it starts");
        within(Duration::from_mins(1), "the journal", || {
            lines() >= after || child.try_wait().expect("a child").is_some()
        });
        child.kill().expect("killed");
        child.wait().expect("it ended");
    }
    let (code, hosts, said) = adopt(&rack, &list, &words);
    assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&said));
    for host in &hosts {
        let all = steps(host);
        assert!(all.iter().all(|(_, result)| result.starts_with("done")), "{host:#}");
        assert!(all.iter().any(|(step, _)| *step == "disable"));
        let address = host["address"].as_str().expect("an address");
        let (code, users) = as_new(&rack, address, &["users"]);
        assert_eq!(code, Some(0), "{users:#}");
        let of = users["users"].as_array().expect("users").iter();
        let ops = of.filter(|user| user["name"] == "ops").count();
        assert_eq!(ops, 1, "made once: {users:#}");
        let path = "/redfish/v1/SessionService/Sessions";
        let (_, sessions) = as_new(&rack, address, &["raw", "get", path]);
        let left = sessions["answer"]["Members@odata.count"].as_u64().expect("a count");
        assert!(left <= 2, "at most one of a killed run, and the one that asks: {left}");
    }
    // Another list or other arguments are another adoption.
    let (code, ..) = adopt(&rack, &list, &["--ntp", "192.0.2.9", "--yes-hosts", "2"]);
    assert_eq!(code, Some(2));
}

#[test]
fn a_host_that_is_another_one_is_refused_and_the_next_is_adopted() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--fault", "factory"]);
    let own = list(&rack, &|_| ",,,".to_owned());
    let text = fs::read_to_string(&own).expect("a list").replace("SIM26000001", "SIM99999999");
    fs::write(&own, text).expect("written");
    let (code, hosts, _) = adopt(&rack, &own, &["--yes-hosts", "2"]);
    assert_eq!(code, Some(1));
    assert_eq!(hosts[0]["result"], "failed");
    let why = hosts[0]["reason"]["en"].as_str().expect("a reason");
    assert!(why.contains("SIM26000001") && why.contains("SIM99999999"), "{why}");
    let expected = [("password", "done"), ("serial", "failed"), ("user", "not-begun")];
    assert_eq!(steps(&hosts[0])[..3], expected);
    assert_eq!(hosts[1]["result"], "done", "{:#}", hosts[1]);
}

#[test]
fn a_step_that_is_not_kept_ends_its_host_with_the_factory_user_still_there() {
    let rack = Rack::start(1, &["--dialect", "huawei", "--fault", "factory,password-not-kept"]);
    let list = list(&rack, &|_| ",,,".to_owned());
    let (code, hosts, _) = adopt(&rack, &list, &["--yes-hosts", "1"]);
    assert_eq!((code, &hosts[0]["result"]), (Some(1), &"failed".into()));
    assert_eq!(steps(&hosts[0])[0], ("password", "failed"));
    assert!(steps(&hosts[0]).iter().skip(1).all(|(_, result)| *result == "not-begun"));
}

#[test]
fn a_list_that_is_doubtful_is_refused_before_anything_is_sent() {
    let rack = Rack::start(2, &["--dialect", "huawei", "--fault", "factory"]);
    let doubtful: &[(&dyn Fn(usize) -> String, &str)] = &[
        (&|_| "127.88.30.9,8,,".to_owned(), "is that of line 2 too"),
        (&|_| "127.88.30.9,,,".to_owned(), "stand together"),
        (&|_| ",,,bmc_1".to_owned(), "letters, digits and hyphens"),
        (&|_| "192.0.2.7,24,198.51.100.1,".to_owned(), "new-address"),
    ];
    for (more, expected) in doubtful {
        let own = list(&rack, *more);
        let (code, hosts, said) = adopt(&rack, &own, &["--yes-hosts", "2"]);
        let said = String::from_utf8_lossy(&said).into_owned();
        assert_eq!((code, hosts.len()), (Some(2), 0), "{said}");
        assert!(said.contains(expected), "{said}");
        assert!(!rack.folder().join("journal").exists());
    }
}
