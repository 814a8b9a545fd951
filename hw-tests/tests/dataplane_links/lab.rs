//! A network namespace of the test's own, and what iproute2 reads there.

use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use dataplane::kernel::links::route::Route;
use dataplane::kernel::namespace::{Namespace, inside};
use libtest_mimic::Failed;
use serde_json::Value;

/// A namespace, gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) name: String,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let lab = Self { name: format!("assay-links-{}-{count}", std::process::id()) };
        run("ip", &["netns", "add", &lab.name])?;
        Ok(lab)
    }

    pub(crate) fn path(&self) -> PathBuf {
        PathBuf::from("/run/netns").join(&self.name)
    }

    pub(crate) fn route(&self) -> Result<Route, Failed> {
        Ok(inside(Namespace::Path(&self.path()), Route::open)?)
    }

    pub(crate) fn ip(&self, command: &str) -> Result<String, Failed> {
        let words = command.split_whitespace();
        run("ip", &["-n", &self.name].into_iter().chain(words).collect::<Vec<_>>())
    }

    /// What `ip -j -d` or `bridge -j -d` says.
    pub(crate) fn json(&self, program: &str, command: &str) -> Result<Vec<Value>, Failed> {
        let words = ["-n", &self.name, "-j", "-d"].into_iter().chain(command.split_whitespace());
        let text = run(program, &words.collect::<Vec<_>>())?;
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        Ok(serde_json::from_str(&text)?)
    }

    pub(crate) fn link(&self, name: &str) -> Result<Value, Failed> {
        let all = self.json("ip", "link show")?;
        let mut named = all.into_iter().filter(|link| link["ifname"] == name);
        named.next().ok_or_else(|| format!("`ip` shows no `{name}`").into())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if let Err(error) = run("ip", &["netns", "del", &self.name]) {
            eprintln!("{}: {error:?}", self.name);
        }
    }
}

pub(crate) fn run(program: &str, words: &[&str]) -> Result<String, Failed> {
    let output = Command::new(program).args(words).output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(format!("{program} {}: {said}", words.join(" ")).into());
    }
    Ok(String::from_utf8(output.stdout)?)
}
