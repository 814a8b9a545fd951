//! Entry points and containers: where in a file the table lies (DSP0134 §5.2).

use super::walk::{Announced, Damage, Table, Version, walks};

/// Where `dmidecode --dump-bin` puts the table.
const DUMP_TABLE: usize = 0x20;
/// Anchors lie on paragraphs; further in than this, none is looked for.
const SEARCHED: usize = 0x10_0000;
/// Header of the block that Windows' `GetSystemFirmwareTable` returns.
const RSMB_HEADER: usize = 8;

/// Why a file is no SMBIOS table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SmbiosError {
    /// The file has no bytes.
    #[error("the SMBIOS table is empty")]
    Empty,
    /// Neither an entry point nor something that walks like a table.
    #[error("no SMBIOS entry point, and byte 0x0 begins no table")]
    NotATable,
    /// There is an entry point, but the file ends before the table.
    #[error("the `{anchor}` entry point at byte {offset:#x} has no table behind it")]
    #[expect(missing_docs, reason = "the message says what the fields hold")]
    NoTable { anchor: &'static str, offset: usize },
    /// There is a table, but not one structure of it can be read.
    #[error("the table has no readable structure")]
    NoStructure,
}

impl SmbiosError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        let text = match self {
            Self::Empty => {
                "reading /sys/firmware/dmi/tables/DMI needs root; `dmidecode --dump-bin FILE` \
                 writes a complete table"
            }
            Self::NotATable => {
                "give the output of `dmidecode --dump-bin FILE`, a copy of \
                 /sys/firmware/dmi/tables/DMI, or the RSMB block of Windows"
            }
            Self::NoTable { .. } | Self::NoStructure => {
                "the file is cut; write it anew with `dmidecode --dump-bin FILE`"
            }
        };
        Some(text.to_owned())
    }
}

/// Reads a table from one file: a dump with entry point, a bare table, or the
/// RSMB block of Windows.
pub fn parse(dump: &[u8]) -> Result<Table, SmbiosError> {
    if dump.is_empty() {
        return Err(SmbiosError::Empty);
    }
    if let Some(entry) = EntryPoint::read(dump) {
        return entry.table_in(dump, 0).and_then(not_empty);
    }
    if let Some((version, table)) = rsmb(dump) {
        let length = Some(table.announced);
        let announced = Announced { version: Some(version), length, count: None };
        return Ok(Table::walk(table.bytes, announced, Vec::new()));
    }
    if walks(dump) {
        return Ok(Table::walk(dump, Announced::default(), Vec::new()));
    }
    let (offset, entry) = find_entry(dump).ok_or(SmbiosError::NotATable)?;
    entry.table_in(dump, offset).and_then(not_empty)
}

/// A table without one structure is none.
fn not_empty(table: Table) -> Result<Table, SmbiosError> {
    if table.structures().len() == 0 { Err(SmbiosError::NoStructure) } else { Ok(table) }
}

/// Reads a table from the two files that Linux keeps: entry point and table.
pub fn parse_pair(entry: &[u8], table: &[u8]) -> Result<Table, SmbiosError> {
    if table.is_empty() {
        return Err(SmbiosError::Empty);
    }
    match EntryPoint::read(entry) {
        Some(point) => not_empty(Table::walk(table, point.announced, point.damage)),
        None if walks(table) => Ok(Table::walk(table, Announced::default(), Vec::new())),
        None => Err(SmbiosError::NotATable),
    }
}

/// An entry point of any of the three kinds.
struct EntryPoint {
    anchor: &'static str,
    announced: Announced,
    /// Where the firmware says the table is: mostly a physical address.
    address: u64,
    damage: Vec<Damage>,
}

impl EntryPoint {
    /// Reads the entry point that `bytes` begins with.
    fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.starts_with(b"_SM3_") {
            Self::read_64(bytes)
        } else if bytes.starts_with(b"_SM_") {
            Self::read_32(bytes)
        } else if bytes.starts_with(b"_DMI_") {
            Self::read_legacy(bytes)
        } else {
            None
        }
    }

    /// DSP0134 §5.2.2.
    fn read_64(bytes: &[u8]) -> Option<Self> {
        let length = u32::from_le_bytes(field(bytes, 0x0C)?);
        let version = Version { major: byte(bytes, 0x07)?, minor: byte(bytes, 0x08)? };
        Some(Self {
            anchor: "_SM3_",
            announced: Announced {
                version: Some(version),
                length: usize::try_from(length).ok().filter(|&length| length > 0),
                count: None,
            },
            address: u64::from_le_bytes(field(bytes, 0x10)?),
            damage: checksum("_SM3_", bytes, byte(bytes, 0x06)?),
        })
    }

    /// DSP0134 §5.2.1. Some 2.1 firmware gives its length as 1Eh; either is summed.
    fn read_32(bytes: &[u8]) -> Option<Self> {
        let length = u16::from_le_bytes(field(bytes, 0x16)?);
        let count = u16::from_le_bytes(field(bytes, 0x1C)?);
        let version = Version { major: byte(bytes, 0x06)?, minor: byte(bytes, 0x07)? };
        let mut damage = checksum("_SM_", bytes, byte(bytes, 0x05)?);
        if damage.is_empty() {
            damage = checksum("_DMI_", bytes.get(0x10..)?, 0x0F);
        }
        Some(Self {
            anchor: "_SM_",
            announced: Announced {
                version: Some(mended(version)),
                length: Some(usize::from(length)).filter(|&length| length > 0),
                count: Some(usize::from(count)).filter(|&count| count > 0),
            },
            address: u64::from(u32::from_le_bytes(field(bytes, 0x18)?)),
            damage,
        })
    }

    /// The entry point of SMBIOS 2.0: the inner half of the 32-bit one, alone.
    fn read_legacy(bytes: &[u8]) -> Option<Self> {
        let length = u16::from_le_bytes(field(bytes, 0x06)?);
        let count = u16::from_le_bytes(field(bytes, 0x0C)?);
        let revision = byte(bytes, 0x0E)?;
        Some(Self {
            anchor: "_DMI_",
            announced: Announced {
                version: Some(Version { major: revision >> 4, minor: revision & 0x0F }),
                length: Some(usize::from(length)).filter(|&length| length > 0),
                count: Some(usize::from(count)).filter(|&count| count > 0),
            },
            address: u64::from(u32::from_le_bytes(field(bytes, 0x08)?)),
            damage: checksum("_DMI_", bytes, 0x0F),
        })
    }

    /// Finds the table in `dump`, whose entry point is at `offset`.
    ///
    /// The address is only tried where the usual place holds no table: in dumps
    /// it is mostly the physical one.
    fn table_in(self, dump: &[u8], offset: usize) -> Result<Table, SmbiosError> {
        let usual = offset.checked_add(DUMP_TABLE).and_then(|at| dump.get(at..));
        let addressed = usize::try_from(self.address)
            .ok()
            .filter(|&at| at > 0)
            .and_then(|at| dump.get(at..))
            .filter(|table| walks(table));
        let table = match usual {
            Some(table) if walks(table) => table,
            Some(table) if offset == 0 && !table.is_empty() => addressed.unwrap_or(table),
            Some(_) | None => {
                addressed.ok_or(SmbiosError::NoTable { anchor: self.anchor, offset })?
            }
        };
        Ok(Table::walk(table, self.announced, self.damage))
    }
}

/// Finds an entry point inside an image of memory; the 64-bit one wins.
fn find_entry(dump: &[u8]) -> Option<(usize, EntryPoint)> {
    let searched = dump.get(..dump.len().min(SEARCHED))?;
    let mut found: Option<(usize, EntryPoint)> = None;
    for (paragraph, bytes) in searched.chunks(16).enumerate() {
        if !bytes.starts_with(b"_") {
            continue;
        }
        let offset = paragraph.saturating_mul(16);
        let Some(entry) = dump.get(offset..).and_then(EntryPoint::read) else { continue };
        if entry.anchor == "_SM3_" {
            return Some((offset, entry));
        }
        if found.is_none() {
            found = Some((offset, entry));
        }
    }
    found
}

struct Rsmb<'a> {
    announced: usize,
    bytes: &'a [u8],
}

/// Recognises `RawSMBIOSData`: calling method, major, minor, DMI revision, length.
fn rsmb(dump: &[u8]) -> Option<(Version, Rsmb<'_>)> {
    let version = Version { major: byte(dump, 1)?, minor: byte(dump, 2)? };
    let announced = usize::try_from(u32::from_le_bytes(field(dump, 4)?)).ok()?;
    let bytes = dump.get(RSMB_HEADER..)?;
    let plausible = matches!(version.major, 2 | 3) && announced > 0 && walks(bytes);
    plausible.then_some((mended(version), Rsmb { announced, bytes }))
}

/// Corrects versions that firmware wrote wrong and dmidecode knows: 2.31 and
/// 2.33 are 2.3, 2.51 is 2.6.
fn mended(version: Version) -> Version {
    match (version.major, version.minor) {
        (2, 31 | 33) => Version { major: 2, minor: 3 },
        (2, 51) => Version { major: 2, minor: 6 },
        _ => version,
    }
}

/// Returns the damage if the first `length` bytes do not add up to zero.
fn checksum(anchor: &'static str, bytes: &[u8], length: u8) -> Vec<Damage> {
    let sum = bytes
        .get(..usize::from(length))
        .map(|bytes| bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte)));
    if sum == Some(0) { Vec::new() } else { vec![Damage::Checksum { anchor }] }
}

fn byte(bytes: &[u8], at: usize) -> Option<u8> {
    bytes.get(at).copied()
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}
