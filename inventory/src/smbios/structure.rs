//! One structure of a table: its formatted area and its strings (DSP0134 §6.1).

use std::borrow::Cow;

use super::Version;

/// A structure, borrowed from its table.
#[derive(Clone, Copy, Debug)]
pub struct Structure<'a> {
    /// Type of the structure.
    pub kind: u8,
    /// Handle, which firmware should not but does use twice.
    pub handle: u16,
    /// How many structures before this one carry the same handle.
    pub repeat: u16,
    /// Where in the table it begins.
    pub offset: usize,
    pub(super) formatted: &'a [u8],
    pub(super) strings: &'a [u8],
    pub(super) version: Version,
}

/// A string field as the table gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Index 0: the firmware gives no string.
    Unset,
    /// An index past the end of the strings.
    BadIndex(u8),
    /// The string: UTF-8 if it is valid, else read as Latin-1; without control bytes.
    Is(Cow<'a, str>),
}

impl<'a> Structure<'a> {
    /// Returns the formatted area, its four-byte header included.
    pub fn formatted(&self) -> &'a [u8] {
        self.formatted
    }

    /// Returns the version of the table, which decides how some fields read.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Returns the bytes from `at` to `at + N`, if the structure is that long.
    pub fn bytes<const N: usize>(&self, at: usize) -> Option<[u8; N]> {
        self.formatted.get(at..)?.first_chunk::<N>().copied()
    }

    /// Returns the byte at `at`.
    pub fn u8(&self, at: usize) -> Option<u8> {
        self.formatted.get(at).copied()
    }

    /// Returns the 16-bit number at `at`.
    pub fn u16(&self, at: usize) -> Option<u16> {
        self.bytes(at).map(u16::from_le_bytes)
    }

    /// Returns the 32-bit number at `at`.
    pub fn u32(&self, at: usize) -> Option<u32> {
        self.bytes(at).map(u32::from_le_bytes)
    }

    /// Returns the 64-bit number at `at`.
    pub fn u64(&self, at: usize) -> Option<u64> {
        self.bytes(at).map(u64::from_le_bytes)
    }

    /// Returns the string whose index is at `at`.
    pub fn text(&self, at: usize) -> Option<Text<'a>> {
        self.u8(at).map(|index| self.string(index))
    }

    /// Returns string number `index`, counted from 1.
    pub fn string(&self, index: u8) -> Text<'a> {
        match index.checked_sub(1) {
            None => Text::Unset,
            Some(before) => match self.strings().nth(usize::from(before)) {
                Some(bytes) => Text::Is(decode(bytes)),
                None => Text::BadIndex(index),
            },
        }
    }

    /// Returns string numbers from 1 to `count`, but of those that are not there
    /// only the first few: a byte must not make hundreds of lines.
    pub(super) fn numbered(&self, count: u8) -> std::ops::RangeInclusive<u8> {
        const SHOWN: usize = 16;
        let there = self.strings().take(count.into()).count();
        1..=count.min(u8::try_from(there.saturating_add(SHOWN)).unwrap_or(u8::MAX))
    }

    /// Returns the strings as bytes, in order. An empty one ends the set.
    pub fn strings(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.strings.split(|&byte| byte == 0).take_while(|bytes| !bytes.is_empty())
    }
}

/// Reads a string of a table: UTF-8 if it is valid, else Latin-1.
pub(super) fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.contains(char::is_control) => Cow::Borrowed(text),
        Ok(text) => text.chars().filter(|c| !c.is_control()).collect(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).filter(|c| !c.is_control()).collect(),
    }
}
