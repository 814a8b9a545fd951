//! What a verification found, on the terminal: its word, what was done, every class of
//! fault with its count, and where the first ones are.

use profiles::Lang;
use storage_bench::integrity::report::{Ending, Found, Integrity, Kind, LISTED, Tally};

use crate::{
    failure::one_line,
    output::{
        Layout, Tone, put, put_paragraph,
        table::{Cell, Table},
        unit::{grouped, memory, seconds, throughput},
    },
};

/// Faults that are shown; the document lists a hundred.
const SHOWN: usize = 20;

/// Returns a verification as text.
pub fn text(report: &Integrity, layout: Layout) -> String {
    let mut text = String::new();
    put_word(&mut text, report, layout);
    put_work(&mut text, report, layout);
    text.push('\n');
    put_classes(&mut text, report, layout);
    put_harmless(&mut text, report, layout);
    put_first(&mut text, report, layout);
    text
}

/// Puts the word on it, what it is of, and why it ended early.
fn put_word(text: &mut String, report: &Integrity, layout: Layout) {
    let found = &report.found;
    let (word, tone) = if found.faults() > 0 || found.unreadable > 0 {
        (layout.say("✗ 有故障", "✗ faults found"), Tone::Bad)
    } else if report.is_sound() {
        (layout.say("✓ 完好", "✓ sound"), Tone::Good)
    } else {
        (layout.say("? 未判完", "? incomplete"), Tone::Open)
    };
    let word = layout.paint.dye(tone, word);
    let kind = match report.kind {
        Kind::Verify => layout.say("写入并读回", "written and read back"),
        Kind::AfterCrash => layout.say("按日志判定", "judged by the journal"),
    };
    let path = report.subject.as_ref().map_or("", |subject| &subject.path);
    put(text, format_args!("{word}  {} · {kind}\n", one_line(path)));
    if let Some(Ending { zh, en }) = &report.ended_early {
        put_paragraph(text, "  ! ", &one_line(layout.say(zh, en)), layout);
    }
    if !report.complete {
        let judged = found.checked + found.unreadable;
        let blocks = report.span_bytes / report.block_bytes.max(1);
        let line = crate::lang::text(
            "部分结果：{} 块中只判定了 {} 块",
            "a partial result: of {} blocks only {} were judged",
            &[&grouped(blocks), &grouped(judged)],
        );
        put_paragraph(text, "  ! ", line.get(layout.lang), layout);
    }
}

/// Puts what was written, read, and told by the journal.
fn put_work(text: &mut String, report: &Integrity, layout: Layout) {
    let mut put_line = |zh: &str, en: &str, line: &str| {
        put_paragraph(text, &format!("{}: ", layout.say(zh, en)), line, layout);
    };
    let span = memory(report.span_bytes);
    let unit = memory(report.block_bytes);
    put_line(
        "范围",
        "span",
        &format!("{span} ({unit} × {})", grouped(report.span_bytes / report.block_bytes.max(1))),
    );
    if let Some(written) = &report.written {
        let bytes = written.blocks.saturating_mul(report.block_bytes);
        let line = crate::lang::text(
            "{} 遍，{}，刷盘 {} 次，{}",
            "passes {}, {}, flushes {}, {}",
            &[
                &grouped(written.passes),
                &memory(bytes),
                &grouped(written.flushes),
                &rate(bytes, report.write_ns),
            ],
        );
        put_line("写入", "written", line.get(layout.lang));
        let blocks = report.span_bytes / report.block_bytes.max(1);
        if written.blocks < blocks {
            let line = layout.say(
                "不足一遍：未写之处未作验证",
                "less than one pass: what was not written was not verified",
            );
            put_line("注意", "note", line);
        }
    }
    let read = report.found.checked.saturating_mul(report.block_bytes);
    put_line("读回", "read back", &format!("{}, {}", memory(read), rate(read, report.read_ns)));
    if let Some(journal) = &report.journal {
        let end = match (journal.closed, journal.cut_bytes) {
            (true, _) => layout.say("正常结束", "ended in order").to_owned(),
            (false, 0) => layout
                .say("写到一半中断，末条记录完整", "broken off, its last record whole")
                .to_owned(),
            (false, cut) => crate::lang::text(
                "写到一半中断，截去末尾 {} 字节残缺记录",
                "broken off: {} bytes of unfinished records at its end were cut",
                &[&grouped(cut)],
            )
            .get(layout.lang)
            .to_owned(),
        };
        let line = crate::lang::text(
            "{} 条记录，意图写 {} 次；{}",
            "{} records, {} writes intended; {}",
            &[&grouped(journal.records), &grouped(journal.intents), &end],
        );
        put_line("日志", "journal", line.get(layout.lang));
    }
}

/// Returns bytes over time; a dash where no time is known.
fn rate(bytes: u64, ns: Option<u64>) -> String {
    let Some(ns) = ns.filter(|ns| *ns > 0) else { return "—".to_owned() };
    let per_s = u128::from(bytes) * 1_000_000_000 / u128::from(ns);
    format!("{}, {}", seconds(ns), throughput(u64::try_from(per_s).unwrap_or(u64::MAX)))
}

/// Puts every class with its count: what was looked for and not found is a result too.
fn put_classes(text: &mut String, report: &Integrity, layout: Layout) {
    let mut table = Table::new([
        layout.say("故障类别", "class of fault"),
        layout.say("块数", "blocks"),
        layout.say("含义", "what it means"),
    ]);
    for tally in &report.found.fault {
        table.row([name(tally, layout).into(), count(tally.count), {
            layout.say(&tally.meaning_zh, &tally.meaning_en).into()
        }]);
    }
    table.row([
        layout.say("读不出", "unreadable").into(),
        count(report.found.unreadable),
        layout.say("设备报读错误", "the device gave a read error").into(),
    ]);
    text.push_str(&table.render(layout.paint, layout.columns));
}

fn name(tally: &Tally, layout: Layout) -> &str {
    match layout.lang {
        Lang::Zh => &tally.zh,
        Lang::En => &tally.en,
    }
}

fn count(count: u64) -> Cell {
    match count {
        0 => Cell::toned("0", Tone::Faint),
        count => Cell::toned(grouped(count), Tone::Bad),
    }
}

/// Puts what blocks held that is no fault.
fn put_harmless(text: &mut String, report: &Integrity, layout: Layout) {
    let found = &report.found;
    let parts: Vec<String> = [
        (found.current, "最新", "current"),
        (found.older_unflushed, "较旧而未刷盘（不算故障）", "older, not flushed (no fault)"),
        (found.torn_unflushed, "撕裂而未刷盘（不算故障）", "torn, not flushed (no fault)"),
        (found.before, "本次之前的内容", "from before the run"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, zh, en)| format!("{} {}", layout.say(zh, en), grouped(count)))
    .collect();
    if !parts.is_empty() {
        let lead = format!("{}: ", layout.say("其余各块", "other blocks"));
        put_paragraph(text, &lead, &parts.join(layout.say("；", "; ")), layout);
    }
}

/// Puts the first faults with their addresses.
fn put_first(text: &mut String, report: &Integrity, layout: Layout) {
    let found = &report.found;
    if !found.first_unreadable.is_empty() {
        let first: Vec<String> =
            found.first_unreadable.iter().take(SHOWN).map(|at| grouped(*at)).collect();
        let lead = format!("{}: ", layout.say("读不出的偏移", "unreadable at offset"));
        put_paragraph(text, &lead, &first.join("  "), layout);
    }
    if found.first_fault.is_empty() {
        return;
    }
    text.push('\n');
    let mut table = Table::new([
        layout.say("偏移", "offset"),
        layout.say("类别", "class"),
        layout.say("应不早于", "promised"),
        layout.say("最后提交", "submitted"),
        layout.say("读到代次", "found"),
        layout.say("自称偏移", "says offset"),
    ]);
    for fault in found.first_fault.iter().take(SHOWN) {
        table.row(row(fault, report, layout));
    }
    text.push_str(&table.render(layout.paint, layout.columns));
    let more = found.faults().saturating_sub(found.first_fault.len().min(SHOWN) as u64);
    if more > 0 {
        let line = crate::lang::text(
            "另有 {} 处；--output json 列出前 {} 处",
            "{} more; --output json lists the first {}",
            &[&grouped(more), &LISTED.to_string()],
        );
        put(text, format_args!("{}\n", line.get(layout.lang)));
    }
}

fn row(fault: &Found, report: &Integrity, layout: Layout) -> [Cell; 6] {
    let known = |value: Option<u64>| {
        value.map_or_else(|| Cell::toned("—", Tone::Faint), |value| grouped(value).into())
    };
    let class = report.found.fault.iter().find(|tally| tally.class == fault.class);
    [
        grouped(fault.address_bytes).into(),
        class.map_or("", |tally| name(tally, layout)).into(),
        grouped(fault.flushed).into(),
        grouped(fault.submitted).into(),
        known(fault.found_generation),
        known(fault.found_address_bytes),
    ]
}

#[cfg(test)]
mod tests {
    use profiles::Lang;
    use storage_bench::{
        integrity::{
            block::{BLOCK_BYTES, Origin},
            judge::{Expectation, Fault, Verdict},
            report::{Findings, Journal, SCHEMA, Written},
        },
        measurement::Subject,
    };

    use super::*;
    use crate::output::Paint;

    fn layout(lang: Lang) -> Layout {
        Layout { lang, paint: Paint::Plain, columns: None }
    }

    fn report() -> Integrity {
        let mut found = Findings::default();
        let mut block = [0; BLOCK_BYTES];
        Origin { volume: 1, run: 2, seed: 3 }.encode(9, 4, &mut block);
        let expected = Expectation::settled(5);
        found.add(7, &block, expected, Verdict::Fault(Fault::Misdirected));
        found.add(8, &block, expected, Verdict::Older);
        found.add(9, &block, expected, Verdict::Current);
        found.add_unreadable(10);
        Integrity {
            schema: SCHEMA.to_owned(),
            kind: Kind::AfterCrash,
            subject: Some(Subject { path: "/dev/sdb".to_owned(), ..Subject::default() }),
            volume_id: String::new(),
            run_id: String::new(),
            block_bytes: 4096,
            start_bytes: 0,
            span_bytes: 4 * 4096,
            atomic_bytes: 512,
            written: Some(Written { blocks: 20, flushes: 6, passes: 5 }),
            journal: Some(Journal { records: 40, intents: 20, cut_bytes: 48, closed: false }),
            write_ns: Some(1_000_000_000),
            read_ns: Some(2_000_000_000),
            found,
            complete: true,
            ended_early: None,
        }
    }

    #[test]
    fn a_fault_is_named_counted_and_placed_in_both_languages() {
        let english = text(&report(), layout(Lang::En));
        assert!(english.starts_with("✗ faults found  /dev/sdb · judged by the journal\n"));
        for part in [
            "misdirected              1",
            "unreadable               1",
            "unreadable at offset: 40,960",
            "current 1; older, not flushed (no fault) 1",
            "28,672  misdirected  5         5          4      36,864",
            "48 bytes of unfinished records at its end were cut",
            "written: passes 5, 80 KiB, flushes 6, 1.0 s, 81.92 kB/s",
        ] {
            assert!(english.contains(part), "`{part}` in:\n{english}");
        }
        let chinese = text(&report(), layout(Lang::Zh));
        for part in ["✗ 有故障", "错位写", "截去末尾 48 字节残缺记录", "较旧而未刷盘（不算故障） 1"]
        {
            assert!(chinese.contains(part), "`{part}` in:\n{chinese}");
        }
    }

    #[test]
    fn what_was_not_judged_is_never_sound() {
        let mut report = Integrity { found: Findings::default(), ..report() };
        report.found.add(0, &[0; BLOCK_BYTES], Expectation::default(), Verdict::Before);
        report.complete = false;
        report.ended_early = Some(Ending { zh: "中止".to_owned(), en: "stopped".to_owned() });
        let text = text(&report, layout(Lang::En));
        assert!(text.starts_with("? incomplete"), "{text}");
        assert!(text.contains("! stopped\n"), "{text}");
        assert!(text.contains("of 4 blocks only 1 were judged"), "{text}");
        report.ended_early = None;
        (report.complete, report.written) = (true, None);
        assert!(super::text(&report, layout(Lang::En)).starts_with("✓ sound"));
    }
}
