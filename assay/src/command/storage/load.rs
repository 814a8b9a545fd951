//! One load on one opened target, with its progress and its word on itself.

use std::time::Duration;

use storage_bench::{
    clock::DRIFT_LIMIT_PPM,
    data::Content,
    drive::{Drive, DriveError, drive},
    measurement::{HitCounters, Mode, Reduction, Run, Steady},
    observed::{Observed, Second},
    run::{Control, Outcome},
    summary::{self, Context},
    target::Opened,
    validity::{Claims, Evidence, Fill},
    workload::Op,
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
    /// Whether it is smaller than the method asks.
    pub(super) reduced: bool,
    /// What the array says of it.
    pub(super) told: Told,
}

/// What the array itself says of a run, by commands of the operator.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    /// Its cache's counters before and after.
    pub(super) hit: Option<HitCounters>,
    /// What it made of the data.
    pub(super) reduction: Option<Reduction>,
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
    let driven = drive_it(load, target, purpose, interrupt, console)?;
    sum_up(driven, load, target, purpose)
}

/// A load that was run, before anything is made of it.
#[derive(Debug)]
pub(super) struct Driven {
    outcome: Outcome,
    started_at: String,
}

impl Driven {
    /// Returns what never began.
    pub(super) fn nothing() -> Self {
        let outcome =
            Outcome { observed: Observed::default(), devices: Vec::new(), clock_drift_ppm: 0 };
        Self { outcome, started_at: clock::now() }
    }
}

impl Driven {
    /// Returns how many bytes were written in the measured part.
    pub(super) fn written_bytes(&self) -> u64 {
        let writes = self.outcome.observed.streams.iter();
        writes.filter(|((op, _), _)| *op == Op::Write).map(|(_, stream)| stream.bytes).sum()
    }
}

/// Runs `load` on `target`.
pub(super) fn drive_it(
    load: &Drive,
    target: &Opened,
    purpose: &Purpose,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Driven, Failure> {
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
    let outcome = drive(load, target, &mut control).map_err(failure)?;
    drop(line);
    Ok(Driven { outcome, started_at })
}

/// Sums a run up, and says whether it proves anything.
pub(super) fn sum_up(
    driven: Driven,
    load: &Drive,
    target: &Opened,
    purpose: &Purpose,
) -> Result<Measured, Failure> {
    let Driven { outcome, started_at } = driven;
    let title = if purpose.case.is_empty() { "ad-hoc" } else { &purpose.case };
    let observed = outcome.observed;
    let mut evidence = Evidence::of(load.mode, purpose.claims.clone(), &observed);
    evidence.clock_drift_ppm =
        (outcome.clock_drift_ppm > DRIFT_LIMIT_PPM).then_some(outcome.clock_drift_ppm);
    if let Some(fill) = purpose.fill {
        evidence.fill = fill;
    }
    evidence.reduced = purpose.reduced;
    let incompressible = matches!(load.content, Content::Unique { .. });
    let reduction = purpose.told.reduction;
    evidence.reduction_milli =
        reduction.filter(|_| incompressible).map(|reduction| reduction.reported_milli);
    let Some(first) = load.threads.first() else {
        return Err(Failure::unable(text("没有负载", "there is no load", &[])));
    };
    let workload = first.resolve().map_err(|source| failure(DriveError::Workload { source }))?;
    let hit = storage_bench::hit::of(&workload, &observed, purpose.told.hit);
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
        reduction,
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
pub(super) fn id() -> String {
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
