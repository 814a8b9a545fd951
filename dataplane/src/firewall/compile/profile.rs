//! What ports may send and get by their groups, as elements of sets.
//!
//! Ports with the same groups have one profile for each direction. What it permits is kept by
//! pairs of profile and peer: anyone, a group, a list of ranges. `passage` says how they are
//! asked. Groups are of one VPC, so a profile serves all its networks; members of a group are
//! those of the whole VPC.

use std::collections::{BTreeMap, BTreeSet};

use super::id::Id;
use super::line::{element, key};
use super::passage::{self, GRANTS, Kind, MOST, PEERS, PORT, PORTS, PROTOCOL, Who, of_family};
use super::permit::{self, Breadth, Permit};
use super::span::{Span, spans};
use super::{
    Build, CompileError, LOCAL, OPEN, RECEIVER, SENDER, hash_map, hash_set, member, range_set,
};
use crate::address::Mac;
use crate::desired::{
    Desired, Direction, Family, Peer as Named, Port, Rule as Permission, Semantics, Traffic,
};
use crate::firewall::judge::dual_vpcs;
use crate::naming;
use crate::nft::{Element, KeyType, Set, Value, ValueType};

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// How many places of a kind a profile has at most.
pub(super) type Most = BTreeMap<(Direction, Kind), u16>;

/// Adds profiles and members; returns how many places there are rules needed for.
pub(super) fn add(build: &mut Build, desired: &Desired) -> Result<Most, CompileError> {
    let mut profiles = Profiles::new(desired);
    let mut known: BTreeMap<&BTreeSet<String>, (Option<Id>, Id)> = BTreeMap::new();
    let mut owners: BTreeMap<(&str, Mac), (&str, &Port)> = BTreeMap::new();
    let station = vec![KeyType::InterfaceName, KeyType::Ether];
    let mut sender = hash_map(station.clone(), ValueType::Of(KeyType::Ether));
    let mut receiver = hash_map(station.clone(), ValueType::Of(KeyType::Ether));
    let (mut local, mut open) = (hash_set(station.clone()), hash_set(station));
    for (id, port) in &desired.ports {
        let profile = match known.get(&port.groups) {
            _ if !port.security => None,
            Some(known) => Some(*known),
            None => {
                let made = profiles.add(build, &port.groups)?;
                Some(*known.entry(&port.groups).or_insert(made))
            }
        };
        let bridge = naming::bridge(&port.network).padded();
        for mac in macs(port) {
            let owner = owners.entry((&port.network, mac)).or_insert((id, port));
            let same =
                |other: &Port| (other.security, &other.groups) == (port.security, &port.groups);
            if !same(owner.1) {
                let first = owner.0.to_owned();
                return Err(CompileError::SharedMac { mac, first, second: id.clone() });
            }
            let key = element(&[&bridge, &mac.0]);
            let value = |id: Id| Some(Value::Bytes(id.0.to_vec()));
            if let Some(out) = profile.and_then(|(out, _)| out) {
                sender.elements.insert(key.clone(), value(out));
            }
            match profile {
                Some((_, inward)) => receiver.elements.insert(key.clone(), value(inward)),
                None => open.elements.insert(key.clone(), None),
            };
            local.elements.insert(key, None);
        }
    }
    for (name, set) in [(SENDER, sender), (RECEIVER, receiver), (LOCAL, local), (OPEN, open)] {
        build.inet.sets.insert(name.to_owned(), set);
    }
    profiles.finish(build)
}

/// Returns the MAC addresses that a port may use.
pub(super) fn macs(port: &Port) -> BTreeSet<Mac> {
    port.allowed.iter().filter_map(|pair| pair.mac).chain([port.mac]).collect()
}

/// The other end of permissions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Peer<'d> {
    Anyone,
    Group(&'d str),
    Ranges(Vec<Span>),
}

/// Permissions of one profile: peers in the order in which they are named.
#[derive(Debug, Default)]
struct Granted<'d> {
    known: BTreeMap<(Family, Peer<'d>), usize>,
    peers: Vec<(Family, Peer<'d>, Vec<Permit>)>,
}

impl<'d> Granted<'d> {
    fn grant(&mut self, peer: Peer<'d>, family: Family, traffic: Traffic) {
        let next = self.peers.len();
        let at = *self.known.entry((family, peer.clone())).or_insert(next);
        if at == next {
            self.peers.push((family, peer, Vec::new()));
        }
        if let Some((.., permits)) = self.peers.get_mut(at) {
            permits.extend(permit::permits(traffic, family));
        }
    }
}

/// Profiles in the making.
#[derive(Debug)]
struct Profiles<'d> {
    desired: &'d Desired,
    /// VPCs that use IPv6.
    dual: BTreeSet<&'d str>,
    /// Groups whose members rules ask for.
    members: BTreeSet<&'d str>,
    /// Lists of ranges that rules ask for.
    lists: BTreeMap<Vec<Span>, Id>,
    /// What the numbers of grants are of.
    numbers: BTreeMap<Id, (Id, Id)>,
    peers: Set,
    grants: Set,
    permits: [Permits; 2],
    most: Most,
}

/// What grants of one family have.
#[derive(Debug)]
struct Permits {
    protocols: Set,
    services: Set,
    ranges: Set,
}

impl Permits {
    fn new() -> Self {
        let (grant, protocol, port) = (KeyType::Ether, KeyType::Protocol, KeyType::Port);
        Self {
            protocols: hash_set(vec![port, grant, protocol]),
            services: hash_set(vec![protocol, grant, port]),
            ranges: range_set(vec![KeyType::Ipv6]),
        }
    }

    fn add(&mut self, grant: Id, permit: Permit) {
        let grant = grant.padded();
        match permit {
            Permit::All => {}
            Permit::Protocol(protocol) => {
                self.protocols.elements.insert(element(&[&[0; 2], &grant, &[protocol]]), None);
            }
            Permit::Ports { protocol, first, last } => {
                let at = |port: u16| key(&[&[protocol], &grant, &port.to_be_bytes()]);
                let set = if first == last { &mut self.services } else { &mut self.ranges };
                set.elements.insert(Element::range(at(first), at(last)), None);
            }
        }
    }
}

impl<'d> Profiles<'d> {
    fn new(desired: &'d Desired) -> Self {
        let place = || {
            let key = vec![KeyType::Port, KeyType::Ether, KeyType::Port];
            hash_map(key, ValueType::Of(KeyType::Ether))
        };
        Self {
            desired,
            dual: dual_vpcs(desired),
            members: BTreeSet::new(),
            lists: BTreeMap::new(),
            numbers: BTreeMap::new(),
            peers: place(),
            grants: place(),
            permits: [Permits::new(), Permits::new()],
            most: BTreeMap::new(),
        }
    }

    /// Makes the profiles of a set of groups: for what is sent, where that is asked for, and for
    /// what is got.
    fn add(
        &mut self,
        build: &mut Build,
        groups: &'d BTreeSet<String>,
    ) -> Result<(Option<Id>, Id), CompileError> {
        let norm = self.desired.semantics == Semantics::Norm;
        let mut permissions = permissions(self.desired, groups, Direction::Out);
        // Whoever is in no group may send nothing.
        let free = norm && !groups.is_empty() && permissions.next().is_none();
        let out = if free { None } else { Some(self.profile(build, groups, Direction::Out)?) };
        Ok((out, self.profile(build, groups, Direction::In)?))
    }

    fn profile(
        &mut self,
        build: &mut Build,
        groups: &'d BTreeSet<String>,
        direction: Direction,
    ) -> Result<Id, CompileError> {
        let way = if direction == Direction::In { "in" } else { "out" };
        let listed = groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let parts = ["profile", way].into_iter().chain(groups.iter().map(String::as_str));
        let profile = Id::given(build, parts, &format!("{way} of groups `{listed}`"))?;
        let mut used: BTreeMap<Kind, u16> = BTreeMap::new();
        for (family, peer, permits) in self.granted(groups, direction).peers {
            let (who, number) = self.number(build, &peer)?;
            let permits = permit::joined(permits);
            let breadths: BTreeSet<Breadth> = permits.iter().map(|it| it.breadth()).collect();
            let grant = profile.pair(number);
            for breadth in breadths {
                let kind = Kind { family, who, breadth };
                let count = used.entry(kind).or_default();
                if *count >= MOST {
                    return Err(CompileError::TooManyPeers { groups: listed, most: MOST });
                }
                self.place(kind.place(*count), profile, number, grant, breadth)?;
                *count = count.saturating_add(1);
            }
            let [four, six] = &mut self.permits;
            let of = if family == Family::Ipv4 { four } else { six };
            for permit in permits {
                of.add(grant, permit);
            }
        }
        for (kind, count) in used {
            for stage in passage::gates(count) {
                let key = passage::key(passage::gate(kind.family, stage), profile.padded());
                let further = Value::Bytes(Id::of(["further"]).0.to_vec());
                self.peers.elements.insert(Element { key, last: None }, Some(further));
            }
            let most = self.most.entry((direction, kind)).or_default();
            *most = count.max(*most);
        }
        Ok(profile)
    }

    /// Gives a peer a place.
    fn place(
        &mut self,
        place: u16,
        profile: Id,
        peer: Id,
        grant: Id,
        breadth: Breadth,
    ) -> Result<(), CompileError> {
        let first = *self.numbers.entry(grant).or_insert((profile, peer));
        if first != (profile, peer) {
            let text = |(profile, peer): (Id, Id)| {
                format!("what {} permits {}", profile.text(), peer.text())
            };
            return Err(grant.collision(text(first), text((profile, peer))));
        }
        let key = Element { key: passage::key(place, profile.padded()), last: None };
        let value = |id: Id| Some(Value::Bytes(id.0.to_vec()));
        self.peers.elements.insert(key.clone(), value(peer));
        if breadth != Breadth::All {
            self.grants.elements.insert(key, value(grant));
        }
        Ok(())
    }

    /// Returns who may send or get what.
    fn granted(&mut self, groups: &'d BTreeSet<String>, direction: Direction) -> Granted<'d> {
        let mut granted = Granted::default();
        if self.desired.semantics == Semantics::Norm {
            for group in groups {
                self.members.insert(group);
                for family in self.families(group) {
                    granted.grant(Peer::Group(group), *family, Traffic::Any);
                }
            }
        }
        for permission in permissions(self.desired, groups, direction) {
            for family in FAMILIES {
                if permission.family.is_some_and(|own| own != family) {
                    continue;
                }
                if let Some(peer) = self.peer(&permission.peer, family) {
                    granted.grant(peer, family, permission.traffic);
                }
            }
        }
        granted
    }

    /// Returns who is named; nobody where nobody is of that family.
    fn peer(&mut self, named: &'d Named, family: Family) -> Option<Peer<'d>> {
        match named {
            Named::Any => Some(Peer::Anyone),
            Named::Group(group) => self.families(group).contains(&family).then(|| {
                self.members.insert(group);
                Peer::Group(group)
            }),
            Named::Ranges(ranges) => {
                let spans = spans(ranges, family);
                if member::is_all(&spans, family) {
                    return Some(Peer::Anyone);
                }
                (!spans.is_empty()).then_some(Peer::Ranges(spans))
            }
        }
    }

    /// Returns a peer's kind and number.
    fn number(&mut self, build: &mut Build, peer: &Peer<'d>) -> Result<(Who, Id), CompileError> {
        Ok(match peer {
            Peer::Anyone => (Who::Anyone, Id::of(["anyone"])),
            Peer::Group(group) => (Who::Members, member::group(build, group)?),
            Peer::Ranges(spans) => {
                let who = if member::is_single(spans) { Who::Members } else { Who::Ranges };
                (who, self.list(build, spans)?)
            }
        })
    }

    /// Returns the number of a list of ranges: rules with equal ranges share one.
    fn list(&mut self, build: &mut Build, spans: &[Span]) -> Result<Id, CompileError> {
        if let Some(known) = self.lists.get(spans) {
            return Ok(*known);
        }
        let texts: Vec<String> =
            spans.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        let parts = ["ranges"].into_iter().chain(texts.iter().map(String::as_str));
        let id = Id::given(build, parts, &format!("ranges {}", texts.join(", ")))?;
        self.lists.insert(spans.to_vec(), id);
        Ok(id)
    }

    /// Returns the families that a group has members of.
    fn families(&self, group: &str) -> &'static [Family] {
        families(self.desired, &self.dual, group)
    }

    /// Puts all into the table.
    fn finish(self, build: &mut Build) -> Result<Most, CompileError> {
        let sets = &mut build.inet.sets;
        sets.insert(PEERS.to_owned(), self.peers);
        sets.insert(GRANTS.to_owned(), self.grants);
        for (family, permits) in FAMILIES.into_iter().zip(self.permits) {
            let Permits { protocols, services, ranges } = permits;
            for (name, set) in [(PROTOCOL, protocols), (PORT, services), (PORTS, ranges)] {
                sets.insert(of_family(name, family), set);
            }
        }
        let of = |group: &str| families(self.desired, &self.dual, group);
        member::add(build, self.desired, &self.members, &of)?;
        member::add_ranges(build, self.lists.iter().map(|(spans, id)| (spans, *id)));
        Ok(self.most)
    }
}

fn families(desired: &Desired, dual: &BTreeSet<&str>, group: &str) -> &'static [Family] {
    let vpc = desired.groups.get(group).map(|group| group.vpc.as_str());
    if vpc.is_some_and(|vpc| dual.contains(vpc)) { &FAMILIES } else { &[Family::Ipv4] }
}

/// Returns the rules of groups for a direction.
fn permissions<'d>(
    desired: &'d Desired,
    groups: &'d BTreeSet<String>,
    direction: Direction,
) -> impl Iterator<Item = &'d Permission> {
    let known = groups.iter().filter_map(|id| desired.groups.get(id));
    known.flat_map(move |group| group.rules.iter().filter(move |rule| rule.direction == direction))
}
