//! The rows that wait for a workload: what its run has to have found to answer one, that nothing
//! short of it does, and that a row is of one extent.
#![expect(clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeMap;

use profiles::check::{Condition, Literal, Rule, Test};
use profiles::coverage::coverage;
use profiles::workload::{named, workloads};
use profiles::{Catalogue, Extent, Profile, Verdict, judge};
use serde_json::{Value, json};

fn profiles() -> Vec<Profile> {
    let catalogue = Catalogue::bundled();
    catalogue.ids().iter().map(|id| catalogue.profile(id).expect("bundled")).collect()
}

/// Returns each field that `condition` asks for, a value that just meets it and one that just
/// does not.
fn edges(condition: &Condition) -> Vec<(String, Value, Value)> {
    match condition {
        Condition::All(parts) => parts.iter().flat_map(edges).collect(),
        Condition::Value { path, test, .. } => {
            let number = |value: i128| json!(i64::try_from(value).expect("targets are small"));
            let (at, beyond) = match test {
                Test::Min(amount) => (number(amount.value), number(amount.value - 1)),
                Test::Max(amount) | Test::Eq(Literal::Amount(amount)) => {
                    (number(amount.value), number(amount.value + 1))
                }
                Test::Eq(Literal::Flag(flag)) => (json!(flag), json!(!flag)),
                other => panic!("a workload is asked otherwise: {other:?}"),
            };
            vec![(path.to_string(), at, beyond)]
        }
        other => panic!("a workload is asked otherwise: {other:?}"),
    }
}

#[test]
fn a_row_that_waits_for_a_workload_passes_at_its_target_and_never_short_of_it() {
    let mut rows = 0;
    for profile in profiles() {
        for check in &profile.checks {
            let Rule::Measure { run, condition, .. } = &check.rule else { continue };
            let Some(name) = named(run) else { continue };
            rows += 1;
            let subject = &workloads()[name].subject;
            let edges = edges(condition);
            let mut sound = json!({
                "id": "1", "workload": name, "subject": subject, "row": check.row,
                "validity": "valid", "reasons": [],
            });
            for (field, at, _) in &edges {
                sound[field] = at.clone();
            }
            let verdict = |runs: &[&Value]| {
                let all = judge(&profile, &json!({ "workload": { "run": runs } }));
                let found = all.into_iter().find(|one| one.check == check.check);
                found.expect("it is a check of the profile").verdict
            };
            let (id, of) = (&profile.id, &check.check);
            assert_eq!(verdict(&[&sound]), Verdict::Pass, "{id} {of}");
            assert_eq!(verdict(&[]), Verdict::NotMeasured, "{id} {of}");
            for (field, _, beyond) in &edges {
                let mut run = sound.clone();
                run[field] = beyond.clone();
                assert_eq!(verdict(&[&run]), Verdict::Fail, "{id} {of} {field} {beyond}");
                run[field] = Value::Null;
                assert_eq!(verdict(&[&run]), Verdict::NotMeasured, "{id} {of} {field}");
            }
            for (field, other) in [
                ("workload", json!("another")),
                ("subject", json!("assay-dataplane")),
                ("row", json!("8.3.9#1")),
                ("validity", json!("invalid")),
            ] {
                let mut run = sound.clone();
                run[field] = other;
                assert_eq!(verdict(&[&run]), Verdict::NotMeasured, "{id} {of} {field}");
            }
        }
    }
    assert!(rows > 60, "{rows}");
}

#[test]
fn an_open_row_names_its_workload_and_no_command_that_cannot_run_it() {
    for profile in profiles() {
        for judgement in judge(&profile, &json!({})) {
            let check = profile.checks.iter().find(|check| check.check == judgement.check);
            let Some(Rule::Measure { run, .. }) = check.map(|check| &check.rule) else { continue };
            let Some(name) = named(run) else { continue };
            let closes: Vec<_> =
                judgement.reasons.iter().filter_map(|reason| reason.close.as_ref()).collect();
            assert_eq!(closes.len(), 1, "{judgement:#?}");
            assert!(closes[0].zh.contains(&workloads()[name].title.zh), "{judgement:#?}");
            assert!(!closes[0].zh.contains("--from"), "{judgement:#?}");
        }
    }
}

#[test]
fn the_checks_of_a_row_are_of_one_extent() {
    let mut extents: BTreeMap<String, (Extent, String)> = BTreeMap::new();
    for profile in profiles() {
        let extent = profile.subject.extent();
        for check in &profile.checks {
            let of = extents.entry(check.row.clone()).or_insert((extent, profile.id.clone()));
            assert_eq!(of.0, extent, "{} is in {} and in {}", check.row, of.1, profile.id);
        }
    }
}

#[test]
fn every_check_for_a_person_says_how_what_is_shown_and_by_whom() {
    for profile in profiles() {
        for check in &profile.checks {
            let Rule::Attest { asked, .. } = &check.rule else { continue };
            assert!(asked.is_some(), "{} {}", profile.id, check.check);
        }
    }
}

#[test]
fn a_target_is_the_number_of_the_rows_wording() {
    let table: [(&str, &str, &[&str]); 34] = [
        ("5.2.1#1", "compute-service.machine.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.1#2", "compute-service.guest.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.1#3", "compute-service.image.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.1.2#4", "bms-pool.size", &["256"]),
        ("5.2.1.3#1", "image-service.number", &["200"]),
        ("5.2.2#1", "storage-service.block.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.2#2", "storage-service.object.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.2#3", "storage-service.file.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.2.2#7", "object-service.largest", &["5 TB"]),
        ("5.2.2.3#1", "file-service.capacity", &["100 PB"]),
        ("5.2.2.3#3", "file-service.bandwidth", &["2.5 Gbit/s"]),
        ("5.2.3#1", "network-service.vpc.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.3#2", "network-service.groups.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.3#3", "network-service.firewall.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.3#4", "network-service.balancer.delivery", &["30 min", "24 h", "99.95 %"]),
        ("5.2.3#5", "network-service.eip.delivery", &["30 min", "72 h", "99.95 %"]),
        ("5.2.3.1#5", "network-service.vpc.number", &["500"]),
        ("5.2.5#1", "rack.one-u", &["42 U", "≥ 1 U"]),
        ("5.2.5#2", "rack.two-u", &["42 U", "≥ 2 U"]),
        ("5.2.5#3", "rack.whole", &["42 U"]),
        ("5.2.5#4", "rack.power", &["4 kW", "≥ 2"]),
        ("5.3.2.1#2", "cloud-platform.regions", &["300"]),
        ("5.3.2.1#3", "cloud-platform.vdcs", &["1000"]),
        ("5.3.2.1#4", "cloud-platform.zone", &["10000"]),
        ("5.3.2.1#5", "cloud-platform.approvals", &["≥ 5", "≥ 10"]),
        ("5.3.2.1#6", "cloud-platform.openstack", &["10000"]),
        ("5.3.2.1#7", "ecs-platform.vcpu", &["255"]),
        ("5.3.2.1#7", "ecs-platform.memory", &["4 TiB"]),
        ("5.3.2.1#8", "cloud-platform.node", &["100"]),
        ("5.3.2.1#9", "cloud-platform.node-volumes", &["2048"]),
        ("5.3.2.1#10", "cloud-platform.node-nics", &["2048"]),
        ("5.3.2.1#11", "cloud-platform.volume", &["≥ 16", "≥ 32"]),
        ("5.3.2.1#12", "cloud-platform.vdc-volumes", &["30000", "60000"]),
        ("8.3.5.1.3#1", "operations.collection", &["1 min"]),
    ];
    let profiles = profiles();
    let checks: Vec<_> = profiles.iter().flat_map(|profile| &profile.checks).collect();
    for (row, id, numbers) in table {
        let check = checks.iter().find(|check| check.check == id).expect(id);
        assert_eq!(check.row, row, "{id}");
        for number in numbers {
            assert!(check.expected.zh.contains(number), "{id}: {}", check.expected.zh);
        }
    }
}

/// Returns the parts of a condition that all have to hold, by the field each is about.
fn parts(condition: &Condition) -> Vec<(String, &Test)> {
    match condition {
        Condition::All(all) => all.iter().flat_map(parts).collect(),
        Condition::Value { path, test, .. } => vec![(path.to_string(), test)],
        other => panic!("a workload's check has {other:?}"),
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

/// Returns the numbers in a text, 万 counted out: `≥ 10 万` has 10 and 100000. What belongs to a
/// name is none: IPv6, S3, RAID 10.
fn numbers(text: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let tail = &rest[at..];
        let end = tail.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(tail.len());
        let number = tail[..end].trim_end_matches('.');
        let before = &rest[..at];
        if before.ends_with(|c: char| c.is_ascii_alphabetic()) || before.ends_with("RAID ") {
            rest = &tail[end..];
            continue;
        }
        numbers.push(number.to_owned());
        if let (true, Ok(wan)) = (tail[end..].trim_start().starts_with('万'), number.parse::<u64>())
        {
            numbers.push((wan * 10_000).to_string());
        }
        rest = &tail[end..];
    }
    numbers
}

/// Rows whose wording says its number by a word: what the target makes of it.
const SAID_BY_WORDS: [(&str, &str, &str); 6] = [
    ("5.1.2#1", "两个业务区", "≥ 6"),
    ("5.3.1.1#3", "三个平面", "三个平面"),
    ("5.3.3.2.2#9", "三种 Cache", "三种"),
    ("5.3.3.3.1#3", "三种", "三种"),
    ("5.3.3.3.1#4", "两台 ToR", "≥ 2"),
    ("5.3.3.3.2#6", "双主控", "≥ 2"),
];

#[test]
fn rows_whose_target_is_the_number_of_their_wording_are_counted() {
    let (mut automatic, mut numbered) = (0, 0);
    for line in coverage(&Catalogue::bundled()) {
        let first = line.first().unwrap_or_else(|| panic!("{} is not checked", line.row.id));
        if !first.kind.is_automatic() {
            continue;
        }
        automatic += 1;
        let wording = numbers(&line.row.text);
        let targets = line.checks().iter().filter(|check| check.kind.is_automatic());
        let mut targets = targets.map(|check| check.target.zh.as_str());
        let by_word = SAID_BY_WORDS.iter().find(|(row, ..)| *row == line.row.id);
        let is_number = targets.any(|target| {
            let by_digits = numbers(target).iter().any(|number| wording.contains(number));
            let by_word = by_word.is_some_and(|(_, said, made)| {
                line.row.text.contains(said) && target.contains(made)
            });
            by_digits || by_word
        });
        numbered += usize::from(is_number);
    }
    // docs/guarantees.md names them.
    assert_eq!((automatic, numbered), (226, 116));
}
