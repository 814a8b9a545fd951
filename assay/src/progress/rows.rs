//! Edge: many hosts on stderr while they are at work. A terminal has a table that is written over
//! in place; anything else gets a plain line now and then, so that a log can be read.
//!
//! Nothing of the terminal is changed but the lines themselves: a program that is ended at once
//! leaves it as it was.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use profiles::Lang;

use super::{BEAT, PATIENCE};
use crate::{
    clock,
    output::bmc::board::{Board, Doing},
};

/// Time between plain lines.
const PLAIN: Duration = Duration::from_secs(10);

/// Hosts that are shown; gone from the terminal when dropped.
#[derive(Debug)]
pub struct Rows {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    start: Instant,
}

#[derive(Debug)]
struct State {
    board: Board,
    ended: bool,
}

impl Rows {
    /// Begins to show hosts; `terminal` where stderr is one that lines can be written over on.
    pub fn start(terminal: bool, lang: Lang, board: Board) -> Self {
        let state = Mutex::new(State { board, ended: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new(), start: clock::instant() });
        let seen = Arc::clone(&shared);
        let show = move || if terminal { table(&seen, lang) } else { plain(&seen, lang) };
        // A machine that cannot start one more thread can do without.
        let thread = std::thread::Builder::new().name("rows".to_owned()).spawn(show).ok();
        Self { shared, thread }
    }

    /// Takes what a host is doing from now on.
    pub fn set(&self, at: usize, doing: Doing) {
        let passed = self.shared.start.elapsed();
        lock(&self.shared).board.set(at, doing, passed);
    }

    /// Takes how far a host is that is being worked at.
    pub fn tell(&self, at: usize, stage: String) {
        lock(&self.shared).board.tell(at, stage);
    }
}

impl Drop for Rows {
    fn drop(&mut self) {
        lock(&self.shared).ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there cost the view, nothing else.
            drop(thread.join());
        }
    }
}

/// The state is a table and a flag: no panic leaves it half changed.
fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits so long; returns nothing where it is over before.
fn after<'s>(
    shared: &'s Shared,
    state: MutexGuard<'s, State>,
    wait: Duration,
) -> Option<MutexGuard<'s, State>> {
    let waited = shared.changed.wait_timeout_while(state, wait, |state| !state.ended);
    let (state, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
    timeout.timed_out().then_some(state)
}

fn plain(shared: &Shared, lang: Lang) {
    let mut state = lock(shared);
    while let Some(next) = after(shared, state, PLAIN) {
        let line = next.board.line(shared.start.elapsed());
        // Whoever cannot be told of it is not.
        drop(writeln!(io::stderr(), "assay: {}", line.get(lang)));
        state = next;
    }
}

fn table(shared: &Shared, lang: Lang) {
    let mut drawn = 0_usize;
    let mut wait = PATIENCE;
    let mut state = lock(shared);
    while let Some(next) = after(shared, state, wait) {
        wait = BEAT;
        let (columns, rows) = size();
        let lines = next.board.lines(shared.start.elapsed(), lang, columns, rows);
        state = next;
        // One write, each line over the one before and cleared behind it: nothing blinks.
        let mut text = back(drawn);
        for line in &lines {
            text.push_str(line);
            text.push_str("\x1b[K\n");
        }
        text.push_str("\x1b[J");
        drawn = lines.len();
        if io::stderr().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
    if drawn > 0 {
        // Whoever cannot see the lines need not see them cleared.
        drop(io::stderr().write_all(format!("{}\x1b[J", back(drawn)).as_bytes()));
    }
}

/// Returns what leads back to the first of so many lines.
fn back(drawn: usize) -> String {
    if drawn == 0 { "\r".to_owned() } else { format!("\r\x1b[{drawn}A") }
}

/// Returns the columns and rows of the terminal that messages go to, as they are now.
fn size() -> (usize, usize) {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok();
    let or =
        |given: Option<u16>, usual| given.map(usize::from).filter(|had| *had > 0).unwrap_or(usual);
    (or(size.map(|size| size.ws_col), 80), or(size.map(|size| size.ws_row), 24))
}
