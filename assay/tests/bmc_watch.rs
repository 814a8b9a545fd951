//! `assay bmc TARGET… sel watch` on simulated hosts, over both protocols: entries as they come, logs
//! that are cleared, hosts that are lost and come back.

#[path = "bmc_rack/notes.rs"]
mod notes;
#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use std::{
    cell::RefCell,
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rack::{Rack, program};
use serde_json::Value;

/// What a host writes into its log; over IPMI it is what the record means.
const OFF: &str = "off";
const ON: &str = "turned on";
/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The program while it follows.
struct Watch {
    child: Child,
    lines: mpsc::Receiver<String>,
    kept: RefCell<Vec<Value>>,
}

impl Watch {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("it starts");
        let out = BufReader::new(child.stdout.take().expect("it is piped"));
        let (tell, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, kept: RefCell::default() }
    }

    fn json(rack: &Rack, words: &[&str]) -> Self {
        let all = [&["sel", "watch", "--every", "1", "--output", "json"], words].concat();
        Self::start(rack.command(&all))
    }

    /// Waits for something; what else is told is kept for who waits for it.
    fn wait(&self, what: &str, is: &dyn Fn(&Value) -> bool) -> Value {
        let mut kept = self.kept.borrow_mut();
        if let Some(at) = kept.iter().position(is) {
            return kept.remove(at);
        }
        loop {
            let Ok(line) = self.lines.recv_timeout(PATIENCE) else {
                unreachable!("waited for {what}: {kept:#?}");
            };
            let value: Value = serde_json::from_str(&line).expect("an object a line");
            assert_eq!(value["schema"], "assay/bmc-feed/v1");
            if is(&value) {
                return value;
            }
            kept.push(value);
        }
    }

    fn tells(&self, address: &str, event: &str) -> Value {
        let is = |value: &Value| value["address"] == address && value["event"] == event;
        self.wait(&format!("{event} of {address}"), &is)
    }

    /// Waits for an entry of a host that says so.
    fn says(&self, address: &str, text: &str) -> Value {
        let is = |value: &Value| {
            let message = value["entry"]["message"].as_str().unwrap_or_default();
            value["address"] == address && message.contains(text)
        };
        self.wait(&format!("{text:?} of {address}"), &is)
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill").success());
    }

    fn ends(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a host is told to do is in its log.
fn changes(rack: &Rack, watch: &Watch) {
    let hosts = &rack.hosts;
    for host in hosts {
        assert!(watch.tells(host, "watching")["entries"].as_u64().is_some_and(|count| count >= 3));
    }
    let yes = hosts.len().to_string();
    rack.wanted(&["power", "off", "--yes-hosts", &yes]);
    for host in hosts {
        watch.says(host, OFF);
    }
}

#[test]
fn entries_of_several_hosts_are_shown_as_they_come_over_redfish() {
    // One gives its log in pages, one as links alone.
    let rack = Rack::start(
        3,
        &[
            "--dialect",
            "huawei",
            "--dialect",
            "dmtf",
            "--fault",
            "2:page=2",
            "--fault",
            "3:log-links",
        ],
    );
    let watch = Watch::json(&rack, &["--protocol", "redfish"]);
    changes(&rack, &watch);
    let folder = rack.folder().join("logs").display().to_string();
    rack.wanted(&["sel", "clear", "--save", &folder, "--yes-hosts", "3", "--protocol", "redfish"]);
    rack.wanted(&["power", "on", "--yes-hosts", "3"]);
    for host in &rack.hosts {
        watch.tells(host, "removed");
        watch.says(host, ON);
    }
    watch.signal("INT");
    assert_eq!(watch.ends(), Some(0));
    assert!(notes::open(&rack).is_empty());
    assert_eq!(rack.sessions(), [1; 3], "the one that asks");
}

#[test]
fn entries_are_shown_as_they_come_over_ipmi_and_a_cleared_log_is_told() {
    let rack = Rack::start(2, &["--fault", "ipmi-session-limit=2"]);
    let watch = Watch::json(&rack, &["--protocol", "ipmi"]);
    changes(&rack, &watch);
    let folder = rack.folder().join("logs").display().to_string();
    rack.wanted(&["sel", "clear", "--save", &folder, "--yes-hosts", "2", "--protocol", "ipmi"]);
    for host in &rack.hosts {
        assert_eq!(watch.tells(host, "removed")["log"], "SEL");
    }
    rack.wanted(&["power", "on", "--yes-hosts", "2"]);
    for host in &rack.hosts {
        let told = watch.says(host, "S0/G0: working");
        assert!(told["entry"]["raw"].as_str().is_some_and(|raw| raw.len() == 32), "{told:#}");
    }
    watch.signal("TERM");
    assert_eq!(watch.ends(), Some(0));
    // There are two sessions of IPMI: that of the watch was closed.
    for _ in 0..2 {
        rack.wanted(&["sel", "list", "--protocol", "ipmi"]);
    }
    assert!(notes::open(&rack).is_empty());
}

#[test]
fn a_host_that_is_lost_is_told_and_followed_again_with_what_came_meanwhile() {
    // The tests' own simulator is stopped and goes on: what is sent meanwhile is lost in between.
    let rack = Rack::start(1, &["--fault", "session-lost=12"]);
    let host = rack.hosts[0].clone();
    let watch = Watch::json(&rack, &["--protocol", "redfish"]);
    watch.tells(&host, "watching");
    // Its session is taken away again and again; no entry is lost by that.
    for (action, text) in [("off", OFF), ("on", ON), ("off", OFF)] {
        rack.wanted(&["power", action, "--protocol", "ipmi"]);
        watch.says(&host, text);
    }
    // The BMC restarts, and is away for a time.
    let (code, _) = rack.told(&["reset-bmc", "--yes-hosts", "1", "--protocol", "redfish"]);
    assert_eq!(code, Some(0));
    let lost = watch.tells(&host, "lost");
    assert!(lost["reason"]["en"].is_string() && lost["again_seconds"].is_number(), "{lost}");
    watch.tells(&host, "back");
    rack.wanted(&["power", "on", "--protocol", "ipmi"]);
    watch.says(&host, ON);
    watch.signal("INT");
    assert_eq!(watch.ends(), Some(0));
}

#[test]
fn it_ends_when_time_is_over_and_when_nobody_reads() {
    let rack = Rack::start(1, &[]);
    let text = |words: &[&str]| {
        let output = rack.ask(&[&["sel", "watch", "--every", "1"], words].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    };
    let (code, out, err) = text(&["--for", "1"]);
    assert_eq!((code, out.as_str()), (Some(0), ""), "{err}");
    assert!(err.contains(&format!("following the log of {}", rack.hosts[0])), "{err}");
    let (code, out, _) = text(&["--for", "1", "--output", "csv"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1), "{out}");
    // A reader that goes away after its first line.
    let mut watch = rack.command(&["sel", "watch", "--every", "1"]);
    let mut child = watch.stdout(Stdio::piped()).spawn().expect("it starts");
    let mut said = BufReader::new(child.stderr.take().expect("it is piped"));
    let mut line = String::new();
    said.read_line(&mut line).expect("a line");
    assert!(line.contains("following the log"), "{line}");
    let out = child.stdout.take().expect("it is piped");
    rack.wanted(&["power", "off"]);
    let mut out = BufReader::new(out);
    line.clear();
    out.read_line(&mut line).expect("a line");
    assert!(line.starts_with(&rack.hosts[0]) && line.contains("ower"), "{line}");
    drop(out);
    rack.wanted(&["power", "on"]);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(rack.sessions(), [1]);
}

#[test]
fn a_host_that_cannot_be_followed_is_told_and_the_others_are() {
    let rack = Rack::start(1, &[]);
    let list = fs::read_to_string(rack.file("rack.csv")).expect("a list");
    let row = list.lines().nth(1).expect("a host").replace(&rack.hosts[0], "127.0.0.1:9");
    let row = row.replace("SIM26000001", "SIM26000009");
    fs::write(rack.file("rack.csv"), format!("{}\n{row}\n", list.trim_end())).expect("written");
    let watch = Watch::json(&rack, &["--protocol", "redfish", "--for", "3"]);
    watch.tells(&rack.hosts[0], "watching");
    let ended = watch.tells("127.0.0.1:9", "ended");
    assert_eq!(ended["result"], "unreached", "{ended}");
    assert_eq!(watch.ends(), Some(3));
    let mut wrong = program(rack.folder());
    wrong
        .args(["bmc", "--hosts"])
        .arg(rack.file("rack.csv"))
        .args(["sel", "watch", "--every", "0"]);
    assert_eq!(wrong.status().expect("it starts").code(), Some(2));
}
