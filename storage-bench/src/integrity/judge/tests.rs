//! Every class of fault, injected in every way it can happen, and nothing where there is none.

use proptest::prelude::*;

use super::*;
use crate::integrity::block::PARTS;

const ORIGIN: Origin = Origin { volume: 0xfeed, run: 7, seed: 8 };
const OLDER: Origin = Origin { run: 6, seed: 5, ..ORIGIN };
const STRICT: Judge = Judge { origin: ORIGIN, atomic_bytes: 4096 };
const SECTORS: Judge = Judge { origin: ORIGIN, atomic_bytes: 512 };

fn written(origin: Origin, address: u64, generation: u64) -> Block {
    let mut block = [0; BLOCK_BYTES];
    origin.encode(address, generation, &mut block);
    block
}

/// The first `cut` parts of `first`, the rest of `second`.
fn tear(first: &Block, second: &Block, cut: usize) -> Block {
    let mut block = *second;
    block[..cut * PART_BYTES].copy_from_slice(&first[..cut * PART_BYTES]);
    block
}

const fn expect(flushed: u64, acknowledged: u64, submitted: u64) -> Expectation {
    Expectation { flushed, acknowledged, submitted }
}

#[test]
fn a_whole_block_is_judged_by_its_generation_run_and_address() {
    use Fault::{Future, LostAcknowledgedWrite, Misdirected, Phantom, Stale};
    let fault = Verdict::Fault;
    let ours = |generation| written(ORIGIN, 9, generation);
    let other_volume = |run| written(Origin { volume: 1, run, ..ORIGIN }, 9, 3);
    let table = vec![
        ("the last flushed", ours(3), expect(3, 3, 3), Verdict::Current),
        ("the last acknowledged", ours(4), expect(3, 4, 5), Verdict::Current),
        ("submitted only", ours(5), expect(3, 4, 5), Verdict::Current),
        ("flushed, newer acknowledged", ours(3), expect(3, 4, 5), Verdict::Older),
        ("below the flushed", ours(2), expect(3, 3, 3), fault(LostAcknowledgedWrite)),
        (
            "below the flushed, one in flight",
            ours(2),
            expect(3, 3, 4),
            fault(LostAcknowledgedWrite),
        ),
        ("above the submitted", ours(6), expect(3, 4, 5), fault(Future)),
        ("none submitted", ours(1), expect(0, 0, 0), fault(Phantom)),
        ("older run, flushed", written(OLDER, 9, 9), expect(1, 1, 1), fault(Stale)),
        ("older run, acknowledged", written(OLDER, 9, 9), expect(0, 1, 1), Verdict::Before),
        ("older run, untouched", written(OLDER, 9, 1), expect(0, 0, 0), Verdict::Before),
        ("older run elsewhere, untouched", written(OLDER, 8, 1), expect(0, 0, 0), Verdict::Before),
        ("older run elsewhere, flushed", written(OLDER, 8, 1), expect(1, 1, 1), fault(Misdirected)),
        ("another address", written(ORIGIN, 8, 3), expect(3, 3, 3), fault(Misdirected)),
        ("another address, untouched", written(ORIGIN, 8, 3), expect(0, 0, 0), fault(Misdirected)),
        ("another volume", other_volume(ORIGIN.run), expect(3, 3, 3), fault(Misdirected)),
        (
            "another volume, untouched",
            other_volume(ORIGIN.run),
            expect(0, 0, 0),
            fault(Misdirected),
        ),
        ("another volume's older run", other_volume(1), expect(3, 3, 3), fault(Misdirected)),
        ("zeroes, untouched", [0; 4096], expect(0, 0, 0), Verdict::Before),
        ("zeroes, not flushed", [0; 4096], expect(0, 1, 1), Verdict::Before),
        ("zeroes, flushed", [0; 4096], expect(1, 1, 1), fault(LostAcknowledgedWrite)),
        ("ones, flushed", [0xff; 4096], expect(1, 1, 1), fault(LostAcknowledgedWrite)),
    ];
    for (what, block, expected, verdict) in table {
        assert_eq!(STRICT.judge(&block, 9, expected), verdict, "{what}");
        assert_eq!(SECTORS.judge(&block, 9, expected), verdict, "{what}");
    }
}

#[test]
fn one_flipped_bit_in_any_field_is_corruption() {
    let fields = [0, 8, 16, 20, 24, 40, 48, 56, 64, 72, 300, 504, 512, 1016, 4000, 4088, 4095];
    let offsets = fields.into_iter().chain((0..BLOCK_BYTES).step_by(61));
    for byte in offsets {
        for bit in [0, 3, 7] {
            let mut block = written(ORIGIN, 9, 3);
            block[byte] ^= 1 << bit;
            for expected in [expect(3, 3, 3), expect(2, 3, 4), expect(0, 3, 3), expect(0, 0, 3)] {
                let verdict = STRICT.judge(&block, 9, expected);
                let corrupted = Verdict::Fault(Fault::Corrupted);
                assert_eq!(verdict, corrupted, "byte {byte} bit {bit} {expected:?}");
                assert_eq!(SECTORS.judge(&block, 9, expected), corrupted, "byte {byte} bit {bit}");
            }
        }
    }
}

#[test]
fn a_damaged_part_is_corruption_however_much_of_it_is_lost() {
    for part in 0..PARTS {
        for (from, to) in [(0, 504), (100, 400), (0, 512)] {
            let mut block = written(ORIGIN, 9, 3);
            block[part * PART_BYTES + from..part * PART_BYTES + to].fill(0x5a);
            let verdict = STRICT.judge(&block, 9, Expectation::settled(3));
            assert_eq!(verdict, Verdict::Fault(Fault::Corrupted), "part {part} {from}..{to}");
        }
    }
}

#[test]
fn a_tear_at_any_sector_is_torn() {
    let torn = Verdict::Fault(Fault::Torn);
    for cut in 1..PARTS {
        let (old, new) = (written(ORIGIN, 9, 3), written(ORIGIN, 9, 4));
        for block in [tear(&old, &new, cut), tear(&new, &old, cut)] {
            assert_eq!(STRICT.judge(&block, 9, Expectation::settled(4)), torn, "at part {cut}");
            assert_eq!(SECTORS.judge(&block, 9, Expectation::settled(4)), torn, "at part {cut}");
            // In flight: the device decides whether it promised otherwise.
            assert_eq!(STRICT.judge(&block, 9, expect(3, 3, 4)), torn, "at part {cut}");
            let counted = SECTORS.judge(&block, 9, expect(3, 3, 4));
            assert_eq!(counted, Verdict::TornUnflushed, "at part {cut}");
        }
    }
}

#[test]
fn the_first_write_of_a_block_may_tear_over_whatever_was_there() {
    let noise: Block = std::array::from_fn(|at| (at * at / 7).to_le_bytes()[0]);
    let older = [written(OLDER, 9, 1), written(OLDER, 4, 2)];
    for before in vec![[0; 4096], [0xff; 4096], noise].into_iter().chain(older) {
        for cut in 1..PARTS {
            let new = written(ORIGIN, 9, 1);
            for block in [tear(&new, &before, cut), tear(&before, &new, cut)] {
                let verdict = SECTORS.judge(&block, 9, expect(0, 0, 1));
                assert_eq!(verdict, Verdict::TornUnflushed, "at part {cut}");
                let verdict = STRICT.judge(&block, 9, expect(0, 1, 1));
                assert_eq!(verdict, Verdict::Fault(Fault::Torn), "at part {cut}");
                let verdict = SECTORS.judge(&block, 9, expect(0, 0, 0));
                assert_eq!(verdict, Verdict::Fault(Fault::Phantom), "at part {cut}");
            }
        }
    }
}

#[test]
fn a_tear_inside_of_what_is_written_at_once_is_a_fault() {
    let (old, new) = (written(ORIGIN, 9, 3), written(ORIGIN, 9, 4));
    for (atomic_bytes, counted) in [(512, 7), (1024, 3), (2048, 1), (4096, 0), (65_536, 0)] {
        let judge = Judge { origin: ORIGIN, atomic_bytes };
        let verdicts =
            (1..PARTS).map(|cut| judge.judge(&tear(&old, &new, cut), 9, expect(3, 3, 4)));
        let allowed = verdicts.filter(|verdict| *verdict == Verdict::TornUnflushed).count();
        assert_eq!(allowed, counted, "{atomic_bytes}");
    }
}

#[test]
fn part_of_another_address_is_misdirected() {
    for cut in 1..PARTS {
        let block = tear(&written(ORIGIN, 9, 3), &written(ORIGIN, 8, 3), cut);
        for expected in [expect(3, 3, 3), expect(0, 0, 3)] {
            let verdict = SECTORS.judge(&block, 9, expected);
            assert_eq!(verdict, Verdict::Fault(Fault::Misdirected), "at part {cut}");
        }
    }
}

#[test]
fn a_future_or_lost_part_is_torn_even_where_tearing_is_allowed() {
    let torn = Verdict::Fault(Fault::Torn);
    let mixed = |a, b| tear(&written(ORIGIN, 9, a), &written(ORIGIN, 9, b), 4);
    assert_eq!(SECTORS.judge(&mixed(3, 6), 9, expect(3, 4, 5)), torn);
    assert_eq!(SECTORS.judge(&mixed(2, 5), 9, expect(3, 4, 5)), torn);
    assert_eq!(SECTORS.judge(&mixed(3, 5), 9, expect(3, 4, 5)), Verdict::TornUnflushed);
}

#[test]
fn every_class_has_a_name_and_a_meaning_in_both_languages() {
    let mut names: Vec<_> = Fault::ALL.iter().map(|fault| fault.name()).collect();
    names.extend(Fault::ALL.iter().map(|fault| fault.meaning()));
    for words in &names {
        assert!(!words.zh.is_ascii() && words.en.is_ascii() && !words.en.is_empty(), "{words:?}");
    }
    names.sort_unstable_by_key(|words| words.zh);
    names.dedup();
    assert_eq!(names.len(), 14);
}

proptest! {
    #[test]
    fn what_a_promise_allows_is_never_a_fault(
        address in 0..crate::integrity::block::ADDRESSES,
        flushed in 0_u64..1000,
        acknowledged in 0_u64..4,
        in_flight in 0_u64..4,
        found in 0_u64..8,
        cut in 1..PARTS,
    ) {
        let acknowledged = flushed + acknowledged;
        let submitted = acknowledged + in_flight;
        let found = (flushed + found).min(submitted);
        let expected = Expectation { flushed, acknowledged, submitted };
        let content = |generation| match generation {
            0 => written(OLDER, address, 3),
            _ => written(ORIGIN, address, generation),
        };
        let block = content(found);
        prop_assert!(!matches!(STRICT.judge(&block, address, expected), Verdict::Fault(_)));
        let torn = tear(&block, &content(submitted), cut);
        prop_assert!(!matches!(SECTORS.judge(&torn, address, expected), Verdict::Fault(_)));
    }

    #[test]
    fn any_bytes_at_all_are_judged(
        bytes in prop::collection::vec(any::<u8>(), BLOCK_BYTES),
        generations in prop::array::uniform3(0_u64..4),
        over in 0..BLOCK_BYTES,
    ) {
        let [flushed, more, most] = generations;
        let expected = expect(flushed, flushed + more, flushed + more + most);
        let mut block = written(ORIGIN, 3, 2);
        block[over..].copy_from_slice(&bytes[over..]);
        let verdict = SECTORS.judge(&block, 3, expected);
        if expected.flushed > 0 && over < BLOCK_BYTES - 16 {
            prop_assert!(matches!(verdict, Verdict::Fault(_)), "{verdict:?}");
        }
    }
}
