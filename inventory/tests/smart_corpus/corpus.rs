//! The corpus, unpacked once for a test.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use tempfile::TempDir;

/// The files of the corpus.
pub(crate) struct Corpus {
    /// Documents of `smartctl -j`: name and bytes.
    pub(crate) documents: Vec<(String, Vec<u8>)>,
    /// Texts of `smartctl -x`: name and bytes.
    pub(crate) texts: Vec<(String, Vec<u8>)>,
}

/// Unpacks both archives, or says why not.
pub(crate) fn unpack() -> Result<Corpus, String> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let corpus = env::var_os("ASSAY_CORPUS")
        .map_or_else(|| workspace.join("../shared/corpus"), PathBuf::from)
        .join("smartctl");
    Ok(Corpus {
        documents: files(&corpus.join("smartctl-json.tar.xz"), "json")?,
        texts: files(&corpus.join("smartctl-text.tar.xz"), "txt")?,
    })
}

fn files(archive: &Path, ending: &str) -> Result<Vec<(String, Vec<u8>)>, String> {
    if !archive.is_file() {
        return Err(format!("{} is not there (ASSAY_CORPUS names the corpus)", archive.display()));
    }
    let dir = TempDir::new().map_err(|error| format!("no temporary directory: {error}"))?;
    let status = Command::new("tar").arg("xJf").arg(archive).arg("-C").arg(dir.path()).status();
    if !status.is_ok_and(|status| status.success()) {
        return Err(format!("tar cannot unpack {}", archive.display()));
    }
    let mut found = Vec::new();
    collect(dir.path(), dir.path(), ending, &mut found);
    found.sort();
    Ok(found)
}

fn collect(root: &Path, folder: &Path, ending: &str, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("the archive was just unpacked") {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            collect(root, &path, ending, found);
        } else if path.extension().is_some_and(|held| held == ending) {
            let name = path.strip_prefix(root).expect("it is below").display().to_string();
            found.push((name, fs::read(&path).expect("an unpacked file can be read")));
        }
    }
}
