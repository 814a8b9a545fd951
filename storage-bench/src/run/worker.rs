//! One thread's part of a run: what both loops do to begin, end and count an operation.
//!
//! Nothing here allocates once the run goes, or asks the kernel for anything but what the
//! engine does for it: time is read once before operations are handed over and once after
//! completions came, which is what their latency spans.

mod period;
mod turn;

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

pub(super) use self::period::{Ending, Finished, Period};
use super::cost::Usage;
use super::tally::{Port, Tally, WINDOW_NS, op_index, stream_of};
use super::{Limit, OnError, Plan, Target};
use crate::clock::Timeline;
use crate::engine::{Engine, Kind, Request, Slot};
use crate::workload::{Io, Op, Payload, Region, Source};

/// Longest wait for a completion: then the flags and the time are looked at.
pub(super) const LOOK_NS: u64 = WINDOW_NS;
/// Number of an error that has none: the file ended.
pub(super) const END_OF_FILE: i32 = 0;

/// A thread at work.
#[derive(Debug)]
pub(super) struct Worker<'a, E, T, S, P, A> {
    pub(super) engine: E,
    pub(super) time: T,
    pub(super) lanes: Vec<Lane<S, P, A>>,
    /// What is known of the operation of each slot.
    flights: Box<[Flight]>,
    /// Slots queued since the last hand-over: their time starts with the next.
    fresh: Vec<u32>,
    /// Slots whose operation has to be queued again: moved in part, or put off.
    again: Vec<Slot>,
    pub(super) inflight: u32,
    pub(super) batch_submit: u32,
    fsync_every: u32,
    /// Whether the targets share the slots.
    pub(super) in_turn: bool,
    slot_bytes: u32,
    on_error: OnError,
    tallies: Box<[Tally]>,
    pub(super) period: Period,
    port: Port,
    /// Set by whoever wants the run to end.
    stop: &'a AtomicBool,
    /// Set by the thread whose operation failed.
    halt: &'a AtomicBool,
    pub(super) ended_early: Option<String>,
}

/// A target at work.
#[derive(Debug)]
pub(super) struct Lane<S, P, A> {
    pub(super) name: String,
    pub(super) device: usize,
    size_bytes: u64,
    source: S,
    payload: P,
    left: Limit,
    /// Slots without an operation; the last used on top, since its memory is in the caches.
    pub(super) free: Vec<Slot>,
    /// Whether the load is at its end.
    pub(super) exhausted: bool,
    unflushed: u32,
    pub(super) errors: BTreeMap<(Op, i32), u64>,
    /// When the last operation was complete.
    pub(super) last: u64,
    /// Operations since the last pause, and when the pause is over.
    pub(super) thought: u32,
    pub(super) resume: u64,
    pub(super) open: super::open::Due<A>,
}

/// An operation in flight.
#[derive(Clone, Copy, Debug)]
struct Flight {
    request: Request,
    stream: u8,
    op: Op,
    /// Whether the generator alone decided when it began: its lateness counts.
    punctual: bool,
    /// When it was handed over, in ticks.
    submitted: u64,
    /// When it was due, in nanoseconds from the start of the run; the open loop's.
    due_ns: u64,
}

/// What was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begun {
    /// The next operation of the load.
    Operation,
    /// A flush before it.
    Flush,
    /// Nothing: the load is at its end, or asks for what cannot be.
    Nothing,
}

/// What a worker is made from, besides what it works on.
pub(super) struct Making<'a> {
    pub(super) slots: Vec<Slot>,
    pub(super) slot_bytes: u32,
    pub(super) tallies: Box<[Tally]>,
    pub(super) port: Port,
    pub(super) stop: &'a AtomicBool,
    pub(super) halt: &'a AtomicBool,
    /// Start of the run, in ticks.
    pub(super) start: u64,
    /// The second of the run that the measured part begins in.
    pub(super) first: u64,
}

impl<'a, E, T, S, P, A> Worker<'a, E, T, S, P, A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    pub(super) fn new(
        plan: &Plan,
        targets: Vec<Target<'_, S, P, A>>,
        (engine, time): (E, T),
        mut making: Making<'a>,
    ) -> Self {
        let count = making.slots.len();
        let open = plan.mode == crate::measurement::Mode::Rate;
        let depth = plan.iodepth as usize;
        let in_turn = plan.in_turn && targets.len() > 1;
        let mut left = targets.len();
        let lane = |target: Target<'_, S, P, A>| {
            let mut free = Vec::with_capacity(depth);
            // Shared ones are dealt out, and then go round.
            let own = if in_turn { making.slots.len().div_ceil(left.max(1)) } else { depth };
            left = left.saturating_sub(1);
            free.extend(making.slots.drain(making.slots.len().saturating_sub(own)..));
            Lane {
                name: target.name,
                device: target.device,
                size_bytes: target.size_bytes,
                source: target.source,
                payload: target.payload,
                left: target.limit,
                free,
                exhausted: false,
                unflushed: 0,
                errors: BTreeMap::new(),
                last: making.start,
                thought: 0,
                resume: 0,
                open: super::open::Due::new(target.arrivals, open),
            }
        };
        let lanes = targets.into_iter().map(lane).collect();
        let nothing = Request { kind: Kind::Read, file: 0, offset: 0, length: 0, done: 0 };
        let flight = Flight {
            request: nothing,
            stream: 0,
            op: Op::Read,
            punctual: false,
            submitted: 0,
            due_ns: 0,
        };
        let nanoseconds =
            |time: std::time::Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let period = Period {
            start: making.start,
            ramp_ns: nanoseconds(plan.ramp),
            runtime_ns: plan.runtime.map(nanoseconds),
            mark: making.start,
            measuring: false,
            ending: None,
            second: making.first,
            first: making.first,
            window: 0,
            cpu_ns: 0,
            usage: Usage::default(),
            spun: 0,
            give_up_ns: u64::MAX,
        };
        Self {
            engine,
            time,
            lanes,
            flights: vec![flight; count].into_boxed_slice(),
            fresh: Vec::with_capacity(count),
            again: Vec::with_capacity(count),
            inflight: 0,
            batch_submit: plan.batch_submit,
            fsync_every: plan.fsync_every,
            in_turn,
            slot_bytes: making.slot_bytes,
            on_error: plan.on_error,
            tallies: making.tallies,
            period,
            port: making.port,
            stop: making.stop,
            halt: making.halt,
            ended_early: None,
        }
    }

    /// Returns the time since the run began.
    #[inline]
    pub(super) fn since_start(&self, now: u64) -> u64 {
        self.time.ns(now.wrapping_sub(self.period.start))
    }

    /// Queues the next operation of a lane that has a free slot.
    #[inline]
    pub(super) fn begin(&mut self, lane_index: usize, due_ns: u64, punctual: bool) -> Begun {
        let Some(lane) = self.lanes.get_mut(lane_index) else { return Begun::Nothing };
        let Some(mut slot) = lane.free.pop() else { return Begun::Nothing };
        let flush = self.fsync_every > 0 && lane.unflushed >= self.fsync_every;
        let next = if flush { None } else { lane.next_io() };
        let (kind, io) = match next {
            Some(io) => (kind_of(io.op), io),
            None if flush => {
                lane.unflushed = 0;
                (Kind::Flush, Io { op: Op::Write, region: Region::Hot, offset: 0, length: 0 })
            }
            None => {
                lane.free.push(slot);
                if self.in_turn {
                    self.pass_all(lane_index);
                }
                return Begun::Nothing;
            }
        };
        if kind != Kind::Flush && !fits(&io, lane.size_bytes, self.slot_bytes) {
            lane.free.push(slot);
            lane.exhausted = true;
            let asked = format!(
                "the load asks for a {} of {} bytes at {} of `{}`, which has {} bytes",
                io.op, io.length, io.offset, lane.name, lane.size_bytes
            );
            self.fail(asked);
            return Begun::Nothing;
        }
        if kind == Kind::Write {
            lane.unflushed = lane.unflushed.saturating_add(1);
            lane.payload.fill(io.offset, self.engine.buffer(&mut slot, io.length));
        }
        #[expect(clippy::cast_possible_truncation, reason = "as many targets as the run has")]
        let file = lane_index as u16;
        let request = Request { kind, file, offset: io.offset, length: io.length, done: 0 };
        let index = slot.index();
        #[expect(clippy::cast_possible_truncation, reason = "below 6")]
        let stream = stream_of(io.op, io.region) as u8;
        if let Some(flight) = self.flights.get_mut(index as usize) {
            *flight = Flight { request, stream, op: io.op, punctual, submitted: 0, due_ns };
        }
        self.inflight += 1;
        self.fresh.push(index);
        if let Err(slot) = self.engine.push(slot, &request) {
            self.again.push(slot);
        }
        if flush { Begun::Flush } else { Begun::Operation }
    }

    /// Whether something is queued that the kernel does not have yet.
    #[inline]
    pub(super) fn has_fresh(&self) -> bool {
        !self.fresh.is_empty() || !self.again.is_empty()
    }

    /// Queues what has to go again.
    #[cold]
    fn push_again(&mut self) {
        for _ in 0..self.again.len() {
            let Some(slot) = self.again.pop() else { break };
            let Some(flight) = self.flights.get(slot.index() as usize) else { continue };
            if let Err(slot) = self.engine.push(slot, &flight.request) {
                self.again.push(slot);
                break;
            }
        }
    }

    /// Hands over what is queued, waits, takes every completion that is there, and returns the
    /// time they count as of.
    #[inline]
    pub(super) fn exchange(&mut self, want: u32, at_most_ns: u64) -> u64 {
        if !self.again.is_empty() {
            self.push_again();
        }
        if !self.fresh.is_empty() {
            let now = self.time.ticks();
            for index in &self.fresh {
                if let Some(flight) = self.flights.get_mut(*index as usize) {
                    flight.submitted = now;
                }
            }
            self.fresh.clear();
        }
        if let Err(error) = self.engine.enter(want, at_most_ns) {
            self.fail(format!("the engine failed: {error}"));
            // What it has in flight will not come back.
            self.period.give_up_ns = 0;
        }
        let now = self.time.ticks();
        self.look(now);
        while let Some((slot, result)) = self.engine.reap() {
            self.complete(slot, result, now);
        }
        now
    }

    /// Counts a completion.
    #[inline]
    fn complete(&mut self, slot: Slot, result: i32, now: u64) {
        let Some(flight) = self.flights.get(slot.index() as usize) else { return };
        let request = flight.request;
        let left = (request.length - request.done).cast_signed();
        if result == left && request.kind != Kind::Flush {
            self.count(slot, request.length, now);
        } else {
            self.complete_odd(slot, result, now);
        }
    }

    /// Counts an operation that moved `bytes`, and frees its slot.
    #[inline]
    fn count(&mut self, slot: Slot, bytes: u32, now: u64) {
        let Some(flight) = self.flights.get(slot.index() as usize) else { return };
        let file = usize::from(flight.request.file);
        let (Some(lane), Some(tally)) = (self.lanes.get_mut(file), self.tallies.get_mut(file))
        else {
            return;
        };
        let service_ns = self.time.ns(now.wrapping_sub(flight.submitted));
        if let Some(stream) = tally.streams.get_mut(usize::from(flight.stream)) {
            stream.bytes += u64::from(bytes);
            stream.service.record(service_ns);
        }
        if let Some(window) = tally.windows.get_mut(self.period.window) {
            window.ios += 1;
            window.bytes += u64::from(bytes);
        }
        if let Some(tally) = &mut lane.open.tally {
            let submitted_ns = self.time.ns(flight.submitted.wrapping_sub(self.period.start));
            let late_ns = submitted_ns.saturating_sub(flight.due_ns);
            if flight.due_ns >= self.period.ramp_ns {
                let late = flight.punctual.then_some(late_ns);
                tally.record(op_index(flight.op), late_ns + service_ns, late);
            }
            if lane.free.is_empty() {
                lane.open.free_since_ns = submitted_ns + service_ns;
            }
        }
        lane.last = now;
        self.inflight -= 1;
        if self.in_turn {
            return self.pass(file, slot);
        }
        lane.free.push(slot);
    }

    /// What is not the rule: a trim, a flush, a part, an error.
    #[cold]
    fn complete_odd(&mut self, slot: Slot, result: i32, now: u64) {
        let Some(flight) = self.flights.get_mut(slot.index() as usize) else { return };
        let request = &mut flight.request;
        let carries = matches!(request.kind, Kind::Read | Kind::Write);
        let wrong = match u32::try_from(result) {
            Ok(moved) if carries && moved > 0 => {
                request.done = request.length.min(request.done + moved);
                self.again.push(slot);
                return;
            }
            Ok(_nothing) if carries => END_OF_FILE,
            Ok(_) if request.kind == Kind::Trim => {
                let length = request.length;
                return self.count(slot, length, now);
            }
            Ok(_) => return self.free(slot),
            Err(_negative) => -result,
        };
        if wrong == libc::EAGAIN || wrong == libc::EINTR {
            self.again.push(slot);
            return;
        }
        let (op, request) = (flight.op, flight.request);
        let text = if wrong == END_OF_FILE {
            format!("nothing more after {} bytes", request.done)
        } else {
            io::Error::from_raw_os_error(wrong).to_string()
        };
        let verb = if request.kind == Kind::Flush { "flush".to_owned() } else { op.to_string() };
        if let Some(lane) = self.lanes.get_mut(usize::from(request.file)) {
            *lane.errors.entry((op, wrong)).or_insert(0) += 1;
            let text = format!(
                "{verb} of {} bytes at {} of `{}` failed: {text}",
                request.length, request.offset, lane.name
            );
            if self.on_error == OnError::Stop {
                self.fail(text);
            }
        }
        self.free(slot);
    }

    /// Frees a slot whose operation does not count.
    fn free(&mut self, slot: Slot) {
        self.inflight -= 1;
        let Some(flight) = self.flights.get(slot.index() as usize) else { return };
        let file = usize::from(flight.request.file);
        if self.in_turn {
            self.pass(file, slot);
        } else if let Some(lane) = self.lanes.get_mut(file) {
            lane.free.push(slot);
        }
    }

    /// Ends the run of all threads; the first reason stays.
    #[cold]
    pub(super) fn fail(&mut self, reason: String) {
        self.halt.store(true, Ordering::Relaxed);
        self.ended_early.get_or_insert(reason);
        self.end(Ending::Halt);
    }
}

impl<S: Source, P, A> Lane<S, P, A> {
    /// Returns the next operation within the lane's limits; `None`, from then on, at the end.
    #[inline]
    fn next_io(&mut self) -> Option<Io> {
        let next = if self.left.ios == 0 || self.exhausted { None } else { self.source.next_io() };
        let next = next.filter(|io| u64::from(io.length) <= self.left.bytes);
        let Some(io) = next else {
            self.exhausted = true;
            return None;
        };
        self.left.ios -= 1;
        self.left.bytes -= u64::from(io.length);
        Some(io)
    }
}

#[inline]
fn kind_of(op: Op) -> Kind {
    match op {
        Op::Read => Kind::Read,
        Op::Write => Kind::Write,
        Op::Trim => Kind::Trim,
    }
}

/// Whether an operation stays within its target, and its data within a slot's buffer.
#[inline]
fn fits(io: &Io, size_bytes: u64, slot_bytes: u32) -> bool {
    let end = io.offset.checked_add(u64::from(io.length));
    let data = io.op == Op::Trim || (io.length <= slot_bytes && io.length > 0);
    data && io.length <= i32::MAX.cast_unsigned() && end.is_some_and(|end| end <= size_bytes)
}
