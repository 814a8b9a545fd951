//! Type 15: the system event log's description.

use super::super::words::{self, Words};
use super::super::{Structure, Value};
use super::{Field, Layout, Named, hex16, hex32, number, owned, with};

pub(super) const LAYOUTS: &[Layout] = &[Layout::new(15, "System Event Log", LOG).and(descriptors)];

const LOG: &[Field] = &[
    with("Area Length", 0x04, |s, at| s.u16(at).map(|n| owned(format!("{n} bytes")))),
    with("Header Start Offset", 0x06, hex16),
    with("Header Length", 0x06, |s, at| {
        let length = s.u16(0x08)?.checked_sub(s.u16(at)?).filter(|&length| length > 0)?;
        Some(owned(format!("{length} byte{}", if length == 1 { "" } else { "s" })))
    }),
    with("Data Start Offset", 0x08, hex16),
    with("Access Method", 0x0A, |s, at| s.u8(at).map(|code| oem(code, words::LOG_METHOD))),
    with("Access Address", 0x10, |s, at| {
        Some(match s.u8(0x0A)? {
            0..=2 => {
                let (index, data) = (s.u16(at)?, s.u16(at + 2)?);
                owned(format!("Index 0x{index:04X}, Data 0x{data:04X}"))
            }
            3 => return hex32(s, at),
            4 => return hex16(s, at),
            _ => Value::Word("Unknown"),
        })
    }),
    with("Status", 0x0B, |s, at| {
        let bits = s.u8(at)?;
        let valid = if bits & 1 == 0 { "Invalid" } else { "Valid" };
        let full = if bits & 2 == 0 { "Not Full" } else { "Full" };
        Some(owned(format!("{valid}, {full}")))
    }),
    with("Change Token", 0x0C, hex32),
    with("Header Format", 0x14, |s, at| s.u8(at).map(|code| oem(code, words::LOG_HEADER))),
    number("Supported Log Type Descriptors", 0x15),
];

/// A code, of which those from 128 on belong to makers.
fn oem(code: u8, words: Words) -> Value<'static> {
    match words.value(code.into()) {
        Value::OutOfSpec if code >= 0x80 => Value::Word("OEM-specific"),
        value => value,
    }
}

/// Pairs of event type and data format, in records of a length that is given.
fn descriptors<'a>(s: &Structure<'a>, named: &mut Named<'a>) {
    let Some([count, size]) = s.bytes::<2>(0x15) else { return };
    let size = usize::from(size);
    if size < 2 {
        return;
    }
    for n in 0..usize::from(count) {
        let Some([event, format]) = s.bytes::<2>(0x17 + n * size) else { return };
        let number = n + 1;
        named.push((format!("Descriptor {number}").into(), oem(event, words::LOG_TYPE)));
        named.push((format!("Data Format {number}").into(), oem(format, words::LOG_FORMAT)));
    }
}
