//! Paths into the document of facts: `inventory.dimm[present,kind=ram].size_bytes.sum`.
//!
//! A path names fields; an array on the way stands for each of its elements. A
//! filter in brackets keeps elements: `present` and `!present` ask a flag,
//! `kind=ram|persistent` and `kind!=flash` a text or number. A last word of
//! `sum`, `count`, `min` or `max` makes one number of the many.

use std::fmt;

use crate::Text;
use crate::unit::Unit;
use crate::words;

/// How many values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the word of its name")]
pub enum Aggregate {
    Sum,
    Count,
    Min,
    Max,
}

impl Aggregate {
    fn named(word: &str) -> Option<Self> {
        match word {
            "sum" => Some(Self::Sum),
            "count" => Some(Self::Count),
            "min" => Some(Self::Min),
            "max" => Some(Self::Max),
            _ => None,
        }
    }
}

/// One question a filter asks of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Predicate {
    /// The field asked, by its steps.
    pub field: Vec<Step>,
    /// The answers that keep the element; a flag's are `true` and `false`.
    pub among: Vec<String>,
    /// Whether `among` lists what drops the element instead.
    pub negated: bool,
}

/// One field on the way, and the filter behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the field.
    pub name: String,
    /// Questions that all must be answered yes.
    pub filter: Vec<Predicate>,
}

/// A path, parsed once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    text: String,
    /// The fields on the way.
    pub steps: Vec<Step>,
    /// What makes one number of many values.
    pub aggregate: Option<Aggregate>,
    /// Whether it starts at the document, and not at an object in hand.
    pub absolute: bool,
    /// What people call the field it leads to.
    pub(crate) name: Text,
    /// The words for the section it is about. They and the unit are looked up once, here:
    /// the judge asks for them with every value it shows.
    pub(crate) words: &'static words::Area,
    unit: Option<Unit>,
}

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}` is not a path: {why}")]
pub struct PathError {
    path: String,
    why: String,
}

/// The first word of paths that start at the document.
pub const ROOTS: [&str; 5] = ["inventory", "storage", "network", "bmc", "workload"];

/// Longer texts and deeper paths serve nobody.
const LONGEST: usize = 300;

impl Path {
    /// Reads a path; one that starts with a word of [`ROOTS`] is absolute where `absolute` asks it.
    pub fn parse(text: &str, absolute: bool) -> Result<Self, PathError> {
        let error = |why: String| PathError { path: text.to_owned(), why };
        if text.len() > LONGEST {
            return Err(PathError {
                path: text.chars().take(40).collect::<String>() + "…",
                why: format!("longer than {LONGEST} bytes"),
            });
        }
        let mut steps =
            split(text, '.').into_iter().map(step).collect::<Result<Vec<_>, _>>().map_err(error)?;
        let aggregate = match steps.last() {
            Some(last) if last.filter.is_empty() && steps.len() > 1 => Aggregate::named(&last.name),
            _ => None,
        };
        if aggregate.is_some() {
            steps.pop();
        }
        if absolute {
            let known = steps.first().is_some_and(|step| ROOTS.contains(&step.name.as_str()));
            if !known || steps.len() < 2 {
                return Err(error(format!("it must start with one of {}", ROOTS.join(", "))));
            }
        }
        // The root and the section are told apart from the field.
        let field = steps.get(if absolute { 2 } else { 0 }..).unwrap_or_default();
        let name = words::field(&Self::names(field));
        let unit = unit_of(&steps, aggregate);
        let mut path = Self {
            text: text.to_owned(),
            steps,
            aggregate,
            absolute,
            name,
            words: words::area(""),
            unit,
        };
        path.words = words::area(path.area());
        Ok(path)
    }

    /// Returns the unit that the path's number is in, by the names on its end.
    ///
    /// `frequency_hz.nominal` is in hertz: where the last name has no unit,
    /// that of the one before it holds. A count has none.
    pub fn unit(&self) -> Option<Unit> {
        self.unit
    }

    /// Returns the section an absolute path is about, or the field a relative one begins with.
    pub(crate) fn area(&self) -> &str {
        self.steps.get(usize::from(self.absolute)).map_or("", |step| step.name.as_str())
    }

    /// Returns the names of its fields from the `from`th on, joined by points.
    pub(crate) fn names(steps: &[Step]) -> String {
        steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(".")
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

fn unit_of(steps: &[Step], aggregate: Option<Aggregate>) -> Option<Unit> {
    if aggregate == Some(Aggregate::Count) {
        return None;
    }
    steps.iter().rev().take(2).find_map(|step| Unit::of_field(&step.name))
}

/// Splits at `separator` outside of brackets.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_u32, 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            c if c == separator && depth == 0 => {
                parts.extend(text.get(start..at));
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.extend(text.get(start..));
    parts
}

fn step(text: &str) -> Result<Step, String> {
    let (name, filter) = match text.split_once('[') {
        None => (text, Vec::new()),
        Some((name, rest)) => {
            let inner = rest.strip_suffix(']').ok_or("a `[` has no `]` at its end")?;
            (name, inner.split(',').map(predicate).collect::<Result<Vec<_>, _>>()?)
        }
    };
    name_of(name)?;
    Ok(Step { name: name.to_owned(), filter })
}

fn name_of(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    if name.is_empty() || !name.chars().all(fits) {
        return Err(format!("`{name}` is not the name of a field"));
    }
    Ok(())
}

fn predicate(text: &str) -> Result<Predicate, String> {
    let text = text.trim();
    let (field, values, negated) = if let Some((field, values)) = text.split_once("!=") {
        (field, values, true)
    } else if let Some((field, values)) = text.split_once('=') {
        (field, values, false)
    } else if let Some(field) = text.strip_prefix('!') {
        (field, "false", false)
    } else {
        (text, "true", false)
    };
    let field = field
        .split('.')
        .map(|name| {
            name_of(name)?;
            Ok(Step { name: name.to_owned(), filter: Vec::new() })
        })
        .collect::<Result<Vec<_>, String>>()?;
    if values.is_empty() || values.contains('[') {
        return Err(format!("`{text}` compares with nothing"));
    }
    Ok(Predicate { field, among: values.split('|').map(str::to_owned).collect(), negated })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Aggregate, Path};

    #[test]
    fn a_path_splits_into_fields_filters_and_an_aggregate() {
        let text = "inventory.dimm[present,kind=ram|persistent,!x.y,z!=1].size_bytes.sum";
        let path = Path::parse(text, true).unwrap();
        assert_eq!(path.to_string(), text);
        assert_eq!(Path::names(&path.steps), "inventory.dimm.size_bytes");
        assert_eq!(path.aggregate, Some(Aggregate::Sum));
        let filter = &path.steps[1].filter;
        assert_eq!(filter[1].among, ["ram", "persistent"]);
        assert_eq!(Path::names(&filter[2].field), "x.y");
        assert_eq!(
            (filter[2].among.as_slice(), filter[2].negated),
            (&["false".to_owned()][..], false)
        );
        assert!(filter[3].negated);
    }

    #[test]
    fn the_unit_is_read_off_the_end_of_the_path() {
        let unit = |text| Path::parse(text, false).unwrap().unit().map(|unit| unit.symbol);
        assert_eq!(unit("frequency_hz.nominal"), Some("Hz"));
        assert_eq!(unit("port.supported_bps.max"), Some("bit/s"));
        assert_eq!(unit("size_bytes.count"), None);
        assert_eq!(unit("cores"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in [
            "",
            "inventory",
            "a..b",
            "inventory.dimm[x",
            "inventory.dimm[]",
            "cpu.cores",
            "inventory.dimm[a=]",
            "inventory.d imm",
            "inventory.dimm]",
        ] {
            assert!(Path::parse(text, true).is_err(), "{text}");
        }
        assert!(Path::parse(&"a.".repeat(400), false).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "[a-z.\\[\\],=!| ]{0,60}", absolute in any::<bool>()) {
            if let Ok(path) = Path::parse(&text, absolute) {
                prop_assert_eq!(path.to_string(), text);
            }
        }
    }
}
