//! Disks: what the kernel says of them, and what they say themselves.
//!
//! Facts of sysfs come first and for all disks, so that a drive that hangs costs
//! no other drive anything. Drives of the running machine are then asked one by
//! one; a recorded root has their answers under `assay/disk/NAME`. What is no
//! physical disk of this machine (volumes, LUNs, virtual media) is left out.

mod live;
pub(super) mod recognise;
pub(super) mod sysfs;

use crate::Sysroot;
use crate::device::Answers;
use crate::health;
use crate::model::{Disk, Finding, FindingClass, Section, SectionState, SourceId, SourceKind};
use crate::smart::pages::{self, Page, Pages};

use super::{Builder, Options};
use recognise::Role;
use sysfs::Block;

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Disk];

/// Where a recording keeps the pages of drives.
const RECORDED: &str = "/assay/disk";

/// Collects disks.
pub(crate) fn disks(root: &Sysroot, options: &Options, builder: &Builder) {
    let blocks = match sysfs::blocks(root) {
        Ok(blocks) => blocks,
        Err(reason) => {
            builder.section(Section::Disk, SectionState::Failed, Some(reason));
            return;
        }
    };
    let mut physical: Vec<Block> =
        blocks.into_iter().filter(|block| block.role == Role::Physical).collect();
    let mut reasons = hidden(root);
    // First everything that needs no drive to answer.
    for block in &mut physical {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{}", block.path));
        block.disk.origin.source = source;
        let kept = std::mem::take(&mut block.pages);
        absorb(builder, block, &kept, source, &mut reasons);
        answered(builder, block, &saved(root, &block.name), &mut reasons);
        builder.edit(|inventory| inventory.disk.push(block.disk.clone()));
    }
    if root.is_live() {
        ask_all(options, builder, &mut physical, &mut reasons);
    }
    let state = if reasons.is_empty() { SectionState::Complete } else { SectionState::Partial };
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    builder.section(Section::Disk, state, reason);
}

/// Asks every drive of the running machine and keeps its pages as evidence.
fn ask_all(
    options: &Options,
    builder: &Builder,
    physical: &mut [Block],
    reasons: &mut Vec<String>,
) {
    let mut refused = Vec::new();
    for (index, block) in physical.iter_mut().enumerate() {
        let Some(Answers { pages, asleep, errors }) = live::ask(block, options.wake_disks) else {
            continue;
        };
        if asleep {
            reasons.push(format!("{} is in standby and was left asleep", block.name));
        }
        let denied = errors.iter().any(|error| error.hint().is_some_and(|h| h.contains("root")));
        if denied {
            refused.push(block.name.clone());
        } else {
            reasons.extend(errors.iter().map(crate::device::DeviceError::sentence));
        }
        answered(builder, block, &pages, reasons);
        builder.edit(|inventory| {
            if let Some(place) = inventory.disk.get_mut(index) {
                place.clone_from(&block.disk);
            }
        });
    }
    if !refused.is_empty() {
        reasons.push(format!(
            "health of {} not read: permission denied (needs root)",
            refused.join(", ")
        ));
    }
}

/// Takes what a drive answered: facts, and the pages themselves as evidence.
fn answered(builder: &Builder, block: &mut Block, pages: &Pages, reasons: &mut Vec<String>) {
    if pages.0.is_empty() {
        return;
    }
    let (kind, word) = match block.disk.protocol.as_deref() {
        Some("nvme") => (SourceKind::Nvme, "nvme"),
        Some("sata" | "ata") => (SourceKind::Ata, "ata"),
        _ => (SourceKind::Scsi, "scsi"),
    };
    let locator = format!("{word}:/dev/{}", block.name);
    let source = builder.source(kind, locator.clone());
    for (page, bytes) in &pages.0 {
        let path = format!("{RECORDED}/{}/{}", block.name, page.file_name());
        builder.evidence(&path, bytes.clone(), locator.clone());
    }
    absorb(builder, block, pages, source, reasons);
}

/// Puts the facts of `pages` into the block's disk; fields that change get
/// `source`.
fn absorb(
    builder: &Builder,
    block: &mut Block,
    pages: &Pages,
    source: SourceId,
    reasons: &mut Vec<String>,
) {
    let before = block.disk.clone();
    let damage = pages::apply(pages, &mut block.disk);
    block.disk.health = health::assess(&block.disk);
    name_sources(&before, &mut block.disk, source);
    for error in damage {
        reasons.push(format!("{}: {error}", block.name));
        builder.edit(|inventory| {
            inventory.findings.push(Finding {
                class: FindingClass::Damage,
                path: "disk".to_owned(),
                message: format!("`{}`: {error}", block.name),
                message_zh: format!("磁盘 `{}` 的数据页已损坏（{error}）", block.name),
                claims: Vec::new(),
            });
        });
    }
}

/// Notes `source` for the fields that differ between `before` and `disk`.
fn name_sources(before: &Disk, disk: &mut Disk, source: SourceId) {
    if disk.origin.source == source {
        return;
    }
    let changed = [
        ("protocol", before.protocol != disk.protocol),
        ("kind", before.kind != disk.kind),
        ("vendor", before.vendor != disk.vendor),
        ("model", before.model != disk.model),
        ("serial", before.serial != disk.serial),
        ("firmware", before.firmware != disk.firmware),
        ("size_bytes", before.size_bytes != disk.size_bytes),
        ("block_bytes", before.block_bytes != disk.block_bytes),
        ("physical_block_bytes", before.physical_block_bytes != disk.physical_block_bytes),
        ("rpm", before.rpm != disk.rpm),
        ("wwid", before.wwid != disk.wwid),
        ("health", before.health != disk.health),
        ("wear_ratio_ppm", before.wear_ratio_ppm != disk.wear_ratio_ppm),
        ("power_on_s", before.power_on_s != disk.power_on_s),
        ("temperature_mc", before.temperature_mc != disk.temperature_mc),
        ("counters", before.counters != disk.counters),
        ("smart", before.smart != disk.smart),
    ];
    for (field, _) in changed.into_iter().filter(|(_, changed)| *changed) {
        disk.origin.sources.insert(field.to_owned(), source);
    }
}

/// Returns the pages that a recording has of a drive.
fn saved(root: &Sysroot, name: &str) -> Pages {
    let mut pages = Pages::default();
    if root.is_live() {
        return pages;
    }
    let folder = format!("{RECORDED}/{name}");
    for file in root.list(&folder).unwrap_or_default() {
        if let Some(page) = Page::from_file_name(&file)
            && let Ok(bytes) = root.read(&format!("{folder}/{file}"))
        {
            pages.0.insert(page, bytes);
        }
    }
    pages
}

/// Says behind which controllers drives are hidden.
fn hidden(root: &Sysroot) -> Vec<String> {
    let functions = super::controller::functions(root);
    functions
        .iter()
        .filter(|function| function.hides_drives())
        .map(|function| {
            let address = &function.address;
            match function.driver.as_deref() {
                Some("megaraid_sas") => format!(
                    "drives behind megaraid_sas ({address}) not readable; \
                     import smartctl -d megaraid,N or storcli J"
                ),
                Some(driver @ ("hpsa" | "smartpqi")) => format!(
                    "drives behind {driver} ({address}) not readable; import smartctl -d cciss,N"
                ),
                Some(driver) => format!(
                    "drives behind {driver} ({address}) not readable; \
                     import what smartctl says of them"
                ),
                None => format!("drives behind {address} not readable: it has no driver"),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
