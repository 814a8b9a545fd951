//! How fast a verification goes, on its progress line, and when its time is over.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use storage_bench::integrity::{block::BLOCK_BYTES, run::Progress};

use crate::{
    clock,
    output::unit::{grouped, throughput},
    progress,
};

/// What the rate is taken over.
const WINDOW: Duration = Duration::from_secs(1);
/// Bytes of a read.
const READ_BYTES: u64 = 256 << 10;

/// The pace of one verification.
#[derive(Debug)]
pub(super) struct Pace {
    line: progress::Progress,
    enough: AtomicBool,
    runtime: Option<Duration>,
    io_bytes: u64,
    began: Instant,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// When reading began.
    reading: Option<Instant>,
    /// Where the window began: when, and blocks done then.
    mark: (Instant, u64),
    /// Blocks a second in the last window.
    rate: u64,
}

impl Pace {
    /// Starts, with the line shown or not.
    pub(super) fn start(shown: bool, runtime: Option<Duration>, io_bytes: u32) -> Self {
        let began = clock::instant();
        Self {
            line: progress::Progress::start(shown, "verify"),
            enough: AtomicBool::new(false),
            runtime,
            io_bytes: io_bytes.into(),
            began,
            state: Mutex::new(State { reading: None, mark: (began, 0), rate: 0 }),
        }
    }

    /// Returns the flag that ends the writing.
    pub(super) fn enough(&self) -> &AtomicBool {
        &self.enough
    }

    /// Takes what was done until `now`.
    pub(super) fn note(&self, progress: Progress, now: Instant) {
        if self.runtime.is_some_and(|runtime| now.duration_since(self.began) >= runtime) {
            self.enough.store(true, Ordering::Relaxed);
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if progress.reading && state.reading.is_none() {
            *state = State { reading: Some(now), mark: (now, progress.done), rate: 0 };
        }
        let (then, done) = state.mark;
        let passed = now.saturating_duration_since(then);
        if passed < WINDOW {
            return;
        }
        let blocks = u128::from(progress.done.saturating_sub(done)) * 1_000_000_000;
        let rate = blocks.checked_div(passed.as_nanos()).unwrap_or(0);
        state.rate = u64::try_from(rate).unwrap_or(u64::MAX);
        state.mark = (now, progress.done);
        let rate = state.rate;
        drop(state);
        self.line.step(&self.said(progress, rate, now));
    }

    fn said(&self, progress: Progress, rate: u64, now: Instant) -> String {
        let (stage, io) =
            if progress.reading { ("read", READ_BYTES) } else { ("write", self.io_bytes) };
        let bytes = rate.saturating_mul(BLOCK_BYTES as u64);
        let iops = grouped(bytes.checked_div(io).unwrap_or(0));
        let left = match self.runtime.filter(|_| !progress.reading) {
            Some(runtime) => runtime.saturating_sub(now.duration_since(self.began)).as_secs(),
            None => progress.of.saturating_sub(progress.done).checked_div(rate).unwrap_or(0),
        };
        let faults = progress.faults;
        format!(
            "{stage}: {iops} IOPS, {}, faults {faults}, ETA {}:{:02}",
            throughput(bytes),
            left / 60,
            left % 60
        )
    }

    /// Returns how long was written and how long read, in nanoseconds.
    pub(super) fn end(self, now: Instant) -> (u64, Option<u64>) {
        let reading = self.state.into_inner().unwrap_or_else(PoisonError::into_inner).reading;
        let ns = |from: Instant, to: Instant| {
            u64::try_from(to.saturating_duration_since(from).as_nanos()).unwrap_or(u64::MAX)
        };
        (ns(self.began, reading.unwrap_or(now)), reading.map(|reading| ns(reading, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pace_is_that_of_the_last_window_and_the_time_ends_the_writing() {
        let pace = Pace::start(false, Some(Duration::from_secs(10)), 65_536);
        let progress = |done, reading| Progress { reading, done, of: 32_000, faults: 2 };
        let began = pace.began;
        let after = |seconds| began + Duration::from_secs(seconds);
        pace.note(progress(1_600, false), after(1));
        assert!(!pace.enough().load(Ordering::Relaxed));
        assert_eq!(
            pace.said(progress(1_600, false), 1_600, after(1)),
            "write: 100 IOPS, 6.55 MB/s, faults 2, ETA 0:09"
        );
        pace.note(progress(16_000, false), after(10));
        assert!(pace.enough().load(Ordering::Relaxed));
        pace.note(progress(64, true), after(12));
        assert_eq!(
            pace.said(progress(6_400, true), 320, after(13)),
            "read: 5 IOPS, 1.31 MB/s, faults 2, ETA 1:20"
        );
        assert_eq!(pace.end(after(20)), (12_000_000_000, Some(8_000_000_000)));
    }
}
