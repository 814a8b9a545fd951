//! The plan of a performance test, before anything starts: hours, bytes, open parameters.

use serde::Serialize;
use storage_bench::{
    pts::{Journal, Part, Pts, Step, Test},
    steady::{MOST_ROUNDS, WINDOW},
    text::Text,
};

use super::super::super::{Layout, Tone, put, put_paragraph, storage_plan::duration};
use crate::output::unit::storage;

/// How the device is purged.
#[derive(Clone, Debug)]
pub enum Purging {
    /// Before each part, by this.
    Each(String),
    /// By the operator, before the first part.
    Once(String),
    /// Not.
    No,
}

/// What will be done.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    schema: &'static str,
    target: String,
    /// Whether it is the smaller test, which is no PTS result.
    fast: bool,
    test: Vec<TestPlan>,
    /// Time of the rounds of all tests: at least, at most.
    least_ns: u64,
    most_ns: u64,
    /// What preconditioning writes in all.
    precondition_bytes: u64,
    /// What the specification leaves to the tester, and the value taken.
    open: Vec<Open>,
}

/// One test of a plan.
#[derive(Clone, Debug, Serialize)]
struct TestPlan {
    test: Test,
    /// `planned`, `begun` or `done`.
    state: &'static str,
    /// Cells of a round, all parts together.
    cells: usize,
    least_rounds: usize,
    most_rounds: usize,
    least_ns: u64,
    most_ns: u64,
    precondition_bytes: u64,
    /// Parts, each with a purge and a preconditioning of its own.
    parts: usize,
    /// Cells that have to be steady.
    tracked: Vec<String>,
    /// Cells that the block size of the device forbids.
    left_out: Vec<String>,
}

/// A parameter that is left open.
#[derive(Clone, Debug, Serialize)]
struct Open {
    name: Text,
    value: Text,
    why: Text,
}

impl Plan {
    /// Returns the plan of what `journal` is to do, or has begun.
    pub fn of(journal: &Journal, purging: Purging, target: &str) -> Self {
        let test: Vec<TestPlan> = journal.tests().iter().map(TestPlan::of).collect();
        let sum = |of: fn(&TestPlan) -> u64| test.iter().map(of).fold(0, u64::saturating_add);
        Self {
            schema: "storage-pts-plan/v1",
            target: target.to_owned(),
            fast: journal.settings().fast,
            least_ns: sum(|test| test.least_ns),
            most_ns: sum(|test| test.most_ns),
            precondition_bytes: sum(|test| test.precondition_bytes),
            open: open(journal, purging, test.iter().map(|test| test.parts).sum()),
            test,
        }
    }
}

impl TestPlan {
    fn of(test: &Pts) -> Self {
        let outlook = test.outlook();
        let watched = test.options().watch_rounds;
        let names = |of: fn(&Part) -> &Vec<storage_bench::pts::Cell>| {
            let cells = test.parts().flat_map(of);
            cells.map(|cell| super::cell(*cell)).collect()
        };
        Self {
            test: test.options().test,
            state: match test.next() {
                Step::Done => "done",
                _ if test.is_fresh() => "planned",
                _ => "begun",
            },
            cells: outlook.cells,
            least_rounds: WINDOW + watched,
            most_rounds: MOST_ROUNDS + watched,
            least_ns: outlook.least_ns,
            most_ns: outlook.most_ns,
            precondition_bytes: outlook.precondition_bytes,
            parts: test.parts().count(),
            tracked: names(|part| &part.tracked),
            left_out: names(|part| &part.left_out),
        }
    }
}

/// What the specification leaves to the tester, and what was taken.
fn open(journal: &Journal, purging: Purging, parts: usize) -> Vec<Open> {
    let settings = journal.settings();
    let row = |name: Text, value: Text, why: Text| Open { name, value, why };
    let mut rows = vec![
        row(
            Text::new("线程 × 队列深度", "threads × queue depth"),
            Text::same(format!("{} × {}", settings.threads, settings.iodepth)),
            Text::new(
                "规范由测试者定；时延测试固定 1 × 1",
                "the tester's choice; the latency test has 1 × 1",
            ),
        ),
        row(
            Text::new("单元时长", "time of a cell"),
            Text::same(format!("{} s", settings.cell_ns / 1_000_000_000)),
            Text::new(
                "规范为 1 分钟，针对单个设备；带缓存的阵列宜 5 分钟以上",
                "a minute in the specification, which is for devices; an array with a cache of its own needs 5 and more",
            ),
        ),
        row(
            Text::new("活动范围", "active range"),
            Text::same(storage(settings.span_bytes)),
            if settings.fast {
                Text::new("--fast：至多 1 GiB", "--fast: 1 GiB at most")
            } else {
                Text::new("全盘", "all of the device")
            },
        ),
        row(
            Text::new("写缓存", "write cache"),
            {
                let said = super::write_cache(&settings.write_cache);
                Text::new(said.zh, said.en)
            },
            Text::new(
                "企业级要求关闭；本程序不改动它，仅记录",
                "the enterprise class asks for it off; it is noted here, not changed",
            ),
        ),
        row(
            Text::new("数据", "data"),
            Text::new("随机，不重复，不可压缩", "random, unique, not compressible"),
            Text::new("规范要求随机", "the specification asks for random"),
        ),
        row(
            Text::new("被跟踪的单元", "tracked cells"),
            Text::new("见上", "as above"),
            Text::new(
                "IOPS 测试据两个引用规范 2.0.2 伪代码的公开实现；规范原文未经核对",
                "of the IOPS test by two open implementations that quote the pseudocode of 2.0.2; its text was not at hand",
            ),
        ),
    ];
    let parts_word = parts.to_string();
    let value = match purging {
        Purging::Each(how) => Text::same(how),
        Purging::Once(how) => Text::new(
            format!("{how}（操作者所述，仅第一部分）"),
            format!("{how} (by the operator's word, first part only)"),
        ),
        Purging::No => Text::new("不清除", "none"),
    };
    rows.push(row(
        Text::new("清除", "purge"),
        value,
        Text::new(
            format!("共 {parts_word} 部分，每部分之前各一次；缺一次即不是 PTS 结果"),
            format!(
                "{parts_word} parts, one before each; where one is missing it is no PTS result"
            ),
        ),
    ));
    rows
}

/// Returns the plan as text.
pub fn plan(plan: &Plan, layout: Layout) -> String {
    let mut page = String::new();
    let title = layout.say("测试计划", "plan");
    let title = layout.paint.dye(Tone::Strong, title);
    put(&mut page, format_args!("{title}: SNIA SSS PTS 2.0.2 · {}\n", plan.target));
    if plan.fast {
        let word = layout.say(
            "缩减测试（--fast）：不是 PTS 结果，不可用于验收",
            "reduced (--fast): no PTS result, not for acceptance",
        );
        put(&mut page, format_args!("! {}\n", layout.paint.dye(Tone::Open, word)));
    }
    for test in &plan.test {
        line(test, layout, &mut page);
    }
    let (least, most) = (duration(plan.least_ns), duration(plan.most_ns));
    let time = layout.say("各轮总时长", "time of all rounds");
    let writes = layout.say("预处理共写入", "preconditioning writes");
    let bytes = storage(plan.precondition_bytes);
    let more = layout.say(
        "（其用时取决于设备；各单元另有写入，直至稳态）",
        " (how long that takes is the device's; the cells write on, until it is steady)",
    );
    put(&mut page, format_args!("{time}: {least} – {most}\n"));
    put_paragraph(&mut page, "", &format!("{writes}: {bytes}{more}"), layout);
    let head =
        layout.say("规范未定的参数及所取的值", "what the norm leaves open, and the value taken");
    put(&mut page, format_args!("{head}:\n"));
    for open in &plan.open {
        let say = |text: &Text| layout.say(&text.zh, &text.en).to_owned();
        let (left, right) = (layout.say("（", " ("), layout.say("）", ")"));
        let said =
            format!("{} = {}{left}{}{right}", say(&open.name), say(&open.value), say(&open.why));
        put_paragraph(&mut page, "  ", &crate::failure::one_line(&said), layout);
    }
    page
}

fn line(test: &TestPlan, layout: Layout, page: &mut String) {
    let name = super::test(test.test);
    let mark = match test.state {
        "done" => "✓",
        "begun" => "▸",
        _ => "·",
    };
    let said = crate::lang::text(
        "每轮 {} 单元，{}–{} 轮，{} – {}，预处理 {} 次，共写 {}",
        "{} cells a round, {}–{} rounds, {} – {}, preconditionings: {}, {} in all",
        &[
            &test.cells.to_string(),
            &test.least_rounds.to_string(),
            &test.most_rounds.to_string(),
            &duration(test.least_ns),
            &duration(test.most_ns),
            &test.parts.to_string(),
            &storage(test.precondition_bytes),
        ],
    );
    let state = match test.state {
        "done" => layout.say("（已做完）", " (done)"),
        "begun" => layout.say("（续测）", " (goes on)"),
        _ => "",
    };
    let lead = format!("  {mark} {}{state}: ", name.get(layout.lang));
    put_paragraph(page, &lead, said.get(layout.lang), layout);
    let tracked = layout.say("跟踪", "tracked");
    put_paragraph(page, "      ", &format!("{tracked}: {}", test.tracked.join(", ")), layout);
    if !test.left_out.is_empty() {
        let word = layout.say("块大小所限，不测", "left out, smaller than a block");
        put_paragraph(page, "      ", &format!("{word}: {}", test.left_out.join(", ")), layout);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage_bench::{
        pts::{Platform, Settings},
        safety::Fingerprint,
    };

    #[test]
    fn a_plan_says_hours_bytes_and_what_is_open_in_both_languages() {
        let settings = Settings {
            test: Test::ALL.to_vec(),
            span_bytes: 1 << 40,
            block_bytes: 4096,
            iodepth: 32,
            threads: 4,
            cell_ns: 60_000_000_000,
            write_cache: "enabled".to_owned(),
            watch_rounds: 0,
            fast: false,
            seed: 1,
        };
        let journal = Journal::begin(Fingerprint::default(), settings, Platform::default());
        let planned = Plan::of(&journal.expect("1 TiB is enough"), Purging::No, "/dev/x");
        // 49 + 4 + 6 cells with blocks of 4 KiB.
        assert_eq!(planned.least_ns / 60_000_000_000, (49 + 4 + 6) * 5);
        assert_eq!(planned.most_ns / 60_000_000_000, (49 + 4 + 6) * 25);
        assert_eq!(planned.precondition_bytes, 4 * (2 << 40));
        for (lang, words) in [
            (profiles::Lang::Zh, ["各轮总时长: 4 h 55 min – 24 h 35 min", "启用（WCE）", "不清除"]),
            (profiles::Lang::En, ["time of all rounds: 4 h 55 min", "enabled (WCE)", "= none"]),
        ] {
            let layout =
                Layout { lang, paint: super::super::super::super::Paint::Plain, columns: None };
            let page = plan(&planned, layout);
            for word in words {
                assert!(page.contains(word), "{word}: {page}");
            }
            assert!(page.contains("0/100 512 B") && !page.contains('{'), "{page}");
        }
    }
}
