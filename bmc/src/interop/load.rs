//! Edge: reads a profile, and those that it requires, from files.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};

use super::profile::{self, Profile, ProfileError, Required, Version};

/// Bytes of a profile that are read; the largest published one has 200 kB.
const MOST_BYTES: u64 = 4 << 20;

/// Profiles that one requires, all together.
const MOST_PROFILES: usize = 64;

/// Files of a folder that profiles are looked for in.
const MOST_FILES: usize = 10_000;

/// A profile as it was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file.
    pub file: PathBuf,
    /// SHA-256 of the file, in hexadecimal: files of one name and version differ.
    pub digest: String,
    /// What it says.
    pub profile: Profile,
}

/// Why a profile cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum LoadError {
    /// It cannot be read.
    #[error("cannot read the profile `{file}`")]
    Read { file: String, source: io::Error },
    /// It is too large.
    #[error("`{file}` is larger than 4 MiB, which no profile is")]
    TooLarge { file: String },
    /// It is none.
    #[error("`{file}` is no interoperability profile")]
    NotProfile { file: String, source: ProfileError },
    /// A profile that it requires is not there.
    #[error("`{by}` requires the profile `{name}` {least} or later, which is not in `{folder}`")]
    Missing { name: String, least: Version, by: String, folder: String },
    /// There are too many.
    #[error("`{file}` requires more than 64 profiles")]
    TooMany { file: String },
}

impl LoadError {
    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::Read { file, .. } => format!("无法读取配置文件 `{file}`"),
            Self::TooLarge { file } => format!("`{file}` 超过 4 MiB，不像是配置文件"),
            Self::NotProfile { file, .. } => format!("`{file}` 不是互操作性配置文件"),
            Self::Missing { name, least, by, folder } => {
                format!("`{by}` 依赖配置文件 `{name}` {least} 或更高版本，目录 `{folder}` 中没有")
            }
            Self::TooMany { file } => format!("`{file}` 依赖的配置文件超过 64 个"),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub const fn hint(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Missing { .. } => Some((
                "把它放在该配置文件旁边，或用 --profiles 指定它所在的目录；本程序不会自行下载",
                "put it beside that profile, or name its folder with --profiles; it is never fetched",
            )),
            Self::NotProfile { .. } | Self::TooLarge { .. } => Some((
                "互操作性配置文件见 DMTF DSP0272，是含 Resources 的 JSON",
                "an interoperability profile is JSON with `Resources`, as DMTF's DSP0272 has it",
            )),
            Self::Read { .. } | Self::TooMany { .. } => None,
        }
    }
}

/// Loads a profile and all that it requires, which are in `folder`, or beside it where there is
/// none. The profile itself comes first.
pub fn load(file: &Path, folder: Option<&Path>) -> Result<Vec<Loaded>, LoadError> {
    let beside = file.parent().filter(|parent| !parent.as_os_str().is_empty());
    let folder = folder.or(beside).unwrap_or_else(|| Path::new("."));
    let mut loaded = vec![one(file)?];
    let mut next = 0;
    while let Some(by) = loaded.get(next) {
        next += 1;
        let named = by.file.display().to_string();
        for required in by.profile.required.clone() {
            let is_there = |had: &Loaded| had.profile.name == required.name;
            if loaded.iter().any(is_there) {
                continue;
            }
            if loaded.len() >= MOST_PROFILES {
                return Err(LoadError::TooMany { file: file.display().to_string() });
            }
            loaded.push(newest(folder, &required)?.ok_or_else(|| LoadError::Missing {
                name: required.name,
                least: required.least,
                by: named.clone(),
                folder: folder.display().to_string(),
            })?);
        }
    }
    Ok(loaded)
}

/// Returns the newest profile of that name in a folder that is of the same major version and at
/// least as new as required: what one major version asks for the next need not.
fn newest(folder: &Path, required: &Required) -> Result<Option<Loaded>, LoadError> {
    let listed = fs::read_dir(folder).map_err(|source| cannot_read(folder, source))?;
    let mut files = BTreeSet::new();
    for entry in listed.take(MOST_FILES) {
        let path = entry.map_err(|source| cannot_read(folder, source))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.starts_with(&required.name) && path.extension().is_some_and(|end| end == "json") {
            files.insert(path);
        }
    }
    let mut best: Option<(Version, Loaded)> = None;
    for file in files {
        // Another file of that name need not be a profile.
        let Ok(found) = one(&file) else { continue };
        let in_name = file.file_name().and_then(|name| name.to_str()).and_then(Version::within);
        let Some(version) = found.profile.version.or(in_name) else { continue };
        let fits = found.profile.name == required.name
            && version.0 == required.least.0
            && version >= required.least;
        // Of two files with one version the one that is named by it counts.
        let is_better = best
            .as_ref()
            .is_none_or(|(had, _)| version > *had || (version == *had && in_name == Some(version)));
        if fits && is_better {
            best = Some((version, found));
        }
    }
    Ok(best.map(|(_, found)| found))
}

/// Reads one profile.
fn one(file: &Path) -> Result<Loaded, LoadError> {
    let named = || file.display().to_string();
    let mut bytes = Vec::new();
    let opened = File::open(file).map_err(|source| cannot_read(file, source))?;
    opened
        .take(MOST_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|source| cannot_read(file, source))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > MOST_BYTES) {
        return Err(LoadError::TooLarge { file: named() });
    }
    let profile =
        profile::read(&bytes).map_err(|source| LoadError::NotProfile { file: named(), source })?;
    let mut digest = String::new();
    for byte in Sha256::digest(&bytes) {
        // Writing to a string does not fail.
        write!(digest, "{byte:02x}").ok();
    }
    Ok(Loaded { file: file.to_owned(), digest, profile })
}

fn cannot_read(file: &Path, source: io::Error) -> LoadError {
    LoadError::Read { file: file.display().to_string(), source }
}
