//! Connections that the kernel tracks: listed by zone, and forgotten one by one.
//!
//! `include/uapi/linux/netfilter/nfnetlink_conntrack.h`; numbers in attributes are in network
//! order.

use std::collections::BTreeSet;
use std::io;
use std::net::IpAddr;

use rustix::net::netlink;

use super::attribute::{Body, attributes, u8_of};
use super::socket::{Dumped, Request, Socket};
use super::{Connection, KernelError};

/// `IPCTNL_MSG_CT_GET` and `…_DELETE` of subsystem 1.
const GET: u16 = 0x0101;
const DELETE: u16 = 0x0102;
/// Bytes of `struct nfgenmsg`.
const HEADER: usize = 4;

/// `CTA_*`.
const TUPLE_ORIG: u16 = 1;
const ID: u16 = 12;
const ZONE: u16 = 18;
/// `CTA_TUPLE_*`.
const IP: u16 = 1;
const PROTO: u16 = 2;
/// `CTA_IP_*`.
const V4: (u16, u16) = (1, 2);
const V6: (u16, u16) = (3, 4);
/// `CTA_PROTO_*`.
const NUMBER: u16 = 1;
const PORTS: (u16, u16) = (2, 3);
/// Identifier, type and code, of ICMP and of `ICMPv6`.
const ICMP: (u16, u16, u16) = (4, 5, 6);
const ICMPV6: (u16, u16, u16) = (7, 8, 9);

/// How often a list is asked for again that changed while it was told.
const LOOKS: usize = 5;
/// How many deletions are on their way together.
const GROUP: usize = 256;

/// Opens a socket for connections in the namespace that this thread is in.
pub fn open() -> io::Result<Socket> {
    Socket::open(Some(netlink::NETFILTER))
}

/// Returns the connections of some zones.
pub fn connections(
    socket: &mut Socket,
    zones: &BTreeSet<u16>,
) -> Result<Vec<Connection>, KernelError> {
    let request = Request { kind: GET, flags: 0, body: vec![0; HEADER] };
    let failed = |source| KernelError::Io { what: "read connections", source };
    let mut found = Vec::new();
    for _look in 0..LOOKS {
        let mut hear = |body: &[u8]| {
            found.extend(read(body).filter(|connection| zones.contains(&connection.zone)));
        };
        match socket.dump(&request, &mut hear).map_err(failed)? {
            Dumped::Whole => break,
            // What a table of connections lost or got meanwhile is for the next look of the
            // caller; what was told twice is told once.
            Dumped::Torn => {}
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Forgets connections; returns how many were still there.
pub fn cut(socket: &mut Socket, connections: &[Connection]) -> Result<usize, KernelError> {
    let mut count = 0_usize;
    for group in connections.chunks(GROUP) {
        let requests: Vec<Request> = group.iter().map(deletion).collect();
        let failed = |source| KernelError::Io { what: "cut connections", source };
        for outcome in socket.ask(&requests).map_err(failed)? {
            match outcome {
                Ok(()) => count = count.saturating_add(1),
                // Ended by itself meanwhile, or has a successor with another number.
                Err(error) if error.errno == libc::ENOENT => {}
                Err(error) => return Err(failed(io::Error::from_raw_os_error(error.errno))),
            }
        }
    }
    Ok(count)
}

/// Reads a connection; nothing where one of its parts is missing or is not understood.
pub fn read(body: &[u8]) -> Option<Connection> {
    let (mut tuple, mut id, mut zone) = (None, None, 0);
    for (kind, value) in attributes(body.get(HEADER..)?) {
        match kind {
            TUPLE_ORIG => tuple = Some(value),
            ID => id = Some(u32::from_be_bytes(value.try_into().ok()?)),
            ZONE => zone = be16(value)?,
            _ => {}
        }
    }
    let (mut source, mut destination) = (None, None);
    let mut parts = Parts::default();
    for (kind, value) in attributes(tuple?) {
        match kind {
            IP => {
                for (kind, value) in attributes(value) {
                    if kind == V4.0 || kind == V6.0 {
                        source = address(value);
                    } else if kind == V4.1 || kind == V6.1 {
                        destination = address(value);
                    }
                }
            }
            PROTO => parts = Parts::read(value)?,
            _ => {}
        }
    }
    Some(Connection {
        zone,
        id: id?,
        source: source?,
        destination: destination?,
        protocol: parts.number?,
        ports: parts.source.zip(parts.destination),
        icmp: parts.icmp(),
    })
}

/// What a tuple says above IP.
#[derive(Default)]
struct Parts {
    number: Option<u8>,
    source: Option<u16>,
    destination: Option<u16>,
    kind: Option<u8>,
    code: Option<u8>,
    identifier: Option<u16>,
}

impl Parts {
    fn read(tuple: &[u8]) -> Option<Self> {
        let mut parts = Self::default();
        for (kind, value) in attributes(tuple) {
            if kind == NUMBER {
                parts.number = Some(u8_of(value)?);
            } else if kind == PORTS.0 {
                parts.source = Some(be16(value)?);
            } else if kind == PORTS.1 {
                parts.destination = Some(be16(value)?);
            } else if kind == ICMP.0 || kind == ICMPV6.0 {
                parts.identifier = Some(be16(value)?);
            } else if kind == ICMP.1 || kind == ICMPV6.1 {
                parts.kind = Some(u8_of(value)?);
            } else if kind == ICMP.2 || kind == ICMPV6.2 {
                parts.code = Some(u8_of(value)?);
            }
        }
        Some(parts)
    }

    fn icmp(&self) -> Option<(u8, u8, u16)> {
        Some((self.kind?, self.code?, self.identifier?))
    }
}

fn be16(value: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(value.try_into().ok()?))
}

fn address(value: &[u8]) -> Option<IpAddr> {
    match value.len() {
        4 => Some(IpAddr::from(<[u8; 4]>::try_from(value).ok()?)),
        16 => Some(IpAddr::from(<[u8; 16]>::try_from(value).ok()?)),
        _ => None,
    }
}

/// Returns the request that forgets a connection: by its addresses, and by its number, for one
/// that was begun since with the same addresses is another.
fn deletion(connection: &Connection) -> Request {
    let family = if connection.source.is_ipv4() { libc::AF_INET } else { libc::AF_INET6 };
    let mut body = Body(vec![u8::try_from(family).unwrap_or_default(), 0, 0, 0]);
    body.nest(TUPLE_ORIG, &mut |body| tuple(body, connection));
    body.put(ID, &connection.id.to_be_bytes());
    body.put(ZONE, &connection.zone.to_be_bytes());
    Request { kind: DELETE, flags: 0, body: body.0 }
}

fn tuple(body: &mut Body, connection: &Connection) {
    body.nest(IP, &mut |body| {
        let kinds = if connection.source.is_ipv4() { V4 } else { V6 };
        for (kind, address) in [(kinds.0, connection.source), (kinds.1, connection.destination)] {
            match address {
                IpAddr::V4(address) => body.put(kind, &address.octets()),
                IpAddr::V6(address) => body.put(kind, &address.octets()),
            }
        }
    });
    body.nest(PROTO, &mut |body| {
        body.put_u8(NUMBER, connection.protocol);
        if let Some((source, destination)) = connection.ports {
            body.put(PORTS.0, &source.to_be_bytes());
            body.put(PORTS.1, &destination.to_be_bytes());
        }
        if let Some((kind, code, identifier)) = connection.icmp {
            let kinds = if connection.source.is_ipv4() { ICMP } else { ICMPV6 };
            body.put(kinds.0, &identifier.to_be_bytes());
            body.put_u8(kinds.1, kind);
            body.put_u8(kinds.2, code);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn connection(source: &str, destination: &str, protocol: u8) -> Connection {
        Connection {
            zone: 7,
            id: 0x0102_0304,
            source: source.parse().unwrap(),
            destination: destination.parse().unwrap(),
            protocol,
            ports: None,
            icmp: None,
        }
    }

    #[test]
    fn what_a_deletion_names_is_read_back() {
        let tcp = Connection { ports: Some((4000, 443)), ..connection("10.0.0.1", "10.0.0.2", 6) };
        let ping = Connection { icmp: Some((8, 0, 77)), ..connection("10.0.0.1", "10.0.0.2", 1) };
        let six = Connection { icmp: Some((128, 0, 77)), ..connection("fd00::1", "fd00::2", 58) };
        let other = connection("10.0.0.1", "10.0.0.2", 50);
        for connection in [tcp, ping, six, other] {
            let body = deletion(&connection).body;
            assert_eq!(read(&body), Some(connection.clone()));
            // Cut anywhere, it is less or nothing, and never a panic.
            for length in 0..body.len() {
                let _less = read(&body[..length]);
            }
        }
    }
}
