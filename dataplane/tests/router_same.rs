//! What comes from a router or goes to it, the rules decide as the judge does, groups and ACLs
//! together.

use std::collections::BTreeSet;
use std::net::IpAddr;

use dataplane::address::Mac;
use dataplane::desired::routing::{Acl, AclRule};
use dataplane::desired::{Desired, Direction, Family, Peer, Rule, Traffic, Zones};
use dataplane::firewall::compile::compile;
use dataplane::firewall::judge::{Judge, Packet};
use dataplane::nft::Point;
use dataplane::{naming, router, spec};
use proptest::prelude::*;

#[path = "simulate/frame.rs"]
mod frame;
#[path = "simulate/nft.rs"]
mod nft;

const NEW: u32 = 8;
const ESTABLISHED: u32 = 2;
const INVALID: u32 = 1;
/// The port of `compile/router.toml`, and where it is.
const PORT: (&str, &str, Mac) = ("red-a", "10.0.0.11", Mac([2, 0, 0, 0, 0, 0x11]));
/// Elsewhere: in the VPC, in one that is joined, outside.
const OTHERS: [&str; 6] =
    ["10.0.1.21", "10.0.1.99", "10.7.0.31", "192.0.2.7", "198.51.100.7", "203.0.113.20"];

fn state() -> Desired {
    let text = include_str!("compile/router.toml");
    spec::read("router.toml", text).expect("the state is sound")
}

fn traffic() -> impl Strategy<Value = Traffic> {
    prop_oneof![
        Just(Traffic::Any),
        prop_oneof![Just(6_u8), Just(17)].prop_map(Traffic::Protocol),
        (440..446_u16, 0..3_u16).prop_map(|(first, more)| Traffic::Ports {
            protocol: 6,
            first,
            last: first + more
        }),
        Just(Traffic::Icmp { kind: Some(8), code: None }),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let range = prop_oneof![
        Just("192.0.2.0/24"),
        Just("192.0.0.0/8"),
        Just("10.0.0.0/8"),
        Just("0.0.0.0/0"),
        Just("fd00::/16")
    ];
    let ranges = proptest::collection::btree_set(range, 1..3).prop_map(|ranges| {
        let ranges = ranges.into_iter().map(|range| range.parse().expect("it is sound"));
        Peer::Ranges(ranges.collect::<BTreeSet<_>>())
    });
    let peer = prop_oneof![Just(Peer::Any), ranges];
    let family = prop_oneof![Just(None), Just(Some(Family::Ipv4)), Just(Some(Family::Ipv6))];
    let direction = prop_oneof![Just(Direction::In), Just(Direction::Out)];
    (direction, family, traffic(), peer).prop_map(|(direction, family, traffic, peer)| {
        let name = "r".to_owned();
        Rule { name, direction, family, traffic, peer }
    })
}

fn acl() -> impl Strategy<Value = Acl> {
    let rules = proptest::collection::vec((any::<bool>(), rule()), 0..5);
    (any::<bool>(), any::<bool>(), rules).prop_map(|(inward, out, rules)| {
        let rules = rules.into_iter().map(|(allows, rule)| AclRule { allows, rule });
        Acl { id: "edge".to_owned(), inward, out, rules: rules.collect() }
    })
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("it is an address")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn both_decide_alike(
        acl in acl(),
        group in proptest::collection::vec(rule(), 0..4),
        packets in proptest::collection::vec(
            (any::<bool>(), 0..OTHERS.len(), prop_oneof![Just(6_u8), Just(17), Just(1)], 438..448_u16),
            20,
        ),
    ) {
        let mut desired = state();
        desired.routing.acls.insert("red".to_owned(), acl);
        desired.groups.get_mut("web").unwrap().rules = group;
        let zones = naming::zones(&desired, &Zones::default()).unwrap();
        let rules = compile(&desired, &zones).unwrap().inet.unwrap();
        let judge = Judge::new(&desired);
        let bridge = naming::bridge(PORT.0).to_string();
        let forwarded = |macs: (Mac, Mac), asked: &Packet<'_>, state| {
            let above = frame::above(asked.ports, asked.icmp, asked.source);
            let frame = frame::ip(macs, asked.source, asked.destination, asked.protocol, &above);
            let mut packet = nft::Packet {
                frame: &frame,
                cast: 0,
                in_name: bridge.clone(),
                out_name: bridge.clone(),
                state,
                zone: None,
            };
            nft::passes(&rules, Point::Forward, None, &mut packet)
        };
        for (inward, other, protocol, port) in packets {
            let (own, other) = (address(PORT.1), address(OTHERS[other]));
            let (source, destination) = if inward { (other, own) } else { (own, other) };
            let asked = Packet {
                network: PORT.0,
                by: (!inward).then_some("a1"),
                source,
                destination,
                protocol,
                ports: (protocol != 1).then_some((40_000, port)),
                icmp: (protocol == 1).then_some((8, 0)),
            };
            let macs = if inward { (router::MAC, PORT.2) } else { (PORT.2, router::MAC) };
            let bound = judge.boundary(&asked);
            let wanted = judge.judge(&asked).passes() && bound.is_none_or(|bound| bound.allows);
            prop_assert_eq!(forwarded(macs, &asked, NEW), wanted, "{:?} {:?}", asked, bound);
            prop_assert!(forwarded(macs, &asked, ESTABLISHED), "{:?}", asked);
            prop_assert!(!forwarded(macs, &asked, INVALID), "{:?}", asked);
            // What a router sends to a port of another node is that node's to judge, also where
            // its connection is not known here.
            let elsewhere = (router::MAC, Mac([2, 0, 0, 0, 0, 0x77]));
            for state in [NEW, ESTABLISHED, INVALID] {
                prop_assert!(forwarded(elsewhere, &asked, state), "{:?}", asked);
            }
        }
    }
}
