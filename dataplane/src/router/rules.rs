//! Rules of a router's namespace.
//!
//! What stays inside is not tracked: its two directions may pass different nodes. What leaves or
//! comes in is, and is let by only with its address translated.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use smallvec::SmallVec;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::address::Device;
use crate::firewall::protocol::{ICMP, ICMPV6};
use crate::naming;
use crate::nft::{
    Base, Chain, Comparison, Ct, Element, Elements, Expression, Hook, Key, KeyType, Meta, Point,
    Register, Rule, Ruleset, Set, Table, Translated, Value, ValueType, Verdict,
};

/// Ranges of the VPC, and of those that are joined to it: they are never sought outside.
const OWN: &str = "as_own4";
/// Devices that lead to the VPC's networks.
const INSIDE: &str = "as_inside";
/// Ranges whose guests may leave.
const LEAVES: &str = "as_leaves";
/// Elastic IPs to what is behind them, and back.
const ELASTIC_IN: &str = "as_eip_in";
const ELASTIC_OUT: &str = "as_eip_out";

const RAW: i32 = -300;
const DESTINATION_NAT: i32 = -100;
const SOURCE_NAT: i32 = 100;

/// Bits of conntrack's state and status.
const INVALID: u32 = 1;
const ESTABLISHED_OR_RELATED: u32 = 2 | 4;
const DESTINATION_TRANSLATED: u32 = 32;

const ECHO: u8 = 8;
const ECHO_V6: u8 = 128;
const FIRST: Register = Register(0);
const SECOND: Register = Register(4);

/// What a router's rules are made of.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// Ranges of the VPC's subnets.
    pub(super) own: BTreeSet<IpNet>,
    /// Devices that lead to its networks.
    pub(super) inside: BTreeSet<Device>,
    /// The device that leads out, and the router's own address there.
    pub(super) uplink: Option<(Device, Ipv4Addr)>,
    /// Shared addresses: id, address, ranges of guests.
    pub(super) snats: Vec<(String, Ipv4Addr, BTreeSet<Ipv4Net>)>,
    /// Ranges of VPCs that are joined to it.
    pub(super) near: BTreeSet<IpNet>,
    /// The devices that lead there, each with the ranges behind it.
    pub(super) peers: BTreeMap<Device, BTreeSet<IpNet>>,
    /// Elastic IPs, with the address behind each.
    pub(super) elastic: BTreeMap<Ipv4Addr, Ipv4Addr>,
}

/// Returns the rules.
pub(super) fn rules(facts: &Facts) -> Ruleset {
    let mut table = Table::default();
    let inside = facts.inside.iter().map(|device| (key(&device.padded()), None));
    table.sets.insert(INSIDE.to_owned(), hash(KeyType::InterfaceName, None, inside.collect()));
    base(&mut table, "as_in", Point::Input, 0, true, input());
    let mut forward = vec![
        // Between the networks of the VPC.
        Line::new().within(name(Meta::InName), INSIDE).within(name(Meta::OutName), INSIDE).accept(),
    ];
    for (device, behind) in &facts.peers {
        forward.extend(peer(&mut table, device, behind));
    }
    if let Some((uplink, address)) = &facts.uplink {
        let mut own = BTreeSet::new();
        own.extend(facts.own.union(&facts.near).filter_map(four));
        table.sets.insert(OWN.to_owned(), ranges(&own));
        forward.extend(leaving(&mut table, facts, uplink, *address));
    }
    forward.push(Line::new().counted().drop());
    base(&mut table, "as_fwd", Point::Forward, 0, true, forward);
    Ruleset { inet: Some(table), netdev: None }
}

/// The router answers echo requests and neighbour discovery, and nothing else.
fn input() -> Vec<Rule> {
    let icmp6 = |kind| Line::new().protocol(ICMPV6).icmp_type(kind).accept();
    let mut rules = vec![Line::new().protocol(ICMP).icmp_type(ECHO).accept()];
    rules.extend([ECHO_V6, 135, 136].map(icmp6));
    rules.push(Line::new().counted().drop());
    rules
}

/// What may come from a joined VPC: of its subnets only, and to the networks of this one only.
/// Its router says of itself what is wrong with a packet.
fn peer(table: &mut Table, device: &Device, behind: &BTreeSet<IpNet>) -> Vec<Rule> {
    let from = || Line::new().is(name(Meta::InName), &device.padded());
    let inside = |line: Line| line.within(name(Meta::OutName), INSIDE);
    let digits = device.as_str().get(3..).unwrap_or_default();
    let to = Line::new().within(name(Meta::InName), INSIDE);
    let mut rules = vec![to.is(name(Meta::OutName), &device.padded()).accept()];
    let (mut all4, mut all6) = (BTreeSet::new(), BTreeSet::new());
    all4.extend(behind.iter().filter_map(four));
    all6.extend(behind.iter().filter_map(six));
    let set = format!("as_peer4_{digits}");
    rules.push(inside(from()).ipv4().within(source(), &set).accept());
    table.sets.insert(set, ranges(&all4));
    if !all6.is_empty() {
        let set = format!("as_peer6_{digits}");
        rules.push(inside(from()).ipv6().within(source6(), &set).accept());
        table.sets.insert(set, ranges6(&all6));
    }
    for kind in [3, 11, 12] {
        rules.push(inside(from()).protocol(ICMP).icmp_type(kind).accept());
    }
    rules
}

fn four(range: &IpNet) -> Option<Ipv4Net> {
    match range {
        IpNet::V4(range) => Some(*range),
        IpNet::V6(_) => None,
    }
}

fn six(range: &IpNet) -> Option<Ipv6Net> {
    match range {
        IpNet::V6(range) => Some(*range),
        IpNet::V4(_) => None,
    }
}

/// Adds translation; returns what is let by besides.
fn leaving(table: &mut Table, facts: &Facts, uplink: &Device, own: Ipv4Addr) -> Vec<Rule> {
    let by_uplink = || Line::new().is(name(Meta::InName), &uplink.padded());
    let raw = vec![
        // Nobody outside may send to the addresses of guests themselves.
        by_uplink().ipv4().within(destination(), OWN).counted().drop(),
        Line::new().ipv4().within(destination(), OWN).and(Expression::NoTrack).end(),
        Line::new().ipv6().and(Expression::NoTrack).end(),
    ];
    base(table, "as_raw", Point::Prerouting, RAW, false, raw);

    let bytes = |address: Ipv4Addr| Value::Bytes(SmallVec::from_slice(&address.octets()));
    let there = facts.elastic.iter();
    let there = there.map(|(outside, inside)| (key(&outside.octets()), Some(bytes(*inside))));
    let back = facts.elastic.iter();
    let back = back.map(|(outside, inside)| (key(&inside.octets()), Some(bytes(*outside))));
    let map = |elements| hash(KeyType::Ipv4, Some(ValueType::Ipv4), elements);
    table.sets.insert(ELASTIC_IN.to_owned(), map(there.collect()));
    table.sets.insert(ELASTIC_OUT.to_owned(), map(back.collect()));
    let mut leaves = BTreeSet::new();
    leaves.extend(facts.snats.iter().flat_map(|(_id, _address, ranges)| ranges));
    leaves.extend(facts.elastic.values().map(|inside| Ipv4Net::from(*inside)));
    table.sets.insert(LEAVES.to_owned(), ranges(&leaves));

    let dnat =
        vec![Line::new().ipv4().translate(destination(), ELASTIC_IN, Translated::Destination)];
    base(table, "as_dnat", Point::DestinationNat, DESTINATION_NAT, false, dnat);
    let mut snat = vec![Line::new().ipv4().translate(source(), ELASTIC_OUT, Translated::Source)];
    for (id, address, of) in &facts.snats {
        let set = format!("as_snat_{}", naming::digits([id.as_str()]));
        snat.push(Line::new().comment(id).ipv4().within(source(), &set).appear_as(*address));
        table.sets.insert(set, ranges(of));
    }
    // A guest that calls an elastic IP of its own VPC: it is answered by way of the router only
    // where it has an address outside.
    let called = Line::new().bits(Ct::Status, DESTINATION_TRANSLATED).ipv4();
    snat.push(called.within(source(), OWN).appear_as(own));
    base(table, "as_snat", Point::SourceNat, SOURCE_NAT, false, snat);

    vec![
        // What is inside is not sought outside, even where this node does not know its way.
        Line::new()
            .is(name(Meta::OutName), &uplink.padded())
            .ipv4()
            .within(destination(), OWN)
            .counted()
            .drop(),
        // What conntrack cannot place is not translated either.
        Line::new().bits(Ct::State, INVALID).counted().drop(),
        Line::new()
            .within(name(Meta::InName), INSIDE)
            .is(name(Meta::OutName), &uplink.padded())
            .ipv4()
            .within(source(), LEAVES)
            .accept(),
        by_uplink().bits(Ct::State, ESTABLISHED_OR_RELATED).accept(),
        by_uplink().bits(Ct::Status, DESTINATION_TRANSLATED).accept(),
    ]
}

fn base(table: &mut Table, name: &str, point: Point, priority: i32, drops: bool, rules: Vec<Rule>) {
    let hook = Some(Hook { point, priority, device: None, drops });
    table.chains.insert(name.to_owned(), Chain { hook, rules });
}

fn hash(part: KeyType, value: Option<ValueType>, elements: Elements) -> Set {
    Set { key: vec![part], value, interval: false, elements }
}

fn key(bytes: &[u8]) -> Element {
    Element { key: Key::from_slice(bytes), last: None }
}

/// Ranges that touch or overlap are one, as the kernel would refuse them.
fn ranges(of: &BTreeSet<Ipv4Net>) -> Set {
    let all: Vec<Ipv4Net> = of.iter().copied().collect();
    let element = |range: Ipv4Net| {
        let (first, last) = (range.network().octets(), range.broadcast().octets());
        (Element::range(Key::from_slice(&first), Key::from_slice(&last)), None)
    };
    let elements = Ipv4Net::aggregate(&all).into_iter().map(element).collect();
    Set { key: vec![KeyType::Ipv4], value: None, interval: true, elements }
}

fn ranges6(of: &BTreeSet<Ipv6Net>) -> Set {
    let all: Vec<Ipv6Net> = of.iter().copied().collect();
    let element = |range: Ipv6Net| {
        let (first, last) = (range.network().octets(), range.broadcast().octets());
        (Element::range(Key::from_slice(&first), Key::from_slice(&last)), None)
    };
    let elements = Ipv6Net::aggregate(&all).into_iter().map(element).collect();
    Set { key: vec![KeyType::Ipv6], value: None, interval: true, elements }
}

fn source6() -> Expression {
    Expression::Payload { base: Base::Network, offset: 8, length: 16, to: FIRST }
}

fn name(key: Meta) -> Expression {
    Expression::Meta { key, to: FIRST }
}

fn source() -> Expression {
    Expression::Payload { base: Base::Network, offset: 12, length: 4, to: FIRST }
}

fn destination() -> Expression {
    Expression::Payload { base: Base::Network, offset: 16, length: 4, to: FIRST }
}

/// A rule in the making; every value is compared in the first register.
#[derive(Debug, Default)]
struct Line(Rule);

impl Line {
    fn new() -> Self {
        Self::default()
    }

    fn comment(mut self, text: &str) -> Self {
        self.0.comment = Some(text.to_owned());
        self
    }

    fn and(mut self, expression: Expression) -> Self {
        self.0.expressions.push(expression);
        self
    }

    fn is(self, load: Expression, value: &[u8]) -> Self {
        let (from, how) = (FIRST, Comparison::Equal);
        self.and(load).and(Expression::Compare { from, how, value: value.to_vec() })
    }

    /// Of IPv4, so that offsets are those of its header (`NFPROTO_IPV4`).
    fn ipv4(self) -> Self {
        self.is(name(Meta::Family), &[2])
    }

    fn ipv6(self) -> Self {
        self.is(name(Meta::Family), &[10])
    }

    fn protocol(self, protocol: u8) -> Self {
        self.is(name(Meta::L4Protocol), &[protocol])
    }

    fn icmp_type(self, kind: u8) -> Self {
        self.is(
            Expression::Payload { base: Base::Transport, offset: 0, length: 1, to: FIRST },
            &[kind],
        )
    }

    fn within(self, load: Expression, set: &str) -> Self {
        let set = set.to_owned();
        self.and(load).and(Expression::Lookup { set, from: FIRST, inverted: false })
    }

    fn bits(self, key: Ct, bits: u32) -> Self {
        let (mask, xor) = (bits.to_ne_bytes().to_vec(), vec![0; 4]);
        let value = vec![0; 4];
        self.and(Expression::Ct { key, to: FIRST })
            .and(Expression::Bitwise { from: FIRST, to: FIRST, mask, xor })
            .and(Expression::Compare { from: FIRST, how: Comparison::NotEqual, value })
    }

    /// Gives the connection what a map has for an address of it.
    fn translate(self, load: Expression, map: &str, of: Translated) -> Rule {
        let map = Expression::Map { set: map.to_owned(), from: FIRST, to: SECOND };
        self.and(load).and(map).and(Expression::Nat { of, from: SECOND }).end()
    }

    /// Gives the connection a source.
    fn appear_as(self, address: Ipv4Addr) -> Rule {
        self.and(Expression::Load { to: FIRST, value: address.octets().to_vec() })
            .and(Expression::Nat { of: Translated::Source, from: FIRST })
            .end()
    }

    fn counted(self) -> Self {
        self.and(Expression::Counter)
    }

    fn accept(self) -> Rule {
        self.and(Expression::Verdict(Verdict::Accept)).end()
    }

    fn drop(self) -> Rule {
        self.and(Expression::Verdict(Verdict::Drop)).end()
    }

    fn end(self) -> Rule {
        self.0
    }
}
