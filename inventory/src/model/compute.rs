//! Processors, caches and topology.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Origin;

/// A processor socket, populated or not (SMBIOS type 4 or a sysfs package).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cpu {
    /// Socket designation.
    pub locator: Option<String>,
    /// Whether the socket is populated (Status bit 6).
    pub present: Option<bool>,
    /// Whether the processor is enabled.
    pub enabled: Option<bool>,
    /// As read.
    pub manufacturer: Option<String>,
    /// The name the processor gives itself, or its implementer and part.
    pub model: Option<String>,
    /// Family, in dmidecode's words.
    pub family: Option<String>,
    /// `x86_64`, `aarch64`, `loongarch64`, …, from family, name or kernel.
    pub architecture: Option<String>,
    /// Cores of this processor. An empty socket has none, whatever it claims.
    pub cores: Option<u32>,
    /// Cores that the firmware enabled.
    pub cores_enabled: Option<u32>,
    /// Threads of this processor.
    pub threads: Option<u32>,
    /// Clocks; only `nominal` is for rules.
    pub frequency_hz: Frequency,
    /// The kernel's package id: arbitrary and sparse, never an index.
    pub package_id: Option<i64>,
    /// Microcode version.
    pub microcode: Option<String>,
    /// Serial number.
    pub serial: Option<String>,
    /// Part number.
    pub part_number: Option<String>,
    /// Socket type, in dmidecode's words.
    pub socket: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// Clocks of a processor in hertz.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Frequency {
    /// Base clock: number in the processor's name, else cpuid 16h or the
    /// kernel's `base_frequency`, else SMBIOS current speed.
    pub nominal: Option<u64>,
    /// SMBIOS Current Speed.
    pub current: Option<u64>,
    /// SMBIOS Max Speed: turbo or the socket's limit; never for rules.
    pub max_claimed: Option<u64>,
}

/// A cache (SMBIOS type 7).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Cache {
    /// Designation.
    pub locator: Option<String>,
    /// Level, from 1.
    pub level: Option<u32>,
    /// Installed size in bytes.
    pub size_bytes: Option<u64>,
    /// Largest size in bytes.
    pub max_size_bytes: Option<u64>,
    /// Whether it is enabled.
    pub enabled: Option<bool>,
    /// Type (`Unified`, `Data`, `Instruction`), in dmidecode's words.
    pub kind: Option<String>,
    /// Associativity, in dmidecode's words.
    pub associativity: Option<String>,
    /// Where it was read.
    pub origin: Origin,
}

/// What the kernel counts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Topology {
    /// Distinct packages among online processors.
    pub packages: Option<u32>,
    /// NUMA nodes with processors or memory.
    pub numa_nodes: Option<u32>,
    /// Distinct cores among online processors.
    pub cores: Option<u32>,
    /// Online processors.
    pub threads_online: Option<u32>,
    /// Processors present, offline ones too.
    pub threads_present: Option<u32>,
    /// Whether more than one thread of a core is online.
    pub smt: Option<bool>,
    /// Where it was read.
    pub origin: Origin,
}
