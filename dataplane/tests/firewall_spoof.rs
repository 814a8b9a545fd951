//! What a guest may send at all, and what may come out of the tunnel: frame by frame.

use std::net::IpAddr;

use dataplane::address::Mac;
use dataplane::desired::Zones;
use dataplane::firewall::compile::compile;
use dataplane::naming;
use dataplane::nft::Ruleset;

#[path = "simulate/frame.rs"]
mod frame;
#[path = "simulate/nft.rs"]
mod nft;

const OWN: Mac = Mac([2, 0, 0, 0, 0, 0x11]);
const OTHER: Mac = Mac([2, 0, 0, 0, 0, 0x12]);
const FAR: Mac = Mac([2, 0, 0, 0, 0, 0x21]);
const UDP: u8 = 17;
const ICMPV6: u8 = 58;

fn rules() -> Ruleset {
    let state = include_str!("compile/host-a.toml");
    let desired = dataplane::spec::read("host-a.toml", state).expect("the state is sound");
    let zones = naming::zones(&desired, &Zones::default()).expect("there are zones");
    compile(&desired, &zones).expect("it can be had as rules")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn enters(rules: &Ruleset, device: &str, frame: &[u8]) -> bool {
    let mut packet = nft::Packet {
        frame,
        cast: 0,
        in_name: device.to_owned(),
        out_name: String::new(),
        state: 0,
        zone: None,
    };
    let netdev = rules.netdev.as_ref().expect("there is a table");
    nft::passes(netdev, dataplane::nft::Point::Ingress, Some(device), &mut packet)
}

fn ip(source_mac: Mac, source: &str, protocol: u8, above: &[u8]) -> Vec<u8> {
    let to = if source.contains(':') { "fd00::12" } else { "10.0.0.12" };
    frame::ip((source_mac, OTHER), address(source), address(to), protocol, above)
}

fn udp(source: &str, from: u16, to: u16) -> Vec<u8> {
    ip(OWN, source, UDP, &frame::above(Some((from, to)), None, address("::")))
}

fn icmp6(source: &str, kind: u8, target: &str) -> Vec<u8> {
    ip(OWN, source, ICMPV6, &frame::above(None, Some((kind, 0)), address(target)))
}

/// An ARP message: who says it (Ethernet and ARP), and the addresses.
fn arp(ethernet: Mac, sender: Mac, address: [u8; 4], target: [u8; 4]) -> Vec<u8> {
    let mut frame = [[0xff; 6], ethernet.0].concat();
    frame.extend([8, 6, 0, 1, 8, 0, 6, 4, 0, 1]);
    frame.extend(sender.0);
    frame.extend(address);
    frame.extend([0; 6]);
    frame.extend(target);
    frame
}

/// The frame with a VLAN tag of number 0, which Linux takes as none.
fn tagged(frame: &[u8]) -> Vec<u8> {
    [&frame[..12], &[0x81, 0, 0, 0], &frame[12..]].concat()
}

#[test]
fn a_port_sends_with_its_own_addresses_only() {
    let rules = rules();
    let plain = udp("10.0.0.11", 40_000, 53);
    let (own, other) = ([10, 0, 0, 11], [10, 0, 0, 12]);
    let cases: Vec<(&str, Vec<u8>, bool)> = vec![
        ("IPv4", plain.clone(), true),
        ("IPv4 of another guest", udp("10.0.0.12", 40_000, 53), false),
        ("IPv4 of nobody", udp("192.0.2.1", 40_000, 53), false),
        ("IPv4 with another MAC address", ip(OTHER, "10.0.0.11", 1, &[8; 8]), false),
        ("a tag", tagged(&plain), false),
        ("a protocol that is not IP", [&plain[..12], &[0x88, 0x64], &plain[14..]].concat(), false),
        ("DHCP client, no address yet", udp("0.0.0.0", 68, 67), true),
        ("no address, not DHCP", udp("0.0.0.0", 68, 68), false),
        ("DHCP server", udp("10.0.0.11", 67, 68), false),
        ("DHCPv6 server", udp("fd00::11", 547, 546), false),
        ("VXLAN", udp("10.0.0.11", 40_000, 4789), false),
        ("IPv6", udp("fd00::11", 40_000, 53), true),
        ("IPv6, link-local", udp("fe80::ff:fe00:11", 40_000, 53), true),
        ("IPv6 of another guest", udp("fd00::12", 40_000, 53), false),
        ("solicitation", icmp6("fd00::11", 135, "fd00::12"), true),
        ("advertisement", icmp6("fd00::11", 136, "fd00::11"), true),
        ("advertisement of another's", icmp6("fd00::11", 136, "fd00::12"), false),
        ("advertisement of its own from another's", icmp6("fd00::12", 136, "fd00::11"), false),
        ("duplicate address detection", icmp6("::", 135, "fd00::11"), true),
        ("the same of another's address", icmp6("::", 135, "fd00::12"), false),
        ("MLD without an address", icmp6("::", 143, "::"), true),
        ("echo without an address", icmp6("::", 128, "::"), false),
        ("router advertisement", icmp6("fe80::ff:fe00:11", 134, "::"), false),
        ("redirect", icmp6("fe80::ff:fe00:11", 137, "::"), false),
        ("ARP", arp(OWN, OWN, own, other), true),
        ("ARP with another's address", arp(OWN, OWN, other, own), false),
        ("ARP that gives another MAC address", arp(OWN, OTHER, own, other), false),
        ("ARP from another MAC address", arp(OTHER, OWN, own, other), false),
        ("ARP probe", arp(OWN, OWN, [0; 4], own), true),
        ("ARP probe of another MAC address", arp(OWN, OTHER, [0; 4], own), false),
    ];
    for (what, frame, passes) in cases {
        assert_eq!(enters(&rules, "p1", &frame), passes, "{what}");
    }
}

#[test]
fn headers_that_cannot_be_followed_to_the_end_do_not_pass() {
    let rules = rules();
    let advertisement = |target| frame::above(None, Some((136, 0)), address(target));
    let options = |next, rest: &[u8]| [&[next, 0, 1, 4, 0, 0, 0, 0], rest].concat();
    let fragment = |next, offset: u16, rest: &[u8]| {
        [&[next, 0], &(offset | 1).to_be_bytes()[..], &[0, 0, 0, 7], rest].concat()
    };
    let echo = frame::above(None, Some((128, 0)), address("::"));
    let foreign = advertisement("fd00::12");
    // Option headers of 16 bytes, of which 8 are there: what is behind comes with the next part.
    let hidden: [u8; 8] = [ICMPV6, 1, 1, 12, 0, 0, 0, 0];
    let cases = [
        ("behind options, another's", 60, options(ICMPV6, &foreign), false),
        ("behind options, its own", 60, options(ICMPV6, &advertisement("fd00::11")), true),
        ("options that go on beyond the packet", 60, hidden.to_vec(), false),
        ("the same in a first fragment", 44, fragment(60, 0, &hidden), false),
        ("first fragment of an echo", 44, fragment(ICMPV6, 0, &echo), true),
        ("first fragment, target in the next", 44, fragment(ICMPV6, 0, &foreign[..8]), false),
        ("first fragment, whole advertisement", 44, fragment(ICMPV6, 0, &foreign), false),
        ("later fragment", 44, fragment(ICMPV6, 8, &foreign), true),
        ("later fragment of an extension header", 44, fragment(60, 8, &foreign), true),
        ("later fragment behind options", 60, options(44, &fragment(ICMPV6, 8, &[0; 8])), false),
    ];
    for (what, protocol, above, passes) in cases {
        assert_eq!(enters(&rules, "p1", &ip(OWN, "fd00::11", protocol, &above)), passes, "{what}");
    }
}

#[test]
fn nothing_out_of_the_tunnel_claims_to_be_of_this_node() {
    let rules = rules();
    let tunnel = naming::vxlan("red-a").to_string();
    let far = |source: &str| {
        let above = frame::above(Some((1, 2)), None, address("::"));
        let to = if source.contains(':') { "fd00::11" } else { "10.0.0.11" };
        frame::ip((FAR, OWN), address(source), address(to), UDP, &above)
    };
    let advertise = |target: &str| {
        let above = frame::above(None, Some((136, 0)), address(target));
        frame::ip((FAR, OWN), address("fd00::21"), address("fd00::11"), ICMPV6, &above)
    };
    let cases = [
        ("a remote port", far("10.0.0.21"), true),
        ("a port of this node", far("10.0.0.12"), false),
        ("a remote port, IPv6", far("fd00::21"), true),
        ("a port of this node, IPv6", far("fd00::12"), false),
        ("an answer to ARP", arp(FAR, FAR, [10, 0, 0, 21], [10, 0, 0, 11]), true),
        ("ARP for this node's", arp(FAR, FAR, [10, 0, 0, 12], [10, 0, 0, 11]), false),
        ("an advertisement", advertise("fd00::21"), true),
        ("an advertisement for this node's", advertise("fd00::12"), false),
        ("a tag", tagged(&far("10.0.0.21")), false),
        ("to all", arp(FAR, FAR, [10, 0, 0, 22], [10, 0, 0, 22]), true),
    ];
    for (what, frame, passes) in cases {
        assert_eq!(enters(&rules, &tunnel, &frame), passes, "{what}");
    }
}
