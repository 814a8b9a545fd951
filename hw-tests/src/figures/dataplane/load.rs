//! Packets sent by one thread on one processor, and what that cost it.

use std::io;
use std::thread;
use std::time::Duration;

use hw_tests::network::BedError;
use hw_tests::network::wire::Wire;
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Sends each frame once; returns the processor time of each in nanoseconds.
pub(super) fn cost(wire: &Wire, frames: &[Vec<u8>]) -> Result<f64, BedError> {
    alone(|| {
        for frame in frames {
            wire.send(frame)?;
        }
        Ok(())
    })
    .map(|nanoseconds| nanoseconds / count(frames.len()))
}

/// Returns the processor time of `body` in nanoseconds, on a thread that stays on one processor.
pub(super) fn alone(body: impl FnOnce() -> Result<(), BedError> + Send) -> Result<f64, BedError> {
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            let mut one = CpuSet::new();
            one.set(0);
            sched_setaffinity(None, &one).map_err(io::Error::from)?;
            let before = now();
            body()?;
            Ok(now() - before)
        });
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, rest).as_secs_f64() * 1e9
}

/// A count as a number to divide by.
pub(super) fn count(items: usize) -> f64 {
    u32::try_from(items).map_or(f64::NAN, f64::from)
}
