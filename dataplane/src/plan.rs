//! What would change, in which order, and how each change is undone.

pub(crate) mod batch;
mod conflict;
mod order;
mod rooms;
pub(crate) mod rules;
mod state;
pub mod text;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::address::{Device, Mac};
use crate::kernel::Interest;
use crate::nft::Batch;
use crate::seen::Seen;
use crate::text::Text;
use crate::wanted::room::{Furniture, FurnitureKind, Hop};
use crate::wanted::{BridgePort, ForwardingKey, Link, LinkKind, NeighbourKey, Wanted};

pub(crate) use state::State;

/// Returns the batches that turn rules that are there into others, where all devices are there:
/// what is new or other, and, to be done behind it, what is stale. Either may be empty.
pub fn batches(want: &crate::nft::Ruleset, have: &crate::nft::Ruleset) -> [Batch; 2] {
    [rules::adding(want, have, &|_device| true), rules::removing(want, have)]
}

/// The chain that says that a table named as ours is ours: without hook, without rules, made in
/// one batch with its table. A comment of the table would say it too, but only kernels from 5.10
/// on keep one.
pub const MARK: &str = "as_made_by_assay";

/// Of the ports that are there, the part in percent of which more is not taken away at once
/// unless that is confirmed.
pub const HOLD_PERCENT: usize = 20;

/// What a plan may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Whether what is wanted is all there is to be: only then is anything taken away.
    pub complete: bool,
    /// Whether someone has agreed that more than [`HOLD_PERCENT`] of the ports go.
    pub confirmed: bool,
    /// Devices that an unfinished run began to make, as its journal says: such a one may be
    /// there without its mark.
    pub began: BTreeSet<Device>,
}

/// Steps in their order, and what keeps the whole from being done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What would be done. Empty where all is as wanted.
    pub steps: Vec<Planned>,
    /// Why nothing may be done: what is in the way and belongs to others.
    pub conflicts: Vec<Conflict>,
    /// What waits for something that is not there yet: an absent tap.
    pub waits: Vec<Wait>,
    /// Ports that would be taken away, where they are so many that someone has to agree.
    pub held: Option<Held>,
}

/// A deletion that someone has to agree to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Ports that would be taken away.
    pub ports: usize,
    /// Ports that are there.
    pub of: usize,
}

/// A step with its undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What is done.
    pub step: Step,
    /// What undoes it, as [`undo`](Self::undo) says; nothing where it is [`Step::opposite`].
    undo: Option<Vec<Step>>,
    /// What no undo brings back, where there is such a thing.
    pub lost: Option<Box<Text>>,
    /// The object of the user's that it is done for: `network red-a`, `port a1`.
    pub cause: Arc<str>,
}

impl Planned {
    /// Returns what undoes it, in order; nothing where the undo of an earlier step takes it along.
    pub fn undo(&self) -> Cow<'_, [Step]> {
        match &self.undo {
            Some(steps) => Cow::Borrowed(steps),
            None => Cow::Owned(self.step.opposite().into_iter().collect()),
        }
    }
}

/// A request that the kernel does wholly or not at all. What is large is behind a pointer: a full
/// node takes 50,000 of them, each with its undo, and most are entries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum Step {
    /// Makes a device: down, no port of a bridge yet.
    AddLink { name: Device, link: Box<Link> },
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
    /// Makes the namespace of a VPC's router, complete: it forwards, and has no devices yet.
    AddRoom { vpc: String },
    /// Takes a namespace of ours away, which has no devices any more.
    DeleteRoom { vpc: String },
    /// Changes something in the namespace of a router.
    Room { vpc: String, change: Box<RoomChange> },
}

/// A change in the namespace of a router.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "a field is what its variant's sentence says")]
pub enum RoomChange {
    /// Makes a device on a device of the node, down and without addresses.
    AddUplink { name: Device, device: Box<Furniture> },
    /// Makes a pair between this router and that of another VPC, both ends down.
    AddPair { name: Device, vpc: String, mtu: u32 },
    /// Takes a device away, and of a pair the other end too.
    DeleteDevice { name: Device },
    /// Up or down.
    Up { name: Device, up: bool },
    /// Largest packet in bytes.
    Mtu { name: Device, mtu: u32 },
    /// Gives a device an address.
    AddAddress { name: Device, address: IpNet },
    /// Takes an address away.
    DeleteAddress { name: Device, address: IpNet },
    /// Adds or replaces a route.
    SetRoute { to: IpNet, hop: Hop },
    /// Takes a route away.
    DeleteRoute { to: IpNet, hop: Hop },
    /// Has it forward packets, and nothing of its own accord.
    Settings,
    /// Has its name lead to it again.
    Name,
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
    /// All settings of a bridge of ours: rules of the IP layer, STP, snooping, no generated
    /// addresses, the MAC address that is given at birth
    /// ([`bridge_mac`](crate::naming::bridge_mac)); and whether it has ARP.
    BridgeSettings {
        /// Whether it has ARP.
        arp: bool,
    },
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

/// A port, or an external network, whose device is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// The port; `external` and its id for an external network.
    pub port: String,
    /// The device that it waits for.
    pub device: Device,
}

/// Returns the steps that turn `seen` into `wanted`.
///
/// Rules that add or tighten come first, then devices, down; then their rules, settings, bridges;
/// then they go up and get their entries. What is stale is left last: ports go down and leave
/// their bridge, then go their rules, then devices. Planning what was applied gives no step.
pub fn plan(wanted: &Wanted, seen: &Seen, scope: &Scope) -> Plan {
    let conflicts = conflict::find(wanted, seen, scope);
    let mut plan = Plan { conflicts, waits: waits(wanted, seen), ..Plan::default() };
    if plan.conflicts.is_empty() {
        plan.held = if scope.complete { held(wanted, seen, scope) } else { None };
        plan.steps = order::steps(wanted, seen, scope);
    }
    plan
}

/// Returns what a look has to find for a plan of `wanted`.
pub fn interest(wanted: &Wanted) -> Interest {
    let existing = |(name, link): (&Device, &Link)| {
        matches!(link.kind, LinkKind::Existing { .. }).then(|| name.clone())
    };
    let mut interest = Interest::default();
    interest.devices.extend(wanted.links.iter().filter_map(existing));
    interest
}

impl Step {
    /// Returns what changes something in the namespace of a router.
    pub(crate) fn room(vpc: &str, change: RoomChange) -> Self {
        Self::Room { vpc: vpc.to_owned(), change: Box::new(change) }
    }

    /// Returns what undoes it where what it makes was not there before: of entries, of which a
    /// full node has tens of thousands.
    fn opposite(&self) -> Option<Self> {
        match self {
            Self::SetForwarding { key, to } => {
                Some(Self::DeleteForwarding { key: key.clone(), to: *to })
            }
            Self::SetNeighbour { key, .. } => Some(Self::DeleteNeighbour { key: key.clone() }),
            _ => None,
        }
    }

    /// Returns what it changes in rules, of the node or of a router.
    pub fn rules(&self) -> Option<&Batch> {
        match self {
            Self::Rules(batch) => Some(batch),
            Self::Room { change, .. } => match &**change {
                RoomChange::Rules(batch) => Some(batch),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Plan {
    /// Whether there is nothing to do and nothing in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.conflicts.is_empty()
    }

    /// Whether rules change: connections that they permitted may have to be cut.
    pub fn changes_rules(&self) -> bool {
        self.steps.iter().any(|planned| planned.step.rules().is_some())
    }
}

fn waits(wanted: &Wanted, seen: &Seen) -> Vec<Wait> {
    let absent = wanted.links.iter().filter(|(name, _link)| !seen.links.contains_key(*name));
    absent
        .filter_map(|(name, link)| match &link.kind {
            LinkKind::Existing { port } => Some(Wait { port: port.clone(), device: name.clone() }),
            _ => None,
        })
        .chain(outer_waits(wanted, seen))
        .collect()
}

fn outer_waits(wanted: &Wanted, seen: &Seen) -> impl Iterator<Item = Wait> {
    let parents = wanted.rooms.values().flat_map(|room| room.devices.values());
    let parents = parents.filter_map(|device| match &device.kind {
        FurnitureKind::Uplink { external, parent } => Some((external, parent)),
        FurnitureKind::Gateway { .. } | FurnitureKind::Peer { .. } => None,
    });
    let mut absent = BTreeSet::new();
    absent.extend(parents.filter(|(_external, parent)| !seen.links.contains_key(*parent)));
    absent.into_iter().map(|(external, parent)| Wait {
        port: format!("external {external}"),
        device: parent.clone(),
    })
}

fn held(wanted: &Wanted, seen: &Seen, scope: &Scope) -> Option<Held> {
    let ports = seen.links.iter().filter(|(_name, link)| order::is_port(seen, link));
    let (mut of, mut gone) = (0, 0);
    for (name, _link) in ports {
        of += 1;
        gone += usize::from(!wanted.links.contains_key(name));
    }
    let many = gone * 100 > of * HOLD_PERCENT;
    (many && !scope.confirmed).then_some(Held { ports: gone, of })
}
