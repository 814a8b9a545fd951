#![expect(unsafe_code, reason = "the system call for a new namespace")]
//! Network namespaces, entered on threads of their own.
//!
//! A namespace belongs to a thread: one that went to another would take whatever the caller
//! does next along. A socket keeps the namespace in which it was opened, so nobody has to stay.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use rustix::thread::{LinkNameSpaceType, UnshareFlags, move_into_link_name_space, unshare_unsafe};

/// Where something is to happen.
#[derive(Clone, Copy, Debug)]
pub enum Namespace<'a> {
    /// In the namespace that the caller's thread is in.
    Here,
    /// In one that is kept by a file: `/run/netns/NAME`, `/proc/PID/ns/net`.
    Path(&'a Path),
    /// In one that is open.
    Open(BorrowedFd<'a>),
    /// In a new one, which is gone when nothing of it is open any more.
    Scratch,
    /// In the caller's, with a copy of its mounts.
    Apart,
}

/// Runs `body` in a namespace, on a thread that ends with it.
pub fn inside<T: Send>(
    namespace: Namespace<'_>,
    body: impl FnOnce() -> io::Result<T> + Send,
) -> io::Result<T> {
    if matches!(namespace, Namespace::Here) {
        return body();
    }
    thread::scope(|scope| {
        let run = move || {
            enter(namespace)?;
            body()
        };
        let thread =
            thread::Builder::new().name("namespace".to_owned()).spawn_scoped(scope, run)?;
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn enter(namespace: Namespace<'_>) -> io::Result<()> {
    match namespace {
        Namespace::Here => Ok(()),
        Namespace::Path(path) => join(File::open(path)?.as_fd()),
        Namespace::Open(fd) => join(fd),
        Namespace::Scratch => {
            // SAFETY: only `CLONE_NEWNET` is asked for, which changes what sockets this thread
            // opens from now on; file descriptors and memory stay shared with the others, so
            // nothing that safe code relies on comes apart.
            unsafe { unshare_unsafe(UnshareFlags::NEWNET) }?;
            Ok(())
        }
        Namespace::Apart => {
            // SAFETY: only `CLONE_NEWNS` is asked for, which changes what paths this thread opens
            // from now on; file descriptors and memory stay shared with the others, so nothing
            // that safe code relies on comes apart.
            unsafe { unshare_unsafe(UnshareFlags::NEWNS) }?;
            Ok(())
        }
    }
}

fn join(fd: BorrowedFd<'_>) -> io::Result<()> {
    Ok(move_into_link_name_space(fd, Some(LinkNameSpaceType::Network))?)
}
