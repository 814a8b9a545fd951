//! Requests in the namespace of a router, named by names, and by numbers where rtnetlink takes
//! no name. Layouts: `include/uapi/linux/if_link.h`, `if_addr.h`, `rtnetlink.h`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{Device, Mac};
use crate::kernel::attribute::Body;
use crate::kernel::socket::Request;
use crate::router;
use crate::wanted::room::{Furniture, FurnitureKind};

const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNSID: u16 = 88;
const REPLACE: u16 = 0x100;
const EXCLUSIVE: u16 = 0x200;
const CREATE: u16 = 0x400;

const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
/// `IFLA_*`.
const ADDRESS: u16 = 1;
const NAME: u16 = 3;
const MTU: u16 = 4;
const LINK: u16 = 5;
const INFO: u16 = 18;
const ALIAS: u16 = 20;
const NAMESPACE: u16 = 28;
const TX_QUEUES: u16 = 31;
const RX_QUEUES: u16 = 32;
/// `IFLA_MACVLAN_MODE` and its `MACVLAN_MODE_BRIDGE`: routers on one device hear each other.
const MACVLAN_MODE: u16 = 1;
const BRIDGE: u32 = 4;
/// `IFA_*`.
const ANY_ADDRESS: u16 = 1;
const LOCAL_ADDRESS: u16 = 2;
const ADDRESS_FLAGS: u16 = 8;
/// `IFA_F_NODAD`.
const NO_DUPLICATES: u32 = 2;
/// `RTA_*`.
const TO: u16 = 1;
const BY: u16 = 4;
const GATEWAY: u16 = 5;
const MAIN: u8 = 254;
const LINK_SCOPE: u8 = 253;
const UNICAST: u8 = 1;

/// Who made a route (`rtm_protocol`), so that only ours are ever touched: `a` of ASCII, which no
/// list of protocols has.
pub const PROTOCOL: u8 = 97;

fn device(flags: u32, changed: u32) -> Body {
    let mut body = Body(vec![0; 8]);
    body.0.extend(flags.to_ne_bytes());
    body.0.extend(changed.to_ne_bytes());
    body
}

fn named(name: &str, flags: u32, changed: u32) -> Body {
    let mut body = device(flags, changed);
    body.put_text(NAME, name);
    body
}

fn one(kind: u16, flags: u16, body: Body) -> Vec<Request> {
    vec![Request { kind, flags, body: body.0 }]
}

/// Gives a namespace a number in another, any number: asked of that other one.
pub(super) fn introduction(namespace: i32) -> Request {
    // `struct rtgenmsg`; `NETNSA_NSID`, `NETNSA_FD`.
    let mut body = Body(vec![0; 4]);
    body.put(1, &(-1_i32).to_ne_bytes());
    body.put(3, &namespace.to_ne_bytes());
    Request { kind: RTM_NEWNSID, flags: 0, body: body.0 }
}

/// Marks a room by its loopback device, and takes that up.
pub(super) fn loopback(alias: &str) -> Vec<Request> {
    let mut body = named("lo", IFF_UP, IFF_UP);
    body.put_text(ALIAS, alias);
    one(RTM_NEWLINK, 0, body)
}

/// Returns the device of the node that a device of a room is on.
pub(super) fn parent(device: &Furniture) -> Option<&Device> {
    match &device.kind {
        FurnitureKind::Uplink { parent, .. } => Some(parent),
        FurnitureKind::Gateway { .. } | FurnitureKind::Peer { .. } => None,
    }
}

/// Makes a device on another of the node, in a room; asked of the node's namespace.
pub(super) fn uplink(name: &Device, uplink: &Furniture, parent: u32, room: i32) -> Vec<Request> {
    let mut body = named(name.as_str(), 0, 0);
    body.put_u32(LINK, parent);
    body.put_u32(MTU, uplink.mtu);
    body.put(ADDRESS, &uplink.mac.0);
    body.put(NAMESPACE, &room.to_ne_bytes());
    body.nest(INFO, &mut |body| {
        body.put_text(1, "macvlan");
        body.nest(2, &mut |body| body.put_u32(MACVLAN_MODE, BRIDGE));
    });
    one(RTM_NEWLINK, CREATE | EXCLUSIVE, body)
}

/// Makes a pair between this room and another, both ends of one name.
pub(super) fn pair(name: &Device, mtu: u32, room: i32) -> Vec<Request> {
    let [here, there] = router::PEER_MACS;
    let mut body = named(name.as_str(), 0, 0);
    let end = |body: &mut Body, mac: Mac| {
        body.put(ADDRESS, &mac.0);
        body.put_u32(MTU, mtu);
        // One queue each: a router has one processor at a time to itself.
        body.put_u32(TX_QUEUES, 1);
        body.put_u32(RX_QUEUES, 1);
    };
    end(&mut body, here);
    body.nest(INFO, &mut |body| {
        body.put_text(1, "veth");
        body.nest(2, &mut |body| {
            // `VETH_INFO_PEER`.
            body.nest(1, &mut |body| {
                let mut far = named(name.as_str(), 0, 0);
                far.put(NAMESPACE, &room.to_ne_bytes());
                end(&mut far, there);
                body.0.extend(far.0);
            });
        });
    });
    one(RTM_NEWLINK, CREATE | EXCLUSIVE, body)
}

/// Gives a device an alias.
pub(super) fn alias(name: &Device, alias: &str) -> Vec<Request> {
    let mut body = named(name.as_str(), 0, 0);
    body.put_text(ALIAS, alias);
    one(RTM_NEWLINK, 0, body)
}

/// Takes a device away.
pub(super) fn removal(name: &Device) -> Vec<Request> {
    one(RTM_DELLINK, 0, named(name.as_str(), 0, 0))
}

/// Takes a device up or down.
pub(super) fn up(name: &Device, up: bool) -> Vec<Request> {
    one(RTM_NEWLINK, 0, named(name.as_str(), if up { IFF_UP } else { 0 }, IFF_UP))
}

/// Sets the largest packet of a device.
pub(super) fn mtu(name: &Device, mtu: u32) -> Vec<Request> {
    let mut body = named(name.as_str(), 0, 0);
    body.put_u32(MTU, mtu);
    one(RTM_NEWLINK, 0, body)
}

/// Gives a device an address, or takes it away.
pub(super) fn address(device: u32, address: IpNet, add: bool) -> Vec<Request> {
    let family = if address.addr().is_ipv4() { AF_INET } else { AF_INET6 };
    let mut body = Body(vec![family, address.prefix_len(), 0, 0]);
    body.0.extend(device.to_ne_bytes());
    put_address(&mut body, LOCAL_ADDRESS, address.addr());
    put_address(&mut body, ANY_ADDRESS, address.addr());
    if add {
        body.put_u32(ADDRESS_FLAGS, NO_DUPLICATES);
        return one(RTM_NEWADDR, CREATE | EXCLUSIVE, body);
    }
    one(RTM_DELADDR, 0, body)
}

/// Adds or replaces a route, or takes it away.
pub(super) fn route(to: IpNet, via: Option<IpAddr>, device: u32, add: bool) -> Vec<Request> {
    let family = if to.addr().is_ipv4() { AF_INET } else { AF_INET6 };
    let scope = if via.is_none() { LINK_SCOPE } else { 0 };
    let mut body =
        Body(vec![family, to.prefix_len(), 0, 0, MAIN, PROTOCOL, scope, UNICAST, 0, 0, 0, 0]);
    if to.prefix_len() > 0 {
        put_address(&mut body, TO, to.addr());
    }
    if let Some(via) = via {
        put_address(&mut body, GATEWAY, via);
    }
    body.put_u32(BY, device);
    if add { one(RTM_NEWROUTE, CREATE | REPLACE, body) } else { one(RTM_DELROUTE, 0, body) }
}

fn put_address(body: &mut Body, kind: u16, address: IpAddr) {
    match address {
        IpAddr::V4(v4) => body.put(kind, &v4.octets()),
        IpAddr::V6(v6) => body.put(kind, &v6.octets()),
    }
}
