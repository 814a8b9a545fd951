//! Disks, controllers and volumes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Origin, Smart};

/// A physical disk.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Disk {
    /// `enclosure:slot`, else the kernel's name.
    pub locator: Option<String>,
    /// The kernel's name, `sda`, `nvme0n1`.
    pub name: Option<String>,
    /// `sata`, `sas`, `nvme`, `scsi`, `virtio`, `usb`, `mmc`.
    pub protocol: Option<String>,
    /// `hdd` or `ssd`.
    pub kind: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// Capacity in bytes.
    pub size_bytes: Option<u64>,
    /// Logical block in bytes.
    pub block_bytes: Option<u32>,
    /// Physical block in bytes.
    pub physical_block_bytes: Option<u32>,
    /// Rotations per minute; `null` for solid state.
    pub rpm: Option<u32>,
    /// World-wide id: `naa.…`, `eui.…`, `nvme.…`, `t10.…`.
    pub wwid: Option<String>,
    /// The controller it sits behind, where it is not seen directly.
    pub behind: Option<String>,
    /// Health as the drive and its counters tell it.
    pub health: Option<DiskHealth>,
    /// Wear used, in parts per million of the rated endurance.
    pub wear_ratio_ppm: Option<u64>,
    /// Time powered on, in seconds.
    pub power_on_s: Option<u64>,
    /// Temperature in milli-Celsius; `null` where the drive reports none.
    pub temperature_mc: Option<i64>,
    /// Counters common to all protocols.
    pub counters: DiskCounters,
    /// The protocol's own health data.
    pub smart: Option<Smart>,
    /// Where it was read.
    pub origin: Origin,
}

/// Health of a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DiskHealth {
    /// The drive's own overall verdict; `null` where it was not asked.
    pub passed: Option<bool>,
    /// What speaks against the drive now, in words.
    pub reasons: Vec<String>,
    /// What is worth a look and no reason by itself: a threshold met in the
    /// past, errors counted over a whole life.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Counters that mean the same for every protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct DiskCounters {
    /// Power cycles.
    pub power_cycles: Option<u64>,
    /// Bytes read by hosts.
    pub read_bytes: Option<u64>,
    /// Bytes written by hosts.
    pub written_bytes: Option<u64>,
    /// Reallocated sectors, grown defects.
    pub reallocated: Option<u64>,
    /// Sectors waiting for reallocation.
    pub pending: Option<u64>,
    /// Errors that could not be corrected.
    pub uncorrected: Option<u64>,
    /// Interface checksum errors.
    pub interface_crc: Option<u64>,
    /// Unsafe shutdowns.
    pub unsafe_shutdowns: Option<u64>,
}

/// A storage controller.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Controller {
    /// `domain:bus:device.function`.
    pub address: Option<String>,
    /// `raid`, `sas`, `sata`, `nvme`, `fc`, `scsi`, `ide`.
    pub kind: Option<String>,
    /// Vendor.
    pub vendor: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Driver.
    pub driver: Option<String>,
    /// Firmware version.
    pub firmware: Option<String>,
    /// Number of physical drives behind it, where known.
    pub drives: Option<u32>,
    /// State as the controller names it.
    pub state: Option<String>,
    /// Volumes it presents.
    pub volume: Vec<Volume>,
    /// Where it was read.
    pub origin: Origin,
}

/// A RAID volume: what a controller presents, never a disk.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Volume {
    /// The controller's name for it.
    pub name: Option<String>,
    /// The kernel's name, `sda`.
    pub device: Option<String>,
    /// RAID level: `RAID1`.
    pub level: Option<String>,
    /// State as the controller names it.
    pub state: Option<String>,
    /// Size in bytes.
    pub size_bytes: Option<u64>,
}
