//! No text, however broken, is more than refused; TOML and JSON of one shape are one state.

use dataplane::spec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

const FULL: &str = include_str!("spec/good/full.toml");

fn json(toml: &str) -> String {
    let value: serde_json::Value = toml::from_str(toml).expect("the file is TOML");
    serde_json::to_string_pretty(&value).expect("a value can be written")
}

/// Reads a text; whatever is wrong with it has its place in it and its words.
fn read(text: &str) -> Result<(), TestCaseError> {
    let Err(errors) = spec::read("f", text) else { return Ok(()) };
    prop_assert!(errors.count() > 0, "refused without a reason: {}", text);
    let lines = text.split('\n').count();
    for fault in &errors.faults {
        prop_assert!((1..=lines).contains(&fault.place.line), "{}", fault);
        let message = fault.message();
        prop_assert!(!fault.what.zh.is_empty() && !fault.what.en.is_empty());
        prop_assert!(message.zh.len() < 100_000 && message.en.len() < 100_000);
    }
    Ok(())
}

/// Words of the format and what is at its limits, to put where they do not belong.
const PIECES: &[&str] = &[
    "",
    "\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ",",
    ":",
    "\n",
    "null",
    "true",
    "-1",
    "0",
    "1.5",
    "99999999999999999999",
    "[[port]]",
    "[[group.rule]]",
    "[node]",
    "id",
    "mac",
    "\"any\"",
    "\"::/0\"",
    "\"10.0.0.0/24\"",
    "\"fe80::1\"",
    "\"网络\"",
    "\u{feff}",
    "\\u0000",
    "\\",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|(?s).{0,200}") {
        read(&text)?;
        read(&format!("{{{text}"))?;
        read(&format!("schema = \"assay/network/v1\"\n{text}"))?;
    }

    #[test]
    fn a_file_with_a_word_changed_is_read_or_refused(
        edits in proptest::collection::vec((any::<Index>(), any::<Index>(), select(PIECES)), 1..4),
        as_json in any::<bool>(),
    ) {
        let mut text = if as_json { json(FULL) } else { FULL.to_owned() };
        for (from, length, piece) in edits {
            let ends: Vec<usize> =
                text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
            let from = from.index(ends.len());
            let to = (from + length.index(12)).min(ends.len() - 1);
            text.replace_range(ends[from]..ends[to], piece);
        }
        read(&text)?;
    }

    #[test]
    fn a_file_with_lines_left_out_is_read_or_refused(kept in any::<u128>()) {
        let lines = FULL.lines().enumerate();
        let text: Vec<&str> =
            lines.filter(|(at, _)| kept >> (at % 128) & 1 == 1).map(|(_, line)| line).collect();
        read(&text.join("\n"))?;
    }
}

#[test]
fn toml_and_json_of_one_shape_are_one_state() {
    let from_toml = spec::read("f.toml", FULL).unwrap();
    let from_json = spec::read("f.json", &json(FULL)).unwrap();
    assert_eq!(from_toml, from_json);
    assert_eq!(spec::read("f.toml", &format!("\u{feff}{FULL}")).unwrap(), from_toml);
    assert_eq!(spec::read("f.toml", &FULL.replace('\n', "\r\n")).unwrap(), from_toml);
}

#[test]
fn nesting_is_refused_and_not_followed() {
    for open in ["[", "{\"a\":", "a = [", "{ a = "] {
        let text = open.repeat(100_000);
        assert!(spec::read("f", &text).is_err());
        assert!(spec::read("f", &format!("a = {text}")).is_err());
        assert!(spec::read("f", &format!("{{\"a\": {text}")).is_err());
    }
    let keys = "a.".repeat(100_000) + "a = 1";
    assert!(spec::read("f", &keys).is_err());
}
