//! Steps as requests of rtnetlink.
//!
//! Devices that exist are named by their names wherever the kernel takes one, so that the
//! requests that make a device and change it can be on their way together; only a master and
//! the device of an entry have to be numbers. Layouts: `include/uapi/linux/if_link.h`,
//! `neighbour.h`.
//!
//! Written here, and not by the types of `netlink-packet-route`, for those cost the program
//! 136 kB to write a device and 344 kB to read one (0.34, `opt-level = "z"`, fat LTO): a device
//! of theirs has every attribute of every kind. The tests hold these bytes against theirs.

use std::net::IpAddr;

use super::numbers::{
    AF_BRIDGE, AF_INET, AF_INET6, AF_UNSPEC, EXT_SKIP_STATISTICS, IFF_NOARP, IFF_UP, NLM_F_CREATE,
    NLM_F_EXCL, NLM_F_REPLACE, NTF_MASTER, NTF_SELF, NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE,
    RTM_DELLINK, RTM_DELNEIGH, RTM_NEWLINK, RTM_NEWNEIGH, bridge, bridge_port, info, link,
    neighbour, vxlan,
};
use crate::address::{Device, Mac};
use crate::kernel::attribute::Body;
use crate::kernel::socket::Request;
use crate::naming;
use crate::plan::{LinkChange, Step};
use crate::router;
use crate::wanted::{BridgePort, ForwardingKey, ForwardingOf, Link, LinkKind, NeighbourKey};

/// A step as requests, or the device whose number has to be known first.
pub type Encoded = Result<Vec<Request>, Device>;

/// Where numbers of devices come from.
pub trait Numbers {
    /// Returns the kernel's number of a device.
    fn of(&mut self, device: &Device) -> Option<u32>;

    /// Chooses a number that no device has for one that is to be made.
    fn choose(&mut self, device: &Device) -> u32;

    /// Returns the descriptor of the namespace of a VPC's router, where that is open.
    fn room(&self, _vpc: &str) -> Option<i32> {
        None
    }
}

/// Returns the requests of a step, to be sent in one piece; none for rules.
pub fn requests(step: &Step, numbers: &mut dyn Numbers) -> Encoded {
    if let Step::AddLink { name, link } = step {
        let room = match &link.kind {
            LinkKind::Gateway { vpc, end, .. } => {
                Some(numbers.room(vpc).ok_or_else(|| end.clone())?)
            }
            _ => None,
        };
        return Ok(add(name, numbers.choose(name), link, room));
    }
    let mut known = |device: &Device| numbers.of(device).ok_or_else(|| device.clone());
    let set = NLM_F_CREATE | NLM_F_REPLACE;
    let one = match step {
        Step::ChangeLink { name, change } => {
            let master = match change {
                LinkChange::Master(Some(master)) => known(master)?,
                _ => 0,
            };
            request(RTM_NEWLINK, 0, changed(name, change, master))
        }
        Step::DeleteLink { name } => request(RTM_DELLINK, 0, named(name)),
        Step::SetForwarding { key, to } => {
            request(RTM_NEWNEIGH, set, forwarding(known(&key.device)?, key, *to))
        }
        Step::DeleteForwarding { key, to } => {
            request(RTM_DELNEIGH, 0, forwarding(known(&key.device)?, key, *to))
        }
        Step::SetNeighbour { key, mac } => {
            request(RTM_NEWNEIGH, set, neighbour(known(&key.device)?, key, Some(*mac)))
        }
        Step::DeleteNeighbour { key } => {
            request(RTM_DELNEIGH, 0, neighbour(known(&key.device)?, key, None))
        }
        Step::AddLink { .. }
        | Step::Rules(_)
        | Step::AddRoom { .. }
        | Step::DeleteRoom { .. }
        | Step::Room { .. } => return Ok(Vec::new()),
    };
    Ok(vec![one])
}

/// Returns what makes a device and marks it as ours. The kernel (6.18) takes neither alias nor
/// address generation at birth; sent in one piece with the rest they follow in the same system
/// call, so no end of this process comes between. The mark goes by number: by name it would go
/// to whoever has the name already where the device could not be made.
fn add(name: &Device, number: u32, wanted: &Link, room: Option<i32>) -> Vec<Request> {
    let made = match &wanted.kind {
        LinkKind::Bridge { .. } => {
            let mut made = device(number, IFF_NOARP, IFF_NOARP);
            made.put_text(link::NAME, name.as_str());
            made.put(link::ADDRESS, &naming::bridge_mac(name).0);
            of_kind(&mut made, "bridge", &mut bridge_settings);
            made
        }
        LinkKind::Vxlan { vni, local, port, proxy, .. } => {
            let mut made = device(number, 0, 0);
            made.put_text(link::NAME, name.as_str());
            made.put_u32(link::MTU, wanted.mtu);
            of_kind(&mut made, "vxlan", &mut |data| {
                data.put_u32(vxlan::ID, *vni);
                match local {
                    IpAddr::V4(local) => data.put(vxlan::LOCAL, &local.octets()),
                    IpAddr::V6(local) => data.put(vxlan::LOCAL6, &local.octets()),
                }
                data.put(vxlan::PORT, &port.to_be_bytes());
                data.put_u8(vxlan::LEARNING, 0);
                data.put_u8(vxlan::PROXY, (*proxy).into());
            });
            made
        }
        LinkKind::Veth { peer, peer_mac, .. } => {
            let mut made = device(number, 0, 0);
            made.put_text(link::NAME, name.as_str());
            end_of_pair(&mut made, wanted.mtu);
            of_kind(&mut made, "veth", &mut |data| {
                data.nest(info::VETH_PEER, &mut |data| {
                    let mut far = named(peer);
                    far.put(link::ADDRESS, &peer_mac.0);
                    end_of_pair(&mut far, wanted.mtu);
                    data.0.extend(far.0);
                });
            });
            made
        }
        LinkKind::Gateway { end, .. } => {
            let mut made = device(number, 0, 0);
            made.put_text(link::NAME, name.as_str());
            end_of_pair(&mut made, wanted.mtu);
            of_kind(&mut made, "veth", &mut |data| {
                data.nest(info::VETH_PEER, &mut |data| {
                    let mut far = named(end);
                    far.put(link::ADDRESS, &router::MAC.0);
                    far.put(link::NAMESPACE, &room.unwrap_or(-1).to_ne_bytes());
                    end_of_pair(&mut far, wanted.mtu);
                    data.0.extend(far.0);
                });
            });
            made
        }
        LinkKind::Existing { .. } => return Vec::new(),
    };
    let mut marked = device(number, 0, 0);
    if matches!(wanted.kind, LinkKind::Bridge { .. }) {
        // Not at birth: fragments that were put together to be judged are cut again for what the
        // bridge was told later, or else for 1,500 bytes, and those that were larger are lost
        // (`br_nf_ip_fragment` and `br_change_mtu`; seen on 6.18).
        marked.put_u32(link::MTU, wanted.mtu);
    }
    marked.put_text(link::ALIAS, &wanted.kind.alias().unwrap_or_default());
    no_addresses(&mut marked);
    vec![request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, made), request(RTM_NEWLINK, 0, marked)]
}

/// Returns what marks a device as ours and leaves address generation alone, which a device
/// without IPv6 has not (`EAFNOSUPPORT`): where IPv6 is off, or its MTU is below 1280.
pub fn mark(number: u32, link: &Link) -> Request {
    let mut marked = device(number, 0, 0);
    marked.put_text(link::ALIAS, &link.kind.alias().unwrap_or_default());
    request(RTM_NEWLINK, 0, marked)
}

/// Returns what asks for devices without their counters.
pub(in crate::kernel) fn without_figures() -> Body {
    let mut body = Body(vec![AF_UNSPEC; 16]);
    body.put_u32(link::EXT_MASK, EXT_SKIP_STATISTICS);
    body
}

/// Returns what takes a device away by its number.
pub fn removal(number: u32) -> Request {
    request(RTM_DELLINK, 0, device(number, 0, 0))
}

/// Returns what puts a device into a group. It goes by number: with the name of a device that is
/// not there, it would be a change of all that are in the group already.
pub fn into_group(number: u32, group: u32) -> Request {
    let mut body = device(number, 0, 0);
    body.put_u32(link::GROUP, group);
    request(RTM_NEWLINK, 0, body)
}

/// Returns what takes all devices of a group away.
pub fn removal_of_group(group: u32) -> Request {
    let mut body = device(0, 0, 0);
    body.put_u32(link::GROUP, group);
    request(RTM_DELLINK, 0, body)
}

fn changed(name: &Device, change: &LinkChange, master: u32) -> Body {
    let mut body = match change {
        LinkChange::Up(up) => device(0, if *up { IFF_UP } else { 0 }, IFF_UP),
        LinkChange::BridgeSettings { arp } => {
            device(0, if *arp { 0 } else { IFF_NOARP }, IFF_NOARP)
        }
        _ => device(0, 0, 0),
    };
    body.put_text(link::NAME, name.as_str());
    match change {
        LinkChange::Up(_) => {}
        LinkChange::Mtu(mtu) => body.put_u32(link::MTU, *mtu),
        LinkChange::Master(_) => body.put_u32(link::MASTER, master),
        LinkChange::Port(port) => body.nest(link::INFO, &mut |body| {
            body.put_text(info::PORT_KIND, "bridge");
            body.nest(info::PORT_DATA, &mut |data| port_settings(data, *port));
        }),
        LinkChange::BridgeSettings { .. } => {
            body.put(link::ADDRESS, &naming::bridge_mac(name).0);
            of_kind(&mut body, "bridge", &mut bridge_settings);
            no_addresses(&mut body);
        }
        // An empty one takes it away.
        LinkChange::Alias(alias) => body.put_text(link::ALIAS, alias.as_deref().unwrap_or("")),
    }
    body
}

/// `struct ifinfomsg`. Without a number the device goes by its name; with one, the name is what
/// it is to be called.
fn device(number: u32, flags: u32, changed: u32) -> Body {
    let mut body = Body(vec![AF_UNSPEC, 0, 0, 0]);
    for part in [number, flags, changed] {
        body.0.extend(part.to_ne_bytes());
    }
    body
}

fn named(name: &Device) -> Body {
    let mut body = device(0, 0, 0);
    body.put_text(link::NAME, name.as_str());
    body
}

fn of_kind(body: &mut Body, kind: &str, data: &mut dyn FnMut(&mut Body)) {
    body.nest(link::INFO, &mut |body| {
        body.put_text(info::KIND, kind);
        body.nest(info::DATA, data);
    });
}

fn bridge_settings(data: &mut Body) {
    data.put_u32(bridge::STP, 0);
    data.put_u8(bridge::SNOOPING, 0);
    data.put_u8(bridge::CALL_IPTABLES, 1);
    data.put_u8(bridge::CALL_IP6TABLES, 1);
}

/// The kernel gives each CPU a queue otherwise, which costs a third of the time of making a pair.
fn end_of_pair(body: &mut Body, mtu: u32) {
    body.put_u32(link::MTU, mtu);
    body.put_u32(link::TX_QUEUES, 1);
    body.put_u32(link::RX_QUEUES, 1);
}

fn no_addresses(body: &mut Body) {
    body.nest(link::FAMILIES, &mut |body| {
        body.nest(u16::from(AF_INET6), &mut |body| {
            body.put_u8(link::INET6_GENERATE, link::GENERATE_NONE);
        });
    });
}

fn port_settings(data: &mut Body, port: BridgePort) {
    data.put_u8(bridge_port::LEARNING, port.learning.into());
    data.put_u8(bridge_port::FLOOD, port.flood.into());
    data.put_u8(bridge_port::MULTICAST_FLOOD, port.multicast_flood.into());
    data.put_u8(bridge_port::BROADCAST_FLOOD, port.broadcast_flood.into());
    data.put_u8(bridge_port::SUPPRESS, port.neighbour_suppression.into());
}

/// The states are those that `bridge fdb` gives `permanent` and `static` entries.
fn forwarding(device: u32, key: &ForwardingKey, to: Option<IpAddr>) -> Body {
    let (state, flags) = match key.of {
        ForwardingOf::Device => (NUD_NOARP | NUD_PERMANENT, NTF_SELF),
        ForwardingOf::Bridge => (NUD_NOARP | NUD_REACHABLE, NTF_MASTER),
    };
    let mut body = entry(AF_BRIDGE, device, state, flags);
    body.put(neighbour::MAC, &key.mac.0);
    if let Some(to) = to {
        destination(&mut body, to);
    }
    body
}

fn neighbour(device: u32, key: &NeighbourKey, mac: Option<Mac>) -> Body {
    let family = if key.address.is_ipv4() { AF_INET } else { AF_INET6 };
    let mut body = entry(family, device, NUD_PERMANENT, 0);
    destination(&mut body, key.address);
    if let Some(mac) = mac {
        body.put(neighbour::MAC, &mac.0);
    }
    body
}

/// `struct ndmsg`.
fn entry(family: u8, device: u32, state: u16, flags: u8) -> Body {
    let mut body = Body(vec![family, 0, 0, 0]);
    body.0.extend(device.to_ne_bytes());
    body.0.extend(state.to_ne_bytes());
    body.0.extend([flags, 0]);
    body
}

fn destination(body: &mut Body, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => body.put(neighbour::DESTINATION, &v4.octets()),
        IpAddr::V6(v6) => body.put(neighbour::DESTINATION, &v6.octets()),
    }
}

fn request(kind: u16, flags: u16, body: Body) -> Request {
    Request { kind, flags, body: body.0 }
}

#[cfg(test)]
mod tests;
