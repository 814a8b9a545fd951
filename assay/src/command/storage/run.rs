//! `assay storage run`: jobs of fio's language, at the same time or one after the other.

mod jobs;
mod part;
mod ramp;
mod targets;
mod verify;

use std::borrow::Cow;

use storage_bench::{
    fio_json::{self, Bins, Entry},
    job::Job,
    measurement::{Run, Storage, Validity},
};

use self::{jobs::Stage, targets::Targets};
pub(super) use self::{
    jobs::{mode, read_in_turn},
    part::drive_on,
};
use super::{
    files::{self, Files},
    load::{self, Measured, Prepared, Purpose},
};
use crate::{
    cli::storage::{FioFormat, ModeChoice, Run as Arguments, RunFormat},
    clock,
    command::{layout, machine, no_json, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    output::storage as output,
};

/// What was measured, and of which job.
#[derive(Debug)]
struct Done<'a> {
    /// The job's group, from 0.
    group: u32,
    /// The job; of a group's sum the first one.
    job: Cow<'a, Job>,
    /// Whether it is the sum of a group.
    sum: bool,
    measured: Measured,
}

/// Runs the jobs.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    if arguments.clients.any() {
        return super::clients::run(arguments, console);
    }
    let jobs = jobs::read(arguments)?;
    let stages = jobs::stages(&jobs)?;
    let files = Files::plan(arguments)?;
    let interrupt = machine::watch(console);
    let targets = Targets::open(&stages, &arguments.destroying, console)?;
    // What does not fit its target is told before anything is written.
    for (_, job) in stages.iter().flat_map(|stage| &stage.jobs) {
        part::part(job, mode(job, arguments.mode)?, &targets)?;
    }
    targets.fill_new(&interrupt, console)?;
    let mut done = Vec::new();
    let mut failed = None;
    for stage in &stages {
        if interrupt.asked() {
            break;
        }
        let ran = match stage.jobs.first().filter(|_| arguments.mode == Some(ModeChoice::Ramp)) {
            Some((_, job)) => targets
                .prepare(stage)
                .and_then(|()| ramp::run(job, &targets, &interrupt, &mut done, console)),
            None => together(stage, arguments, &targets, &interrupt, &mut done, console),
        };
        // What was measured before a failure stays, and is shown with it.
        if let Err(failure) = ran {
            failed = Some(failure);
            break;
        }
    }
    drop(targets);
    let files = (files, interrupt.asked());
    if let Some(failure) = failed {
        if !done.is_empty() {
            show(&done, arguments, files, console)?;
        }
        return Err(failure);
    }
    let exit = show(&done, arguments, files, console);
    if interrupt.asked() { exit.map(|_| Exit::Unknown) } else { exit }
}

/// Runs the jobs of a stage.
fn together<'a>(
    stage: &Stage<'a>,
    arguments: &Arguments,
    targets: &Targets,
    interrupt: &Interrupt,
    done: &mut Vec<Done<'a>>,
    console: &mut Console,
) -> Result<(), Failure> {
    targets.prepare(stage)?;
    let prepare = |(_, job): &(u32, &Job)| {
        let mode = mode(job, arguments.mode)?;
        let case = if job.name == "job" { String::new() } else { job.name.clone() };
        let mut part = part::part(job, mode, targets)?;
        part.drive.keep_latencies = arguments.hlog.is_some();
        Ok(Prepared {
            data: part::data(&part)?,
            part,
            subject: part::subject(job, targets)?,
            purpose: Purpose { case, claims: load::ad_hoc(mode), ..Purpose::default() },
        })
    };
    let loads = stage.jobs.iter().map(prepare).collect::<Result<Vec<_>, Failure>>()?;
    let mut measured = load::measure_together(&loads, interrupt, console)?;
    for (((_, job), load), measured) in stage.jobs.iter().zip(&loads).zip(&mut measured.each) {
        verify::read_back(job, load, &mut measured.run, targets, interrupt, console)?;
    }
    let each = stage.jobs.iter().zip(measured.each);
    done.extend(each.map(|((group, job), measured)| Done {
        group: *group,
        job: Cow::Borrowed(*job),
        sum: false,
        measured,
    }));
    let sum = measured.sum.zip(stage.group()).zip(stage.jobs.first());
    if let Some(((measured, group), (_, job))) = sum {
        done.push(Done { group, job: Cow::Borrowed(*job), sum: true, measured });
    }
    Ok(())
}

/// Hands out what agents measured, job after job.
pub(super) fn finish(
    arguments: &Arguments,
    jobs: &[Job],
    measured: Vec<Measured>,
    (files, stopped): (Files, bool),
    console: &mut Console,
) -> Result<Exit, Failure> {
    let done = (0..).zip(jobs).zip(measured);
    let done: Vec<Done<'_>> = done
        .map(|((group, job), measured)| Done {
            group,
            job: Cow::Borrowed(job),
            sum: false,
            measured,
        })
        .collect();
    let exit = show(&done, arguments, (files, stopped), console)?;
    Ok(if stopped { Exit::Unknown } else { exit })
}

/// Writes what was measured as it was asked for.
fn show(
    done: &[Done<'_>],
    arguments: &Arguments,
    (files, stopped): (Files, bool),
    console: &mut Console,
) -> Result<Exit, Failure> {
    let bins = match arguments.output_format {
        FioFormat::Normal => None,
        FioFormat::Json => Some(Bins::None),
        FioFormat::JsonPlus => Some(Bins::All),
    };
    let document = Storage::new(done.iter().map(|done| done.measured.run.clone()).collect());
    let observed: Vec<_> = done.iter().map(|done| &done.measured.observed).collect();
    // A disk that is full does not keep the numbers from the screen.
    let written = files.write(&document, &observed);
    match (bins, arguments.output) {
        (Some(bins), _) => console.print(&as_fio(done, bins)?)?,
        (None, RunFormat::OcpTv) => console.print(&files::ocp_tv(&document, stopped)?)?,
        (None, RunFormat::Json) => print_json(&document, console)?,
        (None, RunFormat::Text) => {
            let layout = layout(console);
            let curves = output::ramp::tables(&document.run, layout);
            let runs = &document.run;
            // One run is told in full, engine and all; of more there is a line each.
            let page = match runs.as_slice() {
                [one] => output::run(one, layout),
                _ => curves + &output::runs(runs, layout) + &output::engines(runs, layout),
            };
            console.print(&page)?;
        }
    }
    written?;
    let faulty = |run: &Run| run.verified.as_ref().is_some_and(|found| !found.faults.is_empty());
    if document.run.iter().any(faulty) {
        return Ok(Exit::Failed);
    }
    let valid = document.run.iter().all(|run| run.validity == Validity::Valid);
    Ok(if valid { Exit::Wanted } else { Exit::Unknown })
}

/// Returns the document that fio would print: of a group that is reported as one its sum only.
fn as_fio(done: &[Done<'_>], bins: Bins) -> Result<String, Failure> {
    let summed = |group: u32| done.iter().any(|done| done.sum && done.group == group);
    let shown = done.iter().filter(|done| done.sum || !summed(done.group));
    let entries: Vec<Entry<'_>> = shown
        .map(|Done { group, job, measured, .. }| Entry {
            group: *group,
            job,
            run: &measured.run,
            observed: &measured.observed,
        })
        .collect();
    fio_json::document(&entries, clock::unix_ms(), bins).map_err(no_json)
}
