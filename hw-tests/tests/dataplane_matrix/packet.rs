//! Cases' packets as bytes.

use std::net::{IpAddr, Ipv6Addr};

use hw_tests::network::frame::{Arp as ArpPacket, BROADCAST, Mac, Path, arp, ethernet};

use super::cases::{Arp, Family, Frame, Nd, Seat};

/// Bytes that tell a packet from every other.
pub(crate) type Token = [u8; 8];

/// What a packet is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Making {
    pub(crate) from: Seat,
    pub(crate) to: Seat,
    pub(crate) family: Family,
    /// The case's own number: port of the one who begins, identification of echo and fragments.
    pub(crate) number: u16,
    pub(crate) token: Token,
}

pub(crate) fn address(seat: Seat, family: Family) -> IpAddr {
    seat.address(family).parse().expect("the addresses of seats are addresses")
}

fn six(seat: Seat) -> Ipv6Addr {
    match address(seat, Family::V6) {
        IpAddr::V6(address) => address,
        IpAddr::V4(_) => unreachable!("asked for IPv6"),
    }
}

fn four(seat: Seat) -> std::net::Ipv4Addr {
    match address(seat, Family::V4) {
        IpAddr::V4(address) => address,
        IpAddr::V6(_) => unreachable!("asked for IPv4"),
    }
}

impl Making {
    fn path(&self) -> Path {
        Path {
            mac: (self.from.mac(), self.to.mac()),
            ip: (address(self.from, self.family), address(self.to, self.family)),
        }
    }

    /// Returns the frames, in their order.
    pub(crate) fn frames(&self, frame: &Frame) -> Vec<Vec<u8>> {
        self.along(self.path(), frame)
    }

    fn along(&self, path: Path, frame: &Frame) -> Vec<Vec<u8>> {
        let Self { number, token, .. } = *self;
        let token: &[u8] = &token;
        let halves = |port| path.fragments(number, (number, port), &[token, token].concat());
        let one = match *frame {
            Frame::Udp(port) => path.udp((number, port), token),
            Frame::UdpReply(port) => path.udp((port, number), token),
            Frame::Syn(port) => path.tcp((number, port), 2, token),
            Frame::SynAck(port) => path.tcp((port, number), 2 | 16, token),
            Frame::Ack(port) => path.tcp((number, port), 8 | 16, token),
            Frame::AckReply(port) => path.tcp((port, number), 8 | 16, token),
            Frame::Echo => path.echo(false, number, token),
            Frame::EchoReply => path.echo(true, number, token),
            Frame::Icmp(kind, code) => path.icmp(kind, code, &[&[0; 4], token].concat()),
            Frame::Error(kind, code, port) => path.error(kind, code, (number, port), token),
            Frame::Protocol(protocol) => path.ip(protocol, &[&[0; 8], token].concat()),
            Frame::Fragments(port) => return halves(port).into(),
            Frame::Head(port) => {
                let [head, _] = halves(port);
                head
            }
            Frame::Tail(port) => {
                let [_, tail] = halves(port);
                tail
            }
            Frame::Sized(port, bytes) => {
                let mut payload = token.to_vec();
                payload.resize(bytes - if path.ip.0.is_ipv4() { 28 } else { 48 }, 0);
                path.udp((number, port), &payload)
            }
            Frame::Hello => self
                .discovery(path, |path| path.advertisement(six(self.from), self.from.mac(), token)),
            Frame::Arp(says) => self.arp(path, says),
            Frame::Nd(says) => return self.nd(path, says),
            Frame::DhcpServer if path.ip.0.is_ipv4() => path.udp((67, 68), token),
            Frame::DhcpServer => path.udp((547, 546), token),
            Frame::DhcpClient => {
                let all = (IpAddr::from([0, 0, 0, 0]), IpAddr::from([255; 4]));
                Path { mac: (path.mac.0, BROADCAST), ip: all }.udp((68, 67), token)
            }
            Frame::As(mac, ip, inner) => {
                let mac = mac.map_or(path.mac.0, Seat::mac);
                let ip = ip.map_or(path.ip.0, |seat| address(seat, self.family));
                let path = Path { mac: (mac, path.mac.1), ip: (ip, path.ip.1) };
                return self.along(path, inner);
            }
            Frame::Flooded(inner) => {
                return self.along(Path { mac: (path.mac.0, BROADCAST), ..path }, inner);
            }
            Frame::Lost(inner) => {
                let mac = (path.mac.0, Seat::Nobody.mac());
                return self.along(Path { mac, ..path }, inner);
            }
            Frame::Tagged(kind, tag, inner) => {
                let mut frames = self.along(path, inner);
                for frame in &mut frames {
                    let header = [kind.to_be_bytes(), tag.to_be_bytes()].concat();
                    frame.splice(12..12, header);
                }
                return frames;
            }
            Frame::Ether(kind) => ethernet(path.mac.1, path.mac.0, kind, token),
            Frame::Tunnel(_, vni, inner) => {
                let inner = self.along(path, inner);
                // Whom it is from and to on the underlay is the sender's to say.
                return inner.into_iter().map(|frame| vxlan(vni, &frame)).collect();
            }
        };
        vec![one]
    }

    /// Of neighbour discovery, which is IPv6 in cases of IPv4 too.
    fn discovery(&self, path: Path, of: impl Fn(&Path) -> Vec<u8>) -> Vec<u8> {
        let forged = path.ip.0 != address(self.from, self.family) && self.family == Family::V6;
        let from = if forged { path.ip.0 } else { six(self.from).into() };
        of(&Path { mac: path.mac, ip: (from, six(self.to).into()) })
    }

    fn arp(&self, path: Path, says: Arp) -> Vec<u8> {
        let (mac, own) = (path.mac.0, four(self.from));
        let (to, there) = (self.to.mac(), four(self.to));
        let answer = |sender| ArpPacket { operation: 2, sender, target: (to, there) };
        let request = |sender, target| ArpPacket { operation: 1, sender, target: ([0; 6], target) };
        let (receiver, packet) = match says {
            Arp::Request => (BROADCAST, request((mac, own), there)),
            Arp::Answer => (to, answer((self.from.mac(), own))),
            Arp::Probe => (BROADCAST, request((mac, [0, 0, 0, 0].into()), there)),
            Arp::AnswerFor(seat) => (to, answer((mac, four(seat)))),
            Arp::RequestFrom(seat) => (BROADCAST, request((mac, four(seat)), there)),
            Arp::AnswerMac(seat) => (to, answer((seat.mac(), own))),
            Arp::Gratuitous(seat) => (BROADCAST, request((mac, four(seat)), four(seat))),
        };
        arp(receiver, mac, packet, &self.token)
    }

    fn nd(&self, path: Path, says: Nd) -> Vec<Vec<u8>> {
        let token: &[u8] = &self.token;
        let own = path.mac.0;
        let one = match says {
            Nd::Solicit => path.solicitation(six(self.to), own, token),
            Nd::Detect(seat) => {
                // To the group of those whose address ends alike (RFC 4291 §2.7.1).
                let end = six(seat).octets();
                let last: [u8; 3] = [end[13], end[14], end[15]];
                let mac = [0x33, 0x33, 0xff, last[0], last[1], last[2]];
                let group = format!("ff02::1:ff{:02x}:{:02x}{:02x}", last[0], last[1], last[2]);
                let group = group.parse().expect("an address of a group");
                let ip = (Ipv6Addr::UNSPECIFIED.into(), group);
                let path = Path { mac: (own, mac), ip };
                path.solicitation(six(seat), own, token)
            }
            Nd::AdvertiseFor(seat) => path.advertisement(six(seat), own, token),
            Nd::Hidden(seat) => {
                let whole = path.advertisement(six(seat), own, token);
                behind(&whole, 60, &[58, 0, 1, 4, 0, 0, 0, 0])
            }
            Nd::Router => path.router(token),
            Nd::RouterFragments => return in_two(&path.router(token), self.number).into(),
            Nd::Redirect => {
                let target = six(Seat::Router).octets();
                let other = six(self.from).octets();
                path.icmp(137, 0, &[&[0; 4], &target[..], &other, token].concat())
            }
        };
        vec![one]
    }
}

/// Puts an extension header behind that of IPv6.
fn behind(frame: &[u8], kind: u8, header: &[u8]) -> Vec<u8> {
    let mut frame = frame.to_vec();
    let length = u16::from_be_bytes([frame[18], frame[19]]);
    let longer = length + u16::try_from(header.len()).unwrap_or(0);
    frame.splice(18..20, longer.to_be_bytes());
    frame.splice(20..21, [kind]);
    frame.splice(54..54, header.iter().copied());
    frame
}

/// Cuts an IPv6 packet of one header behind its first 16 bytes (RFC 8200 §4.5).
fn in_two(frame: &[u8], id: u16) -> [Vec<u8>; 2] {
    let (head, payload) = frame.split_at(54);
    let (first, second) = payload.split_at(16);
    let next = frame[20];
    [(0, true, first), (16, false, second)].map(|(offset, more, part)| {
        let field = (offset & !7_u16) | u16::from(more);
        let mut header = vec![next, 0];
        header.extend(field.to_be_bytes());
        header.extend(u32::from(id).to_be_bytes());
        let mut frame = head.to_vec();
        let length = u16::try_from(part.len() + 8).unwrap_or(0);
        frame.splice(18..20, length.to_be_bytes());
        frame.splice(20..21, [44]);
        frame.extend(header);
        frame.extend(part);
        frame
    })
}

/// VXLAN without what carries it.
pub(crate) fn vxlan(vni: u32, inner: &[u8]) -> Vec<u8> {
    let mut payload = vec![8, 0, 0, 0];
    payload.extend((vni << 8).to_be_bytes());
    payload.extend(inner);
    payload
}

/// A frame of the underlay, from one host's card to the other's.
pub(crate) fn on_underlay(mac: (Mac, Mac), ip: (IpAddr, IpAddr), payload: &[u8]) -> Vec<u8> {
    Path { mac, ip }.udp((49152, 4789), payload)
}

impl Frame {
    /// Whether all stations of the network on the sender's host may see it.
    pub(crate) fn is_for_all(&self) -> bool {
        match self {
            Self::Arp(says) => {
                matches!(says, Arp::Request | Arp::Probe | Arp::RequestFrom(_) | Arp::Gratuitous(_))
            }
            Self::Nd(says) => matches!(says, Nd::Detect(_)),
            Self::DhcpClient | Self::Flooded(_) => true,
            _ => false,
        }
    }
}
