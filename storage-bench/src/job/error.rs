//! Why a job file or command line is refused: with the place, the option and the reason.

#![expect(missing_docs, reason = "a variant's message says what its fields hold")]

use super::place::Place;

/// Why no job could be made of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JobError {
    /// No program of this name has such an option.
    #[error("{place}: unknown option `{option}`{}", did_you_mean(.suggestion.as_deref()))]
    Unknown { place: Place, option: String, suggestion: Option<String> },
    /// The option is fio's, and what it asks for cannot be done here.
    #[error("{place}: option `{option}` is not supported: {why}")]
    Refused { place: Place, option: String, why: String },
    /// The option's value is none, or one that cannot be done here.
    #[error("{place}: option `{option}` cannot be `{value}`: {why}")]
    Value { place: Place, option: String, value: String, why: String },
    /// The option needs a value.
    #[error("{place}: option `{option}` needs a value")]
    NoValue { place: Place, option: String },
    /// The option contradicts another one of the same job.
    #[error("{place}: option `{option}` of job `{job}`: {why}")]
    Conflict { place: Place, job: String, option: String, why: String },
    /// A variable of the environment that has no value.
    #[error("{place}: option `{option}` uses `${{{variable}}}`, which is not set")]
    NoVariable { place: Place, option: String, variable: String },
    /// A line that is neither section, option nor comment.
    #[error("{place}: `{text}`: {why}")]
    Line { place: Place, text: String, why: String },
    /// A file that a line includes could not be read.
    #[error("{place}: `include` of `{path}`: {why}")]
    Include { place: Place, path: String, why: String },
    /// More than is ever sensible, and more than is read.
    #[error("`{name}` has more than {limit} {what}")]
    TooMuch { name: String, limit: usize, what: &'static str },
    /// Nothing to do.
    #[error("`{name}` has no job")]
    NoJob { name: String },
    /// The file could not be read.
    #[error("cannot read job file `{name}`: {why}")]
    Unreadable { name: String, why: String },
    /// The job does not fit its target.
    #[error("{}option `{option}` of job `{job}`: {why}", before(.place.as_ref()))]
    Target { place: Option<Place>, job: String, option: &'static str, why: String },
    /// The run cannot do what the job asks for.
    #[error("{}option `{option}` of job `{job}` is not supported by this run: {why}", before(.place.as_ref()))]
    Unable { place: Option<Place>, job: String, option: &'static str, why: String },
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

fn before(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!("{place}: "))
}

impl JobError {
    /// Returns where the fault is, if it is at one place.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Unknown { place, .. }
            | Self::Refused { place, .. }
            | Self::Value { place, .. }
            | Self::NoValue { place, .. }
            | Self::Conflict { place, .. }
            | Self::NoVariable { place, .. }
            | Self::Line { place, .. }
            | Self::Include { place, .. } => Some(place),
            Self::Target { place, .. } | Self::Unable { place, .. } => place.as_ref(),
            Self::TooMuch { .. } | Self::NoJob { .. } | Self::Unreadable { .. } => None,
        }
    }

    /// Returns the option that is refused, if it is one.
    pub fn option(&self) -> Option<&str> {
        match self {
            Self::Unknown { option, .. }
            | Self::Refused { option, .. }
            | Self::Value { option, .. }
            | Self::NoValue { option, .. }
            | Self::Conflict { option, .. }
            | Self::NoVariable { option, .. } => Some(option),
            Self::Target { option, .. } | Self::Unable { option, .. } => Some(option),
            Self::Include { .. } => Some("include"),
            Self::Line { .. }
            | Self::TooMuch { .. }
            | Self::NoJob { .. }
            | Self::Unreadable { .. } => None,
        }
    }

    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { suggestion: None, .. } => {
                Some("`fio --cmdhelp=all` lists fio's options".to_owned())
            }
            Self::NoVariable { variable, .. } => {
                Some(format!("set it: `{variable}=… assay storage run …`"))
            }
            Self::Unable { option, .. }
                if option.starts_with("write_") && option.ends_with("_log") =>
            {
                Some(
                    "`--csv FILE` writes the run second by second, `--hlog FILE` the histograms \
                     of each second"
                        .to_owned(),
                )
            }
            Self::NoJob { .. } => {
                Some("a job is a line `[name]` with its options below".to_owned())
            }
            Self::Unknown { .. }
            | Self::Refused { .. }
            | Self::Value { .. }
            | Self::NoValue { .. }
            | Self::Conflict { .. }
            | Self::Line { .. }
            | Self::Include { .. }
            | Self::TooMuch { .. }
            | Self::Unreadable { .. }
            | Self::Target { .. }
            | Self::Unable { .. } => None,
        }
    }
}
