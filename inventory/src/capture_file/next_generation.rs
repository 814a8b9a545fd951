//! pcapng: sections of blocks, each with its length before and after.

use super::{CaptureError, Frame, Order};

/// Section header block.
const SECTION: u32 = 0x0a0d_0d0a;
/// Interface description block.
const INTERFACE: u32 = 1;
/// Packet block, obsolete since 2007.
const OLD_PACKET: u32 = 2;
/// Simple packet block.
const SIMPLE_PACKET: u32 = 3;
/// Enhanced packet block.
const PACKET: u32 = 6;

/// The most interfaces of a section that are remembered; a capture on every
/// port of a large switch stays far below.
const MAX_INTERFACES: usize = 4096;

#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    at: usize,
    number: u64,
    order: Order,
    interfaces: Vec<Interface<'a>>,
}

#[derive(Clone, Copy, Debug)]
struct Interface<'a> {
    link_type: u16,
    name: Option<&'a str>,
    /// `if_tsresol`: power of ten, or of two where the top bit is set.
    resolution: u8,
    /// Bytes of a frame that are captured at most; 0 = all.
    limit: u32,
}

/// A block without its frame of type and lengths.
struct Block<'a> {
    kind: u32,
    body: &'a [u8],
    length: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, CaptureError> {
        let reader =
            Self { rest: bytes, at: 0, number: 0, order: Order::Little, interfaces: Vec::new() };
        if bytes.first_chunk::<4>() == Some(&SECTION.to_be_bytes()) {
            Ok(reader)
        } else {
            Err(CaptureError { at: 0, what: "is neither pcap nor pcapng".to_owned() })
        }
    }

    /// Takes the next block off; a section header sets the byte order.
    fn block(&mut self) -> Result<Block<'a>, String> {
        let header = "half the header of a block";
        let order = if self.rest.first_chunk::<4>() == Some(&SECTION.to_be_bytes()) {
            match self.rest.get(8..).and_then(<[u8]>::first_chunk).ok_or(header)? {
                [0x4d, 0x3c, 0x2b, 0x1a] => Order::Little,
                [0x1a, 0x2b, 0x3c, 0x4d] => Order::Big,
                _ => return Err("a section header without byte order".to_owned()),
            }
        } else {
            self.order
        };
        self.order = order;
        let kind = order.u32(self.rest, 0).ok_or(header)?;
        let claimed = order.u32(self.rest, 4).ok_or(header)?;
        let length = usize::try_from(claimed).unwrap_or(usize::MAX);
        let left = self.rest.len();
        let whole = self
            .rest
            .get(..length)
            .ok_or_else(|| format!("a block claims {claimed} bytes, and {left} are left"))?;
        let end = length.checked_sub(4).filter(|end| *end >= 8 && length.is_multiple_of(4));
        let body = end.and_then(|end| whole.get(8..end));
        let body = body.ok_or_else(|| format!("a block cannot have {claimed} bytes"))?;
        Ok(Block { kind, body, length })
    }

    fn interface(&mut self, body: &'a [u8]) {
        if self.interfaces.len() >= MAX_INTERFACES {
            return;
        }
        let link_type = self.order.u16(body, 0).unwrap_or(u16::MAX);
        let limit = self.order.u32(body, 4).unwrap_or(0);
        let mut interface = Interface { link_type, name: None, resolution: 6, limit };
        let mut options = body.get(8..).unwrap_or_default();
        while let (Some(code), Some(length)) =
            (self.order.u16(options, 0), self.order.u16(options, 2))
        {
            let length = usize::from(length);
            let Some(value) = options.get(4..length.saturating_add(4)) else { break };
            match code {
                0 => break,
                2 => {
                    interface.name =
                        std::str::from_utf8(value).ok().map(|name| name.trim_end_matches('\0'));
                }
                9 => interface.resolution = value.first().copied().unwrap_or(6),
                _ => {}
            }
            let padded = length.next_multiple_of(4).saturating_add(4);
            options = options.get(padded..).unwrap_or_default();
        }
        self.interfaces.push(interface);
    }

    /// Reads an enhanced packet block, or the old one, whose interface number
    /// has 16 bits.
    fn packet(&self, kind: u32, body: &'a [u8]) -> Option<Frame<'a>> {
        let order = self.order;
        let index = match kind {
            PACKET => usize::try_from(order.u32(body, 0)?).ok()?,
            _ => usize::from(order.u16(body, 0)?),
        };
        let ticks = (u64::from(order.u32(body, 4)?) << 32) | u64::from(order.u32(body, 8)?);
        let (captured, length) = (order.u32(body, 12)?, order.u32(body, 16)?);
        let end = usize::try_from(captured).ok()?.checked_add(20)?;
        let interface = self.interfaces.get(index)?;
        Some(Frame {
            number: self.number,
            at_ns: nanoseconds(ticks, interface.resolution),
            interface: interface.name,
            link_type: interface.link_type,
            data: body.get(20..end)?,
            is_cut: captured < length,
        })
    }

    /// Reads a simple packet block: no time, the first interface.
    fn simple_packet(&self, body: &'a [u8]) -> Option<Frame<'a>> {
        let interface = self.interfaces.first()?;
        let length = self.order.u32(body, 0)?;
        let captured = if interface.limit == 0 { length } else { length.min(interface.limit) };
        let end = usize::try_from(captured).ok()?.checked_add(4)?;
        Some(Frame {
            number: self.number,
            at_ns: None,
            interface: interface.name,
            link_type: interface.link_type,
            data: body.get(4..end)?,
            is_cut: captured < length,
        })
    }

    /// Reads on to the next frame; `None` at the end.
    fn step(&mut self) -> Result<Option<Frame<'a>>, String> {
        while !self.rest.is_empty() {
            let block = self.block()?;
            let frame = match block.kind {
                SECTION => {
                    self.interfaces.clear();
                    None
                }
                INTERFACE => {
                    self.interface(block.body);
                    None
                }
                kind @ (PACKET | OLD_PACKET | SIMPLE_PACKET) => {
                    self.number = self.number.saturating_add(1);
                    let frame = match kind {
                        SIMPLE_PACKET => self.simple_packet(block.body),
                        _ => self.packet(kind, block.body),
                    };
                    Some(frame.ok_or_else(|| {
                        format!("frame {} names no interface, or runs past its block", self.number)
                    })?)
                }
                _ => None,
            };
            self.rest = self.rest.get(block.length..).unwrap_or_default();
            self.at = self.at.saturating_add(block.length);
            if frame.is_some() {
                return Ok(frame);
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<Frame<'a>, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.step() {
            Ok(frame) => frame.map(Ok),
            Err(what) => {
                self.rest = &[];
                Some(Err(CaptureError { at: self.at, what }))
            }
        }
    }
}

/// Converts ticks of `if_tsresol` to nanoseconds.
fn nanoseconds(ticks: u64, resolution: u8) -> Option<u128> {
    let exponent = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    u128::from(ticks).checked_mul(1_000_000_000)?.checked_div(base.checked_pow(exponent)?)
}
