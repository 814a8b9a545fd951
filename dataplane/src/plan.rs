//! What would change, in which order, and how each change is undone.

pub(crate) mod batch;
mod conflict;
mod order;
pub(crate) mod rules;
mod state;
pub mod text;

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::address::{Device, Mac};
use crate::kernel::Interest;
use crate::nft::Batch;
use crate::seen::Seen;
use crate::text::Text;
use crate::wanted::{BridgePort, ForwardingKey, Link, LinkKind, NeighbourKey, Wanted};

pub(crate) use state::State;

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
    /// What undoes it, in order; nothing where the undo of an earlier step takes it along.
    pub undo: Vec<Step>,
    /// What no undo brings back, where there is such a thing.
    pub lost: Option<Text>,
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
    Interest { devices: wanted.links.iter().filter_map(existing).collect() }
}

impl Plan {
    /// Whether there is nothing to do and nothing in the way.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.conflicts.is_empty()
    }

    /// Whether rules change: connections that they permitted may have to be cut.
    pub fn changes_rules(&self) -> bool {
        self.steps.iter().any(|planned| matches!(planned.step, Step::Rules(_)))
    }
}

fn waits(wanted: &Wanted, seen: &Seen) -> Vec<Wait> {
    let absent = wanted.links.iter().filter(|(name, _link)| !seen.links.contains_key(*name));
    absent
        .filter_map(|(name, link)| match &link.kind {
            LinkKind::Existing { port } => Some(Wait { port: port.clone(), device: name.clone() }),
            _ => None,
        })
        .collect()
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
