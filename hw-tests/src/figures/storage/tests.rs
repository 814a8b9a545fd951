//! Figures that tests of the workspace print: arithmetic, and slow disks.

use std::fs;

use hw_tests::corpus::workspace;

use super::super::tests_of::{Row, Tests, of_test};
use super::super::{CaseError, Effort, Figure};

/// Percentiles against the sorted log.
pub(super) fn percentiles(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let values = if effort == Effort::Full { "10000000" } else { "200000" };
    let row = Row {
        name: "percentiles.worst",
        what: "storage: percentiles p50…p99.99 against the sorted log, worst error",
        bar: "≤ 0.5 %",
    };
    by_figure(effort, "storage-bench", &[("ASSAY_HISTOGRAM_VALUES", values)], &[row])
}

/// What agents send, added up, against one histogram of the same operations.
pub(super) fn merge(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let operations = if effort == Effort::Full { "10000000" } else { "100000" };
    let row = Row {
        name: "merge.different",
        what: "storage: histograms of agents sent and added that differ from one of all",
        bar: "0",
    };
    by_figure(effort, "storage-bench", &[("ASSAY_MERGE_IOS", operations)], &[row])
}

/// Steady state by the norm's arithmetic against a computation of its own.
pub(super) fn pts(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let rows = [
        Row {
            name: "pts.series",
            what: "storage: hand-made PTS series, the 20.0 % and 10.0 % edges included",
            bar: "≥ 30",
        },
        Row {
            name: "pts.different",
            what: "storage: of them judged otherwise than by the independent computation",
            bar: "0",
        },
    ];
    let mut figures = by_figure(effort, "storage-bench", &[], &rows)?;
    if let Some(series) = figures.first_mut() {
        let count = series.measured.parse::<u32>().unwrap_or(0);
        series.met = series.met.map(|held| held && count >= 30);
    }
    Ok(figures)
}

/// One throttled disk among twelve, and twelve that are well.
pub(super) fn scan(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let rounds = if effort == Effort::Full { "50" } else { "1" };
    let rows = [
        Row {
            name: "scan.found",
            what: "storage: 1 throttled disk of 12, found",
            bar: "in every round",
        },
        Row {
            name: "scan.false",
            what: "storage: healthy disks accused",
            bar: "0 (50 rounds under --full)",
        },
    ];
    let mut figures = by_figure(effort, "hw-tests", &[("ASSAY_SCAN_ROUNDS", rounds)], &rows)?;
    for figure in &mut figures {
        figure.measured = format!("{}, ASSAY_SCAN_ROUNDS={rounds}", figure.measured);
    }
    Ok(figures)
}

/// Runs the test of `package` that prints the figures of `rows`.
fn by_figure(
    effort: Effort,
    package: &'static str,
    variables: &[(&str, &str)],
    rows: &[Row],
) -> Result<Vec<Figure>, CaseError> {
    let Some(file) = rows.first().and_then(|row| file_of(package, row.name)) else {
        let names: Vec<&str> = rows.iter().map(|row| row.name).collect();
        let names = names.join("`, `");
        return Err(CaseError::Missing(format!("no test of {package} prints `{names}`")));
    };
    of_test(effort, &Tests { package, file: &file, filter: "" }, variables, rows)
}

/// Returns the test under the package's `tests/` whose source, or folder, names a figure.
fn file_of(package: &str, figure: &str) -> Option<String> {
    let folder = workspace().join(package).join("tests");
    let mut files: Vec<_> =
        fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let names_it = |path: &std::path::Path| {
        fs::read_to_string(path).is_ok_and(|text| text.contains(&format!("figure: {figure} =")))
    };
    files.iter().find_map(|path| {
        let inside = path.with_extension("");
        let parts = fs::read_dir(inside).into_iter().flatten().filter_map(Result::ok);
        let found = path.extension().is_some_and(|ext| ext == "rs")
            && (names_it(path) || parts.map(|part| part.path()).any(|part| names_it(&part)));
        found.then(|| path.file_stem()?.to_str().map(str::to_owned))?
    })
}
