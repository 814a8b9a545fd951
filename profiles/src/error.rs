//! Why a profile cannot be had.

#![expect(missing_docs, reason = "a variant's message says what its fields hold")]

use crate::finding::{Finding, did_you_mean};
use crate::node::Place;

/// Why a profile cannot be read or found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// The file is not TOML.
    #[error("`{}`, line {}: {message}", .place.file, .place.line)]
    Syntax { place: Place, message: String },
    /// The file is larger than any profile.
    #[error("`{file}` has {bytes} bytes; a profile has at most {limit}")]
    TooLarge { file: String, bytes: usize, limit: usize },
    /// The file does not say which profile it is.
    #[error("`{}`, line {}: `profile` must name the profile, such as `acme/contract-7`", .place.file, .place.line)]
    NoId { place: Place },
    /// Two files give the same profile.
    #[error("`{file}` gives profile `{id}`, which `{other}` gives already")]
    Twice { id: String, file: String, other: String },
    /// No file gives the profile.
    #[error("no profile `{id}`{}", did_you_mean(.id, .known.iter().map(String::as_str)))]
    Unknown { id: String, known: Vec<String> },
    /// The profile has variants, and none or an unknown one was named.
    #[error("profile `{id}` has variants: name one of {}", .variants.join(", "))]
    Variant { id: String, variants: Vec<String> },
    /// The profile inherits from itself, or through too many.
    #[error("`{}`, line {}: profile `{id}` inherits from itself or through more than {limit} others", .place.file, .place.line)]
    Inheritance { place: Place, id: String, limit: usize },
    /// The profile is broken.
    #[error("{}{}", .found.first().map(ToString::to_string).unwrap_or_default(), more(.found.len()))]
    Broken { id: String, found: Vec<Finding> },
}

fn more(found: usize) -> String {
    match found {
        0 | 1 => String::new(),
        found => format!(" (and {} more)", found - 1),
    }
}

impl ProfileError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Syntax { .. } | Self::TooLarge { .. } | Self::Inheritance { .. } => None,
            Self::NoId { .. } => Some("docs/profiles.md shows the head of a profile".to_owned()),
            Self::Twice { .. } => Some("give yours an id of its own in `profile`".to_owned()),
            Self::Unknown { .. } | Self::Variant { .. } => {
                Some("`assay profile list` lists them".to_owned())
            }
            Self::Broken { .. } => {
                Some("`assay profile lint` lists everything that is wrong with it".to_owned())
            }
        }
    }
}
