//! LAN parameters (§23): what they are; they are the machine's, and not to be changed.

use std::net::IpAddr;

use super::{Answer, NO_COMMAND, OK, TOO_SHORT, suites};
use crate::simulate::{clock::Moment, host::Host};

/// Reads an address of hardware.
fn mac(text: &str) -> Vec<u8> {
    text.split(':').filter_map(|part| u8::from_str_radix(part, 16).ok()).take(6).collect()
}

pub(super) fn answer(host: &Host, command: u8, data: &[u8], now: Moment) -> Answer {
    let (0x01 | 0x02, [_, parameter, ..]) = (command, data) else {
        let short = matches!(command, 0x01 | 0x02);
        return (if short { TOO_SHORT } else { NO_COMMAND }, Vec::new());
    };
    if command == 0x01 {
        // Read only.
        return (0x82, Vec::new());
    }
    let address = match host.identity.address.ip() {
        IpAddr::V4(ip) => ip.octets(),
        IpAddr::V6(_) => [0; 4],
    };
    let interface = format!("{}/EthernetInterfaces", host.base.manager);
    let first = host.children(&interface).into_iter().next();
    let body = first.and_then(|path| host.seen(&path, now)).unwrap_or_default();
    let text = |pointer: &str| body.pointer(pointer).and_then(|value| value.as_str());
    let four = |text: Option<&str>| {
        let ip = text.and_then(|text| text.parse::<std::net::Ipv4Addr>().ok());
        ip.map_or([0; 4], |ip| ip.octets()).to_vec()
    };
    let suites = suites(host);
    let value = match parameter {
        // Set complete; no authentication of 1.5; no gratuitous ARP, nor a priority of a VLAN.
        0 | 1 | 10 | 21 => vec![0],
        2 => vec![0; 5],
        3 => address.to_vec(),
        // Static.
        4 => vec![1],
        5 => mac(text("/MACAddress").unwrap_or("00:00:00:00:00:00")),
        6 => four(text("/IPv4Addresses/0/SubnetMask")),
        7 => vec![64, 0x40, 0x10],
        11 => vec![3],
        12 => four(text("/IPv4Addresses/0/Gateway")),
        13 | 15 => vec![0; 6],
        14 => vec![0; 4],
        16 => b"public\0\0\0\0\0\0\0\0\0\0\0\0".to_vec(),
        20 => vec![0, 0],
        22 => vec![u8::try_from(suites.len()).unwrap_or(0)],
        23 => {
            let mut all: Vec<u8> =
                std::iter::once(0).chain(suites.iter().map(|one| one.number())).collect();
            all.resize(17, 0);
            all
        }
        // Administrator by each suite that there is, by half bytes.
        24 => {
            let level = |at: usize| if at < suites.len() { 4_u8 } else { 0 };
            let all = (0..8).map(|at| level(at * 2) | level(at * 2 + 1) << 4);
            std::iter::once(0).chain(all).collect()
        }
        // Parameter not supported.
        _ => return (0x80, Vec::new()),
    };
    (OK, [vec![0x11], value].concat())
}
