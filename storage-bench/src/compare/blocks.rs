//! Blocks of consecutive seconds, and how far a ratio of two runs scatters by them.

use crate::measurement::{Run, SecondOf};
use crate::workload::Op;

/// Fewest whole seconds of a run that has an interval.
pub const LEAST_SECONDS: usize = 10;
/// Fewest blocks of a run.
pub const FEWEST: usize = 5;
/// Seconds of a block, where fewest and most blocks leave the choice.
const SECONDS: usize = 6;
/// Most blocks of a run.
pub const MOST: usize = 20;

/// Student's 97.5 % by degrees of freedom; between two lines the upper, wider one holds.
const STUDENT: [(f64, f64); 20] = [
    (1.0, 12.706),
    (2.0, 4.303),
    (3.0, 3.182),
    (4.0, 2.776),
    (5.0, 2.571),
    (6.0, 2.447),
    (7.0, 2.365),
    (8.0, 2.306),
    (9.0, 2.262),
    (10.0, 2.228),
    (12.0, 2.179),
    (14.0, 2.145),
    (16.0, 2.120),
    (18.0, 2.101),
    (20.0, 2.086),
    (25.0, 2.060),
    (30.0, 2.042),
    (38.0, 2.024),
    (60.0, 2.000),
    (f64::INFINITY, 1.960),
];

/// What the blocks of two runs say of their ratio.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scatter {
    /// The least ratio of the blocks' means when any one block is left out.
    pub(super) least: f64,
    /// The largest of them.
    pub(super) most: f64,
    /// Half the width of the 95 % interval of its natural logarithm.
    pub(super) width: f64,
}

/// Returns the seconds of a run that are whole: the last may have been cut short.
fn whole(run: &Run) -> &[crate::measurement::Second] {
    let whole = usize::try_from(run.elapsed_ns / 1_000_000_000).unwrap_or(usize::MAX);
    run.second.get(..whole.min(run.second.len())).unwrap_or_default()
}

/// Cuts seconds into blocks as even as can be; none where there are too few.
pub(super) fn cut<T>(seconds: &[T]) -> impl Iterator<Item = &[T]> {
    let count = if seconds.len() < LEAST_SECONDS {
        0
    } else {
        (seconds.len() / SECONDS).clamp(FEWEST, MOST)
    };
    (0..count).filter_map(move |at| {
        seconds.get(at * seconds.len() / count..(at + 1) * seconds.len() / count)
    })
}

/// Returns the mean rate of each block; `None` for all kinds of operation together.
#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 53 bits")]
pub(super) fn rate(run: &Run, op: Option<Op>, value: fn(&SecondOf) -> u64) -> Vec<f64> {
    let blocks = cut(whole(run)).map(|block| {
        let of = block.iter().flat_map(|second| &second.of);
        let of = of.filter(|of| op.is_none_or(|op| of.op == op));
        of.map(|of| value(of) as f64).sum::<f64>() / block.len().max(1) as f64
    });
    blocks.collect()
}

/// Returns the latency of each block: where it is a mean (`exact`), that of its operations,
/// else the mean of its seconds. A second without an operation has none; a block of such
/// seconds has none either, and then no run has an interval.
#[expect(clippy::cast_precision_loss, reason = "a mean needs no more than 53 bits")]
pub(super) fn latency(run: &Run, op: Op, value: fn(&SecondOf) -> u64, exact: bool) -> Vec<f64> {
    let blocks = cut(whole(run)).map(|block| {
        let of = block.iter().flat_map(|second| &second.of);
        let of = of.filter(|of| of.op == op && of.ios > 0);
        let (sum, count) = of.fold((0.0, 0.0), |(sum, count), of| {
            let weight = if exact { of.ios as f64 } else { 1.0 };
            (sum + value(of) as f64 * weight, count + weight)
        });
        if count > 0.0 { sum / count } else { f64::NAN }
    });
    blocks.collect()
}

/// Returns what the blocks say; `None` where there are none, or one has no value.
#[expect(clippy::cast_precision_loss, reason = "at most 20 blocks")]
pub(super) fn scatter(base: &[f64], other: &[f64]) -> Option<Scatter> {
    let part = |blocks: &[f64]| {
        let count = blocks.len() as f64;
        let mean = blocks.iter().sum::<f64>() / count;
        let squares = blocks.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        // Of the logarithm of the mean: relative, and of the mean, not of one block.
        let variance = squares / (count - 1.0) / count / (mean * mean);
        (mean > 0.0 && variance.is_finite()).then_some((mean, variance, count - 1.0))
    };
    let ((a, a_variance, a_free), (b, b_variance, b_free)) = (part(base)?, part(other)?);
    let variance = a_variance + b_variance;
    let by_parts = a_variance.powi(2) / a_free + b_variance.powi(2) / b_free;
    let free = if by_parts > 0.0 { variance.powi(2) / by_parts } else { f64::INFINITY };
    let held = STUDENT.iter().take_while(|(least, _)| *least <= free);
    let student = held.last().map_or(12.706, |(_, student)| *student);
    let (a_least, a_most) = without_one(base, a);
    let (b_least, b_most) = without_one(other, b);
    let (least, most) = ((b_least / a).min(b / a_most), (b_most / a).max(b / a_least));
    Some(Scatter { least, most, width: student * variance.sqrt() })
}

/// Returns the least and the largest mean that is left when one block is left out.
#[expect(clippy::cast_precision_loss, reason = "at most 20 blocks")]
fn without_one(blocks: &[f64], mean: f64) -> (f64, f64) {
    let count = blocks.len() as f64;
    let left = blocks.iter().map(|value| (mean * count - value) / (count - 1.0));
    left.fold((f64::INFINITY, 0.0), |(least, most), mean| (mean.min(least), mean.max(most)))
}
