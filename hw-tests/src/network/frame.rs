//! Frames as bytes: Ethernet, ARP (RFC 826), IPv4, IPv6, UDP, ICMP, neighbour discovery
//! (RFC 4861), fragments, DHCP and VXLAN (RFC 7348), right or forged.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A MAC address.
pub type Mac = [u8; 6];
/// All stations.
pub const BROADCAST: Mac = [0xff; 6];

/// Ethernet: `type` and payload behind the two addresses.
pub fn ethernet(to: Mac, from: Mac, kind: u16, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(14 + payload.len());
    frame.extend(to);
    frame.extend(from);
    frame.extend(kind.to_be_bytes());
    frame.extend(payload);
    frame
}

/// What an ARP packet says.
#[derive(Clone, Copy, Debug)]
pub struct Arp {
    /// 1 asks, 2 answers.
    pub operation: u16,
    /// Who says it.
    pub sender: (Mac, Ipv4Addr),
    /// Whom it is about, or for.
    pub target: (Mac, Ipv4Addr),
}

/// An ARP frame from `from` to `to`, with `token` behind it.
pub fn arp(to: Mac, from: Mac, arp: Arp, token: &[u8]) -> Vec<u8> {
    let mut packet = vec![0, 1, 8, 0, 6, 4];
    packet.extend(arp.operation.to_be_bytes());
    for (mac, address) in [arp.sender, arp.target] {
        packet.extend(mac);
        packet.extend(address.octets());
    }
    packet.extend(token);
    ethernet(to, from, 0x0806, &packet)
}

/// Who sends a packet to whom: MAC and IP address of each.
#[derive(Clone, Copy, Debug)]
pub struct Path {
    /// MAC addresses, from and to.
    pub mac: (Mac, Mac),
    /// IP addresses of one family, from and to.
    pub ip: (IpAddr, IpAddr),
}

impl Path {
    /// Returns the way back.
    #[must_use]
    pub fn back(self) -> Self {
        Self { mac: (self.mac.1, self.mac.0), ip: (self.ip.1, self.ip.0) }
    }

    /// A frame with an IP packet of `protocol`.
    pub fn ip(&self, protocol: u8, payload: &[u8]) -> Vec<u8> {
        let (kind, packet) = match self.ip {
            (IpAddr::V4(from), IpAddr::V4(to)) => (0x0800, ipv4((from, to), protocol, 0, payload)),
            (IpAddr::V6(from), IpAddr::V6(to)) => (0x86dd, ipv6((from, to), protocol, payload)),
            _ => (0, Vec::new()),
        };
        ethernet(self.mac.1, self.mac.0, kind, &packet)
    }

    /// A frame with a UDP datagram.
    pub fn udp(&self, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        self.ip(17, &self.datagram(ports, payload))
    }

    /// A frame with a TCP segment; `flags` as in RFC 9293 §3.1: SYN 2, ACK 16.
    pub fn tcp(&self, (from, to): (u16, u16), flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut segment = Vec::new();
        segment.extend(from.to_be_bytes());
        segment.extend(to.to_be_bytes());
        // Each end begins at 1,000 and has said nothing yet but SYN.
        let sent = if flags & 2 == 2 { 1000_u32 } else { 1001 };
        let had = if flags & 16 == 16 { 1001_u32 } else { 0 };
        segment.extend(sent.to_be_bytes());
        segment.extend(had.to_be_bytes());
        segment.extend([5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
        segment.extend(payload);
        self.sum(6, &mut segment, 16);
        self.ip(6, &segment)
    }

    /// An ICMP error about a UDP datagram of the receiver's, who sent it by this way back.
    pub fn error(&self, kind: u8, code: u8, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        let about = self.back().udp(ports, payload);
        let mut rest = vec![0, 0, 0x05, 0x00];
        rest.extend(about.get(14..).unwrap_or_default());
        self.icmp(kind, code, &rest)
    }

    /// A UDP datagram with its checksum.
    fn datagram(&self, (from, to): (u16, u16), payload: &[u8]) -> Vec<u8> {
        let length = u16::try_from(payload.len() + 8).unwrap_or(u16::MAX);
        let mut datagram = Vec::new();
        for word in [from, to, length, 0] {
            datagram.extend(word.to_be_bytes());
        }
        datagram.extend(payload);
        self.sum(17, &mut datagram, 6);
        datagram
    }

    /// A UDP datagram as two fragments with the identification `id`; the first has the
    /// first 16 bytes, ports included.
    pub fn fragments(&self, id: u16, ports: (u16, u16), payload: &[u8]) -> [Vec<u8>; 2] {
        let datagram = self.datagram(ports, payload);
        let (head, tail) = datagram.split_at(16.min(datagram.len()));
        let one = |offset: u16, more: bool, part: &[u8]| match self.ip {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                let field = (offset / 8) | if more { 0x2000 } else { 0 };
                let packet = ipv4((from, to), 17, (u32::from(id) << 16) | u32::from(field), part);
                ethernet(self.mac.1, self.mac.0, 0x0800, &packet)
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                let field = (offset & !7) | u16::from(more);
                let mut header = vec![17, 0];
                header.extend(field.to_be_bytes());
                header.extend(u32::from(id).to_be_bytes());
                header.extend(part);
                ethernet(self.mac.1, self.mac.0, 0x86dd, &ipv6((from, to), 44, &header))
            }
            _ => Vec::new(),
        };
        [one(0, true, head), one(16, false, tail)]
    }

    /// A frame with an ICMP or `ICMPv6` message: type, code, and all behind the checksum.
    pub fn icmp(&self, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
        let mut message = vec![kind, code, 0, 0];
        message.extend(rest);
        let protocol = if self.ip.0.is_ipv4() { 1 } else { 58 };
        if protocol == 1 {
            let sum = fold(add(0, &message));
            put(&mut message, 2, sum);
        } else {
            self.sum(58, &mut message, 2);
        }
        self.ip(protocol, &message)
    }

    /// An echo request, or with `answer` its answer.
    pub fn echo(&self, answer: bool, id: u16, payload: &[u8]) -> Vec<u8> {
        let kind = match (self.ip.0.is_ipv4(), answer) {
            (true, false) => 8,
            (true, true) => 0,
            (false, false) => 128,
            (false, true) => 129,
        };
        let mut rest = id.to_be_bytes().to_vec();
        rest.extend([0, 1]);
        rest.extend(payload);
        self.icmp(kind, 0, &rest)
    }

    /// A neighbour advertisement that says that `address` is at `mac`.
    pub fn advertisement(&self, address: Ipv6Addr, mac: Mac, token: &[u8]) -> Vec<u8> {
        self.discovery(136, address, (2, mac), token)
    }

    /// A neighbour solicitation for `address` from `mac`.
    pub fn solicitation(&self, address: Ipv6Addr, mac: Mac, token: &[u8]) -> Vec<u8> {
        self.discovery(135, address, (1, mac), token)
    }

    fn discovery(&self, kind: u8, address: Ipv6Addr, of: (u8, Mac), token: &[u8]) -> Vec<u8> {
        let mut rest = vec![if kind == 136 { 0x20 } else { 0 }, 0, 0, 0];
        rest.extend(address.octets());
        rest.extend([of.0, 1]);
        rest.extend(of.1);
        rest.extend(nonce(token));
        self.icmp_hops(kind, &rest)
    }

    /// A router advertisement: a router for 1,800 seconds.
    pub fn router(&self, token: &[u8]) -> Vec<u8> {
        let mut rest = vec![64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0];
        rest.extend(nonce(token));
        self.icmp_hops(134, &rest)
    }

    /// As [`Self::icmp`]: every packet here has 255 hops to go, as neighbour discovery asks.
    fn icmp_hops(&self, kind: u8, rest: &[u8]) -> Vec<u8> {
        self.icmp(kind, 0, rest)
    }

    /// VXLAN with a frame of a network in it.
    pub fn vxlan(&self, source: u16, vni: u32, inner: &[u8]) -> Vec<u8> {
        let mut payload = vec![8, 0, 0, 0];
        payload.extend((vni << 8).to_be_bytes());
        payload.extend(inner);
        self.udp((source, 4789), &payload)
    }

    /// Puts the checksum with its pseudo header (RFC 768, RFC 8200 §8.1) at `at`.
    fn sum(&self, protocol: u8, message: &mut [u8], at: usize) {
        let mut total = u32::from(protocol);
        total += u32::try_from(message.len()).unwrap_or(0);
        for address in [self.ip.0, self.ip.1] {
            total = match address {
                IpAddr::V4(address) => add(total, &address.octets()),
                IpAddr::V6(address) => add(total, &address.octets()),
            };
        }
        let sum = fold(add(total, message));
        // 0 would say that there is none.
        put(message, at, if sum == 0 { 0xffff } else { sum });
    }
}

/// A nonce option (RFC 3971 §5.3.2) that carries a token of 14 bytes at most.
fn nonce(token: &[u8]) -> Vec<u8> {
    let mut option = vec![14, 2];
    option.extend(token.iter().take(14));
    option.resize(16, 0);
    option
}

/// `identification` has the fragment field in its lower half.
fn ipv4(ip: (Ipv4Addr, Ipv4Addr), protocol: u8, identification: u32, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len() + 20).unwrap_or(u16::MAX);
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend(identification.to_be_bytes());
    packet.extend([64, protocol, 0, 0]);
    packet.extend(ip.0.octets());
    packet.extend(ip.1.octets());
    let sum = fold(add(0, &packet));
    put(&mut packet, 10, sum);
    packet.extend(payload);
    packet
}

fn ipv6(ip: (Ipv6Addr, Ipv6Addr), next: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(payload.len()).unwrap_or(u16::MAX);
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([next, 255]);
    packet.extend(ip.0.octets());
    packet.extend(ip.1.octets());
    packet.extend(payload);
    packet
}

/// Adds 16-bit words (RFC 1071).
fn add(mut total: u32, bytes: &[u8]) -> u32 {
    for pair in bytes.chunks(2) {
        let word = [pair.first().copied().unwrap_or(0), pair.get(1).copied().unwrap_or(0)];
        total += u32::from(u16::from_be_bytes(word));
    }
    total
}

fn fold(mut total: u32) -> u16 {
    while total >> 16 != 0 {
        total = (total & 0xffff) + (total >> 16);
    }
    !u16::try_from(total).unwrap_or(0)
}

fn put(bytes: &mut [u8], at: usize, word: u16) {
    for (to, from) in bytes.iter_mut().skip(at).zip(word.to_be_bytes()) {
        *to = from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_those_that_tcpdump_calls_correct() {
        // 10.0.0.1 to 10.0.0.2, ports 1 and 2, "ab": `udp sum ok` and the header's 0x66ce.
        let path = Path {
            mac: ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]),
            ip: ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
        };
        let frame = path.udp((1, 2), b"ab");
        let whole = add(0, &frame[14..34]);
        assert_eq!(fold(whole), 0, "a header with its sum adds up to all ones");
        let pseudo = add(17 + 10, &frame[26..34]);
        assert_eq!(fold(add(pseudo, &frame[34..])), 0);
    }

    #[test]
    fn two_fragments_are_the_datagram_in_two() {
        let path = Path {
            mac: ([2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]),
            ip: ([10, 0, 0, 1].into(), [10, 0, 0, 2].into()),
        };
        let [first, second] = path.fragments(7, (1, 2), b"0123456789abcdef");
        assert_eq!(first[20..22], [0x20, 0]);
        assert_eq!(second[20..22], [0, 2]);
        let whole = path.udp((1, 2), b"0123456789abcdef");
        assert_eq!([&first[34..], &second[34..]].concat(), whole[34..]);
    }
}
