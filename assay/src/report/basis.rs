//! What a report's verdicts rest on, as its profile states it.

use std::collections::BTreeSet;

use profiles::{
    Catalogue, Profile, Text,
    coverage::{self, Coverage},
};

use super::{
    cover::Stage,
    document::{Basis, CoverageRow, Selected},
};

impl Basis {
    /// Returns the basis that `profile` is.
    pub fn of(profile: &Profile) -> Self {
        let dropped = profile.dropped.iter().map(|dropped| (&dropped.id, &dropped.deviation));
        let eased = profile
            .checks
            .iter()
            .filter_map(|check| Some((&check.check, check.deviation.as_ref()?)));
        let line = |(id, why): (&String, &Text)| {
            Text::new(format!("{id}：{}", why.zh), format!("{id}: {}", why.en))
        };
        Self {
            norm: profile.norm.clone(),
            edition: profile.edition.clone(),
            profile: profile.id.clone(),
            title: profile.title.clone(),
            version: profile.version.clone(),
            digest: profile.digest.strip_prefix("sha256:").unwrap_or(&profile.digest).to_owned(),
            unit_rules: profile.units.clone(),
            deviations: dropped.chain(eased).map(line).collect(),
            selected: None,
        }
    }
}

/// Keeps the cases of `profile` that are due at `stage`; `None` where there is none.
pub fn select(profile: &mut Profile, stage: Stage) -> Option<Selected> {
    let of = profile.checks.len();
    profile.checks.retain(|check| check.plan.stages.contains(&stage.planned()));
    let cases = profile.checks.len();
    (cases > 0).then_some(Selected { stage, cases, of })
}

/// Returns the rows of the profile's clauses that it does not check, with who
/// does, or why nobody.
pub fn coverage(catalogue: &Catalogue, profile: &Profile) -> Vec<CoverageRow> {
    let (mut clauses, mut checked) = (BTreeSet::new(), BTreeSet::new());
    clauses.extend(profile.checks.iter().map(|check| check.clause.as_str()));
    checked.extend(profile.checks.iter().map(|check| check.row.as_str()));
    coverage::coverage(catalogue)
        .into_iter()
        .filter(|line| {
            clauses.contains(line.row.clause.as_str()) && !checked.contains(line.row.id.as_str())
        })
        .map(|line| {
            let reason = match line.coverage {
                Coverage::Checked { checks } => {
                    let mut by: Vec<String> =
                        checks.into_iter().map(|check| check.profile).collect();
                    tiny_sort::stable::sort(&mut by);
                    by.dedup();
                    let by = by.join(", ");
                    Text::new(format!("由 {by} 检查"), format!("checked by {by}"))
                }
                Coverage::OutOfScope { reason } => reason,
                Coverage::Missing => Text::new("未说明", "nobody has said"),
            };
            CoverageRow { row: line.row.id, item: line.row.item, reason }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bundled_profile_is_a_basis_and_its_clauses_are_covered() {
        let catalogue = Catalogue::bundled();
        for id in catalogue.ids() {
            let profile = catalogue.profile(&id).unwrap();
            let basis = Basis::of(&profile);
            assert_eq!(basis.digest.len(), 64, "{id}");
            assert!(!basis.edition.zh.is_empty(), "{id}");
            for row in coverage(&catalogue, &profile) {
                assert!(profile.checks.iter().all(|check| check.row != row.row), "{id}");
                assert_ne!(row.reason.en, "nobody has said", "{id} {}", row.row);
            }
        }
    }
}
