//! Reading integers and texts at an offset of a page that may be too short.

use super::PageError;

/// A page; reads past its end yield `None`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    /// Wraps a page of any length.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Wraps a page that must have `need` bytes.
    pub(super) fn of(page: &'static str, bytes: &'a [u8], need: usize) -> Result<Self, PageError> {
        if bytes.len() < need {
            return Err(PageError::Short { page, need, have: bytes.len() });
        }
        Ok(Self(bytes))
    }

    /// Returns `len` bytes at `at`.
    pub(super) fn slice(self, at: usize, len: usize) -> Option<&'a [u8]> {
        self.0.get(at..at.checked_add(len)?)
    }

    fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.slice(at, N)?.try_into().ok()
    }

    /// Returns the byte at `at`.
    pub(super) fn u8(self, at: usize) -> Option<u8> {
        self.0.get(at).copied()
    }

    /// Returns the little-endian 16 bits at `at`.
    pub(super) fn le16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    /// Returns the little-endian 32 bits at `at`.
    pub(super) fn le32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// Returns the little-endian 64 bits at `at`.
    pub(super) fn le64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// Returns the little-endian 48 bits at `at`.
    pub(super) fn le48(self, at: usize) -> Option<u64> {
        let low = u64::from(self.le32(at)?);
        let high = u64::from(self.le16(at.checked_add(4)?)?);
        Some(low | (high << 32))
    }

    /// Returns the little-endian 128 bits at `at`, held at the largest 64-bit value.
    pub(super) fn le128(self, at: usize) -> Option<u64> {
        let wide = u128::from_le_bytes(self.array(at)?);
        Some(u64::try_from(wide).unwrap_or(u64::MAX))
    }

    /// Returns the big-endian 16 bits at `at`.
    pub(super) fn be16(self, at: usize) -> Option<u16> {
        self.array(at).map(u16::from_be_bytes)
    }

    /// Returns the big-endian 32 bits at `at`.
    pub(super) fn be32(self, at: usize) -> Option<u32> {
        self.array(at).map(u32::from_be_bytes)
    }

    /// Returns the big-endian 64 bits at `at`.
    pub(super) fn be64(self, at: usize) -> Option<u64> {
        self.array(at).map(u64::from_be_bytes)
    }

    /// Returns the text of `len` bytes at `at`; `None` where it is blank.
    pub(super) fn text(self, at: usize, len: usize) -> Option<String> {
        printable(self.slice(at, len)?.iter().copied())
    }

    /// Returns the text of `len` bytes at `at`, each pair of bytes swapped as
    /// ATA has it (ACS-4 §3.4.9).
    pub(super) fn swapped_text(self, at: usize, len: usize) -> Option<String> {
        let pairs = self.slice(at, len)?.chunks_exact(2);
        printable(pairs.flat_map(|pair| pair.iter().rev().copied()))
    }
}

/// Returns the big-endian value of up to eight bytes; of more, their last eight.
pub(super) fn be_any(bytes: &[u8]) -> u64 {
    let wide =
        bytes.len() > 8 && bytes.iter().take(bytes.len().saturating_sub(8)).any(|byte| *byte != 0);
    if wide {
        return u64::MAX;
    }
    bytes.iter().fold(0, |value: u64, byte| (value << 8) | u64::from(*byte))
}

/// Returns `bytes` in lower-case hexadecimal.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .collect()
}

/// Returns the ASCII text in `bytes` without surrounding and repeated blanks.
///
/// Drives pad with blanks or zeros; what is not printable counts as a blank.
fn printable(bytes: impl Iterator<Item = u8>) -> Option<String> {
    let text: String =
        bytes.map(|byte| if byte.is_ascii_graphic() { char::from(byte) } else { ' ' }).collect();
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}
