//! Agents and controllers as processes, and what they leave.

#![expect(clippy::disallowed_methods, reason = "waits for other processes, until a deadline")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;
use storage_bench::agent::message::Reply;
use storage_bench::histogram::Histogram;
use storage_bench::workload::{Op, Region};

/// Longest that anything here may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// Waits until `holds`, or fails as `what`.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) -> Result<(), Failed> {
    let end = Instant::now() + PATIENCE;
    while !holds() {
        if Instant::now() > end {
            return Err(format!("waited in vain: {what}").into());
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// An agent at work, ended when dropped.
#[derive(Debug)]
pub(crate) struct Agent {
    child: Child,
    /// The folder that files are made in.
    pub(crate) folder: PathBuf,
    /// What it adds its seconds to.
    pub(crate) record: PathBuf,
    /// The line with the token.
    pub(crate) line: String,
}

impl Agent {
    /// Starts an agent that has a folder of its own.
    pub(crate) fn start(lab: &Path, name: &str, more: &[&str]) -> Result<Self, Failed> {
        let folder = lab.join(name);
        fs::create_dir_all(&folder)?;
        let text = folder.display().to_string();
        let own: Vec<&str> =
            ["--allow-dir", &text].into_iter().chain(more.iter().copied()).collect();
        Self::start_on(lab, name, &own)
    }

    /// Starts an agent that has what `more` gives it.
    pub(crate) fn start_on(lab: &Path, name: &str, more: &[&str]) -> Result<Self, Failed> {
        let (folder, record) = (lab.join(name), lab.join(format!("{name}.record")));
        let token = lab.join(format!("{name}.token"));
        let errors = fs::File::create(lab.join(format!("{name}.stderr")))?;
        let mut child = Command::new(program::assay()?)
            .args(["storage", "agent", "--listen", "127.0.0.1:0"])
            .arg("--token-file")
            .arg(&token)
            .arg("--record")
            .arg(&record)
            .args(more)
            .env("LANG", "C.UTF-8")
            .env("XDG_STATE_HOME", lab)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()?;
        let mut shown = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut shown)?;
        }
        let line = fs::read_to_string(&token).unwrap_or_default().trim().to_owned();
        let agent = Self { child, folder, record, line };
        // What is shown is the line without its token.
        if shown.trim().is_empty() || !agent.line.starts_with(shown.trim()) {
            return Err(format!("no agent: {}", agent_said(lab, name)).into());
        }
        Ok(agent)
    }

    /// Its `HOST:PORT`.
    pub(crate) fn host(&self) -> &str {
        self.line.split('#').next().unwrap_or_default()
    }

    /// Its line with one part replaced: 0 is `HOST:PORT`, 1 the fingerprint, 2 the token.
    pub(crate) fn line_with(&self, part: usize, by: &str) -> String {
        let mut parts: Vec<&str> = self.line.split('#').collect();
        if let Some(place) = parts.get_mut(part) {
            *place = by;
        }
        parts.join("#")
    }

    pub(crate) fn kill(&mut self) -> Result<(), Failed> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    pub(crate) fn interrupt(&self) -> Result<(), Failed> {
        interrupt(self.child.id())
    }

    /// Waits for its end and returns its exit code.
    pub(crate) fn end(&mut self) -> Result<i32, Failed> {
        let mut code = None;
        until("an agent's end", || {
            code = self.child.try_wait().ok().flatten();
            code.is_some()
        })?;
        Ok(code.and_then(|status| status.code()).unwrap_or(-1))
    }

    /// Most memory it had, in KiB.
    pub(crate) fn peak_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.and_then(|peak| peak.split_whitespace().next()?.parse().ok()).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|ended| ended.is_none())
    }

    /// Waits until it has told a second of its load.
    pub(crate) fn wait_for_seconds(&self, count: usize) -> Result<(), Failed> {
        until("a second of the load", || self.seconds().is_ok_and(|seconds| seconds.len() >= count))
    }

    /// What it recorded, second by second.
    pub(crate) fn seconds(&self) -> Result<Seconds, Failed> {
        let mut seconds = BTreeMap::new();
        for line in fs::read_to_string(&self.record).unwrap_or_default().lines() {
            if let Reply::Second { index, streams } = serde_json::from_str(line)? {
                let mut of = BTreeMap::new();
                for delta in streams {
                    let service = Histogram::decode(&delta.service)?;
                    of.insert((delta.op, delta.region), (delta.bytes, service));
                }
                seconds.insert(index, of);
            }
        }
        Ok(seconds)
    }

    /// Files that are left in its folder.
    pub(crate) fn files(&self) -> usize {
        fs::read_dir(&self.folder).map_or(0, Iterator::count)
    }
}

/// Histograms by second and kind of operation.
pub(crate) type Seconds = BTreeMap<u32, BTreeMap<(Op, Region), (u64, Histogram)>>;

impl Drop for Agent {
    fn drop(&mut self) {
        // One that has ended already is what was wanted.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What an agent said on stderr.
pub(crate) fn agent_said(lab: &Path, name: &str) -> String {
    fs::read_to_string(lab.join(format!("{name}.stderr"))).unwrap_or_default()
}

pub(crate) fn interrupt(pid: u32) -> Result<(), Failed> {
    let status = Command::new("kill").args(["-INT", &pid.to_string()]).status()?;
    if status.success() { Ok(()) } else { Err("cannot interrupt".into()) }
}

/// What a controller came to.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) code: i32,
    pub(crate) stderr: String,
    /// The document; null where there is none.
    pub(crate) document: Value,
    pub(crate) took: Duration,
}

impl Came {
    fn of(output: &Output, began: Instant) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            document: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
            took: began.elapsed(),
        }
    }

    /// The codes of the doubts of the one run.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let reasons = self.document["run"][0]["reasons"].as_array();
        reasons.into_iter().flatten().filter_map(|doubt| doubt["code"].as_str()).collect()
    }

    /// The text of the doubts of that code.
    pub(crate) fn reason(&self, code: &str) -> String {
        let reasons = self.document["run"][0]["reasons"].as_array();
        let of = reasons.into_iter().flatten().filter(|doubt| doubt["code"] == code);
        of.filter_map(|doubt| doubt["en"].as_str()).collect::<Vec<_>>().join("; ")
    }

    /// Fails unless the run is INVALID with this code and the program ended with 3.
    pub(crate) fn invalid(&self, code: &str) -> Result<(), Failed> {
        let run = &self.document["run"][0];
        let invalid = run["validity"] == "invalid" && self.codes().contains(&code);
        if invalid && self.code == 3 {
            return Ok(());
        }
        Err(format!("not INVALID by `{code}`: {self:?}").into())
    }

    /// Fails unless nothing was run, the program ended with `code`, and said `words`.
    pub(crate) fn refused(&self, code: i32, words: &str) -> Result<(), Failed> {
        if self.code == code && self.document.is_null() && self.stderr.contains(words) {
            return Ok(());
        }
        Err(format!("not refused by {code} with `{words}`: {self:?}").into())
    }
}

/// A small job: the size of files, reads by chance, so many seconds.
pub(crate) fn job(seconds: u32) -> Vec<String> {
    let runtime = format!("--runtime={seconds}");
    ["--size=8m", "--rw=randread", "--bs=4k", "--iodepth=4", "--time_based", &runtime]
        .map(str::to_owned)
        .to_vec()
}

/// Starts a controller.
pub(crate) fn control(agents: &[String], job: &[String]) -> Result<Child, Failed> {
    Ok(Command::new(program::assay()?)
        .args(["storage", "run", "--output", "json", "--agents", &agents.join(",")])
        .args(job)
        .env("LANG", "C.UTF-8")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?)
}

/// Waits for a controller.
pub(crate) fn came(child: Child, began: Instant) -> Result<Came, Failed> {
    Ok(Came::of(&child.wait_with_output()?, began))
}

/// Runs a controller to its end.
pub(crate) fn run(agents: &[String], job: &[String]) -> Result<Came, Failed> {
    let began = Instant::now();
    came(control(agents, job)?, began)
}

/// Reads all that a stream still has.
pub(crate) fn rest(mut stream: impl Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A connection that is reset has no more to say.
    drop(stream.read_to_end(&mut bytes));
    bytes
}
