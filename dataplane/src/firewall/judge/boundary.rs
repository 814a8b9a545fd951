//! What the ACL of a VPC says to what crosses its boundary.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::{Judge, Packet, Spans, matches};
use crate::desired::routing::Acl;
use crate::desired::{Desired, Direction, Peer, Rule};
use crate::router;

/// What an ACL says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound<'d> {
    /// Its id.
    pub acl: &'d str,
    /// The rule that decides; `None` where none matches.
    pub rule: Option<&'d str>,
    /// Which way.
    pub direction: Direction,
    /// Whether it lets the packet by.
    pub allows: bool,
}

/// Returns the ACLs by VPC, with the VPC's own ranges.
pub(super) fn acls(desired: &Desired) -> BTreeMap<&str, (&Acl, Spans)> {
    let mut acls = BTreeMap::new();
    for (vpc, acl) in &desired.routing.acls {
        let own = Spans::of(&router::compile::ranges(desired, vpc));
        acls.insert(vpc.as_str(), (acl, own));
    }
    acls
}

impl<'d> Judge<'d> {
    /// Returns what the ACL of its VPC says to a packet that begins a connection of a port of this
    /// node and comes from outside the VPC, or goes there; nothing where none is asked.
    pub fn boundary(&self, packet: &Packet<'_>) -> Option<Bound<'d>> {
        let network = self.routed.get(packet.network)?;
        let vpc = self.desired.networks.get(*network)?.vpc.as_str();
        let (acl, own) = self.acls.get(vpc)?;
        let here = |address| {
            self.networks.get(packet.network).and_then(|ports| ports.find(address)).is_some()
        };
        let outside = |address: IpAddr| !own.contains(address) && !here(address);
        let (direction, other) = if outside(packet.destination) && here(packet.source) {
            (Direction::Out, packet.destination)
        } else if outside(packet.source) && here(packet.destination) {
            (Direction::In, packet.source)
        } else {
            return None;
        };
        let is_peer = |rule: &Rule| match &rule.peer {
            Peer::Ranges(ranges) => ranges.iter().any(|range| range.contains(&other)),
            Peer::Any | Peer::Group(_) => true,
        };
        let mut rules = acl.rules.iter().filter(|it| it.rule.direction == direction);
        let decides = rules.find(|it| matches(&it.rule, packet) && is_peer(&it.rule));
        let allows = match (decides, direction) {
            (Some(rule), _) => rule.allows,
            (None, Direction::In) => acl.inward,
            (None, Direction::Out) => acl.out,
        };
        let rule = decides.map(|it| it.rule.name.as_str());
        Some(Bound { acl: &acl.id, rule, direction, allows })
    }
}
