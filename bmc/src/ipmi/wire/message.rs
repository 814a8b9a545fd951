//! Messages: requests and their answers (§13.8).

use super::{byte, take};

/// The address of a BMC.
pub const BMC: u8 = 0x20;
/// The address of a remote console.
pub const CONSOLE: u8 = 0x81;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The family of commands, even, 0 to 62.
    pub netfn: u8,
    /// The unit of the BMC that is asked, 0 to 3.
    pub lun: u8,
    /// The command.
    pub command: u8,
    /// What goes with it.
    pub data: Vec<u8>,
}

/// A request with its number, or an answer with that of what it answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Numbered<T> {
    /// The number, 0 to 63.
    pub sequence: u8,
    /// What it is the number of.
    pub body: T,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The family, odd: that of the request and one.
    pub netfn: u8,
    /// The command.
    pub command: u8,
    /// How it ended; 0 for done.
    pub code: u8,
    /// What came with it.
    pub data: Vec<u8>,
}

/// Returns what makes the sum of the bytes and itself 0.
pub fn checksum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)).wrapping_neg()
}

impl Numbered<Request> {
    /// Writes it, from the console to the BMC.
    pub fn bytes(&self) -> Vec<u8> {
        let Request { netfn, lun, command, data } = &self.body;
        let head = [BMC, netfn << 2 | lun & 3];
        let back = [CONSOLE, self.sequence << 2, *command];
        frame(head, back, &[], data)
    }

    /// Reads what [`Self::bytes`] wrote.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let Frame { netfn_lun, sequence, command, rest } = Frame::read(bytes)?;
        let (netfn, lun) = (netfn_lun >> 2, netfn_lun & 3);
        let body = Request { netfn, lun, command, data: rest.to_vec() };
        (netfn & 1 == 0).then_some(Self { sequence, body })
    }
}

impl Numbered<Response> {
    /// Writes it, from the BMC to the console.
    pub fn bytes(&self) -> Vec<u8> {
        let Response { netfn, command, code, data } = &self.body;
        let head = [CONSOLE, netfn << 2];
        frame(head, [BMC, self.sequence << 2, *command], &[*code], data)
    }

    /// Reads what [`Self::bytes`] wrote.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let Frame { netfn_lun, sequence, command, mut rest } = Frame::read(bytes)?;
        let code = byte(&mut rest)?;
        let netfn = netfn_lun >> 2;
        let body = Response { netfn, command, code, data: rest.to_vec() };
        (netfn & 1 == 1).then_some(Self { sequence, body })
    }
}

/// A message in the form that both directions share.
struct Frame<'a> {
    netfn_lun: u8,
    sequence: u8,
    command: u8,
    rest: &'a [u8],
}

impl<'a> Frame<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes;
        let head = *take::<3>(&mut rest)?;
        let (body, _sum) = rest.split_last_chunk::<1>()?;
        if checksum(&head) != 0 || checksum(rest) != 0 {
            return None;
        }
        let mut rest = body;
        let [_from, sequence_lun, command] = *take::<3>(&mut rest)?;
        let [_to, netfn_lun, _sum] = head;
        Some(Self { netfn_lun, sequence: sequence_lun >> 2, command, rest })
    }
}

fn frame(head: [u8; 2], back: [u8; 3], code: &[u8], data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 8);
    out.extend(head);
    out.push(checksum(&head));
    let start = out.len();
    out.extend(back);
    out.extend(code);
    out.extend(data);
    let sum = checksum(out.get(start..).unwrap_or_default());
    out.push(sum);
    out
}
