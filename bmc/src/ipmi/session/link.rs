//! A session that is set up, as one side of it has it: keys, numbers, and what was seen.

use aes::{
    Aes128,
    cipher::{BlockCipherEncrypt, KeyInit},
};

use super::Window;
use crate::ipmi::{
    suite::Keys,
    wire::packet::{Payload, Plus},
};

/// Bytes that nobody can foretell, made of a seed that nobody knows: a counter, encrypted.
#[derive(Clone)]
pub struct Seed {
    cipher: Aes128,
    count: u128,
}

impl Seed {
    /// Takes 32 random bytes.
    pub fn new(seed: [u8; 32]) -> Self {
        let [key, start] = halves(seed);
        Self { cipher: Aes128::new(&key.into()), count: u128::from_le_bytes(start) }
    }

    /// Returns the next 16 bytes.
    pub fn draw(&mut self) -> [u8; 16] {
        self.count = self.count.wrapping_add(1);
        let mut block = self.count.to_le_bytes();
        self.cipher.encrypt_block((&mut block).into());
        block
    }

    /// Returns the next number, never 0.
    pub fn number(&mut self) -> u32 {
        let [a, b, c, d, ..] = self.draw();
        u32::from_le_bytes([a, b, c, d]).max(1)
    }
}

fn halves(seed: [u8; 32]) -> [[u8; 16]; 2] {
    let mut out = [[0; 16]; 2];
    for (half, bytes) in out.iter_mut().zip(seed.as_chunks::<16>().0) {
        *half = *bytes;
    }
    out
}

/// Nothing of a seed is shown.
impl std::fmt::Debug for Seed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seed(…)")
    }
}

/// Why a packet was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// It is of no session of ours.
    Foreign,
    /// Its code of integrity is wrong, or missing.
    Unsound,
    /// Its number was seen before, or is too far behind.
    Again,
}

/// One side of a session.
#[derive(Debug)]
pub struct Link {
    keys: Keys,
    /// The number that this side gave the session.
    pub ours: u32,
    /// The number that the other side gave it.
    pub theirs: u32,
    sent: u32,
    window: Window,
}

impl Link {
    /// A session that has sent and received nothing.
    pub fn new(keys: Keys, ours: u32, theirs: u32) -> Self {
        Self { keys, ours, theirs, sent: 0, window: Window::default() }
    }

    /// Returns the keys.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Writes the next packet.
    pub fn seal(&mut self, payload: Payload, bytes: &[u8], seed: &mut Seed) -> Vec<u8> {
        // After 2^32 packets the specification begins again with 1.
        self.sent = self.sent.checked_add(1).unwrap_or(1);
        self.keys.seal(payload, (self.theirs, self.sent), bytes, seed.draw())
    }

    /// Returns the payload of a packet that is of this session, sound, and new.
    pub fn open(&mut self, packet: &Plus<'_>) -> Result<Vec<u8>, Dropped> {
        if packet.session != self.ours {
            return Err(Dropped::Foreign);
        }
        let bytes = self.keys.open(packet).map_err(|_unsound| Dropped::Unsound)?;
        // Its number counts after its code was found right: else anybody could use numbers up.
        if self.window.take(packet.sequence) { Ok(bytes) } else { Err(Dropped::Again) }
    }
}
