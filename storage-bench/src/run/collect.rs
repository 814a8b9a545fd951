//! Puts together what the threads hand over, second by second, while they run.
//!
//! Memory: a second's tallies while it is open, and what is kept of a second for the report.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};

use super::Watch;
use super::tally::{Tally, op_index, ops, streams};
use crate::histogram::Histogram;
use crate::observed::{Observed, Second, SecondOf, Stream, Window};
use crate::workload::Op;

/// What was seen so far.
#[derive(Debug)]
pub(super) struct Collector {
    /// All together, then each device where there is more than one.
    views: Vec<View>,
    /// The device of each target of each thread.
    devices: Vec<Vec<usize>>,
    /// The second that each thread is in; the last there is when it is done.
    at: Vec<u64>,
    /// Seconds that not all threads are through, from `first` on; for each a tally a view.
    open: VecDeque<Vec<Tally>>,
    first: u64,
    /// Tallies to use again.
    idle: Vec<Vec<Tally>>,
    /// The seconds of each view that passed before its part began.
    before: Vec<u64>,
    scratch: Histogram,
    /// Whether the latencies of each second are kept.
    keep: bool,
}

/// A part of what was seen.
#[derive(Debug, Default)]
struct View {
    streams: [Stream; super::tally::STREAMS],
    seconds: Vec<Second>,
    windows: Vec<Window>,
    latencies: Vec<BTreeMap<Op, Vec<u8>>>,
}

impl Collector {
    /// Begins; `devices` has the device of each target of each thread, `starts` the second of
    /// the run that each thread begins to measure in.
    pub(super) fn new(devices: Vec<Vec<usize>>, starts: Vec<u64>) -> Self {
        let count = devices.iter().flatten().max().map_or(0, |last| last + 1);
        let views = if count > 1 { 1 + count } else { 1 };
        let mut before = vec![0; views];
        for (device, before) in before.iter_mut().skip(1).enumerate() {
            let own = devices.iter().zip(&starts).filter(|(of, _)| of.contains(&device));
            *before = own.map(|(_, start)| *start).min().unwrap_or(0);
        }
        Self {
            before,
            views: (0..views).map(|_| View::default()).collect(),
            at: starts,
            devices,
            open: VecDeque::new(),
            first: 0,
            idle: Vec::new(),
            scratch: Histogram::new(),
            keep: false,
        }
    }

    /// Keeps the latencies of each second, or not.
    pub(super) fn keeping(self, keep: bool) -> Self {
        Self { keep, ..self }
    }

    /// Adds a second of a thread, and empties its tallies. The thread goes on with `next`.
    pub(super) fn add(&mut self, thread: usize, second: u64, next: u64, tallies: &mut [Tally]) {
        // A second before the first open one is closed; what comes of it late joins that one.
        let place = usize::try_from(second.saturating_sub(self.first)).unwrap_or(0);
        while self.open.len() <= place {
            let new = || (0..self.views.len()).map(|_| Tally::default()).collect();
            let empty = self.idle.pop().unwrap_or_else(new);
            self.open.push_back(empty);
        }
        let devices = self.devices.get(thread).map_or(&[][..], Vec::as_slice);
        if let Some(open) = self.open.get_mut(place) {
            for (tally, device) in tallies.iter_mut().zip(devices) {
                if let Some(all) = open.first_mut() {
                    all.merge(tally);
                }
                if let Some(own) = open.get_mut(1 + device) {
                    own.merge(tally);
                }
                tally.clear();
            }
        }
        if let Some(at) = self.at.get_mut(thread) {
            *at = next;
        }
    }

    /// Closes a second that all threads are through and returns it, if there is one; `watch`
    /// is told all of it.
    pub(super) fn close_next(&mut self, watch: &mut dyn Watch) -> Option<&Second> {
        let through = self.at.iter().copied().min().unwrap_or(0);
        // Threads that are done are through everything that there is.
        if self.first >= through || (through == u64::MAX && self.open.is_empty()) {
            return None;
        }
        let mut tallies = self.open.pop_front();
        let all = tallies.as_ref().and_then(|tallies| tallies.first());
        let told = all.map_or(&[][..], |all| &all.streams);
        let told = streams().zip(told).filter(|(_, stream)| stream.service.count() > 0);
        watch.second(self.first, &told.collect::<Vec<_>>());
        for (at, view) in self.views.iter_mut().enumerate() {
            let tally = tallies.as_mut().and_then(|tallies| tallies.get_mut(at));
            view.close(tally, &mut self.scratch, self.keep);
        }
        self.idle.extend(tallies);
        self.first += 1;
        self.views.first().and_then(|all| all.seconds.last())
    }

    /// Returns all together and each device, without what only the threads know. `elapsed_ns`
    /// is how long each was measured and how long it was to be, in the same order.
    pub(super) fn observed(self, elapsed_ns: &[(u64, Option<u64>)]) -> Vec<Observed> {
        let elapsed = elapsed_ns.iter().copied().chain(std::iter::repeat((0, None)));
        let views = self.views.into_iter().zip(self.before).zip(elapsed);
        views
            .map(|((mut view, before), (elapsed_ns, runtime_ns))| {
                view.forget(usize::try_from(before).unwrap_or(usize::MAX));
                view.observed(elapsed_ns, runtime_ns)
            })
            .collect()
    }
}

impl View {
    /// Drops the seconds before its part began.
    fn forget(&mut self, seconds: usize) {
        self.seconds.drain(..seconds.min(self.seconds.len()));
        let windows = seconds.saturating_mul(super::tally::WINDOWS);
        self.windows.drain(..windows.min(self.windows.len()));
        self.latencies.drain(..seconds.min(self.latencies.len()));
    }

    fn close(&mut self, tally: Option<&mut Tally>, scratch: &mut Histogram, keep: bool) {
        let mut latencies = BTreeMap::new();
        let Some(tally) = tally else {
            self.latencies.extend(keep.then_some(latencies));
            self.seconds.push(Second::default());
            self.windows.extend([Window::default(); super::tally::WINDOWS]);
            return;
        };
        let mut second = Second::default();
        for op in ops() {
            let of = [0, 1].map(|region| tally.streams.get(op_index(op) * 2 + region));
            if let Some(of) = second_of(of.into_iter().flatten(), scratch) {
                second.operations.insert(op, of);
                if keep {
                    latencies.insert(op, scratch.encode());
                }
            }
        }
        self.latencies.extend(keep.then_some(latencies));
        self.seconds.push(second);
        self.windows.extend(tally.windows);
        for (all, new) in self.streams.iter_mut().zip(&tally.streams) {
            if new.service.count() > 0 {
                all.bytes += new.bytes;
                all.service.merge(&new.service);
            }
        }
        tally.clear();
    }

    fn observed(self, elapsed_ns: u64, runtime_ns: Option<u64>) -> Observed {
        let (second, window) = (1_000_000_000, super::tally::WINDOW_NS);
        // What came in right after the end is in the last window.
        let elapsed = match runtime_ns {
            Some(runtime) if (runtime..runtime + window).contains(&elapsed_ns) => runtime,
            _ if self.streams.iter().all(|stream| stream.service.count() == 0) => elapsed_ns,
            // The last completion is in the window that begins with it.
            _ => elapsed_ns + 1,
        };
        let count = |length| usize::try_from(elapsed.div_ceil(length)).unwrap_or(usize::MAX);
        let (mut seconds, mut windows) = (self.seconds, self.windows);
        seconds.resize(count(second), Second::default());
        windows.resize(count(window), Window::default());
        let all = streams().zip(self.streams);
        let mut streams = BTreeMap::new();
        streams.extend(all.filter(|(_, stream)| stream.service.count() > 0));
        Observed {
            elapsed_ns,
            streams,
            seconds,
            windows,
            latencies: self.latencies,
            ..Observed::default()
        }
    }
}

/// Returns what is kept of one kind of operation in one second; `None` where there was none.
fn second_of<'a>(
    regions: impl Iterator<Item = &'a Stream>,
    scratch: &mut Histogram,
) -> Option<SecondOf> {
    scratch.clear();
    let mut bytes = 0;
    for stream in regions.filter(|stream| stream.service.count() > 0) {
        bytes += stream.bytes;
        scratch.merge(&stream.service);
    }
    let percentile = |per_million| scratch.percentile(per_million).unwrap_or(0);
    (scratch.count() > 0).then(|| SecondOf {
        ios: scratch.count(),
        bytes,
        sum_ns: u64::try_from(scratch.sum()).unwrap_or(u64::MAX),
        p50_ns: percentile(500_000),
        p99_ns: percentile(990_000),
        p99_9_ns: percentile(999_000),
        max_ns: scratch.max().unwrap_or(0),
        spread: scratch.spread(),
    })
}

/// Adds the errors of one target to those of more.
pub(super) fn add_errors(to: &mut BTreeMap<(Op, i32), u64>, errors: &BTreeMap<(Op, i32), u64>) {
    for (kind, count) in errors {
        *to.entry(*kind).or_insert(0) += count;
    }
}
