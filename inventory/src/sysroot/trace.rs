//! What was asked of a root: the list from which a recording is made.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, PoisonError};

/// Everything that was asked of a root.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    seen: Mutex<Seen>,
}

/// What a [`Trace`] holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// Files that were read, with what was read: a counter read again would
    /// have moved on.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Directories that were listed.
    pub(crate) dirs: BTreeSet<String>,
    /// Paths that were asked after.
    pub(crate) visited: BTreeSet<String>,
    /// What could not be read though it is there, by error number.
    pub(crate) errors: BTreeMap<String, i32>,
}

impl Trace {
    pub(crate) fn read(&self, path: &str, read: &io::Result<Vec<u8>>) {
        self.edit(|seen| match read {
            Ok(bytes) => {
                seen.files.insert(path.to_owned(), bytes.clone());
            }
            Err(error) => seen.fail(path, Some(error)),
        });
    }

    /// Notes the answer to a question that no file holds.
    pub(crate) fn answer(&self, path: &str, bytes: Vec<u8>) {
        self.edit(|seen| {
            seen.files.insert(path.to_owned(), bytes);
        });
    }

    /// Notes that a question was refused.
    pub(crate) fn refuse(&self, path: &str, error: &io::Error) {
        self.edit(|seen| seen.fail(path, Some(error)));
    }

    pub(crate) fn list(&self, path: &str, error: Option<&io::Error>) {
        self.edit(|seen| match error {
            None => {
                seen.dirs.insert(path.to_owned());
            }
            Some(_) => seen.fail(path, error),
        });
    }

    pub(crate) fn visit(&self, path: &str) {
        self.edit(|seen| {
            seen.visited.insert(path.to_owned());
        });
    }

    /// Returns what was seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn edit(&self, how: impl FnOnce(&mut Seen)) {
        how(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Seen {
    /// Notes why `path` could not be read, unless it is not there at all.
    fn fail(&mut self, path: &str, error: Option<&io::Error>) {
        let Some(error) = error else { return };
        if error.kind() == io::ErrorKind::NotFound {
            return;
        }
        if let Some(number) = error.raw_os_error() {
            self.errors.insert(path.to_owned(), number);
        }
    }
}
