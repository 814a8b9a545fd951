//! What becomes of each of fio's options: set, accepted with a reason, or refused with one.
//!
//! The tables are the promise that no option is ignored: a name that is in none of
//! them is unknown. Names and aliases are those of fio 3.33 and 3.42.

pub mod accepted;
pub mod refused;
pub mod set;

use super::draft::{Draft, Fault};

/// What an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A value, always.
    Value,
    /// A value or nothing.
    Optional,
}

/// Applies an option's value to the job being made.
pub type Setter = fn(&mut Draft, Option<&str>) -> Result<(), Fault>;

/// An option that becomes part of the job.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name.
    pub name: &'static str,
    /// Its other names.
    pub aliases: &'static [&'static str],
    /// Whether it needs a value.
    pub takes: Takes,
    /// What its value does.
    pub set: Setter,
}

/// An option that changes nothing that is measured here.
#[derive(Clone, Copy, Debug)]
pub struct Accepted {
    /// Its names.
    pub names: &'static [&'static str],
    /// Whether it needs a value.
    pub takes: Takes,
    /// The values of which that is true; empty for all.
    pub values: &'static [&'static str],
    /// Why it changes nothing; with another value, why it is refused.
    pub why: &'static str,
}

/// Options that cannot be done here.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    /// Their names.
    pub names: &'static [&'static str],
    /// Why, and what to use.
    pub why: &'static str,
}

/// What becomes of an option.
#[derive(Clone, Copy, Debug)]
pub enum Rule {
    /// It becomes part of the job.
    Set(&'static Known),
    /// It changes nothing.
    Accept(&'static Accepted),
    /// It cannot be done.
    Refuse(&'static Refused),
}

/// An option of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    /// The name it has in the tables.
    pub name: &'static str,
    /// The name it was looked up by.
    pub spelled: &'static str,
    /// What becomes of it.
    pub rule: Rule,
}

/// Returns the option called `name`.
pub fn find(name: &str) -> Option<Found> {
    for known in set::KNOWN {
        let mut names = std::iter::once(&known.name).chain(known.aliases);
        if let Some(spelled) = names.find(|other| **other == name) {
            return Some(Found { name: known.name, spelled, rule: Rule::Set(known) });
        }
    }
    let accepted = accepted::ACCEPTED.iter().map(|rule| (rule.names, Rule::Accept(rule)));
    let refused = refused::REFUSED.iter().map(|rule| (rule.names, Rule::Refuse(rule)));
    accepted.chain(refused).find_map(|(names, rule)| {
        let spelled = names.iter().find(|other| **other == name)?;
        Some(Found { name: spelled, spelled, rule })
    })
}

/// Returns whether `name` may stand without a value on the command line.
pub fn is_switch(name: &str) -> bool {
    match find(name).map(|found| found.rule) {
        Some(Rule::Set(known)) => known.takes == Takes::Optional,
        Some(Rule::Accept(accepted)) => accepted.takes == Takes::Optional,
        Some(Rule::Refuse(_)) | None => false,
    }
}

/// Returns what `name` takes, if it is an option of the job language, be it a refused one:
/// how a program tells a job's words from its own.
pub fn is_option(name: &str) -> Option<Takes> {
    find(name).map(|_| if is_switch(name) { Takes::Optional } else { Takes::Value })
}

/// Returns all names that are known, refused ones left out.
fn names() -> impl Iterator<Item = &'static str> {
    let set = set::KNOWN.iter().flat_map(|known| known.aliases.iter().chain([&known.name]));
    set.chain(accepted::ACCEPTED.iter().flat_map(|accepted| accepted.names)).copied()
}

/// Returns the known option that `name` may have been meant for.
pub fn suggestion(name: &str) -> Option<&'static str> {
    if name.len() > 64 {
        return None;
    }
    let nearest = names().min_by_key(|known| (distance(name, known), *known))?;
    let limit = nearest.len().min(name.len()).div_ceil(3);
    (distance(name, nearest) <= limit).then_some(nearest)
}

/// Returns how many letters have to be put, left out or changed to make `b` of `a`.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (line, left) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line + 1;
        if let Some(first) = row.first_mut() {
            *first = before;
        }
        for (cell, right) in row.iter_mut().skip(1).zip(b.chars()) {
            let changed = diagonal + usize::from(left != right);
            diagonal = *cell;
            before = changed.min(*cell + 1).min(before + 1);
            *cell = before;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_typo_is_answered_with_the_name_that_was_meant() {
        for (typo, meant) in [
            ("iodpeth", Some("iodepth")),
            ("rwmix_read", Some("rwmixread")),
            ("run_time", Some("runtime")),
            ("blocksiz", Some("blocksize")),
            ("sizes", Some("size")),
            ("nosuchoption", None),
            ("", None),
        ] {
            assert_eq!(suggestion(typo), meant, "{typo}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", ""), 3);
    }

    #[test]
    fn a_program_can_tell_a_jobs_words_from_its_own() {
        for (name, takes) in [
            ("rw", Some(Takes::Value)),
            ("blocksize", Some(Takes::Value)),
            ("name", Some(Takes::Value)),
            ("time_based", Some(Takes::Optional)),
            ("group_reporting", Some(Takes::Optional)),
            ("read_iolog", Some(Takes::Value)),
            ("mode", None),
            ("destroy", None),
            ("output-format", None),
            ("", None),
        ] {
            assert_eq!(is_option(name), takes, "{name}");
        }
    }

    #[test]
    fn no_name_is_in_two_tables() {
        let refused = refused::REFUSED.iter().flat_map(|refused| refused.names).copied();
        let all: Vec<&str> = names().chain(refused).collect();
        let once: BTreeSet<&str> = all.iter().copied().collect();
        assert_eq!(all.len(), once.len());
    }
}
