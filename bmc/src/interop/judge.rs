//! Holds a tree against profiles.
//!
//! Where DSP0272 leaves something open, it is judged as DMTF's Redfish-Interop-Validator 3.0.4
//! does: `Allow` headers and `@Redfish.WriteableProperties` alone tell what can be written, a link
//! to a setting is not one to a resource, and of a collection of log entries the first 20 count.

mod action;
mod compare;
mod property;
mod reach;
mod service;
mod tally;

use std::collections::BTreeMap;

use serde_json::Value;

use self::{property::Met, tally::Tally};
use super::{
    finding::{Finding, Outcome, Requirement, Why},
    profile::{Level, Profile, Scope, UseCase, Version},
};
use crate::redfish::tree::{Answer, Resource, Tree};

/// Findings that are kept: the largest recorded tree has some thousands with a large profile.
pub const MOST_FINDINGS: usize = 500_000;

/// What came of all requirements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Findings: those of resources in the order they are linked in, then those of the service.
    pub findings: Vec<Finding>,
    /// Resources that were reached from the root and read.
    pub resources: usize,
    /// Links to what is not known: nobody asked, it was not recorded, or the BMC was silent.
    pub missing: Vec<String>,
}

/// What a report comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All that has to be met is met.
    Met,
    /// Something is not met.
    Failed,
    /// Nothing is known not to be met, and of something it is not known.
    Open,
}

impl Report {
    /// Returns how many came to `outcome`.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.findings.iter().filter(|finding| finding.outcome == outcome).count()
    }

    /// Returns how many have to be met and are not known to be.
    pub fn open(&self) -> usize {
        self.findings.iter().filter(|finding| finding.is_open()).count()
    }

    /// Returns what it comes to.
    pub fn verdict(&self) -> Verdict {
        if self.findings.iter().any(|finding| finding.outcome == Outcome::Fail) {
            Verdict::Failed
        } else if self.findings.iter().any(Finding::is_open) {
            Verdict::Open
        } else {
            Verdict::Met
        }
    }
}

/// Judges the service that `tree` is of by `profiles`, all of them.
pub fn judge(profiles: &[&Profile], tree: &Tree) -> Report {
    let reached = reach::reach(tree);
    let mut bench =
        Bench { tree, findings: Vec::new(), tally: Tally::default(), met: BTreeMap::new() };
    for path in &reached.paths {
        if let Some(Answer::Resource(resource)) = tree.answer(path) {
            bench.resource(profiles, path, resource);
        }
    }
    for (at, profile) in profiles.iter().enumerate() {
        bench.service(at, profile, &reached);
    }
    bench.settle();
    let missing = reached.missing.into_iter().map(|(path, _)| path).collect();
    Report { findings: bench.findings, resources: reached.paths.len(), missing }
}

/// A judgement under way.
struct Bench<'t> {
    tree: &'t Tree,
    findings: Vec<Finding>,
    /// What is asked of all resources of a kind together.
    tally: Tally,
    /// Resources that each use case applies to: by profile, type and number.
    met: BTreeMap<(usize, String, usize), usize>,
}

/// A resource under judgement by one use case.
#[derive(Clone, Copy)]
struct Case<'c> {
    profile: usize,
    number: usize,
    title: Option<&'c str>,
    path: &'c str,
    kind: &'c str,
    body: &'c Value,
    allow: Option<&'c str>,
}

impl Case<'_> {
    /// Returns a finding of it.
    fn finding(
        &self,
        property: &str,
        requirement: Requirement,
        level: Level,
        outcome: Outcome,
        why: Why,
    ) -> Finding {
        Finding {
            profile: self.profile,
            use_case: self.title.map(str::to_owned),
            resource: self.path.to_owned(),
            kind: self.kind.to_owned(),
            property: property.to_owned(),
            requirement,
            level,
            outcome,
            why,
        }
    }
}

impl Bench<'_> {
    fn put(&mut self, finding: Finding) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(finding);
        } else if self.findings.len() == MOST_FINDINGS {
            self.findings.push(Finding {
                requirement: Requirement::Profile,
                level: Level::Unread,
                outcome: Outcome::NotTested,
                why: Why::Capped { most: MOST_FINDINGS },
                ..finding
            });
        }
    }

    /// Judges a resource by every use case that applies to it.
    fn resource(&mut self, profiles: &[&Profile], path: &str, resource: &Resource) {
        let body = &resource.body;
        let Some(typed) = body.get("@odata.type").and_then(Value::as_str) else { return };
        let kind = typed.rsplit('.').next().unwrap_or(typed).trim_start_matches('#');
        for (profile, has) in profiles.iter().enumerate() {
            for (number, case) in has.resources.get(kind).into_iter().flatten().enumerate() {
                let allow = resource.headers.get("allow").map(String::as_str);
                let title = case.title.as_deref();
                let at = Case { profile, number, title, path, kind, body, allow };
                match self.applies(&at, case) {
                    Some(true) => self.case(&at, case, typed),
                    Some(false) => {}
                    None => self.put(at.finding(
                        "",
                        Requirement::Resource,
                        Level::Unread,
                        Outcome::NotTested,
                        Why::Condition,
                    )),
                }
            }
        }
    }

    /// Says whether a use case applies to a resource; none where that is not known.
    fn applies(&self, at: &Case<'_>, case: &UseCase) -> Option<bool> {
        if !case.uris.is_empty() && !case.uris.iter().any(|uri| uri.is_of(at.path)) {
            return Some(false);
        }
        match &case.scope {
            Scope::All => Some(true),
            Scope::Unread => None,
            Scope::Absent => Some(is_absent(at.body)),
            Scope::Own(compare) => {
                let found = compare::find(&compare.property, &[at.body]);
                compare::holds(&compare.check, found, self.tree)
            }
            Scope::Below { kind, compare } => {
                let mut above = reach::above(at.path);
                let above = above.find(|path| reach::kind(self.tree, path) == Some(kind));
                let Some(body) = above.and_then(|path| self.tree.body(path)) else {
                    return Some(false);
                };
                let found = compare::find(&compare.property, &[body]);
                compare::holds(&compare.check, found, self.tree)
            }
        }
    }

    fn case(&mut self, at: &Case<'_>, case: &UseCase, typed: &str) {
        let met = self.met.entry((at.profile, at.kind.to_owned(), at.number)).or_default();
        *met = met.saturating_add(1);
        // That it is there is asked of the service; that it is not, of each.
        if let Met::By(condition) = self.condition(at, &case.conditions, &[at.body])
            && condition.read == Level::Excluded
        {
            let (outcome, why) = (Outcome::Fail, Why::Excluded);
            self.put(at.finding("", Requirement::Resource, Level::Excluded, outcome, why));
        }
        self.version(at, case, typed);
        self.capabilities(at, case);
        self.properties(at, &case.properties, &[at.body], "");
        self.actions(at, &case.actions);
    }

    /// Judges the version of the schema; a collection has none.
    fn version(&mut self, at: &Case<'_>, case: &UseCase, typed: &str) {
        let Some(wanted) = case.least else { return };
        let (outcome, why) = match Version::within(typed) {
            Some(has) if has < wanted => (Outcome::Fail, Why::VersionLow { has, wanted }),
            Some(_) => (Outcome::Pass, Why::VersionEnough),
            None => (Outcome::NotTested, Why::VersionUnknown),
        };
        self.put(at.finding("", Requirement::Version, Level::Mandatory, outcome, why));
    }
}

/// Says whether a resource is of something that is not there.
fn is_absent(body: &Value) -> bool {
    body.pointer("/Status/State").and_then(Value::as_str) == Some("Absent")
}
