//! Objects of `nf_tables` as values: what is written to the kernel and what is read back.
//!
//! Only what this crate uses is modelled; anything else that the kernel shows is kept as
//! [`Expression::Other`], so that it never compares equal to what we want. Semantics:
//! `include/uapi/linux/netfilter/nf_tables.h` and nft(8).

pub mod decode;
pub mod encode;
mod numbers;
pub mod render;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use smallvec::SmallVec;

/// Address family of a table (`NFPROTO_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4 and IPv6 together, at the hooks of the IP layer.
    Inet,
    /// Frames of one device, at its ingress.
    Netdev,
}

/// A table with all that is in it. Chains are in the order in which jumps need them: any; the
/// encoder declares all chains before rules and elements name them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// Chains by name.
    pub chains: BTreeMap<String, Chain>,
    /// Sets and maps by name.
    pub sets: BTreeMap<String, Set>,
}

/// A chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Where packets enter it; `None` where only jumps do.
    pub hook: Option<Hook>,
    /// Rules in their order.
    pub rules: Vec<Rule>,
}

/// Where a base chain hangs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Point in the path of a packet.
    pub point: Point,
    /// Order among the chains of a point, lower first.
    pub priority: i32,
    /// The device whose ingress it is, in family `netdev`.
    pub device: Option<String>,
    /// What happens to a packet that no rule decides.
    pub drops: bool,
}

/// A point in the path of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// Before routing; bridged frames too, where their bridge calls the IP layer.
    Prerouting,
    /// For this host.
    Input,
    /// Through this host, bridged frames included.
    Forward,
    /// From this host.
    Output,
    /// After routing.
    Postrouting,
    /// As a frame enters by a device.
    Ingress,
    /// Before routing, where destinations are translated: the first packet of a connection only.
    DestinationNat,
    /// After routing, where sources are translated: the same.
    SourceNat,
}

/// A rule: expressions in their order; one that does not match ends it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rule {
    /// What it does.
    pub expressions: Vec<Expression>,
    /// What it is there for, as `nft list` prints it (`NFTNL_UDATA_RULE_COMMENT`).
    pub comment: Option<String>,
}

/// A register of 4 bytes, by number from 0 (`NFT_REG32_00` + number); wider values take as many
/// as they need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register(pub u8);

/// Part of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Expression {
    /// Loads a fact about the packet.
    Meta { key: Meta, to: Register },
    /// Loads bytes of the packet.
    Payload { base: Base, offset: u32, length: u32, to: Register },
    /// Loads a fact about the connection.
    Ct { key: Ct, to: Register },
    /// Sets the conntrack zone from a register.
    SetZone { from: Register },
    /// `to = (from & mask) ^ xor`, byte by byte.
    Bitwise { from: Register, to: Register, mask: Vec<u8>, xor: Vec<u8> },
    /// Goes on where the comparison holds; values in network byte order where they are numbers.
    Compare { from: Register, how: Comparison, value: Vec<u8> },
    /// Goes on where the value is within, both ends included.
    Range { from: Register, first: Vec<u8>, last: Vec<u8> },
    /// Goes on where the set has the value (or has not, where `inverted`).
    Lookup { set: String, from: Register, inverted: bool },
    /// Loads what the map has for the value; goes on only where it has something.
    Map { set: String, from: Register, to: Register },
    /// Does what the verdict map has for the value; goes on where it has nothing.
    VerdictMap { set: String, from: Register },
    /// Loads a constant.
    Load { to: Register, value: Vec<u8> },
    /// Ends the chain or the packet's way.
    Verdict(Verdict),
    /// Gives the connection another IPv4 destination or source, from a register.
    Nat { of: Translated, from: Register },
    /// Has conntrack pass the packet over.
    NoTrack,
    /// Goes on with what comes by beyond so many packets a second, of which as many more may come
    /// at once. How far it is filled is not compared.
    Over { rate: u64, burst: u32 },
    /// Counts what comes by. Its numbers are not compared.
    Counter,
    /// What this crate does not know: name and attributes as the kernel has them.
    Other { name: String, data: Vec<u8> },
}

/// What of a connection is translated (`NFT_NAT_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Translated {
    /// Its source.
    Source,
    /// Its destination.
    Destination,
}

/// Facts about a packet (`NFT_META_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meta {
    /// Name of the device it came by, 16 bytes; of its bridge, where it is bridged.
    InName,
    /// Name of the device it leaves by, 16 bytes.
    OutName,
    /// Protocol above IP, 1 byte.
    L4Protocol,
    /// `NFPROTO_IPV4` (2) or `NFPROTO_IPV6` (10), 1 byte.
    Family,
    /// `PACKET_*`, 1 byte: 0 to one station, 1 broadcast, 2 multicast.
    PacketType,
    /// `EtherType`, 2 bytes.
    EtherType,
}

/// Where an offset counts from (`NFT_PAYLOAD_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The frame.
    Link,
    /// The IP or ARP header.
    Network,
    /// The header above IP; never of a later fragment.
    Transport,
}

/// Facts about a connection (`NFT_CT_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ct {
    /// State bits, 4 bytes in host order: invalid 1, established 2, related 4, new 8, untracked 64.
    State,
    /// `IPS_*` bits, 4 bytes in host order: destination translated 32.
    Status,
}

/// How values compare (`NFT_CMP_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Equal,
    /// Not equal.
    NotEqual,
    /// Below.
    Less,
    /// Below or equal.
    LessOrEqual,
    /// Above.
    Greater,
    /// Above or equal.
    GreaterOrEqual,
}

/// What becomes of a packet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Goes on to the next base chain of the point.
    Accept,
    /// Ends here.
    Drop,
    /// Goes on in the chain that jumped here.
    Return,
    /// Goes on in a chain, and comes back where that returns.
    Jump(String),
    /// Goes on in a chain, and does not come back.
    Goto(String),
}

/// A set, or a map where it has values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// Types of the key's parts, in order; more than one is a concatenation.
    pub key: Vec<KeyType>,
    /// What it maps to; `None` for a set.
    pub value: Option<ValueType>,
    /// Whether elements may be ranges.
    pub interval: bool,
    /// The elements; keys as [`Element::key`] lays them out.
    pub elements: Elements,
}

/// Elements with what they map to. A full node has a hundred thousand, and what is wanted, the
/// batch that asks for it and what the kernel then has are the same ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elements(Arc<BTreeMap<Element, Option<Value>>>);

impl Elements {
    /// Has them take no more room than they need: a tree that was filled in order is half empty.
    pub(crate) fn settle(&mut self) {
        let mut all = std::mem::take(&mut **self);
        if let Some((first, value)) = all.pop_first() {
            // Into one that has something, the rest comes as full nodes.
            self.insert(first, value);
            self.append(&mut all);
        }
    }
}

impl Deref for Elements {
    type Target = BTreeMap<Element, Option<Value>>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for Elements {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl FromIterator<(Element, Option<Value>)> for Elements {
    fn from_iter<T: IntoIterator<Item = (Element, Option<Value>)>>(all: T) -> Self {
        let mut elements = BTreeMap::new();
        elements.extend(all);
        Self(Arc::new(elements))
    }
}

/// Types of parts of keys, by nft's numbers (`enum nft_datatypes` of libnftables), which make
/// `nft list` print them as people read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// `ifname`, 16 bytes.
    InterfaceName,
    /// `ipv4_addr`, 4 bytes.
    Ipv4,
    /// `ipv6_addr`, 16 bytes.
    Ipv6,
    /// `ether_addr`, 6 bytes.
    Ether,
    /// `inet_proto`, 1 byte.
    Protocol,
    /// `inet_service`, 2 bytes.
    Port,
    /// `ct_state`, 4 bytes.
    CtState,
    /// A key that this crate does not know: number and bytes as the kernel has them. Of a set
    /// with features that are not modelled (elements that expire, objects) it is all there is.
    Other {
        /// Number of its type.
        number: u32,
        /// Its bytes.
        length: u32,
    },
}

/// What a map has for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// A verdict.
    Verdict,
    /// A conntrack zone: 2 bytes in host order.
    Zone,
    /// An IPv4 address.
    Ipv4,
    /// A number of our own: 4 bytes, to nft a `mark`.
    Mark,
    /// What this crate does not know.
    Other {
        /// Number of its type.
        number: u32,
        /// Its bytes.
        length: u32,
    },
}

/// A value of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Of a verdict map.
    Verdict(Verdict),
    /// Of a map of bytes.
    Bytes(SmallVec<[u8; 16]>),
}

/// A key of a set. Each part of a concatenation is padded with zeros to a multiple of 4 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// The key, or the first of a range; empty for what is in no other element (`*`).
    pub key: Key,
    /// The last of a range, included; `None` for a single key, never the key itself.
    pub last: Option<Box<Key>>,
}

/// Bytes of a key: in place up to a device's name and an IPv6 address, for a node has a hundred
/// thousand of them, sorted.
pub type Key = SmallVec<[u8; 32]>;

impl Element {
    /// Returns the range of keys between two, both included; a single key where they are one.
    pub fn range(key: Key, last: Key) -> Self {
        let last = (last != key).then(|| Box::new(last));
        Self { key, last }
    }
}

/// One atomic change: all of it or nothing (one netlink batch).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// In the order in which the kernel takes them.
    pub changes: Vec<Change>,
}

/// A part of a batch; all in table `assay` of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Change {
    /// Makes the table where it is not there.
    AddTable(Family),
    /// Takes the table away with all that is in it.
    DeleteTable(Family),
    /// Makes a chain, without its rules, where it is not there. A hook is set only at birth.
    AddChain { family: Family, name: String, hook: Option<Hook> },
    /// Takes away a chain that nothing jumps to, with its rules.
    DeleteChain { family: Family, name: String },
    /// Takes all rules of a chain away and gives it others.
    SetRules { family: Family, name: String, rules: Vec<Rule> },
    /// Makes a set, without its elements.
    AddSet { family: Family, name: String, set: Set },
    /// Takes away a set that no rule names.
    DeleteSet { family: Family, name: String },
    /// Adds elements.
    AddElements { family: Family, set: String, shape: SetShape, elements: Elements },
    /// Takes elements away.
    DeleteElements { family: Family, set: String, shape: SetShape, elements: Elements },
}

/// What the encoder has to know of a set to write its elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetShape {
    /// Whether elements may be ranges.
    pub interval: bool,
    /// Whether keys are concatenations.
    pub concatenated: bool,
}

impl Change {
    /// Returns the family whose table it changes.
    pub fn family(&self) -> Family {
        match self {
            Self::AddTable(family)
            | Self::DeleteTable(family)
            | Self::AddChain { family, .. }
            | Self::DeleteChain { family, .. }
            | Self::SetRules { family, .. }
            | Self::AddSet { family, .. }
            | Self::DeleteSet { family, .. }
            | Self::AddElements { family, .. }
            | Self::DeleteElements { family, .. } => *family,
        }
    }
}

impl Set {
    /// Returns its shape.
    pub fn shape(&self) -> SetShape {
        SetShape { interval: self.interval, concatenated: self.key.len() > 1 }
    }
}

/// All rules of ours: one table in each family, both named [`TABLE`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ruleset {
    /// Groups, isolation, zones.
    pub inet: Option<Table>,
    /// Anti-spoofing.
    pub netdev: Option<Table>,
}

/// The name of our tables. Nothing in another table is ever touched.
pub const TABLE: &str = "assay";

/// Names of tables of others, by family: for conflicts, and to say what was left alone.
pub type Foreign = BTreeSet<(Family, String)>;
