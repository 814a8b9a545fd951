//! NVMe: Identify and log pages (NVMe 1.4 §5.14 and §5.15).

use super::PageError;
use super::bytes::{Bytes, hex};
use crate::model::{NvmeSmart, SelfTest};

/// Bytes of an Identify data structure.
pub const IDENTIFY_BYTES: usize = 4096;
/// Bytes of the SMART / Health Information log (02h).
pub const HEALTH_BYTES: usize = 512;
/// Bytes of the Firmware Slot Information log (03h).
pub const FIRMWARE_BYTES: usize = 512;
/// Bytes of the Device Self-test log (06h).
pub const SELF_TEST_BYTES: usize = 564;

/// The namespace id that addresses all namespaces.
pub const ALL_NAMESPACES: u32 = u32::MAX;

/// What Identify Controller says (CNS 01h, figure 247).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Controller {
    /// PCI vendor id.
    pub vendor_id: u16,
    /// PCI subsystem vendor id.
    pub subsystem_vendor_id: u16,
    /// Serial number.
    pub serial: Option<String>,
    /// Model number.
    pub model: Option<String>,
    /// Firmware revision.
    pub firmware: Option<String>,
    /// IEEE OUI of the vendor.
    pub oui: u32,
    /// Controller id.
    pub controller_id: u16,
    /// Version as `major << 16 | minor << 8 | tertiary`; 0 before NVMe 1.2.
    pub version: u32,
    /// Whether the controller supports the Device Self-test command.
    pub self_tests: bool,
    /// Warning temperature in milli-Celsius.
    pub warning_temperature_mc: Option<i64>,
    /// Critical temperature in milli-Celsius.
    pub critical_temperature_mc: Option<i64>,
    /// Total capacity in bytes; `None` where not reported.
    pub total_bytes: Option<u64>,
    /// Unallocated capacity in bytes.
    pub unallocated_bytes: u64,
    /// Largest namespace id.
    pub namespaces: u32,
}

/// What Identify Namespace says (CNS 00h, figure 245).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespace {
    /// Size in logical blocks.
    pub blocks: u64,
    /// Capacity in logical blocks.
    pub capacity_blocks: u64,
    /// Blocks in use.
    pub used_blocks: u64,
    /// Bytes of a logical block, without metadata.
    pub block_bytes: Option<u32>,
    /// `eui.` and 32 digits of the NGUID, else 16 of the EUI-64.
    pub wwid: Option<String>,
}

impl Namespace {
    /// Returns the size in bytes.
    pub fn size_bytes(&self) -> Option<u64> {
        self.blocks.checked_mul(u64::from(self.block_bytes?))
    }
}

/// What the firmware log says (03h, figure 196).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirmwareSlots {
    /// The slot that runs.
    pub active: u8,
    /// The slot that runs after the next reset; 0 = the same.
    pub next: u8,
    /// Revisions in slots 1 to 7.
    pub revisions: Vec<Option<String>>,
}

/// Decodes Identify Controller.
pub fn controller(page: &[u8]) -> Result<Controller, PageError> {
    let page = Bytes::of("NVMe Identify Controller", page, 520)?;
    let kelvin = |at| page.le16(at).and_then(temperature_mc);
    Ok(Controller {
        vendor_id: page.le16(0).unwrap_or_default(),
        subsystem_vendor_id: page.le16(2).unwrap_or_default(),
        serial: page.text(4, 20),
        model: page.text(24, 40),
        firmware: page.text(64, 8),
        // Three bytes, least significant first.
        oui: page.le32(73).unwrap_or_default() & 0x00ff_ffff,
        controller_id: page.le16(78).unwrap_or_default(),
        version: page.le32(80).unwrap_or_default(),
        self_tests: page.le16(256).is_some_and(|oacs| oacs & 0x10 != 0),
        warning_temperature_mc: kelvin(266),
        critical_temperature_mc: kelvin(268),
        total_bytes: page.le128(280).filter(|bytes| *bytes != 0),
        unallocated_bytes: page.le128(296).unwrap_or_default(),
        namespaces: page.le32(516).unwrap_or_default(),
    })
}

/// Decodes Identify Namespace.
pub fn namespace(page: &[u8]) -> Result<Namespace, PageError> {
    const PAGE: &str = "NVMe Identify Namespace";
    let page = Bytes::of(PAGE, page, 384)?;
    // Formats above 15 have their upper bits in 6:5 (NVMe 2.0).
    let chosen = page.u8(26).unwrap_or_default();
    let format = usize::from(chosen & 0x0f) | (usize::from(chosen & 0x60) >> 1);
    let power = page.le32(128 + 4 * format).map_or(0, |format| (format >> 16) & 0xff);
    let nguid = page.slice(104, 16).filter(|id| id.iter().any(|byte| *byte != 0));
    let eui = page.slice(120, 8).filter(|id| id.iter().any(|byte| *byte != 0));
    Ok(Namespace {
        blocks: page.le64(0).unwrap_or_default(),
        capacity_blocks: page.le64(8).unwrap_or_default(),
        used_blocks: page.le64(16).unwrap_or_default(),
        // Less than 512 bytes is not allowed; 0 marks a format that is not there.
        block_bytes: (power >= 9).then(|| 1_u32.checked_shl(power)).flatten(),
        wwid: nguid.or(eui).map(|id| format!("eui.{}", hex(id))),
    })
}

/// Decodes the SMART / Health Information log (02h, figure 194).
pub fn health(page: &[u8]) -> Result<NvmeSmart, PageError> {
    let page = Bytes::of("NVMe log 02h", page, HEALTH_BYTES)?;
    let mut sensors: Vec<i64> = Vec::new();
    for sensor in 0..8 {
        sensors.extend(page.le16(200 + 2 * sensor).and_then(temperature_mc));
    }
    Ok(NvmeSmart {
        critical_warning: page.u8(0),
        temperature_mc: page.le16(1).and_then(temperature_mc),
        available_spare_percent: page.u8(3),
        available_spare_threshold_percent: page.u8(4),
        percentage_used: page.u8(5),
        data_units_read: page.le128(32),
        data_units_written: page.le128(48),
        host_reads: page.le128(64),
        host_writes: page.le128(80),
        controller_busy_minutes: page.le128(96),
        power_cycles: page.le128(112),
        power_on_hours: page.le128(128),
        unsafe_shutdowns: page.le128(144),
        media_errors: page.le128(160),
        error_log_entries: page.le128(176),
        warning_temperature_minutes: page.le32(192).map(u64::from),
        critical_temperature_minutes: page.le32(196).map(u64::from),
        temperature_sensors_mc: sensors,
        ..NvmeSmart::default()
    })
}

/// Decodes the Firmware Slot Information log (03h).
pub fn firmware_slots(page: &[u8]) -> Result<FirmwareSlots, PageError> {
    let page = Bytes::of("NVMe log 03h", page, 64)?;
    let info = page.u8(0).unwrap_or_default();
    Ok(FirmwareSlots {
        active: info & 7,
        next: (info >> 4) & 7,
        revisions: (1..=7).map(|slot| page.text(8 * slot, 8)).collect(),
    })
}

/// Decodes the Device Self-test log (06h, figure 200): results, latest first.
pub fn self_tests(page: &[u8]) -> Result<Vec<SelfTest>, PageError> {
    let page = Bytes::of("NVMe log 06h", page, 32)?;
    let mut tests = Vec::new();
    for entry in 0..20_usize {
        let at = 4 + 28 * entry;
        let (Some(status), Some(valid)) = (page.u8(at), page.u8(at + 2)) else { break };
        let result = status & 0x0f;
        // 0Fh marks an entry that was never written.
        if result == 0x0f {
            continue;
        }
        tests.push(SelfTest {
            kind: match status >> 4 {
                1 => "short".to_owned(),
                2 => "extended".to_owned(),
                0xe => "vendor".to_owned(),
                code => format!("reserved 0x{code:x}"),
            },
            status: result_words(result).to_owned(),
            passed: match result {
                0 => Some(true),
                5..=7 => Some(false),
                _ => None,
            },
            at_hours: page.le64(at + 4),
            failing_lba: (valid & 2 != 0).then(|| page.le64(at + 16)).flatten(),
        });
    }
    Ok(tests)
}

/// Returns what a self-test's result code means, in smartctl's words.
fn result_words(result: u8) -> &'static str {
    match result {
        0 => "Completed without error",
        1 => "Aborted: Self-test command",
        2 => "Aborted: Controller Reset",
        3 => "Aborted: Namespace removed",
        4 => "Aborted: Format NVM command",
        5 => "Fatal or unknown test error",
        6 => "Completed: unknown failed segment",
        7 => "Completed: failed segments",
        8 => "Aborted: unknown reason",
        9 => "Aborted: sanitize operation",
        _ => "Unknown result",
    }
}

/// Returns kelvin in milli-Celsius; 0 K means not reported.
///
/// The offset is 273 and not 273.15, as NVMe 1.4 and smartctl have it.
pub fn temperature_mc(kelvin: u16) -> Option<i64> {
    (kelvin != 0).then(|| (i64::from(kelvin) - 273) * 1000)
}

/// Returns what the bits of the critical warning mean.
pub fn critical_warnings(bits: u8) -> Vec<&'static str> {
    const WORDS: [&str; 8] = [
        "available spare is below its threshold",
        "temperature is above or below its threshold",
        "reliability is degraded by media or internal errors",
        "media is read-only",
        "volatile memory backup has failed",
        "persistent memory region is read-only or unreliable",
        "reserved warning bit 6 is set",
        "reserved warning bit 7 is set",
    ];
    (0..8).zip(WORDS).filter(|(bit, _)| bits & (1 << bit) != 0).map(|(_, words)| words).collect()
}
