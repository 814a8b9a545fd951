//! One part of a test: its rounds, when they are steady, and what casts doubt on them.

use crate::measurement::{Doubt, Totals};
use crate::pts::{Cell, Part};
use crate::steady::{MOST_ROUNDS, WINDOW, Window};

/// One part of a test with its own purge and preconditioning, and what came of it so far.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    part: Part,
    purged: Option<String>,
    preconditioned_bytes: u64,
    /// Value of each cell, round after round, in thousandths of the unit.
    values: Vec<Vec<u64>>,
    /// Longest latency of each cell, round after round.
    longest_ns: Vec<Vec<u64>>,
    doubts: Vec<Noted>,
    /// Rounds that lie, whole or in part, before an interruption: no window has them.
    before: usize,
    /// The round at which all tracked values were steady first.
    steady_at: Option<usize>,
    /// The first round after it at which one of them no longer was.
    left_at: Option<usize>,
}

/// A reason to doubt one run of one cell.
#[derive(Clone, Debug)]
pub(super) struct Noted {
    /// The round, from 1.
    pub(super) round: usize,
    /// The cell.
    pub(super) cell: Cell,
    /// The reason.
    pub(super) doubt: Doubt,
}

impl Progress {
    pub(super) fn new(part: Part) -> Self {
        Self {
            values: vec![Vec::new(); part.cells.len()],
            longest_ns: vec![Vec::new(); part.cells.len()],
            purged: None,
            preconditioned_bytes: 0,
            doubts: Vec::new(),
            before: 0,
            steady_at: None,
            left_at: None,
            part,
        }
    }

    pub(super) fn part(&self) -> &Part {
        &self.part
    }

    pub(super) fn purge(&mut self, how: Option<String>) {
        self.purged = how;
    }

    pub(super) fn purged(&self) -> Option<&String> {
        self.purged.as_ref()
    }

    pub(super) fn precondition(&mut self, bytes: u64) {
        self.preconditioned_bytes = bytes;
    }

    pub(super) fn preconditioned_bytes(&self) -> u64 {
        self.preconditioned_bytes
    }

    pub(super) fn steady_at(&self) -> Option<usize> {
        self.steady_at
    }

    pub(super) fn left_at(&self) -> Option<usize> {
        self.left_at
    }

    /// Rounds that are complete.
    pub(super) fn rounds(&self) -> usize {
        self.values.last().map_or(0, Vec::len)
    }

    /// The cell that comes next, by its place.
    pub(super) fn at(&self) -> usize {
        let rounds = self.rounds();
        self.values.iter().position(|values| values.len() == rounds).unwrap_or(0)
    }

    /// The last round of the window that gives the result.
    pub(super) fn end(&self) -> usize {
        self.steady_at.unwrap_or_else(|| self.rounds())
    }

    /// Takes what the cell at place `at` did.
    pub(super) fn record(&mut self, at: usize, value: u64, totals: &Totals, doubts: &[Doubt]) {
        let round = self.rounds() + 1;
        if let (Some(values), Some(longest), Some(cell)) =
            (self.values.get_mut(at), self.longest_ns.get_mut(at), self.part.cells.get(at))
        {
            values.push(value);
            longest.push(totals.service.max_ns);
            let noted = |doubt: &Doubt| Noted { round, cell: *cell, doubt: doubt.clone() };
            self.doubts.extend(doubts.iter().map(noted));
        }
        // Only now is the round complete, or not.
        if self.at() == 0 {
            self.judge();
        }
    }

    fn judge(&mut self) {
        let rounds = self.rounds();
        let steady = self.is_steady(rounds);
        match (self.steady_at, self.left_at) {
            (None, _) if steady => self.steady_at = Some(rounds),
            (Some(_), None) if !steady && self.is_of_one_stretch(rounds) => {
                self.left_at = Some(rounds);
            }
            _ => {}
        }
    }

    /// Returns whether all tracked values are steady in the window that ends with round `end`.
    fn is_steady(&self, end: usize) -> bool {
        let tracked = |cell: &Cell| self.window(*cell, end).is_some_and(|(_, w)| w.is_steady());
        self.is_of_one_stretch(end) && self.part.tracked.iter().all(tracked)
    }

    /// Returns whether the window that ends with round `end` lies after all interruptions.
    pub(super) fn is_of_one_stretch(&self, end: usize) -> bool {
        end >= self.before.saturating_add(WINDOW)
    }

    /// Returns a cell's five rounds up to round `end`; `None` before there are five.
    pub(super) fn window(&self, cell: Cell, end: usize) -> Option<([u64; WINDOW], Window)> {
        let values: [u64; WINDOW] = *self.values_of(cell)?.get(..end)?.last_chunk()?;
        Some((values, Window::of(values)))
    }

    /// Returns a cell's value in each round.
    pub(super) fn values_of(&self, cell: Cell) -> Option<&[u64]> {
        let at = self.part.cells.iter().position(|one| *one == cell)?;
        self.values.get(at).map(Vec::as_slice)
    }

    /// Returns the longest latency of a cell in the window that ends with round `end`.
    pub(super) fn longest_ns(&self, cell: Cell, end: usize) -> Option<u64> {
        let at = self.part.cells.iter().position(|one| *one == cell)?;
        let longest: &[u64; WINDOW] = self.longest_ns.get(at)?.get(..end)?.last_chunk()?;
        longest.iter().max().copied()
    }

    /// Returns the doubts that touch the result: those of the window's rounds, and of all
    /// rounds that something went wrong in.
    pub(super) fn doubts(&self) -> impl Iterator<Item = &Noted> {
        let end = self.end();
        let window = end.saturating_sub(WINDOW)..end;
        let touches = move |noted: &&Noted| {
            window.contains(&noted.round.saturating_sub(1)) || noted.doubt.code == "io-errors"
        };
        self.doubts.iter().filter(touches)
    }

    /// Takes an interruption; returns whether enough rounds are left for a window after it.
    pub(super) fn interrupt(&mut self) -> bool {
        let begun = usize::from(self.at() > 0);
        self.before = self.rounds() + begun;
        // What was steady before stays; it is the watching that was interrupted.
        self.steady_at.is_some() || self.before + WINDOW <= MOST_ROUNDS
    }

    /// Returns whether the part is over, `watch` rounds after its window.
    pub(super) fn is_done(&self, watch: usize) -> bool {
        let between = self.at() == 0 && self.rounds() > 0;
        let enough = match self.steady_at {
            Some(round) => self.rounds() >= round.saturating_add(watch),
            None => self.rounds() >= MOST_ROUNDS,
        };
        between && enough
    }
}
