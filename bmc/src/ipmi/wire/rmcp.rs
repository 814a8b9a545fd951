//! RMCP, and the presence ping of ASF (§13.1.3, §13.2; ASF 2.0 §3.2).

use super::{byte, take};

/// Version 1.0, reserved, no acknowledgement wanted, class IPMI.
pub const IPMI: [u8; 4] = [0x06, 0x00, 0xff, 0x07];
/// The same of class ASF.
const ASF: [u8; 4] = [0x06, 0x00, 0xff, 0x06];
/// The number of ASF in IANA's list of enterprises.
const ENTERPRISE: [u8; 4] = [0x00, 0x00, 0x11, 0xbe];
/// Types of ASF messages.
const PONG: u8 = 0x40;
const PING: u8 = 0x80;

/// A message of ASF that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asf {
    /// Who is there?
    Ping {
        /// Repeated in the answer.
        tag: u8,
    },
    /// I am.
    Pong {
        /// That of the ping.
        tag: u8,
        /// Whether it has IPMI.
        ipmi: bool,
    },
}

impl Asf {
    /// Writes the datagram.
    pub fn datagram(self) -> Vec<u8> {
        let mut out = ASF.to_vec();
        out.extend(ENTERPRISE);
        match self {
            Self::Ping { tag } => out.extend([PING, tag, 0, 0]),
            Self::Pong { tag, ipmi } => {
                out.extend([PONG, tag, 0, 16]);
                out.extend(ENTERPRISE);
                // No OEM's own, entities (bit 7: IPMI, bits 3:0: ASF 1.0), no interactions.
                out.extend([0, 0, 0, 0, if ipmi { 0x81 } else { 0x01 }, 0, 0, 0, 0, 0, 0, 0]);
            }
        }
        out
    }

    /// Reads a datagram; `None` of what is no ASF that we know.
    pub fn read(datagram: &[u8]) -> Option<Self> {
        let mut rest = datagram.strip_prefix(&ASF)?.strip_prefix(&ENTERPRISE)?;
        let [kind, tag, _reserved, length] = *take::<4>(&mut rest)?;
        match kind {
            PING => Some(Self::Ping { tag }),
            PONG => {
                let _oem = take::<8>(&mut rest)?;
                let entities = byte(&mut rest)?;
                (length >= 16).then_some(Self::Pong { tag, ipmi: entities & 0x80 != 0 })
            }
            _ => None,
        }
    }
}

/// Returns what stands behind the header of RMCP, if it is of class IPMI.
///
/// The sequence byte is not looked at: some BMCs send 0 in place of "no acknowledgement".
pub fn ipmi(datagram: &[u8]) -> Option<&[u8]> {
    let mut rest = datagram;
    let [version, _reserved, _sequence, class] = *take::<4>(&mut rest)?;
    (version == 0x06 && class & 0x9f == 0x07).then_some(rest)
}
