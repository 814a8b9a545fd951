//! The rules decide as the judge does, for random states and random packets; and no packet of
//! one network is let by for what another network has.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use dataplane::address::Mac;
use dataplane::desired::routing::Routing;
use dataplane::desired::{
    AllowedPair, Desired, Direction, Family, Group, Network, Node, Peer, Port, PortKind, Remote,
    Rule, Semantics, Subnet, Traffic, Zones,
};
use dataplane::firewall::compile::compile;
use dataplane::firewall::judge::{Judge, Packet as Asked, link_local};
use dataplane::naming;
use dataplane::nft::{Point, Ruleset};
use ipnet::IpNet;
use proptest::prelude::*;

#[path = "simulate/frame.rs"]
mod frame;
#[path = "simulate/nft.rs"]
mod nft;

const NEW: u32 = 8;
const ESTABLISHED: u32 = 2;
/// Addresses that stations and packets are chosen from: few, so that they meet.
const HOSTS: u8 = 12;
/// `red` has two networks, `blue` one with the same addresses.
const NETWORKS: [(&str, &str); 3] = [("red-a", "red"), ("red-b", "red"), ("blue-a", "blue")];

fn address(six: bool, host: u8) -> IpAddr {
    if six {
        Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::from(host)).into()
    } else {
        Ipv4Addr::new(10, 0, 0, host).into()
    }
}

fn mac(host: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, host])
}

fn network_of(host: u8, blue: bool) -> &'static str {
    // Addresses of one VPC are in one place each.
    let at = if blue { 2 } else { usize::from(host % 4 == 3) };
    NETWORKS[at].0
}

fn range(six: bool) -> impl Strategy<Value = IpNet> {
    let longest = if six { 128 } else { 32 };
    (0..16_u8, 0..6_u8).prop_map(move |(host, shorter)| {
        let length = if shorter == 5 { 0 } else { longest - shorter };
        IpNet::new(address(six, host), length).expect("a length of the family").trunc()
    })
}

fn any_range() -> impl Strategy<Value = IpNet> {
    any::<bool>().prop_flat_map(range)
}

fn traffic() -> impl Strategy<Value = Traffic> {
    prop_oneof![
        Just(Traffic::Any),
        prop_oneof![Just(47_u8), Just(6), Just(58), Just(1)].prop_map(Traffic::Protocol),
        (prop_oneof![Just(6_u8), Just(17), Just(132)], 1..6_u16, 0..3_u16).prop_map(
            |(protocol, first, more)| Traffic::Ports { protocol, first, last: first + more }
        ),
        Just(Traffic::Ports { protocol: 6, first: 0, last: 65_535 }),
        (proptest::option::of(prop_oneof![Just(8_u8), Just(128), Just(3)]), any::<bool>())
            .prop_map(|(kind, code)| Traffic::Icmp {
                kind,
                code: kind.filter(|_| code).map(|_| 0)
            }),
    ]
}

fn rule(blue: bool) -> impl Strategy<Value = Rule> {
    let peer = prop_oneof![
        Just(Peer::Any),
        (0..3_u8).prop_map(move |at| Peer::Group(group_id(blue, at))),
        proptest::collection::btree_set(any_range(), 1..4).prop_map(Peer::Ranges),
    ];
    let family = prop_oneof![
        2 => Just(None), 1 => Just(Some(Family::Ipv4)), 1 => Just(Some(Family::Ipv6)),
    ];
    let direction = prop_oneof![Just(Direction::In), Just(Direction::Out)];
    (direction, family, traffic(), peer).prop_map(|(direction, family, traffic, peer)| Rule {
        name: "r".to_owned(),
        direction,
        family,
        traffic,
        peer,
    })
}

fn group_id(blue: bool, at: u8) -> String {
    format!("{}-{at}", if blue { "blue" } else { "red" })
}

fn groups() -> impl Strategy<Value = BTreeMap<String, Group>> {
    let of = |blue: bool| {
        proptest::collection::vec(proptest::collection::vec(rule(blue), 0..3), 3).prop_map(
            move |all| {
                let vpc = if blue { "blue" } else { "red" };
                let group = |rules| Group { vpc: vpc.to_owned(), rules };
                let id = |at| group_id(blue, u8::try_from(at).expect("three groups"));
                all.into_iter()
                    .enumerate()
                    .map(|(at, rules)| (id(at), group(rules)))
                    .collect::<Vec<_>>()
            },
        )
    };
    (of(false), of(true)).prop_map(|(red, blue)| red.into_iter().chain(blue).collect())
}

/// What a station is: of this node, of another, or nothing.
#[derive(Clone, Debug)]
struct Station {
    kind: u8,
    groups: BTreeSet<u8>,
    secured: bool,
    allowed: Vec<(IpNet, bool)>,
    six: bool,
}

fn station() -> impl Strategy<Value = Station> {
    let groups = proptest::collection::btree_set(0..3_u8, 0..3);
    let allowed = prop_oneof![
        3 => Just(Vec::new()),
        1 => proptest::collection::vec((any_range(), any::<bool>()), 1..3),
    ];
    (0..5_u8, groups, proptest::bool::weighted(0.85), allowed, any::<bool>()).prop_map(
        |(kind, groups, secured, allowed, six)| Station { kind, groups, secured, allowed, six },
    )
}

fn desired() -> impl Strategy<Value = Desired> {
    let stations = proptest::collection::vec(station(), usize::from(HOSTS) * 2);
    (any::<bool>(), groups(), stations).prop_map(|(norm, groups, stations)| {
        let semantics = if norm { Semantics::Norm } else { Semantics::Openstack };
        let mut desired = Desired {
            node: Node {
                name: "n".to_owned(),
                device: "u0".parse().expect("it is sound"),
                vtep: "10.99.0.1".parse().expect("it is sound"),
                port: 4789,
                mtu: None,
                evpn: None,
                loops: None,
            },
            semantics,
            networks: NETWORKS
                .iter()
                .zip(100..)
                .map(|((id, vpc), vni)| network(id, vpc, vni))
                .collect(),
            ports: BTreeMap::new(),
            remotes: BTreeMap::new(),
            groups,
            routing: Routing::default(),
        };
        for (at, station) in (0_u8..).zip(&stations) {
            place(&mut desired, at, station);
        }
        desired
    })
}

fn network(id: &str, vpc: &str, vni: u32) -> (String, Network) {
    let subnet = Subnet { range: "10.0.0.0/24".parse().expect("it is sound"), gateway: None };
    let subnets = BTreeMap::from([(format!("{id}-4"), subnet)]);
    (
        id.to_owned(),
        Network { vpc: vpc.to_owned(), vni, mtu: None, subnets, route_targets: BTreeSet::new() },
    )
}

fn place(desired: &mut Desired, at: u8, station: &Station) {
    let (blue, host) = (at >= HOSTS, at % HOSTS + 1);
    let network = network_of(host, blue).to_owned();
    let mut addresses = BTreeSet::from([address(false, host)]);
    if station.six {
        addresses.insert(address(true, host));
    }
    let groups = station.groups.iter().map(|at| group_id(blue, *at)).collect();
    match station.kind {
        0 | 1 => {
            // A range is one port's: a second with the same would need the same groups.
            let taken = |range: &IpNet| {
                let others = desired.ports.values().filter(|port| port.network == network);
                others.flat_map(|port| &port.allowed).any(|pair| pair.range == *range)
            };
            let allowed = station.allowed.iter().filter(|(range, _)| !taken(range));
            let own = |other: &bool| other.then(|| Mac([2, 0, 0, 1, 0, host]));
            let allowed =
                allowed.map(|(range, other)| AllowedPair { range: *range, mac: own(other) });
            let port = Port {
                network: network.clone(),
                device: format!("p{at}").parse().expect("it is sound"),
                kind: PortKind::Tap,
                mac: mac(host),
                addresses,
                allowed: allowed.collect(),
                groups: Arc::new(groups),
                security: station.secured,
            };
            desired.ports.insert(format!("port-{at}"), port);
        }
        2 | 3 => {
            let vtep = Some("10.99.0.2".parse().expect("it is sound"));
            let remote =
                Remote { network, vtep, mac: mac(host), addresses, groups: Arc::new(groups) };
            desired.remotes.insert(format!("remote-{at}"), remote);
        }
        _ => {}
    }
}

/// A packet: which station of the state sends it, with which address, to whom.
#[derive(Clone, Debug)]
struct Choice {
    sender: prop::sample::Index,
    /// Its own address, its link-local one, one of a range of its, another's.
    from: u8,
    forged: u8,
    to: u8,
    six: bool,
    carries: (u8, u16, u8, u8),
}

fn choice() -> impl Strategy<Value = Choice> {
    let kinds = prop_oneof![
        Just(8_u8),
        Just(128),
        Just(3),
        Just(135),
        Just(136),
        Just(134),
        Just(143),
        Just(133)
    ];
    let protocol = prop_oneof![Just(6_u8), Just(17), Just(132), Just(1), Just(58), Just(47)];
    let carries = (protocol, 0..8_u16, kinds, 0..2_u8);
    (any::<prop::sample::Index>(), 0..8_u8, 0..16_u8, 0..20_u8, any::<bool>(), carries).prop_map(
        |(sender, from, forged, to, six, carries)| Choice {
            sender,
            from,
            forged,
            to,
            six,
            carries,
        },
    )
}

/// A packet as both are asked about it.
#[derive(Debug)]
struct Case<'d> {
    asked: Asked<'d>,
    device: String,
    macs: (Mac, Mac),
    /// Comes out of the tunnel with an address of this node's: dropped, whatever the groups say.
    claims: bool,
}

fn case<'d>(desired: &'d Desired, judge: &Judge<'d>, choice: &Choice) -> Option<Case<'d>> {
    let senders = desired.ports.len() + desired.remotes.len();
    if senders == 0 {
        return None;
    }
    let at = choice.sender.index(senders);
    let port = desired.ports.iter().nth(at);
    let remote = desired.remotes.values().nth(at.saturating_sub(desired.ports.len()));
    let (network, own, of) = match (port, remote) {
        (Some((_, port)), _) => (port.network.as_str(), port.mac, &port.addresses),
        (None, Some(remote)) => (remote.network.as_str(), remote.mac, &remote.addresses),
        (None, None) => return None,
    };
    let source = match choice.from {
        0 => link_local(own),
        1 | 2 => port
            .and_then(|(_, port)| port.allowed.first())
            .map_or_else(|| address(choice.six, choice.forged), |pair| pair.range.network()),
        3 => address(choice.six, choice.forged),
        _ => *of.iter().find(|address| address.is_ipv6() == choice.six)?,
    };
    if source.is_unspecified() {
        return None;
    }
    let six = source.is_ipv6();
    let destination = match (choice.to, six) {
        (16, false) => "10.0.0.255".parse().ok()?,
        (16, true) => "ff02::1".parse().ok()?,
        (17, false) => "224.0.0.251".parse().ok()?,
        (18, _) => address(six, 200),
        (19, true) => link_local(mac(choice.forged)),
        _ => address(six, choice.to),
    };
    let (protocol, number, kind, code) = choice.carries;
    let asked = Asked {
        network,
        by: port.map(|(id, _)| id.as_str()),
        source,
        destination,
        protocol,
        ports: matches!(protocol, 6 | 17 | 132).then_some((40_000, number)),
        icmp: matches!(protocol, 1 | 58).then_some((kind, code)),
    };
    // With the MAC address that its address is allowed with.
    let from = port.map_or(own, |(_, port)| {
        let is_own = port.addresses.contains(&source) || source == link_local(own);
        let pair = port.allowed.iter().find(|pair| pair.range.contains(&source));
        pair.filter(|_| !is_own).and_then(|pair| pair.mac).unwrap_or(own)
    });
    let flooded = destination.is_multicast() || destination.to_string() == "10.0.0.255";
    let to =
        if flooded { Mac([0xff; 6]) } else { station_mac(desired, judge, network, destination) };
    let device = port
        .map_or_else(|| naming::vxlan(network).to_string(), |(_, port)| port.device.to_string());
    let here = judge.port_at(network, source);
    let claims = port.is_none()
        && here.is_some_and(|id| {
            let port = &desired.ports[id];
            port.addresses.contains(&source) || link_local(port.mac) == source
        });
    // Who has a range here, and whether the other node has it now, only the frame tells.
    let unclear = port.is_none() && here.is_some() && !claims;
    (!unclear).then_some(Case { asked, device, macs: (from, to), claims })
}

/// The MAC address that a guest would learn for an address.
fn station_mac(desired: &Desired, judge: &Judge<'_>, network: &str, address: IpAddr) -> Mac {
    if let Some(id) = judge.port_at(network, address) {
        return desired.ports[id].mac;
    }
    let of = |remote: &&Remote| {
        remote.network == network
            && (remote.addresses.contains(&address) || link_local(remote.mac) == address)
    };
    desired.remotes.values().find(of).map_or(Mac([2, 0xee, 0, 0, 0, 1]), |remote| remote.mac)
}

/// Whether a frame that comes in by a device of a bridge goes out by another of it.
///
/// `in_bridge` and `out_bridge` are what the rules of the IP layer show for both devices; the
/// zone is set as far as the packet gets.
fn bridged(
    rules: &Ruleset,
    device: &str,
    bridges: (&str, &str),
    packet: &mut nft::Packet<'_>,
) -> bool {
    let (Some(netdev), Some(inet)) = (&rules.netdev, &rules.inet) else { return true };
    device.clone_into(&mut packet.in_name);
    packet.out_name.clear();
    if !nft::passes(netdev, Point::Ingress, Some(device), packet) {
        return false;
    }
    if !matches!(nft::ether_type(packet.frame), 0x0800 | 0x86dd) {
        return true;
    }
    bridges.0.clone_into(&mut packet.in_name);
    if !nft::passes(inet, Point::Prerouting, None, packet) {
        return false;
    }
    bridges.1.clone_into(&mut packet.out_name);
    nft::passes(inet, Point::Forward, None, packet)
}

fn passes(rules: &Ruleset, case: &Case<'_>, out: &str, state: u32) -> (bool, Option<u16>) {
    let asked = &case.asked;
    let above = frame::above(asked.ports, asked.icmp, asked.source);
    let frame = frame::ip(case.macs, asked.source, asked.destination, asked.protocol, &above);
    let cast = u8::from(case.macs.1.is_multicast());
    let mut packet = nft::Packet {
        frame: &frame,
        cast,
        in_name: String::new(),
        out_name: String::new(),
        state,
        zone: None,
    };
    let bridge = naming::bridge(asked.network).to_string();
    let passes = bridged(rules, &case.device, (&bridge, out), &mut packet);
    (passes, packet.zone)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn rules_decide_as_the_judge_does(
        desired in desired(),
        choices in proptest::collection::vec(choice(), 40),
    ) {
        let zones = naming::zones(&desired, &Zones::default()).unwrap();
        let rules = compile(&desired, &zones).unwrap();
        let judge = Judge::new(&desired);
        for choice in &choices {
            let Some(case) = case(&desired, &judge, choice) else { continue };
            let bridge = naming::bridge(case.asked.network).to_string();
            let judged = judge.judge(&case.asked);
            let wanted = judged.passes() && !case.claims;
            let (passes, zone) = passes(&rules, &case, &bridge, NEW);
            prop_assert_eq!(passes, wanted, "{:?}\n{:?}", case, judged);
            if passes {
                prop_assert_eq!(zone, zones.of.get(case.asked.network).copied());
            }
        }
    }

    #[test]
    fn a_packet_of_one_network_is_decided_by_that_alone(
        desired in desired(),
        choices in proptest::collection::vec(choice(), 20),
    ) {
        let zones = naming::zones(&desired, &Zones::default()).unwrap();
        let rules = compile(&desired, &zones).unwrap();
        let judge = Judge::new(&desired);
        for choice in &choices {
            let Some(case) = case(&desired, &judge, choice) else { continue };
            let own = case.asked.network;
            // Without all that is of another VPC, nothing changes.
            let vpc = &desired.networks[own].vpc;
            let mut alone = desired.clone();
            let ours = |network: &str| desired.networks[network].vpc == *vpc;
            alone.ports.retain(|_, port| ours(&port.network));
            alone.remotes.retain(|_, remote| ours(&remote.network));
            alone.groups.retain(|_, group| group.vpc == *vpc);
            let alone = compile(&alone, &zones).unwrap();
            let bridge = naming::bridge(own).to_string();
            prop_assert_eq!(
                passes(&rules, &case, &bridge, NEW), passes(&alone, &case, &bridge, NEW), "{:?}", case
            );
            // Out by any other device it never goes, as a connection that is there no more than
            // as a new one.
            for other in NETWORKS.iter().map(|(id, _)| naming::bridge(id).to_string()).chain(["eth0".to_owned()]) {
                for state in [NEW, ESTABLISHED, 4, 64] {
                    if other != bridge {
                        prop_assert!(!passes(&rules, &case, &other, state).0, "{:?} to {}", case, other);
                    }
                }
            }
        }
    }
}

#[test]
fn the_node_and_tenants_do_not_meet() {
    let state = include_str!("compile/host-a.toml");
    let desired = dataplane::spec::read("host-a.toml", state).unwrap();
    let zones = naming::zones(&desired, &Zones::default()).unwrap();
    let rules = compile(&desired, &zones).unwrap();
    let inet = rules.inet.unwrap();
    let bridge = naming::bridge("red-a").to_string();
    let above = frame::above(Some((1, 22)), None, address(false, 1));
    let frame = frame::ip((mac(1), mac(2)), address(false, 11), address(false, 12), 6, &above);
    let at = |point, in_name: &str, out_name: &str| {
        let mut packet = nft::Packet {
            frame: &frame,
            cast: 0,
            in_name: in_name.to_owned(),
            out_name: out_name.to_owned(),
            state: ESTABLISHED,
            zone: None,
        };
        nft::passes(&inet, point, None, &mut packet)
    };
    for (point, from, to, passes) in [
        (Point::Forward, "eth0", "eth1", true),
        (Point::Forward, "eth0", bridge.as_str(), false),
        (Point::Forward, bridge.as_str(), "eth0", false),
        (Point::Input, "eth0", "", true),
        (Point::Input, bridge.as_str(), "", false),
        (Point::Output, "", "eth0", true),
        (Point::Output, "", bridge.as_str(), false),
    ] {
        assert_eq!(at(point, from, to), passes, "{point:?} {from} {to}");
    }
}
