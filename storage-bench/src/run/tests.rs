//! Every engine and mode on temporary files, without privileges.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::NamedTempFile;

use super::*;
use crate::observed::Stream;
use crate::workload::{Io, Op, Region};

mod together;

const BLOCK: u32 = 4096;
const ENGINES: [Wanted; 4] = [Wanted::Auto, Wanted::IoUring, Wanted::Libaio, Wanted::Sync];

/// A list of operations; sets a flag when it has given so many.
#[derive(Clone)]
struct Script<'a> {
    ios: Vec<Io>,
    at: usize,
    endless: bool,
    flag: Option<(&'a AtomicBool, usize)>,
}

impl Source for Script<'_> {
    fn next_io(&mut self) -> Option<Io> {
        if let Some((flag, at)) = self.flag.filter(|(_, at)| *at == self.at) {
            flag.store(at > 0, Ordering::Relaxed);
        }
        let at = if self.endless { self.at % self.ios.len() } else { self.at };
        self.at += 1;
        self.ios.get(at).copied()
    }
}

/// Writes what tells where it belongs.
struct Marks;

impl Payload for Marks {
    fn fill(&mut self, offset: u64, buffer: &mut [u8]) {
        for (at, word) in buffer.chunks_exact_mut(8).enumerate() {
            word.copy_from_slice(&mark(offset + 8 * at as u64).to_le_bytes());
        }
    }
}

fn mark(offset: u64) -> u64 {
    offset.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn marks(offset: u64, length: u32) -> Vec<u8> {
    let mut bytes = vec![0; length as usize];
    Marks.fill(offset, &mut bytes);
    bytes
}

/// `count` operations, one block after the other.
fn script(op: Op, count: u64) -> Script<'static> {
    let io = |at| Io { op, region: Region::Hot, offset: at * u64::from(BLOCK), length: BLOCK };
    Script { ios: (0..count).map(io).collect(), at: 0, endless: false, flag: None }
}

/// A file of `blocks` blocks, each marked.
fn marked(blocks: u64) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    let length = u32::try_from(blocks).unwrap() * BLOCK;
    file.write_all(&marks(0, length)).unwrap();
    file
}

fn contents(file: &NamedTempFile) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(file.path()).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

fn read_write(file: &NamedTempFile) -> File {
    OpenOptions::new().read(true).write(true).open(file.path()).unwrap()
}

fn target<S>(file: &File, size_bytes: u64, source: S) -> Target<'_, S, Marks> {
    Target {
        fd: file.as_fd(),
        name: "file".to_owned(),
        device: 0,
        size_bytes,
        source,
        payload: Marks,
        arrivals: NoArrivals::default(),
        limit: Limit::default(),
    }
}

fn depth(engine: Wanted) -> u32 {
    if engine == Wanted::Sync { 1 } else { 8 }
}

fn plan(engine: Wanted, mode: Mode) -> Plan {
    let iodepth = depth(engine);
    Plan { mode, engine, iodepth, batch_submit: 4, batch_complete: 4, ..Plan::default() }
}

fn go<S: Source + Send, A: Iterator<Item = u64> + Clone + Send>(
    plan: &Plan,
    targets: Vec<Target<'_, S, Marks, A>>,
) -> Outcome {
    let stop = AtomicBool::new(false);
    let loads = targets.into_iter().map(|target| Load { cpu: None, targets: vec![target] });
    run(plan, loads.collect(), &mut Control { stop: &stop, progress: &mut |_| {} }).unwrap()
}

fn stream(observed: &Observed, op: Op) -> &Stream {
    &observed.streams[&(op, Region::Hot)]
}

/// What is kept by second and by window adds up to the whole.
fn adds_up(observed: &Observed) {
    let whole: u64 = observed.streams.values().map(|stream| stream.service.count()).sum();
    let bytes: u64 = observed.streams.values().map(|stream| stream.bytes).sum();
    let of = || observed.seconds.iter().flat_map(|second| second.operations.values());
    assert_eq!(of().map(|of| of.ios).sum::<u64>(), whole);
    assert_eq!(of().map(|of| of.bytes).sum::<u64>(), bytes);
    assert_eq!(observed.windows.iter().map(|window| u64::from(window.ios)).sum::<u64>(), whole);
    assert_eq!(observed.windows.iter().map(|window| window.bytes).sum::<u64>(), bytes);
}

#[test]
fn every_engine_reads_every_block_once() {
    for engine in ENGINES {
        for mode in [Mode::Throughput, Mode::Latency] {
            let file = marked(100);
            let open = read_write(&file);
            let outcome =
                go(&plan(engine, mode), vec![target(&open, 409_600, script(Op::Read, 100))]);
            let seen = outcome.observed;
            let read = stream(&seen, Op::Read);
            assert_eq!((read.service.count(), read.bytes), (100, 409_600), "{engine:?}");
            assert!(seen.ended_early.is_none() && seen.errors.is_empty(), "{seen:?}");
            assert!(seen.elapsed_ns >= read.service.max().unwrap(), "{engine:?}");
            assert_ne!(seen.engine.name, "auto");
            adds_up(&seen);
        }
    }
}

#[test]
fn every_engine_writes_what_belongs_there() {
    for engine in ENGINES {
        let file = NamedTempFile::new().unwrap();
        let open = read_write(&file);
        let seen = go(
            &Plan { fsync_every: 7, ..plan(engine, Mode::Throughput) },
            vec![target(&open, u64::MAX, script(Op::Write, 64))],
        );
        let written = stream(&seen.observed, Op::Write);
        assert_eq!((written.service.count(), written.bytes), (64, 64 * 4096), "{engine:?}");
        assert!(contents(&file) == marks(0, 64 * BLOCK), "{engine:?}");
        adds_up(&seen.observed);
    }
}

#[test]
fn every_engine_trims() {
    for engine in ENGINES {
        let file = marked(16);
        let open = read_write(&file);
        let mut trims = script(Op::Trim, 2);
        // More than a slot's buffer holds: a trim carries nothing.
        trims.ios[1].length = 3 * BLOCK;
        let seen = go(&plan(engine, Mode::Latency), vec![target(&open, 65_536, trims)]).observed;
        let trimmed = stream(&seen, Op::Trim);
        assert_eq!((trimmed.service.count(), trimmed.bytes), (2, 16_384), "{engine:?} {seen:?}");
        let bytes = contents(&file);
        assert!(bytes[..16_384].iter().all(|byte| *byte == 0), "{engine:?}");
        assert!(bytes[16_384..] == marks(0, 65_536)[16_384..], "{engine:?}");
    }
}

#[test]
fn what_does_nothing_counts_all_the_same() {
    for engine in [Wanted::Null, Wanted::RingNop] {
        let file = NamedTempFile::new().unwrap();
        let open = read_write(&file);
        let wanted = Plan { iodepth: 8, ..plan(engine, Mode::Throughput) };
        let seen = go(&wanted, vec![target(&open, u64::MAX, script(Op::Write, 1000))]).observed;
        let written = stream(&seen, Op::Write);
        assert_eq!((written.service.count(), written.bytes), (1000, 4_096_000), "{engine:?}");
        assert!(contents(&file).is_empty(), "{engine:?}");
    }
}

#[test]
fn a_flush_comes_after_so_many_writes() {
    // `/dev/null` takes every write and refuses every flush.
    let null = OpenOptions::new().write(true).open("/dev/null").unwrap();
    let one_by_one = Plan { iodepth: 1, fsync_every: 3, ..plan(Wanted::Sync, Mode::Latency) };
    let seen = go(&one_by_one, vec![target(&null, u64::MAX, script(Op::Write, 10))]).observed;
    assert_eq!(stream(&seen, Op::Write).service.count(), 3);
    assert_eq!(seen.errors.get(&(Op::Write, libc::EINVAL)), Some(&1));
    let reason = seen.ended_early.unwrap();
    assert!(reason.starts_with("flush of 0 bytes at 0 of `file` failed: Invalid"), "{reason}");

    let on = Plan { on_error: OnError::Continue, ..one_by_one };
    let seen = go(&on, vec![target(&null, u64::MAX, script(Op::Write, 10))]).observed;
    assert_eq!(stream(&seen, Op::Write).service.count(), 10);
    assert_eq!(seen.errors.get(&(Op::Write, libc::EINVAL)), Some(&3));
}

#[test]
fn a_full_target_ends_the_run_with_one_sentence_and_what_was_done_stays() {
    for engine in [Wanted::IoUring, Wanted::Libaio, Wanted::Sync] {
        let file = grown_out(10);
        let one = Plan { iodepth: 1, ..plan(engine, Mode::Latency) };
        let seen = go(&one, vec![target(&file, u64::MAX, script(Op::Write, 20))]).observed;
        assert_eq!(stream(&seen, Op::Write).service.count(), 10, "{engine:?}");
        assert_eq!(seen.errors.get(&(Op::Write, libc::EPERM)), Some(&1), "{engine:?}");
        let reason = seen.ended_early.unwrap();
        let wanted = "write of 4096 bytes at 40960 of `file` failed: Operation not permitted";
        assert!(reason.starts_with(wanted), "{reason}");
    }
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let one = plan(Wanted::Sync, Mode::Latency);
    let seen = go(&one, vec![target(&full, u64::MAX, script(Op::Write, 20))]).observed;
    assert_eq!(seen.errors.get(&(Op::Write, libc::ENOSPC)), Some(&1));
    assert!(seen.ended_early.unwrap().contains("No space left on device"));
}

/// A file in memory that may not grow beyond so many blocks.
fn grown_out(blocks: u64) -> File {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let fd = memfd_create("storage-bench", MemfdFlags::ALLOW_SEALING).unwrap();
    let file = File::from(fd);
    file.set_len(blocks * u64::from(BLOCK)).unwrap();
    fcntl_add_seals(&file, SealFlags::GROW).unwrap();
    file
}

#[test]
fn errors_that_do_not_end_the_run_are_counted() {
    for engine in [Wanted::IoUring, Wanted::Libaio] {
        let file = grown_out(10);
        let on = Plan { on_error: OnError::Continue, ..plan(engine, Mode::Throughput) };
        let seen = go(&on, vec![target(&file, u64::MAX, script(Op::Write, 30))]).observed;
        assert_eq!(stream(&seen, Op::Write).service.count(), 10, "{engine:?}");
        assert_eq!(seen.errors.get(&(Op::Write, libc::EPERM)), Some(&20), "{engine:?}");
        assert_eq!(seen.ended_early, None);
    }
}

#[test]
fn a_file_that_ends_before_its_size_is_an_error() {
    for engine in ENGINES {
        let file = marked(3);
        file.as_file().set_len(2 * 4096 + 1024).unwrap();
        let open = read_write(&file);
        let one = Plan { iodepth: 1, ..plan(engine, Mode::Latency) };
        let seen = go(&one, vec![target(&open, 12_288, script(Op::Read, 3))]).observed;
        assert_eq!(stream(&seen, Op::Read).service.count(), 2, "{engine:?}");
        assert_eq!(seen.errors.get(&(Op::Read, 0)), Some(&1), "{engine:?}");
        let reason = seen.ended_early.unwrap();
        assert!(reason.contains("at 8192 of `file` failed: nothing more after 1024"), "{reason}");
    }
}

#[test]
fn nothing_is_done_beyond_a_target_or_beyond_a_buffer() {
    let file = marked(4);
    let open = read_write(&file);
    let mut beyond = script(Op::Write, 1);
    beyond.ios[0].offset = 3 * 4096 + 512;
    let mut larger = script(Op::Write, 1);
    larger.ios[0].length = 2 * BLOCK;
    let mut around = script(Op::Read, 1);
    around.ios[0].offset = u64::MAX - 10;
    for wrong in [beyond, larger, around] {
        let asked = wrong.ios[0];
        let seen = go(&plan(Wanted::IoUring, Mode::Latency), vec![target(&open, 16_384, wrong)]);
        let reason = seen.observed.ended_early.unwrap();
        assert!(reason.starts_with("the load asks for a"), "{asked:?}: {reason}");
        assert!(contents(&file) == marks(0, 16_384), "{asked:?}");
    }
}

#[test]
fn a_wish_to_stop_ends_an_endless_run_and_keeps_what_was_done() {
    for mode in [Mode::Throughput, Mode::Latency] {
        let file = marked(16);
        let open = read_write(&file);
        let stop = AtomicBool::new(false);
        let mut endless = script(Op::Read, 16);
        endless.endless = true;
        endless.flag = Some((&stop, 5000));
        let loads = vec![Load { cpu: Some(0), targets: vec![target(&open, 65_536, endless)] }];
        let mut control = Control { stop: &stop, progress: &mut |_| {} };
        let seen = run(&plan(Wanted::IoUring, mode), loads, &mut control).unwrap().observed;
        assert_eq!(seen.ended_early.as_deref(), Some("stopped on request"));
        assert!(stream(&seen, Op::Read).service.count() >= 4990);
        adds_up(&seen);
    }
}

#[test]
fn limits_are_kept_to_the_operation() {
    let file = marked(16);
    let open = read_write(&file);
    for limit in [Limit { ios: 37, bytes: u64::MAX }, Limit { ios: u64::MAX, bytes: 37 * 4096 + 1 }]
    {
        let mut endless = script(Op::Read, 16);
        endless.endless = true;
        let limited = Target { limit, ..target(&open, 65_536, endless) };
        let seen = go(&plan(Wanted::IoUring, Mode::Throughput), vec![limited]).observed;
        assert_eq!(stream(&seen, Op::Read).service.count(), 37, "{limit:?}");
        assert_eq!(seen.ended_early, None);
    }
}

#[test]
fn time_ends_a_run_and_the_ramp_is_not_in_it() {
    let file = marked(16);
    let open = read_write(&file);
    let mut endless = script(Op::Read, 16);
    endless.endless = true;
    let timed = Plan {
        runtime: Some(Duration::from_millis(1200)),
        ramp: Duration::from_millis(150),
        ..plan(Wanted::Null, Mode::Throughput)
    };
    let stop = AtomicBool::new(false);
    let mut told = Vec::new();
    let loads = vec![Load { cpu: None, targets: vec![target(&open, 65_536, endless)] }];
    let mut control = Control { stop: &stop, progress: &mut |second| told.push(second.clone()) };
    let seen = run(&timed, loads, &mut control).unwrap().observed;
    assert!(seen.elapsed_ns >= 1_200_000_000, "{}", seen.elapsed_ns);
    // A thread that gets no processor for 100 ms at the end has a window more.
    assert!(seen.windows.len() >= 12 && seen.seconds.len() >= 2, "{}", seen.windows.len());
    assert_eq!(told, seen.seconds);
    assert!(seen.cost.user_ns + seen.cost.system_ns > 0);
    assert!(seen.cost.busiest_thread_ppm > 0);
    adds_up(&seen);
}

#[test]
fn devices_are_told_apart_and_add_up() {
    let (one, two) = (marked(64), marked(64));
    let (one, two) = (read_write(&one), read_write(&two));
    let of =
        |file, device, count| Target { device, ..target(file, 262_144, script(Op::Read, count)) };
    let stop = AtomicBool::new(false);
    // Two threads: one with both devices, one with the second.
    let loads = vec![
        Load { cpu: None, targets: vec![of(&one, 0, 30), of(&two, 1, 20)] },
        Load { cpu: None, targets: vec![of(&two, 1, 14)] },
    ];
    let mut control = Control { stop: &stop, progress: &mut |_| {} };
    let outcome = run(&plan(Wanted::IoUring, Mode::Throughput), loads, &mut control).unwrap();
    let counts: Vec<u64> =
        outcome.devices.iter().map(|seen| stream(seen, Op::Read).service.count()).collect();
    assert_eq!(counts, [30, 34]);
    let mut merged = stream(&outcome.devices[0], Op::Read).service.clone();
    merged.merge(&stream(&outcome.devices[1], Op::Read).service);
    assert_eq!(merged, stream(&outcome.observed, Op::Read).service);
    outcome.devices.iter().chain([&outcome.observed]).for_each(adds_up);
}

#[test]
fn a_thread_is_fair_to_its_targets() {
    let file = marked(16);
    let open = read_write(&file);
    let of = |device| {
        let mut endless = script(Op::Read, 16);
        endless.endless = true;
        Target { device, ..target(&open, 65_536, endless) }
    };
    for engine in [Wanted::IoUring, Wanted::Libaio] {
        let stop = AtomicBool::new(false);
        let timed =
            Plan { runtime: Some(Duration::from_millis(200)), ..plan(engine, Mode::Throughput) };
        let loads = vec![Load { cpu: None, targets: (0..24).map(of).collect() }];
        let mut control = Control { stop: &stop, progress: &mut |_| {} };
        let outcome = run(&timed, loads, &mut control).unwrap();
        let counts: Vec<u64> =
            outcome.devices.iter().map(|seen| stream(seen, Op::Read).service.count()).collect();
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        // A round of all is the unit in which they may differ.
        assert!(most - least <= 2 * u64::from(timed.iodepth), "{engine:?}: {counts:?}");
    }
}

#[test]
fn an_open_loop_on_a_file_does_what_was_due() {
    for engine in ENGINES {
        let file = marked(16);
        let open = read_write(&file);
        let mut endless = script(Op::Read, 16);
        endless.endless = true;
        let base = target(&open, 65_536, endless);
        let due = Target {
            arrivals: (0_u64..).map(|at| at * 500_000),
            fd: base.fd,
            name: base.name,
            device: 0,
            size_bytes: base.size_bytes,
            source: base.source,
            payload: base.payload,
            limit: base.limit,
        };
        let rate = Plan {
            runtime: Some(Duration::from_millis(200)),
            ramp: Duration::from_millis(50),
            ..plan(engine, Mode::Rate)
        };
        let seen = go(&rate, vec![due]).observed;
        let open_loop = seen.open_loop.as_ref().unwrap();
        assert_eq!(open_loop.offered, 400, "{engine:?}");
        let response = &open_loop.response[&Op::Read];
        assert_eq!(response.count() + open_loop.backlog_end, 400, "{engine:?}");
        assert!(open_loop.lateness.count() <= response.count());
        adds_up(&seen);
    }
}

#[test]
fn a_pause_is_kept_between_operations() {
    let file = marked(16);
    let open = read_write(&file);
    let think = Some(Think { after: 2, pause: Duration::from_millis(20) });
    for engine in [Wanted::IoUring, Wanted::Sync] {
        let paused = Plan { think, iodepth: 1, ..plan(engine, Mode::Latency) };
        let seen = go(&paused, vec![target(&open, 65_536, script(Op::Read, 8))]).observed;
        assert_eq!(stream(&seen, Op::Read).service.count(), 8);
        // Two by two: three pauses.
        assert!(seen.elapsed_ns >= 60_000_000, "{engine:?}: {}", seen.elapsed_ns);
    }
}

#[test]
fn what_is_in_force_is_told_and_what_is_not_with_its_reason() {
    let file = marked(4);
    let open = read_write(&file);
    let target = || target(&open, 16_384, script(Op::Read, 4));
    let seen = go(&plan(Wanted::IoUring, Mode::Latency), vec![target()]).observed;
    for name in ["SINGLE_ISSUER", "DEFER_TASKRUN", "IOPOLL", "SQPOLL", "registered buffers"] {
        let feature = seen.engine.feature.iter().find(|feature| feature.name == name).unwrap();
        assert_eq!(feature.on, feature.reason.is_none(), "{feature:?}");
    }
    // A kernel thread takes the submissions: all else is as before.
    let threaded = Plan { sq_thread: true, ..plan(Wanted::IoUring, Mode::Throughput) };
    let seen = go(&threaded, vec![target()]).observed;
    assert_eq!(stream(&seen, Op::Read).service.count(), 4);
    let feature = seen.engine.feature.iter().find(|feature| feature.name == "SQPOLL").unwrap();
    assert!(feature.on, "{feature:?}");
}

#[test]
fn polling_that_cannot_be_is_left_with_its_reason() {
    // Through the page cache nothing can be polled for.
    let file = marked(4);
    let open = read_write(&file);
    for (engine, name) in
        [(Wanted::IoUring, "IOPOLL"), (Wanted::Libaio, "RWF_HIPRI"), (Wanted::Sync, "RWF_HIPRI")]
    {
        let polled = Plan { polled: true, ..plan(engine, Mode::Latency) };
        let seen = go(&polled, vec![target(&open, 16_384, script(Op::Read, 4))]).observed;
        assert_eq!(stream(&seen, Op::Read).service.count(), 4, "{engine:?}");
        let feature = seen.engine.feature.iter().find(|feature| feature.name == name).unwrap();
        assert_eq!(feature.reason.as_deref(), Some("polling needs direct I/O"));
    }
}

#[test]
fn a_plan_that_nothing_can_come_of_is_refused() {
    let file = marked(1);
    let open = read_write(&file);
    let wrong = [
        Plan { iodepth: 0, ..Plan::default() },
        Plan { batch_submit: 0, ..Plan::default() },
        Plan { max_block_bytes: 0, ..Plan::default() },
        Plan { runtime: Some(Duration::ZERO), ..Plan::default() },
        Plan { engine: Wanted::Sync, iodepth: 2, ..Plan::default() },
        Plan { think: Some(Think { after: 0, pause: Duration::ZERO }), ..Plan::default() },
    ];
    let stop = AtomicBool::new(false);
    for plan in wrong {
        let loads =
            vec![Load { cpu: None, targets: vec![target(&open, 4096, script(Op::Read, 1))] }];
        let mut control = Control { stop: &stop, progress: &mut |_| {} };
        let error = run(&plan, loads, &mut control).unwrap_err();
        assert!(!error.to_string().is_empty(), "{plan:?}");
    }
    let none: Vec<Load<'_, Script<'_>, Marks>> = Vec::new();
    let mut control = Control { stop: &stop, progress: &mut |_| {} };
    assert!(matches!(run(&Plan::default(), none, &mut control), Err(RunError::NoTarget)));
}
