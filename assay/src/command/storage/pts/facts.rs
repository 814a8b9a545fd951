//! What the kernel says of a device under test and of this host; nothing of it decides
//! whether the device may be written.

use std::{fs, path::PathBuf};

use storage_bench::{
    pts::{Platform, Written},
    safety::{Block, BlockKind, What},
};

/// Returns the folder of a block device in sysfs; that of its disk, for a partition.
fn folder(block: &Block) -> PathBuf {
    let number = format!("{}:{}", block.number.major, block.number.minor);
    let own = PathBuf::from("/sys/dev/block").join(number);
    match block.kind {
        // Beside it its disk is written too, by others.
        BlockKind::Partition { .. } => own.join(".."),
        _ => own,
    }
}

fn read(block: &Block, file: &str) -> Option<String> {
    let text = fs::read_to_string(folder(block).join(file)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns how much was written to the device since this boot.
pub(super) fn written(what: &What) -> Written {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let boot = boot.map(|text| text.trim().to_owned());
    let What::Block(block) = what else { return Written { boot, bytes: None } };
    // The seventh number of `stat`, in sectors of 512 bytes whatever the device's are.
    let stat = read(block, "stat");
    let sectors = stat.and_then(|stat| stat.split_whitespace().nth(6)?.parse::<u64>().ok());
    Written { boot, bytes: sectors.map(|sectors| sectors.saturating_mul(512)) }
}

/// Returns the state of the volatile write cache, as the kernel has it.
pub(super) fn write_cache(what: &What) -> String {
    let What::Block(block) = what else { return "unknown".to_owned() };
    match read(block, "queue/write_cache").as_deref() {
        Some("write back") => "enabled".to_owned(),
        Some("write through") => "disabled".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// Returns whether the device takes discards.
pub(super) fn takes_discard(what: &What) -> bool {
    let What::Block(block) = what else { return false };
    let most = read(block, "queue/discard_max_bytes");
    most.and_then(|most| most.parse::<u64>().ok()).is_some_and(|most| most > 0)
}

/// Returns what the report's header says of the host and of the device's firmware.
pub(super) fn platform(what: &What) -> Platform {
    let first = |file: &str, key: &str| {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(key))?;
        let (_, value) = line.split_once([':', '='])?;
        Some(value.trim().trim_matches('"').to_owned())
    };
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").ok();
    let kernel = kernel.map(|text| format!("Linux {}", text.trim()));
    let system: Vec<String> =
        first("/etc/os-release", "PRETTY_NAME").into_iter().chain(kernel).collect();
    let memory = first("/proc/meminfo", "MemTotal");
    let memory = memory.and_then(|text| text.split(' ').next()?.parse::<u64>().ok());
    let of_device = |files: &[&str]| {
        let What::Block(block) = what else { return None };
        files.iter().find_map(|file| read(block, file))
    };
    Platform {
        tool: Some(format!("assay {}", env!("CARGO_PKG_VERSION"))),
        os: Some(system.join(", ")).filter(|text| !text.is_empty()),
        cpu: first("/proc/cpuinfo", "model name"),
        memory_bytes: memory.map(|kibibytes| kibibytes.saturating_mul(1024)),
        firmware: of_device(&["device/firmware_rev", "device/rev"]),
        transport: transport(what),
    }
}

/// Returns how the device is attached, by the path of its device in sysfs.
fn transport(what: &What) -> Option<String> {
    let What::Block(block) = what else { return None };
    let path = fs::canonicalize(folder(block)).ok()?;
    let path = path.to_str()?;
    [("/nvme", "nvme"), ("/ata", "sata"), ("/usb", "usb"), ("/virtio", "virtio"), ("/rport", "fc")]
        .into_iter()
        .chain([
            ("/end_device", "sas"),
            ("/session", "iscsi"),
            ("/zram", "zram"),
            ("/loop", "loop"),
        ])
        .find(|(part, _)| path.contains(part))
        .map(|(_, word)| word.to_owned())
}
