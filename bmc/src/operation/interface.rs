//! The BMC's own network: what its interfaces are, and what one is to be.

use std::{fmt, net::Ipv4Addr};

use super::account::Why;

/// An interface of the BMC; each part is empty where it does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Its name among the BMC's interfaces, or the number of a channel of IPMI.
    pub id: String,
    /// Its MAC address.
    pub mac: String,
    /// Its addresses of IPv4.
    pub addresses: Vec<Network>,
    /// Its gateway.
    pub gateway: Option<Ipv4Addr>,
    /// Whether its address comes by DHCP.
    pub dhcp: Option<bool>,
    /// Its VLAN; `Some(None)` where it has none.
    pub vlan: Option<Option<u16>>,
    /// Its addresses of IPv6.
    pub ipv6: Vec<String>,
    /// Whether its link is up.
    pub is_up: Option<bool>,
    /// The cipher suites that IPMI takes on it.
    pub suites: Vec<u8>,
}

/// An address and how many of its bits are those of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: Ipv4Addr,
    /// The bits, 0 to 32.
    pub prefix: u8,
}

impl Network {
    /// Returns it from an address and its mask; nothing where the mask has a hole.
    pub fn of(address: Ipv4Addr, mask: Ipv4Addr) -> Option<Self> {
        let bits = u32::from(mask);
        let prefix = u8::try_from(bits.leading_ones()).ok()?;
        let own = Self { address, prefix };
        (own.bits() == bits).then_some(own)
    }

    fn bits(self) -> u32 {
        u32::MAX.checked_shl(32_u32.saturating_sub(self.prefix.into())).unwrap_or(0)
    }

    /// Returns the mask of the network.
    pub fn mask(self) -> Ipv4Addr {
        self.bits().into()
    }

    fn has(self, other: Ipv4Addr) -> bool {
        u32::from(self.address) & self.bits() == u32::from(other) & self.bits()
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.prefix)
    }
}

/// What the address is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// That one.
    Static {
        /// The address and its network.
        network: Network,
        /// The gateway.
        gateway: Option<Ipv4Addr>,
    },
    /// What DHCP gives.
    Dhcp,
}

/// What an interface is to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Which one; the only one, or the one that is talked to, where it is not said.
    pub interface: Option<String>,
    /// Its address; as it is where it is not said.
    pub source: Option<Source>,
    /// Its VLAN; `Some(None)` for none, `None` as it is.
    pub vlan: Option<Option<u16>>,
}

/// Returns why an interface can be no such thing.
pub fn objection(wanted: &Wanted) -> Option<Why> {
    let said = |zh: String, en: String| Some((zh, en));
    if let Some(Some(vlan)) = wanted.vlan
        && !(1..=4094).contains(&vlan)
    {
        return said(
            format!("VLAN 应为 1 到 4094，{vlan} 不是"),
            format!("a VLAN is 1 to 4094, and {vlan} is none"),
        );
    }
    let Some(Source::Static { network, gateway }) = wanted.source else { return None };
    let Network { address, prefix } = network;
    let odd = address.is_unspecified()
        || address.is_multicast()
        || address.is_broadcast()
        || !(8..=32).contains(&prefix);
    let host = u32::from(address) & !network.bits();
    // Networks of two and of one have no address to spare (RFC 3021).
    let edge = prefix < 31 && (host == 0 || host == !network.bits());
    if odd || edge {
        return said(
            format!("`{network}` 不能作为主机地址"),
            format!("`{network}` is no address of a host"),
        );
    }
    let gateway = gateway.filter(|gateway| !gateway.is_unspecified())?;
    if !network.has(gateway) || gateway == address {
        return said(
            format!("网关 `{gateway}` 不在 `{network}` 的网段内，或就是它本身"),
            format!(
                "the gateway `{gateway}` is not in the network of `{network}`, or is it itself"
            ),
        );
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_prefixes() {
        let of = |mask: [u8; 4]| Network::of([192, 0, 2, 7].into(), mask.into());
        assert_eq!(
            of([255, 255, 255, 0]).map(|one| one.to_string()),
            Some("192.0.2.7/24".to_owned())
        );
        assert_eq!(of([255, 255, 0, 255]), None);
        assert_eq!(of([0; 4]).map(|one| one.prefix), Some(0));
        for prefix in 0..=32 {
            let network = Network { address: [10, 1, 2, 3].into(), prefix };
            assert_eq!(Network::of(network.address, network.mask()), Some(network));
        }
    }

    #[test]
    fn what_can_be_no_address_is_refused() {
        let wanted = |address: [u8; 4], prefix, gateway: Option<[u8; 4]>| Wanted {
            source: Some(Source::Static {
                network: Network { address: address.into(), prefix },
                gateway: gateway.map(Ipv4Addr::from),
            }),
            ..Wanted::default()
        };
        for (one, is_sound) in [
            (wanted([192, 0, 2, 7], 24, Some([192, 0, 2, 1])), true),
            (wanted([192, 0, 2, 7], 24, None), true),
            (wanted([192, 0, 2, 0], 31, Some([192, 0, 2, 1])), true),
            (wanted([192, 0, 2, 7], 24, Some([192, 0, 3, 1])), false),
            (wanted([192, 0, 2, 7], 24, Some([192, 0, 2, 7])), false),
            (wanted([192, 0, 2, 0], 24, None), false),
            (wanted([192, 0, 2, 255], 24, None), false),
            (wanted([0, 0, 0, 0], 24, None), false),
            (wanted([224, 0, 0, 1], 24, None), false),
            (wanted([192, 0, 2, 7], 33, None), false),
            (Wanted { vlan: Some(Some(4095)), ..Wanted::default() }, false),
            (Wanted { vlan: Some(Some(100)), ..Wanted::default() }, true),
            (Wanted { vlan: Some(None), ..Wanted::default() }, true),
        ] {
            assert_eq!(objection(&one).is_none(), is_sound, "{one:?}");
        }
    }
}
