//! What is on the wire, both ways: RMCP and ASF, packets of sessions, messages, and the messages
//! that set a session up.
//!
//! Every part has its writer and its reader, so that a console and a BMC are made of the same.
//! Readers take any bytes, never panic, and allocate no more than they were given.

pub mod message;
pub mod packet;
pub mod rmcp;
pub mod setup;

/// Takes `N` bytes off the front.
pub(crate) fn take<'a, const N: usize>(bytes: &mut &'a [u8]) -> Option<&'a [u8; N]> {
    let (front, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(front)
}

/// Takes a byte off the front.
pub(crate) fn byte(bytes: &mut &[u8]) -> Option<u8> {
    let (front, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*front)
}

/// Takes a number of two bytes, the low one first.
pub(crate) fn word(bytes: &mut &[u8]) -> Option<u16> {
    take(bytes).map(|two| u16::from_le_bytes(*two))
}

/// Takes a number of four bytes, the low one first.
pub(super) fn double(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(|four| u32::from_le_bytes(*four))
}

#[cfg(test)]
mod tests;
