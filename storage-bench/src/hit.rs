//! What evidences a cache hit rate: `storage.md` §5.
//!
//! Best first: the array's own counters before and after; else an estimate from the
//! latencies of hot and cold reads, where the two can be told apart; else nothing. Writes
//! are left out: a write-back cache takes all of them.
//!
//! The estimate: with the geometric mean of both medians as threshold, a hot read above
//! it missed and a cold read below it hit by accident. The interval is that of counting
//! (95 %, both shares binomial); that a threshold tells hits from misses is an assumption
//! that no interval covers, which is why the source is named beside the number.

use crate::histogram::Histogram;
use crate::measurement::{Hit, HitCounters};
use crate::observed::Observed;
use crate::workload::{Distribution, Op, Order, Region, Spec};

/// The array's counters tell.
pub const COUNTERS: &str = "counters";
/// The latencies of hot and cold reads tell.
pub const ESTIMATED: &str = "estimated";
/// Nothing tells.
pub const NONE: &str = "none";

/// How many times the median of hot reads that of cold ones is, at least, where they can
/// be told apart.
const SEPARATED: u64 = 2;

/// Returns what is known of the hit rate of a run; `None` of a load without a hot set.
pub fn of(workload: &Spec, observed: &Observed, counters: Option<HitCounters>) -> Option<Hit> {
    let Order::Random { distribution: Distribution::HotCold { hot_percent, .. }, .. } =
        &workload.order
    else {
        return None;
    };
    let nothing = Histogram::new();
    let reads = |region| observed.streams.get(&(Op::Read, region)).map(|stream| &stream.service);
    let (hot, cold) = (reads(Region::Hot), reads(Region::Cold));
    let (hot, cold) = (hot.unwrap_or(&nothing), cold.unwrap_or(&nothing));
    let known = Hit {
        requested_ppm: u32::from(*hot_percent) * 10_000,
        issued_ppm: issued_ppm(observed),
        source: NONE.to_owned(),
        hot_p50_ns: hot.percentile(500_000),
        cold_p50_ns: cold.percentile(500_000),
        counters,
        ..Hit::default()
    };
    if let Some(ppm) = counters.and_then(counted_ppm) {
        return Some(Hit { evidenced_ppm: Some(ppm), source: COUNTERS.to_owned(), ..known });
    }
    Some(match estimate(hot, cold) {
        None => known,
        Some(found) => Hit {
            evidenced_ppm: Some(found.ppm),
            low_ppm: Some(found.low),
            high_ppm: Some(found.high),
            source: ESTIMATED.to_owned(),
            ..known
        },
    })
}

fn issued_ppm(observed: &Observed) -> u32 {
    let on = |keep: fn(Region) -> bool| -> u64 {
        let streams = observed.streams.iter().filter(|((_, region), _)| keep(*region));
        streams.map(|(_, stream)| stream.service.count()).sum()
    };
    share_ppm(on(|region| region == Region::Hot), on(|_| true)).unwrap_or(0)
}

/// Returns the hit rate between two readings; `None` where they show none: a counter
/// that ran backwards was reset, and more hits than accesses are no counters of a cache.
fn counted_ppm(counters: HitCounters) -> Option<u32> {
    let hits = counters.hits_after.checked_sub(counters.hits_before)?;
    let accesses = counters.accesses_after.checked_sub(counters.accesses_before)?;
    if hits > accesses { None } else { share_ppm(hits, accesses) }
}

fn share_ppm(part: u64, whole: u64) -> Option<u32> {
    let ppm = (u128::from(part) * 1_000_000).checked_div(u128::from(whole))?;
    u32::try_from(ppm).ok()
}

/// An estimated share and its 95 % interval.
struct Estimate {
    ppm: u32,
    low: u32,
    high: u32,
}

/// Returns the share of reads that the cache answered; `None` where hot and cold reads
/// look alike: all-flash, or everything cached.
fn estimate(hot: &Histogram, cold: &Histogram) -> Option<Estimate> {
    let (hot_p50, cold_p50) = (hot.percentile(500_000)?, cold.percentile(500_000)?);
    if cold_p50 < hot_p50.saturating_mul(SEPARATED) {
        return None;
    }
    let threshold = (u128::from(hot_p50) * u128::from(cold_p50)).isqrt();
    let quick = |of: &Histogram| -> u64 {
        let below = of.buckets().filter(|(_, high, _)| u128::from(*high) < threshold);
        below.map(|(_, _, count)| count).sum()
    };
    #[expect(clippy::cast_precision_loss, reason = "counts to 2^53 are exact, beyond no matter")]
    let [hot_n, cold_n, hot_hits, cold_hits] =
        [hot.count(), cold.count(), quick(hot), quick(cold)].map(|count| count as f64);
    let all = hot_n + cold_n;
    let variance = |hits: f64, n: f64| hits * (1.0 - hits / n);
    let error = 1.96 * (variance(hot_hits, hot_n) + variance(cold_hits, cold_n)).sqrt() / all;
    let share = (hot_hits + cold_hits) / all;
    Some(Estimate { ppm: to_ppm(share), low: to_ppm(share - error), high: to_ppm(share + error) })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what a share can be"
)]
fn to_ppm(share: f64) -> u32 {
    (share * 1e6).round().clamp(0.0, 1e6) as u32
}

#[cfg(test)]
mod tests;
