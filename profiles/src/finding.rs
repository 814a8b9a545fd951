//! What `profile lint` finds, and a profile that does not compile is refused for.

use std::fmt;

use serde::Serialize;

use crate::node::Place;

/// Whether a finding stops the profile from being used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The profile cannot be judged by.
    Error,
    /// It can, but may not do what its author thinks.
    Warning,
}

/// One thing wrong with a profile, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Whether it stops the profile from being used.
    pub severity: Severity,
    /// File and line.
    pub place: Place,
    /// Id of the check, where it is in one.
    pub check: Option<String>,
    /// Path into the facts, where it is about one.
    pub path: Option<String>,
    /// The unit of the field or value, where it is about one.
    pub unit: Option<String>,
    /// What is wrong, in one sentence.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line } = &self.place;
        write!(out, "`{file}`, line {line}")?;
        if let Some(check) = &self.check {
            write!(out, ", check `{check}`")?;
        }
        if let Some(path) = &self.path {
            write!(out, ", path `{path}`")?;
        }
        if let Some(unit) = &self.unit {
            write!(out, ", unit {unit}")?;
        }
        write!(out, ": {}", self.message)
    }
}

/// Returns the one of `names` that `word` probably meant.
pub fn nearest<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let limit = (word.chars().count() / 3).clamp(1, 3);
    names
        .into_iter()
        .filter(|name| word.chars().count().max(name.chars().count()) <= COMPARED)
        .map(|name| (strsim::levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Words longer than this are not compared: the table is quadratic.
const COMPARED: usize = 64;

/// Returns `; did you mean …?` for the nearest of `names`, or nothing.
pub(crate) fn did_you_mean<'n>(word: &str, names: impl IntoIterator<Item = &'n str>) -> String {
    nearest(word, names).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_a_near_name_is_offered() {
        assert_eq!(nearest("dim", ["disk", "dimm", "nic"]), Some("dimm"));
        assert_eq!(nearest("memory", ["disk", "nic"]), None);
    }
}
