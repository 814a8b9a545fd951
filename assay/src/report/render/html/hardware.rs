//! What the pages show of the facts' hardware, read without trust.
//!
//! Only fields that are shown are read, and an object that does not read is
//! shown as unknown: a report on a damaged inventory must still come out.

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// A DIMM slot.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Dimm {
    pub(super) locator: Option<String>,
    pub(super) bank: Option<String>,
    pub(super) present: Option<bool>,
    pub(super) kind: Option<String>,
    pub(super) size_bytes: Option<u64>,
    pub(super) speed_mts: Option<u64>,
    pub(super) configured_speed_mts: Option<u64>,
    pub(super) manufacturer: Option<String>,
    pub(super) part_number: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) memory_type: Option<String>,
    pub(super) array: Option<String>,
}

/// A processor socket.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cpu {
    pub(super) locator: Option<String>,
    pub(super) present: Option<bool>,
    pub(super) model: Option<String>,
    pub(super) cores: Option<u32>,
    pub(super) threads: Option<u32>,
    pub(super) frequency_hz: Frequency,
}

/// The clock of a processor.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Frequency {
    pub(super) nominal: Option<u64>,
}

/// A disk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Disk {
    pub(super) locator: Option<String>,
    pub(super) name: Option<String>,
    pub(super) protocol: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) model: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) firmware: Option<String>,
    pub(super) size_bytes: Option<u64>,
    pub(super) behind: Option<String>,
    pub(super) health: Option<Health>,
}

/// Health of a disk.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Health {
    pub(super) passed: Option<bool>,
    pub(super) reasons: Vec<String>,
}

/// An expansion slot.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Slot {
    pub(super) locator: Option<String>,
    pub(super) bus: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) width: Option<u32>,
    pub(super) in_use: Option<bool>,
    pub(super) address: Option<String>,
    pub(super) generation: Option<u32>,
}

/// A network card or host bus adapter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Card {
    pub(super) address: Option<String>,
    pub(super) vendor: Option<String>,
    pub(super) model: Option<String>,
    pub(super) driver: Option<String>,
    pub(super) firmware: Option<String>,
    pub(super) port: Vec<Port>,
}

/// A port of a card.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Port {
    pub(super) name: Option<String>,
    pub(super) permanent_mac: Option<String>,
    pub(super) wwpn: Option<String>,
    pub(super) speed_bps: Option<u64>,
    pub(super) supported_bps: Vec<u64>,
}

fn all<T: DeserializeOwned + Default>(facts: &Value, section: &str) -> Vec<T> {
    let objects = facts.get("inventory").and_then(|inventory| inventory.get(section));
    let objects = objects.and_then(Value::as_array).into_iter().flatten();
    objects.map(|object| typed_json::read(object).unwrap_or_default()).collect()
}

/// Returns the DIMM slots; flash chips are not memory.
pub(super) fn dimms(facts: &Value) -> Vec<Dimm> {
    let mut dimms: Vec<Dimm> = all(facts, "dimm");
    dimms.retain(|dimm| dimm.kind.as_deref() != Some("flash"));
    dimms
}

/// Returns the processor sockets.
pub(super) fn cpus(facts: &Value) -> Vec<Cpu> {
    all(facts, "cpu")
}

/// Returns the disks.
pub(super) fn disks(facts: &Value) -> Vec<Disk> {
    all(facts, "disk")
}

/// Returns the expansion slots.
pub(super) fn slots(facts: &Value) -> Vec<Slot> {
    all(facts, "slot")
}

/// Returns network cards, then host bus adapters.
pub(super) fn cards(facts: &Value) -> Vec<Card> {
    let mut cards: Vec<Card> = all(facts, "nic");
    cards.extend(all(facts, "hba"));
    cards
}

/// Returns the firmware versions in one line each.
pub(super) fn firmware(facts: &Value) -> Vec<String> {
    let objects = facts.pointer("/inventory/firmware").and_then(Value::as_array);
    let line = |object: &Value| {
        let parts: Vec<&str> = ["kind", "vendor", "version", "date"]
            .iter()
            .filter_map(|key| object.get(key)?.as_str())
            .collect();
        parts.join(" ")
    };
    objects.into_iter().flatten().map(line).filter(|line| !line.is_empty()).collect()
}

/// Returns what sits in a slot, by its PCI address.
pub(super) fn in_slot(facts: &Value, slot: &Slot) -> Option<String> {
    let address = slot.address.as_deref()?;
    let device = address.rsplit_once('.').map_or(address, |(device, _)| device);
    let functions = facts.pointer("/inventory/pci").and_then(Value::as_array)?;
    let function = functions.iter().find(|function| {
        let at = function.get("address").and_then(Value::as_str).unwrap_or_default();
        at.rsplit_once('.').map_or(at, |(device, _)| device) == device
    })?;
    let name = |key: &str| function.get(key).and_then(Value::as_str);
    Some([name("vendor"), name("device")].into_iter().flatten().collect::<Vec<_>>().join(" "))
        .filter(|name| !name.is_empty())
}

/// Returns a slot's width and generation: `x16 Gen4`.
pub(super) fn lanes(slot: &Slot) -> String {
    let width = slot.width.map(|width| format!("x{width}"));
    let generation = slot.generation.map(|generation| format!("Gen{generation}"));
    let bus = slot.bus.as_ref().filter(|bus| *bus != "pcie").map(|bus| bus.to_uppercase());
    [width, generation, bus].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Returns a size of memory, in binary units.
pub(super) fn binary(bytes: u64) -> String {
    scaled(bytes, 1024, &["B", "KiB", "MiB", "GiB", "TiB", "PiB"], 1024 * 16)
}

/// Returns a size of a disk, in decimal units.
pub(super) fn decimal(bytes: u64) -> String {
    scaled(bytes, 1000, &["B", "kB", "MB", "GB", "TB", "PB"], 1000)
}

/// Returns a rate in bit/s.
pub(super) fn rate(bps: u64) -> String {
    scaled(bps, 1000, &["bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"], 1000)
}

/// Returns a clock in GHz with two digits behind the point.
pub(super) fn clock(hertz: u64) -> String {
    let hundredths = hertz.saturating_add(5_000_000).checked_div(10_000_000).unwrap_or(0);
    let whole = hundredths.checked_div(100).unwrap_or(0);
    format!("{whole}.{:02} GHz", hundredths.checked_rem(100).unwrap_or(0))
}

/// Scales a number until it is below `limit`, with at most two digits behind
/// the point, cut and not rounded: 899.9 GB are not 900.
fn scaled(number: u64, step: u64, units: &[&str], limit: u64) -> String {
    let mut divisor = 1_u64;
    let mut unit = units.first().copied().unwrap_or_default();
    for next in units.iter().skip(1) {
        if number.checked_div(divisor).unwrap_or(0) < limit {
            break;
        }
        divisor = divisor.saturating_mul(step);
        unit = next;
    }
    // Down again where nothing is left before the point.
    let whole = number.checked_div(divisor).unwrap_or(0);
    let rest = number.checked_rem(divisor).unwrap_or(0);
    let hundredths =
        u128::from(rest).saturating_mul(100).checked_div(u128::from(divisor)).unwrap_or(0);
    match hundredths {
        0 => format!("{whole} {unit}"),
        tens if tens.is_multiple_of(10) => {
            format!("{whole}.{} {unit}", tens.checked_div(10).unwrap_or(0))
        }
        other => format!("{whole}.{other:02} {unit}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_never_rounded_up() {
        assert_eq!(binary(512 << 30), "512 GiB");
        assert_eq!(binary(2 << 40), "2048 GiB");
        assert_eq!(binary(16 << 40), "16 TiB");
        assert_eq!(binary(511 << 30), "511 GiB");
        assert_eq!(binary(0), "0 B");
        assert_eq!(decimal(899_999_999_999), "899.99 GB");
        assert_eq!(decimal(900_185_481_216), "900.18 GB");
        assert_eq!(decimal(1_920_383_410_176), "1.92 TB");
        assert_eq!(rate(10_000_000_000), "10 Gbit/s");
        assert_eq!(clock(2_095_000_000), "2.10 GHz");
        assert_eq!(decimal(u64::MAX), "18446.74 PB");
    }

    #[test]
    fn an_object_that_does_not_read_is_unknown_and_not_left_out() {
        let facts = serde_json::json!({"inventory": {"dimm": [
            {"locator": "A1", "present": true, "size_bytes": "18446744073709551615"},
            {"locator": "A2", "kind": "flash"},
        ]}});
        let dimms = dimms(&facts);
        assert_eq!(dimms.len(), 1);
        assert_eq!(dimms[0].size_bytes, None);
    }
}
