//! Rows that a contract leaves out of its scope (不在本合同范围), by agreement of named persons.
//!
//! A row that is left out never counts as passed, and what was measured of it is kept: whoever
//! reads the report sees what was found where nothing was asked.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Catalogue, Judgement, Reason, Text, Verdict, finding, norm};

/// Who agreed, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Agreed {
    /// The unit: `某市政务服务和数据管理局`.
    pub unit: String,
    /// The person who spoke for it.
    pub person: String,
    /// The day: `2026-11-20`.
    pub date: String,
}

/// Rows that the contract does not ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScopeOut {
    /// Rows of the norm or ids of checks, each spelled out.
    pub rows: Vec<String>,
    /// Why they are left out.
    pub reason: Text,
    /// Who agreed to it.
    pub agreed: Vec<Agreed>,
}

/// Why a row does not count, and what it would have come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OutOfScope {
    /// Why it is left out.
    pub reason: Text,
    /// Who agreed to it.
    pub agreed: Vec<Agreed>,
    /// What the judge said before it was left out.
    pub judged: Verdict,
}

impl ScopeOut {
    /// Returns why a row is left out, as a report says it of the row.
    pub fn said(&self) -> Text {
        let said = line(&self.reason, &self.agreed);
        Text::new(
            format!("不在本合同范围：{}", said.zh),
            format!("not in the scope of this contract: {}", said.en),
        )
    }

    fn holds(&self, judgement: &Judgement) -> bool {
        self.rows.iter().any(|row| *row == judgement.row || *row == judgement.check)
    }
}

impl OutOfScope {
    /// Returns the agreement in one line: reason, units, persons, days.
    pub fn line(&self) -> Text {
        line(&self.reason, &self.agreed)
    }
}

/// Returns a reason and who agreed, in one line.
pub fn line(reason: &Text, agreed: &[Agreed]) -> Text {
    let say = |one: &Agreed| format!("{} {} {}", one.unit, one.person, one.date);
    let who: Vec<String> = agreed.iter().map(say).collect();
    Text::new(
        format!("{}（{} 同意）", reason.zh, who.join("、")),
        format!("{} (agreed by {})", reason.en, who.join(", ")),
    )
}

/// Takes the rows that `outs` name out of what counts; they keep what was measured.
pub fn leave_out(judgements: &mut [Judgement], outs: &[ScopeOut]) {
    for judgement in judgements {
        let Some(out) = outs.iter().find(|out| out.holds(judgement)) else { continue };
        let judged = judgement.verdict;
        let mut reasons = vec![Reason { text: out.said(), close: None }];
        if judged == Verdict::Fail {
            let text = Text::new(
                "实测不满足规范要求，如实记录，不计入结论",
                "what was measured does not meet the norm; it is recorded and does not count",
            );
            reasons.push(Reason { text, close: None });
        }
        reasons.append(&mut judgement.reasons);
        judgement.reasons = reasons;
        judgement.verdict = Verdict::NotApplicable;
        let (reason, agreed) = (out.reason.clone(), out.agreed.clone());
        judgement.out_of_scope = Some(OutOfScope { reason, agreed, judged });
    }
}

/// What can be left out: rows of the norm, rows and checks of profiles.
#[derive(Clone, Debug, Default)]
pub struct Known(BTreeSet<String>);

/// A word that names no row and no check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRow {
    /// The word, of a range the first row that is not there.
    pub row: String,
    /// What it may have been meant to be.
    pub near: Option<String>,
}

impl Known {
    /// Adds the rows of the norm, and the rows and checks of the catalogue's profiles.
    pub fn add(&mut self, catalogue: &Catalogue) {
        let norm = norm::norm("gd-gov-cloud").map(|norm| norm.rows.as_slice()).unwrap_or_default();
        self.0.extend(norm.iter().map(|row| row.id.clone()));
        for profile in catalogue.ids().iter().filter_map(|id| catalogue.profile(id).ok()) {
            let ids = |check: &crate::check::Check| [check.row.clone(), check.check.clone()];
            self.0.extend(profile.checks.iter().flat_map(ids));
        }
    }

    /// Returns the rows that `word` means: `5.2.3#1-5`, `5.2.3#1` or the id of a check.
    pub fn rows(&self, word: &str) -> Result<Vec<String>, UnknownRow> {
        if self.0.contains(word) {
            return Ok(vec![word.to_owned()]);
        }
        let range = word.split_once('#').and_then(|(clause, numbers)| {
            let (first, last) = numbers.split_once('-')?;
            let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
            (first <= last).then_some((clause, first..=last))
        });
        let unknown = |row: &str| UnknownRow {
            row: row.to_owned(),
            near: finding::nearest(row, self.0.iter().map(String::as_str)).map(str::to_owned),
        };
        let Some((clause, numbers)) = range else { return Err(unknown(word)) };
        let mut rows = Vec::new();
        // The first row that is missing ends it: a range is never longer than the norm.
        for number in numbers {
            let row = format!("{clause}#{number}");
            if !self.0.contains(&row) {
                return Err(unknown(&row));
            }
            rows.push(row);
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        let mut known = Known::default();
        known.add(&Catalogue::bundled());
        known
    }

    #[test]
    fn rows_ranges_and_checks_are_known_and_nothing_else_is() {
        let known = known();
        assert_eq!(known.rows("5.2.1.2#2-3").unwrap(), ["5.2.1.2#2", "5.2.1.2#3"]);
        assert_eq!(known.rows("5.3.3.1.2.1#3").unwrap(), ["5.3.3.1.2.1#3"]);
        assert_eq!(known.rows("bms1.hba").unwrap(), ["bms1.hba"]);
        for word in ["", "#", "5.2.1.2", "5.2.1.2#3-2", "5.2.1.2#-", "99#1-4000000000"] {
            assert!(known.rows(word).is_err(), "{word}");
        }
        let missing = known.rows("5.3.3.1.2.1#7-4000000000").unwrap_err();
        assert!(missing.row.starts_with("5.3.3.1.2.1#"), "{missing:?}");
        assert_eq!(known.rows("bms1.hbaa").unwrap_err().near.as_deref(), Some("bms1.hba"));
    }
}
