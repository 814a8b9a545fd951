//! The interop judge beside DMTF's Redfish-Interop-Validator: agreement, and time.

use std::path::PathBuf;
use std::process::Command;

use hw_tests::corpus::{self, workspace};
use hw_tests::sample::{self, Spread};

use super::tests_of::{PASSED, Row, Tests, of_test};
use super::{CaseError, Effort, Figure, program_path};

/// The largest recorded tree, and a profile that asks much of it.
const TREE: &str = "lenovo-sr670v2";
const PROFILE: &str = "hw-tests/tests/bmc_interop/profiles/OpenStackIronicProfile.v1_2_0.json";

/// By how much the validator is to be slower.
const BAR: f64 = 10.0;

/// How often a reduced run that missed measures.
const TIMES: usize = 3;

/// Every requirement of recorded trees by published profiles, then the time of one tree.
pub(super) fn interop(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "bmc_interop", filter: "" };
    let rows = [Row {
        name: PASSED,
        what: "interop judge: trees × profiles that come to the same as Redfish-Interop-Validator 3.0.4, but for the listed differences",
        bar: "all",
    }];
    // Set, it has all trees compared.
    let all: &[(&str, &str)] = &[("ASSAY_ALL_TREES", "1")];
    let variables = if effort == Effort::Full { all } else { &[] };
    let mut figures = of_test(effort, &tests, variables, &rows)?;
    figures.push(time(effort)?);
    Ok(figures)
}

/// Times it; neighbours on the same hardware weigh more on the shorter of the two. A reduced run
/// that missed measures again, and every measurement is told; a full run measures once.
fn time(effort: Effort) -> Result<Figure, CaseError> {
    let mut figure = timed(effort)?;
    for _ in 1..TIMES {
        if effort == Effort::Full || figure.broken != Some(true) {
            break;
        }
        let before = figure.measured;
        figure = timed(effort)?;
        figure.measured = format!("{before}; again: {}", figure.measured);
    }
    Ok(figure)
}

/// Both read the same folder: the validator needs no server for it.
fn timed(effort: Effort) -> Result<Figure, CaseError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let missing = |what: &str| CaseError::Missing(format!("`{what}` is not installed"));
    let peer = "rf_interop_validator";
    let validator = hw_tests::peer::find_program(peer, &path).ok_or_else(|| missing(peer))?;
    hw_tests::peer::find_program("time", &path).ok_or_else(|| missing("time"))?;
    let archive = corpus::folder("redfish").join(format!("{TREE}.tar.xz"));
    if !archive.is_file() {
        return Err(CaseError::Missing(format!("no `{}`", archive.display())));
    }
    let folder = tempfile::tempdir()?;
    let unpacked =
        Command::new("tar").arg("xJf").arg(&archive).arg("-C").arg(folder.path()).status()?;
    if !unpacked.success() {
        return Err(CaseError::Failed(format!("tar cannot unpack {}", archive.display())));
    }
    let text = |path: PathBuf| path.display().to_string();
    let tree = text(folder.path().join(TREE));
    let profile = text(workspace().join(PROFILE));
    let script = text(workspace().join("hw-tests/tests/bmc_interop/validator.py"));
    let own = validator.with_file_name("python3");
    let python = if own.is_file() { text(own) } else { "python3".to_owned() };
    let program = program_path()?;
    let count = if effort == Effort::Full { 21 } else { 5 };
    let pairs = sample::pairs(
        count,
        &[&program, "bmc", "accept", "--interop", &profile, "--from", &tree, "--output", "json"],
        &[&python, &script, &tree, &profile, "disk"],
    )?;
    // 1: the machine does not meet all of the profile.
    if let Some(bad) = pairs.a.iter().find(|run| run.code != 1) {
        return Err(CaseError::Failed(format!("assay bmc accept ended with {}", bad.code)));
    }
    if let Some(bad) = pairs.b.iter().find(|run| run.code != 0) {
        return Err(CaseError::Failed(format!("the validator ended with {}", bad.code)));
    }
    let none = || CaseError::Failed("no runs".to_owned());
    let spread = |values: Vec<f64>| Spread::of(&values).ok_or_else(none);
    let of = |runs: &[sample::Run]| spread(runs.iter().map(|run| run.seconds * 1e3).collect());
    let (ours, theirs) = (of(&pairs.a)?, of(&pairs.b)?);
    let both = pairs.a.iter().zip(&pairs.b);
    let ratio = spread(both.map(|(ours, theirs)| theirs.seconds / ours.seconds).collect())?;
    Ok(Figure {
        what: "interop judge: the validator's time over ours, one tree of 785 resources, both from disk"
            .to_owned(),
        bar: format!("≥ {BAR:.0}"),
        measured: format!(
            "{:.1} ({:.1}–{:.1}), {:.0} ms against {:.0} ms, {count} pairs",
            ratio.median, ratio.min, ratio.max, theirs.median, ours.median
        ),
        met: Some(ratio.median >= BAR),
        broken: Some(ratio.median < BAR / 1.5),
    })
}
