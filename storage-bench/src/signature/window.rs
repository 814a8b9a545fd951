//! The first and last bytes of a device, asked by their place on it.

/// What was read of a device: a piece from its start and one up to its end.
#[derive(Clone, Copy, Debug)]
pub struct Window<'a> {
    head: &'a [u8],
    tail: &'a [u8],
    size_bytes: u64,
}

impl<'a> Window<'a> {
    /// Returns the window on a device of `size_bytes`; `tail` ends at its last byte.
    pub fn new(head: &'a [u8], tail: &'a [u8], size_bytes: u64) -> Self {
        Self { head, tail, size_bytes }
    }

    /// Returns the size of the device.
    pub fn size_bytes(self) -> u64 {
        self.size_bytes
    }

    /// Returns `length` bytes at `offset` of the device, where both pieces have them.
    pub fn at(self, offset: u64, length: usize) -> Option<&'a [u8]> {
        let piece = |bytes: &'a [u8], offset: u64| {
            let start = usize::try_from(offset).ok()?;
            bytes.get(start..start.checked_add(length)?)
        };
        piece(self.head, offset).or_else(|| {
            let first = self.size_bytes.checked_sub(u64::try_from(self.tail.len()).ok()?)?;
            piece(self.tail, offset.checked_sub(first)?)
        })
    }

    /// Returns the place `back` bytes before the end of the device.
    pub fn from_end(self, back: u64) -> Option<u64> {
        self.size_bytes.checked_sub(back)
    }

    /// Returns whether `bytes` stand at `offset`.
    pub fn has(self, offset: u64, bytes: &[u8]) -> bool {
        self.at(offset, bytes.len()) == Some(bytes)
    }

    pub(super) fn byte(self, offset: u64) -> Option<u8> {
        self.at(offset, 1)?.first().copied()
    }

    pub(super) fn le16(self, offset: u64) -> Option<u16> {
        self.at(offset, 2)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
    }

    pub(super) fn be16(self, offset: u64) -> Option<u16> {
        self.at(offset, 2)?.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
    }

    pub(super) fn le32(self, offset: u64) -> Option<u32> {
        self.at(offset, 4)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
    }

    pub(super) fn be32(self, offset: u64) -> Option<u32> {
        self.at(offset, 4)?.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
    }

    pub(super) fn le64(self, offset: u64) -> Option<u64> {
        self.at(offset, 8)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
    }

    /// Returns the text in `length` bytes at `offset`, up to its first NUL; `None` where
    /// it is empty.
    pub(super) fn text(self, offset: u64, length: usize) -> Option<String> {
        let bytes = self.at(offset, length)?;
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(length);
        printable(&String::from_utf8_lossy(bytes.get(..end)?))
    }

    /// Returns the UTF-16 text in `length` bytes at `offset`, up to its first NUL.
    pub(super) fn text16(self, offset: u64, length: usize) -> Option<String> {
        let bytes = self.at(offset, length)?;
        let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk());
        let units: Vec<u16> =
            units.map(|pair| u16::from_le_bytes(*pair)).take_while(|unit| *unit != 0).collect();
        printable(&String::from_utf16_lossy(&units))
    }

    /// Returns the UUID in 16 bytes at `offset`, in the order of its bytes; `None` where
    /// it is all zero.
    pub(super) fn uuid(self, offset: u64) -> Option<String> {
        let bytes = self.at(offset, 16)?.first_chunk()?;
        dashed(u128::from_be_bytes(*bytes))
    }

    /// Returns the GUID at `offset`: UEFI's first three fields are little endian.
    pub(super) fn guid(self, offset: u64) -> Option<String> {
        let (first, second, third, rest) =
            self.at(offset, 16)?.split_first_chunk().and_then(|(first, rest)| {
                let (second, rest) = rest.split_first_chunk()?;
                let (third, rest) = rest.split_first_chunk()?;
                Some((first, second, third, rest.first_chunk()?))
            })?;
        let head = u128::from(u32::from_le_bytes(*first)) << 96
            | u128::from(u16::from_le_bytes(*second)) << 80
            | u128::from(u16::from_le_bytes(*third)) << 64;
        dashed(head | u128::from(u64::from_be_bytes(*rest)))
    }
}

/// Returns a UUID as text; `None` of zero.
fn dashed(id: u128) -> Option<String> {
    let text = format!("{id:032x}");
    let parts = [text.get(..8)?, text.get(8..12)?, text.get(12..16)?, text.get(16..20)?];
    (id != 0).then_some(format!("{}-{}", parts.join("-"), text.get(20..)?))
}

/// Returns `text` without blanks around it and without what would upset a terminal.
fn printable(text: &str) -> Option<String> {
    let text: String =
        text.trim().chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    (!text.is_empty()).then_some(text)
}
