//! Kernel objects that we want, each under the key of which the kernel has at most one.

pub mod room;

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::address::{Device, Mac};
use crate::nft::Ruleset;

/// All that is to be there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Devices by name.
    pub links: BTreeMap<Device, Link>,
    /// Where frames to a MAC address go.
    pub forwarding: BTreeMap<ForwardingKey, Option<IpAddr>>,
    /// Which MAC address an IP address has, for ARP and ND suppression.
    pub neighbours: BTreeMap<NeighbourKey, Mac>,
    /// Rules.
    pub ruleset: Ruleset,
    /// Namespaces of routers, by VPC.
    pub rooms: BTreeMap<String, room::Room>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// What kind of device it is.
    pub kind: LinkKind,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// The bridge it is a port of.
    pub master: Option<Device>,
    /// How it behaves as a port of a bridge; only with a master.
    pub bridge_port: Option<BridgePort>,
    /// Whether it is up.
    pub up: bool,
}

/// Kinds of devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// Made by us, with `IFLA_IFALIAS` [`alias`](LinkKind::alias): STP and multicast snooping
    /// off, no address generation, `IFLA_BR_NF_CALL_IPTABLES` and `…IP6TABLES` on.
    Bridge {
        /// The network it is for.
        network: String,
        /// Whether it has ARP, without which it does not answer for neighbours that it knows
        /// (`br_do_proxy_suppress_arp`). It is made without (NOARP), until its rules are there.
        arp: bool,
    },
    /// Made by us: learning off.
    Vxlan {
        /// The network it is for.
        network: String,
        /// 1…2²⁴−1 (RFC 7348 §5).
        vni: u32,
        /// Address of this node's tunnel end.
        local: IpAddr,
        /// UDP port, 4789 unless told otherwise.
        port: u16,
        /// Whether it answers ARP and ND from its neighbours and swallows what it does not
        /// know; not with EVPN, where the bridge answers and the rest goes to all tunnel ends.
        proxy: bool,
    },
    /// Made by us as a pair, with one queue; the far end is the tenant's, and stays in the same
    /// namespace until someone takes it.
    Veth {
        /// The port it is for.
        port: String,
        /// Name of the far end.
        peer: Device,
        /// MAC address of the far end: the guest's.
        peer_mac: Mac,
    },
    /// Made by us as a pair: a port of a network's bridge, and the end of the VPC's router in its
    /// namespace.
    Gateway {
        /// The network it is for.
        network: String,
        /// The VPC whose router has the other end.
        vpc: String,
        /// Name of that end in the router's namespace; its MAC address is
        /// [`MAC`](crate::router::MAC).
        end: Device,
    },
    /// Made by others (tap, physical port, VF, veth of a container): only its master, its
    /// state, its MTU and its behaviour as a port are ours. It may be absent, and come back.
    Existing {
        /// The port it is for.
        port: String,
    },
}

impl LinkKind {
    /// Returns the alias that says that a device is ours; `None` where others made it.
    pub fn alias(&self) -> Option<String> {
        match self {
            Self::Bridge { network, .. } | Self::Vxlan { network, .. } => {
                Some(format!("assay:network:{network}"))
            }
            Self::Veth { port, .. } => Some(format!("assay:port:{port}")),
            Self::Gateway { network, .. } => Some(format!("assay:gateway:{network}")),
            Self::Existing { .. } => None,
        }
    }
}

/// Behaviour of a port of a bridge (`IFLA_BRPORT_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "as the kernel has them")]
pub struct BridgePort {
    /// Whether the bridge learns source addresses from it.
    pub learning: bool,
    /// Whether frames to unknown addresses go there.
    pub flood: bool,
    /// Whether multicast without known members goes there.
    pub multicast_flood: bool,
    /// Whether broadcast goes there.
    pub broadcast_flood: bool,
    /// Whether the bridge answers ARP and ND there for known neighbours.
    pub neighbour_suppression: bool,
}

/// An entry of a forwarding database, static.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForwardingKey {
    /// VXLAN device or port of a bridge.
    pub device: Device,
    /// Address of a station.
    pub mac: Mac,
    /// Whose database.
    pub of: ForwardingOf,
}

/// Whose forwarding database an entry is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ForwardingOf {
    /// The VXLAN device's own (`NTF_SELF`); its value is the remote VTEP.
    Device,
    /// Its bridge's (`NTF_MASTER`); no value.
    Bridge,
}

/// A permanent neighbour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NeighbourKey {
    /// VXLAN device, or a bridge of EVPN.
    pub device: Device,
    /// Address of a station.
    pub address: IpAddr,
}
