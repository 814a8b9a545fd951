//! Which batches of rules Linux refuses, and how: one change that it refuses refuses all.

use std::collections::BTreeMap;

use crate::address::Device;
use crate::nft::{
    Batch, Chain, Change, Element, Expression, Family, Ruleset, Set, Table, Value, Verdict,
};
use crate::plan::batch;
use crate::plan::rules::{overlap, same_shape, set_of};
use crate::seen::Link;

const ENOENT: i32 = 2;
const EBUSY: i32 = 16;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;

/// Devices of the namespace that the rules are in.
type Links = BTreeMap<Device, Link>;

pub(super) fn check(ruleset: &Ruleset, links: &Links, batch: &Batch) -> Result<(), i32> {
    let mut rules = ruleset.clone();
    for change in &batch.changes {
        let family = change.family();
        match change {
            Change::AddTable(_) => {}
            Change::DeleteTable(_) => drop(table(&rules, family)?),
            _ => check_change(links, table(&rules, family)?, change)?,
        }
        batch::take(&mut rules, &Batch { changes: vec![change.clone()] });
    }
    Ok(())
}

fn table(rules: &Ruleset, family: Family) -> Result<&Table, i32> {
    let table = match family {
        Family::Inet => &rules.inet,
        Family::Netdev => &rules.netdev,
    };
    table.as_ref().ok_or(ENOENT)
}

fn refuse(when: bool, errno: i32) -> Result<(), i32> {
    if when { Err(errno) } else { Ok(()) }
}

fn check_change(links: &Links, table: &Table, change: &Change) -> Result<(), i32> {
    match change {
        Change::AddTable(_) | Change::DeleteTable(_) => Ok(()),
        Change::AddChain { name, hook, .. } => {
            let there = table.chains.get(name);
            refuse(there.is_some_and(|there| there.hook != *hook), EEXIST)?;
            let device = hook.as_ref().and_then(|hook| hook.device.as_ref());
            let absent = device.is_some_and(|device| {
                device.parse().map_or(true, |device| !links.contains_key(&device))
            });
            refuse(there.is_none() && absent, ENOENT)
        }
        Change::DeleteChain { name, .. } => {
            refuse(!table.chains.contains_key(name), ENOENT)?;
            refuse(is_jumped_to(table, name), EBUSY)
        }
        Change::SetRules { name, rules, .. } => {
            refuse(!table.chains.contains_key(name), ENOENT)?;
            for expression in rules.iter().flat_map(|rule| &rule.expressions) {
                let set = set_of(expression);
                refuse(set.is_some_and(|set| !table.sets.contains_key(set)), ENOENT)?;
                if let Expression::Verdict(verdict) = expression {
                    target_exists(table, verdict)?;
                }
            }
            Ok(())
        }
        Change::AddSet { name, set, .. } => {
            let there = table.sets.get(name);
            refuse(there.is_some_and(|there| !same_shape(there, set)), EEXIST)
        }
        Change::DeleteSet { name, .. } => {
            refuse(!table.sets.contains_key(name), ENOENT)?;
            let names = |chain: &Chain| {
                let mut expressions = chain.rules.iter().flat_map(|rule| &rule.expressions);
                expressions.any(|expression| set_of(expression) == Some(name))
            };
            refuse(table.chains.values().any(names), EBUSY)
        }
        Change::AddElements { set, shape, elements, .. } => {
            let set = table.sets.get(set).ok_or(ENOENT)?;
            refuse(set.shape() != *shape, EINVAL)?;
            elements.iter().try_for_each(|element| addable(table, set, element))
        }
        Change::DeleteElements { set, shape, elements, .. } => {
            let set = table.sets.get(set).ok_or(ENOENT)?;
            refuse(set.shape() != *shape, EINVAL)?;
            let there = |element: &Element| set.elements.contains_key(element);
            refuse(!elements.keys().all(there), ENOENT)
        }
    }
}

fn addable(
    table: &Table,
    set: &Set,
    (element, value): (&Element, &Option<Value>),
) -> Result<(), i32> {
    refuse(value.is_some() != set.value.is_some(), EINVAL)?;
    refuse(element.last.is_some() && !set.interval, EINVAL)?;
    if let Some(Value::Verdict(verdict)) = value {
        target_exists(table, verdict)?;
    }
    if let Some(there) = set.elements.get(element) {
        return refuse(there != value, EBUSY);
    }
    let clash = |there: &Element| overlap(&set.key, there, element);
    refuse(set.interval && set.elements.keys().any(clash), EEXIST)
}

fn target_exists(table: &Table, verdict: &Verdict) -> Result<(), i32> {
    match verdict {
        Verdict::Jump(chain) | Verdict::Goto(chain) => {
            let there = table.chains.get(chain).ok_or(ENOENT)?;
            refuse(there.hook.is_some(), EINVAL)
        }
        Verdict::Accept | Verdict::Drop | Verdict::Return => Ok(()),
    }
}

fn is_jumped_to(table: &Table, name: &str) -> bool {
    let jumps = |verdict: &Verdict| match verdict {
        Verdict::Jump(chain) | Verdict::Goto(chain) => chain == name,
        Verdict::Accept | Verdict::Drop | Verdict::Return => false,
    };
    let by_rule = table.chains.values().flat_map(|chain| &chain.rules).any(|rule| {
        let mut expressions = rule.expressions.iter();
        expressions.any(|one| matches!(one, Expression::Verdict(verdict) if jumps(verdict)))
    });
    let mut values = table.sets.values().flat_map(|set| set.elements.values());
    by_rule || values.any(|value| matches!(value, Some(Value::Verdict(verdict)) if jumps(verdict)))
}
