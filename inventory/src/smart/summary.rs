//! Facts common to all protocols, from each protocol's own health data.
//!
//! Only what is still unknown is filled in: what a drive or tool said outright
//! stands.

use crate::model::{AtaAttribute, AtaSmart, Disk, DiskCounters, NvmeSmart, ScsiSmart, Smart};

use super::ata::low_word;

/// Bytes of an NVMe data unit (NVMe 1.4 figure 194).
const DATA_UNIT: u64 = 512_000;

/// Attributes whose normalised value falls from 100 to 0 as the drive wears.
///
/// An id means this only under the name that the drive database gives it, or
/// on models that begin so; on others the same id counts something else.
const WEAR: [(u8, &str, &[&str]); 4] = [
    (202, "Percent_Lifetime_Remain", &["Micron", "MTFD", "Crucial", "CT"]),
    (231, "SSD_Life_Left", &[]),
    (177, "", &["SAMSUNG", "Samsung"]),
    (233, "", &["INTEL", "SSDSC"]),
];

/// Attributes of known unit that count what hosts wrote (`true`) or read.
const TRAFFIC: [(&str, bool, u64); 10] = [
    ("Host_Writes_32MiB", true, 32 << 20),
    ("Host_Reads_32MiB", false, 32 << 20),
    ("Host_Writes_GiB", true, 1 << 30),
    ("Host_Reads_GiB", false, 1 << 30),
    ("Host_Writes_MiB", true, 1 << 20),
    ("Host_Reads_MiB", false, 1 << 20),
    ("Lifetime_Writes_GiB", true, 1 << 30),
    ("Lifetime_Reads_GiB", false, 1 << 30),
    ("Total_Writes_GiB", true, 1 << 30),
    ("Total_Reads_GiB", false, 1 << 30),
];

/// Fills the common fields of `disk` that are still unknown.
pub(crate) fn summarise(disk: &mut Disk) {
    let Some(smart) = disk.smart.clone() else { return };
    let Smart { ata, nvme, scsi } = smart;
    if let Some(nvme) = nvme {
        from_nvme(disk, &nvme);
    }
    if let Some(ata) = ata {
        from_ata(disk, &ata);
    }
    if let Some(scsi) = scsi {
        from_scsi(disk, &scsi);
    }
}

fn from_nvme(disk: &mut Disk, smart: &NvmeSmart) {
    let bytes = |units: Option<u64>| units.map(|units| units.saturating_mul(DATA_UNIT));
    fill(&mut disk.temperature_mc, smart.temperature_mc);
    fill(&mut disk.power_on_s, smart.power_on_hours.map(hours));
    fill(&mut disk.wear_ratio_ppm, smart.percentage_used.map(|used| u64::from(used) * 10_000));
    let counters = &mut disk.counters;
    fill(&mut counters.power_cycles, smart.power_cycles);
    fill(&mut counters.read_bytes, bytes(smart.data_units_read));
    fill(&mut counters.written_bytes, bytes(smart.data_units_written));
    fill(&mut counters.uncorrected, smart.media_errors);
    fill(&mut counters.unsafe_shutdowns, smart.unsafe_shutdowns);
}

fn from_scsi(disk: &mut Disk, smart: &ScsiSmart) {
    fill(&mut disk.wear_ratio_ppm, smart.percentage_used.map(|used| used.saturating_mul(10_000)));
    let bytes = |side: &str| smart.errors.get(side).and_then(|errors| errors.bytes_processed);
    let counters = &mut disk.counters;
    fill(&mut counters.read_bytes, bytes("read"));
    fill(&mut counters.written_bytes, bytes("write"));
    fill(&mut counters.reallocated, smart.grown_defects);
    let uncorrected = smart.errors.values().filter_map(|errors| errors.uncorrected);
    let uncorrected = uncorrected.reduce(u64::saturating_add);
    fill(&mut counters.uncorrected, uncorrected);
    let crc = smart.phy.iter().filter_map(|phy| phy.invalid_dwords).reduce(u64::saturating_add);
    fill(&mut counters.interface_crc, crc);
}

fn from_ata(disk: &mut Disk, smart: &AtaSmart) {
    let solid_state = disk.kind.as_deref() == Some("ssd");
    let statistic = |page, offset| {
        let value = smart.statistics.get(&super::ata::statistic_key(page, offset));
        value.and_then(|value| u64::try_from(*value).ok())
    };
    let find = |id: u8| smart.attributes.iter().find(|attribute| attribute.id == id);
    let raw = |id: u8| find(id).and_then(count);

    fill(&mut disk.power_on_s, find(9).and_then(power_on_s));
    fill(&mut disk.power_on_s, statistic(1, 0x010).map(hours));
    let degrees = [194, 190].into_iter().filter_map(find).find_map(degrees_mc);
    fill(&mut disk.temperature_mc, degrees);
    let measured = smart.statistics.get(&super::ata::statistic_key(5, 0x008));
    fill(&mut disk.temperature_mc, measured.map(|degrees| degrees.saturating_mul(1000)));
    if solid_state {
        // Some rotating drives fill this statistic too, with a meaning of their own.
        fill(&mut disk.wear_ratio_ppm, statistic(7, 0x008).map(|used| used * 10_000));
        let model = disk.model.as_deref().unwrap_or_default();
        fill(&mut disk.wear_ratio_ppm, wear_ppm(&smart.attributes, model));
    }

    let block = disk.block_bytes.map(u64::from);
    let sectors = |offset| statistic(1, offset)?.checked_mul(block?);
    let counters: &mut DiskCounters = &mut disk.counters;
    fill(&mut counters.power_cycles, raw(12).or_else(|| statistic(1, 0x008)));
    fill(&mut counters.written_bytes, sectors(0x018));
    fill(&mut counters.read_bytes, sectors(0x028));
    fill(&mut counters.written_bytes, traffic(&smart.attributes, true));
    fill(&mut counters.read_bytes, traffic(&smart.attributes, false));
    fill(&mut counters.reallocated, raw(5).or_else(|| statistic(3, 0x020)));
    fill(&mut counters.pending, raw(197));
    fill(&mut counters.uncorrected, raw(187).or_else(|| statistic(4, 0x008)));
    fill(&mut counters.interface_crc, raw(199).or_else(|| statistic(6, 0x018)));
    let named = |name: &str| {
        let found = smart.attributes.iter().find(|held| held.name.as_deref() == Some(name));
        found.and_then(count)
    };
    let unsafe_shutdowns = named("Unsafe_Shutdown_Count")
        .or_else(|| named("Unexpect_Power_Loss_Ct"))
        .or_else(|| named("Unexpected_Power_Loss"));
    fill(&mut counters.unsafe_shutdowns, unsafe_shutdowns);
}

fn fill<T>(place: &mut Option<T>, value: Option<T>) {
    if place.is_none() {
        *place = value;
    }
}

fn hours(hours: u64) -> u64 {
    hours.saturating_mul(3600)
}

/// Returns the count that a raw value holds: what a tool printed first, else by
/// the layout that the attribute usually has.
fn count(attribute: &AtaAttribute) -> Option<u64> {
    if let Some(text) = &attribute.raw_text {
        return leading_number(text);
    }
    let raw = attribute.raw?;
    Some(if matches!(attribute.id, 5 | 196) { low_word(raw) } else { raw })
}

/// Returns the number that a text begins with, decimal or `0x…`.
pub(crate) fn leading_number(text: &str) -> Option<u64> {
    let text = text.trim_start();
    if let Some(digits) = text.strip_prefix("0x") {
        let end = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        return u64::from_str_radix(digits.get(..end)?, 16).ok();
    }
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text.get(..end)?.parse().ok()
}

/// Returns seconds from attribute 9: hours, or `16350h+12m+10.1s`, or the unit
/// that its name states.
fn power_on_s(attribute: &AtaAttribute) -> Option<u64> {
    let name = attribute.name.as_deref().unwrap_or_default();
    let Some(text) = &attribute.raw_text else {
        // Three bytes of hours; Seagate keeps milliseconds above them.
        return Some(hours(attribute.raw? & 0x00ff_ffff));
    };
    let first = leading_number(text)?;
    if let Some((_, rest)) = text.split_once("h+") {
        return hours(first).checked_add(leading_number(rest)?.checked_mul(60)?);
    }
    let unit = match name {
        name if name.contains("Half_Minutes") => 30,
        name if name.contains("Minutes") => 60,
        name if name.contains("Seconds") => 1,
        _ => 3600,
    };
    first.checked_mul(unit)
}

/// Returns the temperature of attribute 194 or 190: its low byte, where that
/// can be a temperature.
fn degrees_mc(attribute: &AtaAttribute) -> Option<i64> {
    let degrees = match &attribute.raw_text {
        Some(text) => leading_number(text)?,
        None => attribute.raw? & 0xff,
    };
    i64::try_from(degrees).ok().filter(|degrees| (1..=127).contains(degrees)).map(|c| c * 1000)
}

fn wear_ppm(attributes: &[AtaAttribute], model: &str) -> Option<u64> {
    WEAR.iter().find_map(|(id, name, models)| {
        let attribute = attributes.iter().find(|attribute| attribute.id == *id)?;
        let named = !name.is_empty() && attribute.name.as_deref() == Some(name);
        if !named && !models.iter().any(|prefix| model.starts_with(prefix)) {
            return None;
        }
        let left = attribute.value.filter(|value| *value <= 100)?;
        Some(u64::from(100 - left) * 10_000)
    })
}

fn traffic(attributes: &[AtaAttribute], written: bool) -> Option<u64> {
    TRAFFIC.iter().filter(|(_, writes, _)| *writes == written).find_map(|(name, _, unit)| {
        let attribute =
            attributes.iter().find(|attribute| attribute.name.as_deref() == Some(name))?;
        count(attribute)?.checked_mul(*unit)
    })
}
