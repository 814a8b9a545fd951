//! The one edge to files: a root directory, the running machine's or a
//! recorded one.
//!
//! Paths are the machine's own (`/sys/class/net`), whatever directory holds
//! them. In a recorded root symbolic links are followed here, not by the
//! kernel: an absolute target starts at the recorded root, and one that climbs
//! above it is refused. Only regular files are read, so that a pipe or a device
//! node never holds the caller up, and none beyond [`LIMIT`].

mod order;
mod trace;

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::OFlags;
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use order::natural;
pub(crate) use trace::{Seen, Trace};

/// The largest file that is read, in bytes.
pub const LIMIT: u64 = 16 << 20;

/// Where a recording keeps what is not a file of the machine.
pub const OWN: &str = "/assay";

/// The file of a recording that holds which files could not be read, and why.
pub(crate) const ERRORS: &str = "/assay/errors.json";

/// How many symbolic links one path may lead through, as in the kernel.
const MAX_LINKS: u32 = 40;

/// A root directory: `/` of the running machine, or a recorded one.
///
/// Cloning is cheap; clones read the same directory.
#[derive(Clone, Debug)]
pub struct Sysroot {
    inner: Arc<Inner>,
    trace: Option<Arc<Trace>>,
}

#[derive(Debug)]
struct Inner {
    base: PathBuf,
    live: bool,
    /// What could not be read when the root was recorded, by error number.
    errors: BTreeMap<String, i32>,
}

impl Sysroot {
    /// Returns the running machine's own root.
    pub fn live() -> Self {
        let inner = Inner { base: PathBuf::from("/"), live: true, errors: BTreeMap::new() };
        Self { inner: Arc::new(inner), trace: None }
    }

    /// Returns the recorded root in `dir`.
    ///
    /// `dir` holds `sys` or `proc`, or one folder that does, as recordings
    /// unpacked by hand often look.
    pub fn at(dir: &Path) -> io::Result<Self> {
        let base = find(&fs::canonicalize(dir)?)?;
        let bare = Inner { base, live: false, errors: BTreeMap::new() };
        let bare = Self { inner: Arc::new(bare), trace: None };
        let errors = match bare.read(ERRORS) {
            Ok(bytes) => typed_json::parse(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?,
            Err(_) => BTreeMap::new(),
        };
        let inner = Inner { base: bare.inner.base.clone(), live: false, errors };
        Ok(Self { inner: Arc::new(inner), trace: None })
    }

    /// Returns whether this is the running machine.
    pub fn is_live(&self) -> bool {
        self.inner.live
    }

    /// Returns the directory that holds the root.
    pub fn base(&self) -> &Path {
        &self.inner.base
    }

    /// Returns this root with every access noted in `trace`.
    pub(crate) fn traced(&self, trace: Arc<Trace>) -> Self {
        Self { inner: Arc::clone(&self.inner), trace: Some(trace) }
    }

    /// Returns the bytes of the regular file at `path`.
    pub fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let read = self.read_quietly(path);
        self.note(|trace| trace.read(path, &read));
        read
    }

    fn read_quietly(&self, path: &str) -> io::Result<Vec<u8>> {
        let place = self.resolve(path)?;
        self.recorded_error(&place)?;
        let host = place.host;
        if !self.inner.live && !fs::metadata(&host)?.is_file() {
            return Err(not_regular());
        }
        let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
        read_bounded(&OpenOptions::new().read(true).custom_flags(flags).open(host)?)
    }

    /// Returns the file's text: invalid UTF-8 replaced, trailing blanks and NUL
    /// bytes removed.
    pub fn text(&self, path: &str) -> io::Result<String> {
        let bytes = self.read(path)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(text.trim_end_matches(|c: char| c.is_whitespace() || c == '\0').to_owned())
    }

    /// Returns the names in directory `dir`, numbers in them counted as numbers
    /// (`cpu2` before `cpu10`). Names that are not UTF-8 are left out.
    pub fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let listed = self.list_quietly(dir);
        self.note(|trace| trace.list(dir, listed.as_ref().err()));
        listed
    }

    fn list_quietly(&self, dir: &str) -> io::Result<Vec<String>> {
        let place = self.resolve(dir)?;
        self.recorded_error(&place)?;
        let mut names = Vec::new();
        for entry in fs::read_dir(place.host)? {
            if let Ok(name) = entry?.file_name().into_string() {
                names.push(name);
            }
        }
        tiny_sort::stable::sort_by(&mut names, |a, b| natural(a, b));
        Ok(names)
    }

    /// Returns `path` with every symbolic link followed, still counted from
    /// this root: `/sys/devices/…`.
    pub fn canonical(&self, path: &str) -> io::Result<String> {
        let seen = self.resolve(path).and_then(|place| {
            if self.inner.live {
                let host = fs::canonicalize(place.host)?;
                return host.into_os_string().into_string().map_err(|_name| not_utf8());
            }
            fs::symlink_metadata(&place.host)?;
            Ok(place.inside)
        });
        self.note(|trace| trace.visit(path));
        seen
    }

    /// Returns the last component of what the symbolic link at `path` names: a
    /// driver's, a bus's. What it names need not exist.
    pub fn link_name(&self, path: &str) -> Option<String> {
        self.note(|trace| trace.visit(path));
        let (parent, name) = path.rsplit_once('/')?;
        let parent = if parent.is_empty() { "/" } else { parent };
        let target = fs::read_link(self.resolve(parent).ok()?.host.join(name)).ok()?;
        Some(target.file_name()?.to_str()?.to_owned())
    }

    /// Returns whether something is at `path`, links followed.
    pub fn exists(&self, path: &str) -> bool {
        self.note(|trace| trace.visit(path));
        self.resolve(path).is_ok_and(|place| place.host.exists())
    }

    /// Returns the kernel's answer to a question that no file holds: asked of
    /// the running kernel, or read from what a recording kept of it under
    /// `/assay/NAME.json`.
    pub(crate) fn answer<T: Serialize + DeserializeOwned>(
        &self,
        name: &str,
        ask: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        let path = format!("{OWN}/{name}.json");
        if !self.inner.live {
            let bytes = self.read(&path)?;
            return typed_json::parse(&bytes)
                .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error));
        }
        let answer = ask();
        self.note(|trace| match &answer {
            Ok(answer) => trace.answer(&path, serde_json::to_vec(answer).unwrap_or_default()),
            Err(error) => trace.refuse(&path, error),
        });
        answer
    }

    /// Follows `path` and returns its real place with the links on the way.
    pub(crate) fn walk(&self, path: &str) -> io::Result<Walked> {
        let mut links = Vec::new();
        let place = resolve_inside(&self.inner.base, path, &mut links)?;
        Ok(Walked { inside: place.inside, links })
    }

    /// Returns what is at the real place `inside`.
    pub(crate) fn kind(&self, inside: &str) -> Option<Kind> {
        let host = self.inner.base.join(inside.trim_start_matches('/'));
        let meta = fs::symlink_metadata(&host).ok()?;
        if meta.is_symlink() {
            return Some(Kind::Link(fs::read_link(host).ok()?.to_str()?.to_owned()));
        }
        Some(if meta.is_dir() { Kind::Dir } else { Kind::Other })
    }

    /// Meets again the error that reading this place met when it was recorded.
    fn recorded_error(&self, place: &Place) -> io::Result<()> {
        match self.inner.errors.get(&place.inside) {
            Some(&number) => Err(io::Error::from_raw_os_error(number)),
            None => Ok(()),
        }
    }

    fn note(&self, how: impl FnOnce(&Trace)) {
        if let Some(trace) = &self.trace {
            how(trace);
        }
    }

    fn resolve(&self, path: &str) -> io::Result<Place> {
        if !path.starts_with('/') || path.contains('\0') {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not an absolute path"));
        }
        if self.inner.live {
            return Ok(Place { host: PathBuf::from(path), inside: path.to_owned() });
        }
        resolve_inside(&self.inner.base, path, &mut Vec::new())
    }
}

/// A resolved path: where it is on this machine, and where in the root.
struct Place {
    host: PathBuf,
    inside: String,
}

/// What a path leads to, with the links on the way and their targets.
pub(crate) struct Walked {
    pub(crate) inside: String,
    pub(crate) links: Vec<(String, String)>,
}

/// What is at a place, the last link not followed.
pub(crate) enum Kind {
    /// A symbolic link, with its target as text.
    Link(String),
    /// A directory.
    Dir,
    /// A file, or something that is none.
    Other,
}

/// Follows `path` from `base` without ever leaving it, and adds the links on the
/// way to `met`.
///
/// A missing last component is no error here, a missing one before it is.
fn resolve_inside(base: &Path, path: &str, met: &mut Vec<(String, String)>) -> io::Result<Place> {
    let mut todo: Vec<String> = components(path).collect();
    let mut host = base.to_path_buf();
    let mut depth = 0_usize;
    let mut links = 0_u32;
    while let Some(name) = todo.pop() {
        if name == ".." {
            if depth == 0 {
                return Err(escapes());
            }
            depth -= 1;
            host.pop();
            continue;
        }
        host.push(&name);
        depth += 1;
        let meta = match fs::symlink_metadata(&host) {
            Ok(meta) => meta,
            Err(_) if todo.is_empty() => break,
            Err(error) => return Err(error),
        };
        if !meta.is_symlink() {
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "too many symbolic links"));
        }
        let target = fs::read_link(&host)?;
        let target = target.to_str().ok_or_else(not_utf8)?;
        met.push((inside(base, &host)?, target.to_owned()));
        host.pop();
        depth -= 1;
        if target.starts_with('/') {
            host = base.to_path_buf();
            depth = 0;
        }
        todo.extend(components(target));
    }
    let inside = inside(base, &host)?;
    Ok(Place { host, inside })
}

/// Returns where `host` is, counted from `base`.
fn inside(base: &Path, host: &Path) -> io::Result<String> {
    let path = host.strip_prefix(base).map_err(|_outside| escapes())?;
    Ok(format!("/{}", path.to_str().ok_or_else(not_utf8)?))
}

/// The components of `path`, last first: a stack to take the next one from.
fn components(path: &str) -> impl Iterator<Item = String> {
    path.split('/').rev().filter(|part| !part.is_empty() && *part != ".").map(str::to_owned)
}

/// Reads `file` to its end, where that is within [`LIMIT`].
fn read_bounded(file: &File) -> io::Result<Vec<u8>> {
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    let mut bytes = Vec::new();
    file.take(LIMIT + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "larger than 16 MiB"));
    }
    Ok(bytes)
}

/// Finds the recorded root in `dir`: itself, or the one folder in it.
fn find(dir: &Path) -> io::Result<PathBuf> {
    let is_root = |dir: &Path| dir.join("sys").is_dir() || dir.join("proc").is_dir();
    if is_root(dir) {
        return Ok(dir.to_path_buf());
    }
    let mut inner = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() && is_root(&entry.path()) {
            inner.push(entry.path());
        }
    }
    match inner.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(io::Error::new(io::ErrorKind::NotFound, "holds neither `sys` nor `proc`")),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "holds several folders with `sys` or `proc`; name one of them",
        )),
    }
}

fn not_regular() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "not a regular file")
}

fn not_utf8() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a name is not UTF-8")
}

fn escapes() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, "leads out of the root directory")
}

#[cfg(test)]
mod tests;
