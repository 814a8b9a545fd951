//! Which batches turn the rules that are there into those that are wanted.
//!
//! What is new or other comes in one batch, what is stale goes in another, later. Sets change by
//! their elements; one whose key or value is of another shape is replaced in the batch, and the
//! rules that name it are empty meanwhile, which nobody sees: a batch is one change.

use std::collections::BTreeSet;

use super::MARK;
use super::batch::empty;
use crate::nft::{
    Batch, Chain, Change, Element, Elements, Expression, Family, KeyType, Rule, Ruleset, Set,
    Table, Value, ValueType, Verdict,
};

/// Both families with what is wanted and what is there.
fn families<'a>(
    want: &'a Ruleset,
    have: &'a Ruleset,
) -> [(Family, Option<&'a Table>, Option<&'a Table>); 2] {
    [
        (Family::Inet, want.inet.as_ref(), have.inet.as_ref()),
        (Family::Netdev, want.netdev.as_ref(), have.netdev.as_ref()),
    ]
}

/// Whether a table is ours.
pub(crate) fn is_ours(table: &Table) -> bool {
    table.chains.get(MARK).is_some_and(|chain| chain.hook.is_none())
}

/// Returns the batch that adds what is wanted and changes what is other; `present` says whether
/// a device is there. A chain at the ingress of one that is not has to wait for it.
pub(crate) fn adding(want: &Ruleset, have: &Ruleset, present: &dyn Fn(&str) -> bool) -> Batch {
    let mut batch = Batch::default();
    for (family, want, have) in families(want, have) {
        if let Some(want) = want {
            add(&mut batch.changes, family, want, have, present);
        }
    }
    batch
}

/// Returns the batch that takes away what is stale.
pub(crate) fn removing(want: &Ruleset, have: &Ruleset) -> Batch {
    let mut batch = Batch::default();
    for (family, want, have) in families(want, have) {
        match (want, have) {
            (Some(want), Some(have)) => remove(&mut batch.changes, family, want, have),
            (None, Some(have)) if is_ours(have) => batch.changes.push(Change::DeleteTable(family)),
            _ => {}
        }
    }
    batch
}

/// Returns the batch that takes away the chains at the ingress of a device.
pub(crate) fn releasing(have: &Ruleset, device: &str) -> Batch {
    let chains = have.netdev.iter().flat_map(|table| &table.chains);
    let of_device = chains.filter(|(_name, chain)| device_of(chain) == Some(device));
    let family = Family::Netdev;
    let delete = |(name, _): (&String, _)| Change::DeleteChain { family, name: name.clone() };
    Batch { changes: of_device.map(delete).collect() }
}

fn device_of(chain: &Chain) -> Option<&str> {
    chain.hook.as_ref()?.device.as_deref()
}

fn add(
    changes: &mut Vec<Change>,
    family: Family,
    want: &Table,
    have: Option<&Table>,
    present: &dyn Fn(&str) -> bool,
) {
    let nothing = Table::default();
    if have.is_none() {
        changes.push(Change::AddTable(family));
        changes.push(Change::AddChain { family, name: MARK.to_owned(), hook: None });
    }
    let have = have.unwrap_or(&nothing);
    let mut rules = BTreeSet::new();
    for (name, chain) in &want.chains {
        let there = have.chains.get(name);
        let same_hook = there.is_some_and(|there| there.hook == chain.hook);
        if !same_hook {
            if there.is_some() {
                changes.push(Change::DeleteChain { family, name: name.clone() });
            }
            if !device_of(chain).is_none_or(present) {
                continue;
            }
            let hook = chain.hook.clone();
            changes.push(Change::AddChain { family, name: name.clone(), hook });
        }
        let before = there.filter(|_chain| same_hook).map_or(&[][..], |there| &there.rules);
        if before != chain.rules {
            rules.insert(name.as_str());
        }
    }
    let mut reshaped = BTreeSet::new();
    for (name, set) in &want.sets {
        if have.sets.get(name).is_some_and(|there| !same_shape(set, there)) {
            reshaped.insert(name.as_str());
        }
    }
    emptied(changes, family, want, have, &reshaped, &mut rules);
    for (name, set) in &want.sets {
        let there = have.sets.get(name).filter(|_set| !reshaped.contains(name.as_str()));
        if there.is_none() {
            changes.push(Change::AddSet { family, name: name.clone(), set: empty(set) });
        }
        add_elements(changes, family, name, set, there);
    }
    for name in rules {
        if let Some(chain) = want.chains.get(name) {
            let rules = chain.rules.clone();
            changes.push(Change::SetRules { family, name: name.to_owned(), rules });
        }
    }
}

/// Frees sets that have to be replaced from the rules that name them, and takes them away.
fn emptied<'a>(
    changes: &mut Vec<Change>,
    family: Family,
    want: &Table,
    have: &'a Table,
    reshaped: &BTreeSet<&str>,
    rules: &mut BTreeSet<&'a str>,
) {
    let naming = |chain: &Chain| {
        let mut expressions = chain.rules.iter().flat_map(|rule| &rule.expressions);
        expressions.any(|expression| set_of(expression).is_some_and(|set| reshaped.contains(set)))
    };
    for (name, chain) in have.chains.iter().filter(|(_name, chain)| naming(chain)) {
        let set = |rules| Change::SetRules { family, name: name.clone(), rules };
        match want.chains.get(name) {
            Some(wanted) if wanted.hook == chain.hook => {
                changes.push(set(Vec::new()));
                rules.insert(name);
            }
            // It has gone with its old hook.
            Some(_) => {}
            // A stale chain may still be jumped to: until it goes, it lets nothing by.
            None => {
                let drop = vec![Expression::Verdict(Verdict::Drop)];
                changes.push(set(vec![Rule { expressions: drop, comment: None }]));
            }
        }
    }
    for name in reshaped {
        let Some(set) = have.sets.get(*name) else { continue };
        drop_verdicts(changes, family, name, set);
        changes.push(Change::DeleteSet { family, name: (*name).to_owned() });
    }
}

/// Takes the elements out of a verdict map that is about to go: older kernels keep the chains
/// that they jump to in use until the batch has ended.
fn drop_verdicts(changes: &mut Vec<Change>, family: Family, name: &str, set: &Set) {
    if set.value == Some(ValueType::Verdict) && !set.elements.is_empty() {
        let elements = set.elements.clone();
        let (set, shape) = (name.to_owned(), set.shape());
        changes.push(Change::DeleteElements { family, set, shape, elements });
    }
}

fn add_elements(
    changes: &mut Vec<Change>,
    family: Family,
    name: &str,
    want: &Set,
    have: Option<&Set>,
) {
    // Mostly they are the same, and are looked at in a row and not looked up.
    if have.is_some_and(|set| set.elements == want.elements) {
        return;
    }
    let nothing = Elements::default();
    let there = have.map_or(&nothing, |set| &set.elements);
    let other = |(element, value): &(&Element, &Option<Value>)| there.get(element) != Some(*value);
    let new: Vec<_> = want.elements.iter().filter(other).collect();
    if new.is_empty() {
        return;
    }
    let shape = want.shape();
    if there.is_empty() {
        let (set, elements) = (name.to_owned(), want.elements.clone());
        changes.push(Change::AddElements { family, set, shape, elements });
        return;
    }
    // What has to make room in the same batch: other values of the same key, and ranges that
    // overlap, which the kernel refuses to have side by side.
    let mut old: Vec<(Element, Option<Value>)> =
        new.iter().filter_map(|(element, _)| there.get_key_value(element)).map(owned).collect();
    if want.interval {
        let stale = there.iter().filter(|(element, _)| !want.elements.contains_key(element));
        let alone = want.key.len() == 1;
        let clash = |element: &Element| match new_at_or_before(&new, element) {
            // Keys of one part are in a row, and none of `new` reaches into the next.
            before if alone => before.is_some_and(|before| overlap(&want.key, element, before)),
            _ => new.iter().any(|(new, _)| overlap(&want.key, element, new)),
        };
        old.extend(stale.filter(|(element, _)| clash(element)).map(owned));
    }
    if !old.is_empty() {
        let (set, elements) = (name.to_owned(), old.into_iter().collect());
        changes.push(Change::DeleteElements { family, set, shape, elements });
    }
    let elements = new.into_iter().map(owned).collect();
    changes.push(Change::AddElements { family, set: name.to_owned(), shape, elements });
}

/// Returns the last of sorted elements that begins where another ends or before.
fn new_at_or_before<'n>(
    new: &[(&'n Element, &Option<Value>)],
    element: &Element,
) -> Option<&'n Element> {
    let end = element.last.as_deref().unwrap_or(&element.key);
    let behind = new.partition_point(|(new, _value)| new.key <= *end);
    behind.checked_sub(1).and_then(|at| new.get(at)).map(|(new, _value)| *new)
}

fn owned((element, value): (&Element, &Option<Value>)) -> (Element, Option<Value>) {
    (element.clone(), value.clone())
}

fn remove(changes: &mut Vec<Change>, family: Family, want: &Table, have: &Table) {
    for (name, set) in &want.sets {
        let other = |there: &&Set| there.elements != set.elements;
        let Some(there) = have.sets.get(name).filter(other) else { continue };
        let stale = there.elements.iter().filter(|(key, _)| !set.elements.contains_key(key));
        let elements: Elements = stale.map(owned).collect();
        if !elements.is_empty() {
            let (set, shape) = (name.clone(), there.shape());
            changes.push(Change::DeleteElements { family, set, shape, elements });
        }
    }
    let stale = |name: &&String| !want.chains.contains_key(*name) && *name != MARK;
    let chains: Vec<&String> = have.chains.keys().filter(stale).collect();
    for name in &chains {
        if have.chains.get(*name).is_some_and(|chain| !chain.rules.is_empty()) {
            let name = (*name).clone();
            changes.push(Change::SetRules { family, name, rules: Vec::new() });
        }
    }
    for (name, set) in have.sets.iter().filter(|(name, _set)| !want.sets.contains_key(*name)) {
        drop_verdicts(changes, family, name, set);
        changes.push(Change::DeleteSet { family, name: name.clone() });
    }
    for name in chains {
        changes.push(Change::DeleteChain { family, name: name.clone() });
    }
}

/// Returns the set that an expression names.
pub(crate) fn set_of(expression: &Expression) -> Option<&str> {
    match expression {
        Expression::Lookup { set, .. }
        | Expression::Map { set, .. }
        | Expression::VerdictMap { set, .. } => Some(set),
        _ => None,
    }
}

/// Whether elements of one set can be in the other.
pub(crate) fn same_shape(a: &Set, b: &Set) -> bool {
    (&a.key, a.value, a.interval) == (&b.key, b.value, b.interval)
}

/// Whether two elements have a key in common, part by part.
pub(crate) fn overlap(key: &[KeyType], a: &Element, b: &Element) -> bool {
    let mut at = 0;
    key.iter().all(|part| {
        let width = padded(*part);
        let of = |bytes: &[u8]| bytes.get(at..).map(|rest| rest[..width.min(rest.len())].to_vec());
        let last = |element: &Element| of(element.last.as_deref().unwrap_or(&element.key));
        let meets = of(&a.key) <= last(b) && of(&b.key) <= last(a);
        at = at.saturating_add(width);
        meets
    })
}

/// Bytes of a part of a key, in whole registers.
fn padded(part: KeyType) -> usize {
    match part {
        KeyType::InterfaceName | KeyType::Ipv6 => 16,
        KeyType::Ether => 8,
        KeyType::Ipv4 | KeyType::Protocol | KeyType::Port | KeyType::CtState => 4,
        KeyType::Other { length, .. } => {
            usize::try_from(length).map_or(usize::MAX, |length| length.next_multiple_of(4))
        }
    }
}
