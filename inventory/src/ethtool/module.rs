//! Plug-in modules: which parts of the EEPROM to read, and what they say.
//!
//! The first byte tells the kind (SFF-8024 table 4-1), and with it the map:
//! SFF-8472 for SFP, SFF-8636 for QSFP, CMIS for QSFP-DD and OSFP.

mod cmis;
mod sff8472;
mod sff8636;

use std::io;

use serde::{Deserialize, Serialize};

use crate::model::Module;

/// The bytes of a module's EEPROM that were read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Eeprom {
    /// Pieces of at most 128 bytes.
    pub pieces: Vec<Piece>,
}

/// A piece of an EEPROM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Piece {
    /// I²C address: 80 (A0h on the wire) or 81 (A2h).
    pub address: u8,
    /// Page.
    pub page: u8,
    /// Offset in the page: 0 or 128.
    pub offset: u8,
    /// The bytes in hex.
    pub hex: String,
}

/// Where a piece of an EEPROM is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: u8,
    pub(super) page: u8,
    pub(super) offset: u8,
}

impl Place {
    /// How long every piece is.
    pub(super) const LENGTH: u8 = 128;
}

/// The module's own address, and that of an SFP's diagnostics.
const MAIN: u8 = 0x50;
const DIAGNOSTICS: u8 = 0x51;

const LOWER: Place = Place { address: MAIN, page: 0, offset: 0 };
const UPPER: Place = Place { address: MAIN, page: 0, offset: 128 };
/// SFP: the lower half of A2h.
const MONITORS: Place = Place { address: DIAGNOSTICS, page: 0, offset: 0 };
/// CMIS: wavelength, and the lanes' monitors.
const CHARACTERISTICS: Place = Place { address: MAIN, page: 0x01, offset: 128 };
const LANES: Place = Place { address: MAIN, page: 0x11, offset: 128 };

/// The maps that modules follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Map {
    Sff8472,
    Sff8636,
    Cmis,
}

/// Reads the pieces of a module that its map needs; `None` where there is no
/// module.
///
/// # Errors
///
/// Where the driver does not serve EEPROMs this way, or permission is missing.
pub(super) fn read(
    read: &mut dyn FnMut(Place) -> io::Result<Vec<u8>>,
) -> io::Result<Option<Eeprom>> {
    let first = match read(LOWER) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        Err(error) if super::is_unsupported(&error) => return Err(error),
        Err(_) => return Ok(None),
    };
    let Some(map) = first.first().and_then(|kind| map_of(*kind)) else { return Ok(None) };
    let mut eeprom = Eeprom::default();
    let flat = first.get(2).is_some_and(|status| status & 0x80 != 0);
    eeprom.push(LOWER, &first);
    let more: &[Place] = match map {
        Map::Sff8472 => &[UPPER, MONITORS],
        Map::Sff8636 => &[UPPER],
        Map::Cmis if flat => &[UPPER],
        Map::Cmis => &[UPPER, CHARACTERISTICS, LANES],
    };
    for place in more {
        // What is missing costs its facts, not the module.
        if let Ok(bytes) = read(*place) {
            eeprom.push(*place, &bytes);
        }
    }
    Ok(Some(eeprom))
}

/// Takes apart the image that the ioctl serves: A0h, then A2h or upper pages.
pub(super) fn from_image(image: &[u8]) -> Option<Eeprom> {
    let map = map_of(*image.first()?)?;
    let second =
        if map == Map::Sff8472 { MONITORS } else { Place { address: MAIN, page: 1, offset: 128 } };
    let mut eeprom = Eeprom::default();
    for (place, bytes) in [LOWER, UPPER, second].into_iter().zip(image.chunks(128)) {
        eeprom.push(place, bytes);
    }
    Some(eeprom)
}

/// Returns what a module says of itself; `None` for a kind without a known map.
pub fn module(eeprom: &Eeprom) -> Option<Module> {
    let lower = eeprom.piece(LOWER)?;
    let kind = *lower.first()?;
    let mut module = match map_of(kind)? {
        Map::Sff8472 => sff8472::module(eeprom),
        Map::Sff8636 => sff8636::module(eeprom),
        Map::Cmis => cmis::module(eeprom),
    };
    module.kind = Some(kind_name(kind).to_owned());
    Some(module)
}

fn map_of(kind: u8) -> Option<Map> {
    match kind {
        0x03 => Some(Map::Sff8472),
        0x0c | 0x0d | 0x11 => Some(Map::Sff8636),
        0x18 | 0x19 | 0x1b | 0x1e | 0x1f => Some(Map::Cmis),
        _ => None,
    }
}

fn kind_name(kind: u8) -> &'static str {
    match kind {
        0x03 => "SFP",
        0x0c => "QSFP",
        0x0d => "QSFP+",
        0x11 => "QSFP28",
        0x18 => "QSFP-DD",
        0x19 => "OSFP",
        0x1b => "DSFP",
        0x1e => "QSFP+ (CMIS)",
        _ => "SFP-DD",
    }
}

impl Eeprom {
    fn push(&mut self, at: Place, bytes: &[u8]) {
        let Place { address, page, offset } = at;
        let mut hex = String::new();
        for byte in bytes.iter().take(usize::from(Place::LENGTH)) {
            for half in [byte >> 4, byte & 0x0f] {
                hex.extend(char::from_digit(u32::from(half), 16));
            }
        }
        self.pieces.push(Piece { address, page, offset, hex });
    }

    /// Returns the bytes at `at`, where they were read.
    fn piece(&self, at: Place) -> Option<Vec<u8>> {
        let is_it = |piece: &&Piece| {
            (piece.address, piece.page, piece.offset) == (at.address, at.page, at.offset)
        };
        let hex = self.pieces.iter().find(is_it)?.hex.as_bytes();
        let digit = |b: u8| char::from(b).to_digit(16);
        hex.chunks_exact(2)
            .map(|pair| match pair {
                [high, low] => u8::try_from(digit(*high)? << 4 | digit(*low)?).ok(),
                _ => None,
            })
            .collect()
    }
}

/// Returns the text in `bytes[from..from + length]`; blank is none.
fn text(bytes: &[u8], from: usize, length: usize) -> Option<String> {
    let raw = bytes.get(from..from.checked_add(length)?)?;
    let kept: String =
        raw.iter().filter(|b| (0x20..0x7f).contains(*b)).map(|b| char::from(*b)).collect();
    Some(kept.trim().to_owned()).filter(|text| !text.is_empty())
}

/// Returns the big-endian number at `at`.
fn word(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|pair| u16::from_be_bytes(*pair))
}

/// Returns milli-Celsius from a signed number of 1/256 °C.
fn temperature(raw: u16) -> i64 {
    i64::from(raw.cast_signed()) * 1_000 / 256
}

/// Returns nanowatt for each lane from numbers of 0.1 µW that begin at `from`.
fn powers(bytes: &[u8], from: usize, lanes: usize) -> Vec<u64> {
    (0..lanes)
        .filter_map(|lane| word(bytes, from.checked_add(lane.checked_mul(2)?)?))
        .map(|raw| u64::from(raw) * 100)
        .collect()
}

/// Returns bit/s from a number of 100 megabaud, or one of 250 where the first
/// says that it does not suffice.
fn bit_rate(hundreds: Option<u8>, quarters: Option<u8>) -> Option<u64> {
    match hundreds? {
        0 => None,
        0xff => quarters.filter(|rate| *rate > 0).map(|rate| u64::from(rate) * 250_000_000),
        rate => Some(u64::from(rate) * 100_000_000),
    }
}

#[cfg(test)]
mod tests;
