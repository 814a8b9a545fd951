//! Who is in groups and in lists of ranges, as elements of sets that all of them share.
//!
//! Groups in `as_member4` and `as_member6`. Lists of IPv4 ranges in `as_range4`; those of IPv6
//! by halves of addresses, for nft knows no interval of 24 bytes: `as_range6` has a number for
//! the upper half, and `as_range6_low` what the lower half has to be with that number.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::id::Id;
use super::line::{address_type, element, key};
use super::passage::of_family;
use super::span::{Octets, Span, is_of};
use super::{Build, CompileError, hash_set, range_set};
use crate::desired::{Desired, Family};
use crate::firewall::judge::link_local;
use crate::nft::{Element, KeyType, Set, Value, ValueType};

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
    let mut sets = [
        hash_set(vec![KeyType::Ether, address_type(Family::Ipv4)]),
        hash_set(vec![KeyType::Ether, KeyType::Ether, address_type(Family::Ipv6)]),
    ];
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
        build.inet.sets.insert(of_family("as_member", family), set);
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
        IpAddr::V4(_) => element(&[&id, octets.as_slice()]),
        IpAddr::V6(_) => element(&[&id, &[0; 8], octets.as_slice()]),
    }
}

fn family_of(address: IpAddr) -> Family {
    if address.is_ipv4() { Family::Ipv4 } else { Family::Ipv6 }
}

/// Puts lists of ranges into their sets.
pub(super) fn add_ranges<'s>(
    build: &mut Build,
    lists: impl IntoIterator<Item = (&'s Vec<Span>, Id)>,
) -> Result<(), CompileError> {
    let mut four = range_set(vec![KeyType::Ipv6]);
    let mut six =
        Set { value: Some(ValueType::Of(KeyType::Ether)), ..range_set(vec![KeyType::Ipv6]) };
    let mut low = range_set(vec![KeyType::Ipv6]);
    for (spans, id) in lists {
        if is_single(spans) {
            for (address, _) in spans {
                let name = of_family("as_member", family_of(*address));
                if let Some(set) = build.inet.sets.get_mut(&name) {
                    set.elements.insert(member(id, *address), None);
                }
            }
            continue;
        }
        for (first, last) in spans {
            match (first, last) {
                (IpAddr::V4(first), IpAddr::V4(last)) => {
                    let end = |octets: [u8; 4]| key(&[&id.padded(), &[0; 4], &octets]);
                    let range = Element::range(end(first.octets()), end(last.octets()));
                    four.elements.insert(range, None);
                }
                (IpAddr::V6(first), IpAddr::V6(last)) => {
                    let ends = (u128::from(*first), u128::from(*last));
                    add_halves(build, (&mut six, &mut low), id, ends)?;
                }
                _ => {}
            }
        }
    }
    let sets = &mut build.inet.sets;
    for (name, set) in [("as_range4", four), ("as_range6", six), ("as_range6_low", low)] {
        if !set.elements.is_empty() {
            sets.insert(name.to_owned(), set);
        }
    }
    Ok(())
}

/// Puts an IPv6 range into the sets of halves. Upper halves of which all addresses are within
/// share one number; the first and the last may need one of their own.
fn add_halves(
    build: &mut Build,
    (upper, lower): (&mut Set, &mut Set),
    list: Id,
    (first, last): (u128, u128),
) -> Result<(), CompileError> {
    let split = |address: u128| {
        let bytes = address.to_be_bytes();
        let (high, low) = bytes.split_at(8);
        let number = |half: &[u8]| half.iter().fold(0_u64, |all, byte| all << 8 | u64::from(*byte));
        (number(high), number(low))
    };
    let ((mut begin, first_low), (mut end, last_low)) = (split(first), split(last));
    let mut parts = Vec::new();
    if begin == end && (first_low, last_low) != (0, u64::MAX) {
        parts.push((begin, first_low, last_low));
        // Nothing is whole.
        (begin, end) = (1, 0);
    } else {
        if first_low != 0 {
            parts.push((begin, first_low, u64::MAX));
            begin = begin.saturating_add(1);
        }
        if last_low != u64::MAX {
            parts.push((end, 0, last_low));
            end = end.saturating_sub(1);
        }
    }
    let at = |id: Id, half: u64| key(&[&id.padded(), &half.to_be_bytes()]);
    let value = |id: Id| Some(Value::Bytes(id.0.to_vec()));
    for (high, first, last) in parts {
        let high_text = format!("{high:016x}");
        let what = format!("addresses of {high_text} in ranges {}", list.text());
        let id = Id::given(build, ["half", &list.text(), &high_text], &what)?;
        upper.elements.insert(Element::range(at(list, high), at(list, high)), value(id));
        lower.elements.insert(Element::range(at(id, first), at(id, last)), None);
    }
    if begin <= end {
        let whole = Id::given(build, ["whole"], "all of an upper half")?;
        upper.elements.insert(Element::range(at(list, begin), at(list, end)), value(whole));
        lower.elements.insert(Element::range(at(whole, 0), at(whole, u64::MAX)), None);
    }
    Ok(())
}

/// Whether spans are all addresses of a family.
pub(super) fn is_all(spans: &[Span], family: Family) -> bool {
    let all: Span = match family {
        Family::Ipv4 => ([0; 4].into(), [0xff; 4].into()),
        Family::Ipv6 => ([0; 16].into(), [0xff; 16].into()),
    };
    matches!(spans, [span] if *span == all && is_of(span.0, family))
}
