//! Probes as bytes: an `EtherType` for local experiments (IEEE 802 §9.2.4), and a signature
//! (HMAC-SHA-256, RFC 2104, its first 16 bytes).
//!
//! Behind the header: `aLd1`, the run (8 bytes), VNI (4), number (8), when it was sent in
//! milliseconds since 1970 (8), then the names of node and port, each behind its length (1), and
//! the signature of all that. Numbers are big-endian.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// `ETH_P_802_EX1`: the first of the two for local experiments.
pub const ETHER_TYPE: u16 = 0x88b5;
/// What a probe begins with behind its header.
pub const MAGIC: [u8; 4] = *b"aLd1";
/// Longest name of a node or port, in bytes.
const LONGEST: usize = 64;
const TAG: usize = 16;
/// What SHA-256 takes at a time, in bytes.
const BLOCK: usize = 64;
/// Smallest frame without its checksum (IEEE 802.3 §4A.4.2).
const SMALLEST: usize = 60;

/// A secret that probes are signed with.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl Key {
    /// Returns the key that some secret bytes make.
    pub fn of(secret: &[u8]) -> Self {
        Self(Sha256::digest(secret).into())
    }

    fn tag(&self, text: &[u8]) -> [u8; TAG] {
        let whole = hmac(&self.0, text);
        let mut tag = [0; TAG];
        for (to, from) in tag.iter_mut().zip(whole) {
            *to = from;
        }
        tag
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

/// Of a key no longer than a block.
fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; BLOCK];
        for (byte, key) in block.iter_mut().zip(key) {
            *byte ^= key;
        }
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

/// What a probe says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe<'f> {
    /// Of the node's process, by chance.
    pub run: [u8; 8],
    /// The port's network.
    pub vni: u32,
    /// Its number, which grows.
    pub number: u64,
    /// When it was sent, in milliseconds since 1970.
    pub sent_ms: u64,
    /// Its node, as far as there is room.
    pub node: &'f str,
    /// Its port.
    pub port: &'f str,
}

/// A probe that came in, whoever made it.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'f> {
    /// What it says.
    pub probe: Probe<'f>,
    signed: &'f [u8],
    tag: &'f [u8],
}

impl Heard<'_> {
    /// Whether it was signed with a key.
    pub fn is_by(&self, key: &Key) -> bool {
        let tag = key.tag(self.signed);
        // In the same time wherever they differ.
        self.tag.len() == TAG
            && self.tag.iter().zip(tag).fold(0, |all, (one, other)| all | (one ^ other)) == 0
    }
}

/// Returns as much of a name as a probe has room for.
pub fn short(name: &str) -> &str {
    let end = (0..=name.len().min(LONGEST)).rev().find(|end| name.is_char_boundary(*end));
    name.get(..end.unwrap_or_default()).unwrap_or_default()
}

/// Returns a probe as a frame to all stations: whatever bridge there is outside passes it on.
pub fn encode(probe: &Probe<'_>, key: &Key) -> Vec<u8> {
    let mut frame = vec![0xff; 6];
    frame.extend(source(probe));
    frame.extend(ETHER_TYPE.to_be_bytes());
    let head = frame.len();
    frame.extend(MAGIC);
    frame.extend(probe.run);
    frame.extend(probe.vni.to_be_bytes());
    frame.extend(probe.number.to_be_bytes());
    frame.extend(probe.sent_ms.to_be_bytes());
    for name in [probe.node, probe.port] {
        let name = short(name);
        frame.push(u8::try_from(name.len()).unwrap_or_default());
        frame.extend(name.as_bytes());
    }
    let tag = key.tag(frame.get(head..).unwrap_or_default());
    frame.extend(tag);
    if frame.len() < SMALLEST {
        frame.resize(SMALLEST, 0);
    }
    frame
}

/// An address of its own for each port, locally administered: a bridge outside that learned one
/// address at two of its ports would tell of that as of a loop.
fn source(probe: &Probe<'_>) -> [u8; 6] {
    let sum = Sha256::new().chain_update(probe.node).chain_update([0]).chain_update(probe.port);
    let mut address = [0x02, 0, 0, 0, 0, 0];
    for (to, from) in address.iter_mut().skip(1).zip(sum.finalize()) {
        *to = from;
    }
    address
}

/// Reads a frame; nothing where it is no probe.
pub fn decode(frame: &[u8]) -> Option<Heard<'_>> {
    let (header, body) = frame.split_at_checked(14)?;
    (header.get(12..)? == ETHER_TYPE.to_be_bytes()).then_some(())?;
    let mut rest = body.strip_prefix(&MAGIC)?;
    let run = take::<8>(&mut rest)?;
    let vni = u32::from_be_bytes(take(&mut rest)?);
    let number = u64::from_be_bytes(take(&mut rest)?);
    let sent_ms = u64::from_be_bytes(take(&mut rest)?);
    let (node, port) = (name(&mut rest)?, name(&mut rest)?);
    let signed = body.get(..body.len().checked_sub(rest.len())?)?;
    let probe = Probe { run, vni, number, sent_ms, node, port };
    Some(Heard { probe, signed, tag: rest.get(..TAG)? })
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, left) = rest.split_first_chunk::<N>()?;
    *rest = left;
    Some(*taken)
}

fn name<'f>(rest: &mut &'f [u8]) -> Option<&'f str> {
    let [length] = take::<1>(rest)?;
    let (name, left) = rest.split_at_checked(length.into())?;
    *rest = left;
    (name.len() <= LONGEST).then_some(())?;
    std::str::from_utf8(name).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PROBE: Probe<'_> =
        Probe { run: [7; 8], vni: 9, number: 3, sent_ms: 1 << 40, node: "节点", port: "a-1" };

    #[test]
    fn the_signature_is_that_of_the_standard() {
        // RFC 4231 §4.3.
        let hex = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        let sum = hmac(b"Jefe", b"what do ya want for nothing?");
        assert_eq!(sum.map(|byte| format!("{byte:02x}")).concat(), hex);
    }

    #[test]
    fn a_probe_is_read_back_and_a_changed_one_is_not_by_its_key() {
        let key = Key::of(b"k");
        let frame = encode(&PROBE, &key);
        let heard = decode(&frame).unwrap();
        assert_eq!(heard.probe, PROBE);
        assert!(heard.is_by(&key) && !heard.is_by(&Key::of(b"other")));
        let end = 14 + heard.signed.len() + TAG;
        for at in 14..end {
            let mut forged = frame.clone();
            forged[at] ^= 1;
            assert!(!decode(&forged).is_some_and(|heard| heard.is_by(&key)), "{at}");
        }
        for end in 0..end {
            assert!(decode(&frame[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let long = "网".repeat(40);
        let frame = encode(&Probe { node: &long, ..PROBE }, &Key::of(b"k"));
        assert_eq!(decode(&frame).unwrap().probe.node, "网".repeat(21));
    }

    proptest! {
        #[test]
        fn whatever_comes_is_read_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
            sound in any::<bool>(),
        ) {
            let mut frame = bytes;
            if sound && frame.len() > 18 {
                frame[12..14].copy_from_slice(&ETHER_TYPE.to_be_bytes());
                frame[14..18].copy_from_slice(&MAGIC);
            }
            if let Some(heard) = decode(&frame) {
                prop_assert!(!heard.is_by(&Key::of(b"k")));
            }
        }
    }
}
