//! Types 9 and 39: slots and power supplies.

use crate::model::{Psu, Slot};
use crate::smbios::record::Record;

use super::Builder;

impl Builder<'_> {
    pub(super) fn slot(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let raw = record.value("Type").map(|kind| kind.to_string()).unwrap_or_default();
        let shape = shape(raw.trim());
        let kind = r.owned_word("Type");
        if kind.is_none() && raw.contains("<OUT OF SPEC>") {
            r.keep_raw("kind", raw);
        }
        let slot = Slot {
            locator: r.locator("locator", "Designation"),
            bus: shape.bus.map(str::to_owned),
            kind,
            width: shape.width,
            length: r.owned_word("Length"),
            in_use: match r.word("Current Usage").as_deref() {
                Some("In Use") => Some(true),
                Some("Available") => Some(false),
                _ => None,
            },
            address: r.owned_word("Bus Address").filter(|address| !no_address(address)),
            generation: r.small("PCI Express Generation").or(shape.generation),
            id: r.small("ID"),
            origin: self.done(r),
        };
        self.inventory.slot.push(slot);
    }

    pub(super) fn supply(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let status = r.string("Status").map(|status| status.trim().to_owned());
        let status = status.or_else(|| r.owned_word("Status"));
        let psu = Psu {
            locator: r.locator("locator", "Location"),
            name: r.text("name", "Name"),
            present: status.as_deref().and_then(|status| match status {
                "Not Present" => Some(false),
                status if status.starts_with("Present") => Some(true),
                _ => None,
            }),
            manufacturer: r.text("manufacturer", "Manufacturer"),
            part_number: r.text("part_number", "Model Part Number"),
            serial: r.text("serial", "Serial Number"),
            asset_tag: r.text("asset_tag", "Asset Tag"),
            revision: r.text("revision", "Revision"),
            power_mw: r.number("Max Power Capacity").and_then(|watt| watt.checked_mul(1000)),
            hot_replaceable: r.answer("Hot Replaceable"),
            plugged: r.answer("Plugged"),
            kind: r.owned_word("Type"),
            status,
            origin: self.done(r),
        };
        self.inventory.psu.push(psu);
    }
}

/// What a slot's type says: bus, lanes, generation.
#[derive(Debug, Default, PartialEq, Eq)]
struct Shape {
    bus: Option<&'static str>,
    width: Option<u32>,
    generation: Option<u32>,
}

/// Reads `x8 PCI Express 3 x16`: wired for eight lanes, of the third generation,
/// of the size for sixteen.
fn shape(kind: &str) -> Shape {
    let (wired, kind) = match kind.split_once(' ') {
        Some((first, rest)) if is_width(first) => (lanes(first), rest),
        _ => (None, kind.strip_prefix("<OUT OF SPEC> ").unwrap_or(kind)),
    };
    let mut shape = Shape { bus: bus(kind), width: wired, generation: None };
    if let Some(rest) = kind.strip_prefix("PCI Express") {
        let mut words = rest.split_whitespace().peekable();
        let generation = words.peek().map(|word| word.trim_end_matches('+'));
        shape.generation = generation.and_then(|word| word.parse().ok());
        // Without a bus width the type itself is all that is claimed.
        shape.width = shape.width.or_else(|| words.find_map(lanes));
    }
    shape
}

/// `x8`, `32-bit`: what dmidecode puts before the type.
fn is_width(word: &str) -> bool {
    lanes(word).is_some()
        || word.strip_suffix("-bit").is_some_and(|bits| bits.parse::<u32>().is_ok())
}

fn lanes(word: &str) -> Option<u32> {
    word.strip_prefix('x').and_then(|lanes| lanes.parse().ok())
}

/// PCI Express cards need a slot of their own shape: what takes only drives,
/// modules or mezzanines is told apart.
fn bus(kind: &str) -> Option<&'static str> {
    let begins = |prefix: &str| kind.starts_with(prefix);
    Some(if kind.is_empty() || kind == "Unknown" || kind.contains("OUT OF SPEC>") {
        return None;
    } else if kind.contains("SFF-8639") {
        "u2"
    } else if begins("PCI Express Mini") {
        "other"
    } else if begins("PCI Express") {
        "pcie"
    } else if begins("PCI-X") {
        "pcix"
    } else if kind == "PCI" || kind == "PCI-66" {
        "pci"
    } else if begins("AGP") {
        "agp"
    } else if begins("M.2") {
        "m2"
    } else if begins("MXM") {
        "mxm"
    } else if begins("OCP") {
        "ocp"
    } else if begins("EDSFF") {
        "edsff"
    } else if kind == "ISA" || kind == "EISA" {
        "isa"
    } else {
        "other"
    })
}

/// All ones mean that the slot has no address.
fn no_address(address: &str) -> bool {
    address.eq_ignore_ascii_case("ffff:ff:1f.7")
}

#[cfg(test)]
mod tests;
