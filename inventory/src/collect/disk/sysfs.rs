//! Block devices as sysfs has them.

use crate::Sysroot;
use crate::model::Disk;
use crate::placeholder;
use crate::smart::pages::{Page, Pages};

use crate::collect::pci::address;
use crate::collect::read;

use super::recognise::{Clues, Role, is_drive_name, role};

/// A block device, or an NVMe controller without one.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// The kernel's name, `sda`.
    pub(crate) name: String,
    /// The path it was read from, `/sys/block/sda`.
    pub(crate) path: String,
    /// What it is.
    pub(crate) role: Role,
    /// The PCI function it hangs on.
    pub(crate) function: Option<String>,
    /// RAID level, where the driver tells it.
    pub(crate) raid_level: Option<String>,
    /// The NVMe controller, `nvme0`.
    pub(crate) controller: Option<String>,
    /// NVMe namespace id.
    pub(crate) nsid: Option<u32>,
    /// What sysfs says of it.
    pub(crate) disk: Disk,
    /// Pages that sysfs keeps (`device/vpd_pg80`, …).
    pub(crate) pages: Pages,
}

/// Pages that the kernel reads at probing and shows to everybody.
const KEPT: [(&str, Page); 5] = [
    ("inquiry", Page::ScsiInquiry),
    ("vpd_pg80", Page::ScsiSerial),
    ("vpd_pg83", Page::ScsiDesignators),
    ("vpd_pg89", Page::ScsiAtaBehind),
    ("vpd_pgb1", Page::ScsiCharacteristics),
];

/// Returns the text of a file, `None` where it is missing or blank.
fn text(root: &Sysroot, path: &str) -> Option<String> {
    let text = root.text(path).ok()?;
    placeholder::clean(&text).value
}

fn number<T: std::str::FromStr>(root: &Sysroot, path: &str) -> Option<T> {
    root.text(path).ok()?.trim().parse().ok()
}

/// Returns every block device that is or could be a drive, and NVMe controllers
/// without a namespace.
pub(crate) fn blocks(root: &Sysroot) -> Result<Vec<Block>, String> {
    let (folder, names) = names(root)?;
    let mut found: Vec<Block> = names
        .iter()
        .filter(|name| is_drive_name(name))
        .filter_map(|name| block(root, folder, name))
        .collect();
    merge_namespaces(&mut found);
    for name in root.list("/sys/class/nvme").unwrap_or_default() {
        if !found.iter().any(|block| block.controller.as_deref() == Some(&name)) {
            found.extend(empty_controller(root, &name));
        }
    }
    Ok(found)
}

/// Returns the folder and names of block devices; older recordings have only
/// `/sys/class/block`, with partitions among the disks.
fn names(root: &Sysroot) -> Result<(&'static str, Vec<String>), String> {
    if let Ok(names) = root.list("/sys/block") {
        return Ok(("/sys/block", names));
    }
    match root.list("/sys/class/block") {
        Ok(mut names) => {
            names.retain(|name| !root.exists(&format!("/sys/class/block/{name}/partition")));
            Ok(("/sys/class/block", names))
        }
        Err(error) => Err(format!("/sys/block: {error}")),
    }
}

fn block(root: &Sysroot, folder: &str, name: &str) -> Option<Block> {
    let path = format!("{folder}/{name}");
    let place = root.canonical(&path).unwrap_or_else(|_error| path.clone());
    let device = format!("{path}/device");
    let function = address::in_path(&place).map(str::to_owned);
    let driver = function.as_deref().and_then(|address| {
        read::link_name(root, &format!("/sys/bus/pci/devices/{address}/driver"))
    });
    let wwid =
        text(root, &format!("{device}/wwid")).or_else(|| text(root, &format!("{path}/wwid")));
    let clues = Clues {
        name: name.to_owned(),
        path: place.clone(),
        vendor: text(root, &format!("{device}/vendor")).unwrap_or_default(),
        product: text(root, &format!("{device}/model")).unwrap_or_default(),
        driver: driver.unwrap_or_default(),
        wwid: wwid.clone().unwrap_or_default(),
        raid_level: text(root, &format!("{device}/raid_level")),
        removable: number::<u8>(root, &format!("{path}/removable")) == Some(1),
    };
    let mut disk = Disk {
        locator: Some(slot(root, &device).unwrap_or_else(|| name.to_owned())),
        name: Some(name.to_owned()),
        size_bytes: number::<u64>(root, &format!("{path}/size"))
            .filter(|sectors| *sectors != 0)
            .and_then(|sectors| sectors.checked_mul(512)),
        block_bytes: number(root, &format!("{path}/queue/logical_block_size")),
        physical_block_bytes: number(root, &format!("{path}/queue/physical_block_size")),
        wwid,
        ..Disk::default()
    };
    let mut found = Block {
        name: name.to_owned(),
        path: path.clone(),
        role: role(&clues),
        function,
        raid_level: clues.raid_level.clone(),
        controller: None,
        nsid: None,
        disk: Disk::default(),
        pages: Pages::default(),
    };
    let rotational = number::<u8>(root, &format!("{path}/queue/rotational"));
    let kind = match rotational {
        Some(0) => Some("ssd".to_owned()),
        Some(1) => Some("hdd".to_owned()),
        _ => None,
    };
    if name.starts_with("nvme") {
        nvme(root, &path, &mut disk, &mut found)?;
    } else if name.starts_with("mmcblk") {
        disk.protocol = Some("mmc".to_owned());
        disk.kind = kind;
        disk.model = text(root, &format!("{device}/name"));
        disk.serial = text(root, &format!("{device}/serial"));
        disk.firmware = text(root, &format!("{device}/fwrev"));
    } else if place.contains("/virtio") {
        // Whether it turns is what somebody chose for the guest.
        disk.protocol = Some("virtio".to_owned());
        disk.model = Some(clues.product).filter(|model| !model.is_empty());
        disk.serial = text(root, &format!("{path}/serial"));
    } else {
        disk.kind = kind;
        scsi(root, &device, &clues, &mut disk);
        for (file, page) in KEPT {
            if let Ok(bytes) = root.read(&format!("{device}/{file}"))
                && !bytes.is_empty()
            {
                found.pages.0.insert(page, bytes);
            }
        }
        if disk.protocol.as_deref() == Some("usb") {
            // What a bridge says of rotation is a guess.
            disk.kind = None;
        }
    }
    found.disk = disk;
    Some(found)
}

fn scsi(root: &Sysroot, device: &str, clues: &Clues, disk: &mut Disk) {
    let ata = clues.vendor == "ATA";
    let protocol = if clues.path.contains("/usb") {
        "usb"
    } else if ata || clues.path.split('/').any(is_ata_port) {
        "sata"
    } else if clues.path.contains("/end_device-") || clues.driver == "megaraid_sas" {
        "sas"
    } else {
        "scsi"
    };
    disk.protocol = Some(protocol.to_owned());
    disk.vendor = Some(clues.vendor.clone()).filter(|vendor| !ata && !vendor.is_empty());
    disk.model = Some(clues.product.clone()).filter(|model| !model.is_empty());
    disk.firmware = text(root, &format!("{device}/rev"));
}

/// Says whether a part of a path is libata's port, `ata3`.
fn is_ata_port(part: &str) -> bool {
    part.strip_prefix("ata")
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Returns `ENCLOSURE:SLOT` of a disk in an enclosure that the kernel knows.
fn slot(root: &Sysroot, device: &str) -> Option<String> {
    let names = root.list(device).ok()?;
    let link = names.iter().find(|name| name.starts_with("enclosure_device:"))?;
    let place = root.canonical(&format!("{device}/{link}")).ok()?;
    let slot = number::<u32>(root, &format!("{place}/slot"))?;
    let (enclosure, _) = place.rsplit_once('/')?;
    let id = text(root, &format!("{enclosure}/id"))?;
    Some(format!("{id}:{slot}"))
}

/// Fills in an NVMe namespace; `None` where its drive is not in this machine.
fn nvme(root: &Sysroot, path: &str, disk: &mut Disk, found: &mut Block) -> Option<()> {
    let device = root.canonical(&format!("{path}/device")).ok()?;
    let controller = controller_of(root, &device)?;
    let base = format!("/sys/class/nvme/{controller}");
    // Fabrics lead to other machines' drives.
    if text(root, &format!("{base}/transport")).is_some_and(|transport| transport != "pcie") {
        return None;
    }
    let place = root.canonical(&base).unwrap_or_default();
    found.function = address::in_path(&place).map(str::to_owned);
    found.nsid = number(root, &format!("{path}/nsid"));
    disk.wwid = text(root, &format!("{path}/wwid"));
    nvme_identity(root, &base, disk);
    found.controller = Some(controller);
    Some(())
}

fn nvme_identity(root: &Sysroot, base: &str, disk: &mut Disk) {
    disk.protocol = Some("nvme".to_owned());
    disk.kind = Some("ssd".to_owned());
    disk.model = text(root, &format!("{base}/model"));
    disk.serial = text(root, &format!("{base}/serial"));
    disk.firmware = text(root, &format!("{base}/firmware_rev"));
}

/// Returns the controller that a namespace's `device` leads to: itself, or with
/// native multipath one of the subsystem's.
fn controller_of(root: &Sysroot, device: &str) -> Option<String> {
    let is_controller = |name: &str| {
        name.strip_prefix("nvme")
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let own = device.rsplit('/').next()?;
    if is_controller(own) {
        return Some(own.to_owned());
    }
    root.list(device).ok()?.into_iter().find(|name| is_controller(name))
}

/// Makes the namespaces of one controller one drive, of their sizes together.
fn merge_namespaces(blocks: &mut Vec<Block>) {
    let mut merged: Vec<Block> = Vec::with_capacity(blocks.len());
    for block in blocks.drain(..) {
        let same = merged
            .iter_mut()
            .find(|held| block.controller.is_some() && held.controller == block.controller);
        match same {
            Some(held) => {
                held.disk.size_bytes = match (held.disk.size_bytes, block.disk.size_bytes) {
                    (Some(a), Some(b)) => a.checked_add(b),
                    (a, b) => a.or(b),
                };
            }
            None => merged.push(block),
        }
    }
    *blocks = merged;
}

/// Returns an NVMe drive that has no namespace: there, but of unknown size.
fn empty_controller(root: &Sysroot, name: &str) -> Option<Block> {
    let path = format!("/sys/class/nvme/{name}");
    if text(root, &format!("{path}/transport")).is_some_and(|transport| transport != "pcie") {
        return None;
    }
    let place = root.canonical(&path).ok()?;
    let mut disk =
        Disk { locator: Some(name.to_owned()), name: Some(name.to_owned()), ..Disk::default() };
    nvme_identity(root, &path, &mut disk);
    disk.model.as_ref()?;
    Some(Block {
        name: name.to_owned(),
        function: address::in_path(&place).map(str::to_owned),
        path,
        role: Role::Physical,
        raid_level: None,
        controller: Some(name.to_owned()),
        nsid: None,
        disk,
        pages: Pages::default(),
    })
}
