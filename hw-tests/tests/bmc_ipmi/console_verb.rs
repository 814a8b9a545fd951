//! The console of a host by the program, beside ipmitool's: on one simulator whose serial line is a
//! socket of the test.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::program;
use libtest_mimic::Failed;

use super::console::ipmitool;
use super::sim::Sim;

const PATIENCE: Duration = Duration::from_secs(20);

/// The host's end of the serial line.
struct Serial {
    socket: TcpStream,
    typed: mpsc::Receiver<Vec<u8>>,
}

impl Serial {
    fn take(listener: &TcpListener) -> Result<Self, Failed> {
        let (socket, _from) = listener.accept()?;
        let mut reader = socket.try_clone()?;
        let (tell, typed) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 256];
            while let Ok(length @ 1..) = reader.read(&mut bytes) {
                if tell.send(bytes.get(..length).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { socket, typed })
    }

    /// Waits till that was typed, and nothing else.
    fn reads(&self, wanted: &[u8]) -> Result<(), Failed> {
        let mut all = Vec::new();
        while all.len() < wanted.len() {
            let came = self.typed.recv_timeout(PATIENCE).map_err(|error| {
                let (wanted, all) = (wanted.escape_ascii(), all.escape_ascii());
                format!("the host was typed `{all}`, not `{wanted}`: {error}")
            })?;
            all.extend(came);
        }
        assert_eq!(all, wanted, "{}", String::from_utf8_lossy(&all));
        Ok(())
    }

    fn says(&mut self, text: &[u8]) -> Result<(), Failed> {
        Ok(self.socket.write_all(text)?)
    }
}

fn console(port: u16, words: &[&str]) -> Result<Command, Failed> {
    let mut command = Command::new(program::assay()?);
    command.args(["bmc", &format!("127.0.0.1:{port}"), "--protocol", "ipmi", "--user", "admin"]);
    command.args(["--password-env", "WORD", "console"]).args(words);
    command.env("WORD", "password").env("LANG", "C.UTF-8");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// What a console shows, as it comes.
struct Screen {
    shown: mpsc::Receiver<Vec<u8>>,
    all: String,
}

impl Screen {
    fn of(mut console: impl Read + Send + 'static) -> Self {
        let (tell, shown) = mpsc::channel();
        thread::spawn(move || {
            let mut bytes = [0; 256];
            while let Ok(length @ 1..) = console.read(&mut bytes) {
                if tell.send(bytes.get(..length).unwrap_or_default().to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { shown, all: String::new() }
    }

    /// Waits till it shows `wanted`, for `time` at most, and says whether it does.
    fn shows(&mut self, wanted: &str, time: Duration) -> bool {
        let until = Instant::now() + time;
        while !self.all.contains(wanted) {
            let left = until.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.shown.recv_timeout(left) else { return false };
            self.all.push_str(&String::from_utf8_lossy(&bytes));
        }
        true
    }

    /// Lets the host prompt until the console shows it: what is said, or typed, the moment a
    /// session is there the simulator loses now and then, of ipmitool too.
    fn is_prompted(&mut self, serial: &mut Serial, prompt: &str) -> Result<(), Failed> {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            serial.says(prompt.as_bytes())?;
            if self.shows(prompt, Duration::from_millis(500)) {
                return Ok(());
            }
        }
        Err(format!("no `{prompt}`: {}", self.all).into())
    }

    /// Everything it showed till its end, but for the prompts at the beginning.
    fn rest(mut self, prompt: &str) -> String {
        for bytes in self.shown {
            self.all.push_str(&String::from_utf8_lossy(&bytes));
        }
        self.all.trim_start_matches(prompt).to_owned()
    }
}

fn said(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub(crate) fn verb() -> Result<(), Failed> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let line = listener.local_addr()?.port();
    let sim = Sim::start_with(&format!("  sol \"tcp:127.0.0.1:{line}\" 115200\n"))?;
    let mut serial = Serial::take(&listener)?;
    let log = sim.folder().join("host.log").display().to_string();

    // The host says something and we read it; we type and the host reads it.
    let mut child =
        console(sim.port, &["--until", "login: ", "--for", "20", "--save", &log])?.spawn()?;
    let mut keys = child.stdin.take().ok_or("no stdin")?;
    let mut screen = Screen::of(child.stdout.take().ok_or("no stdout")?);
    screen.is_prompted(&mut serial, "# ")?;
    keys.write_all(b"uname -a\r")?;
    serial.reads(b"uname -a\r")?;
    serial.says(b"Linux host 6.18\r\nhost log")?;
    serial.says(b"in: ")?;
    let (code, _, err) = said(&child.wait_with_output()?);
    let (all, saved) = (screen.rest("# "), std::fs::read_to_string(&log)?);
    assert_eq!((code, all.as_str()), (Some(0), "Linux host 6.18\r\nhost login: "), "{err}");
    assert_eq!(saved.trim_start_matches("# "), all);
    drop(keys);

    // ipmitool has the console: we are told, and take it over when we say so. What ipmitool writes
    // into a pipe waits for its end otherwise.
    let mut theirs = Command::new("stdbuf")
        .args([
            "-o0",
            "ipmitool",
            "-I",
            "lanplus",
            "-C",
            "3",
            "-H",
            "127.0.0.1",
            "-U",
            "admin",
            "-E",
        ])
        .args(["-p", &sim.port.to_string(), "sol", "activate"])
        .env("IPMITOOL_PASSWORD", "password")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut out = Screen::of(theirs.stdout.take().ok_or("no stdout")?);
    let mut input = theirs.stdin.take().ok_or("no stdin")?;
    assert!(out.shows("Session operational", PATIENCE), "{}", out.all);
    out.is_prompted(&mut serial, "# ")?;
    input.write_all(b"ls\r")?;
    serial.reads(b"ls\r")?;
    serial.says(b"bin dev etc\r\n")?;
    // The same bytes for both.
    assert!(out.shows("bin dev etc\r\n", PATIENCE), "{:?}", out.all);
    let output = console(sim.port, &["--for", "5"])?.stdin(Stdio::null()).output()?;
    let (code, _, err) = said(&output);
    assert!(code == Some(1) && err.contains("another session has the console"), "{code:?} {err}");
    let mut child = console(sim.port, &["--take", "--until", "$ ", "--for", "20"])?.spawn()?;
    let mut keys = child.stdin.take().ok_or("no stdin")?;
    let mut screen = Screen::of(child.stdout.take().ok_or("no stdout")?);
    screen.is_prompted(&mut serial, "# ")?;
    keys.write_all(b"id\r")?;
    serial.reads(b"id\r")?;
    serial.says(b"root\r\n$ ")?;
    let (code, _, err) = said(&child.wait_with_output()?);
    assert_eq!((code, screen.rest("# ").as_str()), (Some(0), "root\r\n$ "), "{err}");
    drop(keys);
    drop(input);
    theirs.kill()?;
    theirs.wait()?;

    // And it is free for ipmitool: nothing of ours is left. A deactivation of what is not active is
    // refused by the book.
    assert!(ipmitool(sim.port, "sol deactivate").is_err());

    // Without a serial line there is no console, and that is said.
    let bare = Sim::start()?;
    let output = console(bare.port, &["--for", "5"])?.stdin(Stdio::null()).output()?;
    let (code, _, err) = said(&output);
    println!("ipmi_sim without a line: {code:?} {err}");
    assert!(code == Some(1) && err.contains("no console of"), "{code:?} {err}");
    Ok(())
}
