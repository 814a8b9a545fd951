//! One acceptance case on an opened volume.

use std::time::Duration;

use storage_bench::{
    cases::{Case, Load, Method, Window},
    data::{Content, Filler},
    drive::Drive,
    integrity::{block::Origin, run::Volume},
    measurement::{Doubt, HitCounters, Mode, Reduction, Run, Steady, Totals, Validity},
    random::Random,
    steady::{MOST_ROUNDS, Progress as Steadiness, Rounds},
    target::Opened,
    validity::{Claims, Fill},
    workload::{BlockShare, Distribution, Order, Payload, Spec},
};

use super::{
    accept::{
        array::Array,
        marker::is_dense,
        night::{self, Start},
    },
    load::{self, Measured, Purpose, Told},
};
use crate::{console::Console, failure::Failure, interrupt::Interrupt, lang::text};

/// Blocks that are read to find out whether a volume holds what was filled in.
const SAMPLED: u32 = 1000;
/// The block that is sampled.
const SAMPLE: usize = 4096;

/// The least that is filled within a window of the day.
pub(super) const PIECE_NS: u64 = 60_000_000_000;
/// What a filling that goes on writes again.
const AGAIN_BYTES: u64 = 64 << 20;

/// A block that direct I/O takes: aligned to the largest sector there is.
#[repr(align(4096))]
struct Page([u8; SAMPLE]);

/// Everything a case runs with.
#[derive(Debug)]
pub(super) struct Bench<'a> {
    pub(super) target: &'a Opened,
    /// What is known of the volume's filling.
    pub(super) fill: Option<Fill>,
    /// Seed of what it is filled with.
    pub(super) seed: u64,
    pub(super) interrupt: &'a Interrupt,
    /// How the array is asked for what it knows.
    pub(super) array: &'a Array,
    /// When cases may run.
    pub(super) window: Option<Window>,
    /// Whether everything is made short and proves nothing.
    pub(super) fast: bool,
}

impl Bench<'_> {
    /// Runs one case; `None` of one that cannot be run from here.
    pub(super) fn run(&self, case: &Case, console: &mut Console) -> Result<Option<Run>, Failure> {
        match (&case.method, &case.load) {
            (Method::Fill, Some(load)) => self.fill(case, load, console).map(Some),
            (Method::Timed, Some(load)) => self.timed(case, load, console).map(Some),
            (Method::UntilSteady { tracked, least_written_bytes }, Some(load)) => {
                self.rounds(case, load, tracked, *least_written_bytes, console).map(Some)
            }
            (Method::Reduction, Some(load)) => self.reduction(case, load, console).map(Some),
            (Method::Ends { .. }, _) => self.ends(case, console).map(Some),
            _ => Ok(None),
        }
    }

    pub(super) fn purpose(&self, case: &Case, load: &Load) -> Purpose {
        let judged = |path: &str| case.judged.iter().find(|judged| judged.path == path);
        let target_latency_ns = judged("all.service.mean_ns").map(|judged| judged.value);
        // What is run short claims nothing: that it is short is reason enough.
        let claimed = load.mode != Mode::Throughput && !self.fast;
        let percentiles_ppm = if claimed { vec![990_000] } else { Vec::new() };
        Purpose {
            case: case.id.clone(),
            cap_iops: case.cap_iops,
            claims: Claims { speed: !self.fast, percentiles_ppm, target_latency_ns },
            fill: case.needs_fill.then_some(self.fill.unwrap_or(Fill::NoMarker)),
            reduced: self.fast,
            ..Purpose::default()
        }
    }

    /// Returns the load as the case has it.
    pub(super) fn drive(load: &Load) -> Drive {
        let threads = usize::try_from(load.threads).unwrap_or(1).max(1);
        let content = if load.dedup_thousandths == 1000 && load.compress_thousandths == 1000 {
            Content::default()
        } else {
            Content::Reducible {
                dedup_thousandths: load.dedup_thousandths,
                compress_thousandths: load.compress_thousandths,
                unit_bytes: 4096,
            }
        };
        Drive {
            threads: vec![load.workload.clone(); threads],
            content,
            iodepth: load.iodepth,
            ramp: Duration::from_nanos(load.ramp_ns),
            runtime: Some(Duration::from_nanos(load.runtime_ns)),
            ..Drive::single(load.mode, load.workload.clone())
        }
    }

    pub(super) fn measure(
        &self,
        load: &Drive,
        purpose: &Purpose,
        console: &mut Console,
    ) -> Result<Measured, Failure> {
        load::measure(load, self.target, purpose, self.interrupt, console)
    }

    /// Runs a load and asks the array before and after; `fresh` where nothing was kept of
    /// what is written over.
    fn measure_told(
        &self,
        load: &Drive,
        mut purpose: Purpose,
        fresh: bool,
        console: &mut Console,
    ) -> Result<Measured, Failure> {
        let path = &self.target.subject().path;
        let mut doubts = Vec::new();
        let span = load.threads.first().map(|spec| (spec.span_bytes, spec.read_percent, hot(spec)));
        let (span_bytes, read_percent, hot) = span.unwrap_or_default();
        let writes = read_percent < 100;
        let used = |when, console: &mut Console, doubts: &mut Vec<Doubt>| {
            let asked = if writes { self.array.used_bytes(path, when, console) } else { Ok(None) };
            asked.unwrap_or_else(|doubt| {
                doubts.push(doubt);
                None
            })
        };
        let hits = |when, console: &Console, doubts: &mut Vec<Doubt>| {
            let asked = if hot { self.array.hits(path, when, console) } else { Ok(None) };
            asked.unwrap_or_else(|doubt| {
                doubts.push(doubt);
                None
            })
        };
        let used_before = used("before", console, &mut doubts);
        let hits_before = hits("before", console, &mut doubts);
        let driven = load::drive_it(load, self.target, &purpose, self.interrupt, console)?;
        let hits_after = hits("after", console, &mut doubts);
        let used_after = used("after", console, &mut doubts);
        let written = driven.written_bytes().min(span_bytes);
        let reduction = used_before.zip(used_after).and_then(|(before, after)| {
            if fresh {
                Reduction::of(written, after.saturating_sub(before))
            } else {
                Reduction::replaced(written, before, after)
            }
        });
        if fresh && used_before.is_some() && used_after.is_some() && reduction.is_none() {
            let en =
                "what the array says it uses did not grow: it has not counted yet, or elsewhere";
            doubts.push(Doubt::new(
                "use-did-not-grow",
                "阵列报告的用量没有增加：尚未计入或计在别处",
                en,
            ));
        }
        let hit = hits_before.zip(hits_after).map(|(before, after)| HitCounters {
            hits_before: before.0,
            accesses_before: before.1,
            hits_after: after.0,
            accesses_after: after.1,
        });
        purpose.told = Told { hit, reduction };
        let mut measured = load::sum_up(driven, load, self.target, &purpose)?;
        if !doubts.is_empty() {
            measured.run.validity = Validity::Invalid;
            measured.run.reasons.extend(doubts);
        }
        Ok(measured)
    }

    /// Gives the span back to the array, writes data of known ratios, and asks what became
    /// of it.
    fn reduction(&self, case: &Case, load: &Load, console: &mut Console) -> Result<Run, Failure> {
        let blocks = vec![BlockShare { bytes: 1 << 20, percent: 100 }];
        let span = load.workload.span_bytes;
        let spec = Spec {
            span_bytes: span - span % (1 << 20),
            read_percent: 0,
            trim: true,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            order: Order::Sequential,
            ..load.workload.clone()
        };
        let trim = Drive {
            iodepth: 8,
            bytes: Some(spec.span_bytes),
            ..Drive::single(Mode::Throughput, spec)
        };
        let purpose = Purpose { case: format!("{} (trim)", case.id), ..Purpose::default() };
        let trimmed = self.measure(&trim, &purpose, console)?.run;
        let mut run =
            self.measure_told(&Self::drive(load), self.purpose(case, load), true, console)?.run;
        if trimmed.all.errors > 0 || trimmed.all.moved_bytes < trim.bytes.unwrap_or(0) {
            let en = "the range could not be given back (trim): the growth of use is not what was written";
            let zh = "写入范围未能先行释放（trim）：用量的增加不等于所写数据";
            run.reasons.push(Doubt::new("not-trimmed", zh, en));
            run.validity = Validity::Invalid;
        }
        Ok(run)
    }

    /// Writes every block once, so that no read is answered without one.
    fn fill(&self, case: &Case, load: &Load, console: &mut Console) -> Result<Run, Failure> {
        let purpose = Purpose { case: case.id.clone(), reduced: self.fast, ..Purpose::default() };
        let span_bytes = load.workload.span_bytes;
        let mut start_bytes = 0;
        loop {
            let left = night::wait(self.window, &case.id, PIECE_NS, self.interrupt, console)?;
            let runtime = match left {
                Start::Now { left_ns } if self.window.is_some() => {
                    Some(Duration::from_nanos(left_ns))
                }
                // Interrupted: what follows ends at once and says so.
                _ => None,
            };
            let part =
                Spec { start_bytes, span_bytes: span_bytes - start_bytes, ..load.workload.clone() };
            let drive = Drive {
                content: Content::Unique { refill: false },
                ramp: Duration::ZERO,
                runtime,
                bytes: Some(part.span_bytes),
                threads: vec![part],
                ..Self::drive(load)
            };
            let run = self.measure(&drive, &purpose, console)?.run;
            let whole = start_bytes + run.all.moved_bytes >= span_bytes;
            if whole || runtime.is_none() || !run.reasons.is_empty() {
                return Ok(run);
            }
            // The window shut. What was in flight then is written again.
            let moved = run.all.moved_bytes.saturating_sub(AGAIN_BYTES);
            start_bytes += moved - moved % (1 << 20);
        }
    }

    fn timed(&self, case: &Case, load: &Load, console: &mut Console) -> Result<Run, Failure> {
        for _ in 0..load.warm_reads {
            self.warm(case, load, console)?;
        }
        Ok(self.measure_told(&Self::drive(load), self.purpose(case, load), false, console)?.run)
    }

    /// Reads the hot set once from end to end, so that it is in the cache.
    fn warm(&self, case: &Case, load: &Load, console: &mut Console) -> Result<(), Failure> {
        let Order::Random { distribution: Distribution::HotCold { hot_bytes, .. }, .. } =
            load.workload.order
        else {
            return Ok(());
        };
        let blocks = vec![BlockShare { bytes: 1 << 20, percent: 100 }];
        let spec = Spec {
            span_bytes: hot_bytes.max(1 << 20),
            read_percent: 100,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            order: Order::Sequential,
            ..load.workload.clone()
        };
        let drive = Drive {
            iodepth: 8,
            bytes: Some(spec.span_bytes),
            ..Drive::single(Mode::Throughput, spec)
        };
        let purpose = Purpose { case: format!("{} (warm)", case.id), ..Purpose::default() };
        self.measure(&drive, &purpose, console).map(drop)
    }

    /// Runs round after round until the tracked value is steady, or the rounds are over.
    fn rounds(
        &self,
        case: &Case,
        load: &Load,
        tracked: &str,
        least_written: u64,
        console: &mut Console,
    ) -> Result<Run, Failure> {
        let (mut rounds, mut written) = (Rounds::default(), 0_u64);
        let mut purpose = self.purpose(case, load);
        purpose.claims.speed = false;
        let mut drive = Self::drive(load);
        loop {
            let measured = self.measure_told(&drive, purpose.clone(), false, console)?;
            drive.ramp = Duration::ZERO;
            written += measured.run.write.as_ref().map_or(0, |write| write.moved_bytes);
            let mut run = measured.run;
            let stopped = run.reasons.iter().any(|doubt| doubt.code == "ended-early");
            let Some(value) = tracked_milli(tracked, &run.all) else {
                return Err(Failure::unable(text(
                    "测试项 {} 跟踪的 `{}` 不可得",
                    "case {} tracks `{}`, which a run does not have",
                    &[&case.id, tracked],
                )));
            };
            let state =
                if written >= least_written { rounds.push(value) } else { Steadiness::GoOn };
            let steady = Steady { unit: unit(tracked).to_owned(), ..rounds.report() };
            let over = !matches!(state, Steadiness::GoOn);
            if over || stopped || steady.rounds_milli.len() >= MOST_ROUNDS {
                if !steady.steady {
                    run.reasons.push(Doubt::new(
                        "not-steady",
                        format!("{} 轮后仍未达稳态", steady.rounds_milli.len()),
                        format!("not steady after {} rounds", steady.rounds_milli.len()),
                    ));
                    run.validity = Validity::Invalid;
                }
                run.steady = Some(steady);
                return Ok(run);
            }
        }
    }

    /// Writes the first and the last block, reads both back and compares.
    fn ends(&self, case: &Case, console: &mut Console) -> Result<Run, Failure> {
        let bytes = self.target.size_bytes();
        let last = (bytes / SAMPLE as u64).saturating_sub(1);
        let origin = Origin { volume: u128::from(bytes), run: self.seed, seed: self.seed };
        let file = self.target.file();
        let mut errors = 0;
        for address in [0, last] {
            let mut block = Page([0; SAMPLE]);
            origin.encode(address, 1, &mut block.0);
            let at = address * SAMPLE as u64;
            let wrote = file.write_at(&block.0, at).and_then(|()| file.flush());
            let mut back = Page([0; SAMPLE]);
            let read = wrote.and_then(|()| file.read_at(&mut back.0, at));
            errors += u64::from(read.is_err() || back.0 != block.0);
        }
        // The numbers around it are those of reading both blocks once by the engine.
        let blocks = vec![BlockShare { bytes: 4096, percent: 100 }];
        let spec = Spec {
            start_bytes: 0,
            span_bytes: bytes,
            read_percent: 100,
            trim: false,
            read_blocks: blocks.clone(),
            write_blocks: blocks,
            align_bytes: 0,
            order: Order::Sequential,
            seed: self.seed,
        };
        let drive = Drive { ios: Some(2), ..Drive::single(Mode::Latency, spec) };
        let purpose = Purpose { case: case.id.clone(), ..Purpose::default() };
        let mut run = self.measure(&drive, &purpose, console)?.run;
        run.all.errors += errors;
        Ok(run)
    }
}

/// Reads blocks by chance and compares them with what was filled in. Where cases wrote
/// since, a block may also hold data of theirs, which cannot be reduced either.
pub(super) fn sample(
    target: &Opened,
    seed: u64,
    filled_bytes: u64,
    overwritten: bool,
) -> Result<Fill, Failure> {
    let mut random = Random::new(seed ^ 0x5a3b);
    let content = Content::Unique { refill: false };
    let mut filler = Filler::new(&content, seed, 0)
        .map_err(|source| load::failure(storage_bench::drive::DriveError::Data { source }))?;
    // The last part of a megabyte is not filled: the fill writes whole ones.
    let blocks = filled_bytes / (1 << 20) * 256;
    let (mut wrong, mut found, mut want) = (0, Page([0; SAMPLE]), Page([0; SAMPLE]));
    for _ in 0..SAMPLED {
        let at = random.below(blocks.max(1)) * SAMPLE as u64;
        filler.fill(at, &mut want.0);
        target.file().read_at(&mut found.0, at).map_err(|error| {
            Failure::unable(text("无法读取目标", "cannot read the target", &[])).because(error)
        })?;
        wrong += u32::from(found.0 != want.0 && !(overwritten && is_dense(&found.0)));
    }
    Ok(Fill::Sampled { blocks: SAMPLED, wrong })
}
/// Returns whether a load has a hot set.
fn hot(spec: &Spec) -> bool {
    matches!(spec.order, Order::Random { distribution: Distribution::HotCold { .. }, .. })
}

/// Returns the unit of a tracked value.
pub(super) fn unit(path: &str) -> &'static str {
    match path {
        "all.iops" | "all.milli_iops" => "IOPS",
        "all.bytes_per_s" => "B/s",
        _ => "ns",
    }
}

/// Returns the tracked value of a round, in thousandths of its unit; `None` of a path that
/// is not known: then the round cannot be judged.
pub(super) fn tracked_milli(path: &str, all: &Totals) -> Option<u64> {
    match path {
        "all.iops" | "all.milli_iops" => Some(all.milli_iops),
        "all.bytes_per_s" => Some(all.bytes_per_s.saturating_mul(1000)),
        "all.service.mean_ns" => Some(all.service.mean_ns.saturating_mul(1000)),
        _ => None,
    }
}
