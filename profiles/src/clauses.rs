//! The clauses of the norm, and why some of them have no row: nobody has to wonder whether a
//! clause was overlooked.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Text, bundled};

/// A clause that has no row, neither itself nor below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause {
    /// Its number: `8.3.4.1`.
    pub number: String,
    /// Its title, to the letter.
    pub title: String,
    /// Why it has no row.
    pub why: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    clause: Vec<Entry>,
    why: BTreeMap<String, Text>,
}

/// A clause as the file has it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    number: String,
    title: String,
    /// Which of the file's reasons; none where there are rows.
    why: Option<String>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    typed_json::parse_toml(bundled::text("gd-gov-cloud/clauses.toml"))
        .expect("the test `a_clause_has_rows_or_says_why_it_has_none` reads it")
});

/// Returns how many numbered clauses the norm has.
pub fn clauses() -> usize {
    FILE.clause.len()
}

/// Returns the clauses that have no row, in the norm's order, with the reason of each.
pub fn clauses_without_rows() -> Vec<Clause> {
    let clause = |entry: &Entry| {
        let Entry { number, title, why } = entry;
        let why = FILE.why.get(why.as_ref()?)?.clone();
        Some(Clause { number: number.clone(), title: title.clone(), why })
    };
    FILE.clause.iter().filter_map(clause).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FILE, clauses, clauses_without_rows};
    use crate::norm::norm;

    /// Returns the clauses that have a row, itself or below it.
    fn with_rows() -> BTreeSet<&'static str> {
        let rows = &norm("gd-gov-cloud").expect("it is bundled").rows;
        let prefixes = |clause: &'static str| {
            let ends = clause.match_indices('.').map(|(at, _)| at);
            ends.chain([clause.len()]).map(move |end| &clause[..end])
        };
        rows.iter().flat_map(|row| prefixes(&row.clause)).collect()
    }

    #[test]
    fn a_clause_has_rows_or_says_why_it_has_none() {
        let with_rows = with_rows();
        for entry in &FILE.clause {
            let has = with_rows.contains(entry.number.as_str());
            assert_eq!(entry.why.is_none(), has, "{} {}", entry.number, entry.title);
            if let Some(why) = &entry.why {
                let text = FILE.why.get(why).unwrap_or_else(|| panic!("no reason `{why}`"));
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{why}");
            }
        }
        let asked: BTreeSet<_> = FILE.clause.iter().filter_map(|it| it.why.as_ref()).collect();
        assert_eq!(asked, FILE.why.keys().collect(), "a reason that no clause has");
    }

    #[test]
    fn every_clause_of_a_row_is_listed_by_its_title() {
        let title = |number: &str| {
            let entry = FILE.clause.iter().find(|entry| entry.number == number);
            entry.map(|entry| entry.title.as_str())
        };
        for row in &norm("gd-gov-cloud").expect("it is bundled").rows {
            assert_eq!(title(&row.clause), Some(row.title.as_str()), "{}", row.id);
        }
        for number in with_rows() {
            assert!(title(number).is_some(), "{number} is not listed");
        }
    }

    #[test]
    fn clauses_stand_in_order_and_none_is_left_out_between_two() {
        let parts = |number: &str| -> Vec<u32> {
            number.split('.').map(|part| part.parse().expect("a number")).collect()
        };
        let mut before: Vec<u32> = Vec::new();
        for entry in &FILE.clause {
            let here = parts(&entry.number);
            // The next number at this depth or a higher one, or the first one level below.
            let mut next = before.clone();
            next.truncate(here.len());
            if here.len() > before.len() {
                next.push(1);
            } else if let Some(last) = next.last_mut() {
                *last += 1;
            }
            assert_eq!(here, next, "behind {before:?}");
            before = here;
        }
    }

    #[test]
    fn those_without_rows_are_told_with_their_reason() {
        let without = clauses_without_rows();
        let missing = FILE.clause.iter().filter(|entry| entry.why.is_some());
        assert_eq!(without.len(), missing.count());
        assert!(without.len() < clauses());
        let terms = without.iter().find(|clause| clause.number == "3.1").expect("it has no row");
        assert_eq!(
            (terms.title.as_str(), terms.why.zh.as_str()),
            ("政务云 Government Cloud", "名词定义，没有指标")
        );
        assert!(without.iter().all(|clause| clause.number != "5.3.3.1.2"));
    }
}
