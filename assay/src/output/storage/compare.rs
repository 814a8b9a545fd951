//! Runs side by side: what is compared, each number with its ratio, and what is made of it.

use profiles::{Lang, Text};
use serde::Serialize;
use storage_bench::{
    compare::{Difference, LEAST_SECONDS, Pair, Row, State, Word, pair, pairing},
    measurement::{Doubt, Run, Validity},
};

use super::{
    super::{
        Layout, Tone, put, put_paragraph,
        table::{Cell, Table},
        unit::{grouped, latency, throughput},
    },
    dash, said,
};
use crate::{failure::one_line, lang::text};

/// `storage-compare/v1`: the runs of one file against those of others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    /// `storage-compare/v1`.
    pub(crate) schema: &'static str,
    /// How a difference is told from scatter.
    pub(crate) method: Text,
    /// The file that the others are compared with.
    pub(crate) base: String,
    /// Each other file.
    pub(crate) other: Vec<Against>,
}

/// One file against the base.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Against {
    /// Its name.
    pub(crate) file: String,
    /// Runs of the same case.
    pub(crate) pair: Vec<Compared>,
    /// Cases that only the base has.
    pub(crate) only_base: Vec<String>,
    /// Cases that only this file has.
    pub(crate) only_other: Vec<String>,
    /// Cases of which a file has several runs, none of which supersedes another.
    pub(crate) unclear: Vec<String>,
}

/// Two runs and what became of them.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Compared {
    /// The run of the base.
    pub(crate) base: Side,
    /// The other.
    pub(crate) other: Side,
    /// The numbers.
    #[serde(flatten)]
    pub(crate) pair: Pair,
    /// What was run, as people read it.
    #[serde(skip)]
    load: Text,
}

/// Which run it is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Side {
    /// Its id.
    pub(crate) id: String,
    /// What was under load.
    pub(crate) path: String,
    /// When it began.
    pub(crate) started_at: String,
    /// Whether it proves anything.
    pub(crate) validity: Validity,
    /// Why not.
    pub(crate) reasons: Vec<Doubt>,
}

/// A file by name, with its runs.
pub(crate) type Named = (String, Vec<Run>);

/// Compares the runs of each other file with those of `base`; `only` names the cases, all of
/// them where it is empty.
pub(crate) fn comparison(base: &Named, others: &[Named], only: &[String]) -> Comparison {
    let (name, runs) = base;
    let other = others.iter().map(|(file, theirs)| {
        let found = pairing(runs, theirs);
        let wanted = |case: &String| only.is_empty() || only.contains(case);
        let pairs = found.pairs.iter().filter_map(|(case, a, b)| {
            let (a, b) = (runs.get(*a)?, theirs.get(*b)?);
            if !wanted(&a.case) && !wanted(&b.case) {
                return None;
            }
            let mode = said::mode(a.mode);
            let (load, depth) = (said::load(&a.workload), said::depth(a));
            Some(Compared {
                base: side(a),
                other: side(b),
                pair: pair(case, a, b),
                load: Text::new(
                    format!("{}；{}；{}", mode.zh, load.zh, depth.zh),
                    format!("{}; {}; {}", mode.en, load.en, depth.en),
                ),
            })
        });
        let kept = |cases: &[String]| cases.iter().filter(|case| wanted(case)).cloned().collect();
        Against {
            file: file.clone(),
            pair: pairs.collect(),
            only_base: kept(&found.only_base),
            only_other: kept(&found.only_other),
            unclear: kept(&found.unclear),
        }
    });
    Comparison {
        schema: "storage-compare/v1",
        method: method(),
        base: name.clone(),
        other: other.collect(),
    }
}

fn side(run: &Run) -> Side {
    Side {
        id: run.id.clone(),
        path: run.subject.path.clone(),
        started_at: run.started_at.clone(),
        validity: run.validity,
        reasons: run.reasons.clone(),
    }
}

fn method() -> Text {
    text(
        "区间为 95 %：每次运行的整秒切成 5–20 个连续时段，按各时段的相对离散程度（Welch t，对数比）得出；\
         去掉任一时段结论不变才算差异，百分位另加一个直方图桶宽。不足 {} 个整秒不判。\
         只反映运行之内的波动，不反映再测一次会有多大变化；约每 20 行有一行偶然落在区间之外",
        "the interval is 95 %: the whole seconds of each run are cut into 5 to 20 stretches, whose \
         relative scatter gives it (Welch's t, ratio of logarithms); a difference has to hold \
         whichever stretch is left out, and percentiles are a bucket of the histogram wider. \
         Fewer than {} whole seconds are not judged. It knows the scatter within a run, not how \
         the next run would differ; about one row in 20 lies outside by chance",
        &[&LEAST_SECONDS.to_string()],
    )
}

/// Returns a comparison as text.
pub(crate) fn page(comparison: &Comparison, layout: Layout) -> String {
    let mut page = String::new();
    for other in &comparison.other {
        put(&mut page, format_args!("A  {}\n", one_line(&comparison.base)));
        put(&mut page, format_args!("B  {}\n", one_line(&other.file)));
        for compared in &other.pair {
            page.push('\n');
            put_pair(&mut page, compared, layout);
        }
        put_alone(&mut page, other, layout);
        page.push('\n');
    }
    let mut pairs = comparison.other.iter().flat_map(|other| &other.pair);
    if !pairs.any(|compared| compared.pair.state == State::Compared) {
        return page;
    }
    let method = one_line(comparison.method.get(layout.lang));
    put_paragraph(&mut page, layout.say("方法：", "method: "), &method, layout);
    page
}

fn put_pair(page: &mut String, compared: &Compared, layout: Layout) {
    let pair = &compared.pair;
    let case = match pair.case.as_str() {
        "ad-hoc" => layout.say("临时测试", "ad-hoc").to_owned(),
        case => one_line(case),
    };
    let load = one_line(compared.load.get(layout.lang));
    put_paragraph(page, &format!("{}  ", layout.paint.dye(Tone::Strong, &case)), &load, layout);
    for (name, side) in [("A", &compared.base), ("B", &compared.other)] {
        let line = format!("{} · {}", one_line(&side.path), one_line(&side.started_at));
        put_paragraph(page, &format!("  {name}  "), &line, layout);
        if side.validity == Validity::Invalid {
            let word = layout.say("✗ 无效，不参与比较", "✗ invalid, not ranked");
            put(page, format_args!("     {}\n", layout.paint.dye(Tone::Bad, word)));
        }
        for doubt in &side.reasons {
            let why = match layout.lang {
                Lang::Zh => &doubt.zh,
                Lang::En => &doubt.en,
            };
            let line = format!("{} ({})", one_line(why), one_line(&doubt.code));
            put_paragraph(page, "     ! ", &line, layout);
        }
    }
    if pair.state == State::Refused {
        let word = layout.say("  负载不同，不比较：", "  not compared, the loads differ:");
        put(page, format_args!("{}\n", layout.paint.dye(Tone::Bad, word)));
    }
    for difference in &pair.refused {
        put_paragraph(page, "    ✗ ", &unlike(difference, layout), layout);
    }
    for difference in pair.remark.iter().filter(|it| it.what != "subject") {
        put_paragraph(page, "  · ", &unlike(difference, layout), layout);
    }
    page.push_str(&table(pair, layout).render(layout.paint, layout.columns));
}

fn unlike(difference: &Difference, layout: Layout) -> String {
    let (zh, en) = match difference.what {
        "mode" => ("模式", "mode"),
        "read-percent" => ("读占比 %", "read share, %"),
        "writes" => ("写操作", "kind of writes"),
        "read-blocks" => ("读块大小，字节", "read block size, bytes"),
        "write-blocks" => ("写块大小，字节", "write block size, bytes"),
        "order" => ("地址次序", "order of addresses"),
        "iodepth" => ("队列深度", "queue depth"),
        "threads" => ("线程数", "threads"),
        "offered-iops" => ("定速 IOPS", "offered IOPS"),
        "engine" => ("引擎", "engine"),
        "span-bytes" => ("地址范围，字节", "span, bytes"),
        "seconds" => ("测量时长，秒", "seconds measured"),
        other => (other, other),
    };
    let or_none = |value: &str| {
        if value.is_empty() { layout.say("无", "none").to_owned() } else { one_line(value) }
    };
    let (a, b) = (or_none(&difference.base), or_none(&difference.other));
    format!("{}: A {a}, B {b}", layout.say(zh, en))
}

fn table(pair: &Pair, layout: Layout) -> Table {
    let mut table = if pair.state == State::Compared {
        Table::new(["", "A", "B", "B/A", "95 %", layout.say("结论", "B is")])
    } else {
        Table::new(["", "A", "B"])
    };
    // The longest kind of name first: a table of one kind of operation names it once too.
    for row in &pair.row {
        let mut cells = vec![
            Cell::from(format!("  {} {}", of(row.of, layout), metric(row.metric, layout))),
            value(row.metric, row.base),
            value(row.metric, row.other),
        ];
        if pair.state == State::Compared {
            let interval = row.low_ppm.zip(row.high_ppm);
            let interval =
                interval.map(|(low, high)| format!("{}–{}", ratio(low), ratio(high)).into());
            cells.push(row.ratio_ppm.map_or_else(dash, |ppm| ratio(ppm).into()));
            cells.push(interval.unwrap_or_else(dash));
            cells.push(word(row, layout));
        }
        table.rows.push(cells);
    }
    table
}

fn of(kind: &str, layout: Layout) -> String {
    let (zh, en) = match kind {
        "all" => ("合计", "all"),
        "read" => ("读", "read"),
        "write" => ("写", "write"),
        "trim" => ("擦除", "trim"),
        "response" => ("响应", "response"),
        other => (other, other),
    };
    layout.say(zh, en).to_owned()
}

fn metric(name: &str, layout: Layout) -> String {
    match name {
        "iops" => "IOPS".to_owned(),
        "bytes_per_s" => layout.say("带宽", "bandwidth").to_owned(),
        "mean_ns" => layout.say("平均", "mean").to_owned(),
        "max_ns" => layout.say("最大", "max").to_owned(),
        percentile => percentile.trim_end_matches("_ns").replace('_', "."),
    }
}

fn value(metric: &str, value: Option<u64>) -> Cell {
    value.map_or_else(dash, |value| match metric {
        "iops" => grouped(value).into(),
        "bytes_per_s" => throughput(value).into(),
        _ => latency(value).into(),
    })
}

/// Returns a ratio with three decimals, fewer of a large one: `1.034`, `12.50`.
fn ratio(ppm: u64) -> String {
    let (whole, rest) = (ppm / 1_000_000, ppm % 1_000_000);
    match whole {
        0..10 => format!("{whole}.{:03}", rest / 1_000),
        10..100 => format!("{whole}.{:02}", rest / 10_000),
        100..1_000_000 => grouped(whole),
        _ => "> 1,000,000".to_owned(),
    }
}

fn word(row: &Row, layout: Layout) -> Cell {
    let (zh, en, tone) = match row.word {
        Word::Better => ("▲ 更优", "▲ better", Some(Tone::Good)),
        Word::Worse => ("▼ 更差", "▼ worse", Some(Tone::Bad)),
        Word::Same => ("≈ 波动之内", "≈ within scatter", None),
        Word::OneStretch => {
            ("? 仅一段时间不同", "? different in one stretch only", Some(Tone::Open))
        }
        Word::NoSeconds => ("不判：无逐秒数据", "not judged: no value by second", None),
        Word::OneOperation => ("不判：单个操作", "not judged: one operation", None),
        Word::TooShort => ("不判：时长不足", "not judged: too short", None),
        Word::NoNumber | Word::NotRanked => return dash(),
    };
    let tone = tone.or(Some(Tone::Faint).filter(|_| row.word != Word::Same));
    Cell { text: layout.say(zh, en).to_owned(), tone }
}

fn put_alone(page: &mut String, other: &Against, layout: Layout) {
    for (cases, zh, en) in [
        (&other.only_base, "仅 A 有", "only in A"),
        (&other.only_other, "仅 B 有", "only in B"),
        (&other.unclear, "有多次运行，无法配对", "several runs, none can be chosen"),
    ] {
        if !cases.is_empty() {
            let names: Vec<String> = cases.iter().map(|case| one_line(case)).collect();
            put_paragraph(page, &format!("{}: ", layout.say(zh, en)), &names.join(", "), layout);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ratio;

    #[test]
    fn a_ratio_reads_with_the_digits_that_matter() {
        for (ppm, read) in [
            (1_034_900, "1.034"),
            (999, "0.000"),
            (12_500_000, "12.50"),
            (9_000_000_000, "9,000"),
            (u64::MAX, "> 1,000,000"),
        ] {
            assert_eq!(ratio(ppm), read);
        }
    }
}
