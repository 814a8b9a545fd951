//! What a part says of itself: its FRU (FRU storage definition 1.0, revision 1.3).
//!
//! An [`Image`] is read piece by piece, and says which piece is needed next, so that of a memory of
//! 64 kB only what is used is asked for. [`fields`] then reads what there is, area by area: a
//! damaged one costs itself.

mod image;
mod records;

use super::{sdr::Locator, text};
use crate::operation::fru::{Field, Fru};

pub use image::{Extent, Image};

/// Fields of an area that are read; more is damage. A board has seven of its own at most.
const MOST: usize = 64;
/// The mark behind the last field.
const END: u8 = 0xc1;
/// Languages that are written in 8-bit characters: "as in the specification", and English.
const ENGLISH: [u8; 2] = [0, 25];

/// Reads an image into fields, and what could not be read.
pub fn fields(name: &str, image: &Image) -> Fru {
    let mut fru = Fru { name: name.to_owned(), ..Fru::default() };
    let Some(offsets) = image.offsets() else {
        fru.damage.push("its header does not read".to_owned());
        return fru;
    };
    if !offsets.sound {
        fru.damage.push("its header has a wrong checksum".to_owned());
    }
    for (area, offset, read) in [
        ("chassis", offsets.chassis, chassis as Read),
        ("board", offsets.board, board),
        ("product", offsets.product, product),
    ] {
        let Some(offset) = offset else { continue };
        let Some(bytes) = image.area(offset) else {
            fru.damage.push(format!("{area} at {offset:#x}: it does not read"));
            continue;
        };
        if super::super::wire::message::checksum(bytes) != 0 {
            fru.damage.push(format!("{area} at {offset:#x}: its checksum is wrong"));
        }
        if read(bytes, &mut fru.fields).is_none() {
            fru.damage.push(format!("{area} at {offset:#x}: its fields end before their mark"));
        }
    }
    if let Some(offset) = offsets.records {
        records::read(image, offset, &mut fru);
    }
    fru
}

/// Returns the number of the FRU that a locator names, if it is read by command at the BMC itself.
pub fn number(locator: &Locator) -> Option<u8> {
    (locator.logical && locator.address == 0x20).then_some(locator.device)
}

/// Reads an area into fields; `None` where they end before their mark.
type Read = fn(&[u8], &mut Vec<Field>) -> Option<()>;

fn chassis(area: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let [_version, _length, kind, rest @ ..] = area else {
        return None;
    };
    if let Some(kind) = CHASSIS.get(usize::from(*kind)).filter(|_| *kind > 2) {
        out.push(field("chassis", "type", (*kind).to_owned()));
    }
    texts("chassis", &["part number", "serial"], rest, false, out)
}

fn board(area: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let [_version, _length, language, low, middle, high, rest @ ..] = area else {
        return None;
    };
    if let Some(made) = text::made(u32::from_le_bytes([*low, *middle, *high, 0])) {
        out.push(field("board", "date", made));
    }
    let names = ["manufacturer", "product", "serial", "part number", "file id"];
    texts("board", &names, rest, !ENGLISH.contains(language), out)
}

fn product(area: &[u8], out: &mut Vec<Field>) -> Option<()> {
    let [_version, _length, language, rest @ ..] = area else {
        return None;
    };
    let names =
        ["manufacturer", "product", "part number", "version", "serial", "asset tag", "file id"];
    texts("product", &names, rest, !ENGLISH.contains(language), out)
}

/// Reads the fields of an area: those that have names, then the extra ones, to the mark. Empty ones
/// are left out.
fn texts(
    area: &'static str,
    names: &[&str],
    mut bytes: &[u8],
    unicode: bool,
    out: &mut Vec<Field>,
) -> Option<()> {
    for at in 0..MOST {
        if *bytes.first()? == END {
            return Some(());
        }
        // Serial numbers and dates of any language are 8-bit characters (§11).
        let name = names.get(at).copied();
        let unicode = unicode && !matches!(name, Some("serial" | "part number"));
        let text = text::take(&mut bytes, unicode)?;
        if !text.is_empty() {
            let name =
                name.map_or_else(|| format!("extra {}", at + 1 - names.len()), str::to_owned);
            out.push(Field { area, name, text });
        }
    }
    None
}

fn field(area: &'static str, name: &str, text: String) -> Field {
    Field { area, name: name.to_owned(), text }
}

/// Types of chassis, as SMBIOS numbers them (DSP0134 table 17).
const CHASSIS: [&str; 0x25] = [
    "",
    "Other",
    "Unknown",
    "Desktop",
    "Low Profile Desktop",
    "Pizza Box",
    "Mini Tower",
    "Tower",
    "Portable",
    "Laptop",
    "Notebook",
    "Hand Held",
    "Docking Station",
    "All in One",
    "Sub Notebook",
    "Space-saving",
    "Lunch Box",
    "Main Server Chassis",
    "Expansion Chassis",
    "SubChassis",
    "Bus Expansion Chassis",
    "Peripheral Chassis",
    "RAID Chassis",
    "Rack Mount Chassis",
    "Sealed-case PC",
    "Multi-system Chassis",
    "Compact PCI",
    "Advanced TCA",
    "Blade",
    "Blade Enclosure",
    "Tablet",
    "Convertible",
    "Detachable",
    "IoT Gateway",
    "Embedded PC",
    "Mini PC",
    "Stick PC",
];

#[cfg(test)]
mod tests;
