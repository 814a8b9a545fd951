//! Partition tables: MBR and GPT (UEFI 2.10 §5), and what they say lies where.

use super::window::Window;
use super::{Format, Signature};

/// Most entries of a table that are kept; the standard table has 128.
const MOST: u32 = 256;

/// A partition, as the table has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub number: u32,
    /// Where it starts.
    pub start_bytes: u64,
    /// How long it is.
    pub size_bytes: u64,
    /// Its name (GPT) or type (MBR).
    pub name: Option<String>,
}

/// Returns the marks of partition tables, and the partitions of the first that has some.
pub(super) fn tables(window: Window<'_>) -> (Vec<Signature>, Vec<Entry>) {
    let mut signatures = Vec::new();
    let mut entries = Vec::new();
    for block in [512, 4096] {
        let last = window.from_end(block);
        for (at, which) in [(Some(block), None), (last, Some("backup"))] {
            let Some(at) = at.filter(|at| window.has(*at, b"EFI PART")) else { continue };
            signatures.push(Signature {
                format: Format::Gpt,
                offset_bytes: at,
                version: which.map(str::to_owned),
                label: None,
                uuid: window.guid(at.saturating_add(56)),
            });
            if entries.is_empty() {
                entries = gpt(window, at, block).unwrap_or_default();
            }
        }
    }
    if let Some((mbr, primary)) = mbr(window) {
        signatures.push(mbr);
        if entries.is_empty() {
            entries = primary;
        }
    }
    (signatures, entries)
}

/// Returns the used entries of the GPT whose header is at `at`.
fn gpt(window: Window<'_>, at: u64, block: u64) -> Option<Vec<Entry>> {
    let table = window.le64(at.checked_add(72)?)?.checked_mul(block)?;
    let count = window.le32(at.checked_add(80)?)?.min(MOST);
    let width = u64::from(window.le32(at.checked_add(84)?)?);
    let entry = |index: u32| {
        let at = table.checked_add(u64::from(index).checked_mul(width)?)?;
        let used = window.at(at, 16)?.iter().any(|byte| *byte != 0);
        let first = window.le64(at.checked_add(32)?)?;
        let last = window.le64(at.checked_add(40)?)?;
        let blocks = last.checked_sub(first)?.checked_add(1)?;
        Some(Entry {
            number: index.checked_add(1)?,
            start_bytes: first.checked_mul(block)?,
            size_bytes: blocks.checked_mul(block)?,
            name: window.text16(at.checked_add(56)?, 72),
        })
        .filter(|_| used)
    };
    Some((0..count).filter_map(entry).collect())
}

/// Returns the mark of an MBR and its primary partitions.
///
/// `55 AA` alone also ends the boot sector of a filesystem: a table is one whose four
/// entries are all possible and not all empty, or what starts with code and is no
/// filesystem's boot sector (those have their own marks).
fn mbr(window: Window<'_>) -> Option<(Signature, Vec<Entry>)> {
    if !window.has(510, b"\x55\xaa") {
        return None;
    }
    let mut entries = Vec::new();
    let mut possible = true;
    for (number, at) in [(1_u32, 446_u64), (2, 462), (3, 478), (4, 494)] {
        let (flag, kind) = (window.byte(at)?, window.byte(at + 4)?);
        let (first, sectors) = (window.le32(at + 8)?, window.le32(at + 12)?);
        possible &= matches!(flag, 0 | 0x80);
        if kind != 0 && sectors != 0 {
            entries.push(Entry {
                number,
                start_bytes: u64::from(first) * 512,
                size_bytes: u64::from(sectors) * 512,
                name: Some(format!("type {kind:02x}")),
            });
        }
    }
    let boot_sector = [&b"NTFS    "[..], b"EXFAT   ", b"-FVE-FS-"];
    let filesystem = boot_sector.iter().any(|mark| window.has(3, mark))
        || window.has(54, b"FAT")
        || window.has(82, b"FAT32");
    let version = match (possible, entries.is_empty(), filesystem) {
        (true, false, _) => {
            let protective = entries.iter().all(|entry| entry.name.as_deref() == Some("type ee"));
            protective.then(|| "protective".to_owned())
        }
        (_, _, true) => return None,
        (true, true, false) => Some("empty".to_owned()),
        (false, _, false) => Some("boot sector".to_owned()),
    };
    if !possible || version.as_deref() == Some("protective") {
        // What it covers is the GPT's to tell, or is no table.
        entries.clear();
    }
    let id = window.le32(440).filter(|id| *id != 0).map(|id| format!("{id:08x}"));
    let mark = Signature { format: Format::Mbr, offset_bytes: 510, version, label: None, uuid: id };
    Some((mark, entries))
}
