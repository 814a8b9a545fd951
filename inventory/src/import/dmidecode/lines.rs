//! Text as bytes: encodings, line ends, indents.

use std::borrow::Cow;

/// Columns of a tab: what pasting turns it into.
const TAB: usize = 8;

/// Returns `bytes` as text: UTF-8, UTF-16 with a byte order mark (shells of
/// Windows write it), else Latin-1.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk().copied().map(read));
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return Cow::Owned(wide(rest, u16::from_le_bytes));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return Cow::Owned(wide(rest, u16::from_be_bytes));
    }
    let bytes = bytes.strip_prefix("\u{FEFF}".as_bytes()).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// A line without its end and its indent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// Its number, from 1.
    pub(super) number: usize,
    /// Columns of blanks before the text.
    pub(super) indent: usize,
    /// The text; blanks at its end are part of it.
    pub(super) text: &'a str,
}

impl Line<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Returns the lines of `text`.
pub(super) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.split('\n').enumerate().map(|(at, line)| {
        let line = line.trim_end_matches('\r');
        let text = line.trim_start_matches(['\t', ' ']);
        let blanks = line.get(..line.len() - text.len()).unwrap_or_default();
        let indent = blanks.bytes().map(|blank| if blank == b'\t' { TAB } else { 1 }).sum();
        Line { number: at + 1, indent, text }
    })
}
