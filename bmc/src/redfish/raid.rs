//! Controllers, drives and volumes of the systems of a service, as far as arrays go (DSP0268,
//! `Storage`, `Drive`, `Volume`).

use super::{
    finding::Read,
    reader::{Node, Reader},
    root,
    tree::Tree,
};
use crate::operation::raid::{Arrays, Controller, Drive, Volume};

/// Units of the older capacities.
const MEBI: u32 = 1 << 20;
const GIGA: u32 = 1_000_000_000;

/// Returns the storage of the systems that the tree has.
pub fn arrays(tree: &Tree) -> Read<Arrays> {
    let reader = Reader::new(tree);
    let found = of(&reader);
    reader.done(found)
}

pub(super) fn of<'r>(reader: &'r Reader<'r>) -> Arrays {
    let mut found = Arrays::default();
    for system in &root::systems(reader) {
        let mut subsystems = system.members("Storage");
        // Huawei's and H3C's own name for it.
        subsystems.extend(system.members("Storages"));
        for storage in &subsystems {
            let place = storage.place();
            if !found.controllers.iter().any(|known| known.place == place) {
                subsystem(&mut found, storage, &place);
            }
        }
    }
    found
}

fn subsystem(found: &mut Arrays, storage: &Node<'_>, place: &str) {
    let mut controllers = storage.members("Controllers");
    controllers.extend(storage.items("StorageControllers"));
    let first = controllers.first();
    let text = |keys: &[&str]| first.and_then(|one| one.first_text(keys));
    let levels = controllers.iter().map(levels).find(|levels| !levels.is_empty());
    found.controllers.push(Controller {
        id: last(place),
        place: place.to_owned(),
        name: text(&["Model", "Name"]).or_else(|| storage.text("Name")),
        version: text(&["FirmwareVersion"]),
        levels: levels.unwrap_or_default(),
        volumes: storage.link("Volumes"),
        cache_bytes: first.and_then(cache),
        health: first.and_then(|one| one.status().health).or_else(|| storage.status().health),
    });
    for node in storage.members("Drives") {
        let one = drive(&node, place);
        if !found.drives.iter().any(|known| known.place == one.place) {
            found.drives.push(one);
        }
    }
    for node in storage.members("Volumes") {
        found.volumes.push(volume(&node, place));
    }
}

fn levels(node: &Node<'_>) -> Vec<String> {
    let named = node.texts("SupportedRAIDTypes");
    if !named.is_empty() {
        return named;
    }
    let oem = node.oem();
    oem.iter().map(|(_, oem)| oem.texts("SupportedRAIDLevels")).next().unwrap_or_default()
}

fn cache(node: &Node<'_>) -> Option<u64> {
    let standard = node.node("CacheSummary").and_then(|of| of.amount("TotalCacheSizeMiB", MEBI));
    let oem = || node.oem().iter().find_map(|(_, oem)| oem.amount("MemorySizeMiB", MEBI));
    standard.or_else(oem)
}

fn drive(node: &Node<'_>, storage: &str) -> Drive {
    let place = node.place();
    let status = node.status();
    let oem = node.oem();
    let standing = oem
        .iter()
        .find_map(|(_, oem)| oem.first_text(&["FirmwareStatus", "DriveStatus", "FirmwareState"]));
    let number = oem.iter().find_map(|(_, oem)| oem.count("DriveID"));
    let links = node.node("Links");
    Drive {
        id: last(&place),
        storage: storage.to_owned(),
        name: node.text("Name"),
        model: node.text("Model"),
        serial: node.text("SerialNumber"),
        size_bytes: size(node),
        media: node.text("MediaType"),
        protocol: node.first_text(&["Protocol", "InterfaceType"]),
        state: status.state,
        health: status.health,
        standing,
        spare: node.text("HotspareType").filter(|kind| !kind.eq_ignore_ascii_case("none")),
        is_failing: node.flag("FailurePredicted"),
        number,
        volumes: links.map(|links| links.links("Volumes")).unwrap_or_default(),
        place,
    }
}

fn volume(node: &Node<'_>, storage: &str) -> Volume {
    let place = node.place();
    let status = node.status();
    let oem = node.oem();
    let of_oem = |keys: &[&str]| oem.iter().find_map(|(_, oem)| oem.first_text(keys));
    let links = node.node("Links");
    let linked = |key: &str| links.as_ref().map(|of| of.links(key)).unwrap_or_default();
    let mut drives = linked("Drives");
    if drives.is_empty() {
        drives = node.links("Drives");
    }
    let level = node.text("RAIDType").or_else(|| of_oem(&["VolumeRaidLevel", "RaidLevel"]));
    Volume {
        id: last(&place),
        storage: storage.to_owned(),
        name: of_oem(&["VolumeName"])
            .or_else(|| node.first_text(&["DisplayName", "VolumeName", "Name"])),
        level: level.or_else(|| old_level(node)),
        size_bytes: size(node),
        stripe_bytes: node.count("StripSizeBytes").or_else(|| node.count("OptimumIOSizeBytes")),
        drives,
        spares: linked("DedicatedSpareDrives"),
        state: status.state,
        health: status.health,
        reads: node.text("ReadCachePolicy").or_else(|| of_oem(&["CurrentReadPolicy"])),
        writes: node.text("WriteCachePolicy").or_else(|| of_oem(&["CurrentWritePolicy"])),
        is_encrypted: node.flag("Encrypted"),
        is_boot: oem.iter().find_map(|(_, oem)| oem.flag("BootEnable")),
        place,
    }
}

/// Returns the level of a volume by the words of old schemas (`VolumeType`).
pub(super) fn old_level(node: &Node<'_>) -> Option<String> {
    let level = match node.text("VolumeType")?.as_str() {
        "NonRedundant" => "RAID0",
        "Mirrored" => "RAID1",
        "StripedWithParity" => "RAID5",
        "SpannedMirrors" => "RAID10",
        "SpannedStripesWithParity" => "RAID50",
        _ => return None,
    };
    Some(level.to_owned())
}

fn size(node: &Node<'_>) -> Option<u64> {
    let bytes = node.count("CapacityBytes");
    let bytes = bytes.or_else(|| node.node("Capacity")?.node("Data")?.count("AllocatedBytes"));
    let bytes = bytes.or_else(|| node.amount("CapacityMiB", MEBI));
    bytes.or_else(|| node.amount("CapacityGB", GIGA)).filter(|size| *size > 0)
}

fn last(place: &str) -> String {
    place.rsplit('/').next().unwrap_or_default().to_owned()
}
