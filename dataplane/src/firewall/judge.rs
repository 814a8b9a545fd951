//! Whether a packet may begin a connection, from the desired state alone, and why.
//!
//! What `compile` makes of the same state decides the same: real packets are held against this.

mod boundary;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use ipnet::IpNet;

pub use boundary::Bound;

use super::protocol::{ICMP, ICMPV6};
use crate::address::Mac;
use crate::desired::routing::Acl;
use crate::desired::{
    Desired, Direction, Family, Group, Network, Peer, Port, Rule, Semantics, Traffic,
};
use crate::kernel::Connection;
use crate::router;

/// The first packet of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'p> {
    /// The network that it is in.
    pub network: &'p str,
    /// The port of this node that it comes by, where that is known: then its source is checked.
    pub by: Option<&'p str>,
    /// Who sends it.
    pub source: IpAddr,
    /// To whom.
    pub destination: IpAddr,
    /// Protocol above IP.
    pub protocol: u8,
    /// Source and destination port, for what has ports.
    pub ports: Option<(u16, u16)>,
    /// Type and code, for ICMP.
    pub icmp: Option<(u8, u8)>,
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement<'d> {
    /// Why it is judged at neither end, where it is not.
    pub barred: Option<Bar>,
    /// At its source, direction `out`.
    pub out: End<'d>,
    /// At its destination, direction `in`.
    pub inward: End<'d>,
}

impl Judgement<'_> {
    /// Whether this node lets it by.
    pub fn passes(&self) -> bool {
        let dropped = |end: &End<'_>| matches!(end, End::Dropped { .. });
        self.barred.is_none() && !dropped(&self.out) && !dropped(&self.inward)
    }
}

/// Why a packet is dropped whoever sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bar {
    /// There is no such network.
    NoNetwork,
    /// Neither end is a port of this node.
    NotHere,
    /// It is for many: broadcast or multicast.
    Flooded,
    /// One end is IPv4, the other IPv6.
    Families,
    /// What only routers send: advertisement or redirect (`ICMPv6` 134, 137).
    Router,
}

/// The decision at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum End<'d> {
    /// No port of this node: its own node decides.
    Elsewhere,
    /// Passes at a port.
    Passes { port: &'d str, by: Permit<'d> },
    /// Dropped at a port.
    Dropped { port: &'d str, why: Refusal },
}

/// What lets a packet by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Permit<'d> {
    /// The port has no security.
    Unsecured,
    /// The other end is in a group of the port's ([`Semantics::Norm`]).
    SameGroup { group: &'d str },
    /// No group of the port has a rule for direction `out` ([`Semantics::Norm`]).
    Free,
    /// Neighbour discovery or MLD, without which there is no IPv6 (RFC 4890 §4.4.1).
    Discovery,
    /// A rule.
    Rule { group: &'d str, rule: &'d str },
}

/// What a packet is dropped for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The source address is not the port's.
    Forged,
    /// The port is in no group.
    NoGroup,
    /// No group of the port has a rule for this direction.
    NoRule,
    /// None of so many rules permits it.
    NoMatch {
        /// How many rules there are for the direction.
        rules: usize,
    },
}

/// A desired state, laid out for deciding many packets.
#[derive(Debug)]
pub struct Judge<'d> {
    desired: &'d Desired,
    networks: BTreeMap<&'d str, Ports<'d>>,
    /// Groups that an address of a VPC is in.
    members: BTreeMap<(&'d str, IpAddr), BTreeSet<&'d str>>,
    /// VPCs in which link-local addresses make members.
    dual: BTreeSet<&'d str>,
    /// Networks that a router is in on this node.
    routed: BTreeSet<&'d str>,
    /// ACLs by VPC, with the VPC's own ranges.
    acls: BTreeMap<&'d str, (&'d Acl, Spans)>,
    /// Ranges of rules that have many.
    spans: BTreeMap<(&'d str, usize), Spans>,
}

/// Ports of this node in one network, by address.
#[derive(Debug, Default)]
struct Ports<'d> {
    /// `None`: a port of another node has it, whatever range it is in.
    exact: BTreeMap<IpAddr, Option<&'d str>>,
    ranges: BTreeMap<IpNet, &'d str>,
    /// Prefix lengths in `ranges`, the longest first.
    lengths: BTreeSet<Reverse<u8>>,
}

impl<'d> Ports<'d> {
    fn find(&self, address: IpAddr) -> Option<&'d str> {
        if let Some(exact) = self.exact.get(&address) {
            return *exact;
        }
        let within = |length: &Reverse<u8>| {
            let range = IpNet::new(address, length.0).ok()?.trunc();
            self.ranges.get(&range).copied()
        };
        self.lengths.iter().find_map(within)
    }
}

/// Ranges in order, none touching the next.
#[derive(Debug)]
struct Spans(Vec<(IpAddr, IpAddr)>);

impl Spans {
    fn of(ranges: &BTreeSet<IpNet>) -> Self {
        let mut spans: Vec<(IpAddr, IpAddr)> = Vec::new();
        // In the order of their first addresses, IPv4 before IPv6.
        for range in ranges {
            match spans.last_mut().filter(|(_, last)| range.network() <= *last) {
                Some((_, last)) => *last = (*last).max(range.broadcast()),
                None => spans.push((range.network(), range.broadcast())),
            }
        }
        Self(spans)
    }

    fn contains(&self, address: IpAddr) -> bool {
        let end = self.0.partition_point(|(first, _)| *first <= address);
        self.0.get(..end).and_then(<[_]>::last).is_some_and(|(_, last)| address <= *last)
    }
}

/// Fewer ranges are tried one by one.
const MANY: usize = 8;

/// Returns the link-local address that a card has of itself (RFC 4291 appendix A).
pub fn link_local(mac: Mac) -> IpAddr {
    let pair = |high, low| u16::from_be_bytes([high, low]);
    let [first, second, third, fourth, fifth, sixth] = mac.0;
    let high = pair(first ^ 2, second);
    let (middle, next) = (pair(third, 0xff), pair(0xfe, fourth));
    Ipv6Addr::new(0xfe80, 0, 0, 0, high, middle, next, pair(fifth, sixth)).into()
}

/// Returns the VPCs that use IPv6: where a subnet, a station or an allowed range is of it.
///
/// Only there do link-local addresses make members: all cards have one, and sets of them would
/// double the rules of sites without IPv6.
pub fn dual_vpcs(desired: &Desired) -> BTreeSet<&str> {
    let vpc = |network: &str| Some(desired.networks.get(network)?.vpc.as_str());
    let networks = desired
        .networks
        .values()
        .filter(|network| network.subnets.values().any(|subnet| subnet.range.addr().is_ipv6()));
    let ports = desired.ports.values().filter(|port| {
        port.addresses.iter().any(IpAddr::is_ipv6)
            || port.allowed.iter().any(|pair| pair.range.addr().is_ipv6())
    });
    let remotes = desired.remotes.values();
    let remotes = remotes.filter(|remote| remote.addresses.iter().any(IpAddr::is_ipv6));
    let stations = ports.map(|port| &port.network).chain(remotes.map(|remote| &remote.network));
    let mut dual = BTreeSet::new();
    dual.extend(networks.map(|network| network.vpc.as_str()));
    dual.extend(stations.filter_map(|network| vpc(network)));
    dual
}

/// Whether a port may send from an address.
pub fn has_address(port: &Port, address: IpAddr) -> bool {
    port.addresses.contains(&address)
        || link_local(port.mac) == address
        || port.allowed.iter().any(|pair| pair.range.contains(&address))
}

/// Whether a packet to an address is for many.
fn is_flooded(network: &Network, address: IpAddr) -> bool {
    let directed = || {
        let ends = |range: IpNet| range.prefix_len() < 31 && range.broadcast() == address;
        network.subnets.values().any(|subnet| ends(subnet.range))
    };
    match address {
        IpAddr::V4(v4) => v4.is_multicast() || v4.is_broadcast() || directed(),
        IpAddr::V6(v6) => v6.is_multicast(),
    }
}

impl<'d> Judge<'d> {
    /// Lays a desired state out.
    pub fn new(desired: &'d Desired) -> Self {
        let mut judge = Self {
            desired,
            networks: BTreeMap::new(),
            members: BTreeMap::new(),
            dual: dual_vpcs(desired),
            routed: router::compile::routed(desired),
            acls: boundary::acls(desired),
            spans: BTreeMap::new(),
        };
        judge.networks.extend(desired.networks.keys().map(|id| (id.as_str(), Ports::default())));
        for (id, port) in &desired.ports {
            judge.add_port(id, port);
        }
        for remote in desired.remotes.values() {
            let own = || remote.addresses.iter().copied().chain([link_local(remote.mac)]);
            if let Some(ports) = judge.networks.get_mut(remote.network.as_str()) {
                ports.exact.extend(own().map(|address| (address, None)));
            }
            judge.add_member(&remote.network, &remote.groups, own());
        }
        for (id, group) in &desired.groups {
            for (at, rule) in group.rules.iter().enumerate() {
                if let Peer::Ranges(ranges) = &rule.peer
                    && ranges.len() > MANY
                {
                    judge.spans.insert((id, at), Spans::of(ranges));
                }
            }
        }
        judge
    }

    fn add_port(&mut self, id: &'d str, port: &'d Port) {
        let own = || port.addresses.iter().copied().chain([link_local(port.mac)]);
        if let Some(ports) = self.networks.get_mut(port.network.as_str()) {
            ports.exact.extend(own().map(|address| (address, Some(id))));
            for pair in &port.allowed {
                ports.ranges.entry(pair.range).or_insert(id);
                ports.lengths.insert(Reverse(pair.range.prefix_len()));
            }
        }
        let single = |range: &IpNet| range.prefix_len() == range.max_prefix_len();
        let ranges = port.allowed.iter().map(|pair| pair.range);
        let moved = ranges.filter(single).map(|range| range.addr());
        self.add_member(&port.network, &port.groups, own().chain(moved));
    }

    fn add_member(
        &mut self,
        network: &str,
        groups: &'d BTreeSet<String>,
        addresses: impl Iterator<Item = IpAddr>,
    ) {
        let Some(network) = self.desired.networks.get(network) else { return };
        let dual = self.dual.contains(network.vpc.as_str());
        let link_local =
            |address: &IpAddr| matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
        for address in addresses.filter(|address| dual || !link_local(address)) {
            let of = self.members.entry((network.vpc.as_str(), address)).or_default();
            of.extend(groups.iter().map(String::as_str));
        }
    }

    /// Decides a packet that begins a connection.
    pub fn judge(&self, packet: &Packet<'_>) -> Judgement<'d> {
        let barred =
            |bar| Judgement { barred: Some(bar), out: End::Elsewhere, inward: End::Elsewhere };
        let Some((network, ports)) =
            self.desired.networks.get(packet.network).zip(self.networks.get(packet.network))
        else {
            return barred(Bar::NoNetwork);
        };
        if packet.source.is_ipv4() != packet.destination.is_ipv4() {
            return barred(Bar::Families);
        }
        let vpc = network.vpc.as_str();
        let by = packet.by.and_then(|by| self.desired.ports.get_key_value(by));
        let by = by.filter(|(_, port)| port.network == packet.network);
        if let Some((port, _)) =
            by.filter(|(_, port)| port.security && !has_address(port, packet.source))
        {
            let out = End::Dropped { port, why: Refusal::Forged };
            return Judgement { barred: None, out, inward: End::Elsewhere };
        }
        let six = packet.protocol == ICMPV6 && packet.source.is_ipv6();
        match packet.icmp.filter(|_| six) {
            Some((130..=132 | 135 | 136 | 143, _)) => {
                let end = |address| match ports.find(address) {
                    Some(port) => End::Passes { port, by: Permit::Discovery },
                    None => End::Elsewhere,
                };
                let (out, inward) = (end(packet.source), end(packet.destination));
                return Judgement { barred: None, out, inward };
            }
            Some((134 | 137, _)) => return barred(Bar::Router),
            _ => {}
        }
        if is_flooded(network, packet.destination) {
            return barred(Bar::Flooded);
        }
        // Who sends is who it comes by, whatever address it uses; else who has the address.
        let source = by.map(|(id, _)| id.as_str()).or_else(|| ports.find(packet.source));
        let judgement = Judgement {
            barred: None,
            out: self.end(source, Direction::Out, vpc, packet),
            inward: self.end(ports.find(packet.destination), Direction::In, vpc, packet),
        };
        if (judgement.out, judgement.inward) == (End::Elsewhere, End::Elsewhere) {
            return barred(Bar::NotHere);
        }
        judgement
    }

    /// Whether a connection that is there could be begun now.
    ///
    /// What a router sends on to another node is that node's to judge. One between addresses that no port of this node has, in a network where a port has no
    /// security, is left alone: conntrack keeps no MAC address, and such a port may use any IP
    /// address.
    pub fn still_permitted(&self, network: &str, connection: &Connection) -> bool {
        let packet = Packet {
            network,
            by: None,
            source: connection.source,
            destination: connection.destination,
            protocol: connection.protocol,
            ports: connection.ports,
            icmp: connection.icmp.map(|(kind, code, _)| (kind, code)),
        };
        let judgement = self.judge(&packet);
        let open = || {
            let mut ports = self.desired.ports.values();
            ports.any(|port| !port.security && port.network == network)
        };
        let routed = || self.routed.contains(network);
        if self.boundary(&packet).is_some_and(|bound| !bound.allows) {
            return false;
        }
        judgement.passes() || (judgement.barred == Some(Bar::NotHere) && (routed() || open()))
    }

    fn end(
        &self,
        id: Option<&'d str>,
        direction: Direction,
        vpc: &'d str,
        packet: &Packet<'_>,
    ) -> End<'d> {
        let Some((id, port)) = id.and_then(|id| self.desired.ports.get_key_value(id)) else {
            return End::Elsewhere;
        };
        if !port.security {
            return End::Passes { port: id, by: Permit::Unsecured };
        }
        match self.at_port(port, direction, vpc, packet) {
            Ok(by) => End::Passes { port: id, by },
            Err(why) => End::Dropped { port: id, why },
        }
    }

    fn at_port(
        &self,
        port: &'d Port,
        direction: Direction,
        vpc: &'d str,
        packet: &Packet<'_>,
    ) -> Result<Permit<'d>, Refusal> {
        if port.groups.is_empty() {
            return Err(Refusal::NoGroup);
        }
        let other = match direction {
            Direction::In => packet.source,
            Direction::Out => packet.destination,
        };
        let theirs = self.members.get(&(vpc, other));
        let norm = self.desired.semantics == Semantics::Norm;
        if norm
            && let Some(group) = port
                .groups
                .iter()
                .find(|group| theirs.is_some_and(|of| of.contains(group.as_str())))
        {
            return Ok(Permit::SameGroup { group });
        }
        let mut rules = 0;
        for (id, group) in port.groups.iter().filter_map(|id| self.desired.groups.get_key_value(id))
        {
            for (at, rule) in rules_of(group, direction) {
                rules += 1;
                if matches(rule, packet) && self.is_peer((id, at), rule, other, theirs) {
                    return Ok(Permit::Rule { group: id, rule: &rule.name });
                }
            }
        }
        match (rules, direction) {
            (0, Direction::Out) if norm => Ok(Permit::Free),
            (0, _) => Err(Refusal::NoRule),
            (rules, _) => Err(Refusal::NoMatch { rules }),
        }
    }

    fn is_peer(
        &self,
        key: (&'d str, usize),
        rule: &Rule,
        other: IpAddr,
        theirs: Option<&BTreeSet<&'d str>>,
    ) -> bool {
        match &rule.peer {
            Peer::Any => true,
            Peer::Group(group) => theirs.is_some_and(|of| of.contains(group.as_str())),
            Peer::Ranges(ranges) => match self.spans.get(&key) {
                Some(spans) => spans.contains(other),
                None => ranges.iter().any(|range| range.contains(&other)),
            },
        }
    }

    /// Returns the state that it judges by.
    pub fn desired(&self) -> &'d Desired {
        self.desired
    }

    /// Returns the port of this node that has an address in a network.
    pub fn port_at(&self, network: &str, address: IpAddr) -> Option<&'d str> {
        self.networks.get(network)?.find(address)
    }
}

fn rules_of(group: &Group, direction: Direction) -> impl Iterator<Item = (usize, &Rule)> {
    group.rules.iter().enumerate().filter(move |(_, rule)| rule.direction == direction)
}

/// Whether a rule is for what a packet carries.
fn matches(rule: &Rule, packet: &Packet<'_>) -> bool {
    let family = if packet.source.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
    if rule.family.is_some_and(|wanted| wanted != family) {
        return false;
    }
    match rule.traffic {
        Traffic::Any => true,
        Traffic::Protocol(protocol) => protocol == packet.protocol,
        Traffic::Ports { protocol, first, last } => {
            let within = |(_, port): (u16, u16)| (first..=last).contains(&port);
            protocol == packet.protocol && packet.ports.is_some_and(within)
        }
        Traffic::Icmp { kind, code } => {
            let own = if family == Family::Ipv4 { ICMP } else { ICMPV6 };
            let has = |wanted: Option<u8>, value: Option<u8>| wanted.is_none() || wanted == value;
            own == packet.protocol
                && has(kind, packet.icmp.map(|(kind, _)| kind))
                && has(code, packet.icmp.map(|(_, code)| code))
        }
    }
}
