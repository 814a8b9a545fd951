//! Packets that only a packet socket sends, and what one hears.

use std::net::IpAddr;

use pnet_base::MacAddr;
use pnet_packet::Packet as _;
use pnet_packet::ethernet::EthernetPacket;

use super::order::{self, Send};
use crate::accept::frame::{self, Way};

/// A frame that carries a probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Of which probe.
    pub nonce: u64,
    /// Whether it is an answer.
    pub answer: bool,
    /// Whether it is an ICMP error about it.
    pub error: bool,
    /// Whether that says that it is too large.
    pub too_large: bool,
    /// Source address.
    pub from: IpAddr,
    /// Source MAC address: where packets to that address go.
    pub mac: [u8; 6],
}

/// Reads a frame.
pub fn heard(bytes: &[u8]) -> Option<Heard> {
    let (nonce, answer) = order::read(bytes)?;
    let from = frame::source(bytes)?;
    let mac = EthernetPacket::new(bytes)?.get_source().octets();
    let error = frame::is_error(bytes);
    // RFC 792 and 1191, and RFC 4443 §3.2.
    let told = if from.is_ipv4() { ", ICMP 3/4" } else { ", ICMP 2/0" };
    let too_large = error && frame::describe(bytes).ends_with(told);
    Some(Heard { nonce, answer, error, too_large, from, mac })
}

/// Returns a frame with a datagram as a probe says, in a packet that is not to be cut; `macs` are
/// the sender's own and the next hop's.
pub fn datagram(probe: &Send, macs: [[u8; 6]; 2]) -> Vec<u8> {
    let [own, next] = macs;
    let way = Way {
        mac: (MacAddr::from(probe.mac.unwrap_or(own)), MacAddr::from(next)),
        ip: (probe.source.unwrap_or(probe.from), probe.to.ip()),
    };
    let head = if probe.to.is_ipv4() { 28 } else { 48 };
    let mut payload = order::ask(probe.nonce);
    payload.resize(usize::from(probe.bytes).saturating_sub(head).max(payload.len()), 0);
    // A port of its own, from which nothing else is sent.
    frame::uncut(way.udp((FORGED, probe.to.port()), &payload))
}

/// The port that such datagrams come from.
const FORGED: u16 = 47_121;

/// Returns an echo request without what carries it.
pub fn echo(probe: &Send) -> Vec<u8> {
    let unset = MacAddr::zero();
    let way = Way { mac: (unset, unset), ip: (probe.from, probe.to.ip()) };
    let [.., high, low] = probe.nonce.to_be_bytes();
    let mut rest = vec![high, low, 0, 1];
    rest.extend(order::ask(probe.nonce));
    let four = probe.to.is_ipv4();
    let whole = way.icmp(if four { 8 } else { 128 }, 0, &rest);
    let packet = EthernetPacket::new(&whole).map(|frame| frame.payload().to_vec());
    packet.unwrap_or_default().split_off(if four { 20 } else { 40 })
}
