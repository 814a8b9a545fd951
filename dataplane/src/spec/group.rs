//! Security groups and their rules.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use ipnet::IpNet;

use super::fault::Faults;
use super::fields::{Fields, range_of, text_of, wrong_kind};
use super::node::{self, Kind, Node, Value};
use super::read::{Entry, Names, entries, id_is_new, unknown, vpc_of};
use crate::desired::{Direction, Family, Group, Peer, Rule, Traffic};
use crate::firewall::protocol::{self, ICMP, ICMPV6};

pub(super) const GROUP: Kind = ("安全组", "group");

/// Reads `[[group]]`.
pub(super) fn groups<'n>(
    root: &mut Fields<'n>,
    names: &mut Names<'n>,
    faults: &mut Faults<'n>,
) -> BTreeMap<String, Group> {
    let mut ids = BTreeMap::new();
    let mut heads = Vec::new();
    // All names first, for rules name groups that stand further down.
    for Entry { about, mut fields } in entries(root, ("group", GROUP), &mut ids, faults) {
        faults.about = about;
        let vpc = vpc_of(&mut fields, names, faults);
        names.groups.insert(about.id, vpc);
        heads.push((about, fields, vpc));
    }
    let mut groups = BTreeMap::new();
    for (about, mut fields, vpc) in heads {
        faults.about = about;
        let mut rules = Vec::new();
        let mut ids = BTreeMap::new();
        let items = fields.list("rule", faults);
        fields.finish(faults);
        for (index, item) in items.iter().enumerate() {
            faults.about.rule = Some(index + 1);
            let name = format!("{}, rule {}", about.id, index + 1);
            rules.extend(rule(item, name, vpc, &mut ids, names, faults));
        }
        rules.shrink_to_fit();
        let vpc = vpc.unwrap_or_default().to_owned();
        groups.insert(about.id.to_owned(), Group { vpc, rules });
    }
    groups
}

fn rule<'n>(
    item: &'n Node<'n>,
    place: String,
    vpc: Option<&'n str>,
    ids: &mut BTreeMap<&'n str, usize>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Rule> {
    let mut fields = Fields::of(item, faults)?;
    let rule = body(&mut fields, place, vpc, ids, names, faults);
    fields.finish(faults);
    rule
}

/// Reads what rules of groups and of ACLs have in common.
pub(super) fn body<'n>(
    fields: &mut Fields<'n>,
    place: String,
    vpc: Option<&'n str>,
    ids: &mut BTreeMap<&'n str, usize>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Rule> {
    let mut name = place;
    if let Some(node) = fields.take("id")
        && let Some(id) = text_of(node, faults)
    {
        id_is_new(id, node.at, ids, faults);
        id.clone_into(&mut name);
    }
    let direction = direction(fields, faults);
    let family = family(fields, faults);
    let traffic = traffic(fields, family, faults);
    let family = traffic.and_then(|(_, family)| family).or(family);
    let peer = peer(fields, direction, (vpc, family), names, faults);
    Some(Rule { name, direction: direction?, family, traffic: traffic?.0, peer: peer? })
}

fn direction<'n>(fields: &mut Fields<'n>, faults: &mut Faults<'n>) -> Option<Direction> {
    let (text, at) = fields.text("direction", faults)?;
    match text {
        "in" => Some(Direction::In),
        "out" => Some(Direction::Out),
        other => {
            faults.add(at, "未知的方向 `{0}`", "unknown direction `{0}`", &[&other]);
            let (zh, en) =
                ("`in`（进入成员）或 `out`（离开成员）", "`in`, to the member, or `out`, from it");
            faults.hint(zh, en, &[]);
            None
        }
    }
}

fn family<'n>(fields: &mut Fields<'n>, faults: &mut Faults<'n>) -> Option<Family> {
    let node = fields.take("family")?;
    match text_of(node, faults)? {
        "ipv4" => Some(Family::Ipv4),
        "ipv6" => Some(Family::Ipv6),
        other => {
            faults.add(node.at, "未知的地址族 `{0}`", "unknown family `{0}`", &[&other]);
            let (zh, en) =
                ("`ipv4` 或 `ipv6`；不写则两者皆可", "`ipv4` or `ipv6`; without it, both");
            faults.hint(zh, en, &[]);
            None
        }
    }
}

/// Returns what a rule permits, and the family that follows from it.
fn traffic<'n>(
    fields: &mut Fields<'n>,
    family: Option<Family>,
    faults: &mut Faults<'n>,
) -> Option<(Traffic, Option<Family>)> {
    let node = fields.needed("protocol", faults);
    let protocol = node.and_then(|node| Some((protocol_of(node, faults)?, node.at)));
    let ports = fields.take("ports");
    let range = ports.and_then(|node| ports_of(node, faults));
    let kind = fields.number("icmp_type", (0, 255), faults);
    let code = fields.number("icmp_code", (0, 255), faults);
    let (protocol, at) = protocol?;
    let number = match protocol {
        Traffic::Protocol(number) => Some(number),
        _ => None,
    };
    let icmp = matches!(number, Some(ICMP | ICMPV6));
    let written = number.map_or_else(|| "any".to_owned(), protocol::name);
    if let Some((_, at)) = kind.or(code).filter(|_| !icmp) {
        let (zh, en) = ("协议 `{0}` 没有 ICMP 类型", "protocol `{0}` has no ICMP type");
        faults.add(at, zh, en, &[&written]);
        faults.hint("仅用于 `icmp` 和 `icmpv6`", "only with `icmp` and `icmpv6`", &[]);
    }
    if let (None, Some((_, at))) = (kind, code) {
        let (zh, en) = ("有 `icmp_code` 而无 `icmp_type`", "`icmp_code` without `icmp_type`");
        faults.add(at, zh, en, &[]);
    }
    if let Some(node) = ports.filter(|_| !number.is_some_and(protocol::has_ports)) {
        let (zh, en) = ("协议 `{0}` 没有端口", "protocol `{0}` has no ports");
        faults.add(node.at, zh, en, &[&written]);
        faults.hint("仅用于 `tcp`、`udp`、`sctp`", "only with `tcp`, `udp` and `sctp`", &[]);
    }
    let Some(number) = number else { return Some((Traffic::Any, None)) };
    if !icmp {
        let traffic = match (range, ports) {
            (Some((first, last)), _) => Traffic::Ports { protocol: number, first, last },
            (None, None) => Traffic::Protocol(number),
            // Refused above; not taken for all ports.
            (None, Some(_)) => return None,
        };
        return Some((traffic, None));
    }
    let own = if number == ICMP { Family::Ipv4 } else { Family::Ipv6 };
    if family.is_some_and(|family| family != own) {
        let (zh, en) = ("`{0}` 不属于该地址族", "`{0}` is not of this family");
        faults.add(at, zh, en, &[&written]);
        let (zh, en) = ("IPv4 用 `icmp`，IPv6 用 `icmpv6`", "`icmp` for IPv4, `icmpv6` for IPv6");
        faults.hint(zh, en, &[]);
    }
    let byte = |number: Option<(u32, usize)>| number.and_then(|(n, _)| u8::try_from(n).ok());
    Some((Traffic::Icmp { kind: byte(kind), code: byte(code) }, Some(own)))
}

/// Returns a protocol, or any.
fn protocol_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<Traffic> {
    let written: &dyn fmt::Display = match &node.value {
        Value::Integer(number) => match u8::try_from(*number) {
            Ok(number) => return Some(Traffic::Protocol(number)),
            Err(_) => number,
        },
        Value::Text(text) if text == "any" => return Some(Traffic::Any),
        Value::Text(text) => match protocol::number(text) {
            Some(number) => return Some(Traffic::Protocol(number)),
            None => text,
        },
        other => {
            wrong_kind(node.at, other.kind(), node::TEXT, faults);
            return None;
        }
    };
    faults.add(node.at, "未知的协议 `{0}`", "unknown protocol `{0}`", &[written]);
    let (zh, en) = (
        "any、tcp、udp、sctp、icmp、icmpv6，或协议号 0 至 255",
        "any, tcp, udp, sctp, icmp, icmpv6, or its number, 0 to 255",
    );
    faults.hint(zh, en, &[]);
    None
}

fn ports_of<'n>(node: &'n Node<'n>, faults: &mut Faults<'n>) -> Option<(u16, u16)> {
    let (written, range): (&dyn fmt::Display, _) = match &node.value {
        Value::Integer(number) => (number, u16::try_from(*number).ok().map(|port| (port, port))),
        Value::Text(text) => {
            let (first, last) = text.split_once('-').unwrap_or((text, text));
            (text, first.trim().parse().ok().zip(last.trim().parse().ok()))
        }
        other => {
            wrong_kind(node.at, other.kind(), node::TEXT, faults);
            return None;
        }
    };
    match range {
        Some((first, last)) if first > last => {
            let (zh, en) = ("端口范围 `{0}` 首尾颠倒", "the range of ports `{0}` is reversed");
            faults.add(node.at, zh, en, &[written]);
            faults.hint("写作 `{0}-{1}`", "write `{0}-{1}`", &[&last, &first]);
            None
        }
        Some((first, last)) if first > 0 => Some((first, last)),
        _ => {
            faults.add(node.at, "`{0}` 不是端口", "`{0}` is no port or range of ports", &[written]);
            let (zh, en) = (
                "1 至 65535：`443` 或 `\"8000-8080\"`；全部端口则不写",
                "1 to 65535: `443` or `\"8000-8080\"`; leave it out for all",
            );
            faults.hint(zh, en, &[]);
            None
        }
    }
}

/// Returns the other end of a rule: `from` of one to the member, `to` of one from it.
fn peer<'n>(
    fields: &mut Fields<'n>,
    direction: Option<Direction>,
    (vpc, family): (Option<&'n str>, Option<Family>),
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Peer> {
    let (from, to) = (fields.take("from"), fields.take("to"));
    let (node, other) = match direction? {
        Direction::In => (from, to),
        Direction::Out => (to, from),
    };
    if let Some(other) = other {
        let (zh, en) = match direction? {
            Direction::In => ("`in` 规则没有 `to`", "a rule `in` has no `to`"),
            Direction::Out => ("`out` 规则没有 `from`", "a rule `out` has no `from`"),
        };
        faults.add(other.at, zh, en, &[]);
        let (zh, en) = ("`in` 配 `from`，`out` 配 `to`", "`in` goes with `from`, `out` with `to`");
        faults.hint(zh, en, &[]);
    }
    let Some(node) = node else { return Some(Peer::Any) };
    let mut fields = Fields::of(node, faults)?;
    let (group, cidr, addresses) =
        (fields.take("group"), fields.take("cidr"), fields.take("addresses"));
    fields.finish(faults);
    match (group, cidr, addresses) {
        (Some(group), None, None) => peer_group(group, vpc, names, faults),
        (None, Some(cidr), None) => {
            let range = range_of(cidr, faults)?;
            let of = if range.addr().is_ipv4() { Family::Ipv4 } else { Family::Ipv6 };
            if family.is_some_and(|family| family != of) {
                let (zh, en) =
                    ("`{0}` 与规则的地址族不符", "`{0}` is not of the family of the rule");
                faults.add(cidr.at, zh, en, &[&range]);
            }
            Some(Peer::Ranges(BTreeSet::from([range])))
        }
        (None, None, Some(addresses)) => peer_addresses(addresses, names, faults),
        _ => {
            let (zh, en) = ("对端须且只须写一种", "the other end is said once and in one way");
            faults.add(node.at, zh, en, &[]);
            let (zh, en) = (
                "`group`、`cidr`、`addresses` 之一；任何人则整项不写",
                "`group`, `cidr` or `addresses`; leave it out for anyone",
            );
            faults.hint(zh, en, &[]);
            None
        }
    }
}

fn peer_group<'n>(
    node: &'n Node<'n>,
    vpc: Option<&'n str>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Peer> {
    let group = text_of(node, faults)?;
    group_is_of(group, node.at, vpc, names, faults).then(|| Peer::Group(group.to_owned()))
}

/// Whether a group is there and of a VPC; says why not otherwise.
pub(super) fn group_is_of<'n>(
    group: &str,
    at: usize,
    vpc: Option<&'n str>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> bool {
    let Some(theirs) = names.groups.get(group) else {
        unknown(GROUP, group, at, &mut names.groups.keys().copied(), faults);
        return false;
    };
    let (Some(theirs), Some(vpc)) = (theirs, vpc) else { return false };
    if *theirs != vpc {
        let (zh, en) = (
            "安全组 `{0}` 属于 VPC `{1}`，不是 `{2}`",
            "group `{0}` is of VPC `{1}`, not of `{2}`",
        );
        faults.add(at, zh, en, &[&group, theirs, &vpc]);
    }
    *theirs == vpc
}

fn peer_addresses<'n>(
    node: &'n Node<'n>,
    names: &Names<'n>,
    faults: &mut Faults<'n>,
) -> Option<Peer> {
    let id = text_of(node, faults)?;
    if let Some(ranges) = names.addresses.get(id) {
        let ranges: &BTreeSet<IpNet> = ranges;
        return Some(Peer::Ranges(ranges.clone()));
    }
    let kind = ("地址组", "group of addresses");
    unknown(kind, id, node.at, &mut names.addresses.keys().copied(), faults);
    None
}
