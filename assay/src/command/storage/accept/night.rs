//! Waiting for the window of the day in which cases may run (`--window 22:00-06:00`).
//!
//! The local time is read anew each time, so that a change of the clocks moves the window
//! with it; a case starts only where it ends within the window, by the local time at its end.

use std::{thread, time::Duration};

use storage_bench::{cases::Window, clock::local::second_of_day};

use crate::{
    clock, console::Console, failure::Failure, interrupt::Interrupt, lang::text, progress::Progress,
};

/// How often the clock and Ctrl-C are looked at.
const BEAT: Duration = Duration::from_millis(200);
const SECOND_NS: u64 = 1_000_000_000;

/// Whether a case may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::command::storage) enum Start {
    /// It may, and has so long until the window shuts; without a window without end.
    Now {
        /// In nanoseconds.
        left_ns: u64,
    },
    /// No window is long enough.
    Never,
    /// The operator does not want to wait.
    Interrupted,
}

/// Waits until what takes `needs_ns` fits into the window.
pub(in crate::command::storage) fn wait(
    window: Option<Window>,
    what: &str,
    needs_ns: u64,
    interrupt: &Interrupt,
    console: &mut Console,
) -> Result<Start, Failure> {
    let Some(window) = window else { return Ok(Start::Now { left_ns: u64::MAX }) };
    if needs_ns > u64::from(window.length_s()) * SECOND_NS {
        return Ok(Start::Never);
    }
    let mut line = None;
    loop {
        let now_s = clock::unix_ms() / 1000;
        if second_of_day(now_s).is_none() {
            return Err(no_time());
        }
        if let Some(left_ns) = fits(window, now_s, needs_ns, second_of_day) {
            return Ok(Start::Now { left_ns });
        }
        if interrupt.asked() {
            return Ok(Start::Interrupted);
        }
        if line.is_none() {
            let until = text(
                "{}：等到 {}（本地时间，--window {}）；Ctrl-C 结束",
                "{}: waits until {} local time (--window {}); Ctrl-C ends",
                &[what, &begins(window), &window.to_string()],
            );
            console.note(&until);
            line = Some(Progress::start(console.progress, console.tr(&until)));
        }
        pause();
    }
}

/// Returns the second of the local day it is now.
pub(super) fn now() -> Result<u32, Failure> {
    second_of_day(clock::unix_ms() / 1000).ok_or_else(no_time)
}

fn no_time() -> Failure {
    Failure::unable(text("无法得知本地时间", "cannot tell the local time", &[])).hint(text(
        "TZ 是否正确？",
        "is TZ right?",
        &[],
    ))
}

#[expect(clippy::disallowed_methods, reason = "waits for a time of day, looking at Ctrl-C")]
fn pause() {
    thread::sleep(BEAT);
}

fn begins(window: Window) -> String {
    format!("{:02}:{:02}", window.from_s / 3600, window.from_s / 60 % 60)
}

/// Returns how long the window stays open, where what takes `needs_ns` from `now_s` on fits.
fn fits(
    window: Window,
    now_s: u64,
    needs_ns: u64,
    local: impl Fn(u64) -> Option<u32>,
) -> Option<u64> {
    let left_ns = u64::from(window.left_s(local(now_s)?)?) * SECOND_NS;
    // What has begun of a second is past.
    let last_s = now_s + needs_ns.div_ceil(SECOND_NS);
    let open_then = window.left_s(local(last_s)?).is_some();
    (needs_ns < left_ns && open_then).then_some(left_ns.saturating_sub(SECOND_NS))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3600;

    fn night() -> Window {
        "22:00-06:00".parse().unwrap()
    }

    #[test]
    fn what_ends_before_the_window_shuts_may_start() {
        let utc = |at: u64| u32::try_from(at % 86_400).ok();
        let at = |hour: u64, needs: u64| {
            fits(night(), hour * HOUR, needs * HOUR * SECOND_NS, utc).is_some()
        };
        assert!(at(22, 7) && at(23, 6) && at(24, 5) && at(28, 1));
        assert!(!at(21, 1) && !at(22, 9) && !at(29, 2) && !at(30, 1) && !at(12, 1));
    }

    #[test]
    fn a_night_that_the_clocks_make_shorter_has_less_room() {
        // At 02:00 the clocks are put forward to 03:00: 22:00 to 06:00 has seven hours.
        let spring = |at: u64| {
            let local = if at >= 26 * HOUR { at + HOUR } else { at };
            u32::try_from(local % 86_400).ok()
        };
        let needs = |hours: u64| fits(night(), 22 * HOUR, hours * HOUR * SECOND_NS, spring);
        assert!(needs(6).is_some() && needs(7).is_none());
    }

    #[test]
    fn without_a_window_nothing_waits_and_what_never_fits_is_said() {
        let mut console = Console::of_process(profiles::Lang::En);
        let mut start =
            |window, needs| wait(window, "c", needs, &Interrupt::default(), &mut console).unwrap();
        assert_eq!(start(None, u64::MAX), Start::Now { left_ns: u64::MAX });
        assert_eq!(start(Some(night()), 9 * HOUR * SECOND_NS), Start::Never);
    }
}
