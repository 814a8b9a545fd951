//! Loads on opened targets, with their progress and their word on themselves.

use storage_bench::{
    clock::DRIFT_LIMIT_PPM,
    data::Content,
    drive::{Drive, DriveError, Part, drive_together},
    measurement::{DataCheck, HitCounters, Mode, Reduction, Run, Steady, Subject},
    observed::{Observed, Second},
    run::{Control, Outcome},
    summary::{self, Context},
    target::Opened,
    validity::{Claims, Evidence, Fill},
    workload::Op,
};

use crate::{
    clock, console::Console, failure::Failure, interrupt::Interrupt, lang::text,
    output::storage::live::Facts, progress::live::View,
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

/// A load that is to run, beside others or alone.
#[derive(Debug)]
pub(super) struct Prepared<'t> {
    /// The load.
    pub(super) part: Part<'t>,
    /// What it is on.
    pub(super) subject: Subject,
    /// What it is for.
    pub(super) purpose: Purpose,
    /// What its data was found to be, where it was looked at.
    pub(super) data: Option<DataCheck>,
}

/// Loads that ran at the same time.
#[derive(Debug)]
pub(super) struct Together {
    /// Each.
    pub(super) each: Vec<Measured>,
    /// All of them as one run, where there were several.
    pub(super) sum: Option<Measured>,
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

/// Loads that were run, before anything is made of them.
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

    /// Returns by how much the clock was off, where that is too much.
    fn drift(&self) -> Option<u32> {
        Some(self.outcome.clock_drift_ppm).filter(|ppm| *ppm > DRIFT_LIMIT_PPM)
    }
}

impl<'t> Prepared<'t> {
    /// Returns the load on one target.
    fn single(load: &Drive, target: &'t Opened, purpose: &Purpose) -> Self {
        let subject = target.subject().clone();
        Self { part: Part::single(load, target), subject, purpose: purpose.clone(), data: None }
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
    drive_all(&[Prepared::single(load, target, purpose)], interrupt, console)
}

/// Sums one run up, and says whether it proves anything.
pub(super) fn sum_up(
    driven: Driven,
    load: &Drive,
    target: &Opened,
    purpose: &Purpose,
) -> Result<Measured, Failure> {
    let (one, drift) = (Prepared::single(load, target, purpose), driven.drift());
    measured(&one, driven.outcome.observed, drift, &driven.started_at)
}

fn drive_all(
    loads: &[Prepared<'_>],
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Driven, Failure> {
    let started_at = clock::now();
    let stop = interrupt.flag();
    let view = View::start(console.progress, console.lang, facts(loads, &title(loads)));
    let mut progress = |second: &Second| view.second(second);
    let mut control = Control { stop: &stop, progress: &mut progress };
    let parts: Vec<Part<'_>> = loads.iter().map(|load| load.part.clone()).collect();
    let outcome = drive_together(&parts, &mut control).map_err(failure)?;
    drop(view);
    Ok(Driven { outcome, started_at })
}

/// Runs loads at the same time, and sums each and all of them up.
pub(super) fn measure_together(
    loads: &[Prepared<'_>],
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Together, Failure> {
    let driven = drive_all(loads, interrupt, console)?;
    let (drift, Driven { outcome, started_at }) = (driven.drift(), driven);
    if let [load] = loads {
        let each = vec![measured(load, outcome.observed, drift, &started_at)?];
        return Ok(Together { each, sum: None });
    }
    let each = loads.iter().zip(outcome.devices);
    let each = each
        .map(|(load, observed)| measured(load, observed, drift, &started_at))
        .collect::<Result<Vec<_>, _>>()?;
    let sum = whole_of(loads, &title(loads))?;
    let sum = Some(measured(&sum, outcome.observed, drift, &started_at)?);
    Ok(Together { each, sum })
}

fn nothing() -> Failure {
    Failure::unable(text("没有负载", "there is no load", &[]))
}

/// Returns the names of loads: of many the first ones.
fn title(loads: &[Prepared<'_>]) -> String {
    const SHOWN: usize = 3;
    let names = loads.iter().take(SHOWN).map(|load| match load.purpose.case.as_str() {
        "" => "ad-hoc",
        case => case,
    });
    let names = names.collect::<Vec<_>>().join(" + ");
    match loads.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{names} + {more}"),
        _ => names,
    }
}

/// Returns the loads as one: what they have together is added, what differs is the first's.
fn whole_of<'t>(loads: &[Prepared<'t>], title: &str) -> Result<Prepared<'t>, Failure> {
    let first = loads.first().ok_or_else(nothing)?;
    let mut drive = first.part.drive.clone();
    drive.threads = loads.iter().flat_map(|load| load.part.drive.threads.clone()).collect();
    let rates = loads.iter().filter_map(|load| load.part.drive.offered);
    drive.offered =
        rates.reduce(|(arrivals, one), (_, other)| (arrivals, one.saturating_add(other.get())));
    // Where some are reaped in batches, no latency of the sum stands for single operations.
    if loads.iter().any(|load| load.part.drive.mode == Mode::Throughput) {
        drive.mode = Mode::Throughput;
    }
    let mut subject = first.subject.clone();
    for other in loads.iter().skip(1).map(|load| &load.subject) {
        if other.path == subject.path {
            continue;
        }
        subject = Subject {
            kind: if other.kind == subject.kind { subject.kind } else { "mixed".to_owned() },
            path: format!("{}:{}", subject.path, other.path),
            size_bytes: subject.size_bytes.saturating_add(other.size_bytes),
            block_bytes: subject.block_bytes.max(other.block_bytes),
            model: subject.model.filter(|model| other.model.as_ref() == Some(model)),
            filesystem: subject.filesystem.filter(|name| other.filesystem.as_ref() == Some(name)),
            ..Subject::default()
        };
    }
    let purpose =
        Purpose { case: title.to_owned(), claims: ad_hoc(drive.mode), ..Purpose::default() };
    let data = first.data.filter(|_| loads.iter().all(|load| load.data == first.data));
    Ok(Prepared { part: Part { drive, threads: Vec::new() }, subject, purpose, data })
}

/// Says what was observed of a load.
fn measured(
    prepared: &Prepared<'_>,
    observed: Observed,
    clock_drift_ppm: Option<u32>,
    started_at: &str,
) -> Result<Measured, Failure> {
    let (load, purpose) = (&prepared.part.drive, &prepared.purpose);
    let mut evidence = Evidence::of(load.mode, purpose.claims.clone(), &observed);
    evidence.clock_drift_ppm = clock_drift_ppm;
    if let Some(fill) = purpose.fill {
        evidence.fill = fill;
    }
    evidence.reduced = purpose.reduced;
    let incompressible = matches!(load.content, Content::Unique { .. });
    let reduction = purpose.told.reduction;
    evidence.reduction_milli =
        reduction.filter(|_| incompressible).map(|reduction| reduction.reported_milli);
    let first = load.threads.first().ok_or_else(nothing)?;
    let workload = first.resolve().map_err(|source| failure(DriveError::Workload { source }))?;
    let hit = storage_bench::hit::of(&workload, &observed, purpose.told.hit);
    if let Some(hit) = &hit {
        evidence.hit_rate = storage_bench::validity::HitRate::Known(hit.clone());
    }
    let case = if purpose.case.is_empty() { "ad-hoc" } else { &purpose.case };
    let context = Context {
        id: id(),
        case: case.to_owned(),
        subject: prepared.subject.clone(),
        mode: load.mode,
        workload,
        iodepth: load.iodepth,
        threads: u32::try_from(load.threads.len()).unwrap_or(u32::MAX),
        offered_iops: load.offered.map(|(_, rate)| rate.get()),
        started_at: started_at.to_owned(),
        ramp_ns: u64::try_from(load.ramp.as_nanos()).unwrap_or(u64::MAX),
        cap_iops: purpose.cap_iops,
        steady: None::<Steady>,
        hit,
        reduction,
    };
    let data = prepared.data;
    let mut doubts = evidence.doubts();
    doubts.extend(data.iter().flat_map(storage_bench::validity::data::doubts));
    let run = Run { data, ..summary::run(context, &observed, doubts) };
    Ok(Measured { run, observed })
}

/// Returns what can be said of loads before they run.
fn facts(loads: &[Prepared<'_>], title: &str) -> Facts {
    let drives = || loads.iter().map(|load| &load.part.drive);
    let lead_in = |drive: &Drive| drive.delay + drive.ramp;
    let first = drives().map(lead_in).min().unwrap_or_default();
    let ends = drives().map(|drive| drive.runtime.map(|time| time + lead_in(drive)));
    let moved = loads.iter().flat_map(|load| load.part.threads.iter().flatten());
    let bytes = moved.map(|lane| lane.limit.bytes).try_fold(0_u64, u64::checked_add);
    let timed = ends.clone().all(|end| end.is_some());
    let rates = drives().map(|drive| drive.offered.map(|(_, rate)| rate.get()));
    Facts {
        title: title.to_owned(),
        lead_in: first,
        runtime: ends.flatten().max().filter(|_| timed).map(|end| end.saturating_sub(first)),
        // Threads that share their blocks each do a part of what they may.
        bytes: bytes.filter(|bytes| {
            *bytes < 1 << 62 && loads.iter().all(|load| load.part.drive.threads.len() == 1)
        }),
        offered_iops: rates.sum::<Option<u64>>(),
    }
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
