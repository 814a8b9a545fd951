#![expect(unsafe_code, reason = "BLKDISCARD is an ioctl")]
//! The files an engine works on, and what only a plain system call can do with them.

use std::fs;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use rustix::fs::{FallocateFlags, FileType, OFlags, fallocate, fcntl_getfl, fstat};
use rustix::io::{Errno, ReadWriteFlags};

use super::{Buffers, EngineError, Kind, Request};

/// `_IO(0x12, 119)`, `linux/fs.h`.
const BLKDISCARD: libc::Ioctl = 0x1277;

/// Open files, by the number that a request names them by.
#[derive(Debug)]
pub(crate) struct Files<'fd> {
    files: Vec<One<'fd>>,
}

#[derive(Debug)]
struct One<'fd> {
    fd: BorrowedFd<'fd>,
    device: bool,
    direct: bool,
    /// The device it is, or is on.
    number: u64,
}

impl<'fd> Files<'fd> {
    /// Examines open descriptors.
    pub(crate) fn new(fds: impl IntoIterator<Item = BorrowedFd<'fd>>) -> Result<Self, EngineError> {
        let one = |(file, fd): (usize, BorrowedFd<'fd>)| {
            let failed = |errno: Errno| EngineError::Examine { file, source: errno.into() };
            let stat = fstat(fd).map_err(failed)?;
            let flags = fcntl_getfl(fd).map_err(failed)?;
            let device = FileType::from_raw_mode(stat.st_mode) == FileType::BlockDevice;
            let number = if device { stat.st_rdev } else { stat.st_dev };
            Ok(One { fd, device, direct: flags.contains(OFlags::DIRECT), number })
        };
        let files = fds.into_iter().enumerate().map(one).collect::<Result<_, _>>()?;
        Ok(Self { files })
    }

    /// Returns the descriptors, in order.
    pub(super) fn raw(&self) -> Vec<RawFd> {
        self.files.iter().map(|one| one.fd.as_raw_fd()).collect()
    }

    /// Returns the descriptor of a request.
    #[inline]
    pub(super) fn of(&self, request: &Request) -> Result<BorrowedFd<'fd>, Errno> {
        self.files.get(usize::from(request.file)).map(|one| one.fd).ok_or(Errno::BADF)
    }

    /// Whether a request is for a block device.
    pub(super) fn is_device(&self, request: &Request) -> bool {
        self.files.get(usize::from(request.file)).is_some_and(|one| one.device)
    }

    /// Whether all bypass the page cache.
    pub(super) fn all_direct(&self) -> bool {
        self.files.iter().all(|one| one.direct)
    }

    /// Returns why completions of some file cannot be polled for, in Chinese and English; `None`
    /// where they can.
    pub(super) fn why_not_polled(&self) -> Option<(&'static str, &'static str)> {
        if !self.all_direct() {
            return Some(("轮询需要直接 I/O", "polling needs direct I/O"));
        }
        let polls = |one: &One<'_>| {
            let (major, minor) = (rustix::fs::major(one.number), rustix::fs::minor(one.number));
            let folder = format!("/sys/dev/block/{major}:{minor}");
            // A partition has its queue above.
            ["queue", "../queue"].iter().any(|queue| {
                let text = fs::read_to_string(format!("{folder}/{queue}/io_poll"));
                text.is_ok_and(|text| text.trim() == "1")
            })
        };
        let all = self.files.iter().all(polls);
        (!all).then_some((
            "驱动不支持轮询（`queue/io_poll` 不为 1）",
            "the driver does not poll (`queue/io_poll` is not 1)",
        ))
    }

    /// Whether the drivers of all files can say “not now” instead of waiting: asked by a read
    /// of the first page, which such a driver does or puts off and another refuses.
    pub(super) fn all_take_nowait(&self) -> bool {
        let Ok(mut buffers) = Buffers::new(1, 4096) else { return true };
        let Some(mut slot) = super::buffer::slots(&buffers).pop() else { return true };
        let bytes = buffers.bytes(&mut slot, 0, 4096);
        self.files.iter().all(|one| {
            let read = rustix::io::preadv2(
                one.fd,
                &mut [io::IoSliceMut::new(bytes)],
                0,
                ReadWriteFlags::NOWAIT,
            );
            read != Err(Errno::OPNOTSUPP)
        })
    }

    /// Discards a range: of a device by BLKDISCARD, of a file by punching a hole.
    pub(super) fn trim(&self, request: &Request) -> Result<(), Errno> {
        let one = self.files.get(usize::from(request.file)).ok_or(Errno::BADF)?;
        let (offset, length) = (request.offset, u64::from(request.length));
        if !one.device {
            let flags = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            return fallocate(one.fd, flags, offset, length);
        }
        let range = [offset, length];
        // SAFETY: BLKDISCARD reads two u64 from its argument, which `range` is and outlives;
        // the descriptor is borrowed and so open.
        let done = unsafe { libc::ioctl(one.fd.as_raw_fd(), BLKDISCARD, &raw const range) };
        let errno = || Errno::from_io_error(&io::Error::last_os_error()).unwrap_or(Errno::IO);
        if done == 0 { Ok(()) } else { Err(errno()) }
    }

    /// Does what cannot be queued, and returns the result as a completion has it.
    pub(super) fn do_now(&self, request: &Request) -> i32 {
        let done = match request.kind {
            Kind::Trim => self.trim(request).map(|()| request.length as usize),
            Kind::Flush => self.of(request).and_then(|fd| {
                rustix::fs::fsync(fd)?;
                Ok(0)
            }),
            Kind::Read | Kind::Write => Err(Errno::INVAL),
        };
        result(done)
    }
}

/// Returns what a completion would say: bytes, or the error number below zero.
#[inline]
pub(super) fn result(done: Result<usize, Errno>) -> i32 {
    match done {
        Ok(bytes) => i32::try_from(bytes).unwrap_or(i32::MAX),
        Err(error) => -error.raw_os_error(),
    }
}
