//! Probes as bytes, made and read with `pnet_packet`: RFC 826, 768, 791, 4443, 4861, 7348, 8200,
//! 9293.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;
use pnet_packet::arp::{ArpHardwareTypes, ArpOperation, ArpPacket, MutableArpPacket};
use pnet_packet::ethernet::{EtherType, EtherTypes, EthernetPacket, MutableEthernetPacket};
use pnet_packet::icmp::{self, IcmpCode, IcmpType, MutableIcmpPacket};
use pnet_packet::icmpv6::{self, Icmpv6Code, Icmpv6Type, MutableIcmpv6Packet};
use pnet_packet::ip::{IpNextHeaderProtocol, IpNextHeaderProtocols};
use pnet_packet::ipv4::{self, Ipv4Packet, MutableIpv4Packet};
use pnet_packet::ipv6::{Ipv6Packet, MutableIpv6Packet};
use pnet_packet::tcp::{self, MutableTcpPacket, TcpPacket};
use pnet_packet::udp::{self, MutableUdpPacket, UdpPacket};
use pnet_packet::vlan::{MutableVlanPacket, VlanPacket};
use pnet_packet::vxlan::MutableVxlanPacket;
use pnet_packet::{MutablePacket as _, Packet as _};

/// Bytes that tell a probe from every other packet: [`MARK`] and six hexadecimal digits.
pub(super) type Token = [u8; 8];
const MARK: &[u8; 2] = b"aA";

/// TCP flags.
pub(super) const SYN: u8 = 2;
pub(super) const ACK: u8 = 16;
pub(super) const PUSH: u8 = 8;

/// Who sends to whom: MAC and IP address of each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way {
    pub(super) mac: (MacAddr, MacAddr),
    pub(super) ip: (IpAddr, IpAddr),
}

pub(super) fn token(number: usize) -> Token {
    let mut bytes = [0; 8];
    let text = format!("{number:06x}");
    for (to, from) in bytes.iter_mut().zip(MARK.iter().copied().chain(text.bytes())) {
        *to = from;
    }
    bytes
}

/// Returns which probe a frame is.
pub(super) fn number(frame: &[u8]) -> Option<usize> {
    frame.windows(8).find_map(|part| {
        let digits = part.strip_prefix(MARK.as_slice())?;
        usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    })
}

impl Way {
    pub(super) fn back(self) -> Self {
        Self { mac: (self.mac.1, self.mac.0), ip: (self.ip.1, self.ip.0) }
    }

    /// A frame of a kind.
    pub(super) fn ethernet(&self, kind: EtherType, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; MutableEthernetPacket::minimum_packet_size() + payload.len()];
        if let Some(mut frame) = MutableEthernetPacket::new(&mut bytes) {
            frame.set_source(self.mac.0);
            frame.set_destination(self.mac.1);
            frame.set_ethertype(kind);
            frame.set_payload(payload);
        }
        bytes
    }

    /// A frame with an IP packet, whole or a fragment: identification, offset in bytes, and
    /// whether more follow.
    pub(super) fn ip(
        &self,
        protocol: IpNextHeaderProtocol,
        part: Option<(u16, u16, bool)>,
        payload: &[u8],
    ) -> Vec<u8> {
        match self.ip {
            (IpAddr::V4(from), IpAddr::V4(to)) => {
                self.ethernet(EtherTypes::Ipv4, &four((from, to), protocol, part, payload))
            }
            (IpAddr::V6(from), IpAddr::V6(to)) => {
                let packet = match part {
                    None => six((from, to), protocol, payload),
                    Some((id, offset, more)) => {
                        // pnet has no setter for the fields of RFC 8200 §4.5 in one.
                        let mut header = vec![protocol.0, 0];
                        header.extend((offset & !7 | u16::from(more)).to_be_bytes());
                        header.extend(u32::from(id).to_be_bytes());
                        header.extend(payload);
                        six((from, to), IpNextHeaderProtocols::Ipv6Frag, &header)
                    }
                };
                self.ethernet(EtherTypes::Ipv6, &packet)
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn udp(&self, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        self.ip(IpNextHeaderProtocols::Udp, None, &self.datagram(ports, payload))
    }

    /// A datagram in two fragments; the first has its first 16 bytes, ports included.
    pub(super) fn fragments(&self, id: u16, ports: (u16, u16), payload: &[u8]) -> [Vec<u8>; 2] {
        let datagram = self.datagram(ports, payload);
        let (head, tail) = datagram.split_at(16.min(datagram.len()));
        let udp = IpNextHeaderProtocols::Udp;
        [self.ip(udp, Some((id, 0, true)), head), self.ip(udp, Some((id, 16, false)), tail)]
    }

    fn datagram(&self, (from, to): (u16, u16), payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; MutableUdpPacket::minimum_packet_size() + payload.len()];
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        if let Some(mut datagram) = MutableUdpPacket::new(&mut bytes) {
            datagram.set_source(from);
            datagram.set_destination(to);
            datagram.set_length(length);
            datagram.set_payload(payload);
            let whole = datagram.to_immutable();
            let sum = match self.ip {
                (IpAddr::V4(from), IpAddr::V4(to)) => udp::ipv4_checksum(&whole, &from, &to),
                (IpAddr::V6(from), IpAddr::V6(to)) => udp::ipv6_checksum(&whole, &from, &to),
                _ => 0,
            };
            // 0 would say that there is none.
            datagram.set_checksum(if sum == 0 { u16::MAX } else { sum });
        }
        bytes
    }

    pub(super) fn tcp(&self, (from, to): (u16, u16), flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; MutableTcpPacket::minimum_packet_size() + payload.len()];
        if let Some(mut segment) = MutableTcpPacket::new(&mut bytes) {
            segment.set_source(from);
            segment.set_destination(to);
            // Each end begins at 1,000 and has said nothing yet but SYN.
            segment.set_sequence(if flags & SYN == SYN { 1000 } else { 1001 });
            segment.set_acknowledgement(if flags & ACK == ACK { 1001 } else { 0 });
            segment.set_data_offset(5);
            segment.set_flags(flags);
            segment.set_window(u16::MAX);
            segment.set_payload(payload);
            let whole = segment.to_immutable();
            let sum = match self.ip {
                (IpAddr::V4(from), IpAddr::V4(to)) => tcp::ipv4_checksum(&whole, &from, &to),
                (IpAddr::V6(from), IpAddr::V6(to)) => tcp::ipv6_checksum(&whole, &from, &to),
                _ => 0,
            };
            segment.set_checksum(sum);
        }
        self.ip(IpNextHeaderProtocols::Tcp, None, &bytes)
    }

    /// ICMP or `ICMPv6`: type, code, and all behind the checksum.
    pub(super) fn icmp(&self, kind: u8, code: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 4 + rest.len()];
        if let (IpAddr::V6(from), IpAddr::V6(to)) = self.ip {
            if let Some(mut message) = MutableIcmpv6Packet::new(&mut bytes) {
                message.set_icmpv6_type(Icmpv6Type(kind));
                message.set_icmpv6_code(Icmpv6Code(code));
                message.set_payload(rest);
                message.set_checksum(icmpv6::checksum(&message.to_immutable(), &from, &to));
            }
            return self.ip(IpNextHeaderProtocols::Icmpv6, None, &bytes);
        }
        if let Some(mut message) = MutableIcmpPacket::new(&mut bytes) {
            message.set_icmp_type(IcmpType(kind));
            message.set_icmp_code(IcmpCode(code));
            message.set_payload(rest);
            message.set_checksum(icmp::checksum(&message.to_immutable()));
        }
        self.ip(IpNextHeaderProtocols::Icmp, None, &bytes)
    }

    /// An error about a UDP datagram that the receiver sent by this way back.
    pub(super) fn error(&self, kind: u8, code: u8, ports: (u16, u16), payload: &[u8]) -> Vec<u8> {
        let about = self.back().udp(ports, payload);
        let mut rest = vec![0; 4];
        rest.extend(about.get(14..).unwrap_or_default());
        self.icmp(kind, code, &rest)
    }

    /// ARP: operation, and what sender and target are said to be; `token` behind it.
    pub(super) fn arp(
        &self,
        operation: ArpOperation,
        sender: (MacAddr, Ipv4Addr),
        target: (MacAddr, Ipv4Addr),
        token: &[u8],
    ) -> Vec<u8> {
        let mut bytes = vec![0; MutableArpPacket::minimum_packet_size()];
        if let Some(mut packet) = MutableArpPacket::new(&mut bytes) {
            packet.set_hardware_type(ArpHardwareTypes::Ethernet);
            packet.set_protocol_type(EtherTypes::Ipv4);
            packet.set_hw_addr_len(6);
            packet.set_proto_addr_len(4);
            packet.set_operation(operation);
            packet.set_sender_hw_addr(sender.0);
            packet.set_sender_proto_addr(sender.1);
            packet.set_target_hw_addr(target.0);
            packet.set_target_proto_addr(target.1);
        }
        bytes.extend(token);
        self.ethernet(EtherTypes::Arp, &bytes)
    }

    /// A neighbour advertisement (136, flags solicited and override) or solicitation (135).
    pub(super) fn neighbour(
        &self,
        kind: u8,
        target: Ipv6Addr,
        own: MacAddr,
        token: &[u8],
    ) -> Vec<u8> {
        let (flags, option) = if kind == 136 { (0x60, 2) } else { (0, 1) };
        let mut rest = vec![flags, 0, 0, 0];
        rest.extend(target.octets());
        rest.extend([option, 1]);
        rest.extend(own.octets());
        rest.extend(nonce(token));
        self.icmp(kind, 0, &rest)
    }

    /// A router's advertisement, of one for half an hour.
    pub(super) fn router(&self, token: &[u8]) -> Vec<u8> {
        let mut rest = vec![64, 0, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0];
        rest.extend(nonce(token));
        self.icmp(134, 0, &rest)
    }
}

/// A nonce (RFC 3971 §5.3.2) that carries a token.
fn nonce(token: &[u8]) -> [u8; 16] {
    let mut option = [0; 16];
    for (to, from) in option.iter_mut().zip([14, 2].iter().chain(token)) {
        *to = *from;
    }
    option
}

fn four(
    (from, to): (Ipv4Addr, Ipv4Addr),
    protocol: IpNextHeaderProtocol,
    part: Option<(u16, u16, bool)>,
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = vec![0; MutableIpv4Packet::minimum_packet_size() + payload.len()];
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    if let Some(mut packet) = MutableIpv4Packet::new(&mut bytes) {
        let (id, offset, more) = part.unwrap_or_default();
        packet.set_version(4);
        packet.set_header_length(5);
        packet.set_total_length(length);
        packet.set_identification(id);
        packet.set_flags(u8::from(more));
        packet.set_fragment_offset(offset / 8);
        packet.set_ttl(64);
        packet.set_next_level_protocol(protocol);
        packet.set_source(from);
        packet.set_destination(to);
        packet.set_payload(payload);
        packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
    }
    bytes
}

fn six((from, to): (Ipv6Addr, Ipv6Addr), next: IpNextHeaderProtocol, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; MutableIpv6Packet::minimum_packet_size() + payload.len()];
    if let Some(mut packet) = MutableIpv6Packet::new(&mut bytes) {
        packet.set_version(6);
        packet.set_payload_length(u16::try_from(payload.len()).unwrap_or(u16::MAX));
        packet.set_next_header(next);
        // What neighbour discovery asks for.
        packet.set_hop_limit(255);
        packet.set_source(from);
        packet.set_destination(to);
        packet.set_payload(payload);
    }
    bytes
}

/// VXLAN without what carries it.
pub(super) fn vxlan(vni: u32, inner: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; MutableVxlanPacket::minimum_packet_size() + inner.len()];
    if let Some(mut packet) = MutableVxlanPacket::new(&mut bytes) {
        packet.set_flags(8);
        packet.set_vni(vni);
        packet.set_payload(inner);
    }
    bytes
}

/// Puts a VLAN tag of `kind` into a frame.
pub(super) fn tagged(frame: &[u8], kind: EtherType, vlan: u16) -> Vec<u8> {
    let Some(untagged) = EthernetPacket::new(frame) else { return Vec::new() };
    let mut inner = vec![0; MutableVlanPacket::minimum_packet_size() + untagged.payload().len()];
    if let Some(mut tag) = MutableVlanPacket::new(&mut inner) {
        tag.set_vlan_identifier(vlan);
        tag.set_ethertype(untagged.get_ethertype());
        tag.payload_mut().copy_from_slice(untagged.payload());
    }
    let unset = IpAddr::from([0; 4]);
    let mac = (untagged.get_source(), untagged.get_destination());
    Way { mac, ip: (unset, unset) }.ethernet(kind, &inner)
}

/// Forbids that a packet of IPv4 is cut; one of IPv6 is not, on its way.
pub(super) fn uncut(mut frame: Vec<u8>) -> Vec<u8> {
    let Some(mut outer) = MutableEthernetPacket::new(&mut frame) else { return frame };
    if outer.get_ethertype() == EtherTypes::Ipv4
        && let Some(mut packet) = MutableIpv4Packet::new(outer.payload_mut())
    {
        packet.set_flags(2);
        packet.set_checksum(ipv4::checksum(&packet.to_immutable()));
    }
    frame
}

/// Who asks for which address, by ARP or a neighbour solicitation.
pub(super) fn asks(frame: &[u8]) -> Option<(MacAddr, IpAddr, IpAddr)> {
    let frame = EthernetPacket::new(frame)?;
    let mac = frame.get_source();
    match frame.get_ethertype() {
        EtherTypes::Arp => {
            let packet = ArpPacket::new(frame.payload())?;
            let asks = packet.get_operation() == ArpOperation(1);
            let (target, from) = (packet.get_target_proto_addr(), packet.get_sender_proto_addr());
            asks.then(|| (mac, target.into(), from.into()))
        }
        EtherTypes::Ipv6 => {
            let packet = Ipv6Packet::new(frame.payload())?;
            let message = packet.payload();
            let asks = packet.get_next_header() == IpNextHeaderProtocols::Icmpv6
                && message.first() == Some(&135);
            let target: [u8; 16] = message.get(8..24)?.try_into().ok()?;
            asks.then(|| (mac, target.into(), packet.get_source().into()))
        }
        _ => None,
    }
}

/// The answer to who asks: `mac` has it.
pub(super) fn answer((asker, target, from): (MacAddr, IpAddr, IpAddr), mac: MacAddr) -> Vec<u8> {
    let way = Way { mac: (mac, asker), ip: (target, from) };
    match (target, from) {
        (IpAddr::V4(target), IpAddr::V4(from)) => {
            way.arp(ArpOperation(2), (mac, target), (asker, from), &[])
        }
        (IpAddr::V6(target), _) => way.neighbour(136, target, mac, &[]),
        _ => Vec::new(),
    }
}

/// Whether a frame is an ICMP error.
pub(super) fn is_error(frame: &[u8]) -> bool {
    let kind = |payload: &[u8], six: bool| {
        payload
            .first()
            .is_some_and(|kind| if six { *kind < 128 } else { [3, 11, 12].contains(kind) })
    };
    inner(frame).is_some_and(|(_, protocol, payload)| match protocol {
        IpNextHeaderProtocols::Icmp => kind(&payload, false),
        IpNextHeaderProtocols::Icmpv6 => kind(&payload, true),
        _ => false,
    })
}

/// The address that a frame is from.
pub(super) fn source(frame: &[u8]) -> Option<IpAddr> {
    inner(frame).map(|(from, ..)| from)
}

fn inner(frame: &[u8]) -> Option<(IpAddr, IpNextHeaderProtocol, Vec<u8>)> {
    let frame = EthernetPacket::new(frame)?;
    match frame.get_ethertype() {
        EtherTypes::Ipv4 => {
            let packet = Ipv4Packet::new(frame.payload())?;
            let from = packet.get_source().into();
            Some((from, packet.get_next_level_protocol(), packet.payload().to_vec()))
        }
        EtherTypes::Ipv6 => {
            let packet = Ipv6Packet::new(frame.payload())?;
            Some((packet.get_source().into(), packet.get_next_header(), packet.payload().to_vec()))
        }
        _ => None,
    }
}

/// Whether a frame answers who has an address: ARP, or a neighbour advertisement.
pub(super) fn answers(frame: &[u8], about: IpAddr) -> Option<MacAddr> {
    let frame = EthernetPacket::new(frame)?;
    match (frame.get_ethertype(), about) {
        (EtherTypes::Arp, IpAddr::V4(about)) => {
            let packet = ArpPacket::new(frame.payload())?;
            let answer = packet.get_operation() == ArpOperation(2);
            (answer && packet.get_sender_proto_addr() == about).then(|| packet.get_sender_hw_addr())
        }
        (EtherTypes::Ipv6, IpAddr::V6(about)) => {
            let packet = Ipv6Packet::new(frame.payload())?;
            let message = packet.payload();
            let target = message.get(8..24)?;
            let answer = packet.get_next_header() == IpNextHeaderProtocols::Icmpv6
                && message.first() == Some(&136)
                && target == about.octets();
            // The option with the target's MAC address (RFC 4861 §4.6.1) is the first.
            let mac: [u8; 6] = message.get(26..32)?.try_into().ok()?;
            answer.then(|| MacAddr::from(mac))
        }
        _ => None,
    }
}

/// Says what a frame is, as it reads: the same in every language.
pub(super) fn describe(frame: &[u8]) -> String {
    let Some(outer) = EthernetPacket::new(frame) else { return format!("{} bytes", frame.len()) };
    let mut text = format!("{} > {}", outer.get_source(), outer.get_destination());
    let (mut kind, mut payload) = (outer.get_ethertype(), outer.payload().to_vec());
    if [EtherTypes::Vlan, EtherTypes::PBridge].contains(&kind)
        && let Some(tag) = VlanPacket::new(&payload)
    {
        say(&mut text, format_args!(", VLAN {}", tag.get_vlan_identifier()));
        let inner = tag.payload().to_vec();
        kind = tag.get_ethertype();
        payload = inner;
    }
    match kind {
        EtherTypes::Arp => {
            if let Some(packet) = ArpPacket::new(&payload) {
                let word =
                    if packet.get_operation() == ArpOperation(1) { "asks for" } else { "tells" };
                let (from, to) = (packet.get_sender_proto_addr(), packet.get_target_proto_addr());
                let mac = packet.get_sender_hw_addr();
                say(&mut text, format_args!(", ARP {from} ({mac}) {word} {to}"));
            }
        }
        EtherTypes::Ipv4 => {
            if let Some(packet) = Ipv4Packet::new(&payload) {
                let ends = (packet.get_source().into(), packet.get_destination().into());
                let later = packet.get_fragment_offset() > 0;
                let protocol = packet.get_next_level_protocol();
                transport(&mut text, ends, protocol, later, packet.payload());
            }
        }
        EtherTypes::Ipv6 => {
            if let Some(packet) = Ipv6Packet::new(&payload) {
                let ends = (packet.get_source().into(), packet.get_destination().into());
                transport(&mut text, ends, packet.get_next_header(), false, packet.payload());
            }
        }
        other => say(&mut text, format_args!(", type {:#06x}", other.0)),
    }
    text
}

fn transport(
    text: &mut String,
    (from, to): (IpAddr, IpAddr),
    protocol: IpNextHeaderProtocol,
    later: bool,
    payload: &[u8],
) {
    say(text, format_args!(", {from} > {to}"));
    let ports = match protocol {
        _ if later => None,
        IpNextHeaderProtocols::Udp => {
            UdpPacket::new(payload).map(|it| ("UDP", it.get_source(), it.get_destination()))
        }
        IpNextHeaderProtocols::Tcp => {
            TcpPacket::new(payload).map(|it| ("TCP", it.get_source(), it.get_destination()))
        }
        _ => None,
    };
    let icmp = [IpNextHeaderProtocols::Icmp, IpNextHeaderProtocols::Icmpv6].contains(&protocol);
    match (ports, payload) {
        (Some((name, from, to)), _) => say(text, format_args!(", {name} {from} > {to}")),
        (None, [kind, code, ..]) if icmp => say(text, format_args!(", ICMP {kind}/{code}")),
        _ if later => say(text, format_args!(", protocol {}, fragment", protocol.0)),
        _ => say(text, format_args!(", protocol {}", protocol.0)),
    }
}

fn say(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a String takes everything");
}
