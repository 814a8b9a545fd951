//! One command of the program under test, and what it leaves in its folder.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use hw_tests::program;
use libtest_mimic::Failed;
use serde_json::Value;

use crate::lab::{Lab, name_of};

/// A test that takes longer than this is stuck: 25 rounds of 2 s, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(5);

/// How a command ended: its exit code, and what it said on stderr.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` where a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

/// A command that can be given again.
#[derive(Debug)]
pub(crate) struct Session {
    words: Vec<String>,
    out: PathBuf,
    state: PathBuf,
}

impl Session {
    /// Returns the smaller throughput test of `target`, which is named as it should be.
    pub(crate) fn new(lab: &Lab, target: &str, more: &[&str]) -> Result<Self, Failed> {
        let mut session = Self::unnamed(lab, target)?;
        if target.starts_with("/dev/") {
            session.words.extend(["--destroy".to_owned(), name_of(target)?]);
            session.words.push("--force-signature".to_owned());
        }
        session.words.extend(more.iter().map(|word| (*word).to_owned()));
        Ok(session)
    }

    /// Returns the same without a name to destroy by.
    pub(crate) fn unnamed(lab: &Lab, target: &str) -> Result<Self, Failed> {
        let out = tempfile::Builder::new().prefix("out").tempdir_in(lab.path("."))?.keep();
        // Nothing is there before the program makes it.
        fs::remove_dir(&out)?;
        let words = [
            "storage",
            "pts",
            target,
            "--fast",
            "--test",
            "throughput",
            "--cell-time",
            "1s",
            "--lang",
            "en",
            "--out",
        ];
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        words.push(out.display().to_string());
        Ok(Self { words, out, state: lab.path("state") })
    }

    /// Returns the command on another device, with the same folder.
    pub(crate) fn of(&self, target: &str) -> Result<Self, Failed> {
        let mut words = self.words.clone();
        target.clone_into(words.get_mut(2).ok_or("no target")?);
        let named = words.iter().position(|word| word == "--destroy").ok_or("not named")?;
        *words.get_mut(named + 1).ok_or("no name")? = name_of(target)?;
        Ok(Self { words, out: self.out.clone(), state: self.state.clone() })
    }

    pub(crate) fn out(&self) -> &Path {
        &self.out
    }

    fn start(&self, more: &[&str]) -> Result<(Child, PathBuf), Failed> {
        let said = self.out.with_extension("stderr");
        let child = Command::new(program::assay()?)
            .args(&self.words)
            .args(more)
            .env("LANG", "C.UTF-8")
            .env("XDG_STATE_HOME", &self.state)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&said)?)
            .spawn()?;
        Ok((child, said))
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, more: &[&str]) -> Result<Ended, Failed> {
        let (mut child, said) = self.start(more)?;
        wait(&mut child, || false)?;
        ended(child, &said)
    }

    /// Runs the command until its journal has `count` lines, then sends it a signal.
    pub(crate) fn stopped_after(&self, count: usize, signal: &str) -> Result<Ended, Failed> {
        let (mut child, said) = self.start(&[])?;
        wait(&mut child, || self.lines().is_ok_and(|lines| lines.len() >= count))?;
        let pid = child.id().to_string();
        Command::new("kill").args(["-s", signal, &pid]).status()?;
        wait(&mut child, || false)?;
        ended(child, &said)
    }

    /// Returns the whole lines of the journal.
    pub(crate) fn lines(&self) -> Result<Vec<String>, Failed> {
        let text = fs::read_to_string(self.out.join("journal.jsonl"))?;
        let whole = text.rfind('\n').map_or(0, |at| at + 1);
        Ok(text[..whole].lines().map(str::to_owned).collect())
    }

    pub(crate) fn document(&self) -> Result<Value, Failed> {
        let document: Value = serde_json::from_slice(&fs::read(self.out.join("storage.json"))?)?;
        ensure(document["schema"] == "storage/v1", || document["schema"].to_string())?;
        Ok(document)
    }
}

/// Waits until the child ended or `enough` holds; kills one that takes too long.
#[expect(clippy::disallowed_methods, reason = "waits for a condition until a deadline")]
fn wait(child: &mut Child, enough: impl Fn() -> bool) -> Result<(), Failed> {
    let deadline = Instant::now() + PATIENCE;
    while child.try_wait()?.is_none() && !enough() {
        if Instant::now() > deadline {
            child.kill()?;
            child.wait()?;
            return Err(Failed::from("it took too long"));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

fn ended(mut child: Child, said: &Path) -> Result<Ended, Failed> {
    let code = child.wait()?.code();
    Ok(Ended { code, said: fs::read_to_string(said)? })
}

/// Fails with what `why` says unless `held`.
pub(crate) fn ensure(held: bool, why: impl FnOnce() -> String) -> Result<(), Failed> {
    if held { Ok(()) } else { Err(Failed::from(why())) }
}
