//! `--mode ramp`: how response time grows with the load, up to the most that the target does.
//!
//! The whole load is the rate that the job gives, or what a closed loop of its depth reaches;
//! then each share of it is offered in an open loop.

use std::{borrow::Cow, num::NonZeroU64};

use storage_bench::{
    drive::Part,
    engine::Wanted,
    job::{Engine, Job, RateProcess},
    measurement::Mode,
    run::{Limit, OPEN_LOOP_DEPTH},
    schedule::Arrivals,
};

use super::{Done, part, targets::Targets};
use crate::{
    command::storage::load::{self, Prepared, Purpose},
    console::Console,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::storage::ramp::step_name,
};

/// Shares of the whole load that are offered, in percent.
const SHARES: [u32; 6] = [10, 50, 80, 90, 95, 100];
/// Operations in flight to find the most with, where the job names no depth.
const DEPTH: u32 = 32;

/// Returns the job, if it is one that a ramp can be made of.
pub(super) fn only(jobs: &[Job]) -> Result<&Job, Failure> {
    let [job] = jobs else {
        return Err(Failure::usage(text(
            "ramp 方式只接受一个作业，这里有 {} 个",
            "mode ramp takes one job, here are {}",
            &[&jobs.len().to_string()],
        )));
    };
    if job.runtime_ns.is_none() {
        return Err(Failure::usage(text(
            "ramp 方式需要 `runtime`：每一级各运行这么久",
            "mode ramp needs `runtime`: each step takes that long",
            &[],
        )));
    }
    let think = job.thinktime.time_ns > 0;
    if think {
        return Err(Failure::usage(text(
            "ramp 方式不能与 `thinktime` 同用：开环没有停顿",
            "mode ramp and `thinktime` do not go together: an open loop has no pauses",
            &[],
        )));
    }
    Ok(job)
}

/// Runs the steps, and adds each to `done`.
pub(super) fn run<'a>(
    job: &'a Job,
    targets: &Targets,
    interrupt: &Interrupt,
    done: &mut Vec<Done<'a>>,
    console: &Console,
) -> Result<(), Failure> {
    let name = if job.name == "job" { "ramp" } else { &job.name };
    let subject = part::subject(job, targets)?;
    let mut measure = |part: Part<'_>, case: String| {
        let data = part::data(&part)?;
        let claims = load::ad_hoc(part.drive.mode);
        let purpose = Purpose { case: case.clone(), claims, ..Purpose::default() };
        let prepared = Prepared { data, part, subject: subject.clone(), purpose };
        let measured = load::measure_together(&[prepared], interrupt, console)?;
        let mut iops = 0;
        for measured in measured.each {
            iops = measured.run.all.iops;
            let job = Cow::Owned(Job { name: case.clone(), ..job.clone() });
            done.push(Done { group: 0, job, sum: false, measured });
        }
        Ok::<u64, Failure>(iops)
    };
    let rated = job.offered().ok().flatten().is_some();
    let base =
        endless(part::part(job, if rated { Mode::Rate } else { Mode::Throughput }, targets)?);
    let (arrivals, whole) = if let Some((arrivals, rate)) = base.drive.offered {
        (arrivals, rate.get())
    } else {
        let mut most = base.clone();
        if job.places.get("iodepth").is_none() && job.places.get("ioengine").is_none() {
            most.drive.engine = Wanted::Auto;
            most.drive.iodepth = DEPTH;
        }
        let arrivals = match job.rate_process {
            RateProcess::Linear => Arrivals::Fixed,
            RateProcess::Poisson => Arrivals::Poisson,
        };
        (arrivals, measure(most, format!("{name}@max"))?)
    };
    for percent in SHARES {
        if interrupt.asked() {
            break;
        }
        let rate = u128::from(whole) * u128::from(percent) / 100;
        let rate = u64::try_from(rate).ok().and_then(NonZeroU64::new).ok_or_else(|| {
            Failure::unable(text(
                "最大速率仅 {} IOPS，无法取其 {} %",
                "the most was {} IOPS, of which {} % cannot be offered",
                &[&whole.to_string(), &percent.to_string()],
            ))
        })?;
        let mut step = base.clone();
        step.drive.mode = Mode::Rate;
        step.drive.offered = Some((arrivals, rate));
        if job.places.get("ioengine").is_none() {
            step.drive.engine = Wanted::Auto;
        }
        if job.engine.name != Engine::Sync || job.places.get("ioengine").is_none() {
            // In the open loop the depth is a bound, and not what makes the load.
            step.drive.iodepth = OPEN_LOOP_DEPTH;
        }
        measure(step, step_name(name, percent))?;
    }
    Ok(())
}

/// Lets a load go on until its time is over.
fn endless(mut part: Part<'_>) -> Part<'_> {
    for lane in part.threads.iter_mut().flatten() {
        lane.limit = Limit::default();
    }
    part
}
