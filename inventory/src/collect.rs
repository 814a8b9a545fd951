//! Looks at a machine, or at a recorded root, and fills one [`Inventory`].
//!
//! Every collector stands alone: it has its sections, its own deadline and its
//! own thread. One that finds nothing, fails, hangs or panics costs its
//! sections a reason and nothing else. What belongs together (sockets and
//! packages, slots and cards) is joined afterwards, in values.

mod assemble;
mod bmc;
mod builder;
mod controller;
mod cpu;
mod disk;
mod fc;
mod firmware;
mod gpu;
mod infiniband;
mod join;
mod lldp;
mod memory;
mod net;
mod options;
mod pci;
mod planes;
mod platform;
mod read;
mod run;
mod sensors;
#[cfg(test)]
mod testing;
mod tpm;

use crate::model::Section;
use crate::{Inventory, Sysroot};

pub use builder::Builder;
pub use options::{Options, PlaneName, PlaneNameError, Selector};

/// A raw file that facts were read from, kept for the report's evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceFile {
    /// Where it goes in the evidence: `sys/firmware/dmi/tables/DMI`.
    pub path: String,
    /// What was read.
    pub bytes: Vec<u8>,
    /// The locator of the source it stands for: `sysfs:/sys/firmware/…`.
    pub locator: String,
}

/// What a collection yields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Collected {
    /// The machine.
    pub inventory: Inventory,
    /// The raw tables and files that speak for it.
    pub evidence: Vec<EvidenceFile>,
}

/// Looks at the machine under `root` and returns what it found and how
/// complete that is. It never fails: what cannot be read is a section's reason.
///
/// `progress` is told each section as its collector ends.
pub fn collect(
    root: &Sysroot,
    options: &Options,
    progress: &(dyn Fn(Section) + Sync),
) -> Collected {
    let interrupt = options.interrupt.as_deref();
    let mut collected = Collected::default();
    for part in run::run(jobs(root, options), interrupt, progress) {
        assemble::absorb(&mut collected, part);
    }
    join::join(&mut collected.inventory);
    if !options.now.is_empty() {
        collected.inventory.collected_at = Some(options.now.clone());
    }
    collected
}

/// Looks at the disks alone, as [`collect`] does: for what they count before and after
/// something.
pub fn collect_disks(root: &Sysroot, options: &Options) -> Collected {
    let mut collected = Collected::default();
    let disks = jobs(root, options).into_iter().filter(|job| job.name == "disk").collect();
    for part in run::run(disks, options.interrupt.as_deref(), &|_| {}) {
        assemble::absorb(&mut collected, part);
    }
    collected
}

/// A collector: reads a root, writes its share.
type Collector = fn(&Sysroot, &Options, &Builder);

/// Every collector with its name and sections, in the document's order.
const COLLECTORS: &[(&str, &[Section], Collector)] = &[
    ("firmware", firmware::SECTIONS, firmware::firmware),
    ("bmc", bmc::SECTIONS, bmc::bmc),
    ("platform", platform::SECTIONS, platform::platform),
    ("cpu", cpu::SECTIONS, cpu::cpu),
    ("memory", memory::SECTIONS, memory::memory),
    ("pci", pci::SECTIONS, pci::pci),
    ("net", net::SECTIONS, net::net),
    ("fc", fc::SECTIONS, fc::fc),
    ("infiniband", infiniband::SECTIONS, infiniband::infiniband),
    ("controller", controller::SECTIONS, controller::controllers),
    ("disk", disk::SECTIONS, disk::disks),
    ("sensors", sensors::SECTIONS, sensors::sensors),
    ("gpu", gpu::SECTIONS, gpu::gpu),
    ("tpm", tpm::SECTIONS, tpm::tpm),
    ("planes", planes::SECTIONS, planes::planes),
];

fn jobs(root: &Sysroot, options: &Options) -> Vec<run::Job> {
    let job = |(name, sections, collector): &(&'static str, &'static [Section], Collector)| {
        let (root, options, collector) = (root.clone(), options.clone(), *collector);
        run::Job {
            name,
            sections,
            deadline: options.section_deadline,
            work: Box::new(move |builder| collector(&root, &options, builder)),
        }
    };
    let mut jobs: Vec<_> = COLLECTORS.iter().map(job).collect();
    // Listening takes as long as the operator allows, and is done when asked.
    if let Some(deadline) = lldp::deadline(root, options) {
        jobs.push(run::Job { deadline, ..job(&("lldp", lldp::SECTIONS, lldp::lldp)) });
    }
    jobs
}
