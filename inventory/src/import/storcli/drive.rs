//! Physical drives.

use super::{size, text};
use crate::import::document::Node;
use crate::model::{Disk, DiskHealth, Origin, SourceId};

/// Where a drive sits: enclosure, where there is one, and slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Slot {
    enclosure: Option<u64>,
    slot: u64,
}

impl Slot {
    /// Reads `252:0`, and ` :0` of a drive without enclosure.
    pub(super) fn of_row(text: &str) -> Option<Self> {
        let (enclosure, slot) = text.split_once(':')?;
        let enclosure = match enclosure.trim() {
            "" => None,
            number => Some(number.parse().ok()?),
        };
        Some(Self { enclosure, slot: slot.trim().parse().ok()? })
    }

    /// Reads `Drive /c0/e252/s0` and `Drive /c0/s0`.
    pub(super) fn of_path(text: &str) -> Option<Self> {
        let path = text.strip_prefix("Drive ")?.trim();
        let mut parts = path.split('/').skip(1);
        parts.next()?.strip_prefix('c')?;
        let next = parts.next()?;
        let (enclosure, slot) = match next.strip_prefix('e') {
            Some(enclosure) => (Some(enclosure.parse().ok()?), parts.next()?),
            None => (None, next),
        };
        let slot = slot.strip_prefix('s')?.parse().ok()?;
        parts.next().is_none().then_some(Self { enclosure, slot })
    }

    fn locator(self) -> String {
        let enclosure = self.enclosure.map(|number| number.to_string()).unwrap_or_default();
        format!("{enclosure}:{}", self.slot)
    }
}

/// What rows and details told of a drive.
#[derive(Debug, Default)]
pub(super) struct Drive {
    disk: Disk,
    state: Option<String>,
    coerced: Option<String>,
    raw_size: Option<String>,
    raw: Vec<(&'static str, String)>,
}

impl Drive {
    /// Takes a row of a table of drives.
    pub(super) fn row(&mut self, row: &Node<'_>) {
        let disk = &mut self.disk;
        disk.protocol = text(&row.get("Intf")).map(|word| word.to_ascii_lowercase());
        disk.kind = text(&row.get("Med")).and_then(|word| match word.as_str() {
            "SSD" => Some("ssd".to_owned()),
            "HDD" => Some("hdd".to_owned()),
            _ => None,
        });
        if disk.model.is_none() {
            disk.model = text(&row.get("Model"));
        }
        if let Some(size) = text(&row.get("SeSz")).and_then(|size| sector(&size)) {
            disk.block_bytes = Some(size);
        }
        self.state = text(&row.get("State"));
        self.coerced = text(&row.get("Size")).or(self.coerced.take());
    }

    /// Takes `Drive … - Detailed Information`.
    pub(super) fn detail(&mut self, detail: &Node<'_>) {
        for key in detail.keys() {
            let member = detail.get(key);
            if key.ends_with(" State") {
                self.condition(&member);
            } else if key.ends_with(" Device attributes") {
                self.attributes(&member);
            }
        }
    }

    fn condition(&mut self, state: &Node<'_>) {
        let count = |key: &str| {
            let text = text(&state.get(key))?;
            text.parse::<u64>().ok()
        };
        let health = self.disk.health.get_or_insert_with(DiskHealth::default);
        match text(&state.get("S.M.A.R.T alert flagged by drive")).as_deref() {
            Some("No") => health.passed = Some(true),
            Some("Yes") => {
                health.passed = Some(false);
                health.reasons.push("the drive raised a S.M.A.R.T. alert".to_owned());
            }
            _ => {}
        }
        if let Some(count) = count("Predictive Failure Count").filter(|count| *count > 0) {
            health.reasons.push(format!("the controller counted {count} predicted failures"));
        }
        for (key, words) in [("Media Error Count", "media"), ("Other Error Count", "other")] {
            if let Some(count) = count(key).filter(|count| *count > 0) {
                health.notes.push(format!("the controller counted {count} {words} errors"));
            }
        }
        // ` 29C (84.20 F)`
        let degrees = text(&state.get("Drive Temperature"));
        let degrees =
            degrees.as_deref().and_then(|text| text.split_once('C')?.0.trim().parse().ok());
        self.disk.temperature_mc = degrees
            .filter(|degrees: &i64| *degrees != 0)
            .and_then(|degrees| degrees.checked_mul(1000));
    }

    fn attributes(&mut self, attributes: &Node<'_>) {
        let disk = &mut self.disk;
        let raw = &mut self.raw;
        let mut put = |place: &mut Option<String>, field: &'static str, key: &str| {
            let node = attributes.get(key);
            let value = text(&node);
            if let Some(read) = node.text().filter(|read| value.as_deref() != Some(*read)) {
                raw.push((field, read.to_owned()));
            }
            if value.is_some() {
                *place = value;
            }
        };
        put(&mut disk.serial, "serial", "SN");
        put(&mut disk.model, "model", "Model Number");
        put(&mut disk.firmware, "firmware", "Firmware Revision");
        let mut vendor = None;
        put(&mut vendor, "vendor", "Manufacturer Id");
        // For SATA drives the translation layer's word stands there.
        disk.vendor = vendor.filter(|vendor| vendor != "ATA");
        disk.wwid = text(&attributes.get("WWN")).and_then(|wwn| {
            let named = wwn.len() == 16 && wwn.chars().all(|digit| digit.is_ascii_hexdigit());
            named.then(|| format!("naa.{}", wwn.to_ascii_lowercase()))
        });
        let bytes = |key: &str| text(&attributes.get(key)).and_then(|size| sector(&size));
        disk.block_bytes = bytes("Logical Sector Size").or(disk.block_bytes);
        disk.physical_block_bytes = bytes("Physical Sector Size");
        self.raw_size = text(&attributes.get("Raw size"));
    }

    /// Returns the drive in `slot`.
    pub(super) fn into_disk(self, slot: Slot, source: SourceId) -> Disk {
        let mut disk = self.disk;
        disk.locator = Some(slot.locator());
        disk.origin = Origin::of(source);
        disk.origin.raw.extend(self.raw.into_iter().map(|(field, raw)| (field.to_owned(), raw)));
        let exact = self.raw_size.as_deref().and_then(|text| size::raw(text, disk.block_bytes));
        let coerced = self.coerced.as_deref().and_then(size::binary);
        disk.size_bytes = exact.or_else(|| {
            let (bytes, slack) = coerced?;
            size::sold(bytes, slack)
        });
        if exact.is_none()
            && let Some(text) = self.coerced
        {
            disk.origin.raw.insert("size_bytes".to_owned(), format!("{text} (coerced)"));
        }
        if let Some(words) = self.state.as_deref().and_then(state_words) {
            disk.health.get_or_insert_with(DiskHealth::default).reasons.push(words.to_owned());
        }
        disk
    }
}

/// Returns what speaks against a drive in that state, in storcli's abbreviations.
fn state_words(state: &str) -> Option<&'static str> {
    match state {
        "UBad" | "UBUnsp" => Some("the controller holds the drive for bad (UBad)"),
        "Offln" => Some("the controller took the drive offline (Offln)"),
        "Failed" | "Fld" => Some("the controller holds the drive for failed (Failed)"),
        "Msng" => Some("the drive is missing (Msng)"),
        _ => None,
    }
}

/// Returns bytes from `512B`, `4 KB`, `4096B`.
fn sector(text: &str) -> Option<u32> {
    let compact: String = text.chars().filter(|letter| !letter.is_whitespace()).collect();
    let number = compact.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit = compact.get(number.len()..)?;
    let bytes: u32 = number.parse().ok()?;
    match unit {
        "B" => Some(bytes),
        "KB" | "K" => bytes.checked_mul(1024),
        _ => None,
    }
    .filter(|bytes| (512..=65_536).contains(bytes))
}
