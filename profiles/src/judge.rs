//! The judge: a profile and a document of facts in, one judgement a check out.
//!
//! Counts and sums are kept as the least and most they can be; a test is true
//! only where it holds for both ends. A value that no source vouches for is not
//! known. Where sources disagree, a check is evaluated twice, with the chosen
//! values and with all of them: if the answers differ, a person must decide.

mod apart;
mod evaluate;
mod explain;
mod facts;
mod rules;
mod show;
mod span;
mod standing;
mod walk;

use std::sync::Arc;

use serde_json::Value;

use crate::check::{Check, Rule};
use crate::kleene::Truth;
use crate::text::Mark;
use crate::{Judgement, Level, Outcome, Overall, Profile, Reason, Tally, Text, Verdict};
use facts::Facts;
use rules::Judge;

/// Judges `facts` (`{"inventory": …, "storage": …}`) by `profile`: one judgement a check,
/// in the profile's order.
pub fn judge(profile: &Profile, facts: &Value) -> Vec<Judgement> {
    let facts = Facts::of(facts);
    let mut chosen = Judge::new(&facts, false);
    let mut measured = Text::with_room(show::CELL);
    let judgements = profile.checks.iter().map(|check| {
        measured.take_back(Mark::default());
        judge_check(check, &mut chosen, &mut measured)
    });
    judgements.collect()
}

/// Judges by one check. What it measured is written into `measured`, whose room serves
/// every check.
fn judge_check<'a>(check: &'a Check, chosen: &mut Judge<'a>, measured: &mut Text) -> Judgement {
    let facts = chosen.facts;
    chosen.start();
    if let Some(applies) = &check.applies
        && chosen.condition(&facts.document(), &applies.condition) == Truth::False
    {
        let reason = Reason { text: applies.otherwise.clone(), close: None };
        let sources = chosen.sources();
        return judgement(check, Verdict::NotApplicable, Text::default(), sources, vec![reason]);
    }
    chosen.start();
    let truth = chosen.rule(&check.rule, measured);
    let mut verdict = match (truth, &check.rule) {
        (Truth::False, _) => Verdict::Fail,
        (_, Rule::Attest { .. }) => Verdict::NeedsAttestation,
        (Truth::True, _) => Verdict::Pass,
        (Truth::Unknown, _) => Verdict::NotMeasured,
    };
    let mut reasons = Vec::new();
    if chosen.disputed {
        let mut all = Judge::new(facts, true);
        let weighed = all.rule(&check.rule, &mut Text::default());
        if weighed != truth {
            verdict = Verdict::NeedsAttestation;
        }
        if weighed != truth || verdict == Verdict::NeedsAttestation {
            reasons.extend(all.disputes());
        }
    }
    if !chosen.apart.is_empty() {
        verdict = apart::weighed(verdict);
        reasons.extend(chosen.apart.iter().map(|apart| apart.reason(facts)));
    }
    if verdict.is_open() {
        reasons.extend(chosen.reasons(check));
    }
    reasons.extend(chosen.hints(&check.hints));
    let sources = chosen.sources();
    let mut judgement = judgement(check, verdict, measured.clone(), sources, reasons);
    judgement.comparison = chosen.comparison(check);
    judgement.standing = check.terms.is_some().then(|| chosen.standing(check));
    judgement
}

fn judgement(
    check: &Check,
    verdict: Verdict,
    measured: Text,
    sources: Vec<String>,
    reasons: Vec<Reason>,
) -> Judgement {
    let case = Arc::clone(&check.case);
    Judgement {
        case,
        measured,
        sources,
        verdict,
        reasons,
        comparison: None,
        standing: None,
        out_of_scope: None,
    }
}

/// Returns what `judgements` say together: only must-checks decide.
///
/// A profile none of whose must-checks is decided accepts nothing.
pub fn overall(judgements: &[Judgement]) -> Overall {
    let (mut all, mut must) = (Tally::default(), Tally::default());
    let (mut points, mut points_max) = (0_u32, 0_u32);
    for judgement in judgements {
        all.add(judgement.verdict);
        if judgement.level == Level::Must {
            must.add(judgement.verdict);
        }
        if let (Level::Scored, Some(worth)) = (judgement.level, judgement.points) {
            let reached =
                matches!(judgement.verdict, Verdict::Pass | Verdict::Attested | Verdict::Waived);
            points_max = points_max.saturating_add(worth);
            points = points.saturating_add(if reached { worth } else { 0 });
        }
    }
    let decided = must.pass + must.attested + must.waived;
    let outcome = if must.fail > 0 {
        Outcome::NotAccepted
    } else if must.not_measured + must.needs_attestation > 0 || decided == 0 {
        Outcome::Incomplete
    } else {
        Outcome::Accepted
    };
    Overall { outcome, all, must, points, points_max }
}

impl Tally {
    /// Counts one more `verdict`.
    pub fn add(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Pass => &mut self.pass,
            Verdict::Fail => &mut self.fail,
            Verdict::NotMeasured => &mut self.not_measured,
            Verdict::NeedsAttestation => &mut self.needs_attestation,
            Verdict::Attested => &mut self.attested,
            Verdict::Waived => &mut self.waived,
            Verdict::NotApplicable => &mut self.not_applicable,
        };
        *count = count.saturating_add(1);
    }
}
