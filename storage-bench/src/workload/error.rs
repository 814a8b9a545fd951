//! Why a load cannot be made as it was asked for.
#![expect(missing_docs, reason = "a variant's message says what its fields hold")]

use super::Op;

/// A load that contradicts itself or its target.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum WorkloadError {
    /// A thread that is not among the threads.
    #[error("thread {thread} is not one of {threads}, counted from 0")]
    Thread { thread: u32, threads: u32 },
    /// The mix is no percentage.
    #[error("`read_percent` is {0}, more than 100")]
    ReadPercent(u8),
    /// Nothing is said of the sizes of an operation that occurs.
    #[error("there is no block size for {0}s")]
    NoBlocks(Op),
    /// Shares of the block sizes of one operation.
    #[error("shares of the block sizes of {op}s add up to {sum} percent, not 100")]
    BlockShares { op: Op, sum: u32 },
    /// A block that no device transfers.
    #[error("{op} block size {bytes} is not a multiple of 512 above 0")]
    BlockSize { op: Op, bytes: u32 },
    /// A block that does not fit.
    #[error("{op} block size {bytes} is larger than the {span_bytes} bytes of the span")]
    BlockOverSpan { op: Op, bytes: u32, span_bytes: u64 },
    /// Offsets that no device takes.
    #[error("`align_bytes` is {0}, not a multiple of 512")]
    Align(u32),
    /// A span that begins inside a sector.
    #[error("`start_bytes` is {0}, not a multiple of 512")]
    Start(u64),
    /// A span past the largest offset there is.
    #[error("a span of {span_bytes} bytes from {start_bytes} ends beyond 2^63")]
    SpanEnd { start_bytes: u64, span_bytes: u64 },
    /// An exponent that Zipf's law is not drawn with.
    #[error("zipf `theta` is {0}; it has to be above 0 and not 1")]
    Theta(f64),
    /// A skew that Pareto's law is not drawn with.
    #[error("pareto `skew` is {0}; it has to be between 0 and 1")]
    Skew(f64),
    /// No zone at all, or more than a byte counts.
    #[error("there are {0} zones, not 1 to 256")]
    ZoneCount(usize),
    /// Shares of the accesses.
    #[error("accesses to the zones add up to {0} percent, not 100")]
    ZoneAccess(u32),
    /// Shares of the span.
    #[error("sizes of the zones add up to {0} percent, not 100")]
    ZoneSizes(u32),
    /// Zones that reach past the end of the span.
    #[error("the zones are larger than the {span_bytes} bytes of the span together")]
    ZonesOverSpan { span_bytes: u64 },
    /// A zone that is accessed and holds no block.
    #[error("zone {zone}, counted from 1, has {bytes} bytes, less than a block of {block_bytes}")]
    ZoneTooSmall { zone: usize, bytes: u64, block_bytes: u32 },
    /// A hot set that gets all or nothing.
    #[error("`hot_percent` is {0}, not 1 to 99")]
    HotPercent(u8),
    /// A hot set without a block.
    #[error("the hot set has {hot_bytes} bytes, less than a block of {block_bytes}")]
    HotTooSmall { hot_bytes: u64, block_bytes: u32 },
    /// Nothing is left for the cold set.
    #[error("a hot set of {hot_bytes} bytes leaves the cold set no block of {block_bytes}")]
    ColdTooSmall { hot_bytes: u64, block_bytes: u32 },
    /// Threads share what is visited without repetition.
    #[error("{threads} threads cannot share {blocks} blocks without repetition")]
    MoreThreadsThanBlocks { threads: u32, blocks: u64 },
}

impl WorkloadError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::BlockSize { .. } | Self::Align(_) | Self::Start(_) => {
                Some("devices transfer whole sectors of 512 bytes or more".to_owned())
            }
            Self::Theta(_) => Some("fio takes 1 neither; 0.99 or 1.01 are as skewed".to_owned()),
            Self::HotPercent(_) => {
                Some("for all or nothing, use an even distribution over one set".to_owned())
            }
            Self::MoreThreadsThanBlocks { .. } => {
                Some("use fewer threads, or let blocks repeat (`--norandommap`)".to_owned())
            }
            Self::ZoneTooSmall { .. } | Self::HotTooSmall { .. } | Self::ColdTooSmall { .. } => {
                Some("a block lies in one zone as a whole; use smaller blocks".to_owned())
            }
            Self::Thread { .. }
            | Self::ReadPercent(_)
            | Self::NoBlocks(_)
            | Self::BlockShares { .. }
            | Self::BlockOverSpan { .. }
            | Self::SpanEnd { .. }
            | Self::Skew(_)
            | Self::ZoneCount(_)
            | Self::ZoneAccess(_)
            | Self::ZoneSizes(_)
            | Self::ZonesOverSpan { .. } => None,
        }
    }
}
