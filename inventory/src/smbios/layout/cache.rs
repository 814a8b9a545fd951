//! Type 7: caches.

use super::super::words::{self, Words, set_bits};
use super::super::{Structure, Unit, Value};
use super::{Field, Layout, joined, list_or_none, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[Layout::new(7, "Cache Information", CACHE)];

const CACHE: &[Field] = &[
    text("Socket Designation", 0x04),
    with("Configuration", 0x05, |s, at| {
        let bits = s.u16(at)?;
        let enabled = if bits & 0x80 == 0 { "Disabled" } else { "Enabled" };
        let socketed = if bits & 0x08 == 0 { "Not Socketed" } else { "Socketed" };
        Some(owned(format!("{enabled}, {socketed}, Level {}", (bits & 7) + 1)))
    }),
    with("Operational Mode", 0x05, |s, at| part(s, at, 8, words::CACHE_MODE)),
    with("Location", 0x05, |s, at| part(s, at, 5, words::CACHE_LOCATION)),
    with("Installed Size", 0x09, |s, at| size(s, at, 0x17)),
    with("Maximum Size", 0x07, |s, at| size(s, at, 0x13)),
    with("Supported SRAM Types", 0x0B, |s, at| {
        Some(list_or_none(set_bits(words::SRAM_TYPES, s.u16(at)?.into())))
    }),
    with("Installed SRAM Type", 0x0D, |s, at| {
        Some(joined(set_bits(words::SRAM_TYPES, s.u16(at)?.into())))
    }),
    with("Speed", 0x0F, |s, at| {
        s.u8(at).map(|speed| match speed {
            0 => Value::Word("Unknown"),
            speed => Value::Quantity(speed.into(), Unit::Nanoseconds),
        })
    }),
    word("Error Correction Type", 0x10, words::CACHE_CORRECTION),
    word("System Type", 0x11, words::CACHE_TYPE),
    word("Associativity", 0x12, words::ASSOCIATIVITY),
];

/// Two bits of the configuration word.
fn part(s: &Structure<'_>, at: usize, shift: u32, words: Words) -> Option<Value<'static>> {
    s.u16(at).map(|bits| words.value((bits >> shift) & 3))
}

/// `KiB`, or 64 `KiB` with the top bit set. The 32-bit field at `wide` counts
/// where it is filled: `FFFFh` sends there, and below that both are to agree.
fn size(s: &Structure<'_>, at: usize, wide: usize) -> Option<Value<'static>> {
    let narrow = s.u16(at)?;
    let (units, large) = match s.u32(wide) {
        Some(size) if narrow == 0xFFFF || size != 0 => {
            (u64::from(size & 0x7FFF_FFFF), size >> 31 == 1)
        }
        _ => (u64::from(narrow & 0x7FFF), narrow >> 15 == 1),
    };
    Some(Value::Quantity(units << if large { 16 } else { 10 }, Unit::Bytes))
}
