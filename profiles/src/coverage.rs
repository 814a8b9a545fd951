//! Which row of the norm is judged by what, and which is not, with the reason.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use crate::check::{Check, Rule};
use crate::norm::{Row, norm};
use crate::{Catalogue, Inspection, Profile, Text, bundled, workload};

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Coverage {
    /// Checks of profiles judge it.
    Checked {
        /// Which ones.
        checks: Vec<CheckRef>,
    },
    /// The product will not.
    OutOfScope {
        /// Why not.
        reason: Text,
    },
    /// Nobody has said: an error in this crate's data.
    Missing,
}

/// A check of a profile, as far as coverage tells of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRef {
    /// Id of the profile, with its variant.
    pub profile: String,
    /// Id of the check.
    pub check: String,
    /// How much of a project it is about: `device`, `system` or `project`.
    pub subject: &'static str,
    /// What it decides by.
    pub kind: Evidence,
    /// Where in the facts what it asks for stands; none where a person decides on what is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The workload that has to run for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workload: Option<String>,
    /// What is expected.
    pub target: Text,
    /// What has to be shown to the person who decides, and by whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Text>,
}

/// What a check decides by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Evidence {
    /// By a run.
    Measured,
    /// By what there is.
    Inventory,
    /// By a person, on papers (书面核查).
    Document,
    /// By a person who looks at it (现场查验).
    OnSite,
    /// By a person.
    Attested,
}

impl Evidence {
    /// Returns whether no person is needed.
    pub fn is_automatic(self) -> bool {
        matches!(self, Self::Measured | Self::Inventory)
    }

    /// Returns what documents call it.
    pub fn word(self) -> Text {
        match self {
            Self::Measured => Text::new("实测", "measured"),
            Self::Inventory => Text::new("采集", "inventory"),
            Self::Document => Text::new("书面核查", "on papers"),
            Self::OnSite => Text::new("现场查验", "on site"),
            Self::Attested => Text::new("人工确认", "attested"),
        }
    }
}

impl CheckRef {
    fn of(profile: &Profile, check: &Check) -> Self {
        let path = check.rule.path();
        let (kind, asked) = match &check.rule {
            Rule::Attest { asked: None, .. } => (Evidence::Attested, None),
            Rule::Attest { asked: Some(asked), .. } => {
                let kind = match asked.how {
                    Inspection::Document => Evidence::Document,
                    Inspection::OnSite => Evidence::OnSite,
                };
                (kind, Some(asked.text()))
            }
            rule if rule.is_measured() => (Evidence::Measured, None),
            _ => (Evidence::Inventory, None),
        };
        Self {
            profile: profile.id.clone(),
            check: check.check.clone(),
            subject: profile.subject.extent().name(),
            kind,
            path: path.map(ToString::to_string),
            workload: path.and_then(workload::named).map(str::to_owned),
            target: check.expected.clone(),
            asked,
        }
    }
}

impl Line {
    /// Returns the checks of the row.
    pub fn checks(&self) -> &[CheckRef] {
        match &self.coverage {
            Coverage::Checked { checks } => checks,
            _ => &[],
        }
    }

    /// Returns the check that says most of the row: one that needs no person before others.
    pub fn first(&self) -> Option<&CheckRef> {
        self.checks().iter().min_by_key(|check| check.kind)
    }
}

/// A row and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The row.
    pub row: Row,
    /// What becomes of it.
    pub coverage: Coverage,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    out_of_scope: Vec<OutOfScope>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutOfScope {
    rows: Vec<String>,
    reason: Text,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    typed_json::parse_toml(bundled::text("gd-gov-cloud/coverage.toml"))
        .expect("the test `every_row_is_checked_or_out_of_scope` reads it")
});

/// Returns what becomes of every row of the norm, in its order, by the profiles of `catalogue`.
///
/// A row that is checked is shown as such, whatever else is planned.
pub fn coverage(catalogue: &Catalogue) -> Vec<Line> {
    let mut checked: BTreeMap<String, Vec<CheckRef>> = BTreeMap::new();
    for id in catalogue.ids() {
        let Ok(profile) = catalogue.profile(&id) else { continue };
        for check in &profile.checks {
            let refer = CheckRef::of(&profile, check);
            checked.entry(check.row.clone()).or_default().push(refer);
        }
    }
    let stated = stated();
    let rows = norm("gd-gov-cloud").map(|norm| norm.rows.as_slice()).unwrap_or_default();
    rows.iter()
        .map(|row| {
            let coverage = match checked.remove(&row.id) {
                Some(checks) => Coverage::Checked { checks },
                None => stated.get(&row.id).cloned().unwrap_or(Coverage::Missing),
            };
            Line { row: row.clone(), coverage }
        })
        .collect()
}

/// Returns what the file says of each row.
fn stated() -> BTreeMap<String, Coverage> {
    let out = FILE.out_of_scope.iter().flat_map(|entry| {
        let coverage = Coverage::OutOfScope { reason: entry.reason.clone() };
        spread(&entry.rows).into_iter().map(move |row| (row, coverage.clone()))
    });
    let mut stated = BTreeMap::new();
    stated.extend(out);
    stated
}

/// Returns each row of `5.2.1#1-3`, or the one that `5.2.1#1` is.
fn spread(rows: &[String]) -> Vec<String> {
    let one = |row: &String| {
        let range = row.split_once('#').and_then(|(clause, numbers)| {
            let (first, last) = numbers.split_once('-')?;
            let (first, last) = (first.parse::<u32>().ok()?, last.parse::<u32>().ok()?);
            Some((first..=last).map(|number| format!("{clause}#{number}")).collect())
        });
        range.unwrap_or_else(|| vec![row.clone()])
    };
    rows.iter().flat_map(one).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Coverage, FILE, coverage, spread};
    use crate::Catalogue;
    use crate::norm::norm;

    #[test]
    fn every_row_is_checked_or_out_of_scope() {
        let lines = coverage(&Catalogue::bundled());
        assert_eq!(lines.len(), 258);
        let missing: Vec<_> =
            lines.iter().filter(|line| line.coverage == Coverage::Missing).collect();
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn no_row_is_stated_twice_or_stated_though_it_is_checked_or_does_not_exist() {
        let rows = FILE.out_of_scope.iter().map(|entry| &entry.rows);
        let lines = coverage(&Catalogue::bundled());
        let mut seen = BTreeSet::new();
        for row in rows.flat_map(|rows| spread(rows)) {
            assert!(seen.insert(row.clone()), "{row} is stated twice");
            assert!(norm("gd-gov-cloud").unwrap().row(&row).is_some(), "no row {row}");
            let line = lines.iter().find(|line| line.row.id == row).unwrap();
            let checked = matches!(line.coverage, Coverage::Checked { .. });
            assert!(!checked, "{row} is checked and stated");
        }
    }

    #[test]
    fn every_row_of_the_network_clauses_is_checked() {
        for line in coverage(&Catalogue::bundled()) {
            let clause = line.row.clause.as_str();
            let within = ["5.2.3", "5.3.1"].iter().any(|it| clause.starts_with(it));
            if within || ["5.3.3.3.1", "8.3.8"].contains(&clause) || line.row.id == "5.3.2.1#10" {
                let checked = matches!(line.coverage, Coverage::Checked { .. });
                assert!(checked, "{}", line.row.id);
            }
        }
    }

    #[test]
    fn every_row_of_the_server_and_flavour_clauses_is_checked() {
        for line in coverage(&Catalogue::bundled()) {
            let ours = ["5.3.3.1.1", "5.3.3.1.2.1", "5.3.3.1.2.2", "5.2.1.1", "5.2.1.2"];
            if ours.contains(&line.row.clause.as_str()) || line.row.id == "5.3.1.1#3" {
                let checked = matches!(line.coverage, Coverage::Checked { .. });
                assert!(checked, "{}", line.row.id);
            }
        }
    }
}
