//! Ed25519 (RFC 8032) by ring, and its keys in PKCS #8 and SPKI (RFC 8410).

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use zeroize::Zeroizing;

use super::BYTES;
use crate::report::digest::unhex;

/// What a private key begins with in PKCS #8 (RFC 8410 §7), and where the key itself is; what may
/// follow is its public half.
const PRIVATE: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// What a public key begins with (RFC 8410 §4).
pub(super) const PUBLIC: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
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

/// Returns the private key in `der`.
pub(super) fn of_pkcs8(der: &[u8]) -> Option<[u8; BYTES]> {
    // ring looks at all of it, and that a public half is that of this key.
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).ok()?;
    der.get(PRIVATE.len()..PRIVATE.len() + BYTES)?.try_into().ok()
}

/// Returns the private key in PKCS #8.
pub(super) fn to_pkcs8(key: &[u8; BYTES]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([&PRIVATE[..], &key[..]].concat())
}

/// Returns the public key in `der`.
pub(super) fn of_spki(der: &[u8]) -> Option<Vec<u8>> {
    Some(der.strip_prefix(&PUBLIC)?.to_vec())
}

/// Returns the public half of a key.
pub(super) fn public(key: &[u8; BYTES]) -> Vec<u8> {
    pair(key).public_key().as_ref().to_vec()
}

/// Returns whether these bytes are a public key that proves something.
pub(super) fn is_public(bytes: &[u8]) -> bool {
    <[u8; BYTES]>::try_from(bytes).is_ok_and(|key| !is_weak(&key))
}

/// Returns the signature over `message`.
pub(super) fn sign(key: &[u8; BYTES], message: &[u8]) -> Vec<u8> {
    pair(key).sign(message).as_ref().to_vec()
}

/// Returns whether `signature` over `message` is of the key `public`.
pub(super) fn signed(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(message, signature).is_ok()
}

fn pair(key: &[u8; BYTES]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(key).expect("any 32 bytes are a private key")
}

fn is_weak(key: &[u8; BYTES]) -> bool {
    let mut key = *key;
    key[BYTES - 1] &= 0x7f;
    WEAK.iter().any(|weak| unhex(weak).is_some_and(|weak| weak == key))
}

#[cfg(test)]
mod tests {
    use super::super::{PublicKey, SIGNATURE, SecretKey, pem};
    use super::*;

    // RFC 8032 §7.1, test 1.
    const SECRET: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const OWN: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    const SIGNED: &str = "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                          5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b";

    fn raw(text: &str) -> Option<[u8; BYTES]> {
        unhex(text)?.try_into().ok()
    }

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
        let neutral = raw(WEAK[1]).expect("digits");
        let forged = [raw(WEAK[1]).expect("digits"), [0; BYTES]].concat();
        assert!(signed(&neutral, b"anything", &forged), "the control: ring alone takes it");
    }
}
