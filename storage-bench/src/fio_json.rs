//! A run as fio's JSON has it, for programs that read that.
//!
//! Names, units and order are those of fio 3.33's `--output-format=json`, and with
//! [`Bins::All`] of `json+`. Microseconds and KiB/s are where fio has them. What differs:
//!
//! - `clat_ns` is from submission to completion. `lat_ns` is the same, but in the open
//!   loop it is from the intended start to completion, which fio does not measure.
//! - `bw_*` and `iops_*` over samples are over whole seconds, fio's over halves of one.
//! - Not measured and 0, as fio prints what it did not use: `slat_ns`, `sync`,
//!   `short_ios`, `drop_ios`, `ctx`, `majf`, `minf`, `iodepth_level`,
//!   `iodepth_submit`, `iodepth_complete`, `latency_target`, `latency_window`, `eta`;
//!   `disk_util` and `global options` are empty.
//! - `assay` of each job is ours: mode, engine, and whether the numbers prove anything.
//!
//! Pure: the time of the report is an argument.

mod latency;

use serde::ser::Serializer;
use serde::{Deserialize, Serialize};

use crate::histogram::Histogram;
use crate::job::{Job, export};
use crate::measurement::{Doubt, EngineUsed, Mode, Run, Validity};
use crate::observed::{Observed, Stream};
use crate::workload::{Op, Region};

use latency::{Nanoseconds, Shares};

/// One job that was run.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Which group of jobs it is of, from 0.
    pub group: u32,
    /// What was asked for; of a group that is reported as one, by its first job.
    pub job: &'a Job,
    /// What is reported.
    pub run: &'a Run,
    /// What was seen.
    pub observed: &'a Observed,
}

/// Whether each bucket of the histograms is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bins {
    /// Percentiles only (`json`).
    #[default]
    None,
    /// All that are not empty (`json+`).
    All,
}

/// Returns the document for `entries`, made at `unix_ms`; pretty, with a line end.
///
/// # Errors
/// Where a number is none that JSON has; none here is.
pub fn document(
    entries: &[Entry<'_>],
    unix_ms: u64,
    bins: Bins,
) -> Result<String, serde_json::Error> {
    let jobs = entries.iter().map(|entry| part(entry, bins)).collect();
    let document = Document {
        version: concat!("fio-3.33 (assay ", env!("CARGO_PKG_VERSION"), ")"),
        timestamp: unix_ms / 1000,
        timestamp_ms: unix_ms,
        time: calendar(unix_ms / 1000),
        global_options: Pairs(Vec::new()),
        jobs,
        disk_util: [],
    };
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

/// Pairs that are written as an object, in their order.
#[derive(Clone, Debug)]
struct Pairs<T>(Vec<(String, T)>);

impl<T: Serialize> Serialize for Pairs<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "fio version")]
    version: &'static str,
    timestamp: u64,
    timestamp_ms: u64,
    time: String,
    #[serde(rename = "global options")]
    global_options: Pairs<String>,
    jobs: Vec<Part<'a>>,
    disk_util: [(); 0],
}

#[derive(Serialize)]
struct Part<'a> {
    jobname: &'a str,
    groupid: u32,
    error: i32,
    eta: u32,
    elapsed: u64,
    #[serde(rename = "job options")]
    job_options: Pairs<String>,
    read: Direction,
    write: Direction,
    trim: Direction,
    sync: Syncs,
    job_runtime: u64,
    usr_cpu: f64,
    sys_cpu: f64,
    ctx: u64,
    majf: u64,
    minf: u64,
    iodepth_level: Pairs<f64>,
    iodepth_submit: Pairs<f64>,
    iodepth_complete: Pairs<f64>,
    latency_ns: Pairs<f64>,
    latency_us: Pairs<f64>,
    latency_ms: Pairs<f64>,
    latency_depth: u32,
    latency_target: u64,
    latency_percentile: f64,
    latency_window: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    desc: Option<&'a str>,
    assay: Ours<'a>,
}

#[derive(Serialize)]
struct Direction {
    io_bytes: u64,
    io_kbytes: u64,
    bw_bytes: u64,
    bw: u64,
    iops: f64,
    runtime: u64,
    total_ios: u64,
    short_ios: u64,
    drop_ios: u64,
    slat_ns: Nanoseconds,
    clat_ns: Nanoseconds,
    lat_ns: Nanoseconds,
    bw_min: u64,
    bw_max: u64,
    bw_agg: f64,
    bw_mean: f64,
    bw_dev: f64,
    bw_samples: u64,
    iops_min: u64,
    iops_max: u64,
    iops_mean: f64,
    iops_stddev: f64,
    iops_samples: u64,
}

#[derive(Serialize)]
struct Syncs {
    total_ios: u64,
    lat_ns: Nanoseconds,
}

/// What fio has no name for.
#[derive(Debug, Serialize)]
struct Ours<'a> {
    run: &'a str,
    case: &'a str,
    mode: Mode,
    /// Then latencies are those of batches.
    batch_reaped: bool,
    engine: &'a EngineUsed,
    validity: Validity,
    reasons: &'a [Doubt],
    #[serde(skip_serializing_if = "Option::is_none")]
    offered_iops: Option<u64>,
    errors: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_early: Option<&'a str>,
}

fn part<'a>(entry: &Entry<'a>, bins: Bins) -> Part<'a> {
    let Entry { group, job, run, observed } = *entry;
    let elapsed = observed.elapsed_ns;
    let processor = |time: u64| {
        let all = float(elapsed) * f64::from(run.threads.max(1));
        if elapsed == 0 { 0.0 } else { 100.0 * float(time) / all }
    };
    let mut all = Histogram::new();
    for stream in observed.streams.values() {
        all.merge(&stream.service);
    }
    let shares = Shares::of(&all);
    Part {
        jobname: &job.name,
        groupid: group,
        error: error(run, observed),
        eta: 0,
        elapsed: run.ramp_ns.saturating_add(elapsed).div_ceil(1_000_000_000),
        job_options: options(job, run),
        read: direction(entry, Op::Read, bins),
        write: direction(entry, Op::Write, bins),
        trim: direction(entry, Op::Trim, bins),
        sync: Syncs { total_ios: 0, lat_ns: Nanoseconds::none() },
        job_runtime: elapsed / 1_000_000 * u64::from(run.threads.max(1)),
        usr_cpu: processor(observed.cost.user_ns),
        sys_cpu: processor(observed.cost.system_ns),
        ctx: 0,
        majf: 0,
        minf: 0,
        iodepth_level: zeroes(&["1", "2", "4", "8", "16", "32", ">=64"]),
        iodepth_submit: zeroes(&["0", "4", "8", "16", "32", "64", ">=64"]),
        iodepth_complete: zeroes(&["0", "4", "8", "16", "32", "64", ">=64"]),
        latency_ns: shares.nanoseconds,
        latency_us: shares.microseconds,
        latency_ms: shares.milliseconds,
        latency_depth: run.iodepth,
        latency_target: 0,
        latency_percentile: 100.0,
        latency_window: 0,
        desc: job.description.as_deref(),
        assay: ours(run, observed),
    }
}

/// The first error's number; `EILSEQ` where what was read back is not what was written.
fn error(run: &Run, observed: &Observed) -> i32 {
    let first = observed.errors.keys().next().map(|(_, number)| *number);
    let faulty = run.verified.as_ref().is_some_and(|found| !found.faults.is_empty());
    first.unwrap_or(if faulty { libc::EILSEQ } else { 0 })
}

/// The job's options, and always those that other programs ask for.
fn options(job: &Job, run: &Run) -> Pairs<String> {
    let mut options = vec![("name".to_owned(), job.name.clone())];
    options.extend(export::options(job).into_iter().map(|(name, value)| (name.to_owned(), value)));
    for (name, value) in [("iodepth", run.iodepth), ("numjobs", run.threads), ("bs", 0)] {
        if options.iter().all(|(other, _)| other != name) {
            let value = if name == "bs" { job.largest_block() } else { value };
            options.push((name.to_owned(), value.to_string()));
        }
    }
    Pairs(options)
}

fn ours<'a>(run: &'a Run, observed: &'a Observed) -> Ours<'a> {
    Ours {
        run: &run.id,
        case: &run.case,
        mode: run.mode,
        batch_reaped: run.mode == Mode::Throughput,
        engine: &run.engine,
        validity: run.validity,
        reasons: &run.reasons,
        offered_iops: run.offered_iops,
        errors: observed.errors.values().sum(),
        ended_early: observed.ended_early.as_deref(),
    }
}

fn zeroes(names: &[&str]) -> Pairs<f64> {
    Pairs(names.iter().map(|name| ((*name).to_owned(), 0.0)).collect())
}

fn direction(entry: &Entry<'_>, op: Op, bins: Bins) -> Direction {
    let Entry { job, observed, .. } = *entry;
    let mut both = Stream::default();
    for region in [Region::Hot, Region::Cold] {
        if let Some(stream) = observed.streams.get(&(op, region)) {
            both.bytes = both.bytes.saturating_add(stream.bytes);
            both.service.merge(&stream.service);
        }
    }
    let elapsed = if both.service.count() > 0 { observed.elapsed_ns } else { 0 };
    let bw_bytes = per_second(both.bytes, elapsed);
    let response = observed.open_loop.as_ref().and_then(|open| open.response.get(&op));
    let clat = if job.clat_percentiles { job.percentiles.as_slice() } else { &[] };
    let lat = if job.lat_percentiles { job.percentiles.as_slice() } else { &[] };
    let second = |value: fn(&crate::observed::SecondOf) -> u64| {
        let whole = usize::try_from(elapsed / 1_000_000_000).unwrap_or(0);
        let seconds = observed.seconds.iter().take(whole);
        Samples::of(seconds.map(|second| second.operations.get(&op).map_or(0, value)))
    };
    let bandwidth = second(|second| second.bytes / 1024);
    let rate = second(|second| second.ios);
    let of_all = float(bw_bytes) / 1024.0;
    Direction {
        io_bytes: both.bytes,
        io_kbytes: both.bytes / 1024,
        bw_bytes,
        bw: bw_bytes / 1024,
        iops: if elapsed == 0 { 0.0 } else { float(both.service.count()) * 1e9 / float(elapsed) },
        runtime: elapsed / 1_000_000,
        total_ios: both.service.count(),
        short_ios: 0,
        drop_ios: 0,
        slat_ns: Nanoseconds::none(),
        clat_ns: Nanoseconds::of(&both.service, clat, bins),
        lat_ns: Nanoseconds::of(response.unwrap_or(&both.service), lat, bins),
        bw_min: bandwidth.min,
        bw_max: bandwidth.max,
        bw_agg: if of_all > 0.0 { (100.0 * bandwidth.mean / of_all).min(100.0) } else { 0.0 },
        bw_mean: bandwidth.mean,
        bw_dev: bandwidth.deviation,
        bw_samples: bandwidth.count,
        iops_min: rate.min,
        iops_max: rate.max,
        iops_mean: rate.mean,
        iops_stddev: rate.deviation,
        iops_samples: rate.count,
    }
}

/// What comes of `amount` in `elapsed_ns`, a second.
fn per_second(amount: u64, elapsed_ns: u64) -> u64 {
    let rate = (u128::from(amount) * 1_000_000_000).checked_div(u128::from(elapsed_ns));
    rate.and_then(|rate| u64::try_from(rate).ok()).unwrap_or(0)
}

/// Values of whole seconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Samples {
    min: u64,
    max: u64,
    mean: f64,
    deviation: f64,
    count: u64,
}

impl Samples {
    fn of(values: impl Iterator<Item = u64> + Clone) -> Self {
        let count = values.clone().fold(0_u64, |count, _| count.saturating_add(1));
        let (Some(min), Some(max)) = (values.clone().min(), values.clone().max()) else {
            return Self::default();
        };
        let mean = values.clone().map(float).sum::<f64>() / float(count);
        let squares: f64 = values.map(|value| (float(value) - mean).powi(2)).sum();
        let deviation = if count > 1 { (squares / float(count - 1)).sqrt() } else { 0.0 };
        Self { min, max, mean, deviation, count }
    }
}

#[expect(clippy::cast_precision_loss, reason = "fio prints these as floating point")]
fn float(value: u64) -> f64 {
    value as f64
}

/// Returns the time as C's `ctime` has it, in UTC: `Wed Nov 25 16:18:20 2026`.
///
/// The date by the civil calendar from days since 1970, in eras of 400 years.
fn calendar(unix_s: u64) -> String {
    let (days, second) = (unix_s / 86_400, unix_s % 86_400);
    let weekday = name(&["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"], days % 7);
    // Years begin in March, so that the leap day is their last.
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let date = day - (153 * month + 2) / 5 + 1;
    let year = era * 400 + year + u64::from(month >= 10);
    let months =
        ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"];
    let month = name(&months, month);
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    format!("{weekday} {month} {date:2} {hour:02}:{minute:02}:{second:02} {year}")
}

fn name<'a>(names: &[&'a str], at: u64) -> &'a str {
    usize::try_from(at).ok().and_then(|at| names.get(at)).copied().unwrap_or("?")
}

#[cfg(test)]
mod tests;
