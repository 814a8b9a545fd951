//! The rules that ask whether a packet is permitted: the same for every profile.
//!
//! Of a profile, which is found by the MAC address of its port, all peers that its rules name
//! have *places*, counted for each family, each breadth of what is permitted, and each kind of
//! peer. A rule for each place asks: who has it (`as_peer`), whether the other end is of that
//! (`as_member4`, `as_range4`, …), and, but where all traffic is permitted, what profile and
//! peer have together (`as_grant`) and whether that has this protocol or port (`as_protocol4`,
//! `as_service4`, `as_services4`, …). Places beyond the first few are asked for in further
//! chains, which are gone to only where the profile has as many.
//!
//! Registers: 0 to 3 place and profile; from 4 on a constant, peer or grant, and what is looked
//! up with it; from 8 on device and MAC address, later an IPv6 address. Every key with a value
//! out of a map begins in a constant of 16 bytes, which is then written over but for its first
//! register: nft 1.0.6 takes a key to be as long as the expression in its first register, knows
//! no length of what a map gives, and ends with a failed assertion where it meets that. It shows
//! such a key as its constant.

use super::line::{DESTINATION_MAC, Line, Part, SOURCE_MAC, destination, source};
use super::permit::Breadth;
use super::{Build, RECEIVER, SENDER};
use crate::desired::{Direction, Family};
use crate::firewall::protocol::{ICMP, ICMPV6, SCTP, TCP, UDP};
use crate::nft::{Base, Register, Rule, Verdict};

/// Chain of what ports send; it returns what they may.
pub(super) const SEND: &str = "as_send";
/// Chain of what ports get; it accepts what they may, and never returns.
pub(super) const GET: &str = "as_get";

/// Map of (place, profile) to the number of the peer that has the place.
pub(super) const PEERS: &str = "as_peer";
/// Map of (place, profile) to the number of what the profile permits the peer that has it.
pub(super) const GRANTS: &str = "as_grant";

/// How many places of a kind a chain and those before it ask for. Not more chains than the
/// kernel follows in a row (`NFT_JUMP_STACK_SIZE` is 16).
const STAGES: [u16; 6] = [4, 16, 64, 256, 1024, MOST];
/// Places of one kind that a profile can have.
pub(super) const MOST: u16 = 2048;

const KEY: Register = Register(0);
const PROFILE: Register = Register(1);
const ASKED: Register = Register(4);
const FOUND: Register = Register(5);
const LAST: Register = Register(7);
const FAR: Register = Register(8);
const MAC: Register = Register(12);

/// Kinds of peers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    Anyone,
    /// A group, or a list of single addresses.
    Members,
    Ranges,
}

/// Places are counted for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Kind {
    pub(super) family: Family,
    pub(super) who: Who,
    pub(super) breadth: Breadth,
}

impl Kind {
    /// Returns all kinds of a family, the cheapest to ask for first.
    fn of(family: Family) -> impl Iterator<Item = Self> {
        let each = [Who::Anyone, Who::Members, Who::Ranges].into_iter();
        each.flat_map(move |who| Breadth::EACH.map(|breadth| Self { family, who, breadth }))
    }

    /// Returns the number of a place; `at` counts from 0.
    pub(super) fn place(self, at: u16) -> u16 {
        let breadth = match self.breadth {
            Breadth::All => 0,
            Breadth::Protocol => 1,
            Breadth::Port => 2,
            Breadth::Ports => 3,
        };
        let who = match self.who {
            Who::Anyone => 0,
            Who::Members => 4,
            Who::Ranges => 8,
        };
        numbered(self.family, who | breadth, at)
    }

    fn text(self) -> &'static str {
        match self.who {
            Who::Anyone => "anyone",
            Who::Members => "group",
            Who::Ranges => "ranges",
        }
    }
}

/// Returns a place: a bit of family, four of kind, eleven that count.
fn numbered(family: Family, kind: u16, at: u16) -> u16 {
    let six = u16::from(family == Family::Ipv6);
    six << 15 | kind << 11 | at.min(MOST - 1)
}

/// Returns the place that says that a profile has places of a stage.
pub(super) fn gate(family: Family, stage: u16) -> u16 {
    numbered(family, 15, stage)
}

/// Returns the stages that a profile needs a gate for, which has so many places of a kind.
pub(super) fn gates(count: u16) -> impl Iterator<Item = u16> {
    (1..).zip(STAGES).take_while(move |(_, before)| *before < count).map(|(stage, _)| stage)
}

/// Returns a set's name for a family.
pub(super) fn of_family(name: &str, family: Family) -> String {
    format!("{name}{}", if family == Family::Ipv4 { 4 } else { 6 })
}

/// Returns place and profile as a key: `inet_service . ether_addr . inet_service`.
pub(super) fn key(place: u16, profile: [u8; 8]) -> Vec<u8> {
    [&place.to_be_bytes()[..], &[0; 2], &profile, &[0; 4]].concat()
}

/// A packet of a port that has a profile.
pub(super) fn profile(line: Line, direction: Direction) -> Line {
    let (mac, map) = match direction {
        Direction::In => (DESTINATION_MAC, RECEIVER),
        Direction::Out => (SOURCE_MAC, SENDER),
    };
    line.put(Part::InName, FAR).put(mac, MAC).map(map, FAR, PROFILE)
}

/// Adds the rules. `most` is how many places of a kind a profile for a direction has at most.
pub(super) fn add(build: &mut Build, most: &dyn Fn(Direction, Kind) -> u16) {
    for direction in [Direction::In, Direction::Out] {
        let mut rules = Vec::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            let name = of_family(chain(direction), family);
            rules.push(Line::new().family(family).goto(&name));
            add_family(build, direction, family, &|kind| most(direction, kind));
        }
        rules.push(refused());
        build.inet_chain(chain(direction), rules);
    }
}

fn chain(direction: Direction) -> &'static str {
    if direction == Direction::In { GET } else { SEND }
}

fn refused() -> Rule {
    Line::new().counted().drop()
}

fn add_family(build: &mut Build, direction: Direction, family: Family, most: &dyn Fn(Kind) -> u16) {
    let own = if family == Family::Ipv4 { ICMP } else { ICMPV6 };
    let mut rules = Vec::new();
    for told in [TCP, UDP, SCTP].map(Told::Ports).into_iter().chain([Told::Icmp(own)]) {
        let way = Way { direction, family, told };
        way.add(build, most);
        rules.push(Line::new().protocol(told.protocol()).shows_ports().goto(&way.name(0)));
    }
    let way = Way { direction, family, told: Told::Nothing };
    way.add(build, most);
    rules.push(Line::new().goto(&way.name(0)));
    build.inet_chain(&of_family(chain(direction), family), rules);
}

/// What a packet tells besides its protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Ports(u8),
    Icmp(u8),
    Nothing,
}

impl Told {
    fn protocol(self) -> u8 {
        match self {
            Self::Ports(protocol) | Self::Icmp(protocol) => protocol,
            Self::Nothing => 0,
        }
    }
}

/// The packets that a chain asks for.
#[derive(Clone, Copy, Debug)]
struct Way {
    direction: Direction,
    family: Family,
    told: Told,
}

impl Way {
    /// Returns the name of the chain of a stage.
    fn name(self, stage: u16) -> String {
        let told = match self.told {
            Told::Ports(TCP) => "tcp",
            Told::Ports(UDP) => "udp",
            Told::Ports(_) => "sctp",
            Told::Icmp(_) => "icmp",
            Told::Nothing => "other",
        };
        let name = format!("{}_{told}", of_family(chain(self.direction), self.family));
        if stage == 0 { name } else { format!("{name}_{stage}") }
    }

    fn add(self, build: &mut Build, most: &dyn Fn(Kind) -> u16) {
        // Whatever a profile has more of than the first chain asks for, it has by these kinds.
        let kinds: Vec<(Kind, u16)> = Kind::of(self.family)
            .filter(|kind| {
                self.told != Told::Nothing
                    || matches!(kind.breadth, Breadth::All | Breadth::Protocol)
            })
            .map(|kind| (kind, most(kind)))
            .filter(|(_, count)| *count > 0)
            .collect();
        let all = kinds.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let mut before = 0;
        for (stage, end) in (0..).zip(STAGES) {
            let mut rules = Vec::new();
            for (kind, count) in &kinds {
                // All places of a stage where any profile has one: so a profile that gets one
                // more seldom changes rules.
                let end = if kind.who == Who::Anyone { 1 } else { end };
                let places = if before < *count { before..end } else { 0..0 };
                rules.extend(places.map(|at| self.asks(*kind, at)));
            }
            if end < all {
                let next = stage + 1;
                let line = self.at(gate(self.family, next)).map(PEERS, KEY, FOUND);
                rules.push(line.goto(&self.name(next)));
            }
            rules.push(refused());
            build.inet_chain(&self.name(stage), rules);
            before = end;
            if end >= all {
                break;
            }
        }
    }

    /// Puts a place and the profile of the packet into the first registers.
    fn at(self, place: u16) -> Line {
        profile(Line::new().constant(&key(place, [0; 8]), KEY), self.direction)
    }

    /// Asks whether the other end is who has a place, and whether that is permitted the packet.
    fn asks(self, kind: Kind, at: u16) -> Rule {
        let line = self.at(kind.place(at));
        let line = match kind.who {
            Who::Anyone if kind.breadth == Breadth::All => line.map(PEERS, KEY, FOUND),
            Who::Anyone => line,
            Who::Members | Who::Ranges => self.is_of(line, kind.who),
        };
        let line = self.permits(line, kind.breadth);
        let shown = at.saturating_add(1);
        let line = match kind.who {
            Who::Anyone => line.comment(kind.text()),
            _ => line.comment(&format!("{} {shown}", kind.text())),
        };
        line.then(match self.direction {
            Direction::In => Verdict::Accept,
            Direction::Out => Verdict::Return,
        })
    }

    /// Asks whether the other end is of a peer.
    fn is_of(self, line: Line, who: Who) -> Line {
        let other = match self.direction {
            Direction::In => source(self.family),
            Direction::Out => destination(self.family),
        };
        let line = line.constant(&[0; 16], ASKED).map(PEERS, KEY, FOUND);
        let set = if who == Who::Ranges { RANGES } else { MEMBERS };
        let behind = if self.family == Family::Ipv4 { LAST } else { FAR };
        line.put(other, behind).among(&of_family(set, self.family), ASKED)
    }

    /// Asks for a permission of what profile and peer have.
    fn permits(self, line: Line, breadth: Breadth) -> Line {
        if breadth == Breadth::All {
            return line;
        }
        let set = |name| of_family(name, self.family);
        if breadth == Breadth::Protocol {
            let line = line.constant(&[0; 16], ASKED).map(GRANTS, KEY, FOUND);
            return line.put(Part::Protocol, LAST).among(&set(PROTOCOL), ASKED);
        }
        let protocol = u128::from(self.told.protocol()) << 120;
        let line = line.constant(&protocol.to_be_bytes(), ASKED).map(GRANTS, KEY, FOUND);
        let offset = if matches!(self.told, Told::Icmp(_)) { 0 } else { 2 };
        let line = line.put(Part::Bytes { base: Base::Transport, offset, length: 2 }, LAST);
        line.among(&set(if breadth == Breadth::Port { PORT } else { PORTS }), ASKED)
    }
}

/// Set of (0, grant, protocol).
pub(super) const PROTOCOL: &str = "as_protocol";
/// Set of (protocol, grant, port).
pub(super) const PORT: &str = "as_service";
/// Set of ranges of these.
pub(super) const PORTS: &str = "as_services";
/// Set of (0, peer, address); of IPv6 (0, peer, 0, address).
pub(super) const MEMBERS: &str = "as_member";
/// Set of ranges of these.
pub(super) const RANGES: &str = "as_range";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_places_are_one() {
        let mut places = std::collections::BTreeSet::new();
        for family in [Family::Ipv4, Family::Ipv6] {
            for at in 0..MOST {
                assert!(places.insert(gate(family, at)));
                assert!(Kind::of(family).all(|kind| places.insert(kind.place(at))));
            }
        }
    }

    #[test]
    fn a_gate_leads_to_each_stage_that_is_needed() {
        let of = |count| gates(count).collect::<Vec<_>>();
        assert_eq!(of(4), [0; 0]);
        assert_eq!(of(5), [1]);
        assert_eq!(of(64), [1, 2]);
        assert_eq!(of(MOST), [1, 2, 3, 4, 5]);
    }
}
