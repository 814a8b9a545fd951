//! Time as the engine reads it: ticks of the processor's counter, and how they become
//! nanoseconds.
//!
//! An edge: reads the counter, the clocks of the kernel and what sysfs and procfs say of
//! them. The counter costs 10 ns, `clock_gettime` 22 ns (storage design §3); it is used only
//! where the kernel itself trusts it (`clocksource` is `tsc`, and the processor says constant
//! and non-stop). It is measured against `CLOCK_MONOTONIC_RAW` once in a process, asleep, and
//! again at the end of a run: a difference is reported, since latencies would be off by it.

mod counter;
pub mod local;

use std::fs::{self, File};
use std::io::Read;
use std::sync::OnceLock;
use std::time::Duration;

use rustix::thread::{NanosleepRelativeResult, clock_nanosleep_relative};
use rustix::time::{ClockId, Timespec, clock_gettime};

/// Least time between the two readings that a rate is taken from: two readings are within
/// 50 ns of each other, so that 50 ms give 1 ppm.
const BASELINE_NS: u64 = 50_000_000;
/// Difference between the rate used and the rate of the whole run above which latencies are
/// not believed.
pub const DRIFT_LIMIT_PPM: u32 = 100;

/// A clock to measure with: one for all threads of the process, and cheap to copy.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    counter: bool,
    scale: Scale,
    origin: Pair,
}

/// Ticks to nanoseconds, by a 64 × 32-bit multiplication and a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Scale {
    multiplier: u32,
    shift: u32,
}

/// The counter and the kernel's clock, read at one moment.
#[derive(Clone, Copy, Debug)]
struct Pair {
    ticks: u64,
    raw_ns: u64,
}

/// What the hot loops ask of a clock; a test has one whose time is its own.
pub(crate) trait Timeline {
    /// Returns the time in ticks.
    fn ticks(&self) -> u64;
    /// Returns how many nanoseconds `ticks` are.
    fn ns(&self, ticks: u64) -> u64;
    /// Returns how many ticks `ns` nanoseconds are.
    fn ticks_of(&self, ns: u64) -> u64;
    /// Sleeps, not longer than `ns` nanoseconds.
    fn sleep(&self, ns: u64);
    /// Returns the processor time that this thread has had.
    fn thread_cpu_ns(&self) -> u64;
}

static FIRST: OnceLock<Option<Pair>> = OnceLock::new();
static CLOCK: OnceLock<Clock> = OnceLock::new();

impl Clock {
    /// Takes the first of the two readings that the counter's rate comes from; the time
    /// between this and [`Clock::get`] need not be slept. Calling it again does nothing.
    pub fn prepare() {
        FIRST.get_or_init(|| trusted().then(Pair::read));
    }

    /// Returns the clock of this process; the first call may sleep for 50 ms.
    pub fn get() -> Self {
        *CLOCK.get_or_init(|| {
            Self::prepare();
            match FIRST.get().copied().flatten() {
                None => Self::kernel(),
                Some(first) => {
                    sleep(BASELINE_NS.saturating_sub(raw_ns().saturating_sub(first.raw_ns)));
                    Scale::between(first, Pair::read()).map_or_else(Self::kernel, |scale| Self {
                        counter: true,
                        scale,
                        origin: first,
                    })
                }
            }
        })
    }

    /// The clock of the kernel: where the counter is not to be trusted.
    fn kernel() -> Self {
        let now = raw_ns();
        Self {
            counter: false,
            scale: Scale { multiplier: 1, shift: 0 },
            origin: Pair { ticks: now, raw_ns: now },
        }
    }

    /// Returns what it is, for the report: `tsc`, `clock_gettime`.
    pub fn name(&self) -> &'static str {
        if self.counter { counter::NAME } else { "clock_gettime" }
    }

    /// Returns by how much the rate in use differs from the rate since the process began, in
    /// parts per million; 0 of the kernel's clock.
    pub fn drift_ppm(&self) -> u32 {
        if !self.counter {
            return 0;
        }
        let now = Pair::read();
        let real = now.raw_ns.saturating_sub(self.origin.raw_ns);
        let ours = self.scale.ns(now.ticks.saturating_sub(self.origin.ticks));
        let ppm = u128::from(real.abs_diff(ours)) * 1_000_000 / u128::from(real.max(1));
        u32::try_from(ppm).unwrap_or(u32::MAX)
    }
}

impl Timeline for Clock {
    #[inline]
    fn ticks(&self) -> u64 {
        if self.counter { counter::read() } else { raw_ns() }
    }

    #[inline]
    fn ns(&self, ticks: u64) -> u64 {
        self.scale.ns(ticks)
    }

    fn ticks_of(&self, ns: u64) -> u64 {
        let ticks = (u128::from(ns) << self.scale.shift) / u128::from(self.scale.multiplier);
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn sleep(&self, ns: u64) {
        sleep(ns);
    }

    fn thread_cpu_ns(&self) -> u64 {
        nanoseconds(clock_gettime(ClockId::ThreadCPUTime))
    }
}

impl Scale {
    /// The rate between two readings; `None` where the counter did not count.
    fn between(first: Pair, last: Pair) -> Option<Self> {
        let ticks = last.ticks.checked_sub(first.ticks).filter(|ticks| *ticks > 0)?;
        let ns = last.raw_ns.checked_sub(first.raw_ns)?;
        // As many fraction bits as leave the multiplier 32 bits: 32 for counters above 1 GHz.
        (0..=32).rev().find_map(|shift| {
            let multiplier = (u128::from(ns) << shift) / u128::from(ticks);
            let multiplier = u32::try_from(multiplier).ok().filter(|multiplier| *multiplier > 0)?;
            Some(Self { multiplier, shift })
        })
    }

    #[inline]
    fn ns(self, ticks: u64) -> u64 {
        let product = u128::from(ticks) * u128::from(self.multiplier);
        #[expect(clippy::cast_possible_truncation, reason = "584 years fit")]
        return (product >> self.shift) as u64;
    }
}

impl Pair {
    /// Reads both; of some tries the one that took the least time, since an interrupt may
    /// come between the two.
    fn read() -> Self {
        let tries = (0..16).map(|_| {
            let before = counter::read();
            let raw_ns = raw_ns();
            let took = counter::read().wrapping_sub(before);
            (took, Self { ticks: before.wrapping_add(took / 2), raw_ns })
        });
        tries.min_by_key(|(took, _)| *took).map_or(Self { ticks: 0, raw_ns: 0 }, |(_, pair)| pair)
    }
}

/// Whether the kernel keeps its own time by the counter and the counter never stops.
fn trusted() -> bool {
    let source = "/sys/devices/system/clocksource/clocksource0/current_clocksource";
    let source = fs::read_to_string(source).unwrap_or_default();
    // The first processor is enough, and all of a large machine's are half a megabyte.
    let mut processor = Vec::new();
    let read = File::open("/proc/cpuinfo")
        .and_then(|file| file.take(16 * 1024).read_to_end(&mut processor));
    read.is_ok() && counter::is_steady(source.trim(), &String::from_utf8_lossy(&processor))
}

#[inline]
fn raw_ns() -> u64 {
    nanoseconds(clock_gettime(ClockId::MonotonicRaw))
}

#[inline]
fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Sleeps; a signal may end it early, which every caller's loop stands.
fn sleep(ns: u64) {
    if ns == 0 {
        return;
    }
    let time =
        Timespec::try_from(Duration::from_nanos(ns)).unwrap_or(Timespec { tv_sec: 0, tv_nsec: 0 });
    match clock_nanosleep_relative(ClockId::Monotonic, &time) {
        NanosleepRelativeResult::Ok
        | NanosleepRelativeResult::Interrupted(_)
        | NanosleepRelativeResult::Err(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_is_exact_to_a_billionth_from_slow_counters_to_fast_ones() {
        for hertz in [24_000_000_u64, 100_000_000, 1_000_000_000, 2_450_000_000, 5_700_000_000] {
            let last = Pair { ticks: hertz + 7, raw_ns: 1_000_000_500 };
            let scale = Scale::between(Pair { ticks: 7, raw_ns: 500 }, last).unwrap();
            let hour = scale.ns(hertz * 3600);
            assert!(hour.abs_diff(3_600_000_000_000) < 5000, "{hertz}: {scale:?} {hour}");
        }
    }

    #[test]
    fn a_counter_that_stands_still_gives_no_scale() {
        let at = |raw_ns| Pair { ticks: 5, raw_ns };
        assert_eq!(Scale::between(at(0), at(1_000_000)), None);
    }

    #[test]
    fn the_clock_goes_as_the_kernels_does() {
        let clock = Clock::get();
        let (from, from_raw) = (clock.ticks(), raw_ns());
        sleep(20_000_000);
        let (to, to_raw) = (clock.ticks(), raw_ns());
        let (ours, real) = (clock.ns(to - from), to_raw - from_raw);
        // 1 ms: another process may come between the readings.
        assert!(ours.abs_diff(real) < 1_000_000, "{ours} {real}");
        let there_and_back = clock.ns(clock.ticks_of(1_000_000_000));
        assert!(there_and_back.abs_diff(1_000_000_000) < 10, "{there_and_back}");
    }
}
