//! Commands of the operator: what makes and deletes snapshots, what asks the array.
//!
//! A command runs by `sh -c` in a process group of its own, so that Ctrl-C on the terminal
//! stops the load and not a deletion half way. What it prints is kept.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::{
    fs::MemfdFlags,
    process::{Pid, Signal, kill_process_group},
};
use storage_bench::abba::Hook;

use crate::{clock, console::Console, failure::one_line, progress::Progress};

/// How long a command may take: an array makes a snapshot in seconds; one that asks for a
/// password never ends.
const MOST_TIME: Duration = Duration::from_mins(10);
/// How often a command is looked after.
const BEAT: Duration = Duration::from_millis(10);
/// How much of what a command prints is kept: the end, where the reason is.
const KEPT_BYTES: u64 = 4096;

/// A command that ran, or did not.
#[derive(Clone, Debug)]
pub(super) struct Ran {
    /// Why it did not work; `None` where it did.
    pub(super) failed: Option<String>,
    /// Whether it ended by itself.
    pub(super) ended: bool,
    /// How long it took.
    pub(super) took: Duration,
    /// The end of its stdout.
    pub(super) out: String,
    /// The end of its stderr.
    pub(super) err: String,
}

impl Ran {
    /// Returns it as evidence.
    pub(super) fn hook(&self, what: &str, snapshot: &str, command: &str) -> Hook {
        let mut output = self.out.clone();
        output.push_str(&self.err);
        Hook {
            what: what.to_owned(),
            snapshot: snapshot.to_owned(),
            command: command.to_owned(),
            failed: self.failed.clone(),
            took_ns: u64::try_from(self.took.as_nanos()).unwrap_or(u64::MAX),
            output,
        }
    }
}

/// Runs a command with these variables and waits for its end.
pub(super) fn shell(command: &str, variables: &[(&str, &str)], console: &Console) -> Ran {
    let start = clock::instant();
    let line = Progress::start(console.progress, &format!("sh -c '{}'", one_line(command)));
    let ran = try_shell(command, variables, MOST_TIME);
    drop(line);
    let took = start.elapsed();
    match ran {
        Ok((failed, out, err)) => Ran { failed, ended: took < MOST_TIME, took, out, err },
        Err(error) => {
            let failed = Some(format!("sh: {error}"));
            Ran { failed, ended: true, took, out: String::new(), err: String::new() }
        }
    }
}

/// Returns why a command did not work, and what it printed to both streams.
fn try_shell(
    command: &str,
    variables: &[(&str, &str)],
    most: Duration,
) -> io::Result<(Option<String>, String, String)> {
    // Files and not pipes: a process that the command leaves behind may hold them open.
    let (mut out, mut err) = (memory("out")?, memory("err")?);
    let mut child = Command::new("sh")
        .arg("-c")
        .arg(command)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(err.try_clone()?)
        .process_group(0)
        .spawn()?;
    let status = wait(&mut child, most)?;
    let (out, err) = (tail(&mut out)?, tail(&mut err)?);
    let failed = match status {
        Some(status) => why(status).map(|why| with_last_line(why, &err, &out)),
        None => Some(with_last_line(format!("no end after {} s", most.as_secs()), &err, &out)),
    };
    Ok((failed, out, err))
}

/// Waits for the end of a command, or ends its whole group; `None` of the latter.
#[expect(clippy::disallowed_methods, reason = "waits for a process until a deadline")]
fn wait(child: &mut Child, most: Duration) -> io::Result<Option<ExitStatus>> {
    let start = clock::instant();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if start.elapsed() > most {
            if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
                kill_process_group(group, Signal::KILL).map_err(io::Error::from)?;
            }
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(BEAT);
    }
}

fn memory(name: &str) -> io::Result<File> {
    Ok(File::from(rustix::fs::memfd_create(name, MemfdFlags::CLOEXEC)?))
}

fn tail(file: &mut File) -> io::Result<String> {
    let length = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(length.saturating_sub(KEPT_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(KEPT_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn why(status: ExitStatus) -> Option<String> {
    if status.success() {
        return None;
    }
    let code = status.code().map(|code| format!("exit {code}"));
    code.or_else(|| status.signal().map(|signal| format!("signal {signal}")))
        .or_else(|| Some("no exit code".to_owned()))
}

/// Adds the last line of what a command said about it.
fn with_last_line(why: String, err: &str, out: &str) -> String {
    let last = |text: &str| text.lines().rev().map(one_line).find(|line| !line.is_empty());
    match last(err).or_else(|| last(out)) {
        Some(line) => format!("{why}: {line}"),
        None => why,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    #[test]
    fn a_command_sees_its_variables_and_what_it_prints_is_kept() {
        let variables = [("ASSAY_SNAPSHOT", "s1"), ("ASSAY_TARGET", "/dev/x y")];
        let command = "echo \"$ASSAY_SNAPSHOT of $ASSAY_TARGET\"; echo warned >&2";
        let (failed, out, err) = try_shell(command, &variables, SOON).unwrap();
        assert_eq!((failed, out.as_str(), err.as_str()), (None, "s1 of /dev/x y\n", "warned\n"));
    }

    #[test]
    fn a_command_that_fails_says_why_by_its_last_line() {
        let last = |command: &str| try_shell(command, &[], SOON).unwrap().0.unwrap();
        assert_eq!(last("echo first >&2; echo 'no space' >&2; exit 7"), "exit 7: no space");
        assert_eq!(last("echo told; exit 2"), "exit 2: told");
        assert_eq!(last("exit 1"), "exit 1");
        assert_eq!(last("kill -9 $$"), "signal 9");
        assert!(last("no-such-program").contains("not found"));
    }

    #[test]
    fn a_command_without_an_end_is_ended_with_all_that_it_started() {
        let most = Duration::from_millis(300);
        let (failed, out, _) = try_shell("sleep 600 & echo $!; wait", &[], most).unwrap();
        assert_eq!(failed.unwrap(), format!("no end after 0 s: {}", out.trim()));
        // Killed, and reaped by whoever is init here: gone, or a zombie until then.
        let there = format!("/proc/{}/stat", out.trim());
        let start = clock::instant();
        loop {
            let state = std::fs::read_to_string(&there).unwrap_or_default();
            if state.is_empty() || state.contains(") Z ") {
                break;
            }
            assert!(start.elapsed() < SOON, "{state}");
            thread::yield_now();
        }
    }

    #[test]
    fn a_process_left_behind_does_not_hold_the_acceptance_up() {
        let start = clock::instant();
        let (failed, out, _) = try_shell("sleep 5 & echo $!", &[], SOON).unwrap();
        assert!(failed.is_none() && start.elapsed() < Duration::from_secs(4));
        let left = out.trim().parse().ok().and_then(Pid::from_raw).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
    }

    #[test]
    fn the_end_of_a_long_output_is_kept() {
        let (_, out, _) = try_shell("seq 1 10000", &[], SOON).unwrap();
        assert!(out.len() <= 4096 && out.ends_with("9999\n10000\n"));
    }
}
