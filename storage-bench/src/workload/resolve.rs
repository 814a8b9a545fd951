//! Whether a load can be made, and what it is with everything filled in.

use super::{BlockShare, Distribution, Op, Order, Spec, WorkloadError, Zone, ZoneAbs};

/// What a device transfers at least.
const SECTOR: u32 = 512;
/// The most zones there may be, as in fio.
const ZONES: usize = 256;

impl Spec {
    /// Returns the load with every parameter that was left open filled in.
    ///
    /// To resolve twice is to resolve once.
    ///
    /// # Errors
    /// Where the load contradicts itself.
    pub fn resolve(&self) -> Result<Self, WorkloadError> {
        if self.read_percent > 100 {
            return Err(WorkloadError::ReadPercent(self.read_percent));
        }
        if !self.start_bytes.is_multiple_of(u64::from(SECTOR)) {
            return Err(WorkloadError::Start(self.start_bytes));
        }
        let end = self.start_bytes.checked_add(self.span_bytes);
        if end.is_none_or(|end| end > 1 << 63) {
            let Self { start_bytes, span_bytes, .. } = *self;
            return Err(WorkloadError::SpanEnd { start_bytes, span_bytes });
        }
        if !self.align_bytes.is_multiple_of(SECTOR) {
            return Err(WorkloadError::Align(self.align_bytes));
        }
        for op in self.ops() {
            self.check_blocks(op)?;
        }
        let mut resolved = self.clone();
        if resolved.align_bytes == 0 {
            // There is one: the blocks of every operation that occurs were checked.
            resolved.align_bytes = self.lengths().min().unwrap_or(SECTOR);
        }
        if let Order::Random { distribution, repeat } = &mut resolved.order {
            self.check(distribution)?;
            match distribution {
                // The hot set always repeats, the cold set never.
                Distribution::Uniform | Distribution::HotCold { .. } => {}
                Distribution::Zipf { .. }
                | Distribution::Pareto { .. }
                | Distribution::Zoned { .. }
                | Distribution::ZonedAbs { .. } => *repeat = true,
            }
        }
        Ok(resolved)
    }

    /// Returns the operations that occur.
    pub(super) fn ops(&self) -> impl Iterator<Item = Op> + use<> {
        let write = if self.trim { Op::Trim } else { Op::Write };
        let reads = (self.read_percent > 0).then_some(Op::Read);
        reads.into_iter().chain((self.read_percent < 100).then_some(write))
    }

    /// Returns the block sizes of an operation.
    pub(super) fn blocks(&self, op: Op) -> &[BlockShare] {
        match op {
            Op::Read => &self.read_blocks,
            Op::Write | Op::Trim => &self.write_blocks,
        }
    }

    /// Returns the lengths that occur.
    fn lengths(&self) -> impl Iterator<Item = u32> + '_ {
        let blocks = self.ops().flat_map(|op| self.blocks(op));
        blocks.filter(|block| block.percent > 0).map(|block| block.bytes)
    }

    /// Returns the largest block that occurs; 0 before the blocks were checked.
    pub(super) fn largest(&self) -> u32 {
        self.lengths().max().unwrap_or(0)
    }

    fn check_blocks(&self, op: Op) -> Result<(), WorkloadError> {
        let blocks = self.blocks(op);
        if blocks.is_empty() {
            return Err(WorkloadError::NoBlocks(op));
        }
        for BlockShare { bytes, .. } in blocks.iter().copied() {
            if bytes == 0 || !bytes.is_multiple_of(SECTOR) {
                return Err(WorkloadError::BlockSize { op, bytes });
            }
            if u64::from(bytes) > self.span_bytes {
                let span_bytes = self.span_bytes;
                return Err(WorkloadError::BlockOverSpan { op, bytes, span_bytes });
            }
        }
        match sum(blocks.iter().map(|block| block.percent)) {
            100 => Ok(()),
            sum => Err(WorkloadError::BlockShares { op, sum }),
        }
    }

    fn check(&self, distribution: &Distribution) -> Result<(), WorkloadError> {
        match distribution {
            Distribution::Uniform => Ok(()),
            Distribution::Zipf { theta } => {
                #[expect(clippy::float_cmp, reason = "1 itself is refused, its neighbours are not")]
                let one = *theta == 1.0;
                let valid = theta.is_finite() && *theta > 0.0 && !one;
                if valid { Ok(()) } else { Err(WorkloadError::Theta(*theta)) }
            }
            Distribution::Pareto { skew } => {
                let valid = *skew > 0.0 && *skew < 1.0;
                if valid { Ok(()) } else { Err(WorkloadError::Skew(*skew)) }
            }
            Distribution::Zoned { zones } => {
                check_zones(zones.len(), zones.iter().map(|zone| zone.access_percent))?;
                match sum(zones.iter().map(|zone| zone.size_percent)) {
                    100 => Ok(()),
                    sum => Err(WorkloadError::ZoneSizes(sum)),
                }
            }
            Distribution::ZonedAbs { zones } => {
                check_zones(zones.len(), zones.iter().map(|zone| zone.access_percent))?;
                let sizes = zones.iter().map(|zone| u128::from(zone.size_bytes));
                if sizes.sum::<u128>() > u128::from(self.span_bytes) {
                    return Err(WorkloadError::ZonesOverSpan { span_bytes: self.span_bytes });
                }
                Ok(())
            }
            Distribution::HotCold { hot_percent, .. } => {
                if (1..=99).contains(hot_percent) {
                    Ok(())
                } else {
                    Err(WorkloadError::HotPercent(*hot_percent))
                }
            }
        }
    }
}

fn check_zones(count: usize, accesses: impl Iterator<Item = u8>) -> Result<(), WorkloadError> {
    if !(1..=ZONES).contains(&count) {
        return Err(WorkloadError::ZoneCount(count));
    }
    match sum(accesses) {
        100 => Ok(()),
        sum => Err(WorkloadError::ZoneAccess(sum)),
    }
}

fn sum(percents: impl Iterator<Item = u8>) -> u32 {
    percents.map(u32::from).sum()
}

/// Returns the end of each zone in bytes from the start of the span, with its share of the
/// accesses.
pub(super) fn zone_ends(zones: &[Zone], span_bytes: u64) -> Vec<(u8, u64)> {
    let mut percent = 0_u32;
    let end = |zone: &Zone| {
        percent += u32::from(zone.size_percent);
        let end = u128::from(span_bytes) * u128::from(percent) / 100;
        (zone.access_percent, u64::try_from(end).expect("the percents were checked: at most 100"))
    };
    zones.iter().map(end).collect()
}

/// The same of zones of so many bytes.
pub(super) fn zone_abs_ends(zones: &[ZoneAbs]) -> Vec<(u8, u64)> {
    let mut bytes = 0_u64;
    let end = |zone: &ZoneAbs| {
        bytes += zone.size_bytes;
        (zone.access_percent, bytes)
    };
    zones.iter().map(end).collect()
}
