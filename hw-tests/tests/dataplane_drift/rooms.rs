//! Damage inside of routers' namespaces, and what happens in others'.

use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

use dataplane::naming;
use dataplane::plan::{Step, text};
use hw_tests::network::dump::{Dump, dump};
use hw_tests::network::{Bed, Space, eventually};
use libtest_mimic::Failed;

use crate::node::{Lab, converge, same};
use crate::{PATIENCE, Watched};

/// Two VPCs with routers, joined; one of them has two networks, a way out and a route.
const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n", device = "u0", vtep = "10.99.0.1" }
vpc = [{ id = "red" }, { id = "green" }]
network = [
    { id = "red-a", vpc = "red", vni = 100 },
    { id = "red-b", vpc = "red", vni = 101 },
    { id = "green-a", vpc = "green", vni = 300 },
]
subnet = [
    { id = "a4", network = "red-a", cidr = "10.0.0.0/24", gateway = "10.0.0.1" },
    { id = "a6", network = "red-a", cidr = "fd00:0:0:a::/64", gateway = "fd00:0:0:a::1" },
    { id = "b4", network = "red-b", cidr = "10.0.1.0/24", gateway = "10.0.1.1" },
    { id = "g4", network = "green-a", cidr = "10.7.0.0/24", gateway = "10.7.0.1" },
]
port = [
    { id = "a1", network = "red-a", device = "p1", kind = "veth", peer = "q1", mac = "02:00:00:00:00:11", ips = ["10.0.0.11", "fd00:0:0:a::11"], groups = ["a"] },
    { id = "b1", network = "red-b", device = "p2", kind = "veth", peer = "q2", mac = "02:00:00:00:00:12", ips = ["10.0.1.11"], groups = ["a"] },
    { id = "g1", network = "green-a", device = "p3", kind = "veth", peer = "q3", mac = "02:00:00:00:00:13", ips = ["10.7.0.11"], groups = ["g"] },
]
group = [{ id = "a", vpc = "red" }, { id = "g", vpc = "green" }]
external = [
    { id = "internet", device = "x0", cidr = "203.0.113.0/24", gateway = "203.0.113.1" },
]
router = [
    { id = "r", vpc = "red", external = "internet", address = "203.0.113.10" },
    { id = "g", vpc = "green" },
]
peering = [{ id = "red-green", vpcs = ["red", "green"] }]
snat = [{ id = "out", vpc = "red", subnets = ["a4"] }]
"#;

/// Kinds of damage to the router of `red`: what is done there (`host:` begins what is done
/// outside of it), and in how many steps at most it is mended. `{g}` is its end in `red-a`, `{x}`
/// its uplink, `{p}` its end of the pair to `green`, `{r}` its namespace.
const ALL: &[(&str, usize)] = &[
    ("ip address flush dev {g}", 4),
    ("ip address del 10.0.0.1/24 dev {g}", 1),
    ("ip address del fd00:0:0:a::1/64 dev {g}", 1),
    ("ip address add 10.0.0.99/24 dev {g}", 1),
    ("ip address flush dev {x}", 3),
    ("ip route del default", 1),
    ("ip route flush proto 97", 4),
    ("ip route replace default dev {g}", 1),
    ("ip route add 192.0.2.0/24 dev {g} proto 97", 1),
    ("ip route del 10.0.0.0/24", 1),
    ("ip route del 203.0.113.0/24", 3),
    ("ip -6 route del fd00:0:0:a::/64 dev {g}", 1),
    ("ip link set {g} down", 3),
    ("ip link set {x} down", 3),
    ("ip link set {p} down", 6),
    ("ip link set {g} mtu 1000", 3),
    ("ip link set {x} address 02:00:00:00:00:77", 8),
    ("ip link del {g}", 12),
    ("ip link del {x}", 8),
    ("ip link del {p}", 16),
    ("nft flush ruleset", 2),
    ("nft delete table inet assay", 1),
    ("nft flush chain inet assay as_fwd", 1),
    ("nft add rule inet assay as_fwd accept", 1),
    ("sysctl -qw net.ipv4.ip_forward=0", 1),
    ("sysctl -qw net.ipv4.conf.{g}.forwarding=0", 1),
    ("sysctl -qw net.ipv4.conf.{g}.rp_filter=1", 1),
    ("sysctl -qw net.ipv6.conf.all.forwarding=0", 1),
    ("sysctl -qw net.ipv6.conf.{g}.disable_ipv6=1", 3),
    ("host: ip netns delete {r}", 1),
    ("host: umount -l /run/netns/{r}", 1),
];

/// A node with those routers, and the namespace of the one that is damaged.
fn routed() -> Result<(Watched, Space), Failed> {
    let lab = Lab::new()?;
    for line in [
        "link add x0 type veth peer name x1",
        "link set x0 addrgenmode none up",
        "link set x1 addrgenmode none up",
    ] {
        lab.ip(line)?;
    }
    let inode = std::fs::metadata(lab.path())?.ino();
    let room = Space::of_others(format!("as-{inode:x}-{}", naming::digits(["red"])));
    let watched = Watched::of(lab, STATE)?;
    assert!(room.path().exists(), "{:?}", watched.lab.ip("netns list"));
    Ok((watched, room))
}

/// Damage, event, look, plan, apply, equal; one after the other.
pub(crate) fn every() -> Result<(), Failed> {
    let (mut watched, room) = routed()?;
    let before = [watched.lab.dump()?, dump(&room)?];
    let (mut longest, mut failed) = (Duration::ZERO, Vec::new());
    for (damage, most) in ALL {
        match one(&mut watched, &room, damage, *most, &before) {
            Ok(took) => {
                println!("{damage}: mended {:.1} ms after it", took.as_secs_f64() * 1e3);
                longest = longest.max(took);
            }
            Err(error) => {
                failed.push(format!("{damage}: {}", error.message().unwrap_or_default()));
                // The next one is judged by itself.
                let desired = watched.desired.clone();
                converge(&mut watched.real, &desired)?;
                watched.settle()?;
            }
        }
    }
    println!("figure: drift.rooms.kinds = {}", ALL.len());
    println!("figure: drift.rooms.longest = {:.1} ms", longest.as_secs_f64() * 1e3);
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n").into()) }
}

fn one(
    watched: &mut Watched,
    room: &Space,
    damage: &str,
    most: usize,
    before: &[Dump; 2],
) -> Result<Duration, Failed> {
    let line = damage
        .replace("{g}", naming::gateway_end("red-a").as_str())
        .replace("{x}", naming::uplink("internet").as_str())
        .replace("{p}", naming::peer("red-green").as_str())
        .replace("{r}", room.name());
    match line.strip_prefix("host: ") {
        // ip(8) runs commands where mounts are a copy of ours.
        Some(line) => {
            let mut words = line.split_whitespace();
            let done = Command::new(words.next().unwrap_or_default()).args(words).status()?;
            assert!(done.success(), "{line}");
        }
        None => drop(room.line(&line)?),
    }
    let begun = Instant::now();
    let changed = watched.wait(PATIENCE)?.ok_or("nothing was heard of it")?;
    let node = watched.look()?;
    let steps = &node.plan.steps;
    let said: Vec<_> = steps.iter().map(|it| text::step(&it.step).en).collect();
    // Of what is in routers, and of a pair whose one end is.
    let own = |step: &Step| match step {
        Step::Room { .. } => true,
        Step::AddLink { name, .. } | Step::ChangeLink { name, .. } | Step::DeleteLink { name } => {
            *name == naming::gateway("red-a")
        }
        Step::SetForwarding { key, .. } => key.device == naming::gateway("red-a"),
        Step::Rules(_) => damage.starts_with("ip link del {g}"),
        _ => false,
    };
    if steps.is_empty() || steps.len() > most || !steps.iter().all(|it| own(&it.step)) {
        return Err(format!("{} steps: {said:#?}; {changed:?}", steps.len()).into());
    }
    let desired = watched.desired.clone();
    converge(&mut watched.real, &desired).map_err(|error| format!("{said:#?}: {error:?}"))?;
    let took = begun.elapsed();
    if took > Duration::from_secs(1) {
        return Err(format!("mended after {took:?}").into());
    }
    watched.settle()?;
    let mended = || -> Result<(), Failed> {
        same("the node after it was mended", &before[0], &watched.lab.dump()?)?;
        same("the router after it was mended", &before[1], &dump(room)?)
    };
    // The kernel's own multicast routes come when it has noticed that both ends of a pair are up,
    // which it does once a second at the most.
    let mut differs = mended();
    let waited = eventually("the kernel's own routes", || {
        if differs.is_err() {
            differs = mended();
        }
        differs.is_ok()
    });
    differs?;
    waited?;
    Ok(took)
}

/// Namespaces of others that have a number in ours, their devices, routes and rules.
pub(crate) fn others() -> Result<(), Failed> {
    let (mut watched, room) = routed()?;
    let mut bed = Bed::new()?;
    let theirs = bed.space("theirs")?;
    watched.lab.ip(&format!("link add theirs type veth peer name ours netns {}", theirs.name()))?;
    // It has a number in ours by its device.
    let numbers = watched.lab.ip("netns list-id")?;
    assert!(numbers.contains(theirs.name()), "{numbers}");
    watched.settle()?;
    for line in [
        "ip link set ours up mtu 1400",
        "ip address add 10.0.0.1/24 dev ours",
        "ip route add 192.0.2.0/24 dev ours proto 97",
        "sysctl -qw net.ipv4.ip_forward=1",
        "nft add table inet assay",
        "nft add chain inet assay as_fwd",
        "ip link del ours",
    ] {
        theirs.line(line)?;
    }
    for line in ["route add 198.51.100.0/24 dev u0", "route del 198.51.100.0/24"] {
        watched.lab.ip(line)?;
    }
    if let Some(changed) = watched.wait(Duration::from_millis(60))? {
        return Err(format!("what is others': {changed:?}").into());
    }
    // The same is told where it happens in a router.
    room.line("ip route add 192.0.2.0/24 dev lo")?;
    let changed = watched.wait(PATIENCE)?.ok_or("a route in a router")?;
    assert!(changed.rooms && changed.devices.is_empty(), "{changed:?}");
    Ok(())
}
