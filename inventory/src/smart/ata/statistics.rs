//! Device Statistics (GP log 04h, ACS-4 §9.5).

use std::collections::BTreeMap;

use crate::smart::PageError;
use crate::smart::bytes::Bytes;

/// Bit 63: the statistic exists.
const SUPPORTED: u64 = 1 << 63;
/// Bit 62: its value is valid.
const VALID: u64 = 1 << 62;

/// Valid statistics by page and offset.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statistics(pub BTreeMap<(u8, u16), i64>);

impl Statistics {
    /// Returns the statistic at `offset` of `page`.
    pub fn get(&self, page: u8, offset: u16) -> Option<i64> {
        self.0.get(&(page, offset)).copied()
    }

    /// Returns the count at `offset` of `page`; a negative value is none.
    pub fn count(&self, page: u8, offset: u16) -> Option<u64> {
        u64::try_from(self.get(page, offset)?).ok()
    }

    /// Returns them by the keys of the document: `1/0x008`.
    pub fn keyed(&self) -> BTreeMap<String, i64> {
        let mut keyed = BTreeMap::new();
        keyed.extend(self.0.iter().map(|((page, offset), value)| (key(*page, *offset), *value)));
        keyed
    }
}

/// Returns the document's key of a statistic.
pub(crate) fn key(page: u8, offset: u16) -> String {
    format!("{page}/0x{offset:03x}")
}

/// Decodes the sectors of the log, one after the other. A sector that names no
/// page (the list of pages in sector 0, an unsupported page) is passed over.
pub fn statistics(pages: &[u8]) -> Result<Statistics, PageError> {
    Bytes::of("ATA log 04h", pages, 512)?;
    let mut found = Statistics::default();
    for sector in pages.chunks_exact(512) {
        let page = Bytes::new(sector);
        let (Some(number), Some(revision)) = (page.u8(2), page.le16(0)) else { continue };
        if number == 0 || revision == 0 {
            continue;
        }
        for offset in (8_u16..512).step_by(8) {
            let Some(word) = page.le64(usize::from(offset)) else { continue };
            if word & SUPPORTED == 0 || word & VALID == 0 {
                continue;
            }
            found.0.insert((number, offset), value(number, offset, word));
        }
    }
    Ok(found)
}

/// Returns the value in the low bytes of a statistic's word: temperatures are
/// signed bytes, other sizes follow ACS-4 tables A.3 to A.9. What those do not
/// name takes the six bytes that a value may have.
fn value(page: u8, offset: u16, word: u64) -> i64 {
    let width = match (page, offset) {
        (5, 0x008..=0x048 | 0x058 | 0x068) => {
            let [low, ..] = word.to_le_bytes();
            return i64::from(low.cast_signed());
        }
        (1, 0x060) | (7, 0x008) => 8,
        (1, 0x048) => 16,
        (1, 0x008 | 0x010 | 0x040) | (2..=6, _) => 32,
        (1, 0x058) => 56,
        _ => 48,
    };
    i64::try_from(word & ((1_u64 << width) - 1)).unwrap_or(i64::MAX)
}
