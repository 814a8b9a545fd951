//! Stand-ins: texts of the same length and shape that tell nothing of what they stand for, and are
//! the same for the same text all over a recording.

use std::net::{Ipv4Addr, Ipv6Addr};

use ring::hmac;

/// Makes stand-ins by a key that nobody keeps.
pub(super) struct Maker(hmac::Key);

/// Bytes that a stand-in is made of, as many as are wanted.
struct Stream<'m> {
    key: &'m hmac::Key,
    seed: Vec<u8>,
    round: u32,
    ready: Vec<u8>,
}

impl Stream<'_> {
    fn next(&mut self) -> u8 {
        if self.ready.is_empty() {
            let tag = hmac::sign(self.key, &[&self.seed[..], &self.round.to_be_bytes()].concat());
            self.round += 1;
            self.ready = tag.as_ref().to_vec();
        }
        self.ready.pop().unwrap_or_default()
    }

    /// Returns a number below `most`, which is small.
    fn below(&mut self, most: u8) -> u8 {
        self.next() % most.max(1)
    }
}

impl Maker {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    fn stream(&self, seed: &[u8]) -> Stream<'_> {
        Stream { key: &self.0, seed: seed.to_vec(), round: 0, ready: Vec::new() }
    }

    /// Letters become letters of their case, digits become digits, all else stays.
    pub(super) fn text(&self, text: &str) -> String {
        let mut stream = self.stream(text.as_bytes());
        let one = |at: char| match at {
            '0'..='9' => char::from(b'0' + stream.below(10)),
            'a'..='z' => char::from(b'a' + stream.below(26)),
            'A'..='Z' => char::from(b'A' + stream.below(26)),
            // A letter of another script: one that is as long.
            other if other.is_alphabetic() && other.len_utf8() == 3 => '某',
            other => other,
        };
        text.chars().map(one).collect()
    }

    /// Hexadecimal digits become others, in their case; the same bytes in another notation become
    /// the same.
    pub(super) fn hex(&self, text: &str, keeps: usize) -> String {
        let plain: String = text
            .chars()
            .filter(char::is_ascii_hexdigit)
            .map(|at| at.to_ascii_lowercase())
            .collect();
        let mut stream = self.stream(plain.as_bytes());
        let mut passed = 0;
        let upper = text.chars().any(|at| at.is_ascii_uppercase());
        let one = |at: char| {
            if !at.is_ascii_hexdigit() {
                return at;
            }
            passed += 1;
            // Drawn all the same, so that what is kept moves nothing.
            let digit = char::from_digit(u32::from(stream.below(16)), 16).unwrap_or('0');
            if passed <= keeps {
                at
            } else if upper {
                digit.to_ascii_uppercase()
            } else {
                digit
            }
        };
        text.chars().map(one).collect()
    }

    /// An address of hardware: what its maker's part says of it goes, too, and so does the bit of
    /// groups.
    pub(super) fn mac(&self, text: &str) -> String {
        let made = self.hex(text, 0);
        let mut first = 0;
        let one = |at: char| {
            if !at.is_ascii_hexdigit() {
                return at;
            }
            first += 1;
            match first {
                1 => '0',
                // Nobody registered it.
                2 => '2',
                _ => at,
            }
        };
        made.chars().map(one).collect()
    }

    /// An address of as many digits in each part.
    pub(super) fn ipv4(&self, text: &str) -> String {
        let mut stream = self.stream(text.as_bytes());
        let part = |part: &str| match part.len() {
            1 => (1 + stream.below(9)).to_string(),
            2 => (10 + stream.below(90)).to_string(),
            _ => (100 + stream.below(100)).to_string(),
        };
        text.split('.').map(part).collect::<Vec<_>>().join(".")
    }

    /// An address of the same form; what says of which kind it is stays.
    pub(super) fn ipv6(&self, text: &str) -> String {
        let (first, rest) = text.split_once(':').unwrap_or((text, ""));
        // No part begins with 0 where it did not: it would be longer than it has to be.
        let made = self.hex(rest, 0);
        let part = |(was, is): (&str, &str)| {
            if is.starts_with('0') && !was.starts_with('0') {
                format!("a{}", is.get(1..).unwrap_or_default())
            } else {
                is.to_owned()
            }
        };
        let parts: Vec<String> = rest.split(':').zip(made.split(':')).map(part).collect();
        format!("{first}:{}", parts.join(":"))
    }
}

/// Says whether an address of IPv4 is nobody's: it is kept.
pub(super) fn is_common4(ip: Ipv4Addr) -> bool {
    let [first, ..] = ip.octets();
    ip.is_unspecified()
        || ip.is_loopback()
        || first == 255
        || ip.is_multicast()
        || ip.is_documentation()
}

/// Says whether an address of IPv6 is nobody's.
pub(super) fn is_common6(ip: Ipv6Addr) -> bool {
    ip.is_unspecified() || ip.is_loopback() || ip.is_multicast()
}
