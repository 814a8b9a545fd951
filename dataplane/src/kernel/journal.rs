//! The journal on disk, and the lock that keeps two runs apart.
//!
//! A folder of mode 0700 with two files: `lock`, locked by `flock(2)` as long as a run lives, so
//! that a killed one leaves none; and `journal`, of the last run. A run writes a new one beside
//! it, syncs it, and puts it in its place before it touches the kernel.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::journal::{Log, Past, Record, decode, encode};

/// Where the journal is unless told otherwise: like the kernel's state, gone after a restart.
pub const FOLDER: &str = "/run/assay/dataplane";

/// Most bytes of a journal that are read: what 100,000 steps need, several times over.
const LIMIT: u64 = 256 << 20;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum JournalError {
    /// Another run has the lock.
    #[error("another run is changing this node{}", process.map(|id| format!(" (process {id})")).unwrap_or_default())]
    Locked { process: Option<u32> },
    /// The folder is something else.
    #[error("`{}` is no folder", folder.display())]
    NoFolder { folder: PathBuf },
    /// A system call failed.
    #[error("cannot {what} `{}`", path.display())]
    Io { what: &'static str, path: PathBuf, source: io::Error },
}

impl JournalError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Locked { .. } => Some("wait until it has ended, or end it".to_owned()),
            Self::NoFolder { .. } => Some("name another folder for the journal".to_owned()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                Some("run as root, or name a folder of your own for the journal".to_owned())
            }
            Self::Io { .. } => None,
        }
    }
}

/// A journal that this process alone may write.
#[derive(Debug)]
pub struct Journal {
    folder: PathBuf,
    past: Past,
    /// Locked while it is open.
    _lock: File,
    file: Option<File>,
}

impl Journal {
    /// Takes the lock in `folder`, which is made where it is not there, and reads what the run
    /// before has left.
    ///
    /// # Errors
    /// [`JournalError`]; another run that is still going is [`JournalError::Locked`].
    pub fn open(folder: &Path) -> Result<Self, JournalError> {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed("make the folder", folder))?;
        let about = fs::symlink_metadata(folder).map_err(failed("look at", folder))?;
        if !about.is_dir() {
            return Err(JournalError::NoFolder { folder: folder.to_owned() });
        }
        if about.permissions().mode() & 0o077 != 0 {
            fs::set_permissions(folder, Permissions::from_mode(0o700))
                .map_err(failed("close to others", folder))?;
        }
        let lock = lock(&folder.join("lock"))?;
        let past = past(folder)?;
        Ok(Self { folder: folder.to_owned(), past, _lock: lock, file: None })
    }

    /// Returns the folder that it has locked.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns what is known of the run before.
    pub fn past(&self) -> &Past {
        &self.past
    }

    /// Starts a new journal beside the old one, and puts it in its place.
    fn begin(&self, line: &[u8]) -> io::Result<File> {
        let new = self.folder.join("journal.new");
        let mut file = private().truncate(true).open(&new)?;
        file.write_all(line)?;
        file.sync_data()?;
        fs::rename(&new, self.folder.join("journal"))?;
        File::open(&self.folder)?.sync_all()?;
        Ok(file)
    }
}

/// Returns what the journal in `folder` says, without its lock: for those who only look. No
/// journal is one of no run.
///
/// # Errors
/// [`JournalError::Io`].
pub fn past(folder: &Path) -> Result<Past, JournalError> {
    let path = folder.join("journal");
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(file) => {
            file.take(LIMIT).read_to_end(&mut bytes).map_err(failed("read", &path))?;
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed("read", &path)(error)),
    }
    Ok(decode(&bytes))
}

impl Log for Journal {
    fn append(&mut self, record: &Record, durable: bool) -> io::Result<()> {
        let line = encode(record);
        if matches!(record, Record::Begin { .. }) {
            self.file = Some(self.begin(line.as_bytes())?);
            return Ok(());
        }
        let Some(file) = &mut self.file else { return Err(io::Error::other("no run has begun")) };
        file.write_all(line.as_bytes())?;
        if durable { file.sync_data() } else { Ok(()) }
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

fn lock(path: &Path) -> Result<File, JournalError> {
    let mut file = private().read(true).truncate(false).open(path).map_err(failed("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut text = String::new();
            let read = file.take(20).read_to_string(&mut text);
            let process = read.ok().and_then(|_bytes| text.trim().parse().ok());
            return Err(JournalError::Locked { process });
        }
        Err(TryLockError::Error(error)) => return Err(failed("lock", path)(error)),
    }
    // Who has the lock, for the sentence that another run gets; without it, that says less.
    let noted = file.set_len(0).and_then(|()| file.rewind());
    let noted = noted.and_then(|()| writeln!(file, "{}", std::process::id()));
    noted.map_err(failed("write", path))?;
    Ok(file)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> JournalError {
    let path = path.to_owned();
    move |source| JournalError::Io { what, path, source }
}
