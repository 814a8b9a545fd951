//! Types 0 to 3, 45 and 46: firmware, system, boards, chassis.

use std::borrow::Cow;

use super::super::words::{self, set_bits};
use super::super::{Structure, Unit, Value};
use super::{
    Field, Layout, Named, handle, list, list_or_none, number, owned, text, with, word, yes_no,
};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(0, "BIOS Information", FIRMWARE),
    Layout::new(1, "System Information", SYSTEM),
    Layout::new(2, "Base Board Information", BOARD),
    Layout::new(3, "Chassis Information", CHASSIS).and(chassis_rest),
    Layout::new(45, "Firmware Inventory Information", COMPONENT).and(associated),
    Layout::new(46, "String Property", PROPERTY),
];

const FIRMWARE: &[Field] = &[
    text("Vendor", 0x04),
    text("Version", 0x05),
    text("Release Date", 0x08),
    with("Address", 0x06, |s, at| segment(s, at).map(|segment| owned(format!("0x{segment:04X}0")))),
    with("Runtime Size", 0x06, |s, at| {
        let size = 0x1_0000_u64.checked_sub(segment(s, at)?.into())?.checked_shl(4)?;
        Some(Value::Quantity(size, Unit::Bytes))
    }),
    with("ROM Size", 0x09, rom_size),
    with("Characteristics", 0x0A, characteristics),
    with("BIOS Revision", 0x14, revision),
    with("Firmware Revision", 0x16, revision),
];

const SYSTEM: &[Field] = &[
    text("Manufacturer", 0x04),
    text("Product Name", 0x05),
    text("Version", 0x06),
    text("Serial Number", 0x07),
    with("UUID", 0x08, uuid),
    word("Wake-up Type", 0x18, words::WAKE_UP),
    text("SKU Number", 0x19),
    text("Family", 0x1A),
];

const BOARD: &[Field] = &[
    text("Manufacturer", 0x04),
    text("Product Name", 0x05),
    text("Version", 0x06),
    text("Serial Number", 0x07),
    text("Asset Tag", 0x08),
    with("Features", 0x09, |s, at| {
        Some(list_or_none(set_bits(words::BOARD_FEATURES, s.u8(at)?.into())))
    }),
    text("Location In Chassis", 0x0A),
    handle("Chassis Handle", 0x0B),
    word("Type", 0x0D, words::BOARD_TYPE),
    with("Contained Object Handles", 0x0E, |s, at| {
        let count = s.u8(at)?;
        let handles = (0..usize::from(count)).map_while(|n| s.u16(at + 1 + 2 * n));
        let items = handles.map(|handle| Cow::Owned(format!("0x{handle:04X}"))).collect();
        Some(Value::List(Cow::Owned(count.to_string()), items))
    }),
];

const CHASSIS: &[Field] = &[
    text("Manufacturer", 0x04),
    with("Type", 0x05, |s, at| s.u8(at).map(|c| words::CHASSIS_TYPE.value((c & 0x7F).into()))),
    with("Lock", 0x05, |s, at| {
        s.u8(at).map(|c| Value::Word(if c & 0x80 == 0 { "Not Present" } else { "Present" }))
    }),
    text("Version", 0x06),
    text("Serial Number", 0x07),
    text("Asset Tag", 0x08),
    word("Boot-up State", 0x09, words::CHASSIS_STATE),
    word("Power Supply State", 0x0A, words::CHASSIS_STATE),
    word("Thermal State", 0x0B, words::CHASSIS_STATE),
    word("Security Status", 0x0C, words::CHASSIS_SECURITY),
    with("OEM Information", 0x0D, super::hex32),
    with("Height", 0x11, |s, at| unspecified(s, at, |n| Value::Quantity(n, Unit::RackUnits))),
    with("Number Of Power Cords", 0x12, |s, at| unspecified(s, at, Value::Number)),
];

const COMPONENT: &[Field] = &[
    text("Firmware Component Name", 0x04),
    text("Firmware Version", 0x05),
    text("Firmware ID", 0x07),
    text("Release Date", 0x09),
    text("Manufacturer", 0x0A),
    text("Lowest Supported Firmware Version", 0x0B),
    with("Image Size", 0x0C, |s, at| {
        s.u64(at).map(|size| match size {
            u64::MAX => Value::Word("Unknown"),
            size => Value::Quantity(size, Unit::Bytes),
        })
    }),
    with("Updatable", 0x14, |s, at| s.u16(at).map(|bits| yes_no(bits & 1 != 0))),
    with("Write-Protect", 0x14, |s, at| s.u16(at).map(|bits| yes_no(bits & 2 != 0))),
    word("State", 0x16, words::FIRMWARE_STATE),
    number("Associated Components", 0x17),
];

const PROPERTY: &[Field] = &[
    with("String Property ID", 0x04, |s, at| s.u16(at).map(|id| words::STRING_PROPERTY.value(id))),
    text("String Property Value", 0x06),
    handle("Parent Handle", 0x07),
];

/// The segment of the runtime image; 0 on UEFI machines, which have none.
fn segment(s: &Structure<'_>, at: usize) -> Option<u16> {
    s.u16(at).filter(|&segment| segment != 0)
}

/// Units of 64 `KiB` less one; `FFh` sends to the 16-bit field at 18h.
fn rom_size(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let code = s.u8(at)?;
    let extended = if code == 0xFF { s.u16(0x18) } else { None };
    let bytes = match extended {
        None => (u64::from(code) + 1) << 16,
        Some(word) => {
            let (shift, none) = match word >> 14 {
                0 => (20, "0 MB"),
                1 => (30, "0 GB"),
                _ => return Some(Value::OutOfSpec),
            };
            match u64::from(word & 0x3FFF) {
                0 => return Some(Value::Word(none)),
                units => units << shift,
            }
        }
    };
    Some(Value::Quantity(bytes, Unit::Bytes))
}

fn characteristics(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let bits = s.u64(at)?;
    // The extension bytes stand for themselves.
    let unsupported = (bits & 8 != 0).then_some("BIOS characteristics not supported");
    let bits = if unsupported.is_some() { 0 } else { bits };
    let first = s.u8(0x12).unwrap_or(0);
    let second = s.u8(0x13).unwrap_or(0);
    Some(list(
        unsupported
            .into_iter()
            .chain(set_bits(words::BIOS, bits))
            .chain(set_bits(words::BIOS_1, first.into()))
            .chain(set_bits(words::BIOS_2, second.into())),
    ))
}

/// Major and minor release; `FFh` means none.
fn revision(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    match s.bytes::<2>(at)? {
        [0xFF, _] | [_, 0xFF] => None,
        [major, minor] => Some(owned(format!("{major}.{minor}"))),
    }
}

/// The first three fields are little-endian since 2.6 (DSP0134 §7.2.1).
fn uuid(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let mut bytes = s.bytes::<16>(at)?;
    if bytes == [0xFF; 16] {
        return Some(Value::Word("Not Present"));
    }
    if bytes == [0; 16] {
        return Some(Value::Word("Not Settable"));
    }
    if s.version().at_least(2, 6) {
        bytes.get_mut(0..4)?.reverse();
        bytes.get_mut(4..6)?.reverse();
        bytes.get_mut(6..8)?.reverse();
    }
    Some(owned(super::uuid_text(bytes)))
}

fn unspecified(
    s: &Structure<'_>,
    at: usize,
    value: fn(u64) -> Value<'static>,
) -> Option<Value<'static>> {
    s.u8(at).map(|n| if n == 0 { Value::Word("Unspecified") } else { value(n.into()) })
}

/// Contained elements, whose records are of a length that the structure gives,
/// and the SKU number behind them.
fn chassis_rest<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let Some([count, size]) = s.bytes::<2>(0x13) else { return };
    let (count, size) = (usize::from(count), usize::from(size));
    let mut items = Vec::new();
    for n in 0..count {
        let at = 0x15 + n * size;
        let Some([kind, least, most]) = s.bytes::<3>(at).filter(|_| size >= 3) else { break };
        let name = if kind & 0x80 == 0 {
            words::BOARD_TYPE.value(kind.into()).to_string()
        } else {
            super::title_of_type(kind & 0x7F).to_owned()
        };
        items.push(Cow::Owned(if least == most {
            format!("{name} ({least})")
        } else {
            format!("{name} ({least}-{most})")
        }));
    }
    named.push(("Contained Elements".into(), Value::List(count.to_string().into(), items)));
    if let Some(sku) = s.text(0x15 + count * size) {
        named.push(("SKU Number".into(), sku.into()));
    }
}

fn associated<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let count = usize::from(s.u8(0x17).unwrap_or(0));
    for handle in (0..count).map_while(|n| s.u16(0x18 + 2 * n)) {
        named.push(("Associated Component".into(), Value::Handle(handle)));
    }
}
