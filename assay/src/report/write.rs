//! The edge that writes a report's folder.
//!
//! A report appears whole or not at all: it is written beside its place and then
//! renamed into it. A folder that is no report of ours is never touched. A
//! report that stands in the way is never deleted, it is a record: it moves
//! aside as `NAME.1`, `NAME.2`, …; a later revision replaces the folder of its
//! predecessor, whose documents it carries in `revisions/`.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    RenderOptions,
    batch::Batch,
    canonical::{self, CanonicalError},
    digest::Digests,
    document::{EvidenceEntry, Report},
    evidence::{self, Placed},
    folder::{self, FolderError},
    manifest::{self, MANIFEST, RESULT, SIGNATURES},
    render::{self, RenderError},
    sign::{self, PublicKey, SecretKey, Signatures, Signer},
    verify,
};

/// A report on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its folder.
    pub folder: PathBuf,
    /// The verify code printed on its pages.
    pub code: String,
    /// The root it is the beginning of.
    pub root: Digests,
    /// Digests of its `result.json`.
    pub result: Digests,
    /// Where the report that was there before went.
    pub moved: Option<PathBuf>,
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum WriteError {
    /// The folder is there and holds something else.
    #[error("`{}` is there and is not a report", folder.display())]
    Occupied { folder: PathBuf },
    /// The path names no folder that could be made.
    #[error("`{}` cannot name a report", folder.display())]
    Name { folder: PathBuf },
    /// The file system refused.
    #[error("cannot write `{}`", path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The files could not be made.
    #[error("cannot make the files of report `{}`", folder.display())]
    Render { folder: PathBuf, source: RenderError },
    /// The report to revise or sign cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The report on disk is not the one that was revised.
    #[error("report `{}` changed while its next revision was made", folder.display())]
    Overtaken { folder: PathBuf },
    /// The evidence given is not the evidence the report indexes.
    #[error("the report indexes evidence `{path}` that was not given with these bytes")]
    Evidence { path: String },
}

impl WriteError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Occupied { .. } | Self::Name { .. } => {
                Some("name another folder by `--out`".to_owned())
            }
            Self::Io { source, .. } => match source.kind() {
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                    Some("name a folder that you may write to by `--out`".to_owned())
                }
                io::ErrorKind::StorageFull => {
                    Some("free some room, or name another folder by `--out`".to_owned())
                }
                _ => None,
            },
            Self::Folder(error) => error.hint(),
            Self::Overtaken { .. } => Some("run the command again".to_owned()),
            Self::Render { .. } | Self::Evidence { .. } => None,
        }
    }
}

/// Writes the first revision of a report to `folder`.
pub fn write(
    folder: &Path,
    report: &Report,
    evidence: &[Placed],
    options: RenderOptions,
) -> Result<Written, WriteError> {
    let mut files = BTreeMap::new();
    files.extend(evidence.iter().map(|file| (file.entry.path.clone(), file.bytes.clone())));
    let bundle = bundle(folder, report, files, options)?;
    place(folder, &bundle, Replace::MoveAside)
}

/// Writes the next revision of the report in `folder` to `into`.
///
/// `report` names its predecessor by digests; the report on disk must be that
/// one, and intact. `evidence` is what the revision brought. Where `into` is
/// the report's own folder, the revision takes its place; the predecessor's
/// documents stay in `revisions/`.
pub fn revise(
    folder: &Path,
    into: &Path,
    report: &Report,
    evidence: &[Placed],
    options: RenderOptions,
) -> Result<Written, WriteError> {
    let folder = &folder::of_path(folder);
    let before = folder::load(folder)?;
    if report.revision.predecessor.as_ref() != Some(&before.digests) {
        return Err(WriteError::Overtaken { folder: folder.clone() });
    }
    let mut files = BTreeMap::new();
    files.extend(evidence.iter().map(|file| (file.entry.path.clone(), file.bytes.clone())));
    for entry in &before.report.evidence {
        files.insert(entry.path.clone(), read(&folder.join(&entry.path))?);
    }
    for number in 1..before.report.revision.number {
        for name in [RESULT, MANIFEST, SIGNATURES] {
            let path = render::revision_path(number, name);
            if folder.join(&path).exists() {
                files.insert(path.clone(), read(&folder.join(&path))?);
            }
        }
    }
    for name in [RESULT, MANIFEST, SIGNATURES] {
        if folder.join(name).exists() {
            let path = render::revision_path(before.report.revision.number, name);
            files.insert(path, read(&folder.join(name))?);
        }
    }
    let bundle = bundle(into, report, files, options)?;
    let same =
        fs::canonicalize(into).is_ok_and(|into| fs::canonicalize(folder).is_ok_and(|f| f == into));
    place(into, &bundle, if same { Replace::Exchange } else { Replace::MoveAside })
}

/// Writes a batch report to `folder`.
pub fn write_batch(
    folder: &Path,
    batch: &Batch,
    options: RenderOptions,
) -> Result<Written, WriteError> {
    let render = |source| WriteError::Render { folder: folder.to_owned(), source };
    let bundle = render::batch_bundle(batch, options).map_err(render)?;
    place(folder, &bundle, Replace::MoveAside)
}

/// Adds a signature to the report in `folder`, which must be intact.
///
/// Returns the id of the key and how many signatures the report now has.
pub fn sign(
    folder: &Path,
    key: &SecretKey,
    signer: Signer,
) -> Result<(PublicKey, usize), WriteError> {
    let folder = &folder::of_path(folder);
    let tree = folder::read(folder)?;
    let verification = verify::check(&tree, &verify::Options::default());
    let (true, Some(root)) = (verification.is_intact(), &verification.root) else {
        let verification = Box::new(verification);
        return Err(FolderError::Altered { path: folder.clone(), verification }.into());
    };
    let unreadable = |source: CanonicalError| WriteError::Render {
        folder: folder.clone(),
        source: RenderError::Canonical(source),
    };
    let earlier: Signatures = match tree.document(SIGNATURES) {
        Some(bytes) => canonical::from_bytes(bytes).map_err(unreadable)?,
        None => Signatures::default(),
    };
    let manifest = tree.document(MANIFEST).unwrap_or_default();
    let signed = sign::sign(manifest, root, earlier, key, signer).map_err(unreadable)?;
    let bytes = canonical::to_bytes(&signed).map_err(unreadable)?;
    let path = folder.join(SIGNATURES);
    // Beside the folder, not in it: a file left there by a crash would make the
    // report look altered.
    let partial = sibling(folder, "signatures")?;
    drop(fs::remove_file(&partial));
    write_file(&partial, &bytes)?;
    fs::rename(&partial, &path).map_err(|source| WriteError::Io { path: path.clone(), source })?;
    sync_folder(folder)?;
    Ok((key.public(), signed.signatures.len()))
}

/// Checks the evidence against the index, and makes all files of a report.
fn bundle(
    folder: &Path,
    report: &Report,
    files: BTreeMap<String, Vec<u8>>,
    options: RenderOptions,
) -> Result<render::Bundle, WriteError> {
    let given = |entry: &EvidenceEntry| {
        files.get(&entry.path).is_some_and(|bytes| Digests::of(bytes) == entry.digests)
    };
    if let Some(entry) = report.evidence.iter().find(|entry| !given(entry)) {
        return Err(WriteError::Evidence { path: entry.path.clone() });
    }
    let is_indexed = |path: &str| report.evidence.iter().any(|entry| entry.path == path);
    let prefix = format!("{}/", evidence::FOLDER);
    if let Some(path) = files.keys().find(|p| p.starts_with(&prefix) && !is_indexed(p)) {
        return Err(WriteError::Evidence { path: path.clone() });
    }
    render::bundle(report, files, options)
        .map_err(|source| WriteError::Render { folder: folder.to_owned(), source })
}

/// What happens to a report that is in the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Replace {
    /// It gets another name.
    MoveAside,
    /// The new one carries its documents, and takes its place.
    Exchange,
}

fn place(folder: &Path, bundle: &render::Bundle, replace: Replace) -> Result<Written, WriteError> {
    let there = occupant(folder)?;
    let partial = sibling(folder, "partial")?;
    let outcome = fill(&partial, bundle).and_then(|()| match (there, replace) {
        (false, _) => rename(&partial, folder, RenameFlags::NOREPLACE).map(|()| None),
        (true, Replace::MoveAside) => move_aside(&partial, folder).map(Some),
        (true, Replace::Exchange) => exchange(&partial, folder).map(|()| None),
    });
    if outcome.is_err() {
        // What could not be put in place is of no use; the error that
        // prevented it is the one to tell.
        drop(fs::remove_dir_all(&partial));
    }
    let moved = outcome?;
    sync_folder(parent(folder))?;
    Ok(Written {
        folder: folder.to_owned(),
        code: manifest::verify_code(&bundle.root),
        root: bundle.root.clone(),
        result: Digests::of(bundle.files.get(RESULT).map(Vec::as_slice).unwrap_or_default()),
        moved,
    })
}

/// Returns whether a report of ours, or an empty folder, is at `folder`.
fn occupant(folder: &Path) -> Result<bool, WriteError> {
    let occupied = || WriteError::Occupied { folder: folder.to_owned() };
    let io = |source| WriteError::Io { path: folder.to_owned(), source };
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(io(error)),
        Ok(metadata) if !metadata.is_dir() => Err(occupied()),
        Ok(_) if fs::read_dir(folder).map_err(io)?.next().is_none() => {
            fs::remove_dir(folder).map_err(io)?;
            Ok(false)
        }
        Ok(_) => {
            let is_ours = [MANIFEST, RESULT].iter().all(|name| folder.join(name).is_file())
                && fs::read(folder.join(MANIFEST)).is_ok_and(|bytes| {
                    serde_json::from_slice::<serde_json::Value>(&bytes)
                        .is_ok_and(|value| value.get("schema") == Some(&manifest::SCHEMA.into()))
                });
            if is_ours { Ok(true) } else { Err(occupied()) }
        }
    }
}

fn fill(partial: &Path, bundle: &render::Bundle) -> Result<(), WriteError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| WriteError::Io { path, source }
    };
    fs::create_dir_all(parent(partial)).map_err(io(parent(partial)))?;
    // A process of this number that was killed may have left one.
    drop(fs::remove_dir_all(partial));
    fs::create_dir(partial).map_err(io(partial))?;
    for (path, bytes) in &bundle.files {
        let path = partial.join(path);
        fs::create_dir_all(parent(&path)).map_err(io(&path))?;
        write_file(&path, bytes)?;
    }
    sync_folder(partial)
}

fn write_file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    let write = || {
        let mut file = File::create_new(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

fn read(path: &Path) -> Result<Vec<u8>, WriteError> {
    fs::read(path)
        .map_err(|source| FolderError::Read { path: path.to_owned(), source })
        .map_err(WriteError::Folder)
}

fn sync_folder(folder: &Path) -> Result<(), WriteError> {
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|source| WriteError::Io { path: folder.to_owned(), source })
}

fn rename(from: &Path, to: &Path, flags: RenameFlags) -> Result<(), WriteError> {
    renameat_with(CWD, from, CWD, to, flags)
        .or_else(|error| {
            // NFS and old kernels know no flags; the name was free a moment ago.
            if error == rustix::io::Errno::INVAL && !flags.contains(RenameFlags::EXCHANGE) {
                rustix::fs::rename(from, to)
            } else {
                Err(error)
            }
        })
        .map_err(|error| WriteError::Io { path: to.to_owned(), source: error.into() })
}

fn move_aside(partial: &Path, folder: &Path) -> Result<PathBuf, WriteError> {
    let mut number = 1_u32;
    let aside = loop {
        let mut name = folder.as_os_str().to_owned();
        name.push(format!(".{number}"));
        let aside = PathBuf::from(name);
        if fs::symlink_metadata(&aside).is_err() {
            break aside;
        }
        number = number
            .checked_add(1)
            .ok_or_else(|| WriteError::Occupied { folder: folder.to_owned() })?;
    };
    rename(folder, &aside, RenameFlags::NOREPLACE)?;
    if let Err(error) = rename(partial, folder, RenameFlags::NOREPLACE) {
        rename(&aside, folder, RenameFlags::NOREPLACE)?;
        return Err(error);
    }
    Ok(aside)
}

/// Puts the new folder in the place of the old one in one step, and removes the old.
fn exchange(partial: &Path, folder: &Path) -> Result<(), WriteError> {
    if rename(partial, folder, RenameFlags::EXCHANGE).is_err() {
        // A file system that cannot exchange: two steps, the old one last to go.
        let aside = move_aside(partial, folder)?;
        return fs::remove_dir_all(&aside)
            .map_err(|source| WriteError::Io { path: aside.clone(), source });
    }
    fs::remove_dir_all(partial)
        .map_err(|source| WriteError::Io { path: partial.to_owned(), source })
}

/// Returns a free name beside `folder`, hidden, that says whose it is.
fn sibling(folder: &Path, what: &str) -> Result<PathBuf, WriteError> {
    let Some(name) = folder.file_name() else {
        return Err(WriteError::Name { folder: folder.to_owned() });
    };
    let name = name.to_string_lossy();
    let path = parent(folder).join(format!(".{name}.{what}-{}", std::process::id()));
    Ok(path)
}

fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}
