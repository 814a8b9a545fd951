//! Where an image is served to each BMC: an address of ours that it is reached from.

use std::{
    collections::BTreeMap,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs as _, UdpSocket},
};

use bmc::{
    media::serve::Guest,
    target::{self, Address},
};
use profiles::Text;

use super::super::subjects::Host;
use crate::{
    command::wire::{self, door::listen},
    failure::Failure,
};

/// What is served to whom, and where.
pub(in super::super) struct Places {
    /// The BMCs, in their order.
    pub(in super::super) guests: Vec<Guest>,
    /// The URL of each, by its name; a BMC without a way to it has none.
    pub(in super::super) urls: BTreeMap<String, String>,
    /// Where somebody listens.
    pub(in super::super) listeners: Vec<TcpListener>,
}

/// What a host is served, and from where.
#[derive(Clone, Debug)]
pub(in super::super) struct Path {
    /// The host's name.
    pub(in super::super) name: String,
    /// It, and the path that it is given.
    pub(in super::super) guest: Guest,
    /// The address of ours that it is reached from, if there is a way to it.
    pub(in super::super) ours: Option<SocketAddr>,
}

/// Finds a path for each host to a file of that name, and from where it is reached.
pub(in super::super) fn paths(hosts: &[Host], name: &str) -> Result<Vec<Path>, Failure> {
    let path = |host: &Host| {
        let from = addresses(&host.address).unwrap_or_default();
        let ours = from.iter().find_map(|bmc| ours(*bmc).ok());
        let secret = wire::random::<16>().map_err(|error| {
            Failure::unable(Text::new("没有随机数", "there are no random numbers")).because(error)
        })?;
        let path = format!("/{:032x}/{name}", u128::from_be_bytes(secret));
        let from = from.iter().map(|at| at.ip().to_canonical()).collect();
        Ok(Path { name: host.address.to_string(), guest: Guest { path, from }, ours })
    };
    hosts.iter().map(path).collect()
}

/// Finds where the hosts are served a file of that name, and listens there.
pub(in super::super) fn find(
    hosts: &[Host],
    wanted: Option<SocketAddr>,
    name: &str,
) -> Result<Places, Failure> {
    let mut places = Places { guests: Vec::new(), urls: BTreeMap::new(), listeners: Vec::new() };
    let mut open: BTreeMap<SocketAddr, u16> = BTreeMap::new();
    for Path { name, guest, ours } in paths(hosts, name)? {
        if let Some(ours) = ours {
            let at = wanted.unwrap_or(ours);
            let port = if let Some(port) = open.get(&at) {
                *port
            } else {
                let listener = listen(at)?;
                let port = listener.local_addr().map_or(0, |at| at.port());
                places.listeners.push(listener);
                open.insert(at, port);
                port
            };
            let shown = if at.ip().is_unspecified() { ours.ip() } else { at.ip() };
            let origin = SocketAddr::new(shown, port);
            places.urls.insert(name, format!("http://{origin}{}", guest.path));
        }
        places.guests.push(guest);
    }
    Ok(places)
}

/// Returns the addresses that a BMC has.
fn addresses(address: &Address) -> io::Result<Vec<SocketAddr>> {
    let port = address.https_port();
    Ok(match &address.host {
        target::Host::Ip(ip) => vec![(*ip, port).into()],
        target::Host::Link(..) | target::Host::Name(_) => {
            // The system knows names, and links by theirs.
            (address.host.to_string().as_str(), port).to_socket_addrs()?.collect()
        }
    })
}

/// Returns the address of ours that packets to a BMC have. Nothing is sent: a socket of UDP that is
/// connected has a route.
fn ours(bmc: SocketAddr) -> io::Result<SocketAddr> {
    let any: IpAddr = match bmc.ip() {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(bmc)?;
    let mut ours = socket.local_addr()?;
    ours.set_port(0);
    Ok(ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bmc_on_this_machine_is_served_from_the_address_it_is_reached_from() {
        let bmc = "127.0.0.9:443".parse().expect("an address");
        assert_eq!(ours(bmc).expect("a route").to_string(), "127.0.0.1:0");
    }
}
