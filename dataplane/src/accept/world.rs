//! Who is where, and the desired state of each host as a file would say it.
//!
//! Two hosts; two VPCs with the same addresses, `red` and `green`, and a third, `blue`. The first
//! digit of an address is 1 on host A and 2 on host B. Each has a router; those of `red` and
//! `green` lead out, on each host to an outside of its own.

use std::fmt::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use pnet_base::MacAddr;

use crate::desired::Desired;
use crate::router;
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
    /// In another network of the first VPC.
    C1,
    C2,
    /// Of the third VPC.
    Y1,
    Y2,
    /// Who is outside of host A, behind the provider's router.
    OutA,
    /// The same of host B.
    OutB,
    /// Has no guest.
    Nobody,
}

/// A guest: who, name, last byte of its addresses, network, groups.
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
    (Seat::C1, "c1", 12, "red2", "\"db\""),
    (Seat::C2, "c2", 22, "red2", "\"db\""),
    (Seat::Y1, "y1", 15, "blue", "\"peer\""),
    (Seat::Y2, "y2", 25, "blue", "\"peer\""),
];

/// A network: name, VPC, VNI, third byte of its addresses.
type Network = (&'static str, &'static str, u32, u8);

const NETWORKS: &[Network] = &[
    ("red", "red", RED, 0),
    ("green", "green", GREEN, 0),
    ("red2", "red", 101, 1),
    ("blue", "blue", 300, 7),
];

/// The provider's router, as each host has it.
const PROVIDER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// Who is behind it.
const FAR: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 7);
/// The device to the outside.
pub const OUT_CARD: &str = "x0";
/// The largest packet that goes out: a guest's own is larger.
pub const OUT_MTU: u32 = 1400;
/// Last byte of the elastic IP of `A1`.
pub(super) const ELASTIC: u8 = 99;

/// Every guest.
pub const SEATS: [Seat; 16] = [
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
    Seat::C1,
    Seat::C2,
    Seat::Y1,
    Seat::Y2,
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
    /// Sections more.
    Besides(&'static str),
    /// The elastic IP is another guest's, or nobody's.
    Elastic(Option<Seat>),
    /// There is none.
    NoElastic,
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
    ("peer", "peer-udp", "direction='in'\nprotocol='udp'\nports='7000-7010'\n"),
    ("peer", "peer-out", "direction='out'\nprotocol='any'\n"),
];

const GROUPS: &[(&str, &str)] = &[
    ("web", "red"),
    ("db", "red"),
    ("plain", "red"),
    ("gcli", "green"),
    ("gsrv", "green"),
    ("peer", "blue"),
];

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
        match self {
            Self::OutA => "outside-a",
            Self::OutB => "outside-b",
            _ => self.guest().map_or("nobody", |guest| guest.1),
        }
    }

    /// Whether it is no guest, but outside.
    pub fn is_outside(self) -> bool {
        matches!(self, Self::OutA | Self::OutB)
    }

    /// Its network.
    pub(super) fn network(self) -> Option<&'static str> {
        self.guest().map(|guest| guest.3)
    }

    /// Its host; A where it has none.
    pub fn host(self) -> Host {
        if self == Self::OutB || self.last() / 10 == 2 { Host::B } else { Host::A }
    }

    fn place(self) -> Option<&'static Network> {
        NETWORKS.iter().find(|network| Some(network.0) == self.network())
    }

    /// Its VPC.
    pub(super) fn vpc(self) -> Option<&'static str> {
        self.place().map(|network| network.1)
    }

    /// Third byte of its addresses.
    fn third(self) -> u8 {
        self.place().map_or(0, |network| network.3)
    }

    pub(super) fn mac(self) -> MacAddr {
        if self.is_outside() {
            return MacAddr::from(outer_card(self.host()));
        }
        MacAddr::new(2, 0, 0, 0, self.third(), self.last())
    }

    /// 10.0.0.11 or `fd00::11`: the digits are the same.
    pub(super) fn address(self, family: Family) -> IpAddr {
        let (third, last) = (self.third(), self.last());
        match family {
            Family::V4 if self.is_outside() => FAR.into(),
            Family::V4 => [10, 0, third, last].into(),
            Family::V6 => {
                let digits = u16::from(last / 10) * 16 + u16::from(last % 10);
                Ipv6Addr::new(0xfd00, 0, 0, third.into(), 0, 0, 0, digits).into()
            }
        }
    }

    /// Whether it has to answer who asks for an address: outside, it is the provider's router.
    pub(super) fn answers_for(self, address: IpAddr) -> bool {
        if self.is_outside() {
            return address == IpAddr::V4(PROVIDER);
        }
        [Family::V4, Family::V6].map(|family| self.address(family)).contains(&address)
    }

    /// The MAC address that leads to another: its own, or that of a router.
    pub(super) fn towards(self, to: Self) -> MacAddr {
        if self.is_outside() {
            let node = node_name(self.host());
            return router::compile::outer_mac(&node, to.vpc().unwrap_or("red"), "internet")
                .0
                .into();
        }
        let near = to == Self::Nobody || self.network() == to.network();
        if near { to.mac() } else { router::MAC.0.into() }
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

/// An address outside, by its last byte.
pub(super) fn external(last: u8) -> IpAddr {
    [203, 0, 113, last].into()
}

/// The MAC address of the provider's router of a host.
pub(super) fn outer_card(host: Host) -> [u8; 6] {
    [2, 0x98, 0, 0, 0, host.last()]
}

pub(super) fn node_name(host: Host) -> String {
    format!("host-{}", host.last())
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
        "schema='assay/network/v1'\nsemantics='{semantics}'\n[node]\nname='{}'\n\
         device='u0'\nvtep='{}'\n",
        node_name(host),
        vtep(last)
    );
    for vpc in ["red", "green", "blue"] {
        put(&mut text, format_args!("[[vpc]]\nid='{vpc}'\n"));
    }
    for (network, vpc, vni, third) in NETWORKS {
        put(
            &mut text,
            format_args!(
                "[[network]]\nid='{network}'\nvpc='{vpc}'\nvni={vni}\n\
                 [[subnet]]\nid='{network}-4'\nnetwork='{network}'\ncidr='10.0.{third}.0/24'\n\
                 gateway='10.0.{third}.1'\n\
                 [[subnet]]\nid='{network}-6'\nnetwork='{network}'\ncidr='fd00:0:0:{third}::/64'\n\
                 gateway='fd00:0:0:{third}::1'\n"
            ),
        );
    }
    put_routing(&mut text, host, state);
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

fn put_routing(text: &mut String, host: Host, state: State) {
    put(
        text,
        format_args!(
            "[[external]]\nid='internet'\ndevice='{OUT_CARD}'\ncidr='203.0.113.0/24'\n\
             gateway='{PROVIDER}'\n[[router]]\nid='blue'\nvpc='blue'\n"
        ),
    );
    for (vpc, address) in [("red", host.last() * 10), ("green", host.last() * 10 + 1)] {
        put(
            text,
            format_args!(
                "[[router]]\nid='{vpc}'\nvpc='{vpc}'\nexternal='internet'\naddress='{}'\n\
                 [[snat]]\nid='{vpc}'\nvpc='{vpc}'\nsubnets=['{vpc}-4']\n",
                external(address)
            ),
        );
    }
    let bound = if let State::Elastic(bound) = state { bound } else { Some(Seat::A1) };
    let bound = bound.map_or_else(String::new, |seat| format!("port='{}'\n", seat.name()));
    if state != State::NoElastic {
        put(text, format_args!("[[eip]]\nid='www'\naddress='{}'\n{bound}", external(ELASTIC)));
    }
    if let State::Besides(more) = state {
        text.push_str(more);
    }
}

pub(super) fn put(text: &mut String, more: fmt::Arguments<'_>) {
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
            State::Elastic(None),
            State::Elastic(Some(Seat::A3)),
            State::NoElastic,
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
