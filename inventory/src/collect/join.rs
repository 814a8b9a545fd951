//! Joins what collectors found apart: sockets with packages, slots with cards,
//! the sticks' sizes with what the kernel uses. In values, after all have ended.

use std::collections::BTreeMap;

use crate::Inventory;
use crate::identity::identity_of;
use crate::model::{Finding, FindingClass, Section, SectionState, SectionStatus, SourceKind, Tpm};

use super::cpu;
use super::pci::card_of;

/// Joins the shares of all collectors.
pub(crate) fn join(inventory: &mut Inventory) {
    processors(inventory);
    slots(inventory);
    memory(inventory);
    controller(inventory);
    trusted(inventory);
    identity(inventory);
}

/// A management controller that only its driver or display shows is there all
/// the same.
fn controller(inventory: &mut Inventory) {
    let Some(bmc) = &inventory.bmc else { return };
    let seen = bmc.present == Some(true);
    let status = inventory.sections.get(&Section::Bmc).map(|status| status.status);
    if seen && status != Some(SectionState::Complete) {
        let reason = inventory.sections.get(&Section::Bmc).and_then(|status| status.reason.clone());
        inventory.set_section(Section::Bmc, SectionState::Partial, reason);
    }
}

/// Joins the trusted platform module that SMBIOS names with the one the kernel
/// drives, where there is one of each.
fn trusted(inventory: &mut Inventory) {
    let by_smbios = |tpm: &Tpm, inventory: &Inventory| {
        let place = usize::try_from(tpm.origin.source.0).unwrap_or(usize::MAX);
        inventory.sources.get(place).is_some_and(|source| source.kind == SourceKind::Smbios)
    };
    let all = std::mem::take(&mut inventory.tpm);
    let (named, mut driven): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|tpm| by_smbios(tpm, inventory));
    if driven.is_empty() {
        if !named.is_empty() {
            let reason = Some("SMBIOS names it, the kernel has no driver for it".to_owned());
            inventory.set_section(Section::Tpm, SectionState::Partial, reason);
        }
        inventory.tpm = named;
        return;
    }
    if let ([one], [tpm]) = (named.as_slice(), driven.as_mut_slice()) {
        for (field, from, to) in [
            ("manufacturer", &one.manufacturer, &mut tpm.manufacturer),
            ("description", &one.description, &mut tpm.description),
            ("version", &one.version, &mut tpm.version),
        ] {
            if to.is_none() && from.is_some() {
                to.clone_from(from);
                tpm.origin.sources.insert(field.to_owned(), one.origin.source);
            }
        }
    }
    inventory.tpm = driven;
}

/// Settles what tells the machine from others, now that all is known.
fn identity(inventory: &mut Inventory) {
    let identity = identity_of(inventory);
    let system = inventory.sections.get(&Section::System).cloned();
    let status = match (&identity.key, system) {
        (_, None) => SectionStatus {
            status: SectionState::Failed,
            reason: Some("the system was not described".to_owned()),
        },
        (Some(_), Some(system)) if system.status == SectionState::Complete => system,
        (Some(_), Some(system)) => {
            SectionStatus { status: SectionState::Partial, reason: system.reason }
        }
        (None, Some(system)) if system.status == SectionState::Complete => SectionStatus {
            status: SectionState::Failed,
            reason: Some("no usable serial number, UUID or hardware address".to_owned()),
        },
        (None, Some(system)) if system.status == SectionState::Partial => {
            SectionStatus { status: SectionState::Failed, reason: system.reason }
        }
        (None, Some(system)) => system,
    };
    inventory.sections.insert(Section::Identity, status);
    inventory.identity = Some(identity);
}

/// Joins SMBIOS's sockets with the kernel's packages, which alone carry a
/// package id.
fn processors(inventory: &mut Inventory) {
    let all = std::mem::take(&mut inventory.cpu);
    let (packages, sockets): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|cpu| cpu.package_id.is_some());
    let without_sockets = sockets.is_empty();
    let (joined, findings) = cpu::join::join(sockets, packages);
    inventory.cpu = joined;
    inventory.findings.extend(findings);
    if without_sockets {
        let status = from_packages(inventory);
        inventory.sections.insert(Section::Cpu, status);
    }
}

/// Returns the status of processors that only the kernel tells of.
fn from_packages(inventory: &Inventory) -> SectionStatus {
    let state = |section| inventory.sections.get(&section).cloned();
    let mut reasons = Vec::new();
    reasons.extend(state(Section::Cpu).and_then(|smbios| smbios.reason));
    if inventory.cpu.is_empty() {
        reasons.extend(state(Section::Topology).and_then(|topology| topology.reason));
        return SectionStatus { status: SectionState::Failed, reason: Some(reasons.join("; ")) };
    }
    reasons.push("processors are the kernel's packages: empty sockets are not seen".to_owned());
    reasons.extend(state(Section::Topology).and_then(|topology| topology.reason));
    SectionStatus { status: SectionState::Partial, reason: Some(reasons.join("; ")) }
}

/// Names the slots of PCI functions that sysfs leaves unnamed, by the addresses
/// that SMBIOS gives its slots.
fn slots(inventory: &mut Inventory) {
    let mut named = BTreeMap::new();
    named.extend(inventory.slot.iter().filter_map(|slot| {
        let card = card_of(slot.address.as_deref()?).to_owned();
        Some((card, (slot.locator.clone()?, slot.origin.source)))
    }));
    for device in inventory.pci.iter_mut().filter(|device| device.slot.is_none()) {
        if let Some((name, source)) = named.get(card_of(&device.address)) {
            device.slot = Some(name.clone());
            device.origin.sources.insert("slot".to_owned(), *source);
        }
    }
}

/// Compares what the sticks hold with what the kernel has online: a processor's
/// worth of sticks may be in the one and not in the other.
fn memory(inventory: &mut Inventory) {
    let online = inventory.memory.as_ref().and_then(|memory| memory.online_bytes);
    let sticks = inventory.dimm.iter().filter(|dimm| dimm.kind.as_deref() == Some("ram"));
    let installed = sticks.filter_map(|dimm| dimm.size_bytes).fold(0_u64, u64::saturating_add);
    let (Some(online), true) = (online, installed > 0) else { return };
    // Blocks round up by at most one size each; firmware keeps a few percent.
    let low = u128::from(online) * 100 < u128::from(installed) * 90;
    let high = u128::from(online) * 100 > u128::from(installed) * 102;
    if !(low || high) {
        return;
    }
    let gib = |bytes: u64| bytes >> 30;
    let (has, of) = (gib(online), gib(installed));
    inventory.findings.push(Finding {
        class: FindingClass::Value,
        path: "memory.online_bytes".to_owned(),
        message: format!("the kernel has {has} GiB online, SMBIOS lists {of} GiB of memory"),
        message_zh: format!("内核在线内存 {has} GiB，SMBIOS 列出的内存为 {of} GiB"),
        claims: Vec::new(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cpu, Dimm, Memory, Origin, PciDevice, Slot, SourceId};

    fn stick(size: u64) -> Dimm {
        Dimm { kind: Some("ram".to_owned()), size_bytes: Some(size), ..Dimm::default() }
    }

    #[test]
    fn without_sockets_packages_stand_and_the_section_says_so() {
        let package = Cpu { package_id: Some(0), ..Cpu::default() };
        let mut inventory = Inventory { cpu: vec![package], ..Inventory::default() };
        let reason = "no SMBIOS table".to_owned();
        inventory.set_section(Section::Cpu, SectionState::Unsupported, Some(reason));
        join(&mut inventory);
        let status = &inventory.sections[&Section::Cpu];
        assert_eq!(status.status, SectionState::Partial);
        let reason = status.reason.as_deref().unwrap_or_default();
        assert!(reason.starts_with("no SMBIOS table; processors are the kernel's"), "{reason}");
    }

    #[test]
    fn a_slots_address_names_the_functions_in_it() {
        let slot = Slot {
            locator: Some("PCIE3".to_owned()),
            address: Some("0000:3b:00.0".to_owned()),
            origin: Origin::of(SourceId(7)),
            ..Slot::default()
        };
        let function = |address: &str, slot: Option<&str>| PciDevice {
            address: address.to_owned(),
            slot: slot.map(str::to_owned),
            ..PciDevice::default()
        };
        let pci = vec![
            function("0000:3b:00.1", None),
            function("0000:3b:00.0", Some("3")),
            function("0000:3c:00.0", None),
        ];
        let mut inventory = Inventory { slot: vec![slot], pci, ..Inventory::default() };
        join(&mut inventory);
        let slots: Vec<_> = inventory.pci.iter().map(|device| device.slot.as_deref()).collect();
        assert_eq!(slots, [Some("PCIE3"), Some("3"), None]);
        assert_eq!(inventory.pci[0].origin.sources["slot"], SourceId(7));
    }

    #[test]
    fn sticks_that_the_kernel_does_not_use_are_a_finding() {
        let with = |online: u64| {
            let memory = Memory { online_bytes: Some(online << 30), ..Memory::default() };
            let dimm = vec![stick(32 << 30), stick(32 << 30)];
            let mut inventory = Inventory { memory: Some(memory), dimm, ..Inventory::default() };
            join(&mut inventory);
            inventory.findings.len()
        };
        assert_eq!((with(64), with(62), with(32), with(128)), (0, 0, 1, 1));
    }
}
