//! Bridges, VXLAN devices, ports, forwarding entries and neighbours that a desired state means.
//!
//! One bridge and one VXLAN device for each network that is [`placed`](crate::naming::placed)
//! here; the kernel learns nothing and floods nothing over the tunnel: every station is written
//! down (RFC 7348 §4.2 without its multicast).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::address::{Device, Mac};
use crate::desired::{Desired, Network, Port, PortKind};
use crate::firewall::judge::link_local;
use crate::naming::{self, Names, NamingError};
use crate::wanted::{BridgePort, ForwardingKey, ForwardingOf, Link, LinkKind, NeighbourKey};

/// Devices and what they know of stations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fabric {
    /// Devices by name.
    pub links: BTreeMap<Device, Link>,
    /// Where frames to a MAC address go.
    pub forwarding: BTreeMap<ForwardingKey, Option<IpAddr>>,
    /// Which MAC address an IP address has.
    pub neighbours: BTreeMap<NeighbourKey, Mac>,
}

/// Why a desired state cannot be had as devices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum FabricError {
    /// Names cannot be given.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// The size of the underlay's packets is neither written nor known.
    #[error("the largest packet of the underlay is not known: device `{device}` is not there")]
    NoMtu { device: Device },
    /// The file promises more than the device takes.
    #[error("the underlay's MTU is given as {given}, but device `{device}` takes {takes}")]
    UnderlayMtu { given: u32, device: Device, takes: u32 },
    /// A network's packets do not fit.
    #[error(
        "network `{network}` wants packets of {wanted} bytes; the underlay carries {most} \
         inside VXLAN ({underlay} less {header})"
    )]
    TooLarge { network: String, wanted: u32, most: u32, underlay: u32, header: u32 },
    /// A family's least packet does not fit.
    #[error("network `{network}` has packets of {mtu} bytes; {family} needs {least}")]
    TooSmall { network: String, mtu: u32, family: &'static str, least: u32 },
    /// Two ports have one device.
    #[error("device `{device}` is wanted for two things: {first} and {second}")]
    Device { device: Device, first: String, second: String },
}

impl FabricError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Naming(error) => error.hint(),
            Self::NoMtu { device } => {
                Some(format!("is `{device}` the underlay's device? else write `mtu` in [node]"))
            }
            Self::UnderlayMtu { device, given, .. } => {
                Some(format!("`ip link set {device} mtu {given}`, or a smaller `mtu` in [node]"))
            }
            Self::TooLarge { most, header, wanted, .. } => Some(format!(
                "give the network at most {most}, or the underlay at least {}",
                wanted.saturating_add(*header)
            )),
            Self::TooSmall { least, .. } => {
                Some(format!("the underlay has to carry {least} bytes and VXLAN's header"))
            }
            Self::Device { .. } => Some("each port needs a device of its own".to_owned()),
        }
    }
}

/// Bytes that VXLAN puts around a packet, the inner Ethernet header among them (RFC 7348 §5).
pub fn header(vtep: IpAddr) -> u32 {
    match vtep {
        IpAddr::V4(_) => 50,
        IpAddr::V6(_) => 70,
    }
}

/// Returns the devices; `device_mtu` is what the underlay's device takes, where it is there.
pub fn compile(desired: &Desired, device_mtu: Option<u32>) -> Result<Fabric, FabricError> {
    let mut fabric = Fabric::default();
    let mut names = Names::default();
    let dual = dual_networks(desired);
    for id in naming::placed(desired) {
        let Some(network) = desired.networks.get(id) else { continue };
        let mtu = network_mtu(desired, id, network, dual.contains(id), device_mtu)?;
        let (bridge, vxlan) = (naming::bridge(id), naming::vxlan(id));
        names.give(bridge.to_string(), &format!("network `{id}`"))?;
        fabric.links.insert(bridge.clone(), bridge_of(desired, id, mtu));
        fabric.links.insert(vxlan, vxlan_of(desired, id, network, mtu, bridge));
    }
    let shared = shared_macs(desired);
    for (id, port) in &desired.ports {
        fabric.add_port(id, port, &shared)?;
    }
    fabric.add_known(desired, &dual);
    for remote in desired.remotes.values() {
        // With EVPN the tunnel end is not known here, and zebra writes the entries.
        let Some(vtep) = remote.vtep else { continue };
        let device = naming::vxlan(&remote.network);
        let key = |of| ForwardingKey { device: device.clone(), mac: remote.mac, of };
        fabric.forwarding.insert(key(ForwardingOf::Device), Some(vtep));
        fabric.forwarding.insert(key(ForwardingOf::Bridge), None);
        let own = dual.contains(remote.network.as_str()).then(|| link_local(remote.mac));
        for address in remote.addresses.iter().copied().chain(own) {
            let key = NeighbourKey { device: device.clone(), address };
            fabric.neighbours.insert(key, remote.mac);
        }
    }
    Ok(fabric)
}

/// Returns the largest packet of a network's guests, in bytes; `dual` where they use IPv6.
fn network_mtu(
    desired: &Desired,
    id: &str,
    network: &Network,
    dual: bool,
    device_mtu: Option<u32>,
) -> Result<u32, FabricError> {
    let node = &desired.node;
    let underlay = match (node.mtu, device_mtu) {
        (Some(given), Some(takes)) if takes < given => {
            return Err(FabricError::UnderlayMtu { given, device: node.device.clone(), takes });
        }
        (Some(mtu), _) | (None, Some(mtu)) => mtu,
        (None, None) => return Err(FabricError::NoMtu { device: node.device.clone() }),
    };
    let header = header(node.vtep);
    let most = underlay.saturating_sub(header);
    let mtu = network.mtu.unwrap_or(most);
    if mtu > most {
        let network = id.to_owned();
        return Err(FabricError::TooLarge { network, wanted: mtu, most, underlay, header });
    }
    // RFC 8200 §5; for IPv4, what every host must take (RFC 791 §3.2): Linux would go down to 68.
    let (family, least) = if dual { ("IPv6", 1280) } else { ("IPv4", 576) };
    if mtu < least {
        return Err(FabricError::TooSmall { network: id.to_owned(), mtu, family, least });
    }
    Ok(mtu)
}

fn stations(desired: &Desired) -> impl Iterator<Item = (&str, &BTreeSet<IpAddr>)> {
    let ports = desired.ports.values().map(|port| (port.network.as_str(), &port.addresses));
    let remote = desired.remotes.values();
    ports.chain(remote.map(|remote| (remote.network.as_str(), &remote.addresses)))
}

/// Networks with IPv6: only there are link-local addresses written down.
fn dual_networks(desired: &Desired) -> BTreeSet<&str> {
    let six =
        |network: &Network| network.subnets.values().any(|subnet| subnet.range.addr().is_ipv6());
    let subnets = desired.networks.iter().filter(|(_, network)| six(network));
    let mut dual = BTreeSet::new();
    dual.extend(subnets.map(|(id, _)| id.as_str()));
    let with = |addresses: &BTreeSet<IpAddr>| addresses.iter().any(IpAddr::is_ipv6);
    dual.extend(stations(desired).filter(|(_, addresses)| with(addresses)).map(|(id, _)| id));
    dual
}

fn bridge_of(desired: &Desired, network: &str, mtu: u32) -> Link {
    let arp = desired.node.evpn.is_some();
    let kind = LinkKind::Bridge { network: network.to_owned(), arp };
    Link { kind, mtu, master: None, bridge_port: None, up: true }
}

fn vxlan_of(desired: &Desired, id: &str, network: &Network, mtu: u32, bridge: Device) -> Link {
    let node = &desired.node;
    let kind = LinkKind::Vxlan {
        network: id.to_owned(),
        vni: network.vni,
        local: node.vtep,
        port: node.port,
        proxy: node.evpn.is_none(),
    };
    // Broadcast and multicast go to the VXLAN device, else it would never see the ARP and ND
    // requests that it answers from its neighbours (measured on 6.18: with `bcast_flood off` a
    // guest's request for a remote address stays unanswered). They end there: it has no default
    // destination, and `proxy` swallows requests for addresses that it does not know. With EVPN
    // they go to the tunnel ends that zebra names, but for addresses that the bridge answers for.
    let bridge_port = BridgePort {
        learning: false,
        flood: false,
        multicast_flood: true,
        broadcast_flood: true,
        neighbour_suppression: true,
    };
    Link { kind, mtu, master: Some(bridge), bridge_port: Some(bridge_port), up: true }
}

/// A MAC address in a network.
type Station<'d> = (&'d str, Mac);

/// MAC addresses that several ports of this node may use (VRRP), by network.
fn shared_macs(desired: &Desired) -> BTreeSet<Station<'_>> {
    let mut of: BTreeMap<Station<'_>, &str> = BTreeMap::new();
    let mut shared = BTreeSet::new();
    for (id, port) in &desired.ports {
        let pairs = port.allowed.iter().filter_map(|pair| pair.mac);
        for mac in pairs.chain([port.mac]) {
            let station = (port.network.as_str(), mac);
            if *of.entry(station).or_insert(id) != id {
                shared.insert(station);
            }
        }
    }
    shared
}

impl Fabric {
    /// Writes the stations of this node down at their bridge, where EVPN is: zebra takes MAC
    /// addresses from the bridge's static entries, and which IP addresses they have from here.
    fn add_known(&mut self, desired: &Desired, dual: &BTreeSet<&str>) {
        if desired.node.evpn.is_none() {
            return;
        }
        for port in desired.ports.values() {
            let own = dual.contains(port.network.as_str()).then(|| link_local(port.mac));
            let device = naming::bridge(&port.network);
            for address in port.addresses.iter().copied().chain(own) {
                self.neighbours.insert(NeighbourKey { device: device.clone(), address }, port.mac);
            }
        }
    }

    fn add_port(
        &mut self,
        id: &str,
        port: &Port,
        shared: &BTreeSet<Station<'_>>,
    ) -> Result<(), FabricError> {
        let bridge = naming::bridge(&port.network);
        let Some(mtu) = self.links.get(&bridge).map(|link| link.mtu) else { return Ok(()) };
        let kind = match &port.kind {
            PortKind::Veth { peer } => {
                LinkKind::Veth { port: id.to_owned(), peer: peer.clone(), peer_mac: port.mac }
            }
            PortKind::Tap | PortKind::Physical | PortKind::Vf => {
                LinkKind::Existing { port: id.to_owned() }
            }
        };
        let mut macs = BTreeSet::from([port.mac]);
        macs.extend(port.allowed.iter().filter_map(|pair| pair.mac));
        let is_shared = |mac: &Mac| shared.contains(&(port.network.as_str(), *mac));
        // An address that moves between ports is learned, from ports that may use it only:
        // anti-spoofing looks at a frame before the bridge does.
        let learning = port.security && macs.iter().any(is_shared);
        let bridge_port = BridgePort {
            learning,
            flood: false,
            multicast_flood: true,
            broadcast_flood: true,
            neighbour_suppression: false,
        };
        let link =
            Link { kind, mtu, master: Some(bridge), bridge_port: Some(bridge_port), up: true };
        if let Some(other) = self.links.insert(port.device.clone(), link) {
            return Err(FabricError::Device {
                device: port.device.clone(),
                first: name_of(&other.kind),
                second: format!("port `{id}`"),
            });
        }
        for mac in macs.into_iter().filter(|mac| *mac == port.mac || !is_shared(mac)) {
            let of = ForwardingOf::Bridge;
            self.forwarding.insert(ForwardingKey { device: port.device.clone(), mac, of }, None);
        }
        Ok(())
    }
}

fn name_of(kind: &LinkKind) -> String {
    match kind {
        LinkKind::Bridge { network, .. } | LinkKind::Vxlan { network, .. } => {
            format!("network `{network}`")
        }
        LinkKind::Veth { port, .. } | LinkKind::Existing { port } => format!("port `{port}`"),
        LinkKind::Gateway { vpc, .. } => format!("router of VPC `{vpc}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATE: &str = r#"
schema = "assay/network/v1"
semantics = "norm"
node = { name = "n1", device = "u0", vtep = "10.99.0.1" }
vpc = [{ id = "red" }]
network = [{ id = "red-a", vpc = "red", vni = 100 }, { id = "far", vpc = "red", vni = 101 }]
subnet = [{ id = "r4", network = "red-a", cidr = "10.0.0.0/24" }, { id = "r6", network = "red-a", cidr = "fd00::/64" }]
port = [
  { id = "a1", network = "red-a", device = "p1", kind = "veth", peer = "q1", mac = "02:00:00:00:00:11", ips = ["10.0.0.11"], groups = [], allowed = [{ cidr = "10.0.0.100/32", mac = "00:00:5e:00:01:01" }] },
  { id = "a2", network = "red-a", device = "p2", kind = "tap", mac = "02:00:00:00:00:12", ips = ["10.0.0.12"], groups = [], allowed = [{ cidr = "10.0.0.100/32", mac = "00:00:5e:00:01:01" }, { cidr = "10.0.0.101/32", mac = "02:00:00:00:00:99" }] },
]
remote = [{ id = "b1", network = "red-a", vtep = "10.99.0.2", mac = "02:00:00:00:00:21", ips = ["10.0.0.21"], groups = [] }]
"#;

    fn state() -> Desired {
        crate::spec::read("state.toml", STATE).unwrap_or_else(|errors| panic!("{errors}"))
    }

    #[test]
    fn a_network_without_a_station_here_gets_nothing() {
        let fabric = compile(&state(), Some(1600)).unwrap();
        let names: Vec<&str> = fabric.links.keys().map(Device::as_str).collect();
        let (bridge, vxlan) = (naming::bridge("red-a"), naming::vxlan("red-a"));
        assert_eq!(names, [bridge.as_str(), vxlan.as_str(), "p1", "p2"]);
        assert!(fabric.links.values().all(|link| link.mtu == 1550 && link.up));
    }

    #[test]
    fn every_station_is_written_down_where_the_kernel_looks_for_it() {
        let fabric = compile(&state(), Some(1600)).unwrap();
        let mac = |text: &str| text.parse::<Mac>().unwrap();
        let entry = |device: &Device, text: &str, of| {
            fabric.forwarding.get(&ForwardingKey { device: device.clone(), mac: mac(text), of })
        };
        let (p1, p2): (Device, Device) = ("p1".parse().unwrap(), "p2".parse().unwrap());
        let vxlan = naming::vxlan("red-a");
        let far = "02:00:00:00:00:21";
        assert_eq!(
            entry(&vxlan, far, ForwardingOf::Device),
            Some(&Some("10.99.0.2".parse().unwrap()))
        );
        assert_eq!(entry(&vxlan, far, ForwardingOf::Bridge), Some(&None));
        assert_eq!(entry(&p1, "02:00:00:00:00:11", ForwardingOf::Bridge), Some(&None));
        assert_eq!(entry(&p2, "02:00:00:00:00:99", ForwardingOf::Bridge), Some(&None));
        // Both may use it: whoever speaks last has it.
        assert_eq!(entry(&p1, "00:00:5e:00:01:01", ForwardingOf::Bridge), None);
        assert!(fabric.links[&p1].bridge_port.unwrap().learning);
        let neighbours: Vec<String> =
            fabric.neighbours.keys().map(|key| key.address.to_string()).collect();
        assert_eq!(neighbours, ["10.0.0.21", "fe80::ff:fe00:21"]);
    }

    #[test]
    fn packets_that_do_not_fit_are_refused_before_anything_is_made() {
        let mut state = state();
        let mtu = |state: &Desired, device| compile(state, device).map(|_fabric| ());
        assert!(matches!(mtu(&state, None), Err(FabricError::NoMtu { .. })));
        assert!(matches!(mtu(&state, Some(1329)), Err(FabricError::TooSmall { mtu: 1279, .. })));
        assert_eq!(mtu(&state, Some(1330)), Ok(()));
        state.node.mtu = Some(1600);
        assert!(matches!(mtu(&state, Some(1500)), Err(FabricError::UnderlayMtu { .. })));
        assert_eq!(mtu(&state, None), Ok(()));
        state.networks.get_mut("red-a").unwrap().mtu = Some(1551);
        assert!(matches!(mtu(&state, Some(1600)), Err(FabricError::TooLarge { most: 1550, .. })));
        state.node.vtep = "fd99::1".parse().unwrap();
        assert!(matches!(mtu(&state, Some(1600)), Err(FabricError::TooLarge { most: 1530, .. })));
    }

    #[test]
    fn one_device_is_for_one_port() {
        let mut state = state();
        state.ports.get_mut("a2").unwrap().device = "p1".parse().unwrap();
        let refused = compile(&state, Some(1600));
        assert!(matches!(refused, Err(FabricError::Device { .. })), "{refused:?}");
    }
}
