//! Targets of one thread that share its operations in flight, and the flush at the end.

use super::super::worker::Ending;
use super::{Flight, LOOK_NS, Worker};
use crate::clock::Timeline;
use crate::engine::{Engine, Kind, Request, Slot};
use crate::workload::{Op, Payload, Source};

impl<E, T, S, P, A> Worker<'_, E, T, S, P, A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    /// Gives a slot to the next target that has something left to do.
    #[inline]
    pub(super) fn pass(&mut self, from: usize, slot: Slot) {
        let count = self.lanes.len();
        let mut to = from;
        for _ in 0..count {
            to = if to + 1 < count { to + 1 } else { 0 };
            if self.lanes.get(to).is_some_and(|lane| !lane.exhausted) {
                break;
            }
        }
        if let Some(lane) = self.lanes.get_mut(to) {
            lane.free.push(slot);
        }
    }

    /// Gives the free slots of a target that is at its end to the others.
    #[cold]
    pub(super) fn pass_all(&mut self, from: usize) {
        let free = self.lanes.get_mut(from).map(|lane| std::mem::take(&mut lane.free));
        if self.lanes.iter().any(|lane| !lane.exhausted) {
            free.into_iter().flatten().for_each(|slot| self.pass(from, slot));
        } else if let (Some(lane), Some(free)) = (self.lanes.get_mut(from), free) {
            lane.free = free;
        }
    }

    /// Flushes every target, and waits until that is done: the end of the load.
    pub(in crate::run) fn flush_all(&mut self) {
        if self.period.ending == Some(Ending::Halt) || self.inflight > 0 {
            return;
        }
        for index in 0..self.lanes.len() {
            let Some(mut slot) = self.lanes.iter_mut().find_map(|lane| lane.free.pop()) else {
                return;
            };
            #[expect(clippy::cast_possible_truncation, reason = "as many targets as the run has")]
            let file = index as u16;
            let request = Request { kind: Kind::Flush, file, offset: 0, length: 0, done: 0 };
            if let Some(flight) = self.flights.get_mut(slot.index() as usize) {
                *flight = Flight { request, op: Op::Write, ..*flight };
            }
            self.inflight += 1;
            loop {
                match self.engine.push(slot, &request) {
                    Ok(()) => break,
                    Err(back) => slot = back,
                }
                self.exchange(0, 0);
            }
            while self.inflight > 0 {
                let now = self.exchange(1, LOOK_NS);
                if self.is_over(now) {
                    break;
                }
            }
            let now = self.time.ticks();
            if let Some(lane) = self.lanes.get_mut(index) {
                lane.last = now;
            }
        }
    }
}
