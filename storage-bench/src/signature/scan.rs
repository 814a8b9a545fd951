//! Formats whose mark moves with the size, the page or the version.

use super::magic::{FROM_START, Field};
use super::window::Window;
use super::{Format, Signature};

/// Returns every mark but those of partition tables.
pub(super) fn signatures(window: Window<'_>) -> Vec<Signature> {
    let mut found = fixed(window);
    found.extend(ext(window));
    found.extend(fat(window));
    found.extend(udf(window));
    found.extend(nilfs2(window));
    found.extend(swap(window));
    found.extend(lvm2(window));
    found.extend(md_old(window));
    found.extend(md(window));
    found.extend(firmware_raid(window));
    found.extend(luks(window));
    found.extend(zfs(window));
    found.extend(drbd(window));
    found
}

fn bare(format: Format, offset_bytes: u64) -> Signature {
    Signature { format, offset_bytes, version: None, label: None, uuid: None }
}

fn field(window: Window<'_>, field: Field) -> Option<String> {
    match field {
        Field::None => None,
        Field::Text(offset, length) => window.text(offset, length),
        Field::Text16(offset, length) => window.text16(offset, length),
        Field::Uuid(offset) => window.uuid(offset),
    }
}

fn fixed(window: Window<'_>) -> Vec<Signature> {
    let here = FROM_START.iter().filter(|magic| window.has(magic.offset, magic.bytes));
    here.map(|magic| Signature {
        label: field(window, magic.label),
        uuid: field(window, magic.uuid),
        ..bare(magic.format, magic.offset)
    })
    .collect()
}

/// ext2/3/4 (`fs/ext4/ext4.h`, `struct ext4_super_block` at 1 KiB).
fn ext(window: Window<'_>) -> Option<Signature> {
    const AT: u64 = 1024;
    // Two bytes are soon met by chance; a block size of over 64 KiB and an unknown
    // revision are not.
    let plausible = window.has(AT + 56, b"\x53\xef")
        && window.le32(AT + 24)? <= 6
        && window.le32(AT + 76)? <= 1;
    if !plausible {
        return None;
    }
    let (compatible, incompatible, read_only) =
        (window.le32(AT + 92)?, window.le32(AT + 96)?, window.le32(AT + 100)?);
    if incompatible & 0x8 != 0 {
        let uuid = window.uuid(AT + 104);
        return Some(Signature { uuid, ..bare(Format::ExtJournal, AT) });
    }
    // What ext3 does not know makes it ext4: beyond filetype, recover and meta_bg;
    // beyond sparse_super, large_file and btree_dir.
    let version = if incompatible & !0x16 != 0 || read_only & !0x7 != 0 {
        "ext4"
    } else if compatible & 0x4 != 0 {
        "ext3"
    } else {
        "ext2"
    };
    Some(Signature {
        version: Some(version.to_owned()),
        label: window.text(AT + 120, 16),
        uuid: window.uuid(AT + 104),
        ..bare(Format::Ext, AT)
    })
}

/// FAT (Microsoft's FAT specification 1.03, boot sector).
fn fat(window: Window<'_>) -> Option<Signature> {
    let sector = window.le16(11)?;
    let plausible = sector.is_power_of_two()
        && (512..=4096).contains(&sector)
        && window.byte(13)?.is_power_of_two()
        && window.le16(14)? > 0
        && (1..=4).contains(&window.byte(16)?)
        && matches!(window.byte(21)?, 0xf0 | 0xf8..=0xff);
    if !plausible {
        return None;
    }
    // Neither name is binding; they only say which it is.
    let (version, label, serial) = if window.has(82, b"FAT32") {
        ("FAT32", 71, 67)
    } else if window.has(54, b"FAT12") {
        ("FAT12", 43, 39)
    } else if window.has(54, b"FAT16") {
        ("FAT16", 43, 39)
    } else {
        return Some(bare(Format::Fat, 0));
    };
    let serial = window.le32(serial)?;
    Some(Signature {
        version: Some(version.to_owned()),
        label: window.text(label, 11).filter(|label| label != "NO NAME"),
        uuid: Some(format!("{:04X}-{:04X}", serial >> 16, serial & 0xffff)),
        ..bare(Format::Fat, 0)
    })
}

/// UDF (ECMA-167 3/9.1): its identifier is among the descriptors from 32 KiB on.
fn udf(window: Window<'_>) -> Option<Signature> {
    let places = (0..16_u64).map(|sector| (32 << 10) + sector * 2048);
    let at = places.into_iter().find(|at| {
        at.checked_add(1).is_some_and(|at| window.has(at, b"NSR02") || window.has(at, b"NSR03"))
    })?;
    Some(bare(Format::Udf, at))
}

/// NILFS2 (`nilfs2_ondisk.h`): at 1 KiB, and in the last whole 4 KiB but one.
fn nilfs2(window: Window<'_>) -> Vec<Signature> {
    let second = window.from_end(4096).map(|end| end & !0xfff);
    let places = [Some(1024), second].into_iter().flatten();
    // Revision 2 and a header of plausible size stand beside the two bytes of the mark.
    let here = places.filter(|at| {
        window.le32(*at) == Some(2)
            && window.le16(at.saturating_add(6)) == Some(0x3434)
            && window.le16(at.saturating_add(8)).is_some_and(|size| (100..=1024).contains(&size))
    });
    here.map(|at| bare(Format::Nilfs2, at)).collect()
}

/// Swap (`include/linux/swap.h`, `union swap_header`): at the end of the first page,
/// whatever the page's size is.
fn swap(window: Window<'_>) -> Vec<Signature> {
    let mut found = Vec::new();
    for page in [4_u64 << 10, 8 << 10, 16 << 10, 32 << 10, 64 << 10] {
        let at = page - 10;
        let Some(mark) = window.at(at, 10) else { continue };
        let format = match mark {
            b"SWAP-SPACE" | b"SWAPSPACE2" => Format::Swap,
            b"S1SUSPEND\0" | b"S2SUSPEND\0" | b"ULSUSPEND\0" | b"LINHIB0001" => Format::Hibernation,
            _ => continue,
        };
        found.push(Signature {
            label: window.text(1052, 16),
            uuid: window.uuid(1036),
            ..bare(format, at)
        });
    }
    found
}

/// LVM2 (`format_text/layout.h`): a label in one of the first four sectors.
fn lvm2(window: Window<'_>) -> Option<Signature> {
    let at = [0_u64, 512, 1024, 1536].into_iter().find(|at| window.has(*at, b"LABELONE"))?;
    // The offset of the contents, then the physical volume's UUID, as text without dashes.
    let contents = at.checked_add(u64::from(window.le32(at + 20)?));
    let id = contents.and_then(|at| window.at(at, 32));
    let uuid = id.filter(|id| id.iter().all(u8::is_ascii_alphanumeric)).map(|id| {
        let text = String::from_utf8_lossy(id);
        let mut dashed = String::with_capacity(38);
        for (at, letter) in text.chars().enumerate() {
            if matches!(at, 6 | 10 | 14 | 18 | 22 | 26) {
                dashed.push('-');
            }
            dashed.push(letter);
        }
        dashed
    });
    Some(Signature { uuid, ..bare(Format::Lvm2, at) })
}

const MD: [u8; 4] = 0xa92b_4efc_u32.to_le_bytes();

/// MD 0.90 (`md_p.h`): in the last whole 64 KiB, in the byte order of its machine.
fn md_old(window: Window<'_>) -> Option<Signature> {
    let at = (window.size_bytes() & !0xffff).checked_sub(0x1_0000)?;
    let big: Vec<u8> = MD.iter().rev().copied().collect();
    (window.has(at, &MD) || window.has(at, &big))
        .then(|| Signature { version: Some("0.90".to_owned()), ..bare(Format::Md, at) })
}

/// MD 1.x (`md_p.h`, `struct mdp_superblock_1`): near the end, at the start, at 4 KiB.
fn md(window: Window<'_>) -> Vec<Signature> {
    let end = (window.size_bytes() & !0xfff).checked_sub(0x2000);
    let places = [("1.0", end), ("1.1", Some(0)), ("1.2", Some(4096))];
    let here = places.into_iter().filter_map(|(version, at)| Some((version, at?)));
    here.filter(|(_, at)| {
        window.has(*at, &MD) && at.checked_add(4).and_then(|at| window.le32(at)) == Some(1)
    })
    .map(|(version, at)| Signature {
        version: Some(version.to_owned()),
        label: window.text(at.saturating_add(32), 32),
        uuid: window.uuid(at.saturating_add(16)),
        ..bare(Format::Md, at)
    })
    .collect()
}

/// RAID of the firmware, at the end: Intel's and SNIA's DDF.
fn firmware_raid(window: Window<'_>) -> Vec<Signature> {
    let mut found = Vec::new();
    // In the last sector but one, of either sector size.
    for back in [1024, 8192] {
        if let Some(at) = window.from_end(back)
            && window.has(at, b"Intel Raid ISM Cfg Sig. ")
        {
            found.push(Signature { version: window.text(at + 24, 6), ..bare(Format::Imsm, at) });
        }
    }
    // DDF 2.0 §5.4, the anchor in the last block.
    for back in [512, 4096] {
        if let Some(at) = window.from_end(back)
            && window.has(at, &0xde11_de11_u32.to_be_bytes())
        {
            found.push(bare(Format::Ddf, at));
        }
    }
    found
}

/// LUKS (on-disk formats 1.2.3 and 2): a header at the start, and version 2's second one.
fn luks(window: Window<'_>) -> Vec<Signature> {
    let mut found = Vec::new();
    if window.has(0, b"LUKS\xba\xbe") {
        let version = window.be16(6);
        found.push(Signature {
            version: version.map(|version| version.to_string()),
            label: (version == Some(2)).then(|| window.text(24, 48)).flatten(),
            uuid: window.text(168, 40),
            ..bare(Format::Luks, 0)
        });
    }
    // The second header stands at the size of the first one's area: 16 KiB to 4 MiB.
    for shift in 14..=20 {
        let at = 1_u64 << shift;
        if window.has(at, b"SKUL\xba\xbe") {
            found.push(Signature {
                version: Some("2 (second header)".to_owned()),
                uuid: window.text(at + 168, 40),
                ..bare(Format::Luks, at)
            });
        }
    }
    found
}

/// ZFS (on-disk specification, chapter 1): four labels of 256 KiB, each with a ring of
/// uberblocks in its second half, in the byte order of the machine that wrote them.
fn zfs(window: Window<'_>) -> Vec<Signature> {
    const LABEL: u64 = 256 << 10;
    const MAGIC: u64 = 0x00ba_b10c;
    let whole = window.size_bytes() & !(LABEL - 1);
    let places = [Some(0), Some(LABEL), whole.checked_sub(2 * LABEL), whole.checked_sub(LABEL)];
    let mut found = Vec::new();
    for at in places.into_iter().flatten() {
        let slots =
            (0..128_u64).map(|slot| at.saturating_add(128 << 10).saturating_add(slot << 10));
        let marked = slots.into_iter().any(|slot| {
            window.le64(slot).is_some_and(|word| word == MAGIC || word.swap_bytes() == MAGIC)
        });
        if marked {
            let label = pool_name(window, at.saturating_add(16 << 10));
            found.push(Signature { label, ..bare(Format::Zfs, at) });
        }
    }
    found.dedup();
    found
}

/// Returns the pool's name from the pairs (XDR) at `at`.
fn pool_name(window: Window<'_>, at: u64) -> Option<String> {
    // Length and letters of the name `name`, type 9 (string), one element.
    const PAIR: &[u8] = b"\0\0\0\x04name\0\0\0\x09\0\0\0\x01";
    let pairs = window.at(at, 4096)?;
    let start = pairs.windows(PAIR.len()).position(|bytes| bytes == PAIR)?;
    let value = at.checked_add(u64::try_from(start.checked_add(PAIR.len())?).ok()?)?;
    let length = usize::try_from(window.be32(value)?).ok()?;
    window.text(value.checked_add(4)?, length.min(256))
}

/// DRBD (`drbd_meta_data.h`): internal metadata in the last 4 KiB; versions 8 and 9 have
/// their mark in the same place.
fn drbd(window: Window<'_>) -> Option<Signature> {
    let at = window.from_end(4096)?;
    let version = match window.be32(at.checked_add(60)?)? {
        0x8374_026b | 0x8374_026c => "8",
        0x8374_026d => "9",
        _ => return None,
    };
    Some(Signature { version: Some(version.to_owned()), ..bare(Format::Drbd, at) })
}
