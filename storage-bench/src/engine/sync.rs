//! Plain system calls: one operation in flight, done by the thread itself.
//!
//! Edge. `preadv2` with `RWF_HIPRI` where polling was asked for, else `pread`, which saves
//! the kernel the copy of a vector. The best there is at depth 1 where a driver makes the
//! ring use its workers.

use std::io;

use rustix::io::{Errno, ReadWriteFlags, pread, preadv2, pwrite, pwritev2};

use super::{Buffers, Engine, EngineError, Files, Kind, Request, Setup, Slot, file};
use crate::measurement::Feature;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sync<'fd> {
    files: Files<'fd>,
    buffers: Buffers,
    polled: bool,
    /// What writes carry; empty where `pwrite` does.
    write: ReadWriteFlags,
    queued: Option<(Slot, Request)>,
    done: Option<(Slot, i32)>,
}

impl<'fd> Sync<'fd> {
    /// Sets it up, and says what is in force.
    pub(crate) fn new(
        files: Files<'fd>,
        buffers: Buffers,
        setup: &Setup,
    ) -> Result<(Self, Vec<Feature>), EngineError> {
        if buffers.slots() > 1 {
            return Err(EngineError::Depth { iodepth: buffers.slots() });
        }
        let polled = setup.polling.is_on();
        let mut features = vec![setup.polling.feature("RWF_HIPRI")];
        features.extend(super::stable_feature(setup.stable));
        let polling = if polled { ReadWriteFlags::HIPRI } else { ReadWriteFlags::empty() };
        let write = polling | super::write_flags(setup.stable);
        Ok((Self { files, buffers, polled, write, queued: None, done: None }, features))
    }

    fn act(&mut self, slot: &mut Slot, request: &Request) -> Result<usize, Errno> {
        let fd = self.files.of(request)?;
        let offset = request.offset + u64::from(request.done);
        let bytes = self.buffers.bytes(slot, request.done, request.length);
        let plain = if request.kind == Kind::Write { self.write.is_empty() } else { !self.polled };
        match (request.kind, plain) {
            (Kind::Read, true) => pread(fd, bytes, offset),
            (Kind::Write, true) => pwrite(fd, bytes, offset),
            (Kind::Read, false) => {
                let bytes = io::IoSliceMut::new(bytes);
                preadv2(fd, &mut [bytes], offset, ReadWriteFlags::HIPRI)
            }
            (Kind::Write, false) => pwritev2(fd, &[io::IoSlice::new(bytes)], offset, self.write),
            (Kind::Trim | Kind::Flush, _) => Err(Errno::INVAL),
        }
    }
}

impl Engine for Sync<'_> {
    #[inline]
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8] {
        self.buffers.bytes(slot, 0, length)
    }

    #[inline]
    fn push(&mut self, slot: Slot, request: &Request) -> Result<(), Slot> {
        if self.queued.is_some() {
            return Err(slot);
        }
        self.queued = Some((slot, *request));
        Ok(())
    }

    #[inline]
    fn enter(&mut self, _want: u32, _at_most_ns: u64) -> io::Result<()> {
        if let Some((mut slot, request)) = self.queued.take() {
            let result = match request.kind {
                Kind::Read | Kind::Write => file::result(self.act(&mut slot, &request)),
                Kind::Trim | Kind::Flush => self.files.do_now(&request),
            };
            self.done = Some((slot, result));
        }
        Ok(())
    }

    #[inline]
    fn reap(&mut self) -> Option<(Slot, i32)> {
        self.done.take()
    }

    fn abandon(&mut self) {
        self.buffers.abandon();
    }
}
