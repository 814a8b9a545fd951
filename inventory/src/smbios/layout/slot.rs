//! Type 9: system slots.

use super::super::words::{self, set_bits};
use super::super::{Structure, Value};
use super::{Field, Layout, Named, list, number, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[Layout::new(9, "System Slot Information", SLOT).and(peers)];

const SLOT: &[Field] = &[
    text("Designation", 0x04),
    with("Type", 0x05, kind),
    word("Current Usage", 0x07, words::SLOT_USAGE),
    word("Length", 0x08, words::SLOT_LENGTH),
    with("ID", 0x09, id),
    with("Characteristics", 0x0B, |s, at| {
        let first = s.u8(at)?;
        let second = s.u8(at + 1).unwrap_or(0);
        Some(if first & 1 != 0 {
            Value::Word("Unknown")
        } else if first & 0xFE == 0 && second == 0 {
            Value::Word("None")
        } else {
            list(
                set_bits(words::SLOT_1, first.into()).chain(set_bits(words::SLOT_2, second.into())),
            )
        })
    }),
    with("Bus Address", 0x0D, |s, at| {
        let segment = s.u16(at)?;
        let [bus, function] = s.bytes::<2>(at + 2)?;
        super::bus_address(segment, bus, function)
    }),
    number("Data Bus Width", 0x11),
    number("Peer Devices", 0x12),
];

/// The width comes before the type, where the firmware gives one.
fn kind(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let [kind, width] = s.bytes::<2>(at)?;
    let kind = words::SLOT_TYPE.value(kind.into());
    Some(match width {
        1 | 2 => kind,
        width => owned(format!("{} {kind}", words::SLOT_WIDTH.value(width.into()))),
    })
}

/// What the id means depends on the slot's type (DSP0134 §7.10.5).
fn id(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let [low, high] = s.bytes::<2>(at)?;
    match s.u8(0x05)? {
        0x04..=0x06 | 0x0E..=0x13 | 0x1F..=0x28 | 0xA5..=0xC6 => Some(Value::Number(low.into())),
        0x07 => Some(owned(format!("Adapter {low}, Socket {high}"))),
        _ => None,
    }
}

/// Peer groups, of five bytes each, and what 3.5 put behind them.
fn peers<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let count = usize::from(s.u8(0x12).unwrap_or(0));
    for n in 0..count {
        let at = 0x13 + 5 * n;
        let (Some(segment), Some([bus, function, width])) = (s.u16(at), s.bytes::<3>(at + 2))
        else {
            return;
        };
        let address = super::address_text(segment, bus, function);
        let peer = owned(format!("{address} (Width {width})"));
        named.push((format!("Peer Device {}", n + 1).into(), peer));
    }
    let at = 0x13 + 5 * count;
    if let Some(generation) = s.u8(at).filter(|&generation| generation != 0) {
        named.push(("PCI Express Generation".into(), Value::Number(generation.into())));
    }
    if let Some(width) = s.u8(at + 1).filter(|&width| width != 0) {
        let width = match width {
            1 => Value::Word("Other"),
            2 => Value::Word("Unknown"),
            width => words::SLOT_WIDTH.value(width.into()),
        };
        named.push(("Slot Physical Width".into(), width));
    }
    if let Some(pitch) = s.u16(at + 2).filter(|&pitch| pitch != 0) {
        named.push(("Pitch".into(), owned(format!("{}.{:02} mm", pitch / 100, pitch % 100))));
    }
    if let Some(height) = s.u8(at + 4) {
        named.push(("Height".into(), words::SLOT_HEIGHT.value(height.into())));
    }
}
