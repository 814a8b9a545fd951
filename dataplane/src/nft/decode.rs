//! Dumps of `nf_tables` as a [`Ruleset`]: our tables in full, of others the names.
//!
//! What [`encode`](super::encode) writes reads back as the same values: registers, ranges and
//! names of verdicts are brought into one form. What is not modelled reads as something that
//! equals nothing of ours, and is never an error; an error is a message without what every
//! such message has.

mod elements;
mod expression;

use std::collections::BTreeMap;

use super::numbers::{ITEM, set_flag};
use super::{
    Chain, Elements, Expression, Family, Foreign, Hook, KeyType, Point, Rule, Ruleset, Set, TABLE,
    Table, ValueType,
};
use crate::kernel::attribute::{attributes, text};
use elements::Points;
use expression::expression;

/// A dump in the making. Bodies begin with `nfgenmsg`, behind `nlmsghdr`.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    inet: Option<Half>,
    netdev: Option<Half>,
    foreign: Foreign,
}

#[derive(Clone, Debug, Default)]
struct Half {
    chains: BTreeMap<String, Chain>,
    sets: BTreeMap<String, (Set, Points)>,
}

/// A message without what every message of its kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a {0} without name or key")]
pub struct Damaged(&'static str);

/// Kinds of attributes of which something is known.
const FIELDS: usize = 21;

/// Values of attributes by kind; the last of those that come twice.
struct Fields<'a> {
    values: [Option<&'a [u8]>; FIELDS],
}

impl<'a> Fields<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        let mut values = [None; FIELDS];
        for (kind, value) in attributes(bytes) {
            if let Some(place) = values.get_mut(usize::from(kind)) {
                *place = Some(value);
            }
        }
        Self { values }
    }

    fn bytes(&self, kind: usize) -> Option<&'a [u8]> {
        self.values.get(kind).copied().flatten()
    }

    fn text(&self, kind: usize) -> Option<&'a str> {
        self.bytes(kind).and_then(text)
    }

    fn number(&self, kind: usize) -> Option<u32> {
        Some(u32::from_be_bytes(self.bytes(kind)?.try_into().ok()?))
    }

    /// Whether there is nothing but these kinds.
    fn only(&self, kinds: &[usize]) -> bool {
        self.values.iter().enumerate().all(|(at, value)| value.is_none() || kinds.contains(&at))
    }
}

impl Reading {
    /// Takes a table.
    pub fn table(&mut self, body: &[u8]) -> Result<(), Damaged> {
        let Some((family, fields)) = start(body) else {
            return Ok(());
        };
        match fields.text(1).ok_or(Damaged("table"))? {
            TABLE => *self.half_mut(family) = Some(Half::default()),
            name => {
                self.foreign.insert((family, name.to_owned()));
            }
        }
        Ok(())
    }

    /// Takes a chain.
    pub fn chain(&mut self, body: &[u8]) -> Result<(), Damaged> {
        let Some((family, fields)) = ours(body, 1) else {
            return Ok(());
        };
        let name = fields.text(3).ok_or(Damaged("chain"))?;
        let chain = chain(family, &fields);
        self.half(family).chains.insert(name.to_owned(), chain);
        Ok(())
    }

    /// Takes a rule; rules of a chain come in their order.
    pub fn rule(&mut self, body: &[u8]) -> Result<(), Damaged> {
        let Some((family, fields)) = ours(body, 1) else {
            return Ok(());
        };
        let chain = fields.text(2).ok_or(Damaged("rule"))?.to_owned();
        let list = fields.bytes(4).unwrap_or_default();
        let rule = Rule {
            expressions: items(list).map(expression).collect(),
            comment: fields.bytes(7).and_then(comment),
        };
        self.half(family).chains.entry(chain).or_default().rules.push(rule);
        Ok(())
    }

    /// Takes a set without its elements. A set without a name of its own is part of the rule
    /// that uses it, and not told.
    pub fn set(&mut self, body: &[u8]) -> Result<(), Damaged> {
        let Some((family, fields)) = ours(body, 1) else {
            return Ok(());
        };
        let name = fields.text(2).ok_or(Damaged("set"))?;
        let flags = fields.number(3).unwrap_or_default();
        if flags & set_flag::ANONYMOUS == 0 {
            let set = set(&fields, flags);
            let points = Points::of_count(fields.number(20));
            self.half(family).sets.insert(name.to_owned(), (set, points));
        }
        Ok(())
    }

    /// Takes elements of a set that was told before.
    pub fn elements(&mut self, body: &[u8]) -> Result<(), Damaged> {
        let Some((family, fields)) = ours(body, 1) else {
            return Ok(());
        };
        let name = fields.text(2).ok_or(Damaged("list of elements"))?;
        if let Some((set, points)) = self.half(family).sets.get_mut(name) {
            for item in items(fields.bytes(3).unwrap_or_default()) {
                points.take(set, item).ok_or(Damaged("element"))?;
            }
        }
        Ok(())
    }

    /// Returns our sets, whose elements are to be asked for one by one.
    pub fn sets(&self) -> Vec<(Family, String)> {
        let names = |family, half: &Option<Half>| -> Vec<(Family, String)> {
            half.iter()
                .flat_map(|half| half.sets.keys())
                .map(|name| (family, name.clone()))
                .collect()
        };
        [names(Family::Inet, &self.inet), names(Family::Netdev, &self.netdev)].concat()
    }

    /// Returns how many elements of a hash set were told, and how many the kernel says it has
    /// (`NFTA_SET_COUNT`, newer than Linux 6.1), both without the one for all others. Nothing of
    /// other kinds of sets.
    ///
    /// A dump of a hash set that grows or shrinks, which the kernel does in the background after
    /// a change, leaves elements out and does not say so (of 100,000 it told 92,511; Linux 6.18).
    pub fn count(&self, family: Family, set: &str) -> Option<(usize, Option<usize>)> {
        let half = match family {
            Family::Inet => self.inet.as_ref(),
            Family::Netdev => self.netdev.as_ref(),
        };
        let (set, points) = half?.sets.get(set)?;
        (!set.interval).then(|| points.count())
    }

    /// Returns whether there is a table of ours in a family.
    pub fn has(&self, family: Family) -> bool {
        match family {
            Family::Inet => self.inet.is_some(),
            Family::Netdev => self.netdev.is_some(),
        }
    }

    /// Returns what was read.
    pub fn finish(self) -> (Ruleset, Foreign) {
        let ruleset =
            Ruleset { inet: self.inet.map(Half::finish), netdev: self.netdev.map(Half::finish) };
        (ruleset, self.foreign)
    }

    fn half_mut(&mut self, family: Family) -> &mut Option<Half> {
        match family {
            Family::Inet => &mut self.inet,
            Family::Netdev => &mut self.netdev,
        }
    }

    /// What is ours, which is there where something in it is told, table told or not.
    fn half(&mut self, family: Family) -> &mut Half {
        self.half_mut(family).get_or_insert_default()
    }
}

impl Half {
    fn finish(self) -> Table {
        let mut table = Table { chains: self.chains, ..Table::default() };
        for (name, (mut set, points)) in self.sets {
            *set.elements = points.finish();
            set.elements.settle();
            table.sets.insert(name, set);
        }
        table
    }
}

/// Reads family and attributes; nothing of other families.
fn start(body: &[u8]) -> Option<(Family, Fields<'_>)> {
    let (header, rest) = body.split_at_checked(4)?;
    Some((Family::of(*header.first()?)?, Fields::of(rest)))
}

/// The same, of what is in our table by the attribute that names the table.
fn ours(body: &[u8], table: usize) -> Option<(Family, Fields<'_>)> {
    start(body).filter(|(_family, fields)| fields.text(table) == Some(TABLE))
}

/// Values of a list.
fn items(list: &[u8]) -> impl Iterator<Item = &[u8]> {
    attributes(list).filter(|(kind, _value)| *kind == ITEM).map(|(_kind, value)| value)
}

fn chain(family: Family, fields: &Fields<'_>) -> Chain {
    let Some(hook) = fields.bytes(4).map(Fields::of) else {
        return Chain::default();
    };
    let chain_type = fields.text(7).unwrap_or_default();
    let point = hook.number(1).and_then(|number| Point::of(number, chain_type, family));
    let devices = hook.bytes(4).unwrap_or_default();
    let mut devices = attributes(devices).filter_map(|(_kind, value)| text(value));
    let device = devices.next().or_else(|| hook.text(3)).map(str::to_owned);
    let mut rules = Vec::new();
    // Of other types, points or devices than we ever make: seen as a rule before all others.
    for (odd, name) in [
        (point.is_none(), "point or type of chain"),
        (devices.next().is_some(), "devices of chain"),
    ] {
        if odd {
            let name = name.to_owned();
            let data = fields.bytes(7).unwrap_or_default().to_vec();
            rules.push(Rule { expressions: vec![Expression::Other { name, data }], comment: None });
        }
    }
    let hook = Hook {
        point: point.unwrap_or(Point::Ingress),
        priority: hook.number(2).unwrap_or_default().cast_signed(),
        device,
        drops: fields.number(5) == Some(0),
    };
    Chain { hook: Some(hook), rules }
}

fn set(fields: &Fields<'_>, flags: u32) -> Set {
    let length = fields.number(5).unwrap_or_default();
    let mut key = KeyType::parts_of(fields.number(4).unwrap_or_default(), length);
    let known = set_flag::INTERVAL | set_flag::MAP | set_flag::CONCAT;
    if flags & !known != 0 || (key.len() > 1) != (flags & set_flag::CONCAT != 0) {
        key = vec![KeyType::Other { number: flags, length }];
    }
    let value = (flags & set_flag::MAP != 0).then(|| {
        let number = |kind| fields.number(kind).unwrap_or_default();
        ValueType::of(number(6), number(7))
    });
    let interval = flags & set_flag::INTERVAL != 0;
    Set { key, value, interval, elements: Elements::default() }
}

/// Finds the comment in user data: pieces with kind and length of one byte each.
fn comment(mut rest: &[u8]) -> Option<String> {
    while let [kind, length, behind @ ..] = rest {
        let (value, others) = behind.split_at_checked(usize::from(*length))?;
        if *kind == 0 {
            return text(value).map(str::to_owned);
        }
        rest = others;
    }
    None
}
