//! What people call the sections and fields of the facts, and who closes a gap
//! in them. It is data, `norms/words.toml`: the judge knows no leaf.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{Text, bundled, workload};

/// What a section is called, and how a gap in it is closed.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Area {
    /// Its name.
    pub(crate) name: Text,
    /// What its objects are called after a number: `块硬盘`, `disks`.
    pub(crate) noun: Text,
    /// The command or person that closes a gap in it.
    pub(crate) close: Text,
    /// Fields that name an object, the first known one wins.
    #[serde(default)]
    pub(crate) label: Vec<String>,
    /// Whether its sizes are binary.
    #[serde(default)]
    pub(crate) binary: bool,
}

/// The names of sections and fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    area: BTreeMap<String, Area>,
    field: BTreeMap<String, Text>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    typed_json::parse_toml(bundled::text("words.toml")).expect("the test `words_are_read` reads it")
});

/// Returns the words for the section `name` of the facts.
pub(crate) fn area(name: &str) -> &'static Area {
    static UNNAMED: LazyLock<Area> = LazyLock::new(|| Area {
        name: Text::new("数据", "data"),
        noun: Text::new("项", "items"),
        close: Text::new(
            "用 --from 补充该项数据，或由专人核查",
            "add a source that has it with --from, or have a person look",
        ),
        label: Vec::new(),
        binary: false,
    });
    WORDS.area.get(name).unwrap_or(&UNNAMED)
}

/// Returns what the field `name` is called, or its name.
pub(crate) fn field(name: &str) -> Text {
    WORDS
        .field
        .get(name)
        .or_else(|| WORDS.field.get(name.rsplit('.').next().unwrap_or(name)))
        .or_else(|| workload::field(name))
        .cloned()
        .unwrap_or_else(|| Text::same(name))
}

#[cfg(test)]
mod tests {
    use super::{WORDS, area, field};

    #[test]
    fn words_are_read() {
        assert!(!WORDS.area.is_empty());
        assert_eq!(area("disk").name.zh, "硬盘");
        assert_eq!(area("never heard of").name.en, "data");
        assert_eq!(field("size_bytes").en, "size");
        assert_eq!(field("unheard_of").zh, "unheard_of");
    }

    #[test]
    fn every_word_is_there_in_both_languages() {
        for (name, area) in &WORDS.area {
            for text in [&area.name, &area.noun, &area.close] {
                assert!(!text.zh.is_empty() && !text.en.is_empty(), "{name}");
            }
        }
        for (name, text) in &WORDS.field {
            assert!(!text.zh.is_empty() && !text.en.is_empty(), "{name}");
        }
    }
}
