//! What came of each requirement, and why.

mod said;

use serde_json::Value;

use super::profile::{Comparison, Level, Misread, Version};

/// What came of one requirement at one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which profile asks for it, by its place in the report's list.
    pub profile: usize,
    /// The use case, where its type has several.
    pub use_case: Option<String>,
    /// The resource; empty where it is of the service as a whole.
    pub resource: String,
    /// The type of the resource without a version; of a registry, its prefix.
    pub kind: String,
    /// The property (RFC 6901 without escapes, as profiles write it); empty for the whole resource.
    pub property: String,
    /// What is asked.
    pub requirement: Requirement,
    /// How firmly.
    pub level: Level,
    /// What came of it.
    pub outcome: Outcome,
    /// Why.
    pub why: Why,
}

impl Finding {
    /// Says whether the service has to meet it, and it is not known whether it does.
    pub fn is_open(&self) -> bool {
        let unknown = match self.outcome {
            Outcome::NotTested => true,
            Outcome::Warn => matches!(self.why, Why::AllowUnknown { .. }),
            Outcome::Pass | Outcome::Fail => false,
        };
        unknown && self.level.is_firm() && self.why != Why::Elsewhere
    }
}

/// What came of a requirement, the least telling first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It does not apply, or could not be seen by reading, or was not understood.
    NotTested,
    /// It is met.
    Pass,
    /// It is met in another way than the profile has it, or may not be.
    Warn,
    /// It is not met.
    Fail,
}

impl Outcome {
    /// Returns it as programs read it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotTested => "not-tested",
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Requirement {
    /// The service has such a resource.
    Resource,
    /// The schema is of that version or a later one.
    Version,
    /// Members can be created, deleted or changed.
    Capability,
    /// The property is there, or is not.
    Read,
    /// The property can be written.
    Write,
    /// The array has as many items.
    Count,
    /// The values can be written.
    Supported,
    /// The value compares so.
    Comparison,
    /// The action is there.
    Action,
    /// The action has its `@Redfish.ActionInfo`.
    ActionInfo,
    /// The action has that parameter.
    Parameter,
    /// The parameter takes the values.
    ParameterValues,
    /// The protocol is of that version, or has that feature.
    Protocol,
    /// The service has that message registry.
    Registry,
    /// Part of the profile that was not understood.
    Profile,
}

impl Requirement {
    /// Returns it as programs read it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Resource => "resource",
            Self::Version => "version",
            Self::Capability => "capability",
            Self::Read => "read",
            Self::Write => "write",
            Self::Count => "count",
            Self::Supported => "supported-values",
            Self::Comparison => "comparison",
            Self::Action => "action",
            Self::ActionInfo => "action-info",
            Self::Parameter => "parameter",
            Self::ParameterValues => "parameter-values",
            Self::Protocol => "protocol",
            Self::Registry => "registry",
            Self::Profile => "profile",
        }
    }

    /// Returns what DSP0272 calls it: the property of a profile that asks for it.
    pub const fn clause(self) -> &'static str {
        match self {
            Self::Resource | Self::Read | Self::Action => "DSP0272 ReadRequirement",
            Self::Version => "DSP0272 MinVersion",
            Self::Capability => "DSP0272 CreateResource, DeleteResource, UpdateResource",
            Self::Write => "DSP0272 WriteRequirement",
            Self::Count => "DSP0272 MinCount",
            Self::Supported => "DSP0272 MinSupportValues",
            Self::Comparison => "DSP0272 Comparison",
            Self::ActionInfo => "DSP0272 ActionInfo",
            Self::Parameter => "DSP0272 Parameters",
            Self::ParameterValues => "DSP0272 ParameterValues, RecommendedValues",
            Self::Protocol => "DSP0272 Protocol",
            Self::Registry => "DSP0272 Registries",
            Self::Profile => "DSP0272",
        }
    }
}

/// Why it came to that.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// It is there.
    Present,
    /// It is not there.
    Absent,
    /// It is not in this resource, and is in another one of its kind.
    Elsewhere,
    /// It is in no resource of its kind.
    Nowhere,
    /// It is there, and the profile excludes it.
    Excluded,
    /// It is not there, and the older property is.
    Older {
        /// The older property.
        property: String,
    },
    /// The service says that it can be written.
    Writable,
    /// The service says that it cannot be written, or the resource cannot be.
    NotWritable {
        /// Where it says so.
        by: &'static str,
    },
    /// No resource of its kind has it writable.
    WritableNowhere,
    /// The service does not say whether it can be written.
    WriteUnknown,
    /// The array has so many items that are not null.
    Count {
        /// How many it has.
        has: u64,
        /// How many are asked for.
        wanted: u64,
    },
    /// It should be an array.
    NotArray,
    /// It should be an object.
    NotObject,
    /// All values are allowed, or taken.
    Allows,
    /// These values are not.
    Lacks {
        /// The values.
        values: Vec<String>,
    },
    /// The service does not say which values are.
    AllowsUnknown,
    /// The value compares so.
    Compares,
    /// The value does not compare so.
    Differs {
        /// How it should.
        by: Comparison,
        /// With what.
        wanted: Vec<Value>,
        /// What it is, cut short.
        has: String,
    },
    /// Whether it compares so is not known: the resource that it links to was not read.
    LinkUnread {
        /// The link.
        link: String,
    },
    /// Whether it compares so is not known: the value is null, or the pattern is none.
    CannotCompare,
    /// The version is at least that.
    VersionEnough,
    /// The version is lower.
    VersionLow {
        /// What it is.
        has: Version,
        /// What is asked for.
        wanted: Version,
    },
    /// The version is not told.
    VersionUnknown,
    /// There is one.
    Found,
    /// There is none.
    NotFound {
        /// Links to what the tree does not have and may be one.
        missing: usize,
    },
    /// The `Allow` header has the method.
    Allowed {
        /// The method.
        method: &'static str,
    },
    /// The `Allow` header does not have the method.
    NotAllowed {
        /// The method.
        method: &'static str,
    },
    /// There was no `Allow` header to tell whether the method can be used.
    AllowUnknown {
        /// The method.
        method: &'static str,
    },
    /// There is no member to look at.
    NoMember,
    /// Whether the condition is met is not known, for it was not understood.
    Condition,
    /// Reading does not show it.
    NotSeen,
    /// The root of the service could not be read.
    NoRoot,
    /// A word of the profile was not understood.
    Word,
    /// A part of the profile was not understood.
    Misread(Misread),
    /// There are more findings than are kept.
    Capped {
        /// How many are.
        most: usize,
    },
}
