//! All networks in one namespace against a namespace for each: told, held against no bar.

#![expect(clippy::disallowed_methods, reason = "measures how long others wait")]

use std::cell::Cell;
use std::fmt::Write as _;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dataplane::address::Device;
use dataplane::kernel::Kernel;
use dataplane::kernel::namespace::{Namespace, inside};
use dataplane::kernel::real::Real;
use dataplane::plan::Step;
use dataplane::wanted::{Link, LinkKind};
use hw_tests::Need;
use hw_tests::network::layout::{Layout, Network, Place, Site, build};
use hw_tests::network::node::Node;
use hw_tests::network::wire::Wire;
use hw_tests::network::{Bed, Space, within};

use super::super::storage::{Noise, absent};
use super::super::{CaseError, Effort, Figure};
use super::cost::{failed, pairs};
use super::load::{TURN, Turn, count, in_turn};
use super::ratio;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("ip"),
    Need::Program("bridge"),
    Need::Program("nft"),
    Need::Program("conntrack"),
    Need::Program("sysctl"),
];

pub(in super::super) fn layout(effort: Effort) -> Result<Vec<Figure>, CaseError> {
    absent(NEEDS)?;
    let networks = if effort == Effort::Full { 500 } else { 40 };
    let noise = Noise::start();
    // Before the others: what they leave is freed for a while, and would be seen as memory.
    let one = life(networks, Place::Fabric)?;
    let each = life(networks, Place::Separate)?;
    let mut figures = costs(pairs(effort), &noise)?;
    for (what, of) in [
        ("kernel memory of a network, slab that stays and per processor", 0),
        ("taking all networks away", 1),
        ("longest wait of another's link operation meanwhile", 2),
    ] {
        let text = |life: &Life| match of {
            0 => format!("{:.0} kB", life.memory_kb / count(networks)),
            1 => format!("{:.2} s", life.teardown.as_secs_f64()),
            _ => format!("{:.0} ms", life.stall.as_secs_f64() * 1e3),
        };
        figures.push(Figure {
            what: format!("dataplane: {what}, one namespace against one for each"),
            bar: "–".to_owned(),
            measured: format!(
                "{} against {}, {networks} networks, once; {}",
                text(&one),
                text(&each),
                noise.text()
            ),
            met: None,
            broken: None,
        });
    }
    Ok(figures)
}

/// A packet and a connection in the two layouts as iproute2 and nft build them.
fn costs(pairs: usize, noise: &Noise) -> Result<Vec<Figure>, CaseError> {
    let mut beds = (Bed::new().map_err(failed)?, Bed::new().map_err(failed)?);
    let one = build(&mut beds.0, Layout::fabric(2)).map_err(failed)?;
    let separate = Layout { place: Place::Separate, ..Layout::fabric(2) };
    let each = build(&mut beds.1, separate).map_err(failed)?;
    let wires = (wire(&one)?, wire(&each)?);
    let mut figures = Vec::new();
    for (what, fresh) in [("packet of a connection", false), ("new connection", true)] {
        for (site, wire) in [(&one, &wires.0), (&each, &wires.1)] {
            establish(site, wire)?;
        }
        // So many turns of new connections are done in less time than conntrack keeps one.
        let turns = (Cell::new(0), Cell::new(0));
        let found = in_turn(
            pairs.min(101),
            &mut || turn(&one, &wires.0, fresh.then_some(&turns.0)),
            &mut || turn(&each, &wires.1, fresh.then_some(&turns.1)),
        )?;
        let what = format!("dataplane: CPU per {what}, one namespace over one for each network");
        figures.push(ratio(&what, None, &found, &noise.text())?);
    }
    Ok(figures)
}

fn wire(site: &Site) -> Result<Wire, CaseError> {
    Wire::open(&first(site)?.a1.space, "eth0").map_err(failed)
}

fn first(site: &Site) -> Result<&Network, CaseError> {
    site.networks.first().ok_or_else(|| failed("no network"))
}

/// Sends a turn's datagrams, of one connection or each of its own.
fn turn(site: &Site, wire: &Wire, fresh: Option<&Cell<u16>>) -> Result<f64, CaseError> {
    let network = first(site)?;
    let there = network.a1.to(&network.b1, false);
    let begin = fresh.map(|turn| 10_000 + turn.replace(turn.get() + 1) * TURN);
    let source = |at: u16| begin.map_or(4000, |begin| begin + at);
    let frames = (0..TURN).map(|at| there.udp((source(at), network.port), &[0; 64])).collect();
    Turn::Frames(wire, frames).cost().map_err(failed)
}

/// Has both hosts know a connection as established.
fn establish(site: &Site, from: &Wire) -> Result<(), CaseError> {
    let network = first(site)?;
    let to = Wire::open(&network.b1.space, "eth0").map_err(failed)?;
    let there = network.a1.to(&network.b1, false);
    let (ports, answer) = ((4000, network.port), (network.port, 4000));
    for (from, to, frame) in [
        (from, &to, there.udp(ports, b"there")),
        (&to, from, there.back().udp(answer, b"back")),
        (from, &to, there.udp(ports, b"there")),
    ] {
        within(Duration::from_secs(20), "a datagram on the road", || {
            let sent = from.send(&frame).is_ok();
            sent && matches!(to.hear(Duration::from_millis(20), |_| true), Ok(Some(_)))
        })
        .map_err(failed)?;
    }
    Ok(())
}

/// Many networks, made and taken away.
struct Life {
    memory_kb: f64,
    teardown: Duration,
    stall: Duration,
}

fn life(networks: usize, place: Place) -> Result<Life, CaseError> {
    let mut bed = Bed::new().map_err(failed)?;
    let host = bed.space("host").map_err(failed)?;
    let other = bed.space("other").map_err(failed)?;
    host.line("ip link add u0 mtu 1600 type veth peer name u1 mtu 1600").map_err(failed)?;
    host.line("ip address add 10.99.0.1/24 dev u0").map_err(failed)?;
    host.line("ip link set u0 up").map_err(failed)?;
    let before = memory_kb();
    match place {
        Place::Fabric => {
            let mut node = Node::open(&host).map_err(failed)?;
            node.apply(&state(networks)).map_err(failed)?;
            let memory_kb = memory_kb() - before;
            let (teardown, stall) = watched(&other, || node.destroy().map_err(failed))?;
            Ok(Life { memory_kb, teardown, stall })
        }
        Place::Separate => {
            let mut spaces = Vec::new();
            for network in 0..networks {
                spaces.push(separate(&mut bed, &host, network)?);
            }
            let memory_kb = memory_kb() - before;
            let (teardown, stall) = watched(&other, || {
                for space in &spaces {
                    host.run(&["ip", "netns", "delete", space.name()]).map_err(failed)?;
                }
                // Gone is a namespace when its VNI is free.
                within(Duration::from_mins(2), "the last VNI", || {
                    let id = 1000 + networks - 1;
                    let free = format!(
                        "ip link add probe type vxlan id {id} local 10.99.0.1 dstport 4789"
                    );
                    host.line(&free).is_ok()
                })
                .map_err(failed)
                .map(drop)
            })?;
            Ok(Life { memory_kb, teardown, stall })
        }
    }
}

/// One network in a namespace of its own, with rules as small as the layout's.
fn separate(bed: &mut Bed, host: &Space, network: usize) -> Result<Space, CaseError> {
    let space = bed.space(&format!("n{network}")).map_err(failed)?;
    let (id, name) = (1000 + network, space.name().to_owned());
    host.line(&format!(
        "ip link add vx0 mtu 1450 netns {name} type vxlan id {id} local 10.99.0.1 dstport 4789 \
         nolearning proxy"
    ))
    .map_err(failed)?;
    let batch = "link add br0 type bridge stp_state 0 mcast_snooping 0 nf_call_iptables 1\n\
                 link set br0 up\nlink set vx0 master br0 up\n";
    space.feed(&["ip", "-batch", "-"], batch).map_err(failed)?;
    let rules = "table inet assay {\n chain as_fwd {\n  type filter hook forward priority 0; \
                 policy drop;\n  ct state established accept\n }\n}\n";
    space.feed(&["nft", "-f", "-"], rules).map_err(failed)?;
    Ok(space)
}

/// Returns how long `work` takes, and how long a link operation elsewhere waited at most.
fn watched(
    other: &Space,
    work: impl FnOnce() -> Result<(), CaseError>,
) -> Result<(Duration, Duration), CaseError> {
    let done = AtomicBool::new(false);
    let mut kernel = inside(Namespace::Path(&other.path()), Real::open)?;
    thread::scope(|scope| {
        let done = &done;
        let watch = scope.spawn(move || {
            let mut longest = Duration::ZERO;
            while !done.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let results = kernel.perform(&operation());
                longest = longest.max(begun.elapsed());
                if let Some(Err(error)) = results.into_iter().find(Result::is_err) {
                    return Err(failed(error));
                }
            }
            Ok(longest)
        });
        let begun = Instant::now();
        let worked = work();
        let taken = begun.elapsed();
        done.store(true, Ordering::Relaxed);
        let stall = watch.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        worked?;
        Ok((taken, stall?))
    })
}

/// A bridge that is made and taken away.
fn operation() -> [Step; 2] {
    let name: Device = "asb0123456789".parse().expect("letters and digits name a device");
    let kind = LinkKind::Bridge { network: "other".to_owned(), arp: false };
    let link = Link { kind, mtu: 1500, master: None, bridge_port: None, up: false };
    [Step::AddLink { name: name.clone(), link: Box::new(link) }, Step::DeleteLink { name }]
}

/// Memory of the kernel that goes with objects, in kB: of the whole machine, so that with few
/// networks it is what others did meanwhile.
fn memory_kb() -> f64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let of = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name))?;
        line.split_whitespace().next()?.parse::<f64>().ok()
    };
    ["SUnreclaim:", "Percpu:"].into_iter().filter_map(of).sum()
}

fn state(networks: usize) -> String {
    let mut text = "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = { name = \"a\", device = \"u0\", vtep = \"10.99.0.1\" }\n\
         vpc = [{ id = \"red\" }]\n"
        .to_owned();
    for network in 0..networks {
        let (high, low) = (1 + network / 256, network % 256);
        writeln!(
            text,
            "[[network]]\nid = \"n{network}\"\nvpc = \"red\"\nvni = {}\n\
             [[subnet]]\nid = \"s{network}\"\nnetwork = \"n{network}\"\n\
             cidr = \"10.{high}.{low}.0/24\"\n\
             [[remote]]\nid = \"r{network}\"\nnetwork = \"n{network}\"\nvtep = \"10.99.0.2\"\n\
             mac = \"02:00:00:01:{high:02x}:{low:02x}\"\nips = [\"10.{high}.{low}.9\"]\n\
             groups = []",
            1000 + network
        )
        .expect("a string takes what is written");
    }
    text
}
