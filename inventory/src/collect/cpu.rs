//! Processors as the kernel sees them: packages, cores, threads, NUMA nodes.
//!
//! Package ids are arbitrary numbers (36 and 8442 on one Kunpeng machine, −1
//! with some firmware): they are told apart and counted, never used as an
//! index. An offline processor has no topology folder, so that what is behind
//! it is not known here; sockets are SMBIOS's to tell.

mod arm;
mod cpuinfo;
pub(crate) mod join;

use std::collections::{BTreeMap, BTreeSet};

use crate::Sysroot;
use crate::frequency;
use crate::model::{Cpu, Frequency, Origin, Section, SectionState, SourceId, SourceKind, Topology};

use super::platform::architecture;
use super::read::{self, id_list};
use super::{Builder, Options};

/// The sections of this collector.
///
/// Processors are joined with SMBIOS's sockets, which settles their section.
pub(crate) const SECTIONS: &[Section] = &[Section::Topology];

const CPU: &str = "/sys/devices/system/cpu";

/// The highest processor number that is believed; kernels are built for 8,192.
const MOST: u32 = 65_535;

/// A processor that is online.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Processor {
    id: u32,
    package: i64,
    /// The kernel's core number, unique inside a die at best.
    core: i64,
    /// The threads of its core, as the kernel writes them.
    siblings: String,
}

/// What is counted of a set of processors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Counts {
    packages: BTreeMap<i64, Package>,
    cores: u32,
    threads: u32,
}

/// What is counted of a package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Package {
    cores: u32,
    threads: u32,
    first: u32,
}

/// Collects packages and topology.
pub(crate) fn cpu(root: &Sysroot, _options: &Options, builder: &Builder) {
    let sysfs = builder.source(SourceKind::Sysfs, format!("sysfs:{CPU}"));
    let proc = builder.source(SourceKind::Proc, "proc:/proc/cpuinfo");
    let text = root.text("/proc/cpuinfo").unwrap_or_default();
    if !text.is_empty() {
        builder.evidence("/proc/cpuinfo", text.clone().into_bytes(), "proc:/proc/cpuinfo");
    }
    let info = cpuinfo::parse(&text);
    let present = present(root, &info);
    let online = present.iter().filter_map(|id| processor(root, *id)).collect::<Vec<_>>();
    let counts = count(&online);
    let offline = present.len().saturating_sub(online.len());

    let seen = Seen { root, counts: &counts, info: &info, sysfs, proc };
    let packages = seen.packages(architecture(root, &text).as_deref());
    builder.edit(|inventory| inventory.cpu = packages);
    if online.is_empty() {
        let reason = no_topology(root);
        builder.section(Section::Topology, reason.0, reason.1);
        return;
    }
    let topology = Topology {
        packages: u32::try_from(counts.packages.len()).ok(),
        numa_nodes: numa_nodes(root),
        cores: Some(counts.cores),
        threads_online: Some(counts.threads),
        threads_present: u32::try_from(present.len()).ok(),
        smt: Some(counts.threads > counts.cores),
        origin: Origin::of(sysfs),
    };
    builder.edit(|inventory| inventory.topology = Some(topology));
    let (state, reason) = if offline == 0 {
        (SectionState::Complete, None)
    } else {
        let all = present.len();
        let reason = format!("{offline} of {all} processors are offline: their cores are not seen");
        (SectionState::Partial, Some(reason))
    };
    builder.section(Section::Topology, state, reason);
}

fn no_topology(root: &Sysroot) -> (SectionState, Option<String>) {
    match root.list(CPU) {
        Err(error) => read::refused(CPU, &error),
        Ok(_) => (SectionState::Failed, Some(format!("no processor under {CPU} has a topology"))),
    }
}

/// Returns the processors that are there, online or not.
fn present(root: &Sysroot, info: &cpuinfo::CpuInfo) -> Vec<u32> {
    if let Some(text) = read::text(root, &format!("{CPU}/present")) {
        return id_list(&text, MOST);
    }
    let folders = root.list(CPU).unwrap_or_default();
    let ids: Vec<u32> =
        folders.iter().filter_map(|name| name.strip_prefix("cpu")?.parse().ok()).collect();
    if ids.is_empty() { info.processors.iter().map(|cpu| cpu.id).collect() } else { ids }
}

/// Returns what sysfs says of an online processor.
fn processor(root: &Sysroot, id: u32) -> Option<Processor> {
    let topology = format!("{CPU}/cpu{id}/topology");
    let package = read::number(root, &format!("{topology}/physical_package_id"))?;
    // `core_cpus_list` is the newer name of `thread_siblings_list` (5.x); the
    // oldest kernels have the mask only.
    let siblings = ["core_cpus_list", "thread_siblings_list", "thread_siblings"]
        .iter()
        .find_map(|name| read::text(root, &format!("{topology}/{name}")));
    let core = read::number(root, &format!("{topology}/core_id")).unwrap_or(-1);
    let siblings = siblings.unwrap_or_else(|| format!("{package}/{core}"));
    Some(Processor { id, package, core, siblings })
}

/// Counts packages, cores and threads.
///
/// Threads of one core share its list of siblings and its number. AMD's
/// Bulldozer pairs share the list but not the number: two cores.
fn count(online: &[Processor]) -> Counts {
    let mut counts = Counts::default();
    let mut cores = BTreeSet::new();
    for cpu in online {
        let first = Package { first: cpu.id, ..Package::default() };
        let package = counts.packages.entry(cpu.package).or_insert(first);
        package.threads = package.threads.saturating_add(1);
        counts.threads = counts.threads.saturating_add(1);
        if cores.insert((cpu.package, cpu.siblings.as_str(), cpu.core)) {
            package.cores = package.cores.saturating_add(1);
            counts.cores = counts.cores.saturating_add(1);
        }
    }
    counts
}

/// Returns the number of NUMA nodes with processors or memory; a kernel without
/// NUMA shows none.
fn numa_nodes(root: &Sysroot) -> Option<u32> {
    let base = "/sys/devices/system/node";
    let names = root.list(base).ok()?;
    let nodes = names
        .iter()
        .filter(|name| name.strip_prefix("node").is_some_and(|id| id.parse::<u32>().is_ok()));
    let counted = nodes.filter(|name| {
        let node = format!("{base}/{name}");
        let cpus = read::text(root, &format!("{node}/cpulist")).is_some();
        cpus || has_processor(root, &node) || has_memory(root, &node)
    });
    u32::try_from(counted.count()).ok()
}

fn has_processor(root: &Sysroot, node: &str) -> bool {
    let mask = read::text(root, &format!("{node}/cpumap")).unwrap_or_default();
    mask.chars().any(|c| c.is_ascii_hexdigit() && c != '0')
}

fn has_memory(root: &Sysroot, node: &str) -> bool {
    let text = root.text(&format!("{node}/meminfo")).unwrap_or_default();
    let total = text.lines().find_map(|line| line.split_once("MemTotal:"));
    total.is_some_and(|(_, rest)| rest.split_whitespace().next().is_some_and(|size| size != "0"))
}

/// What packages are described from.
struct Seen<'a> {
    root: &'a Sysroot,
    counts: &'a Counts,
    info: &'a cpuinfo::CpuInfo,
    sysfs: SourceId,
    proc: SourceId,
}

impl Seen<'_> {
    /// Returns one object per package, in the order of their ids.
    fn packages(&self, architecture: Option<&str>) -> Vec<Cpu> {
        let packages = self.counts.packages.iter();
        packages.map(|(id, package)| self.package(*id, package, architecture)).collect()
    }

    fn package(&self, id: i64, package: &Package, architecture: Option<&str>) -> Cpu {
        let base = format!("{CPU}/cpu{}", package.first);
        let named = self.info.of(package.first);
        let microcode = read::text(self.root, &format!("{base}/microcode/version"));
        let (frequency_hz, clock_source) = self.clock(&base, named.model.as_deref());
        let mut origin = Origin::of(self.sysfs);
        let mut from_proc = |field: &str, there: bool| {
            if there {
                origin.sources.insert(field.to_owned(), self.proc);
            }
        };
        from_proc("model", named.model.is_some());
        from_proc("manufacturer", named.vendor.is_some());
        from_proc("architecture", architecture.is_some());
        from_proc("microcode", microcode.is_none() && named.microcode.is_some());
        from_proc("frequency_hz.nominal", clock_source == Some(self.proc));
        if let Some(raw) = &named.vendor_raw {
            origin.raw.insert("manufacturer".to_owned(), raw.clone());
        }
        Cpu {
            present: Some(true),
            enabled: Some(true),
            manufacturer: named.vendor.clone(),
            model: named.model.clone(),
            architecture: architecture.map(str::to_owned),
            cores: Some(package.cores),
            threads: Some(package.threads),
            frequency_hz,
            package_id: Some(id),
            microcode: microcode.or_else(|| named.microcode.clone()),
            origin,
            ..Cpu::default()
        }
    }

    /// Returns the base clock: the number in the name, else the kernel's
    /// `base_frequency` (`intel_pstate` only). `cpuinfo_max_freq` is turbo.
    fn clock(&self, base: &str, name: Option<&str>) -> (Frequency, Option<SourceId>) {
        let khz = |file: &str| -> Option<u64> {
            let khz: u64 = read::number(self.root, &format!("{base}/cpufreq/{file}"))?;
            khz.checked_mul(1_000)
        };
        let clock = frequency::nominal(name, khz("base_frequency"), None);
        let source = clock.map(|(_, basis)| match basis {
            frequency::Basis::Name => self.proc,
            _ => self.sysfs,
        });
        let max_claimed = khz("cpuinfo_max_freq");
        let nominal = clock.map(|(hertz, _)| hertz);
        (Frequency { nominal, current: None, max_claimed }, source)
    }
}

#[cfg(test)]
mod tests;
