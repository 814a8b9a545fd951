//! Looks at a machine, or at a recorded root, and fills one [`Inventory`].
//!
//! Every collector stands alone: it has its sections, its own deadline and its
//! own thread. One that finds nothing, fails, hangs or panics costs its
//! sections a reason and nothing else. What belongs together (sockets and
//! packages, slots and cards) is joined afterwards, in values.

mod assemble;
mod builder;
mod options;
mod run;

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
    if !options.now.is_empty() {
        collected.inventory.collected_at = Some(options.now.clone());
    }
    collected
}

/// The collectors, in the order of their sections in the document.
fn jobs(_root: &Sysroot, _options: &Options) -> Vec<run::Job> {
    Vec::new()
}
