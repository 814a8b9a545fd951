//! Rules in the making: loads, comparisons and look-ups, with the registers that they need.

use crate::desired::Family;
use crate::nft::{
    Base, Comparison, Ct, Element, Expression, Key, KeyType, Meta, Register, Rule, Verdict,
};

/// `NFPROTO_IPV4`, `NFPROTO_IPV6`.
const PROTOCOL_FAMILY: [u8; 2] = [2, 10];
/// The register that values are compared in, and that keys begin in.
const FIRST: Register = Register(0);
/// `PACKET_HOST`: a frame to one station; `br_netfilter` says so of forwarded ones too.
const TO_ONE: u8 = 0;

/// A part of a packet's key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    InName,
    OutName,
    Bytes { base: Base, offset: u32, length: u32 },
}

/// Bytes of the Ethernet header.
pub(super) const SOURCE_MAC: Part = Part::Bytes { base: Base::Link, offset: 6, length: 6 };
pub(super) const DESTINATION_MAC: Part = Part::Bytes { base: Base::Link, offset: 0, length: 6 };
/// Sender's addresses of ARP over Ethernet (RFC 826).
pub(super) const ARP_MAC: Part = Part::Bytes { base: Base::Network, offset: 8, length: 6 };
pub(super) const ARP_IP: Part = Part::Bytes { base: Base::Network, offset: 14, length: 4 };
/// Target of neighbour solicitations and advertisements (RFC 4861 §4.3, §4.4).
pub(super) const ND_TARGET: Part = Part::Bytes { base: Base::Transport, offset: 8, length: 16 };
/// The VNI of VXLAN behind UDP's header, and the byte behind it (RFC 7348 §5).
pub(super) const VNI: Part = Part::Bytes { base: Base::Transport, offset: 12, length: 4 };

pub(super) fn source(family: Family) -> Part {
    match family {
        Family::Ipv4 => Part::Bytes { base: Base::Network, offset: 12, length: 4 },
        Family::Ipv6 => Part::Bytes { base: Base::Network, offset: 8, length: 16 },
    }
}

pub(super) fn destination(family: Family) -> Part {
    match family {
        Family::Ipv4 => Part::Bytes { base: Base::Network, offset: 16, length: 4 },
        Family::Ipv6 => Part::Bytes { base: Base::Network, offset: 24, length: 16 },
    }
}

/// Type of the addresses of a family in keys.
pub(super) fn address_type(family: Family) -> KeyType {
    match family {
        Family::Ipv4 => KeyType::Ipv4,
        Family::Ipv6 => KeyType::Ipv6,
    }
}

impl Part {
    fn load(self, to: Register) -> Expression {
        match self {
            Self::InName => Expression::Meta { key: Meta::InName, to },
            Self::OutName => Expression::Meta { key: Meta::OutName, to },
            Self::Bytes { base, offset, length } => {
                Expression::Payload { base, offset, length, to }
            }
        }
    }

    /// Registers of 4 bytes that it takes.
    fn registers(self) -> u8 {
        match self {
            Self::InName | Self::OutName => 4,
            Self::Bytes { length, .. } => u8::try_from(length.div_ceil(4)).unwrap_or(u8::MAX),
        }
    }
}

/// Returns a key of a set: each part padded with zeros to a multiple of 4 bytes.
pub(super) fn key(parts: &[&[u8]]) -> Key {
    let mut key = Key::new();
    for part in parts {
        key.extend_from_slice(part);
        key.resize(key.len().next_multiple_of(4), 0);
    }
    key
}

/// Returns an element that is one key.
pub(super) fn element(parts: &[&[u8]]) -> Element {
    Element { key: key(parts), last: None }
}

/// A rule without its end.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    expressions: Vec<Expression>,
    comment: Option<String>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { expressions: Vec::with_capacity(8), comment: None }
    }

    /// Says what the rule is for; cut where the kernel's users stop reading (128 bytes).
    pub(super) fn comment(mut self, text: &str) -> Self {
        let mut end = text.len().min(120);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.comment = text.get(..end).map(str::to_owned);
        self
    }

    fn and(mut self, expression: Expression) -> Self {
        self.expressions.push(expression);
        self
    }

    fn compare(self, how: Comparison, value: &[u8]) -> Self {
        self.and(Expression::Compare { from: FIRST, how, value: value.to_vec() })
    }

    pub(super) fn meta(self, key: Meta, value: &[u8]) -> Self {
        self.and(Expression::Meta { key, to: FIRST }).compare(Comparison::Equal, value)
    }

    pub(super) fn family(self, family: Family) -> Self {
        let [four, six] = PROTOCOL_FAMILY;
        self.meta(Meta::Family, &[if family == Family::Ipv4 { four } else { six }])
    }

    pub(super) fn protocol(self, protocol: u8) -> Self {
        self.meta(Meta::L4Protocol, &[protocol])
    }

    /// The header above IP is there: not in later fragments, nor where an extension header
    /// reaches beyond the packet (the kernel tells the protocol of those all the same).
    pub(super) fn shows_transport(self) -> Self {
        self.transport(0, 1).compare(Comparison::GreaterOrEqual, &[0])
    }

    /// A later fragment, its header right behind that of IPv6 (RFC 8200 §4.5).
    pub(super) fn later_fragment(self) -> Self {
        let next_header = Part::Bytes { base: Base::Network, offset: 6, length: 1 };
        let offset = Part::Bytes { base: Base::Network, offset: 42, length: 2 };
        self.bytes(next_header, &[44])
            .and(offset.load(FIRST))
            .masked(&[0xff, 0xf8])
            .compare(Comparison::NotEqual, &[0, 0])
    }

    /// Frames to one station, or frames to several.
    pub(super) fn for_one(self, is: bool) -> Self {
        let how = if is { Comparison::Equal } else { Comparison::NotEqual };
        self.and(Expression::Meta { key: Meta::PacketType, to: FIRST }).compare(how, &[TO_ONE])
    }

    /// `EtherType`, of the frame and not of what a VLAN tag hides: `meta protocol` would be that
    /// of the inner packet, since the kernel takes the tag off before this hook.
    pub(super) fn ether_type(self, value: u16) -> Self {
        let part = Part::Bytes { base: Base::Link, offset: 12, length: 2 };
        self.bytes(part, &value.to_be_bytes())
    }

    pub(super) fn bytes(self, part: Part, value: &[u8]) -> Self {
        self.and(part.load(FIRST)).compare(Comparison::Equal, value)
    }

    /// An address in a prefix.
    pub(super) fn prefix(self, part: Part, address: &[u8], mask: &[u8]) -> Self {
        let line = self.and(part.load(FIRST));
        if mask.iter().all(|byte| *byte == 0xff) {
            return line.compare(Comparison::Equal, address);
        }
        line.masked(mask).compare(Comparison::Equal, address)
    }

    fn masked(self, mask: &[u8]) -> Self {
        let (mask, xor) = (mask.to_vec(), vec![0; mask.len()]);
        self.and(Expression::Bitwise { from: FIRST, to: FIRST, mask, xor })
    }

    fn transport(self, offset: u32, length: u32) -> Self {
        self.and(Expression::Payload { base: Base::Transport, offset, length, to: FIRST })
    }

    pub(super) fn source_port(self, port: u16) -> Self {
        self.transport(0, 2).compare(Comparison::Equal, &port.to_be_bytes())
    }

    pub(super) fn destination_ports(self, first: u16, last: u16) -> Self {
        match (first, last) {
            (0, u16::MAX) => self,
            _ if first == last => {
                self.transport(2, 2).compare(Comparison::Equal, &first.to_be_bytes())
            }
            _ => self.transport(2, 2).and(Expression::Range {
                from: FIRST,
                first: first.to_be_bytes().to_vec(),
                last: last.to_be_bytes().to_vec(),
            }),
        }
    }

    pub(super) fn icmp_type(self, kind: u8) -> Self {
        self.transport(0, 1).compare(Comparison::Equal, &[kind])
    }

    pub(super) fn icmp_code(self, code: u8) -> Self {
        self.transport(1, 1).compare(Comparison::Equal, &[code])
    }

    /// A connection in one of the states of a mask (`NF_CT_STATE_BIT`).
    pub(super) fn state(self, bits: u32) -> Self {
        self.and(Expression::Ct { key: Ct::State, to: FIRST })
            .masked(&bits.to_ne_bytes())
            .compare(Comparison::NotEqual, &[0; 4])
    }

    pub(super) fn protocol_to(self, to: Register) -> Self {
        self.and(Expression::Meta { key: Meta::L4Protocol, to })
    }

    pub(super) fn load_to(self, part: Part, to: Register) -> Self {
        self.and(part.load(to))
    }

    pub(super) fn constant(self, to: Register, value: &[u8]) -> Self {
        self.and(Expression::Load { to, value: value.to_vec() })
    }

    /// Loads what a map has for what begins in a register.
    pub(super) fn map(self, map: &str, from: Register, to: Register) -> Self {
        self.and(Expression::Map { set: map.to_owned(), from, to })
    }

    /// What begins in a register is in a set.
    pub(super) fn found(self, set: &str, from: Register) -> Self {
        self.and(Expression::Lookup { set: set.to_owned(), from, inverted: false })
    }

    fn load(mut self, parts: &[Part]) -> Self {
        let mut register = FIRST;
        for part in parts {
            self.expressions.push(part.load(register));
            register = Register(register.0.saturating_add(part.registers()));
        }
        self
    }

    pub(super) fn within(self, parts: &[Part], set: &str) -> Self {
        let lookup = Expression::Lookup { set: set.to_owned(), from: FIRST, inverted: false };
        self.load(parts).and(lookup)
    }

    /// The VNI of VXLAN, without the byte behind it.
    pub(super) fn vni_within(self, set: &str) -> Self {
        let lookup = Expression::Lookup { set: set.to_owned(), from: FIRST, inverted: false };
        self.load(&[VNI]).masked(&[0xff, 0xff, 0xff, 0]).and(lookup)
    }

    /// Does what a map says; goes on where it says nothing.
    pub(super) fn by_map(self, parts: &[Part], map: &str) -> Rule {
        let lookup = Expression::VerdictMap { set: map.to_owned(), from: FIRST };
        self.load(parts).and(lookup).end()
    }

    /// Sets the conntrack zone to what a map has for the device that the packet came by.
    pub(super) fn zone_by_map(self, map: &str) -> Rule {
        let (set, to) = (map.to_owned(), Register(4));
        self.load(&[Part::InName])
            .and(Expression::Map { set, from: FIRST, to })
            .and(Expression::SetZone { from: to })
            .end()
    }

    /// What goes to all stations or to a group of them (`PACKET_BROADCAST`, `PACKET_MULTICAST`),
    /// beyond so many frames in a second.
    pub(super) fn flooded_over(self, rate: u32) -> Self {
        let range = Expression::Range { from: FIRST, first: vec![1], last: vec![2] };
        self.and(Expression::Meta { key: Meta::PacketType, to: FIRST })
            .and(range)
            .and(Expression::Over { rate: rate.into(), burst: rate })
    }

    pub(super) fn counted(self) -> Self {
        self.and(Expression::Counter)
    }

    pub(super) fn then(self, verdict: Verdict) -> Rule {
        self.and(Expression::Verdict(verdict)).end()
    }

    pub(super) fn accept(self) -> Rule {
        self.then(Verdict::Accept)
    }

    pub(super) fn drop(self) -> Rule {
        self.then(Verdict::Drop)
    }

    pub(super) fn jump(self, chain: &str) -> Rule {
        self.then(Verdict::Jump(chain.to_owned()))
    }

    pub(super) fn goto(self, chain: &str) -> Rule {
        self.then(Verdict::Goto(chain.to_owned()))
    }

    fn end(self) -> Rule {
        Rule { expressions: self.expressions, comment: self.comment }
    }
}
