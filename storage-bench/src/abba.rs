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

use crate::measurement::{Doubt, Subject, Validity};
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
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Second {
    /// Operations completed.
    pub ios: u64,
    /// Longest latency.
    pub max_ns: u64,
}

/// What a comparison is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Unique id of the comparison.
    pub id: String,
    /// The acceptance case it answers.
    pub case: String,
    /// What was under load.
    pub subject: Subject,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Id of the run whose rate without snapshots the offered rate is a share of.
    pub of_run: String,
    /// Operations a second that were offered in every window.
    pub offered_iops: u64,
    /// How long each window is.
    pub window_ns: u64,
}

/// A command of the operator: it made or deleted a snapshot, or asked the array.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Hook {
    /// `create` or `delete` of a snapshot; `used` or `hit` of what is asked of the array.
    pub what: String,
    /// The snapshot's name, as the command was told it; or `before` or `after`.
    pub snapshot: String,
    /// The command, as the shell was given it.
    pub command: String,
    /// Why it did not work; `None` where it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// How long it took.
    pub took_ns: u64,
    /// The end of what it printed, to both streams.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub output: String,
}

impl Hook {
    /// Returns why what rests on the command proves nothing; `None` where it worked.
    pub fn doubt(&self) -> Option<Doubt> {
        let why = self.failed.as_ref()?;
        let name = &self.snapshot;
        let (zh, en) = match self.what.as_str() {
            "create" => ("创建", "create"),
            "delete" => ("删除", "delete"),
            // What is asked of the array has no snapshot, but a time.
            what => {
                return Some(Doubt::new(
                    "hook-failed",
                    format!("询问阵列的命令（{what}，{name}）失败：{why}"),
                    format!("the command that asks the array ({what}, {name}) failed: {why}"),
                ));
            }
        };
        Some(Doubt::new(
            "hook-failed",
            format!("{zh}快照 `{name}` 的命令失败：{why}"),
            format!("the command to {en} snapshot `{name}` failed: {why}"),
        ))
    }
}

/// Windows with snapshots against windows without.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Unique id of the comparison.
    pub id: String,
    /// The acceptance case it answers.
    pub case: String,
    /// What was under load.
    pub subject: Subject,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Whether the numbers prove anything.
    pub validity: Validity,
    /// Why not; empty where they do.
    pub reasons: Vec<Doubt>,
    /// Id of the run whose rate without snapshots the offered rate is a share of.
    pub of_run: String,
    /// Operations a second that were offered in every window.
    pub offered_iops: u64,
    /// How long each window is.
    pub window_ns: u64,
    /// The commands that made and deleted the snapshots, in their order.
    pub hook: Vec<Hook>,
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
    /// Whether the lower end of the rate's interval is at least 95 % and the numbers prove
    /// anything.
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
/// block that is not whole is left out. `doubts` are all reasons known so far why they
/// prove nothing; a failed hook, and windows that cannot be compared, are further ones.
pub fn compare(
    about: About,
    windows: &[Window],
    hook: Vec<Hook>,
    mut doubts: Vec<Doubt>,
) -> Comparison {
    doubts.extend(hook.iter().filter_map(Hook::doubt));
    let numbers = numbers(windows).unwrap_or_else(|error| {
        doubts.push(not_compared(error));
        let blocks = number(windows.len() / ORDER.len());
        Numbers { blocks, ..Numbers::default() }
    });
    let valid = doubts.is_empty();
    Comparison {
        id: about.id,
        case: about.case,
        subject: about.subject,
        started_at: about.started_at,
        validity: if valid { Validity::Valid } else { Validity::Invalid },
        reasons: doubts,
        of_run: about.of_run,
        offered_iops: about.offered_iops,
        window_ns: about.window_ns,
        hook,
        blocks: numbers.blocks,
        resamples: number(RESAMPLES),
        seed: SEED,
        iops: numbers.iops,
        p50: numbers.p50,
        p99: numbers.p99,
        worst_second_without: numbers.worst_second_without,
        worst_second_with: numbers.worst_second_with,
        kept: valid && numbers.iops.low_ppm >= LEAST_IOPS_PPM,
    }
}

fn not_compared(error: AbbaError) -> Doubt {
    let zh = match error {
        AbbaError::TooFew { blocks } => {
            format!("完整的 A B B A 只有 {blocks} 组，至少 {LEAST_BLOCKS} 组才作比较")
        }
        AbbaError::Idle { block } => format!("第 {block} 组在无快照时没有完成任何读写，无从比较"),
    };
    let code = match error {
        AbbaError::TooFew { .. } => "too-few-blocks",
        AbbaError::Idle { .. } => "idle-block",
    };
    Doubt::new(code, zh, error.to_string())
}

/// What windows say, compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Numbers {
    blocks: u32,
    iops: Interval,
    p50: Interval,
    p99: Interval,
    worst_second_without: WorstSecond,
    worst_second_with: WorstSecond,
}

fn numbers(windows: &[Window]) -> Result<Numbers, AbbaError> {
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
    Ok(Numbers {
        blocks: number(blocks.len()),
        iops: interval(&sums(|window| window.milli_iops).collect::<Vec<_>>()),
        p50: interval(&sums(|window| window.p50_ns).collect::<Vec<_>>()),
        p99: interval(&sums(|window| window.p99_ns).collect::<Vec<_>>()),
        worst_second_without: worst(&blocks, false),
        worst_second_with: worst(&blocks, true),
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
    tiny_sort::stable::sort(&mut ratios);
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
