//! The event log (§31), made of the entries that Redfish shows.

use serde_json::Value;

use super::{Answer, BAD_FIELD, NO_COMMAND, NOT_PRESENT, OK, State, TOO_SHORT};
use crate::{
    ipmi::wire::{byte, take, word},
    simulate::{
        clock::{self, Moment},
        host::{Host, hex, set},
    },
};

/// Bytes of a record.
const LENGTH: usize = 16;

/// What an entry says, by how it begins: sensor type, event type, and offset.
const EVENTS: [(&str, [u8; 3]); 6] = [
    // System ACPI Power State: S0, and S5.
    ("Power was turned on", [0x22, 0x6f, 0x00]),
    ("Power was turned off", [0x22, 0x6f, 0x06]),
    // System Boot Initiated: by power up.
    ("System boot", [0x1d, 0x6f, 0x00]),
    // By hard reset.
    ("System restarted", [0x1d, 0x6f, 0x01]),
    // Critical Interrupt: NMI.
    ("NMI", [0x13, 0x6f, 0x00]),
    // Physical Security: general intrusion, not any more.
    ("Front panel: chassis intrusion cleared", [0x05, 0xef, 0x00]),
];
/// System Event: an entry was added to an auxiliary log; there it says more.
const ELSEWHERE: [u8; 3] = [0x12, 0x6f, 0x03];

/// Returns the record of an entry, with its number.
fn record(number: u16, body: &Value) -> [u8; LENGTH] {
    let mut record = [0; LENGTH];
    let kept = body["@sel"].as_str().and_then(of_hex);
    if let Some(kept) = kept {
        record = kept;
    } else {
        let message = body["Message"].as_str().unwrap_or_default();
        let known = EVENTS.iter().find(|(begin, _)| message.starts_with(begin));
        let [sensor, kind, offset] = known.map_or(ELSEWHERE, |(_, event)| *event);
        let time = body["Created"].as_str().and_then(clock::seconds).unwrap_or_default();
        let time = u32::try_from(time).unwrap_or(u32::MAX).to_le_bytes();
        let content = [0x20, 0, 4, sensor, 0, kind, offset, 0xff, 0xff];
        let all = [&[0, 0, 2][..], &time, &content].concat();
        for (into, from) in record.iter_mut().zip(all) {
            *into = from;
        }
    }
    let [low, high] = number.to_le_bytes();
    let [first, second, ..] = &mut record;
    (*first, *second) = (low, high);
    record
}

fn of_hex(text: &str) -> Option<[u8; LENGTH]> {
    let (pairs, _) = text.as_bytes().as_chunks::<2>();
    let digit =
        |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> =
        pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
    bytes?.try_into().ok()
}

/// Returns the entries by number, in order.
fn entries(host: &Host) -> Vec<(u16, String)> {
    let Some(log) = host.event_log() else { return Vec::new() };
    let all = host.children(&log).into_iter();
    let numbered = all.filter_map(|path| Some((path.rsplit('/').next()?.parse().ok()?, path)));
    // 0 and FFFF are the first and the last of all.
    numbered.filter(|(number, _)| (1..0xffff).contains(number)).collect()
}

fn time(host: &Host, now: Moment) -> [u8; 4] {
    u32::try_from(host.unix(now)).unwrap_or(u32::MAX).to_le_bytes()
}

pub(super) fn answer(
    host: &mut Host,
    state: &mut State,
    command: u8,
    mut data: &[u8],
    now: Moment,
) -> Answer {
    match command {
        // Get SEL Info: version 1.5; reserve and clear are had.
        0x40 => {
            let count = u16::try_from(entries(host).len()).unwrap_or(u16::MAX);
            let free = (1000_u16.saturating_sub(count)).saturating_mul(16);
            let newest = entries(host).last().and_then(|(number, path)| {
                let [_, _, _, a, b, c, d, ..] = record(*number, host.raw(path)?);
                Some([a, b, c, d])
            });
            let mut out = vec![0x51];
            out.extend(count.to_le_bytes());
            out.extend(free.to_le_bytes());
            out.extend(newest.unwrap_or_default());
            out.extend(state.erased);
            out.push(0x02);
            (OK, out)
        }
        0x42 => {
            state.reservation = state.reservation.wrapping_add(1).max(1);
            (OK, state.reservation.to_le_bytes().to_vec())
        }
        0x43 => get(host, data),
        // Add SEL Entry.
        0x44 => add(host, data, now),
        // Clear SEL: begin, or ask how far it is.
        0x47 => {
            let (Some(reserved), Some([b'C', b'L', b'R'])) =
                (word(&mut data), take::<3>(&mut data))
            else {
                return (BAD_FIELD, Vec::new());
            };
            if reserved != state.reservation {
                return (0xc5, Vec::new());
            }
            if byte(&mut data) == Some(0xaa)
                && let Some(log) = host.event_log()
            {
                host.clear(log.trim_end_matches("/Entries"));
                state.erased = time(host, now);
            }
            (OK, vec![1])
        }
        0x48 => (OK, time(host, now).to_vec()),
        0x49 => {
            let Some(wanted) = take::<4>(&mut data) else { return (TOO_SHORT, Vec::new()) };
            let off = i64::from(u32::from_le_bytes(*wanted))
                - i64::try_from(now.unix.as_secs()).unwrap_or_default();
            host.clock_off = off;
            (OK, Vec::new())
        }
        // Get SEL Time UTC Offset: none.
        0x5c => (OK, vec![0, 0]),
        _ => (NO_COMMAND, Vec::new()),
    }
}

/// Get SEL Entry.
fn get(host: &Host, mut data: &[u8]) -> Answer {
    let (Some(_), Some(wanted)) = (word(&mut data), word(&mut data)) else {
        return (TOO_SHORT, Vec::new());
    };
    let (offset, length) = (byte(&mut data).unwrap_or(0), byte(&mut data).unwrap_or(0xff));
    let all = entries(host);
    let at = match wanted {
        0 => Some(0),
        0xffff => all.len().checked_sub(1),
        _ => all.iter().position(|(number, _)| *number == wanted),
    };
    let Some((at, (number, path))) = at.and_then(|at| Some((at, all.get(at)?))) else {
        return (NOT_PRESENT, Vec::new());
    };
    let next = all.get(at + 1).map_or(0xffff, |(number, _)| *number);
    let record = host.raw(path).map(|body| record(*number, body)).unwrap_or_default();
    let part = record.iter().skip(offset.into()).take(length.into()).copied();
    (OK, next.to_le_bytes().into_iter().chain(part).collect())
}

/// Add SEL Entry.
fn add(host: &mut Host, mut data: &[u8], now: Moment) -> Answer {
    let Some(record) = take::<LENGTH>(&mut data) else { return (TOO_SHORT, Vec::new()) };
    let record = *record;
    host.event("OK", "An entry was added over IPMI", now);
    let Some((number, path)) = entries(host).pop() else {
        return (NOT_PRESENT, Vec::new());
    };
    if let Some(body) = host.edit(&path) {
        let mut own = record;
        // Events of sensors have the time that they came at.
        if let [_, _, kind, a, b, c, d, ..] = &mut own
            && *kind == 2
        {
            let stamp = u32::try_from(now.unix.as_secs()).unwrap_or(u32::MAX).to_le_bytes();
            [*a, *b, *c, *d] = stamp;
        }
        set(body, &["@sel"], hex(&own).into());
    }
    (OK, number.to_le_bytes().to_vec())
}

/// Platform Event Message (§29.3): over LAN without a generator, which is the console's software.
pub(super) fn platform_event(host: &mut Host, data: &[u8], now: Moment) -> Answer {
    let Some(event) = data.last_chunk::<7>() else { return (TOO_SHORT, Vec::new()) };
    let record = [&[0, 0, 2, 0, 0, 0, 0, 0x41, 0][..], event].concat();
    match add(host, &record, now) {
        (OK, _) => (OK, Vec::new()),
        other => other,
    }
}
