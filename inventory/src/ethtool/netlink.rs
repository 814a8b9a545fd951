//! The netlink wire format: messages and attributes (`linux/netlink.h`).
//!
//! Lengths come from the other side and are never trusted: an attribute that
//! runs past its message ends the walk, and what came before stands.

/// Asks for something.
pub(super) const REQUEST: u16 = 0x001;
/// Wants an answer even where all went well.
pub(super) const ACK: u16 = 0x004;
/// Wants all objects (`NLM_F_ROOT | NLM_F_MATCH`).
pub(super) const DUMP: u16 = 0x300;

/// A message that ends with an error number.
pub(super) const ERROR: u16 = 2;
/// The end of a dump.
pub(super) const DONE: u16 = 3;

/// Bits of an attribute's type that are flags: nested, network byte order.
const FLAGS: u16 = 0xc000;
const NESTED: u16 = 0x8000;

const HEADER: usize = 16;

/// A message without its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// Its type.
    pub(super) kind: u16,
    /// Its sequence number.
    pub(super) sequence: u32,
    /// What follows the header.
    pub(super) body: Vec<u8>,
}

/// A message that is being built.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// Starts a body with a fixed part.
    pub(super) fn new(fixed: &[u8]) -> Self {
        Self { bytes: fixed.to_vec() }
    }

    /// Adds an attribute.
    pub(super) fn put(mut self, kind: u16, value: &[u8]) -> Self {
        let length = u16::try_from(value.len().saturating_add(4)).unwrap_or(u16::MAX);
        self.bytes.extend(length.to_ne_bytes());
        self.bytes.extend(kind.to_ne_bytes());
        self.bytes.extend(value);
        self.bytes.resize(self.bytes.len().next_multiple_of(4), 0);
        self
    }

    /// Adds an attribute that holds others.
    pub(super) fn nest(self, kind: u16, inner: &Self) -> Self {
        self.put(kind | NESTED, &inner.bytes)
    }

    /// Returns the body.
    pub(super) fn body(self) -> Vec<u8> {
        self.bytes
    }
}

/// Returns `body` with its header in front.
pub(super) fn framed(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len().saturating_add(HEADER)).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(body.len().saturating_add(HEADER));
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(sequence.to_ne_bytes());
    bytes.extend(0_u32.to_ne_bytes());
    bytes.extend(body);
    bytes
}

/// Returns the messages of one datagram.
pub(super) fn messages(mut bytes: &[u8]) -> Vec<Message> {
    let mut messages = Vec::new();
    while let Some(header) = bytes.first_chunk::<HEADER>() {
        let [a, b, c, d, k0, k1, _, _, s0, s1, s2, s3, ..] = *header;
        let length = usize::try_from(u32::from_ne_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        let Some(body) = bytes.get(HEADER..length) else { break };
        messages.push(Message {
            kind: u16::from_ne_bytes([k0, k1]),
            sequence: u32::from_ne_bytes([s0, s1, s2, s3]),
            body: body.to_vec(),
        });
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    messages
}

/// Returns the error number of an error message, 0 for an acknowledgement.
pub(super) fn error_number(message: &Message) -> i32 {
    message.body.first_chunk().map_or(0, |bytes| i32::from_ne_bytes(*bytes).saturating_neg())
}

/// An attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Attribute<'a> {
    /// Its type without flags.
    pub(super) kind: u16,
    /// Its value.
    pub(super) value: &'a [u8],
}

impl<'a> Attribute<'a> {
    /// Returns the value as a number of one byte.
    pub(super) fn byte(&self) -> Option<u8> {
        self.value.first().copied()
    }

    /// Returns the value as a number of two bytes.
    pub(super) fn short(&self) -> Option<u16> {
        self.value.first_chunk().map(|bytes| u16::from_ne_bytes(*bytes))
    }

    /// Returns the value as a number of four bytes.
    pub(super) fn word(&self) -> Option<u32> {
        self.value.first_chunk().map(|bytes| u32::from_ne_bytes(*bytes))
    }

    /// Returns the value as text up to its NUL.
    pub(super) fn text(&self) -> String {
        let end = self.value.iter().position(|b| *b == 0).unwrap_or(self.value.len());
        String::from_utf8_lossy(self.value.get(..end).unwrap_or_default()).into_owned()
    }

    /// Returns the attributes inside.
    pub(super) fn inner(&self) -> Attributes<'a> {
        attributes(self.value)
    }
}

/// Walks attributes.
#[derive(Clone, Debug)]
pub(super) struct Attributes<'a> {
    rest: &'a [u8],
}

/// Returns the attributes in `bytes`.
pub(super) fn attributes(bytes: &[u8]) -> Attributes<'_> {
    Attributes { rest: bytes }
}

/// Returns the first attribute of type `kind` in `bytes`.
pub(super) fn find(bytes: &[u8], kind: u16) -> Option<Attribute<'_>> {
    attributes(bytes).find(|attribute| attribute.kind == kind)
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Attribute<'a>;

    fn next(&mut self) -> Option<Attribute<'a>> {
        let [l0, l1, k0, k1] = *self.rest.first_chunk::<4>()?;
        let length = usize::from(u16::from_ne_bytes([l0, l1]));
        let value = self.rest.get(4..length)?;
        self.rest = self.rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some(Attribute { kind: u16::from_ne_bytes([k0, k1]) & !FLAGS, value })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let inner = Writer::default().put(2, b"eth0\0").put(3, &7_u32.to_ne_bytes());
        let body = Writer::new(&[1, 2, 3, 4]).nest(1, &inner).put(9, &[5]).body();
        let bytes = framed(20, REQUEST, 3, &body);
        let read = messages(&bytes);
        assert_eq!(read, [Message { kind: 20, sequence: 3, body: body.clone() }]);
        let nest = find(&body[4..], 1).expect("the nest");
        let values: Vec<_> = nest.inner().collect();
        assert_eq!(values[0].text(), "eth0");
        assert_eq!(values[1].word(), Some(7));
        assert_eq!(find(&body[4..], 9).and_then(|value| value.byte()), Some(5));
    }

    #[test]
    fn a_length_that_is_too_short_or_too_long_ends_the_walk() {
        let short = [2, 0, 1, 0, 9, 9, 9, 9];
        let long = [200, 0, 1, 0, 9, 9, 9, 9];
        assert_eq!(attributes(&short).count(), 0);
        assert_eq!(attributes(&long).count(), 0);
        assert_eq!(messages(&[0; 16]), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_walked_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            prop_assert!(messages(&bytes).len() <= bytes.len());
            prop_assert!(attributes(&bytes).count() <= bytes.len() / 4);
        }
    }
}
