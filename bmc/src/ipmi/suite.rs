//! Cipher suites: by which algorithms a session is set up and protected (§22.15.2, table 22-20).

mod exchange;
mod keys;

use std::fmt;

use ring::hmac;
use subtle::ConstantTimeEq;

use super::wire::setup::Algorithms;

pub use exchange::{Exchange, NAME_ONLY};
pub use keys::Keys;

/// A cipher suite by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Suite(u8);

/// What both sides prove that they know the password by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Sha1,
    Sha256,
}

impl Suite {
    /// Nobody proves anything: a way around authentication, to be asked for by an audit alone.
    pub const NONE: Self = Self(0);
    /// HMAC-SHA1, SHA1-96, AES-CBC-128.
    pub const SHA1: Self = Self(3);
    /// HMAC-SHA256, SHA256-128, AES-CBC-128.
    pub const SHA256: Self = Self(17);

    /// Returns the suite of that number, if we have it: 0 to 3 and 15 to 17.
    ///
    /// Those of MD5 and xRC4 are left out: no BMC is known that has them and neither 3 nor 17.
    pub fn of(number: u8) -> Option<Self> {
        matches!(number, 0..=3 | 15..=17).then_some(Self(number))
    }

    /// Returns the suite of those algorithms, if we have it.
    pub fn by(algorithms: Algorithms) -> Option<Self> {
        [0, 1, 2, 3, 15, 16, 17].map(Self).into_iter().find(|one| one.algorithms() == algorithms)
    }

    /// Returns its number.
    pub fn number(self) -> u8 {
        self.0
    }

    /// Returns its algorithms by number: authentication (table 13-17), integrity (13-18),
    /// confidentiality (13-19).
    pub fn algorithms(self) -> Algorithms {
        match self.0 {
            1 => [1, 0, 0],
            2 => [1, 1, 0],
            3 => [1, 1, 1],
            15 => [3, 0, 0],
            16 => [3, 4, 0],
            17 => [3, 4, 1],
            _ => [0, 0, 0],
        }
    }

    pub(super) fn digest(self) -> Option<Digest> {
        match self.0 {
            1..=3 => Some(Digest::Sha1),
            15..=17 => Some(Digest::Sha256),
            _ => None,
        }
    }

    /// Whether its packets have a code of integrity.
    pub(super) fn has_integrity(self) -> bool {
        matches!(self.0, 2 | 3 | 16 | 17)
    }

    /// Whether its packets are encrypted.
    pub(super) fn is_encrypted(self) -> bool {
        matches!(self.0, 3 | 17)
    }
}

impl Digest {
    /// Returns the code over the parts, one after the other.
    pub(super) fn code(self, key: &[u8], parts: &[&[u8]]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.key(key));
        for part in parts {
            context.update(part);
        }
        context.sign()
    }

    pub(super) fn key(self, key: &[u8]) -> hmac::Key {
        let algorithm = match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
        };
        hmac::Key::new(algorithm, key)
    }

    /// Returns how many bytes of the code go with a packet, and with RAKP 4.
    pub(super) fn cut(self) -> usize {
        match self {
            Self::Sha1 => 12,
            Self::Sha256 => 16,
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

/// Whether two codes are the same, in a time that does not tell where they differ.
pub(super) fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

#[cfg(test)]
mod tests;
