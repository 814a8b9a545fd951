//! Latencies as fio's JSON has them: moments, percentiles, bins, shares below a bound.

use serde::Serialize;

use super::{Bins, Pairs, float};
use crate::histogram::Histogram;

/// The object of one latency, `clat_ns`.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Nanoseconds {
    min: u64,
    max: u64,
    mean: f64,
    stddev: f64,
    #[serde(rename = "N")]
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    percentile: Option<Pairs<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bins: Option<Pairs<u64>>,
}

impl Nanoseconds {
    /// What was not measured, as fio prints it.
    pub(super) fn none() -> Self {
        Self { min: 0, max: 0, mean: 0.0, stddev: 0.0, count: 0, percentile: None, bins: None }
    }

    /// Returns what `histogram` holds, with `percentiles` and, if asked for, its buckets.
    pub(super) fn of(histogram: &Histogram, percentiles: &[f64], bins: Bins) -> Self {
        let (Some(min), Some(max)) = (histogram.min(), histogram.max()) else {
            return Self::none();
        };
        let count = histogram.count();
        let mean = mean(histogram);
        let squares: f64 = buckets(histogram)
            .map(|(value, count)| (float(value) - mean).powi(2) * float(count))
            .sum();
        let stddev = if count > 1 { (squares / float(count - 1)).sqrt() } else { 0.0 };
        let percentile = percentiles.iter().map(|percentile| {
            let value = histogram.percentile(per_million(*percentile)).unwrap_or(0);
            (format!("{percentile:.6}"), value)
        });
        let percentile = (!percentiles.is_empty()).then(|| Pairs(percentile.collect()));
        // fio has them beside the percentiles, and only there.
        let bins = (bins == Bins::All && percentile.is_some()).then(|| {
            Pairs(buckets(histogram).map(|(value, count)| (value.to_string(), count)).collect())
        });
        Self { min, max, mean, stddev, count, percentile, bins }
    }
}

fn mean(histogram: &Histogram) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "fio prints it as floating point")]
    let sum = histogram.sum() as f64;
    sum / float(histogram.count())
}

/// Returns each bucket that is not empty, by its middle, within what was seen.
fn buckets(histogram: &Histogram) -> impl Iterator<Item = (u64, u64)> {
    let (min, max) = (histogram.min().unwrap_or(0), histogram.max().unwrap_or(u64::MAX));
    histogram
        .buckets()
        .map(move |(low, high, count)| ((low + (high - low) / 2).clamp(min, max), count))
}

/// Returns a percentile in millionths of all.
fn per_million(percentile: f64) -> u32 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "clamped, and an integer"
    )]
    let millionths = (percentile * 10_000.0).round().clamp(0.0, 1_000_000.0) as u32;
    millionths
}

/// Which share of all operations took how long, in percent.
#[derive(Clone, Debug)]
pub(super) struct Shares {
    /// Below a microsecond.
    pub(super) nanoseconds: Pairs<f64>,
    /// Below a millisecond.
    pub(super) microseconds: Pairs<f64>,
    /// All others.
    pub(super) milliseconds: Pairs<f64>,
}

/// fio's bounds within each unit. A share belongs to the first that is greater, so that
/// `250` holds 100 to 249.
const BOUNDS: [(u64, &str); 10] = [
    (2, "2"),
    (4, "4"),
    (10, "10"),
    (20, "20"),
    (50, "50"),
    (100, "100"),
    (250, "250"),
    (500, "500"),
    (750, "750"),
    (1000, "1000"),
];

impl Shares {
    pub(super) fn of(histogram: &Histogram) -> Self {
        let all = histogram.count();
        let seconds = [(2_000, "2000"), (u64::MAX, ">=2000")];
        let empty = |bounds: &[(u64, &str)]| {
            Pairs(bounds.iter().map(|(_, name)| ((*name).to_owned(), 0.0)).collect())
        };
        let mut shares = Self {
            nanoseconds: empty(&BOUNDS),
            microseconds: empty(&BOUNDS),
            milliseconds: empty(&[BOUNDS.as_slice(), &seconds].concat()),
        };
        for (value, count) in buckets(histogram) {
            let (table, unit) = match value {
                0..1_000 => (&mut shares.nanoseconds, 1),
                1_000..1_000_000 => (&mut shares.microseconds, 1_000),
                _ => (&mut shares.milliseconds, 1_000_000),
            };
            let bounds = BOUNDS.iter().chain(&seconds);
            let at = bounds.take_while(|(bound, _)| value / unit >= *bound).count();
            if let Some((_, share)) = table.0.get_mut(at) {
                *share += 100.0 * float(count) / float(all);
            }
        }
        shares
    }
}
