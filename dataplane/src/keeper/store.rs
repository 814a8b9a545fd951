//! What outlives a keeper: the accepted state, beside the journal.
//!
//! An edge: files. The folder and its lock are those of
//! [`kernel::journal`](crate::kernel::journal), so that a keeper and a run by hand keep each other
//! out; `accepted` is the desired state with its generation, `applied` the copy that a run by
//! hand leaves too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use crate::journal::{Log, Past, Record};
use crate::kernel::journal::{self, Journal};

/// The accepted state, with its generation.
const ACCEPTED: &str = "accepted";
/// The state that was applied last, as its user wrote it.
const APPLIED: &str = "applied";

/// Where a keeper keeps what it is to know after its death.
pub trait Store: Log {
    /// Returns what was accepted last; nothing where nothing was.
    fn accepted(&self) -> io::Result<Option<String>>;
    /// Keeps what is accepted: on disk when it returns, and whole or not at all.
    fn accept(&mut self, text: &str) -> io::Result<()>;
    /// Returns what was applied last, by whomever.
    fn applied(&self) -> io::Result<Option<String>>;
    /// Keeps what is applied.
    fn apply(&mut self, text: &str) -> io::Result<()>;
    /// Returns what the journal says of the last run.
    fn past(&self) -> Past;
}

/// A folder that this process has the lock of.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    journal: Journal,
}

impl Disk {
    /// Returns the store in `folder`, whose lock is `journal`'s.
    pub fn new(folder: PathBuf, journal: Journal) -> Self {
        Self { folder, journal }
    }
}

impl Store for Disk {
    fn accepted(&self) -> io::Result<Option<String>> {
        read(&self.folder.join(ACCEPTED))
    }

    fn accept(&mut self, text: &str) -> io::Result<()> {
        write(&self.folder, ACCEPTED, text)
    }

    fn applied(&self) -> io::Result<Option<String>> {
        read(&self.folder.join(APPLIED))
    }

    fn apply(&mut self, text: &str) -> io::Result<()> {
        write(&self.folder, APPLIED, text)
    }

    fn past(&self) -> Past {
        journal::past(&self.folder).unwrap_or_default()
    }
}

impl Log for Disk {
    fn append(&mut self, record: &Record, durable: bool) -> io::Result<()> {
        self.journal.append(record, durable)
    }
}

fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes beside the old, syncs, and puts it in its place.
fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    let new = folder.join(format!("{name}.new"));
    let mut file =
        OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(text.as_bytes())?;
    file.sync_data()?;
    fs::rename(&new, folder.join(name))?;
    File::open(folder)?.sync_all()
}
