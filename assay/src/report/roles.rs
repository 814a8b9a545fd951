//! Whose signatures a decision needs, and whether they are there.
//!
//! Where a profile requires roles, what a person enters is recorded, and decides nothing until
//! each of the roles has entered that the row conforms, signed with a key that somebody outside
//! of the report vouches for. Keys in the report are never trusted by themselves.

use profiles::{Role, Text, Verdict};

use super::{
    document::{Decision, DecisionKind, EvidenceEntry, Report, Row},
    sign::{PublicKey, decision::signer},
    trust::Card,
};

/// Why an entry does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Nobody signed it.
    Unsigned,
    /// Its signature does not fit: it is of something else.
    Broken,
    /// Its key is not among those trusted.
    Untrusted {
        /// Id of the key.
        key: String,
    },
    /// Its key is that of another role.
    OtherRole {
        /// The role that the key is trusted for.
        role: Role,
    },
    /// Its key is that of another unit.
    OtherUnit {
        /// The unit that the key is trusted for.
        unit: String,
    },
}

impl Lack {
    /// Returns it in words.
    pub fn text(&self) -> Text {
        match self {
            Self::Unsigned => Text::new("自填未签名", "self-entered, unsigned"),
            Self::Broken => {
                Text::new("签名与内容不符", "the signature does not fit what it is over")
            }
            Self::Untrusted { key } => crate::lang::text(
                "密钥 {} 不在可信清单（--trust）中",
                "key {} is not among the trusted ones (--trust)",
                &[key],
            ),
            Self::OtherRole { role } => {
                let Text { zh, en } = role.name();
                Text::new(
                    format!("可信清单中该密钥属于{zh}"),
                    format!("the key is trusted for the role {en}"),
                )
            }
            Self::OtherUnit { unit } => crate::lang::text(
                "可信清单中该密钥属于“{}”",
                "the key is trusted for the unit `{}`",
                &[unit],
            ),
        }
    }
}

/// Whose keys count.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// Those of these cards, each for its role.
    Cards(&'a [Card]),
    /// Any: whether a report agrees with itself.
    AnyKey,
}

/// Returns whether `entry` counts for its role, or why it does not.
pub fn counts(
    report: &Report,
    row: &Row,
    entry: &Decision,
    trust: Trust<'_>,
) -> Result<PublicKey, Lack> {
    counts_of(&report.subject, &report.evidence, row, entry, trust)
}

/// As [`counts`], while the report is made.
pub(super) fn counts_of(
    subject: &str,
    index: &[EvidenceEntry],
    row: &Row,
    entry: &Decision,
    trust: Trust<'_>,
) -> Result<PublicKey, Lack> {
    if entry.signature.is_none() {
        return Err(Lack::Unsigned);
    }
    let key = signer(subject, &row.judgement.check, index, entry).ok_or(Lack::Broken)?;
    let Trust::Cards(cards) = trust else { return Ok(key) };
    let mut lack = Lack::Untrusted { key: key.id() };
    for card in cards.iter().filter(|card| card.key == key) {
        match (card.role, &card.org) {
            (Some(role), _) if Some(role) != entry.party => lack = Lack::OtherRole { role },
            (None, _) => {}
            (Some(_), Some(unit)) if entry.organisation.as_ref() != Some(unit) => {
                lack = Lack::OtherUnit { unit: unit.clone() };
            }
            (Some(_), _) => return Ok(key),
        }
    }
    Err(lack)
}

/// What the entries on a row come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The decision, where there is one.
    pub decision: Option<Decision>,
    /// The roles that still have to sign.
    pub waiting: Vec<Role>,
}

/// Returns what the entries on `row` come to: for each required role its last entry that counts.
///
/// One role's signed word that the row does not conform decides by itself.
pub fn settle(report: &Report, row: &Row, trust: Trust<'_>) -> Settled {
    settle_of(&report.subject, &report.evidence, row, trust)
}

/// Returns whether the entries on `row` can have come to its decision, whoever was trusted: it is
/// one of them, and each role required has signed it, or one of them that it does not conform.
pub fn could_decide(report: &Report, row: &Row) -> bool {
    let Some(decision) = &row.decision else { return true };
    let signed = |entry: &&Decision| {
        entry.kind == decision.kind && counts(report, row, entry, Trust::AnyKey).is_ok()
    };
    let required = &row.judgement.require_role;
    let by = |role: &Role| {
        let mut entries = row.entries.iter().filter(signed);
        entries.any(|entry| entry.conform && entry.party == Some(*role))
    };
    let is_entry = row.entries.iter().filter(signed).any(|entry| {
        entry == decision && entry.party.is_some_and(|party| required.contains(&party))
    });
    is_entry && (!decision.conform || required.iter().all(by))
}

/// As [`settle`], while the report is made.
pub(super) fn settle_of(
    subject: &str,
    index: &[EvidenceEntry],
    row: &Row,
    trust: Trust<'_>,
) -> Settled {
    let kind = match row.judgement.verdict {
        Verdict::Fail => DecisionKind::Waived,
        _ => DecisionKind::Attested,
    };
    let mut waiting = Vec::new();
    let mut last: Option<usize> = None;
    for role in &row.judgement.require_role {
        let found = row.entries.iter().rposition(|entry| {
            entry.kind == kind
                && entry.party == Some(*role)
                && counts_of(subject, index, row, entry, trust).is_ok()
        });
        match found.and_then(|at| row.entries.get(at).map(|entry| (at, entry))) {
            Some((_, entry)) if !entry.conform => {
                return Settled { decision: Some(entry.clone()), waiting: Vec::new() };
            }
            Some((at, _)) => last = last.max(Some(at)),
            None => waiting.push(*role),
        }
    }
    let decision = last.filter(|_| waiting.is_empty()).and_then(|at| row.entries.get(at)).cloned();
    Settled { decision, waiting }
}
