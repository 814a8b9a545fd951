//! What is tried out for each need, and how it has to read back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use smallvec::SmallVec;

use super::Need;
use crate::address::{Device, Mac};
use crate::nft::{
    Batch, Change, Element, Elements, Expression, Family, Hook, Key, KeyType, Meta, Point,
    Register, Rule, Set, Value, ValueType, Verdict,
};
use crate::plan::{LinkChange, Step};
use crate::seen::Seen;
use crate::wanted::{BridgePort, ForwardingKey, ForwardingOf, Link, LinkKind, NeighbourKey};

const BRIDGE: &str = "asb0";
const VXLAN: &str = "asv0";
const VXLAN6: &str = "asv1";
const PORT: &str = "asp0";
const PEER: &str = "asq0";
/// The conntrack zone that rules are tried with.
pub(super) const ZONE: u16 = 7;
const STATION: Mac = Mac([2, 0, 0, 0, 0, 0x11]);
const STATION_IP: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 11));
const TUNNEL_END: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));
const OTHER_END: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 2));
const TUNNEL_END6: IpAddr = IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1));
const PORT_SETTINGS: BridgePort = BridgePort {
    learning: false,
    flood: false,
    multicast_flood: false,
    broadcast_flood: false,
    neighbour_suppression: true,
};

/// Returns the steps that need something; each is built on those of the needs before it.
pub(super) fn steps(need: Need) -> Vec<Step> {
    let probe = || "probe".to_owned();
    let vxlan = |name, vni, local| {
        let kind = LinkKind::Vxlan { network: probe(), vni, local, port: 4789, proxy: true };
        add(name, kind)
    };
    match need {
        Need::Bridge => vec![add(BRIDGE, LinkKind::Bridge { network: probe(), arp: false })],
        Need::BridgeRules => vec![change(BRIDGE, LinkChange::BridgeSettings { arp: false })],
        Need::Vxlan => vec![vxlan(VXLAN, 7, TUNNEL_END)],
        Need::Vxlan6 => vec![vxlan(VXLAN6, 8, TUNNEL_END6)],
        Need::Veth => {
            let peer = device(PEER);
            vec![add(PORT, LinkKind::Veth { port: probe(), peer, peer_mac: STATION })]
        }
        Need::PortSettings => vec![
            change(VXLAN, LinkChange::Master(Some(device(BRIDGE)))),
            change(VXLAN, LinkChange::Port(PORT_SETTINGS)),
        ],
        Need::Entries => vec![
            Step::SetForwarding { key: entry(ForwardingOf::Device), to: Some(OTHER_END) },
            Step::SetForwarding { key: entry(ForwardingOf::Bridge), to: None },
            Step::SetNeighbour { key: neighbour(), mac: STATION },
        ],
        Need::Rules => rules(vec![
            Change::AddTable(Family::Inet),
            chain(Family::Inet, "as_fwd", Point::Forward, None),
        ]),
        Need::Sets => sets(),
        Need::Ranges => ranges(),
        Need::Zones => zones(),
        Need::Ingress => rules(vec![
            Change::AddTable(Family::Netdev),
            chain(Family::Netdev, "as_in", Point::Ingress, Some(PORT)),
        ]),
        Need::BridgeNetfilter | Need::Connections => Vec::new(),
    }
}

/// Whether what was made reads back as it was wanted.
pub(super) fn is_there(need: Need, seen: &Seen) -> bool {
    let link = |name| seen.links.get(&device(name));
    let vxlan = |name, vni, local| {
        link(name).and_then(|link| link.vxlan).is_some_and(|vxlan| {
            let asked = vxlan.vni == vni && vxlan.local == Some(local) && vxlan.port == 4789;
            asked && vxlan.proxy && !vxlan.learning
        })
    };
    match need {
        Need::Bridge => link(BRIDGE).is_some_and(|bridge| bridge.no_arp),
        Need::BridgeRules => link(BRIDGE).and_then(|link| link.bridge).is_some_and(|bridge| {
            bridge.calls_ipv4_rules
                && bridge.calls_ipv6_rules
                && !bridge.stp
                && !bridge.multicast_snooping
        }),
        Need::Vxlan => vxlan(VXLAN, 7, TUNNEL_END),
        Need::Vxlan6 => vxlan(VXLAN6, 8, TUNNEL_END6),
        Need::Veth => link(PORT).is_some_and(|port| port.peer == Some(device(PEER))),
        Need::PortSettings => {
            link(VXLAN).is_some_and(|port| port.bridge_port == Some(PORT_SETTINGS))
        }
        Need::Entries => {
            let forwarding = |of| seen.forwarding.get(&entry(of));
            forwarding(ForwardingOf::Device) == Some(&Some(OTHER_END))
                && forwarding(ForwardingOf::Bridge) == Some(&None)
                && seen.neighbours.get(&neighbour()) == Some(&STATION)
        }
        // A batch is taken wholly or refused.
        Need::BridgeNetfilter
        | Need::Rules
        | Need::Sets
        | Need::Ranges
        | Need::Zones
        | Need::Ingress
        | Need::Connections => true,
    }
}

fn sets() -> Vec<Step> {
    let key = vec![KeyType::InterfaceName, KeyType::Ipv4];
    let value = Some(ValueType::Verdict);
    let set = Set { key, value, interval: false, elements: Elements::default() };
    let mut name = Key::from_slice(&device(BRIDGE).padded());
    name.extend([192, 0, 2, 11]);
    let element = (Element { key: name, last: None }, Some(Value::Verdict(Verdict::Accept)));
    let family = Family::Inet;
    rules(vec![
        Change::AddSet { family, name: "as_out4".to_owned(), set: set.clone() },
        Change::AddElements {
            family,
            set: "as_out4".to_owned(),
            shape: set.shape(),
            elements: [element].into_iter().collect(),
        },
    ])
}

fn ranges() -> Vec<Step> {
    let (key, elements) = (vec![KeyType::Ipv4], Elements::default());
    let set = Set { key, value: None, interval: true, elements };
    let element = Element {
        key: Key::from_slice(&[192, 0, 2, 0]),
        last: Some(Box::new(Key::from_slice(&[192, 0, 2, 255]))),
    };
    let family = Family::Inet;
    rules(vec![
        Change::AddSet { family, name: "as_r_0".to_owned(), set: set.clone() },
        Change::AddElements {
            family,
            set: "as_r_0".to_owned(),
            shape: set.shape(),
            elements: [(element, None)].into_iter().collect(),
        },
    ])
}

/// The zone of a bridge, looked up by its name.
fn zones() -> Vec<Step> {
    let (key, value) = (vec![KeyType::InterfaceName], Some(ValueType::Zone));
    let set = Set { key, value, interval: false, elements: Elements::default() };
    let element = Element { key: Key::from_slice(&device(BRIDGE).padded()), last: None };
    let value = Some(Value::Bytes(SmallVec::from_slice(&ZONE.to_ne_bytes())));
    let family = Family::Inet;
    let rule = Rule {
        expressions: vec![
            Expression::Meta { key: Meta::InName, to: Register(0) },
            Expression::Map { set: "as_zone".to_owned(), from: Register(0), to: Register(0) },
            Expression::SetZone { from: Register(0) },
        ],
        comment: None,
    };
    rules(vec![
        Change::AddSet { family, name: "as_zone".to_owned(), set: set.clone() },
        Change::AddElements {
            family,
            set: "as_zone".to_owned(),
            shape: set.shape(),
            elements: [(element, value)].into_iter().collect(),
        },
        chain(family, "as_pre", Point::Prerouting, None),
        Change::SetRules { family, name: "as_pre".to_owned(), rules: vec![rule] },
    ])
}

fn chain(family: Family, name: &str, point: Point, device: Option<&str>) -> Change {
    let device = device.map(str::to_owned);
    // Conntrack, which zones have to come before, is at −200.
    let priority = if point == Point::Prerouting { -300 } else { 0 };
    let hook = Some(Hook { point, priority, device, drops: false });
    Change::AddChain { family, name: name.to_owned(), hook }
}

fn rules(changes: Vec<Change>) -> Vec<Step> {
    vec![Step::Rules(Batch { changes })]
}

fn add(name: &str, kind: LinkKind) -> Step {
    let link = Link { kind, mtu: 1500, master: None, bridge_port: None, up: false };
    Step::AddLink { name: device(name), link: Box::new(link) }
}

fn change(name: &str, change: LinkChange) -> Step {
    Step::ChangeLink { name: device(name), change }
}

fn entry(of: ForwardingOf) -> ForwardingKey {
    ForwardingKey { device: device(VXLAN), mac: STATION, of }
}

fn neighbour() -> NeighbourKey {
    NeighbourKey { device: device(VXLAN), address: STATION_IP }
}

/// Returns a name of one of the devices that are made here.
pub(super) fn device(name: &str) -> Device {
    name.parse().expect("the names here are names of devices")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_read_back_is_not_there() {
        let silent = Seen::default();
        let read_back = [
            Need::Bridge,
            Need::BridgeRules,
            Need::Vxlan,
            Need::Vxlan6,
            Need::Veth,
            Need::PortSettings,
            Need::Entries,
        ];
        for need in Need::ALL {
            assert_eq!(!is_there(need, &silent), read_back.contains(&need), "{need:?}");
        }
    }
}
