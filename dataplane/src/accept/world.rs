//! Who is where, and the desired state of each host as a file would say it.
//!
//! Two hosts, two VPCs with the same addresses; the first digit of an address is 1 on host A
//! and 2 on host B.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv6Addr};

use pnet_base::MacAddr;

use crate::desired::Desired;
use crate::text::Text;

/// A guest, or an address that somebody may pretend to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "who they are is in `SEATS`")]
pub enum Seat {
    A1,
    A2,
    A3,
    A4,
    A6,
    B1,
    B2,
    B4,
    B6,
    /// Of the other VPC, with the addresses of `A1`.
    GreenA,
    /// Of the other VPC, with the addresses of `A2`.
    GreenC,
    /// Of the other VPC, with the addresses of `B2`.
    GreenB,
    /// Has no guest.
    Nobody,
}

/// A guest: who, name, last byte of its addresses, VPC, groups.
type Guest = (Seat, &'static str, u8, &'static str, &'static str);

/// Guests.
const GUESTS: &[Guest] = &[
    (Seat::A1, "a1", 11, "red", "\"web\""),
    (Seat::A2, "a2", 12, "red", "\"db\""),
    (Seat::A3, "a3", 13, "red", "\"web\""),
    (Seat::A4, "a4", 14, "red", "\"plain\""),
    (Seat::A6, "a6", 16, "red", ""),
    (Seat::B1, "b1", 21, "red", "\"web\""),
    (Seat::B2, "b2", 22, "red", "\"db\""),
    (Seat::B4, "b4", 24, "red", "\"plain\""),
    (Seat::B6, "b6", 26, "red", ""),
    (Seat::GreenA, "green-a1", 11, "green", "\"gcli\""),
    (Seat::GreenC, "green-a2", 12, "green", "\"gsrv\""),
    (Seat::GreenB, "green-b2", 22, "green", "\"gsrv\""),
];

/// Every guest.
pub const SEATS: [Seat; 12] = [
    Seat::A1,
    Seat::A2,
    Seat::A3,
    Seat::A4,
    Seat::A6,
    Seat::B1,
    Seat::B2,
    Seat::B4,
    Seat::B6,
    Seat::GreenA,
    Seat::GreenC,
    Seat::GreenB,
];

/// A host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Host {
    /// 10.99.0.1.
    A,
    /// 10.99.0.2.
    B,
}

/// Families of IP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V4,
    V6,
}

/// How a desired state differs from the usual one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Usual,
    /// Nothing is implicit: `semantics = "openstack"`.
    Openstack,
    /// A rule is gone.
    Without(&'static str),
    /// A rule more: group, and what it says.
    With(&'static str, &'static str),
    /// A guest is in this group alone.
    In(Seat, &'static str),
}

/// Rules: group, id, and the rest as the file says it.
const RULES: &[(&str, &str, &str)] = &[
    ("web", "web-https", "direction='in'\nprotocol='tcp'\nports=443\n"),
    (
        "web",
        "web-udp",
        "direction='in'\nprotocol='udp'\nports='5000-5010'\nfrom={cidr='10.0.0.0/28'}\n",
    ),
    (
        "web",
        "web-udp6",
        "direction='in'\nprotocol='udp'\nports='5000-5010'\nfrom={cidr='fd00::10/124'}\n",
    ),
    ("web", "web-ping", "direction='in'\nprotocol='icmp'\nicmp_type=8\nfrom={group='db'}\n"),
    ("web", "web-ping6", "direction='in'\nprotocol='icmpv6'\nicmp_type=128\nfrom={group='db'}\n"),
    ("web", "web-out", "direction='out'\nprotocol='any'\n"),
    ("db", "db-sql", "direction='in'\nprotocol='tcp'\nports=3306\nfrom={group='web'}\n"),
    ("db", "db-udp", "direction='in'\nprotocol='udp'\nports=6000\nfrom={group='web'}\n"),
    ("db", "db-range", "direction='in'\nprotocol='tcp'\nports='8000-8010'\nfrom={group='web'}\n"),
    ("db", "db-out", "direction='out'\nprotocol='udp'\nports='5000-5010'\nto={group='web'}\n"),
    ("db", "db-out-ping", "direction='out'\nprotocol='icmp'\nicmp_type=8\n"),
    ("db", "db-out-ping6", "direction='out'\nprotocol='icmpv6'\nicmp_type=128\n"),
    ("plain", "plain-udp", "direction='in'\nprotocol='udp'\nports='5000-5010'\n"),
    ("plain", "plain-out", "direction='out'\nprotocol='any'\n"),
    ("gcli", "gcli-out", "direction='out'\nprotocol='any'\n"),
    ("gsrv", "gsrv-udp", "direction='in'\nprotocol='udp'\nports=9000\n"),
];

const GROUPS: &[(&str, &str)] =
    &[("web", "red"), ("db", "red"), ("plain", "red"), ("gcli", "green"), ("gsrv", "green")];

/// VNIs of the two networks.
pub(super) const RED: u32 = 100;
pub(super) const GREEN: u32 = 200;

impl Seat {
    fn guest(self) -> Option<&'static Guest> {
        GUESTS.iter().find(|guest| guest.0 == self)
    }

    fn last(self) -> u8 {
        self.guest().map_or(77, |guest| guest.2)
    }

    /// Its name, as it is told.
    pub fn name(self) -> &'static str {
        self.guest().map_or("nobody", |guest| guest.1)
    }

    /// Its network.
    pub(super) fn network(self) -> Option<&'static str> {
        self.guest().map(|guest| guest.3)
    }

    /// Its host; A where it has none.
    pub fn host(self) -> Host {
        if self.last() / 10 == 2 { Host::B } else { Host::A }
    }

    pub(super) fn mac(self) -> MacAddr {
        MacAddr::new(2, 0, 0, 0, 0, self.last())
    }

    /// 10.0.0.11 or `fd00::11`: the digits are the same.
    pub(super) fn address(self, family: Family) -> IpAddr {
        let last = self.last();
        match family {
            Family::V4 => [10, 0, 0, last].into(),
            Family::V6 => {
                let digits = u16::from(last / 10) * 16 + u16::from(last % 10);
                Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, digits).into()
            }
        }
    }

    /// The device of its guest on its host.
    fn device(self) -> String {
        format!("p-{}", self.name())
    }

    /// The guest's end of it, before the guest has it.
    pub fn peer(self) -> String {
        format!("q-{}", self.name())
    }
}

impl Host {
    /// The other one.
    pub(super) fn other(self) -> Self {
        if self == Self::A { Self::B } else { Self::A }
    }

    /// The last byte of its address on the underlay.
    pub fn last(self) -> u8 {
        if self == Self::A { 1 } else { 2 }
    }
}

/// A node's end of the tunnel.
pub fn vtep(last: u8) -> IpAddr {
    [10, 99, 0, last].into()
}

/// Returns the desired state of a host.
///
/// # Errors
/// Where the text is not sound, which a test excludes.
pub(super) fn desired(host: Host, state: State) -> Result<Desired, Text> {
    let name = if host == Host::A { "host-a" } else { "host-b" };
    crate::spec::read(name, &text(host, state)).map_err(|errors| {
        let said = errors.to_string();
        Text { zh: said.clone(), en: said }
    })
}

fn text(host: Host, state: State) -> String {
    let semantics = if state == State::Openstack { "openstack" } else { "norm" };
    let last = host.last();
    let mut text = format!(
        "schema='assay/network/v1'\nsemantics='{semantics}'\n[node]\nname='host-{last}'\n\
         device='u0'\nvtep='{}'\n",
        vtep(last)
    );
    for (network, vni) in [("red", RED), ("green", GREEN)] {
        put(
            &mut text,
            format_args!(
                "[[vpc]]\nid='{network}'\n[[network]]\nid='{network}'\nvpc='{network}'\nvni={vni}\n\
             [[subnet]]\nid='{network}-4'\nnetwork='{network}'\ncidr='10.0.0.0/24'\n\
             [[subnet]]\nid='{network}-6'\nnetwork='{network}'\ncidr='fd00::/64'\n"
            ),
        );
    }
    for (group, vpc) in GROUPS {
        put(&mut text, format_args!("[[group]]\nid='{group}'\nvpc='{vpc}'\n"));
        for (_, id, rule) in RULES.iter().filter(|rule| rule.0 == *group) {
            if state != State::Without(id) {
                put(&mut text, format_args!("[[group.rule]]\nid='{id}'\n{rule}"));
            }
        }
        if let State::With(to, rule) = state
            && to == *group
        {
            put(&mut text, format_args!("[[group.rule]]\n{rule}"));
        }
    }
    for (seat, name, _, network, groups) in GUESTS {
        let groups = match state {
            State::In(of, group) if of == *seat => format!("'{group}'"),
            _ => (*groups).to_owned(),
        };
        let own = seat.host() == host;
        let kind = if own { "port" } else { "remote" };
        put(
            &mut text,
            format_args!(
                "[[{kind}]]\nid='{name}'\nnetwork='{network}'\nmac='{}'\nips=['{}','{}']\n\
             groups=[{groups}]\n",
                seat.mac(),
                seat.address(Family::V4),
                seat.address(Family::V6)
            ),
        );
        if own {
            let (device, peer) = (seat.device(), seat.peer());
            put(&mut text, format_args!("device='{device}'\nkind='veth'\npeer='{peer}'\n"));
        } else {
            put(&mut text, format_args!("vtep='{}'\n", vtep(seat.host().last())));
        }
    }
    text
}

fn put(text: &mut String, more: fmt::Arguments<'_>) {
    text.write_fmt(more).expect("a String takes everything");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_is_sound() {
        let states = [
            State::Usual,
            State::Openstack,
            State::Without("db-udp"),
            State::With("db", "direction='in'\nprotocol='udp'\nports=6100\n"),
            State::In(Seat::A6, "db"),
        ];
        for state in states {
            for host in [Host::A, Host::B] {
                desired(host, state).unwrap();
            }
        }
        let count = SEATS.iter().filter(|seat| seat.guest().is_some()).count();
        assert_eq!(count, GUESTS.len());
    }
}
