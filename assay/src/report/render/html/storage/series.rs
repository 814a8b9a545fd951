//! What a picture draws of a run: its seconds and windows, joined where there are more
//! than a page can show. A joined point keeps its extremes, so that no stall is lost.

use storage_bench::{
    measurement::{Run, SecondOf},
    workload::Op,
};

/// Most points of a line: a page is no finer.
pub(super) const MOST: usize = 600;

const SECOND_NS: u64 = 1_000_000_000;

/// Counts of joined seconds or windows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    /// The least of them.
    pub(super) least: u64,
    /// Their mean, in thousandths.
    pub(super) mean_milli: u64,
    /// The most of them.
    pub(super) most: u64,
}

/// Latencies of a second: median, 99th, 99.9th percentile, longest; of joined seconds,
/// the worst of each.
pub(super) type Times = [u64; 4];

/// One kind of operation over time.
#[derive(Clone, Debug)]
pub(super) struct Kind {
    /// The kind.
    pub(super) op: Op,
    /// Operations a second.
    pub(super) ios: Vec<Count>,
    /// Latencies; `None` where nothing completed.
    pub(super) times: Vec<Option<Times>>,
}

/// A run over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Seconds {
    /// Whole seconds that were measured.
    pub(super) count: usize,
    /// Seconds of a point.
    pub(super) step: usize,
    /// All kinds together.
    pub(super) all: Vec<Count>,
    /// Each kind that did anything.
    pub(super) kinds: Vec<Kind>,
    /// Seconds in which nothing completed.
    pub(super) silent: usize,
}

/// Returns a run over time; `None` of a run shorter than two seconds. A last second that
/// the end of the run cut short is left out: it would look like a drop.
pub(super) fn seconds(run: &Run) -> Option<Seconds> {
    let whole = usize::try_from(run.elapsed_ns / SECOND_NS).unwrap_or(usize::MAX);
    let seconds = run.second.get(..whole.min(run.second.len()))?;
    if seconds.len() < 2 {
        return None;
    }
    let step = seconds.len().div_ceil(MOST);
    let totals: Vec<u64> = seconds
        .iter()
        .map(|second| second.of.iter().fold(0, |sum: u64, of| sum.saturating_add(of.ios)))
        .collect();
    let kinds = [Op::Read, Op::Write, Op::Trim].into_iter().filter_map(|op| {
        let of: Vec<Option<&SecondOf>> = seconds
            .iter()
            .map(|second| second.of.iter().find(|of| of.op == op && of.ios > 0))
            .collect();
        of.iter().any(Option::is_some).then(|| Kind {
            op,
            ios: counts(of.iter().map(|of| of.map_or(0, |of| of.ios)), step),
            times: of.chunks(step).map(worst).collect(),
        })
    });
    Some(Seconds {
        count: seconds.len(),
        step,
        all: counts(totals.iter().copied(), step),
        kinds: kinds.collect(),
        silent: totals.iter().filter(|ios| **ios == 0).count(),
    })
}

fn worst(of: &[Option<&SecondOf>]) -> Option<Times> {
    of.iter().flatten().fold(None, |worst: Option<Times>, of| {
        let [p50, p99, p99_9, max] = worst.unwrap_or_default();
        Some([p50.max(of.p50_ns), p99.max(of.p99_ns), p99_9.max(of.p99_9_ns), max.max(of.max_ns)])
    })
}

/// Joins `step` counts to one.
pub(super) fn counts(values: impl Iterator<Item = u64>, step: usize) -> Vec<Count> {
    let values: Vec<u64> = values.collect();
    let join = |part: &[u64]| {
        let sum: u128 = part.iter().map(|value| u128::from(*value)).sum();
        let mean = (sum * 1_000).checked_div(part.len() as u128).unwrap_or(0);
        Count {
            least: part.iter().min().copied().unwrap_or(0),
            mean_milli: u64::try_from(mean).unwrap_or(u64::MAX),
            most: part.iter().max().copied().unwrap_or(0),
        }
    };
    values.chunks(step.max(1)).map(join).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_points_keep_the_extremes() {
        let joined = counts([800, 0, 1_000, 7].into_iter(), 3);
        assert_eq!(joined[0], Count { least: 0, mean_milli: 600_000, most: 1_000 });
        assert_eq!(joined[1], Count { least: 7, mean_milli: 7_000, most: 7 });
        let second = |max_ns| SecondOf {
            op: Op::Read,
            ios: 1,
            moved_bytes: 0,
            mean_ns: 0,
            p50_ns: 100 - max_ns,
            p99_ns: 5,
            p99_9_ns: 6,
            max_ns,
            spread: None,
        };
        let (first, other) = (second(10), second(90));
        assert_eq!(worst(&[Some(&first), None, Some(&other)]), Some([90, 5, 6, 90]));
        assert_eq!(worst(&[None]), None);
    }
}
