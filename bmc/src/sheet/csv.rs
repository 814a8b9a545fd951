//! A table as text (RFC 4180): its encoding, its commas, its records.

use std::borrow::Cow;

use csv_core::{ReadRecordResult, Reader};

use super::{COMPOUND, Fault, SheetError, gb18030};

/// Bytes of one line at most; a line of a list takes some 200.
const LINE: usize = 64 * 1024;

/// Returns the text that bytes are: UTF-8, with or without a mark at its beginning, or GB 18030, of
/// which GBK is a part. Commas in full width are commas where the first line, or all of it, has no
/// other.
pub(crate) fn text(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
    if bytes.starts_with(COMPOUND) {
        return Err(SheetError { line: 1, fault: Fault::OldWorkbook });
    }
    let text = decoded(bytes)?;
    // A table that was written by hand in Chinese may have its commas in full width.
    let first = text.lines().next().unwrap_or_default();
    let is_wide = |text: &str| text.contains('，') && !text.contains(',');
    Ok(if is_wide(first) || is_wide(&text) { Cow::Owned(text.replace('，', ",")) } else { text })
}

fn decoded(bytes: &[u8]) -> Result<Cow<'_, str>, SheetError> {
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
        SheetError { line, fault: Fault::Encoding }
    })
}

/// The records of a table, one by one.
pub(crate) struct Records<'t> {
    reader: Reader,
    rest: &'t [u8],
    /// The line that the rest begins on, from 1.
    line: usize,
    /// The row that was read last, from 1: as a spreadsheet counts, to which a cell of several
    /// lines is one.
    row: usize,
    /// Whether what was read last ended with `\r`.
    has_half: bool,
}

impl<'t> Records<'t> {
    /// Returns the records of a text.
    pub(crate) fn of(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { reader: Reader::new(), rest: text.as_bytes(), line: 1, row: 0, has_half: false }
    }

    /// Returns the next record: its first line, and its cells without space around them.
    pub(crate) fn next(&mut self) -> Result<Option<(usize, Vec<String>)>, SheetError> {
        let (mut cells, mut ends) = (vec![0; 1024], vec![0; 32]);
        let (mut written, mut ended) = (0, 0);
        // The reader skips blank lines by itself, and does not say that it did.
        let blank = self.rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        // Of `\r\n` the reader leaves the second half for the next record.
        let is_half = self.has_half && self.rest.first() == Some(&b'\n');
        let before = self.line + usize::from(is_half);
        self.pass(blank);
        let line = self.line;
        self.row += 1 + line.saturating_sub(before);
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
                    return Err(SheetError { line, fault: Fault::Long { limit: LINE } });
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

    /// Returns the row that was read last.
    pub(crate) fn row(&self) -> usize {
        self.row
    }

    /// Goes on by so many bytes.
    fn pass(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, &[]));
        self.has_half = passed.last().map_or(self.has_half, |last| *last == b'\r');
        self.line += passed.split(|byte| *byte == b'\n').count().saturating_sub(1);
        self.rest = rest;
    }
}
