//! The elements (TLVs) of an LLDPDU: seven bits of type, nine of length (§8.4).

use std::fmt;

/// One element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// Type, 0–127.
    pub(super) kind: u8,
    /// Its value, as long as its header says.
    pub(super) value: &'a [u8],
    /// Where its header stands in the LLDPDU.
    pub(super) at: usize,
}

/// An element that is longer than what is left of the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Overrun {
    /// Where its header stands.
    at: usize,
    /// Its type and length, where the header itself is whole.
    header: Option<(u8, usize)>,
    /// Bytes that follow.
    left: usize,
}

impl fmt::Display for Overrun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.header {
            Some((kind, length)) => write!(
                f,
                "element {kind} at byte {} claims {length} bytes, and {} are left",
                self.at, self.left
            ),
            None => write!(f, "the element at byte {} has half a header", self.at),
        }
    }
}

/// The elements of an LLDPDU up to its end mark, its end, or an overrun.
#[derive(Clone, Debug)]
pub(super) struct Elements<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Elements<'a> {
    pub(super) const fn of(lldpdu: &'a [u8]) -> Self {
        Self { rest: lldpdu, at: 0 }
    }

    fn stop(&mut self) {
        self.rest = &[];
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Element<'a>, Overrun>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.at;
        if self.rest.is_empty() {
            // The end mark is optional since 802.1AB-2009: no damage.
            return None;
        }
        let Some((header, rest)) = self.rest.split_first_chunk::<2>() else {
            self.stop();
            return Some(Err(Overrun { at, header: None, left: 0 }));
        };
        let header = u16::from_be_bytes(*header);
        let length = usize::from(header & 0x01ff);
        let [kind, _] = (header >> 1).to_be_bytes();
        let Some((value, rest)) = rest.split_at_checked(length) else {
            self.stop();
            return Some(Err(Overrun { at, header: Some((kind, length)), left: rest.len() }));
        };
        if kind == 0 {
            // What follows the end mark is padding, whatever its length says.
            self.stop();
            return None;
        }
        self.rest = rest;
        self.at = at.saturating_add(2).saturating_add(length);
        Some(Ok(Element { kind, value, at }))
    }
}
