//! Storage runs as steps: each number a measurement with its unit, and with a validator
//! where the run has a bound for it; the seconds as series.
//!
//! A run that proves nothing is diagnosed UNKNOWN, with every reason, and its test ends
//! `ERROR`/`NOT_APPLICABLE`: the specification has PASS and FAIL for what was determined
//! only. A valid run without a bound gets no diagnosis, for nothing was judged.

use serde_json::{Value, json};
use storage_bench::{
    measurement::{Latency, Run, SecondOf, Subject, Totals, Validity},
    workload::Op,
};

use super::{CanonicalError, Lines, Step, object};
use crate::{clock, output::storage::said};

/// What ran, for the opening of a document of runs alone.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// Version of this program.
    pub(crate) version: String,
    /// The command line, as a shell would take it.
    pub(crate) command: String,
    /// The host that made the load.
    pub(crate) host: String,
    /// Its kernel.
    pub(crate) kernel: String,
    /// When the last run ended, RFC 3339.
    pub(crate) finished_at: String,
    /// Whether the operator ended it early.
    pub(crate) interrupted: bool,
}

/// Returns a document of runs: what `storage run --output ocp-tv` prints.
pub(crate) fn document(runs: &[Run], about: &About) -> Result<Vec<u8>, CanonicalError> {
    let mut lines = Lines::default();
    let finished = about.finished_at.as_str();
    let started = runs.first().map_or(finished, |run| run.started_at.as_str());
    let devices = devices(runs);
    lines.push(started, json!({"schemaVersion": {"major": 2, "minor": 0}}))?;
    let start = json!({
        "name": "assay storage run",
        "version": about.version,
        "commandLine": about.command,
        "parameters": {},
        "dutInfo": {
            "dutInfoId": "0",
            "name": about.host,
            "softwareInfos": [
                {"softwareInfoId": "assay", "name": "assay", "version": about.version,
                 "softwareType": "APPLICATION"},
                {"softwareInfoId": "kernel", "name": "Linux", "version": about.kernel,
                 "softwareType": "SYSTEM"},
            ],
            "hardwareInfos": hardware(&devices),
        },
    });
    lines.push(started, json!({"testRunArtifact": {"testRunStart": start}}))?;
    let (mut failed, mut unknown) = (false, about.interrupted || runs.is_empty());
    for (at, (run, superseded)) in runs.iter().zip(said::superseded(runs)).enumerate() {
        let mut step = Step { id: at.to_string(), at: finished, lines: &mut lines };
        measured(&mut step, run, &devices, superseded, true)?;
        unknown |= run.validity == Validity::Invalid;
        failed |= judged(run).iter().any(|(_, holds, _)| !holds);
    }
    // What could not be determined outweighs: a bound that fails in doubt is no finding.
    let (status, result) = match (unknown, failed) {
        (true, _) => ("ERROR", "NOT_APPLICABLE"),
        (false, true) => ("COMPLETE", "FAIL"),
        (false, false) => ("COMPLETE", "PASS"),
    };
    lines.push(
        finished,
        json!({"testRunArtifact": {"testRunEnd": {"status": status, "result": result}}}),
    )?;
    Ok(lines.bytes)
}

/// Adds the steps of a report's runs; the judging is done in the steps of its rows.
pub(super) fn steps(lines: &mut Lines, at: &str, runs: &[Run]) -> Result<(), CanonicalError> {
    let devices = devices(runs);
    for (number, (run, superseded)) in runs.iter().zip(said::superseded(runs)).enumerate() {
        let mut step = Step { id: format!("storage-{number}"), at, lines };
        measured(&mut step, run, &devices, superseded, false)?;
    }
    Ok(())
}

/// Returns what was under load, each once.
pub(super) fn devices(runs: &[Run]) -> Vec<&Subject> {
    let mut devices: Vec<&Subject> = Vec::new();
    for run in runs {
        if !devices.iter().any(|known| name(known) == name(&run.subject)) {
            devices.push(&run.subject);
        }
    }
    devices
}

fn name(subject: &Subject) -> &str {
    subject.wwid.as_ref().or(subject.serial.as_ref()).unwrap_or(&subject.path)
}

fn hardware_id(devices: &[&Subject], subject: &Subject) -> String {
    let at = devices.iter().position(|known| name(known) == name(subject)).unwrap_or(0);
    format!("storage-{at}")
}

/// Returns the devices as `hardwareInfos`.
pub(super) fn hardware(devices: &[&Subject]) -> Vec<Value> {
    let info = |subject: &&Subject| {
        object([
            ("hardwareInfoId", Some(hardware_id(devices, subject))),
            ("name", Some(subject.model.clone().unwrap_or_else(|| subject.kind.clone()))),
            ("location", Some(subject.path.clone())),
            ("manufacturerPartNumber", subject.model.clone()),
            ("serialNumber", subject.serial.clone().or_else(|| subject.wwid.clone())),
        ])
    };
    devices.iter().map(info).collect()
}

/// Adds the step of one run.
fn measured(
    step: &mut Step<'_>,
    run: &Run,
    devices: &[&Subject],
    superseded: bool,
    alone: bool,
) -> Result<(), CanonicalError> {
    let hardware = hardware_id(devices, &run.subject);
    let mode = said::mode(run.mode).en;
    step.push(json!({"testStepStart": {"name": format!("storage {} ({mode})", run.case)}}))?;
    if superseded {
        let message = format!("{}: a later run of this case counts", run.case);
        step.push(json!({"log": {"severity": "INFO", "message": message}}))?;
        return step.push(json!({"testStepEnd": {"status": "SKIP"}}));
    }
    let load = format!("{}; {}", said::load(&run.workload).en, said::depth(run).en);
    step.push(json!({"log": {"severity": "INFO", "message": load}}))?;
    put_numbers(step, &hardware, run)?;
    for op in [Op::Read, Op::Write, Op::Trim] {
        put_series(step, &hardware, run, op)?;
    }
    for doubt in &run.reasons {
        step.push(json!({"diagnosis": {
            "verdict": format!("storage-{}", doubt.code), "type": "UNKNOWN",
            "message": doubt.en, "hardwareInfoId": hardware,
        }}))?;
    }
    if alone && run.validity == Validity::Valid {
        for (verdict, holds, message) in judged(run) {
            let kind = if holds { "PASS" } else { "FAIL" };
            let word = if holds { verdict.to_owned() } else { format!("not-{verdict}") };
            step.push(json!({"diagnosis": {
                "verdict": format!("storage-{word}"), "type": kind, "message": message,
                "hardwareInfoId": hardware,
            }}))?;
        }
    }
    step.push(json!({"testStepEnd": {"status": "COMPLETE"}}))
}

/// Adds the numbers of a run, with the bounds that it has.
fn put_numbers(step: &mut Step<'_>, hardware: &str, run: &Run) -> Result<(), CanonicalError> {
    for (name, totals) in [
        ("all", Some(&run.all)),
        ("read", run.read.as_ref()),
        ("write", run.write.as_ref()),
        ("trim", run.trim.as_ref()),
    ] {
        if let Some(totals) = totals {
            put_totals(step, hardware, name, totals, run)?;
        }
    }
    if let Some(open) = &run.open_loop {
        put_times(step, hardware, "response", &open.response)?;
        let lateness = &open.lateness;
        put(
            step,
            hardware,
            "lateness.p99.9",
            lateness.p99_9_ns.unwrap_or(lateness.max_ns),
            "ns",
            &[],
        )?;
        put(step, hardware, "backlog.max", open.backlog_max, "IO", &[])?;
    }
    if let Some(cap) = &run.cap {
        // The least that is 99 % of the cap, and the most that is 102 %.
        let (least, most) = (
            (u128::from(cap.target_iops) * 99).div_ceil(100),
            u128::from(cap.target_iops) * 102 / 100,
        );
        let bound = |value: u128| u64::try_from(value).unwrap_or(u64::MAX);
        put(
            step,
            hardware,
            "cap.reached",
            cap.reached_iops,
            "IO/s",
            &[("GREATER_THAN_OR_EQUAL", bound(least))],
        )?;
        put(
            step,
            hardware,
            "cap.busiest",
            cap.busiest_iops,
            "IO/s",
            &[("LESS_THAN_OR_EQUAL", bound(most))],
        )?;
    }
    if let Some(steady) = &run.steady {
        put(
            step,
            hardware,
            "steady.range",
            steady.range_ppm,
            "ppm",
            &[("LESS_THAN_OR_EQUAL", 200_000)],
        )?;
        put(
            step,
            hardware,
            "steady.slope",
            steady.slope_ppm,
            "ppm",
            &[("LESS_THAN_OR_EQUAL", 100_000)],
        )?;
    }
    Ok(())
}

/// Returns each bound that a run has: its word, whether it holds, and the sentence.
fn judged(run: &Run) -> Vec<(&'static str, bool, String)> {
    let mut all = Vec::new();
    if run.all.errors > 0 {
        all.push(("without-errors", false, format!("{} operations failed", run.all.errors)));
    }
    if let Some(cap) = &run.cap {
        let said = said::cap(cap);
        let sentence = |at: usize| said.get(at).map(|text| text.en.clone()).unwrap_or_default();
        all.push(("cap-reached", cap.reached, sentence(0)));
        all.push(("cap-kept", cap.kept, sentence(1)));
    }
    all
}

fn put_totals(
    step: &mut Step<'_>,
    hardware: &str,
    of: &str,
    totals: &Totals,
    run: &Run,
) -> Result<(), CanonicalError> {
    put(step, hardware, &format!("{of}.iops"), totals.iops, "IO/s", &[])?;
    put(step, hardware, &format!("{of}.bandwidth"), totals.bytes_per_s, "B/s", &[])?;
    put(step, hardware, &format!("{of}.errors"), totals.errors, "IO", &[("EQUAL", 0)])?;
    // Latencies of all kinds together and of batches are held against nothing.
    let mixed = of == "all" && [&run.read, &run.write, &run.trim].iter().any(|kind| kind.is_some());
    if mixed || totals.service.batch_reaped {
        return Ok(());
    }
    put_times(step, hardware, of, &totals.service)
}

fn put_times(
    step: &mut Step<'_>,
    hardware: &str,
    of: &str,
    times: &Latency,
) -> Result<(), CanonicalError> {
    if times.count == 0 {
        return Ok(());
    }
    for (name, ns) in [
        ("mean", Some(times.mean_ns)),
        ("p50", Some(times.p50_ns)),
        ("p99", times.p99_ns),
        ("p99.9", times.p99_9_ns),
        ("p99.99", times.p99_99_ns),
        ("max", Some(times.max_ns)),
    ] {
        if let Some(ns) = ns {
            put(step, hardware, &format!("{of}.latency.{name}"), ns, "ns", &[])?;
        }
    }
    Ok(())
}

fn put(
    step: &mut Step<'_>,
    hardware: &str,
    name: &str,
    value: u64,
    unit: &str,
    bounds: &[(&str, u64)],
) -> Result<(), CanonicalError> {
    let mut measurement = json!({
        "name": name, "value": value, "unit": unit, "hardwareInfoId": hardware,
    });
    if !bounds.is_empty() {
        let validators: Vec<Value> =
            bounds.iter().map(|(kind, bound)| json!({"type": kind, "value": bound})).collect();
        measurement["validators"] = validators.into();
    }
    step.push(json!({ "measurement": measurement }))
}

/// What a series is of: its name, its unit, the value of a second.
type Series = (&'static str, &'static str, fn(&SecondOf) -> u64);

/// Adds the seconds of one kind of operation, where it did anything.
fn put_series(
    step: &mut Step<'_>,
    hardware: &str,
    run: &Run,
    op: Op,
) -> Result<(), CanonicalError> {
    let rate: Series = ("iops", "IO/s", |of| of.ios);
    let times: [Series; 2] =
        [("latency.p99", "ns", |of| of.p99_ns), ("latency.max", "ns", |of| of.max_ns)];
    let of_op = |second: &storage_bench::measurement::Second| {
        second.of.iter().find(|of| of.op == op).cloned()
    };
    // A last second that was cut short would look like a drop.
    let whole = usize::try_from(run.elapsed_ns / 1_000_000_000).unwrap_or(usize::MAX);
    let seconds: Vec<Option<SecondOf>> = run.second.iter().take(whole).map(of_op).collect();
    if seconds.iter().all(Option::is_none) {
        return Ok(());
    }
    let times = if run.all.service.batch_reaped { &[][..] } else { &times };
    let began = clock::unix_seconds(&run.started_at);
    for (name, unit, value) in std::iter::once(&rate).chain(times) {
        let id = format!("{}-{op}-{name}", step.id);
        step.push(json!({"measurementSeriesStart": {
            "measurementSeriesId": id, "name": format!("{op}.{name}"), "unit": unit,
            "hardwareInfoId": hardware,
        }}))?;
        let mut count = 0_u64;
        for (at, second) in seconds.iter().enumerate() {
            // A second without an operation has a rate, and no latency.
            let value = match second {
                Some(of) if of.ios > 0 => value(of),
                _ if *name == "iops" => 0,
                _ => continue,
            };
            let since = run.ramp_ns / 1_000_000_000 + u64::try_from(at).unwrap_or(u64::MAX);
            let timestamp = began.map_or_else(
                || step.at.to_owned(),
                |began| clock::rfc3339(began.saturating_add(since)),
            );
            step.push(json!({"measurementSeriesElement": {
                "measurementSeriesId": id, "index": count, "value": value, "timestamp": timestamp,
            }}))?;
            count += 1;
        }
        step.push(json!({"measurementSeriesEnd": {
            "measurementSeriesId": id, "totalCount": count,
        }}))?;
    }
    Ok(())
}
