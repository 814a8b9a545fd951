//! Which certificate a BMC is known by.
//!
//! BMCs sign their own certificates, so most are known by the SHA-256 of theirs: given by the
//! user, or stored when it was looked at. A certificate that changed stops that host, with both
//! fingerprints; nothing here ever takes a new one for an old one by itself.

mod key;
mod leaf;
mod material;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt, num::NonZeroU16, str::FromStr};

use sha2::{Digest, Sha256};

use crate::target::Address;

pub use self::{
    key::Key,
    leaf::{Leaf, Name, requested},
    material::{Material, MaterialError},
};

/// Bytes of a SHA-256.
const BYTES: usize = 32;
/// The port that is meant where none is named.
const HTTPS: NonZeroU16 = NonZeroU16::new(443).expect("443 is not 0");

/// SHA-256 of a certificate (DER), the leaf's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin([u8; BYTES]);

/// A text that is no SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 has 64 hexadecimal digits")]
pub struct PinError;

impl Pin {
    /// Returns the pin of a certificate.
    pub fn of(certificate: &[u8]) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Pin {
    type Err = PinError;

    /// Reads it as browsers, `openssl x509 -fingerprint -sha256` and [`fmt::Display`] write it.
    fn from_str(text: &str) -> Result<Self, PinError> {
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let digits = lower.strip_prefix("sha256:").unwrap_or(&lower);
        let digits: Vec<u8> = digits.bytes().filter(|at| !matches!(at, b':' | b' ')).collect();
        let (pairs, []) = digits.as_chunks::<2>() else { return Err(PinError) };
        let byte = |pair: &[u8; 2]| {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            u8::try_from(high? * 16 + low?).ok()
        };
        let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(PinError)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What a certificate is to what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing was known of the host.
    New,
    /// It is the one that is known.
    Known,
    /// Another one is known.
    Changed {
        /// The one that is known.
        was: Pin,
    },
}

/// The certificates that are known, by address and port: a text of lines `ADDRESS:PORT SHA-256`,
/// as a person may read and correct it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    pins: BTreeMap<Address, Pin>,
}

/// A line that cannot be read. A store is refused whole: a line left out would make a changed
/// certificate a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} is not `ADDRESS:PORT SHA-256`")]
pub struct KnownError {
    /// The line, from 1.
    pub line: usize,
}

impl Known {
    /// Reads a store.
    pub fn parse(text: &str) -> Result<Self, KnownError> {
        let mut known = Self::default();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let read = || {
                let (address, pin) = line.split_once(char::is_whitespace)?;
                Some((address.parse().ok()?, pin.parse().ok()?))
            };
            let (address, pin) = read().ok_or(KnownError { line: at + 1 })?;
            // Two lines of one host say two things of it, unless they are the same.
            if known.pins.insert(whole(&address), pin).is_some_and(|was| was != pin) {
                return Err(KnownError { line: at + 1 });
            }
        }
        Ok(known)
    }

    /// Returns the text of the store; the same store gives the same bytes.
    pub fn text(&self) -> String {
        let line = |(address, pin): (&Address, &Pin)| format!("{address} {pin}\n");
        self.pins.iter().map(line).collect()
    }

    /// Returns what a certificate seen at `address` is to what is known.
    pub fn standing(&self, address: &Address, seen: Pin) -> Standing {
        match self.pins.get(&whole(address)) {
            None => Standing::New,
            Some(known) if *known == seen => Standing::Known,
            Some(known) => Standing::Changed { was: *known },
        }
    }

    /// Returns the certificate that is known of `address`.
    pub fn pin(&self, address: &Address) -> Option<Pin> {
        self.pins.get(&whole(address)).copied()
    }

    /// Takes a certificate of a host of which nothing is known; returns whether it did.
    pub fn learn(&mut self, address: &Address, seen: Pin) -> bool {
        let new = self.standing(address, seen) == Standing::New;
        if new {
            self.pins.insert(whole(address), seen);
        }
        new
    }

    /// Forgets a host; returns whether anything was known of it.
    pub fn forget(&mut self, address: &Address) -> bool {
        self.pins.remove(&whole(address)).is_some()
    }
}

/// Returns an address with its port.
fn whole(address: &Address) -> Address {
    Address { host: address.host.clone(), port: Some(address.port.unwrap_or(HTTPS)) }
}
