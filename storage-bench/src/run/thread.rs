//! Starts the threads, lets them begin together, and puts together what they return.

use std::num::NonZeroU64;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{Builder, ScopedJoinHandle};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity, set_current_timer_slack};

use super::collect::Collector;
use super::cost::Usage;
use super::outcome::outcome;
use super::tally::{Message, Port, SPARES, Tally};
use super::worker::{Finished, LOOK_NS, Making, Worker};
use super::{Control, Crew, Load, Outcome, Plan, RunError, Target, Watch, closed, open};
use crate::clock::{Clock, Timeline};
use crate::engine::{
    Aio, Buffers, Engine, EngineError, Files, Null, Polling, Ring, Setup, Slot, Sync, Wanted,
    choose, slots,
};
use crate::measurement::{Feature, Mode};
use crate::workload::{Payload, Source};

/// What a thread is given besides its load.
struct Seat<'a> {
    port: Port,
    tallies: Box<[Tally]>,
    /// Tells when the run begins; gone where it does not.
    go: Receiver<u64>,
    stop: &'a AtomicBool,
    halt: &'a AtomicBool,
    engine: Wanted,
    /// The second of the run that its measured part begins in.
    first: u64,
}

/// A crew as the run has it, its threads started.
pub(super) struct Part {
    pub(super) plan: Plan,
    pub(super) engine: Wanted,
    pub(super) chosen: Option<Feature>,
    /// From where the first part begins to measure to where this one does.
    pub(super) after_ns: u64,
    pub(super) threads: usize,
}

/// What a thread returns: nothing where the run did not begin.
type Returned<A> = Option<(Finished<A>, Vec<Feature>)>;

/// See [`super::run`] and [`super::together`].
pub(super) fn run<S, P, A>(
    crews: Vec<Crew<'_, S, P, A>>,
    control: &mut Control<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome, RunError>
where
    S: Source + Send,
    P: Payload + Send,
    A: Iterator<Item = u64> + Clone + Send,
{
    Clock::prepare();
    let parts = crews.iter().map(|crew| part(crew, &crews)).collect::<Result<Vec<_>, _>>()?;
    let of = |load: &Load<'_, S, P, A>| load.targets.iter().map(|target| target.device).collect();
    let devices: Vec<Vec<usize>> =
        crews.iter().flat_map(|crew| crew.loads.iter().map(of)).collect();
    let clock = Clock::get();
    let halts: Vec<AtomicBool> = crews.iter().map(|_| AtomicBool::new(false)).collect();
    let room = devices.len() * (SPARES + 4);
    let (sender, messages) = mpsc::sync_channel(room);
    let (mut spares, mut goes, mut starts) = (Vec::new(), Vec::new(), Vec::new());
    let mut seats = Vec::new();
    for ((part, halt), crew) in parts.iter().zip(&halts).zip(crews) {
        for load in crew.loads {
            let thread = seats.len();
            let tallies = || load.targets.iter().map(|_| Tally::default()).collect::<Box<[_]>>();
            let (give, take) = mpsc::sync_channel(SPARES + 1);
            for _ in 0..SPARES {
                // There is room for one more than there are.
                let _given = give.try_send(tallies());
            }
            spares.push(give);
            let (go, wait) = mpsc::sync_channel(1);
            goes.push(go);
            let first = part.after_ns / 1_000_000_000;
            starts.push(first);
            let seat = Seat {
                port: Port { thread, sender: sender.clone(), spares: take },
                tallies: tallies(),
                go: wait,
                stop: control.stop,
                halt,
                engine: part.engine,
                first,
            };
            seats.push((&part.plan, load, seat));
        }
    }
    drop(sender);
    let exchange = Exchange { messages, spares, goes };
    let keep = parts.iter().any(|part| part.plan.keep_latencies);
    let collector = Collector::new(devices.clone(), starts).keeping(keep);
    let before_ns = parts.iter().map(|part| lead_in_ns(&part.plan)).min().unwrap_or(0);
    let (returned, collector, spent) = std::thread::scope(|scope| {
        let mut handles: Vec<ScopedJoinHandle<'_, Returned<A>>> = Vec::new();
        for (plan, load, seat) in seats {
            let name = format!("load-{}", seat.port.thread);
            let body = move || work(plan, load, seat, clock);
            let spawned = Builder::new().name(name).spawn_scoped(scope, body);
            handles.push(spawned.map_err(|source| RunError::Thread { source })?);
        }
        let collected = exchange.lead(before_ns, clock, collector, control, watch);
        let mut returned = Vec::new();
        for handle in handles {
            match handle.join() {
                Ok(finished) => returned.push(finished),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        let (collector, spent) = collected?;
        Ok((returned, collector, spent))
    })?;
    let returned = returned.into_iter().flatten().collect();
    Ok(outcome(&parts, clock, &devices, returned, collector, spent))
}

/// Returns what the run has to know of a crew beside the others.
fn part<S, P, A>(crew: &Crew<'_, S, P, A>, all: &[Crew<'_, S, P, A>]) -> Result<Part, RunError> {
    let fds = crew.loads.iter().flat_map(|load| load.targets.iter().map(|target| target.fd));
    let files = Files::new(fds).map_err(|source| engine_error(crew.plan.engine, source))?;
    let (engine, chosen) = choose(crew.plan.engine, crew.plan.iodepth, &files);
    let before = all.iter().map(|crew| lead_in_ns(&crew.plan)).min().unwrap_or(0);
    Ok(Part {
        plan: crew.plan.clone(),
        engine,
        chosen,
        after_ns: lead_in_ns(&crew.plan).saturating_sub(before),
        threads: crew.loads.len(),
    })
}

/// Returns how long it is from the start to where a plan begins to measure.
fn lead_in_ns(plan: &Plan) -> u64 {
    nanoseconds(plan.delay.saturating_add(plan.ramp))
}

pub(super) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// The leader's end of all exchanges.
struct Exchange {
    messages: Receiver<Message>,
    spares: Vec<SyncSender<Box<[Tally]>>>,
    goes: Vec<SyncSender<u64>>,
}

impl Exchange {
    /// Lets the threads begin when all are ready, and collects until all are done.
    fn lead(
        self,
        before_ns: u64,
        clock: Clock,
        mut collector: Collector,
        control: &mut Control<'_>,
        watch: &mut dyn Watch,
    ) -> Result<(Collector, Usage), RunError> {
        for _ in 0..self.goes.len() {
            // A thread that panicked says nothing; its panic goes on when it is joined.
            if let Ok(Message::Ready(Err((engine, source)))) = self.messages.recv() {
                return Err(engine_error(engine, source));
            }
        }
        watch.ready();
        let mut before = Usage::now();
        let start = clock.ticks();
        watch.began();
        for go in &self.goes {
            let _sent = go.try_send(start);
        }
        let mut in_ramp = before_ns > 0;
        let mut done = 0;
        while done < self.goes.len() {
            let elapsed = clock.ns(clock.ticks().saturating_sub(start));
            if in_ramp && elapsed >= before_ns {
                in_ramp = false;
                before = Usage::now();
            }
            let left = if in_ramp { before_ns - elapsed } else { u64::from(u32::MAX) };
            match self.messages.recv_timeout(Duration::from_nanos(left)) {
                Ok(message) => done += usize::from(self.take(message, &mut collector)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if done < self.goes.len() {
                while let Some(second) = collector.close_next(watch) {
                    (control.progress)(second);
                }
            }
        }
        let spent = Usage::now().since(before);
        while let Some(second) = collector.close_next(watch) {
            (control.progress)(second);
        }
        Ok((collector, spent))
    }

    /// Adds what a thread says; returns whether it was its last word.
    fn take(&self, message: Message, collector: &mut Collector) -> bool {
        match message {
            Message::Ready(_) => false,
            Message::Second { thread, second, next, mut tallies } => {
                collector.add(thread, second, next, &mut tallies);
                if let Some(spares) = self.spares.get(thread) {
                    // A thread that is done needs none.
                    let _given = spares.try_send(tallies);
                }
                false
            }
            Message::Done { thread, second, mut tallies } => {
                collector.add(thread, second, u64::MAX, &mut tallies);
                true
            }
        }
    }
}

fn engine_error(engine: Wanted, source: EngineError) -> RunError {
    RunError::Engine { engine: engine.name(), source }
}

/// What a thread does from beginning to end.
fn work<S, P, A>(plan: &Plan, load: Load<'_, S, P, A>, seat: Seat<'_>, clock: Clock) -> Returned<A>
where
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    let pinned = load.cpu.map(pin);
    if plan.mode == Mode::Rate {
        // Waking up 50 µs late, as the default allows, would be lateness; refused, it is seen.
        let _set = set_current_timer_slack(NonZeroU64::new(1));
    }
    let (sender, engine) = (seat.port.sender.clone(), seat.engine);
    let started = engines(plan, load.targets, seat, clock, |mut features| {
        features.extend(pinned);
        features
    });
    match started {
        Ok(returned) => returned,
        Err(error) => {
            let _told = sender.try_send(Message::Ready(Err((engine, error))));
            None
        }
    }
}

/// Sets the engine up and runs the load on it.
fn engines<S, P, A>(
    plan: &Plan,
    targets: Vec<Target<'_, S, P, A>>,
    seat: Seat<'_>,
    clock: Clock,
    note: impl FnOnce(Vec<Feature>) -> Vec<Feature>,
) -> Result<Returned<A>, EngineError>
where
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    let count = u32::try_from(targets.len()).unwrap_or(u32::MAX);
    let lanes = if plan.in_turn { 1 } else { count };
    let slot_count = plan.iodepth.saturating_mul(lanes);
    let fds: Vec<BorrowedFd<'_>> = targets.iter().map(|target| target.fd).collect();
    let files = Files::new(fds)?;
    let setup = Setup {
        slots: slot_count,
        batch: plan.batch_submit.min(plan.iodepth).saturating_mul(count).min(slot_count),
        polling: Polling::of(plan.polled, &files),
        sq_thread: plan.sq_thread,
        nop: seat.engine == Wanted::RingNop,
        stable: plan.stable,
    };
    let buffers = Buffers::new(slot_count, plan.max_block_bytes).map_err(|source| {
        let bytes = u64::from(slot_count) * u64::from(plan.max_block_bytes);
        EngineError::Buffers { bytes, source }
    })?;
    let free = slots(&buffers);
    match seat.engine {
        Wanted::Auto | Wanted::IoUring | Wanted::RingNop => {
            let mut ring = Ring::new(&setup)?;
            let (engine, features) = ring.start(files, buffers, &setup)?;
            Ok(drive(plan, targets, seat, (engine, clock), free, note(features)))
        }
        Wanted::Libaio => {
            let (engine, features) = Aio::new(files, buffers, &setup)?;
            Ok(drive(plan, targets, seat, (engine, clock), free, note(features)))
        }
        Wanted::Sync => {
            let (engine, features) = Sync::new(files, buffers, &setup)?;
            Ok(drive(plan, targets, seat, (engine, clock), free, note(features)))
        }
        Wanted::Null => {
            Ok(drive(plan, targets, seat, (Null::new(buffers), clock), free, note(Vec::new())))
        }
    }
}

/// Waits for the word to begin, runs the loop of the mode, and returns what was seen.
fn drive<E, T, S, P, A>(
    plan: &Plan,
    targets: Vec<Target<'_, S, P, A>>,
    seat: Seat<'_>,
    (engine, time): (E, T),
    free: Vec<Slot>,
    features: Vec<Feature>,
) -> Returned<A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    let _told = seat.port.sender.try_send(Message::Ready(Ok(())));
    let start = seat.go.recv().ok()?;
    let start = wait(&seat, start, plan.delay, &time);
    let making = Making {
        slots: free,
        slot_bytes: plan.max_block_bytes,
        tallies: seat.tallies,
        port: seat.port,
        stop: seat.stop,
        halt: seat.halt,
        start,
        first: seat.first,
    };
    let mut worker = Worker::new(plan, targets, (engine, time), making);
    match plan.mode {
        Mode::Throughput | Mode::Latency => closed::run(&mut worker, plan),
        Mode::Rate => open::run(&mut worker),
    }
    if plan.fsync_at_end {
        worker.flush_all();
    }
    Some((worker.finish(), features))
}

/// Waits until the thread's part is to begin, and returns when that is; at once where the run
/// is to end before.
fn wait(seat: &Seat<'_>, start: u64, delay: Duration, time: &impl Timeline) -> u64 {
    let begin = start.saturating_add(time.ticks_of(nanoseconds(delay)));
    if delay.is_zero() {
        return begin;
    }
    loop {
        let now = time.ticks();
        let ended = seat.stop.load(Ordering::Relaxed) || seat.halt.load(Ordering::Relaxed);
        if now >= begin || ended {
            return begin.min(now);
        }
        time.sleep(time.ns(begin - now).min(LOOK_NS));
    }
}

/// Keeps the thread on one processor, and says whether that worked.
fn pin(cpu: usize) -> Feature {
    let name = format!("pinned to processor {cpu}");
    let mut only = CpuSet::new();
    if cpu >= CpuSet::MAX_CPU {
        return Feature::because(name, false, "没有此处理器", "no such processor");
    }
    only.set(cpu);
    match sched_setaffinity(None, &only) {
        Ok(()) => Feature { name, on: true, reason: None, reason_zh: None },
        Err(error) => {
            Feature::because(name, false, format!("内核拒绝：{error}"), error.to_string())
        }
    }
}
