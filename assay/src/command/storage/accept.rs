//! `assay storage accept`: the plan of a tier, its cases one after the other, the report.
//!
//! Each finished run is on disk before the next begins, so that a long acceptance goes on
//! where it stopped. The report is the one of `assay accept`, judged by the tier's profile.

pub(super) mod array;
mod hook;
mod kept;
pub(super) mod marker;
pub(super) mod night;
mod snapshots;

use std::path::Path;

use profiles::{Catalogue, Text};
use storage_bench::{
    abba::Comparison,
    cases::{
        Case, Method, Options, Plan, TargetFacts, Tier, Window, WindowError, per_usable, plan,
        schedule, shorten,
    },
    measurement::{Doubt, Run, Storage, Validity},
    safety::{Fingerprint, Permit, What},
    target::{Direct, Opened},
    validity::Fill,
};

use super::{
    case::{Bench, PIECE_NS, sample},
    plan_failure, size,
    target::{self, Wish},
};
use crate::{
    cli::{Format, Global, accept as common, storage::Accept},
    command::{accept, layout, machine, print_json, project},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::{storage as output, storage_plan},
};
use array::{Array, Used};
use kept::Kept;
use marker::Marker;
use night::Start;
use snapshots::{Compared, Hooks, Snapshots};

/// Seed of everything random: the same load for every vendor.
pub(super) const SEED: u64 = 1;

/// Plans, runs, judges.
pub(super) fn run(
    arguments: &Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    // Hours later the report would be refused for it.
    project::filled(&arguments.filling, &[&Catalogue::bundled()])?;
    if arguments.clients.any() {
        return super::clients::accept(arguments, global, console);
    }
    let tier: Tier = arguments.tier.parse().map_err(plan_failure)?;
    let path = arguments.target.display().to_string();
    let file_bytes = arguments.size.as_deref().map(|given| size("--size", given)).transpose()?;
    // Naming a device, or asking for a file to be made, is leave to write.
    let new_file = file_bytes.is_some() && std::fs::symlink_metadata(&arguments.target).is_err();
    let writes = new_file || !arguments.destroying.destroy.is_empty();
    let wish = Wish { path: &path, writes, file_bytes, destroying: &arguments.destroying };
    let permit = target::permit(&wish, console)?;
    let mut kept = Kept::read(&arguments.out, &permit)?;
    let window = window(arguments)?;
    let mut facts = facts(arguments, &permit, file_bytes, writes)?;
    let fingerprint = permit.seen().fingerprint();
    let marker =
        Marker::read(&arguments.out, &fingerprint, SEED).filter(|_| !arguments.fast && !new_file);
    // A mark is no proof: it is sampled before it counts.
    facts.filled = marker.is_some();
    let mut planned = make_plan(arguments, tier, &facts, &kept)?;
    let page = storage_plan::plan(&planned, night::now().ok(), layout(console));
    if arguments.plan {
        match arguments.output {
            Format::Json => print_json(&planned, console)?,
            Format::Text => console.print(&page)?,
        }
        return Ok(Exit::Wanted);
    }
    console.say(&page);
    let interrupt = machine::watch(console);
    // Past the page cache or not at all: numbers of the cache would be accepted as the disk's.
    let opened = target::open(&permit, Direct::Required, &format!("storage accept {tier}"))?;
    // A device's runs outlive this process; a file that was made does not.
    if !new_file {
        kept.keep_in(&arguments.out);
    }
    let array = array(arguments);
    let mut bench = Bench {
        target: &opened,
        fill: None,
        seed: SEED,
        interrupt: &interrupt,
        array: &array,
        window,
        fast: arguments.fast,
    };
    if let Some(marker) = marker {
        bench.fill = still_filled(&bench, &marker, console)?;
        if bench.fill.is_none() {
            facts.filled = false;
            planned = make_plan(arguments, tier, &facts, &kept)?;
            let page = storage_plan::plan(&planned, night::now().ok(), layout(console));
            console.say(&page);
        }
    }
    let cases = planned.case.iter().filter(|case| case.missing.is_empty());
    let with = With {
        hooks: hooks(arguments),
        usable_bytes: facts.usable_bytes,
        marks: (!new_file && !arguments.fast).then(|| (arguments.out.clone(), fingerprint)),
    };
    let partial = run_all(cases, bench, &with, &mut kept, console)?;
    report(arguments, global, tier, (kept, partial), &opened, console)
}

/// Runs the cases in their order, until they are over or someone breaks them off. Returns
/// the comparison of snapshots that was broken off.
fn run_all<'c>(
    cases: impl Iterator<Item = &'c Case>,
    mut bench: Bench<'_>,
    with: &With,
    kept: &mut Kept,
    console: &mut Console,
) -> Result<Option<Comparison>, Failure> {
    let hooks = with.hooks.as_ref();
    if let Some(hooks) = hooks {
        Snapshots { bench: &bench, hooks, kept, console }.clear()?;
    }
    for case in cases {
        if let Some((out, _)) = &with.marks {
            if case.method == Method::Fill {
                Marker::remove(out)?;
            }
            Marker::overwrite(out, case)?;
        }
        // What can be cut into pieces waits before each of them.
        let needs_ns = match &case.method {
            Method::Fill => PIECE_NS,
            Method::Snapshots { blocks, .. } => case.most_ns / u64::from(*blocks).max(1),
            _ => case.most_ns,
        };
        match night::wait(bench.window, &case.id, needs_ns, bench.interrupt, console)? {
            Start::Now { .. } => {}
            Start::Never => {
                console.note(&text(
                    "未运行 {}：没有够长的 --window",
                    "not run: {}, no --window is long enough for it",
                    &[&case.id],
                ));
                continue;
            }
            Start::Interrupted => break,
        }
        let ran = run_case(case, &bench, hooks, kept, console)?;
        let ended_early = match ran {
            None => {
                let zh = "未运行 {}：尚不支持";
                console.note(&text(zh, "not run: {}, not supported yet", &[&case.id]));
                false
            }
            Some(Ran::Run(mut run)) => {
                run.per_petabyte =
                    with.usable_bytes.and_then(|usable| per_usable(&run.all, usable));
                kept.command.append(&mut bench.array.log.borrow_mut());
                let only_short = |doubt: &Doubt| bench.fast && doubt.code == "reduced";
                if case.method == Method::Fill && run.reasons.iter().all(only_short) {
                    let found = sample(bench.target, bench.seed, filled(case), false)?;
                    if let (Some((out, target)), Fill::Sampled { wrong: 0, .. }) =
                        (&with.marks, found)
                    {
                        Marker::write(out, target, bench.seed, filled(case))?;
                    }
                    bench.fill = Some(found);
                }
                told(&run, console);
                let early = run.reasons.iter().any(|doubt| doubt.code == "ended-early");
                kept.add(*run)?;
                early
            }
            Some(Ran::Compared(compared)) => match *compared {
                Compared::Partial(compared) => return Ok(Some(compared)),
                Compared::Finished(compared) => {
                    told_comparison(&compared, console);
                    kept.add_comparison(compared)?;
                    false
                }
            },
        };
        if bench.interrupt.asked() || ended_early {
            break;
        }
    }
    Ok(None)
}

/// What cases run with besides the volume.
struct With {
    hooks: Option<Hooks>,
    usable_bytes: Option<u64>,
    /// Where a filling is marked, and of what; `None` where none is.
    marks: Option<(std::path::PathBuf, Fingerprint)>,
}

/// Makes the plan of what is asked for.
fn make_plan(
    arguments: &Accept,
    tier: Tier,
    facts: &TargetFacts,
    kept: &Kept,
) -> Result<Plan, Failure> {
    let mut planned = plan(tier, facts, &options(kept)).map_err(plan_failure)?;
    narrow(&mut planned, &arguments.case)?;
    drop_idle_fill(&mut planned);
    add_up(&mut planned);
    if arguments.fast {
        shorten(&mut planned);
    }
    if let Some(window) = window(arguments)? {
        schedule(&mut planned, window, night::now()?);
    }
    Ok(planned)
}

/// Reads when cases may run.
fn window(arguments: &Accept) -> Result<Option<Window>, Failure> {
    let Some(given) = &arguments.window else { return Ok(None) };
    given.parse().map(Some).map_err(|error: WindowError| {
        let hint = error.hint();
        Failure::usage(text("无法理解 --window", "cannot understand --window", &[]))
            .because(error)
            .hint_from(hint)
    })
}

/// Samples a volume that is marked as filled; `None` where it is filled no longer.
fn still_filled(
    bench: &Bench<'_>,
    marker: &Marker,
    console: &mut Console,
) -> Result<Option<Fill>, Failure> {
    let found = sample(bench.target, bench.seed, marker.end_bytes, marker.overwritten)?;
    let Fill::Sampled { blocks, wrong } = found else { return Ok(None) };
    let (blocks, at) = (blocks.to_string(), &marker.ended_at);
    if wrong == 0 {
        console.note(&text(
            "{} 已预写过此卷，抽查 {} 块均在：不再预写",
            "the volume was filled at {}, {} blocks sampled are all there: not filled again",
            &[at, &blocks],
        ));
        return Ok(Some(found));
    }
    console.note(&text(
        "{} 已预写过此卷，但抽查 {} 块中 {} 块已不是：重新预写",
        "the volume was filled at {}, but of {} blocks sampled {} no longer are: filled again",
        &[at, &blocks, &wrong.to_string()],
    ));
    Ok(None)
}

/// Returns how the array is asked.
fn array(arguments: &Accept) -> Array {
    let command = arguments.used_command.clone().map(Used::Command);
    Array {
        used: command.or(arguments.ask_used.then_some(Used::Asked)),
        hit: arguments.hit_command.clone(),
        ..Array::default()
    }
}

/// Returns how much a filling fills.
fn filled(case: &Case) -> u64 {
    case.load.as_ref().map_or(0, |load| load.workload.span_bytes)
}

/// What came of a case.
enum Ran {
    Run(Box<Run>),
    Compared(Box<Compared>),
}

/// Runs one case; `None` of one that cannot be run from here.
fn run_case(
    case: &Case,
    bench: &Bench<'_>,
    hooks: Option<&Hooks>,
    kept: &mut Kept,
    console: &mut Console,
) -> Result<Option<Ran>, Failure> {
    let run = match (&case.method, hooks) {
        (Method::Snapshots { of_case, rate_percent, blocks }, Some(hooks)) => {
            let wanted = (of_case.as_str(), *rate_percent, *blocks);
            let mut snapshots = Snapshots { bench, hooks, kept, console };
            let compared = snapshots.abba(case, wanted)?;
            return Ok(compared.map(|compared| Ran::Compared(Box::new(compared))));
        }
        (Method::FirstWrite, Some(hooks)) => {
            Snapshots { bench, hooks, kept, console }.first_write(case)?
        }
        _ => bench.run(case, console)?,
    };
    Ok(run.map(|run| Ran::Run(Box::new(run))))
}

/// Returns the commands that make and delete snapshots.
fn hooks(arguments: &Accept) -> Option<Hooks> {
    let (create, delete) = (arguments.snap_create.clone()?, arguments.snap_delete.clone()?);
    Some(Hooks { create, delete })
}

/// Says how a comparison of snapshots went.
fn told_comparison(compared: &Comparison, console: &mut Console) {
    let percent = |ppm: u64| format!("{}.{:02} %", ppm / 10_000, ppm / 100 % 100);
    let word = match compared.validity {
        Validity::Valid => Text::new("有效", "valid"),
        Validity::Invalid => Text::new("无效", "proves nothing"),
    };
    let (ratio, low) = (percent(compared.iops.ratio_ppm), percent(compared.iops.low_ppm));
    let case = &compared.case;
    let zh = format!("{case}：{}，有快照时 IOPS 为无快照时的 {ratio}（95 % 下限 {low}）", word.zh);
    let en = format!(
        "{case}: {}, with snapshots {ratio} of the IOPS without (95 % lower end {low})",
        word.en
    );
    console.note(&Text::new(zh, en));
    for doubt in &compared.reasons {
        console.note(&Text::new(format!("  {}", doubt.zh), format!("  {}", doubt.en)));
    }
}

/// Says how a run went, as it ends.
pub(super) fn told(run: &Run, console: &mut Console) {
    let word = match run.validity {
        Validity::Valid => Text::new("有效", "valid"),
        Validity::Invalid => Text::new("无效", "proves nothing"),
    };
    let iops = run.all.iops.to_string();
    let zh = format!("{}：{}，{iops} IOPS", run.case, word.zh);
    let en = format!("{}: {}, {iops} IOPS", run.case, word.en);
    console.note(&Text::new(zh, en));
}

fn facts(
    arguments: &Accept,
    permit: &Permit,
    file_bytes: Option<u64>,
    may_write: bool,
) -> Result<TargetFacts, Failure> {
    let (size_bytes, block_bytes) = match &permit.seen().what {
        What::Block(block) => (block.size_bytes, block.logical_block_bytes),
        What::File(file) => (file.size_bytes, 0),
        _ => (file_bytes.unwrap_or(0), 0),
    };
    let optional = |option: &str, given: &Option<String>| {
        given.as_deref().map(|given| size(option, given)).transpose()
    };
    let cache_bytes = optional("--cache", &arguments.cache)?;
    Ok(TargetFacts {
        size_bytes,
        block_bytes,
        may_write,
        // Only a filling that was sampled counts: one of this run, or one that is marked.
        filled: false,
        usable_bytes: optional("--usable", &arguments.usable)?,
        cache_bytes,
        cache_share_bytes: cache_bytes,
        clients: 1,
        snapshot_hooks: arguments.snap_create.is_some(),
        reported_use: arguments.used_command.is_some() || arguments.ask_used,
        array_setting: arguments.array_setting.map(|set| set.word().to_owned()),
    })
}

/// Returns how cases are to be run.
fn options(kept: &Kept) -> Options {
    Options { finished: kept.finished(), seed: SEED, ..Options::default() }
}

/// Leaves only the cases that were asked for, and the filling that they rest on.
pub(super) fn narrow(plan: &mut Plan, only: &[String]) -> Result<(), Failure> {
    if only.is_empty() {
        return Ok(());
    }
    if let Some(unknown) = only.iter().find(|id| plan.case.iter().all(|case| case.id != **id)) {
        let known: Vec<&str> = plan.case.iter().map(|case| case.id.as_str()).collect();
        return Err(Failure::usage(text(
            "没有待运行的测试项 `{}`",
            "there is no case `{}` to run",
            &[unknown],
        ))
        .hint(Text::same(known.join(", "))));
    }
    let fills = plan.case.iter().any(|case| only.contains(&case.id) && case.needs_fill);
    plan.case.retain(|case| only.contains(&case.id) || (fills && case.method == Method::Fill));
    Ok(())
}

/// Leaves the filling out where no case that is left rests on it.
pub(super) fn drop_idle_fill(plan: &mut Plan) {
    let rests = |case: &Case| case.method != Method::Fill && case.needs_fill;
    if !plan.case.iter().any(|case| rests(case) && case.missing.is_empty()) {
        plan.case.retain(|case| case.method != Method::Fill);
    }
}

/// Adds up what is left of a plan.
pub(super) fn add_up(plan: &mut Plan) {
    let runs = || plan.case.iter().filter(|case| case.missing.is_empty());
    let sum = |of: fn(&Case) -> u64| runs().map(of).fold(0, u64::saturating_add);
    let (least_ns, most_ns) = (sum(|case| case.least_ns), sum(|case| case.most_ns));
    plan.most_written_bytes = sum(|case| case.most_written_bytes);
    (plan.least_ns, plan.most_ns) = (least_ns, most_ns);
    plan.open =
        plan.case.iter().flat_map(|case| case.open.clone()).fold(Vec::new(), |mut known, open| {
            if !known.contains(&open) {
                known.push(open);
            }
            known
        });
}

/// Judges what was run and writes the report.
fn report(
    arguments: &Accept,
    global: &Global,
    tier: Tier,
    (kept, partial): (Kept, Option<Comparison>),
    opened: &Opened,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let document = kept.into_document(partial);
    if arguments.output == Format::Text {
        console.print(&output::runs(&document.run, layout(console)))?;
    }
    let subject = opened.subject();
    let name = subject.wwid.as_ref().or(subject.serial.as_ref()).unwrap_or(&subject.path);
    judge(arguments, global, tier, document, name.clone(), console)
}

/// Judges runs on what is known as `name` and writes the report.
pub(super) fn judge(
    arguments: &Accept,
    global: &Global,
    tier: Tier,
    document: Storage,
    name: String,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let judged = common::Accept {
        profile: Some(profile(tier).to_owned()),
        out: arguments.out.join("report"),
        output: arguments.output,
        operator: arguments.operator.clone(),
        filling: arguments.filling.clone(),
        looking: common::Looking { section_timeout: 20, ..common::Looking::default() },
        ..common::Accept::default()
    };
    accept::run_with(&judged, Some((document, name)), global, console)
}

/// Returns the profile that judges a tier.
fn profile(tier: Tier) -> &'static str {
    match tier {
        Tier::EvsNormal => "gd-gov-cloud/evs@normal",
        Tier::EvsHigh => "gd-gov-cloud/evs@high",
        Tier::EvsUltra => "gd-gov-cloud/evs@ultra",
        Tier::SsdArray => "gd-gov-cloud/ssd-array",
        Tier::DistributedVolume | Tier::DistributedSystem => "gd-gov-cloud/distributed-storage",
    }
}

/// Where the runs of a target are kept.
fn file(out: &Path) -> std::path::PathBuf {
    out.join("runs.json")
}
