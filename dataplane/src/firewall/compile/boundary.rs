//! What may pass the boundary of a VPC, judged at the port of this node that begins or gets it.
//!
//! There both directions of a connection come by, whichever routers they take, so an answer is
//! known as one: rules of an ACL are for what begins. In order, the first that matches decides.

use std::collections::BTreeSet;

use ipnet::IpNet;

use super::line::{DESTINATION_MAC, Line, Part, destination, element, source};
use super::profile::{add_spans, carried, comment, families};
use super::span::spans;
use super::{Build, CompileError, LOCAL, hash_map, routed};
use crate::desired::routing::Acl;
use crate::desired::{Desired, Direction, Family, Peer};
use crate::naming;
use crate::nft::{KeyType, Rule, Value, ValueType, Verdict};
use crate::router;

/// Map of bridge to what may come in, or go out, of its VPC.
const IN: &str = "as_acl_in";
const OUT: &str = "as_acl_out";

/// The rules that look at what goes out, and at what comes in.
pub(super) struct Looks {
    pub(super) out: Rule,
    pub(super) inward: Rule,
}

/// Adds the chains of all ACLs; nothing where there are none here.
pub(super) fn add(build: &mut Build, desired: &Desired) -> Result<Option<Looks>, CompileError> {
    let mut maps =
        [IN, OUT].map(|_name| hash_map(vec![KeyType::InterfaceName], ValueType::Verdict));
    let gateways = router::compile::gateways(desired);
    for (vpc, acl) in &desired.routing.acls {
        let Some(networks) = gateways.get(vpc.as_str()) else { continue };
        let own = router::compile::ranges(desired, vpc);
        let digits = naming::digits([vpc.as_str()]);
        let directions = [(Direction::In, 'i'), (Direction::Out, 'o')];
        for (map, (direction, letter)) in maps.iter_mut().zip(directions) {
            let name = format!("as_a{letter}_{digits}");
            let name = build.names.give(name, &format!("acl of `{vpc}`"))?;
            let rules = rules(build, acl, direction, &own)?;
            build.inet_chain(&name, rules);
            for network in networks {
                let key = element(&[&naming::bridge(network).padded()]);
                let verdict = Value::Verdict(Verdict::Jump(name.clone()));
                map.elements.insert(key, Some(verdict));
            }
        }
    }
    if maps.iter().all(|map| map.elements.is_empty()) {
        return Ok(None);
    }
    for (name, map) in [IN, OUT].into_iter().zip(maps) {
        build.inet.sets.insert(name.to_owned(), map);
    }
    let receiver = [Part::InName, DESTINATION_MAC];
    let out = Line::new().within(&receiver, routed::ROUTERS).by_map(&[Part::InName], OUT);
    let inward = Line::new().within(&receiver, LOCAL).by_map(&[Part::InName], IN);
    Ok(Some(Looks { out, inward }))
}

fn other_end(direction: Direction, family: Family) -> Part {
    match direction {
        Direction::In => source(family),
        Direction::Out => destination(family),
    }
}

fn rules(
    build: &mut Build,
    acl: &Acl,
    direction: Direction,
    own: &BTreeSet<IpNet>,
) -> Result<Vec<Rule>, CompileError> {
    let mut rules = Vec::new();
    for family in [Family::Ipv4, Family::Ipv6] {
        let within = ranges(build, own, family)?;
        let line = Line::new().comment("within the VPC").family(family);
        let part = [other_end(direction, family)];
        rules.extend(within.map(|set| line.within(&part, &set).then(Verdict::Return)));
    }
    for acl_rule in acl.rules.iter().filter(|it| it.rule.direction == direction) {
        let verdict = verdict(acl_rule.allows);
        for family in families(&acl_rule.rule) {
            let line = Line::new().comment(&comment(&acl.id, &acl_rule.rule));
            let line = carried(line, acl_rule.rule.traffic, family);
            let line = match (&acl_rule.rule.peer, family) {
                (Peer::Ranges(of), Some(family)) => {
                    let Some(set) = ranges(build, of, family)? else { continue };
                    line.within(&[other_end(direction, family)], &set)
                }
                _ => line,
            };
            rules.push(counted(line, acl_rule.allows).then(verdict.clone()));
        }
    }
    let allows = if direction == Direction::In { acl.inward } else { acl.out };
    rules.push(counted(Line::new(), allows).then(verdict(allows)));
    Ok(rules)
}

fn verdict(allows: bool) -> Verdict {
    if allows { Verdict::Return } else { Verdict::Drop }
}

fn counted(line: Line, allows: bool) -> Line {
    if allows { line } else { line.counted() }
}

/// Makes the set of the ranges of a family; none where there are none.
fn ranges(
    build: &mut Build,
    of: &BTreeSet<IpNet>,
    family: Family,
) -> Result<Option<String>, CompileError> {
    let spans = spans(of, family);
    if spans.is_empty() { Ok(None) } else { add_spans(build, &spans, family).map(Some) }
}
