//! How strong a certificate is: its key and its signature (RFC 5280 §4.1.1.2, §4.1.2.7).

use std::fmt;

use super::{
    Pin,
    leaf::{INTEGER, OID, SEQUENCE, expect, take},
};

const BITS: u8 = 0x03;

/// A key of a certificate, and how the certificate is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its kind: `RSA`, `EC P-256`, `SM2`; empty of one that we do not know.
    pub kind: &'static str,
    /// Its bits.
    pub bits: usize,
    /// By which algorithm the certificate is signed, and whether that counts still; `None` of one
    /// that we do not know.
    pub signature: Option<(&'static str, bool)>,
    /// SHA-256 of the key as it stands there.
    pub pin: Pin,
}

/// Curves: the object, the name, the bits.
const CURVES: &[(&[u8], &str, usize)] = &[
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1], "EC P-192", 192),
    (&[0x2b, 0x81, 4, 0, 33], "EC P-224", 224),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7], "EC P-256", 256),
    (&[0x2b, 0x81, 4, 0, 34], "EC P-384", 384),
    (&[0x2b, 0x81, 4, 0, 35], "EC P-521", 521),
    // GB/T 33560.
    (&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x82, 0x2d], "SM2", 256),
];
const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
const EC: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// Signatures: the object, the name, and whether it counts still.
const SIGNATURES: &[(&[u8], &str, bool)] = &[
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 2], "RSA with MD2", false),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], "RSA with MD5", false),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], "RSA with SHA-1", false),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], "RSA-PSS", true),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], "RSA with SHA-256", true),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12], "RSA with SHA-384", true),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13], "RSA with SHA-512", true),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1], "ECDSA with SHA-1", false),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], "ECDSA with SHA-256", true),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], "ECDSA with SHA-384", true),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4], "ECDSA with SHA-512", true),
    (&[0x2a, 0x81, 0x1c, 0xcf, 0x55, 1, 0x83, 0x75], "SM2 with SM3", true),
    (&[0x2b, 0x65, 0x70], "Ed25519", true),
];

impl Key {
    /// Reads it from a certificate, DER.
    pub fn read(mut der: &[u8]) -> Option<Self> {
        let mut certificate = expect(&mut der, SEQUENCE)?;
        let mut content = expect(&mut certificate, SEQUENCE)?;
        let mut algorithm = expect(&mut certificate, SEQUENCE)?;
        let signed = expect(&mut algorithm, OID)?;
        if content.first() == Some(&0xa0) {
            take(&mut content)?;
        }
        expect(&mut content, INTEGER)?;
        // Signature, issuer, validity, subject.
        for _ in 0..4 {
            expect(&mut content, SEQUENCE)?;
        }
        let whole = expect(&mut content, SEQUENCE)?;
        let mut info = whole;
        let mut algorithm = expect(&mut info, SEQUENCE)?;
        let kind = expect(&mut algorithm, OID)?;
        let key = expect(&mut info, BITS)?;
        let (kind, bits) = match kind {
            RSA => ("RSA", modulus(key)?),
            EC => {
                let curve = expect(&mut algorithm, OID)?;
                let known = CURVES.iter().find(|(own, ..)| *own == curve);
                known.map_or(("", 0), |(_, name, bits)| (*name, *bits))
            }
            ED25519 => ("Ed25519", 256),
            _ => ("", 0),
        };
        let signature = SIGNATURES.iter().find(|(own, ..)| *own == signed);
        Some(Self {
            kind,
            bits,
            signature: signature.map(|(_, name, strong)| (*name, *strong)),
            pin: Pin::of(whole),
        })
    }

    /// Returns whether the key is long enough for our day (NIST SP 800-57 part 1, table 4); `None`
    /// of a kind that we do not know.
    pub fn is_strong(&self) -> Option<bool> {
        match self.kind {
            "" => None,
            "RSA" => Some(self.bits >= 2048),
            _ => Some(self.bits >= 224),
        }
    }
}

/// Returns the bits of RSA's modulus (RFC 8017 appendix A.1.1).
fn modulus(key: &[u8]) -> Option<usize> {
    // The first byte counts bits that are not used.
    let mut key = key.get(1..)?;
    let mut pair = expect(&mut key, SEQUENCE)?;
    let number = expect(&mut pair, INTEGER)?;
    let first = number.iter().position(|byte| *byte != 0)?;
    let number = number.get(first..)?;
    let leading = number.first()?.leading_zeros();
    (number.len() * 8).checked_sub(usize::try_from(leading).ok()?)
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            "" => out.write_str("?"),
            "RSA" => write!(out, "RSA {}", self.bits),
            kind => out.write_str(kind),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::x509::{Subject, self_signed};

    #[test]
    fn a_key_and_its_signature_are_read() {
        let subject = Subject { names: &[(3, "bmc")], addresses: &[], from: 1, until: 2 };
        let own = self_signed(&subject).expect("made").certificate;
        let key = Key::read(&own).expect("a key");
        assert_eq!((key.kind, key.bits), ("EC P-256", 256));
        assert_eq!(key.signature, Some(("ECDSA with SHA-256", true)));
        assert_eq!(key.is_strong(), Some(true));
        let other = self_signed(&subject).expect("made").certificate;
        assert_ne!(Key::read(&other).expect("a key").pin, key.pin);
        for length in 0..own.len() {
            // Any answer will do; it must not panic.
            std::hint::black_box(Key::read(own.get(..length).unwrap_or_default()));
        }
    }

    #[test]
    fn bits_of_a_modulus_are_counted() {
        let key = |bytes: &[u8]| {
            let mut number = vec![INTEGER, u8::try_from(bytes.len()).expect("short")];
            number.extend(bytes);
            let mut out = vec![0, SEQUENCE, u8::try_from(number.len()).expect("short")];
            out.extend(number);
            out
        };
        let mut of_512 = vec![0, 0x80];
        of_512.extend([0; 63]);
        assert_eq!(modulus(&key(&of_512)), Some(512));
        assert_eq!(modulus(&key(&[0x40])), Some(7));
        assert_eq!(modulus(&key(&[0])), None);
        assert_eq!(modulus(&[]), None);
    }
}
