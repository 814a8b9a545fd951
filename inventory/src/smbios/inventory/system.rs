//! Types 0 to 3, 11, 12, 38, 42, 43 and 45: the machine as a whole.

use crate::brand::brand_of;
use crate::model::{Bmc, Board, Chassis, Firmware, System, Tpm};
use crate::placeholder::usable_uuid;
use crate::smbios::record::Record;
use crate::smbios::value::Value;

use super::Builder;
use super::reader::Reader;

impl Builder<'_> {
    /// The first type 1 is the system; further ones are left to the raw view.
    pub(super) fn system(&mut self, record: &dyn Record) {
        if self.inventory.system.is_some() {
            return;
        }
        let mut r = self.read(record);
        let manufacturer = r.text("manufacturer", "Manufacturer");
        let system = System {
            brand: manufacturer.as_deref().and_then(brand_of),
            manufacturer,
            product: r.text("product", "Product Name"),
            version: r.text("version", "Version"),
            serial: r.text("serial", "Serial Number"),
            sku: r.text("sku", "SKU Number"),
            family: r.text("family", "Family"),
            uuid: uuid(&mut r),
            wake_up: r.owned_word("Wake-up Type"),
            origin: self.done(r),
        };
        self.inventory.system = Some(system);
    }

    pub(super) fn board(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let manufacturer = r.text("manufacturer", "Manufacturer");
        let features = r.items("Features");
        let hosting = match &features {
            Some(items) => Some(items.iter().any(|item| item.trim() == HOSTING)),
            None => r.has("Features").then_some(false),
        };
        let board = Board {
            brand: manufacturer.as_deref().and_then(brand_of),
            manufacturer,
            product: r.text("product", "Product Name"),
            version: r.text("version", "Version"),
            serial: r.text("serial", "Serial Number"),
            asset_tag: r.text("asset_tag", "Asset Tag"),
            kind: r.owned_word("Type"),
            hosting,
            origin: self.done(r),
        };
        self.inventory.board.push(board);
    }

    /// A single board without feature flags hosts the system.
    pub(super) fn prefer_named_boards(&mut self) {
        if let [board] = self.inventory.board.as_mut_slice() {
            board.hosting = board.hosting.or(Some(true));
        }
    }

    pub(super) fn chassis(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let chassis = Chassis {
            manufacturer: r.text("manufacturer", "Manufacturer"),
            kind: r.owned_word("Type"),
            version: r.text("version", "Version"),
            serial: r.text("serial", "Serial Number"),
            asset_tag: r.text("asset_tag", "Asset Tag"),
            height_u: r.small("Height"),
            power_cords: r.small("Number Of Power Cords"),
            sku: r.text("sku", "SKU Number"),
            origin: self.done(r),
        };
        self.inventory.chassis.push(chassis);
    }

    pub(super) fn firmware(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let firmware = if record.kind() == 0 {
            Firmware {
                kind: "bios".to_owned(),
                vendor: r.text("vendor", "Vendor"),
                version: r.text("version", "Version"),
                date: r.text("date", "Release Date"),
                rom_size_bytes: r.size("ROM Size"),
                origin: self.done(r),
            }
        } else {
            let name = r.text("kind", "Firmware Component Name");
            Firmware {
                kind: name.unwrap_or_else(|| "component".to_owned()),
                vendor: r.text("vendor", "Manufacturer"),
                version: r.text("version", "Firmware Version"),
                date: r.text("date", "Release Date"),
                rom_size_bytes: r.size("Image Size"),
                origin: self.done(r),
            }
        };
        self.inventory.firmware.push(firmware);
    }

    /// Strings are kept as read: makers hide asset data in them.
    pub(super) fn strings(&mut self, record: &dyn Record) {
        let prefix = if record.kind() == 11 { "String " } else { "Option " };
        let texts = record.values(prefix).into_iter().filter_map(|value| match value {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        });
        let before = self.inventory.oem_strings.len();
        self.inventory.oem_strings.extend(texts);
        if self.inventory.oem_strings.len() > before {
            self.source(record);
        }
    }

    /// Type 38 describes the IPMI interface; type 42 tells that there is one way
    /// or another to a management controller.
    pub(super) fn bmc(&mut self, record: &dyn Record) {
        let ipmi = record.kind() == 38;
        if self.inventory.bmc.as_ref().is_some_and(|bmc| !ipmi || bmc.ipmi_version.is_some()) {
            return;
        }
        let r = self.read(record);
        let name = if ipmi { "Interface Type" } else { "Host Interface Type" };
        let interface = r.word(name).map(|word| short(&word).to_owned());
        let version = if ipmi { r.word("Specification Version") } else { None };
        let bmc = Bmc {
            present: Some(true),
            interface,
            ipmi_version: version.map(std::borrow::Cow::into_owned),
            origin: self.done(r),
            ..Bmc::default()
        };
        self.inventory.bmc = Some(bmc);
    }

    pub(super) fn tpm(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let tpm = Tpm {
            version: r.owned_word("Specification Version"),
            manufacturer: r.text("manufacturer", "Vendor ID"),
            description: r.text("description", "Description"),
            origin: self.done(r),
        };
        self.inventory.tpm.push(tpm);
    }
}

/// The feature flag of the board that carries the system.
const HOSTING: &str = "Board is a hosting board";

/// `KCS (Keyboard Control Style)` and `KCS: Keyboard Controller Style` are `KCS`.
fn short(interface: &str) -> &str {
    interface.split([' ', ':']).next().unwrap_or(interface)
}

/// A UUID that many machines share is none.
fn uuid(r: &mut Reader<'_>) -> Option<String> {
    let raw = r.word("UUID")?;
    let uuid = raw.to_ascii_lowercase();
    if usable_uuid(&uuid) {
        return Some(uuid);
    }
    r.keep_raw("uuid", raw.into_owned());
    None
}
