//! When two values of one field are a disagreement, and when only a spelling,
//! a rounding, or two moments in time.

use serde_json::Value;

use super::locator::folded;
use crate::brand::brand_of;
use crate::model::{FindingClass, Section};

/// Fields that change while the machine runs, or that say what they say in one
/// program's own words: they may differ.
const MAY_DIFFER: [&str; 46] = [
    "advertised_modes",
    "associativity",
    "behind",
    "brand",
    "chip",
    "critical",
    "current_ma",
    "device",
    "duplex",
    "edac",
    "errors",
    "family",
    "fabric",
    "hostname",
    "id",
    "kernel",
    "length",
    "link",
    "link.speed_mts",
    "link.width",
    "location",
    "locator",
    "mac",
    "master",
    "media",
    "module",
    "mtu_bytes",
    "name",
    "online_bytes",
    "operstate",
    "os",
    "power_on_s",
    "rpm",
    "smart",
    "smt",
    "speed_bps",
    "state",
    "subsystem",
    "supported_bps",
    "supported_modes",
    "temperature_mc",
    "threads_online",
    "usable_bytes",
    "voltage_mv",
    "wake_on",
    "wear_ratio_ppm",
];

/// Says whether `one` and `other` of `field` contradict each other.
pub(super) fn disagree(section: Section, field: &str, one: &Value, other: &Value) -> bool {
    if one == other || may_differ(section, field) {
        return false;
    }
    match (field, one, other) {
        ("uuid", Value::String(one), Value::String(other)) => !same_uuid(one, other),
        // Makers are spelled by everyone as they like; brands are known.
        ("manufacturer" | "vendor", Value::String(one), Value::String(other)) => {
            match (brand_of(one), brand_of(other)) {
                (Some(one), Some(other)) => one.id != other.id,
                _ => false,
            }
        }
        // Only the drive's verdict counts; reasons are worded freely.
        ("health", one, other) => match (one.get("passed"), other.get("passed")) {
            (Some(Value::Bool(one)), Some(Value::Bool(other))) => one != other,
            _ => false,
        },
        // Firmware of Arm machines puts the number alone where lshw adds a name.
        ("part_number", Value::String(_), Value::String(_)) if section == Section::Cpu => false,
        (_, Value::String(one), Value::String(other)) => !same_text(field, one, other),
        (_, Value::Number(one), Value::Number(other)) => {
            !same_number(section, field, one.as_u64(), other.as_u64())
        }
        (_, Value::Bool(one), Value::Bool(other)) => one != other,
        // Lists and objects have no one meaning for “different”.
        _ => false,
    }
}

fn may_differ(section: Section, field: &str) -> bool {
    let volatile_section = matches!(
        section,
        Section::Fan | Section::Sensor | Section::Lldp | Section::Plane | Section::PlaneSharing
    );
    // A drive's rotation is a fact; a fan's is not.
    let is_rotation = field == "rpm" && section == Section::Disk;
    volatile_section
        || field.starts_with("counters.")
        || (MAY_DIFFER.binary_search(&field).is_ok() && !is_rotation)
}

/// Returns the class of a disagreement over `field`.
pub(super) fn class(field: &str) -> FindingClass {
    match field {
        "serial" | "uuid" | "part_number" | "wwid" | "wwpn" | "wwnn" | "permanent_mac"
        | "asset_tag" | "sku" => FindingClass::Identity,
        _ => FindingClass::Value,
    }
}

/// Texts are the same where letters and digits are, or where one is cut short
/// or has more around it: SCSI cuts models at 16 bytes and revisions at 4,
/// programs add the maker's name.
fn same_text(field: &str, one: &str, other: &str) -> bool {
    let (one, other) = (normal(field, one), normal(field, other));
    if one == other {
        return true;
    }
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let least = match field {
        "serial" | "wwid" => 6,
        "model" | "part_number" | "product" | "firmware" | "version" | "memory_type" => 4,
        _ => return false,
    };
    short.len() >= least && long.contains(&short)
}

fn normal(field: &str, text: &str) -> String {
    let text = match field {
        // Some firmware gives the bytes of the name in hex.
        "part_number" | "serial" => spelled_in_hex(text).unwrap_or_else(|| text.to_owned()),
        // Marks that the kernel drops and the firmware prints.
        "model" => {
            let lower = text.to_lowercase();
            ["(r)", "(tm)", "®", "™", "cpu", "processor"]
                .iter()
                .fold(lower, |text, mark| text.replace(mark, " "))
        }
        "wwid" => {
            let lower = text.to_lowercase();
            let bare = ["naa.", "eui.", "wwn-0x", "wwn-", "0x"]
                .iter()
                .fold(lower.as_str(), |text, mark| text.strip_prefix(mark).unwrap_or(text));
            bare.to_owned()
        }
        "microcode" => text.trim_start_matches("0x").trim_start_matches('0').to_owned(),
        _ => text.to_owned(),
    };
    folded(&text)
}

/// Returns the text that `0x4142…` spells, where all of it can be printed.
fn spelled_in_hex(text: &str) -> Option<String> {
    let digits = text.strip_prefix("0x").filter(|digits| digits.len() >= 8)?;
    let bytes = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at.checked_add(2)?)?, 16).ok())
        .collect::<Option<Vec<u8>>>()?;
    String::from_utf8(bytes).ok().filter(|text| !text.chars().any(char::is_control))
}

/// Numbers are the same within what units round away.
fn same_number(section: Section, field: &str, one: Option<u64>, other: Option<u64>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return false };
    let allowed = match (section, field) {
        // RAID programs print three digits, and controllers round to stripes;
        // 2095 MHz is sold as 2.10 GHz.
        (Section::Disk | Section::Controller, "size_bytes")
        | (_, "frequency_hz.nominal" | "frequency_hz.current" | "frequency_hz.max_claimed") => {
            one.max(other) / 100
        }
        // 2666 and 2667 are one speed, and so are 1333 and 1334.
        (_, "speed_mts" | "configured_speed_mts") => 2,
        _ => 0,
    };
    one.abs_diff(other) <= allowed
}

/// UUIDs are the same in either byte order: before SMBIOS 2.6 nobody said which
/// of them the first three fields have.
pub(super) fn same_uuid(one: &str, other: &str) -> bool {
    let (one, other) = (hex_digits(one), hex_digits(other));
    one == other || swapped(&one).is_some_and(|swapped| swapped == other)
}

fn hex_digits(uuid: &str) -> String {
    uuid.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect()
}

fn swapped(digits: &str) -> Option<String> {
    let pairs: Vec<&str> =
        (0..16).map(|at| digits.get(at * 2..at * 2 + 2)).collect::<Option<_>>()?;
    let order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
    (digits.len() == 32).then(|| order.iter().filter_map(|at| pairs.get(*at).copied()).collect())
}
