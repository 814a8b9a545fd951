//! Marks put where their documents say, and bytes that mean nothing.

use proptest::prelude::*;

use super::*;

const SIZE: usize = 8 << 20;

/// What is put where.
type Writes<'a> = &'a [(usize, &'a [u8])];

/// A device of zeros with `writes` put at their places.
fn device(writes: Writes<'_>) -> Vec<u8> {
    let mut bytes = vec![0_u8; SIZE];
    for (at, mark) in writes {
        bytes[*at..*at + mark.len()].copy_from_slice(mark);
    }
    bytes
}

fn look(bytes: &[u8]) -> Contents {
    let head = &bytes[..bytes.len().min(usize::try_from(HEAD_BYTES).unwrap())];
    let tail = &bytes[bytes.len().saturating_sub(usize::try_from(TAIL_BYTES).unwrap())..];
    scan(head, tail, bytes.len() as u64)
}

fn words(contents: &Contents) -> Vec<String> {
    contents.signatures.iter().map(ToString::to_string).collect()
}

#[test]
fn every_format_is_seen_where_its_document_puts_it() {
    let md = [&0xa92b_4efc_u32.to_le_bytes()[..], &1_u32.to_le_bytes()].concat();
    let uberblock = 0x00ba_b10c_u64.to_be_bytes();
    let table: &[(Writes<'_>, Format)] = &[
        (&[(0, b"XFSB")], Format::Xfs),
        (&[(0x10040, b"_BHRfS_M")], Format::Btrfs),
        (&[(1024, b"\x10\x20\xf5\xf2")], Format::F2fs),
        (&[(3, b"EXFAT   "), (510, b"\x55\xaa")], Format::ExFat),
        (&[(3, b"NTFS    "), (510, b"\x55\xaa")], Format::Ntfs),
        (&[(3, b"-FVE-FS-")], Format::BitLocker),
        (&[(0x8001, b"CD001")], Format::Iso9660),
        (&[(0x8801, b"NSR03")], Format::Udf),
        (&[(0, b"hsqs")], Format::Squashfs),
        (&[(1024, b"\xe2\xe1\xf5\xe0")], Format::Erofs),
        (&[(32768, b"JFS1")], Format::Jfs),
        (&[(65536 + 52, b"ReIsEr2Fs")], Format::Reiserfs),
        (&[(65536, b"\x01\x16\x19\x70\0\0\0\x01")], Format::Gfs2),
        (&[(8192, b"OCFSV2")], Format::Ocfs2),
        (&[(4086, b"SWAPSPACE2")], Format::Swap),
        (&[(65526, b"SWAPSPACE2")], Format::Swap),
        (&[(4086, b"S1SUSPEND\0")], Format::Hibernation),
        (&[(512, b"LABELONE")], Format::Lvm2),
        (&[(SIZE - 65536, &md[..4])], Format::Md),
        (&[(SIZE - 8192, &md)], Format::Md),
        (&[(0, &md)], Format::Md),
        (&[(4096, &md)], Format::Md),
        (&[(SIZE - 1024, b"Intel Raid ISM Cfg Sig. 1.3.00")], Format::Imsm),
        (&[(SIZE - 512, b"\xde\x11\xde\x11")], Format::Ddf),
        (&[(0, b"LUKS\xba\xbe\0\x01")], Format::Luks),
        (&[(16384, b"SKUL\xba\xbe\0\x02")], Format::Luks),
        (&[(132 << 10, &uberblock)], Format::Zfs),
        (&[(SIZE - (256 << 10) + (130 << 10), &uberblock)], Format::Zfs),
        (
            &[(4120, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81")],
            Format::Bcache,
        ),
        (
            &[(4120, b"\xc6\x85\x73\xf6\x66\xce\x90\xa9\xd9\x6a\x60\xcf\x80\x3d\xf7\xef")],
            Format::Bcachefs,
        ),
        (&[(516, b"!Stra0tis\x86\xff\x02^\x41rh")], Format::Stratis),
        (&[(0, b"dmvdo001")], Format::Vdo),
        (&[(0, b"bluestore block device\n")], Format::BlueStore),
        (&[(SIZE - 4096 + 60, b"\x83\x74\x02\x6d")], Format::Drbd),
        (&[(32, b"ORCLDISK")], Format::OracleAsm),
        (&[(1 << 20, b"\x0d\xd0\x01\xc0")], Format::Vmfs),
        (&[(512, b"EFI PART")], Format::Gpt),
        (&[(4096, b"EFI PART")], Format::Gpt),
        (&[(SIZE - 512, b"EFI PART")], Format::Gpt),
        (&[(510, b"\x55\xaa")], Format::Mbr),
    ];
    for (writes, format) in table {
        let contents = look(&device(writes));
        let found: Vec<Format> = contents.signatures.iter().map(|found| found.format).collect();
        assert_eq!(found, [*format], "{writes:?}");
        assert!(!contents.blank);
    }
}

#[test]
fn an_ext_superblock_tells_its_generation_label_and_uuid() {
    let superblock = |compatible: u8, incompatible: u8| {
        device(&[
            (1024 + 24, &[2, 0, 0, 0]),
            (1024 + 56, b"\x53\xef"),
            (1024 + 76, &[1]),
            (1024 + 92, &[compatible]),
            (1024 + 96, &[incompatible]),
            (1024 + 104, &[0xab; 16]),
            (1024 + 120, b"data"),
        ])
    };
    let uuid = "abababab-abab-abab-abab-abababababab";
    for (compatible, incompatible, version) in
        [(0, 2, "ext2"), (4, 2, "ext3"), (4, 0x42, "ext4"), (0, 0x42, "ext4")]
    {
        let found = words(&look(&superblock(compatible, incompatible)));
        assert_eq!(found, [format!("ext2/3/4 {version} `data` {uuid} @ 1024")]);
    }
    let journal = words(&look(&superblock(0, 8)));
    assert_eq!(journal, [format!("ext journal {uuid} @ 1024")]);
}

#[test]
fn a_gpt_tells_its_partitions_whether_or_not_the_kernel_has_read_it() {
    let header = [
        (512, &b"EFI PART"[..]),
        (512 + 72, &2_u64.to_le_bytes()),
        (512 + 80, &128_u32.to_le_bytes()),
        (512 + 84, &128_u32.to_le_bytes()),
        (1024, &[1; 16]),
        (1024 + 32, &2048_u64.to_le_bytes()),
        (1024 + 40, &4095_u64.to_le_bytes()),
        (1024 + 56, b"r\0o\0o\0t\0"),
        (510, b"\x55\xaa"),
        (446 + 4, &[0xee]),
        (446 + 8, &[1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
    ];
    let contents = look(&device(&header));
    let expected = Entry {
        number: 1,
        start_bytes: 1 << 20,
        size_bytes: 1 << 20,
        name: Some("root".to_owned()),
    };
    assert_eq!(contents.entries, [expected]);
    assert_eq!(words(&contents), ["MBR protective @ 510", "GPT @ 512"]);
}

#[test]
fn an_mbr_tells_its_partitions_and_a_boot_sector_of_a_filesystem_is_none() {
    let entry = [0x80, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 16, 0, 0];
    let contents = look(&device(&[(446, &entry), (510, b"\x55\xaa")]));
    assert_eq!(words(&contents), ["MBR @ 510"]);
    assert_eq!(contents.entries.len(), 1);
    assert_eq!(contents.entries[0].start_bytes, 1 << 20);
    assert_eq!(contents.entries[0].size_bytes, 2 << 20);
    let code = look(&device(&[(446, &[0x12; 64]), (510, b"\x55\xaa")]));
    assert_eq!(words(&code), ["MBR boot sector @ 510"]);
}

#[test]
fn nothing_is_blank_and_unknown_contents_are_not() {
    assert_eq!(look(&device(&[])), Contents { blank: true, ..Contents::default() });
    let unknown = look(&device(&[(77, b"x")]));
    assert!(!unknown.blank && unknown.signatures.is_empty());
    assert!(scan(&[], &[], 0).signatures.is_empty());
}

#[test]
fn a_name_cannot_upset_a_terminal() {
    let contents = look(&device(&[(0, b"XFSB"), (108, b"\x1b[2J\x07")]));
    let word = words(&contents).concat();
    assert!(!word.contains('\x1b') && word.contains("[2J"), "{word}");
}

/// Bytes that look like none, from a seed: drawing them one by one takes proptest minutes.
fn noise(mut seed: u64, length: usize) -> Vec<u8> {
    let draw = |_| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed.to_be_bytes()[0]
    };
    (0..length).map(draw).collect()
}

proptest! {
    #[test]
    fn no_bytes_upset_it(
        head in prop::collection::vec(any::<u8>(), 0..2_000),
        seed in any::<u64>(),
        lengths in (0..70_000_usize, 0..70_000_usize),
        size in prop_oneof![any::<u64>(), 0..200_000_u64],
    ) {
        let head = [head, noise(seed, lengths.0)].concat();
        let contents = scan(&head, &noise(!seed, lengths.1), size);
        for found in &contents.signatures {
            prop_assert!(!found.to_string().is_empty());
        }
    }

    #[test]
    fn a_right_mark_before_any_contents_is_still_seen(
        seed in any::<u64>(),
        which in 0..magic::FROM_START.len(),
    ) {
        let magic = magic::FROM_START[which];
        let at = usize::try_from(magic.offset).unwrap();
        let mut bytes = noise(seed, at + 1_000);
        bytes[at..at + magic.bytes.len()].copy_from_slice(magic.bytes);
        let contents = scan(&bytes, &[], 1 << 40);
        prop_assert!(contents.signatures.iter().any(|found| found.format == magic.format));
    }
}
