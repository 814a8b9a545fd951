//! When cases may run: a window of each day, and what fits into which night.
//!
//! Times are seconds of the local day and come in; a day has 24 hours here, so that on the
//! two days a year that have not the last case may end an hour off.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

const DAY_S: u32 = 86_400;
const SECOND_NS: u64 = 1_000_000_000;

/// A part of each day, over midnight where it ends before it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// Second of the day at which it begins.
    pub from_s: u32,
    /// Second of the day at which it ends.
    pub to_s: u32,
}

/// Why a text is no window.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WindowError {
    /// It is not of the form.
    #[error("`{0}` is not a window of the day")]
    Form(String),
    /// It begins when it ends.
    #[error("the window `{0}` is empty")]
    Empty(String),
}

impl WindowError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Form(_) => Some("write it as `22:00-06:00`, local time".to_owned()),
            Self::Empty(_) => Some("leave `--window` out to run at any time".to_owned()),
        }
    }
}

impl FromStr for Window {
    type Err = WindowError;

    fn from_str(text: &str) -> Result<Self, WindowError> {
        let form = || WindowError::Form(text.to_owned());
        let (from, to) = text.split_once('-').ok_or_else(form)?;
        let from_s = time_of_day(from).ok_or_else(form)?;
        let to_s = time_of_day(to).ok_or_else(form)?;
        if from_s == to_s {
            return Err(WindowError::Empty(text.to_owned()));
        }
        Ok(Self { from_s, to_s })
    }
}

fn time_of_day(text: &str) -> Option<u32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let number = |text: &str, below: u32| -> Option<u32> {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<u32>().ok().filter(|number| digits && *number < below)
    };
    Some(number(hours, 24)? * 3600 + number(minutes, 60)? * 60)
}

impl fmt::Display for Window {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |s: u32| format!("{:02}:{:02}", s / 3600, s / 60 % 60);
        write!(out, "{}-{}", time(self.from_s), time(self.to_s))
    }
}

impl Window {
    /// Returns how long it is each day.
    pub fn length_s(self) -> u32 {
        (DAY_S + self.to_s - self.from_s) % DAY_S
    }

    /// Returns how long it stays open at a second of the day; `None` while it is shut.
    pub fn left_s(self, now_s: u32) -> Option<u32> {
        let since = (DAY_S + now_s % DAY_S - self.from_s) % DAY_S;
        self.length_s().checked_sub(since).filter(|left| *left > 0)
    }

    /// Returns how long it is until it opens; 0 while it is open.
    pub fn opens_in_s(self, now_s: u32) -> u32 {
        if self.left_s(now_s).is_some() { 0 } else { (DAY_S + self.from_s - now_s % DAY_S) % DAY_S }
    }
}

/// Something to be done within windows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The case.
    pub case: String,
    /// How long it takes at most.
    pub ns: u64,
    /// The least it can be cut into; `None` where it has to run in one go.
    pub piece_ns: Option<u64>,
}

/// A time at which a case, or a piece of it, runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Slot {
    /// The case.
    pub case: String,
    /// How long after now it begins.
    pub begins_in_ns: u64,
    /// How long it runs.
    pub length_ns: u64,
}

/// Where jobs go, in their order, from `now_s` of the day on; and the cases that no window
/// is long enough for.
pub fn place(window: Window, now_s: u32, jobs: &[Job]) -> (Vec<Slot>, Vec<String>) {
    let length_ns = u64::from(window.length_s()) * SECOND_NS;
    let (mut slots, mut too_long) = (Vec::new(), Vec::new());
    let mut clock = Clock { now_s, past_ns: 0 };
    for job in jobs {
        if job.piece_ns.unwrap_or(job.ns) > length_ns {
            too_long.push(job.case.clone());
            continue;
        }
        let mut rest_ns = job.ns;
        while rest_ns > 0 {
            let least_ns = job.piece_ns.map_or(rest_ns, |piece| piece.min(rest_ns));
            let open_ns = clock.wait_for(window, least_ns);
            let length_ns = match job.piece_ns {
                Some(piece) if rest_ns > open_ns => open_ns / piece.max(1) * piece.max(1),
                _ => rest_ns,
            };
            slots.push(Slot { case: job.case.clone(), begins_in_ns: clock.past_ns, length_ns });
            clock.past_ns += length_ns;
            rest_ns -= length_ns;
        }
    }
    (slots, too_long)
}

/// A time, as it passes while jobs are placed.
struct Clock {
    now_s: u32,
    past_ns: u64,
}

impl Clock {
    /// Passes to where the window is open for `least_ns` at least; returns for how long it
    /// then is.
    fn wait_for(&mut self, window: Window, least_ns: u64) -> u64 {
        let second = u64::from(self.now_s) + self.past_ns.div_ceil(SECOND_NS);
        let at_s = u32::try_from(second % u64::from(DAY_S)).unwrap_or(0);
        // What is past of a second counts as past: less is left, never more.
        let left_ns = u64::from(window.left_s(at_s).unwrap_or(0)) * SECOND_NS;
        if left_ns >= least_ns.max(1) {
            return left_ns;
        }
        let until_s = match window.left_s(at_s) {
            None => window.opens_in_s(at_s),
            Some(left) => left + (DAY_S - window.length_s()),
        };
        self.past_ns =
            self.past_ns.div_ceil(SECOND_NS) * SECOND_NS + u64::from(until_s) * SECOND_NS;
        u64::from(window.length_s()) * SECOND_NS
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR_S: u32 = 3_600;
    const HOUR_NS: u64 = 3_600 * SECOND_NS;

    fn night() -> Window {
        "22:00-06:00".parse().unwrap()
    }

    fn job(case: &str, hours: u64, piece_ns: Option<u64>) -> Job {
        Job { case: case.to_owned(), ns: hours * HOUR_NS, piece_ns }
    }

    #[test]
    fn a_window_over_midnight_is_open_on_both_sides_of_it() {
        let hours = |s: u32| night().left_s(s * HOUR_S).map(|left| left / HOUR_S);
        assert_eq!(night().length_s(), 8 * HOUR_S);
        assert_eq!(
            [21, 22, 23, 0, 5, 6, 7].map(hours),
            [None, Some(8), Some(7), Some(6), Some(1), None, None]
        );
        assert_eq!(night().opens_in_s(6 * HOUR_S), 16 * HOUR_S);
        assert_eq!(night().opens_in_s(23 * HOUR_S), 0);
        let day: Window = "09:30-17:00".parse().unwrap();
        assert_eq!(day.left_s(9 * HOUR_S), None);
        assert_eq!(day.left_s(10 * HOUR_S), Some(7 * HOUR_S));
        assert_eq!(day.opens_in_s(18 * HOUR_S), 15 * HOUR_S + HOUR_S / 2);
    }

    #[test]
    fn a_text_that_is_no_window_is_refused() {
        for text in ["", "22:00", "22-06", "24:00-06:00", "22:60-06:00", "2:00-6:00", "+1:00-02:00"]
        {
            assert_eq!(text.parse::<Window>(), Err(WindowError::Form(text.to_owned())), "{text}");
        }
        assert!(matches!("08:00-08:00".parse::<Window>(), Err(WindowError::Empty(_))));
        assert_eq!(night().to_string(), "22:00-06:00");
    }

    #[test]
    fn a_job_waits_for_a_window_that_it_fits_into() {
        // It is 03:00: three hours are left.
        let jobs = [job("a", 2, None), job("b", 2, None), job("c", 1, None)];
        let (slots, too_long) = place(night(), 3 * HOUR_S, &jobs);
        let begins: Vec<u64> = slots.iter().map(|slot| slot.begins_in_ns / HOUR_NS).collect();
        assert_eq!((begins, too_long), (vec![0, 19, 21], vec![]));
    }

    #[test]
    fn a_job_that_can_be_cut_fills_window_after_window() {
        let (slots, _) = place(night(), 20 * HOUR_S, &[job("fill", 20, Some(SECOND_NS))]);
        let at: Vec<(u64, u64)> = slots
            .iter()
            .map(|slot| (slot.begins_in_ns / HOUR_NS, slot.length_ns / HOUR_NS))
            .collect();
        assert_eq!(at, [(2, 8), (26, 8), (50, 4)]);
        let (slots, _) = place(night(), 22 * HOUR_S, &[job("abba", 9, Some(3 * HOUR_NS))]);
        let at: Vec<(u64, u64)> = slots
            .iter()
            .map(|slot| (slot.begins_in_ns / HOUR_NS, slot.length_ns / HOUR_NS))
            .collect();
        assert_eq!(at, [(0, 6), (24, 3)], "whole pieces only");
    }

    #[test]
    fn what_no_window_is_long_enough_for_is_named() {
        let jobs = [job("long", 9, None), job("coarse", 20, Some(9 * HOUR_NS)), job("c", 8, None)];
        let (slots, too_long) = place(night(), 0, &jobs);
        assert_eq!(too_long, ["long", "coarse"]);
        assert_eq!((slots.len(), slots[0].begins_in_ns), (1, 22 * HOUR_NS));
    }

    proptest! {
        #[test]
        fn every_slot_lies_within_a_window_and_nothing_is_lost(
            (from, to) in (0..1440_u32, 0..1440_u32).prop_filter("empty", |(a, b)| a != b),
            now_s in 0..DAY_S,
            lengths in prop::collection::vec((1_u64..40_000_000_000_000, prop::bool::ANY), 1..6),
        ) {
            let window = Window { from_s: from * 60, to_s: to * 60 };
            let jobs: Vec<Job> = lengths.iter().enumerate().map(|(at, (ns, cut))| Job {
                case: at.to_string(), ns: *ns, piece_ns: cut.then_some(60 * SECOND_NS),
            }).collect();
            let (slots, too_long) = place(window, now_s, &jobs);
            let mut past = 0;
            for slot in &slots {
                prop_assert!(slot.begins_in_ns >= past && slot.length_ns > 0);
                past = slot.begins_in_ns + slot.length_ns;
                let since_open = u64::from((DAY_S + now_s - window.from_s) % DAY_S) * SECOND_NS
                    + slot.begins_in_ns;
                let within = since_open % (u64::from(DAY_S) * SECOND_NS);
                prop_assert!(within + slot.length_ns <= u64::from(window.length_s()) * SECOND_NS);
            }
            for job in &jobs {
                let done: u64 =
                    slots.iter().filter(|slot| slot.case == job.case).map(|slot| slot.length_ns).sum();
                prop_assert_eq!(done, if too_long.contains(&job.case) { 0 } else { job.ns });
            }
        }
    }
}
