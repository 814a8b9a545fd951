#![expect(unsafe_code, reason = "the kernel is given addresses")]
//! `io_uring`: one ring for each thread, with everything registered that can be.
//!
//! Edge. Each flag is tried and done without where the kernel refuses it; what is in force is
//! returned for the report. Measured with one core on kernel 6.18 (storage design §2):
//! `DEFER_TASKRUN` saves a third on zram, registered buffers and file a fifth.

use std::io;
use std::time::Duration;

use io_uring::squeue::{Entry, Flags};
use io_uring::types::{Fd, SubmitArgs, Timespec};
use io_uring::{
    Builder, CompletionQueue, EnterFlags, IoUring, Probe, SubmissionQueue, Submitter, opcode,
};

use super::{Buffers, Engine, EngineError, Files, Kind, Request, Setup, Slot, off, on};
use crate::measurement::Feature;

/// How long the kernel's submission thread polls before it sleeps.
const SQ_THREAD_IDLE_MS: u32 = 1000;
/// Most entries a ring may have (kernel `IORING_MAX_ENTRIES`).
const MAX_ENTRIES: u32 = 32_768;
/// After how many calls it is tried again whether operations complete at once.
const TRIAL_EVERY: u32 = 1024;
/// `FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE`, `linux/falloc.h`.
const PUNCH_HOLE: i32 = 0x01 | 0x02;

/// A ring, before its queues are taken.
pub(crate) struct Ring {
    ring: IoUring,
    features: Vec<Feature>,
}

/// A ring at work.
pub(crate) struct Uring<'ring, 'fd> {
    submitter: Submitter<'ring>,
    sq: SubmissionQueue<'ring>,
    cq: CompletionQueue<'ring>,
    buffers: Buffers,
    files: Files<'fd>,
    /// What names a file to the kernel: its index, or its descriptor.
    names: Vec<Fd>,
    name_flags: Flags,
    /// Slots in each registered piece of the buffers; `None` where they are not registered.
    piece: Option<u32>,
    /// Whether the kernel can be given a limit to a wait (5.11).
    limits_waits: bool,
    setup: Setup,
    /// `RWF_` flags of writes.
    write: i32,
    /// Lengths of the operations of all slots, where nothing is done: the kernel says 0.
    nop: Option<Vec<u32>>,
    /// Whether trims of files go through the ring.
    punches: bool,
    /// Operations that the ring has and that have not come back.
    outstanding: u32,
    /// Calls until it is tried again whether operations are complete as soon as handed over.
    until_trial: u32,
    /// What the ring cannot do: done by hand when the queue is handed over.
    by_hand: Vec<(Slot, Request)>,
    done: Vec<(Slot, i32)>,
}

/// Flags of a ring.
#[derive(Clone, Copy)]
struct Attempt {
    work: Work,
    no_sqarray: bool,
}

/// Where the kernel does what is left to do for a completion.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Work {
    /// When the one thread of the ring asks for completions (6.1).
    Deferred,
    /// When a thread of ours is in the kernel anyway (5.19).
    Cooperative,
    /// At once, by interrupting us.
    AtOnce,
}

/// In the order in which they are given up.
const ATTEMPTS: &[Attempt] = &[
    Attempt { work: Work::Deferred, no_sqarray: true },
    Attempt { work: Work::Deferred, no_sqarray: false },
    Attempt { work: Work::Cooperative, no_sqarray: false },
    Attempt { work: Work::AtOnce, no_sqarray: false },
];

impl Ring {
    /// Finds out whether this host lets us have a ring at all.
    pub(crate) fn probe() -> io::Result<()> {
        IoUring::new(1).map(drop)
    }

    /// Makes a ring, on the thread that will use it.
    pub(crate) fn new(setup: &Setup) -> Result<Self, EngineError> {
        let entries = setup.batch.clamp(1, MAX_ENTRIES).next_power_of_two();
        let completions = setup.slots.max(2 * entries).min(2 * MAX_ENTRIES).next_power_of_two();
        let mut refused = None;
        for attempt in ATTEMPTS {
            // A submission thread takes work from us, so that none can be deferred to us.
            if setup.sq_thread && attempt.work != Work::AtOnce {
                continue;
            }
            match attempt.builder(setup, completions).build(entries) {
                Ok(ring) => {
                    let features = attempt.features(setup);
                    return Ok(Self { ring, features });
                }
                Err(error) if error.raw_os_error() == Some(libc::EINVAL) => refused = Some(error),
                Err(source) => return Err(EngineError::Ring { entries, source }),
            }
        }
        let source = refused.unwrap_or_else(|| io::Error::from_raw_os_error(libc::EINVAL));
        Err(EngineError::Ring { entries, source })
    }

    /// Registers what can be registered, and returns the ring at work with what is in force.
    pub(crate) fn start<'ring, 'fd>(
        &'ring mut self,
        files: Files<'fd>,
        buffers: Buffers,
        setup: &Setup,
    ) -> Result<(Uring<'ring, 'fd>, Vec<Feature>), EngineError> {
        let limits_waits = self.ring.params().is_feature_ext_arg();
        let mut features = self.features.clone();
        let (mut submitter, sq, cq) = self.ring.split();
        let raw = files.raw();
        let registered = note(&mut features, "registered files", submitter.register_files(&raw));
        let (names, name_flags) = if registered {
            (
                (0..raw.len()).filter_map(|at| i32::try_from(at).ok()).map(Fd).collect(),
                Flags::FIXED_FILE,
            )
        } else {
            (raw.into_iter().map(Fd).collect(), Flags::empty())
        };
        let (pieces, each) = buffers.pieces();
        // SAFETY: the pieces are the mapping of `buffers`, which moves into the engine and is
        // unmapped after the last operation; the kernel pins the pages besides.
        let pinned = unsafe { submitter.register_buffers(&pieces) };
        let pinned = note(&mut features, "registered buffers", pinned);
        note(&mut features, "registered ring", submitter.register_ring_fd());
        let mut probe = Probe::new();
        let probed = submitter.register_probe(&mut probe).is_ok();
        let plain = probed && probe.is_supported(opcode::Read::CODE);
        if !pinned && !plain {
            return Err(EngineError::Operation { operation: "plain reads (5.6)" });
        }
        features.extend(super::stable_feature(setup.stable));
        features.push(if limits_waits {
            on("EXT_ARG")
        } else {
            off("EXT_ARG", "需要内核 5.11", "needs kernel 5.11")
        });
        let slots = buffers.slots() as usize;
        let uring = Uring {
            submitter,
            sq,
            cq,
            buffers,
            files,
            names,
            name_flags,
            piece: pinned.then_some(each),
            limits_waits,
            setup: *setup,
            write: super::write_flags(setup.stable).bits().cast_signed(),
            nop: setup.nop.then(|| vec![0; slots]),
            punches: probed && probe.is_supported(opcode::Fallocate::CODE),
            outstanding: 0,
            until_trial: 0,
            by_hand: Vec::with_capacity(slots),
            done: Vec::with_capacity(slots),
        };
        Ok((uring, features))
    }
}

impl Attempt {
    fn builder(self, setup: &Setup, completions: u32) -> Builder {
        let mut builder = IoUring::builder();
        builder.setup_cqsize(completions).setup_clamp();
        match self.work {
            Work::Deferred => builder.setup_single_issuer().setup_defer_taskrun(),
            Work::Cooperative => builder.setup_coop_taskrun(),
            Work::AtOnce => &mut builder,
        };
        if self.no_sqarray {
            builder.setup_no_sqarray();
        }
        if setup.polling.is_on() {
            builder.setup_iopoll();
        }
        if setup.sq_thread {
            builder.setup_sqpoll(SQ_THREAD_IDLE_MS);
        }
        builder
    }

    fn features(self, setup: &Setup) -> Vec<Feature> {
        let refused = if setup.sq_thread {
            ("与 SQPOLL 不能同用", "not with SQPOLL")
        } else {
            ("内核拒绝（EINVAL）", "refused by the kernel (EINVAL)")
        };
        let flag =
            |name, is_on: bool| if is_on { on(name) } else { off(name, refused.0, refused.1) };
        let asked = |name, is_on: bool| {
            if is_on { on(name) } else { off(name, "未要求", "not asked for") }
        };
        let mut features = vec![
            flag("SINGLE_ISSUER", self.work == Work::Deferred),
            flag("DEFER_TASKRUN", self.work == Work::Deferred),
            flag("NO_SQARRAY", self.no_sqarray),
            setup.polling.feature("IOPOLL"),
            asked("SQPOLL", setup.sq_thread),
        ];
        if self.work != Work::Deferred {
            features.push(flag("COOP_TASKRUN", self.work == Work::Cooperative));
        }
        features
    }
}

/// Notes whether something could be registered.
fn note(features: &mut Vec<Feature>, name: &str, done: io::Result<()>) -> bool {
    let is_on = done.is_ok();
    features.push(done.map_or_else(
        |error| off(name, format!("内核拒绝：{error}"), error.to_string()),
        |()| on(name),
    ));
    is_on
}

impl Uring<'_, '_> {
    #[inline]
    fn entry(&mut self, slot: &Slot, request: &Request) -> Entry {
        if let Some(lengths) = &mut self.nop {
            if let Some(length) = lengths.get_mut(slot.index() as usize) {
                *length = request.length;
            }
            return opcode::Nop::new().build();
        }
        // A file that is not there is the kernel's to refuse: EBADF.
        let fd = Fd(self.names.get(usize::from(request.file)).map_or(-1, |name| name.0));
        let offset = request.offset + u64::from(request.done);
        let length = request.length - request.done;
        let data = || self.buffers.pointer(slot, request.done, request.length);
        let entry = match (request.kind, self.piece) {
            (Kind::Read, Some(each)) => {
                opcode::ReadFixed::new(fd, data(), length, piece_of(slot, each))
                    .offset(offset)
                    .build()
            }
            (Kind::Write, Some(each)) => {
                opcode::WriteFixed::new(fd, data(), length, piece_of(slot, each))
                    .offset(offset)
                    .rw_flags(self.write)
                    .build()
            }
            (Kind::Read, None) => opcode::Read::new(fd, data(), length).offset(offset).build(),
            (Kind::Write, None) => {
                opcode::Write::new(fd, data(), length).offset(offset).rw_flags(self.write).build()
            }
            (Kind::Flush, _) => opcode::Fsync::new(fd).build(),
            (Kind::Trim, _) => opcode::Fallocate::new(fd, u64::from(request.length))
                .offset(request.offset)
                .mode(PUNCH_HOLE)
                .build(),
        };
        entry.flags(self.name_flags)
    }

    /// Whether the ring cannot do it: BLKDISCARD has no opcode (a driver command has it since
    /// 6.12), and a polled ring takes reads and writes only.
    #[inline]
    fn is_by_hand(&self, request: &Request) -> bool {
        match request.kind {
            Kind::Read | Kind::Write => false,
            Kind::Flush => self.setup.polling.is_on() && self.nop.is_none(),
            Kind::Trim => {
                let ring_can =
                    self.punches && !self.setup.polling.is_on() && !self.files.is_device(request);
                !ring_can && self.nop.is_none()
            }
        }
    }

    #[inline]
    fn enter_ring(&mut self, queued: u32, want: u32, at_most_ns: u64) -> io::Result<usize> {
        if self.setup.sq_thread {
            let limit = Timespec::from(Duration::from_nanos(at_most_ns));
            return if want > 0 && self.limits_waits {
                let limit = SubmitArgs::new().timespec(&limit);
                self.submitter.submit_with_args(want as usize, &limit)
            } else {
                self.submitter.submit_and_wait(want as usize)
            };
        }
        if want > 0 && self.completes_at_once(queued, want)? {
            return Ok(0);
        }
        let queued = self.queued();
        // Always with GETEVENTS: what is complete is only delivered (DEFER_TASKRUN) when asked.
        let flags = EnterFlags::GETEVENTS;
        if want > 0 && self.limits_waits {
            let limit = Timespec::from(Duration::from_nanos(at_most_ns));
            let limit = SubmitArgs::new().timespec(&limit);
            let flags = flags | EnterFlags::EXT_ARG;
            // SAFETY: EXT_ARG says that the argument is what `SubmitArgs` is; it and the time
            // it points to outlive the call. What the queued entries point to is the buffers,
            // which outlive their operations.
            unsafe { self.submitter.enter(queued, want, flags.bits(), Some(&limit)) }
        } else {
            // SAFETY: as above; without an argument there is no signal mask.
            unsafe { self.submitter.enter::<libc::sigset_t>(queued, want, flags.bits(), None) }
        }
    }

    /// Hands over what is queued without a wait, where that alone has lately brought the
    /// completions, as from the page cache: 400 of 1500 ns at depth 1 go to waiting for what is
    /// there. Never while others are outstanding, whose completions would not be asked for.
    #[inline]
    fn completes_at_once(&mut self, queued: u32, want: u32) -> io::Result<bool> {
        if self.setup.polling.is_on() || queued != self.outstanding {
            return Ok(false);
        }
        if self.until_trial > 0 {
            self.until_trial -= 1;
            return Ok(false);
        }
        // SAFETY: as in `enter_ring`; there is no argument.
        unsafe { self.submitter.enter::<libc::sigset_t>(queued, 0, 0, None) }?;
        self.sq.sync();
        self.cq.sync();
        let complete = self.cq.len() >= want as usize;
        if !complete {
            self.until_trial = TRIAL_EVERY;
        }
        Ok(complete)
    }

    #[inline]
    fn queued(&self) -> u32 {
        u32::try_from(self.sq.len()).unwrap_or(u32::MAX)
    }

    #[cold]
    fn do_by_hand(&mut self) {
        for (slot, request) in self.by_hand.drain(..) {
            let result = self.files.do_now(&request);
            self.done.push((slot, result));
        }
    }
}

impl Engine for Uring<'_, '_> {
    #[inline]
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8] {
        self.buffers.bytes(slot, 0, length)
    }

    #[inline]
    fn push(&mut self, slot: Slot, request: &Request) -> Result<(), Slot> {
        if self.is_by_hand(request) {
            self.by_hand.push((slot, *request));
            return Ok(());
        }
        let entry = self.entry(&slot, request).user_data(u64::from(slot.index()));
        // SAFETY: the entry points to the part of the buffers that `slot` stands for. The slot
        // ends here and is made anew from the completion, so that nobody touches that memory
        // in between; the mapping is not unmapped before (see `Buffers`).
        if unsafe { self.sq.push(&entry) }.is_err() {
            return Err(slot);
        }
        self.outstanding += 1;
        Ok(())
    }

    #[inline]
    fn enter(&mut self, want: u32, at_most_ns: u64) -> io::Result<()> {
        if !self.by_hand.is_empty() {
            self.do_by_hand();
        }
        let want = if self.done.is_empty() { want } else { 0 };
        // The kernel learns here what was reaped. Told after only, it finds the queue full and
        // keeps completions aside: 1000 ns an operation at depth 1.
        self.cq.sync();
        self.sq.sync();
        let queued = self.queued();
        let entered = self.enter_ring(queued, want, at_most_ns);
        self.sq.sync();
        self.cq.sync();
        match entered {
            Ok(_submitted) => Ok(()),
            Err(error) => match error.raw_os_error() {
                // The time is up; a signal; completions to be taken first; no memory just now.
                Some(libc::ETIME | libc::EINTR | libc::EBUSY | libc::EAGAIN) => Ok(()),
                _ => Err(error),
            },
        }
    }

    #[inline]
    fn reap(&mut self) -> Option<(Slot, i32)> {
        if let Some(done) = self.done.pop() {
            return Some(done);
        }
        let entry = self.cq.next()?;
        self.outstanding = self.outstanding.saturating_sub(1);
        // What comes back is what `push` put in: an index below the number of slots.
        #[expect(clippy::cast_possible_truncation, reason = "made from a u32")]
        let index = entry.user_data() as u32;
        let mut result = entry.result();
        if let Some(lengths) = &self.nop {
            let length = lengths.get(index as usize).copied().unwrap_or(0);
            result = i32::try_from(length).unwrap_or(i32::MAX);
        }
        Some((Slot::returned(index), result))
    }

    fn abandon(&mut self) {
        self.buffers.abandon();
    }
}

impl Drop for Uring<'_, '_> {
    fn drop(&mut self) {
        // Else the kernel lets the files go some time after the ring, and a device that was
        // opened alone is busy for whoever comes next. What was abandoned keeps them.
        if self.outstanding == 0 {
            self.submitter.unregister_files().ok();
        }
    }
}

/// Returns the registered piece of the buffers that a slot is in.
#[inline]
fn piece_of(slot: &Slot, each: u32) -> u16 {
    // 65,536 pieces of 1 GiB would be 64 TiB of buffers.
    u16::try_from(slot.index() / each).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
