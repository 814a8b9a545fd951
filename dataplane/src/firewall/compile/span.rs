//! Ranges of addresses, in order and apart from each other: the kernel takes no overlapping
//! elements.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::desired::Family;

/// A range, both ends included.
pub(super) type Span = (IpAddr, IpAddr);

/// Returns the ranges of one family, joined where they overlap or touch.
pub(super) fn spans<'r>(ranges: impl IntoIterator<Item = &'r IpNet>, family: Family) -> Vec<Span> {
    let of = |range: &&IpNet| is_of(range.addr(), family);
    let ends = |range: &IpNet| (range.network(), range.broadcast());
    let mut all: Vec<Span> = ranges.into_iter().filter(of).map(ends).collect();
    all.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(all.len());
    for (first, last) in all {
        match joined.last_mut().filter(|(_, end)| next(*end).is_none_or(|next| first <= next)) {
            Some((_, end)) => *end = (*end).max(last),
            None => joined.push((first, last)),
        }
    }
    joined
}

/// Returns the address after another; `None` after the last.
fn next(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(v4) => u32::from(v4).checked_add(1).map(|next| Ipv4Addr::from(next).into()),
        IpAddr::V6(v6) => u128::from(v6).checked_add(1).map(|next| Ipv6Addr::from(next).into()),
    }
}

/// Whether an address is of a family.
pub(super) fn is_of(address: IpAddr, family: Family) -> bool {
    address.is_ipv4() == (family == Family::Ipv4)
}

/// Bytes of an address, as they are on the wire.
#[derive(Clone, Copy, Debug)]
pub(super) struct Octets {
    bytes: [u8; 16],
    length: usize,
}

impl Octets {
    pub(super) fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V6(v6) => Self { bytes: v6.octets(), length: 16 },
            IpAddr::V4(v4) => {
                let mut bytes = [0; 16];
                for (to, from) in bytes.iter_mut().zip(v4.octets()) {
                    *to = from;
                }
                Self { bytes, length: 4 }
            }
        }
    }

    pub(super) fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_that_overlap_or_touch_are_one() {
        let nets = |texts: &[&str]| -> Vec<IpNet> {
            texts.iter().map(|text| text.parse().unwrap()).collect()
        };
        let all =
            nets(&["10.0.0.0/25", "10.0.0.128/25", "10.0.0.7/32", "10.0.2.0/24", "fd00::/64"]);
        let found = spans(&all, Family::Ipv4);
        let text: Vec<String> =
            found.iter().map(|(first, last)| format!("{first}-{last}")).collect();
        assert_eq!(text, ["10.0.0.0-10.0.0.255", "10.0.2.0-10.0.2.255"]);
        let whole = nets(&["0.0.0.0/0", "255.255.255.255/32"]);
        assert_eq!(spans(&whole, Family::Ipv4).len(), 1);
        assert_eq!(spans(&all, Family::Ipv6).len(), 1);
    }
}
