//! The archive that a workbook is: files by their names (APPNOTE.TXT 6.3, "§" is of it).
//!
//! What it says of itself is checked before it is believed: places are within it, and no file is
//! unpacked to more than a list can have.

use std::collections::BTreeMap;

use miniz_oxide::inflate::decompress_to_vec_with_limit;

use super::Fault;

/// Bytes that one file of it may have: 100,000 hosts take some 30 MB.
const LARGEST: usize = 64 << 20;
/// Files that it may have.
const FILES: usize = 4096;
/// Bytes of the record at its end, and of the longest remark behind that (§4.3.16).
const END: usize = 22;
const REMARK: usize = 0xffff;

/// A file: how it is packed, and its bytes as they are.
struct Packed<'a> {
    method: u16,
    bytes: &'a [u8],
}

/// An archive.
pub(crate) struct Archive<'a> {
    files: BTreeMap<String, Packed<'a>>,
}

impl<'a> Archive<'a> {
    /// Reads the list of its files.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Fault> {
        let damaged = || broken("its list of files does not read");
        let (count, place) = end(bytes).ok_or_else(damaged)?;
        if count > FILES {
            return Err(broken("it has too many files"));
        }
        let mut files = BTreeMap::new();
        let mut at = place;
        for _ in 0..count {
            let (name, packed, next) = entry(bytes, at).ok_or_else(damaged)?;
            // Names are written with `/`; some writers take `\`.
            files.insert(name.replace('\\', "/"), packed);
            at = next;
        }
        Ok(Self { files })
    }

    /// Returns the text of a file; nothing where there is none of that name.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Fault> {
        let Some(packed) = self.files.get(name) else { return Ok(None) };
        let bytes = match packed.method {
            0 if packed.bytes.len() <= LARGEST => packed.bytes.to_vec(),
            8 => decompress_to_vec_with_limit(packed.bytes, LARGEST).map_err(|_error| {
                broken(&format!("`{name}` is damaged, or too large for a list"))
            })?,
            _ => return Err(broken(&format!("`{name}` is packed in a way that is not read"))),
        };
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_error| broken(&format!("`{name}` is not UTF-8")))
    }
}

pub(super) fn broken(what: &str) -> Fault {
    Fault::Workbook { what: what.to_owned() }
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    let two = bytes.get(at..at.checked_add(2)?)?;
    two.first_chunk().map(|two| u16::from_le_bytes(*two))
}

fn double(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..at.checked_add(4)?)?;
    four.first_chunk().and_then(|four| usize::try_from(u32::from_le_bytes(*four)).ok())
}

/// Finds the record at the end (§4.3.16): how many files there are, and where their list begins.
fn end(bytes: &[u8]) -> Option<(usize, usize)> {
    let last = bytes.len().checked_sub(END)?;
    let first = last.saturating_sub(REMARK);
    let at = (first..=last)
        .rev()
        .find(|at| bytes.get(*at..).is_some_and(|rest| rest.starts_with(b"PK\x05\x06")))?;
    Some((usize::from(word(bytes, at.checked_add(10)?)?), double(bytes, at.checked_add(16)?)?))
}

/// Reads an entry of the list (§4.3.12): its name, its file, where the next begins.
fn entry(bytes: &[u8], at: usize) -> Option<(String, Packed<'_>, usize)> {
    let field = |offset: usize| word(bytes, at.checked_add(offset)?);
    let long = |offset: usize| double(bytes, at.checked_add(offset)?);
    bytes.get(at..)?.starts_with(b"PK\x01\x02").then_some(())?;
    let (method, size) = (field(10)?, long(20)?);
    let lengths = [field(28)?, field(30)?, field(32)?].map(usize::from);
    let [name, extra, remark] = lengths;
    let start = at.checked_add(46)?;
    let text = bytes.get(start..start.checked_add(name)?)?;
    let text = String::from_utf8_lossy(text).into_owned();
    // The file's own head has a name and an extra field of its own lengths (§4.3.7).
    let local = long(42)?;
    bytes.get(local..)?.starts_with(b"PK\x03\x04").then_some(())?;
    let own = usize::from(word(bytes, local.checked_add(26)?)?);
    let own_extra = usize::from(word(bytes, local.checked_add(28)?)?);
    let data = local.checked_add(30)?.checked_add(own)?.checked_add(own_extra)?;
    let packed = Packed { method, bytes: bytes.get(data..data.checked_add(size)?)? };
    let next = start.checked_add(name)?.checked_add(extra)?.checked_add(remark)?;
    Some((text, packed, next))
}
