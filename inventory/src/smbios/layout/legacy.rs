//! Types 5 and 6: memory controllers and modules before SMBIOS 2.1.

use std::borrow::Cow;

use super::super::words::{self, set_bits};
use super::super::{Structure, Unit, Value};
use super::{Field, Layout, Named, joined, list, list_or_none, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(5, "Memory Controller Information", CONTROLLER).and(enabled_capabilities),
    Layout::new(6, "Memory Module Information", MODULE),
];

const CONTROLLER: &[Field] = &[
    word("Error Detecting Method", 0x04, words::ERROR_DETECTING),
    with("Error Correcting Capabilities", 0x05, |s, at| s.u8(at).map(capabilities)),
    word("Supported Interleave", 0x06, words::INTERLEAVE),
    word("Current Interleave", 0x07, words::INTERLEAVE),
    with("Maximum Memory Module Size", 0x08, |s, at| megabytes(s, at, 1)),
    with("Maximum Total Memory Size", 0x08, |s, at| megabytes(s, at, s.u8(0x0E)?.into())),
    with("Supported Speeds", 0x09, |s, at| {
        Some(list(set_bits(words::MODULE_SPEEDS, s.u16(at)?.into())))
    }),
    with("Supported Memory Types", 0x0B, |s, at| {
        Some(list(set_bits(words::MODULE_TYPES, s.u16(at)?.into())))
    }),
    with("Memory Module Voltage", 0x0D, |s, at| {
        let bits = s.u8(at)?;
        Some(match bits & 7 {
            0 => Value::Word("Unknown"),
            _ => joined(set_bits(words::LEGACY_VOLTAGE, bits.into())),
        })
    }),
    with("Associated Memory Slots", 0x0E, |s, at| {
        let count = s.u8(at)?;
        let handles = (0..usize::from(count)).map_while(|n| s.u16(at + 1 + 2 * n));
        let items = handles.map(|handle| Cow::Owned(format!("0x{handle:04X}"))).collect();
        Some(Value::List(Cow::Owned(count.to_string()), items))
    }),
];

const MODULE: &[Field] = &[
    text("Socket Designation", 0x04),
    with("Bank Connections", 0x05, |s, at| {
        let code = s.u8(at)?;
        Some(match (code >> 4, code & 0xF) {
            (0xF, 0xF) => Value::Word("None"),
            (0xF, bank) | (bank, 0xF) => Value::Number(bank.into()),
            (first, second) => owned(format!("{first} {second}")),
        })
    }),
    with("Current Speed", 0x06, |s, at| {
        s.u8(at).map(|speed| match speed {
            0 => Value::Word("Unknown"),
            speed => Value::Quantity(speed.into(), Unit::Nanoseconds),
        })
    }),
    with("Type", 0x07, |s, at| Some(joined(set_bits(words::MODULE_TYPES, s.u16(at)?.into())))),
    with("Installed Size", 0x09, module_size),
    with("Enabled Size", 0x0A, module_size),
    with("Error Status", 0x0B, |s, at| {
        let bits = s.u8(at)?;
        Some(Value::Word(match (bits & 4 != 0, bits & 3) {
            (true, _) => "See Event Log",
            (false, 0) => "OK",
            (false, 1) => "Uncorrectable Errors",
            (false, 2) => "Correctable Errors",
            (false, _) => "Correctable and Uncorrectable Errors",
        }))
    }),
];

fn capabilities(bits: u8) -> Value<'static> {
    list_or_none(set_bits(words::ERROR_CORRECTING, bits.into()))
}

/// A power of two in `MiB`, times the number of slots.
fn megabytes(s: &Structure<'_>, at: usize, slots: u64) -> Option<Value<'static>> {
    let shift = u32::from(s.u8(at)?).checked_add(20)?;
    let bytes = 1_u64.checked_shl(shift).and_then(|size| size.checked_mul(slots));
    Some(bytes.map_or(Value::OutOfSpec, |bytes| Value::Quantity(bytes, Unit::Bytes)))
}

fn module_size(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let code = s.u8(at)?;
    let size = match code & 0x7F {
        0x7D => Value::Word("Not Determinable"),
        0x7E => Value::Word("Disabled"),
        0x7F => return Some(Value::Word("Not Installed")),
        shift @ 0..=63 => owned(format!("{} MB", 1_u64 << shift)),
        _ => Value::OutOfSpec,
    };
    let banks = if code & 0x80 == 0 { "Single" } else { "Double" };
    Some(owned(format!("{size} ({banks}-bank Connection)")))
}

fn enabled_capabilities<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let slots = usize::from(s.u8(0x0E).unwrap_or(0));
    if let Some(bits) = s.u8(0x0F + 2 * slots) {
        named.push(("Enabled Error Correcting Capabilities".into(), capabilities(bits)));
    }
}
