//! What snapshots cost: windows without (A) and with (B) in the order A B B A.
//!
//! A drift that is even over a block of four hits both sides alike and cancels in the
//! block's own ratio. Blocks are the unit that is resampled: ten thousand times as many
//! as there are are drawn with replacement from a fixed seed, and the middle of the ratios
//! is the interval. The plain middle of 95 % is too narrow for so few blocks (with five it
//! held the truth in 336 of 400 simulated tests); the ends are therefore moved out to
//! where Student's distribution has them (the expanded percentile interval of Hesterberg,
//! *What Teachers Should Know About the Bootstrap*, 2015, §3.2). Of 3,000 simulated tests
//! each it then holds the truth in 91.9 % with five blocks, 94.1 % with ten, 94.7 % with
//! twenty. See `storage.md` §9.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::random::Random;

/// The order of the windows of a block: `true` with snapshots.
pub const ORDER: [bool; 4] = [false, true, true, false];

/// Fewest blocks that are compared.
pub const LEAST_BLOCKS: usize = 5;

/// How often blocks are drawn.
pub const RESAMPLES: usize = 10_000;

/// The share of the rate without snapshots that has to be kept, in parts per million.
pub const LEAST_IOPS_PPM: u64 = 950_000;

const SEED: u64 = 0xabba;

/// Blocks, and how many of ten thousand ratios lie beyond each end of a 95 % interval:
/// Φ(−√(n/(n−1)) · t), t being Student's 97.5 % with n − 1 degrees of freedom. Between two
/// lines the upper, wider one holds.
const BEYOND: [(usize, usize); 10] = [
    (5, 9),
    (6, 24),
    (7, 41),
    (8, 57),
    (9, 72),
    (10, 85),
    (12, 107),
    (15, 132),
    (20, 158),
    (30, 187),
];

/// What one window measured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Operations a second, in thousandths.
    pub milli_iops: u64,
    /// Median response time.
    pub p50_ns: u64,
    /// 99th percentile of the response time.
    pub p99_ns: u64,
    /// Each second of it.
    pub seconds: Vec<Second>,
}

/// One second of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Second {
    /// Operations completed.
    pub ios: u64,
    /// Longest latency.
    pub max_ns: u64,
}

/// Windows with snapshots against windows without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// The acceptance case it answers.
    pub case: String,
    /// Blocks of A B B A that were compared. The interval of five holds the truth in 92 of
    /// 100 cases, of ten in 94, of twenty in 95.
    pub blocks: u32,
    /// How often blocks were drawn.
    pub resamples: u32,
    /// Seed of the draw.
    pub seed: u64,
    /// Operations a second with snapshots over those without.
    pub iops: Interval,
    /// Median response time with snapshots over that without.
    pub p50: Interval,
    /// 99th percentile of the response time with snapshots over that without.
    pub p99: Interval,
    /// Fewest operations in a second without snapshots.
    pub worst_second_without: WorstSecond,
    /// Fewest operations in a second with snapshots.
    pub worst_second_with: WorstSecond,
    /// Whether the lower end of the rate's interval is at least 95 %.
    pub kept: bool,
}

/// A ratio and the 95 % interval it lies in, in parts per million.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Lower end.
    pub low_ppm: u64,
    /// The ratio of all blocks.
    pub ratio_ppm: u64,
    /// Upper end.
    pub high_ppm: u64,
}

/// The second in which least was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WorstSecond {
    /// The block, from 1.
    pub block: u32,
    /// The window of the block, from 1.
    pub window: u32,
    /// The second of the window, from 1.
    pub second: u32,
    /// Operations completed in it.
    pub iops: u64,
    /// Longest latency in it.
    pub max_ns: u64,
}

/// Why windows cannot be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AbbaError {
    /// There are too few.
    #[error("{blocks} whole blocks of A B B A, at least {LEAST_BLOCKS} are compared")]
    TooFew {
        /// How many there are.
        blocks: usize,
    },
    /// Nothing was done without snapshots in one of them.
    #[error("block {block} did nothing without snapshots: there is nothing to compare with")]
    Idle {
        /// Which, from 1.
        block: usize,
    },
}

impl AbbaError {
    /// Returns what the operator can do about it.
    pub fn hint(self) -> Option<String> {
        match self {
            Self::TooFew { .. } => {
                Some("let the case run on; it resumes block by block".to_owned())
            }
            Self::Idle { .. } => None,
        }
    }
}

/// Compares windows given in the order they were measured, [`ORDER`] after [`ORDER`]; a
/// block that is not whole is left out.
pub fn compare(case: &str, windows: &[Window]) -> Result<Comparison, AbbaError> {
    let blocks: Vec<&[Window; 4]> = windows.as_chunks().0.iter().collect();
    if blocks.len() < LEAST_BLOCKS {
        return Err(AbbaError::TooFew { blocks: blocks.len() });
    }
    let sums = |value: fn(&Window) -> u64| blocks.iter().map(move |block| Sides::of(block, value));
    for (at, sides) in sums(|window| window.milli_iops).enumerate() {
        if sides.without == 0 {
            return Err(AbbaError::Idle { block: at + 1 });
        }
    }
    let iops = interval(&sums(|window| window.milli_iops).collect::<Vec<_>>());
    Ok(Comparison {
        case: case.to_owned(),
        blocks: number(blocks.len()),
        resamples: number(RESAMPLES),
        seed: SEED,
        p50: interval(&sums(|window| window.p50_ns).collect::<Vec<_>>()),
        p99: interval(&sums(|window| window.p99_ns).collect::<Vec<_>>()),
        worst_second_without: worst(&blocks, false),
        worst_second_with: worst(&blocks, true),
        kept: iops.low_ppm >= LEAST_IOPS_PPM,
        iops,
    })
}

/// What both sides of a block, or of many, add up to.
#[derive(Clone, Copy, Debug, Default)]
struct Sides {
    without: u128,
    with: u128,
}

impl Sides {
    fn of(block: &[Window; 4], value: fn(&Window) -> u64) -> Self {
        let mut sides = Self::default();
        for (window, with) in block.iter().zip(ORDER) {
            let side = if with { &mut sides.with } else { &mut sides.without };
            *side += u128::from(value(window));
        }
        sides
    }

    fn add(self, other: Self) -> Self {
        Self { without: self.without + other.without, with: self.with + other.with }
    }

    fn ratio_ppm(self) -> u64 {
        let ppm = (self.with * 1_000_000).checked_div(self.without).unwrap_or(0);
        u64::try_from(ppm).unwrap_or(u64::MAX)
    }
}

/// Returns the ratio of all blocks and the interval of ratios of blocks drawn from them.
fn interval(blocks: &[Sides]) -> Interval {
    let all = blocks.iter().fold(Sides::default(), |sum, block| sum.add(*block));
    let mut random = Random::new(SEED);
    let mut ratios: Vec<u64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..blocks.len()).fold(Sides::default(), |sum, _| {
                let at = usize::try_from(random.below(blocks.len() as u64)).unwrap_or(0);
                blocks.get(at).map_or(sum, |block| sum.add(*block))
            });
            drawn.ratio_ppm()
        })
        .collect();
    ratios.sort_unstable();
    let held = BEYOND.iter().take_while(|(least, _)| *least <= blocks.len());
    let beyond = held.last().map_or(0, |(_, beyond)| *beyond);
    let low_ppm = ratios.get(beyond).copied().unwrap_or(0);
    let high_ppm = ratios.iter().nth_back(beyond).copied().unwrap_or(0);
    Interval { low_ppm, ratio_ppm: all.ratio_ppm(), high_ppm }
}

fn worst(blocks: &[&[Window; 4]], with: bool) -> WorstSecond {
    let windows = blocks.iter().enumerate().flat_map(|(block, windows)| {
        let windows = windows.iter().zip(ORDER).enumerate();
        windows
            .filter(move |(_, (_, side))| *side == with)
            .map(move |(at, (window, _))| (block, at, window))
    });
    let seconds = windows.flat_map(|(block, window, seen)| {
        seen.seconds.iter().enumerate().map(move |(second, found)| WorstSecond {
            block: number(block + 1),
            window: number(window + 1),
            second: number(second + 1),
            iops: found.ios,
            max_ns: found.max_ns,
        })
    });
    seconds.min_by_key(|second| second.iops).unwrap_or_default()
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
