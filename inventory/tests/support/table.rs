//! Synthetic tables and mutants of real ones: structures as values, and back to
//! bytes with lengths and checksums in order.
//!
//! Other crates' tests use this file by `#[path]`.
#![allow(dead_code, reason = "each test binary uses its own part")]

use inventory::smbios::{self, Version};

/// A structure as bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Built {
    /// Type.
    pub(crate) kind: u8,
    /// Handle.
    pub(crate) handle: u16,
    /// Everything behind the header.
    pub(crate) body: Vec<u8>,
    /// Strings, from 1.
    pub(crate) strings: Vec<Vec<u8>>,
}

impl Built {
    /// Returns a structure of `length` bytes, all zero behind its header.
    pub(crate) fn new(kind: u8, handle: u16, length: usize) -> Self {
        assert!((4..=255).contains(&length), "a structure has 4 to 255 bytes");
        Self { kind, handle, body: vec![0; length - 4], strings: Vec::new() }
    }

    /// Sets bytes at `offset`, counted from the start of the structure.
    pub(crate) fn set<const N: usize>(mut self, offset: usize, bytes: [u8; N]) -> Self {
        self.put(offset, &bytes);
        self
    }

    /// Sets bytes at `offset`, counted from the start of the structure.
    pub(crate) fn put(&mut self, offset: usize, bytes: &[u8]) {
        let at = offset.checked_sub(4).expect("the header is set by fields");
        self.body[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Sets the string field at `offset`.
    pub(crate) fn text(mut self, offset: usize, text: &str) -> Self {
        self.strings.push(text.as_bytes().to_vec());
        let index = u8::try_from(self.strings.len()).expect("few strings");
        self.set(offset, [index])
    }

    /// Returns the structure as it stands in a table.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let length = u8::try_from(self.body.len() + 4).expect("the length fits a byte");
        let mut bytes = vec![self.kind, length];
        bytes.extend(self.handle.to_le_bytes());
        bytes.extend(&self.body);
        for text in &self.strings {
            bytes.extend(text);
            bytes.push(0);
        }
        if self.strings.is_empty() {
            bytes.push(0);
        }
        bytes.push(0);
        bytes
    }
}

/// A table as structures.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    /// Version by the entry point.
    pub(crate) version: Version,
    /// Structures in order; the end marker is added by `table`.
    pub(crate) structures: Vec<Built>,
}

impl Tables {
    /// Returns an empty table of version `major.minor`.
    pub(crate) fn new(major: u8, minor: u8) -> Self {
        Self { version: Version { major, minor }, structures: Vec::new() }
    }

    /// Reads a dump apart, to change it.
    pub(crate) fn of_dump(dump: &[u8]) -> Self {
        let table = smbios::parse(dump).expect("a table to mutate");
        let structures = table.structures().map(|structure| Built {
            kind: structure.kind,
            handle: structure.handle,
            body: structure.formatted()[4..].to_vec(),
            strings: structure.strings().map(<[u8]>::to_vec).collect(),
        });
        Self {
            version: table.version.unwrap_or(Version::ASSUMED),
            structures: structures.filter(|structure| structure.kind != 127).collect(),
        }
    }

    /// Adds a structure.
    pub(crate) fn with(mut self, structure: Built) -> Self {
        self.structures.push(structure);
        self
    }

    /// Returns the structures of `kind`.
    pub(crate) fn of(&mut self, kind: u8) -> impl Iterator<Item = &mut Built> {
        self.structures.iter_mut().filter(move |structure| structure.kind == kind)
    }

    /// Returns the table alone, with its end marker.
    pub(crate) fn table(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self.structures.iter().flat_map(Built::bytes).collect();
        bytes.extend([127, 4, 0xFE, 0xFF, 0, 0]);
        bytes
    }

    /// Returns a 64-bit entry point for a table of `length` bytes.
    pub(crate) fn entry_64(&self, length: usize) -> [u8; 0x18] {
        let mut entry = [0; 0x18];
        entry[..5].copy_from_slice(b"_SM3_");
        entry[6] = 0x18;
        entry[7] = self.version.major;
        entry[8] = self.version.minor;
        entry[0x0A] = 1;
        let length = u32::try_from(length).expect("the length fits");
        entry[0x0C..0x10].copy_from_slice(&length.to_le_bytes());
        entry[0x10] = 0x20;
        entry[5] = checksum(&entry);
        entry
    }

    /// Returns a 32-bit entry point for a table of `length` bytes.
    pub(crate) fn entry_32(&self, length: usize) -> [u8; 0x1F] {
        let mut entry = [0; 0x1F];
        entry[..4].copy_from_slice(b"_SM_");
        entry[5] = 0x1F;
        entry[6] = self.version.major;
        entry[7] = self.version.minor;
        entry[0x10..0x15].copy_from_slice(b"_DMI_");
        let length = u16::try_from(length).expect("the length fits");
        entry[0x16..0x18].copy_from_slice(&length.to_le_bytes());
        entry[0x18] = 0x20;
        let count = u16::try_from(self.structures.len() + 1).expect("the count fits");
        entry[0x1C..0x1E].copy_from_slice(&count.to_le_bytes());
        entry[0x1E] = self.version.major << 4 | self.version.minor;
        entry[0x15] = checksum(&entry[0x10..]);
        entry[4] = checksum(&entry);
        entry
    }

    /// Returns a file as `dmidecode --dump-bin` writes it.
    pub(crate) fn dump(&self) -> Vec<u8> {
        let table = self.table();
        let mut dump = if self.version.at_least(3, 0) {
            self.entry_64(table.len()).to_vec()
        } else {
            self.entry_32(table.len()).to_vec()
        };
        dump.resize(0x20, 0);
        dump.extend(table);
        dump
    }
}

/// Returns the byte that makes the sum of `bytes` zero.
pub(crate) fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, &byte| sum.wrapping_sub(byte))
}
