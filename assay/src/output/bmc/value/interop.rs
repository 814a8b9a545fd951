//! What came of an interoperability profile, as JSON.

use bmc::interop::{
    finding::{Finding, Outcome},
    load::Loaded,
};
use serde_json::{Value, json};

use crate::output::bmc::found::Judged;

/// Returns all of it.
pub(super) fn of(judged: &Judged) -> Value {
    let report = &judged.report;
    let findings: Vec<Value> =
        report.findings.iter().map(|finding| of_finding(finding, &judged.profiles)).collect();
    json!({
        "profiles": judged.profiles.iter().map(of_profile).collect::<Vec<_>>(),
        "resources": report.resources,
        "missing": report.missing,
        "counts": {
            "pass": report.count(Outcome::Pass),
            "warn": report.count(Outcome::Warn),
            "fail": report.count(Outcome::Fail),
            "not-tested": report.count(Outcome::NotTested),
            "mandatory-not-tested": report.open(),
        },
        "findings": findings,
    })
}

fn of_profile(loaded: &Loaded) -> Value {
    json!({
        "name": loaded.profile.name,
        "version": loaded.profile.version.map(|version| version.to_string()),
        "file": loaded.file.display().to_string(),
        "sha256": loaded.digest,
    })
}

fn of_finding(finding: &Finding, profiles: &[Loaded]) -> Value {
    let (zh, en) = finding.why.said();
    let mut value = json!({
        "resource": finding.resource,
        "type": finding.kind,
        "property": finding.property,
        "requirement": finding.requirement.text(),
        "level": finding.level.word(),
        "outcome": finding.outcome.text(),
        "mandatory-not-tested": finding.is_open(),
        "why": { "zh": zh, "en": en },
        "clause": finding.requirement.clause(),
        "profile": profiles.get(finding.profile).map(|loaded| loaded.profile.name.as_str()),
    });
    if let Some(title) = &finding.use_case {
        value["use-case"] = title.as_str().into();
    }
    value
}
