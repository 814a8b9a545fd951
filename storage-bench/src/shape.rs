//! How completions were spread over time: smooth, or in the slices of a throttle.
//!
//! Many throttles let a slice's worth of operations through at once and then hold the
//! rest back until the next slice (Linux' cgroup throttle: about 100 ms). The mean is
//! that of the cap, the shape is not. A shape is `sliced` when either holds:
//!
//! 1. **Held back for windows at a time.** At least a tenth of the windows of 100 ms are
//!    idle although the mean window has ten operations or more. By chance (Poisson) such
//!    a window comes once in 22,000.
//! 2. **Held back within windows.** In at least half of the seconds the median latency is
//!    at most half of the mean and at most a tenth of the longest: half of all the time
//!    goes to a few that wait for the next slice. Under a smooth limit all wait alike. A
//!    slice as long as a window leaves no window idle; it is seen only here. One long
//!    stall touches few seconds and does not make a shape.
//!
//! Everything else is `smooth`.

use crate::measurement::Shape;
use crate::observed::{Second, Window};

/// Length of a window.
pub const WINDOW_NS: u64 = 100_000_000;

/// What a smooth spread is called.
pub const SMOOTH: &str = "smooth";

/// What a spread in slices is called.
pub const SLICED: &str = "sliced";

/// Returns the shape of a run of `elapsed_ns`; `None` without a whole window.
///
/// A last window that the end of the run cut short is left out.
pub fn of(windows: &[Window], seconds: &[Second], elapsed_ns: u64) -> Option<Shape> {
    let windows = whole(windows, elapsed_ns);
    let peak = windows.iter().map(|window| window.ios).max()?;
    let idle = windows.iter().filter(|window| window.ios == 0).count();
    let sliced = has_idle_windows(windows, idle) || has_quick_medians(seconds);
    Some(Shape {
        window_ns: WINDOW_NS,
        kind: if sliced { SLICED } else { SMOOTH }.to_owned(),
        peak_iops: u64::from(peak) * (1_000_000_000 / WINDOW_NS),
        idle_ppm: u32::try_from(idle * 1_000_000 / windows.len()).unwrap_or(u32::MAX),
        ios: windows.iter().map(|window| window.ios).collect(),
    })
}

/// Returns the windows that lie within `elapsed_ns` as a whole.
pub(crate) fn whole(windows: &[Window], elapsed_ns: u64) -> &[Window] {
    let count = usize::try_from(elapsed_ns / WINDOW_NS).unwrap_or(usize::MAX);
    windows.get(..count).unwrap_or(windows)
}

fn has_idle_windows(windows: &[Window], idle: usize) -> bool {
    let ios: u64 = windows.iter().map(|window| u64::from(window.ios)).sum();
    let (count, idle) = (windows.len() as u64, idle as u64);
    ios >= 10 * count && 10 * idle >= count
}

fn has_quick_medians(seconds: &[Second]) -> bool {
    let busy = || seconds.iter().filter(|second| second.operations.values().any(|of| of.ios > 0));
    let quick = busy().filter(|second| is_quick(second)).count();
    quick > 0 && 2 * quick >= busy().count()
}

/// Returns whether most operations of a second were quick and few took the time.
fn is_quick(second: &Second) -> bool {
    let of = || second.operations.values().filter(|of| of.ios > 0);
    let ios: u128 = of().map(|of| u128::from(of.ios)).sum();
    let sum: u128 = of().map(|of| u128::from(of.sum_ns)).sum();
    let median = of().map(|of| of.p50_ns).max().unwrap_or(0);
    let longest = of().map(|of| of.max_ns).max().unwrap_or(0);
    u128::from(median) * 2 * ios <= sum && median.saturating_mul(10) <= longest
}

#[cfg(test)]
mod tests;
