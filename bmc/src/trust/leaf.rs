//! What a certificate says of itself (RFC 5280 §4.1), as far as an operator asks: whom it is for,
//! who signed it, and from when until when it counts.

use std::fmt;

use crate::operation::clock::days;

/// What a certificate says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leaf {
    /// Whom it is for.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// From when it counts, seconds of Unix time.
    pub from: i64,
    /// Until when.
    pub until: i64,
}

/// A name: attributes and their values in their order (`CN`, `O`, `C`, or the last arc below 2.5.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name(pub Vec<(String, String)>);

impl Name {
    /// Returns its common name.
    pub fn common(&self) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == "CN").map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (key, value)) in self.0.iter().enumerate() {
            let before = if at == 0 { "" } else { ", " };
            write!(out, "{before}{key}={value}")?;
        }
        Ok(())
    }
}

pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
pub(super) const OID: u8 = 0x06;
pub(super) const INTEGER: u8 = 0x02;

/// Takes a value off the front: its tag, and its content (X.690 §8.1).
pub(super) fn take<'d>(data: &mut &'d [u8]) -> Option<(u8, &'d [u8])> {
    let (tag, rest) = data.split_first()?;
    let (first, mut rest) = rest.split_first()?;
    let length = if *first < 0x80 {
        usize::from(*first)
    } else {
        // Four bytes of a length are more than any certificate has; 0x80 is not of DER.
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (bytes, behind) = rest.split_at_checked(count)?;
        rest = behind;
        bytes.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte))
    };
    let (content, behind) = rest.split_at_checked(length)?;
    *data = behind;
    Some((*tag, content))
}

/// Takes a value of that tag.
pub(super) fn expect<'d>(data: &mut &'d [u8], tag: u8) -> Option<&'d [u8]> {
    take(data).filter(|(own, _)| *own == tag).map(|(_, content)| content)
}

impl Leaf {
    /// Reads a certificate, DER.
    pub fn read(mut der: &[u8]) -> Option<Self> {
        let mut certificate = expect(&mut der, SEQUENCE)?;
        let mut content = expect(&mut certificate, SEQUENCE)?;
        // The version is left out by version 1.
        if content.first() == Some(&0xa0) {
            take(&mut content)?;
        }
        expect(&mut content, INTEGER)?;
        expect(&mut content, SEQUENCE)?;
        let issuer = name(expect(&mut content, SEQUENCE)?)?;
        let mut validity = expect(&mut content, SEQUENCE)?;
        let (from, until) = (time(take(&mut validity)?)?, time(take(&mut validity)?)?);
        let subject = name(expect(&mut content, SEQUENCE)?)?;
        Some(Self { subject, issuer, from, until })
    }
}

/// Reads whom a request for a certificate is for (RFC 2986 §4.1), DER.
pub fn requested(mut der: &[u8]) -> Option<Name> {
    let mut request = expect(&mut der, SEQUENCE)?;
    let mut content = expect(&mut request, SEQUENCE)?;
    expect(&mut content, INTEGER)?;
    name(expect(&mut content, SEQUENCE)?)
}

fn name(mut data: &[u8]) -> Option<Name> {
    let mut found = Name::default();
    while !data.is_empty() {
        let mut set = expect(&mut data, SET)?;
        while !set.is_empty() {
            let mut pair = expect(&mut set, SEQUENCE)?;
            let kind = expect(&mut pair, OID)?;
            let (tag, text) = take(&mut pair)?;
            found.0.push((attribute(kind), texted(tag, text)));
        }
    }
    Some(found)
}

/// Returns the short name of an attribute (RFC 4519, X.520).
fn attribute(oid: &[u8]) -> String {
    match oid {
        [0x55, 4, 3] => "CN".to_owned(),
        [0x55, 4, 5] => "serialNumber".to_owned(),
        [0x55, 4, 6] => "C".to_owned(),
        [0x55, 4, 7] => "L".to_owned(),
        [0x55, 4, 8] => "ST".to_owned(),
        [0x55, 4, 10] => "O".to_owned(),
        [0x55, 4, 11] => "OU".to_owned(),
        [0x55, 4, arc] => format!("2.5.4.{arc}"),
        // emailAddress (PKCS #9)
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 1] => "email".to_owned(),
        _ => "?".to_owned(),
    }
}

/// Reads a text: of two bytes a character (`BMPString`), or as UTF-8.
fn texted(tag: u8, bytes: &[u8]) -> String {
    let text = if tag == 0x1e {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect();
        String::from_utf16_lossy(&units)
    } else {
        String::from_utf8_lossy(bytes).into_owned()
    };
    text.chars().filter(|one| !one.is_control()).collect()
}

/// Reads a time of `UTCTime` or `GeneralizedTime` (RFC 5280 §4.1.2.5).
fn time((tag, text): (u8, &[u8])) -> Option<i64> {
    let text = str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (year, rest) = match tag {
        0x17 => {
            let (year, rest) = text.split_at_checked(2)?;
            let year: i64 = year.parse().ok()?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        0x18 => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.parse().ok()?, rest)
        }
        _ => return None,
    };
    if !rest.bytes().all(|byte| byte.is_ascii_digit()) || rest.len() < 8 {
        return None;
    }
    let part = |at: usize| rest.get(at..at + 2).and_then(|two| two.parse::<i64>().ok());
    let (month, day, hour, minute) = (part(0)?, part(2)?, part(4)?, part(6)?);
    let second = part(8).unwrap_or(0);
    let sound = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60;
    sound.then(|| days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::x509::{Subject, self_signed};

    fn made(from: u64, until: u64) -> Vec<u8> {
        let names = [(6, "CN"), (10, "云"), (3, "bmc-7.example")];
        let subject = Subject { names: &names, addresses: &[], from, until };
        self_signed(&subject).expect("made").certificate
    }

    #[test]
    fn a_certificate_says_whom_it_is_for_and_how_long() {
        for (from, until) in [(0, 1), (951_782_399, 951_868_800), (1_700_000_000, 4_102_444_799)] {
            let leaf = Leaf::read(&made(from, until)).expect("a certificate");
            assert_eq!((leaf.from, leaf.until), (from.cast_signed(), until.cast_signed()));
            assert_eq!(leaf.subject.to_string(), "C=CN, O=云, CN=bmc-7.example");
            assert_eq!(leaf.subject.common(), Some("bmc-7.example"));
            assert_eq!(leaf.issuer, leaf.subject);
        }
    }

    #[test]
    fn what_is_cut_or_damaged_is_no_certificate() {
        let whole = made(1_700_000_000, 2_600_000_000);
        for length in 0..whole.len() {
            // What is behind the names need not be there to read them.
            drop(Leaf::read(whole.get(..length).unwrap_or_default()));
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            for value in [0, 0x7f, 0x80, 0x84, 0xff] {
                if let Some(byte) = other.get_mut(at) {
                    *byte = value;
                }
                drop(Leaf::read(&other));
            }
        }
        for other in [&b""[..], b"\x30", b"\x30\x84\xff\xff\xff\xff", b"\x30\x80", b"not DER"] {
            assert_eq!(Leaf::read(other), None);
        }
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (tag, text, expected) in [
            (0x17, "700101000000Z", Some(0)),
            (0x17, "000229120000Z", Some(951_825_600)),
            (0x17, "491231235959Z", Some(2_524_607_999)),
            (0x17, "500101000000Z", Some(-631_152_000)),
            (0x18, "20500101000000Z", Some(2_524_608_000)),
            (0x18, "20501301000000Z", None),
            (0x17, "700101000000", None),
            (0x17, "70é", None),
            (0x04, "700101000000Z", None),
        ] {
            assert_eq!(time((tag, text.as_bytes())), expected, "{text}");
        }
    }
}
