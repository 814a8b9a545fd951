//! SNIA SSS PTS 2.0.2: the IOPS, throughput and latency tests as plans that run themselves.
//!
//! A [`Pts`] is asked what to do next and told what came of it; whoever runs it owns the
//! device and the clock. Each part of a test is: purge, workload-independent
//! preconditioning (twice the capacity, sequentially), then rounds of all cells until
//! every tracked value is steady ([`crate::steady`]), 25 rounds at most. The rounds *are*
//! the workload-dependent preconditioning (§7.3, §8.3, §9.3).
//!
//! | test | cells of a round | tracked |
//! |---|---|---|
//! | IOPS (§7) | 7 mixes × 8 sizes, random | 0/100 4 KiB, 65/35 64 KiB and 100/0 1 MiB, all three |
//! | throughput (§8) | read and write, sequential; 128 KiB and 1 MiB, each with its own purge | the write |
//! | latency (§9) | 3 mixes × 8, 4, 0.5 KiB, random, one at a time | mean of 0/100 4 KiB |
//!
//! That the IOPS test tracks three values rests on a third party that quotes the pseudocode
//! of 2.0.2; the text itself was not seen. What the other two track is taken from published
//! reports of them. Purge is offered, never implied: a driver says whether it purged.
//! `--fast` is a smaller test for files and small devices, no PTS result, and its report
//! says so.

mod plan;
mod report;

pub use plan::{Cell, Options, Part, Test};
pub use report::{Header, Line, PartReport, Report, TableRow, WindowPlot};

use crate::measurement::{Mode, Totals};
use crate::steady::{MOST_ROUNDS, Rounds, WINDOW};
use crate::workload::Spec;

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Return the device to where nothing was written, or decide not to; then
    /// [`Pts::purged`].
    Purge,
    /// Write this much of this load, then [`Pts::preconditioned`].
    Precondition {
        /// The load: sequential writes.
        workload: Spec,
        /// How many bytes to write in all.
        write_bytes: u64,
        /// Operations in flight at once, per thread.
        iodepth: u32,
    },
    /// Run one cell of a round, then [`Pts::record`].
    Cell {
        /// The round, from 1.
        round: usize,
        /// The cell.
        cell: Cell,
        /// Its load.
        workload: Spec,
        /// How the load is made.
        mode: Mode,
        /// Operations in flight at once, per thread.
        iodepth: u32,
        /// Threads that make the load.
        threads: u32,
        /// How long.
        runtime_ns: u64,
    },
    /// Nothing: see [`Pts::report`].
    Done,
}

/// Why a test cannot be planned, or was told what it had not asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PtsError {
    /// The target is too small for the largest block.
    #[error("a target of {span_bytes} bytes is too small for this test, it needs {least_bytes}")]
    TooSmall {
        /// Size of the target.
        span_bytes: u64,
        /// The least it may be.
        least_bytes: u64,
    },
    /// No cell is left: the device's blocks are larger than every one of them.
    #[error("a device of {block_bytes}-byte blocks can run none of the cells that are tracked")]
    NoTracked {
        /// Logical block size.
        block_bytes: u32,
    },
    /// A result came that was not asked for.
    #[error("the test waits for {expected}, not for {found}")]
    NotAsked {
        /// What [`Pts::next`] says.
        expected: String,
        /// What was told.
        found: String,
    },
}

impl PtsError {
    /// Returns what the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::TooSmall { .. } => Some("give a larger device or file".to_owned()),
            Self::NoTracked { .. } => {
                Some("format the device with blocks of 512 or 4096 bytes".to_owned())
            }
            Self::NotAsked { .. } => None,
        }
    }
}

/// Where a part of a test is.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Purge,
    Precondition,
    Rounds,
}

/// One part of a test with its own purge and preconditioning, and what came of it so far.
#[derive(Clone, Debug)]
struct Progress {
    part: Part,
    purged: Option<String>,
    preconditioned_bytes: u64,
    /// Value of each cell, round after round, in thousandths of the unit.
    values: Vec<Vec<u64>>,
    /// Longest latency of each cell, round after round.
    longest_ns: Vec<Vec<u64>>,
    /// The tracked cells' rounds, in the order of [`Part::tracked`].
    tracked: Vec<Rounds>,
}

impl Progress {
    fn new(part: Part) -> Self {
        Self {
            values: vec![Vec::new(); part.cells.len()],
            longest_ns: vec![Vec::new(); part.cells.len()],
            tracked: vec![Rounds::default(); part.tracked.len()],
            purged: None,
            preconditioned_bytes: 0,
            part,
        }
    }

    /// Rounds that are complete.
    fn rounds(&self) -> usize {
        self.values.last().map_or(0, Vec::len)
    }

    /// The cell that comes next, by its place.
    fn at(&self) -> usize {
        let rounds = self.rounds();
        self.values.iter().position(|values| values.len() == rounds).unwrap_or(0)
    }

    fn is_steady(&self) -> bool {
        self.tracked.iter().all(Rounds::is_steady_now)
    }

    fn is_done(&self) -> bool {
        let between = self.at() == 0 && self.rounds() > 0;
        between && (self.is_steady() || self.rounds() >= MOST_ROUNDS)
    }
}

/// A test on its way.
#[derive(Clone, Debug)]
pub struct Pts {
    options: Options,
    done: Vec<Progress>,
    now: Progress,
    state: State,
    to_come: Vec<Part>,
    finished: bool,
}

/// How long a test takes and how much it writes, as far as that is known beforehand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// Cells of a round, all parts together.
    pub cells: usize,
    /// Time of the rounds when each part is steady at once.
    pub least_ns: u64,
    /// Time of the rounds when no part ever is.
    pub most_ns: u64,
    /// Bytes that preconditioning writes.
    pub precondition_bytes: u64,
}

impl Pts {
    /// Plans a test.
    pub fn new(options: Options) -> Result<Self, PtsError> {
        let mut parts = plan::parts(&options)?;
        let first = parts.remove(0);
        Ok(Self {
            options,
            done: Vec::new(),
            now: Progress::new(first),
            state: State::Purge,
            to_come: parts,
            finished: false,
        })
    }

    /// Returns what to do next; asking twice gives the same answer.
    pub fn next(&self) -> Step {
        if self.finished {
            return Step::Done;
        }
        let options = &self.options;
        match self.state {
            State::Purge => Step::Purge,
            State::Precondition => Step::Precondition {
                workload: plan::precondition(options, &self.now.part),
                write_bytes: options.precondition_bytes(),
                iodepth: options.iodepth,
            },
            State::Rounds => match self.now.part.cells.get(self.now.at()) {
                None => Step::Done,
                Some(cell) => Step::Cell {
                    round: self.now.rounds() + 1,
                    cell: *cell,
                    workload: plan::workload(options, *cell),
                    mode: options.test.mode(),
                    iodepth: options.cell_iodepth(),
                    threads: options.cell_threads(),
                    runtime_ns: options.cell_ns,
                },
            },
        }
    }

    /// Takes how the device was purged; `None` where it was not.
    pub fn purged(&mut self, how: Option<String>) -> Result<(), PtsError> {
        if self.finished || self.state != State::Purge {
            return Err(self.not_asked("a purge"));
        }
        self.now.purged = how;
        self.state = State::Precondition;
        Ok(())
    }

    /// Takes what preconditioning wrote.
    pub fn preconditioned(&mut self, written: &Totals) -> Result<(), PtsError> {
        if self.finished || self.state != State::Precondition {
            return Err(self.not_asked("preconditioning"));
        }
        self.now.preconditioned_bytes = written.moved_bytes;
        self.state = State::Rounds;
        Ok(())
    }

    /// Takes what a cell did.
    pub fn record(&mut self, cell: Cell, totals: &Totals) -> Result<(), PtsError> {
        let at = self.now.at();
        let expected = self.now.part.cells.get(at).copied();
        if self.finished || self.state != State::Rounds || expected != Some(cell) {
            return Err(self.not_asked(&format!("cell {cell}")));
        }
        let value = self.options.test.value_milli(totals);
        if let Some(values) = self.now.values.get_mut(at) {
            values.push(value);
        }
        if let Some(longest) = self.now.longest_ns.get_mut(at) {
            longest.push(totals.service.max_ns);
        }
        for (tracked, rounds) in self.now.part.tracked.iter().zip(&mut self.now.tracked) {
            if *tracked == cell {
                rounds.push(value);
            }
        }
        if self.now.is_done() {
            self.next_part();
        }
        Ok(())
    }

    fn next_part(&mut self) {
        if self.to_come.is_empty() {
            self.finished = true;
            return;
        }
        let next = Progress::new(self.to_come.remove(0));
        self.done.push(std::mem::replace(&mut self.now, next));
        self.state = State::Purge;
    }

    fn not_asked(&self, found: &str) -> PtsError {
        let expected = match self.next() {
            Step::Purge => "a purge".to_owned(),
            Step::Precondition { .. } => "preconditioning".to_owned(),
            Step::Cell { cell, .. } => format!("cell {cell}"),
            Step::Done => "nothing".to_owned(),
        };
        PtsError::NotAsked { expected, found: found.to_owned() }
    }

    /// Returns how long the whole test takes and how much it writes.
    pub fn outlook(&self) -> Outlook {
        let parts = || {
            let done = self.done.iter().chain([&self.now]).map(|progress| &progress.part);
            done.chain(&self.to_come)
        };
        let cells: usize = parts().map(|part| part.cells.len()).sum();
        let rounds = |count: usize| (cells * count) as u64 * self.options.cell_ns;
        Outlook {
            cells,
            least_ns: rounds(WINDOW),
            most_ns: rounds(MOST_ROUNDS),
            precondition_bytes: self.options.precondition_bytes() * parts().count() as u64,
        }
    }

    /// Returns the report of what was measured so far, in the order of the PTS' own pages.
    pub fn report(&self) -> Report {
        let parts: Vec<&Progress> = self.done.iter().chain([&self.now]).collect();
        report::of(&self.options, &parts, self.finished)
    }
}

#[cfg(test)]
mod tests;
