//! Runs that were made already, on disk: what makes a long acceptance resumable.

use std::{collections::BTreeSet, fs, io::Write, path::Path};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use storage_bench::{
    measurement::{Run, Validity},
    safety::{Fingerprint, Permit},
};

use super::file;
use crate::{failure::Failure, lang::text};

/// What is kept of a target.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    schema: String,
    target: Fingerprint,
    run: Vec<Run>,
}

const SCHEMA: &str = "storage-runs/v1";

impl Kept {
    /// Reads what is in `out`; nothing where nothing is. Runs of another target refuse.
    pub(super) fn read(out: &Path, permit: &Permit) -> Result<Self, Failure> {
        let target = permit.seen().fingerprint();
        let file = file(out);
        let none = Self { schema: SCHEMA.to_owned(), target, run: Vec::new() };
        let name = file.display().to_string();
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(none),
            Err(error) => {
                return Err(Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name]))
                    .because(error));
            }
        };
        let kept = serde_json::from_slice(&bytes).and_then(|kept: Value| Self::deserialize(&kept));
        let kept: Self = kept.map_err(|error| {
            Failure::usage(text("`{}` 不是运行记录", "`{}` holds no runs", &[&name])).because(error)
        })?;
        if kept.schema == SCHEMA && kept.target.differences(&none.target).is_empty() {
            return Ok(kept);
        }
        Err(Failure::usage(text(
            "`{}` 是另一目标（{}）的运行记录：请用 --out 另指目录",
            "`{}` holds runs of another target ({}): name another folder with --out",
            &[&name, &kept.target.path],
        )))
    }

    /// Adds a run.
    pub(super) fn add(&mut self, run: Run) {
        self.run.push(run);
    }

    /// Returns the cases that need not be run again: those whose last run proves something.
    /// A filling is none of them: nobody knows what became of it since.
    pub(super) fn finished(&self) -> BTreeSet<String> {
        let mut finished = BTreeSet::new();
        for run in &self.run {
            if run.validity == Validity::Valid && !is_fill(run) {
                finished.insert(run.case.clone());
            } else {
                finished.remove(&run.case);
            }
        }
        finished
    }

    /// Returns the runs.
    pub(super) fn into_runs(self) -> Vec<Run> {
        self.run
    }

    /// Writes everything, so that a crash leaves the old file or the new one.
    pub(super) fn write(&self, out: &Path) -> Result<(), Failure> {
        let file = file(out);
        let new = file.with_extension("json.new");
        let put = || {
            fs::create_dir_all(out)?;
            let mut written = fs::File::create(&new)?;
            written.write_all(&serde_json::to_vec_pretty(self)?)?;
            written.sync_all()?;
            fs::rename(&new, &file)?;
            fs::File::open(out)?.sync_all()
        };
        put().map_err(|error: std::io::Error| {
            let name = file.display().to_string();
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
        })
    }
}

/// Returns whether a run is the filling of its tier.
fn is_fill(run: &Run) -> bool {
    run.case.rsplit('.').next() == Some("fill")
}
