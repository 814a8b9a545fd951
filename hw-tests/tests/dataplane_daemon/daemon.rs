//! The daemon on a node of the test's own, and calls to it: HTTP by hand, so that no library of
//! the program's answers for it.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::network::eventually;
use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;
use tempfile::TempDir;

use crate::node::Lab;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// A node with a daemon; both are gone when it is dropped.
pub(crate) struct Daemon {
    pub(crate) lab: Lab,
    pub(crate) folder: TempDir,
    child: Option<Child>,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) head: String,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Result<Value, Failed> {
        Ok(serde_json::from_str(&self.text)?)
    }

    /// Fails where the code is another.
    pub(crate) fn is(self, code: u16) -> Result<Self, Failed> {
        if self.code == code { Ok(self) } else { Err(format!("not {code}: {self:#?}").into()) }
    }
}

impl Daemon {
    /// Starts one on a fresh node and waits until it answers.
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut daemon = Self { lab: Lab::new()?, folder: tempfile::tempdir()?, child: None };
        daemon.start()?;
        Ok(daemon)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    pub(crate) fn command(&self, words: &[&str]) -> Result<Command, Failed> {
        let mut command = Command::new(program::assay()?);
        command.args(words).args(["--fabric-netns", self.lab.space.name()]);
        command.arg("--state").arg(self.folder.path().join("state"));
        command.env("LC_ALL", "C").stdin(Stdio::null());
        Ok(command)
    }

    pub(crate) fn start(&mut self) -> Result<(), Failed> {
        let mut command = self.command(&["daemon", "dataplane"])?;
        command.arg("--socket").arg(self.socket());
        let child = self.child.insert(command.spawn()?);
        let socket = self.folder.path().join("socket");
        eventually("the daemon", || {
            UnixStream::connect(&socket).is_ok() || child.try_wait().is_ok_and(|it| it.is_some())
        })?;
        match self.call("GET", "/healthz", None, "")?.code {
            200 => Ok(()),
            code => Err(format!("not well: {code}").into()),
        }
    }

    /// Ends it as power would.
    pub(crate) fn kill(&mut self) -> Result<(), Failed> {
        let mut child = self.child.take().ok_or("no daemon runs")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Ends it as systemd does; returns its exit code.
    pub(crate) fn terminate(&mut self) -> Result<Option<i32>, Failed> {
        let mut child = self.child.take().ok_or("no daemon runs")?;
        let id = child.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status()?;
        Ok(child.wait()?.code())
    }

    /// Bytes that it has in memory.
    pub(crate) fn resident_kib(&self) -> Option<u64> {
        let id = self.child.as_ref()?.id();
        let text = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.split_whitespace().next()?.parse().ok()
    }

    /// Sends a call without waiting for its answer.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        generation: Option<&str>,
        body: &str,
    ) -> Result<UnixStream, Failed> {
        let mut stream = UnixStream::connect(self.socket())?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let tag = generation.map(|it| format!("If-Match: \"{it}\"\r\n")).unwrap_or_default();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: node\r\nConnection: close\r\n{tag}\
             Content-Length: {length}\r\n\r\n{body}"
        )?;
        Ok(stream)
    }

    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        generation: Option<&str>,
        body: &str,
    ) -> Result<Answer, Failed> {
        let mut text = String::new();
        self.send(method, path, generation, body)?.read_to_string(&mut text)?;
        let (head, text) = text.split_once("\r\n\r\n").ok_or("no answer")?;
        let code = head.split_whitespace().nth(1).and_then(|code| code.parse().ok());
        let (head, text) = (head.to_ascii_lowercase(), text.to_owned());
        Ok(Answer { code: code.ok_or("no code")?, head, text })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Failed> {
        self.call("GET", path, None, "")?.is(200)?.json()
    }

    /// Puts a full state that has to come true at once.
    pub(crate) fn put(&self, text: &str) -> Result<Value, Failed> {
        self.call("PUT", "/v1/state?confirm=true", None, text)?.is(200)?.json()
    }

    pub(crate) fn ready(&self) -> Result<(), Failed> {
        eventually("a node as wanted", || {
            self.call("GET", "/readyz", None, "").is_ok_and(|answer| answer.code == 200)
        })?;
        Ok(())
    }

    /// Listens to events behind a number.
    pub(crate) fn events(&self, after: u64) -> Result<Events, Failed> {
        let stream = self.send("GET", &format!("/v1/events?after={after}"), None, "")?;
        let (send, events) = channel();
        thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                let event =
                    line.strip_prefix("data: ").and_then(|it| serde_json::from_str(it).ok());
                if event.is_some_and(|event| send.send(event).is_err()) {
                    break;
                }
            }
        });
        Ok(Events(events))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Events as they come.
pub(crate) struct Events(Receiver<Value>);

impl Events {
    /// Waits for an event of a kind; returns it, and what came before it.
    pub(crate) fn until(&self, kind: &str, limit: Duration) -> Result<(Value, Vec<Value>), Failed> {
        let end = Instant::now() + limit;
        let mut before = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.0.recv_timeout(left) {
                Ok(event) if event["kind"] == kind => return Ok((event, before)),
                Ok(event) => before.push(event),
                Err(_) => return Err(format!("no event `{kind}` behind {before:#?}").into()),
            }
        }
    }
}
