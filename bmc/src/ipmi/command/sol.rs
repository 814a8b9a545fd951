//! The host's console over LAN: activating it, and what its payloads are (§15, §24.1, §24.2).
//!
//! [`Flow`] acknowledges and repeats, without a socket or a clock.

mod flow;

use crate::ipmi::wire::{take, word};

pub use flow::{Flow, Turn};

/// Activate Payload.
pub const ACTIVATE: u8 = 0x48;
/// Deactivate Payload.
pub const DEACTIVATE: u8 = 0x49;

/// Returns the data of Activate Payload for SOL, its first instance; encrypted and authenticated
/// where the session is.
pub fn activate(encrypted: bool, authenticated: bool) -> [u8; 6] {
    let mut flags = 0;
    flags |= if encrypted { 0x80 } else { 0 };
    flags |= if authenticated { 0x40 } else { 0 };
    [1, 1, flags, 0, 0, 0]
}

/// Returns the data of Deactivate Payload for SOL, its first instance.
pub fn deactivate() -> [u8; 6] {
    [1, 1, 0, 0, 0, 0]
}

/// The answer to Activate Payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activated {
    /// Bytes of a payload that the BMC takes.
    pub inbound: u16,
    /// Bytes of a payload that it sends.
    pub outbound: u16,
    /// The UDP port; 623 as a rule.
    pub port: u16,
}

impl Activated {
    /// Reads the answer's data.
    pub fn read(mut data: &[u8]) -> Option<Self> {
        let _test_mode = take::<4>(&mut data)?;
        let (inbound, outbound) = (word(&mut data)?, word(&mut data)?);
        Some(Self { inbound, outbound, port: word(&mut data)? })
    }
}

/// A payload of SOL (§15.9), either way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packet {
    /// Its number, 1 to 15; 0 for one that only acknowledges.
    pub sequence: u8,
    /// The number of what it acknowledges; 0 for none.
    pub acknowledges: u8,
    /// Characters of that which were taken.
    pub accepted: u8,
    /// Byte 4. From the BMC: 0x40 not taken, 0x20 transfer unavailable, 0x10 SOL ended, 0x08
    /// overrun, 0x04 break. From the console: 0x10 break, 0x20 CTS, 0x08 and below flow control.
    pub status: u8,
    /// Characters.
    pub data: Vec<u8>,
}

impl Packet {
    /// Writes it.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out =
            vec![self.sequence & 0x0f, self.acknowledges & 0x0f, self.accepted, self.status];
        out.extend(&self.data);
        out
    }

    /// Reads it.
    pub fn read(mut bytes: &[u8]) -> Option<Self> {
        let [sequence, acknowledges, accepted, status] = *take::<4>(&mut bytes)?;
        Some(Self {
            sequence: sequence & 0x0f,
            acknowledges: acknowledges & 0x0f,
            accepted,
            status,
            data: bytes.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_read_as_they_were_written() {
        let packet = Packet {
            sequence: 9,
            acknowledges: 3,
            accepted: 7,
            status: 0x40,
            data: b"ls\n".to_vec(),
        };
        assert_eq!(Packet::read(&packet.bytes()), Some(packet));
        assert_eq!(Packet::read(&[1, 2, 3]), None);
    }

    #[test]
    fn what_activating_answers_reads() {
        let data = [0, 0, 0, 0, 0xff, 0, 0xc8, 0, 0x6f, 2, 0xff, 0xff];
        let read = Activated::read(&data).expect("an answer");
        assert_eq!((read.inbound, read.outbound, read.port), (255, 200, 623));
        assert_eq!(activate(true, true), [1, 1, 0xc0, 0, 0, 0]);
    }
}
