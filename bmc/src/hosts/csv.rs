//! A list of hosts as a CSV table (RFC 4180), as spreadsheets write it.

use std::{borrow::Cow, collections::BTreeMap};

use csv_core::{ReadRecordResult, Reader};

use super::{Fault, ListError, Listed, MOST, Row, field, gb18030, hosts};

/// Bytes of one line at most; a host takes some 200.
const LINE: usize = 64 * 1024;

/// What a workbook of before 2007 begins with, and one of today that a password locks.
const COMPOUND: &[u8] = &[0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Reads a list of hosts from a CSV table: UTF-8, with or without a mark at its beginning, or
/// GB 18030, of which GBK is a part.
pub fn csv(bytes: &[u8]) -> Result<Vec<Listed>, ListError> {
    if bytes.starts_with(COMPOUND) {
        return Err(ListError { line: 1, fault: Fault::OldWorkbook });
    }
    let text = text(bytes)?;
    // A table that was written by hand in Chinese may have its commas in full width.
    let first = text.lines().next().unwrap_or_default();
    let text = if first.contains('，') && !first.contains(',') {
        Cow::Owned(text.replace('，', ","))
    } else {
        text
    };
    let text = text.as_ref();
    let mut records = Records::of(text.strip_prefix('\u{feff}').unwrap_or(text));
    let Some((line, names)) = records.next()? else {
        return Err(ListError { line: 1, fault: Fault::Empty });
    };
    let mut columns = Vec::new();
    for name in &names {
        let fail = |fault| ListError { line, fault };
        // A spreadsheet leaves empty columns behind the last.
        if name.is_empty() {
            columns.push(None);
            continue;
        }
        let column = field::column(name).map_err(fail)?;
        if columns.contains(&Some(column)) {
            return Err(fail(Fault::Twice { name: name.clone() }));
        }
        columns.push(Some(column));
    }
    let mut rows = Vec::new();
    while let Some((line, cells)) = records.next()? {
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let fault = if rows.len() >= MOST {
            Some(Fault::TooMany)
        } else if cells.len() > columns.len() {
            Some(Fault::Cells { cells: cells.len(), columns: columns.len() })
        } else {
            None
        };
        if let Some(fault) = fault {
            return Err(ListError { line, fault });
        }
        let named =
            columns.iter().zip(cells).filter_map(|(column, cell)| Some((*column.as_ref()?, cell)));
        let mut cells = BTreeMap::new();
        cells.extend(named);
        rows.push(Row { cells, line });
    }
    hosts(rows)
}

/// Returns the text that bytes are.
fn text(bytes: &[u8]) -> Result<Cow<'_, str>, ListError> {
    let error = match str::from_utf8(bytes) {
        Ok(text) => return Ok(Cow::Borrowed(text)),
        Err(error) => error,
    };
    // UTF-16 would pass for GB 18030 here and there, and is none.
    let is_wide = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let decoded = if is_wide { None } else { gb18030::decode(bytes) };
    decoded.filter(|text| !text.contains('\0')).map(Cow::Owned).ok_or_else(|| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        ListError { line, fault: Fault::Encoding }
    })
}

/// The records of a table, one by one.
struct Records<'t> {
    reader: Reader,
    rest: &'t [u8],
    /// The line that the rest begins on, from 1.
    line: usize,
}

impl<'t> Records<'t> {
    fn of(text: &'t str) -> Self {
        Self { reader: Reader::new(), rest: text.as_bytes(), line: 1 }
    }

    /// Returns the next record: its first line, and its cells without space around them.
    fn next(&mut self) -> Result<Option<(usize, Vec<String>)>, ListError> {
        let (mut cells, mut ends) = (vec![0; 1024], vec![0; 32]);
        let (mut written, mut ended) = (0, 0);
        // The reader skips blank lines by itself, and does not say that it did.
        let blank = self.rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.pass(blank);
        let line = self.line;
        loop {
            let room = cells.get_mut(written..).unwrap_or_default();
            let places = ends.get_mut(ended..).unwrap_or_default();
            let (result, read, wrote, ends_wrote) =
                self.reader.read_record(self.rest, room, places);
            self.pass(read);
            written += wrote;
            ended += ends_wrote;
            let too_long = cells.len() >= LINE || ends.len() >= LINE;
            match result {
                // An empty input tells the reader that this was all.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if !too_long => cells.resize(cells.len() * 2, 0),
                ReadRecordResult::OutputEndsFull if !too_long => ends.resize(ends.len() * 2, 0),
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    let what = format!("the line is longer than {LINE} bytes");
                    return Err(ListError { line, fault: Fault::Syntax { what } });
                }
                ReadRecordResult::End => return Ok(None),
                ReadRecordResult::Record => {
                    let mut from = 0;
                    let mut all = Vec::new();
                    for end in ends.iter().take(ended) {
                        let cell = cells.get(from..*end).unwrap_or_default();
                        all.push(String::from_utf8_lossy(cell).trim().to_owned());
                        from = *end;
                    }
                    return Ok(Some((line, all)));
                }
            }
        }
    }

    /// Goes on by so many bytes.
    fn pass(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, &[]));
        self.line += passed.split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.rest = rest;
    }
}
