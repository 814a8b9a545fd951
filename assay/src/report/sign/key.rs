//! Keys as files have them: PEM, or in one line; Ed25519 (RFC 8032), or SM2 with SM3 (GB/T 32918.2).
//!
//! Ed25519 is ring's, which TLS brings anyway; ring has no SM2.

mod ed25519;
#[cfg(feature = "desk")]
mod sm2;
#[cfg(not(feature = "desk"))]
#[path = "key/without_sm2.rs"]
mod sm2;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::pki_types::{PrivatePkcs8KeyDer, SubjectPublicKeyInfoDer, pem::PemObject as _};
use zeroize::Zeroizing;

use crate::report::digest::{Digests, hex, unhex};

/// Bytes of a private key.
const BYTES: usize = 32;
/// Bytes of a signature, of either algorithm.
pub(super) const SIGNATURE: usize = 64;

/// What a key signs by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    #[default]
    Ed25519,
    /// SM2 with SM3 (GB/T 32918.2), by the user id `1234567812345678` of GM/T 0009.
    Sm2,
}

impl Algorithm {
    /// Returns the word that documents name it by.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Sm2 => "sm2",
        }
    }

    /// Returns the algorithm that documents name so.
    pub fn named(word: &str) -> Option<Self> {
        [Self::Ed25519, Self::Sm2].into_iter().find(|algorithm| algorithm.word() == word)
    }
}

/// The private key of a signer.
#[expect(missing_debug_implementations, reason = "secrets are not printed")]
pub struct SecretKey {
    bytes: Zeroizing<[u8; BYTES]>,
    /// Its public half, made with it.
    public: PublicKey,
}

/// The public key of a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    /// 32 bytes of Ed25519; 65 of SM2: 4, x, y.
    bytes: Vec<u8>,
}

/// Why a key could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum KeyError {
    /// It is none of the forms.
    #[error("`{file}` holds no {what} key of Ed25519 or SM2 in PEM, nor one as hexadecimal digits")]
    Form { file: String, what: &'static str },
}

impl KeyError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Form { what: "private", .. } => {
                Some("`assay key new NAME` makes one, so does `openssl genpkey`".to_owned())
            }
            Self::Form { .. } => Some(
                "`assay key show NAME` prints it, `openssl pkey -in key.pem -pubout` writes it"
                    .to_owned(),
            ),
        }
    }
}

impl SecretKey {
    /// Reads a key from PEM (PKCS #8), or one of Ed25519 from 64 hexadecimal digits.
    pub fn parse(file: &str, text: &str) -> Result<Self, KeyError> {
        let of_pem = || {
            let der = PrivatePkcs8KeyDer::from_pem_slice(text.as_bytes()).ok()?;
            let der = der.secret_pkcs8_der();
            let ed25519 = || Some((Algorithm::Ed25519, ed25519::of_pkcs8(der)?));
            ed25519().or_else(|| Some((Algorithm::Sm2, sm2::of_pkcs8(der)?)))
        };
        let of_hex = || Some((Algorithm::Ed25519, unhex(text.trim())?.try_into().ok()?));
        of_hex()
            .or_else(of_pem)
            .and_then(|(algorithm, bytes)| Self::made(algorithm, Zeroizing::new(bytes)))
            .ok_or_else(|| KeyError::Form { file: file.to_owned(), what: "private" })
    }

    /// Returns the key that 32 random bytes are; the caller has them from the kernel.
    ///
    /// Of 2^32 of them one is no key of SM2: then there is none.
    pub fn from_random(algorithm: Algorithm, bytes: [u8; BYTES]) -> Option<Self> {
        Self::made(algorithm, Zeroizing::new(bytes))
    }

    fn made(algorithm: Algorithm, bytes: Zeroizing<[u8; BYTES]>) -> Option<Self> {
        let public = match algorithm {
            Algorithm::Ed25519 => ed25519::public(&bytes),
            Algorithm::Sm2 => sm2::public(&bytes)?,
        };
        Some(Self { bytes, public: PublicKey { algorithm, bytes: public } })
    }

    /// Returns the key as PEM (PKCS #8), to be written where only its owner reads.
    pub fn to_pem(&self) -> String {
        let der = match self.public.algorithm {
            Algorithm::Ed25519 => ed25519::to_pkcs8(&self.bytes),
            Algorithm::Sm2 => sm2::to_pkcs8(&self.bytes),
        };
        pem("PRIVATE KEY", &der)
    }

    /// Returns the public half.
    pub fn public(&self) -> PublicKey {
        self.public.clone()
    }

    /// Returns the signature over `message`.
    pub(in crate::report) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self.public.algorithm {
            Algorithm::Ed25519 => ed25519::sign(&self.bytes, message),
            Algorithm::Sm2 => sm2::sign(&self.bytes, message),
        }
    }
}

impl PublicKey {
    /// Reads a key from PEM (SPKI), from a line `ed25519:HEX` or `sm2:HEX`, or one of Ed25519
    /// from 64 hexadecimal digits.
    pub fn parse(file: &str, text: &str) -> Result<Self, KeyError> {
        let of_line = || {
            let (word, digits) = text.trim().split_once(':').unwrap_or(("ed25519", text.trim()));
            Self::of(word, digits)
        };
        let of_pem = || {
            let der = SubjectPublicKeyInfoDer::from_pem_slice(text.as_bytes()).ok()?;
            let ed25519 = || Self::made(Algorithm::Ed25519, ed25519::of_spki(&der)?);
            ed25519().or_else(|| Self::made(Algorithm::Sm2, sm2::of_spki(&der)?))
        };
        of_line()
            .or_else(of_pem)
            .ok_or_else(|| KeyError::Form { file: file.to_owned(), what: "public" })
    }

    /// Returns the key that a document names by algorithm and digits, in their one form.
    pub(in crate::report) fn of(word: &str, digits: &str) -> Option<Self> {
        Self::made(Algorithm::named(word)?, unhex(digits)?)
    }

    fn made(algorithm: Algorithm, bytes: Vec<u8>) -> Option<Self> {
        let is_one = match algorithm {
            Algorithm::Ed25519 => ed25519::is_public(&bytes),
            Algorithm::Sm2 => sm2::is_public(&bytes),
        };
        is_one.then_some(Self { algorithm, bytes })
    }

    /// Returns what it signs by.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Returns the key as PEM (SPKI).
    pub fn to_pem(&self) -> String {
        let head: &[u8] = match self.algorithm {
            Algorithm::Ed25519 => &ed25519::PUBLIC,
            Algorithm::Sm2 => &sm2::PUBLIC,
        };
        pem("PUBLIC KEY", &[head, &self.bytes].concat())
    }

    /// Returns the key in one line, as [`PublicKey::parse`] reads it.
    pub fn line(&self) -> String {
        format!("{}:{}", self.algorithm.word(), self.digits())
    }

    /// Returns the key's id: the first 16 digits of its SHA-256.
    pub fn id(&self) -> String {
        Digests::of(&self.bytes).sha256.chars().take(16).collect()
    }

    /// Returns the key itself in hexadecimal digits.
    pub(in crate::report) fn digits(&self) -> String {
        hex(&self.bytes)
    }

    /// Returns whether `signature` over `message` is this key's.
    pub(in crate::report) fn signed(&self, message: &[u8], signature: &[u8]) -> bool {
        match self.algorithm {
            Algorithm::Ed25519 => ed25519::signed(&self.bytes, message, signature),
            Algorithm::Sm2 => sm2::signed(&self.bytes, message, signature),
        }
    }

    /// Returns whether `digits` are this key's signature over `message`, in their one form.
    pub(in crate::report) fn signed_hex(&self, message: &[u8], digits: &str) -> Option<bool> {
        let bytes = unhex(digits)
            .filter(|bytes| bytes.len() == SIGNATURE)
            .filter(|_| digits.bytes().all(|b| !b.is_ascii_uppercase()))?;
        Some(self.signed(message, &bytes))
    }
}

/// Writes PEM (RFC 7468), in lines of 64.
fn pem(label: &str, der: &[u8]) -> String {
    let body = Zeroizing::new(STANDARD.encode(der));
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = body.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    if !rest.is_empty() {
        text.push_str(rest);
        text.push('\n');
    }
    text + "-----END " + label + "-----\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB/T 32918.5-2017, annex A.2: the curve of the standard, `message digest`.
    const SECRET: &str = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8";
    const X: &str = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020";
    const Y: &str = "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13";
    const R: &str = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3";
    const S: &str = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

    fn secret() -> SecretKey {
        let bytes = unhex(SECRET).expect("digits").try_into().expect("32 bytes");
        SecretKey::from_random(Algorithm::Sm2, bytes).expect("a key")
    }

    #[test]
    fn the_vector_of_gb_t_32918_holds() {
        let key = secret().public();
        assert_eq!(key.line(), format!("sm2:04{X}{Y}"));
        let signature = unhex(&format!("{R}{S}")).expect("digits");
        assert!(key.signed(b"message digest", &signature));
        assert!(!key.signed(b"message digesT", &signature));
        for at in 0..SIGNATURE {
            let mut other = signature.clone();
            other[at] ^= 1;
            assert!(!key.signed(b"message digest", &other), "byte {at}");
        }
        for short in [&[][..], &signature[..63], &[0; 64], &[0xff; 64]] {
            assert!(!key.signed(b"message digest", short));
        }
    }

    #[test]
    fn what_is_signed_by_sm2_is_found_signed_and_with_another_key_not() {
        let (key, message) = (secret(), b"\xe9\xaa\x8c\xe6\x94\xb6".as_slice());
        let signature = key.sign(message);
        assert!(key.public().signed(message, &signature));
        let other = SecretKey::from_random(Algorithm::Sm2, [7; 32]).expect("a key").public();
        assert!(!other.signed(message, &signature));
        let ed = SecretKey::from_random(Algorithm::Ed25519, [7; 32]).expect("a key").public();
        assert!(!ed.signed(message, &signature), "nor by the other algorithm");
        assert!(SecretKey::from_random(Algorithm::Sm2, [0; 32]).is_none());
        assert!(SecretKey::from_random(Algorithm::Sm2, [0xff; 32]).is_none());
    }

    #[test]
    fn every_form_of_a_key_is_read_back() {
        for algorithm in [Algorithm::Ed25519, Algorithm::Sm2] {
            let key = SecretKey::from_random(algorithm, [9; 32]).expect("a key");
            let public = key.public();
            let again = SecretKey::parse("k", &key.to_pem()).expect("its own PEM");
            assert!(again.public() == public && again.public().algorithm() == algorithm);
            for form in [public.to_pem(), public.line(), format!(" {}\n", public.line())] {
                assert_eq!(PublicKey::parse("k", &form).expect("its own form"), public);
            }
            assert!(SecretKey::parse("k", &public.to_pem()).is_err());
            assert!(PublicKey::parse("k", &key.to_pem()).is_err(), "no secret is taken for public");
        }
        // A point that is not on the curve.
        let off = format!("sm2:04{X}{}", Y.replace("ccea", "ccec"));
        assert!(PublicKey::parse("k", &off).is_err());
        let packed = format!("sm2:02{X}");
        assert!(PublicKey::parse("k", &packed).is_err(), "a key has one form");
    }
}
