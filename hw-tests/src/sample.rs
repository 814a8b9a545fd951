//! Two commands in turn: medians, ratios pair by pair, peak memory.
//!
//! The machines that run this are shared and noisy, so a figure is always a
//! median over interleaved pairs, with the smallest and the largest beside it.

#![expect(clippy::disallowed_methods, reason = "this module is the clock of the figures")]

use std::io;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Smallest, median and largest of some values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Smallest.
    pub min: f64,
    /// Median.
    pub median: f64,
    /// Largest.
    pub max: f64,
}

impl Spread {
    /// Returns the spread of `values`; `None` where there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let median = *sorted.get(sorted.len() / 2)?;
        Some(Self { min: *sorted.first()?, median, max: *sorted.last()? })
    }
}

/// A median and the interval that it is in with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Median.
    pub median: f64,
    /// Upper end.
    pub high: f64,
}

/// Returns the median of `values` with its interval by the bootstrap (percentiles of the medians
/// of 4,000 samples drawn with replacement); `None` where there are none.
///
/// The draws are the same each time: the same values give the same interval.
pub fn interval(values: &[f64]) -> Option<Interval> {
    let median = Spread::of(values)?.median;
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut draw = || {
        // xorshift (Marsaglia 2003).
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap_or(0) % values.len()
    };
    let mut medians = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let drawn: Vec<f64> = values.iter().filter_map(|_| values.get(draw()).copied()).collect();
        medians.push(Spread::of(&drawn)?.median);
    }
    medians.sort_by(f64::total_cmp);
    let at = |part: usize| medians.get(DRAWS * part / 1000).copied();
    Some(Interval { low: at(25)?, median, high: at(975)? })
}

/// Samples of the bootstrap.
const DRAWS: usize = 4000;

/// One run of a command.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Run {
    /// Wall time in seconds.
    pub seconds: f64,
    /// Largest resident set in bytes.
    pub peak_bytes: u64,
    /// Exit code; −1 for a signal.
    pub code: i32,
}

/// Pairs of runs, A first and B first in turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Pairs {
    /// Runs of the first command.
    pub a: Vec<Run>,
    /// Runs of the second command.
    pub b: Vec<Run>,
}

impl Pairs {
    /// Returns the spread of A's wall time over B's, pair by pair.
    pub fn ratio(&self) -> Option<Spread> {
        let ratios: Vec<f64> =
            self.a.iter().zip(&self.b).map(|(a, b)| a.seconds / b.seconds).collect();
        Spread::of(&ratios)
    }
}

/// Runs `command` once and measures it from outside.
///
/// GNU time's `-f %M` gives the peak memory of that child alone, which
/// `getrusage` for all children cannot.
pub fn run(command: &[&str]) -> io::Result<Run> {
    let memory = tempfile::NamedTempFile::new()?;
    let started = Instant::now();
    let status = Command::new("/usr/bin/time")
        .args(["-q", "-f", "%M", "-o"])
        .arg(memory.path())
        .args(command)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()?;
    let seconds = started.elapsed().as_secs_f64();
    let text = std::fs::read_to_string(memory.path())?;
    let kibibytes: u64 = text.trim().parse().map_err(io::Error::other)?;
    Ok(Run { seconds, peak_bytes: kibibytes * 1024, code: status.code().unwrap_or(-1) })
}

/// Runs `a` and `b` in turn, `count` times each, after one unmeasured run.
pub fn pairs(count: usize, a: &[&str], b: &[&str]) -> io::Result<Pairs> {
    run(a)?;
    run(b)?;
    let mut pairs = Pairs { a: Vec::new(), b: Vec::new() };
    for turn in 0..count {
        // Who goes first changes, so that a drifting machine favours nobody.
        if turn % 2 == 0 {
            pairs.a.push(run(a)?);
            pairs.b.push(run(b)?);
        } else {
            pairs.b.push(run(b)?);
            pairs.a.push(run(a)?);
        }
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_nothing_is_nothing_and_of_some_is_their_median() {
        assert_eq!(Spread::of(&[]), None);
        let spread = Spread { min: 1.0, median: 2.0, max: 9.0 };
        assert_eq!(Spread::of(&[9.0, 1.0, 2.0]), Some(spread));
    }

    #[test]
    fn an_interval_holds_the_median_and_narrows_as_values_agree() {
        assert_eq!(interval(&[]), None);
        assert_eq!(interval(&[2.0; 15]), Some(Interval { low: 2.0, median: 2.0, high: 2.0 }));
        let values: Vec<f64> = (0..31).map(f64::from).collect();
        let found = interval(&values).unwrap();
        // The exact interval of a median of 31 by order statistics is the 10th to the 22nd.
        assert!(
            (8.0..=11.0).contains(&found.low) && (19.0..=22.0).contains(&found.high),
            "{found:?}"
        );
        assert!((found.median - 15.0).abs() < f64::EPSILON);
    }
}
