//! Random desired states, and the node that they are for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use dataplane::address::{Device, Mac};
use dataplane::compile::compile;
use dataplane::desired::evpn::{self, Evpn, Neighbour};
use dataplane::desired::routing::{
    Bound, Elastic, External, Peering, Router, Routing, Snat, Uplink,
};
use dataplane::desired::{
    AllowedPair, Desired, Direction, Group, Network, Node, Peer, Port, PortKind, Remote, Rule,
    Semantics, Subnet, Traffic, Zones,
};
use dataplane::kernel::fake::Fake;
use dataplane::naming;
use dataplane::seen::{Link, Seen};
use dataplane::wanted::Wanted;

/// Taps that the node has.
const TAPS: u64 = 4;

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

fn small(number: u64) -> u8 {
    u8::try_from(number).expect("it is small")
}

/// Returns a state: few names and addresses, so that two states meet and clash everywhere.
pub(crate) fn desired(random: &mut Random) -> Desired {
    let mut desired = Desired {
        node: Node {
            name: "n".to_owned(),
            device: "u0".parse().expect("it is sound"),
            vtep: "10.99.0.1".parse().expect("it is sound"),
            port: 4789,
            mtu: None,
            evpn: random.chance(30).then(evpn),
            loops: None,
        },
        semantics: if random.chance(50) { Semantics::Norm } else { Semantics::Openstack },
        networks: BTreeMap::new(),
        ports: BTreeMap::new(),
        remotes: BTreeMap::new(),
        groups: BTreeMap::new(),
        routing: Routing::default(),
    };
    // Numbers are dealt anew, so that networks exchange theirs.
    let mut numbers = vec![100, 101, 102, 103];
    for id in ["red-a", "red-b", "blue-a"] {
        let at = random.below(numbers.len() as u64);
        let vni = numbers.swap_remove(usize::try_from(at).expect("it is sound"));
        // VPCs that are joined have ranges of their own: a route to the other's would replace that
        // of one's own.
        let second = u8::from(vpc(id) == "blue");
        let gateway = random.chance(70).then_some(Ipv4Addr::new(10, second, 255, 1).into());
        let range = format!("10.{second}.0.0/16").parse().expect("it is sound");
        let subnet = Subnet { range, gateway };
        let network = Network {
            vpc: vpc(id).to_owned(),
            vni,
            mtu: random.chance(30).then_some(1400),
            route_targets: BTreeSet::new(),
            subnets: BTreeMap::from([(format!("{id}-4"), subnet)]),
        };
        desired.networks.insert(id.to_owned(), network);
    }
    for vpc in ["red", "blue"] {
        for at in 0..2 {
            let rules = (0..random.below(3)).map(|_| rule(random, vpc)).collect();
            desired.groups.insert(format!("{vpc}-{at}"), Group { vpc: vpc.to_owned(), rules });
        }
    }
    for at in 0..TAPS + 3 {
        if random.chance(70) {
            add_port(&mut desired, random, at);
        }
    }
    for at in 0..4 {
        if random.chance(60) {
            add_remote(&mut desired, random, at);
        }
    }
    add_routing(&mut desired, random);
    desired
}

/// Routers, some with a way out that they share, and addresses there.
fn add_routing(desired: &mut Desired, random: &mut Random) {
    let outside = |last: u8| Ipv4Addr::new(203, 0, 113, last);
    for (id, device) in [("internet", "ext0"), ("office", "ext1")] {
        let external = External {
            device: device.parse().expect("it is sound"),
            range: "203.0.113.0/24".parse().expect("it is sound"),
            gateway: outside(1),
        };
        desired.routing.externals.insert(id.to_owned(), external);
    }
    for (at, vpc) in (10..).zip(["red", "blue"]) {
        if random.chance(35) {
            continue;
        }
        let external = if random.chance(70) { "internet" } else { "office" }.to_owned();
        let uplink = random.chance(70).then(|| Uplink { external, address: outside(at) });
        let ranges = ["10.0.0.0/16", "10.0.0.0/24", "10.0.1.0/24"].map(str::parse);
        let ranges = ranges.into_iter().map(|range| range.expect("it is sound"));
        let ranges = ranges.filter(|_| random.chance(50)).collect();
        let snat = Snat { id: "out".to_owned(), address: outside(at + 10), ranges };
        let snats = if uplink.is_some() { vec![snat] } else { Vec::new() };
        let router = Router { id: vpc.to_owned(), uplink, snats };
        desired.routing.routers.insert(vpc.to_owned(), router);
    }
    let both = ["red", "blue"].map(str::to_owned);
    if random.chance(60) && both.iter().all(|vpc| desired.routing.routers.contains_key(vpc)) {
        let id = if random.chance(50) { "joined" } else { "peers" };
        desired.routing.peerings.insert(id.to_owned(), Peering { vpcs: both });
    }
    for (id, port) in &desired.ports {
        let inside = port.addresses.iter().find_map(|address| match address {
            IpAddr::V4(address) => Some(*address),
            IpAddr::V6(_) => None,
        });
        let vpc = vpc(&port.network);
        let router = desired.routing.routers.get(vpc);
        let leaves = router.is_some_and(|router| router.uplink.is_some());
        if let Some(inside) = inside.filter(|_| leaves && random.chance(40)) {
            let bound = Some(Bound { vpc: vpc.to_owned(), port: id.clone(), inside });
            let address = outside(100 + small(random.below(3)));
            let taken = desired.routing.elastic.values().any(|other| other.address == address);
            if !taken {
                desired.routing.elastic.insert(id.clone(), Elastic { address, bound });
            }
        }
    }
}

fn vpc(network: &str) -> &str {
    network.split('-').next().expect("it is sound")
}

fn network(random: &mut Random) -> String {
    let all = ["red-a", "red-b", "blue-a"];
    all[usize::try_from(random.below(3)).expect("it is sound")].to_owned()
}

fn rule(random: &mut Random, vpc: &str) -> Rule {
    let ranges = ["192.0.2.0/24", "192.0.0.0/16", "192.0.2.7/32", "fd01::/64"];
    let peer = match random.below(4) {
        0 => Peer::Any,
        1 => Peer::Group(format!("{vpc}-{}", random.below(2))),
        _ => {
            let some = ranges.into_iter().filter(|_| random.chance(50));
            Peer::Ranges(some.map(|range| range.parse().expect("it is sound")).collect())
        }
    };
    let first = 80 + u16::from(small(random.below(3)));
    let traffic = match random.below(3) {
        0 => Traffic::Any,
        1 => Traffic::Icmp { kind: None, code: None },
        _ => Traffic::Ports { protocol: 6, first, last: first + 10 },
    };
    let direction = if random.chance(60) { Direction::In } else { Direction::Out };
    Rule { name: "r".to_owned(), direction, family: None, traffic, peer }
}

/// Addresses and MAC addresses that nobody of the network has yet.
fn station(desired: &Desired, random: &mut Random, network: &str) -> Option<(Mac, u8)> {
    let host = small(random.below(9)) + 1;
    let mac = Mac([2, 0, 0, 0, 0, host]);
    let of_ports = desired.ports.values().map(|port| (&port.network, port.mac));
    let of_remotes = desired.remotes.values().map(|remote| (&remote.network, remote.mac));
    let mut all = of_ports.chain(of_remotes);
    let taken = all.any(|(other, its)| vpc(other) == vpc(network) && its == mac);
    (!taken).then_some((mac, host))
}

fn addresses(random: &mut Random, host: u8) -> BTreeSet<IpAddr> {
    let mut addresses = BTreeSet::from([IpAddr::from([10, 0, 0, host])]);
    if random.chance(50) {
        addresses.insert(format!("fd00::{host}").parse().expect("it is sound"));
    }
    addresses
}

fn groups(random: &mut Random, network: &str) -> BTreeSet<String> {
    let all = (0..2).map(|at| format!("{}-{at}", vpc(network)));
    all.filter(|_| random.chance(50)).collect()
}

fn add_port(desired: &mut Desired, random: &mut Random, at: u64) {
    let network = network(random);
    let Some((mac, host)) = station(desired, random, &network) else { return };
    let veth = PortKind::Veth { peer: format!("q{at}").parse().expect("it is sound") };
    let (device, kind) =
        if at < TAPS { (format!("t{at}"), PortKind::Tap) } else { (format!("p{at}"), veth) };
    let range = |length| format!("10.0.{}.0/{length}", host + 10).parse().expect("it is sound");
    let allowed = match random.below(5) {
        0 => BTreeSet::from([AllowedPair { range: range(24), mac: None }]),
        1 => BTreeSet::from([AllowedPair { range: range(25), mac: None }]),
        _ => BTreeSet::new(),
    };
    let port = Port {
        kind,
        mac,
        allowed,
        device: device.parse().expect("it is sound"),
        addresses: addresses(random, host),
        groups: Arc::new(groups(random, &network)),
        security: random.chance(85),
        network,
    };
    desired.ports.insert(format!("port-{at}"), port);
}

fn add_remote(desired: &mut Desired, random: &mut Random, at: u64) {
    let network = network(random);
    let Some((mac, host)) = station(desired, random, &network) else { return };
    let vtep = IpAddr::from([10, 99, 0, 2 + small(random.below(2))]);
    let remote = Remote {
        // With EVPN it is not known here.
        vtep: desired.node.evpn.is_none().then_some(vtep),
        mac,
        addresses: addresses(random, host),
        groups: Arc::new(groups(random, &network)),
        network,
    };
    desired.remotes.insert(format!("remote-{at}"), remote);
}

fn evpn() -> Evpn {
    let neighbour = Neighbour {
        remote: evpn::Remote::Internal,
        source: None,
        hops: None,
        bfd: false,
        password_file: None,
    };
    Evpn {
        asn: 65_000,
        router_id: Ipv4Addr::new(10, 99, 0, 1),
        vteps: BTreeSet::from(["10.99.0.0/24".parse().expect("it is sound")]),
        graceful_restart: true,
        neighbours: BTreeMap::from([(IpAddr::from([10, 99, 0, 2]), neighbour)]),
    }
}

pub(crate) fn wanted(desired: &Desired) -> Wanted {
    // Numbers of zones follow from the state alone, so that two ways to it end alike.
    let zones = naming::zones(desired, &Zones::default()).expect("it is sound");
    compile(desired, &zones, Some(1600)).expect("it is sound")
}

/// A device that others made.
pub(crate) fn foreign(kind: Option<&str>) -> Link {
    Link {
        index: 0,
        kind: kind.map(str::to_owned),
        alias: None,
        mac: Some(Mac([2, 9, 9, 9, 9, 9])),
        mtu: 1500,
        up: true,
        no_arp: false,
        generates_addresses: true,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: BTreeSet::new(),
    }
}

pub(crate) fn name(text: &str) -> Device {
    text.parse().expect("it is sound")
}

/// A node with its underlay and its taps, some of them up.
pub(crate) fn node(random: &mut Random) -> Fake {
    let mut seen = Seen::default();
    let mut underlay = foreign(None);
    underlay.addresses.insert("10.99.0.1/24".parse().expect("it is sound"));
    seen.links.insert(name("u0"), underlay);
    for device in ["ext0", "ext1"] {
        if random.chance(80) {
            seen.links.insert(name(device), foreign(None));
        }
    }
    for at in 0..TAPS {
        let up = random.chance(50);
        seen.links.insert(name(&format!("t{at}")), Link { up, ..foreign(Some("tun")) });
    }
    let mut fake = Fake::new(seen);
    fake.chains_go_with_devices = random.chance(50);
    fake
}

/// What is there, apart from what is left of devices of others that are not ports any more: their
/// MTU, and that they are down.
pub(crate) fn compared(seen: &Seen) -> Seen {
    let mut seen = seen.clone();
    for link in seen.links.values_mut() {
        if link.alias.is_none() && link.master.is_none() && link.kind.as_deref() == Some("tun") {
            (link.mtu, link.up) = (0, false);
        }
    }
    seen
}
