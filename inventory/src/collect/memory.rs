//! Memory as the running kernel sees it, and its error counters.
//!
//! `MemTotal` is what the kernel hands out, always less than what is installed.
//! EDAC counts ranks or channels with some drivers: it never feeds the number of
//! slots.

use crate::Sysroot;
use crate::model::{EdacCounters, Memory, Origin, Section, SectionState, SourceKind};

use super::read;
use super::{Builder, Options};

/// The sections of this collector.
pub(crate) const SECTIONS: &[Section] = &[Section::Memory];

const BLOCKS: &str = "/sys/devices/system/memory";
const EDAC: &str = "/sys/devices/system/edac/mc";

/// Collects memory.
pub(crate) fn memory(root: &Sysroot, _options: &Options, builder: &Builder) {
    let proc = builder.source(SourceKind::Proc, "proc:/proc/meminfo");
    let mut memory = Memory { origin: Origin::of(proc), ..Memory::default() };
    let mut reasons = Vec::new();
    match root.text("/proc/meminfo") {
        Ok(text) => {
            memory.usable_bytes = total(&text);
            if memory.usable_bytes.is_none() {
                reasons.push("/proc/meminfo has no MemTotal".to_owned());
            }
            builder.evidence("/proc/meminfo", text.into_bytes(), "proc:/proc/meminfo");
        }
        Err(error) => reasons.extend(read::refused("/proc/meminfo", &error).1),
    }
    memory.online_bytes = online(root);
    if memory.online_bytes.is_some() {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{BLOCKS}"));
        memory.origin.sources.insert("online_bytes".to_owned(), source);
    }
    memory.edac = edac(root);
    if !memory.edac.is_empty() {
        let source = builder.source(SourceKind::Sysfs, format!("sysfs:{EDAC}"));
        memory.origin.sources.insert("edac".to_owned(), source);
    }
    let nothing = memory.usable_bytes.is_none() && memory.online_bytes.is_none();
    if nothing && memory.edac.is_empty() {
        let reason = Some(reasons.join("; "));
        builder.section(Section::Memory, SectionState::Failed, reason);
        return;
    }
    builder.edit(|inventory| inventory.memory = Some(memory));
    let (state, reason) = read::settled(&reasons);
    builder.section(Section::Memory, state, reason);
}

/// Returns `MemTotal` in bytes; the file's kB are KiB.
fn total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let mut words = line.split_whitespace();
    let count: u64 = words.next()?.parse().ok()?;
    (words.next() == Some("kB")).then(|| count.checked_mul(1024))?
}

/// Returns the size of all memory blocks that are online.
fn online(root: &Sysroot) -> Option<u64> {
    let size = u64::from_str_radix(&read::hex(root, &format!("{BLOCKS}/block_size_bytes"))?, 16);
    let names = root.list(BLOCKS).ok()?;
    let is_block =
        |name: &&String| name.strip_prefix("memory").is_some_and(|id| id.parse::<u64>().is_ok());
    let is_online = |name: &&String| {
        let state = read::text(root, &format!("{BLOCKS}/{name}/state"));
        state.as_deref().map_or_else(
            || read::text(root, &format!("{BLOCKS}/{name}/online")).as_deref() == Some("1"),
            |state| state == "online",
        )
    };
    let blocks = u64::try_from(names.iter().filter(is_block).filter(is_online).count()).ok()?;
    size.ok()?.checked_mul(blocks).filter(|bytes| *bytes > 0)
}

/// Returns the error counters of every controller and what is below it.
fn edac(root: &Sysroot) -> Vec<EdacCounters> {
    let mut all = Vec::new();
    for controller in root.list(EDAC).unwrap_or_default() {
        if !is_numbered(&controller, "mc") {
            continue;
        }
        let base = format!("{EDAC}/{controller}");
        all.push(EdacCounters {
            name: controller.clone(),
            label: read::text(root, &format!("{base}/mc_name")),
            corrected: read::number(root, &format!("{base}/ce_count")),
            uncorrected: read::number(root, &format!("{base}/ue_count")),
        });
        for part in root.list(&base).unwrap_or_default() {
            // Drivers that address ranks name them so.
            if !(is_numbered(&part, "dimm") || is_numbered(&part, "rank")) {
                continue;
            }
            let at = format!("{base}/{part}");
            let label = read::text(root, &format!("{at}/dimm_label"));
            all.push(EdacCounters {
                name: format!("{controller}/{part}"),
                label: label.or_else(|| read::text(root, &format!("{at}/dimm_location"))),
                corrected: read::number(root, &format!("{at}/dimm_ce_count")),
                uncorrected: read::number(root, &format!("{at}/dimm_ue_count")),
            });
        }
    }
    all
}

fn is_numbered(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem).is_some_and(|id| id.parse::<u32>().is_ok())
}
