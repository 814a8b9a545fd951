//! What has gone through devices (`IFLA_STATS64`, `struct rtnl_link_stats64`).

use std::collections::BTreeMap;

use super::decode;
use super::numbers::{BR_DISABLED, link};
use crate::address::Device;
use crate::kernel::attribute::{attributes, text};

/// What has gone through a device since it was made, as the kernel counts it: of a port,
/// received is what came from the guest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// What came by it.
    pub received: Traffic,
    /// What left by it.
    pub sent: Traffic,
    /// Whether it is a port of a bridge that is disabled though it has carrier: for a loop, as a
    /// rule. Nothing goes in or out there.
    pub disabled: bool,
}

/// One direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Packets.
    pub packets: u64,
    /// Bytes, Ethernet headers included.
    pub bytes: u64,
    /// Packets that were dropped; received ones by rules at the ingress among them.
    pub dropped: u64,
}

/// Takes an `RTM_NEWLINK`.
pub fn hear(all: &mut BTreeMap<Device, Counters>, body: &[u8]) {
    let Some(rest) = body.get(16..) else { return };
    let (mut name, mut counters) = (None, None);
    for (kind, value) in attributes(rest) {
        match kind {
            link::NAME => name = text(value).and_then(|name| name.parse().ok()),
            link::STATISTICS => counters = counted(value),
            _ => {}
        }
    }
    let disabled = decode::live_port_state(body) == Some(BR_DISABLED);
    all.extend(name.zip(counters.map(|counters| Counters { disabled, ..counters })));
}

/// The structure grows with new kernels; its beginning stays.
fn counted(value: &[u8]) -> Option<Counters> {
    let number = |at: usize| {
        let bytes = value.get(at.checked_mul(8)?..)?.first_chunk::<8>()?;
        Some(u64::from_ne_bytes(*bytes))
    };
    Some(Counters {
        received: Traffic { packets: number(0)?, bytes: number(2)?, dropped: number(6)? },
        sent: Traffic { packets: number(1)?, bytes: number(3)?, dropped: number(7)? },
        disabled: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_told_apart() {
        let bytes: Vec<u8> = (1..=24_u64).flat_map(u64::to_ne_bytes).collect();
        let counters = counted(&bytes).unwrap();
        assert_eq!(counters.received, Traffic { packets: 1, bytes: 3, dropped: 7 });
        assert_eq!(counters.sent, Traffic { packets: 2, bytes: 4, dropped: 8 });
        assert_eq!(counted(&bytes[..63]), None);
    }
}
