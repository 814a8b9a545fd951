//! Reads a span and judges every block of it.

use std::thread;

use super::{Buffer, Meter, Plan, Volume, Watch, shares};
use crate::integrity::block::{BLOCK_BYTES, Block};
use crate::integrity::judge::Expectation;
use crate::integrity::report::Findings;

/// Bytes of a read.
pub(super) const READ_BYTES: u32 = 256 << 10;
const READ_BLOCKS: u64 = READ_BYTES as u64 / BLOCK_BYTES as u64;

type Expect<'a> = &'a (dyn Fn(u64) -> Expectation + Sync);

/// Reads the span of `plan` and judges each block against what `expect` says of its address.
pub(super) fn read(
    volume: &dyn Volume,
    plan: &Plan,
    expect: Expect<'_>,
    watch: Watch<'_>,
) -> Findings {
    let meter = Meter::new(watch, true, plan.blocks());
    let part = |first, count| read_part(volume, plan, expect, &meter, first, count);
    thread::scope(|scope| {
        let part = &part;
        let parts = shares(plan.blocks(), plan.threads);
        let threads: Vec<_> =
            parts.map(|(first, count)| scope.spawn(move || part(first, count))).collect();
        let mut all = Findings::default();
        for thread in threads {
            all.merge(thread.join().expect("judging does not panic"));
        }
        all
    })
}

fn read_part(
    volume: &dyn Volume,
    plan: &Plan,
    expect: Expect<'_>,
    meter: &Meter<'_>,
    first: u64,
    count: u64,
) -> Findings {
    let mut found = Findings::default();
    let mut buffer = Buffer::new(BLOCK_BYTES * usize::try_from(READ_BLOCKS).unwrap_or(1));
    let (mut next, end) = (plan.first() + first, plan.first() + first + count);
    while next < end && !meter.watch.stopped() {
        let blocks = READ_BLOCKS.min(end - next);
        let faults = found.faults();
        read_piece(volume, plan, expect, &mut buffer, (next, blocks), &mut found);
        next += blocks;
        meter.add(blocks, found.faults() - faults);
    }
    found
}

fn read_piece(
    volume: &dyn Volume,
    plan: &Plan,
    expect: Expect<'_>,
    buffer: &mut Buffer,
    (first, count): (u64, u64),
    found: &mut Findings,
) {
    let judge = plan.judge();
    let judged = |found: &mut Findings, address: u64, block: &Block| {
        let expected = expect(address);
        found.add(address, block, expected, judge.judge(block, address, expected));
    };
    let (blocks, _none) = buffer.bytes().as_chunks_mut::<BLOCK_BYTES>();
    let blocks = blocks.get_mut(..usize::try_from(count).unwrap_or(0)).unwrap_or_default();
    if volume.read_at(blocks.as_flattened_mut(), first * BLOCK_BYTES as u64).is_ok() {
        (first..).zip(blocks).for_each(|(address, block)| judged(found, address, block));
        return;
    }
    // One bad block does not hide its neighbours.
    for (address, block) in (first..).zip(blocks) {
        match volume.read_at(block, address * BLOCK_BYTES as u64) {
            Ok(()) => judged(found, address, block),
            Err(_) => found.add_unreadable(address),
        }
    }
}
