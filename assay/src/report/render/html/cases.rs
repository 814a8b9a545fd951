//! The case rows as the page shows them, and what follows from them.

use profiles::{Level, Text, Verdict};

use crate::report::{
    document::{ClauseSummary, Decision, DecisionKind, Report, Row},
    verdict,
};

use super::{
    super::words,
    text::{Html, Voice},
    verdicts,
};

/// A clause with its case rows.
#[derive(Debug)]
pub(super) struct Clause {
    /// Number and title.
    pub(super) number: Html,
    pub(super) title: Html,
    /// What it comes to.
    pub(super) chip: Html,
    /// Its rows.
    pub(super) cases: Vec<Case>,
}

/// A case row.
#[derive(Debug)]
pub(super) struct Case {
    /// The norm's row, its item and wording, where this is its first check.
    pub(super) norm: Option<(Html, Html, Html)>,
    pub(super) number: usize,
    /// Where links to this case lead.
    pub(super) anchor: String,
    pub(super) check: Html,
    pub(super) title: Html,
    pub(super) level: Html,
    pub(super) method: Html,
    pub(super) expected: Html,
    pub(super) measured: Html,
    pub(super) chip: Html,
    /// Marks rows that failed or are open.
    pub(super) class: &'static str,
    /// Notes below the row: label and text.
    pub(super) notes: Vec<(Html, Html)>,
}

/// A row of the clause table.
#[derive(Debug)]
pub(super) struct ClauseLine {
    pub(super) clause: Html,
    pub(super) title: Html,
    pub(super) chip: Html,
    pub(super) bar: Html,
    pub(super) counts: Vec<u32>,
    pub(super) total: u32,
}

/// A row of the table of failed or open cases.
#[derive(Debug)]
pub(super) struct Lack {
    pub(super) anchor: String,
    pub(super) check: Html,
    pub(super) clause: Html,
    pub(super) title: Html,
    pub(super) level: Html,
    pub(super) chip: Html,
    pub(super) what: Html,
    pub(super) close: Html,
}

/// Returns the clauses of a report with their rows.
pub(super) fn clauses(voice: Voice, report: &Report) -> Vec<Clause> {
    let mut number = 0_usize;
    report
        .summary
        .clauses
        .iter()
        .map(|summary| {
            let rows = report.rows.iter().filter(|row| row.judgement.clause == summary.clause);
            let mut before = None;
            let cases = rows
                .map(|row| {
                    number = number.saturating_add(1);
                    let first = before.replace(&row.judgement.row) != Some(&row.judgement.row);
                    case(voice, report, row, number_of(report, row).unwrap_or(number), first)
                })
                .collect();
            Clause {
                number: voice.s(&summary.clause),
                title: voice.s(&summary.title),
                chip: verdicts::clause_chip(voice, summary.conformity),
                cases,
            }
        })
        .collect()
}

/// Returns the number of a row: its place in the document, from 1.
fn number_of(report: &Report, row: &Row) -> Option<usize> {
    report.rows.iter().position(|other| std::ptr::eq(other, row)).map(|at| at.saturating_add(1))
}

fn case(voice: Voice, report: &Report, row: &Row, number: usize, first: bool) -> Case {
    let judgement = &row.judgement;
    let norm = first
        .then(|| (voice.s(&judgement.row), voice.s(&judgement.item), voice.s(&judgement.wording)));
    let measured = if judgement.measured.zh.trim().is_empty() && judgement.measured.en.is_empty() {
        voice.s("")
    } else {
        voice.t(&judgement.measured)
    };
    let mut level = voice.w(words::level(judgement.level));
    if let (Level::Scored, Some(points)) = (judgement.level, judgement.points) {
        level = Html(format!("{level} {points}"));
    }
    if let Some(mark) = judgement.terms.as_ref().and_then(|terms| terms.mark) {
        level = Html(format!("{} {level}", mark.sign()));
    }
    Case {
        norm,
        number,
        anchor: anchor(number),
        check: breakable(&voice.s(&judgement.check)),
        title: voice.t(&judgement.title),
        level,
        method: voice.t(&judgement.method),
        expected: voice.t(&judgement.expected),
        measured,
        chip: verdicts::chip(voice, row.verdict),
        class: match row.verdict {
            Verdict::Fail => "failed",
            verdict if verdict.is_open() => "open",
            _ => "done",
        },
        notes: notes(voice, report, row),
    }
}

fn notes(voice: Voice, report: &Report, row: &Row) -> Vec<(Html, Html)> {
    let judgement = &row.judgement;
    let mut notes = Vec::new();
    if row.decision.is_some() {
        let judged = voice.t(judgement.verdict.word());
        notes.push((voice.w(words::BEFORE_DECISION), judged));
    }
    for decision in row.recorded() {
        notes.push((voice.w(words::DECIDED_BY), decided(voice, report, decision)));
    }
    if let Some(waiting) = words::waiting(row) {
        notes.push((voice.w(words::WAITING), voice.t(waiting)));
    }
    for reason in &judgement.reasons {
        notes.push((voice.w(words::REASONS), voice.t(&reason.text)));
        if let Some(close) = reason.close.as_ref().filter(|_| row.verdict.is_open()) {
            notes.push((voice.w(words::TO_CLOSE), voice.t(close)));
        }
    }
    if let Some(reading) = &judgement.reading {
        notes.push((voice.w(words::READING), voice.t(reading)));
    }
    if let Some(deviation) = &judgement.deviation {
        notes.push((voice.w(words::DEVIATION), voice.t(deviation)));
    }
    if let Some(comparison) = &judgement.comparison {
        notes.push((voice.w(words::COMPARISON), voice.t(comparison)));
    }
    if !judgement.sources.is_empty() {
        notes.push((voice.w(words::SOURCES), sources(voice, &judgement.sources)));
    }
    let decided = row.recorded().iter().flat_map(|decision| &decision.evidence);
    let evidence: Vec<String> = row
        .evidence
        .iter()
        .chain(decided)
        .map(|path| {
            let entry = report.evidence.iter().find(|entry| entry.path == *path);
            let digest = entry.map(|entry| entry.digests.sha256.as_str()).unwrap_or_default();
            let short: String = digest.chars().take(16).collect();
            let shown = path.strip_prefix("evidence/").unwrap_or(path);
            format!("<code>{}</code> <span class=\"digest\">{short}</span>", voice.s(shown))
        })
        .collect();
    if !evidence.is_empty() {
        let shown = evidence.iter().take(6).cloned().collect::<Vec<_>>().join("; ");
        let more = evidence.len().saturating_sub(6);
        let more = if more > 0 { format!(" … +{more}") } else { String::new() };
        notes.push((voice.w(words::EVIDENCE), Html(format!("{shown}{more}"))));
    }
    notes
}

fn decided(voice: Voice, report: &Report, decision: &Decision) -> Html {
    let mut text = voice.t(words::decision(decision));
    let same = report.environment.operator.as_deref().map(str::trim) == Some(decision.who.trim());
    if same && decision.kind == DecisionKind::Attested {
        let piece = format!(" <i>({})</i>", voice.w(words::SAME_AS_OPERATOR));
        text.0.push_str(&piece);
    }
    text
}

/// Returns locators with what they are of, runs of one kind in one.
fn sources(voice: Voice, locators: &[String]) -> Html {
    let mut groups: Vec<(String, Vec<&str>)> = Vec::new();
    for locator in locators {
        let cut = locator.rfind('/').map_or(0, |at| at.saturating_add(1));
        let (stem, leaf) = locator.split_at_checked(cut).unwrap_or(("", locator));
        match groups.iter_mut().find(|(known, _)| known == stem) {
            Some((_, leaves)) => leaves.push(leaf),
            None => groups.push((stem.to_owned(), vec![leaf])),
        }
    }
    let mut kinds: Vec<Html> = Vec::new();
    for locator in locators {
        let kind = match locator.split([':', '/']).next().unwrap_or_default() {
            "redfish" | "ipmi" => words::OUT_OF_BAND,
            "import" => words::IMPORTED,
            "attested" => words::MANUAL,
            _ => words::IN_BAND,
        };
        let kind = voice.w(kind);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let shown: Vec<String> = groups
        .iter()
        .take(8)
        .map(|(stem, leaves)| match leaves.as_slice() {
            [first, .., last] => {
                let count = leaves.len();
                format!("<code>{}</code> (×{count})", voice.s(format!("{stem}{first} … {last}")))
            }
            _ => format!("<code>{}</code>", voice.s(format!("{stem}{}", leaves.concat()))),
        })
        .collect();
    let more = groups.len().saturating_sub(8);
    let more = if more > 0 { format!(" … +{more}") } else { String::new() };
    Html(format!("<i>{}</i> {}{more}", kinds.join(" + "), shown.join(", ")))
}

/// Returns the clause table.
pub(super) fn clause_lines(voice: Voice, clauses: &[ClauseSummary]) -> Vec<ClauseLine> {
    clauses
        .iter()
        .map(|summary| ClauseLine {
            clause: voice.s(&summary.clause),
            title: voice.s(&summary.title),
            chip: verdicts::clause_chip(voice, summary.conformity),
            bar: verdicts::bar(voice, &summary.tally, verdicts::NARROW),
            counts: Verdict::ALL
                .into_iter()
                .map(|verdict| verdict::count(&summary.tally, verdict))
                .collect(),
            total: verdict::total(&summary.tally),
        })
        .collect()
}

/// Returns the rows that `wanted` picks, with what lacks and what closes it.
pub(super) fn lacks(voice: Voice, report: &Report, wanted: fn(&Row) -> bool) -> Vec<Lack> {
    report
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| wanted(row))
        .map(|(index, row)| {
            let number = index.saturating_add(1);
            let judgement = &row.judgement;
            let mut what: Vec<String> =
                judgement.reasons.iter().map(|reason| voice.t(&reason.text).0).collect();
            if row.verdict == Verdict::Fail {
                let against = Text::new(
                    format!("预期：{}；实测：{}", judgement.expected.zh, judgement.measured.zh),
                    format!(
                        "expected: {}; measured: {}",
                        judgement.expected.en, judgement.measured.en
                    ),
                );
                if !judgement.measured.en.is_empty() {
                    what.insert(0, voice.t(&against).0);
                }
            }
            what.extend(row.recorded().iter().map(|d| voice.t(words::decision(d)).0));
            what.extend(words::waiting(row).map(|waiting| voice.t(waiting).0));
            let closes: Vec<String> = judgement
                .reasons
                .iter()
                .filter_map(|reason| reason.close.as_ref())
                .map(|close| voice.t(close).0)
                .collect();
            Lack {
                anchor: anchor(number),
                check: breakable(&voice.s(&judgement.check)),
                clause: voice.s(&judgement.clause),
                title: voice.t(&judgement.title),
                level: voice.w(words::level(judgement.level)),
                chip: verdicts::chip(voice, row.verdict),
                what: Html(paragraphs(&what)),
                close: Html(paragraphs(&closes)),
            }
        })
        .collect()
}

fn paragraphs(texts: &[String]) -> String {
    let mut seen: Vec<&String> = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    if seen.is_empty() {
        "—".to_owned()
    } else {
        let paragraphs: Vec<String> = seen.iter().map(|text| format!("<p>{text}</p>")).collect();
        paragraphs.concat()
    }
}

pub(super) fn anchor(number: usize) -> String {
    format!("case-{number}")
}

/// Lets a long id break at its dots.
fn breakable(id: &Html) -> Html {
    Html(id.0.replace('.', ".<wbr>"))
}
