//! A console, a BMC, and what is between them.

use std::time::{Duration, Instant};

use super::{Bmc, Event, Login, Options, Profile, Session};
use crate::ipmi::{session::Poll, wire::message::Request};

/// What becomes of a datagram.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fate {
    /// How many times it arrives.
    pub(super) copies: u8,
    /// When, in milliseconds; each copy comes so much later than the one before.
    pub(super) delay: u16,
}

/// Arrives once, in a millisecond.
pub(super) const FINE: Fate = Fate { copies: 1, delay: 1 };
/// Never arrives.
pub(super) const LOST: Fate = Fate { copies: 0, delay: 0 };

/// A console and a BMC. Fates are taken in turn, to and fro, and all is fine when they run out.
pub(super) struct Lab {
    pub(super) session: Session,
    pub(super) bmc: Bmc,
    pub(super) now: Instant,
    /// What the BMC did, in order: the commands that reached it, and their data.
    pub(super) done: Vec<(u8, Vec<u8>)>,
    /// Datagrams of the console that went out.
    pub(super) sent: usize,
    fates: Box<dyn Iterator<Item = Fate>>,
    /// When, whether to the BMC, and what.
    flying: Vec<(Instant, bool, Vec<u8>)>,
}

impl Lab {
    #[expect(clippy::disallowed_methods, reason = "std has no other first instant")]
    pub(super) fn new(login: Login, options: Options, profile: Profile) -> Self {
        let now = Instant::now();
        Self {
            session: Session::start(login, options, [1; 32], now),
            bmc: Bmc::new(profile, [2; 32]),
            now,
            done: Vec::new(),
            sent: 0,
            fates: Box::new(std::iter::empty()),
            flying: Vec::new(),
        }
    }

    pub(super) fn with(mut self, fates: impl IntoIterator<Item = Fate> + 'static) -> Self {
        self.fates = Box::new(fates.into_iter());
        self
    }

    /// Begins another session with the same BMC.
    pub(super) fn again(&mut self, login: Login, options: Options, seed: u8) {
        self.session = Session::start(login, options, [seed; 32], self.now);
    }

    /// Lets time pass until the session has something to tell.
    pub(super) fn event(&mut self) -> Option<Event> {
        loop {
            let until = match self.session.poll(self.now) {
                Poll::Event(event) => return Some(event),
                Poll::Send(datagram) => {
                    self.sent += 1;
                    self.fly(true, &datagram);
                    continue;
                }
                Poll::Wait(until) => until,
                Poll::Over => return None,
            };
            self.pass(until);
        }
    }

    /// Lets time pass until then, or until a datagram arrives.
    fn pass(&mut self, until: Instant) {
        let next = self.flying.iter().enumerate().min_by_key(|(_, (at, _, _))| *at);
        let next = next.map(|(index, (at, _, _))| (index, *at)).filter(|(_, at)| *at <= until);
        let Some((index, at)) = next else {
            self.now = until;
            return;
        };
        self.now = self.now.max(at);
        let (_, to_bmc, datagram) = self.flying.remove(index);
        if to_bmc {
            self.arrive(&datagram);
        } else {
            self.session.handle(&datagram, self.now);
        }
    }

    fn arrive(&mut self, datagram: &[u8]) {
        let done = &mut self.done;
        // It does what it is told, and echoes it: an answer shows what it is the answer to.
        let reply = self.bmc.handle(datagram, self.now, &mut |request, _caller| {
            done.push((request.command, request.data.clone()));
            (0, request.data.clone())
        });
        if let Some(reply) = reply {
            self.fly(false, &reply);
        }
    }

    pub(super) fn fly(&mut self, to_bmc: bool, datagram: &[u8]) {
        let fate = self.fates.next().unwrap_or(FINE);
        for copy in 0..u32::from(fate.copies) {
            let delay = Duration::from_millis(u64::from(fate.delay)) * (copy + 1);
            self.flying.push((self.now + delay, to_bmc, datagram.to_vec()));
        }
    }

    /// Delivers all that still flies, the session being over.
    pub(super) fn land(&mut self) {
        while !self.flying.is_empty() {
            let last = self.flying.iter().map(|(at, _, _)| *at).max().unwrap_or(self.now);
            self.pass(last);
        }
    }

    pub(super) fn ask(&mut self, command: u8, data: &[u8], once: bool) -> Option<Event> {
        let request = Request { netfn: 0x30, lun: 0, command, data: data.to_vec() };
        self.session.ask(request, "the test", once, self.now);
        self.event()
    }

    pub(super) fn close(&mut self) -> Option<Event> {
        self.session.close(self.now);
        let event = self.event();
        self.land();
        event
    }
}
