//! What lies beyond a network: routers of VPCs, external networks, addresses there.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use ipnet::Ipv4Net;

use super::Rule;
use crate::address::Device;

/// All of layer 3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routing {
    /// Networks of providers, by id.
    pub externals: BTreeMap<String, External>,
    /// Routers by their VPC, which has one at most.
    pub routers: BTreeMap<String, Router>,
    /// Elastic IPs by id, those that are bound to no port too.
    pub elastic: BTreeMap<String, Elastic>,
    /// VPCs that are joined, by id.
    pub peerings: BTreeMap<String, Peering>,
    /// What may pass the boundaries of VPCs, by VPC, which has one at most.
    pub acls: BTreeMap<String, Acl>,
}

/// What may pass the boundary of a VPC: what its router brings from elsewhere or takes there.
///
/// It is stateful, as norm 5.2.3.3 has virtual firewalls with their tables of sessions: rules are
/// for what begins a connection, and answers pass with it. Groups are asked besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acl {
    /// Its id.
    pub id: String,
    /// Whether what comes in passes that no rule decides.
    pub inward: bool,
    /// Whether what goes out does.
    pub out: bool,
    /// Rules in their order: the first that matches decides.
    pub rules: Vec<AclRule>,
}

/// A rule of an ACL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclRule {
    /// Whether it lets by what it matches.
    pub allows: bool,
    /// What it matches. Its peer is outside the VPC, and never a group.
    pub rule: Rule,
}

/// Two VPCs whose subnets reach each other, and nothing beyond them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peering {
    /// Both, in order.
    pub vpcs: [String; 2],
}

/// A network of a provider, as this node reaches it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// Device of this node that it is reached by; routers get devices of their own on it.
    pub device: Device,
    /// Its range.
    pub range: Ipv4Net,
    /// The provider's router.
    pub gateway: Ipv4Addr,
}

/// The router of a VPC: it has the gateway's address of every subnet, on every node the same
/// (anycast), and routes between the subnets of the VPC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Router {
    /// Its id.
    pub id: String,
    /// Where it leaves the VPC on this node; `None`: nowhere.
    pub uplink: Option<Uplink>,
    /// Which addresses stand for guests outside, in the user's order: the first that has a
    /// guest's range is taken, behind its elastic IP.
    pub snats: Vec<Snat>,
}

/// A router's place in an external network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uplink {
    /// The external network.
    pub external: String,
    /// The router's own address there.
    pub address: Ipv4Addr,
}

/// Guests that go out under an address they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snat {
    /// Its id.
    pub id: String,
    /// What others see.
    pub address: Ipv4Addr,
    /// Ranges of the guests.
    pub ranges: BTreeSet<Ipv4Net>,
}

/// An external address that is one guest's, both ways (1:1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elastic {
    /// The address.
    pub address: Ipv4Addr,
    /// Whose it is; `None` where it is bound to nobody.
    pub bound: Option<Bound>,
}

/// Whose an elastic IP is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    /// The VPC.
    pub vpc: String,
    /// The port, of this node or of another: its own node translates.
    pub port: String,
    /// The port's address.
    pub inside: Ipv4Addr,
}
