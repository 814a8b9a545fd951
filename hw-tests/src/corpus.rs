//! The corpora of real data: never committed, found by `ASSAY_CORPUS`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use tempfile::TempDir;

/// Returns the root of this workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Returns the folder of the corpus `name` (`smbios`, `smartctl`, …).
pub fn folder(name: &str) -> PathBuf {
    let root = env::var_os("ASSAY_CORPUS")
        .map_or_else(|| workspace().join("../shared/corpus"), PathBuf::from);
    root.join(name)
}

/// The visible servers of the SMBIOS corpus, unpacked for one test run.
#[derive(Debug)]
pub struct Servers {
    dir: TempDir,
}

/// One server of the SMBIOS corpus.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its id in the corpus.
    pub id: String,
    /// Vendor and model as the corpus' manifest has them.
    pub name: String,
    /// The table, as `dmidecode --dump-bin` lays it out.
    pub dump: PathBuf,
    /// The original dmidecode report.
    pub text: PathBuf,
}

impl Servers {
    /// Unpacks the archive into a directory of its own.
    pub fn unpack() -> io::Result<Self> {
        let dir = tempfile::tempdir()?;
        let archive = folder("smbios").join("dmi-visible.tar.xz");
        let status =
            Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(dir.path()).status()?;
        if !status.success() {
            return Err(io::Error::other(format!("tar cannot unpack {}", archive.display())));
        }
        Ok(Self { dir })
    }

    /// Returns every server, in the order of the manifest.
    pub fn all(&self) -> io::Result<Vec<Server>> {
        let root = self.dir.path().join("dmi-visible");
        let manifest = fs::read_to_string(root.join("manifest.tsv"))?;
        let server = |line: &str| {
            let mut columns = line.split('\t');
            let id = columns.next()?.to_owned();
            let name = format!("{} {}", columns.next()?, columns.next()?);
            let dump = root.join("bin").join(format!("{id}.bin"));
            let text = root.join("text").join(format!("{id}.txt"));
            Some(Server { id, name, dump, text })
        };
        Ok(manifest.lines().skip(1).filter_map(server).collect())
    }
}
