//! Unpacks a recording that may be anyone's: nothing is written outside the
//! folder, nothing but folders, files and links inside the tree is made, and
//! there is a bound to how much.
//!
//! Links are made last, so that no entry can be written through one.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Component, Path};

use ruzstd::decoding::StreamingDecoder;

use super::RecordError;

/// What a recording may hold: machines with 16 sockets and a thousand disks stay
/// well below.
const MOST_ENTRIES: u64 = 1_000_000;
const MOST_BYTES: u64 = 1 << 30;
const LARGEST_FILE: u64 = 16 << 20;
const LONGEST_PATH: usize = 4096;
const DEEPEST: usize = 64;
/// The compressor's window, which the decompressor must hold in memory.
const LARGEST_WINDOW: u64 = 16 << 20;

const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Unpacks `archive`, a tar or a tar in zstd, into the folder `into`, which is
/// made where it is not there and must be empty where it is.
///
/// # Errors
///
/// Where the archive is none, is damaged, or holds what no recording does: paths
/// or links that lead out of the tree, device nodes, hard links, more than any
/// machine has.
pub fn unpack(archive: &mut dyn Read, into: &Path) -> Result<(), RecordError> {
    prepare(into)?;
    let mut archive = BufReader::new(archive);
    let mut magic = [0; 4];
    let read = read_fully(&mut archive, &mut magic).map_err(|source| reading("", source))?;
    let start = io::Cursor::new(magic).take(read);
    let mut bytes = start.chain(archive);
    if magic == ZSTD {
        let decoder = StreamingDecoder::new_with_max_window_size(&mut bytes, LARGEST_WINDOW);
        let decoder = decoder
            .map_err(|error| RecordError::Format { what: format!("damaged zstd: {error}") })?;
        entries(decoder, into)
    } else if let [0x1f, 0x8b, ..] | [b'B', b'Z', b'h', _] | [0xfd, b'7', b'z', _] = magic {
        Err(RecordError::Format { what: "compressed, but not by zstd".to_owned() })
    } else {
        entries(bytes, into)
    }
}

fn prepare(into: &Path) -> Result<(), RecordError> {
    let failed = |source| RecordError::Unpack { path: into.display().to_string(), source };
    fs::create_dir_all(into).map_err(failed)?;
    let mut names = fs::read_dir(into).map_err(failed)?;
    if names.next().is_some() {
        return Err(failed(io::Error::from(io::ErrorKind::DirectoryNotEmpty)));
    }
    Ok(())
}

fn entries(bytes: impl Read, into: &Path) -> Result<(), RecordError> {
    let mut budget = Budget::default();
    let mut archive = tar::Archive::new(bytes.take(MOST_BYTES));
    let mut links = BTreeMap::new();
    let entries = archive.entries().map_err(|source| reading("", source))?;
    for entry in entries {
        let place = format!(" after entry {}", budget.entries);
        let mut entry = entry.map_err(|source| reading(&place, source))?;
        budget.entry(entry.size())?;
        let raw = entry.path_bytes();
        let name = String::from_utf8_lossy(&raw).into_owned();
        if entry.header().entry_type() == tar::EntryType::XGlobalHeader {
            continue;
        }
        let path = inside(&name)?;
        if path.is_empty() {
            continue;
        }
        let place = into.join(&path);
        let failed = |source| RecordError::Unpack { path: path.clone(), source };
        match entry.header().entry_type() {
            tar::EntryType::Directory => fs::create_dir_all(&place).map_err(failed)?,
            tar::EntryType::Regular | tar::EntryType::Continuous => {
                let mut file = create(&place).map_err(failed)?;
                copy(&mut entry, &mut file, &path)?;
            }
            tar::EntryType::Symlink => {
                let target = entry.link_name_bytes().unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                links.insert(path.clone(), link(&path, &target)?);
            }
            other => {
                let what = format!("is a {}, which no recording holds", kind(other));
                return Err(RecordError::Entry { entry: name, what });
            }
        }
    }
    if budget.entries == 0 {
        return Err(RecordError::Format { what: "an empty archive".to_owned() });
    }
    for (path, target) in links {
        let place = into.join(&path);
        let made = parents(&place).and_then(|()| symlink(&target, &place));
        made.map_err(|source| RecordError::Unpack { path, source })?;
    }
    Ok(())
}

/// How much has been unpacked.
#[derive(Default)]
struct Budget {
    entries: u64,
    bytes: u64,
}

impl Budget {
    fn entry(&mut self, size: u64) -> Result<(), RecordError> {
        self.entries = self.entries.saturating_add(1);
        self.bytes = self.bytes.saturating_add(size);
        let too = |what: &str| Err(RecordError::TooLarge { what: what.to_owned() });
        if self.entries > MOST_ENTRIES {
            return too("1,000,000 entries");
        }
        if size > LARGEST_FILE {
            return too("16 MiB in one file");
        }
        if self.bytes > MOST_BYTES {
            return too("1 GiB in all");
        }
        Ok(())
    }
}

/// Returns `name` as a path below the tree.
fn inside(name: &str) -> Result<String, RecordError> {
    let refuse =
        |what: &str| Err(RecordError::Entry { entry: name.to_owned(), what: what.to_owned() });
    if name.len() > LONGEST_PATH || name.contains(['\0', '\u{fffd}']) {
        return refuse("has a name that is too long or not text");
    }
    let mut parts = Vec::new();
    for part in Path::new(name).components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy()),
            Component::CurDir => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return refuse("leads out of the tree");
            }
        }
    }
    if parts.len() > DEEPEST {
        return refuse("is nested too deeply");
    }
    Ok(parts.join("/"))
}

/// Returns the target of the link at `path`, where it stays in the tree.
fn link(path: &str, target: &str) -> Result<String, RecordError> {
    let refuse = || RecordError::Entry {
        entry: path.to_owned(),
        what: format!("is a link to `{target}`, out of the tree"),
    };
    if target.is_empty() || target.len() > LONGEST_PATH || target.contains(['\0', '\u{fffd}']) {
        return Err(refuse());
    }
    // From the folder that holds the link.
    let mut depth = path.split('/').count().saturating_sub(1);
    for part in Path::new(target).components() {
        match part {
            Component::Normal(_) => depth = depth.saturating_add(1),
            Component::CurDir => {}
            Component::ParentDir => depth = depth.checked_sub(1).ok_or_else(refuse)?,
            Component::RootDir | Component::Prefix(_) => return Err(refuse()),
        }
    }
    Ok(target.to_owned())
}

fn create(place: &Path) -> io::Result<File> {
    parents(place)?;
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(place)
}

fn parents(place: &Path) -> io::Result<()> {
    place.parent().map_or(Ok(()), fs::create_dir_all)
}

fn copy(entry: &mut impl Read, file: &mut File, path: &str) -> Result<(), RecordError> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = entry
            .read(&mut buffer)
            .map_err(|source| reading(&format!(" in entry `{path}`"), source))?;
        let Some(bytes) = buffer.get(..read).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        file.write_all(bytes)
            .map_err(|source| RecordError::Unpack { path: path.to_owned(), source })?;
    }
}

/// Fills `buffer` as far as there are bytes, and returns how many.
fn read_fully(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<u64> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match from.read(rest)? {
            0 => break,
            read => filled += read,
        }
    }
    Ok(u64::try_from(filled).unwrap_or(u64::MAX))
}

fn reading(place: &str, source: io::Error) -> RecordError {
    RecordError::Read { place: place.to_owned(), source }
}

fn kind(kind: tar::EntryType) -> &'static str {
    match kind {
        tar::EntryType::Link => "hard link",
        tar::EntryType::Char | tar::EntryType::Block => "device node",
        tar::EntryType::Fifo => "pipe",
        _ => "kind of entry",
    }
}

#[cfg(test)]
mod tests;
