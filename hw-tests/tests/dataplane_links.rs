//! Devices, forwarding entries and neighbours on the real kernel, read back by iproute2.

#![expect(clippy::print_stdout, reason = "what was measured is printed beside the result")]

#[path = "dataplane_links/lab.rs"]
mod lab;
#[path = "dataplane_links/pace.rs"]
mod pace;

use std::fmt::Write as _;
use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use dataplane::address::{Device, Mac};
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::kernel::{Interest, Kernel, StepError, probe};
use dataplane::nft::{Batch, Change, Family};
use dataplane::plan::{LinkChange, Step};
use dataplane::wanted::{BridgePort, ForwardingKey, ForwardingOf, Link, LinkKind, NeighbourKey};
use hw_tests::peer::{kernel_required, peers_required};
use hw_tests::{Need, trial};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use lab::Lab;

const NEEDS: &[Need] = &[Need::Root, Need::Program("ip"), Need::Program("bridge")];

fn main() -> ExitCode {
    let trials = vec![
        trial("a_network_reads_back_as_it_was_made", NEEDS, a_network),
        trial("what_is_taken_away_is_gone", NEEDS, taken_away),
        trial("one_device_is_gone_when_that_is_told", NEEDS, gone_when_told),
        trial("a_name_that_is_taken_is_neither_marked_nor_touched", NEEDS, a_taken_name),
        trial("a_failure_is_told_at_its_step", NEEDS, a_failure),
        trial("a_device_without_ipv6_is_marked_too", NEEDS, without_ipv6),
        trial("a_vni_that_is_held_elsewhere_is_waited_for", NEEDS, a_held_vni),
        trial("a_vni_of_a_dying_namespace_is_had_in_the_end", NEEDS, a_dying_namespace),
        trial("the_callers_thread_stays_where_it_is", NEEDS, the_thread),
        trial("rules_and_devices_are_done_in_their_order", NEEDS, rules_between),
        trial("what_stands_is_seen_while_other_things_change", NEEDS, while_others_change),
        tried_out(),
        trial("as_fast_as_batches_of_iproute2", NEEDS, pace::compare).with_ignored_flag(true),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

const GUEST: Mac = Mac([2, 0, 0, 0, 0, 0x11]);
const REMOTE: Mac = Mac([2, 0, 0, 0, 0, 0x21]);
pub(crate) const SILENT: BridgePort = BridgePort {
    learning: false,
    flood: false,
    multicast_flood: false,
    broadcast_flood: false,
    neighbour_suppression: true,
};

fn device(name: &str) -> Device {
    name.parse().expect("the names here are names of devices")
}

fn ip(text: &str) -> IpAddr {
    text.parse().expect("the addresses here are addresses")
}

fn add(name: &str, kind: LinkKind) -> Step {
    let link = Link { kind, mtu: 1450, master: None, bridge_port: None, up: false };
    Step::AddLink { name: device(name), link: Box::new(link) }
}

fn bridge(name: &str) -> Step {
    add(name, LinkKind::Bridge { network: "red-a".to_owned(), arp: false })
}

fn vxlan(name: &str, vni: u32, local: &str) -> Step {
    let (network, local) = ("red-a".to_owned(), ip(local));
    add(name, LinkKind::Vxlan { network, vni, local, port: 4789, proxy: true })
}

fn veth(name: &str, peer: &str) -> Step {
    let kind = LinkKind::Veth { port: "a1".to_owned(), peer: device(peer), peer_mac: GUEST };
    add(name, kind)
}

fn change(name: &str, change: LinkChange) -> Step {
    Step::ChangeLink { name: device(name), change }
}

fn entry(name: &str, mac: Mac, of: ForwardingOf) -> ForwardingKey {
    ForwardingKey { device: device(name), mac, of }
}

fn neighbour(address: &str) -> NeighbourKey {
    NeighbourKey { device: device("asv1"), address: ip(address) }
}

/// All kinds of steps, in the order of a plan.
fn network() -> Vec<Step> {
    let master = |name| change(name, LinkChange::Master(Some(device("asb1"))));
    let up = |name| change(name, LinkChange::Up(true));
    let own = entry("asv1", REMOTE, ForwardingOf::Device);
    vec![
        bridge("asb1"),
        vxlan("asv1", 100, "192.0.2.1"),
        vxlan("asv6", 101, "2001:db8::1"),
        veth("p1", "q1"),
        change("asb1", LinkChange::BridgeSettings { arp: false }),
        change("p1", LinkChange::Mtu(1400)),
        master("asv1"),
        change("asv1", LinkChange::Port(SILENT)),
        master("p1"),
        change("p1", LinkChange::Port(BridgePort { learning: false, ..SILENT })),
        up("asb1"),
        up("asv1"),
        up("p1"),
        Step::SetForwarding { key: own, to: Some(ip("192.0.2.2")) },
        Step::SetForwarding { key: entry("asv1", REMOTE, ForwardingOf::Bridge), to: None },
        Step::SetForwarding { key: entry("p1", GUEST, ForwardingOf::Bridge), to: None },
        Step::SetNeighbour { key: neighbour("10.0.0.21"), mac: REMOTE },
        Step::SetNeighbour { key: neighbour("fd00::21"), mac: REMOTE },
    ]
}

/// Does steps that have all to be done.
fn done(lab: &Lab, steps: &[Step]) -> Result<(), Failed> {
    let outcomes = lab.route()?.perform(steps);
    let failed = outcomes.iter().zip(steps).find_map(|(outcome, step)| {
        outcome.as_ref().err().map(|error| format!("{step:?}: {error}"))
    });
    match failed {
        Some(failed) => Err(failed.into()),
        None if outcomes.len() == steps.len() => Ok(()),
        None => Err(format!("{} of {} steps", outcomes.len(), steps.len()).into()),
    }
}

/// One device is taken away by a thread of its own, which is told before the kernel has ended.
fn gone_when_told() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut route = lab.route()?;
    let gone = Step::DeleteLink { name: device("p1") };
    for _ in 0..5 {
        for step in [veth("p1", "q1"), gone.clone()] {
            assert_eq!(route.perform(std::slice::from_ref(&step)), [Ok(())], "{step:?}");
        }
        assert!(lab.link("p1").is_err() && lab.link("q1").is_err());
    }
    // What is not there is refused, as by any other way.
    let refused = route.perform(&[gone]);
    assert!(matches!(refused.as_slice(), [Err(error)] if error.errno == 19), "{refused:?}");
    Ok(())
}

fn a_network() -> Result<(), Failed> {
    let lab = Lab::new()?;
    done(&lab, &network())?;
    let bridge = lab.link("asb1")?;
    assert_eq!(bridge["ifalias"], "assay:network:red-a");
    assert_eq!(bridge["mtu"], 1450, "what it was told, and not its smallest port's");
    assert_eq!(bridge["inet6_addr_gen_mode"], "none");
    let flags = bridge["flags"].as_array().cloned().unwrap_or_default();
    assert!(flags.contains(&"NOARP".into()) && flags.contains(&"UP".into()), "{flags:?}");
    let data = &bridge["linkinfo"]["info_data"];
    for (key, value) in
        [("stp_state", 0), ("mcast_snooping", 0), ("nf_call_iptables", 1), ("nf_call_ip6tables", 1)]
    {
        assert_eq!(data[key], value, "{key}");
    }

    for (name, id, key, local) in
        [("asv1", 100, "local", "192.0.2.1"), ("asv6", 101, "local6", "2001:db8::1")]
    {
        let vxlan = lab.link(name)?;
        assert_eq!(vxlan["ifalias"], "assay:network:red-a");
        assert_eq!((&vxlan["mtu"], &vxlan["inet6_addr_gen_mode"]), (&1450.into(), &"none".into()));
        let data = &vxlan["linkinfo"]["info_data"];
        assert_eq!(data[key], local);
        assert_eq!((&data["id"], &data["port"]), (&id.into(), &4789.into()));
        assert_eq!((&data["learning"], &data["proxy"]), (&false.into(), &true.into()));
    }
    let vxlan = lab.link("asv1")?;
    assert_eq!(vxlan["master"], "asb1");
    let port = &vxlan["linkinfo"]["info_slave_data"];
    for key in ["learning", "flood", "mcast_flood", "bcast_flood"] {
        assert_eq!(port[key], false, "{key}");
    }
    assert_eq!(port["neigh_suppress"], true);

    let port = lab.link("p1")?;
    assert_eq!((&port["ifalias"], &port["master"]), (&"assay:port:a1".into(), &"asb1".into()));
    assert_eq!((&port["num_tx_queues"], &port["num_rx_queues"]), (&1.into(), &1.into()));
    assert_eq!((&port["mtu"], &port["inet6_addr_gen_mode"]), (&1400.into(), &"none".into()));
    let guest = lab.link("q1")?;
    assert_eq!((&guest["address"], &guest["mtu"]), (&"02:00:00:00:00:11".into(), &1450.into()));
    assert_eq!((&guest["num_tx_queues"], &guest["link"]), (&1.into(), &"p1".into()));

    entries(&lab)?;
    let mut route = lab.route()?;
    let interest = Interest::default();
    let seen = route.look(&interest)?;
    assert_eq!(seen.links.len(), 6, "with lo");
    assert_eq!(seen.links[&device("asv1")].bridge_port, Some(SILENT));
    assert_eq!(seen.links[&device("p1")].peer, Some(device("q1")));
    assert_eq!((seen.forwarding.len(), seen.neighbours.len()), (3, 2));
    assert_eq!(seen, lab.route()?.look(&interest)?, "two looks see the same");
    Ok(())
}

/// Entries as `bridge fdb` and `ip neigh` have them, but for the kernel's own.
fn entries(lab: &Lab) -> Result<(), Failed> {
    let all = lab.json("bridge", "fdb show")?;
    let of = |mac: &str, device: &str| {
        let own = all.iter().filter(|entry| entry["mac"] == mac && entry["ifname"] == device);
        own.cloned().collect::<Vec<_>>()
    };
    let remote = of("02:00:00:00:00:21", "asv1");
    assert_eq!(remote.len(), 2, "{remote:?}");
    let own = remote.iter().find(|entry| entry["flags"] == serde_json::json!(["self"]));
    let own = own.ok_or("no entry of the device itself")?;
    assert_eq!((&own["dst"], &own["state"]), (&"192.0.2.2".into(), &"permanent".into()));
    let bridges = remote.iter().find(|entry| entry["master"] == "asb1");
    assert_eq!(bridges.ok_or("no entry of the bridge")?["state"], "static");
    let guest = of("02:00:00:00:00:11", "p1");
    assert_eq!((guest.len(), &guest[0]["state"]), (1, &"static".into()));
    let neighbours = lab.json("ip", "neigh show dev asv1 nud permanent")?;
    let mut told: Vec<_> = neighbours
        .iter()
        .map(|it| format!("{} {}", it["dst"].as_str().unwrap_or(""), it["lladdr"]))
        .collect();
    told.sort();
    let wanted = ["10.0.0.21 \"02:00:00:00:00:21\"", "fd00::21 \"02:00:00:00:00:21\""];
    assert_eq!(told, wanted);
    Ok(())
}

fn taken_away() -> Result<(), Failed> {
    let lab = Lab::new()?;
    done(&lab, &network())?;
    let own = entry("asv1", REMOTE, ForwardingOf::Device);
    // A replaced entry goes elsewhere; nothing is added.
    let moved = Step::SetForwarding { key: own.clone(), to: Some(ip("192.0.2.3")) };
    done(&lab, &[moved])?;
    let seen = lab.route()?.look(&Interest::default())?;
    assert_eq!(seen.forwarding[&own], Some(ip("192.0.2.3")));
    let away = [
        Step::DeleteNeighbour { key: neighbour("10.0.0.21") },
        Step::DeleteNeighbour { key: neighbour("fd00::21") },
        Step::DeleteForwarding { key: own, to: Some(ip("192.0.2.3")) },
        Step::DeleteForwarding { key: entry("asv1", REMOTE, ForwardingOf::Bridge), to: None },
        Step::DeleteForwarding { key: entry("p1", GUEST, ForwardingOf::Bridge), to: None },
    ];
    done(&lab, &away)?;
    let seen = lab.route()?.look(&Interest::default())?;
    assert_eq!((seen.forwarding.len(), seen.neighbours.len()), (0, 0));
    assert!(lab.json("ip", "neigh show dev asv1 nud permanent")?.is_empty());
    let mut steps = vec![
        change("p1", LinkChange::Up(false)),
        change("p1", LinkChange::Master(None)),
        change("p1", LinkChange::Alias(None)),
    ];
    done(&lab, &steps)?;
    let port = lab.link("p1")?;
    assert!(port.get("master").is_none() && port.get("ifalias").is_none(), "{port}");
    steps.clear();
    for name in ["p1", "asv1", "asv6", "asb1"] {
        steps.push(Step::DeleteLink { name: device(name) });
    }
    // In one go with one of the same name that follows.
    steps.push(veth("p1", "q1"));
    steps.push(bridge("asb1"));
    steps.push(change("p1", LinkChange::Master(Some(device("asb1")))));
    done(&lab, &steps)?;
    let links = lab.json("ip", "link show")?;
    let mut names: Vec<_> = links.iter().filter_map(|link| link["ifname"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["asb1", "lo", "p1", "q1"]);
    assert_eq!(lab.link("p1")?["master"], "asb1");
    Ok(())
}

fn a_taken_name() -> Result<(), Failed> {
    let lab = Lab::new()?;
    lab.ip("link add asb1 type bridge")?;
    lab.ip("link add p1 type veth peer name other")?;
    let before = (lab.link("asb1")?, lab.link("p1")?);
    for step in [bridge("asb1"), veth("p1", "q1"), veth("p2", "other")] {
        let outcomes = lab.route()?.perform(&[step]);
        let errors: Vec<_> = outcomes.iter().map(|it| it.as_ref().map_err(|it| it.errno)).collect();
        assert_eq!(errors, [Err(libc_eexist())]);
    }
    assert_eq!((lab.link("asb1")?, lab.link("p1")?), before);
    assert_eq!(lab.json("ip", "link show")?.len(), 4, "nothing was made");
    Ok(())
}

/// `EEXIST`.
fn libc_eexist() -> i32 {
    rustix::io::Errno::EXIST.raw_os_error()
}

fn a_failure() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut steps = vec![bridge("asb1"), change("nobody", LinkChange::Up(true)), bridge("asb2")];
    let on_their_way = lab.route()?.perform(&steps);
    let nodev = rustix::io::Errno::NODEV.raw_os_error();
    assert_eq!(on_their_way.len(), 3);
    assert_eq!(on_their_way[1].as_ref().map_err(|error| error.errno), Err(nodev));
    assert!(on_their_way[2].is_ok() && lab.link("asb2").is_ok());
    // A step that needs a number is not even sent.
    steps = vec![
        bridge("asb3"),
        change("asb1", LinkChange::Master(Some(device("nobody")))),
        bridge("asb4"),
    ];
    let stopped = lab.route()?.perform(&steps);
    let said = Some("there is no device `nobody`".to_owned());
    assert_eq!(stopped, [Ok(()), Err(StepError { errno: nodev, said })]);
    assert!(lab.link("asb4").is_err());
    Ok(())
}

fn without_ipv6() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let Step::AddLink { name, mut link } = bridge("asb1") else { unreachable!() };
    link.mtu = 1000;
    done(&lab, &[Step::AddLink { name, link }])?;
    let bridge = lab.link("asb1")?;
    assert_eq!((&bridge["mtu"], &bridge["ifalias"]), (&1000.into(), &"assay:network:red-a".into()));
    let seen = lab.route()?.look(&Interest::default())?;
    assert!(!seen.links[&device("asb1")].generates_addresses);
    Ok(())
}

fn a_held_vni() -> Result<(), Failed> {
    let (lab, other) = (Lab::new()?, Lab::new()?);
    let step = [vxlan("asv1", 100, "192.0.2.1")];
    lab.ip("link add held type vxlan id 100 local 192.0.2.1 dstport 4789")?;
    let mut route = lab.route()?;
    let said = |outcomes: Vec<Result<(), StepError>>| match &outcomes[..] {
        [Err(error)] => error.to_string(),
        other => format!("{other:?}"),
    };
    let taken = said(route.perform(&step));
    assert!(taken.contains("VNI 100 is taken by device `held`"), "{taken}");
    lab.ip(&format!("link set held netns {}", other.space.name()))?;
    route.patience = Duration::from_millis(40);
    let waited = said(route.perform(&step));
    assert!(waited.contains("held by a device that was moved to another"), "{waited}");
    other.ip("link del held")?;
    done(&lab, &step)
}

fn a_dying_namespace() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let other = Lab::new()?;
    for id in 100..130 {
        lab.ip(&format!("link add h{id} type vxlan id {id} local 192.0.2.1 dstport 4789"))?;
        lab.ip(&format!("link set h{id} netns {}", other.space.name()))?;
    }
    drop(other);
    let mut steps = Vec::new();
    for id in 100..130 {
        let name = format!("asv{id}");
        steps.push(vxlan(&name, id, "192.0.2.1"));
        steps.push(change(&name, LinkChange::Up(true)));
    }
    done(&lab, &steps)?;
    for id in 100..130 {
        let link = lab.link(&format!("asv{id}"))?;
        assert!(link["flags"].as_array().is_some_and(|flags| flags.contains(&"UP".into())));
    }
    Ok(())
}

/// A batch is a step of its own, and what follows one that failed is not done.
fn rules_between() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let mut real = inside(Namespace::Path(&lab.path()), Real::open)?;
    let family = Family::Inet;
    let rules = |changes| Step::Rules(Batch { changes });
    let steps = [
        bridge("asb1"),
        rules(vec![Change::AddTable(family)]),
        bridge("asb2"),
        change("asb2", LinkChange::Up(true)),
        rules(vec![Change::DeleteSet { family, name: "as_none".to_owned() }]),
        bridge("asb3"),
    ];
    let outcomes = real.perform(&steps);
    let worked: Vec<_> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(worked, [true, true, true, true, false], "{outcomes:?}");
    assert!(lab.link("asb2").is_ok() && lab.link("asb3").is_err());
    let seen = real.look(&Interest::default())?;
    assert!(seen.ruleset.inet.is_some() && seen.ruleset.netdev.is_none());
    assert_eq!(seen.links.len(), 3);
    Ok(())
}

/// Tries the kernel out; what it lacks is a reason to ignore this, unless it must have all.
fn tried_out() -> Trial {
    Trial::ignorable_test("the_kernel_is_tried_out_and_nothing_stays", || {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if let Some(reason) = NEEDS.iter().find_map(|need| need.missing(&path)) {
            return if peers_required() {
                Err(reason.into())
            } else {
                Ok(Completion::ignored_with(reason))
            };
        }
        let own = || std::fs::read_dir("/sys/class/net").map(Iterator::count);
        let before = own()?;
        let features = probe::features()?;
        assert_eq!(own()?, before);
        assert_eq!(features.0.len(), probe::Need::ALL.len());
        let mut missing = String::new();
        for (need, why) in features.missing() {
            println!("{need:?}: {} / {}", why.reason.zh, why.hint.zh);
            writeln!(missing, "{need:?}: {}; {}", why.reason.en, why.hint.en)?;
        }
        match missing {
            missing if missing.is_empty() => Ok(Completion::Completed),
            missing if kernel_required() => Err(missing.into()),
            missing => Ok(Completion::ignored_with(missing)),
        }
    })
}

fn while_others_change() -> Result<(), Failed> {
    let lab = Lab::new()?;
    let standing = 300;
    let pairs: Vec<_> =
        (0..standing).map(|id| veth(&format!("p{id}"), &format!("q{id}"))).collect();
    done(&lab, &pairs)?;
    let (mut ours, mut theirs) = (lab.route()?, lab.route()?);
    let over = AtomicBool::new(false);
    let (looked, changes) = thread::scope(|scope| {
        let change = scope.spawn(|| {
            let flap = [bridge("asb1"), Step::DeleteLink { name: device("asb1") }];
            let mut changes = 0;
            while !over.load(Ordering::SeqCst) {
                changes += theirs.perform(&flap).iter().filter(|outcome| outcome.is_ok()).count();
            }
            changes
        });
        let looks = (0..20).map(|_| ours.look(&Interest::default()));
        let looked: Result<Vec<_>, _> = looks.collect();
        over.store(true, Ordering::SeqCst);
        (looked, change.join())
    });
    for seen in looked? {
        let ports = seen.links.keys().filter(|name| name.as_str().starts_with('p')).count();
        assert_eq!(ports, standing);
    }
    let changes = changes.map_err(|_panic| "the thread that makes changes panicked")?;
    println!("{changes} changes during 20 looks");
    assert!(changes > 20, "{changes}");
    Ok(())
}

fn the_thread() -> Result<(), Failed> {
    let own = || std::fs::read_link("/proc/thread-self/ns/net");
    let (lab, before) = (Lab::new()?, own()?);
    let mut route = lab.route()?;
    assert_eq!(route.perform(&[bridge("asb1")]), [Ok(())]);
    assert_eq!(own()?, before);
    lab.link("asb1")?;
    Ok(())
}
