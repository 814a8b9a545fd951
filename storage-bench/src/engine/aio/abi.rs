#![expect(unsafe_code, reason = "libc has no wrappers for Linux AIO")]
//! Linux AIO as the kernel has it: `linux/aio_abi.h`, and the ring of `fs/aio.c`.

use std::io;
use std::os::fd::AsRawFd;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicU32, Ordering};

use super::super::{Files, Kind, Request};

/// `IOCB_CMD_PREAD`.
const PREAD: u16 = 0;
/// `IOCB_CMD_PWRITE`.
const PWRITE: u16 = 1;
/// `AIO_RING_MAGIC`, `fs/aio.c`.
const MAGIC: u32 = 0xa10a_10a1;

/// `struct iocb`, as little-endian machines have it (the two words swap on others).
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Iocb {
    data: u64,
    #[cfg(target_endian = "little")]
    key: u32,
    rw_flags: u32,
    #[cfg(target_endian = "big")]
    key: u32,
    opcode: u16,
    priority: i16,
    fd: u32,
    buffer: u64,
    length: u64,
    offset: i64,
    reserved: u64,
    flags: u32,
    event_fd: u32,
}

/// `struct io_event`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Event {
    data: u64,
    block: u64,
    result: i64,
    result2: i64,
}

/// `struct aio_ring`, before its events, which are of 8-byte words.
#[repr(C, align(8))]
struct RingHeader {
    id: u32,
    /// Number of events.
    count: u32,
    /// Ours to move.
    head: AtomicU32,
    /// The kernel's to move.
    tail: AtomicU32,
    magic: u32,
    compatible: u32,
    incompatible: u32,
    header_length: u32,
}

/// A context: where operations go and completions come from.
#[derive(Debug)]
pub(super) struct Context {
    id: usize,
    ring: Option<NonNull<RingHeader>>,
}

// SAFETY: the context is used through `&mut` and by one thread at a time; the kernel ties it
// to the process, not to a thread.
unsafe impl Send for Context {}

impl Iocb {
    /// Says what to do for a slot.
    pub(super) fn set(
        &mut self,
        files: &Files<'_>,
        index: u32,
        request: &Request,
        data: *mut u8,
        rw_flags: u32,
    ) {
        let offset = request.offset + u64::from(request.done);
        // A file that is not there is the kernel's to refuse: EBADF.
        let fd = files.of(request).map_or(u32::MAX, |fd| fd.as_raw_fd().cast_unsigned());
        *self = Self {
            data: u64::from(index),
            rw_flags,
            opcode: if request.kind == Kind::Write { PWRITE } else { PREAD },
            fd,
            buffer: data.expose_provenance() as u64,
            length: u64::from(request.length - request.done),
            offset: offset.cast_signed(),
            ..Self::default()
        };
    }
}

impl Event {
    /// Returns the slot, and the bytes moved or the error number below zero.
    pub(super) fn outcome(self) -> (u32, i32) {
        #[expect(clippy::cast_possible_truncation, reason = "`Iocb::set` put in a u32")]
        let index = self.data as u32;
        (index, i32::try_from(self.result).unwrap_or(-libc::EIO))
    }
}

impl Context {
    /// Makes a context for `events` operations in flight.
    pub(super) fn new(events: u32) -> io::Result<Self> {
        let mut id = 0_usize;
        // SAFETY: io_setup writes the context's address, a word, to its second argument; it
        // has to be zero before, which it is.
        let made = unsafe { libc::syscall(libc::SYS_io_setup, events, &raw mut id) };
        if made < 0 {
            return Err(io::Error::last_os_error());
        }
        let ring = NonNull::new(ptr::with_exposed_provenance_mut::<RingHeader>(id));
        let ring = ring.filter(|ring| {
            // SAFETY: a context's id is the address of its ring, which the kernel mapped into
            // this process (`aio_setup_ring`), at the start of a page, and unmaps in
            // io_destroy only. All it changes afterwards are the two indices, atomics here.
            let header = unsafe { ring.as_ref() };
            header.magic == MAGIC && header.header_length as usize == size_of::<RingHeader>()
        });
        Ok(Self { id, ring })
    }

    /// Whether completions can be taken without a system call.
    pub(super) fn has_ring(&self) -> bool {
        self.ring.is_some()
    }

    /// Hands over the operations of the slots in `queued`; returns how many were taken.
    ///
    /// None is no error where the kernel has no room: completions make some.
    #[inline]
    pub(super) fn submit(&mut self, blocks: &mut [Iocb], queued: &[u32]) -> io::Result<usize> {
        const AT_ONCE: usize = 128;
        let mut pointers = [ptr::null_mut::<Iocb>(); AT_ONCE];
        let mut taken = 0;
        for part in queued.chunks(AT_ONCE) {
            for (pointer, index) in pointers.iter_mut().zip(part) {
                let block = blocks.get_mut(*index as usize);
                *pointer = block.map_or(ptr::null_mut(), ptr::from_mut);
            }
            // SAFETY: the first `part.len()` pointers are to blocks that `Iocb::set` filled;
            // the kernel copies them here. The memory they name belongs to slots that are with
            // the engine until their completion.
            let done = unsafe {
                libc::syscall(libc::SYS_io_submit, self.id, part.len(), pointers.as_mut_ptr())
            };
            match usize::try_from(done) {
                Ok(count) => taken += count,
                Err(_negative) => {
                    let error = io::Error::last_os_error();
                    return match error.raw_os_error() {
                        Some(libc::EAGAIN | libc::EINTR) => Ok(taken),
                        _ if taken > 0 => Ok(taken),
                        _ => Err(error),
                    };
                }
            }
            if usize::try_from(done) != Ok(part.len()) {
                break;
            }
        }
        Ok(taken)
    }

    /// Returns how many completions lie in the ring.
    #[inline]
    pub(super) fn ready(&self) -> usize {
        let Some(ring) = self.ring else { return 0 };
        // SAFETY: the ring is mapped as long as `self` lives; only the two indices change,
        // and both are read as atomics.
        let header = unsafe { ring.as_ref() };
        let (head, tail) =
            (header.head.load(Ordering::Relaxed), header.tail.load(Ordering::Acquire));
        let count = header.count.max(1);
        ((tail + count - head) % count) as usize
    }

    /// Takes a completion from the ring.
    #[inline]
    pub(super) fn take(&mut self) -> Option<Event> {
        let ring = self.ring?;
        // SAFETY: as in `ready`.
        let header = unsafe { ring.as_ref() };
        let head = header.head.load(Ordering::Relaxed);
        // The kernel writes the event, then the tail (with a barrier between).
        if head == header.tail.load(Ordering::Acquire) || head >= header.count {
            return None;
        }
        // SAFETY: `count` events follow the header in the same mapping.
        let events = unsafe { ring.as_ptr().add(1) }.cast::<Event>();
        // SAFETY: `head` is below `count`.
        let event = unsafe { events.add(head as usize) };
        // SAFETY: the event lies between head and tail: the kernel wrote it whole and leaves
        // it alone until the head has passed it.
        let event = unsafe { event.read() };
        let next = if head + 1 == header.count { 0 } else { head + 1 };
        header.head.store(next, Ordering::Release);
        Some(event)
    }

    /// Waits for `want` completions, not longer than `at_most_ns`, and puts what came into
    /// `events`, which keeps its capacity.
    pub(super) fn wait(
        &mut self,
        want: usize,
        at_most_ns: u64,
        events: &mut Vec<Event>,
    ) -> io::Result<()> {
        let room = events.capacity() - events.len();
        let want = want.min(room);
        let nanoseconds = i64::try_from(at_most_ns).unwrap_or(i64::MAX);
        let mut limit = libc::timespec {
            tv_sec: nanoseconds / 1_000_000_000,
            tv_nsec: nanoseconds % 1_000_000_000,
        };
        let spare = events.spare_capacity_mut();
        // SAFETY: the kernel writes at most `room` events to the spare capacity, which has
        // that many, and reads the limit; both outlive the call.
        let came = unsafe {
            libc::syscall(
                libc::SYS_io_getevents,
                self.id,
                want,
                room,
                spare.as_mut_ptr(),
                &raw mut limit,
            )
        };
        let Ok(came) = usize::try_from(came) else {
            let error = io::Error::last_os_error();
            return if error.raw_os_error() == Some(libc::EINTR) { Ok(()) } else { Err(error) };
        };
        // SAFETY: the kernel wrote `came` events behind the old length, within the capacity.
        unsafe { events.set_len(events.len() + came.min(room)) };
        Ok(())
    }

    /// Leaves the context to the end of the process: to destroy it would wait for operations
    /// that do not come back.
    pub(super) fn abandon(&mut self) {
        (self.id, self.ring) = (0, None);
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if self.id != 0 {
            // SAFETY: the context was made by `new` and is destroyed once; nothing reads its
            // ring after.
            let _result = unsafe { libc::syscall(libc::SYS_io_destroy, self.id) };
        }
    }
}
