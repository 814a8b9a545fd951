//! Walks of trees made here, as a live service answers them.

use std::collections::BTreeSet;

use serde_json::json;

use super::{link, members, modern, old, put, tree};
use crate::redfish::{
    finding::{Read, Trouble},
    inventory, log, root, sensors,
    tree::{Answer, Tree},
    walk::{Bounds, Purpose, Walk},
};

/// Walks `service` with up to `flights` requests at once, the last asked answered first.
fn walk(service: &Tree, mut walk: Walk, flights: usize) -> (Read<Tree>, Vec<String>) {
    let (mut flying, mut asked) = (Vec::new(), Vec::new());
    loop {
        while flying.len() < flights
            && let Some(path) = walk.next()
        {
            asked.push(path.clone());
            flying.push(path);
        }
        let Some(path) = flying.pop() else { break };
        let answer = service.answer(&path).cloned().unwrap_or(Answer::Status(404));
        walk.answered(&path, answer);
    }
    assert!(walk.is_done());
    (walk.finish(), asked)
}

#[test]
fn a_walk_fetches_what_its_readers_read_and_nothing_twice() {
    for service in [modern(), old()] {
        for flights in [1, 2, 4] {
            let (read, asked) = walk(&service, Walk::new(Purpose::Inventory), flights);
            assert_eq!(inventory::inventory(&read.value), inventory::inventory(&service));
            assert_eq!(asked.iter().collect::<BTreeSet<_>>().len(), asked.len());
            let (read, _) = walk(&service, Walk::new(Purpose::Sensors), flights);
            assert_eq!(sensors::sensors(&read.value), sensors::sensors(&service));
            let (read, _) = walk(&service, Walk::new(Purpose::Logs), flights);
            assert_eq!(log::logs(&read.value), log::logs(&service));
            let (read, _) = walk(&service, Walk::new(Purpose::Everything), flights);
            assert_eq!(inventory::inventory(&read.value), inventory::inventory(&service));
        }
    }
}

#[test]
fn who_a_machine_is_takes_four_requests_and_its_power_three() {
    let service = modern();
    let (read, asked) = walk(&service, Walk::new(Purpose::Identity), 2);
    assert_eq!(
        asked,
        ["/redfish/v1", "/redfish/v1/Systems", "/redfish/v1/Systems/1", "/redfish/v1/Managers/1",]
    );
    assert_eq!(root::identity(&read.value), root::identity(&service));
    let (_, asked) = walk(&service, Walk::new(Purpose::Power), 2);
    assert_eq!(asked.len(), 3);
}

#[test]
fn everything_is_every_link_but_schemas_and_other_hosts() {
    let service = tree(&[
        (
            "/redfish/v1",
            json!({
                "Systems": link("/redfish/v1/Systems"), "JsonSchemas": link("/redfish/v1/JsonSchemas"),
                "Registries": link("/redfish/v1/Registries"),
                "Outlet": link("https://pdu.example/redfish/v1/Outlets/1"),
                "Oem": { "Example": { "Deep": [{ "Far": link("/redfish/v1/Oem/Far") }] } },
            }),
        ),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1"])),
        (
            "/redfish/v1/Systems/1",
            json!({ "@odata.context": "/redfish/v1/$metadata#X",
            "Up": link("/redfish/v1/"), "Part": link("/redfish/v1/Systems#/Members/0") }),
        ),
        ("/redfish/v1/Oem/Far", json!({ "Next@odata.nextLink": "/redfish/v1/Oem/Far?$skip=1" })),
    ]);
    let (read, asked) = walk(&service, Walk::new(Purpose::Everything), 2);
    let asked: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    let expected = [
        "/redfish/v1",
        "/redfish/v1/Oem/Far",
        "/redfish/v1/Oem/Far?$skip=1",
        "/redfish/v1/Systems",
        "/redfish/v1/Systems/1",
    ];
    assert_eq!(asked, BTreeSet::from(expected));
    let [finding] = read.findings.as_slice() else { panic!("{:#?}", read.findings) };
    assert_eq!(finding.pointer, "/Outlet/@odata.id");
    assert_eq!(
        finding.trouble,
        Trouble::OffHost("https://pdu.example/redfish/v1/Outlets/1".to_owned())
    );
}

#[test]
fn a_service_without_end_is_walked_to_the_bounds() {
    // Every resource links to two that nobody asked for before.
    for bounds in [
        Bounds { resources: 50, ..Bounds::default() },
        Bounds { depth: 4, ..Bounds::default() },
        Bounds { bytes: 4096, ..Bounds::default() },
    ] {
        let mut walk = Walk::within(Purpose::Everything, bounds);
        let mut count = 0;
        while let Some(path) = walk.next() {
            count += 1;
            assert!(count <= 60, "{bounds:?}");
            let mut one = Tree::default();
            let body = json!({ "a": link(&format!("{path}/a")), "b": link(&format!("{path}/b")) });
            put(&mut one, &path, body);
            walk.answered(&path, one.answer(&path).unwrap().clone());
        }
        let read = walk.finish();
        assert!(
            matches!(read.findings.as_slice(), [finding] if
            matches!(finding.trouble, Trouble::Capped { .. })),
            "{bounds:?}: {:?}",
            read.findings
        );
    }
}

#[test]
fn a_log_without_end_is_read_to_the_bounds() {
    let mut service = modern();
    let entries = "/redfish/v1/Managers/1/LogServices/SEL/Entries";
    put(
        &mut service,
        entries,
        json!({
        "Members": [], "Members@odata.nextLink": format!("{entries}?$skip=1") }),
    );
    let mut walk = Walk::within(Purpose::Logs, Bounds { resources: 100, ..Bounds::default() });
    let mut count = 0;
    while let Some(path) = walk.next() {
        count += 1;
        let page = path.rsplit_once("$skip=").and_then(|(_, page)| page.parse::<u32>().ok());
        if let Some(page) = page {
            let next = format!("{entries}?$skip={}", page + 1);
            put(&mut service, &path, json!({ "Members": [], "Members@odata.nextLink": next }));
        }
        walk.answered(&path, service.answer(&path).cloned().unwrap_or(Answer::Status(404)));
    }
    assert_eq!(count, 100);
    let read = walk.finish();
    assert!(!read.is_complete());
}

#[test]
fn collections_that_no_root_links_to_are_tried_where_others_have_them() {
    let service = tree(&[
        ("/redfish/v1", json!({ "Id": "RootService" })),
        ("/redfish/v1/Systems", members(&["/redfish/v1/Systems/1"])),
        ("/redfish/v1/Systems/1", json!({ "SerialNumber": "SN0004" })),
    ]);
    let (read, _) = walk(&service, Walk::new(Purpose::Identity), 1);
    let hosts = root::identity(&read.value);
    assert_eq!(hosts.value[0].identity.serial.as_deref(), Some("SN0004"));
    let guessed = |finding: &crate::redfish::finding::Finding| finding.trouble == Trouble::Guessed;
    assert!(hosts.findings.iter().any(guessed));
    assert!(hosts.is_complete(), "{:#?}", hosts.findings);
}

#[test]
fn a_tree_that_multiplies_is_read_to_the_bound() {
    let ports: Vec<String> = (0..400).map(|at| format!("/redfish/v1/Ports/{at}")).collect();
    let adapters: Vec<_> = (0..400)
        .map(|at| {
            json!({ "@odata.id": format!("/redfish/v1/Adapters/{at}"), "@odata.type": "#A",
                          "Id": at.to_string(), "Ports": link("/redfish/v1/Ports") })
        })
        .collect();
    let mut service = tree(&[
        ("/redfish/v1", json!({ "Chassis": link("/redfish/v1/Chassis") })),
        ("/redfish/v1/Chassis", members(&["/redfish/v1/Chassis/1"])),
        ("/redfish/v1/Chassis/1", json!({ "NetworkAdapters": link("/redfish/v1/Adapters") })),
        ("/redfish/v1/Adapters", json!({ "Members": adapters })),
        ("/redfish/v1/Ports", members(&ports.iter().map(String::as_str).collect::<Vec<_>>())),
    ]);
    for port in &ports {
        put(&mut service, port, json!({ "Id": port }));
    }
    let read = inventory::inventory(&service);
    let ports: usize = read.value.adapters.iter().map(|adapter| adapter.ports.len()).sum();
    assert!((50_000..60_000).contains(&ports), "{ports}");
    let capped = |finding: &crate::redfish::finding::Finding| {
        matches!(finding.trouble, Trouble::Capped { .. })
    };
    assert_eq!(read.findings.iter().filter(|finding| capped(finding)).count(), 1);
}
