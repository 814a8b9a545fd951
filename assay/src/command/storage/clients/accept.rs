//! `storage accept --tier distributed-system --agents`: the cases of a whole system, each on
//! all agents at once.
//!
//! Fillings, warm reads and rounds until steady are loads of one session; runs are kept and
//! judged as those of one host.

use std::time::Duration;

use storage_bench::{
    cases::{Case, Load, Method, Options, Plan, TargetFacts, Tier, per_usable, plan},
    data::Content,
    drive::Drive,
    measurement::{Doubt, Mode, Run, Steady, Storage, Validity},
    steady::{MOST_ROUNDS, Progress as Steadiness, Rounds},
    validity::{Claims, Fill},
    workload::{BlockShare, Distribution, Order, Spec},
};

use super::{
    super::{accept as single, case, load::Purpose, plan_failure, size},
    Fleet, Share, gather, may_write,
    measure::{System, measure},
};
use crate::{
    cli::{Format, Global, storage::Accept},
    command::{layout, machine, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    interrupt::Interrupt,
    lang::text,
    output::{storage as output, storage_clients, storage_plan},
};

/// Runs the cases of a whole system on all agents, judges them, writes the report.
pub(in crate::command::storage) fn accept(
    arguments: &Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let tier: Tier = arguments.tier.parse().map_err(plan_failure)?;
    if tier != Tier::DistributedSystem {
        return Err(Failure::usage(text(
            "`{}` 是一个卷的测试：多客户端只用于 distributed-system",
            "`{}` is about one volume: many clients are for distributed-system",
            &[tier.name()],
        )));
    }
    let file_bytes = arguments.size.as_deref().map(|given| size("--size", given)).transpose()?;
    let interrupt = machine::watch(console);
    let (mut fleet, shares) = gather(&arguments.clients, &interrupt)?;
    let mut runs = Vec::new();
    let done = cases(arguments, file_bytes, &shares, &mut fleet, &interrupt, &mut runs, console);
    fleet.leave();
    if let Some(exit) = done? {
        return Ok(exit);
    }
    let page = storage_clients::clients(&runs, layout(console));
    let document = Storage::new(runs);
    if arguments.output == Format::Text {
        console.print(&output::runs(&document.run, layout(console)))?;
        console.print(&page)?;
    }
    // All runs are of the same volumes.
    let name = document.run.first().map_or_else(String::new, |run| run.subject.path.clone());
    single::judge(arguments, global, tier, document, name, console)
}

/// Runs the cases into `runs`; `Some` where nothing is to be judged.
fn cases(
    arguments: &Accept,
    file_bytes: Option<u64>,
    shares: &[Share],
    fleet: &mut Fleet,
    interrupt: &Interrupt,
    runs: &mut Vec<Run>,
    console: &mut Console,
) -> Result<Option<Exit>, Failure> {
    may_write(shares)?;
    let facts = facts(arguments, shares, file_bytes)?;
    let options = Options { seed: single::SEED, ..Options::default() };
    let mut planned = plan(Tier::DistributedSystem, &facts, &options).map_err(plan_failure)?;
    single::narrow(&mut planned, &arguments.case)?;
    single::drop_idle_fill(&mut planned);
    many(&mut planned, shares.len());
    single::add_up(&mut planned);
    let page = storage_plan::plan(&planned, None, layout(console));
    if arguments.plan {
        match arguments.output {
            Format::Json => print_json(&planned, console)?,
            Format::Text => console.print(&page)?,
        }
        return Ok(Some(Exit::Wanted));
    }
    console.say(&page);
    let file_bytes = Some(facts.size_bytes);
    let mut bench = Bench { shares, file_bytes, fleet, fill: None, interrupt };
    for case in planned.case.iter().filter(|case| case.missing.is_empty()) {
        let Some(mut run) = bench.run(case, console)? else {
            console.note(&text(
                "未运行 {}：尚不支持",
                "not run: {}, not supported yet",
                &[&case.id],
            ));
            continue;
        };
        single::told(&run, console);
        run.per_petabyte = facts.usable_bytes.and_then(|usable| per_usable(&run.all, usable));
        runs.push(run);
        if interrupt.asked() || !bench.fleet.is_idle() {
            break;
        }
    }
    Ok(None)
}

/// What is known of all volumes together: cases are planned for the smallest.
fn facts(
    arguments: &Accept,
    shares: &[Share],
    file_bytes: Option<u64>,
) -> Result<TargetFacts, Failure> {
    let optional = |option: &str, given: &Option<String>| {
        given.as_deref().map(|given| size(option, given)).transpose()
    };
    let mut size_bytes = u64::MAX;
    for share in shares {
        let own = if share.is_folder() { file_bytes } else { Some(share.device.size_bytes) };
        size_bytes = size_bytes.min(own.ok_or_else(|| {
            Failure::usage(text(
                "客户端 `{}` 要新建文件：请用 --size 给出大小",
                "agent `{}` is to make a file: give --size",
                &[&share.name],
            ))
        })?);
    }
    let clients = u32::try_from(shares.len()).unwrap_or(u32::MAX);
    let cache_bytes = optional("--cache", &arguments.cache)?;
    Ok(TargetFacts {
        size_bytes,
        block_bytes: 0,
        may_write: true,
        filled: false,
        usable_bytes: optional("--usable", &arguments.usable)?,
        cache_bytes,
        cache_share_bytes: cache_bytes.map(|cache| cache / u64::from(clients.max(1))),
        clients,
        snapshot_hooks: false,
        reported_use: false,
        array_setting: None,
    })
}

/// What is written is written by each of them.
fn many(plan: &mut Plan, clients: usize) {
    for case in &mut plan.case {
        case.most_written_bytes = case.most_written_bytes.saturating_mul(clients as u64);
    }
}

/// Everything a case runs with.
struct Bench<'a> {
    shares: &'a [Share],
    file_bytes: Option<u64>,
    fleet: &'a mut Fleet,
    fill: Option<Fill>,
    interrupt: &'a Interrupt,
}

impl Bench<'_> {
    /// Runs one case; `None` of one that many hosts cannot run.
    fn run(&mut self, case: &Case, console: &Console) -> Result<Option<Run>, Failure> {
        match (&case.method, &case.load) {
            (Method::Fill, Some(load)) => self.fill(case, load, console).map(Some),
            (Method::Timed, Some(load)) => {
                self.warm(case, load, console)?;
                let purpose = self.purpose(case, load);
                Ok(Some(
                    self.measure(&case::Bench::drive(load), &purpose, None, console)?.measured.run,
                ))
            }
            (Method::UntilSteady { tracked, least_written_bytes }, Some(load)) => {
                self.rounds(case, load, tracked, *least_written_bytes, console).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn purpose(&self, case: &Case, load: &Load) -> Purpose {
        let percentiles_ppm =
            if load.mode == Mode::Throughput { Vec::new() } else { vec![990_000] };
        Purpose {
            case: case.id.clone(),
            cap_iops: case.cap_iops,
            claims: Claims { speed: true, percentiles_ppm, target_latency_ns: None },
            fill: case.needs_fill.then_some(self.fill.unwrap_or(Fill::NoMarker)),
            ..Purpose::default()
        }
    }

    fn measure(
        &mut self,
        drive: &Drive,
        purpose: &Purpose,
        sample_seed: Option<u64>,
        console: &Console,
    ) -> Result<System, Failure> {
        let assignment = |share: &Share| {
            let mut one = share.assignment(drive.clone(), true, self.file_bytes);
            one.sample_seed = sample_seed;
            one
        };
        let assignments = self.shares.iter().map(assignment).collect();
        measure(self.fleet, assignments, purpose, self.interrupt, console)
    }

    /// Writes every block of every volume once, and reads some back.
    fn fill(&mut self, case: &Case, load: &Load, console: &Console) -> Result<Run, Failure> {
        let drive = Drive {
            content: Content::Unique { refill: false },
            ramp: Duration::ZERO,
            runtime: None,
            bytes: Some(load.workload.span_bytes),
            ..case::Bench::drive(load)
        };
        let purpose = Purpose { case: case.id.clone(), ..Purpose::default() };
        let system = self.measure(&drive, &purpose, Some(single::SEED), console)?;
        let mut run = system.measured.run;
        // Volumes are not filled at one speed: a filling has no common window to speak of.
        run.reasons
            .retain(|doubt| !matches!(doubt.code.as_str(), "no-common-window" | "no-operations"));
        if run.reasons.is_empty() {
            run.validity = Validity::Valid;
            let (blocks, wrong) = system.sampled;
            self.fill = (blocks > 0).then_some(Fill::Sampled { blocks, wrong });
        }
        Ok(run)
    }

    /// Reads the hot set of every volume from end to end, as often as the case asks for.
    fn warm(&mut self, case: &Case, load: &Load, console: &Console) -> Result<(), Failure> {
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
        for _ in 0..load.warm_reads {
            if self.interrupt.asked() || !self.fleet.is_idle() {
                break;
            }
            self.measure(&drive, &purpose, None, console)?;
        }
        Ok(())
    }

    /// Runs round after round until the tracked value is steady, or the rounds are over.
    fn rounds(
        &mut self,
        case: &Case,
        load: &Load,
        tracked: &str,
        least_written: u64,
        console: &Console,
    ) -> Result<Run, Failure> {
        self.warm(case, load, console)?;
        let (mut rounds, mut written) = (Rounds::default(), 0_u64);
        let mut purpose = self.purpose(case, load);
        purpose.claims.speed = false;
        let mut drive = case::Bench::drive(load);
        loop {
            let mut run = self.measure(&drive, &purpose, None, console)?.measured.run;
            drive.ramp = Duration::ZERO;
            written += run.write.as_ref().map_or(0, |write| write.moved_bytes);
            let Some(value) = case::tracked_milli(tracked, &run.all) else {
                return Err(Failure::unable(text(
                    "测试项 {} 跟踪的 `{}` 不可得",
                    "case {} tracks `{}`, which a run does not have",
                    &[&case.id, tracked],
                )));
            };
            let state =
                if written >= least_written { rounds.push(value) } else { Steadiness::GoOn };
            let steady = Steady { unit: case::unit(tracked).to_owned(), ..rounds.report() };
            let over =
                !matches!(state, Steadiness::GoOn) || steady.rounds_milli.len() >= MOST_ROUNDS;
            if over || self.interrupt.asked() || !self.fleet.is_idle() {
                if !steady.steady {
                    let count = steady.rounds_milli.len();
                    run.reasons.push(Doubt::new(
                        "not-steady",
                        format!("{count} 轮后仍未达稳态"),
                        format!("not steady after {count} rounds"),
                    ));
                    run.validity = Validity::Invalid;
                }
                run.steady = Some(steady);
                return Ok(run);
            }
        }
    }
}
