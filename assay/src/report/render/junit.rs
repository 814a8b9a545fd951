//! `junit.xml`: one suite, one test case per check.
//!
//! Open rows are skipped tests, which continuous integration shows as green;
//! [`RenderOptions::junit_strict`] turns those of must-rows into failures. A
//! section of the facts that could not be read at all is an error of its own.

mod markup;

use inventory::model::SectionState;
use profiles::{Lang, Level, Verdict};

use crate::report::{
    RenderOptions,
    digest::Digests,
    document::{Report, Row},
    manifest, storage, verdict,
};

pub(super) use markup::{Case, Outcome};

use super::{runs, words};
use markup::Suite;

/// Returns the `JUnit` document of a report.
pub(super) fn document(report: &Report, root: &Digests, options: RenderOptions) -> Vec<u8> {
    let lang = options.language.lead();
    let profile = &report.basis.profile;
    let device = report.device();
    let name = device.and_then(|d| d.serial.as_deref()).unwrap_or(&report.subject);
    let mut cases: Vec<Case> =
        report.rows.iter().map(|row| case(report, row, lang, options.junit_strict)).collect();
    if let Some((found, _)) = storage::runs(&report.facts) {
        cases.extend(runs::cases(&found, profile, lang));
    }
    for (section, status) in &report.sections {
        if status.status == SectionState::Failed {
            let why = status.reason.as_deref().unwrap_or("nothing could be read");
            cases.push(Case {
                name: format!("{section} {}", words::section(section).get(lang)),
                class: Some(format!("{profile}.sections")),
                properties: Vec::new(),
                outcome: Outcome::Error { kind: "section", message: why.to_owned() },
            });
        }
    }
    if let Some(why) = &report.interrupted {
        cases.push(Case {
            name: "interrupted".to_owned(),
            class: None,
            properties: Vec::new(),
            outcome: Outcome::Error { kind: "interrupted", message: why.get(lang).to_owned() },
        });
    }
    let grounds = verdict::grounds(&report.rows);
    let suite = Suite {
        name: format!("{name} {profile}"),
        began: report.environment.started_at.clone(),
        host: report.environment.hostname.as_deref().unwrap_or(name).to_owned(),
        properties: vec![
            ("assay.version", report.environment.tool_version.clone()),
            ("assay.profile", profile.clone()),
            ("assay.profile.sha256", report.basis.digest.clone()),
            ("assay.device", report.subject.clone()),
            ("assay.revision", report.revision.number.to_string()),
            ("assay.root", root.sha256.clone()),
            ("assay.code", manifest::verify_code(root)),
            ("assay.exit", report.exit_code().to_string()),
            ("assay.measured", grounds.measured.to_string()),
            ("assay.read", grounds.read.to_string()),
            ("assay.attested", grounds.attested.to_string()),
            ("assay.waived", grounds.waived.to_string()),
            ("assay.unsigned", grounds.unsigned.to_string()),
        ],
        cases,
    };
    suite.document().into_bytes()
}

fn case(report: &Report, row: &Row, lang: Lang, strict: bool) -> Case {
    let judgement = &row.judgement;
    let mut reasons: Vec<String> =
        words::reasons(row).iter().map(|reason| reason.get(lang).to_owned()).collect();
    reasons.extend(row.recorded().iter().map(|d| words::decision(d).get(lang).to_owned()));
    let reasons = reasons.join("; ");
    let open_fails = strict && judgement.level == Level::Must && row.verdict.is_open();
    let outcome = match row.verdict {
        Verdict::Pass | Verdict::Attested | Verdict::Waived => Outcome::Passed,
        Verdict::Fail => {
            let (expected, measured) = (judgement.expected.get(lang), judgement.measured.get(lang));
            let message = match lang {
                Lang::Zh => format!("预期 {expected}，实测 {measured}"),
                Lang::En => format!("expected {expected}, measured {measured}"),
            };
            Outcome::Failed { kind: "fail", message, reasons: Some(reasons) }
        }
        Verdict::NotMeasured | Verdict::NeedsAttestation | Verdict::NotApplicable => {
            let kind = words::code(row.verdict);
            let message = format!("{kind}: {reasons}");
            if open_fails {
                Outcome::Failed { kind, message, reasons: None }
            } else {
                Outcome::Skipped { message }
            }
        }
    };
    Case {
        name: format!("{} {}", judgement.check, judgement.title.get(lang)),
        class: Some(format!("{}.{}", report.basis.profile, judgement.row)),
        properties: vec![
            ("verdict", words::code(row.verdict).to_owned()),
            ("clause", judgement.clause.clone()),
        ],
        outcome,
    }
}
