//! pcap: a header of 24 bytes, then records of 16 bytes and a frame.

use super::{CaptureError, Frame, Order};

/// The header of the file.
const HEADER: usize = 24;
/// The header of a record.
const RECORD: usize = 16;

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    number: u64,
    order: Order,
    /// Nanoseconds in the unit of the records' fractions.
    unit_ns: u32,
    link_type: u16,
}

impl<'a> Reader<'a> {
    /// Opens a capture; `None` where `bytes` are not pcap.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Option<Self>, CaptureError> {
        let Some(magic) = bytes.first_chunk::<4>() else { return Ok(None) };
        let (order, unit_ns) = match *magic {
            [0xd4, 0xc3, 0xb2, 0xa1] => (Order::Little, 1_000),
            [0xa1, 0xb2, 0xc3, 0xd4] => (Order::Big, 1_000),
            [0x4d, 0x3c, 0xb2, 0xa1] => (Order::Little, 1),
            [0xa1, 0xb2, 0x3c, 0x4d] => (Order::Big, 1),
            _ => return Ok(None),
        };
        let short = || CaptureError {
            at: bytes.len(),
            what: format!("the header of a capture has {HEADER} bytes"),
        };
        let rest = bytes.get(HEADER..).ok_or_else(short)?;
        // The upper bits say whether frames end with a checksum, which the end
        // mark of an LLDPDU makes harmless.
        let link = order.u32(bytes, 20).ok_or_else(short)?;
        let link_type = u16::try_from(link & 0xffff).unwrap_or(u16::MAX);
        Ok(Some(Self { rest, at: HEADER, number: 0, order, unit_ns, link_type }))
    }

    fn record(&self) -> Result<(Frame<'a>, usize), String> {
        let field = |at| self.order.u32(self.rest, at).ok_or("half the header of a frame");
        let (seconds, fraction) = (field(0)?, field(4)?);
        let (captured, length) = (field(8)?, field(12)?);
        let left = self.rest.len().saturating_sub(RECORD);
        let end = usize::try_from(captured)
            .ok()
            .and_then(|captured| captured.checked_add(RECORD))
            .ok_or("a frame longer than memory")?;
        let data = self.rest.get(RECORD..end).ok_or_else(|| {
            format!("frame {} claims {captured} bytes, and {left} are left", self.number + 1)
        })?;
        let at_ns =
            u128::from(seconds) * 1_000_000_000 + u128::from(fraction) * u128::from(self.unit_ns);
        let frame = Frame {
            number: self.number + 1,
            at_ns: Some(at_ns),
            interface: None,
            link_type: self.link_type,
            data,
            is_cut: captured < length,
        };
        Ok((frame, end))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Frame<'a>, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let record = self.record();
        let (frame, end) = match record {
            Ok(record) => record,
            Err(what) => {
                self.rest = &[];
                return Some(Err(CaptureError { at: self.at, what }));
            }
        };
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.at = self.at.saturating_add(end);
        self.number = frame.number;
        Some(Ok(frame))
    }
}
