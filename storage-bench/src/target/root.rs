//! The machine looked at: this one, or a tree of files that stands for one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Where `/sys`, `/proc` and `/dev` are.
#[derive(Clone, Debug)]
pub struct Root {
    base: PathBuf,
    live: bool,
}

impl Root {
    /// Returns the machine we run on.
    pub fn live() -> Self {
        Self { base: PathBuf::from("/"), live: true }
    }

    /// Returns the machine that the folder `base` stands for.
    ///
    /// Its devices are regular files under `dev`, by their kernel's names; no device can
    /// be asked anything there.
    pub fn at(base: impl Into<PathBuf>) -> Self {
        Self { base: base.into(), live: false }
    }

    /// Returns whether this is the machine we run on.
    pub fn is_live(&self) -> bool {
        self.live
    }

    /// Returns where `path` of that machine is on ours.
    pub(super) fn host(&self, path: &str) -> PathBuf {
        if self.live { PathBuf::from(path) } else { self.base.join(path.trim_start_matches('/')) }
    }

    /// Returns the place of `host` on that machine.
    pub(super) fn inside(&self, host: &Path) -> String {
        if self.live {
            return host.display().to_string();
        }
        let base = self.base.canonicalize().unwrap_or_else(|_missing| self.base.clone());
        let inside = host.strip_prefix(&base).or_else(|_else| host.strip_prefix(&self.base));
        format!("/{}", inside.unwrap_or(host).display())
    }

    /// Returns the text of a small file.
    pub(super) fn text(&self, path: &str) -> io::Result<String> {
        let bytes = fs::read(self.host(path))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Returns the names in a directory, sorted; none of one that is missing.
    pub(super) fn list(&self, path: &str) -> io::Result<Vec<String>> {
        names(&self.host(path))
    }
}

/// Returns the names in a directory, sorted; none of one that is missing.
pub(super) fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let mut names = Vec::new();
    for entry in entries {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    tiny_sort::stable::sort(&mut names);
    Ok(names)
}
