//! What holds for every network: its own conntrack zone, nothing between tenants and the node,
//! VXLAN from known tunnel ends only, and the way of a packet through the judgement.

use std::net::IpAddr;

use smallvec::SmallVec;

use super::grant::{GET4, GET6, SEND4, SEND6};
use super::line::{
    DESTINATION_MAC, Line, Part, SOURCE_MAC, VNI, address_type, element, key, source,
};
use super::span::{Octets, spans};
use super::{
    Build, CompileError, LIMITED, LOCAL, RECEIVER, base, boundary, hash_map, hash_set, range_set,
    routed,
};
use crate::desired::{Desired, Family, Zones};
use crate::firewall::protocol::{ICMPV6, UDP};
use crate::naming::{self, ZONE_MAP};
use crate::nft::{Element, KeyType, Meta, Point, Rule, Value, ValueType};
use crate::router;

/// Where a bridged frame comes in and goes out by one bridge of ours.
const PAIRS: &str = "as_pair";
const BRIDGES: &str = "as_bridge";
const JUDGE: &str = "as_judge";
const SEND: &str = "as_send";
const DISCOVERY: &str = "as_nd";
const TUNNEL: &str = "as_vtep";
const VNIS: &str = "as_vni";
/// Ranges of tunnel ends that EVPN may name.
const TUNNEL_RANGES: &str = "as_vtep_range";

/// Bits of conntrack's state (`NF_CT_STATE_BIT`).
const INVALID: u32 = 1;
const ESTABLISHED: u32 = 2;
const RELATED: u32 = 4;

/// Before conntrack puts fragments together (`NF_IP_PRI_RAW_BEFORE_DEFRAG`). Later, at the usual
/// −300, fragments of all networks would lie in one queue by address and identification, and
/// those of networks with equal addresses would be put together.
const BEFORE_FRAGMENTS: i32 = -450;

pub(super) fn add(build: &mut Build, desired: &Desired, zones: &Zones) -> Result<(), CompileError> {
    add_sets(build, desired, zones)?;
    if build.is_part {
        return Ok(());
    }
    let table = &mut build.inet;
    let zone = Line::new().zone_by_map(ZONE_MAP);
    base(table, "as_pre", Point::Prerouting, BEFORE_FRAGMENTS, vec![zone]);

    let pair = [Part::InName, Part::OutName];
    let forward = vec![
        Line::new().within(&pair, PAIRS).goto(JUDGE),
        Line::new().within(&[Part::InName], BRIDGES).counted().drop(),
        Line::new().within(&[Part::OutName], BRIDGES).counted().drop(),
    ];
    base(table, "as_fwd", Point::Forward, 0, forward);
    base(
        table,
        "as_in",
        Point::Input,
        0,
        vec![
            Line::new()
                .protocol(UDP)
                .destination_ports(desired.node.port, desired.node.port)
                .jump(TUNNEL),
            Line::new().within(&[Part::InName], BRIDGES).counted().drop(),
        ],
    );
    base(
        table,
        "as_out",
        Point::Output,
        0,
        vec![Line::new().within(&[Part::OutName], BRIDGES).counted().drop()],
    );
    let (inward, out) = match boundary::add(build, desired)? {
        Some(looks) => (Some(looks.inward), Some(looks.out)),
        None => (None, None),
    };
    let routed = routed::add(build, desired, inward);
    build.inet_chain(JUDGE, judge(routed, out));
    build.inet_chain(SEND, send());
    build.inet_chain(DISCOVERY, discovery());
    build.inet_chain(TUNNEL, tunnel(desired));
    Ok(())
}

/// The way of a packet that is bridged in one network.
///
/// Who sends and who receives is told by MAC address, not by IP address: a frame goes to the
/// port of its destination's MAC address whatever its IP header says, and a guest takes what
/// comes for any of its addresses, those that nobody here knows of among them. Anti-spoofing
/// ties the source's MAC address to its port and its IP addresses to both. One key for IPv4,
/// IPv6 and allowed ranges is fewer look-ups besides.
///
/// An established connection costs the zone, the pair of bridges and no further look-up.
/// Chains return instead of going on to the receiver's themselves, for the kernel follows every
/// jump when it checks a table: senders times receivers would be millions. For the same reason
/// maps jump only for what elements do not say.
fn judge(routed: Option<Rule>, out: Option<Rule>) -> Vec<Rule> {
    let mut rules = vec![
        Line::new().state(ESTABLISHED).for_one(true).accept(),
        Line::new().family(Family::Ipv6).protocol(ICMPV6).jump(DISCOVERY),
        Line::new().for_one(false).drop(),
        Line::new().state(RELATED).accept(),
    ];
    rules.extend(routed);
    rules.extend([
        Line::new().state(INVALID).drop(),
        Line::new().within(&[Part::InName, SOURCE_MAC], LIMITED).jump(SEND),
    ]);
    rules.extend(out);
    rules.extend([
        Line::new().family(Family::Ipv4).jump(GET4),
        Line::new().family(Family::Ipv6).jump(GET6),
        Line::new().by_map(&[Part::InName, DESTINATION_MAC], RECEIVER),
        Line::new().within(&[Part::InName, SOURCE_MAC], LOCAL).accept(),
        Line::new().counted().drop(),
    ]);
    rules
}

/// The way of what a port sends that may not send whatever it likes: comes back where it may.
fn send() -> Vec<Rule> {
    vec![Line::new().family(Family::Ipv4).goto(SEND4), Line::new().family(Family::Ipv6).goto(SEND6)]
}

/// Neighbour discovery and MLD, which conntrack does not track; advertisements and redirects of
/// routers, which no guest may send (RFC 4890 §4.4.1, RFC 6105). Here too and not only at the
/// port, for here fragments are whole.
fn discovery() -> Vec<Rule> {
    let line = |kind| Line::new().protocol(ICMPV6).icmp_type(kind);
    let mut rules = vec![line(135).accept(), line(136).accept()];
    rules.extend([130, 131, 132, 143].map(|kind| line(kind).accept()));
    rules.extend([134, 137].map(|kind| line(kind).counted().drop()));
    rules
}

/// VXLAN: by the underlay's device, and in each VNI from the nodes that have a port in it; with
/// EVPN, where only zebra knows these, from the ranges that they are in. VNIs that are not ours
/// are another program's.
fn tunnel(desired: &Desired) -> Vec<Rule> {
    let family = if desired.node.vtep.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    let by_underlay =
        || Line::new().meta(Meta::InName, &desired.node.device.padded()).family(family);
    let mut rules = vec![by_underlay().within(&[VNI, source(family)], vtep_set(family)).accept()];
    if desired.node.evpn.is_some() {
        let ranges = by_underlay().vni_within(VNIS).within(&[source(family)], TUNNEL_RANGES);
        rules.push(ranges.accept());
    }
    rules.push(Line::new().vni_within(VNIS).counted().drop());
    rules
}

fn vtep_set(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "as_vtep4",
        Family::Ipv6 => "as_vtep6",
    }
}

fn add_sets(build: &mut Build, desired: &Desired, zones: &Zones) -> Result<(), CompileError> {
    let name = KeyType::InterfaceName;
    let mut zone_map = hash_map(vec![name], ValueType::Zone);
    let (mut pairs, mut bridges) = (hash_set(vec![name, name]), hash_set(vec![name]));
    // A VNI and the byte behind it: nft has no type for it, and shows it as an address.
    let mut vnis = hash_set(vec![KeyType::Ipv4]);
    let family = if desired.node.vtep.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    let mut vteps = hash_set(vec![KeyType::Ipv4, address_type(family)]);
    let vni_of = |network: &str| {
        desired.networks.get(network).map(|network| (network.vni << 8).to_be_bytes())
    };
    for network in naming::placed(desired) {
        let Some(zone) = zones.of.get(network) else {
            return Err(CompileError::NoZone { network: network.to_owned() });
        };
        let bridge = naming::bridge(network).padded();
        let zone = Value::Bytes(SmallVec::from_slice(&zone.to_ne_bytes()));
        zone_map.elements.insert(element(&[&bridge]), Some(zone));
        pairs.elements.insert(element(&[&bridge, &bridge]), None);
        bridges.elements.insert(element(&[&bridge]), None);
        if let Some(vni) = vni_of(network) {
            vnis.elements.insert(element(&[&vni]), None);
        }
    }
    let stations = desired.remotes.values();
    let stations = stations.filter_map(|remote| Some((remote.network.as_str(), remote.vtep?)));
    for (network, vtep) in stations.chain(router::compile::senders(desired)) {
        let Some(vni) = vni_of(network) else { continue };
        let key = match vtep {
            IpAddr::V4(vtep) => element(&[&vni, &vtep.octets()]),
            IpAddr::V6(vtep) => element(&[&vni, &vtep.octets()]),
        };
        vteps.elements.insert(key, None);
    }
    let sets = &mut build.inet.sets;
    if let Some(evpn) = &desired.node.evpn {
        let mut ranges = range_set(vec![address_type(family)]);
        for (first, last) in spans(&evpn.vteps, family) {
            let (first, last) = (Octets::of(first), Octets::of(last));
            let (first, last) = (key(&[first.as_slice()]), key(&[last.as_slice()]));
            ranges.elements.insert(Element::range(first, last), None);
        }
        sets.insert(TUNNEL_RANGES.to_owned(), ranges);
    }
    sets.insert(ZONE_MAP.to_owned(), zone_map);
    sets.insert(PAIRS.to_owned(), pairs);
    sets.insert(BRIDGES.to_owned(), bridges);
    sets.insert(VNIS.to_owned(), vnis);
    sets.insert(vtep_set(family).to_owned(), vteps);
    Ok(())
}
