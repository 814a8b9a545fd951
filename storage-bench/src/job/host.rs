//! Edge: job files on disk, and the environment they may ask for.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::file::{self, FILE_LIMIT, Surroundings};
use super::{Job, JobError};

/// The files and the environment of this host.
#[derive(Clone, Copy, Debug)]
pub struct Host;

impl Surroundings for Host {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    /// As fio: a path that is not there from here is looked for beside the file that asks.
    fn include(&self, from: &str, path: &str) -> Result<(String, String), String> {
        let beside = Path::new(from).parent().map(|folder| folder.join(path));
        let path = match beside {
            Some(beside) if !Path::new(path).exists() => beside,
            Some(_) | None => Path::new(path).to_owned(),
        };
        let text = text(&path)?;
        Ok((path.display().to_string(), text))
    }
}

/// Reads the jobs of the file at `path`.
pub fn read(path: &Path) -> Result<Vec<Job>, JobError> {
    let name = path.display().to_string();
    match text(path) {
        Ok(text) => file::parse(&name, &text, &Host),
        Err(why) => Err(JobError::Unreadable { name, why }),
    }
}

/// Reads a regular file. Looked at before it is opened: opening a pipe would wait.
fn text(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if !found.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let limit = u64::try_from(FILE_LIMIT).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() > FILE_LIMIT {
        return Err(format!("it has more than {FILE_LIMIT} bytes"));
    }
    String::from_utf8(bytes).map_err(|error| format!("it is no text: {error}"))
}
