//! Edge: what is being done, on stderr, once it takes longer than a second.

pub mod live;
#[cfg(feature = "bmc")]
pub mod rows;

use std::{
    io::{self, Write},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::JoinHandle,
    time::Duration,
};

use crate::{clock, output::width};

/// Nothing is shown before this: what is quick needs no word.
const PATIENCE: Duration = Duration::from_secs(1);
/// The line is written anew this often, with the seconds that passed.
const BEAT: Duration = Duration::from_millis(500);

/// A line on the terminal that says what is being done; gone when dropped.
#[derive(Debug)]
pub struct Progress {
    shared: Option<Arc<Shared>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    step: String,
    ended: bool,
}

impl Progress {
    /// Starts a line for `step`; without a terminal (`shown` false) there is none.
    pub fn start(shown: bool, step: &str) -> Self {
        if !shown {
            return Self { shared: None, thread: None };
        }
        let state = State { step: step.to_owned(), ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let seen = Arc::clone(&shared);
        // A machine that cannot start one more thread can do without progress.
        let thread =
            std::thread::Builder::new().name("progress".to_owned()).spawn(move || show(&seen)).ok();
        Self { shared: Some(shared), thread }
    }

    /// Says what is being done now.
    pub fn step(&self, step: &str) {
        if let Some(shared) = &self.shared {
            step.clone_into(&mut lock(shared).step);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(shared) = &self.shared {
            lock(shared).ended = true;
            shared.changed.notify_all();
        }
        if let Some(thread) = self.thread.take() {
            // A panic there cost the line, nothing else.
            drop(thread.join());
        }
    }
}

/// The state is a text and a flag: no panic leaves it half changed.
fn lock(shared: &Shared) -> std::sync::MutexGuard<'_, State> {
    shared.state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn show(shared: &Shared) {
    let start = clock::instant();
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
        let seconds = start.elapsed().as_secs();
        let line = format!("\r\u{1b}[K{} ({seconds} s)", width::cut(&state.step, 60));
        shown = true;
        if io::stderr().write_all(line.as_bytes()).is_err() {
            return;
        }
    }
    if shown {
        // Whoever cannot see the line need not see it cleared.
        drop(io::stderr().write_all(b"\r\x1b[K"));
    }
}
