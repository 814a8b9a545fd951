//! A full node's devices and entries against one `ip -batch` and one `bridge -batch` of the same.

use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;
use std::time::{Duration, Instant};

use dataplane::address::Mac;
use dataplane::kernel::Interest;
use dataplane::plan::{LinkChange, Step};
use dataplane::wanted::{BridgePort, ForwardingKey, ForwardingOf, LinkKind, NeighbourKey};
use libtest_mimic::Failed;

use crate::lab::Lab;
use crate::{SILENT, add, change, device};

const NETWORKS: u32 = 500;
const PORTS: u32 = 2048;
const REMOTES: u32 = 10_000;
const PAIRS: usize = 3;

const OPEN: BridgePort = BridgePort {
    multicast_flood: true,
    broadcast_flood: true,
    neighbour_suppression: false,
    ..SILENT
};

/// Each in a namespace of its own, in turns, and the last teardown over before the next begins.
pub(crate) fn compare() -> Result<(), Failed> {
    let mut ratios = Vec::new();
    for pair in 0..PAIRS {
        let mut took = [Duration::ZERO; 2];
        for turn in [pair % 2, 1 - pair % 2] {
            let lab = Lab::new()?;
            let folder = tempfile::tempdir()?;
            let steps = steps();
            let (links, entries) = batches();
            let (first, second) = (folder.path().join("ip"), folder.path().join("bridge"));
            fs::write(&first, links)?;
            fs::write(&second, entries)?;
            let begin = now();
            if turn == 0 {
                crate::done(&lab, &steps)?;
            } else {
                let batch = |program: &str, file: &std::path::Path| {
                    // Not through `ip netns exec`, whose start would be theirs to pay.
                    let mut command = Command::new(program);
                    command.args(["-n", lab.space.name(), "-batch"]).arg(file);
                    let ended = command.status()?;
                    if ended.success() {
                        Ok(())
                    } else {
                        Err(Failed::from(format!("{program}: {ended}")))
                    }
                };
                batch("ip", &first)?;
                batch("bridge", &second)?;
            }
            took[turn] = begin.elapsed();
            let begin = now();
            let seen = lab.route()?.look(&Interest::default())?;
            println!("look: {:.3} s", begin.elapsed().as_secs_f64());
            let ports = usize::try_from(PORTS)?;
            let networks = usize::try_from(NETWORKS)?;
            assert_eq!(seen.links.len(), 1 + 2 * networks + 2 * ports);
            let remotes = usize::try_from(REMOTES)?;
            assert_eq!(seen.forwarding.len(), 2 * remotes + ports);
            assert_eq!(seen.neighbours.len(), remotes);
            drop(lab);
            settle()?;
        }
        let [ours, theirs] = took.map(|it| it.as_secs_f64());
        println!("ours {ours:.3} s, batches {theirs:.3} s, ratio {:.3}", ours / theirs);
        ratios.push(ours / theirs);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3} of {PAIRS} pairs", ratios[PAIRS / 2]);
    Ok(())
}

/// Waits until namespaces that were taken away are gone: their end is in the way of all changes.
fn settle() -> Result<(), Failed> {
    let end = now() + Duration::from_mins(1);
    let mut quiet = 0;
    while quiet < 20 {
        quiet = if at_rest()? { quiet + 1 } else { 0 };
        if now() > end {
            return Err("namespaces are still being taken down".into());
        }
    }
    Ok(())
}

/// Whether the kernel's worker that takes namespaces down is at rest: `+` marks what is worked on.
fn at_rest() -> Result<bool, Failed> {
    for entry in fs::read_dir("/proc")? {
        let path = entry?.path().join("comm");
        if fs::read_to_string(path).is_ok_and(|name| name.contains("+netns")) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[expect(clippy::disallowed_methods, reason = "this module measures")]
fn now() -> Instant {
    Instant::now()
}

fn mac(kind: u8, number: u32) -> Mac {
    let [_, a, b, c] = number.to_be_bytes();
    Mac([2, kind, 0, a, b, c])
}

fn address(number: u32) -> Ipv4Addr {
    Ipv4Addr::from(0x0a00_0000 | number)
}

fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    let local = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    for id in 0..NETWORKS {
        let network = || format!("n{id}");
        steps.push(add(&format!("asb{id}"), LinkKind::Bridge { network: network(), arp: false }));
        let vni = id + 100;
        let kind = LinkKind::Vxlan { network: network(), vni, local, port: 4789, proxy: true };
        steps.push(add(&format!("asv{id}"), kind));
    }
    for id in 0..PORTS {
        let peer = device(&format!("q{id}"));
        let kind = LinkKind::Veth { port: id.to_string(), peer, peer_mac: mac(0, id) };
        steps.push(add(&format!("p{id}"), kind));
    }
    let mut enslave = |name: String, network: u32, port| {
        let master = device(&format!("asb{network}"));
        steps.push(change(&name, LinkChange::Master(Some(master))));
        steps.push(change(&name, LinkChange::Port(port)));
        steps.push(change(&name, LinkChange::Up(true)));
    };
    for id in 0..NETWORKS {
        enslave(format!("asv{id}"), id, SILENT);
    }
    for id in 0..PORTS {
        enslave(format!("p{id}"), id % NETWORKS, OPEN);
    }
    for id in 0..NETWORKS {
        steps.push(change(&format!("asb{id}"), LinkChange::Up(true)));
    }
    let entry = |name: String, mac, of| ForwardingKey { device: device(&name), mac, of };
    for id in 0..PORTS {
        let key = entry(format!("p{id}"), mac(0, id), ForwardingOf::Bridge);
        steps.push(Step::SetForwarding { key, to: None });
    }
    let to = Some(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)));
    for id in 0..REMOTES {
        let name = || format!("asv{}", id % NETWORKS);
        let key = entry(name(), mac(1, id), ForwardingOf::Device);
        steps.push(Step::SetForwarding { key, to });
        let key = entry(name(), mac(1, id), ForwardingOf::Bridge);
        steps.push(Step::SetForwarding { key, to: None });
        let key = NeighbourKey { device: device(&name()), address: address(id).into() };
        steps.push(Step::SetNeighbour { key, mac: mac(1, id) });
    }
    steps
}

/// The same as files for `ip -batch` and `bridge -batch`, as few commands as they can do with.
fn batches() -> (String, String) {
    let (mut ip, mut bridge) = (String::new(), String::new());
    let line = "a String takes everything";
    for id in 0..NETWORKS {
        let vni = id + 100;
        writeln!(
            ip,
            "link add asb{id} mtu 1450 arp off type bridge stp_state 0 mcast_snooping 0 \
             nf_call_iptables 1 nf_call_ip6tables 1\n\
             link set asb{id} alias assay:network:n{id} addrgenmode none up\n\
             link add asv{id} mtu 1450 type vxlan id {vni} local 192.0.2.1 dstport 4789 \
             nolearning proxy\n\
             link set asv{id} alias assay:network:n{id} addrgenmode none master asb{id}\n\
             link set asv{id} up type bridge_slave learning off flood off mcast_flood off \
             bcast_flood off neigh_suppress on"
        )
        .expect(line);
    }
    for id in 0..PORTS {
        let (master, guest) = (id % NETWORKS, mac(0, id));
        writeln!(
            ip,
            "link add p{id} mtu 1450 numtxqueues 1 numrxqueues 1 type veth peer name q{id} \
             address {guest} mtu 1450 numtxqueues 1 numrxqueues 1\n\
             link set p{id} alias assay:port:{id} addrgenmode none master asb{master}\n\
             link set p{id} up type bridge_slave learning off flood off"
        )
        .expect(line);
        writeln!(bridge, "fdb replace {guest} dev p{id} master static").expect(line);
    }
    for id in 0..REMOTES {
        let (network, mac, address) = (id % NETWORKS, mac(1, id), address(id));
        writeln!(ip, "neigh replace {address} lladdr {mac} dev asv{network} nud permanent")
            .expect(line);
        writeln!(
            bridge,
            "fdb replace {mac} dev asv{network} dst 192.0.2.2 self permanent\n\
             fdb replace {mac} dev asv{network} master static"
        )
        .expect(line);
    }
    (ip, bridge)
}
