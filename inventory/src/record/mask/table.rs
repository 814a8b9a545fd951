//! The SMBIOS table: what makers put where nobody else can tell what it is.
//!
//! Serial numbers and tags are masked by name before this. Here go the strings
//! of OEM structures and OEM strings, and the bytes that may hold addresses
//! (OEM structures, the management controller's host interface).

use super::pseudonym::Pseudonyms;

const OEM_STRINGS: u8 = 11;
const CONFIGURATION: u8 = 12;
const HOST_INTERFACE: u8 = 42;
const END: u8 = 127;
const OEM: u8 = 128;

/// Fields that hold the number of a string with a serial number or tag, by
/// structure.
const SERIALS: &[(u8, &[usize])] = &[
    (1, &[0x07]),
    (2, &[0x07, 0x08]),
    (3, &[0x07, 0x08]),
    (4, &[0x20, 0x21]),
    (17, &[0x18, 0x19]),
    (22, &[0x07]),
    (39, &[0x08, 0x09]),
];

/// Masks the table in place; a damaged one as far as it can be walked.
pub(super) fn mask(table: &mut [u8], names: &Pseudonyms) {
    let mut at = 0_usize;
    while let Some(piece) = piece(table, at) {
        let Some(bytes) = table.get_mut(piece.start..piece.end) else { return };
        let (formatted, strings) = bytes.split_at_mut(piece.formatted.min(bytes.len()));
        match piece.kind {
            OEM.. | HOST_INTERFACE => {
                formatted.iter_mut().skip(4).for_each(|byte| *byte = 0);
                each_string(strings, |_, text| shaped(text, names));
            }
            OEM_STRINGS | CONFIGURATION => each_string(strings, |_, text| shaped(text, names)),
            kind => {
                let fields = SERIALS.iter().find(|(of, _)| *of == kind).map(|(_, fields)| *fields);
                let numbers: Vec<u8> = fields
                    .unwrap_or_default()
                    .iter()
                    .filter_map(|field| formatted.get(*field).copied())
                    .collect();
                // Those known by name are masked already; masking them twice
                // would part them from their like.
                each_string(strings, |number, text| {
                    if numbers.contains(&number) && text.len() < super::SHORTEST {
                        shaped(text, names);
                    }
                });
            }
        }
        if piece.kind == END {
            return;
        }
        at = piece.end;
    }
}

struct Piece {
    kind: u8,
    start: usize,
    formatted: usize,
    end: usize,
}

/// Returns the structure at `start`.
fn piece(table: &[u8], start: usize) -> Option<Piece> {
    let rest = table.get(start..)?;
    let (kind, formatted) = (*rest.first()?, usize::from(*rest.get(1)?));
    if formatted < 4 {
        return None;
    }
    let strings = rest.get(formatted..)?;
    let end = strings.windows(2).position(|pair| pair == [0, 0])?;
    let length = formatted.checked_add(end)?.checked_add(2)?;
    Some(Piece { kind, start, formatted, end: start.checked_add(length)? })
}

fn each_string(strings: &mut [u8], mut edit: impl FnMut(u8, &mut [u8])) {
    let mut number = 0_u8;
    for text in strings.split_mut(|b| *b == 0).filter(|text| !text.is_empty()) {
        number = number.saturating_add(1);
        edit(number, text);
    }
}

fn shaped(text: &mut [u8], names: &Pseudonyms) {
    let old = String::from_utf8_lossy(text).into_owned();
    let new = names.shaped(&old);
    if new.len() == text.len() {
        text.copy_from_slice(new.as_bytes());
    }
}
