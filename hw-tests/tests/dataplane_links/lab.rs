//! A network namespace of the test's own, and what iproute2 reads there.

use std::path::PathBuf;

use dataplane::kernel::links::route::Route;
use dataplane::kernel::namespace::{Namespace, inside};
use hw_tests::network::{Bed, Space};
use libtest_mimic::Failed;
use serde_json::Value;

/// A namespace, gone when it is dropped.
pub(crate) struct Lab {
    pub(crate) space: Space,
    _bed: Bed,
}

impl Lab {
    pub(crate) fn new() -> Result<Self, Failed> {
        let mut bed = Bed::new()?;
        Ok(Self { space: bed.space("links")?, _bed: bed })
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.space.path()
    }

    pub(crate) fn route(&self) -> Result<Route, Failed> {
        Ok(inside(Namespace::Path(&self.path()), Route::open)?)
    }

    pub(crate) fn ip(&self, command: &str) -> Result<String, Failed> {
        Ok(self.space.line(&format!("ip {command}"))?)
    }

    /// What `ip -j -d` or `bridge -j -d` says.
    pub(crate) fn json(&self, program: &str, command: &str) -> Result<Vec<Value>, Failed> {
        let words = [program, "-j", "-d"].into_iter().chain(command.split_whitespace());
        match self.space.json(&words.collect::<Vec<_>>())? {
            Value::Array(all) => Ok(all),
            other => Err(format!("no list: {other}").into()),
        }
    }

    pub(crate) fn link(&self, name: &str) -> Result<Value, Failed> {
        let all = self.json("ip", "link show")?;
        let mut named = all.into_iter().filter(|link| link["ifname"] == name);
        named.next().ok_or_else(|| format!("`ip` shows no `{name}`").into())
    }
}
