//! The document `inventory/v1`: types, units and their meaning on the wire.
//!
//! Integers are in SI base units and the unit is in the field's name
//! (`size_bytes`, `speed_bps`, `temperature_mc` = milli-Celsius). Unknown is
//! `null`; zero is zero. An empty slot is an object with `present: false`.
//! Arrays keep the order of the table they were read from.

mod compute;
mod disk;
mod identity;
mod io;
mod lldp;
mod memory;
mod network;
mod power;
mod provenance;
mod smart;
mod system;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::unpack::unpack;

pub use compute::{Cache, Cpu, Frequency, Topology};
pub use disk::{Controller, Disk, DiskCounters, DiskHealth, Volume};
pub use identity::Identity;
pub use io::{Gpu, Hba, HbaPort, Infiniband, PciDevice, PciLink, Slot, Tpm};
pub use lldp::{LldpAutonegotiation, LldpMed, LldpPolicy, LldpPower};
pub use memory::{Dimm, EdacCounters, Memory, MemoryArray};
pub use network::{LldpNeighbour, LldpTlv, Module, Nic, NicPort, Plane, PlaneSharing, WakeOn};
pub use power::{Fan, Psu, Sensor};
pub use provenance::{
    Claim, Finding, FindingClass, Origin, Section, SectionState, SectionStatus, Source, SourceId,
    SourceKind,
};
pub use smart::{
    AtaAttribute, AtaSmart, NvmeSmart, ScsiErrorCounter, ScsiPhy, ScsiSmart, SelfTest, Smart,
};
pub use system::{Bmc, Board, Brand, Chassis, Firmware, ManagementChip, Platform, System};

/// The schema id that every document of this version carries.
pub const SCHEMA: &str = "inventory/v1";

/// One machine as one or more sources describe it.
///
/// Additions are minor; a reader of v1 accepts every v1 document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Inventory {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// When collection ended, RFC 3339 UTC; `null` for a pure import.
    pub collected_at: Option<String>,
    /// Maker, product, serial and UUID of the machine (SMBIOS type 1).
    pub system: Option<System>,
    /// Architecture, kernel and host name the machine runs, where it runs.
    pub platform: Option<Platform>,
    /// Boards, the hosting board first (SMBIOS type 2).
    pub board: Vec<Board>,
    /// Chassis and enclosures (SMBIOS type 3).
    pub chassis: Vec<Chassis>,
    /// BIOS or UEFI firmware (SMBIOS type 0), and other firmware seen.
    pub firmware: Vec<Firmware>,
    /// The management controller as the host sees it.
    pub bmc: Option<Bmc>,
    /// Sockets, empty ones too (SMBIOS type 4, else sysfs packages).
    pub cpu: Vec<Cpu>,
    /// Caches (SMBIOS type 7).
    pub cache: Vec<Cache>,
    /// Packages, cores, threads and NUMA nodes as the kernel counts them.
    pub topology: Option<Topology>,
    /// DIMM slots, empty ones too (SMBIOS type 17).
    pub dimm: Vec<Dimm>,
    /// Memory arrays and the number of devices they claim (SMBIOS type 16).
    pub memory_array: Vec<MemoryArray>,
    /// Memory as the kernel sees it, and its error counters.
    pub memory: Option<Memory>,
    /// Expansion slots (SMBIOS type 9).
    pub slot: Vec<Slot>,
    /// PCI functions.
    pub pci: Vec<PciDevice>,
    /// Network cards, one per physical card, with their ports.
    pub nic: Vec<Nic>,
    /// Fibre Channel host bus adapters, one per physical card.
    pub hba: Vec<Hba>,
    /// InfiniBand and RoCE ports.
    pub infiniband: Vec<Infiniband>,
    /// Storage controllers; volumes behind them are never counted as disks.
    pub controller: Vec<Controller>,
    /// Physical disks.
    pub disk: Vec<Disk>,
    /// Power supplies (SMBIOS type 39).
    pub psu: Vec<Psu>,
    /// Fans with a speed.
    pub fan: Vec<Fan>,
    /// Temperature, voltage, power and current sensors.
    pub sensor: Vec<Sensor>,
    /// Graphics and accelerator cards; the BMC's own display is not one.
    pub gpu: Vec<Gpu>,
    /// Trusted platform modules.
    pub tpm: Vec<Tpm>,
    /// LLDP neighbours heard on the ports.
    pub lldp: Vec<LldpNeighbour>,
    /// IP planes and the physical cards that carry them.
    pub plane: Vec<Plane>,
    /// Physical cards that carry more than one named plane.
    pub plane_sharing: Vec<PlaneSharing>,
    /// What tells this machine from others.
    pub identity: Option<Identity>,
    /// OEM strings, as read (SMBIOS types 11 and 12).
    pub oem_strings: Vec<String>,
    /// How complete each section is; a section that is not here was not asked for.
    pub sections: BTreeMap<Section, SectionStatus>,
    /// Where facts came from; facts refer to these by index.
    pub sources: Vec<Source>,
    /// Disagreements between sources, and damage met while reading.
    pub findings: Vec<Finding>,
}

impl Default for Inventory {
    fn default() -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            collected_at: None,
            system: None,
            platform: None,
            board: Vec::new(),
            chassis: Vec::new(),
            firmware: Vec::new(),
            bmc: None,
            cpu: Vec::new(),
            cache: Vec::new(),
            topology: None,
            dimm: Vec::new(),
            memory_array: Vec::new(),
            memory: None,
            slot: Vec::new(),
            pci: Vec::new(),
            nic: Vec::new(),
            hba: Vec::new(),
            infiniband: Vec::new(),
            controller: Vec::new(),
            disk: Vec::new(),
            psu: Vec::new(),
            fan: Vec::new(),
            sensor: Vec::new(),
            gpu: Vec::new(),
            tpm: Vec::new(),
            lldp: Vec::new(),
            plane: Vec::new(),
            plane_sharing: Vec::new(),
            identity: None,
            oem_strings: Vec::new(),
            sections: BTreeMap::new(),
            sources: Vec::new(),
            findings: Vec::new(),
        }
    }
}

impl Inventory {
    /// Returns the JSON Schema of `inventory/v1`.
    ///
    /// Read from the committed one, which `tests/schema.rs` makes from the types: what makes it
    /// would be half a megabyte of the program.
    ///
    /// # Panics
    ///
    /// Never: the committed one is JSON, or that test fails.
    pub fn json_schema() -> serde_json::Value {
        let packed = include_bytes!(concat!(env!("OUT_DIR"), "/schema.zst"));
        serde_json::from_slice(&unpack(packed)).expect("`tests/schema.rs` read it")
    }

    /// Adds a source and returns the index that facts refer to it by.
    pub fn add_source(&mut self, source: Source) -> SourceId {
        self.sources.push(source);
        SourceId(u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX))
    }

    /// Records how complete `section` is.
    pub fn set_section(&mut self, section: Section, state: SectionState, reason: Option<String>) {
        self.sections.insert(section, SectionStatus { status: state, reason });
    }
}
