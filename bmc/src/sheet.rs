//! Tables as spreadsheets write them: CSV in the encodings that are met in China, and workbooks
//! (XLSX). What the columns mean is for others: a list of hosts, a delivery list.
//!
//! Cells are read as the file has them: a number in its own digits, so that a serial number that a
//! spreadsheet has rounded is seen ([`Cell::is_rounded`]) and refused with its name ([`place`]).

mod archive;
mod csv;
mod gb18030;
#[cfg(test)]
mod tests;
mod workbook;

use std::collections::BTreeMap;

pub(crate) use self::archive::Archive;
pub(crate) use self::csv::{Records, text};
pub(crate) use self::workbook::sheets;

/// What every archive of ZIP begins with.
const ZIP: &[u8] = b"PK\x03\x04";
/// What a workbook of before 2007 begins with, and one of today that a password locks.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];
/// Digits of a number that a spreadsheet keeps.
const DIGITS: usize = 15;
/// Rows that a table may have.
const MOST: usize = 200_000;

/// A cell: its text without space around it, and what it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// The text; of a number its own digits.
    pub text: String,
    /// Whether it is a number to the spreadsheet.
    pub is_number: bool,
    /// Whether it is an error of a formula (`#REF!`).
    pub is_error: bool,
}

impl Cell {
    /// Returns whether a spreadsheet has made a number of what was an identifier, and lost digits
    /// or zeros of it: `2.10E+11`, or a number of more than 15 digits.
    pub fn is_rounded(&self) -> bool {
        let digits = self.text.bytes().filter(u8::is_ascii_digit).count();
        let is_number = self.text.contains(['e', 'E', '.']) || digits > DIGITS;
        self.is_number && is_number || is_power_of_ten(&narrow(&self.text))
    }
}

/// Rows by their number, from 1; cells by their column, from 0. Cells without text are left out.
pub type Rows = Vec<(usize, BTreeMap<u32, Cell>)>;

/// Cells that are one to the reader (ECMA-376 part 1, §18.3.1.55): the first has the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Merge {
    /// Column and row of its first cell.
    pub first: (u32, usize),
    /// Column and row of its last cell.
    pub last: (u32, usize),
}

impl Merge {
    /// Returns whether a cell is part of it.
    pub fn has(&self, column: u32, row: usize) -> bool {
        (self.first.0..=self.last.0).contains(&column)
            && (self.first.1..=self.last.1).contains(&row)
    }

    /// Returns its name: `A2:B9`.
    pub fn name(&self) -> String {
        format!("{}:{}", place(self.first.0, self.first.1), place(self.last.0, self.last.1))
    }
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// Its name; nothing of a CSV table.
    pub name: Option<String>,
    /// Its rows.
    pub rows: Rows,
    /// Its merged cells.
    pub merges: Vec<Merge>,
}

/// Why a file is no table that can be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum Fault {
    /// Text in an encoding that is not read.
    #[error("the text is neither UTF-8 nor GB 18030")]
    Encoding,
    /// A workbook of before 2007, or one that is locked by a password.
    #[error("it is an old workbook (.xls), or one that a password locks")]
    OldWorkbook,
    /// A workbook that does not read.
    #[error("the workbook does not read: {what}")]
    Workbook { what: String },
    /// A line that no table has.
    #[error("the line is longer than {limit} bytes")]
    Long { limit: usize },
    /// Too many rows.
    #[error("the table has more than {limit} rows")]
    TooMany { limit: usize },
}

/// Why a file is no table that can be read, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct SheetError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub fault: Fault,
}

/// Returns whether bytes are a workbook, or some other archive of ZIP.
pub fn is_xlsx(bytes: &[u8]) -> bool {
    bytes.starts_with(ZIP)
}

/// Reads the tables of a file: the sheets of a workbook that are shown, or the one of a CSV file.
pub fn read(bytes: &[u8]) -> Result<Vec<Sheet>, SheetError> {
    if is_xlsx(bytes) {
        let whole = |fault| SheetError { line: 1, fault };
        let archive = Archive::read(bytes).map_err(whole)?;
        return sheets(&archive).map_err(whole);
    }
    let text = text(bytes)?;
    let mut records = Records::of(&text);
    let mut rows = Rows::new();
    while let Some((line, cells)) = records.next()? {
        if rows.len() >= MOST {
            return Err(SheetError { line, fault: Fault::TooMany { limit: MOST } });
        }
        let mut named = BTreeMap::new();
        for (column, text) in (0..).zip(cells) {
            if !text.is_empty() {
                named.insert(column, Cell { text, ..Cell::default() });
            }
        }
        rows.push((records.row(), named));
    }
    Ok(vec![Sheet { name: None, rows, merges: Vec::new() }])
}

/// Returns a text with the letters, digits and marks of ASCII that it has in full width made
/// narrow, as an input method for Chinese writes them: `１９２．０．２．７：８４４３`.
pub fn narrow(text: &str) -> String {
    let one = |at: char| match at {
        '\u{3000}' => ' ',
        '\u{3002}' => '.',
        '\u{ff01}'..='\u{ff5e}' => {
            // The block has the order of ASCII (Unicode, Halfwidth and Fullwidth Forms).
            char::from_u32(u32::from(at) - 0xfee0).unwrap_or(at)
        }
        other => other,
    };
    text.chars().map(one).collect()
}

/// Returns whether a spreadsheet has written an identifier as a power of ten: `2.10E+11`.
pub fn is_power_of_ten(text: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|at| at.is_ascii_digit());
    text.split_once(['E', 'e']).is_some_and(|(mantissa, exponent)| {
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let signed = exponent.strip_prefix(['+', '-']);
        // `12E4` may be a serial number; with a point or a sign it is none.
        let written = mantissa.contains('.') || signed.is_some();
        written && number(whole) && number(part) && number(signed.unwrap_or(exponent))
    })
}

/// Returns the name of a cell by its column, from 0, and its row, from 1: `C17`.
pub fn place(column: u32, row: usize) -> String {
    let mut left = column;
    let mut letters = Vec::new();
    loop {
        let letter = u8::try_from(left % 26).unwrap_or(0);
        letters.push(char::from(b'A' + letter));
        left /= 26;
        if left == 0 {
            break;
        }
        left -= 1;
    }
    let letters: String = letters.iter().rev().collect();
    format!("{letters}{row}")
}
