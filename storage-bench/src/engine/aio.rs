//! Linux native AIO: for kernels before 5.1, and where rings are forbidden.
//!
//! Edge. Completions are taken from the ring that the kernel maps into the process, as fio
//! does with `userspace_reap`, and by a system call only to wait. Flushes and trims are done
//! by the thread itself: the kernel has no trim, and flushes only since 4.18.

mod abi;

use std::io;

use rustix::io::ReadWriteFlags;

use self::abi::{Context, Event, Iocb};
use super::{Buffers, Engine, EngineError, Files, Kind, Request, Setup, Slot, off, on};
use crate::measurement::Feature;

/// See the module.
#[derive(Debug)]
pub(crate) struct Aio<'fd> {
    context: Context,
    buffers: Buffers,
    files: Files<'fd>,
    /// What the kernel was told of the operation of each slot.
    blocks: Box<[Iocb]>,
    /// Slots whose operation is queued.
    queued: Vec<u32>,
    /// Completions that came by a system call.
    events: Vec<Event>,
    by_hand: Vec<(Slot, Request)>,
    done: Vec<(Slot, i32)>,
    /// `RWF_` flags of reads, and of writes.
    reads: u32,
    writes: u32,
    batch: usize,
}

impl<'fd> Aio<'fd> {
    /// Sets it up, and says what is in force.
    pub(crate) fn new(
        files: Files<'fd>,
        buffers: Buffers,
        setup: &Setup,
    ) -> Result<(Self, Vec<Feature>), EngineError> {
        let slots = buffers.slots();
        let context =
            Context::new(slots).map_err(|source| EngineError::Aio { events: slots, source })?;
        let mut features = vec![setup.polling.feature("RWF_HIPRI")];
        features.push(if context.has_ring() {
            on("user-space reap")
        } else {
            off("user-space reap", "内核完成环的布局不同", "the kernel's ring is of another layout")
        });
        features.extend(super::stable_feature(setup.stable));
        let on = setup.polling.is_on();
        let polling = if on { ReadWriteFlags::HIPRI } else { ReadWriteFlags::empty() };
        let count = slots as usize;
        let aio = Self {
            context,
            buffers,
            files,
            blocks: vec![Iocb::default(); count].into_boxed_slice(),
            queued: Vec::with_capacity(count),
            events: Vec::with_capacity(count),
            by_hand: Vec::with_capacity(count),
            done: Vec::with_capacity(count),
            reads: polling.bits(),
            writes: (polling | super::write_flags(setup.stable)).bits(),
            batch: (setup.batch as usize).max(1),
        };
        Ok((aio, features))
    }
}

impl Engine for Aio<'_> {
    #[inline]
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8] {
        self.buffers.bytes(slot, 0, length)
    }

    #[inline]
    fn push(&mut self, slot: Slot, request: &Request) -> Result<(), Slot> {
        if self.queued.len() + self.by_hand.len() >= self.batch {
            return Err(slot);
        }
        if matches!(request.kind, Kind::Trim | Kind::Flush) {
            self.by_hand.push((slot, *request));
            return Ok(());
        }
        let data = self.buffers.pointer(&slot, request.done, request.length);
        if let Some(block) = self.blocks.get_mut(slot.index() as usize) {
            let flags = if request.kind == Kind::Write { self.writes } else { self.reads };
            block.set(&self.files, slot.index(), request, data, flags);
        }
        self.queued.push(slot.index());
        Ok(())
    }

    #[inline]
    fn enter(&mut self, want: u32, at_most_ns: u64) -> io::Result<()> {
        for (slot, request) in self.by_hand.drain(..) {
            let result = self.files.do_now(&request);
            self.done.push((slot, result));
        }
        if !self.queued.is_empty() {
            let taken = self.context.submit(&mut self.blocks, &self.queued)?;
            self.queued.drain(..taken);
        }
        let ready = self.done.len() + self.events.len() + self.context.ready();
        if ready < want as usize || !self.context.has_ring() {
            let want = (want as usize).saturating_sub(self.done.len() + self.events.len());
            self.context.wait(want, at_most_ns, &mut self.events)?;
        }
        Ok(())
    }

    #[inline]
    fn reap(&mut self) -> Option<(Slot, i32)> {
        if let Some(done) = self.done.pop() {
            return Some(done);
        }
        let event = self.events.pop().or_else(|| self.context.take())?;
        let (index, result) = event.outcome();
        Some((Slot::returned(index), result))
    }

    fn abandon(&mut self) {
        self.buffers.abandon();
        self.context.abandon();
    }
}
