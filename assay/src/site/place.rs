//! Where a machine stands: room, rack, unit.

use std::fmt;

/// The highest unit of a rack: the tallest ones sold have 58.
pub const HIGHEST: u8 = 60;

/// Where a machine stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The room.
    pub room: Option<String>,
    /// The rack.
    pub rack: String,
    /// The lowest unit it takes, 1 at the bottom.
    pub unit: u8,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(room) = &self.room {
            write!(f, "{room}-")?;
        }
        write!(f, "{}-U{}", self.rack, self.unit)
    }
}

impl Place {
    /// Reads a place as it is written in one cell, `room-rack-U12` or `rack-U12`, and how many units
    /// the machine takes where a range is written: `A01-U12-U13`.
    ///
    /// What stands before the last part is the rack; where that has parts, the first is the room.
    pub fn read(text: &str) -> Option<(Self, Option<u8>)> {
        let parts: Vec<&str> = text
            .split(['-', '/', '_', ' ', '\u{2013}', '\u{2014}'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let (last, before) = parts.split_last()?;
        let top = unit(last)?;
        let (low, height, before) = match before.split_last() {
            // `U12-U13`: of a range both ends have their letter.
            Some((bottom, rest)) if !rest.is_empty() && is_marked(bottom) && is_marked(last) => {
                let low = unit(bottom)?;
                (low, Some(top.checked_sub(low)?.checked_add(1)?), rest)
            }
            _ => (top, None, before),
        };
        let (room, rack) = match before {
            [] => return None,
            [rack] => (None, (*rack).to_owned()),
            [room, rack @ ..] => (Some((*room).to_owned()), rack.join("-")),
        };
        Some((Self { room, rack, unit: low }, height))
    }

    /// Returns what tells racks apart.
    pub(super) fn rack_key(&self) -> String {
        let room = self.room.as_deref().map(folded).unwrap_or_default();
        format!("{room}|{}", folded(&self.rack))
    }

    /// Returns what tells places apart, however they are spaced and written; the room is left out
    /// where it is not known.
    pub(super) fn key(&self, with_room: bool) -> String {
        let room = self.room.as_deref().filter(|_| with_room).map(folded).unwrap_or_default();
        format!("{room}|{}|{}", folded(&self.rack), self.unit)
    }
}

/// Reads a unit: `12`, `U12`, `12U`, and a range of them with its height: `12-13`.
pub(super) fn units(text: &str) -> Option<(u8, Option<u8>)> {
    let text = text.trim();
    match text.split_once(['-', '~', '\u{2013}']) {
        None => Some((unit(text)?, None)),
        Some((low, top)) => {
            let (low, top) = (unit(low)?, unit(top)?);
            Some((low, Some(top.checked_sub(low)?.checked_add(1)?)))
        }
    }
}

fn unit(text: &str) -> Option<u8> {
    let plain = text.trim().trim_start_matches(['u', 'U']).trim_end_matches(['u', 'U', '位']);
    let plain = plain.trim_end_matches(['u', 'U']);
    plain.parse().ok().filter(|unit| (1..=HIGHEST).contains(unit))
}

fn is_marked(text: &str) -> bool {
    text.contains(['u', 'U'])
}

/// Returns a name without what nobody means by it: spaces, marks, case.
pub(crate) fn folded(text: &str) -> String {
    text.chars().filter(|at| at.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Returns the place that a file or folder is named by; a name without the letter of units is none,
/// for serial numbers have hyphens too.
pub fn from_name(name: &str) -> Option<Place> {
    let last = name.rsplit(['-', '_', ' ']).next()?;
    let is_unit = is_marked(last) && unit(last).is_some();
    is_unit.then(|| Place::read(name)).flatten().map(|(place, _)| place)
}
