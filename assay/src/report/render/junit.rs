//! `junit.xml`: one suite, one test case per check.
//!
//! Open rows are skipped tests, which continuous integration shows as green;
//! [`RenderOptions::junit_strict`] turns those of must-rows into failures. A
//! section of the facts that could not be read at all is an error of its own.

use inventory::model::SectionState;
use profiles::{Lang, Level, Verdict};
use quick_junit::{NonSuccessKind, Report as Suites, TestCase, TestCaseStatus, TestSuite};

use crate::report::{
    RenderOptions,
    digest::Digests,
    document::{Report, Row},
    manifest, storage,
};

use super::{RenderError, runs, words};

/// Returns the `JUnit` document of a report.
pub(super) fn document(
    report: &Report,
    root: &Digests,
    options: RenderOptions,
) -> Result<Vec<u8>, RenderError> {
    let lang = options.language.lead();
    let device = report.device();
    let name = device.and_then(|d| d.serial.as_deref()).unwrap_or(&report.subject);
    let mut suite = TestSuite::new(clean(&format!("{name} {}", report.basis.profile)));
    suite.timestamp = report.environment.started_at.parse().ok();
    let host = report.environment.hostname.as_deref().unwrap_or(name);
    suite.extra.insert("hostname".into(), clean(host).into());
    for (key, value) in [
        ("assay.version", report.environment.tool_version.as_str()),
        ("assay.profile", &report.basis.profile),
        ("assay.profile.sha256", &report.basis.digest),
        ("assay.device", &report.subject),
        ("assay.revision", &report.revision.number.to_string()),
        ("assay.root", &root.sha256),
        ("assay.code", &manifest::verify_code(root)),
        ("assay.exit", &report.exit_code().to_string()),
    ] {
        suite.add_property((key, clean(value).as_str()));
    }
    for row in &report.rows {
        suite.add_test_case(case(report, row, lang, options.junit_strict));
    }
    if let Some((found, _)) = storage::runs(&report.facts) {
        runs::cases(&mut suite, &found, &report.basis.profile, lang);
    }
    for (section, status) in &report.sections {
        if status.status == SectionState::Failed {
            let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
            error.set_type("section");
            error.set_message(clean(status.reason.as_deref().unwrap_or("nothing could be read")));
            let name = words::section(section).get(lang).to_owned();
            let mut case = TestCase::new(clean(&format!("{section} {name}")), error);
            case.set_classname(clean(&format!("{}.sections", report.basis.profile)));
            suite.add_test_case(case);
        }
    }
    if let Some(why) = &report.interrupted {
        let mut error = TestCaseStatus::non_success(NonSuccessKind::Error);
        error.set_type("interrupted");
        error.set_message(clean(why.get(lang)));
        suite.add_test_case(TestCase::new("interrupted", error));
    }
    let mut suites = Suites::new("assay");
    suites.add_test_suite(suite);
    let mut bytes = Vec::new();
    suites.serialize(&mut bytes)?;
    Ok(bytes)
}

fn case(report: &Report, row: &Row, lang: Lang, strict: bool) -> TestCase {
    let judgement = &row.judgement;
    let mut reasons: Vec<String> =
        judgement.reasons.iter().map(|reason| reason.text.get(lang).to_owned()).collect();
    reasons.extend(row.decision.iter().map(|d| words::decision(d).get(lang).to_owned()));
    let reasons = reasons.join("; ");
    let open_fails = strict && judgement.level == Level::Must && row.verdict.is_open();
    let status = match row.verdict {
        Verdict::Pass | Verdict::Attested | Verdict::Waived => TestCaseStatus::success(),
        Verdict::Fail => {
            let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failure.set_type("fail");
            let (expected, measured) = (judgement.expected.get(lang), judgement.measured.get(lang));
            failure.set_message(clean(&match lang {
                Lang::Zh => format!("预期 {expected}，实测 {measured}"),
                Lang::En => format!("expected {expected}, measured {measured}"),
            }));
            failure.set_description(clean(&reasons));
            failure
        }
        Verdict::NotMeasured | Verdict::NeedsAttestation | Verdict::NotApplicable => {
            let message = clean(&format!("{}: {reasons}", words::code(row.verdict)));
            if open_fails {
                let mut failure = TestCaseStatus::non_success(NonSuccessKind::Failure);
                failure.set_type(words::code(row.verdict)).set_message(message);
                failure
            } else {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message(message);
                skipped
            }
        }
    };
    let name = clean(&format!("{} {}", judgement.check, judgement.title.get(lang)));
    let mut case = TestCase::new(name, status);
    case.set_classname(clean(&format!("{}.{}", report.basis.profile, judgement.row)));
    for (key, value) in [("verdict", words::code(row.verdict)), ("clause", &judgement.clause)] {
        case.add_property((key, clean(value).as_str()));
    }
    case
}

/// Drops what XML 1.0 §2.2 does not allow in a document.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .filter(
            |&c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..='\u{10ffff}'),
        )
        .collect()
}
