//! Sockets that probes leave by.

use std::{
    io,
    net::{IpAddr, SocketAddr, TcpStream, UdpSocket},
    os::fd::OwnedFd,
    time::Duration,
};

use dataplane::accept::cloud::{
    order::{self, Send},
    packet,
};
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    net::{self, AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sockopt},
};

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(1);
/// How much larger than a packet what is cut is.
const CUT: usize = 400;

/// Sends a datagram; its answer comes to the socket.
pub(super) fn datagram(probe: &Send, cut: Option<u32>) -> io::Result<UdpSocket> {
    let socket = UdpSocket::bind(SocketAddr::new(probe.from, 0))?;
    socket.set_nonblocking(true)?;
    let mut bytes = order::ask(probe.nonce);
    if let Some(mtu) = cut {
        bytes.resize(usize::try_from(mtu).unwrap_or(0).clamp(1_280, 9_216) + CUT, 0);
    }
    socket.send_to(&bytes, probe.to)?;
    Ok(socket)
}

/// Sends an echo request; its answer is seen by the device.
pub(super) fn echo(probe: &Send) -> io::Result<()> {
    let kind = if probe.to.is_ipv4() { ipproto::ICMP } else { ipproto::ICMPV6 };
    let socket = socket(probe.to.ip(), SocketType::RAW, Some(kind))?;
    net::bind(&socket, &SocketAddr::new(probe.from, 0))?;
    net::sendto(&socket, &packet::echo(probe), SendFlags::empty(), &probe.to)?;
    Ok(())
}

/// Opens a connection.
pub(super) fn connect(probe: &Send) -> io::Result<TcpStream> {
    let socket = socket(probe.to.ip(), SocketType::STREAM, None)?;
    net::bind(&socket, &SocketAddr::new(probe.from, 0))?;
    match net::connect(&socket, &probe.to) {
        Ok(()) | Err(Errno::INPROGRESS) => {}
        Err(error) => return Err(error.into()),
    }
    let limit = Timespec::try_from(CONNECT).map_err(io::Error::other)?;
    if poll(&mut [PollFd::new(&socket, PollFlags::OUT)], Some(&limit))? == 0 {
        return Err(io::ErrorKind::TimedOut.into());
    }
    sockopt::socket_error(&socket)??;
    Ok(TcpStream::from(socket))
}

/// Ends a connection at once: nothing that waits is sent again.
pub(super) fn reset(stream: &TcpStream) {
    if let Err(error) = sockopt::set_socket_linger(stream, Some(Duration::ZERO)) {
        tracing::debug!(%error, "a connection ends by itself");
    }
}

fn socket(to: IpAddr, kind: SocketType, protocol: Option<net::Protocol>) -> io::Result<OwnedFd> {
    let family = if to.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    Ok(net::socket_with(family, kind, flags, protocol)?)
}
