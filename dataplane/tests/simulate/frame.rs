//! Frames for tests.

use std::net::IpAddr;

use dataplane::address::Mac;

/// An IP packet in a frame: addresses, protocol, and what is above IP.
pub(crate) fn ip(
    macs: (Mac, Mac),
    source: IpAddr,
    destination: IpAddr,
    protocol: u8,
    above: &[u8],
) -> Vec<u8> {
    let mut frame = [macs.1.0, macs.0.0].concat();
    let length = u16::try_from(above.len()).expect("a short packet");
    match (source, destination) {
        (IpAddr::V4(source), IpAddr::V4(destination)) => {
            frame.extend([8, 0, 0x45, 0]);
            frame.extend((length + 20).to_be_bytes());
            frame.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
            frame.extend(source.octets());
            frame.extend(destination.octets());
        }
        (IpAddr::V6(source), IpAddr::V6(destination)) => {
            frame.extend([0x86, 0xdd, 0x60, 0, 0, 0]);
            frame.extend(length.to_be_bytes());
            frame.extend([protocol, 255]);
            frame.extend(source.octets());
            frame.extend(destination.octets());
        }
        _ => unreachable!("a packet has one family"),
    }
    frame.extend(above);
    frame
}

/// What stands above IP: ports, or type and code, and room for a target.
pub(crate) fn above(ports: Option<(u16, u16)>, icmp: Option<(u8, u8)>, target: IpAddr) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some((from, to)) = ports {
        bytes.extend(from.to_be_bytes());
        bytes.extend(to.to_be_bytes());
    }
    if let Some((kind, code)) = icmp {
        bytes.extend([kind, code]);
    }
    bytes.resize(8, 0);
    if let (IpAddr::V6(target), Some(_)) = (target, icmp) {
        bytes.extend(target.octets());
    }
    bytes.resize(32, 0);
    bytes
}
