//! The BMC itself: what it is, its channel, its restart (§20 to §22).

use super::{Answer, BAD_FIELD, NO_COMMAND, NOT_PRESENT, OK, suites};
use crate::simulate::{clock::Moment, host::Host};

/// Returns the number that a maker has at IANA, of those that are simulated.
fn maker(host: &Host) -> u32 {
    match host.base.namespace.as_str() {
        "Huawei" => 2011,
        "Lenovo" => 19046,
        "Ami" => 15370,
        "OpenBMC" => 49871,
        // Not assigned to anybody here: reserved (0).
        _ => 0,
    }
}

/// Returns the GUID in the order of the wire: that of the UUID, backwards (§20.8).
pub(super) fn guid(host: &Host) -> [u8; 16] {
    let text = host.document(&host.base.system, Moment::default());
    let text = text.and_then(|body| body["UUID"].as_str().map(str::to_owned)).unwrap_or_default();
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let (pairs, _) = digits.as_chunks::<2>();
    let mut guid = [0; 16];
    for (into, [high, low]) in guid.iter_mut().rev().zip(pairs) {
        *into = high << 4 | low;
    }
    guid
}

/// Returns the major and the minor number of the BMC's firmware.
fn firmware(host: &Host) -> (u8, u8) {
    let version = host.raw(&host.base.manager).and_then(|body| body["FirmwareVersion"].as_str());
    let mut parts = version.unwrap_or_default().split('.');
    let mut next = || parts.next().and_then(|part| part.parse::<u8>().ok()).unwrap_or(0);
    (next() & 0x7f, next().min(99))
}

pub(super) fn answer(host: &mut Host, command: u8, data: &[u8], now: Moment) -> Answer {
    match command {
        // Get Device ID (§20.1): with SDR repository, SEL, FRU, sensors, chassis.
        0x01 => {
            let (major, minor) = firmware(host);
            let [maker_low, maker_middle, maker_high, _] = maker(host).to_le_bytes();
            let minor = ((minor / 10) << 4) | (minor % 10);
            let mut out = vec![0x20, 0x01, major, minor, 0x02, 0x8f];
            out.extend([maker_low, maker_middle, maker_high, 1, 0, 0, 0, 0, 0]);
            (OK, out)
        }
        0x02 | 0x03 => {
            host.audit("OK", "The BMC restarts", now);
            host.restart(now);
            (OK, Vec::new())
        }
        // Get Self Test Results: all passed.
        0x04 => (OK, vec![0x55, 0x00]),
        0x08 | 0x37 => (OK, guid(host).to_vec()),
        0x38 => (OK, vec![1, 0x80, 0x04, 0x02, 0, 0, 0, 0]),
        // Get Channel Access: always available, as the user may.
        0x41 => match data.first().map(|channel| channel & 0x0f) {
            Some(1 | 0x0e) => (OK, vec![0x02, 0x04]),
            _ => (NOT_PRESENT, Vec::new()),
        },
        // Get Channel Info: LAN, IPMB protocol, many sessions, defined by IPMI.
        0x42 => match data.first().map(|channel| channel & 0x0f) {
            Some(1 | 0x0e) => (OK, vec![1, 0x04, 0x01, 0x80, 0xf2, 0x1b, 0, 0, 0]),
            _ => (BAD_FIELD, Vec::new()),
        },
        // Get Channel Cipher Suites, within a session as outside of one.
        0x54 => {
            let index = usize::from(data.get(2).copied().unwrap_or(0) & 0x3f);
            let records = suites(host).into_iter().flat_map(|suite| {
                let [authentication, integrity, confidentiality] = suite.algorithms();
                [0xc0, suite.number(), authentication, 0x40 | integrity, 0x80 | confidentiality]
            });
            (OK, std::iter::once(1).chain(records.skip(index * 16).take(16)).collect())
        }
        _ => (NO_COMMAND, Vec::new()),
    }
}
