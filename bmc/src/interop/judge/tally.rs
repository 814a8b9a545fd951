//! What is asked of all resources of a kind together: that one of them has a property or can be
//! written, that their values together are those that are asked for (DSP0272 `Supported`, `AnyOf`,
//! `AllOf`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Bench, compare};
use crate::interop::{
    finding::{Finding, Outcome, Why},
    profile::{Check, Comparison},
};

/// What is asked.
pub(super) enum Asks {
    /// One has the property.
    Read,
    /// One has it writable.
    Write,
    /// The values.
    Values(Check),
}

/// What was seen in one resource.
pub(super) enum Seen<'v> {
    Yes,
    No,
    Unknown,
    Value(&'v Value),
}

/// The same question at the same place of the same use case: profile, type, number, property
/// without the numbers of items, and what is asked.
type Key = (usize, String, usize, String, String);

/// What was seen so far.
#[derive(Default)]
pub(super) struct Tally {
    questions: BTreeMap<Key, Question>,
}

struct Question {
    asks: Asks,
    /// One said yes.
    yes: bool,
    /// Of one it is not known.
    unknown: bool,
    /// Which of the values were seen.
    values: BTreeSet<usize>,
    findings: Vec<Finding>,
}

impl Tally {
    /// Takes what was seen in one resource, with the finding that comes of it if all is well.
    pub(super) fn add(&mut self, case: usize, finding: Finding, asks: Asks, seen: &Seen<'_>) {
        let is_number = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = finding.property.split('/').filter(|part| part.is_empty() || !is_number(part));
        let property = parts.collect::<Vec<_>>().join("/");
        let what = match &asks {
            Asks::Read => "read".to_owned(),
            Asks::Write => "write".to_owned(),
            Asks::Values(check) => {
                format!("{} {}", check.by.word(), Value::Array(check.values.clone()))
            }
        };
        let key = (finding.profile, finding.kind.clone(), case, property, what);
        let question = self.questions.entry(key).or_insert_with(|| Question {
            asks,
            yes: false,
            unknown: false,
            values: BTreeSet::new(),
            findings: Vec::new(),
        });
        match (seen, &question.asks) {
            (Seen::Yes, _) => question.yes = true,
            (Seen::Unknown, _) => question.unknown = true,
            (Seen::Value(value), Asks::Values(check)) => {
                let items = match value {
                    Value::Array(items) => items.as_slice(),
                    other => std::slice::from_ref(*other),
                };
                let has = |wanted: &Value| items.iter().any(|item| compare::is_same(wanted, item));
                let seen = check.values.iter().enumerate().filter(|(_, wanted)| has(wanted));
                question.values.extend(seen.map(|(at, _)| at));
            }
            _ => {}
        }
        question.findings.push(finding);
    }
}

impl Question {
    /// Says whether it is answered as asked for; none where that is not known.
    fn is_met(&self) -> Option<bool> {
        match &self.asks {
            Asks::Read | Asks::Write if self.yes => Some(true),
            Asks::Read | Asks::Write if self.unknown => None,
            Asks::Read | Asks::Write => Some(false),
            Asks::Values(check) if check.by == Comparison::AllOf => {
                Some(self.values.len() >= check.values.len())
            }
            Asks::Values(_) => Some(!self.values.is_empty()),
        }
    }
}

impl Bench<'_> {
    /// Answers all questions.
    pub(super) fn settle(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        for question in tally.questions.into_values() {
            let met = question.is_met();
            for mut finding in question.findings {
                match (&question.asks, met) {
                    (Asks::Values(_), Some(true)) => {
                        finding.outcome = Outcome::Pass;
                        finding.why = Why::Compares;
                    }
                    (Asks::Values(_), _) => finding.outcome = Outcome::Fail,
                    (Asks::Read, Some(false)) => {
                        finding.outcome = Outcome::Fail;
                        finding.why = Why::Nowhere;
                    }
                    (Asks::Write, Some(false)) => {
                        finding.outcome = Outcome::Fail;
                        finding.why = Why::WritableNowhere;
                    }
                    // It can be written in another one.
                    (Asks::Write, Some(true)) if finding.outcome != Outcome::Pass => {
                        finding.why = Why::Elsewhere;
                    }
                    (Asks::Read | Asks::Write, _) => {}
                }
                self.put(finding);
            }
        }
    }
}
