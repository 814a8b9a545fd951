//! Makes the operations of a load, one after the other.
//!
//! What it costs is paid for every operation: it neither allocates nor divides (but for the
//! permutation's one), and draws no number that the load does not need.
//!
//! Threads of one load, as fio's `numjobs`: in sequence, each visits the whole span from
//! its start (fio moves them apart by `offset_increment`: give each a span of its own).
//! Drawn with repetition, each draws for itself; where blocks are ranked, all agree which
//! are the frequent ones. Visited once, the threads share the blocks: thread i of k takes
//! the ranks i, i + k, …, so that together they visit each block once a pass.

use super::area::{Area, Block, Slots};
use super::resolve::{zone_abs_ends, zone_ends};
use super::skewed::{Pareto, Zipf};
use super::{Distribution, Io, Op, Order, Region, Source, Spec, WorkloadError};
use crate::random::{Permutation, Random, derive, scale};

/// What a thread's draws, the passes and the scattering of ranks derive their seeds for.
const DRAWS: u64 = 1;
const PASSES: u64 = 2;
const SCATTER: u64 = 3;

/// Percents, as a table is indexed by them.
const PERCENTS: usize = 100;

/// The operations of one thread of a load; endless unless limited.
#[derive(Clone, Debug)]
pub struct Generator {
    random: Random,
    /// Operation and block, where only the place is left to chance.
    only: Option<(Op, Block)>,
    read_percent: u64,
    /// Reads and what else occurs; where only one does, twice that.
    sides: [Side; 2],
    place: Place,
    /// Bytes still to ask for.
    left: u64,
}

/// An operation and its block sizes.
#[derive(Clone, Debug)]
struct Side {
    op: Op,
    /// The block of each percent.
    blocks: Box<[Block; PERCENTS]>,
}

/// Where operations go.
#[derive(Clone, Debug)]
enum Place {
    Sequential { area: Area, read: Cursor, write: Cursor },
    Uniform { area: Area },
    Once { slots: Slots, walk: Walk },
    Zipf { slots: Slots, law: Zipf, scatter: Permutation },
    Pareto { slots: Slots, law: Pareto, scatter: Permutation },
    Zones { table: Box<[Area; PERCENTS]> },
    HotCold { hot_percent: u64, hot: Area, cold: Slots, walk: Walk },
}

/// A place in a sequence.
#[derive(Clone, Copy, Debug, Default)]
struct Cursor {
    at: u64,
    passes: u64,
}

/// A thread's way through all slots, each visited once by one of the threads.
#[derive(Clone, Debug)]
struct Walk {
    seed: u64,
    order: Permutation,
    /// Passes behind it.
    passes: u64,
    rank: u64,
    thread: u64,
    threads: u64,
}

impl Generator {
    /// Returns the operations that thread `thread` of `threads` is to do.
    ///
    /// # Errors
    /// Where the load contradicts itself, or has fewer blocks than threads share.
    pub fn new(spec: &Spec, thread: u32, threads: u32) -> Result<Self, WorkloadError> {
        if thread >= threads {
            return Err(WorkloadError::Thread { thread, threads });
        }
        let spec = spec.resolve()?;
        let place = Place::new(&spec, thread, threads)?;
        let sides: Vec<Side> = spec.ops().map(|op| Side::new(&spec, op)).collect();
        let (Some(first), Some(last)) = (sides.first(), sides.last()) else {
            unreachable!("there are reads, or writes, or both");
        };
        let one = if sides.len() == 1 { first.only_block() } else { None };
        let only = one.map(|block| (first.op, block));
        Ok(Self {
            random: Random::stream(derive(spec.seed, DRAWS), u64::from(thread)),
            only,
            read_percent: u64::from(spec.read_percent),
            sides: [first.clone(), last.clone()],
            place,
            left: u64::MAX,
        })
    }

    /// Returns the same operations, ending before the one that would ask for more than
    /// `bytes` in all.
    #[must_use]
    pub fn with_limit(mut self, bytes: u64) -> Self {
        self.left = bytes;
        self
    }

    /// Returns how often it has been through the span, or the cold set: in sequence, the
    /// operation that is ahead counts; 0 for what is drawn with repetition.
    pub fn passes(&self) -> u64 {
        match &self.place {
            Place::Sequential { read, write, .. } => read.passes.max(write.passes),
            Place::Once { walk, .. } | Place::HotCold { walk, .. } => walk.passes,
            Place::Uniform { .. }
            | Place::Zipf { .. }
            | Place::Pareto { .. }
            | Place::Zones { .. } => 0,
        }
    }

    /// Chooses operation and block size, both from one random number.
    ///
    /// By index, not by branch: a mix of 7:3 mispredicts three times in ten, 4 ns an
    /// operation.
    #[inline]
    fn choose(&mut self) -> (Op, Block) {
        if let Some(only) = self.only {
            return only;
        }
        // Halves of 32 bits: no percent is more likely than another by more than 2^-25.
        let bits = self.random.bits();
        let write = usize::from(scale(bits, 100) >= self.read_percent);
        let side = self.sides.get(write).expect("a boolean is an index of two");
        let percent = usize::try_from(scale(bits << 32, 100)).unwrap_or(0);
        (side.op, *side.blocks.get(percent).expect("percents are below 100"))
    }
}

impl Source for Generator {
    #[inline]
    fn next_io(&mut self) -> Option<Io> {
        let (op, block) = self.choose();
        let length = u64::from(block.length);
        if length > self.left {
            self.left = 0;
            return None;
        }
        self.left -= length;
        let (region, offset) = self.place.next(op, block, &mut self.random);
        Some(Io { op, region, offset, length: block.length })
    }
}

impl Side {
    fn new(spec: &Spec, op: Op) -> Self {
        let shares = spec.blocks(op).iter().filter(|share| share.percent > 0);
        let each: Vec<Block> = shares
            .flat_map(|share| {
                let block = Block::new(share.bytes, spec.align_bytes);
                std::iter::repeat_n(block, usize::from(share.percent))
            })
            .collect();
        let blocks = Box::<[Block; PERCENTS]>::try_from(each.into_boxed_slice())
            .expect("the shares were checked: 100 percent");
        Self { op, blocks }
    }

    /// Returns the block, where there is one size only.
    fn only_block(&self) -> Option<Block> {
        let [first, rest @ ..] = &*self.blocks;
        rest.iter().all(|block| block == first).then_some(*first)
    }
}

impl Place {
    fn new(spec: &Spec, thread: u32, threads: u32) -> Result<Self, WorkloadError> {
        let align = spec.align_bytes;
        let largest = Block::new(spec.largest(), align);
        let area = Area::new(spec.start_bytes, spec.span_bytes, align);
        let walk = |slots| Walk::new(slots, derive(spec.seed, PASSES), thread, threads);
        let Order::Random { distribution, repeat } = &spec.order else {
            let cursor = Cursor::default();
            return Ok(Self::Sequential { area, read: cursor, write: cursor });
        };
        let slots = area.slots(largest);
        let scatter = || Permutation::new(slots.count, derive(spec.seed, SCATTER));
        Ok(match distribution {
            Distribution::Uniform if *repeat => Self::Uniform { area },
            Distribution::Uniform => Self::Once { slots, walk: walk(slots)? },
            Distribution::Zipf { theta } => {
                Self::Zipf { slots, law: Zipf::new(slots.count, *theta), scatter: scatter() }
            }
            Distribution::Pareto { skew } => {
                Self::Pareto { slots, law: Pareto::new(slots.count, *skew), scatter: scatter() }
            }
            Distribution::Zoned { zones } => {
                zoned(spec, &zone_ends(zones, spec.span_bytes), largest)?
            }
            Distribution::ZonedAbs { zones } => zoned(spec, &zone_abs_ends(zones), largest)?,
            Distribution::HotCold { hot_bytes, hot_percent } => {
                let (hot_bytes, block_bytes) = (*hot_bytes, largest.length);
                if hot_bytes < u64::from(block_bytes) {
                    return Err(WorkloadError::HotTooSmall { hot_bytes, block_bytes });
                }
                let none = WorkloadError::ColdTooSmall { hot_bytes, block_bytes };
                // The cold set starts aligned, past the hot one.
                let from = hot_bytes.checked_next_multiple_of(u64::from(align)).ok_or(none)?;
                let left = spec.span_bytes.checked_sub(from).ok_or(none)?;
                if left < u64::from(block_bytes) {
                    return Err(none);
                }
                let cold = Area::new(spec.start_bytes + from, left, align).slots(largest);
                Self::HotCold {
                    hot_percent: u64::from(*hot_percent),
                    hot: Area::new(spec.start_bytes, hot_bytes, align),
                    cold,
                    walk: walk(cold)?,
                }
            }
        })
    }

    #[inline]
    fn next(&mut self, op: Op, block: Block, random: &mut Random) -> (Region, u64) {
        let offset = match self {
            Self::Uniform { area } => area.place(random.below(area.places(block))),
            Self::Sequential { area, read, write } => {
                let cursor = if op == Op::Read { read } else { write };
                cursor.next(area, block)
            }
            Self::Once { slots, walk } => slots.slot(walk.next()),
            Self::Zipf { slots, law, scatter } => slots.slot(scatter.at(law.draw(random))),
            Self::Pareto { slots, law, scatter } => slots.slot(scatter.at(law.draw(random))),
            Self::Zones { table } => {
                let percent = usize::try_from(random.below(PERCENTS as u64)).unwrap_or(0);
                let area = table.get(percent).expect("percents are below 100");
                area.place(random.below(area.places(block)))
            }
            Self::HotCold { hot_percent, hot, cold, walk } => {
                if random.below(100) >= *hot_percent {
                    return (Region::Cold, cold.slot(walk.next()));
                }
                hot.place(random.below(hot.places(block)))
            }
        };
        (Region::Hot, offset)
    }
}

/// Makes the zones that are accessed; each must hold the largest block.
fn zoned(spec: &Spec, ends: &[(u8, u64)], largest: Block) -> Result<Place, WorkloadError> {
    let align = u64::from(spec.align_bytes);
    let mut table = Vec::with_capacity(PERCENTS);
    let mut from = 0;
    for (at, (access, end)) in ends.iter().copied().enumerate() {
        // Zones meet at aligned offsets; the last ends where the span does.
        let start = from;
        from = if end == spec.span_bytes { end } else { end - end % align };
        if access == 0 {
            continue;
        }
        let (bytes, block_bytes) = (from - start, largest.length);
        if bytes < u64::from(block_bytes) {
            return Err(WorkloadError::ZoneTooSmall { zone: at + 1, bytes, block_bytes });
        }
        let area = Area::new(spec.start_bytes + start, bytes, spec.align_bytes);
        table.extend(std::iter::repeat_n(area, usize::from(access)));
    }
    let table = Box::<[Area; PERCENTS]>::try_from(table.into_boxed_slice())
        .expect("the accesses were checked: 100 percent");
    Ok(Place::Zones { table })
}

impl Cursor {
    /// Returns the next offset; from the start again where the block does not fit any more.
    #[inline]
    fn next(&mut self, area: &Area, block: Block) -> u64 {
        if self.at >= area.places(block) {
            self.at = 0;
            self.passes += 1;
        }
        let place = area.place(self.at);
        self.at += block.units();
        place
    }
}

impl Walk {
    fn new(slots: Slots, seed: u64, thread: u32, threads: u32) -> Result<Self, WorkloadError> {
        let blocks = slots.count;
        if u64::from(threads) > blocks {
            return Err(WorkloadError::MoreThreadsThanBlocks { threads, blocks });
        }
        let (thread, threads) = (u64::from(thread), u64::from(threads));
        let order = Permutation::new(blocks, derive(seed, 0));
        Ok(Self { seed, order, passes: 0, rank: thread, thread, threads })
    }

    /// Returns the next slot; in a new order where this thread's part is at its end.
    #[inline]
    fn next(&mut self) -> u64 {
        if self.rank >= self.order.len() {
            self.begin_pass();
        }
        let slot = self.order.at(self.rank);
        self.rank += self.threads;
        slot
    }

    #[cold]
    fn begin_pass(&mut self) {
        self.passes += 1;
        self.order = Permutation::new(self.order.len(), derive(self.seed, self.passes));
        self.rank = self.thread;
    }
}

#[cfg(test)]
mod tests;
