//! A site of simulated hosts in a process of its own, and how others are run against it.

use std::{
    error::Error,
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use hw_tests::program;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// How long a site may take to begin and to end.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Site {
    child: Child,
    folder: Option<TempDir>,
    pub(crate) hosts: Vec<Value>,
    pub(crate) password: String,
}

impl Site {
    /// Starts hosts on ports of their own.
    pub(crate) fn start(more: &[&str]) -> Outcome<Self> {
        let folder = TempDir::new()?;
        let mut site = Self::within(folder.path(), "simulate", "127.0.0.1:0", more)?;
        site.folder = Some(folder);
        Ok(site)
    }

    /// Starts hosts that leave what they leave in `folder`.
    pub(crate) fn within(folder: &Path, verb: &str, listen: &str, more: &[&str]) -> Outcome<Self> {
        let mut command = Command::new(program::assay()?);
        command.env("LANG", "C.UTF-8").args(["bmc", verb]).args(more);
        command.args(["--listen", listen, "--output", "json", "--out"]).arg(folder);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut out = child.stdout.take().ok_or("no stdout")?;
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            let mut text = Vec::new();
            let mut room = vec![0; 1 << 16];
            while let Ok(count @ 1..) = out.read(&mut room) {
                text.extend_from_slice(room.get(..count).unwrap_or_default());
                // It says one document when its hosts answer, and nothing more.
                if let Ok(document) = serde_json::from_slice::<Value>(&text) {
                    drop(tell.send(document));
                }
            }
        });
        let mut site = Self { child, folder: None, hosts: Vec::new(), password: String::new() };
        let Ok(document) = told.recv_timeout(PATIENCE) else {
            drop(site.child.kill());
            let mut text = String::new();
            if let Some(mut error) = site.child.stderr.take() {
                error.read_to_string(&mut text)?;
            }
            return Err(format!("no site: {text}").into());
        };
        site.hosts = document["hosts"].as_array().cloned().unwrap_or_default();
        let credentials = std::fs::read_to_string(folder.join("credentials.toml"))?;
        let line = credentials.lines().find_map(|line| line.strip_prefix("password = \""));
        line.ok_or("no password")?.trim_end_matches('"').clone_into(&mut site.password);
        Ok(site)
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.folder.as_ref().map(|folder| folder.path().to_owned()).unwrap_or_default()
    }

    pub(crate) fn address(&self, at: usize) -> &str {
        self.hosts.get(at).and_then(|host| host["address"].as_str()).unwrap_or_default()
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Asks a host over Redfish; returns the status, the headers and the body.
    pub(crate) fn curl(
        &self,
        at: usize,
        place: &str,
        more: &[&str],
    ) -> Outcome<(u16, String, Value)> {
        let url = format!("https://{}/redfish/v1{place}", self.address(at));
        let login = format!("admin:{}", self.password);
        let mut command = Command::new("curl");
        command.args(["-sk", "--max-time", "20", "-D", "-", "-u", &login]).args(more).arg(url);
        let out = command.output()?;
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let (head, body) =
            text.split_once("\r\n\r\n").ok_or_else(|| format!("no answer: {out:?}"))?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let body = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        Ok((status.ok_or("no status")?, head.to_ascii_lowercase(), body))
    }

    pub(crate) fn get(&self, at: usize, place: &str) -> Outcome<Value> {
        let (status, _, body) = self.curl(at, place, &[])?;
        if status == 200 { Ok(body) } else { Err(format!("{place}: {status} {body}").into()) }
    }

    pub(crate) fn post(&self, at: usize, place: &str, body: &Value) -> Outcome<(u16, Value)> {
        let (status, _, body) = self.curl(at, place, &["-X", "POST", "-d", &body.to_string()])?;
        Ok((status, body))
    }

    /// Changes with the tag that was read.
    pub(crate) fn patch(&self, at: usize, place: &str, body: &Value) -> Outcome<u16> {
        let tag = self.get(at, place)?["@odata.etag"].as_str().unwrap_or("*").to_owned();
        let header = format!("If-Match: {tag}");
        let more = ["-X", "PATCH", "-H", &header, "-d", &body.to_string()];
        Ok(self.curl(at, place, &more)?.0)
    }

    /// Runs ipmitool against a host.
    pub(crate) fn ipmitool(&self, at: usize, suite: &str, words: &[&str]) -> Outcome<Output> {
        let (host, port) = self.address(at).rsplit_once(':').ok_or("no port")?;
        let mut command = Command::new("ipmitool");
        command.args(["-I", "lanplus", "-H", host, "-p", port, "-U", "admin", "-E", "-C", suite]);
        command.args(["-N", "1", "-R", "4"]).args(words).env("IPMI_PASSWORD", &self.password);
        Ok(command.stdin(Stdio::null()).output()?)
    }

    /// Runs ipmitool by suite 17, and wants it to do well.
    pub(crate) fn ipmi(&self, at: usize, words: &[&str]) -> Outcome<String> {
        said(&self.ipmitool(at, "17", words)?)
    }

    /// Asks it to end, and waits for that.
    pub(crate) fn end(mut self) -> Outcome<Option<i32>> {
        self.stop()
    }

    fn stop(&mut self) -> Outcome<Option<i32>> {
        let id = i32::try_from(self.child.id())?;
        let id = Pid::from_raw(id).ok_or("no process")?;
        kill_process(id, Signal::INT)?;
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.code());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Err("it does not end".into())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) && self.stop().is_err() {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

/// Returns what a program said, if it ended well.
pub(crate) fn said(out: &Output) -> Outcome<String> {
    if out.status.success() {
        return Ok(String::from_utf8_lossy(&out.stdout).into_owned());
    }
    Err(format!("{out:?}").into())
}

/// Waits until a condition holds.
pub(crate) fn until(what: &str, holds: &mut dyn FnMut() -> Outcome<bool>) -> Outcome<()> {
    let end = Instant::now() + Duration::from_secs(20);
    while !holds()? {
        if Instant::now() > end {
            return Err(format!("never: {what}").into());
        }
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
