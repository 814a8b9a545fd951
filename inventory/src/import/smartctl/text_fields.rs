//! Lines `key: value` of smartctl's text.

use crate::model::{Disk, DiskHealth, NvmeSmart, ScsiSmart};

/// What the lines said that needs other lines to be understood.
#[derive(Debug, Default)]
pub(super) struct Fields {
    passed: Option<bool>,
    user_bytes: Option<u64>,
    namespace_bytes: Option<u64>,
    namespaces: Option<u64>,
    total_bytes: Option<u64>,
    block_bytes: Option<u64>,
    physical_block_bytes: Option<u64>,
    rotation: Option<u64>,
    wwid: Option<String>,
    temperature_c: Option<i64>,
    trip_c: Option<i64>,
    power_on_s: Option<u64>,
    is: Option<Protocol>,
    sata: bool,
    sas: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    Ata,
    Nvme,
    Scsi,
}

/// Splits a line of the first column into key and value.
pub(super) fn field(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(|first: char| first.is_whitespace() || first == '-') {
        return None;
    }
    if let Some(value) = line.strip_prefix("Accumulated power on time, hours:minutes") {
        return Some(("Accumulated power on time", value.trim()));
    }
    if let Some(value) = line.strip_prefix("number of hours powered up =") {
        return Some(("number of hours powered up", value.trim()));
    }
    let (key, value) = line.split_once(':')?;
    Some((key.trim_end(), value.trim()))
}

/// Returns the number that `text` begins with, without the thousands separators
/// of whatever locale wrote it.
pub(super) fn grouped(text: &str) -> Option<u64> {
    let mut value = None::<u64>;
    for letter in text.trim_start().chars() {
        match letter.to_digit(10) {
            Some(digit) => {
                let held = value.unwrap_or(0);
                value = Some(held.checked_mul(10)?.checked_add(u64::from(digit))?);
            }
            None if value.is_some() && is_separator(letter) => {}
            None => break,
        }
    }
    value
}

fn is_separator(letter: char) -> bool {
    // Space, no-break space, thin and narrow no-break space; U+FFFD is what an
    // 8-bit locale's no-break space became.
    matches!(
        letter,
        ',' | '.' | '\'' | '\u{2019}' | ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\u{fffd}'
    )
}

/// Returns a whole number of degrees or percent.
fn signed(text: &str) -> Option<i64> {
    let text = text.trim_start();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let value = crate::smart::summary::leading_number(digits)?;
    let value = i64::try_from(value).ok()?;
    Some(if digits.len() < text.len() { -value } else { value })
}

fn keep<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let read = value.is_some();
    if place.is_none() {
        *place = value;
    }
    read
}

/// Reads a counter; `-` stands for one that the drive does not have.
fn count(place: &mut Option<u64>, value: &str) -> bool {
    value == "-" || keep(place, grouped(value))
}

/// Reads a percentage or flag byte.
fn byte(place: &mut Option<u8>, value: &str) -> bool {
    let number = crate::smart::summary::leading_number(value);
    value == "-" || keep(place, number.and_then(|number| u8::try_from(number).ok()))
}

/// Reads degrees Celsius.
fn degrees(place: &mut Option<i64>, value: &str) -> bool {
    if value == "-" || value.starts_with('<') {
        return true;
    }
    keep(place, signed(value).and_then(|degrees| degrees.checked_mul(1000)))
}

impl Fields {
    /// Takes a line of any protocol; `false` means that its number is none.
    pub(super) fn take(&mut self, key: &str, value: &str) -> bool {
        match key {
            "SMART overall-health self-assessment test result" => {
                keep(&mut self.passed, ata_verdict(value));
            }
            "SMART Health Status" => {
                keep(&mut self.passed, Some(value.starts_with("OK")));
                keep(&mut self.is, Some(Protocol::Scsi));
            }
            "Device Model" | "ATA Version is" => {
                keep(&mut self.is, Some(Protocol::Ata));
            }
            "Model Number" | "NVMe Version" => {
                keep(&mut self.is, Some(Protocol::Nvme));
            }
            "Vendor" | "Product" => {
                keep(&mut self.is, Some(Protocol::Scsi));
            }
            "SATA Version is" => self.sata = true,
            "Transport protocol" => self.sas = value.starts_with("SAS"),
            "User Capacity" => return keep(&mut self.user_bytes, grouped(value)),
            "Namespace 1 Size/Capacity" | "Namespace 1 Size" => {
                return keep(&mut self.namespace_bytes, grouped(value));
            }
            "Total NVM Capacity" => return keep(&mut self.total_bytes, grouped(value)),
            "Number of Namespaces" => return keep(&mut self.namespaces, grouped(value)),
            "Sector Size" | "Sector Sizes" => return self.sectors(value),
            "Logical block size" | "Namespace 1 Formatted LBA Size" => {
                return keep(&mut self.block_bytes, grouped(value));
            }
            "Physical block size" => {
                return keep(&mut self.physical_block_bytes, grouped(value));
            }
            "Rotation Rate" => return self.rotation(value),
            "LU WWN Device Id" => self.wwn(value),
            "Logical Unit id" => {
                keep(&mut self.wwid, value.strip_prefix("0x").map(|id| format!("naa.{id}")));
            }
            "Namespace 1 IEEE EUI-64" => self.eui(value),
            "Current Temperature" | "Current Drive Temperature" => {
                keep(&mut self.temperature_c, signed(value));
            }
            "Drive Trip Temperature" => {
                keep(&mut self.trip_c, signed(value));
            }
            "Accumulated power on time" => return keep(&mut self.power_on_s, clock(value)),
            "number of hours powered up" => {
                let hours = super::json_logs::gigabytes(value);
                keep(&mut self.power_on_s, hours.map(|nano| nano / 1_000_000 * 3600 / 1000));
            }
            _ => {}
        }
        true
    }

    /// Takes a line of the NVMe health log.
    pub(super) fn nvme(&self, smart: &mut NvmeSmart, key: &str, value: &str) -> bool {
        if self.is != Some(Protocol::Nvme) {
            return true;
        }
        match key {
            "Critical Warning" => byte(&mut smart.critical_warning, value),
            "Temperature" => degrees(&mut smart.temperature_mc, value),
            "Available Spare" => byte(&mut smart.available_spare_percent, value),
            "Available Spare Threshold" => {
                byte(&mut smart.available_spare_threshold_percent, value)
            }
            "Percentage Used" => byte(&mut smart.percentage_used, value),
            "Data Units Read" => count(&mut smart.data_units_read, value),
            "Data Units Written" => count(&mut smart.data_units_written, value),
            "Host Read Commands" => count(&mut smart.host_reads, value),
            "Host Write Commands" => count(&mut smart.host_writes, value),
            "Controller Busy Time" => count(&mut smart.controller_busy_minutes, value),
            "Power Cycles" => count(&mut smart.power_cycles, value),
            "Power On Hours" => count(&mut smart.power_on_hours, value),
            "Unsafe Shutdowns" => count(&mut smart.unsafe_shutdowns, value),
            "Media and Data Integrity Errors" => count(&mut smart.media_errors, value),
            "Error Information Log Entries" => count(&mut smart.error_log_entries, value),
            "Warning  Comp. Temperature Time" => {
                count(&mut smart.warning_temperature_minutes, value)
            }
            "Critical Comp. Temperature Time" => {
                count(&mut smart.critical_temperature_minutes, value)
            }
            _ if key.starts_with("Temperature Sensor ") => {
                let mut sensor = None;
                let read = degrees(&mut sensor, value);
                smart.temperature_sensors_mc.extend(sensor.filter(|_| {
                    // A run has at most eight; a forged text may have any number.
                    smart.temperature_sensors_mc.len() < 8
                }));
                read
            }
            _ => true,
        }
    }

    /// Takes a line of SCSI log pages.
    pub(super) fn scsi(&self, smart: &mut ScsiSmart, key: &str, value: &str) -> bool {
        if self.is != Some(Protocol::Scsi) {
            return true;
        }
        match key {
            "Elements in grown defect list" => count(&mut smart.grown_defects, value),
            "Non-medium error count" => count(&mut smart.non_medium_errors, value),
            "Accumulated start-stop cycles" => count(&mut smart.start_stop_cycles, value),
            "Accumulated load-unload cycles" => count(&mut smart.load_unload_cycles, value),
            "Percentage used endurance indicator" | "SS Media used endurance indicator" => {
                count(&mut smart.percentage_used, value)
            }
            "SMART Health Status" => {
                smart.exception_asc = sense(value, "asc=");
                smart.exception_ascq = sense(value, "ascq=");
                true
            }
            _ => true,
        }
    }

    /// Puts what was gathered into `disk` and returns its world-wide id as read.
    pub(super) fn apply(self, disk: &mut Disk) -> Option<String> {
        disk.protocol = match self.is {
            Some(Protocol::Ata) if self.sata => Some("sata"),
            Some(Protocol::Ata) => Some("ata"),
            Some(Protocol::Nvme) => Some("nvme"),
            Some(Protocol::Scsi) if self.sas => Some("sas"),
            Some(Protocol::Scsi) => Some("scsi"),
            None => None,
        }
        .map(str::to_owned);
        let single = self.namespaces.is_none_or(|count| count == 1);
        disk.size_bytes = self
            .user_bytes
            .or(self.namespace_bytes.filter(|_| single))
            .or(self.total_bytes)
            .or(self.namespace_bytes)
            .filter(|bytes| *bytes != 0);
        let narrow = |bytes: Option<u64>| bytes.and_then(|bytes| u32::try_from(bytes).ok());
        disk.block_bytes = narrow(self.block_bytes);
        disk.physical_block_bytes = narrow(self.physical_block_bytes);
        match (self.rotation, self.is) {
            (Some(0), _) | (None, Some(Protocol::Nvme)) => disk.kind = Some("ssd".to_owned()),
            (Some(rpm), _) => {
                disk.kind = Some("hdd".to_owned());
                disk.rpm = u32::try_from(rpm).ok();
            }
            (None, _) => {}
        }
        // A SCSI drive without a sensor reads 0 with a trip point of 0.
        let none = self.temperature_c == Some(0) && self.trip_c == Some(0);
        disk.temperature_mc =
            self.temperature_c.filter(|_| !none).and_then(|degrees| degrees.checked_mul(1000));
        disk.power_on_s = self.power_on_s;
        disk.health =
            self.passed.map(|passed| DiskHealth { passed: Some(passed), ..DiskHealth::default() });
        self.wwid
    }

    /// Reads `512 bytes logical, 4096 bytes physical` or `512 bytes logical/physical`.
    fn sectors(&mut self, value: &str) -> bool {
        let (logical, physical) = value.split_once(", ").unwrap_or((value, value));
        keep(&mut self.block_bytes, grouped(logical))
            && keep(&mut self.physical_block_bytes, grouped(physical))
    }

    /// Reads `7200 rpm` or `Solid State Device`, which counts as 0.
    fn rotation(&mut self, value: &str) -> bool {
        if value.starts_with("Solid State") {
            return keep(&mut self.rotation, Some(0));
        }
        // Other words stand for codes that smartctl does not know.
        if value.ends_with("rpm") {
            return keep(&mut self.rotation, grouped(value));
        }
        true
    }

    /// Reads `5 00a075 123456789`; published samples end in `...`.
    fn wwn(&mut self, value: &str) {
        let parts: Vec<&str> = value.split(' ').collect();
        let whole = match parts.as_slice() {
            [naa, oui, id] if *id != "..." => format!("naa.{naa}{oui}{id}"),
            _ => value.to_owned(),
        };
        keep(&mut self.wwid, Some(whole));
    }

    /// Reads `002538 b971a0c5d6`.
    fn eui(&mut self, value: &str) {
        let whole = match value.split_once(' ') {
            Some((oui, id)) if id != "..." => format!("eui.{oui}{id}"),
            _ => value.to_owned(),
        };
        keep(&mut self.wwid, Some(whole));
    }
}

/// Returns the verdict of the line; `UNKNOWN!` and others are none.
fn ata_verdict(value: &str) -> Option<bool> {
    if value.starts_with("PASSED") {
        Some(true)
    } else if value.starts_with("FAILED") {
        Some(false)
    } else {
        None
    }
}

/// Returns seconds from `30462:42`, hours and minutes.
fn clock(value: &str) -> Option<u64> {
    let (hours, minutes) = value.split_once(':')?;
    let minutes = crate::smart::summary::leading_number(minutes)?;
    grouped(hours)?.checked_mul(3600)?.checked_add(minutes.checked_mul(60)?)
}

/// Returns the hexadecimal number after `key` in `[asc=5d, ascq=10]`.
fn sense(value: &str, key: &str) -> Option<u8> {
    let start = value.find(&format!("[{key}")).or_else(|| value.find(&format!(" {key}")))?;
    let rest = value.get(start.checked_add(key.len())?.checked_add(1)?..)?;
    let end = rest.find(|letter: char| !letter.is_ascii_hexdigit()).unwrap_or(rest.len());
    u8::from_str_radix(rest.get(..end)?, 16).ok()
}
