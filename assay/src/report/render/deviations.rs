//! The table of deviations (技术偏离表): which rows it has, and `deviations.csv`.

use profiles::{Deviation, Mark, Standing, Text, Verdict};

use crate::report::{
    Language,
    document::{DeviationLine, Report, Row},
};

use super::{csv, words};

/// Returns the rows that tender or bid are quoted for, each with its number and its line.
pub(super) fn lines(report: &Report) -> impl Iterator<Item = (usize, &Row, &DeviationLine)> {
    let rows = report.rows.iter().enumerate();
    let rows = rows.filter(|(_, row)| row.judgement.terms.is_some());
    rows.zip(&report.summary.deviations).map(|((at, row), line)| (at.saturating_add(1), row, line))
}

/// Returns what a reader should know of a line: what it was held against, or why it is open.
pub(super) fn remark(row: &Row) -> Text {
    let judgement = &row.judgement;
    let expected = &judgement.expected;
    let promised = judgement.terms.as_ref().and_then(|terms| terms.bid_value.as_deref());
    let (and_zh, and_en) = match promised {
        Some(value) => (format!("与投标值 {value}"), format!(" and than the bid's {value}")),
        None => (String::new(), String::new()),
    };
    let value = promised.unwrap_or_default();
    let mut remark = match (row.verdict, judgement.standing) {
        (Verdict::Pass, Some(Standing::Better)) => Text::new(
            format!("实测优于预期 {}{and_zh}", expected.zh),
            format!("better than expected ({}){and_en}", expected.en),
        ),
        (Verdict::Pass, Some(Standing::Worse)) => Text::new(
            format!("满足预期 {}，但未达投标值 {value}", expected.zh),
            format!("as expected ({}), but short of the bid's {value}", expected.en),
        ),
        (Verdict::Pass, Some(Standing::Unknown)) => Text::new(
            format!("满足预期 {}，是否达到投标值 {value} 未知", expected.zh),
            format!(
                "as expected ({}); whether the bid's {value} is reached is not known",
                expected.en
            ),
        ),
        (Verdict::Pass, _) => Text::default(),
        (Verdict::Fail, _) => {
            Text::new(format!("预期 {}", expected.zh), format!("expected {}", expected.en))
        }
        _ => judgement.reasons.first().map(|reason| reason.text.clone()).unwrap_or_default(),
    };
    if let Some(decision) = &row.decision {
        remark = words::decision(decision);
    }
    remark
}

/// Returns `deviations.csv`; `None` where the profile quotes neither tender nor bid.
pub(super) fn csv(report: &Report, language: Language) -> Option<Vec<u8>> {
    if report.summary.deviations.is_empty() {
        return None;
    }
    let heads = [
        words::NUMBER,
        words::CLAUSE,
        words::CHECK,
        words::TITLE,
        words::MARK,
        words::NORM_ASKS,
        words::TENDER_ASKS,
        words::BID_SAYS,
        words::MEASURED,
        words::DEVIATES,
        words::DEVIATION_CODE,
        words::REMARK,
    ];
    let head = heads.iter().map(|word| csv::text(&word.text(), language)).collect();
    let say = |text: Option<&Text>| text.map(|text| csv::text(text, language)).unwrap_or_default();
    let rows = lines(report).enumerate().map(|(at, (_, row, line))| {
        let judgement = &row.judgement;
        let terms = judgement.terms.as_ref();
        vec![
            at.saturating_add(1).to_string(),
            judgement.row.clone(),
            judgement.check.clone(),
            say(Some(&judgement.title)),
            line.mark.map_or("", Mark::sign).to_owned(),
            judgement.wording.clone(),
            say(terms.and_then(|terms| terms.tender.as_ref())),
            say(terms.and_then(|terms| terms.bid.as_ref())),
            say(Some(&judgement.measured)),
            say(Some(&line.deviation.word())),
            code(line.deviation).to_owned(),
            say(Some(&remark(row))),
        ]
    });
    Some(csv::table(std::iter::once(head).chain(rows)))
}

/// Returns a deviation's serialised form.
fn code(deviation: Deviation) -> &'static str {
    match deviation {
        Deviation::Positive => "positive",
        Deviation::None => "none",
        Deviation::Negative => "negative",
        Deviation::Undecided => "undecided",
        Deviation::NotApplicable => "not-applicable",
    }
}
