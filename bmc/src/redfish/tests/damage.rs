//! A tree damaged anywhere is read without a panic, costs what was damaged and no more, and the
//! damage is told of.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{modern, old, put};
use crate::redfish::{
    finding::Read,
    inventory::{Inventory, inventory},
    log, root, sensors,
    tree::Tree,
};

/// Every place in the bodies of a tree: a path and a pointer.
fn places(tree: &Tree) -> Vec<(String, String)> {
    fn below(value: &Value, pointer: &str, found: &mut Vec<String>) {
        let mut each = |key: &str, value: &Value| {
            let key = key.replace('~', "~0").replace('/', "~1");
            let pointer = format!("{pointer}/{key}");
            below(value, &pointer, found);
            found.push(pointer);
        };
        match value {
            Value::Object(fields) => fields.iter().for_each(|(key, value)| each(key, value)),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(at, value)| each(&at.to_string(), value));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (path, _) in tree.answers() {
        let mut pointers = Vec::new();
        below(tree.body(path).unwrap(), "", &mut pointers);
        found.extend(pointers.into_iter().map(|pointer| (path.to_owned(), pointer)));
    }
    found
}

fn damaged(tree: &Tree, (path, pointer): &(String, String), with: Option<&Value>) -> Tree {
    let mut body = tree.body(path).unwrap().clone();
    let (above, key) = pointer.rsplit_once('/').unwrap();
    match (with, body.pointer_mut(above).unwrap()) {
        (Some(value), _) => *body.pointer_mut(pointer).unwrap() = value.clone(),
        (None, Value::Object(fields)) => {
            drop(fields.remove(&key.replace("~1", "/").replace("~0", "~")));
        }
        (None, Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
        (None, _) => unreachable!(),
    }
    let mut tree = tree.clone();
    put(&mut tree, path, body);
    tree
}

fn read_all(tree: &Tree) -> Read<Inventory> {
    let mut read = inventory(tree);
    read.findings.extend(sensors::sensors(tree).findings);
    read.findings.extend(log::logs(tree).findings);
    read.findings.extend(root::identity(tree).findings);
    read.findings.extend(root::boot(tree).findings);
    read
}

fn size(found: &Inventory) -> [usize; 10] {
    [
        found.systems.len(),
        found.chassis.len(),
        found.managers.len(),
        found.processors.len(),
        found.modules.len(),
        found.drives.len(),
        found.adapters.len(),
        found.supplies.len(),
        found.fans.len(),
        found.firmware.len(),
    ]
}

/// Says whether a place is part of a link or of a list: what is lost there is more than a field.
fn leads_on(tree: &Tree, (path, pointer): &(String, String)) -> bool {
    let value = tree.body(path).unwrap().pointer(pointer).unwrap();
    let is_link = pointer.ends_with("@odata.id") || value.get("@odata.id").is_some();
    is_link || value.is_array() || value.is_object() || pointer.ends_with("ProcessorType")
}

/// Values of the wrong type for anything that stands in a tree.
fn wrong() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!({ "x": { "y": [] } })),
        Just(json!([[{}], "x", null, 7])),
        Just(json!(-1.5e300)),
        Just(json!("�\u{0}https://other.example/redfish/v1")),
        Just(json!(true)),
        Just(json!([{ "@odata.id": "/redfish/v1" }])),
        Just(json!({ "@odata.id": "/redfish/v1/../../etc/passwd" })),
        Just(json!({ "@odata.id": "/redfish/v1/Systems/1#/Boot/x/0" })),
    ]
}

#[test]
fn a_field_of_the_wrong_type_costs_that_field_and_is_told_of() {
    let wrongs = [json!({ "x": 1 }), json!([1, 2])];
    for tree in [modern(), old()] {
        let sound = read_all(&tree);
        let mut told = 0;
        for place in places(&tree).iter().filter(|place| !leads_on(&tree, place)) {
            for wrong in &wrongs {
                let read = read_all(&damaged(&tree, place, Some(wrong)));
                assert_eq!(size(&read.value), size(&sound.value), "{place:?} {wrong}");
                if read.value != sound.value || read.findings != sound.findings {
                    let (path, pointer) = place;
                    let is_there = |finding: &&crate::redfish::finding::Finding| {
                        finding.path == *path && finding.pointer.starts_with(pointer)
                    };
                    assert!(
                        read.losses().any(|loss| is_there(&loss)),
                        "{place:?}: {:#?}",
                        read.findings
                    );
                    told += 1;
                }
            }
        }
        assert!(told > 60, "only {told} fields matter: the test looks past its subject");
    }
}

#[test]
fn a_member_that_is_gone_costs_that_member_and_is_told_of() {
    for tree in [modern(), old()] {
        let sound = read_all(&tree);
        let mut told = 0;
        for (path, _) in tree.answers().filter(|(path, _)| *path != "/redfish/v1") {
            let mut gone = tree.clone();
            gone.put(path.to_owned(), crate::redfish::tree::Answer::Status(404));
            let read = read_all(&gone);
            let lost: usize =
                size(&sound.value).iter().sum::<usize>() - size(&read.value).iter().sum::<usize>();
            if path.rsplit('/').next().is_some_and(|id| id.chars().any(|c| c.is_ascii_digit())) {
                // A member takes with it what hangs on it alone; a system and a chassis do.
                let is_large = path.ends_with("Systems/1") || path.ends_with("Chassis/1");
                assert!(lost <= 1 || is_large, "{path}: {lost}");
            }
            assert!(read.losses().any(|loss| loss.path == path), "{path}: {:#?}", read.findings);
            told += 1;
        }
        assert!(told > 10);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_is_survived(
        is_old: bool,
        damages in prop::collection::vec((any::<prop::sample::Index>(), prop::option::of(wrong())), 1..6),
    ) {
        let mut tree = if is_old { old() } else { modern() };
        for (at, with) in damages {
            let places = places(&tree);
            let place = &places[at.index(places.len())];
            tree = damaged(&tree, place, with.as_ref());
        }
        let read = read_all(&tree);
        // Nothing is made up: no more parts than there were, but for what is linked to twice.
        prop_assert!(size(&read.value).iter().sum::<usize>() < 60);
        for finding in &read.findings {
            let (zh, en) = finding.said();
            prop_assert!(!zh.is_empty() && !en.is_empty());
        }
    }
}
