//! What groups permit, as elements of two sets and not as rules: one rule more or less is one
//! element, and takes as long among 20,000 as alone.
//!
//! A rule that is added, or an element that jumps (`nft_table_validate`), has the kernel follow every jump of the table
//! once more: 20 ms with 2,000 chains of ten rules. Elements that do not jump spare it that.
//!
//! Ports with the same groups have a number, their profile ([`PROFILE`]), and an address has one
//! that stands for the groups of whoever has it ([`WHO4`], [`WHO6`]). A grant is protocol,
//! profile, who and ports in one key of 16 bytes, the ports last, so that a range of them is a
//! range of keys. Ranges are in sets of their own: the kernel goes through the whole of such a
//! set at each of its changes. nft has no type for it and shows an address of IPv6. Numbers are made of the
//! names of the groups alone: an element that is stale until the batch behind takes it away never
//! permits anything but what it did.
//!
//! What does not fit stays rules in chains: ranges of addresses, groups that are in so many
//! combinations, or VPCs in so many networks, that their elements would be many, and numbers that
//! two would have.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use smallvec::SmallVec;

use super::facts::Facts;
use super::line::{
    DESTINATION_MAC, Line, Part, SOURCE_MAC, address_type, destination, element, source,
};
use super::profile::{macs, members, permissions};
use super::span::{Octets, is_of};
use super::{Build, SENDER, hash_map, range_set};
use crate::desired::{Desired, Direction, Family, Peer, Port, Semantics, Traffic};
use crate::firewall::judge::dual_vpcs;
use crate::firewall::protocol::{ICMP, ICMPV6};
use crate::naming;
use crate::nft::{Base, Element, Key, KeyType, Register, Rule, Set, Value, ValueType, Verdict};

/// Chains that end where a grant permits, and go on where none does.
pub(super) const GET4: &str = "as_get4";
pub(super) const GET6: &str = "as_get6";
pub(super) const SEND4: &str = "as_send4";
pub(super) const SEND6: &str = "as_send6";
/// Map of (bridge, MAC address of a port here) to its profile.
const PROFILE: &str = "as_profile";
/// Maps of (bridge, address) to who has it, in each network of the VPC.
const WHO4: &str = "as_who4";
const WHO6: &str = "as_who6";

/// Addresses of a VPC times its networks here, before its groups are named by rules.
pub(super) const MANY: usize = 1 << 16;
/// Combinations of groups that a group may be in before it is named by rules.
pub(super) const FEW: usize = 8;
/// Who it is where it does not count; IPv6 is the next number.
const ANYONE: u32 = 0xffff_fffe;
/// In the place of the protocol: the protocol is in the place of the ports.
const WHOLE: u8 = 0xff;
/// In the place of the protocol: whatever the protocol is.
const ALL: u8 = 0xfe;
/// Protocols with ports (TCP, UDP, SCTP).
const WITH_PORTS: [u8; 3] = [6, 17, 132];

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];

/// Groups that each address of a VPC is in. Most are in one, and a tree for each would be most of
/// the memory that a compilation takes.
type Holders<'d> = BTreeMap<(&'d str, IpAddr), SmallVec<[&'d str; 1]>>;

/// First and last key of what is granted.
type Span = ([u8; 16], [u8; 16]);

/// Who is known by which number.
#[derive(Debug)]
pub(super) struct Known<'d> {
    desired: &'d Desired,
    dual: BTreeSet<&'d str>,
    /// Number of the groups of each address, as far as elements name them.
    holders: BTreeMap<(&'d str, IpAddr), u32>,
    /// Those of the combinations that a group is in; of none, where rules name it.
    combinations: BTreeMap<&'d str, BTreeSet<u32>>,
    /// Profiles with a number of their own.
    profiles: BTreeMap<&'d BTreeSet<String>, u32>,
    /// Groups that rules have to name.
    broad: BTreeSet<&'d str>,
    /// Whether two things would have one number.
    pub(super) shares: bool,
}

/// Returns the same number for the same texts for ever, its last bit free.
fn number<'t>(parts: impl IntoIterator<Item = &'t str>) -> u32 {
    let [.., a, b, c, d] = naming::hash(parts).to_be_bytes();
    u32::from_be_bytes([a, b, c, d]) & !1
}

/// Returns the sets of groups of ports that have any.
pub(super) fn profiles<'d>(
    ports: &mut dyn Iterator<Item = &'d Port>,
) -> BTreeSet<&'d BTreeSet<String>> {
    let secured = ports.filter(|port| port.security && !port.groups.is_empty());
    let mut profiles = BTreeSet::new();
    profiles.extend(secured.map(|port| &*port.groups));
    profiles
}

impl<'d> Known<'d> {
    /// Returns who is known; `facts` are those of the VPC where `desired` is what is near a change
    /// of it.
    pub(super) fn of(desired: &'d Desired, facts: Option<&'d Facts>) -> Self {
        let profiles = profiles(&mut desired.ports.values());
        let asked = match facts {
            Some(facts) => facts.asked(),
            None => asked(desired, &profiles),
        };
        let all = holders(desired, &asked);
        let count = profiles.len();
        let mut known = Self {
            desired,
            dual: dual_vpcs(desired),
            holders: BTreeMap::new(),
            combinations: BTreeMap::new(),
            profiles: alone(
                profiles
                    .into_iter()
                    .map(|groups| (groups, number(groups.iter().map(String::as_str)))),
            ),
            broad: wide(desired, &all),
            shares: false,
        };
        known.shares = known.profiles.len() < count;
        // Each round names more groups by rules, so that it ends.
        loop {
            let more = known.settle(&all, &asked, facts);
            if more.is_empty() {
                return known;
            }
            known.broad.extend(more);
        }
    }

    /// Numbers all but the broad; returns those that are found to be broad too.
    fn settle(
        &mut self,
        all: &Holders<'d>,
        asked: &BTreeSet<&'d str>,
        facts: Option<&'d Facts>,
    ) -> BTreeSet<&'d str> {
        let mut numbers: BTreeMap<BTreeSet<&str>, u32> = BTreeMap::new();
        let numbered = |of: BTreeSet<&'d str>| (number(of.iter().copied()), of);
        self.holders.clear();
        for (address, groups) in all {
            let mut own = BTreeSet::new();
            own.extend(groups.iter().copied().filter(|group| !self.broad.contains(group)));
            if !own.is_empty() {
                let (number, own) = numbered(own);
                self.holders.insert(*address, number);
                numbers.insert(own, number);
            }
        }
        for (number, of) in facts.into_iter().flat_map(Facts::combinations).map(numbered) {
            numbers.insert(of, number);
        }
        self.combinations.clear();
        self.combinations.extend(asked.iter().map(|group| (*group, BTreeSet::new())));
        for (combination, number) in &numbers {
            for group in combination {
                self.combinations.entry(group).or_default().insert(*number);
            }
        }
        let many = self.combinations.iter().filter(|(_group, of)| of.len() > FEW);
        let mut broad = BTreeSet::new();
        broad.extend(many.map(|(group, _of)| *group));
        let own = alone(numbers.iter().map(|(of, number)| (of, *number)));
        let is_shared = |(of, number): &(_, &u32)| !own.contains_key(of) || **number == ANYONE;
        let shared = numbers.iter().filter(is_shared);
        let before = broad.len();
        broad.extend(shared.flat_map(|(of, _number)| of));
        self.shares |= broad.len() > before;
        broad
    }

    /// Whether elements say all that the groups of a profile permit to members of a group.
    pub(super) fn names(&self, groups: &BTreeSet<String>, group: &str) -> bool {
        self.profiles.contains_key(groups) && !self.broad.contains(group)
    }

    /// Whether elements say all that a rule permits to a profile.
    pub(super) fn grants(&self, groups: &BTreeSet<String>, peer: &Peer) -> bool {
        match peer {
            Peer::Any => self.profiles.contains_key(groups),
            Peer::Group(group) => self.names(groups, group),
            Peer::Ranges(_) => false,
        }
    }

    /// The families that members of a group have addresses of.
    fn families(&self, group: &str) -> &'static [Family] {
        let vpc = self.desired.groups.get(group).map(|group| group.vpc.as_str());
        if vpc.is_some_and(|vpc| self.dual.contains(vpc)) { &FAMILIES } else { &[Family::Ipv4] }
    }

    fn spans(&self, direction: Direction) -> Vec<Span> {
        let mut spans = Vec::new();
        for (groups, profile) in &self.profiles {
            let mut grant = |who: u32, family, traffic| {
                spans.push(span(*profile, who | family_bit(family), traffic, family));
            };
            let whoever = |group: &str, family: Family| -> Vec<u32> {
                let of =
                    self.combinations.get(group).filter(|_| self.families(group).contains(&family));
                of.into_iter().flatten().copied().collect()
            };
            let limited = direction == Direction::In || is_limited(self.desired, groups);
            if limited && self.desired.semantics == Semantics::Norm {
                for group in groups.iter().filter(|group| self.names(groups, group)) {
                    for family in FAMILIES {
                        for who in whoever(group, family) {
                            grant(who, family, Traffic::Any);
                        }
                    }
                }
            }
            for (_group, permission) in permissions(self.desired, groups, direction) {
                if !self.grants(groups, &permission.peer) {
                    continue;
                }
                for family in FAMILIES {
                    if permission.family.is_some_and(|of| of != family) {
                        continue;
                    }
                    match &permission.peer {
                        Peer::Group(group) => {
                            for who in whoever(group, family) {
                                grant(who, family, permission.traffic);
                            }
                        }
                        _ => grant(ANYONE, family, permission.traffic),
                    }
                }
            }
        }
        spans
    }
}

/// Returns what has a number that nothing else has.
fn alone<T: Ord>(all: impl Iterator<Item = (T, u32)>) -> BTreeMap<T, u32> {
    let mut by_number: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for (each, number) in all {
        by_number.entry(number).or_default().push(each);
    }
    by_number.retain(|_number, of| of.len() == 1);
    let mut alone = BTreeMap::new();
    for (number, of) in by_number {
        alone.extend(of.into_iter().map(|each| (each, number)));
    }
    alone
}

/// Returns the networks of each VPC that are here.
fn networks(desired: &Desired) -> BTreeMap<&str, Vec<&str>> {
    let mut networks: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for network in naming::placed(desired) {
        if let Some(of) = desired.networks.get(network) {
            networks.entry(&of.vpc).or_default().push(network);
        }
    }
    networks
}

/// Returns groups of VPCs whose addresses would be too many elements.
fn wide<'d>(desired: &'d Desired, all: &Holders<'d>) -> BTreeSet<&'d str> {
    let networks = networks(desired);
    let mut addresses: BTreeMap<&str, usize> = BTreeMap::new();
    for (vpc, _address) in all.keys() {
        let count = addresses.entry(vpc).or_default();
        *count = count.saturating_add(networks.get(vpc).map_or(0, Vec::len));
    }
    let is_wide = |vpc: &str| addresses.get(vpc).is_some_and(|count| *count > MANY);
    let of_wide = all.iter().filter(|((vpc, _address), _groups)| is_wide(vpc));
    let mut wide = BTreeSet::new();
    wide.extend(of_wide.flat_map(|(_address, groups)| groups));
    wide
}

fn family_bit(family: Family) -> u32 {
    u32::from(family == Family::Ipv6)
}

/// Whether ports with these groups may send only what is permitted.
pub(super) fn is_limited(desired: &Desired, groups: &BTreeSet<String>) -> bool {
    groups.is_empty()
        || desired.semantics != Semantics::Norm
        || permissions(desired, groups, Direction::Out).next().is_some()
}

/// Groups whose members profiles ask for.
pub(super) fn asked<'d>(
    desired: &'d Desired,
    profiles: &BTreeSet<&'d BTreeSet<String>>,
) -> BTreeSet<&'d str> {
    let mut asked = BTreeSet::new();
    for groups in profiles {
        if desired.semantics == Semantics::Norm {
            asked.extend(groups.iter().map(String::as_str));
        }
        for direction in [Direction::In, Direction::Out] {
            for (_group, permission) in permissions(desired, groups, direction) {
                if let Peer::Group(peer) = &permission.peer {
                    asked.insert(peer.as_str());
                }
            }
        }
    }
    asked
}

/// Groups that each address is in, as far as they are asked for.
fn holders<'d>(desired: &'d Desired, asked: &BTreeSet<&'d str>) -> Holders<'d> {
    let mut holders = Holders::new();
    for (groups, addresses) in members(desired) {
        for group in groups.iter().map(String::as_str).filter(|group| asked.contains(group)) {
            let Some(of) = desired.groups.get(group) else { continue };
            for address in &addresses {
                holders.entry((&of.vpc, *address)).or_default().push(group);
            }
        }
    }
    holders
}

fn span(profile: u32, who: u32, traffic: Traffic, family: Family) -> Span {
    let icmp = if family == Family::Ipv6 { ICMPV6 } else { ICMP };
    let key = |protocol, ports| key(protocol, profile, who, ports);
    let within = |protocol, [a, b]: [u8; 2], [c, d]: [u8; 2]| {
        (key(protocol, [a, b, 0, 0]), key(protocol, [c, d, 0, 0]))
    };
    let whole = |protocol| (key(WHOLE, [protocol, 0, 0, 0]), key(WHOLE, [protocol, 0, 0, 0]));
    match traffic {
        Traffic::Any => (key(ALL, [0; 4]), key(ALL, [0; 4])),
        Traffic::Protocol(protocol) | Traffic::Ports { protocol, first: 0, last: u16::MAX } => {
            whole(protocol)
        }
        Traffic::Ports { protocol, first, last } => {
            within(protocol, first.to_be_bytes(), last.to_be_bytes())
        }
        Traffic::Icmp { kind: None, .. } => whole(icmp),
        Traffic::Icmp { kind: Some(kind), code: None } => within(icmp, [kind, 0], [kind, 0xff]),
        Traffic::Icmp { kind: Some(kind), code: Some(code) } => {
            within(icmp, [kind, code], [kind, code])
        }
    }
}

/// Returns a key as the registers hold it: numbers as this host has them.
fn key(protocol: u8, profile: u32, who: u32, ports: [u8; 4]) -> [u8; 16] {
    let mut key = [0; 16];
    let parts = [[protocol, 0, 0, 0], profile.to_ne_bytes(), who.to_ne_bytes(), ports];
    for (to, from) in key.iter_mut().zip(parts.as_flattened()) {
        *to = *from;
    }
    key
}

/// Joins what overlaps or touches: the kernel refuses the one side by side.
fn joined(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(spans.len());
    for (first, last) in spans {
        let behind = |end: &[u8; 16]| u128::from_be_bytes(*end).checked_add(1);
        match joined.last_mut() {
            Some((_, end)) if behind(end).is_none_or(|next| u128::from_be_bytes(first) <= next) => {
                *end = (*end).max(last);
            }
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// Adds what is known, what is granted and the rules that look it up, which are always the same.
pub(super) fn add(build: &mut Build, known: &Known<'_>) {
    let desired = known.desired;
    let (name, ether) = (KeyType::InterfaceName, KeyType::Ether);
    let mark = |value: u32| Some(Value::Bytes(SmallVec::from_slice(&value.to_ne_bytes())));
    let mut profiles = hash_map(vec![name, ether], ValueType::Mark);
    for port in desired.ports.values().filter(|port| port.security) {
        let Some(profile) = known.profiles.get(&*port.groups) else { continue };
        for key in stations(port) {
            profiles.elements.insert(key, mark(*profile));
        }
    }
    let networks = networks(desired);
    let sets = &mut build.inet.sets;
    sets.insert(PROFILE.to_owned(), profiles);
    for family in FAMILIES {
        let mut who = hash_map(vec![name, address_type(family)], ValueType::Mark);
        for ((vpc, address), number) in &known.holders {
            for network in networks.get(vpc).into_iter().flatten() {
                if is_of(*address, family) {
                    let bridge = naming::bridge(network).padded();
                    let key = element(&[&bridge, Octets::of(*address).as_slice()]);
                    who.elements.insert(key, mark(*number | family_bit(family)));
                }
            }
        }
        sets.insert(who_map(family).to_owned(), who);
    }
    for (direction, single, range) in [
        (Direction::In, "as_may_get", "as_may_get_range"),
        (Direction::Out, "as_may_send", "as_may_send_range"),
    ] {
        let of = |elements| Set { elements, ..range_set(vec![KeyType::Ipv6]) };
        let (ranges, keys): (Vec<Span>, Vec<Span>) =
            known.spans(direction).into_iter().partition(|(first, last)| first != last);
        let elements = |spans: Vec<Span>| {
            spans.into_iter().map(|(first, last)| {
                (Element::range(Key::from_slice(&first), Key::from_slice(&last)), None)
            })
        };
        let keys = Set { interval: false, ..of(elements(keys).collect()) };
        let sets = &mut build.inet.sets;
        sets.insert(single.to_owned(), keys);
        sets.insert(range.to_owned(), of(elements(joined(ranges)).collect()));
        for family in FAMILIES {
            let chain = match (direction, family) {
                (Direction::In, Family::Ipv4) => GET4,
                (Direction::In, Family::Ipv6) => GET6,
                (Direction::Out, Family::Ipv4) => SEND4,
                (Direction::Out, Family::Ipv6) => SEND6,
            };
            build.common(chain, &|| look_up((single, range), direction, family));
        }
    }
}

/// Keys of a port in maps of (bridge, MAC address).
pub(super) fn stations(port: &Port) -> Vec<Element> {
    let bridge = naming::bridge(&port.network).padded();
    macs(port).iter().map(|mac| element(&[&bridge, &mac.0])).collect()
}

fn who_map(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => WHO4,
        Family::Ipv6 => WHO6,
    }
}

/// Looks a packet's key up: by who is at the other end and by anyone, with ports, with type and
/// code, and by the protocol alone, for packets that may have none of these.
fn look_up(sets: (&str, &str), direction: Direction, family: Family) -> Vec<Rule> {
    let (permit, mac, other) = match direction {
        Direction::In => (Verdict::Accept, DESTINATION_MAC, source(family)),
        Direction::Out => (Verdict::Return, SOURCE_MAC, destination(family)),
    };
    let icmp = if family == Family::Ipv6 { ICMPV6 } else { ICMP };
    let transport = |offset| Part::Bytes { base: Base::Transport, offset, length: 2 };
    let with_ports = WITH_PORTS.map(|protocol| (protocol, Some(transport(2))));
    let kinds =
        with_ports.into_iter().chain([(icmp, Some(transport(0))), (WHOLE, None), (ALL, None)]);
    let kinds = kinds.flat_map(|(protocol, part)| {
        let ranges = part.map(|_part| (protocol, part, sets.1));
        [Some((protocol, part, sets.0)), ranges].into_iter().flatten()
    });
    let [whole, profile, who, ports] = [0, 1, 2, 3].map(Register);
    // Behind the key: the bridge and, next to it, a MAC or IP address.
    let (bridge, address) = (Register(4), Register(8));
    let mut rules = Vec::new();
    for (protocol, part, set) in kinds {
        for anyone in [false, true] {
            let line = match part {
                Some(_) => Line::new().protocol(protocol),
                None => Line::new(),
            };
            // The whole key first, and not its first part alone: nft 1.0.6 does not know how
            // long a map's value is, and ends at a key that it has to put together from one.
            let line = line
                .constant(whole, &key(protocol, 0, 0, [0; 4]))
                .load_to(Part::InName, bridge)
                .load_to(mac, address)
                .map(PROFILE, bridge, profile);
            let line = if anyone {
                line.constant(who, &(ANYONE | family_bit(family)).to_ne_bytes())
            } else {
                line.load_to(other, address).map(who_map(family), bridge, who)
            };
            let line = match part {
                Some(part) => line.load_to(part, ports),
                None if protocol == WHOLE => line.protocol_to(ports),
                None => line,
            };
            rules.push(line.found(set, whole).then(permit.clone()));
        }
    }
    if direction == Direction::Out {
        rules.push(Line::new().by_map(&[Part::InName, mac], SENDER));
        rules.push(Line::new().counted().drop());
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_or_touches_is_one() {
        let ports = |first, last| {
            let traffic = Traffic::Ports { protocol: 6, first, last };
            span(2, 4, traffic, Family::Ipv4)
        };
        let all = joined(vec![ports(80, 90), ports(85, 100), ports(200, 200), ports(7, 7)]);
        assert_eq!(all, [ports(7, 7), ports(80, 100), ports(200, 200)]);
        let whole = span(2, 4, Traffic::Protocol(6), Family::Ipv4);
        assert_eq!(whole.0, whole.1, "a range would not be looked up");
        let any = span(2, 4, Traffic::Any, Family::Ipv4);
        assert_eq!(any.0, any.1, "a range would not be looked up");
        let end = ([0xff; 16], [0xff; 16]);
        assert_eq!(joined(vec![end, end]), [end]);
    }

    #[test]
    fn what_has_a_number_of_its_own_is_told() {
        let all = [("a", 1), ("b", 2), ("c", 1)];
        assert_eq!(alone(all.into_iter()), [("b", 2)].into());
    }
}
