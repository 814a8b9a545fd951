//! PCI functions, their links, their names, and the slots they sit in.
//!
//! A card is the set of physical functions with equal domain:bus:device; a
//! virtual function is no card. `vpd` is not read: it needs root and hangs some
//! old cards.

pub(crate) mod address;
pub(crate) mod link;

use std::collections::BTreeMap;

use crate::Sysroot;
use crate::model::{Origin, PciDevice, Section, SectionState, SourceKind};
use crate::pci_ids;

use super::read;
use super::{Builder, Options};

pub(crate) use address::{card_of, is_address};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Pci];

const DEVICES: &str = "/sys/bus/pci/devices";
const SLOTS: &str = "/sys/bus/pci/slots";

/// Collects PCI functions.
pub(crate) fn pci(root: &Sysroot, _options: &Options, builder: &Builder) {
    let names = match root.list(DEVICES) {
        Ok(names) => names,
        Err(error) => {
            let (state, reason) = read::refused(DEVICES, &error);
            builder.section(Section::Pci, state, reason);
            return;
        }
    };
    let slots = slots(root);
    let mut parents = BTreeMap::new();
    let mut nameless = Vec::new();
    let mut devices = Vec::new();
    for address in names.iter().filter(|name| is_address(name)) {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{DEVICES}/{address}"));
        let device = function(root, address, &slots, Origin::of(source));
        if device.vendor_id.is_none() || device.class.is_none() {
            nameless.push(address.clone());
        }
        parents.insert(address.clone(), parent(root, address));
        devices.push(device);
    }
    let findings = link::findings(&devices, &parents);
    builder.edit(|inventory| {
        inventory.pci = devices;
        inventory.findings.extend(findings);
    });
    let (state, reason) = match nameless.as_slice() {
        [] => (SectionState::Complete, None),
        some => {
            let reason = format!("no vendor or class to be read for {}", some.join(", "));
            (SectionState::Partial, Some(reason))
        }
    };
    builder.section(Section::Pci, state, reason);
}

/// Returns what is known of the function at `address`.
fn function(
    root: &Sysroot,
    address: &str,
    slots: &BTreeMap<String, String>,
    origin: Origin,
) -> PciDevice {
    let base = format!("{DEVICES}/{address}");
    let id = |file: &str| read::hex(root, &format!("{base}/{file}"));
    let (vendor_id, device_id) = (id("vendor"), id("device"));
    let (subvendor, subdevice) = (id("subsystem_vendor"), id("subsystem_device"));
    let subsystem = subvendor.as_deref().zip(subdevice.as_deref());
    let names = match (&vendor_id, &device_id) {
        (Some(vendor), Some(device)) => pci_ids::names(vendor, device, subsystem),
        _ => pci_ids::Names::default(),
    };
    let owned = |name: Option<&str>| name.map(str::to_owned);
    PciDevice {
        address: address.to_owned(),
        vendor: owned(names.vendor),
        device: owned(names.device),
        subsystem: owned(names.subsystem),
        vendor_id,
        device_id,
        subsystem_vendor_id: subvendor,
        subsystem_device_id: subdevice,
        class: id("class"),
        revision: revision(root, &base),
        driver: read::link_name(root, &format!("{base}/driver")),
        // −1 where the platform tells none.
        numa_node: read::number(root, &format!("{base}/numa_node")),
        virtual_function: read::link_name(root, &format!("{base}/physfn")).is_some(),
        slot: slots.get(card_of(address)).cloned(),
        link: link::link(root, &base),
        origin,
    }
}

/// Returns the revision: its own file since 4.10, before that in the
/// configuration header at 08h.
fn revision(root: &Sysroot, base: &str) -> Option<u32> {
    if let Some(digits) = read::hex(root, &format!("{base}/revision")) {
        return u32::from_str_radix(&digits, 16).ok();
    }
    root.read(&format!("{base}/config")).ok()?.get(8).copied().map(u32::from)
}

/// Returns slot names by `domain:bus:device`.
fn slots(root: &Sysroot) -> BTreeMap<String, String> {
    let mut slots = BTreeMap::new();
    for name in root.list(SLOTS).unwrap_or_default() {
        if let Some(address) = read::text(root, &format!("{SLOTS}/{name}/address")) {
            slots.entry(address).or_insert(name);
        }
    }
    slots
}

/// Returns the bridge above the function at `address`.
fn parent(root: &Sysroot, address: &str) -> Option<String> {
    let path = root.canonical(&format!("{DEVICES}/{address}")).ok()?;
    path.rsplit('/').nth(1).filter(|name| is_address(name)).map(str::to_owned)
}

/// What a card is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CardNames {
    pub(crate) vendor: Option<String>,
    pub(crate) model: Option<String>,
}

/// Returns the names of the card that the function at `address` belongs to: the
/// subsystem's name where it has one, else the device's, else its numbers.
pub(crate) fn card_names(root: &Sysroot, address: &str) -> CardNames {
    let device = function(root, address, &BTreeMap::new(), Origin::default());
    let ids = device.vendor_id.zip(device.device_id);
    let model = match (device.device, device.subsystem) {
        (Some(device), Some(card)) => Some(format!("{device} ({card})")),
        (Some(device), None) => Some(device),
        (None, _) => ids.map(|(vendor, device)| format!("{vendor}:{device}")),
    };
    CardNames { vendor: device.vendor, model }
}

#[cfg(test)]
mod tests;
