//! Any part of a profile or of a tree may be anything: nothing panics, and what is not understood
//! does not pass.

use serde_json::{Value, json};

use super::{PROFILE, TREE, profile, tree};
use crate::interop::{
    finding::{Outcome, Requirement},
    judge::judge,
    profile::read,
};

/// Returns the place of every value below `value`.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                places(field, &format!("{here}/{}", escaped(key)), all);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                places(item, &format!("{here}/{at}"), all);
            }
        }
        _ => {}
    }
}

/// Calls `with` with `text` in which each value in turn is another one.
fn each_bent(text: &str, with: &mut dyn FnMut(&Value, &str)) {
    let whole: Value = serde_json::from_str(text).expect("JSON");
    let mut all = Vec::new();
    places(&whole, "", &mut all);
    let others = [json!(null), json!(-1), json!("^("), json!([null, {}]), json!({ "x": [] })];
    for (at, place) in all.iter().enumerate().skip(1) {
        // Each in its turn, all of them somewhere.
        let mut bent = whole.clone();
        *bent.pointer_mut(place).expect("a place") = others[at % others.len()].clone();
        with(&bent, place);
    }
}

#[test]
fn any_part_of_a_profile_may_be_anything() {
    let tree = tree(TREE);
    each_bent(PROFILE, &mut |bent, place| {
        let Ok(profile) = read(bent.to_string().as_bytes()) else { return };
        let report = judge(&[&profile], &tree);
        for finding in &report.findings {
            let (zh, en) = finding.said();
            assert!(!zh.ends_with('：') && !en.ends_with(": "), "{place}: {finding:?}");
            let is_told = finding.requirement == Requirement::Profile;
            assert!(!is_told || finding.outcome == Outcome::NotTested, "{place}: {finding:?}");
        }
        let told = report.findings.iter().filter(|one| one.requirement == Requirement::Profile);
        assert_eq!(told.count(), profile.unread.len(), "{place}");
    });
}

#[test]
fn any_part_of_a_tree_may_be_anything() {
    let profile = profile(PROFILE);
    let asked = judge(&[&profile], &tree(TREE)).findings.len();
    let mut least = usize::MAX;
    each_bent(TREE, &mut |bent, _place| {
        least = least.min(judge(&[&profile], &tree(&bent.to_string())).findings.len());
    });
    // What is asked of the service is asked whatever it answers.
    assert!(least > 20 && least < asked, "{least} of {asked}");
}
