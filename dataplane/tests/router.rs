//! Routers of VPCs: what a file means, why a packet goes where it goes, and in which order a
//! kernel is changed for them.

use std::net::IpAddr;

use dataplane::apply::{Applied, Run, apply};
use dataplane::compile::compile;
use dataplane::desired::{Desired, Zones};
use dataplane::firewall::explain::{Answer, Question, explain};
use dataplane::firewall::judge::Judge;
use dataplane::firewall::protocol::{ICMP, TCP};
use dataplane::journal::{NoLog, Past};
use dataplane::kernel::fake::Fake;
use dataplane::kernel::{Connection, Translation};
use dataplane::naming;
use dataplane::plan::{Plan, RoomChange, Scope, Step, plan, text};
use dataplane::router::keep::Keep;
use dataplane::seen::{Link, Seen};
use dataplane::spec;
use dataplane::wanted::Wanted;

const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n1", device = "u0", vtep = "10.99.0.1", mtu = 1600 }
vpc = [{ id = "red" }, { id = "blue" }]
network = [
  { id = "red-a", vpc = "red", vni = 100 },
  { id = "red-b", vpc = "red", vni = 101, mtu = 1400 },
  { id = "red-c", vpc = "red", vni = 102 },
  { id = "blue-a", vpc = "blue", vni = 200 },
]
subnet = [
  { id = "a4", network = "red-a", cidr = "10.0.0.0/24", gateway = "10.0.0.1" },
  { id = "a6", network = "red-a", cidr = "fd00::/64", gateway = "fd00::1" },
  { id = "b4", network = "red-b", cidr = "10.0.1.0/24", gateway = "10.0.1.1" },
  { id = "c4", network = "red-c", cidr = "10.0.2.0/24", gateway = "10.0.2.1" },
  { id = "x4", network = "blue-a", cidr = "10.0.1.0/24", gateway = "10.0.1.1" },
  { id = "y4", network = "blue-a", cidr = "10.7.0.0/24" },
]
port = [
  { id = "a1", network = "red-a", device = "p1", kind = "tap", mac = "02:00:00:00:00:11", ips = ["10.0.0.11", "fd00::11"], groups = ["red"] },
  { id = "b1", network = "red-b", device = "p2", kind = "tap", mac = "02:00:00:00:00:12", ips = ["10.0.1.11"], groups = ["web"] },
  { id = "x1", network = "blue-a", device = "p3", kind = "tap", mac = "02:00:00:00:00:13", ips = ["10.0.1.11"], groups = [] },
]
remote = [{ id = "b2", network = "red-b", vtep = "10.99.0.2", mac = "02:00:00:00:00:21", ips = ["10.0.1.21"], groups = [] }]
group = [{ id = "red", vpc = "red" }, { id = "web", vpc = "red", rule = [{ id = "https", direction = "in", protocol = "tcp", ports = 443 }] }]
external = [{ id = "internet", device = "ext0", cidr = "203.0.113.0/24", gateway = "203.0.113.1" }]
router = [{ id = "r", vpc = "red", external = "internet", address = "203.0.113.10" }]
snat = [{ id = "out", vpc = "red", subnets = ["a4"], address = "203.0.113.11" }]
acl = [{ id = "edge", vpc = "red", in = "deny", out = "allow", rule = [
  { id = "bad", action = "deny", direction = "out", protocol = "tcp", to = { cidr = "198.51.100.0/24" } },
  { id = "open", action = "allow", direction = "in", protocol = "tcp", ports = "443", from = { cidr = "192.0.2.0/24" } },
  { id = "all", action = "allow", direction = "in", protocol = "tcp", family = "ipv4", from = { cidr = "203.0.113.0/24" } },
] }]
eip = [{ id = "www", address = "203.0.113.20", port = "b1" }, { id = "spare", address = "203.0.113.21" }]
"#;

const ALL: Scope =
    Scope { complete: true, confirmed: true, began: std::collections::BTreeSet::new() };

fn state() -> Desired {
    spec::read("state.toml", STATE).expect("the state is sound")
}

fn wanted(desired: &Desired) -> Wanted {
    let zones = naming::zones(desired, &Zones::default()).expect("there are few networks");
    compile(desired, &zones, Some(1600)).expect("the state is sound")
}

fn device(name: &str) -> dataplane::address::Device {
    name.parse().expect("it names a device")
}

fn hardware() -> Link {
    Link {
        index: 0,
        kind: None,
        alias: None,
        mac: None,
        mtu: 1600,
        up: true,
        no_arp: false,
        generates_addresses: true,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: [].into(),
    }
}

fn node(devices: &[&str]) -> Fake {
    let links = devices.iter().map(|name| (device(name), hardware())).collect();
    Fake::new(Seen { links, ..Seen::default() })
}

fn run(fake: &mut Fake, plan: &Plan) {
    let run = Run { generation: 1, digest: "", past: &Past::default() };
    let applied = apply(fake, plan, run, &mut NoLog).expect("nothing is in the way");
    assert_eq!(applied, Applied::Done { steps: plan.steps.len() });
}

fn ask(from: &str, to: &str, protocol: u8, port: Option<u16>) -> Answer {
    let desired = state();
    let (from, to) = (from.to_owned(), to.to_owned());
    let question = Question { from, to, protocol, destination_port: port, ..Question::default() };
    explain(&Judge::new(&desired), &question).expect("both ends are known")
}

#[test]
fn a_question_is_answered_by_way_of_the_router() {
    for (from, to, port, passes, why) in [
        ("a1", "b1", 443, true, "the router of VPC `red` sends it on to network `red-b`"),
        // Groups hold across it.
        ("a1", "b1", 80, false, "the router of VPC `red` sends it on to network `red-b`"),
        ("a1", "10.0.1.21", 80, true, "the router of VPC `red` sends it on to network `red-b`"),
        ("a1", "10.0.2.7", 80, false, "has no router between the two"),
        (
            "a1",
            "192.0.2.1",
            80,
            true,
            "it goes out to `internet`, under 203.0.113.11 of SNAT `out`",
        ),
        ("b1", "192.0.2.1", 80, true, "under 203.0.113.20 of elastic IP `www`"),
        ("a1", "2001:db8::1", 80, false, "IPv6 does not leave VPC `red`"),
        ("a1", "203.0.113.20", 443, true, "elastic IP `www`: its destination becomes 10.0.1.11"),
        ("192.0.2.1", "203.0.113.20", 443, true, "elastic IP `www`: its destination becomes"),
        ("192.0.2.1", "203.0.113.20", 80, false, "elastic IP `www`: its destination becomes"),
    ] {
        let answer = ask(from, to, TCP, Some(port));
        let router = answer.packets[0].router.clone().unwrap();
        assert!(router.why.en.contains(why), "{from} {to}: {}", router.why.en);
        assert_eq!(answer.passes, passes, "{from} to {to} {port}: {answer:#?}");
    }
    // An address of another VPC is outside, and that is said; one that both have is one's own.
    let other = ask("a1", "10.7.0.9", TCP, Some(443));
    assert!(other.passes && other.notes[1].en.contains("VPC `blue`"), "{other:#?}");
    assert!(other.notes[1].zh.contains("没有对等连接"), "{other:#?}");
    for (from, to) in [("a1", "10.0.1.11"), ("a1", "192.0.2.1"), ("a1", "203.0.113.20")] {
        assert_eq!(ask(from, to, TCP, Some(443)).notes.len(), 1, "{from} to {to}");
    }
    // Two VPCs with equal addresses.
    let apart = ask("a1", "x1", TCP, Some(443));
    assert!(!apart.passes && apart.packets.is_empty(), "{apart:#?}");
    // Within a network nothing is routed.
    assert_eq!(ask("a1", "10.0.0.12", ICMP, None).packets[0].router, None);
    let answer = ask("a1", "b1", TCP, Some(443));
    let packet = &answer.packets[0];
    assert_eq!((packet.mtu, packet.inward.rule.as_deref()), (Some(1400), Some("https")));
}

#[test]
fn the_first_rule_of_an_acl_that_matches_decides_and_only_at_the_boundary() {
    for (from, to, port, passes, why) in [
        ("a1", "198.51.100.7", 443, false, "rule `bad` of acl `edge` denies it"),
        ("a1", "192.0.2.1", 443, true, "no rule of acl `edge` matches: `out = \"allow\"`"),
        ("192.0.2.1", "203.0.113.20", 443, true, "rule `open` of acl `edge` allows it"),
        ("192.0.3.1", "203.0.113.20", 443, false, "no rule of acl `edge` matches: `in = \"deny\"`"),
    ] {
        let answer = ask(from, to, TCP, Some(port));
        let acl = &answer.packets[0].acl;
        assert_eq!(acl.len(), 1, "{acl:#?}");
        assert_eq!(acl[0].why.en, why, "{from} {to}");
        assert_eq!(answer.passes, passes, "{from} {to}");
    }
    assert_eq!(ask("a1", "b1", TCP, Some(443)).packets[0].acl, [], "within the VPC");
}

#[test]
fn a_room_has_the_gateways_of_networks_with_a_station_here() {
    let wanted = wanted(&state());
    let rooms: Vec<&str> = wanted.rooms.keys().map(String::as_str).collect();
    assert_eq!(rooms, ["red"], "`blue` has no router");
    let room = &wanted.rooms["red"];
    let addresses = |name: &dataplane::address::Device| -> Vec<String> {
        room.devices[name].addresses.iter().map(ToString::to_string).collect()
    };
    assert_eq!(room.devices.len(), 3, "nobody is in red-c: {room:#?}");
    assert_eq!(
        addresses(&naming::gateway_end("red-a")),
        ["10.0.0.1/24", "fd00::1/64", "fe80::61:73ff:fe73:6179/64"]
    );
    assert_eq!(addresses(&naming::gateway_end("red-b")), ["10.0.1.1/24"]);
    assert_eq!(room.devices[&naming::gateway_end("red-b")].mtu, 1400);
    assert_eq!(
        addresses(&naming::uplink("internet")),
        ["203.0.113.10/24", "203.0.113.11/32", "203.0.113.20/32"]
    );
    let routes: Vec<String> =
        room.routes.iter().map(|(to, hop)| format!("{to} {:?}", hop.via)).collect();
    assert_eq!(routes, ["0.0.0.0/0 Some(203.0.113.1)"]);
}

#[test]
fn a_room_is_closed_before_it_is_furnished_and_goes_when_it_is_empty() {
    let mut fake = node(&["u0", "p1", "p2", "p3", "ext0"]);
    let start = fake.seen.clone();
    let wanted = wanted(&state());
    let first = plan(&wanted, &fake.seen, &ALL);
    let place = |what: &dyn Fn(&Step) -> bool| {
        first.steps.iter().position(|planned| what(&planned.step)).unwrap()
    };
    let made = place(&|step| matches!(step, Step::AddRoom { .. }));
    let closed = place(
        &|step| matches!(step, Step::Room { change, .. } if matches!(**change, RoomChange::Rules(_))),
    );
    let up = place(
        &|step| matches!(step, Step::Room { change, .. } if matches!(**change, RoomChange::Up { .. })),
    );
    assert!(made < closed && closed < up, "{made} {closed} {up}");
    run(&mut fake, &first);
    assert!(plan(&wanted, &fake.seen, &ALL).is_empty());

    // Somebody takes it away: the kernel takes the pairs along.
    let mut robbed = fake.clone();
    robbed.seen.rooms.clear();
    robbed.seen.links.retain(|_name, link| link.gateway().is_none());
    let again = plan(&wanted, &robbed.seen, &ALL);
    run(&mut robbed, &again);
    assert_eq!(robbed.seen, fake.seen);

    // Or what is in it.
    let room = fake.seen.rooms.get_mut("red").unwrap();
    let before = room.clone();
    (room.forwards, room.named) = (false, false);
    room.routes.clear();
    room.devices.remove(&naming::uplink("internet"));
    let end = room.devices.get_mut(&naming::gateway_end("red-a")).unwrap();
    (end.up, end.mtu) = (false, 1000);
    end.addresses.clear();
    let again = plan(&wanted, &fake.seen, &ALL);
    run(&mut fake, &again);
    assert_eq!(fake.seen.rooms["red"], before);

    let last = plan(&Wanted::default(), &fake.seen, &ALL);
    run(&mut fake, &last);
    let mut left = fake.seen;
    for link in left.links.values_mut() {
        (link.up, link.mtu) = (true, 1600);
    }
    assert_eq!(left, start);
}

#[test]
fn a_provider_that_is_not_there_is_waited_for_and_nothing_else_is() {
    let mut fake = node(&["u0", "p1", "p2", "p3"]);
    let wanted = wanted(&state());
    let first = plan(&wanted, &fake.seen, &ALL);
    let lines = text::lines(&first);
    let en = "external internet: waits for device `ext0`, which is not there yet";
    assert!(lines.iter().any(|line| line.en == en), "{lines:#?}");
    assert!(
        lines.iter().any(|line| line.zh == "外部网络 internet：设备 ext0 尚未出现，出现后再接入")
    );
    run(&mut fake, &first);
    assert!(plan(&wanted, &fake.seen, &ALL).is_empty());
    fake.seen.links.insert(device("ext0"), hardware());
    let later = plan(&wanted, &fake.seen, &ALL);
    run(&mut fake, &later);
    assert!(fake.seen.rooms["red"].devices.contains_key(&naming::uplink("internet")));
    assert_eq!(fake.seen.rooms["red"].routes.len(), 1);
}

#[test]
fn connections_go_on_while_their_outer_address_is_their_own() {
    let desired = state();
    let keep = Keep::new(&desired);
    let address = |text: &str| text.parse::<IpAddr>().unwrap();
    for (begun, answered, keeps) in [
        // By SNAT, by an address that is nobody's any more, by another's.
        (("10.0.0.11", "192.0.2.1"), ("192.0.2.1", "203.0.113.11"), true),
        (("10.0.0.11", "192.0.2.1"), ("192.0.2.1", "203.0.113.12"), false),
        (("10.0.0.11", "192.0.2.1"), ("192.0.2.1", "203.0.113.20"), false),
        // By the elastic IP, out and in; in to who had it before.
        (("10.0.1.11", "192.0.2.1"), ("192.0.2.1", "203.0.113.20"), true),
        (("192.0.2.1", "203.0.113.20"), ("10.0.1.11", "192.0.2.1"), true),
        (("192.0.2.1", "203.0.113.20"), ("10.0.0.11", "192.0.2.1"), false),
        (("192.0.2.1", "203.0.113.21"), ("10.0.1.11", "192.0.2.1"), false),
        // From inside to it, under the router's address.
        (("10.0.0.11", "203.0.113.20"), ("10.0.1.11", "203.0.113.10"), true),
        // Not translated.
        (("10.0.0.1", "10.0.0.11"), ("10.0.0.11", "10.0.0.1"), true),
    ] {
        let connection = Connection {
            zone: 0,
            id: 1,
            source: address(begun.0),
            destination: address(begun.1),
            protocol: TCP,
            ports: Some((1, 2)),
            icmp: None,
        };
        let (destination, source) = (address(answered.0), address(answered.1));
        let vpc = "red".to_owned();
        let translation = Translation { vpc, connection, source, destination };
        assert_eq!(keep.keeps(&translation), keeps, "{translation:#?}");
    }
}
