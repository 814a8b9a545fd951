//! Edge: the folder that keeps documents until they are delivered.
//!
//! ```text
//! spool/            0700, ours
//!   lock            held while an entry comes in, leaves or moves
//!   flush.lock      held by the one process that delivers
//!   queue/          one file an entry, named by its place in the order
//!   refused/        entries that a receiver will never take, each with its `.why`
//! ```
//!
//! An entry is in the queue when its file has its name: written beside it, on
//! stable storage, then renamed, then the folder on stable storage. A kill
//! before that leaves a `.tmp-` file, which the next holder of the lock removes.

pub mod folder;
#[cfg(test)]
mod tests;

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FlockOperation, flock},
    io::Errno,
};

use self::folder::Folder;
use super::entry::{Entry, EntryError, Name};

/// How much the spool holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries, those refused included.
    pub count: u64,
    /// Bytes, those refused included.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { count: 10_000, bytes: 1 << 30 }
    }
}

/// No single document is larger: a report without its evidence is far smaller.
pub const LARGEST_ENTRY: u64 = 64 << 20;

/// Why the spool cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum SpoolError {
    /// The folder or a file in it may be another user's work.
    #[error("`{}` {why}", path.display())]
    Hostile { path: PathBuf, why: String },
    /// There is no room.
    #[error("the spool `{}` is full: {count} documents, {bytes} bytes", path.display())]
    Full { path: PathBuf, count: u64, bytes: u64 },
    /// The document is larger than any may be.
    #[error("the document has {bytes} bytes, more than {LARGEST_ENTRY}")]
    TooLarge { bytes: u64 },
    /// The kernel refused.
    #[error("cannot {action} `{}`", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// A file of the queue is not what was put there.
    #[error("`{}` is no entry", path.display())]
    Damaged { path: PathBuf, source: EntryError },
}

impl SpoolError {
    /// What the operator can do about it, in Chinese and English, where we know.
    pub fn hint(&self) -> Option<(String, String)> {
        match self {
            Self::Hostile { path, .. } => Some((
                format!("查明原因后再用，或以 --spool 另给一个只属于你的目录（{}）", path.display()),
                "find out how it came about, or name a folder of your own with --spool".to_owned(),
            )),
            Self::Full { .. } => Some((
                "接收端恢复后运行 `assay inventory push --flush`；或加大 --spool-max-count、--spool-max-mib"
                    .to_owned(),
                "run `assay inventory push --flush` once the receiver is back, or raise \
                 --spool-max-count and --spool-max-mib"
                    .to_owned(),
            )),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => Some((
                "用 --spool 给出可写的目录".to_owned(),
                "name a folder that you may write to with --spool".to_owned(),
            )),
            Self::TooLarge { .. } | Self::Io { .. } | Self::Damaged { .. } => None,
        }
    }
}

/// What became of an entry that was to be queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is in the queue, on stable storage.
    New(Name),
    /// The same document for the same endpoint was there already.
    Already(Name),
}

impl Queued {
    /// Returns the entry's name.
    pub fn name(&self) -> &Name {
        match self {
            Self::New(name) | Self::Already(name) => name,
        }
    }
}

/// An entry that a receiver refused for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedEntry {
    /// Its name.
    pub name: Name,
    /// Its file.
    pub path: PathBuf,
    /// Why, as it was answered.
    pub why: String,
}

/// The folder, opened and found to be ours.
#[derive(Debug)]
pub struct Spool {
    root: Folder,
    queue: Folder,
    refused: Folder,
    limits: Limits,
}

/// A lock, held until dropped.
#[derive(Debug)]
pub struct Held {
    _file: OwnedFd,
}

impl Spool {
    /// Opens the spool at `path`, making it where it is not there.
    pub fn open(path: &Path, limits: Limits) -> Result<Self, SpoolError> {
        let root = Folder::make(path)?;
        let queue = root.sub("queue")?;
        let refused = root.sub("refused")?;
        Ok(Self { root, queue, refused, limits })
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// Returns the lock that the delivering process holds; `None` while another has it.
    pub fn try_flush_lock(&self) -> Result<Option<Held>, SpoolError> {
        let file = self.root.lock_file("flush.lock")?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Held { _file: file })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(self.root.io("lock", "flush.lock", error)),
        }
    }

    /// Waits for the lock on the folders; held for the length of one change.
    fn lock(&self) -> Result<Held, SpoolError> {
        let file = self.root.lock_file("lock")?;
        loop {
            match flock(&file, FlockOperation::LockExclusive) {
                Ok(()) => break,
                Err(Errno::INTR) => {}
                Err(error) => return Err(self.root.io("lock", "lock", error)),
            }
        }
        // Whoever holds the lock knows that no other is writing.
        for folder in [&self.queue, &self.refused] {
            folder.remove_unfinished()?;
        }
        Ok(Held { _file: file })
    }

    /// Puts `entry` at the end of the queue. When this returns, it is on stable
    /// storage.
    pub fn enqueue(&self, entry: &Entry) -> Result<Queued, SpoolError> {
        let bytes = entry
            .encode()
            .map_err(|source| SpoolError::Damaged { path: self.path().to_owned(), source })?;
        let length = bytes.len() as u64;
        if length > LARGEST_ENTRY {
            return Err(SpoolError::TooLarge { bytes: length });
        }
        let _held = self.lock()?;
        let (key, route) = (entry.document.key(), entry.route.tag());
        let queued = self.queue.entries()?;
        let refused = self.refused.entries()?;
        let same = queued.iter().find(|(name, _)| name.key == key && name.route == route);
        if let Some((name, _)) = same {
            return Ok(Queued::Already(name.clone()));
        }
        let all = || queued.iter().chain(&refused);
        let count = all().count() as u64;
        let held: u64 = all().map(|(_, bytes)| bytes).sum();
        if count >= self.limits.count || held.saturating_add(length) > self.limits.bytes {
            return Err(SpoolError::Full { path: self.path().to_owned(), count, bytes: held });
        }
        let last = all().map(|(name, _)| name.sequence).max().unwrap_or(0);
        let name = Name { sequence: last.saturating_add(1), key, route };
        self.queue.write(&name.file(), &bytes)?;
        Ok(Queued::New(name))
    }

    /// Returns the queue's entries in order.
    pub fn queued(&self) -> Result<Vec<Name>, SpoolError> {
        Ok(self.queue.entries()?.into_iter().map(|(name, _)| name).collect())
    }

    /// Returns the entry of that name; `None` where it is gone meanwhile.
    pub fn read(&self, name: &Name) -> Result<Option<Entry>, SpoolError> {
        let Some(bytes) = self.queue.read(&name.file(), LARGEST_ENTRY)? else { return Ok(None) };
        let damaged =
            |source| SpoolError::Damaged { path: self.queue.path().join(name.file()), source };
        let entry = Entry::decode(&bytes).map_err(damaged)?;
        if entry.document.key() != name.key || entry.route.tag() != name.route {
            return Err(damaged(EntryError::Damaged));
        }
        Ok(Some(entry))
    }

    /// Removes what was delivered.
    pub fn remove(&self, name: &Name) -> Result<(), SpoolError> {
        let _held = self.lock()?;
        self.queue.remove(&name.file())?;
        self.queue.sync()
    }

    /// Sets aside what will never be taken, with the reason beside it.
    pub fn set_aside(&self, name: &Name, why: &str) -> Result<PathBuf, SpoolError> {
        let _held = self.lock()?;
        let file = name.file();
        // The reason first: an entry without one would be a riddle.
        self.refused.write(&why_file(&file), why.as_bytes())?;
        self.queue.rename(&file, &self.refused, &file)?;
        Ok(self.refused.path().join(file))
    }

    /// Returns what was set aside.
    pub fn refused(&self) -> Result<Vec<RefusedEntry>, SpoolError> {
        let mut refused = Vec::new();
        for (name, _) in self.refused.entries()? {
            let why = self.refused.read(&why_file(&name.file()), 64 * 1024)?;
            let why = String::from_utf8_lossy(&why.unwrap_or_default()).trim().to_owned();
            refused.push(RefusedEntry { path: self.refused.path().join(name.file()), name, why });
        }
        Ok(refused)
    }

    /// Puts what was set aside back where it was in the order.
    pub fn requeue(&self) -> Result<u64, SpoolError> {
        let _held = self.lock()?;
        let mut moved = 0;
        for (name, _) in self.refused.entries()? {
            let file = name.file();
            self.refused.rename(&file, &self.queue, &file)?;
            self.refused.remove(&why_file(&file))?;
            moved += 1;
        }
        self.refused.sync()?;
        Ok(moved)
    }
}

fn why_file(entry: &str) -> String {
    format!("{}.why", entry.trim_end_matches(".entry"))
}
