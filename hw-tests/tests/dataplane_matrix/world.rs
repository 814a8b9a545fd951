//! Who is where, and the desired state of each host as the file says it.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::cases::{Change, Family, Seat};

/// Hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Host {
    A,
    B,
}

/// A guest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Station {
    pub(crate) seat: Seat,
    pub(crate) host: Host,
    pub(crate) network: &'static str,
    groups: &'static [&'static str],
    /// Lines more of the port's own entry.
    more: &'static str,
}

const fn station(
    seat: Seat,
    host: Host,
    network: &'static str,
    groups: &'static [&'static str],
) -> Station {
    Station { seat, host, network, groups, more: "" }
}

pub(crate) const STATIONS: &[Station] = &[
    station(Seat::A1, Host::A, "red", &["web"]),
    station(Seat::A2, Host::A, "red", &["db"]),
    Station { more: VIP, ..station(Seat::A3, Host::A, "red", &["web"]) },
    station(Seat::A4, Host::A, "red", &["plain"]),
    station(Seat::A6, Host::A, "red", &[]),
    Station { more: "port_security = false\n", ..station(Seat::A7, Host::A, "red", &[]) },
    station(Seat::B1, Host::B, "red", &["web"]),
    station(Seat::B2, Host::B, "red", &["db"]),
    station(Seat::B4, Host::B, "red", &["plain"]),
    station(Seat::B6, Host::B, "red", &[]),
    station(Seat::GreenA, Host::A, "green", &["gcli"]),
    station(Seat::GreenC, Host::A, "green", &["gsrv"]),
    station(Seat::GreenB, Host::B, "green", &["gsrv"]),
    station(Seat::Blue, Host::A, "blue", &["bsrv"]),
];

const VIP: &str = "allowed = [\n\
    { cidr = \"10.0.0.100/32\", mac = \"00:00:5e:00:01:01\" },\n\
    { cidr = \"fd00::100/128\", mac = \"00:00:5e:00:01:01\" },\n\
    { cidr = \"10.0.0.64/29\" }, { cidr = \"fd00::60/124\" },\n]\n";

/// Rules: group, id, and the rest as the file says it.
const RULES: &[(&str, &str, &str)] = &[
    ("web", "web-https", "direction = \"in\"\nprotocol = \"tcp\"\nports = 443\n"),
    (
        "web",
        "web-udp",
        "direction = \"in\"\nprotocol = \"udp\"\nports = \"5000-5010\"\nfrom = { cidr = \"10.0.0.0/28\" }\n",
    ),
    (
        "web",
        "web-udp6",
        "direction = \"in\"\nprotocol = \"udp\"\nports = \"5000-5010\"\nfrom = { cidr = \"fd00::10/124\" }\n",
    ),
    (
        "web",
        "web-ping",
        "direction = \"in\"\nprotocol = \"icmp\"\nicmp_type = 8\nfrom = { group = \"db\" }\n",
    ),
    (
        "web",
        "web-ping6",
        "direction = \"in\"\nprotocol = \"icmpv6\"\nicmp_type = 128\nfrom = { group = \"db\" }\n",
    ),
    ("web", "web-out", "direction = \"out\"\nprotocol = \"any\"\n"),
    (
        "db",
        "db-sql",
        "direction = \"in\"\nprotocol = \"tcp\"\nports = 3306\nfrom = { group = \"web\" }\n",
    ),
    (
        "db",
        "db-udp",
        "direction = \"in\"\nprotocol = \"udp\"\nports = 6000\nfrom = { group = \"web\" }\n",
    ),
    (
        "db",
        "db-shared",
        "direction = \"in\"\nprotocol = \"udp\"\nports = 9500\nfrom = { group = \"web\" }\n",
    ),
    (
        "db",
        "db-listed",
        "direction = \"in\"\nprotocol = \"udp\"\nports = 7000\nfrom = { addresses = \"listed\" }\n",
    ),
    ("db", "db-103", "direction = \"in\"\nprotocol = 103\nfrom = { group = \"web\" }\n"),
    (
        "db",
        "db-ports",
        "direction = \"in\"\nprotocol = \"tcp\"\nports = \"8000-8010\"\nfrom = { group = \"web\" }\n",
    ),
    (
        "db",
        "db-out",
        "direction = \"out\"\nprotocol = \"udp\"\nports = \"5000-5010\"\nto = { group = \"web\" }\n",
    ),
    ("db", "db-out-ping", "direction = \"out\"\nprotocol = \"icmp\"\nicmp_type = 8\n"),
    ("db", "db-out-ping6", "direction = \"out\"\nprotocol = \"icmpv6\"\nicmp_type = 128\n"),
    (
        "db",
        "db-out-dns",
        "direction = \"out\"\nprotocol = \"udp\"\nports = 53\nto = { cidr = \"10.0.0.24/30\" }\n",
    ),
    (
        "db",
        "db-out-dns6",
        "direction = \"out\"\nprotocol = \"udp\"\nports = 53\nto = { cidr = \"fd00::24/126\" }\n",
    ),
    ("plain", "plain-udp", "direction = \"in\"\nprotocol = \"udp\"\nports = \"5000-5010\"\n"),
    ("plain", "plain-dns", "direction = \"in\"\nprotocol = \"udp\"\nports = 53\n"),
    (
        "plain",
        "plain-ping",
        "direction = \"in\"\nprotocol = \"icmp\"\nicmp_type = 8\nicmp_code = 0\n",
    ),
    (
        "plain",
        "plain-ping6",
        "direction = \"in\"\nprotocol = \"icmpv6\"\nicmp_type = 128\nicmp_code = 0\n",
    ),
    ("gcli", "gcli-out", "direction = \"out\"\nprotocol = \"any\"\n"),
    ("gsrv", "gsrv-udp", "direction = \"in\"\nprotocol = \"udp\"\nports = 9000\n"),
    ("gsrv", "gsrv-shared", "direction = \"in\"\nprotocol = \"udp\"\nports = 9500\n"),
    ("bsrv", "bsrv-udp", "direction = \"in\"\nprotocol = \"udp\"\nports = \"5000-5010\"\n"),
];

const GROUPS: &[(&str, &str)] = &[
    ("web", "red"),
    ("db", "red"),
    ("plain", "red"),
    ("gcli", "green"),
    ("gsrv", "green"),
    ("bsrv", "blue"),
];

impl Seat {
    /// The last byte of its addresses; the last of IPv6 has the same digits.
    pub(crate) fn last(self) -> u8 {
        match self {
            Self::A1 | Self::GreenA | Self::Blue => 11,
            Self::A2 | Self::GreenC => 12,
            Self::A3 => 13,
            Self::A4 => 14,
            Self::A6 => 16,
            Self::A7 => 17,
            Self::B1 => 21,
            Self::B2 | Self::GreenB => 22,
            Self::B4 => 24,
            Self::B6 => 26,
            Self::Vip => 100,
            Self::Ranged => 65,
            Self::Nobody => 77,
            Self::Router => 1,
        }
    }

    /// Who it is, where somebody is.
    pub(crate) fn station(self) -> Option<&'static Station> {
        STATIONS.iter().find(|station| station.seat == self)
    }

    /// Its host; A for addresses that nobody has.
    pub(crate) fn host(self) -> Host {
        self.station().map_or(Host::A, |station| station.host)
    }

    pub(crate) fn mac(self) -> [u8; 6] {
        if self == Self::Vip { [0, 0, 0x5e, 0, 1, 1] } else { [2, 0, 0, 0, 0, self.last()] }
    }

    /// Its address as text: `10.0.0.11`, `fd00::11`.
    pub(crate) fn address(self, family: Family) -> String {
        match family {
            Family::V4 => format!("10.0.0.{}", self.last()),
            Family::V6 => format!("fd00::{}", self.last()),
        }
    }

    /// The name of its device on its host.
    pub(crate) fn device(self) -> String {
        format!("p-{self:?}").to_lowercase()
    }

    /// The name of the guest's end, before it is given to the guest.
    pub(crate) fn peer(self) -> String {
        format!("q-{self:?}").to_lowercase()
    }
}

/// A node's end of the tunnel: 10.99.0.1, or `fd99::1` where the underlay is IPv6.
pub(crate) fn vtep(under: Family, last: u8) -> IpAddr {
    match under {
        Family::V4 => [10, 99, 0, last].into(),
        Family::V6 => [0xfd99, 0, 0, 0, 0, 0, 0, u16::from(last)].into(),
    }
}

/// Returns the desired state of a host.
pub(crate) fn state((norm, under): (bool, Family), host: Host, change: Change) -> String {
    let semantics = if norm { "norm" } else { "openstack" };
    let (name, last) = match host {
        Host::A => ("host-a", 1),
        Host::B => ("host-b", 2),
    };
    let mut text = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"{semantics}\"\n[node]\nname = \"{name}\"\n\
         device = \"u0\"\nvtep = \"{}\"\n",
        vtep(under, last)
    );
    for (network, vni) in [("red", 100), ("green", 200), ("blue", 300)] {
        add(
            &mut text,
            &format!(
                "[[vpc]]\nid = \"{network}\"\n[[network]]\nid = \"{network}\"\nvpc = \"{network}\"\n\
                 vni = {vni}\n[[subnet]]\nid = \"{network}-4\"\nnetwork = \"{network}\"\n\
                 cidr = \"10.0.0.0/24\"\n[[subnet]]\nid = \"{network}-6\"\n\
                 network = \"{network}\"\ncidr = \"fd00::/64\"\n"
            ),
        );
    }
    add(
        &mut text,
        "[[addresses]]\nid = \"listed\"\n\
         cidrs = [\"10.0.0.11/32\", \"10.0.0.21/32\", \"fd00::11/128\", \"fd00::21/128\"]\n",
    );
    for (group, vpc) in GROUPS {
        add(&mut text, &format!("[[group]]\nid = \"{group}\"\nvpc = \"{vpc}\"\n"));
        for rule in rules(group, change) {
            add(&mut text, &format!("[[group.rule]]\n{rule}"));
        }
    }
    for station in STATIONS {
        add(&mut text, &entry(station, (host, under), change));
    }
    if host == Host::A {
        add(
            &mut text,
            &format!(
                "[[remote]]\nid = \"blue-far\"\nnetwork = \"blue\"\nvtep = \"{}\"\n\
                 mac = \"02:00:00:00:00:15\"\nips = [\"10.0.0.21\", \"fd00::21\"]\n\
                 groups = []\n",
                vtep(under, 3)
            ),
        );
    }
    text
}

fn add(text: &mut String, what: &str) {
    text.push_str(what);
}

fn rules(group: &str, change: Change) -> Vec<String> {
    let mut rules = Vec::new();
    for (_, id, rule) in RULES.iter().filter(|(of, _, _)| *of == group) {
        let rule = match change {
            Change::Without(gone) if gone == *id => continue,
            Change::Narrowed(of, from, to) if of == *id => rule.replace(from, to),
            _ => (*rule).to_owned(),
        };
        rules.push(format!("id = \"{id}\"\n{rule}"));
    }
    if let Change::Added(to, rule) = change
        && to == group
    {
        rules.push(rule.to_owned());
    }
    rules
}

fn entry(station: &Station, (host, under): (Host, Family), change: Change) -> String {
    let seat = station.seat;
    let groups = match change {
        Change::Groups(of, groups) if of == seat => groups,
        _ => station.groups,
    };
    let mut text = String::new();
    let local = station.host == host;
    let kind = if local { "port" } else { "remote" };
    let mac = seat.mac().map(|byte| format!("{byte:02x}")).join(":");
    writeln!(
        text,
        "[[{kind}]]\nid = \"{seat:?}\"\nnetwork = \"{}\"\nmac = \"{mac}\"\nips = [\"{}\", \"{}\"]\n\
         groups = {groups:?}",
        station.network,
        seat.address(Family::V4),
        seat.address(Family::V6)
    )
    .expect("a string takes what is written");
    if local {
        writeln!(
            text,
            "device = \"{}\"\nkind = \"veth\"\npeer = \"{}\"\n{}",
            seat.device(),
            seat.peer(),
            station.more
        )
        .expect("a string takes what is written");
    } else {
        let last = if station.host == Host::A { 1 } else { 2 };
        writeln!(text, "vtep = \"{}\"", vtep(under, last)).expect("a string takes what is written");
    }
    text
}
