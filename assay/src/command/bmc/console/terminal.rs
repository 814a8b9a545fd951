//! Edge: the terminal of the operator, which gives every key as it is pressed while a console is
//! open, and is as it was afterwards, whatever ends it.

use std::{
    io::{self, IsTerminal as _},
    os::fd::AsFd as _,
};

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal on stdin, while it is raw; dropped, also by a panic, it is as it was.
#[derive(Debug)]
pub(super) struct Terminal {
    before: Termios,
}

impl Terminal {
    /// Makes stdin raw; nothing is done where it is no terminal.
    pub(super) fn raw() -> io::Result<Option<Self>> {
        let stdin = io::stdin();
        if !stdin.is_terminal() {
            return Ok(None);
        }
        let before = tcgetattr(stdin.as_fd())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(stdin.as_fd(), OptionalActions::Now, &raw)?;
        Ok(Some(Self { before }))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A terminal that is gone needs nothing.
        tcsetattr(io::stdin().as_fd(), OptionalActions::Now, &self.before).ok();
    }
}
