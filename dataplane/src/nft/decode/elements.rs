//! Elements of sets from their attributes, with the points of ranges joined.

use std::collections::BTreeMap;

use super::Fields;
use super::expression::{value, verdict};
use crate::nft::numbers::element_flag;
use crate::nft::{Element, Key, Set, Value};

/// Elements of a set as they are told: in any order, a range by where it begins and ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Points {
    whole: BTreeMap<Element, Option<Value>>,
    /// Of a set that knows points only: key, whether a range begins there, what it maps to. An
    /// end comes before a beginning at the same key.
    ends: Vec<(Key, bool, Option<Value>)>,
    /// How many the kernel says there are.
    told: Option<u32>,
}

impl Points {
    pub(super) fn of_count(told: Option<u32>) -> Self {
        Self { told, ..Self::default() }
    }

    /// How many there are of a set without ranges, and should be.
    pub(super) fn count(&self) -> (usize, Option<usize>) {
        let all = self.whole.first_key_value().filter(|(element, _)| element.key.is_empty());
        let found = self.whole.len().saturating_sub(usize::from(all.is_some()));
        (found, self.told.and_then(|told| usize::try_from(told).ok()))
    }

    /// Takes an element; nothing where it has no key.
    pub(super) fn take(&mut self, set: &Set, item: &[u8]) -> Option<()> {
        let fields = Fields::of(item);
        let flags = fields.number(3).unwrap_or_default();
        let mapped = fields.bytes(2).and_then(mapped);
        if flags & element_flag::CATCH_ALL != 0 {
            self.whole.insert(Element { key: Key::new(), last: None }, mapped);
            return Some(());
        }
        let key =
            fields.bytes(1).and_then(value).filter(|key| !key.is_empty()).map(Key::from_slice)?;
        let last = fields.bytes(10).and_then(value).filter(|last| *last != key.as_slice());
        let last = last.map(|last| Box::new(Key::from_slice(last)));
        if set.interval && fields.bytes(10).is_none() && set.key.len() == 1 {
            self.ends.push((key, flags & element_flag::INTERVAL_END == 0, mapped));
        } else {
            self.whole.insert(Element { key, last }, mapped);
        }
        Some(())
    }

    /// Returns the elements.
    pub(super) fn finish(mut self) -> BTreeMap<Element, Option<Value>> {
        self.ends.sort_by(|one, other| (&one.0, one.1).cmp(&(&other.0, other.1)));
        let mut open: Option<(Key, Option<Value>)> = None;
        for (key, begins, mapped) in self.ends {
            if let Some((first, mapped)) = open.take() {
                close(&mut self.whole, first, &key, mapped);
            }
            // An end with nothing to end marks that keys below the first range are in none.
            if begins {
                open = Some((key, mapped));
            }
        }
        if let Some((first, mapped)) = open {
            let last = Key::from_elem(u8::MAX, first.len());
            put(&mut self.whole, first, last, mapped);
        }
        self.whole
    }
}

fn close(
    whole: &mut BTreeMap<Element, Option<Value>>,
    first: Key,
    behind: &[u8],
    mapped: Option<Value>,
) {
    let mut last = Key::from_slice(behind);
    for byte in last.iter_mut().rev() {
        *byte = byte.wrapping_sub(1);
        if *byte != u8::MAX {
            break;
        }
    }
    put(whole, first, last, mapped);
}

fn put(whole: &mut BTreeMap<Element, Option<Value>>, key: Key, last: Key, mapped: Option<Value>) {
    whole.insert(Element::range(key, last), mapped);
}

/// What a map has for a key: a verdict, or bytes; of what is neither, nothing.
fn mapped(data: &[u8]) -> Option<Value> {
    verdict(data)
        .map(Value::Verdict)
        .or_else(|| value(data).map(|bytes| Value::Bytes(bytes.into())))
}
