//! Records, FRUs and the SEL of BMCs that give them in pieces, or not at all.

use super::bench::{Bench, ask};
use crate::{
    ipmi::{IpmiError, command::sdr::Body},
    operation::{Outcome, sensor::State},
};

/// A full record of a temperature, not linear where `varies`.
fn record(id: u8, number: u8, name: &str, varies: bool) -> Vec<u8> {
    let mut body = vec![0x20, 0, number, 7, 1, 0x7f, 0x68, 1, 1];
    body.extend([0x80, 0x0a, 0x80, 0x0a, 0x38, 0x38, 0, 1, 0]);
    body.extend([if varies { 0x70 } else { 0 }, 1, 0, 0, 0, 0, 0]);
    body.extend([0; 17]);
    body.push(0xc0 | u8::try_from(name.len()).expect("short"));
    body.extend(name.bytes());
    let mut out = vec![id, 0, 0x51, 1, u8::try_from(body.len()).expect("short")];
    out.extend(body);
    out
}

/// Answers Get SDR out of records, `most` bytes at a time.
fn piece(records: &[Vec<u8>], data: &[u8], most: usize) -> (u8, Vec<u8>) {
    let [_, _, id, _, offset, count] = *data else { return (0xc7, Vec::new()) };
    let at = usize::from(id.saturating_sub(1));
    let Some(record) = records.get(at) else { return (0xcb, Vec::new()) };
    if usize::from(count) > most {
        return (0xca, Vec::new());
    }
    let next = if at + 1 < records.len() { id.max(1) + 1 } else { 0xff };
    let mut out = vec![next, if next == 0xff { 0xff } else { 0 }];
    out.extend(record.iter().skip(usize::from(offset)).take(usize::from(count)));
    (0, out)
}

#[test]
fn records_are_read_whole_or_in_pieces_and_again_when_a_reservation_is_cancelled() {
    let records = vec![record(1, 1, "Inlet Temp", false), record(2, 2, "Outlet Temp", false)];
    for most in [255, 40, 20, 8] {
        let (records, mut reservation, mut cancel) = (records.clone(), 0, 2);
        let bench =
            Bench::start(Box::new(move |request, _| match (request.netfn, request.command) {
                (0x0a, 0x22) => {
                    reservation += 1;
                    (0, vec![reservation, 0])
                }
                (0x0a, 0x23) if request.data.get(4) != Some(&0) && cancel > 0 => {
                    cancel -= 1;
                    (0xc5, Vec::new())
                }
                (0x0a, 0x23) if request.data.first() != Some(&reservation) => (0xc5, Vec::new()),
                (0x0a, 0x23) => piece(&records, &request.data, most),
                (0x04, 0x2d) => (0, vec![30 + request.data[0], 0xc0, 0xc0]),
                (0x04, 0x27) => (0, vec![0x38, 0, 0, 0, 40, 45, 50]),
                _ => (0xc1, Vec::new()),
            }));
        let found = ask(&bench, async |client| client.sensors().await).expect("sensors");
        assert_eq!(found.damage, Vec::<String>::new(), "{most}");
        let read: Vec<_> = found.items.iter().map(|one| (one.name.as_str(), one.reading)).collect();
        assert_eq!(read, [("Inlet Temp", Some(31.0)), ("Outlet Temp", Some(32.0))], "{most}");
        let upper = found.items.first().and_then(|one| one.thresholds.upper_critical);
        assert_eq!(upper, Some(45.0));
    }
}

#[test]
fn a_bmc_without_a_repository_has_its_own_records() {
    let records = vec![record(1, 1, "CPU", true)];
    let bench = Bench::start(Box::new(move |request, _| match (request.netfn, request.command) {
        (0x04, 0x21) => piece(&records, &request.data, 255),
        (0x04, 0x2d) => (0, vec![10, 0xc0, 0xc0]),
        // Not linear: M is 3 at that reading.
        (0x04, 0x23) => (0, vec![11, 3, 0, 0, 0, 0, 0]),
        _ => (0xc1, Vec::new()),
    }));
    let found = ask(&bench, async |client| client.sensors().await).expect("sensors");
    let one = found.items.first().expect("a sensor");
    assert_eq!((one.reading, one.state), (Some(30.0), State::Ok));
}

#[test]
fn a_sensor_that_is_not_read_stays_in_the_list() {
    let records = vec![
        record(1, 1, "Absent", false),
        record(2, 2, "Refused", false),
        {
            let mut other = record(3, 3, "Elsewhere", false);
            other[5] = 0x2c;
            other
        },
        // It leads back to the first one: that is not read for ever.
    ];
    let bench = Bench::start(Box::new(move |request, _| match (request.netfn, request.command) {
        (0x0a, 0x23) => {
            let (code, mut data) = piece(&records, &request.data, 255);
            if let Some(next) = data.get_mut(..2).filter(|next| *next == [0xff, 0xff]) {
                next.copy_from_slice(&[1, 0]);
            }
            (code, data)
        }
        (0x04, 0x2d) if request.data == [1] => (0xcb, Vec::new()),
        _ => (0xce, Vec::new()),
    }));
    let found = ask(&bench, async |client| client.sensors().await).expect("sensors");
    let states: Vec<_> = found.items.iter().map(|one| (one.name.as_str(), one.state)).collect();
    // The first record is known by 0 and by its number: it is there twice at most.
    assert_eq!(
        states.get(..3),
        Some(
            &[
                ("Absent", State::Unavailable),
                ("Refused", State::Unknown),
                ("Elsewhere", State::Unknown)
            ][..]
        )
    );
    assert!(states.len() <= 4, "{states:?}");
    assert!(found.damage.iter().any(|one| one.contains("Refused")), "{:?}", found.damage);
    assert!(found.damage.iter().any(|one| one.contains("0x2c")), "{:?}", found.damage);
}

/// A FRU with a chassis area alone.
fn memory() -> Vec<u8> {
    let mut area =
        vec![1, 2, 0x17, 0xc4, b'P', b'N', b'-', b'1', 0xc3, b'S', b'-', b'1', 0xc1, 0, 0];
    area.push(crate::ipmi::wire::message::checksum(&area));
    let mut out = vec![1, 0, 1, 0, 0, 0, 0];
    out.push(crate::ipmi::wire::message::checksum(&out));
    out.extend(area);
    out
}

#[test]
fn a_fru_is_read_by_bytes_and_by_words_in_pieces_that_the_bmc_gives() {
    for (words, most) in [(false, 255), (false, 8), (true, 255), (true, 8)] {
        let bytes = memory();
        let size = u8::try_from(bytes.len()).expect("small");
        let bench = Bench::start(Box::new(move |request, _| {
            let unit = if words { 2 } else { 1 };
            match (request.command, &*request.data) {
                (0x10, [0]) => (0, vec![size, 0, u8::from(words)]),
                (0x11, [0, low, 0, count]) => {
                    if usize::from(*count) * unit > most {
                        return (0xca, Vec::new());
                    }
                    let from = usize::from(*low) * unit;
                    let part = bytes.iter().skip(from).take(usize::from(*count) * unit);
                    (0, std::iter::once(*count).chain(part.copied()).collect())
                }
                _ => (0xc1, Vec::new()),
            }
        }));
        let found = ask(&bench, async |client| client.frus().await).expect("FRUs");
        let fru = found.items.first().expect("a FRU");
        let fields: Vec<_> =
            fru.fields.iter().map(|one| (one.name.as_str(), one.text.as_str())).collect();
        let wanted = [("type", "Rack Mount Chassis"), ("part number", "PN-1"), ("serial", "S-1")];
        assert_eq!((fields.as_slice(), fru.damage.len()), (&wanted[..], 0), "{words} {most}");
    }
}

#[test]
fn a_log_that_is_not_erased_is_told() {
    // One that erases and writes that it did; one that says yes and keeps all.
    for erases in [true, false] {
        let mut entries = 7_u8;
        let bench =
            Bench::start(Box::new(move |request, _| match (request.command, &*request.data) {
                (0x40, _) => (0, vec![0x51, entries, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]),
                (0x42, _) => (0, vec![9, 0]),
                (0x47, [9, 0, b'C', b'L', b'R', begin]) => {
                    if erases && *begin == 0xaa {
                        entries = 1;
                    }
                    (0, vec![1])
                }
                (0x43, _) => {
                    let cleared =
                        [1, 0, 2, 0, 0, 0, 0, 0x20, 0, 4, 0x10, 9, 0x6f, 0x02, 0xff, 0xff];
                    (0, [0xff, 0xff].into_iter().chain(cleared).collect())
                }
                _ => (0xc1, Vec::new()),
            }));
        let outcome = ask(&bench, async |client| client.clear_log().await).expect("a session");
        let kept = Outcome::NotKept {
            sent: "7 entries cleared".to_owned(),
            found: "7 entries".to_owned(),
        };
        assert_eq!(outcome, if erases { Outcome::Done } else { kept });
    }
}

#[test]
fn stores_that_are_not_there_are_empty_and_an_end_of_the_session_is_not() {
    let none = Bench::start(Box::new(|_, _| (0xc1, Vec::new())));
    let (records, frus) =
        ask(&none, async |client| Ok((client.records().await?, client.frus().await?)))
            .expect("a session");
    assert!(records.is_empty() && frus.items.is_empty());
    assert_eq!(frus.damage.len(), 1, "{:?}", frus.damage);
    assert!(!records.iter().any(|record| matches!(record.body, Body::Other(_))));
    let log = ask(&none, async |client| client.log().await);
    assert!(matches!(log, Err(IpmiError::Refused { code: 0xc1, .. })), "{log:?}");
}
