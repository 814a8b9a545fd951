//! Devices with something on them that nobody uses at the moment.

use std::fs;

use hw_tests::Need;
use libtest_mimic::Failed;
use storage_bench::safety::{Code, Request, What};

use crate::attempt::{self, refused, written};
use crate::lab::{Lab, SMALL, named, run};
use crate::{Case, Outcome};

pub(crate) const CASES: &[Case] = &[
    Case { name: "ext4_that_is_not_mounted", needs: &[], body: ext4 },
    Case { name: "swap_that_is_not_in_use", needs: &[], body: swap },
    Case { name: "marks_of_every_kind_by_bytes", needs: &[], body: by_bytes },
    Case { name: "a_mark_on_a_partition_the_kernel_does_not_know", needs: &[], body: unknown },
    Case { name: "what_is_forced_is_listed_and_written", needs: &[], body: forced },
    Case { name: "unknown_contents_are_told_and_written", needs: &[], body: not_blank },
    Case {
        name: "marks_and_labels_equal_blkid",
        needs: &[Need::Program("blkid")],
        body: equal_blkid,
    },
];

fn ext4(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    refused(lab, &[&image], &named(&[&device])?, &[Code::Signature], &["ext4"])?;
    Ok(None)
}

fn swap(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.formatted(SMALL, &["mkswap"])?;
    refused(lab, &[&image], &named(&[&device])?, &[Code::Signature], &["swap"])?;
    Ok(None)
}

/// What a mark is called, and where its bytes are.
type Mark = (&'static str, &'static [(u64, &'static [u8])]);

const UBERBLOCK: &[u8] = b"\x0c\xb1\xba\0\0\0\0\0";

const MARKS: &[Mark] = &[
    ("LUKS", &[(0, b"LUKS\xba\xbe\0\x02")]),
    ("LVM2", &[(512, b"LABELONE"), (536, b"LVM2 001")]),
    ("ZFS", &[(132 << 10, UBERBLOCK), (133 << 10, UBERBLOCK)]),
    ("ZFS", &[(SMALL - (256 << 10) + (132 << 10), UBERBLOCK)]),
    ("bcache", &[(4120, b"\xc6\x85\x73\xf6\x4e\x1a\x45\xca\x82\x65\xf5\x7f\x48\xba\x6d\x81")]),
    ("MD RAID", &[(4096, b"\xfc\x4e\x2b\xa9\x01\0\0\0")]),
    ("MD RAID", &[(SMALL - 8192, b"\xfc\x4e\x2b\xa9\x01\0\0\0")]),
    ("MD RAID", &[(SMALL - 65536, b"\xfc\x4e\x2b\xa9\0\0\0\0")]),
    ("GPT", &[(512, b"EFI PART")]),
    ("GPT", &[(SMALL - 512, b"EFI PART")]),
    ("MBR", &[(510, b"\x55\xaa")]),
    ("DRBD", &[(SMALL - 4096 + 60, b"\x83\x74\x02\x6d")]),
    ("Ceph BlueStore", &[(0, b"bluestore block device\n")]),
    ("Oracle ASM", &[(32, b"ORCLDISKDATA1")]),
    ("VMFS", &[(1 << 20, b"\x0d\xd0\x01\xc0")]),
    ("squashfs", &[(0, b"hsqs")]),
    ("ISO 9660", &[(32769, b"CD001")]),
    ("NTFS", &[(3, b"NTFS    ")]),
    ("Intel RAID (IMSM)", &[(SMALL - 1024, b"Intel Raid ISM Cfg Sig. ")]),
    ("DDF RAID", &[(SMALL - 512, b"\xde\x11\xde\x11")]),
];

fn by_bytes(lab: &mut Lab) -> Outcome {
    for (word, bytes) in MARKS {
        let image = lab.image_with(bytes)?;
        let device = lab.loop_on(&image, &[])?;
        let request = named(&[&device])?;
        refused(lab, &[&image], &request, &[Code::Signature], &[word])?;
        lab.clean()?;
        fs::remove_file(image)?;
    }
    Ok(None)
}

fn unknown(lab: &mut Lab) -> Outcome {
    // A table with one partition at 4 MiB, of which no kernel was told.
    let entry = b"\0\0\0\0\x83\0\0\0\0\x20\0\0\0\x20\0\0";
    let marks: [(u64, &[u8]); 3] =
        [(446, entry), (510, b"\x55\xaa"), ((4 << 20) + 0x10040, b"_BHRfS_M")];
    let image = lab.image_with(&marks)?;
    let device = lab.loop_on(&image, &[])?;
    let request = named(&[&device])?;
    refused(lab, &[&image], &request, &[Code::Signature], &["MBR", "partition 1", "btrfs"])?;
    Ok(None)
}

fn forced(lab: &mut Lab) -> Outcome {
    let (image, device) = lab.ext4()?;
    let request = Request { force_signature: true, ..named(&[&device])? };
    let allowed = written(lab, &image, 0, &request)?;
    if allowed.lost.len() != 1 || !allowed.remarks.iter().any(|remark| remark.code == "lost") {
        return Err(Failed::from(format!("what is lost is not listed: {allowed:?}")));
    }
    let log = fs::read_to_string(lab.path("tombstone"))?;
    if log.contains("ext2/3/4 ext4") { Ok(None) } else { Err(Failed::from(log)) }
}

fn not_blank(lab: &mut Lab) -> Outcome {
    let image = lab.image_with(&[(77, b"something")])?;
    let device = lab.loop_on(&image, &[])?;
    let allowed = written(lab, &image, 0, &named(&[&device])?)?;
    if allowed.remarks.iter().any(|remark| remark.code == "not-blank") {
        return Ok(None);
    }
    Err(Failed::from(format!("{allowed:?}")))
}

/// A program that makes something, and how blkid and we call that.
struct Maker {
    command: &'static [&'static str],
    size: u64,
    blkid: &'static str,
    ours: &'static str,
}

const MAKERS: &[Maker] = &[
    Maker {
        command: &["mkfs.ext4", "-q", "-L", "four"],
        size: SMALL,
        blkid: "ext4",
        ours: "ext2/3/4 ext4",
    },
    Maker {
        command: &["mkfs.ext3", "-q", "-L", "three"],
        size: SMALL,
        blkid: "ext3",
        ours: "ext2/3/4 ext3",
    },
    Maker {
        command: &["mkfs.ext2", "-q", "-L", "two"],
        size: SMALL,
        blkid: "ext2",
        ours: "ext2/3/4 ext2",
    },
    Maker { command: &["mkswap", "-L", "swp"], size: SMALL, blkid: "swap", ours: "swap" },
    Maker {
        command: &["mkfs.xfs", "-q", "-L", "exef"],
        size: 320 << 20,
        blkid: "xfs",
        ours: "XFS",
    },
    Maker {
        command: &["mkfs.btrfs", "-q", "-L", "butter"],
        size: 128 << 20,
        blkid: "btrfs",
        ours: "btrfs",
    },
    Maker { command: &["mkfs.vfat", "-n", "FATTY"], size: SMALL, blkid: "vfat", ours: "FAT FAT16" },
    Maker {
        command: &["mkfs.vfat", "-F", "32", "-n", "FATTER"],
        size: 64 << 20,
        blkid: "vfat",
        ours: "FAT FAT32",
    },
    Maker { command: &["mkfs.exfat"], size: SMALL, blkid: "exfat", ours: "exFAT" },
    Maker { command: &["mkntfs", "-Q", "-F"], size: SMALL, blkid: "ntfs", ours: "NTFS" },
    Maker {
        command: &["mkfs.f2fs", "-q", "-l", "flash"],
        size: 64 << 20,
        blkid: "f2fs",
        ours: "F2FS",
    },
    Maker { command: &["pvcreate", "-q"], size: SMALL, blkid: "LVM2_member", ours: "LVM2" },
    Maker { command: &["make-bcache", "-B"], size: SMALL, blkid: "bcache", ours: "bcache" },
];

fn equal_blkid(lab: &mut Lab) -> Outcome {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut compared = 0;
    for maker in MAKERS {
        let program = maker.command[0];
        if hw_tests::peer::find_program(program, &path).is_none() {
            println!("`{program}` is not installed: not compared");
            continue;
        }
        let (image, device) = match lab.formatted(maker.size, maker.command) {
            Ok(made) => made,
            // LVM wants a device mapper even to write a label.
            Err(error) if matches!(program, "pvcreate" | "make-bcache") => {
                println!("`{program}` does not work here: {error:?}");
                lab.clean()?;
                continue;
            }
            Err(error) => return Err(error),
        };
        equal(&device, maker)?;
        lab.clean()?;
        fs::remove_file(image)?;
        compared += 1;
    }
    println!("figure: safety.blkid_equal = {compared} of {compared}");
    if compared < 4 { Err(Failed::from("too few formats to compare")) } else { Ok(None) }
}

fn equal(device: &str, maker: &Maker) -> Result<(), Failed> {
    let text = run(&["blkid", "--probe", "--output", "export", device])?;
    let of = |key: &str| {
        text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('=').map(str::to_owned))
    };
    if of("TYPE").as_deref() != Some(maker.blkid) {
        return Err(Failed::from(format!("blkid: {text}")));
    }
    let seen = attempt::seen(&named(&[device])?);
    let What::Block(block) = &seen[0].what else { return Err("no block device".into()) };
    let mark = block.marks.iter().find(|mark| mark.signature.to_string().starts_with(maker.ours));
    let Some(mark) = mark else {
        return Err(Failed::from(format!("{}: {:?}", maker.ours, block.marks)));
    };
    let blank = |text: Option<String>| text.map(|text| text.trim().to_owned());
    let label = (blank(of("LABEL")), mark.signature.label.clone());
    let uuid = (of("UUID"), mark.signature.uuid.clone());
    // Of exFAT and NTFS the mark is all that we read.
    let names = !matches!(maker.ours, "exFAT" | "NTFS");
    if names && (label.0 != label.1 || uuid.0 != uuid.1) {
        return Err(Failed::from(format!("{}: {label:?} {uuid:?}", maker.ours)));
    }
    Ok(())
}
