//! Rows that wait for a workload: not measured until it has run, passed at their target, and by no
//! mutant of what it found.

use std::collections::BTreeSet;

use profiles::check::{Check, Condition, Literal, Rule, Test};
use profiles::path::Path;
use profiles::workload::{self, workloads};
use profiles::{Catalogue, Profile, Verdict, judge};
use serde_json::{Value, json};

/// What a check asks of a run: each value that it names, with the test.
fn asked<'c>(condition: &'c Condition, found: &mut Vec<(String, &'c Test)>) {
    match condition {
        Condition::All(parts) => parts.iter().for_each(|part| asked(part, found)),
        Condition::Value { path, test, .. } => found.push((path.to_string(), test)),
        other => panic!("a workload's check asks one value after the other: {other:?}"),
    }
}

/// The value at the target itself, and one just short of it.
fn ends(test: &Test) -> (Value, Value) {
    match test {
        Test::Min(amount) => (json!(small(amount.value)), json!(small(amount.value - 1))),
        Test::Max(amount) | Test::Eq(Literal::Amount(amount)) => {
            (json!(small(amount.value)), json!(small(amount.value + 1)))
        }
        Test::Eq(Literal::Flag(flag)) => (json!(flag), json!(!flag)),
        other => panic!("no workload is asked so: {other:?}"),
    }
}

fn small(value: i128) -> i64 {
    i64::try_from(value).expect("a target fits")
}

/// The run that `path` selects, without what it found.
fn run_of(path: &Path) -> Value {
    let mut run = json!({ "id": "1", "validity": "valid", "reasons": [] });
    for predicate in &path.steps[1].filter {
        assert!(!predicate.negated && predicate.among.len() == 1, "{path}");
        run[predicate.field[0].name.as_str()] = json!(predicate.among[0]);
    }
    run
}

fn verdict(profile: &Profile, check: &Check, run: &Value) -> Verdict {
    let judgements = judge(profile, &json!({ "workload": { "run": [run] } }));
    let found = judgements.iter().find(|one| one.check == check.check);
    found.expect("every check is judged").verdict
}

/// Calls `each` with every check that waits for a workload.
fn each_check(mut each: impl FnMut(&Profile, &Check, &Path, &Condition)) -> usize {
    let catalogue = Catalogue::bundled();
    let mut seen = BTreeSet::new();
    for id in catalogue.ids() {
        let profile = catalogue.profile(&id).expect("it is bundled");
        for check in &profile.checks {
            let Rule::Measure { run, condition, .. } = &check.rule else { continue };
            if workload::named(run).is_some() {
                seen.insert(check.row.clone());
                each(&profile, check, run, condition);
            }
        }
    }
    seen.len()
}

#[test]
fn what_has_not_run_is_not_measured_and_says_what_is_to_be_run() {
    let rows = each_check(|profile, check, run, _| {
        let judgements = judge(profile, &json!({}));
        let found = judgements.iter().find(|one| one.check == check.check).expect("judged");
        assert_eq!(found.verdict, Verdict::NotMeasured, "{}", check.check);
        let name = workload::named(run).expect("it waits for one");
        let close = found.reasons[0].close.as_ref().expect("who closes it");
        assert!(close.zh.contains(&workloads()[name].title.zh), "{}: {}", check.check, close.zh);
    });
    assert!(rows > 0);
}

#[test]
fn a_run_at_the_target_passes_and_no_mutant_of_it_does() {
    each_check(|profile, check, path, condition| {
        let mut values = Vec::new();
        asked(condition, &mut values);
        let mut whole = run_of(path);
        for (name, test) in &values {
            whole[name.as_str()] = ends(test).0;
        }
        assert_eq!(verdict(profile, check, &whole), Verdict::Pass, "{}: {whole}", check.check);
        let mutant = |what: &str, spoil: &dyn Fn(&mut Value), wanted: Verdict| {
            let mut run = whole.clone();
            spoil(&mut run);
            let found = verdict(profile, check, &run);
            assert_eq!(found, wanted, "{}: {what}: {run}", check.check);
        };
        for (name, test) in &values {
            mutant("short", &|run| run[name.as_str()] = ends(test).1, Verdict::Fail);
            let forget = |run: &mut Value| run[name.as_str()] = Value::Null;
            mutant("unknown", &forget, Verdict::NotMeasured);
        }
        let invalid = |run: &mut Value| run["validity"] = json!("invalid");
        mutant("invalid", &invalid, Verdict::NotMeasured);
        let without = |run: &mut Value| run["validity"] = Value::Null;
        mutant("without validity", &without, Verdict::NotMeasured);
        let other = |run: &mut Value| run["subject"] = json!("assay-dataplane");
        mutant("another subject", &other, Verdict::NotMeasured);
        mutant("nobody's", &|run| run["subject"] = Value::Null, Verdict::NotMeasured);
        mutant("another row", &|run| run["row"] = json!("9.9#1"), Verdict::NotMeasured);
        let workload = |run: &mut Value| run["workload"] = json!("other");
        mutant("another workload", &workload, Verdict::NotMeasured);
    });
}
