//! The closed loop: as many operations in flight as were asked for, always.

use super::worker::{Begun, LOOK_NS, Worker};
use super::{Plan, Think};
use crate::clock::Timeline;
use crate::engine::Engine;
use crate::measurement::Mode;
use crate::workload::{Payload, Source};

/// Runs until the time, the loads or the run is over.
pub(super) fn run<E, T, S, P, A>(worker: &mut Worker<'_, E, T, S, P, A>, plan: &Plan)
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    // For latency each completion is taken as it comes: an operation must not wait for others.
    let batch = if plan.mode == Mode::Throughput { plan.batch_complete } else { 1 };
    let pause = plan.think.map_or(0, |think| ticks(&worker.time, think));
    let mut now = worker.time.ticks();
    worker.look(now);
    loop {
        let resume = worker.begin_all(plan.think, pause, now);
        if worker.is_over(now) {
            return;
        }
        let wait_ns = worker.time.ns(resume.saturating_sub(now)).min(LOOK_NS);
        if worker.inflight == 0 {
            worker.time.sleep(wait_ns);
            now = worker.time.ticks();
            worker.look(now);
        } else {
            now = worker.exchange(worker.inflight.min(batch), wait_ns);
        }
    }
}

fn ticks(time: &impl Timeline, think: Think) -> u64 {
    time.ticks_of(u64::try_from(think.pause.as_nanos()).unwrap_or(u64::MAX))
}

impl<E, T, S, P, A> Worker<'_, E, T, S, P, A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    /// Queues operations for free slots; returns when the first pause is over, in ticks.
    #[inline]
    fn begin_all(&mut self, think: Option<Think>, pause: u64, now: u64) -> u64 {
        let mut resume = u64::MAX;
        for index in 0..self.lanes.len() {
            for _ in 0..self.batch_submit {
                if self.period.ending.is_some() {
                    return u64::MAX;
                }
                let Some(lane) = self.lanes.get_mut(index) else { break };
                if lane.free.is_empty() || lane.exhausted {
                    break;
                }
                if let Some(think) = think {
                    // Targets that are served in turn pause together.
                    let counts = if self.in_turn { 0 } else { index };
                    let Some(lane) = self.lanes.get_mut(counts) else { break };
                    if now < lane.resume {
                        resume = resume.min(lane.resume);
                        break;
                    }
                    lane.thought += 1;
                    if lane.thought > think.after {
                        // This one is not begun but after the pause.
                        lane.thought = 0;
                        lane.resume = now.saturating_add(pause);
                        resume = resume.min(lane.resume);
                        break;
                    }
                }
                if self.begin(index, 0, true) == Begun::Nothing {
                    if self.in_turn {
                        // Its slots went to others, which may have been passed already.
                        resume = now;
                    }
                    break;
                }
            }
        }
        resume
    }
}
