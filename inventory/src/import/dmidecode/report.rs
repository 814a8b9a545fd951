//! Lines into structures, and what a report says about itself.

use std::collections::HashMap;

use crate::import::ImportError;
use crate::smbios::kind_of_title;

use super::lines::{Line, lines};
use super::record::TextStructure;

/// What a file holds: one machine, by one report or several.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) structures: Vec<TextStructure>,
    /// Why structures may be missing.
    pub(super) loss: Option<String>,
    /// Whether only some types were printed.
    pub(super) selected: bool,
    pub(super) damage: Vec<TextDamage>,
    /// Handles that more than one structure has.
    pub(super) repeated: Vec<u16>,
}

/// Something wrong that the text shows.
#[derive(Clone, Debug)]
pub(super) struct TextDamage {
    pub(super) line: usize,
    pub(super) message: String,
    pub(super) message_zh: String,
}

/// Reads `text`, the content of the file `name`.
pub(super) fn read(name: &str, text: &str) -> Result<Reports, ImportError> {
    let mut reports: Vec<Report> = vec![Report::default()];
    let mut last = 0;
    for line in lines(text) {
        if !line.is_blank() {
            last = line.number;
        }
        if line.indent == 0 && line.text.starts_with("# dmidecode ") {
            reports.push(Report::default());
        }
        if let Some(report) = reports.last_mut() {
            report.line(line);
        }
    }
    if let Some(report) = reports.last_mut() {
        report.ends_cleanly = text.ends_with("\n\n") || text.ends_with("\n\r\n");
    }
    let mut joined = Reports::default();
    let mut any = false;
    for report in reports.into_iter().filter(|report| !report.structures.is_empty()) {
        let loss = report.loss(last);
        joined.selected = report.selected() && (joined.selected || !any);
        any = true;
        joined.loss = joined.loss.or(loss);
        joined.damage.extend(report.damage);
        join(name, &mut joined.structures, report.structures)?;
    }
    joined.repeated = number(&mut joined.structures);
    Ok(joined)
}

/// Adds the structures of a further report: types that are there already must
/// say the same again.
fn join(
    name: &str,
    all: &mut Vec<TextStructure>,
    more: Vec<TextStructure>,
) -> Result<(), ImportError> {
    let mut known: HashMap<u8, Vec<&TextStructure>> = HashMap::new();
    for structure in all.iter() {
        known.entry(structure.kind).or_default().push(structure);
    }
    let mut met: HashMap<u8, usize> = HashMap::new();
    let mut new = Vec::new();
    for structure in more {
        let Some(before) = known.get(&structure.kind) else {
            new.push(structure);
            continue;
        };
        let at = met.entry(structure.kind).or_default();
        match before.get(*at) {
            Some(same) if same.says_the_same(&structure) => *at += 1,
            other => {
                let against = other.or(before.last()).map_or(0, |other| other.line);
                return Err(ImportError::new(
                    name,
                    format!("this report is not of the machine that line {against} is of"),
                )
                .at(format!("line {}", structure.line))
                .with_hint("give the reports of each machine a file of their own"));
            }
        }
    }
    all.extend(new);
    Ok(())
}

/// Numbers structures with the same handle, or without handles the same type;
/// returns the handles that come more than once.
fn number(structures: &mut [TextStructure]) -> Vec<u16> {
    let mut repeated = Vec::new();
    let mut seen: HashMap<(Option<u16>, Option<u8>), usize> = HashMap::new();
    for structure in structures {
        let kind = structure.handle.is_none().then_some(structure.kind);
        let count = seen.entry((structure.handle, kind)).or_default();
        structure.repeat = *count;
        *count += 1;
        if *count == 2 {
            repeated.extend(structure.handle);
        }
    }
    repeated
}

/// How much of a table an output was to show, by what it says itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Seen {
    /// Nothing but structures: some types, or a piece.
    #[default]
    Some,
    /// The heading of a whole table.
    Heading,
    /// The end of the table.
    End,
}

/// One output of dmidecode.
#[derive(Debug, Default)]
struct Report {
    structures: Vec<TextStructure>,
    /// The structure that lines go to.
    open: bool,
    /// Indent of the open structure's fields.
    indent: Option<usize>,
    /// A handle whose type is on the next line (releases before 2.5).
    pending: Option<u16>,
    seen: Seen,
    announced: Option<usize>,
    ends_cleanly: bool,
    /// What dmidecode itself complained about, and whether it cost structures.
    broken: Option<String>,
    damage: Vec<TextDamage>,
}

impl Report {
    fn line(&mut self, line: Line<'_>) {
        if let Some(rest) = line.text.strip_prefix("Handle 0x").filter(|_| line.indent == 0) {
            self.header(line, rest);
        } else if let Some(handle) = self.pending.take() {
            match type_in(line.text) {
                Some(kind) => self.begin(kind, Some(handle), line.number),
                None => self.unreadable(line),
            }
        } else if line.is_blank() {
            self.open = false;
        } else if !self.open {
            self.outside(line);
        } else if line.indent > 0 {
            self.inside(line);
        } else {
            // The title, or a further heading inside the structure.
            self.complaint(line);
        }
    }

    /// `Handle 0x0021, DMI type 17, 84 bytes`
    fn header(&mut self, line: Line<'_>, rest: &str) {
        self.open = false;
        let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
        let (digits, rest) = rest.split_at_checked(digits).unwrap_or((rest, ""));
        let handle = u16::from_str_radix(digits, 16).ok();
        match (handle, type_in(rest)) {
            (Some(handle), Some(kind)) => self.begin(kind, Some(handle), line.number),
            (Some(handle), None) if rest.trim().is_empty() => self.pending = Some(handle),
            _ => self.unreadable(line),
        }
    }

    fn begin(&mut self, kind: u8, handle: Option<u16>, line: usize) {
        self.structures.push(TextStructure { kind, handle, line, ..TextStructure::default() });
        self.open = true;
        self.indent = None;
        if kind == 127 {
            self.seen = Seen::End;
        }
    }

    fn unreadable(&mut self, line: Line<'_>) {
        self.open = false;
        self.damage.push(TextDamage {
            line: line.number,
            message: "the heading of a structure cannot be read".to_owned(),
            message_zh: "结构标题无法读取".to_owned(),
        });
        let broken = format!("line {}: the heading of a structure cannot be read", line.number);
        self.broken.get_or_insert(broken);
    }

    /// A line between structures: a title without handle, or dmidecode's words
    /// about the table.
    fn outside(&mut self, line: Line<'_>) {
        if line.indent > 0 {
            return;
        }
        let words = line.text.trim();
        if let Some(kind) = kind_of_title(words) {
            return self.begin(kind, None, line.number);
        }
        if let Some((count, _)) = words.split_once(" structures occupying ") {
            self.seen = Seen::Heading;
            self.announced = count.parse().ok();
        } else if words.starts_with("Table at 0x") {
            self.seen = Seen::Heading;
        }
        self.complaint(line);
    }

    /// Notes what dmidecode complains about.
    fn complaint(&mut self, line: Line<'_>) {
        let words = line.text.trim();
        let loses = words.starts_with("Wrong DMI structures count")
            || words.contains("DMI table is broken")
            || words.starts_with("Table is unreachable")
            || words.starts_with("<TRUNCATED>");
        let harmless = words.starts_with("Wrong DMI structures length")
            || words.starts_with("Invalid entry length");
        if loses || harmless {
            self.damage.push(TextDamage {
                line: line.number,
                message: format!("dmidecode says `{words}`"),
                message_zh: format!("dmidecode 报告 `{words}`"),
            });
        }
        if loses {
            self.broken.get_or_insert(format!("line {}: dmidecode says `{words}`", line.number));
        }
    }

    /// A field, or a line below one.
    fn inside(&mut self, line: Line<'_>) {
        let Some(structure) = self.structures.last_mut() else { return };
        if line.text.trim_start().starts_with("<TRUNCATED>") {
            return self.complaint(line);
        }
        if self.indent.is_none() && !line.text.contains(':') {
            // Releases before 2.5 indented the title too; so does type 25 since.
            return;
        }
        let level = *self.indent.get_or_insert(line.indent);
        if line.indent > level {
            if let Some(field) = structure.fields.last_mut() {
                field.items.push(line.text.trim_end().to_owned());
            }
        } else if let Some((name, value)) = line.text.split_once(':') {
            structure.push(name, value.strip_prefix(' ').unwrap_or(value));
        }
    }

    /// Whether the report was to show some types only.
    fn selected(&self) -> bool {
        self.seen == Seen::Some
    }

    /// Why structures may be missing.
    fn loss(&self, last: usize) -> Option<String> {
        if let Some(broken) = &self.broken {
            return Some(broken.clone());
        }
        let count = self.structures.len();
        match self.announced {
            Some(announced) if count < announced => Some(format!(
                "the report announces {announced} structures and shows {count}; it ends at line \
                 {last}"
            )),
            None if self.seen == Seen::Heading => {
                Some(format!("the report ends at line {last} without the end of the table"))
            }
            None if self.seen == Seen::Some && !self.ends_cleanly => {
                Some(format!("the report may be cut at line {last}: no blank line ends it"))
            }
            Some(_) | None => None,
        }
    }
}

/// Reads the type in `, DMI type 17, 84 bytes` or `DMI type 17, 27 bytes.`.
fn type_in(text: &str) -> Option<u8> {
    let (_, rest) = text.split_once("DMI type ")?;
    let (number, _) = rest.split_once(',')?;
    number.trim().parse().ok()
}
