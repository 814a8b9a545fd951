//! SNIA's performance test on the terminal: the plan, what a round was, and the report in
//! the order of its own pages: header, windows, tables.

mod plan;

use profiles::Text;
use storage_bench::{
    measurement::Doubt,
    pts::{Cell, Header, Interruption, PartReport, Report, TableRow, Test, WindowPlot},
};

use super::super::{
    Layout, Tone, put, put_paragraph, storage_plan,
    table::{self, Table},
    unit::{grouped, latency, memory, percent, seconds, storage, throughput},
};
use crate::{failure::one_line, lang::text};

pub use plan::{Plan, Purging, plan};

/// Returns the name of a test.
pub(crate) fn test(test: Test) -> Text {
    match test {
        Test::Iops => Text::new("PTS IOPS 测试", "PTS IOPS test"),
        Test::Throughput => Text::new("PTS 吞吐测试", "PTS throughput test"),
        Test::Latency => Text::new("PTS 时延测试", "PTS latency test"),
    }
}

/// Returns a value of a test with its unit; without one of IOPS.
pub(crate) fn value(test: Test, milli: u64) -> String {
    match test {
        Test::Iops if milli < 100_000 => {
            format!("{}.{}", milli / 1000, milli % 1000 / 100)
        }
        Test::Iops => grouped(milli / 1000),
        Test::Throughput => throughput(milli),
        Test::Latency => latency(milli),
    }
}

/// Returns a size of operations: `4 KiB`.
pub(crate) fn size(cell: Cell) -> String {
    memory(u64::from(cell.block_bytes))
}

/// Returns a mix as reads over writes: `65/35`.
pub(crate) fn mix(read_percent: u8) -> String {
    format!("{read_percent}/{}", 100_u8.saturating_sub(read_percent))
}

/// Returns a cell: `65/35 64 KiB`.
pub(crate) fn cell(cell: Cell) -> String {
    format!("{} {}", mix(cell.read_percent), size(cell))
}

/// Returns whether anything of a test was done.
pub(crate) fn has_begun(report: &Report) -> bool {
    report.part.iter().any(|part| part.preconditioned_bytes > 0 || part.purged.is_some())
}

/// Returns whether a report is a result, and the word for it.
pub(crate) fn state(report: &Report) -> (bool, Text) {
    let valid = report.steady && report.reasons.is_empty();
    let rounds = report.part.iter().filter_map(|part| part.steady_round).max();
    let word = match (valid, report.fast, rounds) {
        (true, _, Some(round)) => {
            text("有效：第 {} 轮达到稳态", "valid: steady at round {}", &[&round.to_string()])
        }
        (_, true, Some(round)) if report.steady => text(
            "缩减测试（--fast），不是 PTS 结果：第 {} 轮达到稳态",
            "reduced (--fast), no PTS result: steady at round {}",
            &[&round.to_string()],
        ),
        (_, true, _) => Text::new(
            "缩减测试（--fast），不是 PTS 结果：未达稳态",
            "reduced (--fast), no PTS result: not steady",
        ),
        (_, _, Some(round)) if report.steady => text(
            "无效：第 {} 轮达到稳态，但有下列原因",
            "invalid: steady at round {}, but for the reasons below",
            &[&round.to_string()],
        ),
        _ => Text::new("无效：未得出稳态结果", "invalid: no steady result"),
    };
    (valid, word)
}

/// Returns range and slope of a window against their limits.
pub(crate) fn judged(window: &WindowPlot) -> Text {
    let last = window.first_round.saturating_add(4);
    let state = if window.steady.steady {
        Text::new("稳态", "steady")
    } else {
        Text::new("未达稳态", "not steady")
    };
    let said = text(
        "第 {}–{} 轮，极差 {}（≤ 20 %），斜率 {}（≤ 10 %）：",
        "rounds {}–{}, range {} (≤ 20 %), slope {} (≤ 10 %): ",
        &[
            &window.first_round.to_string(),
            &last.to_string(),
            &percent_up(window.steady.range_ppm),
            &percent_up(window.steady.slope_ppm),
        ],
    );
    then(said, &state)
}

/// Returns one text behind another.
fn then(first: Text, second: &Text) -> Text {
    Text::new(first.zh + &second.zh, first.en + &second.en)
}

/// Returns a share as percent, rounded up: over a limit exactly where it is.
fn percent_up(ppm: u64) -> String {
    percent(ppm.div_ceil(100).saturating_mul(100))
}

/// Returns an interruption as a sentence.
pub(crate) fn interruption(was: &Interruption) -> Text {
    let (part, round) = (was.part.to_string(), was.round.to_string());
    if was.continued {
        text(
            "第 {} 部分第 {} 轮中断，{} 续测：设备其间未被使用，从中断的单元继续，判定窗口不跨越中断",
            "part {} was interrupted in round {} and went on at {}: the device was not used \
             meanwhile; no window spans the interruption",
            &[&part, &round, &was.resumed_at],
        )
    } else {
        text(
            "第 {} 部分第 {} 轮中断，{} 续测：不能证明设备其间未被使用，该部分重新预处理、从第 1 轮开始",
            "part {} was interrupted in round {} and went on at {}: nothing showed that the device \
             was not used meanwhile, the part began anew",
            &[&part, &round, &was.resumed_at],
        )
    }
}

/// Returns how a part was prepared.
pub(crate) fn prepared(part: &PartReport) -> Text {
    let purge = match &part.purged {
        Some(how) => text("清除：{}；", "purge: {}; ", &[&one_line(how)]),
        None => Text::new("未清除；", "not purged; "),
    };
    let size = memory(u64::from(part.precondition_block_bytes));
    let bytes = storage(part.preconditioned_bytes);
    let wrote =
        text("预处理：{} 顺序写 {}", "preconditioning: {} sequential writes, {}", &[&size, &bytes]);
    then(purge, &wrote)
}

/// Returns what the header says of the load.
pub(crate) fn load(header: &Header) -> Text {
    text(
        "{} 线程 × 队列深度 {}，每单元 {}，活动范围 {}，数据随机且不可压缩",
        "{} threads × queue depth {}, {} a cell, active range {}, random data that does not \
         compress",
        &[
            &header.threads.to_string(),
            &header.iodepth.to_string(),
            &seconds(header.cell_ns),
            &storage(header.span_bytes),
        ],
    )
}

/// Returns the word for the state of a write cache.
pub(crate) fn write_cache(state: &str) -> Text {
    match state {
        "enabled" => Text::new("启用（WCE）", "enabled (WCE)"),
        "disabled" => Text::new("关闭（WCD）", "disabled (WCD)"),
        _ => Text::new("未知", "unknown"),
    }
}

/// Returns a line on the round that just ended: the tracked values, their window, and how
/// long the rounds of all tests still take at most.
pub fn round(report: &Report, round: usize, most_left_ns: u64) -> Text {
    let left = match most_left_ns {
        0 => return tracked(report, round),
        ns => storage_plan::duration(ns),
    };
    then(tracked(report, round), &text("；至多还需 {}", "; at most {} left", &[&left]))
}

fn tracked(report: &Report, round: usize) -> Text {
    let unit = if report.test == Test::Iops { " IOPS" } else { "" };
    let at = round.saturating_sub(1);
    let part = report.part.iter().rev().find(|part| part.rounds > 0);
    let windows = part.map_or(&[][..], |part| &part.window);
    let number = round.to_string();
    let mut said = text("{} 第 {} 轮：", "{} round {}: ", &[report.test.word(), &number]);
    if windows.is_empty() {
        // Before there is a window the convergence has the first tracked value.
        let line = part.and_then(|part| {
            let tracked = |cell: Cell| cell.block_bytes == 4096 || part.convergence.len() == 1;
            part.convergence.iter().find(|line| tracked(line.cell))
        });
        if let Some(line) = line {
            let now = line.rounds_milli.get(at).copied().unwrap_or(0);
            let value = format!("{} {}{unit}", cell(line.cell), value(report.test, now));
            said = then(said, &Text::same(value));
        }
        return said;
    }
    for (count, window) in windows.iter().enumerate() {
        let now = window.steady.rounds_milli.get(at).copied().unwrap_or(0);
        let comma = if count > 0 { "; " } else { "" };
        let value = format!("{comma}{} {}{unit}, ", cell(window.cell), value(report.test, now));
        said = then(then(said, &Text::same(value)), &judged(window));
    }
    said
}

/// Returns reports as text.
pub fn reports(reports: &[Report], layout: Layout) -> String {
    let mut text = String::new();
    for (at, one) in reports.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        put_report(&mut text, one, layout);
    }
    text
}

fn put_report(text: &mut String, report: &Report, layout: Layout) {
    if !has_begun(report) {
        let word = layout.say("未进行", "not begun");
        put(text, format_args!("{}: {word}\n", test(report.test).get(layout.lang)));
        return;
    }
    let (valid, word) = state(report);
    let (mark, tone) = if valid { ("✓", Tone::Good) } else { ("✗", Tone::Bad) };
    let word = layout.paint.dye(tone, &format!("{mark} {}", word.get(layout.lang)));
    let name = test(report.test);
    let name = layout.paint.dye(Tone::Strong, name.get(layout.lang));
    let path = report.subject.as_ref().map(|subject| one_line(&subject.path)).unwrap_or_default();
    let path = if path.is_empty() { path } else { format!(" · {path}") };
    put(text, format_args!("{name}{path}\n{word}\n"));
    for Doubt { code, zh, en } in &report.reasons {
        let line = format!("{} ({})", one_line(layout.say(zh, en)), one_line(code));
        put_paragraph(text, "  ! ", &line, layout);
    }
    let mut lead = |zh, en, said: &Text| {
        let lead = format!("{}: ", layout.say(zh, en));
        put_paragraph(text, &lead, &one_line(said.get(layout.lang)), layout);
    };
    if let Some(subject) = &report.subject {
        lead("对象", "subject", &super::said::subject(subject));
    }
    lead("负载", "load", &load(&report.header));
    lead("写缓存", "write cache", &write_cache(&report.header.write_cache));
    for was in &report.interruption {
        lead("中断", "interrupted", &interruption(was));
    }
    for part in &report.part {
        put_part(text, report.test, part, layout);
    }
}

fn put_part(text: &mut String, test: Test, part: &PartReport, layout: Layout) {
    text.push('\n');
    let said = prepared(part);
    put_paragraph(text, "", said.get(layout.lang), layout);
    let rounds = layout.say("已完成轮数", "complete rounds");
    put(text, format_args!("{rounds}: {}\n", part.rounds));
    for window in &part.window {
        let said = judged(window);
        let mean = value(test, window.mean_milli);
        let line = format!(
            "{}  {} {mean}  {}",
            cell(window.cell),
            layout.say("均值", "mean"),
            said.get(layout.lang)
        );
        put_paragraph(text, "  ", &line, layout);
    }
    if part.table.is_empty() {
        return;
    }
    let mean = layout.say("窗口均值", "mean of the window");
    put_matrix(text, mean, part, &|row| value(test, row.mean_milli), layout);
    if test == Test::Latency {
        let most = layout.say("窗口内最大时延", "longest of the window");
        put_matrix(text, most, part, &|row| latency(row.max_ns), layout);
    }
    if !part.left_out.is_empty() {
        let cells: Vec<String> = part.left_out.iter().map(|one| cell(*one)).collect();
        let lead =
            layout.say("因块大小未测的单元: ", "cells that the block size forbids: ").to_owned();
        put_paragraph(text, &lead, &cells.join(", "), layout);
    }
}

/// Returns the mixes of a table, most writes first as the PTS' own has them, and its sizes,
/// the smallest first.
pub(crate) fn axes(rows: &[TableRow]) -> (Vec<u8>, Vec<u32>) {
    let mut mixes: Vec<u8> = rows.iter().map(|row| row.cell.read_percent).collect();
    let mut sizes: Vec<u32> = rows.iter().map(|row| row.cell.block_bytes).collect();
    tiny_sort::stable::sort(&mut mixes);
    mixes.dedup();
    tiny_sort::stable::sort(&mut sizes);
    sizes.dedup();
    (mixes, sizes)
}

/// Returns the row of a cell.
pub(crate) fn row_of(rows: &[TableRow], read_percent: u8, block_bytes: u32) -> Option<&TableRow> {
    rows.iter().find(|row| row.cell == Cell { read_percent, block_bytes })
}

fn put_matrix(
    text: &mut String,
    title: &str,
    part: &PartReport,
    read: &dyn Fn(&TableRow) -> String,
    layout: Layout,
) {
    let (mixes, sizes) = axes(&part.table);
    let head = layout.say("块大小 \\ 读/写", "size \\ read/write");
    let heads: Vec<String> =
        std::iter::once(head.to_owned()).chain(mixes.iter().map(|one| mix(*one))).collect();
    let mut table = Table { head: heads, rows: Vec::new() };
    for bytes in sizes {
        let name = memory(u64::from(bytes));
        let cells = mixes.iter().map(|read_percent| {
            row_of(&part.table, *read_percent, bytes).map_or_else(|| "—".to_owned(), read)
        });
        let cells = std::iter::once(name).chain(cells);
        table.rows.push(cells.map(table::Cell::from).collect());
    }
    put(text, format_args!("{title}\n{}", table.render(layout.paint, layout.columns)));
}

#[cfg(test)]
mod tests;
