//! A [`Batch`] as one datagram of netlink: `NFNL_MSG_BATCH_BEGIN`, a message or more for each
//! change, `NFNL_MSG_BATCH_END`.
//!
//! The kernel does all of it or nothing. An acknowledgement is asked of the last message between
//! begin and end, never of these two, whose answer changed its meaning in Linux 6.10. Formats:
//! `include/uapi/linux/netfilter/{nfnetlink,nf_tables}.h`.

mod elements;
mod expression;

use std::fmt;

use super::numbers::{ITEM, SUBSYSTEM, message, set_flag};
use super::{Batch, Change, Ct, Family, Hook, KeyType, Meta, Rule, Set, TABLE, ValueType};
use crate::kernel::attribute::Body;
use elements::elements;
use expression::expression;

const REQUEST: u16 = 0x1;
const ACK: u16 = 0x4;
const CREATE: u16 = 0x400;
const APPEND: u16 = 0x800;

/// A batch as it is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Datagram {
    /// What is sent.
    pub bytes: Vec<u8>,
    /// Of each message between begin and end, the change that it belongs to, by place. Where
    /// there is none there is nothing to send.
    pub changes: Vec<usize>,
    /// The number of the begin; the others count up from it.
    pub first: u32,
}

impl Datagram {
    /// Returns how many messages it has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.changes.len()).unwrap_or(u32::MAX).saturating_add(2)
    }

    /// Gives the begin another number, and all others theirs.
    pub fn number(&mut self, first: u32) {
        let mut at = 0;
        let mut number = first;
        while let Some(header) = self.bytes.get_mut(at..).and_then(|rest| rest.get_mut(..12)) {
            let (length, rest) = header.split_at_mut(8);
            rest.copy_from_slice(&number.to_ne_bytes());
            let length = length.first_chunk().map_or(0, |length| u32::from_ne_bytes(*length));
            at = at.saturating_add(usize::try_from(length).unwrap_or(usize::MAX));
            number = number.wrapping_add(1);
        }
        self.first = first;
    }

    /// Returns the place of the change whose message has a number; nothing for begin and end,
    /// which stand for all.
    pub fn change_of(&self, offset: u32) -> Option<usize> {
        let at = usize::try_from(offset.checked_sub(1)?).ok()?;
        self.changes.get(at).copied()
    }
}

/// Writes a batch whose begin has the number `first`. With a generation the kernel does it only
/// where no other change came between (`ERESTART` else).
pub fn encode(batch: &Batch, first: u32, generation: Option<u32>) -> Datagram {
    let mut write = Writer { sequence: first, ..Writer::default() };
    write.begin_or_end(message::BATCH_BEGIN, generation);
    for (at, change) in batch.changes.iter().enumerate() {
        write.change = at;
        write.change(change);
    }
    write.acknowledge_last();
    write.begin_or_end(message::BATCH_END, None);
    Datagram { bytes: write.body.0, changes: write.changes, first }
}

impl fmt::Display for Change {
    /// What it would do, for errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddTable(family) => write!(f, "add table {} {TABLE}", family.name()),
            Self::DeleteTable(family) => write!(f, "delete table {} {TABLE}", family.name()),
            Self::AddChain { family, name, .. } => write!(f, "add chain {} {name}", family.name()),
            Self::DeleteChain { family, name } => {
                write!(f, "delete chain {} {name}", family.name())
            }
            Self::SetRules { family, name, .. } => {
                write!(f, "set rules of chain {} {name}", family.name())
            }
            Self::AddSet { family, name, .. } => write!(f, "add set {} {name}", family.name()),
            Self::DeleteSet { family, name } => write!(f, "delete set {} {name}", family.name()),
            Self::AddElements { family, set, .. } => {
                write!(f, "add elements to set {} {set}", family.name())
            }
            Self::DeleteElements { family, set, .. } => {
                write!(f, "delete elements of set {} {set}", family.name())
            }
        }
    }
}

/// A datagram in the making.
#[derive(Debug, Default)]
struct Writer {
    body: Body,
    sequence: u32,
    /// Where the last message begins.
    last: usize,
    /// The change that messages now belong to.
    change: usize,
    changes: Vec<usize>,
    /// Sets made so far: each needs a number of its own in a batch.
    sets: u32,
}

impl Writer {
    fn change(&mut self, change: &Change) {
        match change {
            Change::AddTable(family) => self.table(message::NEW_TABLE, CREATE, *family),
            Change::DeleteTable(family) => self.table(message::DELETE_TABLE, 0, *family),
            Change::AddChain { family, name, hook } => self.chain(*family, name, hook.as_ref()),
            Change::DeleteChain { family, name } => {
                self.named(message::DELETE_CHAIN, *family, 3, name);
            }
            Change::SetRules { family, name, rules } => {
                // Without a handle: all rules of the chain.
                self.named(message::DELETE_RULE, *family, 2, name);
                for rule in rules {
                    self.rule(*family, name, rule);
                }
            }
            Change::AddSet { family, name, set } => self.set(*family, name, set),
            Change::DeleteSet { family, name } => {
                self.named(message::DELETE_SET, *family, 2, name);
            }
            Change::AddElements { family, set, shape, elements: all } => {
                elements(self, *family, set, *shape, true, all);
            }
            Change::DeleteElements { family, set, shape, elements: all } => {
                elements(self, *family, set, *shape, false, all);
            }
        }
    }

    fn table(&mut self, kind: u8, flags: u16, family: Family) {
        self.message(kind, flags, family, &mut |body| body.put_text(1, TABLE));
    }

    /// A message that names the table and one thing in it.
    fn named(&mut self, kind: u8, family: Family, attribute: u16, name: &str) {
        self.message(kind, 0, family, &mut |body| {
            body.put_text(1, TABLE);
            body.put_text(attribute, name);
        });
    }

    fn chain(&mut self, family: Family, name: &str, hook: Option<&Hook>) {
        self.message(message::NEW_CHAIN, CREATE, family, &mut |body| {
            body.put_text(1, TABLE);
            body.put_text(3, name);
            let Some(Hook { point, priority, device, drops }) = hook else {
                return;
            };
            body.nest(4, &mut |body| {
                put_be32(body, 1, point.number(family));
                put_be32(body, 2, priority.cast_unsigned());
                if let Some(device) = device {
                    body.put_text(3, device);
                }
            });
            // `NF_DROP` or `NF_ACCEPT`.
            put_be32(body, 5, u32::from(!drops));
            body.put_text(7, point.chain_type());
        });
    }

    fn rule(&mut self, family: Family, chain: &str, rule: &Rule) {
        self.message(message::NEW_RULE, CREATE | APPEND, family, &mut |body| {
            body.put_text(1, TABLE);
            body.put_text(2, chain);
            body.nest(4, &mut |body| {
                for each in &rule.expressions {
                    body.nest(ITEM, &mut |body| expression(body, each));
                }
            });
            if let Some(comment) = &rule.comment {
                body.put(7, &user_data(0, &[comment.as_bytes(), &[0]].concat()));
            }
        });
    }

    fn set(&mut self, family: Family, name: &str, set: &Set) {
        self.sets = self.sets.wrapping_add(1);
        let number = self.sets;
        let mut flags = 0;
        for (flag, on) in [
            (set_flag::INTERVAL, set.interval),
            (set_flag::MAP, set.value.is_some()),
            (set_flag::CONCAT, set.key.len() > 1),
        ] {
            flags |= if on { flag } else { 0 };
        }
        self.message(message::NEW_SET, CREATE, family, &mut |body| {
            body.put_text(1, TABLE);
            body.put_text(2, name);
            put_be32(body, 3, flags);
            put_be32(body, 4, KeyType::number_of(&set.key));
            put_be32(body, 5, KeyType::length_of(&set.key));
            if let Some(value) = set.value {
                put_be32(body, 6, value.number());
                // Of verdicts the kernel knows the length.
                if value != ValueType::Verdict {
                    put_be32(body, 7, value.length());
                }
            }
            if set.key.len() > 1 {
                body.nest(9, &mut |body| {
                    body.nest(2, &mut |body| {
                        for part in &set.key {
                            body.nest(ITEM, &mut |body| put_be32(body, 1, part.length()));
                        }
                    });
                });
            }
            put_be32(body, 10, number);
            let told = told(set);
            body.put(13, &told);
        });
    }

    /// Appends a message; `kind` is one of the subsystem.
    fn message(&mut self, kind: u8, flags: u16, family: Family, fill: &mut dyn FnMut(&mut Body)) {
        let kind = u16::from_be_bytes([SUBSYSTEM, kind]);
        self.changes.push(self.change);
        self.raw(kind, flags, [family.number(), 0, 0, 0], fill);
    }

    fn begin_or_end(&mut self, kind: u16, generation: Option<u32>) {
        self.raw(kind, 0, [0, 0, 0, SUBSYSTEM], &mut |body| {
            if let Some(generation) = generation {
                put_be32(body, 1, generation);
            }
        });
    }

    fn raw(&mut self, kind: u16, flags: u16, own: [u8; 4], fill: &mut dyn FnMut(&mut Body)) {
        let start = self.body.0.len();
        self.last = start;
        let header = &mut self.body.0;
        header.extend([0; 4]);
        header.extend(kind.to_ne_bytes());
        header.extend((flags | REQUEST).to_ne_bytes());
        header.extend(self.sequence.to_ne_bytes());
        header.extend([0; 4]);
        header.extend(own);
        self.sequence = self.sequence.wrapping_add(1);
        fill(&mut self.body);
        let length = self.body.0.len().saturating_sub(start);
        self.patch(start, &u32::try_from(length).unwrap_or(u32::MAX).to_ne_bytes());
    }

    fn acknowledge_last(&mut self) {
        let at = self.last.saturating_add(6);
        let flags = self.body.0.get(at..at.saturating_add(2)).map(<[u8; 2]>::try_from);
        if let (Some(Ok(flags)), false) = (flags, self.changes.is_empty()) {
            self.patch(at, &(u16::from_ne_bytes(flags) | ACK).to_ne_bytes());
        }
    }

    fn patch(&mut self, at: usize, bytes: &[u8]) {
        for (to, from) in self.body.0.iter_mut().skip(at).zip(bytes) {
            *to = *from;
        }
    }
}

fn put_be32(body: &mut Body, kind: u16, value: u32) {
    body.put(kind, &value.to_be_bytes());
}

/// What `nft list` has to know of a set: the byte order of numbers, and of a zone that it is
/// one, for among types of sets it has no name and nft 1.0.6 ends at a map of integers.
fn told(set: &Set) -> Vec<u8> {
    let number = |kind, number: u32| user_data(kind, &number.to_ne_bytes());
    let mut told = number(0, set.key.first().map_or(1, |part| part.byte_order()));
    // Verdicts have none.
    if let Some(value) = set.value.filter(|value| *value != ValueType::Verdict) {
        told.extend(number(1, if value == ValueType::Ipv4 { 2 } else { 1 }));
    }
    // `typeof`: kind of expression (`EXPR_META`, `EXPR_CT`), and which of its facts.
    if (set.value, set.key.as_slice()) == (Some(ValueType::Zone), &[KeyType::InterfaceName]) {
        let fact = number(0, Meta::InName.number());
        told.extend(user_data(3, &[number(0, 9), user_data(1, &fact)].concat()));
    }
    if set.value == Some(ValueType::Zone) {
        // In no direction.
        let fact = [number(0, Ct::ZONE), number(1, u32::MAX)].concat();
        told.extend(user_data(4, &[number(0, 12), user_data(1, &fact)].concat()));
    }
    told
}

/// A piece of user data (libnftnl): kind and length of one byte each, and the value.
fn user_data(kind: u8, value: &[u8]) -> Vec<u8> {
    let value = value.get(..usize::from(u8::MAX)).unwrap_or(value);
    let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
    [&[kind, length], value].concat()
}
