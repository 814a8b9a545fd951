//! `ocp-tv.jsonl`: the run as OCP Test & Validation output 2.0.
//!
//! One JSON object a line. A row of the norm is a step, a check in it is a
//! measurement with its diagnosis. Open checks are UNKNOWN; what a person
//! confirmed is PASS and says who; an incomplete run is a FAIL with a diagnosis
//! that says so, since the format has no other word for it.

pub(crate) mod storage;

use inventory::model::SectionState;
use profiles::{Outcome, Verdict};
use serde_json::{Map, Value, json};

use crate::report::{
    canonical::{self, CanonicalError},
    document::{Report, Row},
    storage as runs,
};

use super::words;

const HARDWARE_ID: &str = "machine";

/// Returns the lines of a report.
pub(super) fn lines(report: &Report) -> Result<Vec<u8>, CanonicalError> {
    let mut lines = Lines::default();
    let environment = &report.environment;
    let (started, finished) = (&environment.started_at, &environment.finished_at);
    lines.push(started, json!({"schemaVersion": {"major": 2, "minor": 0}}))?;
    lines.push(started, json!({"testRunArtifact": {"testRunStart": start(report)}}))?;
    for (number, rows) in steps(&report.rows).into_iter().enumerate() {
        step(&mut lines, finished, &number.to_string(), report, &rows)?;
    }
    if let Some((runs, _)) = runs::runs(&report.facts) {
        storage::steps(&mut lines, finished, &runs)?;
    }
    let mut closing = Step { id: "summary".to_owned(), at: finished, lines: &mut lines };
    closing.push(json!({"testStepStart": {"name": "summary"}}))?;
    for (section, status) in &report.sections {
        if status.status == SectionState::Failed {
            let reason = status.reason.as_deref().unwrap_or("nothing could be read");
            let symptom = format!("section-{section}-failed");
            closing.push(json!({"error": {"symptom": symptom, "message": reason}}))?;
        }
    }
    if let Some(why) = &report.interrupted {
        closing.push(json!({"error": {"symptom": "interrupted", "message": why.en}}))?;
    }
    let outcome = report.summary.overall.outcome;
    let (kind, result) = match outcome {
        Outcome::Accepted => ("PASS", "PASS"),
        Outcome::NotAccepted => ("FAIL", "FAIL"),
        Outcome::Incomplete => ("UNKNOWN", "FAIL"),
    };
    let message = words::outcome(outcome).1;
    let verdict = format!("{}-overall-{message}", report.basis.profile);
    closing.push(json!({"diagnosis": {"verdict": verdict, "type": kind, "message": message}}))?;
    closing.push(json!({"testStepEnd": {"status": "COMPLETE"}}))?;
    let end = if report.interrupted.is_some() {
        json!({"status": "ERROR", "result": "NOT_APPLICABLE"})
    } else {
        json!({"status": "COMPLETE", "result": result})
    };
    lines.push(finished, json!({"testRunArtifact": {"testRunEnd": end}}))?;
    Ok(lines.bytes)
}

/// Numbered lines.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    next: u32,
}

impl Lines {
    fn push(&mut self, at: &str, mut artifact: Value) -> Result<(), CanonicalError> {
        if let Some(members) = artifact.as_object_mut() {
            members.insert("sequenceNumber".to_owned(), self.next.into());
            members.insert("timestamp".to_owned(), at.into());
        }
        self.next = self.next.saturating_add(1);
        self.bytes.extend(canonical::to_bytes(&artifact)?);
        self.bytes.push(b'\n');
        Ok(())
    }
}

/// A step that lines belong to.
struct Step<'a> {
    id: String,
    at: &'a str,
    lines: &'a mut Lines,
}

impl Step<'_> {
    fn push(&mut self, mut artifact: Value) -> Result<(), CanonicalError> {
        if let Some(members) = artifact.as_object_mut() {
            members.insert("testStepId".to_owned(), self.id.clone().into());
        }
        self.lines.push(self.at, json!({ "testStepArtifact": artifact }))
    }
}

fn start(report: &Report) -> Value {
    let environment = &report.environment;
    let device = report.device().cloned().unwrap_or_default();
    let mut software = vec![json!({
        "softwareInfoId": "assay", "name": "assay",
        "version": environment.tool_version, "softwareType": "APPLICATION",
    })];
    if let Some(kernel) = &environment.kernel {
        software.push(json!({
            "softwareInfoId": "kernel", "name": environment.os.as_deref().unwrap_or("Linux"),
            "version": kernel, "softwareType": "SYSTEM",
        }));
    }
    let hardware = object([
        ("hardwareInfoId", Some(HARDWARE_ID.to_owned())),
        ("name", Some(device.model.clone().unwrap_or_else(|| device.id.clone()))),
        ("location", device.location),
        ("manufacturer", device.manufacturer),
        ("manufacturerPartNumber", device.part_number),
        ("serialNumber", device.serial),
    ]);
    let mut all = vec![hardware];
    if let Some((runs, _)) = runs::runs(&report.facts) {
        all.extend(storage::hardware(&storage::devices(&runs)));
    }
    json!({
        "name": report.basis.profile,
        "version": report.basis.version,
        "commandLine": environment.command,
        "parameters": {
            "profileDigest": report.basis.digest,
            "revision": report.revision.number,
            "stage": report.cover.stage.map(|stage| stage.name().en),
        },
        "dutInfo": {
            "dutInfoId": device.id,
            "name": device.model.unwrap_or_else(|| "unidentified".to_owned()),
            "platformInfos": environment.architecture.iter().map(|a| json!({"info": a})).collect::<Vec<_>>(),
            "softwareInfos": software,
            "hardwareInfos": all,
        },
    })
}

fn object<const N: usize>(members: [(&str, Option<String>); N]) -> Value {
    let mut there = Map::new();
    for (key, value) in members {
        if let Some(value) = value {
            there.insert(key.to_owned(), value.into());
        }
    }
    Value::Object(there)
}

/// Groups the checks of one row of the norm that follow each other.
fn steps(rows: &[Row]) -> Vec<Vec<&Row>> {
    rows.chunk_by(|a, b| a.judgement.row == b.judgement.row)
        .map(|rows| rows.iter().collect())
        .collect()
}

fn step(
    lines: &mut Lines,
    at: &str,
    id: &str,
    report: &Report,
    rows: &[&Row],
) -> Result<(), CanonicalError> {
    let mut step = Step { id: id.to_owned(), at, lines };
    let name = rows.first().map(|row| format!("{} {}", row.judgement.row, row.judgement.item));
    step.push(json!({"testStepStart": {"name": name.unwrap_or_default()}}))?;
    for row in rows {
        check(&mut step, report, row)?;
    }
    let skipped = rows.iter().all(|row| row.verdict == Verdict::NotApplicable);
    step.push(json!({"testStepEnd": {"status": if skipped { "SKIP" } else { "COMPLETE" }}}))
}

fn check(step: &mut Step<'_>, report: &Report, row: &Row) -> Result<(), CanonicalError> {
    let judgement = &row.judgement;
    let mut metadata = Map::new();
    let mut tell = |key: &str, value: &str| {
        if !value.is_empty() {
            metadata.insert(key.to_owned(), value.into());
        }
    };
    tell("expected", &judgement.expected.en);
    tell("method", &judgement.method.en);
    tell("verdict", words::code(row.verdict));
    tell("sources", &judgement.sources.join("; "));
    let told: Vec<String> = row.recorded().iter().map(|d| words::decision(d).en).collect();
    let told = told.join("; ");
    if let Some(decision) = &row.decision {
        tell("decidedBy", &decision.who);
    }
    tell("decision", &told);
    let measured =
        [judgement.measured.en.as_str(), if row.decision.is_some() { "decided" } else { "" }]
            .into_iter()
            .find(|text| !text.is_empty());
    if let Some(value) = measured {
        step.push(json!({"measurement": {
            "name": judgement.check,
            "value": value,
            "hardwareInfoId": HARDWARE_ID,
            "metadata": metadata,
        }}))?;
    }
    let kind = match row.verdict {
        Verdict::Pass | Verdict::Attested | Verdict::Waived => "PASS",
        Verdict::Fail => "FAIL",
        Verdict::NotMeasured | Verdict::NeedsAttestation => "UNKNOWN",
        Verdict::NotApplicable => {
            let message = format!("{}: not applicable", judgement.check);
            return step.push(json!({"log": {"severity": "INFO", "message": message}}));
        }
    };
    let reasons: Vec<String> = words::reasons(row).into_iter().map(|reason| reason.en).collect();
    let mut message = vec![judgement.title.en.clone(), reasons.join("; "), told];
    message.retain(|part| !part.is_empty());
    let message = message.join(": ");
    step.push(json!({"diagnosis": {
        "verdict": format!("{}-{}-{}", report.basis.profile, judgement.check, words::code(row.verdict)),
        "type": kind,
        "message": message,
        "hardwareInfoId": HARDWARE_ID,
    }}))
}
