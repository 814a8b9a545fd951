//! The open loop: operations begin when they are due, whatever the device does.
//!
//! Where a device falls behind, what is due waits for a slot and keeps its time: nothing is
//! dropped, and nothing is stored either, since the times can be had again. Response is
//! counted from the time an operation was due, so that a stall of the device is seen by all
//! that had to wait for it; lateness is the generator's own delay only (storage design §2).

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use super::tally::ops;
use super::worker::{Begun, Ending, LOOK_NS, Worker};
use crate::clock::Timeline;
use crate::engine::Engine;
use crate::histogram::Histogram;
use crate::observed::OpenLoop;
use crate::workload::{Payload, Source};

/// Time before an operation is due that is spun, not slept: waking up costs 9 µs at the
/// median and ten times that in a virtual machine.
const SPIN_NS: u64 = 60_000;

/// What a target of an open loop has to do, and did.
#[derive(Debug)]
pub(super) struct Due<A> {
    arrivals: A,
    /// When the next operation is due; `None` at the end.
    next: Option<u64>,
    /// The arrivals beyond the backlog, while there is one.
    ahead: Option<(A, Option<u64>)>,
    /// Operations that are due and wait for a slot.
    backlog: u64,
    /// Since when a slot has been free.
    pub(super) free_since_ns: u64,
    /// Whether there was none when last looked at.
    full: bool,
    /// `None` in a closed loop.
    pub(super) tally: Option<Box<OpenTally>>,
}

/// What only an open loop counts.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenTally {
    offered: u64,
    response: [Histogram; 3],
    lateness: Histogram,
    backlog_max: u64,
    backlog_end: u64,
}

impl OpenTally {
    #[inline]
    pub(super) fn record(&mut self, op: usize, response_ns: u64, late_ns: Option<u64>) {
        if let Some(response) = self.response.get_mut(op) {
            response.record(response_ns);
        }
        if let Some(late_ns) = late_ns {
            self.lateness.record(late_ns);
        }
    }

    /// Adds what another target saw. Backlogs of targets that ran side by side add up; their
    /// sum is at least the largest there was.
    pub(super) fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        for (mine, theirs) in self.response.iter_mut().zip(&other.response) {
            mine.merge(theirs);
        }
        self.lateness.merge(&other.lateness);
        self.backlog_max += other.backlog_max;
        self.backlog_end += other.backlog_end;
    }

    pub(super) fn observed(self) -> OpenLoop {
        let all = ops().into_iter().zip(self.response);
        let mut response = BTreeMap::new();
        response.extend(all.filter(|(_, histogram)| histogram.count() > 0));
        OpenLoop {
            offered: self.offered,
            response,
            lateness: self.lateness,
            backlog_max: self.backlog_max,
            backlog_end: self.backlog_end,
        }
    }
}

impl<A: Iterator<Item = u64> + Clone> Due<A> {
    pub(super) fn new(mut arrivals: A, open: bool) -> Self {
        let next = if open { arrivals.next() } else { None };
        let tally = open.then(Box::default);
        Self { arrivals, next, ahead: None, backlog: 0, free_since_ns: 0, full: false, tally }
    }

    /// Goes on to the next arrival: one has begun.
    #[inline]
    fn began(&mut self, ramp_ns: u64) {
        let due = self.next;
        self.next = self.arrivals.next();
        if self.backlog > 0 {
            self.backlog -= 1;
            if self.backlog == 0 {
                self.ahead = None;
            }
        }
        if let Some(tally) = self.tally.as_mut().filter(|_| due >= Some(ramp_ns)) {
            tally.offered += 1;
        }
    }

    /// Counts what is due at `at` and before `horizon` and has no slot.
    #[cold]
    fn count_backlog(&mut self, at: u64, horizon: u64) {
        if self.ahead.is_none() && self.next.is_none_or(|due| due > at || due >= horizon) {
            return;
        }
        let (arrivals, next) = self.ahead.get_or_insert_with(|| (self.arrivals.clone(), self.next));
        while next.is_some_and(|due| due <= at && due < horizon) {
            self.backlog += 1;
            *next = arrivals.next();
        }
        if let Some(tally) = &mut self.tally {
            tally.backlog_max = tally.backlog_max.max(self.backlog);
        }
    }

    /// Notes what waits for a slot at the end, and that it never began.
    fn close(&mut self, ramp_ns: u64) {
        while let Some(due) = self.next.filter(|_| self.backlog > 0) {
            self.backlog -= 1;
            self.next = self.arrivals.next();
            if let Some(tally) = self.tally.as_mut().filter(|_| due >= ramp_ns) {
                tally.offered += 1;
                tally.backlog_end += 1;
            }
        }
        self.ahead = None;
    }
}

/// Runs until the time, the loads or the run is over.
pub(super) fn run<E, T, S, P, A>(worker: &mut Worker<'_, E, T, S, P, A>)
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    let period = worker.period;
    let horizon =
        period.runtime_ns.map_or(u64::MAX, |runtime| period.ramp_ns.saturating_add(runtime));
    loop {
        let now = worker.time.ticks();
        worker.look(now);
        let at = worker.since_start(now);
        let next = worker.begin_due(at, horizon);
        if worker.has_fresh() {
            worker.exchange(0, 0);
            continue;
        }
        if worker.is_over(now) {
            return;
        }
        // At the end there is only what is in flight to wait for.
        let ending = worker.period.ending.is_some();
        let until = if ending { u64::MAX } else { next.min(horizon) };
        let gap = until.saturating_sub(at);
        if gap > SPIN_NS {
            let sleep_ns = (gap - SPIN_NS).min(LOOK_NS);
            if worker.inflight > 0 {
                worker.exchange(1, sleep_ns);
            } else {
                worker.time.sleep(sleep_ns);
            }
        } else if worker.inflight > 0 {
            let before = worker.inflight;
            let after = worker.exchange(0, 0);
            if worker.inflight == before {
                worker.period.spun += after.saturating_sub(now);
            }
        } else {
            worker.spin(now, until);
        }
    }
}

impl<E, T, S, P, A> Worker<'_, E, T, S, P, A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    /// Queues what is due and has a slot; returns when the next operation is due that can
    /// begin without a completion.
    #[inline]
    fn begin_due(&mut self, at: u64, horizon: u64) -> u64 {
        let ramp_ns = self.period.ramp_ns;
        let mut earliest = u64::MAX;
        for index in 0..self.lanes.len() {
            if let Some(lane) = self.lanes.get_mut(index).filter(|lane| lane.open.full) {
                // What came due before a slot was free waited, though there is one now.
                let free = !lane.free.is_empty();
                let until = if free { lane.open.free_since_ns } else { at };
                lane.open.count_backlog(until, horizon);
                lane.open.full = !free;
            }
            for _ in 0..self.batch_submit {
                let Some(lane) = self.lanes.get_mut(index).filter(|lane| !lane.exhausted) else {
                    break;
                };
                let halted = matches!(self.period.ending, Some(Ending::Halt | Ending::Load));
                let Some(due) = lane.open.next.filter(|_| !halted) else {
                    lane.open.close(ramp_ns);
                    lane.exhausted = !halted;
                    break;
                };
                if due > at || due >= horizon {
                    earliest = earliest.min(due);
                    break;
                }
                if lane.free.is_empty() {
                    lane.open.full = true;
                    lane.open.count_backlog(at, horizon);
                }
                if self.period.ending.is_some() && lane.open.backlog > 0 {
                    // Slots that become free now are not for what was too late.
                    lane.open.close(ramp_ns);
                }
                if lane.free.is_empty() || lane.open.next != Some(due) {
                    break;
                }
                let punctual = lane.open.backlog == 0 && due >= lane.open.free_since_ns;
                match self.begin(index, due, punctual) {
                    Begun::Operation => {}
                    Begun::Flush => continue,
                    Begun::Nothing => break,
                }
                if let Some(lane) = self.lanes.get_mut(index) {
                    lane.open.began(ramp_ns);
                    lane.open.full = lane.free.is_empty();
                }
            }
        }
        earliest
    }

    /// Passes the time until `next`, or until it is time to look.
    fn spin(&mut self, from: u64, next: u64) {
        let mut now = from;
        while self.since_start(now) < next && now < self.period.mark {
            std::hint::spin_loop();
            now = self.time.ticks();
        }
        self.period.spun += now.saturating_sub(from);
    }
}
