//! SM2 with SM3 (GB/T 32918.2-2016), and its keys in PKCS #8 and SPKI, as `openssl` writes them.
//!
//! The nonce of a signature is made of key and message (RFC 6979), so that a weak source of
//! randomness gives no key away.

use sm2::{
    FieldBytes, PublicKey,
    dsa::{
        Signature, SigningKey, VerifyingKey,
        signature::{Signer as _, Verifier as _},
    },
    elliptic_curve::sec1::ToSec1Point as _,
};
use zeroize::Zeroizing;

use super::BYTES;

/// The user id that GM/T 0009 gives to keys without one of their own.
const USER: &str = "1234567812345678";
/// `ecPublicKey` on `sm2p256v1` (1.2.156.10197.1.301), as both forms of a key name it.
const CURVE: [u8; 21] = [
    0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x81, 0x1c, 0xcf, 0x55, 1,
    0x82, 0x2d,
];
/// What a public key begins with (RFC 5480).
pub(super) const PUBLIC: [u8; 26] = {
    let mut head = [0; 26];
    let mut at = 0;
    while at < CURVE.len() {
        head[at + 2] = CURVE[at];
        at += 1;
    }
    (head[0], head[1]) = (0x30, 0x59);
    (head[23], head[24], head[25]) = (3, 0x42, 0);
    head
};
/// What stands before [`CURVE`] in a private key with its public half (RFC 5208), what between
/// them, and what before the half.
const BEFORE: [u8; 6] = [0x30, 0x81, 0x87, 2, 1, 0];
const BETWEEN: [u8; 9] = [4, 0x6d, 0x30, 0x6b, 2, 1, 1, 4, 0x20];
const HALF: [u8; 5] = [0xa1, 0x44, 3, 0x42, 0];

/// Returns the private key in `der`, with its public half.
pub(super) fn of_pkcs8(der: &[u8]) -> Option<[u8; BYTES]> {
    let rest = der.strip_prefix(&BEFORE)?.strip_prefix(&CURVE)?.strip_prefix(&BETWEEN)?;
    let (key, rest) = rest.split_at_checked(BYTES)?;
    let key: [u8; BYTES] = key.try_into().ok()?;
    let half = rest.strip_prefix(&HALF)?;
    (public(&key)? == half).then_some(key)
}

/// Returns the private key in PKCS #8.
pub(super) fn to_pkcs8(key: &[u8; BYTES]) -> Zeroizing<Vec<u8>> {
    let half = public(key).unwrap_or_default();
    Zeroizing::new([&BEFORE, &CURVE[..], &BETWEEN, key, &HALF, &half].concat())
}

/// Returns the public key in `der`.
pub(super) fn of_spki(der: &[u8]) -> Option<Vec<u8>> {
    Some(der.strip_prefix(&PUBLIC)?.to_vec())
}

/// Returns the public half of a key; nothing where the bytes are none.
pub(super) fn public(key: &[u8; BYTES]) -> Option<Vec<u8>> {
    let point = signing(key)?.verifying_key().to_sec1_point(false);
    Some(point.as_bytes().to_vec())
}

/// Returns whether these bytes are a point of the curve, in the form that is not packed.
pub(super) fn is_public(bytes: &[u8]) -> bool {
    bytes.len() == 2 * BYTES + 1 && bytes.first() == Some(&4) && verifying(bytes).is_some()
}

/// Returns the signature over `message`: r and s.
pub(super) fn sign(key: &[u8; BYTES], message: &[u8]) -> Vec<u8> {
    let key = signing(key).expect("it was looked at when it was read");
    key.sign(message).to_bytes().to_vec()
}

/// Returns whether `signature` over `message` is of the key `public`.
pub(super) fn signed(public: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let made = verifying(public).zip(Signature::from_slice(signature).ok());
    made.is_some_and(|(key, signature)| key.verify(message, &signature).is_ok())
}

fn signing(key: &[u8; BYTES]) -> Option<SigningKey> {
    SigningKey::from_bytes(USER, &FieldBytes::from(*key)).ok()
}

fn verifying(public: &[u8]) -> Option<VerifyingKey> {
    VerifyingKey::new(USER, PublicKey::from_sec1_bytes(public).ok()?).ok()
}
