//! Routers as namespaces with devices, addresses, routes and rules.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

use super::rules::{self, Facts};
use super::{MAC, peering};
use crate::address::{Device, Mac};
use crate::desired::Desired;
use crate::desired::routing::{Bound, Router};
use crate::fabric::Fabric;
use crate::firewall::judge::link_local;
use crate::naming;
use crate::wanted::room::{Furniture, FurnitureKind, Hop, Room};
use crate::wanted::{BridgePort, ForwardingKey, ForwardingOf, Link, LinkKind, NeighbourKey};

/// What the Internet carries, where nobody says otherwise.
const USUAL_MTU: u32 = 1500;

/// Returns the rooms by VPC, and adds to `fabric` the ports that lead to them.
///
/// `mtu_of` says what a device of the node takes, in bytes, where it is there.
pub fn add(
    fabric: &mut Fabric,
    desired: &Desired,
    mtu_of: &dyn Fn(&Device) -> Option<u32>,
) -> BTreeMap<String, Room> {
    let mut all = BTreeMap::new();
    let gateways = gateways(desired);
    for (vpc, router) in &desired.routing.routers {
        let Some(networks) = gateways.get(vpc.as_str()) else { continue };
        let (mut room, mut facts) = (Room::default(), Facts::default());
        for id in networks {
            add_gateway(fabric, &mut room, &mut facts, desired, vpc, id);
        }
        facts.own = ranges(desired, vpc);
        add_uplink(&mut room, &mut facts, desired, vpc, router, mtu_of);
        all.insert(vpc, (room, facts));
    }
    peering::add(&mut all, desired, &gateways);
    let ready = |(vpc, (mut room, facts)): (&String, (Room, Facts))| {
        room.ruleset = rules::rules(&facts);
        (vpc.clone(), room)
    };
    let mut rooms = BTreeMap::new();
    rooms.extend(all.into_iter().map(ready));
    rooms
}

/// Networks that routers are in on a node, by VPC.
pub type Gateways<'d> = BTreeMap<&'d str, BTreeSet<&'d str>>;

/// Returns the networks that routers are in on this node: of VPCs that have a port here, and of
/// those that are joined to one of these.
pub fn gateways(desired: &Desired) -> Gateways<'_> {
    let mut of = Gateways::new();
    if desired.routing.routers.is_empty() {
        return of;
    }
    let near = near(desired);
    for id in naming::placed(desired) {
        let Some(network) = desired.networks.get(id) else { continue };
        let vpc = network.vpc.as_str();
        if near.contains(vpc) && network.subnets.values().any(|it| it.gateway.is_some()) {
            of.entry(vpc).or_default().insert(id);
        }
    }
    of
}

/// Returns the VPCs whose routers are on this node.
pub(crate) fn near(desired: &Desired) -> BTreeSet<&str> {
    let (mut here, mut near) = (BTreeSet::new(), BTreeSet::new());
    if desired.routing.routers.is_empty() {
        return near;
    }
    let ports = desired.ports.values().filter_map(|port| desired.networks.get(&port.network));
    here.extend(ports.map(|network| network.vpc.as_str()));
    let joined = desired.routing.peerings.values().map(|peering| &peering.vpcs);
    let joined = joined.filter(|vpcs| vpcs.iter().any(|vpc| here.contains(vpc.as_str())));
    near.extend(joined.flatten().map(String::as_str));
    near.extend(here);
    near.retain(|vpc| desired.routing.routers.contains_key(*vpc));
    near
}

/// Returns the networks that a router is in on this node.
pub fn routed(desired: &Desired) -> BTreeSet<&str> {
    let mut routed = BTreeSet::new();
    routed.extend(gateways(desired).into_values().flatten());
    routed
}

/// Returns the networks that routers are in, each with the tunnel ends of the nodes whose routers
/// may send there: a node with a port of a VPC routes for it, into networks too of which it has
/// no port.
pub fn senders(desired: &Desired) -> Vec<(&str, IpAddr)> {
    let vpc = |network: &str| Some(desired.networks.get(network)?.vpc.as_str());
    let mut own: BTreeMap<&str, BTreeSet<IpAddr>> = BTreeMap::new();
    for remote in desired.remotes.values() {
        if let Some(vpc) = vpc(&remote.network) {
            own.entry(vpc).or_default().extend(remote.vtep);
        }
    }
    let mut of = own.clone();
    // Peers' routers send into each other's networks.
    for peering in desired.routing.peerings.values() {
        let [one, other] = &peering.vpcs;
        let ends = |vpc: &str| own.get(vpc).cloned().unwrap_or_default();
        of.entry(one).or_default().extend(ends(other));
        of.entry(other).or_default().extend(ends(one));
    }
    let ends = |network: &str| vpc(network).and_then(|vpc| of.get(vpc)).into_iter().flatten();
    let networks = routed(desired).into_iter();
    networks.flat_map(|network| ends(network).map(move |end| (network, *end))).collect()
}

/// Returns the ranges of a VPC.
pub fn ranges(desired: &Desired, vpc: &str) -> BTreeSet<IpNet> {
    let networks = desired.networks.values().filter(|network| network.vpc == vpc);
    let mut ranges = BTreeSet::new();
    ranges.extend(networks.flat_map(|network| network.subnets.values()).map(|subnet| subnet.range));
    ranges
}

/// Returns the elastic IPs whose ports are of a VPC and on this node.
pub fn elastic<'d>(
    desired: &'d Desired,
    vpc: &'d str,
) -> impl Iterator<Item = (&'d str, Ipv4Addr, &'d Bound)> {
    let all = desired.routing.elastic.iter();
    all.filter_map(move |(id, elastic)| {
        let bound = elastic.bound.as_ref().filter(|bound| bound.vpc == vpc)?;
        let here = desired.ports.contains_key(&bound.port);
        here.then_some((id.as_str(), elastic.address, bound))
    })
}

fn add_gateway(
    fabric: &mut Fabric,
    room: &mut Room,
    facts: &mut Facts,
    desired: &Desired,
    vpc: &str,
    id: &str,
) {
    let bridge = naming::bridge(id);
    let Some(network) = desired.networks.get(id) else { return };
    let Some(mtu) = fabric.links.get(&bridge).map(|link| link.mtu) else { return };
    let end = naming::gateway_end(id);
    let mut addresses = BTreeSet::new();
    let gateways = network.subnets.values();
    addresses.extend(gateways.filter_map(|it| IpNet::new(it.gateway?, it.range.prefix_len()).ok()));
    if addresses.iter().any(|address| address.addr().is_ipv6()) {
        addresses.extend(IpNet::new(link_local(MAC), 64));
    }
    let kind = FurnitureKind::Gateway { network: id.to_owned() };
    room.devices.insert(end.clone(), Furniture { kind, mac: MAC, mtu, addresses });
    facts.inside.insert(end.clone());

    let name = naming::gateway(id);
    // Its requests for guests' addresses go to all; what is for others than it does not come.
    let bridge_port = BridgePort {
        learning: false,
        flood: false,
        multicast_flood: true,
        broadcast_flood: true,
        neighbour_suppression: false,
    };
    let kind = LinkKind::Gateway { network: id.to_owned(), vpc: vpc.to_owned(), end: end.clone() };
    let link = Link { kind, mtu, master: Some(bridge), bridge_port: Some(bridge_port), up: true };
    fabric.links.insert(name.clone(), link);
    let key = ForwardingKey { device: name, mac: MAC, of: ForwardingOf::Bridge };
    fabric.forwarding.insert(key, None);
    // With EVPN the bridge answers for its own gateway, so that a request for it does not reach
    // those of other nodes, which have the same addresses.
    if desired.node.evpn.is_some() {
        let own = room.devices.get(&end).into_iter().flat_map(|end| &end.addresses);
        fabric.neighbours.extend(own.map(|address| {
            (NeighbourKey { device: naming::bridge(id), address: address.addr() }, MAC)
        }));
    }
}

fn add_uplink(
    room: &mut Room,
    facts: &mut Facts,
    desired: &Desired,
    vpc: &str,
    router: &Router,
    mtu_of: &dyn Fn(&Device) -> Option<u32>,
) {
    let Some(uplink) = &router.uplink else { return };
    let Some(external) = desired.routing.externals.get(&uplink.external) else { return };
    let device = naming::uplink(&uplink.external);
    let single = |address: Ipv4Addr| IpNet::from(IpAddr::V4(address));
    let mut addresses = BTreeSet::new();
    for (_id, outside, bound) in elastic(desired, vpc) {
        facts.elastic.insert(outside, bound.inside);
        addresses.insert(single(outside));
    }
    for snat in &router.snats {
        facts.snats.push((snat.id.clone(), snat.address, snat.ranges.clone()));
        addresses.insert(single(snat.address));
    }
    addresses.remove(&single(uplink.address));
    let own = Ipv4Net::new(uplink.address, external.range.prefix_len());
    addresses.extend(own.map(IpNet::V4));
    let kind = FurnitureKind::Uplink {
        external: uplink.external.clone(),
        parent: external.device.clone(),
    };
    let mtu = mtu_of(&external.device).unwrap_or(USUAL_MTU);
    let mac = outer_mac(&desired.node.name, vpc, &uplink.external);
    room.devices.insert(device.clone(), Furniture { kind, mac, mtu, addresses });
    let hop = Hop { via: Some(external.gateway.into()), device: device.clone() };
    room.routes.insert(IpNet::V4(Ipv4Net::default()), hop);
    facts.uplink = Some((device, uplink.address));
}

/// The MAC address of a router outside: of this node alone, and the same after every restart.
pub(crate) fn outer_mac(node: &str, vpc: &str, external: &str) -> Mac {
    let digits = naming::digits([node, vpc, external]);
    let number = u64::from_str_radix(&digits, 16).unwrap_or_default().to_be_bytes();
    let mut mac = [0x06, 0, 0, 0, 0, 0];
    for (to, from) in mac.iter_mut().skip(1).zip(number.iter().skip(3)) {
        *to = *from;
    }
    Mac(mac)
}
