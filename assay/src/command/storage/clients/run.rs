//! `storage run --agents`: the same job on the target of each agent.

use profiles::Text;
use storage_bench::{job::Job, measurement::Mode};

use super::{
    super::{
        files::Files,
        load::{self, Measured, Purpose},
        run as single,
    },
    Share, gather, may_write,
    measure::measure,
};
use crate::{
    cli::storage::Run as Arguments,
    command::{layout, machine},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::storage_clients,
};

/// Runs the jobs on all agents, one after the other.
pub(in crate::command::storage) fn run(
    arguments: &Arguments,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let jobs = single::read_in_turn(arguments)?;
    if !arguments.destroying.destroy.is_empty() || arguments.destroying.force_signature {
        return Err(Failure::usage(Text::new(
            "--destroy、--force-signature 在各客户端启动时给出（--allow-destroy）",
            "what may be destroyed is named where each agent is started (--allow-destroy), \
             not here",
        )));
    }
    if arguments.hlog.is_some() {
        return Err(Failure::usage(Text::new(
            "--hlog 只用于本机运行：各客户端不逐秒交回全部时延",
            "--hlog is for a run of this host: agents do not hand over the latencies of each second",
        )));
    }
    // Before the load: an hour of measuring is not lost to a typing error.
    let files = Files::plan(arguments)?;
    for job in &jobs {
        suits(job, single::mode(job, arguments.mode)?)?;
    }
    let interrupt = machine::watch(console);
    let (mut fleet, shares) = gather(&arguments.clients, &interrupt)?;
    let mut measured = Vec::new();
    let mut done = || -> Result<(), Failure> {
        if jobs.iter().any(|job| job.pattern.writes() || job.pattern.trims()) {
            may_write(&shares)?;
        }
        for job in &jobs {
            measured.push(one(job, arguments, &shares, &mut fleet, &interrupt, console)?);
            if interrupt.asked() || !fleet.is_idle() {
                break;
            }
        }
        Ok(())
    };
    let done = done();
    fleet.leave();
    done?;
    let runs: Vec<_> = measured.iter().map(|measured: &Measured| measured.run.clone()).collect();
    let exit = single::finish(arguments, &jobs, measured, (files, interrupt.asked()), console)?;
    let page = storage_clients::clients(&runs, layout(console));
    if arguments.output == crate::cli::storage::RunFormat::Text
        && arguments.output_format == crate::cli::storage::FioFormat::Normal
    {
        console.print(&page)?;
    }
    Ok(exit)
}

/// Refuses a job that many hosts cannot run as one.
fn suits(job: &Job, mode: Mode) -> Result<(), Failure> {
    let refuse = |zh: &str, en: &str| Err(Failure::usage(text(zh, en, &[&job.name])));
    if !job.filenames.is_empty() || !job.directories.is_empty() {
        return refuse(
            "作业 `{}` 指定了目标：各客户端使用自己的目标，请去掉 `filename`、`directory`",
            "job `{}` names a target: agents have their own, leave out `filename` and `directory`",
        );
    }
    if mode == Mode::Rate {
        return refuse(
            "作业 `{}` 给出了速率：开环不支持多客户端",
            "job `{}` has a rate: an open loop is for one host",
        );
    }
    if job.until(u64::MAX).time_ns.is_none() {
        return refuse(
            "作业 `{}` 没有运行时间：多客户端须加压相同的时间，请给出 `runtime`",
            "job `{}` has no time: many hosts are compared over one, give `runtime` \
             (and `time_based`)",
        );
    }
    Ok(())
}

fn one(
    job: &Job,
    arguments: &Arguments,
    shares: &[Share],
    fleet: &mut super::Fleet,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<Measured, Failure> {
    let mode = single::mode(job, arguments.mode)?;
    let mut assignments = Vec::new();
    for share in shares {
        let folder = share.is_folder();
        let bytes = if folder { job.file_bytes(0, 0) } else { Some(share.device.size_bytes) };
        let bytes = bytes.ok_or_else(|| {
            Failure::usage(text(
                "客户端 `{}` 要新建文件：请用 `size` 给出大小",
                "agent `{}` is to make a file: give its `size`",
                &[&share.name],
            ))
        })?;
        let drive = single::drive_on(job, mode, bytes, folder)?;
        assignments.push(share.assignment(drive, job.engine.direct, Some(bytes)));
    }
    let case = if job.name == "job" { String::new() } else { job.name.clone() };
    let purpose = Purpose { case, claims: load::ad_hoc(mode), ..Purpose::default() };
    Ok(measure(fleet, assignments, &purpose, interrupt, console)?.measured)
}
