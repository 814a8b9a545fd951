//! `assay accept --via bmc`: every machine of a list is judged by what its BMC says, and by what
//! was collected on the machine itself where that is given too.
//!
//! Each has a report of its own, in a folder named after it, and all of them one together. A
//! machine whose BMC says nothing is not judged: it is named, and the run could not find out.

pub(super) mod band;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use ::inventory::{
    Inventory,
    model::{Finding, FindingClass},
    placeholder,
};
use profiles::{Catalogue, Profile, Text};
use serde_json::json;

use self::band::Band;
use super::{
    super::{
        bmc::survey::{self, Gap, Hosts, Machine},
        catalogue, inventory as merging, print_json,
        project::{self, Filled},
        report as reports,
        sources::{Imported, Unusable},
    },
    basis, can_write, environment, finding, left_to_others, select,
};
use crate::{
    cli::{
        Format, Global,
        accept::{Accept, via::Via},
        bmc::access::Protocol,
    },
    clock,
    console::Console,
    exit::Exit,
    failure::Failure,
    lang::text,
    measured,
    output::via::{self as output, Came, Judged, Row},
    progress::Progress,
    report::{
        self, Inputs, Report, batch,
        cover::Cover,
        document::{Basis, Environment, Selected},
        evidence::EvidenceFile,
        folder::{self, Loaded},
        verdict, write,
    },
};

/// The folder of the report on all machines together.
pub(super) const BATCH: &str = "batch";

/// Returns whether machines are judged from outside; refuses words that go with it alone.
pub(super) fn is_asked(via: &Via, site: Option<&Path>) -> Result<bool, Failure> {
    let access = &via.access;
    let is_access = access.protocol != Protocol::Auto
        || access.user.is_some()
        || access.credential.is_some()
        || access.credentials.is_some()
        || access.ca.is_some()
        || access.pin.is_some()
        || access.known.is_some()
        || access.password_env.is_some()
        || access.password_file.is_some();
    if via.via.is_none() && is_access {
        return Err(Failure::usage(Text::new(
            "怎样访问 BMC 的选项须与 --via bmc 同用",
            "how BMCs are come by goes with `--via bmc`",
        )));
    }
    if via.via.is_some() && via.hosts.is_empty() && site.is_none() {
        return Err(Failure::usage(Text::new(
            "--via bmc 须用 --hosts（或 --site）给出机器清单",
            "`--via bmc` goes with a list of machines: `--hosts` or `--site`",
        )));
    }
    Ok(via.via.is_some())
}

/// What all machines of a run share.
pub(super) struct Run<'a> {
    pub(super) arguments: &'a Accept,
    pub(super) global: &'a Global,
    pub(super) filled: Filled,
    pub(super) environment: Environment,
    pub(super) profiles: Profiles,
}

/// A profile, with the cases of one stage where one is named.
pub(super) type Judging = (Profile, Catalogue, Option<Selected>);

/// Profiles that machines are judged by, by their names.
pub(super) type Profiles = BTreeMap<String, Judging>;

/// Judges the machines of the lists.
pub(super) fn run(
    arguments: &Accept,
    global: &Global,
    console: &mut Console,
) -> Result<Exit, Failure> {
    let started_at = clock::now();
    let via = &arguments.via;
    // Everything that can be wrong with the request is found before anybody is asked.
    let hosts = Hosts::of(&via.hosts)?;
    let profiles = profiles_of(arguments, &hosts)?;
    let catalogues: Vec<&Catalogue> =
        profiles.values().map(|(_, catalogue, _)| catalogue).collect();
    let filled = project::filled(&arguments.filling, &catalogues)?;
    can_write(&arguments.out.join(BATCH))?;
    let (mut band, unusable) = Band::read(&arguments.from)?;
    super::super::warn_unusable(&unusable, console);
    let machines = survey::run(&hosts, &via.access, via.at_a_time, console)?;
    let environment = environment::of_this_run(arguments, started_at, Vec::new());
    let run = Run { arguments, global, filled, environment, profiles };
    let mut rows = Vec::new();
    {
        let step = Text::new("正在判定", "judging");
        let progress = Progress::start(console.progress, console.tr(&step));
        let mut taken = BTreeMap::new();
        for machine in machines {
            progress.step(console.tr(&step));
            rows.push(run.one(machine, &mut band, &mut taken)?);
        }
    }
    let left = band.left();
    for name in &left {
        console.note(&text(
            "`{}` 不属于清单中任何已到达的机器，未使用",
            "not used: `{}` is of no machine of the list that was reached",
            &[name],
        ));
    }
    let together = run.together(&rows, console)?;
    print(&rows, &left, together.as_deref(), arguments.output, console)?;
    Ok(output::exit(&rows))
}

/// Returns the profiles that the machines are judged by, by their names.
fn profiles_of(arguments: &Accept, hosts: &Hosts) -> Result<Profiles, Failure> {
    let mut profiles = BTreeMap::new();
    for (address, listed) in hosts.listed() {
        let Some(name) = name_of(arguments, listed.and_then(|one| one.profile.as_deref())) else {
            return Err(Failure::usage(text(
                "`{}` 没有写明依据的配置档",
                "nothing says what `{}` is judged by",
                &[&address],
            ))
            .hint(Text::new(
                "在清单中填写 profile（配置档）列，或用 --profile 为全部机器指定",
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

/// Returns the name of the profile: what was named for all goes before what the list says.
pub(super) fn name_of(arguments: &Accept, listed: Option<&str>) -> Option<String> {
    arguments.profile.as_deref().or(listed).map(str::to_owned)
}

/// Why something could not be found out, and what to do about it.
type Why = (Text, Option<Text>);

impl Run<'_> {
    /// Judges one machine, and writes its report.
    fn one(
        &self,
        machine: Machine,
        band: &mut Band,
        taken: &mut BTreeMap<String, usize>,
    ) -> Result<Row, Failure> {
        let Machine { address, listed, told, gaps, interrupted } = machine;
        let listed = listed.as_ref();
        let mut row = Row {
            address,
            serial: listed.and_then(|one| one.serial.clone()),
            rack: listed.and_then(|one| one.rack.clone()),
            unit: listed.and_then(|one| one.unit),
            profile: name_of(self.arguments, listed.and_then(|one| one.profile.as_deref()))
                .unwrap_or_default(),
            came: Came::Unknown,
            why: gaps.iter().map(|gap| (gap.why.clone(), gap.hint.clone())).collect(),
            watts: None,
        };
        if told.is_empty() || interrupted {
            return Ok(row);
        }
        match self.judged(&mut row, told, &gaps, band, taken)? {
            Ok(judged) => row.came = Came::Judged(Box::new(judged)),
            Err(why) => row.why.push(why),
        }
        Ok(row)
    }

    /// Judges a machine by what its BMC told, and by what was collected on itself.
    fn judged(
        &self,
        row: &mut Row,
        told: Vec<Imported>,
        gaps: &[Gap],
        band: &mut Band,
        taken: &mut BTreeMap<String, usize>,
    ) -> Result<Result<Judged, Why>, Failure> {
        let mut inputs: Vec<String> =
            told.iter().map(|one| format!("{}: {}", one.writer, row.address)).collect();
        let mut parts: Vec<Inventory> = told.iter().map(|one| one.inventory.clone()).collect();
        let merged = match self.merged(parts.clone()) {
            Ok(merged) => merged,
            Err(why) => return Ok(Err(why)),
        };
        let system = merged.system.as_ref();
        let serial = system.and_then(|system| system.serial.clone());
        if let Some(why) = self.another(row.serial.as_deref(), serial.as_deref()) {
            return Ok(Err(why));
        }
        row.watts = measured::draw(&merged).map(|(power, _)| power / 1000);
        row.serial = serial.or(row.serial.take());
        let mut evidence: Vec<EvidenceFile> = told
            .into_iter()
            .map(|Imported { name, bytes, .. }| EvidenceFile {
                locator: format!("{}:{}", name.trim_end_matches(".json"), row.address),
                path: format!("bmc/{name}"),
                bytes,
            })
            .collect();
        let sets = band.take(&merged);
        let in_band = !sets.is_empty();
        for set in sets {
            inputs.extend(set.inputs);
            evidence.extend(set.evidence);
            parts.extend(set.parts);
        }
        let mut merged = match self.merged(parts) {
            Ok(merged) => merged,
            Err(why) => return Ok(Err(why)),
        };
        for Gap { why, .. } in gaps {
            let name = format!("bmc:{}", row.address);
            merged.findings.push(finding(&Unusable { name, why: why.clone() }));
        }
        let disagreements = merged.findings.iter().filter(|one| is_disagreement(one)).count();
        let (report, placed) =
            self.judge(&row.profile, &merged, self.filled.cover.clone(), evidence, inputs)?;
        let name = folder_name(row.serial.as_deref(), &row.address, taken);
        let folder = self.arguments.out.join(name);
        let form = reports::form(self.arguments.form, self.global);
        let written =
            write::write(&folder, &report, &placed, form).map_err(reports::write_failure)?;
        Ok(Ok(Judged {
            outcome: report.summary.overall.outcome,
            tally: report.summary.overall.must,
            grounds: verdict::grounds(&report.rows),
            disagreements,
            in_band,
            folder: written.folder,
            code: written.code,
        }))
    }

    /// Says that a BMC is of another machine than the list expects.
    fn another(&self, expected: Option<&str>, told: Option<&str>) -> Option<Why> {
        let (expected, told) = (expected?, told?);
        if self.arguments.force_same || is_alike(expected, told) {
            return None;
        }
        let why = text(
            "清单写的序列号是 `{}`，BMC 报告的是 `{}`：不是同一台机器，未判定",
            "the list expects the serial number `{}`, and the BMC says `{}`: another machine, not \
             judged",
            &[expected, told],
        );
        let hint = Text::new(
            "核对清单中的地址；确属同一台（如换过主板）时加 --force-same",
            "check the address in the list; --force-same if a board was swapped",
        );
        Some((why, Some(hint)))
    }

    fn merged(&self, parts: Vec<Inventory>) -> Result<Inventory, Why> {
        merging::merge_parts(parts, self.arguments.force_same).map_err(|failure| {
            let cause = failure.cause.as_ref().map(ToString::to_string).unwrap_or_default();
            let message = &failure.message;
            let why =
                Text::new(format!("{}：{cause}", message.zh), format!("{}: {cause}", message.en));
            (why, failure.hint.clone())
        })
    }

    /// Judges a machine by that profile.
    pub(super) fn judge(
        &self,
        profile: &str,
        inventory: &Inventory,
        cover: Cover,
        evidence: Vec<EvidenceFile>,
        inputs: Vec<String>,
    ) -> Result<(Report, Vec<report::evidence::Placed>), Failure> {
        let (profile, catalogue, selected) = self.profiles.get(profile).ok_or_else(|| {
            Failure::unable(Text::new("配置档不见了", "the profile is not there any more"))
        })?;
        let facts = json!({ "inventory": inventory });
        Ok(report::build(Inputs {
            cover,
            number_prefix: self.filled.number_prefix.clone(),
            scope_out: self.filled.scope_out.clone(),
            basis: Basis { selected: *selected, ..basis(profile) },
            environment: Environment {
                inputs,
                finished_at: clock::now(),
                ..self.environment.clone()
            },
            interrupted: None,
            judgements: profiles::judge(profile, &facts),
            facts,
            evidence,
            volume: None,
            coverage: left_to_others(profile, catalogue),
            retest_of: None,
        }))
    }

    /// Writes the report on all machines that were judged; returns its folder.
    fn together(&self, rows: &[Row], console: &mut Console) -> Result<Option<PathBuf>, Failure> {
        let mut loaded: Vec<Loaded> = Vec::new();
        for row in rows {
            if let Came::Judged(judged) = &row.came {
                loaded.push(folder::load(&judged.folder).map_err(reports::folder_failure)?);
            }
        }
        if loaded.is_empty() {
            return Ok(None);
        }
        let options = batch::Options {
            cover: self.filled.cover.clone(),
            number_prefix: self.filled.number_prefix.clone(),
            at: clock::now(),
            tool_version: crate::build::NUMBER.to_owned(),
        };
        let batch = match batch::merge(loaded, options) {
            Ok(batch) => batch,
            Err(error) => {
                // The reports are there: two machines of one serial number spoil the sum alone.
                let error = error.to_string();
                console.note(&text("未汇总：{}", "no report on all of them: {}", &[&error]));
                return Ok(None);
            }
        };
        let form = reports::form(self.arguments.form, self.global);
        let folder = self.arguments.out.join(BATCH);
        let written = write::write_batch(&folder, &batch, form).map_err(reports::write_failure)?;
        Ok(Some(written.folder))
    }
}

/// Prints what the run came to.
fn print(
    rows: &[Row],
    left: &[String],
    together: Option<&Path>,
    format: Format,
    console: &mut Console,
) -> Result<(), Failure> {
    match format {
        Format::Json => print_json(&output::document(rows, left, together), console),
        Format::Text => {
            let mut layout = super::super::layout(console);
            layout.columns = layout.columns.or(Some(120));
            console.print(&output::page(rows, together, layout))
        }
    }
}

/// Returns whether two serial numbers are one, however they are spaced and written.
fn is_alike(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
    };
    plain(one) == plain(other)
}

/// Returns whether two sources say different things.
pub(super) fn is_disagreement(finding: &Finding) -> bool {
    !finding.claims.is_empty()
        && matches!(
            finding.class,
            FindingClass::Value | FindingClass::Identity | FindingClass::Missing
        )
}

/// Returns the name of a machine's folder: its serial number, where that is a name, or its address.
pub(super) fn folder_name(
    serial: Option<&str>,
    address: &str,
    taken: &mut BTreeMap<String, usize>,
) -> String {
    let plain = |text: &str| -> String {
        let safe = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c } else { '_' };
        text.chars().map(safe).collect()
    };
    let serial = serial.filter(|serial| !placeholder::is_placeholder(serial));
    let name = plain(serial.unwrap_or(address));
    let name = name.trim_matches('.');
    let name = if name.is_empty() || name == BATCH { plain(address) } else { name.to_owned() };
    // Two machines may have one serial number: both are judged, and their reports kept apart.
    let count = taken.entry(name.to_lowercase()).or_insert(0);
    *count += 1;
    if *count == 1 { name } else { format!("{name}-{}", plain(address)) }
}
