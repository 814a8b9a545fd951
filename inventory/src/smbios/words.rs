//! Enumerations and bit sets of DSP0134, in the words dmidecode prints.
//!
//! Codes above those of dmidecode 3.4 follow DSP0134 3.8 in the same style.

mod board;
mod cache;
mod event;
mod family;
mod io;
mod memory;
mod processor;
mod sensor;
mod slot;
mod upgrade;

pub(super) use board::*;
pub(super) use cache::*;
pub(super) use event::*;
pub(super) use family::FAMILY;
pub(super) use io::*;
pub(super) use memory::*;
pub(super) use processor::*;
pub(super) use sensor::*;
pub(super) use slot::*;
pub(super) use upgrade::UPGRADE;

use super::Value;

/// A code's names: runs of consecutive codes, ascending. An empty name is undefined.
#[derive(Clone, Copy, Debug)]
pub(super) struct Words(pub(super) &'static [(u16, &'static [&'static str])]);

impl Words {
    /// Returns the name of `code`.
    pub(super) fn get(self, code: u16) -> Option<&'static str> {
        self.0
            .iter()
            .find_map(|&(first, names)| names.get(usize::from(code.checked_sub(first)?)))
            .copied()
            .filter(|name| !name.is_empty())
    }

    /// Returns the name of `code` as a value.
    pub(super) fn value(self, code: u16) -> Value<'static> {
        self.get(code).map_or(Value::OutOfSpec, Value::Word)
    }
}

/// The names of bits, from bit 0. An empty name is not shown.
pub(super) type Bits = &'static [&'static str];

/// Returns the names of the bits of `value` that are set.
pub(super) fn set_bits(bits: Bits, value: u64) -> impl Iterator<Item = &'static str> {
    bits.iter()
        .enumerate()
        .filter(move |&(bit, name)| !name.is_empty() && bit < 64 && value >> bit & 1 == 1)
        .map(|(_, &name)| name)
}
