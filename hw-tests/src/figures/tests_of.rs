//! Figures that tests of the workspace print while they prove them.
//!
//! A test prints `figure: NAME = VALUE` for each, or just passes; it is run in
//! release, alone, and its own assertions decide whether the bar holds.

use std::process::Command;
use std::thread;
use std::time::Duration;

use hw_tests::corpus::workspace;

use super::{CaseError, Effort, Figure};

/// What one printed figure means on the page.
pub(super) struct Row {
    /// The name the test prints; [`PASSED`] for the number of tests that passed.
    pub(super) name: &'static str,
    /// What the page calls it.
    pub(super) what: &'static str,
    /// Its bar, in words.
    pub(super) bar: &'static str,
}

/// The row of a test that prints no figure: how many cases passed.
pub(super) const PASSED: &str = "passed";

/// Which tests to run.
pub(super) struct Tests<'a> {
    /// The package they are of.
    pub(super) package: &'a str,
    /// The file under its `tests/`.
    pub(super) file: &'a str,
    /// What their names contain.
    pub(super) filter: &'a str,
}

/// Runs a test, in release for a full run, and returns the figures it printed, as `rows` name them.
pub(super) fn of_test(
    effort: Effort,
    tests: &Tests<'_>,
    variables: &[(&str, &str)],
    rows: &[Row],
) -> Result<Vec<Figure>, CaseError> {
    // The reduced run uses the tests as they are built already: what they count is the same.
    let profile: &[&str] = if effort == Effort::Full { &["--release"] } else { &[] };
    let output = Command::new(env!("CARGO"))
        .args(["test", "--locked", "-p", tests.package, "--test", tests.file])
        .args(profile)
        .args(["--", "--nocapture", tests.filter])
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
        if name == PASSED {
            let counts = text.lines().find_map(|line| line.strip_prefix("test result: ok. "))?;
            let passed = counts.split(';').next()?;
            // "0 passed": the peer or the corpus was missing.
            return (!passed.starts_with("0 ")).then(|| passed.to_owned());
        }
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
                met: (row.bar != "–").then_some(held),
                broken: None,
            })
        })
        .collect();
    if figures.len() == rows.len() {
        return Ok(figures);
    }
    if held {
        return Err(CaseError::Missing(format!(
            "`{}` of {}: no figures",
            tests.file, tests.package
        )));
    }
    let tail: Vec<&str> = text.lines().rev().take(12).collect();
    let tail: Vec<&str> = tail.into_iter().rev().collect();
    Err(CaseError::Failed(format!("`{}` of {}: {}", tests.file, tests.package, tail.join(" / "))))
}

/// What ten thousand machines may take, in seconds.
const JUDGE: f64 = 2.0;
/// How often the judge is measured at most, and how long after it missed.
const JUDGED: usize = 3;
const PAUSE: Duration = Duration::from_secs(30);

/// Ten thousand machines by forty checks, by the benchmark of the judge.
///
/// Neighbours on the same hardware only ever add to what it takes: the same program took from
/// 1.0 to 2.1 s on one machine within a day. A reduced run that missed measures again, and
/// every measurement is told; a full run measures once.
pub(super) fn judge(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let most = if effort == Effort::Reduced { JUDGED } else { 1 };
    let mut all: Vec<Judged> = Vec::new();
    while all.len() < most && !all.iter().any(Judged::met) {
        if !all.is_empty() {
            #[expect(clippy::disallowed_methods, reason = "what is waited for is the neighbours")]
            thread::sleep(PAUSE);
        }
        all.push(judged(effort)?);
    }
    let met = all.iter().any(Judged::met);
    let times: Vec<String> = all.into_iter().map(|one| one.times).collect();
    Ok(vec![Figure {
        what: "judge: 10,000 machines × 42 checks, 2 threads".to_owned(),
        bar: "≤ 2 s on 2 cores".to_owned(),
        measured: times.join(", then "),
        met: Some(met),
        broken: None,
    }])
}

/// One measurement of the judge.
struct Judged {
    /// The low end, the middle and the high end, as criterion prints them.
    times: String,
    /// The middle one, in seconds.
    median: f64,
}

impl Judged {
    fn met(&self) -> bool {
        self.median <= JUDGE
    }
}

fn judged(effort: Effort) -> Result<Judged, CaseError> {
    let mut command = Command::new(env!("CARGO"));
    command.args(["bench", "--locked", "-p", "benches", "--bench", "judge", "--"]);
    if effort == Effort::Reduced {
        command.args(["--warm-up-time", "1", "--measurement-time", "2"]);
    }
    let output = command.arg("10,000").current_dir(workspace()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let untold = || CaseError::Failed(format!("the benchmark printed no time: {text}"));
    let times = text
        .split_once("time:")
        .and_then(|(_, rest)| rest.split_once(']'))
        .map(|(times, _)| times.replace(['[', ']'], "").trim().to_owned())
        .ok_or_else(untold)?;
    let words: Vec<&str> = times.split_whitespace().collect();
    let median = match words.as_slice() {
        [_, _, number, unit, _, _] => number.parse::<f64>().ok().and_then(|n| match *unit {
            "s" => Some(n),
            "ms" => Some(n / 1e3),
            _ => None,
        }),
        _ => None,
    };
    let median = median.ok_or_else(untold)?;
    Ok(Judged { times, median })
}

/// Every way to alter a report.
pub(super) fn verify(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let cases = if effort == Effort::Full { "2000" } else { "96" };
    let tests = Tests { package: "assay", file: "report", filter: "tamper" };
    let what = "`report verify`: laws of alteration, each over many random ones";
    let row = Row { name: PASSED, what, bar: "every alteration found and named" };
    let mut figures = of_test(effort, &tests, &[("ASSAY_ALTERATIONS", cases)], &[row])?;
    for figure in &mut figures {
        figure.measured = format!("{} of {cases} cases each", figure.measured);
    }
    Ok(figures)
}

/// Inventories through a hostile receiver, with kill -9 of the sender.
pub(super) fn push(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let count = if effort == Effort::Full { "1000" } else { "60" };
    let tests = Tests { package: "assay", file: "push", filter: "arrives_once" };
    let what = "push: inventories through refusals, hangs, resets, restarts and kill -9 of ours";
    let row = Row { name: PASSED, what, bar: "each of 1,000 arrives once by key" };
    let mut figures = of_test(effort, &tests, &[("ASSAY_PUSH_COUNT", count)], &[row])?;
    for figure in &mut figures {
        figure.measured = format!("{count} arrived once");
    }
    Ok(figures)
}

/// Every way a disk can be the wrong one, on devices made for it.
pub(super) fn storage_safety(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "storage_safety", filter: "" };
    let rows = [
        Row {
            name: "safety.cases",
            what: "storage: refusals on real devices, each with its exact reasons",
            bar: "≥ 30 cases",
        },
        Row {
            name: "safety.bytes_written",
            what: "storage: bytes of refused targets that changed",
            bar: "0",
        },
        Row {
            name: "safety.controls",
            what: "storage: positive controls, written where and only where allowed",
            bar: "every one",
        },
    ];
    let mut figures = of_test(effort, &tests, &[], &rows)?;
    if let Some(cases) = figures.first_mut() {
        let count = cases.measured.parse::<u32>().unwrap_or(0);
        cases.met = cases.met.map(|held| held && count >= 30);
    }
    Ok(figures)
}

/// fio's own job files, spellings and JSON against ours.
pub(super) fn storage_fio(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let tests = Tests { package: "hw-tests", file: "storage_fio", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    of_test(
        effort,
        &tests,
        &[],
        &[
            row(
                "fio.examples",
                "fio's example job files: parsed, or refused by file, line and option",
                "any 60, each one or the other",
            ),
            row("fio.values", "spellings of values as fio reads them", "0 differ"),
            row("fio.json_names", "names and types of fio's JSON that ours has", "all"),
        ],
    )
}

/// Many clients: histograms dealt and added in memory, then real agents and what can go wrong.
pub(super) fn storage_agents(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let row = |name, what, bar| Row { name, what, bar };
    let dealt = Tests { package: "storage-bench", file: "agents_merge", filter: "" };
    let mut figures = of_test(
        effort,
        &dealt,
        &[],
        &[row(
            "merge.different",
            "agents: histograms of 1 to 16 agents, added, that differ from one histogram",
            "0",
        )],
    )?;
    let real = Tests { package: "hw-tests", file: "storage_agents", filter: "" };
    figures.extend(of_test(
        effort,
        &real,
        &[],
        &[
            row("agents.merge", "agents: the sum against what each recorded", "identical"),
            row("agents.lost", "agents: one killed (-9) during a run", "INVALID by its name"),
            row("agents.orphaned", "agents: the controller killed (-9)", "≤ 10 s"),
            row("agents.strangers", "agents: memory that strangers cost", "≤ 16 MiB"),
        ],
    )?);
    Ok(figures)
}

/// Blocks judged in memory, honest ones and damaged ones.
pub(super) fn storage_integrity(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    let blocks = if effort == Effort::Full { "100000000" } else { "100000" };
    let tests = Tests { package: "storage-bench", file: "integrity_blocks", filter: "" };
    let row = |name, what, bar| Row { name, what, bar };
    of_test(
        effort,
        &tests,
        &[("ASSAY_INTEGRITY_BLOCKS", blocks)],
        &[
            row("integrity.blocks", "integrity: blocks judged", "10^8 under --full"),
            row("integrity.false", "integrity: honest blocks accused", "0"),
            row("integrity.injected", "integrity: faults injected", "–"),
            row("integrity.overlooked", "integrity: faults overlooked", "0"),
        ],
    )
}
