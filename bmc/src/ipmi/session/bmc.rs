//! The BMC's side of sessions, without a socket or a clock: what the simulator and the tests of
//! this crate answer consoles with.
//!
//! It sets sessions up, checks and counts them, and hands what is asked in them to whoever is the
//! BMC. It keeps to the specification where consoles are known to count on it: a message of the
//! set-up that comes again gets the same answer again, and a request that comes again is not done
//! again.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    time::{Duration, Instant},
};

use super::{Link, Seed};
use crate::ipmi::{
    privilege::Privilege,
    suite::{Exchange, Suite},
    wire::{
        message::{Numbered, Request, Response},
        packet::{self, Packet, Payload, Plus},
        rmcp::Asf,
        setup::{OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4, Status},
    },
};

/// How long a session may be idle (§6.12.15).
const IDLE: Duration = Duration::from_mins(1);

/// Requests that are known when they come again: no packet that is taken is further behind.
const KNOWN: usize = 17;

/// A user of it.
#[derive(Clone)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The password, 20 bytes at most.
    pub password: Vec<u8>,
    /// The most that it may do.
    pub most: Privilege,
}

/// Nothing of a password is shown.
impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Account({}, {}, …)", self.name, self.most)
    }
}

/// What a BMC is like.
#[derive(Clone)]
pub struct Profile {
    /// Its GUID, in the order of the wire.
    pub guid: [u8; 16],
    /// Its users.
    pub accounts: Vec<Account>,
    /// Its key; none where users' passwords are used.
    pub kg: Option<Vec<u8>>,
    /// The suites that it takes.
    pub suites: Vec<Suite>,
    /// Sessions that it has at once.
    pub sessions: usize,
    /// It tells everybody that a user without a name and a password may come in.
    pub is_anonymous: bool,
}

/// Nothing of a key is shown.
impl fmt::Debug for Profile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { accounts, suites, sessions, .. } = self;
        write!(out, "Profile({accounts:?}, {suites:?}, {sessions} sessions, …)")
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The BMC's number of the session; `None` outside of one.
    pub session: Option<u32>,
    /// What the caller may do.
    pub privilege: Privilege,
}

/// Answers a request: a completion code, and data.
pub type Answer<'a> = &'a mut dyn FnMut(&Request, Caller) -> (u8, Vec<u8>);

/// Requests, and what was answered to them.
#[derive(Default)]
struct Known(VecDeque<(Numbered<Request>, Numbered<Response>)>);

/// What a request carries is not shown: it may be a new password.
impl fmt::Debug for Known {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Known({})", self.0.len())
    }
}

/// A session as the BMC holds it.
#[derive(Debug)]
enum Held {
    Half {
        exchange: Exchange,
        account: Option<usize>,
        said: Option<Vec<u8>>,
        most: Privilege,
    },
    Whole {
        link: Box<Link>,
        privilege: Privilege,
        most: Privilege,
        said: Vec<u8>,
        /// The last requests, and what was answered to them.
        last: Known,
    },
}

/// A BMC's sessions.
#[derive(Debug)]
pub struct Bmc {
    profile: Profile,
    seed: Seed,
    held: BTreeMap<u32, (Held, Instant)>,
    refusals: u64,
    /// Characters that came for the console, and in which session.
    sol: Option<(u32, Vec<u8>)>,
}

impl Bmc {
    /// A BMC without sessions; `seed` is 32 random bytes.
    pub fn new(profile: Profile, seed: [u8; 32]) -> Self {
        Self { profile, seed: Seed::new(seed), held: BTreeMap::new(), refusals: 0, sol: None }
    }

    /// Returns what it is like, to be changed.
    pub fn profile(&mut self) -> &mut Profile {
        &mut self.profile
    }

    /// Returns how many sessions it holds, set up or not.
    pub fn sessions(&self) -> usize {
        self.held.len()
    }

    /// Returns how many proofs of a password it refused: what a real one counts towards locking.
    pub fn refusals(&self) -> u64 {
        self.refusals
    }

    /// Forgets all sessions, as a reset does.
    pub fn forget(&mut self) {
        self.held.clear();
    }

    /// Returns whether a session is open.
    pub fn is_open(&self, session: u32) -> bool {
        matches!(self.held.get(&session), Some((Held::Whole { .. }, _)))
    }

    /// Takes what the last datagram had for the console: the session, and a payload of SOL.
    pub fn take_sol(&mut self) -> Option<(u32, Vec<u8>)> {
        self.sol.take()
    }

    /// Returns the datagram of a payload of SOL, where the session is open.
    pub fn send_sol(&mut self, session: u32, bytes: &[u8]) -> Option<Vec<u8>> {
        let (Held::Whole { link, .. }, _) = self.held.get_mut(&session)? else { return None };
        Some(link.seal(Payload::Sol, bytes, &mut self.seed))
    }

    /// Takes a datagram, and returns what to send back.
    pub fn handle(&mut self, datagram: &[u8], now: Instant, answer: Answer<'_>) -> Option<Vec<u8>> {
        self.held.retain(|_, (_, used)| now.saturating_duration_since(*used) < IDLE);
        if let Some(Asf::Ping { tag }) = Asf::read(datagram) {
            return Some(Asf::Pong { tag, ipmi: true }.datagram());
        }
        match packet::read(datagram)? {
            Packet::Plain(message) => {
                let asked = Numbered::<Request>::read(message)?;
                Some(packet::plain(&self.outside(&asked, answer).bytes()))
            }
            Packet::Plus(plus) if plus.session == 0 => self.set_up(&plus, now),
            Packet::Plus(plus) => self.inside(&plus, now, answer),
        }
    }

    /// Answers what is asked outside of a session.
    fn outside(&self, asked: &Numbered<Request>, answer: Answer<'_>) -> Numbered<Response> {
        let caller = Caller { session: None, privilege: Privilege::Callback };
        let (code, data) =
            self.of_itself(&asked.body).unwrap_or_else(|| answer(&asked.body, caller));
        response(asked, code, data)
    }

    /// Answers what a BMC says of itself to anybody, in a session or outside of one.
    fn of_itself(&self, asked: &Request) -> Option<(u8, Vec<u8>)> {
        match (asked.netfn, asked.command, asked.data.as_slice()) {
            // Channel 1; 2.0 data, without authentication and straight passwords of 1.5.
            (0x06, 0x38, [_, _]) => {
                let kg = if self.profile.kg.is_some() { 0x20 } else { 0 };
                let open = if self.profile.is_anonymous { 0x03 } else { 0 };
                Some((0, vec![1, 0x80, 0x04 | kg | open, 0x02, 0, 0, 0, 0]))
            }
            (0x06, 0x54, [_, _, index]) => Some((0, self.listed(index & 0x3f))),
            (0x06, 0x37, _) => Some((0, self.profile.guid.to_vec())),
            _ => None,
        }
    }

    /// Returns a part of the list of suites (§22.15.1).
    fn listed(&self, index: u8) -> Vec<u8> {
        let records = self.profile.suites.iter().flat_map(|suite| {
            let [authentication, integrity, confidentiality] = suite.algorithms();
            [0xc0, suite.number(), authentication, 0x40 | integrity, 0x80 | confidentiality]
        });
        let part = records.skip(usize::from(index) * 16).take(16);
        std::iter::once(1).chain(part).collect()
    }

    fn set_up(&mut self, plus: &Plus<'_>, now: Instant) -> Option<Vec<u8>> {
        let (payload, bytes) = match plus.payload {
            Payload::OpenRequest => {
                let answer = self.open(&OpenRequest::read(plus.bytes)?, now);
                (Payload::OpenResponse, answer.bytes())
            }
            Payload::Rakp1 => (Payload::Rakp2, self.name(&Rakp1::read(plus.bytes)?)),
            Payload::Rakp3 => (Payload::Rakp4, self.prove(&Rakp3::read(plus.bytes)?, now)?),
            _ => return None,
        };
        Some(packet::unprotected(payload, &bytes))
    }

    fn open(&mut self, asked: &OpenRequest, now: Instant) -> OpenResponse {
        let mut answer = OpenResponse {
            tag: asked.tag,
            status: Status::DONE,
            // "The most that there is" is told by its name: freeipmi stops at anything else.
            privilege: match asked.privilege {
                0 => Privilege::Administrator.code(),
                asked => asked,
            },
            console: asked.console,
            bmc: 0,
            algorithms: Some(asked.algorithms),
        };
        // A request that was sent again has its session already.
        let again = self.held.iter().find_map(|(id, (held, _))| match held {
            Held::Half { exchange, said: None, .. } if exchange.console == asked.console => {
                Some(*id)
            }
            _ => None,
        });
        if let Some(bmc) = again {
            answer.bmc = bmc;
            return answer;
        }
        let suite = Suite::by(asked.algorithms).filter(|one| self.profile.suites.contains(one));
        let Some(suite) = suite else {
            answer.status = Status::NO_SUITE;
            return answer;
        };
        if self.held.len() >= self.profile.sessions {
            answer.status = Status::FULL;
            return answer;
        }
        let mut bmc = self.seed.number();
        while self.held.contains_key(&bmc) {
            bmc = self.seed.number();
        }
        let exchange = Exchange {
            suite,
            console: asked.console,
            bmc,
            console_random: [0; 16],
            bmc_random: self.seed.draw(),
            guid: self.profile.guid,
            role: 0,
            user: Vec::new(),
        };
        let half = Held::Half { exchange, account: None, said: None, most: Privilege::User };
        self.held.insert(bmc, (half, now));
        answer.bmc = bmc;
        answer
    }

    fn name(&mut self, asked: &Rakp1) -> Vec<u8> {
        let refuse = |status, console| {
            let tag = asked.tag;
            Rakp2 { tag, status, console, random: [0; 16], guid: [0; 16], code: Vec::new() }.bytes()
        };
        let Some((Held::Half { exchange, account, said, most }, _)) = self.held.get_mut(&asked.bmc)
        else {
            return refuse(Status::NO_SESSION, 0);
        };
        let console = exchange.console;
        if let Some(said) = said {
            return said.clone();
        }
        let found = self.profile.accounts.iter().position(|one| one.name.as_bytes() == asked.user);
        let known = found.and_then(|at| Some((at, self.profile.accounts.get(at)?)));
        let (status, at) = match (known, Privilege::of(asked.role)) {
            (None, _) => (Status::NAME, 0),
            (Some((at, who)), Some(role)) if role <= who.most => {
                *most = role;
                (Status::DONE, at)
            }
            (Some((at, who)), None) if asked.role.trailing_zeros() >= 4 => {
                *most = who.most;
                (Status::DONE, at)
            }
            _ => (Status::ROLE_DENIED, 0),
        };
        if status != Status::DONE {
            self.held.remove(&asked.bmc);
            return refuse(status, console);
        }
        *account = Some(at);
        exchange.console_random = asked.random;
        exchange.role = asked.role;
        exchange.user.clone_from(&asked.user);
        let password = self.profile.accounts.get(at).map_or(&[][..], |who| &who.password);
        let answer = Rakp2 {
            tag: asked.tag,
            status,
            console,
            random: exchange.bmc_random,
            guid: exchange.guid,
            code: exchange.rakp2(password),
        };
        let bytes = answer.bytes();
        *said = Some(bytes.clone());
        bytes
    }

    fn prove(&mut self, asked: &Rakp3, now: Instant) -> Option<Vec<u8>> {
        let refuse =
            |status, console| Rakp4 { tag: asked.tag, status, console, code: Vec::new() }.bytes();
        if asked.status != Status::DONE {
            // The console gives it up, and wants no answer.
            if let Some((Held::Half { .. }, _)) = self.held.get(&asked.bmc) {
                self.held.remove(&asked.bmc);
            }
            return None;
        }
        if let Some((Held::Whole { said, .. }, _)) = self.held.get(&asked.bmc) {
            return Some(said.clone());
        }
        let Some((Held::Half { exchange, account, most, .. }, _)) = self.held.remove(&asked.bmc)
        else {
            return Some(refuse(Status::NO_SESSION, 0));
        };
        let Some(who) = account.and_then(|at| self.profile.accounts.get(at)) else {
            return Some(refuse(Status::INACTIVE, exchange.console));
        };
        if !exchange.is_rakp3(&who.password, &asked.code) {
            self.refusals += 1;
            return Some(refuse(Status::CHECK, exchange.console));
        }
        let keys = exchange.keys(self.profile.kg.as_deref().unwrap_or(&who.password));
        let answer = Rakp4 {
            tag: asked.tag,
            status: Status::DONE,
            console: exchange.console,
            code: exchange.rakp4(&keys),
        };
        let said = answer.bytes();
        let link = Box::new(Link::new(keys, asked.bmc, exchange.console));
        let privilege = Privilege::User;
        let whole =
            Held::Whole { link, privilege, most, said: said.clone(), last: Known::default() };
        self.held.insert(asked.bmc, (whole, now));
        Some(said)
    }

    fn inside(&mut self, plus: &Plus<'_>, now: Instant, answer: Answer<'_>) -> Option<Vec<u8>> {
        let (Held::Whole { link, .. }, used) = self.held.get_mut(&plus.session)? else {
            return None;
        };
        let bytes = link.open(plus).ok()?;
        *used = now;
        if plus.payload == Payload::Sol {
            self.sol = Some((plus.session, bytes));
            return None;
        }
        if plus.payload != Payload::Message {
            return None;
        }
        let asked = Numbered::<Request>::read(&bytes)?;
        let of_itself = self.of_itself(&asked.body);
        let counts = [self.profile.sessions, self.held.len()];
        let counts = counts.map(|count| u8::try_from(count.min(0x3f)).unwrap_or(0x3f));
        let (Held::Whole { privilege, most, last, .. }, _) = self.held.get_mut(&plus.session)?
        else {
            return None;
        };
        let mut close = None;
        let before = last.0.iter().find(|(before, _)| *before == asked);
        let mut reply = if let Some((_, reply)) = before {
            reply.clone()
        } else {
            let caller = Caller { session: Some(plus.session), privilege: *privilege };
            let (code, data) = match (asked.body.netfn, asked.body.command) {
                (0x06, 0x3b) => set_privilege(&asked.body, privilege, *most),
                (0x06, 0x3c) => {
                    let id = asked.body.data.first_chunk().map(|id| u32::from_le_bytes(*id));
                    close = id;
                    (0, Vec::new())
                }
                // Get Session Info (§22.20), of the session itself: how many there may be and are.
                (0x06, 0x3d) if asked.body.data == [0] => {
                    let [possible, active] = counts;
                    (0, vec![1, possible, active])
                }
                _ => of_itself.unwrap_or_else(|| answer(&asked.body, caller)),
            };
            response(&asked, code, data)
        };
        if let Some(id) = close
            && id != plus.session
            && (*privilege < Privilege::Administrator || !self.held.contains_key(&id))
        {
            // An invalid session (§22.19).
            reply.body.code = 0x87;
            close = None;
        }
        let (Held::Whole { link, last, .. }, _) = self.held.get_mut(&plus.session)? else {
            return None;
        };
        let out = link.seal(Payload::Message, &reply.bytes(), &mut self.seed);
        if last.0.len() >= KNOWN {
            last.0.pop_front();
        }
        last.0.push_back((asked, reply));
        if let Some(id) = close {
            self.held.remove(&id);
        }
        Some(out)
    }
}

fn response(asked: &Numbered<Request>, code: u8, data: Vec<u8>) -> Numbered<Response> {
    let body = Response {
        netfn: asked.body.netfn | 1,
        command: asked.body.command,
        code,
        data: if code == 0 { data } else { Vec::new() },
    };
    Numbered { sequence: asked.sequence, body }
}

/// Set Session Privilege Level (§22.18).
fn set_privilege(asked: &Request, now: &mut Privilege, most: Privilege) -> (u8, Vec<u8>) {
    let wanted = asked.data.first().copied();
    match wanted.map(|byte| (byte & 0x0f, Privilege::of(byte))) {
        None => (0xc7, Vec::new()),
        Some((0, _)) => (0, vec![now.code()]),
        Some((_, Some(level))) if level <= most => {
            *now = level;
            (0, vec![level.code()])
        }
        Some((_, Some(_))) => (0x81, Vec::new()),
        Some((_, None)) => (0xcc, Vec::new()),
    }
}
