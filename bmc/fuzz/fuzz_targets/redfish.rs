//! Any bytes as an archive of a tree, as one answer, and as a tree of answers by path: loaded, walked
//! and read without a panic, to an end, and every finding is a sentence.

#![no_main]

use bmc::redfish::{
    finding::Read,
    inventory, load, log, root, sensors,
    tree::{self, Answer, Tree},
    walk::{Bounds, Purpose, Walk},
};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if load::is_archive(bytes) {
        match load::archive(bytes) {
            Ok(read) => read_all(&read.value),
            Err(error) => assert!(!error.to_string().is_empty() && !error.in_chinese().is_empty()),
        }
        return;
    }
    let answer = tree::answer(bytes, Default::default());
    let Answer::Resource(resource) = &answer else { return };
    let mut tree = Tree::default();
    let mut is_tree = false;
    for (path, body) in resource.body.as_object().into_iter().flatten() {
        if let Some(path) = tree::path(path).filter(|_| matches!(body, Value::Object(_))) {
            tree.put(path, tree::answer(body.to_string().as_bytes(), Default::default()));
            is_tree = true;
        }
    }
    if !is_tree {
        tree.put("/redfish/v1".to_owned(), answer);
    }
    read_all(&tree);
    let purposes = [Purpose::Identity, Purpose::Inventory, Purpose::Logs, Purpose::Everything];
    // One of them each time, by what is as good as chance.
    let purpose = purposes.get(bytes.len() % purposes.len()).copied().unwrap_or(Purpose::Sensors);
    let bounds = Bounds { resources: 100, ..Bounds::default() };
    let mut walk = Walk::within(purpose, bounds);
    let mut asked = 0;
    while let Some(path) = walk.next() {
        asked += 1;
        assert!(asked <= bounds.resources);
        let answer = tree.answer(&path).cloned().unwrap_or(Answer::Status(404));
        walk.answered(&path, answer);
    }
    assert!(walk.is_done());
    said(&walk.finish());
});

fn read_all(tree: &Tree) {
    said(&root::identity(tree));
    said(&root::power(tree));
    said(&root::boot(tree));
    let found = inventory::inventory(tree);
    assert!(found.value.machines().len() <= found.value.systems.len());
    assert!(
        found.value.graphics().len() <= found.value.processors.len() + found.value.devices.len()
    );
    said(&found);
    said(&sensors::sensors(tree));
    said(&log::logs(tree));
}

fn said<T>(read: &Read<T>) {
    for finding in &read.findings {
        let (zh, en) = finding.said();
        assert!(!zh.is_empty() && !en.is_empty());
    }
}
