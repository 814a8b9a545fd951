//! Tables of what was found at BMCs: one table for all hosts, as text and as CSV.

mod rows;

use bmc::operation;
use profiles::{Lang, Text};

use super::found::{Met, WORDS};
use crate::output::{
    Layout, Tone, put,
    table::{Cell, Table},
};

/// Remarks that are told of one host; JSON has them all.
const REMARKS: usize = 8;

/// Hosts that are named where the same is said of several.
const NAMED: usize = 4;

/// A host and what it came to.
type Row<'a> = (&'a str, &'a Met);

/// Returns the table of all hosts, why some are not as wanted, and what to do about it.
pub fn page(hosts: &[Row<'_>], layout: Layout) -> String {
    let lang = layout.lang;
    let mut text = String::new();
    match hosts {
        // What one host says stands by itself.
        [(_, met)] if rows::is_plain(met) => text.push_str(&rows::plain(met, lang)),
        [(_, met)] if !met.is_bad() || rows::is_told(met) => {
            let table = rows::one(met, lang);
            text.push_str(&table.render(layout.paint, layout.columns));
        }
        [_] => {}
        _ => text.push_str(&many(hosts, lang).render(layout.paint, layout.columns)),
    }
    tell(&mut text, hosts, layout);
    let mut hints: Vec<(&str, &str)> = Vec::new();
    for hint in hosts.iter().filter_map(|(_, met)| met.hint()) {
        if !hints.contains(&hint) {
            hints.push(hint);
            let (word, hint) = match lang {
                Lang::Zh => ("提示", hint.0),
                Lang::En => ("hint", hint.1),
            };
            put(&mut text, format_args!("  {word}: {hint}\n"));
        }
    }
    if hosts.len() > 1 {
        text.push_str(&sum(hosts, lang));
    }
    text
}

/// Returns the headings and rows of what was found.
pub(super) fn findings(met: &Met, lang: Lang) -> (Vec<String>, Vec<Vec<Cell>>) {
    (rows::head(met, lang).unwrap_or_default(), rows::rows(met, lang))
}

/// Returns the same for spreadsheets: the address and the word of its end, then the columns.
pub fn csv(hosts: &[Row<'_>], lang: Lang) -> String {
    // A line a requirement where hosts were judged.
    let table = rows::listing(hosts, lang).unwrap_or_else(|| many(hosts, lang));
    let mut text = String::new();
    let cells = table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect());
    let head = table.head.iter().map(String::as_str).collect();
    for line in std::iter::once(head).chain(cells) {
        let line: Vec<&str> = line;
        let written: Vec<String> = line.into_iter().map(quoted).collect();
        put(&mut text, format_args!("{}\r\n", written.join(",")));
    }
    text
}

/// Writes a cell as RFC 4180 has it. What a spreadsheet would take for a formula stays text.
pub(super) fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
    let cell = if formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

/// Returns the table of several hosts: each row begins with its host and how it ended.
fn many(hosts: &[Row<'_>], lang: Lang) -> Table {
    let pick = |pair: (&str, &str)| match lang {
        Lang::Zh => pair.0.to_owned(),
        Lang::En => pair.1.to_owned(),
    };
    let mut head = hosts.iter().find_map(|(_, met)| rows::head(met, lang)).unwrap_or_default();
    if head.is_empty() && hosts.iter().any(|(_, met)| met.reason().is_some()) {
        head.push(pick(("原因", "reason")));
    }
    let mut table = Table::new(["BMC"]);
    table.head.push(pick(("结果", "result")));
    table.head.extend(head.iter().cloned());
    for (address, met) in hosts {
        let word = met.word();
        let tone = if word.is_good() { Tone::Good } else { Tone::Bad };
        let mut called = pick(word.called());
        if matches!(met, Met::Earlier(_)) {
            called.push_str(&pick(("（先前）", " (earlier)")));
        }
        let begin = [Cell::from(*address), Cell::toned(called, tone)];
        let mut found = rows::rows(met, lang);
        if found.is_empty() {
            // Why stands where the findings would.
            let why = if head.is_empty() { None } else { met.reason() };
            found.push(why.map_or_else(Vec::new, |(zh, en)| vec![pick((&zh, &en)).into()]));
        }
        for mut cells in found {
            cells.resize(head.len(), Cell::default());
            table.rows.push(begin.iter().cloned().chain(cells).collect());
        }
    }
    table
}

/// Tells why hosts are not as wanted, and what there is to say beside: once, with all the hosts
/// that it is said of.
fn tell(text: &mut String, hosts: &[Row<'_>], layout: Layout) {
    let pick = |(zh, en): &(String, String)| match layout.lang {
        Lang::Zh => zh.clone(),
        Lang::En => en.clone(),
    };
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    let mut say = |address, what: String| match said.iter_mut().find(|(had, _)| *had == what) {
        Some((_, addresses)) => addresses.push(address),
        None => said.push((what, vec![address])),
    };
    for (address, met) in hosts {
        let word = met.word();
        let reason = met.reason();
        // What was done to one host is said; a table of several says it in its row.
        if reason.is_some() || (hosts.len() == 1 && rows::is_act(met)) {
            let called = match layout.lang {
                Lang::Zh => word.called().0,
                Lang::En => word.called().1,
            };
            let tone = if word.is_good() { Tone::Good } else { Tone::Bad };
            let called = layout.paint.dye(tone, called);
            say(
                *address,
                reason.map_or_else(|| called.clone(), |why| format!("{called}: {}", pick(&why))),
            );
        }
        let remarks = met.remarks();
        for remark in remarks.iter().take(REMARKS) {
            say(*address, pick(remark));
        }
        let more = remarks.len().saturating_sub(REMARKS);
        if more > 0 {
            let more = Text::new(
                format!("另有 {more} 条，见 --output json"),
                format!("{more} more; --output json has them all"),
            );
            say(*address, more.get(layout.lang).to_owned());
        }
    }
    for (what, addresses) in said {
        let named = addresses.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = addresses.len().saturating_sub(NAMED);
        let more = match layout.lang {
            _ if more == 0 => String::new(),
            Lang::Zh => format!(" 等 {} 台", addresses.len()),
            Lang::En => format!(" and {more} more"),
        };
        put(text, format_args!("{named}{more}: {what}\n"));
    }
}

/// Counts the hosts by how they ended.
fn sum(hosts: &[Row<'_>], lang: Lang) -> String {
    let counts = WORDS.iter().filter_map(|word| {
        let count = hosts.iter().filter(|(_, met)| met.word() == *word).count();
        (count > 0).then(|| match lang {
            Lang::Zh => format!("{} {count}", word.called().0),
            Lang::En => format!("{} {count}", word.called().1.to_lowercase()),
        })
    });
    let counts: Vec<String> = counts.collect();
    let earlier = hosts.iter().filter(|(_, met)| matches!(met, Met::Earlier(_))).count();
    let earlier = match lang {
        _ if earlier == 0 => String::new(),
        Lang::Zh => format!("；其中先前已完成 {earlier} 台"),
        Lang::En => format!("; {earlier} of them earlier"),
    };
    match lang {
        Lang::Zh => format!("共 {} 台：{}{earlier}\n", hosts.len(), counts.join("，")),
        Lang::En => format!("hosts: {}; {}{earlier}\n", hosts.len(), counts.join(", ")),
    }
}

/// Returns the word of a power state: in Chinese, and in English.
fn power(state: Option<operation::power::State>) -> (&'static str, &'static str) {
    use operation::power::State;
    match state {
        Some(State::On) => ("开机", "on"),
        Some(State::Off) => ("关机", "off"),
        Some(State::TurningOn) => ("正在开机", "turning on"),
        Some(State::TurningOff) => ("正在关机", "turning off"),
        Some(State::Paused) => ("暂停", "paused"),
        None => ("未知", "unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Paint;

    #[test]
    fn a_cell_is_no_formula_and_no_two_cells() {
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("-12.5"), "-12.5");
        assert_eq!(quoted("said \"no\""), "\"said \"\"no\"\"\"");
    }

    #[test]
    fn a_host_that_failed_keeps_its_row_and_its_reason() {
        let met = Met::Stopped { credential: "rack".to_owned() };
        let other = Met::Interrupted;
        let layout = Layout { lang: Lang::En, paint: Paint::Plain, columns: None };
        let text = page(&[("192.0.2.7", &met), ("192.0.2.8", &other)], layout);
        assert!(text.contains("192.0.2.7  not tried"), "{text}");
        assert!(text.contains("192.0.2.7: not tried: other hosts refused"), "{text}");
        assert!(text.contains("hosts: 2; not tried 1, interrupted 1"), "{text}");
    }
}
