//! What only the whole file can show: overlaps, addresses that two have, packets that do not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::fault::{About, Faults};
use super::node::Kind;
use crate::address::Mac;
use crate::desired::Network;

/// What is looked at together, with the places of what is complained about.
#[derive(Debug, Default)]
pub(super) struct All<'n> {
    /// Largest packet of the underlay, and where it stands.
    pub(super) underlay_mtu: Option<(u32, usize)>,
    /// Networks: their place, and that of their MTU.
    pub(super) networks: Vec<(About<'n>, usize, Option<usize>)>,
    pub(super) subnets: Vec<SubnetAt<'n>>,
    pub(super) stations: Vec<Station<'n>>,
}

/// A subnet.
#[derive(Debug)]
pub(super) struct SubnetAt<'n> {
    pub(super) about: About<'n>,
    pub(super) network: &'n str,
    /// Of its network, where it is known.
    pub(super) vpc: Option<&'n str>,
    pub(super) range: IpNet,
    pub(super) gateway: Option<IpAddr>,
    /// Where its range stands.
    pub(super) at: usize,
}

/// A guest's card, of this node or of another.
#[derive(Debug)]
pub(super) struct Station<'n> {
    pub(super) about: About<'n>,
    pub(super) network: Option<&'n str>,
    pub(super) mac: Option<(Mac, usize)>,
    pub(super) addresses: Vec<(IpAddr, usize)>,
    /// Ranges it may use besides, each with its MAC address where that is written.
    pub(super) allowed: Vec<(IpNet, Option<Mac>, usize)>,
    pub(super) groups: Arc<BTreeSet<String>>,
    pub(super) security: bool,
}

/// Conntrack has 16 bits for a zone, and 0 is everyone's.
const NETWORKS: usize = 65_535;
/// The smallest packet that every host takes (RFC 791 §3.2).
const MTU_IPV4: u32 = 576;
/// The smallest that IPv6 works with (RFC 8200 §5).
const MTU_IPV6: u32 = 1280;
/// What can be an MTU: up to the most that the kernel takes.
pub(super) const MTU: (u32, u32) = (MTU_IPV4, 65_535);

/// Notes all that is wrong.
pub(super) fn check<'n>(
    all: All<'n>,
    vtep: Option<IpAddr>,
    networks: &BTreeMap<String, Network>,
    faults: &mut Faults<'n>,
) {
    let overlapped = overlaps(&all, faults);
    let subnets = Subnets::of(all.subnets, overlapped);
    stations(&all.stations, &subnets, faults);
    allowed(&all.stations, faults);
    if let Some((about, at, _)) = all.networks.get(NETWORKS) {
        faults.about = *about;
        let (zh, en) = ("网络多于 {0} 个", "there are more than {0} networks");
        faults.add(*at, zh, en, &[&NETWORKS]);
        let (zh, en) = ("每个网络占一个 conntrack 区", "each takes a zone of conntrack");
        faults.hint(zh, en, &[]);
    }
    let ipv6 = with_ipv6(&all.stations, &subnets);
    let overhead = vtep.map(|vtep| if vtep.is_ipv4() { 50 } else { 70 });
    for (about, at, mtu_at) in &all.networks {
        faults.about = *about;
        let mtu = networks.get(about.id).and_then(|network| network.mtu);
        let mtu = mtu.zip(*mtu_at);
        let smallest = if ipv6.contains(about.id) { MTU_IPV6 } else { MTU_IPV4 };
        network_mtu(mtu, *at, smallest, all.underlay_mtu.zip(overhead), faults);
    }
    faults.about = About::default();
}

fn network_mtu(
    mtu: Option<(u32, usize)>,
    at: usize,
    smallest: u32,
    underlay: Option<((u32, usize), u32)>,
    faults: &mut Faults<'_>,
) {
    let room = underlay.map(|((underlay, at), overhead)| {
        (underlay.saturating_sub(overhead), underlay, overhead, at)
    });
    let (mtu, at) = match (mtu, room) {
        (Some((mtu, at)), Some((room, underlay, overhead, _))) if mtu > room => {
            let (zh, en) = (
                "MTU {0} 装不进底层网络：{1} 减去 VXLAN 的 {2} 为 {3}",
                "MTU {0} does not fit the underlay: {1} less the {2} of VXLAN is {3}",
            );
            faults.add(at, zh, en, &[&mtu, &underlay, &overhead, &room]);
            return;
        }
        (Some((mtu, at)), _) => (mtu, at),
        (None, Some((room, ..))) => (room, at),
        (None, None) => return,
    };
    if mtu < smallest {
        let (zh, en) = ("MTU {0} 低于 {1}", "MTU {0} is below {1}");
        faults.add(at, zh, en, &[&mtu, &smallest]);
        match smallest {
            MTU_IPV6 => faults.hint(
                "网络中有 IPv6 地址，IPv6 至少需 1280（RFC 8200）",
                "there are IPv6 addresses in this network, and IPv6 needs 1280 (RFC 8200)",
                &[],
            ),
            _ => faults.hint(
                "IPv4 主机至少须能收 576（RFC 791）",
                "576 is what every host of IPv4 takes (RFC 791)",
                &[],
            ),
        }
    }
}

/// Returns the networks in which there are IPv6 addresses.
fn with_ipv6<'n>(stations: &[Station<'n>], subnets: &Subnets<'n>) -> BTreeSet<&'n str> {
    let of_stations = stations.iter().filter_map(|station| {
        let ipv6 = station.addresses.iter().any(|(address, _)| address.is_ipv6());
        station.network.filter(|_| ipv6)
    });
    let of_subnets = subnets.of.iter().filter(|subnet| subnet.range.addr().is_ipv6());
    let mut networks = BTreeSet::new();
    networks.extend(of_stations.chain(of_subnets.map(|subnet| subnet.network)));
    networks
}

/// Notes ranges of one VPC that overlap, by one sweep over their first addresses; returns
/// whether there are such.
fn overlaps<'n>(all: &All<'n>, faults: &mut Faults<'n>) -> bool {
    let mut sorted: Vec<&SubnetAt<'n>> =
        all.subnets.iter().filter(|subnet| subnet.vpc.is_some()).collect();
    tiny_sort::stable::sort_by_key(&mut sorted, |subnet| {
        (subnet.vpc, subnet.range.network(), subnet.range.prefix_len())
    });
    let mut overlapped = false;
    // Of those so far, the one that goes on longest.
    let mut open: Option<&SubnetAt<'n>> = None;
    for subnet in sorted {
        let over = open.filter(|open| {
            // Families sort apart, so that all of one come before any of the other.
            let same = open.vpc == subnet.vpc
                && open.range.addr().is_ipv4() == subnet.range.addr().is_ipv4();
            same && subnet.range.network() <= open.range.broadcast()
        });
        if let Some(open) = over {
            overlapped = true;
            let (first, second) = if open.at < subnet.at { (open, subnet) } else { (subnet, open) };
            faults.about = second.about;
            let line = faults.lines.line(first.at);
            let (zh, en) = (
                "`{0}` 与同一 VPC 的子网 `{1}`（`{2}`，第 {3} 行）重叠",
                "`{0}` overlaps `{2}` of subnet `{1}` (line {3}) in the same VPC",
            );
            faults.add(second.at, zh, en, &[&second.range, &first.about.id, &first.range, &line]);
        }
        if over.is_none_or(|open| open.range.broadcast() < subnet.range.broadcast()) {
            open = Some(subnet);
        }
    }
    overlapped
}

/// Subnets in the order of network and first address.
struct Subnets<'n> {
    of: Vec<SubnetAt<'n>>,
    overlapped: bool,
}

impl<'n> Subnets<'n> {
    fn of(mut subnets: Vec<SubnetAt<'n>>, overlapped: bool) -> Self {
        tiny_sort::stable::sort_by_key(&mut subnets, |subnet| {
            (subnet.network, subnet.range.network())
        });
        Self { of: subnets, overlapped }
    }

    /// Returns the subnet of a network that an address is in.
    fn find(&self, network: &str, address: IpAddr) -> Option<&SubnetAt<'n>> {
        let key = |subnet: &SubnetAt<'n>| (subnet.network, subnet.range.network());
        let end = self.of.partition_point(|subnet| key(subnet) <= (network, address));
        let mut before = self.of.get(..end)?.iter().rev();
        let within =
            |subnet: &&SubnetAt<'n>| subnet.network == network && subnet.range.contains(&address);
        // The last that begins before it is the only candidate, unless ranges overlap.
        if self.overlapped { before.find(within) } else { before.next().filter(within) }
    }
}

/// Returns which end of a range an address is that no card may have: IPv4's network and
/// broadcast address, IPv6's anycast address of routers (RFC 4291 §2.6.1).
pub(super) fn edge_of(range: IpNet, address: IpAddr) -> Option<Kind> {
    // Of two addresses or one, all are usable (RFC 3021, RFC 6164).
    let pair = range.prefix_len() + 1 >= range.max_prefix_len();
    if pair {
        None
    } else if address == range.network() && address.is_ipv6() {
        Some(("路由器任播地址", "anycast address of routers"))
    } else if address == range.network() {
        Some(("网络地址", "network address"))
    } else if address == range.broadcast() && address.is_ipv4() {
        Some(("广播地址", "broadcast address"))
    } else {
        None
    }
}

/// Notes addresses that two cards of a network have, or that are not for cards.
fn stations<'n>(stations: &[Station<'n>], subnets: &Subnets<'n>, faults: &mut Faults<'n>) {
    let mut macs: BTreeMap<(&str, Mac), About<'n>> = BTreeMap::new();
    let mut addresses: BTreeMap<(&str, IpAddr), About<'n>> = BTreeMap::new();
    for station in stations {
        let Some(network) = station.network else { continue };
        faults.about = station.about;
        if let Some((mac, at)) = station.mac
            && let Some(other) = macs.insert((network, mac), station.about)
        {
            let values: [&dyn std::fmt::Display; 4] =
                [&mac, &other.kind.0, &other.kind.1, &other.id];
            let (zh, en) = (
                "MAC 地址 {0} 在本网络中已属于{1} `{3}`",
                "MAC address {0} is that of {2} `{3}` of this network already",
            );
            faults.add(at, zh, en, &values);
        }
        for (address, at) in &station.addresses {
            if let Some(other) = addresses.insert((network, *address), station.about) {
                let values: [&dyn std::fmt::Display; 4] =
                    [address, &other.kind.0, &other.kind.1, &other.id];
                let (zh, en) = (
                    "IP 地址 {0} 在本网络中已属于{1} `{3}`",
                    "IP address {0} is that of {2} `{3}` of this network already",
                );
                faults.add(*at, zh, en, &values);
                continue;
            }
            address_is_sound(network, *address, *at, subnets, faults);
        }
    }
}

fn address_is_sound(
    network: &str,
    address: IpAddr,
    at: usize,
    subnets: &Subnets<'_>,
    faults: &mut Faults<'_>,
) {
    let Some(subnet) = subnets.find(network, address) else {
        let (zh, en) = (
            "IP 地址 {0} 不在网络 `{1}` 的任何子网内",
            "IP address {0} is in no subnet of network `{1}`",
        );
        faults.add(at, zh, en, &[&address, &network]);
        return;
    };
    let (range, id) = (subnet.range, subnet.about.id);
    if let Some((zh, en)) = edge_of(range, address) {
        let values: [&dyn std::fmt::Display; 4] = [&address, &range, &zh, &en];
        let (zh, en) = ("IP 地址 {0} 是 `{1}` 的{2}", "IP address {0} is the {3} of `{1}`");
        faults.add(at, zh, en, &values);
    } else if subnet.gateway == Some(address) {
        let (zh, en) =
            ("IP 地址 {0} 是子网 `{1}` 的网关", "IP address {0} is the gateway of subnet `{1}`");
        faults.add(at, zh, en, &[&address, &id]);
    }
}

/// Notes allowed ranges and MAC addresses that two ports of a network have under different
/// groups: whose rules would hold? And MAC addresses that are another card's own.
fn allowed<'n>(stations: &[Station<'n>], faults: &mut Faults<'n>) {
    let mut own: BTreeMap<(&str, Mac), About<'n>> = BTreeMap::new();
    for station in stations {
        if let (Some(network), Some((mac, _))) = (station.network, station.mac) {
            own.insert((network, mac), station.about);
        }
    }
    let mut ranges: BTreeMap<(&str, IpNet), &Station<'n>> = BTreeMap::new();
    let mut macs: BTreeMap<(&str, Mac), &Station<'n>> = BTreeMap::new();
    for station in stations {
        let Some(network) = station.network else { continue };
        faults.about = station.about;
        for (range, mac, at) in &station.allowed {
            let first = ranges.entry((network, *range)).or_insert(station);
            if !alike(first, station) {
                shared(range, first, *at, faults);
            }
            let other = |mac: &Mac| station.mac.map(|(own, _)| own) != Some(*mac);
            let Some(mac) = mac.filter(other) else { continue };
            if let Some(other) = own.get(&(network, mac)) {
                let values: [&dyn std::fmt::Display; 4] =
                    [&mac, &other.kind.0, &other.kind.1, &other.id];
                let (zh, en) = (
                    "MAC 地址 {0} 是{1} `{3}` 自己的",
                    "MAC address {0} is that of {2} `{3}` itself",
                );
                faults.add(*at, zh, en, &values);
                continue;
            }
            let first = macs.entry((network, mac)).or_insert(station);
            if !alike(first, station) {
                shared(&mac, first, *at, faults);
            }
        }
    }
}

fn alike(one: &Station<'_>, other: &Station<'_>) -> bool {
    (&one.groups, one.security) == (&other.groups, other.security)
}

fn shared(what: &dyn std::fmt::Display, first: &Station<'_>, at: usize, faults: &mut Faults<'_>) {
    let (zh, en) = (
        "`{0}` 也允许端口 `{1}` 使用，但两者的安全组或 `port_security` 不同",
        "`{0}` is allowed to port `{1}` too, which has other groups or `port_security`",
    );
    faults.add(at, zh, en, &[&what, &first.about.id]);
    let (zh, en) = (
        "共用地址的端口，这两项须相同",
        "ports that share an address have the same groups and `port_security`",
    );
    faults.hint(zh, en, &[]);
}
