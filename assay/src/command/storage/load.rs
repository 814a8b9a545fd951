//! One load on one opened target, with its progress and its word on itself.

use std::time::Duration;

use storage_bench::{
    clock::DRIFT_LIMIT_PPM,
    drive::{Drive, DriveError, drive_keeping},
    measurement::{Mode, Run, Steady},
    observed::{Observed, Second},
    run::Control,
    summary::{self, Context},
    target::Opened,
    validity::{Claims, Evidence, Fill},
};

use crate::{
    clock, console::Console, failure::Failure, interrupt::Interrupt, lang::text, progress::Progress,
};

/// What a run is for.
#[derive(Clone, Debug, Default)]
pub(super) struct Purpose {
    /// Its case, or `ad-hoc`.
    pub(super) case: String,
    /// The cap that is looked for.
    pub(super) cap_iops: Option<u64>,
    /// What is claimed of it.
    pub(super) claims: Claims,
    /// Whether the volume was filled, where that matters.
    pub(super) fill: Option<Fill>,
    /// Whether the latencies of each second are kept.
    pub(super) keep_latencies: bool,
}

/// A run, and what was observed behind it.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) run: Run,
    pub(super) observed: Observed,
}

/// Runs `load` on `target` and sums it up.
pub(super) fn measure(
    load: &Drive,
    target: &Opened,
    purpose: &Purpose,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Measured, Failure> {
    let started_at = clock::now();
    let stop = interrupt.flag();
    let total = load.runtime.map(|time| time + load.ramp);
    let title = if purpose.case.is_empty() { "ad-hoc" } else { &purpose.case };
    let line = Progress::start(console.progress, title);
    let mut passed = 0_u64;
    let mut progress = |second: &Second| {
        passed += 1;
        line.step(&status(title, second, passed, total));
    };
    let mut control = Control { stop: &stop, progress: &mut progress };
    let outcome =
        drive_keeping(load, target, &mut control, purpose.keep_latencies).map_err(failure)?;
    drop(line);
    let observed = outcome.observed;
    let mut evidence = Evidence::of(load.mode, purpose.claims.clone(), &observed);
    evidence.clock_drift_ppm =
        (outcome.clock_drift_ppm > DRIFT_LIMIT_PPM).then_some(outcome.clock_drift_ppm);
    if let Some(fill) = purpose.fill {
        evidence.fill = fill;
    }
    let Some(first) = load.threads.first() else {
        return Err(Failure::unable(text("没有负载", "there is no load", &[])));
    };
    let workload = first.resolve().map_err(|source| failure(DriveError::Workload { source }))?;
    let hit = storage_bench::hit::of(&workload, &observed, None);
    if let Some(hit) = &hit {
        evidence.hit_rate = storage_bench::validity::HitRate::Known(hit.clone());
    }
    let context = Context {
        id: id(),
        case: title.to_owned(),
        subject: target.subject().clone(),
        mode: load.mode,
        workload,
        iodepth: load.iodepth,
        threads: u32::try_from(load.threads.len()).unwrap_or(u32::MAX),
        offered_iops: load.offered.map(|(_, rate)| rate.get()),
        started_at,
        ramp_ns: u64::try_from(load.ramp.as_nanos()).unwrap_or(u64::MAX),
        cap_iops: purpose.cap_iops,
        steady: None::<Steady>,
        hit,
        reduction: None,
    };
    let run = summary::run(context, &observed, evidence.doubts());
    Ok(Measured { run, observed })
}

/// Returns what the progress line says of a second.
fn status(title: &str, second: &Second, passed: u64, total: Option<Duration>) -> String {
    let (mut ios, mut bytes, mut p99) = (0_u64, 0_u64, 0_u64);
    for of in second.operations.values() {
        ios += of.ios;
        bytes += of.bytes;
        p99 = p99.max(of.p99_ns);
    }
    let of = total.map_or_else(String::new, |total| format!("/{}", total.as_secs()));
    let megabytes = bytes / 1_000_000;
    format!("{title} {passed}{of} s: {ios} IOPS, {megabytes} MB/s, p99 {} µs", p99 / 1000)
}

/// Returns an id that no other run has.
fn id() -> String {
    let mut bytes = [0_u8; 8];
    // Without random numbers the time still tells runs of one report apart.
    if rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).is_err() {
        return clock::now();
    }
    format!("{:016x}", u64::from_be_bytes(bytes))
}

/// A load that did not come about.
pub(super) fn failure(error: DriveError) -> Failure {
    let hint = error.hint();
    Failure::unable(text("无法加压", "cannot make the load", &[])).because(error).hint_from(hint)
}

/// Returns what an ad-hoc run claims: its speed, and percentiles of every operation where
/// completions are taken one by one.
pub(super) fn ad_hoc(mode: Mode) -> Claims {
    let percentiles_ppm = if mode == Mode::Throughput { Vec::new() } else { vec![990_000] };
    Claims { speed: true, percentiles_ppm, target_latency_ns: None }
}
