//! Values as RFC 4506 has them on the wire: big-endian, in units of four bytes.

/// Reads values from bytes; what is too short is `None`.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Reads from these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Returns what was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    /// Reads an unsigned integer (RFC 4506 §4.2).
    pub fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    /// Reads an unsigned hyper integer (RFC 4506 §4.5).
    pub fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_be_bytes)
    }

    /// Reads opaque data or a string of no more than `most` bytes (RFC 4506 §4.10, §4.11); the
    /// bytes are those read from, none is copied.
    pub fn opaque(&mut self, most: usize) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok().filter(|length| *length <= most)?;
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest.get(padding(length)..)?;
        Some(taken)
    }
}

/// Returns how many bytes stand behind `length` bytes, up to the next unit.
fn padding(length: usize) -> usize {
    length.wrapping_neg() % 4
}

/// Writes values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Writer(Vec<u8>);

impl Writer {
    /// Writes an unsigned integer.
    #[must_use]
    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Writes an unsigned hyper integer.
    #[must_use]
    pub fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    /// Writes a boolean.
    #[must_use]
    pub fn bool(self, value: bool) -> Self {
        self.u32(value.into())
    }

    /// Writes opaque data or a string. What is longer than 4 GiB is cut there: no record is.
    #[must_use]
    pub fn opaque(self, bytes: &[u8]) -> Self {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let mut all = self.u32(length);
        all.0.extend_from_slice(bytes);
        all.0.resize(all.0.len().saturating_add(padding(bytes.len())), 0);
        all
    }

    /// Writes bytes that are encoded already.
    #[must_use]
    pub fn raw(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// Returns what was written.
    pub fn done(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_length_that_is_not_there_is_not_believed() {
        for bytes in [&[0xff; 8][..], &[0, 0, 0, 5, 1, 2, 3, 4], &[0, 0, 0, 3, 1, 2, 3], &[0, 0]] {
            assert_eq!(Reader::new(bytes).opaque(usize::MAX), None, "{bytes:?}");
        }
        assert_eq!(Reader::new(&[0, 0, 0, 2, 1, 2, 0, 0]).opaque(1), None, "more than is taken");
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            a in any::<u32>(), b in any::<u64>(), bytes in prop::collection::vec(any::<u8>(), 0..70),
        ) {
            let written = Writer::default().u32(a).opaque(&bytes).u64(b).bool(true).done();
            prop_assert_eq!(written.len() % 4, 0);
            let mut reader = Reader::new(&written);
            prop_assert_eq!(reader.u32(), Some(a));
            prop_assert_eq!(reader.opaque(70), Some(&bytes[..]));
            prop_assert_eq!((reader.u64(), reader.u32()), (Some(b), Some(1)));
            prop_assert!(reader.rest().is_empty());
        }
    }
}
