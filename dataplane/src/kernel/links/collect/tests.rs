//! Dumps of a kernel, as they were captured.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::seen::{Bridge, Vxlan};
use crate::wanted::BridgePort;

const CAPTURED: &str = include_str!("captured.txt");

fn captured() -> Vec<(&'static str, Vec<u8>)> {
    let lines = CAPTURED.lines().filter(|line| !line.starts_with('#'));
    let messages = lines.map(|line| {
        let mut words = line.split(' ');
        let (name, _kind) = (words.next().unwrap(), words.next().unwrap());
        (name, bytes(words.next().unwrap()))
    });
    messages.collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn heard(messages: &[(&str, Vec<u8>)], interest: &Interest) -> Seen {
    let mut links = Links::default();
    let mut addresses = Addresses::default();
    let mut routes = Routes::default();
    for (name, body) in messages {
        match *name {
            "link" => links.hear(body),
            "addr" => addresses.hear(body),
            "route" => routes.hear(body),
            "nexthop" => routes.hear_nexthop(body),
            _ => {}
        }
    }
    let mut neighbours = Entries::new(&links, interest);
    for (_name, body) in messages.iter().filter(|(name, _)| matches!(*name, "fdb" | "neigh")) {
        neighbours.hear(body);
    }
    seen(&links, addresses, neighbours, &routes)
}

fn device(name: &str) -> Device {
    name.parse().unwrap()
}

fn interest() -> Interest {
    Interest { devices: [device("p1")].into() }
}

#[test]
fn devices_are_seen_with_their_settings() {
    let seen = heard(&captured(), &interest());
    let names: Vec<_> = seen.links.keys().map(Device::as_str).collect();
    assert_eq!(names, ["asb1", "asv1", "far", "lo", "p1", "q1", "q2"]);

    let bridge = &seen.links[&device("asb1")];
    assert_eq!(bridge.kind.as_deref(), Some("bridge"));
    assert_eq!(bridge.alias.as_deref(), Some("assay:network:red"));
    assert_eq!((bridge.mtu, bridge.up, bridge.no_arp), (1450, true, true));
    assert!(!bridge.generates_addresses);
    let settings = Bridge {
        calls_ipv4_rules: true,
        calls_ipv6_rules: true,
        stp: false,
        multicast_snooping: false,
    };
    assert_eq!(bridge.bridge, Some(settings));

    let vxlan = &seen.links[&device("asv1")];
    let local = Some("192.0.2.1".parse().unwrap());
    let settings = Vxlan { vni: 100, local, port: 4789, learning: false, proxy: true };
    assert_eq!(vxlan.vxlan, Some(settings));
    assert_eq!(vxlan.master, Some(device("asb1")));
    let silent = BridgePort {
        learning: false,
        flood: false,
        multicast_flood: false,
        broadcast_flood: false,
        neighbour_suppression: true,
    };
    assert_eq!(vxlan.bridge_port, Some(silent));

    let port = &seen.links[&device("p1")];
    assert_eq!((port.kind.as_deref(), &port.alias), (Some("veth"), &None));
    assert_eq!((&port.peer, &port.master), (&Some(device("q1")), &Some(device("asb1"))));
    assert_eq!((port.mtu, port.no_arp, port.generates_addresses), (1500, false, true));
    assert!(port.bridge_port.is_some_and(|port| port.learning && port.flood));

    let far = &seen.links[&device("q1")];
    assert_eq!(far.mac, Some(Mac([2, 0, 0, 0, 0, 0x11])));
    assert_eq!((&far.peer, &far.bridge_port), (&Some(device("p1")), &None));

    let loopback = &seen.links[&device("lo")];
    assert_eq!((loopback.kind.as_deref(), loopback.mtu), (None, 65536));
}

#[test]
fn addresses_and_routes_show_what_the_node_itself_uses() {
    let seen = heard(&captured(), &interest());
    let addresses = |name| -> Vec<String> {
        let all = seen.links[&device(name)].addresses.iter().map(IpNet::to_string);
        all.filter(|address| !address.starts_with("fe80")).collect()
    };
    assert_eq!(addresses("far"), ["203.0.113.1/24", "2001:db8::1/64"]);
    // The near end of a point-to-point address, not the far one.
    assert_eq!(addresses("q2"), ["203.0.113.129/32"]);
    assert_eq!(addresses("asb1"), [""; 0]);
    let routed: Vec<_> = seen.routed_devices.iter().map(Device::as_str).collect();
    assert_eq!(routed, ["far", "q2"]);
    let without = |left_out: &str| {
        let rest = captured().into_iter().filter(|(name, _)| *name != left_out);
        heard(&rest.collect::<Vec<_>>(), &interest()).routed_devices
    };
    assert_eq!(without("route"), [device("far")].into(), "by its next-hop object");
    assert_eq!(without("nexthop"), seen.routed_devices);
}

#[test]
fn only_entries_made_by_hand_are_seen_and_only_of_devices_that_matter() {
    let key =
        |name, mac: &str, of| ForwardingKey { device: device(name), mac: mac.parse().unwrap(), of };
    let remote = "02:00:00:00:00:21";
    let to = Some("192.0.2.2".parse().unwrap());
    let ours = [
        (key("asv1", remote, ForwardingOf::Device), to),
        (key("asv1", remote, ForwardingOf::Bridge), None),
    ];
    // `p1` is a port of our bridge, wanted or not.
    let local = (key("p1", "02:00:00:00:00:11", ForwardingOf::Bridge), None);
    let all = heard(&captured(), &Interest::default());
    assert_eq!(all.forwarding, ours.clone().into_iter().chain([local.clone()]).collect());
    let mut without = captured();
    without.retain(|(name, body)| {
        *name != "link" || decode::link(body).is_none_or(|link| link.name != device("asb1"))
    });
    let wanted = heard(&without, &interest());
    assert_eq!(wanted.forwarding, ours.clone().into_iter().chain([local]).collect());
    assert_eq!(heard(&without, &Interest::default()).forwarding, ours.into());
    let neighbour = |address: &str| {
        let key = NeighbourKey { device: device("asv1"), address: address.parse().unwrap() };
        (key, remote.parse().unwrap())
    };
    assert_eq!(all.neighbours, [neighbour("10.0.0.21"), neighbour("fd00::21")].into());
}

proptest! {
    #[test]
    fn a_damaged_dump_is_read_as_far_as_it_goes(
        damage in vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut messages = captured();
        for (which, at, byte) in damage {
            let count = messages.len();
            let body = &mut messages[which.index(count)].1;
            let length = body.len();
            body[at.index(length)] = byte;
        }
        let count = messages.len();
        let body = &mut messages[cut.index(count)].1;
        body.truncate(cut.index(body.len()));
        let seen = heard(&messages, &interest());
        prop_assert!(seen.links.len() <= 7);
    }
}
