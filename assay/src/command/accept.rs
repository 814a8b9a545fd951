//! `assay accept`: look or import, judge, report, say.

pub(super) mod environment;
mod network;
mod runs;
#[cfg(feature = "bmc")]
pub(super) mod site;
#[cfg(feature = "bmc")]
mod via;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use inventory::{
    Inventory,
    model::{Finding, FindingClass},
};
use profiles::{
    Catalogue, Outcome, Profile, Text,
    coverage::{Coverage, coverage},
};
use serde_json::json;
use storage_bench::measurement::Storage;

use super::{
    catalogue, inventory as merging, machine, project, report as reports,
    sources::{self, Imported, Sources, Unusable},
};
use crate::{
    cli::{Format, Global, accept::Accept},
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    output::accept as output,
    progress::Progress,
    report::{
        self, Inputs, Report,
        cover::Stage,
        document::{Basis, CoverageRow, Selected},
        evidence::EvidenceFile,
        folder, todo, write,
    },
};

/// Accepts a machine, or says why it cannot be accepted.
pub(super) fn run(
    arguments: &Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    #[cfg(feature = "bmc")]
    {
        let list = arguments.site.as_deref();
        let is_via = via::is_asked(&arguments.via, list)?;
        if let Some(list) = list {
            return site::run(list, arguments, global, console);
        }
        if is_via {
            return via::run(arguments, global, console);
        }
    }
    let storage = runs::read(&arguments.storage, console)?;
    let Some(volume) = volume(arguments)? else {
        return run_with(arguments, storage, global, console);
    };
    project::filled(&volume.filling, &[&Catalogue::bundled()])?;
    let machine = run_with(arguments, storage, global, console)?;
    console.note(&Text::new("本机已判定，以下验收卷", "the machine is judged; now the volume"));
    Ok(machine.max(super::storage::accept_volume(&volume, global, console)?))
}

/// Returns the acceptance of the volume that is asked for beside the machine.
fn volume(arguments: &Accept) -> Result<Option<crate::cli::storage::Accept>, Failure> {
    let volume = &arguments.volume;
    let (Some(target), Some(tier)) = (&volume.storage_target, &volume.tier) else {
        if volume.destroying.destroy.is_empty() && !volume.destroying.force_signature {
            return Ok(None);
        }
        return Err(Failure::usage(Text::new(
            "--destroy 与 --force-signature 须与 --storage-target 同用",
            "`--destroy` and `--force-signature` go with `--storage-target`",
        )));
    };
    if arguments.output == Format::Json {
        return Err(Failure::usage(Text::new(
            "--storage-target 写两份测试记录，标准输出只容一份 JSON",
            "`--storage-target` makes two reports, and stdout holds one JSON document",
        ))
        .hint(Text::new(
            "不加 --output json，读两个目录中的 result.json",
            "leave `--output json` out and read `result.json` in both folders",
        )));
    }
    let beside = || {
        let mut name = arguments.out.clone().into_os_string();
        name.push("-storage");
        PathBuf::from(name)
    };
    Ok(Some(crate::cli::storage::Accept {
        tier: tier.clone(),
        target: target.clone(),
        size: volume.storage_size.clone(),
        destroying: volume.destroying.clone(),
        usable: volume.usable.clone(),
        cache: volume.cache.clone(),
        out: volume.storage_out.clone().unwrap_or_else(beside),
        operator: arguments.operator.clone(),
        filling: arguments.filling.clone(),
        ..crate::cli::storage::Accept::default()
    }))
}

/// Runs on storage, and the name of the volume they were made on.
pub(super) type StorageRuns = (Storage, String);

/// Accepts a machine, or a volume by the runs that were made on it.
pub(super) fn run_with(
    arguments: &Accept,
    storage: Option<StorageRuns>,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let started_at = clock::now();
    // Everything that can be wrong with the request is found before the work.
    let (mut profile, catalogue) =
        catalogue::profile(arguments.profile.as_deref().unwrap_or_default())?;
    let filled = project::filled(&arguments.filling, &[&catalogue])?;
    let selected = select(&mut profile, arguments.filling.stage)?;
    let interrupt = machine::watch(console);
    let options = machine::options(&arguments.looking, &interrupt)?;
    let retest_of = arguments.retest_of.as_deref().map(folder::load).transpose();
    let retest_of = retest_of.map_err(reports::folder_failure)?.map(|loaded| loaded.digests);
    let network = network::read(&arguments.network)?;
    can_write(&arguments.out)?;

    let found = find(arguments, &options, console)?;
    let mut evidence = found.evidence;
    let mut facts = json!({ "inventory": found.inventory });
    let mut volume = None;
    if let Some((storage, name)) = storage {
        volume = runs::volume_of(&profile, &storage, name)?;
        facts["storage"] = json!(storage);
        evidence.push(runs_file(&storage)?);
    }
    network::add(network, &mut facts, &mut evidence);
    let judgements = {
        let step = Text::new("正在判定", "judging");
        let _progress = Progress::start(console.progress, console.tr(&step));
        profiles::judge(&profile, &facts)
    };
    let interrupted = interrupt.asked().then(broken_off);
    let environment = environment::of_this_run(arguments, started_at, found.inputs);
    let inputs = Inputs {
        cover: filled.cover,
        number_prefix: filled.number_prefix,
        scope_out: filled.scope_out,
        basis: Basis { selected, ..basis(&profile) },
        environment,
        interrupted,
        judgements,
        facts,
        evidence,
        volume,
        coverage: left_to_others(&profile, &catalogue),
        retest_of,
    };
    let (report, evidence) = report::build(inputs);
    let written = {
        let step = Text::new("正在写测试记录", "writing the report");
        let _progress = Progress::start(console.progress, console.tr(&step));
        let form = reports::form(arguments.form, global);
        write::write(&arguments.out, &report, &evidence, form).map_err(reports::write_failure)?
    };
    tell(arguments.output, &report, &written, console)?;
    if interrupt.asked() {
        console.note(&Text::new(
            "已中断：测试记录只含中断前采集到的，并已注明",
            "interrupted: the report holds what was collected before, and says so",
        ));
        return Ok(Exit::Unknown.max(Exit::of(report.summary.overall.outcome)));
    }
    Ok(Exit::of(report.summary.overall.outcome))
}

/// Prints a report, and where it was written.
fn tell(
    format: Format,
    report: &Report,
    written: &write::Written,
    console: &mut Console,
) -> Result<(), Failure> {
    match format {
        // `result.json` is the document; what is printed is the same, laid out.
        Format::Json => super::print_json(report, console)?,
        Format::Text => {
            let mut layout = super::layout(console);
            // A file or a pager has no width of its own; a page has.
            layout.columns = layout.columns.or(Some(120));
            let mut page = output::text(report, layout);
            page.push_str(&output::place(written, layout));
            if report.summary.overall.outcome == Outcome::Incomplete {
                let todo = todo::todo(report, &written.folder.display().to_string());
                page.push_str(&output::todo(&todo, layout));
            } else {
                page.push_str(&output::still_open(report, written, layout));
            }
            console.print(&page)?;
        }
    }
    if let Some(moved) = &written.moved {
        let moved = moved.display().to_string();
        console.note(&text(
            "原有的测试记录已改名为 `{}`",
            "the report that was there is now `{}`",
            &[&moved],
        ));
    }
    Ok(())
}

/// Returns why a report on what was collected before Ctrl-C is not whole.
fn broken_off() -> Text {
    Text::new("操作人员中断了采集", "the operator interrupted the collection")
}

/// Returns the runs as evidence.
fn runs_file(storage: &Storage) -> Result<EvidenceFile, Failure> {
    Ok(EvidenceFile {
        path: "storage/runs.json".to_owned(),
        bytes: serde_json::to_vec_pretty(storage).map_err(super::no_json)?,
        locator: "storage:runs".to_owned(),
    })
}

/// What was found, by looking or in files.
struct Found {
    inventory: Inventory,
    evidence: Vec<EvidenceFile>,
    /// What was read, for the report.
    inputs: Vec<String>,
}

/// Looks at this machine, a recorded root, or what others collected.
///
/// Files are of a machine that is elsewhere: this one is looked at beside them
/// only where `--live` says that it is the same.
fn find(
    arguments: &Accept,
    options: &inventory::collect::Options,
    console: &mut Console,
) -> Result<Found, Failure> {
    let given = if arguments.from.is_empty() {
        Sources::default()
    } else {
        let step = Text::new("正在导入", "importing");
        let _progress = Progress::start(console.progress, console.tr(&step));
        sources::gather(&arguments.from)?
    };
    super::warn_unusable(&given.unusable, console);
    let mut found =
        Found { inventory: Inventory::default(), evidence: Vec::new(), inputs: Vec::new() };
    let mut parts = Vec::new();
    let mut roots: Vec<Option<PathBuf>> =
        arguments.root.iter().chain(&given.roots).cloned().map(Some).collect();
    if arguments.live || (arguments.from.is_empty() && arguments.root.is_none()) {
        roots.insert(0, None);
    }
    for path in &roots {
        let root = machine::open_root(path.as_deref())?;
        let collected = machine::look(&root, options, console);
        found.inputs.push(path.as_ref().map_or("live".to_owned(), |p| p.display().to_string()));
        found.evidence.extend(collected.evidence.into_iter().map(|file| EvidenceFile {
            path: file.path,
            bytes: file.bytes,
            locator: file.locator,
        }));
        parts.push(collected.inventory);
    }
    for Imported { name, writer, inventory, bytes } in given.imported {
        found.inputs.push(format!("{writer}: {name}"));
        let locator = format!("import:{name}");
        found.evidence.push(EvidenceFile { path: file_name(&name), bytes, locator });
        parts.push(inventory);
    }
    if parts.is_empty() {
        return Err(Failure::unable(Text::new(
            "给出的文件都不能用",
            "none of the files given can be used",
        ))
        .hint(Text::new(
            "能导入的有：dmidecode（文本或 --dump-bin）、lshw -json、smartctl -j 或 -x、storcli J、LLDP 抓包、Redfish 资源树（目录或 .tar.xz）、记录的根目录",
            "what can be imported: dmidecode (text or --dump-bin), lshw -json, smartctl -j or -x, \
             storcli J, LLDP captures, Redfish trees (a folder or .tar.xz), recorded roots",
        )));
    }
    let several = parts.len() > 1;
    found.inventory = merging::merge_parts(parts, arguments.force_same)?;
    if several {
        doubt(&found.inventory, console);
    }
    for unusable in &given.unusable {
        found.inputs.push(format!("{} (not used)", unusable.name));
        found.inventory.findings.push(finding(unusable));
    }
    Ok(found)
}

/// Sources without serial numbers are one machine by the operator's word; where
/// they name different products the operator may have named the wrong files.
fn doubt(inventory: &Inventory, console: &mut Console) {
    let named = |finding: &&Finding| {
        finding.class == FindingClass::Identity
            || matches!(finding.path.as_str(), "system.product" | "system.manufacturer")
    };
    let count = inventory.findings.iter().filter(named).count();
    if count > 0 {
        console.note(&Text::new(
            "这些来源的型号或标识不同：确实是同一台机器吗？差异已列出",
            "the sources name different products or identities: are they of one machine? \
             see the disagreements",
        ));
    }
}

/// Makes a file that could not be used known to the report's reader.
fn finding(unusable: &Unusable) -> Finding {
    Finding {
        class: FindingClass::Damage,
        path: unusable.name.clone(),
        message: format!("not used: {}", unusable.why.en),
        message_zh: format!("未使用：{}", unusable.why.zh),
        claims: Vec::new(),
    }
}

/// Imported originals keep their name in the evidence, not their folders: these
/// are of the desk, not of the machine.
fn file_name(name: &str) -> String {
    let name = Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
    format!("import/{}", name.unwrap_or_else(|| "unnamed".to_owned()))
}

/// Keeps what is due at `stage`, where one is named.
pub(super) fn select(
    profile: &mut Profile,
    stage: Option<Stage>,
) -> Result<Option<Selected>, Failure> {
    let Some(stage) = stage else { return Ok(None) };
    let selected = report::basis::select(profile, stage);
    selected.map(Some).ok_or_else(|| {
        let name = stage.name();
        Failure::usage(Text::new(
            format!("配置档 {} 在“{}”阶段没有用例", profile.id, name.zh),
            format!("profile {} has no case at the stage of {}", profile.id, name.en),
        ))
        .hint(Text::new(
            "`assay report plan --profile 编号` 列出各用例所属阶段",
            "`assay report plan --profile ID` lists the stages of every case",
        ))
    })
}

/// Finds out before the work whether the report can be written after it.
fn can_write(out: &Path) -> Result<(), Failure> {
    let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
    let there = out.ancestors().skip(1).find(|path| fs::symlink_metadata(path).is_ok());
    let Some(above) = there else { return Ok(()) };
    let name = above.display().to_string();
    let cannot = || {
        Failure::usage(text("无法写入目录 `{}`", "cannot write to folder `{}`", &[&name])).hint(
            Text::new("用 --out 给出可写的目录", "name a folder that you may write to with --out"),
        )
    };
    if !above.is_dir() {
        return Err(cannot().because(std::io::Error::from(std::io::ErrorKind::NotADirectory)));
    }
    let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    rustix::fs::access(above, wanted).map_err(|error| cannot().because(std::io::Error::from(error)))
}

/// What the verdicts rest on.
fn basis(profile: &Profile) -> Basis {
    let dropped = profile.dropped.iter().map(|dropped| {
        text("未采用 {}：", "`{}` is not taken over: ", &[&dropped.id]).with(&dropped.deviation)
    });
    let changed = profile.checks.iter().filter_map(|check| {
        let why = check.deviation.as_ref()?;
        Some(text("{}：", "`{}`: ", &[&check.check]).with(why))
    });
    Basis {
        norm: profile.norm.clone(),
        edition: profile.edition.clone(),
        profile: profile.id.clone(),
        title: profile.title.clone(),
        version: profile.version.clone(),
        digest: profile.digest.trim_start_matches("sha256:").to_owned(),
        unit_rules: profile.units.clone(),
        deviations: dropped.chain(changed).collect(),
        selected: None,
    }
}

/// Returns the rows of the same chapter that this profile does not judge, and
/// who does, or why nobody.
fn left_to_others(profile: &Profile, catalogue: &Catalogue) -> Vec<CoverageRow> {
    let chapter = |clause: &str| clause.split('.').take(3).collect::<Vec<_>>().join(".");
    let (mut chapters, mut judged) = (BTreeSet::new(), BTreeSet::new());
    chapters.extend(profile.checks.iter().map(|check| chapter(&check.clause)));
    judged.extend(profile.checks.iter().map(|check| check.row.as_str()));
    coverage(catalogue)
        .into_iter()
        .filter(|line| chapters.contains(&chapter(&line.row.clause)))
        .filter(|line| !judged.contains(line.row.id.as_str()))
        .map(|line| CoverageRow {
            row: line.row.id,
            item: line.row.item,
            reason: match line.coverage {
                Coverage::Checked { checks } => {
                    let mut names: Vec<&str> =
                        checks.iter().map(|check| base(&check.profile)).collect();
                    names.dedup();
                    text("由配置档 {} 判定", "judged by profile {}", &[&names.join(", ")])
                }
                Coverage::OutOfScope { reason } => reason,
                Coverage::Missing => Text::new("尚无检查项", "no check yet"),
            },
        })
        .collect()
}

/// Returns a profile's id without its variant.
fn base(id: &str) -> &str {
    id.split('@').next().unwrap_or(id)
}

/// Joins a text to another, language by language.
trait With {
    fn with(self, more: &Text) -> Text;
}

impl With for Text {
    fn with(self, more: &Text) -> Text {
        Self::new(self.zh + &more.zh, self.en + &more.en)
    }
}
