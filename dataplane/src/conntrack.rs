//! Connections of conntrack as messages of ctnetlink.
//!
//! Formats: `include/uapi/linux/netfilter/nfnetlink_conntrack.h`. Only what names a connection
//! is read: who began it, with whom, in which zone, and the kernel's number of it.

use std::net::IpAddr;

use crate::kernel::Connection;
use crate::kernel::attribute::{Body, attributes, u8_of};

/// `CTA_*`.
mod field {
    pub(super) const ORIGINAL: u16 = 1;
    pub(super) const REPLY: u16 = 2;
    pub(super) const ID: u16 = 12;
    pub(super) const ZONE: u16 = 18;
}

/// `AF_INET`, `AF_INET6`.
const FAMILY: [u8; 2] = [2, 10];
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Returns what asks for the connections of a zone, or of all. Kernels before 6.8 tell all
/// whatever is asked, so the zone of each is to be looked at.
pub fn ask(zone: Option<u16>) -> Vec<u8> {
    let mut body = Body(vec![0; 4]);
    if let Some(zone) = zone {
        body.put(field::ZONE, &zone.to_be_bytes());
    }
    body.0
}

/// Reads how many connections a namespace has (`CTA_STATS_GLOBAL_ENTRIES`).
pub fn count(body: &[u8]) -> Option<u32> {
    let mut told = attributes(body.get(4..)?);
    let (_kind, count) = told.find(|(kind, _value)| *kind == 1)?;
    Some(u32::from_be_bytes(count.try_into().ok()?))
}

/// Reads a connection; nothing where it has not what names one.
pub fn decode(body: &[u8]) -> Option<Connection> {
    let (mut tuple, mut id, mut zone) = (None, None, 0);
    for (kind, value) in attributes(body.get(4..)?) {
        match kind {
            field::ORIGINAL => tuple = Tuple::of(value),
            field::ID => id = value.try_into().ok().map(u32::from_be_bytes),
            field::ZONE => zone = port(value)?,
            _ => {}
        }
    }
    let Tuple { source, destination, protocol, ports, icmp } = tuple?;
    let (source, destination) = (source?, destination?);
    Some(Connection {
        zone,
        id: id?,
        source,
        destination,
        protocol: protocol?,
        ports: ports.0.zip(ports.1),
        icmp: icmp.0.zip(icmp.1).zip(icmp.2).map(|((kind, code), id)| (kind, code, id)),
    })
}

/// Reads who answers in a connection, and to whom.
pub fn reply(body: &[u8]) -> Option<(IpAddr, IpAddr)> {
    let mut fields = attributes(body.get(4..)?);
    let (_kind, value) = fields.find(|(kind, _value)| *kind == field::REPLY)?;
    let tuple = Tuple::of(value)?;
    tuple.source.zip(tuple.destination)
}

/// Writes what forgets one connection and no other: the kernel finds it by zone and ends, and
/// compares the number.
pub fn cut(connection: &Connection) -> Vec<u8> {
    let Connection { zone, id, source, destination, protocol, ports, icmp } = connection;
    let [four, six] = FAMILY;
    let family = if source.is_ipv4() { four } else { six };
    let mut body = Body(vec![family, 0, 0, 0]);
    body.nest(field::ORIGINAL, &mut |body| {
        body.nest(1, &mut |body| {
            for (at, address) in [(0, source), (1, destination)] {
                match address {
                    IpAddr::V4(address) => body.put(1 + at, &address.octets()),
                    IpAddr::V6(address) => body.put(3 + at, &address.octets()),
                }
            }
        });
        body.nest(2, &mut |body| {
            body.put_u8(1, *protocol);
            if let Some((source, destination)) = ports {
                body.put(2, &source.to_be_bytes());
                body.put(3, &destination.to_be_bytes());
            }
            if let Some((kind, code, id)) = icmp {
                let first = if *protocol == ICMPV6 { 7 } else { 4 };
                body.put(first, &id.to_be_bytes());
                body.put_u8(first + 1, *kind);
                body.put_u8(first + 2, *code);
            }
        });
    });
    body.put(field::ZONE, &zone.to_be_bytes());
    body.put(field::ID, &id.to_be_bytes());
    body.0
}

/// `CTA_TUPLE_ORIG` as far as it is told.
#[derive(Default)]
struct Tuple {
    source: Option<IpAddr>,
    destination: Option<IpAddr>,
    protocol: Option<u8>,
    ports: (Option<u16>, Option<u16>),
    icmp: (Option<u8>, Option<u8>, Option<u16>),
}

impl Tuple {
    fn of(bytes: &[u8]) -> Option<Self> {
        let mut tuple = Self::default();
        for (kind, value) in attributes(bytes) {
            match kind {
                1 => tuple.addresses(value),
                2 => tuple.protocol(value),
                _ => {}
            }
        }
        let of_icmp = [ICMP, ICMPV6].contains(&tuple.protocol?);
        // One of the two would name another connection than the kernel has.
        (of_icmp || (tuple.ports.0.is_some() == tuple.ports.1.is_some())).then_some(tuple)
    }

    fn addresses(&mut self, bytes: &[u8]) {
        for (kind, value) in attributes(bytes) {
            let place = match kind {
                1 | 3 => &mut self.source,
                2 | 4 => &mut self.destination,
                _ => continue,
            };
            *place = match kind {
                1 | 2 => <[u8; 4]>::try_from(value).ok().map(IpAddr::from),
                _ => <[u8; 16]>::try_from(value).ok().map(IpAddr::from),
            };
        }
    }

    fn protocol(&mut self, bytes: &[u8]) {
        for (kind, value) in attributes(bytes) {
            match kind {
                1 => self.protocol = u8_of(value),
                2 => self.ports.0 = port(value),
                3 => self.ports.1 = port(value),
                4 | 7 => self.icmp.2 = port(value),
                5 | 8 => self.icmp.0 = u8_of(value),
                6 | 9 => self.icmp.1 = u8_of(value),
                _ => {}
            }
        }
    }
}

fn port(value: &[u8]) -> Option<u16> {
    Some(u16::from_be_bytes(value.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn connections() -> impl Strategy<Value = Connection> {
        let addresses = prop_oneof![
            any::<([u8; 4], [u8; 4])>()
                .prop_map(|(a, b)| (Ipv4Addr::from(a).into(), Ipv4Addr::from(b).into())),
            any::<([u8; 16], [u8; 16])>()
                .prop_map(|(a, b)| (Ipv6Addr::from(a).into(), Ipv6Addr::from(b).into())),
        ];
        (addresses, any::<(u16, u32, u8, (u16, u16), (u8, u8, u16))>()).prop_map(
            |((source, destination), (zone, id, protocol, ports, icmp))| {
                let of_icmp = [ICMP, ICMPV6].contains(&protocol);
                let ports = Some(ports).filter(|_ports| !of_icmp);
                let icmp = Some(icmp).filter(|_icmp| of_icmp);
                Connection { zone, id, source, destination, protocol, ports, icmp }
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_cut_is_what_was_read(connection in connections()) {
            prop_assert_eq!(decode(&cut(&connection)), Some(connection));
        }

        #[test]
        fn no_bytes_make_it_panic(
            connection in connections(),
            at in 0..100_usize,
            with in vec(any::<u8>(), 0..8),
        ) {
            let mut bytes = cut(&connection);
            let at = at.min(bytes.len());
            bytes.splice(at..bytes.len().min(at + with.len()), with);
            decode(&bytes);
            decode(&bytes[..at]);
        }
    }
}
