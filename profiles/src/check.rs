//! What a profile's checks are once they are read: paths parsed, quantities in
//! the field's unit, patterns compiled. `check::read` makes them from TOML.

pub(crate) mod expect;
pub(crate) mod fields;
pub(crate) mod read;
pub(crate) mod roles;
pub(crate) mod rule;
pub(crate) mod terms;
pub(crate) mod tighten;

use std::ops::Deref;
use std::sync::Arc;

use regex_lite::Regex;

use crate::node::Place;
use crate::path::Path;
use crate::plan::Plan;
use crate::unit::Unit;
use crate::{Case, Inspection, Role, Text};

/// A number to compare with, in the unit of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amount {
    /// The number, in [`Amount::field`] units.
    pub value: i128,
    /// The unit of the field; `None` for a count.
    pub field: Option<Unit>,
    /// The unit the profile writes it in, and reports show it in.
    pub shown: Option<Unit>,
    /// How far below a value may be and still count as this one, in parts per million.
    pub tolerance_ppm: u32,
    /// How far above it may be and still count as this one.
    pub above_ppm: u32,
}

/// A value to be equal to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A number, with or without unit.
    Amount(Amount),
    /// A text, equal to the letter.
    Text(String),
    /// A flag.
    Flag(bool),
}

/// A regular expression that must match the whole text, in linear time.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As the profile writes it.
    pub text: String,
    pub(crate) regex: Regex,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "each is the operator of its name")]
pub enum Test {
    Min(Amount),
    Max(Amount),
    Eq(Literal),
    Ne(Literal),
    In(Vec<Literal>),
    Regex(Pattern),
}

/// What is asked of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// Every one of them.
    All(Vec<Condition>),
    /// At least one of them.
    Any(Vec<Condition>),
    /// A value of it.
    Value {
        /// Where the value is, from the object.
        path: Path,
        /// What is asked of it.
        test: Test,
        /// Where the profile says so.
        place: Place,
    },
    /// How many objects inside of it do.
    Count(Counting),
}

/// How many there must be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// At least.
    pub min: Option<i128>,
    /// At most.
    pub max: Option<i128>,
}

/// A count of the objects that meet a condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Counting {
    /// The objects.
    pub over: Path,
    /// What is asked of each.
    pub condition: Box<Condition>,
    /// How many must meet it.
    pub bound: Bound,
    /// Fields a report shows of each object.
    pub show: Vec<Path>,
    /// Where the profile says so.
    pub place: Place,
}

/// A rule inside `all` or `any`, with the name a report calls it by.
#[derive(Clone, Debug, PartialEq)]
pub struct Branch {
    /// Its name.
    pub title: Option<Text>,
    /// The rule.
    pub rule: Rule,
}

/// What refutes an attestation before anybody signs it.
#[derive(Clone, Debug, PartialEq)]
pub struct Refutation {
    /// True where the evidence contradicts.
    pub condition: Condition,
}

/// Two values that ought to be the same; where they differ a reader is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Hint {
    /// One value.
    pub left: Path,
    /// The other.
    pub right: Path,
    /// What to tell.
    pub say: Text,
}

/// How a check decides.
#[derive(Clone, Debug, PartialEq)]
pub enum Rule {
    /// `min`, `max`, `eq`, `in`, `regex`: a value, or every one of many.
    Value {
        /// Where the value is.
        path: Path,
        /// What is asked of it.
        test: Test,
        /// Where the profile says so.
        place: Place,
    },
    /// `count_where`: how many objects meet a condition.
    Count(Counting),
    /// `absent`: that none does.
    Absent(Counting),
    /// `all`: every branch.
    All(Vec<Branch>),
    /// `any`: at least one branch.
    Any(Vec<Branch>),
    /// `ratio`: a part of a whole, in parts per million.
    Ratio {
        /// What is divided.
        part: Path,
        /// By what.
        whole: Path,
        /// How large the share must be.
        bound: Bound,
        /// Where the profile says so.
        place: Place,
    },
    /// `measure`: what a valid run found.
    Measure {
        /// The runs that answer the question; the last one counts.
        run: Path,
        /// What is asked of it.
        condition: Condition,
        /// Fields a report shows of it.
        show: Vec<Path>,
        /// Where the profile says so.
        place: Place,
    },
    /// `attest`: a person decides.
    Attest {
        /// What is laid before that person.
        evidence: Vec<Path>,
        /// Why nothing can be laid before them.
        no_evidence: Option<Text>,
        /// How that person finds out, and what of whom; a contract's own profile may leave it
        /// to whoever signs.
        asked: Option<Asked>,
        /// What settles it against the machine without a person.
        refuted_by: Vec<Refutation>,
        /// Where the profile says so.
        place: Place,
    },
}

/// What a person asks to see, and of whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// From papers, or on site.
    pub how: Inspection,
    /// What has to be shown.
    pub what: Text,
    /// Who shows it.
    pub of: Role,
}

/// One line of the comparison that a person judges equivalence by.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What is compared.
    pub name: Text,
    /// The objects summed over.
    pub over: Path,
    /// The fields whose product is summed; none counts the objects.
    pub sum: Vec<Path>,
    /// What is demanded.
    pub demand: Amount,
}

/// When a check applies at all.
#[derive(Clone, Debug, PartialEq)]
pub struct Applies {
    /// False where it does not.
    pub condition: Condition,
    /// What a report says then.
    pub otherwise: Text,
}

/// One check of a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// What it says of itself; it reads as if the fields were the check's own.
    pub case: Arc<Case>,
    /// The command or person that closes it while it is open.
    pub close: Option<Text>,
    /// When it applies at all.
    pub applies: Option<Applies>,
    /// How it decides.
    pub rule: Rule,
    /// What a person judges equivalence by.
    pub compare: Vec<Comparison>,
    /// What a reader is told where two values differ.
    pub hints: Vec<Hint>,
    /// The number that the bid promises, where it is one.
    pub bid: Option<Amount>,
    /// Whether its author knows that it can pass only on complete sections.
    pub needs_complete: bool,
    /// Whether the norm gives its numbers without “≥”.
    pub bare: bool,
    /// What a test plan says of it.
    pub plan: Plan,
    /// Where it stands.
    pub place: Place,
}

impl Deref for Check {
    type Target = Case;

    fn deref(&self) -> &Case {
        &self.case
    }
}

impl Asked {
    /// Returns what has to be shown, and by whom.
    pub fn text(&self) -> Text {
        let of = self.of.name();
        Text::new(
            format!("由{}提供{}", of.zh, self.what.zh),
            format!("the {} shows {}", of.en, self.what.en),
        )
    }
}

impl Rule {
    /// Returns what a person asks to see, where one decides and the profile says.
    pub fn asked(&self) -> Option<&Asked> {
        match self {
            Self::Attest { asked, .. } => asked.as_ref(),
            _ => None,
        }
    }

    /// Returns whether a run decides it or a part of it, and not what there is.
    pub fn is_measured(&self) -> bool {
        if let Self::All(branches) | Self::Any(branches) = self {
            return branches.iter().any(|branch| branch.rule.is_measured());
        }
        let root = self.path().and_then(|path| path.steps.first());
        root.is_some_and(|root| !["inventory", "bmc"].contains(&root.name.as_str()))
    }

    /// Returns the first path that it asks for; none where a person decides on what is shown.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Value { path, .. } => Some(path),
            Self::Count(counting) | Self::Absent(counting) => Some(&counting.over),
            Self::All(branches) | Self::Any(branches) => {
                branches.iter().find_map(|branch| branch.rule.path())
            }
            Self::Ratio { part, .. } => Some(part),
            Self::Measure { run, .. } => Some(run),
            Self::Attest { .. } => None,
        }
    }

    /// Returns the word profiles write for it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Value { test, .. } => test.word(),
            Self::Count(_) => "count_where",
            Self::Absent(_) => "absent",
            Self::All(_) => "all",
            Self::Any(_) => "any",
            Self::Ratio { .. } => "ratio",
            Self::Measure { .. } => "measure",
            Self::Attest { .. } => "attest",
        }
    }
}

impl Test {
    /// Returns the word profiles write for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Min(_) => "min",
            Self::Max(_) => "max",
            Self::Eq(_) => "eq",
            Self::Ne(_) => "ne",
            Self::In(_) => "in",
            Self::Regex(_) => "regex",
        }
    }
}
