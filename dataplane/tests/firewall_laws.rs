//! Laws of the judge over random states and packets, and a second judge, written plainly from
//! what `firewall` says, that always agrees.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use dataplane::address::Mac;
use dataplane::desired::routing::Routing;
use dataplane::desired::{
    AllowedPair, Desired, Direction, Family, Group, Network, Node, Peer, Port, PortKind, Remote,
    Rule, Semantics, Subnet, Traffic,
};
use dataplane::firewall::judge::{Bar, End, Judge, Packet, Permit, has_address, link_local};
use dataplane::firewall::protocol::{ICMP, ICMPV6, TCP, UDP};
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

const GROUPS: [&str; 4] = ["g0", "g1", "g2", "g3"];

fn v4(host: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, 0, host).into()
}

fn v6(host: u8) -> IpAddr {
    Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, u16::from(host)).into()
}

fn mac(host: u8) -> Mac {
    Mac([2, 0, 0, 0, 0, host])
}

fn traffic() -> impl Strategy<Value = (Option<Family>, Traffic)> {
    let family = || select(vec![None, Some(Family::Ipv4), Some(Family::Ipv6)]);
    let ports = (select(vec![TCP, UDP]), 1_u16..8, 0_u16..4);
    let byte = || option::of(0_u8..2);
    prop_oneof![
        family().prop_map(|family| (family, Traffic::Any)),
        (family(), select(vec![TCP, UDP, ICMP]))
            .prop_map(|(family, protocol)| (family, Traffic::Protocol(protocol))),
        (family(), ports).prop_map(|(family, (protocol, first, more))| {
            (family, Traffic::Ports { protocol, first, last: first + more })
        }),
        (select(vec![Family::Ipv4, Family::Ipv6]), byte(), byte())
            .prop_map(|(family, kind, code)| (Some(family), Traffic::Icmp { kind, code })),
    ]
}

fn range() -> impl Strategy<Value = ipnet::IpNet> {
    let v4 = (1_u8..16, 26_u8..=32).prop_map(|(host, length)| (v4(host), length));
    let v6 = (1_u8..16, 122_u8..=128).prop_map(|(host, length)| (v6(host), length));
    prop_oneof![v4, v6].prop_map(|(address, length)| {
        ipnet::IpNet::new(address, length).expect("a length of the family").trunc()
    })
}

fn peer() -> impl Strategy<Value = Peer> {
    prop_oneof![
        Just(Peer::Any),
        select(GROUPS.to_vec()).prop_map(|group| Peer::Group(group.to_owned())),
        btree_set(range(), 0..3).prop_map(Peer::Ranges),
        // More than are tried one by one.
        btree_set(range(), 9..20).prop_map(Peer::Ranges),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let direction = select(vec![Direction::In, Direction::Out]);
    (direction, traffic(), peer()).prop_map(|(direction, (family, traffic), peer)| Rule {
        name: "r".to_owned(),
        direction,
        family,
        traffic,
        peer,
    })
}

fn groups_of() -> impl Strategy<Value = BTreeSet<String>> {
    btree_set(select(GROUPS.to_vec()).prop_map(str::to_owned), 0..3)
}

/// Hosts 1…8 are ports of this node, 9…12 of another, 13…15 nobody's.
fn state(semantics: Semantics) -> impl Strategy<Value = Desired> {
    let port = (groups_of(), prop::bool::weighted(0.9), option::weighted(0.2, range()));
    let parts = (vec(port, 1..8), vec(groups_of(), 0..4), vec(vec(rule(), 0..4), GROUPS.len()));
    parts.prop_map(move |(ports, remotes, rules)| {
        let addresses = |host| BTreeSet::from([v4(host), v6(host)]);
        let port = |(host, (groups, security, allowed)): (u8, (_, _, Option<ipnet::IpNet>))| Port {
            network: "n".to_owned(),
            device: format!("t{host}").parse().expect("a device's name"),
            kind: PortKind::Tap,
            mac: mac(host),
            addresses: addresses(host),
            allowed: allowed.map(|range| AllowedPair { range, mac: None }).into_iter().collect(),
            groups: Arc::new(groups),
            security,
        };
        let remote = |(host, groups)| Remote {
            network: "n".to_owned(),
            vtep: Some("10.99.0.2".parse().expect("an address")),
            mac: mac(host),
            addresses: addresses(host),
            groups: Arc::new(groups),
        };
        let subnet = |cidr: &str| Subnet { range: cidr.parse().expect("a range"), gateway: None };
        let subnets = [("s4", "10.0.0.0/24"), ("s6", "fd00::/64")];
        let network = Network {
            vpc: "v".to_owned(),
            vni: 1,
            mtu: None,
            route_targets: BTreeSet::new(),
            subnets: subnets.map(|(id, cidr)| (id.to_owned(), subnet(cidr))).into(),
        };
        let mut taken = BTreeSet::new();
        let mut ports: BTreeMap<String, Port> =
            (1..).zip(ports).map(|(host, of)| (format!("p{host}"), port((host, of)))).collect();
        // `spec` refuses a range that two ports have under different groups.
        for port in ports.values_mut() {
            port.allowed.retain(|pair| taken.insert(pair.range));
        }
        Desired {
            node: Node {
                name: "n1".to_owned(),
                device: "u0".parse().expect("a device's name"),
                vtep: "10.99.0.1".parse().expect("an address"),
                port: 4789,
                mtu: None,
                evpn: None,
                loops: None,
            },
            semantics,
            networks: BTreeMap::from([("n".to_owned(), network)]),
            ports,
            remotes: (9..).zip(remotes).map(|(h, of)| (format!("r{h}"), remote((h, of)))).collect(),
            groups: GROUPS
                .iter()
                .zip(rules)
                .map(|(id, rules)| ((*id).to_owned(), Group { vpc: "v".to_owned(), rules }))
                .collect(),
            routing: Routing::default(),
        }
    })
}

fn any_state() -> impl Strategy<Value = Desired> {
    prop_oneof![state(Semantics::Norm), state(Semantics::Openstack)]
}

fn packet() -> impl Strategy<Value = Packet<'static>> {
    let address = || (1_u8..16, any::<bool>(), prop::bool::weighted(0.2));
    let of = |(host, ipv4, local): (u8, bool, bool), family: Option<bool>| match (
        family.unwrap_or(ipv4),
        local,
    ) {
        (true, _) => v4(host),
        (false, false) => v6(host),
        (false, true) => link_local(mac(host)),
    };
    let carries = prop_oneof![
        (select(vec![TCP, UDP]), 1_u16..12).prop_map(|(p, port)| (p, Some((9, port)), None)),
        (select(vec![ICMP, ICMPV6]), 0_u8..3, 0_u8..3).prop_map(|(p, k, c)| (
            p,
            None,
            Some((k, c))
        )),
        Just((47, None, None)),
    ];
    (address(), address(), carries).prop_map(move |(from, to, (protocol, ports, icmp))| Packet {
        network: "n",
        by: None,
        source: of(from, None),
        destination: of(to, Some(from.1)),
        protocol,
        ports,
        icmp,
    })
}

fn passes(state: &Desired, packet: &Packet<'_>) -> bool {
    Judge::new(state).judge(packet).passes()
}

/// The second judge: no index, no order, straight from the words.
fn plainly(state: &Desired, packet: &Packet<'_>) -> bool {
    let ends = [(packet.source, packet.destination), (packet.destination, packet.source)];
    let mut here = false;
    for ((own, other), direction) in ends.into_iter().zip([Direction::Out, Direction::In]) {
        let Some(port) = owner(state, own) else { continue };
        here = true;
        if !port.security {
            continue;
        }
        let mut rules = port.groups.iter().flat_map(|group| &state.groups[group].rules);
        let permitted = rules
            .clone()
            .any(|rule| rule.direction == direction && permits(state, rule, packet, other));
        let same = port.groups.iter().any(|group| is_member(state, group, other));
        let free = direction == Direction::Out && !rules.any(|rule| rule.direction == direction);
        let norm = state.semantics == Semantics::Norm;
        if port.groups.is_empty() || !(permitted || norm && (same || free)) {
            return false;
        }
    }
    here
}

fn owner(state: &Desired, address: IpAddr) -> Option<&Port> {
    let own = |mac, addresses: &BTreeSet<IpAddr>| {
        addresses.contains(&address) || link_local(mac) == address
    };
    if state.remotes.values().any(|remote| own(remote.mac, &remote.addresses)) {
        return None;
    }
    let exact = state.ports.values().find(|port| own(port.mac, &port.addresses));
    exact.or_else(|| {
        let ranges =
            state.ports.values().flat_map(|port| port.allowed.iter().map(move |a| (a, port)));
        let within = ranges.filter(|(pair, _)| pair.range.contains(&address));
        within.max_by_key(|(pair, _)| pair.range.prefix_len()).map(|(_, port)| port)
    })
}

fn is_member(state: &Desired, group: &str, address: IpAddr) -> bool {
    let port = |port: &Port| {
        let single = ipnet::IpNet::from(address);
        let moved = port.allowed.iter().any(|pair| pair.range == single);
        moved || port.addresses.contains(&address) || link_local(port.mac) == address
    };
    let remote =
        |remote: &Remote| remote.addresses.contains(&address) || link_local(remote.mac) == address;
    state.ports.values().any(|of| of.groups.contains(group) && port(of))
        || state.remotes.values().any(|of| of.groups.contains(group) && remote(of))
}

fn permits(state: &Desired, rule: &Rule, packet: &Packet<'_>, other: IpAddr) -> bool {
    let family = if other.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    let carried = match rule.traffic {
        Traffic::Any => true,
        Traffic::Protocol(protocol) => packet.protocol == protocol,
        Traffic::Ports { protocol, first, last } => {
            packet.protocol == protocol
                && packet.ports.is_some_and(|(_, port)| first <= port && port <= last)
        }
        Traffic::Icmp { kind, code } => packet.icmp.is_some_and(|(k, c)| {
            packet.protocol == (if other.is_ipv4() { ICMP } else { ICMPV6 })
                && kind.is_none_or(|kind| kind == k)
                && code.is_none_or(|code| code == c)
        }),
    };
    let peer = match &rule.peer {
        Peer::Any => true,
        Peer::Group(group) => is_member(state, group, other),
        Peer::Ranges(ranges) => ranges.iter().any(|range| range.contains(&other)),
    };
    carried && peer && rule.family.is_none_or(|wanted| wanted == family)
}

/// Whether every port that has a group has a rule `out` in one of its groups.
fn has_out(state: &Desired) -> bool {
    let out = |group: &String| {
        state.groups[group].rules.iter().any(|rule| rule.direction == Direction::Out)
    };
    state.ports.values().all(|port| port.groups.is_empty() || port.groups.iter().any(out))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn two_judges_agree(state in any_state(), packets in vec(packet(), 1..20)) {
        let judge = Judge::new(&state);
        for packet in packets {
            prop_assert_eq!(judge.judge(&packet).passes(), plainly(&state, &packet), "{:?}", packet);
        }
    }

    #[test]
    fn a_further_rule_never_closes(
        state in any_state(), group in select(GROUPS.to_vec()), rule in rule(),
        packets in vec(packet(), 1..20),
    ) {
        // But for the first rule `out` under `norm`: it ends the freedom to send to anyone, as
        // `Semantics::Norm` says.
        prop_assume!(
            rule.direction == Direction::In || state.semantics == Semantics::Openstack
                || has_out(&state)
        );
        let mut more = state.clone();
        more.groups.get_mut(group).unwrap().rules.push(rule);
        for packet in packets {
            prop_assert!(!passes(&state, &packet) || passes(&more, &packet), "{:?}", packet);
        }
    }

    #[test]
    fn the_order_of_rules_is_nothing(state in any_state(), packets in vec(packet(), 1..20)) {
        let mut turned = state.clone();
        for group in turned.groups.values_mut() {
            group.rules.reverse();
        }
        for packet in packets {
            prop_assert_eq!(passes(&state, &packet), passes(&turned, &packet), "{:?}", packet);
        }
    }

    #[test]
    fn members_of_a_group_are_free_both_ways_under_norm(
        state in state(Semantics::Norm), packet in packet(),
    ) {
        let (one, other) = (owner(&state, packet.source), owner(&state, packet.destination));
        let (Some(one), Some(other)) = (one, other) else { return Ok(()) };
        let own = |port: &Port, address| port.addresses.contains(&address) && port.security;
        let share = one.groups.intersection(&other.groups).next().is_some();
        if share && own(one, packet.source) && own(other, packet.destination) {
            let (source, destination) = (packet.destination, packet.source);
            prop_assert!(passes(&state, &packet));
            let back = Packet { source, destination, ..packet };
            prop_assert!(passes(&state, &back));
        }
    }

    #[test]
    fn openstack_permits_nothing_without_rules(
        mut state in state(Semantics::Openstack), packet in packet(),
    ) {
        for group in state.groups.values_mut() {
            group.rules.clear();
        }
        for port in state.ports.values_mut() {
            port.security = true;
        }
        prop_assert!(!passes(&state, &packet));
    }

    #[test]
    fn a_range_is_its_halves(mut state in any_state(), packets in vec(packet(), 1..20)) {
        let whole = state.clone();
        for rule in state.groups.values_mut().flat_map(|group| &mut group.rules) {
            if let Peer::Ranges(ranges) = &mut rule.peer {
                let halves = |range: &ipnet::IpNet| {
                    let longer = (range.prefix_len() + 1).min(range.max_prefix_len());
                    range.subnets(longer).expect("not shorter").collect::<Vec<_>>()
                };
                *ranges = ranges.iter().flat_map(halves).collect();
            }
        }
        for packet in packets {
            prop_assert_eq!(passes(&whole, &packet), passes(&state, &packet), "{:?}", packet);
        }
    }

    #[test]
    fn nobody_sends_as_another(state in any_state(), packet in packet()) {
        let judge = Judge::new(&state);
        for (id, port) in &state.ports {
            let judgement = judge.judge(&Packet { by: Some(id), ..packet });
            let forged = port.security && !has_address(port, packet.source);
            prop_assert!(!forged || !judgement.passes(), "{} {:?}", id, packet);
        }
    }

    #[test]
    fn what_decides_is_there(state in any_state(), packet in packet()) {
        let judgement = Judge::new(&state).judge(&packet);
        prop_assert!(judgement.barred != Some(Bar::NoNetwork));
        for end in [judgement.out, judgement.inward] {
            if let End::Passes { port, by: Permit::Rule { group, .. } | Permit::SameGroup { group } } = end {
                prop_assert!(state.ports[port].groups.contains(group));
            }
        }
    }
}

#[test]
fn the_first_rule_out_ends_the_freedom_to_send_under_norm() {
    let text = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n1", device = "u0", vtep = "10.99.0.1" }
vpc = [{ id = "v" }]
network = [{ id = "n", vpc = "v", vni = 1 }]
subnet = [{ id = "s", network = "n", cidr = "10.0.0.0/24" }]
port = [{ id = "p", network = "n", device = "t", kind = "tap", mac = "02:00:00:00:00:01", ips = ["10.0.0.1"], groups = ["g"] }]
group = [{ id = "g", vpc = "v" }]
"#;
    let ruled = text.replace(
        "group = [{ id = \"g\", vpc = \"v\" }]",
        "group = [{ id = \"g\", vpc = \"v\", rule = [{ direction = \"out\", protocol = \"udp\" }] }]",
    );
    let packet = Packet {
        network: "n",
        by: None,
        source: v4(1),
        destination: v4(2),
        protocol: TCP,
        ports: Some((9, 80)),
        icmp: None,
    };
    let judged = |text: &str| passes(&dataplane::spec::read("f", text).unwrap(), &packet);
    assert_eq!((judged(text), judged(&ruled)), (true, false));
}
