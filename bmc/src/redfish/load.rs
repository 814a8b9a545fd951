//! Loads trees from disk: folders and archives in the layout of DMTF's mockups (DSP2043).
//!
//! `redfish/v1/…/index.json` is the resource at that path, `headers.json` beside it the headers of
//! its answer. What lies above `redfish/v1` does not matter, and a folder that begins at the root's
//! own `index.json` is one too. This is an edge: it reads files.
//!
//! A tree may be anyone's. What leads out of it is refused, and there is a bound to how much is
//! read; nothing is ever written.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use super::{finding::Read, tree::Tree};

mod archive;
mod error;
mod gathered;

pub use archive::{is_archive, is_compressed};
pub use error::LoadError;
use gathered::Gathered;

/// Folders below the one that is named.
const DEEPEST: usize = 32;

/// Entries of all folders.
const MOST_ENTRIES: usize = 200_000;

/// Bytes of an archive as it lies on disk.
pub const MOST_PACKED: u64 = 64 << 20;

/// Loads the folder or the archive at `path`.
pub fn load(path: &Path) -> Result<Read<Tree>, LoadError> {
    let meta = fs::metadata(path).map_err(|source| cannot_read(path, source))?;
    if meta.is_dir() {
        return folder(path);
    }
    let mut bytes = Vec::new();
    let most = MOST_PACKED.saturating_add(1);
    let file = File::open(path).map_err(|source| cannot_read(path, source))?;
    file.take(most).read_to_end(&mut bytes).map_err(|source| cannot_read(path, source))?;
    archive(&bytes)
}

/// Reads a tree from the bytes of an archive: `.tar.xz` or `.tar`.
pub fn archive(bytes: &[u8]) -> Result<Read<Tree>, LoadError> {
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_PACKED) {
        return Err(LoadError::TooMuch { what: "the archive is larger than 64 MiB" });
    }
    let mut gathered = Gathered::default();
    archive::read(bytes, &mut |name, size, content| gathered.file(name, size, content))?;
    gathered.tree()
}

/// Loads a folder.
pub fn folder(path: &Path) -> Result<Read<Tree>, LoadError> {
    let mut gathered = Gathered::default();
    let mut entries = 0;
    walk(path, "", 0, &mut entries, &mut gathered)?;
    gathered.tree()
}

/// Says whether `folder` is where a tree begins, by the names in it: it is `redfish` or `v1`, and
/// not what they lie in, which may hold other things too.
pub fn is_tree(folder: &Path) -> bool {
    let is_root = |path: &str| folder.join(path).join("index.json").is_file();
    is_root("v1") || (is_root("") && ["Systems", "Chassis", "Managers"].into_iter().any(is_root))
}

fn walk(
    folder: &Path,
    name: &str,
    depth: usize,
    entries: &mut usize,
    gathered: &mut Gathered,
) -> Result<(), LoadError> {
    if depth > DEEPEST {
        return Err(LoadError::TooMuch { what: "the folders are nested more than 32 deep" });
    }
    let listed = fs::read_dir(folder).map_err(|source| cannot_read(folder, source))?;
    for entry in listed {
        *entries = entries.saturating_add(1);
        if *entries > MOST_ENTRIES {
            return Err(LoadError::TooMuch { what: "there are more than 200,000 files" });
        }
        let entry = entry.map_err(|source| cannot_read(folder, source))?;
        let path = entry.path();
        let kind = entry.file_type().map_err(|source| cannot_read(&path, source))?;
        // A path of Redfish is plain text; a name that is none cannot be linked to.
        let Ok(own) = entry.file_name().into_string() else { continue };
        let inner = if name.is_empty() { own } else { format!("{name}/{own}") };
        if kind.is_dir() {
            walk(&path, &inner, depth.saturating_add(1), entries, gathered)?;
        } else if kind.is_file() && gathered::is_wanted(&inner) {
            let mut file = File::open(&path).map_err(|source| cannot_read(&path, source))?;
            let size = file.metadata().map_err(|source| cannot_read(&path, source))?.len();
            gathered.file(&inner, size, &mut file).map_err(|error| error.of(&path))?;
        }
        // Links and devices are not followed: a tree need not lead elsewhere.
    }
    Ok(())
}

fn cannot_read(path: &Path, source: io::Error) -> LoadError {
    LoadError::Read { path: path.display().to_string(), source }
}
