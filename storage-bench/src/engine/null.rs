//! No I/O at all: every operation is complete as soon as it is handed over.
//!
//! What a run then costs is this program alone.

use std::io;

use super::{Buffers, Engine, Request, Slot};

/// See the module.
#[derive(Debug)]
pub(crate) struct Null {
    buffers: Buffers,
    /// Handed over up to `given`, queued behind.
    queue: Vec<(Slot, i32)>,
    given: usize,
}

impl Null {
    /// Sets it up.
    pub(crate) fn new(buffers: Buffers) -> Self {
        let queue = Vec::with_capacity(buffers.slots() as usize);
        Self { buffers, queue, given: 0 }
    }
}

impl Engine for Null {
    #[inline]
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8] {
        self.buffers.bytes(slot, 0, length)
    }

    #[inline]
    fn push(&mut self, slot: Slot, request: &Request) -> Result<(), Slot> {
        let moved = request.length - request.done;
        self.queue.push((slot, i32::try_from(moved).unwrap_or(i32::MAX)));
        Ok(())
    }

    #[inline]
    fn enter(&mut self, _want: u32, _at_most_ns: u64) -> io::Result<()> {
        self.given = self.queue.len();
        Ok(())
    }

    #[inline]
    fn reap(&mut self) -> Option<(Slot, i32)> {
        self.given = self.given.checked_sub(1)?;
        self.queue.pop()
    }

    fn abandon(&mut self) {
        self.buffers.abandon();
    }
}
