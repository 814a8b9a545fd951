//! The table's packets as bytes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;
use pnet_packet::arp::ArpOperations;
use pnet_packet::ethernet::EtherType;

use super::frame::{self, ACK, PUSH, SYN, Token, Way, tagged, vxlan};
use super::site::card;
use super::table::Frame;
use super::world::{Family, Seat, external, vtep};
use crate::router;

/// What a packet is made for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Making {
    pub(super) ends: (Seat, Seat),
    pub(super) family: Family,
    /// The case's own: port of the one who begins, identification of echo and fragments.
    pub(super) number: u16,
    pub(super) token: Token,
}

fn six(seat: Seat) -> Ipv6Addr {
    match seat.address(Family::V6) {
        IpAddr::V6(address) => address,
        IpAddr::V4(address) => address.to_ipv6_mapped(),
    }
}

fn four(seat: Seat) -> Ipv4Addr {
    match seat.address(Family::V4) {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => Ipv4Addr::UNSPECIFIED,
    }
}

impl Making {
    /// Returns the frames, in their order.
    pub(super) fn frames(&self, frame: &Frame) -> Vec<Vec<u8>> {
        let (from, to) = self.ends;
        let ip = (from.address(self.family), to.address(self.family));
        self.along(Way { mac: (from.mac(), from.towards(to)), ip }, frame)
    }

    fn along(&self, way: Way, frame: &Frame) -> Vec<Vec<u8>> {
        let Self { ends: (from, to), number, token, .. } = *self;
        let token: &[u8] = &token;
        let v4 = way.ip.0.is_ipv4();
        let one = match *frame {
            Frame::Udp(port) => way.udp((number, port), token),
            Frame::UdpReply(port) => way.udp((port, number), token),
            Frame::Syn(port) => way.tcp((number, port), SYN, token),
            Frame::SynAck(port) => way.tcp((port, number), SYN | ACK, token),
            Frame::Data(port) => way.tcp((number, port), PUSH | ACK, token),
            Frame::DataReply(port) => way.tcp((port, number), PUSH | ACK, token),
            Frame::Echo => self.echo(way, if v4 { 8 } else { 128 }),
            Frame::EchoReply => self.echo(way, if v4 { 0 } else { 129 }),
            Frame::Unreachable(port) => {
                let (kind, code) = if v4 { (3, 3) } else { (1, 4) };
                way.error(kind, code, (number, port), token)
            }
            Frame::Fragments(port) => {
                return way.fragments(number, (number, port), &[token, token].concat()).into();
            }
            Frame::Sized(port, bytes) => {
                // Headers of IP and UDP.
                let head = if v4 { 28 } else { 48 };
                let mut payload = token.to_vec();
                payload.resize(bytes.saturating_sub(head), 0);
                frame::uncut(way.udp((number, port), &payload))
            }
            Frame::At(last, inner) => {
                // Guests send what is outside to their router.
                let mac = if from.is_outside() { way.mac.1 } else { router::MAC.0.into() };
                let way = Way { mac: (way.mac.0, mac), ip: (way.ip.0, external(last)) };
                return self.along(way, inner);
            }
            Frame::Hello => Way { ip: (six(from).into(), six(to).into()), ..way }.neighbour(
                136,
                six(from),
                way.mac.0,
                token,
            ),
            Frame::Claim(other) if v4 => {
                let sender = (way.mac.0, four(other));
                way.arp(ArpOperations::Reply, sender, (way.mac.1, four(to)), token)
            }
            Frame::Claim(other) => way.neighbour(136, six(other), way.mac.0, token),
            Frame::Ask => self.ask(way),
            Frame::Router => way.router(token),
            Frame::DhcpServer => way.udp(if v4 { (67, 68) } else { (547, 546) }, token),
            Frame::As(mac, ip, inner) => {
                let mac = (mac.map_or(way.mac.0, Seat::mac), way.mac.1);
                let source = ip.map_or(way.ip.0, |seat| seat.address(self.family));
                return self.along(Way { mac, ip: (source, way.ip.1) }, inner);
            }
            Frame::Flooded(inner) => {
                let mac = (way.mac.0, MacAddr::broadcast());
                return self.along(Way { mac, ..way }, inner);
            }
            Frame::Lost(inner) => {
                let mac = (way.mac.0, Seat::Nobody.mac());
                return self.along(Way { mac, ..way }, inner);
            }
            Frame::Tagged(kind, number, inner) => {
                let inner = self.along(way, inner);
                return inner.iter().map(|one| tagged(one, EtherType(kind), number)).collect();
            }
            Frame::Ether(kind) => way.ethernet(EtherType(kind), token),
            Frame::Tunnel(said, vni, inner) => {
                let (here, there) = (from.host(), from.host().other());
                let source = vtep(if said == 0 { here.last() } else { said });
                let ip = (source, vtep(there.last()));
                let mac = (MacAddr::from(card(here)), MacAddr::from(card(there)));
                let outer = Way { mac, ip };
                let inner = self.along(way, inner);
                let carried = inner.iter().map(|one| outer.udp((49152, 4789), &vxlan(vni, one)));
                return carried.collect();
            }
        };
        vec![one]
    }

    fn ask(&self, way: Way) -> Vec<u8> {
        let (from, to) = self.ends;
        if way.ip.0.is_ipv4() {
            let (sender, target) = ((way.mac.0, four(from)), (MacAddr::zero(), four(to)));
            let mac = (way.mac.0, MacAddr::broadcast());
            return Way { mac, ..way }.arp(ArpOperations::Request, sender, target, &self.token);
        }
        // To the group of those whose address ends alike (RFC 4291 §2.7.1).
        let [.., x, y, z] = six(to).octets();
        let mac = (way.mac.0, MacAddr::new(0x33, 0x33, 0xff, x, y, z));
        let (x, rest) = (u16::from(x), u16::from_be_bytes([y, z]));
        let group = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 1, 0xff00 | x, rest);
        let ip = (way.ip.0, group.into());
        Way { mac, ip }.neighbour(135, six(to), way.mac.0, &self.token)
    }

    fn echo(&self, way: Way, kind: u8) -> Vec<u8> {
        let mut rest = self.number.to_be_bytes().to_vec();
        rest.extend([0, 1]);
        rest.extend(self.token);
        way.icmp(kind, 0, &rest)
    }
}
