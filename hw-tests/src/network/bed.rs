//! Namespaces of one test, and their end.

#![expect(clippy::disallowed_methods, reason = "waits for a condition until a deadline")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use signal_hook::consts::{SIGINT, SIGTERM};

/// What every name of a bed begins with; the process that made it follows.
const PREFIX: &str = "assay-bed-";
/// Where ip(8) keeps names of namespaces.
const FOLDER: &str = "/run/netns";

static WATCHED: OnceLock<()> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// Why something could not be done in a namespace.
#[derive(Debug, thiserror::Error)]
pub enum BedError {
    /// A command failed.
    #[error("`{command}` in `{space}`: {said}")]
    Command {
        /// Where it ran.
        space: String,
        /// What ran.
        command: String,
        /// What it said.
        said: String,
    },
    /// A file, thread or process could not be used.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Something was waited for and did not come.
    #[error("waited in vain for {0}")]
    Deadline(String),
}

/// Namespaces of one test; they are gone when it is dropped.
#[derive(Debug)]
pub struct Bed {
    prefix: String,
    spaces: Vec<Space>,
}

/// A network namespace by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    name: String,
}

impl Bed {
    /// Begins, after taking away what killed runs left.
    pub fn new() -> Result<Self, BedError> {
        WATCHED.get_or_init(watch);
        sweep(|maker| !alive(maker));
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Ok(Self { prefix: format!("{PREFIX}{}-{count}-", itself()), spaces: Vec::new() })
    }

    /// Makes a namespace with its loopback up; `label` is unique in the bed.
    pub fn space(&mut self, label: &str) -> Result<Space, BedError> {
        let space = Space { name: format!("{}{label}", self.prefix) };
        succeed("-", &["ip", "netns", "add", &space.name], "")?;
        self.spaces.push(space.clone());
        space.run(&["ip", "link", "set", "lo", "up"])?;
        Ok(space)
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for space in &self.spaces {
            end(&space.name);
        }
    }
}

impl Space {
    /// Returns a namespace that others made and name.
    pub fn of_others(name: String) -> Self {
        Self { name }
    }

    /// Returns the name under which ip(8) knows it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the file that stands for it.
    pub fn path(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.name)
    }

    /// Runs a command in it; returns what it printed, or why it failed.
    pub fn run(&self, words: &[&str]) -> Result<String, BedError> {
        self.feed(words, "")
    }

    /// Runs a line of words in it.
    pub fn line(&self, line: &str) -> Result<String, BedError> {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs a command in it that reads `input`.
    pub fn feed(&self, words: &[&str], input: &str) -> Result<String, BedError> {
        let mut all = vec!["ip", "netns", "exec", &self.name];
        all.extend(words);
        succeed(&self.name, &all, input)
    }

    /// Runs a command in it, whatever comes of it.
    pub fn output(&self, words: &[&str]) -> Result<Output, BedError> {
        Ok(self.command(words).output()?)
    }

    /// Returns a command that runs in it, in English and without colour.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name]).args(words);
        command.env("LANG", "C.UTF-8").env("NO_COLOR", "1").stdin(Stdio::null());
        command
    }

    /// Runs a command in it that prints JSON.
    pub fn json(&self, words: &[&str]) -> Result<serde_json::Value, BedError> {
        let text = self.run(words)?;
        // Where there is nothing, ip(8) prints nothing or an empty list.
        let text = if text.trim().is_empty() { "[]" } else { &text };
        Ok(serde_json::from_str(text).map_err(io::Error::other)?)
    }

    /// Runs code on a thread that entered it. A socket made there stays in it for life.
    pub fn inside<T: Send>(&self, body: impl FnOnce() -> T + Send) -> Result<T, BedError> {
        let file = File::open(self.path())?;
        thread::scope(|scope| {
            let work = scope.spawn(move || {
                let kind = Some(LinkNameSpaceType::Network);
                move_into_link_name_space(file.as_fd(), kind).map_err(io::Error::from)?;
                Ok(body())
            });
            work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }
}

/// Looks until `ready` says yes; an error after ten seconds.
pub fn eventually(what: &str, ready: impl FnMut() -> bool) -> Result<Duration, BedError> {
    within(Duration::from_secs(10), what, ready)
}

/// Looks until `ready` says yes; returns how long that took, or an error after `limit`.
pub fn within(
    limit: Duration,
    what: &str,
    mut ready: impl FnMut() -> bool,
) -> Result<Duration, BedError> {
    let begun = Instant::now();
    while !ready() {
        if begun.elapsed() > limit {
            return Err(BedError::Deadline(what.to_owned()));
        }
        thread::sleep(Duration::from_millis(2));
    }
    Ok(begun.elapsed())
}

/// Runs a command with `input`; returns what it printed, or why it failed.
fn succeed(space: &str, words: &[&str], input: &str) -> Result<String, BedError> {
    let (program, arguments) = words.split_first().unwrap_or((&"true", &[]));
    let mut child = Command::new(program)
        .args(arguments)
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // Dropped after writing, so that the reader sees the end. A command that reads nothing
    // may be gone by then, and says itself how it went.
    drop(child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BedError::Command {
        space: space.to_owned(),
        command: words.join(" "),
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Ends the processes of a namespace and takes its name away.
fn end(name: &str) {
    if let Ok(pids) = succeed("-", &["ip", "netns", "pids", name], "") {
        for pid in pids.split_whitespace() {
            // It may have ended by itself.
            drop(succeed("-", &["kill", "-9", pid], ""));
        }
    }
    for room in rooms(name) {
        drop(succeed("-", &["ip", "netns", "delete", &room], ""));
    }
    drop(succeed("-", &["ip", "netns", "delete", name], ""));
}

/// Namespaces of routers that the program made for the node that a namespace stands for.
fn rooms(name: &str) -> Vec<String> {
    let Ok(about) = fs::metadata(Path::new(FOLDER).join(name)) else { return Vec::new() };
    let prefix = format!("as-{:x}-", about.ino());
    let entries = fs::read_dir(FOLDER).into_iter().flatten().filter_map(Result::ok);
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name.starts_with(&prefix)).collect()
}

/// Takes away the beds whose maker `chosen` picks.
fn sweep(chosen: impl Fn(&str) -> bool) {
    let entries = fs::read_dir(FOLDER).into_iter().flatten().filter_map(Result::ok);
    let names: BTreeSet<String> =
        entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    for name in names {
        if maker(&name).is_some_and(&chosen) {
            end(&name);
        }
    }
}

/// Returns who made a namespace: process and start, `1234.567`.
fn maker(name: &str) -> Option<&str> {
    name.strip_prefix(PREFIX)?.split('-').next()
}

/// Returns this process as a maker.
fn itself() -> String {
    let pid = std::process::id();
    format!("{pid}.{}", started(pid).unwrap_or(0))
}

fn alive(maker: &str) -> bool {
    let (pid, start) = maker.split_once('.').unwrap_or((maker, ""));
    let found = pid.parse().ok().and_then(started);
    found.is_some_and(|found| found.to_string() == start)
}

/// Returns when a process started, in ticks since boot (`/proc/PID/stat`, field 22): a number
/// of a process comes back, the two together do not.
fn started(pid: u32) -> Option<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in brackets, which may hold anything.
    text.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// Has a thread take this process's beds away when it is told to end.
fn watch() {
    // Without handlers the next run cleans up, as after SIGKILL.
    let Ok(mut signals) = signal_hook::iterator::Signals::new([SIGINT, SIGTERM]) else { return };
    thread::spawn(move || {
        for signal in signals.forever() {
            sweep(|maker| maker == itself());
            drop(signal_hook::low_level::emulate_default_handler(signal));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_who_made_it_and_only_the_living_are_spared() {
        assert_eq!(maker("assay-bed-12.34-0-hA"), Some("12.34"));
        assert_eq!(maker("somebody-12.34-0-hA"), None);
        assert!(alive(&itself()));
        assert!(!alive(&format!("{}.1", std::process::id())));
        assert!(!alive("odd"));
    }
}
