//! Types 8, 10 to 14, 21, 32, 39 to 41, 126, 127: ports, devices, strings, power.

use std::borrow::Cow;

use super::super::words;
use super::super::{Structure, Unit, Value};
use super::{Field, Layout, Named, handle_if_any, number, owned, text, with, word, yes_no};

pub(super) const LAYOUTS: &[Layout] = &[
    Layout::new(8, "Port Connector Information", PORT),
    Layout::new(10, "On Board Device Information", &[]).and(onboard),
    Layout::new(11, "OEM Strings", &[]).and(oem_strings),
    Layout::new(12, "System Configuration Options", &[]).and(options),
    Layout::new(13, "BIOS Language Information", LANGUAGE),
    Layout::new(14, "Group Associations", GROUP),
    Layout::new(21, "Built-in Pointing Device", POINTING),
    Layout::new(32, "System Boot Information", BOOT),
    Layout::new(39, "System Power Supply", SUPPLY),
    Layout::new(40, "Additional Information", &[]).and(additional),
    Layout::new(41, "Onboard Device", ONBOARD),
    Layout::new(126, "Inactive", &[]),
    Layout::new(127, "End Of Table", &[]),
];

const PORT: &[Field] = &[
    text("Internal Reference Designator", 0x04),
    word("Internal Connector Type", 0x05, words::CONNECTOR),
    text("External Reference Designator", 0x06),
    word("External Connector Type", 0x07, words::CONNECTOR),
    word("Port Type", 0x08, words::PORT),
];

const LANGUAGE: &[Field] = &[
    with("Language Description Format", 0x05, |s, at| {
        s.u8(at).map(|flags| Value::Word(if flags & 1 == 0 { "Long" } else { "Abbreviated" }))
    }),
    with("Installable Languages", 0x04, |s, at| {
        let count = s.u8(at)?;
        let items = s.numbered(count).map(|n| match Value::from(s.string(n)) {
            Value::Text(text) => text,
            other => Cow::Owned(other.to_string()),
        });
        Some(Value::List(Cow::Owned(count.to_string()), items.collect()))
    }),
    text("Currently Installed Language", 0x15),
];

const GROUP: &[Field] = &[
    text("Name", 0x04),
    with("Items", 0x05, |s, _| {
        let records = s.formatted().get(5..)?.chunks_exact(3);
        let count = records.len();
        let items = records
            .filter_map(|record| match record {
                [kind, low, high] => {
                    let handle = u16::from_le_bytes([*low, *high]);
                    Some(format!("0x{handle:04X} ({})", short_title(*kind)).into())
                }
                _ => None,
            })
            .collect();
        Some(Value::List(Cow::Owned(count.to_string()), items))
    }),
];

const POINTING: &[Field] = &[
    word("Type", 0x04, words::POINTING),
    word("Interface", 0x05, words::POINTING_INTERFACE),
    number("Buttons", 0x06),
];

const BOOT: &[Field] = &[with("Status", 0x0A, |s, at| {
    s.u8(at).map(|code| match code {
        128..=191 => Value::Word("OEM-specific"),
        192..=255 => Value::Word("Product-specific"),
        code => words::BOOT_STATUS.value(code.into()),
    })
})];

const SUPPLY: &[Field] = &[
    with("Power Unit Group", 0x04, |s, at| {
        s.u8(at).filter(|&group| group != 0).map(|group| Value::Number(group.into()))
    }),
    text("Location", 0x05),
    text("Name", 0x06),
    text("Manufacturer", 0x07),
    text("Serial Number", 0x08),
    text("Asset Tag", 0x09),
    text("Model Part Number", 0x0A),
    text("Revision", 0x0B),
    with("Max Power Capacity", 0x0C, |s, at| {
        s.u16(at).map(|power| match power {
            0x8000 => Value::Word("Unknown"),
            power => Value::Quantity(power.into(), Unit::Watt),
        })
    }),
    with("Status", 0x0E, |s, at| {
        let bits = s.u16(at)?;
        Some(if bits & 2 == 0 {
            Value::Word("Not Present")
        } else {
            owned(format!("Present, {}", words::SUPPLY_STATUS.value((bits >> 7) & 7)))
        })
    }),
    with("Type", 0x0E, |s, at| s.u16(at).map(|bits| words::SUPPLY_TYPE.value((bits >> 10) & 15))),
    with("Input Voltage Range Switching", 0x0E, |s, at| {
        s.u16(at).map(|bits| words::SUPPLY_RANGE.value((bits >> 3) & 15))
    }),
    with("Plugged", 0x0E, |s, at| s.u16(at).map(|bits| yes_no(bits & 4 == 0))),
    with("Hot Replaceable", 0x0E, |s, at| s.u16(at).map(|bits| yes_no(bits & 1 != 0))),
    with("Input Voltage Probe Handle", 0x10, handle_if_any),
    with("Cooling Device Handle", 0x12, handle_if_any),
    with("Input Current Probe Handle", 0x14, handle_if_any),
];

const ONBOARD: &[Field] = &[
    text("Reference Designation", 0x04),
    with("Type", 0x05, |s, at| s.u8(at).map(|code| words::ONBOARD.value((code & 0x7F).into()))),
    with("Status", 0x05, |s, at| s.u8(at).map(|code| enabled(code & 0x80 != 0))),
    number("Type Instance", 0x06),
    with("Bus Address", 0x07, |s, at| {
        let segment = s.u16(at)?;
        let [bus, function] = s.bytes::<2>(at + 2)?;
        super::bus_address(segment, bus, function)
    }),
];

fn enabled(enabled: bool) -> Value<'static> {
    Value::Word(if enabled { "Enabled" } else { "Disabled" })
}

/// The name by which a structure is referred to in a group.
fn short_title(kind: u8) -> &'static str {
    match kind {
        0 => "BIOS",
        1 => "System",
        2 => "Base Board",
        3 => "Chassis",
        4 => "Processor",
        5 => "Memory Controller",
        6 => "Memory Module",
        7 => "Cache",
        8 => "Port Connector",
        9 => "System Slots",
        10 => "On Board Devices",
        13 => "BIOS Language",
        18 => "32-bit Memory Error",
        31 => "Boot Integrity Services",
        32 => "System Boot",
        33 => "64-bit Memory Error",
        38 => "IPMI Device",
        39 => "Power Supply",
        45 => "Firmware",
        128.. => "OEM-specific",
        other => super::title(other),
    }
}

/// Records of two bytes, each a device of its own.
fn onboard<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let records = s.formatted().get(4..).unwrap_or_default().chunks_exact(2);
    for record in records {
        let [code, description] = record else { continue };
        named.push(("Type".into(), words::ONBOARD.value((code & 0x7F).into())));
        named.push(("Status".into(), enabled(code & 0x80 != 0)));
        named.push(("Description".into(), s.string(*description).into()));
    }
}

fn oem_strings<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    counted(s, "String", named);
}

fn options<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    counted(s, "Option", named);
}

/// As many strings as byte 4 says.
fn counted<'a>(s: &Structure<'a>, name: &str, named: &mut Named<'a>) {
    for n in s.numbered(s.u8(4).unwrap_or(0)) {
        named.push((format!("{name} {n}").into(), s.string(n).into()));
    }
}

/// Records that carry their own length: a reference, a string and a value.
fn additional<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let mut at = 5_usize;
    for _ in 0..s.u8(4).unwrap_or(0) {
        let Some(length) = s.u8(at).map(usize::from).filter(|&length| length >= 5) else { return };
        let Some(record) = s.formatted().get(at..at + length) else { return };
        let (Some(handle), Some(offset), Some(text)) =
            (s.u16(at + 1), s.u8(at + 3), s.text(at + 4))
        else {
            return;
        };
        named.push(("Referenced Handle".into(), owned(format!("0x{handle:04x}"))));
        named.push(("Referenced Offset".into(), owned(format!("0x{offset:02x}"))));
        named.push(("String".into(), text.into()));
        let value = match record.get(5..).unwrap_or_default() {
            [byte] => owned(format!("0x{byte:02x}")),
            [_, _] => owned(format!("0x{:04x}", s.u16(at + 5).unwrap_or(0))),
            [_, _, _, _] => owned(format!("0x{:08x}", s.u32(at + 5).unwrap_or(0))),
            _ => Value::Word("Unexpected size"),
        };
        named.push(("Value".into(), value));
        at += length;
    }
}
