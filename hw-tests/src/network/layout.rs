//! Tenant networks on two hosts, built by hand with iproute2 and nft: what the layout is
//! proved with before any program of ours builds it.
//!
//! Every network has the same addresses: 10.0.0.0/24 and `fd00::/64`, guests `.11` and `.12` on
//! host A and `.21` on host B, the same MAC addresses. Network *n* admits UDP and TCP port
//! 7000 + *n* and echo requests, nothing else, and everything outwards.

use std::fmt::Write as _;
use std::net::IpAddr;

use super::frame::{Mac, Path};
use super::{Bed, BedError, Space};

/// Largest packet of the underlay, in bytes.
const UNDERLAY: u32 = 1600;

/// Where bridges, VXLAN devices and ports are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// All in the host's own namespace, each network with a conntrack zone.
    Fabric,
    /// Each network in a namespace of its own.
    Separate,
}

/// What is built.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Where.
    pub place: Place,
    /// Whether packets are judged at all; without, bridges call nothing.
    pub groups: bool,
    /// How many networks.
    pub networks: u16,
    /// Priority of the chain that gives zones.
    pub zone_priority: i32,
}

impl Layout {
    /// The layout that the program builds, with so many networks.
    pub fn fabric(networks: u16) -> Self {
        // Before defragmentation (−400).
        Self { place: Place::Fabric, groups: true, networks, zone_priority: -450 }
    }
}

/// A guest of one network.
#[derive(Clone, Debug)]
pub struct Guest {
    /// Its namespace, with the device `eth0`.
    pub space: Space,
    /// Its MAC address.
    pub mac: Mac,
    /// Its IPv4 address.
    pub v4: IpAddr,
    /// Its IPv6 address.
    pub v6: IpAddr,
}

impl Guest {
    /// Returns its address of a family.
    pub fn address(&self, ipv6: bool) -> IpAddr {
        if ipv6 { self.v6 } else { self.v4 }
    }

    /// Returns the way from it to another.
    pub fn to(&self, other: &Self, ipv6: bool) -> Path {
        Path { mac: (self.mac, other.mac), ip: (self.address(ipv6), other.address(ipv6)) }
    }
}

/// One network on both hosts.
#[derive(Clone, Debug)]
pub struct Network {
    /// Namespaces of its bridges, of host A and of host B.
    pub places: [Space; 2],
    /// Name of its bridge.
    pub bridge: String,
    /// The port that it admits.
    pub port: u16,
    /// Guest `.11`, on host A.
    pub a1: Guest,
    /// Guest `.12`, on host A.
    pub a2: Guest,
    /// Guest `.21`, on host B.
    pub b1: Guest,
}

/// Two hosts and their networks.
#[derive(Clone, Debug)]
pub struct Site {
    /// Hosts A and B, joined by `u0`.
    pub hosts: [Space; 2],
    /// Networks.
    pub networks: Vec<Network>,
}

/// A guest to be.
#[derive(Clone, Copy)]
struct Seat {
    host: usize,
    last: u8,
}

const SEATS: [Seat; 3] =
    [Seat { host: 0, last: 11 }, Seat { host: 0, last: 12 }, Seat { host: 1, last: 21 }];

impl Seat {
    fn mac(self) -> Mac {
        [2, 0, 0, 0, 0, self.last]
    }
}

/// Makes two hosts joined by an underlay: 10.99.0.1 and 10.99.0.2 on `u0`. Bridges of theirs
/// that do not say so themselves call neither iptables nor nft.
pub fn hosts(bed: &mut Bed) -> Result<[Space; 2], BedError> {
    let hosts = [bed.space("hA")?, bed.space("hB")?];
    let [a, b] = &hosts;
    a.line(&format!(
        "ip link add u0 mtu {UNDERLAY} type veth peer name u0 mtu {UNDERLAY} netns {}",
        b.name()
    ))?;
    for (host, number) in hosts.iter().zip(1..) {
        quiet(host)?;
        host.line("ip link set u0 addrgenmode none up")?;
        host.line(&format!("ip address add 10.99.0.{number}/24 dev u0"))?;
    }
    Ok(hosts)
}

/// Has the bridges of a namespace call nothing unless each says so.
pub fn quiet(space: &Space) -> Result<(), BedError> {
    let call = |what: &str| format!("net.bridge.bridge-nf-call-{what}=0");
    let [ip4, ip6, arp] = ["iptables", "ip6tables", "arptables"].map(call);
    space.run(&["sysctl", "-qw", &ip4, &ip6, &arp])?;
    Ok(())
}

/// Makes a guest's namespace, its device `eth0` joined to `port` in `place`.
pub fn guest(
    bed: &mut Bed,
    place: &Space,
    port: &str,
    label: &str,
    last: u8,
) -> Result<Guest, BedError> {
    let mac = Seat { host: 0, last }.mac();
    let space = bed.space(label)?;
    place.line(&format!(
        "ip link add {port} mtu 1450 type veth peer name eth0 mtu 1450 address {} netns {}",
        text(mac),
        space.name()
    ))?;
    settle(space, last)
}

/// Gives the guest's `eth0` its addresses and takes it up.
pub fn settle(space: Space, last: u8) -> Result<Guest, BedError> {
    space.line("ip link set eth0 addrgenmode none up")?;
    space.line(&format!("ip address add 10.0.0.{last}/24 dev eth0"))?;
    space.line(&format!("ip address add fd00::{last}/64 dev eth0 nodad"))?;
    let v4 = IpAddr::from([10, 0, 0, last]);
    // Written `fd00::11`, so that the digits read the same in both families.
    let digits = (u16::from(last / 10) << 4) | u16::from(last % 10);
    let v6 = IpAddr::from([0xfd00, 0, 0, 0, 0, 0, 0, digits]);
    Ok(Guest { space, mac: Seat { host: 0, last }.mac(), v4, v6 })
}

/// Builds a layout.
pub fn build(bed: &mut Bed, layout: Layout) -> Result<Site, BedError> {
    let hosts = hosts(bed)?;
    let mut networks = Vec::new();
    for number in 0..layout.networks {
        networks.push(network(bed, layout, &hosts, number)?);
    }
    if layout.groups {
        for (at, host) in hosts.iter().enumerate() {
            match layout.place {
                Place::Fabric => {
                    host.feed(&["nft", "-f", "-"], &fabric_rules(layout))?;
                }
                Place::Separate => {
                    for network in &networks {
                        let place = network.places.get(at).unwrap_or(host);
                        place.feed(&["nft", "-f", "-"], &separate_rules(network.port))?;
                    }
                }
            }
        }
    }
    Ok(Site { hosts, networks })
}

fn network(
    bed: &mut Bed,
    layout: Layout,
    hosts: &[Space; 2],
    number: u16,
) -> Result<Network, BedError> {
    let (bridge, vxlan) = (format!("br{number}"), format!("vx{number}"));
    let mut places = hosts.clone();
    for ((place, host), end) in places.iter_mut().zip(hosts).zip(1..) {
        host.line(&format!(
            "ip link add {vxlan} mtu 1450 type vxlan id {} local 10.99.0.{end} dstport 4789 \
             nolearning proxy",
            100 + number
        ))?;
        if layout.place == Place::Separate {
            *place = bed.space(&format!("v{number}-{end}"))?;
            quiet(place)?;
            host.line(&format!("ip link set {vxlan} netns {}", place.name()))?;
        }
        let call = u8::from(layout.groups);
        place.feed(
            &["ip", "-batch", "-"],
            &format!(
                "link add {bridge} type bridge stp_state 0 mcast_snooping 0 \
                 nf_call_iptables {call} nf_call_ip6tables {call}\n\
                 link set {bridge} arp off addrgenmode none mtu 1450 up\n\
                 link set {vxlan} addrgenmode none master {bridge} up\n"
            ),
        )?;
        // Broadcast and multicast do go to the tunnel: it answers requests for the addresses
        // that it knows and, with no entry for all others, drops the rest. With flooding off
        // no guest finds another across hosts (kernel 6.18).
        place.line(&format!(
            "bridge link set dev {vxlan} learning off flood off mcast_flood on bcast_flood on \
             neigh_suppress on"
        ))?;
    }
    let mut guests = Vec::new();
    for seat in SEATS {
        let place = places.get(seat.host).unwrap_or(&places[0]).clone();
        let port = format!("p{number}-{}", seat.last);
        let label = format!("g{number}-{}", seat.last);
        let guest = guest(bed, &place, &port, &label, seat.last)?;
        let mac = text(seat.mac());
        enslave(&place, &port, &bridge, &mac)?;
        let (there, vtep) = (1 - seat.host, seat.host + 1);
        let there = places.get(there).unwrap_or(&places[0]);
        there.feed(
            &["bridge", "-batch", "-"],
            &format!(
                "fdb add {mac} dev {vxlan} dst 10.99.0.{vtep} self permanent\n\
                 fdb add {mac} dev {vxlan} master static\n"
            ),
        )?;
        for address in [guest.v4, guest.v6] {
            there.line(&format!(
                "ip neighbour add {address} lladdr {mac} dev {vxlan} nud permanent"
            ))?;
        }
        guests.push(guest);
    }
    let [a1, a2, b1] = <[Guest; 3]>::try_from(guests).expect("there are three seats");
    Ok(Network { places, bridge, port: 7000 + number, a1, a2, b1 })
}

/// Puts a port into a bridge, as a port of a guest is: up last.
pub fn enslave(place: &Space, port: &str, bridge: &str, mac: &str) -> Result<(), BedError> {
    place.line(&format!("ip link set {port} addrgenmode none master {bridge}"))?;
    place.line(&format!("bridge link set dev {port} learning off flood off"))?;
    place.line(&format!("ip link set {port} up"))?;
    place.line(&format!("bridge fdb add {mac} dev {port} master static"))?;
    Ok(())
}

/// Returns a MAC address as text.
pub fn text(mac: Mac) -> String {
    mac.map(|byte| format!("{byte:02x}")).join(":")
}

/// What one network admits.
fn profile(port: u16) -> String {
    format!(
        "  meta l4proto {{ tcp, udp }} th dport {port} return;\n  \
         icmp type echo-request return;\n  icmpv6 type echo-request return;\n  drop;\n"
    )
}

/// Neighbour discovery by address resolution and group membership; no routers, no redirects.
const DISCOVERY: &str = "  icmpv6 type { 130, 131, 132, 135, 136, 143 } accept;\n  \
                         icmpv6 type { 134, 137 } drop;\n";
const STATE: &str = "  ct state vmap { established : accept, related : accept, invalid : drop };\n";

fn fabric_rules(layout: Layout) -> String {
    let mut bridges = Vec::new();
    let (mut chains, mut maps) = (String::new(), String::new());
    for number in 0..layout.networks {
        bridges.push(format!("\"br{number}\""));
        writeln!(chains, " chain as_i_{number} {{\n{} }}", profile(7000 + number))
            .expect("a string takes what is written");
        for seat in SEATS {
            for (map, address) in [("as_in4", "10.0.0."), ("as_in6", "fd00::")] {
                writeln!(
                    maps,
                    "add element inet assay {map} {{ \"br{number}\" . {address}{} : \
                     jump as_i_{number} }}",
                    seat.last
                )
                .expect("a string takes what is written");
            }
        }
    }
    let each = |of: fn(usize, &String) -> String| {
        let all: Vec<String> = bridges.iter().enumerate().map(|(at, name)| of(at, name)).collect();
        all.join(", ")
    };
    let zones = each(|at, name| format!("{name} : {}", at + 1));
    let pairs = each(|_, name| format!("{name} . {name}"));
    let all = bridges.join(", ");
    format!(
        "table inet assay {{\n map as_zone {{ typeof iifname : ct zone; elements = {{ {zones} }}; }}\n \
         set as_pair {{ typeof iifname . oifname; elements = {{ {pairs} }}; }}\n \
         set as_bridge {{ typeof iifname; elements = {{ {all} }}; }}\n \
         map as_in4 {{ typeof iifname . ip daddr : verdict; }}\n \
         map as_in6 {{ typeof iifname . ip6 daddr : verdict; }}\n\
         {chains} \
         chain as_pre {{\n  type filter hook prerouting priority {}; policy accept;\n  \
         ct zone set iifname map @as_zone;\n }}\n \
         chain as_fwd {{\n  type filter hook forward priority 0; policy accept;\n  \
         iifname . oifname @as_pair jump as_judge;\n  iifname @as_bridge drop;\n  \
         oifname @as_bridge drop;\n }}\n \
         chain as_in {{\n  type filter hook input priority 0; policy accept;\n  \
         iifname @as_bridge drop;\n }}\n \
         chain as_judge {{\n{DISCOVERY}{STATE}  iifname . ip daddr vmap @as_in4;\n  \
         iifname . ip6 daddr vmap @as_in6;\n  accept;\n }}\n}}\n{maps}",
        layout.zone_priority
    )
}

fn separate_rules(port: u16) -> String {
    let jumps = |prefix: &str| {
        let all: Vec<String> =
            SEATS.iter().map(|seat| format!("{prefix}{} : jump as_i", seat.last)).collect();
        all.join(", ")
    };
    format!(
        "table inet assay {{\n chain as_i {{\n{} }}\n \
         map as_in4 {{ typeof ip daddr : verdict; elements = {{ {} }}; }}\n \
         map as_in6 {{ typeof ip6 daddr : verdict; elements = {{ {} }}; }}\n \
         chain as_fwd {{\n  type filter hook forward priority 0; policy drop;\n\
         {DISCOVERY}{STATE}  ip daddr vmap @as_in4;\n  ip6 daddr vmap @as_in6;\n  accept;\n }}\n}}\n",
        profile(port),
        jumps("10.0.0."),
        jumps("fd00::"),
    )
}
