//! What would change, in which order, and how each change is undone.

use std::net::IpAddr;

use crate::address::{Device, Mac};
use crate::nft::Batch;
use crate::wanted::{BridgePort, ForwardingKey, Link, NeighbourKey};

/// Steps in their order, and what keeps the whole from being done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be done. Empty where all is as wanted.
    pub steps: Vec<Planned>,
    /// Why nothing may be done: what is in the way and belongs to others.
    pub conflicts: Vec<Conflict>,
    /// What waits for something that is not there yet: an absent tap.
    pub waits: Vec<Wait>,
}

/// A step with its undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What is done.
    pub step: Step,
    /// What undoes it, in order; nothing where the undo of an earlier step takes it along.
    pub undo: Vec<Step>,
    /// The object of the user's that it is done for: `network red-a`, `port a1`.
    pub cause: String,
}

/// A request that the kernel does wholly or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Step {
    /// Makes a device: down, no port of a bridge yet.
    AddLink { name: Device, link: Link },
    /// Changes a device.
    ChangeLink { name: Device, change: LinkChange },
    /// Takes away a device that is ours.
    DeleteLink { name: Device },
    /// Adds or replaces a forwarding entry.
    SetForwarding { key: ForwardingKey, to: Option<IpAddr> },
    /// Takes a forwarding entry away.
    DeleteForwarding { key: ForwardingKey, to: Option<IpAddr> },
    /// Adds or replaces a permanent neighbour.
    SetNeighbour { key: NeighbourKey, mac: Mac },
    /// Takes a permanent neighbour away.
    DeleteNeighbour { key: NeighbourKey },
    /// Changes rules.
    Rules(Batch),
}

/// A change of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// Up or down.
    Up(bool),
    /// Largest packet in bytes.
    Mtu(u32),
    /// The bridge it is a port of.
    Master(Option<Device>),
    /// How it behaves as a port.
    Port(BridgePort),
    /// All settings of a bridge of ours: rules of the IP layer, STP, snooping, NOARP, no
    /// generated addresses.
    BridgeSettings,
    /// The mark that says that it is ours.
    Alias(Option<String>),
}

/// Something of others' in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The object of the user's that cannot be had.
    pub cause: String,
    /// What is in the way and what to do, one sentence each: Chinese, English.
    pub reason_zh: String,
    /// The same in English.
    pub reason: String,
}

/// A port whose device is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The port.
    pub port: String,
    /// The device that it waits for.
    pub device: Device,
}
