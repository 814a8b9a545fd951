//! When the operations of an open loop are due: fixed intervals or a Poisson process.
//!
//! A schedule depends on rate and seed only, never on completions: that is what makes the
//! loop open. It is made on demand, one time after the other, so that an endless one costs
//! nothing. Times are nanoseconds since the start of the load.
//!
//! Several threads share a rate. Of fixed intervals, thread i of k takes the times i, i + k,
//! i + 2k, …; a Poisson process is the sum of k independent ones of a k-th of the rate. So
//! the threads together offer the rate exactly, whatever their number.

use serde::{Deserialize, Serialize};
use std::num::NonZeroU64;

use crate::random::Random;

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
/// Tells a schedule's random numbers from those of the addresses of the same seed.
const PURPOSE: u64 = 0x5c8e_d01e;

/// How arrivals are spread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Arrivals {
    /// One each 1/rate, the first at once (fio `rate_process=linear`).
    Fixed,
    /// Independent of each other (fio `rate_process=poisson`, but not rounded to
    /// microseconds: that makes fio 2.5 % fast at 30,000 and 6.5 % at 110,000 a second).
    Poisson,
}

/// A rate for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Operations a second, of all threads together.
    pub rate: NonZeroU64,
    /// How long, in nanoseconds.
    pub duration_ns: u64,
}

/// Why a schedule cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// A thread that is not among the threads.
    #[error("thread {thread} is not one of {threads}, counted from 0")]
    #[expect(missing_docs, reason = "the message says what they hold")]
    Thread { thread: u32, threads: u32 },
    /// More than one operation each nanosecond, the unit of the schedule.
    #[error("{0} operations a second are more than one each nanosecond")]
    TooFast(NonZeroU64),
    /// All steps together are longer than time can be counted.
    #[error("the steps last longer than {} ns together", u64::MAX)]
    TooLong,
}

/// The times at which one thread's operations are due, in order, in nanoseconds since the
/// start. It ends where its last step ends.
#[derive(Clone, Debug)]
pub struct Schedule {
    arrivals: Arrivals,
    steps: std::vec::IntoIter<Step>,
    random: Random,
    thread: u32,
    threads: u32,
    current: Option<Current>,
    /// End of the last step taken up.
    end: u64,
}

/// The step under way.
#[derive(Clone, Debug)]
struct Current {
    start: u64,
    duration: u64,
    next: Next,
}

/// When the next operation of a step is due, since the start of the step.
#[derive(Clone, Debug)]
enum Next {
    /// ⌊n·10^9/rate⌋ for n = thread, thread + threads, …: kept as quotient and remainder, so
    /// that it neither drifts nor divides.
    Fixed { at: u64, remainder: u64, whole: u64, part: u64, rate: u64 },
    /// The sum of intervals −ln(u)/rate, rounded only where it is told.
    Poisson { at: f64, mean: f64 },
}

impl Schedule {
    /// Returns the times of one thread at one rate, without end.
    pub fn endless(
        arrivals: Arrivals,
        rate: NonZeroU64,
        seed: u64,
        thread: u32,
        threads: u32,
    ) -> Result<Self, ScheduleError> {
        let step = Step { rate, duration_ns: u64::MAX };
        Self::steps(arrivals, vec![step], seed, thread, threads)
    }

    /// Returns the times of one thread through `steps`, one after the other: a ramp.
    ///
    /// # Errors
    /// Where `thread` is not below `threads`, a rate exceeds 10^9, or the steps together
    /// exceed 2^64 ns.
    pub fn steps(
        arrivals: Arrivals,
        steps: Vec<Step>,
        seed: u64,
        thread: u32,
        threads: u32,
    ) -> Result<Self, ScheduleError> {
        if thread >= threads {
            return Err(ScheduleError::Thread { thread, threads });
        }
        if let Some(step) = steps.iter().find(|step| step.rate.get() > SECOND) {
            return Err(ScheduleError::TooFast(step.rate));
        }
        steps
            .iter()
            .try_fold(0_u64, |sum, step| sum.checked_add(step.duration_ns))
            .ok_or(ScheduleError::TooLong)?;
        let random = Random::stream(seed ^ PURPOSE, u64::from(thread));
        let steps = steps.into_iter();
        Ok(Self { arrivals, steps, random, thread, threads, current: None, end: 0 })
    }

    fn begin(&mut self, step: Step) -> Current {
        let (rate, threads) = (step.rate.get(), u64::from(self.threads));
        let next = match self.arrivals {
            Arrivals::Fixed => {
                let (at, remainder) = divide(u64::from(self.thread), rate);
                let (whole, part) = divide(threads, rate);
                Next::Fixed { at, remainder, whole, part, rate }
            }
            Arrivals::Poisson => {
                #[expect(clippy::cast_precision_loss, reason = "10^9·threads/rate to 53 bits")]
                let mean = (SECOND as f64) * (threads as f64) / (rate as f64);
                Next::Poisson { at: interval(&mut self.random, mean), mean }
            }
        };
        let start = self.end;
        self.end += step.duration_ns;
        Current { start, duration: step.duration_ns, next }
    }
}

impl Iterator for Schedule {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some(current) = &mut self.current {
                let due = current.next.take(&mut self.random);
                if due < current.duration {
                    return Some(current.start + due);
                }
            }
            let step = self.steps.next()?;
            self.current = Some(self.begin(step));
        }
    }
}

impl Next {
    /// Returns when the next operation is due, and moves on to the one after it.
    #[inline]
    fn take(&mut self, random: &mut Random) -> u64 {
        match self {
            Self::Fixed { at, remainder, whole, part, rate } => {
                let due = *at;
                *remainder += *part;
                let carry = u64::from(*remainder >= *rate);
                *remainder -= carry * *rate;
                *at = at.saturating_add(*whole).saturating_add(carry);
                due
            }
            Self::Poisson { at, mean } => {
                #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
                #[expect(clippy::cast_sign_loss, reason = "a sum of intervals, none negative")]
                let due = *at as u64;
                *at += interval(random, *mean);
                due
            }
        }
    }
}

/// Returns quotient and remainder of `count` seconds in nanoseconds by `rate`.
fn divide(count: u64, rate: u64) -> (u64, u64) {
    let (all, rate) = (u128::from(count) * u128::from(SECOND), u128::from(rate));
    let whole = u64::try_from(all / rate).expect("2^32 seconds in nanoseconds fit into 62 bits");
    (whole, u64::try_from(all % rate).expect("a remainder is below its divisor"))
}

/// Returns an exponential interval of the given mean.
#[inline]
fn interval(random: &mut Random, mean: f64) -> f64 {
    // `unit` may be 0 but never 1: the logarithm is of a number above 0.
    -(1.0 - random.unit()).ln() * mean
}

#[cfg(test)]
mod tests;
