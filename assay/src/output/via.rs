//! What machines came to that were judged by what their BMCs say: a line each, why some were not,
//! and what each rack draws.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use profiles::{Outcome, Tally, Text};
use serde_json::{Value, json};

use super::{
    Layout, Tone, put, put_paragraph,
    table::{Cell, Table},
};
use crate::{exit::Exit, failure::one_line, report::document::Grounds};

/// A machine of the list.
#[derive(Debug)]
pub struct Row {
    /// Where its BMC is reached.
    pub address: String,
    /// Its serial number: as its BMC says, else as the list does.
    pub serial: Option<String>,
    /// The rack it stands in, by the list.
    pub rack: Option<String>,
    /// The rack unit, by the list.
    pub unit: Option<u8>,
    /// The profile that it is judged by.
    pub profile: String,
    /// What it came to.
    pub came: Came,
    /// What could not be found out: why, and what to do about it.
    pub why: Vec<(Text, Option<Text>)>,
    /// What it draws, where its BMC says so.
    pub watts: Option<u64>,
}

/// What a machine came to.
#[derive(Debug)]
pub enum Came {
    /// It was judged.
    Judged(Box<Judged>),
    /// It could not be found out.
    Unknown,
}

/// A machine that was judged.
#[derive(Debug)]
pub struct Judged {
    /// How.
    pub outcome: Outcome,
    /// Counts over the rows that decide.
    pub tally: Tally,
    /// What its conforming rows rest on.
    pub grounds: Grounds,
    /// Places where sources say different things.
    pub disagreements: usize,
    /// Whether what was collected on the machine itself is part of it.
    pub in_band: bool,
    /// The folder of its report.
    pub folder: PathBuf,
    /// The verify code of its pages.
    pub code: String,
}

/// What a rack draws.
#[derive(Debug, Default)]
struct Draw {
    watts: u64,
    told: usize,
    machines: usize,
}

/// Returns how the run ends: a machine that does not conform outweighs one that is open.
pub fn exit(rows: &[Row]) -> Exit {
    let of = |row: &Row| match &row.came {
        Came::Judged(judged) => Exit::of(judged.outcome),
        Came::Unknown => Exit::Unknown,
    };
    let exits: Vec<Exit> = rows.iter().map(of).collect();
    if exits.contains(&Exit::Failed) {
        Exit::Failed
    } else if exits.iter().any(|exit| *exit != Exit::Wanted) {
        Exit::Unknown
    } else {
        Exit::Wanted
    }
}

/// Returns the run as text.
pub fn page(rows: &[Row], together: Option<&Path>, layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("BMC", "BMC"),
        layout.say("序列号", "serial"),
        layout.say("机柜", "rack"),
        layout.say("配置档", "profile"),
        layout.say("结论", "outcome"),
        layout.say("符合/不符合/未决", "pass/fail/open"),
        layout.say("来源", "sources"),
        layout.say("不一致", "disagree"),
        layout.say("测试记录", "report"),
    ]);
    for row in rows {
        table.rows.push(cells(row, layout));
    }
    let mut text = table.render(layout.paint, layout.columns);
    put_reasons(&mut text, rows, layout);
    put_draws(&mut text, rows, layout);
    put_end(&mut text, rows, together, layout);
    text
}

fn cells(row: &Row, layout: Layout) -> Vec<Cell> {
    let plain = |text: &Option<String>| one_line(text.as_deref().unwrap_or("—"));
    let rack = match (&row.rack, row.unit) {
        (Some(rack), Some(unit)) => format!("{} U{unit}", one_line(rack)),
        (rack, _) => plain(rack),
    };
    let mut cells: Vec<Cell> = vec![
        row.address.as_str().into(),
        plain(&row.serial).into(),
        rack.into(),
        one_line(&row.profile).into(),
    ];
    let Came::Judged(judged) = &row.came else {
        cells.push(Cell::toned(layout.say("无法查明", "not found out"), Tone::Open));
        cells.extend([Cell::default(), Cell::default(), Cell::default(), Cell::default()]);
        return cells;
    };
    let (word, tone) = match judged.outcome {
        Outcome::Accepted => (layout.say("符合", "conforms"), Tone::Good),
        Outcome::NotAccepted => (layout.say("不符合", "does not conform"), Tone::Bad),
        Outcome::Incomplete => (layout.say("未完成", "incomplete"), Tone::Open),
    };
    let tally = &judged.tally;
    let open = tally.not_measured.saturating_add(tally.needs_attestation);
    let source = if judged.in_band {
        layout.say("带外+带内", "BMC + in band")
    } else {
        layout.say("带外", "BMC")
    };
    let disagreements = match judged.disagreements {
        0 => Cell::toned("0", Tone::Faint),
        count => Cell::toned(count.to_string(), Tone::Bad),
    };
    cells.extend([
        Cell::toned(word, tone),
        format!("{}/{}/{open}", tally.pass, tally.fail).into(),
        source.into(),
        disagreements,
        judged.folder.display().to_string().into(),
    ]);
    cells
}

/// Says why machines could not be judged, or not by all that there may be.
fn put_reasons(text: &mut String, rows: &[Row], layout: Layout) {
    for row in rows {
        for (why, hint) in &row.why {
            let line = format!("{}: {}", row.address, one_line(why.get(layout.lang)));
            put_paragraph(text, "? ", &line, layout);
            if let Some(hint) = hint {
                let word = layout.say("提示", "hint");
                let line = format!("{word}: {}", one_line(hint.get(layout.lang)));
                put_paragraph(text, "  ", &line, layout);
            }
        }
    }
}

fn draws(rows: &[Row]) -> BTreeMap<&str, Draw> {
    let mut racks: BTreeMap<&str, Draw> = BTreeMap::new();
    for row in rows {
        let Some(rack) = &row.rack else { continue };
        let draw = racks.entry(rack).or_default();
        draw.machines += 1;
        if let Some(watts) = row.watts {
            draw.watts = draw.watts.saturating_add(watts);
            draw.told += 1;
        }
    }
    racks
}

/// Says what racks draw; a sum that misses a machine is the least that it can be.
fn put_draws(text: &mut String, rows: &[Row], layout: Layout) {
    for (rack, draw) in draws(rows) {
        let Draw { watts, told, machines } = draw;
        let numbers = [watts.to_string(), told.to_string(), machines.to_string()];
        let [watts, count, all] = &numbers;
        let rack = one_line(rack);
        let said = if told == machines {
            crate::lang::text(
                "机柜 {}：{} W（{} 台之和）\n",
                "rack {}: {} W, the sum of {} machines\n",
                &[&rack, watts, all],
            )
        } else {
            crate::lang::text(
                "机柜 {}：至少 {} W（{} 台中只有 {} 台报告）\n",
                "rack {0}: at least {1} W: {3} of {2} machines tell\n",
                &[&rack, watts, all, count],
            )
        };
        text.push_str(said.get(layout.lang));
    }
}

fn put_end(text: &mut String, rows: &[Row], together: Option<&Path>, layout: Layout) {
    let count = |of: &dyn Fn(&Row) -> bool| rows.iter().filter(|row| of(row)).count().to_string();
    let is = |row: &Row, outcome: Outcome| matches!(&row.came, Came::Judged(judged) if judged.outcome == outcome);
    let counts = [
        rows.len().to_string(),
        count(&|row| is(row, Outcome::Accepted)),
        count(&|row| is(row, Outcome::NotAccepted)),
        count(&|row| is(row, Outcome::Incomplete)),
        count(&|row| matches!(row.came, Came::Unknown)),
    ];
    let line = crate::lang::text(
        "\n{} 台，符合 {}，不符合 {}，未完成 {}，无法查明 {}\n",
        "\n{} machines: {} conform, {} do not, {} incomplete, {} not found out\n",
        &counts.each_ref().map(String::as_str),
    );
    text.push_str(line.get(layout.lang));
    let mut grounds = Grounds::default();
    for row in rows {
        if let Came::Judged(judged) = &row.came {
            grounds.add(&judged.grounds);
        }
    }
    let heading = layout.say("符合项依据", "conforming by");
    put(text, format_args!("{heading}: {}\n", grounds.line().get(layout.lang)));
    if let Some(together) = together {
        let heading = layout.say("汇总记录", "report on all of them");
        put(text, format_args!("{heading}: {}\n", together.display()));
    }
}

/// Returns the run for programs: `assay/accept-via/v1`.
pub fn document(rows: &[Row], left: &[String], together: Option<&Path>) -> Value {
    let said = |text: &Text| json!({ "zh": text.zh, "en": text.en });
    let row = |row: &Row| {
        let why = |(why, hint): &(Text, Option<Text>)| json!({ "why": said(why), "hint": hint.as_ref().map(said) });
        let mut value = json!({
            "address": row.address,
            "serial": row.serial,
            "rack": row.rack,
            "u": row.unit,
            "profile": row.profile,
            "result": "unknown",
            "unknown": row.why.iter().map(why).collect::<Vec<_>>(),
            "watts": row.watts,
        });
        if let Came::Judged(judged) = &row.came {
            value["result"] = match judged.outcome {
                Outcome::Accepted => "accepted",
                Outcome::NotAccepted => "not-accepted",
                Outcome::Incomplete => "incomplete",
            }
            .into();
            value["must"] = json!(judged.tally);
            value["disagreements"] = judged.disagreements.into();
            value["in_band"] = judged.in_band.into();
            value["report"] = judged.folder.display().to_string().into();
            value["code"] = judged.code.as_str().into();
        }
        value
    };
    let rack = |(rack, draw): (&str, Draw)| {
        json!({
            "rack": rack, "watts": draw.watts, "told": draw.told, "machines": draw.machines,
            "complete": draw.told == draw.machines,
        })
    };
    json!({
        "schema": "assay/accept-via/v1",
        "machines": rows.iter().map(row).collect::<Vec<_>>(),
        "racks": draws(rows).into_iter().map(rack).collect::<Vec<_>>(),
        "not_used": left,
        "batch": together.map(|folder| folder.display().to_string()),
    })
}
