//! Figures that tests of the workspace print while they prove them.
//!
//! A test prints `figure: NAME = VALUE` for each; it is run in release, alone,
//! and its own assertions decide whether the bar holds.

use std::process::Command;

use hw_tests::corpus::workspace;

use super::{CaseError, Effort, Figure};

/// What one printed figure means on the page.
pub(super) struct Row {
    /// The name the test prints.
    pub(super) name: &'static str,
    /// What the page calls it.
    pub(super) what: &'static str,
    /// Its bar, in words.
    pub(super) bar: &'static str,
}

/// Runs a test in release and returns the figures it printed, as `rows` name them.
pub(super) fn of_test(
    package: &str,
    test: &str,
    variables: &[(&str, &str)],
    rows: &[Row],
) -> Result<Vec<Figure>, CaseError> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "-q", "--release", "--locked", "-p", package, "--test", test, "--"])
        .args(["--nocapture", "--include-ignored"])
        .envs(variables.iter().copied())
        .current_dir(workspace())
        .output()?;
    let text = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let held = output.status.success();
    let printed = |name: &str| {
        text.lines().find_map(|line| {
            let (key, value) = line.split_once("figure: ")?.1.split_once(" = ")?;
            (key.trim() == name).then(|| value.trim().to_owned())
        })
    };
    let figures: Vec<Figure> = rows
        .iter()
        .filter_map(|row| {
            Some(Figure {
                what: row.what.to_owned(),
                bar: row.bar.to_owned(),
                measured: printed(row.name)?,
                met: Some(held),
            })
        })
        .collect();
    if figures.len() == rows.len() {
        return Ok(figures);
    }
    if held {
        return Err(CaseError::Missing(format!("test `{test}` of {package} printed no figures")));
    }
    let tail: Vec<&str> = text.lines().rev().take(12).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(CaseError::Failed(format!("test `{test}` of {package}: {}", tail.join(" / "))))
}

/// Ten thousand machines by forty checks.
pub(super) fn judge(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let machines = if effort == Effort::Full { "10000" } else { "1000" };
    of_test(
        "profiles",
        "scale",
        &[("ASSAY_MACHINES", machines)],
        &[Row {
            name: "judge.scale",
            what: "judge: 10,000 machines × 40 checks",
            bar: "≤ 2 s on 2 cores",
        }],
    )
}

/// Every way to alter a report.
pub(super) fn verify(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let cases = if effort == Effort::Full { "2000" } else { "64" };
    of_test(
        "assay",
        "report_verify",
        &[("PROPTEST_CASES", cases)],
        &[Row {
            name: "verify.alterations",
            what: "`report verify`: alterations found",
            bar: "all",
        }],
    )
}

/// Inventories through a hostile receiver, with kill -9 of the sender.
pub(super) fn push(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let count = if effort == Effort::Full { "1000" } else { "60" };
    of_test(
        "assay",
        "push",
        &[("ASSAY_PUSH_COUNT", count)],
        &[Row {
            name: "push.delivered",
            what: "push through refusals, hangs, resets, restarts and kill -9",
            bar: "each of 1,000 arrives once by key",
        }],
    )
}
