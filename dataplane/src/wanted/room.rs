//! What a router's namespace is to have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{Device, Mac};
use crate::nft::Ruleset;

/// The namespace of a VPC's router. Whatever is in it is ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    /// Devices by name, all of them up.
    pub devices: BTreeMap<Device, Furniture>,
    /// Where packets go, besides to the ranges of the devices' addresses.
    pub routes: BTreeMap<IpNet, Hop>,
    /// Rules; they are there before any device.
    pub ruleset: Ruleset,
}

/// A device in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Furniture {
    /// What it is.
    pub kind: FurnitureKind,
    /// Its MAC address.
    pub mac: Mac,
    /// Largest packet in bytes.
    pub mtu: u32,
    /// Its addresses.
    pub addresses: BTreeSet<IpNet>,
}

/// Kinds of devices in a router's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FurnitureKind {
    /// The other end of a [`Gateway`](super::LinkKind::Gateway).
    Gateway {
        /// The network.
        network: String,
    },
    /// One end of a pair that leads to another router; both have the same name.
    Peer {
        /// The peering.
        peering: String,
        /// The VPC of the other router.
        vpc: String,
        /// Whether the pair is made from here.
        made_here: bool,
    },
    /// A device of its own (macvlan) on a device of the node.
    Uplink {
        /// The external network.
        external: String,
        /// The device of the node.
        parent: Device,
    },
}

impl FurnitureKind {
    /// Returns the alias that says what it is there for; the end of a veth pair has none, for the
    /// other end has it.
    pub fn alias(&self) -> Option<String> {
        match self {
            Self::Gateway { .. } | Self::Peer { .. } => None,
            Self::Uplink { external, parent } => Some(format!("assay:uplink:{parent}:{external}")),
        }
    }
}

/// The next station of a route.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hop {
    /// Its address; `None` where the destination itself is on the device.
    pub via: Option<IpAddr>,
    /// The device.
    pub device: Device,
}
