//! The cases, what each measures, and how a run of them goes on.

mod bmc;
mod corpora;
mod dataplane;
mod fuzz;
mod interop;
mod interrupt;
mod page;
mod program;
mod storage;
mod survival;
mod tests_of;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::{fs, io};

use hw_tests::corpus::workspace;
use serde::{Deserialize, Serialize};

/// How much a case does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Counts that fit into CI.
    Reduced,
    /// The counts that the issues ask for.
    Full,
}

/// What to run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// How much each case does.
    pub(crate) effort: Effort,
    /// Whether to forget what earlier runs measured.
    pub(crate) fresh: bool,
    /// Whether what was measured at another commit may stand, with its commit beside it.
    pub(crate) reuse: bool,
    /// Whether nothing is measured, and the page written of what there is.
    pub(crate) kept: bool,
    /// The one case to run.
    pub(crate) only: Option<String>,
}

/// One measured row of the page.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) what: String,
    /// What it has to reach.
    pub(crate) bar: String,
    /// What was measured, with spread.
    pub(crate) measured: String,
    /// Whether the bar was reached; `None` where there is none.
    pub(crate) met: Option<bool>,
    /// Of a figure that noise of the machine moves: whether it missed by more than noise
    /// explains. A reduced run fails only then; a full run fails by `met`, always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) broken: Option<bool>,
}

impl Figure {
    /// Returns whether it fails a run of this effort.
    fn fails(&self, effort: Effort) -> bool {
        let missed = self.met == Some(false);
        match effort {
            Effort::Full => missed,
            Effort::Reduced => self.broken.unwrap_or(missed),
        }
    }
}

/// Why a case has no figures.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaseError {
    /// Something outside the repository is missing.
    #[error("not measured: {0}")]
    Missing(String),
    /// A program or a feature of the kernel that this run was told must be there is missing.
    #[error("not measured, and it has to be: {0}")]
    Required(String),
    /// The measured thing itself failed.
    #[error("failed: {0}")]
    Failed(String),
    /// A file or process could not be used.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Why a missed bar does not fail a reduced run.
const EXCUSED: &str =
    "reduced and noisy: fails beyond 1.5 times the bar, or what is known; --full decides";

/// A case: a name, and what measures it.
struct Case {
    name: &'static str,
    measure: fn(Effort) -> Result<Vec<Figure>, CaseError>,
}

const CASES: &[Case] = &[
    Case { name: "smbios", measure: corpora::smbios },
    Case { name: "smart", measure: corpora::smart },
    Case { name: "topology", measure: corpora::topology },
    Case { name: "verdicts", measure: corpora::verdicts },
    Case { name: "collection", measure: program::collection },
    Case { name: "judge", measure: tests_of::judge },
    Case { name: "verify", measure: tests_of::verify },
    Case { name: "push", measure: tests_of::push },
    Case { name: "storage-safety", measure: tests_of::storage_safety },
    Case { name: "storage-fio", measure: tests_of::storage_fio },
    Case { name: "storage-agents", measure: tests_of::storage_agents },
    Case { name: "storage-integrity", measure: tests_of::storage_integrity },
    Case { name: "bmc-interop", measure: interop::interop },
    Case { name: "size", measure: program::size },
];

/// What takes hours comes last.
const LAST: &[Case] = &[
    // A case for each target: ten million executions of all of them take hours, and what is done is
    // kept.
    Case { name: "fuzz-bmc-fru", measure: |effort| fuzz::target("bmc", "fru", effort) },
    Case { name: "fuzz-bmc-interop", measure: |effort| fuzz::target("bmc", "interop", effort) },
    Case { name: "fuzz-bmc-lists", measure: |effort| fuzz::target("bmc", "lists", effort) },
    Case { name: "fuzz-bmc-nfs", measure: |effort| fuzz::target("bmc", "nfs", effort) },
    Case { name: "fuzz-bmc-redfish", measure: |effort| fuzz::target("bmc", "redfish", effort) },
    Case { name: "fuzz-bmc-rmcp", measure: |effort| fuzz::target("bmc", "rmcp", effort) },
    Case { name: "fuzz-bmc-sdr", measure: |effort| fuzz::target("bmc", "sdr", effort) },
    Case { name: "fuzz-bmc-sel", measure: |effort| fuzz::target("bmc", "sel", effort) },
    Case { name: "fuzz-bmc-session", measure: |effort| fuzz::target("bmc", "session", effort) },
    Case { name: "fuzz-dataplane", measure: |effort| fuzz::fuzz("dataplane", effort) },
    Case { name: "fuzz-inventory", measure: |effort| fuzz::fuzz("inventory", effort) },
    Case { name: "fuzz-profiles", measure: |effort| fuzz::fuzz("profiles", effort) },
    Case { name: "fuzz-storage", measure: |effort| fuzz::fuzz("storage-bench", effort) },
];

/// Cases that are a test of minutes, which `hw-tests/run` has run just before; with `--full`
/// it is run once more, with its full count.
const TESTED: &[&str] = &[
    "storage-agents",
    "storage-scan",
    "dataplane-matrix",
    "dataplane-guest",
    "dataplane-kill",
    "dataplane-drift",
    "dataplane-loops",
    "dataplane-teardown",
    "dataplane-daemon",
    "dataplane-memory",
    "net-accept",
];

/// By how much of its bar a figure may miss in a reduced run on a busy machine.
const TOLERANCE: f64 = 1.5;

/// Returns every case, in the order of the page.
fn cases() -> impl Iterator<Item = &'static Case> {
    let network = dataplane::CASES.iter().chain(survival::CASES);
    CASES.iter().chain(storage::CASES).chain(network).chain(bmc::CASES).chain(LAST)
}

/// What one case came to, and where it was measured.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// The commit it was measured at; `-dirty` where the tree differed from it.
    pub(crate) commit: String,
    /// The day, `2026-11-25`.
    pub(crate) date: String,
    /// Its figures.
    pub(crate) figures: Vec<Figure>,
}

/// Runs the plan, prints what was measured, writes the page after a full run.
pub(crate) fn run(plan: &Plan) -> ExitCode {
    let commit = commit();
    let kept = workspace().join("target/figures");
    if plan.fresh {
        // Nothing to forget is as good as forgotten.
        drop(fs::remove_dir_all(&kept));
    }
    if let Some(only) = &plan.only
        && !cases().any(|case| case.name == only)
    {
        let names: Vec<&str> = cases().map(|case| case.name).collect();
        eprintln!("figures: there is no case `{only}`; there are {}", names.join(", "));
        return ExitCode::from(2);
    }
    let mut failed = Vec::new();
    let mut measured = Vec::new();
    for case in cases() {
        if plan.only.as_deref().is_some_and(|only| only != case.name) {
            continue;
        }
        if plan.effort == Effort::Reduced && plan.only.is_none() && TESTED.contains(&case.name) {
            println!("{:<17} by its test, above; --full runs it with its full count", case.name);
            continue;
        }
        match figures_of(case, plan, &commit, &kept) {
            Ok(found) => {
                for figure in &found.figures {
                    let fails = figure.fails(plan.effort);
                    let mark = page::mark(figure.met);
                    let excused = figure.met == Some(false) && !fails;
                    let mark =
                        if excused { format!("{mark} ({EXCUSED})") } else { mark.to_owned() };
                    let line = format!(
                        "{:<17} {:<44} {} [{}] {mark}",
                        case.name, figure.what, figure.measured, figure.bar
                    );
                    println!("{line}");
                    failed.extend(fails.then_some(line));
                }
                measured.push((case.name, Ok(found)));
            }
            Err(error) => {
                let line = format!("{:<17} {error}", case.name);
                println!("{line}");
                failed.extend((!matches!(error, CaseError::Missing(_))).then_some(line));
                measured.push((case.name, Err(error.to_string())));
            }
        }
        if interrupt::asked() {
            eprintln!("figures: stopped; what is finished is kept");
            return ExitCode::FAILURE;
        }
    }
    if plan.effort == Effort::Full && plan.only.is_none() {
        let file = workspace().join("docs/benchmarks.md");
        let before =
            if plan.kept { fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
        if let Err(error) = page::write(&file, &measured, &before) {
            eprintln!("figures: cannot write `{}`: {error}", file.display());
            return ExitCode::from(3);
        }
        println!("wrote {}", file.display());
    }
    if failed.is_empty() {
        return ExitCode::SUCCESS;
    }
    // Whoever looks at the end of a log of thousands of lines has to see why.
    println!("\n{} failed:\n{}", failed.len(), failed.join("\n"));
    ExitCode::FAILURE
}

/// Returns the figures of a case: of an earlier full run, or measured now.
///
/// A run cut short goes on where it stopped; what another commit measured counts only where
/// `--reuse` asks for it, and the page names that commit.
fn figures_of(case: &Case, plan: &Plan, commit: &str, kept: &Path) -> Result<Measured, CaseError> {
    let file = kept.join(format!("{}.json", case.name));
    let earlier = || serde_json::from_slice::<Measured>(&fs::read(&file).ok()?).ok();
    let full = plan.effort == Effort::Full;
    if full && let Some(found) = earlier().filter(|found| plan.reuse || found.commit == commit) {
        return Ok(found);
    }
    if plan.kept {
        let how = format!("`figures --full --case {}` does it", case.name);
        return Err(CaseError::Missing(how));
    }
    eprintln!("figures: {} …", case.name);
    let figures = (case.measure)(plan.effort)?;
    let found = Measured { commit: commit.to_owned(), date: page::today(), figures };
    if full {
        fs::create_dir_all(kept)?;
        fs::write(&file, serde_json::to_vec_pretty(&found).map_err(io::Error::other)?)?;
    }
    Ok(found)
}

/// Returns the commit under test; `-dirty` where the tree differs from it.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(workspace()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    // The page itself is written by this program; it does not make the tree dirty.
    let changed = git(&["status", "--porcelain", "--", ".", ":!docs/benchmarks.md"]);
    if changed.is_some_and(|text| !text.is_empty()) { format!("{commit}-dirty") } else { commit }
}

/// Returns the path of the release program, as text for a command line.
pub(crate) fn program_path() -> Result<String, CaseError> {
    let path: PathBuf = hw_tests::program::assay()?;
    Ok(path.display().to_string())
}
