//! What a node wants, as iproute2 and nft are told it.

use std::fmt::Write as _;

use dataplane::address::Device;
use dataplane::naming;
use dataplane::wanted::{BridgePort, ForwardingOf, Link, LinkKind, Wanted};
use hw_tests::network::{BedError, Space};

/// Lines of `ip -batch`, of `bridge -batch` and of `nft -f`.
#[derive(Clone, Debug, Default)]
pub(super) struct Batches {
    ip: String,
    bridge: String,
    nft: String,
}

impl Batches {
    /// Writes down what is wanted; rules as nft tells those that are `there`.
    pub(super) fn of(wanted: &Wanted, there: &Space) -> Result<Self, BedError> {
        let (mut ip, mut bridge) = (String::new(), String::new());
        let said = "a string takes what is written";
        let mut devices = String::new();
        for (name, link) in &wanted.links {
            ip += &made(name, link);
            if let Some(master) = &link.master {
                writeln!(devices, "link set {name} master {master}").expect(said);
            }
            if let Some(port) = link.bridge_port {
                bridge += &behaves(name.as_str(), port);
            }
            if link.up {
                writeln!(devices, "link set {name} up").expect(said);
            }
        }
        ip += &devices;
        for (key, mac) in &wanted.neighbours {
            let (address, device) = (key.address, &key.device);
            writeln!(ip, "neigh add {address} lladdr {mac} dev {device} nud permanent")
                .expect(said);
        }
        for (key, to) in &wanted.forwarding {
            let (mac, device) = (key.mac, &key.device);
            match (key.of, to) {
                (ForwardingOf::Device, Some(to)) => {
                    writeln!(bridge, "fdb add {mac} dev {device} dst {to} self permanent")
                }
                _ => writeln!(bridge, "fdb add {mac} dev {device} master static"),
            }
            .expect(said);
        }
        Ok(Self { ip, bridge, nft: rules(there)? })
    }

    /// Has the three programs do it.
    pub(super) fn perform(&self, space: &Space) -> Result<(), BedError> {
        space.feed(&["ip", "-batch", "-"], &self.ip)?;
        space.feed(&["bridge", "-batch", "-"], &self.bridge)?;
        space.feed(&["nft", "-f", "-"], &self.nft)?;
        Ok(())
    }

    /// Says how much that is.
    pub(super) fn size(&self) -> String {
        let lines = |text: &str| text.lines().count();
        format!(
            "{} and {} lines and {} kB",
            lines(&self.ip),
            lines(&self.bridge),
            self.nft.len() / 1000
        )
    }
}

/// Returns the rules of a namespace as nft tells them, without those that it does not take back
/// as it tells them: look-ups of a key put together from parts of a packet and from maps, which
/// are the same few of any node.
pub(super) fn rules(space: &Space) -> Result<String, BedError> {
    let all = space.line("nft list ruleset")?;
    let raw = ["[invalid type]", "@ll,", "@nh,", "@th,"];
    let sayable = |line: &&str| !raw.iter().any(|word| line.contains(word));
    Ok(all.lines().filter(sayable).fold(String::new(), |text, line| text + line + "\n"))
}

/// Lines that make a device, down.
fn made(name: &Device, link: &Link) -> String {
    let mtu = link.mtu;
    let one = "numtxqueues 1 numrxqueues 1";
    let (add, further) = match &link.kind {
        LinkKind::Bridge { .. } => (
            format!(
                "link add {name} address {} type bridge stp_state 0 mcast_snooping 0 \
                 nf_call_iptables 1 nf_call_ip6tables 1",
                naming::bridge_mac(name)
            ),
            format!(" mtu {mtu} arp off"),
        ),
        LinkKind::Vxlan { vni, local, port, .. } => (
            format!(
                "link add {name} mtu {mtu} type vxlan id {vni} local {local} dstport {port} \
                 nolearning proxy"
            ),
            String::new(),
        ),
        LinkKind::Veth { peer, peer_mac, .. } => (
            format!(
                "link add {name} mtu {mtu} {one} type veth peer name {peer} address {peer_mac} \
                 mtu {mtu} {one}"
            ),
            String::new(),
        ),
        LinkKind::Gateway { .. } | LinkKind::Existing { .. } => return String::new(),
    };
    let alias = link.kind.alias().unwrap_or_default();
    format!("{add}\nlink set {name} alias {alias} addrgenmode none{further}\n")
}

fn behaves(name: &str, port: BridgePort) -> String {
    let word = |on: bool| if on { "on" } else { "off" };
    format!(
        "link set dev {name} learning {} flood {} mcast_flood {} bcast_flood {} neigh_suppress {}\n",
        word(port.learning),
        word(port.flood),
        word(port.multicast_flood),
        word(port.broadcast_flood),
        word(port.neighbour_suppression)
    )
}
