#![expect(unsafe_code, reason = "no safe wrapper for getrusage is at hand")]
//! What a run costs the host: processor time of the process, and what the hypervisor took.

use std::fs;
use std::mem::MaybeUninit;

/// Processor time of the process and of the host since they began.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) user_ns: u64,
    pub(super) system_ns: u64,
    steal: u64,
    all: u64,
}

impl Usage {
    /// Reads that of the calling thread alone; nothing of the host.
    pub(super) fn of_thread() -> Self {
        Self::read(libc::RUSAGE_THREAD)
    }

    /// Reads it. The workers of a ring are threads of the process, so that their time is in.
    pub(super) fn now() -> Self {
        let (all, steal) = host(&fs::read_to_string("/proc/stat").unwrap_or_default());
        Self { steal, all, ..Self::read(libc::RUSAGE_SELF) }
    }

    fn read(who: libc::c_int) -> Self {
        let mut usage = MaybeUninit::<libc::rusage>::zeroed();
        // SAFETY: getrusage fills the structure it is given, which is of its type and writable.
        let _done = unsafe { libc::getrusage(who, usage.as_mut_ptr()) };
        // SAFETY: zeroes are a valid `rusage`, and so is what the kernel writes.
        let usage = unsafe { usage.assume_init() };
        let (user_ns, system_ns) = (nanoseconds(usage.ru_utime), nanoseconds(usage.ru_stime));
        Self { user_ns, system_ns, ..Self::default() }
    }

    /// Returns what was spent since `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            user_ns: self.user_ns.saturating_sub(before.user_ns),
            system_ns: self.system_ns.saturating_sub(before.system_ns),
            steal: self.steal.saturating_sub(before.steal),
            all: self.all.saturating_sub(before.all),
        }
    }

    /// Returns the share of all processors' time that the hypervisor took.
    pub(super) fn steal_ppm(self) -> u32 {
        let ppm = self.steal.saturating_mul(1_000_000).checked_div(self.all).unwrap_or(0);
        u32::try_from(ppm).unwrap_or(u32::MAX)
    }
}

fn nanoseconds(time: libc::timeval) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds * 1_000_000_000 + u64::try_from(time.tv_usec).unwrap_or(0) * 1000
}

/// Returns the ticks of all processors and those stolen, of `/proc/stat` (proc(5)).
fn host(stat: &str) -> (u64, u64) {
    let first = stat.lines().next().and_then(|line| line.strip_prefix("cpu "));
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let ticks =
        first.unwrap_or("").split_whitespace().take(8).map(|word| word.parse().unwrap_or(0));
    let ticks: Vec<u64> = ticks.collect();
    (ticks.iter().sum(), ticks.get(7).copied().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stolen_time_is_the_eighth_column_and_guests_are_not_counted_twice() {
        let stat = "cpu  10 1 20 300 4 0 5 60 7 8\ncpu0 1 1 1 1 1 1 1 1 1 1\n";
        assert_eq!(host(stat), (400, 60));
        assert_eq!(host(""), (0, 0));
    }

    #[test]
    fn work_is_seen() {
        let before = Usage::now();
        let mut spent = Usage::default();
        let mut value = 1_u64;
        while spent.user_ns + spent.system_ns < 20_000_000 {
            value =
                (0..100_000).fold(value, |value, _| std::hint::black_box(value * 3 % 1_000_003));
            spent = Usage::now().since(before);
        }
        assert!(spent.user_ns > 0 && value > 0);
    }
}
