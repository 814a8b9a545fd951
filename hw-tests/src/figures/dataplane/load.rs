//! Packets sent by one thread on one processor, and what that cost it.
//!
//! Two ways are measured in short turns, hundreds of them: whatever else the machine does comes
//! upon both alike. A turn of 400 packets takes 2 ms; with turns of 50 ms the same ratios had
//! intervals twenty times as wide on a machine with five times the load it has processors.

use std::io;
use std::net::UdpSocket;
use std::thread;
use std::time::Duration;

use hw_tests::network::BedError;
use hw_tests::network::wire::Wire;
use rustix::thread::{CpuSet, sched_setaffinity};
use rustix::time::{ClockId, clock_gettime};

/// Packets of a turn.
pub(super) const TURN: u16 = 400;

/// What is sent in a turn.
#[derive(Debug)]
pub(super) enum Turn<'a> {
    /// Frames by a packet socket on a guest's card.
    Frames(&'a Wire, Vec<Vec<u8>>),
    /// Datagrams between sockets of two guests, each read before the next is sent.
    Sockets(&'a UdpSocket, &'a UdpSocket),
}

impl Turn<'_> {
    /// Sends; returns the processor time of each packet in nanoseconds.
    pub(super) fn cost(&self) -> Result<f64, BedError> {
        let whole = alone(|| match self {
            Self::Frames(wire, frames) => frames.iter().try_for_each(|frame| wire.send(frame)),
            Self::Sockets(near, far) => (0..TURN).try_for_each(|_| {
                near.send(&[0; 64])?;
                // It is there when `send` returns; if not, it is lost or late.
                far.recv(&mut [0; 64])?;
                Ok(())
            }),
        })?;
        let packets = match self {
            Self::Frames(_, frames) => frames.len(),
            Self::Sockets(..) => usize::from(TURN),
        };
        Ok(whole / count(packets))
    }
}

/// Runs two in turn; who goes first changes. The first pair warms up and is left out.
pub(super) fn in_turn<E>(
    pairs: usize,
    ours: &mut dyn FnMut() -> Result<f64, E>,
    theirs: &mut dyn FnMut() -> Result<f64, E>,
) -> Result<Vec<(f64, f64)>, E> {
    let mut found = Vec::with_capacity(pairs);
    for pair in 0..=pairs {
        let both = if pair % 2 == 0 {
            let first = ours()?;
            (first, theirs()?)
        } else {
            let first = theirs()?;
            (ours()?, first)
        };
        if pair > 0 {
            found.push(both);
        }
    }
    Ok(found)
}

/// Returns the processor time of `body` in nanoseconds, on a thread that stays on one processor.
fn alone(body: impl FnOnce() -> Result<(), BedError> + Send) -> Result<f64, BedError> {
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            let mut one = CpuSet::new();
            one.set(0);
            sched_setaffinity(None, &one).map_err(io::Error::from)?;
            let before = now();
            body()?;
            Ok(now() - before)
        });
        work.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let rest = u32::try_from(time.tv_nsec).unwrap_or(0);
    Duration::new(seconds, rest).as_secs_f64() * 1e9
}

/// A count as a number to divide by.
pub(super) fn count(items: usize) -> f64 {
    u32::try_from(items).map_or(f64::NAN, f64::from)
}
