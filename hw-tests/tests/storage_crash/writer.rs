//! `assay storage verify` as a process that can be stopped and killed, and its judgement.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::lab::{self, name_of};

/// Longest wait for anything: the machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

/// A journal in memory, apart from any disk; removed at the end.
#[derive(Debug)]
pub(crate) struct Journal(tempfile::TempDir);

impl Journal {
    pub(crate) fn new() -> Result<Self, Failed> {
        Ok(Self(tempfile::tempdir_in("/dev/shm")?))
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    pub(crate) fn bytes(&self) -> u64 {
        fs::metadata(self.path()).map_or(0, |metadata| metadata.len())
    }
}

/// A writer, killed at the latest when it is dropped.
#[derive(Debug)]
pub(crate) struct Writer(Child);

impl Writer {
    /// Starts one that writes over `device` until it is killed.
    pub(crate) fn start(device: &str, journal: &Path, more: &[&str]) -> Result<Self, Failed> {
        let child = command()?
            .args(["storage", "verify", "--target", device, "--destroy", &name_of(device)?])
            .args(["--journal", &journal.display().to_string(), "--output", "json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self(child))
    }

    /// Waits until the journal has so many bytes more than before.
    pub(crate) fn grown(&mut self, journal: &Journal, bytes: u64) -> Result<(), Failed> {
        let from = journal.bytes();
        self.until(|| journal.bytes() >= from + bytes)
    }

    #[expect(clippy::disallowed_methods, reason = "waits for a condition until a deadline")]
    fn until(&mut self, done: impl Fn() -> bool) -> Result<(), Failed> {
        let deadline = Instant::now() + PATIENCE;
        while !done() {
            if let Some(status) = self.0.try_wait()? {
                return Err(Failed::from(format!("the writer ended by itself: {status}")));
            }
            if Instant::now() > deadline {
                return Err(Failed::from("the writer is too slow"));
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) -> Result<(), Failed> {
        lab::run(&["kill", &format!("-{name}"), &self.0.id().to_string()]).map(drop)
    }

    /// Kills it as a power loss would: between any two instructions.
    pub(crate) fn kill(mut self) -> Result<(), Failed> {
        self.0.kill()?;
        let status = self.0.wait()?;
        if status.code().is_some() {
            return Err(Failed::from(format!("the writer ended by itself: {status}")));
        }
        Ok(())
    }

    /// Waits for its end, which is a refusal; returns what it said.
    pub(crate) fn refused(mut self, code: i32) -> Result<String, Failed> {
        let mut said = String::new();
        self.0.stderr.take().ok_or("stderr is a pipe")?.read_to_string(&mut said)?;
        let status = self.0.wait()?;
        if status.code() == Some(code) {
            Ok(said)
        } else {
            Err(Failed::from(format!("{status}: {said}")))
        }
    }

    /// Waits for its end; returns its exit code and what it printed.
    pub(crate) fn end(mut self) -> Result<(Option<i32>, Value), Failed> {
        let out = self.0.stdout.take().ok_or("stdout is a pipe")?;
        let document = serde_json::from_reader(out)?;
        Ok((self.0.wait()?.code(), document))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            // A child of ours can always be waited for.
            drop(self.0.wait());
        }
    }
}

/// Judges `device` by `journal`; returns exit code and document.
pub(crate) fn judge(device: &str, journal: &Path) -> Result<(Option<i32>, Value), Failed> {
    let output = after_crash(device, journal)?;
    let document = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
    Ok((output.status.code(), document))
}

/// Runs `--after-crash`, whatever comes of it.
pub(crate) fn after_crash(device: &str, journal: &Path) -> Result<Output, Failed> {
    let journal = journal.display().to_string();
    let words = ["storage", "verify", "--after-crash", "--target", device];
    Ok(command()?.args(words).args(["--journal", &journal, "--output", "json"]).output()?)
}

/// Returns how many blocks were found with each class of fault, none left out.
pub(crate) fn classes(document: &Value) -> Vec<(String, u64)> {
    let tallies = document["found"]["fault"].as_array().cloned().unwrap_or_default();
    let found = tallies.iter().map(|tally| {
        let class = tally["class"].as_str().unwrap_or_default().to_owned();
        (class, tally["count"].as_u64().unwrap_or(0))
    });
    found.filter(|(_, count)| *count > 0).collect()
}

fn command() -> Result<Command, Failed> {
    let mut command = Command::new(program::assay()?);
    command.env("LANG", "C.UTF-8");
    Ok(command)
}
