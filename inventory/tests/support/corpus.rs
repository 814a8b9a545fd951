//! The corpus of real machines: where it is, and how it is unpacked for a test.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::{env, fs};

/// Returns the folder `part` of the corpus, or why there is none.
pub(crate) fn folder(part: &str) -> Result<PathBuf, String> {
    let root = env::var_os("ASSAY_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus"),
        PathBuf::from,
    );
    let folder = root.join(part);
    if folder.is_dir() {
        Ok(folder)
    } else {
        Err(format!("no corpus at {} (ASSAY_CORPUS names its folder)", root.display()))
    }
}

/// Returns whether what is missing is a failure.
pub(crate) fn required() -> bool {
    env::var_os("ASSAY_REQUIRE_CORPUS").is_some_and(|value| value == "1")
}

/// Unpacks the archive of servers once per build and returns its folder.
pub(crate) fn servers() -> Result<PathBuf, String> {
    let archive = folder("smbios")?.join("dmi-visible.tar.xz");
    let into = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smbios-corpus");
    let done = into.join("dmi-visible/manifest.tsv");
    if !done.is_file() {
        // Unpacked beside and renamed: another test binary may do the same now.
        let part = into.with_extension(std::process::id().to_string());
        fs::create_dir_all(&part).map_err(|error| error.to_string())?;
        let status = Command::new("tar")
            .arg("-xJf")
            .arg(&archive)
            .arg("-C")
            .arg(&part)
            .status()
            .map_err(|error| format!("tar cannot be run: {error}"))?;
        if !status.success() {
            return Err(format!("tar could not unpack {}", archive.display()));
        }
        if fs::rename(&part, &into).is_err() && !done.is_file() {
            return Err(format!("cannot unpack to {}", into.display()));
        }
    }
    Ok(into.join("dmi-visible"))
}

/// A field that dmidecode read from a machine's binary.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    /// `0x0021`, or `0x0021.2` for the second of that handle.
    pub(crate) handle: String,
    /// Type of the structure.
    pub(crate) kind: u8,
    /// Name of the field.
    pub(crate) field: String,
    /// Its value, trimmed, sizes in the largest whole unit.
    pub(crate) value: String,
}

/// The expected fields of each machine.
pub(crate) type Machines = BTreeMap<String, Vec<Expected>>;

/// Returns the expected fields of each machine; they are read once.
pub(crate) fn expected(servers: &Path) -> &'static Machines {
    static EXPECTED: OnceLock<Machines> = OnceLock::new();
    EXPECTED.get_or_init(|| read_expected(servers))
}

fn read_expected(servers: &Path) -> Machines {
    let text = fs::read_to_string(servers.join("expected.tsv")).expect("expected.tsv is text");
    let mut machines = Machines::new();
    for line in text.lines().skip(1) {
        let mut columns = line.splitn(5, '\t');
        let mut next = || columns.next().unwrap_or_default().to_owned();
        let (machine, handle, kind, field, value) = (next(), next(), next(), next(), next());
        let kind = kind.parse().expect("the type is a number");
        machines.entry(machine).or_default().push(Expected { handle, kind, field, value });
    }
    machines
}

/// Returns the binary table of `machine`.
pub(crate) fn binary(servers: &Path, machine: &str) -> Vec<u8> {
    fs::read(servers.join(format!("bin/{machine}.bin"))).expect("each machine has a table")
}

/// Returns the original report of `machine`.
pub(crate) fn report(servers: &Path, machine: &str) -> Vec<u8> {
    fs::read(servers.join(format!("text/{machine}.txt"))).expect("each machine has a report")
}
