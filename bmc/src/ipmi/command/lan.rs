//! How a channel is reached by network (§23.1, §23.2, table 23-4).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::{
    ipmi::{privilege::Privilege, suite::Suite},
    operation::interface::{Interface, Network},
};

/// Numbers of parameters that are read, in the order in which they are.
pub const PARAMETERS: [u8; 9] = [3, 4, 5, 6, 12, 13, 20, 22, 24];
/// The parameter that lists suites; 24 says what each gives.
pub const SUITES: u8 = 23;
/// Static and dynamic IPv6 addresses, one a selector.
pub const IPV6: [u8; 2] = [56, 59];

/// Where an address comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the field's")]
pub enum Source {
    Static,
    Dhcp,
    Bios,
    Other,
    Unspecified,
}

/// The network of a channel; each part is `None` where the BMC does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lan {
    /// The channel.
    pub channel: u8,
    /// Where its address comes from.
    pub source: Option<Source>,
    /// Its address.
    pub address: Option<Ipv4Addr>,
    /// The mask of its network.
    pub mask: Option<Ipv4Addr>,
    /// Its MAC address.
    pub mac: Option<[u8; 6]>,
    /// Its gateway.
    pub gateway: Option<Ipv4Addr>,
    /// The gateway's MAC address.
    pub gateway_mac: Option<[u8; 6]>,
    /// Its VLAN; `Some(None)` where it has none.
    pub vlan: Option<Option<u16>>,
    /// Its IPv6 addresses.
    pub ipv6: Vec<Ipv6Addr>,
    /// Its cipher suites by number, and the most that each gives; `None` for a suite that is off.
    pub suites: Vec<(u8, Option<Privilege>)>,
    /// How many suites there are (parameter 22).
    pub(crate) count: u8,
    /// The most that each of them gives (parameter 24).
    pub(crate) levels: Vec<u8>,
}

impl Lan {
    /// Whether suite 0 lets somebody in: it asks for no proof of a password.
    pub fn lets_anybody_in(&self) -> bool {
        let none = Suite::NONE.number();
        self.suites.iter().any(|(number, most)| *number == none && most.is_some())
    }

    /// Returns it in the words that Redfish shares.
    pub fn interface(&self) -> Interface {
        let mac = self.mac.map(|mac| mac.map(|byte| format!("{byte:02x}")).join(":"));
        let mask = self.mask.unwrap_or(Ipv4Addr::BROADCAST);
        let network = self.address.and_then(|address| Network::of(address, mask));
        Interface {
            id: self.channel.to_string(),
            mac: mac.unwrap_or_default(),
            addresses: network.into_iter().collect(),
            gateway: self.gateway.filter(|gateway| !gateway.is_unspecified()),
            dhcp: self.source.map(|source| source == Source::Dhcp),
            vlan: self.vlan,
            ipv6: self.ipv6.iter().map(ToString::to_string).collect(),
            is_up: None,
            suites: self.suites.iter().map(|(suite, _)| *suite).collect(),
        }
    }

    /// Takes a parameter's data, the revision before it left out.
    pub fn take(&mut self, parameter: u8, data: &[u8]) {
        let v4 = || data.first_chunk().map(|four: &[u8; 4]| Ipv4Addr::from(*four));
        let mac = || data.first_chunk::<6>().copied();
        match parameter {
            3 => self.address = v4(),
            4 => {
                self.source = data.first().map(|byte| match byte & 0x0f {
                    0 => Source::Unspecified,
                    1 => Source::Static,
                    2 => Source::Dhcp,
                    3 => Source::Bios,
                    _ => Source::Other,
                });
            }
            5 => self.mac = mac(),
            6 => self.mask = v4(),
            12 => self.gateway = v4(),
            13 => self.gateway_mac = mac(),
            20 => {
                self.vlan = data.first_chunk().map(|two| {
                    let word = u16::from_le_bytes(*two);
                    (word & 0x8000 != 0).then_some(word & 0x0fff)
                });
            }
            22 => self.count = data.first().map_or(0, |count| count & 0x1f),
            // The first byte is reserved.
            24 => self.levels = data.get(1..).unwrap_or_default().to_vec(),
            SUITES => self.take_suites(data),
            _ => {}
        }
    }

    /// Takes the list of suites; what each gives is known already.
    fn take_suites(&mut self, data: &[u8]) {
        let level = |at: usize| {
            let byte = *self.levels.get(at / 2)?;
            Privilege::of(if at.is_multiple_of(2) { byte } else { byte >> 4 })
        };
        // The first byte is reserved.
        let numbers = data.iter().skip(1).take(usize::from(self.count).min(16));
        self.suites = numbers.enumerate().map(|(at, number)| (*number, level(at))).collect();
    }

    /// Takes an IPv6 address: selector, source and state, address, length of prefix, status.
    pub fn take_ipv6(&mut self, data: &[u8]) {
        let [_selector, source, rest @ ..] = data else {
            return;
        };
        let Some(address) = rest.first_chunk::<16>().map(|bytes| Ipv6Addr::from(*bytes)) else {
            return;
        };
        // A static one has the bit of being enabled; of a dynamic one it is reserved.
        let on = source & 0x80 != 0 || source & 0x0f != 0;
        if on && !address.is_unspecified() && !self.ipv6.contains(&address) {
            self.ipv6.push(address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_reads() {
        let mut lan = Lan::default();
        for (parameter, data) in [
            (3, &[192, 0, 2, 7][..]),
            (4, &[1]),
            (5, &[2, 0, 0, 0, 0, 9]),
            (6, &[255, 255, 255, 0]),
            (12, &[192, 0, 2, 1]),
            (20, &[100, 0x80]),
            (22, &[3]),
            (24, &[0, 0x40, 0x04, 0, 0, 0, 0, 0, 0]),
            (SUITES, &[0, 0, 3, 17]),
        ] {
            lan.take(parameter, data);
        }
        assert_eq!(lan.address, Some(Ipv4Addr::new(192, 0, 2, 7)));
        assert_eq!((lan.source, lan.vlan), (Some(Source::Static), Some(Some(100))));
        assert_eq!(lan.mac, Some([2, 0, 0, 0, 0, 9]));
        let admin = Some(Privilege::Administrator);
        assert_eq!(lan.suites, [(0, None), (3, admin), (17, admin)]);
        assert!(!lan.lets_anybody_in());
        lan.take(24, &[0, 0x42]);
        lan.take(SUITES, &[0, 0, 3, 17]);
        assert!(lan.lets_anybody_in());
        lan.take(20, &[100, 0]);
        assert_eq!(lan.vlan, Some(None));
        // What is cut short is not told.
        lan.take(3, &[192, 0, 2]);
        assert_eq!(lan.address, None);
    }

    #[test]
    fn addresses_of_ipv6_are_those_in_use() {
        let mut lan = Lan::default();
        let address = |source: u8, last: u8| {
            let mut data = vec![0, source, 0xfe, 0x80];
            data.extend([0; 13]);
            data.extend([last, 64, 0]);
            data
        };
        for (source, last) in [(0x80, 1), (0x00, 2), (0x02, 3), (0x80, 1)] {
            lan.take_ipv6(&address(source, last));
        }
        lan.take_ipv6(&[0, 0x80, 1]);
        let shown: Vec<String> = lan.ipv6.iter().map(Ipv6Addr::to_string).collect();
        assert_eq!(shown, ["fe80::1", "fe80::3"]);
    }
}
