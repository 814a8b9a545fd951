//! What ports may send and get by their groups, as far as elements ([`grant`](super::grant)) do
//! not say it: a chain for each set of groups and direction, where there is anything to say.
//!
//! Chain `as_o_…` returns where the port may send, `as_i_…` accepts where it may get; both drop
//! at their end. Groups are of one VPC, so a chain serves all its networks; members of a group
//! are those of the whole VPC, in `as_g_…` (IPv4) and `as_h_…` (IPv6).

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::grant::{Known, is_limited, stations};
use super::line::{Line, address_type, destination, element, key, source};
use super::span::{Octets, Span, is_of, spans};
use super::{
    Build, CompileError, Facts, LIMITED, LOCAL, RECEIVER, SENDER, grant, hash_map, hash_set,
    range_set,
};
use crate::address::Mac;
use crate::desired::{
    Desired, Direction, Family, Peer, Port, Remote, Rule as Permission, Semantics, Traffic,
};
use crate::firewall::judge::{dual_vpcs, link_local};
use crate::firewall::protocol::{ICMP, ICMPV6};
use crate::naming;
use crate::nft::{Element, KeyType, Rule, Value, ValueType, Verdict};

const FAMILIES: [Family; 2] = [Family::Ipv4, Family::Ipv6];
/// Chain of those about whom elements say all: what these do not permit ends here. Every port
/// has its place in the maps, so that other groups take the place of what it was before at once.
const CLOSED: &str = "as_closed";

pub(super) fn add(
    build: &mut Build,
    desired: &Desired,
    facts: Option<&Facts>,
) -> Result<(), CompileError> {
    let known = Known::of(desired, facts);
    grant::add(build, &known);
    let mut profiles =
        Profiles { desired, known: &known, dual: dual_vpcs(desired), members: BTreeSet::new() };
    let mut chains: BTreeMap<&BTreeSet<String>, [Option<Verdict>; 2]> = BTreeMap::new();
    let mut owners: BTreeMap<(&str, Mac), (&str, &Port)> = BTreeMap::new();
    let station = vec![KeyType::InterfaceName, KeyType::Ether];
    let mut sender = hash_map(station.clone(), ValueType::Verdict);
    let mut receiver = hash_map(station.clone(), ValueType::Verdict);
    build.common(CLOSED, &|| vec![Line::new().counted().drop()]);
    let mut limited = hash_set(station.clone());
    let mut local = hash_set(station);
    for (id, port) in &desired.ports {
        let [inward, out] = if !port.security {
            [Some(Verdict::Accept), None]
        } else if let Some(made) = chains.get(&*port.groups) {
            made.clone()
        } else {
            let made = profiles.add(build, &port.groups)?;
            chains.entry(&port.groups).or_insert(made).clone()
        };
        for mac in macs(port) {
            let owner = owners.entry((&port.network, mac)).or_insert((id, port));
            let same =
                |other: &Port| (other.security, &other.groups) == (port.security, &port.groups);
            if !same(owner.1) {
                let first = owner.0.to_owned();
                return Err(CompileError::SharedMac { mac, first, second: id.clone() });
            }
        }
        for key in stations(port) {
            for (map, verdict) in [(&mut sender, &out), (&mut receiver, &inward)] {
                if let Some(verdict) = verdict {
                    map.elements.insert(key.clone(), Some(Value::Verdict(verdict.clone())));
                }
            }
            if port.security && is_limited(desired, &port.groups) {
                limited.elements.insert(key.clone(), None);
            }
            local.elements.insert(key, None);
        }
    }
    build.inet.sets.insert(SENDER.to_owned(), sender);
    build.inet.sets.insert(RECEIVER.to_owned(), receiver);
    build.inet.sets.insert(LIMITED.to_owned(), limited);
    build.inet.sets.insert(LOCAL.to_owned(), local);
    add_members(build, desired, &profiles)
}

/// Returns the MAC addresses that a port may use.
pub(super) fn macs(port: &Port) -> BTreeSet<Mac> {
    let mut macs = BTreeSet::from([port.mac]);
    macs.extend(port.allowed.iter().filter_map(|pair| pair.mac));
    macs
}

fn member_set(family: Family, group: &str) -> String {
    let prefix = if family == Family::Ipv4 { "as_g_" } else { "as_h_" };
    format!("{prefix}{}", naming::digits([group]))
}

/// Profiles in the making.
#[derive(Debug)]
struct Profiles<'k, 'd> {
    desired: &'d Desired,
    known: &'k Known<'d>,
    /// VPCs that use IPv6.
    dual: BTreeSet<&'d str>,
    /// Groups whose members rules ask for.
    members: BTreeSet<&'d str>,
}

impl<'d> Profiles<'_, 'd> {
    /// Makes the chains of a set of groups; returns what becomes of what they get and send.
    fn add(
        &mut self,
        build: &mut Build,
        groups: &'d BTreeSet<String>,
    ) -> Result<[Option<Verdict>; 2], CompileError> {
        let digits = naming::digits(groups.iter().map(String::as_str));
        let listed = groups.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let what = format!("groups `{listed}`");
        let mut made = [None, None];
        for (verdict, (direction, letter)) in
            made.iter_mut().zip([(Direction::In, 'i'), (Direction::Out, 'o')])
        {
            if direction == Direction::Out && !is_limited(self.desired, groups) {
                continue;
            }
            let mut rules = self.rules(build, groups, direction)?;
            if rules.is_empty() {
                *verdict = Some(Verdict::Goto(CLOSED.to_owned()));
                continue;
            }
            rules.push(Line::new().counted().drop());
            let name = build.names.give(format!("as_{letter}_{digits}"), &what)?;
            build.inet_chain(&name, rules);
            *verdict = Some(Verdict::Goto(name));
        }
        Ok(made)
    }

    fn rules(
        &mut self,
        build: &mut Build,
        groups: &'d BTreeSet<String>,
        direction: Direction,
    ) -> Result<Vec<Rule>, CompileError> {
        let permit = match direction {
            Direction::In => Verdict::Accept,
            Direction::Out => Verdict::Return,
        };
        let mut rules = Vec::new();
        if self.desired.semantics == Semantics::Norm {
            for group in groups.iter().filter(|group| !self.known.names(groups, group)) {
                self.members.insert(group);
                for family in self.families(group).iter().copied() {
                    let line = Line::new().comment(&format!("same group: {group}")).family(family);
                    let part = [other_end(direction, family)];
                    rules.push(line.within(&part, &member_set(family, group)).then(permit.clone()));
                }
            }
        }
        for (group, permission) in permissions(self.desired, groups, direction) {
            if self.known.grants(groups, &permission.peer) {
                continue;
            }
            let name = comment(group, permission);
            for family in families(permission) {
                let line = carried(Line::new().comment(&name), permission.traffic, family);
                if let Some(line) = self.towards(build, line, permission, family)? {
                    rules.push(line.then(permit.clone()));
                }
            }
        }
        Ok(rules)
    }

    /// Returns the families that a group has members of.
    fn families(&self, group: &str) -> &'static [Family] {
        let vpc = self.desired.groups.get(group).map(|group| group.vpc.as_str());
        let both = vpc.is_some_and(|vpc| self.dual.contains(vpc));
        if both { &[Family::Ipv4, Family::Ipv6] } else { &[Family::Ipv4] }
    }

    /// Adds what a rule says of the other end; `None` where nobody is of that family.
    fn towards(
        &mut self,
        build: &mut Build,
        line: Line,
        permission: &'d Permission,
        family: Option<Family>,
    ) -> Result<Option<Line>, CompileError> {
        let Some(family) = family else { return Ok(Some(line)) };
        let part = other_end(permission.direction, family);
        Ok(Some(match &permission.peer {
            Peer::Any => line,
            Peer::Group(group) => {
                if !self.families(group).contains(&family) {
                    return Ok(None);
                }
                self.members.insert(group);
                line.within(&[part], &member_set(family, group))
            }
            Peer::Ranges(ranges) => {
                let mut of = ranges.iter().filter(|range| is_of(range.addr(), family));
                match (of.next(), of.next()) {
                    (None, _) => return Ok(None),
                    (Some(range), None) if range.prefix_len() == 0 => line,
                    (Some(range), None) => {
                        let network = Octets::of(range.network());
                        let mask = Octets::of(range.netmask());
                        line.prefix(part, network.as_slice(), mask.as_slice())
                    }
                    _ => {
                        let set = add_spans(build, &spans(ranges, family), family)?;
                        line.within(&[part], &set)
                    }
                }
            }
        }))
    }
}

/// Returns the rules of groups for a direction, each with its group.
pub(super) fn permissions<'d>(
    desired: &'d Desired,
    groups: &'d BTreeSet<String>,
    direction: Direction,
) -> impl Iterator<Item = (&'d str, &'d Permission)> {
    let known = groups.iter().filter_map(|id| desired.groups.get_key_value(id));
    known.flat_map(move |(id, group)| {
        let rules = group.rules.iter().filter(move |rule| rule.direction == direction);
        rules.map(move |rule| (id.as_str(), rule))
    })
}

/// Where the address of the other end stands: of who sends, for what the member gets.
fn other_end(direction: Direction, family: Family) -> super::line::Part {
    match direction {
        Direction::In => source(family),
        Direction::Out => destination(family),
    }
}

/// Returns the families that a rule needs a rule for; one for both where it asks for no address.
pub(super) fn families(permission: &Permission) -> Vec<Option<Family>> {
    let icmp = matches!(permission.traffic, Traffic::Icmp { .. });
    match (permission.family, &permission.peer) {
        (Some(family), _) => vec![Some(family)],
        (None, Peer::Any) if !icmp => vec![None],
        (None, _) => FAMILIES.map(Some).to_vec(),
    }
}

pub(super) fn comment(group: &str, permission: &Permission) -> String {
    // A rule without an id is named by its group and place already.
    if permission.name.starts_with(group) {
        permission.name.clone()
    } else {
        format!("{group}, {}", permission.name)
    }
}

/// Adds what a rule says of protocols.
pub(super) fn carried(line: Line, traffic: Traffic, family: Option<Family>) -> Line {
    let line = match family {
        Some(family) => line.family(family),
        None => line,
    };
    match traffic {
        Traffic::Any => line,
        Traffic::Protocol(protocol) => line.protocol(protocol),
        Traffic::Ports { protocol, first, last } => {
            line.protocol(protocol).destination_ports(first, last)
        }
        Traffic::Icmp { kind, code } => {
            let own = if family == Some(Family::Ipv6) { ICMPV6 } else { ICMP };
            let line = line.protocol(own);
            let line = kind.map_or(line.clone(), |kind| line.icmp_type(kind));
            code.map_or(line.clone(), |code| line.icmp_code(code))
        }
    }
}

/// Makes a set of ranges, named by what is in it: rules with equal ranges share one.
pub(super) fn add_spans(
    build: &mut Build,
    spans: &[Span],
    family: Family,
) -> Result<String, CompileError> {
    let listed: Vec<String> = spans.iter().map(|(first, last)| format!("{first}-{last}")).collect();
    let name = format!("as_r_{}", naming::digits(listed.iter().map(String::as_str)));
    let what = listed.join(", ");
    let name = build.names.give(name, &format!("ranges {what}"))?;
    build.inet.sets.entry(name.clone()).or_insert_with(|| {
        let mut set = range_set(vec![address_type(family)]);
        for (first, last) in spans {
            let ends = (Octets::of(*first), Octets::of(*last));
            let (first, last) = (key(&[ends.0.as_slice()]), key(&[ends.1.as_slice()]));
            set.elements.insert(Element::range(first, last), None);
        }
        set
    });
    Ok(name)
}

/// Returns members with their groups.
pub(super) fn members(desired: &Desired) -> impl Iterator<Item = (&BTreeSet<String>, Vec<IpAddr>)> {
    let here = desired.ports.values().map(|port| (&*port.groups, of_port(port)));
    let elsewhere = desired.remotes.values().map(|remote| (&*remote.groups, of_remote(remote)));
    here.chain(elsewhere)
}

/// Returns the addresses by which a port is a member: its own, its link-local one, and allowed
/// ranges of one address.
pub(super) fn of_port(port: &Port) -> Vec<IpAddr> {
    let single = port.allowed.iter().map(|pair| pair.range);
    let single = single.filter(|range| range.prefix_len() == range.max_prefix_len());
    let all = port.addresses.iter().copied().chain(single.map(|range| range.addr()));
    all.chain([link_local(port.mac)]).collect()
}

/// The same of a port elsewhere.
pub(super) fn of_remote(remote: &Remote) -> Vec<IpAddr> {
    remote.addresses.iter().copied().chain([link_local(remote.mac)]).collect()
}

/// Fills the sets of members that rules name.
fn add_members(
    build: &mut Build,
    desired: &Desired,
    profiles: &Profiles<'_, '_>,
) -> Result<(), CompileError> {
    let mut of = BTreeMap::new();
    of.extend(profiles.members.iter().map(|group| (*group, BTreeSet::new())));
    for (groups, addresses) in members(desired) {
        for group in groups {
            if let Some(members) = of.get_mut(group.as_str()) {
                members.extend(addresses.iter().copied());
            }
        }
    }
    for (group, members) in of {
        for family in profiles.families(group) {
            let mut set = hash_set(vec![address_type(*family)]);
            for member in members.iter().filter(|member| is_of(**member, *family)) {
                set.elements.insert(element(&[Octets::of(*member).as_slice()]), None);
            }
            let name = build.names.give(member_set(*family, group), &format!("group `{group}`"))?;
            build.inet.sets.insert(name, set);
        }
    }
    Ok(())
}
