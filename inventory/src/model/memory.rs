//! DIMMs, memory arrays, and memory as the kernel sees it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// A DIMM slot, populated or not (SMBIOS type 17).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Dimm {
    /// Device locator, as read but for trailing blanks.
    pub locator: Option<String>,
    /// Bank locator.
    pub bank: Option<String>,
    /// Whether a stick is in the slot; `null` where the firmware does not know.
    pub present: Option<bool>,
    /// `ram`, `persistent`, or `flash` (a BIOS chip; not memory).
    pub kind: Option<String>,
    /// Size in bytes; `null` for an empty slot or an unknown size.
    pub size_bytes: Option<u64>,
    /// Rated speed in MT/s.
    pub speed_mts: Option<u64>,
    /// Speed it runs at in MT/s.
    pub configured_speed_mts: Option<u64>,
    /// As read; a placeholder is `null`.
    pub manufacturer: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Asset tag.
    pub asset_tag: Option<String>,
    /// Ranks.
    pub rank: Option<u32>,
    /// Handle of its memory array, as `0x1000`.
    pub array: Option<String>,
    /// `DDR4`, `DDR5`, …, in dmidecode's words.
    pub memory_type: Option<String>,
    /// `DIMM`, `SODIMM`, …, in dmidecode's words.
    pub form_factor: Option<String>,
    /// Total width in bits, with error correction.
    pub total_width_bits: Option<u32>,
    /// Data width in bits.
    pub data_width_bits: Option<u32>,
    /// Voltage it runs at in millivolt.
    pub voltage_mv: Option<u32>,
    /// Where it was read.
    pub origin: Origin,
}

/// A memory array (SMBIOS type 16, use System Memory).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct MemoryArray {
    /// Its handle, as `0x1000`.
    pub handle: Option<String>,
    /// Location, in dmidecode's words.
    pub location: Option<String>,
    /// Use, in dmidecode's words.
    pub usage: Option<String>,
    /// Error correction, in dmidecode's words.
    pub error_correction: Option<String>,
    /// Largest capacity in bytes.
    pub max_capacity_bytes: Option<u64>,
    /// Number of slots it claims; type 17 counts may differ.
    pub devices_claimed: Option<u32>,
    /// Where it was read.
    pub origin: Origin,
}

/// Memory as the running kernel sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Memory {
    /// `MemTotal`: always less than what is installed.
    pub usable_bytes: Option<u64>,
    /// Online memory blocks × block size.
    pub online_bytes: Option<u64>,
    /// Error counters of EDAC; ranks or channels, not sticks.
    pub edac: Vec<EdacCounters>,
    /// Where it was read.
    pub origin: Origin,
}

/// Error counters of one EDAC rank, channel or DIMM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct EdacCounters {
    /// `mc0/dimm3`.
    pub name: String,
    /// Its label.
    pub label: Option<String>,
    /// Corrected errors.
    pub corrected: Option<u64>,
    /// Uncorrected errors.
    pub uncorrected: Option<u64>,
}
