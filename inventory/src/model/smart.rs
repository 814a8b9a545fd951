//! Health data in each protocol's own terms.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Health data of a disk, by protocol.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Smart {
    /// ATA: attributes and logs (ACS-4).
    pub ata: Option<AtaSmart>,
    /// NVMe: log page 02h (NVMe 1.4 §5.14.1.2).
    pub nvme: Option<NvmeSmart>,
    /// SCSI: log pages (SPC-5, SBC-4).
    pub scsi: Option<ScsiSmart>,
}

/// ATA SMART data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AtaSmart {
    /// Structure revision.
    pub revision: Option<u32>,
    /// Attribute table in its own order.
    pub attributes: Vec<AtaAttribute>,
    /// Number of entries ever written to the error log.
    pub error_count: Option<u64>,
    /// Self-tests, latest first.
    pub self_tests: Vec<SelfTest>,
    /// Device statistics by `page/offset`, as far as valid.
    pub statistics: BTreeMap<String, i64>,
    /// SATA phy event counters by id, `0x0001` (GP log 11h).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub phy_events: BTreeMap<String, u64>,
}

/// One ATA attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct AtaAttribute {
    /// Id, 1–255.
    pub id: u8,
    /// Name as smartctl spells it, where known.
    pub name: Option<String>,
    /// Flags word.
    pub flags: Option<u16>,
    /// Normalised value; the one that meets the threshold.
    pub value: Option<u8>,
    /// Worst normalised value.
    pub worst: Option<u8>,
    /// Threshold; 0 = none.
    pub threshold: Option<u8>,
    /// Raw value, 48 bits.
    pub raw: Option<u64>,
    /// Raw value as the importing tool printed it.
    pub raw_text: Option<String>,
    /// `now`, `past`, or empty.
    pub when_failed: String,
}

/// One self-test.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct SelfTest {
    /// `short`, `extended`, …
    pub kind: String,
    /// Result in words.
    pub status: String,
    /// Whether it ended well; `null` while running or aborted.
    pub passed: Option<bool>,
    /// Power-on hours when it ended.
    pub at_hours: Option<u64>,
    /// First failing block.
    pub failing_lba: Option<u64>,
}

/// NVMe log page 02h. Counters are 128 bits on the drive; one that exceeds 64
/// is held at the largest 64-bit value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "named and defined by NVMe 1.4 figure 194")]
pub struct NvmeSmart {
    pub critical_warning: Option<u8>,
    /// Kelvin on the wire; here milli-Celsius; 0 K is `null`.
    pub temperature_mc: Option<i64>,
    pub available_spare_percent: Option<u8>,
    pub available_spare_threshold_percent: Option<u8>,
    pub percentage_used: Option<u8>,
    /// Units of 512,000 bytes.
    pub data_units_read: Option<u64>,
    /// Units of 512,000 bytes.
    pub data_units_written: Option<u64>,
    pub host_reads: Option<u64>,
    pub host_writes: Option<u64>,
    pub controller_busy_minutes: Option<u64>,
    pub power_cycles: Option<u64>,
    pub power_on_hours: Option<u64>,
    pub unsafe_shutdowns: Option<u64>,
    pub media_errors: Option<u64>,
    pub error_log_entries: Option<u64>,
    pub warning_temperature_minutes: Option<u64>,
    pub critical_temperature_minutes: Option<u64>,
    /// Temperature sensors in milli-Celsius.
    pub temperature_sensors_mc: Vec<i64>,
    /// Firmware revisions in slots 1 to 7 (log 03h); an empty slot is `null`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub firmware_slots: Vec<Option<String>>,
    /// Self-tests, latest first (log 06h).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub self_tests: Vec<SelfTest>,
}

/// SCSI log pages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScsiSmart {
    /// Grown defect list length.
    pub grown_defects: Option<u64>,
    /// Percentage of endurance used (page 11h).
    pub percentage_used: Option<u64>,
    /// Error counters by direction: `read`, `write`, `verify`.
    pub errors: BTreeMap<String, ScsiErrorCounter>,
    /// Non-medium errors (page 06h).
    pub non_medium_errors: Option<u64>,
    /// Start-stop cycles (page 0Eh).
    pub start_stop_cycles: Option<u64>,
    /// Load-unload cycles (page 0Eh).
    pub load_unload_cycles: Option<u64>,
    /// Self-tests, latest first (page 10h).
    pub self_tests: Vec<SelfTest>,
    /// Sense code of informational exceptions (page 2Fh): 0 = none.
    pub exception_asc: Option<u8>,
    /// Its qualifier.
    pub exception_ascq: Option<u8>,
    /// SAS phys and their link errors (page 18h).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phy: Vec<ScsiPhy>,
}

/// One phy of a SAS drive.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ScsiPhy {
    /// Phy identifier.
    pub phy: Option<u8>,
    /// The drive's SAS address, 16 hex digits.
    pub sas_address: Option<String>,
    /// The address of what is attached, 16 hex digits.
    pub attached_sas_address: Option<String>,
    /// Negotiated rate in bit/s; `null` without a link.
    pub link_bps: Option<u64>,
    /// Invalid dwords received.
    pub invalid_dwords: Option<u64>,
    /// Running disparity errors.
    pub disparity_errors: Option<u64>,
    /// Times that dword synchronisation was lost.
    pub lost_dword_syncs: Option<u64>,
    /// Phy resets that failed.
    pub reset_problems: Option<u64>,
}

/// One SCSI error counter page (02h, 03h, 05h).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[expect(missing_docs, reason = "named by SPC-5 error counter log pages")]
pub struct ScsiErrorCounter {
    pub corrected_fast: Option<u64>,
    pub corrected_delayed: Option<u64>,
    pub corrected_by_rereads_rewrites: Option<u64>,
    pub corrected_total: Option<u64>,
    pub algorithm_invocations: Option<u64>,
    pub bytes_processed: Option<u64>,
    pub uncorrected: Option<u64>,
}
