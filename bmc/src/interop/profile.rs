//! An interoperability profile as a value (DSP0272, its schema `RedfishInteroperabilityProfile`
//! 1.10.0).

mod read;
mod uri;
mod version;

use std::collections::BTreeMap;

use serde_json::Value;

pub use self::{read::ProfileError, read::read, uri::Uri, version::Version};

/// A profile.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its version; none where it has none that can be read.
    pub version: Option<Version>,
    /// The profiles whose requirements are its own too.
    pub required: Vec<Required>,
    /// What is asked of the protocol.
    pub protocol: Protocol,
    /// What is asked of resources, by their type without a version.
    pub resources: BTreeMap<String, Vec<UseCase>>,
    /// What is asked of message registries, by their prefix.
    pub registries: BTreeMap<String, Registry>,
    /// The parts that were not understood.
    pub unread: Vec<Unread>,
}

/// A profile that another one requires.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Required {
    /// Its name.
    pub name: String,
    /// The least version that will do.
    pub least: Version,
}

/// A part of a profile that was not understood, and so is not judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The place in the document (RFC 6901).
    pub place: String,
    /// What is wrong there.
    pub trouble: Misread,
}

/// Why a part of a profile was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misread {
    /// DSP0272 has no such property there.
    Unknown {
        /// The property that it has, where the name differs by one letter at its end.
        meant: Option<&'static str>,
    },
    /// The value is not what DSP0272 has there.
    Not {
        /// What it has.
        expected: &'static str,
    },
    /// It is understood, and this program does not judge it.
    NotJudged,
}

/// How firmly something is asked for: `ReadRequirement` and `WriteRequirement`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the word of DSP0272")]
pub enum Level {
    #[default]
    Mandatory,
    Supported,
    Recommended,
    IfImplemented,
    IfPopulated,
    Conditional,
    Excluded,
    None,
    /// A word that is none of them.
    Unread,
}

impl Level {
    /// Returns the word of DSP0272; that of what was not understood is `?`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Mandatory => "Mandatory",
            Self::Supported => "Supported",
            Self::Recommended => "Recommended",
            Self::IfImplemented => "IfImplemented",
            Self::IfPopulated => "IfPopulated",
            Self::Conditional => "Conditional",
            Self::Excluded => "Excluded",
            Self::None => "None",
            Self::Unread => "?",
        }
    }

    /// Says whether a service that does not meet it does not conform.
    pub const fn is_firm(self) -> bool {
        matches!(self, Self::Mandatory | Self::Supported | Self::Excluded | Self::Unread)
    }
}

/// What is asked of the protocol: each `ProtocolRequirement` that is not `None`, by its name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Protocol {
    /// The least `RedfishVersion`.
    pub least: Option<Version>,
    /// Features (`Discovery`, `ExpandQuery`, …).
    pub features: BTreeMap<String, Level>,
}

/// What is asked of resources of one type: all of them, or those of one use case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct UseCase {
    /// Its title; none where the type has no use cases.
    pub title: Option<String>,
    /// To which resources it applies.
    pub scope: Scope,
    /// Whether the service has to have such a resource.
    pub read: Level,
    /// The places that it applies to; all where there is none.
    pub uris: Vec<Uri>,
    /// The least version of the schema.
    pub least: Option<Version>,
    /// What a client has to be able to do with the members of a collection.
    pub capabilities: Vec<Capability>,
    /// Conditions of the resource as such.
    pub conditions: Vec<Condition>,
    /// What is asked of properties.
    pub properties: BTreeMap<String, Property>,
    /// What is asked of actions, by their name without the type.
    pub actions: BTreeMap<String, Action>,
}

/// To which resources of the type a use case applies.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Scope {
    /// All.
    #[default]
    All,
    /// Those that are absent: `State` is `Absent`.
    Absent,
    /// Those of which a property compares so.
    Own(Compare),
    /// Those below a resource of that type, of which a property compares so.
    Below {
        /// The type of the resource above.
        kind: &'static str,
        /// Its property.
        compare: Compare,
    },
    /// It was not understood to which.
    Unread,
}

/// What a client has to be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Create a member: `CreateResource`.
    Create,
    /// Delete a member: `DeleteResource`.
    Delete,
    /// Change a member: `UpdateResource`.
    Update,
}

/// What is asked of a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Property {
    /// Whether it has to be there.
    pub read: Level,
    /// Whether it has to be writable.
    pub write: Level,
    /// The property that stands in for it, if that is there.
    pub replaced_by: Option<String>,
    /// The older property that stands in for it, if it is not there itself.
    pub replaces: Option<String>,
    /// The least number of items that are not null.
    pub least: Option<u64>,
    /// Values that a client has to be able to write.
    pub supported: Vec<String>,
    /// What its value is compared with.
    pub check: Option<Check>,
    /// Conditions under which other things are asked.
    pub conditions: Vec<Condition>,
    /// What is asked of the properties in it.
    pub properties: BTreeMap<String, Property>,
}

impl Default for Property {
    fn default() -> Self {
        Self {
            read: Level::Mandatory,
            write: Level::None,
            replaced_by: None,
            replaces: None,
            least: None,
            supported: Vec::new(),
            check: None,
            conditions: Vec::new(),
            properties: BTreeMap::new(),
        }
    }
}

/// A condition, and what is asked where it is met.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Condition {
    /// Whether the property has to be there.
    pub read: Level,
    /// Whether it has to be writable.
    pub write: Level,
    /// What its value is compared with.
    pub check: Option<Check>,
    /// The places that the condition is met at; all where there is none.
    pub uris: Vec<Uri>,
    /// Types of the resources above, the topmost first.
    pub below: Vec<String>,
    /// A property that compares so.
    pub compare: Option<Compare>,
    /// Whether part of it was not understood: then it is not known when it is met.
    pub is_unread: bool,
}

/// A property and what its value is compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Compare {
    /// Its name, or a JSON pointer.
    pub property: String,
    /// How, and with what.
    pub check: Check,
}

/// How a value is compared, and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// How.
    pub by: Comparison,
    /// With what.
    pub values: Vec<Value>,
}

/// How values are compared: `Comparison`, `CompareType` and `UseCaseComparison`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the word of DSP0272")]
pub enum Comparison {
    Absent,
    AnyOf,
    AllOf,
    Equal,
    NotEqual,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
    Present,
    LinkToResource,
    Range,
    Pattern,
}

impl Comparison {
    /// Returns the word of DSP0272.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Absent => "Absent",
            Self::AnyOf => "AnyOf",
            Self::AllOf => "AllOf",
            Self::Equal => "Equal",
            Self::NotEqual => "NotEqual",
            Self::GreaterThan => "GreaterThan",
            Self::GreaterThanOrEqual => "GreaterThanOrEqual",
            Self::LessThan => "LessThan",
            Self::LessThanOrEqual => "LessThanOrEqual",
            Self::Present => "Present",
            Self::LinkToResource => "LinkToResource",
            Self::Range => "Range",
            Self::Pattern => "Pattern",
        }
    }
}

/// What is asked of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Action {
    /// Whether it has to be there.
    pub read: Level,
    /// Whether its `@Redfish.ActionInfo` has to be there.
    pub info: Level,
    /// What is asked of its parameters.
    pub parameters: BTreeMap<String, Parameter>,
}

/// What is asked of a parameter of an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameter {
    /// Whether it has to be there.
    pub read: Level,
    /// The values that it has to take.
    pub values: Vec<String>,
    /// The values that it should take.
    pub recommended: Vec<String>,
}

/// What is asked of a message registry.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Registry {
    /// Whether it has to be there.
    pub read: Level,
    /// Its least version.
    pub least: Option<Version>,
    /// Messages that are asked for by name.
    pub messages: BTreeMap<String, Level>,
}
