//! Any bytes as a journal, and any records with their checksums put right.
//!
//! `cargo fuzz run -s none journal -- -max_len=16384 -rss_limit_mb=512 -timeout=5`

#![no_main]

use libfuzzer_sys::fuzz_target;
use storage_bench::integrity::block::{BLOCK_BYTES, Origin};
use storage_bench::integrity::generation::Width;
use storage_bench::integrity::journal::replay::{Replay, Replayed};
use storage_bench::integrity::journal::{
    Encoder, HEADER_BYTES, Header, Intent, JournalError, Record,
};
use storage_bench::integrity::judge::{Judge, Verdict};

const HEADER: Header =
    Header { origin: Origin { volume: 1, run: 2, seed: 3 }, start: 10, blocks: 4096 };

fuzz_target!(|bytes: &[u8]| {
    let (encoder, header) = Encoder::new(&HEADER);
    let _any = replay(bytes);
    let _any = replay(&[&header, bytes].concat());
    if let Ok(found) = replay(&[&header[..], &records(encoder, bytes)].concat()) {
        holds(&found);
    }
});

fn replay(journal: &[u8]) -> Result<Replayed, JournalError> {
    let (header, rest) =
        journal.split_first_chunk::<HEADER_BYTES>().ok_or(JournalError::NoJournal)?;
    let mut replay = Replay::new(header, 1 << 16, Width::Full)?;
    for piece in rest.chunks(1000) {
        replay.push(piece)?;
    }
    Ok(replay.finish())
}

/// Makes a journal of what `bytes` say, five at a time, so that every checksum is right.
fn records(mut encoder: Encoder, bytes: &[u8]) -> Vec<u8> {
    let mut journal = Vec::new();
    for fields in bytes.chunks_exact(5) {
        let &[kind, a, b, c, d] = fields else { continue };
        let number = u64::from(u16::from_le_bytes([a, b]));
        let record = match kind % 8 {
            0..=2 => {
                Record::Intent(Intent { block: number, count: c.into(), generation: d.into() })
            }
            3 | 4 => Record::Acknowledged { first: number, count: c.into() },
            5 => Record::FlushBegin { flush: number },
            6 => Record::FlushEnd { flush: number },
            _ => Record::Closed,
        };
        journal.extend(encoder.encode(&record));
    }
    journal
}

fn holds(found: &Replayed) {
    let judge = Judge { origin: HEADER.origin, atomic_bytes: 4096 };
    let mut block = [0; BLOCK_BYTES];
    for address in (0..HEADER.start + HEADER.blocks + 10).step_by(97) {
        let expected = found.expect(address);
        assert!(expected.flushed <= expected.acknowledged, "{address}: {expected:?}");
        assert!(expected.acknowledged <= expected.submitted, "{address}: {expected:?}");
        if expected.submitted > 0 {
            HEADER.origin.encode(address, expected.submitted, &mut block);
            assert_eq!(judge.judge(&block, address, expected), Verdict::Current);
        }
    }
}
