//! Runs that were made already, on disk: what makes a long acceptance resumable.

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use storage_bench::{
    abba::{Comparison, Hook, Window},
    measurement::{Run, Storage, Validity},
    safety::{Fingerprint, Permit},
};

use super::{file, snapshots::OfWindow};
use crate::{failure::Failure, lang::text};

/// What is kept of a target.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Kept {
    schema: String,
    target: Fingerprint,
    run: Vec<Run>,
    /// Comparisons of snapshots that were finished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    snapshot: Vec<Comparison>,
    /// A comparison that goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) unfinished: Option<Unfinished>,
    /// Snapshots that were made, or are being made, and not yet deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) standing: Vec<String>,
    /// How many snapshots were made: no name is used twice.
    #[serde(default)]
    pub(super) snapshots: u64,
    /// Commands that belong to no comparison.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) command: Vec<Hook>,
    /// The folder; `None` where nothing outlives this process.
    #[serde(skip)]
    out: Option<PathBuf>,
}

/// A comparison of snapshots, block by block.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// What every window of it has to have in common.
    pub(super) terms: Terms,
    pub(super) started_at: String,
    /// Whole blocks.
    pub(super) window: Vec<Window>,
    pub(super) hook: Vec<Hook>,
    pub(super) doubt: Vec<OfWindow>,
}

/// What windows that are compared have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Terms {
    pub(super) case: String,
    pub(super) of_run: String,
    pub(super) offered_iops: u64,
    pub(super) window_ns: u64,
    pub(super) ramp_ns: u64,
    pub(super) create: String,
    pub(super) delete: String,
}

const SCHEMA: &str = "storage-runs/v1";

impl Kept {
    /// Reads what is in `out`; nothing where nothing is. Runs of another target refuse.
    pub(super) fn read(out: &Path, permit: &Permit) -> Result<Self, Failure> {
        let target = permit.seen().fingerprint();
        let file = file(out);
        let none = Self {
            schema: SCHEMA.to_owned(),
            target,
            run: Vec::new(),
            snapshot: Vec::new(),
            unfinished: None,
            standing: Vec::new(),
            snapshots: 0,
            command: Vec::new(),
            out: None,
        };
        let name = file.display().to_string();
        let bytes = match fs::read(&file) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(none),
            Err(error) => {
                return Err(Failure::unable(text("无法读取 `{}`", "cannot read `{}`", &[&name]))
                    .because(error));
            }
        };
        let kept: Self = typed_json::parse(&bytes).map_err(|error| {
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

    /// Writes everything to `out` from now on.
    pub(super) fn keep_in(&mut self, out: &Path) {
        self.out = Some(out.to_owned());
    }

    /// Adds a run.
    pub(super) fn add(&mut self, run: Run) -> Result<(), Failure> {
        self.run.push(run);
        self.write()
    }

    /// Adds a comparison that is finished.
    pub(super) fn add_comparison(&mut self, comparison: Comparison) -> Result<(), Failure> {
        self.unfinished = None;
        self.snapshot.push(comparison);
        self.write()
    }

    /// Returns the last run of a case.
    pub(super) fn last(&self, case: &str) -> Option<&Run> {
        self.run.iter().rev().find(|run| run.case == case)
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
        for compared in &self.snapshot {
            if compared.validity == Validity::Valid {
                finished.insert(compared.case.clone());
            } else {
                finished.remove(&compared.case);
            }
        }
        finished
    }

    /// Returns the document of all runs; `partial` is a comparison that was broken off.
    pub(super) fn into_document(self, partial: Option<Comparison>) -> Storage {
        let mut document = Storage::new(self.run);
        document.snapshot = self.snapshot;
        document.snapshot.extend(partial);
        document
    }

    /// Writes everything, so that a crash leaves the old file or the new one.
    pub(super) fn write(&self) -> Result<(), Failure> {
        let Some(out) = &self.out else { return Ok(()) };
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
