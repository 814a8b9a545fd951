//! The project file (`project.toml`): what fills every document of a project, and what its
//! contract leaves out.
//!
//! Everything that is wrong with it is found at once, each with its line. A cover sheet, which
//! older versions took by `--cover`, is a project file that says less.

mod table;

use clap::ValueEnum as _;
use profiles::{
    Text,
    scope::{Agreed, Known, ScopeOut},
};
use serde::Serialize;
use toml::de::{DeTable, DeValue};

use super::cover::{Cover, Location, Party, Person, Planned, Stage};
use crate::lang::text;
pub use table::Fault;
use table::{Entry, Reading, Table, day_of, item, meant, text_of};

/// What `assay project init` writes: every field with what it is for.
pub const TEMPLATE: &str = include_str!("../../templates/project.toml");

/// What a project file says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Project {
    /// What the cover says.
    pub cover: Cover,
    /// What the number of a report begins with; its machine and time follow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number_prefix: Option<String>,
    /// The contract's own profiles, as paths from the file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<String>,
    /// Rows that the contract leaves out, as they are written.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scope_out: Vec<Out>,
}

/// Rows that the contract leaves out, as the file has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Out {
    /// Each word with the line it is in.
    #[serde(skip)]
    words: Vec<(usize, String)>,
    /// What it says, ranges not spelled out.
    #[serde(flatten)]
    pub out: ScopeOut,
}

impl Project {
    /// Returns what is left out, each row spelled out; or each word that names none.
    pub fn scope(&self, known: &Known) -> Result<Vec<ScopeOut>, Vec<Fault>> {
        let (mut outs, mut faults) = (Vec::new(), Vec::new());
        let mut taken: Vec<(String, usize)> = Vec::new();
        for Out { words, out } in &self.scope_out {
            let mut rows = Vec::new();
            for (line, word) in words {
                let mut refuse = |say| faults.push(Fault { line: *line, say });
                match known.rows(word) {
                    Err(unknown) => {
                        let say = text(
                            "规范中没有 `{}` 这一行，也没有这个检查项",
                            "there is no row and no check `{}` in the norm",
                            &[&unknown.row],
                        );
                        let own = Text::new(
                            "；合同自有的条目须在 `profiles` 中列出其配置档",
                            "; for rows of the contract's own, name its profile in `profiles`",
                        );
                        refuse(match unknown.near.as_deref() {
                            None => Text::new(say.zh + &own.zh, say.en + &own.en),
                            near => meant(say, near),
                        });
                    }
                    Ok(named) => {
                        for row in named {
                            match taken.iter().find(|(other, _)| *other == row) {
                                Some((_, first)) => refuse(text(
                                    "`{}` 在第 {} 行已排除",
                                    "`{}` is left out in line {} already",
                                    &[&row, &first.to_string()],
                                )),
                                None => taken.push((row.clone(), *line)),
                            }
                            rows.push(row);
                        }
                    }
                }
            }
            outs.push(ScopeOut { rows, ..out.clone() });
        }
        if faults.is_empty() { Ok(outs) } else { Err(faults) }
    }
}

/// Reads a project from the text of its file; or returns everything that is wrong with it.
pub fn parse(text: &str) -> Result<Project, Vec<Fault>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reading = Reading { text, faults: Vec::new() };
    let table = match DeTable::parse(text) {
        Ok(table) => table,
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let what = error.message().lines().collect::<Vec<_>>().join("; ");
            let say = crate::lang::text("不是 TOML：{}", "this is no TOML: {}", &[&what]);
            reading.fault(at, say);
            return Err(reading.faults);
        }
    };
    let project = read(table.get_ref(), &mut reading);
    tiny_sort::stable::sort_by_key(&mut reading.faults, |fault| fault.line);
    if reading.faults.is_empty() { Ok(project) } else { Err(reading.faults) }
}

fn read<'t>(table: &'t DeTable<'t>, r: &mut Reading<'_>) -> Project {
    let mut file = Table::whole(table);
    let mut cover = Cover {
        project: file.text("project", r),
        project_number: file.text("project-number", r),
        contract: file.text("contract", r),
        section: file.text("section", r),
        annex: file.text("annex", r),
        number: file.text("number", r),
        place: file.text("place", r),
        ..Cover::default()
    };
    let stage = file.take("stage");
    cover.stage = stage.and_then(|entry| {
        let name = text_of(entry, "stage", r)?;
        stage_of(&name, entry.0, r)
    });
    if let Some(table) = file.take("parties").and_then(|entry| Table::of(entry, "[parties]", r)) {
        parties(table, &mut cover, r);
    }
    if let Some(table) = file.take("stages").and_then(|entry| Table::of(entry, "[stages]", r)) {
        stages(&table, &mut cover, r);
    }
    if let Some(mut table) =
        file.take("location").and_then(|entry| Table::of(entry, "[location]", r))
    {
        cover.location = Location {
            room: table.text("room", r),
            rack: table.text("rack", r),
            unit: table.text("unit", r),
        };
        table.finish(r);
    }
    let places = file.take("places").and_then(|entry| Table::of(entry, "[places]", r));
    let places = places.map(|table| places_of(&table, r)).unwrap_or_default();
    cover.place = place(&cover, &places);
    for entry in file.list("notes", r) {
        cover.notes.extend(text_of(item(entry), "notes", r));
    }
    let mut profiles = Vec::new();
    for entry in file.list("profiles", r) {
        profiles.extend(text_of(item(entry), "profiles", r));
    }
    let number_prefix = file.text("number-prefix", r);
    let mut scope_out = Vec::new();
    for entry in file.list("scope-out", r) {
        scope_out.extend(left_out(item(entry), &cover, r));
    }
    file.finish(r);
    Project { cover, number_prefix, profiles, scope_out }
}

fn stage_of(name: &str, at: usize, r: &mut Reading<'_>) -> Option<Stage> {
    let stage = Stage::from_str(name, true).ok();
    if stage.is_none() {
        let words = ["arrival", "power-on", "preliminary", "trial-run", "final"];
        let say = text(
            "没有 `{}` 这个阶段；可写 到货、加电、初验、试运行、终验",
            "there is no stage `{}`; stages are arrival, power-on, preliminary, trial-run, final",
            &[name],
        );
        r.fault(at, meant(say, profiles::nearest(name, words)));
    }
    stage
}

/// Reads the parties: a name alone, or a table of name and people.
fn parties(mut table: Table<'_>, cover: &mut Cover, r: &mut Reading<'_>) {
    // What a list of units in Chinese calls 测评单位 has two names in English.
    let tester = table.take("tester");
    for (key, party) in Party::ALL {
        let entry = table.take(key);
        let other = tester.filter(|_| party == Party::Assessor);
        if let (Some(_), Some((at, _))) = (entry, other) {
            r.fault(
                at,
                Text::new(
                    "`tester` 与 `assessor` 是同一单位，只写其一",
                    "`tester` and `assessor` are one party; write one of them",
                ),
            );
        }
        let Some(entry) = entry.or(other) else { continue };
        if !matches!(entry.1, DeValue::Table(_)) {
            cover.parties.put(party, text_of(entry, key, r));
            continue;
        }
        let Some(mut unit) = Table::of(entry, "[parties.…]", r) else { continue };
        cover.parties.put(party, unit.text("name", r));
        for entry in unit.list("people", r) {
            let Some(mut one) = Table::of(item(entry), "people", r) else { continue };
            let name = one.needed("name", r);
            let (title, phone) = (one.text("title", r), one.text("phone", r));
            one.finish(r);
            cover.people.extend(name.map(|name| Person { party, name, title, phone }));
        }
        unit.finish(r);
    }
    table.finish(r);
}

/// Reads when stages are planned: a day, or the first and the last one.
fn stages(table: &Table<'_>, cover: &mut Cover, r: &mut Reading<'_>) {
    for (name, (at, value)) in table.all() {
        let Some(stage) = stage_of(name, at, r) else { continue };
        // What is not filled in yet is not planned yet.
        if matches!(value, DeValue::String(text) if text.trim().is_empty()) {
            continue;
        }
        let planned = match value {
            DeValue::Array(days) => {
                let [from, to] = &days[..] else {
                    let say = text(
                        "`{}` 应为一个日期，或 [起, 止] 两个日期",
                        "`{}` is one day, or two: [first, last]",
                        &[name],
                    );
                    r.fault(at, say);
                    continue;
                };
                let days = day_of(item(from), name, r).zip(day_of(item(to), name, r));
                days.map(|(from, to)| Planned { stage, from, to: Some(to) })
            }
            one => day_of((at, one), name, r).map(|from| Planned { stage, from, to: None }),
        };
        let Some(planned) = planned else { continue };
        // Days of one form sort as texts do.
        if planned.to.as_ref().is_some_and(|to| *to < planned.from) {
            r.fault(at, text("`{}` 的止早于起", "`{}` ends before it begins", &[name]));
        }
        if cover.stages.iter().any(|other| other.stage == stage) {
            r.fault(at, text("阶段 `{}` 写了两次", "the stage `{}` is there twice", &[name]));
        }
        cover.stages.push(planned);
    }
    tiny_sort::stable::sort_by_key(&mut cover.stages, |planned| planned.stage);
}

/// A place of the project: the key that `place` and `location.room` name it by, and its line.
type Place = (String, String);

fn places_of(table: &Table<'_>, r: &mut Reading<'_>) -> Vec<Place> {
    let mut places = Vec::new();
    for (key, entry) in table.all() {
        let Some(mut one) = Table::of(entry, "[places.…]", r) else { continue };
        let (name, address) = (one.needed("name", r), one.text("address", r));
        one.finish(r);
        let line = match (name, address) {
            (Some(name), Some(address)) => format!("{name}（{address}）"),
            (Some(name), None) => name,
            (None, _) => continue,
        };
        places.push((key.to_owned(), line));
    }
    places
}

/// Returns the place of the test: the one that is named, that of the room, or the only one.
fn place(cover: &Cover, places: &[Place]) -> Option<String> {
    let find = |key: &String| places.iter().find(|(known, _)| known == key);
    let found = match (&cover.place, &cover.location.room) {
        (Some(place), _) => return find(place).map(|(_, line)| line).or(Some(place)).cloned(),
        (None, Some(room)) => find(room),
        (None, None) => places.first().filter(|_| places.len() == 1),
    };
    found.map(|(_, line)| line.clone())
}

/// Reads one `[[scope-out]]`.
fn left_out(entry: Entry<'_>, cover: &Cover, r: &mut Reading<'_>) -> Option<Out> {
    const NAME: &str = "[[scope-out]]";
    let mut table = Table::of(entry, NAME, r)?;
    let at = table.at;
    let mut words = Vec::new();
    let before = r.faults.len();
    for entry in table.list("rows", r) {
        let (at, value) = item(entry);
        words.extend(text_of((at, value), "rows", r).map(|word| (r.line(at), word)));
    }
    if words.is_empty() && r.faults.len() == before {
        r.fault(
            at,
            Text::new(
                "[[scope-out]] 缺少 `rows`：写条目（5.2.3#1、5.2.3#1-5）或检查项编号",
                "[[scope-out]] lacks `rows`: rows of the norm (5.2.3#1, 5.2.3#1-5) or ids of checks",
            ),
        );
    }
    let reason = match table.take("reason") {
        Some((at, value @ DeValue::Table(_))) => {
            Table::of((at, value), "reason", r).map(|mut both| {
                let text = (both.needed("zh", r), both.needed("en", r));
                both.finish(r);
                text
            })
        }
        Some(entry) => text_of(entry, "reason", r).map(|text| (Some(text.clone()), Some(text))),
        None => None,
    };
    if reason.is_none() {
        r.fault(
            at,
            Text::new(
                "[[scope-out]] 没有 `reason`：写明为何不在本合同范围",
                "[[scope-out]] has no `reason`: say why the contract leaves these rows out",
            ),
        );
    }
    let mut agreed = Vec::new();
    let before = r.faults.len();
    let list = table.list("agreed", r);
    for entry in list {
        let Some(mut one) = Table::of(item(entry), "agreed", r) else { continue };
        let (unit, person) = (one.needed("unit", r), one.needed("person", r));
        let date = one.day("date", r);
        one.finish(r);
        if let (Some(unit), Some(person), Some(date)) = (unit, person, date) {
            let unit = unit_of(unit, cover);
            agreed.push(Agreed { unit, person, date });
        }
    }
    if list.is_empty() && r.faults.len() == before {
        r.fault(
            at,
            Text::new(
                "[[scope-out]] 没有 `agreed`：写明哪个单位的谁在何日同意",
                "[[scope-out]] has no `agreed`: say which unit's person agreed on which day",
            ),
        );
    }
    table.finish(r);
    let (Some(zh), Some(en)) = reason? else { return None };
    let rows = words.iter().map(|(_, word)| word.clone()).collect();
    Some(Out { words, out: ScopeOut { rows, reason: Text { zh, en }, agreed } })
}

/// Returns the name of a unit that is named by its role.
fn unit_of(unit: String, cover: &Cover) -> String {
    let role = if unit == "tester" { "assessor" } else { &unit };
    let party = Party::ALL.into_iter().find(|(key, _)| *key == role);
    match party {
        Some((_, party)) => cover.parties.name(party).clone().unwrap_or_else(|| party.word().zh),
        None => unit,
    }
}

#[cfg(test)]
mod tests;
