//! Attributes of netlink messages (`struct nlattr`): read without trust, and written.
//!
//! An attribute is its length, its kind and its value, padded to 4 bytes; lengths count the
//! header. Values of numbers are in host order unless their definition says otherwise.

/// Flags of the kind: nested (`NLA_F_NESTED`), network byte order (`NLA_F_NET_BYTEORDER`).
const KIND: u16 = 0x3fff;
const NESTED: u16 = 0x8000;
const HEADER: usize = 4;

/// Returns the attributes in `bytes`, each as kind and value; ends where one cannot be read.
pub fn attributes(bytes: &[u8]) -> Attributes<'_> {
    Attributes { rest: bytes }
}

/// Attributes one after the other.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let length = usize::from(u16_of(self.rest.get(..2)?)?);
        let kind = u16_of(self.rest.get(2..HEADER)?)? & KIND;
        let value = self.rest.get(HEADER..length)?;
        // The last one may go without its padding.
        self.rest = self.rest.get(length.next_multiple_of(HEADER)..).unwrap_or_default();
        Some((kind, value))
    }
}

/// Returns a number of one byte.
pub fn u8_of(value: &[u8]) -> Option<u8> {
    Some(u8::from_ne_bytes(value.try_into().ok()?))
}

/// Returns a number of two bytes in host order.
pub fn u16_of(value: &[u8]) -> Option<u16> {
    Some(u16::from_ne_bytes(value.try_into().ok()?))
}

/// Returns a number of four bytes in host order.
pub fn u32_of(value: &[u8]) -> Option<u32> {
    Some(u32::from_ne_bytes(value.try_into().ok()?))
}

/// Returns a text up to its zero; nothing where it is not UTF-8.
pub fn text(value: &[u8]) -> Option<&str> {
    std::str::from_utf8(value.split(|byte| *byte == 0).next()?).ok()
}

/// The body of a message as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body(pub Vec<u8>);

impl Body {
    /// Appends an attribute. No value that is written here comes near the limit of 64 KiB; one
    /// that does, by the user's words, is cut, and the kernel refuses it for its length.
    pub fn put(&mut self, kind: u16, value: &[u8]) {
        let value = value.get(..usize::from(u16::MAX) - HEADER).unwrap_or(value);
        self.nest_as(kind, &mut |body| body.0.extend_from_slice(value));
    }

    /// Appends an attribute of one byte.
    pub fn put_u8(&mut self, kind: u16, value: u8) {
        self.put(kind, &[value]);
    }

    /// Appends an attribute of four bytes.
    pub fn put_u32(&mut self, kind: u16, value: u32) {
        self.put(kind, &value.to_ne_bytes());
    }

    /// Appends a text with its zero.
    pub fn put_text(&mut self, kind: u16, text: &str) {
        let mut value = text.as_bytes().to_vec();
        value.push(0);
        self.put(kind, &value);
    }

    /// Appends an attribute with those that `inside` appends.
    pub fn nest(&mut self, kind: u16, inside: &mut dyn FnMut(&mut Self)) {
        self.nest_as(kind | NESTED, inside);
    }

    fn nest_as(&mut self, kind: u16, inside: &mut dyn FnMut(&mut Self)) {
        let start = self.0.len();
        self.0.extend_from_slice(&[0; HEADER]);
        inside(self);
        let length = u16::try_from(self.0.len().saturating_sub(start)).unwrap_or(u16::MAX);
        let header = self.0.iter_mut().skip(start);
        for (to, from) in header.zip(length.to_ne_bytes().into_iter().chain(kind.to_ne_bytes())) {
            *to = from;
        }
        self.0.resize(self.0.len().next_multiple_of(HEADER), 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            written in vec((0_u16..0x4000, vec(any::<u8>(), 0..20)), 0..8),
        ) {
            let mut body = Body::default();
            body.nest(5, &mut |body| {
                for (kind, value) in &written {
                    body.put(*kind, value);
                }
            });
            let (kind, inside) = attributes(&body.0).next().unwrap();
            prop_assert_eq!(kind, 5);
            let read: Vec<_> =
                attributes(inside).map(|(kind, value)| (kind, value.to_vec())).collect();
            prop_assert_eq!(read, written);
        }

        #[test]
        fn no_bytes_make_it_panic_or_turn_for_ever(bytes in vec(any::<u8>(), 0..64)) {
            prop_assert!(attributes(&bytes).count() <= bytes.len());
        }
    }

    #[test]
    fn a_length_below_the_header_ends_it() {
        assert_eq!(attributes(&[3, 0, 1, 0, 9, 9, 9, 9]).count(), 0);
        assert_eq!(attributes(&[0; 8]).count(), 0);
        assert_eq!(attributes(&[9, 0, 1, 0, 1]).count(), 0);
    }
}
