//! Who is believed first, section by section and field by field.
//!
//! The order is fixed: what is collected or named first never matters.

use crate::import::Kind;
use crate::model::{Section, Source, SourceKind};

/// What a fact was read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reader {
    /// An SMBIOS table, from the machine or from a dump.
    Smbios,
    /// Text of dmidecode.
    Dmidecode,
    /// The kernel: sysfs, procfs, netlink, ethtool, PCI.
    Kernel,
    /// The device itself, by a command.
    Device,
    /// smartctl.
    Smartctl,
    /// storcli.
    Storcli,
    /// An LLDP frame.
    Lldp,
    /// IPMI or Redfish.
    Bmc,
    /// lshw.
    Lshw,
    /// Some other file.
    Other,
    /// Computed from other facts.
    Derived,
    /// A person.
    Attested,
}

use Reader::{
    Attested, Bmc, Derived, Device, Dmidecode, Kernel, Lldp, Lshw, Other, Smartctl, Smbios, Storcli,
};

/// What the firmware states of what it put together.
const FIRMWARE_FIRST: [Reader; 12] = [
    Smbios, Dmidecode, Kernel, Bmc, Other, Lshw, Device, Smartctl, Storcli, Lldp, Derived, Attested,
];
/// What the kernel drives.
const KERNEL_FIRST: [Reader; 12] = [
    Kernel, Device, Lldp, Smbios, Dmidecode, Smartctl, Storcli, Bmc, Other, Lshw, Derived, Attested,
];
/// What a drive says of itself.
const DRIVE_FIRST: [Reader; 12] = [
    Device, Smartctl, Storcli, Kernel, Bmc, Other, Lshw, Smbios, Dmidecode, Lldp, Derived, Attested,
];
/// What a RAID controller says of itself and of where its drives sit.
const CONTROLLER_FIRST: [Reader; 12] = [
    Storcli, Smartctl, Device, Kernel, Bmc, Other, Lshw, Smbios, Dmidecode, Lldp, Derived, Attested,
];
/// What the management controller knows best: itself, and what it measures.
const BMC_FIRST: [Reader; 12] = [
    Bmc, Kernel, Smbios, Dmidecode, Device, Other, Lshw, Smartctl, Storcli, Lldp, Derived, Attested,
];
/// What was heard on the wire.
const WIRE_FIRST: [Reader; 12] = [
    Lldp, Kernel, Other, Device, Smbios, Dmidecode, Smartctl, Storcli, Bmc, Lshw, Derived, Attested,
];

/// Returns what `source` was read by.
pub(super) fn reader(source: &Source) -> Reader {
    match source.kind {
        SourceKind::Smbios => Smbios,
        SourceKind::Sysfs
        | SourceKind::Proc
        | SourceKind::Pci
        | SourceKind::Ethtool
        | SourceKind::Netlink => Kernel,
        SourceKind::Nvme | SourceKind::Ata | SourceKind::Scsi => Device,
        SourceKind::Lldp => Lldp,
        SourceKind::Ipmi | SourceKind::Redfish => Bmc,
        SourceKind::Attested => Attested,
        SourceKind::Derived => Derived,
        SourceKind::Import => match crate::import::writer(&source.locator) {
            Some(Kind::Smbios) => Smbios,
            Some(Kind::Dmidecode) => Dmidecode,
            Some(Kind::Smartctl) => Smartctl,
            Some(Kind::Storcli) => Storcli,
            Some(Kind::Lldp) => Lldp,
            Some(Kind::Lshw) => Lshw,
            Some(Kind::Inventory) | None => Other,
        },
    }
}

/// Returns the rank of `source` for `field` of `section`; lower is believed first.
pub(super) fn rank(section: Section, field: &str, source: &Source) -> usize {
    let order = order(section, field);
    let reader = reader(source);
    order.iter().position(|known| *known == reader).unwrap_or(order.len())
}

fn order(section: Section, field: &str) -> &'static [Reader] {
    match (section, field) {
        // The kernel's own names and bindings, whoever else repeats them.
        (_, "driver" | "package_id" | "microcode" | "numa_node")
        | (Section::Disk | Section::Controller, "name" | "address")
        | (
            Section::Platform
            | Section::Topology
            | Section::Memory
            | Section::Pci
            | Section::Nic
            | Section::Hba
            | Section::Infiniband
            | Section::Gpu
            | Section::Plane
            | Section::PlaneSharing
            | Section::Tpm,
            _,
        ) => &KERNEL_FIRST,
        (Section::Disk, "locator" | "behind") | (Section::Controller, _) => &CONTROLLER_FIRST,
        (Section::Disk, _) => &DRIVE_FIRST,
        (Section::Bmc | Section::Fan | Section::Sensor, _) => &BMC_FIRST,
        (Section::Lldp, _) => &WIRE_FIRST,
        (
            Section::System
            | Section::Board
            | Section::Chassis
            | Section::Firmware
            | Section::Cpu
            | Section::Cache
            | Section::Dimm
            | Section::MemoryArray
            | Section::Slot
            | Section::Psu
            | Section::Identity
            | Section::OemStrings,
            _,
        ) => &FIRMWARE_FIRST,
    }
}
