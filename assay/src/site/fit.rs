//! Whether a machine has the parts that a list asks for: yes, no, or what nobody told.

use inventory::Inventory;
use profiles::Text;

use super::{
    naming::{is_named, is_version},
    part::{Kind, Part, Want},
    piece::{Piece, Pieces, pieces},
};
use crate::lang::text;

/// What became of a part that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// It is there.
    Yes,
    /// It is not: what is there instead.
    No(Text),
    /// It is there, with other firmware.
    OtherFirmware(Text),
    /// Nobody told: why.
    Unknown(Text),
    /// It is there, and there is more than was asked for.
    More(Text),
}

/// How far a disk's size may be from the round one that it is sold by.
const PER_MILLE: u64 = 15;

/// Compares the parts of one machine with what it is to have; one answer for each part, and one for
/// each kind of which there is more.
pub(super) fn fits(parts: &[Part], inventory: &Inventory) -> Vec<(Kind, Fit)> {
    let mut fits = Vec::new();
    let mut kinds: Vec<Kind> = Vec::new();
    for part in parts {
        if !kinds.contains(&part.kind) {
            kinds.push(part.kind);
        }
    }
    for kind in kinds {
        let found = pieces(inventory, kind);
        let mut taken = vec![false; found.all.len()];
        // What is asked for in more detail is looked for first.
        let mut order: Vec<&Part> = parts.iter().filter(|part| part.kind == kind).collect();
        tiny_sort::stable::sort_by(&mut order, |one, other| {
            other.wants.len().cmp(&one.wants.len())
        });
        let mut all_there = true;
        for part in order {
            let fit = one(part, &found, &mut taken);
            all_there &= fit == Fit::Yes;
            fits.push((kind, fit));
        }
        let is_spare = |(taken, piece): &(&bool, &Piece)| !**taken && !piece.is_doubtful;
        let spare: Vec<&Piece> =
            taken.iter().zip(&found.all).filter(is_spare).map(|(_, piece)| piece).collect();
        if all_there && !spare.is_empty() && !kind.is_firmware() {
            let more = said(&spare);
            fits.push((kind, Fit::More(more_of(kind, &more))));
        }
    }
    fits
}

fn more_of(kind: Kind, more: &str) -> Text {
    let name = kind.name();
    Text::new(
        format!("{}多于清单：另有 {more}", name.zh),
        format!("more of {} than the list says: {more}", name.en),
    )
}

fn one(part: &Part, found: &Pieces, taken: &mut [bool]) -> Fit {
    let wanted = usize::try_from(part.count).unwrap_or(usize::MAX);
    let fitting = |wants: &[Want], taken: &[bool]| {
        let (mut sure, mut maybe) = (Vec::new(), Vec::new());
        for (at, (piece, taken)) in found.all.iter().zip(taken).enumerate() {
            match (taken, is_it(wants, piece)) {
                (true, _) | (_, Some(false)) => {}
                (false, Some(true)) if !piece.is_doubtful => sure.push(at),
                (false, _) => maybe.push(at),
            }
        }
        (sure, maybe)
    };
    let (sure, maybe) = fitting(&part.wants, taken);
    let enough = sure.len() >= wanted;
    for at in sure.iter().take(wanted) {
        if let Some(taken) = taken.get_mut(*at) {
            *taken = true;
        }
    }
    if enough {
        return Fit::Yes;
    }
    if let Some(reason) = &found.doubt {
        return Fit::Unknown(untold(part, reason));
    }
    if sure.len() + maybe.len() >= wanted {
        return Fit::Unknown(untold(part, ""));
    }
    let told = instead(part, found);
    let hardware: Vec<Want> =
        part.wants.iter().filter(|want| !matches!(want, Want::Firmware(_))).cloned().collect();
    if part.kind.is_firmware() {
        return if found.all.is_empty() {
            Fit::Unknown(untold(part, ""))
        } else {
            Fit::OtherFirmware(told)
        };
    }
    if hardware.len() < part.wants.len() {
        let mut free: Vec<bool> = taken.to_vec();
        for at in &sure {
            if let Some(free) = free.get_mut(*at) {
                *free = false;
            }
        }
        if fitting(&hardware, &free).0.len() >= wanted {
            return Fit::OtherFirmware(told);
        }
    }
    Fit::No(told)
}

fn untold(part: &Part, reason: &str) -> Text {
    let name = part.kind.name();
    let [zh, en] = if reason.is_empty() {
        [String::new(), String::new()]
    } else {
        [format!("（{reason}）"), format!(" ({reason})")]
    };
    Text::new(
        format!("{}未能查全，无法核对 `{}`{zh}", name.zh, part.text),
        format!("`{}` cannot be told: not all of {} was seen{en}", part.text, name.en),
    )
}

/// Says what is there instead of a part.
fn instead(part: &Part, found: &Pieces) -> Text {
    let all: Vec<&Piece> = found.all.iter().collect();
    let name = part.kind.name();
    if part.kind.is_firmware() {
        let version = all.first().map(|piece| piece.said()).unwrap_or_default();
        return text("清单 `{}`，实际 `{}`", "`{}` expected, `{}` found", &[&part.text, &version]);
    }
    let versions: Vec<&str> =
        found.all.iter().filter_map(|piece| piece.firmware.as_deref()).collect();
    let is_versioned = part.wants.iter().any(|want| matches!(want, Want::Firmware(_)));
    let mut there = said(&all);
    if is_versioned && !versions.is_empty() {
        there = format!("{there}; {}", versions.join(", "));
    }
    let odd: Vec<&str> = found
        .all
        .iter()
        .filter(|piece| is_it(&part.wants, piece) == Some(false))
        .filter_map(|piece| piece.label.as_deref())
        .take(4)
        .collect();
    let [zh, en] = match (odd.as_slice(), all.len()) {
        ([], _) => [String::new(), String::new()],
        // Where none of them fits, every place is odd.
        (odd, all) if odd.len() < all => {
            let odd = odd.join(", ");
            [format!("（不符：{odd}）"), format!(" (not so: {odd})")]
        }
        _ => [String::new(), String::new()],
    };
    Text::new(
        format!("{}：清单 `{}`，实际 {there}{zh}", name.zh, part.text),
        format!("{}: `{}` expected, found {there}{en}", name.en, part.text),
    )
}

/// Says which parts there are, like ones together: `7×32 GiB, 1×16 GiB`.
pub(super) fn said(pieces: &[&Piece]) -> String {
    let mut groups: Vec<(String, usize)> = Vec::new();
    for piece in pieces {
        let said = piece.said();
        match groups.iter_mut().find(|(known, _)| *known == said) {
            Some((_, count)) => *count += 1,
            None => groups.push((said, 1)),
        }
    }
    if groups.is_empty() {
        return "0".to_owned();
    }
    let groups: Vec<String> =
        groups.iter().map(|(said, count)| format!("{count}×{said}")).collect();
    groups.join(", ")
}

/// Returns whether a part is what is wanted; nothing where it did not tell.
fn is_it(wants: &[Want], piece: &Piece) -> Option<bool> {
    let mut is_known = true;
    for want in wants {
        match fits_one(want, piece) {
            Some(true) => {}
            Some(false) => return Some(false),
            None => is_known = false,
        }
    }
    is_known.then_some(true)
}

fn fits_one(want: &Want, piece: &Piece) -> Option<bool> {
    let near = |wanted: u64, found: u64| {
        wanted.abs_diff(found).saturating_mul(1000) <= wanted.saturating_mul(PER_MILLE)
    };
    match want {
        Want::Bytes(bytes) => piece.bytes.map(|found| near(*bytes, found)),
        Want::Word(word) => piece.words.as_ref().map(|found| is_named(word, found)),
        Want::Protocol(protocol) => piece.protocol.as_ref().map(|found| found == protocol),
        Want::Medium(medium) => piece.medium.as_ref().map(|found| found == medium),
        Want::Memory(kind) => {
            piece.memory.as_ref().map(|found| found.to_uppercase().starts_with(kind.as_str()))
        }
        Want::Mts(mts) => piece.mts.map(|found| near(*mts, found)),
        Want::Hertz(hertz) => piece.hertz.map(|found| near(*hertz, found)),
        Want::Cores(cores) => piece.cores.map(|found| found == *cores),
        Want::Bps(bps) => (!piece.bps.is_empty()).then(|| piece.bps.contains(bps)),
        Want::Ports(ports) => piece.ports.map(|found| found == *ports),
        Want::Milliwatts(power) => piece.milliwatts.map(|found| near(*power, found)),
        Want::Firmware(version) => piece.firmware.as_ref().map(|found| is_version(version, found)),
    }
}
