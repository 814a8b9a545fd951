//! What a batch makes of the rules, and the batch that takes it back.

use crate::nft::{Batch, Chain, Change, Elements, Family, Ruleset, Set, Table};

/// Returns the place of a family's table.
pub(crate) fn table_mut(rules: &mut Ruleset, family: Family) -> &mut Option<Table> {
    match family {
        Family::Inet => &mut rules.inet,
        Family::Netdev => &mut rules.netdev,
    }
}

/// Does a batch to `rules` and returns the batch that undoes it. Changes of what is not there
/// do nothing: whether they may be asked is for the kernel to say.
pub(crate) fn take(rules: &mut Ruleset, batch: &Batch) -> Batch {
    let mut undo = Vec::new();
    // Where the table itself was made, all that was put into it goes with it; of a full node
    // that is megabytes, and not noted at all.
    let mut born = Vec::new();
    for change in &batch.changes {
        let mut back = take_change(rules, change);
        match change {
            Change::AddTable(family) if !back.is_empty() => born.push(*family),
            _ if born.contains(&change.family()) => {}
            _ => {
                back.reverse();
                undo.append(&mut back);
            }
        }
    }
    undo.reverse();
    for family in born {
        undo.retain(|change| change.family() != family);
        undo.push(Change::DeleteTable(family));
    }
    Batch { changes: undo }
}

fn take_change(rules: &mut Ruleset, change: &Change) -> Vec<Change> {
    match change {
        Change::AddTable(family) => {
            let table = table_mut(rules, *family);
            let born = table.is_none();
            table.get_or_insert_default();
            if born { vec![Change::DeleteTable(*family)] } else { Vec::new() }
        }
        Change::DeleteTable(family) => {
            table_mut(rules, *family).take().map_or_else(Vec::new, |table| made(*family, table))
        }
        Change::AddChain { family, name, .. }
        | Change::DeleteChain { family, name }
        | Change::SetRules { family, name, .. } => match table_mut(rules, *family) {
            Some(table) => take_chain(table, *family, name, change),
            None => Vec::new(),
        },
        Change::AddSet { family, name, .. }
        | Change::DeleteSet { family, name }
        | Change::AddElements { family, set: name, .. }
        | Change::DeleteElements { family, set: name, .. } => match table_mut(rules, *family) {
            Some(table) => take_set(table, *family, name, change),
            None => Vec::new(),
        },
    }
}

fn take_chain(table: &mut Table, family: Family, name: &str, change: &Change) -> Vec<Change> {
    let name = name.to_owned();
    match change {
        Change::AddChain { hook, .. } => {
            if table.chains.contains_key(&name) {
                return Vec::new();
            }
            table.chains.insert(name.clone(), Chain { hook: hook.clone(), rules: Vec::new() });
            vec![Change::DeleteChain { family, name }]
        }
        Change::SetRules { rules, .. } => match table.chains.get_mut(&name) {
            Some(chain) => {
                let before = std::mem::replace(&mut chain.rules, rules.clone());
                vec![Change::SetRules { family, name, rules: before }]
            }
            None => Vec::new(),
        },
        _ => match table.chains.remove(&name) {
            Some(chain) => born(family, name, chain),
            None => Vec::new(),
        },
    }
}

/// Changes that make a chain with its rules.
fn born(family: Family, name: String, chain: Chain) -> Vec<Change> {
    let mut back = vec![Change::AddChain { family, name: name.clone(), hook: chain.hook }];
    if !chain.rules.is_empty() {
        back.push(Change::SetRules { family, name, rules: chain.rules });
    }
    back
}

fn take_set(table: &mut Table, family: Family, name: &str, change: &Change) -> Vec<Change> {
    let set = name.to_owned();
    match change {
        Change::AddSet { set: like, .. } => {
            if table.sets.contains_key(name) {
                return Vec::new();
            }
            table.sets.insert(set.clone(), empty(like));
            return vec![Change::DeleteSet { family, name: set }];
        }
        Change::DeleteSet { .. } => {
            return match table.sets.remove(name) {
                Some(gone) => filled(family, set, gone),
                None => Vec::new(),
            };
        }
        _ => {}
    }
    let Some(there) = table.sets.get_mut(name) else { return Vec::new() };
    let shape = there.shape();
    let mut back = Elements::default();
    match change {
        Change::AddElements { elements, .. } if there.elements.is_empty() => {
            there.elements = elements.clone();
            let elements = elements.clone();
            listed(elements, |elements| Change::DeleteElements { family, set, shape, elements })
        }
        Change::AddElements { elements, .. } => {
            for (element, value) in elements.iter() {
                if there.elements.insert(element.clone(), value.clone()).is_none() {
                    back.insert(element.clone(), value.clone());
                }
            }
            listed(back, |elements| Change::DeleteElements { family, set, shape, elements })
        }
        Change::DeleteElements { elements, .. } => {
            for element in elements.keys() {
                back.extend(there.elements.remove_entry(element));
            }
            listed(back, |elements| Change::AddElements { family, set, shape, elements })
        }
        _ => Vec::new(),
    }
}

fn listed(elements: Elements, change: impl FnOnce(Elements) -> Change) -> Vec<Change> {
    if elements.is_empty() { Vec::new() } else { vec![change(elements)] }
}

/// Returns a set of the same shape without elements.
pub(crate) fn empty(set: &Set) -> Set {
    Set { key: set.key.clone(), elements: Elements::default(), ..*set }
}

/// Changes that make a set with its elements.
fn filled(family: Family, name: String, set: Set) -> Vec<Change> {
    let shape = set.shape();
    let mut back = vec![Change::AddSet { family, name: name.clone(), set: empty(&set) }];
    back.extend(listed(set.elements, |elements| Change::AddElements {
        family,
        set: name,
        shape,
        elements,
    }));
    back
}

/// Changes that make a table with all that is in it: names before what names them.
fn made(family: Family, table: Table) -> Vec<Change> {
    let mut changes = vec![Change::AddTable(family)];
    let mut rules = Vec::new();
    for (name, chain) in table.chains {
        let mut chain = born(family, name, chain).into_iter();
        changes.extend(chain.next());
        rules.extend(chain);
    }
    for (name, set) in table.sets {
        changes.extend(filled(family, name, set));
    }
    changes.append(&mut rules);
    changes
}
