//! What a permission lets by, as keys of sets.
//!
//! Four breadths, each with a set of its own: all traffic needs no key; a whole protocol and a
//! single port are keys of hash sets, where one more costs the same however many there are. Only
//! what is truly a range of ports is in an interval set, of which the kernel walks through all
//! elements with every change (4.5 ms for 20,000; Linux 6.18).

use std::collections::BTreeSet;

use crate::desired::{Family, Traffic};
use crate::firewall::protocol::{ICMP, ICMPV6};

/// How much of traffic a permission is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Breadth {
    All,
    Protocol,
    Port,
    Ports,
}

impl Breadth {
    pub(super) const EACH: [Self; 4] = [Self::All, Self::Protocol, Self::Port, Self::Ports];
}

/// What one permission lets by; of ICMP, a port is type and code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Permit {
    All,
    Protocol(u8),
    /// Both ends included.
    Ports {
        protocol: u8,
        first: u16,
        last: u16,
    },
}

impl Permit {
    fn protocol(self) -> Option<u8> {
        match self {
            Self::All => None,
            Self::Protocol(protocol) | Self::Ports { protocol, .. } => Some(protocol),
        }
    }

    pub(super) fn breadth(self) -> Breadth {
        match self {
            Self::All => Breadth::All,
            Self::Protocol(_) => Breadth::Protocol,
            Self::Ports { first, last, .. } if first == last => Breadth::Port,
            Self::Ports { .. } => Breadth::Ports,
        }
    }
}

/// Returns what a rule permits.
pub(super) fn permits(traffic: Traffic, family: Family) -> Vec<Permit> {
    let ports = |protocol, first, last| Permit::Ports { protocol, first, last };
    match traffic {
        Traffic::Any => vec![Permit::All],
        Traffic::Protocol(protocol) | Traffic::Ports { protocol, first: 0, last: u16::MAX } => {
            vec![Permit::Protocol(protocol)]
        }
        Traffic::Ports { protocol, first, last } => vec![ports(protocol, first, last)],
        Traffic::Icmp { kind, code } => {
            let protocol = if family == Family::Ipv6 { ICMPV6 } else { ICMP };
            let told = |kind: u8, code: u8| u16::from_be_bytes([kind, code]);
            let of = |kind, first, last| ports(protocol, told(kind, first), told(kind, last));
            match (kind, code) {
                (None, None) => vec![Permit::Protocol(protocol)],
                (Some(kind), None) => vec![of(kind, 0, u8::MAX)],
                (Some(kind), Some(code)) => vec![of(kind, code, code)],
                (None, Some(code)) => (0..=u8::MAX).map(|kind| of(kind, code, code)).collect(),
            }
        }
    }
}

/// Joins ports that overlap or touch, for the kernel takes no ranges that overlap; and leaves
/// out what something broader lets by.
pub(super) fn joined(mut permits: Vec<Permit>) -> Vec<Permit> {
    permits.sort_unstable();
    permits.dedup();
    // All comes first, then whole protocols, then ports in their order.
    if permits.first() == Some(&Permit::All) {
        return vec![Permit::All];
    }
    let mut whole = BTreeSet::new();
    let mut joined: Vec<Permit> = Vec::with_capacity(permits.len());
    for permit in permits {
        let Permit::Ports { protocol: its, first, last } = permit else {
            whole.extend(permit.protocol());
            joined.push(permit);
            continue;
        };
        match joined.last_mut() {
            _ if whole.contains(&its) => {}
            Some(Permit::Ports { protocol, last: end, .. })
                if *protocol == its && first <= end.saturating_add(1) =>
            {
                *end = (*end).max(last);
            }
            _ => joined.push(permit),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ports(protocol: u8, first: u16, last: u16) -> Permit {
        Permit::Ports { protocol, first, last }
    }

    #[test]
    fn ports_next_to_each_other_are_one_range_and_those_of_other_protocols_are_not() {
        let all = vec![
            ports(6, 102, 102),
            ports(6, 80, 80),
            ports(6, 85, 100),
            ports(6, 81, 90),
            ports(17, 103, 110),
            ports(6, 65535, 65535),
            ports(17, 0, 3),
        ];
        let wanted = [
            ports(6, 80, 100),
            ports(6, 102, 102),
            ports(6, 65535, 65535),
            ports(17, 0, 3),
            ports(17, 103, 110),
        ];
        assert_eq!(joined(all), wanted);
    }

    #[test]
    fn what_something_broader_lets_by_is_left_out() {
        let some = vec![ports(6, 80, 80), Permit::Protocol(6), ports(17, 53, 53)];
        assert_eq!(joined(some.clone()), [Permit::Protocol(6), ports(17, 53, 53)]);
        assert_eq!(joined([some, vec![Permit::All]].concat()), [Permit::All]);
    }

    #[test]
    fn of_icmp_a_port_is_type_and_code() {
        let of = |kind, code| permits(Traffic::Icmp { kind, code }, Family::Ipv4);
        assert_eq!(of(Some(8), Some(0)), [ports(ICMP, 0x800, 0x800)]);
        assert_eq!(of(Some(8), None), [ports(ICMP, 0x800, 0x8ff)]);
        assert_eq!(of(None, None), [Permit::Protocol(ICMP)]);
        assert_eq!(of(None, Some(1)).len(), 256);
    }
}
