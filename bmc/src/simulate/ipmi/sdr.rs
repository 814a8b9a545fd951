//! The repository of sensor records (§33, §43).

use super::{Answer, NO_COMMAND, NOT_PRESENT, OK, OUT_OF_RANGE, State, TOO_SHORT, sensor};
use crate::{
    ipmi::wire::{byte, word},
    simulate::{clock::Moment, host::Host},
};

/// Writes a name as a record has it: 8-bit text, 16 bytes at most.
fn name(text: &str) -> Vec<u8> {
    let plain: Vec<u8> = text.bytes().filter(u8::is_ascii).take(16).collect();
    let length = u8::try_from(plain.len()).unwrap_or(0);
    std::iter::once(0xc0 | length).chain(plain).collect()
}

fn record(number: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    let [low, high] = number.to_le_bytes();
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    [&[low, high, 0x51, kind, length], body].concat()
}

/// Returns the records; each has the number of its place, from 1.
pub(super) fn records(host: &Host, now: Moment) -> Vec<Vec<u8>> {
    let locator = |head: &[u8], text: &str| [head, &name(text)].concat();
    // The BMC: SEL, FRU, sensors and repository; and the FRU behind it.
    let mut all = vec![
        record(1, 0x12, &locator(&[0x20, 0, 0, 0x8f, 0, 0, 0, 7, 1, 0], "BMC")),
        record(2, 0x11, &locator(&[0x20, 0, 0x80, 0, 0, 0x10, 0, 7, 1, 0], "Builtin FRU")),
    ];
    for (number, probe) in (1_u8..).zip(sensor::probes(host, now)) {
        let (mask, [lnc, lc, lnr, unc, uc, unr]) = probe.limits();
        let entity = match probe.kind {
            0x01 if probe.name.contains("CPU") => 3,
            0x04 => 29,
            0x02 => 7,
            0x0b => 10,
            _ => 55,
        };
        let exponent = u8::from_le_bytes(probe.exponent.to_le_bytes()) << 4;
        let body = [
            // Owner, number, entity, initialised, thresholds readable.
            0x20,
            0,
            number,
            entity,
            1,
            0x7f,
            0x47,
            probe.kind,
            0x01,
            // No events; thresholds that are read.
            0,
            0,
            0,
            0,
            mask,
            0,
            // Unsigned, base unit, linear; M, B and exponents.
            0,
            probe.unit,
            0,
            0,
            probe.scale,
            0,
            0,
            0,
            0,
            exponent,
            // No nominal reading; its range; thresholds, the upper ones first; hysteresis.
            0,
            0,
            0,
            0,
            0xff,
            0,
            unr,
            uc,
            unc,
            lnr,
            lc,
            lnc,
            0,
            0,
            0,
            0,
            0,
        ];
        let number = u16::from(number) + 2;
        all.push(record(number, 0x01, &[&body[..], &name(&probe.name)].concat()));
    }
    all
}

pub(super) fn answer(
    host: &Host,
    state: &mut State,
    command: u8,
    mut data: &[u8],
    now: Moment,
) -> Answer {
    match command {
        // Get SDR Repository Info: version 1.5, not modal, reservations.
        0x20 => {
            let count = u16::try_from(records(host, now).len()).unwrap_or(u16::MAX);
            let mut out = vec![0x51];
            out.extend(count.to_le_bytes());
            out.extend([0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0x02]);
            (OK, out)
        }
        // Reserve SDR Repository.
        0x22 => {
            state.reservation = state.reservation.wrapping_add(1).max(1);
            (OK, state.reservation.to_le_bytes().to_vec())
        }
        0x23 => {
            let (Some(reserved), Some(wanted)) = (word(&mut data), word(&mut data)) else {
                return (TOO_SHORT, Vec::new());
            };
            let (Some(offset), Some(length)) = (byte(&mut data), byte(&mut data)) else {
                return (TOO_SHORT, Vec::new());
            };
            // A part wants the reservation that nobody made after.
            if offset > 0 && reserved != state.reservation {
                return (0xc5, Vec::new());
            }
            let all = records(host, now);
            let at = match wanted {
                0 => Some(0),
                0xffff => all.len().checked_sub(1),
                number => usize::from(number).checked_sub(1),
            };
            let Some((at, record)) = at.and_then(|at| Some((at, all.get(at)?))) else {
                return (NOT_PRESENT, Vec::new());
            };
            let Some(rest) = record.get(usize::from(offset)..) else {
                return (OUT_OF_RANGE, Vec::new());
            };
            let next =
                if at + 1 < all.len() { u16::try_from(at + 2).unwrap_or(0xffff) } else { 0xffff };
            let part = rest.iter().take(length.into()).copied();
            (OK, next.to_le_bytes().into_iter().chain(part).collect())
        }
        _ => (NO_COMMAND, Vec::new()),
    }
}
