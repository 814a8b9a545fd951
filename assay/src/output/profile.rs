//! Profiles, their faults and their coverage of the norm on the terminal.

mod difference;

pub use difference::difference;

use profiles::{
    Entry, Level, Mark, Profile, Text,
    clauses::Clause,
    coverage::{Coverage, Line},
    lint::{Finding, Severity},
};
use serde_json::{Value, json};

use super::{
    Layout, Tone, put,
    table::{Cell, Table},
    width,
};
use crate::{failure::one_line, lang::text};

/// Returns the list of profiles.
pub fn list(entries: &[Entry], layout: Layout) -> String {
    let mut table = Table::new([layout.say("编号", "id"), layout.say("标题", "title")]);
    for entry in entries {
        let title = one_line(entry.title.get(layout.lang));
        table.rows.push(vec![entry.id.clone().into(), title.into()]);
    }
    table.render(layout.paint, layout.columns)
}

/// Returns a profile with everything it expects.
pub fn show(profile: &Profile, layout: Layout) -> String {
    let get = |text: &Text| one_line(text.get(layout.lang));
    let mut page = format!(
        "{}  ({} {})\n{} · {}\n{}: {}\n",
        layout.paint.dye(Tone::Strong, &get(&profile.title)),
        profile.id,
        profile.version,
        get(&profile.norm),
        get(&profile.edition),
        layout.say("对象", "subject"),
        get(&profile.subject.word()),
    );
    for rule in &profile.units {
        put(&mut page, format_args!("  {}\n", get(rule)));
    }
    for check in &profile.checks {
        let level = match check.level {
            Level::Must => layout.say("必须", "must"),
            Level::Scored => layout.say("量化", "scored"),
            Level::Info => layout.say("参考", "info"),
        };
        let title = layout.paint.dye(Tone::Strong, &get(&check.title));
        let mark = check.terms.as_ref().and_then(|terms| terms.mark).map_or("", Mark::sign);
        put(&mut page, format_args!("\n{mark}{} {title}  [{}] {level}\n", check.row, check.check));
        let expected = layout.say("预期", "expected");
        let method = layout.say("方法", "method");
        let mut lines = vec![
            format!("{expected}: {}", get(&check.expected)),
            format!("{method}: {}", get(&check.method)),
            format!("“{}”", one_line(&check.wording)),
        ];
        if let Some(reading) = &check.reading {
            lines.push(format!("{}: {}", layout.say("解读", "read as"), get(reading)));
        }
        if let Some(terms) = &check.terms {
            let quoted = [
                (layout.say("招标要求", "tender"), &terms.tender),
                (layout.say("投标响应", "bid"), &terms.bid),
            ];
            for (name, quoted) in quoted {
                lines.extend(quoted.as_ref().map(|text| format!("{name}: {}", get(text))));
            }
        }
        let room = layout.columns.map_or(usize::MAX, |columns| columns.saturating_sub(2).max(20));
        for line in lines {
            let wrapped = if room == usize::MAX { vec![line] } else { width::wrap(&line, room) };
            for line in wrapped {
                put(&mut page, format_args!("  {line}\n"));
            }
        }
    }
    page
}

/// Returns a profile for programs.
pub fn document(profile: &Profile) -> Value {
    let checks: Vec<Value> = profile
        .checks
        .iter()
        .map(|check| {
            json!({
                "id": check.check,
                "row": check.row,
                "clause": check.clause,
                "clause_title": check.clause_title,
                "item": check.item,
                "wording": check.wording,
                "level": check.level,
                "points": check.points,
                "kind": check.rule.kind(),
                "title": check.title,
                "method": check.method,
                "expected": check.expected,
                "reading": check.reading,
                "waivable": check.waivable,
                "terms": check.terms,
                "require_role": check.require_role,
            })
        })
        .collect();
    json!({
        "schema": "assay-profile/v1",
        "id": profile.id,
        "version": profile.version,
        "title": profile.title,
        "norm": profile.norm,
        "edition": profile.edition,
        "digest": profile.digest,
        "units": profile.units,
        "inherits": profile.inherits,
        "checks": checks,
    })
}

/// Returns what is wrong with profiles.
pub fn lint(count: usize, findings: &[Finding], layout: Layout) -> String {
    let mut page = String::new();
    for finding in findings {
        let (word, tone) = match finding.severity {
            Severity::Error => (layout.say("错误", "error"), Tone::Bad),
            Severity::Warning => (layout.say("提醒", "warning"), Tone::Open),
        };
        let line = one_line(&finding.to_string());
        put(&mut page, format_args!("{}: {line}\n", layout.paint.dye(tone, word)));
    }
    let of = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let counts = [count, of(Severity::Error), of(Severity::Warning)].map(|n| n.to_string());
    let [count, errors, warnings] = &counts;
    let line = text(
        "配置档 {} 个：错误 {}，提醒 {}\n",
        "{} profiles: {} errors, {} warnings\n",
        &[count, errors, warnings],
    );
    page.push_str(line.get(layout.lang));
    page
}

/// Returns what becomes of the norm's rows, and the clauses that have none.
pub fn coverage(lines: &[Line], without: &[Clause], layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("条款", "row"),
        layout.say("测试项", "item"),
        layout.say("对象", "subject"),
        layout.say("方式", "by"),
        layout.say("目标", "target"),
        layout.say("检查项或待实测项", "checks, or the workload they wait for"),
    ]);
    let (mut automatic, mut waiting, mut person, mut out, mut missing) = (0, 0, 0, 0, 0);
    for line in lines {
        let get = |text: &Text| one_line(text.get(layout.lang));
        let (row, item) = (line.row.id.clone(), one_line(&line.row.item));
        let Some(first) = line.first() else {
            let (word, tone, why) = if let Coverage::OutOfScope { reason } = &line.coverage {
                out += 1;
                (layout.say("不在范围", "out of scope"), Tone::Faint, get(reason))
            } else {
                missing += 1;
                (layout.say("缺失", "missing"), Tone::Bad, String::new())
            };
            let cells = [Cell::toned(word, tone), String::new().into(), why.into()];
            let mut cells = Vec::from(cells);
            cells.splice(..0, [row.into(), item.into(), String::new().into()]);
            table.rows.push(cells);
            continue;
        };
        let subject = match first.subject {
            "device" => layout.say("设备", "device"),
            "system" => layout.say("系统", "system"),
            _ => layout.say("项目", "project"),
        };
        let (tone, by) = match &first.workload {
            Some(workload) => {
                waiting += 1;
                (Tone::Open, layout.say("待实测", "to be measured").to_owned() + " " + workload)
            }
            None if first.kind.is_automatic() => {
                automatic += 1;
                (Tone::Good, checks_of(line))
            }
            None => {
                person += 1;
                (Tone::Strong, checks_of(line))
            }
        };
        table.rows.push(vec![
            row.into(),
            item.into(),
            subject.into(),
            Cell::toned(first.kind.word().get(layout.lang), tone),
            get(&first.target).into(),
            by.into(),
        ]);
    }
    let counts = [lines.len(), automatic, waiting, person, out, missing].map(|n| n.to_string());
    let [all, automatic, waiting, person, out, missing] = counts;
    let summary = text(
        "\n共 {} 行：采集或实测 {}，待实测（已列明方法与目标）{}，书面核查或现场查验 {}，不在范围 {}，缺失 {}\n",
        "\n{} rows: {} by inventory or a run, {} wait for their workload, {} by a person, {} out of scope, {} missing\n",
        &[&all, &automatic, &waiting, &person, &out, &missing],
    );
    let mut page = table.render(layout.paint, layout.columns) + summary.get(layout.lang);
    let count = without.len().to_string();
    let head = text("\n没有条款行的条款 {} 条：\n", "\n{} clauses have no row:\n", &[&count]);
    page.push_str(head.get(layout.lang));
    let mut table = Table::new([
        layout.say("条款", "clause"),
        layout.say("标题", "title"),
        layout.say("原因", "why"),
    ]);
    for clause in without {
        let (title, why) = (one_line(&clause.title), one_line(clause.why.get(layout.lang)));
        table.rows.push(vec![clause.number.clone().into(), title.into(), why.into()]);
    }
    page + &table.render(layout.paint, layout.columns)
}

/// Returns the names of a row's checks.
fn checks_of(line: &Line) -> String {
    let mut names: Vec<&str> = line.checks().iter().map(|check| check.check.as_str()).collect();
    names.dedup();
    shortened(&names)
}

/// A row that a dozen variants check names the first of them.
fn shortened(names: &[&str]) -> String {
    const SHOWN: usize = 4;
    let mut text = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        put(&mut text, format_args!(", … ({})", names.len()));
    }
    text
}
