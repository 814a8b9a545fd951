//! What is on a disk, from its first and last bytes: filesystems, volumes, arrays, tables.
//!
//! Pure. It answers one question, “what would be lost?”, so that it errs towards seeing
//! something: a magic number in its place counts, a checksum that does not fit does not
//! excuse it. Each format follows its own header or the kernel's `include/uapi`, the
//! place is named beside each. What it does not know it cannot see: [`Contents::blank`]
//! says whether there is anything at all.

mod magic;
mod scan;
mod table;
mod window;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use table::Entry;
pub use window::Window;

/// How many bytes of the start of a device are looked at: 1 MiB, and a little more,
/// because a VMFS volume says what it is at 1 MiB exactly.
pub const HEAD_BYTES: u64 = (1 << 20) + (64 << 10);
/// How many bytes of the end of a device are looked at.
pub const TAIL_BYTES: u64 = 1 << 20;

/// A format that leaves a mark.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each is the format of its name; `word` spells it")]
pub enum Format {
    Gpt,
    Mbr,
    Ext,
    ExtJournal,
    Xfs,
    Btrfs,
    F2fs,
    Fat,
    ExFat,
    Ntfs,
    Iso9660,
    Udf,
    Squashfs,
    Erofs,
    Jfs,
    Reiserfs,
    Nilfs2,
    Gfs2,
    Ocfs2,
    Swap,
    Hibernation,
    Lvm2,
    Md,
    Imsm,
    Ddf,
    Luks,
    BitLocker,
    Zfs,
    Bcache,
    Bcachefs,
    Stratis,
    Vdo,
    BlueStore,
    Drbd,
    OracleAsm,
    Vmfs,
}

impl Format {
    /// Returns the name that an operator knows the format by, the same in both languages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gpt => "GPT",
            Self::Mbr => "MBR",
            Self::Ext => "ext2/3/4",
            Self::ExtJournal => "ext journal",
            Self::Xfs => "XFS",
            Self::Btrfs => "btrfs",
            Self::F2fs => "F2FS",
            Self::Fat => "FAT",
            Self::ExFat => "exFAT",
            Self::Ntfs => "NTFS",
            Self::Iso9660 => "ISO 9660",
            Self::Udf => "UDF",
            Self::Squashfs => "squashfs",
            Self::Erofs => "EROFS",
            Self::Jfs => "JFS",
            Self::Reiserfs => "ReiserFS",
            Self::Nilfs2 => "NILFS2",
            Self::Gfs2 => "GFS2",
            Self::Ocfs2 => "OCFS2",
            Self::Swap => "swap",
            Self::Hibernation => "swap (hibernated system)",
            Self::Lvm2 => "LVM2",
            Self::Md => "MD RAID",
            Self::Imsm => "Intel RAID (IMSM)",
            Self::Ddf => "DDF RAID",
            Self::Luks => "LUKS",
            Self::BitLocker => "BitLocker",
            Self::Zfs => "ZFS",
            Self::Bcache => "bcache",
            Self::Bcachefs => "bcachefs",
            Self::Stratis => "Stratis",
            Self::Vdo => "VDO",
            Self::BlueStore => "Ceph BlueStore",
            Self::Drbd => "DRBD",
            Self::OracleAsm => "Oracle ASM",
            Self::Vmfs => "VMFS",
        }
    }
}

/// One mark of a format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Signature {
    /// The format.
    pub format: Format,
    /// Where its mark is, in bytes from the start of what was looked at.
    pub offset_bytes: u64,
    /// Version or flavour: `ext4`, `1.2`, `backup`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Label, volume name or pool name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// UUID, as its own tools print it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}", self.format.word())?;
        if let Some(version) = &self.version {
            write!(out, " {version}")?;
        }
        if let Some(label) = &self.label {
            write!(out, " `{label}`")?;
        }
        if let Some(uuid) = &self.uuid {
            write!(out, " {uuid}")?;
        }
        write!(out, " @ {}", self.offset_bytes)
    }
}

/// What was found on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// All marks, by offset.
    pub signatures: Vec<Signature>,
    /// What the partition tables say lies where, whether or not the kernel has read them.
    pub entries: Vec<Entry>,
    /// Whether every byte looked at is zero.
    pub blank: bool,
}

/// Looks at the start and the end of a device of `size_bytes`.
///
/// `head` starts at byte 0 and `tail` ends at the last byte; they may overlap, and each
/// may be shorter than asked for.
pub fn scan(head: &[u8], tail: &[u8], size_bytes: u64) -> Contents {
    let window = Window::new(head, tail, size_bytes);
    let mut signatures = scan::signatures(window);
    let (tables, entries) = table::tables(window);
    signatures.extend(tables);
    tiny_sort::stable::sort_by_key(&mut signatures, |found| (found.offset_bytes, found.format));
    signatures.dedup();
    let blank = head.iter().chain(tail).all(|byte| *byte == 0);
    Contents { signatures, entries, blank }
}

#[cfg(test)]
mod tests;
