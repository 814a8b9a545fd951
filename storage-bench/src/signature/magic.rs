//! Formats that a fixed mark in a fixed place tells, with where their names are.

use super::Format;

/// Where a text or a UUID is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    /// Nowhere we know.
    None,
    /// UTF-8 at the offset, of so many bytes.
    Text(u64, usize),
    /// UTF-16, little endian, at the offset, of so many bytes.
    Text16(u64, usize),
    /// A UUID in the order of its bytes.
    Uuid(u64),
}

/// A mark.
#[derive(Clone, Copy, Debug)]
pub(super) struct Magic {
    pub(super) format: Format,
    /// Bytes from the start of the device.
    pub(super) offset: u64,
    pub(super) bytes: &'static [u8],
    pub(super) label: Field,
    pub(super) uuid: Field,
}

const fn bare(format: Format, offset: u64, bytes: &'static [u8]) -> Magic {
    Magic { format, offset, bytes, label: Field::None, uuid: Field::None }
}

const fn named(
    format: Format,
    (offset, bytes): (u64, &'static [u8]),
    label: Field,
    uuid: Field,
) -> Magic {
    Magic { format, offset, bytes, label, uuid }
}

const KIB: u64 = 1 << 10;

/// `bcache.h`: the identifier that bcache and the first bcachefs share.
const BCACHE: &[u8] = b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81";
const BCACHEFS: &[u8] = b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef";
const STRATIS: &[u8] = b"!Stra0tis\x86\xff\x02^\x41rh";

use Field::{None as No, Text, Text16, Uuid};

/// Marks at a fixed distance from the start.
pub(super) const FROM_START: &[Magic] = &[
    // xfs_format.h `struct xfs_dsb`
    named(Format::Xfs, (0, b"XFSB"), Text(108, 12), Uuid(32)),
    // btrfs_tree.h `struct btrfs_super_block` at 64 KiB
    named(
        Format::Btrfs,
        (64 * KIB + 64, b"_BHRfS_M"),
        Text(64 * KIB + 299, 256),
        Uuid(64 * KIB + 32),
    ),
    // f2fs_fs.h `struct f2fs_super_block`, two copies
    named(Format::F2fs, (KIB, b"\x10\x20\xf5\xf2"), Text16(KIB + 124, 1024), Uuid(KIB + 108)),
    named(
        Format::F2fs,
        (5 * KIB, b"\x10\x20\xf5\xf2"),
        Text16(5 * KIB + 124, 1024),
        Uuid(5 * KIB + 108),
    ),
    bare(Format::ExFat, 3, b"EXFAT   "),
    bare(Format::Ntfs, 3, b"NTFS    "),
    bare(Format::BitLocker, 3, b"-FVE-FS-"),
    // ECMA-119 §8.4
    named(Format::Iso9660, (32 * KIB + 1, b"CD001"), Text(32 * KIB + 40, 32), No),
    // squashfs_fs.h, both byte orders
    bare(Format::Squashfs, 0, b"hsqs"),
    bare(Format::Squashfs, 0, b"sqsh"),
    // erofs_fs.h
    named(Format::Erofs, (KIB, b"\xe2\xe1\xf5\xe0"), Text(KIB + 64, 16), Uuid(KIB + 48)),
    // jfs_superblock.h
    named(Format::Jfs, (32 * KIB, b"JFS1"), Text(32 * KIB + 152, 16), Uuid(32 * KIB + 136)),
    // reiserfs: the old, the new and the relocated-journal format
    bare(Format::Reiserfs, 8 * KIB + 52, b"ReIsErFs"),
    bare(Format::Reiserfs, 64 * KIB + 52, b"ReIsErFs"),
    bare(Format::Reiserfs, 64 * KIB + 52, b"ReIsEr2Fs"),
    bare(Format::Reiserfs, 64 * KIB + 52, b"ReIsEr3Fs"),
    // gfs2_ondisk.h `struct gfs2_sb` at 64 KiB, big endian, type 1 of a superblock
    bare(Format::Gfs2, 64 * KIB, b"\x01\x16\x19\x70\x00\x00\x00\x01"),
    // ocfs2_fs.h: block 2 of any block size
    bare(Format::Ocfs2, KIB, b"OCFSV2"),
    bare(Format::Ocfs2, 2 * KIB, b"OCFSV2"),
    bare(Format::Ocfs2, 4 * KIB, b"OCFSV2"),
    bare(Format::Ocfs2, 8 * KIB, b"OCFSV2"),
    // bcache.h `struct cache_sb` at sector 8
    named(Format::Bcache, (4 * KIB + 24, BCACHE), Text(4 * KIB + 72, 32), Uuid(4 * KIB + 40)),
    named(Format::Bcachefs, (4 * KIB + 24, BCACHEFS), Text(4 * KIB + 72, 32), Uuid(4 * KIB + 56)),
    // Stratis design: two copies of the signature block
    bare(Format::Stratis, 512 + 4, STRATIS),
    bare(Format::Stratis, 9 * 512 + 4, STRATIS),
    bare(Format::Vdo, 0, b"dmvdo001"),
    // BlueStore's label is text: magic, then the OSD's UUID
    named(Format::BlueStore, (0, b"bluestore block device"), No, Text(23, 36)),
    named(Format::OracleAsm, (32, b"ORCLDISK"), Text(40, 24), No),
    // VMFS: the LVM header at 1 MiB
    bare(Format::Vmfs, 1 << 20, b"\x0d\xd0\x01\xc0"),
];
