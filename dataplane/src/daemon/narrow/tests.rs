//! A change by way of its VPC ends as the same change by way of the whole.

use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};

use super::*;
use crate::daemon::store::Store;
use crate::daemon::{Change, Daemon, Moment, work};
use crate::journal::{NoLog, Past};
use crate::kernel::fake::Fake;
use crate::kernel::{Connection, Kernel as _};
use crate::seen::Link;

/// Two VPCs with the same addresses, and address groups that both may name.
const FILE: &str = r#"{"schema": "assay/network/v1", "semantics": "norm",
"node": {"name": "n", "device": "u0", "vtep": "10.99.0.1"},
"vpc": [{"id": "red"}, {"id": "blue"}],
"network": [{"id": "red-n", "vpc": "red", "vni": 100}, {"id": "blue-n", "vpc": "blue", "vni": 101},
 {"id": "red-m", "vpc": "red", "vni": 102}],
"subnet": [{"id": "r", "network": "red-n", "cidr": "10.0.0.0/24"},
 {"id": "b", "network": "blue-n", "cidr": "10.0.0.0/24"},
 {"id": "m", "network": "red-m", "cidr": "10.0.1.0/24"}],
"addresses": [{"id": "office", "cidrs": ["192.0.2.0/24", "198.51.100.0/24"]}],
"group": [{"id": "red-0", "vpc": "red", "rule": []}, {"id": "red-1", "vpc": "red", "rule": []},
 {"id": "blue-0", "vpc": "blue", "rule": []}, {"id": "blue-1", "vpc": "blue", "rule": []}],
"port": [
{"id": "red-p", "network": "red-n", "device": "rp", "kind": "veth", "peer": "rq", "mac": "02:00:00:00:00:f1", "ips": ["10.0.0.241"], "groups": ["red-0"]},
{"id": "blue-p", "network": "blue-n", "device": "bp", "kind": "veth", "peer": "bq", "mac": "02:00:00:00:00:f1", "ips": ["10.0.0.241"], "groups": ["blue-0"]},
{"id": "red-t", "network": "red-n", "device": "tap0", "kind": "tap", "mac": "02:00:00:00:00:f2", "ips": ["10.0.0.242"], "groups": ["red-1"]}],
"remote": [{"id": "red-r", "network": "red-m", "vtep": "10.99.0.2", "mac": "02:00:00:00:00:f3", "ips": ["10.0.1.243"], "groups": ["red-0"]}]
}"#;

#[derive(Default)]
struct Disk;

impl Store for Disk {
    fn replace(&mut self, _line: &str) -> std::io::Result<()> {
        Ok(())
    }

    fn append(&mut self, _line: &str) -> std::io::Result<bool> {
        Ok(false)
    }
}

struct Lab {
    kernel: Fake,
    daemon: Daemon,
    known: Option<Known>,
    /// How many changes went by way of their VPC, and how many of these by what is near them.
    narrow: usize,
    near: usize,
}

impl Lab {
    fn new() -> Self {
        Self::with(FILE)
    }

    fn with(text: &str) -> Self {
        let (daemon, _refused) = Daemon::start(None, Past::default(), 0);
        let links = ["u0", "tap0"].map(device).into();
        let kernel = Fake::new(Seen { links, ..Seen::default() });
        let mut lab = Self { kernel, daemon, known: None, narrow: 0, near: 0 };
        let whole = Change::Whole { text, generation: None, confirmed: false };
        assert!(lab.wide(&whole));
        assert!(lab.daemon.is_ready(), "{:?}", lab.daemon.standing());
        lab
    }

    /// Makes a change by way of the whole; returns whether it was accepted.
    fn wide(&mut self, change: &Change<'_>) -> bool {
        let Ok(proposal) = self.daemon.propose(change) else { return false };
        let task = proposal.task.clone();
        let Ok(node) = work::look(&mut self.kernel, &task) else { return false };
        self.daemon.accept(proposal, &mut Disk, 0).unwrap();
        let (report, kept) = work::finish(&mut self.kernel, &task, node, &mut NoLog, &mut || ());
        self.daemon.learn(&report, Moment::default());
        let work::Kept { zones, wanted, seen } = kept;
        let mtu = seen.links.get(&task.desired.node.device).map(|link| link.mtu);
        self.known = Known::of(&task.desired, zones, wanted, mtu);
        true
    }

    /// Makes a change by way of its VPC where that can be.
    fn narrow(&mut self, change: &Change<'_>) -> bool {
        self.try_narrow(change).is_some() || self.wide(change)
    }

    fn try_narrow(&mut self, change: &Change<'_>) -> Option<()> {
        let known = self.known.as_mut()?;
        let proposal = self.daemon.propose_part(change)?;
        let part = proposal.part.clone()?;
        let links = self.kernel.look_at(&Known::devices(&part)).unwrap();
        let (node, difference) = known.decide(&part, links)?;
        let task = proposal.task.clone();
        self.daemon.accept(proposal, &mut Disk, 0).unwrap();
        let touched = work::touched(&node.plan);
        let whole = || self.daemon.vpc_of(&part);
        let (kernel, log) = (&mut self.kernel, &mut NoLog);
        let (report, _kept) = work::finish_part(kernel, &task, &part, node, &touched, log, &whole);
        known.learn(difference);
        self.daemon.learn(&report, Moment::default());
        self.narrow += 1;
        self.near += usize::from(part.facts.is_some());
        Some(())
    }
}

fn device(name: &str) -> (Device, Link) {
    let kind = name.starts_with("tap").then(|| "tun".to_owned());
    let link = Link {
        index: 1,
        kind,
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
        addresses: BTreeSet::new(),
    };
    (name.parse().unwrap(), link)
}

/// A change: section, id, and text; none where the object goes.
type Op = (&'static str, String, Option<String>);

fn vpc() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("red"), Just("blue")]
}

fn groups(vpc: &'static str) -> impl Strategy<Value = String> {
    prop::collection::btree_set(0..2_u8, 0..3).prop_map(move |which| {
        let all: Vec<String> = which.iter().map(|at| format!("\"{vpc}-{at}\"")).collect();
        all.join(", ")
    })
}

fn port() -> impl Strategy<Value = Op> {
    (vpc(), 0..4_u8, 0..4_u8, any::<bool>(), any::<bool>(), 0..3_u8).prop_flat_map(
        |(vpc, id, at, gone, secure, more)| {
            groups(vpc).prop_map(move |groups| {
                let allowed = match more {
                    0 => "",
                    1 => r#", "allowed": [{"cidr": "10.0.0.99/32", "mac": "00:00:5e:00:01:01"}]"#,
                    _ => r#", "allowed": [{"cidr": "10.0.0.64/28"}]"#,
                };
                let text = format!(
                    r#"{{"network": "{vpc}-n", "device": "d{id}", "kind": "veth", "peer": "e{id}", "mac": "02:00:00:00:00:0{at}", "ips": ["10.0.0.1{at}"], "groups": [{groups}], "port_security": {secure}{allowed}}}"#
                );
                ("port", format!("x{id}"), (!gone).then_some(text))
            })
        },
    )
}

fn remote() -> impl Strategy<Value = Op> {
    (vpc(), 0..4_u8, 4..8_u8, any::<bool>(), 2..4_u8, any::<bool>()).prop_flat_map(
        |(vpc, id, at, gone, vtep, other)| {
            groups(vpc).prop_map(move |groups| {
                let (network, net) =
                    if other && vpc == "red" { ("red-m", 1) } else if vpc == "red" { ("red-n", 0) } else { ("blue-n", 0) };
                let text = format!(
                    r#"{{"network": "{network}", "vtep": "10.99.0.{vtep}", "mac": "02:00:00:00:00:0{at}", "ips": ["10.0.{net}.1{at}"], "groups": [{groups}]}}"#
                );
                ("remote", format!("y{id}"), (!gone).then_some(text))
            })
        },
    )
}

fn group() -> impl Strategy<Value = Op> {
    let rule = (0..6_u8, 0..2_u8, any::<bool>(), 0..2_u8);
    (vpc(), 0..2_u8, prop::collection::vec(rule, 0..4)).prop_map(|(vpc, id, rules)| {
        let rules = rules.iter().map(|(peer, at, out, port)| {
            let (direction, end) = if *out { ("out", "to") } else { ("in", "from") };
            let peer = match peer {
                0 => String::new(),
                1 | 2 => format!(r#", "{end}": {{"group": "{vpc}-{at}"}}"#),
                3 => format!(r#", "{end}": {{"cidr": "203.0.113.0/24"}}"#),
                4 => format!(r#", "{end}": {{"addresses": "office"}}"#),
                _ => format!(r#", "{end}": {{"group": "blue-{at}"}}"#),
            };
            let ports = if *port == 0 { "443" } else { r#""8000-8010""# };
            format!(r#"{{"direction": "{direction}", "protocol": "tcp", "ports": {ports}{peer}}}"#)
        });
        let rules = rules.collect::<Vec<_>>().join(", ");
        ("group", format!("{vpc}-{id}"), Some(format!(r#"{{"vpc": "{vpc}", "rule": [{rules}]}}"#)))
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![port(), remote(), group()]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn by_way_of_its_vpc_a_change_ends_as_by_way_of_the_whole(
        ops in prop::collection::vec(op(), 1..24)
    ) {
        same(&mut Lab::new(), &mut Lab::new(), &ops)?;
    }
}

/// Makes changes by way of their VPC and by way of the whole: after each, both have the same.
fn same(one: &mut Lab, other: &mut Lab, ops: &[Op]) -> Result<(), TestCaseError> {
    for (section, id, text) in ops {
        let change = |lab: &Lab| Change::One {
            section,
            id,
            text: text.as_deref(),
            expected: Some(lab.daemon.accepted().generation),
        };
        let by_part = one.narrow(&change(one));
        let by_whole = other.wide(&change(other));
        prop_assert_eq!(by_part, by_whole, "{} {} {:?}", section, id, text);
        prop_assert!(one.daemon.is_ready(), "{:?}", one.daemon.standing());
        prop_assert_eq!(&one.daemon.desired, &other.daemon.desired);
        prop_assert_eq!(&one.daemon.index, &other.daemon.index);
        prop_assert_eq!(&one.kernel.seen, &other.kernel.seen, "{} {} {:?}", section, id, text);
    }
    Ok(())
}

/// A VPC that already has whatever a change may need, so that most are made by what is near them:
/// ports of each set of groups, members elsewhere behind two tunnel ends, rules that ask for both
/// groups, and networks that somebody is in.
fn filled() -> String {
    let rule = |group: &str| {
        format!(
            r#"{{"direction": "in", "protocol": "tcp", "ports": 22, "from": {{"group": "{group}"}}}}"#
        )
    };
    let group = |vpc: &str, at: u8| {
        let rules = [0, 1].map(|other| rule(&format!("{vpc}-{other}"))).join(", ");
        format!(r#"{{"id": "{vpc}-{at}", "vpc": "{vpc}", "rule": [{rules}]}}"#)
    };
    let mut text = FILE.to_owned();
    for (vpc, at) in [("red", 0), ("red", 1), ("blue", 0), ("blue", 1)] {
        let empty = format!(r#"{{"id": "{vpc}-{at}", "vpc": "{vpc}", "rule": []}}"#);
        text = text.replace(&empty, &group(vpc, at));
    }
    let (mut ports, mut remotes) = (Vec::new(), Vec::new());
    for (vpc, number) in [("red", 0_usize), ("blue", 1)] {
        let sets = ["", "V-0", "V-1", "V-0\", \"V-1"].map(|of| of.replace('V', vpc));
        for (at, groups) in sets.iter().enumerate() {
            let groups = if groups.is_empty() { String::new() } else { format!("\"{groups}\"") };
            let mac = format!("02:00:00:00:0{number}:a{at}");
            ports.push(format!(
                r#"{{"id": "{vpc}-k{at}", "network": "{vpc}-n", "device": "{vpc}k{at}", "kind": "veth", "peer": "{vpc}l{at}", "mac": "{mac}", "ips": ["10.0.0.20{at}"], "groups": [{groups}]}},"#
            ));
            let (mac, vtep) = (format!("02:00:00:00:0{number}:b{at}"), 2 + at % 2);
            remotes.push(format!(
                r#"{{"id": "{vpc}-m{at}", "network": "{vpc}-n", "vtep": "10.99.0.{vtep}", "mac": "{mac}", "ips": ["10.0.0.21{at}"], "groups": [{groups}]}},"#
            ));
        }
    }
    let text = text.replace("\"port\": [", &format!("\"port\": [{}", ports.concat()));
    text.replace("\"remote\": [", &format!("\"remote\": [{}", remotes.concat()))
}

#[test]
fn in_a_vpc_that_is_in_use_a_change_is_made_by_what_is_near_it() {
    let text = filled();
    let mut runner = TestRunner::new(ProptestConfig { cases: 32, ..ProptestConfig::default() });
    let counted = std::cell::Cell::new((0, 0));
    runner
        .run(&prop::collection::vec(op(), 1..24), |ops| {
            let (mut one, mut other) = (Lab::with(&text), Lab::with(&text));
            same(&mut one, &mut other, &ops)?;
            let (near, all) = counted.get();
            counted.set((near + one.near, all + one.narrow));
            Ok(())
        })
        .unwrap();
    let (near, all) = counted.get();
    assert!(near * 2 > all, "{near} of {all}");
}

#[test]
fn a_change_by_what_is_near_it_cuts_what_it_forbids_and_nothing_else() {
    let mut lab = Lab::with(&filled());
    let zone = |lab: &Lab| lab.known.as_ref().unwrap().zones.of["red-n"];
    let zone = zone(&lab);
    let connection = |id: u32, from: &str, to: &str, port: u16| Connection {
        zone,
        id,
        source: from.parse().unwrap(),
        destination: to.parse().unwrap(),
        protocol: 6,
        ports: Some((40_000, port)),
        icmp: None,
    };
    // Of a port that is not near the group that changes, and of one that is: between groups, by
    // a rule that goes and by one that stays.
    let kept = connection(1, "10.0.0.211", "10.0.0.202", 22);
    let cut = connection(2, "10.0.0.212", "10.0.0.201", 22);
    let stays = connection(3, "10.0.0.212", "10.0.0.201", 80);
    lab.kernel.connections = vec![kept.clone(), cut, stays.clone()];
    let rule = |ports: u16, from: &str| {
        format!(
            r#"{{"direction": "in", "protocol": "tcp", "ports": {ports}, "from": {{"group": "{from}"}}}}"#
        )
    };
    let rules = [rule(22, "red-0"), rule(80, "red-1")].join(", ");
    let text = format!(r#"{{"vpc": "red", "rule": [{rules}]}}"#);
    let change = |text| Change::One { section: "group", id: "red-0", text, expected: Some(1) };
    lab.narrow(&change(Some(&text)));
    assert_eq!((lab.narrow, lab.near), (1, 1));
    assert_eq!(lab.kernel.connections, [kept, stays]);
}

#[test]
fn what_is_common_goes_by_way_of_its_vpc_and_what_all_share_does_not() {
    let rule = |rule: &str| Some(format!(r#"{{"vpc": "red", "rule": [{rule}]}}"#));
    let port = |device: &str, more: &str| {
        Some(format!(
            r#"{{"network": "red-n", "device": "{device}", "kind": "veth", "peer": "e1", "mac": "02:00:00:00:00:01", "ips": ["10.0.0.11"], "groups": ["red-0"]{more}}}"#
        ))
    };
    let remote = r#"{"network": "red-n", "vtep": "10.99.0.9", "mac": "02:00:00:00:00:02", "ips": ["10.0.0.12"], "groups": ["red-1"]}"#;
    let cases = [
        (
            "a rule towards a group",
            "group",
            "red-0",
            rule(
                r#"{"direction": "in", "protocol": "tcp", "ports": 80, "from": {"group": "red-1"}}"#,
            ),
            1,
        ),
        (
            "a rule towards a range",
            "group",
            "red-0",
            rule(
                r#"{"direction": "in", "protocol": "tcp", "ports": 80, "from": {"cidr": "192.0.2.0/24"}}"#,
            ),
            1,
        ),
        (
            "a rule towards ranges, which VPCs share",
            "group",
            "red-0",
            rule(
                r#"{"direction": "in", "protocol": "tcp", "ports": 80, "from": {"addresses": "office"}}"#,
            ),
            0,
        ),
        ("a port", "port", "x1", port("d1", ""), 1),
        ("a port with a device of another VPC", "port", "x1", port("bq", ""), 0),
        (
            "a port with the first range of all",
            "port",
            "x1",
            port("d1", r#", "allowed": [{"cidr": "10.0.0.64/28"}]"#),
            0,
        ),
        ("a member", "remote", "y1", Some(remote.to_owned()), 1),
        ("a port that goes", "port", "red-p", None, 1),
        ("a tap that goes", "port", "red-t", None, 1),
        ("the last port of a network", "port", "blue-p", None, 0),
        (
            "a group of another VPC",
            "group",
            "red-0",
            Some(r#"{"vpc": "blue", "rule": []}"#.to_owned()),
            0,
        ),
        ("a network", "network", "red-m", None, 0),
    ];
    for (what, section, id, text, narrow) in cases {
        let mut lab = Lab::new();
        lab.narrow(&Change::One { section, id, text: text.as_deref(), expected: Some(1) });
        assert_eq!(lab.narrow, narrow, "{what}");
        // Applied at once; read back with the whole, later.
        if narrow == 1 {
            assert_eq!(
                (lab.daemon.reached(), lab.daemon.calm()),
                ((2, 1), crate::daemon::QUIET),
                "{what}"
            );
            let task = lab.daemon.task().unwrap();
            let node = work::look(&mut lab.kernel, &task).unwrap();
            assert!(node.plan.is_empty(), "{what}: {:#?}", node.plan);
            let (report, _kept) =
                work::finish(&mut lab.kernel, &task, node, &mut NoLog, &mut || ());
            lab.daemon.learn(&report, Moment::default());
            assert_eq!(lab.daemon.reached(), (2, 2), "{what}");
        }
    }
}
