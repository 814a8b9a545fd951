//! When which port sends a probe, what a probe that came in means, and what is done about it.
//!
//! Told things and asked things; whoever owns the sockets does the [`Deed`]s. Times are since
//! some moment of the caller's.
//!
//! Only a probe that is signed, recent, and of a port that is there now means anything; the
//! signature is looked at last, and seldom enough that a flood of forged ones costs little. Of
//! two ports that a loop joins, the one whose name sorts last is closed, whoever notices: of
//! ports of two nodes, that of the node whose name does.

use std::collections::BTreeMap;
use std::time::Duration;

use super::finding::{Counts, Deed, Finding, Kind, News, What};
use super::frame::{self, Heard, Key, Probe};
use crate::address::Device;
use crate::desired::Desired;
use crate::desired::loops::{Action, LoopDetection};

/// Most probes that a node sends in a second; with more ports than that allows, each waits longer.
pub const MOST_A_SECOND: u32 = 1000;
/// Most signatures that are looked at for one port in a second.
const CHECKS: u32 = 16;
/// Most probes that are sent at one time.
const BURST: usize = 100;
/// How far clocks of two nodes may differ, in milliseconds, before probes are taken for old.
const WINDOW_MS: u64 = 30_000;
/// How often the time that a port stays closed is doubled at most.
const STRIKES: u32 = 4;
/// A loop that is back within so many times that time is the same one again.
const SOON: u32 = 4;
/// Rounds without a sign of a loop before it is taken for gone, at the least.
const ROUNDS: u32 = 3;
/// Most senders of other nodes that are remembered.
const STRANGERS: usize = 4096;

/// What is known of loops.
#[derive(Debug)]
pub struct Detector {
    run: [u8; 8],
    own: Key,
    shared: Option<Key>,
    node: String,
    settings: Option<LoopDetection>,
    ports: BTreeMap<String, Port>,
    order: Vec<String>,
    next: usize,
    due: Duration,
    number: u64,
    /// Last probe of (node, port) at a port of ours: its run and number.
    strangers: BTreeMap<(String, String, String), ([u8; 8], u64)>,
    /// Counted since the start.
    pub counts: Counts,
}

#[derive(Debug)]
struct Port {
    vni: u32,
    device: Device,
    /// The last two probes and when they were sent, the later one first.
    sent: [Option<(u64, Duration)>; 2],
    /// The last probe of ours that came in here.
    heard: u64,
    /// Signatures that were looked at since.
    checks: (Duration, u32),
    state: State,
}

#[derive(Debug)]
enum State {
    /// No loop; since when one is gone, and how often it was back.
    Calm(Option<Duration>, u32),
    /// One; when it was last heard of.
    Looped(Finding, Duration),
}

impl Detector {
    /// Begins, with numbers by chance: of the process, and a key that nobody else has.
    pub fn new(run: [u8; 8], own: Key) -> Self {
        Self {
            run,
            own,
            shared: None,
            node: String::new(),
            settings: None,
            ports: BTreeMap::new(),
            order: Vec::new(),
            next: 0,
            due: Duration::ZERO,
            number: 0,
            strangers: BTreeMap::new(),
            counts: Counts::default(),
        }
    }

    /// Takes in what is desired now, and the key that nodes share; what is known of ports that
    /// stay where they are stays.
    pub fn take(&mut self, desired: &Desired, shared: Option<Key>, now: Duration) -> Vec<Deed> {
        frame::short(&desired.node.name).clone_into(&mut self.node);
        self.settings.clone_from(&desired.node.loops);
        self.shared = shared;
        let mut before = std::mem::take(&mut self.ports);
        let mut deeds = Vec::new();
        let blocks = self.settings.as_ref().is_some_and(|it| it.action == Action::Block);
        for (id, port) in &desired.ports {
            let Some(network) = desired.networks.get(&port.network) else { continue };
            let (vni, device) = (network.vni, port.device.clone());
            let there = before.remove(id).filter(|port| port.vni == vni && port.device == device);
            let mut there = there.unwrap_or(Port {
                vni,
                device,
                sent: [None; 2],
                heard: 0,
                checks: (now, 0),
                state: State::Calm(None, 0),
            });
            if let State::Looped(finding, _last) = &there.state
                && finding.blocked
                && !blocks
            {
                deeds.push(Deed::Open(id.clone(), there.device.clone()));
                there.state = State::Calm(None, 0);
            }
            if self.settings.is_some() {
                self.ports.insert(id.clone(), there);
            }
        }
        self.order = self.ports.keys().cloned().collect();
        self.next = 0;
        self.due = self.due.max(now).min(now + self.round());
        deeds
    }

    /// Takes in that a port was found closed by a process before this one.
    pub fn adopt(&mut self, port: &str, now: Duration, now_ms: u64) -> Option<News> {
        let mut finding = Finding {
            kind: Kind::Before,
            since_ms: now_ms,
            blocked: true,
            until_ms: now_ms,
            strikes: 0,
        };
        finding.until_ms = now_ms.saturating_add(milliseconds(self.hold(0)));
        let there = self.ports.get_mut(port)?;
        if matches!(there.state, State::Looped(..)) {
            return None;
        }
        there.state = State::Looped(finding.clone(), now);
        Some(News { what: What::Found, port: port.to_owned(), finding })
    }

    /// Has a port opened that somebody asks for; nothing where it is not closed. Where its loop
    /// is still there the next probe closes it again.
    pub fn lift(&mut self, port: &str, now: Duration) -> Vec<Deed> {
        let Some(there) = self.ports.get_mut(port) else { return Vec::new() };
        let State::Looped(finding, _last) = &there.state else { return Vec::new() };
        let finding = finding.clone();
        if !finding.blocked {
            return Vec::new();
        }
        there.state = State::Calm(Some(now), finding.strikes);
        vec![
            Deed::Open(port.to_owned(), there.device.clone()),
            Deed::Tell(News { what: What::Lifted, port: port.to_owned(), finding }),
        ]
    }

    /// Returns the loops there are, by port.
    pub fn findings(&self) -> impl Iterator<Item = (&str, &Finding)> {
        self.ports.iter().filter_map(|(id, port)| match &port.state {
            State::Looped(finding, _last) => Some((id.as_str(), finding)),
            State::Calm(..) => None,
        })
    }

    /// Returns the ports that are looked after, with their devices.
    pub fn ports(&self) -> impl Iterator<Item = (&str, &Device)> {
        self.ports.iter().map(|(id, port)| (id.as_str(), &port.device))
    }

    /// Returns the ports that are to be closed, with their devices.
    pub fn closed(&self) -> Vec<(String, Device)> {
        let closed = |(id, port): (&String, &Port)| match &port.state {
            State::Looped(finding, _last) if finding.blocked => {
                Some((id.clone(), port.device.clone()))
            }
            _ => None,
        };
        self.ports.iter().filter_map(closed).collect()
    }

    /// Returns how long it takes until every port has sent a probe.
    pub fn round(&self) -> Duration {
        let interval = self.settings.as_ref().map_or(1, |settings| settings.interval);
        let ports = u32::try_from(self.ports.len()).unwrap_or(u32::MAX);
        Duration::from_secs(interval.into()).max(Duration::from_secs(1) * ports / MOST_A_SECOND)
    }

    /// Returns how long nothing of a loop has to be heard until it is taken for gone.
    fn hold(&self, strikes: u32) -> Duration {
        let recovery = self.settings.as_ref().map_or(0, |settings| settings.recovery);
        let first = Duration::from_secs(recovery.into()).max(self.round() * ROUNDS);
        first * (1 << strikes.min(STRIKES))
    }

    /// Returns when [`tick`](Self::tick) next has something to do.
    pub fn deadline(&self) -> Option<Duration> {
        (!self.ports.is_empty()).then_some(self.due)
    }

    /// Sends what is due, and takes loops for gone of which nothing was heard for long enough.
    pub fn tick(&mut self, now: Duration, now_ms: u64) -> Vec<Deed> {
        let mut deeds = Vec::new();
        let ended: Vec<String> = self
            .ports
            .iter()
            .filter_map(|(id, port)| match &port.state {
                State::Looped(finding, last)
                    if now.saturating_sub(*last) >= self.hold(finding.strikes) =>
                {
                    Some(id.clone())
                }
                _ => None,
            })
            .collect();
        for id in ended {
            let Some(port) = self.ports.get_mut(&id) else { continue };
            let State::Looped(finding, _last) = &port.state else { continue };
            let finding = finding.clone();
            port.state = State::Calm(Some(now), finding.strikes);
            if finding.blocked {
                deeds.push(Deed::Open(id.clone(), port.device.clone()));
            }
            deeds.push(Deed::Tell(News { what: What::Gone, port: id, finding }));
        }
        let count = u32::try_from(self.order.len()).unwrap_or(u32::MAX);
        if count == 0 {
            return deeds;
        }
        let pause = self.round() / count;
        for _ in 0..BURST.min(self.order.len()) {
            if self.due > now {
                break;
            }
            deeds.extend(self.probe(now, now_ms));
            self.due += pause;
        }
        // What was missed, where this process was kept from running, is not made up for.
        self.due = self.due.max(now);
        deeds
    }

    fn probe(&mut self, now: Duration, now_ms: u64) -> Option<Deed> {
        let id = self.order.get(self.next)?;
        self.next = if self.next + 1 < self.order.len() { self.next + 1 } else { 0 };
        let port = self.ports.get_mut(id)?;
        self.number += 1;
        self.counts.sent += 1;
        port.sent = [Some((self.number, now)), port.sent[0]];
        let probe = Probe {
            run: self.run,
            vni: port.vni,
            number: self.number,
            sent_ms: now_ms,
            node: &self.node,
            port: id,
        };
        let key = self.shared.as_ref().unwrap_or(&self.own);
        Some(Deed::Send(id.clone(), port.device.clone(), frame::encode(&probe, key)))
    }

    /// Takes in a frame that came in by a port.
    pub fn heard(&mut self, port: &str, bytes: &[u8], now: Duration, now_ms: u64) -> Vec<Deed> {
        let Some(heard) = frame::decode(bytes) else { return Vec::new() };
        let found = if heard.probe.run == self.run {
            self.own(port, &heard, now)
        } else {
            self.strange(port, &heard, now, now_ms)
        };
        match found {
            Heeded::Found(at, kind, closes) => {
                self.counts.loops += 1;
                self.find(&at, kind, closes, now, now_ms)
            }
            Heeded::Again => Vec::new(),
            Heeded::Refused => {
                self.counts.refused += 1;
                Vec::new()
            }
        }
    }

    /// A probe of this process.
    fn own(&mut self, at: &str, heard: &Heard<'_>, now: Duration) -> Heeded {
        let probe = &heard.probe;
        let late = self.round() * 2;
        let recent = self.ports.get(probe.port).is_some_and(|sender| {
            let sent = sender.sent.iter().flatten();
            let mut of_number = sent.filter(|(number, _at)| *number == probe.number);
            sender.vni == probe.vni
                && of_number.any(|(_number, sent)| now.saturating_sub(*sent) <= late)
        });
        let key = self.shared.as_ref().unwrap_or(&self.own);
        let Some(there) = self.ports.get_mut(at) else { return Heeded::Refused };
        if !recent || there.vni != probe.vni || probe.node != self.node {
            return Heeded::Refused;
        }
        if there.heard == probe.number {
            return Heeded::Again;
        }
        if !there.may_check(now) || !heard.is_by(key) {
            return Heeded::Refused;
        }
        there.heard = probe.number;
        if probe.port == at {
            return Heeded::Found(at.to_owned(), Kind::Own, true);
        }
        let (first, last) = if probe.port < at { (probe.port, at) } else { (at, probe.port) };
        Heeded::Found(last.to_owned(), Kind::Port(first.to_owned()), true)
    }

    /// A probe of another process.
    fn strange(&mut self, at: &str, heard: &Heard<'_>, now: Duration, now_ms: u64) -> Heeded {
        let probe = &heard.probe;
        let Some(there) = self.ports.get_mut(at) else { return Heeded::Refused };
        // One of this node's name is of a process before, or of `assay net loops`.
        let Some(key) = self.shared.as_ref().filter(|_key| probe.node != self.node) else {
            return Heeded::Refused;
        };
        let recent = probe.sent_ms.abs_diff(now_ms) <= WINDOW_MS;
        if there.vni != probe.vni || !recent {
            return Heeded::Refused;
        }
        let name = (probe.node.to_owned(), probe.port.to_owned(), at.to_owned());
        if let Some((run, number)) = self.strangers.get(&name)
            && *run == probe.run
            && *number >= probe.number
        {
            return Heeded::Again;
        }
        if !there.may_check(now) || !heard.is_by(key) {
            return Heeded::Refused;
        }
        if self.strangers.len() >= STRANGERS {
            self.strangers.clear();
        }
        self.strangers.insert(name, (probe.run, probe.number));
        let closes = (self.node.as_str(), at) > (probe.node, probe.port);
        let kind = Kind::Node(probe.node.to_owned(), probe.port.to_owned());
        Heeded::Found(at.to_owned(), kind, closes)
    }

    /// Takes in that a port is part of a loop; `closes`: that it is the one to close.
    fn find(
        &mut self,
        id: &str,
        kind: Kind,
        closes: bool,
        now: Duration,
        now_ms: u64,
    ) -> Vec<Deed> {
        let blocks = self.settings.as_ref().is_some_and(|it| it.action == Action::Block) && closes;
        let strikes = match self.ports.get(id).map(|port| &port.state) {
            None => return Vec::new(),
            Some(State::Looped(finding, _last)) => finding.strikes,
            Some(State::Calm(Some(since), strikes))
                if now.saturating_sub(*since) < self.hold(*strikes) * SOON =>
            {
                (strikes + 1).min(STRIKES)
            }
            Some(State::Calm(..)) => 0,
        };
        let until_ms = now_ms.saturating_add(milliseconds(self.hold(strikes)));
        let Some(port) = self.ports.get_mut(id) else { return Vec::new() };
        let device = port.device.clone();
        if let State::Looped(finding, last) = &mut port.state {
            (*last, finding.until_ms) = (now, until_ms);
            if finding.kind == Kind::Before {
                finding.kind = kind;
                return Vec::new();
            }
            if finding.blocked || !blocks {
                return Vec::new();
            }
            (finding.kind, finding.blocked) = (kind, true);
            let news = News { what: What::Found, port: id.to_owned(), finding: finding.clone() };
            return vec![Deed::Close(id.to_owned(), device), Deed::Tell(news)];
        }
        let finding = Finding { kind, since_ms: now_ms, blocked: blocks, until_ms, strikes };
        port.state = State::Looped(finding.clone(), now);
        let mut deeds = Vec::new();
        if blocks {
            deeds.push(Deed::Close(id.to_owned(), device));
        }
        deeds.push(Deed::Tell(News { what: What::Found, port: id.to_owned(), finding }));
        deeds
    }
}

/// What a probe that came in means.
enum Heeded {
    /// A loop at a port; whether that is the one to close.
    Found(String, Kind, bool),
    /// What was heard already.
    Again,
    /// Nothing.
    Refused,
}

impl Port {
    /// Whether one more signature may be looked at.
    fn may_check(&mut self, now: Duration) -> bool {
        if now.saturating_sub(self.checks.0) >= Duration::from_secs(1) {
            self.checks = (now, 0);
        }
        self.checks.1 += 1;
        self.checks.1 <= CHECKS
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
