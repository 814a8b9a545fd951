//! What is written, held against what the builders of `rtnetlink` and the types of
//! `netlink-packet-route` write for the same wish.

use netlink_packet_core::Emitable;
use netlink_packet_route::AddressFamily;
use netlink_packet_route::link::{
    AfSpecInet6, AfSpecUnspec, BridgeStpState, In6AddrGenMode, InfoBridgePort, InfoData,
    InfoPortData, InfoPortKind, InfoVeth, LinkAttribute, LinkMessage,
};
use netlink_packet_route::neighbour::{
    NeighbourAddress, NeighbourAttribute, NeighbourFlags, NeighbourMessage, NeighbourState,
};
use rtnetlink::{LinkBridge, LinkMessageBuilder, LinkUnspec, LinkVeth, LinkVxlan};

use super::*;

const MAC: Mac = Mac([2, 0, 0, 0, 0, 0x11]);

fn name(text: &str) -> Device {
    text.parse().unwrap()
}

/// Every device has this number, or none.
struct Seven(Option<u32>);

impl Numbers for Seven {
    fn of(&mut self, _device: &Device) -> Option<u32> {
        self.0
    }

    fn choose(&mut self, _device: &Device) -> u32 {
        7
    }
}

fn numbered(step: &Step) -> Vec<Request> {
    requests(step, &mut Seven(Some(7))).unwrap()
}

/// The attributes in their order, nested ones unfolded; the flag for nested ones apart, which
/// the kernel does not ask for here and `netlink-packet-route` leaves out in places.
fn plain(bytes: &[u8], header: usize) -> Vec<u8> {
    let mut body = Body(bytes[..header].to_vec());
    let attributes: Vec<_> = crate::kernel::attribute::attributes(&bytes[header..]).collect();
    let mut sorted = attributes;
    sorted.sort_unstable();
    for (kind, value) in sorted {
        match kind {
            18 | 26 if header == 16 => body.put(kind, &nested(value)),
            _ => body.put(kind, value),
        }
    }
    body.0
}

fn nested(value: &[u8]) -> Vec<u8> {
    let mut body = Body::default();
    let mut sorted: Vec<_> = crate::kernel::attribute::attributes(value).collect();
    sorted.sort_unstable();
    for (kind, value) in sorted {
        // Data of the kind, of the port, of IPv6; the veth's is a message in itself.
        let deeper = matches!(kind, 2 | 5 | 10);
        match value {
            [] => body.put(kind, value),
            _ if deeper && attributes_fill(value) => body.put(kind, &nested(value)),
            _ => body.put(kind, value),
        }
    }
    body.0
}

fn attributes_fill(value: &[u8]) -> bool {
    let length = |(_kind, value): (u16, &[u8])| (value.len() + 4).next_multiple_of(4);
    crate::kernel::attribute::attributes(value).map(length).sum::<usize>() == value.len()
}

fn theirs(message: &dyn Emitable) -> Vec<u8> {
    let mut bytes = vec![0; message.buffer_len()];
    message.emit(&mut bytes);
    bytes
}

#[track_caller]
fn same_link(ours: &Request, message: &LinkMessage) {
    assert_eq!(plain(&ours.body, 16), plain(&theirs(message), 16));
}

fn link(kind: LinkKind) -> Link {
    Link { kind, mtu: 1450, master: None, bridge_port: None, up: false }
}

fn no_addresses_by_them<T>(device: LinkMessageBuilder<T>) -> LinkMessageBuilder<T> {
    let none = AfSpecUnspec::Inet6(vec![AfSpecInet6::AddrGenMode(In6AddrGenMode::None)]);
    device.append_extra_attribute(LinkAttribute::AfSpecUnspec(vec![none]))
}

fn bridge_by_them() -> LinkMessageBuilder<LinkBridge> {
    // `LinkBridge::new` would also set it up.
    LinkMessageBuilder::<LinkBridge>::new("asb1")
        .stp_state(BridgeStpState::Disabled)
        .mcast_snooping(false)
        .nf_call_iptables(true)
        .nf_call_ip6tables(true)
        .arp(false)
}

#[test]
fn a_bridge_is_made_and_marked() {
    let kind = LinkKind::Bridge { network: "red".to_owned(), arp: false };
    let ours = numbered(&Step::AddLink { name: name("asb1"), link: Box::new(link(kind)) });
    assert_eq!((ours[0].kind, ours[0].flags), (RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL));
    // Its MAC address is its name's.
    let mac = vec![6, 0, 0, 0, 0, 1];
    same_link(&ours[0], &bridge_by_them().index(7).address(mac.clone()).build());
    let mark = LinkUnspec::new_with_index(7).mtu(1450).alias("assay:network:red");
    assert_eq!((ours[1].kind, ours[1].flags), (RTM_NEWLINK, 0));
    same_link(&ours[1], &no_addresses_by_them(mark).build());
    let change = LinkChange::BridgeSettings { arp: false };
    let ours = numbered(&Step::ChangeLink { name: name("asb1"), change });
    same_link(&ours[0], &no_addresses_by_them(bridge_by_them().address(mac)).build());
}

#[test]
fn a_vxlan_device_is_made_with_a_tunnel_end_of_either_family() {
    let v4 = std::net::Ipv4Addr::new(192, 0, 2, 1);
    let v6 = std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    for local in [IpAddr::V4(v4), IpAddr::V6(v6)] {
        let kind =
            LinkKind::Vxlan { network: "red".to_owned(), vni: 100, local, port: 4789, proxy: true };
        let ours = numbered(&Step::AddLink { name: name("asv1"), link: Box::new(link(kind)) });
        let made =
            LinkVxlan::new("asv1", 100).port(4789).learning(false).proxy(true).mtu(1450).index(7);
        let made = if local.is_ipv4() { made.local(v4) } else { made.local6(v6) };
        same_link(&ours[0], &made.build());
    }
}

#[test]
fn a_pair_is_made_with_one_queue_and_the_guests_address() {
    let kind = LinkKind::Veth { port: "a1".to_owned(), peer: name("q1"), peer_mac: MAC };
    let ours = numbered(&Step::AddLink { name: name("p1"), link: Box::new(link(kind)) });
    let queues = |device: LinkMessageBuilder<LinkUnspec>| {
        device
            .mtu(1450)
            .append_extra_attribute(LinkAttribute::NumTxQueues(1))
            .append_extra_attribute(LinkAttribute::NumRxQueues(1))
    };
    let far = queues(LinkUnspec::new_with_name("q1").address(MAC.0.to_vec())).build();
    let near = LinkVeth::new("p1", "q1").set_info_data(InfoData::Veth(InfoVeth::Peer(far)));
    let near = near
        .index(7)
        .mtu(1450)
        .append_extra_attribute(LinkAttribute::NumTxQueues(1))
        .append_extra_attribute(LinkAttribute::NumRxQueues(1));
    same_link(&ours[0], &near.build());
    let mark = LinkUnspec::new_with_index(7).alias("assay:port:a1");
    same_link(&ours[1], &no_addresses_by_them(mark).build());
}

#[test]
fn devices_are_changed_by_name() {
    let unspec = || LinkUnspec::new_with_name("p1");
    let port = BridgePort {
        learning: false,
        flood: true,
        multicast_flood: false,
        broadcast_flood: true,
        neighbour_suppression: true,
    };
    let data = vec![
        InfoBridgePort::Learning(false),
        InfoBridgePort::UnicastFlood(true),
        InfoBridgePort::MulticastFlood(false),
        InfoBridgePort::BroadcastFlood(true),
        InfoBridgePort::NeighSupress(true),
    ];
    let as_port =
        unspec().set_port_kind(InfoPortKind::Bridge).set_port_data(InfoPortData::BridgePort(data));
    let changes = [
        (LinkChange::Up(true), unspec().up()),
        (LinkChange::Up(false), unspec().down()),
        (LinkChange::Mtu(1400), unspec().mtu(1400)),
        (LinkChange::Master(Some(name("asb1"))), unspec().controller(7)),
        (LinkChange::Master(None), unspec().nocontroller()),
        (LinkChange::Alias(Some("assay:port:a1".to_owned())), unspec().alias("assay:port:a1")),
        (LinkChange::Alias(None), unspec().alias("")),
        (LinkChange::Port(port), as_port),
    ];
    for (change, built) in changes {
        let ours = numbered(&Step::ChangeLink { name: name("p1"), change });
        assert_eq!((ours.len(), ours[0].kind, ours[0].flags), (1, RTM_NEWLINK, 0));
        same_link(&ours[0], &built.build());
    }
    let ours = numbered(&Step::DeleteLink { name: name("p1") });
    assert_eq!(ours[0].kind, RTM_DELLINK);
    same_link(&ours[0], &unspec().build());
}

#[test]
fn entries_and_neighbours_are_set_and_taken_away() {
    let to = std::net::Ipv4Addr::new(192, 0, 2, 2);
    let entry = |flags, state, attributes: Vec<NeighbourAttribute>| {
        let mut message = NeighbourMessage::default();
        message.header.family = AddressFamily::Bridge;
        message.header.ifindex = 7;
        message.header.flags = flags;
        message.header.state = NeighbourState::Other(state);
        message.attributes = attributes;
        theirs(&message)
    };
    let station = || NeighbourAttribute::LinkLayerAddress(MAC.0.to_vec());
    let behind = NeighbourAttribute::Destination(NeighbourAddress::Inet(to));
    let key = |of| ForwardingKey { device: name("asv1"), mac: MAC, of };
    let own = entry(NeighbourFlags::Own, 0xc0, vec![station(), behind]);
    let bridges = entry(NeighbourFlags::Controller, 0x42, vec![station()]);
    for (of, to, theirs) in
        [(ForwardingOf::Device, Some(to.into()), own), (ForwardingOf::Bridge, None, bridges)]
    {
        let set = numbered(&Step::SetForwarding { key: key(of), to });
        assert_eq!((set[0].kind, set[0].flags), (RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE));
        assert_eq!(plain(&set[0].body, 12), plain(&theirs, 12));
        let taken = numbered(&Step::DeleteForwarding { key: key(of), to });
        assert_eq!((taken[0].kind, taken[0].flags), (RTM_DELNEIGH, 0));
        assert_eq!(taken[0].body, set[0].body);
    }
    let address = std::net::Ipv6Addr::LOCALHOST;
    let key = NeighbourKey { device: name("asv1"), address: address.into() };
    let mut message = NeighbourMessage::default();
    message.header.family = AddressFamily::Inet6;
    message.header.ifindex = 7;
    message.header.state = NeighbourState::Permanent;
    message.attributes =
        vec![NeighbourAttribute::Destination(NeighbourAddress::Inet6(address)), station()];
    let set = numbered(&Step::SetNeighbour { key: key.clone(), mac: MAC });
    assert_eq!(plain(&set[0].body, 12), plain(&theirs(&message), 12));
    let taken = numbered(&Step::DeleteNeighbour { key });
    assert_eq!((taken[0].kind, taken[0].body.len()), (RTM_DELNEIGH, 12 + 20));
}

#[test]
fn a_device_without_a_number_is_named() {
    let change = LinkChange::Master(Some(name("asb1")));
    let step = Step::ChangeLink { name: name("p1"), change };
    assert_eq!(requests(&step, &mut Seven(None)), Err(name("asb1")));
}

#[test]
fn a_group_is_given_by_number_and_taken_away_by_its_own() {
    let group = 1 << 30;
    let into = into_group(7, group);
    assert_eq!((into.kind, into.flags), (RTM_NEWLINK, 0));
    let built = LinkUnspec::new_with_index(7);
    same_link(&into, &built.append_extra_attribute(LinkAttribute::Group(group)).build());
    let away = removal_of_group(group);
    assert_eq!((away.kind, away.flags), (RTM_DELLINK, 0));
    let mut message = LinkMessage::default();
    message.attributes.push(LinkAttribute::Group(group));
    same_link(&away, &message);
}
