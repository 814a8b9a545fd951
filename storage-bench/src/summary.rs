//! From what a run observed to what a report says of it, in whole numbers.
//!
//! Rates are rounded down, latencies are those of the histogram, and a percentile that
//! too few operations stand behind is not given (`storage.md` §15: 1,000 for p99, ten
//! times as many for each further nine). Whether the run proves anything is decided in
//! [`crate::validity`] and has to be handed in: no run is valid by default.

use std::collections::BTreeMap;

use crate::cap;
use crate::histogram::Histogram;
use crate::measurement::{
    Cost, Doubt, Hit, Latency, Mode, OpenLoop, Reduction, Run, Second, SecondOf, Steady, Subject,
    Totals, Validity,
};
use crate::observed::{self, Observed, Stream};
use crate::shape;
use crate::workload::{Distribution, Op, Order, Region, Spec};

/// What is known of a run besides what it observed.
#[derive(Clone, Debug)]
pub struct Context {
    /// Unique id of the run.
    pub id: String,
    /// The acceptance case it answers, or `ad-hoc`.
    pub case: String,
    /// What was under load.
    pub subject: Subject,
    /// How load was made.
    pub mode: Mode,
    /// The load, filled in.
    pub workload: Spec,
    /// Operations in flight at once, per thread.
    pub iodepth: u32,
    /// Threads that made the load.
    pub threads: u32,
    /// Operations a second that were asked for, in the open loop.
    pub offered_iops: Option<u64>,
    /// When it began, RFC 3339.
    pub started_at: String,
    /// Time before the measured part.
    pub ramp_ns: u64,
    /// The cap that is looked for, in operations a second.
    pub cap_iops: Option<u64>,
    /// The steady state of the rounds this run sums up.
    pub steady: Option<Steady>,
    /// The cache hit rate, as far as it is known.
    pub hit: Option<Hit>,
    /// What the array made of the data, where it says so.
    pub reduction: Option<Reduction>,
}

/// Returns what a report says of a run; `doubts` are all reasons why it proves nothing.
pub fn run(context: Context, observed: &Observed, doubts: Vec<Doubt>) -> Run {
    let reaped = context.mode == Mode::Throughput;
    let sum = |keep: &dyn Fn(Op, Region) -> bool| Sum::of(observed, keep).totals(observed, reaped);
    let of = |op: Op| has(observed, op).then(|| sum(&|found, _| found == op));
    let regions = has_regions(&context.workload);
    let at = |region: Region| regions.then(|| sum(&|_, found| found == region)).map(no_errors);
    let all = sum(&|_, _| true);
    let shape = shape::of(&observed.windows, &observed.seconds, observed.elapsed_ns);
    let cap = context.cap_iops.and_then(|target| {
        let kind = shape.as_ref().map_or(shape::SMOOTH, |shape| shape.kind.as_str());
        cap::of(target, &observed.windows, observed.elapsed_ns, kind)
    });
    Run {
        id: context.id,
        case: context.case,
        subject: context.subject,
        mode: context.mode,
        engine: observed.engine.clone(),
        iodepth: context.iodepth,
        threads: context.threads,
        offered_iops: context.offered_iops,
        started_at: context.started_at,
        ramp_ns: context.ramp_ns,
        elapsed_ns: observed.elapsed_ns,
        validity: if doubts.is_empty() { Validity::Valid } else { Validity::Invalid },
        reasons: doubts,
        read: of(Op::Read),
        write: of(Op::Write),
        trim: of(Op::Trim),
        hot: at(Region::Hot),
        cold: at(Region::Cold),
        open_loop: observed.open_loop.as_ref().map(|open| open_loop(open, &all, observed)),
        cost: cost(observed.cost, all.ios),
        all,
        shape,
        cap,
        steady: context.steady,
        hit: context.hit,
        reduction: context.reduction,
        clients: None,
        data: None,
        verified: None,
        per_petabyte: None,
        second: observed.seconds.iter().map(second).collect(),
        workload: context.workload,
    }
}

/// Returns how many a second `count` in `elapsed_ns` are, rounded down, times `scale`.
pub(crate) fn per_second(count: u64, elapsed_ns: u64, scale: u64) -> u64 {
    let scaled = u128::from(count) * u128::from(scale) * 1_000_000_000;
    scaled.checked_div(u128::from(elapsed_ns)).map_or(0, |rate| rate.try_into().unwrap_or(u64::MAX))
}

/// Returns the latencies of a histogram.
pub fn latency(histogram: &Histogram, batch_reaped: bool) -> Latency {
    let at = |per_million| histogram.percentile(per_million).unwrap_or(0);
    let claimed = |per_million, least| {
        (histogram.count() >= least).then(|| histogram.percentile(per_million)).flatten()
    };
    Latency {
        batch_reaped,
        count: histogram.count(),
        min_ns: histogram.min().unwrap_or(0),
        mean_ns: histogram.mean().unwrap_or(0),
        max_ns: histogram.max().unwrap_or(0),
        stddev_ns: deviation(histogram),
        p50_ns: at(500_000),
        p90_ns: at(900_000),
        p95_ns: at(950_000),
        p99_ns: claimed(990_000, 1_000),
        p99_9_ns: claimed(999_000, 10_000),
        p99_99_ns: claimed(999_900, 100_000),
    }
}

/// Returns the standard deviation of all values about their mean, from the middles of
/// their buckets. Saturates where a sum of squares leaves 128 bits.
fn deviation(histogram: &Histogram) -> u64 {
    let (Some(mean), count) = (histogram.mean(), histogram.count()) else { return 0 };
    let squares = histogram.buckets().fold(0_u128, |sum, (low, high, count)| {
        let off = u128::from((low + (high - low) / 2).abs_diff(mean));
        sum.saturating_add((off * off).saturating_mul(u128::from(count)))
    });
    u64::try_from((squares / u128::from(count.max(1))).isqrt()).unwrap_or(u64::MAX)
}

/// Streams added up, and the errors of their operations.
struct Sum {
    stream: Stream,
    errors: u64,
}

impl Sum {
    fn of(observed: &Observed, keep: &dyn Fn(Op, Region) -> bool) -> Self {
        let mut stream = Stream::default();
        for ((op, region), part) in &observed.streams {
            if keep(*op, *region) {
                stream.bytes += part.bytes;
                stream.service.merge(&part.service);
            }
        }
        let failed = observed.errors.iter();
        let failed =
            failed.filter(|((op, _), _)| keep(*op, Region::Hot) || keep(*op, Region::Cold));
        Self { stream, errors: failed.map(|(_, count)| count).sum() }
    }

    fn totals(self, observed: &Observed, reaped: bool) -> Totals {
        let ios = self.stream.service.count();
        Totals {
            ios,
            moved_bytes: self.stream.bytes,
            iops: per_second(ios, observed.elapsed_ns, 1),
            milli_iops: per_second(ios, observed.elapsed_ns, 1_000),
            bytes_per_s: per_second(self.stream.bytes, observed.elapsed_ns, 1),
            errors: self.errors,
            service: latency(&self.stream.service, reaped),
        }
    }
}

fn no_errors(totals: Totals) -> Totals {
    Totals { errors: 0, ..totals }
}

fn has(observed: &Observed, op: Op) -> bool {
    observed.streams.keys().any(|(found, _)| *found == op)
        || observed.errors.keys().any(|(found, _)| *found == op)
}

/// Returns whether a load tells a hot set from a cold one.
pub(crate) fn has_regions(workload: &Spec) -> bool {
    matches!(workload.order, Order::Random { distribution: Distribution::HotCold { .. }, .. })
}

fn open_loop(open: &observed::OpenLoop, all: &Totals, observed: &Observed) -> OpenLoop {
    let response = merged(&open.response);
    OpenLoop {
        offered_iops: per_second(open.offered, observed.elapsed_ns, 1),
        achieved_iops: all.iops,
        response: latency(&response, false),
        lateness: latency(&open.lateness, false),
        backlog_max: open.backlog_max,
        backlog_end: open.backlog_end,
    }
}

/// Returns all operations' histograms as one.
pub(crate) fn merged(of: &BTreeMap<Op, Histogram>) -> Histogram {
    of.values().fold(Histogram::new(), |mut sum, part| {
        sum.merge(part);
        sum
    })
}

fn cost(cost: observed::Cost, ios: u64) -> Cost {
    Cost {
        cpu_per_io_ns: cost.user_ns.saturating_add(cost.system_ns).checked_div(ios).unwrap_or(0),
        user_per_io_ns: cost.user_ns.checked_div(ios).unwrap_or(0),
        busiest_thread_ppm: cost.busiest_thread_ppm,
        steal_ppm: cost.steal_ppm,
    }
}

fn second(second: &observed::Second) -> Second {
    let of = second.operations.iter().map(|(op, seen)| SecondOf {
        op: *op,
        ios: seen.ios,
        moved_bytes: seen.bytes,
        mean_ns: seen.sum_ns.checked_div(seen.ios).unwrap_or(0),
        p50_ns: seen.p50_ns,
        p99_ns: seen.p99_ns,
        p99_9_ns: seen.p99_9_ns,
        max_ns: seen.max_ns,
        spread: seen.spread.bins(),
    });
    Second { of: of.collect() }
}

#[cfg(test)]
mod tests;
