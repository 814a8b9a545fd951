//! `assay bmc TARGET console` on a simulated host: by pipes, and on a terminal.

#[path = "bmc_rack/notes.rs"]
mod notes;
#[path = "bmc_rack/rack.rs"]
#[expect(dead_code, reason = "another test uses the rest")]
mod rack;

use std::{
    fs::{self, File},
    io::{Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::PermissionsExt as _,
    },
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rack::Rack;
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Termios, tcgetattr},
};
use serde_json::Value;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a simulated host says to Enter.
const PROMPT: &str = "server-1 login: ";

/// A host with one session of IPMI: whoever comes after is let in only if the one before closed it.
fn host() -> Rack {
    Rack::start(1, &["--fault", "ipmi-session-limit=1"])
}

/// Types into a pipe; returns what came of it.
fn piped(rack: &Rack, typed: &[u8], words: &[&str]) -> Output {
    let mut child = rack
        .command(&[&["console"], words].concat())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    stdin.write_all(typed).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends")
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_script_types_and_waits_for_a_text() {
    let rack = host();
    let log = rack.folder().join("host.log");
    let log_name = log.display().to_string();
    let words = ["--until", "login: ", "--for", "20", "--save", &log_name];
    let (code, out, err) = said(&piped(&rack, b"root\r", &words));
    assert_eq!((code, out.as_str()), (Some(0), "root\r\nserver-1 login: "), "{err}");
    assert!(err.contains("the text was seen; 22 bytes said, 5 typed"), "{err}");
    assert_eq!(fs::read(&log).expect("a log"), out.as_bytes());
    assert_eq!(fs::metadata(&log).expect("a log").permissions().mode() & 0o777, 0o600);
    // Longer than a packet and than the numbers of packets go: each character once, in order. The
    // log goes on where it was.
    let typed: Vec<u8> = (b'a'..=b'z').cycle().take(5000).chain(*b"\r").collect();
    let output = piped(&rack, &typed, &["--until", PROMPT, "--save", &log_name]);
    let expected = [&typed[..], b"\n", PROMPT.as_bytes()].concat();
    assert!(output.status.success() && output.stdout == expected, "{:?}", said(&output));
    assert_eq!(fs::read(&log).expect("a log").len(), 22 + expected.len());
    // What is not said is told by the exit code, and by a document.
    let (code, _, err) = said(&piped(&rack, b"x", &["--until", "never", "--for", "1"]));
    assert_eq!(code, Some(1), "{err}");
    let words = ["--until", "never", "--for", "1", "--output", "json"];
    let (code, out, _) = said(&piped(&rack, b"x", &words));
    let document: Value = serde_json::from_str(&out).expect("a document");
    let host = &document["hosts"][0];
    assert_eq!((code, &host["result"]), (Some(1), &"failed".into()), "{document:#}");
    assert_eq!(host["console"]["end"], "time");
    assert_eq!(
        (&host["console"]["said_bytes"], &host["console"]["seen"]),
        (&1.into(), &false.into())
    );
    // Without anything to wait for, the end of what is typed is the end.
    let (code, _, err) = said(&piped(&rack, b"~.\rx", &[]));
    assert!(code == Some(0) && err.contains("the input ended; "), "{code:?} {err}");
    assert!(err.contains("4 typed"), "a pipe has no escapes: {err}");
}

#[test]
fn why_there_is_no_console_is_said() {
    let off = Rack::start(1, &["--fault", "ipmi-sol-off"]);
    let (code, out, err) = said(&piped(&off, b"", &["--for", "5"]));
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("serial over LAN is turned off in the BMC"), "{err}");
    // Firmware of Inspur has none at all.
    let inspur = Rack::start(1, &["--dialect", "inspur"]);
    let (code, out, err) = said(&piped(&inspur, b"", &["--for", "5"]));
    assert_eq!((code, out.as_str()), (Some(1), ""), "{err}");
    assert!(err.contains("serial over LAN is turned off in the BMC"), "{err}");
    let (code, _, err) = said(&piped(&off, b"", &["--protocol", "redfish"]));
    assert!(code == Some(1) && err.contains("only IPMI does this"), "{code:?} {err}");
    let without = Rack::start(1, &["--no-ipmi"]);
    let (code, _, err) = said(&piped(&without, b"", &["--for", "5"]));
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("is closed") && err.contains("IPMI over LAN"), "{err}");
}

#[test]
fn a_console_is_of_one_host_that_was_named() {
    let rack = Rack::start(2, &[]);
    let (code, _, err) = said(&piped(&rack, b"", &["--yes-hosts", "2"]));
    assert_eq!(code, Some(2));
    assert!(err.contains("a console is of one host, and 2 are named"), "{err}");
    let refused = |words: &[&str]| {
        let mut command = rack::program(rack.folder());
        command.arg("bmc").args(words).args(["console", "--for", "1"]);
        said(&command.stdout(Stdio::piped()).output().expect("it starts"))
    };
    let (code, _, err) = refused(&["127.0.0.1/32"]);
    assert!(code == Some(2) && err.contains("a network is only looked at"), "{code:?} {err}");
    let list = rack.folder().join("in.csv");
    fs::write(&list, "address,in-service\n127.0.0.1:1,yes\n").expect("written");
    let (code, _, err) = refused(&["--hosts", &list.display().to_string()]);
    assert!(code == Some(2) && err.contains("in service"), "{code:?} {err}");
    let missing = rack.folder().join("none/x.log").display().to_string();
    let one = refused(&["127.0.0.1:1", "--save", "x"]);
    assert_eq!(one.0, Some(2), "--log is of the verb");
    let mut command = rack.command(&["console", "--save", &missing]);
    command.arg(&rack.hosts[0]);
    assert_ne!(command.status().expect("it starts").code(), Some(0));
}

/// The program on a terminal of its own.
struct Desk {
    child: Child,
    keys: File,
    said: mpsc::Receiver<Vec<u8>>,
    all: String,
    terminal: OwnedFd,
    before: Termios,
}

impl Desk {
    fn sit(rack: &Rack, words: &[&str]) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&keyboard).expect("granted");
        unlockpt(&keyboard).expect("unlocked");
        let name = ptsname(&keyboard, Vec::new()).expect("a name");
        let terminal = File::options().read(true).write(true).open(name.to_str().expect("text"));
        let terminal = OwnedFd::from(terminal.expect("a terminal"));
        let before = tcgetattr(&terminal).expect("a terminal");
        let side = || Stdio::from(terminal.try_clone().expect("one more"));
        let mut command = rack.command(&[&["console"], words].concat());
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn();
        let mut screen = File::from(keyboard.try_clone().expect("one more"));
        let (tell, said) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                if tell.send(bytes[..length].to_vec()).is_err() {
                    return;
                }
            }
        });
        let child = child.expect("it starts");
        Self { child, keys: File::from(keyboard), said, all: String::new(), terminal, before }
    }

    /// Waits till the screen shows something, after what it was asked for before.
    fn shows(&mut self, wanted: &str) {
        while !self.all.contains(wanted) {
            match self.said.recv_timeout(PATIENCE) {
                Ok(bytes) => self.all.push_str(&String::from_utf8_lossy(&bytes)),
                Err(_) => unreachable!("waited for {wanted:?}: {:?}", self.all),
            }
        }
        let at = self.all.find(wanted).unwrap_or_default() + wanted.len();
        self.all.drain(..at);
    }

    fn types(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("it reads");
    }

    /// Returns whether keys are given as they are pressed.
    fn is_raw(&self) -> bool {
        let now = tcgetattr(self.terminal.as_fd()).expect("a terminal");
        !now.local_modes.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Waits for its end; the terminal has to be as it was.
    #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
    fn ends(mut self) -> Option<i32> {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                break status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end: {:?}", self.all);
            thread::sleep(Duration::from_millis(5));
        };
        let now = tcgetattr(self.terminal.as_fd()).expect("a terminal");
        assert_eq!(format!("{now:?}"), format!("{:?}", self.before), "the terminal is as it was");
        status.code()
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("kill").success());
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn keys_go_to_the_host_and_escapes_do_not() {
    let rack = host();
    let mut desk = Desk::sit(&rack, &[]);
    desk.shows("~. to leave]");
    assert!(desk.is_raw());
    desk.types("\r");
    desk.shows(PROMPT);
    // Ctrl-C is the host's.
    desk.types("a\u{3}~b\r");
    desk.shows("a\u{3}~b\r\nserver-1 login: ");
    desk.types("~?");
    desk.shows("~B sends a break");
    desk.types("~B");
    desk.shows("[break]");
    desk.types("\r~.");
    desk.shows("closed: left");
    assert_eq!(desk.ends(), Some(0));
    // Its session is closed: there is one, and it is had again.
    let (code, _, err) = said(&piped(&rack, b"\r", &["--until", PROMPT, "--for", "20"]));
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn signals_leave_the_terminal_and_the_session_in_order() {
    let rack = host();
    for signal in ["TERM", "INT", "HUP"] {
        let mut desk = Desk::sit(&rack, &[]);
        desk.shows("~. to leave]");
        assert!(desk.is_raw());
        desk.types("\r");
        desk.shows(PROMPT);
        desk.signal(signal);
        // Twice: it ends in order all the same.
        desk.signal(signal);
        desk.shows("stopped by a signal");
        assert_eq!(desk.ends(), Some(0), "{signal}");
        assert!(notes::open(&rack).is_empty());
    }
}

#[test]
fn a_console_that_somebody_has_is_taken_over_when_that_is_asked_for() {
    let rack = Rack::start(1, &[]);
    let mut desk = Desk::sit(&rack, &[]);
    desk.shows("~. to leave]");
    let (code, _, err) = said(&piped(&rack, b"\r", &["--until", PROMPT]));
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("another session has the console") && err.contains("--take"), "{err}");
    desk.types("mine\r");
    desk.shows(PROMPT);
    let (code, _, err) = said(&piped(&rack, b"\r", &["--take", "--until", PROMPT]));
    assert_eq!(code, Some(0), "{err}");
    // The other hears of it at the next key.
    desk.types("x");
    desk.shows("the BMC ended the console");
    assert_eq!(desk.ends(), Some(1));
}

#[test]
fn a_session_that_a_killed_console_left_is_closed_by_the_next() {
    let rack = Rack::start(1, &["--fault", "ipmi-session-limit=2"]);
    let mut desk = Desk::sit(&rack, &[]);
    desk.shows("~. to leave]");
    desk.signal("KILL");
    drop(desk);
    assert_eq!(notes::open(&rack), [1], "what was left is noted");
    // With it the console of that session is free again.
    let (code, _, err) = said(&piped(&rack, b"\r", &["--until", PROMPT, "--for", "20"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(notes::open(&rack).is_empty());
}
