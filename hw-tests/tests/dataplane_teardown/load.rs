//! A node full of networks and ports, in as few steps as it can do with.

use std::net::{IpAddr, Ipv4Addr};

use dataplane::address::{Device, Mac};
use dataplane::kernel::Kernel;
use dataplane::kernel::real::Real;
use dataplane::plan::{LinkChange, Step};
use dataplane::wanted::{Link, LinkKind};
use libtest_mimic::Failed;

pub(crate) fn fill(real: &mut Real, networks: u32, ports: u32) -> Result<(), Failed> {
    let steps = steps(networks, ports);
    let outcomes = real.perform(&steps);
    match outcomes.into_iter().find_map(Result::err) {
        Some(error) => Err(error.to_string().into()),
        None => Ok(()),
    }
}

fn name(text: &str) -> Device {
    text.parse().expect("the names here are names of devices")
}

fn steps(networks: u32, ports: u32) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut add = |name: Device, kind| {
        let link = Link { kind, mtu: 1450, master: None, bridge_port: None, up: false };
        steps.push(Step::AddLink { name, link });
    };
    let local = IpAddr::V4(Ipv4Addr::new(10, 99, 0, 1));
    for id in 0..networks {
        let network = format!("n{id}");
        add(name(&format!("asb{id}")), LinkKind::Bridge { network: network.clone() });
        let kind = LinkKind::Vxlan { network, vni: id + 100, local, port: 4789 };
        add(name(&format!("asv{id}")), kind);
    }
    for id in 0..ports {
        let [_, a, b, c] = id.to_be_bytes();
        let peer_mac = Mac([2, 0, 0, a, b, c]);
        let peer = name(&format!("q{id}"));
        add(name(&format!("p{id}")), LinkKind::Veth { port: id.to_string(), peer, peer_mac });
    }
    let mut enslave = |device: &str, network: u32| {
        let master = LinkChange::Master(Some(name(&format!("asb{network}"))));
        for change in [master, LinkChange::Up(true)] {
            steps.push(Step::ChangeLink { name: name(device), change });
        }
    };
    for id in 0..networks {
        enslave(&format!("asv{id}"), id);
    }
    for id in 0..ports {
        enslave(&format!("p{id}"), id % networks);
    }
    for id in 0..networks {
        let change = LinkChange::Up(true);
        steps.push(Step::ChangeLink { name: name(&format!("asb{id}")), change });
    }
    steps
}
