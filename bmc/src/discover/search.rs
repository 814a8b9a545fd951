//! Edge: searches on a link, by multicast; whoever answers is to be asked.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6},
    num::NonZeroU16,
    os::fd::OwnedFd,
    time::Duration,
};

use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, ipproto, netdevice, recv, send,
    socket_with, sockopt,
};
use tokio::{
    net::UdpSocket,
    time::{Instant, timeout_at},
};

use super::{link, ssdp};
use crate::target::{Address, Host};

/// Answers that are taken at most; a link has fewer BMCs.
const MOST: usize = 4096;
/// How often a search is sent: datagrams are lost.
const TIMES: u32 = 2;
/// Bytes of a part of the kernel's answer.
const PART: usize = 64 * 1024;

/// Somebody who answered a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Where the answer came from, and the port that it names.
    pub address: Address,
    /// The UUID that it names.
    pub uuid: Option<String>,
    /// The root that it names, where that is at another host than the answer came from: it is told,
    /// and not asked.
    pub elsewhere: Option<String>,
}

/// Why a link cannot be searched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "a variant's message says what its fields hold")]
pub enum SearchError {
    /// There is no such interface.
    #[error("there is no network interface `{name}`")]
    NoInterface { name: String, source: io::Error },
    /// The search could not be sent.
    #[error("cannot search on `{name}`")]
    Send { name: String, source: io::Error },
}

impl SearchError {
    /// Says it in Chinese, as its message does in English.
    pub fn in_chinese(&self) -> String {
        match self {
            Self::NoInterface { name, .. } => format!("没有网络接口 `{name}`"),
            Self::Send { name, .. } => format!("无法在 `{name}` 上搜索"),
        }
    }

    /// What the user can do about it: in Chinese, and in English.
    pub fn hint(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoInterface { .. } => {
                ("用 `ip -brief link` 查看接口名", "`ip -brief link` lists the interfaces")
            }
            Self::Send { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                ("以 root 运行，或给予 CAP_NET_RAW", "run as root, or with CAP_NET_RAW")
            }
            Self::Send { .. } => (
                "接口是否已启用并有地址？`ip -brief address` 可查看",
                "is the interface up, with an address? `ip -brief address` tells",
            ),
        }
    }
}

/// Searches for Redfish services on a link by SSDP, over IPv4 and IPv6, for so long; each answer is
/// returned once.
pub async fn by_ssdp(interface: &str, within: Duration) -> Result<Vec<Heard>, SearchError> {
    let index = index(interface)?;
    let fail = |source| SearchError::Send { name: interface.to_owned(), source };
    let (four, six) = (open_v4(index).await, open_v6(index).await);
    let mut open = Vec::new();
    let mut why = None;
    let seconds = u8::try_from(within.as_secs()).unwrap_or(u8::MAX).clamp(1, 5);
    for (socket, group) in [
        (four, SocketAddr::from((ssdp::GROUP_V4, ssdp::PORT))),
        (six, SocketAddrV6::new(ssdp::GROUP_V6, ssdp::PORT, 0, index).into()),
    ] {
        let question = ssdp::search(seconds, group.ip());
        let sent = match socket {
            Ok(socket) => socket.send_to(&question, group).await.map(|_| socket),
            Err(error) => Err(error),
        };
        match sent {
            Ok(socket) => open.push((socket, group, question)),
            Err(error) => why = Some(error),
        }
    }
    // One family is enough: a link may have the other one not at all.
    if open.is_empty() {
        return Err(fail(why.unwrap_or_else(|| io::ErrorKind::NotFound.into())));
    }
    let mut heard = Vec::new();
    let until = Instant::now() + within;
    let listening = open.into_iter().map(|(socket, group, question)| async move {
        let mut found = Vec::new();
        for left in (0..TIMES).rev() {
            let then = until - within.saturating_mul(left) / TIMES;
            listen(&socket, then, interface, &mut found).await;
            if left > 0 {
                // The first one was sent; what is lost is the second's matter.
                socket.send_to(&question, group).await.ok();
            }
        }
        found
    });
    let mut tasks: Vec<_> = listening.map(Box::pin).collect();
    let all = match (tasks.pop(), tasks.pop()) {
        (Some(one), Some(other)) => {
            let (one, other) = tokio::join!(one, other);
            vec![other, one]
        }
        (Some(one), None) => vec![one.await],
        (None, _) => Vec::new(),
    };
    for one in all.into_iter().flatten() {
        if !heard.contains(&one) {
            heard.push(one);
        }
    }
    Ok(heard)
}

async fn listen(socket: &UdpSocket, until: Instant, interface: &str, found: &mut Vec<Heard>) {
    let mut room = [0; ssdp::MOST];
    while found.len() < MOST {
        let Ok(came) = timeout_at(until, socket.recv_from(&mut room)).await else { return };
        // What another node refused comes as an error; it is no matter of the search.
        let Ok((length, from)) = came else { continue };
        let Some(answer) = ssdp::Answer::read(room.get(..length).unwrap_or_default()) else {
            continue;
        };
        let Some(port) = answer.port().and_then(NonZeroU16::new) else { continue };
        let host = host(from.ip(), interface);
        let named = answer.host().and_then(|name| name.parse::<IpAddr>().ok());
        let elsewhere = named != Some(from.ip().to_canonical());
        let port = Some(port).filter(|port| port.get() != 443);
        let one = Heard {
            address: Address { host, port },
            elsewhere: elsewhere.then(|| answer.root.clone()),
            uuid: answer.uuid,
        };
        if !found.contains(&one) {
            found.push(one);
        }
    }
}

/// Finds the nodes of a link by their link-local addresses: those that answer an echo, and those
/// that the kernel knows.
pub async fn by_link(interface: &str, within: Duration) -> Result<Vec<Address>, SearchError> {
    let index = index(interface)?;
    let fail = |source| SearchError::Send { name: interface.to_owned(), source };
    let socket = open_echo().map_err(fail)?;
    let all = SocketAddrV6::new(link::ALL_NODES, 0, 0, index);
    let number = u16::try_from(std::process::id() & 0xffff).unwrap_or(1);
    let mut found: Vec<Ipv6Addr> = Vec::new();
    let until = Instant::now() + within;
    for left in (0..TIMES).rev() {
        socket.send_to(&link::echo(number), all).await.map_err(fail)?;
        let then = until - within.saturating_mul(left) / TIMES;
        let mut room = [0; 256];
        while found.len() < MOST {
            let Ok(came) = timeout_at(then, socket.recv_from(&mut room)).await else { break };
            let Ok((length, SocketAddr::V6(from))) = came else { continue };
            let is_ours = from.scope_id() == index
                && from.ip().is_unicast_link_local()
                && link::is_reply(room.get(..length).unwrap_or_default());
            if is_ours && !found.contains(from.ip()) {
                found.push(*from.ip());
            }
        }
    }
    // Some do not answer what is sent to all. The table is looked at, and no more is lost where it
    // cannot be.
    known(index, &mut found).ok();
    let own = own(interface);
    found.retain(|ip| !own.contains(ip));
    let address = |ip| Address { host: Host::Link(ip, interface.to_owned()), port: None };
    Ok(found.into_iter().map(address).collect())
}

fn index(interface: &str) -> Result<u32, SearchError> {
    let missing = |source| SearchError::NoInterface { name: interface.to_owned(), source };
    let flags = SocketFlags::CLOEXEC;
    let any = socket_with(AddressFamily::INET, SocketType::DGRAM, flags, None);
    let any = any.map_err(|error| missing(error.into()))?;
    netdevice::name_to_index(&any, interface).map_err(|error| missing(error.into()))
}

/// Returns the link-local addresses of an interface of ours (proc(5), `if_inet6`).
fn own(interface: &str) -> Vec<Ipv6Addr> {
    let table = std::fs::read_to_string("/proc/net/if_inet6").unwrap_or_default();
    let of = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let ip = u128::from_str_radix(words.next()?, 16).ok()?;
        (words.next_back()? == interface).then(|| Ipv6Addr::from(ip))
    };
    table.lines().filter_map(of).collect()
}

fn host(ip: IpAddr, interface: &str) -> Host {
    match ip.to_canonical() {
        IpAddr::V6(ip) if ip.is_unicast_link_local() => Host::Link(ip, interface.to_owned()),
        ip => Host::Ip(ip),
    }
}

async fn open_v4(index: u32) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
    let any = Ipv4Addr::UNSPECIFIED;
    sockopt::set_ip_multicast_if_with_ifindex(&socket, &any, &any, index)?;
    // Two hops, as UPnP has it; out-of-band networks are one link as a rule.
    sockopt::set_ip_multicast_ttl(&socket, 2)?;
    Ok(socket)
}

async fn open_v6(index: u32) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)).await?;
    sockopt::set_ipv6_multicast_if(&socket, index)?;
    Ok(socket)
}

/// Opens a socket of pings; one of raw `ICMPv6` where the system gives nobody the first
/// (`ping_group_range`).
fn open_echo() -> io::Result<UdpSocket> {
    let open = |kind| {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        socket_with(AddressFamily::INET6, kind, flags, Some(ipproto::ICMPV6))
    };
    let socket: OwnedFd = open(SocketType::DGRAM).or_else(|_| open(SocketType::RAW))?;
    // It sends and receives with addresses, as one of UDP does.
    UdpSocket::from_std(std::net::UdpSocket::from(socket))
}

/// Asks the kernel for the neighbours that it knows.
fn known(index: u32, found: &mut Vec<Ipv6Addr>) -> io::Result<()> {
    let flags = SocketFlags::CLOEXEC;
    let socket = socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
    let patience = Some(Duration::from_secs(1));
    sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, patience)?;
    send(&socket, &link::neighbours(index), SendFlags::empty())?;
    let mut part = vec![0; PART];
    loop {
        let (length, _whole) = recv(&socket, part.as_mut_slice(), RecvFlags::empty())?;
        let bytes = part.get(..length).unwrap_or_default();
        if bytes.is_empty() || link::take_neighbours(bytes, index, found) || found.len() > MOST {
            return Ok(());
        }
    }
}
