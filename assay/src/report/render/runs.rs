//! Storage runs in the tables and in `junit.xml`.
//!
//! `storage.csv` has a row for each run and kind of operation. In `JUnit` a run is a test
//! case: a valid one passes for a measurement (what it has to reach is judged by the rows),
//! one that proves nothing is an error and never green, one that was superseded is skipped.

use profiles::{Lang, Text};
use storage_bench::measurement::{Latency, Run, Totals, Validity};

use super::{
    csv,
    junit::{Case, Outcome},
};
use crate::{output::storage::said, report::Language};

/// The columns, units in their names.
const COLUMNS: &[(&str, &str)] = &[
    ("测试项", "Case"),
    ("有效性", "Validity"),
    ("已被取代", "Superseded"),
    ("原因", "Reasons"),
    ("模式", "Mode"),
    ("对象", "Subject"),
    ("标识", "Identity"),
    ("负载", "Load"),
    ("并发", "Parallelism"),
    ("开始时间", "Started"),
    ("测量时长 (s)", "Measured (s)"),
    ("操作", "Operation"),
    ("IOPS", "IOPS"),
    ("带宽 (MB/s)", "Bandwidth (MB/s)"),
    ("平均 (µs)", "Mean (µs)"),
    ("p50 (µs)", "p50 (µs)"),
    ("p99 (µs)", "p99 (µs)"),
    ("p99.9 (µs)", "p99.9 (µs)"),
    ("p99.99 (µs)", "p99.99 (µs)"),
    ("最大 (µs)", "Max (µs)"),
    ("错误数", "Errors"),
];

/// Returns `storage.csv`.
pub(super) fn table(runs: &[Run], language: Language) -> Vec<u8> {
    let header = COLUMNS.iter().map(|(zh, en)| csv::text(&Text::new(*zh, *en), language)).collect();
    let superseded = said::superseded(runs);
    let rows = runs.iter().zip(superseded).flat_map(|(run, superseded)| {
        let first = particulars(run, superseded, language);
        operations(run, language).into_iter().map(move |rest| [first.clone(), rest].concat())
    });
    csv::table(std::iter::once(header).chain(rows))
}

fn particulars(run: &Run, superseded: bool, language: Language) -> Vec<String> {
    let say = |text: Text| csv::text(&text, language);
    let reasons: Vec<String> = run
        .reasons
        .iter()
        .map(|doubt| format!("{} ({})", say(Text::new(&doubt.zh, &doubt.en)), doubt.code))
        .collect();
    let subject = &run.subject;
    let identity = subject.wwid.clone().or_else(|| subject.serial.clone()).unwrap_or_default();
    let yes = if superseded { say(Text::new("是", "yes")) } else { String::new() };
    vec![
        say(said::case(run)),
        say(said::validity(run.validity)),
        yes,
        reasons.join("; "),
        say(said::mode(run.mode)),
        subject.path.clone(),
        identity,
        say(said::load(&run.workload)),
        say(said::depth(run)),
        run.started_at.clone(),
        thousandths(run.elapsed_ns / 1_000_000),
    ]
}

/// Returns the cells of each kind of operation, all together where there are several.
fn operations(run: &Run, language: Language) -> Vec<Vec<String>> {
    let say = |zh: &str, en: &str| csv::text(&Text::new(zh, en), language);
    let kinds = [
        (say("读", "read"), &run.read),
        (say("写", "write"), &run.write),
        (say("擦除", "trim"), &run.trim),
    ];
    let kinds: Vec<_> =
        kinds.into_iter().filter_map(|(name, of)| Some((name, of.as_ref()?))).collect();
    let all = (kinds.len() != 1).then(|| (say("合计", "all"), &run.all));
    let mut rows: Vec<Vec<String>> =
        all.into_iter().chain(kinds).map(|(name, totals)| numbers(name, totals)).collect();
    if let Some(open) = &run.open_loop {
        for (name, times) in [
            (say("响应时间", "response"), &open.response),
            (say("发起延误", "lateness"), &open.lateness),
        ] {
            let mut row = vec![name, String::new(), String::new()];
            row.extend(latencies(times));
            row.push(String::new());
            rows.push(row);
        }
    }
    rows
}

fn numbers(name: String, totals: &Totals) -> Vec<String> {
    let mut row = vec![name, totals.iops.to_string(), thousandths(totals.bytes_per_s / 1_000)];
    row.extend(latencies(&totals.service));
    row.push(totals.errors.to_string());
    row
}

/// Returns the latencies in microseconds; none of those that were reaped in batches.
fn latencies(times: &Latency) -> [String; 6] {
    let known = |ns: u64| (times.count > 0).then_some(ns);
    [
        known(times.mean_ns),
        known(times.p50_ns),
        times.p99_ns,
        times.p99_9_ns,
        times.p99_99_ns,
        known(times.max_ns),
    ]
    .map(|ns| ns.filter(|_| !times.batch_reaped).map_or_else(String::new, thousandths))
}

fn thousandths(value: u64) -> String {
    format!("{}.{:03}", value / 1_000, value % 1_000)
}

/// Returns a test case for each run.
pub(super) fn cases(runs: &[Run], profile: &str, lang: Lang) -> Vec<Case> {
    let case = |(run, superseded): (&Run, bool)| {
        let reasons: Vec<String> = run
            .reasons
            .iter()
            .map(|doubt| {
                let why = if lang == Lang::Zh { &doubt.zh } else { &doubt.en };
                format!("{why} ({})", doubt.code)
            })
            .collect();
        let outcome = if superseded {
            let word = Text::new("已被后一次运行取代", "superseded by a later run");
            Outcome::Skipped { message: word.get(lang).to_owned() }
        } else if run.validity == Validity::Valid {
            Outcome::Passed
        } else {
            Outcome::Error { kind: "invalid", message: reasons.join("; ") }
        };
        let (case, mode) = (said::case(run), said::mode(run.mode));
        Case {
            name: format!("{} {}", case.get(lang), mode.get(lang)),
            class: Some(format!("{profile}.storage")),
            properties: vec![
                ("subject", run.subject.path.clone()),
                ("iops", run.all.iops.to_string()),
                ("bytes_per_s", run.all.bytes_per_s.to_string()),
            ],
            outcome,
        }
    };
    runs.iter().zip(said::superseded(runs)).map(case).collect()
}
