//! A console's session with a BMC, without a socket or a clock: it is told of datagrams and of
//! time, and says what to send and how long to wait.
//!
//! It asks what the BMC can, opens a session by the first suite that is taken, proves the password,
//! asks for the privilege, and then carries one request at a time: sent again with growing waits,
//! known by its number, its answer taken once. What is not of this session, not sound, or not new
//! is dropped, and named only when nothing better came.

pub mod bmc;
mod link;
mod login;
mod pending;
mod setup;
mod window;

use std::{
    collections::VecDeque,
    mem,
    time::{Duration, Instant},
};

use super::{
    IpmiError,
    privilege::Privilege,
    suite::{Exchange, Suite},
    wire::{
        message::{Numbered, Request, Response},
        packet::{self, Packet, Payload, Plus},
        setup::{Rakp3, Status},
    },
};

pub use link::{Dropped, Link, Seed};
pub use login::Login;
pub use pending::{Options, Patience};
pub use window::Window;

use pending::{Body, Pending};

/// The family of a BMC's own commands.
const APP: u8 = 0x06;
/// How long a session is idle before it is kept alive: BMCs close one after 60 s (§6.12.15).
const IDLE: Duration = Duration::from_secs(30);
/// How long the answer to Close Session is waited for.
const CLOSING: Duration = Duration::from_secs(1);

/// What the driver does next.
#[derive(Debug)]
pub enum Poll {
    /// Send this.
    Send(Vec<u8>),
    /// Something came of it.
    Event(Event),
    /// Wait for a datagram, or until then.
    Wait(Instant),
    /// Wait for nothing: the session is over.
    Over,
}

/// What came of it.
#[derive(Debug)]
pub enum Event {
    /// The session is open.
    Opened,
    /// The request was answered.
    Answer(Response),
    /// The console's characters came: a payload of SOL.
    Sol(Vec<u8>),
    /// The session could not be opened, or the request was not answered.
    Failed(IpmiError),
    /// The session is closed.
    Closed,
}

/// Where a session stands.
#[derive(Debug)]
enum Stage {
    /// Asks what the BMC can; `plus` asks for what 2.0 has.
    Capabilities { plus: bool },
    /// Asks for its suites, from the `index`th part of their list.
    Ciphers { index: u8, records: Vec<u8> },
    /// Asks for a session.
    Opening { console: u32 },
    /// Waits for a session that was asked for and is not wanted any more, to end it.
    Unwanted { console: u32 },
    /// Has named the user (RAKP 1).
    Naming { exchange: Exchange },
    /// Has proved the password (RAKP 3).
    Proving { exchange: Exchange, link: Link },
    /// Asks for the privilege.
    Raising { link: Link },
    /// Is open, and was last of use then.
    Open { link: Link, used: Instant },
    /// Says good-bye.
    Closing { link: Link },
    /// Waits for a session to become free.
    Full { until: Instant },
    /// Is over.
    Over,
}

/// A session.
#[derive(Debug)]
pub struct Session {
    login: Login,
    options: Options,
    seed: Seed,
    stage: Stage,
    pending: Option<Pending>,
    out: VecDeque<Vec<u8>>,
    events: VecDeque<Event>,
    /// The suites that may still do, the one in use first.
    suites: Vec<Suite>,
    privilege: Privilege,
    tag: u8,
    sequence: u8,
    /// Since when all sessions are taken, and how long to wait next.
    full: Option<(Instant, Duration)>,
    /// Whether the setting up was begun again already.
    reopened: bool,
    /// What was dropped while the pending request waited.
    dropped: (bool, bool),
}

impl Session {
    /// Begins one. The port is named in errors alone; `seed` is 32 random bytes.
    pub fn start(login: Login, options: Options, seed: [u8; 32], now: Instant) -> Self {
        let mut session = Self {
            privilege: login.privilege,
            login,
            suites: options.suites.clone(),
            options,
            seed: Seed::new(seed),
            stage: Stage::Over,
            pending: None,
            out: VecDeque::new(),
            events: VecDeque::new(),
            tag: 0,
            sequence: 0,
            full: None,
            reopened: false,
            dropped: (false, false),
        };
        if session.suites.is_empty() {
            session.fail(IpmiError::CipherRefused { tried: Vec::new() });
        } else {
            session.ask_capabilities(true, now);
        }
        session
    }

    /// Returns the privilege that it has, or asks for.
    pub fn privilege(&self) -> Privilege {
        self.privilege
    }

    /// Returns the suite in use, or asked for.
    pub fn suite(&self) -> Suite {
        self.suites.first().copied().unwrap_or(Suite::NONE)
    }

    /// Returns the BMC's number of the session, once it has one.
    pub fn id(&self) -> Option<u32> {
        match &self.stage {
            Stage::Naming { exchange } => Some(exchange.bmc),
            Stage::Proving { link, .. }
            | Stage::Raising { link }
            | Stage::Open { link, .. }
            | Stage::Closing { link } => Some(link.theirs),
            _ => None,
        }
    }

    /// Asks something in the open session; what was asked before and not answered is forgotten,
    /// and its late answer will be dropped.
    ///
    /// `once` sends it once: it must not be done twice, and BMCs are not trusted to know a request
    /// that comes again.
    pub fn ask(&mut self, request: Request, what: &'static str, once: bool, now: Instant) {
        let Stage::Open { used, .. } = &mut self.stage else {
            self.events.push_back(Event::Failed(IpmiError::Ended));
            return;
        };
        *used = now;
        // An answer to what was asked before is of no interest any more.
        self.events.retain(|event| !matches!(event, Event::Answer(_) | Event::Failed(_)));
        self.begin_message(request, what, now, self.options.patience.answer);
        if let Some(pending) = self.pending.as_mut().filter(|_| once) {
            pending.once = true;
        }
    }

    /// Returns a datagram that waits to be sent, for who cannot wait for what comes after it.
    pub fn outgoing(&mut self) -> Option<Vec<u8>> {
        self.out.pop_front()
    }

    /// Returns a byte by chance.
    pub fn chance(&mut self) -> u8 {
        let [byte, ..] = self.seed.draw();
        byte
    }

    /// Sends characters to the console, or acknowledges some: a payload of SOL.
    pub fn send_sol(&mut self, bytes: &[u8]) {
        if let Stage::Open { link, .. } = &mut self.stage {
            self.out.push_back(link.seal(Payload::Sol, bytes, &mut self.seed));
        }
    }

    /// Closes it: [`Event::Closed`] comes when the BMC has answered, or a second has passed.
    pub fn close(&mut self, now: Instant) {
        let stage = mem::replace(&mut self.stage, Stage::Over);
        self.events.clear();
        if let Stage::Open { link, .. } | Stage::Raising { link } = stage {
            let request = close_session(link.theirs);
            self.stage = Stage::Closing { link };
            self.begin_message(request, "Close Session", now, CLOSING);
            return;
        }
        if let Stage::Opening { console } = stage
            && let Some(asked) = self.pending.take()
        {
            // The BMC may hold a session whose number is on its way to us.
            self.stage = Stage::Unwanted { console };
            self.pending = Some(asked.last(now, CLOSING));
            return;
        }
        self.stage = stage;
        let good_bye = self.abandon();
        self.out.extend(good_bye);
        self.pending = None;
        self.events.push_back(Event::Closed);
    }

    /// Ends it at once, and returns the datagrams that have the BMC forget it, if it has one.
    pub fn abandon(&mut self) -> Vec<Vec<u8>> {
        self.pending = None;
        let (mut link, half) = match mem::replace(&mut self.stage, Stage::Over) {
            Stage::Naming { exchange } => {
                return vec![self.never_mind(exchange.bmc, Status::PARAMETER)];
            }
            // Whether the BMC has it set up or not is not known: one of the two is right.
            Stage::Proving { link, .. } => (link, true),
            Stage::Raising { link } | Stage::Open { link, .. } | Stage::Closing { link } => {
                (link, false)
            }
            _ => return Vec::new(),
        };
        let message = Numbered { sequence: self.next_sequence(), body: close_session(link.theirs) };
        let mut out = vec![link.seal(Payload::Message, &message.bytes(), &mut self.seed)];
        if half {
            out.push(self.never_mind(link.theirs, Status::PARAMETER));
        }
        out
    }

    /// Takes a datagram.
    pub fn handle(&mut self, datagram: &[u8], now: Instant) {
        match packet::read(datagram) {
            Some(Packet::Plain(message)) => self.handle_plain(message, now),
            Some(Packet::Plus(plus)) if plus.session == 0 => self.handle_setup(&plus, now),
            Some(Packet::Plus(plus)) => self.handle_session(&plus, now),
            None => {}
        }
    }

    /// Returns what to do next.
    pub fn poll(&mut self, now: Instant) -> Poll {
        loop {
            if let Some(datagram) = self.out.pop_front() {
                return Poll::Send(datagram);
            }
            if let Some(event) = self.events.pop_front() {
                return Poll::Event(event);
            }
            if let Stage::Full { until } = self.stage {
                if now < until {
                    return Poll::Wait(until);
                }
                self.open(now);
                continue;
            }
            let Some(pending) = &mut self.pending else {
                let Stage::Open { used, .. } = self.stage else {
                    return Poll::Over;
                };
                let due = used + IDLE;
                if now < due {
                    return Poll::Wait(due);
                }
                self.keep_alive(now);
                continue;
            };
            if now >= pending.expires {
                self.time_out(now);
                continue;
            }
            match pending.due(now) {
                Some(until) => return Poll::Wait(until),
                None => self.send_pending(),
            }
        }
    }

    /// Has the pending request sent, sealed anew each time: no number of a session goes out twice.
    fn send_pending(&mut self) {
        let datagram = match (&self.pending, &mut self.stage) {
            (Some(Pending { body: Body::Datagram(datagram), .. }), _) => Some(datagram.clone()),
            (
                Some(Pending { body: Body::Message(message), .. }),
                Stage::Raising { link } | Stage::Open { link, .. } | Stage::Closing { link },
            ) => Some(link.seal(Payload::Message, &message.bytes(), &mut self.seed)),
            (Some(Pending { body: Body::Message(message), .. }), _) => {
                Some(packet::plain(&message.bytes()))
            }
            (None, _) => None,
        };
        self.out.extend(datagram);
    }

    fn keep_alive(&mut self, now: Instant) {
        if let Stage::Open { used, .. } = &mut self.stage {
            *used = now;
        }
        let request = Request { netfn: APP, lun: 0, command: 0x01, data: Vec::new() };
        self.begin_message(request, "Get Device ID", now, self.options.patience.answer);
        if let Some(pending) = &mut self.pending {
            pending.silent = true;
        }
    }

    fn next_sequence(&mut self) -> u8 {
        self.sequence = self.sequence.wrapping_add(1) & 0x3f;
        self.sequence
    }

    fn begin_message(&mut self, body: Request, what: &'static str, now: Instant, within: Duration) {
        let message = Numbered { sequence: self.next_sequence(), body };
        self.begin(Body::Message(message), what, now, within);
    }

    fn begin(&mut self, body: Body, what: &'static str, now: Instant, within: Duration) {
        self.dropped = (false, false);
        self.pending = Some(Pending::new(body, what, now, within, self.options.patience.again));
    }

    fn handle_session(&mut self, plus: &Plus<'_>, now: Instant) {
        let (Stage::Raising { link } | Stage::Open { link, .. } | Stage::Closing { link }) =
            &mut self.stage
        else {
            return;
        };
        let bytes = match link.open(plus) {
            Ok(bytes) => bytes,
            Err(Dropped::Foreign) => return,
            Err(Dropped::Unsound) => return self.dropped.0 = true,
            Err(Dropped::Again) => return self.dropped.1 = true,
        };
        match plus.payload {
            Payload::Sol => self.events.push_back(Event::Sol(bytes)),
            Payload::Message => {
                let answer = Numbered::<Response>::read(&bytes);
                let asked = self.pending.as_ref();
                match answer.filter(|answer| asked.is_some_and(|asked| asked.is_answer(answer))) {
                    Some(answer) => self.answered(answer.body, now),
                    None => self.dropped.1 = true,
                }
            }
            _ => {}
        }
    }

    fn answered(&mut self, answer: Response, now: Instant) {
        let silent = self.pending.take().is_some_and(|pending| pending.silent);
        match &mut self.stage {
            Stage::Raising { .. } => self.raised(&answer, now),
            Stage::Open { used, .. } => {
                *used = now;
                if !silent {
                    self.events.push_back(Event::Answer(answer));
                }
            }
            Stage::Closing { .. } => {
                self.stage = Stage::Over;
                self.events.push_back(Event::Closed);
            }
            _ => {}
        }
    }

    fn time_out(&mut self, now: Instant) {
        let Some(pending) = self.pending.take() else {
            return;
        };
        let error = match self.dropped {
            (true, _) => IpmiError::Integrity,
            (false, true) => IpmiError::OutOfSequence,
            (false, false) => IpmiError::Unanswered { what: pending.what, within: pending.within },
        };
        match &self.stage {
            Stage::Open { .. } if pending.silent => {}
            Stage::Open { .. } => self.events.push_back(Event::Failed(error)),
            Stage::Closing { .. } | Stage::Unwanted { .. } => {
                self.stage = Stage::Over;
                self.events.push_back(Event::Closed);
            }
            _ => self.setup_timed_out(error, now),
        }
    }

    /// Ends it with an error; what the BMC holds of it is freed.
    fn fail(&mut self, error: IpmiError) {
        let good_bye = self.abandon();
        self.out.extend(good_bye);
        self.events.push_back(Event::Failed(error));
    }

    /// Returns the datagram that ends a session which is not set up yet.
    fn never_mind(&mut self, bmc: u32, status: Status) -> Vec<u8> {
        self.tag = self.tag.wrapping_add(1);
        let message = Rakp3 { tag: self.tag, status, bmc, code: Vec::new() };
        packet::unprotected(Payload::Rakp3, &message.bytes())
    }
}

fn close_session(id: u32) -> Request {
    Request { netfn: APP, lun: 0, command: 0x3c, data: id.to_le_bytes().to_vec() }
}

#[cfg(test)]
mod tests;
