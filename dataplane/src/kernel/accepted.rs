//! The accepted desired state on disk: the file `accepted` in the folder of the
//! [`journal`](super::journal), whose lock keeps others from it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::journal::Journal;
use crate::daemon::store::{self, Accepted, Store};

/// Most bytes that are read: the largest file, and as much again of edits.
const LIMIT: u64 = 4 * crate::spec::MAX_BYTES as u64;
/// Edits may always take so much before all is written anew.
const ROOM: u64 = 1 << 20;

/// The file.
#[derive(Debug)]
pub struct Kept {
    folder: PathBuf,
    file: Option<File>,
    /// Length of the whole state, and of all.
    whole: u64,
    length: u64,
}

impl Kept {
    /// Opens the file in the folder of a journal, and reads what it has. What was torn is
    /// written anew without its end.
    pub fn open(journal: &Journal) -> io::Result<(Self, Option<Accepted>)> {
        let folder = journal.folder().to_owned();
        let mut kept = Self { folder, file: None, whole: 0, length: 0 };
        let mut bytes = Vec::new();
        match File::open(kept.path()) {
            Ok(file) => {
                file.take(LIMIT).read_to_end(&mut bytes)?;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((kept, None)),
            Err(error) => return Err(error),
        }
        let accepted = store::decode(&bytes);
        match &accepted {
            Some(accepted) => kept.replace(&store::whole(accepted))?,
            // Nobody's desired state, but perhaps somebody's evidence.
            None => fs::rename(kept.path(), kept.folder.join("accepted.unreadable"))?,
        }
        Ok((kept, accepted))
    }

    fn path(&self) -> PathBuf {
        self.folder.join("accepted")
    }

    fn write(&mut self, line: &str) -> io::Result<u64> {
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("there is no whole state"))?;
        file.seek(SeekFrom::Start(self.length))?;
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        Ok(self.length + line.len() as u64)
    }
}

impl Store for Kept {
    fn replace(&mut self, line: &str) -> io::Result<()> {
        let new = self.folder.join("accepted.new");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(&new)?;
        file.write_all(line.as_bytes())?;
        file.sync_data()?;
        fs::rename(&new, self.path())?;
        File::open(Path::new(&self.folder))?.sync_all()?;
        self.file = Some(file);
        (self.whole, self.length) = (line.len() as u64, line.len() as u64);
        Ok(())
    }

    fn append(&mut self, line: &str) -> io::Result<bool> {
        match self.write(line) {
            Ok(length) => {
                self.length = length;
                Ok(self.length > self.whole.saturating_mul(2).saturating_add(ROOM))
            }
            Err(error) => {
                // A torn line would hide those behind it: where it cannot be taken away,
                // nothing is added any more before all is written anew.
                let length = self.length;
                let back = self.file.as_mut().is_none_or(|file| file.set_len(length).is_ok());
                if !back {
                    self.file = None;
                }
                Err(error)
            }
        }
    }
}
