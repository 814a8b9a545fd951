//! `assay storage export-fio`: every acceptance case as a job that a vendor can repeat.

use storage_bench::{
    cases::{Case, Options, TargetFacts, Tier, plan},
    job::{Engine, EngineWish, export, spec},
    measurement::Mode,
};

use super::{plan_failure, size};
use crate::{cli::storage::ExportFio, console::Console, exit::Exit, failure::Failure, output::put};

/// Prints the jobs.
pub(super) fn run(arguments: &ExportFio, console: &mut Console) -> Result<Exit, Failure> {
    let tiers: Vec<Tier> = match &arguments.tier {
        Some(name) => vec![name.parse().map_err(plan_failure)?],
        None => Tier::ALL.to_vec(),
    };
    let facts = TargetFacts {
        size_bytes: size("--size", &arguments.size)?,
        block_bytes: 512,
        may_write: true,
        clients: 1,
        ..TargetFacts::default()
    };
    let mut page = String::new();
    for tier in tiers {
        let plan = plan(tier, &facts, &Options::default()).map_err(plan_failure)?;
        for case in &plan.case {
            job(case, &arguments.target, &mut page);
        }
    }
    console.print(&page)?;
    Ok(Exit::Wanted)
}

fn job(case: &Case, target: &str, page: &mut String) {
    let rows = case.rows.join(", ");
    put(page, format_args!("# {} ({rows}): {}\n", case.id, case.title.en));
    let Some(load) = &case.load else {
        put(page, format_args!("# no load: `assay storage accept` does it by itself\n\n"));
        return;
    };
    let engine = EngineWish {
        name: Engine::IoUring,
        iodepth: load.iodepth,
        direct: true,
        fixed_buffers: true,
        registered_files: true,
        ..EngineWish::default()
    };
    let mut job = spec::from_spec(&case.id, &load.workload, engine, target);
    job.ramp_ns = load.ramp_ns;
    job.runtime_ns = (load.runtime_ns > 0).then_some(load.runtime_ns);
    job.time_based = load.runtime_ns > 0;
    job.numjobs = load.threads;
    job.group_reporting = load.threads > 1;
    if load.mode == Mode::Throughput {
        job.engine.batch_complete_min = load.iodepth.min(32);
    }
    page.push_str(&export::export(&job));
    page.push('\n');
}
