//! Digests of files: SHA-256 and SM3 side by side, in lower-case hex.
//!
//! SHA-256 is FIPS 180-4, SM3 is GB/T 32905-2016. Both are always made, so that
//! a reader who accepts only one of them has it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;
use sm3::Sm3;

/// The two digests of one sequence of bytes.
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Digests {
    /// SHA-256, 64 hexadecimal digits in lower case.
    pub sha256: String,
    /// SM3, 64 hexadecimal digits in lower case.
    pub sm3: String,
}

impl Digests {
    /// Returns the digests of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        let mut hasher = Hasher::default();
        hasher.update(bytes);
        hasher.finish()
    }
}

/// Makes both digests of bytes that come in pieces.
#[derive(Clone, Debug, Default)]
pub struct Hasher {
    sha256: sha2::Sha256,
    sm3: Sm3,
}

impl Hasher {
    /// Takes the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.sm3.update(bytes);
    }

    /// Returns the digests of all pieces.
    pub fn finish(self) -> Digests {
        Digests { sha256: hex(&self.sha256.finalize()), sm3: hex(&self.sm3.finalize()) }
    }
}

/// Returns `bytes` as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().saturating_mul(2));
    for byte in bytes {
        for nibble in [byte >> 4, byte & 0x0f] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
    }
    text
}

/// Returns the bytes that hexadecimal digits of either case stand for.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let pairs = digits?;
    Some(pairs.chunks_exact(2).map(|pair| pair.iter().fold(0, |all, d| (all << 4) | d)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digests_are_those_of_the_standards_examples() {
        // FIPS 180-4 and GB/T 32905-2016 both give the message "abc".
        let digests = Digests::of(b"abc");
        assert_eq!(
            digests.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(digests.sm3, "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    }

    #[test]
    fn hexadecimal_reads_back_what_it_wrote() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        for bad in ["0", "0g", "é0", "+1"] {
            assert_eq!(unhex(bad), None, "{bad}");
        }
    }
}
