//! The rows that wait for a workload: a run that reaches each target passes its check, one step
//! short of any of them fails, and nothing else answers it. The targets of devices are the numbers
//! of the wording.

use std::collections::BTreeMap;

use profiles::check::{Amount, Check, Condition, Literal, Rule, Test};
use profiles::coverage::{Coverage, coverage};
use profiles::workload::named;
use profiles::{Catalogue, Profile, Verdict, judge};
use serde_json::{Value, json};

use Verdict::{Fail, NotMeasured, Pass};

fn profiles() -> Vec<Profile> {
    let catalogue = Catalogue::bundled();
    catalogue.ids().iter().map(|id| catalogue.profile(id).expect("it is bundled")).collect()
}

/// Returns the parts of a condition that all have to hold, by the field each is about.
fn parts(condition: &Condition) -> Vec<(String, &Test)> {
    match condition {
        Condition::All(all) => all.iter().flat_map(parts).collect(),
        Condition::Value { path, test, .. } => vec![(path.to_string(), test)],
        other => panic!("a workload's check has {other:?}"),
    }
}

/// Returns what is just enough for a test, and what just is not.
fn edge(test: &Test) -> (Value, Value) {
    let number = |value: i128| json!(i64::try_from(value).expect("it fits a fact"));
    match test {
        Test::Min(Amount { value, .. }) => (number(*value), number(value - 1)),
        Test::Max(Amount { value, .. }) => (number(*value), number(value + 1)),
        Test::Eq(Literal::Amount(Amount { value, .. })) => (number(*value), number(value + 1)),
        Test::Eq(Literal::Flag(flag)) => (json!(flag), json!(!flag)),
        other => panic!("a workload's check has {other:?}"),
    }
}

/// Returns the run that just answers a check: `[workload=…,subject=…,row=…]` and the targets.
fn run(check: &Check, condition: &Condition) -> Value {
    let Rule::Measure { run, .. } = &check.rule else { panic!("{} is no measure", check.check) };
    let mut made = json!({ "id": "1", "validity": "valid", "reasons": [] });
    let path = run.to_string();
    let filter = path.split_once('[').and_then(|(_, rest)| rest.strip_suffix(']'));
    for predicate in filter.expect("a filter").split(',') {
        let (field, value) = predicate.split_once('=').expect("field and value");
        made[field] = json!(value);
    }
    for (field, test) in parts(condition) {
        made[field] = edge(test).0;
    }
    made
}

#[test]
fn a_run_that_reaches_every_target_passes_and_one_step_short_of_any_fails() {
    let (mut passed, mut failed) = (0, 0);
    for profile in profiles() {
        let verdict = |check: &Check, run: &Value| {
            let all = judge(&profile, &json!({ "workload": { "run": [run] } }));
            all.iter().find(|it| it.check == check.check).map(|it| it.verdict)
        };
        for check in &profile.checks {
            let Rule::Measure { run: path, condition, .. } = &check.rule else { continue };
            if named(path).is_none() {
                continue;
            }
            let good = run(check, condition);
            assert_eq!(verdict(check, &good), Some(Pass), "{}: {good}", check.check);
            passed += 1;
            for (field, test) in parts(condition) {
                let mut short = good.clone();
                short[&field] = edge(test).1;
                assert_eq!(verdict(check, &short), Some(Fail), "{}: {short}", check.check);
                short[&field] = Value::Null;
                assert_eq!(verdict(check, &short), Some(NotMeasured), "{}: {short}", check.check);
                failed += 1;
            }
            for (field, other) in [
                ("validity", "invalid"),
                ("workload", "another"),
                ("subject", "another"),
                ("row", "another"),
            ] {
                let mut others = good.clone();
                others[field] = json!(other);
                assert_eq!(verdict(check, &others), Some(NotMeasured), "{}: {others}", check.check);
            }
        }
    }
    assert!(passed > 60 && failed > 120, "{passed} checks with {failed} targets");
}

#[test]
fn what_was_never_run_says_so_once_and_that_papers_stand_in() {
    for profile in profiles() {
        let all = judge(&profile, &json!({}));
        for (check, judged) in profile.checks.iter().zip(&all) {
            let Rule::Measure { run, .. } = &check.rule else { continue };
            if named(run).is_none() || check.close.is_some() {
                continue;
            }
            assert_eq!((judged.verdict, judged.reasons.len()), (NotMeasured, 1), "{judged:#?}");
            let close = judged.reasons[0].close.as_ref().expect("something closes it");
            assert!(close.zh.contains("尚未提供"), "{close:?}");
            assert!(close.en.contains("not to be had yet"), "{close:?}");
        }
    }
}

#[test]
fn the_checks_of_a_row_are_of_one_extent() {
    for line in coverage(&Catalogue::bundled()) {
        let Coverage::Checked { checks } = line.coverage else { continue };
        let first = checks[0].subject;
        let other = checks.iter().find(|check| check.subject != first);
        // The rows of cloud services are sorted with their own profiles.
        if line.row.clause.starts_with("5.3.3.") {
            assert!(other.is_none(), "{}: {first} and {other:?}", line.row.id);
        }
    }
}

/// Targets that the wording says by another word than the number: field, target, wording.
const WORDS: [(&str, i128, &str); 11] = [
    ("tors", 2, "两台 ToR"),
    ("supervisors", 2, "双主控"),
    ("power_supplies", 2, "双电源"),
    ("power_supplies", 2, "电源冗余"),
    ("fan_trays", 2, "双风扇"),
    ("fabric_spares", 1, "N+1"),
    ("monitor_boards", 2, "1+1"),
    ("site_nodes_supported", 101, "超过 100"),
    ("capacity_supported_bytes", 1, "PB 级"),
    ("nodes_added", 1, "扩容"),
    ("repaired", 1, "读修复"),
];
/// Fields that count what was tried, or what went wrong.
const TRIED: [&str; 4] = ["passed", "failed", "errors", "lost"];

/// Returns whether `text` has `number` by itself: not inside of another one.
fn has(text: &str, number: &str) -> bool {
    text.match_indices(number).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + number.len()..].chars().next();
        !before.is_some_and(|c| c.is_ascii_digit()) && !behind.is_some_and(|c| c.is_ascii_digit())
    })
}

#[test]
fn targets_of_devices_are_the_numbers_of_the_wording() {
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for check in profiles().iter().flat_map(|profile| &profile.checks) {
        let Rule::Measure { run, condition, .. } = &check.rule else { continue };
        if named(run).is_none() || !check.row.starts_with("5.3.3.") {
            continue;
        }
        for (field, test) in parts(condition) {
            let (Test::Min(amount) | Test::Max(amount)) = test else { continue };
            if TRIED.contains(&field.as_str()) {
                continue;
            }
            let number = match (amount.field, amount.shown) {
                (Some(field), Some(shown)) => amount.value * field.scale / shown.scale,
                _ => amount.value,
            };
            let wording = &check.wording;
            let plain = has(wording, &number.to_string());
            let wan = number % 10_000 == 0 && has(wording, &format!("{} 万", number / 10_000));
            let word = WORDS.iter().any(|(name, value, word)| {
                (*name, *value) == (field.as_str(), number) && wording.contains(word)
            });
            assert!(plain || wan || word, "{}: {field} {number}: {wording}", check.check);
            *rows.entry(check.row.clone()).or_default() += 1;
        }
    }
    assert!(rows.len() >= 30, "{} rows: {rows:?}", rows.len());
}
