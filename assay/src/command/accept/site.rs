//! `assay accept --site`: a delivery list against what was found, and each machine judged by the
//! profile of its line.
//!
//! Each machine has a report of its own, all of them one together, and beside them stand what the
//! comparison came to: `site.json`, `site.csv` and the page `site.html` with the racks.

pub(in crate::command) mod find;
mod gather;
mod place;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use profiles::{Catalogue, Text};

use self::find::{Found, Ways, find};
use super::{
    super::{bmc::survey::Hosts, catalogue, parallel, project, report as reports, site as lists},
    can_write, environment, select,
    via::{BATCH, Profiles, Run, folder_name, is_disagreement, name_of},
};
use crate::{
    cli::{Format, Global, accept::Accept},
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::site as output,
    progress::Progress,
    report::{
        batch::{self, Part},
        cover::Location,
        evidence::EvidenceFile,
        write,
    },
    site::{Delivery, Line, List, Seen, Verdict, compare::compare},
};

/// A machine that is to be judged.
struct Task<'a> {
    seen: &'a Seen<'a>,
    line: Option<&'a Line>,
    profile: String,
    folder: String,
    evidence: Vec<EvidenceFile>,
    inputs: Vec<String>,
}

/// Compares and judges.
pub(super) fn run(
    path: &Path,
    arguments: &Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let started_at = clock::now();
    // Everything that can be wrong with the request is found before the work.
    let lists::Read { list, name, sha256 } = lists::read(path)?;
    lists::warn_unread(&list, console);
    let profiles = profiles_of(arguments, &list)?;
    let catalogues: Vec<&Catalogue> =
        profiles.values().map(|(_, catalogue, _)| catalogue).collect();
    let filled = project::filled(&arguments.filling, &catalogues)?;
    can_write(&arguments.out.join(BATCH))?;
    let Found { mut machines, untold, unread } = find(ways(arguments, &list)?, console)?;
    let files: Vec<(Vec<EvidenceFile>, Vec<String>)> = machines
        .iter_mut()
        .map(|one| (std::mem::take(&mut one.evidence), std::mem::take(&mut one.inputs)))
        .collect();
    let seen: Vec<Seen<'_>> = machines.iter().map(find::Machine::seen).collect();
    let comparison = compare(&list, &seen, &untold);

    let environment = environment::of_this_run(arguments, started_at, Vec::new());
    let run = Run { arguments, global, filled, environment, profiles };
    let mut of_seen = vec![None; seen.len()];
    for (line, standing) in list.lines.iter().zip(&comparison.lines) {
        if let Some(of_seen) = standing.seen.and_then(|at| of_seen.get_mut(at)) {
            *of_seen = Some(line);
        }
    }
    let mut taken = BTreeMap::new();
    let mut tasks = Vec::new();
    for ((one, line), (evidence, inputs)) in seen.iter().zip(of_seen).zip(files) {
        let listed = line.and_then(|line: &Line| line.profile.as_deref());
        // A machine that is on no line is judged by what is named for all.
        let task = name_of(arguments, listed).map(|profile| Task {
            seen: one,
            line,
            profile,
            folder: folder_name(one.serial(), &one.name, &mut taken),
            evidence,
            inputs,
        });
        tasks.push(task);
    }
    let judged = {
        let step = Text::new("正在判定", "judging");
        let _progress = Progress::start(console.progress, console.tr(&step));
        parallel::each(tasks, &|task| task.map(|task| judge(&run, task)).transpose())
    };
    let (mut verdicts, mut parts) = (Vec::new(), Vec::new());
    for judged in judged {
        let (verdict, part) = judged?.unzip();
        verdicts.push(verdict);
        parts.extend(part);
    }
    let together = together(&run, parts, console)?;
    let at = clock::now();
    let delivery = Delivery {
        list_name: &name,
        list_sha256: &sha256,
        list: &list,
        seen: &seen,
        comparison: &comparison,
        verdicts: &verdicts,
        unread: &unread,
        cover: &run.filled.cover,
        at: &at,
    };
    let page =
        place::write(&arguments.out, &delivery, reports::form(arguments.form, global).language)?;
    match arguments.output {
        Format::Json => super::super::print_json(&output::document(&delivery), console)?,
        Format::Text => {
            let mut layout = super::super::layout(console);
            layout.columns = layout.columns.or(Some(120));
            console.print(&output::page(&delivery, &page, together.as_deref(), layout))?;
        }
    }
    Ok(output::exit(&delivery))
}

/// Returns where machines are looked for.
fn ways<'a>(arguments: &'a Accept, list: &List) -> Result<Ways<'a>, Failure> {
    let via = &arguments.via;
    let hosts = match (via.via, via.hosts.is_empty()) {
        (None, _) => None,
        (Some(_), false) => Some(Hosts::of(&via.hosts)?),
        // The list itself says where the BMCs are.
        (Some(_), true) => {
            let addresses = list.lines.iter().filter_map(|line| line.address.clone());
            Some(Hosts::at(addresses)).filter(|hosts| hosts.listed().next().is_some())
        }
    };
    if arguments.from.is_empty() && hosts.is_none() {
        let message = if via.via.is_some() {
            Text::new("清单中没有管理口地址", "the list has no BMC address")
        } else {
            Text::new("--site 须说明与什么比对", "`--site` is compared with what was found")
        };
        return Err(Failure::usage(message).hint(Text::new(
            "用 --from 给出采集结果的目录，或用 --via bmc 访问管理口",
            "name folders of what was collected with --from, or ask the BMCs with --via bmc",
        )));
    }
    Ok(Ways {
        from: &arguments.from,
        hosts,
        access: &via.access,
        at_a_time: via.at_a_time,
        force_same: arguments.force_same,
    })
}

/// Returns the profiles that the lines are judged by, by their names.
fn profiles_of(arguments: &Accept, list: &List) -> Result<Profiles, Failure> {
    let mut profiles = Profiles::new();
    for line in list.lines.iter().filter(|line| line.is_machine()) {
        let Some(name) = name_of(arguments, line.profile.as_deref()) else {
            let (name, row) = (line.name(), line.row.to_string());
            return Err(Failure::usage(text(
                "第 {1} 行 `{0}` 没有写明依据的配置档",
                "row {1}: nothing says what `{0}` is judged by",
                &[&name, &row],
            ))
            .hint(Text::new(
                "在清单中填写规格模板（profile）列，或用 --profile 为全部机器指定",
                "fill in the column `profile` of the list, or name one for all with --profile",
            )));
        };
        if !profiles.contains_key(&name) {
            let (mut profile, catalogue) = catalogue::profile(&name)?;
            let selected = select(&mut profile, arguments.filling.stage)?;
            profiles.insert(name.clone(), (profile, catalogue, selected));
        }
    }
    Ok(profiles)
}

/// Judges one machine, and writes its report.
fn judge(run: &Run<'_>, task: Task<'_>) -> Result<(Verdict, Part), Failure> {
    let Task { seen, line, profile, folder, evidence, inputs } = task;
    let mut cover = run.filled.cover.clone();
    // Where it is to stand, or was found.
    let planned = line.and_then(|line| line.place.as_ref());
    if let Some(place) = seen.place.as_ref().or(planned) {
        cover.location = Location {
            room: place.room.clone(),
            rack: Some(place.rack.clone()),
            unit: Some(format!("U{}", place.unit)),
        };
    }
    let disagreements = seen.inventory.findings.iter().filter(|one| is_disagreement(one)).count();
    let (report, placed) = run.judge(&profile, seen.inventory, cover, evidence, inputs)?;
    let form = reports::form(run.arguments.form, run.global);
    let into = run.arguments.out.join(&folder);
    let written = write::write(&into, &report, &placed, form).map_err(reports::write_failure)?;
    let verdict = Verdict {
        outcome: report.summary.overall.outcome,
        tally: report.summary.overall.must,
        profile,
        folder,
        code: written.code,
        result_sha256: written.result.sha256.clone(),
        disagreements,
    };
    Ok((verdict, Part::of(&written.folder, report, written.result)))
}

/// Writes the report on all machines that were judged; returns its folder.
fn together(
    run: &Run<'_>,
    mut parts: Vec<Part>,
    console: &mut Console,
) -> Result<Option<PathBuf>, Failure> {
    if parts.is_empty() {
        return Ok(None);
    }
    batch::set_apart(&mut parts);
    let options = batch::Options {
        cover: run.filled.cover.clone(),
        number_prefix: run.filled.number_prefix.clone(),
        at: clock::now(),
        tool_version: crate::build::NUMBER.to_owned(),
    };
    let batch = match batch::join(parts, options) {
        Ok(batch) => batch,
        Err(error) => {
            let error = error.to_string();
            console.note(&text("未汇总：{}", "no report on all of them: {}", &[&error]));
            return Ok(None);
        }
    };
    let form = reports::form(run.arguments.form, run.global);
    let folder = run.arguments.out.join(BATCH);
    let written = write::write_batch(&folder, &batch, form).map_err(reports::write_failure)?;
    Ok(Some(written.folder))
}
