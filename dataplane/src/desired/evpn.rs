//! What FRR needs to know to distribute the ports of this node and learn those of others
//! (EVPN, RFC 8365).

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

/// This node in EVPN.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evpn {
    /// Its autonomous system, not 0.
    pub asn: u32,
    /// Its BGP identifier (RFC 4271 §4.2).
    pub router_id: Ipv4Addr,
    /// Where tunnel ends of others are; VXLAN from elsewhere is dropped. IPv4, not empty.
    pub vteps: BTreeSet<IpNet>,
    /// Whether peers are asked to keep what they learned while this node's BGP starts anew
    /// (RFC 4724).
    pub graceful_restart: bool,
    /// BGP peers by address, not empty.
    pub neighbours: BTreeMap<IpAddr, Neighbour>,
}

/// A BGP peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its autonomous system.
    pub remote: Remote,
    /// This node's address that it is spoken to from; `None`: what the route says.
    pub source: Option<IpAddr>,
    /// How many hops away it may be, where that is more than the underlay's link; of other
    /// autonomous systems.
    pub hops: Option<u8>,
    /// Whether its absence is noticed by BFD.
    pub bfd: bool,
    /// File with the password of its session (RFC 2385).
    pub password_file: Option<String>,
}

/// Autonomous system of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    /// That of this node.
    Internal,
    /// Any other.
    External,
    /// This one.
    Number(u32),
}
