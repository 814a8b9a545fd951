//! `assay storage`: load on devices and files, and what it proves.

mod accept;
mod agent;
mod case;
mod clients;
mod compare;
mod documents;
mod export;
mod files;
mod load;
mod pts;
mod run;
mod scan;
mod target;
mod verify;

use storage_bench::cases::PlanError;
use storage_bench::job::{
    JobError,
    units::{KbBase, bytes},
};

use crate::{
    cli::{Global, storage::Storage},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
};

/// Does what `assay storage …` asks for.
pub(super) fn run(
    arguments: &Storage,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    match arguments {
        Storage::Run(arguments) => run::run(arguments, console),
        Storage::Accept(arguments) => accept::run(arguments, global, console),
        Storage::Pts(arguments) => pts::run(arguments, console),
        Storage::Agent(arguments) => agent::run(arguments, console),
        Storage::Compare(arguments) => compare::run(arguments, console),
        Storage::ExportFio(arguments) => export::run(arguments, console),
        Storage::Verify(arguments) => verify::run(arguments, console),
        Storage::Scan(arguments) => scan::run(arguments, console),
    }
}

/// Accepts a volume in the same go as the machine that it is attached to.
pub(super) fn accept_volume(
    arguments: &crate::cli::storage::Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    accept::run(arguments, global, console)
}

/// A job that cannot be: wrong use.
fn job_failure(error: JobError) -> Failure {
    let hint = error.hint();
    Failure::usage(text("无法按此作业运行", "cannot run this job", &[]))
        .because(error)
        .hint_from(hint)
}

/// A plan that cannot be: wrong use.
fn plan_failure(error: PlanError) -> Failure {
    let hint = error.hint();
    Failure::usage(text("无法制定计划", "cannot make a plan", &[])).because(error).hint_from(hint)
}

/// Reads a size as fio spells it: `10g` is 10 GiB.
fn size(option: &str, given: &str) -> Result<u64, Failure> {
    bytes(given, KbBase::K1024).map_err(|why| {
        Failure::usage(text("无法理解 {} `{}`", "cannot understand {} `{}`", &[option, given]))
            .because(std::io::Error::other(why))
    })
}

/// Reads a time as fio spells it, in nanoseconds: `30` is 30 s, `10m` ten minutes.
fn time_ns(option: &str, given: &str) -> Result<u64, Failure> {
    storage_bench::job::units::time_ns(given, 1_000_000_000).map_err(|why| {
        Failure::usage(text("无法理解 {} `{}`", "cannot understand {} `{}`", &[option, given]))
            .because(std::io::Error::other(why))
    })
}
