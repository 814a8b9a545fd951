//! What rows say together: the verdict that counts, tallies, clauses, outcome.
//!
//! Unknown is never counted as pass: an open must-row leaves the outcome
//! incomplete, and a run that ended early is never accepted.

use profiles::{Judgement, Level, Outcome, Overall, Standing, Tally, Text, Verdict};

use super::document::{
    ClauseSummary, Conformity, Decision, DecisionKind, DeviationLine, Row, Summary,
};

/// Returns the verdict that counts, after a decision.
///
/// An attested non-conformity is a fail, whatever left the row open.
pub fn effective(judged: Verdict, decision: Option<&Decision>) -> Verdict {
    match decision {
        None => judged,
        Some(Decision { conform: false, .. }) => Verdict::Fail,
        Some(Decision { kind: DecisionKind::Attested, .. }) => Verdict::Attested,
        Some(Decision { kind: DecisionKind::Waived, .. }) => Verdict::Waived,
    }
}

/// Returns what `rows` say together; `interrupted` says the run ended early.
pub fn summary(rows: &[Row], interrupted: bool) -> Summary {
    let mut clauses: Vec<(String, String, Vec<&Row>)> = Vec::new();
    for row in rows {
        let clause = &row.judgement.clause;
        if let Some((_, _, members)) = clauses.iter_mut().find(|(known, _, _)| known == clause) {
            members.push(row);
        } else {
            clauses.push((clause.clone(), row.judgement.clause_title.clone(), vec![row]));
        }
    }
    let clauses = clauses
        .into_iter()
        .map(|(clause, title, members)| ClauseSummary {
            clause,
            title,
            conformity: conformity(&members),
            tally: tally(members.iter().map(|row| row.verdict)),
        })
        .collect();
    let out = rows.iter().filter(|row| row.judgement.out_of_scope.is_some()).count();
    Summary {
        overall: overall(rows, interrupted),
        clauses,
        out_of_scope: u32::try_from(out).unwrap_or(u32::MAX),
        deviations: rows.iter().filter_map(deviation).collect(),
    }
}

/// Returns the line of the table of deviations that a row has, where it has one.
fn deviation(row: &Row) -> Option<DeviationLine> {
    let judgement = &row.judgement;
    let terms = judgement.terms.as_ref()?;
    let standing = judgement.standing.unwrap_or(Standing::Unknown);
    Some(DeviationLine {
        check: judgement.check.clone(),
        mark: terms.mark,
        deviation: profiles::deviation(row.verdict, standing),
    })
}

/// Returns the outcome of `rows` with its counts.
pub fn overall(rows: &[Row], interrupted: bool) -> Overall {
    let decided: Vec<Judgement> = rows
        .iter()
        .map(|row| Judgement { verdict: row.verdict, ..row.judgement.clone() })
        .collect();
    let mut overall = profiles::overall(&decided);
    if interrupted && overall.outcome == Outcome::Accepted {
        overall.outcome = Outcome::Incomplete;
    }
    overall
}

/// Returns how many rows the contract leaves out, in words.
pub fn out_of_scope(count: u32) -> Text {
    let rows = if count == 1 { "row" } else { "rows" };
    Text::new(
        format!("本合同范围外 {count} 行"),
        format!("{count} {rows} not in the scope of this contract"),
    )
}

/// Returns whether a verdict says that the check is met.
pub fn conforms(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::Attested | Verdict::Waived)
}

/// Returns how many checks a tally counts.
pub fn total(tally: &Tally) -> u32 {
    Verdict::ALL.into_iter().map(|verdict| count(tally, verdict)).fold(0, u32::saturating_add)
}

/// Returns how many checks of a tally conform.
pub fn conforming(tally: &Tally) -> u32 {
    Verdict::ALL
        .into_iter()
        .filter(|verdict| conforms(*verdict))
        .map(|verdict| count(tally, verdict))
        .fold(0, u32::saturating_add)
}

/// Returns how many checks of a tally are open.
pub fn open(tally: &Tally) -> u32 {
    tally.not_measured.saturating_add(tally.needs_attestation)
}

/// Returns the count of one verdict.
pub fn count(tally: &Tally, verdict: Verdict) -> u32 {
    match verdict {
        Verdict::Pass => tally.pass,
        Verdict::Fail => tally.fail,
        Verdict::NotMeasured => tally.not_measured,
        Verdict::NeedsAttestation => tally.needs_attestation,
        Verdict::Attested => tally.attested,
        Verdict::Waived => tally.waived,
        Verdict::NotApplicable => tally.not_applicable,
    }
}

fn tally(verdicts: impl Iterator<Item = Verdict>) -> Tally {
    let mut tally = Tally::default();
    verdicts.for_each(|verdict| tally.add(verdict));
    tally
}

/// Judges a clause by its must-rows; by what else counts where it has none.
fn conformity(rows: &[&Row]) -> Conformity {
    let decisive = [Level::Must, Level::Scored, Level::Info]
        .into_iter()
        .map(|level| tally_of(rows, level))
        .find(|tally| total(tally) > 0)
        .unwrap_or_default();
    if decisive.fail > 0 {
        Conformity::NotConform
    } else if open(&decisive) > 0 {
        Conformity::Open
    } else if conforming(&decisive) > 0 {
        Conformity::Conform
    } else {
        Conformity::NotApplicable
    }
}

fn tally_of(rows: &[&Row], level: Level) -> Tally {
    tally(rows.iter().filter(|row| row.judgement.level == level).map(|row| row.verdict))
}
