//! Any bytes as an interoperability profile, and as a profile with a tree of answers by path: read
//! and judged without a panic; what was not understood never passes; every finding is a sentence.

#![no_main]

use bmc::{
    interop::{
        finding::{Outcome, Requirement},
        judge::judge,
        profile::{self, Profile},
    },
    redfish::tree::{self, Tree},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// A tree that most profiles ask something of.
const TREE: &str = include_str!("../../src/interop/tests/every.tree.json");

fuzz_target!(|bytes: &[u8]| {
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    // With a tree of its own behind a line of zero, else with that one.
    let (profile, tree) = text.split_once('\0').unwrap_or((text, TREE));
    match profile::read(profile.as_bytes()) {
        Ok(profile) => check(&profile, &read(tree)),
        Err(error) => {
            assert!(!error.to_string().is_empty() && !error.in_chinese().is_empty());
        }
    }
});

fn read(text: &str) -> Tree {
    let mut tree = Tree::default();
    let Ok(Value::Object(all)) = serde_json::from_str(text) else { return tree };
    for (path, body) in all {
        if let Some(path) = tree::path(&path) {
            tree.put(path, tree::answer(body.to_string().as_bytes(), Default::default()));
        }
    }
    tree
}

fn check(profile: &Profile, tree: &Tree) {
    let report = judge(&[profile], tree);
    for finding in &report.findings {
        let (zh, en) = finding.said();
        assert!(!zh.ends_with('：') && !en.ends_with(": "), "{finding:?}");
        if finding.requirement == Requirement::Profile {
            assert_eq!(finding.outcome, Outcome::NotTested, "{finding:?}");
        }
    }
    let told = report.findings.iter().filter(|one| one.requirement == Requirement::Profile);
    assert!(told.count() >= profile.unread.len());
}
