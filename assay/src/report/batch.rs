//! Many machines in one batch report: a matrix machine × clause, then only what
//! failed or is open.
//!
//! Each machine's own report stays the record; the batch names it by digest.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use profiles::{Level, Outcome, Tally, Text};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    build::number,
    cover::{Cover, Stage},
    digest::Digests,
    document::{Basis, ClauseSummary, Conformity, Device, Grounds, Report, Row, is_zero},
    folder::Loaded,
    merkle, verdict,
};

/// The schema id that every batch of this version carries.
pub const SCHEMA: &str = "assay-batch/v1";

/// The reports of many machines, joined.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// When it was joined, RFC 3339.
    pub at: String,
    /// Version of the program that joined it.
    pub tool_version: String,
    /// What the cover says.
    pub cover: Cover,
    /// The norms and profiles the machines were judged by.
    pub bases: Vec<Basis>,
    /// Every clause that some machine was judged by: the columns of the matrix.
    pub clauses: Vec<Clause>,
    /// One entry per machine and profile, sorted by id.
    pub machines: Vec<Machine>,
    /// How many machines came out how.
    pub outcomes: Outcomes,
    /// Root over the machines' results.
    pub root: Digests,
}

/// A column of the matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Clause {
    /// Clause of the norm.
    pub clause: String,
    /// Its title.
    pub title: String,
}

/// One machine's report in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Identity key and profile: a leaf's name in the tree.
    pub id: String,
    /// The machine.
    pub device: Device,
    /// Profile it was judged by.
    pub profile: String,
    /// Number of its report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Revision of its report.
    pub revision: u32,
    /// Digests of its `result.json`.
    pub digests: Digests,
    /// When it was tested.
    pub tested_at: String,
    /// Why its run ended early, where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Text>,
    /// Its outcome.
    pub outcome: Outcome,
    /// Counts over all its checks.
    pub tally: Tally,
    /// How many of them are not in the scope of the contract.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub out_of_scope: u32,
    /// What its conforming rows rest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
    /// What it says of each clause.
    pub clauses: Vec<ClauseSummary>,
    /// Its rows that failed, are open, or were decided by a person.
    pub rows: Vec<Row>,
}

/// How many machines came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each counts the outcome of its name")]
pub struct Outcomes {
    pub accepted: u32,
    pub not_accepted: u32,
    pub incomplete: u32,
}

/// Why reports cannot be joined.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum MergeError {
    /// Nothing was given.
    #[error("no report to merge")]
    Nothing,
    /// Two reports are of the same machine by the same profile.
    #[error("`{first}` and `{second}` are both reports on `{id}`")]
    SameMachine { first: String, second: String, id: String },
}

impl MergeError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Nothing => Some("name the reports of the machines".to_owned()),
            Self::SameMachine { .. } => {
                Some("name only the later one: the re-test, or the last revision".to_owned())
            }
        }
    }
}

/// What the batch says beside the reports.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What the cover says.
    pub cover: Cover,
    /// What its number begins with, where the cover has none.
    pub number_prefix: Option<String>,
    /// Now, RFC 3339.
    pub at: String,
    /// Version of the program.
    pub tool_version: String,
}

/// What a batch takes of one machine's report.
#[derive(Clone, Debug)]
pub struct Part {
    machine: Machine,
    basis: Basis,
    folder: String,
}

impl Part {
    /// Takes it of the report in `folder`, whose `result.json` has these digests.
    pub fn of(folder: &Path, mut report: Report, digests: Digests) -> Self {
        let basis = std::mem::take(&mut report.basis);
        let machine = machine(report, &basis.profile, digests);
        Self { machine, basis, folder: folder.display().to_string() }
    }
}

/// Joins the reports of many machines.
///
/// The order of `reports` does not matter. A machine without any identity is
/// named by its result, so two of them are never taken for one.
pub fn merge(reports: Vec<Loaded>, options: Options) -> Result<Batch, MergeError> {
    let of = |Loaded { folder, report, digests, .. }| Part::of(&folder, report, digests);
    join(reports.into_iter().map(of).collect(), options)
}

/// Names machines of one identity apart by their results: two that tell one serial number are two.
pub fn set_apart(parts: &mut [Part]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for part in parts.iter() {
        *count.entry(part.machine.id.clone()).or_default() += 1;
    }
    for Part { machine, .. } in parts {
        if count.get(&machine.id).is_some_and(|count| *count > 1) {
            machine.id = format!("{} result:{}", machine.id, machine.digests.sha256);
        }
    }
}

/// Joins what was taken of the reports of many machines.
pub fn join(parts: Vec<Part>, options: Options) -> Result<Batch, MergeError> {
    if parts.is_empty() {
        return Err(MergeError::Nothing);
    }
    let mut machines: BTreeMap<String, (Machine, String)> = BTreeMap::new();
    let mut clauses = BTreeMap::new();
    let mut bases: BTreeMap<(String, String, Option<Stage>), Basis> = BTreeMap::new();
    for Part { machine, basis, folder } in parts {
        for summary in &machine.clauses {
            clauses.entry(clause_key(&summary.clause)).or_insert_with(|| Clause {
                clause: summary.clause.clone(),
                title: summary.title.clone(),
            });
        }
        // Machines of two stages were not judged by the same cases.
        let stage = basis.selected.map(|selected| selected.stage);
        bases.entry((basis.profile.clone(), basis.digest.clone(), stage)).or_insert(basis);
        if let Some((_, first)) = machines.get(&machine.id) {
            let (first, id) = (first.clone(), machine.id);
            return Err(MergeError::SameMachine { first, second: folder, id });
        }
        machines.insert(machine.id.clone(), (machine, folder));
    }
    let mut cover = options.cover;
    if let (None, Some(prefix)) = (&cover.number, options.number_prefix) {
        cover.number = Some(number(&prefix, "batch", &options.at));
    }
    let machines: Vec<Machine> = machines.into_values().map(|(machine, _)| machine).collect();
    Ok(Batch {
        schema: SCHEMA.to_owned(),
        at: options.at,
        tool_version: options.tool_version,
        cover,
        bases: bases.into_values().collect(),
        clauses: clauses.into_values().collect(),
        outcomes: outcomes(&machines),
        root: root(&machines),
        machines,
    })
}

impl Batch {
    /// Returns the exit code that says the outcome: 1 where any machine failed,
    /// else 3 where any is open, else 0.
    pub fn exit_code(&self) -> u8 {
        match self.outcomes {
            Outcomes { not_accepted: 1.., .. } => 1,
            Outcomes { incomplete: 1.., .. } => 3,
            Outcomes { accepted: _, not_accepted: 0, incomplete: 0 } => 0,
        }
    }

    /// Returns what a batch's machines say of the clause, in the order of its columns.
    pub fn conformity(machine: &Machine, clause: &str) -> Option<Conformity> {
        machine.clauses.iter().find(|known| known.clause == clause).map(|known| known.conformity)
    }

    /// Returns the root, or what the batch says twice and not alike.
    pub fn check(&self) -> Result<Digests, String> {
        if self.schema != SCHEMA {
            return Err(format!("has the schema `{}`, not `{SCHEMA}`", self.schema));
        }
        let mut ids = BTreeSet::new();
        ids.extend(self.machines.iter().map(|machine| machine.id.as_str()));
        if ids.len() != self.machines.len() {
            return Err("names a machine twice".to_owned());
        }
        if outcomes(&self.machines) != self.outcomes {
            return Err("has outcomes that do not follow from its machines".to_owned());
        }
        let root = root(&self.machines);
        if root == self.root { Ok(root) } else { Err("has another root".to_owned()) }
    }

    /// Returns what the conforming rows of all machines rest on.
    pub fn grounds(&self) -> Grounds {
        let mut all = Grounds::default();
        self.machines.iter().filter_map(|machine| machine.grounds).for_each(|one| all.add(&one));
        all
    }

    /// Returns the JSON Schema of `assay-batch/v1`.
    pub fn json_schema() -> serde_json::Value {
        schemars::schema_for!(Self).to_value()
    }
}

fn machine(report: Report, profile: &str, digests: Digests) -> Machine {
    let device = report.device().cloned().unwrap_or_default();
    let subject = if report.subject == "unidentified" {
        format!("result:{}", digests.sha256)
    } else {
        report.subject
    };
    let told = |row: &Row| {
        row.decision.is_some()
            || (!verdict::conforms(row.verdict)
                && row.verdict != profiles::Verdict::NotApplicable
                && row.judgement.level != Level::Info)
    };
    Machine {
        id: format!("{subject} {profile}"),
        device,
        profile: profile.to_owned(),
        number: report.cover.number,
        revision: report.revision.number,
        digests,
        tested_at: report.environment.finished_at,
        interrupted: report.interrupted,
        outcome: report.summary.overall.outcome,
        tally: report.summary.overall.all,
        out_of_scope: report.summary.out_of_scope,
        grounds: report.summary.grounds,
        clauses: report.summary.clauses,
        rows: report.rows.into_iter().filter(told).collect(),
    }
}

fn root(machines: &[Machine]) -> Digests {
    merkle::root(machines.iter().map(|machine| (machine.id.as_str(), &machine.digests)))
}

fn outcomes(machines: &[Machine]) -> Outcomes {
    let count = |outcome| {
        let count = machines.iter().filter(|machine| machine.outcome == outcome).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    Outcomes {
        accepted: count(Outcome::Accepted),
        not_accepted: count(Outcome::NotAccepted),
        incomplete: count(Outcome::Incomplete),
    }
}

/// Returns a key that sorts clauses by their numbers: 5.3.9 before 5.3.10.
fn clause_key(clause: &str) -> Vec<(u64, String)> {
    clause.split('.').map(|part| (part.parse().unwrap_or(u64::MAX), part.to_owned())).collect()
}
