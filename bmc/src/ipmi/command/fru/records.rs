//! Multirecords of a FRU (FRU storage definition §16 to §18).

use super::{
    super::text::hexadecimal,
    field,
    image::{Image, RECORD},
};
use crate::{
    ipmi::wire::{byte, message::checksum, take, word},
    operation::fru::{Field, Fru},
};

/// Records that are read; more is damage.
const MOST: usize = 64;

/// Reads all records from an offset into fields.
pub(super) fn read(image: &Image, from: usize, fru: &mut Fru) {
    let mut offset = from;
    for _ in 0..MOST {
        let damage = |what: &str| format!("multirecord at {offset:#x}: {what}");
        let Some(head) = image.read(offset, RECORD) else {
            fru.damage.push(damage("its header does not read"));
            return;
        };
        if checksum(head) != 0 {
            // Nothing says where the next one is.
            fru.damage.push(damage("its header has a wrong checksum"));
            return;
        }
        let Some((length, last)) = image.record_length(offset) else {
            return;
        };
        let [kind, _format, _length, sum, _] = *head else {
            return;
        };
        match image.read(offset + RECORD, length) {
            None => fru.damage.push(damage("it does not read")),
            Some(data) if checksum(data) != sum => {
                fru.damage.push(damage("its checksum is wrong"));
            }
            Some(data) => {
                if record(kind, data, &mut fru.fields).is_none() {
                    fru.damage.push(damage("it is too short for its type"));
                }
            }
        }
        if last {
            return;
        }
        offset += RECORD + length;
    }
    fru.damage.push("it has too many multirecords".to_owned());
}

fn record(kind: u8, data: &[u8], out: &mut Vec<Field>) -> Option<()> {
    match kind {
        0x00 => supply(data, out),
        0x01 | 0x02 => output(kind == 0x02, data, out),
        0x03 => access(data, out),
        0xc0..=0xff => oem(kind, data, out),
        other => {
            out.push(field("multirecord", &format!("type {other:#04x}"), hexadecimal(data)));
            Some(())
        }
    }
}

/// A power supply (§18.1).
fn supply(mut data: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let capacity = word(&mut data)? & 0x0fff;
    let peak = word(&mut data)?;
    let inrush = byte(&mut data)?;
    let _interval = byte(&mut data)?;
    let (low1, high1) = (word(&mut data)?, word(&mut data)?);
    let (low2, high2) = (word(&mut data)?, word(&mut data)?);
    let [low_hz, high_hz, dropout, flags] = *take::<4>(&mut data)?;
    let mut put = |name: &str, text: String| out.push(field("power supply", name, text));
    put("capacity", format!("{capacity} W"));
    if peak != u16::MAX {
        put("peak", format!("{peak} VA"));
    }
    if inrush != u8::MAX {
        put("inrush current", format!("{inrush} A"));
    }
    // In hundredths of a volt.
    let volts = |low: u16, high: u16| format!("{} to {} V", low / 100, high / 100);
    put("input voltage", volts(low1, high1));
    if (low2, high2) != (0, 0) {
        put("input voltage 2", volts(low2, high2));
    }
    put("input frequency", format!("{low_hz} to {high_hz} Hz"));
    put("drop-out tolerance", format!("{dropout} ms"));
    let named = [
        (0x01, "predictive fail"),
        (0x02, "power factor correction"),
        (0x04, "autoswitch"),
        (0x08, "hot swap"),
    ];
    let can: Vec<&str> =
        named.into_iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| name).collect();
    if !can.is_empty() {
        put("features", can.join(", "));
    }
    Some(())
}

/// An output of direct current, or a load on one (§18.2, §18.3).
fn output(load: bool, mut data: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let number = byte(&mut data)? & 0x0f;
    let nominal = word(&mut data)?.cast_signed();
    let _deviations = take::<4>(&mut data)?;
    let _ripple = word(&mut data)?;
    let (least, most) = (word(&mut data)?, word(&mut data)?);
    let area = if load { "DC load" } else { "DC output" };
    // In hundredths of a volt; in thousandths of an ampere.
    let volts = format!("{:.2} V", f64::from(nominal) / 100.0);
    let amperes = |value: u16| f64::from(value) / 1000.0;
    out.push(field(area, &format!("{number} voltage"), volts));
    let current = format!("{:.3} to {:.3} A", amperes(least), amperes(most));
    out.push(field(area, &format!("{number} current"), current));
    Some(())
}

/// How a system is managed (§18.4): an address, a name.
fn access(data: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let (kind, rest) = data.split_first()?;
    let name = match kind {
        1 => "system URL",
        2 => "system name",
        3 => "system ping address",
        4 => "component URL",
        5 => "component name",
        6 => "component ping address",
        7 => {
            out.push(field("management access", "system id", hexadecimal(rest)));
            return Some(());
        }
        _ => return Some(()),
    };
    let text = super::text::read(0xc0, rest, false);
    out.push(field("management access", name, text));
    Some(())
}

/// A vendor's own: its number, and the bytes.
fn oem(kind: u8, mut data: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let [low, middle, high] = *take::<3>(&mut data)?;
    let maker = u32::from_le_bytes([low, middle, high, 0]);
    out.push(field("OEM", &format!("record {kind:#04x} of maker {maker}"), hexadecimal(data)));
    Some(())
}
