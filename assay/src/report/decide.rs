//! What persons decide on rows after the run: attesting and waiving.
//!
//! Every decision makes a new revision that names its predecessor's digests;
//! nothing is overwritten. A decision is refused where it would hide a
//! measurement: only open rows can be attested, and only a failed row whose
//! wording allows equivalence (“或同等…”) can be waived. Where the profile requires
//! roles, an entry is recorded, and [`roles`] says when the entries decide.

use profiles::{Role, Verdict};

use super::{
    canonical::CanonicalError,
    digest::Digests,
    document::{Act, Decision, DecisionKind, How, Report, Revision},
    evidence::{self, EvidenceFile, Placed},
    roles::{self, Trust},
    sign::{self, SecretKey},
    trust::Card,
    verdict,
};

/// The limit on the length of what a person writes, in characters.
///
/// A reason has to fit the paper; longer documents belong into the evidence.
const LONGEST_TEXT: usize = 2000;

/// When a revision is made, by whom, and after which.
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "it leads to a secret")]
pub struct Making<'a> {
    /// Digests of the predecessor's `result.json`, as read from disk.
    pub predecessor: Digests,
    /// Now, RFC 3339.
    pub at: String,
    /// Who runs the command, where known.
    pub by: Option<String>,
    /// The key that signs, and the keys that are trusted.
    pub signing: Signing<'a>,
}

/// The key that signs a decision, and the keys that count where roles must sign.
#[derive(Clone, Copy, Default)]
#[expect(missing_debug_implementations, reason = "it leads to a secret")]
pub struct Signing<'a> {
    /// Signs the decision; without it it is self-entered (自填未签名).
    pub key: Option<&'a SecretKey>,
    /// Keys of the parties, by the word of who runs the command.
    pub trust: &'a [Card],
}

/// A person's word on an open row.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// Id of the check.
    pub check: String,
    /// Whether the machine conforms.
    pub conform: bool,
    /// How the person came to it.
    pub how: How,
    /// The person.
    pub person: Person,
    /// What was seen or read.
    pub reason: String,
    /// What it rests on: a data sheet, a photograph.
    pub evidence: Vec<EvidenceFile>,
}

/// A person's acceptance of a failed row as equivalent.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Id of the check.
    pub check: String,
    /// How the person came to it.
    pub how: How,
    /// The person; the organisation (认可单位) must be named.
    pub person: Person,
    /// Why it is equivalent.
    pub reason: String,
    /// What it rests on: a benchmark, a contract annex.
    pub evidence: Vec<EvidenceFile>,
}

/// Who decides, and when.
#[derive(Clone, Debug)]
pub struct Person {
    /// Name.
    pub who: String,
    /// Role, as people call it.
    pub role: String,
    /// The party in whose role the person decides.
    pub party: Option<Role>,
    /// Organisation.
    pub organisation: Option<String>,
    /// Day of the decision, `2026-11-23`.
    pub date: String,
}

/// Why a decision is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum DecideError {
    /// No row has that check.
    #[error("the report has no check `{check}`")]
    NoCheck { check: String },
    /// Two rows have that check.
    #[error("the report has {count} checks called `{check}`")]
    Ambiguous { check: String, count: usize },
    /// The row is not open.
    #[error(
        "check `{check}` is `{}` and needs no attestation; only `not-measured` and \
         `needs-attestation` rows can be attested",
        verdict.word().en
    )]
    NotOpen { check: String, verdict: Verdict },
    /// The row did not fail.
    #[error("check `{check}` is `{}`; only a failed row can be waived", verdict.word().en)]
    NotFailed { check: String, verdict: Verdict },
    /// The failure is a person's word, not a measurement.
    #[error("check `{check}` failed by the word of {who}; that cannot be waived")]
    AttestedFailure { check: String, who: String },
    /// The norm's wording has no “或同等…”.
    #[error("the wording of check `{check}` does not allow an equivalent (“或同等…”)")]
    NotWaivable { check: String },
    /// The profile wants the word of others.
    #[error("check `{check}` is decided by {roles} only, and {role} is none of them")]
    NotAsked { check: String, roles: String, role: String },
    /// A row of the norm has several checks.
    #[error("row `{row}` has several checks: {checks}")]
    SeveralChecks { row: String, checks: String },
    /// It could not be signed.
    #[error("the decision on `{check}` cannot be signed")]
    Sign { check: String, source: CanonicalError },
    /// Something that must be written is blank or too long.
    #[error("the {field} of the decision on `{check}` {problem}")]
    Field { check: String, field: &'static str, problem: String },
    /// The same check is decided twice in one call.
    #[error("check `{check}` is decided twice")]
    Twice { check: String },
}

impl DecideError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoCheck { .. } | Self::NotOpen { .. } => {
                Some("`assay report todo` lists the rows that are open".to_owned())
            }
            Self::NotFailed { .. } => {
                Some("an open row is attested, or measured by another run".to_owned())
            }
            Self::NotWaivable { .. } | Self::AttestedFailure { .. } => {
                Some("remedy it and run the acceptance again as a re-test".to_owned())
            }
            Self::Field { field: "date", .. } => Some("write the day as 2026-11-23".to_owned()),
            Self::NotAsked { .. } => Some(format!(
                "name one of them by `--role`: {}",
                Role::ALL.map(Role::word).join(", ")
            )),
            Self::SeveralChecks { .. } => Some("name one of the checks by `--row`".to_owned()),
            Self::Field { .. }
            | Self::Ambiguous { .. }
            | Self::Twice { .. }
            | Self::Sign { .. } => None,
        }
    }
}

/// Returns the next revision, with `attestations` on open rows.
///
/// An attested non-conformity is a fail: the machine is then not accepted.
pub fn attest(
    report: &Report,
    attestations: Vec<Attestation>,
    making: Making<'_>,
) -> Result<(Report, Vec<Placed>), DecideError> {
    let mut next = Next::of(report, Act::Attest, making);
    for attestation in attestations {
        let Attestation { check, conform, how, person, reason, evidence } = attestation;
        let at = next.find(&check)?;
        let verdict = next.report.rows.get(at).map_or(Verdict::Pass, |row| row.verdict);
        if !verdict.is_open() {
            return Err(next.refusal(check, |check| DecideError::NotOpen { check, verdict }));
        }
        next.decide(at, DecisionKind::Attested, conform, how, person, reason, evidence)?;
    }
    Ok(next.finish())
}

/// Returns the next revision, with `waivers` of failed rows.
pub fn waive(
    report: &Report,
    waivers: Vec<Waiver>,
    making: Making<'_>,
) -> Result<(Report, Vec<Placed>), DecideError> {
    let mut next = Next::of(report, Act::Waive, making);
    for waiver in waivers {
        let Waiver { check, how, person, reason, evidence } = waiver;
        let at = next.find(&check)?;
        let Some(row) = next.report.rows.get(at) else {
            return Err(DecideError::NoCheck { check });
        };
        let verdict = row.verdict;
        if let Some(decision) = row.decision.as_ref().filter(|_| verdict == Verdict::Fail) {
            let who = decision.who.clone();
            return Err(next.refusal(check, |check| DecideError::AttestedFailure { check, who }));
        }
        if verdict != Verdict::Fail {
            return Err(next.refusal(check, |check| DecideError::NotFailed { check, verdict }));
        }
        if !row.judgement.waivable {
            return Err(DecideError::NotWaivable { check });
        }
        if person.organisation.as_deref().is_none_or(|name| name.trim().is_empty()) {
            let (field, problem) = ("organisation (认可单位)", "must be given".to_owned());
            return Err(DecideError::Field { check, field, problem });
        }
        next.decide(at, DecisionKind::Waived, true, how, person, reason, evidence)?;
    }
    Ok(next.finish())
}

/// Returns the next revision of `report` with nothing but its form changed.
pub fn rerender(report: &Report, making: Making<'_>) -> Report {
    Next::of(report, Act::Render, making).finish().0
}

/// A revision in the making.
struct Next<'a> {
    report: Report,
    placed: Vec<Placed>,
    /// SHA-256 of the result that is decided on.
    on: String,
    signing: Signing<'a>,
}

impl<'a> Next<'a> {
    fn of(report: &Report, act: Act, making: Making<'a>) -> Self {
        let mut report = report.clone();
        let (on, signing) = (making.predecessor.sha256.clone(), making.signing);
        report.revision = Revision {
            number: report.revision.number.saturating_add(1),
            act,
            at: making.at,
            by: making.by,
            predecessor: Some(making.predecessor),
            retest_of: report.revision.retest_of.take(),
        };
        Self { report, placed: Vec::new(), on, signing }
    }

    fn find(&self, check: &str) -> Result<usize, DecideError> {
        let rows = self.report.rows.iter().enumerate();
        let found: Vec<usize> =
            rows.filter(|(_, row)| row.judgement.check == check).map(|(at, _)| at).collect();
        match *found.as_slice() {
            [] => self.find_row(check),
            [one] => Ok(one),
            _ => Err(DecideError::Ambiguous { check: check.to_owned(), count: found.len() }),
        }
    }

    /// Finds the one check of a row of the norm.
    fn find_row(&self, row: &str) -> Result<usize, DecideError> {
        let rows = self.report.rows.iter().enumerate();
        let found: Vec<(usize, &str)> = rows
            .filter(|(_, held)| held.judgement.row == row)
            .map(|(at, held)| (at, held.judgement.check.as_str()))
            .collect();
        match *found.as_slice() {
            [] => Err(DecideError::NoCheck { check: row.to_owned() }),
            [(at, _)] => Ok(at),
            _ => Err(DecideError::SeveralChecks {
                row: row.to_owned(),
                checks: found.iter().map(|(_, check)| *check).collect::<Vec<_>>().join(", "),
            }),
        }
    }

    /// Names the right reason: a row decided by this same call was decided twice.
    fn refusal(&self, check: String, other: impl FnOnce(String) -> DecideError) -> DecideError {
        let now = self.report.revision.number;
        let decided = |row: &super::document::Row| {
            let is_it = row.judgement.check == check || row.judgement.row == check;
            is_it && row.recorded().iter().any(|decision| decision.revision == now)
        };
        if self.report.rows.iter().any(decided) {
            DecideError::Twice { check }
        } else {
            other(check)
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of a decision, each once")]
    fn decide(
        &mut self,
        at: usize,
        kind: DecisionKind,
        conform: bool,
        how: How,
        person: Person,
        reason: String,
        evidence: Vec<EvidenceFile>,
    ) -> Result<(), DecideError> {
        let taken: Vec<String> = self.report.evidence.iter().map(|e| e.path.clone()).collect();
        let subject = self.report.subject.clone();
        let revision = self.report.revision.number;
        let Some(row) = self.report.rows.get_mut(at) else { return Ok(()) };
        let check = &row.judgement.check;
        let Person { who, role, party, organisation, date } = person;
        for (field, text) in [("name", &who), ("role", &role), ("reason", &reason)] {
            written(check, field, text)?;
        }
        if let Some(organisation) = &organisation {
            written(check, "organisation", organisation)?;
        }
        let required = &row.judgement.require_role;
        if !required.is_empty() && !party.is_some_and(|party| required.contains(&party)) {
            let (check, roles) = (check.clone(), Role::list(required).en);
            return Err(DecideError::NotAsked { check, roles, role: format!("`{role}`") });
        }
        if row.recorded().iter().any(|earlier| earlier.revision == revision) {
            return Err(DecideError::Twice { check: check.clone() });
        }
        if !is_day(&date) {
            let problem = format!("is `{date}`, which is no day");
            return Err(DecideError::Field { check: check.clone(), field: "date", problem });
        }
        let word = if kind == DecisionKind::Waived { "waived" } else { "attested" };
        let folder =
            format!("{}/{word}/{}", evidence::FOLDER, evidence::safe_path(check).replace('/', "_"));
        let placed = evidence::place(evidence, &folder, &subject, &taken);
        let mut decision = Decision {
            kind,
            conform,
            how,
            who,
            role,
            organisation,
            date,
            reason,
            evidence: placed.iter().map(|file| file.entry.path.clone()).collect(),
            revision,
            party,
            at: Some(self.report.revision.at.clone()),
            signature: None,
        };
        let check = check.clone();
        let index = &mut self.report.evidence;
        index.extend(placed.iter().map(|file| file.entry.clone()));
        self.placed.extend(placed);
        if let Some(key) = self.signing.key {
            sign::decision::sign(key, &subject, &check, index, &self.on, &mut decision)
                .map_err(|source| DecideError::Sign { check, source })?;
        }
        if row.judgement.require_role.is_empty() {
            row.decision = Some(decision);
        } else {
            row.entries.push(decision);
            let settled = roles::settle_of(&subject, index, row, Trust::Cards(self.signing.trust));
            (row.decision, row.waiting) = (settled.decision, settled.waiting);
        }
        row.verdict = verdict::effective(row.judgement.verdict, row.decision.as_ref());
        Ok(())
    }

    fn finish(mut self) -> (Report, Vec<Placed>) {
        tiny_sort::stable::sort_by(&mut self.report.evidence, |a, b| a.path.cmp(&b.path));
        self.report.evidence_root = evidence::root(&self.report.evidence);
        self.report.summary =
            verdict::summary(&self.report.rows, self.report.interrupted.is_some());
        (self.report, self.placed)
    }
}

fn written(check: &str, field: &'static str, text: &str) -> Result<(), DecideError> {
    let problem = if text.trim().is_empty() {
        "must be given".to_owned()
    } else if text.chars().count() > LONGEST_TEXT {
        format!("is longer than {LONGEST_TEXT} characters")
    } else {
        return Ok(());
    };
    Err(DecideError::Field { check: check.to_owned(), field, problem })
}

/// Returns whether `text` is a day of the form `2026-11-23`.
fn is_day(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse::<u32>().ok())
            .flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}
