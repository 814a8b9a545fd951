//! Sockets to BMCs, and why there is none.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket as Std},
    num::NonZeroU16,
    os::fd::AsFd,
};

use tokio::net::{UdpSocket, lookup_host};

use crate::{
    ipmi::IpmiError,
    target::{Address, Host},
};

/// The port of RMCP.
pub const PORT: u16 = 623;

/// Opens a socket that takes datagrams of that BMC alone; returns its port as well.
pub(super) async fn open(address: &Address) -> Result<(UdpSocket, u16), IpmiError> {
    let port = address.port.map_or(PORT, NonZeroU16::get);
    let place = place(&address.host, port).await?;
    let from: SocketAddr = match place {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(from).await.map_err(|error| why(error, port))?;
    socket.connect(place).await.map_err(|error| why(error, port))?;
    Ok((socket, port))
}

async fn place(host: &Host, port: u16) -> Result<SocketAddr, IpmiError> {
    if let Host::Ip(ip) = host {
        return Ok(SocketAddr::new(*ip, port));
    }
    // The resolver knows the number of a link by its name.
    let name = host.to_string();
    match lookup_host((name.as_str(), port)).await.map(|mut found| found.next()) {
        Ok(Some(place)) => Ok(place),
        Ok(None) => {
            let source = io::Error::from(io::ErrorKind::NotFound);
            Err(IpmiError::Name { name, source })
        }
        Err(source) => Err(IpmiError::Name { name, source }),
    }
}

/// Tells what an error of a socket means, when nothing was heard yet.
pub(super) fn why(source: io::Error, port: u16) -> IpmiError {
    if source.kind() == io::ErrorKind::ConnectionRefused {
        IpmiError::Closed { port }
    } else {
        IpmiError::Unreachable { source }
    }
}

/// Sends a last datagram without waiting for anything; there may be no runtime any more.
pub(super) fn send_now(socket: &UdpSocket, datagram: &[u8]) {
    if socket.try_send(datagram).is_err()
        && let Ok(own) = socket.as_fd().try_clone_to_owned()
    {
        // Nobody is left to be told that it could not be sent.
        let _lost = Std::from(own).send(datagram);
    }
}
