//! A change of one VPC planned by itself: what it was compiled to, what it is compiled to now,
//! and between them what the kernel is asked for.
//!
//! The rules and entries of the VPC are taken to be there as they were read back last: whoever
//! plans so has heard of nothing since. Its devices are looked at. What a VPC becomes does not
//! depend on others but by names and numbers that are made of hashes; those are compared, and
//! where two would be one the change goes by way of the whole, as it does where the plan would
//! touch what all VPCs share.

use std::collections::{BTreeMap, BTreeSet};

use super::part::Part;
use crate::address::Device;
use crate::compile;
use crate::desired::{Desired, Zones};
use crate::firewall::compile as firewall;
use crate::naming;
use crate::nft::{Chain, Change, Ruleset, Set, Table, Value, ValueType};
use crate::node::Node;
use crate::plan::{self, MARK, Scope, Step};
use crate::seen::{self, Seen};
use crate::wanted::{LinkKind, Wanted};

/// What has to be known of the whole.
#[derive(Clone, Debug)]
pub struct Known {
    zones: Zones,
    /// Largest packet of the underlay's device in bytes.
    mtu: Option<u32>,
    /// Names of chains and sets.
    names: BTreeSet<String>,
    /// Numbers of profiles and of who has an address.
    numbers: BTreeSet<u32>,
}

impl Known {
    /// Returns what is known behind a look that found all as wanted; nothing where two things
    /// share a number. `mtu` is the largest packet of the underlay's device in bytes.
    pub fn of(desired: &Desired, zones: Zones, wanted: Wanted, mtu: Option<u32>) -> Option<Self> {
        let mut own = (BTreeSet::new(), BTreeSet::new());
        own.0.extend(names(&wanted.ruleset).map(str::to_owned));
        own.1.extend(numbers(&wanted.ruleset));
        let (names, numbers) = own;
        // On a full node it is megabytes, and so is what follows.
        drop(wanted);
        (!firewall::shares_numbers(desired)).then_some(Self { zones, mtu, names, numbers })
    }

    /// Whether it is still so behind another look that found all as it was.
    pub fn holds(&self, mtu: Option<u32>) -> bool {
        self.mtu == mtu
    }

    /// Returns the devices that a plan for a part has to see.
    pub fn devices(part: &Part) -> Vec<Device> {
        let mut devices = BTreeSet::new();
        for desired in [&*part.before, &*part.after] {
            for network in desired.networks.keys() {
                devices.extend([naming::bridge(network), naming::vxlan(network)]);
            }
            for port in desired.ports.values() {
                devices.extend(super::part::names(port).cloned());
            }
        }
        devices.into_iter().collect()
    }

    /// Plans for a part, whose devices are `links`; nothing where it has to be planned for the
    /// whole.
    pub fn decide(
        &self,
        part: &Part,
        links: BTreeMap<Device, seen::Link>,
    ) -> Option<(Node, Difference)> {
        let placed = naming::placed(&part.after);
        if placed != naming::placed(&part.before) {
            return None;
        }
        let mut zones = Zones::default();
        for network in placed {
            zones.of.insert(network.to_owned(), *self.zones.of.get(network)?);
        }
        let facts = part.facts.as_ref();
        let before = compile::compile_part(&part.before, &zones, self.mtu, facts).ok()?;
        let wanted = compile::compile_part(&part.after, &zones, self.mtu, facts).ok()?;
        let mut difference = Difference::of(&before.ruleset, &wanted.ruleset);
        // Numbers follow from the facts.
        difference.numbers.retain(|_number| facts.is_none());
        if difference.names.iter().any(|(name, new)| *new && self.names.contains(name))
            || difference.numbers.iter().any(|(it, new)| *new && self.numbers.contains(it))
        {
            return None;
        }
        let seen = standing(before, links);
        // Who changes one object means it.
        let scope = Scope { complete: true, confirmed: true, began: BTreeSet::new() };
        let plan = plan::plan(&wanted, &seen, &scope);
        let own = plan.conflicts.is_empty() && plan.steps.iter().all(|it| is_own(&it.step));
        let node = own.then(|| Node { seen, kept: zones.clone(), zones, wanted, plan })?;
        Some((node, difference))
    }

    /// Takes in that a part was done.
    pub fn learn(&mut self, difference: Difference) {
        for (name, new) in difference.names {
            if new {
                self.names.insert(name)
            } else {
                self.names.remove(&name)
            };
        }
        for (number, new) in difference.numbers {
            if new {
                self.numbers.insert(number)
            } else {
                self.numbers.remove(&number)
            };
        }
    }
}

/// Names and numbers that are new, and those that are gone.
#[derive(Clone, Debug)]
pub struct Difference {
    names: Vec<(String, bool)>,
    numbers: Vec<(u32, bool)>,
}

impl Difference {
    fn of(before: &Ruleset, after: &Ruleset) -> Self {
        let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
        old.extend(names(before));
        new.extend(names(after));
        let names = old.symmetric_difference(&new).map(|it| ((*it).to_owned(), new.contains(it)));
        let names = names.collect();
        let (mut old, mut new) = (BTreeSet::new(), BTreeSet::new());
        old.extend(numbers(before));
        new.extend(numbers(after));
        let numbers = old.symmetric_difference(&new).map(|it| (*it, new.contains(it))).collect();
        Self { names, numbers }
    }
}

fn tables(ruleset: &Ruleset) -> impl Iterator<Item = &Table> {
    [&ruleset.inet, &ruleset.netdev].into_iter().flatten()
}

fn names(ruleset: &Ruleset) -> impl Iterator<Item = &str> {
    tables(ruleset)
        .flat_map(|table| table.chains.keys().chain(table.sets.keys()).map(String::as_str))
}

fn numbers(ruleset: &Ruleset) -> impl Iterator<Item = u32> {
    let sets = tables(ruleset).flat_map(|table| table.sets.values());
    let marks = sets.filter(|set| set.value == Some(ValueType::Mark));
    marks.flat_map(|set: &Set| set.elements.values()).filter_map(|value| match value {
        Some(Value::Bytes(bytes)) => Some(u32::from_ne_bytes(bytes.as_slice().try_into().ok()?)),
        _ => None,
    })
}

/// Returns what is there where `wanted` was done, with these devices.
fn standing(wanted: Wanted, links: BTreeMap<Device, seen::Link>) -> Seen {
    let Wanted { mut forwarding, mut neighbours, mut ruleset, .. } = wanted;
    forwarding.retain(|key, _to| links.contains_key(&key.device));
    neighbours.retain(|key, _mac| links.contains_key(&key.device));
    for table in [&mut ruleset.inet, &mut ruleset.netdev].into_iter().flatten() {
        table.chains.retain(|_name, chain| {
            let device = chain.hook.as_ref().and_then(|hook| hook.device.as_deref());
            let device = device.and_then(|device| device.parse::<Device>().ok());
            device.is_none_or(|device| links.contains_key(&device))
        });
        table.chains.insert(MARK.to_owned(), Chain::default());
    }
    Seen { links, forwarding, neighbours, ruleset, ..Seen::default() }
}

/// Returns what would still have to change of devices.
pub(super) fn residue(wanted: &Wanted, seen: &Seen, scope: &Scope) -> plan::Plan {
    let wanted = Wanted { links: wanted.links.clone(), ..Wanted::default() };
    let seen = Seen { links: seen.links.clone(), ..Seen::default() };
    plan::plan(&wanted, &seen, scope)
}

/// Whether a step touches nothing that all VPCs share.
fn is_own(step: &Step) -> bool {
    match step {
        Step::Rules(batch) => batch.changes.iter().all(is_own_change),
        Step::AddLink { link, .. } => matches!(link.kind, LinkKind::Veth { .. }),
        Step::AddRoom { .. } | Step::DeleteRoom { .. } | Step::Room { .. } => false,
        _ => true,
    }
}

/// Elements are keyed by what is the VPC's own; so are chains of ports and of their groups, and
/// sets of members. Sets of ranges may serve several VPCs.
fn is_own_change(change: &Change) -> bool {
    let own = |name: &str, of: &[&str]| of.iter().any(|prefix| name.starts_with(prefix));
    match change {
        Change::AddElements { set, .. } | Change::DeleteElements { set, .. } => {
            !own(set, &["as_r_"])
        }
        Change::AddChain { name, .. }
        | Change::DeleteChain { name, .. }
        | Change::SetRules { name, .. } => own(name, &["as_p_", "as_i_", "as_o_"]),
        Change::AddSet { name, .. } | Change::DeleteSet { name, .. } => {
            own(name, &["as_g_", "as_h_"])
        }
        Change::AddTable(_) | Change::DeleteTable(_) => false,
    }
}

#[cfg(test)]
mod tests;
