//! Types 16 and 17: memory arrays and the slots in them.

use crate::model::{Dimm, MemoryArray};
use crate::smbios::record::Record;
use crate::smbios::value::Value;

use super::Builder;
use super::reader::Reader;

impl Builder<'_> {
    /// Arrays of flash, video or cache memory stay in the raw view.
    pub(super) fn array(&mut self, record: &dyn Record) {
        let usage = record.value("Use").map(|usage| usage.to_string());
        let system = usage.is_some_and(|usage| usage.trim() == SYSTEM_MEMORY);
        if !system {
            return;
        }
        let r = self.read(record);
        let array = MemoryArray {
            handle: record.handle().map(|handle| format!("0x{handle:04X}")),
            location: r.owned_word("Location"),
            usage: r.owned_word("Use"),
            error_correction: r.owned_word("Error Correction Type"),
            max_capacity_bytes: r.size("Maximum Capacity").filter(|&bytes| bytes > 0),
            devices_claimed: r.small("Number Of Devices"),
            origin: self.done(r),
        };
        self.inventory.memory_array.push(array);
    }

    pub(super) fn dimm(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let size = record.value("Size");
        let size_bytes = size.as_ref().and_then(Value::size);
        let installed = size.map(|size| size.to_string());
        let present = match installed.as_deref().map(str::trim) {
            Some(NO_MODULE | "Not Installed") => Some(false),
            _ if size_bytes.is_some_and(|size| size > 0) => Some(true),
            _ => None,
        };
        let dimm = Dimm {
            locator: r.locator("locator", "Locator"),
            bank: r.locator("bank", "Bank Locator"),
            present,
            kind: Some(kind(&r).to_owned()),
            size_bytes: size_bytes.filter(|&size| size > 0),
            speed_mts: r.number("Speed").filter(|&speed| speed > 0),
            configured_speed_mts: r.number("Configured Memory Speed").filter(|&speed| speed > 0),
            manufacturer: r.text("manufacturer", "Manufacturer"),
            part_number: r.text("part_number", "Part Number"),
            serial: r.text("serial", "Serial Number"),
            asset_tag: r.text("asset_tag", "Asset Tag"),
            rank: r.small("Rank"),
            array: r.handle("Array Handle"),
            memory_type: r.owned_word("Type"),
            form_factor: r.owned_word("Form Factor"),
            total_width_bits: r.small("Total Width"),
            data_width_bits: r.small("Data Width"),
            voltage_mv: r.millivolt("Configured Voltage").and_then(|mv| u32::try_from(mv).ok()),
            origin: self.done(r),
        };
        self.inventory.dimm.push(dimm);
    }
}

const SYSTEM_MEMORY: &str = "System Memory";
const NO_MODULE: &str = "No Module Installed";

/// What a slot holds or takes. An empty slot takes memory; a device without a
/// known type is memory too, or it would silently not count.
fn kind(r: &Reader<'_>) -> &'static str {
    match r.word("Type").as_deref() {
        Some("Flash" | "ROM" | "EEPROM" | "FEPROM" | "EPROM") => return "flash",
        Some("Logical non-volatile device") => return "persistent",
        _ => {}
    }
    let technology = r.word("Memory Technology").unwrap_or_default();
    let persistent = technology.starts_with("NVDIMM")
        || technology.starts_with("Intel Optane")
        || technology.starts_with("Intel persistent")
        || r.size("Non-Volatile Size").is_some_and(|size| size > 0);
    if persistent { "persistent" } else { "ram" }
}
