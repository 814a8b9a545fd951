//! Elements of sets, as many to a message as one list of attributes holds.
//!
//! A set of plain keys that has ranges knows points only: where a range begins, and the first key
//! behind it, marked as an end; a single key is a range of one. Concatenations carry the first
//! and the last key in one element.

use super::expression::{data, verdict};
use super::{CREATE, Writer, put_be32};
use crate::kernel::attribute::Body;
use crate::nft::numbers::{ITEM, element_flag, message};
use crate::nft::{Element, Elements, Family, SetShape, TABLE, Value};

/// Bytes of a list: its length is of 16 bits, and the longest element takes less than the rest.
const LIST: usize = 64_000;

/// Appends messages that add elements, or take them away.
pub(super) fn elements(
    write: &mut Writer,
    family: Family,
    set: &str,
    shape: SetShape,
    add: bool,
    elements: &Elements,
) {
    let (kind, flags) =
        if add { (message::NEW_ELEMENTS, CREATE) } else { (message::DELETE_ELEMENTS, 0) };
    let mut rest = elements.iter().peekable();
    while rest.peek().is_some() {
        write.message(kind, flags, family, &mut |body| {
            body.put_text(1, TABLE);
            body.put_text(2, set);
            body.nest(3, &mut |body| {
                let start = body.0.len();
                while body.0.len().saturating_sub(start) <= LIST
                    && let Some((element, value)) = rest.next()
                {
                    put(body, shape, element, value.as_ref().filter(|_value| add));
                }
            });
        });
    }
}

fn put(body: &mut Body, shape: SetShape, element: &Element, value: Option<&Value>) {
    let last = element.last.as_deref().unwrap_or(&element.key);
    let whole = shape.interval && shape.concatenated;
    body.nest(ITEM, &mut |body| {
        if element.key.is_empty() {
            put_be32(body, 3, element_flag::CATCH_ALL);
        } else {
            data(body, 1, &element.key);
        }
        if whole && !element.key.is_empty() {
            data(body, 10, last);
        }
        match value {
            Some(Value::Bytes(bytes)) => data(body, 2, bytes),
            Some(Value::Verdict(what)) => body.nest(2, &mut |body| verdict(body, what)),
            None => {}
        }
    });
    if !shape.interval || shape.concatenated || element.key.is_empty() {
        return;
    }
    // Behind the greatest key there is none, and a range up to it needs no end.
    if let Some(end) = successor(last) {
        body.nest(ITEM, &mut |body| {
            data(body, 1, &end);
            put_be32(body, 3, element_flag::INTERVAL_END);
        });
    }
}

/// Returns the next key, as a number in network byte order.
fn successor(key: &[u8]) -> Option<Vec<u8>> {
    let mut next = key.to_vec();
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            return Some(next);
        }
    }
    None
}
