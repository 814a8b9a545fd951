//! What may come in by a device at all, looked at before the bridge: anti-spoofing at ports,
//! and what the tunnel may not bring.
//!
//! ARP, VLAN tags and other protocols never reach the rules of table `inet`: a bridge hands
//! only plain IPv4 and IPv6 to it. A guest that takes a frame with tag 0 as untagged (Linux
//! does) would get it past its groups, so such frames end here, also those of ports without
//! security and of the tunnel.
//!
//! Fragments are not put together yet. Later ones show no header above IP: they pass by their
//! addresses, and are judged with the whole packet. IPv6 packets whose extension headers reach
//! beyond the (first) fragment are dropped, as RFC 7112 has it: a neighbour advertisement could
//! hide in the next one. So are later fragments whose fragment header is not the first.

use std::net::IpAddr;

use ipnet::IpNet;

use super::line::{
    ARP_IP, ARP_MAC, Line, ND_TARGET, Part, SOURCE_MAC, address_type, element, key, source,
};
use super::profile::macs;
use super::span::{Octets, is_of, spans};
use super::{Build, CompileError, hash_set, range_set};
use crate::address::Mac;
use crate::desired::{Desired, Family, Port};
use crate::firewall::judge::link_local;
use crate::firewall::protocol::{ICMPV6, UDP};
use crate::naming;
use crate::nft::{Base, Chain, Element, Hook, KeyType, Point, Rule, Set};

const IPV4: u16 = 0x0800;
const ARP: u16 = 0x0806;
const IPV6: u16 = 0x86dd;
/// The order of our chains at ingress.
const PRIORITY: i32 = -100;

const PORT: &str = "as_port";
const PORT4: &str = "as_port4";
const PORT6: &str = "as_port6";
const PORT_ARP: &str = "as_port_arp";
const PORT_UDP: &str = "as_port_udp";
const PORT_ICMP6: &str = "as_port_icmp6";
const PORT_UNSPECIFIED: &str = "as_port_unspec";
const PLAIN: &str = "as_plain";
const TUNNEL: &str = "as_tunnel";
const TUNNEL4: &str = "as_tunnel4";
const TUNNEL6: &str = "as_tunnel6";
const TUNNEL_ARP: &str = "as_tunnel_arp";

/// Set of (device, MAC address).
const MACS: &str = "as_mac";

fn source_set(family: Family, ranges: bool) -> &'static str {
    match (family, ranges) {
        (Family::Ipv4, false) => "as_src4",
        (Family::Ipv6, false) => "as_src6",
        (Family::Ipv4, true) => "as_src4_range",
        (Family::Ipv6, true) => "as_src6_range",
    }
}

fn own_set(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "as_own4",
        Family::Ipv6 => "as_own6",
    }
}

pub(super) fn add(build: &mut Build, desired: &Desired) -> Result<(), CompileError> {
    add_sets(build, desired);
    let storm = desired.node.loops.as_ref().map(|loops| loops.storm_limit);
    for (id, port) in &desired.ports {
        let chain = if port.security { PORT } else { PLAIN };
        let name = format!("as_p_{}", naming::digits([id.as_str()]));
        let name = build.names.give(name, &format!("port `{id}`"))?;
        ingress(build, name, port.device.to_string(), chain, storm);
    }
    for network in naming::placed(desired) {
        let name = format!("as_v_{}", naming::digits([network]));
        ingress(build, name, naming::vxlan(network).to_string(), TUNNEL, None);
        if desired.node.evpn.is_some() {
            own_end(build, network);
        }
    }
    if !build.is_part {
        add_port_chains(build, desired);
        add_tunnel_chains(build);
    }
    Ok(())
}

fn ingress(build: &mut Build, name: String, device: String, chain: &str, storm: Option<u32>) {
    let hook =
        Hook { point: Point::Ingress, priority: PRIORITY, device: Some(device), drops: true };
    let mut rules = Vec::new();
    rules
        .extend(storm.map(|most| Line::new().comment("storm").flooded_over(most).counted().drop()));
    rules.push(Line::new().goto(chain));
    build.netdev.chains.insert(name, Chain { hook: Some(hook), rules });
}

/// What would go up to the node itself by a bridge that has ARP: nothing. The node would answer
/// ARP for any address that it has, the underlay's among them. What the bridge answers for its
/// neighbours it does before.
fn own_end(build: &mut Build, network: &str) {
    let name = format!("as_b_{}", naming::digits([network]));
    let device = Some(naming::bridge(network).to_string());
    let hook = Hook { point: Point::Ingress, priority: PRIORITY, device, drops: true };
    build.netdev.chains.insert(name, Chain { hook: Some(hook), rules: Vec::new() });
}

/// (Device, source MAC address, an address of the packet).
fn claim(address: Part) -> [Part; 3] {
    [Part::InName, SOURCE_MAC, address]
}

fn by_type(four: &str, six: &str, arp: &str) -> Vec<Rule> {
    vec![
        Line::new().ether_type(IPV4).goto(four),
        Line::new().ether_type(IPV6).goto(six),
        Line::new().ether_type(ARP).goto(arp),
    ]
}

fn add_port_chains(build: &mut Build, desired: &Desired) {
    let has_ranges = |family| build.netdev.sets.contains_key(source_set(family, true));
    let (ranges4, ranges6) = (has_ranges(Family::Ipv4), has_ranges(Family::Ipv6));
    build.netdev_chain(PORT, by_type(PORT4, PORT6, PORT_ARP));
    build.netdev_chain(
        PLAIN,
        [IPV4, IPV6, ARP].map(|kind| Line::new().ether_type(kind).accept()).into(),
    );

    let mut four = vec![Line::new().protocol(UDP).jump(PORT_UDP)];
    four.extend(claimed(Line::new(), source(Family::Ipv4), Family::Ipv4, ranges4));
    let dhcp = Line::new()
        .comment("DHCP client")
        .bytes(source(Family::Ipv4), &[0; 4])
        .protocol(UDP)
        .source_port(68)
        .destination_ports(67, 67);
    four.push(dhcp.within(&[Part::InName, SOURCE_MAC], MACS).accept());
    build.netdev_chain(PORT4, ended(four));

    let udp = |text, line: Line| line.comment(text).counted().drop();
    build.netdev_chain(
        PORT_UDP,
        vec![
            udp("DHCP server", Line::new().protocol(UDP).source_port(67)),
            udp("DHCPv6 server", Line::new().protocol(UDP).source_port(547)),
            udp(
                "VXLAN",
                Line::new().protocol(UDP).destination_ports(desired.node.port, desired.node.port),
            ),
        ],
    );

    let six = |line| claimed(line, source(Family::Ipv6), Family::Ipv6, ranges6);
    let mut rules = vec![
        Line::new().protocol(ICMPV6).jump(PORT_ICMP6),
        Line::new().protocol(UDP).jump(PORT_UDP),
    ];
    rules.extend(six(Line::new().shows_transport()));
    rules.extend(six(Line::new().later_fragment()));
    build.netdev_chain(PORT6, ended(rules));
    add_icmp6_chains(build, ranges6);
    build.netdev_chain(PORT_ARP, arp(ranges4));
}

fn add_icmp6_chains(build: &mut Build, ranges: bool) {
    let kind = |kind| Line::new().protocol(ICMPV6).icmp_type(kind);
    let target = |line| claimed_by(line, ND_TARGET, Family::Ipv6, ranges);
    let mut rules = vec![
        kind(134).comment("router advertisement").counted().drop(),
        kind(137).comment("redirect").counted().drop(),
        Line::new().bytes(source(Family::Ipv6), &[0; 16]).goto(PORT_UNSPECIFIED),
    ];
    // Advertisements for addresses of the port only; those pass on to the look at the source.
    rules.extend(target(kind(136)).map(|line| line.then(crate::nft::Verdict::Return)));
    rules.push(kind(136).comment("advertisement for another's address").counted().drop());
    build.netdev_chain(PORT_ICMP6, rules);

    // Without an address yet: duplicate address detection, for addresses of the port only
    // (others' would be taken away from them, RFC 4862 §5.4), and MLD (RFC 3590).
    let mut unspecified: Vec<Rule> = target(kind(135)).map(Line::accept).collect();
    for report in [131, 132, 143] {
        unspecified.push(kind(report).within(&[Part::InName, SOURCE_MAC], MACS).accept());
    }
    build.netdev_chain(PORT_UNSPECIFIED, ended(unspecified));
}

/// Requests and answers with the port's own addresses, in the frame and in the message; probes
/// (RFC 5227 §2.1.1), which claim nothing.
fn arp(ranges: bool) -> Vec<Rule> {
    // Ethernet and IPv4, with addresses of 6 and 4 bytes.
    let header = Part::Bytes { base: Base::Network, offset: 0, length: 6 };
    let line = || Line::new().bytes(header, &[0, 1, 8, 0, 6, 4]);
    let mut rules = Vec::new();
    for line in claimed_by(line(), ARP_IP, Family::Ipv4, ranges) {
        for set in [false, true].into_iter().filter(|range| ranges || !range) {
            let sender = [Part::InName, ARP_MAC, ARP_IP];
            let line = line.clone().within(&sender, source_set(Family::Ipv4, set));
            rules.push(line.accept());
        }
    }
    let probe = line().comment("probe").bytes(ARP_IP, &[0; 4]);
    let probe = probe.within(&[Part::InName, SOURCE_MAC], MACS);
    rules.push(probe.within(&[Part::InName, ARP_MAC], MACS).accept());
    ended(rules)
}

/// Lines that go on where the port may use an address of the packet.
fn claimed_by(line: Line, part: Part, family: Family, ranges: bool) -> impl Iterator<Item = Line> {
    let sets = [false, true].into_iter().filter(move |range| ranges || !range);
    sets.map(move |range| line.clone().within(&claim(part), source_set(family, range)))
}

fn claimed(line: Line, part: Part, family: Family, ranges: bool) -> impl Iterator<Item = Rule> {
    claimed_by(line, part, family, ranges).map(Line::accept)
}

fn ended(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.push(Line::new().counted().drop());
    rules
}

/// What comes out of the tunnel: nothing that claims to be of a port of this node.
fn add_tunnel_chains(build: &mut Build) {
    build.netdev_chain(TUNNEL, by_type(TUNNEL4, TUNNEL6, TUNNEL_ARP));
    let own = |line: Line, part, family| {
        line.within(&[Part::InName, part], own_set(family)).counted().drop()
    };
    let (four, six) = (Family::Ipv4, Family::Ipv6);
    let last = || Line::new().accept();
    build.netdev_chain(TUNNEL4, vec![own(Line::new(), source(four), four), last()]);
    build.netdev_chain(TUNNEL_ARP, vec![own(Line::new(), ARP_IP, four), last()]);
    let advertisement = Line::new().protocol(ICMPV6).icmp_type(136);
    build.netdev_chain(
        TUNNEL6,
        vec![own(Line::new(), source(six), six), own(advertisement, ND_TARGET, six), last()],
    );
}

fn add_sets(build: &mut Build, desired: &Desired) {
    let (name, mac) = (KeyType::InterfaceName, KeyType::Ether);
    let of = |family| vec![name, mac, address_type(family)];
    let own = |family| hash_set(vec![name, address_type(family)]);
    let mut sets = Sets {
        macs: hash_set(vec![name, mac]),
        sources: [hash_set(of(Family::Ipv4)), hash_set(of(Family::Ipv6))],
        ranges: [range_set(of(Family::Ipv4)), range_set(of(Family::Ipv6))],
        own: [own(Family::Ipv4), own(Family::Ipv6)],
    };
    for port in desired.ports.values() {
        sets.add_own(port);
        if port.security {
            sets.add(port);
        }
    }
    let into = &mut build.netdev.sets;
    into.insert(MACS.to_owned(), sets.macs);
    let families = [Family::Ipv4, Family::Ipv6];
    for (family, (source, own)) in families.into_iter().zip(sets.sources.into_iter().zip(sets.own))
    {
        into.insert(source_set(family, false).to_owned(), source);
        into.insert(own_set(family).to_owned(), own);
    }
    // Looked up only where there are any: they cost more than the others.
    for (family, ranges) in families.into_iter().zip(sets.ranges) {
        if !ranges.elements.is_empty() {
            into.insert(source_set(family, true).to_owned(), ranges);
        }
    }
}

/// Sets in the making; IPv4 before IPv6.
#[derive(Debug)]
struct Sets {
    macs: Set,
    sources: [Set; 2],
    ranges: [Set; 2],
    own: [Set; 2],
}

fn of_family(pair: &mut [Set; 2], address: IpAddr) -> &mut Set {
    let [four, six] = pair;
    if address.is_ipv4() { four } else { six }
}

impl Sets {
    fn add_own(&mut self, port: &Port) {
        let device = naming::vxlan(&port.network).padded();
        for address in port.addresses.iter().copied().chain([link_local(port.mac)]) {
            let element = element(&[&device, Octets::of(address).as_slice()]);
            of_family(&mut self.own, address).elements.insert(element, None);
        }
    }

    fn add(&mut self, port: &Port) {
        let device = port.device.padded();
        for address in port.addresses.iter().copied().chain([link_local(port.mac)]) {
            self.add_source(&device, port.mac, address);
        }
        for mac in macs(port) {
            self.macs.elements.insert(element(&[&device, &mac.0]), None);
            let with = port.allowed.iter().filter(|pair| pair.mac.unwrap_or(port.mac) == mac);
            let ranges: Vec<IpNet> = with.map(|pair| pair.range).collect();
            let is_single = |range: &&IpNet| range.prefix_len() == range.max_prefix_len();
            for range in ranges.iter().filter(is_single) {
                self.add_source(&device, mac, range.addr());
            }
            for family in [Family::Ipv4, Family::Ipv6] {
                let long = ranges.iter().filter(|range| !is_single(range));
                let long: Vec<IpNet> =
                    long.filter(|range| is_of(range.addr(), family)).copied().collect();
                for (first, last) in spans(&long, family) {
                    let end =
                        |address: IpAddr| key(&[&device, &mac.0, Octets::of(address).as_slice()]);
                    let element = Element::range(end(first), end(last));
                    of_family(&mut self.ranges, first).elements.insert(element, None);
                }
            }
        }
    }

    fn add_source(&mut self, device: &[u8], mac: Mac, address: IpAddr) {
        let element = element(&[device, &mac.0, Octets::of(address).as_slice()]);
        of_family(&mut self.sources, address).elements.insert(element, None);
    }
}
