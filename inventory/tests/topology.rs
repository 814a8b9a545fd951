//! Recorded machines of the hwloc project: what we count against what hwloc
//! counts, tree by tree.
//!
//! The trees are not part of this repository (see `ASSAY_CORPUS`); where they
//! are missing the tests are ignored with the reason.

#[path = "topology/corpus.rs"]
mod corpus;

use std::collections::BTreeMap;
use std::process::ExitCode;

use inventory::Sysroot;
use inventory::collect::{Collected, Options, collect};
use inventory::model::{Section, SectionState};
use libtest_mimic::{Arguments, Completion, Failed, Trial};

use corpus::{Corpus, Expected, Tree};

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let found = Corpus::find();
    let mut trials = Vec::new();
    for tree in corpus::TREES {
        let name = format!("hwloc's counts of {}", tree.name);
        let found = found.clone();
        trials.push(Trial::ignorable_test(name, move || match &found {
            Ok(found) => check(found, tree).map(|()| Completion::Completed),
            Err(reason) => corpus::absent(reason),
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn check(corpus: &Corpus, tree: &Tree) -> Result<(), Failed> {
    let (dir, expected) = corpus.open(tree)?;
    let root = Sysroot::at(dir.path())?;
    let collected = collect(&root, &Options::default(), &|_| ());
    counts(&collected, tree)?;
    caches_and_models(&collected, &expected)?;
    dmi(&collected, &expected)?;
    pci(&collected, &expected)?;
    blocks(&collected, &expected)?;
    sections(&collected)
}

/// Sockets, NUMA nodes, cores and threads.
fn counts(collected: &Collected, tree: &Tree) -> Result<(), Failed> {
    let topology = collected.inventory.topology.as_ref().ok_or("no topology")?;
    let ours = [topology.packages, topology.numa_nodes, topology.cores, topology.threads_online];
    same("packages, nodes, cores, threads", &ours, &tree.counts.map(Some))?;
    let packages = collected.inventory.cpu.iter().filter(|cpu| cpu.package_id.is_some()).count();
    same("processors", &u32::try_from(packages)?, &tree.counts[0])
}

/// The names of processors.
fn caches_and_models(collected: &Collected, expected: &Expected) -> Result<(), Failed> {
    let ours: Vec<_> = collected.inventory.cpu.iter().filter_map(|cpu| cpu.model.clone()).collect();
    if expected.models.is_empty() {
        return Ok(());
    }
    same("models", &ours, &expected.models)
}

/// The strings of `/sys/class/dmi/id`, placeholders apart.
fn dmi(collected: &Collected, expected: &Expected) -> Result<(), Failed> {
    let inventory = &collected.inventory;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut ours = BTreeMap::new();
    if let Some(system) = &inventory.system {
        ours.insert("DMIProductName", text(&system.product));
        ours.insert("DMISysVendor", text(&system.manufacturer));
        ours.insert("DMIProductSerial", text(&system.serial));
        ours.insert("DMIProductUUID", text(&system.uuid));
    }
    if let Some(board) = inventory.board.first() {
        ours.insert("DMIBoardVendor", text(&board.manufacturer));
        ours.insert("DMIBoardName", text(&board.product));
        ours.insert("DMIBoardVersion", text(&board.version));
        ours.insert("DMIBoardSerial", text(&board.serial));
    }
    if let Some(chassis) = inventory.chassis.first() {
        ours.insert("DMIChassisVendor", text(&chassis.manufacturer));
    }
    if let Some(firmware) = inventory.firmware.first() {
        ours.insert("DMIBIOSVendor", text(&firmware.vendor));
        ours.insert("DMIBIOSVersion", text(&firmware.version));
        ours.insert("DMIBIOSDate", text(&firmware.date));
    }
    for (name, ours) in ours {
        let theirs = expected.dmi.get(name).cloned().unwrap_or_default();
        let theirs = inventory::placeholder::clean(&theirs).value.unwrap_or_default();
        same(name, &ours, &theirs)?;
    }
    same("the system is described", &inventory.system.is_some(), &!expected.dmi.is_empty())
}

/// Ids and classes of every PCI function that hwloc shows.
fn pci(collected: &Collected, expected: &Expected) -> Result<(), Failed> {
    for theirs in &expected.pci {
        let ours = collected.inventory.pci.iter().find(|device| device.address == theirs.address);
        let ours = ours.ok_or_else(|| format!("{} is missing", theirs.address))?;
        let id = |id: &Option<String>| id.clone().unwrap_or_default();
        same(&theirs.address, &id(&ours.vendor_id), &theirs.vendor)?;
        same(&theirs.address, &id(&ours.device_id), &theirs.device)?;
        let class = id(&ours.class).get(..4).unwrap_or_default().to_owned();
        same(&theirs.address, &class, &theirs.class)?;
        if let Some(slot) = &theirs.slot {
            same(&theirs.address, &id(&ours.slot), slot)?;
        }
    }
    Ok(())
}

/// Sizes of physical disks; hwloc gives KiB.
fn blocks(collected: &Collected, expected: &Expected) -> Result<(), Failed> {
    let sizes: BTreeMap<&str, u64> = expected
        .blocks
        .iter()
        .map(|(name, kib)| (name.as_str(), kib.saturating_mul(1024)))
        .collect();
    for disk in &collected.inventory.disk {
        let name = disk.name.as_deref().unwrap_or_default();
        if let (Some(theirs), Some(ours)) = (sizes.get(name), disk.size_bytes) {
            // hwloc rounds down to KiB.
            same(name, &(ours / 1024 * 1024), theirs)?;
        }
    }
    Ok(())
}

/// Every section has a status, and one that is not complete a reason.
fn sections(collected: &Collected) -> Result<(), Failed> {
    let sections = &collected.inventory.sections;
    for (section, status) in sections {
        if status.status != SectionState::Complete && status.reason.is_none() {
            return Err(format!("{section:?} has no reason").into());
        }
    }
    for section in [Section::System, Section::Cpu, Section::Dimm, Section::Disk, Section::Identity]
    {
        sections.get(&section).ok_or_else(|| format!("{section:?} has no status"))?;
    }
    if collected.inventory.system.is_none() {
        same("identity", &sections[&Section::Identity].status, &SectionState::Unsupported)?;
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &T, theirs: &T) -> Result<(), Failed> {
    if ours == theirs { Ok(()) } else { Err(format!("{what}: {ours:?}, not {theirs:?}").into()) }
}
