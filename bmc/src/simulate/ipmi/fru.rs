//! The memory of the built-in FRU (§34; Platform Management FRU Information Storage 1.0).

use serde_json::Value;

use super::{Answer, NOT_PRESENT, OK, OUT_OF_RANGE, TOO_SHORT};
use crate::{
    ipmi::wire::{byte, message::checksum, word},
    simulate::{clock::Moment, host::Host},
};

/// Writes a field: 8-bit text; a length of one byte would be the mark of the end.
fn field(text: &str) -> Vec<u8> {
    let mut plain: Vec<u8> = text.bytes().filter(u8::is_ascii).take(63).collect();
    if plain.len() == 1 {
        plain.push(b' ');
    }
    let length = u8::try_from(plain.len()).unwrap_or(0);
    std::iter::once(0xc0 | length).chain(plain).collect()
}

/// Writes an area: its head, its fields, the mark of the end, padding and a sum of 0.
fn area(head: &[u8], fields: &[&str]) -> Vec<u8> {
    let mut area = vec![1, 0];
    area.extend(head);
    for text in fields {
        area.extend(field(text));
    }
    area.push(0xc1);
    while area.len() % 8 != 7 {
        area.push(0);
    }
    let eighths = u8::try_from((area.len() + 1) / 8).unwrap_or(u8::MAX);
    if let Some(length) = area.get_mut(1) {
        *length = eighths;
    }
    area.push(checksum(&area));
    area
}

/// Returns the memory.
pub(super) fn image(host: &Host, now: Moment) -> Vec<u8> {
    let system = host.seen(&host.base.system, now).unwrap_or_default();
    let chassis = host.seen(&host.base.chassis, now).unwrap_or_default();
    let text = |body: &Value, name: &str| body[name].as_str().unwrap_or_default().to_owned();
    let of_system = ["Manufacturer", "Model", "PartNumber", "SerialNumber", "AssetTag"]
        .map(|name| text(&system, name));
    let [maker, model, part, serial, asset] = &of_system;
    let (chassis_part, chassis_serial) =
        (text(&chassis, "PartNumber"), text(&chassis, "SerialNumber"));
    // A rack mount chassis (SMBIOS type 17h).
    let chassis = area(&[0x17], &[&chassis_part, &chassis_serial]);
    // English, no date of manufacture.
    let board = area(&[0, 0, 0, 0], &[maker, model, serial, part, ""]);
    let product = area(&[0], &[maker, model, part, "", serial, asset, ""]);
    let mut image = vec![1, 0];
    let mut at = 8;
    for area in [&chassis, &board, &product] {
        image.push(u8::try_from(at / 8).unwrap_or(u8::MAX));
        at += area.len();
    }
    image.extend([0, 0]);
    image.push(checksum(&image));
    [image, chassis, board, product].concat()
}

pub(super) fn answer(host: &Host, command: u8, mut data: &[u8], now: Moment) -> Answer {
    match byte(&mut data) {
        None => return (TOO_SHORT, Vec::new()),
        Some(0) => {}
        Some(_) => return (NOT_PRESENT, Vec::new()),
    }
    let image = image(host, now);
    if command == 0x10 {
        // Read by bytes.
        let length = u16::try_from(image.len()).unwrap_or(u16::MAX);
        return (OK, [&length.to_le_bytes()[..], &[0]].concat());
    }
    let (Some(offset), Some(count)) = (word(&mut data), byte(&mut data)) else {
        return (TOO_SHORT, Vec::new());
    };
    let Some(rest) = image.get(usize::from(offset)..) else { return (OUT_OF_RANGE, Vec::new()) };
    let part: Vec<u8> = rest.iter().take(count.into()).copied().collect();
    let length = u8::try_from(part.len()).unwrap_or(u8::MAX);
    (OK, [vec![length], part].concat())
}
