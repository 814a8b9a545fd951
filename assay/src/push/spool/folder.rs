//! Edge: a folder that is ours alone, and files in it, by descriptor: nobody can
//! put another folder or a link in the way between two looks.

use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    os::{
        fd::{AsFd as _, OwnedFd},
        unix::fs::{DirBuilderExt as _, MetadataExt as _},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{AtFlags, CWD, Dir, Mode, OFlags, RenameFlags},
    io::Errno,
};

use super::super::entry::Name;
use super::SpoolError;

const FOLDER: OFlags =
    OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC).union(OFlags::NONBLOCK);
const OWNER_ONLY: Mode = Mode::RUSR.union(Mode::WUSR);

/// A folder that is ours and that nobody else may enter.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    file: OwnedFd,
}

impl Folder {
    /// Opens the folder at `path`; makes it and those above where they are missing.
    pub fn make(path: &Path) -> Result<Self, SpoolError> {
        let io = |action, source| SpoolError::Io { action, path: path.to_owned(), source };
        let above = path.parent().filter(|above| !above.as_os_str().is_empty());
        if let Some(above) = above {
            fs::create_dir_all(above).map_err(|error| io("create the folder above", error))?;
        }
        match fs::DirBuilder::new().mode(0o700).create(path) {
            Ok(()) => {
                let above = File::open(above.unwrap_or(Path::new(".")));
                let synced = above.and_then(|above| above.sync_all());
                synced.map_err(|error| io("make durable the folder above", error))?;
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(io("create", error)),
        }
        Self::open(CWD, path, path.to_owned())
    }

    /// Opens the folder `name` in this one; makes it where it is missing.
    pub fn sub(&self, name: &str) -> Result<Self, SpoolError> {
        match rustix::fs::mkdirat(&self.file, name, Mode::RWXU) {
            Ok(()) => self.sync()?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(self.io("create", name, error)),
        }
        Self::open(self.file.as_fd(), Path::new(name), self.path.join(name))
    }

    fn open(at: impl std::os::fd::AsFd, name: &Path, path: PathBuf) -> Result<Self, SpoolError> {
        let hostile = |why: &str| SpoolError::Hostile { path: path.clone(), why: why.to_owned() };
        let file = rustix::fs::openat(at, name, FOLDER, Mode::empty()).map_err(|error| {
            match error {
                // The kernel says either, depending on what O_DIRECTORY meets first.
                Errno::LOOP | Errno::NOTDIR => hostile("is a link or no folder"),
                error => {
                    SpoolError::Io { action: "open", path: path.clone(), source: error.into() }
                }
            }
        })?;
        let folder = Self { path, file };
        let stat =
            rustix::fs::fstat(&folder.file).map_err(|error| folder.io("look at", ".", error))?;
        folder.check_owner(stat.st_uid, stat.st_mode, OsStr::new(""))?;
        Ok(folder)
    }

    /// Returns where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn check_owner(&self, owner: u32, mode: u32, name: &OsStr) -> Result<(), SpoolError> {
        let path = if name.is_empty() { self.path.clone() } else { self.path.join(name) };
        let user = rustix::process::geteuid().as_raw();
        if owner != user {
            let why = format!("belongs to user {owner}, not to you ({user})");
            return Err(SpoolError::Hostile { path, why });
        }
        if mode & 0o077 != 0 {
            let why = format!("is open to others (mode {:03o})", mode & 0o777);
            return Err(SpoolError::Hostile { path, why });
        }
        Ok(())
    }

    /// Names the file `name` in an error of the kernel.
    pub fn io(&self, action: &'static str, name: &str, error: Errno) -> SpoolError {
        SpoolError::Io { action, path: self.path.join(name), source: error.into() }
    }

    /// Opens a lock file, making it where it is missing.
    pub fn lock_file(&self, name: &str) -> Result<OwnedFd, SpoolError> {
        let flags = OFlags::RDWR | OFlags::CREATE | FILE;
        rustix::fs::openat(&self.file, name, flags, OWNER_ONLY).map_err(|error| match error {
            Errno::LOOP => {
                SpoolError::Hostile { path: self.path.join(name), why: "is a link".to_owned() }
            }
            error => self.io("open", name, error),
        })
    }

    /// Returns the entries with their sizes, in order. Other names are left alone.
    pub fn entries(&self) -> Result<Vec<(Name, u64)>, SpoolError> {
        let mut entries = Vec::new();
        for file in self.names()? {
            let Some(name) = Name::parse(&file) else { continue };
            match rustix::fs::statat(&self.file, &file, AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => entries.push((name, u64::try_from(stat.st_size).unwrap_or(0))),
                // Delivered by another process since the folder was read.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(self.io("look at", &file, error)),
            }
        }
        tiny_sort::stable::sort(&mut entries);
        Ok(entries)
    }

    fn names(&self) -> Result<Vec<String>, SpoolError> {
        let failed = |error| self.io("list", ".", error);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.file).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            names.extend(entry.file_name().to_str().ok().map(str::to_owned));
        }
        Ok(names)
    }

    /// Returns a file's bytes; `None` where it is gone, an error where it is not
    /// a plain file of ours.
    pub fn read(&self, name: &str, largest: u64) -> Result<Option<Vec<u8>>, SpoolError> {
        let hostile =
            |why: &str| SpoolError::Hostile { path: self.path.join(name), why: why.to_owned() };
        let file = match rustix::fs::openat(&self.file, name, OFlags::RDONLY | FILE, Mode::empty())
        {
            Ok(file) => File::from(file),
            Err(Errno::NOENT) => return Ok(None),
            Err(Errno::LOOP) => return Err(hostile("is a link")),
            Err(error) => return Err(self.io("open", name, error)),
        };
        let io = |source| SpoolError::Io { action: "read", path: self.path.join(name), source };
        let meta = file.metadata().map_err(io)?;
        if !meta.is_file() {
            return Err(hostile("is not a file"));
        }
        self.check_owner(meta.uid(), meta.mode(), OsStr::new(name))?;
        if meta.nlink() != 1 {
            return Err(hostile("has a second name"));
        }
        if meta.len() > largest {
            return Err(hostile("is larger than anything this program puts there"));
        }
        let mut bytes = Vec::new();
        file.take(largest).read_to_end(&mut bytes).map_err(io)?;
        Ok(Some(bytes))
    }

    /// Writes a file so that it is there whole, on stable storage, or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolError> {
        let unfinished = format!(".tmp-{name}");
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | FILE;
        let file = rustix::fs::openat(&self.file, &unfinished, flags, OWNER_ONLY)
            .map_err(|error| self.io("create", &unfinished, error))?;
        let mut file = File::from(file);
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        if let Err(source) = written {
            // What is left would only take room that is wanted (a full disk).
            let _gone = rustix::fs::unlinkat(&self.file, &unfinished, AtFlags::empty());
            return Err(SpoolError::Io { action: "write", path: self.path.join(name), source });
        }
        self.rename(&unfinished, self, name)
    }

    /// Moves a file; both folders are on stable storage afterwards.
    pub fn rename(&self, from: &str, to: &Self, name: &str) -> Result<(), SpoolError> {
        let renamed =
            rustix::fs::renameat_with(&self.file, from, &to.file, name, RenameFlags::NOREPLACE);
        let renamed = match renamed {
            // NFS and old kernels cannot promise not to replace; the lock does.
            Err(Errno::INVAL | Errno::NOSYS) => {
                rustix::fs::renameat(&self.file, from, &to.file, name)
            }
            // The reason of an earlier refusal is replaced by the latest.
            Err(Errno::EXIST) if Name::parse(name).is_none() => {
                rustix::fs::renameat(&self.file, from, &to.file, name)
            }
            renamed => renamed,
        };
        renamed.map_err(|error| self.io("rename", from, error))?;
        // The goal first: a loss of power between the two leaves both names, not none.
        to.sync()?;
        self.sync()
    }

    /// Removes a file; one that is gone already is as wanted.
    pub fn remove(&self, name: &str) -> Result<(), SpoolError> {
        match rustix::fs::unlinkat(&self.file, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.io("remove", name, error)),
        }
    }

    /// Removes what a killed writer left. Only the holder of the lock may.
    pub fn remove_unfinished(&self) -> Result<(), SpoolError> {
        for name in self.names()?.iter().filter(|name| name.starts_with(".tmp-")) {
            self.remove(name)?;
        }
        Ok(())
    }

    /// Puts the folder's names on stable storage.
    pub fn sync(&self) -> Result<(), SpoolError> {
        rustix::fs::fsync(&self.file).map_err(|error| self.io("make durable", ".", error))
    }
}
