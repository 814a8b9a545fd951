//! Where an option stands: a line of a file, or a word of the command line.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// Where something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a job file.
    Line {
        /// Name of the file.
        file: Arc<str>,
        /// The line, from 1.
        line: u32,
    },
    /// A word of the command line, from 1.
    Word(u32),
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line { file, line } => write!(out, "{file}:{line}"),
            Self::Word(word) => write!(out, "argument {word}"),
        }
    }
}

/// Where each option of a job stands, by the option's name.
///
/// Always equal: where something was asked for is no part of what was asked for.
#[derive(Clone, Debug, Default)]
pub struct Places(BTreeMap<&'static str, (&'static str, Place)>);

impl PartialEq for Places {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Places {
    /// Returns where `option` stands; `None` where its value is the default.
    pub fn get(&self, option: &str) -> Option<&Place> {
        self.0.get(option).map(|(_, place)| place)
    }

    /// Returns the name that `option` has there: its own, or an alias.
    pub fn spelled(&self, option: &'static str) -> &'static str {
        self.0.get(option).map_or(option, |(spelled, _)| spelled)
    }

    /// Notes where `option` stands, called `spelled`; a later place replaces an earlier one.
    pub fn set(&mut self, option: &'static str, spelled: &'static str, place: Place) {
        self.0.insert(option, (spelled, place));
    }
}
