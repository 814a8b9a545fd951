//! The figures of `storage-bench`: its engine against fio, `t/io_uring`, caps and stalls.
//!
//! The engine is measured as it is shipped: `assay storage run` as a whole process, start-up
//! and the kernel's workers for it included. Processor time for each operation says more on
//! a shared machine than operations a second do; each figure names the load of the machine
//! when it began, and what the hypervisor took meanwhile.

mod absent;
mod caps;
mod cost;
mod lab;
mod memory;
mod noise;
mod peers;
pub(super) mod process;
mod rate;
mod stall;
mod tests;

use hw_tests::sample::Spread;

pub(super) use absent::absent;
pub(super) use noise::Noise;

use super::{Case, CaseError, Figure, TOLERANCE};

/// The cases, in the order of the page.
pub(super) const CASES: &[Case] = &[
    Case { name: "storage-cost-zram", measure: cost::zram },
    Case { name: "storage-cost-file", measure: cost::file },
    Case { name: "storage-cost-one", measure: cost::one },
    Case { name: "storage-ring", measure: cost::ring },
    Case { name: "storage-caps", measure: caps::caps },
    Case { name: "storage-stall", measure: stall::stall },
    Case { name: "storage-rate", measure: rate::rate },
    Case { name: "storage-threads", measure: rate::threads },
    Case { name: "storage-memory", measure: memory::memory },
    Case { name: "storage-percentiles", measure: tests::percentiles },
    Case { name: "storage-merge", measure: tests::merge },
    Case { name: "storage-pts", measure: tests::pts },
    Case { name: "storage-scan", measure: tests::scan },
];

/// Returns the figure of values whose median has to stay at or below `limit`.
///
/// Noise makes some rounds worse and a slower program makes all: a reduced run is broken
/// where even the best of them is beyond the tolerance.
pub(super) fn at_most(
    what: &str,
    bar: &str,
    limit: f64,
    found: Spread,
    measured: String,
) -> Figure {
    Figure {
        what: what.to_owned(),
        bar: bar.to_owned(),
        measured,
        met: Some(found.median <= limit),
        broken: Some(found.min > limit * TOLERANCE),
    }
}

/// Returns a figure that informs only: there is no bar, or nothing to hold against it.
pub(super) fn only_told(what: &str, bar: &str, measured: String) -> Figure {
    Figure { what: what.to_owned(), bar: bar.to_owned(), measured, met: None, broken: None }
}

/// Returns the spread of `values`.
pub(super) fn spread(values: &[f64]) -> Result<Spread, CaseError> {
    Spread::of(values).ok_or_else(|| CaseError::Failed("nothing was measured".to_owned()))
}
