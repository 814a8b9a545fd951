//! The cells of each test, their loads, and what `--fast` leaves of them.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurement::{Mode, Totals};
use crate::pts::PtsError;
use crate::workload::{BlockShare, Distribution, Order, Spec};

const KIB: u32 = 1024;
const MIB: u32 = 1024 * KIB;

/// Mixes of the IOPS test, by their share of reads, in the order of §7.3.
const MIXES: [u8; 7] = [100, 95, 65, 50, 35, 5, 0];

/// Sizes of the IOPS test, in the order of §7.3.
const SIZES: [u32; 8] = [MIB, 128 * KIB, 64 * KIB, 32 * KIB, 16 * KIB, 8 * KIB, 4 * KIB, KIB / 2];

/// A test of the specification.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Random operations of many mixes and sizes.
    #[default]
    Iops,
    /// Sequential reads and writes of large blocks.
    Throughput,
    /// Random operations one at a time.
    Latency,
}

impl Test {
    /// All of them, in the order of the specification.
    pub const ALL: [Self; 3] = [Self::Iops, Self::Throughput, Self::Latency];

    /// Returns its word: `iops`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Iops => "iops",
            Self::Throughput => "throughput",
            Self::Latency => "latency",
        }
    }

    /// Returns how its load is made. Rates are taken in batches, latencies one by one.
    pub fn mode(self) -> Mode {
        match self {
            Self::Iops | Self::Throughput => Mode::Throughput,
            Self::Latency => Mode::Latency,
        }
    }

    /// Returns the unit of its values.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Iops => "IOPS",
            Self::Throughput => "kB/s",
            Self::Latency => "us",
        }
    }

    /// Returns the value of a cell, in thousandths of [`Test::unit`].
    pub fn value_milli(self, totals: &Totals) -> u64 {
        match self {
            Self::Iops => totals.milli_iops,
            Self::Throughput => totals.bytes_per_s,
            Self::Latency => totals.service.mean_ns,
        }
    }
}

/// What a test is run on, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The test.
    pub test: Test,
    /// Size of the target; all of it is the active range.
    pub span_bytes: u64,
    /// Logical block size: smaller cells are left out.
    pub block_bytes: u32,
    /// Operations in flight at once, per thread. The latency test always has one.
    pub iodepth: u32,
    /// Threads that make the load. The latency test always has one.
    pub threads: u32,
    /// How long each cell runs. The specification's minute is for devices; an array with
    /// a cache of its own needs five or more.
    pub cell_ns: u64,
    /// State of the device's volatile write cache, as it was set: `disabled`, `enabled`
    /// or `unknown`.
    pub write_cache: String,
    /// Rounds that go on after the window, to see whether the device leaves steady state.
    /// The specification has none.
    pub watch_rounds: usize,
    /// Whether the test is made smaller.
    pub fast: bool,
    /// Seed of everything random.
    pub seed: u64,
}

impl Options {
    /// Returns the specification's own settings for enterprise devices: 32 operations in
    /// flight on each of 4 threads, a minute a cell.
    pub fn standard(test: Test, span_bytes: u64, block_bytes: u32) -> Self {
        Self {
            test,
            span_bytes,
            block_bytes,
            iodepth: 32,
            threads: 4,
            cell_ns: 60_000_000_000,
            write_cache: "unknown".to_owned(),
            watch_rounds: 0,
            fast: false,
            seed: 1,
        }
    }

    /// Returns the smaller test: 5 s a cell, nine cells of 56, the capacity once and at
    /// most 1 GiB of it.
    pub fn fast(test: Test, span_bytes: u64, block_bytes: u32) -> Self {
        Self {
            fast: true,
            cell_ns: 5_000_000_000,
            span_bytes: span_bytes.min(1 << 30),
            threads: 1,
            ..Self::standard(test, span_bytes, block_bytes)
        }
    }

    /// Returns how much preconditioning writes: twice the capacity, once if fast.
    pub fn precondition_bytes(&self) -> u64 {
        if self.fast { self.span_bytes } else { self.span_bytes.saturating_mul(2) }
    }

    pub(super) fn cell_iodepth(&self) -> u32 {
        if self.test == Test::Latency { 1 } else { self.iodepth }
    }

    pub(super) fn cell_threads(&self) -> u32 {
        if self.test == Test::Latency { 1 } else { self.threads }
    }
}

/// One mix and size of a test.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cell {
    /// Share of reads.
    pub read_percent: u8,
    /// Size of each operation.
    pub block_bytes: u32,
}

impl fmt::Display for Cell {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { read_percent, block_bytes } = self;
        let size = crate::text::size(u64::from(*block_bytes));
        write!(out, "{read_percent}/{} {size}", 100_u8.saturating_sub(*read_percent))
    }
}

/// A part of a test that has its own purge and preconditioning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Size of the preconditioning writes.
    pub precondition_block_bytes: u32,
    /// The cells of a round, in the order they run.
    pub cells: Vec<Cell>,
    /// Those that have to be steady.
    pub tracked: Vec<Cell>,
    /// Those that the device's block size forbids.
    pub left_out: Vec<Cell>,
}

/// Returns the parts of a test.
pub(super) fn parts(options: &Options) -> Result<Vec<Part>, PtsError> {
    let parts = match options.test {
        Test::Iops => vec![part(options, 128 * KIB, &iops_cells(options.fast), &IOPS_TRACKED)],
        Test::Latency => {
            let cells = matrix(&[100, 65, 0], &[8 * KIB, 4 * KIB, KIB / 2]);
            vec![part(options, 128 * KIB, &cells, &[cell(0, 4 * KIB)])]
        }
        Test::Throughput => {
            let sizes: &[u32] = if options.fast { &[128 * KIB] } else { &[128 * KIB, MIB] };
            let of = |size: &u32| {
                let cells = [cell(100, *size), cell(0, *size)];
                part(options, *size, &cells, &[cell(0, *size)])
            };
            sizes.iter().map(of).collect()
        }
    };
    for part in &parts {
        if part.tracked.is_empty() {
            return Err(PtsError::NoTracked { block_bytes: options.block_bytes });
        }
        let sizes = part.cells.iter().map(|cell| cell.block_bytes);
        let largest = u64::from(sizes.max().unwrap_or(0).max(part.precondition_block_bytes));
        // Enough blocks that random is random.
        let least_bytes = 16 * largest;
        if options.span_bytes < least_bytes {
            return Err(PtsError::TooSmall { span_bytes: options.span_bytes, least_bytes });
        }
    }
    Ok(parts)
}

/// What the IOPS test tracks (§7.3).
const IOPS_TRACKED: [Cell; 3] = [cell(0, 4 * KIB), cell(65, 64 * KIB), cell(100, MIB)];

/// Returns the cells of the IOPS test; fast, the three mixes and sizes that hold the
/// tracked ones.
fn iops_cells(fast: bool) -> Vec<Cell> {
    if fast { matrix(&[100, 65, 0], &[MIB, 64 * KIB, 4 * KIB]) } else { matrix(&MIXES, &SIZES) }
}

fn matrix(mixes: &[u8], sizes: &[u32]) -> Vec<Cell> {
    let mix = |mix: &u8| {
        let mix = *mix;
        sizes.iter().map(move |size| cell(mix, *size))
    };
    mixes.iter().flat_map(mix).collect()
}

const fn cell(read_percent: u8, block_bytes: u32) -> Cell {
    Cell { read_percent, block_bytes }
}

fn part(
    options: &Options,
    precondition_block_bytes: u32,
    cells: &[Cell],
    tracked: &[Cell],
) -> Part {
    let fits = |cell: &Cell| cell.block_bytes.is_multiple_of(options.block_bytes.max(1));
    let (cells, left_out) = cells.iter().copied().partition(fits);
    Part {
        precondition_block_bytes,
        cells,
        left_out,
        tracked: tracked.iter().copied().filter(fits).collect(),
    }
}

/// Returns the load of a cell.
pub(super) fn workload(options: &Options, cell: Cell) -> Spec {
    let order = match options.test {
        Test::Throughput => Order::Sequential,
        Test::Iops | Test::Latency => {
            Order::Random { distribution: Distribution::Uniform, repeat: true }
        }
    };
    spec(options, cell, order)
}

/// Returns the load of a part's preconditioning.
pub(super) fn precondition(options: &Options, part: &Part) -> Spec {
    spec(options, cell(0, part.precondition_block_bytes), Order::Sequential)
}

fn spec(options: &Options, cell: Cell, order: Order) -> Spec {
    let blocks = vec![BlockShare { bytes: cell.block_bytes, percent: 100 }];
    Spec {
        start_bytes: 0,
        span_bytes: options.span_bytes,
        read_percent: cell.read_percent,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order,
        seed: options.seed,
    }
}
