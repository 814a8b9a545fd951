//! What waits for an answer, and how long.

use std::{
    fmt,
    time::{Duration, Instant},
};

use crate::ipmi::{
    suite::Suite,
    wire::message::{Numbered, Request, Response},
};

/// How long a wait before something is sent again grows.
const LONGEST: Duration = Duration::from_secs(4);

/// How long a BMC may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For its first word; who says nothing so long is not there.
    pub reach: Duration,
    /// For each answer after that, with all that is sent again.
    pub answer: Duration,
    /// Before something is sent again for the first time; each further wait is twice as long, up
    /// to 4 s.
    pub again: Duration,
    /// For sessions to become free where all are taken.
    pub full: Duration,
    /// For a change of power to be seen.
    pub settle: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            reach: Duration::from_secs(5),
            answer: Duration::from_secs(15),
            again: Duration::from_secs(1),
            full: Duration::from_secs(20),
            settle: Duration::from_secs(10),
        }
    }
}

/// How to talk to a BMC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The suites to try, the first first; one alone saves the question which ones it has.
    pub suites: Vec<Suite>,
    /// How long it may take.
    pub patience: Patience,
}

impl Default for Options {
    fn default() -> Self {
        Self { suites: vec![Suite::SHA256, Suite::SHA1], patience: Patience::default() }
    }
}

/// What is sent.
pub(super) enum Body {
    /// The same bytes each time.
    Datagram(Vec<u8>),
    /// A message, in a packet of its own each time.
    Message(Numbered<Request>),
}

/// What a request carries is not shown: it may be a new password.
impl fmt::Debug for Body {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Datagram(_) => out.write_str("Datagram(…)"),
            Self::Message(message) => {
                let Request { netfn, command, .. } = message.body;
                write!(out, "Message({netfn:#04x} {command:#04x} …)")
            }
        }
    }
}

/// What waits for an answer.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) body: Body,
    /// What it is, for errors.
    pub(super) what: &'static str,
    /// How long it waits in all, and until when.
    pub(super) within: Duration,
    pub(super) expires: Instant,
    /// It is sent once.
    pub(super) once: bool,
    /// Nobody waits for its answer.
    pub(super) silent: bool,
    next: Option<Instant>,
    wait: Duration,
}

impl Pending {
    pub(super) fn new(
        body: Body,
        what: &'static str,
        now: Instant,
        within: Duration,
        again: Duration,
    ) -> Self {
        let expires = now + within;
        Self {
            body,
            what,
            within,
            expires,
            once: false,
            silent: false,
            next: Some(now),
            wait: again,
        }
    }

    /// Returns until when to wait, or `None` when it has to be sent now, which is then counted.
    pub(super) fn due(&mut self, now: Instant) -> Option<Instant> {
        match self.next {
            Some(next) if next <= now => {
                self.next = (!self.once).then(|| now + self.wait);
                self.wait = (self.wait * 2).min(LONGEST);
                None
            }
            Some(next) => Some(next.min(self.expires)),
            None => Some(self.expires),
        }
    }

    /// Sends it no more, and waits so long for its answer, if it was sent at all.
    pub(super) fn last(mut self, now: Instant, within: Duration) -> Self {
        let sent = self.next != Some(now) && self.next.is_none_or(|next| next > now);
        self.expires = if sent { now + within } else { now };
        self.next = None;
        self
    }

    /// Whether an answer is that of this.
    pub(super) fn is_answer(&self, answer: &Numbered<Response>) -> bool {
        let Body::Message(asked) = &self.body else {
            return false;
        };
        answer.sequence == asked.sequence
            && answer.body.netfn == asked.body.netfn | 1
            && answer.body.command == asked.body.command
    }
}
