//! A delivery as it is told: the list, what was found, how both compare, and what came of judging
//! each machine by its profile.

use profiles::{Outcome, Tally, Text};

use super::{
    compare::{Comparison, State},
    finding::{Class, Finding},
    list::List,
    seen::Seen,
};
use crate::{lang::text, report::cover::Cover};

/// A delivery, compared and judged.
#[derive(Clone, Debug)]
pub struct Delivery<'d> {
    /// What the list is called.
    pub list_name: &'d str,
    /// Its SHA-256, in hexadecimal.
    pub list_sha256: &'d str,
    /// The list.
    pub list: &'d List,
    /// The machines that were found.
    pub seen: &'d [Seen<'d>],
    /// How both compare.
    pub comparison: &'d Comparison,
    /// What came of judging each machine; nothing where it was not judged.
    pub verdicts: &'d [Option<Verdict>],
    /// Files that told nothing: path and reason.
    pub unread: &'d [(String, Text)],
    /// What the cover says.
    pub cover: &'d Cover,
    /// When it was compared, RFC 3339.
    pub at: &'d str,
}

/// What came of judging a machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The outcome.
    pub outcome: Outcome,
    /// Counts over the rows that decide.
    pub tally: Tally,
    /// The profile.
    pub profile: String,
    /// The folder of its report, below that of the delivery.
    pub folder: String,
    /// The verify code of its pages.
    pub code: String,
    /// SHA-256 of its `result.json`, in hexadecimal.
    pub result_sha256: String,
    /// Places where sources say different things.
    pub disagreements: usize,
}

/// How a machine is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Green: as ordered, and it conforms.
    Good,
    /// Red: missing, not as ordered, or it does not conform.
    Bad,
    /// Grey: something could not be told.
    Open,
}

impl Delivery<'_> {
    /// Returns what came of judging the machine of a line.
    pub fn verdict(&self, line: usize) -> Option<&Verdict> {
        let seen = self.comparison.lines.get(line)?.seen?;
        self.verdicts.get(seen)?.as_ref()
    }

    /// Returns how a line is drawn; nothing of one that names no machine.
    pub fn light(&self, line: usize) -> Option<Light> {
        let state = self.comparison.lines.get(line)?.state;
        let outcome = self.verdict(line).map(|verdict| verdict.outcome);
        match (state, outcome) {
            (State::Ordered, _) => None,
            (State::Missing | State::Defect, _) | (_, Some(Outcome::NotAccepted)) => {
                Some(Light::Bad)
            }
            (State::Delivered, Some(Outcome::Accepted)) => Some(Light::Good),
            (State::Open | State::Delivered, _) => Some(Light::Open),
        }
    }

    /// Returns the findings of a line, the heaviest first.
    pub fn of_line(&self, line: usize) -> impl Iterator<Item = &Finding> {
        let numbers = self.comparison.of_line.get(line).map(Vec::as_slice).unwrap_or_default();
        numbers.iter().filter_map(|number| self.comparison.findings.get(*number))
    }

    /// Returns what to do about a machine; nothing where there is nothing to do.
    pub fn todo(&self, line: usize) -> Option<Text> {
        let finding = self.of_line(line).find(|finding| finding.kind.class() != Class::Note);
        if let Some(finding) = finding {
            let (word, todo) = (finding.kind.word(), finding.kind.todo());
            return Some(Text::new(
                format!("{}：{}", word.zh, todo.zh),
                format!("{}: {}", word.en, todo.en),
            ));
        }
        let verdict = self.verdict(line)?;
        let tally = &verdict.tally;
        let open = tally.not_measured.saturating_add(tally.needs_attestation);
        match verdict.outcome {
            Outcome::Accepted => None,
            Outcome::NotAccepted => {
                let count = tally.fail.to_string();
                Some(text("不符合 {} 项：整改后复测", "{} rows fail: mend, test again", &[&count]))
            }
            Outcome::Incomplete => {
                let count = open.to_string();
                Some(text("未决 {} 项：补测或人工确认", "{} rows open: test or attest", &[&count]))
            }
        }
    }

    /// Returns how many machines of the list are drawn good, bad and open.
    pub fn lights(&self) -> [usize; 3] {
        let mut count = [0; 3];
        for line in 0..self.list.lines.len() {
            match self.light(line) {
                Some(Light::Good) => count[0] += 1,
                Some(Light::Bad) => count[1] += 1,
                Some(Light::Open) => count[2] += 1,
                None => {}
            }
        }
        count
    }

    /// Returns how many findings weigh so much.
    pub fn count(&self, class: Class) -> usize {
        self.comparison.findings.iter().filter(|finding| finding.kind.class() == class).count()
    }

    /// Returns whether something is not as ordered, or a machine does not conform.
    pub fn is_defective(&self) -> bool {
        let fails = |verdict: &Verdict| verdict.outcome == Outcome::NotAccepted;
        self.count(Class::Defect) > 0 || self.verdicts.iter().flatten().any(fails)
    }

    /// Returns whether something could not be told: of the delivery, or of a machine of the list.
    pub fn is_open(&self) -> bool {
        let lines = 0..self.list.lines.len();
        self.count(Class::Open) > 0
            || lines.into_iter().any(|line| self.light(line) == Some(Light::Open))
    }
}
