//! Profiles, their faults and their coverage of the norm on the terminal.

use profiles::{
    Entry, Level, Profile,
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
    let get = |text: &profiles::Text| one_line(text.get(layout.lang));
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
        put(&mut page, format_args!("\n{} {title}  [{}] {level}\n", check.row, check.check));
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

/// Returns what becomes of the norm's rows.
pub fn coverage(lines: &[Line], layout: Layout) -> String {
    let mut table = Table::new([
        layout.say("条款", "row"),
        layout.say("测试项", "item"),
        layout.say("状态", "state"),
        layout.say("由谁，或为何不", "by what, or why not"),
    ]);
    let mut counts = [0_usize; 4];
    for line in lines {
        let (at, word, tone, why) = match &line.coverage {
            Coverage::Checked { checks } => {
                let mut names: Vec<&str> =
                    checks.iter().map(|check| check.check.as_str()).collect();
                names.dedup();
                (0, layout.say("已检查", "checked"), Tone::Good, shortened(&names))
            }
            Coverage::Planned { by, method } => {
                let why = format!("{by}: {}", method.get(layout.lang));
                (1, layout.say("计划中", "planned"), Tone::Open, why)
            }
            Coverage::OutOfScope { reason } => {
                let why = reason.get(layout.lang).to_owned();
                (2, layout.say("不在范围", "out of scope"), Tone::Faint, why)
            }
            Coverage::Missing => (3, layout.say("缺失", "missing"), Tone::Bad, String::new()),
        };
        if let Some(count) = counts.get_mut(at) {
            *count += 1;
        }
        table.rows.push(vec![
            line.row.id.clone().into(),
            one_line(&line.row.item).into(),
            Cell::toned(word, tone),
            one_line(&why).into(),
        ]);
    }
    let [checked, planned, out, missing] = counts.map(|count| count.to_string());
    let summary = text(
        "\n共 {} 行：已检查 {}，计划中 {}，不在范围 {}，缺失 {}\n",
        "\n{} rows: {} checked, {} planned, {} out of scope, {} missing\n",
        &[&lines.len().to_string(), &checked, &planned, &out, &missing],
    );
    table.render(layout.paint, layout.columns) + summary.get(layout.lang)
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
