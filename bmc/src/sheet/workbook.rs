//! The sheets of a workbook: which there are, and what stands in their cells (ECMA-376 part 1, §18).

use std::collections::BTreeMap;

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

use super::{
    Cell, Fault, Merge, Rows, Sheet,
    archive::{Archive, broken},
};

/// Texts that cells may share, and characters that one cell may have (Excel's own limit).
const TEXTS: usize = 2_000_000;
const LONGEST: usize = 32_767;
/// Merged ranges that a sheet may have.
const MERGES: usize = 100_000;

/// Returns the sheets that are shown, in their order.
pub(crate) fn sheets(archive: &Archive<'_>) -> Result<Vec<Sheet>, Fault> {
    let book = archive.text("xl/workbook.xml")?.ok_or_else(|| broken("it has no workbook"))?;
    let links = archive.text("xl/_rels/workbook.xml.rels")?.unwrap_or_default();
    let texts = match archive.text("xl/sharedStrings.xml")? {
        Some(text) => shared(&text)?,
        None => Vec::new(),
    };
    let mut places = BTreeMap::new();
    each(&links, &mut |start, _| {
        if start.local_name().as_ref() == "Relationship"
            && let (Some(id), Some(target)) = (attribute(start, "Id"), attribute(start, "Target"))
        {
            places.insert(id, target);
        }
    })?;
    let mut named = Vec::new();
    each(&book, &mut |start, _| {
        let is_shown = attribute(start, "state").is_none_or(|state| state == "visible");
        if start.local_name().as_ref() == "sheet"
            && is_shown
            && let (Some(name), Some(id)) = (attribute(start, "name"), attribute(start, "r:id"))
        {
            named.push((name, id));
        }
    })?;
    let mut sheets = Vec::new();
    for (name, id) in named {
        let Some(target) = places.get(&id) else { continue };
        // From the root, or from the folder of the workbook.
        let path = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        if let Some(text) = archive.text(&path)? {
            let (rows, merges) = rows(&text, &texts)?;
            sheets.push(Sheet { name: Some(name), rows, merges });
        }
    }
    Ok(sheets)
}

/// Returns the texts that cells share (§18.4.9), without how they are to be spoken.
fn shared(xml: &str) -> Result<Vec<String>, Fault> {
    let mut texts = Vec::new();
    let mut reader = Reader::from_str(xml);
    let (mut text, mut is_text, mut spoken) = (String::new(), false, 0_u32);
    loop {
        match event(&mut reader)? {
            Event::Start(start) => match start.local_name().as_ref() {
                "si" => text.clear(),
                "t" => is_text = true,
                "rPh" => spoken += 1,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "si" if texts.len() < TEXTS => texts.push(std::mem::take(&mut text)),
                "si" => return Err(broken("it has too many texts")),
                "t" => is_text = false,
                "rPh" => spoken = spoken.saturating_sub(1),
                _ => {}
            },
            Event::Empty(start) if start.local_name().as_ref() == "si" => {
                texts.push(String::new());
            }
            Event::Eof => return Ok(texts),
            other if is_text && spoken == 0 => add(&mut text, &other),
            _ => {}
        }
    }
}

/// Returns the rows of a sheet (§18.3.1.73), and its merged cells.
fn rows(xml: &str, texts: &[String]) -> Result<(Rows, Vec<Merge>), Fault> {
    let mut rows: Rows = Vec::new();
    let mut merges = Vec::new();
    let mut reader = Reader::from_str(xml);
    let mut at = Place::default();
    let mut text = String::new();
    let (mut kind, mut is_value) = (String::new(), false);
    loop {
        match event(&mut reader)? {
            Event::Start(start) => match start.local_name().as_ref() {
                "row" => {
                    at.row(&start);
                    rows.push((at.line, BTreeMap::new()));
                }
                "c" => {
                    at.cell(&start);
                    kind = attribute(&start, "t").unwrap_or_default();
                    text.clear();
                }
                "v" | "t" => is_value = true,
                "mergeCell" if merges.len() < MERGES => merges.extend(merge(&start)),
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "v" | "t" => is_value = false,
                "c" => {
                    let cell = cell(&kind, &text, texts);
                    if let Some((_, cells)) = rows.last_mut()
                        && (!cell.text.is_empty() || cell.is_error)
                    {
                        cells.insert(at.column, cell);
                    }
                }
                _ => {}
            },
            Event::Empty(start) => match start.local_name().as_ref() {
                "row" => at.row(&start),
                "c" => at.cell(&start),
                "mergeCell" if merges.len() < MERGES => merges.extend(merge(&start)),
                _ => {}
            },
            Event::Eof => return Ok((rows, merges)),
            other if is_value => add(&mut text, &other),
            _ => {}
        }
    }
}

/// Reads a merged range (§18.3.1.54): `A2:B9`.
fn merge(start: &BytesStart<'_>) -> Option<Merge> {
    let range = attribute(start, "ref")?;
    let (first, last) = range.split_once(':')?;
    let cell = |name: &str| {
        let row = name.trim_start_matches(|at: char| at.is_ascii_alphabetic()).parse().ok()?;
        Some((number(name)?, row))
    };
    Some(Merge { first: cell(first)?, last: cell(last)? })
}

/// Where a sheet is read: rows and cells may leave out where they are, and are the next then.
#[derive(Default)]
struct Place {
    line: usize,
    column: u32,
    next: u32,
}

impl Place {
    fn row(&mut self, start: &BytesStart<'_>) {
        let told = attribute(start, "r").and_then(|text| text.parse().ok());
        self.line = told.unwrap_or(self.line.saturating_add(1));
        self.next = 0;
    }

    fn cell(&mut self, start: &BytesStart<'_>) {
        let told = attribute(start, "r").and_then(|text| number(&text));
        self.column = told.unwrap_or(self.next);
        self.next = self.column.saturating_add(1);
    }
}

/// Returns the number of a column by the name of one of its cells: 27 of `AB12`.
fn number(cell: &str) -> Option<u32> {
    let letters = cell.bytes().take_while(u8::is_ascii_alphabetic);
    let mut number = 0_u32;
    for letter in letters {
        let value = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
        number = number.checked_mul(26)?.checked_add(value)?;
    }
    number.checked_sub(1)
}

fn cell(kind: &str, text: &str, texts: &[String]) -> Cell {
    let plain = |text: &str| text.trim().chars().take(LONGEST).collect::<String>();
    match kind {
        "s" => {
            let shared = text.trim().parse::<usize>().ok().and_then(|at| texts.get(at));
            let is_error = shared.is_none() && !text.trim().is_empty();
            Cell { text: plain(shared.map_or("", String::as_str)), is_number: false, is_error }
        }
        "b" => {
            let text = if text.trim() == "1" { "true" } else { "false" };
            Cell { text: text.to_owned(), ..Cell::default() }
        }
        "e" => Cell { text: plain(text), is_number: false, is_error: true },
        "" | "n" => Cell { text: plain(text), is_number: true, is_error: false },
        // Text in the cell itself, or of a formula.
        _ => Cell { text: plain(text), ..Cell::default() },
    }
}

/// Adds what an event says to a text.
fn add(text: &mut String, event: &Event<'_>) {
    match event {
        Event::Text(more) => text.push_str(&more.xml10_content()),
        Event::CData(more) => text.push_str(&more.xml10_content()),
        Event::GeneralRef(reference) => {
            let name = reference.xml10_content();
            let one = match name.as_ref() {
                "lt" => Some('<'),
                "gt" => Some('>'),
                "amp" => Some('&'),
                "quot" => Some('"'),
                "apos" => Some('\''),
                other => other.strip_prefix('#').and_then(|number| {
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(digits) => u32::from_str_radix(digits, 16).ok(),
                        None => number.parse().ok(),
                    };
                    char::from_u32(code?)
                }),
            };
            text.extend(one);
        }
        _ => {}
    }
}

/// Does something with every element that begins, and whether it is empty.
fn each(xml: &str, with: &mut dyn FnMut(&BytesStart<'_>, bool)) -> Result<(), Fault> {
    let mut reader = Reader::from_str(xml);
    loop {
        match event(&mut reader)? {
            Event::Start(start) => with(&start, false),
            Event::Empty(start) => with(&start, true),
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

fn event<'x>(reader: &mut Reader<&'x [u8]>) -> Result<Event<'x>, Fault> {
    reader.read_event().map_err(|error| broken(&format!("its XML does not read: {error}")))
}

fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = start.try_get_attribute(name).ok()??;
    attribute
        .normalized_value(quick_xml::XmlVersion::Implicit1_0)
        .ok()
        .map(std::borrow::Cow::into_owned)
}
