//! The keys of a session, and what they do to packets (§13.28, §13.29, §13.32).

use std::fmt;

use aes::{
    Aes128,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit},
};
use ring::hmac;
use zeroize::Zeroizing;

use super::{Digest, Suite};
use crate::ipmi::wire::packet::{self, Payload, Plus};

/// Bytes of a block of AES, and of what starts a chain of them.
const BLOCK: usize = 16;
/// The next header of a trailer (table 13-8).
const NEXT_HEADER: u8 = 0x07;

/// The keys of a session.
pub struct Keys {
    suite: Suite,
    /// That of the session itself: RAKP 4 is proved by it.
    session: Option<(Digest, hmac::Key)>,
    /// K1.
    integrity: Option<(Digest, hmac::Key)>,
    /// Of K2.
    cipher: Option<Aes128>,
}

/// Why a packet's payload is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsound {
    /// It has no code of integrity, or a wrong one.
    Integrity,
    /// It does not decrypt to what is a payload.
    Cipher,
}

impl Keys {
    /// Keys of a suite that has none.
    pub(super) fn none(suite: Suite) -> Self {
        Self { suite, session: None, integrity: None, cipher: None }
    }

    /// Makes K1 and K2 of the session's key.
    pub(super) fn of(suite: Suite, digest: Digest, session: &[u8]) -> Self {
        // The constants are 20 bytes whatever the digest is: OpenIPMI, ipmitool and freeipmi agree.
        let derive = |constant: u8| {
            Zeroizing::new(digest.code(session, &[&[constant; 20]]).as_ref().to_vec())
        };
        let integrity = suite.has_integrity().then(|| (digest, digest.key(&derive(1))));
        let cipher = suite.is_encrypted().then(|| derive(2)).and_then(|key| {
            let key = key.first_chunk::<BLOCK>()?;
            Some(Aes128::new(key.into()))
        });
        Self { suite, session: Some((digest, digest.key(session))), integrity, cipher }
    }

    /// Returns the suite.
    pub fn suite(&self) -> Suite {
        self.suite
    }

    pub(super) fn session_code(&self, parts: &[&[u8]]) -> Vec<u8> {
        let Some((digest, key)) = &self.session else {
            return Vec::new();
        };
        code(*digest, key, parts)
    }

    /// Writes a packet of the session; `start` begins the chain of blocks and must not be known
    /// before.
    pub fn seal(
        &self,
        payload: Payload,
        (session, sequence): (u32, u32),
        bytes: &[u8],
        start: [u8; BLOCK],
    ) -> Vec<u8> {
        let encrypted = self.cipher.as_ref().map(|cipher| encrypt(cipher, bytes, start));
        let body = encrypted.as_deref().unwrap_or(bytes);
        let marks = (encrypted.is_some(), self.integrity.is_some());
        let mut out = packet::plus(payload, marks, session, sequence, body);
        if let Some((digest, key)) = &self.integrity {
            // What is covered is a multiple of four bytes, with the two of the trailer; the header
            // of RMCP, four bytes, is not covered and changes nothing of it.
            let pad = out.len().wrapping_add(2).wrapping_neg() % 4;
            out.resize(out.len() + pad, 0xff);
            out.extend([u8::try_from(pad).unwrap_or(0), NEXT_HEADER]);
            let code = code(*digest, key, &[out.get(4..).unwrap_or_default()]);
            out.extend(code);
        }
        out
    }

    /// Returns the payload of a packet of the session.
    pub fn open(&self, packet: &Plus<'_>) -> Result<Vec<u8>, Unsound> {
        if let Some((digest, key)) = &self.integrity {
            let sound = packet.authenticated
                && packet.trailer.len() >= 2 + digest.cut()
                && packet
                    .covered
                    .split_at_checked(packet.covered.len() - digest.cut())
                    .is_some_and(|(covered, theirs)| {
                        super::same(&code(*digest, key, &[covered]), theirs)
                    });
            if !sound {
                return Err(Unsound::Integrity);
            }
        }
        match (&self.cipher, packet.encrypted) {
            (Some(cipher), true) => decrypt(cipher, packet.bytes).ok_or(Unsound::Cipher),
            // A payload may go in clear where encryption was suspended (§24.6); its code is sound.
            (_, false) => Ok(packet.bytes.to_vec()),
            (None, true) => Err(Unsound::Cipher),
        }
    }
}

/// Nothing of a key is shown.
impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Keys({}, …)", self.suite)
    }
}

fn code(digest: Digest, key: &hmac::Key, parts: &[&[u8]]) -> Vec<u8> {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    let tag = context.sign();
    tag.as_ref().get(..digest.cut()).unwrap_or_default().to_vec()
}

/// Pads by 1, 2, 3, … and the number of these, and encrypts (§13.29).
fn encrypt(cipher: &Aes128, bytes: &[u8], start: [u8; BLOCK]) -> Vec<u8> {
    let pad = (bytes.len() + 1).wrapping_neg() % BLOCK;
    let mut out = Vec::with_capacity(bytes.len() + 2 * BLOCK);
    out.extend(start);
    out.extend(bytes);
    out.extend((1_u8..).take(pad));
    out.push(u8::try_from(pad).unwrap_or(0));
    let mut chain = cbc::Encryptor::inner_iv_init(cipher.clone(), &start.into());
    let (_start, body) = out.split_at_mut(BLOCK);
    for block in body.as_chunks_mut::<BLOCK>().0 {
        chain.encrypt_block(block.into());
    }
    out
}

/// Decrypts, and takes the padding off.
///
/// Some BMCs (Supermicro X8 to X10, by ipmitool's notes) pad by other bytes; only the number of
/// them is looked at, for the code of integrity has vouched for the rest.
fn decrypt(cipher: &Aes128, bytes: &[u8]) -> Option<Vec<u8>> {
    let (start, body) = bytes.split_first_chunk::<BLOCK>()?;
    let mut out = body.to_vec();
    let (blocks, rest) = out.as_chunks_mut::<BLOCK>();
    if !rest.is_empty() {
        return None;
    }
    let mut chain = cbc::Decryptor::inner_iv_init(cipher.clone(), &(*start).into());
    for block in blocks {
        chain.decrypt_block(block.into());
    }
    let pad = usize::from(out.pop()?);
    let left = out.len().checked_sub(pad).filter(|_| pad < BLOCK)?;
    out.truncate(left);
    Some(out)
}
