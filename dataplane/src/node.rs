//! A node, from what its file says to what its kernel is asked, and to what connections it keeps.
//!
//! Look, give zones, compile, plan: [`look`]. The plan is done by [`apply`](crate::apply::apply);
//! then [`revoke`] cuts what the new rules do not permit.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Device;
use crate::apply::{self, Revoked};
use crate::compile::{self, CompileError};
use crate::desired::{Desired, PortKind, Zones};
use crate::firewall::judge::Judge;
use crate::kernel::{Connection, Interest, Kernel, KernelError, Translation};
use crate::naming::{self, NamingError};
use crate::plan::{self, Plan, Scope};
use crate::router::keep::Keep;
use crate::seen::Seen;
use crate::wanted::Wanted;

/// A node, looked at.
#[derive(Clone, Debug)]
pub struct Node {
    /// What the kernel has.
    pub seen: Seen,
    /// Conntrack zones that the kernel has; of networks that are no longer wanted too.
    pub kept: Zones,
    /// Conntrack zones that are wanted.
    pub zones: Zones,
    /// What is wanted.
    pub wanted: Wanted,
    /// What is to be done.
    pub plan: Plan,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The kernel could not be looked at.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// Networks cannot be numbered.
    #[error(transparent)]
    Naming(#[from] NamingError),
    /// The desired state cannot be had here.
    #[error(transparent)]
    Compile(#[from] CompileError),
}

impl NodeError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Kernel(error) => error.hint(),
            Self::Naming(error) => error.hint(),
            Self::Compile(error) => error.hint(),
        }
    }
}

/// Looks at the kernel and plans for a desired state.
pub fn look(kernel: &mut dyn Kernel, desired: &Desired, scope: &Scope) -> Result<Node, NodeError> {
    let seen = kernel.look(&interest(desired))?;
    decide(seen, desired, scope)
}

/// Plans for a desired state, from what was seen.
pub fn decide(seen: Seen, desired: &Desired, scope: &Scope) -> Result<Node, NodeError> {
    let kept = naming::seen_zones(&seen, &desired.networks);
    let zones = naming::zones(desired, &kept)?;
    let mtu_of = |device: &Device| seen.links.get(device).map(|link| link.mtu);
    let wanted = compile::compile_on(desired, &zones, &mtu_of)?;
    let plan = plan::plan(&wanted, &seen, scope);
    Ok(Node { seen, kept, zones, wanted, plan })
}

/// Looks at the kernel and plans to take away all that is ours.
pub fn look_to_destroy(kernel: &mut dyn Kernel, scope: &Scope) -> Result<Node, KernelError> {
    let seen = kernel.look(&Interest::default())?;
    let kept = naming::seen_zones(&seen, &BTreeMap::new());
    let wanted = Wanted::default();
    let plan = plan::plan(&wanted, &seen, scope);
    Ok(Node { seen, kept, zones: Zones::default(), wanted, plan })
}

/// Cuts the connections that the desired state does not permit; all of them, in zones of networks
/// that are no longer wanted and where nothing is desired.
///
/// # Errors
/// Where conntrack cannot be read or written: then connections may go on that should not.
pub fn revoke(
    kernel: &mut dyn Kernel,
    node: &Node,
    desired: Option<&Desired>,
) -> Result<Revoked, KernelError> {
    revoke_by(kernel, node, &|| desired)
}

/// The same, where what is desired is asked for only if there is any connection.
pub(crate) fn revoke_by<'a>(
    kernel: &mut dyn Kernel,
    node: &'a Node,
    desired: &'a dyn Fn() -> Option<&'a Desired>,
) -> Result<Revoked, KernelError> {
    let mut permits = permits(node, desired);
    let mut revoked = apply::revoke(kernel, &numbers(node), &mut permits)?;
    // Without rooms there is nothing to ask.
    if node.seen.rooms.is_empty() && node.wanted.rooms.is_empty() {
        return Ok(revoked);
    }
    let keep = desired().map(Keep::new);
    let keeps = |it: &Translation| keep.as_ref().is_some_and(|keep| keep.keeps(it));
    let mut seen = 0;
    // As in a network, a packet that passed the old rules may enter its connection late.
    for _pass in 0..apply::PASSES {
        let mut all = kernel.translations()?;
        seen = all.len().max(seen);
        all.retain(|it| !keeps(it));
        if all.is_empty() {
            break;
        }
        revoked.cut = revoked.cut.saturating_add(kernel.cut_translations(&all)?);
    }
    revoked.seen = revoked.seen.saturating_add(seen);
    Ok(revoked)
}

/// Returns the connections that the desired state does not permit.
///
/// # Errors
/// Where conntrack cannot be read.
pub fn stray(
    kernel: &mut dyn Kernel,
    node: &Node,
    desired: Option<&Desired>,
) -> Result<Vec<Connection>, KernelError> {
    let desired = || desired;
    let mut permits = permits(node, &desired);
    let mut connections = kernel.connections(&numbers(node))?;
    connections.retain(|connection| !permits(connection));
    Ok(connections)
}

/// Zones in which there may be connections.
fn numbers(node: &Node) -> BTreeSet<u16> {
    let mut numbers = BTreeSet::new();
    numbers.extend(node.kept.of.values().chain(node.zones.of.values()));
    numbers
}

/// Says of connections whether they are permitted.
fn permits<'a>(
    node: &'a Node,
    desired: &'a dyn Fn() -> Option<&'a Desired>,
) -> impl FnMut(&Connection) -> bool {
    let mut networks = BTreeMap::new();
    networks.extend(node.zones.of.iter().map(|(network, zone)| (*zone, network.as_str())));
    let mut judge: Option<Option<Judge<'a>>> = None;
    move |connection| {
        let judge = judge.get_or_insert_with(|| desired().map(Judge::new)).as_ref();
        let network = networks.get(&connection.zone);
        judge
            .zip(network)
            .is_some_and(|(judge, network)| judge.still_permitted(network, connection))
    }
}

/// What a look has to find: devices of others that are wanted as ports.
fn interest(desired: &Desired) -> Interest {
    let others = desired.ports.values().filter(|port| !matches!(port.kind, PortKind::Veth { .. }));
    let mut interest = Interest::default();
    interest.devices.extend(others.map(|port| port.device.clone()));
    interest
}

#[cfg(test)]
mod tests;
