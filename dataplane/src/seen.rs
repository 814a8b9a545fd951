//! What the kernel has, as it says.
//!
//! Everything of ours in full, and of others only what can be in conflict.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{Device, Mac};
use crate::nft::{Foreign, Ruleset};
use crate::wanted::room::Hop;
use crate::wanted::{BridgePort, ForwardingKey, NeighbourKey};

/// All that was seen in one namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Every device, ours and others'.
    pub links: BTreeMap<Device, Link>,
    /// Entries of devices and bridge ports that are ours or wanted; static ones.
    pub forwarding: BTreeMap<ForwardingKey, Option<IpAddr>>,
    /// Permanent neighbours of devices that are ours.
    pub neighbours: BTreeMap<NeighbourKey, Mac>,
    /// Our tables.
    pub ruleset: Ruleset,
    /// Tables of others.
    pub foreign_tables: Foreign,
    /// Devices that carry a default route or are named as next hop by a route.
    pub routed_devices: BTreeSet<Device>,
    /// Namespaces of routers of ours, by VPC.
    pub rooms: BTreeMap<String, Room>,
}

/// The namespace of a router.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Every device but the loopback.
    pub devices: BTreeMap<Device, Link>,
    /// Routes that we made.
    pub routes: BTreeMap<IpNet, Hop>,
    /// Our tables.
    pub ruleset: Ruleset,
    /// Whether it forwards packets, and does nothing else of its own accord.
    pub forwards: bool,
    /// Whether its name leads to it: without, it ends with the process that holds it open.
    pub named: bool,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The kernel's number.
    pub index: u32,
    /// `IFLA_INFO_KIND`: `bridge`, `vxlan`, `veth`, `tun`, `bond` …; nothing for hardware.
    pub kind: Option<String>,
    /// `IFLA_IFALIAS`.
    pub alias: Option<String>,
    /// Its MAC address, where it has one of six bytes.
    pub mac: Option<Mac>,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Whether it is up (`IFF_UP`).
    pub up: bool,
    /// Whether ARP is off (`IFF_NOARP`).
    pub no_arp: bool,
    /// Whether IPv6 addresses are generated (`IN6_ADDR_GEN_MODE_*` other than none).
    pub generates_addresses: bool,
    /// The device it is a port of.
    pub master: Option<Device>,
    /// How it behaves as a port of a bridge.
    pub bridge_port: Option<BridgePort>,
    /// Whether its frames pass the rules of the IP layer; of bridges.
    pub bridge: Option<Bridge>,
    /// Of VXLAN devices.
    pub vxlan: Option<Vxlan>,
    /// Name of the other end of a veth pair, where it is in this namespace.
    pub peer: Option<Device>,
    /// Addresses of this host on it.
    pub addresses: BTreeSet<IpNet>,
}

/// Settings of a bridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "as the kernel has them")]
pub struct Bridge {
    /// `IFLA_BR_NF_CALL_IPTABLES`.
    pub calls_ipv4_rules: bool,
    /// `IFLA_BR_NF_CALL_IP6TABLES`.
    pub calls_ipv6_rules: bool,
    /// `IFLA_BR_STP_STATE`.
    pub stp: bool,
    /// `IFLA_BR_MCAST_SNOOPING`.
    pub multicast_snooping: bool,
}

/// Settings of a VXLAN device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vxlan {
    /// `IFLA_VXLAN_ID`.
    pub vni: u32,
    /// `IFLA_VXLAN_LOCAL` or `…LOCAL6`.
    pub local: Option<IpAddr>,
    /// `IFLA_VXLAN_PORT`.
    pub port: u16,
    /// `IFLA_VXLAN_LEARNING`.
    pub learning: bool,
    /// `IFLA_VXLAN_PROXY`.
    pub proxy: bool,
}

impl Link {
    /// Whether its alias says that this program made it.
    pub fn is_ours(&self) -> bool {
        self.network().is_some() || self.port().is_some() || self.gateway().is_some()
    }

    /// Returns the network that it was made for, as its alias says.
    pub fn network(&self) -> Option<&str> {
        self.alias.as_deref()?.strip_prefix("assay:network:")
    }

    /// Returns the network whose router it leads to, as its alias says.
    pub fn gateway(&self) -> Option<&str> {
        self.alias.as_deref()?.strip_prefix("assay:gateway:")
    }

    /// Returns the port that it was made for, as its alias says.
    pub fn port(&self) -> Option<&str> {
        self.alias.as_deref()?.strip_prefix("assay:port:")
    }
}
