//! Starts the threads, lets them begin together, and puts together what they return.

use std::num::NonZeroU64;
use std::os::fd::BorrowedFd;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{Builder, ScopedJoinHandle};
use std::time::Duration;

use rustix::thread::{CpuSet, sched_setaffinity, set_current_timer_slack};

use super::collect::{Collector, add_errors};
use super::cost::Usage;
use super::open::OpenTally;
use super::tally::{Message, Port, SPARES, Tally};
use super::worker::{Finished, Making, Worker};
use super::{Control, Load, Outcome, Plan, RunError, Target, closed, open};
use crate::clock::{Clock, DRIFT_LIMIT_PPM, Timeline};
use crate::engine::{
    Aio, Buffers, Engine, EngineError, Files, Null, Polling, Ring, Setup, Slot, Sync, Wanted,
    choose, slots,
};
use crate::measurement::{EngineUsed, Feature, Mode};
use crate::observed::{Cost, Observed};
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
}

/// What a thread returns: nothing where the run did not begin.
type Returned<A> = Option<(Finished<A>, Vec<Feature>)>;

/// See [`super::run`].
pub(super) fn run<S, P, A>(
    plan: &Plan,
    loads: Vec<Load<'_, S, P, A>>,
    control: &mut Control<'_>,
) -> Result<Outcome, RunError>
where
    S: Source + Send,
    P: Payload + Send,
    A: Iterator<Item = u64> + Clone + Send,
{
    Clock::prepare();
    let fds = loads.iter().flat_map(|load| load.targets.iter().map(|target| target.fd));
    let files = Files::new(fds).map_err(|source| engine_error(plan.engine, source))?;
    let (engine, chosen) = choose(plan.engine, plan.iodepth, &files);
    let devices: Vec<Vec<usize>> = loads
        .iter()
        .map(|load| load.targets.iter().map(|target| target.device).collect())
        .collect();
    let clock = Clock::get();
    let halt = AtomicBool::new(false);
    let room = loads.len() * (SPARES + 4);
    let (sender, messages) = mpsc::sync_channel(room);
    let (mut spares, mut goes) = (Vec::new(), Vec::new());
    let mut seats = Vec::new();
    for (thread, load) in loads.iter().enumerate() {
        let tallies = || load.targets.iter().map(|_| Tally::default()).collect::<Box<[_]>>();
        let (give, take) = mpsc::sync_channel(SPARES + 1);
        for _ in 0..SPARES {
            // There is room for one more than there are.
            let _given = give.try_send(tallies());
        }
        spares.push(give);
        let (go, wait) = mpsc::sync_channel(1);
        goes.push(go);
        seats.push(Seat {
            port: Port { thread, sender: sender.clone(), spares: take },
            tallies: tallies(),
            go: wait,
            stop: control.stop,
            halt: &halt,
            engine,
        });
    }
    drop(sender);
    let exchange = Exchange { messages, spares, goes };
    let (returned, collector, spent) = std::thread::scope(|scope| {
        let mut handles: Vec<ScopedJoinHandle<'_, Returned<A>>> = Vec::new();
        for (load, seat) in loads.into_iter().zip(seats) {
            let name = format!("load-{}", seat.port.thread);
            let body = move || work(plan, load, seat, clock);
            let spawned = Builder::new().name(name).spawn_scoped(scope, body);
            handles.push(spawned.map_err(|source| RunError::Thread { source })?);
        }
        let collector = Collector::new(devices.clone()).keeping(plan.keep_latencies);
        let collected = exchange.lead(plan, engine, clock, collector, control);
        let mut returned = Vec::new();
        for handle in handles {
            match handle.join() {
                Ok(finished) => returned.extend(finished),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        let (collector, spent) = collected?;
        Ok((returned, collector, spent))
    })?;
    Ok(outcome(plan, engine, chosen, clock, &devices, returned, collector, spent))
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
        plan: &Plan,
        engine: Wanted,
        clock: Clock,
        mut collector: Collector,
        control: &mut Control<'_>,
    ) -> Result<(Collector, Usage), RunError> {
        for _ in 0..self.goes.len() {
            // A thread that panicked says nothing; its panic goes on when it is joined.
            if let Ok(Message::Ready(Err(source))) = self.messages.recv() {
                return Err(engine_error(engine, source));
            }
        }
        let mut before = Usage::now();
        let start = clock.ticks();
        for go in &self.goes {
            let _sent = go.try_send(start);
        }
        let mut in_ramp = !plan.ramp.is_zero();
        let ramp_ns = u64::try_from(plan.ramp.as_nanos()).unwrap_or(u64::MAX);
        let mut done = 0;
        while done < self.goes.len() {
            let elapsed = clock.ns(clock.ticks().saturating_sub(start));
            if in_ramp && elapsed >= ramp_ns {
                in_ramp = false;
                before = Usage::now();
            }
            let left = if in_ramp { ramp_ns - elapsed } else { u64::from(u32::MAX) };
            match self.messages.recv_timeout(Duration::from_nanos(left)) {
                Ok(message) => done += usize::from(self.take(message, &mut collector)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if done < self.goes.len() {
                while let Some(second) = collector.close_next() {
                    (control.progress)(second);
                }
            }
        }
        let spent = Usage::now().since(before);
        while let Some(second) = collector.close_next() {
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
    let sender = seat.port.sender.clone();
    let started = engines(plan, load.targets, seat, clock, |mut features| {
        features.extend(pinned);
        features
    });
    match started {
        Ok(returned) => returned,
        Err(error) => {
            let _told = sender.try_send(Message::Ready(Err(error)));
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
    let slot_count = plan.iodepth.saturating_mul(count);
    let fds: Vec<BorrowedFd<'_>> = targets.iter().map(|target| target.fd).collect();
    let files = Files::new(fds)?;
    let setup = Setup {
        slots: slot_count,
        batch: plan.batch_submit.min(plan.iodepth).saturating_mul(count),
        polling: Polling::of(plan.polled, &files),
        sq_thread: plan.sq_thread,
        nop: seat.engine == Wanted::RingNop,
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
    let making = Making {
        slots: free,
        slot_bytes: plan.max_block_bytes,
        tallies: seat.tallies,
        port: seat.port,
        stop: seat.stop,
        halt: seat.halt,
        start,
    };
    let mut worker = Worker::new(plan, targets, (engine, time), making);
    match plan.mode {
        Mode::Throughput | Mode::Latency => closed::run(&mut worker, plan),
        Mode::Rate => open::run(&mut worker),
    }
    Some((worker.finish(), features))
}

/// Keeps the thread on one processor, and says whether that worked.
fn pin(cpu: usize) -> Feature {
    let name = format!("pinned to processor {cpu}");
    let mut only = CpuSet::new();
    if cpu >= CpuSet::MAX_CPU {
        return Feature { name, on: false, reason: Some("no such processor".to_owned()) };
    }
    only.set(cpu);
    match sched_setaffinity(None, &only) {
        Ok(()) => Feature { name, on: true, reason: None },
        Err(error) => Feature { name, on: false, reason: Some(error.to_string()) },
    }
}

/// Puts together what the threads returned.
#[expect(clippy::too_many_arguments, reason = "all that a run leaves behind")]
fn outcome<A>(
    plan: &Plan,
    engine: Wanted,
    chosen: Option<Feature>,
    clock: Clock,
    devices: &[Vec<usize>],
    returned: Vec<(Finished<A>, Vec<Feature>)>,
    collector: Collector,
    spent: Usage,
) -> Outcome {
    let count = devices.iter().flatten().max().map_or(0, |last| last + 1);
    let mut elapsed = vec![0_u64; count + 1];
    for (finished, _) in &returned {
        for lane in &finished.lanes {
            for place in [0, 1 + lane.device] {
                if let Some(elapsed) = elapsed.get_mut(place) {
                    *elapsed = lane.elapsed_ns.max(*elapsed);
                }
            }
        }
    }
    let runtime_ns = plan.runtime.map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    let mut views = collector.observed(&elapsed, runtime_ns);
    let mut open: Vec<Option<OpenTally>> = vec![None; views.len()];
    let clock_drift_ppm = clock.drift_ppm();
    let used = used(engine, chosen, &returned, clock, clock_drift_ppm);
    let busiest = returned.iter().map(|(finished, _)| finished.busy_ppm()).max().unwrap_or(0);
    let cost = Cost {
        user_ns: spent.user_ns,
        system_ns: spent.system_ns,
        busiest_thread_ppm: busiest,
        steal_ppm: spent.steal_ppm(),
    };
    let mut ended_early = None;
    for (finished, _) in returned {
        ended_early = ended_early.or(finished.ended_early);
        for lane in finished.lanes {
            for place in [0, 1 + lane.device] {
                if let Some(view) = views.get_mut(place) {
                    add_errors(&mut view.errors, &lane.errors);
                }
                if let (Some(all), Some(own)) = (open.get_mut(place), &lane.open.tally) {
                    all.get_or_insert_default().merge(own);
                }
            }
        }
    }
    for (view, open) in views.iter_mut().zip(open) {
        view.open_loop = open.map(OpenTally::observed);
        view.engine = used.clone();
        view.cost = cost;
        view.ended_early.clone_from(&ended_early);
    }
    let mut views = views.into_iter();
    let observed = views.next().unwrap_or_default();
    let devices: Vec<Observed> = views.collect();
    Outcome { observed, devices, clock_drift_ppm }
}

/// Returns what was in force: of all threads, where one went without so did the run.
fn used<A>(
    engine: Wanted,
    chosen: Option<Feature>,
    returned: &[(Finished<A>, Vec<Feature>)],
    clock: Clock,
    drift_ppm: u32,
) -> EngineUsed {
    let mut feature: Vec<Feature> = chosen.into_iter().collect();
    for own in returned.iter().flat_map(|(_, features)| features) {
        match feature.iter_mut().find(|known| known.name == own.name) {
            None => feature.push(own.clone()),
            Some(known) if known.on && !own.on => *known = own.clone(),
            Some(_) => {}
        }
    }
    if drift_ppm > DRIFT_LIMIT_PPM {
        let reason = format!("its rate changed by {drift_ppm} ppm during the run");
        feature.push(Feature { name: "steady clock".to_owned(), on: false, reason: Some(reason) });
    }
    EngineUsed { name: engine.name().to_owned(), feature, clock: clock.name().to_owned() }
}
