//! The memory of a FRU, as far as it was read (FRU storage definition §8).

use crate::ipmi::wire::{byte, message::checksum, word};

/// The answer to Get FRU Inventory Area Info (IPMI 2.0 §34.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many bytes there are.
    pub bytes: u16,
    /// Whether it is asked for in words.
    pub words: bool,
}

impl Extent {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        Some(Self { bytes: word(&mut data)?, words: byte(&mut data)? & 1 != 0 })
    }
}

/// Bytes of the common header, and what offsets and lengths of areas count in.
const HEADER: usize = 8;
/// Bytes before a multirecord's data.
pub(super) const RECORD: usize = 5;

/// A memory, as far as it was read.
#[derive(Clone, Debug)]
pub struct Image {
    bytes: Vec<u8>,
    /// Which of them were read, or could not be and are not asked for again.
    known: Vec<Known>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Not,
    Read,
    Unreadable,
}

/// Where the areas are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Offsets {
    pub(super) chassis: Option<usize>,
    pub(super) board: Option<usize>,
    pub(super) product: Option<usize>,
    pub(super) records: Option<usize>,
    pub(super) sound: bool,
}

impl Image {
    /// A memory of so many bytes, of which none is read.
    pub fn new(size: u16) -> Self {
        let size = usize::from(size);
        Self { bytes: vec![0; size], known: vec![Known::Not; size] }
    }

    /// A memory that was read.
    pub fn of(bytes: &[u8]) -> Self {
        let known = vec![Known::Read; bytes.len()];
        Self { bytes: bytes.to_vec(), known }
    }

    /// Takes bytes that were read at an offset.
    pub fn put(&mut self, offset: usize, bytes: &[u8]) {
        let places = self.bytes.iter_mut().zip(&mut self.known).skip(offset);
        for ((place, known), byte) in places.zip(bytes) {
            *place = *byte;
            *known = Known::Read;
        }
    }

    /// Takes note that a piece cannot be read.
    pub fn give_up(&mut self, offset: usize, length: usize) {
        for known in self.known.iter_mut().skip(offset).take(length) {
            *known = Known::Unreadable;
        }
    }

    /// Returns the piece that is needed next, offset and length, or `None` when all that can be
    /// used was read.
    pub fn needs(&self) -> Option<(usize, usize)> {
        if let Some(piece) = self.unread(0, HEADER) {
            return Some(piece);
        }
        let offsets = self.offsets()?;
        let areas = [offsets.chassis, offsets.board, offsets.product];
        for offset in areas.into_iter().flatten() {
            if let Some(piece) = self.unread(offset, HEADER) {
                return Some(piece);
            }
            let length = self.area_length(offset).unwrap_or(0);
            if let Some(piece) = self.unread(offset, length) {
                return Some(piece);
            }
        }
        let mut at = offsets.records;
        while let Some(offset) = at {
            if let Some(piece) = self.unread(offset, RECORD) {
                return Some(piece);
            }
            let (length, last) = self.record_length(offset)?;
            if let Some(piece) = self.unread(offset, RECORD + length) {
                return Some(piece);
            }
            at = (!last).then_some(offset + RECORD + length);
        }
        None
    }

    /// Returns the first piece of a range that was not asked for yet.
    fn unread(&self, offset: usize, length: usize) -> Option<(usize, usize)> {
        let range = self.known.get(offset..)?;
        let range = range.get(..length).unwrap_or(range);
        let start = range.iter().position(|known| *known == Known::Not)?;
        let run = range.iter().skip(start).take_while(|known| **known == Known::Not).count();
        Some((offset + start, run))
    }

    /// Returns bytes that were all read.
    pub(super) fn read(&self, offset: usize, length: usize) -> Option<&[u8]> {
        let end = offset.checked_add(length)?;
        let known = self.known.get(offset..end)?;
        known
            .iter()
            .all(|known| *known == Known::Read)
            .then(|| self.bytes.get(offset..end))
            .flatten()
    }

    pub(super) fn offsets(&self) -> Option<Offsets> {
        let header = self.read(0, HEADER)?;
        let [version, _internal, chassis, board, product, records, _pad, _sum] =
            *header.first_chunk()?;
        // Format 1; an empty memory is all ones or zeros.
        if version & 0x0f != 1 {
            return None;
        }
        let at = |offset: u8| (offset != 0).then(|| usize::from(offset) * HEADER);
        Some(Offsets {
            chassis: at(chassis),
            board: at(board),
            product: at(product),
            records: at(records),
            sound: checksum(header) == 0,
        })
    }

    fn area_length(&self, offset: usize) -> Option<usize> {
        let [_version, length] = self.read(offset, 2)?.first_chunk()?;
        Some(usize::from(*length) * HEADER)
    }

    /// Returns an area, whole.
    pub(super) fn area(&self, offset: usize) -> Option<&[u8]> {
        let length = self.area_length(offset).filter(|length| *length > 0)?;
        self.read(offset, length)
    }

    /// Returns a multirecord's length, and whether it is the last.
    pub(super) fn record_length(&self, offset: usize) -> Option<(usize, bool)> {
        let [_kind, format, length, _, _] = self.read(offset, RECORD)?.first_chunk()?;
        // Of another format than 2, what follows is not known.
        Some((usize::from(*length), format & 0x80 != 0 || format & 0x0f != 2))
    }
}
