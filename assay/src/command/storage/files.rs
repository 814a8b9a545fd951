//! Files of a run: `--out`, `--csv`, `--hlog`.
//!
//! Looked at before the load starts: an hour of measuring is not lost to a typing error. fio
//! overwrites what is there; here only a file of the same kind is replaced, for a disk's
//! special file or somebody's notes are named as fast as a log. What is written is written
//! beside it and renamed: a crash leaves the old file or the new one.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use storage_bench::{measurement::Storage, observed::Observed};

use crate::{
    build,
    cli::storage::Run as Arguments,
    clock,
    command::accept::environment,
    failure::Failure,
    lang::text,
    output::storage::series::{self, Logged},
    report::render::ocp::{self, storage::About},
};

/// How much of a file tells its kind.
const OPENING: u64 = 4096;

/// The files that were asked for.
#[derive(Debug)]
pub(super) struct Files {
    out: Option<Place>,
    csv: Option<Place>,
    hlog: Option<Place>,
}

/// Where a file goes.
#[derive(Debug)]
struct Place {
    /// As it was given, for messages.
    name: String,
    /// Where it is, links followed.
    file: PathBuf,
    /// Where it is written before.
    new: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        // Renamed when all went well; else nothing of it is to stay.
        fs::remove_file(&self.new).ok();
    }
}

/// Returns the runs as OCP Test & Validation output.
pub(super) fn ocp_tv(document: &Storage, stopped: bool) -> Result<String, Failure> {
    let uname = rustix::system::uname();
    let about = About {
        version: build::NUMBER.to_owned(),
        command: environment::command(std::env::args_os()),
        host: uname.nodename().to_string_lossy().into_owned(),
        kernel: uname.release().to_string_lossy().into_owned(),
        finished_at: clock::now(),
        interrupted: stopped,
    };
    let bytes = ocp::storage::document(&document.run, &about).map_err(|error| {
        Failure::unable(text("无法写成 JSON", "cannot write this as JSON", &[])).because(error)
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl Files {
    /// Looks at every place, and refuses one that nothing can be written to.
    pub(super) fn plan(arguments: &Arguments) -> Result<Self, Failure> {
        let place = |option, path: &Option<PathBuf>, kind: fn(&str) -> bool| {
            path.as_deref().map(|path| Place::look(option, path, kind)).transpose()
        };
        let files = Self {
            out: place("--out", &arguments.out, |opening| opening.contains("\"storage/v1\""))?,
            csv: place("--csv", &arguments.csv, |opening| {
                opening.trim_start_matches('\u{feff}').starts_with(series::HEADER)
            })?,
            hlog: place("--hlog", &arguments.hlog, |opening| {
                opening.contains("[Histogram log format version")
            })?,
        };
        let all: Vec<&Place> =
            [&files.out, &files.csv, &files.hlog].into_iter().flatten().collect();
        for (at, place) in all.iter().enumerate() {
            if all.iter().skip(at + 1).any(|other| other.file == place.file) {
                return Err(Failure::usage(text(
                    "两个选项指向同一文件 `{}`",
                    "two options name the same file `{}`",
                    &[&place.name],
                )));
            }
        }
        Ok(files)
    }

    /// Writes all of them, also when one fails; `observed` is in the order of the runs.
    pub(super) fn write(self, document: &Storage, observed: &[&Observed]) -> Result<(), Failure> {
        let mut outcome = Ok(());
        let mut put = |place: Option<Place>, bytes: &dyn Fn() -> Vec<u8>| {
            if let Some(place) = place {
                let written = place.write(&bytes());
                if outcome.is_ok() {
                    outcome = written;
                }
            }
        };
        put(self.out, &|| serde_json::to_vec_pretty(document).unwrap_or_default());
        put(self.csv, &|| series::csv(&document.run.iter().collect::<Vec<_>>()).into_bytes());
        put(self.hlog, &|| {
            let runs = document.run.iter().zip(observed).map(|(run, observed)| {
                let began = clock::unix_seconds(&run.started_at).unwrap_or(0);
                let start_unix_ms = began.saturating_mul(1_000) + run.ramp_ns / 1_000_000;
                Logged { run, observed, start_unix_ms }
            });
            series::hlog(&runs.collect::<Vec<_>>()).into_bytes()
        });
        outcome
    }
}

impl Place {
    fn look(option: &str, path: &Path, kind: fn(&str) -> bool) -> Result<Self, Failure> {
        let name = path.display().to_string();
        let cannot = |error: io::Error| {
            Failure::usage(text("{} 不能写到 `{}`", "{} cannot go to `{}`", &[option, &name]))
                .because(error)
        };
        // A link stays; the file it leads to is replaced.
        let file = match fs::canonicalize(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(cannot(error)),
        };
        match fs::metadata(&file) {
            Ok(meta) if !meta.is_file() => {
                return Err(cannot(io::Error::other("it is there, and no ordinary file")));
            }
            Ok(_) => {
                let mut opening = Vec::new();
                let there = File::open(&file).map_err(cannot)?;
                there.take(OPENING).read_to_end(&mut opening).map_err(cannot)?;
                if !opening.is_empty() && !kind(&String::from_utf8_lossy(&opening)) {
                    return Err(Failure::usage(text(
                        "{} 不覆盖 `{}`：它不是以前的同类结果",
                        "{} does not overwrite `{}`: it is no such result of an earlier run",
                        &[option, &name],
                    ))
                    .hint(text(
                        "请换一个文件名，或先删除它",
                        "name another file, or delete it",
                        &[],
                    )));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(cannot(error)),
        }
        let Some(last) = file.file_name() else {
            return Err(cannot(io::ErrorKind::IsADirectory.into()));
        };
        let mut beside = std::ffi::OsString::from(".");
        beside.push(last);
        beside.push(".assay-new");
        let new = file.with_file_name(beside);
        // Made now: a folder that is missing or not to be written to is found at once.
        File::create(&new).map_err(cannot)?;
        Ok(Self { name, file, new })
    }

    fn write(self, bytes: &[u8]) -> Result<(), Failure> {
        let put = || {
            let mut new = File::create(&self.new)?;
            new.write_all(bytes)?;
            new.sync_all()?;
            fs::rename(&self.new, &self.file)?;
            let folder = self.file.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
        };
        put().map_err(|error| {
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&self.name]))
                .because(error)
        })
    }
}
