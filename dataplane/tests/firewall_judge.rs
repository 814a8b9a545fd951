//! What passes and what decides it, over one state with every kind of port, in both semantics.

use std::net::IpAddr;

use dataplane::desired::Desired;
use dataplane::firewall::judge::{Bar, End, Judge, Packet, Permit, Refusal};
use dataplane::firewall::protocol::{ICMP, ICMPV6, TCP, UDP};
use dataplane::kernel::Connection;
use dataplane::spec;

const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n1", device = "u0", vtep = "10.99.0.1" }
vpc = [{ id = "red" }, { id = "blue" }]
network = [{ id = "red-a", vpc = "red", vni = 100 }, { id = "blue-a", vpc = "blue", vni = 200 }]
subnet = [
  { id = "r4", network = "red-a", cidr = "10.0.0.0/24" },
  { id = "r6", network = "red-a", cidr = "fd00::/64" },
  { id = "b4", network = "blue-a", cidr = "10.0.0.0/24" },
]
port = [
  { id = "w1", network = "red-a", device = "t1", kind = "tap", mac = "02:00:00:00:00:11", ips = ["10.0.0.11", "fd00::11"], groups = ["web"], allowed = [{ cidr = "10.0.0.100/32" }] },
  { id = "a1", network = "red-a", device = "t2", kind = "tap", mac = "02:00:00:00:00:12", ips = ["10.0.0.12", "fd00::12"], groups = ["app"] },
  { id = "none", network = "red-a", device = "t3", kind = "tap", mac = "02:00:00:00:00:13", ips = ["10.0.0.13"], groups = [] },
  { id = "open", network = "red-a", device = "t4", kind = "tap", mac = "02:00:00:00:00:14", ips = ["10.0.0.14"], groups = [], port_security = false },
  { id = "router", network = "red-a", device = "t5", kind = "tap", mac = "02:00:00:00:00:15", ips = ["10.0.0.15"], groups = ["lone"], allowed = [{ cidr = "10.0.0.0/25" }, { cidr = "192.0.2.0/24" }] },
  { id = "x1", network = "blue-a", device = "t6", kind = "tap", mac = "02:00:00:00:00:11", ips = ["10.0.0.11"], groups = ["blue"] },
]
remote = [
  { id = "w2", network = "red-a", vtep = "10.99.0.2", mac = "02:00:00:00:00:21", ips = ["10.0.0.21", "fd00::21"], groups = ["web"] },
  { id = "a2", network = "red-a", vtep = "10.99.0.2", mac = "02:00:00:00:00:22", ips = ["10.0.0.22"], groups = ["app"] },
]
group = [
  { id = "web", vpc = "red", rule = [
    { id = "https", direction = "in", protocol = "tcp", ports = "443", from = { group = "app" } },
    { id = "dns", direction = "in", protocol = "udp", ports = 53, from = { cidr = "10.0.0.0/24" } },
    { id = "ping", direction = "in", protocol = "icmp", icmp_type = 8, icmp_code = 0 },
    { id = "ping6", direction = "in", protocol = "icmpv6", icmp_type = 128 },
    { id = "ssh-out", direction = "out", protocol = "tcp", ports = "22", to = { group = "app" } },
  ] },
  { id = "app", vpc = "red", rule = [{ direction = "in", protocol = "tcp", ports = "20-30" }] },
  { id = "lone", vpc = "red" },
  { id = "blue", vpc = "blue" },
]
"#;

fn state(semantics: &str) -> Desired {
    let text = STATE.replace("\"norm\"", &format!("\"{semantics}\""));
    spec::read("state.toml", &text).expect("the state is right")
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn packet(source: &str, destination: &str, protocol: u8, number: u16) -> Packet<'static> {
    let [high, low] = number.to_be_bytes();
    let icmp = matches!(protocol, ICMP | ICMPV6);
    Packet {
        network: "red-a",
        by: None,
        source: address(source),
        destination: address(destination),
        protocol,
        ports: (!icmp).then_some((40_000, number)),
        icmp: icmp.then_some((high, low)),
    }
}

/// Packets, whether they pass under `norm` and `openstack`, and why they are a case.
const PACKETS: &[(&str, &str, u8, u16, bool, bool, &str)] = &[
    ("10.0.0.11", "10.0.0.12", TCP, 22, true, true, "both ends have the rule"),
    ("10.0.0.11", "10.0.0.12", TCP, 23, false, false, "`out` of web is for 22 only"),
    ("10.0.0.12", "10.0.0.11", TCP, 443, true, false, "app may send under norm only"),
    ("10.0.0.12", "10.0.0.11", TCP, 444, false, false, "no rule for 444"),
    ("10.0.0.22", "10.0.0.11", TCP, 443, true, true, "a remote member: its node judged `out`"),
    ("10.0.0.22", "10.0.0.11", TCP, 80, false, false, "and not for another port"),
    ("10.0.0.21", "10.0.0.11", TCP, 9999, true, false, "one group, across nodes"),
    ("10.0.0.11", "10.0.0.21", TCP, 9999, true, false, "and the other way, rules `out` or not"),
    ("fd00::21", "fd00::11", TCP, 9999, true, false, "and by IPv6"),
    ("fe80::ff:fe00:21", "fe80::ff:fe00:11", TCP, 9, true, false, "and by link-local addresses"),
    ("fd00::12", "fd00::11", ICMPV6, 128 << 8, true, false, "`icmpv6` by type"),
    ("fd00::12", "fd00::11", ICMPV6, 129 << 8, false, false, "another type"),
    ("10.0.0.22", "10.0.0.11", ICMP, 8 << 8, true, true, "`icmp` by type and code"),
    ("10.0.0.22", "10.0.0.11", ICMP, 13 << 8, false, false, "another type"),
    ("10.0.0.22", "10.0.0.11", ICMP, (8 << 8) + 1, false, false, "another code"),
    ("10.0.0.22", "10.0.0.11", UDP, 53, true, true, "a rule by range of addresses"),
    ("192.0.2.1", "10.0.0.11", UDP, 53, false, false, "outside that range"),
    ("10.0.0.22", "10.0.0.11", TCP, 53, false, false, "the right port of the wrong protocol"),
    ("10.0.0.13", "10.0.0.12", TCP, 22, false, false, "without a group nothing is sent"),
    ("10.0.0.22", "10.0.0.13", TCP, 22, false, false, "nor received"),
    ("10.0.0.14", "10.0.0.12", TCP, 22, true, true, "without security only the other end counts"),
    ("10.0.0.22", "10.0.0.14", TCP, 22, true, true, "and it receives all"),
    ("10.0.0.100", "10.0.0.21", TCP, 9999, true, false, "an allowed address is a member's"),
    ("10.0.0.21", "10.0.0.100", TCP, 9999, true, false, "and is reached as the member is"),
    ("10.0.0.99", "10.0.0.12", TCP, 22, true, false, "an allowed range is its port's to send from"),
    ("192.0.2.9", "10.0.0.12", TCP, 22, true, false, "outside the subnets too"),
    ("10.0.0.22", "192.0.2.9", TCP, 22, false, false, "and judged there: `lone` has no rule"),
    ("10.0.0.22", "10.0.0.12", TCP, 22, true, true, "a remote's own address is in no port's range"),
    ("10.0.0.11", "10.0.0.11", TCP, 22, true, false, "to itself"),
    ("10.0.0.21", "10.0.0.22", TCP, 22, false, false, "neither end is here"),
    ("10.0.0.12", "10.0.0.255", UDP, 53, false, false, "broadcast of the subnet"),
    ("10.0.0.12", "255.255.255.255", UDP, 53, false, false, "broadcast"),
    ("10.0.0.12", "224.0.0.1", UDP, 53, false, false, "multicast"),
    ("fd00::12", "ff02::1", UDP, 53, false, false, "multicast of IPv6"),
    ("fd00::12", "ff02::1:ff00:11", ICMPV6, 135 << 8, true, true, "neighbour discovery"),
    ("fd00::12", "ff02::1", ICMPV6, 134 << 8, false, false, "router advertisement"),
    ("fd00::12", "10.0.0.11", TCP, 443, false, false, "two families"),
];

#[test]
fn every_packet_is_judged_as_its_semantics_say() {
    let (norm, openstack) = (state("norm"), state("openstack"));
    let (norm, openstack) = (Judge::new(&norm), Judge::new(&openstack));
    for (source, destination, protocol, number, in_norm, in_openstack, why) in PACKETS {
        let packet = packet(source, destination, *protocol, *number);
        let judged = (norm.judge(&packet).passes(), openstack.judge(&packet).passes());
        assert_eq!(judged, (*in_norm, *in_openstack), "{source} → {destination}: {why}");
    }
}

#[test]
fn each_end_says_what_decided() {
    let state = state("norm");
    let judge = Judge::new(&state);
    let ends = |packet: Packet<'static>| {
        let judgement = judge.judge(&packet);
        (judgement.barred, judgement.out, judgement.inward)
    };
    let passes = |port, by| End::Passes { port, by };
    let dropped = |port, why| End::Dropped { port, why };
    for (packet, bar, out, inward) in [
        (
            packet("10.0.0.11", "10.0.0.12", TCP, 22),
            None,
            passes("w1", Permit::Rule { group: "web", rule: "ssh-out" }),
            passes("a1", Permit::Rule { group: "app", rule: "app, rule 1" }),
        ),
        (
            packet("10.0.0.12", "10.0.0.11", TCP, 80),
            None,
            passes("a1", Permit::Free),
            dropped("w1", Refusal::NoMatch { rules: 4 }),
        ),
        (
            packet("10.0.0.21", "10.0.0.11", TCP, 80),
            None,
            End::Elsewhere,
            passes("w1", Permit::SameGroup { group: "web" }),
        ),
        (
            packet("10.0.0.13", "10.0.0.14", TCP, 80),
            None,
            dropped("none", Refusal::NoGroup),
            passes("open", Permit::Unsecured),
        ),
        (
            packet("10.0.0.22", "10.0.0.15", TCP, 80),
            None,
            End::Elsewhere,
            dropped("router", Refusal::NoRule),
        ),
        (
            packet("10.0.0.22", "10.0.0.21", TCP, 80),
            Some(Bar::NotHere),
            End::Elsewhere,
            End::Elsewhere,
        ),
    ] {
        assert_eq!(ends(packet), (bar, out, inward), "{packet:?}");
    }
    let elsewhere = Packet { network: "green", ..packet("10.0.0.11", "10.0.0.12", TCP, 22) };
    assert_eq!(ends(elsewhere).0, Some(Bar::NoNetwork));
}

#[test]
fn the_same_addresses_in_another_vpc_are_someone_elses() {
    let state = state("norm");
    let judge = Judge::new(&state);
    let red = packet("10.0.0.21", "10.0.0.11", TCP, 9999);
    let blue = Packet { network: "blue-a", ..red };
    assert!(judge.judge(&red).passes());
    assert_eq!(judge.judge(&blue).inward, End::Dropped { port: "x1", why: Refusal::NoRule });
}

#[test]
fn a_source_that_is_not_the_ports_is_dropped_where_it_enters() {
    let state = state("norm");
    let judge = Judge::new(&state);
    for (by, source, forged) in [
        ("w1", "10.0.0.11", false),
        ("w1", "10.0.0.100", false),
        ("w1", "fe80::ff:fe00:11", false),
        ("w1", "10.0.0.12", true),
        ("w1", "10.0.0.200", true),
        ("w1", "fe80::ff:fe00:12", true),
        ("router", "10.0.0.99", false),
        ("router", "192.0.2.77", false),
        ("router", "10.0.0.200", true),
        ("open", "203.0.113.1", false),
    ] {
        let to = if source.contains(':') { "fd00::12" } else { "10.0.0.12" };
        let packet = Packet { by: Some(by), ..packet(source, to, TCP, 22) };
        let is = matches!(judge.judge(&packet).out, End::Dropped { why: Refusal::Forged, .. });
        assert_eq!(is, forged, "{source} by {by}");
    }
    let open = Packet { by: Some("open"), ..packet("203.0.113.1", "10.0.0.12", TCP, 22) };
    assert_eq!(judge.judge(&open).out, End::Passes { port: "open", by: Permit::Unsecured });
}

#[test]
fn a_revoked_rule_ends_its_connections_and_no_others() {
    let connection = |source: &str, destination: &str, port| Connection {
        zone: 1,
        id: 1,
        source: address(source),
        destination: address(destination),
        protocol: TCP,
        ports: Some((40_000, port)),
        icmp: None,
    };
    let web = connection("10.0.0.22", "10.0.0.11", 443);
    let same = connection("10.0.0.21", "10.0.0.11", 443);
    let app = connection("10.0.0.21", "10.0.0.12", 22);
    let ping = Connection { protocol: ICMP, ports: None, icmp: Some((8, 0, 77)), ..web.clone() };
    let mut state = state("norm");
    let kept = |state: &Desired| {
        let judge = Judge::new(state);
        [&web, &same, &app, &ping].map(|one| judge.still_permitted("red-a", one))
    };
    assert_eq!(kept(&state), [true; 4]);
    state.groups.get_mut("web").unwrap().rules.retain(|rule| rule.name != "https");
    assert_eq!(kept(&state), [false, true, true, true]);
    state.ports.remove("a1");
    assert_eq!(kept(&state), [false, true, false, true], "a port that is gone has no connections");
    assert!(!Judge::new(&state).still_permitted("gone", &same));
    // `open` may have begun it, from whatever address.
    let foreign = connection("203.0.113.1", "10.0.0.21", 22);
    assert!(Judge::new(&state).still_permitted("red-a", &foreign));
    state.ports.remove("open");
    assert!(!Judge::new(&state).still_permitted("red-a", &foreign));
}
