//! Edge: a journal is written by one run at a time.

use std::{fs::File, thread, time::Duration};

use rustix::fs::{FlockOperation, flock};

/// How long a lock is tried for: a child that any thread starts has it too, from fork to exec, and
/// a run that is just ending has it a little longer.
const PATIENCE: Duration = Duration::from_secs(1);
const BEAT: Duration = Duration::from_millis(20);

/// Takes the lock of a file, which is held until the file is closed; says whether it could.
#[expect(clippy::disallowed_methods, reason = "nobody tells when the lock is free")]
pub(super) fn alone(file: &File) -> bool {
    let tries = PATIENCE.as_millis() / BEAT.as_millis();
    (0..tries).any(|_| {
        let held = flock(file, FlockOperation::NonBlockingLockExclusive).is_ok();
        if !held {
            thread::sleep(BEAT);
        }
        held
    })
}
