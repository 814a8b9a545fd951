//! Which way a packet takes beyond its network, from the desired state alone.
//!
//! What `compile` makes of the same state does the same.

use std::net::{IpAddr, Ipv4Addr};

use super::compile;
use crate::desired::{Desired, Network};

/// Where a packet goes that a guest sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Way<'d> {
    /// It stays in its network.
    Bridged,
    /// By the router to a network of the same VPC.
    Routed { vpc: &'d str, network: &'d str },
    /// By both routers to a network of a VPC that is joined.
    Peered { vpc: &'d str, peering: &'d str, other: &'d str, network: &'d str },
    /// Out of the VPC, under another address.
    Out { vpc: &'d str, external: &'d str, address: Ipv4Addr, by: Outer<'d> },
    /// To an elastic IP of the same VPC: to a guest, from an address outside.
    Called { vpc: &'d str, elastic: &'d str, network: &'d str, inside: Ipv4Addr, address: Ipv4Addr },
    /// Nowhere.
    Nowhere(Dead<'d>),
}

/// Whose address a packet has outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outer<'d> {
    /// The guest's elastic IP.
    Elastic(&'d str),
    /// One that guests share.
    Snat(&'d str),
}

/// Why a packet goes nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Dead<'d> {
    /// The VPC has no router, or none in this network here.
    NoRouter { vpc: &'d str },
    /// The router is in no external network.
    NoUplink { vpc: &'d str },
    /// IPv6 does not leave a VPC.
    NoIpv6 { vpc: &'d str },
    /// Neither an elastic IP nor SNAT has the source.
    NoAddress { vpc: &'d str },
}

/// Returns where a packet goes that is sent in a network.
pub fn way<'d>(
    desired: &'d Desired,
    network: &'d str,
    source: IpAddr,
    destination: IpAddr,
) -> Way<'d> {
    let Some(own) = desired.networks.get(network) else { return Way::Bridged };
    let link_local = matches!(destination, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let vpc = own.vpc.as_str();
    if link_local || destination.is_multicast() || has(own, destination) {
        return Way::Bridged;
    }
    let gateways = compile::routed(desired);
    if !gateways.contains(network) {
        return Way::Nowhere(Dead::NoRouter { vpc });
    }
    let others = desired.networks.iter().filter(|(_id, other)| other.vpc == vpc);
    if let Some((id, _network)) = others.into_iter().find(|(_id, other)| has(other, destination)) {
        return if gateways.contains(id.as_str()) {
            Way::Routed { vpc, network: id }
        } else {
            Way::Nowhere(Dead::NoRouter { vpc })
        };
    }
    if let Some((peering, other, network)) = peered(desired, vpc, destination) {
        return if gateways.contains(network) {
            Way::Peered { vpc, peering, other, network }
        } else {
            Way::Nowhere(Dead::NoRouter { vpc: other })
        };
    }
    let (IpAddr::V4(source), IpAddr::V4(destination)) = (source, destination) else {
        return Way::Nowhere(Dead::NoIpv6 { vpc });
    };
    leaving(desired, vpc, source, destination)
}

/// Returns the peering of a VPC that leads to an address, the other VPC and the network there.
fn peered<'d>(
    desired: &'d Desired,
    vpc: &str,
    address: IpAddr,
) -> Option<(&'d str, &'d str, &'d str)> {
    desired.routing.peerings.iter().find_map(|(id, peering)| {
        let [one, other] = &peering.vpcs;
        let other = match vpc {
            vpc if vpc == one => other,
            vpc if vpc == other => one,
            _ => return None,
        };
        let mut networks = desired.networks.iter().filter(|(_id, network)| network.vpc == *other);
        let (network, _) = networks.find(|(_id, network)| has(network, address))?;
        Some((id.as_str(), other.as_str(), network.as_str()))
    })
}

/// Whether an address is of a subnet of a network.
pub(crate) fn has(network: &Network, address: IpAddr) -> bool {
    network.subnets.values().any(|subnet| subnet.range.contains(&address))
}

fn leaving<'d>(
    desired: &'d Desired,
    vpc: &'d str,
    source: Ipv4Addr,
    destination: Ipv4Addr,
) -> Way<'d> {
    let router = desired.routing.routers.get(vpc);
    let Some((router, uplink)) = router.and_then(|router| Some((router, router.uplink.as_ref()?)))
    else {
        return Way::Nowhere(Dead::NoUplink { vpc });
    };
    let elastic = compile::elastic(desired, vpc).find(|(_, _, bound)| bound.inside == source);
    let elastic = elastic.map(|(id, address, _bound)| (address, Outer::Elastic(id)));
    let shared = || {
        let has = |snat: &&crate::desired::routing::Snat| {
            snat.ranges.iter().any(|range| range.contains(&source))
        };
        let snat = router.snats.iter().find(has)?;
        Some((snat.address, Outer::Snat(snat.id.as_str())))
    };
    let outer = elastic.or_else(shared);
    if let Some((elastic, network, inside)) = called(desired, vpc, destination) {
        // Without an address of its own it has the router's.
        let address = outer.map_or(uplink.address, |(address, _by)| address);
        return Way::Called { vpc, elastic, network, inside, address };
    }
    let external = uplink.external.as_str();
    match outer {
        Some((address, by)) => Way::Out { vpc, external, address, by },
        None => Way::Nowhere(Dead::NoAddress { vpc }),
    }
}

/// Returns the elastic IP of a VPC that an address is, the network of its port and what is
/// behind it.
pub fn called<'d>(
    desired: &'d Desired,
    vpc: &'d str,
    address: Ipv4Addr,
) -> Option<(&'d str, &'d str, Ipv4Addr)> {
    let mut all = compile::elastic(desired, vpc);
    let (id, _, bound) = all.find(|(_, outside, _)| *outside == address)?;
    let network = desired.ports.get(&bound.port)?.network.as_str();
    Some((id, network, bound.inside))
}

/// Returns the VPC that an external address leads to.
pub fn entrance(desired: &Desired, address: IpAddr) -> Option<&str> {
    let IpAddr::V4(address) = address else { return None };
    let mut vpcs = desired.routing.routers.keys().map(String::as_str);
    vpcs.find(|vpc| called(desired, vpc, address).is_some())
}
