//! IPMI as a simulated host answers it (IPMI 2.0 revision 1.1; "§" is of it): sessions by
//! [`crate::ipmi::session::bmc`], commands here, on the state that Redfish shows.

mod boot;
mod chassis;
mod device;
mod fru;
mod lan;
mod sdr;
mod sel;
mod sensor;
mod sol;
mod user;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{clock::Moment, host::Host, knobs::Knob};
use crate::ipmi::{
    session::bmc::{Account, Bmc, Caller, Profile},
    suite::Suite,
    wire::{
        message::Request,
        packet::{self, Packet, Payload},
        setup::{OpenRequest, Rakp1, Rakp3},
    },
};

/// Completion codes (§5.2).
const OK: u8 = 0;
const NO_COMMAND: u8 = 0xc1;
const TOO_SHORT: u8 = 0xc7;
const OUT_OF_RANGE: u8 = 0xc9;
const NOT_PRESENT: u8 = 0xcb;
const BAD_FIELD: u8 = 0xcc;
const NO_PRIVILEGE: u8 = 0xd4;
const NOT_NOW: u8 = 0xd5;

/// What is answered to a command: a completion code, and data.
type Answer = (u8, Vec<u8>);

/// A datagram to be sent, and how late.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Out {
    /// The datagram.
    pub bytes: Vec<u8>,
    /// How late it is sent.
    pub delay: Duration,
}

/// What IPMI has besides the host's own state.
#[derive(Debug)]
pub struct Station {
    sessions: Bmc,
    state: State,
    /// Who begins which session, by the BMC's number of it.
    names: BTreeMap<u32, Vec<u8>>,
    /// Datagrams that were sent.
    sent: u32,
    /// What decides which datagrams are lost.
    chance: u64,
}

/// What commands change, and no document has.
#[derive(Debug, Default)]
struct State {
    /// The reservation of the SDR repository and of the log, one number for both.
    reservation: u16,
    /// When the log was erased last, over IPMI.
    erased: [u8; 4],
    sol: Option<sol::Stream>,
    /// The fields of boot options that are kept and mean nothing here: parameter, and data.
    boot: BTreeMap<u8, Vec<u8>>,
}

/// Returns the suites that a host takes.
fn suites(host: &Host) -> Vec<Suite> {
    let all = [Suite::SHA256, Suite::SHA1];
    let without = usize::from(host.has(Knob::IpmiNo17));
    let none = host.has(Knob::IpmiSuite0).then_some(Suite::NONE);
    none.into_iter().chain(all.into_iter().skip(without)).collect()
}

impl Station {
    /// Makes the IPMI side of a host; `seed` is random.
    pub fn new(host: &Host, seed: [u8; 32]) -> Self {
        let chance = seed.first_chunk().map_or(1, |bytes| u64::from_le_bytes(*bytes)) | 1;
        let profile = Profile {
            guid: device::guid(host),
            accounts: Vec::new(),
            kg: None,
            suites: suites(host),
            sessions: 0,
            is_anonymous: host.has(Knob::IpmiAnonymous),
        };
        Self {
            sessions: Bmc::new(profile, seed),
            state: State::default(),
            names: BTreeMap::new(),
            sent: 0,
            chance,
        }
    }

    /// Returns how many sessions are open, set up or not.
    pub fn sessions(&self) -> usize {
        self.sessions.sessions()
    }

    /// Takes a datagram; returns what is sent back.
    pub fn handle(
        &mut self,
        host: &mut Host,
        datagram: &[u8],
        now: Moment,
        instant: Instant,
    ) -> Vec<Out> {
        host.advance(now);
        if host.has(Knob::HungBmc) || host.down_until.is_some() || is_off(host) {
            self.sessions.forget();
            return Vec::new();
        }
        if self.is_lost(host) {
            return Vec::new();
        }
        self.learn(host);
        let gone = |stream: &sol::Stream| !self.sessions.is_open(stream.session);
        if self.state.sol.as_ref().is_some_and(gone) {
            self.state.sol = None;
        }
        let asked = set_up(datagram);
        if let Some(SetUp::Name(asked)) = &asked {
            // As many as there are sessions at most; who gives up leaves none behind for long.
            if self.names.len() > 64 {
                self.names.clear();
            }
            self.names.insert(asked.bmc, asked.user.clone());
        }
        let before = self.sessions.refusals();
        let state = &mut self.state;
        let mut answer =
            |request: &Request, caller: Caller| answer(host, state, request, caller, now);
        let reply = self.sessions.handle(datagram, instant, &mut answer);
        let mut out: Vec<Vec<u8>> = reply.into_iter().collect();
        if let Some((session, bytes)) = self.sessions.take_sol() {
            let said = match &mut self.state.sol {
                Some(stream) if stream.session == session => stream.take(&bytes),
                _ => sol::ended(&bytes),
            };
            let sealed = said.and_then(|said| self.sessions.send_sol(session, &said));
            out.extend(sealed);
        }
        if self.sessions.refusals() > before
            && let Some(SetUp::Proof(asked)) = &asked
            && let Some(user) = self.names.remove(&asked.bmc)
            && let Some(account) = host.account_of(&String::from_utf8_lossy(&user))
        {
            host.tried(&account, false, now);
        }
        match asked {
            // A short answer: what an error has, and no error.
            Some(SetUp::Open(asked))
                if host.has(Knob::IpmiCipherShort)
                    && asked.algorithms == Suite::SHA256.algorithms() =>
            {
                self.sessions.forget();
                let mut short = vec![asked.tag, 0, 4, 0];
                short.extend(asked.console.to_le_bytes());
                out = vec![packet::unprotected(Payload::OpenResponse, &short)];
            }
            Some(SetUp::Name(_)) if host.has(Knob::IpmiRakp2) => out.clear(),
            _ => {}
        }
        let out: Vec<Vec<u8>> = out.into_iter().filter(|_| !self.is_lost(host)).collect();
        out.into_iter().flat_map(|bytes| self.deliver(host, bytes)).collect()
    }

    /// Takes over users and limits: Redfish may have changed them.
    fn learn(&mut self, host: &Host) {
        let short = host.has(Knob::IpmiPass16);
        let refused = host.has(Knob::IpmiPrivRefused);
        let accounts = user::accounts(host).into_iter().filter_map(|one| {
            let mut password = host.password_of(&one.path)?.as_bytes().to_vec();
            password.truncate(if short { 16 } else { 20 });
            let most = if refused {
                one.most.min(crate::ipmi::privilege::Privilege::Operator)
            } else {
                one.most
            };
            one.usable.then_some(Account { name: one.name, password, most })
        });
        let accounts = accounts.collect();
        let limit = host.knob(Knob::IpmiSessionLimit, 16);
        let profile = self.sessions.profile();
        profile.accounts = accounts;
        profile.sessions = usize::try_from(limit).unwrap_or(usize::MAX);
        if host.has(Knob::IpmiSessionsFull) {
            profile.sessions = 0;
        }
    }

    /// Decides whether a datagram is lost on its way (xorshift: the same each time for a seed).
    fn is_lost(&mut self, host: &Host) -> bool {
        let Some(percent) = host.base.knobs.value(Knob::IpmiLoss) else { return false };
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        (self.chance >> 11) % 100 < u64::from(percent)
    }

    fn deliver(&mut self, host: &Host, bytes: Vec<u8>) -> Vec<Out> {
        self.sent = self.sent.wrapping_add(1);
        let every = |knob| {
            let every = host.base.knobs.value(knob).filter(|every| *every > 0);
            every.is_some_and(|every| self.sent.is_multiple_of(every))
        };
        let late = if every(Knob::IpmiLate) { 2000 } else { 0 };
        let latency = host.knob(Knob::Latency, 0);
        let delay = Duration::from_millis(u64::from(late + latency));
        let once = Out { bytes, delay };
        if every(Knob::IpmiTwice) { vec![once.clone(), once] } else { vec![once] }
    }
}

/// Returns whether IPMI over LAN is turned off.
fn is_off(host: &Host) -> bool {
    let protocols = host.raw(&format!("{}/NetworkProtocol", host.base.manager));
    host.base.made && protocols.is_some_and(|body| body["IPMI"]["ProtocolEnabled"] == false)
}

/// A message of the set-up that means something here.
enum SetUp {
    Open(OpenRequest),
    Name(Rakp1),
    Proof(Rakp3),
}

fn set_up(datagram: &[u8]) -> Option<SetUp> {
    let Packet::Plus(plus) = packet::read(datagram)? else { return None };
    match plus.payload {
        Payload::OpenRequest => OpenRequest::read(plus.bytes).map(SetUp::Open),
        Payload::Rakp1 => Rakp1::read(plus.bytes).map(SetUp::Name),
        Payload::Rakp3 => Rakp3::read(plus.bytes).map(SetUp::Proof),
        _ => None,
    }
}

/// Answers a command.
fn answer(
    host: &mut Host,
    state: &mut State,
    request: &Request,
    caller: Caller,
    now: Moment,
) -> Answer {
    let Request { netfn, command, data, .. } = request;
    let (netfn, command) = (*netfn, *command);
    if caller.session.is_none() && !(netfn == 0x06 && command == 0x01) {
        return (NO_PRIVILEGE, Vec::new());
    }
    let needs = needed(netfn, command);
    if caller.session.is_some() && caller.privilege.code() < needs {
        return (NO_PRIVILEGE, Vec::new());
    }
    let mut data = data.as_slice();
    match netfn {
        0x00 => match command {
            0x08 | 0x09 => boot::answer(host, state, command, data),
            _ => chassis::answer(host, command, data, now),
        },
        0x04 if command == 0x02 => sel::platform_event(host, data, now),
        0x04 => sensor::answer(host, command, data, now),
        0x06 => match command {
            0x43..=0x47 => user::answer(host, command, data),
            0x48..=0x4f => sol::answer(host, state, caller, command, data),
            _ => device::answer(host, command, data, now),
        },
        0x0a => match command {
            0x10 | 0x11 => fru::answer(host, command, data, now),
            0x20..=0x23 => sdr::answer(host, state, command, data, now),
            _ => sel::answer(host, state, command, data, now),
        },
        0x0c => match command {
            0x22 => sol::configuration(host, data),
            _ => lan::answer(host, command, data, now),
        },
        0x2c if crate::ipmi::wire::byte(&mut data) == Some(0xdc) => {
            sensor::dcmi(host, command, data, now)
        }
        _ => (NO_COMMAND, Vec::new()),
    }
}

/// Returns the privilege that a command needs (appendix G).
fn needed(netfn: u8, command: u8) -> u8 {
    match (netfn, command) {
        // Power, identify, boot options; what is added to the log and its end; users' names.
        (0x00, 0x02 | 0x04 | 0x05 | 0x08 | 0x09)
        | (0x0a, 0x44 | 0x47 | 0x49)
        | (0x06, 0x44 | 0x46)
        | (0x04 | 0x0c, 0x02) => 3,
        // Resets, users, access, LAN.
        (0x06, 0x02 | 0x03 | 0x40 | 0x43 | 0x45 | 0x47) | (0x0c, 0x01) => 4,
        _ => 2,
    }
}

#[cfg(test)]
mod tests;
