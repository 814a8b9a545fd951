//! Routers that are joined: a pair between two rooms, and routes to each other's subnets.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use super::compile::Gateways;
use super::rules::Facts;
use super::{PEER_MACS, compile};
use crate::desired::Desired;
use crate::naming;
use crate::wanted::room::{Furniture, FurnitureKind, Hop, Room};

/// How many pairs have addresses of their own in 169.254.0.0/17; services that guests know by
/// such an address (169.254.169.254) are in the other half.
const PAIRS: u32 = 1 << 14;

/// Joins rooms that are both here.
pub(super) fn add(
    rooms: &mut BTreeMap<&String, (Room, Facts)>,
    desired: &Desired,
    gateways: &Gateways<'_>,
) {
    let mut taken = BTreeSet::new();
    for (id, peering) in &desired.routing.peerings {
        // On a node that has no port of one of them nobody calls the other.
        if !peering.vpcs.iter().all(|vpc| rooms.contains_key(vpc)) {
            continue;
        }
        let addresses = addresses(id, &mut taken);
        let [one, other] = &peering.vpcs;
        let mtu = [one, other].into_iter().filter_map(|vpc| {
            let (room, _facts) = rooms.get(vpc)?;
            room.devices.values().map(|device| device.mtu).max()
        });
        let mtu = mtu.max().unwrap_or(1500);
        for (at, (vpc, far)) in [(one, other), (other, one)].into_iter().enumerate() {
            let Some((room, facts)) = rooms.get_mut(vpc) else { continue };
            let made_here = at == 0;
            let kind = FurnitureKind::Peer { peering: id.clone(), vpc: far.clone(), made_here };
            let [(mac, (own4, own6)), (_, (far4, far6))] = ends(addresses, made_here);
            let own = [IpNet::new(own4.into(), 31), IpNet::new(own6.into(), 64)];
            let mut addresses = BTreeSet::new();
            addresses.extend(own.into_iter().flatten());
            let device = naming::peer(id);
            room.devices.insert(device.clone(), Furniture { kind, mac, mtu, addresses });
            let behind = reached(desired, gateways, far);
            for range in &behind {
                let via: IpAddr = if range.addr().is_ipv4() { far4.into() } else { far6.into() };
                room.routes.insert(*range, Hop { via: Some(via), device: device.clone() });
            }
            facts.near.extend(compile::ranges(desired, far));
            facts.peers.insert(device, behind);
        }
    }
}

/// Returns the ranges of a VPC that its router leads to on this node.
fn reached(desired: &Desired, gateways: &Gateways<'_>, vpc: &str) -> BTreeSet<IpNet> {
    let networks = gateways.get(vpc).into_iter().flatten();
    let networks = networks.filter_map(|id| desired.networks.get(*id));
    let mut ranges = BTreeSet::new();
    ranges.extend(networks.flat_map(|network| network.subnets.values()).map(|subnet| subnet.range));
    ranges
}

type End = (crate::address::Mac, (Ipv4Addr, Ipv6Addr));

/// This end and the other.
fn ends(addresses: [Ipv4Addr; 2], first: bool) -> [End; 2] {
    let [one, other] = PEER_MACS;
    let six = |last| Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last);
    let ends = [(one, (addresses[0], six(1))), (other, (addresses[1], six(2)))];
    let [this, that] = ends;
    if first { [this, that] } else { [that, this] }
}

/// Two addresses that no other pair on this node has. They are never seen outside the two rooms.
fn addresses(id: &str, taken: &mut BTreeSet<u32>) -> [Ipv4Addr; 2] {
    let digits = naming::digits([id]);
    let chance = u64::from_str_radix(&digits, 16).unwrap_or_default() % u64::from(PAIRS);
    let mut number = u32::try_from(chance).unwrap_or_default();
    // More peerings than there are pairs would share them; a room has no use for so many.
    for _ in 0..PAIRS {
        if taken.insert(number) {
            break;
        }
        number = (number + 1) % PAIRS;
    }
    let first = u32::from(Ipv4Addr::new(169, 254, 0, 0)) + 2 * number;
    [Ipv4Addr::from(first), Ipv4Addr::from(first + 1)]
}
