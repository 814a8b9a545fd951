//! What a block that was read proves (storage reference, §6): one of seven faults, or none.
//!
//! A block is compared with what the run promised for it: at least the generation that was
//! acknowledged and flushed, at most the last one submitted. What was acknowledged and not
//! flushed may be old or new: counted, never a fault. Where a block's checksum is wrong,
//! each part is compared with the bytes it should have if its stamp is true, which the
//! fill's seed tells: a block made of true parts is torn, any other is damaged.

use super::block::{BLOCK_BYTES, Block, Origin, PART_BYTES, PARTS, Stamp, checksum, header};

/// What a run promised for one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The last generation that was acknowledged before a flush that succeeded; 0 for none.
    pub flushed: u64,
    /// The last generation that was acknowledged.
    pub acknowledged: u64,
    /// The last generation that may have reached the device.
    pub submitted: u64,
}

impl Expectation {
    /// Returns what is promised where `generation` was written and flushed.
    pub fn settled(generation: u64) -> Self {
        Self { flushed: generation, acknowledged: generation, submitted: generation }
    }
}

/// A rule of storage that a block breaks.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A generation below the last that was acknowledged and flushed.
    LostAcknowledgedWrite,
    /// A generation above the last that was submitted.
    Future,
    /// Parts of different writes.
    Torn,
    /// A wrong checksum.
    Corrupted,
    /// A block of another address or another volume.
    Misdirected,
    /// A block of an older run where this run wrote and flushed.
    Stale,
    /// A block of this run where this run submitted none.
    Phantom,
}

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

impl Fault {
    /// All classes, in the order in which reports list them.
    pub const ALL: [Self; 7] = [
        Self::LostAcknowledgedWrite,
        Self::Future,
        Self::Torn,
        Self::Corrupted,
        Self::Misdirected,
        Self::Stale,
        Self::Phantom,
    ];

    /// Returns what it is called.
    pub fn name(self) -> Words {
        match self {
            Self::LostAcknowledgedWrite => {
                Words { zh: "已确认写丢失", en: "lost acknowledged write" }
            }
            Self::Future => Words { zh: "超前写", en: "future" },
            Self::Torn => Words { zh: "撕裂写", en: "torn" },
            Self::Corrupted => Words { zh: "数据损坏", en: "corrupted" },
            Self::Misdirected => Words { zh: "错位写", en: "misdirected" },
            Self::Stale => Words { zh: "陈旧数据", en: "stale" },
            Self::Phantom => Words { zh: "幻影写", en: "phantom" },
        }
    }

    /// Returns what the class means: the rule that is broken.
    pub fn meaning(self) -> Words {
        match self {
            Self::LostAcknowledgedWrite => Words {
                zh: "读到的代次早于已确认且已刷盘的最后一次写",
                en: "the generation is older than the last write that was acknowledged and flushed",
            },
            Self::Future => Words {
                zh: "读到的代次晚于已提交的最后一次写",
                en: "the generation is newer than the last write that was submitted",
            },
            Self::Torn => Words {
                zh: "同一数据块由不同次写的扇区拼成",
                en: "the sectors of one block are of different writes",
            },
            Self::Corrupted => Words {
                zh: "数据块校验和（CRC-64）不符",
                en: "the checksum (CRC-64) is wrong",
            },
            Self::Misdirected => Words {
                zh: "数据块属于其他地址或其他卷",
                en: "the block belongs to another address or another volume",
            },
            Self::Stale => Words {
                zh: "本次已写入并刷盘之处读到以前运行的数据",
                en: "a block of an older run is where this run wrote and flushed",
            },
            Self::Phantom => Words {
                zh: "本次从未提交写之处出现本次的数据块",
                en: "a block of this run is where this run submitted no write",
            },
        }
    }
}

/// What a block that was read proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is the last acknowledged write, or one submitted after it.
    Current,
    /// It is older than the last acknowledged write, which was not flushed.
    Older,
    /// It is what was there before the run, and nothing of the run was flushed here.
    Before,
    /// It is made of writes of which none has been flushed, each in whole units that the
    /// device promises to write at once.
    TornUnflushed,
    /// It breaks a rule.
    Fault(Fault),
}

/// What blocks are judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judge {
    /// Whose blocks they are.
    pub origin: Origin,
    /// What the device promises to write whole or not at all when power fails. With a
    /// block's 4,096 or more every torn block is a fault; with less (512 for a device of
    /// 512-byte logical blocks) one that was never flushed is counted instead.
    pub atomic_bytes: u32,
}

impl Judge {
    /// Returns what `block`, read at `address`, proves against `expected`.
    #[inline]
    pub fn judge(&self, block: &Block, address: u64, expected: Expectation) -> Verdict {
        let head = header(block);
        if !head.known || head.crc != checksum(block) {
            return self.judge_parts(block, address, expected);
        }
        let ours = head.origin.run == self.origin.run && head.origin.seed == self.origin.seed;
        if !ours && expected.flushed == 0 {
            return Verdict::Before;
        }
        if head.origin.volume != self.origin.volume || head.address != address {
            return Verdict::Fault(Fault::Misdirected);
        }
        if !ours {
            return Verdict::Fault(Fault::Stale);
        }
        if self.origin.stamps(block) != [Stamp { address, generation: head.generation }; PARTS] {
            // Only a program that writes wrong blocks comes here: the checksum is right.
            return Verdict::Fault(Fault::Torn);
        }
        match head.generation {
            _ if expected.submitted == 0 => Verdict::Fault(Fault::Phantom),
            found if found > expected.submitted => Verdict::Fault(Fault::Future),
            found if found < expected.flushed => Verdict::Fault(Fault::LostAcknowledgedWrite),
            found if found < expected.acknowledged => Verdict::Older,
            _ => Verdict::Current,
        }
    }

    /// Judges a block whose checksum is wrong or which is none.
    #[cold]
    fn judge_parts(&self, block: &Block, address: u64, expected: Expectation) -> Verdict {
        let parts = self.parts(block, address, expected);
        let foreign = parts.iter().any(|part| matches!(part, Part::Elsewhere));
        let damaged = parts.iter().any(|part| matches!(part, Part::Damaged));
        let unknown = parts.iter().filter(|part| matches!(part, Part::Unknown)).count();
        if foreign {
            return Verdict::Fault(Fault::Misdirected);
        }
        if expected.flushed > 0 {
            return Verdict::Fault(match unknown {
                PARTS if uniform(block) => Fault::LostAcknowledgedWrite,
                0 if !damaged => return self.torn(&parts, expected),
                _ => Fault::Corrupted,
            });
        }
        if damaged {
            return Verdict::Fault(Fault::Corrupted);
        }
        match unknown {
            PARTS => Verdict::Before,
            _ if expected.submitted == 0 => Verdict::Fault(Fault::Phantom),
            _ => self.torn(&parts, expected),
        }
    }

    /// Judges a block of true parts, and parts of what was there before where that may be.
    fn torn(&self, parts: &[Part; PARTS], expected: Expectation) -> Verdict {
        let permitted = parts.iter().all(|part| match part {
            Part::Write(found) => (expected.flushed..=expected.submitted).contains(found),
            _ => true,
        });
        let unit = usize::try_from(self.atomic_bytes).unwrap_or(BLOCK_BYTES) / PART_BYTES;
        let whole = unit < PARTS
            && parts.chunks(unit.max(1)).all(|unit| unit.windows(2).all(|two| two[0] == two[1]));
        if permitted && whole { Verdict::TornUnflushed } else { Verdict::Fault(Fault::Torn) }
    }

    /// Returns what each part of `block` is.
    fn parts(&self, block: &Block, address: u64, expected: Expectation) -> [Part; PARTS] {
        let claims = self.origin.stamps(block);
        let mut made = Made { origin: self.origin, stamp: None, block: [0; BLOCK_BYTES] };
        let (read, _none) = block.as_chunks::<PART_BYTES>();
        let mut parts = [Part::Unknown; PARTS];
        for ((at, part), (read, claim)) in parts.iter_mut().enumerate().zip(read.iter().zip(claims))
        {
            if *read == *made.part(claim, at) {
                let here = claim.address == address;
                *part = if here { Part::Write(claim.generation) } else { Part::Elsewhere };
            } else if claim.address == address
                && (1..=expected.submitted).contains(&claim.generation)
            {
                *part = Part::Damaged;
            }
        }
        self.find_damaged_stamps(block, address, expected, &mut parts);
        parts
    }

    /// Marks the parts that are known by their bytes, though their stamp is damaged.
    fn find_damaged_stamps(
        &self,
        block: &Block,
        address: u64,
        expected: Expectation,
        parts: &mut [Part; PARTS],
    ) {
        // Nothing to tell apart: what is unknown here is damaged anyhow.
        if expected.flushed > 0 || expected.submitted == 0 {
            return;
        }
        let mut candidates = vec![expected.submitted, expected.acknowledged.max(1)];
        candidates.extend(parts.iter().filter_map(|part| match part {
            Part::Write(generation) => Some(*generation),
            _ => None,
        }));
        tiny_sort::stable::sort(&mut candidates);
        candidates.dedup();
        let mut made = Made { origin: self.origin, stamp: None, block: [0; BLOCK_BYTES] };
        let (read, _none) = block.as_chunks::<PART_BYTES>();
        for generation in candidates {
            for ((at, part), read) in parts.iter_mut().enumerate().zip(read) {
                let true_part = made.part(Stamp { address, generation }, at);
                let same = read.iter().zip(true_part).filter(|(a, b)| a == b).count();
                if matches!(part, Part::Unknown) && same > PART_BYTES / 2 {
                    *part = Part::Damaged;
                }
            }
        }
    }
}

/// What a part of a block with a wrong checksum is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Byte for byte that of this run's write of a generation to this address.
    Write(u64),
    /// Byte for byte that of this run's write to another address.
    Elsewhere,
    /// That of a write to this address, but for some bytes.
    Damaged,
    /// Nothing of this run.
    Unknown,
}

/// The block that was made last: neighbours mostly ask for the same.
struct Made {
    origin: Origin,
    stamp: Option<Stamp>,
    block: Block,
}

impl Made {
    fn part(&mut self, stamp: Stamp, at: usize) -> &[u8; PART_BYTES] {
        if self.stamp != Some(stamp) {
            self.origin.encode(stamp.address, stamp.generation, &mut self.block);
            self.stamp = Some(stamp);
        }
        let (parts, _none) = self.block.as_chunks::<PART_BYTES>();
        &parts[at]
    }
}

/// Returns whether all bytes are the same: what unwritten or discarded space reads as.
fn uniform(block: &Block) -> bool {
    block.iter().all(|byte| *byte == block[0])
}

#[cfg(test)]
mod tests;
