//! Two hosts with the dataplane on them, and cases run between their guests.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hw_tests::network::frame::Mac;
use hw_tests::network::node::Node;
use hw_tests::network::wire::Wire;
use hw_tests::network::{Bed, BedError, Space, layout, within};

use super::cases::{Case, Change, Family, Frame, Seat, Step};
use super::packet::{Making, Token, on_underlay};
use super::world::{self, Host, STATIONS, state};

/// How long is waited for what has to come.
const SOON: Duration = Duration::from_secs(5);
/// How long is listened at the end for what should not have come.
const LATE: Duration = Duration::from_millis(300);
/// What every token begins with; six hexadecimal digits follow.
const MARK: &[u8; 2] = b"aS";

/// Hosts, guests, and what was sent so far.
pub(crate) struct Site {
    pub(crate) hosts: [Space; 2],
    nodes: [Node; 2],
    guests: BTreeMap<Seat, Space>,
    wires: BTreeMap<Seat, Wire>,
    underlay: [(Wire, Mac); 2],
    norm: bool,
    /// Family of the underlay.
    under: Family,
    change: Change,
    sent: Vec<Sent>,
    /// What was seen where it should not be.
    leaks: BTreeSet<String>,
    bed: Bed,
}

/// A packet on its way.
struct Sent {
    /// Case and packet.
    what: String,
    /// Who may see it.
    may: BTreeSet<Seat>,
}

impl Site {
    pub(crate) fn new(norm: bool, under: Family) -> Result<Self, BedError> {
        let mut bed = Bed::new()?;
        let hosts = layout::hosts(&mut bed)?;
        for (host, last) in hosts.iter().zip(1..) {
            let six = world::vtep(Family::V6, last);
            host.line(&format!("ip address add {six}/64 dev u0 nodad"))?;
        }
        let [a, b] = &hosts;
        let nodes = [Node::open(a)?, Node::open(b)?];
        let underlay = [card(a)?, card(b)?];
        let (guests, wires) = (BTreeMap::new(), BTreeMap::new());
        let (sent, leaks, change) = (Vec::new(), BTreeSet::new(), Change::Nothing);
        let mut site =
            Self { hosts, nodes, guests, wires, underlay, norm, under, change, sent, leaks, bed };
        site.apply()?;
        for station in STATIONS {
            let seat = station.seat;
            let space = site.bed.space(&seat.device())?;
            let host = site.host(station.host);
            let (name, peer) = (space.name(), seat.peer());
            host.line(&format!("ip link set {peer} netns {name} name eth0"))?;
            space.line("ip link set eth0 addrgenmode none up")?;
            site.wires.insert(seat, Wire::open(&space, "eth0")?);
            site.guests.insert(seat, space);
        }
        site.ready()?;
        Ok(site)
    }

    fn host(&self, host: Host) -> &Space {
        let [a, b] = &self.hosts;
        if host == Host::A { a } else { b }
    }

    pub(crate) fn guest(&self, seat: Seat) -> Option<&Space> {
        self.guests.get(&seat)
    }

    pub(crate) fn wire(&self, seat: Seat) -> Option<&Wire> {
        self.wires.get(&seat)
    }

    pub(crate) fn change(&mut self, change: Change) -> Result<(), BedError> {
        if self.change != change {
            self.change = change;
            self.apply()?;
        }
        Ok(())
    }

    fn apply(&mut self) -> Result<(), BedError> {
        let [a, b] = &mut self.nodes;
        for (node, host) in [(a, Host::A), (b, Host::B)] {
            node.apply(&state((self.norm, self.under), host, self.change))?;
        }
        Ok(())
    }

    /// Waits until every guest is heard by another: a port forwards a little after it goes up.
    fn ready(&mut self) -> Result<(), BedError> {
        for station in STATIONS {
            let mate = STATIONS
                .iter()
                .find(|mate| mate.seat != station.seat && mate.network == station.network);
            let Some(mate) = mate else { continue };
            let what = format!("{:?} to reach {:?}", station.seat, mate.seat);
            let mut failed = None;
            within(Duration::from_secs(20), &what, || {
                let (pair, frame) = ((station.seat, mate.seat), Frame::Hello);
                let token = self.note("the beginning".to_owned(), [mate.seat].into());
                let sent = self.send(pair, Family::V6, 0, token, &frame);
                match sent.and_then(|()| self.heard(mate.seat, token, Duration::from_millis(20))) {
                    Ok(heard) => heard,
                    Err(error) => failed.insert(error).to_string().is_empty(),
                }
            })?;
        }
        Ok(())
    }

    fn note(&mut self, what: String, may: BTreeSet<Seat>) -> usize {
        self.sent.push(Sent { what, may });
        self.sent.len() - 1
    }

    fn send(
        &self,
        (from, to): (Seat, Seat),
        family: Family,
        number: u16,
        token: usize,
        frame: &Frame,
    ) -> Result<(), BedError> {
        let making = Making { from, to, family, number, token: bytes(token) };
        let [a, b] = &self.underlay;
        for bytes in making.frames(frame) {
            if let Frame::Tunnel(vtep, _, _) = frame {
                let ((wire, own), (_, theirs)) =
                    if from.host() == Host::A { (a, b) } else { (b, a) };
                let (mine, other) = if from.host() == Host::A { (1, 2) } else { (2, 1) };
                let vtep = if *vtep == 0 { mine } else { *vtep };
                let ends = (world::vtep(self.under, vtep), world::vtep(self.under, other));
                wire.send(&on_underlay((*own, *theirs), ends, &bytes))?;
            } else if let Some(wire) = self.wires.get(&from) {
                wire.send(&bytes)?;
            }
        }
        Ok(())
    }

    /// Listens at a guest until a token comes; notes whatever should not have come there.
    fn heard(&mut self, at: Seat, token: usize, limit: Duration) -> Result<bool, BedError> {
        let Self { wires, sent, leaks, .. } = self;
        let Some(wire) = wires.get(&at) else { return Ok(false) };
        let found = wire.hear(limit, |frame| {
            let Some(found) = number(frame) else { return false };
            if let Some(one) = sent.get(found).filter(|one| !one.may.contains(&at)) {
                leaks.insert(format!("{}, not seen at {at:?}; it was", one.what));
            }
            found == token
        })?;
        Ok(found.is_some())
    }

    /// Hears out all that has come, and goes on listening at each guest for `limit`.
    fn drain(&mut self, limit: Duration) -> Result<(), BedError> {
        let seats: Vec<Seat> = self.wires.keys().copied().collect();
        for seat in seats {
            self.heard(seat, usize::MAX, limit)?;
        }
        Ok(())
    }

    /// Runs a case, the `index`th; returns what went otherwise than expected, one line each.
    pub(crate) fn run(&mut self, case: &Case, index: u16) -> Result<Vec<String>, BedError> {
        let mut failures = Vec::new();
        let mut lost = false;
        for step in case.row.steps {
            match step {
                Step::Change(change) => self.change(*change)?,
                // What comes behind a lost packet says nothing.
                Step::Send { .. } if lost => {}
                Step::Send { from, to, frame, seen } => {
                    let (from, to) = (from.of(case.pair), to.of(case.pair));
                    let arrives = seen.under(self.norm);
                    let what = format!(
                        "{} ({}): {from:?} to {to:?}: sent {frame:?}; expected: {}",
                        name(case),
                        if self.norm { "norm" } else { "openstack" },
                        if arrives { "seen there alone" } else { "seen nowhere" },
                    );
                    let may = if arrives { audience(from, to, frame) } else { BTreeSet::new() };
                    let token = self.note(what.clone(), may);
                    let number = 20_000 + index;
                    match self.send((from, to), case.family, number, token, frame) {
                        // A card that does not take it does not let it through.
                        Err(BedError::Io(error)) if error.raw_os_error() == Some(TOO_LONG) => {
                            if arrives {
                                failures.push(format!("{what}; its card does not take it"));
                            }
                        }
                        sent => sent?,
                    }
                    if arrives && !self.heard(to, token, SOON)? {
                        failures.push(format!("{what}; not seen within {} s", SOON.as_secs()));
                        lost = true;
                    }
                }
            }
        }
        self.drain(Duration::ZERO)?;
        Ok(failures)
    }

    /// Sends a datagram to a port and its answer back; returns whether both arrive.
    pub(crate) fn exchange(
        &mut self,
        (from, to): (Seat, Seat),
        port: u16,
    ) -> Result<bool, BedError> {
        let steps = [((from, to), Frame::Udp(port)), ((to, from), Frame::UdpReply(port))];
        for (ends, frame) in steps {
            let token = self.note("an exchange".to_owned(), [ends.1].into());
            self.send(ends, Family::V4, EXCHANGE, token, &frame)?;
            if !self.heard(ends.1, token, SOON)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Listens a last time; returns what was ever seen where it should not be.
    pub(crate) fn leaks(&mut self) -> Result<BTreeSet<String>, BedError> {
        // The first listens for all, the others have the rest waiting.
        self.drain(LATE / 8)?;
        Ok(self.leaks.clone())
    }
}

/// The port that an exchange is begun from.
pub(crate) const EXCHANGE: u16 = 30_001;

/// `EMSGSIZE`.
const TOO_LONG: i32 = 90;

fn name(case: &Case) -> String {
    let (from, to) = case.pair;
    format!("{}, {from:?} {to:?} {:?}", case.row.what, case.family)
}

/// Who sees a packet that arrives.
fn audience(from: Seat, to: Seat, frame: &Frame) -> BTreeSet<Seat> {
    if !frame.is_for_all() {
        return [to].into();
    }
    let network = from.station().map(|station| station.network);
    let of = STATIONS.iter().filter(|station| Some(station.network) == network);
    of.map(|station| station.seat).collect()
}

fn bytes(token: usize) -> Token {
    let mut bytes = [0; 8];
    let text = format!("{token:06x}");
    for (to, from) in bytes.iter_mut().zip(MARK.iter().copied().chain(text.bytes())) {
        *to = from;
    }
    bytes
}

/// Returns which token a frame has.
fn number(frame: &[u8]) -> Option<usize> {
    frame.windows(8).find_map(|part| {
        let digits = part.strip_prefix(MARK.as_slice())?;
        usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    })
}

fn card(host: &Space) -> Result<(Wire, Mac), BedError> {
    Ok((Wire::open(host, "u0")?, mac_of(host, "u0")?))
}

/// Returns the MAC address of a device.
pub(crate) fn mac_of(space: &Space, device: &str) -> Result<Mac, BedError> {
    let link = space.json(&["ip", "-j", "link", "show", device])?;
    let text = link[0]["address"].as_str().unwrap_or_default();
    let mut mac = [0; 6];
    for (byte, part) in mac.iter_mut().zip(text.split(':')) {
        *byte = u8::from_str_radix(part, 16).unwrap_or(0);
    }
    Ok(mac)
}
