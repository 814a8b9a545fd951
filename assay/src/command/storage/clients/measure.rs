//! One load of many agents, as a run of the report.

use storage_bench::{
    agent::{
        SECOND_NS,
        controller::Outcome,
        message::Assignment,
        total::{Total, total},
    },
    clock::DRIFT_LIMIT_PPM,
    drive::DriveError,
    measurement::{Run, Subject},
    summary::{self, Context},
    validity::{Agent, Evidence, HitRate},
    workload::Spec,
};

use super::{
    super::load::{self, Measured, Purpose},
    fleet::Fleet,
};
use crate::{clock, console::Console, failure::Failure, interrupt::Interrupt, lang::text};

/// A run, and what each agent said of the filling it checked.
#[derive(Debug)]
pub(super) struct System {
    pub(super) measured: Measured,
    /// Blocks read by all agents, and how many were wrong.
    pub(super) sampled: (u32, u32),
}

/// Takes all agents through one load and sums it up.
pub(super) fn measure(
    fleet: &mut Fleet,
    assignments: Vec<Assignment>,
    purpose: &Purpose,
    interrupt: &Interrupt,
    console: &Console,
) -> Result<System, Failure> {
    let started_at = clock::now();
    let title = if purpose.case.is_empty() { "ad-hoc" } else { &purpose.case };
    let Some(first) = assignments.first().cloned() else {
        return Err(Failure::unable(text("没有负载", "there is no load", &[])));
    };
    let names = fleet.names.clone();
    let volumes = volumes(&names, &assignments);
    let outcome = fleet.load(assignments, title, interrupt, console);
    let added = fleet.meanwhile(interrupt, || total(&names, &outcome));
    let Total { observed, clients } = added.map_err(|error| {
        Failure::unable(text("无法汇总客户端的结果", "cannot add up what the agents told", &[]))
            .because(error)
    })?;
    let drive = &first.drive;
    let workload = resolved(&first)?;
    let mut evidence = Evidence::of(drive.mode, purpose.claims.clone(), &observed);
    // Each client is judged by its name; busy threads and clocks are in the outcome's doubts.
    evidence.busiest_thread_ppm = 0;
    evidence.steal_ppm = 0;
    evidence.agents = (clients.client.iter())
        .map(|client| Agent {
            name: client.name.clone(),
            steal_ppm: client.steal_ppm,
            ..Agent::default()
        })
        .collect();
    let reports = || outcome.parts.iter().flatten().map(|part| &part.report);
    let drift_ppm = reports().map(|report| report.clock_drift_ppm).max();
    evidence.clock_drift_ppm = drift_ppm.filter(|ppm| *ppm > DRIFT_LIMIT_PPM);
    if let Some(fill) = purpose.fill {
        evidence.fill = fill;
    }
    let hit = storage_bench::hit::of(&workload, &observed, None);
    if let Some(hit) = &hit {
        evidence.hit_rate = HitRate::Known(hit.clone());
    }
    let mut doubts = outcome.doubts.clone();
    doubts.extend(evidence.doubts());
    let context = Context {
        id: load::id(),
        case: title.to_owned(),
        subject: subject(&outcome, volumes),
        mode: drive.mode,
        workload,
        iodepth: drive.iodepth,
        threads: u32::try_from(drive.threads.len()).unwrap_or(u32::MAX),
        offered_iops: None,
        started_at,
        ramp_ns: u64::from(clients.first_s).saturating_mul(SECOND_NS),
        cap_iops: purpose.cap_iops,
        steady: None,
        hit,
        reduction: None,
    };
    let run = Run { clients: Some(clients), ..summary::run(context, &observed, doubts) };
    let sampled = reports().filter_map(|report| report.sampled);
    let sampled = sampled.fold((0, 0), |(blocks, wrong), (more, bad)| (blocks + more, wrong + bad));
    Ok(System { measured: Measured { run, observed }, sampled })
}

fn resolved(first: &Assignment) -> Result<Spec, Failure> {
    let Some(spec) = first.drive.threads.first() else {
        return Err(Failure::unable(text("没有负载", "there is no load", &[])));
    };
    spec.resolve().map_err(|source| load::failure(DriveError::Workload { source }))
}

/// Returns what a system is known by: the volume of each agent and its host.
fn volumes(names: &[String], assignments: &[Assignment]) -> String {
    let host =
        |name: &String| name.rsplit_once(':').map_or(name.as_str(), |(host, _)| host).to_owned();
    let each =
        names.iter().zip(assignments).map(|(name, one)| format!("{}@{}", one.serial, host(name)));
    each.collect::<Vec<_>>().join(" + ")
}

/// Returns what all had under load together.
fn subject(outcome: &Outcome, path: String) -> Subject {
    let reports = outcome.parts.iter().flatten().map(|part| &part.report.subject);
    let (size_bytes, block_bytes) = reports.fold((0_u64, 0), |(size, block), one| {
        (size.saturating_add(one.size_bytes), block.max(one.block_bytes))
    });
    Subject { kind: "system".to_owned(), path, size_bytes, block_bytes, ..Subject::default() }
}
