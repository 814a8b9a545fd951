//! One device taken away by a thread of its own.
//!
//! The kernel ends a device under the lock that all changes of devices share; behind the lock it
//! waits until nobody on any CPU can still see it, and only then says that it is done: 17 ms
//! (Linux 6.18, 2 CPUs) for a device that was out of everybody's reach after one. So whoever asks
//! waits here until the device is no longer there, and the thread until the kernel has said so.
//! The kernel takes it out of its lists under the lock, when nothing can fail any more; whoever
//! asks it for anything of devices behind that comes behind the lock.

use std::io;
use std::os::fd::AsFd as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use rustix::net::netdevice::index_to_name_inlined;

use super::encode::removal;
use crate::kernel::StepError;
use crate::kernel::socket::{Outcome, Socket};

/// How long the kernel's answer is waited for before it is looked whether the device is there.
const PAUSE: Duration = Duration::from_micros(200);

/// The thread, or what it will be made of.
#[derive(Debug)]
pub(super) enum Aside {
    /// Nothing was taken away yet.
    Idle(Socket),
    /// It takes numbers of devices, and where the answer goes.
    Busy(Sender<(u32, Sender<Outcome>)>),
    /// There is none: whoever asks does it.
    None,
}

impl Aside {
    /// Opens a socket in the namespace that this thread is in; the thread is begun when there is
    /// something for it to do.
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self::Idle(Socket::open(None)?))
    }

    /// Takes a device away; `here` is a socket of its namespace. Nothing where that has to be
    /// done without this.
    pub(super) fn remove(&mut self, number: u32, here: &Socket) -> Option<Outcome> {
        let (tell, told) = channel();
        self.jobs()?.send((number, tell)).ok()?;
        Some(wait(&told, number, here))
    }

    fn jobs(&mut self) -> Option<&Sender<(u32, Sender<Outcome>)>> {
        if let Self::Idle(_) = self
            && let Self::Idle(socket) = std::mem::replace(self, Self::None)
        {
            let (jobs, taken) = channel();
            let thread = std::thread::Builder::new().name("removal".to_owned());
            if thread.spawn(move || work(socket, &taken)).is_ok() {
                *self = Self::Busy(jobs);
            }
        }
        match self {
            Self::Busy(jobs) => Some(jobs),
            _ => None,
        }
    }
}

fn work(mut socket: Socket, jobs: &Receiver<(u32, Sender<Outcome>)>) {
    for (number, tell) in jobs {
        let outcome = match socket.ask(&[removal(number)]) {
            Ok(mut outcomes) => outcomes.pop().unwrap_or(Ok(())),
            Err(error) => {
                let errno = error.raw_os_error().unwrap_or(libc::EIO);
                Err(StepError { errno, said: Some(LOST.to_owned()) })
            }
        };
        // Whoever asked may have seen that it is gone, and wait no longer.
        drop(tell.send(outcome));
    }
}

const LOST: &str = "no answer from the kernel; it may be done nevertheless";

fn wait(told: &Receiver<Outcome>, number: u32, here: &Socket) -> Outcome {
    loop {
        match told.recv_timeout(PAUSE) {
            Ok(outcome) => return outcome,
            Err(RecvTimeoutError::Timeout) => {
                if index_to_name_inlined(here.as_fd(), number).is_err() {
                    return Ok(());
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err(StepError { errno: libc::EIO, said: Some(LOST.to_owned()) });
            }
        }
    }
}
