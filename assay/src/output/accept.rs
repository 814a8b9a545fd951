//! An acceptance on the terminal: what does not conform first, then what is
//! open, then the rest; what it comes to; where the report is; what is left to do.

use profiles::{Deviation, Level, Outcome, Tally, Text, Verdict};

use super::{
    Layout, Tone, put, put_paragraph,
    table::{Cell, Table},
    width,
};
use crate::{
    failure::one_line,
    report::{
        document::{Report, Row},
        todo::Todo,
        verdict,
        write::Written,
    },
};

/// Returns the acceptance as text, down to its conclusion.
pub fn text(report: &Report, layout: Layout) -> String {
    let mut text = head(report, layout);
    let mut rows: Vec<&Row> = report.rows.iter().collect();
    // A stable sort: within a verdict the profile's order stays.
    tiny_sort::stable::sort_by_key(&mut rows, |row| rank(row.verdict));
    let mut table = Table::new([
        layout.say("结论", "verdict"),
        layout.say("条款", "clause"),
        layout.say("测试项", "item"),
        layout.say("预期", "expected"),
        layout.say("实测", "measured"),
    ]);
    for row in rows {
        table.rows.push(cells(row, layout));
    }
    text.push_str(&table.render(layout.paint, layout.columns));
    text.push('\n');
    put_reasons(&mut text, report, layout);
    put_incomplete(&mut text, report, layout);
    put_conclusion(&mut text, report, layout);
    text
}

fn head(report: &Report, layout: Layout) -> String {
    let basis = &report.basis;
    let title = layout.paint.dye(Tone::Strong, basis.title.get(layout.lang));
    let mut text = format!("{title}  ({})\n", basis.profile);
    let norm = one_line(basis.norm.get(layout.lang));
    put(&mut text, format_args!("{norm} · {}\n", one_line(basis.edition.get(layout.lang))));
    for device in &report.devices {
        let brand = device.brand.as_ref().map(|brand| brand.get(layout.lang).to_owned());
        let serial = device
            .serial
            .as_ref()
            .map(|serial| format!("{} {serial}", layout.say("序列号", "S/N")));
        let maker = device.manufacturer.clone().or(brand);
        let parts: Vec<String> =
            [maker, device.model.clone(), serial].into_iter().flatten().collect();
        let name = if parts.is_empty() { device.id.clone() } else { parts.join(" ") };
        put(&mut text, format_args!("{}: {}\n", layout.say("设备", "device"), one_line(&name)));
    }
    if let Some(selected) = &report.basis.selected {
        let (name, of) = (selected.stage.name(), selected.text());
        let stage =
            Text::new(format!("{}（{}）", name.zh, of.zh), format!("{} ({})", name.en, of.en));
        let stage = one_line(stage.get(layout.lang));
        put(&mut text, format_args!("{}: {stage}\n", layout.say("阶段", "stage")));
    }
    put_left_out(&mut text, report, layout);
    if let Some(why) = &report.interrupted {
        let line = format!("{}: {}", layout.say("中断", "interrupted"), why.get(layout.lang));
        text.push_str(&layout.paint.dye(Tone::Open, &line));
        text.push('\n');
    }
    text.push('\n');
    text
}

/// Rows that the contract leaves out, each with what was found, the reason and who agreed.
fn put_left_out(text: &mut String, report: &Report, layout: Layout) {
    let count = report.summary.out_of_scope;
    if count == 0 {
        return;
    }
    let line = verdict::out_of_scope(count);
    put(text, format_args!("{}\n", layout.paint.dye(Tone::Open, line.get(layout.lang))));
    let get = |text: &Text| one_line(text.get(layout.lang));
    for (out, rows) in report.left_out() {
        put_paragraph(text, "- ", &get(&out.line()), layout);
        for (_, row) in rows {
            let judgement = &row.judgement;
            let mut line = format!("{} {}", judgement.row, get(&judgement.title));
            let fails = judgement.out_of_scope.as_ref().is_some_and(|o| o.judged == Verdict::Fail);
            if fails {
                let more = crate::lang::text(
                    "：实测 {}，不满足预期 {}（如实记录，不计入结论）",
                    ": measured {}, which does not meet {} (recorded, not counted)",
                    &[&get(&judgement.measured), &get(&judgement.expected)],
                );
                line.push_str(more.get(layout.lang));
            }
            put_paragraph(text, "    ", &line, layout);
        }
    }
}

/// Verdicts in the order a reader needs them.
fn rank(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::NotMeasured => 1,
        Verdict::NeedsAttestation => 2,
        Verdict::Waived => 3,
        Verdict::Attested => 4,
        Verdict::Pass => 5,
        Verdict::NotApplicable => 6,
    }
}

/// The sign repeats the word for those who see no colour and skim.
fn sign(verdict: Verdict) -> (&'static str, Option<Tone>) {
    match verdict {
        Verdict::Fail => ("✗", Some(Tone::Bad)),
        Verdict::NotMeasured | Verdict::NeedsAttestation => ("?", Some(Tone::Open)),
        Verdict::Waived | Verdict::Attested | Verdict::Pass => ("✓", Some(Tone::Good)),
        Verdict::NotApplicable => ("-", Some(Tone::Faint)),
    }
}

fn cells(row: &Row, layout: Layout) -> Vec<Cell> {
    let judgement = &row.judgement;
    let (sign, tone) = sign(row.verdict);
    let word = row.verdict.word();
    let level = match judgement.level {
        Level::Must => "",
        Level::Scored => layout.say("（量化）", " (scored)"),
        Level::Info => layout.say("（参考）", " (info)"),
    };
    let verdict = format!("{sign} {}{level}", word.get(layout.lang));
    // The evidence of an attested row can be long; the report has all of it.
    let measured = width::cut(&one_line(judgement.measured.get(layout.lang)), MOST_MEASURED);
    vec![
        Cell { text: verdict, tone },
        judgement.clause.clone().into(),
        one_line(judgement.title.get(layout.lang)).into(),
        one_line(judgement.expected.get(layout.lang)).into(),
        if measured.is_empty() { Cell::toned("—", Tone::Faint) } else { measured.into() },
    ]
}

/// Columns of measured text that a table shows.
const MOST_MEASURED: usize = 90;

/// Failed rows with what else is known of them: how the wording was read, and
/// what a person could decide.
fn put_reasons(text: &mut String, report: &Report, layout: Layout) {
    let failed: Vec<&Row> = report.rows.iter().filter(|row| row.verdict == Verdict::Fail).collect();
    if failed.is_empty() {
        return;
    }
    text.push_str(&layout.paint.dye(Tone::Strong, layout.say("不符合项", "Non-conformities")));
    text.push('\n');
    for row in failed {
        let judgement = &row.judgement;
        let get = |text: &Text| one_line(text.get(layout.lang));
        let found = match get(&judgement.measured) {
            measured if measured.is_empty() => "—".to_owned(),
            measured => measured,
        };
        let line = format!(
            "{} {} {}: {} {}; {} {found}",
            judgement.clause,
            judgement.check,
            get(&judgement.title),
            layout.say("预期", "expected"),
            get(&judgement.expected),
            layout.say("实测", "measured"),
        );
        put_paragraph(text, "✗ ", &line, layout);
        put_paragraph(text, "  ", &format!("“{}”", one_line(&judgement.wording)), layout);
        for reason in &judgement.reasons {
            put_paragraph(text, "  ", &get(&reason.text), layout);
        }
        if let Some(comparison) = &judgement.comparison {
            put_paragraph(text, "  ", &get(comparison), layout);
        }
    }
    text.push('\n');
}

fn put_incomplete(text: &mut String, report: &Report, layout: Layout) {
    if !report.findings.is_empty() {
        let heading = layout.say("差异与损坏", "Disagreements and damage");
        text.push_str(&layout.paint.dye(Tone::Strong, heading));
        text.push('\n');
        for finding in report.findings.iter().take(MOST_FINDINGS) {
            let message = format!("{}: {}", finding.path, finding.message.get(layout.lang));
            put_paragraph(text, "! ", &one_line(&message), layout);
        }
        let more = report.findings.len().saturating_sub(MOST_FINDINGS);
        if more > 0 {
            let line = crate::lang::text(
                "另有 {} 项，见报告",
                "{} more in the report",
                &[&more.to_string()],
            );
            put_paragraph(text, "! ", line.get(layout.lang), layout);
        }
        text.push('\n');
    }
}

/// More findings than this are for the report.
const MOST_FINDINGS: usize = 10;

fn put_conclusion(text: &mut String, report: &Report, layout: Layout) {
    let overall = &report.summary.overall;
    let (word, tone) = match overall.outcome {
        Outcome::Accepted => (
            layout.say("所有必须项均已判定且符合", "every must-row is decided and conforms"),
            Tone::Good,
        ),
        Outcome::NotAccepted => {
            (layout.say("有必须项不符合", "must-rows do not conform"), Tone::Bad)
        }
        Outcome::Incomplete
            if verdict::conforming(&overall.must) == 0 && verdict::open(&overall.must) == 0 =>
        {
            (
                layout.say(
                    "没有判定任何必须项，不作通过",
                    "no must-row was judged: nothing is accepted",
                ),
                Tone::Open,
            )
        }
        Outcome::Incomplete => (
            layout.say("没有必须项不符合，但有未决项", "no must-row failed, but some are open"),
            Tone::Open,
        ),
    };
    let heading = layout.say("测试结论", "Test conclusion");
    put(text, format_args!("{heading}: {}\n", layout.paint.dye(tone, word)));
    put(text, format_args!("{}\n", counts(&overall.all, report.summary.out_of_scope, layout)));
    put_deviations(text, report, layout);
    put(text, format_args!("{}\n", grounds(&report.rows, layout)));
    if overall.points_max > 0 {
        put(
            text,
            format_args!(
                "{} {} / {}\n",
                layout.say("量化得分", "points"),
                overall.points,
                overall.points_max
            ),
        );
    }
}

/// Returns the counts in the words that the report has them in.
fn counts(tally: &Tally, out_of_scope: u32, layout: Layout) -> String {
    let conform = tally.pass + tally.attested + tally.waived;
    let open = tally.not_measured + tally.needs_attestation;
    let all = conform + open + tally.fail + tally.not_applicable;
    let numbers = [all, conform, tally.fail, tally.not_measured, tally.needs_attestation];
    let [all, conform, fail, unmeasured, attest] = numbers.map(|number| number.to_string());
    let mut line = crate::lang::text(
        "测试项 {} 项，符合 {}，不符合 {}，未测 {}，待人工确认 {}",
        "{} rows: {} conform, {} do not, {} not measured, {} need attestation",
        &[&all, &conform, &fail, &unmeasured, &attest],
    )
    .get(layout.lang)
    .to_owned();
    let beside = [
        (tally.not_applicable.saturating_sub(out_of_scope), "，不适用 {}", ", {} do not apply"),
        (out_of_scope, "，本合同范围外 {}", ", {} not in the scope of this contract"),
    ];
    for (count, zh, en) in beside {
        if count > 0 {
            let more = crate::lang::text(zh, en, &[&count.to_string()]);
            line.push_str(more.get(layout.lang));
        }
    }
    line
}

/// Returns how the rows stand to tender and bid, and which are worse.
fn put_deviations(text: &mut String, report: &Report, layout: Layout) {
    let lines = &report.summary.deviations;
    if lines.is_empty() {
        return;
    }
    let counts: Vec<String> = Deviation::ALL
        .into_iter()
        .map(|deviation| {
            let count = lines.iter().filter(|line| line.deviation == deviation).count();
            format!("{} {count}", deviation.word().get(layout.lang))
        })
        .collect();
    let heading = layout.say("技术偏离", "deviations");
    put(text, format_args!("{heading}: {}\n", counts.join(layout.say("，", ", "))));
    for line in lines.iter().filter(|line| line.deviation == Deviation::Negative) {
        let mark = line.mark.map_or("", profiles::Mark::sign);
        let word = line.deviation.word();
        put(text, format_args!("  {mark}{} {}\n", line.check, word.get(layout.lang)));
    }
}

/// Returns what the rows that conform rest on: four numbers, and how many nobody signed.
pub fn grounds(rows: &[Row], layout: Layout) -> String {
    let line = verdict::grounds(rows).line();
    let heading = layout.say("符合项依据", "conforming by");
    format!("{heading}: {}", line.get(layout.lang))
}

/// Returns where the report is and how to check it.
pub fn place(written: &Written, layout: Layout) -> String {
    let folder = written.folder.display().to_string();
    crate::lang::text(
        "测试记录: {}/index.html  校验码 {}（`assay report verify {0}`）\n",
        "report: {}/index.html  verify code {} (`assay report verify {0}`)\n",
        &[&folder, &written.code],
    )
    .get(layout.lang)
    .to_owned()
}

/// Returns where the open rows of a machine are listed that is not accepted anyway.
pub fn still_open(report: &Report, written: &Written, layout: Layout) -> String {
    if !report.rows.iter().any(|row| row.verdict.is_open()) {
        return String::new();
    }
    let folder = written.folder.display().to_string();
    crate::lang::text(
        "未决项及解决办法: `assay report todo {}`\n",
        "what closes the open rows: `assay report todo {}`\n",
        &[&folder],
    )
    .get(layout.lang)
    .to_owned()
}

/// Returns what is left to do. Rows that the same thing closes stand together.
pub fn todo(todo: &[Todo], layout: Layout) -> String {
    if todo.is_empty() {
        return format!("{}\n", layout.say("没有未决项", "nothing is left to do"));
    }
    let heading = layout.say("待办（每个未决项由什么来解决）", "To do (what closes each open row)");
    let mut text = format!("\n{}\n", layout.paint.dye(Tone::Strong, heading));
    let mut groups: Vec<(Vec<String>, Vec<&Todo>)> = Vec::new();
    for item in todo {
        let close: Vec<String> =
            item.close.iter().map(|close| one_line(close.get(layout.lang))).collect();
        match groups.iter_mut().find(|(known, _)| *known == close) {
            Some((_, items)) => items.push(item),
            None => groups.push((close, vec![item])),
        }
    }
    for (close, items) in groups {
        for item in &items {
            let word = item.verdict.word();
            let line = format!(
                "{} {} {} ({})",
                item.clause,
                item.check,
                one_line(item.title.get(layout.lang)),
                word.get(layout.lang)
            );
            put_paragraph(&mut text, "□ ", &line, layout);
            for why in &item.why {
                put_paragraph(&mut text, "    ", &one_line(why.get(layout.lang)), layout);
            }
        }
        for step in &close {
            put_paragraph(&mut text, "  → ", step, layout);
        }
        for command in items.iter().filter_map(|item| item.command.as_deref()) {
            put(&mut text, format_args!("      {}\n", layout.paint.dye(Tone::Faint, command)));
        }
    }
    text
}

#[cfg(test)]
mod tests;
