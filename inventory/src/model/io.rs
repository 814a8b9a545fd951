//! Slots, PCI functions, Fibre Channel, InfiniBand, GPUs, TPMs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// An expansion slot (SMBIOS type 9).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Slot {
    /// Designation.
    pub locator: Option<String>,
    /// `pcie`, `pci`, `pcix`, `agp`, `m2`, `ocp`, `edsff`, `u2`, `mxm`, `isa`,
    /// `other`, by the slot type's code.
    pub bus: Option<String>,
    /// Slot type, in dmidecode's words.
    pub kind: Option<String>,
    /// Lanes the slot is wired for, or data width in lanes.
    pub width: Option<u32>,
    /// `short`, `long`, …, in dmidecode's words.
    pub length: Option<String>,
    /// Whether the firmware says it is in use.
    pub in_use: Option<bool>,
    /// PCI address, `0000:3b:00.0`.
    pub address: Option<String>,
    /// PCI Express generation, where the type names one.
    pub generation: Option<u32>,
    /// Slot id, as read.
    pub id: Option<u32>,
    /// Where it was read.
    pub origin: Origin,
}

/// A PCI function.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PciDevice {
    /// `domain:bus:device.function`; the domain may exceed 16 bits.
    pub address: String,
    /// Vendor id, `8086`.
    pub vendor_id: Option<String>,
    /// Device id.
    pub device_id: Option<String>,
    /// Subsystem vendor id.
    pub subsystem_vendor_id: Option<String>,
    /// Subsystem id.
    pub subsystem_device_id: Option<String>,
    /// Class code, `020000`.
    pub class: Option<String>,
    /// Revision.
    pub revision: Option<u32>,
    /// Vendor name by the id database.
    pub vendor: Option<String>,
    /// Device name by the id database.
    pub device: Option<String>,
    /// Subsystem name by the id database.
    pub subsystem: Option<String>,
    /// Driver bound to it.
    pub driver: Option<String>,
    /// NUMA node.
    pub numa_node: Option<u32>,
    /// Whether it is a virtual function: not a card.
    pub virtual_function: bool,
    /// The physical slot the firmware names for it.
    pub slot: Option<String>,
    /// Its PCI Express link.
    pub link: Option<PciLink>,
    /// Where it was read.
    pub origin: Origin,
}

/// A PCI Express link: what it can do and what it negotiated.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PciLink {
    /// Transfers per second and lane, in MT/s.
    pub speed_mts: Option<u64>,
    /// Lanes in use.
    pub width: Option<u32>,
    /// Best transfers per second and lane, in MT/s.
    pub max_speed_mts: Option<u64>,
    /// Lanes the device has.
    pub max_width: Option<u32>,
}

/// A host bus adapter: one physical card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Hba {
    /// `domain:bus:device` of the card.
    pub address: Option<String>,
    /// `fc`.
    pub protocol: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Driver.
    pub driver: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Its ports.
    pub port: Vec<HbaPort>,
    /// Where it was read.
    pub origin: Origin,
}

/// A Fibre Channel port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct HbaPort {
    /// `host3`.
    pub name: Option<String>,
    /// World-wide port name, 16 hex digits.
    pub wwpn: Option<String>,
    /// World-wide node name, 16 hex digits.
    pub wwnn: Option<String>,
    /// `Online`, `Linkdown`, …
    pub state: Option<String>,
    /// Negotiated speed in bit/s; `null` with the link down.
    pub speed_bps: Option<u64>,
    /// Speeds the port supports in bit/s (kernel's class: 16 Gbit = 16·10⁹).
    pub supported_bps: Vec<u64>,
    /// World-wide name of the fabric.
    pub fabric: Option<String>,
    /// Port type.
    pub kind: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// An InfiniBand or RoCE port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Infiniband {
    /// `mlx5_0`.
    pub device: String,
    /// Port number.
    pub port: u32,
    /// `domain:bus:device.function`.
    pub address: Option<String>,
    /// Port state.
    pub state: Option<String>,
    /// Rate in bit/s.
    pub rate_bps: Option<u64>,
    /// `InfiniBand` or `Ethernet`.
    pub link_layer: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A graphics or accelerator card.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Gpu {
    /// `domain:bus:device.function`.
    pub address: Option<String>,
    /// Vendor name.
    pub vendor: Option<String>,
    /// Model by the id database.
    pub model: Option<String>,
    /// Driver.
    pub driver: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A trusted platform module.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Tpm {
    /// Major version: `1.2` or `2.0`.
    pub version: Option<String>,
    /// Vendor id, four letters.
    pub manufacturer: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}
