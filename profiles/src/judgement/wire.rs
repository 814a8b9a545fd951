//! A judgement as reports hold it: flat, case and finding side by side.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Case, Level, Reason, Verdict};
use crate::scope::OutOfScope;
use crate::{Role, Standing, Terms, Text};

/// The judge's word on one check: what a case row of the report shows.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(super) struct Judgement {
    /// Id of the check: `bms1.memory`.
    check: String,
    /// Row of the norm: `5.3.3.1.2.1#3`.
    row: String,
    /// Clause of the norm: `5.3.3.1.2.1`.
    clause: String,
    /// Title of the clause, as the norm has it.
    clause_title: String,
    /// Item of the row, as the norm has it: `内存`.
    item: String,
    /// The norm's wording, verbatim.
    wording: String,
    /// How the check counts.
    level: Level,
    /// Title of the check.
    title: Text,
    /// How it is checked.
    method: Text,
    /// What is expected, with unit.
    expected: Text,
    /// What was found, with unit; empty where nothing was.
    measured: Text,
    /// Locators of the sources the measured value rests on.
    sources: Vec<String>,
    /// The verdict.
    verdict: Verdict,
    /// Why it is open, or what else to know.
    reasons: Vec<Reason>,
    /// How the norm's wording was read: units, “或同等…”, missing “≥”.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reading: Option<Text>,
    /// The comparison that a person judges equivalence by (“或同等性能”).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    comparison: Option<Text>,
    /// Whether a fail may be accepted as equivalent by a named person.
    waivable: bool,
    /// Points of a scored check.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
    /// Why the check asks less than the norm's own profile does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deviation: Option<Text>,
    /// What tender and bid say of it, where the contract's profile quotes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    terms: Option<Terms>,
    /// How it stands to tender and bid, where the profile quotes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standing: Option<Standing>,
    /// Why it does not count, where the contract leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    out_of_scope: Option<OutOfScope>,
    /// Whether a run decides it (`measure`), and not what the inventory says.
    #[serde(default, skip_serializing_if = "is_not")]
    by_run: bool,
    /// Roles that must each sign a person's decision on it with their key before it counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    require_role: Vec<Role>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_not(flag: &bool) -> bool {
    !*flag
}

impl From<super::Judgement> for Judgement {
    fn from(judgement: super::Judgement) -> Self {
        let super::Judgement {
            case,
            measured,
            sources,
            verdict,
            reasons,
            comparison,
            standing,
            out_of_scope,
        } = judgement;
        let Case {
            check,
            row,
            clause,
            clause_title,
            item,
            wording,
            level,
            title,
            method,
            expected,
            reading,
            waivable,
            points,
            deviation,
            terms,
            by_run,
            require_role,
        } = Arc::unwrap_or_clone(case);
        Self {
            check,
            row,
            clause,
            clause_title,
            item,
            wording,
            level,
            title,
            method,
            expected,
            measured,
            sources,
            verdict,
            reasons,
            reading,
            comparison,
            waivable,
            points,
            deviation,
            terms,
            standing,
            out_of_scope,
            by_run,
            require_role,
        }
    }
}

impl From<Judgement> for super::Judgement {
    fn from(wire: Judgement) -> Self {
        let Judgement {
            check,
            row,
            clause,
            clause_title,
            item,
            wording,
            level,
            title,
            method,
            expected,
            measured,
            sources,
            verdict,
            reasons,
            reading,
            comparison,
            waivable,
            points,
            deviation,
            terms,
            standing,
            out_of_scope,
            by_run,
            require_role,
        } = wire;
        let case = Case {
            check,
            row,
            clause,
            clause_title,
            item,
            wording,
            level,
            title,
            method,
            expected,
            reading,
            waivable,
            points,
            deviation,
            terms,
            by_run,
            require_role,
        };
        Self {
            case: Arc::new(case),
            measured,
            sources,
            verdict,
            reasons,
            comparison,
            standing,
            out_of_scope,
        }
    }
}
