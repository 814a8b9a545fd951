//! `assay storage run`: jobs of fio's language, one after the other.

use std::{num::NonZeroU64, time::Duration};

use profiles::Text;
use storage_bench::{
    data::Content,
    drive::Drive,
    engine::Wanted,
    fio_json::{self, Bins, Entry},
    job::{self, Engine, Fill, Job, Need, RateProcess, Target as JobTarget, host},
    measurement::{Mode, Storage, Validity},
    run::{OPEN_LOOP_DEPTH, Think},
    safety::{Access, What},
    schedule::Arrivals,
    target::{Direct, Opened},
    workload::{BlockShare, Order, Spec},
};

use super::{
    files::{self, Files},
    job_failure,
    load::{self, Measured, Purpose},
    target::{self, Wish},
};
use crate::{
    cli::storage::{FioFormat, ModeChoice, Run as Arguments, RunFormat},
    clock,
    command::{layout, machine, no_json, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::storage as output,
};

/// What this command does for a job; what a job needs beyond is refused by name.
const ABLE: &[Need] = &[
    Need::ManyThreads,
    Need::Trim,
    Need::Distribution,
    Need::Stonewall,
    Need::Loops,
    Need::IoSize,
    Need::NumberIos,
    Need::Rate,
    Need::Thinktime,
    Need::Fsync,
    Need::Batches,
    Need::Poll,
    Need::SubmissionPoll,
    Need::DropCache,
    Need::KeepCache,
    Need::ZeroBuffers,
    Need::BufferPattern,
    Need::Compress,
    Need::Dedupe,
    Need::CpusAllowed,
];

/// Runs the jobs.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let jobs = jobs(arguments)?;
    let files = Files::plan(arguments)?;
    let interrupt = machine::watch(console);
    let mut measured = Vec::new();
    for job in &jobs {
        measured.push(one(job, arguments, &interrupt, console)?);
        if interrupt.asked() {
            break;
        }
    }
    let bins = match arguments.output_format {
        FioFormat::Normal => None,
        FioFormat::Json => Some(Bins::None),
        FioFormat::JsonPlus => Some(Bins::All),
    };
    let as_fio = bins.map(|bins| as_fio(&jobs, &measured, bins)).transpose()?;
    let document = Storage::new(measured.iter().map(|measured| measured.run.clone()).collect());
    let observed: Vec<_> = measured.iter().map(|measured| &measured.observed).collect();
    // A disk that is full does not keep the numbers from the screen.
    let written = files.write(&document, &observed);
    match (as_fio, arguments.output) {
        (Some(text), _) => console.print(&text)?,
        (None, RunFormat::OcpTv) => console.print(&files::ocp_tv(&document, &interrupt)?)?,
        (None, RunFormat::Json) => print_json(&document, console)?,
        (None, RunFormat::Text) => console.print(&output::runs(&document.run, layout(console)))?,
    }
    written?;
    let valid = document.run.iter().all(|run| run.validity == Validity::Valid);
    Ok(if valid && !interrupt.asked() { Exit::Wanted } else { Exit::Unknown })
}

/// Returns the document that fio would print.
fn as_fio(jobs: &[Job], measured: &[Measured], bins: Bins) -> Result<String, Failure> {
    let entries: Vec<Entry<'_>> = jobs
        .iter()
        .zip(measured)
        .map(|(job, measured)| Entry { job, run: &measured.run, observed: &measured.observed })
        .collect();
    let mut text = fio_json::document(&entries, clock::unix_ms(), bins).map_err(no_json)?;
    text.push('\n');
    Ok(text)
}

/// Reads the jobs, and refuses what this command cannot do before anything is touched.
fn jobs(arguments: &Arguments) -> Result<Vec<Job>, Failure> {
    let mut jobs = match (&arguments.jobfile, arguments.fio.is_empty()) {
        (Some(_), false) => {
            return Err(Failure::usage(Text::new(
                "作业文件与命令行选项只能用其一",
                "give a job file or options of the job language, not both",
            )));
        }
        (Some(file), true) => host::read(file).map_err(job_failure)?,
        (None, false) => Job::from_words(&arguments.fio).map_err(job_failure)?,
        (None, true) => {
            return Err(Failure::usage(Text::new("没有给出作业", "no job was given")).hint(
                Text::new(
                    "例如 `assay storage run --filename=/tmp/f --size=1g --rw=randread --runtime=30 --time_based`",
                    "for example `assay storage run --filename=/tmp/f --size=1g --rw=randread \
                     --runtime=30 --time_based`",
                ),
            ));
        }
    };
    for (at, job) in jobs.iter_mut().enumerate() {
        job.require(ABLE).map_err(job_failure)?;
        if at > 0 && !job.stonewall {
            return Err(Failure::usage(text(
                "作业 `{}` 要与前一个作业同时运行，这里不支持：请加上 `stonewall`",
                "job `{}` would run together with the one before it, which is not supported: \
                 give it `stonewall`",
                &[&job.name],
            )));
        }
        if job.fdatasync > 0 && job.fsync > 0 {
            return Err(Failure::usage(text(
                "作业 `{}` 同时给出 `fsync` 与 `fdatasync`，只能用其一",
                "job `{}` has both `fsync` and `fdatasync`; one of them is supported",
                &[&job.name],
            )));
        }
        let files = job.files(0);
        let shared = (1..job.numjobs).all(|thread| job.files(thread) == files);
        if files.len() != 1 || !shared {
            return Err(Failure::usage(text(
                "作业 `{}` 需要多个文件，这里不支持：请用 `filename` 指明一个",
                "job `{}` needs several files, which is not supported: name one with `filename`",
                &[&job.name],
            )));
        }
    }
    Ok(jobs)
}

/// Returns how load is made for `job`.
fn mode(job: &Job, asked: Option<ModeChoice>) -> Result<Mode, Failure> {
    let rated = job.needs().contains(&Need::Rate);
    match (asked, rated) {
        (Some(ModeChoice::Throughput), false) => Ok(Mode::Throughput),
        (Some(ModeChoice::Latency) | None, false) => Ok(Mode::Latency),
        (Some(ModeChoice::Rate) | None, true) => Ok(Mode::Rate),
        (Some(ModeChoice::Rate), false) => Err(Failure::usage(text(
            "作业 `{}` 没有速率：rate 方式需要 `rate_iops`",
            "job `{}` has no rate: mode rate needs `rate_iops`",
            &[&job.name],
        ))),
        (Some(ModeChoice::Throughput | ModeChoice::Latency), true) => Err(Failure::usage(text(
            "作业 `{}` 给出了速率，只能用 rate 方式（开环）",
            "job `{}` has a rate, which is for mode rate (an open loop)",
            &[&job.name],
        ))),
    }
}

fn one(
    job: &Job,
    arguments: &Arguments,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Result<Measured, Failure> {
    let mode = mode(job, arguments.mode)?;
    let files = job.files(0);
    let Some(path) = files.first() else {
        return Err(Failure::usage(text("作业没有目标", "the job has no target", &[])));
    };
    let writes = job.pattern.writes() || job.pattern.trims();
    let file_bytes = job.allow_file_create.then(|| job.file_bytes(0, 0)).flatten();
    let wish = Wish { path, writes, file_bytes, destroying: &arguments.destroying };
    let permit = target::permit(&wish, console)?;
    let is_file = !matches!(permit.seen().what, What::Block(_));
    let direct = if job.engine.direct { Direct::Required } else { Direct::Off };
    let opened = target::open(&permit, direct, &format!("storage run {}", job.name))?;
    if matches!(permit.access(), Access::Create { .. }) && !job.pattern.writes() {
        lay_out(&opened, interrupt, console)?;
    }
    if !job.engine.direct && job.invalidate {
        drop_cache(&opened);
    }
    let load = drive(job, mode, &opened, is_file)?;
    let case = if job.name == "job" { String::new() } else { job.name.clone() };
    let keep_latencies = arguments.hlog.is_some();
    let purpose =
        Purpose { case, claims: load::ad_hoc(mode), keep_latencies, ..Purpose::default() };
    load::measure(&load, &opened, &purpose, interrupt, console)
}

/// Writes a file that was made for reading: reading what was never written measures nothing.
fn lay_out(target: &Opened, interrupt: &Interrupt, console: &mut Console) -> Result<(), Failure> {
    console.note(&text(
        "正在写满新建的 `{}`",
        "filling `{}`, which was made for this run",
        &[&target.subject().path],
    ));
    let bytes = target.size_bytes().min(1 << 20);
    let blocks = vec![BlockShare { bytes: u32::try_from(bytes).unwrap_or(1 << 20), percent: 100 }];
    let spec = Spec {
        start_bytes: 0,
        span_bytes: target.size_bytes(),
        read_percent: 0,
        trim: false,
        read_blocks: blocks.clone(),
        write_blocks: blocks,
        align_bytes: 0,
        order: Order::Sequential,
        seed: 1,
    };
    let fill = Drive {
        iodepth: 4,
        bytes: Some(target.size_bytes()),
        ..Drive::single(Mode::Throughput, spec)
    };
    let purpose = Purpose { case: "fill".to_owned(), ..Purpose::default() };
    let filled = load::measure(&fill, target, &purpose, interrupt, console)?;
    match filled.observed.ended_early {
        None => Ok(()),
        Some(why) => Err(Failure::unable(text(
            "无法写满 `{}`：{}",
            "cannot fill `{}`: {}",
            &[&target.subject().path, &why],
        ))),
    }
}

/// Drops what the page cache holds of the target, as fio does unless `invalidate=0`.
fn drop_cache(target: &Opened) {
    use rustix::fs::{Advice, fadvise};
    // Advice: a kernel that keeps the pages makes the run faster, and the report says buffered.
    rustix::fs::fsync(target.file()).ok();
    fadvise(target.file(), 0, None, Advice::DontNeed).ok();
}

/// Returns the load that the job asks for.
fn drive(job: &Job, mode: Mode, target: &Opened, is_file: bool) -> Result<Drive, Failure> {
    let bytes = target.size_bytes();
    let spec = |thread| {
        let target = JobTarget { bytes, thread, file: 0 };
        job.spec(&target, u64::from(std::process::id())).map_err(job_failure)
    };
    let threads = (0..job.numjobs).map(spec).collect::<Result<Vec<_>, _>>()?;
    let span = threads.first().map_or(0, |spec| spec.span_bytes);
    let until = job.until(span);
    let offered = job.offered().map_err(|(option, why)| {
        Failure::usage(text("`{}` 无法理解：{}", "cannot use `{}`: {}", &[option, &why]))
    })?;
    let offered = offered.and_then(|offered| {
        // A job's rate is that of each of its threads; the schedule is told that of all.
        let iops = offered.milli_iops.saturating_mul(u64::from(job.numjobs)) / 1000;
        let arrivals = match offered.process {
            RateProcess::Linear => Arrivals::Fixed,
            RateProcess::Poisson => Arrivals::Poisson,
        };
        Some((arrivals, NonZeroU64::new(iops)?))
    });
    let engine = &job.engine;
    let depth = if mode == Mode::Rate && engine.iodepth <= 1 && engine.name != Engine::Sync {
        OPEN_LOOP_DEPTH
    } else {
        engine.iodepth
    };
    let batch = |asked: Option<u32>| asked.unwrap_or(32).max(1);
    Ok(Drive {
        mode,
        engine: match engine.name {
            Engine::IoUring => Wanted::IoUring,
            Engine::Libaio => Wanted::Libaio,
            Engine::Sync => Wanted::Sync,
            Engine::Null => Wanted::Null,
        },
        threads,
        shared: job.is_shared(),
        content: content(job),
        iodepth: depth,
        batch_submit: batch(engine.batch_submit),
        batch_complete: batch(engine.batch_complete_max),
        offered,
        runtime: until.time_ns.map(Duration::from_nanos),
        ramp: Duration::from_nanos(job.ramp_ns),
        bytes: until.bytes,
        ios: until.ios,
        think: think(job),
        fsync_every: if is_file || job.fsync > 0 { job.fsync.max(job.fdatasync) } else { 0 },
        cpus: cpus(job),
        polled: engine.poll,
        sq_thread: engine.submission_poll,
    })
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
