//! A writer is killed (SIGKILL) at moments nobody chose, and its target judged by the
//! journal that it left: nothing that kept its promise is accused, and a write that was
//! acknowledged and dropped is found.
//!
//! The writer is this very program, started again. The journal is on /dev/shm, the target
//! on the disk of the temporary folder, so that they are apart.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use storage_bench::integrity::block::{MAX_GENERATION, Origin};
use storage_bench::integrity::generation::Width;
use storage_bench::integrity::judge::Fault;
use storage_bench::integrity::order::Order;
use storage_bench::integrity::report::Integrity;
use storage_bench::integrity::run::journal_file::{JournalFile, Place};
use storage_bench::integrity::run::{AfterCrash, Plan, Volume, Watch, after_crash, verify};

const SIZE: u64 = 8 << 20;
const ROUNDS: u64 = 24;
/// The block whose writes are dropped, where some are.
const DROPPED: u64 = 1500;

const TARGET: &str = "ASSAY_KILL_TARGET";
const JOURNAL: &str = "ASSAY_KILL_JOURNAL";
const DROPS: &str = "ASSAY_KILL_DROPS";

fn plan() -> Plan {
    Plan {
        origin: Origin { volume: 0xabc, run: std::process::id().into(), seed: 0x5eed },
        start_bytes: 0,
        span_bytes: SIZE,
        io_bytes: 8192,
        threads: 4,
        passes: MAX_GENERATION,
        order: Order::Random,
        flush_every: 300,
        atomic_bytes: 4096,
        width: Width::Full,
    }
}

/// Opens the target past the page cache, where its filesystem lets us.
fn open(path: &Path) -> File {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    let direct = rustix::fs::OFlags::DIRECT.bits().cast_signed();
    let opened = options.clone().custom_flags(direct).open(path);
    opened.or_else(|_refused| options.open(path)).expect("the target was made by the parent")
}

/// A file that acknowledges writes to one block and, after the first, does none of them.
struct Dropping {
    file: File,
    drops: bool,
    seen: AtomicBool,
}

impl Volume for Dropping {
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let span = offset..offset + bytes.len() as u64;
        let dropped = self.drops && span.contains(&(DROPPED * 4096));
        if dropped && self.seen.swap(true, Ordering::Relaxed) {
            return Ok(());
        }
        Volume::write_at(&self.file, bytes, offset)
    }

    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        Volume::read_at(&self.file, bytes, offset)
    }

    fn flush(&self) -> io::Result<()> {
        Volume::flush(&self.file)
    }
}

#[test]
#[ignore = "the writer: started, and killed, by the other tests"]
fn the_writer() {
    let path = |name| std::env::var_os(name).map(PathBuf::from);
    let Some((target, journal)) = path(TARGET).zip(path(JOURNAL)) else {
        return;
    };
    let file = open(&target);
    let plan = plan();
    let journal = JournalFile::create(&journal, &plan.header(), &file, Place::Elsewhere)
        .expect("the journal is apart");
    let drops = std::env::var_os(DROPS).is_some();
    let volume = Dropping { file, drops, seen: AtomicBool::new(false) };
    // A line a batch, to the parent; it fails, and ends this program, when the parent is gone.
    let progress = |_| println!("batch");
    let watch = Watch {
        stop: &AtomicBool::new(false),
        enough: &AtomicBool::new(false),
        progress: &progress,
    };
    verify(&volume, &plan, Some(&journal), watch).expect("the plan is sound");
}

/// A writer that is killed at the latest when the test is over.
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        if self.0.kill().is_ok() {
            self.0.wait().expect("a child of ours can be waited for");
        }
    }
}

/// Files of one round, removed at its end.
struct Round {
    disk: tempfile::TempDir,
    shm: tempfile::TempDir,
}

impl Round {
    /// Returns why not, where this machine has no /dev/shm.
    fn new() -> Result<Self, String> {
        let shm = tempfile::tempdir_in("/dev/shm").map_err(|error| {
            assert!(std::env::var_os("ASSAY_REQUIRE_PEERS").is_none(), "/dev/shm: {error}");
            format!("/dev/shm: {error}")
        })?;
        let round = Self { disk: tempfile::tempdir().expect("a temporary folder"), shm };
        let file = File::create(round.target()).expect("a file in a folder of ours");
        file.set_len(SIZE).expect("8 MiB");
        Ok(round)
    }

    fn target(&self) -> PathBuf {
        self.disk.path().join("target")
    }

    fn journal(&self) -> PathBuf {
        self.shm.path().join("journal")
    }

    /// Starts a writer and kills it when it has written so many batches.
    fn write_and_kill(&self, batches: usize, drops: bool) {
        let mut command = Command::new(std::env::current_exe().expect("a test has a program"));
        command.args(["the_writer", "--exact", "--ignored", "--nocapture"]);
        command.env(TARGET, self.target()).env(JOURNAL, self.journal());
        if drops {
            command.env(DROPS, "1");
        }
        let child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut writer = Writer(child.expect("this program can be started again"));
        let output = writer.0.stdout.take().expect("stdout is a pipe");
        let lines = BufReader::new(output).lines().map_while(Result::ok);
        let seen = lines.filter(|line| line.contains("batch")).take(batches).count();
        assert_eq!(seen, batches, "the writer ended by itself");
        writer.0.kill().expect("it still runs");
        let status = writer.0.wait().expect("a child of ours can be waited for");
        assert!(!status.success());
    }

    fn judge(&self) -> Integrity {
        let options = AfterCrash {
            size_bytes: SIZE,
            volume: Some(0xabc),
            threads: 2,
            atomic_bytes: 4096,
            width: Width::Full,
        };
        let watch = Watch {
            stop: &AtomicBool::new(false),
            enough: &AtomicBool::new(false),
            progress: &|_| {},
        };
        after_crash(&open(&self.target()), &options, &self.journal(), watch)
            .expect("the journal can be used")
    }
}

#[test]
fn a_writer_killed_at_any_moment_leaves_nothing_to_accuse() {
    let (mut accused, mut written, mut held) = (0, 0, 0);
    for number in 0..ROUNDS {
        let round = match Round::new() {
            Ok(round) => round,
            Err(reason) => return println!("skipped: {reason}"),
        };
        // From the first batch to several passes; when exactly, the scheduler decides.
        let batches = usize::try_from(1 + (number * 7919) % 41).expect("below 42");
        round.write_and_kill(batches, false);
        let report = round.judge();
        let told = report.journal.expect("there is one");
        assert!(!told.closed && report.complete, "round {number}: {report:?}");
        assert_eq!(report.found.faults(), 0, "round {number}: {report:?}");
        (accused, written) = (accused + report.found.faults(), written + told.intents);
        held += report.found.current;
    }
    assert!(held > 0 && written > 0);
    println!("figure: integrity.kill_rounds = {ROUNDS}");
    println!("figure: integrity.kill_writes = {written}");
    println!("figure: integrity.kill_false = {accused}");
}

#[test]
fn a_dropped_write_is_found_after_a_kill() {
    let round = match Round::new() {
        Ok(round) => round,
        Err(reason) => return println!("skipped: {reason}"),
    };
    // 4 batches a pass: by then the block was promised many times and written once.
    round.write_and_kill(60, true);
    let report = round.judge();
    let classes: Vec<_> = report.found.first_fault.iter().map(|found| found.class).collect();
    assert_eq!(classes, [Fault::LostAcknowledgedWrite; 2], "a write is two blocks: {report:?}");
    let first = report.found.first_fault[0];
    assert_eq!((first.address_bytes, first.found_generation), (DROPPED * 4096, Some(1)));
    assert!(first.flushed > 1);
}

#[test]
fn damage_in_a_file_is_found_and_named() {
    let round = match Round::new() {
        Ok(round) => round,
        Err(reason) => return println!("skipped: {reason}"),
    };
    round.write_and_kill(20, false);
    assert!(round.judge().found.faults() == 0);
    let mut bytes = fs::read(round.target()).expect("a file of ours");
    let (block, origin) = (4096, bytes[10 * 4096..11 * 4096].to_vec());
    bytes[20 * block..21 * block].copy_from_slice(&origin);
    bytes[30 * block + 2000] ^= 1;
    bytes[40 * block..41 * block].fill(0);
    fs::write(round.target(), bytes).expect("a file of ours");
    let report = round.judge();
    let found: Vec<_> = report
        .found
        .first_fault
        .iter()
        .map(|found| (found.address_bytes / 4096, found.class))
        .collect();
    assert_eq!(
        found,
        [(20, Fault::Misdirected), (30, Fault::Corrupted), (40, Fault::LostAcknowledgedWrite)]
    );
}
