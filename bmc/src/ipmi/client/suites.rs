//! Which cipher suites a BMC lists, without a credential (§22.15).

use std::time::Duration;

use tokio::time::timeout_at;

use super::{DATAGRAM, now, ping::answer, reach};
use crate::{
    ipmi::{
        IpmiError,
        command::cipher,
        wire::{
            message::{Numbered, Request},
            packet,
        },
    },
    target::Address,
};

/// The command.
const COMMAND: u8 = 0x54;
/// Parts of 16 bytes that a list has at most (the index has 6 bits).
const PARTS: u8 = 64;
/// How often a part is asked for.
const TIMES: u32 = 3;

/// Asks which cipher suites the channel takes, by number; `None` where the BMC refuses to tell.
///
/// # Errors
/// Where nothing answers within the time, or cannot.
pub async fn suites(address: &Address, within: Duration) -> Result<Option<Vec<u8>>, IpmiError> {
    let (socket, port) = reach::open(address).await?;
    let until = now() + within;
    let mut datagram = [0; DATAGRAM];
    let mut records: Vec<u8> = Vec::new();
    'parts: for part in 0..PARTS {
        // This channel, IPMI's payload, and the list by suite.
        let data = vec![0x0e, 0x00, 0x80 | part];
        // An answer says nothing of the part it is: its number does.
        let body = Request { netfn: 0x06, lun: 0, command: COMMAND, data };
        let question = packet::plain(&Numbered { sequence: part & 0x3f, body }.bytes());
        for time in 1..=TIMES {
            socket.send(&question).await.map_err(|error| reach::why(error, port))?;
            let then = now() + until.saturating_duration_since(now()) / (TIMES + 1 - time);
            loop {
                let length = match timeout_at(then.into(), socket.recv(&mut datagram)).await {
                    Err(_time) => break,
                    Ok(Ok(length)) => length,
                    Ok(Err(error)) => return Err(reach::why(error, port)),
                };
                let bytes = datagram.get(..length).unwrap_or_default();
                let Some(answer) = answer(bytes, COMMAND) else { continue };
                if answer.sequence != part & 0x3f {
                    continue;
                }
                if answer.body.code != 0 {
                    return Ok((part > 0).then(|| cipher::numbers(&records)));
                }
                let more = answer.body.data.get(1..).unwrap_or_default();
                records.extend(more);
                if more.len() < 16 {
                    return Ok(Some(cipher::numbers(&records)));
                }
                continue 'parts;
            }
        }
        return Err(IpmiError::NoAnswer { within });
    }
    Ok(Some(cipher::numbers(&records)))
}
