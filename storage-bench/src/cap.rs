//! A cap that was looked for: reached as a capability, kept as a ceiling.
//!
//! “单盘最大 IOPS” (5.2.2.1#1–3) can be read both ways, so both are measured:
//!
//! - **reached**: at least 99 % of the cap over 60 s, the best 60 s of the run, or all of
//!   a shorter one;
//! - **kept**: at most 102 % of the cap over any 10 s, or over all of a shorter run.
//!
//! Spans slide by windows of 100 ms, and counts are compared with the cap, not rounded
//! rates. A throttle that works in slices adds or takes one slice at the end of a span:
//! 2 % at 800 IOPS over 5 s, 0.2 % over 60 s. A run of less than 60 s is therefore cut to
//! whole slices where the pauses between them can be seen (a pause is an idle window);
//! where they cannot, the report says how much one slice is.

use crate::measurement::Cap;
use crate::observed::Window;
use crate::shape::{self, SLICED, WINDOW_NS};

/// Over how long a cap has to be reached.
pub const REACHED_OVER_NS: u64 = 60_000_000_000;

/// Over how long it has to be kept.
pub const KEPT_OVER_NS: u64 = 10_000_000_000;

/// Share of the cap that reaches it, in percent.
const REACHED_PERCENT: u128 = 99;

/// Share of the cap that still keeps it, in percent.
const KEPT_PERCENT: u128 = 102;

/// Returns how a run of `elapsed_ns` stands to a cap; `None` without a whole window.
///
/// `shape` is the shape of the same windows ([`shape::of`]), by its name.
pub fn of(target_iops: u64, windows: &[Window], elapsed_ns: u64, shape: &str) -> Option<Cap> {
    let all = shape::whole(windows, elapsed_ns);
    let sliced = shape == SLICED;
    let short = (all.len() as u64) * WINDOW_NS < REACHED_OVER_NS;
    let cut = if sliced && short { whole_slices(all) } else { None };
    let windows = cut.unwrap_or(all);
    let best = busiest(windows, REACHED_OVER_NS)?;
    let peak = busiest(windows, KEPT_OVER_NS)?;
    Some(Cap {
        target_iops,
        reached_iops: best.iops(),
        reached_over_ns: best.ns,
        reached: best.hundredfold() >= REACHED_PERCENT * best.at(target_iops),
        busiest_iops: peak.iops(),
        busiest_over_ns: peak.ns,
        kept: peak.hundredfold() <= KEPT_PERCENT * peak.at(target_iops),
        whole_slices: cut.is_some(),
        slice_error_ppm: if sliced && cut.is_none() { slice_error_ppm(all, best) } else { 0 },
    })
}

/// Operations of a stretch of time.
#[derive(Clone, Copy, Debug)]
struct Span {
    ios: u64,
    ns: u64,
}

impl Span {
    fn iops(self) -> u64 {
        let per_second = u128::from(self.ios) * 1_000_000_000 / u128::from(self.ns.max(1));
        u64::try_from(per_second).unwrap_or(u64::MAX)
    }

    /// Operations times the nanoseconds of a second, a hundredfold: to compare with
    /// a percentage of [`Span::at`].
    fn hundredfold(self) -> u128 {
        u128::from(self.ios) * 1_000_000_000 * 100
    }

    /// What a rate would be in this time.
    fn at(self, iops: u64) -> u128 {
        u128::from(iops) * u128::from(self.ns)
    }
}

/// Returns the stretch of `over_ns` with most operations, or all where it is shorter.
fn busiest(windows: &[Window], over_ns: u64) -> Option<Span> {
    let length = usize::try_from(over_ns / WINDOW_NS).unwrap_or(usize::MAX).min(windows.len());
    if length == 0 {
        return None;
    }
    let mut sum: u64 = windows.iter().take(length).map(|window| u64::from(window.ios)).sum();
    let mut most = sum;
    for (gone, come) in windows.iter().zip(windows.iter().skip(length)) {
        sum = sum - u64::from(gone.ios) + u64::from(come.ios);
        most = most.max(sum);
    }
    Some(Span { ios: most, ns: length as u64 * WINDOW_NS })
}

/// Returns the windows from the first slice that began within them to the last one, which
/// is left out; `None` where fewer than three slices began behind a pause.
fn whole_slices(windows: &[Window]) -> Option<&[Window]> {
    let starts = || {
        let pairs = windows.windows(2).enumerate();
        pairs.filter_map(|(at, pair)| match pair {
            [before, after] if before.ios == 0 && after.ios > 0 => Some(at + 1),
            _ => None,
        })
    };
    let (first, last) = (starts().next()?, starts().next_back()?);
    if starts().count() < 3 { None } else { windows.get(first..last) }
}

/// Returns what one slice is of a stretch: the median window that is not idle.
fn slice_error_ppm(windows: &[Window], of: Span) -> u32 {
    let mut busy: Vec<u32> = windows.iter().map(|window| window.ios).filter(|n| *n > 0).collect();
    tiny_sort::stable::sort(&mut busy);
    let slice = u64::from(busy.get(busy.len() / 2).copied().unwrap_or(0));
    u32::try_from((slice * 1_000_000).checked_div(of.ios).unwrap_or(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
