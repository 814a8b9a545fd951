//! Types 4 and 7: processors and caches.

use crate::frequency;
use crate::model::{Cache, Cpu, Frequency};
use crate::smbios::record::Record;

use super::Builder;
use super::reader::Reader;

impl Builder<'_> {
    /// Only central processors are sockets; the rest stays in the raw view.
    pub(super) fn processor(&mut self, record: &dyn Record) {
        let central = record.value("Type").is_some_and(|kind| kind.to_string().trim() == CENTRAL);
        if !central {
            return;
        }
        let mut r = self.read(record);
        let (present, enabled) = status(&r);
        let manufacturer = r.text("manufacturer", "Manufacturer");
        let model = r.text("model", "Version");
        let family = r.owned_word("Family");
        let mut frequency_hz = Frequency {
            nominal: None,
            current: r.hertz("Current Speed"),
            max_claimed: r.hertz("Max Speed"),
        };
        if present != Some(false) {
            frequency_hz.nominal =
                frequency::nominal(model.as_deref(), None, frequency_hz.current).map(|(hz, _)| hz);
        }
        let cpu = Cpu {
            locator: r.locator("locator", "Socket Designation"),
            present,
            enabled,
            architecture: architecture(
                family.as_deref(),
                manufacturer.as_deref(),
                model.as_deref(),
            )
            .map(str::to_owned),
            manufacturer,
            model,
            family,
            cores: count(&mut r, present, "cores", "Core Count"),
            cores_enabled: count(&mut r, present, "cores_enabled", "Core Enabled"),
            threads: count(&mut r, present, "threads", "Thread Count"),
            frequency_hz,
            package_id: None,
            microcode: None,
            serial: r.text("serial", "Serial Number"),
            part_number: r.text("part_number", "Part Number"),
            socket: r.owned_word("Upgrade"),
            origin: self.done(r),
        };
        self.inventory.cpu.push(cpu);
    }

    pub(super) fn cache(&mut self, record: &dyn Record) {
        let mut r = self.read(record);
        let configuration = r.word("Configuration").unwrap_or_default();
        let enabled = match configuration.split(", ").next() {
            Some("Enabled") => Some(true),
            Some("Disabled") => Some(false),
            _ => None,
        };
        let level = configuration.rsplit(", ").next().and_then(|part| part.strip_prefix("Level "));
        let cache = Cache {
            locator: r.locator("locator", "Socket Designation"),
            level: level.and_then(|level| level.trim().parse().ok()),
            size_bytes: r.size("Installed Size"),
            max_size_bytes: r.size("Maximum Size"),
            enabled,
            kind: r.owned_word("System Type"),
            associativity: r.owned_word("Associativity"),
            origin: self.done(r),
        };
        self.inventory.cache.push(cache);
    }
}

const CENTRAL: &str = "Central Processor";

/// Populated or not, enabled or not: `Populated, Disabled By BIOS`.
fn status(r: &Reader<'_>) -> (Option<bool>, Option<bool>) {
    let Some(status) = r.word("Status") else { return (None, None) };
    let Some(state) = status.strip_prefix("Populated") else {
        return ((status == "Unpopulated").then_some(false), None);
    };
    let enabled = match state.trim_start_matches([',', ' ']) {
        "Enabled" => Some(true),
        "Disabled By User" | "Disabled By BIOS" | "Idle" => Some(false),
        _ => None,
    };
    (Some(true), enabled)
}

/// An empty socket has no cores, whatever it claims; the claim is kept as raw.
fn count(r: &mut Reader<'_>, present: Option<bool>, field: &str, name: &str) -> Option<u32> {
    let count = r.small(name).filter(|&count| count > 0)?;
    if present == Some(false) {
        r.keep_raw(field, count.to_string());
        return None;
    }
    Some(count)
}

/// Words in a processor's name or maker, and the architecture they stand for.
/// Names come before families: some firmware writes an x86 family for anything.
const BY_NAME: &[(&str, &str)] = &[
    ("kunpeng", "aarch64"),
    ("hi16", "aarch64"),
    ("hisilicon", "aarch64"),
    ("phytium", "aarch64"),
    ("ft-2000", "aarch64"),
    ("ft2000", "aarch64"),
    ("tengyun", "aarch64"),
    ("ampere", "aarch64"),
    ("thunderx", "aarch64"),
    ("neoverse", "aarch64"),
    ("cortex-a", "aarch64"),
    ("graviton", "aarch64"),
    ("loongson", "loongarch64"),
    ("loongarch", "loongarch64"),
    ("sunway", "sw64"),
    ("sw-64", "sw64"),
    ("hygon", "x86_64"),
    ("zhaoxin", "x86_64"),
    ("kaixian", "x86_64"),
    ("kaisheng", "x86_64"),
    ("centaur", "x86_64"),
    ("epyc", "x86_64"),
    ("opteron", "x86_64"),
    ("ryzen", "x86_64"),
    ("xeon", "x86_64"),
    ("itanium", "ia64"),
];

/// Beginnings of families, the longer ones before those they begin with.
const BY_FAMILY: &[(&str, &str)] = &[
    ("ARMv7", "arm"),
    ("ARMv", "aarch64"),
    ("Opteron A-Series", "aarch64"),
    ("Loongson 1", "mips"),
    ("Loongson 2", "mips"),
    ("LoongArch", "loongarch64"),
    ("RV64", "riscv64"),
    ("RV32", "riscv32"),
    ("Itanium", "ia64"),
    ("Alpha", "alpha"),
    ("MIPS", "mips"),
    ("Power PC", "powerpc"),
    ("UltraSPARC", "sparc64"),
    ("PA-RISC", "parisc"),
    ("z/Architecture", "s390x"),
    ("Xeon", "x86_64"),
    ("Dual-Core Xeon", "x86_64"),
    ("Quad-Core Xeon", "x86_64"),
    ("Multi-Core Xeon", "x86_64"),
    ("Core ", "x86_64"),
    ("Opteron", "x86_64"),
    ("Dual-Core Opteron", "x86_64"),
    ("Quad-Core Opteron", "x86_64"),
    ("Six-Core Opteron", "x86_64"),
    ("Third-Generation Opteron", "x86_64"),
    ("Embedded Opteron", "x86_64"),
    ("Athlon 64", "x86_64"),
    ("Athlon II", "x86_64"),
    ("Phenom", "x86_64"),
    ("Zen", "x86_64"),
    ("Nano", "x86_64"),
];

/// Returns the architecture of a processor as the kernel names it, where its
/// name, maker or family tells. 32-bit and unclear families tell nothing.
fn architecture(
    family: Option<&str>,
    maker: Option<&str>,
    model: Option<&str>,
) -> Option<&'static str> {
    let named = [model, maker].into_iter().flatten().find_map(|text| {
        let text = text.to_lowercase();
        BY_NAME.iter().find(|(word, _)| text.contains(word)).map(|&(_, found)| found)
    });
    let family = family.unwrap_or_default();
    let by_family =
        || BY_FAMILY.iter().find(|(word, _)| family.starts_with(word)).map(|&(_, found)| found);
    // Intel and AMD have made no 32-bit server processor since 2005.
    let by_maker = || {
        let maker = maker.unwrap_or_default().to_lowercase();
        let x86 = maker.contains("intel") || maker.contains("amd");
        x86.then_some("x86_64")
    };
    named.or_else(by_family).or_else(by_maker)
}
