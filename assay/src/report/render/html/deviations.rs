//! What the contract's papers add to the page: the table of deviations (技术偏离表), and the rows
//! that the contract leaves out.

use profiles::{Deviation, Mark, Text, scope::OutOfScope};

use crate::report::document::{DeviationLine, Report, Row};

use super::{
    super::deviations as table,
    cases::anchor,
    text::{Html, Voice},
    verdicts,
};

/// A line of the table of deviations.
pub(super) struct Line {
    pub(super) number: usize,
    /// Where its case is.
    pub(super) anchor: String,
    pub(super) clause: Html,
    pub(super) title: Html,
    pub(super) norm: Html,
    pub(super) tender: Html,
    pub(super) bid: Html,
    pub(super) measured: Html,
    pub(super) chip: Html,
    pub(super) remark: Html,
}

/// Returns the table of deviations.
pub(super) fn lines(v: Voice, report: &Report) -> Vec<Line> {
    let quoted = |text: Option<&Text>| text.map_or_else(|| v.s(""), |text| v.t(text));
    table::lines(report)
        .enumerate()
        .map(|(at, (number, row, DeviationLine { mark, deviation, .. }))| {
            let judgement = &row.judgement;
            let terms = judgement.terms.as_ref();
            Line {
                number: at.saturating_add(1),
                anchor: anchor(number),
                clause: v.s(format!("{}{}", mark.map_or("", Mark::sign), judgement.row)),
                title: v.t(&judgement.title),
                norm: v.s(&judgement.wording),
                tender: quoted(terms.and_then(|terms| terms.tender.as_ref())),
                bid: quoted(terms.and_then(|terms| terms.bid.as_ref())),
                measured: quoted(
                    Some(&judgement.measured).filter(|measured| !measured.en.is_empty()),
                ),
                chip: verdicts::mark(v, code(*deviation), &deviation.word()),
                remark: v.t(table::remark(row)),
            }
        })
        .collect()
}

/// The sign that a deviation is shown by, besides its word.
fn code(deviation: Deviation) -> &'static str {
    match deviation {
        Deviation::Positive | Deviation::None => "pass",
        Deviation::Negative => "fail",
        Deviation::Undecided => "not-measured",
        Deviation::NotApplicable => "not-applicable",
    }
}

/// Returns what the lines together come to; the material clauses by themselves.
pub(super) fn sums(v: Voice, report: &Report) -> Vec<Html> {
    let lines = &report.summary.deviations;
    let material =
        lines.iter().filter(|line| line.mark == Some(Mark::Material)).collect::<Vec<_>>();
    let mut sums =
        vec![v.t(sum(&Text::new("技术偏离表", "Deviations"), &lines.iter().collect::<Vec<_>>()))];
    if !material.is_empty() {
        sums.push(v.t(sum(&Text::new("其中 ★ 条款", "★ clauses of these"), &material)));
    }
    sums
}

fn sum(of: &Text, lines: &[&DeviationLine]) -> Text {
    let counts = Deviation::ALL.into_iter().filter_map(|deviation| {
        let count = lines.iter().filter(|line| line.deviation == deviation).count();
        let told = count > 0 || deviation != Deviation::NotApplicable;
        let Text { zh, en } = deviation.word();
        told.then(|| (format!("{zh} {count}"), format!("{count} {en}")))
    });
    let (zh, en): (Vec<String>, Vec<String>) = counts.unzip();
    let count = lines.len();
    Text::new(
        format!("{} {count} 项：{}", of.zh, zh.join("，")),
        format!("{} ({count}): {}", of.en, en.join(", ")),
    )
}

/// Rows that one agreement leaves out.
pub(super) struct LeftOut {
    pub(super) rows: Html,
    pub(super) why: Html,
}

/// Above so many rows of one agreement their titles have no room on the first page.
const TITLED: usize = 8;

/// Returns the rows that are left out, those of one agreement together.
pub(super) fn left_out(v: Voice, report: &Report) -> Vec<LeftOut> {
    let groups = report.left_out().into_iter();
    let group = |(out, rows): (&OutOfScope, Vec<(usize, &Row)>)| {
        let titled = rows.len() <= TITLED;
        let name = |(number, row): &(usize, &Row)| {
            let (link, row, title) = (anchor(*number), &row.judgement.row, &row.judgement.title);
            let title = if titled { v.s(title.get(v.lang())) } else { Html::default() };
            format!("<a href=\"#{link}\"><code>{}</code> {title}</a>", v.s(row))
        };
        let names: Vec<String> = rows.iter().map(name).collect();
        LeftOut { rows: Html(names.join("、")), why: v.t(out.line()) }
    };
    groups.map(group).collect()
}
