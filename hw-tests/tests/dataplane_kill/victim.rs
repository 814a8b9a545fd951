//! The process that is killed: this program run again, in the namespace of the test. It looks,
//! plans, applies with a journal on disk and verifies, as the command and the daemon do.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::str::FromStr;

use dataplane::apply::{Applied, Run, apply};
use dataplane::journal::{Log, Past, Record};
use dataplane::kernel::journal::Journal;
use dataplane::kernel::real::Real;
use dataplane::kernel::{Connection, Interest, Kernel, KernelError, StepError};
use dataplane::node::{self, Node};
use dataplane::plan::{Scope, Step};
use dataplane::seen::Seen;
use libtest_mimic::Failed;
use rustix::process::{Signal, getpid, kill_process};

use crate::node::read;

/// When it is killed, by its own hand: from outside nobody could say how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Not at all, or by somebody else.
    Never,
    /// After so many steps.
    Steps(usize),
    /// Before it appends the record of this number to the journal; half of the record is there.
    Record(usize),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Never => f.write_str("never"),
            Self::Steps(count) => write!(f, "step-{count}"),
            Self::Record(count) => write!(f, "record-{count}"),
        }
    }
}

impl FromStr for End {
    type Err = Failed;

    fn from_str(text: &str) -> Result<Self, Failed> {
        match text.split_once('-') {
            None => Ok(Self::Never),
            Some(("step", count)) => Ok(Self::Steps(count.parse()?)),
            Some((_, count)) => Ok(Self::Record(count.parse()?)),
        }
    }
}

/// Runs as the victim: `victim STATE JOURNAL END`; an empty state is nothing at all.
pub(crate) fn run(words: &[String]) -> ExitCode {
    match whole(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("{}", error.message().unwrap_or_default());
            ExitCode::FAILURE
        }
    }
}

fn whole(words: &[String]) -> Result<(), Failed> {
    let [state, folder, end] = words else { return Err("three words".into()) };
    let end: End = end.parse()?;
    let text = std::fs::read_to_string(state)?;
    let desired = (!text.is_empty()).then(|| read(&text)).transpose()?;
    let journal = Journal::open(Path::new(folder))?;
    let past = journal.past().clone();
    let scope = Scope { complete: true, confirmed: true, began: past.began.clone() };
    let mut real = Real::open()?;
    let look = |real: &mut Real| -> Result<Node, Failed> {
        Ok(match &desired {
            Some(desired) => node::look(real, desired, &scope)?,
            None => node::look_to_destroy(real, &scope)?,
        })
    };
    let node = look(&mut real)?;
    let steps = match end {
        End::Steps(count) => Some(count),
        _ => None,
    };
    let mut doomed = Doomed { real, steps };
    let mut log = Torn { journal, folder, end, records: 0 };
    let run = Run { generation: past.generation + 1, digest: "digest", past: &past };
    println!("begin {}", node.plan.steps.len());
    let applied = apply(&mut doomed, &node.plan, run, &mut log)?;
    println!("end {}", log.records);
    let Applied::Done { .. } = applied else { return Err(format!("{applied:#?}").into()) };
    let residue = look(&mut doomed.real)?.plan;
    if residue.is_empty() { Ok(()) } else { Err(format!("left over: {residue:#?}").into()) }
}

fn die() {
    // Nothing of this process runs any more behind it.
    kill_process(getpid(), Signal::KILL).expect("a process may kill itself");
}

/// A kernel that its user does not outlive.
struct Doomed {
    real: Real,
    /// Steps until the end.
    steps: Option<usize>,
}

impl Kernel for Doomed {
    fn look(&mut self, interest: &Interest) -> Result<Seen, KernelError> {
        self.real.look(interest)
    }

    fn perform(&mut self, steps: &[Step]) -> Vec<Result<(), StepError>> {
        if let Some(left) = &mut self.steps {
            if let Some(last) = steps.get(..*left) {
                drop(self.real.perform(last));
                die();
            }
            *left -= steps.len();
        }
        self.real.perform(steps)
    }

    fn connections(&mut self, zones: &BTreeSet<u16>) -> Result<Vec<Connection>, KernelError> {
        self.real.connections(zones)
    }

    fn cut(&mut self, connections: &[Connection]) -> Result<usize, KernelError> {
        self.real.cut(connections)
    }
}

/// A journal whose last record is torn.
struct Torn<'a> {
    journal: Journal,
    folder: &'a str,
    end: End,
    records: usize,
}

impl Log for Torn<'_> {
    fn append(&mut self, record: &Record, durable: bool) -> io::Result<()> {
        if self.end == End::Record(self.records) {
            let file = Path::new(self.folder).join("journal");
            let before = std::fs::metadata(&file).map_or(0, |file| file.len());
            self.journal.append(record, durable)?;
            // The first record has taken the place of the old journal whole, or not at all.
            if !matches!(record, Record::Begin { .. }) {
                let after = std::fs::metadata(&file)?.len();
                let file = std::fs::OpenOptions::new().write(true).open(&file)?;
                file.set_len(before.midpoint(after))?;
            }
            die();
        }
        self.records += 1;
        self.journal.append(record, durable)
    }
}

/// What the journal in a folder says of the last run.
pub(crate) fn past(folder: &Path) -> Result<Past, Failed> {
    Ok(Journal::open(folder)?.past().clone())
}
