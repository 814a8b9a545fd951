//! What comes from a router, of this node or of another: all have one MAC address.
//!
//! Its two directions may pass different routers, so a bridge that only one of them comes by
//! knows no connection. Where its receiver is a port of this node, both do.

use super::grant::{GET4, GET6};
use super::line::{DESTINATION_MAC, Line, Part, element};
use super::{Build, LOCAL, RECEIVER, hash_set};
use crate::desired::{Desired, Family};
use crate::naming;
use crate::nft::{KeyType, Rule};
use crate::router;

/// Set of (bridge, MAC address) of routers.
pub(super) const ROUTERS: &str = "as_router";
const ROUTED: &str = "as_routed";

/// Bit of conntrack's state (`NF_CT_STATE_BIT`).
const INVALID: u32 = 1;

/// Adds the way of what a router sends, with what looks at what comes into a VPC; returns the
/// rule that leads there, where there are routers.
pub(super) fn add(build: &mut Build, desired: &Desired, inward: Option<Rule>) -> Option<Rule> {
    let networks = router::compile::routed(desired);
    if networks.is_empty() {
        return None;
    }
    let mut set = hash_set(vec![KeyType::InterfaceName, KeyType::Ether]);
    for network in networks {
        let bridge = naming::bridge(network).padded();
        set.elements.insert(element(&[&bridge, &router::MAC.0]), None);
    }
    build.inet.sets.insert(ROUTERS.to_owned(), set);
    let receiver = [Part::InName, DESTINATION_MAC];
    let mut rules = vec![Line::new().state(INVALID).within(&receiver, LOCAL).counted().drop()];
    rules.extend(inward);
    rules.push(Line::new().family(Family::Ipv4).jump(GET4));
    rules.push(Line::new().family(Family::Ipv6).jump(GET6));
    rules.push(Line::new().by_map(&receiver, RECEIVER));
    // For a port of another node, which judges it.
    rules.push(Line::new().accept());
    build.inet_chain(ROUTED, rules);
    Some(Line::new().within(&[Part::InName, super::line::SOURCE_MAC], ROUTERS).goto(ROUTED))
}
