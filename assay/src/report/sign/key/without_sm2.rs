//! What stands in for SM2 in the program for a ramdisk, which has no commands that sign or verify:
//! no bytes are a key of it, so that nothing is ever taken for signed.

use zeroize::Zeroizing;

use super::BYTES;

/// What a public key begins with: none is written.
pub(super) const PUBLIC: [u8; 0] = [];

/// No key is read.
pub(super) fn of_pkcs8(_: &[u8]) -> Option<[u8; BYTES]> {
    None
}

/// No key is written.
pub(super) fn to_pkcs8(_: &[u8; BYTES]) -> Zeroizing<Vec<u8>> {
    Zeroizing::default()
}

/// No key is read.
pub(super) fn of_spki(_: &[u8]) -> Option<Vec<u8>> {
    None
}

/// No bytes are a key.
pub(super) fn public(_: &[u8; BYTES]) -> Option<Vec<u8>> {
    None
}

/// No bytes are a key.
pub(super) fn is_public(_: &[u8]) -> bool {
    false
}

/// Nothing is signed, as there is no key.
pub(super) fn sign(_: &[u8; BYTES], _: &[u8]) -> Vec<u8> {
    Vec::new()
}

/// Nothing is taken for signed.
pub(super) fn signed(_: &[u8], _: &[u8], _: &[u8]) -> bool {
    false
}
