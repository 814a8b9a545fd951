//! The page of SNIA's performance tests, in the order of the PTS' own report: header,
//! convergence, window, tables, 2-D plot. Every number is one of the document
//! (`storage/v1`); the page needs no script and no network, and prints on A4.

mod pictures;
mod words;

use askama::Template;
use profiles::{Lang, Text};
use storage_bench::{
    measurement::Subject,
    pts::{Header, PartReport, Report, TableRow, Test, WindowPlot},
};

use crate::{
    output::{
        storage::{pts as said, said as said_of_runs},
        unit::{latency, memory, storage},
    },
    report::Language,
};

use super::{
    super::{
        CSS, Line,
        text::{Html, Voice, css_string},
        verdicts,
    },
    Bilingual, Figure, rounds,
};

/// A table of a value by size and mix.
struct Matrix {
    title: Html,
    heads: Vec<Html>,
    rows: Vec<MatrixRow>,
}

/// The cells of one size.
struct MatrixRow {
    size: Html,
    cells: Vec<Shade>,
}

/// A value, and how dark it stands among its like: 0 to 5.
struct Shade {
    value: Html,
    class: u8,
}

/// A tracked value's window.
struct Window {
    cell: Html,
    said: Vec<Line>,
    figures: Vec<Figure>,
}

/// What a part of a test found.
struct Part {
    title: Html,
    prepared: Vec<Line>,
    convergence: Option<Figure>,
    windows: Vec<Window>,
    matrices: Vec<Matrix>,
    plots: Vec<Figure>,
    left_out: Option<Html>,
}

/// A test.
struct Shown {
    anchor: &'static str,
    title: Html,
    chip: Html,
    state: Html,
    fast: bool,
    reasons: Vec<(Html, Html)>,
    header: Vec<Line>,
    interruptions: Vec<Html>,
    parts: Vec<Part>,
}

#[derive(Template)]
#[template(path = "pts.html")]
struct Page {
    v: Voice,
    css: Html,
    margins: Html,
    definitions: Html,
    title: Html,
    tests: Vec<Shown>,
}

/// Returns the page, and what made it impossible where it cannot be laid out.
pub(in crate::report) fn page(reports: &[Report], lang: Lang) -> Result<String, askama::Error> {
    let language = match lang {
        Lang::Zh => Language::Zh,
        Lang::En => Language::En,
    };
    let v = Voice { language };
    let title = words::TITLE.both();
    let (before, between, after) = match lang {
        Lang::Zh => ("第 ", " 页 / 共 ", " 页"),
        Lang::En => ("Page ", " of ", ""),
    };
    let margins = format!(
        "@page{{@top-left{{content:{}}}@bottom-right{{content:{} counter(page) {} \
         counter(pages) {}}}}}",
        css_string(title.get(lang)),
        css_string(before),
        css_string(between),
        css_string(after),
    );
    let page = Page {
        v,
        css: Html(CSS.to_owned()),
        margins: Html(margins),
        definitions: verdicts::definitions(),
        title: v.t(&title),
        tests: reports.iter().map(|report| show(v, report)).collect(),
    };
    page.render()
}

fn show(v: Voice, report: &Report) -> Shown {
    let begun = said::has_begun(report);
    let (valid, state) = said::state(report);
    let state = if begun { state } else { words::NOT_BEGUN.both() };
    let code = if valid { "pass" } else { "not-measured" };
    let word = if valid { words::VALID } else { words::INVALID };
    // Of a test that has not begun there is nothing more to say.
    let reasons = report.reasons.iter().filter(|_| begun);
    let several = report.part.len() > 1;
    Shown {
        anchor: report.test.word(),
        title: v.t(said::test(report.test)),
        chip: verdicts::mark(v, code, &word.both()),
        state: v.t(state),
        fast: report.fast,
        reasons: reasons
            .map(|doubt| (v.t(Text::new(&doubt.zh, &doubt.en)), v.s(&doubt.code)))
            .collect(),
        header: if begun { header(v, report) } else { Vec::new() },
        interruptions: report.interruption.iter().map(|was| v.t(said::interruption(was))).collect(),
        parts: report
            .part
            .iter()
            .filter(|_| begun)
            .map(|part| part_of(v, report.test, part, several))
            .collect(),
    }
}

/// The fields of the PTS' header; what is not known is left for the pen.
fn header(v: Voice, report: &Report) -> Vec<Line> {
    let Header { platform, write_cache, .. } = &report.header;
    let none = Subject::default();
    let subject = report.subject.as_ref().unwrap_or(&none);
    let device = report.subject.as_ref().map(said_of_runs::subject);
    let optional = |text: &Option<String>| v.pen(text);
    let size = (subject.size_bytes > 0).then(|| storage(subject.size_bytes));
    let memory_of = platform.memory_bytes.map(memory);
    let began = report.started_at.as_deref().unwrap_or_default();
    let ended = report.last_load_at.as_deref().unwrap_or_default();
    let tool = platform.tool.as_ref().map(|tool| format!("{tool}, SNIA SSS PTS 2.0.2"));
    let block = match report.header.block_bytes {
        0 => None,
        bytes => Some(format!("{bytes} B")),
    };
    vec![
        (v.w(words::DEVICE), device.map_or_else(|| v.pen(&None), |device| v.t(device))),
        (v.w(words::PATH), Html(format!("<code>{}</code>", v.s(&subject.path)))),
        (v.w(words::SERIAL), optional(&subject.serial)),
        (v.w(words::FIRMWARE), optional(&platform.firmware)),
        (v.w(words::CAPACITY), optional(&size)),
        (v.w(words::BLOCK), optional(&block)),
        (v.w(words::INTERFACE), optional(&platform.transport)),
        (v.w(words::TESTED), v.period(began, ended)),
        (v.w(words::SOFTWARE), optional(&tool)),
        (v.w(words::SYSTEM), optional(&platform.os)),
        (v.w(words::CPU), optional(&platform.cpu)),
        (v.w(words::MEMORY), optional(&memory_of)),
        (v.w(words::CACHE), v.t(said::write_cache(write_cache))),
        (v.w(words::LOAD), v.t(said::load(&report.header))),
    ]
}

fn part_of(v: Voice, test: Test, part: &PartReport, several: bool) -> Part {
    let size = memory(u64::from(part.precondition_block_bytes));
    let title = if several { v.s(&size) } else { Html::default() };
    let mut prepared = vec![
        (v.w(words::PREPARED), v.t(said::prepared(part))),
        (v.w(words::ROUNDS), v.s(part.rounds.to_string())),
    ];
    let steady = match (part.steady_round, part.left_at_round) {
        (Some(round), None) => {
            crate::lang::text("第 {} 轮达到", "at round {}", &[&round.to_string()])
        }
        (Some(round), Some(left)) => crate::lang::text(
            "第 {} 轮达到，第 {} 轮离开",
            "at round {}, left at round {}",
            &[&round.to_string(), &left.to_string()],
        ),
        (None, _) => Text::new("未达到", "not reached"),
    };
    prepared.push((v.w(words::STEADY), v.t(steady)));
    let left_out: Vec<String> = part.left_out.iter().map(|cell| said::cell(*cell)).collect();
    let mut matrices = Vec::new();
    let mut plots = Vec::new();
    if !part.table.is_empty() {
        let title = match test {
            Test::Iops => words::TABLE_IOPS,
            Test::Throughput => words::TABLE_THROUGHPUT,
            Test::Latency => words::TABLE_MEAN,
        };
        let mean = |row: &TableRow| (row.mean_milli, said::value(test, row.mean_milli));
        matrices.push(matrix(v, v.w(title), part, &mean));
        plots.push(pictures::by_size(v, test, part, &|row| row.mean_milli, words::PLOT));
        if test == Test::Latency {
            let longest = |row: &TableRow| (row.max_ns, latency(row.max_ns));
            matrices.push(matrix(v, v.w(words::TABLE_MAX), part, &longest));
            plots.push(pictures::by_size(v, test, part, &|row| row.max_ns, words::PLOT_MAX));
        }
    }
    Part {
        title,
        prepared,
        convergence: pictures::convergence(v, test, part),
        windows: part.window.iter().map(|window| window_of(v, test, window)).collect(),
        matrices,
        plots,
        left_out: (!left_out.is_empty()).then(|| v.s(left_out.join(", "))),
    }
}

fn window_of(v: Voice, test: Test, window: &WindowPlot) -> Window {
    let value = |milli: u64| said::value(test, milli);
    let limits = format!("{} – {}", value(window.lower_milli), value(window.upper_milli));
    let line = format!("{} → {}", value(window.line_from_milli), value(window.line_to_milli));
    let rounds_of: Vec<String> = window.rounds_milli.iter().map(|one| value(*one)).collect();
    Window {
        cell: v.s(said::cell(window.cell)),
        said: vec![
            (v.w(words::JUDGED), v.t(said::judged(window))),
            (v.w(words::VALUES), v.s(rounds_of.join(" · "))),
            (v.w(words::AVERAGE), v.s(value(window.mean_milli))),
            (v.w(words::LIMITS), v.s(limits)),
            (v.w(words::FIT), v.s(line)),
        ],
        figures: rounds::figures(v, &window.steady),
    }
}

/// Lays a table out by size and mix; cells are shaded by the decade they lie in.
fn matrix(
    v: Voice,
    title: Html,
    part: &PartReport,
    read: &dyn Fn(&TableRow) -> (u64, String),
) -> Matrix {
    let (mixes, sizes) = said::axes(&part.table);
    let values = || part.table.iter().map(|row| read(row).0);
    let (least, most) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    let rows = sizes.iter().map(|bytes| {
        let cells = mixes.iter().map(|mix| {
            let Some(row) = said::row_of(&part.table, *mix, *bytes) else {
                return Shade { value: Html("—".to_owned()), class: 0 };
            };
            let (number, text) = read(row);
            Shade { value: v.s(text), class: pictures::shade(least, most, number) }
        });
        MatrixRow { size: v.s(memory(u64::from(*bytes))), cells: cells.collect() }
    });
    Matrix {
        title,
        heads: mixes.iter().map(|mix| v.s(said::mix(*mix))).collect(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests;
