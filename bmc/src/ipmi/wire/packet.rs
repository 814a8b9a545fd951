//! Packets of sessions: the header of IPMI 1.5, without authentication, for what is asked before a
//! session, and that of 2.0 (§13.6, table 13-8).

use super::{byte, double, rmcp, take, word};

/// The mark of a 2.0 header in the field of the authentication type.
pub const RMCP_PLUS: u8 = 0x06;
/// Bit of the payload type: the payload is encrypted.
const ENCRYPTED: u8 = 0x80;
/// Bit of the payload type: a code of integrity follows.
const AUTHENTICATED: u8 = 0x40;

/// What a packet carries (table 13-16).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A message.
    Message,
    /// Characters of a console (SOL).
    Sol,
    /// Open Session Request.
    OpenRequest,
    /// Open Session Response.
    OpenResponse,
    /// RAKP messages.
    Rakp1,
    /// The BMC's first.
    Rakp2,
    /// The console's second.
    Rakp3,
    /// The BMC's second.
    Rakp4,
    /// Another number.
    Other(u8),
}

impl Payload {
    /// Returns its number.
    pub fn code(self) -> u8 {
        match self {
            Self::Message => 0x00,
            Self::Sol => 0x01,
            Self::OpenRequest => 0x10,
            Self::OpenResponse => 0x11,
            Self::Rakp1 => 0x12,
            Self::Rakp2 => 0x13,
            Self::Rakp3 => 0x14,
            Self::Rakp4 => 0x15,
            Self::Other(code) => code & 0x3f,
        }
    }

    /// Reads its number.
    pub fn of(code: u8) -> Self {
        match code & 0x3f {
            0x00 => Self::Message,
            0x01 => Self::Sol,
            0x10 => Self::OpenRequest,
            0x11 => Self::OpenResponse,
            0x12 => Self::Rakp1,
            0x13 => Self::Rakp2,
            0x14 => Self::Rakp3,
            0x15 => Self::Rakp4,
            other => Self::Other(other),
        }
    }
}

/// A packet as it was read; what protects it is not looked at yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// One of IPMI 1.5 without authentication and outside of a session: a message.
    Plain(&'a [u8]),
    /// One of IPMI 2.0.
    Plus(Plus<'a>),
}

/// A packet of IPMI 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plus<'a> {
    /// What it carries.
    pub payload: Payload,
    /// Whether the payload is encrypted.
    pub encrypted: bool,
    /// Whether a code of integrity follows.
    pub authenticated: bool,
    /// The session, by the number that its receiver gave it; 0 outside of one.
    pub session: u32,
    /// Its number in the session.
    pub sequence: u32,
    /// The payload.
    pub bytes: &'a [u8],
    /// What the code of integrity is over, with all that follows to the packet's end.
    pub covered: &'a [u8],
    /// What follows the payload: padding, its length, the next header, the code.
    pub trailer: &'a [u8],
}

/// Reads a datagram; `None` of what is no packet that we know.
pub fn read(datagram: &[u8]) -> Option<Packet<'_>> {
    let covered = rmcp::ipmi(datagram)?;
    let mut rest = covered;
    match byte(&mut rest)? {
        0x00 => {
            let (sequence, session) = (double(&mut rest)?, double(&mut rest)?);
            let length = usize::from(byte(&mut rest)?);
            let (message, _pad) = rest.split_at_checked(length)?;
            (sequence == 0 && session == 0).then_some(Packet::Plain(message))
        }
        RMCP_PLUS => {
            let kind = byte(&mut rest)?;
            if kind & 0x3f == 0x02 {
                // A payload of a vendor's own, explicit: its maker and number.
                let _oem = take::<6>(&mut rest)?;
            }
            let (session, sequence) = (double(&mut rest)?, double(&mut rest)?);
            let length = usize::from(word(&mut rest)?);
            let (bytes, trailer) = rest.split_at_checked(length)?;
            Some(Packet::Plus(Plus {
                payload: Payload::of(kind),
                encrypted: kind & ENCRYPTED != 0,
                authenticated: kind & AUTHENTICATED != 0,
                session,
                sequence,
                bytes,
                covered,
                trailer,
            }))
        }
        _ => None,
    }
}

/// Writes a message outside of a session, as IPMI 1.5 has it.
pub fn plain(message: &[u8]) -> Vec<u8> {
    let length = u8::try_from(message.len()).unwrap_or(u8::MAX);
    let mut out = Vec::with_capacity(message.len() + 14);
    out.extend(rmcp::IPMI);
    out.extend([0; 9]);
    out.push(length);
    out.extend(message.iter().take(usize::from(length)));
    out
}

/// Writes a packet of 2.0 without its trailer: header and payload.
///
/// What is longer than the field of its length is cut; no payload of ours is.
pub fn plus(
    payload: Payload,
    (encrypted, authenticated): (bool, bool),
    session: u32,
    sequence: u32,
    bytes: &[u8],
) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut kind = payload.code();
    kind |= if encrypted { ENCRYPTED } else { 0 };
    kind |= if authenticated { AUTHENTICATED } else { 0 };
    let mut out = Vec::with_capacity(bytes.len() + 40);
    out.extend(rmcp::IPMI);
    out.extend([RMCP_PLUS, kind]);
    out.extend(session.to_le_bytes());
    out.extend(sequence.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(bytes.iter().take(usize::from(length)));
    out
}

/// Writes a packet of 2.0 outside of a session.
pub fn unprotected(payload: Payload, bytes: &[u8]) -> Vec<u8> {
    plus(payload, (false, false), 0, 0, bytes)
}
