//! Types 16 to 20, 33 and 37: arrays, devices, errors, address maps, channels.

use super::super::words::{self, set_bits};
use super::super::{Structure, Unit, Value};
use super::{Field, Layout, Named, handle, hex16, joined, number, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(16, "Physical Memory Array", ARRAY),
    Layout::new(17, "Memory Device", DEVICE),
    Layout::new(18, "32-bit Memory Error Information", ERROR_32),
    Layout::new(19, "Memory Array Mapped Address", ARRAY_MAP),
    Layout::new(20, "Memory Device Mapped Address", DEVICE_MAP),
    Layout::new(33, "64-bit Memory Error Information", ERROR_64),
    Layout::new(37, "Memory Channel", CHANNEL).and(channel_loads),
];

const ARRAY: &[Field] = &[
    word("Location", 0x04, words::ARRAY_LOCATION),
    word("Use", 0x05, words::ARRAY_USE),
    word("Error Correction Type", 0x06, words::ARRAY_CORRECTION),
    with("Maximum Capacity", 0x07, |s, at| {
        let bytes = match s.u32(at)? {
            0x8000_0000 => s.u64(0x0F),
            kilobytes => Some(u64::from(kilobytes) << 10),
        };
        Some(bytes.map_or(Value::Word("Unknown"), |bytes| Value::Quantity(bytes, Unit::Bytes)))
    }),
    with("Error Information Handle", 0x0B, error_handle),
    with("Number Of Devices", 0x0D, |s, at| s.u16(at).map(|n| Value::Number(n.into()))),
];

const DEVICE: &[Field] = &[
    handle("Array Handle", 0x04),
    with("Error Information Handle", 0x06, error_handle),
    with("Total Width", 0x08, bits),
    with("Data Width", 0x0A, bits),
    with("Size", 0x0C, size),
    word("Form Factor", 0x0E, words::FORM_FACTOR),
    with("Set", 0x0F, |s, at| {
        s.u8(at).map(|set| match set {
            0 => Value::Word("None"),
            0xFF => Value::Word("Unknown"),
            set => Value::Number(set.into()),
        })
    }),
    text("Locator", 0x10),
    text("Bank Locator", 0x11),
    word("Type", 0x12, words::MEMORY_TYPE),
    with("Type Detail", 0x13, |s, at| {
        Some(joined(set_bits(words::TYPE_DETAIL, s.u16(at)?.into())))
    }),
    with("Speed", 0x15, |s, at| speed(s, at, 0x54)),
    text("Manufacturer", 0x17),
    text("Serial Number", 0x18),
    text("Asset Tag", 0x19),
    text("Part Number", 0x1A),
    with("Rank", 0x1B, |s, at| {
        s.u8(at).map(|attributes| match attributes & 0x0F {
            0 => Value::Word("Unknown"),
            rank => Value::Number(rank.into()),
        })
    }),
    with("Configured Memory Speed", 0x20, |s, at| speed(s, at, 0x58)),
    with("Minimum Voltage", 0x22, voltage),
    with("Maximum Voltage", 0x24, voltage),
    with("Configured Voltage", 0x26, voltage),
    word("Memory Technology", 0x28, words::TECHNOLOGY),
    with("Memory Operating Mode Capability", 0x29, |s, at| {
        Some(joined(set_bits(words::OPERATING_MODE, s.u16(at)?.into())))
    }),
    text("Firmware Version", 0x2B),
    with("Module Manufacturer ID", 0x2C, manufacturer_id),
    with("Module Product ID", 0x2E, product_id),
    with("Memory Subsystem Controller Manufacturer ID", 0x30, manufacturer_id),
    with("Memory Subsystem Controller Product ID", 0x32, product_id),
    with("Non-Volatile Size", 0x34, portion),
    with("Volatile Size", 0x3C, portion),
    with("Cache Size", 0x44, portion),
    with("Logical Size", 0x4C, portion),
    with("PMIC0 Manufacturer ID", 0x5C, manufacturer_id),
    with("PMIC0 Revision Number", 0x5E, product_id),
    with("RCD Manufacturer ID", 0x60, manufacturer_id),
    with("RCD Revision Number", 0x62, product_id),
];

const ERROR_32: &[Field] = &[
    word("Type", 0x04, words::MEMORY_ERROR),
    word("Granularity", 0x05, words::ERROR_GRANULARITY),
    word("Operation", 0x06, words::ERROR_OPERATION),
    with("Vendor Syndrome", 0x07, syndrome),
    with("Memory Array Address", 0x0B, address_32),
    with("Device Address", 0x0F, address_32),
    with("Resolution", 0x13, address_32),
];

const ERROR_64: &[Field] = &[
    word("Type", 0x04, words::MEMORY_ERROR),
    word("Granularity", 0x05, words::ERROR_GRANULARITY),
    word("Operation", 0x06, words::ERROR_OPERATION),
    with("Vendor Syndrome", 0x07, syndrome),
    with("Memory Array Address", 0x0B, address_64),
    with("Device Address", 0x13, address_64),
    with("Resolution", 0x1B, address_32),
];

const ARRAY_MAP: &[Field] = &[
    with("Starting Address", 0x04, |s, _| start(s, 0x0F)),
    with("Ending Address", 0x08, |s, _| end(s, 0x0F)),
    with("Range Size", 0x04, |s, _| range(s, 0x0F)),
    handle("Physical Array Handle", 0x0C),
    number("Partition Width", 0x0E),
];

const DEVICE_MAP: &[Field] = &[
    with("Starting Address", 0x04, |s, _| start(s, 0x13)),
    with("Ending Address", 0x08, |s, _| end(s, 0x13)),
    with("Range Size", 0x04, |s, _| range(s, 0x13)),
    handle("Physical Device Handle", 0x0C),
    handle("Memory Array Mapped Address Handle", 0x0E),
    with("Partition Row Position", 0x10, |s, at| {
        s.u8(at).map(|position| match position {
            0 => Value::OutOfSpec,
            0xFF => Value::Word("Unknown"),
            position => Value::Number(position.into()),
        })
    }),
    with("Interleave Position", 0x11, interleave),
    with("Interleaved Data Depth", 0x12, interleave),
];

const CHANNEL: &[Field] = &[
    word("Type", 0x04, words::CHANNEL_TYPE),
    number("Maximal Load", 0x05),
    number("Devices", 0x06),
];

fn error_handle(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u16(at).map(|handle| match handle {
        0xFFFE => Value::Word("Not Provided"),
        0xFFFF => Value::Word("No Error"),
        handle => Value::Handle(handle),
    })
}

fn bits(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u16(at).map(|width| match width {
        0 | 0xFFFF => Value::Word("Unknown"),
        width => Value::Quantity(width.into(), Unit::Bits),
    })
}

/// `MiB`, or `KiB` with the top bit set. `7FFFh` sends to the 32-bit field at 1Ch,
/// where there is one: a shorter structure means 32,767 `MiB`.
fn size(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let bytes = match s.u16(at)? {
        0 => return Some(Value::Word("No Module Installed")),
        0xFFFF => return Some(Value::Word("Unknown")),
        code => match s.u32(0x1C) {
            Some(extended) if code == 0x7FFF => u64::from(extended & 0x7FFF_FFFF) << 20,
            _ if code & 0x8000 != 0 => u64::from(code & 0x7FFF) << 10,
            _ => u64::from(code) << 20,
        },
    };
    Some(Value::Quantity(bytes, Unit::Bytes))
}

/// `FFFFh` sends to the 32-bit field at `wide`.
fn speed(s: &Structure<'_>, at: usize, wide: usize) -> Option<Value<'static>> {
    let speed = match s.u16(at)? {
        0xFFFF => s.u32(wide).map_or(0, |speed| speed & 0x7FFF_FFFF),
        speed => speed.into(),
    };
    Some(match speed {
        0 => Value::Word("Unknown"),
        speed => Value::Quantity(speed.into(), Unit::Megatransfers),
    })
}

fn voltage(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u16(at).map(|millivolt| match millivolt {
        0 => Value::Word("Unknown"),
        millivolt => Value::Quantity(millivolt.into(), Unit::Millivolt),
    })
}

/// JEP-106: the bank less one with parity, then the code.
fn manufacturer_id(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.bytes::<2>(at).map(|id| match id {
        [0, 0] => Value::Word("Unknown"),
        [bank, code] => owned(format!("Bank {}, Hex 0x{code:02X}", (bank & 0x7F) + 1)),
    })
}

fn product_id(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    match s.u16(at)? {
        0 => Some(Value::Word("Unknown")),
        _ => hex16(s, at),
    }
}

fn portion(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u64(at).map(|bytes| match bytes {
        0 => Value::Word("None"),
        u64::MAX => Value::Word("Unknown"),
        bytes => Value::Quantity(bytes, Unit::Bytes),
    })
}

fn syndrome(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    match s.u32(at)? {
        0 => Some(Value::Word("Unknown")),
        _ => super::hex32(s, at),
    }
}

fn address_32(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    match s.u32(at)? {
        0x8000_0000 => Some(Value::Word("Unknown")),
        _ => super::hex32(s, at),
    }
}

fn address_64(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u64(at).map(|address| match address {
        0x8000_0000_0000_0000 => Value::Word("Unknown"),
        address => owned(format!("0x{address:016X}")),
    })
}

/// The first and last byte of a range: `KiB`, or bytes in the fields at `wide`.
fn bounds(s: &Structure<'_>, wide: usize) -> Option<(u64, u64)> {
    let (first, last) = (s.u32(0x04)?, s.u32(0x08)?);
    if first == u32::MAX
        && let (Some(first), Some(last)) = (s.u64(wide), s.u64(wide + 8))
    {
        return Some((first, last));
    }
    Some((u64::from(first) << 10, (u64::from(last) << 10) + 0x3FF))
}

fn start(s: &Structure<'_>, wide: usize) -> Option<Value<'static>> {
    bounds(s, wide).map(|(first, _)| owned(format!("0x{first:011X}")))
}

fn end(s: &Structure<'_>, wide: usize) -> Option<Value<'static>> {
    bounds(s, wide).map(|(_, last)| owned(format!("0x{last:011X}")))
}

fn range(s: &Structure<'_>, wide: usize) -> Option<Value<'static>> {
    let (first, last) = bounds(s, wide)?;
    let size = last.checked_sub(first).and_then(|size| size.checked_add(1));
    Some(size.map_or(Value::Word("Invalid"), |size| Value::Quantity(size, Unit::Bytes)))
}

/// 0 means not interleaved, and is not shown.
fn interleave(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    match s.u8(at)? {
        0 => None,
        0xFF => Some(Value::Word("Unknown")),
        position => Some(Value::Number(position.into())),
    }
}

fn channel_loads<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    for n in 0..usize::from(s.u8(0x06).unwrap_or(0)) {
        let at = 0x07 + 3 * n;
        let (Some(load), Some(device)) = (s.u8(at), s.u16(at + 1)) else { return };
        named.push((format!("Device {} Load", n + 1).into(), Value::Number(load.into())));
        named.push((format!("Device {} Handle", n + 1).into(), Value::Handle(device)));
    }
}
