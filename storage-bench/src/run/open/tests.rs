//! The open and the closed loop on time that is the test's own.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::os::fd::AsFd;
use std::rc::Rc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc;
use std::time::Duration;

use super::super::tally::{Message, Port, Tally};
use super::super::worker::{Finished, Making, Worker};
use super::super::{Limit, Plan, Target, closed};
use super::*;
use crate::engine::{Buffers, Request, Slot, slots};
use crate::measurement::Mode;
use crate::workload::{Io, Op, Region};

const SECOND: u64 = 1_000_000_000;

/// Time that passes when it is looked at, and when someone waits.
#[derive(Clone, Default)]
struct Fake {
    now: Rc<Cell<u64>>,
    /// How much longer than asked a sleep takes.
    oversleep_ns: u64,
}

impl Timeline for Fake {
    fn ticks(&self) -> u64 {
        self.now.set(self.now.get() + 400);
        self.now.get()
    }
    fn ns(&self, ticks: u64) -> u64 {
        ticks
    }
    fn ticks_of(&self, ns: u64) -> u64 {
        ns
    }
    fn sleep(&self, ns: u64) {
        self.now.set(self.now.get() + ns + self.oversleep_ns);
    }
    fn thread_cpu_ns(&self) -> u64 {
        self.now.get()
    }
}

/// A device that takes 100 µs for everything, side by side, and stands still for a while:
/// what would be done in that time is done at its end.
struct Device {
    time: Fake,
    stall: std::ops::Range<u64>,
    buffers: Buffers,
    /// Completion times, in the order of submission: which is that of completion.
    queued: Vec<Slot>,
    flying: VecDeque<(u64, Slot)>,
}

const SERVICE_NS: u64 = 100_000;
const BYTES: u32 = 4096;

impl Device {
    fn done(&self, start: u64) -> u64 {
        let done = start + SERVICE_NS;
        if self.stall.contains(&done) { self.stall.end } else { done }
    }
}

impl Engine for Device {
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8] {
        self.buffers.bytes(slot, 0, length)
    }
    fn push(&mut self, slot: Slot, _request: &Request) -> Result<(), Slot> {
        self.queued.push(slot);
        Ok(())
    }
    fn enter(&mut self, want: u32, at_most_ns: u64) -> io::Result<()> {
        let now = self.time.now.get();
        for slot in std::mem::take(&mut self.queued) {
            self.flying.push_back((self.done(now), slot));
        }
        if let Some((done, _)) = want.checked_sub(1).and_then(|at| self.flying.get(at as usize)) {
            let until = (*done).min(now + at_most_ns);
            self.time.now.set(now.max(until));
        }
        Ok(())
    }
    fn reap(&mut self) -> Option<(Slot, i32)> {
        let (done, _) = self.flying.front()?;
        if *done > self.time.now.get() {
            return None;
        }
        let (_, slot) = self.flying.pop_front()?;
        Some((slot, BYTES.cast_signed()))
    }
    fn abandon(&mut self) {}
}

struct Reads;

impl Source for Reads {
    fn next_io(&mut self) -> Option<Io> {
        Some(Io { op: Op::Read, region: Region::Hot, offset: 0, length: BYTES })
    }
}

impl Payload for Reads {
    fn fill(&mut self, _offset: u64, _buffer: &mut [u8]) {}
}

/// Runs on fake time; returns what was seen, the tallies of all seconds joined.
fn simulate<A: Iterator<Item = u64> + Clone>(
    plan: &Plan,
    arrivals: A,
    stall: std::ops::Range<u64>,
    oversleep_ns: u64,
) -> (Finished<A>, Tally) {
    let time = Fake { now: Rc::default(), oversleep_ns };
    let buffers = Buffers::new(plan.iodepth, 1).unwrap();
    let free = slots(&buffers);
    let flying = VecDeque::new();
    let device = Device { time: time.clone(), stall, buffers, queued: Vec::new(), flying };
    let file = tempfile::tempfile().unwrap();
    let target = Target {
        fd: file.as_fd(),
        name: "fake".to_owned(),
        device: 0,
        size_bytes: u64::from(BYTES),
        source: Reads,
        payload: Reads,
        arrivals,
        limit: Limit::default(),
    };
    let (sender, messages) = mpsc::sync_channel(8);
    let (_give, spares) = mpsc::sync_channel(1);
    let flag = AtomicBool::new(false);
    let making = Making {
        slots: free,
        slot_bytes: BYTES,
        tallies: Box::new([Tally::default()]),
        port: Port { thread: 0, sender, spares },
        stop: &flag,
        halt: &flag,
        start: 0,
        first: 0,
    };
    let mut worker = Worker::new(plan, vec![target], (device, time), making);
    match plan.mode {
        Mode::Rate => run(&mut worker),
        Mode::Throughput | Mode::Latency => closed::run(&mut worker, plan),
    }
    let finished = worker.finish();
    let Ok(Message::Done { tallies, .. }) = messages.recv() else { panic!("no last word") };
    (finished, tallies.into_iter().next().unwrap())
}

fn plan(mode: Mode, iodepth: u32, seconds: u64) -> Plan {
    let runtime = Some(Duration::from_secs(seconds));
    Plan { mode, iodepth, runtime, batch_submit: 32, batch_complete: 32, ..Plan::default() }
}

/// 5000 a second.
fn fixed() -> impl Iterator<Item = u64> + Clone {
    (0..).map(|at| at * 200_000)
}

fn read_of(open: &OpenLoop) -> &Histogram {
    &open.response[&Op::Read]
}

/// The response times of a queue before `servers` that serve in order of arrival, computed
/// the way a textbook does and sorted.
fn theory(servers: usize, seconds: u64, stall: std::ops::Range<u64>) -> Vec<u64> {
    let mut free_at: BinaryHeap<_> = (0..servers).map(|_| Reverse(0_u64)).collect();
    let mut all: Vec<u64> = fixed()
        .take_while(|due| *due < seconds * SECOND)
        .map(|due| {
            let Reverse(free) = free_at.pop().unwrap();
            let done = due.max(free) + SERVICE_NS;
            let done = if stall.contains(&done) { stall.end } else { done };
            free_at.push(Reverse(done));
            done - due
        })
        .collect();
    all.sort_unstable();
    all
}

#[test]
fn a_stall_of_a_second_is_seen_by_all_that_had_to_wait_for_it() {
    let stall = 2 * SECOND..3 * SECOND;
    // One server drains what piled up for a second; 4096 have done so at once.
    for depth in [1, 4096] {
        let (seen, _) = simulate(&plan(Mode::Rate, depth, 6), fixed(), stall.clone(), 0);
        let open = seen.lanes.into_iter().next().unwrap().open.tally.unwrap().observed();
        let exact = theory(depth as usize, 6, stall.clone());
        assert_eq!(open.offered, 30_000, "depth {depth}");
        assert_eq!(read_of(&open).count(), 30_000, "depth {depth}");
        for per_million in [500_000, 900_000, 990_000, 999_000] {
            let found = read_of(&open).percentile(per_million).unwrap();
            let wanted = exact[(exact.len() * per_million as usize).div_ceil(1_000_000) - 1];
            let off = found.abs_diff(wanted);
            assert!(off * 100 <= 3 * wanted, "depth {depth}, {per_million} ppm: {found} {wanted}");
        }
        let p99 = read_of(&open).percentile(990_000).unwrap();
        assert!(p99 > 893_000_000, "{p99}");
    }
}

#[test]
fn what_waits_for_a_slot_is_counted_and_is_not_the_generators_lateness() {
    let stall = 2 * SECOND..3 * SECOND;
    let (seen, tally) = simulate(&plan(Mode::Rate, 4096, 6), fixed(), stall, 0);
    let open = seen.lanes.into_iter().next().unwrap().open.tally.unwrap().observed();
    // 5000 are due in the stall and 4096 have a slot.
    assert!((900..=906).contains(&open.backlog_max), "{}", open.backlog_max);
    assert_eq!(open.backlog_end, 0);
    assert!(open.lateness.max().unwrap() < 20_000, "{:?}", open.lateness);
    let late = 30_000 - open.lateness.count();
    assert!((900..=1000).contains(&late), "{late}");
    assert_eq!(tally.streams[0].service.count(), 30_000);
    assert_eq!(tally.streams[0].bytes, 30_000 * u64::from(BYTES));
}

#[test]
fn what_still_waits_at_the_end_is_on_record() {
    // The device stands still beyond the end: 16 of 5000 began.
    let stall = SECOND..3 * SECOND;
    let (seen, _) = simulate(&plan(Mode::Rate, 16, 2), fixed(), stall, 0);
    let open = seen.lanes.into_iter().next().unwrap().open.tally.unwrap().observed();
    assert_eq!(open.offered, 10_000);
    assert_eq!(open.backlog_end, 10_000 - read_of(&open).count());
    assert!(open.backlog_end > 4900, "{}", open.backlog_end);
    assert_eq!(seen.elapsed_ns / 1_000_000, 3000);
}

#[test]
fn a_generator_that_oversleeps_says_so() {
    let (seen, _) = simulate(&plan(Mode::Rate, 64, 2), fixed(), 0..0, 1_000_000);
    let open = seen.lanes.into_iter().next().unwrap().open.tally.unwrap().observed();
    assert_eq!(open.offered, 10_000);
    let late = open.lateness.percentile(500_000).unwrap();
    assert!((100_000..1_000_000).contains(&late), "{late}");
}

#[test]
fn the_ramp_is_neither_offered_nor_measured() {
    let ramped = Plan { ramp: Duration::from_secs(1), ..plan(Mode::Rate, 64, 2) };
    let (seen, tally) = simulate(&ramped, fixed(), 0..0, 0);
    let open = seen.lanes.into_iter().next().unwrap().open.tally.unwrap().observed();
    assert_eq!(open.offered, 10_000);
    assert_eq!(read_of(&open).count(), 10_000);
    assert!((10_000..=10_002).contains(&tally.streams[0].service.count()));
}

#[test]
fn arrivals_that_end_end_the_run() {
    let endless = Plan { runtime: None, ..plan(Mode::Rate, 64, 1) };
    let (seen, tally) = simulate(&endless, fixed().take(100), 0..0, 0);
    assert_eq!(tally.streams[0].service.count(), 100);
    assert!(seen.ended_early.is_none(), "{:?}", seen.ended_early);
    assert!((19_900_000..20_100_000).contains(&seen.elapsed_ns), "{}", seen.elapsed_ns);
}

#[test]
fn idle_time_that_is_spun_is_not_counted_as_busy() {
    let (seen, _) = simulate(&plan(Mode::Rate, 64, 2), fixed(), 0..0, 0);
    // The fake's processor time is all of its time; 100 of each 200 µs are waited for in the
    // engine, where a real thread sleeps, and the rest is slept or spun.
    assert!(seen.cpu_ns < seen.elapsed_ns, "{} {}", seen.cpu_ns, seen.elapsed_ns);
}

#[test]
fn a_closed_loop_keeps_its_depth_and_little_holds() {
    for mode in [Mode::Latency, Mode::Throughput] {
        let (seen, tally) = simulate(&plan(mode, 4, 1), std::iter::empty(), 0..0, 0);
        let service = &tally.streams[0].service;
        let expected = 4 * SECOND / SERVICE_NS;
        assert!(service.count().abs_diff(expected) < expected / 100, "{}", service.count());
        let median = service.percentile(500_000).unwrap();
        assert!(median.abs_diff(SERVICE_NS) < SERVICE_NS / 100, "{median}");
        assert!(seen.elapsed_ns >= SECOND && seen.elapsed_ns < SECOND + 2 * SERVICE_NS);
        // What came in after the end is in the last of the ten windows.
        let windows: Vec<u32> = tally.windows.iter().map(|window| window.ios).collect();
        assert!(windows.iter().all(|ios| ios.abs_diff(4000) < 100), "{windows:?}");
    }
}

#[test]
fn a_device_that_never_answers_does_not_hold_the_run_for_ever() {
    for mode in [Mode::Latency, Mode::Rate] {
        let (seen, tally) = simulate(&plan(mode, 4, 2), fixed(), SECOND..u64::MAX, 0);
        let reason = seen.ended_early.unwrap();
        assert!(reason.starts_with("4 operations did not come back"), "{mode:?}: {reason}");
        assert!(tally.streams[0].service.count() > 4000, "{mode:?}");
        let max = tally.streams[0].service.max().unwrap();
        assert!(max < 2 * SERVICE_NS, "{mode:?}: {max}");
    }
}
