//! Files that others collected: found in folders, recognised, imported.

use std::{
    fmt,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use inventory::{
    Inventory,
    import::{self, ImportError, Kind, MAX_BYTES},
};
use profiles::Text;

use super::machine;
use crate::{failure::Failure, lang::text};

#[cfg(feature = "bmc")]
mod tree;
#[cfg(feature = "bmc")]
pub(super) use tree::document;
/// Without BMCs nothing is a tree of Redfish.
#[cfg(not(feature = "bmc"))]
mod tree {
    pub(super) fn folder(_: &std::path::Path, _: &mut super::Sources) -> bool {
        false
    }

    pub(super) fn archive(_: &str, bytes: Vec<u8>, _: &mut super::Sources) -> Option<Vec<u8>> {
        Some(bytes)
    }

    pub(super) fn compressed(_: &[u8]) -> Option<profiles::Text> {
        None
    }
}

/// A file that was imported.
#[derive(Clone, Debug)]
pub(super) struct Imported {
    /// Its name, as the user gave it or as it was found.
    pub(super) name: String,
    /// What wrote it.
    pub(super) writer: Writer,
    /// What it says.
    pub(super) inventory: Inventory,
    /// Its bytes, for the evidence.
    pub(super) bytes: Vec<u8>,
}

/// What wrote a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A program that looked at the machine.
    Program(Kind),
    /// A BMC: a tree of Redfish, recorded.
    #[cfg_attr(not(feature = "bmc"), expect(dead_code, reason = "nothing makes one then"))]
    Redfish,
    /// A BMC, over IPMI.
    #[cfg_attr(not(feature = "bmc"), expect(dead_code, reason = "nothing makes one then"))]
    Ipmi,
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(kind) => kind.fmt(f),
            Self::Redfish => f.write_str("redfish"),
            Self::Ipmi => f.write_str("ipmi"),
        }
    }
}

/// A file that gave nothing, with the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    /// Its name.
    pub(super) name: String,
    /// Why, and what to do about it.
    pub(super) why: Text,
}

/// What files and folders gave.
#[derive(Debug, Default)]
pub(super) struct Sources {
    /// What was imported, in the order given; folders by name.
    pub(super) imported: Vec<Imported>,
    /// What was not.
    pub(super) unusable: Vec<Unusable>,
    /// Recorded roots met: they are looked at, not imported.
    pub(super) roots: Vec<PathBuf>,
}

/// A folder of dumps is not deeper, nor fuller, than this: a mistyped `--from /`
/// must end.
const DEEPEST: usize = 8;
const MOST_FILES: usize = 4096;
const MOST_BYTES: u64 = 512 << 20;

/// Imports what is found under `paths`, whatever its kind.
///
/// A path that is not there is an error; a file that cannot be used is told of,
/// and the others count.
pub(super) fn gather(paths: &[PathBuf]) -> Result<Sources, Failure> {
    let mut sources = Sources::default();
    let mut files = Vec::new();
    for path in paths {
        let name = path.display().to_string();
        let meta = fs::metadata(path).map_err(|error| cannot_read(&name, error))?;
        if meta.is_dir() {
            walk(path, 0, &mut files, &mut sources)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut total = 0_u64;
    for file in files {
        let name = file.display().to_string();
        match read(&file) {
            Ok(bytes) => {
                total = total.saturating_add(bytes.len() as u64);
                if total > MOST_BYTES {
                    return Err(too_much());
                }
                take(&file, name, bytes, &mut sources);
            }
            // A file the user named must be readable; one that was met need not.
            Err(error) if paths.contains(&file) => return Err(cannot_read(&name, error)),
            Err(error) => {
                let why = Text::same(error.to_string());
                sources.unusable.push(Unusable { name, why });
            }
        }
    }
    Ok(sources)
}

/// Reads the file at `path` as `kind`; here every error is the user's to know.
pub(super) fn read_as(kind: Kind, path: &Path) -> Result<Imported, Failure> {
    let name = path.display().to_string();
    let bytes = read(path).map_err(|error| cannot_read(&name, error))?;
    let inventory = import::import(kind, &name, &bytes).map_err(|error| cannot_import(&error))?;
    Ok(Imported { name, writer: Writer::Program(kind), inventory, bytes })
}

/// Returns the failure of an import that was asked for.
pub(super) fn cannot_import(error: &ImportError) -> Failure {
    let message = Text::same(error.to_string());
    Failure::unable(message).hint_from(error.hint())
}

fn take(file: &Path, name: String, bytes: Vec<u8>, sources: &mut Sources) {
    // Before recorded roots: these may be a bare tar too.
    let Some(bytes) = tree::archive(&name, bytes, sources) else { return };
    if machine::is_recorded_root(file, &bytes) {
        sources.roots.push(file.to_owned());
        return;
    }
    let Some(kind) = import::detect(&name, &bytes) else {
        let why = if bytes.is_empty() {
            Text::new("是空文件", "is empty")
        } else if let Some(why) = tree::compressed(&bytes) {
            why
        } else {
            Text::new(
                "不是能识别的采集结果（SMBIOS、dmidecode、lshw、smartctl、storcli、LLDP、Redfish 资源树）",
                "is nothing that can be imported (SMBIOS, dmidecode, lshw, smartctl, storcli, LLDP, \
                 Redfish trees)",
            )
        };
        sources.unusable.push(Unusable { name, why });
        return;
    };
    match import::import(kind, &name, &bytes) {
        Ok(inventory) => {
            let writer = Writer::Program(kind);
            sources.imported.push(Imported { name, writer, inventory, bytes });
        }
        Err(error) => {
            let place = error.place.as_ref().map(|place| format!("{place}: ")).unwrap_or_default();
            let hint = error.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
            let why = Text::same(format!("{kind}: {place}{}{hint}", error.message));
            sources.unusable.push(Unusable { name, why });
        }
    }
}

fn walk(
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
    sources: &mut Sources,
) -> Result<(), Failure> {
    if machine::is_recorded_root(folder, &[]) {
        sources.roots.push(folder.to_owned());
        return Ok(());
    }
    if tree::folder(folder, sources) {
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(too_much());
    }
    let name = folder.display().to_string();
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(&name, error))?;
    let mut names = Vec::new();
    for entry in entries.take(MOST_FILES + 1) {
        let entry = entry.map_err(|error| cannot_read(&name, error))?;
        // Links are not followed: a folder of dumps need not lead elsewhere.
        let kind = entry.file_type().map_err(|error| cannot_read(&name, error))?;
        names.push((entry.path(), kind));
    }
    tiny_sort::stable::sort_by(&mut names, |(a, _), (b, _)| a.cmp(b));
    for (path, kind) in names {
        let hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if kind.is_dir() {
            walk(&path, depth + 1, files, sources)?;
        } else if kind.is_file() {
            files.push(path);
        } else {
            let why = Text::new("是链接或设备，未读取", "is a link or a device: not read");
            sources.unusable.push(Unusable { name: path.display().to_string(), why });
        }
        if files.len() > MOST_FILES {
            return Err(too_much());
        }
    }
    Ok(())
}

/// Reads a file up to what an import may have, and refuses what is none.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let meta = fs::metadata(path)?;
    if meta.is_dir() {
        return Err(io::Error::from(io::ErrorKind::IsADirectory));
    }
    if !meta.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
    }
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    if meta.len() > most {
        let message = format!("{} bytes are more than an import may have ({most})", meta.len());
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn cannot_read(name: &str, error: io::Error) -> Failure {
    let missing = error.kind() == io::ErrorKind::NotFound;
    let failure =
        Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[name])).because(error);
    if missing { failure.hint(Text::new("请检查路径", "is the path right?")) } else { failure }
}

fn too_much() -> Failure {
    Failure::usage(Text::new(
        "目录太大，不像是采集结果（最多 4096 个文件、8 层、512 MiB）",
        "that is too much to be a folder of dumps (at most 4096 files, 8 levels, 512 MiB)",
    ))
    .hint(Text::new("给出更具体的目录或文件", "name the folder or the files themselves"))
}
