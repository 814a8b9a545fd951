//! What an audit came to: what is weak or unknown, the worst first.

use bmc::audit::{Audited, Finding, Severity, State};
use profiles::Lang;

use super::pick;
use crate::output::{Tone, table::Cell};

pub(super) const HEAD: &[(&str, &str)] = &[
    ("严重度", "severity"),
    ("检查项", "check"),
    ("对象", "subject"),
    ("所见", "seen"),
    ("建议", "what to do"),
];

/// Returns the rows; what is sound has none, JSON has it.
pub(super) fn rows(audited: &Audited, lang: Lang) -> Vec<Vec<Cell>> {
    let mut due: Vec<&Finding> =
        audited.findings.iter().filter(|one| one.state != State::Sound).collect();
    tiny_sort::stable::sort_by(&mut due, |a, b| (b.state, b.severity).cmp(&(a.state, a.severity)));
    due.into_iter().map(|one| row(one, lang)).collect()
}

fn row(one: &Finding, lang: Lang) -> Vec<Cell> {
    let severity = match one.severity {
        Severity::High => ("高", "HIGH"),
        Severity::Medium => ("中", "medium"),
        Severity::Low => ("低", "low"),
    };
    let (word, tone) = match one.state {
        State::Weak if one.is_due() => (severity, Some(Tone::Bad)),
        State::Weak | State::Sound => (severity, None),
        State::Unknown if one.is_open() => (("未知", "unknown"), Some(Tone::Bad)),
        State::Untried => (("未尝试", "not tried"), None),
        State::Unknown => (("未知", "unknown"), None),
    };
    let said = |(zh, en): &(String, String)| pick(lang, (zh, en));
    vec![
        Cell { text: pick(lang, word), tone },
        one.id.into(),
        one.subject.clone().unwrap_or_default().into(),
        said(&one.seen).into(),
        said(&one.advice).into(),
    ]
}
