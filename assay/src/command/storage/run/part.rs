//! From a job to the load that it asks for, on the targets that are open.

use std::{num::NonZeroU64, time::Duration};

use storage_bench::{
    data::Content,
    drive::{Drive, DriveError, Lane, Part, stamped::Ledger},
    engine::Wanted,
    integrity::block::Origin,
    job::{self, Amount, Engine, Fill, Job, RateProcess, SyncWrites, Target as JobTarget, Verify},
    measurement::{DataCheck, Mode, Subject},
    run::{Limit, OPEN_LOOP_DEPTH, Stable, Think},
    schedule::Arrivals,
    target::Opened,
    workload::Spec,
};

use super::super::{job_failure, load};
use super::targets::{Targets, paths};
use crate::{failure::Failure, lang::text};

/// Returns the load of one job.
pub(super) fn part<'t>(job: &Job, mode: Mode, targets: &'t Targets) -> Result<Part<'t>, Failure> {
    let entropy = u64::from(std::process::id());
    let thread = |thread: u32| {
        let files = job.files(thread);
        let count = u64::try_from(files.len()).unwrap_or(u64::MAX).max(1);
        let lane = |(file, path): (u32, &String)| {
            let target = targets.get(path)?;
            let seen = JobTarget { bytes: target.size_bytes(), thread, file };
            let spec = job.spec(&seen, entropy).map_err(job_failure)?;
            let limit = limit(job, spec.span_bytes, u64::from(file), count);
            let ledger = ledger(job, target, &spec)?;
            Ok(Lane { target, spec, limit, ledger })
        };
        (0..).zip(&files).map(lane).collect::<Result<Vec<_>, Failure>>()
    };
    let threads = (0..job.numjobs).map(thread).collect::<Result<Vec<_>, Failure>>()?;
    let first = threads.iter().filter_map(|lanes| lanes.first());
    let specs = first.map(|lane| lane.spec.clone()).collect();
    let drive = drive(job, mode, specs, targets.are_files(job))?;
    Ok(Part { drive, threads })
}

/// Returns the load of one job on a target of so many bytes that an agent has.
pub(in super::super) fn drive_on(
    job: &Job,
    mode: Mode,
    bytes: u64,
    file: bool,
) -> Result<Drive, Failure> {
    let spec = |thread| {
        let target = JobTarget { bytes, thread, file: 0 };
        job.spec(&target, u64::from(std::process::id())).map_err(job_failure)
    };
    let threads = (0..job.numjobs).map(spec).collect::<Result<Vec<_>, _>>()?;
    let until = job.until(threads.first().map_or(0, |spec| spec.span_bytes));
    Ok(Drive { bytes: until.bytes, ios: until.ios, ..drive(job, mode, threads, file)? })
}

/// Returns how the job runs, its threads doing what `threads` says.
fn drive(job: &Job, mode: Mode, threads: Vec<Spec>, files: bool) -> Result<Drive, Failure> {
    let engine = &job.engine;
    // A job that names no engine is not meant to have one operation in flight in the open loop.
    let unnamed = job.places.get("ioengine").is_none();
    let open =
        mode == Mode::Rate && engine.iodepth <= 1 && (unnamed || engine.name != Engine::Sync);
    let batch = |asked: Option<u32>| asked.unwrap_or(32).max(1);
    Ok(Drive {
        mode,
        engine: match engine.name {
            _ if open && unnamed => Wanted::Auto,
            Engine::IoUring => Wanted::IoUring,
            Engine::Libaio => Wanted::Libaio,
            Engine::Sync => Wanted::Sync,
            Engine::Null => Wanted::Null,
        },
        threads,
        shared: job.is_shared(),
        content: content(job),
        iodepth: if open { OPEN_LOOP_DEPTH } else { engine.iodepth },
        batch_submit: batch(engine.batch_submit),
        batch_complete: batch(engine.batch_complete_max),
        offered: offered(job)?,
        runtime: job.runtime_ns.map(Duration::from_nanos),
        ramp: Duration::from_nanos(job.ramp_ns),
        bytes: None,
        ios: None,
        think: think(job),
        fsync_every: fsync_every(job, files),
        fsync_at_end: job.end_fsync && job.pattern.writes(),
        stable: match engine.sync {
            SyncWrites::None => Stable::No,
            SyncWrites::Sync => Stable::All,
            SyncWrites::Dsync => Stable::Data,
        },
        delay: Duration::from_nanos(job.start_delay_ns),
        keep_latencies: false,
        cpus: cpus(job),
        polled: engine.poll,
        sq_thread: engine.submission_poll,
    })
}

/// Returns where it is noted what a job writes, if that is to be read back.
fn ledger(job: &Job, target: &Opened, spec: &Spec) -> Result<Option<Ledger>, Failure> {
    if job.verify == Verify::None {
        return Ok(None);
    }
    let mut bytes = [0_u8; 16];
    rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty()).map_err(
        |error| {
            Failure::unable(text("无法取得随机数", "cannot draw random numbers", &[]))
                .because(std::io::Error::from(error))
        },
    )?;
    let subject = target.subject();
    let name = subject.wwid.as_ref().or(subject.serial.as_ref()).unwrap_or(&subject.path);
    let (run, seed) = bytes.split_at(8);
    let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let volume = name.bytes().fold(0xcbf2_9ce4_8422_2325_u128, |sum, byte| {
        (sum ^ u128::from(byte)).wrapping_mul(0x0100_0000_01b3_0000_0000_0000_0000_013b)
    });
    let origin = Origin { volume, run: number(run), seed: number(seed) };
    let ledger = Ledger::new(origin, spec.start_bytes, spec.span_bytes);
    ledger.map(Some).ok_or_else(|| {
        let blocks = (spec.span_bytes / 4096).to_string();
        Failure::unable(text(
            "内存不足以记录 {} 个数据块：请减小 `size`",
            "no memory to keep account of {} blocks: give a smaller `size`",
            &[&blocks],
        ))
    })
}

/// Looks at the data that a load writes; `None` of one that writes none.
pub(super) fn data(part: &Part<'_>) -> Result<Option<DataCheck>, Failure> {
    let first = part.drive.threads.first();
    let writes = first.filter(|spec| spec.read_percent < 100 && !spec.trim);
    // Blocks that say what they are have no ratio to be asked for.
    let stamped = part.threads.iter().flatten().any(|lane| lane.ledger.is_some());
    let Some(spec) = writes.filter(|_| !stamped) else { return Ok(None) };
    let found = part.drive.content.glance(spec.seed);
    found.map(Some).map_err(|source| load::failure(DriveError::Data { source }))
}

/// Returns what the job was put on: one target as it is, several by their paths and their sum.
pub(super) fn subject(job: &Job, targets: &Targets) -> Result<Subject, Failure> {
    let mut names: Vec<String> = paths(job).collect();
    tiny_sort::stable::sort(&mut names);
    names.dedup();
    let opened = names.iter().map(|path| targets.get(path)).collect::<Result<Vec<_>, _>>()?;
    let Some((first, rest)) = opened.split_first() else {
        return Err(Failure::usage(text("作业没有目标", "the job has no target", &[])));
    };
    let first = first.subject();
    if rest.is_empty() {
        return Ok(first.clone());
    }
    let rest = || rest.iter().map(|of| of.subject());
    let same = |of: fn(&Subject) -> &Option<String>| {
        of(first).clone().filter(|_| rest().all(|other| of(other) == of(first)))
    };
    let block_bytes = rest().map(|of| of.block_bytes).fold(first.block_bytes, u32::max);
    Ok(Subject {
        kind: if rest().all(|of| of.kind == first.kind) {
            first.kind.clone()
        } else {
            "mixed".to_owned()
        },
        path: shortened(&names),
        size_bytes: rest().map(|of| of.size_bytes).fold(first.size_bytes, u64::saturating_add),
        block_bytes,
        model: same(|of| &of.model),
        // Several devices have no serial number in common.
        serial: None,
        wwid: None,
        filesystem: same(|of| &of.filesystem),
    })
}

/// Returns names as `filename` has them, and of many how many more there are.
fn shortened(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{}:+{more}", shown.join(":")),
        _ => shown.join(":"),
    }
}

/// Returns how much of the job is done on one of `count` files, of which `span` bytes are used.
fn limit(job: &Job, span: u64, file: u64, count: u64) -> Limit {
    let until = job.until(span);
    let bytes = match job.io_size {
        // The files share what is moved in all; a block that does not divide is the first ones'.
        Some(Amount::Bytes(_)) => until.bytes.map(|bytes| {
            let block = u64::from(job.least_block()).max(1);
            share(bytes / block, file, count).saturating_mul(block)
        }),
        _ => until.bytes,
    };
    let ios = until.ios.map(|ios| share(ios, file, count));
    Limit { ios: ios.unwrap_or(u64::MAX), bytes: bytes.unwrap_or(u64::MAX) }
}

/// Returns one of `count` parts of `whole`; the first ones are one larger where it is uneven.
fn share(whole: u64, at: u64, count: u64) -> u64 {
    whole / count + u64::from(at < whole % count)
}

/// Returns the rate of all threads together: a job's is that of each of its threads.
fn offered(job: &Job) -> Result<Option<(Arrivals, NonZeroU64)>, Failure> {
    let offered = job.offered().map_err(|(option, why)| {
        Failure::usage(text("`{}` 无法理解：{}", "cannot use `{}`: {}", &[option, &why]))
    })?;
    Ok(offered.and_then(|offered| {
        let iops = offered.milli_iops.saturating_mul(u64::from(job.numjobs)) / 1000;
        let arrivals = match offered.process {
            RateProcess::Linear => Arrivals::Fixed,
            RateProcess::Poisson => Arrivals::Poisson,
        };
        Some((arrivals, NonZeroU64::new(iops)?))
    }))
}

/// Returns after how many writes there is a flush: of a device only where it is asked for.
fn fsync_every(job: &Job, files: bool) -> u32 {
    if files || job.fsync > 0 { job.fsync.max(job.fdatasync) } else { 0 }
}

fn content(job: &Job) -> Content {
    let content = &job.content;
    match &content.fill {
        Fill::Zero => Content::Zero,
        Fill::Pattern { bytes } => Content::Pattern { bytes: bytes.clone() },
        Fill::Unique if content.compress_percent == 0 && content.dedupe_percent == 0 => {
            Content::default()
        }
        Fill::Unique => {
            // fio names the share that goes away; 50 % is a ratio of 2:1.
            let thousandths = |percent: u8| 100_000_u32 / (100 - u32::from(percent).min(98));
            Content::Reducible {
                dedup_thousandths: thousandths(content.dedupe_percent),
                compress_thousandths: thousandths(content.compress_percent),
                unit_bytes: 4096,
            }
        }
    }
}

fn think(job: &Job) -> Option<Think> {
    let think = &job.thinktime;
    (think.time_ns > 0)
        .then(|| Think { after: think.blocks.max(1), pause: Duration::from_nanos(think.time_ns) })
}

fn cpus(job: &Job) -> Vec<usize> {
    let all = job.cpus_allowed.iter().flat_map(|range: &job::Cpus| range.first..=range.last);
    all.filter_map(|cpu| usize::try_from(cpu).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_share_what_a_job_moves_and_nothing_is_lost() {
        let words: Vec<String> =
            ["--bs=4k", "--size=1m", "--io_size=40k", "--number_ios=7"].map(str::to_owned).into();
        let job = Job::from_words(&words).expect("a job").remove(0);
        let limits: Vec<Limit> = (0..3).map(|file| limit(&job, 1 << 20, file, 3)).collect();
        assert_eq!(
            limits.iter().map(|limit| limit.bytes).collect::<Vec<_>>(),
            [16384, 12288, 12288]
        );
        assert_eq!(limits.iter().map(|limit| limit.ios).collect::<Vec<_>>(), [3, 2, 2]);
    }

    #[test]
    fn many_names_are_counted_and_not_listed() {
        let names: Vec<String> = (0..10).map(|at| format!("f{at}")).collect();
        assert_eq!(shortened(&names), "f0:f1:f2:f3:f4:f5:f6:f7:+2");
        assert_eq!(shortened(&names[..2]), "f0:f1");
    }
}
