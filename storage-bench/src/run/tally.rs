//! What a thread counts in one second, and how it reaches the collector.
//!
//! A thread has a few tallies in turn: at the end of a second it hands the full one over and
//! goes on with an empty one, and the collector returns it empty. Nobody waits, nothing is
//! allocated; a collector that is three seconds late finds the seconds joined.

use std::sync::mpsc::{Receiver, SyncSender};

use crate::observed::{Stream, Window};
use crate::workload::{Op, Region};

/// Length of a window.
pub(super) const WINDOW_NS: u64 = 100_000_000;
/// Windows of a second.
pub(super) const WINDOWS: usize = 10;
/// Kinds of operation times regions.
pub(super) const STREAMS: usize = 6;
/// Tallies a thread has besides the one in use.
pub(super) const SPARES: usize = 3;

const OPS: [Op; 3] = [Op::Read, Op::Write, Op::Trim];
const REGIONS: [Region; 2] = [Region::Hot, Region::Cold];

/// What one target did in one second.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) streams: [Stream; STREAMS],
    pub(super) windows: [Window; WINDOWS],
}

/// Returns the stream that an operation is counted in.
#[inline]
pub(super) fn stream_of(op: Op, region: Region) -> usize {
    op_index(op) * REGIONS.len() + usize::from(region == Region::Cold)
}

/// Returns an operation's place in lists of one entry for each.
#[inline]
pub(super) fn op_index(op: Op) -> usize {
    match op {
        Op::Read => 0,
        Op::Write => 1,
        Op::Trim => 2,
    }
}

/// Returns the operations, in the order of [`op_index`].
pub(super) fn ops() -> [Op; 3] {
    OPS
}

/// Returns what each stream counts, in order.
pub(super) fn streams() -> impl Iterator<Item = (Op, Region)> {
    OPS.into_iter().flat_map(|op| REGIONS.map(|region| (op, region)))
}

impl Tally {
    /// Adds what `other` counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.streams.iter_mut().zip(&other.streams) {
            if theirs.service.count() > 0 {
                mine.bytes += theirs.bytes;
                mine.service.merge(&theirs.service);
            }
        }
        for (mine, theirs) in self.windows.iter_mut().zip(&other.windows) {
            mine.ios += theirs.ios;
            mine.bytes += theirs.bytes;
        }
    }

    /// Forgets everything; the memory stays.
    pub(super) fn clear(&mut self) {
        for stream in self.streams.iter_mut().filter(|stream| stream.service.count() > 0) {
            stream.bytes = 0;
            stream.service.clear();
        }
        self.windows = [Window::default(); WINDOWS];
    }
}

/// What a thread tells the collector.
#[derive(Debug)]
pub(super) enum Message {
    /// It has its engine, or not.
    Ready(Result<(), (crate::engine::Wanted, crate::engine::EngineError)>),
    /// A second is over for it: the tallies of its targets, the second they are of, and the
    /// one it goes on with.
    Second { thread: usize, second: u64, next: u64, tallies: Box<[Tally]> },
    /// It is done; the tallies are those of its last second.
    Done { thread: usize, second: u64, tallies: Box<[Tally]> },
}

/// A thread's end of the exchange.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) thread: usize,
    pub(super) sender: SyncSender<Message>,
    pub(super) spares: Receiver<Box<[Tally]>>,
}

impl Port {
    /// Hands the tallies of `second` over and puts empty ones in their place. Without empty
    /// ones the thread goes on with those it has.
    pub(super) fn turn(&self, tallies: &mut Box<[Tally]>, second: u64, next: u64) -> bool {
        let Ok(mut empty) = self.spares.try_recv() else { return false };
        std::mem::swap(tallies, &mut empty);
        let message = Message::Second { thread: self.thread, second, next, tallies: empty };
        // Never full: there is room for every tally and one more message of each thread. A
        // collector that is gone has panicked, and the run ends with it.
        self.sender.try_send(message).is_ok()
    }

    /// Hands the tallies of the last second over.
    pub(super) fn done(&self, second: u64, tallies: Box<[Tally]>) {
        let message = Message::Done { thread: self.thread, second, tallies };
        // As in `turn`.
        let _gone = self.sender.try_send(message);
    }
}
