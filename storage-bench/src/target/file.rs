//! Files that a run makes, and takes away again.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, FallocateFlags, Mode, OFlags};
use rustix::io::Errno;

use crate::safety::FileId;

use super::TargetError;
use super::look::file_id;

/// A file that this run made: it is removed when this is dropped, on a panic and an
/// orderly end by a signal too.
#[derive(Debug)]
pub struct Made {
    directory: OwnedFd,
    name: String,
    id: FileId,
    keep: bool,
}

impl Made {
    /// Returns which file it is.
    pub fn id(&self) -> FileId {
        self.id
    }

    /// Leaves the file where it is.
    pub fn keep(&mut self) {
        self.keep = true;
    }

    /// Removes the file, where it is still the one that was made.
    pub fn remove(mut self) -> io::Result<()> {
        self.keep = true;
        self.unlink()
    }

    fn unlink(&self) -> io::Result<()> {
        let now = match rustix::fs::statat(&self.directory, &self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(now) => now,
            Err(Errno::NOENT) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        // Somebody else's file by that name stays.
        if (FileId { device: now.st_dev, inode: now.st_ino }) != self.id {
            return Ok(());
        }
        Ok(rustix::fs::unlinkat(&self.directory, &self.name, AtFlags::empty())?)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        if !self.keep {
            // Nobody is left to tell; `remove` tells.
            drop(self.unlink());
        }
    }
}

/// Makes a file of `size_bytes` at `path`, where nothing may be, with room on the disk
/// for all of it.
pub(super) fn make(path: &str, size_bytes: u64) -> Result<(File, Made), TargetError> {
    let failed = |source: io::Error| TargetError::Create { path: path.to_owned(), source };
    let whole = Path::new(path);
    let parent = whole.parent().filter(|parent| *parent != Path::new(""));
    let name = whole.file_name().and_then(|name| name.to_str());
    let name = name.ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = rustix::fs::open(parent.unwrap_or(Path::new(".")), flags, Mode::empty())
        .map_err(|error| failed(error.into()))?;
    // EXCL: never a file that exists, nor where a link leads.
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let file = rustix::fs::openat(&directory, name, flags, Mode::RUSR | Mode::WUSR)
        .map_err(|error| failed(error.into()))?;
    let file = File::from(file);
    let id = file_id(&file.metadata().map_err(failed)?);
    let made = Made { directory, name: name.to_owned(), id, keep: false };
    take_room(&file, size_bytes).map_err(|error| TargetError::Room {
        path: path.to_owned(),
        size_bytes,
        source: error.into(),
    })?;
    Ok((file, made))
}

/// Takes the room before the first operation: a quota and a full disk say so now.
fn take_room(file: &File, size_bytes: u64) -> rustix::io::Result<()> {
    match rustix::fs::fallocate(file, FallocateFlags::empty(), 0, size_bytes) {
        // Filesystems that cannot: the room was counted, and is not taken.
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => rustix::fs::ftruncate(file, size_bytes),
        other => other,
    }
}
