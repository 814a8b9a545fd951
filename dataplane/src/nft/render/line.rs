//! One rule as text.
//!
//! The kernel's registers are followed: what was loaded is named where it is compared.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    Base, Comparison, Ct, Expression, KeyType, Meta, Table, hex, states, value_text, verdict_text,
    width,
};
use crate::nft::{Register, Rule, Translated};

/// What a register holds.
#[derive(Clone, Debug)]
struct Held {
    /// How nft names it.
    name: String,
    /// What it is, where it can be printed as that.
    kind: Kind,
    /// The bits that were kept.
    mask: Option<Vec<u8>>,
    /// How many registers it takes.
    registers: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Key(KeyType),
    Family,
    PacketType,
    EtherType,
    Status,
    Number,
}

/// What the rule has settled so far.
#[derive(Debug, Default)]
struct Reading {
    held: BTreeMap<u8, Held>,
    ipv6: bool,
    protocol: Option<u8>,
    words: Vec<String>,
}

/// Returns a rule as nft writes it.
pub(super) fn text(table: &Table, rule: &Rule) -> String {
    let mut reading = Reading::default();
    for expression in &rule.expressions {
        reading.take(table, expression);
    }
    if let Some(comment) = &rule.comment {
        reading.words.push(format!("comment \"{}\"", comment.replace(['"', '\n'], "'")));
    }
    reading.words.join(" ")
}

impl Reading {
    fn take(&mut self, table: &Table, expression: &Expression) {
        match expression {
            Expression::Meta { key, to } => self.load(*to, meta(*key)),
            Expression::Payload { base, offset, length, to } => {
                let held = self.payload(*base, *offset, *length);
                self.load(*to, held);
            }
            Expression::Ct { key: Ct::State, to } => {
                self.load(*to, held("ct state", Kind::Key(KeyType::CtState), 1));
            }
            Expression::Ct { key: Ct::Status, to } => {
                self.load(*to, held("ct status", Kind::Status, 1));
            }
            Expression::Nat { of, from } => {
                let what = if *of == Translated::Source { "snat" } else { "dnat" };
                let to = self.held.get(&from.0).map(|held| held.name.as_str()).unwrap_or_default();
                self.words.push(format!("{what} ip to {to}"));
            }
            Expression::NoTrack => self.words.push("notrack".to_owned()),
            Expression::SetZone { from } => {
                let value = self.held.get(&from.0).map(|held| held.name.clone());
                self.words.push(format!("ct zone set {}", value.unwrap_or_default()));
            }
            Expression::Bitwise { from, to, mask, .. } => {
                if let Some(mut value) = self.held.get(&from.0).cloned() {
                    value.mask = Some(mask.clone());
                    self.load(*to, value);
                }
            }
            Expression::Compare { from, how, value } => self.compare(*from, *how, value),
            Expression::Range { from, first, last } => {
                if let Some(held) = self.held.get(&from.0) {
                    let text =
                        format!("{} {}-{}", held.name, print(held, first), print(held, last));
                    self.words.push(text);
                }
            }
            Expression::Lookup { set, from, inverted } => {
                let not = if *inverted { "!= " } else { "" };
                self.words.push(format!("{} {not}@{set}", self.key(table, set, *from)));
            }
            Expression::Map { set, from, to } => {
                let name = format!("{} map @{set}", self.key(table, set, *from));
                self.load(*to, held(&name, Kind::Number, 1));
            }
            Expression::VerdictMap { set, from } => {
                self.words.push(format!("{} vmap @{set}", self.key(table, set, *from)));
            }
            Expression::Load { to, value } => {
                let text = match value.len() {
                    4 => value_text(KeyType::Ipv4, value),
                    _ => hex(value),
                };
                self.load(*to, held(&text, Kind::Number, 1));
            }
            Expression::Verdict(verdict) => self.words.push(verdict_text(verdict)),
            Expression::Over { rate, burst } => {
                let text = format!("limit rate over {rate}/second burst {burst} packets");
                self.words.push(text);
            }
            Expression::Counter => self.words.push("counter".to_owned()),
            Expression::Other { name, .. } => self.words.push(format!("# {name}")),
        }
    }

    fn load(&mut self, to: Register, held: Held) {
        self.held.insert(to.0, held);
    }

    fn compare(&mut self, from: Register, how: Comparison, value: &[u8]) {
        let Some(held) = self.held.get(&from.0) else { return };
        let sign = match how {
            Comparison::Equal => "",
            Comparison::NotEqual => "!= ",
            Comparison::Less => "< ",
            Comparison::LessOrEqual => "<= ",
            Comparison::Greater => "> ",
            Comparison::GreaterOrEqual => ">= ",
        };
        let settles = how == Comparison::Equal;
        let name = &held.name;
        let text = match (&held.mask, held.kind) {
            (Some(mask), Kind::Key(KeyType::CtState)) if how == Comparison::NotEqual => {
                let bits = <[u8; 4]>::try_from(mask.as_slice()).map_or(0, u32::from_ne_bytes);
                format!("{name} {}", states(bits))
            }
            // The only bit that is asked for (`IPS_DST_NAT`).
            (Some(mask), Kind::Status)
                if how == Comparison::NotEqual && *mask == 32_u32.to_ne_bytes() =>
            {
                format!("{name} dnat")
            }
            (Some(mask), _) => match prefix(mask) {
                Some(length) => format!("{name} {sign}{}/{length}", print(held, value)),
                None => format!("{name} & {} {sign}{}", hex(mask), hex(value)),
            },
            (None, _) => format!("{name} {sign}{}", print(held, value)),
        };
        if settles && name == "meta nfproto" {
            self.ipv6 = value == [10];
        }
        if settles && name == "meta l4proto" {
            self.protocol = value.first().copied();
        }
        self.words.push(text);
    }

    /// Returns the parts of a set's key, from a register on.
    fn key(&self, table: &Table, set: &str, from: Register) -> String {
        let widths = table.sets.get(set).map(|set| set.key.iter().map(|kind| width(*kind)));
        let wanted: usize =
            widths.map_or(usize::MAX, |widths| widths.map(|bytes| bytes.div_ceil(4)).sum());
        let (mut at, mut taken, mut parts) = (from.0, 0, Vec::new());
        while let Some(held) = self.held.get(&at).filter(|_| taken < wanted) {
            let mask = held.mask.as_deref().map(|mask| format!(" & {}", hex(mask)));
            parts.push(format!("{}{}", held.name, mask.unwrap_or_default()));
            taken = taken.saturating_add(held.registers);
            at = at.saturating_add(u8::try_from(held.registers).unwrap_or(u8::MAX));
        }
        parts.join(" . ")
    }

    fn payload(&self, base: Base, offset: u32, length: u32) -> Held {
        let address = |name: &str, kind| held(name, Kind::Key(kind), length);
        match (base, offset, length) {
            (Base::Link, 0, 6) => address("ether daddr", KeyType::Ether),
            (Base::Link, 6, 6) => address("ether saddr", KeyType::Ether),
            (Base::Link, 12, 2) => held("ether type", Kind::EtherType, length),
            (Base::Network, 12, 4) => address("ip saddr", KeyType::Ipv4),
            (Base::Network, 16, 4) => address("ip daddr", KeyType::Ipv4),
            (Base::Network, 8, 16) => address("ip6 saddr", KeyType::Ipv6),
            (Base::Network, 24, 16) => address("ip6 daddr", KeyType::Ipv6),
            (Base::Network, 8, 6) => address("arp saddr ether", KeyType::Ether),
            (Base::Network, 14, 4) => address("arp saddr ip", KeyType::Ipv4),
            (Base::Transport, 0, 2) => address("th sport", KeyType::Port),
            (Base::Transport, 2, 2) => address("th dport", KeyType::Port),
            (Base::Transport, 0, 1) if self.protocol.is_some() => {
                held(self.icmp("type"), Kind::Number, length)
            }
            (Base::Transport, 1, 1) if self.protocol.is_some() => {
                held(self.icmp("code"), Kind::Number, length)
            }
            (Base::Transport, 8, 16) => address("icmpv6 taddr", KeyType::Ipv6),
            _ => {
                let base = match base {
                    Base::Link => "ll",
                    Base::Network => "nh",
                    Base::Transport => "th",
                };
                let bits = |bytes: u32| bytes.saturating_mul(8);
                let name = format!("@{base},{},{}", bits(offset), bits(length));
                held(&name, Kind::Number, length)
            }
        }
    }

    fn icmp(&self, what: &str) -> &'static str {
        match (self.protocol == Some(58), what) {
            (true, "type") => "icmpv6 type",
            (true, _) => "icmpv6 code",
            (false, "type") => "icmp type",
            (false, _) => "icmp code",
        }
    }
}

fn held(name: &str, kind: Kind, length: u32) -> Held {
    let registers = usize::try_from(length.div_ceil(4)).unwrap_or(usize::MAX);
    Held { name: name.to_owned(), kind, mask: None, registers }
}

fn meta(key: Meta) -> Held {
    match key {
        Meta::InName => held("iifname", Kind::Key(KeyType::InterfaceName), 16),
        Meta::OutName => held("oifname", Kind::Key(KeyType::InterfaceName), 16),
        Meta::L4Protocol => held("meta l4proto", Kind::Key(KeyType::Protocol), 1),
        Meta::Family => held("meta nfproto", Kind::Family, 1),
        Meta::PacketType => held("meta pkttype", Kind::PacketType, 1),
        Meta::EtherType => held("meta protocol", Kind::EtherType, 2),
    }
}

fn print(held: &Held, value: &[u8]) -> String {
    match (held.kind, value) {
        (Kind::Key(kind), _) => value_text(kind, value),
        (Kind::Family, [2]) => "ipv4".to_owned(),
        (Kind::Family, [10]) => "ipv6".to_owned(),
        (Kind::PacketType, [0]) => "host".to_owned(),
        (Kind::PacketType, [1]) => "broadcast".to_owned(),
        (Kind::PacketType, [2]) => "multicast".to_owned(),
        (Kind::EtherType, [8, 0]) => "ip".to_owned(),
        (Kind::EtherType, [8, 6]) => "arp".to_owned(),
        (Kind::EtherType, [0x86, 0xdd]) => "ip6".to_owned(),
        (Kind::Number, [byte]) => byte.to_string(),
        _ => hex(value),
    }
}

/// Returns the length of a prefix, where a mask is one.
fn prefix(mask: &[u8]) -> Option<u32> {
    let ones = |bits: u128, width: u32| {
        let length = bits.leading_ones();
        (bits.count_ones() == length && length <= width).then_some(length)
    };
    if let Ok(four) = <[u8; 4]>::try_from(mask) {
        return ones(u128::from(u32::from(Ipv4Addr::from(four))) << 96, 32);
    }
    <[u8; 16]>::try_from(mask).ok().and_then(|sixteen| ones(Ipv6Addr::from(sixteen).into(), 128))
}
