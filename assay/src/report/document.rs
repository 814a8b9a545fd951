//! The document `assay-report/v1`: what `result.json` holds.
//!
//! Everything a reader sees on paper is derived from this document, so that two
//! parties who hold the same bytes hold the same report. It carries the facts
//! that were judged, the judge's word on each check, what named persons decided
//! after it, and the digests of the evidence.

use std::collections::BTreeMap;

use inventory::model::{FindingClass, SectionStatus};
use profiles::{
    Deviation, Judgement, Mark, Overall, Role, Tally, Text, Verdict, scope::OutOfScope,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    cover::{Cover, Stage},
    digest::Digests,
};

/// The schema id that every document of this version carries.
pub const SCHEMA: &str = "assay-report/v1";

/// One acceptance run of one machine, with what was decided on it since.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Which revision this is, and of what.
    pub revision: Revision,
    /// What the cover says beside the results.
    pub cover: Cover,
    /// The norm and profile it was judged by.
    pub basis: Basis,
    /// Identity key of the machine under acceptance: `serial:2102…`.
    pub subject: String,
    /// The machines in scope; one, but for enclosures.
    pub devices: Vec<Device>,
    /// What tool ran where and when.
    pub environment: Environment,
    /// Why the run ended early, where it did; such a report is never accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interrupted: Option<Text>,
    /// What all rows together say.
    pub summary: Summary,
    /// One row per check, in the order of the profile.
    pub rows: Vec<Row>,
    /// How complete each section of the facts is.
    pub sections: BTreeMap<String, SectionStatus>,
    /// Where sources disagree, and damage met while reading.
    pub findings: Vec<Finding>,
    /// Rows of the norm that this profile leaves to others, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coverage: Vec<CoverageRow>,
    /// Every evidence file, sorted by path.
    pub evidence: Vec<EvidenceEntry>,
    /// Root of the tree over the evidence files.
    pub evidence_root: Digests,
    /// The facts that were judged: `{"inventory": …}`.
    pub facts: Value,
}

/// Where a document stands in the chain of its revisions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// 1 for the run itself.
    pub number: u32,
    /// What made this revision.
    pub act: Act,
    /// When, RFC 3339.
    pub at: String,
    /// Who, where a person did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The revision before, by the digests of its `result.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<Digests>,
    /// The report that this run is a re-test of, by the digests of its `result.json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retest_of: Option<Digests>,
}

/// What makes a revision.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// The acceptance run.
    Run,
    /// A person confirmed or refused rows.
    Attest,
    /// A person accepted rows as equivalent.
    Waive,
    /// The same results in another language or form.
    Render,
}

impl Act {
    /// Returns what pages and the terminal call it.
    pub fn word(self) -> Text {
        match self {
            Self::Run => Text::new("测试", "test run"),
            Self::Attest => Text::new("人工确认", "attestation"),
            Self::Waive => Text::new("同等性能（容量）认可", "acceptance as equivalent"),
            Self::Render => Text::new("重新出具", "re-rendered"),
        }
    }
}

/// What the verdicts rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Basis {
    /// Name of the norm, as it names itself.
    pub norm: Text,
    /// Edition: `征求意见稿`.
    pub edition: Text,
    /// Profile id: `gd-gov-cloud/bms-1`.
    pub profile: String,
    /// Title of the profile.
    pub title: Text,
    /// Version of the profile.
    pub version: String,
    /// SHA-256 of the profile's text, in hexadecimal.
    pub digest: String,
    /// How bare numbers of the norm are read: units, tolerances.
    pub unit_rules: Vec<Text>,
    /// Where the profile departs from the norm or its parent, and why.
    pub deviations: Vec<Text>,
    /// The stage that the cases were selected by, where they were not all judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selected: Option<Selected>,
}

/// The cases of one stage, out of those of the profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Selected {
    /// The stage.
    pub stage: Stage,
    /// How many cases are due at it.
    pub cases: usize,
    /// How many the profile has.
    pub of: usize,
}

impl Selected {
    /// Returns how much of the profile this is.
    pub fn text(&self) -> Text {
        let Self { cases, of, .. } = self;
        Text::new(
            format!("本阶段 {cases} 项，配置档全部 {of} 项"),
            format!("{cases} cases of this stage, of {of} in the profile"),
        )
    }
}

/// A machine in scope.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Device {
    /// Identity key: `serial:2102…`.
    pub id: String,
    /// Maker, as read.
    pub manufacturer: Option<String>,
    /// The normalised brand.
    pub brand: Option<Text>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Part number or stock-keeping unit.
    pub part_number: Option<String>,
    /// UUID.
    pub uuid: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Room, rack and unit, by the cover's word.
    pub location: Option<String>,
}

/// What tool ran where, when, and by whose hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Environment {
    /// Version of the program.
    pub tool_version: String,
    /// Commit it was built from.
    pub tool_commit: Option<String>,
    /// SHA-256 of the executable, in hexadecimal.
    pub binary_sha256: Option<String>,
    /// The command line, as given.
    pub command: String,
    /// Host name of the machine the tool ran on.
    pub hostname: Option<String>,
    /// Kernel of the machine the tool ran on.
    pub kernel: Option<String>,
    /// Operating system of the machine the tool ran on.
    pub os: Option<String>,
    /// Architecture of the machine the tool ran on.
    pub architecture: Option<String>,
    /// When the run started, RFC 3339.
    pub started_at: String,
    /// When it ended, RFC 3339.
    pub finished_at: String,
    /// What the clock was kept by, and its offset.
    pub time_source: Option<Text>,
    /// Who ran it.
    pub operator: Option<String>,
    /// Whether it ran with the privileges to read everything.
    pub privileged: Option<bool>,
    /// What was read: `live`, or the files given.
    pub inputs: Vec<String>,
}

/// What all rows together say, after the decisions of persons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// The outcome with its counts.
    pub overall: Overall,
    /// The same per clause, in the order of the rows.
    pub clauses: Vec<ClauseSummary>,
    /// How many rows are not in the scope of the contract; not-applicable counts them too.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub out_of_scope: u32,
    /// The rows that tender or bid are quoted for, in their order (技术偏离表).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deviations: Vec<DeviationLine>,
    /// What the rows that conform rest on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grounds: Option<Grounds>,
}

/// A line of the table of deviations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeviationLine {
    /// Id of the check.
    pub check: String,
    /// The tender's mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<Mark>,
    /// Whether it is better, as asked or worse.
    pub deviation: Deviation,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands references over")]
pub(super) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What the rows that conform rest on, counted over all levels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grounds {
    /// Passed by a run (`measure`).
    pub measured: u32,
    /// Passed by what the inventory says.
    pub read: u32,
    /// By the word of a named person.
    pub attested: u32,
    /// Accepted as equivalent.
    pub waived: u32,
    /// How many of those attested or waived nobody signed with a key (自填未签名).
    pub unsigned: u32,
}

/// What the rows of one clause together say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClauseSummary {
    /// Clause of the norm.
    pub clause: String,
    /// Its title, as the norm has it.
    pub title: String,
    /// Whether the machine conforms to it.
    pub conformity: Conformity,
    /// How many of its checks got which verdict.
    pub tally: Tally,
}

/// Whether something conforms to a clause.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Conformity {
    /// Every check that counts is decided, and none failed.
    Conform,
    /// A check failed.
    NotConform,
    /// No check failed, but some are open.
    Open,
    /// No check of it applies.
    NotApplicable,
}

/// A case row: the judge's word, and what was decided on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// The judge's word.
    pub judgement: Judgement,
    /// The verdict that counts, after the decision.
    pub verdict: Verdict,
    /// What a named person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// Where roles must sign: what each person recorded, in the order it came. The last of
    /// them is the decision once all have signed with trusted keys.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub entries: Vec<Decision>,
    /// The roles that still had to sign when the last entry was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Role>,
    /// Paths of the evidence the row rests on; their digests are in the index.
    pub evidence: Vec<String>,
}

/// What a named person decided on a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// What kind of decision it is.
    pub kind: DecisionKind,
    /// Whether the row conforms by it.
    pub conform: bool,
    /// How the person came to it.
    pub how: How,
    /// Name of the person.
    pub who: String,
    /// Role of the person: `监理工程师`.
    pub role: String,
    /// Organisation of the person; of a waiver, the 认可单位.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// Day of the decision: `2026-11-23`.
    pub date: String,
    /// Reason, or what was seen.
    pub reason: String,
    /// Paths of the evidence it rests on.
    pub evidence: Vec<String>,
    /// The revision that brought it.
    pub revision: u32,
    /// The party in whose role the person decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub party: Option<Role>,
    /// When it was recorded, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The signature over it; without one it is self-entered (自填未签名).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<DecisionSignature>,
}

/// A signature over one decision, by the key of who decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DecisionSignature {
    /// `ed25519`, or `sm2` (with SM3, user id `1234567812345678`).
    pub algorithm: String,
    /// The public key: 64 hexadecimal digits, of SM2 130 (4, x, y).
    pub public_key: String,
    /// SHA-256 of the `result.json` that it was made on.
    pub result: String,
    /// The signature, 128 hexadecimal digits.
    pub signature: String,
}

/// The kinds of decision.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// Confirms or refuses a row that the judge left open.
    Attested,
    /// Accepts a failed row as equivalent (同等性能（容量）认可).
    Waived,
}

/// How a person came to a decision.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By documents (书面核查).
    Document,
    /// By looking at the machine (现场查验).
    OnSite,
}

/// Something a reader should know: two sources that disagree, a damaged table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What it is about.
    pub class: FindingClass,
    /// The object or field.
    pub path: String,
    /// One sentence: what was seen, and where.
    pub message: Text,
    /// Who says what, where values differ: locator and value.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<FindingClaim>,
}

/// What one source says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingClaim {
    /// Locator of the source.
    pub source: String,
    /// What it says.
    pub value: String,
}

/// A row of the norm that this report does not check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CoverageRow {
    /// Row of the norm.
    pub row: String,
    /// Its title or item.
    pub item: String,
    /// Who checks it, or why nobody does.
    pub reason: Text,
}

/// One evidence file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct EvidenceEntry {
    /// Path in the report: `evidence/sys/firmware/dmi/tables/DMI`.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 and SM3.
    #[serde(flatten)]
    pub digests: Digests,
    /// Whose evidence it is: the machine's identity key.
    pub subject: String,
    /// Where it was read.
    pub source: String,
}

impl Row {
    /// Returns what persons recorded on the row, in the order it came.
    pub fn recorded(&self) -> &[Decision] {
        if self.entries.is_empty() { self.decision.as_slice() } else { &self.entries }
    }
}

impl Report {
    /// Returns the JSON Schema of `assay-report/v1`.
    pub fn json_schema() -> Value {
        schemars::schema_for!(Self).to_value()
    }

    /// Returns the exit code that says the outcome: 0, 1 or 3.
    pub fn exit_code(&self) -> u8 {
        match self.summary.overall.outcome {
            profiles::Outcome::Accepted => 0,
            profiles::Outcome::NotAccepted => 1,
            profiles::Outcome::Incomplete => 3,
        }
    }

    /// Returns what the contract leaves out: each agreement, and its rows with their numbers.
    pub fn left_out(&self) -> Vec<(&OutOfScope, Vec<(usize, &Row)>)> {
        let mut groups: Vec<(&OutOfScope, Vec<(usize, &Row)>)> = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let Some(out) = &row.judgement.out_of_scope else { continue };
            let row = (at.saturating_add(1), row);
            let same =
                |known: &OutOfScope| (&known.reason, &known.agreed) == (&out.reason, &out.agreed);
            match groups.iter_mut().find(|(known, _)| same(known)) {
                Some((_, rows)) => rows.push(row),
                None => groups.push((out, vec![row])),
            }
        }
        groups
    }

    /// Returns the machine in scope.
    pub fn device(&self) -> Option<&Device> {
        self.devices.first()
    }
}
