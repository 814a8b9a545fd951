//! What `smartctl` wrote: `-j` documents and the text of `-a`, `-i` or `-x`.
//!
//! A file may hold one drive or several, one after the other or in a JSON
//! array. The exit status is a mask (smartctl(8), EXIT STATUS): bits 0 to 2 say
//! that data are missing, bit 3 that the drive is failing, the others are
//! history. A file tells of the drives it names and of no others, so its
//! section `disk` is never complete.

mod json;
mod json_logs;
mod text;
mod text_fields;
mod text_logs;

use super::{ImportError, digest};
use crate::model::{
    Controller, Disk, Finding, FindingClass, Inventory, Origin, Section, SectionState, Source,
    SourceKind, Volume,
};
use crate::smart::summary::summarise;
use crate::{health, placeholder};

/// Products that RAID firmware and drivers give to volumes.
const VOLUME_PRODUCTS: [&str; 5] =
    ["raid 0 volume", "raid 1 volume", "raid 5 volume", "raid 10 volume", "logical volume"];

/// What one run of smartctl told.
#[derive(Clone, Debug, Default, PartialEq)]
struct Report {
    /// Where in the file it stands: `$[1]`, `line 214`.
    place: String,
    /// The device as smartctl names it, `/dev/sda`.
    device: Option<String>,
    /// The drive; its origin is set when the inventory is made.
    disk: Disk,
    /// Whether anything but the device's name was told.
    described: bool,
    /// Why data are missing, where they are.
    missing: Vec<String>,
    /// Fields that could not be read, with their places.
    damage: Vec<(String, String)>,
}

/// Reads `bytes`, the content of the file `name`.
pub fn import(name: &str, bytes: &[u8]) -> Result<Inventory, ImportError> {
    let head = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    let reports = match head.first() {
        Some(b'{' | b'[') => json::read(name, head)?,
        Some(_) => text::read(name, &String::from_utf8_lossy(bytes))?,
        None => return Err(ImportError::new(name, "the file is empty")),
    };
    Ok(inventory(name, bytes, reports))
}

fn inventory(name: &str, bytes: &[u8], reports: Vec<Report>) -> Inventory {
    let mut inventory = Inventory::default();
    let digest = digest(bytes);
    let mut missing = Vec::new();
    for report in reports {
        let place = report.device.as_deref().unwrap_or(&report.place).to_owned();
        missing.extend(report.missing.iter().map(|reason| format!("{place}: {reason}")));
        if !report.described {
            continue;
        }
        let source = inventory.add_source(Source {
            kind: SourceKind::Import,
            locator: format!("import:{name}#{place}"),
            at: None,
            digest: Some(digest.clone()),
        });
        let mut disk = report.disk;
        disk.origin = Origin { source, ..disk.origin };
        for (at, what) in &report.damage {
            let path = format!("disk[{}]", inventory.disk.len());
            inventory.findings.push(damage(name, at, what, path));
        }
        if is_volume(&disk) {
            inventory.controller.push(controller_of(disk));
            continue;
        }
        summarise(&mut disk);
        disk.health = health::assess(&disk);
        inventory.disk.push(disk);
    }
    sections(&mut inventory, missing);
    inventory
}

/// Says how complete the sections are: a file tells of the drives it names.
fn sections(inventory: &mut Inventory, missing: Vec<String>) {
    let mut reasons = missing;
    let state = if inventory.disk.is_empty() && !reasons.is_empty() {
        SectionState::Failed
    } else {
        reasons.push("smartctl tells of the drives it was run on, not of all there are".to_owned());
        SectionState::Partial
    };
    if !inventory.controller.is_empty() {
        reasons.push("a RAID volume was read; the drives behind it are not in the file".to_owned());
        inventory.set_section(
            Section::Controller,
            SectionState::Partial,
            Some("only what a volume tells of its controller".to_owned()),
        );
    }
    inventory.set_section(Section::Disk, state, Some(reasons.join("; ")));
}

fn damage(file: &str, at: &str, what: &str, path: String) -> Finding {
    Finding {
        class: FindingClass::Damage,
        path,
        message: format!("`{file}`, {at}: {what}; the field is left out"),
        message_zh: format!("`{file}` 的 {at} 处无法解读，该字段略去（{what}）"),
        claims: Vec::new(),
    }
}

/// Says whether smartctl was run on a RAID volume: it answers like a disk.
fn is_volume(disk: &Disk) -> bool {
    let product = disk.model.as_deref().unwrap_or_default().to_ascii_lowercase();
    disk.protocol.as_deref() != Some("nvme")
        && VOLUME_PRODUCTS.iter().any(|known| product.starts_with(known))
}

fn controller_of(disk: Disk) -> Controller {
    Controller {
        kind: Some("raid".to_owned()),
        vendor: disk.vendor,
        volume: vec![Volume {
            name: disk.serial,
            device: disk.name,
            level: disk.model.as_deref().and_then(level_of),
            state: None,
            size_bytes: disk.size_bytes,
        }],
        origin: disk.origin,
        ..Controller::default()
    }
}

/// Returns `RAID1` from `Raid 1 Volume`.
fn level_of(product: &str) -> Option<String> {
    let digits: String = product.chars().filter(char::is_ascii_digit).collect();
    (!digits.is_empty()).then(|| format!("RAID{digits}"))
}

/// Puts `raw` into a field: cleaned, with the text as read kept in `origin`.
///
/// Published samples say `REDACTED` where a number stood, or cut it with `...`:
/// kept as values, two such drives would be one.
fn put_text(place: &mut Option<String>, origin: &mut Origin, field: &str, raw: &str) {
    let cleaned = placeholder::clean(raw);
    let hidden = raw.trim() == "REDACTED" || raw.trim_end().ends_with("...");
    let value = cleaned.value.filter(|_| !hidden);
    if value.as_deref() != Some(raw) && !raw.is_empty() {
        origin.raw.insert(field.to_owned(), raw.to_owned());
    }
    *place = value;
}

/// Splits a device type into what the drive sits behind and where:
/// `sat+megaraid,3` on `/dev/sda` is `megaraid,3` behind `megaraid (/dev/sda)`.
fn behind(device: &str, kind: &str) -> Option<(String, String)> {
    const CONTROLLERS: [&str; 10] = [
        "megaraid",
        "cciss",
        "3ware",
        "areca",
        "aacraid",
        "hpt",
        "sssraid",
        "cvp",
        "jmb39x",
        "sntasmedia",
    ];
    let found = kind
        .split('+')
        .find(|part| CONTROLLERS.iter().any(|known| part.split(',').next() == Some(known)))?;
    if !found.contains(',') {
        return None;
    }
    let controller = found.split(',').next().unwrap_or(found);
    Some((found.to_owned(), format!("{controller} ({device})")))
}

/// Returns a drive's name from the path that smartctl was given: `sda` from
/// `/dev/sda`. A path below `/dev/bus` names a controller.
fn kernel_name(device: &str) -> Option<&str> {
    let name = device.strip_prefix("/dev/")?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

#[cfg(test)]
mod tests;
