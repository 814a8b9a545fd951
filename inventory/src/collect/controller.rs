//! Storage controllers: PCI functions of class 01h, and the volumes on them.

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::model::{Controller, Origin, Section, SectionState, SourceKind, Volume};
use crate::placeholder;

use super::disk::recognise::{self, Role};
use super::disk::sysfs::{self, Block};
use super::pci::{address, card_names};
use super::{Builder, Options, read};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Controller];

const DEVICES: &str = "/sys/bus/pci/devices";

/// A PCI function that is a storage controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    /// `0000:3b:00.0`.
    pub(super) address: String,
    /// Six digits, `010400`.
    pub(super) class: String,
    /// Driver bound to it.
    pub(super) driver: Option<String>,
}

impl Function {
    /// Says whether drives behind it are hidden from the kernel.
    pub(super) fn hides_drives(&self) -> bool {
        recognise::hides_drives(&self.class, self.driver.as_deref())
    }
}

/// Collects storage controllers.
pub(crate) fn controllers(root: &Sysroot, _options: &Options, builder: &Builder) {
    if let Err(error) = root.list(DEVICES) {
        let reason = format!("{DEVICES}: {error}");
        let state = if error.kind() == std::io::ErrorKind::NotFound {
            SectionState::Unsupported
        } else {
            SectionState::Failed
        };
        builder.section(Section::Controller, state, Some(reason));
        return;
    }
    let mut hosts = hosts(root);
    let blocks = sysfs::blocks(root).unwrap_or_default();
    let mut reasons = Vec::new();
    for function in functions(root) {
        let locator = format!("sysfs:{DEVICES}/{}", function.address);
        let source = builder.source(SourceKind::Sysfs, locator);
        let host = hosts.remove(&function.address);
        let mut controller = describe(root, &function, host.as_deref());
        controller.volume = volumes(&blocks, &function.address);
        controller.origin = Origin::of(source);
        if function.hides_drives() {
            reasons.push(format!("drives and state behind {} not readable", function.address));
        }
        builder.edit(|inventory| inventory.controller.push(controller));
    }
    let state = if reasons.is_empty() { SectionState::Complete } else { SectionState::Partial };
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    builder.section(Section::Controller, state, reason);
}

/// Returns the PCI functions of class 01h; virtual functions of a drive or
/// adapter are no controllers of their own.
pub(super) fn functions(root: &Sysroot) -> Vec<Function> {
    let names = root.list(DEVICES).unwrap_or_default();
    names
        .into_iter()
        .filter(|name| address::is_address(name))
        .filter(|name| !root.exists(&format!("{DEVICES}/{name}/physfn")))
        .filter_map(|address| {
            let class = root.text(&format!("{DEVICES}/{address}/class")).ok()?;
            let class = class.trim().trim_start_matches("0x").to_ascii_lowercase();
            class.starts_with("01").then(|| Function {
                driver: read::link_name(root, &format!("{DEVICES}/{address}/driver")),
                class,
                address,
            })
        })
        .collect()
}

/// Returns the first SCSI host of every PCI function that has one.
fn hosts(root: &Sysroot) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for host in root.list("/sys/class/scsi_host").unwrap_or_default() {
        let path = root.canonical(&format!("/sys/class/scsi_host/{host}")).unwrap_or_default();
        if let Some(function) = address::in_path(&path) {
            found.entry(function.to_owned()).or_insert(host);
        }
    }
    found
}

fn describe(root: &Sysroot, function: &Function, host: Option<&str>) -> Controller {
    let read = |names: &[&str]| {
        let host = host?;
        names.iter().find_map(|name| {
            let text = root.text(&format!("/sys/class/scsi_host/{host}/{name}")).ok()?;
            placeholder::clean(&text).value
        })
    };
    let names = card_names(root, &function.address);
    Controller {
        address: Some(function.address.clone()),
        kind: kind(function).map(str::to_owned),
        vendor: read(&["vendor"]).or(names.vendor),
        // mpt3sas, smartpqi and aacraid, arcmsr; else the id database.
        model: read(&["board_name", "model", "host_fw_model"]).or(names.model),
        serial: read(&["serial_number", "board_tracer"]),
        driver: function.driver.clone(),
        firmware: read(&[
            "version_fw",
            "firmware_version",
            "firmware_revision",
            "hba_kernel_version",
            "host_fw_version",
        ]),
        ..Controller::default()
    }
}

/// Returns the kind by the class code (PCI Code and ID Assignment §1.2), or by
/// a driver that is for RAID only.
fn kind(function: &Function) -> Option<&'static str> {
    if function.hides_drives() {
        return Some("raid");
    }
    Some(match function.class.get(..4)? {
        "0100" => "scsi",
        "0101" => "ide",
        "0104" => "raid",
        "0105" | "0106" => "sata",
        "0107" => "sas",
        "0108" => "nvme",
        _ => return None,
    })
}

fn volumes(blocks: &[Block], address: &str) -> Vec<Volume> {
    blocks
        .iter()
        .filter(|block| block.role == Role::Volume && block.function.as_deref() == Some(address))
        .map(|block| Volume {
            name: None,
            device: Some(block.name.clone()),
            level: block.raid_level.clone(),
            state: None,
            size_bytes: block.disk.size_bytes,
        })
        .collect()
}

#[cfg(test)]
mod tests;
