//! Protocols above IP, by the names that users write (IANA protocol numbers).

/// ICMP for IPv4 (RFC 792).
pub const ICMP: u8 = 1;
/// TCP (RFC 9293).
pub const TCP: u8 = 6;
/// UDP (RFC 768).
pub const UDP: u8 = 17;
/// `ICMPv6` (RFC 4443).
pub const ICMPV6: u8 = 58;
/// SCTP (RFC 9260).
pub const SCTP: u8 = 132;

/// The names that are understood.
pub const NAMES: &[(&str, u8)] =
    &[("tcp", TCP), ("udp", UDP), ("sctp", SCTP), ("icmp", ICMP), ("icmpv6", ICMPV6)];

/// Returns the number of a protocol by its name.
pub fn number(name: &str) -> Option<u8> {
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// Returns how a protocol is written: its name, or its number.
pub fn name(number: u8) -> String {
    NAMES
        .iter()
        .find(|(_, known)| *known == number)
        .map_or_else(|| number.to_string(), |(name, _)| (*name).to_owned())
}

/// Whether a protocol has ports.
pub fn has_ports(number: u8) -> bool {
    matches!(number, TCP | UDP | SCTP)
}
