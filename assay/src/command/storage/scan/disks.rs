//! Which disks a machine has, what they have counted, and who else uses them.

use std::collections::BTreeMap;
use std::fs;

use inventory::{
    Sysroot,
    collect::{self, Options},
    model,
};
use profiles::Text;
use storage_bench::scan::{Ata, Counters, Nvme, Scsi};

use crate::{failure::Failure, lang::text};

/// A disk that `--all` leaves out, and why.
#[derive(Clone, Debug)]
pub(super) struct LeftOut {
    pub(super) name: String,
    pub(super) why: Text,
}

/// Returns the whole disks of this machine by path, and what is left out.
pub(super) fn all() -> Result<(Vec<String>, Vec<LeftOut>), Failure> {
    let entries = fs::read_dir("/sys/block").map_err(|error| {
        Failure::unable(text("无法列出块设备", "cannot list block devices", &[])).because(error)
    })?;
    let mut names: Vec<String> =
        entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    tiny_sort::stable::sort(&mut names);
    let (mut disks, mut left_out) = (Vec::new(), Vec::new());
    for name in names {
        let read = |file: &str| fs::read_to_string(format!("/sys/block/{name}/{file}"));
        let sectors = read("size").ok().and_then(|size| size.trim().parse().ok()).unwrap_or(0);
        let hidden = read("hidden").is_ok_and(|hidden| hidden.trim() == "1");
        match no_disk(&name, sectors, hidden) {
            None => disks.push(format!("/dev/{name}")),
            // A machine has these by the dozen, unused.
            Some(_) if sectors == 0 => {}
            Some(why) => left_out.push(LeftOut { name, why }),
        }
    }
    Ok((disks, left_out))
}

/// Returns why a block device is no disk to scan, by the kernel's name for it.
fn no_disk(name: &str, sectors: u64, hidden: bool) -> Option<Text> {
    let kinds = [
        ("loop", "文件映射设备", "a file as a device"),
        ("zram", "压缩内存", "compressed memory"),
        ("ram", "内存盘", "memory"),
        ("sr", "光驱", "a CD drive"),
        ("fd", "软驱", "a floppy drive"),
        ("dm-", "由其他盘组成（device mapper）", "made of other disks (device mapper)"),
        ("md", "由其他盘组成（MD）", "made of other disks (MD)"),
        ("bcache", "由其他盘组成（bcache）", "made of other disks (bcache)"),
        ("nbd", "网络块设备", "a network block device"),
        ("mtdblock", "闪存分区", "raw flash"),
    ];
    let numbered = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    let kind = kinds.iter().find(|(kind, ..)| name.strip_prefix(kind).is_some_and(numbered));
    match kind {
        Some((_, zh, en)) => Some(Text::new(*zh, *en)),
        None if hidden => Some(Text::new("多路径的一条路径", "a path of a multipath disk")),
        None if sectors == 0 => Some(Text::new("无介质", "no medium")),
        None => None,
    }
}

/// Returns what the disks of this machine say of themselves, by the kernel's name.
pub(super) fn told() -> BTreeMap<String, model::Disk> {
    let root = Sysroot::live();
    let disks = collect::collect_disks(&root, &Options::default()).inventory.disk;
    let mut told = BTreeMap::new();
    told.extend(disks.into_iter().filter_map(|disk| Some((disk.name.clone()?, disk))));
    told
}

/// Returns what a disk has counted; `None` where it tells nothing.
pub(super) fn counters(disk: &model::Disk) -> Option<Counters> {
    let smart = disk.smart.as_ref()?;
    if let Some(nvme) = &smart.nvme {
        let small = |value: Option<u8>| value.unwrap_or(0);
        return Some(Counters::Nvme(Nvme {
            critical_warning: small(nvme.critical_warning),
            media_errors: nvme.media_errors?.into(),
            percentage_used: small(nvme.percentage_used),
            available_spare: nvme.available_spare_percent.unwrap_or(100),
            available_spare_threshold: small(nvme.available_spare_threshold_percent),
        }));
    }
    if let Some(ata) = smart.ata.as_ref().filter(|ata| !ata.attributes.is_empty()) {
        // Makers put more into the upper bytes (temperatures, times): the count is below.
        let low = |raw: u64| raw & 0xffff_ffff;
        let mut raw = BTreeMap::new();
        raw.extend(ata.attributes.iter().filter_map(|one| Some((one.id, low(one.raw?)))));
        return Some(Counters::Ata(Ata { raw }));
    }
    let scsi = smart.scsi.as_ref()?;
    let uncorrected: Vec<u64> =
        scsi.errors.values().filter_map(|counter| counter.uncorrected).collect();
    let counters = Scsi {
        grown_defects: scsi.grown_defects,
        uncorrected: (!uncorrected.is_empty()).then(|| uncorrected.iter().sum()),
    };
    (counters != Scsi::default()).then_some(Counters::Scsi(counters))
}

/// Returns the bytes that every block device has moved, by its numbers `8:0`.
pub(super) fn moved() -> BTreeMap<String, u64> {
    fs::read_to_string("/proc/diskstats").map(|text| moved_in(&text)).unwrap_or_default()
}

/// Reads `/proc/diskstats` (`Documentation/admin-guide/iostats.rst`): sectors of 512 bytes.
fn moved_in(text: &str) -> BTreeMap<String, u64> {
    let device = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        let sectors = number(5)?.saturating_add(number(9)?);
        Some((format!("{}:{}", fields.first()?, fields.get(1)?), sectors.saturating_mul(512)))
    };
    let mut moved = BTreeMap::new();
    moved.extend(text.lines().filter_map(device));
    moved
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_disks_are_scanned_and_what_stands_on_them_is_not() {
        for disk in ["sda", "sdaa", "nvme0n1", "vda", "xvda", "mmcblk0", "pmem0"] {
            assert_eq!(no_disk(disk, 8, false), None, "{disk}");
        }
        for other in ["loop0", "zram12", "ram0", "sr0", "fd0", "dm-3", "md127", "nbd0"] {
            assert!(no_disk(other, 8, false).is_some(), "{other}");
        }
        assert!(no_disk("sda", 0, false).is_some(), "no medium");
        assert!(no_disk("nvme0c1n1", 8, true).is_some(), "a path");
    }

    #[test]
    fn bytes_moved_are_read_and_written_sectors() {
        let text = "   8       0 sda 100 0 2000 30 50 0 400 20 0 40 50 0 0 0 0 0 0\n 8 1 sda1 1\n";
        assert_eq!(moved_in(text), [("8:0".to_owned(), 2400 * 512)].into());
    }

    #[test]
    fn what_disks_count_is_taken_from_each_protocol() {
        let of = |smart| counters(&model::Disk { smart: Some(smart), ..model::Disk::default() });
        let ata = model::Smart {
            ata: Some(model::AtaSmart {
                attributes: vec![model::AtaAttribute {
                    id: 188,
                    raw: Some(0x0001_0000_0002),
                    ..model::AtaAttribute::default()
                }],
                ..model::AtaSmart::default()
            }),
            ..model::Smart::default()
        };
        assert_eq!(of(ata), Some(Counters::Ata(Ata { raw: [(188, 2)].into() })));
        let nvme = model::NvmeSmart { media_errors: Some(3), ..model::NvmeSmart::default() };
        let nvme = model::Smart { nvme: Some(nvme), ..model::Smart::default() };
        assert!(matches!(of(nvme), Some(Counters::Nvme(Nvme { media_errors: 3, .. }))));
        let scsi = model::ScsiSmart { grown_defects: Some(4), ..model::ScsiSmart::default() };
        let scsi = model::Smart { scsi: Some(scsi), ..model::Smart::default() };
        let found = Scsi { grown_defects: Some(4), uncorrected: None };
        assert_eq!(of(scsi), Some(Counters::Scsi(found)));
        assert_eq!(of(model::Smart::default()), None);
    }
}
