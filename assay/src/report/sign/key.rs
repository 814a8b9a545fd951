//! Ed25519 keys (RFC 8032) as files have them: PEM (RFC 8410), or 64 hexadecimal digits.
//!
//! The arithmetic is ring's, which TLS brings anyway.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject as _};
use zeroize::Zeroizing;

use crate::report::digest::{Digests, unhex};

/// Bytes of either half.
const BYTES: usize = 32;
/// Bytes of a signature.
pub(super) const SIGNATURE: usize = 64;
/// What a private key begins with in PKCS #8 (RFC 8410 §7), and where the key itself is; what may
/// follow is its public half.
const PRIVATE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// What a public key begins with (RFC 8410 §4).
const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// The points of small order, the sign of x apart (it is the highest bit): under such a key a
/// signature says nothing of the message (Chalkias, Garillot, Nikolaenko: "Taming the many
/// `EdDSA`s", table 6b).
const WEAK: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

/// The private key of a signer.
#[expect(missing_debug_implementations, reason = "secrets are not printed")]
pub struct SecretKey(Zeroizing<[u8; BYTES]>);

/// The public key of a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey([u8; BYTES]);

/// Why a key could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum KeyError {
    /// It is neither of the two forms.
    #[error("`{file}` holds no Ed25519 {what} key in PEM or as 64 hexadecimal digits")]
    Form { file: String, what: &'static str },
}

impl KeyError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Form { what: "private", .. } => {
                Some("`openssl genpkey -algorithm ed25519 -out key.pem` makes one".to_owned())
            }
            Self::Form { .. } => {
                Some("`openssl pkey -in key.pem -pubout -out key.pub` writes it".to_owned())
            }
        }
    }
}

impl SecretKey {
    /// Reads a key from PEM (PKCS #8) or from 64 hexadecimal digits.
    pub fn parse(file: &str, text: &str) -> Result<Self, KeyError> {
        let of_pem = || {
            let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).ok()?;
            let der = der.secret_pkcs8_der();
            // ring looks at all of it, and that a public half is that of this key.
            Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
            der.get(PRIVATE.len()..PRIVATE.len() + BYTES)?.try_into().ok()
        };
        raw(text)
            .or_else(of_pem)
            .map(Self::from_random)
            .ok_or_else(|| KeyError::Form { file: file.to_owned(), what: "private" })
    }

    /// Returns the key that 32 random bytes are; the caller has them from the kernel.
    pub fn from_random(bytes: [u8; BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Returns the key as PEM (PKCS #8), to be written where only its owner reads.
    pub fn to_pem(&self) -> String {
        pem("PRIVATE KEY", &Zeroizing::new([&PRIVATE[..], &self.0[..]].concat()))
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; BYTES];
        bytes.copy_from_slice(self.pair().public_key().as_ref());
        PublicKey(bytes)
    }

    /// Returns the signature over `message`.
    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair().sign(message).as_ref().to_vec()
    }

    fn pair(&self) -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&self.0[..]).expect("any 32 bytes are a private key")
    }
}

impl PublicKey {
    /// Reads a key from PEM (SPKI) or from 64 hexadecimal digits.
    pub fn parse(file: &str, text: &str) -> Result<Self, KeyError> {
        let of_pem = || {
            let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
            der.strip_prefix(&PUBLIC)?.try_into().ok()
        };
        raw(text)
            .or_else(of_pem)
            .filter(|bytes| !is_weak(bytes))
            .map(Self)
            .ok_or_else(|| KeyError::Form { file: file.to_owned(), what: "public" })
    }

    /// Returns the key as PEM (SPKI).
    pub fn to_pem(&self) -> String {
        pem("PUBLIC KEY", &[&PUBLIC[..], &self.0].concat())
    }

    /// Returns the key's id: the first 16 digits of its SHA-256.
    pub fn id(&self) -> String {
        Digests::of(&self.0).sha256.chars().take(16).collect()
    }

    /// Returns the key itself.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns whether `signature` over `message` is this key's.
    pub(super) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(message, signature).is_ok()
    }
}

fn raw(text: &str) -> Option<[u8; BYTES]> {
    unhex(text.trim())?.try_into().ok()
}

fn is_weak(key: &[u8; BYTES]) -> bool {
    let mut key = *key;
    key[BYTES - 1] &= 0x7f;
    WEAK.iter().any(|weak| raw(weak) == Some(key))
}

/// Writes PEM (RFC 7468): of keys this short, in one line.
fn pem(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", *body)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 8032 §7.1, test 1.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const OWN: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                          5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn secret() -> SecretKey {
        SecretKey::parse("k", SECRET).expect("a key")
    }

    #[test]
    fn the_vectors_of_the_standard_hold() {
        let (key, signature) = (secret(), unhex(SIGNED).expect("digits"));
        assert_eq!(key.sign(b""), signature);
        assert_eq!(key.public(), PublicKey::parse("k", OWN).expect("a key"));
        assert!(key.public().signed(b"", &signature));
        assert!(!key.public().signed(b"x", &signature));
        for at in 0..SIGNATURE {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert!(!key.public().signed(b"", &other), "byte {at}");
        }
    }

    #[test]
    fn a_private_key_with_its_public_half_is_read_and_with_anothers_is_not() {
        // Version 2 of RFC 5958, as other libraries write it.
        let with = |public: &str| {
            let head = "3051020101300506032b657004220420";
            let der = unhex(&format!("{head}{SECRET}812100{public}")).expect("digits");
            SecretKey::parse("k", &pem("PRIVATE KEY", &der))
        };
        assert_eq!(with(OWN).expect("a key").public(), secret().public());
        assert!(with(&OWN.replace("d75a", "d75b")).is_err());
    }

    #[test]
    fn a_key_under_which_anything_is_signed_is_refused() {
        for weak in WEAK {
            for sign in ["", "80"] {
                // The sign of x is the highest bit of the last byte.
                let mut bytes = raw(weak).expect("digits");
                bytes[BYTES - 1] |= if sign.is_empty() { 0 } else { 0x80 };
                let text = crate::report::digest::hex(&bytes);
                assert!(PublicKey::parse("k", &text).is_err(), "{text}");
            }
        }
        // Such a signature: s is 0, and R is what the key makes of it.
        let neutral = PublicKey(raw(WEAK[1]).expect("digits"));
        let forged = [raw(WEAK[1]).expect("digits"), [0; BYTES]].concat();
        assert!(neutral.signed(b"anything", &forged), "the control: ring alone takes it");
    }
}
