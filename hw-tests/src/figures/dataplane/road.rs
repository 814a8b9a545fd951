//! Two hosts that the library built, with a guest on each, and the way between them.

use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use dataplane::naming;
use hw_tests::network::frame::{Mac, Path};
use hw_tests::network::layout::hosts;
use hw_tests::network::node::Node;
use hw_tests::network::wire::Wire;
use hw_tests::network::{Bed, BedError, Space, within};

use super::load::{TURN, Turn};

/// Ports of datagrams that belong to one connection.
const FLOW: (u16, u16) = (4000, 5000);
const MACS: [Mac; 2] = [[2, 0, 0, 0, 0, 0x11], [2, 0, 0, 0, 0, 0x21]];

/// What is on the hosts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rules {
    /// What the library makes of so many groups with ten rules each.
    Groups(usize),
    /// The same devices, and bridges that hand nothing to any rule.
    None,
    /// Bridges that hand packets to conntrack, each in its zone, and no other rule.
    Tracked,
}

/// Who sends and hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    /// A packet socket on the near guest's card; the far guest has no address and takes nothing.
    Cards,
    /// A UDP socket in each guest.
    Sockets,
}

/// Two hosts and a guest on each.
pub(super) struct Road {
    hosts: [Space; 2],
    guests: [Space; 2],
    wire: Wire,
    sockets: Option<[UdpSocket; 2]>,
    _bed: Bed,
}

impl Road {
    pub(super) fn new(rules: Rules, ends: Ends) -> Result<Self, BedError> {
        let mut bed = Bed::new()?;
        let hosts = hosts(&mut bed)?;
        let groups = match rules {
            Rules::Groups(groups) => groups,
            Rules::None | Rules::Tracked => 2,
        };
        for (host, at) in hosts.iter().zip(0..) {
            Node::open(host)?.apply(&state(groups, at))?;
        }
        let bridge = naming::bridge("red").to_string();
        for host in &hosts {
            if let Rules::Groups(_) = rules {
                continue;
            }
            host.line("nft delete table inet assay")?;
            host.line("nft delete table netdev assay")?;
            if let Rules::None = rules {
                host.line(&format!(
                    "ip link set {bridge} type bridge nf_call_iptables 0 nf_call_ip6tables 0"
                ))?;
            } else {
                host.feed(&["nft", "-f", "-"], &tracked(&bridge))?;
            }
        }
        let guests = [bed.space("g0")?, bed.space("g1")?];
        for (guest, host) in guests.iter().zip(&hosts) {
            host.line(&format!("ip link set q0 netns {} name eth0", guest.name()))?;
            guest.line("ip link set eth0 addrgenmode none up")?;
        }
        let [near, _] = &guests;
        let wire = Wire::open(near, "eth0")?;
        let mut road = Self { hosts, guests, wire, sockets: None, _bed: bed };
        // Without sockets: they would hear the datagrams that this sends.
        road.establish()?;
        if ends == Ends::Sockets {
            road.sockets = Some(road.open()?);
        }
        Ok(road)
    }

    /// Gives guests their addresses, and each a socket that is joined to the other's.
    fn open(&self) -> Result<[UdpSocket; 2], BedError> {
        let ends = [([10, 0, 0, 11], 4001), ([10, 0, 0, 21], 5000)];
        let at = |(address, port): ([u8; 4], u16)| SocketAddr::from((address, port));
        let socket = |guest: &Space, own, other| -> Result<UdpSocket, BedError> {
            guest.line(&format!("ip address add {}/24 dev eth0", at(own).ip()))?;
            let socket = guest.inside(|| UdpSocket::bind(at(own)))??;
            socket.connect(at(other))?;
            socket.set_read_timeout(Some(Duration::from_secs(5)))?;
            Ok(socket)
        };
        let ([a, b], [near, far]) = (&self.guests, ends);
        let sockets = [socket(a, near, far)?, socket(b, far, near)?];
        let [one, other] = &sockets;
        // There, back and there: established.
        for (from, to) in [(one, other), (other, one), (one, other)] {
            from.send(b"joined")?;
            to.recv(&mut [0; 64])?;
        }
        Ok(sockets)
    }

    /// Has both hosts know the connection as established.
    fn establish(&self) -> Result<(), BedError> {
        let [_, far] = &self.guests;
        // Closed at the end: what it hears would cost those that are measured.
        let (near, far) = (&self.wire, &Wire::open(far, "eth0")?);
        let (there, back) = (path(), path().back());
        let (ports, answer) = (FLOW, (FLOW.1, FLOW.0));
        for (from, to, frame) in [
            (near, far, there.udp(ports, b"there")),
            (far, near, back.udp(answer, b"back")),
            (near, far, there.udp(ports, b"there")),
        ] {
            within(Duration::from_secs(20), "a datagram on the road", || {
                let sent = from.send(&frame).is_ok();
                let heard = to.hear(Duration::from_millis(20), |_| true);
                sent && matches!(heard, Ok(Some(_)))
            })?;
        }
        Ok(())
    }

    /// Datagrams of one connection.
    pub(super) fn established(&self) -> Result<Turn<'_>, BedError> {
        if let Some([near, far]) = &self.sockets {
            return Ok(Turn::Sockets(near, far));
        }
        self.establish()?;
        let frame = path().udp(FLOW, &[0; 64]);
        Ok(Turn::Frames(&self.wire, vec![frame; usize::from(TURN)]))
    }

    /// The first datagrams of connections; each turn has its own, of a thousand turns.
    pub(super) fn fresh(&self, turn: usize) -> Turn<'_> {
        let to = FLOW.1 - u16::try_from(turn % 1000).unwrap_or(0);
        let frames = (0..TURN).map(|at| path().udp((10_000 + at, to), &[0; 64]));
        Turn::Frames(&self.wire, frames.collect())
    }

    /// Has conntrack forget all connections.
    pub(super) fn forget(&self) -> Result<(), BedError> {
        self.hosts.iter().try_for_each(|host| host.line("conntrack -F").map(drop))
    }

    /// Packets that have arrived at the far guest so far.
    pub(super) fn arrived(&self) -> Result<u64, BedError> {
        let [_, far] = &self.guests;
        let links = far.json(&["ip", "-j", "-s", "link", "show", "eth0"])?;
        Ok(links[0]["stats64"]["rx"]["packets"].as_u64().unwrap_or(0))
    }
}

/// From the near guest to the far one.
fn path() -> Path {
    let [near, far] = MACS;
    let ip = (IpAddr::from([10, 0, 0, 11]), IpAddr::from([10, 0, 0, 21]));
    Path { mac: (near, far), ip }
}

/// The desired state of a host: its guest, the other, and groups each with a port whose tap is
/// not there.
fn state(groups: usize, at: usize) -> String {
    let [near, far] = [(11, "a"), (21, "b")];
    let ((own, name), (other, _)) = if at == 0 { (near, far) } else { (far, near) };
    let mac = |last: u8| format!("02:00:00:00:00:{last}");
    let mut text = format!(
        "schema = \"assay/network/v1\"\nsemantics = \"norm\"\n\
         node = {{ name = \"{name}\", device = \"u0\", vtep = \"10.99.0.{}\" }}\n\
         vpc = [{{ id = \"red\" }}]\n\
         network = [{{ id = \"red\", vpc = \"red\", vni = 100 }}, \
         {{ id = \"red-1\", vpc = \"red\", vni = 101 }}, \
         {{ id = \"red-2\", vpc = \"red\", vni = 102 }}]\n\
         subnet = [{{ id = \"s\", network = \"red\", cidr = \"10.0.0.0/24\" }}, \
         {{ id = \"s1\", network = \"red-1\", cidr = \"10.1.0.0/16\" }}, \
         {{ id = \"s2\", network = \"red-2\", cidr = \"10.2.0.0/16\" }}]\n\
         [[port]]\nid = \"own\"\nnetwork = \"red\"\ndevice = \"p0\"\nkind = \"veth\"\n\
         peer = \"q0\"\nmac = \"{}\"\nips = [\"10.0.0.{own}\"]\ngroups = [\"g{at}\"]\n\
         [[remote]]\nid = \"other\"\nnetwork = \"red\"\nmac = \"{}\"\nips = [\"10.0.0.{other}\"]\n\
         groups = [\"g{}\"]\nvtep = \"10.99.0.{}\"\n",
        at + 1,
        mac(own),
        mac(other),
        1 - at,
        2 - at
    );
    for group in 0..groups {
        let of = group_of(group, groups);
        text.push_str(&of);
    }
    for group in 2..groups {
        let (network, high, low) = (1 + group % 2, group / 256, group % 256);
        writeln!(
            text,
            "[[port]]\nid = \"t{group}\"\nnetwork = \"red-{network}\"\ndevice = \"t{group}\"\n\
             kind = \"tap\"\nmac = \"02:00:00:01:{high:02x}:{low:02x}\"\n\
             ips = [\"10.{network}.{high}.{low}\"]\ngroups = [\"g{group}\"]"
        )
        .expect("a string takes what is written");
    }
    text
}

/// A group with ten rules, of which the last permits the road's datagrams.
fn group_of(group: usize, groups: usize) -> String {
    let mut text = format!("[[group]]\nid = \"g{group}\"\nvpc = \"red\"\n");
    for rule in 0..9 {
        let from = (group + rule + 2) % groups;
        writeln!(
            text,
            "[[group.rule]]\ndirection = \"in\"\nprotocol = \"tcp\"\nports = {}\n\
             from = {{ group = \"g{from}\" }}",
            8000 + rule
        )
        .expect("a string takes what is written");
    }
    let from = if group < 2 { 1 - group } else { 0 };
    writeln!(
        text,
        "[[group.rule]]\ndirection = \"in\"\nprotocol = \"udp\"\nports = \"4000-5000\"\n\
         from = {{ group = \"g{from}\" }}"
    )
    .expect("a string takes what is written");
    text
}

fn tracked(bridge: &str) -> String {
    format!(
        "table inet only {{\n chain as_pre {{\n  type filter hook prerouting priority -450;\n  \
         iifname \"{bridge}\" ct zone set 1\n }}\n chain as_fwd {{\n  \
         type filter hook forward priority 0;\n  ct state established accept\n }}\n}}\n"
    )
}
