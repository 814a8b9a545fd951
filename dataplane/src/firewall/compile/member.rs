//! Who is in groups and in lists of ranges, as elements of sets that all of them share.
//!
//! Groups, and lists of single addresses, in `as_member4` and `as_member6`; other lists in
//! `as_range4`, a plain interval set, and `as_range6`, whose key is too long for nft to show it
//! as one: a concatenation, of which the kernel copies all with every change.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::id::Id;
use super::line::element;
use super::passage::{MEMBERS, RANGES, of_family};
use super::span::{Octets, Span, is_of};
use super::{Build, CompileError, hash_set, range_set};
use crate::desired::{Desired, Family};
use crate::firewall::judge::link_local;
use crate::nft::{Element, KeyType};

/// Parts of keys with an IPv6 address: it begins in a register of its own 16 bytes.
const SIX: [KeyType; 4] = [KeyType::Port, KeyType::Ether, KeyType::Port, KeyType::Ipv6];

/// Returns the number of a group.
pub(super) fn group(build: &mut Build, group: &str) -> Result<Id, CompileError> {
    Id::given(build, ["group", group], &format!("group `{group}`"))
}

/// Fills the sets of members: addresses of ports here and elsewhere, their link-local ones, and
/// allowed ranges of one address.
pub(super) fn add(
    build: &mut Build,
    desired: &Desired,
    groups: &BTreeSet<&str>,
    families: &dyn Fn(&str) -> &'static [Family],
) -> Result<(), CompileError> {
    let mut of: BTreeMap<&str, BTreeSet<IpAddr>> =
        groups.iter().map(|group| (*group, BTreeSet::new())).collect();
    let mut note = |groups: &BTreeSet<String>, addresses: &BTreeSet<IpAddr>, own: [IpAddr; 1]| {
        for group in groups {
            if let Some(members) = of.get_mut(group.as_str()) {
                members.extend(addresses.iter().copied().chain(own));
            }
        }
    };
    for port in desired.ports.values() {
        let single = port.allowed.iter().map(|pair| pair.range);
        let single = single.filter(|range| range.prefix_len() == range.max_prefix_len());
        let all = port.addresses.iter().copied().chain(single.map(|range| range.addr())).collect();
        note(&port.groups, &all, [link_local(port.mac)]);
    }
    for remote in desired.remotes.values() {
        note(&remote.groups, &remote.addresses, [link_local(remote.mac)]);
    }
    let mut sets =
        [hash_set(vec![KeyType::Port, KeyType::Ether, KeyType::Ipv4]), hash_set(SIX.to_vec())];
    for (name, members) in of {
        let id = group(build, name)?;
        let both = families(name);
        for address in members.into_iter().filter(|it| both.contains(&family_of(*it))) {
            let [four, six] = &mut sets;
            let set = if address.is_ipv4() { four } else { six };
            set.elements.insert(member(id, address), None);
        }
    }
    for (family, set) in [Family::Ipv4, Family::Ipv6].into_iter().zip(sets) {
        build.inet.sets.insert(of_family(MEMBERS, family), set);
    }
    Ok(())
}

/// Whether a list has single addresses only: then they are members as those of a group are.
pub(super) fn is_single(spans: &[Span]) -> bool {
    spans.iter().all(|(first, last)| first == last)
}

/// Returns an address as an element of its set of members.
fn member(id: Id, address: IpAddr) -> Element {
    let (id, octets) = (id.padded(), Octets::of(address));
    match address {
        IpAddr::V4(_) => element(&[&[0; 2], &id, octets.as_slice()]),
        IpAddr::V6(_) => element(&[&[0; 2], &id, &[0; 2], octets.as_slice()]),
    }
}

fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
}

/// Puts lists of ranges into their sets.
pub(super) fn add_ranges<'s>(
    build: &mut Build,
    lists: impl IntoIterator<Item = (&'s Vec<Span>, Id)>,
) {
    let mut sets = [range_set(vec![KeyType::Ipv6]), range_set(SIX.to_vec())];
    for (spans, id) in lists {
        for (first, last) in spans {
            let [four, six] = &mut sets;
            let family = family_of(*first);
            let range = if family == Family::Ipv4 { four } else { six };
            if !is_single(spans) {
                let range_of = Element::range(member(id, *first).key, member(id, *last).key);
                range.elements.insert(range_of, None);
            } else if let Some(set) = build.inet.sets.get_mut(&of_family(MEMBERS, family)) {
                set.elements.insert(member(id, *first), None);
            }
        }
    }
    for (family, set) in [Family::Ipv4, Family::Ipv6].into_iter().zip(sets) {
        if !set.elements.is_empty() {
            build.inet.sets.insert(of_family(RANGES, family), set);
        }
    }
}

/// Whether spans are all addresses of a family.
pub(super) fn is_all(spans: &[Span], family: Family) -> bool {
    let all: Span = match family {
        Family::Ipv4 => ([0; 4].into(), [0xff; 4].into()),
        Family::Ipv6 => ([0; 16].into(), [0xff; 16].into()),
    };
    matches!(spans, [span] if *span == all && is_of(span.0, family))
}
