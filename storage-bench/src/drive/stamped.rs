//! Writes whose blocks say what they are, and their reading back (fio's `verify=`).
//!
//! Each 4 KiB carries its address, generation and CRC-64 ([`crate::integrity`]). A load of one
//! pass writes a block once, so that every block that was written has to be there as the first
//! generation, and nothing else may be.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::Lane;
use crate::engine::{Buffers, slots};
use crate::integrity::block::{BLOCK_BYTES, Origin};
use crate::integrity::judge::{Expectation, Judge, Verdict};
use crate::measurement::{FaultyBlock, Verified};
use crate::workload::Payload;

/// [`BLOCK_BYTES`], as offsets are counted.
pub const BLOCK: u64 = BLOCK_BYTES as u64;
/// Read back at once.
const CHUNK: u32 = 1 << 20;
/// Faults that are listed; the rest are counted.
const LISTED: usize = 20;
/// The one generation there is.
const GENERATION: u64 = 1;

/// Which blocks of a span were written: one byte for each, no lock.
#[derive(Clone, Debug)]
pub struct Ledger {
    origin: Origin,
    start_bytes: u64,
    written: Arc<[AtomicU8]>,
}

impl Ledger {
    /// Returns the ledger of `span_bytes` from `start_bytes`, both in whole blocks; nothing of it
    /// written. `None` where this machine has no such memory.
    pub fn new(origin: Origin, start_bytes: u64, span_bytes: u64) -> Option<Self> {
        let blocks = usize::try_from(span_bytes / BLOCK).ok()?;
        let mut written = Vec::new();
        written.try_reserve_exact(blocks).ok()?;
        written.resize_with(blocks, AtomicU8::default);
        Some(Self { origin, start_bytes, written: written.into() })
    }

    fn cell(&self, address: u64) -> Option<&AtomicU8> {
        let at = address.checked_sub(self.start_bytes / BLOCK)?;
        self.written.get(usize::try_from(at).ok()?)
    }

    /// Returns whether the block at `address` was written.
    fn has(&self, address: u64) -> bool {
        self.cell(address).is_some_and(|cell| cell.load(Ordering::Relaxed) > 0)
    }
}

impl Payload for Ledger {
    #[inline]
    fn fill(&mut self, offset: u64, buffer: &mut [u8]) {
        let (blocks, _none) = buffer.as_chunks_mut::<BLOCK_BYTES>();
        for (address, block) in (offset / BLOCK..).zip(blocks) {
            self.origin.encode(address, GENERATION, block);
            if let Some(cell) = self.cell(address) {
                cell.store(1, Ordering::Relaxed);
            }
        }
    }
}

/// Reads back what the lanes wrote and judges it; `fatal` ends it at the first fault, and `stop`
/// at once.
///
/// What is wrong with a block, or cannot be read, is in what is returned.
pub fn read_back<'l, 't: 'l>(
    lanes: impl Iterator<Item = &'l Lane<'t>>,
    fatal: bool,
    stop: &AtomicBool,
) -> io::Result<Verified> {
    let buffers = Buffers::new(1, CHUNK)?;
    let mut reader = Reader { buffers, fatal, found: Verified::default() };
    for lane in lanes {
        let Some(ledger) = &lane.ledger else { continue };
        let path = &lane.target.subject().path;
        if !reader.read(&Place { fd: lane.target.as_fd(), path, ledger }, stop) {
            return Ok(reader.found);
        }
    }
    reader.found.complete = true;
    Ok(reader.found)
}

/// Where something was written.
struct Place<'a> {
    fd: BorrowedFd<'a>,
    path: &'a str,
    ledger: &'a Ledger,
}

struct Reader {
    buffers: Buffers,
    fatal: bool,
    found: Verified,
}

impl Reader {
    /// Reads one place; returns whether to go on.
    fn read(&mut self, place: &Place<'_>, stop: &AtomicBool) -> bool {
        let ledger = place.ledger;
        let Some(mut slot) = slots(&self.buffers).pop() else { return false };
        let end = ledger.start_bytes.saturating_add(ledger.written.len() as u64 * BLOCK);
        let judge = Judge { origin: ledger.origin, atomic_bytes: 4096 };
        let mut offset = ledger.start_bytes;
        while offset < end {
            if stop.load(Ordering::Relaxed) {
                self.found.ended_early = Some("stopped on request".to_owned());
                return false;
            }
            let length = u32::try_from(end - offset).unwrap_or(CHUNK).min(CHUNK);
            let addresses = offset / BLOCK..(offset + u64::from(length)) / BLOCK;
            if addresses.clone().any(|address| ledger.has(address)) {
                let bytes = self.buffers.bytes(&mut slot, 0, length);
                if let Err(error) = read_exact(place.fd, bytes, offset) {
                    let path = place.path;
                    let why =
                        format!("read of {length} bytes at {offset} of `{path}` failed: {error}");
                    self.found.ended_early = Some(why);
                    return false;
                }
                let (blocks, _none) = bytes.as_chunks::<BLOCK_BYTES>();
                for (address, block) in addresses.zip(blocks) {
                    if !ledger.has(address) {
                        continue;
                    }
                    self.found.checked += 1;
                    let verdict = judge.judge(block, address, Expectation::settled(GENERATION));
                    let Verdict::Fault(fault) = verdict else { continue };
                    *self.found.faults.entry(fault).or_insert(0) += 1;
                    if self.found.listed.len() < LISTED {
                        let path = place.path.to_owned();
                        let offset_bytes = address * BLOCK;
                        self.found.listed.push(FaultyBlock { path, offset_bytes, fault });
                    }
                    if self.fatal {
                        self.found.ended_early = Some("verify_fatal: the first fault".to_owned());
                        return false;
                    }
                }
            }
            offset += u64::from(length);
        }
        true
    }
}

fn read_exact(fd: BorrowedFd<'_>, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    let (mut rest, mut at) = (bytes, offset);
    while !rest.is_empty() {
        match rustix::io::pread(fd, &mut *rest, at) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(moved) => {
                at += moved as u64;
                rest = rest.get_mut(moved..).unwrap_or_default();
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    use super::*;
    use crate::integrity::judge::Fault;

    const ORIGIN: Origin = Origin { volume: 5, run: 6, seed: 7 };

    /// A file of 300 blocks from block 8 on, each second one written, and its ledger.
    fn written() -> (File, Ledger) {
        let file = tempfile::tempfile().unwrap();
        file.set_len(308 * BLOCK).unwrap();
        let mut ledger = Ledger::new(ORIGIN, 8 * BLOCK, 300 * BLOCK).unwrap();
        let mut block = [0; BLOCK_BYTES];
        for address in (8..308).step_by(2) {
            ledger.fill(address * BLOCK, &mut block);
            file.write_all_at(&block, address * BLOCK).unwrap();
        }
        (file, ledger)
    }

    fn read(file: &File, ledger: &Ledger, fatal: bool, stop: bool) -> (bool, Verified) {
        let buffers = Buffers::new(1, CHUNK).unwrap();
        let mut reader = Reader { buffers, fatal, found: Verified::default() };
        let place = Place { fd: file.as_fd(), path: "file", ledger };
        (reader.read(&place, &AtomicBool::new(stop)), reader.found)
    }

    #[test]
    fn what_was_written_is_there_and_what_was_not_is_not_looked_at() {
        let (file, ledger) = written();
        let (on, found) = read(&file, &ledger, false, false);
        assert!(on && found.faults.is_empty(), "{found:?}");
        assert_eq!(found.checked, 150);
    }

    #[test]
    fn every_fault_is_found_with_its_class_and_its_place() {
        let (file, ledger) = written();
        // A bit, half a write, a block of another address, one that never came.
        file.write_all_at(&[1], 10 * BLOCK + 700).unwrap();
        let mut block = [0; BLOCK_BYTES];
        ORIGIN.encode(12, 1, &mut block);
        file.write_all_at(&block, 14 * BLOCK).unwrap();
        Origin { run: 1, ..ORIGIN }.encode(306, 1, &mut block);
        file.write_all_at(&block, 306 * BLOCK).unwrap();
        let (on, found) = read(&file, &ledger, false, false);
        assert!(on && found.ended_early.is_none(), "{found:?}");
        let listed: Vec<(u64, Fault)> =
            found.listed.iter().map(|of| (of.offset_bytes / BLOCK, of.fault)).collect();
        assert_eq!(listed, [(10, Fault::Corrupted), (14, Fault::Misdirected), (306, Fault::Stale)]);
        assert_eq!(found.faults.values().sum::<u64>(), 3);
        let (on, found) = read(&file, &ledger, true, false);
        assert!(!on && found.faults.values().sum::<u64>() == 1, "the first is the last: {found:?}");
    }

    #[test]
    fn a_file_that_became_shorter_and_a_stop_end_it_with_the_reason() {
        let (file, ledger) = written();
        assert!(read(&file, &ledger, false, true).1.ended_early.unwrap().contains("request"));
        file.set_len(100 * BLOCK).unwrap();
        let (on, found) = read(&file, &ledger, false, false);
        assert!(!on && found.ended_early.as_ref().unwrap().contains("`file`"), "{found:?}");
    }
}
