//! Messages of a kernel, as they were captured, as events.

use super::*;
use crate::kernel::Interest;
use crate::kernel::attribute::Body;
use crate::kernel::links::collect::{Addresses, Entries, Links, Routes, seen};

const CAPTURED: &str = include_str!("../../links/collect/captured.txt");

fn captured() -> Vec<(&'static str, Vec<u8>)> {
    let lines = CAPTURED.lines().filter(|line| !line.starts_with('#'));
    let messages = lines.map(|line| {
        let mut words = line.split(' ');
        let (name, _kind) = (words.next().unwrap(), words.next().unwrap());
        let hex = words.next().unwrap().as_bytes().chunks(2);
        let byte = |pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap();
        (name, hex.map(byte).collect())
    });
    messages.collect()
}

fn device(name: &str) -> Device {
    name.parse().unwrap()
}

/// What was captured, and who minds what is ours there.
fn minding(underlay: Option<&str>) -> Concern {
    let messages = captured();
    let mut links = Links::default();
    messages.iter().filter(|(name, _body)| *name == "link").for_each(|(_, body)| links.hear(body));
    let interest = Interest::default();
    let entries = Entries::new(&links, &interest);
    let seen = seen(&links, Addresses::default(), entries, &Routes::default());
    Concern::new(&Wanted::default(), &seen, underlay.map(device).as_ref())
}

fn message(of: &str) -> Vec<u8> {
    let mut all = captured().into_iter().filter(|(name, _body)| *name == "link");
    let named = |body: &Vec<u8>| decode::link(body).is_some_and(|link| link.name == device(of));
    all.find(|(_name, body)| named(body)).unwrap().1
}

#[test]
fn what_is_known_of_a_device_is_not_told_again() {
    let mut concern = minding(None);
    for (kind, body) in captured() {
        if kind == "link" {
            assert_eq!(concern.of_route(RTM_NEWLINK, &body), None);
        }
    }
    let mut other = message("asb1");
    // `IFF_UP` of `ifinfomsg`.
    other[8] ^= 1;
    let asb1 = Some(device("asb1"));
    assert_eq!(concern.of_route(RTM_NEWLINK, &other), asb1);
    assert_eq!(concern.of_route(RTM_NEWLINK, &other), None, "it is known by now");
    assert_eq!(concern.of_route(RTM_NEWLINK, &message("asb1")), asb1);
    assert_eq!(concern.of_route(RTM_DELLINK, &other), asb1);
    assert_eq!(concern.of_route(RTM_NEWLINK, &other), asb1, "it has come back");
}

#[test]
fn devices_of_others_are_told_where_they_are_wanted_or_in_a_bridge_of_ours() {
    let change = |name: &str| {
        let mut body = message(name);
        body[8] ^= 1;
        body
    };
    let mut concern = minding(None);
    assert_eq!(concern.of_route(RTM_NEWLINK, &change("far")), None);
    assert_eq!(concern.of_route(RTM_DELLINK, &change("far")), None);
    assert_eq!(concern.of_route(RTM_NEWLINK, &change("p1")), Some(device("p1")), "a port");
    let mut concern = minding(Some("far"));
    assert_eq!(concern.of_route(RTM_NEWLINK, &change("far")), Some(device("far")));
    // One that is not there yet.
    let mut concern = Concern::default();
    assert_eq!(concern.of_route(RTM_NEWLINK, &message("q2")), None);
    concern.names.insert(device("q2"));
    assert_eq!(concern.of_route(RTM_NEWLINK, &message("q2")), Some(device("q2")));
}

#[test]
fn entries_are_told_of_devices_that_are_ours() {
    let mut concern = minding(Some("far"));
    let mut told = BTreeSet::new();
    for (kind, body) in captured() {
        if matches!(kind, "fdb" | "neigh") {
            let heard = concern.of_route(RTM_NEWNEIGH, &body);
            assert_eq!(concern.of_route(RTM_DELNEIGH, &body), heard);
            told.extend(heard);
        }
    }
    assert_eq!(told, BTreeSet::from([device("asv1")]));
}

#[test]
fn a_bridge_tells_of_its_ports() {
    let p1 = decode::link(&message("p1")).unwrap();
    let said = |flood: u8, master: u32| {
        let mut body = Body(vec![decode::AF_BRIDGE, 0, 0, 0]);
        body.0.extend(p1.link.index.to_ne_bytes());
        body.0.extend([0; 8]);
        body.put_text(3, "p1");
        body.put_u32(10, master);
        body.nest(12, &mut |port| {
            port.put_u8(8, 1);
            port.put_u8(9, flood);
        });
        body.0
    };
    let (mut concern, master) = (minding(None), p1.master.unwrap());
    assert_eq!(concern.of_route(RTM_NEWLINK, &said(1, master)), None);
    assert_eq!(concern.of_route(RTM_NEWLINK, &said(0, master)), Some(device("p1")));
    assert_eq!(concern.of_route(RTM_NEWLINK, &said(0, master)), None);
    assert_eq!(concern.of_route(RTM_NEWLINK, &said(0, 999)), Some(device("p1")));
    assert_eq!(concern.of_route(RTM_DELLINK, &said(0, 999)), Some(device("p1")), "it left");
}

#[test]
fn rules_are_told_of_our_tables_only() {
    let of = |kind: u16, family: u8, table: &str| {
        let mut body = Body(vec![family, 0, 0, 0]);
        body.put_text(1, table);
        Concern::of_rules(kind, &body.0)
    };
    let (new_rule, inet, netdev, ip) = (0x0a06, 1, 5, 2);
    assert!(of(new_rule, inet, TABLE) && of(new_rule, netdev, TABLE));
    assert!(!of(new_rule, ip, TABLE) && !of(new_rule, inet, "theirs"));
    assert!(!of(NEW_GENERATION, inet, TABLE) && !of(0x0106, inet, TABLE));
    assert!(!Concern::of_rules(new_rule, &[inet]) && !Concern::of_rules(new_rule, &[]));
}
