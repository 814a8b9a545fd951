//! Steady state of rounds, as SNIA SSS PTS 2.0.2 §2.1.24 defines it, in whole numbers.
//!
//! A window of five rounds at x = 1…5 with values y and sum S is steady when
//!
//! - its range is at most 20 % of its mean: max − min ≤ 0.20 · S/5 ⇔ 25·(max − min) ≤ S;
//! - its least-squares line rises or falls by at most 10 % of the mean over the window:
//!   with b = Σ(x − 3)·y / 10 and D = −2y₁ − y₂ + y₄ + 2y₅, 4·|D|/10 ≤ 0.10 · S/5
//!   ⇔ 20·|D| ≤ S.
//!
//! Equality passes, and no rounding decides. (As quoted by py-sss-pts, the definition's
//! headings say "less than 20%" and its sentences "no more than 20%"; the sentences are
//! followed, that implementation takes the headings.) Values that are all 0 are never steady:
//! nothing happened. Rounds go on being tested after the first steady window, because
//! a device leaves steady state too: it throttles, its fast cells run out.

use crate::measurement::Steady;

/// Rounds of a window.
pub const WINDOW: usize = 5;

/// Rounds after which a device that is not steady is given up.
pub const MOST_ROUNDS: usize = 25;

/// Five consecutive rounds and what they add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Sum of the values.
    pub sum: u128,
    /// Largest less smallest.
    pub range: u64,
    /// Ten times the slope of the least-squares line, per round.
    pub slope_tenfold: i128,
}

impl Window {
    /// Returns what `values` add up to.
    pub fn of(values: [u64; WINDOW]) -> Self {
        let [a, b, _, d, e] = values.map(i128::from);
        let most = values.iter().max().copied().unwrap_or(0);
        let least = values.iter().min().copied().unwrap_or(0);
        Self {
            sum: values.iter().map(|value| u128::from(*value)).sum(),
            range: most - least,
            slope_tenfold: d + 2 * e - 2 * a - b,
        }
    }

    /// Returns whether range and slope are within their limits.
    pub fn is_steady(&self) -> bool {
        self.sum > 0
            && 25 * u128::from(self.range) <= self.sum
            && 20 * self.slope_tenfold.unsigned_abs() <= self.sum
    }

    /// Returns the range over the mean, in parts per million, rounded up, so that it
    /// reads above 200,000 exactly when it is too large.
    pub fn range_ppm(&self) -> u64 {
        per_million(u128::from(self.range) * 5, self.sum)
    }

    /// Returns the rise of the line over the window over the mean, rounded up, so that
    /// it reads above 100,000 exactly when it is too large.
    pub fn slope_ppm(&self) -> u64 {
        per_million(self.slope_tenfold.unsigned_abs() * 2, self.sum)
    }

    /// Returns the mean, rounded down.
    pub fn mean(&self) -> u64 {
        u64::try_from(self.sum / 5).unwrap_or(u64::MAX)
    }
}

fn per_million(part: u128, whole: u128) -> u64 {
    if whole == 0 {
        return 0;
    }
    u64::try_from((part * 1_000_000).div_ceil(whole)).unwrap_or(u64::MAX)
}

/// What rounds say so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Not steady yet; another round may tell.
    GoOn,
    /// Steady first at this round, from 1, and ever since.
    Steady {
        /// The round.
        round: usize,
    },
    /// Steady at one round, and no longer at a later one.
    Left {
        /// The round at which it was first steady.
        round: usize,
        /// The first round after it at which it was not.
        at: usize,
    },
    /// Not steady within the most rounds that are tried.
    Never,
}

/// The rounds of one tracked value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rounds {
    values: Vec<u64>,
    first: Option<usize>,
    left: Option<usize>,
}

impl Rounds {
    /// Returns the rounds of `values`, in their order.
    pub fn of(values: &[u64]) -> Self {
        let mut rounds = Self::default();
        for value in values {
            rounds.push(*value);
        }
        rounds
    }

    /// Adds the value of the next round.
    pub fn push(&mut self, value: u64) -> Progress {
        self.values.push(value);
        if let Some(window) = self.last() {
            match (self.first, self.left) {
                (None, _) if window.is_steady() => self.first = Some(self.values.len()),
                (Some(_), None) if !window.is_steady() => self.left = Some(self.values.len()),
                _ => {}
            }
        }
        self.progress()
    }

    /// Returns what the rounds say so far.
    pub fn progress(&self) -> Progress {
        match (self.first, self.left) {
            (Some(round), None) => Progress::Steady { round },
            (Some(round), Some(at)) => Progress::Left { round, at },
            (None, _) if self.values.len() >= MOST_ROUNDS => Progress::Never,
            (None, _) => Progress::GoOn,
        }
    }

    /// Returns the values, in the order of the rounds.
    pub fn values(&self) -> &[u64] {
        &self.values
    }

    /// Returns the last five rounds; `None` before there are five.
    pub fn last(&self) -> Option<Window> {
        self.values.last_chunk().copied().map(Window::of)
    }

    /// Returns whether the last five rounds are steady.
    pub fn is_steady_now(&self) -> bool {
        self.last().is_some_and(|window| window.is_steady())
    }

    /// Returns the window of the result: the first steady one, or else the last one.
    pub fn measured(&self) -> Option<Window> {
        let Some(round) = self.first else { return self.last() };
        self.values.get(..round)?.last_chunk().copied().map(Window::of)
    }

    /// Returns the rounds as a report shows them; values are thousandths of their unit.
    pub fn report(&self) -> Steady {
        let window = self.measured();
        Steady {
            steady: self.first.is_some() && self.left.is_none(),
            round: self.first.map(round_number),
            left_at_round: self.left.map(round_number),
            range_ppm: window.map_or(0, |window| window.range_ppm()),
            slope_ppm: window.map_or(0, |window| window.slope_ppm()),
            unit: String::new(),
            rounds_milli: self.values.clone(),
        }
    }
}

fn round_number(round: usize) -> u32 {
    u32::try_from(round).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
