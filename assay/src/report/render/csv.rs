//! `result.csv`: the case rows for spreadsheets.
//!
//! RFC 4180 with a byte-order mark, without which spreadsheets in Chinese
//! locales take UTF-8 for GB 18030. A cell that a spreadsheet would take for a
//! formula gets an apostrophe before it.

use profiles::{Text, Verdict};

use crate::report::{
    Language,
    batch::Batch,
    document::{Report, Row},
    plan::Plan,
    verdict::{self, Ground},
};

use super::words;

/// The columns: machine name, title, content.
type Column = (&'static str, words::Word, fn(&Report, usize, &Row, Language) -> String);

const COLUMNS: &[Column] = &[
    ("no", words::NUMBER, |_, number, _, _| number.to_string()),
    ("device", words::DEVICE, |report, _, _, _| report.subject.clone()),
    ("clause", words::CLAUSE, |_, _, row, _| row.judgement.clause.clone()),
    ("row", words::NORM_ROW, |_, _, row, _| row.judgement.row.clone()),
    ("check", words::CHECK, |_, _, row, _| row.judgement.check.clone()),
    ("item", words::ITEM, |_, _, row, _| row.judgement.item.clone()),
    ("title", words::TITLE, |_, _, row, language| text(&row.judgement.title, language)),
    ("level", words::LEVEL, |_, _, row, language| {
        text(&words::level(row.judgement.level).text(), language)
    }),
    ("wording", words::WORDING, |_, _, row, _| row.judgement.wording.clone()),
    ("method", words::METHOD, |_, _, row, language| text(&row.judgement.method, language)),
    ("expected", words::EXPECTED, |_, _, row, language| text(&row.judgement.expected, language)),
    ("measured", words::MEASURED, |_, _, row, language| text(&row.judgement.measured, language)),
    ("sources", words::SOURCES, |_, _, row, _| row.judgement.sources.join("; ")),
    ("verdict", words::VERDICT, |_, _, row, language| text(&row.verdict.word(), language)),
    ("verdict_code", words::VERDICT_CODE, |_, _, row, _| words::code(row.verdict).to_owned()),
    ("reasons", words::REASONS, |_, _, row, language| {
        let reasons: Vec<String> =
            words::reasons(row).iter().map(|reason| text(reason, language)).collect();
        reasons.join("; ")
    }),
    ("decided_by", words::DECIDED_BY, |_, _, row, language| {
        let decided = row.recorded().iter().map(|d| text(&words::decision(d), language));
        decided.collect::<Vec<_>>().join("; ")
    }),
    ("ground", words::GROUND, |_, _, row, language| {
        let ground = verdict::ground(row);
        ground.map(|ground| text(&words::ground(ground).text(), language)).unwrap_or_default()
    }),
    ("evidence", words::EVIDENCE, |report, _, row, _| {
        let decided = row.recorded().iter().flat_map(|decision| &decision.evidence);
        let named: Vec<String> = row
            .evidence
            .iter()
            .chain(decided)
            .map(|path| {
                let entry = report.evidence.iter().find(|entry| entry.path == *path);
                let digest = entry.map(|entry| entry.digests.sha256.as_str()).unwrap_or_default();
                format!("{path} sha256:{digest}")
            })
            .collect();
        named.join("; ")
    }),
];

/// Returns the case rows, one a line, with a header in `language`.
pub(super) fn rows(report: &Report, language: Language) -> Vec<u8> {
    let header = COLUMNS.iter().map(|(_, title, _)| text(&title.text(), language)).collect();
    let rows = report.rows.iter().enumerate().map(|(index, row)| {
        let number = index.saturating_add(1);
        COLUMNS.iter().map(|(_, _, content)| content(report, number, row, language)).collect()
    });
    table(std::iter::once(header).chain(rows))
}

/// Returns the columns' machine names, for programs that read `result.csv`.
pub(super) fn columns() -> Vec<u8> {
    let header = ["name", "zh", "en"].map(str::to_owned).to_vec();
    let rows = COLUMNS.iter().map(|(name, title, _)| {
        let Text { zh, en } = title.text();
        vec![(*name).to_owned(), zh, en]
    });
    table(std::iter::once(header).chain(rows))
}

/// Returns what all rows together say: a count a line, by its machine name and in both languages.
pub(super) fn summary(report: &Report) -> Vec<u8> {
    let header = ["name", "zh", "en", "count"].map(str::to_owned).to_vec();
    let line = |name: String, text: Text, count: u32| {
        let Text { zh, en } = text;
        vec![name, zh, en, count.to_string()]
    };
    let tally = &report.summary.overall.all;
    let verdicts = Verdict::ALL.into_iter().map(|verdict| {
        let name = format!("verdict.{}", words::code(verdict));
        line(name, verdict.word(), verdict::count(tally, verdict))
    });
    let grounds = verdict::grounds(&report.rows);
    let numbers = [
        (Ground::Measured, grounds.measured),
        (Ground::Read, grounds.read),
        (Ground::Attested, grounds.attested),
        (Ground::Waived, grounds.waived),
    ];
    let numbers = numbers.into_iter().map(|(ground, count)| {
        let text = words::ground(ground).text();
        line(format!("ground.{}", text.en), text, count)
    });
    let unsigned = Text::new("自填未签名", "self-entered, unsigned");
    let unsigned = line("unsigned".to_owned(), unsigned, grounds.unsigned);
    table(std::iter::once(header).chain(verdicts).chain(numbers).chain([unsigned]))
}

/// Returns the matrix machine × clause of a batch.
pub(super) fn batch(batch: &Batch, language: Language) -> Vec<u8> {
    let fixed = [words::DEVICE, words::MODEL, words::SERIAL, words::LOCATION, words::PROFILE];
    let mut header: Vec<String> = fixed.iter().map(|word| text(&word.text(), language)).collect();
    header.push(text(&words::OUTCOME.text(), language));
    header.extend(batch.clauses.iter().map(|clause| format!("{} {}", clause.clause, clause.title)));
    header.push("SHA-256".to_owned());
    let rows = batch.machines.iter().map(|machine| {
        let device = &machine.device;
        let mut row = vec![
            device.id.clone(),
            device.model.clone().unwrap_or_default(),
            device.serial.clone().unwrap_or_default(),
            device.location.clone().unwrap_or_default(),
            machine.profile.clone(),
            text(&words::outcome(machine.outcome).text(), language),
        ];
        row.extend(batch.clauses.iter().map(|clause| {
            Batch::conformity(machine, &clause.clause)
                .map(|conformity| text(&words::conformity(conformity).text(), language))
                .unwrap_or_default()
        }));
        row.push(machine.digests.sha256.clone());
        row
    });
    table(std::iter::once(header).chain(rows))
}

/// Returns the record form of a plan.
pub(super) fn records(plan: &Plan, language: Language) -> Vec<u8> {
    let heads = [
        words::NUMBER,
        words::PROFILE,
        words::CHECK,
        words::NORM_ROW,
        words::TITLE,
        words::LEVEL,
        words::METHOD,
        words::TOOL,
        words::EXPECTED,
        words::TAKES,
        words::RISK,
        words::SERIAL,
        words::MEASURED,
        words::VERDICT,
        words::TESTER,
        words::WITNESS,
        words::DATE,
    ];
    let header = heads.iter().map(|word| text(&word.text(), language)).collect();
    let cases = plan.parts.iter().flat_map(|part| part.cases.iter().map(move |case| (part, case)));
    let rows = cases.enumerate().map(|(at, (part, case))| {
        let mut row = vec![
            (at + 1).to_string(),
            part.profile.clone(),
            case.check.clone(),
            case.row.clone(),
            text(&case.title, language),
            text(&words::level(case.level).text(), language),
            text(&case.method, language),
            text(&case.tool, language),
            text(&case.expected, language),
            text(&super::html::time(case.takes_s), language),
            text(&case.risk.word(), language),
        ];
        row.resize(heads.len(), String::new());
        row
    });
    table(std::iter::once(header).chain(rows))
}

/// Returns a text in the languages of the report, in one cell.
pub(super) fn text(text: &Text, language: Language) -> String {
    match language {
        Language::Both if text.zh != text.en => format!("{} / {}", text.zh, text.en),
        other => text.get(other.lead()).to_owned(),
    }
}

/// Returns rows of cells as a table.
pub(crate) fn table(rows: impl Iterator<Item = Vec<String>>) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    for row in rows {
        let cells: Vec<String> = row.iter().map(|content| cell(content)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

/// Returns a cell as it stands in a table: quoted where it has to be, never a formula.
pub(crate) fn cell(content: &str) -> String {
    let formula = content.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let content: String = content.chars().filter(|c| *c != '\0').collect();
    let content = if formula { format!("'{content}") } else { content };
    if content.contains(['"', ',', '\r', '\n']) || content.trim() != content {
        format!("\"{}\"", content.replace('"', "\"\""))
    } else {
        content
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_never_formulas() {
        for (given, written) in [
            ("512 GiB", "512 GiB"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@x", "'@x"),
            ("\tx", "'\tx"),
            ("", ""),
        ] {
            assert_eq!(cell(given), written, "{given:?}");
        }
    }
}
