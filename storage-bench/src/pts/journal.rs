//! What a test did so far, line by line, so that a test of a day survives a crash.
//!
//! The first line says what is tested and how, each further one takes the state machine a
//! step on: a journal that is read again *is* the test, where it stood. A last line that was
//! not written to its end is as if it had not been begun. Reading and writing files is left
//! to whoever runs the test.

use serde::{Deserialize, Serialize};

use crate::measurement::Run;
use crate::pts::{Cell, Options, Platform, Pts, PtsError, Report, Step, Test};
use crate::safety::Fingerprint;

/// The schema of the first line.
const SCHEMA: &str = "storage-pts/v1";

/// How tests are run; the same for all of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// The tests, in their order.
    pub test: Vec<Test>,
    /// See [`Options`].
    pub span_bytes: u64,
    /// See [`Options`].
    pub block_bytes: u32,
    /// See [`Options`].
    pub iodepth: u32,
    /// See [`Options`].
    pub threads: u32,
    /// See [`Options`].
    pub cell_ns: u64,
    /// See [`Options`].
    pub write_cache: String,
    /// See [`Options`].
    pub watch_rounds: usize,
    /// See [`Options`].
    pub fast: bool,
    /// See [`Options`].
    pub seed: u64,
}

impl Settings {
    /// Returns the settings of one test.
    pub fn options(&self, test: Test) -> Options {
        Options {
            test,
            span_bytes: self.span_bytes,
            block_bytes: self.block_bytes,
            iodepth: self.iodepth,
            threads: self.threads,
            cell_ns: self.cell_ns,
            write_cache: self.write_cache.clone(),
            watch_rounds: self.watch_rounds,
            fast: self.fast,
            seed: self.seed,
        }
    }

    /// Returns what differs from `now`, as (what, then, now), by the options' names.
    pub fn differences(&self, now: &Self) -> Vec<(&'static str, String, String)> {
        let tests = |settings: &Self| {
            let words: Vec<&str> = settings.test.iter().map(|test| test.word()).collect();
            words.join(", ")
        };
        let seconds = |settings: &Self| format!("{} ms", settings.cell_ns / 1_000_000);
        let rows = [
            ("--test", tests(self), tests(now)),
            ("--fast", self.fast.to_string(), now.fast.to_string()),
            ("--iodepth", self.iodepth.to_string(), now.iodepth.to_string()),
            ("--threads", self.threads.to_string(), now.threads.to_string()),
            ("--cell-time", seconds(self), seconds(now)),
            ("--watch-rounds", self.watch_rounds.to_string(), now.watch_rounds.to_string()),
            ("--write-cache", self.write_cache.clone(), now.write_cache.clone()),
            ("size", self.span_bytes.to_string(), now.span_bytes.to_string()),
            ("block size", self.block_bytes.to_string(), now.block_bytes.to_string()),
        ];
        rows.into_iter().filter(|(_, then, now)| then != now).collect()
    }
}

/// How much was written to a device, by the kernel's own count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// Since when it counts: the kernel's id of this boot.
    pub boot: Option<String>,
    /// Bytes; `None` where nothing counts, as for a file.
    pub bytes: Option<u64>,
}

/// The first line of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// `storage-pts/v1`.
    pub schema: String,
    /// The device.
    pub target: Fingerprint,
    /// How it is tested.
    pub settings: Settings,
    /// With what.
    pub platform: Platform,
}

/// One line of a journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// What is tested, and how.
    Begun(Box<Begun>),
    /// It was purged, or it was decided not to.
    Purged {
        /// How; `None` where it was not.
        how: Option<String>,
        /// The kernel's count after it.
        written: Written,
    },
    /// It was preconditioned.
    Preconditioned {
        /// The load.
        run: Box<Run>,
        /// The kernel's count after it.
        written: Written,
    },
    /// A cell was run.
    Cell {
        /// Which.
        cell: Cell,
        /// What it did.
        run: Box<Run>,
        /// The kernel's count after it.
        written: Written,
    },
    /// The test was interrupted before this, and goes on.
    Resumed {
        /// When, RFC 3339.
        at: String,
        /// Whether nobody used the device in between.
        untouched: bool,
    },
}

/// Why a journal cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JournalError {
    /// A line is damaged.
    #[error("line {line} is not one of a test's journal")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// It does not begin as a journal does.
    #[error("it does not begin with `{SCHEMA}`")]
    NotBegun,
    /// A line does not follow from those before it.
    #[error("line {line} does not follow from those before it")]
    Order {
        /// Its number, from 1.
        line: usize,
        /// Why not.
        source: PtsError,
    },
}

/// Tests on their way, as their journal has them.
#[derive(Clone, Debug)]
pub struct Journal {
    begun: Begun,
    tests: Vec<Pts>,
    /// Without their seconds, which stay in the journal.
    runs: Vec<Run>,
    last: Option<Written>,
    /// The most that one cell may have written.
    most_bytes: u64,
}

impl Journal {
    /// Begins one.
    pub fn begin(
        target: Fingerprint,
        settings: Settings,
        platform: Platform,
    ) -> Result<Self, PtsError> {
        let tests = settings.test.iter().map(|test| Pts::new(settings.options(*test)));
        let tests = tests.collect::<Result<Vec<_>, PtsError>>()?;
        let begun = Begun { schema: SCHEMA.to_owned(), target, settings, platform };
        Ok(Self { begun, tests, runs: Vec::new(), last: None, most_bytes: 0 })
    }

    /// Returns its first line.
    pub fn first(&self) -> Entry {
        Entry::Begun(Box::new(self.begun.clone()))
    }

    /// Reads one again, and returns with it how many of the bytes are whole lines.
    pub fn read(bytes: &[u8]) -> Result<(Self, usize), JournalError> {
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        let mut journal: Option<Self> = None;
        for (at, line) in lines.enumerate().filter(|(_, line)| !line.is_empty()) {
            let line_number = at + 1;
            let entry: Entry = typed_json::parse(line)
                .map_err(|source| JournalError::Line { line: line_number, source })?;
            let order = |source| JournalError::Order { line: line_number, source };
            match (&mut journal, entry) {
                (None, Entry::Begun(begun)) if begun.schema == SCHEMA => {
                    let Begun { target, settings, platform, .. } = *begun;
                    journal = Some(Self::begin(target, settings, platform).map_err(order)?);
                }
                (Some(journal), entry) => journal.take(entry).map_err(order)?,
                (None, _) => return Err(JournalError::NotBegun),
            }
        }
        Ok((journal.ok_or(JournalError::NotBegun)?, whole))
    }

    /// Takes the next line.
    pub fn take(&mut self, entry: Entry) -> Result<(), PtsError> {
        let Some(test) = self.tests.iter_mut().find(|test| test.next() != Step::Done) else {
            let found = "another step".to_owned();
            return Err(PtsError::NotAsked { expected: "nothing".to_owned(), found });
        };
        match entry {
            Entry::Begun(_) => {
                let (expected, found) = ("a step".to_owned(), "a beginning".to_owned());
                return Err(PtsError::NotAsked { expected, found });
            }
            Entry::Resumed { at, untouched } => test.resume(&at, untouched),
            Entry::Purged { how, written } => {
                test.purged(how)?;
                self.last = Some(written);
            }
            Entry::Preconditioned { run, written } => {
                test.preconditioned(&run.all)?;
                // No cell writes faster than this.
                let most =
                    u128::from(run.all.bytes_per_s) * u128::from(self.begun.settings.cell_ns);
                let most = u64::try_from(most / 1_000_000_000).unwrap_or(u64::MAX);
                (self.last, self.most_bytes) = (Some(written), self.most_bytes.max(most));
                self.runs.push(bare(*run));
            }
            Entry::Cell { cell, run, written } => {
                test.record(cell, &run.all, &run.reasons)?;
                let wrote = run.write.as_ref().map_or(0, |write| write.moved_bytes);
                (self.last, self.most_bytes) = (Some(written), self.most_bytes.max(wrote));
                self.runs.push(bare(*run));
            }
        }
        Ok(())
    }

    /// Returns the test that is on; `None` where all are done.
    pub fn current(&self) -> Option<&Pts> {
        self.tests.iter().find(|test| test.next() != Step::Done)
    }

    /// Returns whether anything was done yet.
    pub fn is_fresh(&self) -> bool {
        self.last.is_none()
    }

    /// Returns what is tested.
    pub fn target(&self) -> &Fingerprint {
        &self.begun.target
    }

    /// Returns how it is tested.
    pub fn settings(&self) -> &Settings {
        &self.begun.settings
    }

    /// Returns the runs, without their seconds.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// Returns all tests, in their order.
    pub fn tests(&self) -> &[Pts] {
        &self.tests
    }

    /// Returns whether nobody but the step that was interrupted can have used the device:
    /// the kernel counts no more written since the last line than that step may have.
    pub fn is_untouched(&self, now: &Written) -> bool {
        let Some(last) = &self.last else { return true };
        let same_boot = last.boot.is_some() && last.boot == now.boot;
        let (Some(then), Some(now)) = (last.bytes, now.bytes) else { return false };
        let most = match self.current().map(Pts::next) {
            Some(Step::Precondition { write_bytes, .. }) => write_bytes,
            _ => self.most_bytes,
        };
        same_boot && now.checked_sub(then).is_some_and(|since| since <= most)
    }

    /// Returns the report of each test; one that has not begun is told too, as not done.
    pub fn reports(&self) -> Vec<Report> {
        let mut reports = Vec::new();
        let mut rest = self.runs.as_slice();
        for test in &self.tests {
            let word = case_of(test.options().test);
            let mine = rest.iter().take_while(|run| run.case.starts_with(&word)).count();
            let (runs, after) = rest.split_at(mine);
            rest = after;
            let mut report = test.report();
            report.header.platform = self.begun.platform.clone();
            report.subject = runs.first().map(|run| run.subject.clone());
            report.started_at = runs.first().map(|run| run.started_at.clone());
            report.last_load_at = runs.last().map(|run| run.started_at.clone());
            reports.push(report);
        }
        reports
    }
}

/// Returns the beginning of the cases of a test.
pub fn case_of(test: Test) -> String {
    format!("pts.{}.", test.word())
}

/// Returns a run without what fills a document of a thousand of them.
fn bare(mut run: Run) -> Run {
    run.second.clear();
    run.shape = None;
    run
}

#[cfg(test)]
mod tests;
