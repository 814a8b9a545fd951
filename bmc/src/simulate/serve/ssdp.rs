//! Answers to searches of Redfish services on a link (DSP0266 §12).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    os::fd::OwnedFd,
};

use rustix::net::{AddressFamily, SocketFlags, SocketType, bind, netdevice, socket_with, sockopt};
use tokio::net::UdpSocket;

use crate::discover::ssdp;

/// A host as it answers.
#[derive(Clone, Debug)]
pub(super) struct Announced {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The UUID of its service.
    pub(super) uuid: Option<String>,
}

/// Listens for searches on an interface, over IPv4 and over IPv6.
pub(super) fn listen(interface: &str) -> io::Result<Vec<UdpSocket>> {
    let open = |family| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
        // Others of this machine may listen, too.
        sockopt::set_socket_reuseaddr(&socket, true)?;
        io::Result::Ok(socket)
    };
    let made = |socket: OwnedFd| UdpSocket::from_std(std::net::UdpSocket::from(socket));
    let four = open(AddressFamily::INET)?;
    let index = netdevice::name_to_index(&four, interface)?;
    let any = Ipv4Addr::UNSPECIFIED;
    bind(&four, &SocketAddr::from((any, ssdp::PORT)))?;
    sockopt::set_ip_add_membership_with_ifindex(&four, &ssdp::GROUP_V4, &any, index)?;
    let six = open(AddressFamily::INET6)?;
    sockopt::set_ipv6_v6only(&six, true)?;
    bind(&six, &SocketAddr::from((Ipv6Addr::UNSPECIFIED, ssdp::PORT)))?;
    sockopt::set_ipv6_add_membership(&six, &ssdp::GROUP_V6, index)?;
    Ok(vec![made(four)?, made(six)?])
}

/// Answers a search for every host, each with its own root.
pub(super) async fn serve(socket: &UdpSocket, hosts: &[Announced]) {
    let mut room = [0; ssdp::MOST];
    let Ok((length, from)) = socket.recv_from(&mut room).await else { return };
    if !ssdp::is_search(room.get(..length).unwrap_or_default()) {
        return;
    }
    for host in hosts {
        let Some(root) = root(host.address, from) else { continue };
        let answer = ssdp::Answer { root, uuid: host.uuid.clone() };
        // One that is lost is asked for again.
        socket.send_to(&answer.datagram(), from).await.ok();
    }
}

/// Returns the URL of a host's root as who asks can reach it; `None` where it cannot.
fn root(address: SocketAddr, from: SocketAddr) -> Option<String> {
    let mut address = address;
    if address.ip().is_unspecified() {
        // The address that packets to it have; nothing is sent.
        let any = match from {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let own = std::net::UdpSocket::bind(any).ok()?;
        own.connect(from).ok()?;
        address.set_ip(own.local_addr().ok()?.ip());
    }
    if address.is_ipv4() != from.is_ipv4() {
        return None;
    }
    let port = match address.port() {
        443 => String::new(),
        port => format!(":{port}"),
    };
    Some(match address.ip() {
        IpAddr::V4(ip) => format!("https://{ip}{port}/redfish/v1/"),
        IpAddr::V6(ip) => format!("https://[{ip}]{port}/redfish/v1/"),
    })
}
