//! Captured frames: pcap and pcapng files.
//!
//! pcap in microseconds and nanoseconds and both byte orders; pcapng after
//! draft-ietf-opsawg-pcapng with several sections and interfaces. Frames are
//! slices of the file: nothing is allocated on the word of a length field.

mod classic;
mod next_generation;

use crate::model::LldpNeighbour;

/// `LINKTYPE_ETHERNET`.
pub const ETHERNET: u16 = 1;
/// `LINKTYPE_LINUX_SLL`, what a capture on “any” gives.
pub const LINUX_COOKED: u16 = 113;
/// `LINKTYPE_LINUX_SLL2`, what newer programs write for “any”.
pub const LINUX_COOKED_2: u16 = 276;

/// One captured frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its number in the file, from 1.
    pub number: u64,
    /// When it was captured, in nanoseconds since 1970, where the file says.
    pub at_ns: Option<u128>,
    /// The interface it was captured on, where the file names it.
    pub interface: Option<&'a str>,
    /// What `data` starts with: [`ETHERNET`] or another link type.
    pub link_type: u16,
    /// The bytes that were captured.
    pub data: &'a [u8],
    /// Whether the frame was longer than what was captured of it.
    pub is_cut: bool,
}

/// Why a capture could not be read on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("byte {at:#x}: {what}")]
pub struct CaptureError {
    /// Offset in the file.
    pub at: usize,
    /// What is wrong there.
    pub what: String,
}

/// The frames of a capture in the order of the file. After an error there is
/// nothing more.
#[derive(Clone, Debug)]
pub struct Frames<'a>(Format<'a>);

#[derive(Clone, Debug)]
enum Format<'a> {
    Classic(classic::Reader<'a>),
    NextGeneration(next_generation::Reader<'a>),
}

/// Returns the frames of the capture `bytes`.
pub fn frames(bytes: &[u8]) -> Result<Frames<'_>, CaptureError> {
    let format = match classic::Reader::open(bytes)? {
        Some(reader) => Format::Classic(reader),
        None => Format::NextGeneration(next_generation::Reader::open(bytes)?),
    };
    Ok(Frames(format))
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<Frame<'a>, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.0 {
            Format::Classic(reader) => reader.next(),
            Format::NextGeneration(reader) => reader.next(),
        }
    }
}

impl Frame<'_> {
    /// Decodes the frame's LLDP; `None` where it carries none.
    pub fn lldp(&self) -> Option<LldpNeighbour> {
        let mut neighbour = match self.link_type {
            ETHERNET => crate::lldp::decode_frame(self.data)?,
            LINUX_COOKED => self.cooked(14, 6, 16)?,
            LINUX_COOKED_2 => self.cooked(0, 12, 20)?,
            _ => return None,
        };
        neighbour.interface = self.interface.map(str::to_owned);
        if self.is_cut {
            crate::lldp::damage(&mut neighbour, "the capture has only the start of it".to_owned());
        }
        Some(neighbour)
    }

    /// Decodes a frame whose Ethernet header the kernel replaced.
    fn cooked(&self, ether_type: usize, address: usize, length: usize) -> Option<LldpNeighbour> {
        let (header, lldpdu) = self.data.split_at_checked(length)?;
        let kind = u16::from_be_bytes(*header.get(ether_type..)?.first_chunk()?);
        if kind != crate::lldp::ETHER_TYPE {
            return None;
        }
        let mut neighbour = crate::lldp::decode(lldpdu);
        neighbour.source_mac =
            header.get(address..).and_then(<[u8]>::first_chunk).copied().map(crate::lldp::mac);
        Some(neighbour)
    }
}

/// Reads the numbers of a file in its byte order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let pair = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u16::from_le_bytes(pair),
            Self::Big => u16::from_be_bytes(pair),
        })
    }

    fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let word = *bytes.get(at..)?.first_chunk()?;
        Some(match self {
            Self::Little => u32::from_le_bytes(word),
            Self::Big => u32::from_be_bytes(word),
        })
    }
}

/// Returns the time of `at_ns` in RFC 3339, UTC, to the second.
pub fn rfc3339(at_ns: u128) -> Option<String> {
    let seconds = i64::try_from(at_ns.checked_div(1_000_000_000)?).ok()?;
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    // Days to a date of the proleptic Gregorian calendar, in eras of 400 years
    // that begin on 1 March.
    let days = days.checked_add(719_468)?;
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era.checked_mul(400)?.checked_add(year + next)?;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    (year <= 9999)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests;
