//! What BMCs can do: of one host a table of its features, of many a row a host.

use bmc::probe::{Cell as Probed, FEATURES, Verdict};
use profiles::Lang;

use crate::{
    failure::one_line,
    output::{
        Tone,
        table::{Cell, Table},
    },
};

/// Features of which what was found says more than how they stand.
const SAID: &[&str] =
    &["vendor", "model", "firmware", "bios", "dialect", "redfish", "tls", "etag", "ipmi"];

fn pick<'t>(lang: Lang, (zh, en): (&'t str, &'t str)) -> &'t str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

/// Returns the columns of many hosts: the features.
pub(super) fn head(lang: Lang) -> Vec<String> {
    FEATURES.iter().map(|(_, zh, en)| pick(lang, (zh, en)).to_owned()).collect()
}

/// Returns the row of one of many hosts: how each feature stands, or what it is.
pub(super) fn row(cells: &[Probed], lang: Lang) -> Vec<Cell> {
    let of = |cell: &Probed| {
        let is_said = SAID.contains(&cell.feature)
            && matches!(cell.verdict, Verdict::Works | Verdict::Guessed);
        let mut shown = verdict(cell, lang);
        if is_said {
            shown.text = said(cell, lang);
            if cell.verdict == Verdict::Guessed {
                shown.text.push('?');
            }
        }
        shown
    };
    cells.iter().map(of).collect()
}

/// Returns the table of one host.
pub(super) fn one(cells: &[Probed], lang: Lang) -> Table {
    let names = [("功能", "feature"), ("结论", "verdict"), ("内容", "found"), ("依据", "shown by")];
    let mut table = Table::new(names.map(|name| pick(lang, name)));
    for cell in cells {
        let name = FEATURES.iter().find(|(id, ..)| *id == cell.feature);
        let name = name.map_or(cell.feature, |(_, zh, en)| pick(lang, (zh, en)));
        let by = one_line(&cell.by);
        table.row([name.into(), verdict(cell, lang), said(cell, lang).into(), by.into()]);
    }
    table
}

fn said(cell: &Probed, lang: Lang) -> String {
    one_line(pick(lang, (cell.in_chinese(), &cell.what)))
}

fn verdict(cell: &Probed, lang: Lang) -> Cell {
    let word = pick(lang, cell.verdict.called());
    let text = match cell.verdict.quirk() {
        Some(name) => format!("{word} ({name})"),
        None => word.to_owned(),
    };
    let tone = match cell.verdict {
        Verdict::Works | Verdict::Quirk(_) => Some(Tone::Good),
        Verdict::Wrong => Some(Tone::Bad),
        Verdict::Missing | Verdict::Guessed | Verdict::Unknown => None,
    };
    Cell { text, tone }
}
