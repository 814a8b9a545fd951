//! Neighbours on a link, as bytes: the echo that all nodes are asked for (RFC 4443 §4.1, RFC 4291
//! §2.7.1), and the kernel's table of those it knows (rtnetlink(7), `RTM_GETNEIGH`).

use std::net::Ipv6Addr;

use crate::ipmi::wire::take;

/// All nodes of a link.
pub const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);

const ECHO_REQUEST: u8 = 128;
const ECHO_REPLY: u8 = 129;

/// Numbers of netlink (linux/netlink.h, rtnetlink.h, neighbour.h).
const NEW_NEIGHBOUR: u16 = 28;
const GET_NEIGHBOUR: u16 = 30;
const REQUEST_DUMP: u16 = 0x301;
const DONE: u16 = 3;
const ERROR: u16 = 2;
const AF_INET6: u8 = 10;
const DESTINATION: u16 = 1;
/// States of neighbours that are there, or were a moment ago: reachable, stale, delay, probe,
/// permanent.
const THERE: u16 = 0x02 | 0x04 | 0x08 | 0x10 | 0x80;
/// The neighbour is a router's proxy.
const PROXY: u8 = 0x08;

/// Returns an echo request; the kernel sets the checksum, and the number where the socket is one
/// of pings.
pub fn echo(number: u16) -> [u8; 8] {
    let [high, low] = number.to_be_bytes();
    [ECHO_REQUEST, 0, 0, 0, high, low, 0, 1]
}

/// Returns whether a message is the reply to one of those.
pub fn is_reply(message: &[u8]) -> bool {
    matches!(message, [ECHO_REPLY, 0, _, _, _, _, 0, 1, ..])
}

/// Returns the request for the neighbours of IPv6 on the interface of that number.
pub fn neighbours(interface: u32) -> Vec<u8> {
    // A header of 16 bytes and `ndmsg`.
    let mut out = Vec::with_capacity(28);
    out.extend(28_u32.to_ne_bytes());
    out.extend(GET_NEIGHBOUR.to_ne_bytes());
    out.extend(REQUEST_DUMP.to_ne_bytes());
    out.extend(1_u32.to_ne_bytes());
    out.extend(0_u32.to_ne_bytes());
    out.extend([AF_INET6, 0, 0, 0]);
    out.extend(interface.to_ne_bytes());
    out.extend([0; 4]);
    out
}

/// Takes a part of the answer; returns whether it was the last one. Lengths are the kernel's and
/// still not trusted: what runs past its end ends the reading.
pub fn take_neighbours(mut bytes: &[u8], interface: u32, found: &mut Vec<Ipv6Addr>) -> bool {
    while let Some((kind, body)) = next(&mut bytes) {
        match kind {
            DONE | ERROR => return true,
            NEW_NEIGHBOUR => {
                if let Some(ip) = neighbour(body, interface)
                    && !found.contains(&ip)
                {
                    found.push(ip);
                }
            }
            _ => {}
        }
    }
    false
}

/// Returns the type and the body of the next message.
fn next<'a>(bytes: &mut &'a [u8]) -> Option<(u16, &'a [u8])> {
    let whole = *bytes;
    let length = usize::try_from(u32::from_ne_bytes(*take(bytes)?)).ok()?;
    let kind = u16::from_ne_bytes(*take(bytes)?);
    let body = whole.get(16..length)?;
    *bytes = whole.get(length.next_multiple_of(4)..).unwrap_or_default();
    Some((kind, body))
}

fn neighbour(mut body: &[u8], interface: u32) -> Option<Ipv6Addr> {
    let [family, _, _, _] = *take::<4>(&mut body)?;
    let index = u32::from_ne_bytes(*take(&mut body)?);
    let state = u16::from_ne_bytes(*take(&mut body)?);
    let [flags, _kind] = *take::<2>(&mut body)?;
    let is_there = state & THERE != 0 && flags & PROXY == 0;
    if family != AF_INET6 || index != interface || !is_there {
        return None;
    }
    loop {
        let whole = body;
        let length = usize::from(u16::from_ne_bytes(*take(&mut body)?));
        let kind = u16::from_ne_bytes(*take(&mut body)?);
        let value = whole.get(4..length)?;
        if kind == DESTINATION {
            let ip = Ipv6Addr::from(*value.first_chunk::<16>()?);
            return ip.is_unicast_link_local().then_some(ip);
        }
        body = whole.get(length.next_multiple_of(4)..)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A message as the kernel writes it (6.18, little endian): `fe80::1` on interface 7.
    fn message(state: u8, index: u8) -> Vec<u8> {
        let mut out = vec![0; 16];
        out.extend([10, 0, 0, 0, index, 0, 0, 0, state, 0, 0, 1]);
        // Its link-layer address first, then the address itself.
        out.extend([10, 0, 2, 0, 2, 0, 0, 0, 0, 9, 0, 0]);
        out.extend([20, 0, 1, 0]);
        out.extend(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1).octets());
        let length = u32::try_from(out.len()).expect("short").to_ne_bytes();
        out.splice(0..4, length);
        out.splice(4..6, NEW_NEIGHBOUR.to_ne_bytes());
        out
    }

    #[test]
    fn neighbours_that_are_there_on_that_link_are_found_once() {
        let mut bytes = message(0x02, 7);
        bytes.extend(message(0x04, 7));
        // One that failed, and one of another link.
        bytes.extend(message(0x20, 7));
        bytes.extend(message(0x02, 8));
        let mut found = Vec::new();
        assert!(!take_neighbours(&bytes, 7, &mut found));
        assert_eq!(found, [Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1)]);
        let mut done = 16_u32.to_ne_bytes().to_vec();
        done.extend(DONE.to_ne_bytes());
        done.extend([0; 10]);
        assert!(take_neighbours(&done, 7, &mut found));
        assert_eq!(neighbours(7).len(), 28);
    }

    #[test]
    fn an_echo_is_answered_by_its_reply() {
        let mut reply = echo(0x1234);
        assert!(!is_reply(&reply));
        reply[0] = ECHO_REPLY;
        assert!(is_reply(&reply) && !is_reply(&reply[..7]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            take_neighbours(&bytes, 7, &mut Vec::new());
            is_reply(&bytes);
        }

        #[test]
        fn a_message_that_is_cut_or_changed_is_read_to_an_end(at in 0_usize..60, to: u8) {
            let mut bytes = message(2, 7);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = to;
            }
            take_neighbours(&bytes, 7, &mut Vec::new());
            bytes.truncate(at);
            take_neighbours(&bytes, 7, &mut Vec::new());
        }
    }
}
