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
}
