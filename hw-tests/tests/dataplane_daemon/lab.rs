//! A node of the test's own, the daemon on it, and a client by hand.

#![expect(clippy::disallowed_methods, reason = "what took how long, and until when is waited")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::network::{Bed, Space, eventually};
use hw_tests::program;
use libtest_mimic::Failed;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A node with its guests, gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) space: Space,
    pub(crate) guests: [Space; 2],
    pub(crate) folder: TempDir,
    daemon: Option<Child>,
    _bed: Bed,
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value, Failed> {
        serde_json::from_str(&self.text).map_err(|error| format!("{error}: {self:?}").into())
    }

    pub(crate) fn is(self, code: u16) -> Result<Self, Failed> {
        if self.code == code { Ok(self) } else { Err(format!("not {code}: {self:#?}").into()) }
    }
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        let space = bed.space("node")?;
        let guests = [bed.space("g1")?, bed.space("g2")?];
        for line in [
            "ip link add u0 mtu 1600 address 02:00:00:00:99:01 type veth peer name u1 mtu 1600 address 02:00:00:00:99:02",
            "ip address add 10.99.0.1/24 dev u0",
            "ip link set u0 addrgenmode none up",
            "ip link set u1 addrgenmode none up",
            "ip tuntap add tap0 mode tap",
            "ip link set tap0 addrgenmode none address 02:00:00:00:88:01",
        ] {
            space.line(line)?;
        }
        // In memory, as `/run` of a node is: a disk that others write to takes seconds to sync.
        let folder = tempfile::tempdir_in("/dev/shm").or_else(|_error| tempfile::tempdir())?;
        Ok(Self { space, guests, folder, daemon: None, _bed: bed })
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("run/dataplane.sock")
    }

    /// Returns the command of a daemon on this node.
    pub(crate) fn command(&self) -> Result<Command, Failed> {
        let mut command = Command::new(program::assay()?);
        command.args(["daemon", "dataplane", "--fabric-netns", self.space.name(), "--socket"]);
        command.arg(self.socket()).arg("--state").arg(self.folder.path().join("state"));
        command.env("LC_ALL", "C").stdin(Stdio::null());
        Ok(command)
    }

    /// Starts the daemon, and waits until it answers.
    pub(crate) fn start(&mut self) -> Result<(), Failed> {
        let command = self.command()?;
        self.start_as(command)
    }

    /// The same, by a program that becomes it and takes rights from it.
    pub(crate) fn start_by(&mut self, words: &[&str]) -> Result<(), Failed> {
        let own = self.command()?;
        let mut command = Command::new(words[0]);
        command
            .args(&words[1..])
            .arg(own.get_program())
            .args(own.get_args())
            .args(["--log", "warn"]);
        command.env("LC_ALL", "C").stdin(Stdio::null());
        self.start_as(command)
    }

    fn start_as(&mut self, mut command: Command) -> Result<(), Failed> {
        let log = fs::File::options();
        let log = log.clone().create(true).append(true).open(self.folder.path().join("log"))?;
        self.daemon = Some(command.stdout(log.try_clone()?).stderr(log).spawn()?);
        if eventually("the daemon", || self.get("/healthz").is_ok_and(|it| it.code == 200)).is_err()
        {
            let log = fs::read_to_string(self.folder.path().join("log"))?;
            return Err(format!("the daemon does not answer: {log}").into());
        }
        Ok(())
    }

    /// Sends it a signal and waits for its end; returns its exit code, where it has one.
    pub(crate) fn end(&mut self, signal: Signal) -> Result<Option<i32>, Failed> {
        let mut child = self.daemon.take().ok_or("there is no daemon")?;
        let pid = i32::try_from(child.id())?;
        kill_process(Pid::from_raw(pid).ok_or("no process")?, signal)?;
        Ok(child.wait()?.code())
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer, Failed> {
        self.ask("GET", path, &[], "")
    }

    pub(crate) fn put(&self, path: &str, body: &str) -> Result<Answer, Failed> {
        self.ask("PUT", path, &[], body)
    }

    pub(crate) fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &str,
    ) -> Result<Answer, Failed> {
        ask(&self.socket(), method, path, headers, body)
    }

    /// Returns a line of what the kernel says of the daemon (`/proc/PID/status`), in kB.
    pub(crate) fn memory(&self, name: &str) -> Result<u64, Failed> {
        let process = self.daemon.as_ref().ok_or("there is no daemon")?.id();
        let status = fs::read_to_string(format!("/proc/{process}/status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let value = line.and_then(|line| line.split_whitespace().next()).ok_or(name)?;
        Ok(value.parse()?)
    }

    /// Returns the events that are kept.
    pub(crate) fn events(&self) -> Result<String, Failed> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.write_all(b"GET /v1/events?after=0 HTTP/1.0\r\n\r\n")?;
        stream.set_read_timeout(Some(Duration::from_secs(1)))?;
        let mut text = Vec::new();
        // The stream has no end: what comes in a second is what is kept.
        drop(stream.read_to_end(&mut text));
        Ok(String::from_utf8_lossy(&text).into_owned())
    }

    /// Listens to events from now on.
    pub(crate) fn listen(&self) -> Result<Events, Failed> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.write_all(b"GET /v1/events HTTP/1.1\r\nHost: node\r\n\r\n")?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        // Behind the head it is heard.
        for line in lines.by_ref() {
            if line?.is_empty() {
                break;
            }
        }
        let (tell, told) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let event =
                    line.strip_prefix("data: ").and_then(|it| serde_json::from_str(it).ok());
                if event.is_some_and(|event: Value| tell.send(event).is_err()) {
                    break;
                }
            }
        });
        Ok(Events { stream, told })
    }

    /// Waits until all that was accepted reads back as wanted.
    pub(crate) fn ready(&self) -> Result<(), Failed> {
        eventually("all as wanted", || self.get("/readyz").is_ok_and(|it| it.code == 200))?;
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Some(mut child) = self.daemon.take() {
            // It may have ended by itself.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Events as they come.
pub(crate) struct Events {
    stream: UnixStream,
    told: Receiver<Value>,
}

impl Events {
    /// Waits for an event of a kind; others are passed by.
    pub(crate) fn next(&self, kind: &str, patience: Duration) -> Result<Value, Failed> {
        let end = Instant::now() + patience;
        let mut others = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.told.recv_timeout(left) {
                Ok(event) if event["kind"] == kind => return Ok(event),
                Ok(event) => others.push(event.to_string()),
                Err(_) => return Err(format!("no `{kind}` but {others:?}").into()),
            }
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        drop(self.stream.shutdown(Shutdown::Both));
    }
}

/// Asks over a connection of its own.
pub(crate) fn ask(
    socket: &Path,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Result<Answer, Failed> {
    let mut stream = UnixStream::connect(socket)?;
    let headers = [headers, &[""]].concat().join("\r\n");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n{headers}Content-Length: \
         {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body.as_bytes())?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, text) = text.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {text}"))?;
    let mut lines = head.lines();
    let code = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(Answer {
        code: code.ok_or_else(|| format!("no status: {head}"))?,
        headers: headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect(),
        text: text.to_owned(),
    })
}

/// A port whose guest's end is taken to a guest.
pub(crate) fn port(number: usize) -> Value {
    json!({
        "id": format!("a{number}"), "network": "net", "device": format!("p{number}"),
        "kind": "veth", "peer": format!("q{number}"),
        "mac": format!("02:00:00:00:00:{:02x}", number + 0x10),
        "ips": [format!("10.0.0.{}", number + 10)], "groups": ["web"],
    })
}

/// A node with two ports in one group, a tap, a remote port and a rule.
pub(crate) fn state() -> Value {
    json!({
        "schema": "assay/network/v1",
        "semantics": "norm",
        "node": { "name": "n", "device": "u0", "vtep": "10.99.0.1" },
        "vpc": [{ "id": "red" }],
        "network": [{ "id": "net", "vpc": "red", "vni": 100 }],
        "subnet": [{ "id": "s", "network": "net", "cidr": "10.0.0.0/24" }],
        "group": [{ "id": "web", "vpc": "red", "rule": [
            { "id": "https", "direction": "in", "protocol": "tcp", "ports": 443 },
        ] }],
        "port": [port(1), port(2), {
            "id": "t0", "network": "net", "device": "tap0", "kind": "tap",
            "mac": "02:00:00:00:00:80", "ips": ["10.0.0.80"], "groups": ["web"],
        }],
        "remote": [{
            "id": "b1", "network": "net", "vtep": "10.99.0.2", "mac": "02:00:00:00:00:21",
            "ips": ["10.0.0.33"], "groups": ["web"],
        }],
    })
}
