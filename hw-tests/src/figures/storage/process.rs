//! One program from start to end: its processor time, its peak memory, what it printed.
//!
//! GNU time reports the child alone by `wait4`, its threads and the kernel's io-wq workers
//! of its rings included, to 10 ms: that is 0.2 % of a run of 5 s on one processor.

#![expect(clippy::disallowed_methods, reason = "waits for a process, and measures it")]

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use super::super::{CaseError, interrupt};

/// A program that runs, in a process group of its own; ended when dropped.
#[derive(Debug)]
pub(in super::super) struct Running {
    name: String,
    child: Child,
    folder: TempDir,
    began: Instant,
    ended: bool,
}

/// What a program came to.
#[derive(Clone, Debug)]
pub(in super::super) struct Ran {
    /// Its exit code; −1 for a signal.
    pub(in super::super) code: i32,
    /// User time, in nanoseconds.
    pub(in super::super) user_ns: f64,
    /// User and system time, in nanoseconds.
    pub(in super::super) cpu_ns: f64,
    /// Largest resident set.
    pub(in super::super) peak_bytes: u64,
    /// What it printed on stdout.
    pub(in super::super) stdout: String,
    /// What it printed on stderr.
    pub(in super::super) stderr: String,
    /// Wall time, to 10 ms.
    pub(in super::super) seconds: f64,
}

impl Ran {
    /// Returns the end of what it said, for an error.
    pub(in super::super) fn said(&self) -> String {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = text.lines().rev().take(6).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join(" / ")
    }
}

/// Starts `words`, inside the control group `group` where one is named.
pub(in super::super) fn start(
    words: &[String],
    group: Option<&Path>,
) -> Result<Running, CaseError> {
    let folder = tempfile::Builder::new().prefix("assay-figures-").tempdir()?;
    let mut command = match group {
        Some(group) => {
            let mut shell = inside(group);
            shell.arg("/usr/bin/time");
            shell
        }
        None => Command::new("/usr/bin/time"),
    };
    command.args(["-q", "-f", "%U %S %M", "-o"]).arg(folder.path().join("time")).args(words);
    command.env("LC_ALL", "C").env("NO_COLOR", "1");
    command.stdin(Stdio::null());
    command.stdout(File::create(folder.path().join("stdout"))?);
    command.stderr(File::create(folder.path().join("stderr"))?);
    let began = Instant::now();
    let child = command.process_group(0).spawn()?;
    let name = words.first().map_or_else(String::new, Clone::clone);
    let name = PathBuf::from(name).file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Running { name, child, folder, began, ended: false })
}

/// Returns a command that enters a control group and then becomes its arguments, so that all
/// of them is inside from the start.
pub(in super::super) fn inside(group: &Path) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "echo $$ > \"$0\"/cgroup.procs && exec \"$@\""]).arg(group);
    shell
}

impl Running {
    /// Returns the number of the program's own process, once GNU time has started it.
    pub(in super::super) fn program(&self) -> Option<u32> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).ok()?;
        children.split_whitespace().next()?.parse().ok()
    }

    /// Waits until it ends by itself, or until the operator wants all to end.
    pub(in super::super) fn finish(mut self) -> Result<Ran, CaseError> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if interrupt::asked() {
                return Err(CaseError::Failed("stopped by a signal".to_owned()));
            }
            thread::sleep(Duration::from_millis(10));
        };
        self.ended = true;
        let seconds = self.began.elapsed().as_secs_f64();
        let read = |name: &str| fs::read(self.folder.path().join(name));
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        let (stdout, stderr) = (text(read("stdout")?), text(read("stderr")?));
        let time = read("time").map(text).unwrap_or_default();
        let numbers: Vec<f64> =
            time.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let [user, system, kibibytes] = numbers.as_slice() else {
            let said = format!("{time} {stderr}");
            return Err(CaseError::Failed(format!("`{}` did not run: {}", self.name, said.trim())));
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "GNU time prints whole kibibytes"
        )]
        let peak_bytes = *kibibytes as u64 * 1024;
        Ok(Ran {
            code: status.code().unwrap_or(-1),
            user_ns: user * 1e9,
            cpu_ns: (user + system) * 1e9,
            peak_bytes,
            stdout,
            stderr,
            seconds,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.ended {
            end(&mut self.child);
        }
    }
}

/// Ends a process that leads a group, with all of its group.
pub(in super::super) fn end(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    if let Some(group) = group {
        // One that ended by itself has no group any more.
        kill_process_group(group, Signal::KILL).ok();
    }
    // Killed, it is over; nobody is left to tell if waiting fails.
    drop(child.wait());
}

/// Runs `words` to their end.
pub(in super::super) fn run(words: &[String]) -> Result<Ran, CaseError> {
    start(words, None)?.finish()
}

/// Waits, unless the operator wants all to end.
pub(in super::super) fn pause(time: Duration) -> Result<(), CaseError> {
    let step = Duration::from_millis(10);
    let mut left = time;
    while !left.is_zero() {
        if interrupt::asked() {
            return Err(CaseError::Failed("stopped by a signal".to_owned()));
        }
        let part = left.min(step);
        thread::sleep(part);
        left -= part;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn what_a_program_printed_and_how_it_ended_is_kept() {
        if !Path::new("/usr/bin/time").is_file() {
            return;
        }
        let ran = run(&words(&["sh", "-c", "echo out; echo err >&2; exit 3"])).unwrap();
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (3, "out\n", "err\n"));
        assert!(ran.peak_bytes > 0);
    }

    #[test]
    fn a_program_that_is_dropped_has_ended() {
        if !Path::new("/usr/bin/time").is_file() {
            return;
        }
        let running = start(&words(&["sleep", "1000"]), None).unwrap();
        let folder = format!("/proc/{}", running.child.id());
        assert!(Path::new(&folder).exists());
        drop(running);
        assert!(!Path::new(&folder).exists());
    }
}
