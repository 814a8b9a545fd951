//! What rows say together: the verdict that counts, tallies, clauses, outcome.
//!
//! Unknown is never counted as pass: an open must-row leaves the outcome
//! incomplete, and a run that ended early is never accepted.

use profiles::{Judgement, Level, Outcome, Overall, Standing, Tally, Text, Verdict};

use super::document::{
    ClauseSummary, Conformity, Decision, DecisionKind, DeviationLine, Grounds, Row, Summary,
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
        grounds: Some(grounds(rows)),
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

/// Returns what the rows that conform rest on.
pub fn grounds(rows: &[Row]) -> Grounds {
    let mut grounds = Grounds::default();
    for row in rows {
        let count = match ground(row) {
            Some(Ground::Measured) => &mut grounds.measured,
            Some(Ground::Read) => &mut grounds.read,
            Some(Ground::Attested) => &mut grounds.attested,
            Some(Ground::Waived) => &mut grounds.waived,
            None => continue,
        };
        *count = count.saturating_add(1);
        let by_word = matches!(row.verdict, Verdict::Attested | Verdict::Waived);
        if by_word && row.decision.as_ref().is_none_or(|decision| decision.signature.is_none()) {
            grounds.unsigned = grounds.unsigned.saturating_add(1);
        }
    }
    grounds
}

impl Grounds {
    /// Adds those of another machine.
    pub fn add(&mut self, other: &Self) {
        for (sum, more) in [
            (&mut self.measured, other.measured),
            (&mut self.read, other.read),
            (&mut self.attested, other.attested),
            (&mut self.waived, other.waived),
            (&mut self.unsigned, other.unsigned),
        ] {
            *sum = sum.saturating_add(more);
        }
    }

    /// Returns them in one line: four numbers, and how many nobody signed.
    pub fn line(&self) -> Text {
        let Self { measured, read, attested, waived, unsigned } = self;
        let mut text = Text::new(
            format!("实测 {measured}，读取 {read}，人工确认 {attested}，同等认可 {waived}"),
            format!("measured {measured}, read {read}, attested {attested}, waived {waived}"),
        );
        if *unsigned > 0 {
            let count = unsigned.to_string();
            text.zh.extend(["（其中自填未签名 ", &count, "）"]);
            text.en.extend([" (", &count, " of them self-entered, unsigned)"]);
        }
        text
    }
}

/// What a row that conforms rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A run.
    Measured,
    /// The inventory.
    Read,
    /// A person's word.
    Attested,
    /// A person's acceptance as equivalent.
    Waived,
}

/// Returns what a row rests on, where it conforms.
pub fn ground(row: &Row) -> Option<Ground> {
    match row.verdict {
        Verdict::Pass if row.judgement.by_run => Some(Ground::Measured),
        Verdict::Pass => Some(Ground::Read),
        Verdict::Attested => Some(Ground::Attested),
        Verdict::Waived => Some(Ground::Waived),
        Verdict::Fail
        | Verdict::NotMeasured
        | Verdict::NeedsAttestation
        | Verdict::NotApplicable => None,
    }
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
