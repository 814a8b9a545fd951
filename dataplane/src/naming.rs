//! Names of what we make, and numbers of conntrack zones: both follow from ids, so that every
//! run finds again what an earlier one made.
//!
//! A name is a prefix and ten hexadecimal digits of FNV-1a (64 bits, the lower 40) of the id: a
//! device's name has 15 bytes only, and ids are long. Two ids with one name are refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Device, Mac};
use crate::desired::{Desired, Network, Zones};
use crate::nft::Value;
use crate::router::compile as router;
use crate::seen::Seen;

/// Name of the map that gives packets their conntrack zone.
pub const ZONE_MAP: &str = "as_zone";

/// Why names or numbers cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
#[non_exhaustive]
pub enum NamingError {
    /// Two things would have one name.
    #[error("{first} and {second} would both be named `{name}`")]
    Collision { name: String, first: String, second: String },
    /// More networks than a conntrack zone has numbers.
    #[error(
        "{networks} networks on one node are more than the {most} that conntrack can tell apart"
    )]
    TooMany { networks: usize, most: u16 },
}

impl NamingError {
    /// What the operator can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Collision { second, .. } => {
                Some(format!("names come from ids: give {second} another id"))
            }
            Self::TooMany { .. } => Some("spread the networks over more nodes".to_owned()),
        }
    }
}

/// Returns ten hexadecimal digits for a text given in parts, the same for ever.
///
/// Parts are told apart: `["ab", "c"]` is not `["a", "bc"]`.
pub fn digits<'t>(parts: impl IntoIterator<Item = &'t str>) -> String {
    format!("{:010x}", hash(parts) & 0xff_ffff_ffff)
}

/// Returns the hash (FNV-1a, 64 bits) of a text given in parts.
pub(crate) fn hash<'t>(parts: impl IntoIterator<Item = &'t str>) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    for (at, part) in parts.into_iter().enumerate() {
        if at > 0 {
            take(0);
        }
        part.bytes().for_each(&mut take);
    }
    hash
}

/// Returns the name of a network's bridge.
pub fn bridge(network: &str) -> Device {
    device("asb", network)
}

/// Returns the MAC address that bridges of ours get, which their names tell. One that is
/// not given is that of some port, and with a port that comes or goes it is another's; the kernel
/// (6.18) then forgets every neighbour, permanent ones included (`neigh_changeaddr`).
pub fn bridge_mac(bridge: &Device) -> Mac {
    let digits = bridge.as_str().get(3..).unwrap_or_default();
    let number = u64::from_str_radix(digits, 16).unwrap_or_default().to_be_bytes();
    let mut mac = [0x06, 0, 0, 0, 0, 0];
    for (to, from) in mac.iter_mut().skip(1).zip(number.iter().skip(3)) {
        *to = *from;
    }
    Mac(mac)
}

/// Returns the name of a network's VXLAN device.
pub fn vxlan(network: &str) -> Device {
    device("asv", network)
}

/// Returns the name of the port of a network's bridge that leads to the VPC's router.
pub fn gateway(network: &str) -> Device {
    device("asr", network)
}

/// Returns the name of the router's end of it.
pub fn gateway_end(network: &str) -> Device {
    device("asg", network)
}

/// Returns the name of both ends of a pair between two routers.
pub fn peer(peering: &str) -> Device {
    device(PEER, peering)
}

const PEER: &str = "asy";

/// Whether a name is that of an end of such a pair.
pub fn is_peer(device: &Device) -> bool {
    device.as_str().starts_with(PEER)
}

/// Returns the name of a router's device in an external network.
pub fn uplink(external: &str) -> Device {
    device("asx", external)
}

fn device(prefix: &str, network: &str) -> Device {
    // A full node asks for tens of thousands: a text that is written and read takes longer.
    Device::numbered(prefix, hash([network]))
}

/// Names given so far, and for what.
#[derive(Debug, Default)]
pub struct Names {
    given: BTreeMap<String, String>,
}

impl Names {
    /// Notes that a name is for something; once it is for that, it is for nothing else.
    pub fn give(&mut self, name: String, to: &str) -> Result<String, NamingError> {
        match self.given.get(&name) {
            None => {
                self.given.insert(name.clone(), to.to_owned());
                Ok(name)
            }
            Some(first) if first == to => Ok(name),
            Some(first) => {
                Err(NamingError::Collision { name, first: first.clone(), second: to.to_owned() })
            }
        }
    }
}

/// Returns the networks that this node has a port of, or knows a port of elsewhere; with EVPN,
/// those too that a router here is in.
///
/// Only these get devices, rules and a zone here: a file may list all networks of a site, and
/// a node needs those of its guests.
pub fn placed(desired: &Desired) -> BTreeSet<&str> {
    let ports = desired.ports.values().map(|port| port.network.as_str());
    let remotes = desired.remotes.values().map(|remote| remote.network.as_str());
    let mut placed = BTreeSet::new();
    placed.extend(ports.chain(remotes));
    if desired.node.evpn.is_some() {
        // Others' ports need not be named, and a router here sends to them all the same.
        let near = router::near(desired);
        let routed = desired.networks.iter().filter(|(_id, it)| {
            let gateway = it.subnets.values().any(|subnet| subnet.gateway.is_some());
            gateway && near.contains(it.vpc.as_str())
        });
        placed.extend(routed.map(|(id, _it)| id.as_str()));
    }
    placed
}

/// Returns a zone for each network that is [`placed`]: its number in `kept` where it has one,
/// else the lowest that is free.
///
/// A number in `kept` is not given to another network even where its own is no longer wanted:
/// conntrack may still have connections in it. It is free once it is no longer seen.
pub fn zones(desired: &Desired, kept: &Zones) -> Result<Zones, NamingError> {
    let wanted = placed(desired);
    let mut of = BTreeMap::new();
    let mut taken = BTreeSet::new();
    taken.extend(kept.of.values().copied());
    let mut free = (1..=u16::MAX).filter(|number| !taken.contains(number));
    for network in &wanted {
        let number = kept.of.get(*network).copied().or_else(|| free.next());
        let number =
            number.ok_or(NamingError::TooMany { networks: wanted.len(), most: u16::MAX })?;
        of.insert((*network).to_owned(), number);
    }
    Ok(Zones { of })
}

/// Returns the zones that the kernel has: by network where those that are
/// `wanted` or the mark of a bridge
/// tells which, else by the name of the bridge.
pub fn seen_zones(seen: &Seen, wanted: &BTreeMap<String, Network>) -> Zones {
    let map = seen.ruleset.inet.as_ref().and_then(|table| table.sets.get(ZONE_MAP));
    let mut networks = BTreeMap::new();
    networks.extend(wanted.keys().map(|id| (bridge(id).to_string(), id.as_str())));
    for (name, link) in &seen.links {
        let id = link.alias.as_deref().and_then(|alias| alias.strip_prefix("assay:network:"));
        if let Some(id) = id.filter(|id| bridge(id) == *name) {
            networks.insert(name.to_string(), id);
        }
    }
    let mut of = BTreeMap::new();
    for (element, value) in map.into_iter().flat_map(|set| set.elements.iter()) {
        let end = element.key.iter().position(|byte| *byte == 0).unwrap_or(element.key.len());
        let name = element.key.get(..end).and_then(|name| std::str::from_utf8(name).ok());
        let number = match value {
            Some(Value::Bytes(bytes)) => {
                <[u8; 2]>::try_from(bytes.as_slice()).ok().map(u16::from_ne_bytes)
            }
            _ => None,
        };
        if let (Some(name), Some(number)) = (name, number) {
            let network = networks.get(name).copied().unwrap_or(name);
            of.insert(network.to_owned(), number);
        }
    }
    Zones { of }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nft::{Element, Key, Ruleset, Set, Table, ValueType};

    fn desired(networks: &[&str]) -> Desired {
        let mut text = concat!(
            "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n[node]\nname = \"n\"\n",
            "device = \"u0\"\nvtep = \"10.99.0.1\"\n[[vpc]]\nid = \"v\"\n"
        )
        .to_owned();
        for (at, network) in networks.iter().enumerate() {
            let number = at + 1;
            let block = format!(
                "[[network]]\nid = \"{network}\"\nvpc = \"v\"\nvni = {number}\n[[port]]\n\
                 id = \"p-{network}\"\nnetwork = \"{network}\"\ndevice = \"d{number}\"\n\
                 kind = \"tap\"\nmac = \"02:00:00:00:00:{number:02x}\"\n\
                 ips = []\ngroups = []\n"
            );
            text.push_str(&block);
        }
        crate::spec::read("test.toml", &text).expect("the file is sound")
    }

    #[test]
    fn names_stay_as_they_were() {
        // FNV-1a of `red-a`, by another program; other names would lose what earlier runs made.
        assert_eq!(bridge("red-a").as_str(), "asbf313c654c6");
        assert_eq!(vxlan("red-a").as_str(), "asvf313c654c6");
        assert_ne!(digits(["ab", "c"]), digits(["a", "bc"]));
    }

    #[test]
    fn a_name_is_for_one_thing_only() {
        let mut names = Names::default();
        assert!(names.give("x".to_owned(), "group `a`").is_ok());
        assert!(names.give("x".to_owned(), "group `a`").is_ok());
        let refused = names.give("x".to_owned(), "group `b`");
        assert!(matches!(refused, Err(NamingError::Collision { .. })), "{refused:?}");
    }

    #[test]
    fn a_zone_once_given_is_kept_and_is_given_to_no_other() {
        let kept = Zones { of: [("b".to_owned(), 1), ("gone".to_owned(), 2)].into() };
        let zones = zones(&desired(&["a", "b", "c"]), &kept).unwrap();
        let expected = [("a".to_owned(), 3), ("b".to_owned(), 1), ("c".to_owned(), 4)];
        assert_eq!(zones.of, expected.into());
    }

    #[test]
    fn zones_are_read_back_from_the_kernel() {
        let element = |name: &str, zone: u16| {
            let device: Device = name.parse().unwrap();
            let key = Element { key: Key::from_slice(&device.padded()), last: None };
            (key, Some(Value::Bytes(zone.to_ne_bytes().as_slice().into())))
        };
        let elements = [element(bridge("a").as_str(), 7), element("asb0000000000", 9)];
        let set = Set {
            key: Vec::new(),
            value: Some(ValueType::Zone),
            interval: false,
            elements: elements.into_iter().collect(),
        };
        let sets = [(ZONE_MAP.to_owned(), set)].into();
        let table = Table { chains: BTreeMap::new(), sets };
        let ruleset = Ruleset { inet: Some(table), netdev: None };
        let seen = Seen { ruleset, ..Seen::default() };
        let zones = seen_zones(&seen, &desired(&["a"]).networks);
        assert_eq!(zones.of, [("a".to_owned(), 7), ("asb0000000000".to_owned(), 9)].into());
    }
}
