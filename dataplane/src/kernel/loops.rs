#![expect(clippy::disallowed_methods, reason = "keeps the time of probes")]
//! The edge of loop detection: probes out and in by one packet socket of the namespace, and the
//! state of a port of a bridge.
//!
//! A loop is broken by the state `disabled` of the bridge's port (`IFLA_BRPORT_STATE`): nothing
//! goes in or out there, ARP and tagged frames included, while packet sockets go on. (The state
//! `blocking` is undone at once where STP is off, 6.18.) No plan looks at that state, so repair
//! leaves it alone. The kernel sets it to forwarding whenever it looks at the device's carrier,
//! so it is looked at again and again. It outlives this process: the next one finds it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::attribute::{Body, attributes, u32_of};
use super::links::decode::live_port_state;
use super::links::encode::without_figures;
use super::links::numbers::{AF_BRIDGE, BR_DISABLED, RTM_GETLINK, RTM_SETLINK, bridge_port, link};
use super::socket::{Request, Socket};
use super::wire::Hub;
use crate::address::Device;
use crate::desired::Desired;
use crate::loops::{Deed, Detector, Key, News, frame};
use crate::naming;

/// `BR_STATE_FORWARDING`.
const FORWARDING: u8 = 3;
const DISABLED: u8 = BR_DISABLED;
/// How often it is looked whether closed ports are closed.
const LOOK: Duration = Duration::from_millis(100);
/// How long nothing is done at most.
const TURN: Duration = Duration::from_millis(100);
/// Sends that are due within so long of each other go out together.
const TOGETHER: Duration = Duration::from_millis(50);
/// Most frames that are read in one turn; more are left to the socket, which drops what it has
/// no room for.
const MOST: usize = 256;
/// What a turn takes at least where there were more than a few: a storm of probes outside costs
/// little here.
const FEW: usize = 8;
const PAUSE: Duration = Duration::from_millis(10);

/// Sends, hears and closes, in one namespace.
#[derive(Debug)]
pub struct Guard {
    detector: Detector,
    hub: Hub,
    route: Socket,
    /// Ports by the number of their device.
    numbers: BTreeMap<u32, String>,
    /// The bridge of each port.
    bridges: BTreeMap<String, Device>,
    looks_only: bool,
    began: Instant,
    looked: Duration,
}

impl Guard {
    /// Opens it in the namespace that this thread is in.
    pub fn open() -> io::Result<Self> {
        let mut chance = [0; 40];
        io::Read::read_exact(&mut std::fs::File::open("/dev/urandom")?, &mut chance)?;
        let (run, key) = chance.split_first_chunk::<8>().ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok(Self {
            detector: Detector::new(*run, Key::of(key)),
            hub: Hub::open_for(frame::ETHER_TYPE, u32::from_be_bytes(frame::MAGIC))?,
            route: Socket::open(None)?,
            numbers: BTreeMap::new(),
            bridges: BTreeMap::new(),
            looks_only: false,
            began: Instant::now(),
            looked: Duration::ZERO,
        })
    }

    /// Has it leave the state of ports alone, whatever it finds.
    pub fn look_only(&mut self) {
        self.looks_only = true;
    }

    /// Returns how many ports a probe went out by.
    pub fn ports_sent(&self) -> usize {
        self.numbers.len()
    }

    /// Returns what is known.
    pub fn detector(&self) -> &Detector {
        &self.detector
    }

    /// Takes in what is desired now; ports that were closed before are taken over where they may
    /// be closed, and opened where they may not.
    pub fn take(&mut self, desired: &Desired, shared: Option<Key>) -> Vec<News> {
        let (now, now_ms) = self.now();
        self.bridges.clear();
        let bridges =
            desired.ports.iter().map(|(id, it)| (id.clone(), naming::bridge(&it.network)));
        self.bridges.extend(bridges);
        let mut known = BTreeSet::new();
        known.extend(self.detector.ports().map(|(id, _device)| id.to_owned()));
        let deeds = self.detector.take(desired, shared, now);
        let mut news = self.perform(deeds);
        self.numbers.retain(|_number, port| desired.ports.contains_key(port));
        let blocks = desired.node.loops.as_ref().is_some_and(|it| it.action.name() == "block");
        for (id, port) in &desired.ports {
            if known.contains(id) || self.state(id, &port.device) != Some(DISABLED) {
                continue;
            }
            if blocks {
                news.extend(self.detector.adopt(id, now, now_ms));
            } else {
                self.set(id, &port.device, FORWARDING);
            }
        }
        news
    }

    /// Has a port opened that somebody asks for.
    pub fn lift(&mut self, port: &str) -> Vec<News> {
        let (now, _now_ms) = self.now();
        let deeds = self.detector.lift(port, now);
        self.perform(deeds)
    }

    /// Does what is due, and listens for a moment.
    pub fn turn(&mut self) -> io::Result<Vec<News>> {
        let (now, now_ms) = self.now();
        let deeds = self.detector.tick(now, now_ms);
        let mut news = self.perform(deeds);
        if now.saturating_sub(self.looked) >= LOOK {
            self.looked = now;
            for (id, device) in self.detector.closed() {
                if self.state(&id, &device).is_some_and(|state| state != DISABLED) {
                    self.set(&id, &device, DISABLED);
                }
            }
        }
        let wait = self
            .detector
            .deadline()
            .map_or(TURN, |due| due.saturating_sub(now).clamp(TOGETHER, TURN));
        let mut heard = Vec::new();
        let count = self.hub.hear_some(wait, MOST, &mut |number, frame| {
            heard.push((number, frame.to_vec()));
        })?;
        for (number, frame) in heard {
            let Some(port) = self.numbers.get(&number).cloned() else { continue };
            let (now, now_ms) = self.now();
            let deeds = self.detector.heard(&port, &frame, now, now_ms);
            news.extend(self.perform(deeds));
        }
        if count > FEW {
            std::thread::sleep(PAUSE);
        }
        Ok(news)
    }

    fn now(&self) -> (Duration, u64) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        (self.began.elapsed(), u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
    }

    fn perform(&mut self, deeds: Vec<Deed>) -> Vec<News> {
        let mut news = Vec::new();
        for deed in deeds {
            match deed {
                Deed::Send(port, device, frame) => self.send(&port, &device, &frame),
                Deed::Close(port, device) => self.set(&port, &device, DISABLED),
                Deed::Open(port, device) => self.set(&port, &device, FORWARDING),
                Deed::Tell(told) => news.push(told),
            }
        }
        news
    }

    /// What is not there, or is down, has no loop; what is no port of its bridge, as where
    /// something of others' is in the way, is not ours to send by.
    fn send(&mut self, port: &str, device: &Device, frame: &[u8]) {
        let Some((number, _state)) = self.port(port, device) else { return };
        if self.numbers.get(&number).is_none_or(|known| known != port) {
            self.numbers.insert(number, port.to_owned());
        }
        // A full queue is the guest's; the next probe comes soon.
        drop(self.hub.send(number, frame));
    }

    fn state(&mut self, port: &str, device: &Device) -> Option<u8> {
        self.port(port, device).map(|(_number, state)| state)
    }

    /// Returns the number of a port's device and its state, where it is a port of its bridge.
    fn port(&mut self, port: &str, device: &Device) -> Option<(u32, u8)> {
        let bridge = self.hub.number(self.bridges.get(port)?.as_str()).ok()?;
        let mut body = without_figures();
        body.put_text(link::NAME, device.as_str());
        let request = Request { kind: RTM_GETLINK, flags: 0, body: body.0 };
        let mut there = None;
        self.route.inquire(&[request], &mut |body| there = bridge_port_of(body, bridge)).ok()?;
        there
    }

    /// A port that is not there, or is down, forwards nothing; it is looked at again.
    fn set(&mut self, port: &str, device: &Device, state: u8) {
        if self.looks_only {
            return;
        }
        let Some((number, _state)) = self.port(port, device) else { return };
        let mut body = Body(vec![AF_BRIDGE, 0, 0, 0]);
        for part in [number, 0, 0] {
            body.0.extend(part.to_ne_bytes());
        }
        // By `RTM_NEWLINK` the kernel looks at the carrier behind it, and undoes it.
        body.nest(link::PORT, &mut |data| data.put_u8(bridge_port::STATE, state));
        let request = Request { kind: RTM_SETLINK, flags: 0, body: body.0 };
        drop(self.route.ask(&[request]));
    }
}

/// Returns the number and the state of a port of a bridge that has carrier, from an
/// `RTM_NEWLINK`; without, the kernel has it disabled.
fn bridge_port_of(body: &[u8], bridge: u32) -> Option<(u32, u8)> {
    let state = live_port_state(body)?;
    let (header, rest) = body.split_at_checked(16)?;
    let (_kind, master) = attributes(rest).find(|(kind, _value)| *kind == link::MASTER)?;
    (u32_of(master) == Some(bridge)).then_some(())?;
    Some((u32_of(header.get(4..8)?)?, state))
}
