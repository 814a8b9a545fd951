//! A journal in a file on another disk.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::OFlags;

use crate::integrity::elsewhere::{self, Device};
use crate::integrity::generation::Width;
use crate::integrity::journal::replay::{Replay, Replayed};
use crate::integrity::journal::{
    BATCH_BYTES, Encoder, HEADER_BYTES, Header, Intent, JournalError, Record,
};

/// A journal being written, by many threads at once.
#[derive(Debug)]
pub struct JournalFile {
    path: PathBuf,
    log: Mutex<Log>,
}

#[derive(Debug)]
struct Log {
    file: File,
    encoder: Encoder,
    /// Records that are not in the file yet.
    pending: Vec<u8>,
    intents: u64,
    /// Set with the first write that failed: what would follow it could not be read.
    broken: bool,
}

/// Where a journal may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// On another disk than the target only: one that fails takes its journal with it.
    #[default]
    Elsewhere,
    /// On the target's disk too (`--journal-same-device`): for crashes of the host, not of
    /// the disk.
    SameDevice,
}

/// Why a journal could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum JournalFileError {
    /// A file of that name exists.
    #[error("journal `{path}` exists")]
    Exists { path: String },
    /// It is on the disk that is verified.
    #[error("journal `{path}` is on the disk that it tells of ({device})")]
    SameDevice { path: String, device: Device },
    /// The kernel refused.
    #[error("cannot {verb} journal `{path}`")]
    Io { verb: &'static str, path: String, source: io::Error },
    /// It cannot be used.
    #[error("cannot use journal `{path}`")]
    Unusable { path: String, source: JournalError },
    /// It tells of another volume.
    #[error("journal `{path}` tells of another volume than the target")]
    OtherVolume { path: String },
}

impl JournalFileError {
    /// Returns what the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some(
                "it may be what a crashed run is judged by: remove it, or name another".to_owned(),
            ),
            Self::SameDevice { .. } => Some(
                "put it on another disk or host, or accept the risk with `--journal-same-device`"
                    .to_owned(),
            ),
            Self::Unusable { source, .. } => source.hint(),
            Self::OtherVolume { .. } => {
                Some("name the target that the journal was written for".to_owned())
            }
            Self::Io { .. } => None,
        }
    }
}

impl JournalFile {
    /// Creates the journal of `target` at `path`, on another disk unless `place` says
    /// otherwise.
    ///
    /// # Errors
    /// Where it exists, is on the target's disk, or cannot be written.
    pub fn create(
        path: &Path,
        header: &Header,
        target: &File,
        place: Place,
    ) -> Result<Self, JournalFileError> {
        let shown = || path.display().to_string();
        let failed = |verb| move |source| JournalFileError::Io { verb, path: shown(), source };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(0o600);
        let dsync = OFlags::DSYNC.bits().cast_signed();
        let mut file = options.custom_flags(dsync).open(path).map_err(|source| {
            if source.kind() == io::ErrorKind::AlreadyExists {
                JournalFileError::Exists { path: shown() }
            } else {
                JournalFileError::Io { verb: "create", path: shown(), source }
            }
        })?;
        let made = Made { path, keep: false };
        if place == Place::Elsewhere {
            let shared = elsewhere::shared(&file, target).map_err(failed("place"))?;
            if let Some(device) = shared.first() {
                return Err(JournalFileError::SameDevice { path: shown(), device: *device });
            }
        }
        let (encoder, header) = Encoder::new(header);
        file.write_all(&header).map_err(failed("write"))?;
        // The name has to survive a power loss as well.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = File::open(folder.unwrap_or(Path::new(".")));
        folder.and_then(|folder| folder.sync_all()).map_err(failed("write"))?;
        made.keep();
        let log = Log {
            file,
            encoder,
            pending: Vec::with_capacity(BATCH_BYTES),
            intents: 0,
            broken: false,
        };
        Ok(Self { path: path.to_owned(), log: Mutex::new(log) })
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Notes what is about to be submitted, and returns when that is on disk, with the
    /// number of the first intent.
    ///
    /// # Errors
    /// Where the disk refuses: then nothing may be submitted.
    pub fn intend(&self, intents: &[Intent]) -> Result<u64, JournalFileError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let first = log.intents;
        for intent in intents {
            log.push(&Record::Intent(*intent));
            log.intents += 1;
        }
        self.written(log.write())?;
        Ok(first)
    }

    /// Notes something that need not be on disk at once.
    pub fn note(&self, record: &Record) {
        self.log.lock().unwrap_or_else(PoisonError::into_inner).push(record);
    }

    /// Notes something, and returns when all that was noted is on disk.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn commit(&self, record: &Record) -> Result<(), JournalFileError> {
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push(record);
        self.written(log.write())
    }

    /// Notes that the run ended in order.
    ///
    /// # Errors
    /// Where the disk refuses.
    pub fn close(&self) -> Result<(), JournalFileError> {
        self.commit(&Record::Closed)
    }

    fn written(&self, result: io::Result<()>) -> Result<(), JournalFileError> {
        let path = || self.path.display().to_string();
        result.map_err(|source| JournalFileError::Io { verb: "write", path: path(), source })
    }
}

impl Log {
    fn push(&mut self, record: &Record) {
        let bytes = self.encoder.encode(record);
        self.pending.extend_from_slice(&bytes);
    }

    fn write(&mut self) -> io::Result<()> {
        if self.broken {
            return Err(io::Error::other("an earlier write to it failed"));
        }
        // One after the other: a batch is begun when the one before it is on disk.
        self.broken = true;
        for batch in self.pending.chunks(BATCH_BYTES) {
            self.file.write_all(batch)?;
        }
        self.broken = false;
        self.pending.clear();
        Ok(())
    }
}

/// A file just created, removed again unless all went well.
struct Made<'a> {
    path: &'a Path,
    keep: bool,
}

impl Made<'_> {
    fn keep(mut self) {
        self.keep = true;
    }
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        if !self.keep {
            // The error that led here is the one to tell; the file is empty.
            drop(std::fs::remove_file(self.path));
        }
    }
}

/// Reads the journal at `path`, for a target of `blocks` blocks.
///
/// # Errors
/// Where it cannot be read, or cannot be used.
pub fn replay(path: &Path, blocks: u64, width: Width) -> Result<Replayed, JournalFileError> {
    let shown = || path.display().to_string();
    let read = |source| JournalFileError::Io { verb: "read", path: shown(), source };
    let unusable = |source| JournalFileError::Unusable { path: shown(), source };
    let mut file = File::open(path).map_err(read)?;
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => unusable(JournalError::NoJournal),
        _ => read(error),
    })?;
    let mut replay = Replay::new(&header, blocks, width).map_err(unusable)?;
    let mut bytes = vec![0; BATCH_BYTES];
    loop {
        let count = file.read(&mut bytes).map_err(read)?;
        let Some(piece) = bytes.get(..count).filter(|piece| !piece.is_empty()) else { break };
        replay.push(piece).map_err(unusable)?;
    }
    Ok(replay.finish())
}
