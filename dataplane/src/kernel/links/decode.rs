//! What the kernel says of devices, addresses, forwarding entries, neighbours and routes.
//!
//! One function for each kind of message, from its body (what follows `nlmsghdr`) to a value.
//! What is not known is passed over, and what is too short is as if it had not been said:
//! no message can fail a dump. Layouts: `include/uapi/linux/if_link.h`, `if_addr.h`,
//! `neighbour.h`, `rtnetlink.h`, `nexthop.h`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

pub use super::numbers::AF_BRIDGE;
use super::numbers::{
    AF_INET, AF_INET6, IFF_NOARP, IFF_RUNNING, IFF_UP, NTF_EXT_LEARNED, NTF_SELF, NUD_NOARP,
    NUD_PERMANENT, RTN_UNICAST, RTPROT_KERNEL, address, bridge, bridge_port, info, link, neighbour,
    nexthop, route, vxlan,
};
use crate::address::{Device, Mac};
use crate::kernel::attribute::{attributes, text, u8_of, u16_of, u32_of};
use crate::kernel::rooms::PROTOCOL;
use crate::seen;
use crate::wanted::BridgePort;

/// A device as it was said, others named by their numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardLink {
    /// Its name.
    pub name: Device,
    /// Number of the device it is a port of.
    pub master: Option<u32>,
    /// Number of the other end of a veth pair in this namespace.
    pub peer: Option<u32>,
    /// All else; `master`, `peer` and `addresses` are empty there.
    pub link: seen::Link,
}

/// Returns the device of an `RTM_NEWLINK`; nothing where its name is none that we could write.
pub fn link(body: &[u8]) -> Option<HeardLink> {
    let (header, rest) = body.split_at_checked(16)?;
    let flags = u32_of(header.get(8..12)?)?;
    let mut name = None;
    let mut elsewhere = false;
    let mut lower = None;
    let mut heard = seen::Link {
        index: u32_of(header.get(4..8)?)?,
        kind: None,
        alias: None,
        mac: None,
        mtu: 0,
        up: flags & IFF_UP != 0,
        no_arp: flags & IFF_NOARP != 0,
        generates_addresses: false,
        master: None,
        bridge_port: None,
        bridge: None,
        vxlan: None,
        peer: None,
        addresses: std::collections::BTreeSet::new(),
    };
    let mut master = None;
    for (kind, value) in attributes(rest) {
        match kind {
            link::NAME => name = text(value).and_then(|name| name.parse().ok()),
            link::ADDRESS => heard.mac = mac(value),
            link::MTU => heard.mtu = u32_of(value).unwrap_or(0),
            link::LINK => lower = u32_of(value),
            link::LINK_NAMESPACE => elsewhere = true,
            link::MASTER => master = u32_of(value).filter(|index| *index != 0),
            link::ALIAS => heard.alias = text(value).map(str::to_owned),
            link::INFO => link_info(value, &mut heard),
            link::FAMILIES => heard.generates_addresses = generates_addresses(value),
            _ => {}
        }
    }
    let veth = heard.kind.as_deref() == Some("veth");
    let peer = lower.filter(|index| veth && !elsewhere && *index != 0);
    Some(HeardLink { name: name?, master, peer, link: heard })
}

/// Returns the state of a port of a bridge, from an `RTM_NEWLINK`, where it has carrier: without,
/// the kernel has it disabled.
pub fn live_port_state(body: &[u8]) -> Option<u8> {
    let of = |value, wanted| attributes(value).find(|(kind, _value)| *kind == wanted);
    let (header, rest) = body.split_at_checked(16)?;
    (u32_of(header.get(8..12)?)? & IFF_RUNNING != 0).then_some(())?;
    let (_kind, about) = of(rest, link::INFO)?;
    let (_kind, data) = of(about, info::PORT_DATA)?;
    let (_kind, state) = of(data, bridge_port::STATE)?;
    u8_of(state)
}

/// Returns the settings of a port as its bridge tells them: in an `RTM_NEWLINK` of `AF_BRIDGE`.
pub fn told_port(body: &[u8]) -> Option<BridgePort> {
    let mut told = attributes(body.get(16..)?).filter(|(kind, _value)| *kind == link::PORT);
    told.next().map(|(_kind, value)| bridge_port_settings(value))
}

fn link_info(value: &[u8], heard: &mut seen::Link) {
    let mut data = &[][..];
    let mut port = None;
    let mut port_kind = None;
    for (kind, value) in attributes(value) {
        match kind {
            info::KIND => heard.kind = text(value).map(str::to_owned),
            info::DATA => data = value,
            info::PORT_KIND => port_kind = text(value),
            info::PORT_DATA => port = Some(value),
            _ => {}
        }
    }
    match heard.kind.as_deref() {
        Some("bridge") => heard.bridge = Some(bridge_settings(data)),
        Some("vxlan") => heard.vxlan = Some(vxlan_settings(data)),
        _ => {}
    }
    if port_kind == Some("bridge") {
        heard.bridge_port = port.map(bridge_port_settings);
    }
}

fn bridge_settings(data: &[u8]) -> seen::Bridge {
    let mut settings = seen::Bridge {
        calls_ipv4_rules: false,
        calls_ipv6_rules: false,
        stp: false,
        // A kernel without the attribute was built without snooping.
        multicast_snooping: false,
    };
    for (kind, value) in attributes(data) {
        match kind {
            bridge::CALL_IPTABLES => settings.calls_ipv4_rules = on(value),
            bridge::CALL_IP6TABLES => settings.calls_ipv6_rules = on(value),
            bridge::STP => settings.stp = u32_of(value).is_some_and(|state| state != 0),
            bridge::SNOOPING => settings.multicast_snooping = on(value),
            _ => {}
        }
    }
    settings
}

fn vxlan_settings(data: &[u8]) -> seen::Vxlan {
    let mut settings = seen::Vxlan { vni: 0, local: None, port: 0, learning: false, proxy: false };
    for (kind, value) in attributes(data) {
        match kind {
            vxlan::ID => settings.vni = u32_of(value).unwrap_or(0),
            vxlan::LOCAL | vxlan::LOCAL6 => settings.local = ip(value).or(settings.local),
            vxlan::PORT => settings.port = u16_of(value).map_or(0, u16::from_be),
            vxlan::LEARNING => settings.learning = on(value),
            vxlan::PROXY => settings.proxy = on(value),
            _ => {}
        }
    }
    settings.local = settings.local.filter(|local| !local.is_unspecified());
    settings
}

fn bridge_port_settings(data: &[u8]) -> BridgePort {
    // What a port does that knows nothing else.
    let mut settings = BridgePort {
        learning: true,
        flood: true,
        multicast_flood: true,
        broadcast_flood: true,
        neighbour_suppression: false,
    };
    for (kind, value) in attributes(data) {
        match kind {
            bridge_port::LEARNING => settings.learning = on(value),
            bridge_port::FLOOD => settings.flood = on(value),
            bridge_port::MULTICAST_FLOOD => settings.multicast_flood = on(value),
            bridge_port::BROADCAST_FLOOD => settings.broadcast_flood = on(value),
            bridge_port::SUPPRESS => settings.neighbour_suppression = on(value),
            _ => {}
        }
    }
    settings
}

/// Whether the part of `AF_INET6` in `IFLA_AF_SPEC` names a way to generate addresses. A device
/// without that part has no IPv6.
fn generates_addresses(value: &[u8]) -> bool {
    attributes(value)
        .filter(|(family, _value)| *family == u16::from(AF_INET6))
        .flat_map(|(_family, value)| attributes(value))
        .any(|(kind, value)| {
            kind == link::INET6_GENERATE && u8_of(value) != Some(link::GENERATE_NONE)
        })
}

/// Returns the device and the address of an `RTM_NEWADDR`.
pub fn address(body: &[u8]) -> Option<(u32, IpNet)> {
    let (header, rest) = body.split_at_checked(8)?;
    let prefix = u8_of(header.get(1..2)?)?;
    let index = u32_of(header.get(4..8)?)?;
    // For a point-to-point device, `IFA_ADDRESS` is the other side.
    let mut local = None;
    let mut either = None;
    for (kind, value) in attributes(rest) {
        match kind {
            address::LOCAL => local = ip(value),
            address::ADDRESS => either = ip(value),
            _ => {}
        }
    }
    Some((index, IpNet::new(local.or(either)?, prefix).ok()?))
}

/// A forwarding entry or neighbour as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeardNeighbour {
    /// An entry of a VXLAN device's own database, static.
    Device {
        /// Number of the device.
        index: u32,
        /// The station.
        mac: Mac,
        /// The tunnel end that it is behind.
        to: Option<IpAddr>,
    },
    /// An entry of a bridge, static.
    Bridge {
        /// Number of the port.
        index: u32,
        /// The station.
        mac: Mac,
    },
    /// A permanent neighbour.
    Neighbour {
        /// Number of the device.
        index: u32,
        /// The station's IP address.
        address: IpAddr,
        /// Its MAC address.
        mac: Mac,
    },
}

/// An entry that came or went, whoever made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnyNeighbour {
    /// Number of the device.
    pub index: u32,
    /// Whether it is a forwarding entry.
    pub of_bridges: bool,
    /// What it is, where somebody made it by hand.
    pub made: Option<HeardNeighbour>,
}

/// Returns the entry of an `RTM_NEWNEIGH` or `RTM_DELNEIGH`; nothing where it is a routing
/// daemon's, or the kernel's own for the address of a port.
pub fn any_neighbour(body: &[u8]) -> Option<AnyNeighbour> {
    let (header, rest) = body.split_at_checked(12)?;
    let family = u8_of(header.get(..1)?)?;
    let index = u32_of(header.get(4..8)?)?;
    let state = u16_of(header.get(8..10)?)?;
    let flags = u8_of(header.get(10..11)?)?;
    let of_bridges = family == AF_BRIDGE;
    let of_bridge = attributes(rest).any(|(kind, _value)| kind == neighbour::MASTER);
    let local = of_bridge && flags & NTF_SELF == 0 && state & NUD_PERMANENT != 0;
    if flags & NTF_EXT_LEARNED != 0 || (of_bridges && local) {
        return None;
    }
    Some(AnyNeighbour { index, of_bridges, made: neighbour(body) })
}

/// Returns the entry of an `RTM_NEWNEIGH`, where it is one that somebody made by hand: neither
/// learned, nor a routing daemon's (`NTF_EXT_LEARNED`), nor the kernel's own for the address of
/// a port (which a bridge marks as local by `NUD_PERMANENT`).
pub fn neighbour(body: &[u8]) -> Option<HeardNeighbour> {
    let (header, rest) = body.split_at_checked(12)?;
    let family = u8_of(header.get(..1)?)?;
    let index = u32_of(header.get(4..8)?)?;
    let state = u16_of(header.get(8..10)?)?;
    let flags = u8_of(header.get(10..11)?)?;
    let mut of_bridge = false;
    let mut to = None;
    let mut station = None;
    for (kind, value) in attributes(rest) {
        match kind {
            neighbour::DESTINATION => to = ip(value),
            neighbour::MAC => station = mac(value),
            neighbour::MASTER => of_bridge = true,
            _ => {}
        }
    }
    let mac = station?;
    if flags & NTF_EXT_LEARNED != 0 {
        return None;
    }
    match family {
        AF_BRIDGE if of_bridge && flags & NTF_SELF == 0 => (state & NUD_NOARP != 0
            && state & NUD_PERMANENT == 0)
            .then_some(HeardNeighbour::Bridge { index, mac }),
        AF_BRIDGE if flags & NTF_SELF != 0 => (state & (NUD_NOARP | NUD_PERMANENT) != 0)
            .then_some(HeardNeighbour::Device { index, mac, to }),
        AF_INET | AF_INET6 if state & NUD_PERMANENT != 0 => {
            Some(HeardNeighbour::Neighbour { index, address: to?, mac })
        }
        _ => None,
    }
}

/// A route as it was said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeardRoute {
    /// Where to.
    pub to: IpNet,
    /// The next station.
    pub via: Option<IpAddr>,
    /// Number of the device.
    pub device: u32,
    /// Whether we made it; else the kernel did, for the address of a device.
    pub ours: bool,
}

/// Returns the route of an `RTM_NEWROUTE`, where we made it or the kernel of its own accord.
pub fn route(body: &[u8]) -> Option<HeardRoute> {
    let (header, rest) = body.split_at_checked(12)?;
    let any: IpAddr = match *header.first()? {
        AF_INET => Ipv4Addr::UNSPECIFIED.into(),
        AF_INET6 => Ipv6Addr::UNSPECIFIED.into(),
        _ => return None,
    };
    let (protocol, kind) = (*header.get(5)?, *header.get(7)?);
    let ours = protocol == PROTOCOL;
    (ours || (protocol, kind) == (RTPROT_KERNEL, RTN_UNICAST)).then_some(())?;
    let (mut to, mut via, mut device) = (any, None, None);
    for (kind, value) in attributes(rest) {
        match kind {
            route::DESTINATION => to = ip(value)?,
            route::GATEWAY => via = ip(value),
            route::DEVICE => device = u32_of(value),
            _ => {}
        }
    }
    Some(HeardRoute { to: IpNet::new(to, *header.get(1)?).ok()?, via, device: device?, ours })
}

/// Calls `found` with the devices by which an `RTM_NEWROUTE` sends packets to a next hop, or to
/// anywhere.
pub fn routed_devices(body: &[u8], found: &mut dyn FnMut(u32)) {
    let Some((header, rest)) = body.split_at_checked(12) else { return };
    let (Some(length), Some(kind)) = (header.get(1), header.get(7)) else { return };
    if *kind != RTN_UNICAST {
        return;
    }
    let mut device = None;
    let mut hop = *length == 0;
    for (kind, value) in attributes(rest) {
        match kind {
            route::DEVICE => device = u32_of(value),
            route::GATEWAY | route::VIA => hop = true,
            route::HOPS => hops(value, *length == 0, found),
            _ => {}
        }
    }
    if let Some(device) = device.filter(|_device| hop) {
        found(device);
    }
}

/// Next hops of a route with several: `struct rtnexthop`, each with attributes behind it.
fn hops(mut rest: &[u8], default: bool, found: &mut dyn FnMut(u32)) {
    while let Some(header) = rest.get(..8) {
        let length = header.get(..2).and_then(u16_of).map_or(0, usize::from);
        let Some(inside) = rest.get(8..length) else { return };
        let mut gateways = attributes(inside)
            .filter(|(kind, _value)| matches!(*kind, route::GATEWAY | route::VIA));
        if default || gateways.next().is_some() {
            header.get(4..8).and_then(u32_of).into_iter().for_each(&mut *found);
        }
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
}

/// Returns the device of an `RTM_NEWNEXTHOP`: where `net.ipv4.nexthop_compat_mode` is 0, the
/// routes that name such an object do not repeat it, so any is taken for routed.
pub fn nexthop_device(body: &[u8]) -> Option<u32> {
    let (_header, rest) = body.split_at_checked(8)?;
    let mut devices = attributes(rest).filter(|(kind, _value)| *kind == nexthop::DEVICE);
    devices.next().and_then(|(_kind, value)| u32_of(value))
}

fn on(value: &[u8]) -> bool {
    u8_of(value).is_some_and(|value| value != 0)
}

fn mac(value: &[u8]) -> Option<Mac> {
    Some(Mac(value.try_into().ok()?))
}

fn ip(value: &[u8]) -> Option<IpAddr> {
    if let Ok(v4) = <[u8; 4]>::try_from(value) {
        return Some(IpAddr::V4(Ipv4Addr::from(v4)));
    }
    Some(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(value).ok()?)))
}
