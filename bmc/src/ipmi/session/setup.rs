//! Setting a session up: what the BMC can, its suites, Open Session, RAKP, privilege
//! (§13.15 to §13.24).

use std::time::{Duration, Instant};

use super::{APP, Body, Event, Link, Session, Stage};
use crate::ipmi::{
    IpmiError,
    privilege::Privilege,
    suite::{Exchange, NAME_ONLY, Suite},
    wire::{
        message::{Numbered, Request, Response},
        packet::{self, Payload, Plus},
        setup::{OpenRequest, OpenResponse, Rakp1, Rakp2, Rakp3, Rakp4, Status},
    },
};

/// The channel that a question comes by.
const THIS_CHANNEL: u8 = 0x0e;
/// Bytes of a whole part of the list of suites.
const PART: usize = 16;
/// How long to wait when all sessions are taken, the first time; then twice as long.
const FULL: Duration = Duration::from_millis(500);
/// How long that grows.
const FULL_LONGEST: Duration = Duration::from_secs(4);

impl Session {
    /// Get Channel Authentication Capabilities (§22.13). Some BMCs refuse the bit that asks for
    /// what 2.0 has, and have it.
    pub(super) fn ask_capabilities(&mut self, plus: bool, now: Instant) {
        self.stage = Stage::Capabilities { plus };
        let channel = THIS_CHANNEL | if plus { 0x80 } else { 0 };
        let data = vec![channel, self.privilege.code()];
        self.ask_plain(0x38, data, "Get Channel Authentication Capabilities", now);
    }

    /// Get Channel Cipher Suites (§22.15).
    fn ask_ciphers(&mut self, index: u8, records: Vec<u8>, now: Instant) {
        self.stage = Stage::Ciphers { index, records };
        let data = vec![THIS_CHANNEL, 0, 0x80 | index];
        self.ask_plain(0x54, data, "Get Channel Cipher Suites", now);
    }

    fn ask_plain(&mut self, command: u8, data: Vec<u8>, what: &'static str, now: Instant) {
        self.begin_message(
            Request { netfn: APP, lun: 0, command, data },
            what,
            now,
            self.options.patience.reach,
        );
    }

    pub(super) fn handle_plain(&mut self, message: &[u8], now: Instant) {
        if !matches!(self.stage, Stage::Capabilities { .. } | Stage::Ciphers { .. }) {
            return;
        }
        let asked = self.pending.as_ref();
        let answer = Numbered::<Response>::read(message)
            .filter(|answer| asked.is_some_and(|asked| asked.is_answer(answer)));
        let Some(Numbered { body: answer, .. }) = answer else {
            return;
        };
        self.pending = None;
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Capabilities { plus } => self.told_capabilities(plus, &answer, now),
            Stage::Ciphers { index, records } => self.told_ciphers(index, records, &answer, now),
            _ => {}
        }
    }

    fn told_capabilities(&mut self, plus: bool, answer: &Response, now: Instant) {
        if answer.code != 0 && plus {
            return self.ask_capabilities(false, now);
        }
        if answer.code == 0
            && let [_channel, kinds, _status, versions, ..] = answer.data.as_slice()
            && plus
            && (kinds & 0x80 == 0 || versions & 0x02 == 0)
        {
            return self.fail(IpmiError::Old);
        }
        if self.suites.len() > 1 {
            self.ask_ciphers(0, Vec::new(), now);
        } else {
            self.open(now);
        }
    }

    fn told_ciphers(&mut self, index: u8, mut records: Vec<u8>, answer: &Response, now: Instant) {
        let part = answer.data.get(1..).filter(|_| answer.code == 0).unwrap_or_default();
        records.extend(part);
        if part.len() >= PART && index < 0x3f {
            return self.ask_ciphers(index + 1, records, now);
        }
        self.choose(&records, now);
    }

    /// Keeps those of our suites that the BMC lists; a list that has none of them is not believed,
    /// for some BMCs list nothing.
    fn choose(&mut self, records: &[u8], now: Instant) {
        let listed = listed(records);
        let kept: Vec<Suite> =
            self.suites.iter().copied().filter(|one| listed.contains(&one.number())).collect();
        if !kept.is_empty() {
            self.suites = kept;
        }
        self.open(now);
    }

    /// Open Session Request (§13.17), by the first suite that may do.
    pub(super) fn open(&mut self, now: Instant) {
        let console = self.seed.number();
        self.tag = self.tag.wrapping_add(1);
        let request = OpenRequest {
            tag: self.tag,
            privilege: self.privilege.code(),
            console,
            algorithms: self.suite().algorithms(),
        };
        self.stage = Stage::Opening { console };
        let patience = self.options.patience;
        // A BMC may be silent about a suite that it does not have; then there is another to try.
        let within = if self.suites.len() > 1 { patience.reach } else { patience.answer };
        self.begin_setup(
            Payload::OpenRequest,
            &request.bytes(),
            "Open Session Request",
            within,
            now,
        );
    }

    fn begin_setup(
        &mut self,
        payload: Payload,
        bytes: &[u8],
        what: &'static str,
        within: Duration,
        now: Instant,
    ) {
        self.begin(Body::Datagram(packet::unprotected(payload, bytes)), what, now, within);
    }

    /// Takes a packet that is outside of a session.
    pub(super) fn handle_setup(&mut self, plus: &Plus<'_>, now: Instant) {
        match plus.payload {
            // Some BMCs answer what was asked as IPMI 1.5 has it in packets of 2.0.
            Payload::Message => self.handle_plain(plus.bytes, now),
            Payload::OpenResponse => {
                if let Some(answer) = OpenResponse::read(plus.bytes) {
                    self.opened(&answer, now);
                }
            }
            Payload::Rakp2 => {
                if let Some(answer) = Rakp2::read(plus.bytes) {
                    self.named(&answer, now);
                }
            }
            Payload::Rakp4 => {
                if let Some(answer) = Rakp4::read(plus.bytes) {
                    self.proved(&answer, now);
                }
            }
            _ => {}
        }
    }

    fn opened(&mut self, answer: &OpenResponse, now: Instant) {
        if let Stage::Unwanted { console } = self.stage {
            if answer.console == console || answer.status != Status::DONE {
                if answer.bmc != 0 {
                    let datagram = self.never_mind(answer.bmc, Status::PARAMETER);
                    self.out.push_back(datagram);
                }
                self.pending = None;
                self.stage = Stage::Over;
                self.events.push_back(Event::Closed);
            }
            return;
        }
        let Stage::Opening { console } = self.stage else {
            // The answer to a request that was sent again: the BMC made two sessions of it, and
            // one is not needed.
            let ours = match &self.stage {
                Stage::Naming { exchange } | Stage::Proving { exchange, .. } => {
                    (exchange.console, exchange.bmc)
                }
                Stage::Raising { link } | Stage::Open { link, .. } => (link.ours, link.theirs),
                _ => return,
            };
            if answer.status == Status::DONE && answer.console == ours.0 && answer.bmc != ours.1 {
                let datagram = self.never_mind(answer.bmc, Status::PARAMETER);
                self.out.push_back(datagram);
            }
            return;
        };
        if answer.tag != self.tag {
            return;
        }
        let suite = self.suite();
        if answer.status == Status::DONE {
            if answer.algorithms.is_some() && answer.console != console {
                return;
            }
            if answer.algorithms == Some(suite.algorithms()) {
                return self.name(console, answer.bmc, now);
            }
            // Cut short, or another suite than was asked for: that session is of no use.
            if answer.bmc != 0 {
                let datagram = self.never_mind(answer.bmc, Status::NO_SUITE);
                self.out.push_back(datagram);
            }
            return self.next_suite(now);
        }
        if answer.status.is_of_suite() {
            return self.next_suite(now);
        }
        self.refused(answer.status, now);
    }

    /// Tries the next suite. No password has been asked for yet, so it costs no attempt.
    fn next_suite(&mut self, now: Instant) {
        if self.suites.len() > 1 {
            self.suites.remove(0);
            return self.open(now);
        }
        self.stage = Stage::Over;
        self.fail(IpmiError::CipherRefused { tried: self.options.suites.clone() });
    }

    /// RAKP 1 (§13.20).
    fn name(&mut self, console: u32, bmc: u32, now: Instant) {
        self.tag = self.tag.wrapping_add(1);
        let exchange = Exchange {
            suite: self.suite(),
            console,
            bmc,
            console_random: self.seed.draw(),
            bmc_random: [0; 16],
            guid: [0; 16],
            role: self.privilege.code() | NAME_ONLY,
            user: self.login.user.clone(),
        };
        let message = Rakp1 {
            tag: self.tag,
            bmc,
            random: exchange.console_random,
            role: exchange.role,
            user: exchange.user.clone(),
        };
        self.stage = Stage::Naming { exchange };
        self.begin_setup(
            Payload::Rakp1,
            &message.bytes(),
            "RAKP message 1",
            self.options.patience.answer,
            now,
        );
    }

    fn named(&mut self, answer: &Rakp2, now: Instant) {
        let (exchange, first) = match &self.stage {
            Stage::Naming { exchange } => (exchange, true),
            // RAKP 1 was sent again, and the BMC has begun anew with another number.
            Stage::Proving { exchange, .. } if answer.random != exchange.bmc_random => {
                (exchange, false)
            }
            _ => return,
        };
        if answer.status != Status::DONE {
            if first && answer.tag == self.tag {
                self.stage = Stage::Over;
                self.refused(answer.status, now);
            }
            return;
        }
        if answer.console != exchange.console || first && answer.tag != self.tag {
            return;
        }
        let mut exchange = exchange.clone();
        exchange.bmc_random = answer.random;
        exchange.guid = answer.guid;
        if exchange.is_rakp2(&self.login.password, &answer.code) {
            return self.prove(exchange, now);
        }
        if !first {
            return;
        }
        let cut = self.login.password.get(..16).filter(|cut| cut.len() < self.login.password.len());
        let error = match cut {
            Some(cut) if exchange.is_rakp2(cut, &answer.code) => IpmiError::PasswordCut,
            _ => IpmiError::PasswordWrong,
        };
        // RAKP 3 with the status of a wrong check ends what the BMC holds, and proves nothing.
        let datagram = self.never_mind(exchange.bmc, Status::CHECK);
        self.out.push_back(datagram);
        self.stage = Stage::Over;
        self.fail(error);
    }

    /// RAKP 3 (§13.22).
    fn prove(&mut self, exchange: Exchange, now: Instant) {
        self.tag = self.tag.wrapping_add(1);
        let code = exchange.rakp3(&self.login.password);
        let message = Rakp3 { tag: self.tag, status: Status::DONE, bmc: exchange.bmc, code };
        let keys = exchange.keys(self.login.session_key());
        let link = Link::new(keys, exchange.console, exchange.bmc);
        self.stage = Stage::Proving { exchange, link };
        self.begin_setup(
            Payload::Rakp3,
            &message.bytes(),
            "RAKP message 3",
            self.options.patience.answer,
            now,
        );
    }

    fn proved(&mut self, answer: &Rakp4, now: Instant) {
        let Stage::Proving { exchange, link } = &self.stage else {
            return;
        };
        if answer.tag != self.tag
            || answer.status == Status::DONE && answer.console != exchange.console
        {
            return;
        }
        let right = exchange.is_rakp4(link.keys(), &answer.code);
        let Stage::Proving { link, .. } = std::mem::replace(&mut self.stage, Stage::Over) else {
            return;
        };
        match answer.status {
            Status::DONE if right => self.raise(link, now),
            Status::DONE => self.fail(IpmiError::KgWrong),
            status => self.refused(status, now),
        }
    }

    /// Takes a step's status that is neither done nor about the suite.
    fn refused(&mut self, status: Status, now: Instant) {
        if status.is_full() {
            return self.wait_for_room(now);
        }
        if status.is_of_role() {
            return match self.privilege.lower() {
                Some(lower) => {
                    self.privilege = lower;
                    self.open(now);
                }
                None => self.fail(IpmiError::PrivilegeRefused { asked: self.login.privilege }),
            };
        }
        match status {
            Status::NAME | Status::NAME_LENGTH => self.fail(IpmiError::UserUnknown),
            // The BMC has lost the session, or mixed up two of its own answers: RAKP 2 has shown
            // that it has our password. Once more, from the start.
            Status::NO_SESSION | Status::INACTIVE | Status::CHECK if !self.reopened => {
                self.reopened = true;
                self.open(now);
            }
            Status::CHECK => self.fail(IpmiError::Integrity),
            Status(status) => self.fail(IpmiError::Setup { status }),
        }
    }

    fn wait_for_room(&mut self, now: Instant) {
        let (since, wait) = self.full.unwrap_or((now, FULL));
        let until = now + wait;
        if until > since + self.options.patience.full {
            return self.fail(IpmiError::SessionsFull);
        }
        self.full = Some((since, (wait * 2).min(FULL_LONGEST)));
        self.pending = None;
        self.stage = Stage::Full { until };
    }

    /// Set Session Privilege Level (§22.18); a session begins as a user's.
    fn raise(&mut self, link: Link, now: Instant) {
        self.stage = Stage::Raising { link };
        if self.privilege <= Privilege::User {
            return self.ready(now);
        }
        let data = vec![self.privilege.code()];
        let request = Request { netfn: APP, lun: 0, command: 0x3b, data };
        let within = self.options.patience.answer;
        self.begin_message(request, "Set Session Privilege Level", now, within);
    }

    pub(super) fn raised(&mut self, answer: &Response, now: Instant) {
        if answer.code == 0 {
            return self.ready(now);
        }
        match (answer.code, self.privilege.lower()) {
            // Not for this user, above the channel's limit, or not in these words.
            (0x80..=0x82 | 0xcc | 0xd4, Some(lower)) => {
                self.privilege = lower;
                if let Stage::Raising { link } = std::mem::replace(&mut self.stage, Stage::Over) {
                    self.raise(link, now);
                }
            }
            (code, _) => {
                self.fail(IpmiError::Refused { what: "Set Session Privilege Level", code });
            }
        }
    }

    fn ready(&mut self, now: Instant) {
        if let Stage::Raising { link } = std::mem::replace(&mut self.stage, Stage::Over) {
            self.pending = None;
            self.stage = Stage::Open { link, used: now };
            self.events.push_back(Event::Opened);
        }
    }

    /// Goes on, or ends, when a step of setting up was not answered.
    pub(super) fn setup_timed_out(&mut self, error: IpmiError, now: Instant) {
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Capabilities { .. } => {
                let within = self.options.patience.reach;
                self.fail(IpmiError::NoAnswer { within });
            }
            Stage::Ciphers { records, .. } => self.choose(&records, now),
            Stage::Opening { .. } if self.suites.len() > 1 => self.next_suite(now),
            stage @ (Stage::Naming { .. } | Stage::Proving { .. }) => {
                self.stage = stage;
                self.fail(IpmiError::LoginSilent { within: self.options.patience.answer });
            }
            stage => {
                self.stage = stage;
                self.fail(error);
            }
        }
    }
}

/// Reads the numbers of suites out of their records (§22.15.1): `0xc0` and a number, or `0xc1`, a
/// number and a maker; then the algorithms, whose bytes have other tags.
pub(super) fn listed(mut records: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    while let Some((tag, rest)) = records.split_first() {
        records = rest;
        if tag & 0xfe == 0xc0
            && let Some((number, rest)) = records.split_first()
        {
            records = if *tag == 0xc1 { rest.get(3..).unwrap_or_default() } else { rest };
            // A vendor's own suite is none of ours, whatever its number.
            if *tag == 0xc0 {
                numbers.push(*number);
            }
        }
    }
    numbers
}
