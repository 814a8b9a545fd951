//! What the judge says of one check, and of all of them.

mod wire;

use std::ops::Deref;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::scope::OutOfScope;
use crate::{Role, Standing, Terms, Text};

/// The verdict on one check. Unknown never turns into [`Verdict::Pass`].
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// True, on valid evidence.
    Pass,
    /// False.
    Fail,
    /// Unknown; the reasons say what is missing and how to measure it.
    NotMeasured,
    /// A person must decide, or sources disagree in a way that matters.
    NeedsAttestation,
    /// A named person confirmed it.
    Attested,
    /// A named person accepted it as equivalent (“或同等…”), after a fail.
    Waived,
    /// The check does not apply to this machine, with the reason.
    NotApplicable,
}

impl Verdict {
    /// Every verdict, in the order reports list them.
    pub const ALL: [Self; 7] = [
        Self::Pass,
        Self::Fail,
        Self::NotMeasured,
        Self::NeedsAttestation,
        Self::Attested,
        Self::Waived,
        Self::NotApplicable,
    ];

    /// Returns the word for it in both languages.
    pub fn word(self) -> Text {
        match self {
            Self::Pass => Text::new("通过", "pass"),
            Self::Fail => Text::new("不通过", "fail"),
            Self::NotMeasured => Text::new("未测", "not measured"),
            Self::NeedsAttestation => Text::new("待人工确认", "needs attestation"),
            Self::Attested => Text::new("人工确认", "attested"),
            // What acceptance practice calls it, whatever it is of.
            Self::Waived => Text::new("同等性能（容量）认可", "accepted as equivalent"),
            Self::NotApplicable => Text::new("不适用", "not applicable"),
        }
    }

    /// Returns whether somebody still has to do something about it.
    pub fn is_open(self) -> bool {
        matches!(self, Self::NotMeasured | Self::NeedsAttestation)
    }
}

/// How a check counts.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Decides acceptance (通过型).
    #[default]
    Must,
    /// Gives points beside acceptance, never instead (量化型).
    Scored,
    /// Told, not counted.
    Info,
}

/// Why a check is not decided, or what a reader should know of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// What is missing or in doubt, and where.
    pub text: Text,
    /// The command or the person that closes it, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<Text>,
}

/// What a check says of itself, whatever the machine.
///
/// It is made with the check, and every judgement by it refers to the one: its dozen texts
/// copied for each machine were an eighth of the judge's time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Id of the check: `bms1.memory`.
    pub check: String,
    /// Row of the norm: `5.3.3.1.2.1#3`.
    pub row: String,
    /// Clause of the norm: `5.3.3.1.2.1`.
    pub clause: String,
    /// Title of the clause, as the norm has it.
    pub clause_title: String,
    /// Item of the row, as the norm has it: `内存`.
    pub item: String,
    /// The norm's wording, verbatim.
    pub wording: String,
    /// How the check counts.
    pub level: Level,
    /// Title of the check.
    pub title: Text,
    /// How it is checked.
    pub method: Text,
    /// What is expected, with unit.
    pub expected: Text,
    /// How the norm's wording was read: units, “或同等…”, missing “≥”.
    pub reading: Option<Text>,
    /// Whether a fail may be accepted as equivalent by a named person (“或同等…”).
    pub waivable: bool,
    /// Points of a scored check.
    pub points: Option<u32>,
    /// Why the check asks less than the norm's own profile does.
    pub deviation: Option<Text>,
    /// What tender and bid say of it, where the contract's profile quotes them.
    pub terms: Option<Terms>,
    /// Whether a run decides it (`measure`), and not what the inventory says.
    pub by_run: bool,
    /// Roles that must each sign a person's decision on it with their key before it counts.
    pub require_role: Vec<Role>,
}

/// The judge's word on one check: what a case row of the report shows.
// It reads as if it had the fields of its case itself, and is written that way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "wire::Judgement", into = "wire::Judgement")]
pub struct Judgement {
    /// The check.
    pub case: Arc<Case>,
    /// What was found, with unit; empty where nothing was.
    pub measured: Text,
    /// Locators of the sources the measured value rests on.
    pub sources: Vec<String>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is open, or what else to know.
    pub reasons: Vec<Reason>,
    /// The comparison that a person judges equivalence by (“或同等性能”).
    pub comparison: Option<Text>,
    /// How it stands to tender and bid, where the profile quotes them.
    pub standing: Option<Standing>,
    /// Why it does not count, where the contract leaves it out.
    pub out_of_scope: Option<OutOfScope>,
}

impl Deref for Judgement {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

/// What all judgements together say.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Every must-row is decided and none failed: exit 0.
    Accepted,
    /// A must-row failed: exit 1.
    NotAccepted,
    /// No must-row failed, but some are open: exit 3.
    Incomplete,
}

/// How many checks got which verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "each counts the verdict of its name")]
pub struct Tally {
    pub pass: u32,
    pub fail: u32,
    pub not_measured: u32,
    pub needs_attestation: u32,
    pub attested: u32,
    pub waived: u32,
    pub not_applicable: u32,
}

/// The outcome with its counts, over all levels and over must-rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Overall {
    /// The outcome; only must-rows decide it.
    pub outcome: Outcome,
    /// Counts over all checks.
    pub all: Tally,
    /// Counts over must-rows.
    pub must: Tally,
    /// Points reached by scored checks.
    pub points: u32,
    /// Points that scored checks could give.
    pub points_max: u32,
}
