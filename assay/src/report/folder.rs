//! The edge that reads a report's folder: every name in it, and its digests.
//!
//! Symbolic links are never followed, special files never opened; both are
//! recorded for [`super::verify`] to name. Evidence is read in pieces, so that a
//! large capture costs no memory.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use super::{
    canonical,
    digest::{Digests, Hasher},
    document::Report,
    manifest::{MANIFEST, RESULT, SIGNATURES},
    verify::{self, Verification},
};

/// Documents larger than this are not read: a result with the facts of the
/// largest machines seen has 2 MB, a batch of 10,000 machines some 60 MB.
const LARGEST_DOCUMENT: u64 = 512 << 20;

/// How deep folders may nest; evidence mirrors `/sys`, which stays below 20.
const DEEPEST: usize = 64;

/// A report's folder as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// What is there, by path below the folder with `/` between names.
    pub nodes: BTreeMap<String, Node>,
}

/// One name in a report's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// An ordinary file.
    File {
        /// Size in bytes.
        bytes: u64,
        /// Its digests.
        digests: Digests,
        /// What it holds, where it is one of the documents that say what the rest is.
        content: Option<Vec<u8>>,
    },
    /// A folder with nothing in it.
    EmptyFolder,
    /// A symbolic link, device, socket or pipe.
    Special,
    /// Something that could not be read, with the reason.
    Unreadable(String),
}

impl Tree {
    /// Returns a tree of files in memory.
    pub fn of(files: &BTreeMap<String, Vec<u8>>) -> Self {
        let node = |path: &str, content: &Vec<u8>| Node::File {
            bytes: u64::try_from(content.len()).unwrap_or(u64::MAX),
            digests: Digests::of(content),
            content: is_document(path).then(|| content.clone()),
        };
        Self { nodes: files.iter().map(|(p, c)| (p.clone(), node(p, c))).collect() }
    }

    /// Returns what the document at `path` holds.
    pub fn document(&self, path: &str) -> Option<&[u8]> {
        match self.nodes.get(path) {
            Some(Node::File { content, .. }) => content.as_deref(),
            _ => None,
        }
    }
}

/// Returns whether the file at `path` says what other files are.
fn is_document(path: &str) -> bool {
    let name = path.strip_prefix("revisions/").and_then(|rest| rest.split_once('/'));
    let name = name.map_or(path, |(_, name)| name);
    matches!(name, MANIFEST | RESULT | SIGNATURES)
}

/// Why a folder could not be read as a report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum FolderError {
    /// It is not there, or not to be read.
    #[error("cannot read report `{}`", path.display())]
    Read { path: PathBuf, source: io::Error },
    /// It is no report of ours.
    #[error("`{}` is not a report: it has neither manifest.json nor result.json", path.display())]
    NotAReport { path: PathBuf },
    /// It is a report, but not as it was written.
    #[error("report `{}` is refused: {}", path.display(), verification.line())]
    Altered { path: PathBuf, verification: Box<Verification> },
    /// It is a batch where a machine's report is wanted, or the reverse.
    #[error("`{}` does not hold a report on one machine", path.display())]
    Kind { path: PathBuf },
}

impl FolderError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Read { .. } => None,
            Self::NotAReport { .. } => {
                Some("name the folder that `assay accept --out` wrote".to_owned())
            }
            Self::Altered { .. } => Some(
                "`assay report verify` names every file that differs; ask the sender for the \
                 original"
                    .to_owned(),
            ),
            Self::Kind { .. } => Some("name the report of each machine, not a batch".to_owned()),
        }
    }
}

/// Returns the report's folder that `path` names: itself, or the folder of the
/// `result.json`, `manifest.json` or `index.html` it names.
pub fn of_path(path: &Path) -> PathBuf {
    let named = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    match path.parent() {
        Some(parent) if matches!(named, RESULT | MANIFEST | "index.html") && !path.is_dir() => {
            if parent.as_os_str().is_empty() {
                PathBuf::from(".")
            } else {
                parent.to_owned()
            }
        }
        _ => path.to_owned(),
    }
}

/// Reads a report's folder.
pub fn read(path: &Path) -> Result<Tree, FolderError> {
    let folder = of_path(path);
    let mut tree = Tree::default();
    walk(&folder, "", 0, &mut tree)
        .map_err(|source| FolderError::Read { path: folder.clone(), source })?;
    if [MANIFEST, RESULT].iter().any(|name| tree.nodes.contains_key(*name)) {
        Ok(tree)
    } else {
        Err(FolderError::NotAReport { path: folder })
    }
}

/// A report read from its folder, intact.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The folder.
    pub folder: PathBuf,
    /// The report.
    pub report: Report,
    /// Digests of its `result.json`.
    pub digests: Digests,
    /// What verifying it found.
    pub verification: Verification,
}

/// Reads the report in a folder; refuses it unless every byte is as written.
pub fn load(path: &Path) -> Result<Loaded, FolderError> {
    load_by(path, &verify::Options::default())
}

/// Reads the report in a folder; refuses it unless it is what `options` ask for.
pub fn load_by(path: &Path, options: &verify::Options) -> Result<Loaded, FolderError> {
    let tree = read(path)?;
    let folder = of_path(path);
    let verification = verify::check(&tree, options);
    if !verification.is_intact() {
        return Err(FolderError::Altered { path: folder, verification: Box::new(verification) });
    }
    let result = tree.document(RESULT).unwrap_or_default();
    match canonical::from_bytes::<Report>(result) {
        Ok(report) if report.schema == super::document::SCHEMA => {
            Ok(Loaded { folder, report, digests: Digests::of(result), verification })
        }
        _ => Err(FolderError::Kind { path: folder }),
    }
}

fn walk(folder: &Path, prefix: &str, depth: usize, tree: &mut Tree) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let node = match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth < DEEPEST => {
                let below = format!("{path}/");
                match walk(&entry.path(), &below, depth.saturating_add(1), tree) {
                    Ok(()) if is_empty(&below, tree) => Node::EmptyFolder,
                    Ok(()) => continue,
                    Err(error) => Node::Unreadable(error.to_string()),
                }
            }
            Ok(kind) if kind.is_file() => {
                file(&entry.path(), &path).unwrap_or_else(|e| Node::Unreadable(e.to_string()))
            }
            Ok(_) => Node::Special,
            Err(error) => Node::Unreadable(error.to_string()),
        };
        tree.nodes.insert(path, node);
    }
    Ok(())
}

fn is_empty(below: &str, tree: &Tree) -> bool {
    let next = tree.nodes.range(below.to_owned()..).next();
    !next.is_some_and(|(path, _)| path.starts_with(below))
}

fn file(place: &Path, path: &str) -> io::Result<Node> {
    let mut file = File::open(place)?;
    if is_document(path) && file.metadata()?.len() <= LARGEST_DOCUMENT {
        let mut content = Vec::new();
        file.take(LARGEST_DOCUMENT).read_to_end(&mut content)?;
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        return Ok(Node::File { bytes, digests: Digests::of(&content), content: Some(content) });
    }
    let mut hasher = Hasher::default();
    let mut bytes = 0_u64;
    let mut piece = vec![0; 64 << 10];
    loop {
        let count = match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(piece.get(..count).unwrap_or_default());
        bytes = bytes.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    Ok(Node::File { bytes, digests: hasher.finish(), content: None })
}
