//! Every kind of requirement, met and not met; what is not understood; hostile documents.

mod hostile;
mod odd;

use serde_json::Value;

use super::{
    finding::Finding,
    judge::{Report, Verdict, judge},
    profile::{self, Profile},
};
use crate::redfish::tree::{self, Tree};

const PROFILE: &str = include_str!("tests/every.profile.json");
const TREE: &str = include_str!("tests/every.tree.json");
const ROWS: &str = include_str!("tests/every.rows.tsv");

/// Reads a tree of bodies by path; `Allow` in a body is the header.
fn tree(text: &str) -> Tree {
    let all: Value = serde_json::from_str(text).expect("JSON");
    let mut tree = Tree::default();
    for (path, body) in all.as_object().expect("bodies by path") {
        let allow = body.get("Allow").and_then(Value::as_str);
        let headers = allow.map(|allow| ("allow".to_owned(), allow.to_owned()));
        let answer = tree::answer(body.to_string().as_bytes(), headers.into_iter().collect());
        tree.put(path.clone(), answer);
    }
    tree
}

fn profile(text: &str) -> Profile {
    profile::read(text.as_bytes()).expect("a profile")
}

fn judged(profile_text: &str, tree_text: &str) -> Report {
    judge(&[&profile(profile_text)], &tree(tree_text))
}

fn row(finding: &Finding) -> String {
    let kind = if finding.resource.is_empty() { finding.kind.as_str() } else { &finding.resource };
    let case = finding.use_case.as_deref().unwrap_or_default();
    format!(
        "{kind}\t{case}\t{}\t{}\t{}\t{}",
        finding.property,
        finding.requirement.text(),
        finding.level.word(),
        finding.outcome.text()
    )
}

#[test]
fn every_kind_of_requirement_comes_to_what_it_should() {
    let report = judged(PROFILE, TREE);
    let rows: Vec<String> = report.findings.iter().map(row).collect();
    let rows = rows.join("\n");
    assert_eq!(rows.trim(), ROWS.trim(), "\n{rows}\n");
    assert_eq!(report.verdict(), Verdict::Failed);
    assert!(report.missing.is_empty(), "{:?}", report.missing);
    for finding in &report.findings {
        let (zh, en) = finding.said();
        assert!(!zh.ends_with('：') && !en.ends_with(": "), "{finding:?}");
    }
}
