//! Who is there, without a credential: the presence ping of RMCP, and what a channel lets in
//! (§13.2.3, §22.13).

use std::time::Duration;

use tokio::time::timeout_at;

use super::{DATAGRAM, now, reach};
use crate::{
    ipmi::{
        IpmiError,
        wire::{
            message::{Numbered, Request, Response},
            packet::{self, Packet},
            rmcp::Asf,
        },
    },
    target::Address,
};

/// How often it is asked.
const TIMES: u32 = 3;
/// Get Channel Authentication Capabilities.
const CAPABILITIES: u8 = 0x38;

/// What a BMC says of itself to anybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are what the answer has, bit by bit")]
pub struct Pong {
    /// Whether it answered the presence ping of RMCP, with IPMI among what it has.
    pub presence: bool,
    /// Whether it told what its channel lets in; else all that follows is not known.
    pub told: bool,
    /// Whether it has IPMI 2.0.
    pub ipmi_2: bool,
    /// Whether it has IPMI 1.5 sessions.
    pub ipmi_1_5: bool,
    /// Whether a user without name and password may come in.
    pub anonymous: bool,
    /// Whether there are users without a name.
    pub nameless: bool,
    /// Whether its key (Kg) is set.
    pub kg: bool,
    /// Whether IPMI 1.5 sessions need no authentication at all.
    pub unauthenticated: bool,
    /// The maker's number, where it is told (OEM id).
    pub manufacturer: Option<u32>,
}

impl Pong {
    /// Takes the data of Get Channel Authentication Capabilities, and whether what 2.0 has was
    /// asked for.
    fn take(&mut self, data: &[u8], plus: bool) {
        let [_channel, kinds, status, versions, rest @ ..] = data else {
            return;
        };
        self.told = true;
        let extended = plus && kinds & 0x80 != 0;
        self.ipmi_2 = extended && versions & 0x02 != 0;
        self.ipmi_1_5 = !extended || versions & 0x01 != 0;
        self.unauthenticated = kinds & 0x01 != 0;
        self.anonymous = status & 0x01 != 0;
        self.nameless = status & 0x02 != 0;
        self.kg = status & 0x20 != 0;
        if let [low, middle, high, ..] = rest {
            let maker = u32::from_le_bytes([*low, *middle, *high, 0]);
            self.manufacturer = (maker != 0).then_some(maker);
        }
    }
}

/// Asks who is there, without a credential. Both questions are sent at once, three times within
/// the time; the second answer is waited for only if a question is open.
pub async fn ping(address: &Address, within: Duration) -> Result<Pong, IpmiError> {
    let (socket, port) = reach::open(address).await?;
    let mut pong = Pong::default();
    let (mut heard, mut plus) = (false, true);
    let until = now() + within;
    let mut datagram = [0; DATAGRAM];
    for time in 1..=TIMES {
        let mut questions = vec![capabilities(plus)];
        if !pong.presence {
            questions.push(Asf::Ping { tag: 0 }.datagram());
        }
        for question in questions {
            if let Err(error) = socket.send(&question).await
                && !heard
            {
                return Err(reach::why(error, port));
            }
        }
        let then = now() + until.saturating_duration_since(now()) / (TIMES + 1 - time);
        loop {
            let length = match timeout_at(then.into(), socket.recv(&mut datagram)).await {
                Err(_time) => break,
                Ok(Ok(length)) => length,
                Ok(Err(_)) if heard => continue,
                Ok(Err(error)) => return Err(reach::why(error, port)),
            };
            let bytes = datagram.get(..length).unwrap_or_default();
            if let Some(Asf::Pong { ipmi, .. }) = Asf::read(bytes) {
                (pong.presence, heard) = (ipmi, true);
            }
            if let Some(Numbered { body: answer, .. }) = answer(bytes, CAPABILITIES) {
                heard = true;
                if answer.code == 0 {
                    pong.take(&answer.data, plus);
                } else if plus {
                    plus = false;
                    break;
                }
            }
            if pong.told && pong.presence {
                return Ok(pong);
            }
        }
        // A BMC that told all, and does not answer pings: it is not waited for.
        if pong.told {
            return Ok(pong);
        }
    }
    if heard { Ok(pong) } else { Err(IpmiError::NoAnswer { within }) }
}

fn capabilities(plus: bool) -> Vec<u8> {
    let data = vec![if plus { 0x8e } else { 0x0e }, 0x04];
    let body = Request { netfn: 0x06, lun: 0, command: CAPABILITIES, data };
    packet::plain(&Numbered { sequence: 1, body }.bytes())
}

/// Returns the answer to a command of ours that was asked outside of a session.
pub(super) fn answer(datagram: &[u8], command: u8) -> Option<Numbered<Response>> {
    let message = match packet::read(datagram)? {
        Packet::Plain(message) => message,
        Packet::Plus(plus) if plus.session == 0 => plus.bytes,
        Packet::Plus(_) => return None,
    };
    let answer = Numbered::<Response>::read(message)?;
    (answer.body.netfn == 0x07 && answer.body.command == command).then_some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_channel_lets_in_is_told() {
        let mut pong = Pong::default();
        pong.take(&[1, 0x95, 0x27, 0x03, 0xdb, 7, 0, 0], true);
        assert!(pong.told && pong.ipmi_2 && pong.ipmi_1_5 && pong.anonymous && pong.nameless);
        assert!(pong.kg && pong.unauthenticated);
        assert_eq!(pong.manufacturer, Some(2011));
        let mut old = Pong::default();
        old.take(&[1, 0x14, 0x04, 0, 0, 0, 0, 0], true);
        assert!(old.told && !old.ipmi_2 && old.ipmi_1_5 && !old.anonymous);
        assert_eq!(old.manufacturer, None);
        let mut short = Pong::default();
        short.take(&[1, 2, 3], true);
        assert_eq!(short, Pong::default());
    }
}
