//! SIGINT and SIGTERM while a case holds devices: what it made is taken away first.
//!
//! While no case holds anything, the signals do what they always do. A second one ends the
//! program at once.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What the handlers look at.
struct Flags {
    /// Whether nothing is held.
    free: Arc<AtomicBool>,
    /// Whether the operator asked to stop.
    asked: Arc<AtomicBool>,
}

static FLAGS: OnceLock<Flags> = OnceLock::new();

/// While it lives, the first signal only asks to stop.
#[derive(Debug)]
pub(crate) struct Held(());

impl Held {
    /// Begins to hold.
    pub(crate) fn begin() -> io::Result<Self> {
        if FLAGS.get().is_none() {
            let flags = Flags {
                free: Arc::new(AtomicBool::new(true)),
                asked: Arc::new(AtomicBool::new(false)),
            };
            for signal in [SIGINT, SIGTERM] {
                flag::register_conditional_default(signal, Arc::clone(&flags.free))?;
                let code = 128 + signal;
                // In this order: the shutdown looks at the flag before it is set.
                flag::register_conditional_shutdown(signal, code, Arc::clone(&flags.asked))?;
                flag::register(signal, Arc::clone(&flags.asked))?;
            }
            // Cases run one after the other: nobody else can have set it.
            drop(FLAGS.set(flags));
        }
        if let Some(flags) = FLAGS.get() {
            flags.free.store(false, Ordering::SeqCst);
        }
        Ok(Self(()))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(flags) = FLAGS.get() {
            flags.free.store(true, Ordering::SeqCst);
        }
    }
}

/// Returns whether the operator asked to stop.
pub(crate) fn asked() -> bool {
    FLAGS.get().is_some_and(|flags| flags.asked.load(Ordering::SeqCst))
}
