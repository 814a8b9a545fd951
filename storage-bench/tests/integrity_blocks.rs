//! Many blocks, written and judged in memory: no false fault, and no fault overlooked.
//!
//! `ASSAY_INTEGRITY_BLOCKS` says how many (a million unless told, a tenth of it without
//! optimisation; 10^8 under `--full`). Prints the figures that `docs/benchmarks.md` quotes.

use std::thread;
use std::time::{Duration, Instant};

use storage_bench::integrity::block::{self, BLOCK_BYTES, Block, Origin, PART_BYTES, checksum};
use storage_bench::integrity::judge::{Expectation, Fault, Judge, Verdict};

const ORIGIN: Origin = Origin { volume: 0x5a5a, run: 0x1111, seed: 0x2222 };
const OLDER: Origin = Origin { run: 0x3333, seed: 0x4444, ..ORIGIN };
const JUDGE: Judge = Judge { origin: ORIGIN, atomic_bytes: 512 };
/// Without optimisation a block takes 60 µs.
const UNLESS_TOLD: u64 = if cfg!(debug_assertions) { 100_000 } else { 1_000_000 };
/// One block in so many is damaged on purpose, or torn, or was never written.
const RARE: u64 = 1024;

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    honest: u64,
    accused: u64,
    injected: u64,
    overlooked: u64,
}

/// Chance that can be repeated (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let mixed = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d);
        u64::try_from((u128::from(mixed) * u128::from(limit)) >> 64).expect("below the limit")
    }

    fn index(&mut self, limit: usize) -> usize {
        usize::try_from(self.below(limit as u64)).expect("below the limit")
    }
}

/// Damages `block` as `class` does, so that it breaks the promise of generation 5 to 7.
fn inject(class: Fault, chance: &mut Chance, address: u64, block: &mut Block) {
    match class {
        Fault::LostAcknowledgedWrite => ORIGIN.encode(address, 1 + chance.below(4), block),
        Fault::Future => ORIGIN.encode(address, 8 + chance.below(9), block),
        Fault::Torn => {
            let mut old = [0; BLOCK_BYTES];
            ORIGIN.encode(address, 4, &mut old);
            ORIGIN.encode(address, 6, block);
            let cut = PART_BYTES * (1 + chance.index(7));
            block[cut..].copy_from_slice(&old[cut..]);
        }
        Fault::Corrupted => {
            ORIGIN.encode(address, 6, block);
            let bit = chance.index(BLOCK_BYTES * 8);
            block[bit / 8] ^= 1 << (bit % 8);
        }
        Fault::Misdirected => ORIGIN.encode(address + 1 + chance.below(1000), 6, block),
        Fault::Stale => OLDER.encode(address, 6, block),
        Fault::Phantom => ORIGIN.encode(address, 1, block),
    }
}

fn judge_many(blocks: u64, seed: u64) -> Count {
    let (mut count, mut chance) = (Count::default(), Chance(seed));
    let mut block = [0; BLOCK_BYTES];
    let expected = Expectation { flushed: 5, acknowledged: 6, submitted: 7 };
    for _ in 0..blocks {
        let address = chance.below(1 << 33);
        if chance.below(RARE) == 0 {
            let class = Fault::ALL[chance.index(7)];
            inject(class, &mut chance, address, &mut block);
            let promised = if class == Fault::Phantom { Expectation::default() } else { expected };
            count.injected += 1;
            let found = JUDGE.judge(&block, address, promised);
            count.overlooked += u64::from(found != Verdict::Fault(class));
            continue;
        }
        let generation = 5 + chance.below(3);
        let mut promised = expected;
        ORIGIN.encode(address, generation, &mut block);
        match chance.below(RARE) {
            0 => {
                let mut newer = [0; BLOCK_BYTES];
                ORIGIN.encode(address, 7, &mut newer);
                let cut = PART_BYTES * chance.index(9);
                block[cut..].copy_from_slice(&newer[cut..]);
            }
            1 => {
                OLDER.encode(address, generation, &mut block);
                promised.flushed = 0;
            }
            _ => {}
        }
        count.honest += 1;
        let verdict = JUDGE.judge(&block, address, promised);
        count.accused += u64::from(matches!(verdict, Verdict::Fault(_)));
    }
    count
}

#[test]
fn no_honest_block_is_accused_and_no_fault_overlooked() {
    let blocks = std::env::var("ASSAY_INTEGRITY_BLOCKS")
        .map_or(UNLESS_TOLD, |text| text.parse().expect("ASSAY_INTEGRITY_BLOCKS is a number"));
    let threads = thread::available_parallelism().map_or(1, |count| count.get() as u64);
    let counts: Vec<Count> = thread::scope(|scope| {
        let share = |at| blocks / threads + u64::from(at < blocks % threads);
        let workers: Vec<_> = (0..threads)
            .map(|at| scope.spawn(move || judge_many(share(at), 0x9e37_79b9 + at)))
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let sum = |of: fn(&Count) -> u64| counts.iter().map(of).sum::<u64>();
    println!("figure: integrity.blocks = {}", sum(|count| count.honest + count.injected));
    println!("figure: integrity.false = {}", sum(|count| count.accused));
    println!("figure: integrity.injected = {}", sum(|count| count.injected));
    println!("figure: integrity.overlooked = {}", sum(|count| count.overlooked));
    assert_eq!(sum(|count| count.honest + count.injected), blocks);
    assert_eq!(sum(|count| count.accused), 0, "{counts:?}");
    assert_eq!(sum(|count| count.overlooked), 0, "{counts:?}");
    assert!(blocks < 100 * RARE || sum(|count| count.injected) > 0);
}

#[test]
fn what_a_block_costs_is_measured() {
    let mut blocks = vec![[0; BLOCK_BYTES]; 256];
    let encode = each(&mut blocks, |at, block| ORIGIN.encode(at, 3, block));
    let judge = each(&mut blocks, |at, block| {
        let verdict = JUDGE.judge(block, at, Expectation::settled(3));
        assert_eq!(verdict, Verdict::Current);
    });
    let crc = each(&mut blocks, |_, block| {
        assert_eq!(checksum(block), block::header(block).crc);
    });
    for (name, cost) in [("encode", encode), ("judge", judge), ("crc", crc)] {
        println!("figure: integrity.{name}_ns_per_4KiB = {}", cost.as_nanos());
        assert!(cost > Duration::ZERO);
    }
}

/// Returns what `work` takes for one block: the median of 15 rounds over all.
fn each(blocks: &mut [Block], mut work: impl FnMut(u64, &mut Block)) -> Duration {
    let mut rounds: Vec<Duration> = (0..15)
        .map(|_| {
            #[expect(clippy::disallowed_methods, reason = "a test that measures time")]
            let start = Instant::now();
            for _ in 0..8 {
                blocks.iter_mut().enumerate().for_each(|(at, block)| work(at as u64, block));
            }
            start.elapsed() / u32::try_from(8 * blocks.len()).expect("256 blocks")
        })
        .collect();
    rounds.sort_unstable();
    rounds[rounds.len() / 2]
}
