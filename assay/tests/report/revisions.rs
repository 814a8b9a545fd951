//! Decisions, their limits, and the chain of revisions.

use assay::report::{
    Report,
    decide::{self, Attestation, DecideError, Waiver},
    document::{Act, How},
    todo::{Closer, todo},
    verdict,
};
use profiles::{Level, Outcome, Verdict};

use crate::fixture::{self, making, person};

fn attestation(check: &str, conform: bool) -> Attestation {
    Attestation {
        check: check.to_owned(),
        conform,
        how: How::Document,
        person: person("王监理", "总监理工程师", "某某监理"),
        reason: "核对资料".to_owned(),
        evidence: Vec::new(),
    }
}

fn waiver(check: &str) -> Waiver {
    Waiver {
        check: check.to_owned(),
        how: How::Document,
        person: person("张处", "处长", "某省数据局"),
        reason: "性能不低于要求".to_owned(),
        evidence: Vec::new(),
    }
}

fn row<'a>(report: &'a Report, check: &str) -> &'a assay::report::document::Row {
    report.rows.iter().find(|row| row.judgement.check == check).expect("the row is there")
}

/// What is wrong with a waiver, and the field that is named.
type Edit = (fn(&mut Waiver), &'static str);

/// The made-up machine with only the rows named, all must.
fn only(checks: &[&str]) -> Report {
    let mut inputs = fixture::inputs();
    inputs.judgements.retain(|judgement| checks.contains(&judgement.check.as_str()));
    assay::report::build(inputs).0
}

#[test]
fn attesting_and_waiving_make_revisions_that_name_their_predecessors() {
    let (first, _) = fixture::first();
    let (third, _) = fixture::decided();
    assert_eq!((first.revision.number, first.revision.act), (1, Act::Run));
    assert_eq!((third.revision.number, third.revision.act), (3, Act::Waive));
    assert_eq!(row(&third, "bms1.brand").verdict, Verdict::Attested);
    assert_eq!(row(&third, "bms1.brand").judgement.verdict, Verdict::NeedsAttestation);
    assert_eq!(row(&third, "bms1.cpu.frequency").verdict, Verdict::Waived);
    let evidence = &row(&third, "bms1.brand").decision.as_ref().unwrap().evidence;
    assert_eq!(evidence, &["evidence/attested/bms1.brand/铭牌_照片.jpg"]);
    assert!(third.evidence.iter().any(|entry| entry.path == evidence[0]));
    assert_ne!(third.evidence_root, first.evidence_root);

    let fourth = decide::rerender(&third, making(&third));
    assert_eq!((fourth.revision.number, fourth.revision.act), (4, Act::Render));
    assert_eq!(fourth.rows, third.rows);
}

#[test]
fn an_attested_non_conformity_is_a_fail_and_cannot_be_waived() {
    let report = only(&["bms1.arch", "bms1.chip"]);
    assert_eq!(report.exit_code(), 3);
    let conform = decide::attest(&report, vec![attestation("bms1.chip", true)], making(&report));
    assert_eq!(conform.unwrap().0.exit_code(), 0);
    let refused = decide::attest(&report, vec![attestation("bms1.chip", false)], making(&report));
    let refused = refused.unwrap().0;
    assert_eq!(refused.exit_code(), 1);
    assert_eq!(refused.summary.overall.outcome, Outcome::NotAccepted);
    assert_eq!(row(&refused, "bms1.chip").verdict, Verdict::Fail);
    let waived = decide::waive(&refused, vec![waiver("bms1.chip")], making(&refused));
    assert!(matches!(waived, Err(DecideError::AttestedFailure { .. })), "{waived:?}");
}

#[test]
fn only_open_rows_are_attested_and_only_failed_waivable_ones_waived() {
    let (report, _) = fixture::first();
    for row in &report.rows {
        let check = &row.judgement.check;
        let attested = decide::attest(&report, vec![attestation(check, true)], making(&report));
        assert_eq!(attested.is_ok(), row.verdict.is_open(), "{check}");
        let waived = decide::waive(&report, vec![waiver(check)], making(&report));
        let may = row.verdict == Verdict::Fail && row.judgement.waivable;
        assert_eq!(waived.is_ok(), may, "{check}");
    }
    let unknown = decide::attest(&report, vec![attestation("nope", true)], making(&report));
    assert!(matches!(unknown, Err(DecideError::NoCheck { .. })));
    let twice = vec![attestation("bms1.chip", true), attestation("bms1.chip", false)];
    let twice = decide::attest(&report, twice, making(&report));
    assert!(matches!(twice, Err(DecideError::Twice { .. })), "{twice:?}");
}

#[test]
fn a_decision_needs_its_particulars() {
    let (report, _) = fixture::first();
    let edits: [Edit; 8] = [
        (|w| w.person.who.clear(), "name"),
        (|w| w.person.role = " ".to_owned(), "role"),
        (|w| w.reason.clear(), "reason"),
        (|w| w.reason = "x".repeat(2001), "reason"),
        (|w| w.person.organisation = None, "organisation (认可单位)"),
        (|w| w.person.date = "2026-02-29".to_owned(), "date"),
        (|w| w.person.date = "yesterday".to_owned(), "date"),
        (|w| w.person.date = "2026-13-01".to_owned(), "date"),
    ];
    for (edit, wanted) in edits {
        let mut waiver = waiver("bms1.cpu.frequency");
        edit(&mut waiver);
        match decide::waive(&report, vec![waiver], making(&report)) {
            Err(DecideError::Field { field, .. }) => assert_eq!(field, wanted),
            other => panic!("{wanted}: {other:?}"),
        }
    }
}

#[test]
fn unknown_is_never_counted_as_conforming() {
    for verdict in Verdict::ALL {
        let mut report = only(&["bms1.arch", "bms1.memory"]);
        let last = report.rows.last_mut().unwrap();
        last.verdict = verdict;
        let summary = verdict::summary(&report.rows, false);
        let tally = summary.overall.all;
        assert_eq!(verdict::total(&tally), 2);
        assert_eq!(verdict::count(&tally, verdict) + u32::from(verdict != Verdict::Pass), 2);
        let conforms = matches!(verdict, Verdict::Pass | Verdict::Attested | Verdict::Waived);
        assert_eq!(verdict::conforming(&tally), 1 + u32::from(conforms), "{verdict:?}");
        let accepted = conforms || verdict == Verdict::NotApplicable;
        assert_eq!(summary.overall.outcome == Outcome::Accepted, accepted, "{verdict:?}");
        assert_eq!(summary.overall.outcome == Outcome::Incomplete, verdict.is_open());
        // A run that ended early is not accepted, whatever its rows say.
        assert_ne!(verdict::summary(&report.rows, true).overall.outcome, Outcome::Accepted);
    }
    assert_eq!(verdict::overall(&[], false).outcome, Outcome::Incomplete);
}

#[test]
fn the_list_of_what_is_left_names_each_open_row_and_who_closes_it() {
    let (report, _) = fixture::first();
    let list = todo(&report, "my report");
    let open = report.rows.iter().filter(|row| row.verdict.is_open()).count();
    assert_eq!(list.iter().filter(|todo| todo.by != Closer::Remedy).count(), open);
    assert!(list.iter().all(|todo| !todo.close.is_empty() && !todo.why.is_empty()
        || todo.by == Closer::Remedy));
    let brand = list.iter().find(|todo| todo.check == "bms1.brand").unwrap();
    assert_eq!(brand.by, Closer::Person);
    assert!(
        brand.command.as_ref().unwrap().starts_with("assay attest 'my report' --row bms1.brand ")
    );
    let clock = list.iter().find(|todo| todo.check == "bms1.cpu.frequency").unwrap();
    assert_eq!(clock.by, Closer::Remedy);
    assert!(list.iter().all(|todo| todo.check != "bms1.pcie"), "no equivalent is allowed there");
    assert!(list.is_sorted_by_key(|todo| todo.level));

    let (decided, _) = fixture::decided();
    let left: Vec<String> = todo(&decided, ".").into_iter().map(|todo| todo.check).collect();
    assert_eq!(left, ["bms1.nic", "bms1.chip"]);
    assert_eq!(row(&report, "bms1.dimm.speed").judgement.level, Level::Scored);
}
