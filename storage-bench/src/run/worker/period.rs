//! Where in the run a thread is: ramp, windows and seconds, the end, and what it leaves.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::super::cost::Usage;
use super::super::open::Due;
use super::super::tally::{Tally, WINDOW_NS, WINDOWS};
use super::{LOOK_NS, Lane, Worker};
use crate::clock::Timeline;
use crate::engine::Engine;
use crate::workload::{Op, Payload, Source};

/// How long operations may stay in flight after the end of a run.
const DRAIN_NS: u64 = 60_000_000_000;
/// The same where someone asked to stop.
const STOP_NS: u64 = 5_000_000_000;
/// Where in the run the thread is.
#[derive(Clone, Copy, Debug)]
pub(in crate::run) struct Period {
    /// Start of the run in ticks.
    pub(in crate::run) start: u64,
    pub(in crate::run) ramp_ns: u64,
    /// Length of the measured part.
    pub(in crate::run) runtime_ns: Option<u64>,
    /// When to look again.
    pub(in crate::run) mark: u64,
    pub(in crate::run) measuring: bool,
    pub(in crate::run) ending: Option<Ending>,
    /// The second of the run, counted from where the first part began to measure.
    pub(super) second: u64,
    /// The one that this thread's part began to measure in.
    pub(super) first: u64,
    pub(super) window: usize,
    /// Processor time of the thread when measuring began, and time spun since.
    pub(super) cpu_ns: u64,
    pub(super) usage: Usage,
    pub(in crate::run) spun: u64,
    /// When in-flight operations are given up.
    pub(super) give_up_ns: u64,
}

/// Why no operation is begun any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) enum Ending {
    /// The time is up.
    Time,
    /// All loads are at their end.
    Load,
    /// An operation failed, of this thread or another; or someone asked to stop.
    Halt,
}

/// What a thread saw, as it ends.
#[derive(Debug)]
pub(in crate::run) struct Finished<A> {
    pub(in crate::run) lanes: Vec<Ended<A>>,
    pub(in crate::run) cpu_ns: u64,
    /// Processor time of the thread while it measured, spinning included.
    pub(in crate::run) spent: Usage,
    pub(in crate::run) elapsed_ns: u64,
    pub(in crate::run) ended_early: Option<String>,
}

impl<A> Finished<A> {
    /// Returns the share of its time that the thread was on a processor, and not to wait.
    pub(in crate::run) fn busy_ppm(&self) -> u32 {
        let ppm = u128::from(self.cpu_ns) * 1_000_000 / u128::from(self.elapsed_ns.max(1));
        u32::try_from(ppm.min(1_000_000)).unwrap_or(1_000_000)
    }
}

/// What one target saw.
#[derive(Debug)]
pub(in crate::run) struct Ended<A> {
    pub(in crate::run) device: usize,
    pub(in crate::run) elapsed_ns: u64,
    pub(in crate::run) errors: BTreeMap<(Op, i32), u64>,
    pub(in crate::run) open: Due<A>,
}

impl<E, T, S, P, A> Worker<'_, E, T, S, P, A>
where
    E: Engine,
    T: Timeline,
    S: Source,
    P: Payload,
    A: Iterator<Item = u64> + Clone,
{
    /// Begins nothing more.
    pub(super) fn end(&mut self, why: Ending) {
        if self.period.ending.is_none() {
            self.period.ending = Some(why);
            // Look at once how long to wait for what is in flight.
            self.period.mark = 0;
        }
    }

    /// Looks at the time, and at more when it is time for it.
    #[inline]
    pub(in crate::run) fn look(&mut self, now: u64) {
        if now >= self.period.mark {
            self.turn(now);
        }
    }

    /// Goes on to the window, second or part of the run that `now` is in.
    #[cold]
    #[inline(never)]
    fn turn(&mut self, now: u64) {
        let at = self.since_start(now);
        if !self.period.measuring && at >= self.period.ramp_ns {
            self.period.measuring = true;
            self.period.cpu_ns = self.time.thread_cpu_ns();
            self.period.usage = Usage::of_thread();
            self.period.spun = 0;
            for tally in &mut self.tallies {
                tally.clear();
            }
            for lane in &mut self.lanes {
                lane.last = now;
                lane.errors.clear();
            }
        }
        let measured = at.saturating_sub(self.period.ramp_ns);
        if self.period.measuring {
            self.turn_window(measured);
        }
        if self.stop.load(Ordering::Relaxed) && self.period.ending.is_none() {
            self.ended_early.get_or_insert_with(|| "stopped on request".to_owned());
            self.end(Ending::Halt);
            self.period.give_up_ns = at.saturating_add(STOP_NS);
        }
        if self.halt.load(Ordering::Relaxed) {
            self.end(Ending::Halt);
        }
        if self.period.runtime_ns.is_some_and(|runtime| measured >= runtime) {
            self.end(Ending::Time);
        }
        if self.period.ending.is_some() {
            self.drop_again();
            self.period.give_up_ns = self.period.give_up_ns.min(at.saturating_add(DRAIN_NS));
        }
        self.period.mark = self.next_mark(at, measured);
    }

    /// Hands the second over if it is over.
    fn turn_window(&mut self, measured: u64) {
        let mut window = measured / WINDOW_NS;
        // What comes in right after the end belongs to the last window, not to one of its own.
        let last = self.period.runtime_ns.map(|runtime| runtime.div_ceil(WINDOW_NS));
        if last == Some(window) {
            window -= 1;
        }
        let second = self.period.first.saturating_add(window / WINDOWS as u64);
        if second != self.period.second
            && self.port.turn(&mut self.tallies, self.period.second, second)
        {
            self.period.second = second;
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 10")]
        let within = (window % WINDOWS as u64) as usize;
        self.period.window = within;
    }

    /// Returns when to look again.
    fn next_mark(&self, at: u64, measured: u64) -> u64 {
        let period = &self.period;
        let next = if period.measuring {
            let window = (measured / WINDOW_NS + 1) * WINDOW_NS;
            let end = period.runtime_ns.filter(|runtime| *runtime > measured);
            period.ramp_ns.saturating_add(end.map_or(window, |end| window.min(end)))
        } else {
            period.ramp_ns.min(at.saturating_add(LOOK_NS))
        };
        period.start.saturating_add(self.time.ticks_of(next))
    }

    /// Gives up what would have to go again: nothing begins any more.
    pub(super) fn drop_again(&mut self) {
        while let Some(slot) = self.again.pop() {
            self.free(slot);
        }
    }

    /// Whether all that began is done, or has been waited for long enough.
    pub(in crate::run) fn is_over(&mut self, now: u64) -> bool {
        if self.inflight == 0 {
            if self.period.ending.is_none() && self.lanes.iter().all(|lane| lane.exhausted) {
                self.end(Ending::Load);
            }
            return self.period.ending.is_some();
        }
        let late = self.period.ending.is_some() && self.since_start(now) >= self.period.give_up_ns;
        if late {
            let count = self.inflight;
            let text = format!("{count} operations did not come back; their memory is left behind");
            self.ended_early.get_or_insert(text);
            self.engine.abandon();
        }
        late
    }

    /// Ends the thread's part, and returns what it saw.
    pub(in crate::run) fn finish(mut self) -> Finished<A> {
        let now = self.time.ticks();
        self.look(now);
        let period = self.period;
        let cpu_ns = self.time.thread_cpu_ns().saturating_sub(period.cpu_ns);
        let cpu_ns = cpu_ns.saturating_sub(self.time.ns(period.spun));
        if !period.measuring {
            self.tallies.iter_mut().for_each(Tally::clear);
            self.ended_early.get_or_insert_with(|| "the load ended before the ramp did".to_owned());
        }
        let since = |ticks: u64| {
            let at = self.time.ns(ticks.wrapping_sub(period.start));
            if period.measuring { at.saturating_sub(period.ramp_ns) } else { 0 }
        };
        let whole = match (period.ending, period.runtime_ns) {
            (Some(Ending::Time), Some(runtime)) => runtime,
            (Some(Ending::Halt), _) => since(now),
            _ => 0,
        };
        let ended = |lane: Lane<S, P, A>| Ended {
            device: lane.device,
            elapsed_ns: since(lane.last).max(if lane.exhausted { 0 } else { whole }),
            errors: lane.errors,
            open: lane.open,
        };
        let lanes: Vec<_> = self.lanes.into_iter().map(ended).collect();
        let elapsed_ns = lanes.iter().map(|lane| lane.elapsed_ns).max().unwrap_or(0);
        self.port.done(period.second, self.tallies);
        let spent = if period.measuring {
            Usage::of_thread().since(period.usage)
        } else {
            Usage::default()
        };
        Finished { lanes, cpu_ns, spent, elapsed_ns, ended_early: self.ended_early }
    }
}
