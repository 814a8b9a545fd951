//! Puts a report together from what a run found and what the judge said.

use std::collections::BTreeMap;

use inventory::model::{FindingClass, SectionStatus};
use profiles::{
    Judgement, Text,
    scope::{self, ScopeOut},
};
use serde_json::Value;

use super::{
    canonical,
    cover::Cover,
    digest::Digests,
    document::{
        Act, Basis, CoverageRow, Device, Environment, EvidenceEntry, Finding, FindingClaim, Report,
        Revision, Row, SCHEMA,
    },
    evidence::{self, EvidenceFile, Linker, Placed},
    verdict,
};

/// What a run found, and what the judge said of it.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// What the cover says.
    pub cover: Cover,
    /// What the number of the report begins with, where the cover has none.
    pub number_prefix: Option<String>,
    /// Rows that the contract leaves out.
    pub scope_out: Vec<ScopeOut>,
    /// The norm and profile.
    pub basis: Basis,
    /// What tool ran where and when.
    pub environment: Environment,
    /// Why the run ended early, where it did.
    pub interrupted: Option<Text>,
    /// The judge's word on each check, in the order of the profile.
    pub judgements: Vec<Judgement>,
    /// The facts that were judged: `{"inventory": …}`.
    pub facts: Value,
    /// The files that the facts rest on.
    pub evidence: Vec<EvidenceFile>,
    /// The volume under acceptance, where it is one and not the machine.
    pub volume: Option<String>,
    /// Rows of the norm that the profile leaves to others.
    pub coverage: Vec<CoverageRow>,
    /// The report this run is a re-test of, by the digests of its `result.json`.
    pub retest_of: Option<Digests>,
}

/// Returns the report of a run, and its evidence with its place in the report.
pub fn build(inputs: Inputs) -> (Report, Vec<Placed>) {
    let Inputs {
        mut cover,
        number_prefix,
        scope_out,
        basis,
        environment,
        interrupted,
        mut judgements,
        mut facts,
        evidence,
        volume,
        mut coverage,
        retest_of,
    } = inputs;
    canonical::normalise(&mut facts);
    scope::leave_out(&mut judgements, &scope_out);
    for line in &mut coverage {
        if let Some(out) = scope_out.iter().find(|out| out.rows.contains(&line.row)) {
            line.reason = out.said();
        }
    }
    let device = match volume {
        Some(name) => of_volume(&name, &facts, &cover),
        None => device(&facts, &cover),
    };
    let subject = device.id.clone();
    if let (None, Some(prefix)) = (&cover.number, number_prefix) {
        let name = device.serial.as_deref().unwrap_or(&device.id);
        cover.number = Some(number(&prefix, name, &environment.finished_at));
    }
    let placed = evidence::place(evidence, evidence::FOLDER, &subject, &[]);
    let index: Vec<EvidenceEntry> = placed.iter().map(|file| file.entry.clone()).collect();
    let linker = Linker::new(&facts, &index);
    let rows: Vec<Row> = judgements
        .into_iter()
        .map(|judgement| Row {
            verdict: judgement.verdict,
            decision: None,
            entries: Vec::new(),
            waiting: Vec::new(),
            evidence: linker.paths(&judgement.sources),
            judgement,
        })
        .collect();
    let report = Report {
        schema: SCHEMA.to_owned(),
        revision: Revision {
            number: 1,
            act: Act::Run,
            at: environment.finished_at.clone(),
            by: environment.operator.clone(),
            predecessor: None,
            retest_of,
        },
        summary: verdict::summary(&rows, interrupted.is_some()),
        cover,
        basis,
        subject,
        devices: vec![device],
        environment,
        interrupted,
        rows,
        sections: sections(&facts),
        findings: findings(&facts),
        coverage,
        evidence_root: evidence::root(&index),
        evidence: index,
        facts,
    };
    (report, placed)
}

/// Returns the number of a report: what all of the project begin with, whose it is, and the minute
/// of the test, for a machine is tested more than once.
pub(super) fn number(prefix: &str, name: &str, at: &str) -> String {
    let digits: String = at.chars().filter(char::is_ascii_digit).take(12).collect();
    let plain = |c: char| if c.is_alphanumeric() || "._-".contains(c) { c } else { '-' };
    let name: String = name.chars().map(plain).collect();
    let parts = [name, digits].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>();
    format!("{prefix}{}", parts.join("-"))
}

/// Returns the volume that was under load, as the last run names it.
fn of_volume(name: &str, facts: &Value, cover: &Cover) -> Device {
    let runs = facts.pointer("/storage/run").and_then(Value::as_array);
    let subject = runs.and_then(|runs| runs.last()).and_then(|run| run.get("subject"));
    let text = |key: &str| subject?.get(key)?.as_str().map(str::to_owned);
    Device {
        id: format!("volume:{name}"),
        model: text("model"),
        serial: text("serial"),
        uuid: text("wwid"),
        location: cover.location.line(),
        ..Device::default()
    }
}

/// Returns the machine that the facts describe.
fn device(facts: &Value, cover: &Cover) -> Device {
    let text = |pointer: &str| {
        facts.pointer(pointer).and_then(Value::as_str).filter(|t| !t.is_empty()).map(str::to_owned)
    };
    let brand = |language: &str| text(&format!("/inventory/system/brand/{language}"));
    Device {
        id: text("/inventory/identity/key").unwrap_or_else(|| "unidentified".to_owned()),
        manufacturer: text("/inventory/system/manufacturer"),
        brand: brand("zh").zip(brand("en")).map(|(zh, en)| Text { zh, en }),
        model: text("/inventory/system/product"),
        serial: text("/inventory/system/serial")
            .or_else(|| text("/inventory/identity/system_serial"))
            .or_else(|| text("/inventory/identity/chassis_serial")),
        part_number: text("/inventory/system/sku"),
        uuid: text("/inventory/system/uuid"),
        asset_tag: text("/inventory/chassis/0/asset_tag"),
        location: cover.location.line(),
    }
}

/// Returns the completeness of every section of every document of the facts.
fn sections(facts: &Value) -> BTreeMap<String, SectionStatus> {
    let mut all = BTreeMap::new();
    for (name, document) in facts.as_object().into_iter().flatten() {
        for (section, status) in
            document.get("sections").and_then(Value::as_object).into_iter().flatten()
        {
            if let Ok(status) = typed_json::read::<SectionStatus>(status) {
                let key =
                    if name == "inventory" { section.clone() } else { format!("{name}.{section}") };
                all.insert(key, status);
            }
        }
    }
    all
}

/// Returns the findings of every document of the facts, sources by their locators.
fn findings(facts: &Value) -> Vec<Finding> {
    let mut all = Vec::new();
    for document in facts.as_object().into_iter().flat_map(serde_json::Map::values) {
        let sources = document.get("sources").and_then(Value::as_array);
        let locator = |claim: &Value| {
            let index = usize::try_from(claim.get("source")?.as_u64()?).ok()?;
            Some(sources?.get(index)?.get("locator")?.as_str()?.to_owned())
        };
        for finding in document.get("findings").and_then(Value::as_array).into_iter().flatten() {
            let text =
                |key: &str| finding.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let class = finding.get("class").map(typed_json::read::<FindingClass>);
            let claims = finding.get("claims").and_then(Value::as_array).into_iter().flatten();
            all.push(Finding {
                class: match class {
                    Some(Ok(class)) => class,
                    Some(Err(_)) | None => FindingClass::Value,
                },
                path: text("path"),
                message: Text { zh: text("message_zh"), en: text("message") },
                claims: claims
                    .map(|claim| FindingClaim {
                        source: locator(claim).unwrap_or_default(),
                        value: plain(claim.get("value").unwrap_or(&Value::Null)),
                    })
                    .collect(),
            });
        }
    }
    all
}

/// Returns a value as a reader writes it: text without its quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
