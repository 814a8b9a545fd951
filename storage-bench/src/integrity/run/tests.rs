//! Runs against a volume in memory that breaks one promise, and is found out.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use super::journal_file::Place;
use super::*;
use crate::integrity::block::{Block, PART_BYTES};
use crate::integrity::judge::Fault;

const BLOCKS: u64 = 64;

/// What a volume does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fail {
    Nothing,
    /// The write of this number is acknowledged and never done.
    Drop(u64),
    /// The write of this number goes to the block before.
    Misdirect(u64),
    /// The write of this number leaves its last sectors as they were.
    Tear(u64),
    /// The write of this number is refused.
    Refuse(u64),
    /// The flush of this number is refused.
    Flush(u64),
    /// This block cannot be read.
    Read(u64),
}

struct Memory {
    bytes: Mutex<Vec<u8>>,
    fail: Fail,
    writes: AtomicU64,
    flushes: AtomicU64,
}

impl Memory {
    fn new(fail: Fail) -> Self {
        Self {
            bytes: Mutex::new(vec![0; usize::try_from(BLOCKS).unwrap() * BLOCK_BYTES]),
            fail,
            writes: AtomicU64::new(0),
            flushes: AtomicU64::new(0),
        }
    }
}

impl Volume for Memory {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let number = self.writes.fetch_add(1, Ordering::Relaxed);
        let (mut at, mut length) = (usize::try_from(offset).unwrap(), bytes.len());
        match self.fail {
            Fail::Drop(wrong) if wrong == number => length = 0,
            Fail::Misdirect(wrong) if wrong == number => at -= BLOCK_BYTES,
            Fail::Tear(wrong) if wrong == number => length -= 3 * PART_BYTES,
            Fail::Refuse(wrong) if wrong == number => return Err(io::Error::from_raw_os_error(28)),
            _ => {}
        }
        self.bytes.lock().unwrap()[at..at + length].copy_from_slice(&bytes[..length]);
        Ok(())
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        if let Fail::Read(block) = self.fail
            && (offset..offset + bytes.len() as u64).contains(&(block * BLOCK_BYTES as u64))
        {
            return Err(io::Error::from_raw_os_error(5));
        }
        bytes.copy_from_slice(&self.bytes.lock().unwrap()[at..at + bytes.len()]);
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        match self.fail {
            Fail::Flush(wrong) if wrong == self.flushes.fetch_add(1, Ordering::Relaxed) => {
                Err(io::Error::from_raw_os_error(5))
            }
            _ => Ok(()),
        }
    }
}

fn plan() -> Plan {
    Plan {
        origin: Origin { volume: 1, run: 2, seed: 3 },
        start_bytes: 4096,
        span_bytes: (BLOCKS - 2) * 4096,
        io_bytes: 4096,
        threads: 1,
        passes: 2,
        order: Order::Sequential,
        flush_every: 10,
        atomic_bytes: 4096,
        width: Width::Full,
    }
}

fn run(fail: Fail, plan: &Plan) -> Integrity {
    let stop = AtomicBool::new(false);
    let watch = Watch { stop: &stop, enough: &AtomicBool::new(false), progress: &|_| {} };
    verify(&Memory::new(fail), plan, None, watch).unwrap()
}

/// The only fault of `report`: its class and block.
fn only(report: &Integrity) -> (Fault, u64) {
    assert_eq!(report.found.faults(), 1, "{report:?}");
    assert!(report.complete && !report.is_sound());
    let found = report.found.first_fault[0];
    (found.class, found.address_bytes / 4096)
}

#[test]
fn a_sound_volume_is_found_sound_in_every_order_and_by_any_number_of_threads() {
    for order in [Order::Sequential, Order::Random] {
        for (threads, io_bytes) in [(1, 4096), (3, 12_288), (8, 65_536), (256, 4096)] {
            for width in [Width::Full, Width::Modulo] {
                let plan = Plan { order, threads, io_bytes, width, passes: 3, ..plan() };
                let report = run(Fail::Nothing, &plan);
                assert!(report.is_sound(), "{report:?}");
                assert_eq!(report.found.current, BLOCKS - 2);
                let written = report.written.unwrap();
                assert_eq!((written.blocks, written.passes), (3 * (BLOCKS - 2), 3));
                assert!(written.flushes > 0);
            }
        }
    }
}

#[test]
fn a_broken_promise_is_found_where_it_was_broken() {
    // The second pass writes blocks 1 to 62 as numbers 62 to 123; the first of them there.
    assert_eq!(only(&run(Fail::Drop(70), &plan())), (Fault::LostAcknowledgedWrite, 9));
    assert_eq!(only(&run(Fail::Drop(5), &Plan { passes: 1, ..plan() })).1, 6);
    assert_eq!(only(&run(Fail::Tear(70), &plan())), (Fault::Torn, 9));
    let report = run(Fail::Misdirect(70), &plan());
    let classes: Vec<_> = report.found.first_fault.iter().map(|found| found.class).collect();
    assert_eq!(classes, [Fault::Misdirected, Fault::LostAcknowledgedWrite]);
}

#[test]
fn a_block_that_cannot_be_read_does_not_hide_its_neighbours() {
    let report = run(Fail::Read(9), &plan());
    assert!(report.complete && !report.is_sound());
    assert_eq!((report.found.unreadable, report.found.checked), (1, BLOCKS - 3));
    assert_eq!(report.found.first_unreadable, [9 * 4096]);
}

#[test]
fn a_refused_write_or_flush_ends_the_run_and_keeps_what_was_found() {
    let report = run(Fail::Refuse(70), &plan());
    let ending = report.ended_early.clone().unwrap();
    assert!(ending.en.starts_with("a write at offset 36864 failed"), "{ending:?}");
    assert!(report.complete && !report.is_sound());
    assert_eq!((report.found.faults(), report.written.unwrap().blocks), (0, 70));
    let report = run(Fail::Flush(0), &plan());
    assert!(report.ended_early.unwrap().en.starts_with("a flush failed"));
    assert_eq!(report.found.faults(), 0);
}

#[test]
fn a_stop_keeps_what_was_found() {
    for (reading, at) in [(false, 30), (true, 1)] {
        let stop = AtomicBool::new(false);
        let progress = |progress: Progress| {
            if progress.reading == reading && progress.done >= at {
                stop.store(true, Ordering::Relaxed);
            }
        };
        let watch = Watch { stop: &stop, enough: &AtomicBool::new(false), progress: &progress };
        let report = verify(&Memory::new(Fail::Nothing), &plan(), None, watch).unwrap();
        assert_eq!(report.complete, reading, "one read covers it all");
        assert!(!report.is_sound() && report.ended_early.is_some());
        assert_eq!(report.found.faults(), 0);
    }
}

#[test]
fn a_plan_that_cannot_be_is_refused_field_by_field() {
    type Change = fn(&mut Plan);
    let table: [(&str, Change); 10] = [
        ("start", |plan| plan.start_bytes = 512),
        ("size", |plan| plan.span_bytes = 5000),
        ("size", |plan| plan.span_bytes = 0),
        ("size", |plan| plan.span_bytes = 1 << 60),
        ("bs", |plan| plan.io_bytes = 0),
        ("bs", |plan| plan.io_bytes = 6000),
        ("bs", |plan| plan.io_bytes = 32 << 20),
        ("threads", |plan| plan.threads = 0),
        ("passes", |plan| plan.passes = 0),
        ("flush-every", |plan| plan.flush_every = 0),
    ];
    let fields: BTreeSet<&str> = table.iter().map(|(field, _)| *field).collect();
    assert_eq!(fields.len(), 6);
    for (wanted, change) in table {
        let mut plan = plan();
        change(&mut plan);
        let Err(VerifyError::Plan { field, .. }) = plan.check() else { panic!("{wanted}") };
        assert_eq!(field, wanted);
    }
    assert!(plan().check().is_ok());
}

/// A folder with a target and a journal, both removed at the end.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    fn target(&self) -> File {
        let path = self.0.path().join("target");
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let file = file.unwrap();
        file.set_len(BLOCKS * BLOCK_BYTES as u64).unwrap();
        file
    }

    fn after_crash(&self, volume: &dyn Volume) -> Integrity {
        let options = AfterCrash {
            size_bytes: BLOCKS * 4096,
            volume: Some(1),
            threads: 2,
            atomic_bytes: 4096,
            width: Width::Full,
        };
        let stop = AtomicBool::new(false);
        let watch = Watch { stop: &stop, enough: &AtomicBool::new(false), progress: &|_| {} };
        after_crash(volume, &options, &self.journal(), watch).unwrap()
    }
}

fn with_journal(folder: &Folder, volume: &dyn Volume, plan: &Plan) -> Integrity {
    let target = folder.target();
    let made =
        JournalFile::create(&folder.journal(), &plan.header(), &target, Place::SameDevice).unwrap();
    let stop = AtomicBool::new(false);
    let watch = Watch { stop: &stop, enough: &AtomicBool::new(false), progress: &|_| {} };
    verify(volume, plan, Some(&made), watch).unwrap()
}

#[test]
fn when_it_is_enough_what_was_written_is_read_back() {
    let (stop, enough) = (AtomicBool::new(false), AtomicBool::new(false));
    let progress = |progress: Progress| {
        if progress.done >= 2 * (BLOCKS - 2) {
            enough.store(true, Ordering::Relaxed);
        }
    };
    let plan = Plan { passes: MAX_GENERATION, ..plan() };
    let watch = Watch { stop: &stop, enough: &enough, progress: &progress };
    let report = verify(&Memory::new(Fail::Nothing), &plan, None, watch).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(report.written.is_some_and(|written| written.passes >= 2));
    let unwritten = Memory::new(Fail::Nothing);
    let report = verify(&unwritten, &plan, None, watch).unwrap();
    assert_eq!(report.found.before, BLOCKS - 2, "{report:?}");
}

#[test]
fn what_a_journal_tells_is_what_the_run_knew() {
    let folder = Folder::new();
    let volume = Memory::new(Fail::Nothing);
    let plan = Plan { threads: 4, order: Order::Random, ..plan() };
    assert!(with_journal(&folder, &volume, &plan).is_sound());
    let report = folder.after_crash(&volume);
    assert!(report.is_sound(), "{report:?}");
    let told = report.journal.unwrap();
    assert!(told.closed && told.cut_bytes == 0);
    assert_eq!((told.intents, report.found.current), (2 * (BLOCKS - 2), BLOCKS - 2));
    // What was flushed is held to, and what was not submitted is missed.
    let mut block: Block = [0; BLOCK_BYTES];
    plan.origin.encode(7, 1, &mut block);
    volume.write_at(&block, 7 * 4096).unwrap();
    plan.origin.encode(8, 3, &mut block);
    volume.write_at(&block, 8 * 4096).unwrap();
    let report = folder.after_crash(&volume);
    assert_eq!(report.found.count(Fault::LostAcknowledgedWrite), 1);
    assert_eq!(report.found.count(Fault::Future), 1);
}

#[test]
fn a_journal_is_never_written_over_nor_on_the_disk_it_tells_of() {
    let folder = Folder::new();
    let (target, header) = (folder.target(), plan().header());
    let error = JournalFile::create(&folder.journal(), &header, &target, Place::Elsewhere);
    let error = error.unwrap_err();
    assert!(matches!(error, JournalFileError::SameDevice { .. }), "{error}");
    assert!(error.hint().is_some());
    assert!(!folder.journal().exists(), "what was refused leaves nothing");
    JournalFile::create(&folder.journal(), &header, &target, Place::SameDevice).unwrap();
    let error = JournalFile::create(&folder.journal(), &header, &target, Place::SameDevice);
    assert!(matches!(error.unwrap_err(), JournalFileError::Exists { .. }));
}

#[test]
fn a_journal_of_another_volume_or_a_larger_one_is_refused() {
    let folder = Folder::new();
    with_journal(&folder, &Memory::new(Fail::Nothing), &plan());
    let judge = |size_bytes, volume| {
        let (width, atomic_bytes) = (Width::Full, 512);
        let options = AfterCrash { size_bytes, volume, threads: 1, atomic_bytes, width };
        let stop = AtomicBool::new(false);
        let watch = Watch { stop: &stop, enough: &AtomicBool::new(false), progress: &|_| {} };
        after_crash(&Memory::new(Fail::Nothing), &options, &folder.journal(), watch).unwrap_err()
    };
    let other = judge(BLOCKS * 4096, Some(9));
    assert!(matches!(other, VerifyError::Journal(JournalFileError::OtherVolume { .. })));
    let small = judge(10 * 4096, Some(1));
    assert!(matches!(small, VerifyError::Journal(JournalFileError::Unusable { .. })));
    fs::write(folder.journal(), b"short").unwrap();
    assert!(judge(BLOCKS * 4096, None).hint().is_some());
}
