//! The journal: what is written comes back, what is cut is cut, what cannot be is told; and
//! a device that keeps its promises is never accused, wherever it crashed.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::Index;

use super::replay::{Replay, Replayed};
use super::*;
use crate::integrity::block::{BLOCK_BYTES, Block, PART_BYTES, PARTS};
use crate::integrity::generation::Width;
use crate::integrity::judge::{Expectation, Fault, Judge, Verdict};

const ORIGIN: Origin = Origin { volume: 5, run: 6, seed: 7 };
const HEADER: Header = Header { origin: ORIGIN, start: 100, blocks: 12 };

fn journal(records: &[Record]) -> Vec<u8> {
    let (mut encoder, header) = Encoder::new(&HEADER);
    let mut bytes = header.to_vec();
    for record in records {
        bytes.extend(encoder.encode(record));
    }
    bytes
}

fn replay(bytes: &[u8]) -> Result<Replayed, JournalError> {
    let (header, rest) = bytes.split_first_chunk().ok_or(JournalError::NoJournal)?;
    let mut replay = Replay::new(header, 1000, Width::Full)?;
    replay.push(rest)?;
    Ok(replay.finish())
}

const fn intent(block: u64, count: u32, generation: u64) -> Record {
    Record::Intent(Intent { block, count, generation })
}

const fn acknowledged(first: u64, count: u32) -> Record {
    Record::Acknowledged { first, count }
}

const fn begin(flush: u64) -> Record {
    Record::FlushBegin { flush }
}

const fn end(flush: u64) -> Record {
    Record::FlushEnd { flush }
}

#[test]
fn what_was_acknowledged_before_a_flush_began_is_promised_when_it_ended() {
    let records = [
        intent(100, 2, 1),
        intent(105, 1, 1),
        acknowledged(0, 1),
        begin(1),
        acknowledged(1, 1),
        end(1),
        intent(100, 1, 2),
        intent(101, 1, 3),
        acknowledged(3, 1),
        Record::Closed,
    ];
    let found = replay(&journal(&records)).unwrap();
    let expect =
        |flushed, acknowledged, submitted| Expectation { flushed, acknowledged, submitted };
    assert_eq!(found.expect(100), expect(1, 1, 2));
    assert_eq!(found.expect(101), expect(1, 3, 3));
    assert_eq!(found.expect(105), expect(0, 1, 1));
    assert_eq!(found.expect(111), expect(0, 0, 0));
    assert_eq!((found.expect(99), found.expect(112)), (expect(0, 0, 0), expect(0, 0, 0)));
    assert_eq!((found.records, found.intents, found.cut_bytes), (10, 4, 0));
    assert!(found.closed);
}

#[test]
fn a_flush_that_never_ended_promises_nothing() {
    let found = replay(&journal(&[intent(100, 1, 1), acknowledged(0, 1), begin(1)])).unwrap();
    assert_eq!(found.expect(100).flushed, 0);
    assert!(!found.closed);
}

#[test]
fn a_torn_tail_is_cut_wherever_it_is_torn() {
    let records = [intent(100, 1, 1), acknowledged(0, 1), begin(1), end(1), intent(101, 1, 1)];
    let whole = journal(&records);
    for length in HEADER_BYTES..whole.len() {
        let found = replay(&whole[..length]).unwrap();
        let told = (length - HEADER_BYTES) as u64;
        assert_eq!(found.records, told / 32, "{length}");
        assert_eq!(found.cut_bytes, told % 32, "{length}");
        assert_eq!(found.expect(100).flushed, u64::from(told >= 128), "{length}");
    }
    for byte in HEADER_BYTES..whole.len() {
        let mut torn = whole.clone();
        torn[byte] ^= 0x40;
        let found = replay(&torn).unwrap();
        let bad = ((byte - HEADER_BYTES) / RECORD_BYTES) as u64;
        assert_eq!((found.records, found.cut_bytes), (bad, (5 - bad) * 32), "{byte}");
    }
}

#[test]
fn a_journal_damaged_in_its_middle_is_not_judged_by() {
    let many: Vec<Record> = (1..=3000).map(|generation| intent(100, 1, generation)).collect();
    let mut bytes = journal(&many);
    bytes[HEADER_BYTES + 40 * RECORD_BYTES + 3] ^= 1;
    let error = replay(&bytes).unwrap_err();
    assert_eq!(error, JournalError::Damaged { bad: 40, good: 40 + BATCH_RECORDS });
    assert!(error.hint().is_some());
}

#[test]
fn the_record_of_another_place_or_run_is_bad() {
    let other = Header { origin: Origin { run: 1, ..ORIGIN }, ..HEADER };
    let (mut encoder, _header) = Encoder::new(&other);
    let mut bytes = journal(&[]);
    bytes.extend(encoder.encode(&intent(100, 1, 1)));
    assert_eq!(replay(&bytes).unwrap().records, 0);
    let two = journal(&[intent(100, 1, 1), intent(100, 1, 2)]);
    let moved = [&two[..HEADER_BYTES], &two[HEADER_BYTES + RECORD_BYTES..]].concat();
    assert_eq!(replay(&moved).unwrap().records, 0);
}

#[test]
fn what_cannot_be_is_told() {
    let of = |records: &[Record]| replay(&journal(records)).unwrap_err();
    let out = JournalError::OutOfSpan { record: 0 };
    let unbegun = |record| JournalError::Unbegun { record };
    assert_eq!(of(&[intent(99, 1, 1)]), out);
    assert_eq!(of(&[intent(111, 2, 1)]), out);
    assert_eq!(of(&[intent(u64::MAX, u32::MAX, 1)]), out);
    assert_eq!(of(&[intent(100, 0, 1)]), out);
    assert_eq!(of(&[intent(100, 1, 0)]), out);
    assert_eq!(of(&[intent(100, 1, MAX_GENERATION + 1)]), out);
    assert_eq!(of(&[acknowledged(0, 1)]), unbegun(0));
    assert_eq!(of(&[intent(100, 1, 1), acknowledged(0, 2)]), unbegun(1));
    assert_eq!(of(&[intent(100, 1, 1), acknowledged(0, 1), acknowledged(0, 1)]), unbegun(2));
    assert_eq!(of(&[acknowledged(u64::MAX, u32::MAX)]), unbegun(0));
    assert_eq!(of(&[end(3)]), unbegun(0));
    assert_eq!(replay(&[0; 4096]).unwrap_err(), JournalError::NoJournal);
    let mut newer = journal(&[]);
    newer[8] = 2;
    let crc = checksum(&newer[..120]).to_le_bytes();
    newer[120..128].copy_from_slice(&crc);
    assert_eq!(replay(&newer).unwrap_err(), JournalError::Version { found: 2 });
    let (header, _rest) = newer.split_first_chunk().unwrap();
    assert!(Replay::new(header, 1000, Width::Full).is_err());
    let small = journal(&[]);
    let error = Replay::new(small.first_chunk().unwrap(), 111, Width::Full).unwrap_err();
    assert_eq!(error, JournalError::Size { start: 100, blocks: 12, size: 111 });
}

/// A device with a volatile cache: for each block what is on the medium, and what was
/// written since and may or may not be there after a crash.
#[derive(Clone, Default)]
struct Device {
    medium: BTreeMap<u64, u64>,
    cache: BTreeMap<u64, Vec<u64>>,
}

impl Device {
    fn flush(&mut self, covered: &BTreeMap<u64, u64>) {
        for (block, generation) in covered {
            let durable = self.medium.entry(*block).or_default();
            *durable = (*durable).max(*generation);
        }
    }

    /// What a block may hold after a crash, as generations.
    fn choices(&self, block: u64) -> Vec<u64> {
        let medium = self.medium.get(&block).copied().unwrap_or(0);
        let newer = self.cache.get(&block).into_iter().flatten().copied();
        newer.filter(|generation| *generation > medium).chain([medium]).collect()
    }
}

fn content(block: u64, generation: u64) -> Block {
    let mut bytes = [0; BLOCK_BYTES];
    match generation {
        // An older run's, where this one has not written.
        0 if block.is_multiple_of(2) => {
            Origin { run: 1, seed: 2, ..ORIGIN }.encode(block, 1, &mut bytes);
        }
        0 => {}
        _ => ORIGIN.encode(block, generation, &mut bytes),
    }
    bytes
}

/// A run of a writer, as steps: what it noted, and how the device stood after it.
struct History {
    records: Vec<Record>,
    /// For each number of records: the device when so many had been noted.
    devices: Vec<Device>,
}

/// Runs a writer that chooses by `choices`: writes, completions, flushes, in any order that
/// is legal.
fn run(choices: &[(u8, Index, Index)]) -> History {
    let mut history = History { records: Vec::new(), devices: vec![Device::default()] };
    let mut device = Device::default();
    let (mut generations, mut flush) = (BTreeMap::<u64, u64>::new(), 0_u64);
    let (mut in_flight, mut done) = (Vec::<(u64, u64, u64)>::new(), BTreeMap::new());
    let mut flushing: Option<BTreeMap<u64, u64>> = None;
    let mut number = 0;
    for (kind, first, second) in choices {
        let record = match kind % 4 {
            0 | 1 => {
                let block = HEADER.start + first.index(12) as u64;
                if in_flight.iter().any(|(_, busy, _)| *busy == block) {
                    continue;
                }
                let generation = generations.entry(block).or_default();
                *generation += 1 + second.index(2) as u64;
                in_flight.push((number, block, *generation));
                device.cache.entry(block).or_default().push(*generation);
                number += 1;
                intent(block, 1, *generation)
            }
            2 if !in_flight.is_empty() => {
                let (number, block, generation) = in_flight.remove(first.index(in_flight.len()));
                done.insert(block, generation);
                acknowledged(number, 1)
            }
            3 => match flushing.take() {
                None => {
                    flushing = Some(done.clone());
                    flush += 1;
                    begin(flush)
                }
                Some(covered) => {
                    device.flush(&covered);
                    end(flush)
                }
            },
            _ => continue,
        };
        history.records.push(record);
        history.devices.push(device.clone());
    }
    history
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Crash at every boundary of the journal; the tail after the last intent may be lost.
    #[test]
    fn a_device_that_keeps_its_promises_is_never_accused(
        choices in prop::collection::vec((any::<u8>(), any::<Index>(), any::<Index>()), 1..120),
        lands in prop::collection::vec((any::<Index>(), any::<Index>(), 0..=PARTS), 12),
        lost in any::<Index>(),
    ) {
        let history = run(&choices);
        let bytes = journal(&history.records);
        for crash in 0..=history.records.len() {
            let device = &history.devices[crash];
            let noted = &history.records[..crash];
            let last_intent = noted.iter().rposition(|record| matches!(record, Record::Intent(_)));
            let least = last_intent.map_or(0, |at| at + 1);
            let kept = least + lost.index(crash - least + 1);
            let found = replay(&bytes[..HEADER_BYTES + kept * RECORD_BYTES]).unwrap();
            for (at, (one, other, cut)) in lands.iter().enumerate() {
                let block = HEADER.start + at as u64;
                let choices = device.choices(block);
                let whole = content(block, choices[one.index(choices.len())]);
                let verdict = Judge { origin: ORIGIN, atomic_bytes: 4096 }
                    .judge(&whole, block, found.expect(block));
                prop_assert!(!matches!(verdict, Verdict::Fault(_)), "{verdict:?} at {crash}");
                let mut torn = content(block, choices[other.index(choices.len())]);
                torn[cut * PART_BYTES..].copy_from_slice(&whole[cut * PART_BYTES..]);
                let verdict = Judge { origin: ORIGIN, atomic_bytes: 512 }
                    .judge(&torn, block, found.expect(block));
                prop_assert!(!matches!(verdict, Verdict::Fault(_)), "{verdict:?} at {crash}");
            }
        }
    }

    #[test]
    fn a_device_that_loses_what_it_flushed_is_accused(
        choices in prop::collection::vec((any::<u8>(), any::<Index>(), any::<Index>()), 40..160),
    ) {
        let history = run(&choices);
        let found = replay(&journal(&history.records)).unwrap();
        let judge = Judge { origin: ORIGIN, atomic_bytes: 512 };
        for (block, durable) in &history.devices[history.records.len()].medium {
            let expected = found.expect(*block);
            prop_assert_eq!(expected.flushed, *durable);
            for older in 1..*durable {
                let verdict = judge.judge(&content(*block, older), *block, expected);
                prop_assert_eq!(verdict, Verdict::Fault(Fault::LostAcknowledgedWrite));
            }
            let newer = content(*block, expected.submitted + 1);
            prop_assert_eq!(judge.judge(&newer, *block, expected), Verdict::Fault(Fault::Future));
        }
    }

    #[test]
    fn in_pieces_is_in_one(
        choices in prop::collection::vec((any::<u8>(), any::<Index>(), any::<Index>()), 1..60),
        piece in 1_usize..100,
    ) {
        let bytes = journal(&run(&choices).records);
        let (header, rest) = bytes.split_first_chunk().unwrap();
        let mut pieces = Replay::new(header, 1000, Width::Modulo).unwrap();
        for piece in rest.chunks(piece) {
            pieces.push(piece).unwrap();
        }
        let (pieces, whole) = (pieces.finish(), replay(&bytes).unwrap());
        prop_assert_eq!(pieces.records, whole.records);
        for block in 0..1000 {
            prop_assert_eq!(pieces.expect(block), whole.expect(block));
        }
    }

    #[test]
    fn no_bytes_make_it_panic(
        header in any::<bool>(),
        bytes in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let start = if header { journal(&[]) } else { Vec::new() };
        if let Ok(found) = replay(&[start, bytes].concat()) {
            prop_assert!(found.expect(u64::MAX) == Expectation::default());
        }
    }
}
