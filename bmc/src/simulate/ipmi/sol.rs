//! Serial over LAN (§15, §24, §26): a console that says again what is said, and asks for a login.

use super::{Answer, NO_COMMAND, NOT_PRESENT, OK, State, TOO_SHORT};
use crate::{
    ipmi::session::bmc::Caller,
    simulate::{host::Host, knobs::Knob},
};

/// Bytes of a payload.
const ROOM: u16 = 200;

/// The stream of characters of one session.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// Whose it is.
    pub(super) session: u32,
    prompt: String,
    /// The number of the last packet that came, and what was said to it.
    last: Option<(u8, Vec<u8>)>,
    /// The number of the last packet of ours with characters.
    own: u8,
}

impl Stream {
    /// Takes a payload; returns what is said to it.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Option<Vec<u8>> {
        let [sequence, _acknowledged, _count, status, characters @ ..] = bytes else { return None };
        let sequence = sequence & 0x0f;
        // An acknowledgement alone.
        if sequence == 0 {
            return None;
        }
        // A packet that comes again gets the same answer again.
        if let Some((last, said)) = &self.last
            && *last == sequence
        {
            return Some(said.clone());
        }
        let mut echo = Vec::new();
        for character in characters {
            match character {
                b'\r' | b'\n' => {
                    echo.extend(b"\r\n");
                    echo.extend(self.prompt.bytes());
                }
                other => echo.push(*other),
            }
        }
        // A break is told of by the console, not by us.
        let is_break = status & 0x10 != 0;
        if is_break {
            echo.extend(b"[break]");
        }
        echo.truncate(ROOM.into());
        let count = u8::try_from(characters.len()).unwrap_or(u8::MAX);
        let number = if echo.is_empty() {
            0
        } else {
            self.own = self.own % 15 + 1;
            self.own
        };
        let said = [&[number, sequence, count, 0], &echo[..]].concat();
        self.last = Some((sequence, said.clone()));
        Some(said)
    }
}

/// Returns what is said to a payload of a session that has no console, or not any more (§15.9:
/// deactivated). The book lets a BMC drop it; so the other side knows at once.
pub(super) fn ended(bytes: &[u8]) -> Option<Vec<u8>> {
    let sequence = bytes.first()? & 0x0f;
    (sequence != 0).then(|| vec![0, sequence, 0, 0x10])
}

pub(super) fn answer(
    host: &Host,
    state: &mut State,
    caller: Caller,
    command: u8,
    data: &[u8],
) -> Answer {
    let is_sol = data.first().is_some_and(|kind| kind & 0x3f == 1);
    match command {
        // Activate Payload.
        0x48 if is_sol && host.has(Knob::IpmiSolOff) => (0x81, Vec::new()),
        0x48 if is_sol => {
            if state.sol.is_some() {
                // It is active on another session.
                return (0x80, Vec::new());
            }
            let prompt = format!("server-{} login: ", host.identity.number);
            let session = caller.session.unwrap_or_default();
            state.sol = Some(Stream { session, prompt, ..Stream::default() });
            let port = host.identity.address.port();
            let mut out = vec![0; 4];
            out.extend(ROOM.to_le_bytes());
            out.extend(ROOM.to_le_bytes());
            out.extend(port.to_le_bytes());
            out.extend([0xff, 0xff]);
            (OK, out)
        }
        0x49 if is_sol => match state.sol.take() {
            Some(_) => (OK, Vec::new()),
            None => (0x80, Vec::new()),
        },
        // Get Payload Activation Status: of one instance.
        0x4a if is_sol => (OK, vec![1, u8::from(state.sol.is_some()), 0]),
        0x4d if data.len() >= 2 => (OK, vec![0x02, 0, 0, 0]),
        // Get Channel Payload Support: messages and SOL; the set-up.
        0x4e => (OK, vec![0x03, 0, 0x3f, 0, 0, 0, 0, 0]),
        0x4f => match data.get(1) {
            Some(0 | 1) => (OK, vec![0x10]),
            Some(_) => (0x80, Vec::new()),
            None => (TOO_SHORT, Vec::new()),
        },
        0x48 | 0x49 => (NOT_PRESENT, Vec::new()),
        _ => (NO_COMMAND, Vec::new()),
    }
}

/// Answers Get SOL Configuration Parameters (§26.3).
pub(super) fn configuration(host: &Host, data: &[u8]) -> Answer {
    let Some(parameter) = data.get(1) else { return (TOO_SHORT, Vec::new()) };
    let [low, high] = host.identity.address.port().to_le_bytes();
    let value = match parameter {
        0 => vec![0],
        // Enabled, on channel 1; by users who may look, encrypted.
        1 | 7 => vec![1],
        2 => vec![0xc2],
        3 => vec![12, 96],
        4 => vec![7, 50],
        // 115,200 bits a second.
        5 | 6 => vec![0x0a],
        8 => vec![low, high],
        _ => return (0x80, Vec::new()),
    };
    (OK, [vec![0x11], value].concat())
}
