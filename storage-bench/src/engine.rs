//! How operations reach the kernel: `io_uring`, Linux AIO, plain system calls, or not at all.
//!
//! An edge. Every engine keeps its buffers, hands operations over in the order they were
//! queued, and gives each completion back with the slot it used. The run loop is compiled for
//! each engine (storage design §2), so that nothing is called through a table.

mod aio;
mod buffer;
mod file;
mod null;
mod sync;
mod uring;

use serde::{Deserialize, Serialize};
use std::io;

use rustix::io::ReadWriteFlags;

pub(crate) use aio::Aio;
pub(crate) use buffer::{Buffers, Slot, slots};
pub(crate) use file::Files;
pub(crate) use null::Null;
pub(crate) use sync::Sync;
pub(crate) use uring::Ring;

use crate::measurement::Feature;
use crate::run::Stable;

/// The engine a user asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// What suits target and depth; the report says which and why.
    #[default]
    Auto,
    /// `io_uring`.
    IoUring,
    /// Linux native AIO, for kernels before 5.1 and hosts where rings are forbidden.
    Libaio,
    /// `preadv2` and `pwritev2`, one operation at a time in each thread.
    Sync,
    /// Nothing is done: what is measured is this program.
    Null,
    /// Nothing is done, through a ring: what is measured is this program and the ring.
    RingNop,
}

impl Wanted {
    /// Returns the name that reports print; that of fio where it has the engine.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::IoUring => "io_uring",
            Self::Libaio => "libaio",
            Self::Sync => "sync",
            Self::Null => "null",
            Self::RingNop => "io_uring_nop",
        }
    }
}

/// What an engine is told at its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// Operations in flight at once.
    pub(crate) slots: u32,
    /// Most operations that are queued before they are handed over.
    pub(crate) batch: u32,
    /// Whether completions are polled for.
    pub(crate) polling: Polling,
    /// Whether a kernel thread takes submissions.
    pub(crate) sq_thread: bool,
    /// Whether the ring is asked to do nothing.
    pub(crate) nop: bool,
    /// When a write counts as done.
    pub(crate) stable: Stable,
}

/// Whether completions are polled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Polling {
    /// Nobody asked.
    NotAsked,
    /// Asked for, and not possible: the reason, Chinese and English.
    Impossible((&'static str, &'static str)),
    /// Asked for, and possible.
    On,
}

/// Returns the flags that writes carry (pwritev2(2)).
fn write_flags(stable: Stable) -> ReadWriteFlags {
    match stable {
        Stable::No => ReadWriteFlags::empty(),
        Stable::Data => ReadWriteFlags::DSYNC,
        Stable::All => ReadWriteFlags::SYNC,
    }
}

/// Returns how such writes are told of, where they were asked for.
fn stable_feature(stable: Stable) -> Option<Feature> {
    match stable {
        Stable::No => None,
        Stable::Data => Some(on("RWF_DSYNC")),
        Stable::All => Some(on("RWF_SYNC")),
    }
}

impl Polling {
    /// Decides for all files together: the flag is one for all.
    pub(crate) fn of(asked: bool, files: &Files<'_>) -> Self {
        if !asked {
            return Self::NotAsked;
        }
        files.why_not_polled().map_or(Self::On, Self::Impossible)
    }

    fn is_on(self) -> bool {
        self == Self::On
    }

    fn feature(self, name: &str) -> Feature {
        match self {
            Self::NotAsked => off(name, "未要求", "not asked for"),
            Self::Impossible((zh, en)) => off(name, zh, en),
            Self::On => on(name),
        }
    }
}

/// What to do, as the kernel has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Trim,
    Flush,
}

/// One operation on one of the engine's files.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    /// What to do.
    pub(crate) kind: Kind,
    /// Which of the files, in the order they were given.
    pub(crate) file: u16,
    /// First byte of the operation in the file.
    pub(crate) offset: u64,
    /// Bytes of the operation.
    pub(crate) length: u32,
    /// Bytes of it that are done: both offset and buffer go on behind them.
    pub(crate) done: u32,
}

/// A way to the kernel.
pub(crate) trait Engine {
    /// Returns the first `length` bytes of what `slot` will write.
    fn buffer(&mut self, slot: &mut Slot, length: u32) -> &mut [u8];

    /// Queues `request`; where there is no room until the next [`Engine::enter`], the slot
    /// comes back.
    fn push(&mut self, slot: Slot, request: &Request) -> Result<(), Slot>;

    /// Hands over what is queued, then waits until `want` operations are complete, but not
    /// longer than `at_most_ns`. With `want` 0 it only looks.
    ///
    /// Fewer completions than asked for are no error, nor is a kernel that took only a part:
    /// the rest stays queued.
    fn enter(&mut self, want: u32, at_most_ns: u64) -> io::Result<()>;

    /// Returns the next completion, with the bytes moved or the error number below zero.
    fn reap(&mut self) -> Option<(Slot, i32)>;

    /// Leaves buffers to the kernel for ever: for operations that do not come back.
    fn abandon(&mut self);
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum EngineError {
    /// The kernel has no ring for us.
    #[error("cannot set up an io_uring of {entries} entries")]
    Ring { entries: u32, source: io::Error },
    /// The kernel knows rings, but not an operation that is needed.
    #[error("this kernel's io_uring lacks {operation}")]
    Operation { operation: &'static str },
    /// The kernel has no AIO context for us.
    #[error("cannot set up a Linux AIO context of {events} events")]
    Aio { events: u32, source: io::Error },
    /// No memory for the buffers.
    #[error("cannot have {bytes} bytes of buffers")]
    Buffers { bytes: u64, source: io::Error },
    /// A target's descriptor cannot be examined.
    #[error("cannot examine target {file}")]
    Examine { file: usize, source: io::Error },
    /// A depth that the engine cannot have.
    #[error("engine `sync` keeps one operation in flight, not {iodepth}")]
    Depth { iodepth: u32 },
}

impl EngineError {
    /// What the operator can do about it, where we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Ring { source, .. } => match source.raw_os_error() {
                Some(libc::EPERM) => Some(
                    "`/proc/sys/kernel/io_uring_disabled` or a seccomp filter forbids io_uring; \
                     engine `libaio` does without"
                        .to_owned(),
                ),
                Some(libc::ENOSYS) => {
                    Some("this kernel has no io_uring (5.1); use engine `libaio`".to_owned())
                }
                Some(libc::ENOMEM) => {
                    Some("raise the limit of locked memory: `ulimit -l`".to_owned())
                }
                _ => None,
            },
            Self::Operation { .. } => Some("use engine `libaio`".to_owned()),
            Self::Aio { source, .. } => (source.raw_os_error() == Some(libc::EAGAIN))
                .then(|| "raise the sysctl `fs.aio-max-nr`".to_owned()),
            Self::Buffers { .. } => Some("lower iodepth or block size".to_owned()),
            Self::Examine { .. } => None,
            Self::Depth { .. } => Some("use iodepth 1 and more threads".to_owned()),
        }
    }
}

/// Decides what [`Wanted::Auto`] is, with the reason.
///
/// A driver that cannot be asked without waiting makes the ring hand every operation to a
/// kernel worker: at depth 1 that costs 5790 ns where a plain system call costs 1579
/// (zram, kernel 6.18). Such a driver answers a read with `RWF_NOWAIT` by `EOPNOTSUPP`: one
/// system call tells, no trial is needed. Without a ring it is Linux AIO.
pub(crate) fn choose(wanted: Wanted, depth: u32, files: &Files<'_>) -> (Wanted, Option<Feature>) {
    if wanted != Wanted::Auto {
        return (wanted, None);
    }
    let (chosen, zh, en) = if depth <= 1 && !files.all_take_nowait() {
        let zh = "深度 1，且驱动不支持 NOWAIT".to_owned();
        (Wanted::Sync, zh, "depth 1 on a driver without NOWAIT".to_owned())
    } else if depth <= 1 && !files.all_direct() {
        let zh = "深度 1，且经过页缓存".to_owned();
        (Wanted::Sync, zh, "depth 1 through the page cache".to_owned())
    } else {
        match Ring::probe() {
            Ok(()) => {
                (Wanted::IoUring, "内核允许使用".to_owned(), "the kernel allows it".to_owned())
            }
            Err(error) => {
                let instead = if depth <= 1 { Wanted::Sync } else { Wanted::Libaio };
                (instead, format!("无法使用 io_uring：{error}"), format!("no io_uring: {error}"))
            }
        }
    };
    let name = format!("auto → {}", chosen.name());
    (chosen, Some(Feature::because(name, true, zh, en)))
}

/// A feature that is in force.
fn on(name: &str) -> Feature {
    Feature { name: name.to_owned(), on: true, reason: None, reason_zh: None }
}

/// A feature that is not, and why.
fn off(name: &str, zh: impl Into<String>, en: impl Into<String>) -> Feature {
    Feature::because(name, false, zh, en)
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;

    use super::*;

    #[test]
    fn the_choice_needs_no_trial_and_names_its_reason() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(8192).unwrap();
        let files = Files::new([file.as_fd()]).unwrap();
        let (chosen, feature) = choose(Wanted::Auto, 1, &files);
        assert_eq!(chosen, Wanted::Sync);
        assert!(feature.unwrap().reason.unwrap().starts_with("depth 1"));
        let (chosen, feature) = choose(Wanted::Auto, 32, &files);
        assert!(matches!(chosen, Wanted::IoUring | Wanted::Libaio), "{chosen:?}");
        assert!(feature.unwrap().name.starts_with("auto → "));
        assert_eq!(choose(Wanted::Null, 1, &files), (Wanted::Null, None));
    }

    #[test]
    fn what_an_operator_can_act_on_has_a_hint() {
        let ring =
            |errno| EngineError::Ring { entries: 1, source: io::Error::from_raw_os_error(errno) };
        assert!(ring(libc::EPERM).hint().unwrap().contains("io_uring_disabled"));
        assert!(ring(libc::ENOSYS).hint().unwrap().contains("libaio"));
        assert_eq!(ring(libc::EINVAL).hint(), None);
        let aio =
            EngineError::Aio { events: 1, source: io::Error::from_raw_os_error(libc::EAGAIN) };
        assert!(aio.hint().unwrap().contains("aio-max-nr"));
    }
}
