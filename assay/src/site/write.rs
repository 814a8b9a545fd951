//! A delivery list as it is written: made of what was found, for a person to go on with.

use std::collections::BTreeMap;

use inventory::Inventory;
use profiles::Lang;

use super::{
    columns::Column,
    part::{Kind, read},
    piece::{Piece, pieces},
    place::Place,
    seen::Seen,
};

/// The columns of a list that is written.
const COLUMNS: [Column; 12] = [
    Column::Contract,
    Column::Quantity,
    Column::Model,
    Column::Serial,
    Column::Address,
    Column::Room,
    Column::Rack,
    Column::Unit,
    Column::Height,
    Column::RackHeight,
    Column::Profile,
    Column::Parts,
];

/// Returns the rows of a list of the machines that were found, with the names of its columns first.
pub fn rows(seen: &[Seen<'_>], profile: Option<&str>, lang: Lang) -> Vec<Vec<String>> {
    let names = COLUMNS.map(|column| column.name(lang == Lang::Zh).to_owned()).to_vec();
    let mut rows = vec![names];
    let mut racks: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for place in seen.iter().filter_map(|one| one.place.as_ref()) {
        racks.entry(place.rack_key()).or_default().push(place.unit);
    }
    for one in seen {
        let place = one.place.as_ref();
        let height = one.inventory.chassis.iter().find_map(|chassis| chassis.height_u);
        // A chassis may say what is not so, or be that of many blades: not over its neighbour.
        let over = |place: &Place| {
            let units = racks.get(&place.rack_key()).map(Vec::as_slice).unwrap_or_default();
            let above = units.iter().filter(|unit| **unit > place.unit).min();
            above.is_some_and(|above| u32::from(above - place.unit) < height.unwrap_or(0))
        };
        let height = height.filter(|_| !place.is_some_and(over));
        let cell = |column: Column| match column {
            Column::Model => {
                one.inventory.system.as_ref().and_then(|system| system.product.clone())
            }
            Column::Serial => one.serial().map(str::to_owned),
            Column::Address => one.address.as_ref().map(ToString::to_string),
            Column::Room => place.and_then(|place| place.room.clone()),
            Column::Rack => place.map(|place| place.rack.clone()),
            Column::Unit => place.map(|place| place.unit.to_string()),
            Column::Height => height.filter(|height| *height > 0).map(|height| height.to_string()),
            Column::Profile => profile.map(str::to_owned),
            Column::Parts => Some(parts(one.inventory)),
            _ => None,
        };
        rows.push(COLUMNS.iter().map(|column| cell(*column).unwrap_or_default()).collect());
    }
    rows
}

/// Returns the parts of a machine as a list says them; kinds that were not seen in full are left
/// out, so that the list never asks for less than there is.
pub fn parts(inventory: &Inventory) -> String {
    let kinds = [
        Kind::Cpu,
        Kind::Dimm,
        Kind::Disk,
        Kind::Raid,
        Kind::Nic,
        Kind::Hba,
        Kind::Gpu,
        Kind::Psu,
        Kind::Bios,
        Kind::Bmc,
    ];
    let mut items: Vec<String> = Vec::new();
    for kind in kinds {
        let found = pieces(inventory, kind);
        if found.doubt.is_some() && !kind.is_firmware() {
            continue;
        }
        let mut groups: Vec<(String, usize)> = Vec::new();
        for piece in found.all.iter().filter(|piece| !piece.is_doubtful) {
            let Some(said) = item(kind, piece) else { continue };
            match groups.iter_mut().find(|(known, _)| *known == said) {
                Some((_, count)) => *count += 1,
                None => groups.push((said, 1)),
            }
        }
        items.extend(groups.into_iter().map(|(said, count)| {
            if kind.is_firmware() { said } else { format!("{count}×{said}") }
        }));
    }
    // What a machine calls its parts may be anything; what would not be read again is left out.
    items.retain(|item| read(item).is_ok_and(|parts| parts.len() == 1));
    items.join("; ")
}

/// Returns what is written of a part; nothing where it tells nothing to hold it to.
fn item(kind: Kind, piece: &Piece) -> Option<String> {
    let quoted = |name: &Option<String>| {
        let plain = |text: &String| text.replace(['"', ';', '\u{201c}', '\u{201d}', '\n'], " ");
        name.as_ref().map(plain).filter(|name| name.chars().any(char::is_alphanumeric))
    };
    let named = |word: &str| quoted(&piece.name).map(|name| format!("{word} \"{}\"", name.trim()));
    match kind {
        Kind::Cpu => Some(named("CPU").unwrap_or_else(|| "CPU".to_owned())),
        Kind::Dimm => {
            let bytes = piece.bytes?;
            let size = match (bytes % (1 << 30), bytes >> 30) {
                (0, size) => format!("{size}GiB"),
                _ => format!("{}MiB", bytes >> 20),
            };
            let memory = piece.memory.as_deref().filter(|memory| memory.starts_with("DDR"));
            let memory = memory.filter(|memory| memory.len() == 4);
            Some(
                memory.map_or_else(
                    || format!("DIMM {size}"),
                    |memory| format!("DIMM {size} {memory}"),
                ),
            )
        }
        Kind::Disk => {
            let bytes = piece.bytes?;
            let gigabytes = (bytes + 500_000_000) / 1_000_000_000;
            let size = if gigabytes >= 1000 {
                let hundredths = (bytes + 5_000_000_000) / 10_000_000_000;
                format!("{}.{:02}TB", hundredths / 100, hundredths % 100)
            } else {
                format!("{gigabytes}GB")
            };
            let protocol =
                piece.protocol.as_deref().filter(|one| matches!(*one, "nvme" | "sata" | "sas"));
            let medium = piece.medium.as_deref().filter(|one| matches!(*one, "ssd" | "hdd"));
            let mut words: Vec<String> =
                [protocol, medium].into_iter().flatten().map(str::to_uppercase).collect();
            if words.is_empty() {
                words.push("DISK".to_owned());
            }
            words.push(size);
            words.extend(quoted(&piece.name).map(|name| format!("\"{}\"", name.trim())));
            Some(words.join(" "))
        }
        Kind::Raid => named("RAID"),
        Kind::Nic => named("NIC"),
        Kind::Hba => named("HBA"),
        Kind::Gpu => named("GPU"),
        Kind::Psu => match piece.milliwatts {
            Some(power) if power >= 1000 => Some(format!("PSU {}W", power / 1000)),
            _ => Some("PSU".to_owned()),
        },
        Kind::Bios | Kind::Bmc => {
            let version = piece.firmware.as_deref()?.trim();
            (!version.is_empty() && !version.contains(['"', ';', '\n'])).then(|| {
                format!("{} \"{version}\"", if kind == Kind::Bios { "BIOS" } else { "BMC" })
            })
        }
    }
}
