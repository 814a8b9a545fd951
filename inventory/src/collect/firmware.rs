//! What the firmware says of the machine: its SMBIOS table, else the few fields
//! that the kernel shows everyone.
//!
//! The table needs root; `/sys/class/dmi/id` does not, but for serial numbers
//! and the UUID. Kernels before 4.2 show no table but its structures one by one
//! (`dmi-sysfs`).

use sha2::{Digest, Sha256};

use crate::brand::brand_of;
use crate::model::{Board, Chassis, Firmware, Origin, Section, SectionState, SourceKind, System};
use crate::placeholder::{clean, usable_uuid};
use crate::smbios::{self, SmbiosError, Table};
use crate::{Inventory, Sysroot};

use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[
    Section::System,
    Section::Board,
    Section::Chassis,
    Section::Firmware,
    Section::Bmc,
    Section::Cpu,
    Section::Cache,
    Section::Dimm,
    Section::MemoryArray,
    Section::Slot,
    Section::Psu,
    Section::OemStrings,
];

/// Those that `/sys/class/dmi/id` says something of.
const SHOWN: &[Section] = &[Section::System, Section::Board, Section::Chassis, Section::Firmware];

const ENTRY: &str = "/sys/firmware/dmi/tables/smbios_entry_point";
const TABLE: &str = "/sys/firmware/dmi/tables/DMI";
const ENTRIES: &str = "/sys/firmware/dmi/entries";
const ID: &str = "/sys/class/dmi/id";

/// Collects what SMBIOS says.
pub(crate) fn firmware(root: &Sysroot, _options: &Options, builder: &Builder) {
    match read(root) {
        Ok((table, digest)) => {
            keep(root, builder);
            let inventory = smbios::inventory(&table, None, Some(&digest));
            builder.edit(|share| *share = inventory);
            // Identity is settled when all shares are together.
            builder.edit(|share| share.sections.remove(&Section::Identity));
        }
        Err(reason) => fallback(root, builder, &reason),
    }
}

/// Why there is no table.
enum NoTable {
    /// Neither a table nor a trace of one.
    Missing,
    /// It could not be read, in words.
    Unreadable(String),
}

/// Reads and takes apart the table, and returns it with its digest.
fn read(root: &Sysroot) -> Result<(Table, String), NoTable> {
    let (bytes, parsed) = match root.read(TABLE) {
        Ok(table) => {
            let parsed = match root.read(ENTRY) {
                Ok(entry) => smbios::parse_pair(&entry, &table),
                Err(_) => smbios::parse(&table),
            };
            (table, parsed)
        }
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            let reason = "SMBIOS table: permission denied (needs root)";
            return Err(NoTable::Unreadable(reason.to_owned()));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let Some(table) = entries(root) else { return Err(NoTable::Missing) };
            let parsed = smbios::parse(&table);
            (table, parsed)
        }
        Err(error) => return Err(NoTable::Unreadable(format!("{TABLE}: {error}"))),
    };
    let damaged = |error: SmbiosError| NoTable::Unreadable(format!("{TABLE}: {error}"));
    Ok((parsed.map_err(damaged)?, digest(&bytes)))
}

fn digest(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let hex: String = hash
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0x0f])
        .filter_map(|half| char::from_digit(u32::from(half), 16))
        .collect();
    format!("sha256:{hex}")
}

/// Keeps the raw table as evidence.
fn keep(root: &Sysroot, builder: &Builder) {
    for path in [ENTRY, TABLE] {
        if let Ok(bytes) = root.read(path) {
            builder.evidence(path, bytes, format!("sysfs:{path}"));
        }
    }
}

/// Puts the table together from its structures, in the order of the table. Some
/// missing is the normal case: then there is no table.
fn entries(root: &Sysroot) -> Option<Vec<u8>> {
    let mut parts = Vec::new();
    for name in root.list(ENTRIES).ok()? {
        let base = format!("{ENTRIES}/{name}");
        let position: u32 = root.text(&format!("{base}/position")).ok()?.parse().ok()?;
        parts.push((position, root.read(&format!("{base}/raw")).ok()?));
    }
    tiny_sort::stable::sort(&mut parts);
    let whole = parts
        .iter()
        .enumerate()
        .all(|(at, (position, _))| u32::try_from(at).is_ok_and(|at| at == *position));
    (whole && !parts.is_empty()).then(|| parts.into_iter().flat_map(|(_, raw)| raw).collect())
}

/// Takes what the kernel shows without the table.
fn fallback(root: &Sysroot, builder: &Builder, why: &NoTable) {
    let shown = root.list(ID).is_ok();
    let (state, reason) = match why {
        NoTable::Missing if !shown => {
            (SectionState::Unsupported, format!("no SMBIOS: neither {TABLE} nor {ID}"))
        }
        NoTable::Missing => (SectionState::Failed, format!("no {TABLE}")),
        NoTable::Unreadable(reason) => (SectionState::Failed, reason.clone()),
    };
    for section in SECTIONS {
        let state = if shown && SHOWN.contains(section) { SectionState::Partial } else { state };
        builder.section(*section, state, Some(reason.clone()));
    }
    if shown {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{ID}"));
        let mut id = Id { root, origin: Origin::of(source) };
        let (system, board) = (id.system(), id.board());
        let (chassis, firmware) = (id.chassis(), id.firmware());
        builder.edit(|share: &mut Inventory| {
            share.system = system;
            share.board.extend(board);
            share.chassis.extend(chassis);
            share.firmware.extend(firmware);
        });
    }
}

/// The fields of `/sys/class/dmi/id`.
struct Id<'a> {
    root: &'a Sysroot,
    origin: Origin,
}

impl Id<'_> {
    /// Returns a field of the document, read from a file of the folder.
    fn text(&mut self, field: &str, file: &str) -> Option<String> {
        let raw = self.root.read(&format!("{ID}/{file}")).ok()?;
        let raw = String::from_utf8_lossy(&raw);
        let cleaned = clean(raw.trim_end_matches(['\n', '\0']));
        if let Some(raw) = cleaned.raw {
            self.origin.raw.insert(field.to_owned(), raw);
        }
        cleaned.value
    }

    /// Returns the provenance of the object whose fields were read last.
    fn done(&mut self) -> Origin {
        let fresh = Origin::of(self.origin.source);
        std::mem::replace(&mut self.origin, fresh)
    }

    fn system(&mut self) -> Option<System> {
        let manufacturer = self.text("manufacturer", "sys_vendor");
        let uuid = self.text("uuid", "product_uuid").map(|uuid| uuid.to_ascii_lowercase());
        let system = System {
            brand: manufacturer.as_deref().and_then(brand_of),
            manufacturer,
            product: self.text("product", "product_name"),
            version: self.text("version", "product_version"),
            serial: self.text("serial", "product_serial"),
            sku: self.text("sku", "product_sku"),
            family: self.text("family", "product_family"),
            uuid: uuid.filter(|uuid| usable_uuid(uuid)),
            wake_up: None,
            origin: Origin::default(),
        };
        (system != System::default()).then(|| System { origin: self.done(), ..system })
    }

    fn board(&mut self) -> Option<Board> {
        let manufacturer = self.text("manufacturer", "board_vendor");
        let board = Board {
            brand: manufacturer.as_deref().and_then(brand_of),
            manufacturer,
            product: self.text("product", "board_name"),
            version: self.text("version", "board_version"),
            serial: self.text("serial", "board_serial"),
            asset_tag: self.text("asset_tag", "board_asset_tag"),
            ..Board::default()
        };
        let there = board != Board::default();
        there.then(|| Board { hosting: Some(true), origin: self.done(), ..board })
    }

    fn chassis(&mut self) -> Option<Chassis> {
        let kind = self.text("kind", "chassis_type").and_then(|code| code.parse().ok());
        let chassis = Chassis {
            manufacturer: self.text("manufacturer", "chassis_vendor"),
            kind: kind.and_then(chassis_word),
            version: self.text("version", "chassis_version"),
            serial: self.text("serial", "chassis_serial"),
            asset_tag: self.text("asset_tag", "chassis_asset_tag"),
            ..Chassis::default()
        };
        (chassis != Chassis::default()).then(|| Chassis { origin: self.done(), ..chassis })
    }

    fn firmware(&mut self) -> Option<Firmware> {
        let firmware = Firmware {
            vendor: self.text("vendor", "bios_vendor"),
            version: self.text("version", "bios_version"),
            date: self.text("date", "bios_date"),
            ..Firmware::default()
        };
        let there = firmware != Firmware::default();
        let kind = "bios".to_owned();
        there.then(|| Firmware { kind, origin: self.done(), ..firmware })
    }
}

/// Returns the word for a chassis type: the decoder's, for a table that holds
/// little else.
fn chassis_word(code: u8) -> Option<String> {
    let system = [1, 8, 1, 0, 0, 0, 0, 0, 0, 0];
    let structure = [3, 9, 0, 0, 0, code, 0, 0, 0, 0, 0];
    let end = [127, 4, 1, 0, 0, 0];
    let table = smbios::parse(&[system.as_slice(), &structure, &end].concat()).ok()?;
    smbios::inventory(&table, None, None).chassis.into_iter().next()?.kind
}

#[cfg(test)]
mod tests;
