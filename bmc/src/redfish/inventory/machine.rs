//! Systems, chassis and managers themselves.

use super::{
    network::{Interface, interfaces},
    part::Part,
};
use crate::{
    operation::power::State,
    redfish::{reader::Node, root},
};

/// A system (`ComputerSystem`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct System {
    /// What all parts have; the version is its BIOS'.
    pub part: Part,
    /// UUID, lower case.
    pub uuid: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Asset tag.
    pub asset: Option<String>,
    /// `Physical`, `Virtual`, ….
    pub kind: Option<String>,
    /// The name of the host that runs on it.
    pub host_name: Option<String>,
    /// Its power.
    pub power: Option<State>,
    /// Processors that it counts (`ProcessorSummary.Count`).
    pub processors: Option<u64>,
    /// Memory that it counts, in bytes (`MemorySummary.TotalSystemMemoryGiB`).
    pub memory_bytes: Option<u64>,
    /// The places of its chassis.
    pub chassis: Vec<String>,
}

/// A chassis (`Chassis`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Chassis {
    /// What all parts have.
    pub part: Part,
    /// `RackMount`, `Blade`, `Enclosure`, ….
    pub kind: Option<String>,
    /// Stock-keeping unit.
    pub sku: Option<String>,
    /// Asset tag.
    pub asset: Option<String>,
    /// Height in mm.
    pub height_mm: Option<f64>,
    /// What it is allowed or able to take, in W.
    pub most_power_w: Option<f64>,
    /// The serial number of its main board, where the vendor tells it.
    pub board_serial: Option<String>,
}

/// A manager (`Manager`): the BMC, or a chassis' own.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Manager {
    /// What all parts have; the version is its firmware's.
    pub part: Part,
    /// `BMC`, `EnclosureManager`, ….
    pub kind: Option<String>,
    /// UUID, lower case.
    pub uuid: Option<String>,
    /// What its clock says.
    pub time: Option<String>,
    /// Its interfaces.
    pub interfaces: Vec<Interface>,
}

/// Reads a system.
pub(super) fn system(node: &Node<'_>) -> System {
    const GIBI: u32 = 1 << 30;
    let place = node.place();
    let part = Part { version: node.text("BiosVersion"), ..Part::of(node, Some(&place)) };
    let links = node.node("Links");
    let memory = node.node("MemorySummary");
    System {
        part,
        uuid: node.text("UUID").map(|uuid| uuid.to_ascii_lowercase()),
        sku: node.text("SKU"),
        asset: node.text("AssetTag"),
        kind: node.text("SystemType"),
        host_name: node.text("HostName"),
        power: root::power_of(node),
        processors: node.node("ProcessorSummary").and_then(|summary| summary.count("Count")),
        memory_bytes: memory.and_then(|summary| summary.amount("TotalSystemMemoryGiB", GIBI)),
        chassis: links.map(|links| links.links("Chassis")).unwrap_or_default(),
    }
}

/// Reads a chassis of `system`.
pub(super) fn chassis(node: &Node<'_>, system: Option<&str>) -> Chassis {
    let oem = node.oem();
    let of_oem = |keys: &[&str]| oem.iter().find_map(|(_, oem)| oem.first_text(keys));
    Chassis {
        part: Part::of(node, system),
        kind: node.text("ChassisType"),
        sku: node.text("SKU"),
        asset: node.text("AssetTag"),
        height_mm: node.number("HeightMm"),
        most_power_w: node.number("MaxPowerWatts"),
        board_serial: of_oem(&["SystemBoardSerialNumber", "BoardSerialNumber"]),
    }
}

/// Reads a manager.
pub(super) fn manager(node: &Node<'_>) -> Manager {
    Manager {
        part: Part::of(node, None),
        kind: node.text("ManagerType"),
        uuid: node.text("UUID").map(|uuid| uuid.to_ascii_lowercase()),
        time: node.text("DateTime"),
        interfaces: interfaces(&node.members("EthernetInterfaces"), None),
    }
}
