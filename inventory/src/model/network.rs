//! Network cards and ports, LLDP neighbours, IP planes.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;
use super::lldp::{LldpAutonegotiation, LldpMed, LldpPower};

/// A network card: physical functions with one domain:bus:device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Nic {
    /// `domain:bus:device` of the card; `null` where it is not on PCI.
    pub address: Option<String>,
    /// Vendor name.
    pub vendor: Option<String>,
    /// Model by the id database.
    pub model: Option<String>,
    /// Driver.
    pub driver: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Whether it is a virtual device (virtio, …).
    #[serde(rename = "virtual")]
    pub is_virtual: bool,
    /// Its physical ports.
    pub port: Vec<NicPort>,
    /// Where it was read.
    pub origin: Origin,
}

/// A physical network port.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct NicPort {
    /// Interface name.
    pub name: Option<String>,
    /// `domain:bus:device.function`.
    pub address: Option<String>,
    /// Permanent MAC address.
    pub permanent_mac: Option<String>,
    /// MAC address in use.
    pub mac: Option<String>,
    /// Whether the link is up; `null` where the interface is down.
    pub link: Option<bool>,
    /// Operational state as the kernel names it.
    pub operstate: Option<String>,
    /// Negotiated speed in bit/s; `null` with the link down.
    pub speed_bps: Option<u64>,
    /// `full` or `half`.
    pub duplex: Option<String>,
    /// Speeds of the supported link modes in bit/s, ascending.
    pub supported_bps: Vec<u64>,
    /// Supported link modes by name (`10000baseT/Full`).
    pub supported_modes: Vec<String>,
    /// Advertised link modes by name.
    pub advertised_modes: Vec<String>,
    /// Connector: `TP`, `FIBRE`, `DA`, …
    pub media: Option<String>,
    /// Plug-in module.
    pub module: Option<Module>,
    /// MTU in bytes.
    pub mtu_bytes: Option<u32>,
    /// Port number on the card.
    pub dev_port: Option<u32>,
    /// Physical port id, equal on partitions of one port.
    pub phys_port_id: Option<String>,
    /// Further interfaces on this same port: partitions that the card's
    /// firmware shows as functions of their own (NPAR).
    pub partitions: Vec<String>,
    /// Wake-on-LAN modes.
    pub wake_on: Option<WakeOn>,
    /// The bond or bridge it belongs to.
    pub master: Option<String>,
    /// Error and drop counters by the kernel's names.
    pub errors: BTreeMap<String, u64>,
    /// Where it was read.
    pub origin: Origin,
}

/// Wake-on-LAN modes by ethtool's letters (`g` = magic packet).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct WakeOn {
    /// Modes the port supports.
    pub supported: String,
    /// Modes that are on; `d` = none.
    pub enabled: String,
}

/// A plug-in module (SFF-8472, SFF-8636, CMIS).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Module {
    /// `SFP`, `QSFP28`, `QSFP-DD`, …
    pub kind: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Nominal bit rate in bit/s.
    pub bit_rate_bps: Option<u64>,
    /// Wavelength in picometre.
    pub wavelength_pm: Option<u64>,
    /// Temperature in milli-Celsius.
    pub temperature_mc: Option<i64>,
    /// Received optical power in nanowatt, by lane.
    pub rx_power_nw: Vec<u64>,
    /// Transmitted optical power in nanowatt, by lane.
    pub tx_power_nw: Vec<u64>,
}

/// An LLDP neighbour (IEEE 802.1AB).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpNeighbour {
    /// The interface it was heard on; `null` in an imported capture.
    pub interface: Option<String>,
    /// Source MAC address of the frame.
    pub source_mac: Option<String>,
    /// VLAN tag of the frame.
    pub vlan: Option<u32>,
    /// Chassis id, printed by its subtype.
    pub chassis_id: Option<String>,
    /// Chassis id subtype, 1–7.
    pub chassis_id_subtype: Option<u32>,
    /// Port id, printed by its subtype.
    pub port_id: Option<String>,
    /// Port id subtype, 1–7.
    pub port_id_subtype: Option<u32>,
    /// Time to live in seconds; 0 = gone.
    pub ttl_s: Option<u32>,
    /// Port description.
    pub port_description: Option<String>,
    /// System name.
    pub system_name: Option<String>,
    /// System description.
    pub system_description: Option<String>,
    /// Capabilities the system has.
    pub capabilities: Vec<String>,
    /// Capabilities that are on.
    pub capabilities_enabled: Vec<String>,
    /// Management addresses.
    pub management_addresses: Vec<String>,
    /// Port VLAN id (802.1).
    pub port_vlan: Option<u32>,
    /// VLAN names by id (802.1).
    pub vlan_names: BTreeMap<u32, String>,
    /// Port and protocol VLAN ids (802.1).
    pub protocol_vlans: Vec<u32>,
    /// Link aggregation: whether the port is aggregated.
    pub aggregated: Option<bool>,
    /// Interface number of the aggregate on the neighbour; 0 = none.
    pub aggregation_id: Option<u32>,
    /// Largest frame in bytes (802.3).
    pub max_frame_bytes: Option<u32>,
    /// Autonegotiation and medium (802.3).
    pub autonegotiation: Option<LldpAutonegotiation>,
    /// Power over Ethernet (802.3).
    pub power: Option<LldpPower>,
    /// Device class and inventory (LLDP-MED).
    pub med: Option<LldpMed>,
    /// Whether the frame was damaged; what came before the damage stands.
    pub damaged: bool,
    /// What is wrong with a damaged frame, and at which byte of the LLDPDU.
    pub damage: Option<String>,
    /// Organisation-specific and unknown elements, kept as hex.
    pub other: Vec<LldpTlv>,
    /// Where it was read.
    pub origin: Origin,
}

/// An LLDP element that has no field of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct LldpTlv {
    /// Type, 0–127.
    pub kind: u32,
    /// Organisation, `00-80-c2`, for type 127.
    pub oui: Option<String>,
    /// Subtype, for type 127.
    pub subtype: Option<u32>,
    /// Value in hex.
    pub value: String,
}

/// An interface with addresses, and the physical devices below it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Plane {
    /// The plane's name as the operator gave it: `management`, `business`,
    /// `storage`; `null` where nobody named it.
    pub role: Option<String>,
    /// The interface that carries the addresses.
    pub interface: String,
    /// Addresses with prefix length.
    pub addresses: Vec<String>,
    /// VLAN id on the way down, where there is one.
    pub vlan: Option<u32>,
    /// Physical interfaces below it, through bonds, VLANs and bridges.
    pub ports: Vec<String>,
    /// Physical cards below it, `domain:bus:device`.
    pub cards: Vec<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// A physical card that carries more than one named plane.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct PlaneSharing {
    /// `domain:bus:device`.
    pub card: String,
    /// Names of the planes that share it.
    pub roles: Vec<String>,
    /// Where it was read.
    pub origin: Origin,
}
