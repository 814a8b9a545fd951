//! From a job to a load on one target: which bytes, how fast, until when.
//!
//! Sizes follow fio's `setup_files` (version 3.33), except that a part of a device
//! that does not exist is an error here and never cut short in silence.

use super::draft::shortened;
use super::{Amount, EngineWish, Job, JobError, Pattern, PerOp, RateProcess};
use crate::workload::{BlockShare, Order, Spec, WorkloadError};

/// One file or device, as one thread of a job sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its size.
    pub bytes: u64,
    /// Which of the job's threads, from 0.
    pub thread: u32,
    /// Which of that thread's files, from 0.
    pub file: u32,
}

/// Operations that are due whatever the target does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Operations a second, in thousandths.
    pub milli_iops: u64,
    /// Times between them.
    pub process: RateProcess,
}

/// When one thread of a job ends; the first that is reached counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Until {
    /// Bytes moved; `None` for no end by bytes.
    pub bytes: Option<u64>,
    /// Operations.
    pub ios: Option<u64>,
    /// Measured time.
    pub time_ns: Option<u64>,
}

/// Seed of jobs that give none: fio's are the same in each run as well.
const SEED: u64 = 0x5eed_0f10;

impl Job {
    /// Returns the paths of one thread's files, from 0.
    pub fn files(&self, thread: u32) -> Vec<String> {
        let turn = usize::try_from(thread).unwrap_or(0).checked_rem(self.directories.len());
        let directory = turn.and_then(|turn| self.directories.get(turn));
        let path = |name: String| match directory {
            Some(directory) => format!("{directory}/{name}"),
            None => name,
        };
        if !self.filenames.is_empty() {
            return self.filenames.iter().cloned().map(path).collect();
        }
        let name = |file: u32| {
            let name = self.filename_format.replace("$jobnum", &thread.to_string());
            let name = name.replace("$filenum", &file.to_string());
            name.replace("$jobname", &self.name)
        };
        (0..self.nrfiles).map(name).map(path).collect()
    }

    /// Returns how many files each thread has.
    pub fn file_count(&self) -> u32 {
        match u32::try_from(self.filenames.len()) {
            Ok(0) | Err(_) => self.nrfiles,
            Ok(names) => names,
        }
    }

    /// Returns the size of a file that the run has to make, `None` where the job gives none.
    pub fn file_bytes(&self, thread: u32, file: u32) -> Option<u64> {
        if self.filesize_bytes.is_some() {
            return self.filesize_bytes;
        }
        let Some(Amount::Bytes(size)) = self.size else { return None };
        let (Amount::Bytes(offset), Amount::Bytes(step)) = (self.offset, self.offset_increment)
        else {
            return None;
        };
        let offset = step.checked_mul(thread.into())?.checked_add(offset)?;
        self.share_of(size, file).checked_add(offset)
    }

    /// Returns one file's part of `size`: the first ones are a block larger where it does not
    /// divide.
    fn share_of(&self, size: u64, file: u32) -> u64 {
        let files = u64::from(self.file_count()).max(1);
        let block = u64::from(self.least_block()).max(1);
        let each = size.checked_div(files).unwrap_or(0);
        let rest = size.saturating_sub(each.saturating_mul(files));
        let larger = rest.checked_div(block).unwrap_or(0);
        if u64::from(file) < larger { each.saturating_add(block) } else { each }
    }

    /// Returns the block sizes of the operations that are done.
    fn used_blocks(&self) -> impl Iterator<Item = &BlockShare> {
        let of = |used: bool, list: &'_ Vec<BlockShare>| if used { list.len() } else { 0 };
        let reads = of(self.pattern.reads(), &self.blocks.read);
        let writes = of(self.pattern.writes(), &self.blocks.write);
        let trims = of(self.pattern.trims(), &self.blocks.trim);
        let blocks = &self.blocks;
        let writes = blocks.write.iter().take(writes).chain(blocks.trim.iter().take(trims));
        blocks.read.iter().take(reads).chain(writes)
    }

    /// Returns the smallest block that is used.
    pub fn least_block(&self) -> u32 {
        self.used_blocks().map(|share| share.bytes).min().unwrap_or(4096)
    }

    /// Returns the largest block that is used.
    pub fn largest_block(&self) -> u32 {
        self.used_blocks().map(|share| share.bytes).max().unwrap_or(4096)
    }

    /// Returns the load on `target`, resolved; `entropy` is the seed where runs are to differ.
    pub fn spec(&self, target: &Target, entropy: u64) -> Result<Spec, JobError> {
        let start = self.start(target)?;
        let span = self.span(target, start)?;
        if span < u64::from(self.largest_block()) {
            let why = format!("{span} bytes are less than one block");
            return Err(self.unfit("size", why));
        }
        let (write_blocks, align) = if self.pattern.trims() {
            (&self.blocks.trim, self.align_bytes.trim)
        } else {
            (&self.blocks.write, self.align_bytes.write)
        };
        let align = if self.pattern.reads() { self.align_bytes.read } else { align };
        let order = if self.pattern.is_random() {
            let distribution = self.distribution.clone();
            Order::Random { distribution, repeat: self.norandommap }
        } else {
            Order::Sequential
        };
        let spec = Spec {
            start_bytes: start,
            span_bytes: span,
            read_percent: self.read_percent(),
            trim: self.pattern.trims(),
            read_blocks: self.blocks.read.clone(),
            write_blocks: write_blocks.clone(),
            align_bytes: if self.pattern.is_random() { align } else { 0 },
            order,
            seed: self.seed(target.thread, target.file, entropy),
        };
        spec.resolve().map_err(|error| self.unfit(option_of(&error), error.to_string()))
    }

    /// Returns the share of reads among all operations.
    pub fn read_percent(&self) -> u8 {
        match (self.pattern.reads(), self.pattern.writes()) {
            (true, true) => self.rwmixread,
            (true, false) => 100,
            (false, _) => 0,
        }
    }

    /// Returns whether all threads of the job have one load: `Generator::new(spec, thread,
    /// numjobs)` then shares its blocks among them. Where they have not, each thread's load is
    /// whole, `Generator::new(spec, 0, 1)`.
    pub fn is_shared(&self) -> bool {
        let own_files = self.filenames.is_empty() && self.filename_format.contains("$jobnum");
        let own_part = self.offset_increment != Amount::Bytes(0);
        !own_files && !own_part && self.directories.len() <= 1
    }

    /// Each file has its own, and each thread that has a load to itself. Threads that share
    /// one must have the same: their parts of a permutation, and the blocks that are
    /// frequent, are drawn from it.
    fn seed(&self, thread: u32, file: u32, entropy: u64) -> u64 {
        let own = if self.randrepeat { SEED } else { entropy };
        let base = self.randseed.unwrap_or(own);
        let thread = if self.is_shared() { 0 } else { thread };
        let part = u64::from(thread) << 32 | u64::from(file);
        base ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn start(&self, target: &Target) -> Result<u64, JobError> {
        let too_large = || self.unfit("offset", "it is too large".to_owned());
        let step = of(self.offset_increment, target.bytes);
        let step = step.checked_mul(target.thread.into()).ok_or_else(too_large)?;
        let start = of(self.offset, target.bytes).checked_add(step).ok_or_else(too_large)?;
        let shares = [self.offset, self.offset_increment]
            .iter()
            .any(|part| matches!(part, Amount::Percent(_)));
        let start = if shares {
            let align = self.offset_align_bytes.unwrap_or(self.least_block().into());
            start.checked_next_multiple_of(align.max(1)).ok_or_else(too_large)?
        } else {
            start
        };
        if start >= target.bytes && !(start == 0 && target.bytes == 0) {
            let why = format!("it is at {start}, behind the target's end, {}", target.bytes);
            return Err(self.unfit("offset", why));
        }
        Ok(start)
    }

    fn span(&self, target: &Target, start: u64) -> Result<u64, JobError> {
        let behind = target.bytes.saturating_sub(start);
        let span = match (self.filesize_bytes, self.size) {
            (Some(bytes), None) => bytes.saturating_sub(start),
            (Some(bytes), Some(Amount::Bytes(size))) => {
                bytes.saturating_sub(start).min(self.share_of(size, target.file))
            }
            (_, None | Some(Amount::Percent(100))) => behind,
            (_, Some(Amount::Percent(percent))) => {
                let bytes = of(Amount::Percent(percent), target.bytes).min(behind);
                let rest = bytes.checked_rem(self.least_block().into()).unwrap_or(0);
                bytes.saturating_sub(rest)
            }
            (None, Some(Amount::Bytes(size))) => self.share_of(size, target.file),
        };
        if span > behind {
            let why = format!("{span} bytes from {start} on do not fit, {behind} are there");
            return Err(self.unfit("size", why));
        }
        Ok(span)
    }

    fn unfit(&self, option: &'static str, why: String) -> JobError {
        let place = self.places.get(option).cloned();
        let option = self.places.spelled(option);
        JobError::Target { place, job: shortened(&self.name), option, why }
    }

    /// Returns when one thread with files of `span_bytes` in all ends.
    pub fn until(&self, span_bytes: u64) -> Until {
        let once = match self.io_size {
            Some(Amount::Bytes(bytes)) => bytes,
            Some(percent @ Amount::Percent(_)) => of(percent, span_bytes),
            None => span_bytes,
        };
        let bytes = once.saturating_mul(self.loops.into());
        let bytes = (!self.time_based).then_some(bytes);
        Until { bytes, ios: self.number_ios, time_ns: self.runtime_ns }
    }

    /// Returns the rate that one thread offers, reads and writes together; `None` for a closed
    /// loop. An error is the option and why the rate has no meaning.
    pub fn offered(&self) -> Result<Option<Offered>, (&'static str, String)> {
        let process = self.rate_process;
        let some = |rate: &PerOp<Option<u64>>| {
            rate.read.is_some() || rate.write.is_some() || rate.trim.is_some()
        };
        let (option, rates) = if some(&self.rate_iops) {
            let milli = |rate: Option<u64>| rate.map(|rate| rate.saturating_mul(1000));
            let rates = &self.rate_iops;
            let (read, write, trim) = (milli(rates.read), milli(rates.write), milli(rates.trim));
            ("rate_iops", PerOp { read, write, trim })
        } else if some(&self.rate_bytes) {
            let (rates, blocks) = (&self.rate_bytes, &self.blocks);
            let read = operations(rates.read, &blocks.read);
            let write = operations(rates.write, &blocks.write);
            let trim = operations(rates.trim, &blocks.trim);
            ("rate", PerOp { read, write, trim })
        } else {
            return Ok(None);
        };
        let milli_iops = match (self.pattern, self.read_percent()) {
            (Pattern::Trim | Pattern::RandTrim, _) => rates.trim,
            (_, 100) => rates.read,
            (_, 0) => rates.write,
            (_, percent) => {
                Some(mixed(rates.read, rates.write, percent).map_err(|why| (option, why))?)
            }
        };
        match milli_iops {
            None => Err((option, "the operations of this job have none".to_owned())),
            Some(0..1000) => Err((option, "it is less than one operation a second".to_owned())),
            Some(milli_iops) => Ok(Some(Offered { milli_iops, process })),
        }
    }
}

/// Returns the rate of both, where they are in the ratio of the mix.
fn mixed(read: Option<u64>, write: Option<u64>, percent: u8) -> Result<u64, String> {
    let (Some(read), Some(write)) = (read, write) else {
        return Err("a mix has a rate for reads and one for writes".to_owned());
    };
    let sum = read.saturating_add(write);
    let wanted = u128::from(sum) * u128::from(percent);
    let given = u128::from(read) * 100;
    // Within a thousandth, so that rates that were rounded are not refused.
    if wanted.abs_diff(given) * 1000 > u128::from(sum) * 100 {
        return Err(format!(
            "the rates of reads and writes are not in the ratio of `rwmixread`, \
            {percent}%"
        ));
    }
    Ok(sum)
}

/// Returns the operations a second, in thousandths, that move `rate` bytes in `blocks`.
fn operations(rate: Option<u64>, blocks: &[BlockShare]) -> Option<u64> {
    let hundredfold: u128 =
        blocks.iter().map(|share| u128::from(share.bytes) * u128::from(share.percent)).sum();
    let milli = (u128::from(rate?) * 100_000).checked_div(hundredfold)?;
    u64::try_from(milli).ok()
}

/// Returns the option that a load's fault comes from.
fn option_of(error: &WorkloadError) -> &'static str {
    match error {
        WorkloadError::ReadPercent(_) => "rwmixread",
        WorkloadError::NoBlocks(_)
        | WorkloadError::BlockSize { .. }
        | WorkloadError::BlockOverSpan { .. } => "bs",
        WorkloadError::BlockShares { .. } => "bssplit",
        WorkloadError::Align(_) => "blockalign",
        WorkloadError::Start(_) => "offset",
        WorkloadError::SpanEnd { .. } => "size",
        WorkloadError::Thread { .. } | WorkloadError::MoreThreadsThanBlocks { .. } => "numjobs",
        WorkloadError::Theta(_)
        | WorkloadError::Skew(_)
        | WorkloadError::ZoneCount(_)
        | WorkloadError::ZoneAccess(_)
        | WorkloadError::ZoneSizes(_)
        | WorkloadError::ZonesOverSpan { .. }
        | WorkloadError::ZoneTooSmall { .. }
        | WorkloadError::HotPercent(_)
        | WorkloadError::HotTooSmall { .. }
        | WorkloadError::ColdTooSmall { .. } => "random_distribution",
    }
}

/// Returns the bytes that `amount` is of `whole`.
fn of(amount: Amount, whole: u64) -> u64 {
    match amount {
        Amount::Bytes(bytes) => bytes,
        Amount::Percent(percent) => {
            let part = u128::from(whole) * u128::from(percent) / 100;
            u64::try_from(part).unwrap_or(u64::MAX)
        }
    }
}

/// Returns the job that does what `spec` says: the way to a job file for a load that was not
/// read from one.
pub fn from_spec(name: &str, spec: &Spec, engine: EngineWish, filename: &str) -> Job {
    let writes = spec.read_percent < 100;
    let reads = spec.read_percent > 0;
    let random = matches!(spec.order, Order::Random { .. });
    let pattern = match (reads, writes, spec.trim, random) {
        (false, _, true, false) => Pattern::Trim,
        (false, _, true, true) => Pattern::RandTrim,
        (true, true, _, false) => Pattern::Rw,
        (true, true, _, true) => Pattern::RandRw,
        (true, false, _, false) => Pattern::Read,
        (true, false, _, true) => Pattern::RandRead,
        (false, _, false, false) => Pattern::Write,
        (false, _, false, true) => Pattern::RandWrite,
    };
    let write = spec.write_blocks.clone();
    let blocks = PerOp { read: spec.read_blocks.clone(), write: write.clone(), trim: write };
    let mut job = Job {
        name: name.to_owned(),
        filenames: vec![filename.to_owned()],
        pattern,
        blocks,
        align_bytes: PerOp::all(spec.align_bytes),
        rwmixread: if reads && writes { spec.read_percent } else { 50 },
        randseed: Some(spec.seed),
        engine,
        size: Some(Amount::Bytes(spec.span_bytes)),
        offset: Amount::Bytes(spec.start_bytes),
        ..Job::default()
    };
    if let Order::Random { distribution, repeat } = &spec.order {
        job.distribution = distribution.clone();
        job.norandommap = *repeat || *distribution != crate::workload::Distribution::Uniform;
    }
    job
}
