//! Pseudonyms: a keyed function from identifiers to identifiers of their shape.

use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// How many digits of a hardware address name its maker.
const MAC_KEPT: usize = 6;
/// How many digits of a world-wide name are its format and maker.
const WWN_KEPT: usize = 8;

/// The function, for one salt.
#[derive(Clone, Debug)]
pub(super) struct Pseudonyms {
    salt: [u8; 32],
}

impl Pseudonyms {
    pub(super) fn new(salt: &[u8; 32]) -> Self {
        Self { salt: *salt }
    }

    /// Returns the pseudonym of `text`, whatever kind of identifier it is.
    pub(super) fn of(&self, text: &str) -> String {
        if let Ok(address) = text.parse() {
            let masked = self.address(address).to_string();
            // Text of another length could not be put in its place.
            return masked;
        }
        let digits: Vec<char> = text.chars().filter(char::is_ascii_hexdigit).collect();
        let separators = text.chars().filter(|c| matches!(c, ':' | '-')).count();
        let only_hex = digits.len() + separators == text.chars().count();
        match (only_hex, digits.len(), separators) {
            (true, 32, 4) => self.hex(text, 0),
            (true, 12, 0 | 5) => self.hex(text, MAC_KEPT),
            (true, 16 | 32, _) => self.hex(text, WWN_KEPT),
            _ => match text.split_once('.') {
                Some((format @ ("naa" | "eui" | "nvme" | "uuid"), rest)) => {
                    format!("{format}.{}", self.hex(rest, WWN_KEPT))
                }
                _ => self.shaped(text),
            },
        }
    }

    /// Replaces the hex digits of `text` but the first `kept`. Separators and
    /// case make no difference to what comes out, so that an address reads the
    /// same however it was written.
    pub(super) fn hex(&self, text: &str, kept: usize) -> String {
        let plain: String =
            text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
        if plain.chars().all(|c| c == '0') || plain.chars().all(|c| c == 'f') {
            return text.to_owned();
        }
        let mut stream = self.stream("hex", &plain);
        let mut seen = 0_usize;
        text.chars()
            .map(|c| {
                if !c.is_ascii_hexdigit() {
                    return c;
                }
                seen = seen.saturating_add(1);
                if seen <= kept {
                    return c;
                }
                let digit = char::from_digit(u32::from(stream.next() & 0x0f), 16).unwrap_or('0');
                if c.is_ascii_uppercase() { digit.to_ascii_uppercase() } else { digit }
            })
            .collect()
    }

    /// Replaces digits by digits and letters by letters of their case.
    pub(super) fn shaped(&self, text: &str) -> String {
        let mut stream = self.stream("text", text);
        text.chars()
            .map(|c| match c {
                '0'..='9' => char::from(b'0' + stream.next() % 10),
                'a'..='z' => char::from(b'a' + stream.next() % 26),
                'A'..='Z' => char::from(b'A' + stream.next() % 26),
                other => other,
            })
            .collect()
    }

    /// Replaces an address so that addresses of one network stay in one: each
    /// bit is turned or not by what the bits before it are. Addresses that name
    /// no host stay, and so does the front of private and link-local networks.
    fn address(&self, address: IpAddr) -> IpAddr {
        let (bits, width, kept) = match address {
            IpAddr::V4(v4) if v4.is_loopback() || v4.is_unspecified() || v4.is_multicast() => {
                return address;
            }
            IpAddr::V4(v4) => {
                let kept = match v4.octets() {
                    [10, ..] => 8,
                    [172, b, ..] if (16..32).contains(&b) => 12,
                    [192, 168, ..] | [169, 254, ..] => 16,
                    _ => 0,
                };
                (u128::from(v4.to_bits()) << 96, 32, kept)
            }
            IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() => {
                return address;
            }
            IpAddr::V6(v6) => {
                let kept = match v6.octets() {
                    [0xfd | 0xfc, ..] => 8,
                    [0xfe, b, ..] if b & 0xc0 == 0x80 => 64,
                    _ => 0,
                };
                (v6.to_bits(), 128, kept)
            }
        };
        let mut masked = bits;
        for at in kept..width {
            // The bits before this one, and its place.
            let before = if at == 0 { 0 } else { bits >> (128 - at) };
            let turn = self.stream("address", &format!("{width}/{at}/{before:x}")).next() & 1;
            masked ^= u128::from(turn) << (127 - at);
        }
        match address {
            IpAddr::V4(_) => IpAddr::from(u32::try_from(masked >> 96).unwrap_or(0).to_be_bytes()),
            IpAddr::V6(_) => IpAddr::from(masked.to_be_bytes()),
        }
    }

    fn stream(&self, kind: &str, text: &str) -> Stream {
        let mut start = Sha256::new();
        start.update(self.salt);
        start.update(kind.as_bytes());
        start.update([0]);
        start.update(text.as_bytes());
        Stream { start, count: 0, block: Vec::new() }
    }
}

/// An endless stream of bytes.
struct Stream {
    start: Sha256,
    count: u64,
    block: Vec<u8>,
}

impl Stream {
    fn next(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.block.pop() {
                return byte;
            }
            let mut hash = self.start.clone();
            hash.update(self.count.to_be_bytes());
            self.count = self.count.wrapping_add(1);
            self.block = hash.finalize().to_vec();
        }
    }
}
