//! What verifying asks of the decisions of persons: that each is the one that was recorded and
//! signed, and that none decides without the roles that the profile requires.

use std::collections::BTreeMap;

use crate::report::{
    document::{Decision, Report, Row},
    roles::{self, Trust},
    sign::decision::signer,
    trust::Card,
};

/// Checks that the decisions in `report` agree with what signed them and with the roles required.
///
/// Any key counts here: this says whether the report agrees with itself.
pub(super) fn consistent(report: &Report) -> Result<(), String> {
    for row in &report.rows {
        let check = &row.judgement.check;
        let required = &row.judgement.require_role;
        for decision in row.recorded().iter().chain(&row.decision) {
            let signed = signer(&report.subject, check, &report.evidence, decision);
            if decision.signature.is_some() && signed.is_none() {
                return Err(format!("has a signature on `{check}` that does not fit"));
            }
        }
        if required.is_empty() {
            if row.entries.is_empty() && row.waiting.is_empty() {
                continue;
            }
            return Err(format!("has entries on `{check}`, which asks for no roles"));
        }
        if row.waiting.iter().any(|role| !required.contains(role)) {
            return Err(format!("waits on `{check}` for a role that is not asked for"));
        }
        if row.decision.is_some() && !roles::could_decide(report, row) {
            return Err(format!(
                "has a decision on `{check}` that the roles asked for did not sign"
            ));
        }
    }
    Ok(())
}

/// The digest of the result that each revision was made on, by the revision's number.
pub(super) type Predecessors = BTreeMap<u32, String>;

/// Checks that every decision of `report` was made on the revision it says.
pub(super) fn of_their_revisions(report: &Report, before: &Predecessors) -> Result<(), String> {
    let decisions =
        |row: &Row| row.recorded().iter().chain(&row.decision).cloned().collect::<Vec<Decision>>();
    for row in &report.rows {
        for decision in decisions(row) {
            let on = before.get(&decision.revision);
            let fits = match &decision.signature {
                None => on.is_some(),
                Some(signature) => on == Some(&signature.result),
            };
            if !fits {
                let check = &row.judgement.check;
                return Err(format!("has a decision on `{check}` that was made on another result"));
            }
        }
    }
    Ok(())
}

/// Checks that `after` is `before` with nothing but decisions added.
pub(super) fn follows(before: &Report, after: &Report) -> Result<(), String> {
    if before.subject != after.subject
        || before.facts != after.facts
        || before.rows.len() != after.rows.len()
    {
        return Err("is of another run than its predecessor".to_owned());
    }
    for (old, new) in before.rows.iter().zip(&after.rows) {
        let kept = old.judgement == new.judgement
            && new.entries.starts_with(&old.entries)
            && (old.decision.is_none() || old.decision == new.decision);
        if !kept {
            let check = &new.judgement.check;
            return Err(format!("says otherwise on `{check}` than its predecessor"));
        }
    }
    Ok(())
}

/// Returns the checks that are decided by roles, each with the roles whose signatures `trust`
/// does not vouch for; without trust, all of them.
pub(super) fn unvouched(report: &Report, trust: &[Card]) -> Vec<(String, String)> {
    let rests = report
        .rows
        .iter()
        .filter(|row| row.decision.is_some() && !row.judgement.require_role.is_empty());
    rests
        .filter_map(|row| {
            let settled = roles::settle(report, row, Trust::Cards(trust));
            let missing = settled.decision != row.decision;
            let waiting = if settled.waiting.is_empty() {
                &row.judgement.require_role
            } else {
                &settled.waiting
            };
            missing.then(|| (row.judgement.check.clone(), profiles::Role::list(waiting).en))
        })
        .collect()
}
