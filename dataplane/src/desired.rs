//! The desired state, settled: every reference resolved, every value within its limits.
//!
//! Made from what the user wrote by `spec`, once, as a whole; refused as a whole.

pub mod evpn;
pub mod loops;
pub mod routing;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::address::{Device, Mac};

/// What a node is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    /// This node.
    pub node: Node,
    /// What groups mean where they say nothing.
    pub semantics: Semantics,
    /// Networks by id.
    pub networks: BTreeMap<String, Network>,
    /// Ports of this node by id.
    pub ports: BTreeMap<String, Port>,
    /// Ports of other nodes by id.
    pub remotes: BTreeMap<String, Remote>,
    /// Groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Routers and what they need.
    pub routing: routing::Routing,
}

/// The node's place in the underlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Device by which VXLAN comes and goes.
    pub device: Device,
    /// Address of its tunnel end (VTEP).
    pub vtep: IpAddr,
    /// UDP port of VXLAN.
    pub port: u16,
    /// Largest packet of the underlay in bytes; `None`: what the device says.
    pub mtu: Option<u32>,
    /// Whom FRR learns of others' ports from; `None`: they are written down.
    pub evpn: Option<evpn::Evpn>,
    /// How it looks for loops; `None`: not at all.
    pub loops: Option<loops::LoopDetection>,
}

/// What holds between members of groups without a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Semantics {
    /// Norm 5.2.3.2 #2, #5: free between members of a group, closed between groups. A member
    /// of groups of which none has a rule for direction `out` may send to anyone: the other
    /// end decides. With such rules, only those and its own groups. Without a group: nothing.
    Norm,
    /// `OpenStack`: nothing is permitted that no rule permits, in either direction.
    Openstack,
}

/// A network: one broadcast domain with one VNI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The VPC it belongs to. Addresses of one VPC do not overlap.
    pub vpc: String,
    /// 1…2²⁴−1 (RFC 7348 §5).
    pub vni: u32,
    /// Largest packet in bytes that a guest may send; `None`: that of the underlay less 50
    /// (IPv4) or 70 (IPv6).
    pub mtu: Option<u32>,
    /// Subnets by id.
    pub subnets: BTreeMap<String, Subnet>,
    /// Route targets of EVPN; empty: those that FRR makes of AS number and VNI.
    pub route_targets: BTreeSet<String>,
}

/// A range of addresses of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The range.
    pub range: IpNet,
    /// Address of its router.
    pub gateway: Option<IpAddr>,
}

/// A port of this node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its network.
    pub network: String,
    /// Its device on this node.
    pub device: Device,
    /// What the device is.
    pub kind: PortKind,
    /// Address of the guest's card.
    pub mac: Mac,
    /// Addresses of the guest.
    pub addresses: BTreeSet<IpAddr>,
    /// Further addresses it may send from and be reached at.
    pub allowed: BTreeSet<AllowedPair>,
    /// Its groups. Those of many ports are the same, and kept once.
    pub groups: Arc<BTreeSet<String>>,
    /// Whether groups and anti-spoofing hold for it.
    pub security: bool,
}

/// Kinds of ports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PortKind {
    /// Made by us, with the name of the end that the guest takes.
    Veth {
        /// Name of the end that the guest takes.
        peer: Device,
    },
    /// Made by the hypervisor.
    Tap,
    /// A card of a bare-metal tenant; its groups hold only on the switch or a `SmartNIC`.
    Physical,
    /// A virtual function, by its representor.
    Vf,
}

/// An address that a port may use besides its own.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AllowedPair {
    /// Addresses.
    pub range: IpNet,
    /// With which MAC address; `None`: the port's.
    pub mac: Option<Mac>,
}

/// A port of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Its network.
    pub network: String,
    /// Tunnel end of its node; `None` with EVPN, which says it.
    pub vtep: Option<IpAddr>,
    /// Address of the guest's card.
    pub mac: Mac,
    /// Addresses of the guest.
    pub addresses: BTreeSet<IpAddr>,
    /// Its groups: they count where rules name groups.
    pub groups: Arc<BTreeSet<String>>,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its VPC.
    pub vpc: String,
    /// What it permits, in the user's order; only permissions.
    pub rules: Vec<Rule>,
}

/// A permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Name of the rule, for `explain`: its id, or its place (`web, rule 2`).
    pub name: String,
    /// Seen from the member.
    pub direction: Direction,
    /// Family, where the rule is for one only.
    pub family: Option<Family>,
    /// What it permits.
    pub traffic: Traffic,
    /// With whom.
    pub peer: Peer,
}

/// Directions, seen from the guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Direction {
    /// To the guest.
    In,
    /// From the guest.
    Out,
}

/// Families of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// What a rule permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    /// Everything.
    Any,
    /// A protocol by number.
    Protocol(u8),
    /// TCP (6), UDP (17) or SCTP (132) to a range of ports, both included.
    Ports {
        /// IANA protocol number.
        protocol: u8,
        /// First port.
        first: u16,
        /// Last port.
        last: u16,
    },
    /// ICMP for IPv4, `ICMPv6` for IPv6: type and code, where given.
    Icmp {
        /// Type; `None`: any.
        kind: Option<u8>,
        /// Code; `None`: any.
        code: Option<u8>,
    },
}

/// The other end that a rule names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// Anyone.
    Any,
    /// Members of a group, wherever they are.
    Group(String),
    /// Ranges of addresses: a CIDR, or an address group expanded.
    Ranges(BTreeSet<IpNet>),
}

/// Numbers of conntrack zones, 1…65535, by network.
///
/// A number once given is kept: a network that went to another would lose its connections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Zones {
    /// By network.
    pub of: BTreeMap<String, u16>,
}
