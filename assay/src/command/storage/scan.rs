//! `assay storage scan`: which of many disks are slow or sick. Reads only.

mod disks;
mod measure;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use inventory::model;
use profiles::Text;
use storage_bench::{
    measurement::{Doubt, Storage},
    safety::{BlockKind, What},
    scan::{Disk, Found, Speeds, State, beside, confirm, judge, profile::Phase},
    target::Direct,
};

use super::{
    target::{self, Wish},
    time_ns,
};
use crate::{
    cli::{
        Format,
        storage::{Destroying, Scan as Arguments},
    },
    command::{layout, machine, print_json},
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::storage::{scan as output, scan_page as page},
    progress::Progress,
};
use measure::{Bench, Subject};

/// Rounds in which a suspect and its peer take turns.
const ROUNDS: u32 = 5;
/// Peers beside each of which a suspect has to be slow: at a busy host one of them may
/// have had luck with its rounds.
const PEERS: usize = 3;
/// The profile of a round takes no less: half a second of each phase, for a processor is
/// lent for tens of milliseconds at a time.
const LEAST_ROUND: Duration = Duration::from_secs(2);
/// A profile shorter than this is a quick look.
const LEAST_RUNTIME: Duration = Duration::from_secs(30);
/// What others may move of a disk, in percent of what we do, without casting doubt on it.
const OTHERS_PERCENT: u64 = 5;

/// Scans.
pub(super) fn run(arguments: &Arguments, console: &mut Console) -> Result<Exit, Failure> {
    let runtime = Duration::from_nanos(time_ns("--runtime", &arguments.runtime)?);
    if runtime < Duration::from_millis(400) {
        return Err(Failure::usage(text(
            "--runtime `{}` 太短：至少 400ms",
            "--runtime `{}` is too short: 400ms at least",
            &[&arguments.runtime],
        )));
    }
    let interrupt = machine::watch(console);
    let stop = interrupt.flag();
    let paths = paths(arguments, console)?;
    let (mut subjects, unopened) = open(&paths, console)?;
    let before = told(&subjects);
    let line = Progress::start(console.progress, "scan");
    let bench = Bench { runtime, stop: &stop, line: &line };
    bench.together(&mut subjects);
    if let Some(zones) = arguments.zones {
        bench.sweep(&mut subjects, zones);
    }
    let after = told(&subjects);
    let disks: Vec<Disk> = subjects.iter().map(|subject| disk(subject, &before, &after)).collect();
    let mut found = judge(&disks);
    settle(&bench, &subjects, &mut found);
    drop(line);
    for (found, subject) in found.iter_mut().zip(&subjects) {
        if let Some(asked) = arguments.zones {
            sampled(found, asked);
        }
        doubt(found, subject, runtime, interrupt.asked());
    }
    let failed: Vec<(&str, &str)> = subjects
        .iter()
        .filter_map(|subject| {
            Some((subject.opened.subject().path.as_str(), subject.failed.as_deref()?))
        })
        .collect();
    for (path, why) in &failed {
        console.note(&text("无法测试 `{}`：{}", "cannot measure `{}`: {}", &[path, why]));
    }
    let exit = exit(&found, unopened > 0 || !failed.is_empty() || interrupt.asked());
    let document = Storage { disk: found, ..Storage::new(Vec::new()) };
    write(arguments, &document, console)?;
    Ok(exit)
}

/// Returns how the search ended: a disk accused outweighs one that is not known.
fn exit(found: &[Found], incomplete: bool) -> Exit {
    let incomplete = incomplete || found.iter().any(|found| found.state == State::Unmeasured);
    let any = |states: &[State]| found.iter().any(|found| states.contains(&found.state));
    if any(&[State::Slow, State::Sick]) {
        Exit::Failed
    } else if incomplete || any(&[State::Suspect]) {
        Exit::Unknown
    } else {
        Exit::Wanted
    }
}

/// Returns the disks to scan, and says what is left out.
fn paths(arguments: &Arguments, console: &mut Console) -> Result<Vec<String>, Failure> {
    if !arguments.all {
        return Ok(arguments.disks.iter().map(|path| path.display().to_string()).collect());
    }
    let (paths, left_out) = disks::all()?;
    for one in left_out {
        let said = text("未扫描 `{}`：", "not scanned: `{}`: ", &[&one.name]);
        console.note(&Text::new(
            format!("{}{}", said.zh, one.why.zh),
            format!("{}{}", said.en, one.why.en),
        ));
    }
    if paths.is_empty() {
        return Err(Failure::unable(text(
            "本机没有可扫描的盘",
            "this machine has no disk to scan",
            &[],
        )));
    }
    Ok(paths)
}

/// Opens every disk for reading, each once; returns how many could not be opened as well.
fn open(paths: &[String], console: &mut Console) -> Result<(Vec<Subject>, u32), Failure> {
    let destroying = Destroying::default();
    let (mut subjects, mut seen, mut unopened) = (Vec::new(), BTreeSet::new(), 0);
    for path in paths {
        let wish = Wish { path, writes: false, file_bytes: None, destroying: &destroying };
        let permit = target::permit(&wish, console)?;
        let (number, own) = match &permit.seen().what {
            What::Block(block) => {
                let number = block.number.to_string();
                // One disk by two paths has one WWID.
                let wwid = block.identity.wwid.clone().filter(|_| !is_part(&block.kind));
                (Some(number.clone()), wwid.unwrap_or(number))
            }
            _ => (None, permit.seen().place.clone()),
        };
        if !seen.insert(own) {
            console.note(&text(
                "未扫描 `{}`：与前面的一块是同一块盘",
                "not scanned: `{}`: it is one of the disks before it",
                &[path],
            ));
            continue;
        }
        let opened = match target::open(&permit, Direct::Required, "storage scan") {
            Ok(opened) => opened,
            // A disk that is dead is no reason not to look at the others.
            Err(failure) => {
                console.say(&failure.render(console.lang));
                unopened += 1;
                continue;
            }
        };
        subjects.push(Subject {
            opened,
            kind: kind(&permit.seen().what),
            number,
            speeds: Speeds::default(),
            zones: Vec::new(),
            ours: 0,
            others_percent: 0,
            failed: None,
        });
    }
    if subjects.is_empty() {
        return Err(Failure::unable(text("没有一块盘可用", "none of the disks can be used", &[])));
    }
    Ok((subjects, unopened))
}

fn is_part(kind: &BlockKind) -> bool {
    matches!(kind, BlockKind::Partition { .. })
}

/// Returns what stands for the model of what has none.
fn kind(what: &What) -> &'static str {
    let What::Block(block) = what else { return "file" };
    match block.kind {
        BlockKind::Disk => "disk",
        BlockKind::Partition { .. } => "partition",
        BlockKind::Loop { .. } => "loop",
        BlockKind::Zram => "zram",
        BlockKind::Mapper { .. } => "mapper",
        BlockKind::Md => "md",
    }
}

/// Returns what the disks say of themselves, where any could be asked.
fn told(subjects: &[Subject]) -> BTreeMap<String, model::Disk> {
    let asked = subjects.iter().any(|subject| subject.kind == "disk");
    if asked { disks::told() } else { BTreeMap::new() }
}

/// Returns a disk as it is judged.
fn disk(
    subject: &Subject,
    before: &BTreeMap<String, model::Disk>,
    after: &BTreeMap<String, model::Disk>,
) -> Disk {
    let own = subject.opened.subject();
    let name = std::fs::canonicalize(&own.path).ok();
    let name = name.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let name = name.unwrap_or_default();
    let told = before.get(&name).or_else(|| after.get(&name));
    let model = own.model.clone().or_else(|| told.and_then(|told| told.model.clone()));
    let serial = own.serial.clone().or_else(|| told.and_then(|told| told.serial.clone()));
    Disk {
        path: own.path.clone(),
        serial: serial.unwrap_or_default(),
        model: model.unwrap_or_else(|| subject.kind.to_owned()),
        firmware: told.and_then(|told| told.firmware.clone()).unwrap_or_default(),
        size_bytes: own.size_bytes,
        speeds: subject.speeds,
        zones: subject.zones.clone(),
        before: before.get(&name).and_then(disks::counters),
        after: after.get(&name).and_then(disks::counters),
    }
}

/// Measures each suspect by turns with healthy peers, one after the other, until beside one
/// of them it is not slow.
fn settle(bench: &Bench<'_>, subjects: &[Subject], found: &mut [Found]) {
    for at in 0..found.len() {
        let Some(suspect) = found.get(at).filter(|found| found.state == State::Suspect) else {
            continue;
        };
        let flagged: Vec<&str> = suspect
            .standing
            .iter()
            .filter(|standing| standing.flagged)
            .map(|standing| standing.speed.as_str())
            .collect();
        let mut phases: Vec<Phase> = flagged.iter().filter_map(|name| Phase::of(name)).collect();
        phases.dedup();
        // A tail needs as many operations as it had in company.
        let tail = flagged.contains(&"p99_9_ns");
        let runtime = if tail { bench.runtime } else { bench.runtime / ROUNDS };
        let runtime = runtime.max(LEAST_ROUND);
        let mut settled = suspect.clone();
        let peers = beside(found, at);
        for peer in peers.iter().take(PEERS).filter_map(|peer| subjects.get(*peer)) {
            let Some(own) = subjects.get(at) else { continue };
            let rounds = bench.by_turns((&own.opened, &peer.opened), &phases, (ROUNDS, runtime));
            settled = suspect.clone();
            confirm(&mut settled, &rounds);
            if settled.state != State::Slow {
                break;
            }
        }
        if let Some(found) = found.get_mut(at) {
            *found = settled;
        }
    }
}

/// Says where a disk was swept in fewer parts than were asked for.
fn sampled(found: &mut Found, asked: u32) {
    let swept = found.zones_bytes_per_s.len().to_string();
    if found.zones_bytes_per_s.len() < usize::try_from(asked).unwrap_or(usize::MAX) {
        let zh = format!("分 {swept} 段测速：更小的段测不准，或未测完");
        let en =
            format!("swept in {swept} parts: smaller ones tell nothing, or it was not finished");
        found.notes.push(Doubt::new("fewer-zones", zh, en));
    }
}

/// Says what weakens the word on a disk; others' load takes back that it is slow.
fn doubt(found: &mut Found, subject: &Subject, runtime: Duration, interrupted: bool) {
    let others = subject.others_percent;
    if others > OTHERS_PERCENT {
        let zh = format!("扫描期间有其他读写，相当于扫描自身的 {others} %：速度存疑");
        let en = format!(
            "others used it meanwhile, {others} % of what the scan did: its speed is in doubt"
        );
        found.notes.push(Doubt::new("other-load", zh, en));
        if found.state == State::Slow {
            found.state = State::Suspect;
        }
    }
    if found.state == State::Suspect {
        let zh = "无法确证：没有可对照的健康盘，或有其他负载，或被中止";
        let en = "not settled: no healthy peer to compare with, other load, or stopped";
        found.notes.push(Doubt::new("not-settled", zh, en));
    }
    let speeds = &found.speeds;
    let missing = speeds.mean_ns.is_none()
        || speeds.outer_bytes_per_s.is_none()
        || speeds.inner_bytes_per_s.is_none();
    if missing || subject.failed.is_some() {
        let zh = "未测完：不能说它正常";
        let en = "not measured in full: nothing says that it is healthy";
        found.notes.push(Doubt::new("unmeasured", zh, en));
        if found.state == State::Healthy {
            found.state = State::Unmeasured;
        }
    }
    if runtime < LEAST_RUNTIME {
        let seconds = runtime.as_secs_f32();
        let zh = format!("每盘仅测 {seconds} s，少于 30 s：快速查看");
        let en = format!("measured for {seconds} s, less than 30 s: a quick look");
        found.notes.push(Doubt::new("short-run", zh, en));
    }
    if interrupted {
        let zh = "被操作员中止：部分结果";
        found.notes.push(Doubt::new(
            "ended-early",
            zh,
            "stopped by the operator: a partial result",
        ));
    }
}

/// Writes what was asked for, to files and to stdout.
fn write(arguments: &Arguments, document: &Storage, console: &mut Console) -> Result<(), Failure> {
    let put = |path: &std::path::Path, bytes: Vec<u8>| {
        std::fs::write(path, bytes).map_err(|error| {
            let name = path.display().to_string();
            Failure::unable(text("无法写入 `{}`", "cannot write `{}`", &[&name])).because(error)
        })
    };
    if let Some(path) = &arguments.out {
        put(path, serde_json::to_vec_pretty(document).unwrap_or_default())?;
    }
    if let Some(path) = &arguments.html {
        put(path, page::page(&document.disk, console.lang).into_bytes())?;
    }
    match arguments.output {
        Format::Json => print_json(document, console),
        Format::Text => console.print(&output::text(&document.disk, layout(console))),
    }
}
