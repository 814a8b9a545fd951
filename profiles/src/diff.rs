//! What changed between two editions: of the norm's rows, or of a profile's checks.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check::tighten::looser;
use crate::norm::Row;
use crate::{Profile, Text};

/// What became of a row or a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// The same words stand under another number.
    Moved,
    /// Its words are others; a check's rule asks as much as before.
    Reworded,
    /// A check asks more than before.
    Tighter,
    /// A check asks less than before.
    Looser,
    /// A check asks something else: neither is known to ask at least as much.
    Otherwise,
}

impl Change {
    /// Returns the word for it.
    pub fn word(self) -> Text {
        let (zh, en) = match self {
            Self::Added => ("新增", "added"),
            Self::Removed => ("删除", "removed"),
            Self::Moved => ("移位", "moved"),
            Self::Reworded => ("改文", "reworded"),
            Self::Tighter => ("收紧", "tighter"),
            Self::Looser => ("放宽", "looser"),
            Self::Otherwise => ("改判", "asks otherwise"),
        };
        Text::new(zh, en)
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Id of the row or the check, as the new edition has it where it is there.
    pub id: String,
    /// Its id in the old edition, where that was another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What became of it.
    pub change: Change,
    /// What the old edition says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<Text>,
    /// What the new one says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<Text>,
}

/// Compares the rows of two editions. A row is known by its number; one whose number is gone is
/// looked for by its words.
pub fn rows(old: &[Row], new: &[Row]) -> Vec<Difference> {
    let says = |row: &Row| Text::same(format!("{}：{}", row.item, row.text));
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    before.extend(old.iter().map(|row| (row.id.as_str(), row)));
    after.extend(new.iter().map(|row| (row.id.as_str(), row)));
    // Words that two rows share tell of no move.
    let mut gone: BTreeMap<(&str, &str), Vec<&Row>> = BTreeMap::new();
    for row in old.iter().filter(|row| !after.contains_key(row.id.as_str())) {
        gone.entry((&row.item, &row.text)).or_default().push(row);
    }
    let mut moved = Vec::new();
    let mut differences = Vec::new();
    for row in new {
        let id = row.id.clone();
        let now = Some(says(row));
        match before.get(row.id.as_str()) {
            Some(was) if was.text == row.text && was.item == row.item => {}
            Some(was) => {
                let (old, change) = (Some(says(was)), Change::Reworded);
                differences.push(Difference { id, was: None, change, old, new: now });
            }
            None => match gone.get(&(row.item.as_str(), row.text.as_str())).map(Vec::as_slice) {
                Some([was]) if !moved.contains(&was.id.as_str()) => {
                    moved.push(was.id.as_str());
                    let was = Some(was.id.clone());
                    let change = Change::Moved;
                    differences.push(Difference { id, was, change, old: None, new: now });
                }
                _ => {
                    let change = Change::Added;
                    differences.push(Difference { id, was: None, change, old: None, new: now });
                }
            },
        }
    }
    let gone = old
        .iter()
        .filter(|row| !after.contains_key(row.id.as_str()) && !moved.contains(&row.id.as_str()));
    differences.extend(gone.map(|row| {
        let (id, old) = (row.id.clone(), Some(says(row)));
        Difference { id, was: None, change: Change::Removed, old, new: None }
    }));
    differences
}

/// Compares the checks of two profiles, known by their ids.
pub fn checks(old: &Profile, new: &Profile) -> Vec<Difference> {
    let mut before = BTreeMap::new();
    before.extend(old.checks.iter().map(|check| (check.check.as_str(), check)));
    let mut differences = Vec::new();
    for check in &new.checks {
        let id = check.check.clone();
        let now = Some(check.expected.clone());
        let Some(was) = before.remove(id.as_str()) else {
            let change = Change::Added;
            differences.push(Difference { id, was: None, change, old: None, new: now });
            continue;
        };
        let change = match (looser(was, check), looser(check, was)) {
            (None, None) if was.case == check.case => continue,
            (None, None) => Change::Reworded,
            (None, Some(_)) => Change::Tighter,
            (Some(_), None) => Change::Looser,
            (Some(_), Some(_)) => Change::Otherwise,
        };
        let old = Some(was.expected.clone());
        differences.push(Difference { id, was: None, change, old, new: now });
    }
    // In the order of the old file.
    for check in &old.checks {
        if before.contains_key(check.check.as_str()) {
            let (id, old) = (check.check.clone(), Some(check.expected.clone()));
            differences.push(Difference { id, was: None, change: Change::Removed, old, new: None });
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::{Change, checks, rows};
    use crate::Catalogue;
    use crate::norm::Row;

    fn row(id: &str, text: &str) -> Row {
        let text = text.to_owned();
        let clause = "1".to_owned();
        Row { id: id.to_owned(), clause, title: "t".to_owned(), item: "i".to_owned(), text }
    }

    #[test]
    fn rows_are_added_removed_reworded_and_moved() {
        let old = [row("1#1", "a"), row("1#2", "b"), row("1#3", "c"), row("1#4", "d")];
        let new = [row("1#1", "a"), row("1#2", "b2"), row("2#1", "c"), row("2#2", "e")];
        let found: Vec<_> =
            rows(&old, &new).into_iter().map(|one| (one.id, one.was, one.change)).collect();
        assert_eq!(
            found,
            [
                ("1#2".to_owned(), None, Change::Reworded),
                ("2#1".to_owned(), Some("1#3".to_owned()), Change::Moved),
                ("2#2".to_owned(), None, Change::Added),
                ("1#4".to_owned(), None, Change::Removed),
            ]
        );
        assert!(rows(&old, &old).is_empty());
    }

    #[test]
    fn words_that_two_rows_share_tell_of_no_move() {
        let old = [row("1#1", "a"), row("1#2", "a")];
        let new = [row("2#1", "a"), row("2#2", "a")];
        let found: Vec<_> = rows(&old, &new).into_iter().map(|one| one.change).collect();
        assert_eq!(found, [Change::Added, Change::Added, Change::Removed, Change::Removed]);
    }

    #[test]
    fn checks_are_tighter_looser_or_otherwise() {
        let catalogue = Catalogue::bundled();
        let base = catalogue.profile("gd-gov-cloud/bms-1").unwrap();
        let head = "profile = \"acme/7\"\nversion = \"1\"\ninherits = \"gd-gov-cloud/bms-1\"\n\
                    title = { zh = \"七\", en = \"seven\" }\n";
        let dev = "deviation = { zh = \"附件\", en = \"annex\" }\n";
        let text = format!(
            "{head}[[check]]\nid = \"bms1.memory\"\nvalue = \"1 TiB\"\n\
             [[check]]\nid = \"bms1.pcie-slots\"\nmin = 6\n{dev}\
             [[check]]\nid = \"bms1.nic\"\nmethod = {{ zh = \"看\", en = \"look\" }}\n\
             [[drop]]\nid = \"bms1.hba\"\n{dev}"
        );
        let own = catalogue.with_file("acme.toml", &text).unwrap().profile("acme/7").unwrap();
        let of = |id: &str| {
            checks(&base, &own).into_iter().find(|one| one.id == id).map(|one| one.change)
        };
        assert_eq!(of("bms1.memory"), Some(Change::Tighter));
        assert_eq!(of("bms1.pcie-slots"), Some(Change::Looser));
        assert_eq!(of("bms1.nic"), Some(Change::Reworded));
        assert_eq!(of("bms1.hba"), Some(Change::Removed));
        assert_eq!(of("bms1.cpu"), None);
        assert_eq!(checks(&base, &base), []);
        let back = checks(&own, &base);
        let hba = back.iter().find(|one| one.id == "bms1.hba").map(|one| one.change);
        assert_eq!(hba, Some(Change::Added));
    }
}
