//! fio's own example job files: each is parsed, or refused by line and option.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::Failed;
use storage_bench::job::file::{self, Surroundings};
use storage_bench::job::{JobError, Place};

use super::fio;

/// Where Debian's package puts them.
pub(crate) const FOLDER: &str = "/usr/share/doc/fio/examples";

/// What `xnvme-compare.fio` and others ask the environment for.
pub(crate) const VARIABLES: &[(&str, &str)] =
    &[("FIO_RW", "randread"), ("FIO_IODEPTH", "4"), ("FIO_BS", "4k")];

/// The environment above, and the folder of the examples.
struct Examples;

impl Surroundings for Examples {
    fn variable(&self, name: &str) -> Option<String> {
        let found = VARIABLES.iter().find(|(variable, _)| *variable == name);
        found.map(|(_, value)| (*value).to_owned())
    }

    fn include(&self, _: &str, path: &str) -> Result<(String, String), String> {
        let path = Path::new(FOLDER).join(path);
        let text = text(&path).map_err(|error| format!("{error:?}"))?;
        Ok((path.display().to_string(), text))
    }
}

/// Returns a file's text, unpacked where Debian packed it.
fn text(path: &Path) -> Result<String, Failed> {
    if path.extension().is_some_and(|ext| ext == "gz") {
        let output = std::process::Command::new("gzip").arg("-dc").arg(path).output()?;
        return Ok(String::from_utf8(output.stdout)?);
    }
    Ok(fs::read_to_string(path)?)
}

fn files() -> Result<Vec<PathBuf>, Failed> {
    let mut files = Vec::new();
    for entry in fs::read_dir(FOLDER)? {
        let path = entry?.path();
        // Debian packs long documents.
        let plain = if path.extension().is_some_and(|ext| ext == "gz") {
            path.with_extension("")
        } else {
            path.clone()
        };
        if plain.extension().is_some_and(|ext| ext == "fio") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub(crate) fn all() -> Result<(), Failed> {
    let files = files()?;
    let (mut parsed, mut faults) = (0, Vec::new());
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for path in &files {
        let text = text(path)?;
        let name = path.display().to_string();
        match file::parse(&name, &text, &Examples) {
            Ok(_) => {
                parsed += 1;
                if let Err(message) = accepted_by_fio(path, &text) {
                    faults.push(format!("{name}: fio refuses it: {message}"));
                }
            }
            Err(error) => {
                println!("{error}");
                if let Err(message) = stands_there(&error, &text) {
                    faults.push(format!("{name}: {message}"));
                }
                let option = error.option().unwrap_or("(line)").to_owned();
                *reasons.entry(option).or_default() += 1;
            }
        }
    }
    let count = files.len();
    println!("figure: fio.examples = parsed {parsed}, refused {} of {count}", count - parsed);
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(option, count)| (std::cmp::Reverse(*count), option.clone()));
    println!("refused for: {reasons:?}");
    if count < 60 {
        faults.push(format!("only {count} files"));
    }
    if parsed == 0 {
        faults.push("none is parsed".to_owned());
    }
    if faults.is_empty() { Ok(()) } else { Err(Failed::from(faults.join("\n"))) }
}

/// Checks that a refusal names a line of the file on which its option stands.
fn stands_there(error: &JobError, text: &str) -> Result<(), String> {
    let (Some(Place::Line { line, .. }), Some(option)) = (error.place(), error.option()) else {
        return Err(format!("no line or option: {error}"));
    };
    let at = usize::try_from(*line).unwrap_or(0).checked_sub(1).ok_or("no line 0")?;
    let found = text.lines().nth(at).ok_or_else(|| format!("no line {line}"))?;
    let name = found.split(['=', ';', '#']).next().unwrap_or_default().trim();
    if name == option {
        return Ok(());
    }
    Err(format!("`{option}` is not on line {line}, `{found}`: {error}"))
}

/// Checks that fio takes what we take, without making any load.
fn accepted_by_fio(path: &Path, text: &str) -> Result<(), String> {
    let copy = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let name = copy.path().display().to_string();
    fs::write(copy.path(), text).map_err(|error| error.to_string())?;
    // fio looks at directories even when it only parses; those of the examples are not here.
    let output = fio(&["--parse-only", &name]).map_err(|error| format!("{error:?}"))?;
    let said = |line: &&str| line.contains("Bad option") || line.contains("failed parsing");
    match output.lines().find(said) {
        Some(line) => Err(format!("{}: {line}", path.display())),
        None => Ok(()),
    }
}
