//! Edge: a run on stderr while it goes. A terminal has two lines that are written anew; anything
//! else gets a plain line now and then, so that a log can be read.

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
    time::Instant,
};

use profiles::Lang;
use storage_bench::observed::Second;

use super::{BEAT, PATIENCE};
use crate::{
    clock,
    output::storage::live::{Facts, Live},
};

/// Seconds between plain lines; after ten minutes a sixth of them.
const PLAIN_EVERY: u64 = 10;
/// See [`PLAIN_EVERY`].
const LONG: u64 = 600;

/// A run that is shown; gone from the terminal when dropped.
#[derive(Debug)]
pub struct View {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    lang: Lang,
    terminal: bool,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    start: Instant,
}

#[derive(Debug)]
struct State {
    live: Live,
    ended: bool,
}

impl View {
    /// Begins to show a run; `terminal` where stderr is one that lines can be written anew on.
    pub fn start(terminal: bool, lang: Lang, facts: Facts) -> Self {
        let state = Mutex::new(State { live: Live::new(facts), ended: false });
        let shared = Arc::new(Shared { state, changed: Condvar::new(), start: clock::instant() });
        let seen = Arc::clone(&shared);
        // A machine that cannot start one more thread can do without.
        let thread = terminal.then(|| {
            std::thread::Builder::new()
                .name("live".to_owned())
                .spawn(move || show(&seen, lang))
                .ok()
        });
        Self { shared, thread: thread.flatten(), lang, terminal }
    }

    /// Takes a second that was measured.
    pub fn second(&self, second: &Second) {
        let mut state = lock(&self.shared);
        state.live.second(second);
        let seconds = state.live.seconds();
        let every = if seconds > LONG { 6 * PLAIN_EVERY } else { PLAIN_EVERY };
        if self.terminal || !seconds.is_multiple_of(every) {
            return;
        }
        let line = state.live.line(self.shared.start.elapsed());
        drop(state);
        // Whoever cannot be told of it is not.
        drop(writeln!(io::stderr(), "assay: {}", line.get(self.lang)));
    }
}

impl Drop for View {
    fn drop(&mut self) {
        lock(&self.shared).ended = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there cost the view, nothing else.
            drop(thread.join());
        }
    }
}

fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn show(shared: &Shared, lang: Lang) {
    let mut shown = false;
    let mut wait = PATIENCE;
    let mut state = lock(shared);
    loop {
        let (next, timeout) = shared
            .changed
            .wait_timeout_while(state, wait, |state| !state.ended)
            .unwrap_or_else(PoisonError::into_inner);
        state = next;
        if !timeout.timed_out() {
            break;
        }
        wait = BEAT;
        let [head, numbers] = state.live.block(shared.start.elapsed(), lang, columns());
        // From the first line on both are cleared, so that a shorter one leaves nothing behind.
        let back = if shown { "\r\u{1b}[A" } else { "\r" };
        let text = format!("{back}\u{1b}[J{head}\n{numbers}");
        shown = true;
        if io::stderr().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
    if shown {
        // Whoever cannot see the lines need not see them cleared.
        drop(io::stderr().write_all(b"\r\x1b[A\x1b[J"));
    }
}

/// Returns the width of the terminal that messages go to, as it is now.
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stderr()).ok();
    size.map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(80)
}
