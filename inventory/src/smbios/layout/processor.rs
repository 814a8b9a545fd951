//! Type 4: processors.

use std::borrow::Cow;

use super::super::words::{self, set_bits};
use super::super::{Structure, Text, Unit, Value};
use super::{Field, Layout, joined, list_or_none, owned, text, with, word};

pub(super) const LAYOUTS: &[Layout] = &[Layout::new(4, "Processor Information", PROCESSOR)];

const PROCESSOR: &[Field] = &[
    text("Socket Designation", 0x04),
    word("Type", 0x05, words::PROCESSOR_TYPE),
    with("Family", 0x06, |s, at| s.u8(at).map(|_| family(s))),
    text("Manufacturer", 0x07),
    with("ID", 0x08, |s, at| {
        let hex = s.bytes::<8>(at)?.map(|byte| format!("{byte:02X}"));
        Some(owned(hex.join(" ")))
    }),
    with("Signature", 0x08, signature),
    with("Flags", 0x0C, flags),
    text("Version", 0x10),
    with("Voltage", 0x11, voltage),
    with("External Clock", 0x12, megahertz),
    with("Max Speed", 0x14, megahertz),
    with("Current Speed", 0x16, megahertz),
    with("Status", 0x18, status),
    word("Upgrade", 0x19, words::UPGRADE),
    with("L1 Cache Handle", 0x1A, |s, at| cache(s, at, "No L1 Cache")),
    with("L2 Cache Handle", 0x1C, |s, at| cache(s, at, "No L2 Cache")),
    with("L3 Cache Handle", 0x1E, |s, at| cache(s, at, "No L3 Cache")),
    text("Serial Number", 0x20),
    text("Asset Tag", 0x21),
    text("Part Number", 0x22),
    with("Core Count", 0x23, |s, at| count(s, at, 0x2A)),
    with("Core Enabled", 0x24, |s, at| count(s, at, 0x2C)),
    with("Thread Count", 0x25, |s, at| count(s, at, 0x2E)),
    with("Thread Enabled", 0x30, |s, at| {
        s.u16(at).filter(|&n| n != 0).map(|n| Value::Number(n.into()))
    }),
    with("Characteristics", 0x26, |s, at| {
        Some(list_or_none(set_bits(words::PROCESSOR_CHARACTERISTICS, s.u16(at)?.into())))
    }),
    text("Socket Type", 0x32),
];

/// `FEh` sends to the 16-bit field at 28h.
fn family_code(s: &Structure<'_>) -> u16 {
    match s.u8(0x06) {
        Some(0xFE) => s.u16(0x28).unwrap_or(0xFE),
        Some(code) => code.into(),
        None => 0,
    }
}

fn family(s: &Structure<'_>) -> Value<'static> {
    match family_code(s) {
        // DSP0134 gave BEh to two makers.
        0xBE => match s.text(0x07) {
            Some(Text::Is(maker)) if maker.contains("Intel") => Value::Word("Core 2"),
            Some(Text::Is(maker)) if maker.contains("AMD") => Value::Word("K7"),
            _ => Value::Word("Core 2 or K7"),
        },
        // SMBIOS 2.0 machines wrote Pentium Pro as 30h, which is now Alpha.
        0x30 if !s.version().at_least(2, 1)
            && matches!(s.text(0x07), Some(Text::Is(maker)) if maker.contains("Intel")) =>
        {
            Value::Word("Pentium Pro")
        }
        code => words::FAMILY.value(code),
    }
}

/// What the eight bytes of the ID field hold.
enum Identification {
    Intel,
    Amd,
    Arm,
    Other,
}

fn identification(s: &Structure<'_>) -> Identification {
    match family_code(s) {
        0x100..=0x102 | 0x118 | 0x119 => Identification::Arm,
        0x18..=0x1D
        | 0x1F
        | 0x38..=0x3F
        | 0x46..=0x4F
        | 0x66..=0x6B
        | 0x83..=0x8F
        | 0xB6..=0xB7
        | 0xE4..=0xEF => Identification::Amd,
        0x0B..=0x16
        | 0x28..=0x2F
        | 0xA1..=0xB3
        | 0xB5
        | 0xB9..=0xBD
        | 0xBF..=0xC7
        | 0xCD..=0xD0
        | 0xD2..=0xDB
        | 0xDD..=0xE0
        | 0x300..=0x307 => Identification::Intel,
        // Other, Unknown, and the code that two makers share.
        0x01 | 0x02 | 0xBE => {
            let says = |at, word: &str| matches!(s.text(at), Some(Text::Is(t)) if t.contains(word));
            if says(0x07, "Intel") || says(0x10, "Intel(R)") {
                Identification::Intel
            } else if says(0x07, "AMD") || says(0x10, "AMD") {
                Identification::Amd
            } else if family_code(s) == 0xBE {
                Identification::Intel
            } else {
                Identification::Other
            }
        }
        _ => Identification::Other,
    }
}

fn signature(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let eax = s.u32(at)?;
    let family = (eax >> 8) & 0xF;
    let model = (eax >> 4) & 0xF;
    let text = match identification(s) {
        Identification::Intel => format!(
            "Type {}, Family {}, Model {}, Stepping {}",
            (eax >> 12) & 3,
            ((eax >> 20) & 0xFF) + family,
            ((eax >> 12) & 0xF0) + model,
            eax & 0xF
        ),
        Identification::Amd => {
            let extended = family == 0xF;
            format!(
                "Family {}, Model {}, Stepping {}",
                family + if extended { (eax >> 20) & 0xFF } else { 0 },
                model + if extended { (eax >> 12) & 0xF0 } else { 0 },
                eax & 0xF
            )
        }
        Identification::Arm => return arm_signature(s, eax, at),
        Identification::Other => return None,
    };
    Some(owned(text))
}

/// `MIDR_EL1`, or the `SoC` id of SMCCC, where the characteristics say so.
fn arm_signature(s: &Structure<'_>, low: u32, at: usize) -> Option<Value<'static>> {
    if s.u16(0x26).is_some_and(|bits| bits & 0x200 != 0) {
        let revision = s.u32(at + 4)?;
        return Some(owned(format!(
            "JEP-106 Bank 0x{:02x} Manufacturer 0x{:02x}, SoC ID 0x{:04x}, SoC Revision 0x{revision:08x}",
            (low >> 24) & 0x7F,
            (low >> 16) & 0x7F,
            low & 0xFFFF,
        )));
    }
    if low == 0 {
        return None;
    }
    Some(owned(format!(
        "Implementor 0x{:02x}, Variant 0x{:x}, Architecture {}, Part 0x{:03x}, Revision {}",
        low >> 24,
        (low >> 20) & 0xF,
        (low >> 16) & 0xF,
        (low >> 4) & 0xFFF,
        low & 0xF
    )))
}

fn flags(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let edx = s.u32(at)?;
    match identification(s) {
        Identification::Intel | Identification::Amd => {
            Some(list_or_none(set_bits(words::CPUID_FLAGS, edx.into())))
        }
        Identification::Arm | Identification::Other => None,
    }
}

/// Tenths of a volt with bit 7 set, else a set of legacy voltages.
fn voltage(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let code = s.u8(at)?;
    Some(if code & 0x80 != 0 {
        Value::Quantity(u64::from(code & 0x7F) * 100, Unit::Millivolt)
    } else {
        match joined(set_bits(words::LEGACY_VOLTAGE, code.into())) {
            Value::Word(_) => Value::Word("Unknown"),
            voltages => voltages,
        }
    })
}

fn megahertz(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    s.u16(at).map(|speed| match speed {
        0 => Value::Word("Unknown"),
        speed => Value::Quantity(speed.into(), Unit::Megahertz),
    })
}

fn status(s: &Structure<'_>, at: usize) -> Option<Value<'static>> {
    let code = s.u8(at)?;
    if code & 0x40 == 0 {
        return Some(Value::Word("Unpopulated"));
    }
    let state = words::PROCESSOR_STATUS.value((code & 7).into());
    Some(Value::Text(Cow::Owned(format!("Populated, {state}"))))
}

fn cache(s: &Structure<'_>, at: usize, none: &'static str) -> Option<Value<'static>> {
    s.u16(at).map(|handle| match handle {
        0xFFFF if s.version().at_least(2, 3) => Value::Word("Not Provided"),
        0xFFFF => Value::Word(none),
        handle => Value::Handle(handle),
    })
}

/// A count in a byte; `FFh` sends to the 16-bit field at `wide`. 0 means unknown.
fn count(s: &Structure<'_>, at: usize, wide: usize) -> Option<Value<'static>> {
    let narrow = s.u8(at)?;
    let count = match s.u16(wide) {
        Some(count) if narrow == 0xFF => count,
        _ => narrow.into(),
    };
    Some(count).filter(|&count| count != 0).map(|count| Value::Number(count.into()))
}
